//! The desk's pages: plain HTML that a keyboard and a screen reader work through in reading order.

use maud::{Markup, html};
use uuid::Uuid;

use crate::{
    channels,
    clock::{milliseconds, time_of_day},
    conversation::{Conversation, answer::Speaker, dialog, eligibility::Known, handoff::Desk},
    desk::{
        Suggestion,
        view::{Board, Open, Person},
    },
    html::{Frame, Pen, parts, time},
    library::{fact::Value, office},
    message::{Author, Script},
    store::{Counsellor, Letter, Line, Said, Way},
};

/// Who reads a page, and what it carries against forged forms.
pub(super) struct Reader<'a> {
    pub(super) pen: Pen<'a>,
    pub(super) me: &'a Counsellor,
    pub(super) csrf: &'a str,
}

impl Reader<'_> {
    fn say(&self, text: &str) -> String {
        self.pen.say(text)
    }

    /// A form that does one thing.
    fn form(&self, action: &str, inner: Markup) -> Markup {
        html! {
            form method="post" action=(action) {
                input type="hidden" name="csrf" value=(self.csrf);
                input type="hidden" name="id" value=(Uuid::now_v7());
                (inner)
            }
        }
    }

    /// A button that does one thing.
    fn button(&self, action: &str, label: &str) -> Markup {
        self.form(action, html! { button { (self.say(label)) } })
    }

    fn page(&self, title: &str, live: bool, trouble: Option<&str>, main: &Markup) -> String {
        let other = if self.pen.script == Script::Hans { Script::Hant } else { Script::Hans };
        let body = html! {
            a.skip href="#main" { (self.say("跳到正文")) }
            header {
                p.brand { (self.say("鹭助 · 顾问工作台")) }
                nav aria-label=(self.say("工作台")) {
                    a.button href="/desk" { (self.say("队列和对话")) }
                    @if self.me.role.leads() { a.button href="/desk/team" { (self.say("同事")) } a.button href="/desk/audit" { (self.say("查阅记录")) } a.button href="/desk/letters" { (self.say("没送到的")) } }
                    (self.form("/desk/script", html! { button lang=(other.tag()) { (other.pick("简体中文", "繁體中文")) } }))
                    (self.button("/desk/logout", "退出"))
                }
            }
            main #main tabindex="-1" {
                @if let Some(trouble) = trouble { p.trouble role="alert" { (self.say(trouble)) } }
                (main)
                div #now role="alert" data-failed=(self.say("没有发出去，您写的还在输入框里。请检查网络，再发一次。")) {}
            }
            div #polite.hidden role="status" aria-live="polite" {}
        };
        let live = live.then_some("/assets/desk.js");
        Frame { title: &format!("{title} · 鹭助工作台"), size: "normal", style: "/assets/desk.css", live }
            .around(&self.pen, &body)
    }
}

/// A page for somebody who is not logged in.
pub(super) fn outside(pen: &Pen<'_>, title: &str, trouble: Option<&str>, form: &Markup) -> String {
    let body = html! {
        header { p.brand { (pen.say("鹭助 · 顾问工作台")) } }
        main #main {
            h1 { (pen.say(title)) }
            @if let Some(trouble) = trouble { p.trouble role="alert" #trouble { (pen.say(trouble)) } }
            (form)
        }
    };
    Frame { title: &format!("{title} · 鹭助工作台"), size: "normal", style: "/assets/desk.css", live: None }
        .around(pen, &body)
}

