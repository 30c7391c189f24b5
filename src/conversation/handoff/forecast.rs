//! How long it takes until a counsellor has time: the queue is played forward many times.
//!
//! Nothing here is random: the dice begin with what is given, so the same queue gives the same answer.

use std::{cmp::Reverse, collections::BinaryHeap, iter};

use super::queue::{Desk, OFFER_MS, OnDuty, PATIENCE_MS, Person, Room, Waiting};

/// How many lengths of conversations are looked at, the newest ones.
const LENGTHS: usize = 500;

/// What conversations last while we know too few of ours, in ms: a lognormal with a median of 8 minutes
/// (σ 0.8) at the middles of its eighths. It is our assumption, and each known length takes the place of one.
const PRIOR: [i64; 8] = [141_000, 236_000, 325_000, 423_000, 544_000, 710_000, 976_000, 1_638_000];

/// The longest wait that is told, in ms: a day.
const LONGEST_MS: i64 = 86_400_000;

/// How many of the longest lengths tell how conversations go on that outlast nearly all others.
const TAIL: usize = 4;

/// How many conversations [`waits`] may play in one call, and how many runs that must and need give.
const STEPS: usize = 60_000;
const RUNS: (usize, usize) = (49, 299);

/// How far a wait has come when people begin to leave at another rate, in ms.
const STRETCHES: [i64; 5] = [60_000, 180_000, 600_000, 1_800_000, i64::MAX];

/// How it went lately: what a database can tell of the last days. All zeros if it cannot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lately {
    /// How long the conversations lasted that have ended, in ms: the last begun last (not the last ended,
    /// for then short ones would come first). 500 are looked at.
    pub lengths: Vec<i64>,
    /// How long each request waited that was taken or left, in ms, and whether it left.
    pub requests: Vec<(i64, bool)>,
    /// The share of them that were in distress, 0 to 1.
    pub urgent: f64,
    /// How many requests come in an hour just now (say, four times those of the last quarter).
    pub hourly: f64,
    /// The share of offers that were let pass, 0 to 1.
    pub passing: f64,
    /// How long offers stood until they were taken, in ms on average.
    pub taking: i64,
}

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
/// The queue is played forward many times by the rules of [`offers`], and the waits that come out are
/// counted. Each run first draws its own lengths out of the known ones (a bootstrap), so that what few
/// of them leave open widens the range; conversations that are going on last as long as known ones that
/// were longer. People ahead may leave, people in distress may come, and offers may be let pass, each as
/// often as lately. A person's own wait is the one until the turn comes, whether or not it would leave before.
pub fn waits(waiting: &[Waiting], on_duty: &[OnDuty], lately: &Lately, now: i64) -> Vec<Wait> {
    let room = Room::new(waiting, on_duty, now);
    if room.desks.iter().all(|desk| desk.who.capacity == 0) {
        return Vec::new();
    }
    let habits = Habits::new(lately, &room, now);
    let steps = room.queue.len() + on_duty.iter().map(|one| one.talks.len()).sum::<usize>();
    let runs = (STEPS / steps.max(1)).clamp(RUNS.0, RUNS.1);
    let mut dice = Dice(now.unsigned_abs().wrapping_add(steps as u64));
    let mut seen = vec![Vec::with_capacity(runs); room.queue.len()];
    for _ in 0..runs {
        let waits = Run::new(&room, &habits, now, &mut dice).play();
        seen.iter_mut().zip(waits).for_each(|(seen, wait)| seen.push(wait));
    }
    let told = |(ahead, (person, mut seen)): (usize, (&Person, Vec<i64>))| {
        let (half, most) = (quantile(&mut seen, 5)?, quantile(&mut seen, 9)?);
        Some(Wait { address: person.who.address.clone(), ahead, half, most })
    };
    room.queue.iter().zip(seen).enumerate().filter_map(told).collect()
}

/// What is drawn in the runs.
struct Habits {
    /// The lengths of conversations in ms, ascending, and whether each has ended; never empty.
    lengths: Vec<(i64, bool)>,
    leaving: Leaving,
    /// How many were in distress, and how many ms lie between two of them.
    urgent: (f64, f64),
    passing: f64,
    taking: f64,
}

