//! Passwords: argon2id with OWASP's parameters, reckoned off the threads that answer people.

use anyhow::{Context, Result};
use argon2::{
    Argon2, Params,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::store::Store;

/// Passwords that are reckoned at once: each takes 19 MiB and a processor.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Memory in KiB, rounds and lanes of argon2id (OWASP Password Storage Cheat Sheet: m=19456, t=2, p=1).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Characters that a password has at least and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// What people choose though everybody guesses it; compared in lower case, without blanks.
const COMMON: &[&str] =
    &["password", "1234567890", "0123456789", "qwertyuiop", "luzhu", "xiamen", "iloveyou", "woaini", "admin"];

/// Why a password is not good enough; nothing if it is.
pub fn trouble(name: &str, password: &str) -> Option<&'static str> {
    let bare: String = password.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = bare.clone();
    for common in COMMON {
        rest = rest.replace(common, "");
    }
    match password.chars().count() {
        length if length < *LENGTH.start() => Some("密码太短，至少10个字符；用一句自己记得住的话最好。"),
        length if length > *LENGTH.end() => Some("密码太长，最多128个字符。"),
        _ if bare.contains(name) => Some("密码里不要有账号名。"),
        _ if rest.chars().count() < 6 || rest.chars().all(|c| rest.starts_with(c)) => {
            Some("这个密码太常见，换一个别人猜不到的。")
        }
        _ => None,
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, rounds, lanes) = COST;
    let params = Params::new(memory, rounds, lanes, None).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    Ok(Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params))
}

/// The PHC string of a password.
pub async fn hashed(password: &str) -> Result<String> {
    let password = password.to_owned();
    let _turn = AT_ONCE.acquire().await?;
    spawn_blocking(move || {
        let hash = argon2()?.hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
        Ok(hash.to_string())
    })
    .await?
}

/// Whether a name and a password belong together. A name that is not known costs the same work, so
/// that the time does not tell who works here.
pub async fn fits(store: &Store, name: &str, password: &str) -> Result<bool> {
    /// Nobody's.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bHV6aHVub2JvZHlsdXpodQ$PO38BgFyBRykqKA2Dz2NU/1tlwYjYD7hYKlKp1FmKGk";
    let known = store.password(name).await?;
    let (stored, password) = (known.clone().unwrap_or_else(|| NOBODY.into()), password.to_owned());
    let _turn = AT_ONCE.acquire().await?;
    let fits = spawn_blocking(move || {
        let stored = PasswordHash::new(&stored).ok().context("a stored password cannot be read")?;
        Ok::<bool, anyhow::Error>(argon2()?.verify_password(password.as_bytes(), &stored).is_ok())
    })
    .await??;
    Ok(fits && known.is_some())
}

/// Compares without telling by the time how much is right.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
