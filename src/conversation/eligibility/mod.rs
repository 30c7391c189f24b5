//! Weighs schemes against what a person told: three-valued, for a day, with a proof. Eligibility is
//! computed here and never phrased by search.

pub mod ask;
pub mod given;
mod proof;

use chrono::NaiveDate;

use crate::{
    conversation::told::Told,
    library::{
        Library,
        fact::{Conflict, Kind, Value},
        reckon::{Given, later},
        scheme::{By, Compare, Condition, Limit, Need, Scheme},
        source::Status,
    },
    message::{self, Outcome, Verdict},
    text::when::Span,
};

/// What is known of a person on a day.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The rules and the figures.
    pub library: &'a Library,
    /// What the person told.
    pub told: &'a Told,
    /// The day that is weighed for.
    pub day: NaiveDate,
}

/// Whether something holds; nothing while it is not known.
pub type Truth = Option<bool>;

impl<'a> Known<'a> {
    /// Whether a condition holds.
    pub fn holds(&self, condition: &Condition) -> Truth {
        match condition {
            Condition::All(parts) => all(parts.iter().map(|part| self.holds(part))),
            Condition::Any(parts) => {
                all(parts.iter().map(|part| self.holds(part).map(|holds| !holds))).map(|none| !none)
            }
            Condition::Not(part) => self.holds(part).map(|holds| !holds),
            Condition::Test(fact, compare) => self.test(fact, compare),
        }
    }

    /// Whether a condition of a scheme holds: nothing is demanded of whom it does not concern.
    pub fn meets(&self, need: &Need) -> Truth {
        let holds = self.holds(&need.when);
        match need.only_if.as_ref().map(|only_if| self.holds(only_if)) {
            None | Some(Some(true)) => holds,
            Some(Some(false)) => Some(true),
            Some(None) => holds.filter(|holds| *holds),
        }
    }

    /// Whether a condition concerns the person, as far as that is known.
    pub fn concerns(&self, need: &Need) -> bool {
        need.only_if.as_ref().is_none_or(|only_if| self.holds(only_if) != Some(false))
    }

    fn test(&self, fact: &str, compare: &Compare) -> Truth {
        match compare {
            Compare::OneOf(options) => match self.told.get(fact)? {
                Value::Option(option) => Some(options.contains(option)),
                _ => None,
            },
            Compare::OnOrAfter(from) => within(self.days(fact)?, Some(*from), None),
            Compare::Before(end) => within(self.days(fact)?, None, end.pred_opt()),
            Compare::Within(months) => self.is_within(self.days(fact)?, *months),
            Compare::AtLeast(limit) => self.at_least(fact, limit, 0),
            Compare::MoreThan(limit) => self.at_least(fact, limit, 1),
            Compare::LessThan(limit) => self.at_least(fact, limit, 0).map(|holds| !holds),
            Compare::AtMost(limit) => self.at_least(fact, limit, 1).map(|holds| !holds),
        }
    }

    /// Whether a number is at least a limit and `more`.
    fn at_least(&self, fact: &str, limit: &Limit, more: i64) -> Truth {
        let limit = self.limit(fact, limit)? + more;
        match self.number(fact)? {
            (least, _) if least >= limit => Some(true),
            (_, most) if most < limit => Some(false),
            _ => None,
        }
    }

    /// Whether the day that is weighed is at most so many months after a date, and not before it.
    fn is_within(&self, date: Span, months: i64) -> Truth {
        let one = |date: NaiveDate| date <= self.day && self.day <= later(date, months);
        let covers = date.from <= self.day && self.day <= date.to;
        match (one(date.from), one(date.to)) {
            (false, false) if covers => None,
            (from, to) if from == to => Some(from),
            _ => None,
        }
    }

    /// A limit in the unit of its fact: money is counted in 分.
    pub fn limit(&self, fact: &str, limit: &Limit) -> Option<i64> {
        let money = self.library.facts.get(fact).is_some_and(|fact| fact.kind == Kind::Money);
        let unit = if money { 100.0 } else { 1.0 };
        let number = match limit {
            Limit::Number(number) => *number as f64,
            Limit::Amount(name) => self.library.amounts.told(name, self.day)?.number,
        };
        Some((number * unit).round() as i64)
    }

    /// A number, told or worked out, as a range.
    pub fn number(&self, fact: &str) -> Option<(i64, i64)> {
        let known = self.library.facts.get(fact)?;
        match known.function {
            Some(function) => function.derive(&self.given(&known.from)?, self.day),
            None => match self.told.get(fact)? {
                Value::Number(number) => Some((*number, *number)),
                _ => None,
            },
        }
    }

    fn days(&self, fact: &str) -> Option<Span> {
        match self.told.get(fact)? {
            Value::Days(span) => Some(*span),
            _ => None,
        }
    }

    /// What a function is given; nothing while one of the facts is not known.
    fn given(&self, facts: &[String]) -> Option<Vec<Given>> {
        let one = |fact: &String| match self.told.get(fact)? {
            Value::Days(span) => Some(Given::Days(*span)),
            Value::Number(number) => Some(Given::Number(*number)),
            _ => None,
        };
        facts.iter().map(one).collect()
    }

