//! The contract's JSON of a transcript line.

use serde::Serialize;

use crate::{
    message::{Author, Choice, Kind, Message, Script, Source},
    store::{Line, Said},
};

/// A list of lines.
#[derive(Serialize)]
pub(super) struct Lines<'a> {
    pub(super) messages: Vec<Shown<'a>>,
}

/// One line.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    seq: i64,
    from: Author,
    kind: What,
    script: Script,
    text: String,
    choices: Vec<ShownChoice<'a>>,
    sources: &'a [Source],
}

/// A kind of reply, or just what a person wrote.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Text,
    #[serde(untagged)]
    Reply(Kind),
}

#[derive(Serialize)]
struct ShownChoice<'a> {
    key: &'a str,
    label: &'a str,
}

/// A line as others see it.
pub(super) fn shown(line: &Line) -> Shown<'_> {
    let (seq, from) = (line.seq, line.author);
    match &line.said {
        Said::Message(message) => {
            let Message { kind, script, choices, sources, .. } = &**message;
            let choices = choices.iter().map(|Choice { key, label, .. }| ShownChoice { key, label }).collect();
            Shown { seq, from, kind: What::Reply(*kind), script: *script, text: message.text(), choices, sources }
        }
        Said::Words { text, script } => {
            Shown { seq, from, kind: What::Text, script: *script, text: text.clone(), choices: vec![], sources: &[] }
        }
    }
}
