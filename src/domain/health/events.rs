//! The checks of the second path: event rules that email each sign-in, usually within a minute.

use super::evidence::Evidence;
use super::outcome::{Outcome, REPAIR, Verdict, ok, unknown, wrong};
use super::topic::is_aws_sns_key;
use crate::domain::account_region::AccountRegion;
use crate::domain::alarm::USUAL_DELAY;
use crate::domain::arn::Arn;
use crate::domain::event_path::{EventPath, event_path};
use crate::domain::event_pattern::RuleKind;
use crate::domain::event_rule::EventRule;
use crate::domain::event_scope::EventScope;
use crate::domain::observed::{Confirmation, KmsKey, ReadResult, Subscription, TrailDetails};
use crate::domain::own_rules::is_own;
use crate::domain::policy::{Decision, key_serves_rules, key_statement_for_rules};
use crate::domain::problem::{Fix, Input};
use crate::domain::settings::SettingId;

fn without_rules() -> String {
    format!(
        "Without event rules, only the alarm reports a sign-in: {USUAL_DELAY} later, and without saying who it was."
    )
}

fn drill() -> Fix {
    Fix::advice("A drill shows whether events arrive.")
}

fn create() -> Fix {
    Fix::ApplyWith { input: Input::Setting(SettingId::Events), value: EventScope::Changes.to_string() }
}

impl<'a> Evidence<'a> {
    fn home(&self) -> &'a AccountRegion {
        &self.settings.account_region
    }

    pub(super) fn event_path(&self) -> Option<EventPath<'a>> {
        event_path(self.home(), self.observed)
    }

    /// Judges the path, if there is one.
    fn on_event_path(&self, judge: impl FnOnce(EventPath<'a>) -> Outcome) -> Outcome {
        match (self.event_path(), self.observed.events.unreadable().next()) {
            (None, Some(unread)) => unknown(unread),
            (None, None) => (Verdict::Missing, without_rules(), create()),
            (Some(path), _) => judge(path),
        }
    }
}

/// Whether an outcome that can't be told, is certain to be wrong, or is certain to be right.
fn outcome(holds: Option<bool>, right: impl Into<String>, otherwise: impl FnOnce(bool) -> (String, Fix)) -> Outcome {
    match holds {
        Some(true) => ok(right),
        Some(false) => {
            let (why, fix) = otherwise(true);
            wrong(why, fix)
        }
        None => {
            let (why, fix) = otherwise(false);
            (Verdict::Unknown, why, fix)
        }
    }
}

/// Whether a trail records what the rules wait for: any trail of the account will do, also one without a log group.
///
/// Source: EventBridge User Guide, "AWS service events delivered via CloudTrail".
pub(super) fn recorded(evidence: &Evidence<'_>) -> Option<bool> {
    let observed = evidence.observed;
    let all = observed.trails.as_ref().ok()?;
    let read = || observed.trail.iter().chain(&observed.others);
    let start = evidence.home().sign_in_region();
    let records = |details: &TrailDetails| {
        let covers = details.trail.multi_region || Some(&details.trail.home_region) == start.as_ref();
        let (status, events) = (details.status.as_ref().ok()?, details.events.as_ref().ok()?);
        Some(covers && status.logging && events.missing_sign_ins().is_none() && events.unjudged.is_none())
    };
    if read().any(|details| records(details) == Some(true)) {
        return Some(true);
    }
    let is_complete = all.iter().all(|trail| read().any(|d| d.trail.arn == trail.arn && records(d).is_some()));
    is_complete.then_some(false)
}

/// Is there a rule where sign-ins are recorded, and does it report them?
pub(super) fn rule(evidence: &Evidence<'_>) -> Outcome {
    let home = evidence.home();
    if let (None, None, Some(why)) =
        (evidence.event_path(), evidence.observed.events.unreadable().next(), elsewhere(evidence))
    {
        return (Verdict::Missing, why, create());
    }
    evidence.on_event_path(|path| {
        let (rule, region) = (&path.rule.name, path.rule.arn.region().unwrap_or_default());
        outcome(path.reports_sign_ins(), format!("`{rule}` in {region}"), |is_certain| {
            let found = path.rule.coverage.as_ref();
            if !path.rule.state.is_enabled() {
                (format!("The event rule `{rule}` in {region} is disabled."), repair(path.rule, home))
            } else if found.is_some_and(|found| found.kind == RuleKind::MisspelledSignIn) {
                let why = format!(
                    "The event rule `{rule}` in {region} waits for `AWS Console Signin via CloudTrail`; no event has that detail \
                     type, so it never fires."
                );
                (why, Fix::Each(vec![Fix::advice("Write `AWS Console Sign In via CloudTrail`."), create()]))
            } else if path.waits_for_finding() {
                let why = format!(
                    "The event rule `{rule}` waits for GuardDuty's finding that root's credentials are used; whether GuardDuty is on \
                     was not read, and the finding comes later than the sign-in's own event."
                );
                (why, create())
            } else if is_certain {
                (format!("The pattern of the event rule `{rule}` in {region} matches no sign-in."), repair(path.rule, home))
            } else {
                let why = format!(
                    "AWS's pages disagree on whether the event rule `{rule}` in {region} sees sign-ins, because of the detail type \
                     in its pattern."
                );
                (why, create())
            }
        })
    })
}

