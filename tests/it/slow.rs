//! Clients that are slow, on purpose or in a tunnel: they are let go, and nobody else notices.
//!
//! LUZHU_ROUNDS says how many there are; 5000 need `ulimit -n 20000`.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{interval, sleep, timeout},
};

use crate::{
    handoff::rounds,
    house::{Server, Visitor, database},
};

/// Everything slow ends within this; the server means ten seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// Messages that one visitor may send at once.
const BURST: usize = 20;

/// Pages that nobody reads.
const UNREAD: usize = 50;

/// How somebody is slow.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slow {
    /// Half a header, and nothing more.
    Header,
    /// A byte of the body each second.
    Body,
    /// Nothing at all.
    Silent,
}

/// Connects and is slow; tells when the server ended that, if it did in time.
async fn slow(address: String, how: Slow) -> (Slow, Option<Duration>) {
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let begun = Instant::now();
    let first = match how {
        Slow::Header => "GET / HTTP/1.1\r\nHost: luzhu\r\nX-Slow: ",
        Slow::Body => {
            "POST /chat/messages HTTP/1.1\r\nHost: luzhu\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        }
        Slow::Silent => "",
    };
    let ended = async {
        let (mut seen, mut second) = ([0; 1024], interval(Duration::from_secs(1)));
        let mut is_open = stream.write_all(first.as_bytes()).await.is_ok();
        while is_open {
            tokio::select! {
                read = stream.read(&mut seen) => is_open = read.is_ok_and(|bytes| bytes > 0),
                _ = second.tick(), if how == Slow::Body => is_open = stream.write_all(b" ").await.is_ok(),
            }
        }
    };
    (how, timeout(PATIENCE, ended).await.ok().map(|()| begun.elapsed()))
}

/// Asks and writes all the time, as quick people do; gives how long each answer took.
async fn quick(url: String, done: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let visitor = Visitor::new(&url).await;
        for id in 0..BURST {
            let message = json!({"text": "试用期多长", "id": id.to_string()});
            for request in [visitor.get("/healthz"), visitor.json(&message)] {
                let begun = Instant::now();
                let answer = request.timeout(PATIENCE).send().await.expect("an answer");
                assert_eq!(answer.status(), 200);
                took.push(begun.elapsed());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
    took.sort();
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_slow_is_let_go_and_nobody_else_notices() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let address = server.url.trim_start_matches("http://").to_owned();
    // A page that listens is not slow, however long nothing happens.
    let listener = Visitor::new(&server.url).await;
    let mut page = listener.get("/chat/events").send().await.expect("a stream");
    let done = Arc::new(AtomicBool::new(false));
    let people: Vec<_> = (0..2).map(|_| tokio::spawn(quick(server.url.clone(), Arc::clone(&done)))).collect();
    let all = rounds(300);
    let mut clients = Vec::new();
    for n in 0..all {
        clients.push(tokio::spawn(slow(address.clone(), [Slow::Header, Slow::Body, Slow::Silent][n % 3])));
        // All at once would overrun the kernel's queue, and who says nothing would wait in it, unseen.
        sleep(Duration::from_millis(1)).await;
    }
    let (mut open, mut last) = (Vec::new(), Duration::ZERO);
    for client in clients {
        match client.await.expect("a client") {
            (how, None) => open.push(how),
            (_, Some(after)) => last = last.max(after),
        }
    }
    done.store(true, Ordering::Relaxed);
    let mut took = Vec::new();
    for person in people {
        took.extend(person.await.expect("a person who is answered"));
    }
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    eprintln!(
        "{all} slow clients, the last one closed after {last:.1?}; {} quick answers: p50 {:.1?}, p99 {:.1?}",
        took.len(),
        at(0.5),
        at(0.99)
    );
    let count = |how| open.iter().filter(|open| **open == how).count();
    let (header, body, silent) = (count(Slow::Header), count(Slow::Body), count(Slow::Silent));
    assert!(open.is_empty(), "still open: {header} halves of a header, {body} slow bodies, {silent} silent ones");
    listener.json(&json!({"text": "试用期多长", "id": "1"})).send().await.expect("sent");
    let mut seen = String::new();
    while !seen.contains("id: 2") {
        let chunk = timeout(PATIENCE, page.chunk()).await.expect("in time").expect("a chunk");
        seen.push_str(&String::from_utf8_lossy(&chunk.expect("the page is still open")));
    }
}

#[tokio::test]
async fn a_phone_in_a_tunnel_is_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("a connection");
    let body = json!({"text": "试用期多长", "id": "1"}).to_string();
    let head = "POST /chat/messages HTTP/1.1\r\nHost: luzhu\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let whole = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    // In pieces, for four seconds.
    for piece in whole.chunks(whole.len().div_ceil(8)) {
        stream.write_all(piece).await.expect("sent");
        sleep(Duration::from_millis(500)).await;
    }
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("in time").expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("试用期"), "{answer}");
}

/// Opens a page's stream from the first line on, and never reads it.
async fn unread(address: &str, cookie: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address.parse().expect("an address")).await.expect("a connection");
    let request = format!("GET /chat/events HTTP/1.1\r\nHost: luzhu\r\nCookie: {cookie}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut first = [0; 12];
    while timeout(PATIENCE, stream.peek(&mut first)).await.expect("in time").expect("an answer") < first.len() {}
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// Makes the only transcript as long as somebody does who writes long texts for ten minutes: more than
/// the sockets of a stream hold.
async fn lengthen(data: &Path) {
    let pool = database(data).await;
    let more = "with recursive place(n) as (select 3 union all select n + 1 from place where n < 600)
        insert into message (address, seq, author, at, body, delivery)
        select address, n, author, at, body, delivery from message, place where seq = 1";
    for statement in [more, "update conversation set last_seq = 600"] {
        sqlx::query(statement).execute(&pool).await.expect("more lines");
    }
    pool.close().await;
}

/// The memory that a program holds, in megabytes.
fn memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") / 1024
}

#[tokio::test]
async fn pages_that_nobody_reads_hold_nothing_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let cookie = format!("luzhu={}", uuid::Uuid::new_v4().simple());
    let long = json!({"text": "长".repeat(20_000), "id": "long"});
    let sent = Visitor::with_cookie(&server.url, &cookie).json(&long).send().await.expect("sent");
    assert_eq!(sent.status(), 200);
    server.kill();
    lengthen(folder.path()).await;
    let mut server = Server::start(folder.path(), &[]);
    let address = server.url.trim_start_matches("http://").to_owned();
    let visitor = Visitor::with_cookie(&server.url, &cookie);
    let before = memory(&server);
    let mut streams = Vec::new();
    for _ in 0..UNREAD {
        streams.push(unread(&address, &cookie).await);
    }
    sleep(Duration::from_secs(2)).await;
    let held = memory(&server).saturating_sub(before);
    eprintln!("{UNREAD} pages that nobody reads hold {held} MB");
    assert_eq!(visitor.json(&json!({"text": "试用期多长", "id": "last"})).send().await.expect("sent").status(), 200);
    let other = Visitor::new(&server.url).await;
    assert_eq!(other.json(&json!({"text": "试用期多长"})).send().await.expect("sent").status(), 200);
    // Told to stop, the program ends with all of them open.
    let told = Instant::now();
    let kill = format!("kill -TERM {}", server.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
    let status = loop {
        if let Some(status) = server.child.try_wait().expect("its status") {
            break status;
        }
        assert!(told.elapsed() < PATIENCE, "it does not stop");
        sleep(Duration::from_millis(20)).await;
    };
    eprintln!("stopped after {:.1?}", told.elapsed());
    assert_eq!(status.code(), Some(0));
    drop(streams);
    assert!(held < 2 * UNREAD, "{UNREAD} pages that nobody reads hold {held} MB");
}