/// Name and password.
pub(super) fn login(pen: &Pen<'_>, name: &str, trouble: Option<&str>) -> String {
    let form = html! {
        form method="post" action="/desk/login" {
            p { label for="name" { (pen.say("账号")) } input #name name="name" value=(name) autocomplete="username" required autofocus; }
            p { label for="password" { (pen.say("密码")) } input #password name="password" type="password" autocomplete="current-password" required aria-describedby=[trouble.map(|_| "trouble")] aria-invalid=[trouble.map(|_| "true")]; }
            button.main { (pen.say("登录")) }
        }
        p { (pen.say("忘了密码，请管理员给您一个新的链接。")) }
    };
    outside(pen, "登录", trouble, &form)
}

/// The one-time link of a new colleague: choose a password.
pub(super) fn welcome(pen: &Pen<'_>, name: &str, token: &str, trouble: Option<&str>) -> String {
    let form = html! {
        p { (pen.say(&format!("您的账号是“{name}”。请设一个至少10个字符的密码，可以是一句话。"))) }
        form method="post" action="/desk/welcome" {
            input type="hidden" name="token" value=(token);
            input type="hidden" name="username" value=(name) autocomplete="username";
            p { label for="password" { (pen.say("新密码")) } input #password name="password" type="password" autocomplete="new-password" minlength="10" maxlength="128" required autofocus aria-describedby=[trouble.map(|_| "trouble")] aria-invalid=[trouble.map(|_| "true")]; }
            button.main { (pen.say("设好并登录")) }
        }
    };
    outside(pen, "设密码", trouble, &form)
}

/// The first page: what is offered, what is mine, who waits, what is due.
pub(super) fn board(reader: &Reader<'_>, board: &Board, trouble: Option<&str>) -> String {
    let main = html! {
        h1 { (reader.say("队列和对话")) }
        (duty(reader))
        noscript { p { a.button href="/desk" { (reader.say("刷新")) } } }
        div #board { (lists(reader, board)) }
    };
    reader.page("队列和对话", true, trouble, &main)
}

fn duty(reader: &Reader<'_>) -> Markup {
    let me = reader.me;
    let (says, label, to) = match me.on_duty {
        true => ("您在班，新的请求会分给您。", "下班，不再接新的", "off"),
        false => ("您不在班，不会分到新的请求。", "上班，开始接", "on"),
    };
    html! {
        section aria-labelledby="duty" {
            h2 #duty { (reader.say(&me.shown)) }
            p { (reader.say(says)) " " (reader.say(&format!("同时最多{}个对话。", me.capacity))) }
            (reader.form("/desk/duty", html! { button name="to" value=(to) { (reader.say(label)) } }))
        }
    }
}

/// The lists of the first page, which the script puts in anew.
pub(super) fn lists(reader: &Reader<'_>, board: &Board) -> Markup {
    let name = &reader.me.name;
    let offered: Vec<_> = board.waiting.iter().filter(|person| person.offered_to.as_ref() == Some(name)).collect();
    html! {
        section aria-labelledby="offers" {
            h2 #offers { (reader.say(&format!("分给您的（{}）", offered.len()))) }
            @if offered.is_empty() { p { (reader.say("现在没有。")) } }
            ul { @for person in &offered { li data-offer=(person.address) { (waiting_line(reader, person)) (take_or_pass(reader, person)) } } }
        }
        section aria-labelledby="mine" {
            h2 #mine { (reader.say(&format!("我的对话（{}）", board.mine.len()))) }
            @if board.mine.is_empty() { p { (reader.say("现在没有。")) } }
            ul {
                @for open in &board.mine {
                    li { a href=(way(&open.address)) { (open.name) } " " (open_line(reader, open)) }
                }
            }
        }
        section aria-labelledby="waiting" {
            @let others: Vec<_> = board.waiting.iter().filter(|person| person.offered_to.as_ref() != Some(name)).collect();
            h2 #waiting { (reader.say(&format!("在等的人（{}）", others.len()))) }
            @if others.is_empty() { p { (reader.say("没有别的人在等。")) } }
            ol { @for person in others { li { (waiting_line(reader, person)) (take_or_pass(reader, person)) } } }
        }
        section aria-labelledby="tasks" {
            h2 #tasks { (reader.say(&format!("要回复的留言和约好的时间（{}）", board.tasks.len()))) }
            @if board.tasks.is_empty() { p { (reader.say("没有。")) } }
            ul {
                @for task in &board.tasks {
                    li {
                        @if task.late { strong.alarm { (reader.say("已过期：")) } }
                        (reader.say(&task.when)) " " a href=(way(&task.address)) { (task.name) } " "
                        q lang=(task.script.tag()) { (task.about) }
                        (reader.form(&format!("/desk/task/{}", task.id), html! { button { (reader.say(&format!("办完了：{}", task.name))) } }))
                    }
                }
            }
        }
        @if reader.me.role.leads() {
            section aria-labelledby="others" {
                h2 #others { (reader.say(&format!("同事的对话（{}）", board.others.len()))) }
                ul { @for open in &board.others { li { a href=(way(&open.address)) { (open.name) } " " (open_line(reader, open)) } } }
            }
        }
    }
}

fn waiting_line(reader: &Reader<'_>, person: &Person) -> Markup {
    html! {
        @if person.urgent { strong.alarm { (reader.say("危险：")) } }
        a href=(way(&person.address)) { (person.name) } " "
        (reader.say(&format!("{}，等了{}", person.reason, ago(person.waited)))) " "
        @for skill in &person.skills { span.tag { (reader.say(skill)) } " " }
        @if let Some(words) = &person.words { q lang=(person.script.tag()) { (words) } " " }
        @if let Some(to) = &person.offered_shown { span { (reader.say(&format!("正在问{to}"))) } }
    }
}

fn take_or_pass(reader: &Reader<'_>, person: &Person) -> Markup {
    let mine = person.offered_to.as_ref() == Some(&reader.me.name);
    let at = way(&person.address);
    html! {
        div.row {
            (reader.button(&format!("{at}/take"), &format!("接：{}", person.name)))
            @if mine { (reader.button(&format!("{at}/pass"), &format!("让给别人：{}", person.name))) }
        }
    }
}

fn open_line(reader: &Reader<'_>, open: &Open) -> Markup {
    html! {
        @if open.alarm { strong.alarm { (reader.say("危险：")) } }
        @if open.unread > 0 { strong { (reader.say(&format!("{}条没读", open.unread))) } " " }
        (reader.say(&match open.waits { Some(since) => format!("等您回复{}", ago(since)), None => "您已回复".to_owned() }))
        @if let Some(by) = &open.by { " " (reader.say(&format!("顾问：{by}"))) }
        @if let Some(words) = &open.words { " " q lang=(open.script.tag()) { (words) } }
    }
}

/// Everything about one conversation on one page.
pub(super) struct Whole<'a> {
    pub(super) name: String,
    pub(super) address: &'a crate::message::Address,
    pub(super) conversation: &'a Conversation,
    pub(super) desk: Desk,
    pub(super) lines: &'a [Line],
    pub(super) undelivered: &'a [(i64, String)],
    pub(super) notes: &'a [crate::store::NoteRow],
    pub(super) labels: &'a [String],
    pub(super) earlier: &'a [crate::store::Earlier],
    pub(super) colleagues: &'a [Counsellor],
    pub(super) questions: Vec<&'a str>,
    pub(super) suggestions: Vec<Suggestion>,
    pub(super) draft: String,
}

impl Whole<'_> {
    fn at(&self) -> String {
        way(self.address)
    }

    fn is_mine(&self, reader: &Reader<'_>) -> bool {
        self.conversation.talk.as_ref().is_some_and(|talk| talk.by.name == reader.me.name)
    }
}

/// One conversation.
pub(super) fn talk(reader: &Reader<'_>, whole: &Whole<'_>, trouble: Option<&str>) -> String {
    let mine = whole.is_mine(reader);
    let main = html! {
        h1 { (reader.say(&format!("和{}的对话", whole.name))) }
        a.skip href="#facts" { (reader.say("跳到已经知道的")) }
        @if mine { a.skip href="#say" { (reader.say("跳到回复")) } }
        (speaking(reader, whole))
        div.columns {
            div.talk {
                section aria-labelledby="log-title" {
                    h2 #log-title { (reader.say("对话")) }
                    div #log role="log" aria-live="off" aria-labelledby="log-title" tabindex="0"
                        data-address=(whole.address) data-last=(whole.lines.last().map_or(0, |line| line.seq)) {
                        (lines(reader, whole.lines, whole.undelivered))
                        div #end {}
                    }
                }
                @if mine { (composer(reader, whole)) div #together data-fresh { (guide(reader, whole)) } (closing(reader, whole)) }
            }
            aside aria-label=(reader.say("已经知道的")) {
                div #facts tabindex="-1" data-fresh { (known(reader, whole)) (proofs(reader, whole)) (told_sources(reader, whole)) }
                (notes(reader, whole))
                (past(reader, whole))
            }
        }
    };
    reader.page(&whole.name, true, trouble, &main)
}

/// Who speaks, why, for how long; and what one can do about it.
fn speaking(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let (at, conversation) = (whole.at(), whole.conversation);
    let me = reader.me;
    html! {
        section #speaking data-fresh aria-labelledby="speaking-title" {
            h2 #speaking-title { (reader.say("谁在说")) }
            @match (&conversation.talk, &conversation.request) {
                (Some(talk), _) => {
                    @if talk.alarm { p.trouble { (reader.say("对方说过有危险的话。先确认人是否安全，必要时拨打 110 或 120。")) } }
                    p { (reader.say(&format!("现在由{}说，鹭助不插话。", talk.by.shown))) }
                    @if let Some(request) = &talk.request { p { (reader.say(&format!("转来的原因：{}", super::view::reason(request.reason.name())))) } }
                    @if !talk.joined.is_empty() {
                        p { (reader.say(&format!("一起看的组长：{}", talk.joined.iter().map(|staff| staff.shown.as_str()).collect::<Vec<_>>().join("、")))) }
                    }
                    @if talk.by.name != me.name && me.role.leads() {
                        (reader.button(&format!("{at}/join"), "加入，一起看"))
                        (reader.button(&format!("{at}/take"), "由我接过来"))
                    }
                }
                (None, Some(request)) => {
                    p { (reader.say(&format!("在等顾问，原因：{}。现在鹭助还在回答。", super::view::reason(request.reason.name())))) }
                    (reader.button(&format!("{at}/take"), "接这个对话"))
                }
                (None, None) => {
                    p { (reader.say("现在由鹭助回答，没有在等顾问。")) }
                    (reader.button(&format!("{at}/take"), "由我来说"))
                }
            }
        }
    }
}

/// Lines of the transcript: the reader's script, and the original where it differs.
pub(super) fn lines(reader: &Reader<'_>, lines: &[Line], undelivered: &[(i64, String)]) -> Markup {
    html! { @for line in lines { (article(reader, line, undelivered)) } }
}

fn article(reader: &Reader<'_>, line: &Line, undelivered: &[(i64, String)]) -> Markup {
    let pen = &reader.pen;
    let (class, who) = match (line.author, &line.said) {
        (Author::You, _) => ("you", reader.say("对方")),
        (Author::Assistant, _) => ("assistant", reader.say("鹭助")),
        (Author::Counsellor, Said::Message(message)) => {
            ("counsellor", in_script(pen, message.by.as_deref().unwrap_or("顾问")))
        }
        (Author::Counsellor, _) => ("counsellor", reader.say("顾问")),
    };
    let state = undelivered.iter().find(|(seq, _)| *seq == line.seq).map(|(_, state)| match state.as_str() {
        "cancelled" => "没有发出：顾问先接手了",
        "dead" => "送不到",
        _ => "正在送",
    });
    html! {
        article class=(class) data-seq=(line.seq) {
            h3 { (who) " " (time(pen, line.at)) }
            @match &line.said {
                Said::Words { text, script } => {
                    @let read = pen.library.language.in_script(text, pen.script);
                    p lang=(pen.script.tag()) { (read) }
                    @if read != *text { details { summary { (reader.say("原文")) } p lang=(script.tag()) { (text) } } }
                }
                Said::Message(message) => div lang=(message.script.tag()) { (parts(message)) }
            }
            @if let Some(state) = state { p.state { (reader.say(state)) } }
        }
    }
}

fn composer(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let at = whole.at();
    let insert = |number: usize, suggestion: &Suggestion| {
        html! {
            li {
                a.button href={ (at) "?insert=" (suggestion.id) "#say" } data-insert=(suggestion.text) accesskey=[(number < 9).then(|| (number + 1).to_string())] {
                    (reader.say(&if number < 9 { format!("插入{}：{}", number + 1, suggestion.title) } else { format!("插入：{}", suggestion.title) }))
                }
                @if suggestion.stale { " " strong.alarm { (reader.say("依据更新过，先核对")) } }
            }
        }
    };
    let (found, canned): (Vec<_>, Vec<_>) = whole.suggestions.iter().partition(|suggestion| !suggestion.canned);
    html! {
        section aria-labelledby="say-title" {
            h2 #say-title { (reader.say("回复")) }
            (reader.form(&format!("{at}/say"), html! {
                label for="say" { (reader.say("写给对方；用哪种字都行，对方看到的是自己的字")) }
                textarea #say name="text" rows="3" required data-typing={ (at) "/typing" } { (whole.draft) }
                p.hint { (reader.say("Ctrl+回车发送；Alt+数字插入建议。")) }
                button.main { (reader.say("发送")) }
            }))
            div #suggestions data-fresh {
                @if !found.is_empty() {
                    h3 { (reader.say("从知识里找到的答案")) }
                    ol { @for (number, suggestion) in found.iter().enumerate() { (insert(number, suggestion)) } }
                }
            }
            details {
                summary { (reader.say("常用语")) }
                ul { @for suggestion in &canned { (insert(9, suggestion)) } }
            }
        }
    }
}

