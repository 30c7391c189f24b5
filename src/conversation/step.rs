//! One turn of a conversation: what was sent, what is said, what is remembered. Pure.

use chrono::NaiveDate;

use crate::{
    conversation::{
        answer::{ALONE_FROM, ANSWER_FROM, CLARIFY_FROM, EITHER_FROM, Speaker},
        dialog::{self, Dialog, listen},
        follow,
        handoff::{Deed, Desk, Handoff},
        state::{Conversation, Reason, Topic},
        understand, wording,
    },
    library::{
        Library, Subject,
        article::Article,
        finder::{Finding, Found},
        fixed::Fixed,
    },
    message::{Act, Body, Kind, Message, Repair, limits},
    text::{
        clean,
        mask::{self, Number},
        words::clauses,
    },
};

/// What one message led to.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What is remembered from now on.
    pub conversation: Conversation,
    /// What the person sent, as it may be stored: cleaned, numbers masked. Empty: nothing was sent.
    pub heard: String,
    /// What is said; nothing while a counsellor speaks.
    pub said: Vec<Message>,
    /// What becomes of a code.
    pub code: Option<Code>,
    /// What else happens in the same transaction.
    pub deeds: Vec<Deed>,
}

impl Turn {
    /// A turn that leads to this state.
    pub fn of(mut conversation: Conversation, heard: String, said: Vec<Message>, code: Option<Code>) -> Self {
        let deeds = std::mem::take(&mut conversation.deeds);
        Self { conversation, heard, said, code, deeds }
    }

    /// How many lines it adds to the transcript.
    pub fn lines(&self) -> usize {
        usize::from(!self.heard.is_empty()) + self.said.len()
    }
}

/// What a step knows of the outside: the day, digits for a code that may be given out, and what a
/// code that came in leads to.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// The day.
    pub today: NaiveDate,
    /// Eight digits that nobody can guess.
    pub digits: String,
    /// What the code in the message leads to, if it holds one.
    pub carried: Option<Carried>,
    /// The time, and how the counsellors' queue stands.
    pub desk: Desk,
}

impl From<NaiveDate> for Moment {
    fn from(today: NaiveDate) -> Self {
        // In the middle of the morning.
        let desk = Desk { now: today.and_hms_opt(10, 0, 0).unwrap_or_default(), standing: None };
        Self { today, digits: "00000000".into(), carried: None, desk }
    }
}

/// What a code leads to.
#[derive(Clone, Debug)]
pub enum Carried {
    /// A conversation elsewhere, and the code.
    Found(Box<Conversation>, String),
    /// Nothing: it is wrong, used or too old.
    Wrong,
    /// Too many were tried.
    TooMany,
}

/// What becomes of codes in a turn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Code {
    /// This one was given out.
    Made(String),
    /// This one was used up.
    Used(String),
    /// A wrong one was tried.
    Tried,
}

/// Takes one message in. The same library, conversation, message and moment always give the same
/// turn, so a turn can be taken again when the conversation was changed meanwhile.
pub fn step(library: &Library, conversation: &Conversation, body: &Body, moment: impl Into<Moment>) -> Turn {
    let moment = moment.into();
    let mut next = conversation.clone();
    let (heard, numbers) = hear(library, &mut next, body);
    let speaker = Speaker { library, script: next.script, today: moment.today, desk: moment.desk };
    let notes = Dialog { next: &mut next, speaker: &speaker }.returning();
    let words = match body {
        Body::Text(_) => true,
        Body::Choice(act) => act.parse::<Act>().is_err(),
        Body::Unreadable(_) => false,
    };
    if next.rating && words {
        // Whatever else is written is the next matter.
        let folded = library.language.fold(&essence(&heard));
        next.rating = matches!(understand::command(&folded, &next, library), Some(Act::Rate(_)));
    }
    let mut code = None;
    let mut said = match body {
        _ if next.talk.is_some() => with_counsellor(&mut next, body, &heard, &speaker),
        _ if moment.carried.is_some() => carry(&mut next, &moment, &mut code, &speaker),
        Body::Choice(act) => match act.parse() {
            Ok(act) => do_act(&mut next, &act, &speaker),
            // Rich clients may send the number of an option as well as the option.
            Err(_) => reply(&mut next, act, &numbers, &moment, &mut code, &speaker),
        },
        Body::Unreadable(name) => unreadable(&mut next, name, &speaker),
        Body::Text(text) if text.len() > limits::INBOUND_BYTES => {
            aside(&mut next, speaker.say(Kind::Smalltalk, wording::TOO_LONG, &[]), &speaker)
        }
        Body::Text(_) => reply(&mut next, &heard, &numbers, &moment, &mut code, &speaker),
    };
    dialog::welcome(&notes, &speaker, &mut said);
    if let Some(message) = said.first_mut().filter(|_| !numbers.is_empty()) {
        let mut names: Vec<&str> = numbers.iter().map(|number| number.name(next.script)).collect();
        names.dedup();
        let note = library.language.spoken(wording::MASKED, next.script);
        message.notes.insert(0, format!("{}{note}", names.join("、")));
    }
    next.remember_shown(&said);
    if next.talk.is_none() || !said.is_empty() {
        next.offered = said.last().map(|message| message.choices.clone()).unwrap_or_default();
    }
    Turn::of(next, heard, said, code)
}

