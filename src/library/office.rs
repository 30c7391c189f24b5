//! The counsellors' office: when it is open, who knows what, how long a request may wait, and the
//! replies that counsellors keep ready. All of it is `office.toml`; times are Xiamen's.

use std::{collections::HashSet, path::Path};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};
use serde::Deserialize;

use crate::{
    library::{
        article::bare_figure,
        problem::{Problem, Report},
        read::{self, Day},
        source::SourceRow,
        whole::{TRADITIONAL, Whole},
    },
    message::limits,
    text::Language,
};

/// A time from which to a time before which the office is open.
pub type Slot = (NaiveDateTime, NaiveDateTime);

/// Everything about the office.
#[derive(Debug, Default)]
pub struct Office {
    /// Opening hours from Monday to Sunday.
    week: [Vec<Period>; 7],
    /// Opening hours of a make-up working day, whatever weekday it is.
    makeup: Vec<Period>,
    notices: Vec<Notice>,
    /// What counsellors can be good at, in the order of the file.
    pub skills: Vec<Skill>,
    /// How long things may wait.
    pub queue: Queue,
    /// Replies that counsellors keep ready, in the order of the file.
    pub canned: Vec<Canned>,
    /// The article for whoever asks where to go; none if empty.
    pub places: String,
}

/// Minutes since midnight: the first of an opening period, and the first after it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Period {
    from: u32,
    to: u32,
}

/// The holidays of one year, as the State Council's office arranged them.
#[derive(Debug)]
struct Notice {
    year: i32,
    holidays: Vec<Holiday>,
}

/// One holiday: its days, both ends among them, and the days that are worked for it.
#[derive(Debug)]
struct Holiday {
    name: String,
    from: NaiveDate,
    to: NaiveDate,
    work: Vec<NaiveDate>,
}

/// Something that not every counsellor knows about, and what shows that a person needs it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Skill {
    /// Its name in the file and in a counsellor's row.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Topics of articles that need it.
    pub topics: Vec<String>,
    /// Procedures, and schemes that are weighed on their own, that need it.
    pub flows: Vec<String>,
    /// Single articles that need it.
    pub articles: Vec<String>,
    /// Answers that need it; one is enough.
    pub when: Vec<Rule>,
    /// Phrases in a person's own request that need it; folded once loaded.
    pub words: Vec<String>,
    /// Phrases that are struck out before `words` are looked for; folded once loaded.
    pub unless: Vec<String>,
}

/// An answer to one fact.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// The fact.
    pub fact: String,
    /// Its options that count.
    pub is: Vec<String>,
}

/// How long things may wait.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
pub struct Queue {
    /// A request is offered to one counsellor for so long before the next is asked.
    pub offer_seconds: u32,
    /// Whoever has to wait longer than this is offered to leave a message.
    pub long_wait_minutes: u32,
    /// A message is answered within so many opening hours.
    pub callback_hours: u32,
    /// A conversation may be closed once the person has been silent for so long.
    pub silent_hours: u32,
}

