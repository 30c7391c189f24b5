//! Puts what the library knows into a message: the answer first, then its source, then choices.

use chrono::{NaiveDate, NaiveDateTime};

use crate::{
    conversation::{dialog::walk::item_of, handoff::Desk, wording},
    library::{
        Library, Subject,
        article::{self, Article},
        finder::Finding,
        fixed::Fixed,
        office,
        source::{SourceRow, Status},
    },
    message::{Act, Choice, Kind, Message, Repair, Script, Source, limits},
};

/// Points under a short answer.
const POINTS: usize = 5;

/// Points of the second reading, which stand in one with its first sentence.
const OTHER: usize = 2;

/// Articles among the choices of an answer.
const NEXT: usize = 3;

/// Procedures among the choices of an answer.
const PROCEDURES: usize = 2;

/// Below this nothing is claimed, and nothing is asked back either.
///
/// Chosen on the risk–coverage table of `luzhu eval answers`; see the README.
pub const CLARIFY_FROM: f32 = 0.30;

/// From this confidence on the first finding is told.
pub const ANSWER_FROM: f32 = 0.93;

/// From this confidence on it is told where the second is not ours, so that both cannot be.
pub const ALONE_FROM: f32 = 0.88;

/// From this confidence on in one of the first two, both are told.
pub const EITHER_FROM: f32 = 0.60;

/// Speaks for one person on one day.
pub struct Speaker<'a> {
    /// What we know.
    pub library: &'a Library,
    /// The person's script.
    pub script: Script,
    /// The day for which figures are told.
    pub today: NaiveDate,
    /// The time, and how the counsellors' queue stands.
    pub desk: Desk,
}

