//! One server for all routes: the web chat's, the desk's, the channels', health and metrics. It has an
//! accept loop of its own, since axum's lets whoever sends slowly stay for ever.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Result;
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_stream::StreamExt;

use crate::{clock::Clock, metrics, store::Store};

/// How long open requests may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// How long a request's head may take to arrive, and then its body.
const ARRIVE: Duration = Duration::from_secs(10);

/// Connections at once; who comes after them waits to be let in.
const CONNECTIONS: usize = 10_000;

/// Bytes of a body that routes may see.
const BODY: usize = 1 << 20;

/// So much of a longer one is still heard and thrown away: a sender whose connection is closed in the
/// middle sees a broken connection instead of our answer.
const THROWN_AWAY: usize = 16 << 20;

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

/// Listens at an address; a crowd that comes at once waits in line.
///
/// # Errors
/// When somebody else listens there.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4096)
}

/// Serves these routes, health and metrics until `stopping` turns true, then lets open requests end.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    store: Arc<Store>,
    clock: Clock,
    mut stopping: watch::Receiver<bool>,
) -> Result<()> {
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(counted))
        .route(
            "/openapi.json",
            get(|| async { ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json")) }),
        )
        .with_state((store, clock))
        .merge(routes)
        .layer(middleware::from_fn(arrived))
        .layer(middleware::from_fn(headers));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (listener.accept().await, place)
            } => accepted,
            Some(_) = open.join_next() => continue,
            () = stop(&mut stopping) => break,
        };
        match accepted {
            (Ok((stream, from)), Ok(place)) => {
                open.spawn(connection(stream, from, routes.clone(), stopping.clone(), place));
            }
            // No file is left for it, or it is gone already: the others go on.
            (Err(error), _) => {
                tracing::warn!("a connection could not be taken: {error}");
                sleep(Duration::from_millis(50)).await;
            }
            (_, Err(_)) => break,
        }
    }
    drop(listener);
    let ended = timeout(DRAIN, async { while open.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!("{} connections were still open and are closed now", open.len());
    }
    Ok(())
}

/// One connection, until it ends or the server stops.
async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    routes: Router,
    mut stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        routes.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(ARRIVE).max_buf_size(64 << 10);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        served = serving.as_mut() => note(served),
        () = stop(&mut stopping) => {
            serving.as_mut().graceful_shutdown();
            note(serving.await);
        }
    }
}

/// Returns when the server stops.
async fn stop(stopping: &mut watch::Receiver<bool>) {
    // Without anybody to say so, it stops too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn note(served: hyper::Result<()>) {
    if served.is_err_and(|error| error.is_timeout()) {
        metrics::SLOW.count();
    }
}

/// Takes the whole body in before anything is done with it, so that nobody holds a request open by
/// sending it slowly.
async fn arrived(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match timeout(ARRIVE, collect(body)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(head, body.into())).await,
        Ok(Err(_)) => (StatusCode::BAD_REQUEST, "消息没有收完整，请再发一次。\n").into_response(),
        Err(_) => {
            metrics::SLOW.count();
            let says = "消息来得太慢，没有收完整，请再发一次。\n";
            (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")], says).into_response()
        }
    }
}

/// A body; of one that is too long just so much that its route sees that.
async fn collect(body: Body) -> Result<Vec<u8>, axum::Error> {
    let (mut kept, mut length) = (Vec::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        length += chunk.len();
        kept.extend_from_slice(&chunk[..chunk.len().min(BODY + 1 - kept.len())]);
        if length > THROWN_AWAY {
            break;
        }
    }
    Ok(kept)
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether people can be answered: the database can be read and written.
async fn ready(State((store, clock)): State<(Arc<Store>, Clock)>) -> Response {
    match timeout(Duration::from_secs(4), store.is_ready(clock.now())).await {
        Ok(true) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n").into_response(),
    }
}

/// Counts for whoever watches the server, in Prometheus' text form.
async fn counted(State((store, _)): State<(Arc<Store>, Clock)>) -> Response {
    let Ok(counts) = store.counts().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    };
    let text = metrics::text(&[
        ("luzhu_conversations", "Conversations that are stored.", counts.conversations),
        ("luzhu_waiting", "Requests that wait for a counsellor.", counts.waiting),
        ("luzhu_messages", "Lines in all transcripts.", counts.messages),
        ("luzhu_outbox_due", "Messages that have not been delivered yet.", counts.due),
        ("luzhu_outbox_dead", "Messages that can never be delivered.", counts.dead),
        ("luzhu_letters", "Messages that could not be read and are kept.", counts.letters),
    ]);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
