//! Eligibility: scenarios that an official could sign, every threshold and date edge, rules that
//! are changed on purpose, and no needless question. Generated from the shipped schemes.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
};

use chrono::{Days, Months, NaiveDate};
use luzhu::{
    conversation::{
        eligibility::{Known, ask::representatives, given, rank},
        told::Told,
    },
    library::{
        Library,
        fact::{Kind, Value},
        reckon::Function,
        scheme::{Compare, Condition, Limit, Need, Scheme},
    },
    message::{Outcome, Verdict},
    text::when::Span,
};

use crate::house::{Dice, day, library, load, repo};

/// One file of `../scenarios`.
struct Scenario {
    name: String,
    scheme: String,
    day: NaiveDate,
    facts: String,
    expect: toml::Table,
}

fn scenarios() -> Vec<Scenario> {
    let mut files: Vec<_> =
        fs::read_dir(repo("tests/scenarios")).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let table: toml::Table = fs::read_to_string(file).expect("text").parse().expect("TOML");
        Scenario {
            name: file.file_stem().expect("a name").to_string_lossy().into_owned(),
            scheme: table["scheme"].as_str().expect("a scheme").into(),
            day: table["day"].to_string().parse().expect("a day"),
            facts: toml::to_string(&table["facts"]).expect("a table"),
            expect: table["expect"].as_table().expect("what is expected").clone(),
        }
    };
    files.iter().map(read).collect()
}

/// What a scenario gets wrong with a library, if anything.
fn wrong(library: &Library, scenario: &Scenario) -> Vec<String> {
    let told = match given::read(library, &scenario.facts, scenario.day) {
        Ok(told) => told,
        Err(problems) => return problems,
    };
    let Some(scheme) = library.scheme(&scenario.scheme) else { return vec!["no such scheme".into()] };
    let outcome = Known { library, told: &told, day: scenario.day }.weigh(scheme);
    let mut wrong = Vec::new();
    let mut compare = |what: &str, expected: String, got: String| {
        if expected != got {
            wrong.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let expect = &scenario.expect;
    compare("verdict", expect["verdict"].as_str().expect("a verdict").into(), outcome.verdict.name().into());
    for (key, holds) in [("fails", Some(false)), ("open", None)] {
        let Some(list) = expect.get(key) else { continue };
        let expected: Vec<&str> = list.as_array().expect("a list").iter().filter_map(|id| id.as_str()).collect();
        // `group@city` names the condition of one reading.
        let by_reading = expected.iter().any(|id| id.contains('@'));
        let named = |need: &luzhu::message::Weighed| {
            let reading = scheme.readings.iter().find(|(_, words)| Some(*words) == need.reading.as_ref());
            let reading = reading.filter(|_| by_reading).map(|(key, _)| format!("@{key}"));
            format!("{}{}", need.id, reading.unwrap_or_default())
        };
        let got: Vec<String> = outcome.needs.iter().filter(|need| need.holds == holds).map(named).collect();
        let expected = expected.into_iter().map(str::to_owned).collect();
        let sorted = |mut ids: Vec<String>| {
            ids.sort_unstable();
            ids.dedup();
            format!("{ids:?}")
        };
        compare(key, sorted(expected), sorted(got));
    }
    for (name, value) in expect.get("awards").and_then(|awards| awards.as_table()).into_iter().flatten() {
        let got = outcome.awards.iter().find(|award| award.name == *name).map(|award| award.value.clone());
        let (value, got) = (value.as_str().expect("text"), got.unwrap_or_default());
        // Of a figure all must agree, of words a part.
        let agrees = got == value || value.parse::<f64>().is_err() && got.contains(value);
        compare(name, if agrees { got.clone() } else { value.into() }, got);
    }
    for (need, part) in expect.get("change").and_then(|changes| changes.as_table()).into_iter().flatten() {
        let got: String = outcome
            .would_change
            .iter()
            .filter(|change| change.need == *need)
            .map(|change| change.change.clone())
            .collect();
        let part = part.as_str().expect("text");
        if !got.contains(part) {
            compare(need, part.into(), got);
        }
    }
    wrong
}

#[test]
fn scenarios_come_out_as_signed() {
    let library = library();
    let scenarios = scenarios();
    assert!(scenarios.len() >= 120, "only {}", scenarios.len());
    let failed: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| {
            let wrong = wrong(&library, scenario);
            (!wrong.is_empty()).then(|| format!("{}: {}", scenario.name, wrong.join("; ")))
        })
        .collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), scenarios.len(), failed.join("\n"));
}

