//! Walks a person through a procedure. What they told is kept once; the place follows from it, so
//! going back, correcting, leaving and returning need nothing of their own.

mod away;
mod correct;
mod hear;
pub mod listen;
mod mend;
mod speak;
pub mod walk;

use std::collections::HashSet;

pub use away::welcome;
pub use mend::report;

use crate::{
    conversation::{
        answer::Speaker,
        dialog::{
            speak::form_of,
            walk::{At, Said, Walk},
        },
        handoff::Handoff,
        state::{Conversation, Reason, Result, Task},
        told::Told,
        wording,
    },
    library::{
        Library,
        fact::{Fact, Kind, Value},
        flow::{Flow, digest},
    },
    message::{Act, Kind as Reply, Message, Outcome, Verdict},
};

/// Days after which what was told is forgotten.
pub const KEPT_DAYS: i64 = 30;

/// One turn of a procedure.
pub struct Dialog<'a> {
    /// What is remembered.
    pub next: &'a mut Conversation,
    /// Who speaks, to whom, on which day.
    pub speaker: &'a Speaker<'a>,
}

/// Where a person stands in the procedure at hand.
pub fn place<'a>(
    library: &'a Library,
    conversation: &Conversation,
    today: chrono::NaiveDate,
) -> Option<(&'a Flow, Walk<'a>)> {
    let task = conversation.tasks.last()?;
    let flow = library.flow(&task.flow)?;
    let hidden = set_aside(library, &conversation.tasks[..conversation.tasks.len() - 1], &conversation.told, today);
    Some((flow, walk::walk(library, flow, &conversation.told, &hidden, today)))
}

/// The key of the question that is asked now.
pub fn question<'a>(task: &'a Task, walk: &'a Walk<'_>) -> Option<&'a str> {
    match (&task.reopened, &walk.at) {
        (Some(key), _) if walk.path.contains(key) => Some(key),
        (_, At::Question(key, _)) => Some(key),
        (_, At::Conflict(conflict)) => conflict.about.first().map(String::as_str),
        _ => None,
    }
}

/// The key of the question that a conversation stands at.
pub fn question_at(library: &Library, conversation: &Conversation, today: chrono::NaiveDate) -> Option<String> {
    let (_, walk) = place(library, conversation, today)?;
    question(conversation.tasks.last()?, &walk).map(str::to_owned)
}

/// Answers that waiting procedures asked for and no longer reach: nothing else may use them.
fn set_aside(library: &Library, waiting: &[Task], told: &Told, today: chrono::NaiveDate) -> HashSet<String> {
    let mut aside = HashSet::new();
    for task in waiting {
        let Some(flow) = library.flow(&task.flow) else { continue };
        let walk = walk::walk(library, flow, told, &aside, today);
        aside.extend(task.answered.iter().filter(|key| !walk.path.contains(key)).cloned());
    }
    aside
}