impl Habits {
    fn new(lately: &Lately, room: &Room, now: i64) -> Self {
        let newest = lately.lengths.len().saturating_sub(LENGTHS);
        let mut ended: Vec<_> = lately.lengths.iter().skip(newest).copied().collect();
        // As many of the eight as are missing, evenly.
        let missing = PRIOR.len().saturating_sub(ended.len());
        ended.extend((0..missing).filter_map(|nth| PRIOR.get((2 * nth + 1) * PRIOR.len() / (2 * missing))));
        let talks = room.desks.iter().flat_map(|desk| &desk.who.talks).map(|since| (now.saturating_sub(*since), false));
        let lengths = ended.into_iter().map(|length| (length, true)).chain(talks);
        let mut lengths: Vec<_> = lengths.map(|(length, ended)| (length.max(1), ended)).collect();
        lengths.sort_unstable();
        let distressed = lately.urgent * lately.requests.len() as f64;
        let between = 3_600_000.0 / (lately.urgent * lately.hourly);
        Self {
            lengths,
            leaving: Leaving::new(lately, room, now),
            // Nobody is told of more than one each ten seconds.
            urgent: (distressed, between.max(10_000.0)),
            passing: lately.passing,
            taking: lately.taking.max(1) as f64,
        }
    }
}

/// Lengths as they may be in a run.
struct Lengths {
    /// What is known of each, ascending.
    known: Vec<i64>,
    /// What each comes to.
    whole: Vec<i64>,
}

impl Lengths {
    /// As many as there are, each as often as it falls. One that goes on comes to any of the longer ones
    /// (the redistribution to the right of Efron 1967), or else the many short ones, which end first,
    /// would have too much weight when many conversations have begun lately.
    fn draw(lengths: &[(i64, bool)], dice: &mut Dice) -> Self {
        let mut times = vec![0; lengths.len()];
        for _ in lengths {
            times.iter_mut().skip(dice.below(lengths.len())).take(1).for_each(|times| *times += 1);
        }
        let drawn = lengths.iter().zip(times).flat_map(|(length, times)| iter::repeat_n(*length, times));
        let drawn: Vec<_> = drawn.collect();
        let mut whole = Vec::with_capacity(drawn.len());
        for (length, ended) in drawn.iter().rev() {
            whole.push(if *ended || whole.is_empty() { *length } else { dice.of(&whole).max(*length) });
        }
        whole.reverse();
        Self { known: drawn.into_iter().map(|(length, _)| length).collect(), whole }
    }

    fn any(&self, dice: &mut Dice) -> i64 {
        dice.of(&self.whole)
    }

    /// How long one goes on that has gone on for so long, in ms.
    fn rest(&self, elapsed: i64, dice: &mut Dice) -> i64 {
        let longer = self.known.partition_point(|length| *length <= elapsed);
        let tail = self.known.len().saturating_sub(TAIL);
        if longer <= tail {
            return dice.of(self.whole.get(longer..).unwrap_or_default()).saturating_sub(elapsed);
        }
        // Longer than nearly all: as the longest ones outlast the next, so it goes on, in proportion.
        let base = self.known.get(tail - 1).copied().unwrap_or(1).max(1);
        let longest = dice.of(self.whole.get(tail..).unwrap_or_default());
        (elapsed as f64 * (longest as f64 / base as f64 - 1.0)) as i64
    }
}

/// How people leave: for each stretch of a wait when it ends (ms), how many left in it, and after how many
/// ms one does on average.
struct Leaving(Vec<(i64, f64, f64)>);

impl Leaving {
    /// The rate is taken apart for each stretch, since the impatient leave soon and the others stay
    /// (Brown et al. 2005). Who waits now counts as not having left yet.
    fn new(lately: &Lately, room: &Room, now: i64) -> Self {
        let here = room.queue.iter().map(|person| (now.saturating_sub(person.who.since), false));
        let waits: Vec<_> =
            lately.requests.iter().copied().chain(here).map(|(wait, left)| (wait.max(1), left)).collect();
        let counted = |from: i64, to: i64| {
            let within = waits.iter().filter(|(wait, _)| *wait > from);
            within.fold((0.0, 0.0), |(left, spent), (wait, leaves)| {
                let leaves = *leaves && *wait <= to;
                (left + f64::from(u8::from(leaves)), spent + (wait.min(&to) - from) as f64)
            })
        };
        let (all, spent) = counted(0, i64::MAX);
        let mut from = 0;
        let stretch = |to| {
            let (left, here) = counted(from, to);
            from = to;
            // Where little is known, as overall: as if one more had left at that rate.
            (to, left + 1.0, (here + spent / all) / (left + 1.0))
        };
        Self(STRETCHES.map(stretch).to_vec())
    }
}

