//! The words of the calendar: days, weeks, months and years from here, their parts, and the holidays people date by.
//!
//! It holds meanings only; [`crate::text::when`] reads.
//! Lunar feasts come from a table of the years 2018 to 2030; outside it they are unknown rather than computed.

use chrono::{Days, NaiveDate};

use crate::text::numeral::Table;

/// Words for some time past that often only fill a sentence.
pub(crate) const FILLERS: &[&str] = &["最近", "近期", "近来", "很久", "好久", "早就", "刚", "早些时候", "之前", "以前"];
/// Hazy lengths of time after 前 or 这.
pub(crate) const HAZY: &[&str] =
    &["几天", "两天", "些天", "些日", "阵子", "一阵", "段时", "一段", "几个月", "两个月", "几年", "两年", "些年"];
/// Words for times without fixed days.
pub(crate) const LOOSE: &[&str] = &["不久前", "没多久", "正月", "腊月", "冬月", "闰月"];
/// Days by their distance from today.
pub(crate) const DAY_WORDS: Table<i64> = &[
    (-3, &["大前天"]),
    (-2, &["前天", "前日"]),
    (-1, &["昨天", "昨日", "昨昏", "昨晚", "昨儿"]),
    (0, &["今天", "今日", "今仔日", "今早", "今晚", "今儿", "刚刚", "刚才"]),
    (1, &["明天", "明日", "明仔载"]),
    (2, &["后天", "后日"]),
    (3, &["大后天"]),
];
/// Years by their distance from this one.
pub(crate) const YEAR_WORDS: Table<i32> = &[
    (-3, &["大前年"]),
    (-2, &["前年"]),
    (-1, &["去年", "旧年", "上一年"]),
    (0, &["今年", "本年"]),
    (1, &["明年"]),
    (2, &["后年"]),
];
/// Months by their distance from this one.
pub(crate) const MONTH_WORDS: Table<i32> = &[
    (-2, &["上上个月", "上上月"]),
    (-1, &["上个月", "上一个月", "上月", "顶个月", "顶月"]),
    (0, &["这个月", "这月", "本月", "当月", "今个月"]),
    (1, &["下个月", "下月"]),
    (2, &["下下个月", "下下月"]),
];
/// Words before 周 by their distance from this week.
pub(crate) const WEEK_WORDS: Table<i64> = &[
    (-2, &["上上个", "上上"]),
    (-1, &["上个", "上一个", "上一", "上"]),
    (0, &["这个", "这", "本"]),
    (1, &["下个", "下一个", "下"]),
    (2, &["下下个", "下下"]),
];
/// Words after 周: days from Monday, and how many days.
pub(crate) const WEEKDAYS: Table<(i64, u64)> = &[
    ((0, 1), &["一"]),
    ((1, 1), &["二"]),
    ((2, 1), &["三"]),
    ((3, 1), &["四"]),
    ((4, 1), &["五"]),
    ((5, 1), &["六"]),
    ((6, 1), &["日", "天"]),
    ((5, 2), &["末"]),
];
/// Parts of a year as first and last month.
pub(crate) const YEAR_PARTS: Table<(u32, u32)> = &[
    ((1, 3), &["第一季度", "一季度"]),
    ((4, 6), &["第二季度", "二季度"]),
    ((7, 9), &["第三季度", "三季度"]),
    ((10, 12), &["第四季度", "四季度"]),
    ((12, 12), &["年底", "年末", "年尾"]),
    ((1, 1), &["年初"]),
    ((1, 6), &["上半年"]),
    ((7, 12), &["下半年"]),
];
/// More of them, that only make sense right after a year.
pub(crate) const SHORT_YEAR_PARTS: Table<(u32, u32)> = &[((12, 12), &["底", "末"]), ((1, 1), &["初"])];
/// Times of the year without fixed days here.
pub(crate) const LOOSE_YEAR_PARTS: &[&str] = &[
    "年中",
    "暑假",
    "寒假",
    "春天",
    "夏天",
    "秋天",
    "冬天",
    "端午",
    "清明",
    "冬至",
    "除夕",
    "大年",
    "双十一",
    "这个时候",
    "这时候",
];
/// Parts of a month as first and last day.
pub(crate) const MONTH_PARTS: Table<(u32, u32)> =
    &[((1, 10), &["月初", "上旬"]), ((11, 20), &["月中", "中旬"]), ((21, 31), &["月底", "月末", "下旬"])];