/// A procedure gone through together.
fn guide(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let (at, library) = (whole.at(), reader.pen.library);
    let place = dialog::place(library, whole.conversation, whole.desk.now.date());
    let guided = whole.conversation.talk.as_ref().is_some_and(|talk| talk.guided);
    html! {
        section aria-labelledby="guide-title" {
            h2 #guide-title { (reader.say("一起办")) }
            @if let Some((flow, walk)) = &place {
                @let key = whole.conversation.tasks.last().and_then(|task| dialog::question(task, walk));
                @let fact = key.and_then(|key| library.facts.get(key));
                p { (reader.say(&format!("“{}”{}", flow.title, fact.map_or(String::new(), |fact| format!("，问到：{}", fact.name))))) }
                @if guided {
                    (reader.form(&format!("{at}/fill"), html! {
                        @if let (Some(fact), Some(key)) = (fact, key) {
                            p { (reader.say(&fact.ask)) }
                            @for option in &fact.options { button name="choice" value={ "answer/" (key) "/" (option.id) } { (reader.say(&option.label)) } " " }
                        }
                        label for="fill" { (reader.say("替对方填这一题")) }
                        input #fill name="text" autocomplete="off";
                        button { (reader.say("填上")) }
                    }))
                    (reader.button(&format!("{at}/unguide"), "先放一放"))
                } @else {
                    (reader.form(&format!("{at}/guide"), html! { input type="hidden" name="flow" value=(flow.id); button { (reader.say("接着一起办")) } }))
                }
            }
            (reader.form(&format!("{at}/guide"), html! {
                label for="flow" { (reader.say("开始一项办理，问题会发给对方")) }
                select #flow name="flow" {
                    @for flow in library.flows.iter().filter(|flow| !flow.only_weighs()) { option value=(flow.id) { (reader.say(&flow.title)) } }
                }
                button { (reader.say("开始")) }
            }))
        }
    }
}

