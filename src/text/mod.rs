//! Chinese text: cleaning, the two scripts, words, and numbers that must not be kept.
//!
//! Dictionaries are loaded once per process into [`Language`]; everything here is pure after that.

mod calendar;
pub mod clean;
pub mod mask;
pub mod number;
mod numeral;
pub mod script;
pub mod when;
pub mod words;

use crate::message::Script;

/// The loaded dictionaries. Building one takes about 0.2 s and 60 MB.
pub struct Language {
    scripts: script::Scripts,
    segmenter: words::Segmenter,
}

impl Language {
    /// Loads OpenCC's and jieba's dictionaries.
    ///
    /// # Errors
    /// One sentence when OpenCC's data files are not installed.
    pub fn load() -> Result<Self, String> {
        // People wait for the program to start, and neither needs the other.
        let (scripts, segmenter) = std::thread::scope(|scope| {
            let scripts = scope.spawn(script::Scripts::load);
            let segmenter = words::Segmenter::load();
            (scripts.join().expect("loading dictionaries does not panic"), segmenter)
        });
        Ok(Self { scripts: scripts?, segmenter })
    }

    /// The form in which everything is indexed and searched: cleaned, lower case, simplified by
    /// character. A question and its character twin in the other script come out the same.
    pub fn fold(&self, text: &str) -> String {
        self.scripts.simplified(&clean::clean(text).to_lowercase())
    }

    /// [`Language::fold`] for many texts, on all processors.
    pub fn fold_all(&self, texts: &[&str]) -> Vec<String> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = texts.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let fold = |texts: &[&str]| texts.iter().map(|text| self.fold(text)).collect::<Vec<_>>();
            let shares: Vec<_> = texts.chunks(share).map(|texts| scope.spawn(move || fold(texts))).collect();
            shares.into_iter().flat_map(|share| share.join().expect("folding does not panic")).collect()
        })
    }

    /// Words authored in simplified, in the script of the person who reads them.
    pub fn spoken(&self, text: &str, script: Script) -> String {
        match script {
            Script::Hans => text.into(),
            Script::Hant => self.scripts.traditional(text),
        }
    }

    /// What somebody wrote in either script, in this one.
    pub fn in_script(&self, text: &str, script: Script) -> String {
        match script {
            Script::Hans => self.scripts.simplified(text),
            Script::Hant => self.scripts.traditional(text),
        }
    }

    /// The script a text is written in; nothing when it could be either.
    pub fn script_of(&self, text: &str) -> Option<Script> {
        self.scripts.detect(text)
    }

    /// The search terms of a text that went through [`Language::fold`].
    pub fn terms(&self, folded: &str) -> words::Terms {
        self.segmenter.terms(folded)
    }

    /// The same without sounds, for texts that are long.
    pub fn silent_terms(&self, folded: &str) -> words::Terms {
        self.segmenter.silent_terms(folded)
    }

    /// Adds a word of our field, so that it is never cut apart.
    pub fn learn(&mut self, word: &str) {
        self.segmenter.learn(word);
    }
}
