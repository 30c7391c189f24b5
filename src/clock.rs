//! The day and the time, asked for at the edge only and handed to the core.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};

/// Xiamen and Taiwan are eight hours ahead of UTC, all year.
const AHEAD: i32 = 8 * 3600;

/// A clock whose day can be set, for tests and for looking at the rules of another day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    day: Option<NaiveDate>,
}

impl Clock {
    /// The real clock, or one that shows `day` at the real time of day.
    pub fn on(day: Option<NaiveDate>) -> Self {
        Self { day }
    }

    /// The day in Xiamen.
    pub fn today(self) -> NaiveDate {
        self.local().date_naive()
    }

    /// Milliseconds since 1970.
    pub fn now(self) -> i64 {
        self.local().timestamp_millis()
    }

    fn local(self) -> DateTime<FixedOffset> {
        let zone = FixedOffset::east_opt(AHEAD).expect("eight hours is a valid offset");
        let now = Utc::now().with_timezone(&zone);
        let moved = self.day.and_then(|day| day.and_time(now.time()).and_local_timezone(zone).single());
        moved.unwrap_or(now)
    }
}

/// The time of day in Xiamen, for showing beside a message.
pub fn time_of_day(milliseconds: i64) -> (NaiveDate, NaiveTime) {
    let local = DateTime::from_timestamp_millis(milliseconds + i64::from(AHEAD) * 1000).unwrap_or_default().naive_utc();
    (local.date(), local.time())
}
