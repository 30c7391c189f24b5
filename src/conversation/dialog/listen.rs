//! Reads answers in people's words. Fixed lists and grammars; what is not clear is asked back.

use chrono::NaiveDate;

use crate::{
    library::{
        Library,
        fact::{Fact, Kind, Value},
        repair::bare,
    },
    message::Repair,
    text::{
        number::{self, Read},
        when::{self, Prefer},
        words::clauses,
    },
};

/// What was heard as the answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A value.
    Value(Value),
    /// Something that is not exact enough, as it was said.
    Vague(String),
    /// Several options at once, by their ids.
    Either(Vec<String>),
    /// Something that cannot be, as it was said.
    Bad(String),
    /// No answer to this.
    Nothing,
}

/// Reads a whole message as the answer to one question.
pub fn answer(library: &Library, fact: &Fact, raw: &str, folded: &str, today: NaiveDate) -> Heard {
    let heard = match fact.kind {
        Kind::Choice => choice(fact, folded),
        Kind::YesNo => yes_no(library, fact, folded),
        Kind::Date => from_read(when::date(folded, today, prefer(fact)), Value::Days),
        Kind::Birth => from_read(when::birth(folded, today), Value::Days),
        Kind::Months => match from_read(number::duration(folded), Value::Number) {
            // 3 alone may be years or months.
            Heard::Nothing if is_bare_number(folded) => Heard::Vague(folded.into()),
            heard => heard,
        },
        Kind::Number => from_read(number::count(folded), Value::Number),
        Kind::Money => from_read(number::money(folded), Value::Number),
        Kind::Words => words(raw),
    };
    plausible(fact, heard, folded, today)
}

/// Finds in a message what ties itself to one fact: an option's own phrases, or a figure or a date
/// beside a word of the fact.
pub fn in_passing(fact: &Fact, folded: &str, today: NaiveDate) -> Option<Value> {
    let heard = match fact.kind {
        Kind::Choice | Kind::YesNo => match options_in(fact, folded).as_slice() {
            [one] => Heard::Value(Value::Option(one.clone())),
            _ => Heard::Nothing,
        },
        Kind::Words => Heard::Nothing,
        _ => {
            let clauses = clauses(folded).into_iter().filter(|clause| fact.cues.iter().any(|cue| clause.contains(cue)));
            let read = |clause: &str| match fact.kind {
                Kind::Date => from_read(when::date(clause, today, prefer(fact)), Value::Days),
                Kind::Birth => from_read(when::birth(clause, today), Value::Days),
                Kind::Months => duration_told(clause),
                Kind::Money => from_read(number::money(clause), Value::Number),
                _ => from_read(number::count(clause), Value::Number),
            };
            clauses.map(read).find(|heard| matches!(heard, Heard::Value(_))).unwrap_or(Heard::Nothing)
        }
    };
    match plausible(fact, heard, folded, today) {
        Heard::Value(value) => Some(value),
        _ => None,
    }
}

/// Whether a message asks something.
pub fn is_question(folded: &str) -> bool {
    const WORDS: [&str; 22] = [
        "?",
        "吗",
        "怎么",
        "什么",
        "多少",
        "多久",
        "哪里",
        "哪儿",
        "哪个",
        "哪些",
        "能不能",
        "可不可以",
        "会不会",
        "是不是",
        "有没有",
        "要不要",
        "为什么",
        "为啥",
        "如何",
        "咋",
        "啥",
        "按怎",
    ];
    WORDS.iter().any(|word| folded.contains(word))
        || asks_how_many(folded)
        || folded.trim_end_matches(['。', '.', '!']).ends_with('呢')
}

/// 能领几个月 asks; 前几天 and 好几年 tell.
fn asks_how_many(folded: &str) -> bool {
    let counted = ["几个月", "几天", "几年", "几次", "几岁", "几号", "几点"];
    let told = |before: &str| before.ends_with(['前', '好', '这', '那', '过', '十', '后', '有']);
    counted.iter().flat_map(|word| folded.match_indices(word)).any(|(at, _)| !told(&folded[..at]))
}

/// A length of time that is not 三年前, which tells a day.
fn duration_told(clause: &str) -> Heard {
    match number::duration(clause) {
        Read::One(hit) if clause[hit.end..].trim_start().starts_with(['前', '后']) => Heard::Nothing,
        read => from_read(read, Value::Number),
    }
}

fn prefer(fact: &Fact) -> Prefer {
    if fact.future { Prefer::Either } else { Prefer::Past }
}

