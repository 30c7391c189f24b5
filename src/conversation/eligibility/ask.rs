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

/// How many steps the search for a difference takes at most.
const STEPS: usize = 20_000;

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
        let group = |reading: &Option<&String>| {
            let own = needs.iter().filter(|need| need.reading.is_none() || need.reading.as_ref() == *reading);
            let (with, without): (Vec<&Need>, Vec<&Need>) = own.partition(|need| uses(need, fact, self.library));
            let floor = without.iter().map(|need| rank(self.best(need))).max().unwrap_or_default();
            Group { needs: with, floor }
        };
        let groups: Vec<Group<'_>> = readings.iter().map(group).collect();
        let mut search = Search::new(self, &groups, Some(fact));
        search.fill(&mut self.told.clone(), 0) || search.left == 0
    }

    /// The best that a condition can still come to.
    fn best(&self, need: &Need) -> Verdict {
        let groups = [Group { needs: vec![need], floor: 0 }];
        let mut search = Search::new(self, &groups, None);
        search.fill(&mut self.told.clone(), 0);
        let best = search.best.unwrap_or(rank(Verdict::Likely));
        [Verdict::Eligible, Verdict::Likely, Verdict::Unknown]
            .into_iter()
            .find(|verdict| rank(*verdict) == best)
            .unwrap_or(Verdict::NotEligible)
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
}

/// The conditions of one reading that a fact has a say in, and what the others come to at best.
struct Group<'a> {
    needs: Vec<&'a Need>,
    floor: u8,
}

/// Fills in what nobody told, one fact after the other, as far as it makes a difference.
struct Search<'a> {
    known: &'a Known<'a>,
    groups: &'a [Group<'a>],
    /// The facts that are filled in, each with the values that stand for all.
    facts: Vec<(&'a str, Vec<Value>)>,
    /// The fact whose values are compared.
    compared: Option<(&'a str, Vec<Value>)>,
    /// The best result that was seen.
    best: Option<u8>,
    /// Steps that are left; who runs out of them asks rather than not.
    left: usize,
}

impl<'a> Search<'a> {
    fn new(known: &'a Known<'a>, groups: &'a [Group<'a>], compared: Option<&'a str>) -> Self {
        let needs: Vec<&Need> = groups.iter().flat_map(|group| group.needs.iter().copied()).collect();
        let values = |fact: &'a str| (fact, representatives(known.library, fact, &needs, known.day));
        let others = known.unknown_of(&needs).into_iter().filter(|fact| compared != Some(*fact));
        let facts = others.map(values).collect();
        Self { known, groups, facts, compared: compared.map(values), best: None, left: STEPS }
    }

    /// Whether a difference was found; a way on which nothing is open any more goes no further.
    fn fill(&mut self, told: &mut Told, at: usize) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        match self.results(told) {
            Results::Differ => return true,
            Results::Same => return false,
            Results::Open => {}
        }
        let (fact, values) = self.facts[at].clone();
        for value in values {
            told.set(fact, value);
            if self.fill(told, at + 1) {
                told.forget(fact);
                return true;
            }
        }
        told.forget(fact);
        false
    }

    /// What the conditions come to now, for every value that is compared.
    fn results(&mut self, told: &mut Told) -> Results {
        let Some((fact, values)) = self.compared.clone() else {
            let Some(result) = self.result(told) else { return Results::Open };
            self.best = Some(self.best.map_or(result, |best| best.min(result)));
            return if result == 0 { Results::Differ } else { Results::Same };
        };
        let (mut first, mut open) = (None, false);
        for value in values {
            told.set(fact, value);
            let result = self.result(told);
            told.forget(fact);
            match result {
                Some(result) if *first.get_or_insert(result) != result => return Results::Differ,
                Some(_) => {}
                None => open = true,
            }
        }
        if open { Results::Open } else { Results::Same }
    }

    /// What the readings come to together; nothing while that is open.
    fn result(&self, told: &Told) -> Option<u8> {
        let known = Known { told, ..*self.known };
        let each = self.groups.iter().map(|group| group.worst(&known)).collect::<Option<Vec<u8>>>()?;
        let (best, worst) = (each.iter().min()?, each.iter().max()?);
        let unknown = rank(Verdict::Unknown);
        Some(match best == worst {
            true => *worst,
            false if *worst >= unknown => unknown,
            false => rank(Verdict::Likely),
        })
    }
}

impl Group<'_> {
    /// What the worst of the conditions makes of the result; nothing while that is open.
    fn worst(&self, known: &Known<'_>) -> Option<u8> {
        let open = |need: &&Need| known.meets(need).is_none() && !known.unknown_of(&[need]).is_empty();
        let worst = self.needs.iter().map(|need| rank(known.severity(need))).fold(self.floor, u8::max);
        // Nothing is worse than a condition that fails for sure.
        (worst == rank(Verdict::NotEligible) || !self.needs.iter().any(open)).then_some(worst)
    }
}

/// What a comparison shows.
enum Results {
    Differ,
    Same,
    Open,
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
