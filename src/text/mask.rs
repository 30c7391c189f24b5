//! Finds numbers that nobody needs to send us (identity documents, phones, bank cards) and masks
//! them before anything is stored, logged or shown.
//!
//! A number is told from other numbers by its shape, its check digit, and the words around it.
//! Blanks, hyphens, full width, invisible characters and Chinese numerals do not hide it.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::char::decompose_compatible;

use crate::{message::Script, text::clean::is_invisible};

/// What kind of number was masked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Number {
    /// Mainland identity card, or a residence permit for Taiwan, Hong Kong and Macao residents
    /// (GB 11643: 18 characters, check digit ISO 7064 MOD 11-2).
    Identity,
    /// Taiwan identity card or resident certificate (letter, nine digits, check digit).
    TaiwanIdentity,
    /// Travel document for Taiwan residents (台胞证): eight digits, told by the words around it.
    TravelDocument,
    /// A passport, told by the words around it.
    Passport,
    /// A bank card: 16 to 19 digits with a Luhn check digit, or told by the words around it.
    BankCard,
    /// A mobile or landline phone number, mainland or Taiwan.
    Phone,
}

impl Number {
    /// What people call it.
    pub fn name(self, script: Script) -> &'static str {
        match self {
            Self::Identity => script.pick("身份证件号码", "身分證件號碼"),
            Self::TaiwanIdentity => script.pick("台湾身份证号", "台灣身分證字號"),
            Self::TravelDocument => script.pick("台胞证号码", "台胞證號碼"),
            Self::Passport => script.pick("护照号码", "護照號碼"),
            Self::BankCard => script.pick("银行卡号", "銀行卡號"),
            Self::Phone => script.pick("电话号码", "電話號碼"),
        }
    }
}

/// The text with every such number replaced by its name and last four characters, and what was
/// found, in order.
pub fn mask(text: &str, script: Script) -> (String, Vec<Number>) {
    let (groups, text_chars) = (groups(text), text.chars().collect::<Vec<_>>());
    let mut found = Vec::new();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut i) = (0, 0);
    while i < groups.len() {
        let Some((last, hit)) = longest(&groups, i, &text_chars) else {
            i += 1;
            continue;
        };
        out.extend(&text_chars[at..hit.from]);
        out.push_str(&format!("［{}…{}］", hit.number.name(script), hit.tail));
        found.push(hit.number);
        at = hit.to;
        // The same run may hold another number behind this one.
        i = if groups[last].end > at { last.max(i + 1) } else { last + 1 };
    }
    out.extend(&text_chars[at..]);
    (out, found)
}

/// A run of letters and digits without a break, normalised, with each one's place in the text.
struct Group {
    chars: Vec<(char, usize)>,
    end: usize,
    joins_next: bool,
}

/// A number found between two places (in characters) of the text.
struct Hit {
    from: usize,
    to: usize,
    number: Number,
    tail: String,
}

/// Cuts a text into groups; a group that is parted from the next by no more than two separators
/// may be one number with it.
fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut gap = usize::MAX;
    for (place, raw) in text.chars().enumerate() {
        if is_invisible(raw) {
            continue;
        }
        let c = normal(raw);
        if c.is_ascii_alphanumeric() {
            match groups.last_mut() {
                Some(group) if gap == 0 => {
                    group.chars.push((c, place));
                    group.end = place + 1;
                }
                before => {
                    if let Some(group) = before {
                        group.joins_next = gap <= 2;
                    }
                    groups.push(Group { chars: vec![(c, place)], end: place + 1, joins_next: false });
                }
            }
            gap = 0;
        } else if matches!(c, ' ' | '-' | '.' | '_' | '/' | '(' | ')' | '·' | '—' | '–' | '\n' | '+') {
            gap = gap.saturating_add(1);
        } else {
            gap = usize::MAX;
        }
    }
    groups
}

