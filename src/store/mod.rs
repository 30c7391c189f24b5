//! What we remember: the only SQL there is.
//!
//! One message is one transaction. A step is taken outside of it, so a save carries the version
//! that the step was taken from, and tells when that has moved.

mod audit;
mod backup;
mod code;
mod desk;
mod handoff;
mod letter;
mod lock;
mod outgoing;
mod staff;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sqlx::{
    AnyConnection, AnyPool, Row,
    any::{AnyPoolOptions, AnyRow, install_default_drivers},
};

use crate::{
    conversation::{Conversation, Turn},
    message::{Address, Author, Message, Script},
    store::writer::{Writer, row, run},
};

pub use audit::{AuditLine, Chain};
pub use backup::{Vitals, WrittenBy, back_up, database_of, examine, is_backup, part_of, restore, restoring_in};
pub use desk::{Earlier, Mine, NoteRow, Queued, TaskRow};
pub use handoff::{ON_THE_WIRE, Wants};
pub use letter::{Letter, Way};
pub use lock::{DataLock, make_folder};
pub use outgoing::Outgoing;
pub use staff::{Admitted, Counsellor, Role, Session, is_account_name, secret};

/// A database with our tables in it.
pub struct Store {
    pool: AnyPool,
    /// SQLite has one writer, and so have we.
    writer: Writer,
}

/// A conversation as it was loaded.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Its state.
    pub conversation: Conversation,
    /// The version that a save must carry; 0 before the first turn.
    pub version: i64,
    /// The transcript's last line.
    pub last_seq: i64,
    /// How the person was reached at their last message.
    pub delivery: Delivery,
}

impl Loaded {
    /// As a turn leaves it that was saved.
    pub fn after(&self, turn: Turn, delivery: Delivery) -> Self {
        let last_seq = self.last_seq + turn.lines() as i64;
        Self { conversation: turn.conversation, version: self.version + 1, last_seq, delivery }
    }
}

/// What became of a save.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Saved {
    /// It is durable; what was heard has this place in the transcript.
    At(i64),
    /// This id was handled before; what was heard then has this place.
    Before(i64),
    /// The conversation moved meanwhile: load it and step again.
    Moved,
    /// Something of the assistant is on the wire: nobody can take over until it has arrived.
    Busy,
}

/// Whether a channel is told of new messages or reads them in the transcript.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Delivery {
    /// The outbox sends them.
    Push,
    /// Pages and terminals read them.
    #[default]
    Read,
}

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counts {
    /// Conversations.
    pub conversations: i64,
    /// Requests that wait for a counsellor.
    pub waiting: i64,
    /// Lines of all transcripts.
    pub messages: i64,
    /// Messages that are not delivered yet.
    pub due: i64,
    /// Messages that can never be delivered.
    pub dead: i64,
    /// Messages that could not be read and are kept.
    pub letters: i64,
}

/// One line of a transcript.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place, counted from 1 without gaps.
    pub seq: i64,
    /// Who said it.
    pub author: Author,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What was said.
    pub said: Said,
}

/// The content of a line.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// The assistant's, with all its parts.
    Message(Box<Message>),
    /// Plain words of a person.
    Words {
        /// The words, numbers masked.
        text: String,
        /// The script that the person reads.
        script: Script,
    },
}

impl Store {
    /// Opens `folder/luzhu.db`, making both where they are missing.
    ///
    /// # Errors
    /// One sentence that says what to do: the folder cannot be written, or a newer luzhu wrote it.
    pub async fn open(folder: &Path) -> Result<Self> {
        let file = database_of(folder);
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let store = Self::connect(&url, 4).await.with_context(|| {
            format!(
                "the database {} cannot be opened; check that the folder can be written and the disk is not full",
                file.display()
            )
        })?;
        store.migrate().await.with_context(|| format!("the database {} cannot be used", file.display()))?;
        Ok(store)
    }

