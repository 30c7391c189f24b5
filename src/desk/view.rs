//! What the desk shows, gathered from the store.

use anyhow::Result;

use crate::{
    channels,
    conversation::{Conversation, answer::Speaker, state::Reason},
    desk::{Suggestion, page},
    inbox::Inbox,
    library::Subject,
    message::{Address, Ending, Kind, Script},
    store::{Counsellor, Line, Mine, Queued, Said},
};

/// Suggestions under a conversation.
const SUGGESTIONS: usize = 3;

/// The first page.
pub(super) struct Board {
    pub(super) waiting: Vec<Person>,
    pub(super) mine: Vec<Open>,
    /// Colleagues' conversations; only leads see them.
    pub(super) others: Vec<Open>,
    pub(super) tasks: Vec<Due>,
}

/// Somebody who waits.
pub(super) struct Person {
    pub(super) address: Address,
    pub(super) name: String,
    pub(super) urgent: bool,
    pub(super) reason: &'static str,
    pub(super) waited: i64,
    pub(super) skills: Vec<String>,
    pub(super) words: Option<String>,
    pub(super) script: Script,
    pub(super) offered_to: Option<String>,
    pub(super) offered_shown: Option<String>,
}

/// A conversation that somebody holds.
pub(super) struct Open {
    pub(super) address: Address,
    pub(super) name: String,
    pub(super) by: Option<String>,
    pub(super) alarm: bool,
    pub(super) unread: usize,
    pub(super) waits: Option<i64>,
    pub(super) words: Option<String>,
    pub(super) script: Script,
}

/// Somebody is to be written to.
pub(super) struct Due {
    pub(super) id: String,
    pub(super) address: Address,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) when: String,
    pub(super) late: bool,
    pub(super) script: Script,
}

/// A short name for somebody whose name we do not know: the beginning of their address.
pub(super) fn name_of(address: &Address) -> String {
    let id: String = address.id.chars().take(6).collect();
    format!("{}访客{id}", channels::shown(&address.channel))
}

/// Everything on the first page.
pub(super) async fn board(inbox: &Inbox, me: &Counsellor, script: Script) -> Result<Board> {
    let (store, now) = (inbox.store(), inbox.clock().now());
    let colleagues = store.counsellors().await?;
    let shown =
        |name: &str| colleagues.iter().find(|one| one.name == name).map_or(name.to_owned(), |one| one.shown.clone());
    let mut board = Board { waiting: vec![], mine: vec![], others: vec![], tasks: vec![] };
    for queued in store.queued().await? {
        let words = last_words(inbox, &queued.address, script).await?;
        board.waiting.push(person(inbox, queued, words, script, now, &shown));
    }
    for held in store.held(None).await? {
        let mine = held.owner == me.name;
        if !mine && !me.role.leads() {
            continue;
        }
        let by = (!mine).then(|| shown(&held.owner));
        let open = open(inbox, held, by, script, now).await?;
        if mine { board.mine.push(open) } else { board.others.push(open) }
    }
    let local = inbox.clock().local_time();
    for task in store.tasks().await?.into_iter().filter(|task| me.role.leads() || task.owner.as_ref() == Some(&me.name))
    {
        board.tasks.push(Due {
            name: name_of(&task.address),
            about: inbox.library().language.in_script(&task.about, script),
            when: page::when(task.from, task.due, local),
            late: task.due < now,
            id: task.id,
            address: task.address,
            script,
        });
    }
    Ok(board)
}

fn person(
    inbox: &Inbox,
    queued: Queued,
    words: Option<String>,
    script: Script,
    now: i64,
    shown: &dyn Fn(&str) -> String,
) -> Person {
    let office = &inbox.library().office;
    let skills = queued.wants.skills.iter().filter_map(|id| Some(office.skill(id)?.name.clone()));
    Person {
        name: name_of(&queued.address),
        urgent: queued.reason == Reason::Crisis.name(),
        reason: reason(&queued.reason),
        waited: now - queued.since,
        skills: skills.collect(),
        words,
        script,
        offered_shown: queued.offered.as_ref().map(|(to, _)| shown(to)),
        offered_to: queued.offered.map(|(to, _)| to),
        address: queued.address,
    }
}

async fn open(inbox: &Inbox, held: Mine, by: Option<String>, script: Script, now: i64) -> Result<Open> {
    let store = inbox.store();
    let unread = store.transcript(&held.address, held.read_seq, 100).await?;
    let alarm = store.load(&held.address).await?.conversation.talk.is_some_and(|talk| talk.alarm);
    Ok(Open {
        name: name_of(&held.address),
        by,
        alarm,
        unread: unread.iter().filter(|line| line.author == crate::message::Author::You).count(),
        waits: (held.heard_at > held.said_at).then(|| now - held.heard_at),
        words: last_words(inbox, &held.address, script).await?,
        script,
        address: held.address,
    })
}