fn closing(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let at = whole.at();
    let library = reader.pen.library;
    html! {
        section aria-labelledby="close-title" {
            h2 #close-title { (reader.say("结束或转交")) }
            (reader.form(&format!("{at}/close"), html! {
                label for="ending" { (reader.say("结果")) }
                select #ending name="ending" {
                    option value="answered" { (reader.say("问清楚了")) }
                    option value="referred" { (reader.say("请对方去窗口办")) }
                    option value="followup" { (reader.say("之后还要再联系")) }
                    option value="silent" { (reader.say("对方没有再回复")) }
                }
                button { (reader.say("结束对话")) }
            }))
            (reader.form(&format!("{at}/transfer"), html! {
                label for="to" { (reader.say("转给")) }
                select #to name="to" {
                    option value="" { (reader.say("合适的人")) }
                    @for other in whole.colleagues.iter().filter(|other| other.name != reader.me.name && other.is_active()) {
                        option value=(other.name) { (reader.say(&other.shown)) (reader.say(if other.on_duty { "" } else { "（不在班）" })) }
                    }
                }
                label for="skill" { (reader.say("要懂")) }
                select #skill name="skill" {
                    option value="" { (reader.say("和原来一样")) }
                    @for skill in &library.office.skills { option value=(skill.id) { (reader.say(&skill.name)) } }
                }
                label for="why" { (reader.say("给同事的话（对方看不到）")) }
                input #why name="note" autocomplete="off" required;
                button { (reader.say("转交")) }
            }))
            (reader.button(&format!("{at}/return"), "交回给鹭助"))
        }
    }
}

