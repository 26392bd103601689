//! The alarms of the demo account, and what keeps them quiet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::demo::seconds::Seconds;
use crate::domain::alarm::{AlarmConfig, AlarmState, EvaluationState, Metric};
use crate::domain::arn::Arn;
use crate::domain::mute_rule::{MuteSchedule, MuteStatus};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alarm {
    #[serde(flatten)]
    pub config: AlarmConfig,
    pub state: AlarmState,
    pub reason: String,
    pub since: Option<Seconds>,
    /// When `PutMetricAlarm` last wrote it.
    pub configured: Option<Seconds>,
    /// `EVALUATION_ERROR`, `EVALUATION_FAILURE` or `PARTIAL_DATA`.
    pub evaluation_state: Option<EvaluationState>,
    /// It watches this expression over `metrics` instead of a metric of its own.
    pub expression: Option<String>,
    pub metrics: Vec<Metric>,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    pub tags: BTreeMap<String, String>,
}

/// An alarm on the states of other alarms. The demo doesn't evaluate it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompositeAlarm {
    pub rule: String,
    pub actions_enabled: bool,
    pub actions: Vec<Arn>,
    /// The alarm that can suppress its actions.
    pub suppressor: Option<String>,
}

impl Default for CompositeAlarm {
    fn default() -> Self {
        Self { rule: String::new(), actions_enabled: true, actions: Vec::new(), suppressor: None }
    }
}

/// An alarm on a scheduled query of log groups. The demo doesn't evaluate it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogAlarm {
    pub query: String,
    /// Names or ARNs.
    pub log_groups: Vec<String>,
    pub actions_enabled: bool,
    pub actions: Vec<Arn>,
}

impl Default for LogAlarm {
    fn default() -> Self {
        Self { query: String::new(), log_groups: Vec::new(), actions_enabled: true, actions: Vec::new() }
    }
}

/// An alarm mute rule. It stays in its status for the whole demo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MuteRule {
    /// The names of the alarms.
    pub alarms: Vec<String>,
    pub status: MuteStatus,
    pub recurring: bool,
    pub expires: Option<Seconds>,
    pub schedule: Option<MuteSchedule>,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            config: AlarmConfig::default(),
            state: AlarmState::Ok,
            reason: String::new(),
            since: None,
            configured: None,
            evaluation_state: None,
            expression: None,
            metrics: Vec::new(),
            history: Vec::new(),
            tags: BTreeMap::new(),
        }
    }
}

/// One entry of an alarm's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    pub at: Seconds,
    /// As AWS names it: `StateUpdate`, `Action`, `ConfigurationUpdate`.
    pub kind: String,
    pub summary: String,
    pub data: Option<Value>,
}
