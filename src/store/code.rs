//! Codes by which a conversation goes on in another place.

use anyhow::Result;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use crate::{
    conversation::{Carried, Code},
    message::Address,
    store::{Store, writer::run},
};

/// How long a code may be used, in milliseconds.
const VALID: i64 = 15 * 60 * 1000;

/// Wrong codes from one address within that time.
const TRIES: i64 = 5;

/// Wrong codes from everywhere within that time: addresses cost nothing, so guessing from many of
/// them must be slowed down too.
const ALL_TRIES: i64 = 200;

impl Store {
    /// What a code leads to that came in from an address.
    pub async fn redeem(&self, from: &Address, digits: &str, now: i64) -> Result<Carried> {
        let tries = sqlx::query("select count(*) as everywhere, coalesce(sum(case when address = $1 then 1 else 0 end), 0) as here from code_try where at > $2")
            .bind(from.to_string())
            .bind(now - VALID)
            .fetch_one(&self.pool)
            .await?;
        if tries.get::<i64, _>("here") >= TRIES || tries.get::<i64, _>("everywhere") >= ALL_TRIES {
            return Ok(Carried::TooMany);
        }
        let row =
            sqlx::query("select address from resume_code where hash = $1 and used_at is null and expires_at > $2")
                .bind(hash(digits))
                .bind(now)
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else { return Ok(Carried::Wrong) };
        let owner: String = row.get("address");
        let owner: Address = owner.parse().map_err(anyhow::Error::msg)?;
        let loaded = self.load(&owner).await?;
        Ok(Carried::Found(Box::new(loaded.conversation), digits.to_owned()))
    }
}

/// Notes what became of a code; false when somebody else used it meanwhile.
pub(super) async fn note(db: &mut AnyConnection, address: &Address, code: &Code, now: i64) -> Result<bool> {
    let query = match code {
        Code::Made(digits) => sqlx::query(
            "insert into resume_code (hash, address, expires_at) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(hash(digits))
        .bind(address.to_string())
        .bind(now + VALID),
        Code::Used(digits) => {
            sqlx::query("update resume_code set used_at = $2 where hash = $1 and used_at is null and expires_at > $2")
                .bind(hash(digits))
                .bind(now)
        }
        Code::Tried => sqlx::query("insert into code_try (id, address, at) values ($1, $2, $3)")
            .bind(Uuid::now_v7().to_string())
            .bind(address.to_string())
            .bind(now),
    };
    Ok(run(db, "code", query).await? == 1)
}

fn hash(digits: &str) -> String {
    Sha256::digest(digits.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
