//! Takeovers under load, with the real outbox and the real Telegram channel: while people write and
//! messages are under way, nothing of the assistant arrives after a counsellor has taken over.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use luzhu::{
    channels::{Channels, telegram::Telegram},
    clock::Clock,
    conversation::{Moment, handoff},
    inbox::Inbox,
    message::{Address, Body, Ending, Event, Inbound, Staff},
    outbox::Outbox,
    store::{Delivery, Store},
};
use tokio::task::JoinSet;

use crate::{
    handoff::{Tables, folder, lines, look_over, post::Post, rounds, staff, until},
    house::{Dice, library},
};

/// People who write.
const PEOPLE: i64 = 40;

/// What they write: words that the assistant answers without a search.
const WORDS: [&str; 4] = ["你好", "谢谢", "好的", "您好"];

/// The whole house, but for the edge of the program.
struct House {
    inbox: Arc<Inbox>,
    store: Arc<Store>,
    tables: Tables,
    post: Post,
    /// Takeovers so far, and how many there are to be.
    taken: AtomicUsize,
    wanted: usize,
    /// Whether a takeover goes by the inbox, as it should.
    fenced: bool,
    /// How long takeovers took, in milliseconds; those that were given up.
    took: std::sync::Mutex<Vec<u128>>,
    impatient: AtomicUsize,
}

impl House {
    fn address(chat: i64) -> Address {
        Address::new("telegram", chat.to_string())
    }

    async fn say(&self, chat: i64, text: &str) {
        let inbound = Inbound {
            id: uuid::Uuid::now_v7().to_string(),
            from: Self::address(chat),
            body: Body::Text(text.into()),
            guess: None,
        };
        self.inbox.receive(&inbound, Delivery::Push).await.expect("taken in");
    }

