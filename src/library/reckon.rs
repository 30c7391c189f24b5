//! Arithmetic of the rules: named functions, each with its working in words. Rules name them; they
//! are the only place where anything is calculated.

use chrono::{Datelike, Months, NaiveDate};
use serde::Deserialize;

use crate::{library::fact::Kind, text::when::Span};

/// A function that facts and awards may name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Full years since a birth.
    Age,
    /// Full months since a day.
    MonthsSince,
    /// How far an insured time exceeds the months since the sixteenth birthday: (birth, months).
    InsuredBeyondAge,
    /// Months of unemployment benefit in Xiamen: two for each full year, 24 at most
    /// (湖里区政府互动知识库 2024-11-07, from 2023-01-01).
    BenefitMonths,
    /// Months of the migrant workers' lump sum: one for each full year, 24 at most.
    LumpSumMonths,
    /// The quarterly window in which the flexible-employment subsidy is applied for
    /// (厦门市劳动就业中心公告 2025-01-08).
    SubsidyWindow,
    /// The last day of a limit of one year.
    OneYearLimit,
}

/// What a function is given: numbers or days, none where it is not known.
#[derive(Clone, Copy, Debug)]
pub enum Given {
    /// Days.
    Days(Span),
    /// A number.
    Number(i64),
}

/// A figure and how it came about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Worked {
    /// The figure.
    pub value: String,
    /// Its working in words.
    pub working: String,
}

impl Function {
    /// What a derived fact is, as a range: days that are known roughly give more than one value.
    pub fn derive(self, given: &[Given], day: NaiveDate) -> Option<(i64, i64)> {
        match (self, given) {
            (Self::Age, [Given::Days(born)]) => Some((age(born.to, day), age(born.from, day))),
            (Self::MonthsSince, [Given::Days(since)]) => Some((months(since.to, day), months(since.from, day))),
            (Self::InsuredBeyondAge, [Given::Days(born), Given::Number(insured)]) => {
                let able = |born| months(born, day) - 16 * 12;
                Some((insured - able(born.from), insured - able(born.to)))
            }
            _ => None,
        }
    }

    /// What an award comes to.
    pub fn award(self, given: &[Given], day: NaiveDate) -> Option<Worked> {
        match (self, given) {
            (Self::BenefitMonths, [Given::Number(insured)]) => Some(by_years(*insured, 2, 24)),
            (Self::LumpSumMonths, [Given::Number(insured)]) => Some(by_years(*insured, 1, 24)),
            (Self::SubsidyWindow, []) => Some(window(day)),
            (Self::OneYearLimit, [Given::Days(since)]) => Some(Worked {
                value: Span::day(later(since.from, 12)).words(),
                working: format!("从{}起算一年", since.words()),
            }),
            _ => None,
        }
    }

    /// The kinds of facts that it is given as an award; nothing if it is none.
    pub fn awards_from(self) -> Option<&'static [Kind]> {
        match self {
            Self::BenefitMonths | Self::LumpSumMonths => Some(&[Kind::Months]),
            Self::OneYearLimit => Some(&[Kind::Date]),
            Self::SubsidyWindow => Some(&[]),
            Self::Age | Self::MonthsSince | Self::InsuredBeyondAge => None,
        }
    }

    /// The kinds of facts that a derived fact is worked out from; nothing if it cannot be one.
    pub fn derives_from(self) -> Option<&'static [Kind]> {
        match self {
            Self::Age => Some(&[Kind::Birth]),
            Self::MonthsSince => Some(&[Kind::Date]),
            Self::InsuredBeyondAge => Some(&[Kind::Birth, Kind::Months]),
            _ => None,
        }
    }
}

/// Full years from a birth to a day; who is born on 29 February is a year older on 1 March.
fn age(born: NaiveDate, day: NaiveDate) -> i64 {
    let before = (day.month(), day.day()) < (born.month(), born.day());
    i64::from(day.year() - born.year()) - i64::from(before)
}

/// Full months from a day to a day; negative when it lies ahead.
pub fn months(since: NaiveDate, day: NaiveDate) -> i64 {
    let apart = i64::from(day.year() - since.year()) * 12 + i64::from(day.month()) - i64::from(since.month());
    // A month is full when its last day is reached, though it has fewer days.
    let reached = later(since, apart) <= day;
    if reached { apart } else { apart - 1 }
}

