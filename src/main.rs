//! Reads the command, builds the house, runs it, and shuts down cleanly.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context, Result, bail};
use clap::{CommandFactory, Parser};
use luzhu::{
    channels::{
        Channels,
        telegram::Telegram,
        terminal::{self, print_line},
        web::Web,
    },
    clock::Clock,
    commands::{
        admin::{self, Deed},
        ask, audit, backup, chat, check, doctor, draw, eval_answers, eval_asks, eval_retrieval, letters, listed,
        progress::Progress,
        weigh,
    },
    config::{
        self, Admin, Answers, Ask, AtDesk, Audit, Backup, Chat, Command, Config, Content, Doctor, Draw, Eval, Letters,
        LogFormat, Restore, Serve, TelegramMode, Weigh,
    },
    desk::Console,
    dispatch, http,
    inbox::Inbox,
    library::Library,
    message::Address,
    metrics,
    outbox::Outbox,
    store::{self, DataLock, Role, Store},
    text::Language,
};
use tokio::{sync::watch, task::JoinSet};

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
        Command::Serve(settings) => serve(&settings).await,
        Command::Chat(settings) => {
            let (library, clock) = build(&settings.content)?;
            let (_lock, store, address) = kept(&settings).await?;
            let store = Arc::new(store);
            let inbox = Inbox::new(Arc::clone(&store), Arc::new(library), clock);
            chat::run(&inbox, address, settings.json).await?;
            store.close().await;
            Ok(())
        }
        Command::Ask(Ask { question, json, explain, content }) => {
            let (library, clock) = build(&content)?;
            let form = match (json, explain) {
                (true, true) => ask::Form::ExplainedJson,
                (true, false) => ask::Form::Json,
                (false, true) => ask::Form::Explained,
                (false, false) => ask::Form::Text,
            };
            ask::run(&library, question.as_deref(), form, clock.today())
        }
        Command::Check(content) => {
            let (library, clock) = build(&content)?;
            check::run(&library, clock.today());
            Ok(())
        }
        Command::Weigh(Weigh { facts, scheme, json, content }) => {
            let (library, clock) = build(&content)?;
            weigh::run(&library, &facts, scheme.as_deref(), json, clock.today())
        }
        Command::Draw(Draw { flow, text, content }) => {
            let (library, _) = build(&content)?;
            draw::run(&library, &flow, text)
        }
        Command::Admin(command) => {
            let (deed, desk) = match command {
                Admin::Add { name, shown, role, desk } => {
                    (Deed::Add(name, shown, role.as_deref().and_then(Role::named)), desk)
                }
                Admin::Reset { name, desk } => (Deed::Reset(name), desk),
                Admin::List { desk } => (Deed::List, desk),
            };
            let store = opened(&desk).await?;
            admin::run(&store, deed, desk.public_url.trim_end_matches('/'), Clock::default().now()).await
        }
        Command::Letters(Letters { show, again, forget, desk }) => {
            let store = opened(&desk).await?;
            match (again, forget) {
                (Some(address), _) => letters::again(&store, &address).await,
                (None, Some(letter)) => letters::forget(&store, &letter).await,
                (None, None) => letters::list(&store, show).await,
            }
        }
        Command::Audit(Audit::Verify { head, desk }) => audit::verify(&opened(&desk).await?, head.as_deref()).await,
        Command::Eval(Eval::Retrieval(settings)) => {
            let (library, _) = build(&settings.content)?;
            eval_retrieval::run(&library, &settings.corpus, &settings.queries, settings.json, settings.list)
        }
        Command::Eval(Eval::Answers(Answers { file, measure })) => {
            let (library, clock) = build(&measure.content)?;
            eval_answers::run(&library, &file, measure.json, measure.list, clock.today())
        }
        Command::Eval(Eval::Asks(measure)) => {
            let (library, _) = build(&measure.content)?;
            eval_asks::run(&library, measure.json, measure.list)
        }
        Command::Doctor(Doctor { json, serve }) => examine(&serve, json).await,
        Command::Backup(Backup { file, data }) => backup::back_up(&data, &file).await,
        Command::Restore(Restore { file, data, replace }) => {
            backup::restore(&file, &data, replace, Clock::default().local_time()).await
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Config::command(), "luzhu", &mut script);
            print_line(String::from_utf8(script)?.trim_end());
            Ok(())
        }
    }
}

/// Looks at everything that `serve` would use.
async fn examine(settings: &Serve, json: bool) -> Result<()> {
    let (clock, telegram) = (Clock::on(settings.content.now), &settings.telegram);
    let public_url = settings.public_url.as_deref();
    let lacking = Some(("Telegram", telegram.lacking(public_url))).filter(|(_, names)| !names.is_empty());
    let look = doctor::Settings {
        listen: settings.listen,
        data: &settings.data,
        public_url,
        content: (&settings.content.knowledge, &settings.content.dialogs),
        today: clock.today(),
        now: clock.now(),
        variables: config::variables(),
        lacking: lacking.into_iter().collect(),
        telegram: telegram.token.as_deref().map(|token| doctor::Bot {
            token,
            api_url: &telegram.api_url,
            webhook: telegram.mode == TelegramMode::Webhook,
        }),
    };
    doctor::run(&look, json).await
}

