//! What a long command is at, on one line of standard error that is written over and taken away at
//! the end. Nothing where standard error is no terminal.

use std::{
    io::{IsTerminal, Write as _, stderr},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Work that is shorter than this is not talked about.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line is written anew.
const BEAT: Duration = Duration::from_millis(200);

/// Shows the line until it is dropped.
pub struct Progress {
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins; what `how_far` says stands behind the words.
    pub fn start(words: &'static str, how_far: impl Fn() -> String + Send + 'static) -> Self {
        if !stderr().is_terminal() {
            return Self { shown: None };
        }
        let (stop, stopped) = mpsc::channel();
        let show = move || {
            let mut pause = PATIENCE;
            // The line is a courtesy: a terminal that does not take it changes nothing.
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(stderr(), "\r\x1b[K{words} {}", how_far());
                pause = BEAT;
            }
            if pause == BEAT {
                let _ = write!(stderr(), "\r\x1b[K");
            }
        };
        Self { shown: Some((stop, thread::spawn(show))) }
    }

    /// Content that is read.
    pub fn reading() -> Self {
        Self::start("读取内容 … / reading content …", String::new)
    }

    /// Questions that are asked to measure the answers.
    pub fn measuring() -> Self {
        Self::start("评测 … / measuring …", String::new)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.shown.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
