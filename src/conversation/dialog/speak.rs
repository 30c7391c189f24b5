//! Puts a procedure into messages: questions, what was understood, results, the summary.

use crate::{
    conversation::{
        answer::Speaker,
        dialog::walk::{Event, Said, Walk, item_of},
        eligibility::in_words,
        told::Told,
        wording,
    },
    library::{
        fact::{Conflict, Fact, Kind, Value},
        flow::{Flow, Saying},
    },
    message::{Act, Kind as Reply, Message, Outcome, Repair, Source, Verdict, Weighed},
};

/// Conditions of one outcome that are shown; a whole ranking shows none.
const RANKED: usize = 3;

impl Speaker<'_> {
    /// A question, with what was understood before it.
    pub(super) fn question(&self, key: &str, fact: &Fact, before: &str, earlier: Option<&Value>) -> Message {
        let ask = match item_of(key) {
            Some((_, _, number)) if !fact.id.contains('/') => format!("第{number}个：{}", fact.ask),
            _ => fact.ask.clone(),
        };
        let lead = if before.is_empty() { ask } else { format!("{before}\n{ask}") };
        let earlier = earlier.map(|value| format!("您之前的回答是“{}”。不改就回复“不变”。", fact.value_words(value)));
        let free = fact.sensitive.then_some("不想说可以回复“跳过”。");
        let points: Vec<&str> = Some(fact.help.as_str())
            .filter(|help| !help.is_empty())
            .into_iter()
            .chain(free)
            .chain(earlier.as_deref())
            .collect();
        let mut message = self.say(Reply::Flow, &lead, &points);
        let answer = |option: &str| Act::Answer(key.into(), option.into());
        let options = fact.options.iter().map(|option| answer(&option.id));
        self.offer(&mut message, options.chain([answer("unsure")]).collect());
        message
    }

    /// Two answers that cannot both be right.
    pub(super) fn conflict(&self, conflict: &Conflict, before: &str) -> Message {
        let lead = if before.is_empty() { conflict.says.clone() } else { format!("{before}\n{}", conflict.says) };
        let mut message = self.say(Reply::Flow, &lead, &[wording::CONFLICT]);
        self.offer(&mut message, conflict.about.iter().map(|fact| Act::Change(fact.clone())).collect());
        message
    }

    /// What a procedure says on the way.
    pub(super) fn event(&self, event: &Event<'_>) -> Message {
        match &event.what {
            Said::Words(saying) => self.saying(saying),
            Said::Weighed(outcomes) => self.outcomes(outcomes),
        }
    }

    /// Words of a procedure, with the sources of the article in which they are laid down.
    pub(super) fn saying(&self, saying: &Saying) -> Message {
        let points: Vec<&str> = saying.points.iter().map(String::as_str).collect();
        let article = saying.article.as_ref().and_then(|id| self.library.article(id));
        let mut message = match article {
            Some(article) => self.tell(article, &saying.lead, &points),
            None => self.say(Reply::Flow, &saying.lead, &points),
        };
        message.kind = Reply::Flow;
        message
    }

    /// Results with their proofs; several at once are ranked and short.
    pub fn outcomes(&self, outcomes: &[Outcome]) -> Message {
        let mut message = match outcomes {
            [one] => self.outcome(one),
            several => self.ranking(several),
        };
        message.kind = Reply::Eligibility;
        message.outcomes = outcomes.iter().map(|outcome| self.outcome_spoken(outcome)).collect();
        message
    }

    /// One result: each condition, the person's own value, what is demanded; what is given; the
    /// smallest change.
    fn outcome(&self, outcome: &Outcome) -> Message {
        let title = titled(outcome);
        let lead = format!("初步判断：“{title}”，您{}。", in_words(outcome.verdict));
        let mut points: Vec<String> = outcome.because.iter().cloned().collect();
        for need in &outcome.needs {
            let state = match (need.holds, need.unconfirmed) {
                (Some(true), false) => "符合",
                (Some(true), true) => "看来符合（这一条还没有确认）",
                (Some(false), false) => "不符合",
                (Some(false), true) => "看来不符合（这一条还没有确认）",
                (None, _) => "还不知道",
            };
            let value =
                if need.holds.is_some() { format!("您：{}", need.value) } else { "您：还不确定".into() };
            let bound =
                if need.holds == Some(false) { format!("，要求：{}", need.threshold) } else { String::new() };
            points.push(format!("{state}：{}（{value}{bound}）", need.says));
            points.extend(need.paper.clone());
        }
        points.extend(outcome.awards.iter().map(given));
        points.extend(outcome.would_change.iter().map(|change| format!("怎样会变：{}。", change.change)));
        let points: Vec<&str> = points.iter().map(String::as_str).collect();
        let mut message = self.say(Reply::Eligibility, &lead, &points);
        let scheme = self.library.scheme(&outcome.scheme);
        message.notes.extend(scheme.filter(|scheme| !scheme.note.is_empty()).map(|scheme| self.spoken(&scheme.note)));
        if scheme.is_some_and(|scheme| scheme.review_by < self.today) {
            message.notes.push(self.spoken(wording::OVERDUE));
        }
        message.notes.push(self.spoken(&format!(
            "这是按{}有效的规定做的初步判断，最后由经办机构核定；有疑问回复 0 找人工。",
            outcome.day
        )));
        message.sources = self.sources_of(outcome);
        message
    }

    /// Each document of an outcome once.
    fn sources_of(&self, outcome: &Outcome) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for need in &outcome.needs {
            let (title, article) = need.source.split_once(' ').unwrap_or((&need.source, ""));
            let article = (!article.is_empty()).then(|| self.spoken(article));
            let source =
                Source { title: self.spoken(title), number: None, article, as_of: need.as_of.clone(), url: None };
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }

    /// Everything at once: what one can get, probably can, and cannot, with the main reason.
    fn ranking(&self, outcomes: &[Outcome]) -> Message {
        let ranked = ranked(outcomes);
        let mut points = Vec::new();
        for (standing, label) in Standing::ALL {
            let own: Vec<&&Outcome> = ranked.iter().filter(|outcome| Standing::of(outcome) == standing).collect();
            if !own.is_empty() {
                points.push(format!("{label}："));
                points.extend(own.iter().map(|outcome| format!("{}{}", titled(outcome), reason(outcome))));
            }
        }
        let lead = if outcomes.iter().all(|outcome| outcome.item.is_some()) {
            "初步判断，一样一样看："
        } else {
            wording::RANKING
        };
        let points: Vec<&str> = points.iter().map(String::as_str).collect();
        let mut message = self.say(Reply::Eligibility, lead, &points);
        let day = outcomes.first().map_or("", |outcome| outcome.day.as_str());
        message.notes.push(
            self.spoken(&format!("这是按{day}有效的规定做的初步判断，最后由经办机构核定；有疑问回复 0 找人工。")),
        );
        for source in ranked
            .iter()
            .filter(|outcome| Standing::of(outcome) == Standing::Can)
            .flat_map(|outcome| self.sources_of(outcome))
        {
            if !message.sources.contains(&source) {
                message.sources.push(source);
            }
        }
        message
    }

    /// The schemes that a ranking leads to, the best first.
    pub(super) fn leads_to(&self, outcomes: &[Outcome]) -> Vec<Act> {
        let ranked = ranked(outcomes).into_iter().filter(|outcome| outcome.verdict != Verdict::NotEligible);
        ranked.map(|outcome| Act::Begin(outcome.scheme.clone())).take(8).collect()
    }

    /// An outcome in the person's script.
    fn outcome_spoken(&self, outcome: &Outcome) -> Outcome {
        let mut spoken = outcome.clone();
        let texts = [&mut spoken.title].into_iter().chain(&mut spoken.item).chain(&mut spoken.because);
        let needs = spoken.needs.iter_mut().flat_map(|need| {
            [&mut need.says, &mut need.value, &mut need.threshold, &mut need.source]
                .into_iter()
                .chain(&mut need.paper)
                .chain(&mut need.reading)
        });
        let awards = spoken.awards.iter_mut().flat_map(|award| [&mut award.label, &mut award.unit, &mut award.working]);
        let changes = spoken.would_change.iter_mut().map(|change| &mut change.change);
        for text in texts.chain(needs).chain(awards).chain(changes) {
            *text = self.spoken(text);
        }
        spoken
    }

    /// What was answered on the way, one to a line.
    pub(super) fn answers(&self, walk: &Walk<'_>, told: &Told) -> Vec<String> {
        let line = |key: &String| {
            let (fact, value) = (self.library.facts.get(key)?, told.get(key)?);
            Some(format!("{}：{}", self.name_of(key, fact, walk), fact.value_words(value)))
        };
        // Whether there was another thing shows in the list itself.
        walk.path.iter().filter(|key| !is_more(key, walk)).filter_map(line).collect()
    }

    /// What a question is called, with the number of its thing.
    pub(super) fn name_of(&self, key: &str, fact: &Fact, walk: &Walk<'_>) -> String {
        let item = item_of(key).and_then(|(_, node, number)| {
            let (list, ..) = walk.lists.iter().find(|(_, other, _)| other == node)?;
            Some(format!("{}{number}的", list.item))
        });
        format!("{}{}", item.unwrap_or_default(), fact.name)
    }

    /// The summary of a procedure, to show at a counter.
    pub fn summary(&self, flow: &Flow, walk: &Walk<'_>, told: &Told) -> Message {
        let mut points = self.answers(walk, told);
        if points.is_empty() {
            points.push("还没有回答。".into());
        }
        for event in &walk.events {
            if let Said::Weighed(outcomes) = &event.what {
                // Of a whole ranking only the best: the page is to be read at a counter.
                let shown = ranked(outcomes).into_iter().filter(|outcome| {
                    outcomes.len() <= RANKED || matches!(Standing::of(outcome), Standing::Can | Standing::Probably)
                });
                points.extend(shown.map(|outcome| {
                    let awards: Vec<String> = outcome.awards.iter().map(given).collect();
                    let awards =
                        if awards.is_empty() { String::new() } else { format!("（{}）", awards.join("；")) };
                    format!("结果：“{}”{}{awards}", titled(outcome), in_words(outcome.verdict))
                }));
            }
        }
        let points: Vec<&str> = points.iter().map(String::as_str).collect();
        let mut message = self.say(Reply::Flow, &format!("办理小结：{}（{}）", flow.title, self.today), &points);
        message.notes.push(self.spoken(wording::SUMMARY));
        message
    }

    /// The answers so far, each of which can be changed.
    pub(super) fn review(&self, flow: &Flow, walk: &Walk<'_>, told: &Told) -> Message {
        let keys: Vec<&String> = walk.path.iter().filter(|key| !is_more(key, walk)).collect();
        let lead = if keys.is_empty() {
            wording::NOTHING_TOLD
        } else {
            "这是您到现在的回答。要改哪一个，回复它的数字；不改就回复“继续”。"
        };
        let answers = self.answers(walk, told);
        let points: Vec<&str> = answers.iter().map(String::as_str).collect();
        let mut message = self.say(Reply::Flow, &format!("“{}”：{lead}", flow.title), &points);
        let latest = keys.len().saturating_sub(10);
        let change = keys[latest..].iter().map(|key| Act::Change((*key).clone()));
        self.offer(&mut message, change.chain([Act::Mend(Repair::Resume)]).collect());
        message
    }
}

