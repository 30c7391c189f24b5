//! Hears a message at a question: an answer, several at once, or none.

use crate::{
    conversation::dialog::{Dialog, listen, listen::Heard},
    library::{
        fact::{Fact, Value, base},
        flow::Flow,
    },
    message::Message,
};

impl Dialog<'_> {
    /// Hears a message at a question: a correction, an answer, or several at once. Nothing, when it
    /// is none of these; then it may be a question of the person's own.
    pub fn hear(&mut self, raw: &str, folded: &str) -> Option<Vec<Message>> {
        let (flow, walk) = self.place()?;
        if let Some(said) = self.change_list(&walk, folded).or_else(|| self.correct(flow, &walk, folded)) {
            return Some(said);
        }
        let (key, fact) = self.at_hand()?;
        let heard = listen::answer(self.library(), fact, raw, folded, self.speaker.today);
        let mut found = self.in_passing(flow, folded, &key);
        match heard {
            Heard::Value(value) => {
                found.insert(0, (key, value));
                Some(self.take(found))
            }
            // What else was said is kept, and the question stands.
            _ => {
                if found.is_empty() && !listen::is_question(folded) {
                    found = self.of_oneself(folded);
                }
                (!found.is_empty()).then(|| self.take(found))
            }
        }
    }

    /// Says why an answer could not be understood; nothing when it was none.
    pub fn puzzled(&mut self, raw: &str, folded: &str) -> Option<Vec<Message>> {
        let (_, fact) = self.at_hand()?;
        let words: String = raw.chars().take(20).collect();
        let says = match listen::answer(self.library(), fact, raw, folded, self.speaker.today) {
            Heard::Vague(words) => format!("“{}”还不够准。", words.chars().take(20).collect::<String>()),
            Heard::Bad(words) => format!("“{}”不太对，可能写错了。", words.chars().take(20).collect::<String>()),
            Heard::Either(options) => {
                let labels = options.iter().filter_map(|id| Some(fact.option(id)?.label.as_str()));
                format!("您说的可能是{}，请选一个。", labels.collect::<Vec<_>>().join("，也可能是"))
            }
            _ => format!("“{words}”我没有听懂。"),
        };
        Some(self.unclear(fact, &says))
    }

    /// Whether a message was heard as an answer that is not clear enough.
    pub fn is_unclear_answer(&self, raw: &str, folded: &str) -> bool {
        let Some((_, fact)) = self.at_hand() else { return false };
        let heard = listen::answer(self.library(), fact, raw, folded, self.speaker.today);
        matches!(heard, Heard::Vague(_) | Heard::Bad(_) | Heard::Either(_))
    }

    /// Answers to other questions of the procedure that stand in the same message.
    pub(super) fn in_passing(&self, flow: &Flow, folded: &str, at_hand: &str) -> Vec<(String, Value)> {
        let fresh = |fact: &&Fact| fact.id != base(at_hand) && self.next.told.get(&fact.id).is_none();
        let facts = self.asked_in(flow);
        let facts = facts.iter().filter_map(|id| self.library().facts.get(id)).filter(fresh);
        let found =
            facts.filter_map(|fact| Some((fact.id.clone(), listen::in_passing(fact, folded, self.speaker.today)?)));
        found.collect()
    }

    /// Takes in what a person tells of themselves outside of any question.
    pub fn note_facts(&mut self, folded: &str) {
        for (key, value) in self.of_oneself(folded) {
            self.next.told.set(&key, value);
        }
    }

    /// Facts that a person tells of themselves, whatever the procedure at hand asks for.
    pub(super) fn of_oneself(&self, folded: &str) -> Vec<(String, Value)> {
        if !["我", "本人", "阮", "咱"].iter().any(|word| folded.contains(word)) {
            return vec![];
        }
        let facts = self.library().facts.all().filter(|fact| fact.function.is_none() && !fact.id.contains('/'));
        let new = facts.filter(|fact| self.next.told.get(&fact.id).is_none());
        new.filter_map(|fact| Some((fact.id.clone(), listen::in_passing(fact, folded, self.speaker.today)?))).collect()
    }

    /// Every fact and question that a procedure can ask for, not those of its lists.
    fn asked_in(&self, flow: &Flow) -> Vec<String> {
        let mut asked = Vec::new();
        let mut add = |key: &str| {
            if !asked.iter().any(|other| other == key) {
                asked.push(key.to_owned());
            }
        };
        for key in self.library().asked_by(flow) {
            match self.library().facts.get(&key) {
                Some(fact) if fact.function.is_some() => fact.from.iter().for_each(|from| add(from)),
                _ => add(&key),
            }
        }
        asked
    }
}
