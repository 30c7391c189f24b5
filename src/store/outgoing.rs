//! The undelivered tail of the transcript.

use anyhow::Result;
use sqlx::Row;

use crate::{
    message::Address,
    store::{Line, ON_THE_WIRE, Store, line},
};

/// A message that has to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// To whom.
    pub to: Address,
    /// What.
    pub line: Line,
    /// How often it was tried before.
    pub tries: i64,
}

impl Store {
    /// What is due by now, at most one message of each conversation: the oldest, so that nobody
    /// reads an answer before the one it follows.
    pub async fn due(&self, now: i64, most: i64) -> Result<Vec<Outgoing>> {
        let rows = sqlx::query(
            "select address, seq, author, at, body, tries from message m
             where delivery = 'due' and not_before <= $1
               and not exists (select 1 from message earlier
                               where earlier.address = m.address and earlier.seq < m.seq and earlier.delivery in ('due', 'sending'))
               and not exists (select 1 from conversation c
                               where c.address = m.address and c.held_until > $1 and m.author = 'assistant')
             order by at limit $2",
        )
        .bind(now)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let to: String = row.get("address");
                let to = to.parse().map_err(anyhow::Error::msg)?;
                Ok(Outgoing { to, line: line(row)?, tries: row.get("tries") })
            })
            .collect()
    }

    /// Takes a message for sending, unless it was cancelled or somebody is taking over meanwhile;
    /// whether it may be sent. From then on, until it is said what became of it, nobody can take over.
    pub async fn claim(&self, message: &Outgoing, now: i64) -> Result<bool> {
        let _writing = self.writer.lock().await;
        let claimed = sqlx::query(
            "update message set delivery = 'sending', not_before = $3
             where address = $1 and seq = $2 and delivery = 'due'
               and not exists (select 1 from conversation c
                               where c.address = message.address and c.held_until > $4 and message.author = 'assistant')",
        )
        .bind(message.to.to_string())
        .bind(message.line.seq)
        .bind(now + ON_THE_WIRE)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Messages whose sending was never heard of again are due again, but not the assistant's where
    /// a counsellor speaks meanwhile. `dead` also takes those whose time is not over: the program that was
    /// sending them is gone.
    pub async fn release(&self, now: i64, dead: bool) -> Result<()> {
        let _writing = self.writer.lock().await;
        sqlx::query(
            "update message set not_before = 0, delivery = case
                 when author = 'assistant' and exists (select 1 from conversation c
                      where c.address = message.address and c.owner is not null) then 'cancelled'
                 else 'due' end
             where delivery = 'sending' and (not_before <= $1 or $2 = 1)",
        )
        .bind(now)
        .bind(i64::from(dead))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The message was sent.
    pub async fn sent(&self, message: &Outgoing) -> Result<()> {
        self.delivered(message, "sent", 0).await
    }

    /// The message can never be sent (the person blocked us, or left).
    pub async fn dead(&self, message: &Outgoing) -> Result<()> {
        self.delivered(message, "dead", 0).await
    }

    /// The message was not sent; try again at this time.
    pub async fn later(&self, message: &Outgoing, not_before: i64) -> Result<()> {
        self.delivered(message, "due", not_before).await
    }

    async fn delivered(&self, message: &Outgoing, delivery: &str, not_before: i64) -> Result<()> {
        let _writing = self.writer.lock().await;
        sqlx::query(
            "update message set delivery = $3, not_before = $4, tries = tries + 1
             where address = $1 and seq = $2 and delivery = 'sending'",
        )
        .bind(message.to.to_string())
        .bind(message.line.seq)
        .bind(delivery)
        .bind(not_before)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
