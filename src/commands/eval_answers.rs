//! `luzhu eval answers`: the whole assistant over labelled questions.

use std::{fs, path::Path, time::Instant};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::{
    channels::terminal::print_line,
    commands::progress::Progress,
    conversation::{Conversation, step},
    library::Library,
    message::{Body, Kind, Message},
};

#[derive(Deserialize)]
struct Case {
    id: String,
    q: Option<String>,
    #[serde(default)]
    turns: Vec<String>,
    #[serde(default)]
    expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expect {
    articles: Vec<String>,
    kinds: Vec<Kind>,
    says: Vec<String>,
}

/// The kinds that claim something.
const ANSWERED: [Kind; 3] = [Kind::Answer, Kind::Flow, Kind::Eligibility];

/// What came out, as counts and shares.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Questions that should be answered.
    pub in_scope: usize,
    /// Of those, answered as every expectation demands.
    pub right: f64,
    /// Of those, answered otherwise.
    pub wrong: f64,
    /// Of those, asked back, or nothing claimed.
    pub held_back: f64,
    /// Questions that should not be answered.
    pub out_of_scope: usize,
    /// Of those, not answered.
    pub not_answered: f64,
    /// Of the questions for a person, in danger, or to be declined: told as they should be.
    pub fixed: usize,
    /// Share of those.
    pub fixed_right: f64,
    /// How far what was told as probable was from how often it was right, answers by twentieths of confidence.
    pub calibration_error: f64,
    /// Half of the turns took at most this long, in milliseconds.
    pub p50_ms: f64,
    /// Of a hundred turns 99 took at most this long.
    pub p99_ms: f64,
    /// For each confidence: how much is answered if we answer from there on, and how much of
    /// that is wrong.
    pub risk_coverage: Vec<(f32, f64, f64)>,
}

/// One labelled question and its outcome.
struct Outcome {
    answered: bool,
    right: bool,
    /// Whether the search gave a confidence.
    found: bool,
    confidence: f32,
    group: Group,
    /// How long the last turn took, in milliseconds.
    took_ms: f64,
}

/// What a question is there to show.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    In,
    Out,
    Fixed,
}

/// Runs every case of a file.
///
/// # Errors
/// When the file cannot be read, with the line.
pub fn run(library: &Library, file: &Path, json: bool, list: bool, today: NaiveDate) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let measuring = (!list).then(Progress::measuring);
    let mut outcomes = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{} line {}", file.display(), i + 1);
        let case: Case =
            serde_json::from_str(line).with_context(|| format!("{} is not a labelled question", place()))?;
        let (outcome, message) = case.run(library, today).with_context(place)?;
        if list && !outcome.right {
            let said = message.article.as_deref().unwrap_or(&message.lead);
            let asked = case.q.as_deref().or(case.turns.last().map(String::as_str)).unwrap_or_default();
            print_line(&format!(
                "{} {:?} {:.2} {asked} → {said}; expected {:?} {:?}",
                case.id, message.kind, outcome.confidence, case.expect.articles, case.expect.says
            ));
        }
        outcomes.push(outcome);
    }
    drop(measuring);
    let report = Report::of(&outcomes);
    print_line(&if json { serde_json::to_string(&report)? } else { report.table() });
    Ok(())
}

impl Case {
    fn run(&self, library: &Library, today: NaiveDate) -> Result<(Outcome, Message)> {
        let turns = self.q.iter().chain(&self.turns);
        let mut conversation = Conversation::default();
        let (mut last, mut took_ms) = (None, 0.0);
        for text in turns {
            let begun = Instant::now();
            let turn = step(library, &conversation, &Body::Text(text.clone()), today);
            took_ms = begun.elapsed().as_secs_f64() * 1000.0;
            conversation = turn.conversation;
            last = turn.said.into_iter().next();
        }
        let message = last.context("give `q` or `turns`")?;
        let right = self.expect.holds(&message)?;
        let outcome = Outcome {
            answered: ANSWERED.contains(&message.kind),
            right,
            found: message.confidence.is_some(),
            confidence: message.confidence.unwrap_or(1.0),
            group: self.expect.group(),
            took_ms,
        };
        Ok((outcome, message))
    }
}

