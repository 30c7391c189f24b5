//! Finds where a person stands in a procedure: goes through the answers from the first question,
//! and stops where one is missing or no longer valid. Nothing else is remembered of the place.

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::{
    conversation::{eligibility::Known, told::Told},
    library::{
        Library,
        fact::{Conflict, Fact, Value},
        flow::{Flow, List, Saying, Target, What},
        scheme::Scheme,
    },
    message::{Outcome, Verdict},
};

/// A way through a procedure, as far as the answers lead.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The questions that were answered on the way, in order.
    pub path: Vec<String>,
    /// What is said on the way.
    pub events: Vec<Event<'a>>,
    /// Lists on the way: where, and how many things they hold.
    pub lists: Vec<(&'a List, String, usize)>,
    /// The nodes on the way, each with the answer or the verdict that led on.
    pub trail: Vec<(String, String)>,
    /// Where it stops.
    pub at: At<'a>,
}

/// Something that is said on the way.
#[derive(Debug)]
pub struct Event<'a> {
    /// Its node, with the procedure's name.
    pub id: String,
    /// What it is.
    pub what: Said<'a>,
}

/// What is said.
#[derive(Debug)]
pub enum Said<'a> {
    /// Words.
    Words(&'a Saying),
    /// What was weighed.
    Weighed(Vec<Outcome>),
}

/// Where a way stops.
#[derive(Debug)]
pub enum At<'a> {
    /// A question has no valid answer yet.
    Question(String, &'a Fact),
    /// Two answers cannot both be right.
    Conflict(&'a Conflict),
    /// The end, and what to offer after it.
    End(&'a Saying, &'a [String]),
    /// A human counsellor.
    Counsellor,
}

/// The key of a question about one thing of a list.
pub fn item_key(fact: &str, node: &str, number: usize) -> String {
    format!("{fact}@{node}.{number}")
}

/// Which list and which thing of it a key is about.
pub fn item_of(key: &str) -> Option<(&str, &str, usize)> {
    let (fact, place) = key.split_once('@')?;
    let (node, number) = place.rsplit_once('.')?;
    Some((fact, node, number.parse().ok()?))
}

/// Goes through a procedure. Answers to the questions in `hidden` are passed over: they were set
/// aside elsewhere.
pub fn walk<'a>(
    library: &'a Library,
    flow: &'a Flow,
    told: &Told,
    hidden: &HashSet<String>,
    day: NaiveDate,
) -> Walk<'a> {
    let walk = Walk { path: vec![], events: vec![], lists: vec![], trail: vec![], at: At::Counsellor };
    let mut walker = Walker { library, told, hidden, day, facts: Told::default(), walk };
    let at = walker.through(flow);
    Walk { at, ..walker.walk }
}

struct Walker<'a, 'b> {
    library: &'a Library,
    told: &'b Told,
    hidden: &'b HashSet<String>,
    day: NaiveDate,
    /// What is known from the way so far: the only thing that is weighed.
    facts: Told,
    walk: Walk<'a>,
}

/// Nodes on one way: a procedure that was edited into a circle ends here instead of never.
const LONGEST: usize = 500;

/// The words of an end that has none.
static NOTHING: Saying = Saying { lead: String::new(), points: vec![], article: None };