/// Width folded, upper case, Chinese numerals as digits.
fn normal(c: char) -> char {
    const NUMERALS: &str = "〇一二三四五六七八九";
    const FORMAL: &str = "零壹贰叁肆伍陆柒捌玖";
    let mut folded = c;
    decompose_compatible(c, |part| folded = part);
    for row in [NUMERALS, FORMAL] {
        if let Some(digit) = row.chars().position(|numeral| numeral == folded) {
            return char::from(b'0' + u8::try_from(digit).unwrap_or_default());
        }
    }
    folded.to_ascii_uppercase()
}

/// The shortest and the longest of such numbers, in characters.
const SHORTEST: usize = 8;
const LONGEST: usize = 19;

/// The longest number that begins in group `first`, and the group in which it ends.
fn longest(groups: &[Group], first: usize, text: &[char]) -> Option<(usize, Hit)> {
    // No number is written in more than ten groups.
    let joined = groups[first..].iter().take(9).take_while(|group| group.joins_next).count();
    (first..=first + joined).rev().find_map(|last| {
        let length: usize = groups[first..=last].iter().map(|group| group.chars.len()).sum();
        if length < SHORTEST || last > first && length > LONGEST {
            return None;
        }
        let chars: Vec<(char, usize)> =
            groups[first..=last].iter().flat_map(|group| group.chars.iter().copied()).collect();
        let run: String = chars.iter().map(|(c, _)| *c).collect();
        let (from, to) = (chars.first()?.1, chars.last()?.1 + 1);
        let near = |words: &[&str]| {
            let around: String = text[from.saturating_sub(14)..(to + 8).min(text.len())].iter().collect();
            words.iter().any(|word| around.contains(word))
        };
        let (number, range) = classify(&run, near, last > first)?;
        let tail = run[range.clone()].chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        Some((last, Hit { from: chars[range.start].1, to: chars[range.end - 1].1 + 1, number, tail }))
    })
}

/// The first number in a run of letters and digits; `near` says whether one of some words stands around it. A run
/// that was joined over separators must be a number as a whole, so that neighbours are not taken for one.
fn classify(run: &str, near: impl Fn(&[&str]) -> bool, joined: bool) -> Option<(Number, std::ops::Range<usize>)> {
    static SHAPES: LazyLock<Vec<(Number, Regex)>> = LazyLock::new(|| {
        [
            (Number::Identity, r"\d{17}[\dX]"),
            (Number::TaiwanIdentity, r"[A-Z][1289]\d{8}"),
            (Number::Phone, r"(?:0{0,2}86)?1[3-9]\d{9}|(?:0{0,2}886)?0?9\d{8}|0[1-9]\d{1,2}[2-9]\d{6,7}"),
            (Number::BankCard, r"\d{16,19}"),
            (Number::Passport, r"[A-Z]{1,2}\d{7,8}"),
            (Number::TravelDocument, r"\d{8}(?:\d{2}[A-Z]?)?"),
        ]
        .map(|(number, shape)| (number, Regex::new(shape).expect("a valid pattern")))
        .into()
    });
    SHAPES.iter().find_map(|(number, shape)| {
        let hit = shape.find_iter(run).find(|hit| {
            let alone = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_digit());
            let (before, after) = (run[..hit.start()].chars().next_back(), run[hit.end()..].chars().next());
            let whole = hit.start() == 0 && hit.end() == run.len();
            (if joined { whole } else { alone(before) && alone(after) }) && holds(*number, hit.as_str(), &near)
        })?;
        Some((*number, hit.range()))
    })
}

/// Whether a run of the right shape really is such a number.
fn holds(number: Number, run: &str, near: impl Fn(&[&str]) -> bool) -> bool {
    match number {
        Number::Identity => is_birthday(&run[6..14]) && (province(run) || mod_11_2(run)),
        Number::TaiwanIdentity => taiwan_check(run) || near(&["身分證", "身份证", "居留證", "居留证"]),
        Number::Phone => run.len() >= 10,
        Number::BankCard => {
            (run.starts_with(['3', '4', '5', '6', '9']) && luhn(run))
                || near(&["卡号", "卡號", "银行卡", "銀行卡", "账号", "帳號", "账户", "帳戶"])
        }
        Number::Passport => near(&["护照", "護照"]),
        Number::TravelDocument => {
            near(&["台胞证", "台胞證", "臺胞證", "通行证", "通行證", "证号", "證號", "证件号", "證件號"])
                && !is_date(&run[..8])
        }
    }
}