    /// A database that is gone when the program ends.
    pub async fn in_memory() -> Result<Self> {
        let store = Self::connect("sqlite::memory:", 1).await?;
        store.migrate().await?;
        Ok(store)
    }

    async fn connect(url: &str, connections: u32) -> Result<Self> {
        install_default_drivers();
        let options =
            AnyPoolOptions::new().max_connections(connections).min_connections(1).idle_timeout(None).max_lifetime(None);
        // A file does not hang up, so nobody needs to ask before each use whether it is still there.
        let options = options.test_before_acquire(false);
        let options = options.acquire_timeout(Duration::from_secs(10)).after_connect(|connection, _| {
            Box::pin(async move {
                // Full sync: what was acknowledged survives a power cut.
                for pragma in ["busy_timeout = 5000", "synchronous = full", "foreign_keys = on"] {
                    sqlx::query(sqlx::AssertSqlSafe(format!("pragma {pragma}"))).execute(&mut *connection).await?;
                }
                Ok(())
            })
        });
        let pool = options.connect(url).await?;
        // Once for the file, and it stays so: a connection that asks for it while another one writes is refused.
        sqlx::query("pragma journal_mode = wal").execute(&pool).await?;
        Ok(Self { writer: Writer::new(pool.clone()), pool })
    }

    async fn migrate(&self) -> Result<()> {
        match backup::MIGRATIONS.run(&self.pool).await {
            Ok(()) => Ok(()),
            Err(sqlx::migrate::MigrateError::VersionMissing(_)) => {
                bail!("it was written by a newer luzhu; start that version, or point --data to another folder")
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for open work and closes the database.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database can be written: what is taken in would be durable.
    pub async fn is_ready(&self, now: i64) -> bool {
        let beat =
            sqlx::query("insert into pulse (id, at) values (1, $1) on conflict (id) do update set at = excluded.at");
        self.execute("pulse", beat.bind(now)).await.is_ok()
    }

    /// A conversation, or the beginning of one.
    pub async fn load(&self, address: &Address) -> Result<Loaded> {
        Ok(self.load_for(address, "").await?.0)
    }

    /// A conversation, or the beginning of one; and where the message with this id stands, if it was
    /// handled before.
    pub async fn load_for(&self, address: &Address, id: &str) -> Result<(Loaded, Option<i64>)> {
        let row = sqlx::query(
            "select version, last_seq, state, push, (select seq from inbound where address = $1 and id = $2) as seen
             from conversation where address = $1",
        )
        .bind(address.to_string())
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok((Loaded::default(), None)) };
        let conversation = serde_json::from_str(row.get("state")).context("a stored conversation cannot be read")?;
        let delivery = if row.get::<i64, _>("push") == 1 { Delivery::Push } else { Delivery::Read };
        let loaded = Loaded { conversation, version: row.get("version"), last_seq: row.get("last_seq"), delivery };
        Ok((loaded, row.get("seen")))
    }

    /// Where the message with this id stands, if it was handled before.
    pub async fn seen(&self, address: &Address, id: &str) -> Result<Option<i64>> {
        let row = sqlx::query("select seq from inbound where address = $1 and id = $2")
            .bind(address.to_string())
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.get("seq")))
    }

    /// Writes one turn down: what was heard, what is said, and the new state, all or nothing.
    pub async fn save(
        &self,
        address: &Address,
        id: &str,
        loaded: &Arc<Loaded>,
        turn: &Arc<Turn>,
        delivery: Delivery,
        now: i64,
    ) -> Result<Saved> {
        let page = Page::of(loaded, turn, delivery, now)?;
        let (address, id, loaded, turn) = (address.clone(), id.to_owned(), Arc::clone(loaded), Arc::clone(turn));
        let saved = self.write(move |db| Box::pin(save(db, address, id, loaded, turn, page))).await;
        saved.or_else(|error| Ok(error.downcast::<Undone>()?.0))
    }

