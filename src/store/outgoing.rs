//! The undelivered tail of the transcript.

use anyhow::Result;
use sqlx::Row;

use crate::{
    message::Address,
    store::{Line, ON_THE_WIRE, Store, line, writer::run},
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
    /// How many parts of it were sent.
    pub parts: i64,
}

impl Store {
    /// What is due by now, at most one message of each conversation: the oldest, so that nobody
    /// reads an answer before the one it follows.
    pub async fn due(&self, now: i64, most: i64) -> Result<Vec<Outgoing>> {
        let rows = sqlx::query(
            "select address, seq, author, at, body, tries, parts from message m
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
                Ok(Outgoing { to, line: line(row)?, tries: row.get("tries"), parts: row.get("parts") })
            })
            .collect()
    }

    /// Takes messages for sending, but for those that were cancelled and those to people whom somebody
    /// is taking over meanwhile; which may be sent. From then on, until it is said what became of it,
    /// nobody can take over.
    pub async fn claim(&self, messages: Vec<Outgoing>, now: i64) -> Result<Vec<Outgoing>> {
        self.write(move |db| {
            Box::pin(async move {
                let mut claimed = Vec::with_capacity(messages.len());
                for message in messages {
                    let claim = sqlx::query(
                        "update message set delivery = 'sending', not_before = $3
                         where address = $1 and seq = $2 and delivery = 'due'
                           and not exists (select 1 from conversation c
                                           where c.address = message.address and c.held_until > $4 and message.author = 'assistant')",
                    )
                    .bind(message.to.to_string())
                    .bind(message.line.seq)
                    .bind(now + ON_THE_WIRE)
                    .bind(now);
                    if run(db, "claim", claim).await? == 1 {
                        claimed.push(message);
                    }
                }
                Ok(claimed)
            })
        })
        .await
    }

    /// Messages whose sending was never heard of again are due again, but not the assistant's where
    /// a counsellor speaks meanwhile. `dead` also takes those whose time is not over: the program that was
    /// sending them is gone.
    pub async fn release(&self, now: i64, dead: bool) -> Result<()> {
        self.execute(
            "release",
            sqlx::query(
                "update message set not_before = 0, delivery = case
                 when author = 'assistant' and exists (select 1 from conversation c
                      where c.address = message.address and c.owner is not null) then 'cancelled'
                 else 'due' end
             where delivery = 'sending' and (not_before <= $1 or $2 = 1)",
            )
            .bind(now)
            .bind(i64::from(dead)),
        )
        .await?;
        Ok(())
    }

    /// The message was sent.
    pub async fn sent(&self, message: &Outgoing) -> Result<()> {
        self.delivered(message, "sent", 0, None).await
    }

    /// The message can never be sent (the person blocked us, or left).
    pub async fn dead(&self, message: &Outgoing, why: &str) -> Result<()> {
        self.delivered(message, "dead", 0, Some(why)).await
    }

    /// The message was not sent; try again at this time.
    pub async fn later(&self, message: &Outgoing, not_before: i64) -> Result<()> {
        self.delivered(message, "due", not_before, None).await
    }

    /// So many parts of the message were sent; the rest is due.
    pub async fn sent_parts(&self, message: &Outgoing, parts: i64) -> Result<()> {
        let sent = sqlx::query(
            "update message set delivery = 'due', not_before = 0, tries = 0, parts = $3
             where address = $1 and seq = $2 and delivery = 'sending'",
        )
        .bind(message.to.to_string())
        .bind(message.line.seq)
        .bind(parts);
        self.execute("sent parts", sent).await?;
        Ok(())
    }

    async fn delivered(&self, message: &Outgoing, delivery: &str, not_before: i64, why: Option<&str>) -> Result<()> {
        let told = sqlx::query(
            "update message set delivery = $3, not_before = $4, why = $5, tries = tries + 1
             where address = $1 and seq = $2 and delivery = 'sending'",
        )
        .bind(message.to.to_string())
        .bind(message.line.seq)
        .bind(delivery)
        .bind(not_before)
        .bind(why);
        self.execute("delivered", told).await?;
        Ok(())
    }
}