/// A reply that counsellors keep ready.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Canned {
    /// Its name in the file.
    pub id: String,
    /// What the desk calls it.
    pub title: String,
    /// What is said, in simplified.
    pub text: String,
    /// The article that it speaks of.
    pub article: Option<String>,
    /// The day on which it was last read beside that article.
    checked: Option<Day>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawHours {
    monday: Vec<String>,
    tuesday: Vec<String>,
    wednesday: Vec<String>,
    thursday: Vec<String>,
    friday: Vec<String>,
    saturday: Vec<String>,
    sunday: Vec<String>,
    makeup: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawNotice {
    year: i32,
    source: SourceRow,
    holidays: Vec<RawHoliday>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawHoliday {
    name: String,
    from: Option<Day>,
    to: Option<Day>,
    work: Vec<Day>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    places: String,
    hours: RawHours,
    notice: Vec<RawNotice>,
    skill: Vec<Skill>,
    queue: Queue,
    canned: Vec<Canned>,
}

/// How many days ahead an opening is looked for.
const AHEAD: i64 = 60;
/// How many days ahead a due time is looked for.
const DUE_AHEAD: i64 = 366;
/// The most characters of a reply that is kept ready.
const CANNED: usize = 300;

impl Office {
    /// Reads the file, and checks what can be seen in it alone.
    pub fn load(file: &Path, language: &Language, problems: &mut Vec<Problem>) -> Self {
        let Some(text) = read::text_of(file, problems) else { return Self::default() };
        Self::read(&text, |text| language.fold(text), &mut Report::on(file, problems))
    }

    fn read(text: &str, fold: impl Fn(&str) -> String, report: &mut Report<'_>) -> Self {
        let Some(mut file) = read::table::<File>(text, report) else { return Self::default() };
        let [week @ .., makeup] = file.hours.checked(report);
        let notices: Vec<Notice> = file.notice.into_iter().map(|notice| notice.checked(report)).collect();
        check_days(&notices, report);
        check_ids("skill", file.skill.iter().map(|skill| &skill.id), report);
        for skill in &mut file.skill {
            skill.check(report);
            let phrases = skill.words.iter_mut().chain(&mut skill.unless);
            phrases.for_each(|phrase| *phrase = fold(phrase).replace(' ', ""));
        }
        file.queue.check(report);
        check_ids("canned", file.canned.iter().map(|canned| &canned.id), report);
        file.canned.iter().for_each(|canned| canned.check(report));
        Self { week, makeup, notices, skills: file.skill, queue: file.queue, canned: file.canned, places: file.places }
    }

    /// Checks what needs the rest of the library: what is named exists, and all is simplified.
    pub(super) fn check(&self, whole: &Whole<'_>, report: &mut Report<'_>) {
        let topics: HashSet<&str> = whole.articles.iter().map(|(_, article)| article.topic.as_str()).collect();
        for skill in &self.skills {
            let key = format!("skill.{}", skill.id);
            report.expect(!whole.is_traditional(&skill.name), format!("{key}.name"), TRADITIONAL);
            for topic in skill.topics.iter().filter(|topic| !topics.contains(topic.as_str())) {
                report.add(format!("{key}.topics"), format!("no article is about `{topic}`"));
            }
            for flow in skill.flows.iter().filter(|flow| whole.flow(flow).is_none() && !whole.has_scheme(flow)) {
                report.add(format!("{key}.flows"), format!("there is no procedure or scheme `{flow}`"));
            }
            for article in skill.articles.iter().filter(|article| !whole.has_article(article)) {
                report.add(format!("{key}.articles"), format!("there is no article `{article}`"));
            }
            for rule in &skill.when {
                let Some(fact) = whole.facts.get(&rule.fact).filter(|_| !rule.fact.contains(['/', '@'])) else {
                    report.add(format!("{key}.when"), format!("there is no fact `{}`", rule.fact));
                    continue;
                };
                for option in rule.is.iter().filter(|option| fact.option(option).is_none()) {
                    report.add(format!("{key}.when"), format!("`{}` has no option `{option}`", rule.fact));
                }
            }
        }
        if !self.places.is_empty() && !whole.has_article(&self.places) {
            report.add("places", format!("there is no article `{}`", self.places));
        }
        for canned in &self.canned {
            let key = format!("canned.{}", canned.id);
            report.expect(!whole.is_traditional(&canned.title), format!("{key}.title"), TRADITIONAL);
            report.expect(!whole.is_traditional(&canned.text), format!("{key}.text"), TRADITIONAL);
            if let Some(article) = canned.article.as_ref().filter(|article| !whole.has_article(article)) {
                report.add(format!("{key}.article"), format!("there is no article `{article}`"));
            }
        }
        for (notice, holiday) in holidays(&self.notices) {
            report.expect(!whole.is_traditional(&holiday.name), holiday.key(notice, "name"), TRADITIONAL);
        }
    }

    /// What is worth a look though nothing is wrong: the next year's holidays are not entered, or
    /// an article was checked again after a reply about it. `as_of` tells an article's last check.
    pub(super) fn warnings(&self, today: NaiveDate, as_of: impl Fn(&str) -> Option<NaiveDate>) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let mut report = Report::on(Path::new("office.toml"), &mut warnings);
        report.expect(self.week.iter().any(|day| !day.is_empty()), "hours", "the office never opens");
        let missing = (today.year()..).find(|year| !self.covers(*year));
        let first = missing.and_then(|year| NaiveDate::from_ymd_opt(year, 1, 1));
        if let Some(first) = first.filter(|first| (*first - today).num_days() <= AHEAD + 1) {
            let says = format!("the holidays of {} are not entered: there only the weekday counts", first.year());
            report.add("notice", says);
        }
        for canned in &self.canned {
            let Some((article, checked)) = canned.article.as_ref().zip(canned.checked) else { continue };
            let key = format!("canned.{}.checked", canned.id);
            report.expect(checked.0 <= today, key.as_str(), "it cannot have been checked on a day to come");
            let says = format!("`{article}` was checked after this reply was; read both again");
            report.expect(as_of(article).is_none_or(|as_of| !canned.is_overtaken(as_of)), key, says);
        }
        warnings
    }

    /// Whether counsellors are at their desks. An end is no longer open: at 12:00 it is lunch.
    pub fn is_open(&self, at: NaiveDateTime) -> bool {
        self.slots_of(at.date()).any(|(from, to)| from <= at && at < to)
    }

    /// When an opening period begins next, later than `after`; nothing if none does for 60 days.
    pub fn next_opening(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        self.slots(after, 1).first().map(|(from, _)| *from)
    }

    /// The moment by which so many opening hours have passed since `from`; nothing if the office
    /// is not open for so long within a year.
    pub fn after_open_hours(&self, from: NaiveDateTime, hours: u32) -> Option<NaiveDateTime> {
        let mut left = TimeDelta::try_hours(hours.into())?;
        if left.is_zero() {
            return Some(from);
        }
        for (start, end) in self.slots_ahead(from, DUE_AHEAD) {
            let start = start.max(from);
            let open = (end - start).max(TimeDelta::zero());
            if left <= open {
                return start.checked_add_signed(left);
            }
            left -= open;
        }
        None
    }

    /// The next `n` opening periods that begin later than `from`, within 60 days: to offer for a
    /// call.
    pub fn slots(&self, from: NaiveDateTime, n: usize) -> Vec<Slot> {
        self.slots_ahead(from, AHEAD).filter(|(start, _)| *start > from).take(n).collect()
    }

    /// Whether the holidays of the day's year are entered. If not, only the weekday counts, and
    /// that must be said: 节假日安排还没有录入.
    pub fn knows(&self, day: NaiveDate) -> bool {
        self.covers(day.year())
    }

    /// The name of the holiday that a day belongs to.
    pub fn holiday(&self, day: NaiveDate) -> Option<&str> {
        let found = holidays(&self.notices).find(|(_, holiday)| holiday.from <= day && day <= holiday.to);
        found.map(|(_, holiday)| holiday.name.as_str())
    }

    /// The skills that a request needs, in the order of the file: by the procedure or scheme at
    /// hand, by what the conversation was about, by the options that the person chose (`told`),
    /// and by the folded words of the request.
    pub fn skills_for<'t>(
        &self,
        flow: Option<&str>,
        topics: &[&str],
        articles: &[&str],
        told: impl Fn(&str) -> Option<&'t str>,
        words: &str,
    ) -> Vec<&str> {
        let one_of = |named: &[String], at_hand: &[&str]| named.iter().any(|id| at_hand.contains(&id.as_str()));
        let needed = |skill: &&Skill| {
            one_of(&skill.flows, flow.as_slice())
                || one_of(&skill.topics, topics)
                || one_of(&skill.articles, articles)
                || skill.when.iter().any(|rule| told(&rule.fact).is_some_and(|told| one_of(&rule.is, &[told])))
                || skill.is_called_for(words)
        };
        self.skills.iter().filter(needed).map(|skill| skill.id.as_str()).collect()
    }

    /// A skill by its id.
    pub fn skill(&self, id: &str) -> Option<&Skill> {
        self.skills.iter().find(|skill| skill.id == id)
    }

    /// A reply by its id.
    pub fn canned(&self, id: &str) -> Option<&Canned> {
        self.canned.iter().find(|canned| canned.id == id)
    }

    fn covers(&self, year: i32) -> bool {
        self.notices.iter().any(|notice| notice.year == year)
    }

    /// The opening periods of a day, from its first to its last.
    fn slots_of(&self, day: NaiveDate) -> impl Iterator<Item = Slot> {
        let is_makeup = || holidays(&self.notices).any(|(_, holiday)| holiday.work.contains(&day));
        let periods: &[Period] = match () {
            () if self.holiday(day).is_some() => &[],
            () if is_makeup() => &self.makeup,
            () => &self.week[day.weekday().num_days_from_monday() as usize],
        };
        let moment =
            move |minutes: u32| day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minutes.into()));
        periods.iter().filter_map(move |period| Some((moment(period.from)?, moment(period.to)?)))
    }

    /// The opening periods from the day of `from` on, those that are over among them.
    fn slots_ahead(&self, from: NaiveDateTime, days: i64) -> impl Iterator<Item = Slot> {
        let days = from.date().iter_days().take_while(move |day| (*day - from.date()).num_days() <= days);
        days.flat_map(|day| self.slots_of(day))
    }
}

