//! The road of a message from Telegram and back, tried hard: the program is killed all the time, dies at every
//! single step, hears everything five times, and Telegram itself fails. Nothing is lost, and nothing is said
//! twice but what nobody answered.
//!
//! LUZHU_ROUNDS says how much; without it, as much as everyday life allows. A person runs
//! `LUZHU_ROUNDS=3000 cargo test --test it road` for the whole.

use std::{
    collections::HashSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use luzhu::{
    message::{Address, Author},
    store::{Line, Said, Store},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    handoff::{Tables, folder, lines, look_over, rounds, until},
    house::{AtDesk, Dice, Server},
    stand_in::{Fault, Options, StandIn},
};

/// People who write.
const CHATS: i64 = 40;

/// What the webhook is told by.
const SECRET: &str = "a-secret_of-the-tests";

/// A free address on loopback: who calls us must know it before we start.
fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// Settings of a server that Telegram calls, or that asks Telegram.
fn settings<'a>(telegram: &'a StandIn, hook: Option<&'a str>, rate: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut settings = telegram.settings().to_vec();
    settings.push(("LUZHU_TELEGRAM_RATE", rate));
    if let Some(url) = hook {
        settings.extend([
            ("LUZHU_TELEGRAM_MODE", "webhook"),
            ("LUZHU_TELEGRAM_SECRET", SECRET),
            ("LUZHU_PUBLIC_URL", url),
        ]);
    }
    settings
}

/// What the assistant and counsellors said, as a person reads it.
fn said(lines: &[Line]) -> Vec<String> {
    let one = |line: &Line| match &line.said {
        Said::Message(message) => Some(message.text()),
        Said::Words { .. } => None,
    };
    lines.iter().filter_map(one).collect()
}

