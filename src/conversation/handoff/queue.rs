//! The queue for human counsellors: in which order people are served, and who is offered to whom. How
//! long that takes is told by [`super::forecast`].
//!
//! It asks no clock: every time is given, in milliseconds since 1970.

use crate::message::Script;

pub use super::{
    forecast::{Wait, waits},
    lately::Lately,
};

/// How long an offer stands, in ms; after that it counts as passed.
pub const OFFER_MS: i64 = 60_000;

/// How long a person is kept for the skilled while others have a free place, in ms.
pub const PATIENCE_MS: i64 = 180_000;

/// One person in the queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Waiting {
    /// The address of the conversation; nobody is in the queue twice.
    pub address: String,
    /// In distress.
    pub urgent: bool,
    /// Since when, in ms since 1970.
    pub since: i64,
    /// The skills it needs, the most important first; may be empty.
    pub skills: Vec<String>,
    /// The district that it is about, if known.
    pub district: Option<String>,
    /// The script that the person reads.
    pub script: Script,
    /// The counsellor who helped last.
    pub previous: Option<String>,
    /// The counsellors who let an offer pass, each as often as it did.
    pub passed: Vec<String>,
    /// To whom it is offered and since when (ms since 1970); meanwhile nobody else is offered it.
    pub offered: Option<(String, i64)>,
}

/// One counsellor on duty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OnDuty {
    /// The name; nobody is on duty twice.
    pub name: String,
    /// What the counsellor knows about.
    pub skills: Vec<String>,
    /// The districts that are served; all if empty.
    pub districts: Vec<String>,
    /// The scripts that are read; both if empty.
    pub scripts: Vec<Script>,
    /// How many conversations at once.
    pub capacity: usize,
    /// Since when each present conversation is held, in ms since 1970.
    pub talks: Vec<i64>,
    /// When the last conversation was given or ended, in ms since 1970.
    pub free_since: i64,
}

/// An offer to make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    /// The person's address.
    pub address: String,
    /// The counsellor's name.
    pub to: String,
}

/// Puts the queue into the order in which it is served: distress first, then the longest waiting.
pub fn order(waiting: &mut [Waiting]) {
    waiting.sort_by(|a, b| a.turn().cmp(&b.turn()));
}

/// How many are served before this one; nothing if it does not wait.
pub fn ahead(waiting: &[Waiting], address: &str) -> Option<usize> {
    let turn = waiting.iter().find(|who| who.address == address)?.turn();
    Some(waiting.iter().filter(|who| who.turn() < turn).count())
}

/// The offers to make now, in the order of the queue. An offer counts as a conversation of its counsellor,
/// and nobody gets more than the capacity.
///
/// The previous counsellor comes first; then those with more of the needed skills, in the district, in the
/// script; then who has the fewest conversations, and then who had none given or ended for the longest
/// time. While the skilled have no free place, a person is kept for them until [`PATIENCE_MS`], but not in
/// distress. Who let an offer pass is not asked again before all others on duty have as often.
pub fn offers(waiting: &[Waiting], on_duty: &[OnDuty], now: i64) -> Vec<Offer> {
    let mut desks = desks(waiting, on_duty, now);
    let mut offers = Vec::new();
    for who in in_order(waiting).into_iter().filter(|who| who.offered_to(now).is_none()) {
        if !desks.iter().any(Desk::is_free) {
            break;
        }
        let best = Person::new(who, &desks, now).best(&desks, now);
        if let Some(desk) = best.and_then(|best| desks.get_mut(best)) {
            desk.load += 1;
            offers.push(Offer { address: who.address.clone(), to: desk.who.name.clone() });
        }
    }
    offers
}

pub(super) fn in_order(waiting: &[Waiting]) -> Vec<&Waiting> {
    let mut queue: Vec<_> = waiting.iter().collect();
    queue.sort_by(|a, b| a.turn().cmp(&b.turn()));
    queue
}

/// Everybody on duty, by name.
pub(super) fn desks<'a>(waiting: &[Waiting], on_duty: &'a [OnDuty], now: i64) -> Vec<Desk<'a>> {
    let held = |name: &str| waiting.iter().filter(|who| who.offered_to(now) == Some(name)).count();
    let desk = |who: &'a OnDuty| Desk { who, load: who.talks.len() + held(&who.name) };
    let mut desks: Vec<_> = on_duty.iter().map(desk).collect();
    desks.sort_by(|a, b| a.who.name.cmp(&b.who.name));
    desks
}

