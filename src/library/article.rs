//! One policy, one file: Markdown sections under TOML front matter, its tests inside (`asks`).

use std::{collections::HashSet, path::Path, sync::LazyLock};

use chrono::NaiveDate;
use regex::Regex;
use serde::Deserialize;

use crate::{
    library::{
        amount::Amounts,
        problem::{Problem, Report},
        read::{self, Day},
        source::{SourceRow, Status},
    },
    message::limits,
};

/// What we know about one policy. All its text is simplified; `{names}` stand for figures.
#[derive(Debug)]
pub struct Article {
    /// The file's name without `.md`.
    pub id: String,
    /// What the article is about, short enough for a button.
    pub title: String,
    /// The direct answer, in one or two sentences.
    pub summary: String,
    /// The same in plainer, shorter words, for who asks for that.
    pub plain: String,
    /// The part of the field it belongs to.
    pub topic: String,
    /// Whether only a person may judge this matter, so that telling it asks for one.
    pub counsellor: bool,
    /// Questions that it answers, in people's words and in either script.
    pub asks: Vec<String>,
    /// Where it is laid down.
    pub sources: Vec<SourceRow>,
    /// The last day on which someone checked it.
    pub as_of: NaiveDate,
    /// After this day the answer asks to confirm.
    pub review_by: NaiveDate,
    /// Whether it may be told as sure.
    pub status: Status,
    /// Articles to offer next.
    pub next: Vec<String>,
    /// The body, one question each.
    pub sections: Vec<Section>,
}

/// A question within an article, and its answer.
#[derive(Debug)]
pub struct Section {
    /// The question.
    pub heading: String,
    /// The answer in one sentence.
    pub answer: String,
    /// Short points below it, the most important first.
    pub points: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Front {
    title: String,
    summary: String,
    plain: String,
    topic: String,
    counsellor: bool,
    asks: Vec<String>,
    sources: Vec<SourceRow>,
    as_of: Option<Day>,
    review_by: Option<Day>,
    status: Option<Status>,
    next: Vec<String>,
}

/// Lines that an article must list at least.
const LEAST_ASKS: usize = 6;

impl Article {
    /// Reads an article and checks what can be seen in it alone.
    pub fn load(file: &Path, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = read::text_of(file, problems)?;
        let mut report = Report::on(file, problems);
        let id = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        read::expect_id(&id, &mut report);
        let Some((front, body)) = text.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n")) else {
            report.add("+++", "an article begins with TOML between two lines of +++");
            return None;
        };
        let front: Front = read::table(front, &mut report)?;
        let sections = sections(body, &mut report);
        front.check(&mut report);
        Some(Self {
            id,
            title: front.title,
            summary: front.summary,
            plain: front.plain,
            topic: front.topic,
            counsellor: front.counsellor,
            asks: front.asks,
            sources: front.sources,
            as_of: front.as_of?.0,
            review_by: front.review_by?.0,
            status: front.status?,
            next: front.next,
            sections,
        })
    }

    /// Every text of the article with its place: what is spoken, and so what is checked.
    pub fn texts(&self) -> Vec<(String, &str)> {
        let mut texts = vec![
            ("title".to_owned(), self.title.as_str()),
            ("summary".to_owned(), &self.summary),
            ("plain".to_owned(), &self.plain),
        ];
        for section in &self.sections {
            let key = format!("## {}", section.heading);
            texts.push((key.clone(), &section.heading));
            texts.push((key.clone(), &section.answer));
            texts.extend(section.points.iter().map(|point| (key.clone(), point.as_str())));
        }
        texts
    }

    /// Every sentence that may answer a question: the summary, then each section's answer and points.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let answers = self.sections.iter().flat_map(|section| std::iter::once(&section.answer).chain(&section.points));
        std::iter::once(&self.summary).chain(answers).map(String::as_str)
    }

    /// Checks what needs the rest of the library: figures, and the day it is read on.
    pub fn check(&self, amounts: &Amounts, today: NaiveDate, report: &mut Report<'_>) {
        for (key, text) in self.texts() {
            for name in placeholders(text) {
                report.expect(
                    amounts.knows(name),
                    key.as_str(),
                    format!("there is no figure `{{{name}}}` in amounts.toml"),
                );
            }
            let bare = PLACEHOLDER.replace_all(text, "");
            report.expect(!bare.contains(['{', '}']), key.as_str(), "a brace without its partner");
            if let Some(figure) = bare_figure(text) {
                report.add(
                    key.as_str(),
                    format!("the figure `{figure}` belongs into amounts.toml, named here as {{name}}"),
                );
            }
        }
        report.expect(self.as_of <= today, "as_of", "it cannot have been checked on a day to come");
        let whole: usize = self.texts().iter().map(|(_, text)| text.encode_utf16().count() + 4).sum();
        report.expect(
            whole <= limits::TEXT * 3 / 4,
            "body",
            "the article is too long for one message of a channel; split it",
        );
    }
}

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{([a-z0-9_]+)\}").expect("a valid pattern"));

