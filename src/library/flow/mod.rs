//! A procedure: routing as data, the words beside the node. Where a person stands in it is found
//! by going through their answers, so nothing here remembers anything.

mod gate;
mod plain;

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    library::{
        fact::{Fact, Facts},
        problem::{Problem, Report},
        read,
    },
    text::Language,
};

pub(super) use gate::{check, check_words};

/// A procedure.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// The file's name without `.toml`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What people call it after "I want to …"; folded.
    pub names: Vec<String>,
    /// Articles under which it is offered; the first is its own.
    pub about: Vec<String>,
    /// One sentence before the first question.
    pub intro: String,
    /// Its nodes, in order; the first is where it begins.
    pub nodes: Vec<Node>,
    /// Changes with the file, so that an edit under a live conversation is noticed.
    pub digest: String,
}

/// One place in a procedure.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name within the procedure.
    pub id: String,
    /// What happens there.
    pub what: What,
    /// Where it goes on.
    pub goto: Goto,
}

/// What happens at a node.
#[derive(Clone, Debug)]
pub enum What {
    /// A fact, or a question of its own, by its key.
    Ask(String),
    /// Words.
    Say(Saying),
    /// Schemes are weighed; `asks`: what they still need to know is asked first.
    Weigh {
        /// Their ids.
        schemes: Vec<String>,
        /// Whether what they need is asked.
        asks: bool,
    },
    /// Another procedure as a part of this one.
    Run(String),
    /// The same questions for several things.
    List(List),
    /// The end, and what to offer after it.
    End(Saying, Vec<String>),
}

/// Several employers, several certificates.
#[derive(Clone, Debug)]
pub struct List {
    /// What one of them is called.
    pub item: String,
    /// The facts that are asked for each.
    pub each: Vec<String>,
    /// The key of the question whether there is another.
    pub more: String,
    /// How many there may be.
    pub most: usize,
    /// Facts that are totals: (the total, what is added up).
    pub sum: Vec<(String, String)>,
}

/// What is said at a node.
#[derive(Clone, Debug, Default)]
pub struct Saying {
    /// The sentence.
    pub lead: String,
    /// Short points below it.
    pub points: Vec<String>,
    /// The article in which it is laid down: its sources, its day, and how sure we are.
    pub article: Option<String>,
}

/// Where a node goes on.
#[derive(Clone, Debug)]
pub enum Goto {
    /// Always there.
    On(Target),
    /// By the answer or the verdict; the second is for all others.
    By(Vec<(String, Target)>, Option<Target>),
    /// Nowhere: this is the end.
    Nowhere,
}

/// Where a way leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// To a node, by its place.
    Node(usize),
    /// To a human counsellor.
    Counsellor,
    /// To a node that does not exist; such a flow is never used.
    Missing,
}

impl Goto {
    /// The way for an answer.
    pub fn to(&self, answer: &str) -> Option<Target> {
        match self {
            Self::On(target) => Some(*target),
            Self::By(ways, other) => ways.iter().find(|(key, _)| key == answer).map(|(_, to)| *to).or(*other),
            Self::Nowhere => None,
        }
    }

