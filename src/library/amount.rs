//! Figures that change: each lives once in `amounts.toml`, with its period and its source.
//!
//! A figure is told only when a confirmed period covers the day. Past `review_by` it is told
//! with its first day and the advice to ask 12333; in every other case no figure is told.

use std::{collections::HashMap, path::Path};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::library::{
    problem::{Problem, Report},
    read::{self, Day},
    source::{SourceRow, Status},
};

/// One period of one figure.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Amount {
    /// What texts call it: `{monthly_minimum_wage}`.
    pub name: String,
    /// A decimal number; empty where a formula gives it.
    pub value: String,
    /// `monthly_minimum_wage * unemployment_benefit_rate`: a product of two other figures.
    pub formula: Option<String>,
    /// What stands behind the number: 元/月, %.
    pub unit: String,
    /// First day of validity.
    pub from: Option<Day>,
    /// Last day of validity; none while it holds.
    pub until: Option<Day>,
    /// Where it is laid down.
    pub source: Option<SourceRow>,
    /// Whether it may be told at all.
    pub status: Option<Status>,
    /// The last day on which someone checked it.
    pub as_of: Option<Day>,
    /// After this day it is told with a caveat.
    pub review_by: Option<Day>,
}

/// A figure that may be told on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The bare number.
    pub number: f64,
    /// What stands behind it.
    pub unit: String,
    /// Since when it holds.
    pub since: NaiveDate,
    /// Whether its review is overdue, so that the reader must be told.
    pub overdue: bool,
    /// Where it and everything that it is worked out from is laid down.
    pub sources: Vec<(SourceRow, NaiveDate)>,
    /// How it is worked out from other figures; empty where it stands in the table.
    pub working: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    amount: Vec<Amount>,
}

/// All figures, by name.
#[derive(Default)]
pub struct Amounts {
    by_name: HashMap<String, Vec<Amount>>,
}

impl Amounts {
    /// Reads and checks the table.
    pub fn load(file: &Path, problems: &mut Vec<Problem>) -> Self {
        let Some(text) = read::text_of(file, problems) else { return Self::default() };
        let mut report = Report::on(file, problems);
        let rows = read::table::<File>(&text, &mut report).unwrap_or_default().amount;
        for (i, row) in rows.iter().enumerate() {
            row.check(&format!("amount[{i}] {}", row.name), &mut report);
        }
        let mut amounts = Self::default();
        for row in rows {
            amounts.by_name.entry(row.name.clone()).or_default().push(row);
        }
        amounts.check_together(&mut report);
        amounts
    }

    /// Whether a figure of this name exists, told or not.
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The figure on a day; nothing when no confirmed period covers it.
    pub fn told(&self, name: &str, today: NaiveDate) -> Option<Told> {
        let row = self.by_name.get(name)?.iter().find(|row| row.covers(today))?;
        if row.status != Some(Status::Confirmed) {
            return None;
        }
        let overdue = row.review_by.is_some_and(|review| today > review.0);
        let source = row.source.clone().zip(row.as_of.map(|day| day.0));
        let mut told = Told {
            number: row.value.parse().unwrap_or_default(),
            unit: row.unit.clone(),
            since: row.from?.0,
            overdue,
            sources: source.into_iter().collect(),
            working: String::new(),
        };
        if let Some(factors) = row.factors() {
            told.number = 1.0;
            let parts: Vec<String> =
                factors.iter().filter_map(|factor| Some(self.told(factor, today)?.figure())).collect();
            told.working = parts.join(" × ");
            for factor in factors {
                let part = self.told(factor, today)?;
                told.number *= if part.unit == "%" { part.number / 100.0 } else { part.number };
                told.overdue |= part.overdue;
                told.since = told.since.max(part.since);
                told.sources.extend(part.sources);
            }
            told.number = (told.number * 100.0).round() / 100.0;
        }
        Some(told)
    }

    /// Periods of one name must not overlap, and formulas must name figures.
    fn check_together(&self, report: &mut Report<'_>) {
        for (name, rows) in &self.by_name {
            let mut spans: Vec<_> = rows.iter().filter_map(|row| Some((row.from?, row.until))).collect();
            spans.sort();
            for pair in spans.windows(2) {
                let apart = pair[0].1.is_some_and(|until| until < pair[1].0);
                report.expect(
                    apart,
                    name.as_str(),
                    "two periods of this figure overlap; end the older one with `until`",
                );
            }
            for factor in rows.iter().filter_map(Amount::factors).flatten() {
                report.expect(self.knows(factor), format!("{name}.formula"), format!("there is no figure `{factor}`"));
                let nested = self.by_name.get(factor).is_some_and(|rows| rows.iter().any(|row| row.formula.is_some()));
                report.expect(!nested, format!("{name}.formula"), "a formula works on plain figures, not on formulas");
            }
        }
    }
}

impl Amount {
    fn covers(&self, day: NaiveDate) -> bool {
        self.from.is_some_and(|from| from.0 <= day) && self.until.is_none_or(|until| day <= until.0)
    }

    fn factors(&self) -> Option<Vec<&str>> {
        Some(self.formula.as_ref()?.split('*').map(str::trim).collect())
    }

    fn check(&self, key: &str, report: &mut Report<'_>) {
        let mut expect = |fine, part: &str, says: &str| report.expect(fine, format!("{key}.{part}"), says);
        let plain = !self.name.is_empty()
            && self.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        expect(plain, "name", "a name is made of a-z, 0-9 and _");
        let number = self.value.parse::<f64>().is_ok_and(f64::is_finite);
        expect(number != self.formula.is_some(), "value", "give either a decimal number in quotes or a formula");
        expect(self.factors().is_none_or(|factors| factors.len() == 2), "formula", "a formula is `figure * figure`");
        expect(!self.unit.is_empty(), "unit", "say what the number counts, e.g. 元/月");
        expect(self.from.is_some(), "from", "say from which day it holds");
        expect(self.status.is_some(), "status", "say `confirmed` or `unconfirmed`");
        expect(self.as_of.is_some(), "as_of", "say on which day it was last checked");
        expect(self.review_by.is_some(), "review_by", "say by when to check it again");
        let ordered = self.from.zip(self.until).is_none_or(|(from, until)| from <= until);
        expect(ordered, "until", "it ends before it begins");
        match &self.source {
            Some(source) => source.check(&format!("{key}.source"), report),
            None => report.add(format!("{key}.source"), "a figure needs its source"),
        }
    }
}

impl Told {
    /// The number as people write it, with its unit.
    pub fn figure(&self) -> String {
        format!("{}{}", self.bare_figure(), self.unit)
    }

    /// The number alone: no trailing zeros.
    pub fn bare_figure(&self) -> String {
        let number = format!("{:.2}", self.number);
        let number = number.trim_end_matches('0').trim_end_matches('.');
        match self.number {
            big if big >= 10_000.0 && big % 10_000.0 == 0.0 => format!("{}万", big / 10_000.0),
            _ => number.to_owned(),
        }
    }
}
