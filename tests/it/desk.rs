//! The counsellors' desk over HTTP: who may do what, a whole case, and what the pages hold.

use serde_json::json;

use crate::house::{AtDesk, PASSWORD, Server, Visitor, account, browser, cookies};

/// The only conversation that waits: the address of its page.
async fn waiting(desk: &AtDesk) -> String {
    let page = desk.page("/desk").await;
    let (_, rest) = page.split_once("href=\"/desk/talk/").expect("somebody waits");
    format!("/desk/talk/{}", rest.split('"').next().expect("an address"))
}

async fn say(person: &Visitor, text: &str) -> serde_json::Value {
    let answer = person.json(&json!({ "text": text })).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn a_whole_case_from_the_question_to_the_rating() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let person = Visitor::new(&server.url).await;
    say(&person, "失业金能领几个月").await;
    say(&person, "我要办失业登记").await;
    say(&person, "大陆居民").await;
    say(&person, "转人工").await;

    let anna = AtDesk::enter(&server, folder.path(), "anna", "admin").await;
    let chen = AtDesk::enter(&server, folder.path(), "chen", "counsellor").await;
    let talk = waiting(&chen).await;
    // Everything is on the first screen.
    let page = chen.page(&talk).await;
    for shown in ["大陆居民", "失业登记", "失业金能领几个月", "社会保险法", "要找顾问", "接这个对话"]
    {
        assert!(page.contains(shown), "{shown} is not shown");
    }
    // Not theirs yet: nothing can be said.
    assert_eq!(chen.post(&format!("{talk}/say"), &[("text", "您好")]).await.status(), 409);
    assert_eq!(chen.post(&format!("{talk}/take"), &[]).await.status(), 303);
    assert_eq!(anna.post(&format!("{talk}/join"), &[]).await.status(), 303);
    let id = "0190-1";
    for _ in 0..3 {
        let sent = chen.post(&format!("{talk}/say"), &[("text", "帶身分證就可以"), ("id", id)]).await;
        assert_eq!(sent.status(), 303);
    }
    let lines = person.transcript().await;
    let said: Vec<_> = lines.iter().filter(|line| line["from"] == "counsellor").collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said[2]["text"].as_str().expect("text").contains("带身分证就可以"), "{said:#?}");
    // The assistant is silent.
    let answered = say(&person, "社保断缴怎么办").await;
    assert_eq!(answered["messages"].as_array().expect("lines").len(), 1, "{answered}");

    chen.post(&format!("{talk}/note"), &[("text", "要复印件，电话13800138000")]).await;
    chen.post(&format!("{talk}/label"), &[("label", "失业登记")]).await;
    let page = chen.page(&talk).await;
    assert!(page.contains("要复印件") && !page.contains("13800138000"), "notes keep no numbers");
    assert!(page.contains("去掉：失业登记"));
    let person_page = person.get("/").send().await.expect("a page").text().await.expect("text");
    assert!(!person_page.contains("要复印件"), "a private note is shown to the person");
    assert!(person_page.contains("您正在和人工顾问"), "whom one speaks with is not shown");

    // Nobody goes home with people on the line.
    assert_eq!(chen.post("/desk/duty", &[("to", "off")]).await.status(), 409);
    chen.post(&format!("{talk}/close"), &[("ending", "answered")]).await;
    assert_eq!(chen.post("/desk/duty", &[("to", "off")]).await.status(), 303);
    let rated = say(&person, "没帮到").await;
    assert!(rated["messages"][1]["text"].as_str().expect("text").contains("再登记一位顾问"), "{rated}");
    let page = anna.page("/desk").await;
    assert!(page.contains("上次没有帮到"), "{page}");
    assert!(anna.page(&talk).await.contains("对方说没帮到"));

    let audit = anna.page("/desk/audit").await;
    for action in ["看了对话", "接了对话", "回复", "写备注", "结束对话", "登录"] {
        assert!(audit.contains(&format!("<td>{action}</td>")), "{action} is not in the audit log");
    }
}

#[tokio::test]
async fn nobody_does_what_they_may_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let person = Visitor::new(&server.url).await;
    say(&person, "你好").await;
    let anna = AtDesk::enter(&server, folder.path(), "anna", "admin").await;
    let chen = AtDesk::enter(&server, folder.path(), "chen", "counsellor").await;
    let lin = AtDesk::enter(&server, folder.path(), "lin", "lead").await;
    say(&person, "人工").await;
    let talk = waiting(&chen).await;
    say(&person, "取消").await;

    // Without a session every page leads to the way in, and every form too.
    let stranger = browser();
    let pages = ["/desk", "/desk/board", "/desk/events", "/desk/team", "/desk/audit", &talk, &format!("{talk}/lines")];
    for page in pages {
        let answer = stranger.get(format!("{}{page}", server.url)).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{page}");
    }
    let deeds = [
        "take", "say", "pass", "note", "label", "transfer", "join", "return", "close", "guide", "fill", "unguide",
        "typing",
    ];
    let forms: Vec<String> = deeds
        .iter()
        .map(|deed| format!("{talk}/{deed}"))
        .chain(
            [
                "/desk/duty",
                "/desk/logout",
                "/desk/script",
                "/desk/letters",
                "/desk/team",
                "/desk/team/chen",
                "/desk/team/chen/disable",
                "/desk/task/1",
            ]
            .map(str::to_owned),
        )
        .collect();
    for form in &forms {
        let answer =
            stranger.post(format!("{}{form}", server.url)).form(&[("text", "x")]).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{form}");
        // A session alone is not enough: the form's own token, and our own site.
        let without = chen.raw(form).form(&[("text", "x")]).send().await.expect("an answer");
        assert_eq!(without.status(), 403, "{form}");
        let elsewhere = chen.raw(form).header("sec-fetch-site", "cross-site").form(&[("text", "x")]).send().await;
        assert_eq!(elsewhere.expect("an answer").status(), 403, "{form}");
    }
    // A conversation that is nobody's request is only for leads.
    for deed in deeds {
        assert_eq!(chen.post(&format!("{talk}/{deed}"), &[("text", "x")]).await.status(), 404, "{deed}");
    }
    assert_eq!((chen.look(&talk).await, lin.look(&talk).await, anna.look(&talk).await), (404, 200, 200));
    assert_eq!((chen.look("/desk/team").await, lin.look("/desk/team").await), (403, 200));
    assert_eq!((chen.look("/desk/audit").await, lin.look("/desk/audit").await), (403, 200));
    assert_eq!((chen.look("/desk/letters").await, lin.look("/desk/letters").await), (403, 200));
    assert_eq!(chen.post("/desk/letters", &[("address", "telegram:1")]).await.status(), 403);
    let new = [("name", "eve"), ("shown", "伊"), ("role", "admin")];
    assert_eq!(
        (chen.post("/desk/team", &new).await.status(), lin.post("/desk/team", &new).await.status()),
        (403.try_into().expect("a status"), 403.try_into().expect("a status"))
    );
    assert_eq!(lin.post("/desk/team/chen/disable", &[]).await.status(), 403);
    // Who is disabled is out at once.
    assert_eq!(anna.post("/desk/team/chen/disable", &[]).await.status(), 303);
    assert_eq!(chen.look("/desk").await, 303);
}

