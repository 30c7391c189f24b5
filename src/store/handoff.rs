//! What a turn changes about waiting and talking, in the turn's own transaction.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sqlx::{Any, Row, Transaction};
use uuid::Uuid;

use crate::{
    clock::milliseconds,
    conversation::{
        Turn,
        handoff::Deed,
        state::{Conversation, Reason, Request},
    },
    message::{Address, Author, Ending, Script},
    store::{Loaded, Store},
};

/// How long one message may be on the wire, in milliseconds.
pub const ON_THE_WIRE: i64 = 60_000;

/// What a waiting request asks for, as it is kept beside the conversation.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Wants {
    /// What the counsellor should be good at.
    pub skills: Vec<String>,
    /// The district that was named.
    pub district: Option<String>,
    /// The counsellor who should take it.
    pub wish: Option<String>,
    /// The script that the person reads.
    pub script: Script,
}

impl Wants {
    /// Of a conversation that waits.
    pub(super) fn of(conversation: &Conversation) -> Option<Self> {
        let Request { skills, district, wish, .. } = conversation.request.clone()?;
        Some(Self { skills, district, wish, script: conversation.script })
    }
}

impl Store {
    /// Lets nothing more of the assistant be sent to an address until this time: somebody is
    /// taking over, and waits for what is on the wire. Who comes too late holds nothing.
    pub async fn hold(&self, address: &Address, until: i64) -> Result<()> {
        let _writing = self.writer.lock().await;
        sqlx::query("update conversation set held_until = $2 where address = $1 and owner is null")
            .bind(address.to_string())
            .bind(until)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Whether something of the assistant is on the wire, so that nobody may take over yet.
pub(super) async fn on_the_wire(tx: &mut Transaction<'_, Any>, address: &Address, now: i64) -> Result<bool> {
    let row = sqlx::query(
        "select count(*) as n from message where address = $1 and author = 'assistant' and delivery = 'sending' and not_before > $2",
    )
    .bind(address.to_string())
    .bind(now)
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.get::<i64, _>("n") > 0)
}

/// What the assistant has not sent yet is never sent: a counsellor speaks now.
pub(super) async fn silence(tx: &mut Transaction<'_, Any>, address: &Address) -> Result<()> {
    sqlx::query("update message set delivery = 'cancelled' where address = $1 and author = 'assistant' and delivery in ('due', 'sending')")
        .bind(address.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes how waiting and talking went on.
pub(super) async fn note(
    tx: &mut Transaction<'_, Any>,
    address: &Address,
    loaded: &Loaded,
    turn: &Turn,
    now: i64,
) -> Result<()> {
    let before = loaded.conversation.talk.as_ref().map(|talk| talk.by.name.as_str());
    let after = turn.conversation.talk.as_ref().map(|talk| talk.by.name.as_str());
    if before.is_some() && after.is_some() && before != after {
        end(tx, address, Ending::Transferred, now).await?;
    }
    for deed in &turn.deeds {
        match deed {
            Deed::Ended(ending) => end(tx, address, *ending, now).await?,
            Deed::Rated(helped) => rate(tx, address, *helped).await?,
            Deed::Task { about, from, due } => {
                let skills = loaded.conversation.request.as_ref().map(|request| request.skills.clone());
                sqlx::query(
                    "insert into task (id, address, about, skills, from_at, due_at, made_at) values ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(Uuid::now_v7().to_string())
                .bind(address.to_string())
                .bind(about)
                .bind(serde_json::to_string(&skills.unwrap_or_default())?)
                .bind(milliseconds(*from))
                .bind(milliseconds(*due))
                .bind(now)
                .execute(&mut **tx)
                .await?;
            }
        }
    }
    let reason = match (&turn.conversation.request, &turn.conversation.talk) {
        (Some(request), _) => request.reason,
        (None, Some(talk)) => talk.request.as_ref().map_or(Reason::Asked, |request| request.reason),
        (None, None) => return Ok(()),
    };
    sqlx::query(
        "insert into talk (id, address, reason, asked_at) values ($1, $2, $3, $4)
         on conflict (address) where ended_at is null do update set reason = excluded.reason",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(address.to_string())
    .bind(reason.name())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    if let Some(name) = after {
        sqlx::query(
            "update talk set taken_at = coalesce(taken_at, $3), by_name = $2 where address = $1 and ended_at is null",
        )
        .bind(address.to_string())
        .bind(name)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn end(tx: &mut Transaction<'_, Any>, address: &Address, ending: Ending, now: i64) -> Result<()> {
    let name = serde_json::to_value(ending)?;
    sqlx::query("update counsellor set free_since = $2 where name = (select by_name from talk where address = $1 and ended_at is null)")
        .bind(address.to_string())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    sqlx::query("update talk set ended_at = $3, ending = $2 where address = $1 and ended_at is null")
        .bind(address.to_string())
        .bind(name.as_str().unwrap_or_default())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn rate(tx: &mut Transaction<'_, Any>, address: &Address, helped: bool) -> Result<()> {
    sqlx::query(
        "update talk set rated = $2 where id = (select id from talk where address = $1 and taken_at is not null and ended_at is not null order by ended_at desc, id desc limit 1)",
    )
    .bind(address.to_string())
    .bind(i64::from(helped))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Since when a request counts as waiting: who was passed on waits since the first request.
pub(super) async fn asked_at(
    tx: &mut Transaction<'_, Any>,
    address: &Address,
    request: &Request,
    now: i64,
) -> Result<i64> {
    if request.reason != Reason::Transfer {
        return Ok(now);
    }
    let row = sqlx::query(
        "select asked_at from talk where address = $1 and reason <> 'transfer' order by asked_at desc limit 1",
    )
    .bind(address.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map_or(now, |row| row.get("asked_at")))
}

/// How a line of this author is named in the table.
pub(super) fn name_of(author: Author) -> &'static str {
    match author {
        Author::You => "you",
        Author::Assistant => "assistant",
        Author::Counsellor => "counsellor",
    }
}
