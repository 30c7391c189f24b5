//! One turn of a conversation: what was sent, what is said, what is remembered. Pure.

use chrono::NaiveDate;

use crate::{
    conversation::{
        answer::{ANSWER_FROM, CLARIFY_FROM, Speaker},
        state::{Conversation, Reason},
        understand, wording,
    },
    library::{Library, Subject, fixed::Fixed},
    message::{Act, Body, Kind, Message, limits},
    text::{
        clean,
        mask::{self, Number},
    },
};

/// What one message led to.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What is remembered from now on.
    pub conversation: Conversation,
    /// What the person sent, as it may be stored: cleaned, numbers masked.
    pub heard: String,
    /// What is said.
    pub said: Vec<Message>,
}

/// Takes one message in. The same library, conversation, message and day always give the same
/// turn, so a turn can be taken again when the conversation was changed meanwhile.
pub fn step(library: &Library, conversation: &Conversation, body: &Body, today: NaiveDate) -> Turn {
    let mut next = conversation.clone();
    let (heard, numbers) = hear(library, &mut next, body);
    let speaker = Speaker { library, script: next.script, today };
    let mut message = match body {
        Body::Choice(act) => match act.parse() {
            Ok(act) => do_act(&mut next, &act, library, today),
            // Rich clients may send the number of an option as well as the option.
            Err(_) => reply(&mut next, act, &numbers, &speaker),
        },
        Body::Unreadable(_) => speaker.say(Kind::Smalltalk, wording::UNREADABLE, &[]),
        Body::Text(text) if text.len() > limits::INBOUND_BYTES => speaker.say(Kind::Smalltalk, wording::TOO_LONG, &[]),
        Body::Text(_) => reply(&mut next, &heard, &numbers, &speaker),
    };
    if !numbers.is_empty() {
        let mut names: Vec<&str> = numbers.iter().map(|number| number.name(next.script)).collect();
        names.dedup();
        let note = library.language.spoken(wording::MASKED, next.script);
        message.notes.insert(0, format!("{}{note}", names.join("、")));
    }
    next.offered = message.choices.clone();
    Turn { conversation: next, heard, said: vec![message] }
}

/// What may be kept of a message; the script is noticed on the way.
fn hear(library: &Library, next: &mut Conversation, body: &Body) -> (String, Vec<Number>) {
    match body {
        Body::Text(text) => {
            let mut end = text.len().min(limits::INBOUND_BYTES);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            if !next.pinned {
                next.script = library.language.script_of(&text[..end]).unwrap_or(next.script);
            }
            mask::mask(&clean::keep(&text[..end]), next.script)
        }
        Body::Choice(act) => {
            let label = next.offered.iter().find(|choice| choice.act.to_string() == *act || choice.key == *act);
            (label.map_or_else(|| act.clone(), |choice| choice.label.clone()), vec![])
        }
        Body::Unreadable(name) => (format!("［{name}］"), vec![]),
    }
}

/// The reply to words.
fn reply(next: &mut Conversation, text: &str, numbers: &[Number], speaker: &Speaker<'_>) -> Message {
    let library = speaker.library;
    let folded = library.language.fold(&essence(text));
    if folded.chars().all(|c| !c.is_alphanumeric()) {
        return speaker.say(Kind::Smalltalk, wording::EMPTY, &[]);
    }
    if let Some(act) = understand::command(&folded, next, library) {
        return do_act(next, &act, library, speaker.today);
    }
    if understand::is_number(&folded) {
        let mut message = speaker.say(Kind::Smalltalk, wording::NO_SUCH_CHOICE, &[]);
        // What was offered still stands.
        message.choices.clone_from(&next.offered);
        return message;
    }
    next.remember(text);
    let words = folded.replace(' ', "");
    if let Some(fixed) = library.fixed.iter().find(|fixed| fixed.fits(&words)) {
        return say_fixed(next, fixed, speaker);
    }
    let question = without_masks(&folded);
    if !numbers.is_empty() && question.chars().count() < 4 {
        return speaker.say(Kind::Smalltalk, wording::ONLY_NUMBER, &[]);
    }
    search(next, &question, speaker)
}

