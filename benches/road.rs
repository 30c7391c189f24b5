//! How many turns a second become durable, beside the rate at which bare SQLite commits the same rows in
//! groups, in the same run; and how long it takes to answer what was taken in before. The ratio is what
//! counts, machines differ.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use luzhu::{
    clock::Clock,
    inbox::Inbox,
    library::Library,
    message::{Address, Body, Inbound},
    store::{Delivery, Store},
    text::Language,
};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

/// People who write at the same time, each as soon as the last message is durable.
const PEOPLE: usize = 256;

/// Turns in one commit.
const TOGETHER: usize = 64;

/// How long each side runs.
const RUN: Duration = Duration::from_secs(8);

fn inbound(person: usize, id: u64) -> Inbound {
    Inbound {
        id: id.to_string(),
        from: Address::new("telegram", person.to_string()),
        body: Body::Text("你好".into()),
        guess: None,
    }
}

/// Turns a second through the inbox.
async fn ours(inbox: &Arc<Inbox>, round: u64) -> f64 {
    let (turns, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut people = JoinSet::new();
    for person in 0..PEOPLE {
        let (inbox, turns) = (Arc::clone(inbox), Arc::clone(&turns));
        people.spawn(async move {
            let mut id = round << 32;
            while begun.elapsed() < RUN {
                id += 1;
                inbox.receive(&inbound(person, id), Delivery::Push).await.expect("taken in");
                turns.fetch_add(1, Relaxed);
            }
        });
    }
    people.join_all().await;
    turns.load(Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// Turns a second when their rows are only written, in one connection, by groups.
async fn bare(db: &mut SqliteConnection, state: &str, lines: &[[String; 3]], round: u64) -> f64 {
    let (mut turns, begun) = (0_u64, Instant::now());
    while begun.elapsed() < RUN {
        let mut tx = db.begin_with("begin immediate").await.expect("a transaction");
        for _ in 0..TOGETHER {
            turns += 1;
            let address = format!("telegram:{}", turns as usize % PEOPLE);
            let seq = ((round << 32) + turns) as i64;
            let statements = [
                sqlx::query("insert into inbound (address, id, seq) values ($1, $2, $3)").bind(&address).bind(seq.to_string()).bind(seq),
                sqlx::query("update conversation set version = version + 1, last_seq = $2, state = $3, changed_at = $2 where address = $1")
                    .bind(&address).bind(seq).bind(state),
            ];
            for statement in statements {
                statement.execute(&mut *tx).await.expect("written");
            }
            for (i, [author, body, delivery]) in lines.iter().enumerate() {
                sqlx::query(
                    "insert into message (address, seq, author, at, body, delivery) values ($1, $2, $3, 0, $4, $5)",
                )
                .bind(&address)
                .bind(seq * 2 + i as i64)
                .bind(author)
                .bind(body)
                .bind(delivery)
                .execute(&mut *tx)
                .await
                .expect("written");
            }
        }
        tx.commit().await.expect("durable");
    }
    turns as f64 / begun.elapsed().as_secs_f64()
}

/// A copy of a database, to write the same rows into.
async fn copy(folder: &Path) -> (SqliteConnection, String, Vec<[String; 3]>) {
    let from = folder.join("luzhu.db");
    let mut db = SqliteConnectOptions::new().filename(&from).connect().await.expect("a database");
    let to = folder.join("bare.db");
    sqlx::query("vacuum into $1").bind(to.to_str()).execute(&mut db).await.expect("copied");
    let mut db = SqliteConnectOptions::new().filename(&to).connect().await.expect("a database");
    for pragma in ["pragma journal_mode = wal", "pragma synchronous = full"] {
        sqlx::query(pragma).execute(&mut db).await.expect("set");
    }
    let state = sqlx::query("select state from conversation limit 1").fetch_one(&mut db).await.expect("a row").get(0);
    let lines =
        sqlx::query("select author, body, delivery from message where address = 'telegram:1' order by seq limit 2");
    let lines = lines.fetch_all(&mut db).await.expect("rows");
    let lines = lines.iter().map(|row| [0, 1, 2].map(|column| row.get(column))).collect();
    (db, state, lines)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let language = Language::load().expect("dictionaries");
    let library = Library::load(Path::new("knowledge"), Path::new("dialogs"), today, language).expect("sound content");
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(folder.path()).await.expect("a store"));
    let inbox = Arc::new(Inbox::new(store, Arc::new(library), Clock::default()));
    for person in 0..PEOPLE {
        inbox.receive(&inbound(person, 0), Delivery::Push).await.expect("taken in");
    }
    let begun = Instant::now();
    let known = inbox.store().load(&inbound(1, 0).from).await.expect("a state");
    for _ in 0..10_000 {
        let moment = luzhu::conversation::Moment::from(today);
        std::hint::black_box(luzhu::conversation::step(
            &inbox.library(),
            &known.conversation,
            &inbound(1, 0).body,
            moment,
        ));
    }
    eprintln!("a step takes {:?}", begun.elapsed() / 10_000);
    let (mut db, state, lines) = copy(folder.path()).await;
    let (mut ratios, mut rates) = (vec![], vec![]);
    for round in 1..=3 {
        let (bare, ours) = (bare(&mut db, &state, &lines, round).await, ours(&inbox, round).await);
        eprintln!(
            "round {round}: {ours:.0} turns/s durable, bare SQLite {bare:.0} turns/s in groups of {TOGETHER}: {:.0} %",
            100.0 * ours / bare
        );
        ratios.push(ours / bare);
        rates.push(ours);
    }
    ratios.sort_by(f64::total_cmp);
    eprintln!("median {:.0} % of bare group commits", 100.0 * ratios[1]);
    let mut took: Vec<Duration> = Vec::new();
    for i in 0..10_000 {
        let begun = Instant::now();
        inbox.receive(&inbound(i % PEOPLE, 0), Delivery::Push).await.expect("known");
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    eprintln!("a duplicate is answered in {:?} (median), {:?} (99 of 100)", took[5000], took[9900]);
}
