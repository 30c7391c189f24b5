//! `luzhu doctor`: is everything around the program as it should be? One line for each finding, with
//! what to do. It looks only, but for a file that it writes into the data folder and takes away.

use std::{
    fs::{self, File},
    io::Write as _,
    net::SocketAddr,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;

use crate::{
    channels::{telegram, terminal::print_line},
    commands::progress::Progress,
    library::Library,
    message::Script,
    store::{self, DataLock, Vitals, WrittenBy},
    text::Language,
};

/// The first SQLite in which a log that begins anew beside a checkpoint loses nothing.
const SQLITE: [u32; 3] = [3, 51, 3];

/// A line may lie this far in the future: clocks are set by small steps.
const SLACK_MS: i64 = 5 * 60 * 1000;

/// No luzhu ran before.
const FIRST_YEAR: i32 = 2026;

const MB: u64 = 1_000_000;

/// What is looked at.
#[derive(Debug)]
pub struct Settings<'a> {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: &'a Path,
    /// The address that people use.
    pub public_url: Option<&'a str>,
    /// The folders of the content.
    pub content: (&'a Path, &'a Path),
    /// The day.
    pub today: NaiveDate,
    /// The moment, in milliseconds since 1970.
    pub now: i64,
    /// Every variable that is a setting.
    pub variables: Vec<String>,
    /// For each channel that is begun and not complete, the variables that it lacks.
    pub lacking: Vec<(&'static str, Vec<&'static str>)>,
    /// Telegram's token, its server, and whether updates come to a webhook.
    pub telegram: Option<Bot<'a>>,
}

/// A bot that is configured.
pub struct Bot<'a> {
    /// Its token.
    pub token: &'a str,
    /// The server that speaks the Bot API.
    pub api_url: &'a str,
    /// Whether updates come to a webhook.
    pub webhook: bool,
}

impl std::fmt::Debug for Bot<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bot").field("api_url", &self.api_url).field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warn,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    level: Level,
    says: String,
}

/// What was found, told as it is found unless it becomes one piece of JSON.
struct Findings {
    all: Vec<Finding>,
    json: bool,
}

impl Findings {
    fn add(&mut self, level: Level, check: &'static str, says: impl Into<String>) {
        let says = says.into();
        if !self.json {
            let word = match level {
                Level::Ok => "ok",
                Level::Warn => "warn",
                Level::Error => "error",
            };
            print_line(&format!("{word:<5} {check}: {says}"));
        }
        self.all.push(Finding { check, level, says });
    }

    fn ok(&mut self, check: &'static str, says: impl Into<String>) {
        self.add(Level::Ok, check, says);
    }

    fn warn(&mut self, check: &'static str, says: impl Into<String>) {
        self.add(Level::Warn, check, says);
    }

    fn error(&mut self, check: &'static str, says: impl Into<String>) {
        self.add(Level::Error, check, says);
    }
}

/// Looks at everything.
///
/// # Errors
/// When a finding is an error, so that the exit status tells.
pub async fn run(settings: &Settings<'_>, json: bool) -> Result<()> {
    let mut findings = Findings { all: Vec::new(), json };
    channels(settings, &mut findings);
    variables(&settings.variables, &mut findings);
    public_url(settings, &mut findings);
    content(settings, &mut findings);
    folder(settings.data, &mut findings);
    space(settings.data, &mut findings);
    let vitals = database(settings.data, &mut findings).await;
    clock(settings, vitals.and_then(|vitals| vitals.newest_at), &mut findings);
    if let Some(bot) = &settings.telegram {
        let public_url = bot.webhook.then(|| settings.public_url.unwrap_or_default());
        match telegram::checkup(bot.token, bot.api_url, public_url).await {
            Ok(checkup) => {
                findings.ok("telegram", format!("the bot is @{}", checkup.name));
                checkup.warnings.into_iter().for_each(|says| findings.warn("telegram", says));
            }
            Err(error) => findings.error("telegram", format!("{error:#}")),
        }
    }
    if json {
        print_line(&serde_json::to_string(&findings.all)?);
    }
    match findings.all.iter().filter(|finding| finding.level == Level::Error).count() {
        0 => Ok(()),
        1 => bail!("one finding is an error; see above"),
        errors => bail!("{errors} findings are errors; see above"),
    }
}

