//! The disk is full, fails, or loses its power: what was answered with 200 is there, what is not there
//! was not answered with 200.
//!
//! `shim.c` stands between the program and its disk and does what the disk would do. LUZHU_ROUNDS says
//! how many power cuts there are.

use std::{
    ffi::OsString,
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::json;
use sqlx::Row;
use tokio::task::JoinHandle;

use crate::{
    handoff::{folder, rounds},
    house::{Dice, Server, Visitor, database, luzhu, repo},
};

/// As many may write at once before they are asked to wait.
const BURST: usize = 20;

/// People who write at the same time.
const PEOPLE: usize = 8;

/// Power cuts that one database goes through.
const CUTS: usize = 50;

/// What a disk writes whole or not at all.
const BLOCK: usize = 4096;

/// How the disk is; `shim.c` explains the letters.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Well = b'o' as isize,
    Full = b'f' as isize,
    CannotGrow = b'g' as isize,
    CannotSync = b'e' as isize,
    SyncsLate = b'n' as isize,
}

/// A data folder on a disk that does what it is told.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Self(folder());
        fs::create_dir(disk.data()).expect("a folder");
        fs::write(disk.path("mode"), [Mode::Well as u8]).expect("a file");
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().expect("a folder").join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// From now on the disk is so.
    fn turn(&self, mode: Mode) {
        // In place: the program looks at this byte in memory.
        let file = File::options().write(true).open(self.path("mode")).expect("the mode");
        file.write_all_at(&[mode as u8], 0).expect("the mode");
    }

    /// What a program needs to run on this disk.
    fn settings(&self) -> [(&'static str, OsString); 4] {
        [
            ("LD_PRELOAD", shim().into()),
            ("SHIM_DATA", self.data().into()),
            ("SHIM_SYNCED", self.path("synced").into()),
            ("SHIM_MODE", self.path("mode").into()),
        ]
    }

    /// Starts the program; what is on the disk by now is durable.
    fn start(&self) -> Server {
        let _ = fs::remove_dir_all(self.path("synced"));
        fs::create_dir(self.path("synced")).expect("a folder");
        for (name, bytes) in files(&self.data()) {
            fs::write(self.path("synced").join(name), bytes).expect("a file");
        }
        self.turn(Mode::Well);
        let settings = self.settings().map(|(name, value)| (name, value.into_string().expect("text")));
        Server::start(&self.data(), &settings.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    /// Cuts the power. Of what was written but not synced, nothing is left, or, with dice, some blocks
    /// are and some are not.
    fn cut(&self, server: Server, mut dice: Option<&mut Dice>) {
        server.kill();
        for (name, present) in files(&self.data()) {
            let (kept, image) = (self.data().join(&name), self.path("synced").join(&name));
            let Ok(mut bytes) = fs::read(image) else {
                fs::remove_file(kept).expect("a file");
                continue;
            };
            for (place, block) in present.chunks(BLOCK).enumerate() {
                if dice.as_mut().is_some_and(|dice| dice.below(2) == 0) {
                    let (from, to) = (place * BLOCK, place * BLOCK + block.len());
                    bytes.resize(bytes.len().max(to), 0);
                    bytes[from..to].copy_from_slice(block);
                }
            }
            fs::write(kept, bytes).expect("a file");
        }
        for (name, bytes) in files(&self.path("synced")) {
            if !self.data().join(&name).exists() {
                fs::write(self.data().join(name), bytes).expect("a file");
            }
        }
    }

    /// SQLite finds nothing wrong with the database.
    async fn is_sound(&self) {
        let pool = database(&self.data()).await;
        let rows = sqlx::query("pragma integrity_check").fetch_all(&pool).await.expect("a report");
        let report: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(report, ["ok"]);
        pool.close().await;
    }
}

/// The files of a folder.
fn files(folder: &Path) -> Vec<(OsString, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file"))).collect()
}

/// `shim.c`, compiled once.
fn shim() -> PathBuf {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    let compiled = SHIM.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (fresh, ready) = (folder.join(format!("shim-{}.so", std::process::id())), folder.join("shim.so"));
        let mut compiler = Command::new("cc");
        compiler.args(["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-pthread", "-o"]);
        let made = compiler.arg(&fresh).arg(repo("tests/it/shim.c")).output().expect("a C compiler");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::rename(fresh, &ready).expect("a file");
        ready
    });
    compiled.clone()
}

