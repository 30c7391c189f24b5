//! What is shown beside the messages: the menu of commands, that somebody is writing, how the queue stands.
//! All of it may fail without harm.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use teloxide::{
    payloads::{EditMessageTextSetters, SetMyCommandsSetters},
    prelude::Requester,
    types::{BotCommand, BotCommandScope, ChatAction, ChatId, Recipient},
};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    channels::telegram::{NAME, Telegram, send},
    inbox::{Change, Inbox, What},
    message::{Address, Script},
};

/// The menu: a command, the words that it stands for, and what it is for in both scripts.
pub(super) const COMMANDS: [(&str, &str, [&str; 2]); 7] = [
    ("start", "你好", ["开始", "開始"]),
    ("help", "你好", ["我能做什么", "我能做什麼"]),
    ("human", "人工", ["找人工顾问", "找人工顧問"]),
    ("continue", "继续", ["接着办没办完的", "接著辦沒辦完的"]),
    ("summary", "小结", ["看办理小结", "看辦理小結"]),
    ("hans", "简体中文", ["用简体中文", "用簡體中文"]),
    ("hant", "繁體中文", ["用繁体中文", "用繁體中文"]),
];

/// Telegram shows that somebody is writing for five seconds.
const TYPING: Duration = Duration::from_secs(4);

/// How often a place in the queue is written anew.
const PLACE: Duration = Duration::from_secs(5);

/// Said in groups.
const ALONE: &str = "我只在私聊里回答，这样您的情况不会被别人看到。请点我的名字，私下问我。\n我只在私聊裡回答，這樣您的情況不會被別人看到。請點我的名字，私下問我。";

fn commands(script: Option<Script>) -> Vec<BotCommand> {
    let says = |[hans, hant]: [&str; 2]| match script {
        Some(script) => script.pick(hans, hant).to_owned(),
        None if hans == hant => hans.to_owned(),
        None => format!("{hans} / {hant}"),
    };
    COMMANDS.iter().map(|(name, _, both)| BotCommand::new(*name, says(*both))).collect()
}

/// The menu for whoever has not written yet.
pub(super) async fn introduce(telegram: &Telegram) {
    if telegram.bot.set_my_commands(commands(None)).await.is_err() {
        tracing::debug!("Telegram: the menu could not be set");
    }
}

/// The menu in the script that the person reads.
pub(super) fn menu(telegram: &Telegram, chat: ChatId, script: Script) {
    if telegram.chats().menus.insert(chat.0, script) == Some(script) {
        return;
    }
    let telegram = telegram.clone();
    tokio::spawn(async move {
        let scope = BotCommandScope::Chat { chat_id: Recipient::Id(chat) };
        if telegram.bot.set_my_commands(commands(Some(script))).scope(scope).await.is_err() {
            telegram.chats().menus.remove(&chat.0);
        }
    });
}

/// Asks people of a group to come in private, and leaves it: nothing of theirs is heard.
pub(super) async fn refuse_group(telegram: &Telegram, chat: i64) {
    let _ = telegram.bot.send_message(ChatId(chat), ALONE).await;
    let _ = telegram.call("leaveChat", &json!({ "chat_id": chat })).await;
}

/// Follows what changes, until the program ends.
pub(super) async fn run(telegram: &Telegram, inbox: &Arc<Inbox>) {
    let mut changes = inbox.changes();
    let mut shown: HashMap<(i64, What), Instant> = HashMap::new();
    loop {
        let Change { address, owner, what } = match changes.recv().await {
            Ok(change) => change,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let pause = match what {
            What::Typing => TYPING,
            // What a counsellor is told of the queue is not the person's place.
            What::Queue if owner.is_none() => PLACE,
            _ => continue,
        };
        let Some(chat) = address.id.parse().ok().filter(|_| address.channel == NAME) else { continue };
        let now = Instant::now();
        shown.retain(|_, at| now < *at + PLACE);
        let at = shown.get(&(chat, what)).map_or(now, |last| now.max(*last + pause));
        let soon = shown.get(&(chat, what)).is_some_and(|last| *last > now);
        // A place that changes again shortly after is written once that pause is over, with what holds then.
        if soon || what == What::Typing && at > now {
            continue;
        }
        shown.insert((chat, what), at);
        let (telegram, inbox) = (telegram.clone(), Arc::clone(inbox));
        tokio::spawn(async move {
            tokio::time::sleep(at - now).await;
            match what {
                What::Typing => _ = telegram.bot.send_chat_action(ChatId(chat), ChatAction::Typing).await,
                _ => place(&telegram, &inbox, &address, chat).await,
            }
        });
    }
}

/// Writes the place in the queue anew, in the message that told it last.
async fn place(telegram: &Telegram, inbox: &Inbox, address: &Address, chat: i64) {
    let Ok(Some(message)) = inbox.place(address).await else { return };
    let text = message.text();
    let last = telegram.chats().places.get(&chat).cloned();
    let Some((id, _)) = last.filter(|(_, before)| *before != text) else { return };
    let edit = telegram.bot.edit_message_text(ChatId(chat), id, &text).reply_markup(send::buttons(&message.choices));
    if edit.await.is_ok() {
        telegram.chats().places.insert(chat, (id, text));
    }
}
