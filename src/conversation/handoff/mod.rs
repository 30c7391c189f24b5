//! The hand-over to a human counsellor: asking, waiting, talking together, coming back. Pure.
//!
//! A conversation has exactly one speaker: the assistant, or the counsellor in
//! [`Conversation::talk`]. A request that waits is a flag beside it.

mod act;
mod forecast;
mod lately;
pub mod queue;

use chrono::NaiveDateTime;

pub use act::act;

use crate::{
    conversation::{
        answer::Speaker,
        dialog::Dialog,
        state::{Conversation, Reason, Request},
        wording,
    },
    library::{Library, fact::Value, fixed::Fixed, office},
    message::{Act, Ending, Kind, Message},
};

/// Opening periods that are offered for being written to.
const SLOTS: usize = 3;

/// What is known of the desk at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Desk {
    /// The day and the time in Xiamen.
    pub now: NaiveDateTime,
    /// How the queue stands for this person; nothing when no counsellor is on duty, or nobody knows.
    pub standing: Option<Standing>,
}

/// Where somebody stands in the queue, or would stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// People who are served before.
    pub ahead: usize,
    /// Half of such waits are shorter, in milliseconds.
    pub half: i64,
    /// Nine of ten such waits are shorter, in milliseconds.
    pub most: i64,
}

/// What a turn does beside its words; the store keeps it in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A request, or a conversation with a counsellor, ended so.
    Ended(Ending),
    /// Whether the last counsellor helped.
    Rated(bool),
    /// A message was left, or a time agreed: somebody writes to the person until then.
    Task {
        /// What is to be done, in the person's words.
        about: String,
        /// When the time begins that was agreed; at once otherwise.
        from: NaiveDateTime,
        /// Until when.
        due: NaiveDateTime,
    },
}

/// One turn about a person at the other end.
pub struct Handoff<'a> {
    /// What is remembered.
    pub next: &'a mut Conversation,
    /// Who speaks, to whom, on which day.
    pub speaker: &'a Speaker<'a>,
}