/// What the person told, how we know it, where they stand.
fn known(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let (library, conversation) = (reader.pen.library, whole.conversation);
    let today = whole.desk.now.date();
    let how = |key: &str| {
        let task = conversation
            .tasks
            .iter()
            .chain(&conversation.left)
            .find(|task| task.answered.iter().any(|other| other == key));
        let flow = task.and_then(|task| library.flow(&task.flow));
        flow.map_or("话里说到".to_owned(), |flow| format!("办“{}”时答的", flow.title))
    };
    let told: Vec<_> =
        conversation.told.iter().filter_map(|(key, value)| Some((key, library.facts.get(key)?, value))).collect();
    html! {
        section aria-labelledby="known-title" {
            h2 #known-title { (reader.say("已经知道的")) }
            p { (reader.say(&format!("看{}，从{}来。", if conversation.script == Script::Hans { "简体" } else { "繁体" }, channels::shown(&whole.address.channel)))) }
            @if let Some(place) = dialog::place(library, conversation, today) { p { (reader.say(&format!("正在办：{}", place.0.title))) } }
            @if !whole.questions.is_empty() {
                h3 { (reader.say("问过的")) }
                ul { @for words in &whole.questions { li { (reader.pen.library.language.in_script(words, reader.pen.script)) } } }
            }
            h3 { (reader.say("说过的情况")) }
            @if told.is_empty() { p { (reader.say("还没有。")) } }
            dl {
                @for (key, fact, value) in told {
                    dt { (reader.say(&fact.name)) }
                    dd {
                        (reader.say(&match value { Value::Unsure => "不确定".to_owned(), Value::Skipped => "跳过没答".to_owned(), other => fact.value_words(other) }))
                        " " small { (reader.say(&how(key))) }
                    }
                }
            }
        }
    }
}

