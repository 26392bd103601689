//! Destinations that the user vouches for: where a check can't tell whether an alert arrives, their word decides.

use super::evidence::Evidence;
use super::outcome::Verdict;
use super::registry::CheckId;
use super::{Check, Trusted};
use crate::domain::arn::Arn;
use crate::domain::problem::Fix;
use crate::domain::subscription::Confirmation;

impl Trusted {
    /// That it makes no difference, as a sentence.
    #[must_use]
    pub fn remark(&self) -> String {
        format!("Nothing notifies {}, so trusting it makes no difference.", self.arn)
    }
}

impl<'a> Evidence<'a> {
    /// The result of a check.
    pub(super) fn judge(&self, id: CheckId) -> Check {
        let (verdict, detail, fix) = (id.spec().judge)(self);
        match self.vouched_for(id, verdict) {
            Some(arn) => {
                let detail = format!("notifies {arn}, trusted by you");
                Check { id, verdict: Verdict::Ok, detail, fix: Fix::Nothing, trusted: Some(arn) }
            }
            None => Check { id, verdict, detail, fix, trusted: None },
        }
    }

    /// What the user vouches for, and whether anything notifies it.
    pub(super) fn trusted(&self) -> Vec<Trusted> {
        let notified = |arn: &Arn| {
            self.alarm().is_some_and(|alarm| alarm.config.actions.contains(arn))
                || self.indirect_alarm().is_some_and(|alarm| alarm.actions.contains(arn))
                || self.observed.subscriptions.iter().flatten().any(|s| s.endpoint == arn.as_str())
                || self.rule_target() == Some(arn)
        };
        self.settings.trust.iter().map(|arn| Trusted { arn: arn.clone(), notified: notified(arn) }).collect()
    }

    /// The destination that makes a check ok. What is known to be wrong stays wrong, except that somebody who is notified
    /// makes up for others who are not.
    fn vouched_for(&self, id: CheckId, verdict: Verdict) -> Option<Arn> {
        if self.settings.trust.is_empty() {
            return None;
        }
        if matches!(id, CheckId::EventsHomeRule | CheckId::EventsTopic | CheckId::EventsInbox) {
            let trusted = self.rule_target().filter(|arn| self.settings.trust.contains(arn));
            return trusted.filter(|_| verdict == Verdict::Unknown).cloned();
        }
        if !id.concerns_notification() {
            return None;
        }
        match verdict {
            Verdict::Ok => return None,
            Verdict::Wrong => {}
            Verdict::Missing | Verdict::Pending | Verdict::Unknown => {
                if let Some(arn) = self.trusted_action() {
                    return Some(arn.clone());
                }
            }
        }
        let topic = self.settings.topic_arn();
        let is_notified = self.alarm().is_some_and(|alarm| alarm.config.notifies_any(std::slice::from_ref(&topic)));
        if verdict == Verdict::Unknown && is_notified && self.settings.trust.contains(&topic) {
            return Some(topic);
        }
        (id == CheckId::SubscriptionConfirmed).then(|| self.trusted_subscription()).flatten()
    }

    /// What the event rules notify, if it isn't a topic.
    fn rule_target(&self) -> Option<&'a Arn> {
        let path = self.event_path()?;
        let (_, target) = path.last(&self.settings.account_region);
        target.map(|target| &target.arn).filter(|arn| arn.service() != Some("sns"))
    }

    /// What an alarm notifies, other than the topic, and the user vouches for.
    fn trusted_action(&self) -> Option<&'a Arn> {
        let is_trusted = |arn: &&Arn| self.settings.trust.contains(arn) && self.is_unchecked(arn);
        let direct = self.alarm().filter(|alarm| alarm.config.actions_enabled);
        let direct = direct.and_then(|alarm| alarm.config.actions.iter().find(is_trusted));
        let indirect = || self.indirect_alarm()?.actions.iter().find(|arn| self.settings.trust.contains(arn));
        direct.or_else(indirect)
    }

    /// A confirmed subscription of something that the user vouches for, unless it is known to drop alerts.
    fn trusted_subscription(&self) -> Option<Arn> {
        let message = super::recipients::message(self);
        let all = self.observed.subscriptions.iter().flatten();
        let confirmed = all.filter(|s| s.state == Confirmation::Confirmed && s.delivers(&message) != Some(false));
        confirmed.map(|s| Arn::from(s.endpoint.as_str())).find(|arn| self.settings.trust.contains(arn))
    }
}