/// Every comparison of a scheme, with its way through the conditions.
fn leaves(scheme: &Scheme) -> Vec<(usize, bool, Vec<usize>)> {
    fn below(condition: &Condition, way: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    way.push(i);
                    below(part, way, found);
                    way.pop();
                }
            }
            Condition::Not(part) => {
                way.push(0);
                below(part, way, found);
                way.pop();
            }
            Condition::Test(..) => found.push(way.clone()),
        }
    }
    let mut leaves = Vec::new();
    for (at, need) in scheme.needs.iter().enumerate() {
        for (guard, condition) in [(true, need.only_if.as_ref()), (false, Some(&need.when))] {
            let mut found = Vec::new();
            condition.into_iter().for_each(|condition| below(condition, &mut vec![], &mut found));
            leaves.extend(found.into_iter().map(|way| (at, guard, way)));
        }
    }
    leaves
}

fn leaf<'a>(scheme: &'a mut Scheme, (at, guard, way): &(usize, bool, Vec<usize>)) -> &'a mut Condition {
    let need = &mut scheme.needs[*at];
    let mut condition = if *guard { need.only_if.as_mut().expect("a guard") } else { &mut need.when };
    for step in way {
        condition = match condition {
            Condition::All(parts) | Condition::Any(parts) => &mut parts[*step],
            Condition::Not(part) => part,
            Condition::Test(..) => unreachable!("a way leads through lists"),
        };
    }
    condition
}

/// A comparison flipped, and its threshold moved.
fn mutants(compare: &Compare) -> Vec<Compare> {
    let moved = |limit: &Limit, make: fn(Limit) -> Compare| match limit {
        Limit::Number(number) => vec![make(Limit::Number(number - 1)), make(Limit::Number(number + 1))],
        Limit::Amount(_) => vec![],
    };
    match compare {
        Compare::AtLeast(limit) => [vec![Compare::LessThan(limit.clone())], moved(limit, Compare::AtLeast)].concat(),
        Compare::AtMost(limit) => [vec![Compare::MoreThan(limit.clone())], moved(limit, Compare::AtMost)].concat(),
        Compare::MoreThan(limit) => [vec![Compare::AtMost(limit.clone())], moved(limit, Compare::MoreThan)].concat(),
        Compare::LessThan(limit) => [vec![Compare::AtLeast(limit.clone())], moved(limit, Compare::LessThan)].concat(),
        Compare::OnOrAfter(day) => {
            vec![
                Compare::Before(*day),
                Compare::OnOrAfter(*day + Days::new(1)),
                Compare::OnOrAfter(*day - Days::new(1)),
            ]
        }
        Compare::Before(day) => {
            vec![Compare::OnOrAfter(*day), Compare::Before(*day + Days::new(1)), Compare::Before(*day - Days::new(1))]
        }
        Compare::Within(months) => vec![Compare::Within(months - 1), Compare::Within(months + 1)],
        // Each option left out.
        Compare::OneOf(options) => (0..options.len())
            .map(|out| {
                Compare::OneOf(
                    options.iter().enumerate().filter(|(i, _)| *i != out).map(|(_, id)| id.clone()).collect(),
                )
            })
            .collect(),
    }
}

