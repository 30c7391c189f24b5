//! Puts a proof into words: the person's own value, what the rule demands, the paper that shows
//! what is not known, and the smallest change that would alter the result.

use crate::{
    conversation::eligibility::Known,
    library::{
        fact::{Fact, Value},
        reckon::later,
        scheme::{Compare, Condition, Limit, Need, Scheme},
        source::Status,
    },
    message::{Change, Verdict, Weighed},
    text::when::Span,
};

impl Known<'_> {
    /// One condition with its proof.
    pub(super) fn proof(&self, need: &Need, scheme: &Scheme) -> Weighed {
        let facts = facts_of(need);
        let holds = self.meets(need);
        let unknown = facts.iter().filter(|fact| !self.is_known(fact));
        let paper = unknown.filter_map(|fact| self.asked_for(fact)).find(|fact| !fact.unsure.is_empty());
        Weighed {
            id: need.id.clone(),
            says: need.says.clone(),
            holds,
            value: self.value_of(&facts),
            threshold: self.threshold(&need.when, facts.len() > 1),
            source: need.source.clone(),
            as_of: scheme.as_of.to_string(),
            reading: need.reading.as_ref().and_then(|reading| scheme.readings.get(reading)).cloned(),
            unconfirmed: need.status == Status::Unconfirmed,
            paper: paper.filter(|_| holds.is_none()).map(|fact| fact.unsure.clone()),
        }
    }

    fn is_known(&self, fact: &str) -> bool {
        match self.library.facts.get(fact).map(|fact| (fact.function.is_some(), fact)) {
            Some((true, _)) => self.number(fact).is_some(),
            _ => self.told.get(fact).is_some_and(Value::is_known),
        }
    }

    /// The fact that is asked for to know this one.
    fn asked_for(&self, fact: &str) -> Option<&Fact> {
        let fact = self.library.facts.get(fact)?;
        match fact.from.first() {
            Some(from) => self.library.facts.get(from),
            None => Some(fact),
        }
    }

    /// What the person told, with names where there are several facts.
    fn value_of(&self, facts: &[&str]) -> String {
        let known: Vec<_> =
            facts.iter().filter_map(|fact| Some((self.library.facts.get(fact)?, self.words_of(fact)?))).collect();
        match known.as_slice() {
            [] => "还不知道".into(),
            [(_, value)] if facts.len() == 1 => value.clone(),
            several => {
                let named: Vec<_> = several.iter().map(|(fact, value)| format!("{}：{value}", fact.name)).collect();
                named.join("；")
            }
        }
    }

    /// A fact's value in words, told or worked out.
    fn words_of(&self, id: &str) -> Option<String> {
        let fact = self.library.facts.get(id)?;
        match fact.function {
            Some(_) => {
                let (least, most) = self.number(id)?;
                let (low, high) = (fact.in_words(least), fact.in_words(most));
                Some(if least == most { low } else { format!("{low}到{high}") })
            }
            None => Some(fact.value_words(self.told.get(id)?)),
        }
    }

    /// What a condition demands.
    fn threshold(&self, condition: &Condition, named: bool) -> String {
        let join = |parts: &[Condition], word: &str| {
            let parts: Vec<_> = parts.iter().map(|part| self.threshold(part, named)).collect();
            parts.join(word)
        };
        match condition {
            Condition::All(parts) => join(parts, "，并且"),
            Condition::Any(parts) => join(parts, "，或者"),
            Condition::Not(part) => format!("不是（{}）", self.threshold(part, named)),
            Condition::Test(id, compare) => {
                let Some(fact) = self.library.facts.get(id) else { return String::new() };
                let demand = self.demand(fact, compare);
                if named { format!("{}：{demand}", fact.name) } else { demand }
            }
        }
    }

    fn demand(&self, fact: &Fact, compare: &Compare) -> String {
        let limit = |limit: &Limit| {
            self.limit(&fact.id, limit).map_or_else(|| "未确认的数额".to_owned(), |number| fact.in_words(number))
        };
        match compare {
            Compare::OneOf(options) => labels(fact, options),
            Compare::AtLeast(at) => limit(at),
            Compare::AtMost(at) => format!("不超过{}", limit(at)),
            Compare::MoreThan(at) => format!("超过{}", limit(at)),
            Compare::LessThan(at) => format!("不到{}", limit(at)),
            Compare::OnOrAfter(day) => format!("{}以后", Span::day(*day).words()),
            Compare::Before(day) => format!("{}以前", Span::day(*day).words()),
            Compare::Within(months) => format!("{}以内", months_words(*months)),
        }
    }

    /// The smallest change of each condition that would alter the result; none where one of them
    /// is not in anyone's power.
    pub(super) fn would_change(&self, needs: &[&Need], verdict: Verdict) -> Vec<Change> {
        let change =
            |need: &Need, changes: Vec<String>| Change { need: need.id.clone(), change: changes.join("，并且") };
        match verdict {
            Verdict::NotEligible => {
                let failing = needs.iter().filter(|need| self.meets(need) == Some(false));
                let changes: Option<Vec<_>> =
                    failing.map(|need| Some(change(need, self.change(&need.when)?))).collect();
                changes.unwrap_or_default()
            }
            Verdict::Eligible | Verdict::Likely => {
                let last = |need: &&&Need| self.concerns(need) && self.meets(need) == Some(true);
                let limits =
                    needs.iter().filter(last).filter_map(|need| Some(change(need, vec![self.last_day(&need.when)?])));
                limits.collect()
            }
            Verdict::Unknown => vec![],
        }
    }

    /// The fewest changes that would make a condition hold.
    fn change(&self, condition: &Condition) -> Option<Vec<String>> {
        if self.holds(condition) == Some(true) {
            return Some(vec![]);
        }
        match condition {
            Condition::All(parts) => {
                let changes: Option<Vec<_>> = parts.iter().map(|part| self.change(part)).collect();
                changes.map(|changes| changes.concat())
            }
            Condition::Any(parts) => parts.iter().filter_map(|part| self.change(part)).min_by_key(Vec::len),
            Condition::Not(part) => match &**part {
                Condition::Test(id, Compare::OneOf(options)) => {
                    let fact = self.library.facts.get(id).filter(|fact| !fact.fixed)?;
                    Some(vec![format!("如果“{}”不是“{}”", fact.name, labels(fact, options))])
                }
                _ => None,
            },
            Condition::Test(id, compare) => self.change_of(id, compare).map(|change| vec![change]),
        }
    }

    fn change_of(&self, id: &str, compare: &Compare) -> Option<String> {
        let fact = self.library.facts.get(id).filter(|fact| !fact.fixed)?;
        match compare {
            Compare::OneOf(options) => Some(format!("如果“{}”是“{}”", fact.name, labels(fact, options))),
            Compare::AtLeast(limit) | Compare::MoreThan(limit) => {
                let more = i64::from(matches!(compare, Compare::MoreThan(_)));
                let goal = self.limit(id, limit)? + more;
                let short = self.number(id).map(|(_, most)| fact.in_words(goal - most));
                match short.filter(|_| !fact.grow.is_empty()) {
                    Some(short) => Some(format!("{}，就满{}", fact.grow.replace("{}", &short), fact.in_words(goal))),
                    None => Some(format!("等{}满{}", fact.name, fact.in_words(goal))),
                }
            }
            Compare::Within(_) => {
                let ahead = self.days(id).filter(|span| span.from > self.day)?;
                Some(format!("等到{}以后", ahead.words()))
            }
            _ => None,
        }
    }

    /// Until when a condition with a limit of time goes on to hold.
    fn last_day(&self, condition: &Condition) -> Option<String> {
        match condition {
            Condition::All(parts) => parts.iter().find_map(|part| self.last_day(part)),
            Condition::Test(id, Compare::Within(months)) => {
                let last = later(self.days(id)?.from, *months);
                Some(format!("最晚到{}，过了就不符合", Span::day(last).words()))
            }
            _ => None,
        }
    }
}

/// The facts of a condition, each once.
fn facts_of(need: &Need) -> Vec<&str> {
    let mut facts = Vec::new();
    need.when.each_fact(&mut |fact| {
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    });
    facts
}

fn labels(fact: &Fact, options: &[String]) -> String {
    let labels = options.iter().filter_map(|option| Some(fact.option(option)?.label.as_str()));
    labels.collect::<Vec<_>>().join("、")
}

fn months_words(months: i64) -> String {
    if months % 12 == 0 { format!("{}年", months / 12) } else { format!("{months}个月") }
}
