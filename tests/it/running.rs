//! What whoever runs the program needs: backups beside a running server and the way back, the
//! doctor, completions, and what a terminal shows of long work.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, extract, routing::post};
use serde_json::{Value, json};

use crate::{
    handoff::until,
    house::{DAY, Dice, Server, Visitor, luzhu, repo},
};

const TOKEN: &str = "123:right";

/// The program without a day, which not every command has.
fn plain(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_luzhu"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LUZHU_")) {
        command.env_remove(name);
    }
    command
}

fn ran(arguments: &[&str]) -> Output {
    plain(arguments).output().expect("luzhu runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn name(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a refused command says: one sentence, with these words in it.
fn refused(output: &Output, words: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
}

/// Everything in a folder by name, without what a look at a database leaves: an empty log and its index.
fn inside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file"));
    let empty = |entry: &fs::DirEntry| entry.metadata().map_or(0, |found| found.len()) == 0;
    let entries = entries.filter(|entry| !(name(&entry.path()).ends_with("-wal") && empty(entry)));
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().expect("text")).collect();
    names.retain(|name| name != "lock" && !name.ends_with("-shm"));
    names.sort();
    names
}

/// A data folder with a few conversations in it, as a killed server leaves it.
async fn lived(folder: &Path, lines: usize) {
    let server = Server::start(folder, &[]);
    let mut visitor = Visitor::new(&server.url).await;
    for i in 0..lines {
        // One person may not write as fast as this.
        if i % 10 == 9 {
            visitor = Visitor::new(&server.url).await;
        }
        let message = json!({"text": format!("试用期多长 {i}"), "id": i.to_string()});
        assert_eq!(visitor.json(&message).send().await.expect("an answer").status(), 200);
    }
    server.kill();
}

/// How many lines the database of a folder has once a server has opened it.
async fn lines(folder: &Path) -> i64 {
    luzhu::store::Store::open(folder).await.expect("a database").close().await;
    luzhu::store::examine(&luzhu::store::database_of(folder), true).await.expect("a whole database").lines
}

