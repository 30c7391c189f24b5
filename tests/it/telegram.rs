//! Telegram against a small real server that speaks the Bot API's side.

use std::time::Duration;

use serde_json::json;

use crate::{
    house::{AtDesk, Server},
    stand_in::{Fault, Options, StandIn, thing},
};

#[tokio::test]
async fn questions_buttons_and_other_things_are_answered() {
    let stand_in = StandIn::start(Options::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let _server = Server::start(folder.path(), &stand_in.settings());
    stand_in.write(7, "失業給付可以領多久");
    let sent = stand_in.wait_for(1).await;
    let text = &sent[0].text;
    assert!(text.contains("2個月") && text.contains("來源") && text.contains("0. 找人工顧問"), "{text}");
    assert_eq!(sent[0].buttons.last(), Some(&("0. 找人工顧問".into(), "human".into())));

    stand_in.press(7, "human");
    let sent = stand_in.wait_for(2).await;
    assert!(sent[1].text.contains("登記找人工顧問"), "{}", sent[1].text);
    stand_in.send(7, &thing("photo").expect("a photo"));
    let sent = stand_in.wait_for(3).await;
    assert!(sent[2].text.contains("只看得懂文字"), "{}", sent[2].text);
    let acknowledged = stand_in.calls("answerCallbackQuery");
    assert!(acknowledged.len() == 1 && acknowledged[0].answer["ok"] == true, "{acknowledged:?}");
}

#[tokio::test]
async fn repeated_unknown_and_group_updates_do_no_harm() {
    // Every update comes twice, and with every new one an old one.
    let stand_in = StandIn::start(Options { copies: 2, again: 1000, ..Options::default() }).await;
    let folder = tempfile::tempdir().expect("a folder");
    stand_in.hand(json!({"some_future_kind": {"x": 1}}));
    stand_in.write(-5, "大家好");
    stand_in.write(8, "试用期最长多久");
    let server = Server::start(folder.path(), &stand_in.settings());
    stand_in.wait_for(1).await;
    // Killed before it has noted that this arrived, it would rightly say it again.
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill();
    let _server = Server::start(folder.path(), &stand_in.settings());
    stand_in.write(8, "谢谢");
    let sent = stand_in.wait_for(2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(stand_in.messages().len(), 2, "{sent:?}");
    assert!(sent.iter().all(|message| message.chat == 8));
}

#[tokio::test]
async fn a_refusal_is_waited_out_and_nothing_is_lost_or_swapped() {
    let stand_in = StandIn::start(Options::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    stand_in.fault("sendMessage", Fault::TooMany(1));
    stand_in.fault("sendMessage", Fault::TooMany(1));
    stand_in.write(9, "失业金能领几个月");
    stand_in.write(9, "谢谢");
    let _server = Server::start(folder.path(), &stand_in.settings());
    let sent = stand_in.wait_for(2).await;
    assert!(sent[0].text.contains("24个月") && sent[1].text.contains("不客气"), "{sent:?}");
    assert_eq!(stand_in.faults_made()["sendMessage TooMany(1)"], 2);
    assert_eq!(stand_in.too_early(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_text_is_answered_kindly_and_the_menu_is_in_the_persons_script() {
    let stand_in = StandIn::start(Options::default()).await;
    stand_in.meet(3);
    let folder = tempfile::tempdir().expect("a folder");
    let _server = Server::start(folder.path(), &stand_in.settings());
    for (i, (name, says)) in
        [("voice", "语音输入"), ("sticker", "直接写下来"), ("document", "文件打不开"), ("contact", "名片没有保存")]
            .iter()
            .enumerate()
    {
        stand_in.send(3, &thing(name).expect("a thing"));
        let sent = stand_in.wait_for(i + 1).await;
        assert!(sent[i].text.contains(says), "{}", sent[i].text);
    }
    stand_in.send(3, &json!({"location": {"latitude": 24.48, "longitude": 118.09}}));
    let sent = stand_in.wait_for(5).await;
    assert!(sent[4].text.contains("位置没有保存"), "{}", sent[4].text);
    assert!(sent[4].buttons.iter().any(|(_, data)| data == "show/service-points"), "{:?}", sent[4].buttons);
    stand_in.write(3, "/hant");
    let sent = stand_in.wait_for(6).await;
    assert!(sent[5].text.contains("之後都用這種字體"), "{}", sent[5].text);
    stand_in.write(3, "/human");
    let sent = stand_in.wait_for(7).await;
    assert!(sent[6].text.contains("登記找人工顧問"), "{}", sent[6].text);
    let own = || stand_in.commands().into_iter().find(|(scope, _)| scope.contains("\"chat\"") && scope.contains('3'));
    for _ in 0..100 {
        if own().is_some_and(|(_, menu)| menu.to_string().contains("找人工顧問")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (_, menu) = own().expect("a menu of this chat");
    assert!(menu.to_string().contains("找人工顧問") && !menu.to_string().contains("找人工顾问"), "{menu}");
    assert!(stand_in.commands().keys().any(|scope| scope.contains("default")), "{:?}", stand_in.commands());
}

#[tokio::test]
async fn groups_are_refused_and_what_cannot_be_delivered_can_be_tried_again() {
    let stand_in = StandIn::start(Options::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &stand_in.settings());
    stand_in.write(-5, "/start");
    let sent = stand_in.wait_for(1).await;
    assert!(sent[0].chat == -5 && sent[0].text.contains("私聊"), "{sent:?}");
    let anna = AtDesk::enter(&server, folder.path(), "anna", "admin").await;
    // Somebody who is not there any more when the answer comes.
    stand_in.hand(json!({"message": {"message_id": 9, "date": 1, "text": "谢谢",
        "chat": {"id": 99, "type": "private", "first_name": "x"}, "from": {"id": 99, "is_bot": false, "first_name": "x"}}}));
    let page = async |words: &str| {
        for _ in 0..100 {
            let page = anna.page("/desk/letters").await;
            if page.contains(words) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?} {}", stand_in.calls("sendMessage"), server.said());
    };
    page("chat not found").await;
    stand_in.meet(99);
    assert_eq!(anna.post("/desk/letters", &[("address", "telegram:99")]).await.status(), 303);
    let sent = stand_in.wait_for(2).await;
    assert!(sent[1].text.contains("不客气"), "{}", sent[1].text);
    page("现在没有").await;
}

#[tokio::test]
async fn who_waits_sees_the_place_change_and_that_somebody_is_writing() {
    let stand_in = StandIn::start(Options::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &stand_in.settings());
    let anna = AtDesk::enter(&server, folder.path(), "anna", "admin").await;
    anna.post("/desk/duty", &[("to", "on")]).await;
    stand_in.write(1, "人工");
    stand_in.wait_for(1).await;
    stand_in.write(2, "人工");
    let sent = stand_in.wait_for(2).await;
    assert!(sent[1].text.contains("前面还有1位") || sent[1].text.contains("下一位就是您"), "{}", sent[1].text);
    // The first is served: the second one's place changes in the message that told it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(anna.post("/desk/talk/telegram:1/take", &[]).await.status(), 303);
    anna.post("/desk/talk/telegram:1/typing", &[]).await;
    for _ in 0..200 {
        if !stand_in.calls("sendChatAction").is_empty() && !stand_in.calls("editMessageText").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stand_in.calls("sendChatAction")[0].body["action"], "typing");
    let edits = stand_in.calls("editMessageText");
    assert!(edits.iter().any(|edit| edit.body["chat_id"] == 2 && edit.answer["ok"] == true), "{edits:?}");
}

#[test]
fn a_channel_by_halves_and_a_token_that_is_refused_are_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let refused = |settings: &[(&str, &str)]| {
        let mut command = crate::house::luzhu(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
        let ended = command.envs(settings.iter().copied()).output().expect("it ends");
        assert_eq!(ended.status.code(), Some(1));
        String::from_utf8_lossy(&ended.stderr).into_owned()
    };
    let said = refused(&[("LUZHU_TELEGRAM_MODE", "webhook"), ("LUZHU_TELEGRAM_TOKEN", "1:a")]);
    assert!(said.contains("LUZHU_TELEGRAM_SECRET and LUZHU_PUBLIC_URL"), "{said}");
    assert!(refused(&[("LUZHU_TELEGRAM_SECRET", "x")]).contains("LUZHU_TELEGRAM_TOKEN"));
    let odd = [("LUZHU_TELEGRAM_TOKEN", "1:a"), ("LUZHU_TELEGRAM_SECRET", "no blanks")];
    assert!(refused(&odd).contains("A-Z, a-z, 0-9"));
    assert!(refused(&[("LUZHU_TELEGRAM_TOKEN", "nonsense")]).contains("@BotFather"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stand_in = runtime.block_on(StandIn::start(Options::default()));
    let wrong = [("LUZHU_TELEGRAM_TOKEN", "9:wrong"), stand_in.settings()[1]];
    let said = refused(&wrong);
    assert!(said.contains("refuses the token") && !said.contains("9:wrong"), "{said}");
}
