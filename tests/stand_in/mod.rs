#![allow(dead_code, reason = "each test, and the example, uses a part of it")]
//! A stand-in for Telegram: a real HTTP server that speaks the Bot API's side, as its public documentation
//! and its published server say. It plays the people too, makes faults on demand, and keeps a journal.
//!
//! `wire` speaks HTTP and makes the faults, `method` carries calls out, `hook` delivers to a webhook.

mod hook;
mod method;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};
use tokio::sync::watch;

/// How Telegram is today.
#[derive(Clone)]
pub struct Options {
    pub token: &'static str,
    /// 0 is any port.
    pub port: u16,
    pub seed: u64,
    /// Whether 30 messages a second, and 1 a second to each chat (20 a minute to a group), is the limit.
    pub limits: bool,
    /// Every call but getUpdates takes up to so many milliseconds before it is carried out, and after.
    pub lag: usize,
    /// What counts as a second when a webhook is waited for; it may take 60 of them to answer.
    pub second: Duration,
    /// How often every update is delivered.
    pub copies: usize,
    /// Updates are shuffled among so many; over a webhook, among those of their chat.
    pub window: usize,
    /// Of a thousand updates that were acknowledged, so many come again.
    pub again: usize,
    /// A webhook that was reached and did not answer counts as one that acknowledged: what a program would
    /// lose that acknowledges before it stores.
    pub trusting: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token: "123:secret",
            port: 0,
            seed: 1,
            limits: false,
            lag: 0,
            second: Duration::from_secs(1),
            copies: 1,
            window: 1,
            again: 0,
            trusting: false,
        }
    }
}

/// What goes wrong with a call. The call is carried out unless it says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Refused: wait so many seconds.
    TooMany(u64),
    /// Refused with 500 or more.
    Status(u16),
    /// Never carried out and never answered.
    Silent,
    /// Answered so much later.
    Late(Duration),
    /// The connection is reset before the request is read; not carried out.
    ResetBefore,
    /// The connection is reset instead of an answer.
    ResetAfter,
    /// The connection ends in the middle of the answer.
    Cut,
    /// The answer trickles for so long.
    Slow(Duration),
    /// A whole answer of half the JSON.
    Truncated,
    /// A page instead of JSON.
    WrongType,
}

/// As people type it: `429 5`, `502`, `late 30`, `reset-after`.
impl FromStr for Fault {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, number) = text.trim().split_once(' ').unwrap_or((text.trim(), "5"));
        let seconds: u16 = number.parse().map_err(|_| "that is no number of seconds")?;
        let time = Duration::from_secs(seconds.into());
        Ok(match name {
            "429" => Self::TooMany(seconds.into()),
            "silent" => Self::Silent,
            "late" => Self::Late(time),
            "reset-before" => Self::ResetBefore,
            "reset-after" => Self::ResetAfter,
            "cut" => Self::Cut,
            "slow" => Self::Slow(time),
            "truncated" => Self::Truncated,
            "wrong-type" => Self::WrongType,
            status => {
                Self::Status(status.parse().ok().filter(|status| *status >= 500).ok_or("there is no such fault")?)
            }
        })
    }
}

/// A call that came, in the order in which they were carried out or refused.
#[derive(Clone, Debug)]
pub struct Call {
    pub at: Instant,
    pub method: String,
    /// Null where it was not read.
    pub body: Value,
    pub fault: Option<Fault>,
    /// What was answered, or would have been; null where nothing was done.
    pub answer: Value,
}

/// A message of the bot that reached a person.
#[derive(Clone, Debug)]
pub struct Message {
    pub at: Instant,
    pub chat: i64,
    pub id: i64,
    /// As it is after edits.
    pub text: String,
    /// Label and data of each, row by row.
    pub buttons: Vec<(String, String)>,
    pub body: Value,
    /// Why the bot may not know that it arrived.
    pub fault: Option<Fault>,
}

/// The same throws on every machine (xorshift).
#[derive(Default)]
pub struct Dice(u64);