    /// The transcript after a place, oldest first.
    pub async fn transcript(&self, address: &Address, after: i64, most: i64) -> Result<Vec<Line>> {
        let rows = sqlx::query(
            "select seq, author, at, body from message where address = $1 and seq > $2 order by seq limit $3",
        )
        .bind(address.to_string())
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(line).collect()
    }

    /// How much there is of everything.
    pub async fn counts(&self) -> Result<Counts> {
        let row = sqlx::query(
            "select (select count(*) from conversation) as conversations,
                    (select count(*) from conversation where request is not null) as waiting,
                    (select count(*) from message) as messages,
                    (select count(*) from message where delivery = 'due') as due,
                    (select count(*) from message where delivery = 'dead') as dead,
                    (select count(*) from letter) as letters",
        )
        .fetch_one(&self.pool)
        .await?;
        let count = |name| row.get::<i64, _>(name);
        Ok(Counts {
            conversations: count("conversations"),
            waiting: count("waiting"),
            messages: count("messages"),
            due: count("due"),
            dead: count("dead"),
            letters: count("letters"),
        })
    }
}

/// What a turn adds to what is stored, in the form in which it is: that is worked out before anybody has to wait
/// for the one that writes.
struct Page {
    state: String,
    lines: Vec<NewLine>,
    delivery: Delivery,
    now: i64,
}

/// A line that is added to the transcript.
struct NewLine {
    seq: i64,
    author: Author,
    body: String,
}

impl Page {
    fn of(loaded: &Loaded, turn: &Turn, delivery: Delivery, now: i64) -> Result<Self> {
        let mut lines = Vec::with_capacity(turn.lines());
        let mut add = |author, body| {
            lines.push(NewLine { seq: loaded.last_seq + 1 + lines.len() as i64, author, body });
        };
        if !turn.heard.is_empty() {
            let words = Said::Words { text: turn.heard.clone(), script: turn.conversation.script };
            add(Author::You, serde_json::to_string(&words)?);
        }
        for message in &turn.said {
            add(message.author(), serde_json::to_string(message)?);
        }
        Ok(Self { state: serde_json::to_string(&turn.conversation)?, lines, delivery, now })
    }
}

/// Why a turn is not written down; what was written of it is undone.
#[derive(Debug)]
struct Undone(Saved);

impl std::fmt::Display for Undone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the turn was not written down")
    }
}

impl std::error::Error for Undone {}

/// Writes a turn down.
async fn save(
    db: &mut AnyConnection,
    address: Address,
    id: String,
    loaded: Arc<Loaded>,
    turn: Arc<Turn>,
    page: Page,
) -> Result<Saved> {
    let now = page.now;
    let takes_over = loaded.conversation.talk.is_none() && turn.conversation.talk.is_some();
    if takes_over && handoff::on_the_wire(db, &address, now).await? {
        return Ok(Saved::Busy);
    }
    let heard = loaded.last_seq + 1;
    let inbound = sqlx::query("insert into inbound (address, id, seq) values ($1, $2, $3) on conflict do nothing")
        .bind(address.to_string())
        .bind(&id)
        .bind(heard);
    if run(db, "inbound", inbound).await? == 0 {
        let seen = sqlx::query("select seq from inbound where address = $1 and id = $2").bind(address.to_string());
        let seen = row(db, "seen", seen.bind(&id)).await?;
        return Ok(seen.map_or(Saved::Moved, |seen| Saved::Before(seen.get("seq"))));
    }
    if !save_state(db, &address, &loaded, &turn, &page).await? {
        bail!(Undone(Saved::Moved));
    }
    if let Some(code) = &turn.code
        && !code::note(db, &address, code, now).await?
    {
        bail!(Undone(Saved::Moved));
    }
    if takes_over {
        handoff::silence(db, &address).await?;
    }
    save_lines(db, &address, page).await?;
    handoff::note(db, &address, &loaded, &turn, now).await?;
    Ok(Saved::At(heard))
}

