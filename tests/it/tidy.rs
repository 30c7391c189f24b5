//! Reads the sources and holds them to the house: who may use whom, and which outside crate lives
//! where. A new arrow is a decision: it edits these tables in the same commit.

use std::{
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

use crate::house::repo;

/// module → what it may `use crate::`; itself is always allowed.
const ARROWS: &[(&str, &str)] = &[
    ("message", ""),
    ("clock", ""),
    ("config", ""),
    ("crash", ""),
    ("metrics", ""),
    ("text", "message"),
    ("library", "message text"),
    ("conversation", "message text library"),
    ("store", "clock crash message conversation"),
    ("inbox", "clock message metrics library conversation store"),
    ("dispatch", "message conversation inbox store"),
    ("html", "clock message library"),
    ("channels", "clock crash html message metrics text library conversation inbox store"),
    ("desk", "channels clock html message text library conversation inbox store"),
    ("outbox", "clock crash message metrics inbox channels store"),
    ("http", "clock metrics store"),
    ("commands", "message text library conversation inbox store channels"),
];

/// Outside crate → the files it lives in.
const CRATES: &[(&str, &str)] = &[
    ("teloxide", "src/channels/telegram/"),
    ("argon2", "src/desk/account.rs"),
    ("axum", "src/channels/web/ src/channels/telegram/ src/desk/ src/http.rs"),
    ("hyper", "src/http.rs"),
    ("governor", "src/outbox.rs"),
    ("arc_swap", "src/inbox.rs"),
    ("maud", "src/channels/web/ src/desk/ src/html.rs"),
    ("sqlx", "src/store/"),
    ("tantivy", "src/library/search.rs"),
    ("jieba_rs", "src/text/"),
    ("opencc_rust", "src/text/"),
    ("pinyin", "src/text/"),
    ("toml", "src/library/read.rs"),
    ("clap", "src/config.rs src/main.rs"),
    ("clap_complete", "src/config.rs src/main.rs"),
    ("rustix", "src/commands/doctor.rs"),
    (
        "tokio",
        "src/main.rs src/store/ src/inbox.rs src/outbox.rs src/dispatch.rs src/desk/ src/channels/ src/http.rs src/commands/chat.rs",
    ),
];

#[test]
fn arrows_go_where_the_house_says() {
    let used = Regex::new(r"crate::(\w+)").expect("a pattern");
    let grouped = Regex::new(r"(?s)use crate::\{(.*?)\n\};").expect("a pattern");
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let room = room_of(&file);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: the room `{room}` is not in the table", file.display()));
            continue;
        };
        let direct = used.captures_iter(&text).map(|hit| hit[1].to_owned());
        let first_words = grouped.captures_iter(&text).flat_map(|hit| {
            let lines: Vec<String> = hit[1]
                .lines()
                .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
                .map(str::to_owned)
                .collect();
            lines.into_iter().filter_map(|line| Some(line.trim().split([':', ',', ' ']).next()?.to_owned()))
        });
        for other in direct.chain(first_words).filter(|other| !other.starts_with('}')) {
            let is_room = ARROWS.iter().any(|(name, _)| *name == other);
            if is_room && other != room && !allowed.split(' ').any(|allowed| allowed == other) {
                wrong.push(format!("{}: `{room}` may not use `{other}`", file.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn outside_crates_live_in_their_rooms() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let name = file.strip_prefix(repo("")).expect("in the repository").display().to_string();
        // Tests inside a file are not the house.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (outside, homes) in CRATES {
            let used = Regex::new(&format!(r"(?m)^[^/\n]*\b{outside}::")).expect("a pattern").is_match(text);
            if used && !homes.split(' ').any(|home| name.starts_with(home)) {
                wrong.push(format!("{name}: {outside} lives only in {homes}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_asks_no_clock_in_the_core() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let name = file.display();
        if !text.starts_with("//! ") {
            wrong.push(format!("{name}: begin with what it is for (//!)"));
        }
        let core = ["message", "text", "library", "conversation"].contains(&room_of(&file).as_str());
        for word in ["Instant::", "SystemTime", "Utc::now", "Local::now", "async fn"] {
            if core && text.contains(word) {
                wrong.push(format!("{name}: the core never waits and never asks the time ({word})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn room_of(file: &Path) -> String {
    let inner = file.strip_prefix(repo("src")).expect("a source");
    let first = inner.components().next().expect("a name").as_os_str().to_str().expect("UTF-8");
    first.trim_end_matches(".rs").to_owned()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![repo("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                files.push((path, text));
            }
        }
    }
    files
}
