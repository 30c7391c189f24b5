//! The shipped content: it is sound, it finds its own questions, and it fits every channel.

use luzhu::{
    commands::eval_asks,
    conversation::answer::Speaker,
    library::finder::Finding,
    message::{Script, limits},
};

use crate::house::{day, library};

#[test]
fn every_asks_line_finds_its_article_in_both_scripts_and_mostly_without_itself() {
    let mut missed = Vec::new();
    let figures = eval_asks::measure(&library(), |how, ask, went| {
        if how != "left out" {
            missed.push(format!("{how}: {ask}: {went}"));
        }
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(figures.left_out >= 0.85, "{figures:?}");
}

#[test]
fn there_is_enough_and_every_answer_fits_every_channel() {
    let library = library();
    assert!(library.articles.len() >= 110);
    for article in &library.articles {
        // What some of its questions find in it.
        let asks = article.asks.iter().step_by(8).map(|ask| library.find(ask).1.findings.into_iter());
        let found = asks.filter_map(|mut found| found.find(|found| library.name_of(found) == article.id));
        let found: Vec<Finding> = found.collect();
        for script in [Script::Hans, Script::Hant] {
            let speaker = Speaker { library: &library, script, today: day(), desk: Default::default() };
            let short = found.iter().map(|found| speaker.answer(article, Some(found)));
            for message in short.chain([speaker.answer(article, None), speaker.whole(article)]) {
                let text = message.text();
                assert!(text.encode_utf16().count() <= limits::TEXT, "{}: {text}", article.id);
                assert!(message.choices.len() <= limits::CHOICES, "{}", article.id);
                assert!(message.choices.iter().any(|choice| choice.key == "0"), "{}: no way to a person", article.id);
                assert!(!message.sources.is_empty(), "{}: no source", article.id);
                assert!(!text.contains(['{', '}']), "{}: {text}", article.id);
                assert_ne!(library.language.script_of(&text), Some(other(script)), "{}: {text}", article.id);
            }
        }
    }
}

#[test]
fn an_unconfirmed_or_expired_figure_is_never_told() {
    let library = library();
    for (name, known) in [
        ("monthly_minimum_wage", true),
        ("unemployment_benefit_monthly", true),
        ("skill_upgrade_senior", false),
        ("startup_subsidy", false),
        ("yilubao_cover", false),
    ] {
        assert!(library.amounts.knows(name), "{name}");
        assert_eq!(library.amounts.told(name, day()).is_some(), known, "{name}");
    }
    let benefit = library.amounts.told("unemployment_benefit_monthly", day()).expect("a figure");
    assert_eq!((benefit.figure().as_str(), benefit.overdue), ("2038.5元/月", true));
    // In its own time the skills subsidy was told.
    let then = "2025-06-01".parse().expect("a day");
    assert_eq!(library.amounts.told("skill_upgrade_senior", then).expect("a figure").figure(), "2000元");
}

fn other(script: Script) -> Script {
    match script {
        Script::Hans => Script::Hant,
        Script::Hant => Script::Hans,
    }
}

/// The questions were written by people who had not seen `knowledge/`. The figures that we report
/// stand in the README; these are floors below them, so that a change that makes things worse
/// shows.
#[test]
fn strangers_questions_are_answered_and_others_are_not() {
    for set in ["first", "second", "third", "fourth-a", "fifth-a", "fifth-b"] {
        let file = crate::house::repo(&format!("tests/questions/{set}.jsonl"));
        let output = crate::house::luzhu(&["eval", "answers", file.to_str().expect("a path"), "--json"])
            .output()
            .expect("luzhu runs");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let share = |key: &str| report[key].as_f64().expect("a share");
        assert!(share("right") >= 0.90, "{set}: {report}");
        assert!(share("wrong") <= 0.04, "{set}: {report}");
        assert!(share("not_answered") >= 0.94, "{set}: {report}");
        assert!(share("calibration_error") <= 0.05, "{set}: {report}");
        // The newer sets have few of these.
        assert!(share("fixed_right") >= 0.75, "{set}: {report}");
    }
}
