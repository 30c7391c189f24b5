//! What can be known of a person, and how to ask for it: `facts.toml`, and the questions that a
//! procedure asks for itself.

use std::path::Path;

use rustc_hash::FxHashMap as HashMap;
use serde::{Deserialize, Serialize};

use crate::{
    library::{
        amount::Amounts,
        problem::{Problem, Report},
        read,
        reckon::Function,
        scheme::{Condition, RawCondition},
    },
    message::limits,
    text::{Language, when::Span},
};

/// What a person told about one fact.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// One of the fact's options, by id; `yes` and `no` are options too.
    Option(String),
    /// Whole months, a count, or money in 分.
    Number(i64),
    /// A day, as exactly as it was told.
    Days(Span),
    /// Words that nothing is worked out from.
    Words(String),
    /// "Not sure" is an answer: it moves on, and is not asked again.
    Unsure,
    /// Left out on purpose; counts like not sure.
    Skipped,
}

impl Value {
    /// Whether anything can be worked out from it.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unsure | Self::Skipped)
    }
}

/// How a fact is answered.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of the options.
    #[default]
    Choice,
    /// Yes or no, which are its options.
    YesNo,
    /// A day, or a span of days.
    Date,
    /// The day of birth, as exactly as an age or a year tells it.
    Birth,
    /// A length of time in months.
    Months,
    /// A count.
    Number,
    /// Money, in 分.
    Money,
    /// Free words.
    Words,
}

/// An option of a fact.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choosable {
    /// Its name in rules.
    pub id: String,
    /// Its words.
    pub label: String,
    /// Phrases by which people say just this; folded once loaded.
    pub says: Vec<String>,
}

/// One fact, and the words around it. All text is simplified.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fact {
    /// Its name in rules; a procedure's own question is called `procedure/node`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Other names; folded once loaded, together with `name`.
    pub also: Vec<String>,
    /// How it is answered.
    pub kind: Kind,
    /// The question.
    pub ask: String,
    /// How it may be answered.
    pub help: String,
    /// Why we ask.
    pub why: String,
    /// Which paper shows it, and what happens meanwhile.
    pub unsure: String,
    /// What can be chosen.
    pub options: Vec<Choosable>,
    /// Phrases that say yes to just this.
    yes: Vec<String>,
    /// Phrases that say no to just this.
    no: Vec<String>,
    /// Words that tie a figure or a date near them to this fact; folded once loaded.
    pub cues: Vec<String>,
    /// What a count counts.
    pub unit: String,
    /// The least that is plausible.
    pub least: Option<i64>,
    /// The most that is plausible.
    pub most: Option<i64>,
    /// Whether a date may lie ahead.
    pub future: bool,
    /// Health, hardship and the like: may be left out.
    pub sensitive: bool,
    /// Cannot be left out.
    pub needed: bool,
    /// Nobody changes it at will: never named as a change that would help.
    pub fixed: bool,
    /// How one comes to have more: 再缴{}失业保险.
    pub grow: String,
    /// The function that works it out, for a fact that is never asked.
    pub function: Option<Function>,
    /// What it is worked out from.
    pub from: Vec<String>,
}

/// Something that cannot be true of anyone.
#[derive(Debug)]
pub struct Conflict {
    /// Its name in the file.
    pub id: String,
    /// What would have to hold.
    pub when: Condition,
    /// What is said about it.
    pub says: String,
    /// The facts that cannot both be right.
    pub about: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawConflict {
    id: String,
    when: RawCondition,
    says: String,
    about: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    fact: Vec<Fact>,
    conflict: Vec<RawConflict>,
}

/// All facts and questions, by id, and what cannot be.
#[derive(Default)]
pub struct Facts {
    by_id: HashMap<String, Fact>,
    /// Ids in the order of the file.
    pub order: Vec<String>,
    /// What cannot be true of anyone.
    pub conflicts: Vec<Conflict>,
}

/// Characters in a question.
const ASK: usize = 60;

impl Facts {
    /// Reads and checks the file.
    pub fn load(file: &Path, language: &Language, amounts: &Amounts, problems: &mut Vec<Problem>) -> Self {
        let mut facts = Self::default();
        let Some(text) = read::text_of(file, problems) else { return facts };
        let mut report = Report::on(file, problems);
        let rows = read::table::<File>(&text, &mut report).unwrap_or_default();
        for row in rows.fact {
            let id = row.id.clone();
            let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            report.expect(plain, format!("fact.{id}.id"), "an id is made of a-z, 0-9 and _");
            report.expect(!facts.by_id.contains_key(&id), format!("fact.{id}"), "this id stands here twice");
            facts.add(row, &format!("fact.{id}"), language, &mut report);
        }
        facts.check_names(&mut report);
        for fact in facts.by_id.values() {
            for from in &fact.from {
                let asked = facts.by_id.get(from).is_some_and(|from| from.function.is_none());
                report.expect(
                    asked,
                    format!("fact.{}.from", fact.id),
                    format!("`{from}` is no fact that is asked for"),
                );
            }
        }
        for row in rows.conflict {
            let key = format!("conflict.{}", row.id);
            report.expect(!row.says.is_empty(), format!("{key}.says"), "say what cannot be");
            report.expect(!row.about.is_empty(), format!("{key}.about"), "name the facts that cannot both be right");
            for about in &row.about {
                report.expect(facts.asked(about), format!("{key}.about"), format!("there is no fact `{about}`"));
            }
            if let Some(when) = row.when.checked(&facts, &format!("{key}.when"), &mut report) {
                when.check_limits(amounts, &format!("{key}.when"), &mut report);
                facts.conflicts.push(Conflict { id: row.id, when, says: row.says, about: row.about });
            }
        }
        facts
    }

