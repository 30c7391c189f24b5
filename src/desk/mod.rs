//! Where counsellors work: the queue, conversations, colleagues. Pages that need no JavaScript, and
//! are live with it. Whoever looks at a conversation leaves a line in the audit log.

pub mod account;
mod entry;
mod page;
mod view;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect, Response, Sse, sse},
    routing::{get, post},
};
use serde::Deserialize;
use tokio::sync::{broadcast::error::RecvError, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use crate::{
    desk::{entry::Entered, page::Reader},
    html::Pen,
    inbox::{Inbox, What},
    message::{Address, Ending, Event, Script},
    store::{Counsellor, Role, is_account_name},
};

/// Lines of the transcript on a page.
const PAGE_LINES: i64 = 300;

/// Lines of the audit log on a page.
const AUDIT_LINES: i64 = 200;

/// How often an open page shows that somebody is there.
const HERE: Duration = Duration::from_secs(60);

/// Something that may be said next.
pub(crate) struct Suggestion {
    /// The article's id, or `canned.` and the reply's.
    pub(crate) id: String,
    /// What it is called.
    pub(crate) title: String,
    /// The words, in simplified.
    pub(crate) text: String,
    /// Whether it is a reply that is kept ready.
    pub(crate) canned: bool,
    /// Whether what it stands on changed since somebody checked it.
    pub(crate) stale: bool,
}

/// What the routes share.
#[derive(Clone)]
pub struct Console {
    inbox: Arc<Inbox>,
    /// Turns true when the server stops, so that live pages let go.
    stopping: watch::Receiver<bool>,
    /// Whether people reach us over https.
    secure: bool,
    /// The address that people use, for one-time links.
    public_url: String,
}

impl Console {
    /// The desk over an inbox, at the address that people use.
    pub fn new(inbox: Arc<Inbox>, stopping: watch::Receiver<bool>, public_url: &str) -> Self {
        Self { inbox, stopping, secure: public_url.starts_with("https://"), public_url: public_url.to_owned() }
    }

    /// Its routes. Everything but the way in asks for a session ([`Entered`]).
    pub fn routes(self) -> Router {
        let asset = |kind: &'static str, text: &'static str| {
            get(move || async move { ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text) })
        };
        Router::new()
            .route("/desk/login", get(entry::login_page).post(entry::login))
            .route("/desk/welcome", get(entry::welcome_page).post(entry::welcome))
            .route("/desk/logout", post(entry::logout))
            .route("/desk", get(board))
            .route("/desk/board", get(lists))
            .route("/desk/events", get(events))
            .route("/desk/duty", post(duty))
            .route("/desk/script", post(script))
            .route("/desk/talk/{address}", get(talk))
            .route("/desk/talk/{address}/lines", get(lines))
            .route("/desk/talk/{address}/{deed}", post(deed))
            .route("/desk/task/{id}", post(task_done))
            .route("/desk/team", get(team).post(add_colleague))
            .route("/desk/team/{name}", post(set_skills))
            .route("/desk/team/{name}/{deed}", post(account_deed))
            .route("/desk/audit", get(audit))
            .route("/desk/letters", get(letters).post(deliver_again))
            .route("/assets/desk.css", asset("text/css; charset=utf-8", include_str!("desk.css")))
            .route("/assets/desk.js", asset("text/javascript; charset=utf-8", include_str!("desk.js")))
            .layer(middleware::from_fn_with_state(self.clone(), entry::guard))
            .with_state(self)
    }

    fn now(&self) -> i64 {
        self.inbox.clock().now()
    }

    fn reader<'a>(&self, entered: &'a Entered) -> Reader<'a> {
        let pen = Pen { library: &entered.library, script: entered.script };
        Reader { pen, me: &entered.me, csrf: &entered.csrf }
    }

    async fn audit(&self, entered: &Entered, action: &str, object: &str) -> Result<(), Failed> {
        Ok(self.inbox.store().audit(&entered.me.name, action, object, self.now()).await?)
    }

    /// Whoever reads a conversation leaves a line; who holds or joined it left one when they came.
    async fn audit_read(&self, entered: &Entered, address: &Address) -> Result<(), Failed> {
        let talk = self.inbox.store().load(address).await?.conversation.talk;
        let here = talk.is_some_and(|talk| [talk.by].iter().chain(&talk.joined).any(|one| one.name == entered.me.name));
        if here {
            return Ok(());
        }
        self.audit(entered, "read", &address.to_string()).await
    }

    /// Whether somebody may see a conversation: who holds it, waits to be offered it, held it before, has a
    /// task about it, or leads.
    async fn may_see(&self, me: &Counsellor, address: &Address) -> Result<bool, Failed> {
        let store = self.inbox.store();
        let conversation = store.load(address).await?.conversation;
        let holds = conversation.talk.as_ref().is_some_and(|talk| talk.by.name == me.name);
        if me.role.leads() || holds || conversation.request.is_some() {
            return Ok(true);
        }
        let held = store.earlier(address).await?.iter().any(|talk| talk.by.as_ref() == Some(&me.name));
        let owes =
            store.tasks().await?.iter().any(|task| task.address == *address && task.owner.as_ref() == Some(&me.name));
        Ok(held || owes)
    }

    async fn board_page(
        &self,
        entered: &Entered,
        status: StatusCode,
        trouble: Option<&str>,
    ) -> Result<Response, Failed> {
        let board = view::board(&self.inbox, &entered.me, entered.script).await?;
        Ok(html(status, page::board(&self.reader(entered), &board, trouble)))
    }

    async fn talk_page(
        &self,
        entered: &Entered,
        address: &Address,
        status: StatusCode,
        trouble: Option<&str>,
        draft: String,
    ) -> Result<Response, Failed> {
        let store = self.inbox.store();
        let loaded = store.load(address).await?;
        if loaded.version == 0 || !self.may_see(&entered.me, address).await? {
            return Err(Failed::refused(StatusCode::NOT_FOUND, "没有这个对话，或者它现在不在您这里。"));
        }
        let lines = store.transcript(address, loaded.last_seq - PAGE_LINES, PAGE_LINES).await?;
        if loaded.conversation.talk.as_ref().is_some_and(|talk| talk.by.name == entered.me.name) {
            store.read(address, loaded.last_seq).await?;
        }
        let whole = page::Whole {
            name: view::name_of(address),
            address,
            desk: self.inbox.desk(address),
            undelivered: &store.undelivered(address).await?,
            notes: &store.notes(address).await?,
            labels: &store.labels(address).await?,
            earlier: &store.earlier(address).await?,
            colleagues: &store.counsellors().await?,
            questions: view::questions(&self.inbox, &loaded.conversation),
            suggestions: view::suggestions(&self.inbox, &loaded.conversation),
            conversation: &loaded.conversation,
            lines: &lines,
            draft,
        };
        Ok(html(status, page::talk(&self.reader(entered), &whole, trouble)))
    }
}

