//! Plays days at the counsellors' desks and holds the queue to what it promises: who is served when and by
//! whom, and that half of the waits are shorter than the one that was shown, and nine in ten than the other.

use std::{cmp::Reverse, collections::BinaryHeap, fmt, time::Instant};

use luzhu::conversation::handoff::queue::{
    Lately, OFFER_MS, OnDuty, PATIENCE_MS, Wait, Waiting, ahead, offers, order, waits,
};
use luzhu::message::Script;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Nine o'clock of some day.
const OPEN: i64 = 1_795_395_600_000;
const CLOSE: i64 = OPEN + 8 * HOUR + 30 * MINUTE;
const SKILLS: [&str; 3] = ["benefits", "law", "disability"];
const DISTRICTS: [&str; 3] = ["思明", "湖里", "集美"];

/// A day as it may be; times in minutes.
#[derive(Clone, Copy)]
struct Plan {
    counsellors: usize,
    /// The handling times are lognormal.
    median: f64,
    sigma: f64,
    /// The mean of an exponential patience.
    patience: f64,
    /// The share of people who have no patience but that; the others stay.
    impatient: f64,
    /// How much of the places people would need outside the hour of the spike.
    usual: f64,
    /// How many times more arrive in that hour.
    spike: f64,
    /// The same on the day before, of which everything is known; none if it is the first day of all.
    before: Option<f64>,
    /// All counsellors have the same skills, districts and scripts, and nobody comes back.
    alike: bool,
    /// Counsellors differ in speed: each has a lognormal factor of this sigma.
    speeds: f64,
    /// One in so many arrivals is shown to the estimator (they resemble their neighbours).
    every: usize,
    /// Whether it is asked again each minute.
    updates: bool,
}

const PLAN: Plan = Plan {
    counsellors: 10,
    median: 8.0,
    sigma: 0.7,
    patience: 60.0,
    impatient: 1.0,
    usual: 0.2,
    spike: 10.0,
    before: Some(10.0),
    alike: false,
    speeds: 0.0,
    every: 1,
    updates: true,
};

/// What was told to a person at a time, and when.
struct Shown {
    person: usize,
    at: i64,
    half: i64,
    most: i64,
    arrival: bool,
}

/// A person's day.
struct Fate {
    came: i64,
    spike: bool,
    urgent: bool,
    /// When it ended, and whether it was taken.
    end: Option<(i64, bool)>,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    Ends { desk: usize, since: i64 },
    Takes { person: usize, desk: usize, made: i64 },
    Leaves { person: usize },
    Looks,
    Ticks,
    Comes,
}

/// What a database would know.
#[derive(Clone, Default)]
struct Ledger {
    /// When each conversation began, and how long it lasted.
    lengths: Vec<(i64, i64)>,
    requests: Vec<(i64, bool)>,
    urgent: f64,
    offers: f64,
    passed: f64,
    taking: f64,
    arrivals: Vec<i64>,
    /// How many arrived the day before, and in how many hours.
    before: f64,
    hours: f64,
}

impl Ledger {
    fn lately(&self, now: i64) -> Lately {
        let quarter = self.arrivals.iter().rev().take_while(|at| now - **at < 15 * MINUTE).count();
        let hours = (now.min(CLOSE) - OPEN).max(MINUTE) as f64 / HOUR as f64 + self.hours;
        let share = |part: f64, all: f64| if all > 0.0 { part / all } else { 0.0 };
        let mut lengths = self.lengths.clone();
        lengths.sort_unstable();
        Lately {
            lengths: lengths[lengths.len().saturating_sub(500)..].iter().map(|(_, length)| *length).collect(),
            requests: self.requests.clone(),
            urgent: share(self.urgent, self.requests.len() as f64),
            hourly: (self.arrivals.len() as f64 + self.before) / hours,
            quarter,
            passing: share(self.passed, self.offers),
            taking: share(self.taking, self.offers - self.passed) as i64,
        }
    }
}

struct Day {
    plan: Plan,
    dice: Dice,
    now: i64,
    spike: i64,
    waiting: Vec<Waiting>,
    on_duty: Vec<OnDuty>,
    speeds: Vec<f64>,
    events: BinaryHeap<Reverse<(i64, Event)>>,
    ledger: Ledger,
    fates: Vec<Fate>,
    shown: Vec<Shown>,
    watched: bool,
    /// Offers that were made, and the widest spread of loads that one made.
    made: usize,
    spread: usize,
}

impl Day {
    fn new(plan: Plan, seed: u64, ledger: Ledger, watched: bool) -> Self {
        let mut dice = Dice(seed);
        let on_duty = (0..plan.counsellors).map(|nth| counsellor(nth, &plan, &mut dice)).collect();
        let speeds = (0..plan.counsellors).map(|_| (plan.speeds * dice.normal()).exp()).collect();
        let spike = OPEN + HOUR + dice.below(4 * 60) as i64 * MINUTE;
        let mut day = Self {
            plan,
            dice,
            now: OPEN,
            spike,
            waiting: Vec::new(),
            on_duty,
            speeds,
            events: BinaryHeap::new(),
            ledger,
            fates: Vec::new(),
            shown: Vec::new(),
            watched,
            made: 0,
            spread: 0,
        };
        day.after(0, Event::Ticks);
        day.next_arrival();
        day
    }

