//! What all pages share: the frame, the pen they are written with, the parts of a message.

use chrono::Timelike;
use maud::{DOCTYPE, Markup, html};

use crate::{
    clock::time_of_day,
    library::Library,
    message::{Message, Script},
};

/// What a page is written with.
#[derive(Clone, Copy)]
pub struct Pen<'a> {
    /// Whose words and scripts.
    pub library: &'a Library,
    /// The reader's script.
    pub script: Script,
}

impl Pen<'_> {
    /// Words authored in simplified, in the reader's script.
    pub fn say(&self, text: &str) -> String {
        self.library.language.spoken(text, self.script)
    }
}

/// What stands around every page.
pub struct Frame<'a> {
    /// The page's name, in simplified.
    pub title: &'a str,
    /// The size of letters, an attribute for the style sheet.
    pub size: &'a str,
    /// The style sheet.
    pub style: &'a str,
    /// The script that makes it live, if any.
    pub live: Option<&'a str>,
}

impl Frame<'_> {
    /// The whole page.
    pub fn around(&self, pen: &Pen<'_>, body: &Markup) -> String {
        let page = html! {
            (DOCTYPE)
            html lang=(pen.script.tag()) data-size=(self.size) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (pen.say(self.title)) }
                    link rel="stylesheet" href=(self.style);
                    @if let Some(live) = self.live { script src=(live) defer {} }
                }
                body { (body) }
            }
        };
        page.into_string()
    }
}

/// The parts of a message; its options stand elsewhere.
pub fn parts(message: &Message) -> Markup {
    html! {
        p.lead { (message.lead) }
        @if !message.points.is_empty() {
            ul { @for point in &message.points { li { (point) } } }
        }
        @for note in &message.notes { p.note { (note) } }
        @if let Some(line) = message.source_line() {
            p.source {
                (line)
                @for source in &message.sources {
                    @if let Some(url) = &source.url {
                        " " a href=(url) rel="noopener noreferrer" { "查看原文" }
                    }
                }
            }
        }
        @if let Some(original) = &message.original {
            @let other = if message.script == Script::Hans { Script::Hant } else { Script::Hans };
            details { summary { "原文" } p lang=(other.tag()) { (original) } }
        }
    }
}

/// The time of day as one says it: 上午9点05分.
pub fn time(pen: &Pen<'_>, milliseconds: i64) -> Markup {
    let (day, time) = time_of_day(milliseconds);
    let half = if time.hour() < 12 { "上午" } else { "下午" };
    let hour = if time.hour() > 12 { time.hour() - 12 } else { time.hour() };
    let shown = pen.say(&format!("{half}{hour}点{:02}分", time.minute()));
    html! { time datetime={ (day) "T" (time.format("%H:%M")) } { (shown) } }
}
