//! Colours: sixteen at most, on the terminal's own background, and never alone: every verdict is a word.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::Verdict;

/// The styles by what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub text: Style,
    /// Of second rank.
    pub dim: Style,
    pub title: Style,
    /// Keys, and what has the focus.
    pub accent: Style,
    pub good: Style,
    pub warn: Style,
    pub bad: Style,
    /// The marked row of a list. With it stands a `>`, since a colour alone is none for some.
    pub selected: Style,
}

impl Theme {
    /// For dark backgrounds.
    #[must_use]
    pub fn dark() -> Self {
        Self::coloured(Color::Cyan, Color::Green, Color::Yellow, Color::Red, Color::DarkGray)
    }

    /// For light ones: no yellow, no bright colours.
    #[must_use]
    pub fn light() -> Self {
        Self::coloured(Color::Blue, Color::Green, Color::Magenta, Color::Red, Color::DarkGray)
    }

    fn coloured(accent: Color, good: Color, warn: Color, bad: Color, dim: Color) -> Self {
        let fg = |c| Style::new().fg(c);
        Self {
            text: Style::new(),
            dim: fg(dim),
            title: Style::new().add_modifier(Modifier::BOLD),
            accent: fg(accent),
            good: fg(good),
            warn: fg(warn),
            bad: fg(bad).add_modifier(Modifier::BOLD),
            selected: fg(accent).add_modifier(Modifier::BOLD),
        }
    }

    /// Without any colour. No reversed cells: crossterm takes the attribute back with an empty colour under `NO_COLOR`.
    #[must_use]
    pub fn mono() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            dim: plain,
            title: plain.add_modifier(Modifier::BOLD),
            accent: plain.add_modifier(Modifier::BOLD),
            good: plain,
            warn: plain.add_modifier(Modifier::BOLD),
            bad: plain.add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::BOLD),
        }
    }

    /// The theme of this name; for `auto` what the environment tells: `NO_COLOR` set and not empty, or a light
    /// background in `COLORFGBG`.
    #[must_use]
    pub fn named(name: &str, env: impl Fn(&str) -> Option<String>) -> Self {
        let no_color = env("NO_COLOR").is_some_and(|v| !v.is_empty());
        match name {
            "mono" => Self::mono(),
            _ if no_color => Self::mono(),
            "light" => Self::light(),
            "dark" => Self::dark(),
            _ => {
                let background = env("COLORFGBG").and_then(|v| v.rsplit(';').next().map(str::to_owned));
                if matches!(background.as_deref(), Some("7" | "15")) { Self::light() } else { Self::dark() }
            }
        }
    }

    #[must_use]
    pub fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Ok => self.good,
            Verdict::Missing | Verdict::Wrong => self.bad,
            Verdict::Pending | Verdict::Unknown => self.warn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        |name| pairs.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned())
    }

    #[test]
    fn no_color_wins_over_every_theme_and_has_no_colour() {
        let theme = Theme::named("dark", env(&[("NO_COLOR", "1")]));
        assert_eq!(theme, Theme::mono());
        for style in [theme.text, theme.dim, theme.accent, theme.good, theme.warn, theme.bad, theme.selected] {
            assert!(style.fg.is_none() && style.bg.is_none());
        }
        assert_eq!(Theme::named("dark", env(&[("NO_COLOR", "")])), Theme::dark());
    }

    #[test]
    fn a_light_background_is_told_by_the_terminal() {
        assert_eq!(Theme::named("auto", env(&[("COLORFGBG", "0;15")])), Theme::light());
        assert_eq!(Theme::named("auto", env(&[])), Theme::dark());
    }
}
