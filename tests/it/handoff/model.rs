//! The pure core against a model that fits on a page: who speaks, who waits, what is asked of a person.

use luzhu::{
    conversation::{
        Conversation, Moment, Turn,
        handoff::{Deed, Desk, Standing, act},
        state::{Reason, Talk},
        step, understand,
    },
    library::Library,
    message::{Act, Body, Ending, Event, Message, Staff},
};

use crate::{
    handoff::{hold, rounds, staff},
    house::{Dice, day, library},
};

/// Moves in one game.
const MOVES: usize = 60;

/// What a person's message is about, as far as counsellors are concerned.
#[derive(Clone, Debug, PartialEq)]
enum Wish {
    Person,
    Danger,
    Withdraw,
    Leave,
    Call(String),
    Rate(bool),
    /// Lets the counsellor go.
    Part,
    /// The same, or takes a request back.
    NoPerson,
    /// Turns to something else by choosing it.
    Else,
    /// Chooses something that changes nothing.
    Nothing,
    /// Free words.
    Words,
}

/// What people write that is about counsellors.
const WISHES: &[(&str, Wish)] = &[
    ("转人工", Wish::Person),
    ("我要找真人顾问", Wish::Person),
    ("轉人工", Wish::Person),
    ("我不想活了", Wish::Danger),
    ("朋友想自杀怎么办", Wish::Danger),
    ("结束", Wish::Part),
    ("我想回到机器人", Wish::Part),
    ("不用人工了", Wish::NoPerson),
    ("结束人工", Wish::NoPerson),
];

/// And what is not: small talk, procedures, answers, words about a procedure, questions.
const WORDS: &str = "取消 取消 取消 你好 谢谢 好的 繁 简 我要办失业登记 我要申请劳动仲裁 我能享受什么政策
    大陆居民 没有工作 湖里区 是 不是 3 不确定 跳过 上一步 继续 总结 重新开始 帮助
    失业金怎么领 試用期最長多久 帮我看看二维码门禁是谁装的 隔壁那只猫叫什么名字来着";

/// Choices that people find under old messages.
const OLD: &str = "return rate/yes rate/no leave place withdraw human call/2026-11-23T14:00 call/2026-11-20T09:00
    begin/labour-dispute begin/unemployment-registration answer/in_court/yes answer/identity/mainland
    show/benefit-months more/benefit-months change/identity mend/resume mend/cancel nothing-of-ours";

/// One of several words.
fn one_of<'a>(dice: &mut Dice, words: &'a str) -> &'a str {
    let words: Vec<&str> = words.split_whitespace().collect();
    words[dice.below(words.len())]
}

/// What happens next.
#[derive(Clone, Debug)]
pub enum Move {
    Person(Body),
    Desk(Staff, Event),
}

/// What should become of a move.
#[derive(Debug, PartialEq)]
pub enum Fate {
    /// It is refused, and nothing changes.
    Refused,
    /// It is done, with these deeds.
    Done(Vec<&'static str>),
    /// It is understood, or refused.
    Either,
}

/// What ought to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The counsellor who speaks; nobody: the assistant.
    pub speaker: Option<String>,
    waits: bool,
    rating: bool,
    leaving: bool,
    /// Whether the person wrote of danger and nobody has settled it.
    danger: bool,
    /// How requests and talks ended.
    pub endings: Vec<&'static str>,
}

impl Model {
    /// What becomes of a move in a conversation that stands so.
    pub fn expect(&mut self, library: &Library, before: &Conversation, moment: &Moment, what: &Move) -> Fate {
        match what {
            Move::Person(body) => {
                let typed = match body {
                    Body::Text(_) => true,
                    Body::Choice(act) => act.parse::<Act>().is_err(),
                    Body::Unreadable(_) => false,
                };
                Fate::Done(self.hear(&wish(library, before, body), typed, |begin| {
                    let slots = library.office.slots(moment.desk.now, 4);
                    slots.iter().any(|(from, _)| from.format("%Y-%m-%dT%H:%M").to_string() == begin)
                }))
            }
            Move::Desk(staff, event) => self.desk(library, before, staff, event),
        }
    }

