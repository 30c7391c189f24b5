//! Replies that never wait for search: each list of `../phrases` gets its kind, and `none.txt` none.

use luzhu::{
    conversation::{Conversation, step},
    message::{Body, Kind},
};

use crate::house::{day, library, repo};

fn kinds_of(list: &str) -> Vec<(String, Kind)> {
    let text = std::fs::read_to_string(repo(&format!("tests/phrases/{list}.txt"))).expect("a list");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let kind = |line: &str| step(&library(), &Conversation::default(), &Body::Text(line.into()), day()).said[0].kind;
    lines.map(|line| (line.to_owned(), kind(line))).collect()
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
