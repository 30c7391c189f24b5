//! What can be wrong with content: found all at once, each with its file and its key.

use std::{fmt, path::Path};

/// One thing that is wrong, or worth a look, in a file of `knowledge/` or `dialogs/`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Problem {
    /// The file, as it was named to us.
    pub file: String,
    /// Where in the file: a key like `sources[0].title`, or a line.
    pub key: String,
    /// What is wrong and what to do, in one sentence.
    pub says: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.key, self.says)
    }
}

/// Collects the problems of one file.
pub struct Report<'a> {
    file: String,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Report<'a> {
    /// A report on `file`.
    pub fn on(file: &Path, problems: &'a mut Vec<Problem>) -> Self {
        Self { file: file.display().to_string(), problems }
    }

    /// Notes a problem at `key`.
    pub fn add(&mut self, key: impl Into<String>, says: impl Into<String>) {
        self.problems.push(Problem { file: self.file.clone(), key: key.into(), says: says.into() });
    }

    /// Notes a problem at `key` unless `fine`.
    pub fn expect(&mut self, fine: bool, key: impl Into<String>, says: impl Into<String>) {
        if !fine {
            self.add(key, says);
        }
    }
}
