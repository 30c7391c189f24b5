//! The vocabulary that every room shares: who speaks, what is said, what can be chosen.
//!
//! Nothing here decides anything, and nothing here names a channel, a database or a library.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The two ways of writing Chinese that we read and speak.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Script {
    /// Simplified characters, as on the mainland.
    #[default]
    Hans,
    /// Traditional characters, as in Taiwan.
    Hant,
}

impl Script {
    /// Picks the wording for this script from a pair that was written twice on purpose.
    pub fn pick<'a>(self, hans: &'a str, hant: &'a str) -> &'a str {
        match self {
            Self::Hans => hans,
            Self::Hant => hant,
        }
    }

    /// The language tag for a web page, e.g. `zh-Hans`.
    pub fn tag(self) -> &'static str {
        self.pick("zh-Hans", "zh-Hant")
    }
}

/// Where a person can be reached: a channel and a name within it, written `web:3f…`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    /// The channel's name in the list of channels, e.g. `web`.
    pub channel: String,
    /// The person's name within the channel.
    pub id: String,
}

impl Address {
    /// An address in `channel`.
    pub fn new(channel: &str, id: impl Into<String>) -> Self {
        Self { channel: channel.into(), id: id.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.id)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (channel, id) = text.split_once(':').ok_or_else(|| format!("`{text}` is not an address like web:NAME"))?;
        Ok(Self::new(channel, id))
    }
}

/// What a person sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Words.
    Text(String),
    /// A pressed option: an [`Act`] in its written form.
    Choice(String),
    /// Something that is not words (a photo, a voice message), by its Chinese name.
    Unreadable(String),
}

/// One thing that came in at a door.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Unique within its channel; the same id again has no second effect.
    pub id: String,
    /// Who sent it.
    pub from: Address,
    /// What it says.
    pub body: Body,
    /// The script that the person's own device asks for, if the channel knows it; it counts until they
    /// have written or chosen.
    pub guess: Option<Script>,
}

/// What kind of reply a message is; the names are part of the contract.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A policy answer with its source.
    Answer,
    /// A question back, with readings to choose from.
    Clarify,
    /// Nothing is claimed; a person and the official line are offered.
    Unknown,
    /// A human counsellor has been asked for.
    Human,
    /// The person may be in danger.
    Crisis,
    /// A matter that we politely leave to others.
    Decline,
    /// Greetings, thanks, and words about the conversation itself.
    Smalltalk,
    /// A procedure begins or goes on.
    Flow,
    /// Eligibility was worked out.
    Eligibility,
}

/// What choosing an option does. Its written form travels with buttons, so a button from an old
/// message still means what it said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Act {
    /// Tell the short answer of an article.
    Show(String),
    /// Tell the whole article.
    More(String),
    /// Ask for a human counsellor.
    Human,
    /// Withdraw the request for a counsellor.
    Withdraw,
    /// Go on in this script.
    Write(Script),
    /// Begin a procedure, or see whether one is eligible for a scheme.
    Begin(String),
    /// Answer a question (its key) with an option (its id).
    Answer(String, String),
    /// Answer a question, by its key, once more.
    Change(String),
    /// Do something about the procedure itself.
    Mend(Repair),
    /// Hear how the queue stands.
    Place,
    /// Leave a message for the counsellors.
    Leave,
    /// Be written to in an opening period: its beginning, `2026-11-27T09:00`.
    Call(String),
    /// Let the counsellor go and speak with the assistant again.
    Return,
    /// Whether the counsellor helped.
    Rate(bool),
}