    fn hear(&mut self, wish: &Wish, typed: bool, open: impl Fn(&str) -> bool) -> Vec<&'static str> {
        if self.speaker.is_some() {
            self.danger |= *wish == Wish::Danger;
            return match wish {
                Wish::Part | Wish::NoPerson => self.ended("left"),
                _ => vec![],
            };
        }
        let rated = self.rating;
        self.rating &= !typed;
        match wish {
            Wish::Person => (self.waits, self.rating, self.leaving) = (true, false, false),
            Wish::Danger => (self.waits, self.rating, self.leaving, self.danger) = (true, false, false, true),
            Wish::Leave => (self.waits, self.rating, self.leaving) = (true, false, true),
            Wish::Withdraw | Wish::NoPerson => return self.settled("withdrawn"),
            Wish::Call(begin) if open(begin) => return [self.settled("message"), vec!["task"]].concat(),
            Wish::Words | Wish::Part if self.leaving && typed => {
                return [self.settled("message"), vec!["task"]].concat();
            }
            Wish::Rate(helped) if rated => {
                (self.rating, self.waits) = (false, !helped);
                return vec![if *helped { "helped" } else { "not helped" }];
            }
            Wish::Else => self.leaving = false,
            _ => {}
        }
        vec![]
    }

    /// Nobody waits any more.
    fn settled(&mut self, ending: &'static str) -> Vec<&'static str> {
        (self.leaving, self.danger) = (false, false);
        let waited = std::mem::take(&mut self.waits);
        self.endings.extend(waited.then_some(ending));
        waited.then_some(ending).into_iter().collect()
    }

    /// The counsellor speaks no more.
    fn ended(&mut self, ending: &'static str) -> Vec<&'static str> {
        self.speaker = None;
        self.waits = ending == "transferred";
        self.danger &= self.waits;
        self.rating = ["left", "answered", "referred", "followup"].contains(&ending);
        self.endings.push(ending);
        vec![ending]
    }

    fn desk(&mut self, library: &Library, before: &Conversation, staff: &Staff, event: &Event) -> Fate {
        let speaks = self.speaker.as_deref() == Some(staff.name.as_str());
        match event {
            Event::Take if !speaks && (self.speaker.is_none() || staff.leads) => {
                // Who is relieved ends, though nobody says so.
                self.endings.extend(self.speaker.is_some().then_some("transferred"));
                self.speaker = Some(staff.name.clone());
                (self.waits, self.rating, self.leaving) = (false, false, false);
                Fate::Done(vec![])
            }
            Event::Take => Fate::Refused,
            Event::Join if staff.leads && !speaks && self.speaker.is_some() => Fate::Done(vec![]),
            Event::Join => Fate::Refused,
            _ if !speaks => Fate::Refused,
            Event::Say(words) if words.trim().is_empty() => Fate::Refused,
            Event::Guide(flow) if library.flow(flow).is_none() => Fate::Refused,
            Event::Fill(_) if before.talk.as_ref().is_some_and(|talk| talk.guided) => Fate::Either,
            Event::Fill(_) => Fate::Refused,
            Event::Say(_) | Event::Guide(_) | Event::Unguide => Fate::Done(vec![]),
            Event::Transfer { .. } | Event::Lost => Fate::Done(self.ended("transferred")),
            Event::Return => Fate::Done(self.ended("returned")),
            Event::Close(ending) => Fate::Done(self.ended(name_of(*ending))),
        }
    }

    /// Whether a conversation stands as it ought to. Only the assistant may have begun to wait on its
    /// own account, for a matter of the person's: then it told them.
    pub fn compare(&mut self, what: &Move, after: &Conversation, said: &[Message]) -> Result<(), String> {
        let told = || said.iter().any(|message| message.text().contains("登记") || message.text().contains("登記"));
        if matches!(what, Move::Person(_)) && self.speaker.is_none() && !self.waits && after.request.is_some() {
            hold(told(), || "somebody waits and was not told".into())?;
            (self.waits, self.rating, self.leaving) = (true, false, false);
        }
        let speaker = after.talk.as_ref().map(|talk| talk.by.name.clone());
        hold(self.speaker == speaker, || format!("{speaker:?} speaks"))?;
        let stands = (after.request.is_some(), after.rating, after.leaving);
        hold(stands == (self.waits, self.rating, self.leaving), || format!("waits, rating, leaving: {stands:?}"))?;
        let urgent = after.request.as_ref().map(|request| request.reason == Reason::Crisis);
        hold(urgent.is_none_or(|urgent| urgent == self.danger), || format!("danger: {urgent:?}"))?;
        let alarm = after.talk.as_ref().map(|talk| talk.alarm);
        hold(alarm.is_none_or(|alarm| alarm == self.danger), || format!("alarm: {alarm:?}"))
    }
}

/// What a person's message is about. What it chooses is read as the core reads it; the rest stands above.
fn wish(library: &Library, before: &Conversation, body: &Body) -> Wish {
    let act = match body {
        Body::Choice(act) if act.parse::<Act>().is_ok() => act.parse().ok(),
        Body::Choice(text) | Body::Text(text) => {
            if let Some((_, wish)) = WISHES.iter().find(|(words, _)| words == text) {
                return wish.clone();
            }
            understand::command(&library.language.fold(text), before, library)
        }
        Body::Unreadable(_) => return Wish::Nothing,
    };
    match act {
        Some(Act::Human) => Wish::Person,
        Some(Act::Withdraw) => Wish::Withdraw,
        Some(Act::Leave) => Wish::Leave,
        Some(Act::Call(begin)) => Wish::Call(begin),
        Some(Act::Rate(helped)) => Wish::Rate(helped),
        Some(Act::Return) => Wish::Part,
        Some(Act::Place | Act::Write(_)) => Wish::Nothing,
        Some(_) => Wish::Else,
        None => Wish::Words,
    }
}

fn name_of(ending: Ending) -> &'static str {
    match ending {
        Ending::Answered => "answered",
        Ending::Referred => "referred",
        Ending::Followup => "followup",
        Ending::Silent => "silent",
        Ending::Left => "left",
        Ending::Returned => "returned",
        Ending::Transferred => "transferred",
        Ending::Withdrawn => "withdrawn",
        Ending::Message => "message",
    }
}