/// Somebody who writes, and what became of it.
struct Person {
    cookie: String,
    visitor: Visitor,
    taken: Vec<String>,
    refused: Vec<String>,
}

impl Person {
    fn new(url: &str) -> Self {
        let cookie = format!("luzhu={}", uuid::Uuid::new_v4().simple());
        Self { visitor: Visitor::with_cookie(url, &cookie), cookie, taken: Vec::new(), refused: Vec::new() }
    }

    /// Says something. Taken is what was answered with 200; nothing when nobody answers.
    async fn say(&mut self, id: &str) -> Option<bool> {
        let body = json!({"text": format!("试用期多长 {id}"), "id": id});
        let answer = self.visitor.json(&body).timeout(Duration::from_secs(20)).send().await.ok()?;
        let status = answer.status().as_u16();
        if status == 200 {
            self.taken.push(id.to_owned());
        } else {
            let says = answer.text().await.unwrap_or_default();
            assert!(status == 503 && says.ends_with('。'), "{status}: {says}");
            self.refused.push(id.to_owned());
        }
        Some(status == 200)
    }

    /// What was taken and is not in the transcript exactly once.
    async fn lost(&self, url: &str) -> Vec<String> {
        let lines = Visitor::with_cookie(url, &self.cookie).transcript().await;
        let words = lines.iter().filter(|line| line["from"] == "you").filter_map(|line| line["text"].as_str());
        let heard: Vec<&str> = words.filter_map(|words| words.split(' ').nth(1)).collect();
        let times = |id: &String| heard.iter().filter(|heard| *heard == id).count();
        self.taken.iter().filter(|id| times(id) != 1).cloned().collect()
    }
}

async fn all_lost(url: &str, people: &[Person]) -> Vec<String> {
    let mut lost = Vec::new();
    for person in people {
        lost.extend(person.lost(url).await);
    }
    lost
}

/// People write, one message after another, until nobody answers any more.
fn crowd(url: &str, round: usize) -> Vec<JoinHandle<Vec<Person>>> {
    let one = |sender: usize| {
        let url = url.to_owned();
        tokio::spawn(async move {
            let mut people = vec![Person::new(&url)];
            for n in 0.. {
                let last = people.len() - 1;
                match people[last].say(&format!("{sender}-{round}-{n}")).await {
                    None => break,
                    Some(taken) => assert!(taken, "refused, though all was well"),
                }
                // Nobody may write fast for long, so the next one comes.
                if n % BURST == BURST - 1 {
                    people.push(Person::new(&url));
                }
            }
            people
        })
    };
    (0..PEOPLE).map(one).collect()
}

/// Cuts the power again and again; gives how many messages were taken, and those that were lost.
async fn power_cuts(mode: Mode, cuts: usize, seed: usize) -> (usize, Vec<String>) {
    let (disk, mut dice) = (Disk::new(), Dice::new(seed as u64));
    let (mut people, mut lost, mut last) = (Vec::new(), Vec::new(), 0);
    for round in 0..=cuts {
        let server = disk.start();
        lost.extend(all_lost(&server.url, &people[last..]).await);
        last = people.len();
        if round == cuts {
            // Nor has a later cut taken what an earlier one left.
            lost.extend(all_lost(&server.url, &people).await);
            break;
        }
        disk.turn(mode);
        let senders = crowd(&server.url, round);
        tokio::time::sleep(Duration::from_millis(200 + dice.below(800) as u64)).await;
        // A disk that syncs late may not keep what comes later without what comes first.
        let some_blocks = mode == Mode::Well && dice.below(2) == 0;
        disk.cut(server, some_blocks.then_some(&mut dice));
        disk.is_sound().await;
        for sender in senders {
            people.extend(sender.await.expect("a sender"));
        }
    }
    (people.iter().map(|person| person.taken.len()).sum(), lost)
}

