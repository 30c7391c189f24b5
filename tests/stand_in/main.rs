#![allow(unreachable_pub, clippy::print_stdout, reason = "an example that talks with whoever started it")]
//! Telegram without Telegram: a person types here what somebody would write to the bot, and reads here
//! what it says. Start it, then start luzhu with the two settings that it prints.

#[path = "mod.rs"]
mod stand_in;

use serde_json::{Value, json};
use stand_in::{Fault, Options, StandIn, thing};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

const HELP: &str = "\
a line              is what the person writes        :as 2           goes on in chat 2 (a group: -5)
:press 3            presses the third button         :edit TEXT      changes what was written last
:photo :voice :sticker :video :document :contact     :place 24.48 118.09
:block :unblock     the bot                          :help
:fault METHOD FAULT        the next call of a method goes wrong, as in :fault sendMessage 429 5
:chance METHOD N FAULT     one of N calls does; the faults: 429 SECONDS, 500, 502, silent, late SECONDS,
                           reset-before, reset-after, cut, slow SECONDS, truncated, wrong-type";

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).map_or(8081, |port| port.parse().expect("the argument is a port"));
    let stand_in = StandIn::start(Options { port, ..Options::default() }).await;
    println!("Start luzhu in another terminal:\n");
    println!("  {} make run\n", stand_in.settings().map(|(name, value)| format!("{name}={value}")).join(" "));
    println!("Then write here to the bot; :help lists what else you can do, Ctrl-D ends it.\n");
    let mut lines = BufReader::new(stdin()).lines();
    let (mut chat, mut seen, mut changes) = (1, 0, stand_in.changes());
    loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => {
                    if let Err(wrong) = obey(&stand_in, &mut chat, line.trim()) {
                        println!("{wrong}; :help lists what you can do");
                    }
                }
                _ => return,
            },
            _ = changes.changed() => {
                for call in stand_in.calls_since(seen) {
                    seen += 1;
                    tell(&call);
                }
            }
        }
    }
}

fn obey(stand_in: &StandIn, chat: &mut i64, line: &str) -> Result<(), &'static str> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match (command.strip_prefix(':'), rest) {
        _ if line.is_empty() => {}
        (None, _) => _ = stand_in.write(*chat, line),
        (Some("help"), _) => println!("{HELP}"),
        (Some("as"), _) => *chat = rest.parse().map_err(|_| "that is no chat")?,
        (Some("edit"), _) => _ = stand_in.edit(*chat, rest),
        (Some("block"), _) => _ = stand_in.block(*chat, true),
        (Some("unblock"), _) => _ = stand_in.block(*chat, false),
        (Some("press"), _) => {
            let messages = stand_in.messages();
            let last =
                messages.iter().rev().find(|message| message.chat == *chat).ok_or("the bot has said nothing here")?;
            let at = rest.parse().unwrap_or(0_usize).checked_sub(1).ok_or("that is no number of a button")?;
            stand_in.press(*chat, &last.buttons.get(at).ok_or("the last message has fewer buttons")?.1);
        }
        (Some("place"), _) => {
            let (north, east) = rest.split_once(' ').ok_or("a place is two numbers")?;
            let number = |text: &str| text.trim().parse::<f64>().map_err(|_| "a place is two numbers");
            stand_in.send(*chat, &json!({"location": {"latitude": number(north)?, "longitude": number(east)?}}));
        }
        (Some("fault"), _) => {
            let (method, fault) = rest.split_once(' ').ok_or("a fault needs a method and what goes wrong")?;
            stand_in.fault(method, fault.parse::<Fault>()?);
        }
        (Some("chance"), _) => {
            let mut parts = rest.splitn(3, ' ');
            let (Some(method), Some(per), Some(fault)) = (parts.next(), parts.next(), parts.next()) else {
                return Err("a chance needs a method, a number and what goes wrong");
            };
            stand_in.chance(method, fault.parse()?, per.parse().map_err(|_| "that is no number")?);
        }
        (Some(name), _) => _ = stand_in.send(*chat, &thing(name).ok_or("that is no command")?),
    }
    Ok(())
}

/// Prints a call as the person sees it, and as whoever looks for a mistake needs it.
fn tell(call: &stand_in::Call) {
    let chat = &call.body["chat_id"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(fault) = &call.fault {
        println!("   ! {} {fault:?}", call.method);
    }
    match call.method.as_str() {
        _ if call.answer["ok"] == false => println!("   ! {}: {}", call.method, text(&call.answer["description"])),
        "sendMessage" | "editMessageText" if call.answer["ok"] == true => {
            let edited = if call.method == "sendMessage" { "" } else { ", changed" };
            println!("── to {chat}{edited}\n{}", text(&call.body["text"]));
            let rows = call.body["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten();
            for (at, button) in rows.filter_map(Value::as_array).flatten().enumerate() {
                println!("   [:press {}] {}", at + 1, text(&button["text"]));
            }
            println!();
        }
        "sendChatAction" => println!("   … {} in {chat}", text(&call.body["action"])),
        "setMyCommands" | "createForumTopic" | "leaveChat" => println!("   {} {}", call.method, call.body),
        _ => {}
    }
}