#[test]
fn every_change_of_a_rule_is_noticed_by_a_scenario() {
    let mut library = load();
    let scenarios = scenarios();
    let mut survived = Vec::new();
    let mut count = 0;
    for place in 0..library.schemes.len() {
        let original = library.schemes[place].clone();
        let own: Vec<&Scenario> = scenarios.iter().filter(|scenario| scenario.scheme == original.id).collect();
        for way in leaves(&original) {
            let Condition::Test(fact, compare) = leaf(&mut original.clone(), &way).clone() else { continue };
            for mutant in mutants(&compare) {
                count += 1;
                *leaf(&mut library.schemes[place], &way) = Condition::Test(fact.clone(), mutant.clone());
                if own.iter().all(|scenario| wrong(&library, scenario).is_empty()) {
                    survived
                        .push(format!("{} {}: {fact} {compare:?} → {mutant:?}", original.id, original.needs[way.0].id));
                }
                library.schemes[place] = original.clone();
            }
        }
    }
    assert!(survived.is_empty(), "{} of {count}:\n{}", survived.len(), survived.join("\n"));
}

/// The truth of a comparison, worked out plainly.
fn plainly(library: &Library, fact: &str, compare: &Compare, value: &Value, day: NaiveDate) -> Option<bool> {
    let number = |limit: &Limit| match limit {
        Limit::Number(number) => Some(*number),
        Limit::Amount(_) => None,
    };
    let value = match (value, library.facts.get(fact)?.function.is_some()) {
        (Value::Days(span), true) => {
            // Ages and months since a day: how many anniversaries have passed.
            let each = if library.facts.get(fact)?.kind == Kind::Months { 1 } else { 12 };
            let passed =
                |count: &u32| span.from.checked_add_months(Months::new(count * each)).is_some_and(|then| then <= day);
            // Nobody is a year older on 28 February who was born on the 29th.
            Value::Number((1..2000).take_while(passed).count() as i64)
        }
        (value, _) => value.clone(),
    };
    Some(match (compare, value) {
        (Compare::AtLeast(limit), Value::Number(value)) => value >= number(limit)?,
        (Compare::AtMost(limit), Value::Number(value)) => value <= number(limit)?,
        (Compare::MoreThan(limit), Value::Number(value)) => value > number(limit)?,
        (Compare::LessThan(limit), Value::Number(value)) => value < number(limit)?,
        (Compare::OnOrAfter(from), Value::Days(value)) => value.from >= *from,
        (Compare::Before(end), Value::Days(value)) => value.from < *end,
        (Compare::Within(months), Value::Days(value)) => {
            let last = value.from.checked_add_months(Months::new(u32::try_from(*months).ok()?))?;
            value.from <= day && day <= last
        }
        (Compare::OneOf(options), Value::Option(option)) => options.contains(&option),
        _ => return None,
    })
}

#[test]
fn every_threshold_and_every_date_edge_is_exact() {
    let library = library();
    let (mut thresholds, mut edges) = (0, 0);
    for scheme in &library.schemes {
        for way in leaves(scheme) {
            let Condition::Test(fact, compare) = leaf(&mut scheme.clone(), &way).clone() else { continue };
            let need = &scheme.needs[way.0];
            let asked = library.facts.get(&fact).expect("a fact").from.first().unwrap_or(&fact).clone();
            let mut sides = HashSet::new();
            for value in representatives(&library, &asked, &[need], day()) {
                let told: Told = [(asked.clone(), value.clone())].into_iter().collect();
                let known = Known { library: &library, told: &told, day: day() };
                let holds = known.holds(&Condition::Test(fact.clone(), compare.clone()));
                let plain = plainly(&library, &fact, &compare, &value, day());
                assert_eq!(holds, plain, "{} {}: {fact} {compare:?} with {value:?}", scheme.id, need.id);
                sides.extend(holds);
                thresholds += 1;
            }
            // What two things together give, or a figure of the day, has no values of its own.
            let told_alone = matches!(
                library.facts.get(&fact).expect("a fact").function,
                None | Some(Function::Age | Function::MonthsSince)
            );
            if told_alone {
                assert_eq!(sides.len(), 2, "{} {}: one side of {fact} {compare:?}", scheme.id, need.id);
            }
        }
        // Nobody is asked for a day where a number is meant.
        for fact in asked(&library, scheme) {
            let kind = library.facts.get(&fact).expect("a fact").kind;
            for value in values(&library, scheme, &fact) {
                let fits = match value {
                    Value::Option(_) => matches!(kind, Kind::Choice | Kind::YesNo),
                    Value::Number(_) => matches!(kind, Kind::Months | Kind::Number | Kind::Money),
                    Value::Days(_) => matches!(kind, Kind::Date | Kind::Birth),
                    Value::Words(_) | Value::Unsure | Value::Skipped => true,
                };
                assert!(fits, "{}: {fact} is {value:?}", scheme.id);
            }
        }
        // A rule is known from its first day to its last, and on no other.
        for need in &scheme.needs {
            for (edge, inside) in [(Some(need.from), 0), (need.until, 1)] {
                let Some(edge) = edge else { continue };
                for (day, within) in
                    [(edge - Days::new(1), inside == 1), (edge, true), (edge + Days::new(1), inside == 0)]
                {
                    let in_force = scheme.in_force(day).any(|other| std::ptr::eq(other, need));
                    let ends_same_day = need.until == Some(need.from);
                    assert!(in_force == within || ends_same_day, "{} {} on {day}", scheme.id, need.id);
                    edges += 1;
                }
            }
        }
    }
    assert!(thresholds > 200 && edges > 200, "{thresholds} thresholds, {edges} edges");
}

