//! What each message changes.

use jiff::{SignedDuration, Timestamp};

use super::interruption::count;
use super::overlay::Picker;
use super::{
    Caller, Connection, Effect, Model, Msg, Overlay, Samples, Screen, Ticket, alarm_test, dashboard, notice, screens,
    teardown,
};
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::Change;
use crate::engine::Report;

/// One message in, the model changed, effects out. A late answer changes nothing.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    model.now = now;
    let mut effects = take(model, msg, now);
    effects.extend(notice::settle(model));
    effects
}

fn take(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => screens::key(model, key),
        Msg::Paste(text) => screens::paste(model, &text),
        Msg::Tick => tick(model),
        Msg::Profiles(profiles) => {
            model.profiles = profiles;
            if let Some(Overlay::Picker(picker)) = &mut model.overlay {
                picker.offer_profiles(&model.profiles);
            }
            Vec::new()
        }
        Msg::Connected(ticket, answer) => connected(model, ticket, answer),
        Msg::Observed(ticket, observed) => {
            if model.looking != Some(ticket) {
                return Vec::new();
            }
            model.looking = None;
            model.unread = None;
            dashboard::looked(model, &observed);
            // What was known is worth more than that nothing can be known now.
            if model.screen != Screen::Dashboard || model.observed.is_none() || !observed.is_blind() {
                model.observed = Some(*observed);
            }
            model.derive();
            let healthy = model.derived.as_ref().is_some_and(|d| d.health.healthy());
            if !std::mem::replace(&mut model.opened, true) && healthy && model.screen == Screen::Account {
                model.go(Screen::Dashboard);
            }
            Vec::new()
        }
        Msg::FindManaged(ticket, chains) => {
            teardown::looked(model, ticket, &chains);
            Vec::new()
        }
        Msg::Progress(ticket, progress) => {
            if let Some((current, step)) = model.running
                && current == ticket
                && let Some(run) = &mut model.runs[step as usize]
            {
                run.tell(progress, now);
            } else {
                teardown::progress(model, ticket, progress);
            }
            Vec::new()
        }
        Msg::Applied(ticket, report) => applied(model, ticket, &report),
        Msg::PatternTested(ticket, answer) => {
            if model.samples == Samples::Asking(ticket) {
                model.samples = answer.map_or_else(Samples::NotChecked, Samples::Known);
            }
            Vec::new()
        }
        Msg::Subscriptions(ticket, answer) => {
            if model.confirmation.awaits(ticket) {
                model.confirmation.take(answer.as_ref().map(|_| ()).map_err(Clone::clone), now, 1);
                // Not to know for once is no news; the next answer may tell.
                if let (Ok(all), Some(observed)) = (answer, &mut model.observed) {
                    observed.subscriptions = Ok(all);
                }
                model.derive();
            }
            Vec::new()
        }
        Msg::Changed(ticket, answer) => changed(model, ticket, answer),
        Msg::Polled(ticket, answer) => dashboard::answered(model, ticket, answer),
        Msg::TestProgress(ticket, ring) => {
            alarm_test::news(model, ticket, ring);
            Vec::new()
        }
        Msg::TestEnded(ticket, answer) => {
            alarm_test::ended(model, ticket, answer);
            Vec::new()
        }
        Msg::Focus(focused) => {
            dashboard::focus(model, focused);
            Vec::new()
        }
    }
}

fn connected(model: &mut Model, ticket: Ticket, answer: Result<Caller, CloudError>) -> Vec<Effect> {
    if model.connection != Connection::Connecting(ticket) {
        return Vec::new();
    }
    match answer {
        Ok(caller) => {
            model.connection = Connection::Ready(caller);
            model.look()
        }
        Err(error) => {
            // Without a region there is only one thing to do.
            if error.kind == ErrorKind::NoRegion {
                model.overlay = Some(Overlay::Picker(Picker::regions("us-east-1", None)));
            }
            model.connection = Connection::Failed(error);
            Vec::new()
        }
    }
}

fn applied(model: &mut Model, ticket: Ticket, report: &Report) -> Vec<Effect> {
    if let Some(effects) = teardown::ended(model, ticket, report) {
        return effects;
    }
    let Some((_, step)) = model.running.filter(|(current, _)| *current == ticket) else { return Vec::new() };
    model.running = None;
    model.unread = model.runs[step as usize].as_ref().map(count);
    for email in report.done.iter().filter_map(|id| id.strip_prefix("subscription.create:")) {
        model.sent.retain(|(e, _)| e != email);
        model.sent.push((email.to_owned(), model.now));
    }
    if report.succeeded() {
        tracing::info!(step = step.title(), "applied");
    }
    // The account is what counts, not our idea of it.
    model.look()
}

/// A call outside of a plan is done, or not.
fn changed(model: &mut Model, ticket: Ticket, answer: Result<(), CloudError>) -> Vec<Effect> {
    let Some(index) = model.single.iter().position(|(t, _)| *t == ticket) else { return Vec::new() };
    let (_, change) = model.single.remove(index);
    match (answer, change) {
        (Err(error), _) => model.notice = Some(error.to_string().into()),
        (Ok(()), Change::Subscribe { email, .. }) => {
            model.sent.retain(|(e, _)| *e != email);
            model.sent.push((email, model.now));
            // Several were asked for at once: their answers make one sentence.
            let at_once = model.sent.iter().filter(|(_, at)| model.now.duration_since(*at) < AT_ONCE);
            let all: Vec<&str> = at_once.map(|(email, _)| email.as_str()).collect();
            let said = format!("The confirmation e-mail to {} is on its way again.", all.join(" and "));
            model.notice = Some(said.into());
        }
        (Ok(()), Change::SetAlarmState { alarm, state, .. }) => {
            model.notice = Some(format!("The alarm `{alarm}` is set to {}.", state.as_str()).into());
            model.dashboard.refresh_now();
        }
        (Ok(()), _) => {}
    }
    Vec::new()
}

/// What is answered within this time belongs together.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(3);

fn tick(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= model.now);
    let (look, test) = (due(model.look_due), due(model.test_due));
    if look && !model.is_running() {
        effects.extend(model.look());
    }
    if test {
        model.test_due = None;
        if let Some(pattern) = model.derived.as_ref().map(|d| d.settings.pattern.value.clone()) {
            let ticket = model.ticket();
            model.samples = Samples::Asking(ticket);
            model.tested_pattern.clone_from(&pattern);
            effects.push(Effect::TestPattern { ticket, pattern });
        }
    }
    if model.asks_for_confirmation()
        && model.confirmation.is_due(model.now)
        && let Some(topic_arn) = model.derived.as_ref().map(|d| d.settings.topic_arn())
    {
        let ticket = model.ticket();
        model.confirmation.ask(ticket);
        effects.push(Effect::PollSubscriptions { ticket, topic_arn });
    }
    effects.extend(dashboard::tick(model));
    effects
}
