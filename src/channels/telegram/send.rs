//! Sends with teloxide's typed client: plain text, which no markup can make Telegram reject, with
//! the options as buttons beside the same numbered lines.

use teloxide::{
    ApiError, RequestError,
    payloads::SendMessageSetters,
    prelude::Requester,
    types::{ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message as Sent},
};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    channels::{
        Progress, SendError,
        telegram::{Telegram, live},
    },
    message::{Act, Address, Message, limits},
};

/// Sends one part of a message to a private chat.
pub(super) async fn message(
    telegram: &Telegram,
    to: &Address,
    message: &Message,
    parts: i64,
) -> Result<Progress, SendError> {
    let chat = to.id.parse().map(ChatId).map_err(|_| SendError::Final("the address is no chat".into()))?;
    let text = message.text();
    let all = split(&text, limits::TEXT);
    let part = usize::try_from(parts).unwrap_or_default().min(all.len() - 1);
    live::menu(telegram, chat, message.script);
    if part + 1 < all.len() {
        send(telegram, chat, all[part], &[]).await.map_err(|error| kind(&error))?;
        return Ok(Progress::Parts(parts + 1));
    }
    let sent = match send(telegram, chat, all[part], &message.choices).await {
        // Should Telegram not like a button, the numbered lines say the same.
        Err(RequestError::Api(ApiError::Unknown(why)))
            if why.contains("Bad Request") && !message.choices.is_empty() =>
        {
            tracing::warn!("Telegram: a message goes without its buttons: {why}");
            send(telegram, chat, all[part], &[]).await
        }
        sent => sent,
    };
    let sent = sent.map_err(|error| kind(&error))?;
    if message.choices.iter().any(|choice| choice.act == Act::Place) {
        telegram.chats().places.insert(chat.0, (sent.id, text));
    }
    Ok(Progress::Whole)
}

async fn send(
    telegram: &Telegram,
    chat: ChatId,
    text: &str,
    choices: &[crate::message::Choice],
) -> Result<Sent, RequestError> {
    let preview = LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    };
    let sending = telegram.bot.send_message(chat, text).link_preview_options(preview);
    if choices.is_empty() { sending.await } else { sending.reply_markup(buttons(choices)).await }
}

/// The options as buttons, one to a row.
pub(super) fn buttons(choices: &[crate::message::Choice]) -> InlineKeyboardMarkup {
    InlineKeyboardMarkup::new(choices.iter().map(|choice| {
        [InlineKeyboardButton::callback(format!("{}. {}", choice.key, choice.label), choice.act.to_string())]
    }))
}

/// Cuts a text into parts of at most so many UTF-16 units, at the end of a line where there is one in
/// the second half of a part, and never within what a reader sees as one character. Together they are
/// the text; there is at least one.
fn split(text: &str, most: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let (mut units, mut end, mut line) = (0, 0, None);
        for (at, grapheme) in rest.grapheme_indices(true) {
            units += grapheme.encode_utf16().count();
            if units > most {
                break;
            }
            end = at + grapheme.len();
            if grapheme.contains('\n') && units > most / 2 {
                line = Some(end);
            }
        }
        if end == rest.len() {
            parts.push(rest);
            return parts;
        }
        if end == 0 {
            // A single pile of accents over the limit: no reader could read it whole anyway.
            let mut units = 0;
            end = rest
                .char_indices()
                .find(|(_, c)| {
                    units += c.len_utf16();
                    units > most
                })
                .map_or(rest.len(), |(at, _)| at);
        }
        let (part, left) = rest.split_at(line.unwrap_or(end));
        parts.push(part);
        rest = left;
    }
}

/// Whether a failed sending may be tried again.
fn kind(error: &RequestError) -> SendError {
    match error {
        RequestError::RetryAfter(wait) => SendError::NotSent { wait_seconds: Some(u64::from(wait.seconds())) },
        // What the server's own state says, Telegram will not say for ever; a wrong token can be mended.
        RequestError::Api(ApiError::InvalidToken) => SendError::NotSent { wait_seconds: Some(600) },
        RequestError::Api(ApiError::Unknown(text)) if !text.contains("Bad Request") && !text.contains("Forbidden") => {
            SendError::NotSent { wait_seconds: None }
        }
        RequestError::Api(refused) => SendError::Final(refused.to_string()),
        RequestError::MigrateToChatId(_) => SendError::Final("the chat has moved".into()),
        RequestError::Network(error) if error.is_connect() => SendError::NotSent { wait_seconds: None },
        _ => SendError::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_short_enough_and_cut_no_character() {
        let family = "👨‍👩‍👧‍👦";
        let texts = [
            String::new(),
            "短".into(),
            "长句子。\n".repeat(3000),
            family.repeat(900),
            format!("a{}", "\u{301}".repeat(9000)),
        ];
        for text in texts {
            let parts = split(&text, 4096);
            assert_eq!(parts.concat(), text);
            assert!(parts.iter().all(|part| part.encode_utf16().count() <= 4096), "a part is too long");
            if text.starts_with(family) {
                assert!(parts.iter().all(|part| part.starts_with(family)), "a family was torn apart");
            }
        }
        assert!(split(&"长句子。\n".repeat(3000), 4096).iter().all(|part| part.ends_with('\n')));
    }
}
