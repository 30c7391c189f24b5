//! A Telegram that is slow, full or gone at times, and from when to when a counsellor speaks, as far as
//! the test knows.

use std::{sync::Mutex, time::Instant};

use luzhu::{
    message::Author,
    store::{Line, Said},
};

use crate::{
    handoff::Delivered,
    stand_in::{Fault, Message, Options, StandIn},
};

/// Telegram, and what is noted beside it.
pub struct Post {
    /// Telegram.
    pub telegram: StandIn,
    /// When a counsellor has taken a chat over, or is about to end that.
    notes: Mutex<Vec<(Instant, i64, bool)>>,
}

/// Whether one of these counsellors wrote a message.
fn is_by(message: &Message, counsellors: &[String]) -> bool {
    counsellors.iter().any(|shown| message.text.starts_with(&format!("{shown}：")))
}

impl Post {
    /// Opens for these chats.
    pub async fn open(seed: u64, chats: i64) -> Self {
        let telegram = StandIn::start(Options { seed, lag: 10, ..Options::default() }).await;
        (1..=chats).for_each(|chat| telegram.meet(chat));
        for fault in [Fault::TooMany(1), Fault::ResetBefore, Fault::Cut] {
            telegram.chance("sendMessage", fault, 600);
        }
        Self { telegram, notes: Mutex::default() }
    }

    fn note(&self, chat: i64, taken: bool) {
        let mut notes = self.notes.lock().expect("nobody panicked");
        notes.push((Instant::now(), chat, taken));
    }

    /// A counsellor has taken over.
    pub fn taken(&self, chat: i64) {
        self.note(chat, true);
    }

    /// Somebody is about to end that.
    pub fn ending(&self, chat: i64) {
        self.note(chat, false);
    }

    /// Messages that arrived while a counsellor spoke and are not by any of these.
    pub fn talked_over(&self, counsellors: &[String]) -> Vec<String> {
        let (messages, mut wrong, mut taken) = (self.telegram.messages(), vec![], std::collections::HashSet::new());
        let notes = self.notes.lock().expect("nobody panicked");
        let mut notes = notes.iter().peekable();
        for message in &messages {
            while let Some((_, chat, takes)) = notes.next_if(|(at, ..)| *at < message.at) {
                _ = if *takes { taken.insert(*chat) } else { taken.remove(chat) };
            }
            if taken.contains(&message.chat) && !is_by(message, counsellors) {
                wrong.push(format!("{}: {}", message.chat, message.text));
            }
        }
        wrong
    }

    /// How many messages arrived; how many of them are by none of these, and how many had no answer.
    pub fn arrived(&self, counsellors: &[String]) -> (usize, usize, usize) {
        let arrived = self.telegram.messages();
        let count = |fits: &dyn Fn(&&Message) -> bool| arrived.iter().filter(fits).count();
        (arrived.len(), count(&|message| !is_by(message, counsellors)), count(&|message| message.fault.is_some()))
    }

    /// Holds what arrived in a chat against the transcript: everything that was sent, once, in order. Only what
    /// was never answered may come again or be cancelled after all; how often that was. `unsure` more may be so.
    pub fn compare(&self, chat: i64, lines: &[Line], deliveries: &[Delivered], unsure: usize) -> Result<usize, String> {
        let messages = self.telegram.messages();
        let arrived: Vec<_> = messages.iter().filter(|message| message.chat == chat).collect();
        let became =
            |line: &Line| deliveries.iter().find(|other| other.seq == line.seq).map(|other| other.delivery.as_str());
        let text = |line: &Line| match &line.said {
            Said::Message(message) => message.text(),
            Said::Words { .. } => String::new(),
        };
        let with = |wanted: &str| -> Vec<String> {
            lines.iter().filter(|line| line.author != Author::You && became(line) == Some(wanted)).map(text).collect()
        };
        let (sent, cancelled) = (with("sent"), with("cancelled"));
        if sent.len() + cancelled.len() != deliveries.len() {
            return Err(format!(
                "of {} lines only {} were sent and {} cancelled",
                deliveries.len(),
                sent.len(),
                cancelled.len()
            ));
        }
        let (mut at, mut extra) = (0, 0);
        for message in &arrived {
            // As it was sent: a place in the queue is written anew later.
            let text = &message.body["text"].as_str().unwrap_or_default().to_owned();
            if sent.get(at) == Some(text) {
                at += 1;
                continue;
            }
            let again = at > 0 && sent[at - 1] == *text;
            if !again && !cancelled.contains(text) {
                return Err(format!("out of place: {text}"));
            }
            extra += 1;
        }
        let unanswered = arrived.iter().filter(|message| message.fault.is_some()).count();
        match at == sent.len() && extra <= unanswered + unsure {
            true => Ok(extra),
            false => Err(format!(
                "{at} of {} sent lines arrived, {extra} came again, {unanswered} were not answered",
                sent.len()
            )),
        }
    }
}