impl Handoff<'_> {
    /// Puts the person into the queue; a crisis outranks an earlier request. With a counsellor
    /// there is nothing to wait for.
    pub fn request(&mut self, reason: Reason) {
        if self.next.talk.is_some() {
            return;
        }
        (self.next.rating, self.next.leaving, self.next.unknown) = (false, false, 0);
        if self.next.request.is_some() && reason != Reason::Crisis {
            return;
        }
        let earlier = self.next.request.take();
        self.next.request = Some(Request {
            reason,
            about: self.next.asked.clone(),
            on: self.speaker.today,
            skills: self.skills(),
            district: self.option("district").map(str::to_owned),
            wish: earlier.and_then(|earlier| earlier.wish).or_else(|| self.next.helped_by.clone()),
        });
    }

    /// What the counsellor should be good at: by the procedure, by what was told and asked.
    fn skills(&self) -> Vec<String> {
        let library = self.speaker.library;
        let flow = self.next.tasks.last().or(self.next.left.as_ref()).map(|task| task.flow.as_str());
        let shown: Vec<&str> = self.next.shown.iter().rev().map(String::as_str).collect();
        let topics: Vec<&str> =
            shown.iter().filter_map(|id| library.article(id)).map(|article| article.topic.as_str()).collect();
        let words = library.language.fold(&self.next.asked.join("。"));
        let skills = library.office.skills_for(flow, &topics, &shown, |fact| self.option(fact), &words);
        skills.into_iter().map(str::to_owned).collect()
    }

    fn option(&self, fact: &str) -> Option<&str> {
        match self.next.told.get(fact) {
            Some(Value::Option(option)) => Some(option),
            _ => None,
        }
    }

    /// The person asks for a counsellor, or asks again.
    pub fn ask(&mut self, reason: Reason) -> Message {
        let lead = if self.next.request.is_some() { wording::HUMAN_AGAIN } else { wording::HUMAN };
        self.request(reason);
        self.waiting(lead)
    }

    /// Asks for a counsellor together with a reply that cannot be the last word.
    pub fn with(&mut self, message: &mut Message, reason: Reason, note: &str) {
        if self.next.request.is_some() || self.next.talk.is_some() {
            return;
        }
        self.request(reason);
        message.notes.push(self.speaker.spoken(note));
        let acts = message.choices.iter().map(|choice| choice.act.clone()).filter(|act| *act != Act::Human);
        let acts = acts.chain([Act::Withdraw]).collect();
        self.speaker.offer(message, acts);
    }

    /// How the queue stands, and what one can do meanwhile.
    pub fn place(&mut self) -> Message {
        match self.next.request.is_some() {
            true => self.waiting(wording::WAITING),
            false => self.speaker.say(Kind::Smalltalk, wording::NOTHING_TO_WITHDRAW, &[]),
        }
    }

    /// What somebody who waits is told: their place, or when we open, and the other ways.
    pub fn waiting(&self, lead: &str) -> Message {
        let mut points = self.prospects();
        points.push(wording::URGENT.into());
        points.push(wording::MEANWHILE.into());
        let points: Vec<&str> = points.iter().map(String::as_str).collect();
        let mut message = self.speaker.say(Kind::Human, lead, &points);
        self.speaker.offer(&mut message, self.ways());
        message
    }

    /// The place in the queue, or when counsellors are back.
    fn prospects(&self) -> Vec<String> {
        let (office, desk) = (&self.speaker.library.office, &self.speaker.desk);
        match (desk.standing, office.is_open(desk.now)) {
            // Who is on duty after hours serves people all the same.
            (Some(standing), _) => vec![standing.words()],
            (None, true) => vec![wording::NOBODY_YET.into()],
            (None, false) => match office.next_opening(desk.now) {
                Some(opening) => {
                    vec![format!("现在不是顾问的上班时间，{}上班后按顺序回复您。", office::say(opening, desk.now))]
                }
                None => vec![wording::NOBODY_YET.into()],
            },
        }
    }

    /// Whether nobody can be promised soon.
    fn is_long(&self) -> bool {
        let (office, desk) = (&self.speaker.library.office, &self.speaker.desk);
        let long = i64::from(office.queue.long_wait_minutes) * 60_000;
        desk.standing.is_none_or(|standing| standing.half > long)
    }

    /// What one can choose while waiting.
    fn ways(&self) -> Vec<Act> {
        let (office, now) = (&self.speaker.library.office, self.speaker.desk.now);
        let mut acts = vec![Act::Place];
        if self.is_long() {
            acts.push(Act::Leave);
            acts.extend(office.slots(now, SLOTS).into_iter().map(|(begin, _)| Act::Call(written(begin))));
        }
        acts.push(Act::Withdraw);
        acts
    }

    /// The person does not want to wait any more.
    pub fn withdraw(&mut self) -> Message {
        self.next.leaving = false;
        let waited = self.next.request.take().is_some();
        if waited {
            self.next.deeds.push(Deed::Ended(Ending::Withdrawn));
        }
        self.speaker.say(Kind::Smalltalk, if waited { wording::WITHDRAWN } else { wording::NOTHING_TO_WITHDRAW }, &[])
    }

    /// The next words are a message for the counsellors.
    pub fn leave(&mut self) -> Message {
        self.request(Reason::Asked);
        self.next.leaving = true;
        self.speaker.say(Kind::Human, wording::LEAVE, &[])
    }

    /// These words are the message.
    pub fn left(&mut self, words: &str) -> Message {
        let (office, now) = (&self.speaker.library.office, self.speaker.desk.now);
        // An office that never opens still owes an answer.
        let due = office.after_open_hours(now, office.queue.callback_hours).unwrap_or(now);
        self.task(words.to_owned(), now, due);
        let until = office::say(due, now);
        self.speaker.say(
            Kind::Human,
            &format!("留言记下了。顾问最晚{until}在这里回复您，不用一直等着。"),
            &[wording::MORE_TO_ASK],
        )
    }

    /// The person wants to be written to in an opening period; nothing when it is not offered any more.
    pub fn call(&mut self, begin: &str) -> Option<Message> {
        let (office, now) = (&self.speaker.library.office, self.speaker.desk.now);
        let slot = office.slots(now, SLOTS + 1).into_iter().find(|(other, _)| written(*other) == begin)?;
        let about = self.next.asked.join("；");
        self.task(about, slot.0, slot.1);
        let lead = format!("约好了，顾问{}之间在这里写给您。", office::say_slot(slot, now));
        Some(self.speaker.say(Kind::Human, &lead, &[wording::MORE_TO_ASK]))
    }

    fn task(&mut self, about: String, from: NaiveDateTime, due: NaiveDateTime) {
        self.next.leaving = false;
        if self.next.request.take().is_some() {
            self.next.deeds.push(Deed::Ended(Ending::Message));
        }
        self.next.deeds.push(Deed::Task { about, from, due });
    }

    /// Whether the counsellor helped; who was not helped waits for a person again.
    pub fn rate(&mut self, helped: bool) -> Message {
        if !std::mem::take(&mut self.next.rating) {
            return self.speaker.say(Kind::Smalltalk, wording::STALE, &[]);
        }
        self.next.deeds.push(Deed::Rated(helped));
        match helped {
            true => self.speaker.say(Kind::Smalltalk, wording::RATED, &[]),
            false => {
                self.request(Reason::Rating);
                self.waiting(wording::RATED_DOWN)
            }
        }
    }

    /// The person writes while a counsellor speaks: the assistant is silent, unless a procedure is
    /// gone through together.
    pub fn listen(&mut self, raw: &str, folded: &str, fixed: Option<&Fixed>) -> Vec<Message> {
        self.next.remember(raw);
        if fixed.is_some_and(|fixed| fixed.kind == Kind::Crisis)
            && let Some(talk) = &mut self.next.talk
        {
            talk.alarm = true;
            return vec![];
        }
        if crate::conversation::understand::ends_talk(folded) {
            return self.part();
        }
        self.guided(|dialog| {
            let repair = dialog.speaker.library.repairs.read(folded);
            repair.and_then(|repair| dialog.mend(repair)).or_else(|| dialog.hear(raw, folded))
        })
    }

    /// Goes on with the procedure that is gone through together; the counsellor says what it says.
    pub fn guided(&mut self, go: impl FnOnce(&mut Dialog<'_>) -> Option<Vec<Message>>) -> Vec<Message> {
        let Some(talk) = self.next.talk.clone().filter(|talk| talk.guided && !self.next.tasks.is_empty()) else {
            return vec![];
        };
        let mut said = go(&mut Dialog { next: self.next, speaker: self.speaker }).unwrap_or_default();
        let goes_on = !self.next.tasks.is_empty();
        for message in &mut said {
            message.by = Some(self.speaker.spoken(&talk.by.shown));
            // Only what belongs to the procedure can be chosen; the rest is talked about.
            let belongs = |act: &Act| matches!(act, Act::Answer(..) | Act::Change(_) | Act::Mend(_));
            message.choices.retain(|choice| goes_on && belongs(&choice.act));
        }
        if let Some(talk) = &mut self.next.talk {
            talk.guided = goes_on;
        }
        said
    }

    /// The person lets the counsellor go.
    pub fn part(&mut self) -> Vec<Message> {
        match self.end(Ending::Left) {
            true => self.resume(self.rating_question(wording::PARTED)),
            false => vec![self.speaker.say(Kind::Smalltalk, wording::STALE, &[])],
        }
    }

    /// The counsellor speaks no more; whether there was one.
    fn end(&mut self, ending: Ending) -> bool {
        let Some(talk) = self.next.talk.take() else { return false };
        self.next.helped_by = Some(talk.by.name);
        self.next.deeds.push(Deed::Ended(ending));
        self.next.rating = matches!(ending, Ending::Answered | Ending::Referred | Ending::Followup | Ending::Left);
        true
    }

    /// Asks whether it helped.
    fn rating_question(&self, lead: &str) -> Message {
        let mut message = self.speaker.say(Kind::Human, lead, &[]);
        self.speaker.offer(&mut message, vec![Act::Rate(true), Act::Rate(false)]);
        message
    }

    /// Says something, and reminds of a procedure that waits.
    fn resume(&self, mut message: Message) -> Vec<Message> {
        let flow = self.next.tasks.last().and_then(|task| self.speaker.library.flow(&task.flow));
        if let Some(flow) = flow {
            message
                .notes
                .push(self.speaker.spoken(&format!("“{}”办到一半，您的回答都在；想接着办，回复“继续”。", flow.title)));
        }
        vec![message]
    }
}