#[tokio::test]
async fn what_was_answered_survives_a_power_cut() {
    let (begun, all, mut taken) = (Instant::now(), rounds(5), 0);
    for done in (0..all).step_by(CUTS) {
        let (more, lost) = power_cuts(Mode::Well, CUTS.min(all - done), done).await;
        assert!(lost.is_empty(), "lost: {lost:?}");
        taken += more;
    }
    eprintln!("{all} power cuts, {taken} messages answered, none lost, in {:.0?}", begun.elapsed());
    assert!(taken >= PEOPLE * all, "too few messages to prove anything: {taken}");
}

/// The control: with a sync that comes late, the same cuts lose what was answered.
#[tokio::test]
async fn a_sync_that_comes_late_is_found_out() {
    let (taken, lost) = power_cuts(Mode::SyncsLate, 2, 0).await;
    eprintln!("{} of {taken} messages were lost by syncing late", lost.len());
    assert!(!lost.is_empty());
}

/// People write while the disk turns bad and well again.
async fn bad_disk(mode: Mode) {
    let (disk, mut dice) = (Disk::new(), Dice::new(mode as u64));
    let server = disk.start();
    let url = server.url.clone();
    let ready = async || reqwest::get(format!("{url}/readyz")).await.expect("an answer").status().as_u16();
    let writing: Vec<_> = (0..PEOPLE)
        .map(|who| {
            let mut person = Person::new(&url);
            tokio::spawn(async move {
                for n in 0..8 {
                    person.say(&format!("{who}-{n}")).await.expect("an answer");
                    // So that nobody is done before the disk turns.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                person
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20 + dice.below(40) as u64)).await;
    disk.turn(mode);
    let turned = Instant::now();
    // Where files cannot grow, what fits into them can still be written.
    while mode != Mode::CannotGrow && ready().await != 503 {
        assert!(turned.elapsed() < Duration::from_secs(5), "{mode:?}: /readyz does not notice");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let noticed = turned.elapsed();
    let mut people = Vec::new();
    for person in writing {
        people.push(person.await.expect("a person"));
    }
    let refused: usize = people.iter().map(|person| person.refused.len()).sum();
    assert!(refused > 0, "{mode:?}: nothing was refused");
    // Everything can still be read.
    assert_eq!(all_lost(&url, &people).await, [""; 0], "{mode:?}");

    disk.turn(Mode::Well);
    let turned = Instant::now();
    while ready().await != 200 || Person::new(&url).say("again").await != Some(true) {
        assert!(turned.elapsed() < Duration::from_secs(10), "{mode:?}: it does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    eprintln!("{mode:?}: noticed in {noticed:.1?}, {refused} refused, well again in {:.1?}", turned.elapsed());
    for person in &mut people {
        for id in std::mem::take(&mut person.refused) {
            assert_eq!(person.say(&id).await, Some(true), "{mode:?}: {id} again");
        }
        assert_eq!(person.taken.len(), 8);
    }
    assert_eq!(all_lost(&url, &people).await, [""; 0], "{mode:?}: after what was refused was sent again");
    disk.cut(server, Some(&mut dice));
    disk.is_sound().await;
    let server = disk.start();
    assert_eq!(all_lost(&server.url, &people).await, [""; 0], "{mode:?}: after a power cut");
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    bad_disk(Mode::Full).await;
    bad_disk(Mode::CannotGrow).await;
}

#[tokio::test]
async fn a_disk_that_cannot_sync_refuses_and_recovers() {
    bad_disk(Mode::CannotSync).await;
}

#[test]
fn nobody_starts_on_a_full_disk() {
    let disk = Disk::new();
    fs::create_dir(disk.path("synced")).expect("a folder");
    disk.turn(Mode::Full);
    let data = disk.data();
    let mut start = luzhu(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().expect("a path")]);
    let mut started = start.envs(disk.settings()).spawn().expect("luzhu starts");
    let begun = Instant::now();
    while started.try_wait().expect("its status").is_none() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // It has ended already, or it should have.
    let _ = started.kill();
    let refused = started.wait_with_output().expect("its words");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("data folder") && said.contains("No space left"), "{said}");
}
