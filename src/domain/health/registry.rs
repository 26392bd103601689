//! The registry of the checks: one row each. A new check is a row here and the function that judges it; the compiler then
//! names the other places.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{Outcome, chain, topic, trail};
use crate::domain::change::Step;
use crate::domain::observed::Observed;
use crate::domain::settings::Settings;

/// What a check counts toward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Would a root sign-in reach someone?
    Alerting,
    /// Would CIS, Security Hub, and Prowler accept the setup?
    Audit,
    /// Recommended, but nobody requires it.
    Advice,
}

/// The path from root's sign-in to the inbox that a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertPath {
    /// Log group, filter, and alarm.
    Alarm,
    /// Event rules.
    Events,
    Both,
}

/// What the checks judge.
pub(super) struct Evidence<'a> {
    pub settings: &'a Settings,
    pub observed: &'a Observed,
    pub now: Timestamp,
}

/// A row of the registry.
pub(super) struct CheckSpec {
    pub id: &'static str,
    pub step: Step,
    pub title: &'static str,
    pub counts: Counts,
    pub path: AlertPath,
    pub judge: fn(&Evidence<'_>) -> Outcome,
}

macro_rules! registry {
    ($($check:ident: $id:literal $step:ident $counts:ident $path:ident $judge:path, $title:literal;)+) => {
        /// A check. Its text, as in `trail.exists`, is part of the JSON contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CheckId {
            $(#[doc = $title] $check),+
        }

        impl CheckId {
            /// Every check, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$check),+];

            pub(super) fn spec(self) -> CheckSpec {
                match self {
                    $(Self::$check => CheckSpec {
                        id: $id,
                        step: Step::$step,
                        title: $title,
                        counts: Counts::$counts,
                        path: AlertPath::$path,
                        judge: $judge,
                    }),+
                }
            }
        }
    };
}

registry! {
    TrailExists: "trail.exists" Trail Alerting Both trail::exists, "Trail exists";
    TrailMultiRegion: "trail.multi_region" Trail Alerting Both trail::multi_region, "Trail covers all Regions";
    TrailLogging: "trail.logging" Trail Alerting Both trail::logging, "Trail is logging";
    TrailManagementEvents: "trail.management_events" Trail Alerting Both trail::management_events,
        "Trail records reads and writes";
    TrailDelivers: "trail.delivers" Trail Alerting Alarm trail::delivers, "Trail delivers to CloudWatch Logs";
    LogGroupExists: "log_group.exists" Trail Alerting Alarm chain::log_group_exists, "Log group exists";
    LogGroupRetention: "log_group.retention" Trail Alerting Alarm chain::retention, "Retention is at least 365 days";
    FilterPattern: "filter.pattern" Filter Alerting Alarm chain::filter_pattern, "Filter counts root use";
    AlarmExists: "alarm.exists" Alarm Alerting Alarm chain::watches_metric, "Alarm watches the metric";
    AlarmActions: "alarm.actions" Alarm Alerting Alarm chain::notifies_topic, "Alarm notifies a topic";
    TopicExists: "topic.exists" Topic Alerting Both topic::exists, "Topic exists";
    TopicPolicy: "topic.policy" Topic Alerting Alarm topic::publishable, "CloudWatch can publish to the topic";
    TopicEncryption: "topic.encryption" Topic Alerting Alarm topic::encryption, "Topic encryption allows CloudWatch";
    SubscriptionConfirmed: "subscription.confirmed" Topic Alerting Both topic::confirmed, "Subscription confirmed";
}

impl CheckId {
    /// Its text in JSON output. Stable, because scripts rely on it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.spec().id
    }

    /// The step of the wizard that sets it up.
    #[must_use]
    pub fn step(self) -> Step {
        self.spec().step
    }

    /// What is right if the check is ok, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.spec().title
    }

    #[must_use]
    pub fn counts(self) -> Counts {
        self.spec().counts
    }

    #[must_use]
    pub fn path(self) -> AlertPath {
        self.spec().path
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CheckId {
    type Err = String;

    /// # Errors
    /// If there is no check with this id.
    fn from_str(id: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|check| check.as_str() == id).ok_or_else(|| format!("There is no check `{id}`."))
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
