//! The way in: name and password, one-time links, sessions, and the guard before every other page.

use axum::{
    Form,
    body::Bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::{net::SocketAddr, sync::Arc};

use crate::{
    desk::{Console, Failed, account, html, page},
    html::Pen,
    library::Library,
    message::Script,
    store::{Admitted, Counsellor},
};

/// A browser that logged in is known for half a year, in seconds.
const KNOWN: u32 = 180 * 24 * 3600;

/// A session's cookie outlives no working day, in seconds.
const SESSION: u32 = 12 * 3600;

/// Somebody with a session; a form also carried the session's own token.
pub(super) struct Entered {
    pub(super) me: Counsellor,
    pub(super) csrf: String,
    pub(super) token: String,
    pub(super) script: Script,
    pub(super) library: Arc<Library>,
}

impl FromRequestParts<Console> for Entered {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failed> {
        let token = read(&parts.headers, name("desk", console.secure)).ok_or(Failed::LoggedOut)?;
        let session = console.inbox.store().session(&token, console.now()).await?.ok_or(Failed::LoggedOut)?;
        if parts.method != Method::GET {
            same_site(&parts.headers)?;
        }
        let script = if read(&parts.headers, name("desk-script", console.secure)).as_deref() == Some("hant") {
            Script::Hant
        } else {
            Script::Hans
        };
        Ok(Self { me: session.counsellor, csrf: session.csrf, token, script, library: console.inbox.library() })
    }
}

/// Another site's page may not act for a counsellor.
fn same_site(headers: &HeaderMap) -> Result<(), Failed> {
    let refused = Failed::Refused(StatusCode::FORBIDDEN, "这个请求来自别的网站，没有执行。请回到工作台再做一次。");
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(refused);
    }
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match origin.and_then(|origin| origin.split_once("://")) {
        Some((_, from)) if from != host => Err(refused),
        _ => Ok(()),
    }
}

/// Lets a form through only with its session's token, in the field `csrf`.
pub(super) async fn guard(State(console): State<Console>, request: Request, next: axum::middleware::Next) -> Response {
    let open = ["/desk/login", "/desk/welcome"].contains(&request.uri().path());
    if request.method() == Method::GET || open {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let entered = match Entered::from_request_parts(&mut parts, &console).await {
        Ok(entered) => entered,
        Err(failed) => return failed.into_response(),
    };
    let Ok(body) = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await else {
        return Failed::Refused(StatusCode::PAYLOAD_TOO_LARGE, "这段话太长了，没有收下。").into_response();
    };
    let sent = form_urlencoded::parse(&body).find(|(key, _)| key == "csrf").map(|(_, value)| value);
    if !sent.is_some_and(|sent| account::same(&sent, &entered.csrf)) {
        return Failed::Refused(StatusCode::FORBIDDEN, "这个页面已经过期，请回到工作台重新打开。").into_response();
    }
    next.run(Request::from_parts(parts, body.into())).await
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

pub(super) async fn login_page(State(console): State<Console>) -> Response {
    html(StatusCode::OK, page::login(&pen(&console.inbox.library()), "", None))
}

pub(super) async fn login(
    State(console): State<Console>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Result<Response, Failed> {
    same_site(&headers)?;
    let (store, now) = (console.inbox.store(), console.now());
    let given = Credentials { name: given.name.trim().to_lowercase().chars().take(64).collect(), ..given };
    let source = source.ip().to_string();
    let browser = read(&headers, name("desk-known", console.secure));
    let refuse = |status, says| Ok(html(status, page::login(&pen(&console.inbox.library()), &given.name, Some(says))));
    if store.may_try(&given.name, &source, browser.as_deref(), now).await? == Admitted::TooMany {
        return refuse(StatusCode::TOO_MANY_REQUESTS, "试错太多次了，请过15分钟再试。用过的浏览器不受影响。");
    }
    if given.password.len() > 1000 || !account::fits(store, &given.name, &given.password).await? {
        store.failed(&given.name, &source, browser.as_deref(), now).await?;
        store.audit(&given.name, "login-failed", &source, now).await?;
        return refuse(StatusCode::UNAUTHORIZED, "账号或者密码不对。");
    }
    enter(&console, &given.name, browser).await
}

/// A session for somebody who showed who they are.
async fn enter(console: &Console, who: &str, browser: Option<String>) -> Result<Response, Failed> {
    let (store, now) = (console.inbox.store(), console.now());
    let browser = browser.unwrap_or_else(crate::store::secret);
    let token = store.begin_session(who, &browser, now).await?;
    store.audit(who, "login", who, now).await?;
    let mut response = Redirect::to("/desk").into_response();
    for cookie in
        [cookie("desk", &token, console.secure, SESSION), cookie("desk-known", &browser, console.secure, KNOWN)]
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(super) async fn logout(State(console): State<Console>, entered: Entered) -> Result<Response, Failed> {
    let store = console.inbox.store();
    store.end_session(&entered.token).await?;
    store.audit(&entered.me.name, "logout", &entered.me.name, console.now()).await?;
    let gone = cookie("desk", "", console.secure, 0);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/desk/login")).into_response())
}

#[derive(Deserialize)]
pub(super) struct Token {
    token: String,
}

const NO_LINK: &str = "这个链接用过了或者过期了，请管理员再给您一个。";

pub(super) async fn welcome_page(
    State(console): State<Console>,
    Query(given): Query<Token>,
) -> Result<Response, Failed> {
    match console.inbox.store().invited(&given.token, console.now()).await? {
        Some(name) => {
            Ok(html(StatusCode::OK, page::welcome(&pen(&console.inbox.library()), &name, &given.token, None)))
        }
        None => Ok(html(StatusCode::NOT_FOUND, page::login(&pen(&console.inbox.library()), "", Some(NO_LINK)))),
    }
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    token: String,
    password: String,
}

pub(super) async fn welcome(
    State(console): State<Console>,
    headers: HeaderMap,
    Form(given): Form<Chosen>,
) -> Result<Response, Failed> {
    same_site(&headers)?;
    let store = console.inbox.store();
    let Some(name) = store.invited(&given.token, console.now()).await? else {
        return Ok(html(StatusCode::NOT_FOUND, page::login(&pen(&console.inbox.library()), "", Some(NO_LINK))));
    };
    if let Some(trouble) = account::trouble(&name, &given.password) {
        return Ok(html(
            StatusCode::BAD_REQUEST,
            page::welcome(&pen(&console.inbox.library()), &name, &given.token, Some(trouble)),
        ));
    }
    let hashed = account::hashed(&given.password).await?;
    match store.set_password(&given.token, &hashed, console.now()).await? {
        Some(name) => {
            store.audit(&name, "password-set", &name, console.now()).await?;
            enter(&console, &name, None).await
        }
        None => Ok(html(StatusCode::NOT_FOUND, page::login(&pen(&console.inbox.library()), "", Some(NO_LINK)))),
    }
}

fn pen(library: &Library) -> Pen<'_> {
    Pen { library, script: Script::Hans }
}

/// A cookie's name: bound to the host under https.
fn name(plain: &'static str, secure: bool) -> String {
    if secure { format!("__Host-{plain}") } else { plain.to_owned() }
}

/// A cookie that no script reads and no other site sends.
pub(super) fn cookie(plain: &'static str, value: &str, secure: bool, seconds: u32) -> HeaderValue {
    let (name, suffix) = (name(plain, secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{suffix}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

fn read(headers: &HeaderMap, name: String) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty())
}