/// Throws the next move, the likely ones more often.
pub fn throw(dice: &mut Dice, now: &Conversation, seen: &[Act]) -> Move {
    let talks = now.talk.is_some();
    if dice.below(100) < if talks { 60 } else { 30 } { at_desk(dice, now) } else { by_person(dice, now, seen) }
}

fn by_person(dice: &mut Dice, now: &Conversation, seen: &[Act]) -> Move {
    let text = |text: &str| Body::Text(text.to_owned());
    Move::Person(match dice.below(100) {
        0..24 if !now.offered.is_empty() => Body::Choice(now.offered[dice.below(now.offered.len())].act.to_string()),
        0..34 => text(&dice.below(10).to_string()),
        34..44 if !seen.is_empty() => Body::Choice(seen[dice.below(seen.len())].to_string()),
        34..52 => Body::Choice(one_of(dice, OLD).to_owned()),
        52..78 => text(WISHES[dice.below(WISHES.len())].0),
        78 => Body::Unreadable("照片".into()),
        _ => text(one_of(dice, WORDS)),
    })
}

fn at_desk(dice: &mut Dice, now: &Conversation) -> Move {
    let staff = staff();
    if now.talk.is_some() && dice.below(15) == 0 {
        return Move::Desk(staff[3].clone(), Event::Take);
    }
    let speaker = now.talk.as_ref().map(|talk| talk.by.clone()).filter(|_| dice.below(4) > 0);
    let who = speaker.unwrap_or_else(|| staff[dice.below(staff.len())].clone());
    let endings = [Ending::Answered, Ending::Referred, Ending::Followup, Ending::Silent];
    let answer = now.offered.iter().find(|choice| matches!(choice.act, Act::Answer(..)));
    let event = match dice.below(if now.talk.is_some() { 100 } else { 40 }) {
        0..30 if now.talk.is_none() => Event::Take,
        0..12 => Event::Take,
        12..16 => Event::Join,
        16..18 => Event::Lost,
        18..20 => Event::Say("  ".into()),
        20..40 => Event::Say(["您好，我来看看。", "帶身分證就可以", "电话13800138000"][dice.below(3)].into()),
        40..50 => Event::Transfer {
            to: (dice.below(2) == 0).then(|| staff[dice.below(staff.len())].name.clone()),
            skill: (dice.below(2) == 0).then(|| "taiwan".into()),
        },
        50..56 => Event::Return,
        56..64 => Event::Close(endings[dice.below(endings.len())]),
        64..78 => {
            Event::Guide(["unemployment-registration", "labour-dispute", "nothing-of-ours"][dice.below(3)].into())
        }
        78..95 => Event::Fill(match answer {
            Some(choice) if dice.below(3) > 0 => choice.act.to_string(),
            _ => ["湖里区", "是", "2026年10月", "这个不好说"][dice.below(4)].into(),
        }),
        _ => Event::Unguide,
    };
    Move::Desk(who, event)
}