#[tokio::test]
async fn a_backup_beside_a_busy_server_holds_every_answered_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let ended = Arc::new(AtomicBool::new(false));
    let begun = Arc::new(AtomicBool::new(false));
    let cookies: Vec<String> = (0..6).map(|_| format!("luzhu={}", uuid::Uuid::new_v4().simple())).collect();
    let writers: Vec<_> = cookies
        .iter()
        .map(|cookie| {
            let visitor = Visitor::with_cookie(&server.url, cookie);
            let (begun, ended) = (Arc::clone(&begun), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut before = Vec::new();
                for i in 0.. {
                    let message = json!({"text": format!("试用期多长 {i}"), "id": i.to_string()});
                    let answer = visitor.json(&message).send().await.expect("an answer");
                    if answer.status() == 200 && !begun.load(Ordering::SeqCst) {
                        before.push(i.to_string());
                    }
                    if ended.load(Ordering::SeqCst) {
                        break;
                    }
                }
                before
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let file = folder.path().join("看 a copy?#%.db");
    begun.store(true, Ordering::SeqCst);
    let arguments = ["backup", name(&file), "--data", name(&data)].map(str::to_owned);
    let backup = tokio::task::spawn_blocking(move || ran(&arguments.each_ref().map(String::as_str)));
    let said = done(&backup.await.expect("it ran"));
    ended.store(true, Ordering::SeqCst);
    let mut answered = Vec::new();
    for writer in writers {
        answered.push(writer.await.expect("a writer"));
    }
    assert!(said.contains("6 conversations") && said.contains(" lines, ") && said.contains(" MB"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fs::metadata(&file).expect("the backup").permissions().mode() & 0o777, 0o600);
    assert_eq!(inside(folder.path()), ["data", "看 a copy?#%.db"]);
    refused(&ran(&["backup", name(&file), "--data", name(&data)]), "is there already");

    let elsewhere = folder.path().join("elsewhere");
    done(&ran(&["restore", name(&file), "--data", name(&elsewhere)]));
    assert_eq!(fs::metadata(&elsewhere).expect("the folder").permissions().mode() & 0o777, 0o700);
    let restored = Server::start(&elsewhere, &[]);
    for (cookie, answered) in cookies.iter().zip(&answered) {
        assert!(answered.len() > 2, "too few to prove anything: {answered:?}");
        let lines = Visitor::with_cookie(&restored.url, cookie).transcript().await;
        let heard: Vec<&str> = lines.iter().filter_map(|line| line["text"].as_str()?.split(' ').nth(1)).collect();
        for id in answered {
            assert_eq!(heard.iter().filter(|heard| *heard == id).count(), 1, "{id} in {heard:?}");
        }
        let speakers: Vec<_> = lines.iter().map(|line| line["from"].as_str().expect("a speaker")).collect();
        assert!(speakers.chunks(2).all(|pair| pair == ["you", "assistant"]), "{speakers:?}");
    }
}

#[tokio::test]
async fn a_backup_that_cannot_be_made_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("copy.db"));
    refused(&ran(&["backup", name(&file), "--data", name(&data)]), "there is no database in");
    lived(&data, 3).await;
    refused(&ran(&["backup", name(&folder.path().join("no/copy.db")), "--data", name(&data)]), "choose another place");
    // Another one is being written.
    let part = folder.path().join("copy.db.part");
    fs::write(&part, "half").expect("written");
    refused(&ran(&["backup", name(&file), "--data", name(&data)]), "another backup is being written");
    assert_eq!(fs::read(&part).expect("still there"), b"half");
    fs::remove_file(&part).expect("removed");
    // The database is damaged: no copy that seems to be one.
    let good = folder.path().join("good.db");
    done(&ran(&["backup", name(&good), "--data", name(&data)]));
    spoil(&good, &data.join("luzhu.db"), 1);
    refused(&ran(&["backup", name(&file), "--data", name(&data)]), "cannot be copied");
    assert_eq!(inside(folder.path()), ["data", "good.db"]);
}

/// Writes a copy that is noise from a page on.
fn spoil(from: &Path, to: &Path, page: usize) {
    let mut bytes = fs::read(from).expect("a database");
    let mut dice = Dice::new(7);
    bytes.iter_mut().skip(page * 4096).for_each(|byte| *byte = dice.below(256) as u8);
    fs::write(to, bytes).expect("written");
}

#[tokio::test]
async fn restore_refuses_what_it_must_and_then_touches_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, data) = (folder.path().join("old"), folder.path().join("data"));
    lived(&old, 2).await;
    let good = folder.path().join("good.db");
    done(&ran(&["backup", name(&good), "--data", name(&old)]));
    lived(&data, 5).await;
    let before = inside(&data);
    let at = |file: &str| folder.path().join(file);
    let restore = |file: &Path| ran(&["restore", name(file), "--data", name(&data), "--replace"]);

    refused(&ran(&["restore", name(&good), "--data", name(&data)]), "--replace");
    refused(&restore(&at("nothing.db")), "cannot be read");
    refused(&restore(folder.path()), "cannot be read");
    fs::write(at("words.db"), "我不是数据库").expect("written");
    refused(&restore(&at("words.db")), "is not a backup of luzhu");
    fs::write(at("empty.db"), "").expect("written");
    refused(&restore(&at("empty.db")), "is not a backup of luzhu");
    let bytes = fs::read(&good).expect("the backup");
    // All of it, or one page only that nobody happens to read.
    for page in [1, bytes.len() / 4096 - 1] {
        spoil(&good, &at("spoilt.db"), page);
        refused(&restore(&at("spoilt.db")), "it is damaged");
    }
    fs::write(at("short.db"), &bytes[..bytes.len() / 2]).expect("written");
    refused(&restore(&at("short.db")), "it is damaged");
    // Somebody else's, and one of a later luzhu.
    change(&at("foreign.db"), "create table t (x)").await;
    refused(&restore(&at("foreign.db")), "it is not a database of luzhu");
    fs::copy(&good, at("later.db")).expect("copied");
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, 'x', 0)";
    change(&at("later.db"), later).await;
    refused(&restore(&at("later.db")), "newer luzhu");
    // A database from which somebody copied one file of two.
    fs::copy(&good, at("live.db")).expect("copied");
    fs::write(at("live.db-wal"), "lines that are not in the file").expect("written");
    refused(&restore(&at("live.db")), "it is not whole alone");
    assert_eq!(inside(&data), before, "nothing was touched");

    let server = Server::start(&data, &[]);
    refused(&restore(&good), "in use by luzhu serve");
    server.kill();
    assert_eq!(lines(&data).await, 10);

    // The good one takes the place of the old one, which is kept with what its log held.
    let said = done(&restore(&good));
    assert_eq!(lines(&data).await, 4, "{said}");
    let now = inside(&data);
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(now[0] == "luzhu.db" && now[1].starts_with("luzhu.db.before-20"), "{now:?}");
    assert!(said.contains(&now[1]), "{said}");
    let kept = luzhu::store::examine(&data.join(&now[1]), true).await.expect("the old one");
    assert_eq!(kept.lines, 10);
    drop(Server::start(&data, &[]));
}

