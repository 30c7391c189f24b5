//! Reads an update with teloxide's types.

use serde::Deserialize;
use teloxide::types::{CallbackQueryId, MediaKind, Message, MessageKind, Update, UpdateKind, User};

use crate::{
    channels::telegram::NAME,
    message::{Address, Body, Inbound, Script},
};

/// What an update turned out to be.
pub enum Read {
    /// A message for the inbox; a pressed button wants an acknowledgement too.
    Inbound(Inbound, Option<CallbackQueryId>),
    /// Words in a group, or a group that we were brought into: its number.
    Group(i64),
    /// Nothing that we answer: a service message, somebody blocked us.
    NotForUs,
    /// Not an update that we know, and why.
    Unreadable(&'static str),
}

/// Reads an update.
pub fn update(raw: &str) -> Read {
    let Ok(update) = serde_json::from_str::<Update>(raw) else { return loosely(raw) };
    let id = update.id.0.to_string();
    let inbound = |chat: i64, body, from: Option<&User>| Inbound {
        id,
        from: Address::new(NAME, chat.to_string()),
        body,
        guess: from.and_then(|from| script_of(from.language_code.as_deref()?)),
    };
    match update.kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => {
            if !message.chat.is_private() {
                // Whoever is addressed by everybody answers nobody: only a command is meant for us.
                let ours = message.text().is_some_and(|text| text.starts_with('/'));
                return if ours { Read::Group(message.chat.id.0) } else { Read::NotForUs };
            }
            match body(&message, raw) {
                Some(body) => Read::Inbound(inbound(message.chat.id.0, body, message.from.as_ref()), None),
                None => Read::NotForUs,
            }
        }
        UpdateKind::CallbackQuery(pressed) => match pressed.data {
            // In a private chat the person's number is the chat's.
            Some(act) => {
                let from = pressed.from.id.0.cast_signed();
                Read::Inbound(inbound(from, Body::Choice(act), Some(&pressed.from)), Some(pressed.id))
            }
            None => Read::NotForUs,
        },
        UpdateKind::MyChatMember(changed) if !changed.chat.is_private() && changed.new_chat_member.is_present() => {
            Read::Group(changed.chat.id.0)
        }
        UpdateKind::Error(_) => loosely(raw),
        _ => Read::NotForUs,
    }
}

/// The little that we need of a message, whatever else Telegram has added to it since.
#[derive(Deserialize)]
struct Loose {
    update_id: i64,
    #[serde(alias = "edited_message")]
    message: LooseMessage,
}

#[derive(Deserialize)]
struct LooseMessage {
    chat: LooseChat,
    text: Option<String>,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct LooseChat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

/// Reads what teloxide's types do not fit: whoever wrote to us gets an answer.
fn loosely(raw: &str) -> Read {
    let Ok(Loose { update_id, message }) = serde_json::from_str::<Loose>(raw) else {
        return Read::Unreadable("it is no update, or of a kind that is not known");
    };
    if message.chat.kind != "private" {
        return Read::NotForUs;
    }
    let LooseMessage { text, rest, .. } = &message;
    let body = text.as_ref().map_or_else(|| unread(rest), |text| Body::Text(without_command(text)));
    let from = Address::new(NAME, message.chat.id.to_string());
    Read::Inbound(Inbound { id: update_id.to_string(), from, body, guess: None }, None)
}

/// What is no text, by the names of its parts.
fn unread(parts: &serde_json::Map<String, serde_json::Value>) -> Body {
    let known = [
        ("photo", "照片"),
        ("voice", "语音"),
        ("audio", "语音"),
        ("video", "视频"),
        ("sticker", "贴图"),
        ("document", "文件"),
        ("location", "位置"),
        ("contact", "名片"),
    ];
    let name =
        known.iter().find(|(part, _)| parts.contains_key(*part)).map_or("不是文字的消息", |(_, name)| name);
    Body::Unreadable(name.into())
}

fn body(message: &Message, raw: &str) -> Option<Body> {
    if let Some(text) = message.text() {
        return Some(Body::Text(without_command(text)));
    }
    let common = match &message.kind {
        MessageKind::Common(common) => common,
        // Something that teloxide does not know, or not so.
        MessageKind::Empty {} => {
            return serde_json::from_str::<Loose>(raw).ok().map(|loose| unread(&loose.message.rest));
        }
        _ => return None,
    };
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
    // Words under a picture are words.
    Some(message.caption().map_or_else(|| Body::Unreadable(name.into()), |words| Body::Text(words.into())))
}

/// The commands of the menu stand for words; other commands are their own.
fn without_command(text: &str) -> String {
    let Some(command) = text.trim().strip_prefix('/') else { return text.into() };
    let name = command.split([' ', '@']).next().unwrap_or_default();
    let words = super::live::COMMANDS.iter().find(|(other, ..)| *other == name).map(|(_, words, _)| *words);
    words.map_or_else(|| command.into(), str::to_owned)
}

/// The script that somebody reads whose program is set to this language.
fn script_of(language: &str) -> Option<Script> {
    let language = language.to_ascii_lowercase();
    let traditional = ["hant", "tw", "hk", "mo"].iter().any(|part| language.ends_with(part));
    language.starts_with("zh").then_some(if traditional { Script::Hant } else { Script::Hans })
}
