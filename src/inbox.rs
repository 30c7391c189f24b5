//! Receives one message: one message is one transaction.

use std::sync::Arc;

use anyhow::{Result, bail};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    clock::Clock,
    conversation::{Moment, code_in, step},
    library::Library,
    message::{Address, Inbound},
    store::{Delivery, Saved, Store},
};

/// Eight digits that nobody can guess.
fn digits() -> String {
    format!("{:08}", Uuid::new_v4().as_u128() % 100_000_000)
}

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

    /// The day that answers are given for.
    pub fn today(&self) -> chrono::NaiveDate {
        self.clock.today()
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
            let carried = match code_in(&loaded.conversation, &inbound.body, &self.library) {
                Some(digits) => Some(self.store.redeem(&inbound.from, &digits, self.clock.now()).await?),
                None => None,
            };
            let moment = Moment { today: self.clock.today(), digits: digits(), carried };
            let turn = step(&self.library, &loaded.conversation, &inbound.body, moment);
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