/// The eligibility results with their proof, as they were weighed.
fn proofs(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let (library, pen) = (reader.pen.library, &reader.pen);
    html! {
        @if !whole.conversation.results.is_empty() {
            section aria-labelledby="proofs-title" {
                h2 #proofs-title { (reader.say("资格判断和依据")) }
                @for result in &whole.conversation.results {
                    @if let Some(scheme) = library.scheme(&result.scheme) {
                        @let speaker = Speaker { library, script: pen.script, today: result.on, desk: whole.desk };
                        @let outcome = Known { library, told: &result.facts, day: result.on }.weigh(scheme);
                        details {
                            summary { (reader.say(&format!("{}：{}（{}）", scheme.title, crate::conversation::eligibility::in_words(result.verdict), result.on))) }
                            (parts(&speaker.outcomes(&[outcome])))
                        }
                    }
                }
            }
        }
    }
}

/// The sources that the person was shown already.
fn told_sources(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let mut lines: Vec<String> = whole
        .lines
        .iter()
        .filter_map(|line| match &line.said {
            Said::Message(message) => message.source_line(),
            Said::Words { .. } => None,
        })
        .collect();
    lines.dedup();
    html! {
        @if !lines.is_empty() {
            section aria-labelledby="sources-title" {
                h2 #sources-title { (reader.say("给对方看过的出处")) }
                ul { @for line in &lines { li { (reader.pen.library.language.in_script(line, reader.pen.script)) } } }
            }
        }
    }
}

