//! Telegram against a small real server that speaks the Bot API's side.

use std::time::Duration;

use serde_json::json;

use crate::{
    house::Server,
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
