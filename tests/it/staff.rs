//! The record of who looked at what, sessions and links: what is promised about them.

use std::process::Output;

use luzhu::store::{AuditLine, Chain, Role, Store};

use crate::house::{AtDesk, Dice, Server};

/// Milliseconds in a minute.
const MINUTE: i64 = 60_000;

async fn record(lines: usize) -> Vec<AuditLine> {
    let store = Store::in_memory().await.expect("a store");
    for i in 0..lines {
        let (actor, object) = (["anna", "chen"][i % 2], format!("web:{i}"));
        store.audit(actor, ["read", "take", "say"][i % 3], &object, i as i64 * 1000).await.expect("a line");
    }
    let mut lines = store.audit_tail(1000).await.expect("lines");
    lines.reverse();
    lines
}

/// Where the chain breaks; nothing if it holds to the end.
fn broken(lines: &[AuditLine]) -> Option<i64> {
    let mut chain = Chain::default();
    lines.iter().find_map(|line| chain.follow(line).err())
}

#[tokio::test]
async fn ten_thousand_ways_to_tamper_with_the_record_are_all_found() {
    let whole = record(40).await;
    assert_eq!(broken(&whole), None);
    let head = &whole[39].hash;
    let mut dice = Dice::new(7);
    for _ in 0..10_000 {
        let mut lines = whole.clone();
        let at = dice.below(lines.len());
        let how = dice.below(9);
        let line = &mut lines[at];
        match how {
            0 => line.at += 1 + dice.below(1000) as i64,
            1 => line.actor.push('x'),
            2 => line.action = "write".into(),
            3 => line.object.insert(dice.below(line.object.len()), '7'),
            // Moving a letter from one field to the next leaves the words together the same.
            4 => {
                let letter = line.actor.pop().expect("a letter");
                line.action.insert(0, letter);
            }
            // Somebody who knows how hashes are made mends the line's own.
            5 => {
                line.object.push('x');
                line.hash = line.reckoned();
            }
            6 => _ = lines.remove(at),
            7 => {
                let other = (at + 1 + dice.below(lines.len() - 1)) % lines.len();
                lines.swap(at, other);
            }
            _ => {
                let copy = lines[at].clone();
                lines.insert(dice.below(lines.len()), copy);
            }
        }
        // A cut tail, or a last line written anew, shows only against a head that was noted elsewhere.
        let found = broken(&lines).is_some() || lines.last().is_none_or(|last| last.hash != *head);
        assert!(found, "tampering {how} at line {} is not found", at + 1);
    }
}

fn verify(folder: &str, head: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_luzhu"));
    command.args(["audit", "verify", "--data", folder]).args(head).output().expect("it ends")
}

#[tokio::test]
async fn the_record_is_verified_by_command_beside_a_running_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let server = Server::start(folder.path(), &[]);
    let anna = AtDesk::enter(&server, folder.path(), "anna", "admin").await;
    assert_eq!(anna.look("/desk/audit").await, 200);
    let good = verify(data, &[]);
    assert!(good.status.success(), "{good:?}");
    let head = String::from_utf8(good.stdout).expect("text").lines().last().expect("a head").to_owned();
    anna.post("/desk/duty", &[("to", "on")]).await;
    assert!(verify(data, &["--head", &head]).status.success(), "a head from before is in it");
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}", folder.path().join("luzhu.db").display());
    let pool = sqlx::AnyPool::connect(&url).await.expect("the database");
    sqlx::query("delete from audit where seq = (select max(seq) from audit)").execute(&pool).await.expect("cut");
    sqlx::query("delete from audit where seq = (select max(seq) from audit)").execute(&pool).await.expect("cut");
    let cut = verify(data, &["--head", &head]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&cut.stderr).contains("its end was cut off"), "{cut:?}");
    sqlx::query("update audit set actor = 'eve' where seq = 1").execute(&pool).await.expect("changed");
    let changed = verify(data, &[]);
    assert!(String::from_utf8_lossy(&changed.stderr).contains("broken at line 1"), "{changed:?}");
    assert_eq!(changed.status.code(), Some(1));
}

#[tokio::test]
async fn sessions_end_by_themselves_and_links_hold_once_and_for_a_day() {
    let store = Store::in_memory().await.expect("a store");
    store.add_counsellor("chen", "陈顾问", Role::Counsellor, 0).await.expect("an account");
    let token = store.begin_session("chen", "browser", 0).await.expect("a session");
    // Half an hour of nothing ends it; whoever works goes on, for twelve hours.
    let at = |minutes: i64| store.session(&token, minutes * MINUTE);
    assert!(at(29).await.expect("a store").is_some());
    assert!(at(29 + 31).await.expect("a store").is_none(), "an idle session goes on");
    let token = store.begin_session("chen", "browser", 0).await.expect("a session");
    for minutes in (0..12 * 60).step_by(20) {
        assert!(store.session(&token, minutes * MINUTE).await.expect("a store").is_some(), "after {minutes} min");
    }
    assert!(store.session(&token, 12 * 60 * MINUTE + 1).await.expect("a store").is_none(), "a session has no end");

    let link = store.invite("chen", 0).await.expect("a link");
    let day = 24 * 60 * MINUTE;
    assert_eq!(store.invited(&link, day - 1).await.expect("a store").as_deref(), Some("chen"));
    assert_eq!(store.invited(&link, day).await.expect("a store"), None, "a link holds for ever");
    assert_eq!(store.set_password(&link, "hash", day).await.expect("a store"), None);
    // A new password ends sessions and other links.
    let (first, second) =
        (store.invite("chen", 0).await.expect("a link"), store.invite("chen", 0).await.expect("a link"));
    let token = store.begin_session("chen", "browser", 0).await.expect("a session");
    assert_eq!(store.set_password(&first, "hash", 1).await.expect("a store").as_deref(), Some("chen"));
    assert_eq!(store.set_password(&first, "other", 1).await.expect("a store"), None, "a link holds twice");
    assert_eq!(store.set_password(&second, "other", 1).await.expect("a store"), None);
    assert!(store.session(&token, 1).await.expect("a store").is_none());
    // Who is out of use is out at once.
    let token = store.begin_session("chen", "browser", 0).await.expect("a session");
    store.set_active("chen", false, 1).await.expect("done");
    assert!(store.session(&token, 1).await.expect("a store").is_none());
}

#[test]
fn accounts_are_made_and_listed_by_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let admin = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_luzhu"));
        command.arg("admin").args(arguments).args(["--data", data]).output().expect("it ends")
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let made = admin(&["add", "anna", "--shown", "安主任"]);
    assert!(text(&made.stdout).contains("/desk/welcome?token="), "{made:?}");
    let again = admin(&["add", "anna"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("there is an account named anna already"), "{again:?}");
    assert!(text(&admin(&["add", "Anna!"]).stderr).contains("small letters"));
    let list = admin(&["list"]);
    assert!(text(&list.stdout).contains("anna") && text(&list.stdout).contains("admin"), "{list:?}");
    assert_eq!(admin(&["reset", "nobody"]).status.code(), Some(1));
}
