//! Backups: a whole copy of the database, made beside a running server, and the way back.
//!
//! What is copied stands under another name until it is complete, checked and durable; one rename
//! then gives it its own. So a name either holds something whole, or what it held before.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use sqlx::{AnyConnection, Connection, Row, any::install_default_drivers, migrate::Migrator};

/// Every step from an empty database to ours.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// The database's name in its folder.
const NAME: &str = "luzhu.db";

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What SQLite keeps beside a database and needs to read it whole.
const COMPANIONS: [&str; 2] = ["-wal", "-journal"];

/// What a look at a database found.
#[derive(Clone, Debug)]
pub struct Vitals {
    /// Its size in bytes.
    pub bytes: u64,
    /// How many conversations there are.
    pub conversations: i64,
    /// How many lines all transcripts have.
    pub lines: i64,
    /// When its newest line was written, in milliseconds since 1970.
    pub newest_at: Option<i64>,
    /// Which luzhu wrote it.
    pub written_by: WrittenBy,
    /// How SQLite makes it durable; `wal` when a server has opened it.
    pub journal_mode: String,
    /// The version of SQLite that looked.
    pub sqlite: String,
}

/// Which luzhu wrote a database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WrittenBy {
    /// One before us; opening it brings it up to date.
    Older,
    /// One like us.
    Ours,
    /// One after us; it is not ours to open.
    Newer,
}

/// Where the database of a data folder is.
pub fn database_of(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// The name under which `file` is written before it is whole.
pub fn part_of(file: &Path) -> PathBuf {
    with(file, ".part")
}

/// The name under which a backup waits in the data folder before it takes its place.
pub fn restoring_in(folder: &Path) -> PathBuf {
    with(&database_of(folder), ".restoring")
}

/// Looks at a database without changing it, also while it is served; `thorough` also holds every
/// index against its table.
///
/// # Errors
/// A sentence without its subject: it is damaged, or not a database of luzhu.
pub async fn examine(file: &Path, thorough: bool) -> Result<Vitals> {
    let bytes = fs::metadata(file).context("it cannot be read")?.len();
    let mut db = open(file, "ro").await?;
    let check = if thorough { "pragma integrity_check(1)" } else { "pragma quick_check(1)" };
    let found: String = sqlx::query_scalar(check).fetch_one(&mut db).await.map_err(damaged)?;
    // A headline may stand before it.
    ensure!(found == "ok", "it is damaged: {}", found.lines().last().unwrap_or_default());
    let ours = "select count(*) from sqlite_master where name in ('_sqlx_migrations', 'conversation', 'message')";
    let ours: i64 = sqlx::query_scalar(ours).fetch_one(&mut db).await.map_err(damaged)?;
    ensure!(ours == 3, "it is not a database of luzhu");
    let versions: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations").fetch_all(&mut db).await?;
    let row = sqlx::query(
        "select (select count(*) from conversation) as conversations, (select count(*) from message) as lines,
                (select max(at) from message) as newest_at, sqlite_version() as sqlite",
    );
    let row = row.fetch_one(&mut db).await.map_err(damaged)?;
    let vitals = Vitals {
        bytes,
        conversations: row.get("conversations"),
        lines: row.get("lines"),
        newest_at: row.get("newest_at"),
        written_by: written_by(&versions),
        journal_mode: sqlx::query_scalar("pragma journal_mode").fetch_one(&mut db).await?,
        sqlite: row.get("sqlite"),
    };
    db.close().await?;
    Ok(vitals)
}

/// Copies the database of a folder to `file` as it is at this moment, beside whoever writes to it,
/// and checks the copy.
///
/// # Errors
/// One sentence; then there is no `file`, or the one that was there before.
pub async fn back_up(folder: &Path, file: &Path) -> Result<Vitals> {
    let source = database_of(folder);
    ensure!(source.exists(), "there is no database in {}; say where it is with --data", folder.display());
    let part = part_of(file);
    // Who has made it is alone with this name, and also the only one who may give it away.
    new_file(&part).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!(
            "{} is there: another backup is being written, or one was interrupted; if none is, delete it",
            part.display()
        ),
        _ => anyhow!(error).context(format!("{} cannot be written; choose another place", part.display())),
    })?;
    let made = copy_whole(&source, &part, file).await;
    if made.is_err() {
        let _ = fs::remove_file(&part);
    }
    made
}