impl Expect {
    fn holds(&self, message: &Message) -> Result<bool> {
        let kind = self.kinds.is_empty() || self.kinds.contains(&message.kind);
        // An article is only to be expected of an answer, not of a question back.
        let told = message.article.iter().chain(&message.also).any(|article| self.articles.contains(article));
        let article = self.articles.is_empty() || told || message.kind != Kind::Answer;
        let text = message.text();
        let mut says = true;
        for pattern in &self.says {
            let pattern = Regex::new(pattern).with_context(|| format!("`{pattern}` is not a pattern"))?;
            says &= message.kind != Kind::Answer || pattern.is_match(&text);
        }
        Ok(kind && article && says)
    }

    fn group(&self) -> Group {
        let any = |kinds: &[Kind]| self.kinds.iter().any(|kind| kinds.contains(kind));
        if self.kinds.is_empty() || any(&ANSWERED) {
            Group::In
        } else if any(&[Kind::Unknown, Kind::Smalltalk, Kind::Clarify]) {
            Group::Out
        } else {
            Group::Fixed
        }
    }
}

/// The expected calibration error over what was answered.
fn calibration_error(outcomes: &[Outcome]) -> f64 {
    let mut bins = [(0.0, 0.0); 21];
    let answered: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.found && outcome.answered).collect();
    for outcome in &answered {
        let bin = &mut bins[(outcome.confidence * 20.0) as usize];
        bin.0 += f64::from(outcome.confidence);
        bin.1 += f64::from(u8::from(outcome.right && outcome.group == Group::In));
    }
    bins.iter().map(|(told, right)| (told - right).abs()).sum::<f64>() / answered.len().max(1) as f64
}

impl Report {
    fn of(outcomes: &[Outcome]) -> Self {
        let of = |group| outcomes.iter().filter(move |outcome| outcome.group == group);
        let share = |group, fits: &dyn Fn(&Outcome) -> bool| {
            of(group).filter(|outcome| fits(outcome)).count() as f64 / of(group).count().max(1) as f64
        };
        // Held back is neither right nor wrong, unless the labels allow it.
        let steps = (0..20).map(|i| i as f32 * 0.05);
        let answered = |from: f32| of(Group::In).filter(move |outcome| outcome.answered && outcome.confidence >= from);
        let table = steps.map(|from| {
            let (told, all) = (answered(from).count(), of(Group::In).count().max(1));
            let wrong = answered(from).filter(|outcome| !outcome.right).count();
            (from, told as f64 / all as f64, wrong as f64 / told.max(1) as f64)
        });
        let mut times: Vec<f64> = outcomes.iter().map(|outcome| outcome.took_ms).collect();
        times.sort_by(f64::total_cmp);
        let at = |hundredth: usize| times.get(times.len() * hundredth / 100).copied().unwrap_or_default();
        Self {
            p50_ms: at(50),
            p99_ms: at(99),
            in_scope: of(Group::In).count(),
            right: share(Group::In, &|outcome| outcome.right),
            wrong: share(Group::In, &|outcome| outcome.answered && !outcome.right),
            held_back: share(Group::In, &|outcome| !outcome.answered && !outcome.right),
            out_of_scope: of(Group::Out).count(),
            not_answered: share(Group::Out, &|outcome| !outcome.answered),
            calibration_error: calibration_error(outcomes),
            fixed: of(Group::Fixed).count(),
            fixed_right: share(Group::Fixed, &|outcome| outcome.right),
            risk_coverage: table.collect(),
        }
    }

    fn table(&self) -> String {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let mut out = format!(
            "in scope {}: right {}, wrong {}, held back {}\nout of scope {}: not answered {}\nperson, danger, declined {}: right {}\ncalibration error {:.3}\na turn takes {:.2} ms (median), {:.2} ms (99 of 100)\n\nanswered from  coverage  wrong of answered\n",
            self.in_scope,
            percent(self.right),
            percent(self.wrong),
            percent(self.held_back),
            self.out_of_scope,
            percent(self.not_answered),
            self.fixed,
            percent(self.fixed_right),
            self.calibration_error,
            self.p50_ms,
            self.p99_ms
        );
        for (from, coverage, risk) in &self.risk_coverage {
            out.push_str(&format!("{from:>13.2}  {:>8}  {:>8}\n", percent(*coverage), percent(*risk)));
        }
        out.trim_end().to_owned()
    }
}
