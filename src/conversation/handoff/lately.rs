//! How it went at the counsellors' desks lately, and how it may go on: what a run of the forecast draws.

use super::queue::{Desk, Waiting};

/// How many lengths of conversations are looked at.
const LENGTHS: usize = 500;

/// What conversations last while too few are known, in ms: a lognormal with a median of 8 minutes (σ 0.8)
/// at the middles of its eighths. It is an assumption, and each known length takes the place of one.
const PRIOR: [i64; 8] = [141_000, 236_000, 325_000, 423_000, 544_000, 710_000, 976_000, 1_638_000];

/// How many of the longest lengths tell how conversations go on that have outlasted nearly all others.
const TAIL: usize = 4;

/// Where the stretches of a wait end in which people may leave at different rates, in ms.
const STRETCHES: [i64; 5] = [60_000, 180_000, 600_000, 1_800_000, i64::MAX];

/// How long a rush or a lull is assumed to go on, in ms on average, before requests come as usual.
const RUSH_MS: f64 = 3_600_000.0;

/// The shortest time between two requests in distress that is believed, in ms.
const BETWEEN_MS: f64 = 10_000.0;

/// The largest share of offers that is believed to be let pass: the first offers of all may both have been.
const PASSING: f64 = 0.5;

/// How it went lately: what a database can tell of the last days. Empty and zeros if it cannot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lately {
    /// How long the conversations lasted that have ended, in ms. The last begun come last (not the last
    /// ended: of those that began together the short ones end first); 500 of them are looked at.
    pub lengths: Vec<i64>,
    /// How long each request waited that was taken or left, in ms, and whether it left.
    pub requests: Vec<(i64, bool)>,
    /// The share of these requests that were in distress, 0 to 1.
    pub urgent: f64,
    /// How many requests usually come in an hour of service.
    pub hourly: f64,
    /// How many came in the last quarter of an hour.
    pub quarter: usize,
    /// The share of offers that were let pass, 0 to 1.
    pub passing: f64,
    /// How long offers stood until they were taken, in ms on average.
    pub taking: i64,
}

/// What is known, in the form from which it is drawn.
pub(super) struct Habits {
    /// The lengths of conversations in ms, ascending, and whether each has ended; never empty.
    lengths: Vec<(i64, bool)>,
    /// For each of the stretches how many left in it, and after how many ms of waiting one does.
    leaving: [(f64, f64); STRETCHES.len()],
    /// How many requests were in distress, and their share.
    urgent: (f64, f64),
    /// How many requests come in an hour now and usually.
    hourly: (f64, f64),
    /// The share of offers that are let pass.
    pub(super) passing: f64,
    /// How long others stand until they are taken, in ms on average.
    pub(super) taking: f64,
}

impl Habits {
    pub(super) fn new(lately: &Lately, queue: &[&Waiting], desks: &[Desk], now: i64) -> Self {
        let talks = desks.iter().flat_map(|desk| &desk.who.talks).map(|since| now.saturating_sub(*since));
        let here = queue.iter().map(|who| (now.saturating_sub(who.since), false));
        let waits: Vec<_> = lately.requests.iter().copied().chain(here).collect();
        // Who is in distress waits less, so those who still wait count as well.
        let distressed = queue.iter().filter(|who| who.urgent).count() as f64;
        let distressed = lately.urgent * lately.requests.len() as f64 + distressed;
        Self {
            lengths: lengths(&lately.lengths, talks),
            leaving: leaving(&waits),
            urgent: (distressed, distressed / waits.len().max(1) as f64),
            hourly: (4.0 * lately.quarter as f64, lately.hourly),
            passing: lately.passing.min(PASSING),
            taking: lately.taking.max(1) as f64,
        }
    }
}

fn lengths(ended: &[i64], talks: impl Iterator<Item = i64>) -> Vec<(i64, bool)> {
    let newest = ended.iter().skip(ended.len().saturating_sub(LENGTHS));
    // As many of the eight as are missing, evenly.
    let missing = PRIOR.len().saturating_sub(ended.len());
    let assumed = (0..missing).filter_map(|nth| PRIOR.get((2 * nth + 1) * PRIOR.len() / (2 * missing)));
    let ended = newest.chain(assumed).map(|length| (*length, true));
    let mut lengths: Vec<_> = ended.chain(talks.map(|length| (length, false))).collect();
    lengths.sort_unstable();
    lengths
}

/// The rates are taken apart, since the impatient leave soon and the others stay (Brown et al., Statistical
/// Analysis of a Telephone Call Center, JASA 2005). Who still waits counts as not having left so far.
fn leaving(waits: &[(i64, bool)]) -> [(f64, f64); STRETCHES.len()] {
    let counted = |from: i64, to: i64| {
        let within = waits.iter().filter(|(wait, _)| *wait > from);
        within.fold((0.0, 0.0), |(left, spent), &(wait, leaves)| {
            (left + f64::from(u8::from(leaves && wait <= to)), spent + (wait.min(to) - from) as f64)
        })
    };
    let (left, spent) = counted(0, i64::MAX);
    let overall = spent / left;
    let mut from = 0;
    STRETCHES.map(|to| {
        let (left, spent) = counted(from, to);
        from = to;
        // As if one more had left at the overall rate, which holds where nothing else is known.
        (left + 1.0, (spent + overall) / (left + 1.0))
    })
}

