//! Replies that never wait for search: each list of `../phrases` gets its kind, and `none.txt` none.

use luzhu::{
    conversation::{Conversation, handoff::act, step},
    message::{Body, Ending, Event, Kind, Staff},
};

use crate::{
    house::{Dice, day, library, repo},
    procedures::{procedures, questions, standing},
};

fn lines_of(list: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repo(&format!("tests/phrases/{list}.txt"))).expect("a list");
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

fn kinds_of(list: &str) -> Vec<(String, Kind)> {
    let kind = |line: &str| step(&library(), &Conversation::default(), &Body::Text(line.into()), day()).said[0].kind;
    lines_of(list).into_iter().map(|line| (line.clone(), kind(&line))).collect()
}

fn all_are(list: &str, kind: Kind, least: usize) {
    let kinds = kinds_of(list);
    let others: Vec<_> = kinds.iter().filter(|(_, told)| *told != kind).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(kinds.len() >= least, "only {} phrases", kinds.len());
}

#[test]
fn a_person_is_asked_for_once() {
    all_are("human", Kind::Human, 150);
}

#[test]
fn danger_is_never_missed() {
    all_are("crisis", Kind::Crisis, 70);
}

#[test]
fn some_matters_are_left_to_others() {
    all_are("decline", Kind::Decline, 80);
}

#[test]
fn small_talk_is_answered() {
    all_are("smalltalk", Kind::Smalltalk, 40);
}

#[test]
fn questions_that_only_look_like_those_go_to_the_search() {
    let caught: Vec<_> = kinds_of("none")
        .into_iter()
        .filter(|(_, kind)| !matches!(kind, Kind::Answer | Kind::Clarify | Kind::Unknown))
        .collect();
    assert!(caught.is_empty(), "{caught:#?}");
}

/// What leads into the states of a conversation, but for the questions of procedures.
const STATES: &[(&str, &[&str])] = &[
    ("the beginning", &[]),
    ("after an answer", &["失业金能领几个月"]),
    ("after the whole article", &["失业金能领几个月", "9"]),
    ("asked back", &["社保断缴怎么办"]),
    ("after an unknown question", &["帮我看看二维码门禁是谁装的"]),
    ("after small talk", &["你好"]),
    ("after a matter that is not ours", &["明天会下雨吗"]),
    ("traditional, pinned", &["繁"]),
    ("in a procedure", &["我要办失业登记"]),
    ("an answer once more", &["我要办失业登记", "大陆居民", "上一步"]),
    ("all answers shown", &["我要办失业登记", "大陆居民", "我答了什么"]),
    ("two procedures deep", &["我要办失业登记", "我要申领失业金"]),
    ("a list", &["我要申领失业金", "大陆居民", "在几个地方"]),
    ("a procedure left", &["我要办失业登记", "取消"]),
    ("eligibility weighed", &["我能享受什么政策"]),
    ("a number masked", &["我的身份证是350211198805067777"]),
    ("a message is left", &["我想留言给你们", "人工", "2"]),
    ("waiting already", &["人工"]),
    ("withdrawn", &["人工", "取消"]),
    ("in danger", &["我不想活了"]),
];

/// Whether somebody waits for a person, or speaks with one.
fn is_heard(conversation: &Conversation) -> bool {
    conversation.request.is_some() || conversation.talk.is_some()
}

#[test]
fn a_person_is_asked_for_once_in_every_state() {
    let library = library();
    let others = [lines_of("human-strangers"), lines_of("human-second"), lines_of("human-third")].concat();
    let (strangers, phrases) = (others.len(), [lines_of("human"), others].concat());
    assert!(phrases.len() >= 1000, "only {} phrases", phrases.len());
    let say = |conversation: &Conversation, words: &str| {
        step(&library, conversation, &Body::Text(words.into()), day()).conversation
    };
    let mut states: Vec<(String, Conversation)> = STATES
        .iter()
        .map(|(name, words)| {
            ((*name).to_owned(), words.iter().fold(Conversation::default(), |at, words| say(&at, words)))
        })
        .collect();
    // After a counsellor: asked whether it helped, and asked so in the middle of a procedure.
    let chen = Staff { name: "chen".into(), shown: "陈顾问".into(), leads: false };
    let desk = |conversation: &Conversation, event: &Event| {
        act(&library, conversation, &chen, event, &day().into()).expect("done").conversation
    };
    for (name, before) in [("asked whether it helped", "人工"), ("asked so in a procedure", "我要办失业登记")]
    {
        let taken = desk(&say(&Conversation::default(), before), &Event::Take);
        states.push((name.into(), desk(&taken, &Event::Close(Ending::Answered))));
    }
    let mut missed = Vec::new();
    let mut dice = Dice::new(5);
    for (i, phrase) in phrases.iter().enumerate() {
        // The strangers' phrases in every state; of ours, as many as there is time for.
        let known = i < phrases.len() - strangers && std::env::var_os("LUZHU_ROUNDS").is_none();
        for (name, state) in states.iter().filter(|_| !known || dice.below(4) == 0) {
            if !is_heard(&say(state, phrase)) {
                missed.push(format!("{phrase} — {name}"));
            }
        }
    }
    // At every question of every procedure, as many as there is time for.
    let mut asked = 0;
    for flow in procedures(&library) {
        for (key, told) in questions(&library, flow) {
            let path: Vec<String> = told.iter().map(|(key, _)| key.to_owned()).collect();
            let state = standing(flow, &told, &path);
            asked += 1;
            for _ in 0..15 {
                let phrase = &phrases[dice.below(phrases.len())];
                if !is_heard(&say(&state, phrase)) {
                    missed.push(format!("{phrase} — {} {key}", flow.id));
                }
            }
        }
    }
    assert!(asked >= 200, "only {asked} questions");
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn people_are_spoken_of_without_being_asked_for() {
    let lines =
        [lines_of("human-none-strangers"), lines_of("human-none-second"), lines_of("human-none-third")].concat();
    let asked: Vec<_> = lines
        .iter()
        .filter(|line| {
            is_heard(&step(&library(), &Conversation::default(), &Body::Text((*line).clone()), day()).conversation)
        })
        .collect();
    assert!(lines.len() >= 300, "only {} lines", lines.len());
    assert!(asked.len() * 100 <= lines.len(), "{} of {}: {asked:#?}", asked.len(), lines.len());
}
