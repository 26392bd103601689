//! The test alarm and the drill on the screen: confirmation, progress, and result.

use jiff::{SignedDuration, Timestamp};

use crate::app::overlay::Overlay;
use crate::app::{Effect, Model, Ticket};
use crate::domain::activity;
pub use crate::engine::alarm_test::{AlarmTest, Drill, TestError, TestRun, TestStage};

/// A test alarm or a drill, from the confirmation to the result.
#[derive(Clone, Debug, PartialEq)]
pub struct TestScreen {
    pub is_drill: bool,
    /// The confirmed addresses that will get an email.
    pub recipients: Vec<String>,
    /// Problems that would keep the notification from arriving.
    pub concerns: Vec<String>,
    /// The drill would write to an unmanaged log group.
    pub unmanaged: bool,
    pub phase: TestPhase,
    /// The stages seen so far.
    pub run: TestRun,
}

/// The test or drill that is running, whether or not its window is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct TestUnderWay {
    pub ticket: Ticket,
    pub is_drill: bool,
    pub alarm: String,
}

/// How far the test has got.
#[derive(Clone, Debug, PartialEq)]
pub enum TestPhase {
    Asking,
    Running { began: Timestamp },
    Ended(Result<(), TestError>),
}

impl TestScreen {
    /// One sentence with the result; `None` as long as it is not known.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        if let TestPhase::Ended(ended) = &self.phase {
            return Some(outcome(ended, &self.run));
        }
        let sent = duration_until(&self.run, TestStage::Action)?;
        Some(format!("Passed: notification sent after {sent}. The alarm will return to OK by itself."))
    }
}

/// "2.4 s": from the start of the test to this stage.
fn duration_until(run: &TestRun, stage: TestStage) -> Option<String> {
    run.seen.iter().find(|s| s.stage == stage).map(|s| seconds(s.after))
}

/// The result in one sentence.
fn outcome(result: &Result<(), TestError>, run: &TestRun) -> String {
    match (result, duration_until(run, TestStage::Action), duration_until(run, TestStage::Back)) {
        (Err(error @ TestError::AlreadyInAlarm), ..) => format!("Not started. {} {}", error.why(), error.fix()),
        (Err(error @ TestError::TimedOut { stage: TestStage::Back, .. }), ..) => {
            format!("Failed: {} {} On the dashboard, `o` sets it back to OK now.", error.why(), error.fix())
        }
        (Err(error), ..) => format!("Failed: {} {}", error.why(), error.fix()),
        (Ok(()), Some(sent), Some(back)) => {
            format!("Passed: notification sent after {sent}, alarm returned to OK after {back}.")
        }
        (Ok(()), Some(sent), None) => {
            format!("Passed: notification sent after {sent}. The alarm is still in ALARM; `o` sets it back to OK.")
        }
        (Ok(()), None, _) => "Failed: the alarm's history shows no notification.".to_owned(),
    }
}

/// "2.4 s", "1 min 12 s".
#[must_use]
pub fn seconds(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    if seconds >= 60 {
        return format!("{} min {} s", seconds / 60, seconds % 60);
    }
    format!("{:.1} s", span.as_secs_f64())
}

/// Opens the confirmation; nothing runs yet.
pub(in crate::app) fn open(model: &mut Model, is_drill: bool) -> Vec<Effect> {
    if model.test_running.is_some() {
        model.notice = Some("A test is already running; its result will appear here.".into());
        return Vec::new();
    }
    let Some(derived) = &model.derived else { return Vec::new() };
    if derived.health.alarm.is_none() {
        model.notice = Some("There is no alarm to test yet. Press `w` to set it up.".into());
        return Vec::new();
    }
    if is_drill && derived.health.in_alarm().is_some() {
        model.notice = Some("The alarm is already in ALARM, so a drill would prove nothing. `o` sets it to OK.".into());
        return Vec::new();
    }
    let Some(observed) = &model.observed else { return Vec::new() };
    if is_drill && let Err(error) = Drill::of(&derived.settings, observed, model.now) {
        model.notice = Some(format!("{} {}", error.why(), error.fix()).into());
        return Vec::new();
    }
    model.overlay = Some(Overlay::Test(Box::new(TestScreen {
        is_drill,
        recipients: activity::recipients(&derived.health),
        concerns: activity::concerns(&derived.health),
        unmanaged: is_drill && Drill::is_shared_log_group(&derived.settings, observed),
        phase: TestPhase::Asking,
        run: TestRun { seen: Vec::new(), waiting_for: None },
    })));
    Vec::new()
}

