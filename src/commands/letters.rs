//! `luzhu letters`: what could not be read or delivered, for whoever looks into it.

use anyhow::{Context, Result, bail};

use crate::{
    channels::terminal::print_line,
    store::{Letter, Store, Way},
};

/// Letters that are listed.
const MOST: i64 = 1000;

/// Lists them, the latest first; with what came in if that is asked for.
///
/// # Errors
/// When the store fails.
pub async fn list(store: &Store, show: bool) -> Result<()> {
    let letters = store.letters(MOST).await?;
    if letters.is_empty() {
        print_line("no dead letters");
    }
    for letter in &letters {
        print_line(&line(letter));
        if let Some(body) = letter.body.as_ref().filter(|_| show) {
            print_line(&format!("     {body}"));
        }
    }
    Ok(())
}

/// Tries again to deliver to an address.
///
/// # Errors
/// When nothing is there to deliver.
pub async fn again(store: &Store, address: &str) -> Result<()> {
    match store.deliver_again(address).await? {
        0 => bail!("nothing that could not be delivered to {address}; luzhu letters lists them"),
        count => print_line(&format!("{count} messages to {address} are due again")),
    }
    Ok(())
}

/// Throws one away that could not be read.
///
/// # Errors
/// When it is not there.
pub async fn forget(store: &Store, letter: &str) -> Result<()> {
    let (channel, id) = letter.split_once('/').context("name it as it is listed, like telegram/123")?;
    match store.forget_letter(channel, id).await? {
        true => print_line(&format!("{letter} is thrown away")),
        false => bail!("there is no letter {letter}; luzhu letters lists them"),
    }
    Ok(())
}

fn line(letter: &Letter) -> String {
    let at = chrono::DateTime::from_timestamp_millis(letter.at).unwrap_or_default().format("%Y-%m-%d %H:%M UTC");
    match letter.way {
        Way::In => format!("in   {at}  {}/{}  {}", letter.place, letter.id, letter.why),
        Way::Out => format!("out  {at}  {} line {}  {}", letter.place, letter.id, letter.why),
    }
}
