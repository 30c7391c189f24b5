//! Delivers what was said: takes what is due, sends it, notes what became of it.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio::{sync::broadcast::error::RecvError, task::JoinSet, time::timeout};

use crate::{
    channels::{Channels, SendError},
    clock::Clock,
    inbox::Change,
    store::{Outgoing, Said, Store},
};

/// Conversations that are sent to at the same time.
const AT_ONCE: i64 = 16;

/// Even without a hint the table is looked at this often.
const LOOK: Duration = Duration::from_secs(2);

/// The longest wait between two tries, in milliseconds.
const LONGEST_WAIT: i64 = 3_600_000;

/// Tries before a message is given up: about two days.
const TRIES: i64 = 60;

/// Sends what the store says is due.
pub struct Outbox {
    store: Arc<Store>,
    channels: Channels,
    clock: Clock,
}

impl Outbox {
    /// An outbox over a store.
    pub fn new(store: Arc<Store>, channels: Channels, clock: Clock) -> Arc<Self> {
        Arc::new(Self { store, channels, clock })
    }

    /// Delivers until the program ends.
    pub async fn run(self: Arc<Self>, mut changes: tokio::sync::broadcast::Receiver<Change>) {
        if let Err(error) = self.store.release(self.clock.now(), true).await {
            tracing::error!("the outbox cannot read the store: {error:#}");
        }
        loop {
            match self.deliver().await {
                Ok(0) => {}
                // There may be more behind what was sent.
                Ok(_) => continue,
                Err(error) => tracing::error!("the outbox cannot read the store: {error:#}"),
            }
            if let Ok(Err(RecvError::Closed)) = timeout(LOOK, changes.recv()).await {
                return;
            }
        }
    }

    /// Sends one round, one message to each conversation; says how many went.
    async fn deliver(self: &Arc<Self>) -> Result<usize> {
        self.store.release(self.clock.now(), false).await?;
        let due = self.store.due(self.clock.now(), AT_ONCE).await?;
        let mut sending = JoinSet::new();
        for outgoing in due {
            let outbox = Arc::clone(self);
            sending.spawn(async move { outbox.send(&outgoing).await });
        }
        let mut sent = 0;
        while let Some(done) = sending.join_next().await {
            sent += usize::from(done??);
        }
        Ok(sent)
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<bool> {
        // A person's own words are never due.
        let Said::Message(message) = &outgoing.line.said else { return Ok(false) };
        let (address, seq) = (&outgoing.to, outgoing.line.seq);
        if !self.store.claim(outgoing, self.clock.now()).await? {
            return Ok(false);
        }
        match self.channels.send(address, message).await {
            Ok(()) => {
                self.store.sent(outgoing).await?;
                Ok(true)
            }
            Err(SendError::Final) => {
                tracing::warn!("message {seq} to {address} can never be delivered");
                self.store.dead(outgoing).await?;
                Ok(false)
            }
            Err(_) if outgoing.tries >= TRIES => {
                tracing::error!("message {seq} to {address} is given up after {TRIES} tries");
                self.store.dead(outgoing).await?;
                Ok(false)
            }
            // No answer came: a message twice is better than one that never comes.
            Err(error @ (SendError::Unknown | SendError::NotSent { .. })) => {
                let wait = match error {
                    SendError::NotSent { wait_seconds: Some(seconds) } => {
                        i64::try_from(seconds).unwrap_or(LONGEST_WAIT) * 1000
                    }
                    _ => (1000 << outgoing.tries.min(12)).min(LONGEST_WAIT),
                };
                self.store.later(outgoing, self.clock.now() + wait).await?;
                Ok(false)
            }
        }
    }
}