fn notes(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let at = whole.at();
    html! {
        section aria-labelledby="notes-title" {
            h2 #notes-title { (reader.say("内部备注和标签")) }
            @for note in whole.notes { p { (in_script(&reader.pen, &note.by)) " " (time(&reader.pen, note.at)) "：" (in_script(&reader.pen, &note.body)) } }
            (reader.form(&format!("{at}/note"), html! {
                label for="note" { (reader.say("写备注（对方看不到）")) }
                input #note name="text" autocomplete="off" required;
                button { (reader.say("记下")) }
            }))
            @if !whole.labels.is_empty() {
                ul { @for label in whole.labels { li { (in_script(&reader.pen, label)) " " (reader.form(&format!("{at}/label"), html! { button name="label" value=(label) { (reader.say(&format!("去掉：{label}"))) } })) } } }
            }
            (reader.form(&format!("{at}/label"), html! {
                label for="label" { (reader.say("加标签")) }
                input #label name="label" autocomplete="off" maxlength="20" required;
                button { (reader.say("加上")) }
            }))
        }
    }
}

fn past(reader: &Reader<'_>, whole: &Whole<'_>) -> Markup {
    let date = |at: i64| time_of_day(at).0.to_string();
    html! {
        @let earlier: Vec<_> = whole.earlier.iter().filter(|talk| talk.ending.is_some()).collect();
        @if !earlier.is_empty() {
            section aria-labelledby="past-title" {
                h2 #past-title { (reader.say("以前找过顾问")) }
                ul {
                    @for talk in earlier {
                        li {
                            (date(talk.asked_at)) " " (reader.say(super::view::reason(&talk.reason)))
                            @if let Some(by) = &talk.by { " " (reader.say(whole.colleagues.iter().find(|one| one.name == *by).map_or(by, |one| &one.shown))) }
                            " " (reader.say(talk.ending.as_deref().map_or("", super::view::ending)))
                            @if let Some(rated) = talk.rated { " " (reader.say(if rated { "对方说帮到了" } else { "对方说没帮到" })) }
                        }
                    }
                }
            }
        }
    }
}

