//! The event rules that rootbell creates, and the role that one of them needs.

use super::account_region::AccountRegion;
use super::arn::Arn;
use super::enum_map::variants;

variants! {
    /// A rule that rootbell creates on a default event bus. "Home" is the Region of the topic.
    pub enum OwnRule {
        /// Forwards root's events from the Region where sign-ins are recorded to home, if that is another Region.
        Forward,
        /// At home, sends an email for each sign-in and each recovery of the password.
        SignIns,
        /// At home, sends an email for each change to the root user's credentials or to the account.
        Changes,
    }
}

impl OwnRule {
    /// The ARN of the rule; `None` if this home doesn't need it.
    ///
    /// The rule that forwards has the home Region in its name, so that those of two homes don't collide.
    #[must_use]
    pub fn arn(self, home: &AccountRegion) -> Option<Arn> {
        match self {
            Self::Forward => {
                let from = home.in_region(&home.sign_in_region()?);
                (from != *home && home.partition.forwards_events())
                    .then(|| from.rule_arn(&format!("rootbell-root-use-to-{}", home.region)))
            }
            Self::SignIns => Some(home.rule_arn("rootbell-root-sign-ins")),
            Self::Changes => Some(home.rule_arn("rootbell-root-changes")),
        }
    }
}

/// The ARNs of all rules for this home, with what they are.
pub fn own_rules(home: &AccountRegion) -> impl Iterator<Item = (OwnRule, Arn)> {
    OwnRule::ALL.into_iter().filter_map(|rule| Some((rule, rule.arn(home)?)))
}

/// Whether this is the ARN of one of them.
#[must_use]
pub fn is_own(home: &AccountRegion, arn: &Arn) -> bool {
    own_rules(home).any(|(_, own)| own == *arn)
}

/// The name of the role that EventBridge forwards events with; `None` if nothing is forwarded.
#[must_use]
pub fn forwarding_role(home: &AccountRegion) -> Option<String> {
    OwnRule::Forward.arn(home).map(|_| format!("rootbell-events-to-{}", home.region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;
    use crate::domain::fixtures::identity;

    #[test]
    fn only_a_home_outside_of_us_east_1_needs_a_rule_that_forwards_and_a_role() {
        let names = |region: &str| {
            let home = identity().in_region(&Region::new(region));
            let rules: Vec<String> = own_rules(&home).map(|(_, arn)| arn.to_string()).collect();
            (rules, forwarding_role(&home))
        };
        let (rules, role) = names("eu-west-1");
        assert_eq!(
            rules,
            [
                "arn:aws:events:us-east-1:123456789012:rule/rootbell-root-use-to-eu-west-1",
                "arn:aws:events:eu-west-1:123456789012:rule/rootbell-root-sign-ins",
                "arn:aws:events:eu-west-1:123456789012:rule/rootbell-root-changes",
            ]
        );
        assert_eq!(role.as_deref(), Some("rootbell-events-to-eu-west-1"));
        let (rules, role) = names("us-east-1");
        assert_eq!((rules.len(), role), (2, None));
    }
}
