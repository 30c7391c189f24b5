//! Dead letters: what came in and could not be read, and what could not be delivered. They are kept for
//! whoever looks into it.

use anyhow::Result;
use sqlx::{Row, any::AnyRow};

use crate::store::Store;

/// Which way a letter went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// It came in and could not be read.
    In,
    /// It was to be delivered and could not be.
    Out,
}

/// A dead letter.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Which way it went.
    pub way: Way,
    /// The channel it came by, or the address it was for.
    pub place: String,
    /// The platform's id, or its place in the transcript.
    pub id: String,
    /// When it came or was written, in milliseconds since 1970.
    pub at: i64,
    /// What was wrong.
    pub why: String,
    /// What came, as it came; nothing for what is in the transcript.
    pub body: Option<String>,
}

impl Store {
    /// Keeps what cannot be read; the same id again changes nothing.
    pub async fn keep_letter(&self, channel: &str, id: &str, why: &str, body: &str, now: i64) -> Result<()> {
        let kept = sqlx::query(
            "insert into letter (channel, id, at, why, body) values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(channel)
        .bind(id)
        .bind(now)
        .bind(why)
        .bind(body);
        self.execute("letter", kept).await?;
        Ok(())
    }

    /// A letter could be read after all, or was looked into.
    pub async fn forget_letter(&self, channel: &str, id: &str) -> Result<bool> {
        let gone = sqlx::query("delete from letter where channel = $1 and id = $2").bind(channel).bind(id);
        Ok(self.execute("letter gone", gone).await? == 1)
    }

    /// The latest dead letters, latest first.
    pub async fn letters(&self, most: i64) -> Result<Vec<Letter>> {
        let rows = sqlx::query(
            "select 'in' as way, channel as place, id, at, why, body from letter
             union all
             select 'out', address, cast(seq as text), at, coalesce(why, ''), null from message where delivery = 'dead'
             order by 4 desc limit $1",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.iter().map(letter).collect())
    }

    /// What could not be delivered to an address is tried again; how many messages that are.
    pub async fn deliver_again(&self, address: &str) -> Result<u64> {
        let due = sqlx::query("update message set delivery = 'due', tries = 0, not_before = 0, why = null where address = $1 and delivery = 'dead'")
            .bind(address);
        self.execute("again", due).await
    }
}

fn letter(row: &AnyRow) -> Letter {
    Letter {
        way: if row.get::<&str, _>("way") == "in" { Way::In } else { Way::Out },
        place: row.get("place"),
        id: row.get("id"),
        at: row.get("at"),
        why: row.get("why"),
        body: row.get("body"),
    }
}
