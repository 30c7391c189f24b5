//! Takes updates in. Telegram forgets an update once a higher offset is asked for, so the offset only
//! moves after everything before it is durable; after a start Telegram gives what is left, and what
//! was taken in already has no second effect.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use teloxide::{prelude::Requester, types::CallbackQueryId};
use tokio::task::JoinSet;

use crate::{
    channels::telegram::{
        KINDS, NAME, POLL_SECONDS, Telegram, live,
        read::{self, Read},
    },
    crash,
    inbox::Inbox,
    message::Inbound,
    metrics,
    store::Delivery,
    text::clean,
};

/// The longest pause after failures in a row.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often one update is tried before we ask whether it is the update's fault.
const TRIES: u32 = 3;

#[derive(Deserialize)]
struct Answer<'a> {
    ok: bool,
    #[serde(borrow, default)]
    result: Vec<&'a RawValue>,
    description: Option<String>,
    error_code: Option<u16>,
}

/// The one thing that every update has.
#[derive(Deserialize)]
struct Numbered {
    update_id: i64,
}

/// Fetches and takes in for ever.
pub(super) async fn run(telegram: &Telegram, inbox: &Arc<Inbox>) {
    let (mut pause, mut offset) = (Duration::from_secs(1), None);
    loop {
        match fetch(telegram, inbox, offset).await {
            Ok(newest) => {
                offset = newest.map(|newest| newest + 1).or(offset);
                pause = Duration::from_secs(1);
            }
            Err(error) => {
                tracing::warn!("Telegram: {error:#}; trying again in {} s", pause.as_secs());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Fetches what is new and takes it in; the number of the newest.
async fn fetch(telegram: &Telegram, inbox: &Arc<Inbox>, offset: Option<i64>) -> Result<Option<i64>> {
    let asked = json!({ "offset": offset, "timeout": POLL_SECONDS, "allowed_updates": KINDS });
    crash::before("getUpdates");
    let response = telegram.client.post(format!("{}/getUpdates", telegram.base)).json(&asked).send().await;
    // The address holds the token, so errors are told without it.
    let response = response.map_err(reqwest::Error::without_url).context("updates cannot be fetched")?;
    let text = response.text().await.map_err(reqwest::Error::without_url).context("updates cannot be fetched")?;
    crash::after("getUpdates");
    let text = clean::paired(&text);
    let answer: Answer<'_> = serde_json::from_str(&text).context("Telegram's answer cannot be read")?;
    if !answer.ok {
        let says = answer.description.unwrap_or_default();
        if answer.error_code == Some(409) && says.contains("webhook") {
            // Somebody left a webhook behind.
            let _ = telegram.call("deleteWebhook", &json!({ "drop_pending_updates": false })).await;
        }
        bail!("updates were refused: {says}");
    }
    let newest = answer.result.iter().filter_map(|raw| number(raw.get())).max();
    take_all(telegram, inbox, answer.result.iter().map(|raw| raw.get().to_owned()).collect()).await?;
    if !answer.result.is_empty() && newest.is_none() {
        bail!("Telegram gave updates without a number");
    }
    Ok(newest)
}

/// Takes several in: those of one chat one after the other, the chats at once.
async fn take_all(telegram: &Telegram, inbox: &Arc<Inbox>, mut updates: Vec<String>) -> Result<()> {
    // In the order in which Telegram numbers them, whatever the order in which they came.
    updates.sort_by_key(|update| number(update));
    let mut chats: HashMap<Option<String>, Vec<_>> = HashMap::new();
    for update in updates {
        let read = read::update(&update);
        let chat = match &read {
            Read::Inbound(inbound, _) => Some(inbound.from.id.clone()),
            _ => None,
        };
        chats.entry(chat).or_default().push((read, update));
    }
    let mut taking = JoinSet::new();
    for updates in chats.into_values() {
        let (telegram, inbox) = (telegram.clone(), Arc::clone(inbox));
        taking.spawn(async move {
            for (read, update) in updates {
                take(&telegram, &inbox, read, &update).await?;
            }
            anyhow::Ok(())
        });
    }
    let mut taken = Ok(());
    while let Some(done) = taking.join_next().await {
        taken = done?.and(taken);
    }
    taken
}

/// Takes one update in; when this returns it is durable, or nothing that we answer.
///
/// # Errors
/// When the store fails: then it must not be acknowledged.
pub(super) async fn take(telegram: &Telegram, inbox: &Arc<Inbox>, read: Read, update: &str) -> Result<()> {
    match read {
        Read::Inbound(inbound, pressed) => {
            receive(inbox, inbound, update).await?;
            if let Some(pressed) = pressed {
                tokio::spawn(acknowledge(telegram.clone(), pressed));
            }
        }
        Read::Group(chat) => {
            let telegram = telegram.clone();
            tokio::spawn(async move { live::refuse_group(&telegram, chat).await });
        }
        Read::NotForUs => {}
        Read::Unreadable(why) => keep(inbox, update, why).await?,
    }
    Ok(())
}

/// Hands a message to the inbox. One that cannot be taken in though the store is well is kept, so that it
/// does not stand in the way of the next.
async fn receive(inbox: &Arc<Inbox>, inbound: Inbound, update: &str) -> Result<()> {
    let attempt = || {
        let (inbox, inbound) = (Arc::clone(inbox), inbound.clone());
        // In a task of its own: a panic is its end, not ours.
        tokio::spawn(async move { inbox.receive(&inbound, Delivery::Push).await })
    };
    let mut last = String::new();
    for tries in 0..TRIES {
        tokio::time::sleep(Duration::from_millis(100) * tries).await;
        match attempt().await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => last = format!("{error:#}"),
            Err(_) => last = "it made the program panic".into(),
        }
    }
    keep(inbox, update, &last).await?;
    // The store takes letters, so it may take the message by now too.
    if let Ok(Ok(_)) = attempt().await {
        inbox.store().forget_letter(NAME, &id_of(update)).await?;
    }
    Ok(())
}

/// Keeps what cannot be read, for whoever looks into it.
async fn keep(inbox: &Inbox, update: &str, why: &str) -> Result<()> {
    let id = id_of(update);
    metrics::UNREADABLE.count();
    inbox.store().keep_letter(NAME, &id, why, update, inbox.clock().now()).await?;
    tracing::warn!(channel = NAME, id, "an update cannot be taken in ({why}); it is kept: luzhu letters");
    Ok(())
}

fn number(update: &str) -> Option<i64> {
    serde_json::from_str::<Numbered>(update).ok().map(|numbered| numbered.update_id)
}

/// Its number; what has none goes by what it says, so that the same is kept once.
fn id_of(update: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = || Sha256::digest(update).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    number(update).map_or_else(hash, |number| number.to_string())
}

/// Stops the spinner on a pressed button; if that fails, only the spinner stays.
async fn acknowledge(telegram: Telegram, pressed: CallbackQueryId) {
    if telegram.bot.answer_callback_query(pressed).await.is_err() {
        tracing::debug!("Telegram: a pressed button could not be acknowledged");
    }
}