impl Speaker<'_> {
    /// A message of our own sentences.
    pub fn say(&self, kind: Kind, lead: &str, points: &[&str]) -> Message {
        let mut message = Message {
            kind,
            script: self.script,
            lead: self.spoken(lead),
            points: points.iter().map(|point| self.spoken(point)).collect(),
            notes: vec![],
            sources: vec![],
            choices: vec![],
            article: None,
            also: None,
            confidence: None,
            outcomes: vec![],
            by: None,
            original: None,
        };
        self.offer(&mut message, vec![]);
        message
    }

    /// A fixed reply and where it leads.
    pub fn fixed(&self, fixed: &Fixed) -> Message {
        let points: Vec<&str> = fixed.points.iter().map(String::as_str).collect();
        let mut message = self.say(fixed.kind, &fixed.lead, &points);
        self.offer(&mut message, fixed.next.iter().map(|id| self.way(id)).collect());
        message
    }

    /// The short answer of an article: what a question found in it and the sentences that fit best, or what the
    /// article itself puts first.
    pub fn answer(&self, article: &Article, found: Option<&Finding>) -> Message {
        let (lead, points) = gist(article, found, POINTS);
        let mut message = self.tell(article, lead, &points);
        let mut acts = self.ways_from(article);
        acts.push(Act::More(article.id.clone()));
        self.offer(&mut message, acts);
        message
    }

    /// The short answers of the two readings that are likely.
    pub fn either(&self, first: (&Article, &Finding), second: (&Article, &Finding)) -> Message {
        let (lead, points) = gist(first.0, Some(first.1), POINTS - 1);
        let mut message = self.tell(first.0, lead, &points);
        let (lead, points) = gist(second.0, Some(second.1), OTHER);
        let other = self.tell(second.0, lead, &points);
        let title = self.spoken(&second.0.title);
        message.points.push(format!(
            "{}{title}：{}{}",
            self.spoken(wording::EITHER),
            other.lead,
            other.points.concat()
        ));
        message.notes.extend(other.notes);
        message.notes.dedup();
        for source in other.sources {
            if !message.sources.iter().any(|known| (&known.title, &known.article) == (&source.title, &source.article)) {
                message.sources.push(source);
            }
        }
        let way = self.way(&second.0.id);
        let mut acts = self.ways_from(first.0);
        acts.push(Act::More(first.0.id.clone()));
        acts.retain(|act| *act != way);
        acts.insert(0, way);
        self.offer(&mut message, acts);
        message.also = Some(second.0.id.clone());
        message
    }

    /// What an answer rests on.
    pub fn why(&self, article: &Article) -> Message {
        let answers = article.sections.iter().map(|section| section.answer.as_str());
        let points: Vec<&str> = std::iter::once(article.summary.as_str()).chain(answers).take(POINTS).collect();
        let mut message = self.tell(article, wording::RESTS_ON, &points);
        self.offer(&mut message, self.ways_from(article));
        message
    }

    /// An answer in plainer, shorter words.
    pub fn plain(&self, article: &Article) -> Message {
        let mut message = self.tell(article, &article.plain, &[]);
        self.offer(&mut message, [self.ways_from(article), vec![Act::More(article.id.clone())]].concat());
        message
    }

    /// The whole article.
    pub fn whole(&self, article: &Article) -> Message {
        let mut lines = Vec::new();
        for section in &article.sections {
            lines.push(format!("{}{}", section.heading, section.answer));
            lines.extend(section.points.iter().cloned());
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut message = self.tell(article, &article.summary, &lines);
        self.offer(&mut message, self.ways_from(article));
        message
    }

    /// What an article leads to: its procedures first, then its neighbours.
    fn ways_from(&self, article: &Article) -> Vec<Act> {
        let procedures = self.library.offered_under(&article.id).into_iter().take(PROCEDURES);
        let next = article.next.iter().map(String::as_str).take(NEXT);
        let mut acts: Vec<Act> = procedures.chain(next).map(|id| self.way(id)).collect();
        acts.dedup();
        acts
    }

    /// The option that leads to an article, a procedure or a scheme.
    pub fn way(&self, id: &str) -> Act {
        match self.library.article(id) {
            Some(_) => Act::Show(id.into()),
            None => Act::Begin(id.into()),
        }
    }

    /// A question back: the readings that are possible.
    pub fn clarify(&self, findings: &[Finding]) -> Message {
        let mut message = self.say(Kind::Clarify, wording::CLARIFY, &[]);
        let ids = findings.iter().filter_map(|finding| match self.library.subject(finding) {
            Subject::Article(article) => Some(article.id.clone()),
            Subject::Elsewhere(_) => None,
        });
        self.offer(&mut message, ids.take(NEXT).map(Act::Show).collect());
        message
    }

    /// Words in the person's script.
    pub fn spoken(&self, text: &str) -> String {
        self.library.language.spoken(text, self.script)
    }

    /// An answer with its figures, notes and sources.
    pub(super) fn tell(&self, article: &Article, lead: &str, points: &[&str]) -> Message {
        let mut sources: Vec<Source> = article.sources.iter().map(|row| self.source(row, article.as_of)).collect();
        let mut told = |text: &str| article::fill(text, |name| self.figure(article, name, &mut sources));
        let (lead, points): (String, Vec<String>) = (told(lead), points.iter().map(|point| told(point)).collect());
        let points: Vec<&str> = points.iter().map(String::as_str).collect();
        let mut message = self.say(Kind::Answer, &lead, &points);
        let notes = [
            (article.status == Status::Unconfirmed, wording::UNCONFIRMED),
            (article.review_by < self.today, wording::OVERDUE),
        ];
        message.notes = notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| self.spoken(note)).collect();
        message.sources = sources;
        message.article = Some(article.id.clone());
        message
    }

    /// A figure with its unit, and its source noted; or words that say it is not confirmed.
    fn figure(&self, article: &Article, name: &str, sources: &mut Vec<Source>) -> String {
        let told = self.library.amounts.told(name, self.today).filter(|_| article.status == Status::Confirmed);
        let Some(told) = told else { return wording::NO_FIGURE.into() };
        for (row, as_of) in &told.sources {
            let source = self.source(row, *as_of);
            match sources.iter_mut().find(|known| known.title == source.title) {
                // The figure was checked on its own day, which may be later than the article's.
                Some(known) if known.article == source.article || source.article.is_none() => {
                    known.as_of = source.as_of.max(known.as_of.clone());
                }
                _ => sources.push(source),
            }
        }
        match told.overdue {
            true => format!("{}（自{}起，之后是否调整请问12333）", told.figure(), told.since),
            false => told.figure(),
        }
    }

    fn source(&self, row: &SourceRow, as_of: NaiveDate) -> Source {
        let spoken = |text: &Option<String>| text.as_ref().map(|text| self.spoken(text));
        Source {
            title: self.spoken(&row.title),
            number: spoken(&row.number),
            article: spoken(&row.article),
            as_of: as_of.to_string(),
            url: row.url.clone(),
        }
    }

    /// Numbers the choices: `9` is more, `0` a person, the others count from 1. "Not sure" has a
    /// letter where a number may be an answer.
    pub fn offer(&self, message: &mut Message, acts: Vec<Act>) {
        let mut next = 0;
        let choices = acts.into_iter().take(limits::CHOICES - 1).chain([Act::Human]).filter_map(|act| {
            let label = self.label(&act)?;
            let key = match &act {
                Act::Human => "0".to_owned(),
                Act::More(_) => "9".to_owned(),
                Act::Withdraw => "8".to_owned(),
                Act::Answer(key, _) if self.library.facts.get(key).is_some_and(|fact| fact.options.is_empty()) => {
                    "N".to_owned()
                }
                _ => {
                    next += 1;
                    next.to_string()
                }
            };
            Some(Choice { key, label: self.spoken(&label), act })
        });
        message.choices = choices.collect();
    }

    /// The words of an option; none where it leads nowhere.
    fn label(&self, act: &Act) -> Option<String> {
        let library = self.library;
        Some(match act {
            Act::Human => wording::PERSON.to_owned(),
            Act::More(_) => wording::MORE.to_owned(),
            Act::Withdraw => wording::WITHDRAW.to_owned(),
            Act::Show(id) => library.article(id)?.title.clone(),
            Act::Begin(id) => match library.scheme(id) {
                Some(scheme) => format!("查条件：{}", scheme.title),
                None => format!("开始办：{}", library.flow(id)?.title),
            },
            Act::Answer(_, option) if option == "unsure" => "不确定".to_owned(),
            Act::Answer(key, option) => library.facts.get(key)?.option(option)?.label.clone(),
            Act::Change(key) => {
                let number = item_of(key).map(|(_, _, number)| number.to_string());
                format!("改：{}{}", library.facts.get(key)?.name, number.unwrap_or_default())
            }
            Act::Mend(Repair::Resume) => "继续".to_owned(),
            Act::Mend(Repair::Restart) => "重新开始".to_owned(),
            Act::Place => wording::PLACE.to_owned(),
            Act::Leave => wording::LEAVE_LABEL.to_owned(),
            Act::Call(begin) => {
                let begin = NaiveDateTime::parse_from_str(begin, "%Y-%m-%dT%H:%M").ok()?;
                format!("{}回复我", office::say(begin, self.desk.now))
            }
            Act::Return => wording::PART.to_owned(),
            Act::Rate(helped) => if *helped { "帮到了" } else { "没帮到" }.to_owned(),
            Act::Write(_) | Act::Mend(_) => return None,
        })
    }
}