async fn copy_whole(source: &Path, part: &Path, file: &Path) -> Result<Vitals> {
    ensure!(file.symlink_metadata().is_err(), "{} is there already; choose another name", file.display());
    let target = part.to_str().context("the name of a backup must be readable text; choose another")?;
    let unread = || format!("the database {} cannot be copied", source.display());
    // Not read-only: what a kill left half done is put right first.
    let mut db = open(source, "rw").await.with_context(unread)?;
    let copied = sqlx::query("vacuum into $1").bind(target).execute(&mut db).await;
    copied.map_err(|error| anyhow!("{}", words(&error))).with_context(unread)?;
    db.close().await?;
    File::open(part)?.sync_all().with_context(|| format!("{} cannot be made durable", part.display()))?;
    let vitals = examine(part, true).await.context("the copy is not sound")?;
    fs::rename(part, file).with_context(|| format!("{} cannot get its name", file.display()))?;
    settle(file)?;
    Ok(vitals)
}

/// Puts a backup into a data folder that the caller holds. With `aside`, a database that is there
/// is kept under its name and this ending; without, it is left alone.
///
/// # Errors
/// One sentence; then the folder holds what it held before.
pub async fn restore(file: &Path, folder: &Path, aside: Option<&str>) -> Result<Vitals> {
    let own = database_of(folder);
    ensure!(
        aside.is_some() || !own.exists(),
        "{} is there already; with --replace the backup takes its place and it is kept beside it",
        own.display()
    );
    let fresh = restoring_in(folder);
    let put = async {
        // What an interrupted restore left: we hold the folder, so it is nobody's.
        remove(&fresh)?;
        copy_bytes(file, &fresh, folder)?;
        let vitals = examine(&fresh, true).await.with_context(|| format!("{} cannot be restored", file.display()))?;
        ensure!(
            vitals.written_by != WrittenBy::Newer,
            "{} was written by a newer luzhu; restore it with that version",
            file.display()
        );
        replace(&fresh, &own, aside.unwrap_or(".before")).await?;
        Ok(vitals)
    };
    let put = put.await;
    // Looking at a copy may have left SQLite's files beside it.
    for name in [with(&fresh, "-wal"), with(&fresh, "-shm"), fresh] {
        let _ = fs::remove_file(name);
    }
    put
}

/// Whether a file can be a backup at all, before anything is made for it.
///
/// # Errors
/// One sentence: it cannot be read, is no database, or belongs to a running one.
pub fn is_backup(file: &Path) -> Result<()> {
    let name = file.display();
    let ours = begins_well(file).with_context(|| format!("{name} cannot be read"))?;
    ensure!(ours, "{name} is not a backup of luzhu: it is no SQLite database");
    for companion in COMPANIONS {
        let beside = with(file, companion);
        ensure!(
            fs::metadata(&beside).map_or(0, |found| found.len()) == 0,
            "{} lies beside {name}, so it is not whole alone; make a backup of it with `luzhu backup` and restore that",
            beside.display()
        );
    }
    Ok(())
}

/// Whether a file begins as every SQLite database does.
fn begins_well(file: &Path) -> std::io::Result<bool> {
    let mut begins = Vec::new();
    File::open(file)?.take(MAGIC.len() as u64).read_to_end(&mut begins)?;
    Ok(begins == MAGIC)
}