/// The person's last words, short, in the reader's script.
async fn last_words(inbox: &Inbox, address: &Address, script: Script) -> Result<Option<String>> {
    let Some(Line { said: Said::Words { text, .. }, .. }) = inbox.store().last_heard(address).await? else {
        return Ok(None);
    };
    let text = inbox.library().language.in_script(&text, script);
    Ok(Some(text.chars().take(60).collect()))
}

/// What may be said next: answers to the person's last words, and what is kept ready. Written in
/// simplified; the person reads their own script.
pub(super) fn suggestions(inbox: &Inbox, conversation: &Conversation) -> Vec<Suggestion> {
    let library = inbox.library();
    let today = inbox.today();
    let speaker = Speaker { library: &library, script: Script::Hans, today, desk: inbox.desk(&Address::new("", "")) };
    let question = questions(inbox, conversation).last().map(|words| library.language.fold(words)).unwrap_or_default();
    let findings = if question.is_empty() { vec![] } else { library.find(&question).1.findings };
    let found = findings.iter().filter_map(|finding| match library.subject(finding) {
        Subject::Article(article) => {
            let message = speaker.answer(article, Some(finding));
            let text =
                [Some(message.body()), message.source_line()].into_iter().flatten().collect::<Vec<_>>().join("\n");
            Some(Suggestion {
                id: article.id.clone(),
                title: article.title.clone(),
                text,
                canned: false,
                stale: article.review_by < today,
            })
        }
        Subject::Elsewhere(_) => None,
    });
    let canned = library.office.canned.iter().map(|canned| {
        let as_of = canned.article.as_ref().and_then(|id| library.article(id)).map(|article| article.as_of);
        Suggestion {
            id: format!("canned.{}", canned.id),
            title: canned.title.clone(),
            text: canned.text.clone(),
            canned: true,
            stale: as_of.is_some_and(|as_of| canned.is_overtaken(as_of)),
        }
    });
    found.take(SUGGESTIONS).chain(canned).collect()
}

/// What the person asked, without the words that called for a person.
pub(super) fn questions<'a>(inbox: &Inbox, conversation: &'a Conversation) -> Vec<&'a str> {
    let library = inbox.library();
    let calls = |words: &&str| {
        let folded = library.language.fold(words).replace(' ', "");
        library.fixed.iter().find(|fixed| fixed.fits(&folded)).is_some_and(|fixed| fixed.kind == Kind::Human)
    };
    conversation.asked.iter().map(String::as_str).filter(|words| !calls(words)).collect()
}

/// What an audit line says was done, in simplified; what is not known here, as it stands.
pub(super) fn deed(action: &str) -> &str {
    match action {
        "read" => "看了对话",
        "take" => "接了对话",
        "pass" => "把请求让给别人",
        "say" => "回复",
        "note" => "写备注",
        "label" => "改标签",
        "transfer" => "转交",
        "join" => "加入对话",
        "return" => "交回给鹭助",
        "close" => "结束对话",
        "guide" => "一起办",
        "fill" => "替对方填",
        "unguide" => "先放一放",
        "task-done" => "办完留言",
        "on-duty" => "上班",
        "off-duty" => "下班",
        "login" => "登录",
        "login-failed" => "登录失败",
        "logout" => "退出",
        "password-set" => "设密码",
        "account-add" => "加账号",
        "account-invite" => "给密码链接",
        "account-skills" => "改技能和人数",
        "account-disable" => "停用账号",
        "account-enable" => "恢复账号",
        "again" => "再发一次",
        other => other,
    }
}

/// What an audit line was done to: a conversation by its short name.
pub(super) fn object(object: &str) -> String {
    match object.parse::<Address>() {
        Ok(address) if address.id.len() > 6 => name_of(&address),
        _ => object.to_owned(),
    }
}

/// Why somebody waits, in simplified.
pub(super) fn reason(name: &str) -> &'static str {
    match name {
        "crisis" => "话里有危险",
        "procedure" => "办到要人接手的一步",
        "topic" => "只有人能判断的事",
        "unknown" => "连着两次没有答上",
        "result" => "资格要由经办机构认定",
        "rating" => "上次没有帮到",
        "transfer" => "同事转来",
        _ => "要找顾问",
    }
}

/// How a conversation ended, in simplified.
pub(super) fn ending(name: &str) -> &'static str {
    let ending = serde_json::from_value::<Ending>(name.into());
    match ending {
        Ok(Ending::Answered) => "问清楚了",
        Ok(Ending::Referred) => "请去窗口",
        Ok(Ending::Followup) => "之后再联系",
        Ok(Ending::Silent) => "对方没有再回复",
        Ok(Ending::Left) => "对方结束了",
        Ok(Ending::Returned) => "交回给鹭助",
        Ok(Ending::Transferred) => "转给同事",
        Ok(Ending::Withdrawn) => "对方撤回了",
        Ok(Ending::Message) => "改成留言",
        Err(_) => "",
    }
}