/// Why a request cannot be answered as it was asked.
pub(crate) enum Failed {
    /// Ours: the store, most often.
    Broken(anyhow::Error),
    /// Theirs, in one sentence.
    Refused(StatusCode, &'static str),
    /// There is no session: log in first.
    LoggedOut,
}

impl Failed {
    fn refused(status: StatusCode, says: &'static str) -> Self {
        Self::Refused(status, says)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Self::Broken(error) => {
                tracing::error!("a request of the desk failed: {error:#}");
                (StatusCode::SERVICE_UNAVAILABLE, "工作台现在暂时不能用，刚才的操作没有保存，请稍后再试。")
                    .into_response()
            }
            Self::Refused(status, says) => (status, says).into_response(),
            Self::LoggedOut => Redirect::to("/desk/login").into_response(),
        }
    }
}

fn html(status: StatusCode, text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, text).into_response()
}

fn address_of(text: &str) -> Result<Address, Failed> {
    text.parse().map_err(|_| Failed::refused(StatusCode::NOT_FOUND, "没有这个对话。"))
}

async fn board(State(console): State<Console>, entered: Entered) -> Result<Response, Failed> {
    console.board_page(&entered, StatusCode::OK, None).await
}

/// The lists of the first page alone, for the script.
async fn lists(State(console): State<Console>, entered: Entered) -> Result<Response, Failed> {
    let board = view::board(&console.inbox, &entered.me, entered.script).await?;
    Ok(html(StatusCode::OK, page::lists(&console.reader(&entered), &board).into_string()))
}

