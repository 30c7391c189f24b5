//! Reads figures as people write them: plain numbers, lengths of time, money, counts.
//!
//! It expects folded text (NFKC, half width, lower case, simplified characters) and reads the first figure of the asked kind.
//! It never guesses: words that leave a figure open come back as [`Read::Vague`], so that the caller can ask again.

use crate::text::numeral::{Cursor, Figure, Precision, Table};

/// Something read, and the bytes of the text it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit<T> {
    /// What the words mean.
    pub value: T,
    /// First byte of the words.
    pub start: usize,
    /// One past the last byte of the words.
    pub end: usize,
}

/// What came of looking for one thing in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    /// A definite reading.
    One(T),
    /// The thing is there but left open, as in 三年多; holds the words.
    Vague(String),
    /// The thing is there but cannot be so, as in 2月31日; holds the words.
    Bad(String),
    /// Nothing of the kind was said.
    None,
}

/// All numbers in `text`, Arabic, Chinese or mixed, in order; approximations such as 两三 are left out.
pub fn numbers(text: &str) -> Vec<Hit<f64>> {
    let mut hits = Vec::new();
    let mut cursor = Cursor::new(text);
    while !cursor.rest().is_empty() {
        let at = cursor.at;
        match cursor.numeral() {
            None => cursor.skip(),
            Some(numeral) if numeral.range => {}
            Some(numeral) => {
                let minus = minus_before(&text[..at]);
                let value = if minus > 0 { -numeral.value } else { numeral.value };
                hits.push(Hit { value, start: at - minus, end: cursor.at });
            }
        }
    }
    hits
}

/// A length of time in whole calendar months, as in 三年零九个月; days and weeks are vague.
pub fn duration(text: &str) -> Read<Hit<i64>> {
    first(text, |cursor| never(cursor, NEVER_A_MONTH).or_else(|| months(cursor)))
}

/// A sum of money in fen (hundredths of a yuan); a bare number counts as yuan.
pub fn money(text: &str) -> Read<Hit<i64>> {
    first(text, sum)
}

/// A count of people or things, as in 三人; a bare number will do.
pub fn count(text: &str) -> Read<Hit<i64>> {
    first(text, |cursor| never(cursor, NEVER_ONE).or_else(|| tally(cursor)))
}

const NEVER_A_MONTH: &[&str] = &["没有交过", "没交过", "没有缴过", "没缴过", "一个月都没", "一个月也没"];
const NEVER_ONE: &[&str] = &["一个都没", "一个也没", "一次都没", "一次也没", "一人都没"];
/// Words around 几 that make it a question instead of an answer.
const ASKING_BEFORE: &[&str] = &["要", "领", "能", "拿", "是", "满", "需", "交", "缴", "共", "发", "够"];
const ASKING_AFTER: &[&str] = &["?", "呢", "吗", "嘛", "才", "能", "啊", "可以"];
/// What can follow a number that then is neither money nor a count.
const OTHER_UNITS: &[&str] = &[
    "年", "月", "日", "号", "岁", "周", "天", "星期", "礼拜", "季度", "小时", "分", "点", "级", "路", "楼", "栋", "室",
    "%", ":", "倍", "折", "期", "险", "/1", "/2", "/3", "/0", "k", "w",
];
const COUNTERS: &[&str] = &["个人", "个", "人", "名", "位", "口", "次", "家", "份", "张", "条", "笔", "套", "回", "趟"];
const MONTH_TAILS: &[&str] = &["月", "半月", "多月", "来月", "整月", "季度", "星期", "礼拜", "小时", "钟"];
const FOREIGN: &[&str] = &["美元", "美金", "港币", "港元", "新台币", "台币", "日元", "欧元", "新币"];
const COINS: Table<f64> =
    &[(100.0, &["块钱", "块", "元", "圆", "人民币", "rmb"]), (10.0, &["毛钱", "毛", "角"]), (1.0, &["分钱"])];
const BEFORE: &[&str] = &[
    "不到", "不足", "不满", "未满", "没满", "没到", "不止", "不只", "快要", "快有", "快到", "快满", "快", "将近",
    "接近", "近", "超过", "至少", "起码", "最少", "最多", "至多", "多于", "少于", "大于", "小于", "还差", "就差", "大",
    "小",
];
const AFTER: &[&str] =
    &["还不到", "都不到", "不到", "以上", "以下", "以内", "之内", "内", "出头", "有余", "往上", "多", "余", "几"];

