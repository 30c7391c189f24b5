//! The web chat as browsers and programs use it.

use serde_json::{Value, json};

use crate::house::{Server, Visitor};

struct Place {
    server: Server,
    _folder: tempfile::TempDir,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    Place { server: Server::start(folder.path(), &[]), _folder: folder }
}

#[tokio::test]
async fn a_form_without_script_is_enough() {
    let place = place();
    let visitor = Visitor::new(&place.server.url).await;
    let page = visitor.get("/").send().await.expect("a page");
    assert!(page.headers()["content-security-policy"].to_str().expect("text").contains("default-src 'none'"));
    let sent = visitor
        .form("text=%E5%A4%B1%E6%A5%AD%E9%87%91%E8%83%BD%E9%A0%98%E5%B9%BE%E5%80%8B%E6%9C%88&id=one")
        .send()
        .await
        .expect("sent");
    assert_eq!((sent.status().as_u16(), &sent.headers()["location"]), (303, &"/#end".parse().expect("a header")));
    let page = visitor.get("/").send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("lang=\"zh-Hant\"") && page.contains("2個月") && page.contains("來源"), "{page}");
    // Its buttons work as forms, too.
    let pressed = visitor.form("choice=more%2Fbenefit-months&id=two").send().await.expect("sent");
    assert_eq!(pressed.status().as_u16(), 303);
    assert_eq!(visitor.transcript().await.len(), 4);
}

#[tokio::test]
async fn the_same_id_five_times_has_one_effect() {
    let place = place();
    let visitor = Visitor::new(&place.server.url).await;
    let body = json!({"text": "试用期最长多久", "id": "same"});
    let sends = (0..5).map(|_| visitor.json(&body).send());
    let mut answers = Vec::new();
    for sending in sends.collect::<Vec<_>>() {
        answers.push(sending.await.expect("sent").json::<Value>().await.expect("JSON"));
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    let lines = visitor.transcript().await;
    assert_eq!(lines.iter().map(|line| line["seq"].as_i64().expect("seq")).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((&lines[0]["from"], &lines[1]["from"]), (&"you".into(), &"assistant".into()));
}

#[tokio::test]
async fn a_key_or_a_buttons_value_can_be_sent() {
    let place = place();
    let visitor = Visitor::new(&place.server.url).await;
    visitor.json(&json!({"text": "失业金能领几个月"})).send().await.expect("sent");
    let by_key: Value = visitor.json(&json!({"choice": "0"})).send().await.expect("sent").json().await.expect("JSON");
    assert_eq!(by_key["messages"][1]["kind"], "human");
    let stale: Value = visitor
        .json(&json!({"choice": "show/no-such-article"}))
        .send()
        .await
        .expect("sent")
        .json()
        .await
        .expect("JSON");
    assert_eq!(stale["messages"][1]["kind"], "smalltalk");
}

#[tokio::test]
async fn what_is_said_streams_and_resumes() {
    let place = place();
    let visitor = Visitor::new(&place.server.url).await;
    for (id, text) in ["失业金怎么领", "要带什么材料"].iter().enumerate() {
        visitor.json(&json!({"text": text, "id": id.to_string()})).send().await.expect("sent");
    }
    let mut stream = visitor.get("/chat/events").header("last-event-id", "2").send().await.expect("a stream");
    let mut seen = String::new();
    while !seen.contains("id: 4") {
        seen.push_str(&String::from_utf8_lossy(&stream.chunk().await.expect("a chunk").expect("more")));
    }
    assert!(!seen.contains("id: 2") && seen.contains("id: 3"), "{seen}");
    visitor.json(&json!({"text": "谢谢", "id": "9"})).send().await.expect("sent");
    while !seen.contains("id: 6") {
        seen.push_str(&String::from_utf8_lossy(&stream.chunk().await.expect("a chunk").expect("more")));
    }
}

#[tokio::test]
async fn bad_input_gets_a_status_and_a_sentence() {
    let place = place();
    let visitor = Visitor::new(&place.server.url).await;
    let status = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("text"))
    };
    let (code, page) = status(visitor.form("text=+%0A+&id=1")).await;
    assert!(code == 400 && page.contains("没有收到文字"), "{code} {page}");
    assert_eq!(status(visitor.json(&json!({"text": ""}))).await.0, 400);
    assert_eq!(status(visitor.json(&json!([1, 2]))).await.0, 400);
    assert_eq!(status(visitor.json(&json!({"text": "长".repeat(30_000)}))).await.0, 413);
    assert_eq!(status(visitor.form(vec![b'a'; 5_000_000])).await.0, 413);
    let (code, page) =
        status(visitor.form("text=%FF%FE%E5%A4%B1%E4%B8%9A%E9%87%91%E6%80%8E%E4%B9%88%E9%A2%86&id=2")).await;
    assert!(code == 303, "{code} {page}");
    let other_site = visitor.json(&json!({"text": "你好"})).header("sec-fetch-site", "cross-site");
    assert_eq!(status(other_site).await.0, 403);
    // Markup, controls and reading direction are shown as what they are.
    let nasty = "<img src=x onerror=alert(1)>\u{202e}\0\u{7}'\"&";
    assert_eq!(status(visitor.json(&json!({"text": nasty}))).await.0, 200);
    let page = status(visitor.get("/")).await.1;
    assert!(
        page.contains("&lt;img src=x") && !page.contains("<img") && !page.contains(['\u{202e}', '\0', '\u{7}']),
        "{page}"
    );
    assert_eq!(status(visitor.get("/healthz")).await.0, 200);
    assert_eq!(status(visitor.get("/readyz")).await.0, 200);
    assert!(status(visitor.get("/metrics")).await.1.contains("luzhu_conversations 1"));
    assert!(serde_json::from_str::<Value>(&status(visitor.get("/openapi.json")).await.1).is_ok());
}