    async fn act(&self, chat: i64, staff: &Staff, event: &Event) -> Result<(), &'static str> {
        let id = uuid::Uuid::now_v7().to_string();
        self.inbox.act(&Self::address(chat), &id, staff, event).await.expect("a store")
    }

    /// Takes over, and writes down when that is known.
    async fn take(&self, chat: i64, staff: &Staff) -> bool {
        let begun = Instant::now();
        let done =
            if self.fenced { self.act(chat, staff, &Event::Take).await } else { self.take_unfenced(chat, staff).await };
        if done.is_ok() {
            self.post.taken(chat);
            self.taken.fetch_add(1, Relaxed);
            self.took.lock().expect("nobody panicked").push(begun.elapsed().as_millis());
        }
        self.impatient.fetch_add(usize::from(done.is_err_and(|says| says.contains("还在发送"))), Relaxed);
        done.is_ok()
    }

    /// The same takeover, written down without asking what is under way.
    async fn take_unfenced(&self, chat: i64, staff: &Staff) -> Result<(), &'static str> {
        let address = Self::address(chat);
        loop {
            let loaded = self.store.load(&address).await.expect("a state");
            let turn =
                handoff::act(&self.inbox.library(), &loaded.conversation, staff, &Event::Take, &Moment::default())?;
            let written = sqlx::query(
                "update conversation set state = $1, owner = $2, request = null, version = version + 1 where address = $3 and version = $4",
            )
            .bind(serde_json::to_string(&turn.conversation).expect("JSON"))
            .bind(staff.name.as_str())
            .bind(address.to_string())
            .bind(loaded.version)
            .execute(&self.tables.0)
            .await;
            if written.expect("written").rows_affected() == 1 {
                return Ok(());
            }
        }
    }

    /// One takeover, from the request to the end, with people writing all the while.
    async fn case(self: &Arc<Self>, chat: i64, dice: &mut Dice) {
        self.wait_for_delivery(chat, dice.below(5)).await;
        let staff = staff();
        if dice.below(3) > 0 {
            self.say(chat, "转人工").await;
        }
        // One, or three at once, of whom one is served.
        let first = dice.below(3);
        let rivals = if self.fenced && dice.below(4) == 0 { 3 } else { 1 };
        let mut taking = JoinSet::new();
        for i in 0..rivals {
            let (house, who) = (Arc::clone(self), staff[(first + i) % 3].clone());
            let wait = dice.below(40);
            taking.spawn(async move {
                tokio::time::sleep(Duration::from_millis(wait as u64)).await;
                house.take(chat, &who).await.then_some(who)
            });
        }
        self.write(chat, dice).await;
        let winners: Vec<Staff> = taking.join_all().await.into_iter().flatten().collect();
        assert!(winners.len() <= 1, "{winners:?} speak in {chat}");
        let Some(mut speaker) = winners.into_iter().next() else { return };
        for _ in 0..dice.below(3) {
            match dice.below(6) {
                0..3 => _ = self.act(chat, &speaker, &Event::Say("我来看看。".into())).await,
                3 if self.fenced && !speaker.leads && self.take(chat, &staff[3]).await => speaker = staff[3].clone(),
                4 => _ = self.act(chat, &staff[3], &Event::Join).await,
                _ => self.write(chat, dice).await,
            }
        }
        self.post.ending(chat);
        let end = match dice.below(10) {
            0..4 => Event::Return,
            4..7 => Event::Close(Ending::Answered),
            7 => Event::Transfer { to: None, skill: None },
            8 => Event::Lost,
            _ => return self.say(chat, "结束").await,
        };
        self.act(chat, &speaker, &end).await.expect("the end");
    }

    async fn write(&self, chat: i64, dice: &mut Dice) {
        for _ in 0..dice.below(4) {
            tokio::time::sleep(Duration::from_millis(dice.below(15) as u64)).await;
            self.say(chat, WORDS[dice.below(WORDS.len())]).await;
        }
    }

    /// Nobody writes faster than can be read for ever.
    async fn wait_for_delivery(&self, chat: i64, most: usize) {
        for _ in 0..6000 {
            let lines = self.store.undelivered(&Self::address(chat)).await.expect("lines");
            if lines.iter().filter(|(_, delivery)| delivery == "due" || delivery == "sending").count() <= most {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing is delivered to {chat}");
    }
}

/// Runs a house until so many conversations were taken over and everything was delivered.
async fn run(wanted: usize, fenced: bool, seed: u64) -> (Arc<House>, tempfile::TempDir) {
    let folder = folder();
    let store = Arc::new(Store::open(folder.path()).await.expect("a store"));
    let inbox = Arc::new(Inbox::new(Arc::clone(&store), library(), Clock::default()));
    let post = Post::open(seed, PEOPLE).await;
    let [(_, token), (_, url)] = post.telegram.settings();
    let telegram = Telegram::new(token, url).expect("an address");
    let outbox =
        Outbox::new(Arc::clone(&store), Channels { telegram: Some(telegram) }, Clock::default(), NonZeroU32::MAX);
    let sending = tokio::spawn(outbox.run(inbox.changes()));
    let house = Arc::new(House {
        inbox,
        store,
        tables: Tables::open(folder.path()).await,
        post,
        taken: AtomicUsize::new(0),
        wanted,
        fenced,
        took: std::sync::Mutex::default(),
        impatient: AtomicUsize::new(0),
    });
    let mut people = JoinSet::new();
    for chat in 1..=PEOPLE {
        let house = Arc::clone(&house);
        people.spawn(async move {
            let mut dice = Dice::new(seed * 1000 + chat as u64);
            house.say(chat, "你好").await;
            while house.taken.load(Relaxed) < house.wanted {
                house.case(chat, &mut dice).await;
            }
        });
    }
    people.join_all().await;
    let unsent = "select count(*) from message where delivery in ('due', 'sending')";
    until("everything delivered", async || house.tables.number(unsent).await == 0).await;
    sending.abort();
    (house, folder)
}

/// The names that people see.
fn shown() -> Vec<String> {
    staff().map(|one| one.shown).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_assistant_arrives_after_a_takeover() {
    let begun = Instant::now();
    let (house, _folder) = run(rounds(1000), true, 5).await;
    let talked_over = house.post.talked_over(&shown());
    let mut again = 0;
    for chat in 1..=PEOPLE {
        let address = House::address(chat);
        if let Err(wrong) = look_over(&house.store, &house.tables, &address).await {
            panic!("{address}: {wrong}");
        }
        let (lines, deliveries) = (lines(&house.store, &address).await, house.tables.deliveries(&address).await);
        match house.post.compare(chat, &lines, &deliveries, 0) {
            Ok(extra) => again += extra,
            Err(wrong) => panic!("{address}: {wrong}"),
        }
    }
    let cancelled = house.tables.number("select count(*) from message where delivery = 'cancelled'").await;
    let mut took = house.took.lock().expect("nobody panicked").clone();
    took.sort_unstable();
    let (arrived, by_assistant, unanswered) = house.post.arrived(&shown());
    eprintln!(
        "{} takeovers in {} s: {} messages of the assistant after one, {arrived} arrived, {by_assistant} by the assistant, {unanswered} unanswered, {again} again, \
         {cancelled} cancelled; a takeover took {} ms, 99 of 100 {} ms, at most {} ms, {} given up",
        took.len(),
        begun.elapsed().as_secs(),
        talked_over.len(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
        took[took.len() - 1],
        house.impatient.load(Relaxed),
    );
    assert!(talked_over.is_empty(), "{talked_over:#?}");
    assert!(took.len() >= rounds(1000));
    assert_eq!(house.impatient.load(Relaxed), 0, "somebody could not take over");
    // Something was there to be held back.
    assert!(cancelled > 0 && by_assistant > 0, "nothing was under way: this proves nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_fence_the_assistant_talks_over_counsellors() {
    let (house, _folder) = run(rounds(1000) / 5 + 1, false, 6).await;
    let talked_over = house.post.talked_over(&shown()).len();
    eprintln!("{talked_over} messages of the assistant after {} takeovers", house.taken.load(Relaxed));
    assert!(talked_over > 0, "the test above would not notice");
}