/// Writes the state unless the version moved; says whether it was written.
async fn save_state(
    db: &mut AnyConnection,
    address: &Address,
    loaded: &Loaded,
    turn: &Turn,
    page: &Page,
) -> Result<bool> {
    let Page { state, lines, delivery, now } = page;
    // What is noted beside the state can be asked for without reading it.
    let statement = match loaded.version {
        0 => {
            "insert into conversation (address, version, last_seq, state, request, begun_at, changed_at, owner, asked_at, wants, push, heard_seq, heard_at, said_at)
             values ($1, $2 + 1, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, case when $11 > 0 then $6 else 0 end, 0) on conflict do nothing"
        }
        _ => {
            "update conversation set version = $2 + 1, last_seq = $3, state = $4, request = $5, changed_at = $6, owner = $7,
                 asked_at = case when $5 is null then null else coalesce(asked_at, $8) end, wants = $9, push = $10,
                 heard_seq = case when $11 > 0 then $11 else heard_seq end, heard_at = case when $11 > 0 then $6 else heard_at end,
                 said_at = case when $12 > 0 then $6 else said_at end,
                 offered_to = case when $5 is null then null else offered_to end,
                 offered_at = case when $5 is null then null else offered_at end,
                 passed = case when $5 is null then '[]' else passed end,
                 held_until = case when $7 is null then held_until else 0 end
             where address = $1 and version = $2"
        }
    };
    let request = turn.conversation.request.as_ref();
    let asked_at = match request {
        Some(request) => Some(handoff::asked_at(db, address, request, *now).await?),
        None => None,
    };
    let last = |author| lines.iter().rev().find(|line| line.author == author).map_or(0, |line| line.seq);
    let written = sqlx::query(statement)
        .bind(address.to_string())
        .bind(loaded.version)
        .bind(lines.last().map_or(loaded.last_seq, |line| line.seq))
        .bind(state)
        .bind(request.map(|request| request.reason.name()))
        .bind(*now)
        .bind(turn.conversation.talk.as_ref().map(|talk| talk.by.name.clone()))
        .bind(asked_at)
        .bind(Wants::of(&turn.conversation).map(|wants| serde_json::to_string(&wants)).transpose()?)
        .bind(i64::from(*delivery == Delivery::Push))
        .bind(last(Author::You))
        .bind(last(Author::Counsellor));
    Ok(run(db, "state", written).await? == 1)
}

/// Adds lines to the transcript, all in one statement.
async fn save_lines(db: &mut AnyConnection, address: &Address, page: Page) -> Result<()> {
    let Page { lines, delivery, now, .. } = page;
    if lines.is_empty() {
        return Ok(());
    }
    let row = |i: usize| format!("($1, ${}, ${}, ${}, ${}, ${})", i + 2, i + 3, i + 4, i + 5, i + 6);
    let rows: Vec<String> = (0..lines.len()).map(|i| row(i * 5)).collect();
    let sql = format!("insert into message (address, seq, author, at, body, delivery) values {}", rows.join(", "));
    // Made of nothing but the number of lines.
    let mut added = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(address.to_string());
    for line in lines {
        let due = delivery == Delivery::Push && line.author != Author::You;
        added = added.bind(line.seq).bind(handoff::name_of(line.author)).bind(now).bind(line.body).bind(if due {
            "due"
        } else {
            "kept"
        });
    }
    run(db, "lines", added).await?;
    Ok(())
}

fn line(row: &AnyRow) -> Result<Line> {
    let author =
        serde_json::from_value(serde_json::Value::String(row.get("author"))).context("a stored line has no author")?;
    let said = serde_json::from_str(row.get("body")).context("a stored line cannot be read")?;
    Ok(Line { seq: row.get("seq"), author, at: row.get("at"), said })
}
