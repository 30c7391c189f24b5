//! Receives one message: one message is one transaction.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Result, bail};
use arc_swap::ArcSwap;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    clock::Clock,
    conversation::{
        Moment, Turn, code_in,
        handoff::{Desk, Standing, act, place},
        step,
    },
    library::Library,
    message::{Address, Event, Inbound, Message, Staff},
    metrics,
    store::{Delivery, Loaded, Saved, Store},
};

/// Eight digits that nobody can guess.
fn digits() -> String {
    format!("{:08}", Uuid::new_v4().as_u128() % 100_000_000)
}

/// How often a turn is taken again because the conversation moved meanwhile.
const RETRIES: usize = 20;

/// How long somebody who takes over waits for what is on the wire.
const PATIENCE: i64 = 20_000;

/// Conversations that are kept at hand; when there are more, all are left to the store.
const AT_HAND: usize = 1024;

/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(20);

/// Where every channel leaves what came in.
pub struct Inbox {
    store: Arc<Store>,
    library: ArcSwap<Library>,
    clock: Clock,
    changed: broadcast::Sender<Change>,
    board: RwLock<Board>,
    at_hand: Mutex<HashMap<Address, Recent>>,
}

/// A conversation as its last message left it. A hint: a save tells when the store has moved on.
struct Recent {
    loaded: Loaded,
    /// The message's id.
    id: String,
    /// Where it stands.
    seq: i64,
}

/// Something changed; a hint, the store is the truth.
#[derive(Clone, Debug)]
pub struct Change {
    /// In whose conversation.
    pub address: Address,
    /// The counsellor who holds it.
    pub owner: Option<String>,
    /// What.
    pub what: What,
}

/// What changed in a conversation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum What {
    /// The transcript has grown.
    Lines,
    /// So did the queue, or somebody's place in it.
    Queue,
    /// The counsellor is writing.
    Typing,
}