/// A counsellor speaks: the assistant is silent, but for a procedure that they go through together.
fn with_counsellor(next: &mut Conversation, body: &Body, heard: &str, speaker: &Speaker<'_>) -> Vec<Message> {
    let library = speaker.library;
    let folded = library.language.fold(&essence(heard));
    let chosen = match body {
        Body::Choice(act) => act.parse().ok(),
        _ => understand::command(&folded, next, library),
    };
    let words = folded.replace(' ', "");
    let fixed = library.fixed.iter().find(|fixed| fixed.fits(&words));
    let mut handoff = Handoff { next, speaker };
    match chosen {
        Some(Act::Return) => handoff.part(),
        Some(Act::Answer(key, option)) => handoff.guided(|dialog| Some(dialog.chosen(&key, &option))),
        Some(Act::Change(key)) => handoff.guided(|dialog| Some(dialog.change(&key))),
        Some(Act::Mend(repair)) => handoff.guided(|dialog| dialog.mend(repair)),
        _ => handoff.listen(heard, &folded, fixed),
    }
}

/// Takes over what a person told elsewhere.
fn carry(next: &mut Conversation, moment: &Moment, code: &mut Option<Code>, speaker: &Speaker<'_>) -> Vec<Message> {
    match &moment.carried {
        Some(Carried::Found(from, digits)) => {
            *code = Some(Code::Used(digits.clone()));
            let Conversation { told, tasks, left, undo, results, .. } = (**from).clone();
            *next = Conversation { told, tasks, left, undo, results, on: from.on, ..next.clone() };
            let mut dialog = Dialog { next, speaker };
            let notes = dialog.returning();
            let mut said = dialog.go_on(wording::CODE_USED);
            dialog::welcome(&notes, speaker, &mut said);
            said
        }
        Some(Carried::TooMany) => aside(next, speaker.say(Kind::Smalltalk, wording::CODE_TRIES, &[]), speaker),
        Some(Carried::Wrong) | None => {
            *code = Some(Code::Tried);
            aside(next, speaker.say(Kind::Smalltalk, wording::CODE_WRONG, &[]), speaker)
        }
    }
}

/// The reply to what is not words; who sends a place wants to know where to go.
fn unreadable(next: &mut Conversation, name: &str, speaker: &Speaker<'_>) -> Vec<Message> {
    let mut message = speaker.say(Kind::Smalltalk, wording::unreadable(name), &[]);
    let places = &speaker.library.office.places;
    if name == "位置" && !places.is_empty() {
        speaker.offer(&mut message, vec![Act::Show(places.clone()), Act::Human]);
    }
    aside(next, message, speaker)
}

