//! The stand-in for Telegram does what Telegram does: a test is worth no more than what it is held against.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};

use crate::stand_in::{Fault, Options, StandIn};

/// What a call is answered: the description, or nothing where it was done.
async fn call(stand_in: &StandIn, method: &str, body: Value) -> String {
    let [(_, token), (_, url)] = stand_in.settings();
    let sending = reqwest::Client::new().post(format!("{url}/bot{token}/{method}")).json(&body).send();
    let answer: Value = sending.await.expect("an answer").json().await.expect("JSON");
    answer["description"].as_str().unwrap_or_default().to_owned()
}

fn keyboard(data: &str) -> Value {
    json!({"inline_keyboard": [[{"text": "1", "callback_data": data}]]})
}

#[tokio::test]
async fn it_refuses_in_telegrams_words() {
    let stand_in = StandIn::start(Options::default()).await;
    stand_in.meet(7);
    let (just, more) = ("𠮷".repeat(2048), "𠮷".repeat(2049));
    let key = |data: &str| json!({"chat_id": 7, "text": "a", "reply_markup": keyboard(data)});
    for (method, body, says) in [
        ("SENDMESSAGE", json!({"chat_id": 7, "text": just}), ""),
        ("sendMessage", json!({"chat_id": 7, "text": more}), "Bad Request: message is too long"),
        ("sendMessage", json!({"chat_id": 7}), "Bad Request: message text is empty"),
        ("sendMessage", json!({"chat_id": 8, "text": "a"}), "Bad Request: chat not found"),
        ("sendMessage", key(&"x".repeat(64)), ""),
        ("sendMessage", key(&"x".repeat(65)), "Bad Request: BUTTON_DATA_INVALID"),
        ("setMyCommands", json!({"commands": [], "language_code": "zh"}), ""),
        (
            "setMyCommands",
            json!({"commands": [], "language_code": "zh-hant"}),
            "Bad Request: invalid language code specified",
        ),
        (
            "setWebhook",
            json!({"url": "http://x.example"}),
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            "setWebhook",
            json!({"url": "https://x.example", "secret_token": "a:b"}),
            "Bad Request: secret token contains unallowed characters",
        ),
        (
            "answerCallbackQuery",
            json!({"callback_query_id": "5"}),
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        ),
        ("createForumTopic", json!({"chat_id": 7, "name": "a"}), "Bad Request: the chat is not a forum"),
        ("nothing", json!({}), "Not Found: method not found"),
    ] {
        assert_eq!(call(&stand_in, method, body.clone()).await, says, "{method} {body}");
    }
    stand_in.block(7, true);
    let blocked = call(&stand_in, "sendMessage", json!({"chat_id": 7, "text": "a"})).await;
    assert_eq!(blocked, "Forbidden: bot was blocked by the user");
    let stranger = reqwest::get(format!("{}/bot1:x/getMe", stand_in.settings()[1].1)).await.expect("an answer");
    assert_eq!(stranger.status(), 401);
}

#[tokio::test]
async fn of_two_polls_the_older_ends_and_what_is_not_acknowledged_comes_again() {
    let stand_in = StandIn::start(Options::default()).await;
    let poll = |offset| call(&stand_in, "getUpdates", json!({"offset": offset, "timeout": 20}));
    let later = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let newer = poll(0);
        let write = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stand_in.write(7, "你好");
        };
        tokio::join!(newer, write).0
    };
    let (older, newer) = tokio::join!(poll(0), later);
    assert!(older.starts_with("Conflict: terminated by other getUpdates request"), "{older}");
    assert_eq!((newer.as_str(), stand_in.pending()), ("", 1));
    poll(1).await;
    assert_eq!(stand_in.pending(), 1);
    let hook = call(&stand_in, "setWebhook", json!({"url": "http://127.0.0.1:9/"})).await;
    assert_eq!(hook, "");
    assert!(poll(2).await.contains("while webhook is active"));
    call(&stand_in, "deleteWebhook", json!({})).await;
    call(&stand_in, "getUpdates", json!({"offset": 2})).await;
    assert_eq!(stand_in.pending(), 0);
}