/// Starts the test after the user confirmed it.
pub(in crate::app) fn start(model: &mut Model) -> Vec<Effect> {
    let (now, ticket) = (model.now, model.ticket());
    let (Some(derived), Some(caller)) = (&model.derived, model.caller()) else { return Vec::new() };
    let Some(Overlay::Test(screen)) = &model.overlay else { return Vec::new() };
    let (settings, is_drill) = (&derived.settings, screen.is_drill);
    let drill = match &model.observed {
        Some(observed) if is_drill => match Drill::of(settings, observed, now) {
            Ok(drill) => Some(drill),
            Err(error) => {
                // The account has changed since the confirmation was opened.
                if let Some(Overlay::Test(screen)) = &mut model.overlay {
                    screen.phase = TestPhase::Ended(Err(error));
                }
                return Vec::new();
            }
        },
        _ => None,
    };
    let test = AlarmTest {
        alarm: derived.health.alarm.as_ref().map_or_else(|| settings.alarm.value.clone(), |a| a.name.clone()),
        caller: caller.identity.clone(),
        region: caller.region.clone(),
        timeout: AlarmTest::default_timeout(is_drill),
    };
    if let Some(Overlay::Test(screen)) = &mut model.overlay {
        screen.phase = TestPhase::Running { began: now };
    }
    model.test_running = Some(TestUnderWay { ticket, is_drill, alarm: test.alarm.clone() });
    vec![Effect::Test { ticket, test: Box::new(test), drill: drill.map(Box::new) }]
}

fn is_awaited(model: &Model, ticket: Ticket) -> bool {
    model.test_running.as_ref().is_some_and(|test| test.ticket == ticket)
}

/// Takes in the progress of the running test; an older test's progress is ignored.
pub(in crate::app) fn progressed(model: &mut Model, ticket: Ticket, run: TestRun) {
    if is_awaited(model, ticket)
        && let Some(Overlay::Test(screen)) = &mut model.overlay
    {
        screen.run = run;
        // The test changes the alarm's state, so the dashboard's copy is out of date.
        model.dashboard.refresh_alarm_now();
    }
}

/// The test has ended. If its window was closed in the meantime, a notice shows the result.
pub(in crate::app) fn ended(model: &mut Model, ticket: Ticket, answer: Result<TestRun, TestError>) {
    if !is_awaited(model, ticket) {
        return;
    }
    model.test_running = None;
    model.dashboard.refresh_now();
    let (run, result) = match answer {
        Ok(run) => (Some(run), Ok(())),
        Err(error) => (None, Err(error)),
    };
    match &mut model.overlay {
        Some(Overlay::Test(screen)) => {
            screen.phase = TestPhase::Ended(result);
            screen.run = run.unwrap_or_else(|| std::mem::take(&mut screen.run));
        }
        _ => model.notice = Some(outcome(&result, &run.unwrap_or_default()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_on_the_way_back_to_ok_names_the_key_on_the_screen_but_not_on_the_command_line() {
        let error = TestError::TimedOut { stage: TestStage::Back, waited: SignedDuration::from_secs(60) };
        assert!(!error.fix().contains('`') && error.fix().contains("next evaluation"), "{}", error.fix());
        let on_screen = outcome(&Err(error), &TestRun::default());
        assert!(on_screen.contains("`o` sets it back to OK"), "{on_screen}");
    }
}