    /// The answers or verdicts that have a way of their own.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let ways: &[(String, Target)] = if let Self::By(ways, _) = self { ways } else { &[] };
        ways.iter().map(|(answer, _)| answer.as_str())
    }

    /// Every way.
    pub fn ways(&self) -> Vec<Target> {
        match self {
            Self::On(target) => vec![*target],
            Self::By(ways, other) => ways.iter().map(|(_, to)| *to).chain(*other).collect(),
            Self::Nowhere => vec![],
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawNode {
    id: String,
    ask: Option<String>,
    question: Option<Fact>,
    say: Option<String>,
    points: Vec<String>,
    article: Option<String>,
    weigh: Option<Vec<String>>,
    asks: Option<bool>,
    run: Option<String>,
    list: Option<String>,
    each: Vec<String>,
    more: String,
    most: Option<usize>,
    sum: BTreeMap<String, String>,
    end: Option<String>,
    next: Vec<String>,
    goto: Option<RawGoto>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawGoto {
    On(String),
    By(BTreeMap<String, String>),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    title: String,
    names: Vec<String>,
    about: Vec<String>,
    intro: String,
    node: Vec<RawNode>,
}

/// Names as they are looked up; those that differ by script alone are one.
fn folded(names: &[String], language: &Language) -> Vec<String> {
    let mut folded: Vec<String> = names.iter().map(|name| language.fold(name).replace(' ', "")).collect();
    let mut seen = HashSet::new();
    folded.retain(|name| seen.insert(name.clone()));
    folded
}

/// A short sign that changes with a text.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// How a hand-over to a person is written.
const COUNSELLOR: &str = "@counsellor";

impl Flow {
    /// Reads a procedure; its own questions are added to the facts. [`check`] looks at the whole.
    pub fn load(file: &Path, language: &Language, facts: &mut Facts, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = read::text_of(file, problems)?;
        let mut report = Report::on(file, problems);
        let id = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        read::expect_id(&id, &mut report);
        let raw: File = read::table(&text, &mut report)?;
        let ids: Vec<String> = raw.node.iter().map(|node| node.id.clone()).collect();
        let mut flow = Self {
            title: raw.title,
            names: folded(&raw.names, language),
            about: raw.about,
            intro: raw.intro,
            nodes: Vec::with_capacity(ids.len()),
            digest: digest(&text),
            id,
        };
        for (at, node) in raw.node.into_iter().enumerate() {
            let goto = goto(&node, at, &ids, &mut report);
            let name = node.id.clone();
            // A node that does nothing keeps its place, so that the others keep theirs.
            let what = flow.what(node, language, facts, &mut report).unwrap_or(What::Say(Saying::default()));
            flow.nodes.push(Node { id: name, what, goto });
        }
        Some(flow)
    }

    /// Whether it leads nowhere but to results: one scheme, or all of them.
    pub fn only_weighs(&self) -> bool {
        let all = |node: &Node| matches!(&node.what, What::Weigh { schemes, .. } if schemes.first().is_some_and(|id| id == "*"));
        self.names.is_empty() || self.nodes.iter().any(all)
    }

    /// A procedure that does nothing but weigh one scheme.
    pub fn to_weigh(scheme: &str, title: &str, article: &str) -> Self {
        let weigh = What::Weigh { schemes: vec![scheme.into()], asks: true };
        let end = What::End(Saying::default(), vec![]);
        Self {
            id: scheme.into(),
            title: title.into(),
            about: vec![article.into()],
            nodes: vec![
                Node { id: "weigh".into(), what: weigh, goto: Goto::On(Target::Node(1)) },
                Node { id: "end".into(), what: end, goto: Goto::Nowhere },
            ],
            ..Self::default()
        }
    }

    /// What a node does, exactly one thing.
    fn what(&self, node: RawNode, language: &Language, facts: &mut Facts, report: &mut Report<'_>) -> Option<What> {
        let key = format!("node.{}", node.id);
        let kinds = [
            node.ask.is_some(),
            node.question.is_some(),
            node.say.is_some(),
            node.weigh.is_some(),
            node.run.is_some(),
            node.list.is_some(),
            node.end.is_some(),
        ];
        if kinds.iter().filter(|kind| **kind).count() != 1 {
            report.add(key, "a node does one thing: ask, question, say, weigh, run, list or end");
            return None;
        }
        let plain =
            !node.id.is_empty() && node.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        report.expect(plain, format!("{key}.id"), "an id is made of a-z, 0-9 and -");
        let says = node.say.is_some() || node.end.is_some();
        report.expect(says || node.points.is_empty(), format!("{key}.points"), "points belong to `say` or `end`");
        report.expect(says || node.article.is_none(), format!("{key}.article"), "an article belongs to `say` or `end`");
        report.expect(node.end.is_some() || node.next.is_empty(), format!("{key}.next"), "`next` belongs to `end`");
        let own = format!("{}/{}", self.id, node.id);
        let saying = |lead: String| Saying { lead, points: node.points.clone(), article: node.article.clone() };
        if let Some(fact) = node.ask {
            return Some(What::Ask(fact));
        }
        if let Some(mut question) = node.question {
            question.id.clone_from(&own);
            facts.add(question, &format!("{key}.question"), language, report);
            return Some(What::Ask(own));
        }
        if let Some(item) = node.list {
            let more = Fact::another(own.clone(), &item, node.more);
            facts.add(more, &format!("{key}.more"), language, report);
            let sum = node.sum.into_iter().collect();
            return Some(What::List(List { item, each: node.each, more: own, most: node.most.unwrap_or(5), sum }));
        }
        let weigh = |schemes| What::Weigh { schemes, asks: node.asks.unwrap_or(true) };
        let said = node.say.map(|lead| What::Say(saying(lead)));
        let ended = node.end.map(|lead| What::End(saying(lead), node.next));
        said.or(ended).or(node.weigh.map(weigh)).or(node.run.map(What::Run))
    }
}

/// Where a node goes on; the next in the file unless it says otherwise.
fn goto(node: &RawNode, at: usize, ids: &[String], report: &mut Report<'_>) -> Goto {
    let key = format!("node.{}.goto", node.id);
    let mut target = |to: &str| {
        if to == COUNSELLOR {
            return Target::Counsellor;
        }
        let place = ids.iter().position(|id| id == to);
        report.expect(place.is_some(), key.as_str(), format!("there is no node `{to}`"));
        place.map_or(Target::Missing, Target::Node)
    };
    match &node.goto {
        _ if node.end.is_some() && node.goto.is_none() => Goto::Nowhere,
        Some(_) if node.end.is_some() => {
            report.add(key, "an end goes nowhere");
            Goto::Nowhere
        }
        Some(RawGoto::On(to)) => Goto::On(target(to)),
        Some(RawGoto::By(ways)) => {
            let other = ways.get("else").map(|to| target(to));
            let ways = ways.iter().filter(|(answer, _)| *answer != "else");
            Goto::By(ways.map(|(answer, to)| (answer.clone(), target(to))).collect(), other)
        }
        None if at + 1 < ids.len() => Goto::On(Target::Node(at + 1)),
        None => {
            report.add(key, "a dead end: the last node must be an `end` or go somewhere");
            Goto::Nowhere
        }
    }
}
