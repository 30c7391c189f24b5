//! What the bot asks for, checked as Telegram checks it, refused in its words.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::timeout_at;

use super::{Call, Fault, Message, StandIn, World, bot, bot_message, date, hook::Hook};

/// The methods; their names may be written in any case.
const METHODS: &str = "getMe getUpdates setWebhook deleteWebhook getWebhookInfo sendMessage editMessageText \
                       answerCallbackQuery setMyCommands sendChatAction createForumTopic leaveChat";

/// The kinds of waiting that can be shown.
const ACTIONS: &str = "typing upload_photo record_video upload_video record_voice upload_voice upload_document \
                       choose_sticker find_location record_video_note upload_video_note";

/// Why a call was not carried out.
pub(super) struct Refusal {
    pub(super) code: u16,
    says: String,
    retry_after: Option<u64>,
}

pub(super) type Answer = Result<Value, Refusal>;

fn too_many(seconds: u64) -> Refusal {
    Refusal { retry_after: Some(seconds), ..refusal(429, &format!("Too Many Requests: retry after {seconds}")) }
}

pub(super) fn refusal(code: u16, says: &str) -> Refusal {
    Refusal { code, says: says.to_owned(), retry_after: None }
}

fn bad(says: &str) -> Refusal {
    refusal(400, &format!("Bad Request: {says}"))
}

/// Nothing if something is so.
fn check(so: bool, says: &str) -> Result<(), Refusal> {
    if so { Ok(()) } else { Err(bad(says)) }
}

/// The envelope of an answer.
pub(super) fn envelope(answer: &Answer) -> Value {
    let refusal = match answer {
        Ok(result) => return json!({"ok": true, "result": result}),
        Err(refusal) => refusal,
    };
    let mut refused = json!({"ok": false, "error_code": refusal.code, "description": refusal.says});
    if let Some(wait) = refusal.retry_after {
        refused["parameters"] = json!({"retry_after": wait});
    }
    refused
}

/// A method's name as it is documented.
pub(super) fn name(written: &str) -> &str {
    METHODS.split(' ').find(|method| method.eq_ignore_ascii_case(written)).unwrap_or(written)
}

/// A number; forms and queries carry it as text.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A list or an object; forms and queries carry it as text.
fn tree(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

fn within(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.encode_utf16().count())
}

impl StandIn {
    /// Answers a call as it is, or with the fault's refusal; writes it down.
    pub(super) async fn answer(&self, method: &str, asked: Value, fault: Option<&Fault>) -> Answer {
        let chat = number(&asked["chat_id"]).unwrap_or_default();
        let key = (method.to_owned(), chat);
        {
            let world = &mut *self.world();
            // Clocks that count whole milliseconds may be one early.
            let waits = world.waits.remove(&key).map(|until| until.saturating_duration_since(Instant::now()));
            if let Some(early) = waits.filter(|early| *early > Duration::from_millis(2)) {
                world.early.push(format!("{method} to {chat} came {} ms too early", early.as_millis()));
            }
        }
        let answer = match fault {
            Some(Fault::TooMany(seconds)) => Err(too_many(*seconds)),
            Some(Fault::Status(500)) => Err(refusal(500, "Internal Server Error")),
            Some(Fault::Status(status)) => Err(refusal(*status, "Bad Gateway")),
            _ if method == "getUpdates" => self.updates(&asked).await,
            _ => Ok(Value::Null),
        };
        self.change(|world| {
            let answer = match answer {
                Ok(Value::Null) => world.carry_out(method, &asked, fault),
                decided => decided,
            };
            if let Err(Refusal { retry_after: Some(seconds), .. }) = answer {
                world.waits.insert(key, Instant::now() + Duration::from_secs(seconds));
            }
            world.note(method, asked, fault, envelope(&answer));
            answer
        })
    }

    async fn updates(&self, asked: &Value) -> Answer {
        let given = |name: &str, most: i64, usual| number(&asked[name]).unwrap_or(usual).clamp(0, most);
        let offset = number(&asked["offset"]).unwrap_or_default();
        let until = tokio::time::Instant::now() + Duration::from_secs(given("timeout", 50, 0).unsigned_abs());
        let mut changes = self.changes();
        let conflict = |says: &str| -> Answer { Err(refusal(409, &format!("Conflict: {says}"))) };
        if self.world().hook.is_some() {
            return conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            );
        }
        let mine = self.change(|world| {
            world.listen_to(&asked["allowed_updates"]);
            world.acknowledge(offset);
            world.poll += 1;
            world.poll
        });
        loop {
            {
                let mut world = self.world();
                if world.hook.is_some() {
                    return conflict("terminated by setWebhook request");
                }
                if world.poll != mine {
                    return conflict(
                        "terminated by other getUpdates request; make sure that only one bot instance is running",
                    );
                }
                let batch = world.batch(given("limit", 100, 100).max(1) as usize);
                if !batch.is_empty() || tokio::time::Instant::now() >= until {
                    return Ok(batch.into());
                }
            }
            let _ = timeout_at(until, changes.changed()).await;
        }
    }
}

