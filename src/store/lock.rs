//! One program at a time in a data folder.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use anyhow::{Context, Result, bail};

/// Makes a data folder if it is missing; what people tell is nobody else's to read.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Holds a data folder until it is dropped.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Makes the folder if need be and locks it for `who`, e.g. `luzhu serve`.
    ///
    /// # Errors
    /// One sentence: the folder cannot be written, or who holds it.
    pub fn take(folder: &Path, who: &str) -> Result<Self> {
        let cannot = || {
            format!(
                "the data folder {} cannot be written; check its rights or choose another with --data",
                folder.display()
            )
        };
        make_folder(folder).with_context(cannot)?;
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))
            .with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "the data folder {} is in use by {}; stop that first or choose another with --data",
                    folder.display(),
                    written_in(&mut file)
                );
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{who} (process {})", std::process::id()))
            .with_context(cannot)?;
        Ok(Self { _file: file })
    }

    /// Who holds a data folder, if anyone does. Looking takes no more than a moment's shared lock.
    pub fn holder(folder: &Path) -> Option<String> {
        let mut file = File::open(folder.join("lock")).ok()?;
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| written_in(&mut file))
    }
}

/// What the holder wrote about itself.
fn written_in(file: &mut File) -> String {
    let mut holder = String::new();
    match file.read_to_string(&mut holder) {
        Ok(_) if !holder.trim().is_empty() => holder.trim().to_owned(),
        _ => "another program".to_owned(),
    }
}
