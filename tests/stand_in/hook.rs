//! Delivery to a webhook: one update at a time to each chat, chats side by side, each until it is taken.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Options, StandIn};

/// Where updates go.
pub(super) struct Hook {
    pub(super) url: reqwest::Url,
    secret: String,
    pub(super) most: usize,
    free: Semaphore,
    client: reqwest::Client,
}

impl Hook {
    /// Nothing where the address is empty; why not, where Telegram would refuse.
    pub(super) fn new(url: &str, secret: &str, most: usize) -> Result<Option<Arc<Self>>, &'static str> {
        if url.is_empty() {
            return Ok(None);
        }
        let url: reqwest::Url = url.parse().map_err(|_| "invalid webhook URL specified")?;
        // Telegram reaches nobody's loopback; for what runs here it is as good as HTTPS.
        if !["127.0.0.1", "localhost"].contains(&url.host_str().unwrap_or_default()) {
            if url.scheme() != "https" {
                return Err("bad webhook: An HTTPS URL must be provided for webhook");
            }
            if ![443, 80, 88, 8443].contains(&url.port().unwrap_or(443)) {
                return Err("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443");
            }
        }
        if secret.len() > 256 {
            return Err("secret token is too long");
        }
        if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            return Err("secret token contains unallowed characters");
        }
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|_| "no client")?;
        Ok(Some(Arc::new(Self { url, secret: secret.to_owned(), most, free: Semaphore::new(most), client })))
    }
}

impl StandIn {
    /// Every chat with updates has somebody who delivers them.
    pub(super) fn employ(&self) {
        let world = &mut *self.world();
        let Some(hook) = &world.hook else { return };
        for (chat, queue) in world.queues.iter_mut().filter(|(_, queue)| !queue.busy && !queue.ids.is_empty()) {
            queue.busy = true;
            let (stand_in, hook, chat) = (self.clone(), Arc::clone(hook), *chat);
            tokio::spawn(async move { stand_in.deliver(&hook, chat).await });
        }
    }

    async fn deliver(&self, hook: &Arc<Hook>, chat: i64) {
        let Options { second, trusting, .. } = self.world().options;
        let mut fails = 0;
        while let Some((id, body)) = self.next_of(hook, chat) {
            let permit = hook.free.acquire().await;
            let mut request = hook.client.post(hook.url.clone()).timeout(second * 60).json(&body);
            if !hook.secret.is_empty() {
                request = request.header("X-Telegram-Bot-Api-Secret-Token", &hook.secret);
            }
            let answer = request.send().await;
            drop(permit);
            let (error, asked) = match answer {
                Ok(answer) if answer.status().is_success() => {
                    fails = 0;
                    self.taken(chat, id);
                    continue;
                }
                Err(error) if trusting && !error.is_connect() => {
                    self.taken(chat, id);
                    continue;
                }
                Ok(answer) => {
                    let wait = answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
                    (format!("Wrong response from the webhook: {}", answer.status()), wait)
                }
                Err(error) if error.is_timeout() => ("Read timeout expired".to_owned(), None),
                Err(error) if error.is_connect() => ("Connection refused".to_owned(), None),
                Err(_) => ("Connection closed".to_owned(), None),
            };
            self.world().hook_error = Some(error);
            // At once, then after 2, 4, 8 … seconds.
            let usual = if fails == 0 { 0 } else { 1 << fails.min(6) };
            fails += 1;
            tokio::time::sleep(second * asked.unwrap_or(usual).min(3600)).await;
        }
        // There may be another webhook.
        self.employ();
    }

    /// What goes to a chat next; nothing when there is none, or another webhook.
    fn next_of(&self, hook: &Arc<Hook>, chat: i64) -> Option<(i64, serde_json::Value)> {
        let world = &mut *self.world();
        let queue = world.queues.get_mut(&chat)?;
        queue.busy = false;
        while world.hook.as_ref().is_some_and(|now| Arc::ptr_eq(now, hook)) {
            let at = world.dice.below(world.options.window.min(queue.ids.len()));
            let id = *queue.ids.get(at)?;
            if let Some(update) = world.updates.get(&id) {
                queue.busy = true;
                return Some((id, update.body.clone()));
            }
            queue.ids.remove(at);
        }
        None
    }

    fn taken(&self, chat: i64, id: i64) {
        self.change(|world| {
            let Some(update) = world.updates.get_mut(&id) else { return };
            update.left = update.left.saturating_sub(1);
            let over = update.left == 0 && world.dice.below(1000) >= world.options.again;
            let ids = &mut world.queues.entry(chat).or_default().ids;
            ids.iter().position(|other| *other == id).and_then(|at| ids.remove(at));
            if over {
                world.updates.remove(&id);
            } else {
                // Behind what stands in line now.
                ids.push_back(id);
            }
        });
    }
}
