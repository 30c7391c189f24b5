//! Every setting in one place; the words here are the help text. Only `main` sees this.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use chrono::NaiveDate;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// 鹭助 answers job seekers in Xiamen: policy questions with their sources, in both scripts.
///
/// Try: luzhu ask 失业金能领几个月
#[derive(Debug, Parser)]
#[command(name = "luzhu", version, max_term_width = 100)]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the assistant: the web chat and every channel that is configured.
    ///
    /// Telegram is on when LUZHU_TELEGRAM_TOKEN is set.
    Serve(Serve),
    /// One whole conversation in the terminal.
    ///
    /// Without --user it is forgotten at the end; with --data and --user it resumes where it was.
    Chat(Chat),
    /// One question, no memory.
    ///
    /// Without QUESTION, one question per line of standard input and one answer line for each.
    Ask(Ask),
    /// Read knowledge/ and dialogs/ and list every problem with its file and key.
    ///
    /// Exit status 1 when there are errors; warnings alone exit 0.
    Check(Content),
    /// Weigh eligibility from a file of facts, without a conversation.
    ///
    /// FILE.toml holds lines like `insured_months = 45` or `left_reason = "laid_off"`; the facts
    /// stand in knowledge/facts.toml. Words like "三年零九个月" are understood too.
    Weigh(Weigh),
    /// Draw a procedure as Mermaid, or as an outline that reads well aloud.
    Draw(Draw),
    /// Make accounts of the counsellors' desk; works beside a running server.
    #[command(subcommand)]
    Admin(Admin),
    /// List what could not be read or delivered, or try again.
    Letters(Letters),
    /// Look after the record of who looked at what.
    #[command(subcommand)]
    Audit(Audit),
    /// Measure the search, or the whole assistant, on labelled questions.
    #[command(subcommand)]
    Eval(Eval),
    /// Look whether everything around the program is as it should be, and say what to do if not.
    ///
    /// Takes the settings of `serve` and works beside it. Exit status 1 when something is an error.
    Doctor(Doctor),
    /// Copy the whole database to a new file; works beside a running server.
    Backup(Backup),
    /// Put a backup into the data folder; stop the server first.
    Restore(Restore),
    /// Print what a shell needs to complete these commands.
    ///
    /// For bash, e.g.: luzhu completions bash > ~/.local/share/bash-completion/completions/luzhu
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Where the content is, and for which day it is read.
#[derive(Args, Clone, Debug)]
pub struct Content {
    /// The folder with articles, figures and words.
    #[arg(long, value_name = "DIR", env = "LUZHU_KNOWLEDGE", default_value = "knowledge")]
    pub knowledge: PathBuf,
    /// The folder with fixed replies and procedures.
    #[arg(long, value_name = "DIR", env = "LUZHU_DIALOGS", default_value = "dialogs")]
    pub dialogs: PathBuf,
    /// The day to answer for, instead of today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub now: Option<NaiveDate>,
}

/// Settings of `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", env = "LUZHU_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The folder for the database; made if it is missing.
    #[arg(long, value_name = "DIR", env = "LUZHU_DATA", default_value = "data")]
    pub data: PathBuf,
    /// The address that people use, if another server stands in front; https makes cookies secure.
    #[arg(long, value_name = "URL", env = "LUZHU_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// How the log on standard error is written: for people, or one JSON object a line.
    #[arg(long, value_name = "FORMAT", env = "LUZHU_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
    /// Telegram, if there is a token.
    #[command(flatten)]
    pub telegram: Telegram,
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs that gather logs.
    Json,
}

/// Settings of Telegram; token and secret come from the environment only, so that no process list shows it.
#[derive(Args, Clone)]
pub struct Telegram {
    /// The bot's token.
    #[arg(skip = secret("LUZHU_TELEGRAM_TOKEN"))]
    pub token: Option<String>,
    /// Whether we ask Telegram for messages, or Telegram calls us at LUZHU_PUBLIC_URL.
    #[arg(long = "telegram-mode", value_name = "MODE", env = "LUZHU_TELEGRAM_MODE", default_value = "poll")]
    pub mode: TelegramMode,
    /// Messages a second that are sent; Telegram allows about 30.
    #[arg(long = "telegram-rate", value_name = "N", env = "LUZHU_TELEGRAM_RATE", default_value = "28")]
    pub rate: NonZeroU32,
    /// What Telegram says to us so that we know it: 1 to 256 of A-Z, a-z, 0-9, _ and -.
    #[arg(skip = secret("LUZHU_TELEGRAM_SECRET"))]
    pub secret: Option<String>,
    /// Another server that speaks Telegram's Bot API.
    #[arg(
        long = "telegram-api-url",
        value_name = "URL",
        env = "LUZHU_TELEGRAM_API_URL",
        default_value = "https://api.telegram.org"
    )]
    pub api_url: String,
}