fn from_read<T>(read: Read<number::Hit<T>>, value: impl Fn(T) -> Value) -> Heard {
    match read {
        Read::One(hit) => Heard::Value(value(hit.value)),
        Read::Vague(words) => Heard::Vague(words),
        Read::Bad(words) => Heard::Bad(words),
        Read::None => Heard::Nothing,
    }
}

/// What nobody can mean is asked about again.
fn plausible(fact: &Fact, heard: Heard, folded: &str, today: NaiveDate) -> Heard {
    match heard {
        Heard::Value(Value::Number(number)) if !fact.is_plausible(number) => Heard::Bad(folded.into()),
        Heard::Value(Value::Days(span)) if span.from > today && !fact.future => Heard::Bad(folded.into()),
        heard => heard,
    }
}

fn words(raw: &str) -> Heard {
    let words: String = raw.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    if words.is_empty() { Heard::Nothing } else { Heard::Value(Value::Words(words)) }
}

fn is_bare_number(folded: &str) -> bool {
    !folded.is_empty() && folded.chars().all(|c| c.is_ascii_digit() || "零一二两三四五六七八九十".contains(c))
}

fn choice(fact: &Fact, folded: &str) -> Heard {
    let mut options = options_in(fact, folded);
    match options.len() {
        0 => part_of_label(fact, folded),
        1 => Heard::Value(Value::Option(options.remove(0))),
        _ => Heard::Either(options),
    }
}

/// A short answer that stands in one label alone: 大陆 for 大陆居民.
fn part_of_label(fact: &Fact, folded: &str) -> Heard {
    let words = bare(folded);
    let mut fits = fact.options.iter().filter(|option| words.chars().count() >= 2 && option.label.contains(&words));
    match (fits.next(), fits.next()) {
        (Some(only), None) => Heard::Value(Value::Option(only.id.clone())),
        _ => Heard::Nothing,
    }
}

fn yes_no(library: &Library, fact: &Fact, folded: &str) -> Heard {
    let own = choice(fact, folded);
    if own != Heard::Nothing {
        return own;
    }
    let said = |text: &str| match library.repairs.read(text) {
        Some(Repair::Yes) => Some("yes"),
        Some(Repair::No) => Some("no"),
        _ => None,
    };
    let first = clauses(folded).first().copied().unwrap_or_default();
    match said(folded).or_else(|| said(first)).or_else(|| begins(first)) {
        Some(option) => Heard::Value(Value::Option(option.into())),
        None => Heard::Nothing,
    }
}

/// A short answer that begins with what it says: 还没去办, 已经办好了.
fn begins(clause: &str) -> Option<&'static str> {
    if clause.chars().count() > 10 {
        return None;
    }
    let denies = ["不", "没", "无", "未", "还没", "从没", "毋", "袂"];
    let affirms = ["是", "对", "有", "已经", "已", "会", "能", "可以", "想", "愿意", "要", "早就"];
    if denies.iter().any(|word| clause.starts_with(word)) {
        Some("no")
    } else if affirms.iter().any(|word| clause.starts_with(word)) && !clause.contains(['不', '没']) {
        Some("yes")
    } else {
        None
    }
}

/// The options that a message names, longest phrases first; denied ones do not count.
fn options_in(fact: &Fact, folded: &str) -> Vec<String> {
    let text: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    let mut hits: Vec<(usize, usize, &str)> = Vec::new();
    for option in &fact.options {
        for phrase in &option.says {
            // One character says enough only when it is all that was said.
            if phrase.chars().count() < 2 && *phrase != text {
                continue;
            }
            hits.extend(text.match_indices(phrase.as_str()).map(|(at, _)| (at, at + phrase.len(), option.id.as_str())));
        }
    }
    hits.sort_by_key(|(from, to, _)| (std::cmp::Reverse(to - from), *from));
    let mut taken: Vec<(usize, usize)> = Vec::new();
    let mut options: Vec<String> = Vec::new();
    for (from, to, option) in hits {
        let overlaps = taken.iter().any(|(start, end)| from < *end && *start < to);
        if overlaps {
            continue;
        }
        taken.push((from, to));
        if !is_denied(&text[..from]) && !options.iter().any(|other| other == option) {
            options.push(option.into());
        }
    }
    options
}

fn is_denied(before: &str) -> bool {
    ["不是", "没有", "没", "不", "并非", "不算", "未", "毋是", "毋", "不能算", "不是因为", "不属于"]
        .iter()
        .any(|word| before.ends_with(word))
}
