//! A list to choose from: profiles, Regions, or trails.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{List, ListItem, ListState, Paragraph};

use crate::app::state::picker::{Picker, PickerItem, PickerKind};
use crate::domain::region::KnownRegion;
use crate::domain::settings::{Candidate, TrailChoice};
use crate::ui::widgets::text::{cut, pad, wrap};
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

mod profiles;

pub(in crate::ui) fn draw(view: &View<'_>, picker: &Picker, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    let title = match picker.what {
        PickerKind::Profile => " Profile ",
        PickerKind::Region => " Region ",
        PickerKind::Trail => " Trail ",
    };
    let matches = picker.matches();
    let inner = window::frame_of(frame, theme, area, title, position(picker, matches.len()));
    let intro = if picker.without_region { wrap(WHY_A_REGION, inner.width.saturating_sub(2)) } else { Vec::new() };
    let intro: Vec<Line<'_>> = intro.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
    let intro_height = u16::try_from(intro.len()).unwrap_or(0);
    let [top, filter, list, note] = inner.layout(&Layout::vertical([
        Constraint::Length(intro_height),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ]));
    frame.render_widget(Paragraph::new(intro).style(theme.text), top);
    let typed =
        vec![Span::styled(" Type to filter: ", theme.dim), Span::styled(format!("{}_", picker.typed()), theme.accent)];
    frame.render_widget(Line::from(typed), filter);
    if !picker.ready {
        return frame.render_widget(Line::styled(format!(" {} loading", view.spinner()), theme.dim), list);
    }
    if matches.is_empty() {
        let message = match picker.choice() {
            Ok(typed) => format!("Press Enter to use `{typed}`."),
            Err(why) => why,
        };
        let lines = wrap(&message, list.width.saturating_sub(2)).into_iter().map(|l| Line::raw(format!(" {l}")));
        return frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).style(theme.warn), list);
    }
    let columns = profiles::Columns::fitting(&matches, picker, list.width.saturating_sub(4));
    let items = matches.iter().enumerate().map(|(i, item)| {
        let style = if i == picker.selected() { theme.selected } else { theme.text };
        match item {
            PickerItem::Trail(trail) => trail_item(view, trail, style),
            PickerItem::Profile(profile) => columns.row(view, profile, picker, style),
            PickerItem::Region(known) => region_item(view, known, item.name() == picker.current(), style),
        }
    });
    let mark = Line::styled(" > ", theme.selected);
    let mut state = ListState::default().with_selected(Some(picker.selected()));
    frame.render_stateful_widget(List::new(items).highlight_symbol(mark), list, &mut state);
    let about = match matches.get(picker.selected()) {
        Some(PickerItem::Region(KnownRegion { opt_in: true, .. })) => {
            "opt-in: the account must enable this Region first".to_owned()
        }
        Some(PickerItem::Profile(profile)) => profiles::about(view, profile, picker),
        Some(PickerItem::Region(_) | PickerItem::Trail(_)) | None => String::new(),
    };
    let about = cut(&about, usize::from(note.width).saturating_sub(2));
    frame.render_widget(Line::styled(format!(" {about}"), theme.dim), note);
}

const WHY_A_REGION: &str = "No Region is set. One Region is enough: the trail covers all of them. Choose the one nearest to \
                            you, or the one with your resources.";

/// The selected entry's position in the list.
fn position(picker: &Picker, matching: usize) -> String {
    let total = picker.total();
    match (picker.ready, matching) {
        (false, _) => String::new(),
        (true, 0) => format!(" none of {total} "),
        (true, n) if n == total => format!(" {} of {total} ", picker.selected() + 1),
        (true, n) => format!(" {} of {n}, of {total} in all ", picker.selected() + 1),
    }
}

/// A Region with AWS's name for it, and what to know before choosing it.
fn region_item(view: &View<'_>, known: &KnownRegion, is_current: bool, style: Style) -> ListItem<'static> {
    let theme = view.theme;
    let mut spans = vec![
        Span::styled(pad(known.code, 16), style),
        Span::styled(pad(known.name, usize::from(view.width).saturating_sub(32).clamp(27, 39)), theme.text),
    ];
    if known.opt_in {
        spans.push(Span::styled("opt-in ", theme.warn));
    }
    if is_current {
        spans.push(Span::styled("in use", theme.dim));
    }
    ListItem::new(Line::from(spans))
}

/// A trail with up to three lines about it.
fn trail_item(view: &View<'_>, trail: &Candidate, style: Style) -> ListItem<'static> {
    let (theme, room) = (view.theme, view.width.saturating_sub(4));
    let is_usable = trail.choice != TrailChoice::Unavailable;
    let choice_style = if is_usable { theme.good } else { theme.warn };
    let name = cut(&trail.name, usize::from(room).saturating_sub(16));
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