    /// Takes a fact or a question in, its phrases folded.
    pub fn add(&mut self, mut fact: Fact, key: &str, language: &Language, report: &mut Report<'_>) {
        let fold = |text: &String| language.fold(text).replace(' ', "");
        if fact.kind == Kind::YesNo {
            let option = |id: &str, label: &str, says: &[String]| Choosable {
                id: id.into(),
                label: label.into(),
                says: says.to_vec(),
            };
            fact.options = vec![option("yes", "是", &fact.yes), option("no", "不是", &fact.no)];
        }
        fact.check(key, report);
        fact.also = fact.also.iter().chain([&fact.name]).map(fold).collect();
        fact.cues = fact.cues.iter().map(fold).collect();
        for option in &mut fact.options {
            option.says = option.says.iter().map(fold).collect();
            if fact.kind == Kind::Choice {
                option.says.push(fold(&option.label));
            }
        }
        fact.check_phrases(key, report);
        self.order.push(fact.id.clone());
        self.by_id.insert(fact.id.clone(), fact);
    }

    /// A fact or a question, also one of a list's items (`fact@list.2`).
    pub fn get(&self, key: &str) -> Option<&Fact> {
        self.by_id.get(base(key))
    }

    /// Whether this fact exists and can be asked for.
    pub fn asked(&self, id: &str) -> bool {
        self.by_id.get(id).is_some_and(|fact| fact.function.is_none())
    }

    /// Every fact and question.
    pub fn all(&self) -> impl Iterator<Item = &Fact> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Whether a value may still stand: the fact exists, its kind and its options are the same.
    pub fn allows(&self, key: &str, value: &Value) -> bool {
        let Some(fact) = self.get(key) else { return false };
        match (value, fact.kind) {
            (Value::Unsure | Value::Skipped, _) => true,
            (Value::Option(id), Kind::Choice | Kind::YesNo) => fact.option(id).is_some(),
            (Value::Number(number), Kind::Months | Kind::Number | Kind::Money) => fact.is_plausible(*number),
            (Value::Days(_), Kind::Date | Kind::Birth) | (Value::Words(_), Kind::Words) => true,
            _ => false,
        }
    }

    fn check_names(&self, report: &mut Report<'_>) {
        let mut names = HashMap::default();
        for fact in self.all() {
            for name in &fact.also {
                if let Some(other) = names.insert(name, &fact.id).filter(|other| *other != &fact.id) {
                    report.add(format!("fact.{}.also", fact.id), format!("`{name}` names {other} too"));
                }
            }
        }
    }
}

/// The fact that a key is about: what stands before `@`.
pub fn base(key: &str) -> &str {
    key.split('@').next().unwrap_or(key)
}

impl Fact {
    /// The question whether there is another thing of a list.
    pub(super) fn another(id: String, item: &str, ask: String) -> Self {
        Self {
            id,
            name: format!("还有别的{item}"),
            kind: Kind::YesNo,
            ask,
            why: format!("有几个{item}就记几个，结果才准。"),
            unsure: "先按已经说的算，想起来随时可以再加。".into(),
            ..Self::default()
        }
    }

    /// An option by its id.
    pub fn option(&self, id: &str) -> Option<&Choosable> {
        self.options.iter().find(|option| option.id == id)
    }

    /// Whether a number lies within what is plausible.
    pub fn is_plausible(&self, number: i64) -> bool {
        self.least.is_none_or(|least| least <= number) && self.most.is_none_or(|most| number <= most)
    }

