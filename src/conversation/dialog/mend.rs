//! What a person can say at every question besides answering it: go back, correct, ask why, leave
//! and return. A fixed lexicon; nothing is guessed.

use std::collections::HashSet;

use crate::{
    conversation::{
        answer::Speaker,
        dialog::{
            Dialog, KEPT_DAYS, awards_of, listen,
            listen::Heard,
            place, question, walk,
            walk::{At, Walk, item_key, item_of},
        },
        eligibility::{Known, in_words},
        state::{Conversation, Task},
        wording,
    },
    library::{
        fact::{Fact, Kind, Value, base},
        flow::Flow,
        repair::bare,
    },
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
    fn reopen(&mut self, key: String, before: &str) -> Vec<Message> {
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

    fn review(&mut self) -> Vec<Message> {
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
    fn in_passing(&self, flow: &Flow, folded: &str, at_hand: &str) -> Vec<(String, Value)> {
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
    fn of_oneself(&self, folded: &str) -> Vec<(String, Value)> {
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

    /// A correction: by naming the question, with or without the new value, or by the value alone.
    fn correct(&mut self, flow: &Flow, walk: &Walk<'_>, folded: &str) -> Option<Vec<Message>> {
        let words = bare(folded);
        if let Some((key, value)) = self.named(walk, &words) {
            return Some(match value {
                Some(value) => self.take(vec![(key, value)]),
                None => self.reopen(key, "好，请重新回答。"),
            });
        }
        let lexicon = &self.library().repairs.correct;
        if lexicon.change.contains(&words) {
            return Some(self.review());
        }
        let clauses = listen::clauses(folded);
        let first = bare(clauses.first()?);
        let mark = lexicon.marks.iter().find(|mark| first.starts_with(mark.as_str()))?;
        let rest = match first.strip_prefix(mark.as_str()).filter(|rest| !rest.is_empty()) {
            Some(rest) if clauses.len() == 1 => rest.to_owned(),
            Some(rest) => format!("{rest},{}", clauses[1..].join(",")),
            None => clauses[1..].join(","),
        };
        if rest.is_empty() {
            return Some(self.review());
        }
        self.corrected(flow, walk, &rest)
    }

    /// The new values in a correction, for questions that were answered; the latest answered
    /// question that it fits, if it names none.
    fn corrected(&mut self, flow: &Flow, walk: &Walk<'_>, rest: &str) -> Option<Vec<Message>> {
        let (library, today) = (self.library(), self.speaker.today);
        let answered = |key: &&String| self.next.told.get(key).is_some() && !key.contains('@');
        let differs = |key: &str, value: &Value| self.next.told.get(key) != Some(value);
        let tied = walk.path.iter().filter(answered).filter_map(|key| {
            let value = listen::in_passing(library.facts.get(key)?, rest, today)?;
            differs(key, &value).then(|| (key.clone(), value))
        });
        let mut found: Vec<(String, Value)> = tied.collect();
        if found.is_empty() {
            let latest = walk.path.iter().rev().find_map(|key| {
                let fact = library.facts.get(key).filter(|fact| fact.kind != Kind::Words)?;
                match listen::answer(library, fact, rest, rest, today) {
                    Heard::Value(value) if differs(key, &value) => Some((key.clone(), value)),
                    _ => None,
                }
            });
            found.extend(latest);
        }
        let at_hand = self.at_hand().map(|(key, _)| key).unwrap_or_default();
        found.extend(self.in_passing(flow, rest, &at_hand));
        (!found.is_empty()).then(|| self.take(found))
    }

    /// The question that a correction names, and the new value if one stands behind it.
    fn named(&self, walk: &Walk<'_>, words: &str) -> Option<(String, Option<Value>)> {
        let lexicon = &self.library().repairs.correct;
        let begun = ["把", "将", "我的", "我要", "我想"]
            .iter()
            .fold(words, |words, word| words.strip_prefix(word).unwrap_or(words));
        let changes = lexicon.change.iter().find_map(|change| begun.strip_prefix(change.as_str()));
        if let Some(rest) = changes {
            let (key, after) = self.name_at(walk, rest.strip_prefix("我的").unwrap_or(rest))?;
            return Some((key.clone(), self.value_behind(&key, after)));
        }
        let (key, after) = self.name_at(walk, begun)?;
        if lexicon.wrong.iter().any(|wrong| after == wrong) {
            return Some((key, None));
        }
        let marked = |after: &str| lexicon.to.iter().any(|to| after.starts_with(to.as_str()));
        let after = match lexicon.wrong.iter().find_map(|wrong| after.strip_prefix(wrong.as_str())) {
            Some(rest) if !marked(after) => rest,
            _ => after,
        };
        let value = self.value_behind(&key, after).filter(|_| marked(after))?;
        Some((key, Some(value)))
    }

    /// The question whose name a text begins with, and what stands behind the name.
    fn name_at<'t>(&self, walk: &Walk<'_>, words: &'t str) -> Option<(String, &'t str)> {
        let (number, rest) = ordinal(walk, words);
        let hit = |key: &String| {
            let fact = self.library().facts.get(key)?;
            let fits = number.is_none() || item_of(key).map(|(_, _, other)| other) == number;
            let name = fact
                .also
                .iter()
                .filter(|name| fits && rest.starts_with(name.as_str()))
                .max_by_key(|name| name.len())?;
            Some((name.len(), key.clone()))
        };
        let (length, key) = walk.path.iter().filter_map(hit).max_by_key(|(length, _)| *length)?;
        Some((key, &rest[length..]))
    }

    fn value_behind(&self, key: &str, after: &str) -> Option<Value> {
        let fact = self.library().facts.get(key)?;
        let lexicon = &self.library().repairs.correct;
        let rest = lexicon.to.iter().find_map(|to| after.strip_prefix(to.as_str())).unwrap_or(after);
        match listen::answer(self.library(), fact, rest, rest, self.speaker.today) {
            Heard::Value(value) if !rest.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Adds a thing to a list, or takes one out.
    fn change_list(&mut self, walk: &Walk<'_>, folded: &str) -> Option<Vec<Message>> {
        let words = bare(folded);
        for (list, node, count) in &walk.lists {
            if !words.contains(list.item.as_str()) {
                continue;
            }
            let adds = ["再加", "添加", "增加", "新增", "加一", "加个", "加上", "还要加"]
                .iter()
                .any(|add| words.contains(add));
            if adds && *count < list.most {
                let key = item_key(&list.more, node, *count);
                return Some(self.take(vec![(key, Value::Option("yes".into()))]));
            }
            let removes = ["删", "去掉", "不要", "移除", "拿掉"].iter().any(|remove| words.contains(remove));
            let number = ordinal_in(&words).filter(|number| *number <= *count);
            if let Some(number) = number.filter(|_| removes) {
                self.take_out(node, number, *count, &list.more);
                return Some(self.go_on(&format!("好，去掉了第{number}个{}。", list.item)));
            }
        }
        None
    }

    /// Takes one thing out of a list; those behind it move up.
    fn take_out(&mut self, node: &str, number: usize, count: usize, more: &str) {
        let of_list =
            |key: &str| item_of(key).filter(|(_, other, _)| *other == node).map(|(fact, _, at)| (fact.to_owned(), at));
        self.next.told.retain(|key| of_list(key).is_none_or(|(_, at)| at != number));
        self.next
            .told
            .rename(|key| of_list(key).filter(|(_, at)| *at > number).map(|(fact, at)| item_key(&fact, node, at - 1)));
        if number == count && number > 1 {
            // The one before it is the last now.
            self.next.told.set(&item_key(more, node, number - 1), Value::Option("no".into()));
        }
    }

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

/// 第二个单位的…: which thing of a list is meant, and what stands behind it.
fn ordinal<'t>(walk: &Walk<'_>, words: &'t str) -> (Option<usize>, &'t str) {
    let Some(number) = ordinal_in(words).filter(|_| words.starts_with('第')) else { return (None, words) };
    let after = walk.lists.iter().find_map(|(list, ..)| words.split_once(list.item.as_str())).map(|(_, after)| after);
    let rest = after.unwrap_or(words);
    (Some(number), rest.strip_prefix('的').unwrap_or(rest))
}

/// The number in 第二个, 单位2, 第3家.
fn ordinal_in(words: &str) -> Option<usize> {
    let digit = |c: char| {
        c.to_digit(10).map(|digit| digit as usize).or_else(|| "零一二三四五六七八九".chars().position(|n| n == c))
    };
    let after = words.split_once('第').map_or(words, |(_, after)| after);
    after.chars().find_map(digit).filter(|number| *number > 0)
}

/// What a person hears of it all when they come back.
pub fn welcome(notes: &[String], speaker: &Speaker<'_>, said: &mut [Message]) {
    if let Some(first) = said.first_mut() {
        for note in notes.iter().rev() {
            first.notes.insert(0, speaker.spoken(note));
        }
    }
}
