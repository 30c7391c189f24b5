//! Who works at the desk: accounts, invitations, sessions, login attempts. Only hashes are kept of
//! what a link or a browser holds.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{
    message::{Script, Staff},
    store::{
        Store,
        writer::{row, run},
    },
};

/// A link for a first or a new password holds for a day, in milliseconds.
const INVITED: i64 = 24 * 3_600_000;

/// A session ends when the desk was not used for so long, in milliseconds (OWASP ASVS 5.0, 7.3).
const IDLE: i64 = 30 * 60_000;

/// A session ends after a long working day, whatever was done in it, in milliseconds.
const LONGEST: i64 = 12 * 3_600_000;

/// When a session was used is written down at most so often, in milliseconds.
const TOUCH: i64 = 60_000;

/// Within this time failed logins count, in milliseconds.
const TRIES_SINCE: i64 = 15 * 60_000;

/// Failed logins to one account from strangers, within that time.
const TRIES: i64 = 10;

/// Failed logins from one source to any account, within that time.
const SOURCE_TRIES: i64 = 50;

/// A browser that logged in is known for half a year, in milliseconds.
const KNOWN: i64 = 180 * 24 * 3_600_000;

/// What somebody at the desk may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Talks with people.
    Counsellor,
    /// Also sees and joins colleagues' conversations.
    Lead,
    /// Also makes accounts.
    Admin,
}

impl Role {
    /// Whether colleagues' conversations may be joined.
    pub fn leads(self) -> bool {
        self != Self::Counsellor
    }

    /// Whether accounts may be made.
    pub fn is_admin(self) -> bool {
        self == Self::Admin
    }

    /// What it is called, in simplified.
    pub fn title(self) -> &'static str {
        match self {
            Self::Counsellor => "顾问",
            Self::Lead => "组长",
            Self::Admin => "管理员",
        }
    }

    /// Its name in the table and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counsellor => "counsellor",
            Self::Lead => "lead",
            Self::Admin => "admin",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Counsellor, Self::Lead, Self::Admin].into_iter().find(|role| role.name() == name)
    }
}

/// An account at the desk.
#[derive(Clone, Debug)]
pub struct Counsellor {
    /// The name to log in with.
    pub name: String,
    /// The name that people see.
    pub shown: String,
    /// What they may do.
    pub role: Role,
    /// What they are good at.
    pub skills: Vec<String>,
    /// Districts; none: all.
    pub districts: Vec<String>,
    /// Scripts; none: both.
    pub scripts: Vec<Script>,
    /// Conversations at once.
    pub capacity: i64,
    /// Whether new requests may be offered.
    pub on_duty: bool,
    disabled: bool,
}

impl Counsellor {
    /// Whether the account may be used.
    pub fn is_active(&self) -> bool {
        !self.disabled
    }

    /// As the conversation knows them.
    pub fn staff(&self) -> Staff {
        Staff { name: self.name.clone(), shown: self.shown.clone(), leads: self.role.leads() }
    }
}

/// A session at the desk.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub counsellor: Counsellor,
    /// What every form of this session carries.
    pub csrf: String,
}

/// Whether somebody may try to log in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Admitted {
    /// They may.
    Yes,
    /// Too many failed; a browser that was here before still may.
    TooMany,
}

