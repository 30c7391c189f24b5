//! The same against a real store: everything comes twice, much of it at once, some of it is cut off
//! in the middle and sent again, and the program begins anew over what it left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use luzhu::{
    clock::Clock,
    conversation::{
        Moment,
        handoff::{Desk, act},
    },
    inbox::Inbox,
    message::{Act, Address, Body, Ending, Event, Inbound, Message, Staff},
    store::{Delivery, ON_THE_WIRE, Said, Saved, Store},
};
use tokio::task::JoinSet;

use crate::{
    handoff::{
        Tables, folder, hold, look_over,
        model::{Fate, Model, Move, one_speaker, throw},
        rounds, staff,
    },
    house::{Dice, day, library},
};

/// One thing that somebody sent, under the id by which it is known when it comes again.
#[derive(Clone, Debug)]
struct Sent {
    id: String,
    what: Move,
}

/// Hands something over as channels and the desk do; whether it was taken.
async fn hand(inbox: &Inbox, address: &Address, sent: &Sent) -> anyhow::Result<bool> {
    match &sent.what {
        Move::Person(body) => {
            let inbound = Inbound { id: sent.id.clone(), from: address.clone(), body: body.clone(), guess: None };
            inbox.receive(&inbound, Delivery::Push).await.map(|_| true)
        }
        Move::Desk(staff, event) => Ok(inbox.act(address, &sent.id, staff, event).await?.is_ok()),
    }
}

