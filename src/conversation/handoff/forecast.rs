//! How long it takes until a counsellor has time: the queue is played forward many times.
//!
//! Nothing here is random: the dice begin with what is given, so the same queue gives the same answer.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    lately::{Dice, Habits, Lately, World},
    queue::{Desk, OFFER_MS, OnDuty, PATIENCE_MS, Person, Waiting, desks, in_order},
};

/// How many conversations are played in one call, and how many runs that must and need be.
const STEPS: usize = 40_000;
const RUNS: (usize, usize) = (49, 199);

/// The longest wait that is told, in ms: a day.
const LONGEST_MS: i64 = 86_400_000;

/// What to tell a waiting person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wait {
    /// The person's address.
    pub address: String,
    /// How many are served before.
    pub ahead: usize,
    /// Half of such waits are shorter: ms from now until a counsellor takes over.
    pub half: i64,
    /// Nine in ten of such waits are shorter: ms from now.
    pub most: i64,
}

/// What to tell everybody who waits, in the order of the queue; nothing if nobody is on duty.
///
/// The queue is played forward many times by the rules of [`offers`](super::queue::offers), and the waits
/// that come out are counted. Lengths of conversations are drawn from the known ones, and those that are
/// held now last as long as known ones that were longer. People ahead may leave, people in distress may
/// come, and offers may be let pass, each as often as lately. What few known ones leave open widens the
/// range. A wait is the one until the person's turn comes, whether or not it would have left before.
pub fn waits(waiting: &[Waiting], on_duty: &[OnDuty], lately: &Lately, now: i64) -> Vec<Wait> {
    if on_duty.iter().all(|one| one.capacity == 0) {
        return Vec::new();
    }
    let (line, desks) = (in_order(waiting), desks(waiting, on_duty, now));
    let habits = Habits::new(lately, &line, &desks, now);
    let queue: Vec<_> = line.into_iter().map(|who| Person::new(who, &desks, now)).collect();
    let steps = queue.len() + on_duty.iter().map(|one| one.talks.len()).sum::<usize>();
    let runs = (STEPS / steps.max(1)).clamp(RUNS.0, RUNS.1);
    let mut dice = Dice(now.unsigned_abs().wrapping_add(steps as u64));
    let mut seen = vec![Vec::with_capacity(runs); queue.len()];
    for _ in 0..runs {
        let waits = Run::new(&queue, &desks, &habits, now, &mut dice).play();
        seen.iter_mut().zip(waits).for_each(|(seen, wait)| seen.push(wait));
    }
    let told = |(ahead, (person, mut seen)): (usize, (&Person, Vec<i64>))| {
        let (half, most) = (quantile(&mut seen, 5)?, quantile(&mut seen, 9)?);
        Some(Wait { address: person.who.address.clone(), ahead, half, most })
    };
    queue.iter().zip(seen).enumerate().filter_map(told).collect()
}

/// The value that so many tenths lie below.
fn quantile(seen: &mut [i64], tenths: usize) -> Option<i64> {
    // The k-th of n has k/(n + 1) below it.
    let nth = ((seen.len() + 1) * tenths + 5) / 10;
    let nth = nth.checked_sub(1).filter(|nth| *nth < seen.len())?;
    Some(*seen.select_nth_unstable(nth).1)
}

/// What happens in a run.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    /// A desk has a place again.
    Ends(usize),
    /// So it has, and lets a person pass.
    Passes(usize, usize),
    /// Somebody need not wait for the skilled any longer.
    Relaxes,
    /// Somebody comes in distress.
    Comes,
}

/// One way in which it may go on.
struct Run<'a> {
    queue: &'a [Person<'a>],
    desks: Vec<Desk<'a>>,
    habits: &'a Habits,
    world: World,
    dice: &'a mut Dice,
    now: i64,
    events: BinaryHeap<Reverse<(i64, Event)>>,
    /// Who has no offer, in order.
    line: Vec<usize>,
    /// How many have come in distress and wait.
    others: usize,
    /// When each person leaves.
    leaves: Vec<i64>,
    /// How long each person waits, in ms, and how many have not been served.
    waits: Vec<i64>,
    unserved: usize,
}

impl<'a> Run<'a> {
    fn new(queue: &'a [Person<'a>], desks: &[Desk<'a>], habits: &'a Habits, now: i64, dice: &'a mut Dice) -> Self {
        let world = World::draw(habits, dice);
        let mut leaves = |person: &Person| {
            let patience = world.patience(now.saturating_sub(person.who.since), dice);
            person.who.since.saturating_add(patience)
        };
        let leaves = queue.iter().map(&mut leaves).collect();
        let mut run = Self {
            queue,
            desks: desks.to_vec(),
            habits,
            world,
            dice,
            now,
            events: BinaryHeap::new(),
            line: Vec::with_capacity(queue.len()),
            others: 0,
            leaves,
            waits: vec![LONGEST_MS; queue.len()],
            unserved: queue.len(),
        };
        run.begin(desks);
        run
    }

