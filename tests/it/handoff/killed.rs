//! The real program, killed at any moment and started again, while people write on Telegram and
//! counsellors work at the desk: one speaker, nobody lost, nothing twice but what was under way.

use std::{
    path::Path,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use luzhu::{message::Address, store::Store};
use tokio::task::JoinSet;

use crate::{
    handoff::{Tables, folder, lines, look_over, post::Post, rounds, until},
    house::{Dice, PASSWORD, Server, account, browser, cookies, field},
};

/// People who write.
const PEOPLE: i64 = 20;

/// Who works at the desk, and as what; the first account is an admin, who leads too.
const DESK: [(&str, &str); 4] =
    [("fang", "admin"), ("wang", "counsellor"), ("lin", "counsellor"), ("heng", "counsellor")];

/// A counsellor's browser.
struct Desk {
    client: reqwest::Client,
    csrf: String,
}

/// What became of a click.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Clicked {
    Done,
    Refused,
    /// Not theirs to see: nobody waits there.
    Unseen,
}

/// Everything outside of the program.
struct Town {
    /// Where the program is now.
    url: RwLock<String>,
    desks: Vec<Desk>,
    post: Post,
    taken: AtomicUsize,
    over: AtomicBool,
}

impl Town {
    /// Clicks until there is an answer, under the same id: the program may be gone for a while.
    async fn click(&self, who: usize, chat: i64, deed: &str, more: &[(&str, &str)]) -> Clicked {
        let desk = &self.desks[who];
        let id = uuid::Uuid::now_v7().to_string();
        let fields: Vec<_> = more.iter().copied().chain([("csrf", desk.csrf.as_str()), ("id", &id)]).collect();
        loop {
            let url = format!("{}/desk/talk/telegram:{chat}/{deed}", self.url.read().expect("nobody panicked"));
            let sending = desk.client.post(url).header("accept", "application/json").form(&fields).send();
            match sending.await.map(|answer| answer.status().as_u16()) {
                Ok(200) => return Clicked::Done,
                Ok(409) => return Clicked::Refused,
                Ok(404) => return Clicked::Unseen,
                Ok(503) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                Ok(status) => panic!("{deed} was answered by {status}"),
            }
        }
    }