#[tokio::test]
async fn passwords_are_not_guessed_and_the_owner_is_not_locked_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let link = account(&server, folder.path(), "anna", "admin");
    let token = link.split_once("token=").expect("a token").1;
    let url = format!("{}/desk/login", server.url);
    for bad in ["short", "password1234", "annaannaanna", "aaaaaaaaaaaaaa"] {
        let answer = browser()
            .post(format!("{}/desk/welcome", server.url))
            .form(&[("token", token), ("password", bad)])
            .send()
            .await;
        assert_eq!(answer.expect("an answer").status(), 400, "{bad}");
    }
    let chosen = [("token", token), ("password", PASSWORD)];
    let entered = browser().post(format!("{}/desk/welcome", server.url)).form(&chosen).send().await.expect("an answer");
    assert_eq!(entered.status(), 303);
    let known = cookies(&entered);
    let again = browser().post(format!("{}/desk/welcome", server.url)).form(&chosen).send().await.expect("an answer");
    assert_eq!(again.status(), 404, "a link holds once");

    let login = |cookie: &str, name: &str, password: &str| {
        let request = browser().post(&url).header("cookie", cookie).form(&[("name", name), ("password", password)]);
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    assert_eq!(login("", "anna", PASSWORD).await, 303);
    for _ in 0..10 {
        assert_eq!(login("", "anna", "wrong wrong wrong").await, 401);
    }
    assert_eq!(login("", "anna", PASSWORD).await, 429, "a stranger may go on guessing");
    assert_eq!(login(&known, "anna", PASSWORD).await, 303, "the owner is locked out");
    assert_eq!(login("", "nobody", PASSWORD).await, 401);
    let page = browser()
        .post(&url)
        .form(&[("name", "nobody"), ("password", "wrong wrong wrong")])
        .send()
        .await
        .expect("an answer");
    let page = page.text().await.expect("text");
    assert!(page.contains("账号或者密码不对") && page.contains("role=\"alert\""), "{page}");
}

#[tokio::test]
async fn offers_go_on_duty_go_past_and_tasks_get_an_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let anna = AtDesk::enter(&server, folder.path(), "anna", "admin").await;
    let chen = AtDesk::enter(&server, folder.path(), "chen", "counsellor").await;
    anna.post("/desk/team/chen", &[("skill", "taiwan"), ("capacity", "2")]).await;
    chen.post("/desk/duty", &[("to", "on")]).await;
    anna.post("/desk/duty", &[("to", "on")]).await;
    let person = Visitor::new(&server.url).await;
    say(&person, "我是台湾人，想办失业登记").await;
    say(&person, "转人工").await;
    // Offered to who knows Taiwan affairs; passed, it goes on to the other.
    let offered = async |desk: &AtDesk| {
        for _ in 0..100 {
            if desk.page("/desk").await.contains("data-offer") {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        false
    };
    assert!(offered(&chen).await, "the one with the skill is not asked");
    assert!(!anna.page("/desk").await.contains("data-offer"));
    let talk = waiting(&chen).await;
    chen.post(&format!("{talk}/pass"), &[]).await;
    assert!(offered(&anna).await, "what was passed on reaches nobody");
    // The person hears how the queue stands.
    let page = person.get("/").send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("正在等人工顾问"), "{page}");
    // A message that is left instead becomes somebody's task.
    say(&person, "取消").await;
    say(&person, "人工").await;
    let leave = person.json(&json!({ "choice": "leave" })).send().await.expect("an answer");
    assert_eq!(leave.status(), 200);
    say(&person, "公司没有给我交社保").await;
    for _ in 0..100 {
        let page = anna.page("/desk").await;
        if page.contains("要回复的留言和约好的时间（1）") && page.contains("公司没有给我交社保")
        {
            let id = page.split_once("/desk/task/").expect("a task").1.split('"').next().expect("an id").to_owned();
            anna.post(&format!("/desk/task/{id}"), &[]).await;
            assert!(anna.page("/desk").await.contains("要回复的留言和约好的时间（0）"));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the message became nobody's task");
}
