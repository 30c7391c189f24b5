//! Questions that follow on: 那要多久, 那台湾人呢, 可以线上办吗.

use crate::{
    conversation::{answer::ANSWER_FROM, state::Topic},
    library::{Library, Subject, finder::Found},
};

/// What a message begins with that leans on what was said.
const BEGINS: &[&str] =
    &["那", "它", "这", "如果", "要是", "万一", "假如", "还有", "然后", "另外", "但", "可是", "不过"];

/// What it ends with.
const ENDS: &[&str] = &["呢", "咧", "捏"];

/// A message of so few characters says little alone.
const SHORT: usize = 8;

/// How much of what came before is read with the next question, in characters.
const REMEMBERED: usize = 100;

/// Finds what answers a question after the one that was answered last; with it, the question as it was read.
/// A question that says enough alone is a change of subject, and read alone; where it clearly says another thing
/// alone than after what came before, both readings stand first.
pub(super) fn find(topic: Option<&Topic>, question: &str, library: &Library) -> (String, Found) {
    let (reading, alone) = library.find(question);
    let Some(topic) = topic else { return (question.into(), alone) };
    let (sure, leans) = (alone.confidence >= ANSWER_FROM, leans(question));
    // Danger, and a wish for a person, is no matter of the topic; nor is what is clearly not ours, or just what a
    // line says.
    let ours = alone.findings.first().is_none_or(|first| matches!(library.subject(first), Subject::Article(_)));
    let known = alone.findings.first().is_some_and(|first| first.features.same > 0.0);
    if library.calls(&alone) || sure && !leans && (known || !ours) {
        return (question.into(), alone);
    }
    let Some(after) = library.find_after(&topic.question, &topic.article, reading) else {
        return (question.into(), alone);
    };
    let first = |found: &Found| found.findings.first().map(|first| first.subject);
    let same = first(&alone) == first(&after);
    // What seems not ours, and leans on nothing, follows on only where that is sure.
    let likelier = (leans || ours) && after.confidence >= alone.confidence;
    let surer = likelier || (leans || !ours) && after.confidence >= ANSWER_FROM;
    if sure && (same || !leans) || !surer {
        let found = if same || !sure { alone } else { alone.or(after) };
        return (question.into(), found);
    }
    let begun = topic.question.chars().count().saturating_sub(REMEMBERED);
    let before: String = topic.question.chars().skip(begun).collect();
    (format!("{before} {question}"), if sure { after.or(alone) } else { after })
}

/// Whether a message leans on what was said before it.
fn leans(question: &str) -> bool {
    let bare = question.trim_matches(|c: char| !c.is_alphanumeric());
    BEGINS.iter().any(|word| bare.starts_with(word))
        || ENDS.iter().any(|word| bare.ends_with(word))
        || bare.chars().count() <= SHORT
}
