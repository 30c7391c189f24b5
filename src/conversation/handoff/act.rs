//! What happens to a conversation at the desk, one event at a time.

use crate::{
    conversation::{
        answer::Speaker,
        dialog::Dialog,
        handoff::Handoff,
        state::{Conversation, Reason, Request, Talk},
        step::{Moment, Turn},
        wording,
    },
    library::Library,
    message::{Act, Choice, Ending, Event, Kind, Message, Staff, limits},
    text::{clean, mask},
};

/// Takes an event of the desk in.
///
/// # Errors
/// One sentence for the counsellor: why it cannot be done now. Then nothing changed.
pub fn act(
    library: &Library,
    conversation: &Conversation,
    staff: &Staff,
    event: &Event,
    moment: &Moment,
) -> Result<Turn, &'static str> {
    let mut next = conversation.clone();
    let speaker = Speaker { library, script: next.script, today: moment.today, desk: moment.desk };
    let said = Handoff { next: &mut next, speaker: &speaker }.happen(staff, event)?;
    if let Some(last) = said.last() {
        next.offered.clone_from(&last.choices);
    }
    Ok(Turn::of(next, String::new(), said, None))
}

impl Handoff<'_> {
    fn happen(&mut self, staff: &Staff, event: &Event) -> Result<Vec<Message>, &'static str> {
        match event {
            Event::Take => self.take(staff),
            Event::Join => self.join(staff),
            // Everything else is only for who speaks, or was about to when they were missed.
            _ if self.next.talk.as_ref().is_none_or(|talk| talk.by.name != staff.name) => Err(NOT_YOURS),
            Event::Lost => Ok(self.lost()),
            Event::Say(words) => self.say(staff, words).map(|message| vec![message]),
            Event::Transfer { to, skill } => Ok(self.transfer(staff, to.clone(), skill.clone())),
            Event::Return => {
                let lead = self.by(staff, wording::GIVEN_BACK);
                self.end(Ending::Returned);
                let mut said = vec![lead];
                if !self.next.tasks.is_empty() {
                    said.extend(Dialog { next: self.next, speaker: self.speaker }.go_on(""));
                }
                Ok(said)
            }
            Event::Close(ending) => Ok(self.close(staff, *ending)),
            Event::Guide(flow) => {
                let known = self.speaker.library.flow(flow).is_some();
                let talk = self.next.talk.as_mut().filter(|_| known).ok_or("没有这项办理。")?;
                talk.guided = true;
                let begun = Dialog { next: self.next, speaker: self.speaker }.begin(flow);
                Ok(self.guided_with(begun))
            }
            Event::Fill(words) => self.fill(words),
            Event::Unguide => {
                if let Some(talk) = &mut self.next.talk {
                    talk.guided = false;
                }
                Ok(vec![self.by(staff, wording::PUT_ASIDE)])
            }
        }
    }

    /// Words of a counsellor, which already stand in simplified.
    fn by(&self, staff: &Staff, lead: &str) -> Message {
        let mut message = self.speaker.say(Kind::Human, lead, &[]);
        message.choices.clear();
        message.by = Some(self.speaker.spoken(&staff.shown));
        message
    }

    fn take(&mut self, staff: &Staff) -> Result<Vec<Message>, &'static str> {
        let before = self.next.talk.take();
        if let Some(talk) = before.as_ref().filter(|talk| talk.by.name == staff.name || !staff.leads) {
            let refused = if talk.by.name == staff.name {
                "这个对话已经在您这里。"
            } else {
                "同事已经接了这个对话。"
            };
            self.next.talk = before;
            return Err(refused);
        }
        let alarmed = before.as_ref().is_some_and(|talk| talk.alarm);
        let request = self.next.request.take().or_else(|| before.and_then(|talk| talk.request));
        let alarm = alarmed || request.as_ref().is_some_and(|request| request.reason == Reason::Crisis);
        (self.next.rating, self.next.leaving) = (false, false);
        self.next.talk = Some(Talk { by: staff.clone(), request, joined: vec![], guided: false, alarm });
        let mut message = self.by(staff, wording::JOINED);
        let label = self.speaker.spoken(wording::PART);
        message.choices = vec![Choice { key: self.speaker.spoken(wording::PART_KEY), label, act: Act::Return }];
        Ok(vec![message])
    }

    fn join(&mut self, staff: &Staff) -> Result<Vec<Message>, &'static str> {
        let talk = self.next.talk.as_mut().filter(|talk| staff.leads && talk.by.name != staff.name);
        let talk = talk.ok_or("只有组长可以加入同事的对话。")?;
        if !talk.joined.contains(staff) {
            talk.joined.push(staff.clone());
        }
        Ok(vec![self.by(staff, wording::READS_ALONG)])
    }

    fn say(&self, staff: &Staff, words: &str) -> Result<Message, &'static str> {
        let language = &self.speaker.library.language;
        let (words, numbers) = mask::mask(&clean::keep(words), self.speaker.script);
        let words = words.trim();
        if words.is_empty() {
            return Err("没有写字，还没有发出去。");
        }
        if words.encode_utf16().count() > limits::TEXT / 2 {
            return Err("这段话太长了，请分成几条发。");
        }
        let mut message = self.by(staff, "");
        // A word that is right in the person's script already stays as it was written.
        let same = language.script_of(words).is_none_or(|script| script == self.speaker.script);
        message.lead = if same { words.to_owned() } else { language.in_script(words, self.speaker.script) };
        message.original = (message.lead != words).then(|| words.to_owned());
        message.notes.extend((!numbers.is_empty()).then(|| self.speaker.spoken(wording::MASKED_HERE)));
        Ok(message)
    }

    fn transfer(&mut self, staff: &Staff, to: Option<String>, skill: Option<String>) -> Vec<Message> {
        let message = self.by(staff, wording::TRANSFERRED);
        self.wait_again(to, skill);
        vec![message, self.waiting(wording::WAITING)]
    }

    /// The counsellor speaks no more, and the person waits for the next one, with all they said.
    fn wait_again(&mut self, to: Option<String>, skill: Option<String>) {
        let Some(talk) = self.next.talk.take() else { return };
        self.next.deeds.push(super::Deed::Ended(Ending::Transferred));
        let reason = if talk.alarm { Reason::Crisis } else { Reason::Transfer };
        self.request(reason);
        let earlier = talk.request.map(|request: Request| request.skills).unwrap_or_default();
        if let Some(request) = &mut self.next.request {
            request.wish = to;
            request.skills = skill.map_or(earlier, |skill| vec![skill]);
        }
    }

    /// The counsellor is gone without a word.
    fn lost(&mut self) -> Vec<Message> {
        self.next.helped_by = None;
        self.wait_again(None, None);
        vec![self.waiting(wording::LOST)]
    }

    fn close(&mut self, staff: &Staff, ending: Ending) -> Vec<Message> {
        let bye = self.by(staff, if ending == Ending::Silent { wording::SILENT } else { wording::CLOSED });
        self.end(ending);
        match self.next.rating {
            true => {
                let asking = self.rating_question(wording::HELPED);
                let mut said = vec![bye];
                said.extend(self.resume(asking));
                said
            }
            false => vec![bye],
        }
    }

    /// An answer to the question at hand, given for the person.
    fn fill(&mut self, words: &str) -> Result<Vec<Message>, &'static str> {
        let (words, _) = mask::mask(&clean::keep(words), self.speaker.script);
        let folded = self.speaker.library.language.fold(&words);
        let said = self.guided(|dialog| match words.parse() {
            Ok(Act::Answer(key, option)) => Some(dialog.chosen(&key, &option)),
            _ => dialog.hear(&words, &folded),
        });
        if said.is_empty() { Err("这不像这一题的回答，没有填上。") } else { Ok(said) }
    }

    fn guided_with(&mut self, said: Vec<Message>) -> Vec<Message> {
        self.guided(|_| Some(said))
    }
}

const NOT_YOURS: &str = "这个对话现在不在您这里。请先接手。";