    /// Something that cannot be true of anyone, in what was told.
    pub fn conflict(&self) -> Option<&'a Conflict> {
        self.library.facts.conflicts.iter().find(|conflict| self.holds(&conflict.when) == Some(true))
    }

    /// Weighs one scheme.
    pub fn weigh(&self, scheme: &Scheme) -> Outcome {
        let needs: Vec<&Need> = scheme.in_force(self.day).collect();
        let (verdict, because) = self.verdict(scheme, &needs);
        let awards = match verdict {
            Verdict::Eligible | Verdict::Likely => self.awards(scheme),
            Verdict::NotEligible | Verdict::Unknown => vec![],
        };
        Outcome {
            scheme: scheme.id.clone(),
            title: scheme.title.clone(),
            item: None,
            day: self.day.to_string(),
            verdict,
            because,
            needs: needs.iter().filter(|need| self.concerns(need)).map(|need| self.proof(need, scheme)).collect(),
            awards,
            would_change: self.would_change(&needs, verdict),
        }
    }

    /// The result, and why where the conditions alone do not tell.
    fn verdict(&self, scheme: &Scheme, needs: &[&Need]) -> (Verdict, Option<String>) {
        if let Some(because) = no_rule(scheme, needs, self.day) {
            return (Verdict::Unknown, Some(because));
        }
        if scheme.readings.is_empty() {
            return (worst(needs.iter().map(|need| self.severity(need))), None);
        }
        let each = scheme.readings.keys().map(|reading| {
            let own = needs.iter().filter(|need| need.reading.as_ref().is_none_or(|other| other == reading));
            (reading, worst(own.map(|need| self.severity(need))))
        });
        let each: Vec<_> = each.collect();
        let verdicts = || each.iter().map(|(_, verdict)| *verdict);
        if verdicts().all(|verdict| verdict == each[0].1) {
            (each[0].1, None)
        } else if verdicts().all(|verdict| matches!(verdict, Verdict::Eligible | Verdict::Likely)) {
            (Verdict::Likely, None)
        } else {
            let says =
                each.iter().map(|(reading, verdict)| format!("{}：{}", scheme.readings[*reading], in_words(*verdict)));
            let says: Vec<String> = says.collect();
            (Verdict::Unknown, Some(format!("两种口径不一样，由办理窗口核定。{}。", says.join("；"))))
        }
    }

    /// What one condition makes of the result.
    pub fn severity(&self, need: &Need) -> Verdict {
        let confirmed = need.status == Status::Confirmed || !self.concerns(need);
        match self.meets(need) {
            Some(true) if confirmed => Verdict::Eligible,
            Some(true) | None => Verdict::Likely,
            Some(false) if confirmed => Verdict::NotEligible,
            Some(false) => Verdict::Unknown,
        }
    }

    fn awards(&self, scheme: &Scheme) -> Vec<message::Given> {
        let given = |award: &crate::library::scheme::Award| {
            let (value, unit, working) = match &award.by {
                By::Function(function, facts) => {
                    let worked = function.award(&self.given(facts)?, self.day)?;
                    (worked.value, award.unit.clone(), worked.working)
                }
                By::Amount(name) => {
                    let told = self.library.amounts.told(name, self.day)?;
                    let since = if told.overdue { "，之后是否调整请问12333" } else { "" };
                    let working = if told.working.is_empty() { String::new() } else { format!("{}，", told.working) };
                    (told.bare_figure(), told.unit.clone(), format!("{working}自{}起的标准{since}", told.since))
                }
            };
            Some(message::Given { name: award.id.clone(), label: award.label.clone(), value, unit, working })
        };
        scheme.awards.iter().filter_map(given).collect()
    }
}

/// A scheme's rule is known on a day only if every one of its conditions is.
fn no_rule(scheme: &Scheme, in_force: &[&Need], day: NaiveDate) -> Option<String> {
    let gone = scheme.needs.iter().filter(|need| !in_force.iter().any(|other| other.id == need.id));
    let ended = gone.clone().filter_map(|need| need.until).filter(|until| *until < day).max();
    let missing = gone.count() > 0;
    match ended {
        Some(until) => Some(format!("这项规定执行到{until}，之后有没有延续，我们没有查到。")),
        None if missing => Some(format!("{day}那天有什么规定，我们没有查到。")),
        None => None,
    }
}

/// The result is as bad as its worst condition.
fn worst(severities: impl Iterator<Item = Verdict>) -> Verdict {
    severities.max_by_key(|severity| rank(*severity)).unwrap_or(Verdict::Unknown)
}

/// How much a verdict outweighs another.
pub fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Eligible => 0,
        Verdict::Likely => 1,
        Verdict::Unknown => 2,
        Verdict::NotEligible => 3,
    }
}

/// A verdict in words.
pub fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Eligible => "符合条件",
        Verdict::Likely => "可能符合条件",
        Verdict::NotEligible => "不符合条件",
        Verdict::Unknown => "还不能确定",
    }
}

/// True when all are; false when one is not; otherwise not known.
fn all(parts: impl Iterator<Item = Truth>) -> Truth {
    let mut known = true;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

/// Whether a date lies between two days, both included.
fn within(date: Span, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Truth {
    let one = |date: NaiveDate| from.is_none_or(|from| from <= date) && to.is_none_or(|to| date <= to);
    let (first, last) = (one(date.from), one(date.to));
    (first == last).then_some(first)
}
