//! How each message changes the model.

pub(in crate::app) mod keys;

use jiff::{SignedDuration, Timestamp};

use crate::app::interruption::count;
use crate::app::overlay::Picker;
use crate::app::{
    Caller, Connection, Effect, Model, Msg, Overlay, Samples, Screen, Ticket, alarm_test, dashboard, notice, screens,
    teardown,
};
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::Change;
use crate::engine::Report;

/// Applies one message to the model and returns the effects to run. A late answer changes nothing.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    model.now = now;
    let mut effects = handle(model, msg, now);
    effects.extend(notice::settle(model));
    effects
}

fn handle(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
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
            if model.observing != Some(ticket) {
                return Vec::new();
            }
            model.observing = None;
            model.unobserved_run = None;
            dashboard::chain_observed(model, &observed);
            // If nothing could be read, the dashboard keeps showing the earlier data.
            if model.screen != Screen::Dashboard || model.observed.is_none() || !observed.is_unreadable() {
                model.observed = Some(*observed);
            }
            model.derive();
            let healthy = model.derived.as_ref().is_some_and(|d| d.health.healthy());
            if !std::mem::replace(&mut model.account_was_read, true) && healthy && model.screen == Screen::Account {
                model.go(Screen::Dashboard);
            }
            Vec::new()
        }
        Msg::FindManaged(ticket, chains) => {
            teardown::found(model, ticket, &chains);
            Vec::new()
        }
        Msg::Progress(ticket, progress) => {
            if let Some((current, step)) = model.running
                && current == ticket
                && let Some(run) = &mut model.runs[step]
            {
                run.record(progress, now);
            } else {
                teardown::progress(model, ticket, progress);
            }
            Vec::new()
        }
        Msg::Applied(ticket, report) => applied(model, ticket, &report),
        Msg::PatternTested(ticket, answer) => {
            if model.samples == Samples::Testing(ticket) {
                model.samples = answer.map_or_else(Samples::TestFailed, Samples::Tested);
            }
            Vec::new()
        }
        Msg::Subscriptions(ticket, answer) => {
            if model.confirmation.awaits(ticket) {
                model.confirmation.answered(answer.as_ref().map(|_| ()).map_err(Clone::clone), now, 1);
                // A failed read doesn't replace what is known; it is repeated.
                if let (Ok(all), Some(observed)) = (answer, &mut model.observed) {
                    observed.subscriptions = Ok(all);
                }
                model.derive();
            }
            Vec::new()
        }
        Msg::Changed(ticket, answer) => changed(model, ticket, answer),
        Msg::Polled(ticket, answer) => dashboard::answered(model, ticket, answer),
        Msg::TestProgress(ticket, run) => {
            alarm_test::progressed(model, ticket, run);
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
            model.observe()
        }
        Err(error) => {
            // Without a Region, choosing one is the only way to continue.
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
    model.unobserved_run = model.runs[step].as_ref().map(count);
    let run = model.runs[step].as_ref();
    for email in run.map(|run| run.subscribed(report)).unwrap_or_default() {
        model.sent.retain(|(e, _)| *e != email);
        model.sent.push((email, model.now));
    }
    if report.succeeded() {
        tracing::info!(step = step.title(), "applied");
    }
    // Read the account instead of assuming what the calls did.
    model.observe()
}

/// A single call outside of a plan has succeeded or failed.
fn changed(model: &mut Model, ticket: Ticket, answer: Result<(), CloudError>) -> Vec<Effect> {
    let Some(index) = model.single_changes.iter().position(|(t, _)| *t == ticket) else { return Vec::new() };
    let (_, change) = model.single_changes.remove(index);
    match (answer, change) {
        (Err(error), _) => model.notice = Some(error.to_string().into()),
        (Ok(()), Change::Subscribe { email, .. }) => {
            model.sent.retain(|(e, _)| *e != email);
            model.sent.push((email, model.now));
            // If several emails were requested together, one notice names all of them.
            let sent_together = model.sent.iter().filter(|(_, at)| model.now.duration_since(*at) < SENT_TOGETHER);
            let all: Vec<&str> = sent_together.map(|(email, _)| email.as_str()).collect();
            let text = format!("The confirmation email was sent again to {}.", all.join(" and "));
            model.notice = Some(text.into());
        }
        (Ok(()), Change::SetAlarmState { alarm, state, .. }) => {
            model.notice = Some(format!("The alarm `{alarm}` was set to {}.", state.as_str()).into());
            model.dashboard.refresh_now();
        }
        (Ok(()), _) => {}
    }
    Vec::new()
}

/// Confirmation emails sent within this time are reported in one notice.
const SENT_TOGETHER: SignedDuration = SignedDuration::from_secs(3);

fn tick(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= model.now);
    let (observe_due, test_due) = (is_due(model.observe_due), is_due(model.pattern_test_due));
    if observe_due && !model.is_running() {
        effects.extend(model.observe());
    }
    if test_due {
        model.pattern_test_due = None;
        if let Some(pattern) = model.derived.as_ref().map(|d| d.settings.pattern.value.clone()) {
            let ticket = model.ticket();
            model.samples = Samples::Testing(ticket);
            model.tested_pattern.clone_from(&pattern);
            effects.push(Effect::TestPattern { ticket, pattern });
        }
    }
    if model.polls_confirmation()
        && model.confirmation.is_due(model.now)
        && let Some(topic_arn) = model.derived.as_ref().map(|d| d.settings.topic_arn())
    {
        let ticket = model.ticket();
        model.confirmation.requested(ticket);
        effects.push(Effect::PollSubscriptions { ticket, topic_arn });
    }
    effects.extend(dashboard::tick(model));
    effects
}
