//! Reads the short messages that are about the conversation itself: numbers, labels, scripts.
//! A fixed bilingual lexicon; nothing is guessed.

use crate::{
    conversation::{Conversation, dialog::listen},
    library::{Library, flow::Flow, repair},
    message::{Act, Body, Choice, Script},
    text::words::clauses,
};

/// The act that a short message asks for, if it is one.
pub fn command(folded: &str, conversation: &Conversation, library: &Library) -> Option<Act> {
    let words = bare(folded);
    // Who waits for a person takes that back first; then the word is about the procedure.
    let waits = conversation.request.is_some() || conversation.tasks.is_empty();
    let withdraw = (waits && WITHDRAW.contains(&words.as_str())).then_some(Act::Withdraw);
    script_word(&words).map(Act::Write).or(withdraw).or_else(|| chosen(&words, &conversation.offered, library))
}

/// The code in a message, by which a conversation goes on here. Eight bare digits may be a date in
/// the middle of a procedure; there they must be called a code.
pub fn code_in(conversation: &Conversation, body: &Body, library: &Library) -> Option<String> {
    let Body::Text(text) = body else { return None };
    if text.len() > 100 {
        return None;
    }
    let words = repair::bare(&library.language.fold(text));
    let named = ["续办码", "接续码", "继续码", "续办"].iter().find_map(|name| words.strip_prefix(name));
    let digits = named.or(conversation.tasks.is_empty().then_some(words.as_str()))?.trim_start_matches('是');
    (digits.len() == 8 && digits.chars().all(|c| c.is_ascii_digit())).then(|| digits.to_owned())
}

/// The procedure that a message wishes to begin: 我要办失业登记, and what else is said with it. What
/// only weighs is asked for by a question: 我能享受什么政策.
pub fn intent<'a>(folded: &str, library: &'a Library) -> Option<&'a Flow> {
    let named = |flow: &&Flow, wishes: &[&str]| flow.names.iter().any(|name| wishes.contains(&name.as_str()));
    let all = repair::bare(folded);
    let asked = library.repairs.without_politeness(&all);
    let weighing = library.flows.iter().find(|flow| flow.only_weighs() && named(flow, &asked));
    if weighing.is_some() || listen::is_question(folded) {
        return weighing;
    }
    clauses(folded).into_iter().chain([folded]).find_map(|clause| {
        let words = repair::bare(clause);
        let wishes = library.repairs.wish(&words);
        library.flows.iter().find(|flow| named(flow, &wishes))
    })
}

const WITHDRAW: &[&str] = &[
    "取消",
    "撤回",
    "取消排队",
    "取消请求",
    "取消人工",
    "不用人工了",
    "不用转人工了",
    "不用了",
    "不要人工了",
    "不找人工了",
    "不排队了",
    "不等了",
    "撤销",
    "取消转人工",
];

/// Whether the person lets the counsellor go: 结束人工, 我想回到机器人.
pub fn ends_talk(folded: &str) -> bool {
    let words = bare(folded);
    let words = words.trim_end_matches(['吧', '了', '吗']);
    let back = ["回到", "转回", "换回", "切回", "找回", "交回"].iter().any(|back| words.contains(back));
    let to = ["机器人", "鹭助", "助手", "自动回复"].iter().any(|to| words.contains(to));
    PART.contains(&words) || words.chars().count() <= 14 && back && to
}

const PART: &[&str] = &[
    "结束",
    "结束对话",
    "结束人工",
    "结束人工对话",
    "结束人工服务",
    "退出人工",
    "退出人工服务",
    "不谈",
    "不聊",
    "不用人工",
    "不要人工",
    "不找人工",
];

/// A wish to read and write in the other script.
fn script_word(words: &str) -> Option<Script> {
    let wish =
        ["请", "用", "换成", "切换成", "切换到", "改成", "改用", "说", "显示", "切换", "我要", "我要看", "请用", "换"];
    let rest = wish.iter().filter_map(|wish| words.strip_prefix(wish)).chain([words]).min_by_key(|rest| rest.len())?;
    let rest = rest.trim_end_matches("吧").trim_end_matches("吗");
    match rest {
        "繁" | "繁体" | "繁体字" | "繁体中文" | "正体" | "正体字" | "正体中文" => Some(Script::Hant),
        "简" | "简体" | "简体字" | "简体中文" => Some(Script::Hans),
        _ => None,
    }
}

/// An option named by its number (in any writing), its label, or the beginning of its label.
fn chosen(words: &str, offered: &[Choice], library: &Library) -> Option<Act> {
    let letter = offered.iter().find(|choice| choice.key.to_lowercase() == words);
    if let Some(choice) = letter {
        return Some(choice.act.clone());
    }
    if let Some(number) = number(words) {
        return match offered.iter().find(|choice| choice.key == number) {
            Some(choice) => Some(choice.act.clone()),
            // A person can be asked for in every state.
            None if number == "0" => Some(Act::Human),
            None => None,
        };
    }
    let labels = || offered.iter().map(|choice| (choice, bare(&library.language.fold(&choice.label))));
    let whole = labels().find(|(_, label)| label == words);
    let begun = || labels().find(|(_, label)| words.chars().count() >= 2 && label.starts_with(words));
    let more = || offered.iter().find(|choice| choice.key == "9" && MORE.contains(&words));
    whole.or_else(begun).map(|(choice, _)| choice).or_else(more).map(|choice| choice.act.clone())
}

const MORE: &[&str] =
    &["更多", "详细", "详细一点", "说详细点", "展开", "全文", "看全文", "还有吗", "还有呢", "继续", "more"];

/// Whether a message is nothing but the number of an option.
pub fn is_number(folded: &str) -> bool {
    number(&bare(folded)).is_some()
}

/// `1`, `１`, `①`, `一`, `第一个`, `选1`, `1号`: one digit, or nothing.
fn number(words: &str) -> Option<String> {
    let core = words.trim_start_matches(['第', '选', '按', '要', '我']);
    let core = core.trim_end_matches(['个', '项', '条', '号', '种', '。', '.', '、']);
    let mut chars = core.chars();
    let (c, None) = (chars.next()?, chars.next()) else { return None };
    let digit = c.to_digit(10).or_else(|| "零一二三四五六七八九".chars().position(|n| n == c).map(|n| n as u32));
    digit.or((c == '两').then_some(2)).map(|digit| digit.to_string())
}

/// Without blanks and the punctuation around it.
pub fn bare(folded: &str) -> String {
    let inner = folded.trim_matches(|c: char| !c.is_alphanumeric());
    inner.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digit_in_every_writing() {
        for (text, digit) in
            [("1", "1"), ("第一个", "1"), ("选2", "2"), ("三", "3"), ("0", "0"), ("两", "2"), ("9.", "9")]
        {
            assert_eq!(number(text).as_deref(), Some(digit), "{text}");
        }
        for text in ["12", "12333", "一年", "", "我"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_wish_for_a_script() {
        for text in ["繁", "繁体", "用繁体", "换成繁体字", "请用繁体中文"] {
            assert_eq!(script_word(text), Some(Script::Hant), "{text}");
        }
        assert_eq!(script_word("简"), Some(Script::Hans));
        assert_eq!(script_word("简历"), None);
    }
}
