//! EventBridge rules on an account's default event bus: what AWS services report, and to whom a rule passes it on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account_region::AccountRegion;
use super::arn::Arn;
use super::event_pattern::{RuleCoverage, coverage};
use super::input_transformer::InputTransformer;
use super::problem::{Problem, ReadResult};
use super::role::Role;

/// A rule on the default event bus of a Region.
///
/// Source: EventBridge API, Rule.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRule {
    pub name: String,
    pub arn: Arn,
    pub state: RuleState,
    /// JSON; `None`: the rule runs on a schedule only.
    pub pattern: Option<String>,
    pub description: String,
    /// The service that manages it, such as `notifications.amazonaws.com`: only that can change it.
    pub managed_by: Option<String>,
    /// `None`: not read.
    pub targets: Option<ReadResult<Vec<RuleTarget>>>,
    /// What its pattern reports of root use; `None`: it isn't known. Computed once, because that takes a while.
    pub coverage: Option<RuleCoverage>,
}

impl EventRule {
    /// The rule with what its pattern reports in a Region.
    #[must_use]
    pub fn judged(self, at: &AccountRegion) -> Self {
        let coverage = self.pattern.as_deref().and_then(|pattern| coverage(pattern, at).ok());
        Self { coverage, ..self }
    }
}

/// The rules on the default event buses of the Regions in which root's events can be seen, as far as they concern root.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRules {
    /// Those in the Region where sign-ins are recorded; `None`: that is the home Region, or it isn't known.
    pub at_sign_ins: Option<ReadResult<Vec<EventRule>>>,
    /// Those in the home Region.
    pub at_home: ReadResult<Vec<EventRule>>,
    /// The role that EventBridge forwards events with; `None`: it was not read.
    pub role: Option<ReadResult<Option<Role>>>,
    /// How many events of the last 24 hours could not be delivered, by the rule; only if there are any, or if that could not
    /// be read.
    pub failures: BTreeMap<Arn, ReadResult<Failures>>,
}

/// What a rule did in the last 24 hours.
///
/// Source: EventBridge User Guide, "Monitoring Amazon EventBridge", metrics; they have a resolution of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Failures {
    /// How many times EventBridge failed to invoke its targets.
    pub failed: f64,
    /// How many times it tried to.
    pub invocations: f64,
}

/// There are no rules.
impl Default for EventRules {
    fn default() -> Self {
        Self {
            at_sign_ins: Some(Ok(Vec::new())),
            at_home: Ok(Vec::new()),
            role: Some(Ok(None)),
            failures: BTreeMap::new(),
        }
    }
}

impl EventRules {
    /// All rules that could be read.
    pub fn all(&self) -> impl Iterator<Item = &EventRule> {
        let at_sign_ins = self.at_sign_ins.iter().flatten().flatten();
        at_sign_ins.chain(self.at_home.iter().flatten())
    }

    /// Why rules could not be read, by the Region.
    pub fn unreadable(&self) -> impl Iterator<Item = &Problem> {
        self.at_sign_ins.iter().chain([&self.at_home]).filter_map(|rules| rules.as_ref().err())
    }

    /// The rule with this ARN.
    #[must_use]
    pub fn named(&self, arn: &Arn) -> Option<&EventRule> {
        self.all().find(|rule| rule.arn == *arn)
    }
}

/// Whether two event patterns are the same JSON.
#[must_use]
pub fn same_pattern(a: &str, b: &str) -> bool {
    let parse = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    a == b || parse(a).is_some_and(|a| Some(a) == parse(b))
}

/// Whether a rule passes events on, and which.
///
/// Source: EventBridge API, Rule, `State`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleState {
    /// All events of AWS services, except those of read-only calls that CloudTrail reports.
    #[default]
    #[serde(rename = "ENABLED")]
    Enabled,
    /// Those too.
    #[serde(rename = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")]
    EnabledWithReads,
    #[serde(rename = "DISABLED")]
    Disabled,
}

impl RuleState {
    #[must_use]
    pub fn is_enabled(self) -> bool {
        match self {
            Self::Enabled | Self::EnabledWithReads => true,
            Self::Disabled => false,
        }
    }

    /// Its name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::EnabledWithReads => "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            Self::Disabled => "DISABLED",
        }
    }
}

/// Where a rule passes its events on to.
///
/// Source: EventBridge API, Target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleTarget {
    /// Unique within the rule.
    pub id: String,
    /// The topic, the event bus, or what else it is.
    pub arn: Arn,
    /// The role that EventBridge assumes to reach it.
    pub role_arn: Option<Arn>,
    pub input: TargetInput,
}

/// What a target receives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetInput {
    /// The event itself.
    #[default]
    Event,
    /// The part of the event at this JSON path.
    Path(String),
    /// Always this JSON.
    Constant(String),
    Transformer(InputTransformer),
}
