//! The terminal: linear output, no colours, no redrawing, as a screen reader wants it.

use std::io::{self, BufRead as _, Write as _};

use anyhow::{Context as _, Result};

use crate::{
    inbox::Inbox,
    message::{Address, Message, Script},
};

/// The channel's name in addresses.
pub const NAME: &str = "terminal";

/// Lines wider than this are broken; a Han character takes two columns.
const COLUMNS: usize = 80;

/// One line to standard output. A reader that has gone away ends the program quietly.
pub fn print_line(line: &str) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// One line of standard input, whatever bytes it holds; nothing at its end.
pub fn read_line() -> Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_until(b'\n', &mut bytes).context("standard input cannot be read")?;
    if read == 0 {
        return Ok(None);
    }
    let line = String::from_utf8_lossy(&bytes);
    Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Says who is here and how to leave.
pub async fn greet(inbox: &Inbox, address: &Address) -> Result<()> {
    let loaded = inbox.store().load(address).await?;
    let script = loaded.conversation.script;
    print_line(&wrapped(
        &spoken(
            inbox,
            script,
            "鹭助：您好，我是鹭助，可以问我失业登记、失业金、就业政策和劳动权益；要办事就说“我要办失业登记”。",
        ),
        columns(),
    ));
    print_line(&wrapped(
        &spoken(inbox, script, "回复数字选择，0 找人工顾问，繁 / 简 切换字体；按 Ctrl-D 结束。"),
        columns(),
    ));
    if loaded.last_seq > 0 {
        print_line(&spoken(inbox, script, "（接着上次的对话）"));
    }
    Ok(())
}

/// Asks for a line.
pub fn prompt() {
    let mut out = io::stdout().lock();
    // A terminal that is gone shows itself at the next whole line.
    let _ = out.write_all("\n您：".as_bytes()).and_then(|()| out.flush());
}

/// Shows what the assistant says.
pub fn show(message: &Message) {
    print_line(&wrapped(&format!("\n{}{}", message.script.pick("鹭助：", "鷺助："), message.text()), columns()));
}

/// The last words.
pub async fn farewell(inbox: &Inbox, address: &Address) -> Result<()> {
    let script = inbox.store().load(address).await?.conversation.script;
    print_line(&format!("\n{}", spoken(inbox, script, "鹭助：再见，祝您顺利。")));
    Ok(())
}

fn spoken(inbox: &Inbox, script: Script, text: &str) -> String {
    inbox.library().language.spoken(text, script)
}

fn columns() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .map_or(COLUMNS, |columns: usize| columns.clamp(20, COLUMNS))
}

/// Breaks lines by display width.
fn wrapped(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for (i, line) in text.lines().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let mut at = 0;
        for c in line.chars() {
            let width = if c.is_ascii() { 1 } else { 2 };
            // Closing punctuation does not begin a line.
            if at + width > columns && !"，。、；：？！）》”".contains(c) || at + width > columns + 2 {
                out.push('\n');
                at = 0;
            }
            out.push(c);
            at += width;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_the_screen() {
        let text = wrapped("厦门按失业保险累计缴费每满1年发2个月计算，最长24个月。", 20);
        assert!(
            text.lines().all(|line| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>() <= 22),
            "{text}"
        );
    }
}