/// Which channels are on, and which are only half configured.
fn channels(settings: &Settings, findings: &mut Findings) {
    let telegram = match &settings.telegram {
        Some(bot) if bot.webhook => "Telegram by webhook",
        Some(_) => "Telegram by polling",
        None => "no Telegram",
    };
    findings.ok("channels", format!("web chat at http://{}, {telegram}", settings.listen));
    for (channel, names) in &settings.lacking {
        findings.error(
            "channels",
            format!("{channel} is half configured: set {} too, or take its other variables away", names.join(" and ")),
        );
    }
}

/// Variables that nobody reads, most likely misspelt, and files of secrets that are not there. Their
/// values are never told: they may be secrets.
fn variables(known: &[String], findings: &mut Findings) {
    let set = std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value));
    let mut set: Vec<_> = set.filter(|(name, _)| name.starts_with("LUZHU_")).collect();
    set.sort();
    let before = findings.all.len();
    for (name, value) in &set {
        if !known.contains(name) {
            let nearest = known.iter().map(|known| (distance(name, known), known)).min();
            let meant = match nearest {
                Some((distance, known)) if distance <= 4 => format!("did you mean {known}?"),
                _ => "take it away".to_owned(),
            };
            findings.warn("settings", format!("{name} is no setting; {meant}"));
        } else if name.ends_with("_FILE") {
            match fs::read_to_string(value) {
                Ok(text) if !text.trim().is_empty() => {}
                Ok(_) => findings.error("settings", format!("the file that {name} names is empty")),
                Err(error) => findings.error("settings", format!("the file that {name} names cannot be read: {error}")),
            }
        }
    }
    if findings.all.len() == before {
        findings.ok("settings", format!("{} variables, all known", set.len()));
    }
}

/// How many characters must be typed anew to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.bytes().enumerate() {
            let typed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = typed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

/// Whether what people write can be read on its way.
fn public_url(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "address";
    // A stand-in for Telegram on this machine takes plain addresses.
    let webhook = settings.telegram.as_ref().is_some_and(|bot| bot.webhook && bot.api_url.starts_with("https:"));
    let Some(public_url) = settings.public_url else {
        match settings.listen.ip().is_loopback() {
            true => findings.ok(CHECK, "reached from this machine only; set LUZHU_PUBLIC_URL when a server with https stands in front"),
            false => findings.warn(CHECK, format!("{} is open to the network without https: put a server with https in front, listen on 127.0.0.1, and set LUZHU_PUBLIC_URL", settings.listen)),
        }
        return;
    };
    let url = reqwest::Url::parse(public_url).ok();
    let parts = url.as_ref().and_then(|url| Some((url.scheme(), url.host_str()?)));
    match parts {
        Some(("https", _)) => findings.ok(CHECK, format!("{public_url}, cookies are secure")),
        Some(("http", _)) if webhook => findings.error(CHECK, format!("LUZHU_PUBLIC_URL is {public_url}, but Telegram calls webhooks by https only; set an https address or LUZHU_TELEGRAM_MODE=poll")),
        Some(("http", "127.0.0.1" | "localhost" | "[::1]")) => findings.ok(CHECK, format!("{public_url}, on this machine only")),
        Some(("http", _)) => findings.warn(CHECK, format!("LUZHU_PUBLIC_URL is {public_url}: passwords and conversations can be read on their way; use https")),
        _ => findings.error(CHECK, format!("LUZHU_PUBLIC_URL is `{public_url}`, which is no address; write it like https://example.org")),
    }
}

