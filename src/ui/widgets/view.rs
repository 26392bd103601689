//! What every part of a screen draws from, and the lines that it has drawn.

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::wrap;
use super::time::spinner;
use crate::app::{AccountState, Model};
use crate::domain::event::RootEvent;
use crate::ui::theme::Theme;

/// The model, the theme, the available columns, and the lines drawn so far.
pub(in crate::ui) struct View<'a> {
    pub model: &'a Model,
    /// The selected account.
    pub account: &'a AccountState,
    pub theme: &'a Theme,
    pub width: u16,
    pub lines: Vec<Line<'static>>,
}

impl<'a> View<'a> {
    pub(in crate::ui) fn new(model: &'a Model, theme: &'a Theme, width: u16) -> Self {
        Self { model, account: model.account(), theme, width, lines: Vec::new() }
    }

    /// The width in columns, for lengths of text.
    pub(in crate::ui) fn columns(&self) -> usize {
        usize::from(self.width)
    }

    /// The number of lines.
    pub(in crate::ui) fn height(&self) -> u16 {
        u16::try_from(self.lines.len()).unwrap_or(u16::MAX)
    }

    /// Adds a line.
    pub(in crate::ui) fn push(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// Adds a line in one style.
    pub(in crate::ui) fn line(&mut self, text: impl Into<String>, style: Style) {
        self.lines.push(Line::styled(text.into(), style));
    }

    /// Adds a line of several texts, each with its style.
    pub(in crate::ui) fn spans<const N: usize>(&mut self, texts: [(String, Style); N]) {
        self.push(texts.map(|(text, style)| Span::styled(text, style)).to_vec());
    }

    pub(in crate::ui) fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    /// Adds a text over the whole width.
    pub(in crate::ui) fn text(&mut self, text: &str, style: Style) {
        self.wrapped(0, self.width, text, style);
    }

    /// Adds a text with one column of space on each side.
    pub(in crate::ui) fn paragraph(&mut self, text: &str, style: Style) {
        self.wrapped(1, self.width.saturating_sub(2), text, style);
    }

    /// Adds a text below a row or a title.
    pub(in crate::ui) fn indented(&mut self, text: &str, style: Style) {
        self.wrapped(3, self.width.saturating_sub(4), text, style);
    }

    /// Adds a text in lines of at most `width` columns, after `indent` columns of space.
    pub(in crate::ui) fn wrapped(&mut self, indent: usize, width: u16, text: &str, style: Style) {
        let space = " ".repeat(indent);
        self.lines.extend(wrap(text, width).into_iter().map(|line| Line::styled(format!("{space}{line}"), style)));
    }

    /// Who an event is of, in a sentence: "root", or with its account if events can be of several accounts.
    pub(in crate::ui) fn who(&self, event: &RootEvent) -> String {
        match (&event.not_root, &event.account) {
            (Some(other), _) => other.clone(),
            (None, Some(_)) if self.account.has_events_of_several_accounts() => {
                format!("root of {}", self.account_of(event))
            }
            (None, _) => "root".to_owned(),
        }
    }

    /// An event's account, with its name if that is known; a dash if the event does not say.
    pub(in crate::ui) fn account_of(&self, event: &RootEvent) -> String {
        self.account.account_names().label(event.account.as_deref())
    }

    /// The spinner at this moment.
    pub(in crate::ui) fn spinner(&self) -> char {
        spinner(self.model.now)
    }

    /// Local time without the year, such as "11-24 13:00"; a dash if the time is unknown.
    pub(in crate::ui) fn local(&self, at: Option<Timestamp>) -> String {
        self.format_local(at, "%m-%d %H:%M")
    }

    /// Local time with year, seconds, and time zone.
    pub(in crate::ui) fn local_in_full(&self, at: Option<Timestamp>) -> String {
        self.format_local(at, "%Y-%m-%d %H:%M:%S %Z")
    }

    /// Local time with the weekday, such as "Tue 11-24 13:00".
    pub(in crate::ui) fn weekday(&self, at: Timestamp) -> String {
        self.format_local(Some(at), "%a %m-%d %H:%M")
    }

    fn format_local(&self, at: Option<Timestamp>, format: &str) -> String {
        let zoned = at.map(|at| at.to_zoned_datetime(self.model.zone.clone()));
        zoned.map_or_else(|| "-".into(), |zoned| zoned.strftime(format).to_string())
    }
}