/// Whether a key only asks for another thing of a list.
fn is_more(key: &str, walk: &Walk<'_>) -> bool {
    walk.lists.iter().any(|(list, ..)| crate::library::fact::base(key) == list.more)
}

fn titled(outcome: &Outcome) -> String {
    match &outcome.item {
        Some(item) => format!("{item}：{}", outcome.title),
        None => outcome.title.clone(),
    }
}

fn given(award: &crate::message::Given) -> String {
    let working = if award.working.is_empty() { String::new() } else { format!("（{}）", award.working) };
    format!("{}：{}{}{working}", award.label, award.value, award.unit)
}

/// Where a scheme stands in a ranking.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Standing {
    Can,
    Probably,
    Open,
    Undecided,
    Cannot,
}

impl Standing {
    const ALL: [(Self, &str); 5] = [
        (Self::Can, "符合条件"),
        (Self::Probably, "可能符合，还要再问几个问题"),
        (Self::Open, "还没有问到"),
        (Self::Undecided, "还不能确定"),
        (Self::Cannot, "看来不符合"),
    ];

    /// What is likely only because little of it is known yet is still open.
    fn of(outcome: &Outcome) -> Self {
        match outcome.verdict {
            Verdict::Eligible => Self::Can,
            Verdict::Likely if unknown_share(outcome) <= 50 => Self::Probably,
            Verdict::Likely => Self::Open,
            Verdict::Unknown => Self::Undecided,
            Verdict::NotEligible => Self::Cannot,
        }
    }
}

