//! Reads numerals, figures and lengths of time at one place of a text.
//!
//! This is the ground floor of [`crate::text::number`] and [`crate::text::when`]; it knows words, not what a caller asked for.

/// Words after 年 that show a calendar year, as in 25年底.
const YEAR_TAILS: &[&str] =
    &["底", "初", "末", "度", "级", "代", "生", "出生", "春", "夏", "秋", "冬", "国庆", "五一", "的时候"];
/// Units of time in months and days.
const UNITS: Table<(f64, f64)> = &[
    ((12.0, 0.0), &["年"]),
    ((3.0, 0.0), &["个季度"]),
    ((1.0, 0.0), &["个月", "个整月"]),
    ((0.0, 7.0), &["周", "星期", "礼拜", "个星期", "个礼拜"]),
    ((0.0, 1.0), &["天"]),
];
/// Units that take part of themselves along, as in 三个半月.
const SPLIT_MONTHS: Table<f64> = &[(0.5, &["个半月"]), (0.25, &["个多月", "个来月", "年半载"])];
const LINKS: &[&str] = &["零", "又", "加", "外加", "和", "带", ","];
/// Words that start like a figure, or hide one, but are none.
const NOT_FIGURES: &[&str] = &[
    "一直",
    "一样",
    "一般",
    "一定",
    "一起",
    "一下",
    "一些",
    "一点",
    "一边",
    "一旦",
    "一切",
    "一共",
    "一次性",
    "一向",
    "一会",
    "万一",
    "统一",
    "唯一",
    "十分",
    "差不多",
    "三明",
    "零工",
];

/// Meanings and the words for each.
pub(crate) type Table<'a, T> = &'a [(T, &'a [&'a str])];

/// Whether words fix a figure or leave it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// 三年
    Definite,
    /// 三年多
    Open,
}

/// A figure as spoken, before its unit.
pub(crate) struct Figure {
    /// Its value, or the part that was said.
    pub(crate) value: f64,
    /// Whether that is all there is to it.
    pub(crate) precision: Precision,
}

/// A length of time; months and days do not convert into each other.
pub(crate) struct Length {
    /// Calendar months.
    pub(crate) months: f64,
    /// Days on top.
    pub(crate) days: f64,
    /// Whether the words fix it.
    pub(crate) precision: Precision,
}

/// A written number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numeral {
    /// Its value, never negative.
    pub(crate) value: f64,
    /// How many digits were written one by one (二〇二五, 2025); 0 when it was spoken with 十百千万.
    pub(crate) width: usize,
    /// Whether it is two neighbours naming a range, as in 两三.
    pub(crate) range: bool,
    len: usize,
}

