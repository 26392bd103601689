//! The test alarm and the drill: the question, the hops as they come, the verdict.

use jiff::SignedDuration;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plan::{clock, spinner};
use super::text::{pad, wrap};
use super::theme::Theme;
use crate::app::Model;
use crate::app::alarm_test::{TestError, TestPhase, TestScreen, TestStage, seconds};
use crate::domain::event::{DRILL_SOURCE, DRILL_STREAM};

const TEST: &str = "CloudWatch sets the alarm to ALARM by hand, and the topic sends its mail. That proves the way from the \
    alarm to the inbox; a drill proves the way from the log group on.";
const DRILL: &str = "One marked root event goes into the log group, and is followed through the filter, the metric and the \
    alarm to the mail: the whole chain but CloudTrail itself. It takes a few minutes.";

pub(super) fn lines(model: &Model, ring: &TestScreen, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let say = |text: &str, style: Style, lines: &mut Vec<Line<'static>>| {
        lines.extend(wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    if ring.stage == TestPhase::Asking {
        say(if ring.is_drill { "Drill it now?" } else { "Ring it now?" }, theme.title, &mut lines);
        say(if ring.is_drill { DRILL } else { TEST }, theme.text, &mut lines);
        lines.push(Line::default());
        if ring.is_drill {
            let group = model.derived.as_ref().map(|d| d.settings.log_group.value.clone()).unwrap_or_default();
            let stays = format!(
                "What stays behind: one event in the stream `{DRILL_STREAM}` of `{group}`, as long as the group keeps \
                 its events. Its source is `{DRILL_SOURCE}`, and it says who started it and that nobody used root."
            );
            say(&stays, theme.text, &mut lines);
            lines.push(Line::default());
        }
    }
    let in_alarm = model.derived.as_ref().and_then(|d| d.health.in_alarm());
    if let Some(alarm) = in_alarm.filter(|_| ring.stage == TestPhase::Asking) {
        let since = super::dashboard::local(model, alarm.since, false);
        let first = format!("It is in ALARM since {since}. It is set to OK first: a real ring would end there.");
        say(&first, theme.bad, &mut lines);
    }
    match ring.recipients.as_slice() {
        // The concerns say why.
        [] if !ring.concerns.is_empty() => {}
        [] => say("Nobody gets mail: no address is confirmed.", theme.warn, &mut lines),
        some => {
            let goes = if ring.ring.dispatched() { "went" } else { "goes" };
            say(&format!("Mail {goes} to {}.", some.join(", ")), theme.title, &mut lines);
        }
    }
    for concern in &ring.concerns {
        say(concern, theme.warn, &mut lines);
    }
    if ring.foreign && ring.stage == TestPhase::Asking {
        say(
            "This log group is not rootbell's: others read it, and may raise an alarm of their own. `f` writes there \
             anyway.",
            theme.bad,
            &mut lines,
        );
    }
    if ring.stage == TestPhase::Asking {
        let extra = if ring.is_drill {
            "It takes logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricData, \
             cloudwatch:DescribeAlarms and cloudwatch:DescribeAlarmHistory."
        } else {
            "It takes cloudwatch:SetAlarmState, cloudwatch:DescribeAlarms and cloudwatch:DescribeAlarmHistory."
        };
        say(extra, theme.dim, &mut lines);
        return lines;
    }
    lines.push(Line::default());
    hops(model, ring, theme, &mut lines);
    if let Some(verdict) = ring.verdict() {
        lines.push(Line::default());
        say(&verdict, if matches!(ring.stage, TestPhase::Ended(Err(_))) { theme.bad } else { theme.good }, &mut lines);
    }
    lines
}

/// Every hop of the way, seen or not.
fn hops(model: &Model, ring: &TestScreen, theme: &Theme, lines: &mut Vec<Line<'static>>) {
    const WAY: [TestStage; 6] = [
        TestStage::Stored,
        TestStage::Matched,
        TestStage::Counted,
        TestStage::Alarm,
        TestStage::Action,
        TestStage::Back,
    ];
    for stage in WAY.into_iter().skip(if ring.is_drill { 0 } else { 3 }) {
        let seen = ring.ring.seen.iter().find(|s| s.stage == stage);
        let (word, style, time) = match (&ring.stage, seen) {
            (_, Some(seen)) => ("done".to_owned(), theme.good, seconds(seen.after)),
            (TestPhase::Running { began }, None) if ring.ring.waits_for == Some(stage) => {
                let waited: SignedDuration = model.now.duration_since(*began);
                (format!("{} waiting", spinner(model.now)), theme.warn, clock(waited))
            }
            (TestPhase::Ended(Err(error)), None) if failed(error, ring) == Some(stage) => {
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

/// The hop that a ring broke off at.
fn failed(error: &TestError, ring: &TestScreen) -> Option<TestStage> {
    match error {
        TestError::NotSent(_) => Some(TestStage::Action),
        TestError::TimedOut { stage, .. } => Some(*stage),
        _ => ring.ring.waits_for,
    }
}