/// What one can get first, what one cannot last; among equals the one of which most is known.
fn ranked(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let mut ranked: Vec<&Outcome> = outcomes.iter().collect();
    ranked.sort_by_key(|outcome| (Standing::of(outcome), unknown_share(outcome)));
    ranked
}

/// How much of a scheme's conditions is not known, in percent.
fn unknown_share(outcome: &Outcome) -> usize {
    let unknown = outcome.needs.iter().filter(|need| need.holds.is_none()).count();
    unknown * 100 / outcome.needs.len().max(1)
}

/// The main reason of a result, in a few words.
fn reason(outcome: &Outcome) -> String {
    let failing = outcome.needs.iter().find(|need| need.holds == Some(false));
    let open = outcome.needs.iter().find(|need| need.holds.is_none());
    // A condition is told with where it is laid down.
    let told = |word: &str, need: &Weighed| format!("（{word}：{}。出处：{}）", need.says, need.source);
    match (outcome.verdict, failing, open, &outcome.because) {
        (_, _, _, Some(because)) => format!("（{}）", because.trim_end_matches('。')),
        (Verdict::NotEligible | Verdict::Unknown, Some(need), ..) => told("要求", need),
        (_, _, Some(need), _) => told("还要看", need),
        _ => String::new(),
    }
}

/// How a question of this kind is answered.
pub(super) fn form_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Choice => "请回复下面的数字，或者直接说。",
        Kind::YesNo => "请回答“是”或者“不是”。",
        Kind::Date => "请说年和月，比如：2026年10月，或者上个月底。",
        Kind::Birth => "请说出生年月或年龄，比如：1974年3月，或者52岁。",
        Kind::Months => "请说几年零几个月，比如：3年9个月。",
        Kind::Number => "请说一个数字，比如：3。",
        Kind::Money => "请说多少元，比如：3500元。",
        Kind::Words => "请用一两句话说。",
    }
}