/// Whether each message is by whoever speaks, and by one after the other.
pub fn one_speaker(what: &Move, before: Option<&Talk>, after: Option<&Talk>, said: &[Message]) -> Result<(), String> {
    let shown = |talk: Option<&Talk>| talk.map(|talk| talk.by.shown.clone());
    let (first, last) = (shown(before), shown(after));
    let joins = match what {
        Move::Desk(staff, Event::Join) => Some(staff.shown.clone()),
        _ => None,
    };
    // Who takes over has the first word; who goes has theirs before the other's.
    let takes = matches!(what, Move::Desk(_, Event::Take));
    let mut at = if takes { &last } else { &first };
    for message in said {
        if message.by != *at && joins.is_some() && message.by == joins {
            continue;
        }
        if message.by != *at {
            at = &last;
        }
        hold(message.by == *at, || format!("{:?} speaks, not {at:?}: {}", message.by, message.text()))?;
    }
    Ok(())
}

/// Whether everything that is offered does something, and everything that is promised is offered.
fn offers(after: &Conversation, said: &[Message]) -> Result<(), String> {
    let dead = |talk: &Talk, act: &Act| match act {
        Act::Return => false,
        Act::Answer(..) | Act::Change(_) | Act::Mend(_) => !talk.guided && !said.is_empty(),
        _ => true,
    };
    let dead = after.talk.as_ref().and_then(|talk| after.offered.iter().find(|choice| dead(talk, &choice.act)));
    hold(dead.is_none(), || format!("while a counsellor speaks, this does nothing: {dead:?}"))?;
    let promised = said.iter().any(|message| ["回复 8", "回覆 8"].iter().any(|words| message.text().contains(words)));
    hold(!promised || after.offered.iter().any(|choice| choice.act == Act::Withdraw), || {
        "8 is promised and not offered".into()
    })
}

/// What the desk must never lose: what was told, and what is under way.
fn kept(what: &Move, before: &Conversation, after: &Conversation) -> Result<(), String> {
    let Move::Desk(_, event) = what else { return Ok(()) };
    let under_way = |conversation: &Conversation| -> Vec<(String, Vec<String>)> {
        conversation.tasks.iter().map(|task| (task.flow.clone(), task.answered.clone())).collect()
    };
    match event {
        // A procedure that begins anew forgets its own questions; facts stay.
        Event::Guide(_) | Event::Fill(_) => {
            let aside: Vec<&String> =
                before.left.iter().filter(|left| left.done).flat_map(|left| &left.answered).collect();
            let gone = before.told.iter().map(|(key, _)| key).find(|key| {
                after.told.get(key).is_none() && !key.contains(['/', '@']) && !aside.iter().any(|other| other == key)
            });
            hold(gone.is_none(), || format!("{gone:?} is forgotten"))
        }
        _ => {
            hold(before.told == after.told, || "what was told is forgotten".into())?;
            hold(under_way(before) == under_way(after) && before.left == after.left, || {
                "a procedure is forgotten".into()
            })?;
            hold(before.results == after.results, || "a result is forgotten".into())
        }
    }
}

/// What a request carries on.
fn carried(what: &Move, before: &Conversation, after: &Conversation) -> Result<(), String> {
    let Move::Desk(_, event) = what else { return Ok(()) };
    let earlier = before.request.as_ref().or(before.talk.as_ref().and_then(|talk| talk.request.as_ref()));
    match event {
        Event::Take => {
            let now = after.talk.as_ref().and_then(|talk| talk.request.as_ref());
            hold(now == earlier, || format!("{earlier:?} became {now:?}"))
        }
        Event::Transfer { to, skill } => {
            let now = after.request.as_ref().ok_or("nobody waits")?;
            let skills = skill
                .clone()
                .map_or_else(|| earlier.map(|earlier| earlier.skills.clone()).unwrap_or_default(), |skill| vec![skill]);
            hold(now.wish == *to && now.skills == skills && now.about == before.asked, || format!("{now:?}"))
        }
        _ => Ok(()),
    }
}