#[test]
fn a_limit_that_must_be_exceeded_asks_for_one_more() {
    let library = library();
    let mut scheme = library.scheme("unemployment-benefit").expect("a scheme").clone();
    for way in leaves(&scheme) {
        if let Condition::Test(fact, compare @ Compare::AtLeast(_)) = leaf(&mut scheme, &way)
            && fact == "insured_months"
        {
            *compare = Compare::MoreThan(Limit::Number(12));
        }
    }
    let facts = "left_reason = \"laid_off\"\ninsured_months = 12\nregistered = true\nwants_work = true";
    let told = given::read(&library, facts, day()).expect("facts");
    let outcome = Known { library: &library, told: &told, day: day() }.weigh(&scheme);
    assert_eq!(outcome.verdict, Verdict::NotEligible);
    let changes: Vec<&str> = outcome.would_change.iter().map(|change| change.change.as_str()).collect();
    assert_eq!(changes, ["再缴1个月失业保险，就满13个月"]);
}

#[test]
fn a_day_without_a_rule_says_so() {
    let library = library();
    for scheme in &library.schemes {
        let first = scheme.needs.iter().map(|need| need.from).max().expect("a need");
        let told = Told::default();
        let outcome = Known { library: &library, told: &told, day: first - Days::new(1) }.weigh(scheme);
        assert_eq!(outcome.verdict, Verdict::Unknown, "{}", scheme.id);
        assert!(outcome.because.is_some(), "{}", scheme.id);
        if let Some(last) = scheme.needs.iter().filter_map(|need| need.until).min() {
            let outcome = Known { library: &library, told: &told, day: last + Days::new(1) }.weigh(scheme);
            assert!(outcome.because.expect("why").contains(&last.to_string()), "{}", scheme.id);
        }
    }
}

/// Everything that a scheme can ask for.
fn asked(library: &Library, scheme: &Scheme) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    for fact in scheme.facts() {
        let fact = library.facts.get(fact).expect("a fact");
        let from = if fact.from.is_empty() { vec![fact.id.clone()] } else { fact.from.clone() };
        asked.extend(from.into_iter().filter(|id| !asked.contains(id)).collect::<Vec<_>>());
    }
    asked
}

fn values(library: &Library, scheme: &Scheme, fact: &str) -> Vec<Value> {
    let needs: Vec<&Need> = scheme.needs.iter().collect();
    representatives(library, fact, &needs, day())
}

/// Facts for everything that a scheme asks for, thrown at random; some are not sure.
fn thrown(library: &Library, scheme: &Scheme, dice: &mut Dice) -> BTreeMap<String, Value> {
    let throw = |fact: &String| {
        let values = values(library, scheme, fact);
        let value = if dice.below(8) == 0 { Value::Unsure } else { values[dice.below(values.len())].clone() };
        (fact.clone(), value)
    };
    asked(library, scheme).iter().map(throw).collect()
}