impl Dice {
    /// Dice that begin with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// Somebody the bot may write to.
#[derive(Default)]
struct Chat {
    blocked: bool,
    left: bool,
    topics: BTreeSet<i64>,
    /// What the person wrote last.
    last: Value,
}

struct Pending {
    body: Value,
    chat: i64,
    /// How often it is still to be delivered over a webhook.
    left: usize,
}

/// The updates of a chat, for the webhook.
#[derive(Default)]
struct Queue {
    ids: VecDeque<i64>,
    busy: bool,
}

#[derive(Default)]
struct World {
    options: Options,
    dice: Dice,
    calls: Vec<Call>,
    messages: Vec<Message>,
    chats: BTreeMap<i64, Chat>,
    updates: BTreeMap<i64, Pending>,
    queues: BTreeMap<i64, Queue>,
    past: Vec<Value>,
    last_update: i64,
    last_message: i64,
    allowed: Vec<Value>,
    /// The newest poll; an older one that still waits is ended.
    poll: u64,
    hook: Option<Arc<hook::Hook>>,
    hook_error: Option<String>,
    /// Pressed buttons, for ever young.
    queries: HashSet<String>,
    commands: BTreeMap<String, Value>,
    faults: HashMap<String, VecDeque<Fault>>,
    chances: Vec<(String, Fault, usize)>,
    used: BTreeMap<String, usize>,
    /// Until when a method must leave a chat alone, and who did not.
    waits: HashMap<(String, i64), Instant>,
    early: Vec<String>,
    /// What is left of each limit, and when that was reckoned.
    limits: HashMap<Option<i64>, (f64, Instant)>,
}

/// The stand-in.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

struct Inner {
    token: &'static str,
    url: String,
    world: Mutex<World>,
    changed: watch::Sender<()>,
}

impl StandIn {
    /// Serves on loopback until the program ends.
    pub async fn start(options: Options) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await.expect("the port is free");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (token, dice) = (options.token, Dice::new(options.seed));
        let world = Mutex::new(World { options, dice, ..World::default() });
        let stand_in = Self(Arc::new(Inner { token, url, world, changed: watch::Sender::new(()) }));
        tokio::spawn(wire::serve(stand_in.clone(), listener));
        stand_in
    }

    /// What luzhu is started with.
    pub fn settings(&self) -> [(&'static str, &str); 2] {
        [("LUZHU_TELEGRAM_TOKEN", self.0.token), ("LUZHU_TELEGRAM_API_URL", &self.0.url)]
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().expect("nobody panicked")
    }

    /// Changes the world and tells whoever waits for that.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let changed = change(&mut self.world());
        self.employ();
        self.0.changed.send_replace(());
        changed
    }

    /// A look at every change from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Waits until so many messages reached people; gives all of them.
    pub async fn wait_for(&self, messages: usize) -> Vec<Message> {
        let mut changes = self.changes();
        let enough = async {
            while self.world().messages.len() < messages {
                changes.changed().await.expect("it goes on");
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(20), enough).await;
        assert!(came.is_ok(), "only {:#?}", self.messages());
        self.messages()
    }

    /// Every message that reached a person.
    pub fn messages(&self) -> Vec<Message> {
        self.world().messages.clone()
    }

    /// Every call of a method; of all methods where it is empty.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.world().calls.iter().filter(|call| method.is_empty() || call.method == method).cloned().collect()
    }

    /// Calls from the given one on.
    pub fn calls_since(&self, first: usize) -> Vec<Call> {
        self.world().calls[first..].to_vec()
    }

    /// How often each fault was made, as `sendMessage TooMany(1)`.
    pub fn faults_made(&self) -> BTreeMap<String, usize> {
        self.world().used.clone()
    }

    /// Calls that came before the wait that Telegram had asked for was over.
    pub fn too_early(&self) -> Vec<String> {
        self.world().early.clone()
    }

    /// Updates that the bot has not acknowledged.
    pub fn pending(&self) -> usize {
        self.world().updates.len()
    }

    /// The commands menu by scope and language, as `{"type":"default"} zh`.
    pub fn commands(&self) -> BTreeMap<String, Value> {
        self.world().commands.clone()
    }

    /// The next call of a method goes wrong; faults stand in line.
    pub fn fault(&self, method: &str, fault: Fault) {
        self.world().faults.entry(method.to_owned()).or_default().push_back(fault);
    }

    /// One of `per` calls of a method goes wrong from now on.
    pub fn chance(&self, method: &str, fault: Fault, per: usize) {
        self.world().chances.push((method.to_owned(), fault, per));
    }

    /// Somebody whom the bot may write to, though nothing was written to it.
    pub fn meet(&self, chat: i64) {
        self.world().chats.entry(chat).or_default();
    }

    /// A person writes; the update's id.
    pub fn write(&self, chat: i64, text: &str) -> i64 {
        self.send(chat, &json!({"text": text}))
    }

    /// A person sends a message of these parts.
    pub fn send(&self, chat: i64, parts: &Value) -> i64 {
        self.change(|world| {
            let id = world.next_message();
            let mut message = json!({"message_id": id, "from": person(chat), "chat": place(chat), "date": date()});
            parts.as_object().into_iter().flatten().for_each(|(key, value)| message[key] = value.clone());
            world.chats.entry(chat).or_default().last = message.clone();
            world.push("message", message)
        })
    }