#[derive(Deserialize)]
struct Insert {
    insert: Option<String>,
}

async fn talk(
    State(console): State<Console>,
    Path(address): Path<String>,
    Query(look): Query<Insert>,
    entered: Entered,
) -> Result<Response, Failed> {
    let address = address_of(&address)?;
    let conversation = console.inbox.store().load(&address).await?.conversation;
    let suggestions = view::suggestions(&console.inbox, &conversation);
    let inserted = look.insert.and_then(|id| suggestions.into_iter().find(|other| other.id == id));
    let draft = inserted.map(|suggestion| suggestion.text).unwrap_or_default();
    let response = console.talk_page(&entered, &address, StatusCode::OK, None, draft).await?;
    console.audit_read(&entered, &address).await?;
    Ok(response)
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: i64,
}

/// New lines of a conversation, for the script.
async fn lines(
    State(console): State<Console>,
    Path(address): Path<String>,
    Query(after): Query<After>,
    entered: Entered,
) -> Result<Response, Failed> {
    let address = address_of(&address)?;
    if !console.may_see(&entered.me, &address).await? {
        return Err(Failed::refused(StatusCode::NOT_FOUND, "没有这个对话，或者它现在不在您这里。"));
    }
    let store = console.inbox.store();
    let lines = store.transcript(&address, after.after, PAGE_LINES).await?;
    if let Some(last) = lines.last()
        && store.owner(&address).await?.as_ref() == Some(&entered.me.name)
    {
        store.read(&address, last.seq).await?;
    }
    console.audit_read(&entered, &address).await?;
    let undelivered = store.undelivered(&address).await?;
    Ok(html(StatusCode::OK, page::lines(&console.reader(&entered), &lines, &undelivered).into_string()))
}

/// What a form of a conversation sends; each deed reads its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Deed {
    id: String,
    text: String,
    choice: String,
    ending: String,
    to: String,
    skill: String,
    note: String,
    flow: String,
    label: String,
}

