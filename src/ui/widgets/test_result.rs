//! The result of a test alarm or a drill in a sentence.

use jiff::SignedDuration;

use crate::app::state::alarm_test::{TestError, TestPhase, TestRun, TestScreen, TestStage};
use crate::domain::alarm::STAYS_IN_ALARM;
use crate::ui::fix::fix_text;

/// One sentence with the result; `None` as long as it is not known.
pub(in crate::ui) fn verdict(screen: &TestScreen) -> Option<String> {
    if let TestPhase::Ended(ended) = &screen.phase {
        return Some(outcome(ended, &screen.run));
    }
    if screen.run.events.is_some() && !screen.run.passed() {
        return None;
    }
    let sent = duration_until(&screen.run, TestStage::Action)?;
    Some(format!("Passed: notification sent after {sent}. The alarm will return to OK by itself."))
}

/// "2.4 s": from the start of the test to this stage.
fn duration_until(run: &TestRun, stage: TestStage) -> Option<String> {
    run.on(stage.path())?.reached(stage).map(|seen| seconds(seen.after))
}

/// The result in one sentence, or in two for a drill of both paths.
pub(in crate::ui) fn outcome(result: &Result<(), TestError>, run: &TestRun) -> String {
    let by_alarm = by_alarm(result, run);
    match (run.events_error(), duration_until(run, TestStage::PassedOn)) {
        (Some(error), _) => {
            format!("{by_alarm} The event rules failed: {} {}", error.why(), fix_text(&error.fix()))
        }
        (None, Some(passed_on)) => format!("{by_alarm} Event rules: passed on to the topic after {passed_on}."),
        (None, None) => by_alarm,
    }
}

fn by_alarm(result: &Result<(), TestError>, run: &TestRun) -> String {
    match (result, duration_until(run, TestStage::Action), duration_until(run, TestStage::Back)) {
        (Err(error @ TestError::AlreadyInAlarm), ..) => {
            format!("Not started. {} {}", error.why(), fix_text(&error.fix()))
        }
        (Err(error @ TestError::TimedOut { stage: TestStage::Back, .. }), ..) => {
            format!("Failed: {} {} On the dashboard, `o` sets it back to OK now.", error.why(), fix_text(&error.fix()))
        }
        (Err(error), ..) => format!("Failed: {} {}", error.why(), fix_text(&error.fix())),
        (Ok(()), Some(sent), Some(back)) => {
            format!("Passed: notification sent after {sent}, alarm returned to OK after {back}.")
        }
        (Ok(()), Some(sent), None) => {
            format!(
                "Passed: notification sent after {sent}. The alarm stays in ALARM for {STAYS_IN_ALARM}, and root use in \
                 that time sends no second email; `o` sets it back to OK."
            )
        }
        (Ok(()), None, _) => "Failed: the alarm's history shows no notification.".to_owned(),
    }
}

/// "2.4 s", "1 min 12 s".
pub(in crate::ui) fn seconds(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    if seconds >= 60 {
        return format!("{} min {} s", seconds / 60, seconds % 60);
    }
    format!("{:.1} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_on_the_way_back_to_ok_names_the_key_on_the_screen_but_not_on_the_command_line() {
        let error = TestError::TimedOut { stage: TestStage::Back, waited: SignedDuration::from_secs(60) };
        let fix = error.fix().content();
        assert!(!fix.contains('`') && fix.contains("next evaluation"), "{fix}");
        let on_screen = outcome(&Err(error), &TestRun::default());
        assert!(on_screen.contains("`o` sets it back to OK"), "{on_screen}");
    }
}
