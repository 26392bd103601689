//! The terminal, as its environment describes it.

use serde_json::{Value, json};

/// The smallest size that the wizard needs: columns and rows.
const SMALLEST: (u16, u16) = (60, 20);

/// What is known about the terminal.
pub(super) struct Terminal {
    term: Option<String>,
    colorterm: Option<String>,
    /// Columns and rows; none without a terminal.
    size: Option<(u16, u16)>,
    /// The variable that sets the locale, and its value.
    locale: Option<(&'static str, String)>,
    multiplexer: Option<&'static str>,
    ssh: bool,
    no_color: bool,
}

impl Terminal {
    pub(super) fn read(env: &dyn Fn(&str) -> Option<String>, size: Option<(u16, u16)>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        // POSIX: the first of these that is set counts.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, set(name)?)));
        let multiplexer = [("TMUX", "tmux"), ("STY", "screen"), ("ZELLIJ", "zellij")];
        Self {
            term: set("TERM"),
            colorterm: set("COLORTERM"),
            size,
            locale,
            multiplexer: multiplexer.into_iter().find(|(name, _)| set(name).is_some()).map(|(_, name)| name),
            ssh: ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| set(name).is_some()),
            no_color: set("NO_COLOR").is_some(),
        }
    }

    /// Windows has no such locale: its terminals use UTF-8.
    fn is_utf8(&self) -> bool {
        cfg!(windows)
            || self.locale.as_ref().is_some_and(|(_, locale)| {
                let locale = locale.to_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            })
    }

    /// One line.
    pub(super) fn describe(&self) -> String {
        let mut facts = vec![format!("TERM {}", self.term.as_deref().unwrap_or("not set"))];
        facts.extend(self.colorterm.as_ref().map(|value| format!("COLORTERM {value}")));
        facts.push(match self.size {
            Some((columns, rows)) => format!("{columns}×{rows}"),
            None => "no terminal".to_owned(),
        });
        facts.push(match &self.locale {
            Some((name, locale)) => format!("{name} {locale}"),
            None => "no locale".to_owned(),
        });
        facts.extend(self.multiplexer.map(str::to_owned));
        facts.extend(self.ssh.then(|| "over SSH".to_owned()));
        facts.extend(self.no_color.then(|| "NO_COLOR".to_owned()));
        facts.join(", ")
    }

    /// What keeps the wizard from looking right, and what to do about it.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.size.is_some_and(|(columns, rows)| columns < SMALLEST.0 || rows < SMALLEST.1) {
            return Some("The wizard needs at least 60×20 characters: enlarge the window, or use a smaller font.");
        }
        if !self.is_utf8() {
            return Some("Without a UTF-8 locale, lines and dots may look wrong: set LANG, for example to C.UTF-8.");
        }
        match self.term.as_deref() {
            None | Some("dumb") if self.size.is_some() => {
                Some("This terminal can't place the cursor, which the wizard needs: set TERM, or use the commands.")
            }
            _ => None,
        }
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "term": self.term,
            "colorterm": self.colorterm,
            "columns": self.size.map(|(columns, _)| columns),
            "rows": self.size.map(|(_, rows)| rows),
            "utf8": self.is_utf8(),
            "multiplexer": self.multiplexer,
            "ssh": self.ssh,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(pairs: &'static [(&'static str, &'static str)], size: Option<(u16, u16)>) -> Terminal {
        let env = |name: &str| pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        Terminal::read(&env, size)
    }

    #[test]
    fn the_terminal_is_described_in_one_line() {
        let env = &[
            ("TERM", "tmux-256color"),
            ("COLORTERM", "truecolor"),
            ("LC_ALL", ""),
            ("LANG", "de_DE.UTF-8"),
            ("TMUX", "/tmp/tmux-1000/default,1,0"),
            ("SSH_TTY", "/dev/pts/1"),
        ];
        let wide = terminal(env, Some((120, 40)));
        let line = "TERM tmux-256color, COLORTERM truecolor, 120×40, LANG de_DE.UTF-8, tmux, over SSH";
        assert_eq!((wide.describe().as_str(), wide.problem()), (line, None));
        assert_eq!(terminal(&[], None).describe(), "TERM not set, no terminal, no locale");
    }

    #[cfg(not(windows))]
    #[test]
    fn what_the_wizard_needs_is_said_if_it_is_missing() {
        let env = &[("TERM", "xterm"), ("LANG", "C.UTF-8")];
        assert!(terminal(env, Some((59, 40))).problem().unwrap().contains("60×20"));
        assert!(terminal(&[("TERM", "xterm"), ("LANG", "C")], None).problem().unwrap().contains("UTF-8"));
        assert!(terminal(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")], None).problem().unwrap().contains("UTF-8"));
        assert!(terminal(&[("TERM", "dumb"), ("LANG", "C.utf8")], Some((80, 24))).problem().unwrap().contains("TERM"));
        assert_eq!(terminal(env, None).problem(), None);
    }
}
