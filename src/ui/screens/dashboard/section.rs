//! The title of a section of the dashboard.

use jiff::SignedDuration;
use ratatui::text::{Line, Span};

use crate::app::state::polled::Polled;
use crate::domain::text::age;
use crate::ui::widgets::text::cut;
use crate::ui::widgets::view::View;

/// A section's title, the age of its data, and why it could not be read.
pub(super) fn title<T>(view: &View<'_>, name: &str, part: &Polled<T>) -> Line<'static> {
    let (theme, width) = (view.theme, view.columns());
    let mut spans = vec![Span::styled(format!(" {name}"), theme.title)];
    if let Some(seen) = part.read_at {
        let age_of_data = view.model.now.duration_since(seen);
        if age_of_data >= SignedDuration::from_secs(20) {
            spans.push(Span::styled(format!("   {} ago", age(age_of_data)), theme.dim));
        }
    }
    if let Some(error) = &part.error {
        let used: usize = spans.iter().map(Span::width).sum();
        let why = format!("   {}", error.brief());
        spans.push(Span::styled(cut(&why, width.saturating_sub(used + 1)), theme.warn));
    }
    Line::from(spans)
}
