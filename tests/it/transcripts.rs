//! Whole conversations as text: `> typed`, `< said`, `= state`. Set LUZHU_REWRITE=1 to write what
//! is said now into the files, and read the difference before you commit it.

use std::{fs, sync::Arc};

use luzhu::{
    clock::Clock,
    conversation::dialog,
    inbox::Inbox,
    message::{Address, Body, Inbound},
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
    let inbox = Inbox::new(Arc::clone(&store), library(), Clock::on(Some(day())));
    let address = Address::new("terminal", "test");
    let mut played = String::new();
    for (i, line) in written.lines().enumerate() {
        if line.starts_with('#') {
            played.push_str(&format!("{line}\n"));
        }
        let Some(typed) = line.strip_prefix('>') else { continue };
        let inbound = Inbound { id: i.to_string(), from: address.clone(), body: Body::Text(typed.trim_start().into()) };
        let received = inbox.receive(&inbound, Delivery::Read).await.expect("taken in");
        played.push_str(&format!("\n{line}\n"));
        for said in store.transcript(&address, received.seq - 1, 10).await.expect("lines") {
            match said.said {
                // Shown only where it is not what was typed: something was masked.
                Said::Words { text, .. } if text == typed.trim() => {}
                Said::Words { text, .. } => played.push_str(&format!("~ {text}\n")),
                Said::Message(message) => {
                    message.text().lines().for_each(|line| played.push_str(&format!("< {line}\n")))
                }
            }
        }
        let conversation = store.load(&address).await.expect("a state").conversation;
        let mode = conversation.mode(inbox.library());
        let question = dialog::question_at(inbox.library(), &conversation, day());
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