    /// Plays to the end: nobody comes after the close, but who waits is served.
    fn play(mut self) -> Self {
        while let Some(Reverse((at, event))) = self.events.pop() {
            self.now = at;
            match event {
                Event::Comes => self.comes(),
                Event::Ends { desk, since } => self.ends(desk, since),
                Event::Takes { person, desk, made } => self.takes(person, desk, made),
                Event::Leaves { person } => self.leaves(person),
                Event::Looks => self.offer(),
                Event::Ticks => self.ticks(),
            }
        }
        assert!(self.waiting.is_empty() && self.on_duty.iter().all(|one| one.talks.is_empty()));
        self
    }

    fn after(&mut self, wait: i64, event: Event) {
        self.events.push(Reverse((self.now + wait, event)));
    }

    fn in_spike(&self, at: i64) -> bool {
        (self.spike..self.spike + HOUR).contains(&at)
    }

    /// The next of a Poisson process whose rate changes (by thinning).
    fn next_arrival(&mut self) {
        let places: usize = self.on_duty.iter().map(|one| one.capacity).sum();
        let mean = self.plan.median * (self.plan.sigma * self.plan.sigma / 2.0).exp();
        let usual = self.plan.usual * places as f64 / mean;
        let mut at = self.now;
        loop {
            at += (self.dice.exponential(1.0 / (usual * self.plan.spike)) * MINUTE as f64) as i64 + 1;
            if at >= CLOSE {
                return;
            }
            if self.in_spike(at) || self.dice.unit() * self.plan.spike < 1.0 {
                return self.events.push(Reverse((at, Event::Comes)));
            }
        }
    }

    fn comes(&mut self) {
        let person = self.fates.len();
        let urgent = self.dice.chance(0.02);
        self.fates.push(Fate { came: self.now, spike: self.in_spike(self.now), urgent, end: None });
        self.ledger.arrivals.push(self.now);
        let one = self.person(person, urgent);
        self.waiting.push(one);
        if self.dice.chance(self.plan.impatient) {
            let patience = (self.dice.exponential(self.plan.patience) * MINUTE as f64) as i64;
            self.after(patience, Event::Leaves { person });
        }
        self.after(PATIENCE_MS, Event::Looks);
        self.next_arrival();
        self.offer();
        // Who is offered at once has no wait to be told.
        let waits = self.waiting.iter().any(|one| one.address == address(person) && one.offered.is_none());
        if self.watched && waits && self.dice.below(self.plan.every) == 0 {
            self.show(Some(person));
        }
    }

    fn person(&mut self, person: usize, urgent: bool) -> Waiting {
        let dice = &mut self.dice;
        let first = dice.below(SKILLS.len());
        let second = (first + 1 + dice.below(SKILLS.len() - 1)) % SKILLS.len();
        let needs = [0, 0, 1, 1, 2][dice.below(5)];
        let back = dice.chance(0.1) && !self.plan.alike;
        Waiting {
            address: address(person),
            urgent,
            since: self.now,
            skills: [first, second][..needs].iter().map(|nth| SKILLS[*nth].to_owned()).collect(),
            district: dice.chance(0.5).then(|| DISTRICTS[dice.below(DISTRICTS.len())].to_owned()),
            script: if dice.chance(0.2) { Script::Hant } else { Script::Hans },
            previous: back.then(|| self.on_duty[dice.below(self.on_duty.len())].name.clone()),
            passed: Vec::new(),
            offered: None,
        }
    }

    /// Makes the offers that are due, and looks at each: it is fair, and nobody is offered twice.
    fn offer(&mut self) {
        self.lapse();
        for offer in offers(&self.waiting, &self.on_duty, self.now) {
            let person: usize = offer.address[1..].parse().expect("a number");
            let desk = self.on_duty.iter().position(|one| one.name == offer.to).expect("on duty");
            let loads: Vec<usize> = self.on_duty.iter().map(|one| self.load(one)).collect();
            let index = self.waiting.iter().position(|one| one.address == offer.address).expect("waits");
            let one = &self.waiting[index];
            assert!(one.offered.is_none(), "offered twice");
            assert!(loads[desk] < self.on_duty[desk].capacity, "beyond capacity");
            for (other, load) in self.on_duty.iter().zip(&loads) {
                let free = *load < other.capacity && !one.passed.contains(&other.name);
                let least = !free || suits(one, other) != suits(one, &self.on_duty[desk]) || loads[desk] <= *load;
                assert!(least, "{} has {}, and {} {load}", offer.to, loads[desk], other.name);
                if free && suits(one, other) == suits(one, &self.on_duty[desk]) {
                    self.spread = self.spread.max((loads[desk] + 1).saturating_sub(*load));
                }
            }
            self.made += 1;
            self.waiting[index].offered = Some((offer.to, self.now));
            let made = self.now;
            self.ledger.offers += 1.0;
            if self.dice.chance(0.05) {
                self.after(OFFER_MS, Event::Looks);
            } else {
                let taking = 3 * SECOND + self.dice.below(12_000) as i64;
                self.after(taking, Event::Takes { person, desk, made });
            }
        }
    }

    fn load(&self, one: &OnDuty) -> usize {
        let held = |other: &&Waiting| other.offered.as_ref().is_some_and(|(to, _)| *to == one.name);
        one.talks.len() + self.waiting.iter().filter(held).count()
    }

    /// Where it is in the queue, if the offer still stands.
    fn standing(&self, person: usize, made: i64) -> Option<usize> {
        let stands = |one: &Waiting| one.offered.as_ref().is_some_and(|(_, since)| *since == made);
        self.waiting.iter().position(|one| one.address == address(person) && stands(one))
    }

