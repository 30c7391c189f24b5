//! One program at a time in a data folder.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use anyhow::{Context, Result, bail};

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
        fs::create_dir_all(folder).with_context(cannot)?;
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
                let mut holder = String::new();
                let read = file.read_to_string(&mut holder);
                let holder = if read.is_ok() && !holder.is_empty() { holder.trim() } else { "another program" };
                bail!(
                    "the data folder {} is in use by {holder}; stop that first or choose another with --data",
                    folder.display()
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
}