/// A time in the words that people use: 今天14:00, 明天9:00, 周一（11月30日）9:00.
pub fn say(at: NaiveDateTime, now: NaiveDateTime) -> String {
    format!("{}{}", say_day(at.date(), now.date()), say_time(at))
}

/// A period in the words that people use: 明天9:00到12:00.
pub fn say_slot((from, to): Slot, now: NaiveDateTime) -> String {
    let end = if to.date() > from.date() { "24:00".into() } else { say_time(to) };
    format!("{}到{end}", say(from, now))
}

fn say_time(at: NaiveDateTime) -> String {
    format!("{}:{:02}", at.hour(), at.minute())
}

fn say_day(day: NaiveDate, today: NaiveDate) -> String {
    match (day - today).num_days() {
        -1 => return "昨天".into(),
        0 => return "今天".into(),
        1 => return "明天".into(),
        _ => {}
    }
    let weekday = ["一", "二", "三", "四", "五", "六", "日"][day.weekday().num_days_from_monday() as usize];
    // Another year is named, though few ask for it: a call-back is never so far away.
    let year = if day.year() == today.year() { String::new() } else { format!("{}年", day.year()) };
    format!("周{weekday}（{year}{}月{}日）", day.month(), day.day())
}

impl Skill {
    /// Whether the folded words of a request call for it.
    fn is_called_for(&self, words: &str) -> bool {
        let struck = |words: String, phrase: &String| words.replace(phrase.as_str(), "，");
        let words = self.unless.iter().fold(words.replace(' ', ""), struck);
        self.words.iter().any(|phrase| words.contains(phrase.as_str()))
    }