/// What a person can say at every question of a procedure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Repair {
    /// Leave the procedure.
    Cancel,
    /// Begin it again.
    Restart,
    /// The question before.
    Back,
    /// Leave the question out.
    Skip,
    /// What can be said here.
    Help,
    /// Why we ask.
    Why,
    /// The question once more.
    Repeat,
    /// What was answered so far.
    Review,
    /// What was answered, and the result, to show at a counter.
    Summary,
    /// Not sure.
    Unsure,
    /// The earlier answer stands.
    Keep,
    /// Go on where we were.
    Resume,
    /// Take the last correction back.
    Undo,
    /// Go on in another place.
    Code,
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Repair {
    /// Its written form.
    const NAMES: [(Self, &str); 16] = [
        (Self::Cancel, "cancel"),
        (Self::Restart, "restart"),
        (Self::Back, "back"),
        (Self::Skip, "skip"),
        (Self::Help, "help"),
        (Self::Why, "why"),
        (Self::Repeat, "repeat"),
        (Self::Review, "review"),
        (Self::Summary, "summary"),
        (Self::Unsure, "unsure"),
        (Self::Keep, "keep"),
        (Self::Resume, "resume"),
        (Self::Undo, "undo"),
        (Self::Code, "code"),
        (Self::Yes, "yes"),
        (Self::No, "no"),
    ];
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Show(id) => write!(f, "show/{id}"),
            Self::More(id) => write!(f, "more/{id}"),
            Self::Human => f.write_str("human"),
            Self::Withdraw => f.write_str("withdraw"),
            Self::Write(script) => f.write_str(script.pick("write/hans", "write/hant")),
            Self::Begin(id) => write!(f, "begin/{id}"),
            Self::Answer(key, option) => write!(f, "answer/{key}/{option}"),
            Self::Change(key) => write!(f, "change/{key}"),
            Self::Mend(repair) => {
                let name = Repair::NAMES.iter().find(|(other, _)| other == repair).map_or("", |(_, name)| name);
                write!(f, "mend/{name}")
            }
            Self::Place => f.write_str("place"),
            Self::Leave => f.write_str("leave"),
            Self::Call(begin) => write!(f, "call/{begin}"),
            Self::Return => f.write_str("return"),
            Self::Rate(helped) => f.write_str(if *helped { "rate/yes" } else { "rate/no" }),
        }
    }
}

impl FromStr for Act {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some(("show", id)) => Ok(Self::Show(id.into())),
            Some(("more", id)) => Ok(Self::More(id.into())),
            Some(("write", "hans")) => Ok(Self::Write(Script::Hans)),
            Some(("write", "hant")) => Ok(Self::Write(Script::Hant)),
            Some(("begin", id)) => Ok(Self::Begin(id.into())),
            Some(("answer", answer)) => {
                let (key, option) = answer.rsplit_once('/').ok_or_else(|| format!("`{text}` answers nothing"))?;
                Ok(Self::Answer(key.into(), option.into()))
            }
            Some(("change", key)) => Ok(Self::Change(key.into())),
            Some(("mend", name)) => {
                let repair = Repair::NAMES.iter().find(|(_, other)| *other == name);
                repair.map(|(repair, _)| Self::Mend(*repair)).ok_or_else(|| format!("`{name}` is no repair"))
            }
            Some(("call", begin)) => Ok(Self::Call(begin.into())),
            Some(("rate", "yes")) => Ok(Self::Rate(true)),
            Some(("rate", "no")) => Ok(Self::Rate(false)),
            None if text == "place" => Ok(Self::Place),
            None if text == "leave" => Ok(Self::Leave),
            None if text == "return" => Ok(Self::Return),
            None if text == "human" => Ok(Self::Human),
            None if text == "withdraw" => Ok(Self::Withdraw),
            _ => Err(format!("`{text}` is not an option of ours")),
        }
    }
}

