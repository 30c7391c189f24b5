//! Reads dates and birthdays as people say them: 2026年10月31号, 上个月底, 去年国庆前, 民国63年3月, 52岁.
//!
//! Every date is a [`Span`] of days, as wide as the words leave it.
//! It expects folded text like [`crate::text::number`], and like it never guesses: lunar dates and 前几天 stay vague.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::text::calendar::{
    COUNTING, DAY_WORDS, FEASTS, FILLERS, Feast, HAZY, LOOSE, LOOSE_YEAR_PARTS, MONTH_PARTS, MONTH_WORDS, OTHER_UNITS,
    SHORT_MONTH_PARTS, SHORT_YEAR_PARTS, SIDES, Side, WEEK_WORDS, WEEKDAYS, YEAR_PARTS, YEAR_WORDS,
};
use crate::text::number::{Hit, Read, bare, first, hedge_before, settle};
use crate::text::numeral::{Cursor, Numeral, Precision};

/// The days that some words may mean, both ends included; an exact day begins and ends the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct Span {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// Where to look for a date that was said without its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The most recent one that has begun by today; spans reaching past today are cut there.
    Past,
    /// The next one that has not ended before today.
    Future,
    /// The one in this year, month or week.
    Either,
}

impl Span {
    /// The span in simplified Chinese, as short as it can be said: 2026年10月, 2026年10月底, 2026年9月24日至30日.
    pub fn words(&self) -> String {
        let (from, to) = (self.from, self.to);
        let (y, m, d) = (from.year(), from.month(), from.day());
        let ends_month = to.checked_add_days(Days::new(1)).is_none_or(|next| next.day() == 1);
        if from == to {
            return format!("{y}年{m}月{d}日");
        }
        if (y, m) == (to.year(), to.month()) {
            return match (d, to.day()) {
                (1, _) if ends_month => format!("{y}年{m}月"),
                (1, 10) => format!("{y}年{m}月初"),
                (11, 20) => format!("{y}年{m}月中旬"),
                (21, _) if ends_month => format!("{y}年{m}月底"),
                (_, last) => format!("{y}年{m}月{d}日至{last}日"),
            };
        }
        match (to.year() == y, m, d, to.month()) {
            (true, 1, 1, 12) if ends_month => format!("{y}年"),
            (true, ..) => format!("{y}年{m}月{d}日至{}月{}日", to.month(), to.day()),
            _ => format!("{y}年{m}月{d}日至{}年{}月{}日", to.year(), to.month(), to.day()),
        }
    }

    /// One exact day.
    pub fn day(date: NaiveDate) -> Self {
        Self { from: date, to: date }
    }

    fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// Days `first..=last` of a month, where 31 stands for its end.
    fn in_month(year: i32, month: u32, (first, last): (u32, u32)) -> Option<Self> {
        let from = NaiveDate::from_ymd_opt(year, month, first)?;
        Self::new(from, from.with_day(last).or_else(|| last_day(from))?)
    }

    /// Months `first..=last` of a year.
    fn in_year(year: i32, (first, last): (u32, u32)) -> Option<Self> {
        let from = NaiveDate::from_ymd_opt(year, first, 1)?;
        Self::new(from, last_day(from.with_month(last)?)?)
    }

    /// `days` days beginning `offset` days from `date`.
    fn after(date: NaiveDate, offset: i64, days: u64) -> Option<Self> {
        let from = shift_days(date, offset)?;
        Self::new(from, from.checked_add_days(Days::new(days.saturating_sub(1)))?)
    }
}

/// The first date in `text`; `prefer` places one that was said without its year.
pub fn date(text: &str, today: NaiveDate, prefer: Prefer) -> Read<Hit<Span>> {
    let frame = Frame { today, prefer, topic: Topic::Event };
    match first(text, |cursor| frame.event(cursor)) {
        // 最近 alone is vague, but in 最近一次是上个月 it is only filler.
        Read::None => first(text, filler),
        found => found,
    }
}

/// The days on which someone may have been born, from a date of birth or from an age in completed years.
pub fn birth(text: &str, today: NaiveDate) -> Read<Hit<Span>> {
    let frame = Frame { today, prefer: Prefer::Past, topic: Topic::Birth };
    first(text, |cursor| frame.birthday(cursor))
}

/// What one reader made of the words, before the words around them are looked at.
enum Found {
    Days(Span),
    /// Said, but open.
    Loose,
    /// There is no such day.
    Wrong,
}