#[tokio::test]
async fn one_person_cannot_drown_the_others_and_loses_nothing() {
    let place = place();
    let (flood, other) = (Visitor::new(&place.server.url).await, Visitor::new(&place.server.url).await);
    let (mut taken, mut refused) = (0, 0);
    for i in 0..300 {
        match flood
            .json(&json!({"text": "失业金怎么领", "id": i.to_string()}))
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
        {
            200 => taken += 1,
            429 => refused += 1,
            code => panic!("{code}"),
        }
    }
    assert!(refused > 0);
    assert_eq!(flood.transcript().await.len().min(200), (2 * taken).min(200));
    let page = flood.form("text=%E5%86%8D%E9%97%AE%E4%B8%80%E5%8F%A5&id=x").send().await.expect("an answer");
    assert_eq!(page.status().as_u16(), 429);
    assert!(page.text().await.expect("text").contains("再问一句</textarea>"), "what was typed is given back");
    assert_eq!(other.json(&json!({"text": "你好"})).send().await.expect("an answer").status().as_u16(), 200);
}

/// Says something and gives all replies as text.
async fn said(visitor: &Visitor, text: &str) -> String {
    let answer: Value = visitor.json(&json!({"text": text})).send().await.expect("sent").json().await.expect("JSON");
    let lines = answer["messages"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    lines.iter().skip(1).map(|line| line["text"].as_str().expect("text").to_owned() + "\n").collect()
}

#[tokio::test]
async fn a_procedure_goes_on_elsewhere_by_a_code_that_works_once() {
    let place = place();
    let phone = Visitor::new(&place.server.url).await;
    for line in ["我要办失业登记", "大陆居民", "没有工作"] {
        said(&phone, line).await;
    }
    let code = said(&phone, "换手机继续").await;
    let digits: String = code.chars().filter(char::is_ascii_digit).take(8).collect();
    assert_eq!(digits.len(), 8, "{code}");
    let desk = Visitor::new(&place.server.url).await;
    let carried = said(&desk, &format!("{} {}", &digits[..4], &digits[4..])).await;
    assert!(carried.contains("接上了") && carried.contains("失业以前"), "{carried}");
    let summary = said(&desk, "总结").await;
    assert!(summary.contains("大陆居民") && summary.contains("没有工作"), "{summary}");
    // Once is all.
    let thief = Visitor::new(&place.server.url).await;
    for _ in 0..5 {
        let again = said(&thief, &digits).await;
        assert!(again.contains("不对") || again.contains("用过"), "{again}");
    }
    let stopped = said(&thief, &digits).await;
    assert!(stopped.contains("次数太多"), "{stopped}");
}

#[tokio::test]
async fn the_summary_is_a_page_that_prints() {
    let place = place();
    let visitor = Visitor::new(&place.server.url).await;
    let page = |path: &str| {
        let sending = visitor.get(path).send();
        async move { sending.await.expect("a page").text().await.expect("text") }
    };
    assert!(page("/chat/summary").await.contains("还没有回答"));
    for line in ["我要辦失業登記", "台灣居民", "居住證", "<b>沒工作</b>"] {
        said(&visitor, line).await;
    }
    assert!(page("/").await.contains("/chat/summary"));
    let summary = page("/chat/summary").await;
    assert!(summary.contains("辦理小結") && summary.contains("持有居住證"), "{summary}");
    assert!(!summary.contains("<b>"), "{summary}");
}