/// Holds a chat against what was written in it: everything heard once, in order, answered, and delivered in
/// order; how many messages came again.
fn compare(telegram: &StandIn, chat: i64, written: &[String], lines: &[Line]) -> Result<usize, String> {
    let heard: Vec<&str> = lines
        .iter()
        .filter_map(|line| match (&line.author, &line.said) {
            (Author::You, Said::Words { text, .. }) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if heard != written {
        return Err(format!("written {written:?}\nheard {heard:?}"));
    }
    let (said, mut at, mut again) = (said(lines), 0, 0);
    for arrived in telegram.messages().iter().filter(|message| message.chat == chat) {
        // As it was sent: a place in the queue is written anew later.
        let text = arrived.body["text"].as_str().unwrap_or_default();
        match said.get(at).is_some_and(|said| said == text) {
            true => at += 1,
            false if at > 0 && said[at - 1] == text => again += 1,
            false => return Err(format!("out of place: {text}")),
        }
    }
    if at < said.len() { Err(format!("{} of {} lines arrived", at, said.len())) } else { Ok(again) }
}

/// Holds every chat against what was written in it, by its number; how many messages came again.
async fn compare_all(telegram: &StandIn, folder: &Path, written: &[Vec<String>]) -> usize {
    let store = Store::open(folder).await.expect("a store");
    let mut again = 0;
    for chat in 1..=CHATS {
        let lines = lines(&store, &Address::new("telegram", chat.to_string())).await;
        match compare(telegram, chat, &written[chat as usize], &lines) {
            Ok(extra) => again += extra,
            Err(wrong) => panic!("{chat}: {wrong}"),
        }
    }
    again
}

/// Kills the program at random moments while every update comes five times, out of order.
async fn killed(hooked: bool) {
    let (total, kills) = (rounds(200), rounds(200) / 15);
    let folder = folder();
    let second = Duration::from_millis(50);
    // Those of one chat come in their order, as Telegram sends them; old ones come in between again.
    let telegram = StandIn::start(Options { copies: 5, again: 500, second, ..Options::default() }).await;
    (1..=CHATS).for_each(|chat| telegram.meet(chat));
    let address = free();
    let url = format!("http://{address}");
    let settings = settings(&telegram, hooked.then_some(url.as_str()), "10000");
    let mut server = Server::start_at(&address, folder.path(), &settings);
    let (mut dice, begun) = (Dice::new(3), Instant::now());
    let mut written = vec![Vec::new(); CHATS as usize + 1];
    for round in 0..kills {
        for i in 0..total / kills {
            let chat = 1 + dice.below(CHATS as usize) as i64;
            let text = format!("你好，第{round}轮第{i}句");
            telegram.write(chat, &text);
            written[chat as usize].push(text);
        }
        tokio::time::sleep(Duration::from_millis(dice.below(700) as u64)).await;
        server.kill();
        server = Server::start_at(&address, folder.path(), &settings);
    }
    let tables = Tables::open(folder.path()).await;
    let left = async || {
        let unsent = tables.number("select count(*) from message where delivery in ('due', 'sending')").await;
        let heard = tables.number("select count(*) from message where author = 'you'").await;
        unsent + written.concat().len() as i64 - heard
    };
    until("everything is taken in and delivered", async || left().await == 0 && telegram.pending() == 0).await;
    server.kill();
    let again = compare_all(&telegram, folder.path(), &written).await;
    eprintln!(
        "{} messages ×5, {kills} kills in {} s by {}: 0 lost, 0 heard twice, {again} answers came again",
        written.concat().len(),
        begun.elapsed().as_secs(),
        if hooked { "webhook" } else { "polling" },
    );
    // At most what was being sent when the program died.
    assert!(again <= kills * 16, "{again} answers came again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_polling_it_loses_nothing() {
    killed(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_being_called_it_loses_nothing() {
    killed(true).await;
}

/// The control: were an update acknowledged before it is durable, the same kills would lose some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acknowledges_first_loses_some() {
    let folder = folder();
    let second = Duration::from_millis(50);
    let telegram = StandIn::start(Options { trusting: true, second, ..Options::default() }).await;
    let address = free();
    let url = format!("http://{address}");
    let settings = settings(&telegram, Some(&url), "10000");
    let mut server = Server::start_at(&address, folder.path(), &settings);
    let mut written = 0;
    for _ in 0..20 {
        for chat in 1..=CHATS {
            telegram.write(chat, "你好");
            written += 1;
        }
        until("the first are taken in", async || telegram.pending() < CHATS as usize).await;
        server.kill();
        server = Server::start_at(&address, folder.path(), &settings);
        until("the last are taken in", async || telegram.pending() == 0).await;
        let tables = Tables::open(folder.path()).await;
        let heard = tables.number("select count(*) from message where author = 'you'").await;
        if heard < written {
            return eprintln!("{} of {written} messages were acknowledged and are lost", written - heard);
        }
    }
    panic!("{written} messages, and none was lost");
}

/// Accounts are made before the program begins to die.
struct House {
    folder: tempfile::TempDir,
    telegram: StandIn,
    cookies: String,
}

impl House {
    async fn new() -> Self {
        let folder = folder();
        let server = Server::start(folder.path(), &[]);
        let chen = AtDesk::enter(&server, folder.path(), "chen", "admin").await;
        chen.post("/desk/duty", &[("to", "on")]).await;
        server.kill();
        Self { folder, telegram: StandIn::start(Options::default()).await, cookies: chen.cookies() }
    }

    /// The same house, once more.
    async fn again(&self) -> Self {
        let folder = folder();
        for file in std::fs::read_dir(self.folder.path()).expect("files").map(|file| file.expect("a file")) {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).expect("copied");
        }
        let telegram = StandIn::start(Options::default()).await;
        telegram.meet(1);
        Self { folder, telegram, cookies: self.cookies.clone() }
    }

    fn start(&self, crash: &str) -> Server {
        let mut settings = settings(&self.telegram, None, "10000");
        settings.push(("LUZHU_CRASH", crash));
        Server::start(self.folder.path(), &settings)
    }

    /// One whole case, by a person and a counsellor who try again while the program is away.
    async fn case(&self, crash: &str) -> Server {
        let mut server = self.start(crash);
        for (i, text) in ["失业金能领几个月", "我要办失业登记", "大陆居民", "人工"].iter().enumerate()
        {
            self.telegram.write(1, text);
            server = self.settled(server, i + 1).await;
        }
        for (deed, text) in [("take", ""), ("say", "您好，我看看。"), ("note", "带身份证"), ("return", "")] {
            server = self.click(server, deed, text).await;
        }
        self.telegram.write(1, "谢谢");
        self.settled(server, 5).await
    }

    /// Waits until so many messages were taken in and all that was said to them is delivered, and starts the
    /// program again when it died. By the tables: what arrived may have arrived twice.
    async fn settled(&self, mut server: Server, messages: usize) -> Server {
        let tables = Tables::open(self.folder.path()).await;
        for _ in 0..3000 {
            let heard = tables.number("select count(*) from message where author = 'you'").await;
            let unsent = tables.number("select count(*) from message where delivery in ('due', 'sending')").await;
            if (heard, unsent) == (messages as i64, 0) {
                return server;
            }
            server = self.revived(server).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not everything was taken in and delivered: {:#?}", self.telegram.messages());
    }

    async fn revived(&self, mut server: Server) -> Server {
        if server.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return self.start("");
        }
        server
    }

    /// A click of the counsellor, under one id until there is an answer.
    async fn click(&self, mut server: Server, deed: &str, text: &str) -> Server {
        let id = uuid::Uuid::now_v7().to_string();
        for _ in 0..200 {
            server = self.revived(server).await;
            let path = format!("/desk/talk/telegram:1/{deed}");
            let Some(chen) = AtDesk::try_with_cookies(&server.url, &self.cookies).await else { continue };
            match chen.try_post(&path, &[("text", text), ("id", &id)]).await {
                Some(303) => return server,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        panic!("{deed} could not be done");
    }

    /// Whether everything is as it should be afterwards.
    async fn look_over(&self) -> Result<(), String> {
        let tables = Tables::open(self.folder.path()).await;
        let address = Address::new("telegram", "1");
        let store = Store::open(self.folder.path()).await.expect("a store");
        look_over(&store, &tables, &address).await?;
        let lines = lines(&store, &address).await;
        let written: Vec<String> =
            ["失业金能领几个月", "我要办失业登记", "大陆居民", "人工", "谢谢"].map(str::to_owned).to_vec();
        let again = compare(&self.telegram, 1, &written, &lines)?;
        // On a busy machine an answer of the stand-in may come too late as well.
        let late = tables.number("select coalesce(sum(tries - 1), 0) from message where delivery = 'sent'").await;
        if again as i64 > 1 + late {
            return Err(format!("{again} messages came again after one crash and {late} answers too late"));
        }
        if store.audit_verify(None).await.expect("the record").is_err() {
            return Err("the record of who did what is broken".into());
        }
        let notes = store.notes(&address).await.expect("notes").len();
        if (1..=2).contains(&notes) { Ok(()) } else { Err(format!("{notes} notes")) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_die_at_every_single_step() {
    // Which steps there are: a whole case in which each names itself.
    let first = Arc::new(House::new().await);
    let house = first.again().await;
    let server = house.case("list").await;
    let points: Vec<String> = server
        .said()
        .lines()
        .filter_map(|line| Some(line.split_once("crash point: ")?.1.trim().to_owned()))
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    house.look_over().await.expect("without a crash all is well");
    drop(server);
    for step in ["inbound", "state", "lines", "commit", "claim", "delivered", "send", "getUpdates", "silence", "audit"]
    {
        for when in ["before", "after"] {
            assert!(points.contains(&format!("{when} {step}")), "no point {when} {step} in {points:?}");
        }
    }
    // All of them, three times each, or every third one once.
    let (hits, step) = if rounds(1) > 1 { (3, 1) } else { (1, 3) };
    let mut todo: Vec<String> =
        points.iter().flat_map(|point| (1..=hits).map(move |hit| format!("{point}:{hit}"))).collect();
    todo.sort();
    let todo: Vec<String> = todo.into_iter().step_by(step).collect();
    let (all, todo, begun) = (todo.len(), Arc::new(std::sync::Mutex::new(todo)), Instant::now());
    let mut working = JoinSet::new();
    for _ in 0..3 {
        let (todo, first) = (Arc::clone(&todo), Arc::clone(&first));
        working.spawn(async move {
            let mut wrong = Vec::new();
            loop {
                let Some(point) = todo.lock().expect("nobody panicked").pop() else { return wrong };
                let house = first.again().await;
                drop(house.case(&point).await);
                if let Err(why) = house.look_over().await {
                    wrong.push(format!("{point}: {why}"));
                }
            }
        });
    }
    let wrong = working.join_all().await.concat();
    eprintln!(
        "{} points, {all} crashes in {} s, {} with a fault",
        points.len(),
        begun.elapsed().as_secs(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_five_times_has_one_effect() {
    let (count, folder) = (rounds(500), folder());
    let telegram = StandIn::start(Options::default()).await;
    let address = free();
    let url = format!("http://{address}");
    let server = Server::start_at(&address, folder.path(), &settings(&telegram, Some(&url), "10000"));
    let client = reqwest::Client::new();
    let hook = format!("{}/channels/telegram", server.url);
    let update = |id: usize| {
        let chat = 1 + id % 500;
        let (from, place) = (
            json!({"id": chat, "is_bot": false, "first_name": "x"}),
            json!({"id": chat, "type": "private", "first_name": "x"}),
        );
        json!({"update_id": id, "message": {"message_id": id, "date": 1, "chat": place, "from": from, "text": format!("你好{id}")}})
    };
    let mut calling = JoinSet::new();
    for caller in 0..32 {
        let (client, hook) = (client.clone(), hook.clone());
        calling.spawn(async move {
            let mut took = Vec::new();
            for id in (caller..count).step_by(32) {
                for copy in 0..5 {
                    let begun = Instant::now();
                    let call = client.post(&hook).header("x-telegram-bot-api-secret-token", SECRET).json(&update(id));
                    assert_eq!(call.send().await.expect("an answer").status(), 200);
                    if copy > 0 {
                        took.push(begun.elapsed());
                    }
                }
            }
            took
        });
    }
    let begun = Instant::now();
    let mut took = calling.join_all().await.concat();
    took.sort_unstable();
    let tables = Tables::open(folder.path()).await;
    let heard = tables.number("select count(*) from message where author = 'you'").await;
    let taken = tables.number("select count(*) from inbound").await;
    eprintln!(
        "{count} updates ×5 in {} s: {taken} rows, {heard} lines; a duplicate is answered in {:?}, 99 of 100 in {:?}",
        begun.elapsed().as_secs(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
    );
    assert_eq!((heard, taken), (count as i64, count as i64));
    // Who does not know the secret is heard by nobody.
    for secret in ["", "a-secret_of-the-test", "A-secret_of-the-tests"] {
        let forged = client.post(&hook).header("x-telegram-bot-api-secret-token", secret).json(&update(count + 1));
        assert_eq!(forged.send().await.expect("an answer").status(), 403);
    }
    let metrics =
        client.get(format!("{}/metrics", server.url)).send().await.expect("metrics").text().await.expect("text");
    assert!(metrics.contains("luzhu_forged_total 3\n"), "{metrics}");
    assert!(metrics.contains(&format!("luzhu_duplicates_total {}\n", count * 4)), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_is_kept_and_stands_in_nobodys_way() {
    let folder = folder();
    let telegram = StandIn::start(Options::default()).await;
    let address = free();
    let url = format!("http://{address}");
    let server = Server::start_at(&address, folder.path(), &settings(&telegram, Some(&url), "10000"));
    let client = reqwest::Client::new();
    let hook = format!("{}/channels/telegram", server.url);
    let call = async |body: String| {
        let call = client.post(&hook).header("x-telegram-bot-api-secret-token", SECRET).body(body);
        call.send().await.expect("an answer").status().as_u16()
    };
    let deep = format!("{{\"update_id\": 3, \"message\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for poison in ["", "{", "null", "{\"update_id\": 1}", "{\"update_id\": 2, \"message\": 7}", "\u{0}\u{1}", &deep] {
        assert_eq!(call(poison.to_owned()).await, 200, "{poison:.40}");
    }
    let letters = async || Tables::open(folder.path()).await.number("select count(*) from letter").await;
    assert_eq!(letters().await, 7);
    // Half a character, markup, and what turns the direction of reading spoil nothing.
    let names = "<b>\\u202e&amp;_*[x](y)\\ud83d";
    let good = format!(
        "{{\"update_id\": 9, \"message\": {{\"message_id\": 1, \"date\": 1, \"text\": \"试用期最长多久\\ud83d\", \
         \"chat\": {{\"id\": 5, \"type\": \"private\", \"first_name\": \"{names}\"}}, \"from\": {{\"id\": 5, \"is_bot\": false, \"first_name\": \"{names}\"}}}}}}"
    );
    telegram.meet(5);
    assert_eq!(call(good).await, 200);
    let arrived = telegram.wait_for(1).await;
    assert!(arrived[0].text.contains("试用期"), "{arrived:?}");
    assert_eq!(call("x".repeat(1 << 21)).await, 413);
    // One megabyte of words is answered, and nothing of it breaks anything.
    let long = json!({"update_id": 10, "message": {"message_id": 1, "date": 1, "text": "失业金".repeat(100_000),
        "chat": {"id": 5, "type": "private", "first_name": "x"}, "from": {"id": 5, "is_bot": false, "first_name": "x"}}});
    assert_eq!(call(long.to_string()).await, 200);
    assert!(telegram.wait_for(2).await[1].text.contains("太长"));
    let mut listed = std::process::Command::new(env!("CARGO_BIN_EXE_luzhu"));
    let listed = listed.args(["letters", "--data", folder.path().to_str().expect("a path")]).output().expect("it ends");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.lines().count() == 7 && listed.contains("telegram/2") && !listed.contains("[["), "{listed}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_may_fail_in_every_way() {
    let (count, folder) = (rounds(100), folder());
    let telegram = StandIn::start(Options { lag: 5, ..Options::default() }).await;
    let faults = [
        Fault::TooMany(1),
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Cut,
        Fault::Truncated,
        Fault::WrongType,
        Fault::Slow(Duration::from_millis(300)),
    ];
    for fault in &faults {
        telegram.chance("sendMessage", fault.clone(), 40);
        telegram.chance("getUpdates", fault.clone(), 40);
    }
    // Those that are waited for long come once each.
    telegram.fault("sendMessage", Fault::Status(502));
    telegram.fault("sendMessage", Fault::Silent);
    (1..=CHATS).for_each(|chat| telegram.meet(chat));
    let server = Server::start(folder.path(), &settings(&telegram, None, "10000"));
    let mut written = vec![Vec::new(); CHATS as usize + 1];
    let (mut dice, begun) = (Dice::new(11), Instant::now());
    for i in 0..count {
        let chat = 1 + dice.below(CHATS as usize) as i64;
        let text = format!("你好，第{i}句");
        telegram.write(chat, &text);
        written[chat as usize].push(text);
        tokio::time::sleep(Duration::from_millis(dice.below(10) as u64)).await;
    }
    let tables = Tables::open(folder.path()).await;
    let left = async || {
        let unsent = tables.number("select count(*) from message where delivery in ('due', 'sending')").await;
        let heard = tables.number("select count(*) from message where author = 'you'").await;
        unsent + count as i64 - heard
    };
    until("everything is taken in and delivered", async || left().await == 0).await;
    drop(server);
    let again = compare_all(&telegram, folder.path(), &written).await;
    let unanswered = telegram.messages().iter().filter(|message| message.fault.is_some()).count();
    eprintln!(
        "{count} messages in {} s, faults {:?}: 0 lost, {again} came again of {unanswered} that were not answered",
        begun.elapsed().as_secs(),
        telegram.faults_made(),
    );
    assert!(again <= unanswered, "{again} came again, {unanswered} had no answer");
    assert!(telegram.too_early().is_empty(), "{:?}", telegram.too_early());
    assert_eq!(tables.number("select count(*) from message where delivery = 'dead'").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_goes_out_at_the_rate_that_is_allowed() {
    let (count, folder) = (rounds(120), folder());
    let telegram = StandIn::start(Options { limits: true, ..Options::default() }).await;
    (1..=count as i64).for_each(|chat| telegram.meet(chat));
    {
        // All of it is there before anything may be sent.
        let store = Store::open(folder.path()).await.expect("a store");
        let inbox = luzhu::inbox::Inbox::new(Arc::new(store), crate::house::library(), luzhu::clock::Clock::default());
        for chat in 1..=count {
            let inbound = luzhu::message::Inbound {
                id: "1".into(),
                from: Address::new("telegram", chat.to_string()),
                body: luzhu::message::Body::Text("你好".into()),
                guess: None,
            };
            inbox.receive(&inbound, luzhu::store::Delivery::Push).await.expect("taken in");
        }
        inbox.store().close().await;
    }
    let begun = Instant::now();
    let server = Server::start(folder.path(), &settings(&telegram, None, "28"));
    let tables = Tables::open(folder.path()).await;
    for _ in 0..count * 10 {
        if tables.number("select count(*) from message where delivery in ('due', 'sending')").await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(server);
    let arrived = telegram.messages();
    let chats: HashSet<i64> = arrived.iter().map(|message| message.chat).collect();
    assert_eq!((arrived.len(), chats.len()), (count, count));
    let took = begun.elapsed().as_secs_f64();
    eprintln!(
        "{count} messages in {took:.1} s: {:.1} a second, faults {:?}",
        count as f64 / took,
        telegram.faults_made()
    );
    assert!(telegram.too_early().is_empty(), "{:?}", telegram.too_early());
}