/// The same day so many months on, or the last day of a shorter month.
pub fn later(day: NaiveDate, months: i64) -> NaiveDate {
    let by = Months::new(u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
    let moved = if months < 0 { day.checked_sub_months(by) } else { day.checked_add_months(by) };
    moved.unwrap_or(day)
}

fn by_years(insured: i64, each: i64, most: i64) -> Worked {
    let years = insured.max(0) / 12;
    let value = (years * each).min(most);
    let ceiling = if years * each > most { format!("，最多{most}个月") } else { String::new() };
    Worked { value: value.to_string(), working: format!("满{years}年 × {each}个月{ceiling}") }
}

/// From the 11th to the end of January, April, July and October, for the quarter before.
fn window(day: NaiveDate) -> Worked {
    let month = (day.month() - 1) / 3 * 3 + 1;
    let this = NaiveDate::from_ymd_opt(day.year(), month, 11).unwrap_or(day);
    let end = |open: NaiveDate| later(open.with_day(1).unwrap_or(open), 1).pred_opt().unwrap_or(open);
    let open = if day <= end(this) { this } else { later(this, 3) };
    let state = if day < open { "下一个申请期" } else { "现在就在申请期" };
    let last = end(open);
    let value = format!("{}至{}月{}日", Span::day(open).words(), last.month(), last.day());
    Worked { value, working: format!("{state}，申请上一季度的补贴") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn years_and_months_are_full_ones() {
        assert_eq!(age(day("1976-11-25"), day("2026-11-24")), 49);
        assert_eq!(age(day("1976-11-25"), day("2026-11-25")), 50);
        assert_eq!(age(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(age(day("2008-02-29"), day("2026-03-01")), 18);
        for (since, to, full) in [
            ("2025-11-26", "2026-11-25", 11),
            ("2025-11-25", "2026-11-25", 12),
            ("2026-01-31", "2026-02-27", 0),
            ("2026-01-31", "2026-02-28", 1),
            ("2026-12-25", "2026-11-25", -1),
        ] {
            assert_eq!(months(day(since), day(to)), full, "{since} {to}");
        }
    }

    #[test]
    fn benefit_is_two_months_for_each_full_year() {
        let worked =
            |insured| Function::BenefitMonths.award(&[Given::Number(insured)], day("2026-11-25")).expect("a figure");
        for (insured, value) in
            [(0, "0"), (11, "0"), (12, "2"), (45, "6"), (143, "22"), (144, "24"), (155, "24"), (156, "24"), (400, "24")]
        {
            assert_eq!(worked(insured).value, value, "{insured}");
        }
        assert_eq!(worked(45).working, "满3年 × 2个月");
        assert_eq!(worked(156).working, "满13年 × 2个月，最多24个月");
        let lump = |insured| {
            Function::LumpSumMonths.award(&[Given::Number(insured)], day("2026-11-25")).expect("a figure").value
        };
        assert_eq!((lump(23), lump(24), lump(300), lump(-5)), ("1".into(), "2".into(), "24".into(), "0".into()));
    }

    #[test]
    fn the_window_is_open_from_the_eleventh_to_the_end_of_the_first_month() {
        for (today, value, open) in [
            ("2026-10-10", "2026年10月11日至10月31日", false),
            ("2026-10-11", "2026年10月11日至10月31日", true),
            ("2026-10-31", "2026年10月11日至10月31日", true),
            ("2026-11-01", "2027年1月11日至1月31日", false),
            ("2026-01-01", "2026年1月11日至1月31日", false),
            ("2026-04-30", "2026年4月11日至4月30日", true),
        ] {
            let worked = Function::SubsidyWindow.award(&[], day(today)).expect("a window");
            assert_eq!(worked.value, value, "{today}");
            assert_eq!(worked.working.starts_with("现在"), open, "{today}");
        }
    }

    #[test]
    fn a_limit_of_a_year_counts_from_the_first_possible_day() {
        let since = Span { from: day("2025-10-01"), to: day("2025-10-31") };
        let worked = Function::OneYearLimit.award(&[Given::Days(since)], day("2026-11-25")).expect("a day");
        assert_eq!((worked.value.as_str(), worked.working.as_str()), ("2026年10月1日", "从2025年10月起算一年"));
    }

    #[test]
    fn what_is_known_roughly_gives_a_range() {
        let today = day("2026-11-25");
        let born = Given::Days(Span { from: day("1976-01-01"), to: day("1976-12-31") });
        assert_eq!(Function::Age.derive(&[born], today), Some((49, 50)));
        let since = Given::Days(Span { from: day("2025-11-01"), to: day("2025-11-30") });
        assert_eq!(Function::MonthsSince.derive(&[since], today), Some((11, 12)));
        let child = Given::Days(Span { from: day("2015-01-01"), to: day("2015-12-31") });
        let beyond = Function::InsuredBeyondAge.derive(&[child, Given::Number(144)], today);
        assert_eq!(beyond, Some((194, 206)));
        assert_eq!(Function::Age.derive(&[Given::Number(3)], today), None);
    }
}
