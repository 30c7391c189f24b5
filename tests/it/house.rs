//! What the tests share: the shipped library, and a server that runs as people start it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
};

use chrono::NaiveDate;
use luzhu::{library::Library, text::Language};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

pub use crate::stand_in::Dice;

/// The day on which all tests live, so that no calendar turns them red.
pub const DAY: &str = "2026-11-23";

/// The same day.
pub fn day() -> NaiveDate {
    DAY.parse().expect("a day")
}

/// A file or folder of the repository.
pub fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The shipped content, loaded once.
pub fn library() -> Arc<Library> {
    static LIBRARY: OnceLock<Arc<Library>> = OnceLock::new();
    Arc::clone(LIBRARY.get_or_init(|| Arc::new(load())))
}

/// The shipped content, to be changed.
pub fn load() -> Library {
    let language = Language::load().expect("dictionaries");
    let library = Library::load(&repo("knowledge"), &repo("dialogs"), day(), language);
    library.unwrap_or_else(|problems| panic!("{}", luzhu::commands::listed(&problems)))
}

/// The program, in the repository and on our day.
pub fn luzhu(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_luzhu"));
    command.current_dir(repo("")).args(arguments).args(["--now", DAY]).stdin(Stdio::null()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LUZHU_")) {
        command.env_remove(name);
    }
    command
}

/// A running `luzhu serve`; killed when dropped.
pub struct Server {
    pub child: Child,
    pub url: String,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts on a free port of loopback and waits until it says where it is.
    pub fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0", data, settings)
    }

    /// Starts there.
    pub fn start_at(address: &str, data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = luzhu(&["serve", "--listen", address, "--data", data.to_str().expect("a path")]);
        let mut child = command.envs(settings.iter().copied()).spawn().expect("luzhu starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
        let mut said = String::new();
        let url = apart(|| {
            lines.by_ref().map_while(Result::ok).find_map(|line| {
                said.push_str(&(line.clone() + "\n"));
                let (_, rest) = line.split_once("http://")?;
                Some(format!("http://{}", rest.split([' ', ';']).next()?))
            })
        });
        let url = url.unwrap_or_else(|| panic!("luzhu did not start: {said}"));
        // Whatever it says later must not fill the pipe.
        let said = Arc::new(Mutex::new(said + "\n"));
        let later = Arc::clone(&said);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| *later.lock().expect("nobody panicked") += &(line + "\n"));
        });
        Self { child, url, said }
    }

    /// What it said on standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().expect("nobody panicked").clone()
    }

    /// As a power cut would: no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

/// Waits for something while the stand-ins and clients on the same thread go on.
fn apart<T>(wait: impl FnOnce() -> T) -> T {
    let several = |runtime: Handle| runtime.runtime_flavor() == RuntimeFlavor::MultiThread;
    if Handle::try_current().is_ok_and(several) { block_in_place(wait) } else { wait() }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The database of a data folder, beside the program.
pub async fn database(data: &Path) -> sqlx::AnyPool {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}", data.join("luzhu.db").display());
    sqlx::AnyPool::connect(&url).await.expect("the database")
}

/// A client that sends these cookies, each request by a connection of its own: the server closes one that is idle
/// for long, and machines are slow.
fn with_cookies(cookies: &str) -> reqwest::Client {
    let headers = [(reqwest::header::COOKIE, cookies.parse().expect("a header"))].into_iter().collect();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.pool_max_idle_per_host(0).default_headers(headers).build().expect("a client")
}

/// A browser of sorts: it keeps its cookie.
pub struct Visitor {
    client: reqwest::Client,
    url: String,
}

impl Visitor {
    /// Opens the page, so that there is a cookie.
    pub async fn new(server: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let first = client.build().expect("a client").get(server).send().await.expect("a page");
        let cookie =
            first.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
        Self::with_cookie(server, &cookie)
    }