impl Serialize for Act {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One option under a message.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Choice {
    /// What to type for it: `0` is always a person and `9` always more.
    pub key: String,
    /// Its words, in the message's script.
    pub label: String,
    /// What it does.
    pub act: Act,
}

/// Where something that we tell comes from, and the day on which it was true.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Source {
    /// The document's title.
    pub title: String,
    /// Its official number, e.g. 厦人社规〔2024〕1号.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
    /// The article within it, e.g. 第四十五条.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub article: Option<String>,
    /// The last day on which someone checked it, `YYYY-MM-DD`.
    pub as_of: String,
    /// An official address, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = self.title.contains('《') || self.title.ends_with('）');
        if bare {
            f.write_str(&self.title)?
        } else {
            write!(f, "《{}》", self.title)?
        }
        if let Some(number) = &self.number {
            write!(f, "{number}")?;
        }
        f.write_str(self.article.as_deref().unwrap_or_default())
    }
}

/// How a scheme was weighed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every condition holds.
    Eligible,
    /// Nothing fails, and something is not known yet.
    Likely,
    /// Something fails that is confirmed.
    NotEligible,
    /// No rule is known for the day, or the rule cannot decide it.
    Unknown,
}

impl Verdict {
    /// Its name in the contract and in `goto`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::Likely => "likely",
            Self::NotEligible => "not_eligible",
            Self::Unknown => "unknown",
        }
    }
}

/// One condition of an outcome.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Weighed {
    /// Its name in the scheme.
    pub id: String,
    /// The condition in words.
    pub says: String,
    /// Whether it holds; nothing while it is not known.
    pub holds: Option<bool>,
    /// The person's own value.
    pub value: String,
    /// What the rule demands.
    pub threshold: String,
    /// Where it is laid down.
    pub source: String,
    /// The day on which that was last checked.
    pub as_of: String,
    /// The authority that reads the rule so, where two differ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reading: Option<String>,
    /// Whether it is only second-hand, so that it never decides alone.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unconfirmed: bool,
    /// While it is not known: which paper shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paper: Option<String>,
}

/// Something that is given.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Given {
    /// Its name in the scheme.
    pub name: String,
    /// Its words.
    pub label: String,
    /// The figure.
    pub value: String,
    /// What the figure counts.
    pub unit: String,
    /// How it came about.
    pub working: String,
}

/// A change that would alter an outcome.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Change {
    /// The condition that it is about.
    pub need: String,
    /// The change in words.
    pub change: String,
}

/// A scheme held against what is known of a person, with its proof.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Outcome {
    /// The scheme's id.
    pub scheme: String,
    /// What it is called.
    pub title: String,
    /// For which of several things of a list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item: Option<String>,
    /// The day for which it was weighed.
    pub day: String,
    /// The result.
    pub verdict: Verdict,
    /// Why, where the conditions alone do not tell: no rule, two readings.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub because: Option<String>,
    /// Every condition in force on the day.
    pub needs: Vec<Weighed>,
    /// What is given.
    pub awards: Vec<Given>,
    /// The smallest change that would alter the result.
    pub would_change: Vec<Change>,
}

impl Outcome {
    /// Whether the conditions are all answered and only the office can settle the result: two readings
    /// of the rule differ, or what speaks against it is not confirmed.
    pub fn office_decides(&self) -> bool {
        let doubtful = |need: &Weighed| need.reading.is_some() || need.unconfirmed && need.holds == Some(false);
        self.verdict == Verdict::Unknown
            && self.needs.iter().all(|need| need.holds.is_some())
            && self.needs.iter().any(doubtful)
    }
}

/// What the assistant says: parts that rich clients lay out, and [`Message::text`] for the rest.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Message {
    /// What kind of reply this is.
    pub kind: Kind,
    /// The script in which all its words are written.
    pub script: Script,
    /// The direct answer, first.
    pub lead: String,
    /// Short points below it.
    pub points: Vec<String>,
    /// What the reader must know besides: not confirmed, overdue, a number was masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// Where it comes from.
    pub sources: Vec<Source>,
    /// What can be chosen next.
    pub choices: Vec<Choice>,
    /// The article that was told, if any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub article: Option<String>,
    /// The article of the second reading that was told, if any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub also: Option<String>,
    /// How likely it is that this is what was asked, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<f32>,
    /// What was weighed for it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub outcomes: Vec<Outcome>,
    /// The counsellor who says it; nobody: the assistant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// As the counsellor wrote it, where that was in the other script.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub original: Option<String>,
}

