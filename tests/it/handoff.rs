//! The hand-over to counsellors, tried hard: one speaker at a time, no request lost, whatever happens in
//! whatever order, twice, at once, or only half.
//!
//! `model` throws dice at the pure core, `stored` at a real store, `loaded` takes over while people write
//! and messages are under way, `killed` does that with a program that is killed all the time.
//! LUZHU_ROUNDS says how often; without it, as often as everyday life allows.

mod killed;
mod loaded;
mod model;
mod post;
mod stored;

use std::{path::Path, time::Duration};

use luzhu::{
    conversation::wording,
    message::{Address, Author, Message, Staff},
    store::{Line, Said, Store},
};
use sqlx::{AnyPool, Row};

/// How often something is done.
pub fn rounds(ordinary: usize) -> usize {
    std::env::var("LUZHU_ROUNDS").map_or(ordinary, |rounds| rounds.parse().expect("LUZHU_ROUNDS is a number"))
}

/// Three counsellors and a lead, whose names look the same in both scripts.
fn staff() -> [Staff; 4] {
    let one = |name: &str, shown: &str, leads| Staff { name: name.into(), shown: shown.into(), leads };
    [one("wang", "王心", false), one("lin", "林立", false), one("he", "何工", false), one("fang", "方正", true)]
}

/// Looks until something is so, for two minutes at most.
pub async fn until(what: &str, so: impl AsyncFn() -> bool) {
    for _ in 0..6000 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}: not within two minutes");
}

/// A folder in memory where there is one: what is tried here is no disk.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

/// What a transcript tells whoever reads it from the first line to the last.
#[derive(Debug, Default, PartialEq)]
pub struct Reading {
    /// The counsellor who speaks at the end, as people see the name.
    speaker: Option<String>,
    /// Whether somebody was promised to the person who has not come.
    waits: bool,
    /// Takeovers.
    takes: i64,
    /// The place of the last one.
    taken: i64,
    /// Messages that were left, times that were agreed.
    tasks: usize,
}

/// Reads a transcript in simplified; says where two speak.
fn read(lines: &[Line]) -> Result<Reading, String> {
    let mut reading = Reading::default();
    for line in lines {
        let Said::Message(message) = &line.said else { continue };
        let wrong = || {
            Err(format!("line {}: {:?} speaks into {:?}'s: {}", line.seq, message.by, reading.speaker, message.text()))
        };
        let lead = message.lead.as_str();
        match (&reading.speaker, &message.by) {
            (_, Some(by)) if lead == wording::JOINED => {
                (reading.speaker, reading.waits, reading.taken) = (Some(by.clone()), false, line.seq);
                reading.takes += 1;
            }
            (Some(speaker), Some(by)) if speaker == by => {
                if [wording::GIVEN_BACK, wording::CLOSED, wording::SILENT, wording::TRANSFERRED].contains(&lead) {
                    reading.waits = lead == wording::TRANSFERRED;
                    reading.speaker = None;
                }
            }
            (Some(_), Some(_)) if lead == wording::READS_ALONG => {}
            (Some(_), None) if lead.starts_with(wording::PARTED) => reading.speaker = None,
            (Some(_), None) if lead.starts_with(wording::LOST) => (reading.speaker, reading.waits) = (None, true),
            (None, None) => hear(&mut reading, message),
            _ => return wrong(),
        }
    }
    Ok(reading)
}

/// What the assistant promises, and takes back.
fn hear(reading: &mut Reading, message: &Message) {
    let lead = message.lead.as_str();
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| lead.starts_with(beginning));
    if begins(&[wording::HUMAN, wording::HUMAN_AGAIN, wording::LEAVE, wording::RATED_DOWN, wording::UNKNOWN_AGAIN]) {
        reading.waits = true;
    } else if begins(&[wording::WITHDRAWN]) {
        reading.waits = false;
    } else if begins(&["留言记下了", "约好了"]) {
        reading.waits = false;
        reading.tasks += 1;
    }
}

/// A look at the tables themselves, beside the store.
pub struct Tables(AnyPool);

/// How a line of the assistant or a counsellor was delivered.
struct Delivered {
    seq: i64,
    author: String,
    delivery: String,
}

