//! `luzhu weigh`: eligibility from facts, without a conversation.

use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    channels::terminal::print_line,
    conversation::{
        answer::Speaker,
        eligibility::{Known, given},
    },
    library::{Library, scheme::Scheme},
    message::{Outcome, Script},
};

/// What is printed.
#[derive(Serialize)]
struct Weighing {
    day: String,
    outcomes: Vec<Outcome>,
    /// The fact to ask for next, if one can still change a result.
    next_question: Option<String>,
}

/// Weighs one scheme, or all.
///
/// # Errors
/// When the facts cannot be read, name nothing, or contradict each other.
pub fn run(library: &Library, facts: &Path, scheme: Option<&str>, json: bool, today: NaiveDate) -> Result<()> {
    let text = std::fs::read_to_string(facts).with_context(|| format!("{} cannot be read", facts.display()))?;
    let told = given::read(library, &text, today)
        .map_err(|problems| anyhow::anyhow!("{} cannot be used:\n{}", facts.display(), problems.join("\n")))?;
    let schemes: Vec<&Scheme> = match scheme {
        Some(id) => vec![
            library
                .scheme(id)
                .with_context(|| format!("there is no scheme `{id}`; without --scheme all are weighed"))?,
        ],
        None => library.schemes.iter().collect(),
    };
    let known = Known { library, told: &told, day: today };
    if let Some(conflict) = known.conflict() {
        bail!("{} contradicts itself: {} ({})", facts.display(), conflict.says, conflict.about.join(", "));
    }
    let outcomes: Vec<Outcome> = schemes.iter().map(|scheme| known.weigh(scheme)).collect();
    if json {
        let weighing = Weighing { day: today.to_string(), next_question: known.next_question(&schemes), outcomes };
        print_line(&serde_json::to_string(&weighing)?);
    } else {
        let speaker = Speaker { library, script: Script::Hans, today, desk: Default::default() };
        for outcome in &outcomes {
            let message = speaker.outcomes(std::slice::from_ref(outcome));
            print_line(&format!(
                "{}\n",
                [Some(message.body()), message.source_line()].into_iter().flatten().collect::<Vec<_>>().join("\n")
            ));
        }
    }
    Ok(())
}
