//! What keys do, depending on the screen and the window over it.

use crate::app::keymap::{Code, Intent, Key, intent};
use crate::app::message::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::picker::PickerKind;
use crate::app::state::screen::Screen;
use crate::domain::Region;

use super::account::{connect, connect_with};
use super::navigation::{close, copy, open, quit, quit_now, scrolled};
use super::{alarm_test, dashboard, start, step, teardown};

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let previous_notice = model.notice.take();
    model.early_key = None;
    let intent = intent(model.context(), key);
    if intent == Some(Intent::Interrupt) {
        model.interrupted = true;
        return quit_now(model);
    }
    if model.overlay.is_some() {
        return on_overlay(model, key, intent);
    }
    match (model.screen, intent) {
        (_, Some(Intent::Help)) => open(model, Overlay::Help { scroll: 0 }),
        (_, Some(Intent::Quit)) => quit(model),
        (Screen::Account, Some(intent)) => start::act(model, intent, previous_notice.as_ref()),
        (Screen::Dashboard, Some(intent)) => dashboard::act(model, intent),
        (Screen::Step(step), Some(intent)) => step::act(model, step, intent),
        (Screen::Step(step), None) => {
            step::edit(model, step, key, previous_notice);
            Vec::new()
        }
        (Screen::Account | Screen::Dashboard, None) => Vec::new(),
    }
}

pub(super) fn paste(model: &mut Model, text: &str) {
    model.early_key = None;
    match (&mut model.overlay, model.screen) {
        (Some(Overlay::Picker(picker)), _) => {
            for c in text.trim().chars().filter(|c| !c.is_control()) {
                picker.edit(Key::plain(Code::Char(c)));
            }
        }
        (Some(Overlay::MfaCode(prompt)), _) => {
            for c in text.chars() {
                prompt.edit(Key::plain(Code::Char(c)));
            }
        }
        (Some(Overlay::Teardown), _) => teardown::paste(model.accounts.selected_mut(), text),
        (None, Screen::Step(step)) => step::paste(model, step, text),
        _ => {}
    }
}

fn on_overlay(model: &mut Model, key: Key, intent: Option<Intent>) -> Vec<Effect> {
    let Some(overlay) = &mut model.overlay else { return Vec::new() };
    match (overlay, intent) {
        (Overlay::Teardown, intent) => return teardown::key(model, key, intent),
        (Overlay::ConfirmQuit { quit: true }, Some(Intent::Yes)) => return quit_now(model),
        (Overlay::ConfirmQuit { quit: false }, Some(Intent::Yes)) => return step::abort_and_leave(model),
        (Overlay::SetOk, Some(Intent::Yes)) => return dashboard::set_ok(model),
        (Overlay::Checks { .. }, Some(Intent::Wizard)) => dashboard::to_first_problem(model),
        (_, Some(Intent::Close | Intent::No)) => close(model),
        (Overlay::Commands { text, .. }, Some(Intent::Copy)) => {
            let text = text.clone();
            return copy(model, text);
        }
        (Overlay::Event { .. }, Some(Intent::Copy)) => {
            let json = model.account().dashboard.event().map(|e| e.json.clone()).unwrap_or_default();
            return copy(model, json);
        }
        (Overlay::Test, Some(intent)) => return alarm_test::act(model, intent),
        (
            Overlay::Help { scroll }
            | Overlay::Commands { scroll, .. }
            | Overlay::Checks { scroll }
            | Overlay::Event { scroll },
            _,
        ) => *scroll = scrolled(*scroll, intent),
        (Overlay::Picker(picker), Some(Intent::Choose)) => match picker.choice() {
            Ok(choice) => {
                let what = picker.what;
                return chosen(model, what, choice);
            }
            Err(why) => model.notice = Some(Notice::WrongChoice(why)),
        },
        (Overlay::Picker(picker), Some(intent)) => picker.step(intent),
        (Overlay::Picker(picker), None) => picker.edit(key),
        (Overlay::MfaCode(prompt), Some(Intent::Choose)) => {
            if let Some(code) = prompt.code() {
                close(model);
                return connect_with(model, Some(code));
            }
        }
        (Overlay::MfaCode(prompt), None) => prompt.edit(key),
        _ => {}
    }
    Vec::new()
}

/// Uses what was chosen in a list.
fn chosen(model: &mut Model, what: PickerKind, choice: String) -> Vec<Effect> {
    let target = &mut model.accounts.selected_mut().target;
    match what {
        PickerKind::Profile => {
            target.profile = Some(choice);
            // The new profile has its own Region.
            target.region = None;
        }
        PickerKind::Region => target.region = Some(Region::new(choice)),
        PickerKind::Trail => {
            step::use_trail(model, choice);
            return Vec::new();
        }
    }
    close(model);
    connect(model)
}
