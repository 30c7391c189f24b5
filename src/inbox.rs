//! Receives one message: one message is one transaction.

use std::sync::Arc;

use anyhow::{Result, bail};
use tokio::sync::broadcast;

use crate::{
    clock::Clock,
    conversation::step,
    library::Library,
    message::{Address, Inbound},
    store::{Delivery, Saved, Store},
};

/// How often a turn is taken again because the conversation moved meanwhile.
const RETRIES: usize = 20;

/// Where every channel leaves what came in.
pub struct Inbox {
    store: Arc<Store>,
    library: Arc<Library>,
    clock: Clock,
    changed: broadcast::Sender<Address>,
}

/// What became of a message: its place in the transcript.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Received {
    /// Where what was heard stands; what was said follows it.
    pub seq: i64,
}

impl Inbox {
    /// An inbox over a store.
    pub fn new(store: Arc<Store>, library: Arc<Library>, clock: Clock) -> Self {
        Self { store, library, clock, changed: broadcast::Sender::new(1024) }
    }

    /// The store that it writes to.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What it knows.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Addresses whose transcript has grown; a hint, the store is the truth.
    pub fn changes(&self) -> broadcast::Receiver<Address> {
        self.changed.subscribe()
    }

    /// Takes a message in. When this returns, the message and its answer are durable; the same id
    /// again changes nothing.
    ///
    /// # Errors
    /// When the store fails; then nothing was acknowledged and the message may be sent again.
    pub async fn receive(&self, inbound: &Inbound, delivery: Delivery) -> Result<Received> {
        for _ in 0..RETRIES {
            if let Some(seq) = self.store.seen(&inbound.from, &inbound.id).await? {
                return Ok(Received { seq });
            }
            let loaded = self.store.load(&inbound.from).await?;
            let turn = step(&self.library, &loaded.conversation, &inbound.body, self.clock.today());
            match self.store.save(&inbound.from, &inbound.id, &loaded, &turn, delivery, self.clock.now()).await? {
                Saved::At(seq) => {
                    // Nobody listening is fine: the store is the truth.
                    let _ = self.changed.send(inbound.from.clone());
                    return Ok(Received { seq });
                }
                Saved::Before(seq) => return Ok(Received { seq }),
                Saved::Moved => {}
            }
        }
        bail!("this conversation is too busy; try again in a moment")
    }
}
