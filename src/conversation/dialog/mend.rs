//! What a person can say at every question besides answering it: go back, correct, ask why, leave
//! and return. A fixed lexicon; nothing is guessed.

use std::collections::HashSet;

use crate::{
    conversation::{
        answer::Speaker,
        dialog::{
            Dialog, place,
            walk::{self, At},
        },
        state::{Conversation, Task},
        wording,
    },
    library::fact::{Fact, Kind, Value},
    message::{Act, Kind as Reply, Message, Repair},
};

impl Dialog<'_> {
    /// Does what a repair word says; nothing where it makes no sense now.
    pub fn mend(&mut self, repair: Repair) -> Option<Vec<Message>> {
        if self.next.tasks.is_empty() {
            return self.mend_outside(repair);
        }
        let at_hand = self.at_hand();
        let value = |value: Value, key: String| vec![(key, value)];
        Some(match (repair, at_hand) {
            (Repair::Cancel, _) => self.cancel(),
            (Repair::Restart, _) => self.restart(),
            (Repair::Back, _) => self.back(),
            (Repair::Review, _) => self.review(),
            (Repair::Summary, _) => self.summary(),
            (Repair::Undo, _) => self.undo(),
            (Repair::Resume, _) => self.resume(),
            (Repair::Repeat, _) => self.go_on(""),
            (Repair::Help, Some((_, fact))) => self.help(fact),
            (Repair::Why, Some((_, fact))) => self.go_on(&format!("为什么问这个：{}", fact.why)),
            (Repair::Skip, Some((_, fact))) if fact.needed => {
                self.go_on(&format!("这一题跳不过去：{}不清楚可以说“不确定”。", fact.why))
            }
            (Repair::Skip, Some((key, _))) => self.take(value(Value::Skipped, key)),
            (Repair::Unsure, Some((key, _))) => self.take(value(Value::Unsure, key)),
            (Repair::Keep, Some((key, _))) => match self.next.told.get(&key).cloned() {
                Some(told) => self.take(value(told, key)),
                None => self.go_on("这一题您还没有回答过。"),
            },
            (Repair::Yes | Repair::No, Some((key, fact))) if fact.kind == Kind::YesNo => {
                let option = if repair == Repair::Yes { "yes" } else { "no" };
                self.take(value(Value::Option(option.into()), key))
            }
            (Repair::Code | Repair::Yes | Repair::No, _) | (_, None) => return None,
        })
    }

    /// Between procedures only a few of them mean anything.
    fn mend_outside(&mut self, repair: Repair) -> Option<Vec<Message>> {
        let left = self.next.left.as_ref()?;
        match repair {
            Repair::Summary | Repair::Review => Some(self.summary()),
            Repair::Resume | Repair::Back if !left.done => Some(self.resume()),
            // A correction that led to the end can be taken back too.
            Repair::Undo if self.next.undo.is_some() => {
                let task = self.next.left.take()?;
                self.next.tasks.push(Task { done: false, ..task });
                Some(self.undo())
            }
            Repair::Restart => {
                let flow = left.flow.clone();
                self.next.left = None;
                Some(self.begin(&flow))
            }
            _ => None,
        }
    }

    fn cancel(&mut self) -> Vec<Message> {
        let Some((flow, _)) = self.place() else { return self.go_on("") };
        self.leave(false);
        let lead = format!("好，“{}”先停在这里，您的回答都留着。想接着办，回复“继续”。", flow.title);
        if !self.next.tasks.is_empty() {
            return self.go_on(&lead);
        }
        let mut message = self.speaker.say(Reply::Flow, &lead, &[]);
        self.speaker.offer(&mut message, vec![Act::Mend(Repair::Resume)]);
        vec![message]
    }

    fn restart(&mut self) -> Vec<Message> {
        let Some((flow, walk)) = self.place() else { return self.go_on("") };
        let Some(task) = self.next.tasks.last_mut() else { return vec![] };
        let answered = std::mem::take(&mut task.answered);
        (task.heard, task.reopened) = (vec![], None);
        let gone: HashSet<String> = answered.into_iter().chain(walk.path).collect();
        self.next.told.retain(|key| !gone.contains(key));
        self.go_on(&format!("好，“{}”从头开始。", flow.title))
    }

    /// The question before, with its answer; answers after it stand.
    fn back(&mut self) -> Vec<Message> {
        let Some((_, walk)) = self.place() else { return self.go_on("") };
        let reopened = self.next.tasks.last().and_then(|task| task.reopened.as_ref());
        let at = reopened.and_then(|key| walk.path.iter().position(|other| other == key)).unwrap_or(walk.path.len());
        match at.checked_sub(1) {
            Some(before) => self.reopen(walk.path[before].clone(), "好，回到上一题。"),
            None => self.go_on("这已经是第一题了。"),
        }
    }

    /// Asks a question on the way once more.
    pub(super) fn reopen(&mut self, key: String, before: &str) -> Vec<Message> {
        if let Some(task) = self.next.tasks.last_mut() {
            task.reopened = Some(key);
        }
        self.go_on(before)
    }

    /// A question that was chosen to be changed.
    pub fn change(&mut self, key: &str) -> Vec<Message> {
        let on_the_way = self.place().is_some_and(|(_, walk)| walk.path.iter().any(|other| other == key));
        if on_the_way {
            return self.reopen(key.into(), "好，请重新回答。");
        }
        self.go_on("那一题现在用不上。")
    }

    pub(super) fn review(&mut self) -> Vec<Message> {
        match self.place() {
            Some((flow, walk)) => vec![self.speaker.review(flow, &walk, &self.next.told)],
            None => self.go_on(""),
        }
    }

    /// The summary of the procedure at hand, or of the one that was left last.
    pub fn summary(&mut self) -> Vec<Message> {
        let under_way = !self.next.tasks.is_empty();
        match report(self.speaker, self.next).into_iter().next() {
            Some(summary) if under_way => self.return_after(summary),
            Some(summary) => vec![summary],
            None => self.go_on(wording::NOTHING_TOLD),
        }
    }

    fn help(&mut self, fact: &Fact) -> Vec<Message> {
        let form = listen_form(fact);
        let mut said = self.go_on(&format!("{form}{}", wording::HELP));
        if let Some(last) = said.last_mut() {
            last.points.push(self.speaker.spoken(&format!("为什么问这个：{}", fact.why)));
        }
        said
    }

    fn undo(&mut self) -> Vec<Message> {
        match self.next.undo.take() {
            Some((key, Some(value))) => {
                let heard = self.store(&key, value);
                self.go_on(&heard.unwrap_or_default())
            }
            _ => self.go_on("没有可以改回来的。"),
        }
    }

    fn resume(&mut self) -> Vec<Message> {
        if let Some(task) = self.next.tasks.last_mut() {
            // Who goes on from a look back keeps what was answered.
            task.reopened = None;
        } else if let Some(task) = self.next.left.take() {
            self.next.tasks.push(task);
        }
        let title = self.place().map(|(flow, _)| flow.title.clone()).unwrap_or_default();
        self.go_on(&format!("我们接着办“{title}”。"))
    }
}

/// All that the procedure at hand came to, or the one that was left last: the summary, then what
/// was weighed and said on the way.
pub fn report(speaker: &Speaker<'_>, conversation: &Conversation) -> Vec<Message> {
    let library = speaker.library;
    let last = conversation.left.as_ref().and_then(|left| library.flow(&left.flow));
    let walked = |flow| (flow, walk::walk(library, flow, &conversation.told, &HashSet::new(), speaker.today));
    let Some((flow, walk)) = place(library, conversation, speaker.today).or_else(|| last.map(walked)) else {
        return vec![];
    };
    let said = walk.events.iter().map(|event| speaker.event(event));
    let end = match &walk.at {
        At::End(saying, _) if !saying.lead.is_empty() => Some(speaker.saying(saying)),
        _ => None,
    };
    [speaker.summary(flow, &walk, &conversation.told)].into_iter().chain(said).chain(end).collect()
}

/// The words that help with a question.
fn listen_form(fact: &Fact) -> String {
    let form = super::form_of(fact.kind);
    if fact.help.is_empty() { form.to_owned() } else { format!("{form}{}", fact.help) }
}