    fn takes(&mut self, person: usize, desk: usize, made: i64) {
        let Some(index) = self.standing(person, made) else { return };
        self.waiting.remove(index);
        self.ledger.taking += (self.now - made) as f64;
        self.settle(person, true);
        self.on_duty[desk].talks.push(self.now);
        self.on_duty[desk].free_since = self.now;
        let length = self.plan.median * (self.plan.sigma * self.dice.normal()).exp() * self.speeds[desk];
        let since = self.now;
        self.after((length * MINUTE as f64) as i64 + 1, Event::Ends { desk, since });
    }

    fn ends(&mut self, desk: usize, since: i64) {
        let one = &mut self.on_duty[desk];
        let index = one.talks.iter().position(|talk| *talk == since).expect("a talk");
        one.talks.remove(index);
        one.free_since = self.now;
        self.ledger.lengths.push((since, self.now - since));
        self.offer();
    }

    /// Moves the offers that have stood for too long to those that were let pass, as the caller does.
    fn lapse(&mut self) {
        for one in &mut self.waiting {
            if let Some((to, _)) = one.offered.take_if(|(_, since)| self.now - *since >= OFFER_MS) {
                self.ledger.passed += 1.0;
                one.passed.push(to);
            }
        }
    }

    fn leaves(&mut self, person: usize) {
        let Some(index) = self.waiting.iter().position(|one| one.address == address(person)) else { return };
        self.waiting.remove(index);
        self.settle(person, false);
        self.offer();
    }

    fn settle(&mut self, person: usize, taken: bool) {
        let fate = &mut self.fates[person];
        fate.end = Some((self.now, taken));
        self.ledger.requests.push((self.now - fate.came, !taken));
        self.ledger.urgent += f64::from(u8::from(fate.urgent));
    }

    fn ticks(&mut self) {
        if self.watched && self.plan.updates && self.dice.below(self.plan.every) == 0 && !self.waiting.is_empty() {
            self.show(None);
        }
        if self.now < CLOSE || !self.waiting.is_empty() {
            self.after(MINUTE, Event::Ticks);
        }
    }

    /// Notes what is told: to one who has just come, or to all who wait.
    fn show(&mut self, only: Option<usize>) {
        for wait in waits(&self.waiting, &self.on_duty, &self.ledger.lately(self.now), self.now) {
            let person: usize = wait.address[1..].parse().expect("a number");
            let offered = self.waiting.iter().any(|one| one.address == wait.address && one.offered.is_some());
            if only.is_none_or(|only| only == person) && !offered {
                let Wait { half, most, .. } = wait;
                self.shown.push(Shown { person, at: self.now, half, most, arrival: only.is_some() });
            }
        }
    }
}

fn address(person: usize) -> String {
    format!("p{person}")
}

fn counsellor(nth: usize, plan: &Plan, dice: &mut Dice) -> OnDuty {
    let pick = |from: &[&str], keep: usize| (0..keep).map(|more| from[(nth + more) % from.len()].to_owned()).collect();
    OnDuty {
        name: format!("c{nth:02}"),
        skills: if plan.alike { Vec::new() } else { pick(&SKILLS, 1 + nth % 2) },
        districts: if plan.alike || !nth.is_multiple_of(3) { Vec::new() } else { pick(&DISTRICTS, 2) },
        scripts: if plan.alike || !nth.is_multiple_of(4) { Vec::new() } else { vec![Script::Hans] },
        capacity: 3 + dice.below(2),
        talks: Vec::new(),
        free_since: OPEN,
    }
}

/// How well they suit, written apart from the module: came back to, skills, district, script.
fn suits(one: &Waiting, other: &OnDuty) -> (bool, Vec<bool>, bool, bool) {
    (
        one.previous.as_deref() == Some(&other.name),
        one.skills.iter().map(|skill| other.skills.contains(skill)).collect(),
        one.district.as_ref().is_none_or(|district| other.districts.is_empty() || other.districts.contains(district)),
        other.scripts.is_empty() || other.scripts.contains(&one.script),
    )
}

/// Shares of waits below what was shown, in percent.
struct Coverage {
    shown: usize,
    left: usize,
    /// Below `half` and `most`, those who left being counted as they deserve.
    fair: (f64, f64),
    /// The same among those who were taken.
    taken: (f64, f64),
}

impl Coverage {
    /// Who leaves has not waited to the end, so that we know only that the wait is longer than it was.
    /// Leaving them out would favour the short waits, for who waits long has more time to leave. So waits
    /// are measured in shown ones, and the share below one of them is the estimate of Kaplan and Meier,
    /// in which each who left counts as those who waited longer.
    fn of<'a>(shown: impl Iterator<Item = (&'a Shown, &'a Fate)>) -> Self {
        let ended: Vec<_> = shown.filter_map(|(shown, fate)| Some((shown, fate.end?))).collect();
        let ratios = |told: fn(&Shown) -> i64, all: bool| -> f64 {
            let ratio = |shown: &Shown, at: i64| (at - shown.at) as f64 / told(shown).max(1) as f64;
            let kept = ended.iter().filter(|(_, (_, taken))| all || *taken);
            below_one(kept.map(|(shown, (at, taken))| (ratio(shown, *at), *taken)).collect())
        };
        let half = |shown: &Shown| shown.half;
        let most = |shown: &Shown| shown.most;
        Self {
            shown: ended.len(),
            left: ended.iter().filter(|(_, (_, taken))| !taken).count(),
            fair: (ratios(half, true), ratios(most, true)),
            taken: (ratios(half, false), ratios(most, false)),
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, left, fair, taken } = self;
        let share = *left as f64 * 100.0 / (*shown).max(1) as f64;
        write!(f, "{shown:6} ({share:4.1} % left): {:4.1} / {:4.1}", fair.0, fair.1)?;
        write!(f, " (taken only {:4.1} / {:4.1})", taken.0, taken.1)
    }
}