/// A durable copy in the folder, which belongs to whom the folder belongs.
fn copy_bytes(file: &Path, fresh: &Path, folder: &Path) -> Result<()> {
    let copy = || -> std::io::Result<()> {
        let mut to = new_file(fresh)?;
        std::io::copy(&mut File::open(file)?, &mut to)?;
        let (owner, made) = (fs::metadata(folder)?, to.metadata()?);
        // An administrator restores, the service opens it.
        if (owner.uid(), owner.gid()) != (made.uid(), made.gid()) {
            chown(fresh, Some(owner.uid()), Some(owner.gid()))?;
        }
        to.sync_all()
    };
    copy().with_context(|| format!("{} cannot be copied into {}", file.display(), folder.display()))
}

/// Gives the database's name to `fresh`; what had it keeps its old name until then, and another one
/// for good.
async fn replace(fresh: &Path, own: &Path, aside: &str) -> Result<()> {
    let kept = with(own, aside);
    if own.exists() {
        // SQLite would throw the log of an empty file away.
        if begins_well(own).unwrap_or(false) {
            gather(own).await?;
        }
        fs::hard_link(own, &kept).with_context(|| format!("the old database cannot be kept as {}", kept.display()))?;
        settle(own)?;
    }
    // There is something only if the old one could not be read: it stays with what belongs to it,
    // and nothing of it is taken for the new one's.
    for companion in COMPANIONS {
        let left = with(own, companion);
        if left.exists() {
            fs::rename(&left, with(&kept, companion))
                .with_context(|| format!("{} cannot be moved aside", left.display()))?;
        }
    }
    remove(&with(own, "-shm"))?;
    settle(own)?;
    fs::rename(fresh, own).with_context(|| format!("{} cannot be put in place", own.display()))?;
    settle(own)
}

/// Brings what a killed server left in the write-ahead log into the database itself, so that this
/// one file is all of it. One that is too damaged for that stays as it is.
async fn gather(own: &Path) -> Result<()> {
    let gathered = async {
        let mut db = connect(own, "rw").await?;
        sqlx::query("pragma journal_mode = delete").execute(&mut db).await?;
        db.close().await
    };
    match gathered.await {
        // SQLite's codes for another one at work, with the finer ones in the upper bits.
        Err(error) if code(&error).is_some_and(|code| matches!(code & 0xff, 5 | 6)) => {
            bail!("another program is working in {}; stop it first", own.display())
        }
        _ => Ok(()),
    }
}

fn written_by(versions: &[i64]) -> WrittenBy {
    let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
    if versions.iter().any(|version| !known.contains(version)) {
        WrittenBy::Newer
    } else if known.iter().any(|version| !versions.contains(version)) {
        WrittenBy::Older
    } else {
        WrittenBy::Ours
    }
}

async fn open(file: &Path, mode: &str) -> Result<AnyConnection> {
    connect(file, mode).await.map_err(damaged)
}

/// A connection of its own, that changes no setting of the database.
async fn connect(file: &Path, mode: &str) -> sqlx::Result<AnyConnection> {
    install_default_drivers();
    // Every byte that could mean something in an address is escaped.
    let escaped = file.as_os_str().as_encoded_bytes().iter().map(|byte| match byte {
        b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    AnyConnection::connect(&format!("sqlite:{}?mode={mode}", escaped.collect::<String>())).await
}

fn damaged(error: sqlx::Error) -> anyhow::Error {
    match code(&error).map(|code| code & 0xff) {
        Some(5 | 6) => anyhow!("another program is working in it; try again when it is done"),
        Some(8) => anyhow!("a change to it was interrupted; `luzhu serve` puts that right at its start"),
        Some(14) => anyhow!("it cannot be opened; check its rights and those of its folder"),
        _ => anyhow!("it is damaged: {}", words(&error)),
    }
}

/// SQLite's own words.
fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// A new file that only its owner can read.
fn new_file(name: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(name)
}

fn remove(name: &Path) -> Result<()> {
    match fs::remove_file(name) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", name.display()))
        }
        _ => Ok(()),
    }
}

/// Makes the names in the folder of `file` durable.
fn settle(file: &Path) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("the folder {} cannot be made durable", folder.display()))
}

/// The same name with something behind it.
fn with(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}