/// Steps over words that say there was none at all.
fn never(cursor: &mut Cursor, words: &[&str]) -> Option<Read<Hit<i64>>> {
    let (start, before) = (cursor.at, cursor.before());
    let asked = before.ends_with('有') || before.ends_with("不是");
    if !cursor.eat(words) || asked || cursor.sees(&["吗", "?"]) {
        return None;
    }
    Some(Read::One(Hit { value: 0, start, end: cursor.at }))
}

fn months(cursor: &mut Cursor) -> Option<Read<Hit<i64>>> {
    let (start, before) = (cursor.at, cursor.before());
    let length = cursor.length()?;
    let asks = cursor.text[start..].starts_with('几')
        && (cursor.sees(ASKING_AFTER) || ASKING_BEFORE.iter().any(|word| before.ends_with(word)));
    let dated = cursor.sees(&["前", "以前", "之前", "后", "以后", "之后"]);
    let part = ["第", "每", "上", "下", "岁", "岁零"].iter().any(|word| before.ends_with(word));
    // 一个月3000 is a rate of pay, not a length of time.
    let rate =
        length.months == 1.0 && { *cursor }.figure().is_some_and(|figure| figure.precision == Precision::Definite);
    if asks || dated || part || rate {
        return Some(Read::None);
    }
    if length.months > 1200.0 {
        return Some(Read::Bad(cursor.since(start)));
    }
    cursor.eat(&["整"]);
    let whole = length.days == 0.0 && length.months.fract() == 0.0;
    let precision = if whole { length.precision } else { Precision::Open };
    Some(settle(start, cursor, precision, length.months as i64))
}

fn sum(cursor: &mut Cursor) -> Option<Read<Hit<i64>>> {
    let start = cursor.at;
    if cursor.dashed_date() {
        return Some(Read::None);
    }
    let marked = cursor.eat(&["¥", "人民币", "rmb"]);
    let minus = marked && cursor.eat(&["-", "负"]);
    let figure_at = cursor.at;
    let figure = cursor.figure()?;
    let scale = cursor.pick(&[(1e3, &["k"]), (1e4, &["w"])]);
    let foreign = cursor.eat(FOREIGN) || FOREIGN.iter().any(|name| cursor.text[..start].ends_with(name));
    let coin = if foreign { None } else { cursor.pick(COINS) };
    let named = marked || foreign || scale.is_some() || coin.is_some();
    if !named && !bare(cursor, figure_at, &figure) {
        return Some(Read::None);
    }
    let fen = figure.value * scale.unwrap_or(1.0) * coin.unwrap_or(100.0) + small_change(cursor, coin);
    let precision = if foreign { Precision::Open } else { figure.precision };
    match minus {
        true => Some(Read::Bad(cursor.since(start))),
        false => Some(settle(start, cursor, precision, fen.round() as i64)),
    }
}

/// The 五 of 三块五 or 三块五毛, in fen.
fn small_change(cursor: &mut Cursor, coin: Option<f64>) -> f64 {
    let mut trial = *cursor;
    match trial.numeral() {
        Some(tail) if coin == Some(100.0) && tail.value < 10.0 && !tail.range => {
            let named = trial.eat(&["毛", "角"]);
            if !named && (trial.sees(OTHER_UNITS) || trial.sees(COUNTERS)) {
                return 0.0;
            }
            *cursor = trial;
            tail.value * 10.0
        }
        _ => 0.0,
    }
}

fn tally(cursor: &mut Cursor) -> Option<Read<Hit<i64>>> {
    let start = cursor.at;
    let figure = cursor.figure()?;
    let counted = cursor.eat(COUNTERS);
    let timed = counted && cursor.text[..cursor.at].ends_with('个') && cursor.sees(MONTH_TAILS);
    let spoken = !cursor.text[start..].starts_with(|c: char| c.is_ascii_digit());
    // A bare 三 inside running words is more likely part of a word than a count.
    let inside = !counted && spoken && cursor.rest().starts_with(char::is_alphanumeric);
    let bare = counted || cursor.at - start <= 9 && !cursor.sees(OTHER_UNITS) && cursor.pick(COINS).is_none();
    if timed
        || inside
        || !bare
        || (!counted && ordinal(&cursor.text[..start], &figure))
        || cursor.text[..start].ends_with('第')
    {
        return Some(Read::None);
    }
    if figure.value.fract() != 0.0 {
        return Some(Read::Bad(cursor.since(start)));
    }
    let half = cursor.eat(&["半"]);
    let precision = if half { Precision::Open } else { figure.precision };
    Some(settle(start, cursor, precision, figure.value as i64))
}