/// The store of a desk, also while it is served: its writes are short transactions of their own, and
/// no conversation is touched.
async fn opened(desk: &AtDesk) -> Result<Store> {
    store::make_folder(&desk.data).with_context(|| format!("the folder {} cannot be made", desk.data.display()))?;
    Store::open(&desk.data).await
}

/// Loads the dictionaries and the content.
fn build(content: &Content) -> Result<(Library, Clock)> {
    let clock = Clock::on(content.now);
    let _reading = Progress::reading();
    let language = Language::load().map_err(anyhow::Error::msg)?;
    match Library::load(&content.knowledge, &content.dialogs, clock.today(), language) {
        Ok(library) => Ok((library, clock)),
        Err(problems) => {
            bail!("the content has {} problems; mend them first:\n{}", problems.len(), listed(&problems).trim_end())
        }
    }
}

/// The store of a conversation in the terminal: kept in a folder, or gone at the end.
async fn kept(settings: &Chat) -> Result<(Option<DataLock>, Store, Address)> {
    match (&settings.data, &settings.user) {
        (Some(data), Some(user)) => {
            let lock = DataLock::take(data, "luzhu chat")?;
            Ok((Some(lock), Store::open(data).await?, Address::new(terminal::NAME, user)))
        }
        _ => Ok((None, Store::in_memory().await?, Address::new(terminal::NAME, "here"))),
    }
}

/// Runs the assistant until it is told to stop.
async fn serve(settings: &Serve) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "luzhu=info,warn".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    settings.telegram.complete(settings.public_url.as_deref()).map_err(anyhow::Error::msg)?;
    let (library, clock) = build(&settings.content)?;
    let _lock = DataLock::take(&settings.data, "luzhu serve")?;
    let store = Arc::new(Store::open(&settings.data).await?);
    let listener = http::listen(settings.listen).with_context(|| {
        format!("cannot listen on {}; is another program there? choose another with --listen", settings.listen)
    })?;
    let address = listener.local_addr()?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let public_url = public_url.trim_end_matches('/');

    let inbox = Arc::new(Inbox::new(Arc::clone(&store), Arc::new(library), clock));
    let (stop, stopping) = watch::channel(false);
    let web = Web::new(Arc::clone(&inbox), stopping.clone(), settings.public_url.as_deref());
    let desk = Console::new(Arc::clone(&inbox), stopping.clone(), public_url);
    let mut routes = web.routes().merge(desk.routes());
    let telegram = match &settings.telegram.token {
        Some(token) => Some(Telegram::new(token, &settings.telegram.api_url)?),
        None => None,
    };
    if let Some(telegram) = &telegram {
        telegram.introduce().await?;
    }
    let outbox =
        Outbox::new(Arc::clone(&store), Channels { telegram: telegram.clone() }, clock, settings.telegram.rate);
    let mut working = JoinSet::new();
    working.spawn(dispatch::run(Arc::clone(&inbox)));
    working.spawn(outbox.run(inbox.changes()));
    working.spawn(reload(Arc::clone(&inbox), settings.content.clone()));
    let mut hook = None;
    if let Some(telegram) = &telegram {
        let (here, told) = (telegram.clone(), Arc::clone(&inbox));
        working.spawn(async move { here.accompany(&told).await });
        match (settings.telegram.mode, &settings.telegram.secret) {
            (TelegramMode::Webhook, Some(secret)) => {
                routes = routes.merge(telegram.routes(Arc::clone(&inbox), secret));
                hook = Some((telegram, secret));
            }
            _ => {
                let (here, inbox) = (telegram.clone(), Arc::clone(&inbox));
                working.spawn(async move { here.receive(&inbox).await });
            }
        }
    }
    let serving = tokio::spawn(http::serve(listener, routes, Arc::clone(&store), clock, stopping));
    if let Some((telegram, secret)) = hook {
        telegram.hook(public_url, secret).await?;
    }

    eprintln!("鹭助在 http://{address} 等您；打开后先问一句：失业金能领几个月？");
    eprintln!(
        "luzhu is at http://{address}; Ctrl-C stops it.{}",
        if telegram.is_some() { " Telegram is on." } else { "" }
    );
    wait_for_stop().await;
    stop.send_replace(true);
    let served = serving.await?;
    // What is being sent has a moment to be noted; what is not noted is sent again after the start.
    working.shutdown().await;
    store.close().await;
    served
}

/// Reads the content anew whenever the service manager says so (SIGHUP). Content with problems changes
/// nothing.
async fn reload(inbox: Arc<Inbox>, content: Content) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hung_up) = signal(SignalKind::hangup()) else { return };
    while hung_up.recv().await.is_some() {
        let content = content.clone();
        match tokio::task::spawn_blocking(move || build(&content)).await {
            Ok(Ok((library, _))) => {
                inbox.learn(library);
                metrics::RELOADED.count();
                tracing::info!("the content was read anew");
            }
            Ok(Err(error)) => {
                metrics::NOT_RELOADED.count();
                tracing::error!("the content before stays: {error:#}");
            }
            Err(_) => metrics::NOT_RELOADED.count(),
        }
    }
}

/// Waits for Ctrl-C or the service manager.
async fn wait_for_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