/// A place in a text; copying it is how readers try something and go back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    /// The whole text.
    pub(crate) text: &'a str,
    /// Byte offset of what comes next; always on a character boundary.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What is still to be read.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// What lies behind.
    pub(crate) fn before(&self) -> &'a str {
        &self.text[..self.at]
    }

    /// The words read since `start`.
    pub(crate) fn since(&self, start: usize) -> String {
        self.text[start..self.at].trim().to_owned()
    }

    /// Steps over one word, number or character that no reader wanted.
    pub(crate) fn skip(&mut self) {
        if !self.eat(NOT_FIGURES) && self.numeral().is_none() {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
    }

    fn space(&mut self) {
        self.at += blanks(self.rest());
    }

    /// Steps over the longest of `words` that comes next, spaces before it included.
    pub(crate) fn eat(&mut self, words: &[&str]) -> bool {
        self.pick(&[((), words)]).is_some()
    }

    /// Whether one of `words` comes next.
    pub(crate) fn sees(&self, words: &[&str]) -> bool {
        { *self }.eat(words)
    }

    /// Steps over the longest word of `table` that comes next and gives its meaning.
    pub(crate) fn pick<T: Copy>(&mut self, table: Table<T>) -> Option<T> {
        let rest = &self.rest()[blanks(self.rest())..];
        let words =
            table.iter().flat_map(|(meaning, words)| words.iter().map(move |word| (word.len(), word, *meaning)));
        let (len, _, meaning) = words.filter(|(_, word, _)| begins(rest, word)).max_by_key(|(len, ..)| *len)?;
        self.at = self.text.len() - rest.len() + len;
        Some(meaning)
    }

    /// Reads any number.
    pub(crate) fn numeral(&mut self) -> Option<Numeral> {
        let rest = self.rest();
        if NOT_FIGURES.iter().any(|word| begins(rest, word)) {
            return None;
        }
        let numeral = digit_string(rest).or_else(|| spoken(rest))?;
        self.at += numeral.len;
        Some(numeral)
    }

    /// Reads a whole number as dates have it: Arabic digits and nothing else, or a Chinese numeral.
    pub(crate) fn whole(&mut self) -> Option<Numeral> {
        let mut trial = *self;
        trial.space();
        let width = arabic_digits(trial.rest());
        let numeral = match width {
            0 => trial.numeral()?,
            _ => {
                let value = trial.rest()[..width].parse().ok()?;
                trial.at += width;
                Numeral { value, width, range: false, len: width }
            }
        };
        *self = trial;
        Some(numeral)
    }

    /// Reads a figure with its marks of openness, as in 十来, 三千多, 好几百, 3到5.
    pub(crate) fn figure(&mut self) -> Option<Figure> {
        let mut trial = *self;
        let (value, mut precision) = if trial.eat(&["好几", "几", "数", "若干", "许多", "很多", "好多", "多"])
        {
            (0.0, Precision::Open)
        } else {
            trial.space();
            let numeral = trial.numeral()?;
            (numeral.value, if numeral.range { Precision::Open } else { Precision::Definite })
        };
        precision = precision.max(trial.mark());
        if precision == Precision::Open {
            while trial.eat(&["十", "百", "千", "万", "亿"]) {}
            trial.mark();
        }
        let mut range = trial;
        if range.eat(&["到", "至", "-", "~", "—"]) && range.numeral().is_some() {
            (trial, precision) = (range, Precision::Open);
        }
        *self = trial;
        Some(Figure { value, precision })
    }

    /// Steps over a 多 that leaves the figure before it open.
    fn mark(&mut self) -> Precision {
        let other = self.sees(&["多少", "多久", "多长", "余额", "来厦", "几时"]);
        if !other && self.eat(&["多", "几", "余", "来"]) { Precision::Open } else { Precision::Definite }
    }

    /// Reads a length of time such as 三年零九个月, 半年, 十来天.
    pub(crate) fn length(&mut self) -> Option<Length> {
        let mut total = self.stretch()?;
        for _ in 0..2 {
            let mut trial = *self;
            trial.eat(LINKS);
            let Some(more) = trial.stretch().filter(|more| more.months < 12.0) else { break };
            total.months += more.months;
            total.days += more.days;
            total.precision = total.precision.max(more.precision);
            *self = trial;
        }
        Some(total)
    }

    /// Reads one figure with one unit of time.
    fn stretch(&mut self) -> Option<Length> {
        let (mut trial, start) = (*self, self.at);
        let half = trial.eat(&["半"]);
        let figure = if half { Figure { value: 0.5, precision: Precision::Definite } } else { trial.figure()? };
        let split = trial.pick(SPLIT_MONTHS);
        let mut length = match split {
            Some(more) => Length { months: figure.value + more, days: 0.0, precision: Precision::Open },
            None => {
                let (months, days) = trial.pick(UNITS)?;
                let (months, days) = (months * figure.value, days * figure.value);
                Length { months, days, precision: figure.precision }
            }
        };
        if trial.before().ends_with('年') && (trial.sees(YEAR_TAILS) || self.calendar_year(figure.value, start)) {
            return None;
        }
        if trial.sees(&["岁", "年"]) {
            return None;
        }
        if !half && trial.before().ends_with('年') && !trial.sees(&["半个", "半载"]) && trial.eat(&["半"]) {
            length.months += 6.0;
        }
        if !trial.sees(&["几个"]) {
            length.precision = length.precision.max(trial.mark());
        }
        *self = trial;
        Some(length)
    }

    /// Whether the number at `start` before 年 names a year: 2025年, 一五年, 25年3月.
    fn calendar_year(&self, value: f64, start: usize) -> bool {
        let mut trial = Cursor { text: self.text, at: start };
        let numeral = trial.whole();
        let digits =
            numeral.is_some_and(|n| n.width > 1 && !n.range && !self.rest().starts_with(|c: char| c.is_ascii()));
        let month = trial.eat(&["年"]) && trial.whole().is_some() && trial.sees(&["月"]);
        value >= 60.0 || digits || month
    }

    /// Steps over 2025-03-01 or 2025/3/1.
    pub(crate) fn dashed_date(&mut self) -> bool {
        let mut trial = *self;
        let date = ["-", "/", "."].iter().any(|dash| {
            trial = *self;
            trial.whole().is_some()
                && trial.eat(&[dash])
                && trial.whole().is_some()
                && trial.eat(&[dash])
                && trial.whole().is_some()
        });
        if date {
            *self = trial;
        }
        date
    }
}

