//! What never waits for search: requests for a person, danger, matters left to others, greetings.
//!
//! The phrases and the words of the reply are content, in `dialogs/fixed.toml`.

use std::path::Path;

use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::{
    library::{
        problem::{Problem, Report},
        read,
    },
    message::Kind,
    text::Language,
};

/// What `\b` stands for in a pattern. A word boundary of Unicode's would leave the set without an automaton, and
/// every message would be tried out against all patterns side by side.
const END: &str = r"(?:[^\w]|$)";

/// Bytes that the automaton of a set may grow to; with less, that of hundreds of patterns is forgotten and built
/// anew all the time.
const AUTOMATON: usize = 8 << 20;

/// One fixed reply and the phrases that call for it.
pub struct Fixed {
    /// Its name in the file.
    pub id: String,
    /// What kind of reply it is.
    pub kind: Kind,
    /// What is said first.
    pub lead: String,
    /// Short points below it.
    pub points: Vec<String>,
    /// Articles to offer.
    pub next: Vec<String>,
    /// Whether only a person may judge this matter, so that the reply asks for one.
    pub counsellor: bool,
    /// Whether what is clearly asked beside such words is answered too: they may be but a figure of speech.
    pub answers_too: bool,
    when: RegexSet,
    unless: RegexSet,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    id: String,
    kind: Option<Kind>,
    when: Vec<String>,
    unless: Vec<String>,
    lead: String,
    points: Vec<String>,
    next: Vec<String>,
    counsellor: bool,
    answers_too: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    fixed: Vec<Row>,
}

impl Fixed {
    /// Reads the file; the order of its rows is the order in which they are tried.
    pub fn load(file: &Path, language: &Language, problems: &mut Vec<Problem>) -> Vec<Self> {
        let Some(text) = read::text_of(file, problems) else { return vec![] };
        let mut report = Report::on(file, problems);
        let rows = read::table::<File>(&text, &mut report).unwrap_or_default().fixed;
        rows.into_iter().filter_map(|row| row.checked(language, &mut report)).collect()
    }

    /// Whether a folded question is held back from this reply, whatever else it is like.
    pub fn holds_back(&self, folded: &str) -> bool {
        self.unless.is_match(folded)
    }

    /// Whether a folded question calls for this reply.
    pub fn fits(&self, folded: &str) -> bool {
        self.when.is_match(folded) && !self.unless.is_match(folded)
    }
}

impl Row {
    fn checked(self, language: &Language, report: &mut Report<'_>) -> Option<Fixed> {
        let key = format!("fixed.{}", self.id);
        report.expect(!self.id.is_empty(), "fixed", "every row needs an id");
        report.expect(!self.lead.is_empty(), format!("{key}.lead"), "say what is replied");
        report.expect(!self.when.is_empty(), format!("{key}.when"), "name the phrases that call for it");
        report.expect(self.kind.is_some(), format!("{key}.kind"), "say which kind of reply it is");
        let mut set = |part: &str, patterns: &[String]| {
            let folded = patterns.iter().map(|pattern| language.fold(pattern).replace(' ', "").replace(r"\b", END));
            RegexSetBuilder::new(folded)
                .dfa_size_limit(AUTOMATON)
                .build()
                .map_err(|error| report.add(format!("{key}.{part}"), format!("not a pattern: {error}")))
                .ok()
        };
        let (when, unless) = (set("when", &self.when)?, set("unless", &self.unless)?);
        Some(Fixed {
            id: self.id,
            kind: self.kind?,
            lead: self.lead,
            points: self.points,
            next: self.next,
            counsellor: self.counsellor,
            answers_too: self.answers_too,
            when,
            unless,
        })
    }
}
