//! Telegram against a small real server that speaks the Bot API's side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use crate::house::Server;

/// What the stand-in holds: updates to hand out, messages that it was given, faults to make.
#[derive(Default)]
struct World {
    updates: Vec<Value>,
    sent: Vec<Value>,
    acknowledged: Vec<Value>,
    /// The next answers to sendMessage, before it works again.
    faults: Vec<(u16, Value)>,
}

#[derive(Clone, Default)]
struct StandIn {
    world: Arc<Mutex<World>>,
}

impl StandIn {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("nobody panicked")
    }

    /// Serves on a free port of loopback.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new().route("/{bot}/{method}", post(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    async fn wait_for(&self, sent: usize) -> Vec<Value> {
        for _ in 0..200 {
            if self.world().sent.len() >= sent {
                return self.world().sent.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("only {:?}", self.world().sent);
    }
}

async fn answer(
    State(stand_in): State<StandIn>,
    Path((bot, method)): Path<(String, String)>,
    Json(asked): Json<Value>,
) -> Response {
    assert_eq!(bot, "bot123:secret");
    let result = match method.to_lowercase().as_str() {
        "getupdates" => {
            let offset = asked["offset"].as_i64().unwrap_or(0);
            for _ in 0..20 {
                let new: Vec<Value> = stand_in
                    .world()
                    .updates
                    .iter()
                    .filter(|update| update["update_id"].as_i64() >= Some(offset))
                    .cloned()
                    .collect();
                if !new.is_empty() {
                    return Json(json!({"ok": true, "result": new})).into_response();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            json!([])
        }
        "sendmessage" => {
            let fault = stand_in.world().faults.pop();
            if let Some((status, body)) = fault {
                return (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response();
            }
            stand_in.world().sent.push(asked.clone());
            json!({"message_id": 1, "date": 0, "chat": {"id": asked["chat_id"], "type": "private", "first_name": "x"}, "text": asked["text"]})
        }
        "answercallbackquery" => {
            stand_in.world().acknowledged.push(asked);
            json!(true)
        }
        "getme" | "setmycommands" | "sendchataction" | "leavechat" | "editmessagetext" => json!(true),
        other => panic!("luzhu called {other}"),
    };
    Json(json!({"ok": true, "result": result})).into_response()
}

fn message(update: i64, chat: i64, parts: &Value) -> Value {
    let mut message = json!({
        "message_id": update, "date": 1_700_000_000,
        "chat": {"id": chat, "type": "private", "first_name": "x"},
        "from": {"id": chat, "is_bot": false, "first_name": "x"},
    });
    for (key, value) in parts.as_object().expect("an object") {
        message[key] = value.clone();
    }
    json!({"update_id": update, "message": message})
}

fn settings(url: &str) -> HashMap<&'static str, String> {
    HashMap::from([("LUZHU_TELEGRAM_TOKEN", "123:secret".to_owned()), ("LUZHU_TELEGRAM_API_URL", url.to_owned())])
}

fn start(folder: &std::path::Path, url: &str) -> Server {
    let settings = settings(url);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Server::start(folder, &settings)
}

#[tokio::test]
async fn questions_buttons_and_other_things_are_answered() {
    let stand_in = StandIn::default();
    let url = stand_in.start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let _server = start(folder.path(), &url);
    stand_in.world().updates.push(message(1, 7, &json!({"text": "失業給付可以領多久"})));
    let sent = stand_in.wait_for(1).await;
    let text = sent[0]["text"].as_str().expect("text");
    assert!(text.contains("2個月") && text.contains("來源") && text.contains("0. 找人工顧問"), "{text}");
    let buttons = sent[0]["reply_markup"]["inline_keyboard"].as_array().expect("buttons");
    let last = &buttons.last().expect("one")[0];
    assert_eq!((&last["text"], &last["callback_data"]), (&"0. 找人工顧問".into(), &"human".into()));

    stand_in.world().updates.push(json!({"update_id": 2, "callback_query": {
        "id": "77", "from": {"id": 7, "is_bot": false, "first_name": "x"}, "chat_instance": "1", "data": "human"}}));
    let sent = stand_in.wait_for(2).await;
    assert!(sent[1]["text"].as_str().expect("text").contains("登記找人工顧問"));
    let photo = json!({"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]});
    stand_in.world().updates.push(message(3, 7, &photo));
    let sent = stand_in.wait_for(3).await;
    assert!(sent[2]["text"].as_str().expect("text").contains("只看得懂文字"), "{}", sent[2]);
    assert_eq!(stand_in.world().acknowledged.len(), 1);
}

#[tokio::test]
async fn repeated_unknown_and_group_updates_do_no_harm() {
    let stand_in = StandIn::default();
    let url = stand_in.start().await;
    let folder = tempfile::tempdir().expect("a folder");
    {
        let mut world = stand_in.world();
        world.updates.push(json!({"update_id": 10, "some_future_kind": {"x": 1}}));
        let mut group = message(11, -5, &json!({"text": "大家好"}));
        group["message"]["chat"] = json!({"id": -5, "type": "group", "title": "g"});
        world.updates.push(group);
        world.updates.push(message(12, 8, &json!({"text": "试用期最长多久"})));
    }
    let server = start(folder.path(), &url);
    stand_in.wait_for(1).await;
    server.kill();
    // Telegram hands the same updates out again after a crash.
    let _server = start(folder.path(), &url);
    stand_in.world().updates.push(message(13, 8, &json!({"text": "谢谢"})));
    let sent = stand_in.wait_for(2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(stand_in.world().sent.len(), 2, "{sent:?}");
    assert!(sent.iter().all(|message| message["chat_id"] == 8));
}

#[tokio::test]
async fn a_refusal_is_waited_out_and_nothing_is_lost_or_swapped() {
    let stand_in = StandIn::default();
    let url = stand_in.start().await;
    let folder = tempfile::tempdir().expect("a folder");
    {
        let mut world = stand_in.world();
        let busy = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}});
        world.faults = vec![(429, busy.clone()), (429, busy)];
        world.updates.push(message(20, 9, &json!({"text": "失业金能领几个月"})));
        world.updates.push(message(21, 9, &json!({"text": "谢谢"})));
    }
    let _server = start(folder.path(), &url);
    let sent = stand_in.wait_for(2).await;
    let text = |i: usize| sent[i]["text"].as_str().expect("text");
    assert!(text(0).contains("24个月") && text(1).contains("不客气"), "{sent:?}");
}