/// One conversation of many moves.
struct Game<'a> {
    library: &'a Library,
    now: Conversation,
    model: Model,
    seen: Vec<Act>,
    dice: Dice,
    log: Vec<String>,
}

impl Game<'_> {
    fn moment(&mut self) -> Moment {
        let hour = [8, 10, 11, 13, 15, 20][self.dice.below(6)];
        let standing =
            Standing { ahead: self.dice.below(3), half: 60_000 * self.dice.below(90) as i64, most: 6_000_000 };
        let standing = (self.dice.below(2) == 0).then_some(standing);
        Moment { desk: Desk { now: day().and_hms_opt(hour, 30, 0).expect("a time"), standing }, ..day().into() }
    }

    /// Makes a move and looks at what it led to; whether it was done.
    fn go(&mut self) -> Result<bool, String> {
        let (moment, before) = (self.moment(), self.now.clone());
        let what = throw(&mut self.dice, &before, &self.seen);
        self.log.push(format!("{what:?}"));
        let fate = self.model.expect(self.library, &before, &moment, &what);
        let turn = match &what {
            Move::Person(body) => Ok(step(self.library, &before, body, moment)),
            Move::Desk(staff, event) => act(self.library, &before, staff, event, &moment),
        };
        let turn = match (turn, fate) {
            (Err(_), Fate::Refused | Fate::Either) => return Ok(false),
            (Err(says), Fate::Done(_)) => return Err(format!("it was refused: {says}")),
            (Ok(_), Fate::Refused) => return Err("it was not refused".into()),
            (Ok(turn), Fate::Either) => {
                hold(turn.deeds.is_empty(), || format!("{:?} was done", turn.deeds))?;
                turn
            }
            (Ok(turn), Fate::Done(deeds)) => {
                let done: Vec<_> = turn.deeds.iter().map(deed).collect();
                hold(done == deeds, || format!("{done:?} was done, not {deeds:?}"))?;
                turn
            }
        };
        let Turn { conversation: after, said, .. } = turn;
        self.model.compare(&what, &after, &said)?;
        one_speaker(&what, before.talk.as_ref(), after.talk.as_ref(), &said)?;
        offers(&after, &said)?;
        kept(&what, &before, &after)?;
        carried(&what, &before, &after)?;
        self.seen.extend(after.offered.iter().map(|choice| choice.act.clone()));
        self.now = after;
        Ok(true)
    }
}

fn deed(deed: &Deed) -> &'static str {
    match deed {
        Deed::Ended(ending) => name_of(*ending),
        Deed::Rated(true) => "helped",
        Deed::Rated(false) => "not helped",
        Deed::Task { .. } => "task",
    }
}

#[test]
fn whatever_is_thrown_the_hand_over_goes_by_its_model() {
    let (library, mut endings, mut refused) = (library(), Vec::new(), 0);
    for seed in 0..rounds(400) as u64 {
        let mut game = Game {
            library: &library,
            now: Conversation::default(),
            model: Model::default(),
            seen: vec![],
            dice: Dice::new(seed + 1),
            log: vec![],
        };
        for _ in 0..MOVES {
            match game.go() {
                Ok(done) => refused += usize::from(!done),
                Err(wrong) => panic!("seed {seed}: {wrong}\n{:#?}\n{}", game.model, game.log.join("\n")),
            }
        }
        endings.append(&mut game.model.endings);
    }
    eprintln!("{} moves, {refused} refused, {} endings", rounds(400) * MOVES, endings.len());
    // The dice reach everything, so that the model is not right about nothing.
    if rounds(400) >= 100 {
        for ending in
            ["withdrawn", "message", "transferred", "returned", "answered", "referred", "followup", "silent", "left"]
        {
            let count = endings.iter().filter(|other| **other == ending).count();
            assert!(count > rounds(400) / 20, "only {count} ended by {ending}");
        }
        assert!(refused > rounds(400), "only {refused} were refused");
    }
}
