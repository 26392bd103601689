//! The test alarm and the drill: the question, the progress of each stage, and the result.

use jiff::SignedDuration;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::state::alarm_test::{TestError, TestPhase, TestScreen, TestStage};
use crate::domain::event::{DRILL_SOURCE, DRILL_STREAM};
use crate::ui::plan::{clock, spinner};
use crate::ui::test_result::{self, seconds};
use crate::ui::text::{pad, wrap};
use crate::ui::theme::Theme;

const TEST: &str = "Sets the alarm to ALARM, so that the topic sends its emails. This tests the path from the alarm to the \
    inbox; a drill tests it from the log group on.";
const DRILL: &str = "Writes one marked root event to the log group, and follows it through the filter, the metric, and the \
    alarm to the notification: the whole chain except CloudTrail itself. This takes a few minutes.";

pub(in crate::ui) fn lines(model: &Model, screen: &TestScreen, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let say = |text: &str, style: Style, lines: &mut Vec<Line<'static>>| {
        lines.extend(wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    if screen.phase == TestPhase::Asking {
        say(if screen.is_drill { "Run a drill?" } else { "Send a test alarm?" }, theme.title, &mut lines);
        say(if screen.is_drill { DRILL } else { TEST }, theme.text, &mut lines);
        lines.push(Line::default());
        if screen.is_drill {
            let group =
                model.account().derived.as_ref().map(|d| d.settings.log_group.value.clone()).unwrap_or_default();
            let leftover = format!(
                "One event remains in the stream `{DRILL_STREAM}` of `{group}` for as long as the group keeps its \
                 events. Its source is `{DRILL_SOURCE}`, and it says who started the drill and that nobody used root."
            );
            say(&leftover, theme.text, &mut lines);
            lines.push(Line::default());
        }
    }
    let in_alarm = model.account().derived.as_ref().and_then(|d| d.health.in_alarm());
    if let Some(alarm) = in_alarm.filter(|_| screen.phase == TestPhase::Asking) {
        let since = crate::ui::dashboard::local(model, alarm.since, false);
        let warning =
            format!("The alarm has been in ALARM since {since}. It is set to OK first, which also ends a real alarm.");
        say(&warning, theme.bad, &mut lines);
    }
    match screen.recipients.as_slice() {
        // The concerns below say why.
        [] if !screen.concerns.is_empty() => {}
        [] => say("No email is sent: no address is confirmed.", theme.warn, &mut lines),
        addresses => {
            let sends = if screen.run.dispatched() { "Sent" } else { "Sends" };
            say(&format!("{sends} email to {}.", addresses.join(", ")), theme.title, &mut lines);
        }
    }
    for concern in &screen.concerns {
        say(concern, theme.warn, &mut lines);
    }
    if screen.unmanaged && screen.phase == TestPhase::Asking {
        say(
            "This log group is unmanaged (not created by rootbell): others may read it, and may have alarms on it. \
             Press `f` to write there anyway.",
            theme.bad,
            &mut lines,
        );
    }
    if screen.phase == TestPhase::Asking {
        let extra = if screen.is_drill {
            "Requires logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricData, \
             cloudwatch:DescribeAlarms, and cloudwatch:DescribeAlarmHistory."
        } else {
            "Requires cloudwatch:SetAlarmState, cloudwatch:DescribeAlarms, and cloudwatch:DescribeAlarmHistory."
        };
        say(extra, theme.dim, &mut lines);
        return lines;
    }
    lines.push(Line::default());
    stages(model, screen, theme, &mut lines);
    if let Some(verdict) = test_result::verdict(screen) {
        lines.push(Line::default());
        say(
            &verdict,
            if matches!(screen.phase, TestPhase::Ended(Err(_))) { theme.bad } else { theme.good },
            &mut lines,
        );
    }
    lines
}

/// One line per stage: done, waiting, failed, or not reached yet.
fn stages(model: &Model, screen: &TestScreen, theme: &Theme, lines: &mut Vec<Line<'static>>) {
    const STAGES: [TestStage; 6] = [
        TestStage::Stored,
        TestStage::Matched,
        TestStage::Counted,
        TestStage::Alarm,
        TestStage::Action,
        TestStage::Back,
    ];
    for stage in STAGES.into_iter().skip(if screen.is_drill { 0 } else { 3 }) {
        let seen = screen.run.seen.iter().find(|s| s.stage == stage);
        let (word, style, time) = match (&screen.phase, seen) {
            (_, Some(seen)) => ("done".to_owned(), theme.good, seconds(seen.after)),
            (TestPhase::Running { began }, None) if screen.run.waiting_for == Some(stage) => {
                let waited: SignedDuration = model.now.duration_since(*began);
                (format!("{} waiting", spinner(model.now)), theme.warn, clock(waited))
            }
            (TestPhase::Ended(Err(error)), None) if failed_stage(error, screen) == Some(stage) => {
                ("failed".to_owned(), theme.bad, String::new())
            }
            _ => (String::new(), theme.dim, String::new()),
        };
        lines.push(Line::from(vec![
            Span::styled(format!("{} ", pad(&word, 10)), style),
            Span::styled(pad(stage.words(), 32), theme.text),
            Span::styled(time, theme.dim),
        ]));
    }
}

/// The stage at which a test failed.
fn failed_stage(error: &TestError, screen: &TestScreen) -> Option<TestStage> {
    match error {
        TestError::NotSent(_) => Some(TestStage::Action),
        TestError::TimedOut { stage, .. } => Some(*stage),
        _ => screen.run.waiting_for,
    }
}