    /// Takes over as soon as it can be done; nothing when the town closes before.
    async fn take(&self, who: usize, chat: i64) -> Option<usize> {
        for _ in 0..3000 {
            match self.click(who, chat, "take", &[]).await {
                Clicked::Done => {
                    self.post.taken(chat);
                    self.taken.fetch_add(1, Relaxed);
                    return Some(who);
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        panic!("nobody could take {chat} over");
    }

    /// One conversation from the request to the end.
    async fn case(&self, chat: i64, dice: &mut Dice) {
        self.post.telegram.write(chat, "转人工");
        self.write(chat, dice);
        let who = 1 + dice.below(3);
        let rival = 1 + (who + dice.below(2)) % 3;
        let (mut speaker, also) = match dice.below(4) {
            // Two at once: one of them is refused, or neither has come to see it yet.
            0 => {
                let (one, other) =
                    tokio::join!(self.click(who, chat, "take", &[]), self.click(rival, chat, "take", &[]));
                assert!((one, other) != (Clicked::Done, Clicked::Done), "two speak in {chat}");
                let won = [(one, who), (other, rival)].into_iter().find(|(clicked, _)| *clicked == Clicked::Done);
                if won.is_some() {
                    self.post.taken(chat);
                    self.taken.fetch_add(1, Relaxed);
                }
                (won.map(|(_, who)| who), won.is_none())
            }
            _ => (None, true),
        };
        if also {
            speaker = self.take(who, chat).await;
        }
        let Some(mut speaker) = speaker else { return };
        for _ in 0..dice.below(3) {
            match dice.below(5) {
                0 | 1 => assert_eq!(self.click(speaker, chat, "say", &[("text", "我来看看。")]).await, Clicked::Done),
                2 if speaker != 0 => speaker = self.take(0, chat).await.unwrap_or(speaker),
                _ => self.write(chat, dice),
            }
        }
        self.post.ending(chat);
        match dice.below(8) {
            0..3 => assert_eq!(self.click(speaker, chat, "return", &[]).await, Clicked::Done),
            3..5 => assert_eq!(self.click(speaker, chat, "close", &[("ending", "answered")]).await, Clicked::Done),
            5 | 6 => assert_eq!(self.click(speaker, chat, "transfer", &[]).await, Clicked::Done),
            _ => _ = self.post.telegram.write(chat, "结束"),
        }
        // People read before they ask again.
        tokio::time::sleep(Duration::from_millis(dice.below(100) as u64)).await;
    }

    fn write(&self, chat: i64, dice: &mut Dice) {
        for _ in 0..dice.below(3) {
            self.post.telegram.write(chat, ["你好", "谢谢"][dice.below(2)]);
        }
    }
}

/// Makes the accounts and brings everybody in by their links.
async fn desks(server: &Server, folder: &Path) -> Vec<Desk> {
    let mut desks = Vec::new();
    for (name, role) in DESK {
        let link = account(server, folder, name, role);
        let form = [("token", link.split_once("token=").expect("a token").1), ("password", PASSWORD)];
        let entered =
            browser().post(format!("{}/desk/welcome", server.url)).form(&form).send().await.expect("an answer");
        let headers = [(reqwest::header::COOKIE, cookies(&entered).parse().expect("a header"))].into_iter().collect();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).default_headers(headers);
        let client = client.timeout(Duration::from_secs(30)).build().expect("a client");
        let page = client.get(format!("{}/desk", server.url)).send().await.expect("a page").text().await.expect("text");
        let csrf = field(&page, "csrf");
        let duty = client.post(format!("{}/desk/duty", server.url)).form(&[("to", "on"), ("csrf", &csrf)]);
        assert_eq!(duty.send().await.expect("an answer").status(), 303, "{name}");
        desks.push(Desk { client, csrf });
    }
    desks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_all_the_time_loses_nobody_and_never_talks_over_anybody() {
    let (begun, folder, mut dice) = (Instant::now(), folder(), Dice::new(99));
    let (wanted, least) = (rounds(100), if rounds(100) > 100 { rounds(100) / 100 } else { 5 });
    let post = Post::open(98, 0).await;
    let fast = [("LUZHU_TELEGRAM_RATE", "10000")];
    let telegram = post.telegram.clone();
    let settings = [&telegram.settings()[..], &fast].concat();
    let mut server = Server::start(folder.path(), &settings);
    let town = Arc::new(Town {
        url: RwLock::new(server.url.clone()),
        desks: desks(&server, folder.path()).await,
        post,
        taken: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    });
    let mut people = JoinSet::new();
    for chat in 1..=PEOPLE {
        let town = Arc::clone(&town);
        people.spawn(async move {
            let mut dice = Dice::new(chat as u64);
            while !town.over.load(Relaxed) {
                town.case(chat, &mut dice).await;
            }
        });
    }
    let mut kills = 0;
    while kills < least || town.taken.load(Relaxed) < wanted {
        tokio::time::sleep(Duration::from_millis(200 + dice.below(3000) as u64)).await;
        server.kill();
        kills += 1;
        server = Server::start(folder.path(), &settings);
        town.url.write().expect("nobody panicked").clone_from(&server.url);
        assert!(begun.elapsed() < Duration::from_secs(7200), "{} taken over, {kills} kills", town.taken.load(Relaxed));
    }
    town.over.store(true, Relaxed);
    people.join_all().await;
    let tables = Tables::open(folder.path()).await;
    // All that was written is read, and all that was said is sent.
    let written = town.post.telegram.write(PEOPLE + 1, "你好");
    let left = async || {
        let unsent = tables.number("select count(*) from message where delivery in ('due', 'sending')").await;
        let read = tables.number("select count(*) from message where author = 'you'").await;
        unsent + written - read
    };
    until("everything read and delivered", async || left().await == 0).await;
    server.kill();

    let store = Store::open(folder.path()).await.expect("a store");
    let shown = DESK.map(|(name, role)| if role == "admin" { format!("管理员{name}") } else { format!("顾问{name}") });
    let talked_over = town.post.talked_over(&shown);
    let mut again = 0;
    for chat in 1..=PEOPLE {
        let address = Address::new("telegram", chat.to_string());
        if let Err(wrong) = look_over(&store, &tables, &address).await {
            panic!("{address}: {wrong}");
        }
        let (lines, deliveries) = (lines(&store, &address).await, tables.deliveries(&address).await);
        match town.post.compare(chat, &lines, &deliveries, kills) {
            Ok(extra) => again += extra,
            Err(wrong) => panic!("{address}: {wrong}"),
        }
    }
    let (taken, (arrived, by_assistant, unanswered)) = (town.taken.load(Relaxed), town.post.arrived(&shown));
    eprintln!(
        "{taken} takeovers and {kills} kills in {} s: {} messages of the assistant after a takeover, {written} were written, \
         {arrived} arrived, {by_assistant} by the assistant, {unanswered} unanswered, {again} came again",
        begun.elapsed().as_secs(),
        talked_over.len(),
    );
    assert!(talked_over.is_empty(), "{talked_over:#?}");
    let noted = tables.number("select count(*) from talk where taken_at is not null").await;
    assert_eq!(noted, taken as i64, "takeovers were lost or made twice");
    // What was heard, was heard once.
    let heard = tables.number("select count(*) from message where author = 'you'").await;
    assert_eq!(heard, written);
    assert!(store.audit_verify(None).await.expect("the record").is_ok(), "the record of who did what is broken");
}
