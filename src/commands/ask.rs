//! `luzhu ask`: one question, no memory.

use std::fmt::Write as _;

use anyhow::Result;
use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    channels::terminal::{print_line, read_line},
    commands::Shown,
    conversation::{Conversation, step},
    library::{
        Library,
        finder::{Features, Finding},
    },
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
    /// One line of JSON, with how the question was read.
    ExplainedJson,
}

#[derive(Serialize)]
struct Answer<'a> {
    question: &'a str,
    #[serde(flatten)]
    shown: Shown<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explained<'a>>,
}

/// How a question was read, and what speaks for each candidate.
#[derive(Serialize)]
struct Explained<'a> {
    folded: String,
    words: Vec<String>,
    widened: Vec<(String, Vec<String>)>,
    mended: Option<String>,
    confidence: f32,
    candidates: Vec<Candidate<'a>>,
}

#[derive(Serialize)]
struct Candidate<'a> {
    id: &'a str,
    section: usize,
    score: f32,
    #[serde(flatten)]
    features: Features,
}

impl<'a> Explained<'a> {
    fn of(library: &'a Library, question: &str) -> Self {
        let (reading, found) = library.find(question);
        let candidate = |finding: &Finding| Candidate {
            id: library.name_of(finding),
            section: finding.section,
            score: finding.score,
            features: finding.features,
        };
        Self {
            words: reading.terms.words,
            folded: reading.folded,
            widened: reading.widened,
            mended: reading.mended,
            confidence: found.confidence,
            candidates: found.findings.iter().map(candidate).collect(),
        }
    }

    fn text(&self) -> String {
        let mut out = format!("\n读作：{}\n分词：{}\n", self.folded, self.words.join(" / "));
        for (word, terms) in &self.widened {
            let _ = writeln!(out, "词表：{word} → {}", terms.join("、"));
        }
        if let Some(mended) = &self.mended {
            let _ = writeln!(out, "同音：{mended}");
        }
        let _ = writeln!(out, "把握：{:.2}", self.confidence);
        for Candidate { id, section, score, features: f } in &self.candidates {
            let _ = writeln!(
                out,
                "{score:.2}  {id}  第{section}节  用词{:.2} 学得{:.2} 标题{:.2} 覆盖{:.2} 对象{:.0}",
                f.bayes, f.learned, f.head, f.cover, f.side
            );
        }
        out.trim_end().to_owned()
    }
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
        Form::Json => serde_json::to_string(&Answer { question, shown: Shown::from(&message), explain: None })?,
        Form::Explained => format!("{}\n{}", message.text(), Explained::of(library, question).text()),
        Form::ExplainedJson => {
            let explain = Some(Explained::of(library, question));
            serde_json::to_string(&Answer { question, shown: Shown::from(&message), explain })?
        }
    })
}

/// The reply to a question that nothing came before.
pub fn reply(library: &Library, question: &str, today: NaiveDate) -> Message {
    let mut turn = step(library, &Conversation::default(), &Body::Text(question.into()), today);
    turn.said.remove(0)
}