    /// A person changes what they wrote last.
    pub fn edit(&self, chat: i64, text: &str) -> i64 {
        self.change(|world| {
            let mut message = world.chats.entry(chat).or_default().last.clone();
            (message["text"], message["edit_date"]) = (text.into(), date().into());
            world.push("edited_message", message)
        })
    }

    /// A person presses the button that carries this; the message is missing where no message has it.
    pub fn press(&self, chat: i64, data: &str) -> i64 {
        self.change(|world| {
            let has = |message: &&Message| message.chat == chat && message.buttons.iter().any(|(_, it)| it == data);
            let message = world.messages.iter().rev().find(has).map(bot_message);
            let id = (world.last_update + 1).to_string();
            let mut query = json!({"id": id, "from": person(chat), "chat_instance": "1", "data": data});
            if let Some(message) = message {
                query["message"] = message;
            }
            world.queries.insert(id);
            world.push("callback_query", query)
        })
    }

    /// A person blocks the bot, or takes that back.
    pub fn block(&self, chat: i64, blocked: bool) -> i64 {
        self.change(|world| {
            world.chats.entry(chat).or_default().blocked = blocked;
            let status = |blocked| match blocked {
                true => json!({"status": "kicked", "user": bot(), "until_date": 0}),
                false => json!({"status": "member", "user": bot()}),
            };
            let (old, new) = (status(!blocked), status(blocked));
            let change = json!({"chat": place(chat), "from": person(chat), "date": date(), "old_chat_member": old, "new_chat_member": new});
            world.push("my_chat_member", change)
        })
    }

    /// An update as it is, whatever the bot asked for; it gets the next id.
    pub fn hand(&self, update: Value) -> i64 {
        self.change(|world| world.hand(update))
    }
}

impl World {
    fn next_message(&mut self) -> i64 {
        self.last_message += 1;
        self.last_message
    }

    fn push(&mut self, kind: &str, body: Value) -> i64 {
        if self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == kind) {
            return self.hand(json!({kind: body}));
        }
        self.last_update
    }

    fn hand(&mut self, mut update: Value) -> i64 {
        self.last_update += 1;
        let id = self.last_update;
        update["update_id"] = id.into();
        let chat =
            ["message", "edited_message", "my_chat_member"].iter().find_map(|kind| update[kind]["chat"]["id"].as_i64());
        let chat = chat.or_else(|| update["callback_query"]["from"]["id"].as_i64()).unwrap_or_default();
        self.queues.entry(chat).or_default().ids.push_back(id);
        self.updates.insert(id, Pending { body: update, chat, left: self.options.copies });
        id
    }
}

/// Something to send that is no text, by its name.
pub fn thing(name: &str) -> Option<Value> {
    let file = json!({"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9, "duration": 3, "type": "regular",
        "is_animated": false, "is_video": false});
    Some(match name {
        "photo" => json!({"photo": [file]}),
        "voice" | "video" | "document" | "sticker" => json!({name: file}),
        "contact" => json!({"contact": {"phone_number": "+8613800000000", "first_name": "x"}}),
        _ => return None,
    })
}

fn date() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs()
}

fn bot() -> Value {
    json!({"id": 123, "is_bot": true, "first_name": "鹭助", "username": "luzhu_bot", "can_join_groups": true,
        "can_read_all_group_messages": false, "supports_inline_queries": false, "can_connect_to_business": false,
        "has_main_web_app": false})
}

/// Who writes in a chat; in groups, always the same.
fn person(chat: i64) -> Value {
    json!({"id": if chat < 0 { 1 } else { chat }, "is_bot": false, "first_name": "x"})
}

fn place(chat: i64) -> Value {
    match chat {
        i64::MIN..=-1_000_000_000_000 => json!({"id": chat, "type": "supergroup", "title": "g", "is_forum": true}),
        -999_999_999_999..0 => json!({"id": chat, "type": "group", "title": "g"}),
        _ => json!({"id": chat, "type": "private", "first_name": "x"}),
    }
}

fn bot_message(message: &Message) -> Value {
    let mut shown = json!({
        "message_id": message.id, "from": bot(), "chat": place(message.chat), "date": date(), "text": message.text,
    });
    if message.body["reply_markup"]["inline_keyboard"].is_array() {
        shown["reply_markup"] = message.body["reply_markup"].clone();
    }
    if message.body["message_thread_id"].is_i64() {
        (shown["message_thread_id"], shown["is_topic_message"]) =
            (message.body["message_thread_id"].clone(), true.into());
    }
    shown
}
