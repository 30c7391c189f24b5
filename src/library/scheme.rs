//! Eligibility as data: a scheme is a benefit or a service with conditions, each with its source
//! and the days on which it holds. The language of conditions is small and closed.

use std::{collections::BTreeMap, path::Path};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::library::{
    amount::Amounts,
    fact::{Facts, Kind},
    problem::{Problem, Report},
    read::{self, Day},
    reckon::Function,
    source::Status,
};

/// A condition on facts.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All must hold.
    All(Vec<Condition>),
    /// One is enough.
    Any(Vec<Condition>),
    /// It must not hold.
    Not(Box<Condition>),
    /// One fact compared.
    Test(String, Compare),
}

/// A fact compared with what the rule says.
#[derive(Clone, Debug, PartialEq)]
pub enum Compare {
    /// One of these options.
    OneOf(Vec<String>),
    /// This or more.
    AtLeast(Limit),
    /// This or less.
    AtMost(Limit),
    /// More than this.
    MoreThan(Limit),
    /// Less than this.
    LessThan(Limit),
    /// This day or later.
    OnOrAfter(NaiveDate),
    /// Earlier than this day.
    Before(NaiveDate),
    /// The day that is weighed lies at most so many months after the date, and not before it.
    Within(i64),
}

/// A number, or a dated figure of the table.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Limit {
    /// Months, a count, or money in 元.
    Number(i64),
    /// The name of a figure.
    Amount(String),
}

/// One condition of a scheme.
#[derive(Clone, Debug)]
pub struct Need {
    /// Its name; versions of one condition share it.
    pub id: String,
    /// The condition as a statement.
    pub says: String,
    /// Whom it concerns, if not everyone.
    pub only_if: Option<Condition>,
    /// What must hold.
    pub when: Condition,
    /// Where it is laid down.
    pub source: String,
    /// An unconfirmed condition never decides alone.
    pub status: Status,
    /// First day of validity.
    pub from: NaiveDate,
    /// Last day of validity; none while it holds.
    pub until: Option<NaiveDate>,
    /// The authority that reads the rule so, where two differ.
    pub reading: Option<String>,
}

/// What is given to whoever is eligible.
#[derive(Clone, Debug)]
pub struct Award {
    /// Its name.
    pub id: String,
    /// Its words.
    pub label: String,
    /// What stands behind the figure.
    pub unit: String,
    /// How it comes about.
    pub by: By,
}

/// How an award comes about.
#[derive(Clone, Debug)]
pub enum By {
    /// A figure of the table.
    Amount(String),
    /// A function of facts.
    Function(Function, Vec<String>),
}