    /// Somebody who was here before.
    pub fn with_cookie(server: &str, cookie: &str) -> Self {
        Self { client: with_cookies(cookie), url: server.to_owned() }
    }

    /// A request to a path.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A message as a form sends it.
    pub fn form(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let kind = "application/x-www-form-urlencoded";
        self.client.post(format!("{}/chat/messages", self.url)).header("content-type", kind).body(body)
    }

    /// A message as a program sends it.
    pub fn json(&self, body: &serde_json::Value) -> reqwest::RequestBuilder {
        self.client.post(format!("{}/chat/messages", self.url)).json(body)
    }

    /// The whole transcript.
    pub async fn transcript(&self) -> Vec<serde_json::Value> {
        let answer: serde_json::Value =
            self.get("/chat/messages?after=0").send().await.expect("lines").json().await.expect("JSON");
        answer["messages"].as_array().expect("a list").clone()
    }
}

/// A counsellor with a browser of sorts: logged in, with the token that forms carry.
pub struct AtDesk {
    client: reqwest::Client,
    url: String,
    csrf: String,
    cookies: String,
}

/// Every counsellor's password in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// Makes an account on the command line; gives the one-time link.
pub fn account(server: &Server, data: &Path, name: &str, role: &str) -> String {
    let data = data.to_str().expect("a path");
    let mut command = Command::new(env!("CARGO_BIN_EXE_luzhu"));
    command.args(["admin", "add", name, "--role", role, "--data", data, "--public-url", &server.url]);
    let made = command.output().expect("it ends");
    let said = String::from_utf8(made.stdout).expect("text");
    assert!(made.status.success(), "{said}{}", String::from_utf8_lossy(&made.stderr));
    said.lines().last().expect("a link").to_owned()
}

/// A browser without any cookie.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// The cookies that an answer sets, as a browser sends them back.
pub fn cookies(answer: &reqwest::Response) -> String {
    let set = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    set.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

/// The value of the first hidden field of this name.
pub fn field(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
    rest.split('"').next().expect("a value").to_owned()
}

impl AtDesk {
    /// Makes an account and comes in by its link.
    pub async fn enter(server: &Server, data: &Path, name: &str, role: &str) -> Self {
        let link = account(server, data, name, role);
        let token = link.split_once("token=").expect("a token").1;
        let form = [("token", token), ("password", PASSWORD)];
        let answer =
            browser().post(format!("{}/desk/welcome", server.url)).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{name}");
        Self::with_cookies(&server.url, &cookies(&answer)).await
    }

    /// Somebody whose browser holds these cookies.
    pub async fn with_cookies(url: &str, cookies: &str) -> Self {
        Self::try_with_cookies(url, cookies).await.expect("the desk is there")
    }

    /// The same, where the server may be away.
    pub async fn try_with_cookies(url: &str, cookies: &str) -> Option<Self> {
        let client = with_cookies(cookies);
        let page = client.get(format!("{url}/desk")).send().await.ok()?.text().await.ok()?;
        Some(Self { client, url: url.to_owned(), csrf: field(&page, "csrf"), cookies: cookies.to_owned() })
    }

    /// What its browser holds.
    pub fn cookies(&self) -> String {
        self.cookies.clone()
    }

    /// A form's status, where the server may be away.
    pub async fn try_post(&self, path: &str, fields: &[(&str, &str)]) -> Option<u16> {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        Some(self.client.post(format!("{}{path}", self.url)).form(&fields).send().await.ok()?.status().as_u16())
    }

    /// A page's text.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("text")
    }

    /// The status of a page.
    pub async fn look(&self, path: &str) -> u16 {
        self.get(path).send().await.expect("an answer").status().as_u16()
    }

    /// A form with the token in it.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        self.client.post(format!("{}{path}", self.url)).form(&fields).send().await.expect("an answer")
    }

    /// A request for a page.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A request as it is, to be changed.
    pub fn raw(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }
}
