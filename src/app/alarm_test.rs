//! The test alarm and the drill on the screen: asked for, under way, ended.

use jiff::{SignedDuration, Timestamp};

use super::overlay::Overlay;
use super::{Effect, Model, Ticket};
use crate::domain::activity;
pub use crate::engine::alarm_test::{AlarmTest, Drill, TestError, TestRun, TestStage};

/// A test alarm or a drill, from the question to the verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct TestScreen {
    pub is_drill: bool,
    /// Who will get mail.
    pub recipients: Vec<String>,
    /// What speaks against it, or should be known before.
    pub concerns: Vec<String>,
    /// The drill would write into a log group that is not rootbell's.
    pub foreign: bool,
    pub stage: TestPhase,
    /// What was seen so far.
    pub ring: TestRun,
}

/// The test or drill that is under way, whether or not its window is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TestUnderWay {
    pub ticket: Ticket,
    pub is_drill: bool,
    pub alarm: String,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum TestPhase {
    Asking,
    Running { began: Timestamp },
    Ended(Result<(), TestError>),
}

impl TestScreen {
    /// One sentence that says whether it rings; nothing as long as that is not known.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        if let TestPhase::Ended(ended) = &self.stage {
            return Some(outcome(ended, &self.ring));
        }
        let sent = after(&self.ring, TestStage::Action)?;
        Some(format!("It rings: the notification went out after {sent}. Now the alarm goes back by itself."))
    }
}

fn after(ring: &TestRun, stage: TestStage) -> Option<String> {
    ring.seen.iter().find(|s| s.stage == stage).map(|s| seconds(s.after))
}

/// How a ring ended, in one sentence.
fn outcome(ended: &Result<(), TestError>, ring: &TestRun) -> String {
    match (ended, after(ring, TestStage::Action), after(ring, TestStage::Back)) {
        (Err(error @ TestError::AlreadyInAlarm), ..) => format!("Not tried. {} {}", error.why(), error.fix()),
        (Err(error @ TestError::TimedOut { stage: TestStage::Back, .. }), ..) => {
            format!("It did not ring. {} {} On the dashboard `o` sets it back now.", error.why(), error.fix())
        }
        (Err(error), ..) => format!("It did not ring. {} {}", error.why(), error.fix()),
        (Ok(()), Some(sent), Some(back)) => {
            format!("It rings: the notification went out after {sent}, and the alarm is back to OK after {back}.")
        }
        (Ok(()), Some(sent), None) => format!(
            "It rings: the notification went out after {sent}. The alarm is still in ALARM; `o` sets it back to OK."
        ),
        (Ok(()), None, _) => "It did not ring: no notification was seen.".to_owned(),
    }
}

/// "2.4 s", "1 min 12 s".
#[must_use]
pub fn seconds(span: SignedDuration) -> String {
    let whole = span.as_secs();
    if whole >= 60 {
        return format!("{} min {} s", whole / 60, whole % 60);
    }
    format!("{:.1} s", span.as_secs_f64())
}

/// Asks before anything is done.
pub(super) fn open(model: &mut Model, is_drill: bool) -> Vec<Effect> {
    if model.test_running.is_some() {
        model.notice = Some("A test is under way already; its result comes here.".into());
        return Vec::new();
    }
    let Some(derived) = &model.derived else { return Vec::new() };
    if derived.health.alarm.is_none() {
        model.notice = Some("There is no alarm to ring yet; `w` leads to the step that makes it.".into());
        return Vec::new();
    }
    if is_drill && derived.health.in_alarm().is_some() {
        model.notice = Some("The alarm rings already: a drill would prove nothing. `o` sets it back to OK.".into());
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
        foreign: is_drill && Drill::is_among_others(&derived.settings, observed),
        stage: TestPhase::Asking,
        ring: TestRun { seen: Vec::new(), waits_for: None },
    })));
    Vec::new()
}

/// Rings, after the question was answered with yes.
pub(super) fn start(model: &mut Model) -> Vec<Effect> {
    let (now, ticket) = (model.now, model.ticket());
    let (Some(derived), Some(caller)) = (&model.derived, model.caller()) else { return Vec::new() };
    let Some(Overlay::Test(screen)) = &model.overlay else { return Vec::new() };
    let (settings, is_drill) = (&derived.settings, screen.is_drill);
    let drill = match &model.observed {
        Some(observed) if is_drill => match Drill::of(settings, observed, now) {
            Ok(drill) => Some(drill),
            Err(error) => {
                // The account has changed since the question.
                if let Some(Overlay::Test(screen)) = &mut model.overlay {
                    screen.stage = TestPhase::Ended(Err(error));
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
        patience: AlarmTest::usual_patience(is_drill),
    };
    if let Some(Overlay::Test(screen)) = &mut model.overlay {
        screen.stage = TestPhase::Running { began: now };
    }
    model.test_running = Some(TestUnderWay { ticket, is_drill, alarm: test.alarm.clone() });
    vec![Effect::Test { ticket, test: Box::new(test), drill: drill.map(Box::new) }]
}

fn is_awaited(model: &Model, ticket: Ticket) -> bool {
    model.test_running.as_ref().is_some_and(|test| test.ticket == ticket)
}

/// A turn of the ring; what is older than the present one changes nothing.
pub(super) fn news(model: &mut Model, ticket: Ticket, ring: TestRun) {
    if is_awaited(model, ticket)
        && let Some(Overlay::Test(screen)) = &mut model.overlay
    {
        screen.ring = ring;
        // The state has changed behind the dashboard's back.
        model.dashboard.refresh_alarm_now();
    }
}

/// The end of it. Where the question's window was closed in the meantime, one line says how it ended.
pub(super) fn ended(model: &mut Model, ticket: Ticket, answer: Result<TestRun, TestError>) {
    if !is_awaited(model, ticket) {
        return;
    }
    model.test_running = None;
    model.dashboard.refresh_now();
    let (ring, result) = match answer {
        Ok(ring) => (Some(ring), Ok(())),
        Err(error) => (None, Err(error)),
    };
    match &mut model.overlay {
        Some(Overlay::Test(screen)) => {
            screen.stage = TestPhase::Ended(result);
            screen.ring = ring.unwrap_or_else(|| std::mem::take(&mut screen.ring));
        }
        _ => model.notice = Some(outcome(&result, &ring.unwrap_or_default()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_stays_in_alarm_is_said_with_the_key_on_the_screen_and_without_it_on_the_command_line() {
        let error = TestError::TimedOut { stage: TestStage::Back, waited: SignedDuration::from_secs(60) };
        assert!(!error.fix().contains('`') && error.fix().contains("next evaluation"), "{}", error.fix());
        let on_screen = outcome(&Err(error), &TestRun::default());
        assert!(on_screen.contains("`o` sets it back"), "{on_screen}");
    }
}
