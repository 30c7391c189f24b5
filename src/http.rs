//! One server for all routes: the web chat's, health and metrics.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::watch};

use crate::{channels::web::Web, desk::Console, store::Store};

/// How long open requests may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// What browsers may do with our pages: load our own files, and nothing else.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Serves until `stopping` turns true, then lets open requests end.
pub async fn serve(
    listener: TcpListener,
    web: Web,
    desk: Console,
    store: Arc<Store>,
    mut stopping: watch::Receiver<bool>,
) -> Result<()> {
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route(
            "/openapi.json",
            get(|| async { ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json")) }),
        )
        .with_state(store)
        .merge(web.routes())
        .merge(desk.routes())
        .layer(middleware::from_fn(headers));
    let mut stop = stopping.clone();
    let serving = axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stopping| *stopping).await;
        });
    let deadline = async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => served.context("the web server stopped"),
        () = deadline => Ok(()),
    }
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether people can be answered: the database is there.
async fn ready(State(store): State<Arc<Store>>) -> Response {
    match store.is_ready().await {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Counts for whoever watches the server, in Prometheus' text form.
async fn metrics(State(store): State<Arc<Store>>) -> Response {
    let Ok(counts) = store.counts().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    };
    let mut text = String::new();
    for (name, help, value) in [
        ("luzhu_conversations", "Conversations that are stored.", counts.conversations),
        ("luzhu_waiting", "Requests that wait for a counsellor.", counts.waiting),
        ("luzhu_messages", "Lines in all transcripts.", counts.messages),
        ("luzhu_outbox_due", "Messages that have not been delivered yet.", counts.due),
        ("luzhu_outbox_dead", "Messages that can never be delivered.", counts.dead),
    ] {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