#[tokio::test]
async fn a_database_that_cannot_be_read_any_more_is_replaced_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    lived(&data, 2).await;
    let good = folder.path().join("good.db");
    done(&ran(&["backup", name(&good), "--data", name(&data)]));
    fs::write(data.join("luzhu.db"), "ruined").expect("written");
    fs::write(data.join("luzhu.db-wal"), "ruined too").expect("written");
    done(&ran(&["restore", name(&good), "--data", name(&data), "--replace"]));
    assert_eq!(lines(&data).await, 4);
    let kept = inside(&data);
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert_eq!(fs::read(data.join(&kept[1])).expect("the old one"), b"ruined");
    assert!(kept[2].ends_with("-wal"), "{kept:?}");
}

/// One statement in a database of its own connection.
async fn change(file: &Path, statement: &'static str) {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("sqlite:{}?mode=rwc", file.display())).await.expect("a database");
    sqlx::query(statement).execute(&pool).await.expect("changed");
    pool.close().await;
}

/// `LUZHU_ROUNDS` kills at random moments of a restore.
#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_old_or_the_new_whole() {
    let rounds: usize = std::env::var("LUZHU_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let folder = tempfile::tempdir().expect("a folder");
    let (small, data) = (folder.path().join("small"), folder.path().join("data"));
    lived(&small, 2).await;
    lived(&data, 40).await;
    let new = folder.path().join("new.db");
    done(&ran(&["backup", name(&new), "--data", name(&small)]));
    let log = data.join("luzhu.db-wal");
    let (old, old_log) = (fs::read(data.join("luzhu.db")).expect("it"), fs::read(&log).expect("its log"));
    let mut dice = Dice::new(6);
    let mut seen = [0, 0];
    for round in 0..rounds {
        // As a killed server left it, with lines that are only in the log.
        fs::remove_dir_all(&data).expect("removed");
        fs::create_dir(&data).expect("made");
        fs::write(data.join("luzhu.db"), &old).expect("written");
        fs::write(&log, &old_log).expect("written");
        let arguments = ["restore", name(&new), "--data", name(&data), "--replace"];
        let mut restore = plain(&arguments).stdout(Stdio::null()).spawn().expect("luzhu runs");
        // Some time after it began, after there is a copy, after the old one has its other name.
        let (sign, most) = [("luzhu.db", 40_000), ("restoring", 10_000), ("before", 2_000)][round % 3];
        let there = || fs::read_dir(&data).expect("it").flatten().any(|one| name(&one.path()).contains(sign));
        while !there() && restore.try_wait().expect("a child").is_none() {}
        let (seen_at, wait) = (Instant::now(), Duration::from_micros(dice.below(most) as u64));
        while seen_at.elapsed() < wait {}
        let _ = restore.kill();
        restore.wait().expect("it ended");
        let there = lines(&data).await;
        assert!([4, 80].contains(&there), "round {round}: {there} lines, {:?}", inside(&data));
        seen[usize::from(there == 4)] += 1;
        // What was interrupted stands in nobody's way.
        done(&ran(&arguments));
        assert_eq!(lines(&data).await, 4);
        let kept = inside(&data).into_iter().filter(|name| name.contains(".before-")).count();
        assert!(kept >= 1 && !inside(&data).iter().any(|name| name.contains("restoring")), "{:?}", inside(&data));
    }
    assert!(rounds < 40 || seen.iter().all(|count| *count > 0), "every kill came too early or too late: {seen:?}");
}