/// Whom a person speaks with, or how long it takes until a counsellor comes, in simplified; nothing
/// while the assistant speaks and nobody is waited for.
pub fn status(library: &Library, conversation: &Conversation, desk: &Desk) -> Option<String> {
    if let Some(talk) = &conversation.talk {
        return Some(format!("您正在和人工顾问{}对话，鹭助先不插话。", talk.by.shown));
    }
    conversation.request.as_ref()?;
    let speaker = Speaker { library, script: conversation.script, today: desk.now.date(), desk: *desk };
    let mut next = conversation.clone();
    let prospects = Handoff { next: &mut next, speaker: &speaker }.prospects();
    Some(format!("正在等人工顾问。{}", prospects.concat()))
}

/// What somebody who waits is told of the queue, in their script; nothing when they do not wait.
pub fn place(library: &Library, conversation: &Conversation, desk: &Desk) -> Option<Message> {
    conversation.request.as_ref().filter(|_| conversation.talk.is_none())?;
    let speaker = Speaker { library, script: conversation.script, today: desk.now.date(), desk: *desk };
    let mut next = conversation.clone();
    Some(Handoff { next: &mut next, speaker: &speaker }.waiting(wording::WAITING))
}

impl Standing {
    /// The place and the estimate with its spread, in simplified.
    pub fn words(self) -> String {
        let minutes = |milliseconds: i64| ((milliseconds + 59_999) / 60_000).max(1);
        let (half, most) = (minutes(self.half), minutes(self.most));
        let place = match self.ahead {
            0 => "下一位就是您".to_owned(),
            ahead => format!("您前面还有{ahead}位"),
        };
        if half == most {
            return format!("{place}，大约{half}分钟内接上。");
        }
        format!("{place}。一半的人{half}分钟内接上，十个人里有九个在{most}分钟内。")
    }
}

/// An opening period's beginning in the written form of [`Act::Call`].
pub fn written(begin: NaiveDateTime) -> String {
    begin.format("%Y-%m-%dT%H:%M").to_string()
}