/// Whether OpenCC and the content are there and sound.
fn content(settings: &Settings, findings: &mut Findings) {
    let (knowledge, dialogs) = settings.content;
    let reading = Progress::reading();
    let language = match Language::load() {
        Ok(language) => language,
        Err(says) => {
            drop(reading);
            findings.error("opencc", says);
            return findings.error("content", "it cannot be read without OpenCC");
        }
    };
    let (hant, hans) = (language.spoken("失业登记", Script::Hant), language.fold("失業登記"));
    let library = Library::load(knowledge, dialogs, settings.today, language);
    drop(reading);
    match hant == "失業登記" && hans == "失业登记" {
        true => findings.ok("opencc", "converts both ways"),
        false => findings.error("opencc", format!("its dictionaries are wrong: 失业登记 became {hant}, and 失業登記 became {hans}; install libopencc-data anew")),
    }
    match library {
        Ok(library) => {
            let overdue = library.overdue(settings.today);
            let size = format!("{} articles, {} schemes, no problems", library.articles.len(), library.schemes.len());
            match overdue.first() {
                None => findings.ok("content", size),
                Some(first) => findings.warn(
                    "content",
                    format!("{size}, {} warnings, the first: {first}; `luzhu check` lists them", overdue.len()),
                ),
            }
        }
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            findings
                .error("content", format!("{} problems, the first: {first}; `luzhu check` lists them", problems.len()));
        }
    }
}

/// Whether the data folder can be written durably, and by nobody else.
fn folder(data: &Path, findings: &mut Findings) {
    const CHECK: &str = "data";
    let name = data.display();
    if !data.exists() {
        findings.warn(
            CHECK,
            format!("the folder {name} is not there yet; `luzhu serve` makes it, or name another with --data"),
        );
        return;
    }
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let written = File::create_new(&probe).and_then(|mut file| file.write_all(b"luzhu").and_then(|()| file.sync_all()));
    let written = written.and_then(|()| fs::remove_file(&probe));
    match written {
        Ok(()) => findings.ok(CHECK, format!("the folder {name} can be written")),
        Err(error) => {
            let _ = fs::remove_file(&probe);
            findings.error(CHECK, format!("the folder {name} cannot be written ({error}); check its rights and the disk, or name another with --data"));
        }
    }
    if fs::metadata(data).is_ok_and(|found| found.is_dir() && found.permissions().mode() & 0o007 != 0) {
        findings.warn(
            CHECK,
            format!("everybody on this machine can look into {name}, where conversations are; run: chmod 700 {name}"),
        );
    }
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let place = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    match file_system(&mounts, &place) {
        Some(kind) if is_remote(&kind) => findings.warn(CHECK, format!("{name} is on a network file system ({kind}), where SQLite's log is not safe; use a disk of this machine")),
        Some(kind) if ["tmpfs", "ramfs"].contains(&kind.as_str()) => findings.warn(CHECK, format!("{name} is in memory ({kind}) and is gone after a restart; use a disk")),
        _ => {}
    }
}

/// The kind of file system that a path is on, by the lines of /proc/mounts.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let lines = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((unescaped(words.next()?), words.next()?))
    });
    // What is mounted later lies over what was there.
    let around = lines.filter(|(point, _)| path.starts_with(point));
    around.max_by_key(|(point, _)| point.components().count()).map(|(_, kind)| kind.to_owned())
}

/// Blanks and backslashes stand there as three octal digits.
fn unescaped(point: &str) -> PathBuf {
    let (bytes, mut out, mut at) = (point.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let octal = point.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    PathBuf::from(std::ffi::OsStr::from_bytes(&out))
}

fn is_remote(kind: &str) -> bool {
    [
        "nfs",
        "cifs",
        "smb",
        "9p",
        "afs",
        "ceph",
        "gluster",
        "lustre",
        "fuse.sshfs",
        "fuse.gluster",
        "fuse.ceph",
        "fuse.davfs",
        "fuse.rclone",
    ]
    .iter()
    .any(|remote| kind.starts_with(remote))
}

/// Whether there is room on the disk.
fn space(data: &Path, findings: &mut Findings) {
    const CHECK: &str = "disk";
    // A folder that is not there yet will be on the disk of the nearest one that is.
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let Some(there) = data.ancestors().find(|folder| folder.exists()) else { return };
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let says = format!("{} MB are free", free / MB);
            match free / MB {
                0..100 => findings.error(CHECK, format!("{says}; make room now, or nothing more can be stored")),
                100..1000 => findings.warn(CHECK, format!("{says}; make room soon")),
                _ => findings.ok(CHECK, says),
            }
        }
        Err(error) => findings.warn(CHECK, format!("its free space cannot be told: {error}")),
    }
}

