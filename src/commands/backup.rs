//! `luzhu backup` and `luzhu restore`: a whole copy beside a running server, and the way back.

use std::{fs, path::Path};

use anyhow::Result;
use chrono::NaiveDateTime;

use crate::{
    channels::terminal::print_line,
    commands::progress::Progress,
    store::{self, DataLock, Vitals},
};

/// Copies the database of `data` to `file`.
pub async fn back_up(data: &Path, file: &Path) -> Result<()> {
    let watching = copying(&store::database_of(data), &store::part_of(file));
    let vitals = store::back_up(data, file).await;
    drop(watching);
    print_line(&format!("{}: {}; checked, it is whole.", file.display(), measure(&vitals?)));
    Ok(())
}

/// Makes `file` the database of `data`; with `replace` an old one is kept under the time of `now`.
pub async fn restore(file: &Path, data: &Path, replace: bool, now: NaiveDateTime) -> Result<()> {
    store::is_backup(file)?;
    let _lock = DataLock::take(data, "luzhu restore")?;
    let database = store::database_of(data);
    let aside = replace.then(|| format!(".before-{}", now.format("%Y-%m-%d-%H%M%S-%3f")));
    let watching = copying(file, &store::restoring_in(data));
    let replaces = database.exists();
    let vitals = store::restore(file, data, aside.as_deref()).await;
    drop(watching);
    print_line(&format!("{}: {}; checked, it is whole.", database.display(), measure(&vitals?)));
    if let Some(aside) = aside.filter(|_| replaces) {
        print_line(&format!("The old one is kept as {}{aside}.", database.display()));
    }
    Ok(())
}

/// How much of a copy is there.
fn copying(from: &Path, to: &Path) -> Progress {
    let whole = fs::metadata(from).map_or(0, |found| found.len()).max(1);
    let to = to.to_owned();
    Progress::start("复制数据 … / copying …", move || {
        let there = fs::metadata(&to).map_or(0, |found| found.len());
        format!("{} %", (there * 100 / whole).min(100))
    })
}

fn measure(vitals: &Vitals) -> String {
    format!(
        "{} conversations, {} lines, {:.1} MB",
        vitals.conversations,
        vitals.lines,
        vitals.bytes as f64 / 1_000_000.0
    )
}
