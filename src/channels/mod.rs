//! How we reach people: one file or folder for each way.

pub mod telegram;
pub mod terminal;
pub mod web;

use crate::{
    channels::telegram::Telegram,
    message::{Address, Message},
};

/// How far a message was delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// All of it.
    Whole,
    /// So many parts of it; the rest goes next.
    Parts(i64),
}

/// Why a message was not delivered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SendError {
    /// Certainly not sent; try again, not before the platform's wait.
    NotSent {
        /// What the platform asked us to wait.
        wait_seconds: Option<u64>,
    },
    /// It may have been sent: no answer came.
    Unknown,
    /// It can never be sent, and why.
    Final(String),
}

/// What people call a channel, in simplified.
pub fn shown(channel: &str) -> &str {
    match channel {
        web::NAME => "网页",
        telegram::NAME => "Telegram",
        terminal::NAME => "终端",
        other => other,
    }
}

/// The channels that are configured and that we send to; the others read the transcript.
#[derive(Clone, Default)]
pub struct Channels {
    /// Telegram, if there is a token.
    pub telegram: Option<Telegram>,
}

impl Channels {
    /// Whether messages to an address are sent, rather than read by the person's own page.
    pub fn sends_to(&self, to: &Address) -> bool {
        to.channel == telegram::NAME && self.telegram.is_some()
    }

    /// Sends over the channel of the address what is left of a message after so many parts.
    ///
    /// # Errors
    /// Says whether it may be tried again.
    pub async fn send(&self, to: &Address, message: &Message, parts: i64) -> Result<Progress, SendError> {
        match (to.channel.as_str(), &self.telegram) {
            (telegram::NAME, Some(telegram)) => telegram.send(to, message, parts).await,
            // The channel is switched off for now: its messages wait.
            _ => Err(SendError::NotSent { wait_seconds: Some(600) }),
        }
    }
}