/// Whether the database is sound and ours, and who serves it.
async fn database(data: &Path, findings: &mut Findings) -> Option<Vitals> {
    const CHECK: &str = "database";
    let file = store::database_of(data);
    let holder = DataLock::holder(data);
    if !file.exists() {
        findings.ok(CHECK, "there is none yet; `luzhu serve` makes it");
        return None;
    }
    let vitals = match store::examine(&file, false).await {
        Ok(vitals) => vitals,
        Err(error) => {
            findings.error(
                CHECK,
                format!("{}: {error:#}; if need be, `luzhu restore` brings a backup back", file.display()),
            );
            return None;
        }
    };
    let size = format!("whole, {} conversations, {} lines", vitals.conversations, vitals.lines);
    let serving = holder.as_ref().map_or("nobody serves it now".to_owned(), |holder| format!("in use by {holder}"));
    match vitals.written_by {
        WrittenBy::Newer => {
            findings.error(CHECK, format!("{} was written by a newer luzhu; start that version", file.display()))
        }
        WrittenBy::Older => findings.ok(CHECK, format!("{size}; {serving}; the next start brings it up to date")),
        WrittenBy::Ours => findings.ok(CHECK, format!("{size}; {serving}")),
    }
    // A restored backup gets its log from the first server that opens it.
    if vitals.journal_mode != "wal" && holder.is_some() {
        findings.warn(
            CHECK,
            format!("it is written with journal mode {} and not wal; start the server again", vitals.journal_mode),
        );
    }
    match is_old_sqlite(&vitals.sqlite) {
        false => findings.ok("sqlite", vitals.sqlite.clone()),
        true => findings.error(
            "sqlite",
            format!("{} can lose what was stored; build luzhu with its own SQLite, {SQLITE:?} or later", vitals.sqlite),
        ),
    }
    Some(vitals)
}

fn is_old_sqlite(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').map_while(|number| number.parse().ok()).collect();
    numbers.as_slice() < SQLITE.as_slice()
}

/// Whether the clock can be right.
fn clock(settings: &Settings, newest_at: Option<i64>, findings: &mut Findings) {
    const CHECK: &str = "clock";
    const MEND: &str = "set the clock, e.g. with: timedatectl set-ntp true";
    let today = settings.today;
    match newest_at {
        _ if today.year() < FIRST_YEAR => findings.error(CHECK, format!("it shows {today}; {MEND}")),
        Some(newest) if newest > settings.now + SLACK_MS => {
            findings.error(
                CHECK,
                format!("the newest line was stored {} minutes from now; {MEND}", (newest - settings.now) / 60_000),
            );
        }
        _ => findings.ok(CHECK, format!("{today} in Xiamen")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_near_to_the_right_one() {
        assert_eq!(distance("LUZHU_TELEGRAM_TOKN", "LUZHU_TELEGRAM_TOKEN"), 1);
        assert_eq!(distance("LUZHU_TELEGRAM_TOEKN", "LUZHU_TELEGRAM_TOKEN"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn the_file_system_is_that_of_the_nearest_mount() {
        let mounts = "/dev/vda / ext4 rw 0 0\nserver:/x /srv nfs4 rw 0 0\ntmpfs /srv/in\\040memory tmpfs rw 0 0\n/dev/vdb /srv/local ext4 rw 0 0\n";
        for (path, kind) in [
            ("/home/data", "ext4"),
            ("/srv/data", "nfs4"),
            ("/srv", "nfs4"),
            ("/srvdata", "ext4"),
            ("/srv/in memory/data", "tmpfs"),
            ("/srv/local/data", "ext4"),
        ] {
            assert_eq!(file_system(mounts, Path::new(path)).as_deref(), Some(kind), "{path}");
        }
        assert_eq!(file_system("", Path::new("/")), None);
        assert!(is_remote("nfs4") && is_remote("fuse.sshfs") && !is_remote("ext4") && !is_remote("fuse.ext4"));
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, old) in
            [("3.51.3", false), ("3.51.2", true), ("3.9.9", true), ("3.100.0", false), ("4.0", false), ("", true)]
        {
            assert_eq!(is_old_sqlite(version), old, "{version}");
        }
    }
}
