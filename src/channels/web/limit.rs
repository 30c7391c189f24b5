//! How fast one visitor may write: a bucket of messages that fills again with time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use axum::http::StatusCode;

use crate::{channels::web::input::Refused, message::Address};

/// Messages that may come at once.
const BURST: f64 = 20.0;

/// Messages a second after that.
const RATE: f64 = 1.0;

/// Visitors that are remembered; full buckets are forgotten first.
const REMEMBERED: usize = 10_000;

/// The buckets of all visitors.
#[derive(Default)]
pub(super) struct Limiter {
    buckets: Mutex<HashMap<Address, (f64, Instant)>>,
}

impl Limiter {
    /// Takes one message out of the visitor's bucket.
    pub(super) fn admit(&self, address: &Address) -> Result<(), Refused> {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED {
            buckets.retain(|_, (left, at)| *left + now.duration_since(*at).as_secs_f64() * RATE < BURST);
        }
        let (left, at) = buckets.entry(address.clone()).or_insert((BURST, now));
        *left = (*left + now.duration_since(*at).as_secs_f64() * RATE).min(BURST);
        *at = now;
        if *left < 1.0 {
            return Err(Refused::new(
                StatusCode::TOO_MANY_REQUESTS,
                "您发得太快了，我来不及回答。请等几秒再发；刚才这句没有收下，还在输入框里。",
            ));
        }
        *left -= 1.0;
        Ok(())
    }
}