impl Message {
    /// Who says it.
    pub fn author(&self) -> Author {
        if self.by.is_some() { Author::Counsellor } else { Author::Assistant }
    }

    /// Lead, points and notes, one to a line: what stands above sources and choices.
    pub fn body(&self) -> String {
        let mut lines = vec![self.lead.clone()];
        lines.extend(self.points.iter().map(|point| format!("· {point}")));
        lines.extend(self.notes.iter().cloned());
        lines.join("\n")
    }

    /// The source line, or nothing: `来源：《…》第四十五条（截至2025-04-19）`.
    pub fn source_line(&self) -> Option<String> {
        let label = self.script.pick("来源：", "來源：");
        let sources: Vec<_> = self.sources.iter().map(|source| format!("{source}（截至{}）", source.as_of)).collect();
        (!sources.is_empty()).then(|| format!("{label}{}", sources.join("；")))
    }

    /// Everything as plain words, exactly as the terminal prints it.
    pub fn text(&self) -> String {
        let speaker = self.by.as_ref().map(|by| format!("{by}：")).unwrap_or_default();
        let mut lines = vec![speaker + &self.body()];
        lines.extend(self.source_line());
        lines.extend(self.choices.iter().map(|choice| format!("{}. {}", choice.key, choice.label)));
        lines.join("\n")
    }
}

/// Someone who works at the desk.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Staff {
    /// The name to log in with.
    pub name: String,
    /// The name that people see.
    pub shown: String,
    /// Whether they may step into a colleague's conversation.
    pub leads: bool,
}

/// What happens to a conversation at the desk.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A counsellor takes it over, and speaks from now on.
    Take,
    /// The counsellor writes.
    Say(String),
    /// Somebody else is to take over: this counsellor, or whoever can do this; the person waits again.
    Transfer {
        /// The colleague's name.
        to: Option<String>,
        /// What the next one must be good at.
        skill: Option<String>,
    },
    /// A lead reads along, and the person is told.
    Join,
    /// The counsellor gives the conversation back to the assistant, at the place where it was.
    Return,
    /// The matter is settled; the person is asked whether it helped.
    Close(Ending),
    /// A procedure is gone through together.
    Guide(String),
    /// An answer to the question at hand, on the person's behalf.
    Fill(String),
    /// The procedure is put aside; its answers are kept.
    Unguide,
    /// The counsellor is gone: the person waits again, first in line.
    Lost,
}

/// How a conversation with a counsellor ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// The question is answered.
    Answered,
    /// The person goes on at an office.
    Referred,
    /// Somebody will write again.
    Followup,
    /// The person did not write any more.
    Silent,
    /// The person went back to the assistant.
    Left,
    /// The counsellor gave it back to the assistant.
    Returned,
    /// Somebody else took over.
    Transferred,
    /// The request was withdrawn before anybody took it.
    Withdrawn,
    /// A message was left instead.
    Message,
}

/// Who said a line of the transcript.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The job seeker.
    You,
    /// The assistant.
    Assistant,
    /// A human counsellor.
    Counsellor,
}

/// What every channel must be able to carry; content is checked against it when it is loaded.
pub mod limits {
    /// Options under one message, the person and 更多 included.
    pub const CHOICES: usize = 13;
    /// Characters in an article's title.
    pub const LABEL: usize = 24;
    /// Characters in the label of an answer to a question.
    pub const OPTION: usize = 20;
    /// Bytes of an option's written form.
    pub const ACT_BYTES: usize = 64;
    /// UTF-16 units in one message: the smallest of the channels that we speak on.
    pub const TEXT: usize = 4096;
    /// Bytes of text that one person may send at once.
    pub const INBOUND_BYTES: usize = 64 * 1024;
}