/// Something that nobody can guess: 244 random bits.
pub fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Makes an account without a password.
    ///
    /// # Errors
    /// When the name is taken.
    pub async fn add_counsellor(&self, name: &str, shown: &str, role: Role, now: i64) -> Result<()> {
        let added = self.execute("add_counsellor", sqlx::query(
            "insert into counsellor (name, shown, role, skills, districts, scripts, capacity, on_duty, free_since, made_at)
             values ($1, $2, $3, '[]', '[]', '[]', 4, 0, $4, $4) on conflict do nothing",
        )
        .bind(name)
        .bind(shown)
        .bind(role.name())
        .bind(now)).await?;
        anyhow::ensure!(added == 1, "there is an account named {name} already");
        Ok(())
    }

    /// Everybody, by name.
    pub async fn counsellors(&self) -> Result<Vec<Counsellor>> {
        let rows = sqlx::query("select * from counsellor order by name").fetch_all(&self.pool).await?;
        rows.iter().map(counsellor).collect()
    }

    /// One account.
    pub async fn counsellor(&self, name: &str) -> Result<Option<Counsellor>> {
        let row = sqlx::query("select * from counsellor where name = $1").bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(counsellor).transpose()
    }

    /// Changes what somebody can do and how many conversations they hold at once.
    pub async fn set_skills(&self, name: &str, skills: &[String], capacity: i64) -> Result<()> {
        self.execute(
            "set_skills",
            sqlx::query("update counsellor set skills = $2, capacity = $3 where name = $1")
                .bind(name)
                .bind(serde_json::to_string(skills)?)
                .bind(capacity.clamp(0, 20)),
        )
        .await?;
        Ok(())
    }

    /// Takes an account out of use, and ends its sessions at once; or puts it back.
    pub async fn set_active(&self, name: &str, active: bool, now: i64) -> Result<()> {
        let set = sqlx::query("update counsellor set disabled_at = $2, on_duty = 0 where name = $1")
            .bind(name)
            .bind((!active).then_some(now));
        let out = sqlx::query("delete from desk_session where name = $1").bind(name);
        self.execute_all("active", vec![set, out]).await
    }

    /// Begins or ends a working day.
    pub async fn set_duty(&self, name: &str, on: bool) -> Result<()> {
        self.execute(
            "set_duty",
            sqlx::query("update counsellor set on_duty = $2 where name = $1").bind(name).bind(i64::from(on)),
        )
        .await?;
        Ok(())
    }

    /// A link that sets a password once, within a day.
    pub async fn invite(&self, name: &str, now: i64) -> Result<String> {
        let token = secret();
        self.execute(
            "invite",
            sqlx::query("insert into invitation (hash, name, expires_at) values ($1, $2, $3)")
                .bind(hash(&token))
                .bind(name)
                .bind(now + INVITED),
        )
        .await?;
        Ok(token)
    }

    /// Whom a link is for, while it holds.
    pub async fn invited(&self, token: &str, now: i64) -> Result<Option<String>> {
        let row = sqlx::query(
            "select i.name from invitation i join counsellor c on c.name = i.name
             where i.hash = $1 and i.used_at is null and i.expires_at > $2 and c.disabled_at is null",
        )
        .bind(hash(token))
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| row.get("name")))
    }

    /// Uses a link up: sets the password (a PHC string) and ends every session and every other link of
    /// the account. Whose it was; nobody's when it does not hold.
    pub async fn set_password(&self, token: &str, password: &str, now: i64) -> Result<Option<String>> {
        let use_up = sqlx::query(
            "update invitation set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 returning name",
        )
        .bind(hash(token))
        .bind(now);
        let password = password.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let Some(used) = row(db, "invitation", use_up).await? else { return Ok(None) };
                let name: String = used.get("name");
                let set = sqlx::query("update counsellor set password = $2 where name = $1").bind(&name).bind(password);
                run(db, "password", set).await?;
                for statement in [
                    "delete from desk_session where name = $1",
                    "delete from invitation where name = $1 and used_at is null",
                ] {
                    run(db, "password ends", sqlx::query(statement).bind(&name)).await?;
                }
                Ok(Some(name))
            })
        })
        .await
    }

    /// The stored password of an account in use.
    pub async fn password(&self, name: &str) -> Result<Option<String>> {
        let row = sqlx::query("select password from counsellor where name = $1 and disabled_at is null")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.and_then(|row| row.get("password")))
    }

    /// Whether a login to an account may be tried from a source (an address of the network).
    ///
    /// Ten failures from anywhere close an account to strangers for a quarter of an hour. A browser
    /// that logged in before holds a secret that says so, and is let in all the same: who guesses
    /// passwords cannot lock the owner out.
    pub async fn may_try(&self, name: &str, source: &str, browser: Option<&str>, now: i64) -> Result<Admitted> {
        let row = sqlx::query(
            "select coalesce(sum(case when name = $1 then 1 else 0 end), 0) as account,
                    coalesce(sum(case when source = $2 then 1 else 0 end), 0) as source
             from login_try where at > $3",
        )
        .bind(name)
        .bind(source)
        .bind(now - TRIES_SINCE)
        .fetch_one(&self.pool)
        .await?;
        if row.get::<i64, _>("account") < TRIES && row.get::<i64, _>("source") < SOURCE_TRIES {
            return Ok(Admitted::Yes);
        }
        let Some(browser) = browser else { return Ok(Admitted::TooMany) };
        let known = sqlx::query(
            "select (select count(*) from known_browser where hash = $1 and name = $2 and at > $3) as known,
                    (select count(*) from login_try where name = $2 and source = $4 and at > $5) as failed",
        )
        .bind(hash(browser))
        .bind(name)
        .bind(now - KNOWN)
        .bind(own_source(browser))
        .bind(now - TRIES_SINCE)
        .fetch_one(&self.pool)
        .await?;
        let known = known.get::<i64, _>("known") == 1 && known.get::<i64, _>("failed") < TRIES;
        Ok(if known { Admitted::Yes } else { Admitted::TooMany })
    }

    /// Notes a failed login; a known browser's own failures count against it.
    pub async fn failed(&self, name: &str, source: &str, browser: Option<&str>, now: i64) -> Result<()> {
        let sources = [Some(source.to_owned()), browser.map(own_source)].into_iter().flatten();
        let mut statements: Vec<_> = sources
            .map(|source| {
                sqlx::query("insert into login_try (id, name, source, at) values ($1, $2, $3, $4)")
                    .bind(Uuid::now_v7().to_string())
                    .bind(name)
                    .bind(source)
                    .bind(now)
            })
            .collect();
        statements.push(sqlx::query("delete from login_try where at < $1").bind(now - TRIES_SINCE));
        self.execute_all("login_try", statements).await
    }

    /// Begins a session, with a new secret for the browser; the browser is known from now on.
    pub async fn begin_session(&self, name: &str, browser: &str, now: i64) -> Result<String> {
        let token = secret();
        let begun =
            sqlx::query("insert into desk_session (hash, name, csrf, begun_at, seen_at) values ($1, $2, $3, $4, $4)")
                .bind(hash(&token))
                .bind(name)
                .bind(secret())
                .bind(now);
        let known = sqlx::query(
            "insert into known_browser (hash, name, at) values ($1, $2, $3) on conflict (hash, name) do update set at = excluded.at",
        )
        .bind(hash(browser))
        .bind(name)
        .bind(now);
        let old = sqlx::query("delete from desk_session where begun_at < $1").bind(now - LONGEST);
        self.execute_all("session", vec![begun, known, old]).await?;
        Ok(token)
    }

    /// The session of a secret, while it lasts.
    pub async fn session(&self, token: &str, now: i64) -> Result<Option<Session>> {
        let row = sqlx::query(
            "select c.*, s.csrf, s.seen_at from desk_session s join counsellor c on c.name = s.name
             where s.hash = $1 and s.seen_at > $2 and s.begun_at > $3 and c.disabled_at is null",
        )
        .bind(hash(token))
        .bind(now - IDLE)
        .bind(now - LONGEST)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<i64, _>("seen_at") < now - TOUCH {
            self.execute(
                "session",
                sqlx::query("update desk_session set seen_at = $2 where hash = $1").bind(hash(token)).bind(now),
            )
            .await?;
        }
        Ok(Some(Session { counsellor: counsellor(&row)?, csrf: row.get("csrf") }))
    }

    /// Ends a session.
    pub async fn end_session(&self, token: &str) -> Result<()> {
        self.execute("end_session", sqlx::query("delete from desk_session where hash = $1").bind(hash(token))).await?;
        Ok(())
    }
}

/// Whether a name can be an account's: small letters, digits, `-` and `_`, two to 31 of them.
pub fn is_account_name(name: &str) -> bool {
    (2..=31).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// A browser as the source of its own failures.
fn own_source(browser: &str) -> String {
    format!("browser:{}", hash(browser))
}

fn counsellor(row: &AnyRow) -> Result<Counsellor> {
    let list = |name| serde_json::from_str(row.get::<&str, _>(name)).context("a stored list cannot be read");
    Ok(Counsellor {
        name: row.get("name"),
        shown: row.get("shown"),
        role: Role::named(row.get("role")).context("a stored role cannot be read")?,
        skills: list("skills")?,
        districts: list("districts")?,
        scripts: serde_json::from_str(row.get("scripts")).context("a stored list cannot be read")?,
        capacity: row.get("capacity"),
        on_duty: row.get::<i64, _>("on_duty") == 1,
        disabled: row.get::<Option<i64>, _>("disabled_at").is_some(),
    })
}
