//! `luzhu ask`: one question, no memory.

use std::fmt::Write as _;

use anyhow::Result;
use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    channels::terminal::{print_line, read_line},
    commands::Shown,
    conversation::{Conversation, step},
    library::Library,
    message::{Body, Message},
};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// Words.
    Text,
    /// One line of JSON.
    Json,
    /// Words, and how the question was read.
    Explained,
}

#[derive(Serialize)]
struct Answer<'a> {
    question: &'a str,
    #[serde(flatten)]
    shown: Shown<'a>,
}

/// Answers one question, or every line of standard input.
pub fn run(library: &Library, question: Option<&str>, form: Form, today: NaiveDate) -> Result<()> {
    if let Some(question) = question {
        print_line(&answered(library, question, form, today)?);
        return Ok(());
    }
    while let Some(line) = read_line()? {
        let answer = answered(library, &line, form, today)?;
        // One line of output for each line of input.
        print_line(&answer.replace('\n', " "));
    }
    Ok(())
}

fn answered(library: &Library, question: &str, form: Form, today: NaiveDate) -> Result<String> {
    let message = reply(library, question, today);
    Ok(match form {
        Form::Text => message.text(),
        Form::Json => serde_json::to_string(&Answer { question, shown: Shown::from(&message) })?,
        Form::Explained => format!("{}\n{}", message.text(), explained(library, question)),
    })
}

/// The reply to a question that nothing came before.
pub fn reply(library: &Library, question: &str, today: NaiveDate) -> Message {
    let mut turn = step(library, &Conversation::default(), &Body::Text(question.into()), today);
    turn.said.remove(0)
}

fn explained(library: &Library, question: &str) -> String {
    let (reading, found) = library.find(question);
    let mut out = format!("\n读作：{}\n分词：{}\n", reading.folded, reading.terms.words.join(" / "));
    for (word, terms) in &reading.widened {
        let _ = writeln!(out, "词表：{word} → {}", terms.join("、"));
    }
    let _ = writeln!(out, "把握：{:.2}", found.confidence);
    for finding in &found.findings {
        let (name, f) = (library.name_of(finding), finding.features);
        let _ = writeln!(
            out,
            "{:.2}  {}  第{}节  用词{:.2} 最近问法{:.2} 近三句{:.2} 近八句{:.2} 标题{:.2} 覆盖{:.2} 对象{:.0}",
            finding.score, name, finding.section, f.bayes, f.ask, f.near, f.around, f.head, f.cover, f.side
        );
    }
    out.trim_end().to_owned()
}