/// Colleagues: who they are, what they can do; invitations.
pub(super) fn team(
    reader: &Reader<'_>,
    colleagues: &[Counsellor],
    link: Option<&str>,
    trouble: Option<&str>,
) -> String {
    let library = reader.pen.library;
    let admin = reader.me.role.is_admin();
    let main = html! {
        h1 { (reader.say("同事")) }
        @if let Some(link) = link {
            p.good role="status" { (reader.say("把这个链接交给本人，24小时内用一次：")) " " code { (link) } }
        }
        @for one in colleagues {
            section aria-label=(one.shown) {
                h2 { (reader.say(&one.shown)) " " small { (one.name) " " (reader.say(one.role.title())) } }
                p { (reader.say(if !one.is_active() { "已停用" } else if one.on_duty { "在班" } else { "不在班" })) }
                (reader.form(&format!("/desk/team/{}", one.name), html! {
                    fieldset {
                        legend { (reader.say("懂什么")) }
                        @for skill in &library.office.skills {
                            label.inline { input type="checkbox" name="skill" value=(skill.id) checked[one.skills.contains(&skill.id)]; " " (reader.say(&skill.name)) }
                        }
                    }
                    label for={ "capacity-" (one.name) } { (reader.say("同时最多几个对话")) }
                    input id={ "capacity-" (one.name) } name="capacity" type="number" min="0" max="20" value=(one.capacity);
                    button { (reader.say(&format!("保存：{}", one.shown))) }
                }))
                @if admin && one.name != reader.me.name {
                    (reader.button(&format!("/desk/team/{}/{}", one.name, if one.is_active() { "disable" } else { "enable" }), &format!("{}：{}", if one.is_active() { "停用" } else { "恢复" }, one.shown)))
                    (reader.button(&format!("/desk/team/{}/invite", one.name), &format!("给新密码链接：{}", one.shown)))
                }
            }
        }
        @if admin {
            section aria-labelledby="add-title" {
                h2 #add-title { (reader.say("加一位同事")) }
                (reader.form("/desk/team", html! {
                    p { label for="new-name" { (reader.say("账号（小写字母和数字）")) } input #new-name name="name" pattern="[a-z][a-z0-9_-]{1,30}" required autocomplete="off"; }
                    p { label for="new-shown" { (reader.say("对方看到的称呼，比如：陈顾问")) } input #new-shown name="shown" required autocomplete="off"; }
                    p { label for="new-role" { (reader.say("身份")) } select #new-role name="role" {
                        option value="counsellor" { (reader.say("顾问")) } option value="lead" { (reader.say("组长")) } option value="admin" { (reader.say("管理员")) }
                    } }
                    button.main { (reader.say("加上")) }
                }))
            }
        }
    };
    reader.page("同事", false, trouble, &main)
}

/// Who looked at what.
pub(super) fn audit(reader: &Reader<'_>, lines: &[crate::store::AuditLine]) -> String {
    let main = html! {
        h1 { (reader.say("查阅记录")) }
        p { (reader.say("谁在什么时候看过、做过什么，一条接一条，改动会被发现：在服务器上运行 luzhu audit verify 核对。")) }
        table {
            thead { tr { th scope="col" { (reader.say("序号")) } th scope="col" { (reader.say("时间")) } th scope="col" { (reader.say("谁")) } th scope="col" { (reader.say("做了什么")) } th scope="col" { (reader.say("对谁")) } } }
            tbody {
                @for line in lines {
                    tr { td { (line.seq) } td { (time_of_day(line.at).0) " " (time(&reader.pen, line.at)) } td { (line.actor) } td { (reader.say(super::view::deed(&line.action))) } td { (super::view::object(&line.object)) } }
                }
            }
        }
    };
    reader.page("查阅记录", false, None, &main)
}

/// What could not be read or delivered. What came in is shown by `luzhu letters --show` only.
pub(super) fn letters(reader: &Reader<'_>, letters: &[Letter]) -> String {
    let main = html! {
        h1 { (reader.say("没送到的")) }
        p { (reader.say("发不出去的消息，和收到了但看不懂的消息。看不懂的原文在服务器上运行 luzhu letters --show 查看。")) }
        @if letters.is_empty() { p { (reader.say("现在没有。")) } } @else {
            table {
                thead { tr { th scope="col" { (reader.say("时间")) } th scope="col" { (reader.say("哪一条")) } th scope="col" { (reader.say("原因")) } th scope="col" { (reader.say("可以做的")) } } }
                tbody {
                    @for letter in letters {
                        tr {
                            td { (time_of_day(letter.at).0) " " (time(&reader.pen, letter.at)) }
                            td { (reader.say(if letter.way == Way::Out { "发给 " } else { "来自 " })) (super::view::object(&letter.place)) (reader.say(&format!("，第{}条", letter.id))) }
                            td { (letter.why) }
                            td { @if letter.way == Way::Out { (reader.form("/desk/letters", html! { input type="hidden" name="address" value=(letter.place); button aria-label=(reader.say(&format!("再发一次：第{}条", letter.id))) { (reader.say("再发一次")) } })) } }
                        }
                    }
                }
            }
        }
    };
    reader.page("没送到的", false, None, &main)
}

/// What somebody wrote, in the reader's script.
fn in_script(pen: &Pen<'_>, text: &str) -> String {
    pen.library.language.in_script(text, pen.script)
}

/// The address of a conversation's page.
pub(super) fn way(address: &crate::message::Address) -> String {
    let encoded: String = form_urlencoded::byte_serialize(address.to_string().as_bytes()).collect();
    format!("/desk/talk/{encoded}")
}

/// How long ago, in words.
pub(super) fn ago(milliseconds: i64) -> String {
    match milliseconds / 60_000 {
        0 => "不到1分钟".into(),
        minutes @ 1..=119 => format!("{minutes}分钟"),
        minutes => format!("{}小时", minutes / 60),
    }
}

/// When something is due, as one says it.
pub(super) fn when(from: i64, due: i64, now: chrono::NaiveDateTime) -> String {
    let local = |at: i64| {
        let (day, time) = time_of_day(at);
        day.and_time(time)
    };
    match from > milliseconds(now) {
        true => office::say_slot((local(from), local(due)), now),
        false => format!("最晚{}", office::say(local(due), now)),
    }
}