/// The percentage below 1, by Kaplan and Meier.
fn below_one(mut ratios: Vec<(f64, bool)>) -> f64 {
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = 1.0;
    for (nth, (ratio, taken)) in ratios.iter().enumerate() {
        if *taken && *ratio < 1.0 {
            above *= 1.0 - 1.0 / (ratios.len() - nth) as f64;
        }
    }
    (1.0 - above) * 100.0
}

/// Plays days, each with the day before as all that is known when it begins.
fn days(plan: Plan, seeds: std::ops::Range<u64>) -> Vec<Day> {
    let play = |seed: u64| {
        let before = plan.before.map(|spike| Day::new(Plan { spike, ..plan }, seed * 2 + 1, Ledger::default(), false));
        let mut ledger = before.map(|before| before.play().ledger).unwrap_or_default();
        ledger.lengths.iter_mut().for_each(|(since, _)| *since -= 24 * HOUR);
        ledger.before = ledger.arrivals.drain(..).count() as f64;
        ledger.hours = if plan.before.is_some() { 8.5 } else { 0.0 };
        Day::new(plan, seed * 2 + 2, ledger, true).play()
    };
    seeds.map(play).collect()
}

fn coverage(days: &[Day], which: impl Fn(&Shown, &Fate) -> bool) -> Coverage {
    let all = days.iter().flat_map(|day| day.shown.iter().map(|shown| (shown, &day.fates[shown.person])));
    Coverage::of(all.filter(|(shown, fate)| which(shown, fate)))
}

/// How far the shares may be from those of very many days (jackknife over days).
fn error(days: &[Day], which: impl Fn(&Shown, &Fate) -> bool + Copy) -> (f64, f64) {
    let all: Vec<_> = (0..days.len())
        .map(|out| {
            let kept = days.iter().enumerate().filter(|(nth, _)| *nth != out).map(|(_, day)| day);
            let all = kept.flat_map(|day| day.shown.iter().map(|shown| (shown, &day.fates[shown.person])));
            Coverage::of(all.filter(|(shown, fate)| which(shown, fate))).fair
        })
        .collect();
    let spread = |of: fn(&(f64, f64)) -> f64| {
        let mean = all.iter().map(of).sum::<f64>() / all.len() as f64;
        (all.iter().map(|one| (of(one) - mean).powi(2)).sum::<f64>() * (1.0 - 1.0 / all.len() as f64)).sqrt()
    };
    (spread(|one| one.0), spread(|one| one.1))
}

fn report(name: &str, days: &[Day]) {
    let (half, most) = error(days, |shown, _| shown.arrival);
    let all: usize = days.iter().map(|day| day.fates.len()).sum();
    let left = days.iter().flat_map(|day| &day.fates).filter(|fate| fate.end.is_some_and(|(_, taken)| !taken)).count();
    eprintln!("{name}: {} days, {all} people, {:.1} % left", days.len(), left as f64 * 100.0 / all as f64);
    eprintln!("  at arrival   {} ± {half:.1} / {most:.1}", coverage(days, |shown, _| shown.arrival));
    eprintln!("  in the spike {}", coverage(days, |shown, fate| shown.arrival && fate.spike));
    eprintln!("  outside      {}", coverage(days, |shown, fate| shown.arrival && !fate.spike));
    eprintln!("  updates      {}", coverage(days, |shown, _| !shown.arrival));
}

fn person(address: &str, since: i64) -> Waiting {
    Waiting {
        address: address.into(),
        urgent: false,
        since,
        skills: Vec::new(),
        district: None,
        script: Script::Hans,
        previous: None,
        passed: Vec::new(),
        offered: None,
    }
}

