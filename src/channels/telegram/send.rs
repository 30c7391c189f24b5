//! Sends with teloxide's typed client: plain text, which no markup can make Telegram reject, with
//! the options as buttons beside the same numbered lines.

use teloxide::{
    ApiError, RequestError,
    payloads::SendMessageSetters,
    prelude::Requester,
    types::{ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions},
};

use crate::{
    channels::{SendError, telegram::Telegram},
    message::{Address, Message},
};

/// Sends one message to a private chat.
pub(super) async fn message(telegram: &Telegram, to: &Address, message: &Message) -> Result<(), SendError> {
    let chat = to.id.parse().map(ChatId).map_err(|_| SendError::Final)?;
    let rows = message.choices.iter().map(|choice| {
        [InlineKeyboardButton::callback(format!("{}. {}", choice.key, choice.label), choice.act.to_string())]
    });
    let preview = LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    };
    let sending = telegram
        .bot
        .send_message(chat, message.text())
        .link_preview_options(preview)
        .reply_markup(InlineKeyboardMarkup::new(rows));
    sending.await.map(|_| ()).map_err(|error| kind(&error))
}

/// Whether a failed sending may be tried again.
fn kind(error: &RequestError) -> SendError {
    match error {
        RequestError::RetryAfter(wait) => SendError::NotSent { wait_seconds: Some(u64::from(wait.seconds())) },
        RequestError::Api(ApiError::BotBlocked | ApiError::UserDeactivated | ApiError::ChatNotFound) => {
            SendError::Final
        }
        // Telegram refused it and would refuse it again, except for what the server's state says.
        RequestError::Api(ApiError::Unknown(text)) if !text.contains("Bad Request") => {
            SendError::NotSent { wait_seconds: None }
        }
        RequestError::Api(_) | RequestError::MigrateToChatId(_) => SendError::Final,
        RequestError::Network(error) if error.is_connect() => SendError::NotSent { wait_seconds: None },
        _ => SendError::Unknown,
    }
}