/// A reply that is not part of the procedure at hand: after it, we return there.
fn aside(next: &mut Conversation, message: Message, speaker: &Speaker<'_>) -> Vec<Message> {
    if next.tasks.is_empty() {
        return vec![message];
    }
    Dialog { next, speaker }.return_after(message)
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
fn reply(
    next: &mut Conversation,
    text: &str,
    numbers: &[Number],
    moment: &Moment,
    code: &mut Option<Code>,
    speaker: &Speaker<'_>,
) -> Vec<Message> {
    let library = speaker.library;
    let folded = library.language.fold(&essence(text));
    if folded.chars().all(|c| !c.is_alphanumeric()) {
        return aside(next, speaker.say(Kind::Smalltalk, wording::EMPTY, &[]), speaker);
    }
    let words = folded.replace(' ', "");
    let fixed = library.fixed.iter().find(|fixed| fixed.fits(&words));
    // 结束人工 is no wish for a person.
    if understand::ends_talk(&folded) && words.contains("人工") {
        return do_act(next, &Act::Withdraw, speaker);
    }
    // Danger and the wish for a person come before everything, in every state.
    if let Some(urgent) = fixed.filter(|fixed| is_urgent(fixed)) {
        next.remember(text);
        let answered = answered_too(next, urgent, &folded, speaker).map(|message| aside(next, message, speaker));
        return answered.unwrap_or_else(|| say_fixed(next, urgent, speaker));
    }
    if let Some(act) = understand::command(&folded, next, library) {
        return do_act(next, &act, speaker);
    }
    if next.leaving {
        next.remember(text);
        // Words that call for a person, or for help, are no message.
        let found = library.find(&without_masks(&folded)).1;
        if let Some(urgent) = likened(&folded, &found, library) {
            return say_fixed(next, urgent, speaker);
        }
        return vec![Handoff { next, speaker }.left(text)];
    }
    if let Some(said) = mend(next, &folded, moment, code, speaker) {
        return said;
    }
    if let Some(flow) = understand::intent(&folded, library) {
        return begin(next, &flow.id.clone(), &folded, speaker);
    }
    let question = without_masks(&folded);
    if !next.tasks.is_empty() {
        return in_task(next, text, &question, fixed, speaker);
    }
    if understand::is_number(&folded) {
        let mut message = speaker.say(Kind::Smalltalk, wording::NO_SUCH_CHOICE, &[]);
        // What was offered still stands.
        message.choices.clone_from(&next.offered);
        return vec![message];
    }
    next.remember(text);
    if let Some(fixed) = fixed {
        return say_fixed(next, fixed, speaker);
    }
    if !numbers.is_empty() && question.chars().count() < 4 {
        return vec![speaker.say(Kind::Smalltalk, wording::ONLY_NUMBER, &[])];
    }
    Dialog { next, speaker }.note_facts(&question);
    search(next, &question, speaker)
}

/// A word about the procedure itself, or the wish to go on elsewhere.
fn mend(
    next: &mut Conversation,
    folded: &str,
    moment: &Moment,
    code: &mut Option<Code>,
    speaker: &Speaker<'_>,
) -> Option<Vec<Message>> {
    let repair = speaker.library.repairs.read(folded)?;
    if repair == Repair::Code && !next.told.is_empty() {
        *code = Some(Code::Made(moment.digits.clone()));
        let digits = format!("{} {}", &moment.digits[..4], &moment.digits[4..]);
        let message = speaker.say(Kind::Flow, &format!("{digits}\n{}", wording::CODE), &[]);
        return Some(aside(next, message, speaker));
    }
    let again = if next.tasks.is_empty() { again(next, repair, speaker) } else { None };
    again.or_else(|| Dialog { next, speaker }.mend(repair))
}

/// Begins a procedure; what else was said with the wish is taken in.
fn begin(next: &mut Conversation, id: &str, folded: &str, speaker: &Speaker<'_>) -> Vec<Message> {
    let mut dialog = Dialog { next, speaker };
    dialog.note_facts(folded);
    dialog.begin(id)
}

/// The reply to words at a question: an answer to it, a question of the person's own, or neither.
fn in_task(
    next: &mut Conversation,
    raw: &str,
    folded: &str,
    fixed: Option<&Fixed>,
    speaker: &Speaker<'_>,
) -> Vec<Message> {
    let found = speaker.library.find(folded).1;
    let asks = listen::is_question(folded);
    // What is clearly asked is answered from the knowledge, or left to others; then we return.
    if asks && found.confidence >= ANSWER_FROM {
        next.remember(raw);
        return returning(search(next, folded, speaker), next, speaker);
    }
    let likened = likened(folded, &found, speaker.library);
    let mut dialog = Dialog { next, speaker };
    // Where any words are an answer, danger and a greeting still are none.
    let others = fixed.is_some() || likened.is_some();
    let heard = if others && dialog.takes_any_words() { None } else { dialog.hear(raw, folded) };
    if let Some(said) = heard {
        return said;
    }
    dialog.next.remember(raw);
    if let Some(urgent) = likened {
        return say_fixed(next, urgent, speaker);
    }
    if let Some(fixed) = fixed {
        return dialog.return_after(speaker.fixed(fixed));
    }
    let sure = if asks { CLARIFY_FROM } else { ANSWER_FROM };
    if found.findings.is_empty() || found.confidence < sure || dialog.is_unclear_answer(raw, folded) && !asks {
        return dialog.puzzled(raw, folded).unwrap_or_default();
    }
    returning(search(next, folded, speaker), next, speaker)
}

/// Danger, or a wish for a person, that is like the examples of it though no fixed words tell.
fn likened<'a>(words: &str, found: &Found, library: &'a Library) -> Option<&'a Fixed> {
    let Subject::Elsewhere(matter) = library.subject(found.findings.first()?) else { return None };
    let fixed = library.reply_for(matter)?;
    let sure = found.confidence >= certain(fixed.kind);
    (sure && is_urgent(fixed) && !is_held_back(words, fixed, library)).then_some(fixed)
}

