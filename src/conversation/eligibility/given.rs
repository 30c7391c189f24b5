//! Reads facts from a file: option ids, numbers, dates, or people's own words.

use chrono::NaiveDate;

use crate::{
    conversation::{
        dialog::listen::{self, Heard},
        told::Told,
    },
    library::{
        Library,
        fact::{Fact, Kind, Value},
        read::{self, Bare},
    },
    text::when::Span,
};

/// Reads a table of facts.
///
/// # Errors
/// One sentence for each fact that cannot be read.
pub fn read(library: &Library, text: &str, today: NaiveDate) -> Result<Told, Vec<String>> {
    let rows = read::bare_table(text).map_err(|error| vec![error])?;
    let mut problems = Vec::new();
    let mut told = Told::default();
    for (id, bare) in rows {
        match library.facts.get(&id).filter(|fact| fact.function.is_none()) {
            Some(fact) => match value(library, fact, &bare, today) {
                Some(value) => drop(told.set(&id, value)),
                None => problems.push(format!("{id}: {}", demand(fact))),
            },
            None => problems.push(format!("{id}: there is no fact of this name")),
        }
    }
    if problems.is_empty() { Ok(told) } else { Err(problems) }
}

fn value(library: &Library, fact: &Fact, bare: &Bare, today: NaiveDate) -> Option<Value> {
    let option = |id: &str| fact.option(id).map(|option| Value::Option(option.id.clone()));
    let value = match (bare, fact.kind) {
        (Bare::Text(text), _) if text == "unsure" => Some(Value::Unsure),
        (Bare::Truth(truth), Kind::YesNo) => option(if *truth { "yes" } else { "no" }),
        (Bare::Number(number), Kind::Months | Kind::Number) => Some(Value::Number(number.round() as i64)),
        (Bare::Number(number), Kind::Money) => Some(Value::Number((number * 100.0).round() as i64)),
        (Bare::Day(day), Kind::Date | Kind::Birth) => Some(Value::Days(Span::day(*day))),
        (Bare::Text(text), _) => option(text).or_else(|| {
            let folded = library.language.fold(text);
            match listen::answer(library, fact, text, &folded, today) {
                Heard::Value(value) => Some(value),
                _ => None,
            }
        }),
        // An age as a number is an age in words.
        (Bare::Number(number), Kind::Birth) => {
            let text = format!("{number}岁");
            match listen::answer(library, fact, &text, &text, today) {
                Heard::Value(value) => Some(value),
                _ => None,
            }
        }
        _ => None,
    };
    value.filter(|value| library.facts.allows(&fact.id, value))
}

fn demand(fact: &Fact) -> String {
    match fact.kind {
        Kind::Choice => {
            let ids: Vec<&str> = fact.options.iter().map(|option| option.id.as_str()).collect();
            format!("give one of {}, or \"unsure\"", ids.join(", "))
        }
        Kind::YesNo => "give true, false, or \"unsure\"".into(),
        Kind::Date => "give a day like 2025-03-01, words like \"上个月底\", or \"unsure\"".into(),
        Kind::Birth => "give a day like 1974-03-01, words like \"52岁\", or \"unsure\"".into(),
        Kind::Months => "give whole months, words like \"3年9个月\", or \"unsure\"".into(),
        Kind::Number => "give a number, or \"unsure\"".into(),
        Kind::Money => "give 元, or \"unsure\"".into(),
        Kind::Words => "give words in quotes".into(),
    }
}