/// Bytes of blanks at the beginning.
fn blanks(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b' ').count()
}

/// Whether a text begins with a word. Nearly all words differ from it at once, and all of them are tried at every
/// place of a text.
fn begins(text: &str, word: &str) -> bool {
    text.as_bytes().first() == word.as_bytes().first() && text.starts_with(word)
}

fn arabic_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '两' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Reads digits said one by one, as in 二〇二五, and neighbours such as 两三.
fn digit_string(text: &str) -> Option<Numeral> {
    let digits = || text.chars().map_while(|c| Some((c, digit(c)?)));
    let (mut len, mut width, mut value) = (0, 0, 0.0);
    for (c, each) in digits() {
        (len, width, value) = (len + c.len_utf8(), width + 1, value * 10.0 + f64::from(each));
    }
    let neighbours = |a, b| a > 0 && (b == a + 1 || (a, b) == (3, 5));
    let range = width == 2 && digits().zip(digits().skip(1)).any(|((_, a), (_, b))| neighbours(a, b));
    let scaled = text[len..].chars().next().is_some_and(|c| unit(c).is_some());
    if width < 2 || scaled || (!range && digits().any(|(c, _)| c == '两')) {
        return None;
    }
    Some(Numeral { value, width, range, len })
}

fn unit(c: char) -> Option<f64> {
    match c {
        '十' | '拾' => Some(1e1),
        '百' | '佰' => Some(1e2),
        '千' | '仟' => Some(1e3),
        '万' => Some(1e4),
        '亿' => Some(1e8),
        _ => None,
    }
}

/// Reads a number made of digits and units, as in 三万五, 1.2万, 一百零五.
fn spoken(text: &str) -> Option<Numeral> {
    let mut tally = Tally { scale: f64::INFINITY, tail: 1.0, ..Tally::default() };
    let (mut len, mut atoms, mut width) = (0, 0, 0);
    while let Some((atom, size)) = atom(&text[len..]) {
        if !tally.take(&atom) {
            break;
        }
        width = match atom {
            Atom::Arabic(_) if arabic_digits(&text[len..]) == size => size,
            Atom::Zero | Atom::Digit(_) => 1,
            _ => 0,
        };
        (len, atoms) = (len + size, atoms + 1);
    }
    let width = if atoms == 1 { width } else { 0 };
    (atoms > 0).then(|| Numeral { value: tally.total(), width, range: tally.range, len })
}