/// Whether the fixed words tell that no person is wished for, though a message is like the examples of it.
fn is_held_back(words: &str, fixed: &Fixed, library: &Library) -> bool {
    let words = words.replace(' ', "");
    let rows = || library.fixed.iter().filter(|row| row.kind == Kind::Human);
    fixed.kind == Kind::Human && rows().any(|row| row.holds_back(&words)) && !rows().any(|row| row.fits(&words))
}

/// Whether a reply waits for nothing.
fn is_urgent(fixed: &Fixed) -> bool {
    matches!(fixed.kind, Kind::Crisis | Kind::Human)
}

/// A reply of the search, and back to the question; readings are chosen from before that.
fn returning(reply: Vec<Message>, next: &mut Conversation, speaker: &Speaker<'_>) -> Vec<Message> {
    match (reply.len(), reply.first().map(|message| message.kind)) {
        (1, Some(Kind::Answer | Kind::Unknown | Kind::Decline | Kind::Smalltalk)) => {
            reply.into_iter().flat_map(|message| Dialog { next, speaker }.return_after(message)).collect()
        }
        // Danger, a person, readings to choose from, or a reply that returned already.
        _ => reply,
    }
}

/// An answer; a matter that only a person may judge is handed over with it.
fn told(next: &mut Conversation, article: &Article, found: Option<&Finding>, speaker: &Speaker<'_>) -> Message {
    let mut message = speaker.answer(article, found);
    if article.counsellor {
        next.shown.push(article.id.clone());
        Handoff { next, speaker }.with(&mut message, Reason::Topic, wording::ONLY_A_PERSON);
    }
    message
}

/// Nothing is claimed; who hears that twice in a row gets a person.
fn unknown(next: &mut Conversation, speaker: &Speaker<'_>) -> Message {
    next.unknown += 1;
    if next.unknown < 2 || next.request.is_some() {
        return speaker.say(Kind::Unknown, wording::UNKNOWN, &wording::UNKNOWN_POINTS);
    }
    let mut handoff = Handoff { next, speaker };
    handoff.request(Reason::Unknown);
    Message { kind: Kind::Unknown, ..handoff.waiting(wording::UNKNOWN_AGAIN) }
}

/// Names the Taiwan word that the person used once, beside the mainland term for it.
fn beside(mut message: Message, question: &str, speaker: &Speaker<'_>) -> Message {
    if message.kind != Kind::Answer {
        return message;
    }
    for (word, terms) in speaker.library.lexicon.says(question) {
        let word = speaker.library.language.in_script(word, speaker.script);
        if message.text().contains(&word) {
            continue;
        }
        for text in std::iter::once(&mut message.lead).chain(&mut message.points) {
            let place = |term: &String| end_of_word(text, &speaker.spoken(term));
            if let Some(end) = terms.iter().filter_map(place).max() {
                text.insert_str(end, &format!("（{}“{word}”）", speaker.spoken(wording::YOUR_WORD)));
                return message;
            }
        }
    }
    message
}