/// Whether a figure without a unit can stand for itself: not an ordinal, a date, a telephone number or a lone 一.
pub(crate) fn bare(cursor: &Cursor, start: usize, figure: &Figure) -> bool {
    let words = &cursor.text[start..cursor.at];
    let lone = !words.starts_with(|c: char| c.is_ascii_digit()) && words.chars().count() < 2;
    let other = cursor.sees(OTHER_UNITS) || cursor.sees(COUNTERS) || ordinal(&cursor.text[..start], figure);
    !lone && !other && figure.value < 1e9
}

/// Whether a bare figure after `before` only numbers something: 第3, or the day in 9月30.
fn ordinal(before: &str, figure: &Figure) -> bool {
    before.ends_with('第') || (before.ends_with('月') && figure.value <= 31.0)
}

/// The first reading in `text`; a reader answers `Some(Read::None)` to step over words that are not its business.
pub(crate) fn first<T>(text: &str, read: impl Fn(&mut Cursor) -> Option<Read<Hit<T>>>) -> Read<Hit<T>> {
    let mut cursor = Cursor::new(text);
    while !cursor.rest().is_empty() {
        let mut trial = cursor;
        match read(&mut trial) {
            Some(Read::None) if trial.at > cursor.at => cursor = trial,
            Some(Read::None) | None => cursor.skip(),
            Some(found) => return found,
        }
    }
    Read::None
}

/// Decides between definite, vague and impossible by the words around what was read.
pub(crate) fn settle<T>(start: usize, cursor: &Cursor, precision: Precision, value: T) -> Read<Hit<T>> {
    let text = cursor.text;
    let minus = minus_before(&text[..start]);
    let (before, after) = (hedge_before(&text[..start]), hedge_after(cursor));
    let words = &text[start - before.max(minus)..cursor.at + after];
    if minus > 0 {
        return Read::Bad(words.to_owned());
    }
    if precision == Precision::Open || before + after > 0 {
        return Read::Vague(words.to_owned());
    }
    Read::One(Hit { value, start, end: cursor.at })
}

/// Bytes of a word at the end of `text` that leaves the figure after it open, as in 不到.
pub(crate) fn hedge_before(text: &str) -> usize {
    let hedge = BEFORE.iter().find(|word| text.ends_with(*word) && !text.ends_with("最近"));
    hedge.map_or(0, |word| word.len())
}

fn hedge_after(cursor: &Cursor) -> usize {
    let mut trial = *cursor;
    let hedged = trial.eat(&["到", "至", "-", "~", "或者", "或", "、"]) && trial.numeral().is_some();
    if hedged {
        return trial.at - cursor.at;
    }
    let mut trial = *cursor;
    let asks = trial.sees(&["多少", "多久", "多长", "余额", "几时"]);
    if !asks && trial.eat(AFTER) { trial.at - cursor.at } else { 0 }
}

