//! What is remembered of a conversation between two messages.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    conversation::told::Told,
    library::{Library, fact::Value},
    message::{Choice, Script, Verdict},
};

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
    /// What the person told of themselves.
    pub told: Told,
    /// The procedures under way; the last one is at hand, the others wait below it.
    pub tasks: Vec<Task>,
    /// The procedure that was left last, ended or not.
    pub left: Option<Task>,
    /// The last correction: the question, and the answer before it.
    pub undo: Option<(String, Option<Value>)>,
    /// The outcomes that were told, with what they were weighed from.
    pub results: Vec<Result>,
    /// The day of the last message.
    pub on: Option<NaiveDate>,
}

/// A procedure under way. The place in it is found by going through the answers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Task {
    /// The procedure's id.
    pub flow: String,
    /// Its words at the last message, so that an edit is noticed.
    pub digest: String,
    /// The questions that were answered in it, also those that a correction set aside.
    pub answered: Vec<String>,
    /// The questions on the way at the last message.
    pub path: Vec<String>,
    /// What was said in it, so that nothing is said twice.
    pub heard: Vec<String>,
    /// A question that is answered once more.
    pub reopened: Option<String>,
    /// Whether its end was reached.
    pub done: bool,
}

/// An outcome that was told.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Result {
    /// The scheme's id.
    pub scheme: String,
    /// The day for which it was weighed.
    pub on: NaiveDate,
    /// The result.
    pub verdict: Verdict,
    /// What was given, in words.
    pub awards: Vec<String>,
    /// What it was weighed from, so that it can be reproduced.
    pub facts: Told,
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
    /// A procedure leads to one.
    Procedure,
    /// The person may be in danger: first in the queue.
    Crisis,
}

impl Conversation {
    /// The name of the state in the contract.
    pub fn mode(&self, library: &Library) -> &'static str {
        let flow = self.tasks.last().and_then(|task| library.flow(&task.flow));
        match flow {
            _ if self.request.is_some() => "queued",
            Some(flow) if flow.only_weighs() => "checking",
            Some(_) => "in_flow",
            None => "open",
        }
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