/// A rule that concerns root, but reports no sign-in, because none is recorded in its Region.
fn elsewhere(evidence: &Evidence<'_>) -> Option<String> {
    let home = evidence.home();
    let start = home.sign_in_region()?;
    let misses = |rule: &&EventRule| {
        let found = rule.coverage.as_ref();
        rule.arn.region() != Some(start.as_str()) && found.is_some_and(|found| found.sign_in == Some(true))
    };
    let rule = evidence.observed.events.all().filter(|rule| !is_own(home, &rule.arn)).find(misses)?;
    let region = rule.arn.region().unwrap_or_default();
    Some(format!(
        "The event rule `{}` is in {region}, but sign-ins of root are only reported in {start}: it misses them.",
        rule.name
    ))
}

/// rootbell repairs its own rules; next to those of others, it creates its own.
fn repair(rule: &EventRule, home: &AccountRegion) -> Fix {
    if is_own(home, &rule.arn) { REPAIR } else { create() }
}

/// Does what it passes on reach the topic's Region?
pub(super) fn forwarded(evidence: &Evidence<'_>) -> Outcome {
    let home = evidence.home();
    evidence.on_event_path(|path| {
        let right =
            if path.forwards(home) { format!("to {}", home.region) } else { "nothing has to be forwarded".to_owned() };
        outcome(path.reaches_home(home, evidence.observed), right, |is_certain| match (path.target, is_certain) {
            (None, true) => (format!("The event rule `{}` has no target.", path.rule.name), repair(path.rule, home)),
            (None, false) => {
                (format!("The targets of the event rule `{}` could not be read.", path.rule.name), Fix::Nothing)
            }
            (Some(_), true) => {
                let why = format!("The event rule `{}` has no role with which it can forward events.", path.rule.name);
                (why, repair(path.rule, home))
            }
            (Some(_), false) => {
                let why = format!("Whether the role of `{}` may forward events was not read.", path.rule.name);
                (why, drill())
            }
        })
    })
}

/// Does a rule pass it on to a topic there?
pub(super) fn home_rule(evidence: &Evidence<'_>) -> Outcome {
    let home = evidence.home();
    evidence.on_event_path(|path| {
        let (rule, target) = path.last(home);
        let topic = target.map(|target| target.arn.last_part().unwrap_or(&target.arn).to_owned()).unwrap_or_default();
        outcome(path.is_emailed(home), format!("`{topic}`"), |_| match (rule, target) {
            (None, _) => {
                let why = format!("Events are forwarded to {}, but no rule there passes them on.", home.region);
                (why, create())
            }
            (Some(rule), _) if !rule.state.is_enabled() => {
                (format!("The event rule `{}` is disabled.", rule.name), repair(rule, home))
            }
            (Some(rule), None) => (format!("The event rule `{}` has no target.", rule.name), repair(rule, home)),
            (Some(rule), Some(target)) => {
                let why = match &rule.managed_by {
                    Some(service) if service.starts_with("notifications.") => format!(
                        "`{}` belongs to AWS User Notifications; whom that emails can't be checked from here.",
                        rule.name
                    ),
                    Some(_) | None => {
                        format!("`{}` passes events on to {}, which can't be checked from here.", rule.name, target.arn)
                    }
                };
                (why, create())
            }
        })
    })
}

