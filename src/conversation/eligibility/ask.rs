//! Which question to ask next: the one that can still change a result.

use chrono::{Datelike, Days, NaiveDate};

use crate::{
    conversation::{
        eligibility::{Known, rank},
        told::Told,
    },
    library::{
        Library,
        fact::{Fact, Kind, Value},
        reckon::{Function, later},
        scheme::{Compare, Condition, Need, Scheme},
    },
    message::Verdict,
    text::when::Span,
};

/// How many combinations of the other facts of a condition are looked at.
const COMBINATIONS: usize = 16_384;

impl Known<'_> {
    /// The fact to ask for next: one that can still change the result of the most schemes, the
    /// first in the order of their conditions.
    pub fn next_question(&self, schemes: &[&Scheme]) -> Option<String> {
        let mut best: Option<(usize, String)> = None;
        let mut seen = Vec::new();
        for fact in schemes.iter().flat_map(|scheme| self.open_facts(scheme)) {
            if seen.contains(&fact) {
                continue;
            }
            let matters = schemes.iter().filter(|scheme| self.matters(fact, scheme)).count();
            if matters > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((matters, fact.to_owned()));
            }
            seen.push(fact);
        }
        best.map(|(_, fact)| fact)
    }

    /// Facts that nobody told yet, of conditions that are open, in their order.
    fn open_facts<'a>(&'a self, scheme: &'a Scheme) -> Vec<&'a str> {
        let mut facts = Vec::new();
        for need in scheme.in_force(self.day).filter(|need| self.meets(need).is_none()) {
            need.each_fact(&mut |fact| {
                for asked in asked_facts(self.library, fact) {
                    if self.told.get(asked).is_none() && !facts.contains(&asked) {
                        facts.push(asked);
                    }
                }
            });
        }
        facts
    }

    /// Whether the result of a scheme can still depend on a fact: some way of filling in what else
    /// is not known gives one result with one value and another with another.
    fn matters(&self, fact: &str, scheme: &Scheme) -> bool {
        let needs: Vec<&Need> = scheme.in_force(self.day).collect();
        if super::no_rule(scheme, &needs, self.day).is_some() {
            return false;
        }
        let readings: Vec<Option<&String>> = match scheme.readings.is_empty() {
            true => vec![None],
            false => scheme.readings.keys().map(Some).collect(),
        };
        readings.iter().any(|reading| {
            let own = needs.iter().filter(|need| need.reading.is_none() || need.reading.as_ref() == *reading);
            let (with, without): (Vec<&Need>, Vec<&Need>) = own.partition(|need| uses(need, fact, self.library));
            let floor = without.iter().map(|need| rank(self.best(need))).max().unwrap_or_default();
            self.can_differ(fact, &with, floor)
        })
    }

    /// The best that a condition can still come to.
    fn best(&self, need: &Need) -> Verdict {
        let mut best = Verdict::NotEligible;
        let facts = self.unknown_of(&[need]);
        self.each_filling(&facts, &[need], &mut |known| {
            let now = known.severity(need);
            if rank(now) < rank(best) {
                best = now;
            }
            best == Verdict::Eligible
        });
        best
    }

    /// Whether two values of a fact can lead to results that differ above what the other
    /// conditions come to anyway.
    fn can_differ(&self, fact: &str, needs: &[&Need], floor: u8) -> bool {
        let mut others = self.unknown_of(needs);
        others.retain(|other| *other != fact);
        let values = representatives(self.library, fact, needs, self.day);
        let mut differ = false;
        self.each_filling(&others, needs, &mut |known| {
            let mut first = None;
            for value in &values {
                let mut told = known.told.clone();
                told.set(fact, value.clone());
                let with = Known { told: &told, ..*known };
                let result = needs.iter().map(|need| rank(with.severity(need))).max().unwrap_or_default().max(floor);
                differ |= *first.get_or_insert(result) != result;
            }
            differ
        });
        differ
    }

    /// The facts of some conditions that nobody told.
    fn unknown_of<'a>(&'a self, needs: &[&'a Need]) -> Vec<&'a str> {
        let mut facts = Vec::new();
        for need in needs {
            need.each_fact(&mut |fact| {
                for asked in asked_facts(self.library, fact) {
                    if self.told.get(asked).is_none() && !facts.contains(&asked) {
                        facts.push(asked);
                    }
                }
            });
        }
        facts
    }

    /// Fills facts with all their telling values, in every combination, until `enough` says so.
    fn each_filling(&self, facts: &[&str], needs: &[&Need], enough: &mut impl FnMut(&Known<'_>) -> bool) {
        let values: Vec<Vec<Value>> =
            facts.iter().map(|fact| representatives(self.library, fact, needs, self.day)).collect();
        let combinations = values.iter().map(Vec::len).product::<usize>().min(COMBINATIONS);
        for mut number in 0..combinations {
            let mut told = self.told.clone();
            for (fact, values) in facts.iter().zip(&values) {
                told.set(fact, values[number % values.len()].clone());
                number /= values.len();
            }
            if enough(&Known { told: &told, ..*self }) {
                return;
            }
        }
    }
}

/// The facts that are asked to know a fact: itself, or what it is worked out from.
fn asked_facts<'a>(library: &'a Library, fact: &'a str) -> Vec<&'a str> {
    match library.facts.get(fact) {
        Some(derived) if derived.function.is_some() => derived.from.iter().map(String::as_str).collect(),
        _ => vec![fact],
    }
}

fn uses(need: &Need, fact: &str, library: &Library) -> bool {
    let mut uses = false;
    need.each_fact(&mut |other| uses |= asked_facts(library, other).contains(&fact));
    uses
}

/// Values of a fact that stand for all: every option, and one step to either side of every
/// threshold that the conditions know.
pub fn representatives(library: &Library, fact: &str, needs: &[&Need], day: NaiveDate) -> Vec<Value> {
    let Some(known) = library.facts.get(fact) else { return vec![Value::Unsure] };
    let mut values = match known.kind {
        Kind::Choice | Kind::YesNo => known.options.iter().map(|option| Value::Option(option.id.clone())).collect(),
        _ => vec![],
    };
    for need in needs {
        let conditions = need.only_if.iter().chain([&need.when]);
        conditions.for_each(|condition| thresholds(library, known, condition, day, &mut values));
    }
    if values.is_empty() {
        values.push(Value::Unsure);
    }
    values
}

/// Adds the values around each threshold of a fact.
fn thresholds(library: &Library, fact: &Fact, condition: &Condition, day: NaiveDate, values: &mut Vec<Value>) {
    let (id, compare) = match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            return parts.iter().for_each(|part| thresholds(library, fact, part, day, values));
        }
        Condition::Not(part) => return thresholds(library, fact, part, day, values),
        Condition::Test(id, compare) => (id, compare),
    };
    let Some(tested) = library.facts.get(id) else { return };
    let told = Told::default();
    let limit = match compare {
        Compare::AtLeast(limit) | Compare::AtMost(limit) | Compare::MoreThan(limit) | Compare::LessThan(limit) => {
            Known { library, told: &told, day }.limit(id, limit)
        }
        _ => None,
    };
    let around = |day: NaiveDate| {
        [day.pred_opt(), Some(day), day.succ_opt()].into_iter().flatten().map(Span::day).map(Value::Days)
    };
    let mut add = |more: &mut dyn Iterator<Item = Value>| {
        for value in more {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    };
    match (compare, limit, tested.function) {
        (_, Some(limit), None) if tested.id == fact.id => {
            add(&mut [limit - 1, limit, limit + 1].map(Value::Number).into_iter())
        }
        (_, Some(limit), Some(Function::Age)) if tested.from.contains(&fact.id) => {
            for age in [limit, limit + 1] {
                add(&mut around(birthday(day, age)));
            }
        }
        (_, Some(limit), Some(Function::MonthsSince)) if tested.from.contains(&fact.id) => {
            for months in [limit, limit + 1] {
                add(&mut around(later(day, -months)));
            }
        }
        (Compare::OnOrAfter(edge) | Compare::Before(edge), ..) if tested.id == fact.id => add(&mut around(*edge)),
        (Compare::Within(months), ..) if tested.id == fact.id => {
            add(&mut around(day));
            add(&mut around(later(day, -months)));
        }
        _ => {}
    }
}

/// The latest birthday of whoever is so old on a day.
fn birthday(day: NaiveDate, age: i64) -> NaiveDate {
    let year = day.year() - i32::try_from(age).unwrap_or_default();
    // On a 28 February nobody born on the 29th is a year older yet.
    NaiveDate::from_ymd_opt(year, day.month(), day.day())
        .or_else(|| day.checked_sub_days(Days::new(365 * age.unsigned_abs())))
        .unwrap_or(day)
}
