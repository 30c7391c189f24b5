//! Whatever comes in: no parser panics, and none takes long. Seeds are lines of `../fuzz/` and the shipped
//! content; what is tried are these, cut, doubled, mixed, and with things put in that parsers trip over.
//! LUZHU_ROUNDS says how many inputs each parser gets; 1000000 takes a while.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderValue, header};
use luzhu::{
    channels::{telegram, web::input},
    library::{amount::Amounts, fact::Facts, flow::Flow, scheme::Scheme},
    message::{Script, limits},
    text::{Language, clean, mask, number, when},
};
use rustix::time::{ClockId, clock_gettime};

use crate::{
    handoff::rounds,
    house::{Dice, day, repo},
};

/// One input may take so long.
const LONGEST: Duration = Duration::from_millis(100);

/// How long this thread was at work; what others did on the machine meanwhile is not counted.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// What parsers trip over.
const THINGS: [&str; 24] = [
    "\0",
    "\u{202e}",
    "\u{feff}",
    "👨‍👩‍👧‍👦",
    "\\ud800",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "%",
    "&",
    "=",
    "\n",
    "99999999999999999999",
    "-0",
    "1e309",
    "年月日",
    "零〇一二三百千万亿",
    "null",
    "\"\"\"",
];

fn seeds(name: &str) -> Vec<String> {
    let text = fs::read_to_string(repo("tests/fuzz").join(name)).expect("seeds");
    text.lines().map(str::to_owned).collect()
}

fn files(folder: &str, but: &[&str]) -> Vec<String> {
    let files = fs::read_dir(repo(folder)).expect("files").map(|file| file.expect("a file").path());
    let ours = files.filter(|file| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".toml") && !but.contains(&name)
    });
    let mut texts: Vec<String> = ours.map(|file| fs::read_to_string(file).expect("text")).collect();
    texts.sort();
    texts
}

/// A place in a text where it may be cut.
fn place(text: &str, dice: &mut Dice) -> usize {
    let at = dice.below(text.len() + 1);
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Another input, made of seeds.
fn mutated(seeds: &[String], dice: &mut Dice) -> String {
    let mut text = seeds[dice.below(seeds.len())].clone();
    for _ in 0..1 + dice.below(4) {
        let (one, other) = (place(&text, dice), place(&text, dice));
        let (from, to) = (one.min(other), one.max(other));
        match dice.below(7) {
            0 => text.replace_range(from..to, ""),
            1 => text.insert_str(from, THINGS[dice.below(THINGS.len())]),
            2 => text.replace_range(from..to, THINGS[dice.below(THINGS.len())]),
            3 => text.truncate(to),
            4 => {
                let piece = text[from..to].repeat(1 + dice.below(3));
                text.insert_str(to, &piece);
            }
            5 => {
                let next = &seeds[dice.below(seeds.len())];
                text.replace_range(from.., &next[place(next, dice)..]);
            }
            _ => {
                let piece = THINGS[dice.below(THINGS.len())].repeat(1 + dice.below(3000));
                text.insert_str(from, &piece);
            }
        }
        // Nothing longer is ever read.
        if text.len() > limits::INBOUND_BYTES {
            let end = (0..=limits::INBOUND_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
        }
    }
    text
}

/// Gives a parser all the seeds, and others made of them.
fn fuzz(name: &str, seeds: &[String], parse: impl Fn(&str)) {
    let (count, mut dice, begun) = (rounds(2000), Dice::new(17), Instant::now());
    let mut longest = Duration::ZERO;
    for i in 0..count {
        let text = seeds.get(i).cloned().unwrap_or_else(|| mutated(seeds, &mut dice));
        let once = || {
            let begun = worked();
            let parsed = catch_unwind(AssertUnwindSafe(|| parse(&text)));
            assert!(parsed.is_ok(), "{name} panics on {text:?}");
            worked().saturating_sub(begun)
        };
        let took = once();
        let took = if took > LONGEST { (0..5).map(|_| once()).min().unwrap_or(took) } else { took };
        assert!(took <= LONGEST, "{name} takes {took:?} for {} bytes: {text:.300?}", text.len());
        longest = longest.max(took);
    }
    eprintln!("{name}: {count} inputs in {} s, none over {longest:?}", begun.elapsed().as_secs());
}

#[test]
fn updates_of_telegram() {
    fuzz("updates", &seeds("updates.txt"), |text| _ = telegram::read(&clean::paired(text)));
}

#[test]
fn posts_of_the_web_chat() {
    let json = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    fuzz("posts", &seeds("posts.txt"), |text| {
        _ = input::read(&json, text.as_bytes());
        _ = input::read(&HeaderMap::new(), text.as_bytes());
    });
}

#[test]
fn ids_of_events() {
    fuzz("event ids", &seeds("event-ids.txt"), |text| {
        let Ok(id) = HeaderValue::from_bytes(text.as_bytes()) else { return };
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", id);
        _ = input::last_seen(&headers, 0);
    });
}

#[test]
fn dates_durations_sums_and_numbers_that_are_masked() {
    let mut seeds = seeds("times.txt");
    // As many numbers as a message may hold, each joined to the next.
    seeds.push("-0".repeat(limits::INBOUND_BYTES / 2));
    fuzz("dates", &seeds, |text| _ = when::date(text, day(), when::Prefer::Past));
    fuzz("births", &seeds, |text| _ = when::birth(text, day()));
    fuzz("numbers", &seeds, |text| _ = number::numbers(text));
    fuzz("durations", &seeds, |text| _ = number::duration(text));
    fuzz("money", &seeds, |text| _ = (number::money(text), number::count(text)));
    fuzz("masks", &seeds, |text| _ = mask::mask(text, Script::Hans));
}

#[test]
fn files_of_procedures_and_schemes() {
    let language = Language::load().expect("dictionaries");
    let (mut problems, knowledge) = (vec![], repo("knowledge"));
    let amounts = Amounts::load(&knowledge.join("amounts.toml"), &mut problems);
    let mut facts = Facts::load(&knowledge.join("facts.toml"), &language, &amounts, &mut problems);
    let folder = crate::handoff::folder();
    let file = folder.path().join("tried.toml");
    let facts = std::cell::RefCell::new(&mut facts);
    fuzz("procedures", &files("dialogs", &["fixed.toml", "elsewhere.toml", "repair.toml"]), |text| {
        fs::write(&file, text).expect("written");
        _ = Flow::load(&file, &language, &mut facts.borrow_mut(), &mut vec![]);
    });
    fuzz("schemes", &files("knowledge/schemes", &[]), |text| {
        fs::write(&file, text).expect("written");
        _ = Scheme::load(&file, &facts.borrow(), &amounts, &mut vec![]);
    });
}