fn verdict(library: &Library, scheme: &Scheme, told: &Told) -> Verdict {
    Known { library, told, day: day() }.weigh(scheme).verdict
}

/// Whether some way of filling in the rest gives one result with one value and another with another:
/// by trying everything, or a large random sample where there is too much.
fn could_change(library: &Library, scheme: &Scheme, told: &Told, fact: &str, most: usize, dice: &mut Dice) -> bool {
    let open: Vec<String> =
        asked(library, scheme).into_iter().filter(|id| told.get(id).is_none() && id != fact).collect();
    let choices: Vec<Vec<Value>> = open.iter().map(|id| values(library, scheme, id)).collect();
    let all: usize = choices.iter().map(Vec::len).fold(1, usize::saturating_mul);
    for number in 0..all.min(most) {
        let mut filled = told.clone();
        let mut rest = number;
        for (id, values) in open.iter().zip(&choices) {
            let at = if all <= most { rest % values.len() } else { dice.below(values.len()) };
            rest /= values.len();
            filled.set(id, values[at].clone());
        }
        let mut results = values(library, scheme, fact).into_iter().map(|value| {
            filled.set(fact, value);
            verdict(library, scheme, &filled)
        });
        let first = results.next();
        if results.any(|result| Some(result) != first) {
            return true;
        }
    }
    false
}

#[test]
fn no_needless_question_is_asked_and_few_are() {
    let library = library();
    let mut dice = Dice::new(3);
    let (mut needless, mut shares) = (Vec::new(), Vec::new());
    let today = day();
    for scheme in library.schemes.iter().filter(|scheme| scheme.in_force(today).count() > 0) {
        let facts = asked(&library, scheme).len();
        let mut seen: Vec<(Told, String)> = Vec::new();
        let mut questions = 0;
        const THROWS: usize = 60;
        for _ in 0..THROWS {
            let person = thrown(&library, scheme, &mut dice);
            let mut told = Told::default();
            while let Some(next) = (Known { library: &library, told: &told, day: today }).next_question(&[scheme]) {
                questions += 1;
                // The same question in the same state was looked at before.
                if !seen.contains(&(told.clone(), next.clone())) {
                    if !could_change(&library, scheme, &told, &next, 20_000, &mut dice) {
                        needless.push(format!("{}: {next} after {told:?}", scheme.id));
                    }
                    seen.push((told.clone(), next.clone()));
                }
                told.set(&next, person[&next].clone());
            }
            // Nothing that was left out would have changed the result.
            for left in asked(&library, scheme).into_iter().filter(|fact| told.get(fact).is_none()) {
                let changes = could_change(&library, scheme, &told, &left, 200, &mut dice);
                assert!(!changes, "{}: {left} was not asked after {told:?}", scheme.id);
            }
            let whole: Told =
                person.into_iter().chain(told.iter().map(|(key, value)| (key.to_owned(), value.clone()))).collect();
            let (asked, all) = (verdict(&library, scheme, &told), verdict(&library, scheme, &whole));
            assert!(
                asked == all || rank(asked) == 1,
                "{}: {asked:?} after questions, {all:?} with everything\n{told:?}",
                scheme.id
            );
        }
        shares.push(questions as f64 / THROWS as f64 / facts as f64);
    }
    assert!(needless.is_empty(), "{} needless:\n{}", needless.len(), needless.join("\n"));
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!(mean <= 0.60, "{:.0} % of the facts are asked for on average", mean * 100.0);
}

