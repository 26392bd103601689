//! The second path to the inbox: from the event bus that receives root's sign-ins, over event rules, to a topic.

use super::account_region::AccountRegion;
use super::arn::Arn;
use super::event_pattern::{RuleCoverage, RuleKind};
use super::event_rule::{EventRule, RuleTarget};
use super::observed::{Observed, TopicResults};
use super::own_rules::{OwnRule, forwarding_role, is_own};
use super::policy::{Decision, forwarding_permissions, forwarding_trust, has_all, rules_access};
use super::subscription::Confirmation;
use super::three_valued::{self, Holds};

/// A chain of rules and targets, as far as it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventPath<'a> {
    /// The rule where sign-ins are recorded.
    pub rule: &'a EventRule,
    /// What it passes them on to.
    pub target: Option<&'a RuleTarget>,
    /// If that is the home Region's event bus: the rule there, and its target.
    pub home_rule: Option<&'a EventRule>,
    pub home_target: Option<&'a RuleTarget>,
}

/// The path that gets furthest; of several, rootbell's. `None` if no rule could concern root's sign-ins.
#[must_use]
pub fn event_path<'a>(home: &AccountRegion, observed: &'a Observed) -> Option<EventPath<'a>> {
    let rank = |path: &EventPath<'_>| {
        let steps = path.steps(home, observed);
        let broken = steps.iter().filter(|step| **step == Some(false)).count();
        let unknown = steps.iter().filter(|step| step.is_none()).count();
        (broken, unknown, !is_own(home, &path.rule.arn))
    };
    paths(home, observed).into_iter().min_by_key(rank)
}

fn paths<'a>(home: &AccountRegion, observed: &'a Observed) -> Vec<EventPath<'a>> {
    let start = home.where_sign_ins_are();
    // GuardDuty reports its finding in each Region where it is on.
    let at_home = rules_at(home, home, observed).filter(|_| start != *home);
    let first = rules_at(&start, home, observed).chain(at_home.filter(|rule| waits_for_finding(rule)));
    let concerns_sign_ins =
        |rule: &&EventRule| rule.coverage.as_ref().is_some_and(|found| found.reports_sign_in() != Some(false));
    let is_misspelled =
        |rule: &&EventRule| rule.coverage.as_ref().is_some_and(|found| found.kind == RuleKind::MisspelledSignIn);
    let mut paths = Vec::new();
    for rule in first.filter(|rule| concerns_sign_ins(rule) || is_own(home, &rule.arn) || is_misspelled(rule)) {
        // Changes to the account are another matter.
        if Some(&rule.arn) == OwnRule::Changes.arn(home).as_ref() {
            continue;
        }
        let path = EventPath { rule, target: None, home_rule: None, home_target: None };
        let targets = targets(rule);
        if targets.is_empty() {
            paths.push(path);
        }
        for target in targets {
            let path = EventPath { target: Some(target), ..path };
            let at_home: Vec<&EventRule> = if target.arn == home.event_bus_arn() && start != *home {
                let rules = rules_at(home, home, observed);
                rules
                    .filter(|other| concerns_sign_ins(other) && waits_for_finding(other) == waits_for_finding(rule))
                    .collect()
            } else {
                Vec::new()
            };
            if at_home.is_empty() {
                paths.push(path);
            }
            for home_rule in at_home {
                let path = EventPath { home_rule: Some(home_rule), ..path };
                if self::targets(home_rule).is_empty() {
                    paths.push(path);
                }
                paths.extend(
                    self::targets(home_rule).iter().map(|target| EventPath { home_target: Some(target), ..path }),
                );
            }
        }
    }
    paths
}

/// The rules of a Region that were read.
fn rules_at<'a>(
    at: &AccountRegion,
    home: &AccountRegion,
    observed: &'a Observed,
) -> impl Iterator<Item = &'a EventRule> {
    let rules = if at == home { Some(&observed.events.at_home) } else { observed.events.at_sign_ins.as_ref() };
    rules.and_then(|rules| rules.as_deref().ok()).into_iter().flatten()
}

fn waits_for_finding(rule: &EventRule) -> bool {
    rule.coverage.as_ref().is_some_and(|found| found.kind == RuleKind::GuardDuty)
}

fn targets(rule: &EventRule) -> &[RuleTarget] {
    rule.targets.as_ref().and_then(|targets| targets.as_deref().ok()).unwrap_or_default()
}

impl<'a> EventPath<'a> {
    /// Each step in order: the rule, whether it reaches home, the rule at home, and whether the topic gets and delivers it.
    fn steps(&self, home: &AccountRegion, observed: &Observed) -> [Holds; 5] {
        [
            self.reports_sign_ins(),
            self.reaches_home(home, observed),
            self.is_emailed(home),
            self.may_publish(observed),
            self.is_confirmed(observed),
        ]
    }

    /// Whether a sign-in certainly reaches somebody over this path.
    #[must_use]
    pub fn works(&self, home: &AccountRegion, observed: &Observed) -> Holds {
        three_valued::all(self.steps(home, observed))
    }

    /// Whether the first rule waits for GuardDuty's finding, and not for what CloudTrail records.
    #[must_use]
    pub fn waits_for_finding(&self) -> bool {
        waits_for_finding(self.rule)
    }