/// Knows some skills, and has so many of three places taken.
fn desk(name: &str, skills: &[&str], taken: usize) -> OnDuty {
    OnDuty {
        name: name.into(),
        skills: words(skills),
        districts: Vec::new(),
        scripts: Vec::new(),
        capacity: 3,
        talks: vec![OPEN; taken],
        free_since: OPEN,
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The offers as pairs, in order.
fn made(waiting: &[Waiting], on_duty: &[OnDuty], now: i64) -> Vec<(String, String)> {
    offers(waiting, on_duty, now).into_iter().map(|offer| (offer.address, offer.to)).collect()
}

/// Who is offered the only person.
fn to(who: &Waiting, on_duty: &[OnDuty], now: i64) -> Option<String> {
    made(std::slice::from_ref(who), on_duty, now).pop().map(|(_, to)| to)
}

#[test]
fn distress_is_served_first_and_then_who_waits_longest() {
    let mut waiting = vec![person("late", 30), person("b", 10), person("distress", 40), person("a", 10)];
    waiting[2].urgent = true;
    for (address, before) in [("distress", 0), ("a", 1), ("b", 2), ("late", 3)] {
        assert_eq!(ahead(&waiting, address), Some(before), "{address}");
    }
    assert_eq!(ahead(&waiting, "nobody"), None);
    assert_eq!(made(&waiting, &[desk("c", &[], 2)], 50), [("distress".into(), "c".into())]);
    let told: Vec<_> = waits(&waiting, &[desk("c", &[], 3)], &Lately::default(), OPEN).into_iter().collect();
    order(&mut waiting);
    let line = |waiting: &[Waiting]| waiting.iter().map(|who| who.address.clone()).collect::<Vec<_>>();
    assert_eq!(line(&waiting), ["distress", "a", "b", "late"]);
    assert_eq!(told.iter().map(|wait| wait.address.clone()).collect::<Vec<_>>(), line(&waiting));
    assert_eq!(told.iter().map(|wait| wait.ahead).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(told.is_sorted_by_key(|wait| wait.half) && told.iter().all(|wait| wait.half < wait.most));
}

#[test]
fn who_comes_back_is_offered_to_the_previous_counsellor_if_there_is_a_place() {
    let who = Waiting { previous: Some("b".into()), skills: words(&["law"]), ..person("p", OPEN) };
    assert_eq!(to(&who, &[desk("a", &["law"], 0), desk("b", &[], 2)], OPEN).as_deref(), Some("b"));
    assert_eq!(to(&who, &[desk("a", &["law"], 0), desk("b", &[], 3)], OPEN).as_deref(), Some("a"));
    // Nor is it kept for somebody skilled.
    assert_eq!(to(&who, &[desk("a", &["law"], 3), desk("b", &[], 2)], OPEN).as_deref(), Some("b"));
}

#[test]
fn the_skilled_come_first_and_are_waited_for_until_patience_ends() {
    let who = Waiting { skills: words(&["law", "benefits"]), ..person("p", OPEN) };
    let asked = |staff: &[(&str, &[&str], usize)], at: i64| {
        let staff: Vec<_> = staff.iter().map(|(name, skills, taken)| desk(name, skills, *taken)).collect();
        to(&who, &staff, at)
    };
    // More of the skills, then the more important ones, then the fewest conversations.
    let (both, law, benefits): (&[&str], &[&str], &[&str]) = (&["benefits", "law"], &["law"], &["benefits"]);
    assert_eq!(asked(&[("a", &[], 0), ("b", benefits, 0), ("c", law, 0), ("d", both, 2)], OPEN), Some("d".into()));
    assert_eq!(asked(&[("a", &[], 0), ("b", benefits, 0), ("c", law, 2), ("d", both, 3)], OPEN), Some("c".into()));
    assert_eq!(asked(&[("a", &[], 0), ("b", benefits, 2), ("c", law, 3), ("d", both, 3)], OPEN), Some("b".into()));
    assert_eq!(asked(&[("a", law, 2), ("b", law, 1), ("c", law, 2)], OPEN), Some("b".into()));
    // Who knows none of them must wait, though not for ever, and not when nobody does.
    let full: &[(&str, &[&str], usize)] = &[("a", &["disability"], 0), ("d", both, 3)];
    assert_eq!(asked(full, OPEN), None);
    assert_eq!(asked(full, OPEN + PATIENCE_MS - 1), None);
    assert_eq!(asked(full, OPEN + PATIENCE_MS), Some("a".into()));
    assert_eq!(asked(&[("a", &[], 0)], OPEN), Some("a".into()));
    let distress = Waiting { urgent: true, ..who.clone() };
    assert_eq!(to(&distress, &[desk("a", &[], 0), desk("d", both, 3)], OPEN).as_deref(), Some("a"));
    // The person is not passed over meanwhile by one who needs nothing, but for the others' places.
    let waiting = [who.clone(), person("q", OPEN + 1)];
    assert_eq!(made(&waiting, &[desk("a", &[], 2), desk("d", both, 3)], OPEN + 1), [("q".into(), "a".into())]);
    assert_eq!(made(&waiting, &[desk("a", &[], 3), desk("d", both, 2)], OPEN + 1), [("p".into(), "d".into())]);
}

#[test]
fn district_and_script_are_preferred_and_then_the_longest_free() {
    let here = |name: &str, districts: &[&str], scripts: &[Script], free_since: i64| OnDuty {
        districts: words(districts),
        scripts: scripts.to_vec(),
        free_since,
        ..desk(name, &[], 1)
    };
    let who = Waiting { district: Some("湖里".into()), script: Script::Hant, ..person("p", OPEN) };
    let (away, hans, hant) = (["思明"], [Script::Hans], [Script::Hant]);
    let ask = |staff: &[OnDuty]| to(&who, staff, OPEN).expect("somebody");
    assert_eq!(ask(&[here("a", &away, &[], 0), here("b", &["湖里"], &[], 9)]), "b");
    assert_eq!(ask(&[here("a", &[], &hans, 0), here("b", &[], &hant, 9)]), "b");
    assert_eq!(ask(&[here("a", &away, &hant, 0), here("b", &[], &hans, 9)]), "b");
    assert_eq!(ask(&[here("a", &[], &[], 5), here("b", &[], &[], 4), here("c", &[], &[], 6)]), "b");
    assert_eq!(ask(&[here("a", &away, &hans, 0)]), "a");
}

#[test]
fn an_offer_that_is_let_pass_goes_to_the_next() {
    let staff = [desk("a", &["law"], 0), desk("b", &[], 2), desk("c", &[], 3)];
    let offered = |to: &str| Some((to.to_owned(), OPEN));
    let mut who = Waiting { skills: words(&["law"]), offered: offered("a"), ..person("p", OPEN) };
    assert_eq!(to(&who, &staff, OPEN + OFFER_MS - 1), None, "it stands");
    assert_eq!(who.offered_to(OPEN + OFFER_MS - 1), Some("a"));
    assert_eq!(to(&who, &staff, OPEN + OFFER_MS).as_deref(), Some("b"), "nobody else knows law");
    // The caller moves it; meanwhile all the same.
    (who.passed, who.offered) = (words(&["a"]), None);
    assert_eq!(to(&who, &staff, OPEN + OFFER_MS).as_deref(), Some("b"));
    // A third one has no place, but may serve it later: the others are not asked again.
    who.passed = words(&["a", "b"]);
    assert_eq!(to(&who, &staff, OPEN + PATIENCE_MS), None);
    who.passed = words(&["a", "b", "c"]);
    assert_eq!(to(&who, &staff, OPEN + OFFER_MS).as_deref(), Some("a"), "nobody else is left");
    who.passed = words(&["a", "b", "c", "a"]);
    assert_eq!(to(&who, &staff, OPEN + PATIENCE_MS).as_deref(), Some("b"), "asked less often");
    // An offer holds a place.
    let held = Waiting { offered: offered("b"), ..person("h", OPEN) };
    assert_eq!(made(&[held, person("q", OPEN)], &[desk("b", &[], 2)], OPEN + 1), []);
}

/// A queue and a staff of any kind, which may be at odds with each other.
fn any(dice: &mut Dice) -> (Vec<Waiting>, Vec<OnDuty>, i64) {
    let now = OPEN;
    let ago = |dice: &mut Dice| now - dice.below(6 * MINUTE as usize) as i64;
    let names: Vec<String> = (0..dice.below(6)).map(|nth| format!("c{nth}")).collect();
    let name = |dice: &mut Dice| format!("c{}", dice.below(7));
    let some = |dice: &mut Dice, from: &[&str]| words(&from[..dice.below(from.len() + 1)]);
    let staff = names.iter().map(|name| OnDuty {
        skills: some(dice, &SKILLS),
        districts: some(dice, &DISTRICTS),
        scripts: [Script::Hans, Script::Hant][..dice.below(3)].to_vec(),
        capacity: dice.below(5),
        talks: (0..dice.below(5)).map(|_| ago(dice)).collect(),
        free_since: ago(dice),
        ..desk(name, &[], 0)
    });
    let staff = staff.collect();
    let waiting = (0..dice.below(13)).map(|nth| Waiting {
        urgent: dice.chance(0.1),
        skills: some(dice, &SKILLS),
        district: dice.chance(0.5).then(|| DISTRICTS[dice.below(3)].to_owned()),
        script: if dice.chance(0.5) { Script::Hans } else { Script::Hant },
        previous: dice.chance(0.2).then(|| name(dice)),
        passed: (0..[0, 0, 0, 1, 3][dice.below(5)]).map(|_| name(dice)).collect(),
        offered: dice.chance(0.3).then(|| (name(dice), now - dice.below(90 * SECOND as usize) as i64)),
        ..person(&format!("p{nth:02}"), ago(dice))
    });
    (waiting.collect(), staff, now)
}

#[test]
fn whatever_comes_nobody_is_overloaded_skipped_or_offered_twice() {
    let mut dice = Dice(1);
    let mut all = 0;
    for round in 0..10_000 {
        let (waiting, staff, now) = any(&mut dice);
        let made = offers(&waiting, &staff, now);
        all += made.len();
        let held = |name: &str| waiting.iter().filter(|who| who.offered_to(now) == Some(name)).count();
        let load =
            |one: &OnDuty| one.talks.len() + held(&one.name) + made.iter().filter(|it| it.to == one.name).count();
        for one in staff.iter().filter(|one| made.iter().any(|offer| offer.to == one.name)) {
            assert!(load(one) <= one.capacity, "{round}: {one:?} beyond capacity");
        }
        for who in &waiting {
            let mine: Vec<_> = made.iter().filter(|offer| offer.address == who.address).collect();
            let stands = usize::from(who.offered_to(now).is_some());
            assert!(mine.len() + stands <= 1, "{round}: {who:?} is offered twice");
            let free = staff.iter().filter(|one| load(one) < one.capacity);
            let skipped = free.filter(|one| serves_now(who, one, &staff, now)).count();
            assert!(mine.len() + stands == 1 || skipped == 0, "{round}: {who:?} is skipped");
            for offer in mine {
                let one = staff.iter().find(|one| one.name == offer.to).expect("on duty");
                assert!(serves_now(who, one, &staff, now), "{round}: {who:?} is kept for others than {one:?}");
            }
        }
        if round % 50 == 0 {
            let told = waits(&waiting, &staff, &Lately::default(), now);
            let able = staff.iter().any(|one| one.capacity > 0);
            assert_eq!(told.len(), if able { waiting.len() } else { 0 }, "{round}");
            assert!(told.iter().all(|wait| 0 <= wait.half && wait.half <= wait.most), "{round}: {told:?}");
        }
    }
    assert!(all > 10_000, "too few offers: {all}");
}

/// Whether one may be offered a person at this time, written apart from the module.
fn serves_now(who: &Waiting, one: &OnDuty, staff: &[OnDuty], now: i64) -> bool {
    let passes = |one: &OnDuty| {
        let lapsed = who.offered.iter().filter(|(to, since)| *to == one.name && now - since >= OFFER_MS).count();
        who.passed.iter().filter(|passed| **passed == one.name).count() + lapsed
    };
    let able = || staff.iter().filter(|other| other.capacity > 0);
    let asked = able().all(|other| passes(one) <= passes(other));
    let skilled = |one: &OnDuty| who.skills.iter().any(|skill| one.skills.contains(skill));
    let mut others = able().filter(|other| passes(other) == passes(one));
    let kept = !who.urgent && now - who.since < PATIENCE_MS && others.any(skilled);
    asked && (!kept || skilled(one) || who.previous.as_ref() == Some(&one.name))
}

#[test]
fn the_same_queue_gives_the_same_answer_in_any_order_of_rows() {
    let mut dice = Dice(2);
    let lately =
        Lately { hourly: 60.0, quarter: 20, urgent: 0.1, requests: vec![(MINUTE, true); 20], ..Lately::default() };
    let mut told = 0;
    for round in 0..300 {
        let (mut waiting, mut staff, now) = any(&mut dice);
        let first = (offers(&waiting, &staff, now), waits(&waiting, &staff, &lately, now));
        let again = (offers(&waiting, &staff, now), waits(&waiting, &staff, &lately, now));
        assert_eq!(first, again, "{round}");
        waiting.reverse();
        staff.reverse();
        assert_eq!(first, (offers(&waiting, &staff, now), waits(&waiting, &staff, &lately, now)), "{round}");
        told += first.1.len();
    }
    assert!(told > 500, "{told}");
}

#[test]
fn nothing_is_told_without_counsellors_and_an_assumption_without_lengths() {
    let queue = [person("p", OPEN)];
    assert_eq!(waits(&queue, &[], &Lately::default(), OPEN), []);
    assert_eq!(waits(&queue, &[OnDuty { capacity: 0, ..desk("c", &[], 0) }], &Lately::default(), OPEN), []);
    let told = |lengths: &[i64]| {
        let lately = Lately { lengths: lengths.to_vec(), ..Lately::default() };
        let one = OnDuty { capacity: 1, ..desk("c", &[], 1) };
        let wait = waits(&queue, &[one], &lately, OPEN).remove(0);
        (wait.half / MINUTE, wait.most / MINUTE)
    };
    let (half, most) = told(&[]);
    assert!((6..=10).contains(&half) && (15..=30).contains(&most), "{half} {most}");
    // Eight are enough, and of fewer each takes the place of an assumed one.
    assert_eq!(told(&[2 * MINUTE; 8]), (2, 2));
    let (half, most) = told(&[2 * MINUTE; 6]);
    assert!(half == 2 && most > 4, "{half} {most}");
    // Ten lengths tell less than the same ones fifty times.
    let long: Vec<_> = (0..100).map(|nth| person(&format!("p{nth:03}"), OPEN + nth)).collect();
    let range = |times: usize| {
        let lengths = [2, 3, 4, 5, 6, 8, 9, 12, 16, 30].map(|length| length * MINUTE).repeat(times);
        let told = waits(&long, &[desk("c", &[], 3)], &Lately { lengths, ..Lately::default() }, OPEN + MINUTE);
        told.last().map(|wait| wait.most - wait.half).expect("a wait")
    };
    assert!(range(1) > 3 * range(50), "{} {}", range(1), range(50));
}

#[test]
fn absurd_figures_do_no_harm() {
    let times = [i64::MIN, -1, 0, OPEN, i64::MAX];
    let shares = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1.0];
    let mut dice = Dice(3);
    for round in 0..60 {
        let (mut waiting, mut staff, _) = any(&mut dice);
        waiting.iter_mut().for_each(|who| who.since = times[dice.below(5)]);
        for one in &mut staff {
            one.talks.iter_mut().for_each(|since| *since = times[dice.below(5)]);
            one.free_since = times[dice.below(5)];
        }
        let lately = Lately {
            lengths: (0..dice.below(12)).map(|_| times[dice.below(5)]).collect(),
            requests: (0..dice.below(12)).map(|_| (times[dice.below(5)], dice.chance(0.5))).collect(),
            urgent: shares[dice.below(5)],
            hourly: shares[dice.below(5)],
            quarter: [0, 9, usize::MAX][dice.below(3)],
            passing: shares[dice.below(5)],
            taking: times[dice.below(5)],
        };
        let now = [0, OPEN][dice.below(2)];
        let able = staff.iter().any(|one| one.capacity > 0);
        assert_eq!(waits(&waiting, &staff, &lately, now).len(), if able { waiting.len() } else { 0 }, "{round}");
        offers(&waiting, &staff, now);
    }
}

#[test]
fn loads_of_equals_differ_by_one_at_most() {
    // While nothing ends, at every moment.
    let mut staff: Vec<_> = (0..10).map(|nth| desk(&format!("c{nth}"), &["law"], 0)).collect();
    for nth in 0..30 {
        let who = Waiting { skills: words(&["law"][..nth % 2]), ..person("p", OPEN) };
        let to = to(&who, &staff, OPEN).expect("a free place");
        staff.iter_mut().filter(|one| one.name == to).for_each(|one| one.talks.push(OPEN));
        let loads: Vec<_> = staff.iter().map(|one| one.talks.len()).collect();
        assert!(loads.iter().max() <= loads.iter().min().map(|least| least + 1).as_ref(), "{loads:?}");
    }
    let plan = Plan { alike: true, updates: false, usual: 0.5, spike: 1.5, ..PLAN };
    let days = days(plan, 0..4);
    let (made, spread) = days.iter().fold((0, 0), |(made, spread), day| (made + day.made, spread.max(day.spread)));
    // That each offer went to the least load among equals was seen as it was made.
    assert!(made > 1_000, "{made}");
    assert_eq!(spread, 1);
}

#[test]
fn half_of_the_waits_are_below_half_and_nine_in_ten_below_most() {
    let thin = Plan { every: 60, ..PLAN };
    let kinds = [
        ("as usual", thin),
        ("short ones", Plan { median: 5.0, sigma: 0.5, ..thin }),
        ("long ones", Plan { median: 15.0, sigma: 1.0, every: 20, ..thin }),
        ("4 counsellors", Plan { counsellors: 4, every: 20, ..thin }),
        ("20 counsellors", Plan { counsellors: 20, every: 120, ..thin }),
        ("nobody leaves", Plan { impatient: 0.0, ..thin }),
        ("many leave", Plan { patience: 25.0, ..thin }),
        ("some leave soon", Plan { patience: 5.0, impatient: 0.2, ..thin }),
    ];
    let mut all = Vec::new();
    for (nth, (name, plan)) in kinds.into_iter().enumerate() {
        let first = 1_000 * (nth as u64 + 1);
        let some = days(plan, first..first + 16);
        report(name, &some);
        all.extend(some);
    }
    report("all", &all);
    let holds = |coverage: Coverage, halves: f64, mosts: f64| {
        let (half, most) = coverage.fair;
        assert!((half - 50.0).abs() <= halves && (most - 90.0).abs() <= mosts, "{coverage}");
    };
    holds(coverage(&all, |shown, _| shown.arrival), 5.0, 3.0);
    holds(coverage(&all, |shown, fate| shown.arrival && fate.spike), 7.0, 4.0);
    holds(coverage(&all, |shown, _| !shown.arrival), 7.0, 4.0);
}

/// `DAYS=100 EVERY=20 cargo test --release -- --ignored --nocapture table`
#[test]
#[ignore = "a table, for minutes"]
fn table() {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(or);
    let days_each = number("DAYS", 40);
    let plans = [
        ("as usual", PLAN),
        ("median 5", Plan { median: 5.0, ..PLAN }),
        ("median 15", Plan { median: 15.0, ..PLAN }),
        ("sigma 0.5", Plan { sigma: 0.5, ..PLAN }),
        ("sigma 1.0", Plan { sigma: 1.0, ..PLAN }),
        ("4 counsellors", Plan { counsellors: 4, ..PLAN }),
        ("20 counsellors", Plan { counsellors: 20, ..PLAN }),
        ("nobody leaves", Plan { impatient: 0.0, ..PLAN }),
        ("20 % leave", Plan { patience: 25.0, ..PLAN }),
        ("a few impatient", Plan { patience: 5.0, impatient: 0.2, ..PLAN }),
        ("speeds differ", Plan { speeds: 0.3, ..PLAN }),
        ("longer queue", Plan { usual: 0.3, ..PLAN }),
        ("quiet before", Plan { before: Some(1.0), ..PLAN }),
        ("first day", Plan { before: None, ..PLAN }),
        ("busy, no spike", Plan { usual: 0.9, spike: 1.0, before: Some(1.0), ..PLAN }),
    ];
    for (nth, (name, plan)) in plans.into_iter().enumerate() {
        if std::env::var("ONLY").is_ok_and(|only| !name.contains(&only)) {
            continue;
        }
        let first = number("SEED", 0) + nth as u64 * 100_000;
        let begun = Instant::now();
        let plan = Plan { every: number("EVERY", 1) as usize, updates: number("UPDATES", 1) > 0, ..plan };
        report(name, &days(plan, first..first + days_each));
        eprintln!("  {:.1} s", begun.elapsed().as_secs_f64());
    }
}

/// The same throws on every machine (splitmix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn unit(&mut self) -> f64 {
        ((self.throw() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        (self.throw() >> 33) as usize % end.max(1)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.unit() <= share
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// Box and Muller.
    fn normal(&mut self) -> f64 {
        let angle = std::f64::consts::TAU * self.unit();
        (-2.0 * self.unit().ln()).sqrt() * angle.cos()
    }
}

/// A long queue before twenty counsellors who are all busy.
#[test]
#[ignore = "a clock on a busy machine"]
fn speed() {
    let plan = Plan { counsellors: 20, ..PLAN };
    let ledger = Day::new(plan, 3, Ledger::default(), false).play().ledger;
    let mut day = Day::new(plan, 5, ledger, false);
    let now = CLOSE;
    for nth in 0..2_000 {
        day.now = now - nth * SECOND;
        let person = day.person(nth as usize, nth % 50 == 0);
        day.waiting.push(person);
    }
    for one in &mut day.on_duty {
        one.talks = (0..one.capacity).map(|_| now - day.dice.exponential(12.0 * MINUTE as f64) as i64).collect();
    }
    let lately = day.ledger.lately(now);
    let clock = |what: &str, run: &dyn Fn() -> usize| {
        let mut took: Vec<_> = (0..30).map(|_| (Instant::now(), run()).0.elapsed()).collect();
        took.sort();
        eprintln!("{what}: {:?} at best, {:?} in the middle", took[0], took[15]);
    };
    for long in [20, 200, 2_000] {
        clock(&format!("waits of {long}"), &|| waits(&day.waiting[..long], &day.on_duty, &lately, now).len());
    }
    day.on_duty.iter_mut().for_each(|one| one.talks.clear());
    clock("offers", &|| offers(&day.waiting[..200], &day.on_duty, now).len());
}