    fn check(&self, report: &mut Report<'_>) {
        let key = |part: &str| format!("skill.{}.{part}", self.id);
        report.expect(!self.name.trim().is_empty(), key("name"), "say what people call it");
        let reasons = [&self.topics, &self.flows, &self.articles, &self.words];
        let some = !self.when.is_empty() || reasons.iter().any(|reasons| !reasons.is_empty());
        report.expect(
            some,
            key("topics"),
            "nothing calls for this skill; name topics, flows, articles, facts or words",
        );
        let whole = |phrase: &String| phrase.trim().chars().count() >= 2;
        report.expect(self.words.iter().all(whole), key("words"), "a phrase has two characters at least");
        report.expect(self.unless.iter().all(whole), key("unless"), "a phrase has two characters at least");
        let chosen = self.when.iter().all(|rule| !rule.is.is_empty());
        report.expect(chosen, key("when"), "say which options count: { fact = \"…\", is = [\"…\"] }");
    }
}

impl Queue {
    fn check(self, report: &mut Report<'_>) {
        for (key, number) in [
            ("offer_seconds", self.offer_seconds),
            ("long_wait_minutes", self.long_wait_minutes),
            ("callback_hours", self.callback_hours),
            ("silent_hours", self.silent_hours),
        ] {
            report.expect((1..=1000).contains(&number), format!("queue.{key}"), "give a number from 1 to 1000");
        }
    }
}

impl Canned {
    /// Whether its article was checked again (`as_of`) after this reply was.
    pub fn is_overtaken(&self, as_of: NaiveDate) -> bool {
        self.checked.is_some_and(|checked| checked.0 < as_of)
    }

    fn check(&self, report: &mut Report<'_>) {
        let key = |part: &str| format!("canned.{}.{part}", self.id);
        report.expect(!self.title.trim().is_empty(), key("title"), "say what the desk calls it");
        report.expect(self.title.chars().count() <= limits::LABEL, key("title"), "too long for a button");
        report.expect(!self.text.trim().is_empty(), key("text"), "say what is replied");
        report.expect(
            self.text.chars().count() <= CANNED,
            key("text"),
            format!("too long: at most {CANNED} characters"),
        );
        if let Some(figure) = bare_figure(&self.text) {
            report.add(key("text"), format!("the figure `{figure}` grows old here; lead to the article instead"));
        }
        report.expect(!self.text.contains(['{', '}']), key("text"), "a figure belongs into the article");
        let both = self.article.is_some() == self.checked.is_some();
        report.expect(
            both,
            key("checked"),
            "a reply about an article says on which day it was checked, and no other does",
        );
    }
}

impl RawHours {
    fn checked(self, report: &mut Report<'_>) -> [Vec<Period>; 8] {
        let days = [
            ("monday", self.monday),
            ("tuesday", self.tuesday),
            ("wednesday", self.wednesday),
            ("thursday", self.thursday),
            ("friday", self.friday),
            ("saturday", self.saturday),
            ("sunday", self.sunday),
            ("makeup", self.makeup),
        ];
        days.map(|(day, periods)| checked_periods(&format!("hours.{day}"), &periods, report))
    }
}

/// The periods of one day: each readable, none backwards, none before the end of the one before it.
fn checked_periods(key: &str, written: &[String], report: &mut Report<'_>) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for (i, text) in written.iter().enumerate() {
        let key = format!("{key}[{i}]");
        let Some(period) = period(text) else {
            report.add(key, format!("`{text}` is no period; write it like 09:00-12:00"));
            continue;
        };
        let ahead = period.from < period.to;
        let apart = periods.last().is_none_or(|before| before.to <= period.from);
        report.expect(ahead, key.as_str(), "it ends before it begins");
        report.expect(apart, key, "it begins before the one above ends");
        if ahead && apart {
            periods.push(period);
        }
    }
    periods
}

/// `09:00-12:00`.
fn period(text: &str) -> Option<Period> {
    let (from, to) = text.split_once('-')?;
    Some(Period { from: minutes(from)?, to: minutes(to)? })
}

/// `09:00`, up to `24:00`, as minutes since midnight.
fn minutes(text: &str) -> Option<u32> {
    let number = |text: &str| -> Option<u32> {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| plain)
    };
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (number(hour)?, number(minute)?);
    Some(hour * 60 + minute).filter(|whole| minute < 60 && *whole <= 24 * 60)
}