/// A tiny Telegram: it knows one token, and one webhook.
async fn telegram(webhook: Value) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = move |extract::Path((bot, method)): extract::Path<(String, String)>| {
        let webhook = webhook.clone();
        async move {
            let (status, answer) = match (bot == format!("bot{TOKEN}"), method.as_str()) {
                // It is rude enough to repeat the token.
                (false, _) => {
                    (401, json!({"ok": false, "error_code": 401, "description": format!("Unauthorized {bot}")}))
                }
                (true, "getMe") => {
                    (200, json!({"ok": true, "result": {"id": 1, "is_bot": true, "username": "luzhu_bot"}}))
                }
                (true, "getWebhookInfo") => (200, json!({"ok": true, "result": webhook})),
                _ => panic!("the doctor only looks: {method}"),
            };
            (axum::http::StatusCode::from_u16(status).expect("a status"), Json(answer))
        }
    };
    let routes = Router::new().route("/{bot}/{method}", post(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

/// What the doctor finds, as (check, level, says), and whether it exits well.
async fn doctor(data: &Path, settings: &[(&str, &str)], more: &[&str]) -> (bool, Vec<(String, String, String)>) {
    let mut command = luzhu(&["doctor", "--json", "--data", name(data)]);
    command.args(more).envs(settings.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().expect("luzhu runs")).await.expect("it ran");
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    for (name, secret) in settings.iter().filter(|(name, _)| name.contains("TOK") || name.contains("SECRET")) {
        assert!(!said.contains(secret) && !complained.contains(secret), "{name} came to light: {said}{complained}");
    }
    let findings: Vec<Value> = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{complained}"));
    let part = |finding: &Value, part: &str| finding[part].as_str().expect("text").to_owned();
    let findings = findings.iter().map(|one| (part(one, "check"), part(one, "level"), part(one, "says")));
    (output.status.success(), findings.collect())
}

/// Whether there is a finding with this level and these words.
fn found(findings: &[(String, String, String)], check: &str, level: &str, words: &str) {
    let hit = |one: &(String, String, String)| one.0 == check && one.1 == level && one.2.contains(words);
    assert!(findings.iter().any(hit), "no {level} of {check} with `{words}` in {findings:#?}");
}

#[tokio::test]
async fn the_doctor_finds_a_sound_house_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let visitor = Visitor::new(&server.url).await;
    assert_eq!(visitor.json(&json!({"text": "你好", "id": "1"})).send().await.expect("an answer").status(), 200);
    let url = telegram(json!({"url": "", "pending_update_count": 3})).await;
    let settings = [("LUZHU_TELEGRAM_TOKEN", TOKEN), ("LUZHU_TELEGRAM_API_URL", url.as_str())];
    let (well, findings) = doctor(&data, &settings, &[]).await;
    assert!(well, "{findings:#?}");
    for (check, words) in [
        ("channels", "Telegram by polling"),
        ("settings", "all known"),
        ("address", "this machine only"),
        ("opencc", "both ways"),
        ("data", "can be written"),
        ("database", "in use by luzhu serve"),
        ("database", "1 conversations, 2 lines"),
        ("sqlite", "3."),
        ("clock", DAY),
        ("telegram", "@luzhu_bot"),
    ] {
        found(&findings, check, "ok", words);
    }
    assert!(findings.iter().all(|one| one.1 != "error" && (one.1 == "ok" || one.0 != "telegram")), "{findings:#?}");
    assert!(findings.iter().any(|one| one.0 == "content" && one.2.contains("no problems")), "{findings:#?}");
    assert_eq!(inside(&data), ["luzhu.db", "luzhu.db-wal"], "the doctor leaves nothing");

    // In words, one line each; the server has not noticed.
    let words = luzhu(&["doctor", "--data", name(&data)]).output().expect("luzhu runs");
    let words = done(&words);
    assert!(words.lines().all(|line| ["ok    ", "warn  "].iter().any(|level| line.starts_with(level))), "{words}");
    assert_eq!(visitor.json(&json!({"text": "你好", "id": "2"})).send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn the_doctor_names_every_bad_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, secret) = (folder.path().join("data"), folder.path().join("secret"));
    lived(&data, 1).await;
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("opened");
    fs::write(&secret, "\n").expect("written");
    let webhook = json!({"url": "https://other.example/bot123:wrong", "pending_update_count": 7, "last_error_message": "Connection refused 123:right"});
    let url = telegram(webhook).await;

    let settings = [
        ("LUZHU_TELEGRAM_TOKN", "123:misspelt"),
        ("LUZHU_NONSENSE_OF_SOME_KIND", "1"),
        ("LUZHU_TELEGRAM_SECRET", "a secret without a token"),
        ("LUZHU_TELEGRAM_TOKEN_FILE", name(&secret)),
        ("LUZHU_PUBLIC_URL", "http://luzhu.example"),
    ];
    // The newest line was stored on our day: a clock that shows an earlier one is wrong.
    let mut early = plain(&["doctor", "--json", "--now", "2026-11-20", "--data", name(&data)]);
    let early = early.current_dir(crate::house::repo("")).output().expect("luzhu runs");
    assert_eq!(early.status.code(), Some(1));
    assert!(text(&early.stdout).contains("the newest line was stored 43"), "{}", text(&early.stdout));
    let (well, findings) = doctor(&data, &settings, &["--knowledge", name(folder.path())]).await;
    assert!(!well);
    found(&findings, "settings", "warn", "LUZHU_TELEGRAM_TOKN is no setting; did you mean LUZHU_TELEGRAM_TOKEN?");
    found(&findings, "settings", "warn", "LUZHU_NONSENSE_OF_SOME_KIND is no setting; take it away");
    found(&findings, "settings", "error", "the file that LUZHU_TELEGRAM_TOKEN_FILE names is empty");
    found(&findings, "channels", "error", "Telegram is half configured: set LUZHU_TELEGRAM_TOKEN too");
    found(&findings, "address", "warn", "use https");
    found(&findings, "content", "error", "problems, the first: ");
    found(&findings, "data", "warn", "chmod 700");

    // A token that Telegram refuses, and a folder that is none.
    let at = ("LUZHU_TELEGRAM_API_URL", url.as_str());
    let (well, findings) =
        doctor(&secret, &[("LUZHU_TELEGRAM_TOKEN", "123:wrong"), at], &["--listen", "0.0.0.0:80"]).await;
    assert!(!well);
    found(&findings, "telegram", "error", "Telegram refuses the token");
    found(&findings, "data", "error", "cannot be written");
    found(&findings, "address", "warn", "open to the network");

    // Nobody is there; a mode without what it needs.
    let nowhere = ("LUZHU_TELEGRAM_API_URL", "http://127.0.0.1:9");
    let mode = ("LUZHU_TELEGRAM_MODE", "webhook");
    let (well, findings) = doctor(&data, &[("LUZHU_TELEGRAM_TOKEN", TOKEN), nowhere, mode], &[]).await;
    assert!(!well);
    found(&findings, "telegram", "error", "Telegram is not reached at 127.0.0.1");
    found(&findings, "channels", "error", "set LUZHU_TELEGRAM_SECRET and LUZHU_PUBLIC_URL too");

    // A webhook that is somebody else's, in both modes.
    let right = ("LUZHU_TELEGRAM_TOKEN", TOKEN);
    let (well, findings) = doctor(&data, &[right, at], &[]).await;
    assert!(well, "{findings:#?}");
    found(&findings, "telegram", "warn", "a webhook at other.example is registered");
    let complete =
        [right, at, mode, ("LUZHU_TELEGRAM_SECRET", "s3cr3t"), ("LUZHU_PUBLIC_URL", "https://luzhu.example/")];
    let (well, findings) = doctor(&data, &complete, &[]).await;
    assert!(well, "{findings:#?}");
    found(&findings, "telegram", "warn", "leads to other.example and not to https://luzhu.example/channels/telegram");
    found(&findings, "telegram", "warn", "7 updates wait");
    found(&findings, "telegram", "warn", "Connection refused (token)");
}

#[tokio::test]
async fn the_doctor_sees_a_damaged_database_and_one_of_a_newer_luzhu() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (well, findings) = doctor(&data, &[], &[]).await;
    assert!(well && !data.exists(), "{findings:#?}");
    found(&findings, "data", "warn", "is not there yet");
    lived(&data, 3).await;
    let file: PathBuf = data.join("luzhu.db");
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, 'x', 0)";
    change(&file, later).await;
    let (well, findings) = doctor(&data, &[], &[]).await;
    assert!(!well);
    found(&findings, "database", "error", "newer luzhu");
    spoil(&file, &file, 1);
    let (well, findings) = doctor(&data, &[], &[]).await;
    assert!(!well);
    found(&findings, "database", "error", "it is damaged");
}