    /// Whether the first rule is on, and passes sign-ins on.
    #[must_use]
    pub fn reports_sign_ins(&self) -> Holds {
        if !self.rule.state.is_enabled() {
            return Some(false);
        }
        self.rule.coverage.as_ref().map_or(Some(false), RuleCoverage::reports_sign_in)
    }

    /// Whether the first rule forwards to the home Region's event bus.
    #[must_use]
    pub fn forwards(&self, home: &AccountRegion) -> bool {
        self.target
            .is_some_and(|target| target.arn == home.event_bus_arn() && self.rule.arn.region() != target.arn.region())
    }

    /// Whether what the first rule passes on arrives in the home Region, or doesn't need to.
    #[must_use]
    pub fn reaches_home(&self, home: &AccountRegion, observed: &Observed) -> Holds {
        let Some(target) = self.target else {
            return self.rule.targets.as_ref().is_some_and(Result::is_ok).then_some(false);
        };
        if !self.forwards(home) {
            return Some(true);
        }
        let Some(role) = &target.role_arn else { return Some(false) };
        match &observed.events.role {
            Some(Ok(Some(found))) if found.arn == *role => {
                let (trust, permissions) = (forwarding_trust(), forwarding_permissions(home));
                let is_ours = has_all(Some(&found.trust), trust.statements())
                    && has_all(found.policy.as_ref(), permissions.statements());
                // A role that reads otherwise may do as well.
                is_ours.then_some(true)
            }
            Some(Ok(None)) if Some(role) == own_role(home).as_ref() => Some(false),
            // Somebody else's role isn't read.
            Some(_) | None => None,
        }
    }

    /// The last rule and its target.
    #[must_use]
    pub fn last(&self, home: &AccountRegion) -> (Option<&'a EventRule>, Option<&'a RuleTarget>) {
        if self.forwards(home) { (self.home_rule, self.home_target) } else { (Some(self.rule), self.target) }
    }

    /// The topic at the end.
    #[must_use]
    pub fn topic(&self, home: &AccountRegion) -> Option<&'a Arn> {
        let (_, target) = self.last(home);
        target.map(|target| &target.arn).filter(|arn| arn.service() == Some("sns"))
    }

    /// Whether the last rule is on, and publishes sign-ins to a topic.
    #[must_use]
    pub fn is_emailed(&self, home: &AccountRegion) -> Holds {
        let (rule, target) = self.last(home);
        let Some(rule) = rule else { return Some(false) };
        let reported = rule.coverage.as_ref().map_or(Some(false), RuleCoverage::reports_sign_in);
        match (rule.state.is_enabled(), reported) {
            (false, _) | (_, Some(false)) => return Some(false),
            (true, None) if !self.waits_for_finding() => return None,
            (true, None | Some(true)) => {}
        }
        match target {
            // A function or a queue may tell somebody.
            Some(target) => (target.arn.service() == Some("sns")).then_some(true),
            None => rule.targets.as_ref().is_some_and(Result::is_ok).then_some(false),
        }
    }

    fn topic_results<'o>(&self, observed: &'o Observed) -> Option<TopicResults<'o>> {
        let targets = [self.home_target, self.target].into_iter().flatten();
        observed.topic_named(targets.map(|target| &target.arn).find(|arn| arn.service() == Some("sns"))?)
    }

    /// Whether event rules may publish to the topic.
    #[must_use]
    pub fn may_publish(&self, observed: &Observed) -> Holds {
        let (topic, _) = self.topic_results(observed)?;
        match topic {
            Err(_) => None,
            Ok(None) => Some(false),
            Ok(Some(topic)) => match rules_access(topic.policy.as_ref(), &topic.arn) {
                Decision::Allowed if self.has_role() => None,
                Decision::Allowed => Some(true),
                Decision::Denied => Some(false),
                Decision::Unknown(_) => None,
            },
        }
    }

    /// Whether the target that is the topic has a role, with which the delivery may fail.
    ///
    /// Source: EventBridge User Guide, "Using resource-based policies for Amazon EventBridge".
    #[must_use]
    pub fn has_role(&self) -> bool {
        let of_topic = [self.home_target, self.target].into_iter().flatten().find(|t| t.arn.service() == Some("sns"));
        of_topic.is_some_and(|target| target.role_arn.is_some())
    }

    /// Whether a person has confirmed a subscription of the topic that gets every message.
    #[must_use]
    pub fn is_confirmed(&self, observed: &Observed) -> Holds {
        let (_, subscriptions) = self.topic_results(observed)?;
        let all = subscriptions.as_ref().ok()?;
        let confirmed = all.iter().filter(|s| s.state == Confirmation::Confirmed);
        let mut unknown = false;
        for subscription in confirmed {
            let filter = subscription
                .attributes
                .as_ref()
                .map(|attributes| attributes.as_ref().ok().map(|attributes| attributes.filter_policy.is_none()));
            match filter.flatten() {
                Some(true) if subscription.notifies_people() => return Some(true),
                _ => unknown = true,
            }
        }
        (!unknown).then_some(false)
    }
}

/// The ARN of the role of rootbell's rule that forwards.
fn own_role(home: &AccountRegion) -> Option<Arn> {
    forwarding_role(home).map(|name| home.role_arn(&name))
}