/// The names of the figures that a text tells.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    PLACEHOLDER.captures_iter(text).filter_map(|hit| hit.get(1)).map(|name| name.as_str())
}

/// Money or a percentage that stands in a text itself, where it would grow old unseen.
pub fn bare_figure(text: &str) -> Option<String> {
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[0-9０-９〇零一二三四五六七八九十百千万亿几][0-9０-９.,]*\s*(?:万|百|千)?\s*(?:元|块钱|人民币|%|％|个百分点)|百分之[〇零一二三四五六七八九十百]")
            .expect("a valid pattern")
    });
    FIGURE.find(&PLACEHOLDER.replace_all(text, "")).map(|figure| figure.as_str().to_owned())
}

/// A text with every figure put in its place.
pub fn fill(text: &str, mut figure: impl FnMut(&str) -> String) -> String {
    PLACEHOLDER.replace_all(text, |hit: &regex::Captures<'_>| figure(&hit[1])).into_owned()
}

impl Front {
    fn check(&self, report: &mut Report<'_>) {
        for (key, text, most) in [
            ("title", &self.title, limits::LABEL),
            ("summary", &self.summary, 120),
            ("plain", &self.plain, 60),
            ("topic", &self.topic, 20),
        ] {
            report.expect(!text.trim().is_empty(), key, "this must not be empty");
            report.expect(
                text.chars().count() <= most,
                key,
                format!("too long: at most {most} characters fit every channel"),
            );
        }
        report.expect(
            self.asks.len() >= LEAST_ASKS,
            "asks",
            format!("at least {LEAST_ASKS} questions that it answers"),
        );
        let mut seen = HashSet::new();
        for (i, ask) in self.asks.iter().enumerate() {
            report.expect(!ask.trim().is_empty(), format!("asks[{i}]"), "this line is empty");
            report.expect(seen.insert(ask), format!("asks[{i}]"), "this line stands here twice");
        }
        report.expect(!self.sources.is_empty(), "sources", "an article needs at least one source");
        report.expect(self.status.is_some(), "status", "say `confirmed` or `unconfirmed`");
        report.expect(self.as_of.is_some(), "as_of", "say on which day it was last checked");
        report.expect(self.review_by.is_some(), "review_by", "say by when to check it again");
        if let (Some(checked), Some(review)) = (self.as_of, self.review_by) {
            report.expect(checked <= review, "review_by", "the review is before the last check");
        }
        for (i, source) in self.sources.iter().enumerate() {
            source.check(&format!("sources[{i}]"), report);
            let known = source.issued.zip(self.as_of).is_none_or(|(issued, checked)| issued <= checked);
            report.expect(known, format!("sources[{i}].issued"), "it was issued after the last check (as_of)");
        }
    }
}

/// Reads the body: `## question`, one sentence, then points.
fn sections(body: &str, report: &mut Report<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in body.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        if let Some(heading) = line.strip_prefix("## ") {
            report.expect(heading.ends_with(['？', '?']), line, "a section is headed by a question");
            sections.push(Section { heading: heading.into(), answer: String::new(), points: vec![] });
            continue;
        }
        match (sections.last_mut(), line.strip_prefix("- ")) {
            (None, _) => report.add(line, "this line stands before the first section (## question)"),
            (Some(section), None) if section.answer.is_empty() && !line.starts_with(['#', '*', '|', '>']) => {
                section.answer = line.into();
            }
            (Some(section), Some(point)) if !section.answer.is_empty() => section.points.push(point.into()),
            (Some(section), _) => {
                let place = format!("## {}", section.heading);
                report.add(place, format!("a section is one sentence, then points (- …); not `{line}`"));
            }
        }
    }
    report.expect(!sections.is_empty(), "body", "an article needs at least one section (## question)");
    for section in &sections {
        report.expect(!section.answer.is_empty(), format!("## {}", section.heading), "this section has no answer");
    }
    sections
}
