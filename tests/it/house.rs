//! What the tests share: the shipped library, and a server that runs as people start it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
};

use chrono::NaiveDate;
use luzhu::{library::Library, text::Language};

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

/// The same throws on every machine (xorshift).
pub struct Dice(u64);

impl Dice {
    /// Dice that begin with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
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
}

impl Server {
    /// Starts on a free port of loopback and waits until it says where it is.
    pub fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = luzhu(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().expect("a path")]);
        let mut child = command.envs(settings.iter().copied()).spawn().expect("luzhu starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
        let mut said = String::new();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
            said.push_str(&line);
            let (_, rest) = line.split_once("http://")?;
            Some(format!("http://{}", rest.split([' ', ';']).next()?))
        });
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: url.unwrap_or_else(|| panic!("luzhu did not start: {said}")) }
    }

    /// As a power cut would: no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let headers = [(reqwest::header::COOKIE, cookie.parse().expect("a header"))].into_iter().collect();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).default_headers(headers);
        Self { client: client.build().expect("a client"), url: server.to_owned() }
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
