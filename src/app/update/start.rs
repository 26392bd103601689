//! What keys do on the account screen.

use crate::app::keymap::Intent;
use crate::app::message::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::picker::Picker;
use crate::app::state::screen::Screen;
use crate::app::state::session::Connection;
use crate::domain::Step;
use crate::domain::settings::{SettingId, TRAIL};

use super::account::connect;
use super::early_key::keep;
use super::navigation::{go, open, scrolled};
use super::teardown;

/// Acts on a key.
pub(super) fn act(model: &mut Model, intent: Intent, previous_notice: Option<&Notice>) -> Vec<Effect> {
    match intent {
        Intent::Start if matches!(previous_notice, Some(Notice::SecondTrail(_))) => insist_on_second_trail(model),
        Intent::Start => return start(model),
        Intent::SwitchRegion => return switch_region(model),
        Intent::PickProfile => {
            let current = model.account().profile().to_owned();
            model.overlay = Some(Overlay::Picker(Picker::profiles(&model.profiles, &current, model.now)));
            return vec![Effect::ListProfiles];
        }
        Intent::PickRegion => {
            let partition = model.account().caller().map(|caller| caller.identity.partition());
            let picker = Picker::regions(model.account().region(), partition.as_ref());
            return open(model, Overlay::Picker(picker));
        }
        Intent::Up | Intent::Down | Intent::PageUp | Intent::PageDown => {
            model.scroll = scrolled(model.scroll, Some(intent));
        }
        Intent::Refresh => return connect(model),
        Intent::Dashboard => return open_dashboard(model),
        Intent::Teardown => return teardown::open(model),
        _ => {}
    }
    Vec::new()
}

/// Opens the first unfinished step.
pub(super) fn start(model: &mut Model) -> Vec<Effect> {
    let account = model.accounts.selected();
    match &account.connection {
        Connection::Connecting => keep(model, Intent::Start),
        Connection::Failed(_) => return connect(model),
        Connection::Ready(caller) => {
            if let Some(why) = caller.identity.refusal() {
                model.notice = Some(Notice::Refused(why));
            } else if account.derived.is_none() {
                keep(model, Intent::Start);
            } else if let Some(elsewhere) = account.instead_of_second_trail() {
                model.notice = Some(Notice::SecondTrail(elsewhere.region.clone()));
            } else {
                let screen = account.first_unfinished();
                go(model, screen);
            }
        }
    }
    Vec::new()
}

/// Opens the first step, with a trail of this Region although another Region has a setup.
fn insist_on_second_trail(model: &mut Model) {
    let now = model.now;
    let account = model.accounts.selected_mut();
    account.form.choose(SettingId::Trail, TRAIL.to_owned());
    account.derive(now);
    go(model, Screen::Step(Step::Trail));
}

/// Connects to the Region that has a setup, and opens its dashboard.
fn switch_region(model: &mut Model) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    let Some(region) = account.elsewhere().map(|elsewhere| elsewhere.region.clone()) else { return Vec::new() };
    account.target.region = Some(region);
    let effects = connect(model);
    keep(model, Intent::Dashboard);
    effects
}

/// Opens the dashboard. If the account isn't completely set up, it shows what is missing.
pub(super) fn open_dashboard(model: &mut Model) -> Vec<Effect> {
    let account = model.account();
    if account.derived.is_some() {
        go(model, Screen::Dashboard);
    } else if account.is_observing() || matches!(account.connection, Connection::Connecting) {
        keep(model, Intent::Dashboard);
    } else {
        model.notice = Some(Notice::NotRead);
    }
    Vec::new()
}
