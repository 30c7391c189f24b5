//! Delivers what was said: takes what is due, sends it, notes what became of it.

use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    task::JoinSet,
};
use uuid::Uuid;

use crate::{
    channels::{Channels, Progress, SendError},
    clock::Clock,
    crash,
    inbox::Change,
    metrics,
    store::{Outgoing, Said, Store},
};

/// Conversations that are sent to at the same time.
const AT_ONCE: usize = 16;

/// Messages that are looked up at once; they are sent when their turn comes.
const AHEAD: i64 = 64;

/// Even without a hint the table is looked at this often.
const LOOK: Duration = Duration::from_secs(2);

/// The longest wait between two tries, in milliseconds.
const LONGEST_WAIT: i64 = 3_600_000;

/// Tries before a message is given up: about two days.
const TRIES: i64 = 60;

/// Of what may go to everybody together, one person gets so much less in the long run.
const SHARE: u32 = 28;

/// Sends what the store says is due.
pub struct Outbox {
    store: Arc<Store>,
    channels: Channels,
    clock: Clock,
    all: DefaultDirectRateLimiter,
    each: DefaultKeyedRateLimiter<String>,
}

impl Outbox {
    /// An outbox over a store that sends so many messages a second; one person may get as many at once,
    /// but no more than a message a second for long.
    pub fn new(store: Arc<Store>, channels: Channels, clock: Clock, rate: NonZeroU32) -> Arc<Self> {
        let all = RateLimiter::direct(Quota::per_second(rate));
        let share = NonZeroU32::new(rate.get() / SHARE).unwrap_or(NonZeroU32::MIN);
        let each = RateLimiter::keyed(Quota::per_second(share).allow_burst(rate));
        Arc::new(Self { store, channels, clock, all, each })
    }

    /// Delivers until the program ends.
    pub async fn run(self: Arc<Self>, mut changes: broadcast::Receiver<Change>) {
        let mut waiting: Vec<Outgoing> = Vec::new();
        let mut sending = JoinSet::new();
        let mut tidied = Instant::now();
        if let Err(error) = self.store.release(self.clock.now(), true).await {
            tracing::error!("the outbox cannot read the store: {error:#}");
        }
        loop {
            if tidied.elapsed() > LOOK {
                tidied = Instant::now();
                self.each.retain_recent();
                if let Err(error) = self.store.release(self.clock.now(), false).await {
                    tracing::error!("the outbox cannot read the store: {error:#}");
                }
            }
            let pause = match self.begin(&mut waiting, &mut sending).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!("the outbox cannot read the store: {error:#}");
                    LOOK
                }
            };
            tokio::select! {
                Some(_) = sending.join_next() => {}
                open = self.hint(&mut changes) => if !open { return },
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Waits until there may be something to send; false when nothing will come any more.
    async fn hint(&self, changes: &mut broadcast::Receiver<Change>) -> bool {
        loop {
            match changes.recv().await {
                Ok(change) if !self.channels.sends_to(&change.address) => {}
                Err(RecvError::Closed) => return false,
                Ok(_) | Err(RecvError::Lagged(_)) => return true,
            }
        }
    }

    /// Begins to send what may be sent now; how long until there may be more.
    async fn begin(self: &Arc<Self>, waiting: &mut Vec<Outgoing>, sending: &mut JoinSet<()>) -> Result<Duration> {
        if sending.len() >= AT_ONCE {
            return Ok(LOOK);
        }
        let now = self.clock.now();
        if waiting.is_empty() {
            *waiting = self.store.due(now, AHEAD).await?;
        }
        let mut pause = if waiting.is_empty() { LOOK } else { Duration::from_millis(20) };
        let (mut ready, mut open) = (Vec::new(), true);
        waiting.retain(|outgoing| {
            let place = open && sending.len() + ready.len() < AT_ONCE;
            // Neither a person nor the platform is flooded.
            if !place || self.each.check_key(&outgoing.to.to_string()).is_err() {
                return true;
            }
            open = self.all.check().is_ok();
            if open {
                ready.push(outgoing.clone());
            }
            !open
        });
        if ready.is_empty() {
            return Ok(pause);
        }
        for outgoing in self.store.claim(ready, now).await? {
            let outbox = Arc::clone(self);
            sending.spawn(async move {
                if let Err(error) = outbox.send(&outgoing).await {
                    tracing::error!("what became of a message cannot be noted: {error:#}");
                }
            });
        }
        if waiting.is_empty() {
            // There may be more behind what was found.
            pause = Duration::ZERO;
        }
        Ok(pause)
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<()> {
        // A person's own words are never due.
        let Said::Message(message) = &outgoing.line.said else { return Ok(()) };
        let (address, seq) = (&outgoing.to, outgoing.line.seq);
        crash::before("send");
        let sent = self.channels.send(address, message, outgoing.parts).await;
        crash::after("send");
        match sent {
            Ok(Progress::Whole) => {
                metrics::SENT.count();
                self.store.sent(outgoing).await
            }
            Ok(Progress::Parts(parts)) => self.store.sent_parts(outgoing, parts).await,
            Err(SendError::Final(why)) => {
                metrics::UNDELIVERABLE.count();
                tracing::warn!(%address, seq, "a message can never be delivered: {why}");
                self.store.dead(outgoing, &why).await
            }
            Err(_) if outgoing.tries >= TRIES => {
                metrics::UNDELIVERABLE.count();
                tracing::error!(%address, seq, "a message is given up after {TRIES} tries");
                self.store.dead(outgoing, "given up after many tries").await
            }
            Err(SendError::NotSent { wait_seconds: Some(seconds) }) => {
                metrics::NOT_SENT.count();
                let wait = i64::try_from(seconds).unwrap_or(LONGEST_WAIT).saturating_mul(1000);
                // Not a millisecond early, whatever the clocks say.
                self.store.later(outgoing, self.clock.now().saturating_add(wait).saturating_add(100)).await
            }
            Err(error) => {
                // No answer came: a message twice is better than one that never comes.
                let counter = if error == SendError::Unknown { &metrics::UNKNOWN } else { &metrics::NOT_SENT };
                counter.count();
                let wait = (1000 << outgoing.tries.min(12)).min(LONGEST_WAIT);
                self.store.later(outgoing, self.clock.now() + jittered(wait)).await
            }
        }
    }
}

/// Between half of a wait and all of it, so that not everybody comes back at the same moment.
fn jittered(wait: i64) -> i64 {
    let random = (Uuid::new_v4().as_u128() % 1024) as i64;
    wait / 2 + wait / 2 * random / 1024
}
