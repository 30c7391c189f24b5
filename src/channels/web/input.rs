//! What a page or a program sent, or why it is refused. Nothing that was typed is lost: a refusal
//! carries it back into the page.

use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    message::{Body, limits},
    text::clean,
};

/// A form writes a Han character as nine bytes.
const BODY_BYTES: usize = 4 * limits::INBOUND_BYTES;

/// A message as it was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id: the sender's, or a new one.
    pub id: String,
    /// What was sent.
    pub body: Body,
}

/// Why something was not taken.
#[derive(Debug)]
pub struct Refused {
    /// The answer's status.
    pub status: StatusCode,
    /// One sentence, in simplified.
    pub says: &'static str,
    /// What the person had written.
    pub draft: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, says: &'static str) -> Self {
        Self { status, says, draft: String::new() }
    }

    /// Gives back what was written.
    pub(super) fn keeping(mut self, sent: &Sent) -> Self {
        if let Body::Text(text) = &sent.body {
            self.draft.clone_from(text);
        }
        self
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    text: Option<String>,
    choice: Option<String>,
    id: Option<String>,
}

/// Whether the sender wants JSON back.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().starts_with("application/json")
}

/// Another site's page may not speak for a visitor.
pub(super) fn same_site(headers: &HeaderMap) -> Result<(), Refused> {
    match headers.get("sec-fetch-site").and_then(|site| site.to_str().ok()) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(Refused::new(StatusCode::FORBIDDEN, "这条消息来自别的网站，没有收下。请回到鹭助的页面再发。")),
    }
}

/// The last line that a page has, which was away: a header says it, or else the address.
pub fn last_seen(headers: &HeaderMap, after: i64) -> i64 {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(after)
}

/// Reads a message.
///
/// # Errors
/// One sentence, what is wrong with it.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Sent, Refused> {
    if body.len() > BODY_BYTES {
        return Err(too_long());
    }
    let fields = if is_json(headers) {
        serde_json::from_str(&clean::paired(&String::from_utf8_lossy(body))).map_err(|_| {
            Refused::new(StatusCode::BAD_REQUEST, "这不是一条完整的消息：需要 JSON，含 text 或 choice。")
        })?
    } else {
        let mut fields = Fields::default();
        // Bytes that are not UTF-8 become the replacement sign; the rest of the text is kept.
        for (key, value) in form_urlencoded::parse(body) {
            match &*key {
                "text" => fields.text = Some(value.into_owned()),
                "choice" => fields.choice = Some(value.into_owned()),
                "id" => fields.id = Some(value.into_owned()),
                _ => {}
            }
        }
        fields
    };
    let id = fields.id.filter(|id| (1..=100).contains(&id.len())).unwrap_or_else(|| Uuid::now_v7().to_string());
    if let Some(choice) = fields.choice.filter(|choice| !choice.is_empty() && choice.len() <= 200) {
        return Ok(Sent { id, body: Body::Choice(choice) });
    }
    let text = fields.text.unwrap_or_default();
    if text.len() > limits::INBOUND_BYTES {
        return Err(too_long());
    }
    if clean::clean(&text).is_empty() {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "我没有收到文字。请写下您想问的，比如：失业金怎么领？"));
    }
    Ok(Sent { id, body: Body::Text(text) })
}

fn too_long() -> Refused {
    Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "这段话太长了，没有收下。请用一两句话写您最想问的事。")
}
