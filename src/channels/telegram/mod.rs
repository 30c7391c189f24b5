//! Telegram: updates by long polling, stored raw before they are read; sending by teloxide's
//! typed client. teloxide's own listeners acknowledge before anything is durable, so they are
//! not used.

mod read;
mod receive;
mod send;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use teloxide::Bot;

use crate::{
    channels::SendError,
    inbox::Inbox,
    message::{Address, Message},
};

/// The channel's name in addresses.
pub const NAME: &str = "telegram";

/// How long Telegram may hold a poll open, in seconds.
const POLL_SECONDS: u64 = 20;

/// A bot.
#[derive(Clone)]
pub struct Telegram {
    bot: Bot,
    client: reqwest::Client,
    /// `…/botTOKEN`, without a slash at the end. Never logged.
    base: String,
}

impl Telegram {
    /// A bot at a server that speaks the Bot API.
    ///
    /// # Errors
    /// When the address is not one.
    pub fn new(token: &str, api_url: &str) -> Result<Self> {
        let url: reqwest::Url =
            api_url.parse().with_context(|| format!("LUZHU_TELEGRAM_API_URL is not an address: `{api_url}`"))?;
        let timeout = Duration::from_secs(POLL_SECONDS + 10);
        let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(timeout).build()?;
        let base = format!("{}/bot{token}", url.as_str().trim_end_matches('/'));
        Ok(Self { bot: Bot::with_client(token, client.clone()).set_api_url(url), client, base })
    }

    /// Fetches, stores and reads updates until the program ends.
    pub async fn receive(&self, inbox: &Arc<Inbox>) {
        receive::run(self, inbox).await;
    }

    /// Sends one message.
    ///
    /// # Errors
    /// Says whether it may be tried again.
    pub async fn send(&self, to: &Address, message: &Message) -> Result<(), SendError> {
        send::message(self, to, message).await
    }
}
