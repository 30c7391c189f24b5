//! Long polling. Telegram forgets an update once a higher offset is asked for, so the offset only
//! moves after the updates before it are durable.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use teloxide::{prelude::Requester, types::CallbackQueryId};

use crate::{
    channels::telegram::{
        NAME, POLL_SECONDS, Telegram,
        read::{self, Read},
    },
    inbox::Inbox,
    store::{Delivery, RawUpdate},
};

/// The longest pause after failures in a row.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Updates read in one go.
const BATCH: i64 = 100;

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    result: Vec<Value>,
    description: Option<String>,
}

/// Fetches and reads for ever.
pub(super) async fn run(telegram: &Telegram, inbox: &Arc<Inbox>) {
    let mut pause = Duration::from_secs(1);
    loop {
        // What a crash left unread comes first.
        let round = async {
            read_stored(telegram, inbox).await?;
            fetch(telegram, inbox).await
        };
        match round.await {
            Ok(()) => pause = Duration::from_secs(1),
            Err(error) => {
                tracing::warn!("Telegram: {error:#}; trying again in {} s", pause.as_secs());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Fetches what is new and stores it as it came.
async fn fetch(telegram: &Telegram, inbox: &Inbox) -> Result<()> {
    let newest = inbox.store().newest_update(NAME).await?;
    let asked = json!({
        "offset": newest.map(|newest| newest + 1),
        "timeout": POLL_SECONDS,
        "allowed_updates": ["message", "edited_message", "callback_query"],
    });
    // The address holds the token, so errors are told without it.
    let response = telegram.client.post(format!("{}/getUpdates", telegram.base)).json(&asked).send().await;
    let response = response.map_err(reqwest::Error::without_url).context("updates cannot be fetched")?;
    let answer: Answer =
        response.json().await.map_err(reqwest::Error::without_url).context("updates cannot be read")?;
    if !answer.ok {
        bail!("updates were refused: {}", answer.description.unwrap_or_default());
    }
    let updates = answer.result.into_iter().filter_map(|update| {
        let id = update.get("update_id")?.as_i64()?;
        Some(RawUpdate { id, body: update.to_string() })
    });
    let updates: Vec<_> = updates.collect();
    if !updates.is_empty() {
        inbox.store().keep_updates(NAME, &updates).await?;
    }
    Ok(())
}

/// Reads what is stored and hands it to the inbox.
async fn read_stored(telegram: &Telegram, inbox: &Inbox) -> Result<()> {
    loop {
        let updates = inbox.store().unread_updates(NAME, BATCH).await?;
        if updates.is_empty() {
            return Ok(());
        }
        for update in updates {
            match read::update(&update) {
                Read::Inbound(inbound, pressed) => {
                    inbox.receive(&inbound, Delivery::Push).await?;
                    inbox.store().update_done(NAME, update.id).await?;
                    if let Some(pressed) = pressed {
                        acknowledge(telegram, pressed).await;
                    }
                }
                Read::NotForUs => inbox.store().update_done(NAME, update.id).await?,
                Read::Unreadable => {
                    tracing::warn!("Telegram: update {} cannot be read; it is kept", update.id);
                    inbox.store().update_dead(NAME, update.id).await?;
                }
            }
        }
    }
}

/// Stops the spinner on a pressed button; if that fails, only the spinner stays.
async fn acknowledge(telegram: &Telegram, pressed: CallbackQueryId) {
    if telegram.bot.answer_callback_query(pressed).await.is_err() {
        tracing::debug!("Telegram: a pressed button could not be acknowledged");
    }
}