/// A benefit or a service.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// The file's name without `.toml`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The article that explains it.
    pub article: String,
    /// The procedure by which one gets it.
    pub flow: Option<String>,
    /// The last day on which someone checked it.
    pub as_of: NaiveDate,
    /// After this day the outcome asks to confirm.
    pub review_by: NaiveDate,
    /// A limit of time and the like, which nobody gets: left out where everything is ranked.
    pub unranked: bool,
    /// Said with every outcome.
    pub note: String,
    /// Its conditions, in the order in which they are asked about.
    pub needs: Vec<Need>,
    /// What it gives.
    pub awards: Vec<Award>,
    /// The authorities that read the rule differently, by name.
    pub readings: BTreeMap<String, String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawCondition {
    all: Option<Vec<RawCondition>>,
    any: Option<Vec<RawCondition>>,
    not: Option<Box<RawCondition>>,
    fact: Option<String>,
    is: Option<Is>,
    one_of: Option<Vec<String>>,
    at_least: Option<Limit>,
    at_most: Option<Limit>,
    more_than: Option<Limit>,
    less_than: Option<Limit>,
    on_or_after: Option<Day>,
    before: Option<Day>,
    within: Option<i64>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Is {
    Truth(bool),
    Option(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawNeed {
    id: String,
    says: String,
    only_if: Option<RawCondition>,
    when: RawCondition,
    source: String,
    status: Option<Status>,
    from: Option<Day>,
    until: Option<Day>,
    reading: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawAward {
    id: String,
    label: String,
    unit: String,
    amount: Option<String>,
    function: Option<Function>,
    from: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    title: String,
    article: String,
    flow: Option<String>,
    as_of: Option<Day>,
    review_by: Option<Day>,
    unranked: bool,
    note: String,
    need: Vec<RawNeed>,
    award: Vec<RawAward>,
    readings: BTreeMap<String, String>,
}

impl Scheme {
    /// Reads a scheme and checks it against the facts and figures.
    pub fn load(file: &Path, facts: &Facts, amounts: &Amounts, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = read::text_of(file, problems)?;
        let mut report = Report::on(file, problems);
        let id = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        read::expect_id(&id, &mut report);
        let raw: File = read::table(&text, &mut report)?;
        report.expect(!raw.title.is_empty(), "title", "say what it is called");
        report.expect(raw.title.chars().count() <= 16, "title", "too long: at most 16 characters fit every button");
        report.expect(raw.as_of.is_some(), "as_of", "say on which day it was last checked");
        report.expect(raw.review_by.is_some(), "review_by", "say by when to check it again");
        let ordered = raw.as_of.zip(raw.review_by).is_none_or(|(checked, review)| checked <= review);
        report.expect(ordered, "review_by", "the review is before the last check");
        report.expect(!raw.need.is_empty(), "need", "a scheme needs at least one condition");
        let needs: Vec<_> = raw.need.into_iter().filter_map(|need| need.checked(facts, &mut report)).collect();
        let awards = raw.award.into_iter().filter_map(|award| award.checked(facts, amounts, &mut report)).collect();
        let scheme = Self {
            id,
            title: raw.title,
            article: raw.article,
            flow: raw.flow,
            as_of: raw.as_of?.0,
            review_by: raw.review_by?.0,
            unranked: raw.unranked,
            note: raw.note,
            needs,
            awards,
            readings: raw.readings,
        };
        scheme.check(amounts, &mut report);
        Some(scheme)
    }

    /// The conditions that hold on a day.
    pub fn in_force(&self, day: NaiveDate) -> impl Iterator<Item = &Need> {
        self.needs.iter().filter(move |need| need.from <= day && need.until.is_none_or(|until| day <= until))
    }

    /// Every fact that it compares.
    pub fn facts(&self) -> Vec<&str> {
        let mut facts = Vec::new();
        self.needs.iter().for_each(|need| need.each_fact(&mut |fact| facts.push(fact)));
        facts
    }

    fn check(&self, amounts: &Amounts, report: &mut Report<'_>) {
        for (i, need) in self.needs.iter().enumerate() {
            let key = format!("need.{}", need.id);
            for other in &self.needs[..i] {
                let apart = need.id != other.id
                    || need.reading != other.reading
                    || other.until.is_some_and(|until| until < need.from)
                    || need.until.is_some_and(|until| until < other.from);
                report.expect(
                    apart,
                    key.as_str(),
                    "two versions of this condition overlap; end the older one with `until`",
                );
            }
            if let Some(reading) = &need.reading {
                let named = self.readings.contains_key(reading);
                report.expect(named, format!("{key}.reading"), format!("name `{reading}` under [readings]"));
            }
            need.when.check_limits(amounts, &format!("{key}.when"), report);
            if let Some(only_if) = &need.only_if {
                only_if.check_limits(amounts, &format!("{key}.only_if"), report);
            }
        }
        for reading in self.readings.keys() {
            let used = self.needs.iter().any(|need| need.reading.as_ref() == Some(reading));
            report.expect(used, format!("readings.{reading}"), "no condition belongs to this reading");
        }
        report.expect(self.readings.len() != 1, "readings", "one reading alone differs from nothing");
    }
}

impl Need {
    /// Calls `each` for every fact that it compares, in the order in which they are asked for.
    pub fn each_fact<'a>(&'a self, each: &mut impl FnMut(&'a str)) {
        self.only_if.iter().for_each(|only_if| only_if.each_fact(each));
        self.when.each_fact(each);
    }
}

impl RawNeed {
    fn checked(self, facts: &Facts, report: &mut Report<'_>) -> Option<Need> {
        let key = format!("need.{}", self.id);
        report.expect(!self.id.is_empty(), "need.id", "a condition needs a name");
        report.expect(!self.says.is_empty(), format!("{key}.says"), "say the condition in words");
        report.expect(!self.source.trim().is_empty(), format!("{key}.source"), "a condition needs its source");
        report.expect(self.from.is_some(), format!("{key}.from"), "say from which day it holds");
        let ordered = self.from.zip(self.until).is_none_or(|(from, until)| from <= until);
        report.expect(ordered, format!("{key}.until"), "it ends before it begins");
        let only_if = match self.only_if {
            Some(only_if) => Some(only_if.checked(facts, &format!("{key}.only_if"), report)?),
            None => None,
        };
        let when = self.when.checked(facts, &format!("{key}.when"), report)?;
        Some(Need {
            id: self.id,
            says: self.says,
            only_if,
            when,
            source: self.source,
            status: self.status.unwrap_or(Status::Confirmed),
            from: self.from?.0,
            until: self.until.map(|day| day.0),
            reading: self.reading,
        })
    }
}

impl RawAward {
    fn checked(self, facts: &Facts, amounts: &Amounts, report: &mut Report<'_>) -> Option<Award> {
        let key = format!("award.{}", self.id);
        report.expect(!self.id.is_empty(), "award.id", "an award needs a name");
        report.expect(!self.label.is_empty(), format!("{key}.label"), "say what is given");
        for fact in &self.from {
            report.expect(facts.asked(fact), format!("{key}.from"), format!("there is no fact `{fact}`"));
        }
        let by = match (self.amount, self.function) {
            (Some(amount), None) => {
                report.expect(
                    amounts.knows(&amount),
                    format!("{key}.amount"),
                    format!("there is no figure `{amount}`"),
                );
                By::Amount(amount)
            }
            (None, Some(function)) => {
                let kinds: Vec<Kind> = self.from.iter().filter_map(|fact| Some(facts.get(fact)?.kind)).collect();
                let fits = function.awards_from() == Some(kinds.as_slice());
                report.expect(fits, format!("{key}.function"), "this function takes other facts, or is no award");
                By::Function(function, self.from)
            }
            _ => {
                report.add(key, "an award is either a figure (amount) or a function");
                return None;
            }
        };
        Some(Award { id: self.id, label: self.label, unit: self.unit, by })
    }
}

impl RawCondition {
    /// A condition whose facts, options and kinds of comparison fit each other.
    pub(super) fn checked(self, facts: &Facts, key: &str, report: &mut Report<'_>) -> Option<Condition> {
        let compares = self.compares();
        let parts = [self.all.is_some(), self.any.is_some(), self.not.is_some(), self.fact.is_some()];
        if parts.iter().filter(|part| **part).count() != 1 || self.fact.is_some() != (compares.len() == 1) {
            report.add(key, "a condition is `all`, `any`, `not`, or one comparison of one `fact`");
            return None;
        }
        let mut several = |list: Vec<Self>, name: &str| -> Option<Vec<Condition>> {
            report.expect(!list.is_empty(), format!("{key}.{name}"), "this list is empty");
            let parts = list.into_iter().enumerate();
            parts.map(|(i, part)| part.checked(facts, &format!("{key}.{name}[{i}]"), report)).collect()
        };
        match (self.all, self.any, self.not, self.fact) {
            (Some(all), ..) => Some(Condition::All(several(all, "all")?)),
            (_, Some(any), ..) => Some(Condition::Any(several(any, "any")?)),
            (_, _, Some(not), _) => {
                Some(Condition::Not(Box::new(not.checked(facts, &format!("{key}.not"), report)?)))
            }
            (.., Some(fact)) => {
                let compare = compares.into_iter().next()?;
                check_test(&fact, &compare, facts, key, report);
                Some(Condition::Test(fact, compare))
            }
            _ => None,
        }
    }

    fn compares(&self) -> Vec<Compare> {
        let is = self.is.clone().map(|is| match is {
            Is::Truth(true) => "yes".to_owned(),
            Is::Truth(false) => "no".to_owned(),
            Is::Option(option) => option,
        });
        let all = [
            is.map(|is| Compare::OneOf(vec![is])),
            self.one_of.clone().map(Compare::OneOf),
            self.at_least.clone().map(Compare::AtLeast),
            self.at_most.clone().map(Compare::AtMost),
            self.more_than.clone().map(Compare::MoreThan),
            self.less_than.clone().map(Compare::LessThan),
            self.on_or_after.map(|day| Compare::OnOrAfter(day.0)),
            self.before.map(|day| Compare::Before(day.0)),
            self.within.map(Compare::Within),
        ];
        all.into_iter().flatten().collect()
    }
}

fn check_test(fact: &str, compare: &Compare, facts: &Facts, key: &str, report: &mut Report<'_>) {
    let Some(known) = facts.get(fact) else {
        report.add(key, format!("there is no fact `{fact}`"));
        return;
    };
    let fits = match compare {
        Compare::OneOf(options) => {
            for option in options.iter().filter(|option| known.option(option).is_none()) {
                report.add(key, format!("`{fact}` has no option `{option}`"));
            }
            report.expect(!options.is_empty(), key, "this list is empty");
            matches!(known.kind, Kind::Choice | Kind::YesNo)
        }
        Compare::OnOrAfter(_) | Compare::Before(_) | Compare::Within(_) => known.kind == Kind::Date,
        _ => matches!(known.kind, Kind::Months | Kind::Number | Kind::Money),
    };
    report.expect(fits, key, format!("`{fact}` is not of a kind that can be compared so"));
}

impl Condition {
    /// Calls `each` for every fact that is compared, in order.
    pub fn each_fact<'a>(&'a self, each: &mut impl FnMut(&'a str)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_fact(each)),
            Self::Not(part) => part.each_fact(each),
            Self::Test(fact, _) => each(fact),
        }
    }

    /// Every figure that is a limit stands in the table.
    pub(super) fn check_limits(&self, amounts: &Amounts, key: &str, report: &mut Report<'_>) {
        self.each_limit(&mut |limit| {
            if let Limit::Amount(name) = limit {
                report.expect(amounts.knows(name), key, format!("there is no figure `{name}`"));
            }
        });
    }

    fn each_limit(&self, each: &mut impl FnMut(&Limit)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_limit(each)),
            Self::Not(part) => part.each_limit(each),
            Self::Test(_, Compare::AtLeast(limit) | Compare::AtMost(limit)) => each(limit),
            Self::Test(_, Compare::MoreThan(limit) | Compare::LessThan(limit)) => each(limit),
            Self::Test(..) => {}
        }
    }
}
