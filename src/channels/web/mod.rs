//! The web chat: server-rendered pages that need no JavaScript, and are live with it.
//!
//! A person is known by a random cookie; the transcript is filed under the cookie's hash, so that
//! the database alone lets nobody speak for somebody else.

mod cookie;
pub mod input;
mod limit;
mod page;
mod wire;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response, Sse, sse},
    routing::{get, post},
};
use serde::Deserialize;
use tokio::sync::{broadcast::error::RecvError, mpsc, watch};
use tokio_stream::{Stream, wrappers::ReceiverStream};

use crate::{
    channels::web::{cookie::Visitor, input::Refused, limit::Limiter},
    inbox::{Change, Inbox, What},
    message::Inbound,
    store::{Delivery, Line},
};

/// The channel's name in addresses.
pub const NAME: &str = "web";

/// Lines of the transcript on a page.
const PAGE_LINES: i64 = 200;

/// Lines that a live page takes at once: so many, and no more, wait in memory for one that does not read.
const STREAM_LINES: i64 = 8;

/// What the routes share.
#[derive(Clone)]
pub struct Web {
    inbox: Arc<Inbox>,
    limiter: Arc<Limiter>,
    /// Turns true when the server stops, so that live pages let go.
    stopping: watch::Receiver<bool>,
    /// Whether people reach us over https.
    secure: cookie::Transport,
}

impl Web {
    /// The web chat over an inbox. `public_url` is the address that people use, if it is another.
    pub fn new(inbox: Arc<Inbox>, stopping: watch::Receiver<bool>, public_url: Option<&str>) -> Self {
        let secure = if public_url.is_some_and(|url| url.starts_with("https://")) {
            cookie::Transport::Https
        } else {
            cookie::Transport::Http
        };
        Self { inbox, limiter: Arc::default(), stopping, secure }
    }

    /// Its routes.
    pub fn routes(self) -> Router {
        let asset = |kind: &'static str, text: &'static str| {
            get(move || async move { ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text) })
        };
        Router::new()
            .route("/", get(show))
            .route("/chat/messages", post(receive).get(messages))
            .route("/chat/events", get(events))
            .route("/chat/fragment", get(fragment))
            .route("/chat/summary", get(summary))
            .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
            .route("/assets/chat.css", asset("text/css; charset=utf-8", include_str!("chat.css")))
            .route("/assets/chat.js", asset("text/javascript; charset=utf-8", include_str!("chat.js")))
            .with_state(self)
    }

    /// Who this is; a new visitor gets a cookie with the response.
    fn visitor(&self, headers: &HeaderMap) -> Visitor {
        Visitor::of(headers, self.secure)
    }

    async fn page(&self, visitor: &Visitor, trouble: Option<&Refused>, headers: &HeaderMap) -> anyhow::Result<String> {
        let store = self.inbox.store();
        let mut loaded = store.load(&visitor.address).await?;
        if loaded.version == 0 {
            loaded.conversation.script = page::script_of(headers);
        }
        let lines = store.transcript(&visitor.address, loaded.last_seq - PAGE_LINES, PAGE_LINES).await?;
        let desk = self.inbox.desk(&visitor.address);
        Ok(page::whole(&self.inbox.library(), &loaded.conversation, &desk, &lines, trouble, cookie::size_of(headers)))
    }
}

#[derive(Deserialize)]
struct Look {
    size: Option<String>,
}

async fn show(State(web): State<Web>, Query(look): Query<Look>, headers: HeaderMap) -> Response {
    let visitor = web.visitor(&headers);
    if let Some(size) = look.size {
        return visitor.with_cookies(Redirect::to("/").into_response(), Some(page::Size::named(&size)));
    }
    match web.page(&visitor, None, &headers).await {
        Ok(html) => visitor.with_cookies(html_response(StatusCode::OK, html), None),
        Err(error) => failed(&error),
    }
}

/// One message in; when we answer, it is durable.
async fn receive(State(web): State<Web>, headers: HeaderMap, body: Bytes) -> Response {
    let visitor = web.visitor(&headers);
    let wants_json = input::is_json(&headers);
    let sent = input::same_site(&headers).and_then(|()| input::read(&headers, &body));
    let sent = sent.and_then(|sent| {
        web.limiter.admit(&visitor.address).map(|()| sent.clone()).map_err(|refused| refused.keeping(&sent))
    });
    let response = match sent {
        Ok(sent) => {
            let inbound = Inbound {
                id: sent.id,
                from: visitor.address.clone(),
                body: sent.body,
                guess: Some(page::script_of(&headers)),
            };
            match web.inbox.receive(&inbound, Delivery::Read).await {
                Ok(_) if !wants_json => Redirect::to("/#end").into_response(),
                Ok(received) => {
                    json_lines(web.inbox.store().transcript(&visitor.address, received.seq - 1, PAGE_LINES).await)
                }
                Err(error) => failed(&error),
            }
        }
        Err(refused) if wants_json => {
            let says = web.inbox.library().language.spoken(refused.says, page::script_of(&headers));
            (refused.status, axum::Json(serde_json::json!({ "error": says }))).into_response()
        }
        Err(refused) => match web.page(&visitor, Some(&refused), &headers).await {
            Ok(html) => html_response(refused.status, html),
            Err(error) => failed(&error),
        },
    };
    visitor.with_cookies(response, None)
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: i64,
}