/// How the queue stands, as it was last reckoned.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// Everybody who waits.
    pub waiting: HashMap<String, Standing>,
    /// Where the next one would stand; nothing while no counsellor is on duty.
    pub next: Option<Standing>,
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
        let (library, changed) = (ArcSwap::new(library), broadcast::Sender::new(4096));
        Self { store, library, clock, changed, board: RwLock::default(), at_hand: Mutex::default() }
    }

    /// The store that it writes to.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What it knows at this moment.
    pub fn library(&self) -> Arc<Library> {
        self.library.load_full()
    }

    /// From the next message on, it knows this.
    pub fn learn(&self, library: Library) {
        self.library.store(Arc::new(library));
    }

    /// The day that answers are given for.
    pub fn today(&self) -> chrono::NaiveDate {
        self.clock.today()
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// What changes; a hint, the store is the truth.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changed.subscribe()
    }

    /// Tells whoever listens that something changed. Nobody listening is fine.
    pub fn tell(&self, address: &Address, owner: Option<String>, what: What) {
        let _ = self.changed.send(Change { address: address.clone(), owner, what });
    }

    /// How the queue stands for somebody.
    pub fn desk(&self, address: &Address) -> Desk {
        let board = self.board.read().unwrap_or_else(PoisonError::into_inner);
        let standing = board.next.map(|next| *board.waiting.get(&address.to_string()).unwrap_or(&next));
        Desk { now: self.clock.local_time(), standing }
    }

    /// What somebody who waits is told of the queue; nothing when they do not wait.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn place(&self, address: &Address) -> Result<Option<Message>> {
        let conversation = self.store.load(address).await?.conversation;
        Ok(place(&self.library(), &conversation, &self.desk(address)))
    }

    /// Puts up how the queue stands, and tells everybody whose place changed.
    pub fn put_up(&self, board: Board) {
        let before = std::mem::replace(&mut *self.board.write().unwrap_or_else(PoisonError::into_inner), board.clone());
        let staffed = before.next.is_some() == board.next.is_some();
        for (address, standing) in &board.waiting {
            if !(staffed && before.waiting.get(address).is_some_and(|before| before.words() == standing.words()))
                && let Ok(address) = address.parse()
            {
                self.tell(&address, None, What::Queue);
            }
        }
    }

    /// Takes a message in. When this returns, the message and its answer are durable; the same id
    /// again changes nothing.
    ///
    /// # Errors
    /// When the store fails; then nothing was acknowledged and the message may be sent again.
    pub async fn receive(&self, inbound: &Inbound, delivery: Delivery) -> Result<Received> {
        let library = self.library();
        let before = self.at_hand().get(&inbound.from).filter(|last| last.id == inbound.id).map(|last| last.seq);
        if let Some(seq) = before {
            return Ok(again(seq));
        }
        let mut recent = self.at_hand().remove(&inbound.from);
        for tries in 0..RETRIES {
            let (mut loaded, seen) = match recent.take() {
                Some(recent) => (recent.loaded, None),
                None => self.store.load_for(&inbound.from, &inbound.id).await?,
            };
            if let Some(seq) = seen {
                return Ok(again(seq));
            }
            if tries > 0 {
                metrics::RETAKEN.count();
            }
            if loaded.version == 0 {
                loaded.conversation.script = inbound.guess.unwrap_or_default();
            }
            let carried = match code_in(&loaded.conversation, &inbound.body, &library) {
                Some(digits) => Some(self.store.redeem(&inbound.from, &digits, self.clock.now()).await?),
                None => None,
            };
            let desk = self.desk(&inbound.from);
            let moment = Moment { today: self.clock.today(), digits: digits(), carried, desk };
            let turn = Arc::new(step(&library, &loaded.conversation, &inbound.body, moment));
            let loaded = Arc::new(loaded);
            match self.store.save(&inbound.from, &inbound.id, &loaded, &turn, delivery, self.clock.now()).await? {
                Saved::At(seq) => {
                    metrics::RECEIVED.count();
                    self.tell_turn(&inbound.from, &loaded, &turn);
                    let loaded = loaded.after(Arc::unwrap_or_clone(turn), delivery);
                    self.keep_at_hand(&inbound.from, Recent { loaded, id: inbound.id.clone(), seq });
                    return Ok(Received { seq });
                }
                Saved::Before(seq) => return Ok(again(seq)),
                Saved::Moved | Saved::Busy => {}
            }
        }
        bail!("this conversation is too busy; try again in a moment")
    }

    fn at_hand(&self) -> MutexGuard<'_, HashMap<Address, Recent>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_at_hand(&self, address: &Address, recent: Recent) {
        let mut at_hand = self.at_hand();
        if at_hand.len() >= AT_HAND {
            at_hand.clear();
        }
        at_hand.insert(address.clone(), recent);
    }

    fn tell_turn(&self, address: &Address, loaded: &Loaded, turn: &Turn) {
        let owner = turn.conversation.talk.as_ref().map(|talk| talk.by.name.clone());
        self.tell(address, owner, What::Lines);
        let (before, after) = (&loaded.conversation, &turn.conversation);
        if before.request != after.request || before.talk != after.talk || !turn.deeds.is_empty() {
            self.tell(address, None, What::Queue);
        }
    }

    /// Takes an event of the desk in; when this returns, it is durable. The same id again changes
    /// nothing. Who takes over first waits for what is on the wire, so that nothing of the
    /// assistant is sent after it.
    ///
    /// # Errors
    /// When the store fails. Within: one sentence for the counsellor, why it cannot be done.
    pub async fn act(
        &self,
        address: &Address,
        id: &str,
        staff: &Staff,
        event: &Event,
    ) -> Result<std::result::Result<(), &'static str>> {
        let patience = self.clock.now() + PATIENCE;
        let mut held = false;
        loop {
            let (loaded, seen) = self.store.load_for(address, id).await?;
            if seen.is_some() {
                return Ok(Ok(()));
            }
            if loaded.version == 0 {
                return Ok(Err("没有这个对话。"));
            }
            let moment = Moment { today: self.clock.today(), desk: self.desk(address), ..Moment::default() };
            let turn = match act(&self.library(), &loaded.conversation, staff, event, &moment) {
                Ok(turn) => Arc::new(turn),
                // The same click may have been done between the two looks.
                Err(says) => return Ok(self.store.seen(address, id).await?.map(|_| ()).ok_or(says)),
            };
            let loaded = Arc::new(loaded);
            match self.store.save(address, id, &loaded, &turn, loaded.delivery, self.clock.now()).await? {
                Saved::At(_) => {
                    self.at_hand().remove(address);
                    self.tell_turn(address, &loaded, &turn);
                    return Ok(Ok(()));
                }
                Saved::Before(_) => return Ok(Ok(())),
                _ if self.clock.now() > patience => {
                    return Ok(Err("上一条消息还在发送，请过一会儿再试。"));
                }
                Saved::Moved => {}
                Saved::Busy => {
                    if !held {
                        self.store.hold(address, patience).await?;
                        held = true;
                    }
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }
}

/// What came before has no second effect.
fn again(seq: i64) -> Received {
    metrics::DUPLICATES.count();
    Received { seq }
}