#[test]
fn order_does_not_matter_and_more_knowledge_turns_nothing_round() {
    let library = library();
    let mut dice = Dice::new(5);
    for round in 0..10_000 {
        let scheme = &library.schemes[round % library.schemes.len()];
        let mut person: Vec<(String, Value)> = thrown(&library, scheme, &mut dice).into_iter().collect();
        let shown = |told: &Told| format!("{:?}", Known { library: &library, told, day: day() }.weigh(scheme));
        let one: Told = person.iter().cloned().collect();
        for i in (1..person.len()).rev() {
            person.swap(i, dice.below(i + 1));
        }
        let other: Told = person.iter().cloned().collect();
        assert_eq!(shown(&one), shown(&other), "{}", scheme.id);
        // With less known, what is decided stays decided.
        let some: Told = person.iter().take(dice.below(person.len() + 1)).cloned().collect();
        let (less, more) = (verdict(&library, scheme, &some), verdict(&library, scheme, &one));
        if matches!(less, Verdict::Eligible | Verdict::NotEligible) {
            assert_eq!(less, more, "{}: {some:?} and then {one:?}", scheme.id);
        }
    }
}

/// A stored outcome can be reproduced from the facts that are stored with it.
#[test]
fn what_was_told_can_be_reproduced_and_a_changed_rule_is_told() {
    use luzhu::{
        conversation::{Conversation, step},
        message::Body,
    };
    let mut library = load();
    let say = |library: &Library, conversation: &Conversation, text: &str, day: NaiveDate| {
        step(library, conversation, &Body::Text(text.into()), day)
    };
    let mut conversation = Conversation::default();
    let facts = "left_reason = \"laid_off\"\ninsured_months = 45\nregistered = true\nwants_work = true";
    conversation.told = given::read(&library, facts, day()).expect("facts");
    conversation.on = Some(day());
    let turn = step(&library, &conversation, &Body::Choice("begin/unemployment-benefit".into()), day());
    let result = turn.conversation.results.first().expect("an outcome is stored").clone();
    let outcome: Outcome = turn.said.iter().flat_map(|message| message.outcomes.clone()).next().expect("an outcome");
    let scheme = library.scheme("unemployment-benefit").expect("a scheme").clone();
    let again = Known { library: &library, told: &result.facts, day: result.on }.weigh(&scheme);
    assert_eq!((again.verdict, &again.awards), (outcome.verdict, &outcome.awards));
    // A new rule, and the person comes back.
    let place = library.schemes.iter().position(|scheme| scheme.id == "unemployment-benefit").expect("a scheme");
    let need = library.schemes[place].needs.iter_mut().find(|need| need.id == "paid-a-year").expect("a need");
    need.when = Condition::Test("insured_months".into(), Compare::AtLeast(Limit::Number(60)));
    let later = day() + Days::new(5);
    let turn = say(&library, &turn.conversation, "你好", later);
    let said = turn.said[0].text();
    assert!(said.contains("规定有变化") && said.contains("不符合条件"), "{said}");
    // It is told once.
    let turn = say(&library, &turn.conversation, "你好", later + Days::new(1));
    assert!(!turn.said[0].text().contains("规定有变化"), "{}", turn.said[0].text());
}

#[test]
fn contradictions_are_named_and_asked_about_never_weighed() {
    use luzhu::{
        conversation::{Conversation, dialog, step},
        message::Body,
    };
    let library = library();
    let today = day();
    let facts = "born = \"2015年\"\ninsured_months = \"12年\"\nleft_reason = \"laid_off\"\nregistered = true\nwants_work = true";
    let told = given::read(&library, facts, today).expect("facts");
    assert!(Known { library: &library, told: &told, day: today }.conflict().is_some());
    // In a procedure: both are named, one is corrected, and it goes on.
    let facts = "born = \"2015年\"\ninsured_months = \"12年\"\nidentity = \"taiwan\"\ntw_document = \"travel\"\nsituation = \"no_work\"\nwants_work = true\nxiamen_link = \"lives\"\norigin = \"left_job\"";
    let told = given::read(&library, facts, today).expect("facts");
    let begun = Conversation { told, on: Some(today), ..Conversation::default() };
    let turn = step(&library, &begun, &Body::Choice("begin/register-as-unemployed".into()), today);
    let last = turn.said.last().expect("a reply");
    assert!(last.lead.contains("对不上"), "{}", last.text());
    assert!(turn.said.iter().all(|message| message.outcomes.is_empty()), "it was weighed");
    assert_eq!(dialog::question_at(&library, &turn.conversation, today).as_deref(), Some("born"));
    let turn = step(&library, &turn.conversation, &Body::Text("1985年3月".into()), today);
    assert!(turn.said.iter().any(|message| !message.outcomes.is_empty()), "{}", turn.said[0].text());
}