impl World {
    pub(super) fn note(&mut self, method: &str, body: Value, fault: Option<&Fault>, answer: Value) {
        self.calls.push(Call { at: Instant::now(), method: method.to_owned(), body, fault: fault.cloned(), answer });
    }

    /// Which kinds of updates the bot asks for; remembered, and all that are usual where the list is empty.
    fn listen_to(&mut self, allowed: &Value) {
        if let Value::Array(allowed) = tree(allowed) {
            self.allowed = allowed;
        }
    }

    /// All updates before this one are forgotten; a negative number keeps so many.
    fn acknowledge(&mut self, offset: i64) {
        let from = match offset {
            ..0 => {
                let before = self.updates.len().saturating_sub(offset.unsigned_abs() as usize);
                *self.updates.keys().nth(before).unwrap_or(&0)
            }
            _ => offset,
        };
        let kept = self.updates.split_off(&from);
        self.past.extend(std::mem::replace(&mut self.updates, kept).into_values().map(|update| update.body));
    }

    /// The next updates: again and again until they are acknowledged.
    fn batch(&mut self, limit: usize) -> Vec<Value> {
        let options = &self.options;
        let new = self.updates.values().take((limit / options.copies).max(1));
        let mut batch: Vec<Value> = new.flat_map(|one| std::iter::repeat_n(one.body.clone(), options.copies)).collect();
        let most = batch.len();
        for at in 0..most {
            batch.swap(at, (at + self.dice.below(options.window)).min(most - 1));
        }
        if !batch.is_empty() && !self.past.is_empty() && self.dice.below(1000) < options.again * batch.len() {
            batch.insert(0, self.past[self.dice.below(self.past.len())].clone());
        }
        batch
    }

    fn carry_out(&mut self, method: &str, asked: &Value, fault: Option<&Fault>) -> Answer {
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        match method {
            "getMe" => Ok(bot()),
            "setWebhook" | "deleteWebhook" => {
                let url = if method == "setWebhook" { text("url") } else { "" };
                let most = number(&asked["max_connections"]).unwrap_or(40).clamp(1, 100);
                let hook = Hook::new(url, text("secret_token"), most as usize).map_err(bad)?;
                self.listen_to(&asked["allowed_updates"]);
                if asked["drop_pending_updates"] == true || asked["drop_pending_updates"] == "true" {
                    self.updates.clear();
                }
                (self.hook, self.hook_error) = (hook, None);
                Ok(true.into())
            }
            "getWebhookInfo" => {
                let mut info =
                    json!({"url": "", "has_custom_certificate": false, "pending_update_count": self.updates.len()});
                if let Some(hook) = &self.hook {
                    (info["url"], info["max_connections"]) = (hook.url.as_str().into(), hook.most.into());
                }
                if let Some(error) = &self.hook_error {
                    (info["last_error_message"], info["last_error_date"]) = (error.as_str().into(), date().into());
                }
                Ok(info)
            }
            "answerCallbackQuery" => {
                check(text("text").encode_utf16().count() <= 200, "MESSAGE_TOO_LONG")?;
                let known = self.queries.contains(text("callback_query_id"));
                check(known, "query is too old and response timeout expired or query ID is invalid")?;
                Ok(true.into())
            }
            "setMyCommands" => {
                let language = text("language_code");
                let two = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
                check(two || language.is_empty(), "invalid language code specified")?;
                let commands = tree(&asked["commands"]);
                let all = commands.as_array().cloned().unwrap_or_default();
                check(all.len() <= 100, "BOT_COMMANDS_TOO_MUCH")?;
                for command in &all {
                    let (name, says) = (&command["command"], command["description"].as_str().unwrap_or_default());
                    let name = name.as_str().unwrap_or_default();
                    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                    check(within(name, 32) && name.bytes().all(plain), "BOT_COMMAND_INVALID")?;
                    check(within(says, 256), "BOT_COMMAND_DESCRIPTION_INVALID")?;
                }
                let scope = tree(&asked["scope"]);
                let scope = if scope.is_null() { json!({"type": "default"}) } else { scope };
                self.commands.insert(format!("{scope} {language}").trim().to_owned(), commands);
                Ok(true.into())
            }
            "sendMessage" | "editMessageText" | "sendChatAction" | "createForumTopic" | "leaveChat" => {
                self.in_chat(method, asked, fault)
            }
            _ => Err(refusal(404, "Not Found: method not found")),
        }
    }

