//! EventBridge rules on an account's default event bus: what AWS services report, and to whom a rule passes it on.

use serde::{Deserialize, Serialize};

use super::arn::Arn;
use super::input_transformer::InputTransformer;
use super::problem::ReadResult;

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
