//! The day and the time, asked for at the edge only and handed to the core.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// Xiamen and Taiwan are eight hours ahead of UTC, all year.
const AHEAD: i32 = 8 * 3600;

/// A clock whose day can be set, for tests and for looking at the rules of another day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    day: Option<NaiveDate>,
    time: Option<NaiveTime>,
}

impl Clock {
    /// The real clock, or one that shows `day` at the real time of day.
    pub fn on(day: Option<NaiveDate>) -> Self {
        Self { day, time: None }
    }

    /// A clock that stands still, so that what depends on the time of day can be tried.
    pub fn at(moment: NaiveDateTime) -> Self {
        Self { day: Some(moment.date()), time: Some(moment.time()) }
    }

    /// The day in Xiamen.
    pub fn today(self) -> NaiveDate {
        self.local().date_naive()
    }

    /// Milliseconds since 1970.
    pub fn now(self) -> i64 {
        self.local().timestamp_millis()
    }

    /// The day and the time of day in Xiamen.
    pub fn local_time(self) -> NaiveDateTime {
        self.local().naive_local()
    }

    fn local(self) -> DateTime<FixedOffset> {
        let zone = FixedOffset::east_opt(AHEAD).expect("eight hours is a valid offset");
        let now = Utc::now().with_timezone(&zone);
        let moved =
            self.day.and_then(|day| day.and_time(self.time.unwrap_or(now.time())).and_local_timezone(zone).single());
        moved.unwrap_or(now)
    }
}

/// Milliseconds since 1970 of a time in Xiamen.
pub fn milliseconds(local: NaiveDateTime) -> i64 {
    local.and_utc().timestamp_millis() - i64::from(AHEAD) * 1000
}

/// The time of day in Xiamen, for showing beside a message.
pub fn time_of_day(milliseconds: i64) -> (NaiveDate, NaiveTime) {
    let local = DateTime::from_timestamp_millis(milliseconds + i64::from(AHEAD) * 1000).unwrap_or_default().naive_utc();
    (local.date(), local.time())
}