impl<'a> Dialog<'a> {
    fn library(&self) -> &'a Library {
        self.speaker.library
    }

    fn place(&self) -> Option<(&'a Flow, Walk<'a>)> {
        place(self.library(), self.next, self.speaker.today)
    }

    /// The question at hand: its key and what it asks.
    fn at_hand(&self) -> Option<(String, &'a Fact)> {
        let (_, walk) = self.place()?;
        let key = question(self.next.tasks.last()?, &walk)?.to_owned();
        let fact = self.library().facts.get(&key)?;
        Some((key, fact))
    }

    /// Whether the question at hand is answered by any words.
    pub fn takes_any_words(&self) -> bool {
        self.at_hand().is_some_and(|(_, fact)| fact.kind == Kind::Words)
    }

    /// Begins a procedure, on top of what is under way.
    pub fn begin(&mut self, id: &str) -> Vec<Message> {
        let Some(flow) = self.library().flow(id) else {
            return vec![self.speaker.say(Reply::Smalltalk, wording::STALE, &[])];
        };
        if let Some(at) = self.next.tasks.iter().position(|task| task.flow == flow.id) {
            // It is under way: what stands on top of it is left.
            self.next.tasks.truncate(at + 1);
            return self.go_on(&format!("我们接着办“{}”。", flow.title));
        }
        let left = self.next.left.take_if(|left| left.flow == flow.id);
        if let Some(task) = left.filter(|left| !left.done) {
            self.next.tasks.push(task);
            return self.go_on(&format!("接着上次的“{}”，您的回答都还在。", flow.title));
        }
        self.forget_before(flow);
        self.next.tasks.push(Task { flow: flow.id.clone(), digest: flow.digest.clone(), ..Task::default() });
        self.open(flow)
    }

    /// The first words of a procedure.
    fn open(&mut self, flow: &Flow) -> Vec<Message> {
        let before = format!("好的，我们来办“{}”。{}", flow.title, flow.intro);
        let known = self.place().map(|(_, walk)| self.speaker.answers(&walk, &self.next.told)).unwrap_or_default();
        let mut said = self.go_on(&before);
        if let Some(first) = said.first_mut() {
            if !known.is_empty() {
                first.notes.push(
                    self.speaker.spoken(&format!("您之前说过：{}。不对的话，直接说要改哪一个。", known.join("；"))),
                );
            }
            first.notes.push(self.speaker.spoken(wording::REPAIRS));
        }
        said
    }

    /// Forgets what the procedure before left aside, and the own questions and lists of one that
    /// begins anew; facts stay, and so does what a waiting procedure stands on.
    fn forget_before(&mut self, flow: &Flow) {
        let library = self.library();
        let mut gone = HashSet::new();
        if let Some(left) = self.next.left.as_ref().filter(|left| left.done) {
            let reached = library.flow(&left.flow);
            let reached = reached
                .map(|flow| walk::walk(library, flow, &self.next.told, &HashSet::new(), self.speaker.today).path);
            let reached = reached.unwrap_or_default();
            gone.extend(left.answered.iter().filter(|key| !reached.contains(key)).cloned());
        }
        let own = format!("{}/", flow.id);
        let nodes: Vec<String> = flow.nodes.iter().map(|node| format!("@{}.", node.id)).collect();
        let is_own = |key: &str| key.starts_with(&own) || nodes.iter().any(|node| key.contains(node.as_str()));
        gone.extend(self.next.told.iter().map(|(key, _)| key.to_owned()).filter(|key| is_own(key)));
        let stands = |key: &str| self.next.tasks.iter().any(|task| task.path.iter().any(|other| other == key));
        gone.retain(|key| !stands(key));
        self.next.told.retain(|key| !gone.contains(key));
    }

    /// Says what is new on the way, and asks the question at hand. `before` is said first.
    pub fn go_on(&mut self, before: &str) -> Vec<Message> {
        let mut said = Vec::new();
        let mut before = before.to_owned();
        while let Some((flow, walk)) = self.place() {
            let reopened = self.reopened(&walk);
            if reopened.is_none() {
                self.say_events(&walk, &mut before, &mut said);
            }
            self.note_place(flow, &walk);
            match (&walk.at, reopened) {
                (_, Some((key, fact, earlier))) => {
                    said.push(self.speaker.question(&key, fact, &before, Some(&earlier)));
                    return said;
                }
                (At::Question(key, fact), _) => {
                    said.push(self.speaker.question(key, fact, &before, None));
                    return said;
                }
                (At::Conflict(conflict), _) => {
                    said.push(self.speaker.conflict(conflict, &before));
                    return said;
                }
                (At::End(..) | At::Counsellor, _) => self.end(flow, &walk, &mut before, &mut said),
            }
            let Some(below) = self.next.tasks.last().and_then(|task| self.library().flow(&task.flow)) else { break };
            // Only the last message of a turn offers anything.
            said.iter_mut().for_each(|message| message.choices.clear());
            before = format!("我们回到“{}”。", below.title);
        }
        if said.is_empty() {
            said.push(self.speaker.say(
                Reply::Smalltalk,
                if before.is_empty() { wording::STALE } else { &before },
                &[],
            ));
        }
        said
    }

    /// A question that is answered once more, and its earlier answer.
    fn reopened(&self, walk: &Walk<'_>) -> Option<(String, &'a Fact, Value)> {
        let key = self.next.tasks.last()?.reopened.clone().filter(|key| walk.path.contains(key))?;
        Some((key.clone(), self.library().facts.get(&key)?, self.next.told.get(&key)?.clone()))
    }

    /// Says what was not said before.
    fn say_events(&mut self, walk: &Walk<'_>, before: &mut String, said: &mut Vec<Message>) {
        for event in &walk.events {
            let id = match &event.what {
                Said::Words(_) => event.id.clone(),
                Said::Weighed(outcomes) => format!("{}#{}", event.id, digest(&format!("{outcomes:?}"))),
            };
            let Some(task) = self.next.tasks.last_mut() else { return };
            if task.heard.contains(&id) {
                continue;
            }
            task.heard.push(id);
            let mut message = self.speaker.event(event);
            message.choices.clear();
            lead_with(before, &mut message, self.speaker);
            said.push(message);
            if let Said::Weighed(outcomes) = &event.what {
                self.remember_results(outcomes);
            }
        }
    }

    /// Remembers where the person stands, to tell what an edit changed.
    fn note_place(&mut self, flow: &Flow, walk: &Walk<'_>) {
        if let Some(task) = self.next.tasks.last_mut() {
            task.path.clone_from(&walk.path);
            task.path.extend(match &walk.at {
                At::Question(key, _) => Some(key.clone()),
                _ => None,
            });
            task.digest.clone_from(&flow.digest);
        }
    }

    /// The end of a procedure: the summary, the last words, and what comes next.
    fn end(&mut self, flow: &'a Flow, walk: &Walk<'_>, before: &mut String, said: &mut Vec<Message>) {
        let mut last = match &walk.at {
            At::End(saying, next) => {
                let mut message = if saying.lead.is_empty() {
                    self.speaker.say(Reply::Flow, wording::WEIGHED, &[])
                } else {
                    self.speaker.saying(saying)
                };
                let mut acts: Vec<Act> = next.iter().map(|id| self.speaker.way(id)).collect();
                if let Some(Said::Weighed(outcomes)) = walk.events.last().map(|event| &event.what) {
                    acts = if outcomes.len() > 1 {
                        self.speaker.leads_to(outcomes)
                    } else {
                        self.after_weighing(flow, outcomes, acts)
                    };
                }
                self.speaker.offer(&mut message, acts);
                if let Some(Said::Weighed(outcomes)) = walk.events.last().map(|event| &event.what)
                    && let [outcome] = outcomes.as_slice()
                    && outcome.office_decides()
                {
                    let mut handoff = Handoff { next: self.next, speaker: self.speaker };
                    handoff.with(&mut message, Reason::Result, wording::OFFICE_DECIDES);
                }
                message
            }
            // The counsellor is there already.
            _ if self.next.talk.is_some() => self.speaker.say(Reply::Human, wording::TOGETHER, &[]),
            _ => {
                let decides = matches!(walk.events.last().map(|event| &event.what),
                    Some(Said::Weighed(outcomes)) if outcomes.iter().any(|outcome| outcome.verdict == Verdict::Unknown));
                let reason = if decides { Reason::Result } else { Reason::Procedure };
                let mut handoff = Handoff { next: self.next, speaker: self.speaker };
                handoff.request(reason);
                handoff.waiting(wording::HANDED_OVER)
            }
        };
        // What only weighs has said it all already.
        if !flow.names.is_empty() {
            let mut summary = self.speaker.summary(flow, walk, &self.next.told);
            summary.choices.clear();
            lead_with(before, &mut summary, self.speaker);
            said.push(summary);
        }
        lead_with(before, &mut last, self.speaker);
        said.push(last);
        self.leave(true);
    }

    /// From a result to its procedure and its article.
    fn after_weighing(&self, flow: &Flow, outcomes: &[Outcome], mut acts: Vec<Act>) -> Vec<Act> {
        let scheme = outcomes.first().and_then(|outcome| self.library().scheme(&outcome.scheme));
        if let Some(scheme) = scheme {
            let procedure = scheme.flow.iter().filter(|other| **other != flow.id);
            for id in procedure.chain([&scheme.article]) {
                let act = self.speaker.way(id);
                if !acts.contains(&act) {
                    acts.push(act);
                }
            }
        }
        acts
    }

    /// Leaves the procedure at hand, ended or not.
    fn leave(&mut self, done: bool) {
        let Some(mut task) = self.next.tasks.pop() else { return };
        task.reopened = None;
        task.done = done;
        self.next.left = Some(task);
    }

    fn remember_results(&mut self, outcomes: &[Outcome]) {
        let (library, today) = (self.library(), self.speaker.today);
        for outcome in outcomes.iter().filter(|outcome| outcome.item.is_none()) {
            let Some(scheme) = library.scheme(&outcome.scheme) else { continue };
            let mut used: Vec<&str> = scheme.facts();
            used.extend(
                used.clone()
                    .into_iter()
                    .filter_map(|fact| library.facts.get(fact))
                    .flat_map(|fact| fact.from.iter().map(String::as_str)),
            );
            let facts = self
                .next
                .told
                .iter()
                .filter(|(key, _)| used.contains(key))
                .map(|(key, value)| (key.to_owned(), value.clone()));
            let result = Result {
                scheme: outcome.scheme.clone(),
                on: today,
                verdict: outcome.verdict,
                awards: awards_of(outcome),
                facts: facts.collect(),
            };
            self.next.results.retain(|other| other.scheme != result.scheme);
            self.next.results.push(result);
        }
    }

    /// Takes an answer in. What was understood is said back in one phrase.
    fn take(&mut self, answers: Vec<(String, Value)>) -> Vec<Message> {
        let heard: Vec<String> = answers.into_iter().filter_map(|(key, value)| self.store(&key, value)).collect();
        self.go_on(&heard.join(""))
    }

    /// Stores one answer; says what was understood, and what it was before.
    fn store(&mut self, key: &str, value: Value) -> Option<String> {
        let fact = self.library().facts.get(key)?;
        let name =
            self.place().map(|(_, walk)| self.speaker.name_of(key, fact, &walk)).unwrap_or_else(|| fact.name.clone());
        let words = fact.value_words(&value);
        let phrase = match (&value, self.next.told.set(key, value.clone())) {
            (Value::Unsure, _) => format!("没关系，先记“不确定”。{}", fact.unsure),
            (Value::Skipped, _) => "好，这一题先跳过。".into(),
            (_, Some(before)) if before == value => format!("还是{name}：{words}。"),
            (_, Some(before)) => {
                let earlier = fact.value_words(&before);
                self.next.undo = Some((key.into(), Some(before)));
                format!("改好了，{name}：{words}（原来是{earlier}）。")
            }
            (_, None) => format!("记下了，{name}：{words}。"),
        };
        if let Some(task) = self.next.tasks.last_mut() {
            if !task.answered.iter().any(|other| other == key) {
                task.answered.push(key.into());
            }
            task.reopened = None;
        }
        Some(phrase)
    }

    /// An answer that was chosen, also from an older message.
    pub fn chosen(&mut self, key: &str, option: &str) -> Vec<Message> {
        let value = if option == "unsure" { Value::Unsure } else { Value::Option(option.into()) };
        let Some((_, walk)) = self.place() else {
            return vec![self.speaker.say(Reply::Smalltalk, wording::STALE, &[])];
        };
        let at_hand = self.next.tasks.last().and_then(|task| question(task, &walk)) == Some(key);
        let known = self.library().facts.allows(key, &value);
        if known && (at_hand || walk.path.iter().any(|other| other == key)) {
            return self.take(vec![(key.into(), value)]);
        }
        self.go_on("那个选项已经用不上了。")
    }

    /// What could not be understood, and what is needed.
    fn unclear(&mut self, fact: &Fact, says: &str) -> Vec<Message> {
        let form = if fact.help.is_empty() || matches!(fact.kind, Kind::Choice | Kind::YesNo) {
            form_of(fact.kind)
        } else {
            ""
        };
        self.go_on(&format!("{says}{form}"))
    }

    /// Puts a reply to something else before the question at hand.
    pub fn return_after(&mut self, mut reply: Message) -> Vec<Message> {
        let title = self.place().map(|(flow, _)| flow.title.clone()).unwrap_or_default();
        reply.choices.clear();
        let mut said = vec![reply];
        said.extend(self.go_on(&format!("我们接着办“{title}”。")));
        said
    }
}

/// An outcome's awards in words, for comparing.
fn awards_of(outcome: &Outcome) -> Vec<String> {
    outcome.awards.iter().map(|award| format!("{}：{}{}", award.label, award.value, award.unit)).collect()
}

/// Puts what is said first in front of a message, once.
fn lead_with(before: &mut String, message: &mut Message, speaker: &Speaker<'_>) {
    if !before.is_empty() {
        message.lead = format!("{}\n{}", speaker.spoken(before), message.lead);
        before.clear();
    }
}
