//! The page, written by the server. Everything works by forms; the script only makes it live.

use axum::http::{HeaderMap, header};
use chrono::NaiveDate;
use maud::{Markup, html};
use uuid::Uuid;

use crate::{
    channels::web::input::Refused,
    conversation::{
        Conversation,
        answer::Speaker,
        dialog,
        handoff::{self, Desk},
        wording,
    },
    html::{Frame, Pen, parts, time},
    library::Library,
    message::{Act, Author, Script},
    store::{Line, Said},
};

/// The size of letters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Size {
    Normal,
    Large,
}

impl Size {
    pub(super) fn named(name: &str) -> Self {
        if name == "large" { Self::Large } else { Self::Normal }
    }

    pub(super) fn name(self) -> &'static str {
        if self == Self::Large { "large" } else { "normal" }
    }

    fn other(self) -> Self {
        if self == Self::Large { Self::Normal } else { Self::Large }
    }
}

/// The script that a browser asks for, before a person has written anything.
pub(super) fn script_of(headers: &HeaderMap) -> Script {
    let languages = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|languages| languages.to_str().ok())
        .unwrap_or_default()
        .to_lowercase();
    let first = languages.split(',').next().unwrap_or_default();
    let hant = ["zh-tw", "zh-hk", "zh-mo", "zh-hant"].iter().any(|tag| first.starts_with(tag));
    if hant { Script::Hant } else { Script::Hans }
}

/// The whole page.
pub(super) fn whole(
    library: &Library,
    conversation: &Conversation,
    desk: &Desk,
    lines: &[Line],
    trouble: Option<&Refused>,
    size: Size,
) -> String {
    let pen = Pen { library, script: conversation.script };
    let last = lines.last().map_or(0, |line| line.seq);
    let body = html! {
        a.skip href="#composer" { (pen.say("跳到输入框")) }
        (head(&pen, size))
        main {
            section #log role="log" aria-live="off" aria-labelledby="title" tabindex="0" data-last=(last) {
                (welcome(&pen))
                (articles(&pen, lines))
                div #end {}
            }
            @if let Some(trouble) = trouble {
                p.trouble role="alert" { (pen.say(trouble.says)) }
            }
            (status(&pen, conversation, desk))
            (options(&pen, lines.last()))
            (composer(&pen, trouble.map_or("", |trouble| &trouble.draft)))
        }
        (foot(&pen))
        div #polite.hidden role="status" aria-live="polite" {}
        div #now.hidden role="alert" data-failed=(pen.say("没有发出去，您写的还在输入框里。请检查网络，再按一次发送。")) data-sending=(pen.say("正在查，请稍等。")) {}
    };
    frame("鹭助 · 厦门就业服务助手", size, Some("/assets/chat.js")).around(&pen, &body)
}

/// What the last procedure came to, to be printed and shown at a counter.
pub(super) fn summary(library: &Library, conversation: &Conversation, today: NaiveDate, size: Size) -> String {
    let pen = Pen { library, script: conversation.script };
    let speaker = Speaker { library, script: conversation.script, today, desk: Desk::default() };
    let report = dialog::report(&speaker, conversation);
    let body = html! {
        header { h1 { (pen.say("办理小结")) } nav aria-label=(pen.say("返回")) { a.button href="/#end" { (pen.say("回到对话")) } } }
        main {
            @if report.is_empty() {
                p { (pen.say(wording::NOTHING_TOLD)) }
            } @else {
                @for message in &report {
                    section.report lang=(message.script.tag()) { (parts(message)) }
                }
                p.print { (pen.say("要打印这一页，请用浏览器的“打印”。")) }
            }
        }
        (foot(&pen))
    };
    frame("办理小结 · 鹭助", size, None).around(&pen, &body)
}

fn frame<'a>(title: &'a str, size: Size, live: Option<&'a str>) -> Frame<'a> {
    Frame { title, size: size.name(), style: "/assets/chat.css", live }
}

/// Lines for the script to put in, and the options that now stand below them.
pub(super) fn fragment(library: &Library, lines: &[Line], conversation: &Conversation, desk: &Desk) -> String {
    let pen = Pen { library, script: conversation.script };
    html! { (articles(&pen, lines)) (status(&pen, conversation, desk)) (options(&pen, lines.last())) }.into_string()
}

