//! Runs the queue: offers requests to counsellors, takes offers back that nobody took, reckons how
//! long people wait, gives tasks an owner, and brings back whom a counsellor has left alone.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio::{sync::broadcast::error::RecvError, time::timeout};
use uuid::Uuid;

use crate::{
    conversation::handoff::{
        Standing,
        queue::{Offer, OnDuty, Waiting, offers, waits},
    },
    inbox::{Board, Inbox, What},
    message::{Address, Ending, Event, Script, Staff},
    store::{Counsellor, Mine},
};

/// Even without a hint the queue is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

/// A desk that was not open for so long is nobody's, in milliseconds.
const PRESENT: i64 = 5 * 60_000;

/// A person whom a counsellor does not answer for so long, and who is not at the desk, waits for the
/// next one, in milliseconds.
const ALONE: i64 = 5 * 60_000;

/// The name of somebody who would come next.
const NEXT: &str = "";

/// Goes on until the program ends.
pub async fn run(inbox: Arc<Inbox>) {
    let mut changes = inbox.changes();
    loop {
        if let Err(error) = round(&inbox).await {
            tracing::error!("the queue cannot be read: {error:#}");
        }
        // Other changes than those of the queue do not matter here.
        let queue = async {
            loop {
                match changes.recv().await {
                    Ok(change) if change.what != What::Queue || change.owner.is_some() => {}
                    Err(RecvError::Closed) => std::future::pending().await,
                    _ => return,
                }
            }
        };
        let _ = timeout(LOOK, queue).await;
    }
}

/// Looks at everything once.
pub async fn round(inbox: &Inbox) -> Result<()> {
    let (store, now) = (inbox.store(), inbox.clock().now());
    let on_duty = store.on_duty(now - PRESENT).await?;
    let mut waiting = store.waiting().await?;
    for person in &mut waiting {
        // An offer that stood too long went past, and so did one to somebody who left.
        let Some((to, _)) = person.offered.clone() else { continue };
        if person.offered_to(now).is_none() || !on_duty.iter().any(|one| one.name == to) {
            store.pass(person, &to).await?;
            person.offered = None;
            person.passed.push(to);
        }
    }
    for Offer { address, to } in offers(&waiting, &on_duty, now) {
        store.offer(&address, &to, now).await?;
        if let Some(person) = waiting.iter_mut().find(|person| person.address == address) {
            person.offered = Some((to.clone(), now));
        }
        inbox.tell(&address.parse().map_err(anyhow::Error::msg)?, Some(to), What::Queue);
    }
    put_up(inbox, waiting, &on_duty, now).await?;
    let staff = store.counsellors().await?;
    give_tasks(inbox, &staff).await?;
    for held in store.held(None).await? {
        look_after(inbox, &held, &staff, &on_duty, now).await?;
    }
    Ok(())
}

async fn put_up(inbox: &Inbox, mut waiting: Vec<Waiting>, on_duty: &[OnDuty], now: i64) -> Result<()> {
    if on_duty.is_empty() {
        inbox.put_up(Board::default());
        return Ok(());
    }
    waiting.push(Waiting {
        address: NEXT.into(),
        urgent: false,
        since: now,
        skills: vec![],
        district: None,
        script: Script::Hans,
        previous: None,
        passed: vec![],
        offered: None,
    });
    let lately = inbox.store().lately(now).await?;
    let mut board = Board::default();
    for wait in waits(&waiting, on_duty, &lately, now) {
        let standing = Standing { ahead: wait.ahead, half: wait.half, most: wait.most };
        match wait.address.as_str() {
            NEXT => board.next = Some(standing),
            _ => _ = board.waiting.insert(wait.address, standing),
        }
    }
    inbox.put_up(board);
    Ok(())
}

/// Every task has an owner: somebody who knows the matter, with the fewest tasks.
async fn give_tasks(inbox: &Inbox, staff: &[Counsellor]) -> Result<()> {
    let tasks = inbox.store().tasks().await?;
    let load = |name: &str| tasks.iter().filter(|task| task.owner.as_deref() == Some(name)).count();
    for task in &tasks {
        let known = |owner: &String| staff.iter().any(|one| one.is_active() && one.name == *owner);
        if task.owner.as_ref().is_some_and(known) {
            continue;
        }
        let able = staff.iter().filter(|one| one.is_active());
        let missing = |one: &Counsellor| task.skills.iter().filter(|skill| !one.skills.contains(skill)).count();
        if let Some(owner) = able.min_by_key(|one| (missing(one), load(&one.name), one.name.clone())) {
            inbox.store().give_task(&task.id, &owner.name).await?;
            inbox.tell(&task.address, Some(owner.name.clone()), What::Queue);
        }
    }
    Ok(())
}

/// A conversation whose counsellor has gone goes back to the queue; one that nobody has written in for
/// long ends.
async fn look_after(inbox: &Inbox, held: &Mine, staff: &[Counsellor], on_duty: &[OnDuty], now: i64) -> Result<()> {
    let owner = staff.iter().find(|one| one.name == held.owner);
    let present = on_duty.iter().any(|one| one.name == held.owner);
    let unanswered = held.heard_at > held.said_at && now - held.heard_at > ALONE;
    let gone = owner.is_none_or(|owner| !owner.is_active());
    let silent = i64::from(inbox.library().office.queue.silent_hours) * 3_600_000;
    let event = if gone || unanswered && !present {
        Event::Lost
    } else if now - held.heard_at.max(held.said_at) > silent {
        Event::Close(Ending::Silent)
    } else {
        return Ok(());
    };
    let by = owner.map(Counsellor::staff).unwrap_or(Staff {
        name: held.owner.clone(),
        shown: held.owner.clone(),
        leads: false,
    });
    let address: &Address = &held.address;
    if let Err(says) = inbox.act(address, &Uuid::now_v7().to_string(), &by, &event).await? {
        tracing::warn!("{address} could not be looked after: {says}");
    }
    Ok(())
}