/// What holds in one run.
pub(super) struct World {
    lengths: Lengths,
    /// After how many ms of waiting people leave on average, for each stretch.
    leaving: [f64; STRETCHES.len()],
    /// How long requests come as they do now, in ms from now.
    rush: i64,
    /// How many ms lie between two people in distress on average, until then and after.
    between: (f64, f64),
}

impl World {
    /// Rates that are known from few people only may be quite different ones.
    pub(super) fn draw(habits: &Habits, dice: &mut Dice) -> Self {
        let share = habits.urgent.1 * dice.about(habits.urgent.0);
        let between = |hourly: f64| (3_600_000.0 / (share * hourly)).max(BETWEEN_MS);
        Self {
            lengths: Lengths::draw(&habits.lengths, dice),
            leaving: habits.leaving.map(|(left, mean)| mean / dice.about(left)),
            rush: dice.spell(RUSH_MS),
            between: (between(habits.hourly.0), between(habits.hourly.1)),
        }
    }

    /// How long a conversation lasts, in ms.
    pub(super) fn length(&self, dice: &mut Dice) -> i64 {
        dice.of(&self.lengths.whole)
    }

    /// How long one goes on that has gone on for so long, in ms.
    pub(super) fn rest(&self, elapsed: i64, dice: &mut Dice) -> i64 {
        let Lengths { known, whole } = &self.lengths;
        let tail = known.len().saturating_sub(TAIL);
        let longer = known.partition_point(|length| *length <= elapsed);
        if longer <= tail {
            return dice.of(whole.get(longer..).unwrap_or_default()).saturating_sub(elapsed);
        }
        // Longer than nearly all: as the longest ones outlast the next, so it goes on, in proportion.
        let next = known.get(tail.saturating_sub(1)).copied().unwrap_or_default().max(1);
        let longest = dice.of(whole.get(tail..).unwrap_or_default());
        (elapsed as f64 * (longest as f64 / next as f64 - 1.0)) as i64
    }

    /// How long one waits in all who has waited for so long, before it leaves, in ms.
    pub(super) fn patience(&self, mut waited: i64, dice: &mut Dice) -> i64 {
        for (to, mean) in STRETCHES.into_iter().zip(self.leaving) {
            if waited < to {
                let spell = dice.spell(mean);
                if spell < to.saturating_sub(waited) {
                    return waited.saturating_add(spell);
                }
                waited = to;
            }
        }
        i64::MAX
    }

    /// When the next one comes in distress after a time, both in ms from now.
    pub(super) fn distress(&self, after: i64, dice: &mut Dice) -> i64 {
        let next = after.saturating_add(dice.spell(self.between.0));
        if next < self.rush { next } else { after.max(self.rush).saturating_add(dice.spell(self.between.1)) }
    }
}

/// Lengths of conversations in ms, drawn from the known ones.
struct Lengths {
    /// What is known of each, ascending.
    known: Vec<i64>,
    /// What each comes to.
    whole: Vec<i64>,
}

impl Lengths {
    /// As many as there are, each as often as it falls (a bootstrap). One that goes on comes to any of the
    /// longer ones (the redistribution to the right of Efron, Fifth Berkeley Symposium 1967): without those
    /// that go on, the short ones would have too much weight whenever many have begun lately.
    fn draw(lengths: &[(i64, bool)], dice: &mut Dice) -> Self {
        let mut times = vec![0; lengths.len()];
        for _ in lengths {
            if let Some(times) = times.get_mut(dice.below(lengths.len())) {
                *times += 1;
            }
        }
        let (mut known, mut whole) = (Vec::with_capacity(lengths.len()), Vec::with_capacity(lengths.len()));
        for ((length, ended), times) in lengths.iter().zip(times).rev() {
            for _ in 0..times {
                whole.push(if *ended || whole.is_empty() { *length } else { dice.of(&whole) });
                known.push(*length);
            }
        }
        known.reverse();
        whole.reverse();
        Self { known, whole }
    }
}

/// The same throws for the same beginning (splitmix64: Steele, Lea and Flood, OOPSLA 2014).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Above 0, at most 1.
    pub(super) fn unit(&mut self) -> f64 {
        ((self.throw() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.throw()) * end as u128) >> 64) as usize
    }

    fn of(&mut self, values: &[i64]) -> i64 {
        values.get(self.below(values.len())).copied().unwrap_or_default()
    }

    /// A time that does not age (an exponential), in ms; for ever if there is no mean.
    pub(super) fn spell(&mut self, mean: f64) -> i64 {
        let spell = -self.unit().ln() * mean;
        if spell.is_finite() { spell as i64 } else { i64::MAX }
    }

    /// About 1: by how much a rate may differ from the one that was counted so often (a gamma).
    fn about(&mut self, counted: f64) -> f64 {
        let counted = (counted as usize).clamp(1, 64);
        let product: f64 = (0..counted).map(|_| self.unit()).product();
        -product.ln() / counted as f64
    }
}