/// Whom the person speaks with, or how long it takes until a counsellor comes.
fn status(pen: &Pen<'_>, conversation: &Conversation, desk: &Desk) -> Markup {
    let says = handoff::status(pen.library, conversation, desk);
    html! {
        div #status role="group" aria-label=(pen.say("人工顾问")) {
            @if let Some(says) = &says {
                p { (pen.say(says)) }
                p #typing hidden data-says=(pen.say("顾问正在输入…")) {}
                @if conversation.talk.is_some() {
                    (button_form(&Act::Return, &pen.say(wording::PART), pen.script))
                } @else {
                    (button_form(&Act::Withdraw, &pen.say(wording::WITHDRAW), pen.script))
                }
            }
        }
    }
}

/// The same order on every page: title, a person, letters, script.
fn head(pen: &Pen<'_>, size: Size) -> Markup {
    let other = if pen.script == Script::Hans { Script::Hant } else { Script::Hans };
    html! {
        header {
            h1 #title { (pen.say("鹭助")) small { (pen.say("厦门就业服务助手")) } }
            nav aria-label=(pen.say("设置")) {
                (button_form(&Act::Human, &pen.say("找人工顾问"), pen.script))
                a.button href="/chat/summary" { (pen.say("办理小结")) }
                a.button href={ "/?size=" (size.other().name()) } { (pen.say(if size == Size::Large { "标准字" } else { "大字" })) }
                (button_form(&Act::Write(other), other.pick("简体中文", "繁體中文"), other))
            }
        }
    }
}

fn button_form(act: &Act, label: &str, script: Script) -> Markup {
    html! {
        form method="post" action="/chat/messages" data-live {
            input type="hidden" name="id" value=(Uuid::now_v7());
            button name="choice" value=(act) lang=(script.tag()) { (label) }
        }
    }
}

fn welcome(pen: &Pen<'_>) -> Markup {
    html! {
        article.assistant lang=(pen.script.tag()) {
            h2 { (pen.say("鹭助")) }
            p { (pen.say("您好，我是鹭助，一个程序。失业登记、失业金、就业政策、劳动权益，都可以直接问我，每条回答都写明出处和日期。")) }
            p { (pen.say("比如问：失业金能领几个月？要办事就说：我要办失业登记。想知道能领什么就说：我能享受什么政策？")) }
            p { (pen.say("请不要发身份证、银行卡号码，这里用不到。")) }
        }
    }
}

fn articles(pen: &Pen<'_>, lines: &[Line]) -> Markup {
    html! { @for line in lines { (article(pen, line)) } }
}

fn article(pen: &Pen<'_>, line: &Line) -> Markup {
    let name = match &line.said {
        Said::Message(message) => message.by.as_deref(),
        Said::Words { .. } => None,
    };
    let who = match line.author {
        Author::You => pen.say("您"),
        Author::Assistant => pen.say("鹭助"),
        Author::Counsellor => format!("{} {}", pen.say("人工顾问"), name.unwrap_or_default()),
    };
    let class = match line.author {
        Author::You => "you",
        Author::Assistant => "assistant",
        Author::Counsellor => "counsellor",
    };
    let script = match &line.said {
        Said::Message(message) => message.script,
        Said::Words { text, script } => pen.library.language.script_of(text).unwrap_or(*script),
    };
    html! {
        article class=(class) lang=(script.tag()) data-seq=(line.seq) {
            h2 { (who) " " (time(pen, line.at)) }
            @match &line.said {
                Said::Words { text, .. } => p { (text) },
                Said::Message(message) => (parts(message)),
            }
        }
    }
}

fn options(pen: &Pen<'_>, last: Option<&Line>) -> Markup {
    let choices = match last.map(|line| &line.said) {
        Some(Said::Message(message)) => message.choices.as_slice(),
        _ => &[],
    };
    html! {
        div #options role="group" aria-label=(pen.say("可以选择")) {
            @for choice in choices {
                (button_form(&choice.act, &format!("{}. {}", choice.key, choice.label), pen.script))
            }
        }
    }
}

fn composer(pen: &Pen<'_>, draft: &str) -> Markup {
    html! {
        form #write method="post" action="/chat/messages" data-live {
            input type="hidden" name="id" value=(Uuid::now_v7());
            label for="composer" { (pen.say("写下您想问的")) }
            div.row {
                textarea #composer name="text" rows="2" required autocomplete="off" { (draft) }
                button.send { (pen.say("发送")) }
            }
        }
    }
}

fn foot(pen: &Pen<'_>) -> Markup {
    html! {
        footer {
            p { (pen.say("回答只供参考，结果由经办机构核定。政策咨询 12333，政务热线 12345，心理援助 12356。")) }
        }
    }
}
