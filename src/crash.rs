//! Points at which a test lets the program die, as a power cut would: before and after every statement
//! of a transaction and every call of a platform. In a release build they are nothing.
//!
//! `LUZHU_CRASH="before inbound:2"` dies the second time that this point is reached;
//! `LUZHU_CRASH=list` names each point on standard error when it is first reached.

/// Just before something happens.
pub fn before(what: &str) {
    point("before", what);
}

/// Just after it happened, before anybody knows.
pub fn after(what: &str) {
    point("after", what);
}

#[cfg(not(debug_assertions))]
fn point(_: &str, _: &str) {}

#[cfg(debug_assertions)]
fn point(when: &str, what: &str) {
    use std::{
        collections::HashSet,
        sync::{
            LazyLock, Mutex,
            atomic::{AtomicUsize, Ordering},
        },
    };

    static ARMED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("LUZHU_CRASH").ok());
    static HITS: AtomicUsize = AtomicUsize::new(0);
    static NAMED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

    let Some(armed) = ARMED.as_deref() else { return };
    if armed == "list" {
        let name = format!("{when} {what}");
        if NAMED.lock().is_ok_and(|mut named| named.insert(name.clone())) {
            eprintln!("crash point: {name}");
        }
        return;
    }
    let Some((name, hit)) = armed.rsplit_once(':') else { return };
    let here = name.split_once(' ').is_some_and(|(on, of)| on == when && of == what);
    if here && HITS.fetch_add(1, Ordering::SeqCst) + 1 == hit.parse().unwrap_or(1) {
        std::process::abort();
    }
}