/// The first two digits are a province's, or those of Hong Kong, Macao and Taiwan residents.
fn province(run: &str) -> bool {
    const PROVINCES: &str =
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83";
    PROVINCES.split(' ').any(|province| run.starts_with(province))
}

/// A day on which a living person can be born.
fn is_birthday(day: &str) -> bool {
    is_date(day) && ("19000101".."20400101").contains(&day)
}

/// `YYYYMMDD` of the years 1900 to 2099.
fn is_date(day: &str) -> bool {
    let part = |range: std::ops::Range<usize>| day[range].parse::<u32>().unwrap_or_default();
    (1900..2100).contains(&part(0..4)) && (1..=12).contains(&part(4..6)) && (1..=31).contains(&part(6..8))
}

/// GB 11643's check character.
fn mod_11_2(run: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = run.chars().zip(WEIGHTS).filter_map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    "10X98765432".chars().nth(sum as usize % 11) == run.chars().last()
}

/// The check digit of Taiwan's identity numbers.
fn taiwan_check(run: &str) -> bool {
    const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let mut chars = run.chars();
    let Some(letter) = chars.next().and_then(|c| LETTERS.find(c)) else { return false };
    let letter = u32::try_from(letter).unwrap_or_default() + 10;
    let digits = chars.filter_map(|c| c.to_digit(10));
    let sum: u32 =
        letter / 10 + letter % 10 * 9 + digits.zip([8, 7, 6, 5, 4, 3, 2, 1, 1]).map(|(d, w)| d * w).sum::<u32>();
    sum.is_multiple_of(10)
}

/// The check digit of bank cards.
fn luhn(run: &str) -> bool {
    let digits = run.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    let sum: u32 = digits.map(|(i, d)| if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_however_they_are_written() {
        for (text, number) in [
            ("我的身份证是110101190001010015，能登记吗", Number::Identity),
            ("身份证 110101 19000101 0015", Number::Identity),
            ("１１０１０１１９０００１０１００１５", Number::Identity),
            ("居住证830000190001010003", Number::Identity),
            ("1101\u{200b}0119000101\u{200b}0015", Number::Identity),
            ("我的身分證字號A123456789", Number::TaiwanIdentity),
            ("台胞证号12345678", Number::TravelDocument),
            ("护照E12345678", Number::Passport),
            ("打我手机13800138000", Number::Phone),
            ("打我手机138-0013-8000", Number::Phone),
            ("一三八零零一三八零零零", Number::Phone),
            ("+86 138 0013 8000", Number::Phone),
            ("我的電話0912-345-678", Number::Phone),
            ("+886912345678", Number::Phone),
            ("tel:13800138000", Number::Phone),
            ("家里0592-2345678", Number::Phone),
            ("卡号6222020200112233440", Number::BankCard),
            ("4111 1111 1111 1111", Number::BankCard),
        ] {
            let (masked, found) = mask(text, Script::Hans);
            assert_eq!(found, [number], "{text} → {masked}");
            let digits = masked.chars().filter(|c| c.is_ascii_digit()).count();
            assert!(digits <= 4, "{text} → {masked}");
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "交了12个月，2265元",
            "2024年1月1日到2025年12月31日",
            "20240101离职",
            "打12333还是12345",
            "厦人社〔2023〕188号",
            "台胞证有效期到20270101",
            "2023-08-23",
            "订单123456",
            "工资5000.00",
            "2025-04-01到2026-03-31",
            "编号12345678",
        ] {
            assert_eq!(mask(text, Script::Hans), (text.to_owned(), vec![]));
        }
    }

    #[test]
    fn two_numbers_in_one_message() {
        let (masked, found) = mask("电话13800138000，身份证110101190001010015。", Script::Hant);
        assert_eq!(found, [Number::Phone, Number::Identity]);
        assert_eq!(masked, "电话［電話號碼…8000］，身份证［身分證件號碼…0015］。");
    }
}