enum Atom {
    Zero,
    Digit(f64),
    Arabic(f64),
    /// 廿 and 卅: several tens in one sign.
    Tens(f64),
    Unit(f64),
}

fn atom(text: &str) -> Option<(Atom, usize)> {
    let c = text.chars().next()?;
    let atom = match c {
        '0'..='9' => return arabic(text).map(|(value, len)| (Atom::Arabic(value), len)),
        '廿' => Atom::Tens(20.0),
        '卅' => Atom::Tens(30.0),
        _ => match (digit(c), unit(c)) {
            (Some(0), _) => Atom::Zero,
            (Some(value), _) => Atom::Digit(f64::from(value)),
            (None, value) => Atom::Unit(value?),
        },
    };
    Some((atom, c.len_utf8()))
}

/// Reads 3500, 3,500 or 3.5 and gives its length.
fn arabic(text: &str) -> Option<(f64, usize)> {
    let mut len = arabic_digits(text);
    while len > 0 && text[len..].starts_with(',') && arabic_digits(&text[len + 1..]) == 3 {
        len += 4;
    }
    if text[len..].starts_with('.') && arabic_digits(&text[len + 1..]) > 0 {
        len += 1 + arabic_digits(&text[len + 1..]);
    }
    let value: f64 = text[..len].replace(',', "").parse().ok()?;
    Some((value, len))
}

/// A spoken number while it is being added up.
#[derive(Default)]
struct Tally {
    /// What 万 and 亿 have closed.
    done: f64,
    /// What stands below the next 万.
    section: f64,
    /// A number waiting for its unit, and how many digits it has.
    pending: Option<(f64, usize)>,
    /// The last unit; the next one must be smaller.
    scale: f64,
    /// What a last lone digit is worth: the 二 of 一万二 counts thousands.
    tail: f64,
    range: bool,
}

impl Tally {
    /// Adds one sign; false when the number ended before it.
    fn take(&mut self, atom: &Atom) -> bool {
        match (atom, self.pending) {
            (Atom::Zero, None) => self.tail = 1.0,
            (Atom::Digit(value), None) => self.pending = Some((*value, 1)),
            (Atom::Digit(value), Some((last, 1))) if *value == last + 1.0 && !self.range => self.range = true,
            (Atom::Arabic(value), None) => self.pending = Some((*value, if *value < 10.0 { 1 } else { 2 })),
            (Atom::Tens(value), None) if self.scale > 10.0 => self.add(*value, 10.0),
            (Atom::Unit(unit), pending) if *unit >= 1e4 => return self.close(*unit, pending),
            (Atom::Unit(unit), Some((value, _))) if *unit < self.scale => self.add(value * unit, *unit),
            (Atom::Unit(10.0), None) if self.scale > 10.0 => self.add(10.0, 10.0),
            _ => return false,
        }
        true
    }

    fn add(&mut self, value: f64, unit: f64) {
        (self.section, self.scale, self.tail, self.pending) = (self.section + value, unit, unit / 10.0, None);
    }

    /// Closes a section with 万 or 亿.
    fn close(&mut self, unit: f64, pending: Option<(f64, usize)>) -> bool {
        let section = self.section + pending.map_or(0.0, |(value, _)| value);
        let again = self.done > 0.0 && (self.done % 1e8 != 0.0 || unit > 1e4);
        if section == 0.0 || again {
            return false;
        }
        (self.done, self.section) = (self.done + section * unit, 0.0);
        (self.scale, self.tail, self.pending) = (unit, unit / 10.0, None);
        true
    }

    fn total(&self) -> f64 {
        let last = match self.pending {
            Some((value, 1)) if value.fract() == 0.0 => value * self.tail,
            Some((value, _)) => value,
            None => 0.0,
        };
        // Four decimals are enough for money and keep 1.15万 whole.
        ((self.done + self.section + last) * 1e4).round() / 1e4
    }
}
