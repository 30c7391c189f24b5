//! `luzhu eval asks`: does every `asks` line find its article, in both scripts, and also when the
//! line itself is taken out?

use anyhow::Result;
use serde::Serialize;

use crate::{channels::terminal::print_line, commands::progress::Progress, library::Library, message::Script};

/// The figures, as shares.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// How many lines there are.
    pub lines: usize,
    /// Found first as written in simplified.
    pub hans: f64,
    /// Found first as written in traditional.
    pub hant: f64,
    /// Found first though the line was left out.
    pub left_out: f64,
}

/// Measures all lines.
pub fn measure(library: &Library, mut miss: impl FnMut(&str, &str, &str)) -> Figures {
    let mut counts = [0_usize; 3];
    let mut lines = 0;
    let parts = library.parts();
    for (i, article) in library.articles.iter().enumerate() {
        for (line, ask) in article.asks.iter().enumerate() {
            lines += 1;
            let hans = library.language.fold(ask);
            let hant = library.language.spoken(&hans, Script::Hant);
            let tried = [library.find(&hans).1, library.find(&hant).1, library.find_without(ask, (i, line), &parts)];
            for ((found, count), how) in tried.iter().zip(&mut counts).zip(["hans", "hant", "left out"]) {
                match found.findings.first() {
                    Some(first) if first.subject == i => *count += 1,
                    other => miss(
                        how,
                        ask,
                        &format!("{} → {}", article.id, other.map_or("-", |other| library.name_of(other))),
                    ),
                }
            }
        }
    }
    let share = |count: usize| count as f64 / lines.max(1) as f64;
    Figures { lines, hans: share(counts[0]), hant: share(counts[1]), left_out: share(counts[2]) }
}

/// Prints the figures, and the lines that miss if asked to.
pub fn run(library: &Library, json: bool, list: bool) -> Result<()> {
    // With a list, the lines themselves show that it goes on.
    let measuring = (!list).then(Progress::measuring);
    let figures = measure(library, |how, ask, went| {
        if list {
            print_line(&format!("{how}: {ask}: {went}"));
        }
    });
    drop(measuring);
    print_line(&match json {
        true => serde_json::to_string(&figures)?,
        false => format!(
            "{} lines; first in simplified {:.1} %, in traditional {:.1} %; left out {:.1} %",
            figures.lines,
            figures.hans * 100.0,
            figures.hant * 100.0,
            figures.left_out * 100.0
        ),
    });
    Ok(())
}
