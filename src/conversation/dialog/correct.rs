//! Corrections: by naming the question, by the new value alone, and in lists.

use crate::{
    conversation::dialog::{
        Dialog, listen,
        listen::Heard,
        walk::{Walk, item_key, item_of},
    },
    library::{
        fact::{Kind, Value},
        flow::Flow,
        repair::bare,
    },
    message::Message,
    text::words::clauses,
};

impl Dialog<'_> {
    /// A correction: by naming the question, with or without the new value, or by the value alone.
    pub(super) fn correct(&mut self, flow: &Flow, walk: &Walk<'_>, folded: &str) -> Option<Vec<Message>> {
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
        let clauses = clauses(folded);
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
    pub(super) fn corrected(&mut self, flow: &Flow, walk: &Walk<'_>, rest: &str) -> Option<Vec<Message>> {
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
    pub(super) fn change_list(&mut self, walk: &Walk<'_>, folded: &str) -> Option<Vec<Message>> {
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
