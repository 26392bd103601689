//! Asks for an MFA code.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use crate::app::state::mfa::MfaPrompt;
use crate::ui::fix::problem_text;
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

pub(in crate::ui) fn draw(mut view: View<'_>, prompt: &MfaPrompt, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    view.text(&format!("The role `{}` needs the code of the MFA device `{}`.", prompt.role, prompt.device), theme.text);
    view.blank();
    view.spans([("Code: ".to_owned(), theme.dim), (format!("{}_", prompt.typed()), theme.accent)]);
    if let Some(problem) = &prompt.problem {
        view.blank();
        view.text(&problem_text(problem), theme.bad);
    }
    // What is behind it says only that a code is needed.
    frame.render_widget(Clear, area);
    window::fitted(frame, view, area, " MFA code ");
}