async fn messages(State(web): State<Web>, Query(after): Query<After>, headers: HeaderMap) -> Response {
    let visitor = web.visitor(&headers);
    json_lines(web.inbox.store().transcript(&visitor.address, after.after, PAGE_LINES).await)
}

/// The same lines as a part of the page, for the script to put in.
async fn fragment(State(web): State<Web>, Query(after): Query<After>, headers: HeaderMap) -> Response {
    let visitor = web.visitor(&headers);
    match web.inbox.store().transcript(&visitor.address, after.after, PAGE_LINES).await {
        Ok(lines) => {
            let conversation = web.inbox.store().load(&visitor.address).await.unwrap_or_default().conversation;
            let desk = web.inbox.desk(&visitor.address);
            html_response(StatusCode::OK, page::fragment(&web.inbox.library(), &lines, &conversation, &desk))
        }
        Err(error) => failed(&error),
    }
}

/// What was answered and what came out, on a page that prints well.
async fn summary(State(web): State<Web>, headers: HeaderMap) -> Response {
    let visitor = web.visitor(&headers);
    match web.inbox.store().load(&visitor.address).await {
        Ok(loaded) => {
            let html =
                page::summary(&web.inbox.library(), &loaded.conversation, web.inbox.today(), cookie::size_of(&headers));
            visitor.with_cookies(html_response(StatusCode::OK, html), None)
        }
        Err(error) => failed(&error),
    }
}

/// New lines as they come; a client that was away names the last one it has.
async fn events(State(web): State<Web>, Query(after): Query<After>, headers: HeaderMap) -> Response {
    let visitor = web.visitor(&headers);
    let stream = live(web, visitor.address, input::last_seen(&headers, after.after));
    Sse::new(stream).keep_alive(sse::KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

/// Reads the store after every hint; a page that reads slowly waits here, not in memory.
fn live(
    web: Web,
    address: crate::message::Address,
    mut after: i64,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let (events, stream) = mpsc::channel(1);
    let mut changes = web.inbox.changes();
    let mut stopping = web.stopping.clone();
    tokio::spawn(async move {
        loop {
            let Ok(lines) = web.inbox.store().transcript(&address, after, STREAM_LINES).await else { return };
            let more = lines.len() as i64 == STREAM_LINES;
            for line in &lines {
                after = line.seq;
                let event = sse::Event::default().id(line.seq.to_string()).json_data(wire::shown(line));
                let Ok(event) = event else { return };
                if events.send(Ok(event)).await.is_err() {
                    return;
                }
            }
            drop(lines);
            if more {
                continue;
            }
            loop {
                tokio::select! {
                    changed = changes.recv() => match changed {
                        Ok(changed) if changed.address != address => continue,
                        Ok(Change { what: What::Lines, .. }) | Err(RecvError::Lagged(_)) => break,
                        Ok(Change { what, .. }) => {
                            let name = if what == What::Typing { "typing" } else { "status" };
                            if events.send(Ok(sse::Event::default().event(name).data("-"))).await.is_err() {
                                return;
                            }
                        }
                        Err(RecvError::Closed) => return,
                    },
                    () = events.closed() => return,
                    _ = stopping.changed() => return,
                }
            }
        }
    });
    ReceiverStream::new(stream)
}

fn json_lines(lines: anyhow::Result<Vec<Line>>) -> Response {
    match lines {
        Ok(lines) => axum::Json(wire::Lines { messages: lines.iter().map(wire::shown).collect() }).into_response(),
        Err(error) => failed(&error),
    }
}

fn html_response(status: StatusCode, html: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, html).into_response()
}

/// Nothing was stored and nothing acknowledged; the person may send again.
fn failed(error: &anyhow::Error) -> Response {
    tracing::error!("a request failed: {error:#}");
    let says = "鹭助现在暂时不能用，您写的还没有保存，请稍后再试；急事请拨打 12333 或 12345。";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], says).into_response()
}