/// Hands the same over several times, one after the other or at once; all are told the same.
async fn again_and_again(inbox: &Arc<Inbox>, address: &Address, sent: &Sent, dice: &mut Dice) -> bool {
    let (times, at_once) = (1 + dice.below(5), dice.below(2) == 0);
    let mut going = JoinSet::new();
    let mut told = Vec::new();
    for _ in 0..times {
        let (inbox, address, sent) = (Arc::clone(inbox), address.clone(), sent.clone());
        going.spawn(async move { hand(&inbox, &address, &sent).await.expect("a store") });
        if !at_once {
            told.extend(going.join_next().await);
        }
    }
    while let Some(one) = going.join_next().await {
        told.push(one);
    }
    let told: Vec<bool> = told.into_iter().map(|one| one.expect("nobody panicked")).collect();
    assert!(told.iter().all(|one| *one == told[0]), "{sent:?} was told {told:?}");
    told[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_again_changes_nothing_and_the_store_goes_by_the_model() {
    for seed in 0..rounds(60) as u64 {
        let mut log = Vec::new();
        if let Err(wrong) = game(seed, &mut log).await {
            panic!("seed {seed}: {wrong}\n{}", log.join("\n"));
        }
    }
}

/// One conversation of forty moves, each of which comes one to five times.
async fn game(seed: u64, log: &mut Vec<String>) -> Result<(), String> {
    let (store, library, mut dice) =
        (Arc::new(Store::in_memory().await.expect("a store")), library(), Dice::new(seed + 77));
    let address = Address::new("telegram", "1");
    let inbox_at = |hour| {
        let clock = Clock::at(day().and_hms_opt(hour, 0, 0).expect("a time"));
        Arc::new(Inbox::new(Arc::clone(&store), Arc::clone(&library), clock))
    };
    let (mut model, mut inbox) = (Model::default(), inbox_at(9));
    let (mut seen, mut taken): (Vec<Act>, Vec<Sent>) = (vec![], vec![]);
    for i in 0..40 {
        let before = store.load(&address).await.expect("a state");
        let what = match i {
            // There is no conversation before the person wrote.
            0 => Move::Person(Body::Text("你好".into())),
            _ => throw(&mut dice, &before.conversation, &seen),
        };
        log.push(format!("{what:?}"));
        let sent = Sent { id: format!("{seed}-{i}"), what };
        let desk = Desk { now: inbox.clock().local_time(), standing: None };
        let moment = Moment { desk, ..day().into() };
        let fate = model.expect(&library, &before.conversation, &moment, &sent.what);
        let done = again_and_again(&inbox, &address, &sent, &mut dice).await;
        hold(fate != Fate::Refused || !done, || "it was not refused".into())?;
        hold(!matches!(fate, Fate::Done(_)) || done, || "it was refused".into())?;
        let after = store.load(&address).await.expect("a state");
        hold(done == (before.version + 1 == after.version), || {
            format!("version {} became {}", before.version, after.version)
        })?;
        let said: Vec<Message> = store
            .transcript(&address, before.last_seq, 100)
            .await
            .expect("lines")
            .into_iter()
            .filter_map(|line| match line.said {
                Said::Message(message) => Some(*message),
                Said::Words { .. } => None,
            })
            .collect();
        if done {
            model.compare(&sent.what, &after.conversation, &said)?;
            one_speaker(&sent.what, before.conversation.talk.as_ref(), after.conversation.talk.as_ref(), &said)?;
            taken.push(sent);
        } else {
            hold(said.is_empty() && before.conversation == after.conversation, || {
                "a refused event left something".into()
            })?;
        }
        seen.extend(after.conversation.offered.iter().map(|choice| choice.act.clone()));
        ended_as_in_the_model(&store, &address, &model).await?;
        // Something old comes once more, perhaps to a program that has just begun.
        if dice.below(4) == 0 {
            inbox = inbox_at(9 + u32::try_from(i / 4).expect("small"));
        }
        let old = taken[dice.below(taken.len())].clone();
        hold(again_and_again(&inbox, &address, &old, &mut dice).await, || format!("{old:?} was refused"))?;
        let still = store.load(&address).await.expect("a state");
        hold(still.version == after.version && still.conversation == after.conversation, || {
            format!("{old:?} had an effect again")
        })?;
    }
    Ok(())
}

/// Whether requests are noted as the model ends them, and just one is open while somebody waits or talks.
async fn ended_as_in_the_model(store: &Store, address: &Address, model: &Model) -> Result<(), String> {
    let conversation = store.load(address).await.expect("a state").conversation;
    let owner = store.owner(address).await.expect("an owner");
    hold(owner == model.speaker, || format!("{owner:?} owns it"))?;
    let waits = store.queued().await.expect("the queue").len();
    hold(waits == usize::from(conversation.request.is_some()), || format!("{waits} are in the queue"))?;
    let noted: Vec<Option<String>> =
        store.earlier(address).await.expect("talks").into_iter().map(|talk| talk.ending).collect();
    let open = noted.iter().filter(|ending| ending.is_none()).count();
    hold(open == usize::from(conversation.request.is_some() || conversation.talk.is_some()), || {
        format!("{open} are open")
    })?;
    let ended: Vec<&str> = noted.iter().rev().filter_map(Option::as_deref).collect();
    let last = &model.endings[model.endings.len().saturating_sub(ended.len())..];
    hold(ended == last, || format!("{ended:?} ended, not {last:?}"))
}

/// What was cut off so far.
static CUT_OFF: AtomicUsize = AtomicUsize::new(0);

/// Hands something over that may be cut off on the way, as by a crash or a lost connection; whoever
/// sent it sends it again until they are told what became of it.
async fn until_told(inbox: Arc<Inbox>, address: Address, sent: Sent, mut dice: Dice) -> bool {
    for _ in 0..1000 {
        let going = {
            let (inbox, address, sent) = (Arc::clone(&inbox), address.clone(), sent.clone());
            tokio::spawn(async move { hand(&inbox, &address, &sent).await })
        };
        if dice.below(3) == 0 {
            tokio::time::sleep(Duration::from_micros(dice.below(4000) as u64)).await;
            going.abort();
        }
        match going.await {
            Ok(Ok(told)) => return told,
            Ok(Err(error)) if error.to_string().contains("too busy") => {
                tokio::time::sleep(Duration::from_millis(1)).await
            }
            Ok(Err(error)) => panic!("{sent:?}: {error:#}"),
            Err(cut) => {
                assert!(cut.is_cancelled(), "{cut}");
                CUT_OFF.fetch_add(1, Relaxed);
            }
        }
    }
    panic!("{sent:?} was never told");
}

/// Everything at once; which were taken.
async fn at_once(inbox: &Arc<Inbox>, address: &Address, all: &[Sent], dice: &mut Dice) -> Vec<Sent> {
    let mut going = JoinSet::new();
    for sent in all {
        for _ in 0..1 + dice.below(2) {
            let (inbox, address, sent) = (Arc::clone(inbox), address.clone(), sent.clone());
            let dice = Dice::new(dice.below(usize::MAX) as u64);
            going.spawn(async move { until_told(inbox, address, sent.clone(), dice).await.then_some(sent) });
        }
    }
    let told = going.join_all().await;
    let mut taken: Vec<Sent> = told.into_iter().flatten().collect();
    taken.sort_by(|one, other| one.id.cmp(&other.id));
    taken.dedup_by(|one, other| one.id == other.id);
    taken
}

/// What may come at once: cheap words of the person, and whatever the desk does.
fn at_random(dice: &mut Dice) -> Move {
    let staff = staff();
    let who = staff[dice.below(staff.len())].clone();
    let text = |text: &str| Move::Person(Body::Text(text.into()));
    let choice = |act: &str| Move::Person(Body::Choice(act.into()));
    match dice.below(20) {
        0..3 => text("你好"),
        3 => text("谢谢"),
        4..7 => text("转人工"),
        7 => text("取消"),
        8 => text("结束"),
        9 => choice(["leave", "rate/no", "rate/yes", "return"][dice.below(4)]),
        10..14 => Move::Desk(who, Event::Take),
        14 | 15 => Move::Desk(who, Event::Say("我来看看。".into())),
        16 => Move::Desk(who, Event::Return),
        17 => Move::Desk(who, Event::Close(Ending::Answered)),
        18 => Move::Desk(who, Event::Transfer { to: None, skill: None }),
        _ => Move::Desk(who, if dice.below(2) == 0 { Event::Join } else { Event::Lost }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_once_and_cut_off_in_the_middle_everything_is_done_once() {
    let folder = folder();
    let (library, mut dice) = (library(), Dice::new(4711));
    let clock = Clock::at(day().and_hms_opt(10, 0, 0).expect("a time"));
    let addresses: Vec<Address> = (0..6).map(|i| Address::new("telegram", i.to_string())).collect();
    let mut taken: Vec<Vec<Sent>> = vec![vec![]; addresses.len()];
    let (mut store, mut tables) =
        (Arc::new(Store::open(folder.path()).await.expect("a store")), Tables::open(folder.path()).await);
    for round in 0..rounds(200) {
        let inbox = Arc::new(Inbox::new(Arc::clone(&store), Arc::clone(&library), clock));
        let at = dice.below(addresses.len());
        let address = &addresses[at];
        let race = dice.below(3) == 0;
        let named = |i: usize, what| Sent { id: format!("{round}-{i}"), what };
        let mut all: Vec<Sent> = (0..2 + dice.below(6)).map(|i| named(i, at_random(&mut dice))).collect();
        let hello = Sent { id: format!("{round}-hello"), what: Move::Person(Body::Text("你好".into())) };
        assert!(hand(&inbox, address, &hello).await.expect("a store"));
        taken[at].push(hello);
        if race {
            // Two to four want it at the same moment, while the person writes.
            if let Some(talk) = store.load(address).await.expect("a state").conversation.talk {
                let back = named(90, Move::Desk(talk.by, Event::Return));
                assert!(hand(&inbox, address, &back).await.expect("a store"));
                taken[at].push(back);
            }
            all.retain(|sent| matches!(&sent.what, Move::Person(Body::Text(text)) if text != "结束"));
            let colleague = |i: usize| match i {
                0..3 => staff()[i].clone(),
                _ => Staff { name: "zhou".into(), shown: "周可".into(), leads: false },
            };
            all.extend((0..2 + dice.below(3)).map(|i| named(100 + i, Move::Desk(colleague(i), Event::Take))));
        }
        let done = at_once(&inbox, address, &all, &mut dice).await;
        let winners: Vec<&str> = done
            .iter()
            .filter_map(|sent| match &sent.what {
                Move::Desk(staff, Event::Take) => Some(staff.name.as_str()),
                _ => None,
            })
            .collect();
        if race {
            assert_eq!(winners.len(), 1, "round {round}: {winners:?} took the same conversation");
            assert_eq!(store.owner(address).await.expect("an owner").as_deref(), Some(winners[0]), "round {round}");
        }
        taken[at].extend(done);
        if let Err(wrong) = look_over(&store, &tables, address).await {
            panic!("round {round}, {address}: {wrong}\n{all:#?}");
        }
        let mut ids: Vec<&str> = taken[at].iter().map(|sent| sent.id.as_str()).collect();
        ids.sort_unstable();
        let inbound = tables.inbound(address).await;
        assert_eq!(inbound, ids, "round {round}: what was told and what is noted");
        if dice.below(10) == 0 {
            // The program ends and begins again.
            store.close().await;
            store = Arc::new(Store::open(folder.path()).await.expect("a store"));
            tables = Tables::open(folder.path()).await;
        }
    }
    let (cut, sent) = (CUT_OFF.load(Relaxed), taken.iter().map(Vec::len).sum::<usize>());
    eprintln!("{sent} things were taken in, {cut} times something was cut off");
    assert!(cut > sent / 20, "only {cut} of {sent} were cut off");
    for (address, taken) in addresses.iter().zip(&taken) {
        count_endings(&tables, address, taken).await;
    }
}

/// Every ending has its event: as many returned, closed and passed on as the desk was told.
async fn count_endings(tables: &Tables, address: &Address, taken: &[Sent]) {
    let talks = tables.talks(address).await;
    let noted = |name: &str| talks.iter().filter(|(ending, _)| ending.as_deref() == Some(name)).count();
    let done = |fits: fn(&Event) -> bool| {
        taken.iter().filter(|sent| matches!(&sent.what, Move::Desk(_, event) if fits(event))).count()
    };
    let written = |text: &str| {
        taken
            .iter()
            .filter(|sent| matches!(&sent.what, Move::Person(Body::Text(words) | Body::Choice(words)) if words == text))
            .count()
    };
    assert_eq!(noted("returned"), done(|event| *event == Event::Return), "{address}");
    assert_eq!(noted("answered"), done(|event| matches!(event, Event::Close(_))), "{address}");
    assert!(noted("transferred") >= done(|event| matches!(event, Event::Transfer { .. } | Event::Lost)), "{address}");
    assert!(noted("left") <= written("结束") + written("return"), "{address}");
    assert!(noted("withdrawn") <= written("取消"), "{address}");
    assert!(noted("message") <= written("leave"), "{address}");
    assert_eq!(talks.iter().filter(|(_, taken)| *taken).count(), done(|event| *event == Event::Take), "{address}");
}

/// A conversation in memory at ten in the morning, in which the person wrote this.
async fn quiet(texts: &[&str]) -> (Arc<Inbox>, Address) {
    let store = Arc::new(Store::in_memory().await.expect("a store"));
    let inbox = Arc::new(Inbox::new(store, library(), Clock::at(day().and_hms_opt(10, 0, 0).expect("a time"))));
    let address = Address::new("telegram", "1");
    for text in texts {
        say(&inbox, &address, text).await;
    }
    (inbox, address)
}

async fn say(inbox: &Inbox, address: &Address, text: &str) {
    let sent = Sent { id: uuid::Uuid::now_v7().to_string(), what: Move::Person(Body::Text(text.into())) };
    assert!(hand(inbox, address, &sent).await.expect("a store"));
}

async fn at_desk(inbox: &Inbox, address: &Address, staff: &Staff, event: Event) {
    let done = inbox.act(address, &uuid::Uuid::now_v7().to_string(), staff, &event).await.expect("a store");
    assert_eq!(done, Ok(()), "{event:?}");
}

#[tokio::test]
async fn while_somebody_takes_over_nothing_of_the_assistant_goes_out() {
    let (inbox, address) = quiet(&["你好"]).await;
    let (store, now) = (inbox.store(), inbox.clock().now());
    let due = store.due(now, 10).await.expect("what is due");
    store.hold(&address, now + 1000).await.expect("held");
    assert!(
        store.claim(vec![due[0].clone()], now).await.expect("a store").is_empty(),
        "it was found before, and taken now"
    );
    assert!(store.due(now, 10).await.expect("what is due").is_empty());
    // Who gave up holds nothing for ever.
    assert_eq!(store.due(now + 1000, 10).await.expect("what is due").len(), 1);
    assert_eq!(store.claim(vec![due[0].clone()], now + 1000).await.expect("a store").len(), 1);
}

#[tokio::test]
async fn what_is_on_the_wire_is_waited_for_but_not_for_ever() {
    let (inbox, address) = quiet(&["你好"]).await;
    let (store, now) = (inbox.store(), inbox.clock().now());
    let due = store.due(now, 10).await.expect("what is due").remove(0);
    let loaded = Arc::new(store.load(&address).await.expect("a state"));
    let moment = Moment { desk: Desk { now: inbox.clock().local_time(), standing: None }, ..day().into() };
    let turn = act(&inbox.library(), &loaded.conversation, &staff()[0], &Event::Take, &moment).expect("taken over");
    let turn = Arc::new(turn);
    let save =
        async |id: &str, at: i64| store.save(&address, id, &loaded, &turn, Delivery::Push, at).await.expect("a store");
    assert_eq!(store.claim(vec![due.clone()], now).await.expect("a store").len(), 1);
    assert_eq!(save("a", now).await, Saved::Busy);
    assert_eq!(save("a", now + ON_THE_WIRE - 1).await, Saved::Busy);
    assert!(matches!(save("a", now + ON_THE_WIRE).await, Saved::At(_)), "nobody knows what became of it");
    // It was taken over; what the sender says now comes too late.
    store.later(&due, now).await.expect("a store");
    store.release(now + 2 * ON_THE_WIRE, true).await.expect("a store");
    let after = store.due(now + 2 * ON_THE_WIRE, 10).await.expect("what is due");
    assert!(after.iter().all(|one| one.line.author == luzhu::message::Author::Counsellor), "{after:?}");
}

#[tokio::test]
async fn who_comes_too_late_silences_nobody() {
    let (inbox, address) = quiet(&["转人工"]).await;
    let (store, now, chen) = (inbox.store(), inbox.clock().now(), &staff()[0]);
    at_desk(&inbox, &address, chen, Event::Take).await;
    // A colleague found something on the wire, and only now gets to hold it.
    store.hold(&address, now + 20_000).await.expect("held");
    at_desk(&inbox, &address, chen, Event::Return).await;
    say(&inbox, &address, "你好").await;
    while let Some(due) = store.due(now, 10).await.expect("what is due").first() {
        assert_eq!(store.claim(vec![due.clone()], now).await.expect("a store").len(), 1);
        store.sent(due).await.expect("sent");
    }
    assert_eq!(store.counts().await.expect("counts").due, 0, "the assistant was not heard");
}

#[tokio::test]
async fn who_is_passed_on_twice_waits_since_the_first_request() {
    let (inbox, address) = quiet(&["转人工"]).await;
    let (store, since) = (inbox.store(), inbox.clock().now());
    for minute in [10, 20] {
        let clock = Clock::at(day().and_hms_opt(10, minute, 0).expect("a time"));
        let inbox = Inbox::new(Arc::clone(store), library(), clock);
        at_desk(&inbox, &address, &staff()[0], Event::Take).await;
        at_desk(&inbox, &address, &staff()[0], Event::Transfer { to: None, skill: None }).await;
    }
    assert_eq!(store.queued().await.expect("the queue")[0].since, since);
}

#[tokio::test]
async fn a_long_backlog_goes_out_in_good_time() {
    let folder = folder();
    let store = Store::open(folder.path()).await.expect("a store");
    let tables = Tables::open(folder.path()).await;
    // Twenty people, each with two thousand lines that were sent and two hundred that were not.
    let body = r#"{"text": "x", "script": "hans"}"#;
    sqlx::query(
        "with recursive chat(c) as (select 1 union all select c + 1 from chat where c < 20),
                        line(i) as (select 1 union all select i + 1 from line where i < 2200)
         insert into message (address, seq, author, at, body, delivery)
         select 'telegram:' || c, i, 'assistant', i, $1, case when i <= 2000 then 'sent' else 'due' end from chat, line",
    )
    .bind(body)
    .execute(&tables.0)
    .await
    .expect("lines");
    let begun = Instant::now();
    store.release(1, false).await.expect("a store");
    let due = store.due(1, 100).await.expect("what is due");
    assert_eq!(due.len(), 20);
    assert!(due.iter().all(|due| due.line.seq == 2001), "the first of each comes first");
    assert!(begun.elapsed() < Duration::from_secs(1), "one look took {:?}", begun.elapsed());
}
