//! Reads a stored update with teloxide's types.

use teloxide::types::{CallbackQueryId, MediaKind, Message, MessageKind, Update, UpdateKind};

use crate::{
    channels::telegram::NAME,
    message::{Address, Body, Inbound},
    store::RawUpdate,
};

/// What an update turned out to be.
pub(super) enum Read {
    /// A message for the inbox; a pressed button wants an acknowledgement too.
    Inbound(Inbound, Option<CallbackQueryId>),
    /// Nothing that we answer: a group, a service message.
    NotForUs,
    /// Not an update that we know.
    Unreadable,
}

/// Reads an update.
pub(super) fn update(raw: &RawUpdate) -> Read {
    let Ok(update) = serde_json::from_str::<Update>(&raw.body) else { return Read::Unreadable };
    let inbound = |chat: i64, body| Inbound {
        id: raw.id.to_string(),
        from: Address::new(NAME, chat.to_string()),
        body,
        guess: None,
    };
    match update.kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) if message.chat.is_private() => {
            match body(&message) {
                Some(body) => Read::Inbound(inbound(message.chat.id.0, body), None),
                None => Read::NotForUs,
            }
        }
        UpdateKind::CallbackQuery(pressed) => match pressed.data {
            // In a private chat the person's number is the chat's.
            Some(act) => Read::Inbound(inbound(pressed.from.id.0.cast_signed(), Body::Choice(act)), Some(pressed.id)),
            None => Read::NotForUs,
        },
        UpdateKind::Error(_) => Read::Unreadable,
        _ => Read::NotForUs,
    }
}

fn body(message: &Message) -> Option<Body> {
    if let Some(text) = message.text() {
        return Some(Body::Text(without_command(text)));
    }
    let MessageKind::Common(common) = &message.kind else { return None };
    let name = match common.media_kind {
        MediaKind::Photo(_) => "照片",
        MediaKind::Voice(_) | MediaKind::Audio(_) => "语音",
        MediaKind::Video(_) | MediaKind::VideoNote(_) | MediaKind::Animation(_) => "视频",
        MediaKind::Sticker(_) => "贴图",
        MediaKind::Document(_) => "文件",
        MediaKind::Location(_) | MediaKind::Venue(_) => "位置",
        MediaKind::Contact(_) => "名片",
        _ => "不是文字的消息",
    };
    Some(Body::Unreadable(name.into()))
}

/// `/start` greets; other commands are their words.
fn without_command(text: &str) -> String {
    match text.trim() {
        "/start" | "/help" => "你好".into(),
        text => text.strip_prefix('/').unwrap_or(text).into(),
    }
}