impl<'a> Walker<'a, '_> {
    fn through(&mut self, flow: &'a Flow) -> At<'a> {
        let mut place = Target::Node(0);
        loop {
            let Target::Node(at) = place else { return At::Counsellor };
            let node = flow.nodes.get(at).filter(|_| self.walk.trail.len() < LONGEST);
            let Some(node) = node else { return At::End(&NOTHING, &[]) };
            let id = format!("{}/{}", flow.id, node.id);
            let here = id.clone();
            let answer = match &node.what {
                What::Ask(key) => match self.answer(key) {
                    Ok(value) => branch(&value),
                    Err(at) => return at,
                },
                What::Say(saying) => {
                    self.walk.events.push(Event { id, what: Said::Words(saying) });
                    String::new()
                }
                What::Weigh { schemes, asks } => match self.weigh(id, schemes, *asks) {
                    Ok(verdict) => verdict.name().into(),
                    Err(at) => return at,
                },
                What::Run(other) => match self.library.flow(other).map(|other| self.through(other)) {
                    Some(At::End(saying, _)) => {
                        if !saying.lead.is_empty() {
                            self.walk.events.push(Event { id, what: Said::Words(saying) });
                        }
                        String::new()
                    }
                    Some(stopped) => return stopped,
                    None => String::new(),
                },
                What::List(list) => match self.list(list, &node.id) {
                    Ok(()) => String::new(),
                    Err(at) => return at,
                },
                What::End(saying, next) => {
                    self.walk.trail.push((here, String::new()));
                    return At::End(saying, next);
                }
            };
            self.walk.trail.push((here, answer.clone()));
            match node.goto.to(&answer) {
                Some(target) => place = target,
                None => return At::End(&NOTHING, &[]),
            }
        }
    }

    /// The answer to a question, or the question.
    fn answer(&mut self, key: &str) -> Result<Value, At<'a>> {
        let Some(fact) = self.library.facts.get(key) else { return Ok(Value::Unsure) };
        let told =
            self.told.get(key).filter(|value| !self.hidden.contains(key) && self.library.facts.allows(key, value));
        let Some(value) = told else { return Err(At::Question(key.into(), fact)) };
        if !self.walk.path.iter().any(|other| other == key) {
            self.walk.path.push(key.into());
            self.facts.set(key, value.clone());
        }
        Ok(value.clone())
    }

    /// Asks what the schemes still need to know, and weighs them.
    fn weigh(&mut self, id: String, schemes: &'a [String], asks: bool) -> Result<Verdict, At<'a>> {
        let schemes: Vec<&Scheme> = match schemes.first().map(String::as_str) {
            Some("*") => self.library.schemes.iter().filter(|scheme| !scheme.unranked).collect(),
            _ => schemes.iter().filter_map(|id| self.library.scheme(id)).collect(),
        };
        loop {
            self.sound()?;
            let question = self
                .views(&schemes)
                .iter()
                .filter(|_| asks)
                .find_map(|(_, told)| Known { library: self.library, told, day: self.day }.next_question(&schemes));
            match question {
                Some(key) => self.answer(&key)?,
                None => break,
            };
        }
        let outcomes: Vec<Outcome> = schemes.iter().flat_map(|scheme| self.outcomes(scheme)).collect();
        let verdict = outcomes.first().map_or(Verdict::Unknown, |outcome| outcome.verdict);
        self.walk.events.push(Event { id, what: Said::Weighed(outcomes) });
        Ok(verdict)
    }

    /// What contradicts itself is asked about, never weighed.
    fn sound(&self) -> Result<(), At<'a>> {
        let library = self.library;
        let known = Known { library, told: &self.facts, day: self.day };
        let broken = library.facts.conflicts.iter().find(|conflict| known.holds(&conflict.when) == Some(true));
        broken.map_or(Ok(()), |conflict| Err(At::Conflict(conflict)))
    }

    /// One outcome, or one for each thing of a list that the scheme is about.
    fn outcomes(&self, scheme: &'a Scheme) -> Vec<Outcome> {
        let weigh = |(item, told): &(Option<String>, Told)| {
            let known = Known { library: self.library, told, day: self.day };
            Outcome { item: item.clone(), ..known.weigh(scheme) }
        };
        self.views(&[scheme]).iter().map(weigh).collect()
    }

    /// What is known, once for each thing of a list that the schemes are about.
    fn views(&self, schemes: &[&Scheme]) -> Vec<(Option<String>, Told)> {
        let facts: Vec<&str> = schemes.iter().flat_map(|scheme| scheme.facts()).collect();
        let list =
            self.walk.lists.iter().find(|(list, ..)| list.each.iter().any(|fact| facts.contains(&fact.as_str())));
        let Some((list, node, count)) = list else { return vec![(None, self.facts.clone())] };
        let view = |number| {
            let mut told = self.facts.clone();
            for fact in &list.each {
                let own = self.facts.get(&item_key(fact, node, number)).cloned();
                told.set(fact, own.unwrap_or(Value::Unsure));
            }
            (Some(format!("{}{number}", list.item)), told)
        };
        (1..=*count).map(view).collect()
    }

    /// Asks the same for several things, and adds up.
    fn list(&mut self, list: &'a List, node: &str) -> Result<(), At<'a>> {
        for number in 1..=list.most {
            self.walk.lists.retain(|(_, other, _)| other != node);
            self.walk.lists.push((list, node.into(), number));
            for fact in &list.each {
                self.answer(&item_key(fact, node, number))?;
            }
            let another = number < list.most && {
                let more = self.answer(&item_key(&list.more, node, number))?;
                branch(&more) == "yes"
            };
            if !another {
                break;
            }
        }
        let count = self.walk.lists.last().map_or(0, |(.., count)| *count);
        for (total, part) in &list.sum {
            let each = (1..=count).map(|number| match self.facts.get(&item_key(part, node, number)) {
                Some(Value::Number(number)) => Some(*number),
                _ => None,
            });
            // One that is not sure leaves the total open; it is asked for where it matters.
            if let Some(sum) = each.sum() {
                self.facts.set(total, Value::Number(sum));
            }
        }
        Ok(())
    }
}

/// The name of the way that an answer leads.
fn branch(value: &Value) -> String {
    match value {
        Value::Option(id) => id.clone(),
        Value::Unsure | Value::Skipped => "unsure".into(),
        Value::Number(_) | Value::Days(_) | Value::Words(_) => String::new(),
    }
}
