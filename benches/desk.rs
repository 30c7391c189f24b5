//! From a person's message to the counsellor's screen: 50 counsellors with eight conversations each and 20
//! messages a second, beside the same way on the same machine while nobody else writes.

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/it/house.rs"]
mod house;
#[allow(unreachable_pub)]
#[path = "../tests/stand_in/mod.rs"]
mod stand_in;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use house::{AtDesk, Dice, Server, Visitor};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;

const COUNSELLORS: usize = 50;
const EACH: usize = 8;
const A_SECOND: u64 = 20;

/// When messages were sent, and how long until they were on the screen.
#[derive(Default)]
struct Watch {
    sent: Mutex<HashMap<String, Instant>>,
    took: Mutex<Vec<Duration>>,
}

/// A counsellor's page, as its script keeps it live: on a hint it fetches the new lines, and the rest of the page
/// once lines have stopped coming.
async fn screen(desk: Arc<AtDesk>, watch: Arc<Watch>) {
    let mut events = desk.get("/desk/events").send().await.expect("a stream").bytes_stream();
    let mut last: HashMap<String, i64> = HashMap::new();
    let mut buffer = String::new();
    loop {
        let chunk = match tokio::time::timeout(Duration::from_millis(400), events.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(_) => return,
            Err(_) => {
                if let Some(address) = last.keys().next() {
                    desk.page(&format!("/desk/talk/{address}")).await;
                }
                last.retain(|_, seq| *seq > 0);
                match events.next().await {
                    Some(Ok(chunk)) => chunk,
                    _ => return,
                }
            }
        };
        buffer.push_str(&String::from_utf8_lossy(&chunk));
        while let Some(end) = buffer.find("\n\n") {
            let event: String = buffer.drain(..end + 2).collect();
            let Some(address) = event.contains("event: lines").then(|| event.split_once("data: ")).flatten() else {
                continue;
            };
            let address = address.1.trim().to_owned();
            let after = last.entry(address.clone()).or_default();
            let page = desk.page(&format!("/desk/talk/{address}/lines?after={after}")).await;
            if let Some(seq) = page.rsplit("data-seq=\"").next().and_then(|rest| rest.split('"').next()?.parse().ok()) {
                *after = seq;
            }
            let mut sent = watch.sent.lock().expect("nobody panicked");
            let seen: Vec<String> = sent.keys().filter(|mark| page.contains(*mark)).cloned().collect();
            for mark in seen {
                let at = sent.remove(&mark).expect("a time");
                watch.took.lock().expect("nobody panicked").push(at.elapsed());
            }
        }
    }
}

/// Sends so many messages at this pace; the median and the 99th percentile until they are on the screen.
async fn measure(people: &Arc<Vec<Visitor>>, watch: &Arc<Watch>, count: u64, pace: Duration) -> (Duration, Duration) {
    watch.took.lock().expect("nobody panicked").clear();
    let mut dice = Dice::new(count);
    let mut sending = JoinSet::new();
    for i in 0..count {
        let (people, watch, who, mark) =
            (Arc::clone(people), Arc::clone(watch), dice.below(people.len()), format!("第{count}之{i}条。"));
        sending.spawn(async move {
            watch.sent.lock().expect("nobody panicked").insert(mark.clone(), Instant::now());
            let answer = people[who].json(&json!({ "text": mark })).send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
        });
        tokio::time::sleep(pace).await;
    }
    sending.join_all().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut took = watch.took.lock().expect("nobody panicked").clone();
    assert_eq!(took.len() as u64, count, "messages that never came to a screen");
    took.sort_unstable();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let admin = AtDesk::enter(&server, folder.path(), "admin", "admin").await;
    let mut people = Vec::new();
    let watch = Arc::new(Watch::default());
    for i in 0..COUNSELLORS {
        let name = format!("c{i}");
        let desk = Arc::new(AtDesk::enter(&server, folder.path(), &name, "counsellor").await);
        admin.post(&format!("/desk/team/{name}"), &[("capacity", "8")]).await;
        for _ in 0..EACH {
            let person = Visitor::new(&server.url).await;
            person.json(&json!({ "text": "转人工" })).send().await.expect("an answer");
            let page = desk.page("/desk").await;
            let (_, waiting) = page.split_once("id=\"waiting\"").expect("the queue");
            let (_, rest) = waiting.split_once("href=\"/desk/talk/").expect("somebody waits");
            let address = rest.split('"').next().expect("an address");
            let taken = desk.post(&format!("/desk/talk/{address}/take"), &[]).await;
            assert_eq!(taken.status(), 303);
            people.push(person);
        }
        tokio::spawn(screen(desk, Arc::clone(&watch)));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let people = Arc::new(people);
    let (quiet, quiet_most) = measure(&people, &watch, 101, Duration::from_millis(200)).await;
    let (busy, busy_most) = measure(&people, &watch, 60 * A_SECOND, Duration::from_millis(1000 / A_SECOND)).await;
    eprintln!("quiet: {quiet:?}, 99 of 100 within {quiet_most:?}");
    eprintln!(
        "{COUNSELLORS} counsellors with {EACH} conversations, {A_SECOND} messages a second: {busy:?}, 99 of 100 within {busy_most:?}"
    );
    eprintln!(
        "ratio: {:.1} (median), {:.1} (99 of 100)",
        busy.as_secs_f64() / quiet.as_secs_f64(),
        busy_most.as_secs_f64() / quiet_most.as_secs_f64()
    );
}
