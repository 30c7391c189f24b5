//! Telegram calls us: what it sends is durable before we answer 200. An answer of any other kind makes
//! it call again.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, bail};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    channels::telegram::{KINDS, Telegram, read, receive},
    inbox::Inbox,
    metrics,
    text::clean,
};

/// Where Telegram calls.
const PATH: &str = "/channels/telegram";

/// Bytes of an update; Telegram's own are far shorter.
const LONGEST: usize = 1 << 20;

/// The header with the secret that only Telegram and we know.
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// The route's own.
#[derive(Clone)]
struct Hook {
    telegram: Telegram,
    inbox: Arc<Inbox>,
    /// The secret's hash: two hashes may be compared byte by byte without telling how much fits.
    secret: [u8; 32],
}

/// The address at which Telegram calls, under the one that people use.
pub(super) fn address(public_url: &str) -> String {
    format!("{}{PATH}", public_url.trim_end_matches('/'))
}

pub(super) fn routes(telegram: Telegram, inbox: Arc<Inbox>, secret: &str) -> Router {
    let hook = Hook { telegram, inbox, secret: Sha256::digest(secret).into() };
    Router::new().route(PATH, post(called)).with_state(hook)
}

async fn called(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> Response {
    let said = headers.get(SECRET).map(|secret| secret.as_bytes()).unwrap_or_default();
    let said: [u8; 32] = Sha256::digest(said).into();
    if said != hook.secret {
        metrics::FORGED.count();
        return StatusCode::FORBIDDEN.into_response();
    }
    if body.len() > LONGEST {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let update = String::from_utf8_lossy(&body);
    let update = clean::paired(&update);
    match receive::take(&hook.telegram, &hook.inbox, read::update(&update), &update).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            tracing::error!("Telegram: an update is not stored: {error:#}");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response()
        }
    }
}

pub(super) async fn register(telegram: &Telegram, public_url: &str, secret: &str) -> Result<()> {
    let asked = json!({
        "url": address(public_url),
        "secret_token": secret,
        "allowed_updates": KINDS,
        "max_connections": 40,
    });
    match telegram.call("setWebhook", &asked).await {
        Ok(_) => return Ok(()),
        Err(failure) if failure.status.is_some_and(|status| (400..500).contains(&status) && status != 429) => {
            bail!("Telegram refuses the webhook ({}); check LUZHU_PUBLIC_URL and LUZHU_TELEGRAM_SECRET", failure.says)
        }
        Err(failure) => tracing::warn!("Telegram: the webhook is not set ({}); trying again", failure.says),
    }
    let telegram = telegram.clone();
    tokio::spawn(async move {
        while telegram.call("setWebhook", &asked).await.is_err() {
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    });
    Ok(())
}
