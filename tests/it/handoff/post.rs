//! A stand-in for Telegram that is slow, full or gone at times, and keeps a journal: what arrived, and
//! from when to when a counsellor speaks, as far as the test knows.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use luzhu::{
    message::Author,
    store::{Line, Said},
};
use serde_json::{Value, json};

use crate::{handoff::Delivered, house::Dice};

/// What is written down, in the order in which it came.
#[derive(Debug)]
pub enum Entry {
    /// A message arrived; who sent it may never have heard so.
    Arrived { chat: i64, text: String, answered: bool },
    /// A counsellor has taken over.
    Taken { chat: i64 },
    /// Somebody is about to end that.
    Ending { chat: i64 },
}

struct World {
    journal: Vec<Entry>,
    updates: Vec<Value>,
    dice: Dice,
}

/// The stand-in.
#[derive(Clone)]
pub struct Post(Arc<Mutex<World>>);

impl Post {
    /// Serves on a free port of loopback; gives its address too.
    pub async fn open(seed: u64) -> (Self, String) {
        let post = Self(Arc::new(Mutex::new(World { journal: vec![], updates: vec![], dice: Dice::new(seed) })));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new().route("/{bot}/{method}", self::post(answer)).with_state(post.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (post, url)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("nobody panicked")
    }

    /// Writes into the journal.
    pub fn note(&self, entry: Entry) {
        self.world().journal.push(entry);
    }

    /// A person writes to the bot; gives the update's id.
    pub fn write(&self, chat: i64, text: &str) -> String {
        let mut world = self.world();
        let id = world.updates.len() as i64 + 1;
        let (from, chat) = (
            json!({"id": chat, "is_bot": false, "first_name": "x"}),
            json!({"id": chat, "type": "private", "first_name": "x"}),
        );
        let message = json!({"message_id": id, "date": 1_700_000_000, "chat": chat, "from": from, "text": text});
        world.updates.push(json!({"update_id": id, "message": message}));
        id.to_string()
    }

    /// Messages that arrived while a counsellor spoke and are not by any of these.
    pub fn talked_over(&self, counsellors: &[String]) -> Vec<String> {
        let (mut wrong, mut taken) = (vec![], std::collections::HashSet::new());
        for entry in &self.world().journal {
            match entry {
                Entry::Taken { chat } => _ = taken.insert(*chat),
                Entry::Ending { chat } => _ = taken.remove(chat),
                Entry::Arrived { chat, text, .. } => {
                    let by = counsellors.iter().any(|shown| text.starts_with(&format!("{shown}：")));
                    if taken.contains(chat) && !by {
                        wrong.push(format!("{chat}: {text}"));
                    }
                }
            }
        }
        wrong
    }

    /// How many messages arrived; how many of them are by none of these, and how many had no answer.
    pub fn arrived(&self, counsellors: &[String]) -> (usize, usize, usize) {
        let world = self.world();
        let arrived = world.journal.iter().filter_map(|entry| match entry {
            Entry::Arrived { text, answered, .. } => {
                Some((counsellors.iter().any(|shown| text.starts_with(&format!("{shown}："))), *answered))
            }
            _ => None,
        });
        let arrived: Vec<(bool, bool)> = arrived.collect();
        let count = |fits: fn(&(bool, bool)) -> bool| arrived.iter().filter(|one| fits(one)).count();
        (arrived.len(), count(|(counsellor, _)| !counsellor), count(|(_, answered)| !answered))
    }

    /// Holds what arrived in a chat against the transcript: everything that was sent, once, in order. Only what
    /// was never answered may come again or be cancelled after all; how often that was. `unsure` more may be so.
    pub fn compare(&self, chat: i64, lines: &[Line], deliveries: &[Delivered], unsure: usize) -> Result<usize, String> {
        let world = self.world();
        let arrived = world.journal.iter().filter_map(|entry| match entry {
            Entry::Arrived { chat: to, text, answered } if *to == chat => Some((text.as_str(), *answered)),
            _ => None,
        });
        let arrived: Vec<(&str, bool)> = arrived.collect();
        let became =
            |line: &Line| deliveries.iter().find(|other| other.seq == line.seq).map(|other| other.delivery.as_str());
        let text = |line: &Line| match &line.said {
            Said::Message(message) => message.text(),
            Said::Words { .. } => String::new(),
        };
        let with = |wanted: &str| -> Vec<String> {
            lines.iter().filter(|line| line.author != Author::You && became(line) == Some(wanted)).map(text).collect()
        };
        let (sent, cancelled) = (with("sent"), with("cancelled"));
        if sent.len() + cancelled.len() != deliveries.len() {
            return Err(format!(
                "of {} lines only {} were sent and {} cancelled",
                deliveries.len(),
                sent.len(),
                cancelled.len()
            ));
        }
        let (mut at, mut extra) = (0, 0);
        for (text, _) in &arrived {
            if sent.get(at).is_some_and(|sent| sent == text) {
                at += 1;
                continue;
            }
            let again = at > 0 && sent[at - 1] == *text;
            if !again && !cancelled.iter().any(|other| other == text) {
                return Err(format!("out of place: {text}"));
            }
            extra += 1;
        }
        let unanswered = arrived.iter().filter(|(_, answered)| !answered).count();
        match at == sent.len() && extra <= unanswered + unsure {
            true => Ok(extra),
            false => Err(format!(
                "{at} of {} sent lines arrived, {extra} came again, {unanswered} were not answered",
                sent.len()
            )),
        }
    }
}

async fn answer(
    State(post): State<Post>,
    Path((_, method)): Path<(String, String)>,
    Json(asked): Json<Value>,
) -> Response {
    match method.to_lowercase().as_str() {
        "getupdates" => updates(&post, asked["offset"].as_i64().unwrap_or(1).max(1)).await,
        "sendmessage" => deliver(&post, &asked).await,
        // The menu, the bot's name, that somebody is writing.
        _ => Json(json!({"ok": true, "result": true})).into_response(),
    }
}

/// Hands out what was not acknowledged, again and again.
async fn updates(post: &Post, offset: i64) -> Response {
    for _ in 0..20 {
        let new: Vec<Value> = post.world().updates.iter().skip(offset as usize - 1).take(100).cloned().collect();
        if !new.is_empty() {
            return Json(json!({"ok": true, "result": new})).into_response();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Json(json!({"ok": true, "result": []})).into_response()
}

async fn deliver(post: &Post, asked: &Value) -> Response {
    let (before, after, luck) = {
        let dice = &mut post.world().dice;
        (dice.below(11) as u64, dice.below(11) as u64, dice.below(600))
    };
    tokio::time::sleep(Duration::from_millis(before)).await;
    if luck == 0 {
        let busy = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}});
        return (StatusCode::TOO_MANY_REQUESTS, Json(busy)).into_response();
    }
    if luck == 1 {
        return reset();
    }
    let (chat, text) = (asked["chat_id"].as_i64().expect("a chat"), asked["text"].as_str().expect("text").to_owned());
    post.note(Entry::Arrived { chat, text: text.clone(), answered: luck != 2 });
    tokio::time::sleep(Duration::from_millis(after)).await;
    if luck == 2 {
        return reset();
    }
    Json(json!({"ok": true, "result": {
        "message_id": 1, "date": 0, "chat": {"id": chat, "type": "private", "first_name": "x"}, "text": text}}))
    .into_response()
}

/// Promises more than it sends, and hangs up.
fn reset() -> Response {
    let body = Body::from_stream(tokio_stream::once(Err::<String, _>(io::Error::other("hung up"))));
    Response::builder().header("content-length", "100").body(body).expect("a response")
}
