//! What can be said at every question of a procedure, as a fixed lexicon: `repair.toml`. Nothing is
//! guessed: a message is a repair when all of it, without its polite words, stands in the list.

use std::path::Path;

use rustc_hash::FxHashMap as HashMap;
use serde::Deserialize;

use crate::{
    library::{
        problem::{Problem, Report},
        read,
    },
    message::Repair,
    text::Language,
};

/// The lexicon, folded.
#[derive(Default)]
pub struct Repairs {
    phrases: HashMap<String, Repair>,
    /// Polite beginnings and endings, which change nothing.
    pub polite: Around,
    /// How a correction is said.
    pub correct: Correct,
    /// What stands around a procedure's name when someone wants to begin it.
    pub intent: Around,
}

/// Words before and after; the longest first.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Around {
    /// Beginnings.
    pub before: Vec<String>,
    /// Endings.
    pub after: Vec<String>,
}

/// How people correct what they said; the longest first.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Correct {
    /// Before the right value: 不对，我是…
    pub marks: Vec<String>,
    /// Before the name of a question: 改一下…
    pub change: Vec<String>,
    /// After the name of a question: …填错了
    pub wrong: Vec<String>,
    /// Between the name and the new value: …改成…
    pub to: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    id: Repair,
    says: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    repair: Vec<Row>,
    polite: Around,
    correct: Correct,
    intent: Around,
}

impl Repairs {
    /// Reads and checks the lexicon.
    pub fn load(file: &Path, language: &Language, problems: &mut Vec<Problem>) -> Self {
        let Some(text) = read::text_of(file, problems) else { return Self::default() };
        let mut report = Report::on(file, problems);
        let raw: File = read::table(&text, &mut report).unwrap_or_default();
        let fold = |list: &[String]| -> Vec<String> {
            let mut folded: Vec<String> = list.iter().map(|phrase| bare(&language.fold(phrase))).collect();
            folded.sort_by_key(|phrase| std::cmp::Reverse(phrase.chars().count()));
            folded.dedup();
            folded
        };
        let around = |raw: &Around| Around { before: fold(&raw.before), after: fold(&raw.after) };
        let correct = Correct {
            marks: fold(&raw.correct.marks),
            change: fold(&raw.correct.change),
            wrong: fold(&raw.correct.wrong),
            to: fold(&raw.correct.to),
        };
        let mut repairs = Self { polite: around(&raw.polite), correct, intent: around(&raw.intent), ..Self::default() };
        for row in raw.repair {
            for phrase in fold(&row.says) {
                report.expect(!phrase.is_empty(), format!("repair.{:?}", row.id), "a phrase is empty");
                if let Some(other) = repairs.phrases.insert(phrase.clone(), row.id).filter(|other| *other != row.id) {
                    report.add(format!("repair.{:?}", row.id), format!("`{phrase}` says {other:?} too"));
                }
            }
        }
        repairs
    }

    /// The repair that all of a folded message asks for.
    pub fn read(&self, folded: &str) -> Option<Repair> {
        let words = bare(folded);
        let found = |words: &str| self.phrases.get(words).copied();
        found(&words).or_else(|| self.without_politeness(&words).into_iter().find_map(found))
    }

    /// A message with ever more of its polite words left out, the fullest first.
    pub fn without_politeness<'a>(&self, words: &'a str) -> Vec<&'a str> {
        let mut shorter = vec![words];
        let mut at = 0;
        while at < shorter.len() && shorter.len() < 40 {
            let words = shorter[at];
            let before = self.polite.before.iter().filter_map(|polite| words.strip_prefix(polite.as_str()));
            let after = self.polite.after.iter().filter_map(|polite| words.strip_suffix(polite.as_str()));
            for rest in before.chain(after) {
                if !rest.is_empty() && !shorter.contains(&rest) {
                    shorter.push(rest);
                }
            }
            at += 1;
        }
        shorter
    }

    /// What stands behind a wish to begin something: 我要办失业登记 → 失业登记, in all ways of cutting.
    pub fn wish<'a>(&self, words: &'a str) -> Vec<&'a str> {
        let mut wishes = Vec::new();
        for rest in self.without_politeness(words) {
            for begun in self.intent.before.iter().filter_map(|before| rest.strip_prefix(before.as_str())) {
                wishes.push(begun);
                wishes.extend(self.intent.after.iter().filter_map(|after| begun.strip_suffix(after.as_str())));
            }
        }
        wishes
    }
}

/// Without blanks and punctuation.
pub fn bare(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}