/// What happens in a run.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    /// A desk gets a place back.
    Ends(usize),
    /// So does one that let a person pass.
    Passes(usize, usize),
    /// Somebody need not wait for a skill any longer.
    Patience,
    /// Somebody comes in distress.
    Comes,
}

/// One way in which it may go on.
struct Run<'a> {
    room: &'a Room<'a>,
    habits: &'a Habits,
    now: i64,
    dice: &'a mut Dice,
    lengths: Lengths,
    desks: Vec<Desk<'a>>,
    /// Who still waits for an offer, in order.
    line: Vec<usize>,
    /// Who has come in distress since.
    others: usize,
    between: f64,
    /// When each person leaves.
    leaves: Vec<i64>,
    events: BinaryHeap<Reverse<(i64, Event)>>,
    waits: Vec<i64>,
    unseen: usize,
}

impl<'a> Run<'a> {
    fn new(room: &'a Room<'a>, habits: &'a Habits, now: i64, dice: &'a mut Dice) -> Self {
        let lengths = Lengths::draw(&habits.lengths, dice);
        // How often people leave or come in distress is known from few of them only.
        let leaving: Vec<_> = habits.leaving.0.iter().map(|(to, left, mean)| (*to, mean / dice.about(*left))).collect();
        let between = habits.urgent.1 / dice.about(habits.urgent.0);
        let leaves = room.queue.iter().map(|person| leave(person.who.since, now, &leaving, dice)).collect();
        let open = |(index, person): (usize, &Person)| person.held.is_none().then_some(index);
        let line = room.queue.iter().enumerate().filter_map(open).collect();
        let (desks, events, unseen) = (room.desks.clone(), BinaryHeap::new(), room.queue.len());
        let waits = vec![LONGEST_MS; unseen];
        let mut run =
            Self { room, habits, now, dice, lengths, desks, line, others: 0, between, leaves, events, waits, unseen };
        run.begin();
        run
    }

    fn begin(&mut self) {
        let room = self.room;
        for (index, desk) in room.desks.iter().enumerate() {
            for since in &desk.who.talks {
                let rest = self.lengths.rest(self.now.saturating_sub(*since).max(0), self.dice);
                self.after(self.now, rest, Event::Ends(index));
            }
        }
        let patience = self.room.queue.iter().map(|person| person.who.since.saturating_add(PATIENCE_MS));
        self.events.extend(patience.filter(|end| *end > self.now).map(|end| Reverse((end, Event::Patience))));
        let comes = self.dice.spell(self.between);
        self.after(self.now, comes, Event::Comes);
    }

    fn play(mut self) -> Vec<i64> {
        let room = self.room;
        for (index, person) in room.queue.iter().enumerate() {
            if let Some((desk, since)) = person.held {
                self.offer(index, desk, since, self.now);
            }
        }
        self.route(self.now);
        while self.unseen > 0
            && let Some(Reverse((at, event))) = self.events.pop()
            && at.saturating_sub(self.now) < LONGEST_MS
        {
            match event {
                Event::Ends(desk) => self.load(desk, -1),
                Event::Passes(desk, person) => {
                    self.load(desk, -1);
                    let place = self.line.partition_point(|other| *other < person);
                    self.line.insert(place, person);
                }
                Event::Patience => {}
                Event::Comes => {
                    self.others += 1;
                    let next = self.dice.spell(self.between);
                    self.after(at, next, Event::Comes);
                }
            }
            self.route(at);
        }
        self.waits
    }

