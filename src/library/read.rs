//! Reads TOML so that every unknown key and every wrong type is reported with its place.

use std::{fs, path::Path};

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::library::problem::{Problem, Report};

/// A day, written as a bare TOML date: `2025-04-01`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Day(pub NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wrong = || serde::de::Error::custom("this must be a day without quotes, like 2025-04-01");
        let read = toml::value::Datetime::deserialize(from).map_err(|_| wrong())?;
        let day = read.date.filter(|_| read.time.is_none()).ok_or_else(wrong)?;
        NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into()).map(Self).ok_or_else(wrong)
    }
}

/// The text of a file, or a problem that says why not.
pub fn text_of(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    let mut report = Report::on(file, problems);
    match fs::read(file).map(String::from_utf8) {
        Ok(Ok(text)) => Some(text.trim_start_matches('\u{feff}').replace("\r\n", "\n")),
        Ok(Err(_)) => {
            report.add("file", "this file is not UTF-8; save it as UTF-8");
            None
        }
        Err(error) => {
            report.add("file", format!("cannot be read: {error}"));
            None
        }
    }
}

/// An id is a file's name: small letters, digits and hyphens.
pub fn expect_id(id: &str, report: &mut Report<'_>) {
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    report.expect(plain, "file name", "an id is made of a-z, 0-9 and -");
}

/// Reads a table. Keys that `T` does not know are problems, but do not stop the reading.
pub fn table<T: DeserializeOwned>(text: &str, report: &mut Report<'_>) -> Option<T> {
    let source = match toml::Deserializer::parse(text) {
        Ok(source) => source,
        Err(error) => {
            report.add("TOML", first_line(&error.to_string()));
            return None;
        }
    };
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(source, &mut track);
    let read = serde_ignored::deserialize(tracked, |path| unknown.push(path.to_string()));
    for key in unknown {
        report.add(key.replace('?', "").replace("..", "."), "this key is not known; remove it or check its spelling");
    }
    match read {
        Ok(table) => Some(table),
        Err(error) => {
            let place = track.path().to_string();
            report.add(place, first_line(&error.to_string()));
            None
        }
    }
}

/// A value that stands alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Bare {
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Truth(bool),
    /// A day.
    Day(NaiveDate),
}

/// Reads a flat table of values.
///
/// # Errors
/// One sentence: it is not TOML, or a value is not plain.
pub fn bare_table(text: &str) -> Result<Vec<(String, Bare)>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| first_line(&error.to_string()))?;
    let bare = |key: &str, value: toml::Value| {
        match value {
            toml::Value::String(text) => Some(Bare::Text(text)),
            toml::Value::Integer(number) => Some(Bare::Number(number as f64)),
            toml::Value::Float(number) if number.is_finite() => Some(Bare::Number(number)),
            toml::Value::Boolean(truth) => Some(Bare::Truth(truth)),
            toml::Value::Datetime(when) => {
                let day = when.date.filter(|_| when.time.is_none());
                day.and_then(|day| NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into()))
                    .map(Bare::Day)
            }
            _ => None,
        }
        .ok_or_else(|| format!("{key}: give a word, a number, true or false, or a day"))
    };
    table.into_iter().map(|(key, value)| Ok((key.clone(), bare(&key, value)?))).collect()
}

/// TOML's errors draw a picture over several lines; their sense is on the first or the last.
fn first_line(error: &str) -> String {
    let lines: Vec<_> = error.lines().filter(|line| !line.trim().is_empty()).collect();
    match lines.as_slice() {
        [one] => (*one).to_owned(),
        [first, .., last] => format!("{first}: {last}"),
        [] => "cannot be read".into(),
    }
}
