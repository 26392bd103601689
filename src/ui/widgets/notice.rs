//! The line above the footer, until the next key press.

use crate::domain::Email;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::test_result;
use super::text::wrap;
use super::view::View;
use crate::app::Notice;
use crate::app::state::teardown::CONFIRMATION_WORD;
use crate::ui::fix::fix_text;

/// Draws the notice at the bottom of the body. Returns the rest of the body.
pub(in crate::ui) fn draw(view: &View<'_>, frame: &mut Frame<'_>, body: Rect) -> Rect {
    let Some(notice) = &view.model.notice else { return body };
    let lines = wrap(&text(notice), body.width.saturating_sub(2));
    let height = u16::try_from(lines.len()).unwrap_or(1).min(body.height / 2);
    let [rest, low] = body.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]));
    let lines: Vec<Line> =
        lines.into_iter().map(|l| Line::from(vec![Span::raw(" "), Span::styled(l, view.theme.warn)])).collect();
    frame.render_widget(Paragraph::new(lines), low);
    rest
}

fn text(notice: &Notice) -> String {
    match notice {
        Notice::WhileConnecting => "Still signing in; your key press takes effect after that.".to_owned(),
        Notice::WhileReading => "Still reading the account; your key press takes effect after that.".to_owned(),
        Notice::WhilePlanning => {
            "Still reading the account. If there is nothing to do, the next step opens after that.".to_owned()
        }
        Notice::WhileRunning => "The calls are still running.".to_owned(),
        Notice::FieldsWhileRunning => "The fields can be edited once the calls have finished.".to_owned(),
        Notice::NotRead => "The account has not been read yet.".to_owned(),
        Notice::Refused(why) => (*why).to_owned(),
        Notice::SecondTrail(region) => format!(
            "Press `s` to switch to {region}. Or press Enter again to set up this Region as well, which needs a second trail."
        ),
        Notice::WrongChoice(why) => why.clone(),
        Notice::NoOtherTrail => "There is no other trail to choose.".to_owned(),
        Notice::PastedNowhere => "Choose a field with Tab or `e` first, then paste.".to_owned(),
        Notice::NoEvent => "There is no event to show.".to_owned(),
        Notice::NoAlarm => "There is no alarm.".to_owned(),
        Notice::NoAlarmToTest => "There is no alarm to test yet. Press `w` to set it up.".to_owned(),
        Notice::AlarmIsOk => "The alarm is already OK.".to_owned(),
        Notice::DrillInAlarm => {
            "The alarm is already in ALARM, so a drill would prove nothing. `o` sets it to OK.".to_owned()
        }
        Notice::CannotDrill(error) => format!("{} {}", error.why(), fix_text(&error.fix())),
        Notice::UnmanagedLogGroup => {
            "This log group is unmanaged: `f` writes the drill's event to it anyway.".to_owned()
        }
        Notice::TestIsRunning => "A test is already running; its result will appear here.".to_owned(),
        Notice::TestEnded(result, run) => test_result::outcome(result, run),
        Notice::TeardownWaitsForTest => "A test is running; wait until it has ended.".to_owned(),
        Notice::NoAccount => "There is no account to delete anything from.".to_owned(),
        Notice::WrongConfirmation { account } => {
            format!("Type `{CONFIRMATION_WORD}` or {account} to delete all this. Nothing was changed.")
        }
        Notice::NothingToConfirm => "No confirmation email is pending.".to_owned(),
        Notice::SentAgain(emails) => {
            format!("The confirmation email was sent again to {}.", Email::join(emails, " and "))
        }
        Notice::AlarmSet { alarm, state } => format!("The alarm `{alarm}` was set to {}.", state.as_str()),
        Notice::CallFailed(error) => format!("{} {}", error.why(), fix_text(&error.fix())),
        // The terminal may not allow it, so the notice says so, and shows a one-line text.
        Notice::Copied(text) => {
            let shown = if text.lines().count() == 1 { format!(": {text}") } else { ".".into() };
            format!("Copied, if your terminal allows it (OSC 52){shown}")
        }
    }
}