/// What is known roughly decides where all of it lies on one side.
#[test]
fn spans_are_weighed_as_far_as_they_decide() {
    let library = library();
    let scheme = library.scheme("arbitration-in-time").expect("a scheme");
    let weigh = |from: &str, to: &str| {
        let span = Span { from: from.parse().expect("a day"), to: to.parse().expect("a day") };
        let told: Told = [("dispute_on".to_owned(), Value::Days(span))].into_iter().collect();
        verdict(&library, scheme, &told)
    };
    assert_eq!(weigh("2026-01-01", "2026-01-31"), Verdict::Eligible);
    assert_eq!(weigh("2025-10-01", "2025-10-31"), Verdict::NotEligible);
    // Some days of it are in time, some are not.
    assert_eq!(weigh("2025-11-01", "2025-11-30"), Verdict::Likely);
}

/// Comparisons with a day that no shipped scheme makes today; one that counts nothing would go unseen.
#[test]
fn days_are_compared_up_to_the_day() {
    let mut library = load();
    let place = library.schemes.iter().position(|scheme| scheme.id == "arbitration-in-time").expect("a scheme");
    let way = leaves(&library.schemes[place]).remove(0);
    let edge: NaiveDate = "2026-03-15".parse().expect("a day");
    let mut weigh = |compare: &Compare, from: i64, to: i64| {
        *leaf(&mut library.schemes[place], &way) = Condition::Test("dispute_on".into(), compare.clone());
        let day = |days: i64| edge + chrono::TimeDelta::days(days);
        let told: Told =
            [("dispute_on".to_owned(), Value::Days(Span { from: day(from), to: day(to) }))].into_iter().collect();
        verdict(&library, &library.schemes[place], &told)
    };
    for (compare, before, on, after) in [
        (Compare::OnOrAfter(edge), Verdict::NotEligible, Verdict::Eligible, Verdict::Eligible),
        (Compare::Before(edge), Verdict::Eligible, Verdict::NotEligible, Verdict::NotEligible),
    ] {
        assert_eq!([weigh(&compare, -1, -1), weigh(&compare, 0, 0), weigh(&compare, 1, 1)], [before, on, after]);
        assert_eq!(weigh(&compare, -1, 1), Verdict::Likely, "{compare:?} of days on both sides");
    }
}

/// The proof of every scenario as an official reads it. LUZHU_REWRITE=1 writes it anew; read the difference.
#[test]
fn proofs_read_as_signed() {
    let library = library();
    let mut out = String::new();
    for scenario in scenarios() {
        let told = given::read(&library, &scenario.facts, scenario.day).expect("facts");
        let outcome = Known { library: &library, told: &told, day: scenario.day }
            .weigh(library.scheme(&scenario.scheme).expect("a scheme"));
        out.push_str(&format!("# {}\n", scenario.name));
        for need in &outcome.needs {
            let holds = need.holds.map_or("?", |holds| if holds { "+" } else { "-" });
            out.push_str(&format!("{holds} {} | {} | {}", need.says, need.value, need.threshold));
            out.push_str(&need.paper.as_ref().map(|paper| format!(" | {paper}")).unwrap_or_default());
            out.push_str(if need.unconfirmed { " | 未确认\n" } else { "\n" });
        }
        for change in &outcome.would_change {
            out.push_str(&format!("> {}: {}\n", change.need, change.change));
        }
        for award in &outcome.awards {
            out.push_str(&format!("= {}: {} ({})\n", award.name, award.value, award.working));
        }
    }
    let file = repo("tests/proofs.txt");
    if std::env::var_os("LUZHU_REWRITE").is_some() {
        fs::write(&file, &out).expect("written");
    }
    let signed = fs::read_to_string(&file).expect("the proofs");
    let differ = signed.lines().zip(out.lines()).find(|(signed, now)| signed != now);
    assert!(signed == out, "the proofs read differently: {differ:?}");
}