/// One thing done to a conversation.
async fn deed(
    State(console): State<Console>,
    Path((address, deed)): Path<(String, String)>,
    entered: Entered,
    headers: HeaderMap,
    Form(form): Form<Deed>,
) -> Result<Response, Failed> {
    let address = address_of(&address)?;
    if !console.may_see(&entered.me, &address).await? {
        return Err(Failed::refused(StatusCode::NOT_FOUND, "没有这个对话，或者它现在不在您这里。"));
    }
    let (store, me) = (console.inbox.store(), &entered.me);
    let id = if form.id.is_empty() || form.id.len() > 100 { Uuid::now_v7().to_string() } else { form.id.clone() };
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let event = match deed.as_str() {
        "typing" => {
            if store.owner(&address).await?.as_ref() == Some(&me.name) {
                console.inbox.tell(&address, None, What::Typing);
            }
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        "take" => Event::Take,
        "join" => Event::Join,
        "say" => Event::Say(form.text.clone()),
        "return" => Event::Return,
        "close" => {
            let ending = serde_json::from_value::<Ending>(form.ending.clone().into()).ok();
            let chosen = ending.filter(|ending| {
                matches!(ending, Ending::Answered | Ending::Referred | Ending::Followup | Ending::Silent)
            });
            Event::Close(chosen.ok_or(Failed::refused(StatusCode::BAD_REQUEST, "请选一个结果。"))?)
        }
        "transfer" => Event::Transfer { to: some(&form.to), skill: some(&form.skill) },
        "guide" => Event::Guide(form.flow.clone()),
        "fill" => Event::Fill(some(&form.choice).unwrap_or(form.text.clone())),
        "unguide" => Event::Unguide,
        "pass" => {
            if let Some(person) = store.waiting().await?.iter().find(|person| person.address == address.to_string()) {
                store.pass(person, &me.name).await?;
                console.inbox.tell(&address, None, What::Queue);
            }
            console.audit(&entered, "pass", &address.to_string()).await?;
            return Ok(Redirect::to("/desk").into_response());
        }
        "note" | "label" => {
            let words = crate::text::mask::mask(
                &crate::text::clean::keep(if deed == "note" { &form.text } else { &form.label }),
                Script::Hans,
            )
            .0;
            match (deed.as_str(), some(&words)) {
                (_, None) => {
                    return console
                        .talk_page(
                            &entered,
                            &address,
                            StatusCode::BAD_REQUEST,
                            Some("没有写字，还没有记下。"),
                            String::new(),
                        )
                        .await;
                }
                ("note", Some(words)) => {
                    store
                        .add_note(&address, &me.shown, &words.chars().take(2000).collect::<String>(), console.now())
                        .await?
                }
                (_, Some(words)) => {
                    store.toggle_label(&address, &words.chars().take(20).collect::<String>(), &me.name).await?
                }
            }
            console.audit(&entered, &deed, &address.to_string()).await?;
            return Ok(Redirect::to(&page::way(&address)).into_response());
        }
        _ => return Err(Failed::refused(StatusCode::NOT_FOUND, "没有这个操作。")),
    };
    let wants_json = headers.get(header::ACCEPT).is_some_and(|kind| kind.as_bytes() == b"application/json");
    match console.inbox.act(&address, &id, &me.staff(), &event).await? {
        Ok(()) => {
            if let (Event::Transfer { .. }, Some(note)) = (&event, some(&form.note)) {
                let note = crate::text::mask::mask(&crate::text::clean::keep(&note), Script::Hans).0;
                store.add_note(&address, &me.shown, &note, console.now()).await?;
            }
            console.audit(&entered, &deed, &address.to_string()).await?;
            let to = match event {
                Event::Close(_) | Event::Return | Event::Transfer { .. } => "/desk".to_owned(),
                // Who takes over reads first.
                Event::Take | Event::Join => page::way(&address),
                _ => format!("{}#end", page::way(&address)),
            };
            Ok(if wants_json {
                axum::Json(serde_json::json!({})).into_response()
            } else {
                Redirect::to(&to).into_response()
            })
        }
        Err(says) if wants_json => {
            let says = console.reader(&entered).pen.say(says);
            Ok((StatusCode::CONFLICT, axum::Json(serde_json::json!({ "error": says }))).into_response())
        }
        Err(says) => console.talk_page(&entered, &address, StatusCode::CONFLICT, Some(says), form.text).await,
    }
}

async fn task_done(
    State(console): State<Console>,
    Path(id): Path<String>,
    entered: Entered,
) -> Result<Response, Failed> {
    let store = console.inbox.store();
    let task = store.tasks().await?.into_iter().find(|task| task.id == id);
    let mine = |owner: &Option<String>| owner.as_ref() == Some(&entered.me.name) || entered.me.role.leads();
    if let Some(task) = task.filter(|task| mine(&task.owner)) {
        store.finish_task(&id, console.now()).await?;
        console.audit(&entered, "task-done", &task.address.to_string()).await?;
    }
    Ok(Redirect::to("/desk").into_response())
}

#[derive(Deserialize)]
struct Duty {
    to: String,
}

/// Begins or ends a working day. Nobody goes home with people on the line.
async fn duty(State(console): State<Console>, entered: Entered, Form(duty): Form<Duty>) -> Result<Response, Failed> {
    let (store, on) = (console.inbox.store(), duty.to == "on");
    if !on && !store.held(Some(&entered.me.name)).await?.is_empty() {
        let says = "您还有没结束的对话。请先结束、转交，或者交回给鹭助。";
        return console.board_page(&entered, StatusCode::CONFLICT, Some(says)).await;
    }
    store.set_duty(&entered.me.name, on).await?;
    console.inbox.tell(&Address::new("", ""), None, What::Queue);
    console.audit(&entered, if on { "on-duty" } else { "off-duty" }, &entered.me.name).await?;
    Ok(Redirect::to("/desk").into_response())
}

/// The other script, for this browser.
async fn script(State(console): State<Console>, entered: Entered) -> Response {
    let other = if entered.script == Script::Hans { "hant" } else { "hans" };
    let cookie = entry::cookie("desk-script", other, console.secure, 180 * 24 * 3600);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/desk")).into_response()
}

fn lead(entered: &Entered) -> Result<(), Failed> {
    let refused = Failed::refused(StatusCode::FORBIDDEN, "这一页只有组长和管理员能看。");
    if entered.me.role.leads() { Ok(()) } else { Err(refused) }
}

fn admin(entered: &Entered) -> Result<(), Failed> {
    let refused = Failed::refused(StatusCode::FORBIDDEN, "只有管理员能做这件事。");
    if entered.me.role.is_admin() { Ok(()) } else { Err(refused) }
}

async fn team(State(console): State<Console>, entered: Entered) -> Result<Response, Failed> {
    lead(&entered)?;
    let colleagues = console.inbox.store().counsellors().await?;
    Ok(html(StatusCode::OK, page::team(&console.reader(&entered), &colleagues, None, None)))
}

#[derive(Deserialize)]
struct NewColleague {
    name: String,
    shown: String,
    role: String,
}

async fn add_colleague(
    State(console): State<Console>,
    entered: Entered,
    Form(new): Form<NewColleague>,
) -> Result<Response, Failed> {
    admin(&entered)?;
    let store = console.inbox.store();
    let fits = is_account_name(&new.name) && !new.shown.trim().is_empty() && new.shown.chars().count() <= 20;
    let Some(role) = Role::named(&new.role).filter(|_| fits) else {
        let says = "账号用小写字母和数字，2到31个；称呼不超过20个字。";
        let page = page::team(&console.reader(&entered), &store.counsellors().await?, None, Some(says));
        return Ok(html(StatusCode::BAD_REQUEST, page));
    };
    if store.add_counsellor(&new.name, new.shown.trim(), role, console.now()).await.is_err() {
        let page = page::team(&console.reader(&entered), &store.counsellors().await?, None, Some("已经有这个账号了。"));
        return Ok(html(StatusCode::CONFLICT, page));
    }
    console.audit(&entered, "account-add", &new.name).await?;
    invited(&console, &entered, &new.name).await
}

/// The page with a fresh one-time link on it.
async fn invited(console: &Console, entered: &Entered, name: &str) -> Result<Response, Failed> {
    let store = console.inbox.store();
    let token = store.invite(name, console.now()).await?;
    console.audit(entered, "account-invite", name).await?;
    let link = format!("{}/desk/welcome?token={token}", console.public_url);
    let page = page::team(&console.reader(entered), &store.counsellors().await?, Some(&link), None);
    Ok(html(StatusCode::OK, page))
}

async fn set_skills(
    State(console): State<Console>,
    Path(name): Path<String>,
    entered: Entered,
    body: String,
) -> Result<Response, Failed> {
    lead(&entered)?;
    let library = console.inbox.library();
    let fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let skills = fields.iter().filter(|(key, id)| key == "skill" && library.office.skill(id).is_some());
    let skills: Vec<String> = skills.map(|(_, id)| id.clone()).collect();
    let capacity = fields.iter().find(|(key, _)| key == "capacity").and_then(|(_, value)| value.parse().ok());
    console.inbox.store().set_skills(&name, &skills, capacity.unwrap_or(4)).await?;
    console.audit(&entered, "account-skills", &name).await?;
    console.inbox.tell(&Address::new("", ""), None, What::Queue);
    Ok(Redirect::to("/desk/team").into_response())
}

async fn account_deed(
    State(console): State<Console>,
    Path((name, deed)): Path<(String, String)>,
    entered: Entered,
) -> Result<Response, Failed> {
    admin(&entered)?;
    let store = console.inbox.store();
    if store.counsellor(&name).await?.is_none() {
        return Err(Failed::refused(StatusCode::NOT_FOUND, "没有这个账号。"));
    }
    match deed.as_str() {
        "invite" => return invited(&console, &entered, &name).await,
        "disable" if name != entered.me.name => store.set_active(&name, false, console.now()).await?,
        "enable" => store.set_active(&name, true, console.now()).await?,
        _ => return Err(Failed::refused(StatusCode::NOT_FOUND, "没有这个操作。")),
    }
    console.audit(&entered, &format!("account-{deed}"), &name).await?;
    console.inbox.tell(&Address::new("", ""), None, What::Queue);
    Ok(Redirect::to("/desk/team").into_response())
}

async fn audit(State(console): State<Console>, entered: Entered) -> Result<Response, Failed> {
    lead(&entered)?;
    let lines = console.inbox.store().audit_tail(AUDIT_LINES).await?;
    Ok(html(StatusCode::OK, page::audit(&console.reader(&entered), &lines)))
}

async fn letters(State(console): State<Console>, entered: Entered) -> Result<Response, Failed> {
    lead(&entered)?;
    let letters = console.inbox.store().letters(AUDIT_LINES).await?;
    Ok(html(StatusCode::OK, page::letters(&console.reader(&entered), &letters)))
}

#[derive(Deserialize)]
struct Again {
    address: String,
}

/// Tries again to deliver what could not be delivered to somebody.
async fn deliver_again(
    State(console): State<Console>,
    entered: Entered,
    Form(again): Form<Again>,
) -> Result<Response, Failed> {
    lead(&entered)?;
    let address = address_of(&again.address)?;
    console.inbox.store().deliver_again(&again.address).await?;
    console.audit(&entered, "again", &again.address).await?;
    console.inbox.tell(&address, None, What::Lines);
    Ok(Redirect::to("/desk/letters").into_response())
}

/// What changes, as it comes: `lines` with an address, or `board`. The page fetches what it shows.
async fn events(State(console): State<Console>, entered: Entered) -> Response {
    let (sender, stream) = mpsc::channel::<Result<sse::Event, Infallible>>(64);
    let mut changes = console.inbox.changes();
    let mut stopping = console.stopping.clone();
    tokio::spawn(async move {
        let mut here = tokio::time::interval(HERE);
        loop {
            let event = tokio::select! {
                changed = changes.recv() => match changed {
                    Ok(change) if change.what == What::Typing => continue,
                    Ok(change) if change.what == What::Queue => sse::Event::default().event("board").data("-"),
                    Ok(change) if change.owner.as_ref() == Some(&entered.me.name) || entered.me.role.leads() => {
                        sse::Event::default().event("lines").data(change.address.to_string())
                    }
                    Ok(_) => continue,
                    Err(RecvError::Lagged(_)) => sse::Event::default().event("board").data("-"),
                    Err(RecvError::Closed) => return,
                },
                _ = here.tick() => {
                    // An open desk shows that somebody is there; a session that ended closes it.
                    match console.inbox.store().session(&entered.token, console.now()).await {
                        Ok(Some(_)) => continue,
                        _ => return,
                    }
                },
                () = sender.closed() => return,
                _ = stopping.changed() => return,
            };
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
        }
    });
    Sse::new(ReceiverStream::new(stream))
        .keep_alive(sse::KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response()
}