/// The end of a term that stands alone in a text; 工资 in 工资条 is another word.
fn end_of_word(text: &str, term: &str) -> Option<usize> {
    const MAY_FOLLOW: &str = "的是按和与與及或每不可要在由从從到为為能会會就也都有没沒以怎";
    let alone =
        |end: &usize| text[*end..].chars().next().is_none_or(|c| !c.is_alphanumeric() || MAY_FOLLOW.contains(c));
    text.match_indices(term).map(|(at, _)| at + term.len()).find(alone)
}

/// The last answer once more: why, or in plainer words.
fn again(next: &Conversation, repair: Repair, speaker: &Speaker<'_>) -> Option<Vec<Message>> {
    let article = speaker.library.article(&next.topic.as_ref()?.article)?;
    match repair {
        Repair::Why => Some(vec![speaker.why(article)]),
        Repair::Help => Some(vec![speaker.plain(article)]),
        _ => None,
    }
}

fn confident(mut message: Message, confidence: f32) -> Message {
    message.confidence = Some((confidence * 100.0).round() / 100.0);
    message
}

/// A fixed reply, and what it leads to.
fn say_fixed(next: &mut Conversation, fixed: &Fixed, speaker: &Speaker<'_>) -> Vec<Message> {
    match fixed.kind {
        Kind::Human => return do_act(next, &Act::Human, speaker),
        Kind::Crisis => {
            // Nothing else is asked of someone in danger.
            Handoff { next, speaker }.request(Reason::Crisis);
            return vec![speaker.fixed(fixed)];
        }
        _ => {}
    }
    let mut message = speaker.fixed(fixed);
    if fixed.counsellor {
        Handoff { next, speaker }.with(&mut message, Reason::Topic, wording::ONLY_A_PERSON);
    }
    aside(next, message, speaker)
}

/// What is clearly asked beside words that may be despair, or may be but said so: its answer, with the care and the
/// person that such words call for.
fn answered_too(next: &mut Conversation, fixed: &Fixed, folded: &str, speaker: &Speaker<'_>) -> Option<Message> {
    if !fixed.answers_too {
        return None;
    }
    let asked: Vec<&str> = clauses(folded).into_iter().filter(|clause| !fixed.fits(&clause.replace(' ', ""))).collect();
    let asked = without_masks(&asked.join(","));
    let found = speaker.library.find(&asked).1;
    let mut after = next.clone();
    let mut message = ours(&mut after, &asked, &found, speaker);
    if message.kind != Kind::Answer || !listen::is_question(&asked) {
        return None;
    }
    *next = after;
    message = confident(message, found.confidence);
    let care = speaker.fixed(fixed);
    message.lead = format!("{}\n{}", care.lead, message.lead);
    message.notes.splice(0..0, care.points);
    Handoff { next, speaker }.request(Reason::Crisis);
    Some(message)
}

/// The reply to a question, as sure as the search is.
fn search(next: &mut Conversation, question: &str, speaker: &Speaker<'_>) -> Vec<Message> {
    let (read, found) = follow::find(next.topic.as_ref(), question, speaker.library);
    let message = match found.findings.first().map(|first| speaker.library.subject(first)) {
        Some(Subject::Article(_)) => ours(next, &read, &found, speaker),
        Some(Subject::Elsewhere(matter)) => match speaker.library.reply_for(matter) {
            Some(fixed) if is_held_back(&read, fixed, speaker.library) => unknown(next, speaker),
            Some(fixed) if found.confidence >= certain(fixed.kind) => {
                let mut said = say_fixed(next, fixed, speaker);
                if let Some(first) = said.first_mut() {
                    *first = confident(first.clone(), found.confidence);
                }
                return said;
            }
            Some(_) => unknown(next, speaker),
            None => speaker.say(Kind::Unknown, &matter.lead, &wording::UNKNOWN_POINTS),
        },
        None => unknown(next, speaker),
    };
    let sure = if message.also.is_some() { found.either } else { found.confidence };
    vec![confident(beside(message, question, speaker), sure)]
}

