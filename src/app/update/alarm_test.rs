//! The test alarm and the drill: confirmation, progress, and result.

use crate::app::keymap::Intent;
use crate::app::message::{Effect, SessionEffect};
use crate::app::state::alarm_test::{TestPhase, TestScreen, TestUnderWay};
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::session::{SessionId, Ticket};
use crate::domain::activity;
use crate::engine::alarm_test::{AlarmTest, Drill, TestError, TestRun};

use super::navigation::close;

/// Opens the confirmation; nothing runs yet.
pub(super) fn open(model: &mut Model, is_drill: bool) -> Vec<Effect> {
    let now = model.now;
    let account = model.accounts.selected_mut();
    if account.test_running.is_some() {
        model.notice = Some(Notice::TestIsRunning);
        return Vec::new();
    }
    let Some(derived) = &account.derived else { return Vec::new() };
    if derived.health.alarm.is_none() {
        model.notice = Some(Notice::NoAlarmToTest);
        return Vec::new();
    }
    if is_drill && derived.health.in_alarm().is_some() {
        model.notice = Some(Notice::DrillInAlarm);
        return Vec::new();
    }
    let Some(observed) = &account.observed else { return Vec::new() };
    let drill = if is_drill {
        match Drill::of(&derived.settings, observed, now) {
            Ok(drill) => Some(drill),
            Err(error) => {
                model.notice = Some(Notice::CannotDrill(error));
                return Vec::new();
            }
        }
    } else {
        None
    };
    account.test = Some(TestScreen {
        is_drill,
        events: drill.and_then(|drill| drill.events),
        recipients: activity::recipients(&derived.health),
        concerns: activity::concerns(&derived.health),
        unmanaged: is_drill && Drill::is_shared_log_group(&derived.settings, observed),
        phase: TestPhase::Asking,
        arrived: None,
        run: TestRun::default(),
    });
    model.overlay = Some(Overlay::Test);
    Vec::new()
}

/// Handles a key in the window.
pub(super) fn act(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let Some(screen) = &mut model.accounts.selected_mut().test else { return Vec::new() };
    match (&screen.phase, intent) {
        (_, Intent::Yes) if screen.asks_arrival() => screen.arrived = Some(true),
        (_, Intent::No) if screen.asks_arrival() => screen.arrived = Some(false),
        (TestPhase::Asking, Intent::Yes) if screen.unmanaged => model.notice = Some(Notice::UnmanagedLogGroup),
        (TestPhase::Asking, Intent::Yes) => return start(model),
        (TestPhase::Asking, Intent::DrillAnyway) if screen.unmanaged => return start(model),
        (TestPhase::Ended(_), Intent::Yes) => close(model),
        _ => {}
    }
    Vec::new()
}

/// Starts the test after the user confirmed it.
fn start(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let account = model.accounts.selected_mut();
    let ticket = account.ticket();
    let Some(caller) = account.caller().cloned() else { return Vec::new() };
    let (Some(derived), Some(screen)) = (&account.derived, &mut account.test) else { return Vec::new() };
    let (settings, is_drill) = (&derived.settings, screen.is_drill);
    let drill = match &account.observed {
        Some(observed) if is_drill => match Drill::of(settings, observed, now) {
            Ok(drill) => Some(drill),
            Err(error) => {
                // The account has changed since the confirmation was opened.
                screen.phase = TestPhase::Ended(Err(error));
                return Vec::new();
            }
        },
        _ => None,
    };
    let test = AlarmTest {
        alarm: derived
            .health
            .alarm
            .as_ref()
            .map_or_else(|| settings.root_use().alarm.value.clone(), |a| a.name.clone()),
        caller: caller.identity,
        region: caller.region,
        timeout: AlarmTest::default_timeout(is_drill),
    };
    screen.phase = TestPhase::Running { began: now };
    account.test_running = Some(TestUnderWay { ticket, is_drill, alarm: test.alarm.clone() });
    vec![SessionEffect::Test { ticket, test: Box::new(test), drill: drill.map(Box::new) }.within(account.session)]
}

/// Takes in the progress of the running test; an older test's progress is ignored.
pub(super) fn progressed(model: &mut Model, session: SessionId, ticket: Ticket, run: TestRun) {
    let Some(account) = model.accounts.get_mut(session).filter(|a| a.awaits_test(ticket)) else { return };
    if let Some(screen) = &mut account.test {
        screen.run = run;
        // The test changes the alarm's state, so the dashboard's copy is out of date.
        account.dashboard.refresh_alarm_now();
    }
}

/// The test has ended. If its window was closed in the meantime, a notice shows the result.
pub(super) fn ended(model: &mut Model, session: SessionId, ticket: Ticket, answer: Result<TestRun, TestError>) {
    let Some(account) = model.accounts.get_mut(session).filter(|a| a.awaits_test(ticket)) else { return };
    account.test_running = None;
    account.dashboard.refresh_now();
    let (run, result) = match answer {
        Ok(run) => (Some(run), Ok(())),
        Err(error) => (None, Err(error)),
    };
    match &mut account.test {
        Some(screen) => {
            screen.phase = TestPhase::Ended(result);
            screen.run = run.unwrap_or_else(|| std::mem::take(&mut screen.run));
        }
        None => model.notice = Some(Notice::TestEnded(result, run.unwrap_or_default())),
    }
}