/// May event rules publish to the topic, and use its key?
pub(super) fn topic(evidence: &Evidence<'_>) -> Outcome {
    evidence.on_event_path(|path| {
        let observed = evidence.observed;
        let Some(arn) = path.topic(evidence.home()) else {
            return (Verdict::Unknown, "The rules notify no topic.".to_owned(), Fix::Nothing);
        };
        let name = arn.topic_name().unwrap_or(arn);
        let topic = match observed.topic_named(arn) {
            Some((Err(unread), _)) => return unknown(unread),
            None => match &observed.topic {
                Err(unread) => return unknown(unread),
                Ok(_) => return (Verdict::Unknown, format!("The topic `{name}` was not read."), Fix::Nothing),
            },
            Some((Ok(None), _)) => return wrong(format!("There is no topic `{name}`."), create()),
            Some((Ok(Some(topic)), _)) => topic,
        };
        if let Some(key) = topic.kms_key.clone() {
            let details = observed.topics.iter().find(|details| details.arn == *arn);
            let found = details.and_then(|details| details.key.as_ref()).or(observed.key.as_ref());
            let judged = encrypted(evidence.home(), arn, &key, found);
            if judged.0 != Verdict::Ok {
                return judged;
            }
        }
        outcome(path.may_publish(observed), format!("`{name}`"), |is_certain| {
            if is_certain {
                (format!("Event rules can't publish to the topic `{name}`."), create())
            } else if path.has_role() {
                let why = format!("The target `{name}` has a role, with which AWS says that deliveries to a topic may fail.");
                (why, Fix::advice("Remove the role from the target: the topic's policy is enough."))
            } else {
                let why = format!(
                    "The policy of `{name}` lets event rules publish only under a condition, which AWS doesn't support there."
                );
                (why, create())
            }
        })
    })
}

/// Whether event rules can use the key of an encrypted topic, which they do themselves.
fn encrypted(home: &AccountRegion, topic: &Arn, key: &str, found: Option<&ReadResult<Option<KmsKey>>>) -> Outcome {
    let name = topic.topic_name().unwrap_or(topic);
    if is_aws_sns_key(Some(key)) {
        let why = format!("`{name}` is encrypted with alias/aws/sns, which event rules cannot use.");
        return wrong(why, REPAIR);
    }
    let statement = key_statement_for_rules();
    let add = Fix::Advice(format!("Add to the policy of {key}: {statement}"));
    match found {
        Some(Err(unread)) => unknown(unread),
        Some(Ok(Some(found))) => match key_serves_rules(&found.policy, home, &found.arn, topic) {
            Decision::Allowed => ok("event rules can use its key"),
            Decision::Denied => wrong(format!("`{name}` is encrypted with {key}, which event rules cannot use."), add),
            Decision::Unknown(doubt) => {
                let why = format!(
                    "Whether event rules can use {key} depends on {}, which rootbell cannot evaluate.",
                    doubt.depends_on
                );
                (Verdict::Unknown, why, Fix::Each(vec![drill(), add]))
            }
        },
        Some(Ok(None)) | None => {
            let why = format!("`{name}` is encrypted with {key}; whether event rules can use that key was not read.");
            (Verdict::Unknown, why, Fix::Each(vec![drill(), add]))
        }
    }
}

/// Has somebody confirmed who gets every message of that topic?
pub(super) fn inbox(evidence: &Evidence<'_>) -> Outcome {
    evidence.on_event_path(|path| {
        let observed = evidence.observed;
        let subscriptions = path.topic(evidence.home()).and_then(|arn| observed.topic_named(arn)).map(|(_, all)| all);
        let is_pending = |s: &Subscription| s.state == Confirmation::Pending && s.notifies_people();
        let pending = subscriptions.is_some_and(|all| all.iter().flatten().any(is_pending));
        match path.is_confirmed(observed) {
            Some(true) => ok("confirmed"),
            Some(false) if pending => {
                (Verdict::Pending, "Nobody has confirmed the address yet.".to_owned(), Fix::Confirm)
            }
            Some(false) => {
                let why = "The topic that the event rules notify has no confirmed subscription of a person.";
                wrong(why, Fix::choose("Enter an email address", Input::Setting(SettingId::Emails)))
            }
            None => {
                let why = "Whether the topic's subscribers receive the rules' messages is not known.";
                (Verdict::Unknown, why.to_owned(), drill())
            }
        }
    })
}

/// Did every event of the last day arrive?
pub(super) fn deliveries(evidence: &Evidence<'_>) -> Outcome {
    evidence.on_event_path(|path| {
        let rules = [Some(path.rule), path.home_rule];
        let failed = rules.into_iter().flatten().find_map(|rule| {
            let failures = evidence.observed.events.failures.get(&rule.arn)?;
            Some((rule, failures))
        });
        match failed {
            None => ok("none in 24 hours"),
            Some((_, Err(unread))) => unknown(unread),
            Some((rule, Ok(failures))) if failures.invocations > failures.failed => (
                Verdict::Unknown,
                format!(
                    "{} of {} deliveries of `{}` failed in the last 24 hours.",
                    failures.failed, failures.invocations, rule.name
                ),
                drill(),
            ),
            Some((rule, Ok(failures))) => wrong(
                format!("All {} deliveries of `{}` failed in the last 24 hours.", failures.failed, rule.name),
                drill(),
            ),
        }
    })
}