/// How Telegram's updates come to us.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum TelegramMode {
    /// We ask for them; needs no address that is reached from outside.
    Poll,
    /// Telegram calls us at LUZHU_PUBLIC_URL, with LUZHU_TELEGRAM_SECRET.
    Webhook,
}

impl Telegram {
    /// The variables that are missing when Telegram is begun and not complete.
    pub fn lacking(&self, public_url: Option<&str>) -> Vec<&'static str> {
        let webhook = self.mode == TelegramMode::Webhook;
        let begun = webhook || self.token.is_some() || self.secret.is_some();
        let needs = [
            ("LUZHU_TELEGRAM_TOKEN", begun && self.token.is_none()),
            ("LUZHU_TELEGRAM_SECRET", webhook && self.secret.is_none()),
            ("LUZHU_PUBLIC_URL", webhook && public_url.is_none()),
        ];
        needs.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
    }
}

impl Telegram {
    /// Whether all is there that the channel needs.
    ///
    /// # Errors
    /// One sentence that names what is missing or wrong.
    pub fn complete(&self, public_url: Option<&str>) -> Result<(), String> {
        let missing = self.lacking(public_url);
        if !missing.is_empty() {
            return Err(format!("Telegram is configured by halves; also set {}", missing.join(" and ")));
        }
        let fits = |secret: &String| {
            secret.len() <= 256 && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        match &self.secret {
            Some(secret) if !fits(secret) => {
                Err("LUZHU_TELEGRAM_SECRET may have 1 to 256 of A-Z, a-z, 0-9, _ and -".into())
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Telegram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram")
            .field("token", &self.token.as_ref().map(|_| "(set)"))
            .field("api_url", &self.api_url)
            .field("mode", &self.mode)
            .field("secret", &self.secret.as_ref().map(|_| "(set)"))
            .finish()
    }
}

/// Settings that no flag can give; each also by a file that NAME_FILE names.
const SECRETS: [&str; 2] = ["LUZHU_TELEGRAM_TOKEN", "LUZHU_TELEGRAM_SECRET"];

/// Every variable that is a setting.
pub fn variables() -> Vec<String> {
    fn of(command: &clap::Command) -> Vec<String> {
        let own = command.get_arguments().filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned()));
        own.chain(command.get_subcommands().flat_map(of)).collect()
    }
    let mut names = of(&Config::command());
    names.extend(SECRETS.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_FILE")]));
    names.sort();
    names.dedup();
    names
}

/// A secret from the variable `name`, or from the file that `name_FILE` names.
fn secret(name: &str) -> Option<String> {
    let from_file = || std::fs::read_to_string(std::env::var(format!("{name}_FILE")).ok()?).ok();
    std::env::var(name)
        .ok()
        .or_else(from_file)
        .map(|secret| secret.trim().to_owned())
        .filter(|secret| !secret.is_empty())
}

/// Settings of `chat`.
#[derive(Args, Debug)]
pub struct Chat {
    /// One line of JSON for each line typed.
    #[arg(long)]
    pub json: bool,
    /// The folder with the database of a conversation that is kept.
    #[arg(long, value_name = "DIR", env = "LUZHU_DATA", requires = "user")]
    pub data: Option<PathBuf>,
    /// Who is typing: the address terminal:NAME.
    #[arg(long, value_name = "NAME", requires = "data")]
    pub user: Option<String>,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
}

/// Settings of `ask`.
#[derive(Args, Debug)]
pub struct Ask {
    /// The question.
    pub question: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    pub json: bool,
    /// Show how the question was read, and what spoke for each article.
    #[arg(long)]
    pub explain: bool,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
}

/// Settings of `weigh`.
#[derive(Args, Debug)]
pub struct Weigh {
    /// What is known of a person.
    #[arg(long, value_name = "FILE.toml")]
    pub facts: PathBuf,
    /// One scheme instead of all.
    #[arg(long, value_name = "ID")]
    pub scheme: Option<String>,
    /// Every outcome with its proof in JSON.
    #[arg(long)]
    pub json: bool,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
}

/// Settings of `draw`.
#[derive(Args, Debug)]
pub struct Draw {
    /// The procedure's id: the name of its file in dialogs/.
    pub flow: String,
    /// An outline instead of a picture.
    #[arg(long)]
    pub text: bool,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
}

/// Accounts of the desk.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make an account and print a link that sets its password once.
    ///
    /// The first account is an admin, who makes the others at /desk/team.
    Add {
        /// The name to log in with: small letters, digits, - and _.
        name: String,
        /// The name that people see, e.g. 陈顾问.
        #[arg(long, value_name = "NAME")]
        shown: Option<String>,
        /// What they may do.
        #[arg(long, value_parser = ["counsellor", "lead", "admin"])]
        role: Option<String>,
        /// Where the desk is.
        #[command(flatten)]
        desk: AtDesk,
    },
    /// Print a new link for a forgotten password; using it ends every session.
    Reset {
        /// The account.
        name: String,
        /// Where the desk is.
        #[command(flatten)]
        desk: AtDesk,
    },
    /// List the accounts.
    List {
        /// Where the desk is.
        #[command(flatten)]
        desk: AtDesk,
    },
}

/// Dead letters.
#[derive(Args, Debug)]
pub struct Letters {
    /// Show what came in as well; it may hold what people wrote.
    #[arg(long)]
    pub show: bool,
    /// Try again to deliver what could not be delivered to this address.
    #[arg(long, value_name = "ADDRESS")]
    pub again: Option<String>,
    /// Throw away what could not be read: the channel and the id as they are listed, telegram/123.
    #[arg(long, value_name = "CHANNEL/ID")]
    pub forget: Option<String>,
    /// Where the database is.
    #[command(flatten)]
    pub desk: AtDesk,
}

/// The record of who looked at what.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check that no line was changed, moved or taken out.
    Verify {
        /// A head that was noted earlier and must still be in it.
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
        /// Where the desk is.
        #[command(flatten)]
        desk: AtDesk,
    },
}