impl From<Option<Span>> for Found {
    fn from(span: Option<Span>) -> Self {
        span.map_or(Self::Wrong, Self::Days)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Topic {
    Event,
    Birth,
}

struct Year {
    value: i32,
    /// Whether it can stand alone; 15年 cannot, for it may be a length of time.
    lone: bool,
}

/// What a reading depends on besides the words.
struct Frame {
    today: NaiveDate,
    prefer: Prefer,
    topic: Topic,
}

type Reader = fn(&Frame, &mut Cursor) -> Option<Found>;

impl Frame {
    fn event(&self, cursor: &mut Cursor) -> Option<Read<Hit<Span>>> {
        let start = cursor.at;
        if cursor.eat(LOOSE) || (cursor.eat(&["前", "这"]) && cursor.eat(HAZY)) {
            return Some(Read::Vague(cursor.since(start)));
        }
        cursor.at = start;
        let readers = [
            Self::day_word,
            Self::ago,
            Self::week,
            Self::written,
            Self::unclear_year,
            Self::calendar,
            Self::day_alone as Reader,
        ];
        let found = self.try_all(&readers, cursor)?;
        Some(self.judge(start, cursor, found))
    }

    fn birthday(&self, cursor: &mut Cursor) -> Option<Read<Hit<Span>>> {
        let start = cursor.at;
        let Some(found) = self.try_all(&[Self::written, Self::unclear_year, Self::calendar as Reader], cursor) else {
            return self.age(cursor);
        };
        match self.judge(start, cursor, found) {
            Read::One(hit) if hit.value.from > self.today || hit.value.to.year() < self.today.year() - 121 => {
                Some(Read::Bad(cursor.since(start)))
            }
            read => Some(read),
        }
    }

    fn try_all(&self, readers: &[Reader], cursor: &mut Cursor) -> Option<Found> {
        readers.iter().find_map(|reader| {
            let mut trial = *cursor;
            let found = reader(self, &mut trial)?;
            *cursor = trial;
            Some(found)
        })
    }

    /// Looks at the words around a date and cuts it at today where that is asked for.
    fn judge(&self, start: usize, cursor: &mut Cursor, found: Found) -> Read<Hit<Span>> {
        let before = cursor.text[..start].trim_end();
        let lunar = ["农历", "阴历", "旧历"].iter().any(|word| before.ends_with(word));
        let end = cursor.at;
        let mut span = match found {
            Found::Wrong => return Read::Bad(cursor.since(start)),
            Found::Loose => return Read::Vague(cursor.since(start)),
            Found::Days(span) => span,
        };
        if lunar || open_after(cursor, &span) {
            return Read::Vague(cursor.since(start));
        }
        let hedge = hedge_before(before);
        if hedge > 0 {
            return Read::Vague(cursor.text[before.len() - hedge..end].to_owned());
        }
        if self.prefer == Prefer::Past && span.from <= self.today {
            span.to = span.to.min(self.today);
        }
        Read::One(Hit { value: span, start, end })
    }

    fn day_word(&self, cursor: &mut Cursor) -> Option<Found> {
        let offset = cursor.pick(DAY_WORDS)?;
        Some(shift_days(self.today, offset).map(Span::day).into())
    }

    /// 三天前, 两年半前, 两周后.
    fn ago(&self, cursor: &mut Cursor) -> Option<Found> {
        let length = cursor.length()?;
        let side = cursor.pick(SIDES)?;
        let after = matches!(side, Side::After);
        let whole = length.months.fract() == 0.0 && length.days.fract() == 0.0;
        let open = length.precision == Precision::Open || !whole || length.months > 1200.0 || length.days > 36_500.0;
        // 三年后 told about the past counts from some other day.
        if open || (after && self.prefer == Prefer::Past) {
            return Some(Found::Loose);
        }
        let months = Months::new(length.months as u32);
        let (days, moved) = match after {
            true => (length.days as i64, self.today.checked_add_months(months)),
            false => (-(length.days as i64), self.today.checked_sub_months(months)),
        };
        Some(moved.and_then(|date| shift_days(date, days)).map(Span::day).into())
    }

    /// 上周, 上周五, 这个礼拜三, 周一.
    fn week(&self, cursor: &mut Cursor) -> Option<Found> {
        let week = cursor.pick(WEEK_WORDS);
        if !cursor.eat(&["星期", "礼拜", "周", "拜"]) {
            return None;
        }
        let weekday = if cursor.sees(&["一共", "一直", "一起"]) { None } else { cursor.pick(WEEKDAYS) };
        let (first, days) = weekday.unwrap_or((0, 7));
        let monday = -i64::from(self.today.weekday().num_days_from_monday());
        let place = |week: i64| Span::after(self.today, monday + week * 7 + first, days);
        match (week, weekday) {
            (None, None) => None,
            (Some(week), _) => Some(place(week).into()),
            (None, Some(_)) => Some(self.nearest(1, |week| place(week.into())).into()),
        }
    }

    /// Dates in digits: 2026-10-31, 2026.10, 10/31, 20261031, 202610.
    fn written(&self, cursor: &mut Cursor) -> Option<Found> {
        if !cursor.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let head = cursor.whole()?;
        if head.width == 8 || head.width == 6 {
            return run_together(&head);
        }
        let dash = cursor.pick(&[("-", &["-"]), ("/", &["/"]), (".", &["."])])?;
        let second = cursor.whole().filter(|n| n.width == 1 || n.width == 2)?;
        let mut trial = *cursor;
        let third = trial.eat(&[dash]).then(|| trial.whole()).flatten().filter(|n| n.width == 1 || n.width == 2);
        if let Some(third) = third {
            trial.eat(&["日", "号"]);
            *cursor = trial;
            let year = self.full_year(&head);
            return Some(year.map_or(Found::Loose, |year| ymd(year, small(&second), small(&third)).into()));
        }
        if cursor.sees(OTHER_UNITS) {
            return None;
        }
        if head.width > 2 {
            return self.full_year(&head).map(|year| Span::in_month(year, small(&second), (1, 31)).into());
        }
        let (month, day) = (small(&head), small(&second));
        let possible = (1..=12).contains(&month) && (1..=31).contains(&day);
        (self.topic == Topic::Event && (possible || dash == "/"))
            .then(|| self.place(None, |year| ymd(year, month, day)))
    }

    /// Everything made of a year, a month and a day in words, each of which may be missing.
    fn calendar(&self, cursor: &mut Cursor) -> Option<Found> {
        let (year, lone) = self.year(cursor).map_or((None, false), |year| (Some(year.value), year.lone));
        if year.is_some() {
            cursor.eat(&["的", "份"]);
        }
        for reader in [Self::festival, Self::month] {
            let mut trial = *cursor;
            if let Some(found) = reader(self, &mut trial, year) {
                *cursor = trial;
                return Some(found);
            }
        }
        if cursor.eat(LOOSE_YEAR_PARTS) {
            return Some(Found::Loose);
        }
        let part = cursor.pick(YEAR_PARTS).or_else(|| year.and_then(|_| cursor.pick(SHORT_YEAR_PARTS)));
        match (year, part) {
            (_, Some(_)) if lunar_day(cursor) => Some(Found::Loose),
            (_, Some(part)) => Some(self.place(year, |year| Span::in_year(year, part))),
            // 今年50 is an age.
            (Some(year), None) if lone && cursor.numeral().is_none() => Some(Span::in_year(year, (1, 12)).into()),
            _ => None,
        }
    }

    /// 8年7月 is a length of time to some and a date to others.
    fn unclear_year(&self, cursor: &mut Cursor) -> Option<Found> {
        let year = cursor.whole()?;
        let known = !cursor.eat(&["年"]) || self.full_year(&year).is_some();
        let month = cursor.whole().is_some() && cursor.eat(&["月"]);
        let unclear = !known && (month || self.topic == Topic::Birth && year.width == 2);
        unclear.then_some(Found::Loose)
    }

    fn year(&self, cursor: &mut Cursor) -> Option<Year> {
        let mut trial = *cursor;
        if self.topic == Topic::Event
            && let Some(offset) = cursor.pick(YEAR_WORDS)
        {
            return Some(Year { value: self.today.year().checked_add(offset)?, lone: true });
        }
        let republic = trial.eat(&["民国"]);
        let spoken = !trial.rest().starts_with(|c: char| c.is_ascii());
        let padded = trial.rest().starts_with('0');
        let numeral = trial.whole().filter(|n| self.topic == Topic::Birth || !n.range)?;
        let value = match republic {
            true if (1.0..=200.0).contains(&numeral.value) => numeral.value as i32 + 1911,
            true => return None,
            false => self.full_year(&numeral)?,
        };
        let long = numeral.width != 2 || republic || spoken || padded || numeral.value >= 60.0;
        let named = trial.eat(&["年"]) && !trial.sees(&["代", "级"]);
        named.then(|| *cursor = trial)?;
        Some(Year { value, lone: long || self.topic == Topic::Birth })
    }

    /// The year a written number means: 2025, 114 of the Republic, 25.
    fn full_year(&self, numeral: &Numeral) -> Option<i32> {
        let value = numeral.value as i32;
        match (numeral.width, value) {
            (4 | 0, 1900..=2100) => Some(value),
            (3 | 0, 90..=130) => Some(value + 1911),
            (2, _) if self.topic == Topic::Birth => match value {
                40..=99 => Some(1900 + value),
                0..=20 => Some(2000 + value),
                _ => None,
            },
            (2, _) if value <= self.today.year() % 100 + 5 => Some(2000 + value),
            (2, _) => Some(1900 + value),
            _ => None,
        }
    }

    /// Reads a month with its day or part: 3月5号, 上个月底, 本月.
    fn month(&self, cursor: &mut Cursor, year: Option<i32>) -> Option<Found> {
        let (year, month) = match (self.topic, year, cursor.pick(MONTH_WORDS)) {
            (Topic::Event, None, Some(offset)) => {
                let date = shift_months(self.today, offset)?;
                (Some(date.year()), date.month())
            }
            (_, _, Some(_)) => return None,
            (_, _, None) => match cursor.pick(&[(1, &["元月"])]) {
                Some(month) => (year, month),
                None => {
                    let numeral = cursor.whole().filter(|n| n.width < 3)?;
                    let fits = cursor.eat(&["月份", "月"]);
                    if fits && numeral.range {
                        return Some(Found::Loose);
                    }
                    fits.then(|| (year, small(&numeral)))?
                }
            },
        };
        cursor.eat(&["的"]);
        let part = cursor.pick(MONTH_PARTS).or_else(|| cursor.pick(SHORT_MONTH_PARTS));
        if part.is_some() && lunar_day(cursor) {
            return Some(Found::Loose);
        }
        if let Some(part) = part {
            return Some(self.place(year, |year| Span::in_month(year, month, part)));
        }
        match day(cursor) {
            Some(numeral) if numeral.range => Some(Found::Loose),
            Some(numeral) => Some(self.place(year, |year| ymd(year, month, small(&numeral)))),
            None => Some(self.place(year, |year| Span::in_month(year, month, (1, 31)))),
        }
    }

    /// 31号, 月底: a day or part of a month that was not said.
    fn day_alone(&self, cursor: &mut Cursor) -> Option<Found> {
        if let Some(part) = cursor.pick(MONTH_PARTS) {
            return Some(self.nearest_month(|year, month| Span::in_month(year, month, part)).into());
        }
        let numeral = cursor.whole().filter(|n| n.width < 3)?;
        if !cursor.eat(&["号", "日"]) || cursor.sees(&["线", "楼", "店", "院", "馆", "门", "栋"]) {
            return None;
        }
        let day = small(&numeral);
        match self.nearest_month(|year, month| ymd(year, month, day)) {
            _ if numeral.range => Some(Found::Loose),
            None if (1..=31).contains(&day) => Some(Found::Loose),
            span => Some(span.into()),
        }
    }

    /// 国庆, 春节前, 过完年.
    fn festival(&self, cursor: &mut Cursor, year: Option<i32>) -> Option<Found> {
        if self.topic == Topic::Birth {
            return None;
        }
        let (feast, side) = if cursor.eat(&["过完年", "年后"]) {
            (Feast::Spring, Side::After)
        } else if cursor.eat(&["年前"]) {
            (Feast::Spring, Side::Before)
        } else {
            let mut trial = *cursor;
            let over = trial.eat(&["过完", "过了"]);
            let feast = trial.pick(FEASTS).or_else(|| october(&mut trial))?;
            *cursor = trial;
            cursor.eat(&["节"]);
            cursor.eat(&["长假", "假期", "放假", "期间", "那几天", "当天"]);
            let side = if over { Side::After } else { cursor.pick(SIDES).unwrap_or(Side::During) };
            (feast, side)
        };
        // Outside the table of lunar dates the day exists, but is not known here.
        match self.place(year, |year| {
            let (from, days) = feast.days(year, side)?;
            Span::after(from, 0, days)
        }) {
            Found::Wrong => Some(Found::Loose),
            found => Some(found),
        }
    }

    /// Puts something into its year, or into the year that fits best when none was said.
    fn place(&self, year: Option<i32>, make: impl Fn(i32) -> Option<Span>) -> Found {
        let this = self.today.year();
        match (year, self.topic) {
            (Some(year), _) => make(year).into(),
            // A birthday without its year may be of any year.
            (None, Topic::Birth) => Found::Loose,
            (None, Topic::Event) => self.nearest(8, |offset| make(this.checked_add(offset)?)).into(),
        }
    }

    fn nearest_month(&self, make: impl Fn(i32, u32) -> Option<Span>) -> Option<Span> {
        let month = |offset| shift_months(self.today, offset).and_then(|date| make(date.year(), date.month()));
        self.nearest(1, month)
    }

    /// The first span that suits the preference, going up to `reach` steps away from now.
    fn nearest(&self, reach: i32, make: impl Fn(i32) -> Option<Span>) -> Option<Span> {
        let step = if self.prefer == Prefer::Past { -1 } else { 1 };
        (0..=reach).filter_map(|steps| make(steps * step)).find(|span| match self.prefer {
            Prefer::Past => span.from <= self.today,
            Prefer::Future => span.to >= self.today,
            Prefer::Either => true,
        })
    }

    /// 52岁, 今年52, 五十二周岁, and a bare birth year such as 1974.
    fn age(&self, cursor: &mut Cursor) -> Option<Read<Hit<Span>>> {
        let start = cursor.at;
        let mut nominal = cursor.eat(&["虚岁", "虚"]);
        let at = cursor.at;
        let figure = cursor.figure()?;
        nominal |= cursor.sees(&["虚岁"]);
        let named = cursor.eat(&["周岁", "虚岁", "岁"]);
        if !named && !bare(cursor, at, &figure) {
            return Some(Read::None);
        }
        let behind = &cursor.text[..start];
        let counting = COUNTING.iter().any(|word| behind.contains(word)) || behind.ends_with("去年");
        let open = nominal || counting || cursor.sees(&["后"]);
        let precision = if open { Precision::Open } else { figure.precision };
        if figure.value.fract() != 0.0 {
            return Some(Read::Bad(cursor.since(start)));
        }
        let span = match figure.value {
            age if age <= 120.0 => self.born(age as u32)?,
            year if !named && (1900.0..=f64::from(self.today.year())).contains(&year) => {
                Span::in_year(year as i32, (1, 12))?
            }
            _ => return Some(Read::Bad(cursor.since(start))),
        };
        Some(settle(start, cursor, precision, span))
    }

    /// The birthdays that make someone `age` completed years old today.
    fn born(&self, age: u32) -> Option<Span> {
        let years = |years: u32| self.today.checked_sub_months(Months::new(years * 12));
        Span::new(years(age + 1)?.succ_opt()?, years(age)?)
    }
}

/// Reads 十一 for 国庆, which needs a word after it to be more than a number.
fn october(cursor: &mut Cursor) -> Option<Feast> {
    let holiday = cursor.eat(&["十一"]) && cursor.sees(&["放假", "长假", "假期", "期间", "前", "后", "之前", "之后"]);
    holiday.then_some(Feast::Fixed(10, 7))
}

/// Steps over words after a date that take it away again: 3月5号之前, 10月1日到7日, 3月5号左右.
fn open_after(cursor: &mut Cursor, span: &Span) -> bool {
    if cursor.sees(&["后来", "后面", "后续"]) {
        return false;
    }
    if cursor.eat(&["以前", "之前", "前", "以后", "之后", "后", "以内", "之内", "内"]) {
        return true;
    }
    let mut trial = *cursor;
    if trial.eat(&["到", "至", "-", "~", "或者", "或", "、"]) && trial.whole().is_some() {
        while trial.eat(&["年", "月", "日", "号"]) || trial.whole().is_some() {}
        *cursor = trial;
        return true;
    }
    span.from == span.to && cursor.eat(&["左右", "前后", "上下"])
}

/// Steps over the rest of 三月初五, a day of the lunar calendar.
fn lunar_day(cursor: &mut Cursor) -> bool {
    cursor.before().ends_with('初') && cursor.whole().is_some()
}

/// Reads the day after a month: 31号, or a bare 31 that counts nothing else.
fn day(cursor: &mut Cursor) -> Option<Numeral> {
    let mut trial = *cursor;
    let numeral = trial.whole().filter(|n| n.width < 3)?;
    if !trial.eat(&["号", "日"]) && trial.sees(OTHER_UNITS) {
        return None;
    }
    *cursor = trial;
    Some(numeral)
}

/// Reads 20261031 or 202610; six digits that are no month are something else.
fn run_together(numeral: &Numeral) -> Option<Found> {
    let value = numeral.value as u32;
    let (head, day) = if numeral.width == 8 { (value / 100, value % 100) } else { (value, 0) };
    let (year, month) = (i32::try_from(head / 100).ok().filter(|year| (1900..=2100).contains(year))?, head % 100);
    match numeral.width {
        8 => Some(ymd(year, month, day).into()),
        _ => Span::in_month(year, month, (1, 31)).map(Found::Days),
    }
}

fn ymd(year: i32, month: u32, day: u32) -> Option<Span> {
    NaiveDate::from_ymd_opt(year, month, day).map(Span::day)
}

/// The value as a month or day; large numbers stay large and so impossible.
fn small(numeral: &Numeral) -> u32 {
    numeral.value as u32
}

fn last_day(date: NaiveDate) -> Option<NaiveDate> {
    date.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}

fn shift_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(count) } else { date.checked_add_days(count) }
}

