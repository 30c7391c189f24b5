//! Who looked at what: a chain of lines, each of which carries the hash of the one before.
//!
//! A changed, missing or moved line breaks the chain. A cut tail, or a chain that was written anew,
//! shows only against a head that was noted in another place: `luzhu audit verify --head HASH`.

use anyhow::Result;
use sha2::{Digest, Sha256};
use sqlx::{Row, any::AnyRow};

use crate::store::{
    Store,
    writer::{row, run},
};

/// What stands before the first line.
const BEGINNING: &str = "luzhu";

/// Lines that are read at once.
const BATCH: i64 = 1000;

/// One line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditLine {
    /// Its place, counted from 1.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who: an account's name.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what: an address, an account, a task. Never a person's words.
    pub object: String,
    /// The hash of the line before.
    pub prev: String,
    /// The hash of this line.
    pub hash: String,
}

impl AuditLine {
    /// The hash that it should have: over every field with its length before it, so that no two
    /// different lines look the same.
    pub fn reckoned(&self) -> String {
        let mut hasher = Sha256::new();
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        for field in [&self.prev, &seq, &at, &self.actor, &self.action, &self.object] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Goes along a chain.
#[derive(Debug)]
pub struct Chain {
    /// Lines that are in order.
    pub count: i64,
    /// The hash of the last of them.
    pub head: String,
}

impl Default for Chain {
    fn default() -> Self {
        Self { count: 0, head: BEGINNING.into() }
    }
}

impl Chain {
    /// Takes the next line in.
    ///
    /// # Errors
    /// When it does not follow; then nothing is taken in.
    pub fn follow(&mut self, line: &AuditLine) -> Result<(), i64> {
        let next = self.count + 1;
        if line.seq != next || line.prev != self.head || line.hash != line.reckoned() {
            return Err(next);
        }
        self.count = next;
        self.head.clone_from(&line.hash);
        Ok(())
    }
}

impl Store {
    /// Adds a line at the end of the chain.
    pub async fn audit(&self, actor: &str, action: &str, object: &str, now: i64) -> Result<()> {
        let (actor, action, object) = (actor.to_owned(), action.to_owned(), object.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                // Whoever comes second, from another program too, finds the first one's line.
                let last = sqlx::query("select seq, hash from audit order by seq desc limit 1");
                let last = row(db, "audit head", last).await?;
                let (seq, prev) = last.map_or((0, BEGINNING.into()), |row| (row.get("seq"), row.get("hash")));
                let mut line = AuditLine { seq: seq + 1, at: now, actor, action, object, prev, hash: String::new() };
                line.hash = line.reckoned();
                let added = sqlx::query(
                    "insert into audit (seq, at, actor, action, object, prev, hash) values ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(line.seq)
                .bind(line.at)
                .bind(line.actor)
                .bind(line.action)
                .bind(line.object)
                .bind(line.prev)
                .bind(line.hash);
                run(db, "audit", added).await?;
                Ok(())
            })
        })
        .await
    }

    /// The latest lines, latest first.
    pub async fn audit_tail(&self, most: i64) -> Result<Vec<AuditLine>> {
        let rows =
            sqlx::query("select * from audit order by seq desc limit $1").bind(most).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(line).collect())
    }

    /// Goes along the whole chain: what it came to and whether a noted head is in it, or the first
    /// place where it is broken.
    pub async fn audit_verify(&self, noted: Option<&str>) -> Result<std::result::Result<(Chain, bool), i64>> {
        let mut chain = Chain::default();
        let mut found = false;
        let mut after = 0;
        loop {
            let rows = sqlx::query("select * from audit where seq > $1 order by seq limit $2")
                .bind(after)
                .bind(BATCH)
                .fetch_all(&self.pool)
                .await?;
            let Some(last) = rows.last() else { return Ok(Ok((chain, found))) };
            after = last.get("seq");
            for row in &rows {
                if let Err(broken) = chain.follow(&line(row)) {
                    return Ok(Err(broken));
                }
                found |= noted == Some(chain.head.as_str());
            }
        }
    }
}

fn line(row: &AnyRow) -> AuditLine {
    AuditLine {
        seq: row.get("seq"),
        at: row.get("at"),
        actor: row.get("actor"),
        action: row.get("action"),
        object: row.get("object"),
        prev: row.get("prev"),
        hash: row.get("hash"),
    }
}
