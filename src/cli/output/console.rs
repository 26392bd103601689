//! Standard input, output and error for the commands. A broken pipe is ignored, and control characters in text from an
//! account are escaped.

use std::fmt::Display;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use crate::domain::text::escape_controls_in_lines;

type Sink = Mutex<Box<dyn Write + Send>>;

/// Where a command reads and writes.
pub struct Console {
    out: Sink,
    err: Sink,
    /// Standard input and standard error are a terminal.
    can_ask: bool,
    /// Standard input and standard output are a terminal.
    is_terminal: bool,
    /// The first error while writing, broken pipes excepted.
    write_error: Mutex<Option<String>>,
}

impl Console {
    /// The console of this process.
    pub fn standard() -> Self {
        let stdin_is_terminal = io::stdin().is_terminal();
        Self {
            out: Mutex::new(Box::new(io::stdout())),
            err: Mutex::new(Box::new(io::stderr())),
            can_ask: stdin_is_terminal && io::stderr().is_terminal(),
            is_terminal: stdin_is_terminal && io::stdout().is_terminal(),
            write_error: Mutex::new(None),
        }
    }

    pub(in crate::cli) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether questions can be asked.
    pub(in crate::cli) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Prints part of a result for people: a line on standard output.
    pub(in crate::cli) fn print(&self, text: impl Display) {
        self.write(&self.out, &format!("{}\n", escape_controls_in_lines(&text.to_string())));
    }

    /// Prints a result for programs on standard output, unchanged.
    pub(in crate::cli) fn print_raw(&self, text: &str) {
        self.write(&self.out, &format!("{text}\n"));
    }

    /// Prints anything other than the result: a line on standard error.
    pub fn eprint(&self, text: impl Display) {
        self.write(&self.err, &format!("{}\n", escape_controls_in_lines(&text.to_string())));
    }

    /// Asks a question, and returns whether the answer is yes.
    pub(in crate::cli) async fn ask(&self, question: &Question<'_>) -> bool {
        self.ask_line(&question.prompt()).await.is_some_and(|answer| question.is_yes(answer.trim()))
    }

    /// Asks for a line; `None` if none can be read. A separate thread reads what is typed, so that an interrupt can end the
    /// wait.
    pub(in crate::cli) async fn ask_line(&self, question: &str) -> Option<String> {
        let mut prompt = OpenPrompt { console: self, answered: false };
        self.write(&self.err, &format!("{} ", escape_controls_in_lines(question)));
        let read = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map(|_| answer)
        });
        let answer = read.await.ok()?.ok()?;
        prompt.answered = answer.ends_with('\n');
        (!answer.is_empty()).then_some(answer)
    }

    /// Why output could not be written, if it couldn't. A broken pipe doesn't count.
    pub(in crate::cli) fn write_error(&self) -> Option<String> {
        self.write_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, sink: &Sink, text: &str) {
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.write_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
        }
    }
}

/// A question before a change.
pub(in crate::cli) enum Question<'a> {
    /// Anything but `y` or `yes` is a no.
    YesOrNo(&'a str),
    /// The user types one of these words; anything else is a no.
    Word(&'a str, &'a [&'a str]),
}

impl Question<'_> {
    fn prompt(&self) -> String {
        match self {
            Self::YesOrNo(question) => format!("{question} [y/N]"),
            Self::Word(question, _) => (*question).to_owned(),
        }
    }

    fn is_yes(&self, answer: &str) -> bool {
        match self {
            Self::YesOrNo(_) => matches!(answer.to_lowercase().as_str(), "y" | "yes"),
            Self::Word(_, words) => words.contains(&answer),
        }
    }
}

/// A question without an answer so far. If none comes, the next output starts on a new line.
struct OpenPrompt<'a> {
    console: &'a Console,
    answered: bool,
}

impl Drop for OpenPrompt<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.console.eprint("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_in_a_name_does_not_reach_the_terminal() {
        assert_eq!(escape_controls_in_lines("a\u{1b}[2Jb\u{9b}c\nd"), "a\\u001b[2Jb\\u009bc\nd");
    }

    #[test]
    fn only_a_clear_yes_or_the_exact_word_is_a_yes() {
        let accepted = |question: &Question, answers: &[&'static str]| -> Vec<&'static str> {
            answers.iter().copied().filter(|answer| question.is_yes(answer)).collect()
        };
        let answers = ["", "y", "Y", "yes", "YES", "n", "yess", "destroy", "DESTROY", "123456789012"];
        assert_eq!(accepted(&Question::YesOrNo("Apply?"), &answers), ["y", "Y", "yes", "YES"]);
        let word = Question::Word("Type it:", &["destroy", "123456789012"]);
        assert_eq!(accepted(&word, &answers), ["destroy", "123456789012"]);
    }

    /// Fails every write with this error.
    struct FailingWriter(ErrorKind);

    impl Write for FailingWriter {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn console(out: ErrorKind) -> Console {
        Console {
            out: Mutex::new(Box::new(FailingWriter(out))),
            err: Mutex::new(Box::new(io::sink())),
            can_ask: false,
            is_terminal: false,
            write_error: Mutex::new(None),
        }
    }

    #[test]
    fn a_broken_pipe_is_ignored_and_a_full_disk_is_reported() {
        let broken = console(ErrorKind::BrokenPipe);
        broken.print("x");
        assert_eq!(broken.write_error(), None);
        let full = console(ErrorKind::StorageFull);
        full.print("x");
        assert!(full.write_error().is_some());
    }
}