impl RawNotice {
    fn checked(self, report: &mut Report<'_>) -> Notice {
        let key = format!("notice.{}", self.year);
        self.source.check(&format!("{key}.source"), report);
        let numbered = self.source.number.as_ref().is_some_and(|number| !number.trim().is_empty());
        report.expect(numbered, format!("{key}.source.number"), "give the notice's number");
        report.expect((2000..2200).contains(&self.year), format!("{key}.year"), "say for which year it is");
        report.expect(!self.holidays.is_empty(), format!("{key}.holidays"), "a notice without a holiday");
        let checked = |holiday: RawHoliday| holiday.checked(&key, self.year, report);
        Notice { year: self.year, holidays: self.holidays.into_iter().filter_map(checked).collect() }
    }
}

impl RawHoliday {
    fn checked(self, notice: &str, year: i32, report: &mut Report<'_>) -> Option<Holiday> {
        let key = format!("{notice}.{}", self.name);
        report.expect(!self.name.trim().is_empty(), format!("{notice}.holidays"), "every holiday needs its name");
        report.expect(self.from.is_some(), format!("{key}.from"), "say on which day it begins");
        report.expect(self.to.is_some(), format!("{key}.to"), "say on which day it ends");
        let (from, to) = (self.from?.0, self.to?.0);
        report.expect(from <= to, format!("{key}.to"), "it ends before it begins");
        report.expect(to.year() == year, format!("{key}.to"), "it does not end in the year of the notice");
        let work: Vec<NaiveDate> = self.work.iter().map(|day| day.0).collect();
        for day in &work {
            let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            report.expect(weekend, format!("{key}.work"), format!("{day} is no Saturday or Sunday"));
        }
        Some(Holiday { name: self.name, from, to, work })
    }
}

impl Holiday {
    fn key(&self, notice: &Notice, part: &str) -> String {
        format!("notice.{}.{}.{part}", notice.year, self.name)
    }
}

/// Every holiday with its notice.
fn holidays(notices: &[Notice]) -> impl Iterator<Item = (&Notice, &Holiday)> {
    notices.iter().flat_map(|notice| notice.holidays.iter().map(move |holiday| (notice, holiday)))
}

/// One notice a year; a day belongs to one holiday, and is either free or worked.
fn check_days(notices: &[Notice], report: &mut Report<'_>) {
    let (mut years, mut work) = (HashSet::new(), HashSet::new());
    for notice in notices {
        let key = format!("notice.{}", notice.year);
        report.expect(years.insert(notice.year), key, "this year stands here twice");
    }
    let mut before: Vec<&Holiday> = Vec::new();
    for (notice, holiday) in holidays(notices) {
        for other in before.iter().filter(|other| other.from <= holiday.to && holiday.from <= other.to) {
            report.add(holiday.key(notice, "from"), format!("it overlaps {} of {}", other.name, other.from));
        }
        before.push(holiday);
    }
    for (notice, holiday) in holidays(notices) {
        for day in &holiday.work {
            let key = holiday.key(notice, "work");
            let free = before.iter().any(|other| other.from <= *day && *day <= other.to);
            report.expect(!free, key.as_str(), format!("{day} lies in a holiday"));
            report.expect(work.insert(*day), key, format!("{day} stands here twice"));
        }
    }
}

