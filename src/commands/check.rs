//! `luzhu check`: is the content sound?

use chrono::NaiveDate;

use crate::{
    channels::terminal::print_line,
    commands::{listed, progress::Progress},
    library::Library,
};

/// Lists warnings; errors have stopped the loading before.
pub fn run(library: &Library, today: NaiveDate) {
    let asking = Progress::start("试问每一句 … / asking every line …", String::new);
    let warnings = library.warnings(today);
    drop(asking);
    if !warnings.is_empty() {
        print_line(&format!("Warnings:\n{}", listed(&warnings)));
    }
    let lines: usize = library.articles.iter().map(|article| article.asks.len()).sum();
    print_line(&format!(
        "{} articles, {lines} questions in `asks`, {} procedures, {} schemes, {} fixed replies: no errors, {} warnings.",
        library.articles.len(),
        library.flows.iter().filter(|flow| !flow.names.is_empty()).count(),
        library.schemes.len(),
        library.fixed.len(),
        warnings.len()
    ));
}