    fn in_chat(&mut self, method: &str, asked: &Value, fault: Option<&Fault>) -> Answer {
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        let forbidden = |says: &str| Err(refusal(403, &format!("Forbidden: {says}")));
        check(!asked["chat_id"].is_null(), "chat_id is empty")?;
        let id = number(&asked["chat_id"]).ok_or_else(|| bad("chat not found"))?;
        let chat = self.chats.get_mut(&id).ok_or_else(|| bad("chat not found"))?;
        if chat.blocked {
            return forbidden("bot was blocked by the user");
        }
        if chat.left {
            return forbidden("bot is not a member of the group chat");
        }
        let topic = number(&asked["message_thread_id"]);
        check(topic.is_none_or(|topic| chat.topics.contains(&topic)), "message thread not found")?;
        match method {
            "sendChatAction" => {
                let known = ACTIONS.split(' ').any(|action| action == text("action"));
                check(known, "wrong parameter action in request")?;
                return Ok(true.into());
            }
            "createForumTopic" => {
                check(id <= -1_000_000_000_000, "the chat is not a forum")?;
                check(within(text("name"), 128), "TOPIC_TITLE_INVALID")?;
                let topic = self.next_message();
                self.chats.entry(id).or_default().topics.insert(topic);
                return Ok(json!({"message_thread_id": topic, "name": text("name"), "icon_color": 7_322_096}));
            }
            "leaveChat" => {
                check(id < 0, "chat member status can't be changed in private chats")?;
                chat.left = true;
                return Ok(true.into());
            }
            _ => {}
        }
        let edits = method == "editMessageText";
        check(!text("text").is_empty(), "message text is empty")?;
        let words = text("text").trim();
        check(!words.is_empty(), "text must be non-empty")?;
        check(within(words, 4096), if edits { "MESSAGE_TOO_LONG" } else { "message is too long" })?;
        let buttons = buttons(&tree(&asked["reply_markup"]))?;
        if self.options.limits {
            self.limit(id)?;
        }
        if edits {
            let of = number(&asked["message_id"]);
            let message = self.messages.iter_mut().rev().find(|message| message.chat == id && Some(message.id) == of);
            let message = message.ok_or_else(|| bad("message to edit not found"))?;
            let same = message.text == words && message.buttons == buttons;
            check(
                !same,
                "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
            )?;
            // The body stays as it was sent.
            (message.text, message.buttons) = (words.to_owned(), buttons);
            return Ok(bot_message(message));
        }
        let (body, fault) = (asked.clone(), fault.cloned());
        let (at, number) = (Instant::now(), self.next_message());
        let message = Message { at, chat: id, id: number, text: words.to_owned(), buttons, body, fault };
        let shown = bot_message(&message);
        self.messages.push(message);
        Ok(shown)
    }

    /// Takes one message from what may be sent now, to this chat and to all.
    fn limit(&mut self, chat: i64) -> Result<(), Refusal> {
        let now = Instant::now();
        let (rate, burst) = if chat < 0 { (20.0 / 60.0, 20.0) } else { (1.0, 3.0) };
        for (key, rate, burst) in [(None, 30.0, 30.0), (Some(chat), rate, burst)] {
            let (left, at) = self.limits.entry(key).or_insert((burst, now));
            (*left, *at) = ((*left + now.duration_since(*at).as_secs_f64() * rate).min(burst), now);
            if *left < 1.0 {
                return Err(too_many(((1.0 - *left) / rate).ceil() as u64));
            }
        }
        for key in [None, Some(chat)] {
            self.limits.entry(key).and_modify(|(left, _)| *left -= 1.0);
        }
        Ok(())
    }
}

fn buttons(markup: &Value) -> Result<Vec<(String, String)>, Refusal> {
    let rows = markup["inline_keyboard"].as_array().into_iter().flatten();
    let all: Vec<&Value> = rows.filter_map(Value::as_array).flatten().collect();
    check(all.len() <= 100, "reply markup is too long")?;
    let read = |button: &&Value| {
        let part = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
        let (label, data) = (part("text"), part("callback_data"));
        check(!label.is_empty(), "can't parse InlineKeyboardButton: Can't find field \"text\"")?;
        check(
            button["callback_data"].is_string() || button["url"].is_string(),
            "Text buttons are unallowed in the inline keyboard",
        )?;
        check(button["url"].is_string() || (1..=64).contains(&data.len()), "BUTTON_DATA_INVALID")?;
        Ok((label, data))
    };
    all.iter().map(read).collect()
}