/// More of them, that only make sense right after a month.
pub(crate) const SHORT_MONTH_PARTS: Table<(u32, u32)> = &[((1, 10), &["初"]), ((21, 31), &["底", "末"])];
/// Words before an age that make it one of another day.
pub(crate) const COUNTING: &[&str] = &["还有", "还差", "再过", "距离", "退休", "明年", "后年", "下个月", "下月"];
/// After a bare number these show that it is no day or month.
pub(crate) const OTHER_UNITS: &[&str] = &[
    "个", "年", "天", "周", "岁", "万", "千", "百", "块", "元", "人", "月", "点", "%", "小时", "名", "次", "k", "w",
    ".", "/", "-",
];
/// Feasts by name.
pub(crate) const FEASTS: Table<Feast> = &[
    (Feast::Fixed(10, 7), &["国庆", "十一长假", "十一假期"]),
    (Feast::Fixed(5, 5), &["五一", "劳动节"]),
    (Feast::Fixed(1, 1), &["元旦"]),
    (Feast::Spring, &["春节", "过年", "农历新年"]),
    (Feast::MidAutumn, &["中秋"]),
];
/// Words after a feast that move off its days.
pub(crate) const SIDES: Table<Side> =
    &[(Side::Before, &["前", "以前", "之前"]), (Side::After, &["后", "以后", "之后", "过后"])];
/// One row a year from 2018: month and day of Spring Festival, month and day of Mid-Autumn.
const LUNAR: [[u32; 4]; 13] = [
    [2, 16, 9, 24],
    [2, 5, 9, 13],
    [1, 25, 10, 1],
    [2, 12, 9, 21],
    [2, 1, 9, 10],
    [1, 22, 9, 29],
    [2, 10, 9, 17],
    [1, 29, 10, 6],
    [2, 17, 9, 25],
    [2, 6, 9, 15],
    [1, 26, 10, 3],
    [2, 13, 9, 22],
    [2, 3, 9, 12],
];

/// A feast of some days.
#[derive(Clone, Copy)]
pub(crate) enum Feast {
    /// From the first of this month, so many days.
    Fixed(u32, u64),
    /// 春节, seven days.
    Spring,
    /// 中秋, one day.
    MidAutumn,
}

impl Feast {
    /// The first day and the number of days in `year`.
    pub(crate) fn days(self, year: i32, side: Side) -> Option<(NaiveDate, u64)> {
        let lunar = usize::try_from(year.saturating_sub(2018)).ok().and_then(|row| LUNAR.get(row));
        // People come back from Spring Festival late: its 后 is the second and third week.
        let ((month, day), days, rest) = match self {
            Feast::Fixed(month, days) => ((month, 1), days, 7),
            Feast::Spring => lunar.map(|[m, d, ..]| ((*m, *d), 7, 14))?,
            Feast::MidAutumn => lunar.map(|[.., m, d]| ((*m, *d), 1, 7))?,
        };
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        match side {
            Side::Before => Some((date.checked_sub_days(Days::new(7))?, 7)),
            Side::During => Some((date, days)),
            Side::After => Some((date.checked_add_days(Days::new(days))?, rest)),
        }
    }
}

/// Whether the feast is meant, or the days around it.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// The week before.
    Before,
    /// The feast itself.
    During,
    /// The week after, or the fortnight after Spring Festival.
    After,
}