/// The reply from our articles: the first that was found, or the first two where they are close or either may be
/// meant, or a question back.
fn ours(next: &mut Conversation, question: &str, found: &Found, speaker: &Speaker<'_>) -> Message {
    let subject = |i: usize| found.findings.get(i).map(|finding| (finding, speaker.library.subject(finding)));
    let Some((first, Subject::Article(article))) = subject(0) else { return unknown(next, speaker) };
    let (other, enough) = match subject(1) {
        Some((second, Subject::Article(other))) if !article.counsellor && !other.counsellor => {
            (Some((other, second)), ANSWER_FROM)
        }
        Some((_, Subject::Elsewhere(_))) => (None, ALONE_FROM),
        _ => (None, ANSWER_FROM),
    };
    let sure = found.confidence >= enough;
    let likely = found.either >= EITHER_FROM && found.confidence >= CLARIFY_FROM;
    let message = match other {
        Some(other) if likely && !(sure && found.clear) => speaker.either((article, first), other),
        _ if sure => told(next, article, Some(first), speaker),
        _ if found.confidence >= CLARIFY_FROM => return speaker.clarify(&found.findings),
        _ => return unknown(next, speaker),
    };
    next.unknown = 0;
    next.topic = Some(Topic::of(article, question));
    message
}

/// From here on a message is of the kind of the examples that it is like: danger sooner than a wish for a person,
/// which many questions about jobs resemble.
fn certain(kind: Kind) -> f32 {
    match kind {
        Kind::Crisis => 0.85,
        Kind::Human => 0.9,
        _ => 0.75,
    }
}

/// Does what an option says.
fn do_act(next: &mut Conversation, act: &Act, speaker: &Speaker<'_>) -> Vec<Message> {
    let library = speaker.library;
    // Who turns to something else leaves no message.
    next.leaving &= matches!(act, Act::Leave | Act::Place | Act::Write(_) | Act::Call(_) | Act::Rate(_) | Act::Return);
    let message = match act {
        Act::Show(id) | Act::More(id) => match (library.article(id), act) {
            (Some(article), Act::Show(_)) => {
                next.topic = Some(Topic::of(article, &library.language.fold(&article.title)));
                told(next, article, None, speaker)
            }
            (Some(article), _) => speaker.whole(article),
            (None, _) => speaker.say(Kind::Smalltalk, wording::STALE, &[]),
        },
        Act::Human => Handoff { next, speaker }.ask(Reason::Asked),
        Act::Withdraw => Handoff { next, speaker }.withdraw(),
        Act::Place => Handoff { next, speaker }.place(),
        Act::Leave => return vec![Handoff { next, speaker }.leave()],
        Act::Call(begin) => match (Handoff { next, speaker }).call(begin) {
            Some(message) => message,
            None => speaker.say(Kind::Smalltalk, wording::STALE, &[]),
        },
        Act::Rate(helped) => Handoff { next, speaker }.rate(*helped),
        // Only a counsellor can be let go.
        Act::Return => speaker.say(Kind::Smalltalk, wording::STALE, &[]),
        Act::Write(script) => {
            (next.script, next.pinned) = (*script, true);
            let speaker = Speaker { script: *script, ..*speaker };
            let message = speaker.say(Kind::Smalltalk, wording::SWITCHED, &[]);
            return aside(next, message, &speaker);
        }
        Act::Begin(id) => return Dialog { next, speaker }.begin(id),
        Act::Answer(key, option) => return Dialog { next, speaker }.chosen(key, option),
        Act::Change(key) => return Dialog { next, speaker }.change(key),
        Act::Mend(repair) => {
            let stale = || vec![speaker.say(Kind::Smalltalk, wording::STALE, &[])];
            return Dialog { next, speaker }.mend(*repair).unwrap_or_else(stale);
        }
    };
    aside(next, message, speaker)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_within_a_longer_word_is_not_that_term() {
        assert_eq!(end_of_word("收集工资条、工资的转账记录", "工资"), Some("收集工资条、工资".len()));
        assert_eq!(end_of_word("工资条", "工资"), None);
    }
}
