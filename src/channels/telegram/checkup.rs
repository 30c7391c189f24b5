//! Asks Telegram whether the bot can work as it is set up, and changes nothing.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Url, redirect};
use serde::{Deserialize, de::DeserializeOwned};

use crate::channels::telegram::webhook;

/// What Telegram says.
#[derive(Debug)]
pub struct Checkup {
    /// The bot's name, without @.
    pub name: String,
    /// What keeps messages from arriving, each with what to do.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Me {
    username: String,
}

#[derive(Deserialize)]
struct Webhook {
    url: String,
    #[serde(default)]
    pending_update_count: u64,
    last_error_message: Option<String>,
}

#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
    error_code: Option<u16>,
    description: Option<String>,
}

/// Asks at a server that speaks the Bot API. With `public_url` updates should come by a webhook
/// there, without by polling.
///
/// # Errors
/// One sentence: Telegram is not reached, or refuses the token. Never the token itself.
pub async fn checkup(token: &str, api_url: &str, public_url: Option<&str>) -> Result<Checkup> {
    let server: Url = api_url.parse().context("LUZHU_TELEGRAM_API_URL is not an address")?;
    // Whoever is redirected to would get the token.
    let client = Client::builder().timeout(Duration::from_secs(5)).redirect(redirect::Policy::none()).build()?;
    let asking = Asking { client, server, token };
    let me: Me = asking.ask("getMe").await?;
    let found: Webhook = asking.ask("getWebhookInfo").await?;
    let registered = found.url.parse::<Url>().ok();
    // Of a foreign address only the host: many carry a token in their path.
    let host = registered.as_ref().and_then(Url::host_str).unwrap_or("another address");
    let mut warnings = Vec::new();
    match public_url {
        None if found.url.is_empty() => {}
        None => warnings.push(format!(
            "a webhook at {host} is registered, and Telegram refuses polling while it is; set LUZHU_TELEGRAM_MODE=webhook or call deleteWebhook"
        )),
        Some(public_url) => {
            let ours = webhook::address(public_url);
            if found.url.is_empty() {
                warnings.push("no webhook is registered; `luzhu serve` registers it at its start".to_owned());
            } else if found.url != ours {
                warnings.push(format!("the webhook leads to {host} and not to {ours}; start `luzhu serve` again, and stop whatever else uses this bot"));
            }
            if found.pending_update_count > 0 {
                warnings.push(format!(
                    "{} updates wait to be delivered; is the address reached from outside?",
                    found.pending_update_count
                ));
            }
            if let Some(error) = &found.last_error_message {
                warnings.push(format!("the last delivery to the webhook failed: {}", asking.hidden(error)));
            }
        }
    }
    Ok(Checkup { name: me.username, warnings })
}

struct Asking<'a> {
    client: Client,
    server: Url,
    token: &'a str,
}

impl Asking<'_> {
    async fn ask<T: DeserializeOwned>(&self, method: &str) -> Result<T> {
        let host = self.server.host_str().unwrap_or("LUZHU_TELEGRAM_API_URL");
        let url = format!("{}/bot{}/{method}", self.server.as_str().trim_end_matches('/'), self.token);
        // The address holds the token, so errors are told without it.
        let response = self.client.post(url).send().await.map_err(reqwest::Error::without_url);
        let response = response.with_context(|| {
            format!("Telegram is not reached at {host}; check the network, a proxy, or LUZHU_TELEGRAM_API_URL")
        })?;
        let answer: Answer<T> = response
            .json()
            .await
            .map_err(reqwest::Error::without_url)
            .with_context(|| format!("what answers at {host} does not speak the Bot API"))?;
        let says = self.hidden(&answer.description.unwrap_or_default());
        match (answer.result, answer.error_code) {
            (Some(result), _) => Ok(result),
            // Telegram answers 404 to what does not even look like a token.
            (None, Some(401 | 404)) => {
                bail!("Telegram refuses the token ({says}); copy it anew from @BotFather into LUZHU_TELEGRAM_TOKEN")
            }
            (None, _) => bail!("Telegram answered to {method}: {says}; try again later"),
        }
    }

    /// Foreign words, which must not bring the token to light.
    fn hidden(&self, says: &str) -> String {
        says.replace(self.token, "(token)")
    }
}
