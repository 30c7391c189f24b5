//! What is remembered of a conversation between two messages.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    conversation::{handoff::Deed, told::Told},
    library::{Library, article::Article, fact::Value},
    message::{Choice, Message, Script, Staff, Verdict},
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
    /// The articles that were told last, oldest first.
    pub shown: Vec<String>,
    /// What was answered last, so that 那要多久 is understood.
    pub topic: Option<Topic>,
    /// A request that waits for a counsellor.
    pub request: Option<Request>,
    /// The counsellor who speaks; nobody: the assistant does.
    pub talk: Option<Talk>,
    /// The counsellor who helped last: first to be asked when the person comes back.
    pub helped_by: Option<String>,
    /// Whether we asked if that helped, and wait for the answer.
    pub rating: bool,
    /// Whether the next words are a message for the counsellors.
    pub leaving: bool,
    /// Questions in a row that we could not answer.
    pub unknown: u8,
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
    /// What this turn does beside its words; empty between turns.
    #[serde(skip)]
    pub deeds: Vec<Deed>,
}

/// What a question that follows on is about.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Topic {
    /// The article that was told.
    pub article: String,
    /// The question that it answered, folded, with those that it followed on.
    pub question: String,
}

impl Topic {
    /// What follows on an article that was told to a folded question.
    pub fn of(article: &Article, question: &str) -> Self {
        Self { article: article.id.clone(), question: question.to_owned() }
    }
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
    /// What the counsellor should be good at, the most important first.
    #[serde(default)]
    pub skills: Vec<String>,
    /// The district that the person named, an option of the fact `district`.
    #[serde(default)]
    pub district: Option<String>,
    /// The counsellor who should take it: who helped before, or whom a colleague named.
    #[serde(default)]
    pub wish: Option<String>,
}

/// A conversation with a counsellor.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Talk {
    /// Who speaks.
    pub by: Staff,
    /// The request that led to it; none: the counsellor began it.
    pub request: Option<Request>,
    /// Leads who read along.
    pub joined: Vec<Staff>,
    /// Whether the procedure at hand is gone through together.
    pub guided: bool,
    /// Whether the person wrote of danger since the counsellor came.
    pub alarm: bool,
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
    /// A matter that only a person may answer.
    Topic,
    /// Two questions in a row that we could not answer.
    Unknown,
    /// A result that the office must decide.
    Result,
    /// What was done did not help.
    Rating,
    /// A colleague passed it on, or left.
    Transfer,
}

impl Reason {
    /// Its name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Procedure => "procedure",
            Self::Crisis => "crisis",
            Self::Topic => "topic",
            Self::Unknown => "unknown",
            Self::Result => "result",
            Self::Rating => "rating",
            Self::Transfer => "transfer",
        }
    }
}

impl Conversation {
    /// The name of the state in the contract.
    pub fn mode(&self, library: &Library) -> &'static str {
        let flow = self.tasks.last().and_then(|task| library.flow(&task.flow));
        match flow {
            _ if self.talk.is_some() => "with_counsellor",
            _ if self.request.is_some() => "queued",
            _ if self.rating => "rating",
            Some(flow) if flow.only_weighs() => "checking",
            Some(_) => "in_flow",
            None => "open",
        }
    }

    /// Remembers which articles were told.
    pub fn remember_shown(&mut self, said: &[Message]) {
        for id in said.iter().flat_map(|message| message.also.iter().chain(&message.article)) {
            self.shown.retain(|other| other != id);
            self.shown.push(id.clone());
        }
        let surplus = self.shown.len().saturating_sub(KEPT_QUESTIONS);
        self.shown.drain(..surplus);
    }

    /// Remembers a question.
    pub fn remember(&mut self, question: &str) {
        self.asked.push(question.chars().take(500).collect());
        let surplus = self.asked.len().saturating_sub(KEPT_QUESTIONS);
        self.asked.drain(..surplus);
    }
}
