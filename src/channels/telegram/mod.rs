//! Telegram: updates by long polling or by webhook, taken as raw JSON; sending by teloxide's typed
//! client. teloxide's own listeners acknowledge before anything is durable, so they are not used.

mod checkup;
mod live;
mod read;
mod receive;
mod send;
mod webhook;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use axum::Router;
use serde_json::{Value, json};
use teloxide::{Bot, types::MessageId};

use crate::{
    channels::{Progress, SendError},
    inbox::Inbox,
    message::{Address, Message, Script},
};

pub use checkup::{Checkup, checkup};
pub use read::{Read, update as read};

/// The channel's name in addresses.
pub const NAME: &str = "telegram";

/// How long Telegram may hold a poll open, in seconds.
const POLL_SECONDS: u64 = 20;

/// How long one call may take: less than a counsellor who takes over waits for it.
const CALL: Duration = Duration::from_secs(15);

/// The kinds of updates that we ask for.
const KINDS: [&str; 4] = ["message", "edited_message", "callback_query", "my_chat_member"];

/// Chats of which something is remembered while the program runs; more are forgotten at once.
const REMEMBERED: usize = 10_000;

/// A bot.
#[derive(Clone)]
pub struct Telegram {
    bot: Bot,
    client: reqwest::Client,
    /// `…/botTOKEN`, without a slash at the end. Never logged.
    base: String,
    chats: Arc<Mutex<Chats>>,
}

/// What may be forgotten: it only saves calls.
#[derive(Default)]
struct Chats {
    /// The script of a chat's menu of commands.
    menus: HashMap<i64, Script>,
    /// The message that tells somebody who waits how the queue stands, and its words.
    places: HashMap<i64, (MessageId, String)>,
}

impl Telegram {
    /// A bot at a server that speaks the Bot API.
    ///
    /// # Errors
    /// When the address or the token cannot be one.
    pub fn new(token: &str, api_url: &str) -> Result<Self> {
        let url: reqwest::Url =
            api_url.parse().with_context(|| format!("LUZHU_TELEGRAM_API_URL is not an address: `{api_url}`"))?;
        if !token.split_once(':').is_some_and(|(id, _)| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())) {
            bail!(
                "LUZHU_TELEGRAM_TOKEN is no token of Telegram's: it looks like 123456789:letters; @BotFather gives one"
            );
        }
        let client =
            |timeout| reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(timeout).build();
        let base = format!("{}/bot{token}", url.as_str().trim_end_matches('/'));
        Ok(Self {
            bot: Bot::with_client(token, client(CALL)?).set_api_url(url),
            client: client(Duration::from_secs(POLL_SECONDS + 10))?,
            base,
            chats: Arc::default(),
        })
    }

    /// Asks Telegram whether it knows the bot, so that a wrong token is noticed at once.
    ///
    /// # Errors
    /// When the token is refused. A Telegram that cannot be reached is no error: it may come back.
    pub async fn introduce(&self) -> Result<()> {
        match self.call("getMe", &json!({})).await {
            Ok(_) => {}
            Err(Failure { status: Some(401), .. }) => {
                bail!("Telegram refuses the token in LUZHU_TELEGRAM_TOKEN; ask @BotFather for a valid one")
            }
            Err(failure) => tracing::warn!("Telegram: {}; it will be tried again", failure.says),
        }
        let telegram = self.clone();
        tokio::spawn(async move { live::introduce(&telegram).await });
        Ok(())
    }

    /// Fetches and takes in updates until the program ends.
    pub async fn receive(&self, inbox: &Arc<Inbox>) {
        receive::run(self, inbox).await;
    }

    /// The route that Telegram calls with updates; it must know the secret.
    pub fn routes(&self, inbox: Arc<Inbox>, secret: &str) -> Router {
        webhook::routes(self.clone(), inbox, secret)
    }

    /// Tells Telegram where to call us; tries until it is heard.
    ///
    /// # Errors
    /// When Telegram refuses the address.
    pub async fn hook(&self, public_url: &str, secret: &str) -> Result<()> {
        webhook::register(self, public_url, secret).await
    }

    /// Shows people that a counsellor is writing, and how the queue stands, until the program ends.
    pub async fn accompany(&self, inbox: &Arc<Inbox>) {
        live::run(self, inbox).await;
    }

    /// Sends what is left of one message after so many parts.
    ///
    /// # Errors
    /// Says whether it may be tried again.
    pub async fn send(&self, to: &Address, message: &Message, parts: i64) -> Result<Progress, SendError> {
        send::message(self, to, message, parts).await
    }

    fn chats(&self) -> MutexGuard<'_, Chats> {
        let mut chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        if chats.menus.len() + chats.places.len() > REMEMBERED {
            *chats = Chats::default();
        }
        chats
    }

    /// Calls a method that teloxide's types are not needed for.
    async fn call(&self, method: &str, asked: &Value) -> Result<Value, Failure> {
        let call = self.client.post(format!("{}/{method}", self.base)).timeout(CALL).json(asked).send();
        // The address holds the token, so errors are told without it.
        let unheard = |error: reqwest::Error| Failure { status: None, says: error.without_url().to_string() };
        let response = call.await.map_err(unheard)?;
        let status = response.status();
        let answer: Value = response.json().await.map_err(unheard)?;
        match answer.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(answer.get("result").cloned().unwrap_or_default()),
            _ => Err(Failure {
                status: Some(status.as_u16()),
                says: answer.get("description").and_then(Value::as_str).unwrap_or("no reason is given").to_owned(),
            }),
        }
    }
}

/// Why a call came to nothing.
struct Failure {
    /// Telegram's answer; nothing when there was none.
    status: Option<u16>,
    says: String,
}
