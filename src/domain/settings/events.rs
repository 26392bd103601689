//! Whether root's events are emailed one by one: what the user asked for, what exists, or what a first setup creates.

use super::alert::AlertSettings;
use super::field::{Field, Origin};
use crate::domain::account_region::AccountRegion;
use crate::domain::alert::ByAlert;
use crate::domain::arn::Arn;
use crate::domain::event_path::event_path;
use crate::domain::event_rule::same_pattern;
use crate::domain::event_scope::EventScope;
use crate::domain::observed::Observed;
use crate::domain::own_rules::OwnRule;
use crate::domain::policy::{has_all, topic_lets_rules_publish, topic_statement_for_rules};
use crate::domain::root_rules;

/// A version of rootbell that knows nothing of event rules leaves a topic without the statement for them: so a setup that it
/// made stays as it is, until the user asks for them.
///
/// `is_own_topic`: the topic has rootbell's name. `trust`: what an alarm may notify instead of a topic.
pub(super) fn resolve(
    given: Option<EventScope>,
    observed: &Observed,
    home: &AccountRegion,
    is_own_topic: bool,
    trust: &[Arn],
    alerts: &ByAlert<AlertSettings>,
) -> Field<EventScope> {
    let by_default = |value, why| Field { value, origin: Origin::Default(why) };
    if let Some(value) = given {
        return Field { value, origin: Origin::Given };
    }
    if let Some(value) = existing(observed, home) {
        return Field { value, origin: Origin::Found };
    }
    if event_path(home, observed).is_some_and(|path| path.works(home, observed) == Some(true)) {
        return by_default(EventScope::No, "an existing event rule does this");
    }
    if home.sign_in_region().is_none() {
        return by_default(EventScope::No, "not known to be possible in this partition");
    }
    let first_setup = alerts.values().all(|alert| alert.existing_alarm(observed).is_none());
    let wanted = match &observed.topic {
        // Whoever vouches for what the alarm notifies needs no topic.
        Ok(None) => !alerts
            .values()
            .filter_map(|alert| alert.existing_alarm(observed))
            .any(|alarm| alarm.config.notifies_any(trust)),
        // The statement shows that an earlier run wanted rules.
        Ok(Some(found)) if is_own_topic => has_all(found.policy.as_ref(), &[topic_statement_for_rules(&found.arn)]),
        Ok(Some(found)) => first_setup && topic_lets_rules_publish(found.policy.as_ref(), &found.arn),
        Err(_) => false,
    };
    if wanted {
        by_default(EventScope::Changes, "sign-ins and changes to the account")
    } else {
        by_default(EventScope::No, "only the alarm's email")
    }
}

/// What the rules of an earlier setup report; `None` if there are none.
fn existing(observed: &Observed, home: &AccountRegion) -> Option<EventScope> {
    let rule = |own: OwnRule| observed.events.named(&own.arn(home)?);
    OwnRule::ALL.into_iter().find_map(rule)?;
    let writes = root_rules::pattern(OwnRule::Changes, home, EventScope::Writes);
    let is_wide = |pattern: &Option<String>| pattern.as_deref().is_some_and(|pattern| same_pattern(pattern, &writes));
    let reports_writes = rule(OwnRule::Changes).is_some_and(|rule| is_wide(&rule.pattern));
    Some(if reports_writes { EventScope::Writes } else { EventScope::Changes })
}
