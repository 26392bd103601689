//! The test alarm and the drill: the question, the progress of each stage, and the result.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::state::alarm_test::{TestError, TestPhase, TestScreen, TestStage};
use crate::domain::activity::not_arrived;
use crate::domain::alarm::STAYS_IN_ALARM;
use crate::domain::event::{DRILL_BUS_SOURCE, DRILL_SOURCE, DRILL_STREAM};
use crate::domain::health::AlertPath;
use crate::domain::iam_policy::{drill_actions, test_actions};
use crate::domain::text::and;
use crate::ui::widgets::test_result::{seconds, verdict};
use crate::ui::widgets::text::pad;
use crate::ui::widgets::time::clock;
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

const TEST: &str = "Sets the alarm to ALARM, so that the topic sends its emails. This tests the path from the alarm to the \
    inbox; a drill tests it from the log group on.";
const DRILL: &str = "Writes one marked root event to the log group, and follows it through the filter, the metric, and the \
    alarm to the notification: the whole chain except CloudTrail itself. This takes a few minutes.";

pub(in crate::ui) fn draw(mut view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(screen) = &view.account.test else { return };
    let title = if screen.is_drill { " Drill " } else { " Test alarm " };
    question(&mut view, screen);
    recipients(&mut view, screen);
    if screen.phase == TestPhase::Asking {
        warning_and_permissions(&mut view, screen);
    } else {
        view.blank();
        stages(&mut view, screen);
        if let Some(verdict) = verdict(screen) {
            let failed = matches!(screen.phase, TestPhase::Ended(Err(_)));
            view.blank();
            view.text(&verdict, if failed { view.theme.bad } else { view.theme.good });
        }
    }
    arrival(&mut view, screen);
    window::fitted(frame, view, area, title);
}

/// Whether the email arrived, which only the user can say.
fn arrival(view: &mut View<'_>, screen: &TestScreen) {
    let theme = view.theme;
    if screen.asks_arrival() {
        view.blank();
        view.text("Did the email arrive?", theme.title);
    }
    match screen.arrived {
        None => {}
        Some(true) => {
            view.blank();
            view.text("The email arrived: everything from the alarm to the inbox works.", theme.good);
        }
        Some(false) => {
            view.blank();
            view.text("AWS sent the email, so it was lost after that:", theme.warn);
            for advice in not_arrived(&screen.recipients) {
                view.text(&format!("- {advice}"), theme.text);
            }
        }
    }
}

/// What the test does, as long as it has not started.
fn question(view: &mut View<'_>, screen: &TestScreen) {
    if screen.phase != TestPhase::Asking {
        return;
    }
    let theme = view.theme;
    view.text(if screen.is_drill { "Run a drill?" } else { "Send a test alarm?" }, theme.title);
    view.text(if screen.is_drill { DRILL } else { TEST }, theme.text);
    view.blank();
    if screen.is_drill {
        let settings = view.account.derived.as_ref().map(|derived| &derived.settings);
        let group = settings.map(|settings| settings.log_group.value.clone()).unwrap_or_default();
        let leftover = format!(
            "One event remains in the stream `{DRILL_STREAM}` of `{group}`. Its source is `{DRILL_SOURCE}`, and it says \
             that nobody used root. The alarm stays in ALARM for {STAYS_IN_ALARM}, and root use in that time sends no \
             second email."
        );
        view.text(&leftover, theme.text);
        view.blank();
        if let Some(events) = &screen.events {
            let region = events.bus.region().unwrap_or_default();
            let second = format!(
                "It also puts a marked sign-in (source `{DRILL_BUS_SOURCE}`) on the event bus in {region}, which sends a \
                 second email, and follows it over the event rules. EventBridge counts by the minute, so these stages are \
                 seen late."
            );
            view.text(&second, theme.text);
            view.blank();
        }
    }
    if let Some(alarm) = view.account.health().and_then(|health| health.in_alarm()) {
        let since = view.local(alarm.since);
        let warning =
            format!("The alarm has been in ALARM since {since}. It is set to OK first, which also ends a real alarm.");
        view.text(&warning, theme.bad);
    }
}

/// Who gets the email, and what would keep it from arriving.
fn recipients(view: &mut View<'_>, screen: &TestScreen) {
    match screen.recipients.as_slice() {
        // The concerns below say why.
        [] if !screen.concerns.is_empty() => {}
        [] => view.text("No email is sent: no address is confirmed.", view.theme.warn),
        addresses => {
            let sends = if screen.run.dispatched() { "Sent" } else { "Sends" };
            view.text(&format!("{sends} email to {}.", addresses.join(", ")), view.theme.title);
        }
    }
    for concern in &screen.concerns {
        view.text(concern, view.theme.warn);
    }
}

fn warning_and_permissions(view: &mut View<'_>, screen: &TestScreen) {
    if screen.unmanaged {
        let warning = "This log group is unmanaged (not created by rootbell): others may read it, and may have alarms \
                       on it. Press `f` to write there anyway.";
        view.text(warning, view.theme.bad);
    }
    let actions =
        if screen.is_drill { drill_actions(screen.events.as_ref().map(|events| &events.bus)) } else { test_actions() };
    view.text(&format!("Requires {}.", and(&actions)), view.theme.dim);
}

/// One line per stage: done, waiting, failed, or not reached yet.
fn stages(view: &mut View<'_>, screen: &TestScreen) {
    let (theme, now) = (view.theme, view.model.now);
    for stage in screen.stages() {
        let run = screen.run.on(stage.path());
        let waits = run.is_some_and(|run| run.waiting_for == Some(stage));
        let (word, style, time) = match (&screen.phase, run.and_then(|run| run.reached(stage))) {
            (_, Some(seen)) => ("done".to_owned(), theme.good, seconds(seen.after)),
            _ if waits && stage.path() == AlertPath::Events && screen.run.events_error().is_some() => {
                ("failed".to_owned(), theme.bad, String::new())
            }
            (TestPhase::Running { began }, None) if waits => {
                (format!("{} waiting", view.spinner()), theme.warn, clock(now.duration_since(*began)))
            }
            (TestPhase::Ended(Err(error)), None) if failed_stage(error, screen) == Some(stage) => {
                ("failed".to_owned(), theme.bad, String::new())
            }
            _ => (String::new(), theme.dim, String::new()),
        };
        view.spans([(format!("{} ", pad(&word, 10)), style), (pad(stage.words(), 32), theme.text), (time, theme.dim)]);
    }
}

/// The stage at which a test failed.
fn failed_stage(error: &TestError, screen: &TestScreen) -> Option<TestStage> {
    match error {
        TestError::NotSent(_) => Some(TestStage::Action),
        TestError::TimedOut { stage, .. } => Some(*stage),
        _ => screen.run.alarm.waiting_for,
    }
}