#[tokio::test]
async fn faults_happen_as_asked_and_haste_is_noted() {
    let stand_in = StandIn::start(Options { limits: true, ..Options::default() }).await;
    stand_in.meet(7);
    let [(_, token), (_, url)] = stand_in.settings();
    let client = reqwest::Client::builder().timeout(Duration::from_millis(2500)).build().expect("a client");
    let send = async || {
        let sending = client.post(format!("{url}/bot{token}/sendMessage")).json(&json!({"chat_id": 7, "text": "a"}));
        match sending.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.json::<Value>().await.map(|_| status).map_err(|error| error.is_timeout())
            }
            Err(error) => Err(error.is_timeout()),
        }
    };
    for (fault, answer, arrives) in [
        (Fault::TooMany(1), Ok(429), 0),
        (Fault::Status(500), Ok(500), 0),
        (Fault::Status(502), Err(false), 0),
        (Fault::Silent, Err(true), 0),
        (Fault::ResetBefore, Err(false), 0),
        (Fault::ResetAfter, Err(false), 1),
        (Fault::Cut, Err(false), 1),
        (Fault::Truncated, Err(false), 1),
    ] {
        let before = stand_in.messages().len();
        stand_in.fault("sendMessage", fault.clone());
        assert_eq!((send().await, stand_in.messages().len() - before), (answer, arrives), "{fault:?}");
    }
    // The second call came too early; so does the one after the limit has been met.
    assert_eq!(stand_in.too_early().len(), 1, "{:?}", stand_in.too_early());
    for _ in 0..3 {
        let _ = send().await;
    }
    assert_eq!((send().await, stand_in.too_early().len() > 1), (Ok(429), true));
    tokio::time::sleep(Duration::from_millis(1000)).await;
    stand_in.fault("sendMessage", Fault::WrongType);
    let early = stand_in.too_early().len();
    assert_eq!((send().await, stand_in.too_early().len()), (Err(false), early));
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let (begun, slow) = (Instant::now(), Duration::from_secs(1));
    stand_in.fault("sendMessage", Fault::Slow(slow));
    assert_eq!((send().await, begun.elapsed() >= slow), (Ok(200), true));
    assert_eq!(stand_in.faults_made().values().sum::<usize>(), 10);
}

#[derive(Default)]
struct Came {
    open: Vec<i64>,
    at_once: usize,
    taken: Vec<(i64, String)>,
    wrong: Vec<String>,
    calls: usize,
}

#[tokio::test]
async fn a_webhook_gets_one_update_at_a_time_of_each_chat_until_it_is_taken() {
    type Shared = Arc<Mutex<Came>>;
    let came = Shared::default();
    async fn take(State(came): State<Shared>, headers: HeaderMap, Json(update): Json<Value>) -> axum::http::StatusCode {
        let (chat, text) =
            (update["message"]["chat"]["id"].as_i64().expect("a chat"), update["message"]["text"].to_string());
        let fails = {
            let came = &mut *came.lock().expect("nobody panicked");
            if came.open.contains(&chat) || headers["x-telegram-bot-api-secret-token"] != "s-1_" {
                came.wrong.push(text.clone());
            }
            came.open.push(chat);
            came.at_once = came.at_once.max(came.open.len());
            came.calls += 1;
            came.calls.is_multiple_of(3)
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
        let came = &mut *came.lock().expect("nobody panicked");
        came.open.retain(|open| *open != chat);
        if fails {
            return axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        }
        came.taken.push((chat, text));
        axum::http::StatusCode::OK
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let routes = Router::new().route("/hook", post(take)).with_state(Arc::clone(&came));
    tokio::spawn(async move { axum::serve(listener, routes).await });

    for (copies, window) in [(1, 1), (3, 4)] {
        *came.lock().expect("nobody panicked") = Came::default();
        // 60 of these are what an answer may take: enough for a busy machine, or it is rightly sent again meanwhile.
        let second = Duration::from_millis(50);
        let stand_in = StandIn::start(Options { second, copies, window, ..Options::default() }).await;
        for i in 0..60 {
            stand_in.write(1 + i % 6, &format!("{i:02}"));
        }
        let set = json!({"url": url, "secret_token": "s-1_", "max_connections": 3});
        assert_eq!(call(&stand_in, "setWebhook", set).await, "");
        let mut changes = stand_in.changes();
        while stand_in.pending() > 0 {
            tokio::time::timeout(Duration::from_secs(10), changes.changed()).await.expect("in time").expect("a change");
        }
        let came = came.lock().expect("nobody panicked");
        assert_eq!(came.wrong, [""; 0]);
        assert_eq!((came.taken.len(), came.at_once, came.calls > 80 * copies), (60 * copies, 3, true));
        let mut seen = HashSet::new();
        let mut firsts: Vec<_> = came.taken.iter().filter(|one| seen.insert(*one)).collect();
        firsts.sort_by_key(|(chat, _)| *chat);
        assert_eq!(firsts.is_sorted(), window == 1, "{firsts:?}");
        assert!(came.taken.iter().all(|one| came.taken.iter().filter(|other| *other == one).count() == copies));
    }
}