/// Every row has an id of its own.
fn check_ids<'a>(rows: &str, ids: impl Iterator<Item = &'a String>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for id in ids {
        let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        report.expect(plain, format!("{rows}.{id}.id"), "an id is made of a-z, 0-9 and -");
        report.expect(seen.insert(id), format!("{rows}.{id}"), "this id stands here twice");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../knowledge/office.toml");

    /// An office that opens on Mondays and Tuesdays, with a holiday that begins on a Monday, one
    /// over the end of a year, and a make-up Sunday.
    const SMALL: &str = r#"
        [hours]
        monday  = ["09:00-12:00", "14:00-17:30"]
        tuesday = ["22:00-24:00"]
        makeup  = ["10:00-11:00"]
        [[notice]]
        year     = 2030
        source   = { title = "测试", number = "1" }
        holidays = [
          { name = "元旦", from = 2029-12-31, to = 2030-01-01 },
          { name = "端午节", from = 2030-06-10, to = 2030-06-11, work = [2030-06-16] },
        ]
        [queue]
        offer_seconds     = 60
        long_wait_minutes = 30
        callback_hours    = 4
        silent_hours      = 12
    "#;

    fn office(text: &str) -> Office {
        let mut problems = Vec::new();
        let office = Office::read(text, str::to_lowercase, &mut Report::on(Path::new("office.toml"), &mut problems));
        assert!(problems.is_empty(), "{problems:?}");
        office
    }

    /// `2026-11-26 14:00`, or with seconds.
    fn at(text: &str) -> NaiveDateTime {
        let read = |format| NaiveDateTime::parse_from_str(text, format);
        read("%Y-%m-%d %H:%M").or_else(|_| read("%Y-%m-%d %H:%M:%S")).expect("a time")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn an_opening_period_has_its_beginning_and_not_its_end() {
        let office = office(SHIPPED);
        for (time, open) in [
            ("08:59:59", false),
            ("09:00:00", true),
            ("11:59:59", true),
            ("12:00:00", false),
            ("13:59:59", false),
            ("14:00:00", true),
            ("17:29:59", true),
            ("17:30:00", false),
            ("00:00:00", false),
        ] {
            assert_eq!(office.is_open(at(&format!("2026-11-26 {time}"))), open, "{time}");
        }
    }

    #[test]
    fn holidays_are_free_and_make_up_days_are_worked() {
        let office = office(SHIPPED);
        for (date, open) in [
            ("2026-11-26", true),  // a Thursday
            ("2026-11-28", false), // a Saturday
            ("2026-11-29", false), // a Sunday
            ("2026-01-01", false), // a Thursday, New Year
            ("2026-01-04", true),  // a Sunday, worked for it
            ("2026-02-14", true),  // a Saturday, worked for the Spring Festival
            ("2026-02-15", false), // its first day
            ("2026-02-23", false), // its last day, a Monday
            ("2026-02-24", true),
            ("2026-02-28", true),  // a Saturday, worked for it too
            ("2026-09-20", true),  // a Sunday, worked for the National Day, before the Mid-Autumn Festival
            ("2026-10-10", true),  // a Saturday
            ("2025-10-08", false), // a Wednesday, the eighth day of two holidays
            ("2025-12-31", true),
        ] {
            assert_eq!(office.is_open(at(&format!("{date} 10:00"))), open, "{date}");
        }
        assert_eq!(office.holiday(day("2025-10-08")), Some("国庆节、中秋节"));
        assert_eq!(office.holiday(day("2026-01-04")), None);
    }

    /// Counted from the notices' own words: 共1天, 共8天, 共3天 … and the days named for work.
    #[test]
    fn as_many_days_are_free_and_worked_as_the_notices_say() {
        let office = office(SHIPPED);
        let days = |year: i32| day(&format!("{year}-01-01")).iter_days().take(365);
        let weekend = |day: &NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        for (year, free, worked) in [(2025, 1 + 8 + 3 + 5 + 3 + 8, 5), (2026, 3 + 9 + 3 + 5 + 3 + 3 + 7, 6)] {
            assert_eq!(days(year).filter(|day| office.holiday(*day).is_some()).count(), free, "{year}");
            let opens = |day: &NaiveDate| office.slots_of(*day).next().is_some();
            assert_eq!(days(year).filter(weekend).filter(opens).count(), worked, "{year}");
        }
    }

    #[test]
    fn the_next_opening_leaps_over_lunch_nights_and_holidays() {
        let office = office(SHIPPED);
        for (after, next) in [
            ("2026-11-26 08:00", "2026-11-26 09:00"),
            ("2026-11-26 09:00", "2026-11-26 14:00"), // it has begun already
            ("2026-11-26 12:00", "2026-11-26 14:00"),
            ("2026-11-27 17:30", "2026-11-30 09:00"), // over a weekend
            ("2026-02-13 18:00", "2026-02-14 09:00"), // to a make-up Saturday
            ("2026-02-14 17:30", "2026-02-24 09:00"), // over the Spring Festival
            ("2025-12-31 17:30", "2026-01-04 09:00"), // over the end of a year, to a make-up Sunday
        ] {
            assert_eq!(office.next_opening(at(after)), Some(at(next)), "{after}");
        }
    }

    #[test]
    fn a_holiday_from_a_monday_a_make_up_sunday_and_a_day_to_midnight() {
        let office = office(SMALL);
        assert_eq!(office.next_opening(at("2030-06-04 23:00")), Some(at("2030-06-16 10:00")));
        assert_eq!(office.next_opening(at("2030-06-16 10:30")), Some(at("2030-06-17 09:00")));
        assert!(office.is_open(at("2030-06-18 23:59:59")) && !office.is_open(at("2030-06-19 00:00")));
        assert!(!office.is_open(at("2029-12-31 10:00")), "the holiday begins in the year before");
        assert!(!office.is_open(at("2030-01-01 22:30")));
        assert_eq!(say_slot(office.slots(at("2030-06-18 12:00"), 1)[0], at("2030-06-18 12:00")), "今天22:00到24:00");
    }

    #[test]
    fn an_office_that_does_not_open_promises_nothing() {
        let office = office(
            &SMALL.replace("monday  = [\"09:00-12:00\", \"14:00-17:30\"]", "").replace("22:00-24:00", "00:00-00:01"),
        );
        assert_eq!(office.after_open_hours(at("2030-01-02 00:00"), 4), None, "one minute a week");
        let never = Office::default();
        let now = at("2026-11-26 10:00");
        assert!(!never.is_open(now) && never.slots(now, 3).is_empty());
        assert_eq!((never.next_opening(now), never.after_open_hours(now, 1)), (None, None));
        let says: Vec<String> = never.warnings(now.date(), |_| None).into_iter().map(|problem| problem.key).collect();
        assert_eq!(says, ["hours", "notice"]);
    }

    #[test]
    fn a_due_time_counts_opening_hours_only() {
        let office = office(SHIPPED);
        for (from, hours, due) in [
            ("2026-11-26 09:00", 0, "2026-11-26 09:00"),
            ("2026-11-26 09:00", 1, "2026-11-26 10:00"),
            ("2026-11-26 09:00", 3, "2026-11-26 12:00"),
            ("2026-11-26 09:00", 4, "2026-11-26 15:00"), // over lunch
            ("2026-11-26 12:30", 1, "2026-11-26 15:00"),
            ("2026-11-26 16:30", 4, "2026-11-27 12:00"), // over the night
            ("2026-11-28 03:00", 4, "2026-11-30 15:00"), // over a weekend
            ("2026-02-14 16:30", 4, "2026-02-24 12:00"), // over the Spring Festival
            ("2025-12-31 17:00:30", 1, "2026-01-04 09:30:30"),
        ] {
            assert_eq!(office.after_open_hours(at(from), hours), Some(at(due)), "{from} and {hours} hours");
        }
    }

    /// The same, counted by a clock that ticks through every minute.
    #[test]
    fn a_due_time_is_where_a_ticking_clock_comes_to() {
        let office = office(SHIPPED);
        for (step, hours) in (0..400).zip((1..=9).cycle()) {
            let from = at("2025-12-20 00:00") + TimeDelta::minutes(step * 317);
            let (mut now, mut left) = (from, hours * 60);
            while left > 0 {
                left -= u32::from(office.is_open(now));
                now += TimeDelta::minutes(1);
            }
            assert_eq!(office.after_open_hours(from, hours), Some(now), "{from} and {hours} hours");
        }
    }

    #[test]
    fn slots_are_the_half_days_that_have_not_begun() {
        let office = office(SHIPPED);
        let now = at("2026-11-27 10:00");
        let said: Vec<String> = office.slots(now, 4).into_iter().map(|slot| say_slot(slot, now)).collect();
        let expected = [
            "今天14:00到17:30",
            "周一（11月30日）9:00到12:00",
            "周一（11月30日）14:00到17:30",
            "周二（12月1日）9:00到12:00",
        ];
        assert_eq!(said, expected);
        assert!(office.slots(now, 0).is_empty());
        let within = office.slots(now, usize::MAX);
        assert!(within.iter().all(|(from, to)| *from > now && from < to), "{within:?}");
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = at("2026-11-26 08:00");
        for (when, said) in [
            ("2026-11-26 14:00", "今天14:00"),
            ("2026-11-26 09:05", "今天9:05"),
            ("2026-11-27 09:00", "明天9:00"),
            ("2026-11-25 17:30", "昨天17:30"),
            ("2026-11-30 09:00", "周一（11月30日）9:00"),
            ("2026-11-28 09:00", "周六（11月28日）9:00"),
            ("2027-01-04 09:00", "周一（2027年1月4日）9:00"),
        ] {
            assert_eq!(say(at(when), now), said);
        }
        assert_eq!(say(at("2027-01-01 09:00"), at("2026-12-31 23:59")), "明天9:00");
        assert_eq!(say(at("2028-02-29 09:00"), at("2028-02-28 09:00")), "明天9:00");
    }

    #[test]
    fn a_year_without_a_notice_has_weekdays_only_and_says_so() {
        let office = office(SHIPPED);
        assert!(
            office.knows(day("2026-12-31")) && !office.knows(day("2027-01-01")) && !office.knows(day("2024-12-31"))
        );
        assert!(office.is_open(at("2027-10-01 10:00")), "a Friday");
        assert!(office.is_open(at("2028-02-29 10:00")), "a Tuesday");
        let warns = |today: &str| {
            let warnings = office.warnings(day(today), |_| None);
            warnings.into_iter().any(|warning| warning.key == "notice")
        };
        assert!(!warns("2026-10-31"), "61 days before the end of the last year");
        assert!(warns("2026-11-01"), "60 days before");
        assert!(warns("2027-03-01"));
        assert!(!warns("2025-12-31"), "the next year is entered");
    }

    #[test]
    fn no_moment_makes_it_fail() {
        let office = office(SHIPPED);
        for moment in [NaiveDateTime::MIN, NaiveDateTime::MAX, at("2024-02-29 23:59:59"), at("2026-12-31 23:59:59")] {
            office.is_open(moment);
            office.knows(moment.date());
            office.next_opening(moment);
            office.slots(moment, usize::MAX);
            for hours in [0, 1, u32::MAX] {
                office.after_open_hours(moment, hours);
            }
            for now in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
                say(moment, now);
                say_slot((moment, now), now);
            }
            office.warnings(moment.date(), |_| None);
        }
        assert_eq!(office.after_open_hours(at("2026-11-26 10:00"), u32::MAX), None);
    }

    #[test]
    fn a_request_calls_for_skills_in_the_order_of_the_file() {
        let office = office(SHIPPED);
        let nobody = |_: &str| None;
        let words = |words: &str| office.skills_for(None, &[], &[], nobody, words).join(" ");
        for (request, needed) in [
            ("转人工", ""),
            ("找个会讲台语的人", "minnan"),
            ("我妈只听得懂 闽南语", "minnan"),
            ("我是台湾人，但不会讲台语", "taiwan"),
            ("我不会讲闽南话，可我妈只讲闽南话", "minnan"),
            ("平台生意不好，平台企业欠薪", "labour"),
            ("平台语音打不开", ""),
            ("台胞的失业金怎么领", "taiwan benefit"),
            ("没有残疾证", ""),
            ("我有残疾证，公司把我辞退", "labour disability"),
            ("有没有红娘帮我介绍工作", "matchmaking"),
        ] {
            assert_eq!(words(request), needed, "{request}");
        }
        assert_eq!(office.skills_for(Some("labour-dispute"), &[], &[], nobody, ""), ["labour"]);
        assert_eq!(
            office.skills_for(Some("guaranteed-loan"), &["taiwan"], &["hongniang"], nobody, ""),
            ["taiwan", "startup", "matchmaking"]
        );
        let told = |fact: &str| {
            [("identity", "taiwan"), ("disabled", "yes"), ("drawing", "no")]
                .into_iter()
                .find_map(|(known, option)| (known == fact).then_some(option))
        };
        assert_eq!(office.skills_for(None, &["places"], &["nothing"], told, ""), ["taiwan", "disability"]);
    }

    #[test]
    fn a_reply_is_overtaken_once_its_article_was_checked_later() {
        let office = office(SHIPPED);
        let reply = office.canned("keep-evidence").expect("a reply");
        assert!(!reply.is_overtaken(day("2026-11-23")) && reply.is_overtaken(day("2026-11-24")));
        assert!(!office.canned("hello").expect("a reply").is_overtaken(day("2099-01-01")));
        let changed = |id: &str| (id == "evidence").then(|| day("2027-01-01"));
        let keys: Vec<String> =
            office.warnings(day("2026-11-26"), changed).into_iter().map(|warning| warning.key).collect();
        assert_eq!(keys, ["notice", "canned.keep-evidence.checked"]);
    }

    #[test]
    fn what_an_office_edits_wrongly_is_told_with_its_place() {
        for (wrong, place) in [
            ("hours.monday = [\"9:00-12:00\"]", "hours.monday[0]"),
            ("hours.monday = [\"09:00\"]", "hours.monday[0]"),
            ("hours.monday = [\"09:00-12:60\"]", "hours.monday[0]"),
            ("hours.monday = [\"09:00-24:01\"]", "hours.monday[0]"),
            ("hours.monday = [\"+9:00-12:00\"]", "hours.monday[0]"),
            ("hours.monday = [\"０９：００-１２：００\"]", "hours.monday[0]"),
            ("hours.monday = [\"\"]", "hours.monday[0]"),
            ("hours.monday = [\"12:00-12:00\"]", "hours.monday[0]"),
            ("hours.monday = [\"09:00-12:00\", \"11:00-15:00\"]", "hours.monday[1]"),
            ("hours.monday = [\"14:00-17:00\", \"09:00-12:00\"]", "hours.monday[1]"),
            ("queue.offer_seconds = -1", "queue.offer_seconds"),
            ("queue.offer_seconds = 1001", "queue.offer_seconds"),
            ("skill = [{ id = \"A b\", name = \"甲\", words = [\"甲乙\"] }]", "skill.A b.id"),
            ("skill = [{ id = \"a\", name = \"甲\" }]", "skill.a.topics"),
            ("skill = [{ id = \"a\", name = \"甲\", when = [{ fact = \"b\" }] }]", "skill.a.when"),
            ("skill = [{ id = \"a\", name = \"\", words = [\"甲乙\", \"\"] }]", "skill.a.words"),
            ("notice = [{ year = 2027, source = { title = \"甲\", number = \"1\" } }]", "notice.2027.holidays"),
            ("notice = [{ source = { title = \"甲\", number = \"1\" } }]", "notice.0.year"),
        ] {
            let mut problems = Vec::new();
            Office::read(wrong, str::to_lowercase, &mut Report::on(Path::new("office.toml"), &mut problems));
            assert!(problems.iter().any(|problem| problem.key == place), "{wrong}: {problems:?}");
        }
    }

    #[test]
    fn periods_may_touch() {
        let touching = SMALL.replace("\"09:00-12:00\", \"14:00-17:30\"", "\"09:00-12:00\", \"12:00-13:00\"");
        let office = office(&touching);
        assert!(office.is_open(at("2030-06-17 12:00")) && !office.is_open(at("2030-06-17 13:00")));
    }
}
