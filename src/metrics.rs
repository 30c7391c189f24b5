//! What is counted while the program runs, for whoever watches it: Prometheus' text form.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Something that only grows until the program ends.
pub struct Counter {
    name: &'static str,
    help: &'static str,
    value: AtomicU64,
}

impl Counter {
    const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, value: AtomicU64::new(0) }
    }

    /// One more.
    pub fn count(&self) {
        self.value.fetch_add(1, Relaxed);
    }
}

/// Messages that were taken in.
pub static RECEIVED: Counter = Counter::new("luzhu_received_total", "Messages that were taken in.");
/// Messages that had been taken in before.
pub static DUPLICATES: Counter = Counter::new("luzhu_duplicates_total", "Messages that had been taken in before.");
/// Turns that were taken again because the conversation had moved.
pub static RETAKEN: Counter =
    Counter::new("luzhu_turns_retaken_total", "Turns that were taken again because the conversation had moved.");
/// Messages that could not be read and are kept.
pub static UNREADABLE: Counter =
    Counter::new("luzhu_unreadable_total", "Messages that could not be read and are kept.");
/// Requests with a wrong secret.
pub static FORGED: Counter = Counter::new("luzhu_forged_total", "Requests to a channel with a wrong secret.");
/// Messages that a platform took.
pub static SENT: Counter = Counter::new("luzhu_sent_total", "Messages that a platform took.");
/// Sendings that certainly failed and are tried again.
pub static NOT_SENT: Counter = Counter::new("luzhu_not_sent_total", "Sendings that failed and are tried again.");
/// Sendings of which nobody knows what became of them; they are tried again.
pub static UNKNOWN: Counter =
    Counter::new("luzhu_send_unknown_total", "Sendings without an answer, tried again: each may reach a person twice.");
/// Messages that were given up.
pub static UNDELIVERABLE: Counter = Counter::new("luzhu_undeliverable_total", "Messages that can never be delivered.");
/// Reloads of the content.
pub static RELOADED: Counter = Counter::new("luzhu_reloads_total", "Times that the content was read anew.");
/// Reloads that failed; the content before them is kept.
pub static NOT_RELOADED: Counter =
    Counter::new("luzhu_reloads_failed_total", "Times that new content had problems and the old was kept.");
/// Connections that were closed because they were too slow.
pub static SLOW: Counter = Counter::new("luzhu_slow_connections_total", "Requests that came too slowly.");

static ALL: [&Counter; 12] = [
    &RECEIVED,
    &DUPLICATES,
    &RETAKEN,
    &UNREADABLE,
    &FORGED,
    &SENT,
    &NOT_SENT,
    &UNKNOWN,
    &UNDELIVERABLE,
    &RELOADED,
    &NOT_RELOADED,
    &SLOW,
];

/// Every counter, after gauges of the moment (name, help, value).
pub fn text(gauges: &[(&str, &str, i64)]) -> String {
    let mut text = String::new();
    for (name, help, value) in gauges {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }
    for Counter { name, help, value } in ALL {
        let value = value.load(Relaxed);
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
    }
    text
}