    fn begin(&mut self, desks: &[Desk]) {
        for (index, desk) in desks.iter().enumerate() {
            for since in &desk.who.talks {
                let rest = self.world.rest(self.now.saturating_sub(*since), self.dice);
                self.after(self.now, rest, Event::Ends(index));
            }
        }
        let queue = self.queue;
        for (index, person) in queue.iter().enumerate() {
            let relaxes = person.who.since.saturating_add(PATIENCE_MS);
            if relaxes > self.now {
                self.events.push(Reverse((relaxes, Event::Relaxes)));
            }
            let offer = person.who.offered_to(self.now).zip(person.who.offered.as_ref());
            let desk = offer.and_then(|(to, _)| desks.iter().position(|desk| desk.who.name == to));
            match desk.zip(offer) {
                Some((desk, (_, (_, made)))) => self.offered(index, desk, *made, self.now),
                None => self.line.push(index),
            }
        }
        self.next(0);
    }

    /// How long each person waits.
    fn play(mut self) -> Vec<i64> {
        self.route(self.now);
        while self.unserved > 0
            && let Some(Reverse((at, event))) = self.events.pop()
            && at.saturating_sub(self.now) < LONGEST_MS
        {
            match event {
                Event::Ends(desk) => self.load(desk, -1),
                Event::Passes(desk, person) => {
                    self.load(desk, -1);
                    self.line.insert(self.line.partition_point(|other| *other < person), person);
                }
                Event::Relaxes => {}
                Event::Comes => {
                    self.others += 1;
                    self.next(at.saturating_sub(self.now));
                }
            }
            self.route(at);
        }
        self.waits
    }

    /// Fills the free places in the order of the queue.
    fn route(&mut self, at: i64) {
        let queue = self.queue;
        let mut next = 0;
        while self.desks.iter().any(Desk::is_free)
            && let Some((index, person)) = self.line.get(next).and_then(|index| Some((*index, queue.get(*index)?)))
        {
            if self.others > 0 && !person.who.urgent {
                self.let_in(at);
            } else if let Some(desk) = person.best(&self.desks, at) {
                self.line.remove(next);
                self.load(desk, 1);
                self.offered(index, desk, at, at);
            } else {
                next += 1;
            }
        }
    }

    /// Gives the freest desk to one who has come in distress.
    fn let_in(&mut self, at: i64) {
        let free = self.desks.iter().enumerate().filter(|(_, desk)| desk.is_free());
        if let Some((index, _)) = free.min_by_key(|(_, desk)| desk.load) {
            self.others -= 1;
            self.load(index, 1);
            let length = self.world.length(self.dice);
            self.after(at, length, Event::Ends(index));
        }
    }

    /// What becomes of an offer that was made and stands at a time; the desk holds a place for it.
    fn offered(&mut self, index: usize, desk: usize, made: i64, at: i64) {
        let Habits { passing, taking, .. } = *self.habits;
        // The longer it has stood, the less it looks as if it would be taken.
        let standing = (1.0 - passing) * (-(at.saturating_sub(made) as f64) / taking).exp();
        let end = made.saturating_add(OFFER_MS);
        if self.dice.unit() * (passing + standing) < passing {
            return self.events.push(Reverse((end, Event::Passes(desk, index))));
        }
        let taken = at.saturating_add(self.dice.spell(taking)).min(end);
        self.unserved -= 1;
        let wait = taken.saturating_sub(self.now).min(LONGEST_MS);
        if let Some(seen) = self.waits.get_mut(index) {
            *seen = wait;
        }
        if self.leaves.get(index).is_some_and(|leaves| *leaves <= at) {
            // Its turn has come, but it would not be here: the next one has the place.
            self.after(at, 0, Event::Ends(desk));
        } else {
            let length = self.world.length(self.dice);
            self.after(taken, length, Event::Ends(desk));
        }
    }

    /// The next one in distress, after so many ms.
    fn next(&mut self, after: i64) {
        let comes = self.world.distress(after, self.dice);
        self.after(self.now, comes, Event::Comes);
    }

    fn load(&mut self, desk: usize, by: isize) {
        if let Some(desk) = self.desks.get_mut(desk) {
            desk.load = desk.load.saturating_add_signed(by);
        }
    }

    fn after(&mut self, from: i64, wait: i64, event: Event) {
        if wait < LONGEST_MS {
            self.events.push(Reverse((from.saturating_add(wait), event)));
        }
    }
}