    /// Fills the free places, as [`offers`] does.
    fn route(&mut self, at: i64) {
        let mut next = 0;
        while let Some(&index) = self.line.get(next)
            && self.desks.iter().any(Desk::is_free)
        {
            let room = self.room;
            let Some(person) = room.queue.get(index) else { return };
            if self.others > 0 && !person.who.urgent {
                self.let_in(at);
            } else if let Some(desk) = person.best(&self.desks, at) {
                self.line.remove(next);
                self.load(desk, 1);
                self.offer(index, desk, at, at);
            } else {
                next += 1;
            }
        }
    }

    /// Gives the least busy desk to one who has come in distress.
    fn let_in(&mut self, at: i64) {
        let free = self.desks.iter().enumerate().filter(|(_, desk)| desk.is_free());
        if let Some((index, _)) = free.min_by_key(|(_, desk)| desk.load) {
            self.others -= 1;
            self.load(index, 1);
            let length = self.lengths.any(self.dice);
            self.after(at, length, Event::Ends(index));
        }
    }

    /// An offer was made, and the desk holds a place for it: what becomes of it after a time.
    fn offer(&mut self, index: usize, desk: usize, made: i64, at: i64) {
        let Habits { passing, taking, .. } = *self.habits;
        // The longer it has stood, the less it looks as if it would be taken.
        let standing = (1.0 - passing) * (-(at.saturating_sub(made) as f64) / taking).exp();
        let end = made.saturating_add(OFFER_MS);
        if self.dice.unit() * (passing + standing) < passing {
            return self.events.push(Reverse((end, Event::Passes(desk, index))));
        }
        let taken = at.saturating_add(self.dice.spell(taking)).min(end);
        self.unseen -= 1;
        let wait = taken.saturating_sub(self.now).min(LONGEST_MS);
        self.waits.iter_mut().skip(index).take(1).for_each(|seen| *seen = wait);
        // Its turn has come, but it would have left.
        let stayed = self.leaves.get(index).is_none_or(|leaves| *leaves > at);
        let length = if stayed { self.lengths.any(self.dice) } else { 0 };
        let from = if stayed { taken } else { at };
        self.after(from, length, Event::Ends(desk));
    }

    fn load(&mut self, desk: usize, by: isize) {
        let desk = self.desks.iter_mut().skip(desk).take(1);
        desk.for_each(|desk| desk.load = desk.load.saturating_add_signed(by));
    }

    fn after(&mut self, from: i64, wait: i64, event: Event) {
        if wait < LONGEST_MS {
            self.events.push(Reverse((from.saturating_add(wait), event)));
        }
    }
}

/// When a person leaves who has waited since then, given the mean of each stretch.
fn leave(since: i64, now: i64, leaving: &[(i64, f64)], dice: &mut Dice) -> i64 {
    let mut waited = now.saturating_sub(since).max(0);
    for &(to, mean) in leaving {
        if to <= waited {
            continue;
        }
        let spell = dice.spell(mean);
        if spell < to - waited {
            return since.saturating_add(waited).saturating_add(spell);
        }
        waited = to;
    }
    i64::MAX
}

/// The value that so many tenths of the seen ones lie below; none if nothing was seen.
fn quantile(seen: &mut [i64], tenths: usize) -> Option<i64> {
    // The k-th of n leaves k/(n + 1) below it.
    let nth = ((seen.len() + 1) * tenths).div_ceil(10).min(seen.len()).checked_sub(1)?;
    Some(*seen.select_nth_unstable(nth).1)
}

/// The same throws for the same beginning (splitmix64, Steele, Lea & Flood 2014).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Above 0, at most 1.
    fn unit(&mut self) -> f64 {
        ((self.throw() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.throw()) * end as u128) >> 64) as usize
    }

    fn of(&mut self, values: &[i64]) -> i64 {
        values.get(self.below(values.len())).copied().unwrap_or_default()
    }

    /// A time that does not age, in ms; for ever if there is no mean.
    fn spell(&mut self, mean: f64) -> i64 {
        let spell = -self.unit().ln() * mean;
        if spell.is_finite() { spell as i64 } else { i64::MAX }
    }

    /// About 1: how far a rate may be from the one that was counted so often (a gamma).
    fn about(&mut self, counted: f64) -> f64 {
        let counted = (counted as usize).clamp(1, 64);
        let product: f64 = (0..counted).map(|_| self.unit()).product();
        -product.ln() / counted as f64
    }
}
