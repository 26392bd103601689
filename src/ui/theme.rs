//! The colors: at most 16, on the terminal's own background. Each verdict is also shown as a word.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::Verdict;

/// The styles, named by meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub text: Style,
    /// Secondary text.
    pub dim: Style,
    pub title: Style,
    /// Keys, and the focused field.
    pub accent: Style,
    pub good: Style,
    pub warn: Style,
    pub bad: Style,
    /// The selected row of a list, which is also marked with `>` for anyone who can't see the color.
    pub selected: Style,
}

impl Theme {
    /// For dark backgrounds.
    #[must_use]
    pub fn dark() -> Self {
        Self::colored(Color::Cyan, Color::Green, Color::Yellow, Color::Red)
    }

    /// For light backgrounds: no yellow, no bright colors.
    #[must_use]
    pub fn light() -> Self {
        Self::colored(Color::Blue, Color::Green, Color::Magenta, Color::Red)
    }

    fn colored(accent: Color, good: Color, warn: Color, bad: Color) -> Self {
        let fg = |c| Style::new().fg(c);
        Self {
            text: Style::new(),
            // Not the color "bright black": in some palettes, such as Solarized Dark, that is the background.
            dim: Style::new().add_modifier(Modifier::DIM),
            title: Style::new().add_modifier(Modifier::BOLD),
            accent: fg(accent),
            good: fg(good),
            warn: fg(warn),
            bad: fg(bad).add_modifier(Modifier::BOLD),
            selected: fg(accent).add_modifier(Modifier::BOLD),
        }
    }

    /// Without colors. No reversed cells either: if `NO_COLOR` is set, crossterm resets that attribute with an empty color.
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

    /// The theme with this name. `auto` depends on the environment: dark, or light if `COLORFGBG` says that the
    /// background is light. If `NO_COLOR` is set and not empty, always mono.
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
    fn no_color_overrides_every_theme_and_no_style_has_a_color() {
        let theme = Theme::named("dark", env(&[("NO_COLOR", "1")]));
        assert_eq!(theme, Theme::mono());
        for style in [theme.text, theme.dim, theme.accent, theme.good, theme.warn, theme.bad, theme.selected] {
            assert!(style.fg.is_none() && style.bg.is_none());
        }
        assert_eq!(Theme::named("dark", env(&[("NO_COLOR", "")])), Theme::dark());
    }

    #[test]
    fn no_text_has_a_color_that_a_palette_may_use_for_the_background() {
        for theme in [Theme::dark(), Theme::light()] {
            let styles = [theme.text, theme.dim, theme.accent, theme.good, theme.warn, theme.bad, theme.selected];
            let hidden = [Color::Black, Color::DarkGray, Color::White, Color::Gray];
            assert!(styles.iter().all(|style| style.fg.is_none_or(|color| !hidden.contains(&color))), "{theme:?}");
        }
    }

    #[test]
    fn auto_is_light_if_the_terminal_reports_a_light_background() {
        assert_eq!(Theme::named("auto", env(&[("COLORFGBG", "0;15")])), Theme::light());
        assert_eq!(Theme::named("auto", env(&[])), Theme::dark());
    }
}