impl Tables {
    pub async fn open(folder: &Path) -> Self {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}", folder.join("luzhu.db").display());
        Self(AnyPool::connect(&url).await.expect("the database"))
    }

    async fn deliveries(&self, address: &Address) -> Vec<Delivered> {
        let rows = sqlx::query(
            "select seq, author, delivery from message where address = $1 and author <> 'you' order by seq",
        )
        .bind(address.to_string())
        .fetch_all(&self.0)
        .await
        .expect("rows");
        rows.iter()
            .map(|row| Delivered { seq: row.get("seq"), author: row.get("author"), delivery: row.get("delivery") })
            .collect()
    }

    /// How requests and conversations with counsellors ended, in the order of their beginning; nothing
    /// for one that is open, and whether anybody took it.
    async fn talks(&self, address: &Address) -> Vec<(Option<String>, bool)> {
        let rows = sqlx::query("select ending, taken_at, ended_at from talk where address = $1 order by id")
            .bind(address.to_string())
            .fetch_all(&self.0)
            .await
            .expect("rows");
        let of = |row: &sqlx::any::AnyRow| {
            let ending: Option<String> = row.get("ending");
            assert_eq!(ending.is_some(), row.get::<Option<i64>, _>("ended_at").is_some(), "{address}");
            (ending, row.get::<Option<i64>, _>("taken_at").is_some())
        };
        rows.iter().map(of).collect()
    }

    /// The ids of everything that was taken in, in order.
    async fn inbound(&self, address: &Address) -> Vec<String> {
        let rows = sqlx::query("select id from inbound where address = $1 order by id")
            .bind(address.to_string())
            .fetch_all(&self.0)
            .await
            .expect("rows");
        rows.iter().map(|row| row.get("id")).collect()
    }

    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query(query).fetch_one(&self.0).await.expect("a row").get(0)
    }
}

/// All lines of a conversation.
pub async fn lines(store: &Store, address: &Address) -> Vec<Line> {
    store.transcript(address, 0, i64::MAX).await.expect("lines")
}

/// Looks a conversation over: the state, the transcript and the tables tell the same story.
pub async fn look_over(store: &Store, tables: &Tables, address: &Address) -> Result<Reading, String> {
    let loaded = store.load(address).await.expect("a state");
    let (talk, request) = (&loaded.conversation.talk, &loaded.conversation.request);
    let lines = lines(store, address).await;
    hold(lines.iter().map(|line| line.seq).eq(1..=loaded.last_seq), || "the transcript has a gap".into())?;
    let reading = read(&lines)?;
    hold(reading.speaker.as_deref() == talk.as_ref().map(|talk| talk.by.shown.as_str()), || {
        format!("by the transcript {:?} speaks, by the state {talk:?}", reading.speaker)
    })?;
    hold(reading.waits == request.is_some(), || format!("promised: {}, asked for: {request:?}", reading.waits))?;
    let owner = store.owner(address).await.expect("an owner");
    hold(owner.as_deref() == talk.as_ref().map(|talk| talk.by.name.as_str()), || {
        format!("owner {owner:?}, talk {talk:?}")
    })?;
    let talks = tables.talks(address).await;
    let open = talks.iter().filter(|(ending, _)| ending.is_none()).count();
    hold(open == usize::from(talk.is_some() || request.is_some()), || format!("{open} requests are open"))?;
    let taken = talks.iter().filter(|(_, taken)| *taken).count() as i64;
    hold(taken == reading.takes, || format!("{taken} of {} takeovers are noted", reading.takes))?;
    let tasks = store.tasks().await.expect("tasks").into_iter().filter(|task| task.address == *address).count();
    hold(tasks == reading.tasks, || format!("{tasks} of {} tasks are noted", reading.tasks))?;
    let unsent = |line: &&Delivered| {
        line.author == "assistant" && line.seq < reading.taken && ["due", "sending"].contains(&line.delivery.as_str())
    };
    let unsent = tables.deliveries(address).await.iter().filter(unsent).count();
    hold(unsent == 0, || format!("{unsent} lines of the assistant may still be sent after a takeover"))?;
    let heard = lines.iter().filter(|line| line.author == Author::You).count();
    hold(heard <= tables.inbound(address).await.len(), || "something was heard twice".into())?;
    Ok(reading)
}

/// Whether something is as it should be; if not, what is wrong.
fn hold(so: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if so { Ok(()) } else { Err(wrong()) }
}
