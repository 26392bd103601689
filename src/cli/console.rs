//! Standard input, output and error, as the commands use them: a broken pipe is silent, and nothing that comes from an
//! account can steer the terminal.

use std::fmt::Display;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use crate::domain::text::escape_controls_in_lines;

type Sink = Mutex<Box<dyn Write + Send>>;

/// Where a command reads and writes.
pub struct Console {
    out: Sink,
    err: Sink,
    /// Standard input and standard error are a person.
    asks: bool,
    /// Standard input and standard output are a terminal.
    terminal: bool,
    lost: Mutex<Option<String>>,
}

impl Console {
    /// The process's own.
    #[must_use]
    pub fn standard() -> Self {
        let typed = io::stdin().is_terminal();
        Self {
            out: Mutex::new(Box::new(io::stdout())),
            err: Mutex::new(Box::new(io::stderr())),
            asks: typed && io::stderr().is_terminal(),
            terminal: typed && io::stdout().is_terminal(),
            lost: Mutex::new(None),
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether there is somebody to ask.
    pub(super) fn can_ask(&self) -> bool {
        self.asks
    }

    /// A part of the result, for people: a line on standard output.
    pub(super) fn say(&self, text: impl Display) {
        self.write(&self.out, &format!("{}\n", escape_controls_in_lines(&text.to_string())));
    }

    /// A whole result for programs, to the letter, on standard output.
    pub(super) fn emit(&self, text: &str) {
        self.write(&self.out, &format!("{text}\n"));
    }

    /// Anything but the result: a line on standard error.
    pub fn tell(&self, text: impl Display) {
        self.write(&self.err, &format!("{}\n", escape_controls_in_lines(&text.to_string())));
    }

    /// Asks a question that only a clear yes answers.
    pub(super) async fn ask(&self, question: &str) -> bool {
        let answer = self.answer(&format!("{} [y/N] ", escape_controls_in_lines(question))).await;
        answer.is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for one of these words; any other answer is a no.
    pub(super) async fn ask_for_word(&self, question: &str, words: &[&str]) -> bool {
        let answer = self.answer(&format!("{} ", escape_controls_in_lines(question))).await;
        answer.is_some_and(|answer| words.contains(&answer.as_str()))
    }

    /// The line that is typed after the question. It is read in a thread of its own, so that an interrupt can end the
    /// waiting.
    async fn answer(&self, question: &str) -> Option<String> {
        let mut line = Unfinished { console: self, answered: false };
        self.write(&self.err, question);
        let read = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map(|_| answer)
        });
        let answer = read.await.ok()?.ok()?;
        line.answered = answer.ends_with('\n');
        Some(answer.trim().to_owned())
    }

    /// Why a result could not be written, if so. That nobody reads any more is no reason.
    pub(super) fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, sink: &Sink, text: &str) {
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
        }
    }
}

/// A question that may get no answer: what is said next begins on a line of its own.
struct Unfinished<'a> {
    console: &'a Console,
    answered: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.console.tell("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_an_escape_sequence_steers_no_terminal() {
        assert_eq!(escape_controls_in_lines("a\u{1b}[2Jb\u{9b}c\nd"), "a\\u001b[2Jb\\u009bc\nd");
    }

    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn console(out: ErrorKind) -> Console {
        Console {
            out: Mutex::new(Box::new(Refusing(out))),
            err: Mutex::new(Box::new(io::sink())),
            asks: false,
            terminal: false,
            lost: Mutex::new(None),
        }
    }

    #[test]
    fn a_broken_pipe_is_silent_and_a_full_disk_is_not() {
        let broken = console(ErrorKind::BrokenPipe);
        broken.say("x");
        assert_eq!(broken.lost(), None);
        let full = console(ErrorKind::StorageFull);
        full.say("x");
        assert!(full.lost().is_some());
    }
}
