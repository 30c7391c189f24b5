//! What people ask that is not ours: examples for the search, and an honest reply. Search can only
//! tell that a question is about something else if it has seen something else.

use std::{collections::HashSet, path::Path};

use serde::Deserialize;

use crate::library::{
    problem::{Problem, Report},
    read,
};

/// One matter that we leave to others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Elsewhere {
    /// Its name in the file.
    pub id: String,
    /// What is replied.
    pub lead: String,
    /// The fixed reply that is said instead, by its id: for a person, or in danger.
    pub reply: Option<String>,
    /// Questions of this kind, in any script.
    pub asks: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    elsewhere: Vec<Elsewhere>,
}

/// Reads the file.
pub fn load(file: &Path, problems: &mut Vec<Problem>) -> Vec<Elsewhere> {
    let Some(text) = read::text_of(file, problems) else { return vec![] };
    let mut report = Report::on(file, problems);
    let rows = read::table::<File>(&text, &mut report).unwrap_or_default().elsewhere;
    let mut ids = HashSet::new();
    for row in &rows {
        let key = format!("elsewhere.{}", row.id);
        report.expect(!row.id.is_empty(), "elsewhere", "every row needs an id");
        report.expect(ids.insert(row.id.as_str()), key.as_str(), "this id stands here twice");
        report.expect(
            row.lead.is_empty() == row.reply.is_some(),
            format!("{key}.lead"),
            "say what is replied, or name a fixed reply",
        );
        report.expect(!row.asks.is_empty(), format!("{key}.asks"), "give examples");
    }
    rows
}
