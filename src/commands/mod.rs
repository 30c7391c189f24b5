//! What the command line offers beside `serve`. Commands print to standard output; errors are
//! one sentence on standard error, printed by `main`.

pub mod admin;
pub mod ask;
pub mod audit;
pub mod backup;
pub mod chat;
pub mod check;
pub mod doctor;
pub mod draw;
pub mod eval_answers;
pub mod eval_asks;
pub mod eval_retrieval;
pub mod letters;
pub mod progress;
pub mod weigh;

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    library::problem::Problem,
    message::{Kind, Message, Script, Source},
};

/// Problems, one to a line.
pub fn listed(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut list, problem| {
        let _ = writeln!(list, "{problem}");
        list
    })
}

/// An option as the contract shows it.
#[derive(Serialize)]
pub struct ShownChoice<'a> {
    key: &'a str,
    label: &'a str,
}

/// A message as the contract shows it.
#[derive(Serialize)]
pub struct Shown<'a> {
    kind: Kind,
    script: Script,
    text: String,
    article: Option<&'a str>,
    confidence: Option<f32>,
    choices: Vec<ShownChoice<'a>>,
    sources: &'a [Source],
}

impl<'a> From<&'a Message> for Shown<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            kind: message.kind,
            script: message.script,
            text: message.text(),
            article: message.article.as_deref(),
            confidence: message.confidence,
            choices: message
                .choices
                .iter()
                .map(|choice| ShownChoice { key: &choice.key, label: &choice.label })
                .collect(),
            sources: &message.sources,
        }
    }
}
