//! Words that differ across the strait, questions in both scripts, and what conversion must not break: the tables
//! in `tests/words`, and every row of the lexicon.

use luzhu::{
    commands::ask,
    conversation::{Conversation, step},
    library::Library,
    message::{Act, Body, Kind, Message, Script},
};

use crate::house::{day, library};

/// The rows of a table, without its heading.
fn rows(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(format!("tests/words/{name}.tsv")).expect("a table");
    let row = |line: &str| line.split('\t').map(str::to_owned).collect();
    text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(row).collect()
}

/// What a reply tells or offers, by article.
fn tells(message: &Message) -> (Vec<String>, Vec<String>) {
    let told = message.article.iter().chain(&message.also).cloned().collect();
    let offered = message.choices.iter().filter_map(|choice| match &choice.act {
        Act::Show(id) => Some(id.clone()),
        _ => None,
    });
    (told, offered.collect())
}

#[test]
fn a_question_and_its_twin_in_the_other_script_get_the_same_answer() {
    let library = library();
    let pairs = std::fs::read_to_string("tests/words/pairs.txt").expect("questions");
    let pairs: Vec<&str> = pairs.lines().filter(|line| !line.trim().is_empty()).collect();
    assert!(pairs.len() >= 1000, "{}", pairs.len());
    let reply = |text: &str| ask::reply(&library, text, day());
    let differ: Vec<String> = pairs
        .iter()
        .filter_map(|hans| {
            let hant = library.language.in_script(hans, Script::Hant);
            let (a, b) = (reply(hans), reply(&hant));
            let same = (a.kind, &a.article, &a.also) == (b.kind, &b.article, &b.also);
            (!same).then(|| format!("{hans}: {:?} {:?}\n{hant}: {:?} {:?}", a.kind, a.article, b.kind, b.article))
        })
        .collect();
    eprintln!("{} of {} pairs differ", differ.len(), pairs.len());
    assert!(differ.len() * 200 <= pairs.len(), "{}", differ.join("\n"));
}

#[test]
fn every_word_of_the_lexicon_leads_to_its_mainland_term() {
    let library = library();
    let mut lost = Vec::new();
    for (word, terms) in library.lexicon.rows() {
        let asked = format!("请问{word}怎么办");
        let led = library
            .lexicon
            .widen(&asked)
            .into_iter()
            .any(|(found, to)| found.contains(word) && terms.iter().all(|term| to.contains(term)));
        if !led {
            lost.push(word.to_owned());
        }
    }
    // A longer word may begin with the question around it.
    assert!(lost.is_empty(), "{lost:?}");
    assert!(library.lexicon.rows().count() >= 541);
}

#[test]
fn conversion_breaks_no_words() {
    let library = library();
    let wrong: Vec<String> = rows("damages")
        .iter()
        .filter_map(|row| {
            let (hans, hant) = (&row[0], &row[1]);
            let (to, back) = (library.language.spoken(hans, Script::Hant), library.language.fold(hant));
            let fine = to == *hant && back == library.language.fold(hans);
            (!fine).then(|| format!("{hans} → {to}, not {hant}; back {back}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// How many questions of a table get one of their readings, told or offered; with the others.
fn read_rightly(library: &Library, rows: &[Vec<String>], question: usize) -> (usize, usize, Vec<String>) {
    let (mut told, mut offered, mut others) = (0, 0, Vec::new());
    for row in rows {
        let message = ask::reply(library, &row[question], day());
        let readings: Vec<&str> = row[question + 1].split('|').collect();
        let fits = |ids: &[String]| ids.iter().any(|id| readings.contains(&id.as_str()));
        let (tells, offers) = tells(&message);
        let left =
            readings.contains(&"elsewhere") && !matches!(message.kind, Kind::Answer | Kind::Flow | Kind::Eligibility);
        if fits(&tells) || left {
            told += 1;
        } else if fits(&offers) || message.kind == Kind::Human {
            offered += 1;
        } else {
            others.push(format!("{} → {:?} {:?}, not {}", row[question], message.kind, tells, row[question + 1]));
        }
    }
    (told, offered, others)
}

#[test]
fn ambiguous_words_and_false_friends_lead_to_the_right_reading() {
    let library = library();
    for (name, question) in [("ambiguous", 1), ("friends", 0)] {
        let rows = rows(name);
        let (told, offered, others) = read_rightly(&library, &rows, question);
        eprintln!("{name}: {told} told, {offered} offered, {} otherwise, of {}", others.len(), rows.len());
        assert!(others.len() * 10 <= rows.len(), "{name}:\n{}", others.join("\n"));
    }
}

#[test]
fn the_wrong_friend_is_never_told_as_sure() {
    let library = library();
    let wrong: Vec<String> = rows("friends")
        .iter()
        .filter_map(|row| {
            let message = ask::reply(&library, &row[0], day());
            let not: Vec<&str> = row[2].split('|').collect();
            let told = message.article.as_deref().filter(|id| not.contains(id))?;
            (message.also.is_none()).then(|| format!("{} → {told}", row[0]))
        })
        .collect();
    eprintln!("{} false friends are told as sure", wrong.len());
    assert!(wrong.len() <= 4, "{}", wrong.join("\n"));
}

/// Says some lines one after the other; the last reply.
fn last(library: &Library, lines: &[&str]) -> Message {
    let mut conversation = Conversation::default();
    let mut said = vec![];
    for line in lines {
        let turn = step(library, &conversation, &Body::Text((*line).into()), day());
        (conversation, said) = (turn.conversation, turn.said);
    }
    said.remove(0)
}

#[test]
fn a_taiwan_word_stands_beside_the_mainland_term_once() {
    let library = library();
    let text = last(&library, &["失業給付怎麼申請"]).text();
    assert_eq!(text.matches("您說的“失業給付”").count(), 1, "{text}");
    let text = last(&library, &["失业金怎么领"]).text();
    assert!(!text.contains("您说的"), "{text}");
}

#[test]
fn the_last_answer_can_be_asked_why_and_for_plainer_words() {
    let library = library();
    let first = last(&library, &["失业金能领几个月"]);
    let why = last(&library, &["失业金能领几个月", "为什么?"]);
    assert_eq!((why.article.as_deref(), why.kind), (first.article.as_deref(), Kind::Answer));
    assert!(why.text().contains("依据是") && !why.sources.is_empty(), "{}", why.text());
    let plain = last(&library, &["失业金能领几个月", "說簡單一點"]);
    assert_eq!(plain.article, first.article);
    assert!(plain.lead.chars().count() < first.lead.chars().count(), "{}", plain.text());
    assert!(plain.points.is_empty());
}

#[test]
fn a_question_that_follows_on_is_read_with_what_was_told() {
    let library = library();
    let article = |lines: &[&str]| last(&library, lines).article;
    assert_eq!(article(&["失业登记要带什么材料", "那台湾人呢"]).as_deref(), Some("tw-registration"));
    assert_eq!(article(&["創業擔保貸款可以貸多少", "利息呢"]).as_deref(), Some("startup-loan"));
    // A change of subject is none.
    assert_eq!(article(&["创业担保贷款可以贷多少", "试用期最长多久"]).as_deref(), Some("probation"));
}