    /// A number in the fact's unit.
    pub fn in_words(&self, number: i64) -> String {
        match self.kind {
            Kind::Months => format!("{number}个月"),
            Kind::Money if number % 100 == 0 => format!("{}元", number / 100),
            Kind::Money => format!("{}元", number as f64 / 100.0),
            _ => format!("{number}{}", self.unit),
        }
    }

    /// A value in words.
    pub fn value_words(&self, value: &Value) -> String {
        match value {
            Value::Option(id) => self.option(id).map_or_else(|| id.clone(), |option| option.label.clone()),
            Value::Number(number) => self.in_words(*number),
            // An age tells the birth to a year; to say both ends to the day would be odd.
            Value::Days(span) if self.kind == Kind::Birth && (span.to - span.from).num_days() > 31 => {
                let month = |day: chrono::NaiveDate| day.format("%Y年%-m月").to_string();
                format!("{}至{}之间", month(span.from), month(span.to))
            }
            Value::Days(span) => span.words(),
            Value::Words(words) => words.clone(),
            Value::Unsure => "不确定".into(),
            Value::Skipped => "没有回答".into(),
        }
    }

    fn check(&self, key: &str, report: &mut Report<'_>) {
        let mut expect = |fine, part: &str, says: &str| report.expect(fine, format!("{key}.{part}"), says);
        expect(!self.name.is_empty(), "name", "say what people call it");
        expect(self.name.chars().count() <= 14, "name", "at most 14 characters");
        if self.function.is_some() {
            expect(!self.from.is_empty(), "from", "say what it is worked out from");
            return;
        }
        expect(!self.ask.is_empty(), "ask", "say how it is asked for");
        expect(self.ask.chars().count() <= ASK, "ask", "too long: at most 60 characters");
        expect(!self.why.is_empty(), "why", "say why we ask");
        expect(!self.unsure.is_empty(), "unsure", "say which paper shows it");
        expect(
            self.least.is_none_or(|least| self.most.is_none_or(|most| least <= most)),
            "most",
            "less than the least",
        );
        expect(self.also.iter().all(|name| name.chars().count() >= 2), "also", "a name has two characters at least");
        match self.kind {
            Kind::Choice => self.check_options(&mut expect),
            Kind::YesNo => {}
            _ => expect(self.options.is_empty(), "options", "only a choice has options"),
        }
    }

    /// A phrase says one option only, in either script; and every answer fits a button.
    fn check_phrases(&self, key: &str, report: &mut Report<'_>) {
        for (i, option) in self.options.iter().enumerate() {
            let others = self.options[..i].iter().flat_map(|other| &other.says);
            let same = others.into_iter().any(|phrase| option.says.contains(phrase));
            let place = format!("{key}.options.{}", option.id);
            report.expect(!same, place, "another option is said by the same phrase");
        }
        self.check_acts(&self.id, key, report);
    }

    /// Every answer to a question of this key fits a button.
    pub(super) fn check_acts(&self, asked: &str, key: &str, report: &mut Report<'_>) {
        for option in self.options.iter().map(|option| option.id.as_str()).chain(["unsure"]) {
            let fits = format!("answer/{asked}/{option}").len() <= limits::ACT_BYTES;
            let place = format!("{key}.options.{option}");
            report.expect(fits, place, "the ids are too long for a button: at most 64 bytes");
        }
    }

    fn check_options(&self, expect: &mut impl FnMut(bool, &str, &str)) {
        expect(self.options.len() >= 2, "options", "give two at least");
        // Not sure and a person stand beside them.
        expect(self.options.len() + 2 <= limits::CHOICES, "options", "too many for a channel: at most 11");
        for (i, option) in self.options.iter().enumerate() {
            let part = format!("options.{}", option.id);
            let plain = !option.id.is_empty()
                && option.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            expect(plain, &part, "an id is made of a-z, 0-9 and _");
            expect(!matches!(&*option.id, "unsure" | "else" | "skipped"), &part, "this id is taken by the format");
            expect(!option.label.is_empty(), &part, "an option needs its label");
            expect(
                option.label.chars().count() <= limits::OPTION,
                &part,
                "the label is too long: at most 20 characters fit every channel",
            );
            let earlier = &self.options[..i];
            expect(earlier.iter().all(|other| other.id != option.id), &part, "this id stands here twice");
            expect(earlier.iter().all(|other| other.label != option.label), &part, "this label stands here twice");
            expect(
                option.says.iter().all(|phrase| phrase.chars().count() >= 2),
                &part,
                "a phrase has two characters at least",
            );
        }
    }
}