/// The first day of the month that is `months` away.
fn shift_months(date: NaiveDate, months: i32) -> Option<NaiveDate> {
    let (first, count) = (date.with_day(1)?, Months::new(months.unsigned_abs()));
    if months < 0 { first.checked_sub_months(count) } else { first.checked_add_months(count) }
}

fn filler(cursor: &mut Cursor) -> Option<Read<Hit<Span>>> {
    let start = cursor.at;
    cursor.eat(FILLERS).then(|| Read::Vague(cursor.since(start)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::number::{count, duration, money, numbers};

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).expect("is a day")
    }

    /// Shows a reading in one word: `~` for vague, `!` for bad, `-` for none.
    fn show(read: Read<Hit<Span>>) -> String {
        match read {
            Read::One(hit) => hit.value.words(),
            Read::Vague(words) => format!("~{words}"),
            Read::Bad(words) => format!("!{words}"),
            Read::None => "-".to_owned(),
        }
    }

    fn check(read: impl Fn(&str) -> Read<Hit<Span>>, rows: &[(&str, &str)]) {
        let wrong =
            rows.iter().map(|(text, want)| (*text, show(read(text)), *want)).filter(|(_, got, want)| got != want);
        assert_eq!(wrong.collect::<Vec<_>>(), [], "text, got, want");
    }

    #[test]
    fn reads_past_dates() {
        let rows = [
            ("2026-10-31", "2026年10月31日"),
            ("2026/10/31", "2026年10月31日"),
            ("2026.10.31", "2026年10月31日"),
            ("20261031", "2026年10月31日"),
            ("202610", "2026年10月"),
            ("2026-10", "2026年10月"),
            ("2026年10月31日", "2026年10月31日"),
            ("2026年10月31号", "2026年10月31日"),
            ("2026 年 10 月 31 日", "2026年10月31日"),
            ("二〇二六年十月三十一日", "2026年10月31日"),
            ("26年10月", "2026年10月"),
            ("98年3月", "1998年3月"),
            ("10月31日", "2026年10月31日"),
            ("10月31号离职的", "2026年10月31日"),
            ("10月31", "2026年10月31日"),
            ("10/31", "2026年10月31日"),
            ("10.31", "2026年10月31日"),
            ("12/25", "2025年12月25日"),
            ("12月1号", "2025年12月1日"),
            ("31号", "2026年10月31日"),
            ("20号", "2026年11月20日"),
            ("十月三十一号", "2026年10月31日"),
            ("2025年3月", "2025年3月"),
            ("2025年3月份", "2025年3月"),
            ("2025年", "2025年"),
            ("2025年底", "2025年12月"),
            ("二〇二五年", "2025年"),
            ("一五年", "2015年"),
            ("15年底", "2015年12月"),
        ];
        check(|text| date(text, today(), Prefer::Past), &rows);
    }

    #[test]
    fn reads_spoken_dates() {
        let rows = [
            ("今年3月", "2026年3月"),
            ("今年3月5号", "2026年3月5日"),
            ("今年的3月", "2026年3月"),
            ("去年三月", "2025年3月"),
            ("3月", "2026年3月"),
            ("12月", "2025年12月"),
            ("元月", "2026年1月"),
            ("去年", "2025年"),
            ("去年底", "2025年12月"),
            ("去年年底", "2025年12月"),
            ("去年年初", "2025年1月"),
            ("前年", "2024年"),
            ("大前年", "2023年"),
            ("今年初", "2026年1月"),
            ("年底", "2025年12月"),
            ("去年下半年", "2025年7月1日至12月31日"),
            ("上半年", "2026年1月1日至6月30日"),
            ("下半年", "2026年7月1日至11月23日"),
            ("上个月", "2026年10月"),
            ("上个月底离职的", "2026年10月底"),
            ("上月底", "2026年10月底"),
            ("上个月月底", "2026年10月底"),
            ("上个月初", "2026年10月初"),
            ("上个月5号", "2026年10月5日"),
            ("上上个月", "2026年9月"),
            ("这个月", "2026年11月1日至23日"),
            ("今年", "2026年1月1日至11月23日"),
            ("本月底", "2026年11月21日至23日"),
            ("本月初", "2026年11月初"),
            ("月初", "2026年11月初"),
            ("月底", "2026年11月21日至23日"),
            ("下个月", "2026年12月"),
            ("3月初", "2026年3月初"),
            ("3月中旬", "2026年3月中旬"),
            ("3月上旬", "2026年3月初"),
            ("三月底", "2026年3月底"),
            ("昨天", "2026年11月22日"),
            ("前天", "2026年11月21日"),
            ("大前天", "2026年11月20日"),
            ("今天", "2026年11月23日"),
            ("刚刚", "2026年11月23日"),
            ("明天", "2026年11月24日"),
            ("上周", "2026年11月16日至22日"),
            ("上周五", "2026年11月20日"),
            ("上个礼拜三", "2026年11月18日"),
            ("上上周一", "2026年11月9日"),
            ("这周一", "2026年11月23日"),
            ("周五", "2026年11月20日"),
            ("上星期天", "2026年11月22日"),
            ("三天前", "2026年11月20日"),
            ("两周前", "2026年11月9日"),
            ("两个星期前", "2026年11月9日"),
            ("3个月前", "2026年8月23日"),
            ("半年前", "2026年5月23日"),
            ("一年前", "2025年11月23日"),
            ("三年零九个月前", "2023年2月23日"),
            ("两年半前", "2024年5月23日"),
            ("去年国庆前", "2025年9月24日至30日"),
            ("国庆", "2026年10月1日至7日"),
            ("国庆节", "2026年10月1日至7日"),
            ("国庆后", "2026年10月8日至14日"),
            ("国庆放假前", "2026年9月24日至30日"),
            ("五一", "2026年5月1日至5日"),
            ("元旦", "2026年1月1日"),
            ("春节", "2026年2月17日至23日"),
            ("去年过年", "2025年1月29日至2月4日"),
            ("春节前", "2026年2月10日至16日"),
            ("年前", "2026年2月10日至16日"),
            ("过完年", "2026年2月24日至3月9日"),
            ("年后", "2026年2月24日至3月9日"),
            ("中秋", "2026年9月25日"),
            ("去年中秋节", "2025年10月6日"),
            ("民国114年3月", "2025年3月"),
            ("民国一一四年三月五日", "2025年3月5日"),
            ("民国一百一十四年", "2025年"),
            ("114年3月", "2025年3月"),
            ("114/3/5", "2025年3月5日"),
            ("旧年", "2025年"),
            ("旧年三月", "2025年3月"),
            ("顶个月", "2026年10月"),
            ("顶月初", "2026年10月初"),
            ("昨昏", "2026年11月22日"),
            ("昨日", "2026年11月22日"),
            ("今仔日", "2026年11月23日"),
            ("最近一次是上个月", "2026年10月"),
            ("3月5号后来又上班了", "2026年3月5日"),
            ("2月29号", "2024年2月29日"),
            ("今年50岁", "-"),
            ("去年十一放假前", "2025年9月24日至30日"),
            ("十一前", "2026年9月24日至30日"),
            ("2025年第三季度", "2025年7月1日至9月30日"),
            ("26/10/31", "2026年10月31日"),
            ("干了15年,上个月走的", "2026年10月"),
        ];
        check(|text| date(text, today(), Prefer::Past), &rows);
    }

    #[test]
    fn leaves_dates_open() {
        let rows = [
            ("前几天", "~前几天"),
            ("几个月前", "~几个月前"),
            ("好几年前", "~好几年前"),
            ("三年多前", "~三年多前"),
            ("十几年前", "~十几年前"),
            ("快三年前", "~快三年前"),
            ("半个月前", "~半个月前"),
            ("前阵子", "~前阵子"),
            ("最近", "~最近"),
            ("很久以前", "~很久"),
            ("年中", "~年中"),
            ("去年年中", "~去年年中"),
            ("去年暑假", "~去年暑假"),
            ("五六月", "~五六月"),
            ("3月之前", "~3月之前"),
            ("10月1日到7日", "~10月1日到7日"),
            ("3月5号左右", "~3月5号左右"),
            ("三月初五", "~三月初五"),
            ("农历三月五日", "~三月五日"),
            ("正月", "~正月"),
            ("三天后", "~三天后"),
            ("2010年春节", "~2010年春节"),
            ("2月31日", "!2月31日"),
            ("13月", "!13月"),
            ("32号", "!32号"),
            ("2025-02-30", "!2025-02-30"),
            ("2025年2月29日", "!2025年2月29日"),
            ("20250230", "!20250230"),
            ("13/45", "!13/45"),
            ("8年7月", "~8年7月"),
            ("大年初八", "~大年"),
            ("年初三", "~年初三"),
            ("端午", "~端午"),
            ("去年这个时候", "~去年这个时候"),
            ("9月28、29号", "~9月28、29号"),
            ("2024年12月到2025年10月", "~2024年12月到2025年10月"),
            ("刚离职", "~刚"),
            ("60年代", "-"),
            ("暑假", "~暑假"),
            ("上学期", "-"),
            ("3个月", "-"),
            ("12333", "-"),
            ("3500元", "-"),
            ("1.2万", "-"),
            ("3号线", "-"),
            ("15年", "-"),
            ("上班", "-"),
            ("", "-"),
        ];
        check(|text| date(text, today(), Prefer::Past), &rows);
    }

    #[test]
    fn reads_other_dates() {
        let rows = [
            ("3月5号", "2027年3月5日"),
            ("12月", "2026年12月"),
            ("31号", "2026年12月31日"),
            ("月底", "2026年11月底"),
            ("这个月", "2026年11月"),
            ("周五", "2026年11月27日"),
            ("下周三", "2026年12月2日"),
            ("三天后", "2026年11月26日"),
            ("两个月以后", "2027年1月23日"),
            ("春节", "2027年2月6日至12日"),
            ("明年五一", "2027年5月1日至5日"),
            ("年底", "2026年12月"),
        ];
        check(|text| date(text, today(), Prefer::Future), &rows);
        let rows = [("3月5号", "2026年3月5日"), ("12月", "2026年12月"), ("今年", "2026年"), ("去年", "2025年")];
        check(|text| date(text, today(), Prefer::Either), &rows);
    }

    #[test]
    fn reads_births() {
        let rows = [
            ("1974年3月", "1974年3月"),
            ("74年", "1974年"),
            ("七四年三月", "1974年3月"),
            ("五六年", "1956年"),
            ("1974-03-05", "1974年3月5日"),
            ("19740305", "1974年3月5日"),
            ("1974", "1974年"),
            ("1974年生的", "1974年"),
            ("74年3月5号", "1974年3月5日"),
            ("05年", "2005年"),
            ("民国63年3月", "1974年3月"),
            ("我是1974年3月出生的", "1974年3月"),
            ("52岁", "1973年11月24日至1974年11月23日"),
            ("52", "1973年11月24日至1974年11月23日"),
            ("五十二周岁", "1973年11月24日至1974年11月23日"),
            ("今年52", "1973年11月24日至1974年11月23日"),
            ("满52岁了", "1973年11月24日至1974年11月23日"),
            ("0岁", "2025年11月24日至2026年11月23日"),
            ("虚岁53", "~虚岁53"),
            ("53虚岁", "~53虚岁"),
            ("快60了", "~快60"),
            ("五十多", "~五十多"),
            ("五六十岁", "~五六十岁"),
            ("不到60岁", "~不到60岁"),
            ("80后", "~80"),
            ("还有3年60岁", "~60岁"),
            ("3月5日", "~3月5日"),
            ("130岁", "!130岁"),
            ("-5岁", "!-5岁"),
            ("2030年", "!2030年"),
            ("1850年", "-"),
            ("1974年13月", "!1974年13月"),
            ("1974年2月30日", "!1974年2月30日"),
            ("26/10/31", "~26/10/31"),
            ("35年3月", "~35年3月"),
            ("1970后", "~1970"),
            ("明年60", "~60"),
            ("1w多", "-"),
            ("属虎", "-"),
            ("今年", "-"),
            ("交了3个月", "-"),
        ];
        check(|text| birth(text, today()), &rows);
    }

    #[test]
    fn days_are_exact() {
        let span = |text: &str| match date(text, today(), Prefer::Past) {
            Read::One(Hit { value: Span { from, to }, start, end }) => (from.to_string(), to.to_string(), start, end),
            other => panic!("{other:?}"),
        };
        assert_eq!(span("是去年国庆前走的"), ("2025-09-24".to_owned(), "2025-09-30".to_owned(), 3, 18));
        assert_eq!(span("上上个月 "), ("2026-09-01".to_owned(), "2026-09-30".to_owned(), 0, 12));
    }

    /// A small generator, so that the test needs no crate and always runs the same.
    fn random(state: &mut u64, below: usize) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as usize % below
    }

    #[test]
    fn never_panics() {
        let signs: Vec<char> =
            "0123456789零〇一二两三四五六七八九十百千万亿廿卅壹贰半年月日号个天周星期礼拜岁虚多几来余好数快近不到满\
            前后初底上下旬中大去今明昨旧顶民国庆春节过完元旦秋农历农正没交有都也块元毛¥負负-−~/.,:% akw?吗😀🇨🇳é\u{301}"
                .chars()
                .collect();
        let days = [today(), NaiveDate::MIN, NaiveDate::MAX, NaiveDate::from_ymd_opt(2024, 2, 29).expect("is a day")];
        let mut state = 7;
        for round in 0..20_000 {
            let length = random(&mut state, 14);
            let text: String = (0..length).map(|_| signs[random(&mut state, signs.len())]).collect();
            let day = days[if round % 10 == 0 { random(&mut state, days.len()) } else { 0 }];
            let hits = numbers(&text);
            assert!(hits.iter().all(|hit| text.get(hit.start..hit.end).is_some() && hit.value.is_finite()), "{text}");
            for read in [duration(&text), money(&text), count(&text)] {
                assert!(
                    !matches!(read, Read::One(hit) if hit.value < 0 || text.get(hit.start..hit.end).is_none()),
                    "{text}"
                );
            }
            let prefer = [Prefer::Past, Prefer::Future, Prefer::Either][round % 3];
            for read in [date(&text, day, prefer), birth(&text, day)] {
                let Read::One(hit) = read else { continue };
                assert!(hit.value.from <= hit.value.to && text.get(hit.start..hit.end).is_some(), "{text}");
                assert!(!hit.value.words().is_empty());
            }
        }
    }

    #[test]
    fn reads_back_its_own_words() {
        for text in ["2026年10月31日", "2026年10月", "2025年", "2026年10月底", "2026年10月初", "2026年10月中旬"]
        {
            assert_eq!(show(date(text, today(), Prefer::Past)), text);
        }
    }

    #[test]
    fn stands_long_digits() {
        let digits = "9".repeat(400);
        for text in [
            digits.clone(),
            format!("{digits}年前"),
            format!("{digits}个月"),
            format!("{digits}元"),
            format!("{digits}岁"),
        ] {
            let _ = (numbers(&text), duration(&text), money(&text), count(&text));
            let _ = (date(&text, today(), Prefer::Past), birth(&text, today()));
        }
    }
}