/// What is told of an article first, and so many points: what fits a question and the gist, then what the article
/// puts first.
fn gist<'a>(article: &'a Article, found: Option<&Finding>, most: usize) -> (&'a str, Vec<&'a str>) {
    let all: Vec<&str> = article.sentences().collect();
    let own = found.and_then(|found| found.section.checked_sub(1)).and_then(|i| article.sections.get(i));
    let lead = own.map_or(article.summary.as_str(), |section| &section.answer);
    let summary = own.map(|_| article.summary.as_str());
    let fitting = found.into_iter().flat_map(|found| &found.sentences).filter_map(|i| all.get(*i).copied()).take(most);
    let next: Vec<&str> = match own {
        Some(section) => section.points.iter().map(String::as_str).collect(),
        None => article.sections.iter().map(|section| section.answer.as_str()).collect(),
    };
    let mut points: Vec<&str> = Vec::new();
    for text in summary.into_iter().chain(fitting).chain(next) {
        let new = text != lead && !points.contains(&text) && !repeats(text, lead);
        if new && points.len() < most {
            points.push(text);
        }
    }
    // As the article has them.
    points.sort_by_key(|point| all.iter().position(|text| text == point));
    (lead, points)
}

/// Whether a sentence says little that another has not said: most of its character pairs stand there.
fn repeats(sentence: &str, said: &str) -> bool {
    let pairs =
        |text: &str| -> std::collections::HashSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (own, said) = (pairs(sentence), pairs(said));
    own.intersection(&said).count() * 10 > own.len() * 6
}
