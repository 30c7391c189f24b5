//! Reads the command, builds the house, runs it, and shuts down cleanly.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::{Result, bail};
use clap::Parser;
use luzhu::{
    clock::Clock,
    commands::{ask, chat, check, eval_answers, eval_asks, eval_retrieval, listed},
    config::{Ask, Chat, Command, Config, Content, Eval},
    inbox::Inbox,
    library::Library,
    message::Address,
    store::Store,
    text::Language,
};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Config::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("luzhu: {error:#}");
            ExitCode::from(1)
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(_serve) => todo!(),
        Command::Chat(settings) => {
            let (library, clock) = build(&settings.content)?;
            let (store, address) = kept(&settings).await?;
            let store = Arc::new(store);
            let inbox = Inbox::new(Arc::clone(&store), Arc::new(library), clock);
            chat::run(&inbox, address, settings.json).await?;
            store.close().await;
            Ok(())
        }
        Command::Ask(Ask { question, json, explain, content }) => {
            let (library, clock) = build(&content)?;
            let form = match (json, explain) {
                (true, _) => ask::Form::Json,
                (_, true) => ask::Form::Explained,
                _ => ask::Form::Text,
            };
            ask::run(&library, question.as_deref(), form, clock.today())
        }
        Command::Check(content) => {
            let (library, clock) = build(&content)?;
            check::run(&library, clock.today());
            Ok(())
        }
        Command::Eval(Eval::Retrieval(settings)) => {
            let (library, _) = build(&settings.content)?;
            eval_retrieval::run(&library, &settings.corpus, &settings.queries, settings.json)
        }
        Command::Eval(Eval::Answers(settings)) => {
            let (library, clock) = build(&settings.content)?;
            eval_answers::run(&library, &settings.file, settings.json, settings.list, clock.today())
        }
        Command::Eval(Eval::Asks(settings)) => {
            let (library, _) = build(&settings.content)?;
            eval_asks::run(&library, settings.json, settings.list)
        }
    }
}

/// Loads the dictionaries and the content.
fn build(content: &Content) -> Result<(Library, Clock)> {
    let clock = Clock::on(content.now);
    let language = Language::load().map_err(anyhow::Error::msg)?;
    match Library::load(&content.knowledge, &content.dialogs, clock.today(), language) {
        Ok(library) => Ok((library, clock)),
        Err(problems) => bail!("the content has {} problems; mend them first:\n{}", problems.len(), listed(&problems).trim_end()),
    }
}

/// The store of a conversation in the terminal: kept in a folder, or gone at the end.
async fn kept(settings: &Chat) -> Result<(Store, Address)> {
    match (&settings.data, &settings.user) {
        (Some(data), Some(user)) => Ok((Store::open(lock(data)?).await?, Address::new("terminal", user))),
        _ => Ok((Store::in_memory().await?, Address::new("terminal", "here"))),
    }
}

fn lock(data: &Path) -> Result<&Path> {
    std::fs::create_dir_all(data)?;
    Ok(data)
}
