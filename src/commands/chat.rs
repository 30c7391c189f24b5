//! `luzhu chat`: one whole conversation in the terminal, over the same inbox as every channel.

use anyhow::Result;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    channels::terminal::{self, print_line, read_line},
    commands::Shown,
    conversation::dialog,
    inbox::Inbox,
    message::{Address, Body, Inbound, Outcome},
    store::{Delivery, Said},
};

#[derive(Serialize)]
struct Turn<'a> {
    mode: &'static str,
    flow: Option<&'a str>,
    question: Option<String>,
    messages: Vec<Shown<'a>>,
    outcomes: Vec<&'a Outcome>,
}

/// Talks until standard input ends.
pub async fn run(inbox: &Inbox, address: Address, json: bool) -> Result<()> {
    if !json {
        terminal::greet(inbox, &address).await?;
    }
    loop {
        if !json {
            terminal::prompt();
        }
        let Some(line) = tokio::task::spawn_blocking(read_line).await?? else { break };
        let inbound =
            Inbound { id: Uuid::now_v7().to_string(), from: address.clone(), body: Body::Text(line), guess: None };
        let received = inbox.receive(&inbound, Delivery::Read).await?;
        let lines = inbox.store().transcript(&address, received.seq, 100).await?;
        let messages = lines.iter().filter_map(|line| match &line.said {
            Said::Message(message) => Some(message),
            Said::Words { .. } => None,
        });
        let messages: Vec<_> = messages.collect();
        if json {
            let conversation = inbox.store().load(&address).await?.conversation;
            let outcomes = messages.iter().flat_map(|message| &message.outcomes).collect();
            let turn = Turn {
                mode: conversation.mode(&inbox.library()),
                flow: conversation.tasks.last().map(|task| task.flow.as_str()),
                question: dialog::question_at(&inbox.library(), &conversation, inbox.today()),
                messages: messages.iter().map(|message| Shown::from(&***message)).collect(),
                outcomes,
            };
            print_line(&serde_json::to_string(&turn)?);
        } else {
            messages.iter().for_each(|message| terminal::show(message));
        }
    }
    if !json {
        terminal::farewell(inbox, &address).await?;
    }
    Ok(())
}