#[test]
fn shells_can_complete_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = done(&ran(&["completions", shell]));
        for word in ["luzhu", "backup", "restore", "doctor", "telegram-mode", "webhook"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    assert_eq!(ran(&["completions", "cmd"]).status.code(), Some(2));
}

/// Only a terminal is shown what long work is at; `script` makes one.
#[test]
fn long_work_is_shown_on_a_terminal_and_nowhere_else() {
    let ask = luzhu(&["ask", "你好"]).output().expect("luzhu runs");
    assert_eq!(text(&ask.stderr), "");
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let inner = format!("{} check --now {DAY}", env!("CARGO_BIN_EXE_luzhu"));
    let mut command = Command::new("script");
    command.args(["-qefc", &inner, "/dev/null"]).current_dir(crate::house::repo("")).stdin(Stdio::null());
    let shown = text(&command.output().expect("it ends").stdout);
    assert!(shown.contains("\r\x1b[K试问每一句 … / asking every line …"), "{shown:?}");
    let last = shown.rsplit("\r\x1b[K").next().expect("a line");
    assert!(last.contains("articles,") && !last.contains('…'), "{last:?}");
}

#[tokio::test]
async fn content_is_read_anew_on_sighup_and_broken_content_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let knowledge = folder.path().join("knowledge");
    let copied = Command::new("cp").arg("-r").arg(repo("knowledge")).arg(&knowledge).status().expect("cp");
    assert!(copied.success());
    let settings = [("LUZHU_KNOWLEDGE", knowledge.to_str().expect("a path")), ("LUZHU_LOG_FORMAT", "json")];
    let server = Server::start(&folder.path().join("data"), &settings);
    let person = Visitor::new(&server.url).await;
    let answer = async || {
        let said = person.json(&json!({ "text": "试用期最长多久" })).send().await.expect("an answer");
        said.text().await.expect("text")
    };
    let counted = async |line: &str| {
        for _ in 0..200 {
            let page =
                reqwest::get(format!("{}/metrics", server.url)).await.expect("metrics").text().await.expect("text");
            if page.contains(line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{line} never came: {}", server.said());
    };
    let hang_up = || {
        let sent = Command::new("kill").args(["-HUP", &server.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    };
    let file = knowledge.join("probation.md");
    let text = fs::read_to_string(&file).expect("the article");
    assert!(text.contains("试用期") && !answer().await.contains("木棉花"), "the article is another one now");
    fs::write(&file, text.replacen("summary   = \"", "summary   = \"木棉花开，", 1)).expect("written");
    hang_up();
    counted("luzhu_reloads_total 1\n").await;
    assert!(answer().await.contains("木棉花"), "the new words are not told");
    fs::write(&file, "+++\ntitle = 7\n").expect("written");
    hang_up();
    counted("luzhu_reloads_failed_total 1\n").await;
    assert!(answer().await.contains("木棉花"), "the words before are gone");
    // The log is for programs here: one object a line.
    until("the log says why", async || server.said().contains("probation.md")).await;
    let logged: Vec<Value> = server.said().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let levels: Vec<&str> = logged.iter().filter_map(|line| line["level"].as_str()).collect();
    assert_eq!(levels, ["INFO", "ERROR"], "{}", server.said());
    let why = logged[1]["fields"]["message"].as_str().expect("a message");
    assert!(why.contains("probation.md"), "{why}");
}
