//! Whole conversations as text: `> typed`, `< said`, `= state`; `@ chen take` is what happens at the
//! desk, `! 2026-11-28T20:15` moves the clock, which stands at ten in the morning otherwise. Set LUZHU_REWRITE=1 to write what
//! is said now into the files, and read the difference before you commit it.

use std::{fs, sync::Arc};

use luzhu::{
    clock::Clock,
    conversation::dialog,
    inbox::Inbox,
    message::{Address, Body, Event, Inbound, Staff},
    store::{Delivery, Said, Store},
};

use crate::house::{day, library, repo};

#[tokio::test]
async fn conversations_go_as_written() {
    let rewrite = std::env::var_os("LUZHU_REWRITE").is_some();
    let mut files: Vec<_> =
        fs::read_dir(repo("tests/transcripts")).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let written = fs::read_to_string(&file).expect("text");
        let played = play(&written).await;
        if rewrite {
            fs::write(&file, &played).expect("written");
        } else if played != written {
            wrong.push(format!("{}:\n{played}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Plays the typed lines of a transcript and writes down what happens.
async fn play(written: &str) -> String {
    let store = Arc::new(Store::in_memory().await.expect("a store"));
    let inbox_at = |moment| Inbox::new(Arc::clone(&store), library(), Clock::at(moment));
    let mut inbox = inbox_at(day().and_hms_opt(10, 0, 0).expect("a time"));
    let address = Address::new("terminal", "test");
    let mut played = String::new();
    for (i, line) in written.lines().enumerate() {
        if line.starts_with('#') {
            played.push_str(&format!("{line}\n"));
        }
        if let Some(moment) = line.strip_prefix("! ") {
            inbox = inbox_at(moment.parse().expect("a time like 2026-11-28T20:15:00"));
            played.push_str(&format!("\n{line}\n"));
        }
        let before = store.load(&address).await.expect("a state").last_seq;
        let typed = line.strip_prefix('>').map(str::trim);
        if let Some(typed) = typed {
            let inbound =
                Inbound { id: i.to_string(), from: address.clone(), body: Body::Text(typed.into()), guess: None };
            inbox.receive(&inbound, Delivery::Read).await.expect("taken in");
        } else if let Some(event) = line.strip_prefix("@ ") {
            let (staff, event) = at_desk(event);
            let done = inbox.act(&address, &i.to_string(), &staff, &event).await.expect("a store");
            if let Err(says) = done {
                played.push_str(&format!("\n{line}\n? {says}\n"));
                continue;
            }
        } else {
            continue;
        }
        played.push_str(&format!("\n{line}\n"));
        for said in store.transcript(&address, before, 10).await.expect("lines") {
            match said.said {
                // Shown only where it is not what was typed: something was masked.
                Said::Words { text, .. } if Some(text.as_str()) == typed => {}
                Said::Words { text, .. } => played.push_str(&format!("~ {text}\n")),
                Said::Message(message) => {
                    message.text().lines().for_each(|line| played.push_str(&format!("< {line}\n")));
                    message.original.iter().for_each(|line| played.push_str(&format!("~ {line}\n")));
                }
            }
        }
        let conversation = store.load(&address).await.expect("a state").conversation;
        let mode = conversation.mode(&inbox.library());
        let question = dialog::question_at(&inbox.library(), &conversation, day());
        let flow = conversation.tasks.last().map(|task| task.flow.as_str());
        let place: Vec<&str> = [Some(mode), flow, question.as_deref()].into_iter().flatten().collect();
        played.push_str(&format!("= {}\n", place.join(" ")));
    }
    // What tests forget: nothing undelivered, nobody who waits unseen.
    let counts = store.counts().await.expect("counts");
    let conversation = store.load(&address).await.expect("a state").conversation;
    assert_eq!(counts.due, 0);
    assert_eq!(counts.waiting, i64::from(conversation.request.is_some()));
    played
}

/// `chen say 您好`: who does what at the desk. `li` is a lead.
fn at_desk(line: &str) -> (Staff, Event) {
    let mut words = line.splitn(3, ' ');
    let (name, verb, rest) = (words.next().expect("a name"), words.next().expect("a verb"), words.next().unwrap_or(""));
    let shown = match name {
        "chen" => "陈顾问",
        "lin" => "林顾问",
        "li" => "李组长",
        other => panic!("nobody is called {other}"),
    };
    let event = match verb {
        "take" => Event::Take,
        "say" => Event::Say(rest.into()),
        "join" => Event::Join,
        "transfer" => Event::Transfer { to: None, skill: (!rest.is_empty()).then(|| rest.into()) },
        "return" => Event::Return,
        "close" => Event::Close(serde_json::from_value(rest.into()).expect("an ending")),
        "guide" => Event::Guide(rest.into()),
        "fill" => Event::Fill(rest.into()),
        "unguide" => Event::Unguide,
        "lost" => Event::Lost,
        other => panic!("nothing at the desk is called {other}"),
    };
    (Staff { name: name.into(), shown: shown.into(), leads: name == "li" }, event)
}