/// Where the desk is.
#[derive(Args, Debug)]
pub struct AtDesk {
    /// The folder of the database.
    #[arg(long, value_name = "DIR", env = "LUZHU_DATA", default_value = "data")]
    pub data: PathBuf,
    /// The address that people use.
    #[arg(long, value_name = "URL", env = "LUZHU_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: String,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Eval {
    /// The product's own search over any corpus: recall, MRR, nDCG, speed.
    Retrieval(Retrieval),
    /// The whole assistant over labelled questions: answered, right, wrong, held back.
    Answers(Answers),
    /// Every `asks` line of knowledge/: does it find its article, also when it is left out itself?
    Asks(Measure),
}

/// Settings of `eval retrieval`.
#[derive(Args, Debug)]
pub struct Retrieval {
    /// Lines of {"id", "text", "title"?}.
    #[arg(long, value_name = "C.jsonl")]
    pub corpus: PathBuf,
    /// Lines of {"id", "text", "relevant": [id, …]}.
    #[arg(long, value_name = "Q.jsonl")]
    pub queries: PathBuf,
    /// The figures in JSON.
    #[arg(long)]
    pub json: bool,
    /// Every query's rank first; 0: not among ten.
    #[arg(long)]
    pub list: bool,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
}

/// Settings of `eval answers`.
#[derive(Args, Debug)]
pub struct Answers {
    /// Lines of {"id", "q" or "turns", "expect": {"articles"?, "kinds"?, "says"?}}.
    pub file: PathBuf,
    /// How it is told.
    #[command(flatten)]
    pub measure: Measure,
}

/// Settings of every measure over our own content.
#[derive(Args, Debug)]
pub struct Measure {
    /// The figures in JSON.
    #[arg(long)]
    pub json: bool,
    /// List every question that did not come out as expected.
    #[arg(long)]
    pub list: bool,
    /// The content to read.
    #[command(flatten)]
    pub content: Content,
}

/// Settings of `doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// One list of JSON.
    #[arg(long)]
    pub json: bool,
    /// What `serve` would be told.
    #[command(flatten)]
    pub serve: Serve,
}

/// Settings of `backup`.
#[derive(Args, Debug)]
pub struct Backup {
    /// The new file.
    pub file: PathBuf,
    /// The folder of the database.
    #[arg(long, value_name = "DIR", env = "LUZHU_DATA", default_value = "data")]
    pub data: PathBuf,
}

/// Settings of `restore`.
#[derive(Args, Debug)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// The folder for the database; made if it is missing.
    #[arg(long, value_name = "DIR", env = "LUZHU_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Take the place of a database that is there; it is kept as luzhu.db.before-DATE.
    #[arg(long)]
    pub replace: bool,
}
