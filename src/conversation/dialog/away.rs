//! What happened while a person was away: days passed, steps were edited, rules changed.

use crate::{
    conversation::{
        answer::Speaker,
        dialog::{Dialog, KEPT_DAYS, awards_of, question},
        eligibility::{Known, in_words},
        state::{Conversation, Task},
        wording,
    },
    message::Message,
};

impl Dialog<'_> {
    /// What happened while a person was away: days passed, steps were edited, rules changed.
    pub fn returning(&mut self) -> Vec<String> {
        let today = self.speaker.today;
        let before = self.next.on.replace(today);
        let away = before.map_or(0, |before| (today - before).num_days());
        if away > KEPT_DAYS {
            let told = !self.next.told.is_empty() || !self.next.tasks.is_empty();
            *self.next = Conversation {
                told: Default::default(),
                tasks: vec![],
                left: None,
                undo: None,
                results: vec![],
                ..self.next.clone()
            };
            return told.then(|| wording::FORGOTTEN.to_owned()).into_iter().collect();
        }
        let mut notes = self.edited();
        if away > 0 {
            notes.extend(self.changed_results());
            if let (Some(task), Some(before)) = (self.next.tasks.last(), before) {
                let title = self.library().flow(&task.flow).map_or("", |flow| flow.title.as_str());
                notes.insert(
                    0,
                    format!("欢迎回来。{before}那天办到“{title}”，您的回答都还在；想重新来，回复“重新开始”。"),
                );
            }
        }
        notes
    }

    /// What an edit of a procedure changed for the person.
    fn edited(&mut self) -> Vec<String> {
        let library = self.library();
        let mut notes = Vec::new();
        let known = |task: &Task| library.flow(&task.flow).is_some();
        if !self.next.tasks.iter().all(known) {
            self.next.tasks.retain(known);
            notes.push("有一项办理已经下线。您说过的都还在，可以直接问我，或者找人工。".to_owned());
        }
        let Some((flow, walk)) = self.place() else { return notes };
        let Some(task) = self.next.tasks.last() else { return notes };
        if task.digest == flow.digest {
            return notes;
        }
        let name = |key: &String| library.facts.get(key).map(|fact| self.speaker.name_of(key, fact, &walk));
        let now = question(task, &walk).map(str::to_owned);
        let on_the_way = |key: &String| walk.path.contains(key) || now.as_ref() == Some(key);
        let gone = task.path.iter().filter(|key| !on_the_way(key)).filter_map(name);
        let again = task
            .path
            .iter()
            .filter(|key| now.as_ref() == Some(key) && self.next.told.get(key).is_some())
            .filter_map(name);
        let new = walk.path.iter().chain(&now).filter(|key| !task.path.contains(key)).filter_map(name);
        let list =
            |names: Vec<String>, says: &str| (!names.is_empty()).then(|| format!("{says}：{}", names.join("、")));
        let parts =
            [list(new.collect(), "新加的问题"), list(gone.collect(), "不用再答"), list(again.collect(), "要再答一次")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let what = if parts.is_empty() {
            "您的回答都还算数".into()
        } else {
            format!("{}；其余的回答都还在", parts.join("；"))
        };
        notes.push(format!("“{}”的步骤更新过了。{what}。", flow.title));
        let digest = flow.digest.clone();
        if let Some(task) = self.next.tasks.last_mut() {
            task.digest = digest;
        }
        notes
    }

    /// Outcomes that today's rules would give differently, from the same facts.
    fn changed_results(&mut self) -> Vec<String> {
        let (library, today) = (self.library(), self.speaker.today);
        let mut notes = Vec::new();
        for result in &mut self.next.results {
            let Some(scheme) = library.scheme(&result.scheme) else { continue };
            let now = Known { library, told: &result.facts, day: today }.weigh(scheme);
            let awards = awards_of(&now);
            if now.verdict != result.verdict || awards != result.awards {
                let given = |awards: &[String]| {
                    if awards.is_empty() { String::new() } else { format!("，{}", awards.join("，")) }
                };
                notes.push(format!(
                    "规定有变化：“{}”，{}的结果是{}{}；按今天的规定是{}{}。",
                    scheme.title,
                    result.on,
                    in_words(result.verdict),
                    given(&result.awards),
                    in_words(now.verdict),
                    given(&awards),
                ));
                (result.verdict, result.awards, result.on) = (now.verdict, awards, today);
            }
        }
        notes
    }
}

/// What a person hears of it all when they come back.
pub fn welcome(notes: &[String], speaker: &Speaker<'_>, said: &mut [Message]) {
    if let Some(first) = said.first_mut() {
        for note in notes.iter().rev() {
            first.notes.insert(0, speaker.spoken(note));
        }
    }
}
