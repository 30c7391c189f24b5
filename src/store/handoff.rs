//! What a turn changes about waiting and talking, in the turn's own transaction.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use crate::{
    clock::milliseconds,
    conversation::{
        Turn,
        handoff::Deed,
        state::{Conversation, Reason, Request},
    },
    message::{Address, Author, Ending, Script},
    store::{
        Loaded, Store,
        writer::{row, run},
    },
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
        self.execute(
            "hold",
            sqlx::query("update conversation set held_until = $2 where address = $1 and owner is null")
                .bind(address.to_string())
                .bind(until),
        )
        .await?;
        Ok(())
    }
}

/// Whether something of the assistant is on the wire, so that nobody may take over yet.
pub(super) async fn on_the_wire(db: &mut AnyConnection, address: &Address, now: i64) -> Result<bool> {
    let row = row(db, "wire", sqlx::query(
        "select count(*) as n from message where address = $1 and author = 'assistant' and delivery = 'sending' and not_before > $2",
    )
    .bind(address.to_string())
    .bind(now)).await?.context("the database gives no row")?;
    Ok(row.get::<i64, _>("n") > 0)
}

/// What the assistant has not sent yet is never sent: a counsellor speaks now.
pub(super) async fn silence(db: &mut AnyConnection, address: &Address) -> Result<()> {
    run(db, "silence", sqlx::query("update message set delivery = 'cancelled' where address = $1 and author = 'assistant' and delivery in ('due', 'sending')")
        .bind(address.to_string())).await?;
    Ok(())
}

/// Notes how waiting and talking went on.
pub(super) async fn note(
    db: &mut AnyConnection,
    address: &Address,
    loaded: &Loaded,
    turn: &Turn,
    now: i64,
) -> Result<()> {
    let before = loaded.conversation.talk.as_ref().map(|talk| talk.by.name.as_str());
    let after = turn.conversation.talk.as_ref().map(|talk| talk.by.name.as_str());
    if before.is_some() && after.is_some() && before != after {
        end(db, address, Ending::Transferred, now).await?;
    }
    for deed in &turn.deeds {
        match deed {
            Deed::Ended(ending) => end(db, address, *ending, now).await?,
            Deed::Rated(helped) => rate(db, address, *helped).await?,
            // The same time agreed twice is one task.
            Deed::Task { about, from, due } => {
                let skills = loaded.conversation.request.as_ref().map(|request| request.skills.clone());
                run(db, "task", sqlx::query(
                    "insert into task (id, address, about, skills, from_at, due_at, made_at)
                     select $1, $2, $3, $4, $5, $6, $7
                     where not exists (select 1 from task where address = $2 and from_at = $5 and due_at = $6 and done_at is null)",
                )
                .bind(Uuid::now_v7().to_string())
                .bind(address.to_string())
                .bind(about)
                .bind(serde_json::to_string(&skills.unwrap_or_default())?)
                .bind(milliseconds(*from))
                .bind(milliseconds(*due))
                .bind(now)).await?;
            }
        }
    }
    let reason = match (&turn.conversation.request, &turn.conversation.talk) {
        (Some(request), _) => request.reason,
        (None, Some(talk)) => talk.request.as_ref().map_or(Reason::Asked, |request| request.reason),
        (None, None) => return Ok(()),
    };
    run(
        db,
        "talk",
        sqlx::query(
            "insert into talk (id, address, reason, asked_at) values ($1, $2, $3, $4)
         on conflict (address) where ended_at is null do update set reason = excluded.reason",
        )
        .bind(Uuid::now_v7().to_string())
        .bind(address.to_string())
        .bind(reason.name())
        .bind(now),
    )
    .await?;
    if let Some(name) = after {
        run(db, "talk taken", sqlx::query(
            "update talk set taken_at = coalesce(taken_at, $3), by_name = $2 where address = $1 and ended_at is null",
        )
        .bind(address.to_string())
        .bind(name)
        .bind(now)).await?;
    }
    Ok(())
}

async fn end(db: &mut AnyConnection, address: &Address, ending: Ending, now: i64) -> Result<()> {
    let name = serde_json::to_value(ending)?;
    run(db, "free", sqlx::query("update counsellor set free_since = $2 where name = (select by_name from talk where address = $1 and ended_at is null)")
        .bind(address.to_string())
        .bind(now)).await?;
    run(
        db,
        "talk ended",
        sqlx::query("update talk set ended_at = $3, ending = $2 where address = $1 and ended_at is null")
            .bind(address.to_string())
            .bind(name.as_str().unwrap_or_default())
            .bind(now),
    )
    .await?;
    Ok(())
}

async fn rate(db: &mut AnyConnection, address: &Address, helped: bool) -> Result<()> {
    run(db, "rated", sqlx::query(
        "update talk set rated = $2 where id = (select id from talk where address = $1 and taken_at is not null and ended_at is not null order by ended_at desc, id desc limit 1)",
    )
    .bind(address.to_string())
    .bind(i64::from(helped))).await?;
    Ok(())
}

/// Since when a request counts as waiting: who was passed on waits since the first request.
pub(super) async fn asked_at(db: &mut AnyConnection, address: &Address, request: &Request, now: i64) -> Result<i64> {
    if request.reason != Reason::Transfer {
        return Ok(now);
    }
    let row = row(
        db,
        "asked",
        sqlx::query(
            "select asked_at from talk where address = $1 and reason <> 'transfer' order by asked_at desc limit 1",
        )
        .bind(address.to_string()),
    )
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
