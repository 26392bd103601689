//! A list to choose from: profiles, Regions, or trails.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{List, ListItem, ListState};

use crate::app::state::overlay::{Picker, PickerKind};
use crate::domain::Region;
use crate::domain::settings::{Candidate, TrailChoice};
use crate::ui::widgets::text::{cut, wrap};
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

pub(in crate::ui) fn draw(view: &View<'_>, picker: &Picker, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    let title = match picker.what {
        PickerKind::Profile => " Profile ",
        PickerKind::Region => " Region ",
        PickerKind::Trail => " Trail ",
    };
    let inner = window::frame_of(frame, theme, area, title, String::new());
    let [top, list, _] =
        inner.layout(&Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]));
    let typed =
        vec![Span::styled(" Type to filter: ", theme.dim), Span::styled(format!("{}_", picker.typed()), theme.accent)];
    frame.render_widget(Line::from(typed), top);
    let matches = picker.matches();
    if !picker.ready {
        return frame.render_widget(Line::styled(format!(" {} loading", view.spinner()), theme.dim), list);
    }
    if matches.is_empty() {
        let message = match picker.choice() {
            Ok(typed) => format!(" Press Enter to use `{typed}`."),
            Err(why) => format!(" {why}"),
        };
        return frame.render_widget(Line::styled(message, theme.warn), list);
    }
    let items = matches.iter().enumerate().map(|(i, item)| {
        let style = if i == picker.selected() { theme.selected } else { theme.text };
        match picker.candidate(item) {
            Some(trail) => trail_item(view, item, trail, style),
            None => ListItem::new(Line::from(vec![
                Span::styled((*item).to_owned(), style),
                Span::styled(note(picker.what, item), theme.dim),
            ])),
        }
    });
    let mark = Line::styled(" > ", theme.selected);
    let mut state = ListState::default().with_selected(Some(picker.selected()));
    frame.render_stateful_widget(List::new(items).highlight_symbol(mark), list, &mut state);
}

/// What to know about an item before choosing it.
fn note(what: PickerKind, item: &str) -> &'static str {
    let must_be_enabled = what == PickerKind::Region && Region::new(item).is_opt_in();
    if must_be_enabled { "  opt-in: the account must enable it first" } else { "" }
}

/// A trail with up to three lines about it.
fn trail_item(view: &View<'_>, name: &str, trail: &Candidate, style: ratatui::style::Style) -> ListItem<'static> {
    let (theme, room) = (view.theme, view.width.saturating_sub(4));
    let is_usable = trail.choice != TrailChoice::Unavailable;
    let choice_style = if is_usable { theme.good } else { theme.warn };
    let name = cut(name, usize::from(room).saturating_sub(16));
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{name}  "), style),
        Span::styled(trail.choice.as_str(), choice_style),
    ])];
    let mut details = wrap(&trail.why, room);
    if is_usable {
        details.truncate(1);
        details.extend(wrap(&trail.cost, room));
    }
    for line in details.iter().take(3) {
        lines.push(Line::styled(format!("  {}", cut(line, usize::from(room))), theme.dim));
    }
    ListItem::new(lines)
}
