//! What keys do on the dashboard.

use crate::app::keymap::Intent;
use crate::app::message::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::screen::Screen;
use crate::domain::health::Counts;
use crate::domain::observed::AlarmState;
use crate::domain::{Change, Check, Step, Verdict, activity};

use super::navigation::{close, copy, go, open};
use super::{alarm_test, calls, polling, teardown};

/// Acts on a key.
pub(super) fn act(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let board = &mut model.accounts.selected_mut().dashboard;
    match intent {
        Intent::Test => return alarm_test::open(model, false),
        Intent::Drill => return alarm_test::open(model, true),
        Intent::Refresh => board.refresh_now(),
        Intent::ResendConfirmation => return calls::send_again(model),
        Intent::OpenLinks if model.demo.is_some() => return vec![Effect::OpenLinks],
        Intent::Checks => return open(model, Overlay::Checks { scroll: 0 }),
        Intent::ShowEvent if board.event().is_some() => return open(model, Overlay::Event { scroll: 0 }),
        Intent::ShowEvent => model.notice = Some(Notice::NoEvent),
        Intent::LoadOlder => return polling::load_older(model),
        Intent::SetOk => ask_to_set_ok(model),
        Intent::Teardown => return teardown::open(model),
        Intent::Copy => return copy_arn(model),
        Intent::Up => board.selected = board.selected.saturating_sub(1),
        Intent::Down => {
            let last = board.events.value.as_ref().map_or(0, Vec::len).saturating_sub(1);
            board.selected = (board.selected + 1).min(last);
        }
        Intent::Back => go(model, Screen::Account),
        Intent::Wizard => wizard(model),
        _ => {}
    }
    Vec::new()
}

fn wizard(model: &mut Model) {
    let unfinished = model.account().first_unfinished();
    go(model, if unfinished == Screen::Dashboard { Screen::Step(Step::Trail) } else { unfinished });
}

/// Opens the step of the first check that is not ok, of those that a step sets up.
pub(super) fn to_first_problem(model: &mut Model) {
    close(model);
    let checks = model.account().health().map(|health| health.checks.as_slice()).unwrap_or_default();
    // The wizard changes nothing that is only recommended.
    let is_problem = |check: &&Check| check.verdict != Verdict::Ok && check.id.counts() != Counts::Advice;
    match checks.iter().filter(is_problem).find_map(|check| check.id.step()) {
        Some(step) => go(model, Screen::Step(step)),
        None => wizard(model),
    }
}

/// Asks for confirmation before setting an alarm that has fired back to OK.
fn ask_to_set_ok(model: &mut Model) {
    match model.account().health().map(|health| health.alarm.as_ref().map(|alarm| alarm.state)) {
        None => {}
        Some(None) => model.notice = Some(Notice::NoAlarm),
        Some(Some(AlarmState::Ok)) => model.notice = Some(Notice::AlarmIsOk),
        Some(Some(_)) => model.overlay = Some(Overlay::SetOk),
    }
}

/// Sets the alarm to OK after the user confirmed it.
pub(super) fn set_ok(model: &mut Model) -> Vec<Effect> {
    close(model);
    let account = model.accounts.selected_mut();
    let (Some(derived), Some(caller)) = (&account.derived, account.caller()) else { return Vec::new() };
    // It may have returned to OK by itself in the meantime.
    let Some(alarm) = derived.health.alarm.as_ref().filter(|alarm| alarm.state != AlarmState::Ok) else {
        model.notice = Some(Notice::AlarmIsOk);
        return Vec::new();
    };
    let reason = activity::reason("Set back to OK", &caller.identity, model.now);
    let change = Change::SetAlarmState { alarm: alarm.name.clone(), state: AlarmState::Ok, reason };
    vec![calls::single_change(account, change)]
}

fn copy_arn(model: &mut Model) -> Vec<Effect> {
    let Some(derived) = &model.account().derived else { return Vec::new() };
    let arn = derived.settings.account_region.alarm_arn(&derived.settings.root_use().alarm.value);
    copy(model, arn.into())
}