impl Waiting {
    /// Who may take the offer at this moment (ms since 1970), if it still stands.
    pub fn offered_to(&self, now: i64) -> Option<&str> {
        let (to, since) = self.offered.as_ref()?;
        (now.saturating_sub(*since) < OFFER_MS).then_some(to.as_str())
    }

    /// The sooner, the less. Addresses settle what times leave open, so that rows may come in any order.
    fn turn(&self) -> (bool, i64, &str) {
        (!self.urgent, self.since, &self.address)
    }

    /// How often a counsellor let it pass, with an offer that has stood for too long.
    fn passes(&self, name: &str, now: i64) -> usize {
        let lapsed = self.offered.iter().filter(|_| self.offered_to(now).is_none()).map(|(to, _)| to);
        self.passed.iter().chain(lapsed).filter(|passed| *passed == name).count()
    }

    fn grade(&self, one: &OnDuty) -> Grade {
        let has = |skill: &String| one.skills.contains(skill);
        // A bit for each missing skill, the highest for the most important one.
        let missing = self.skills.iter().take(32).fold(0, |bits: u32, skill| bits << 1 | u32::from(!has(skill)));
        let serves = |district| one.districts.is_empty() || one.districts.contains(district);
        Grade {
            stranger: self.previous.as_ref() != Some(&one.name),
            unskilled: !self.skills.is_empty() && !self.skills.iter().any(has),
            missing: (missing.count_ones(), missing),
            elsewhere: !self.district.as_ref().is_none_or(serves),
            misread: !one.scripts.is_empty() && !one.scripts.contains(&self.script),
        }
    }
}

/// How well a counsellor suits a person: the less, the better.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Grade {
    stranger: bool,
    /// Has none of the needed skills.
    unskilled: bool,
    /// How many of them are missing, and which.
    missing: (u32, u32),
    elsewhere: bool,
    misread: bool,
}

/// A counsellor who may be offered a person.
struct Choice {
    desk: usize,
    grade: Grade,
    /// Without waiting for somebody skilled.
    at_once: bool,
}

/// A person, and whom to ask.
pub(super) struct Person<'a> {
    pub(super) who: &'a Waiting,
    choices: Vec<Choice>,
}

/// A counsellor, and how many conversations and offers there are.
#[derive(Clone)]
pub(super) struct Desk<'a> {
    pub(super) who: &'a OnDuty,
    pub(super) load: usize,
}

impl<'a> Person<'a> {
    pub(super) fn new(who: &'a Waiting, desks: &[Desk], now: i64) -> Self {
        let able = desks.iter().enumerate().filter(|(_, desk)| desk.who.capacity > 0);
        let able: Vec<_> = able.map(|(desk, one)| (desk, one.who, who.passes(&one.who.name, now))).collect();
        let fewest = able.iter().map(|(.., passes)| *passes).min();
        let asked = able.into_iter().filter(|(.., passes)| Some(*passes) == fewest);
        let graded: Vec<_> = asked.map(|(desk, one, _)| (desk, who.grade(one))).collect();
        let anyone = who.urgent || graded.iter().all(|(_, grade)| grade.unskilled);
        let choice = |(desk, grade): (usize, Grade)| Choice {
            desk,
            grade,
            at_once: anyone || !grade.unskilled || !grade.stranger,
        };
        Self { who, choices: graded.into_iter().map(choice).collect() }
    }

    /// The best free desk at a time, if the person need not wait for another.
    pub(super) fn best(&self, desks: &[Desk], at: i64) -> Option<usize> {
        let patient = at.saturating_sub(self.who.since) < PATIENCE_MS;
        let choices = self.choices.iter().filter(|choice| choice.at_once || !patient);
        let free = choices.filter_map(|choice| {
            let desk = desks.get(choice.desk).filter(|desk| desk.is_free())?;
            Some((choice.grade, desk.load, desk.who.free_since, choice.desk))
        });
        free.min().map(|(.., desk)| desk)
    }
}

impl Desk<'_> {
    pub(super) fn is_free(&self) -> bool {
        self.load < self.who.capacity
    }
}