/// A fixed reply, and what it leads to.
fn say_fixed(next: &mut Conversation, fixed: &Fixed, speaker: &Speaker<'_>) -> Message {
    match fixed.kind {
        Kind::Human => return do_act(next, &Act::Human, speaker.library, speaker.today),
        Kind::Crisis => next.request(Reason::Crisis, speaker.today),
        _ => {}
    }
    speaker.fixed(fixed)
}

/// The reply to a question, as sure as the search is.
fn search(next: &mut Conversation, question: &str, speaker: &Speaker<'_>) -> Message {
    let (_, found) = speaker.library.find(question);
    let unknown = || speaker.say(Kind::Unknown, wording::UNKNOWN, &wording::UNKNOWN_POINTS);
    let mut message = match found.findings.first().map(|first| (first, speaker.library.subject(first))) {
        Some((first, Subject::Article(article))) if found.confidence >= ANSWER_FROM => {
            speaker.answer(article, first.section)
        }
        Some((_, Subject::Article(_))) if found.confidence >= CLARIFY_FROM => speaker.clarify(&found.findings),
        Some((first, Subject::Elsewhere(matter))) => match speaker.library.reply_for(matter) {
            Some(fixed) if first.features.ask >= like_enough(fixed.kind) || found.confidence >= CERTAIN => {
                say_fixed(next, fixed, speaker)
            }
            Some(_) => unknown(),
            None => speaker.say(Kind::Unknown, &matter.lead, &wording::UNKNOWN_POINTS),
        },
        _ => unknown(),
    };
    message.confidence = Some((found.confidence * 100.0).round() / 100.0);
    message
}

/// From here on a message is of the kind of its nearest examples, though it is like none of them.
const CERTAIN: f32 = 0.93;

/// How near to an example a message must be for a fixed reply: danger is acted on at a smaller
/// sign than a wish for a person, which many questions about jobs resemble.
fn like_enough(kind: Kind) -> f32 {
    match kind {
        Kind::Crisis => 0.35,
        Kind::Human => 0.6,
        _ => 0.5,
    }
}

/// Does what an option says.
fn do_act(next: &mut Conversation, act: &Act, library: &Library, today: NaiveDate) -> Message {
    if let Act::Write(script) = act {
        (next.script, next.pinned) = (*script, true);
    }
    let speaker = Speaker { library, script: next.script, today };
    match act {
        Act::Show(id) | Act::More(id) => match (library.article(id), act) {
            (Some(article), Act::Show(_)) => speaker.answer(article, 0),
            (Some(article), _) => speaker.whole(article),
            (None, _) => speaker.say(Kind::Smalltalk, wording::STALE, &[]),
        },
        Act::Human => {
            let lead = if next.request.is_some() { wording::HUMAN_AGAIN } else { wording::HUMAN };
            next.request(Reason::Asked, today);
            let mut message = speaker.say(Kind::Human, lead, &wording::HUMAN_POINTS);
            speaker.offer(&mut message, vec![Act::Withdraw]);
            message
        }
        Act::Withdraw => {
            let waited = next.request.take().is_some();
            speaker.say(Kind::Smalltalk, if waited { wording::WITHDRAWN } else { wording::NOTHING_TO_WITHDRAW }, &[])
        }
        Act::Write(_) => speaker.say(Kind::Smalltalk, wording::SWITCHED, &[]),
    }
}

/// A long story's beginning and end: where people put the question, and enough to find it.
fn essence(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    match chars.len() {
        0..=1000 => text.into(),
        length => chars[..600].iter().chain(&chars[length - 400..]).collect(),
    }
}

/// The question without the places where numbers were masked.
fn without_masks(folded: &str) -> String {
    let mut out = String::new();
    let mut rest = folded;
    while let Some((before, after)) = rest.split_once(['［', '[']) {
        out.push_str(before);
        rest = after.split_once(['］', ']']).map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}