/// Bytes of a minus sign at the end of `text`; the dash of 3-5 is none.
fn minus_before(text: &str) -> usize {
    let Some(sign) = text.chars().next_back().filter(|c| "-−负".contains(*c)) else { return 0 };
    let joins = text[..text.len() - sign.len_utf8()]
        .ends_with(|c: char| c.is_ascii_alphanumeric() || "零一二三四五六七八九十百千万年月日号天元块岁".contains(c));
    if joins && sign != '负' { 0 } else { sign.len_utf8() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows a reading in one word: `~` for vague, `!` for bad, `-` for none.
    fn show(read: Read<Hit<i64>>) -> String {
        match read {
            Read::One(hit) => hit.value.to_string(),
            Read::Vague(words) => format!("~{words}"),
            Read::Bad(words) => format!("!{words}"),
            Read::None => "-".to_owned(),
        }
    }

    fn check(read: fn(&str) -> Read<Hit<i64>>, rows: &[(&str, &str)]) {
        let wrong =
            rows.iter().map(|(text, want)| (*text, show(read(text)), *want)).filter(|(_, got, want)| got != want);
        assert_eq!(wrong.collect::<Vec<_>>(), [], "text, got, want");
    }

    #[test]
    fn reads_numbers() {
        let rows: &[(&str, &[f64])] = &[
            ("0", &[0.0]),
            ("零", &[0.0]),
            ("十", &[10.0]),
            ("二十五", &[25.0]),
            ("廿五", &[25.0]),
            ("卅", &[30.0]),
            ("一百零五", &[105.0]),
            ("一百五", &[150.0]),
            ("一百五十", &[150.0]),
            ("两千三", &[2300.0]),
            ("八千五", &[8500.0]),
            ("三千零五", &[3005.0]),
            ("三千零五十", &[3050.0]),
            ("三千五百六", &[3560.0]),
            ("一万二", &[12_000.0]),
            ("一万零二", &[10_002.0]),
            ("3万5", &[35_000.0]),
            ("3万5千", &[35_000.0]),
            ("3万5000", &[35_000.0]),
            ("1.2万", &[12_000.0]),
            ("1.15万", &[11_500.0]),
            ("3,500", &[3500.0]),
            ("1,234,567.5", &[1_234_567.5]),
            ("10,20", &[10.0, 20.0]),
            ("壹万贰仟叁佰", &[12_300.0]),
            ("二〇二五", &[2025.0]),
            ("一一四", &[114.0]),
            ("三亿五千万", &[350_000_000.0]),
            ("五百万", &[5_000_000.0]),
            ("-500", &[-500.0]),
            ("负五百", &[-500.0]),
            ("3-5", &[3.0, 5.0]),
            ("两三", &[]),
            ("万一", &[]),
            ("一直在厦门", &[]),
            ("3年9个月", &[3.0, 9.0]),
            ("三个人五套房", &[3.0, 5.0]),
        ];
        for (text, want) in rows {
            assert_eq!(numbers(text).iter().map(|hit| hit.value).collect::<Vec<_>>(), *want, "{text}");
        }
    }

    #[test]
    fn says_where() {
        assert_eq!(numbers("月薪-3,500元"), [Hit { value: -3500.0, start: 6, end: 12 }]);
        assert_eq!(duration("大概三年零九个月吧"), Read::One(Hit { value: 45, start: 6, end: 24 }));
        assert_eq!(money("工资¥3000"), Read::One(Hit { value: 300_000, start: 6, end: 12 }));
    }

    #[test]
    fn reads_durations() {
        let rows = [
            ("3年9个月", "45"),
            ("3 年 9 个月", "45"),
            ("三年零九个月", "45"),
            ("三年九个月", "45"),
            ("3年零9个月", "45"),
            ("3年又9个月", "45"),
            ("三年零十个月", "46"),
            ("大概三年零九个月吧", "45"),
            ("45个月", "45"),
            ("四十五个月", "45"),
            ("半年", "6"),
            ("一年半", "18"),
            ("两年半", "30"),
            ("1.5年", "18"),
            ("一个月", "1"),
            ("交了一个月", "1"),
            ("十个月", "10"),
            ("十二个月", "12"),
            ("3年", "36"),
            ("三年整", "36"),
            ("满一年", "12"),
            ("一年左右", "12"),
            ("差不多3年", "36"),
            ("约三年", "36"),
            ("十五年", "180"),
            ("20年", "240"),
            ("二十年零三个月", "243"),
            ("一共交了5年", "60"),
            ("交满1年了", "12"),
            ("没有交过", "0"),
            ("没交过社保", "0"),
            ("从来没缴过", "0"),
            ("一个月都没交", "0"),
            ("0个月", "0"),
            ("零个月", "0"),
            ("第2次了,交了8个月", "8"),
            ("3年9个月能领几个月?", "45"),
            ("工资3000交了2年", "24"),
            ("有没有交过", "-"),
            ("三年多", "~三年多"),
            ("三年几个月", "~三年几个月"),
            ("两三年", "~两三年"),
            ("三四个月", "~三四个月"),
            ("好几年", "~好几年"),
            ("几年", "~几年"),
            ("交了几个月", "~几个月"),
            ("十几年", "~十几年"),
            ("十来年", "~十来年"),
            ("三十多年", "~三十多年"),
            ("多年", "~多年"),
            ("不到一年", "~不到一年"),
            ("一年不到", "~一年不到"),
            ("不满一年", "~不满一年"),
            ("快两年", "~快两年"),
            ("将近三年", "~将近三年"),
            ("近三年", "~近三年"),
            ("至少三年", "~至少三年"),
            ("三年以上", "~三年以上"),
            ("3到5年", "~3到5年"),
            ("3-5年", "~3-5年"),
            ("三个半月", "~三个半月"),
            ("一个多月", "~一个多月"),
            ("半个月", "~半个月"),
            ("半年多", "~半年多"),
            ("大半年", "~大半年"),
            ("一年半载", "~一年半载"),
            ("90天", "~90天"),
            ("三周", "~三周"),
            ("两个星期", "~两个星期"),
            ("还差3个月", "~还差3个月"),
            ("几个月?", "-"),
            ("能领几个月", "-"),
            ("要交几年", "-"),
            ("多久", "-"),
            ("多少个月", "-"),
            ("2025年3月", "-"),
            ("25年3月", "-"),
            ("2025年底", "-"),
            ("一五年", "-"),
            ("三月", "-"),
            ("三年前", "-"),
            ("3个月后", "-"),
            ("第三年", "-"),
            ("下半年", "-"),
            ("52周岁", "-"),
            ("59周岁零3个月", "-"),
            ("一个月3000", "-"),
            ("-3个月", "!-3个月"),
            ("1500个月", "!1500个月"),
            ("", "-"),
        ];
        check(duration, &rows);
    }

    #[test]
    fn reads_money() {
        let rows = [
            ("2265元", "226500"),
            ("2265", "226500"),
            ("2265.5元", "226550"),
            ("两千三", "230000"),
            ("3500块", "350000"),
            ("三千五百块钱", "350000"),
            ("1.2万", "1200000"),
            ("1.2万元", "1200000"),
            ("1.2w", "1200000"),
            ("5k", "500000"),
            ("5000/月", "500000"),
            ("每个月5000", "500000"),
            ("一个月五千", "500000"),
            ("¥3000", "300000"),
            ("人民币3000", "300000"),
            ("3,500元", "350000"),
            ("大概三千左右", "300000"),
            ("三块五", "350"),
            ("3块5毛", "350"),
            ("5毛", "50"),
            ("2026年11月工资3000", "300000"),
            ("3个月工资一共9000元", "900000"),
            ("0元", "0"),
            ("一万二", "1200000"),
            ("3万5", "3500000"),
            ("八千五", "850000"),
            ("3000多少", "300000"),
            ("-500", "!-500"),
            ("负五百", "!负五百"),
            ("¥-500", "!¥-500"),
            ("三千多", "~三千多"),
            ("3000多块", "~3000多块"),
            ("几千块", "~几千块"),
            ("三四千", "~三四千"),
            ("两三万", "~两三万"),
            ("3000到5000", "~3000到5000"),
            ("3000-5000元", "~3000-5000元"),
            ("3000元到5000元", "~3000元到5000"),
            ("不到三千", "~不到三千"),
            ("3000以上", "~3000以上"),
            ("三千出头", "~三千出头"),
            ("3000美元", "~3000美元"),
            ("多少钱", "-"),
            ("2025-03-01", "-"),
            ("13800138000", "-"),
            ("3个月", "-"),
            ("一直没发", "-"),
            ("五险一金", "-"),
            ("10月31号", "-"),
            ("9月30离职", "-"),
        ];
        check(money, &rows);
    }

    #[test]
    fn reads_counts() {
        let rows = [
            ("3个", "3"),
            ("三人", "3"),
            ("5名", "5"),
            ("两个", "2"),
            ("十二个人", "12"),
            ("3", "3"),
            ("三", "3"),
            ("就我一个", "1"),
            ("一家三口", "1"),
            ("一个都没有", "0"),
            ("0个", "0"),
            ("十来个", "~十来个"),
            ("两三个", "~两三个"),
            ("好几个", "~好几个"),
            ("三个半", "~三个半"),
            ("20多人", "~20多人"),
            ("3个月", "-"),
            ("三个半月", "-"),
            ("3年", "-"),
            ("第3个", "-"),
            ("一直", "-"),
            ("3000元", "-"),
            ("-3个", "!-3个"),
            ("2.5个", "!2.5个"),
        ];
        check(count, &rows);
    }
}
