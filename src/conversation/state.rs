//! What is remembered of a conversation between two messages.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::message::{Choice, Script};

/// How many of the latest questions a counsellor finds with a request.
const KEPT_QUESTIONS: usize = 5;

/// The state of one conversation; the transcript itself is the store's.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Conversation {
    /// The script that the person reads.
    pub script: Script,
    /// Whether the person chose it (`繁`, `简`), so that no message changes it.
    pub pinned: bool,
    /// What was offered last, so that a number can be typed for it.
    pub offered: Vec<Choice>,
    /// The latest questions, oldest first, numbers masked.
    pub asked: Vec<String>,
    /// A request that waits for a counsellor.
    pub request: Option<Request>,
}

/// A request for a human counsellor.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Request {
    /// Why a person is needed.
    pub reason: Reason,
    /// What had been asked until then, so that nothing need be asked twice.
    pub about: Vec<String>,
    /// The day of the request.
    pub on: NaiveDate,
}

/// Why a counsellor is needed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The person asked for one.
    Asked,
    /// The person may be in danger: first in the queue.
    Crisis,
}

impl Conversation {
    /// The name of the state in the contract.
    pub fn mode(&self) -> &'static str {
        if self.request.is_some() { "queued" } else { "open" }
    }

    /// Remembers a question.
    pub fn remember(&mut self, question: &str) {
        self.asked.push(question.chars().take(500).collect());
        let surplus = self.asked.len().saturating_sub(KEPT_QUESTIONS);
        self.asked.drain(..surplus);
    }

    /// Puts the person into the queue; a crisis outranks an earlier request.
    pub fn request(&mut self, reason: Reason, on: NaiveDate) {
        if self.request.is_none() || reason == Reason::Crisis {
            self.request = Some(Request { reason, about: self.asked.clone(), on });
        }
    }
}
