//! A CloudWatch alarm: its configuration, which `PutMetricAlarm` sets, and its state, which CloudWatch determines.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::arn::Arn;
use super::mute_rule::MuteRule;
use super::problem::ReadResult;

/// How long it usually takes from root's sign-in to the email: about five minutes until CloudTrail has delivered the event,
/// and one or two until the alarm, which is evaluated every minute, has seen it.
///
/// Source: CloudTrail User Guide, "How CloudTrail works"; CloudWatch User Guide, "Alarm evaluation": an alarm with a period
/// of a minute or more is evaluated every minute.
pub const USUAL_DELAY: &str = "5 to 7 minutes";

/// How long the alarm stays in ALARM after the last use in a quiet account. It evaluates the most recent datapoints, even
/// those from before its period, and there are no newer ones. Only a change of state sends a notification.
///
/// Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data" and "Alarm actions".
pub const STAYS_IN_ALARM: &str = "5 to 20 minutes";

/// A CloudWatch metric without dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Metric {
    pub namespace: String,
    /// `metric` in a demo account's file.
    #[serde(rename = "metric")]
    pub name: String,
}

impl Metric {
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// A metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub name: String,
    pub config: AlarmConfig,
    pub state: AlarmState,
    /// CloudWatch's reason for the state, or the one that `SetAlarmState` gave.
    pub reason: String,
    /// When it went into its state.
    pub since: Option<Timestamp>,
    /// When `PutMetricAlarm` last wrote it.
    pub configured: Option<Timestamp>,
    /// What is unusual about its evaluation; `None`: nothing.
    pub evaluation: Option<EvaluationState>,
    /// The mute rules that name it and are active or scheduled; `None`: they were not read.
    pub mute_rules: Option<ReadResult<Vec<MuteRule>>>,
}

impl Alarm {
    /// When its warm-up ends, if it may still be warming up. Until then it stays in `INSUFFICIENT_DATA` and runs no action.
    ///
    /// Source: CloudWatch API, WarmUpConfiguration.
    #[must_use]
    pub fn warms_up_until(&self) -> Option<Timestamp> {
        let minutes = self.config.warm_up.as_ref()?.minutes;
        let until = self.configured?.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok()?;
        (self.state == AlarmState::InsufficientData).then_some(until)
    }
}

/// The settings of an alarm that decide whether it goes to ALARM and whom it then notifies.
///
/// The default fires on the first event counted within five minutes, and notifies nobody.
///
/// Source: CloudWatch API, PutMetricAlarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlarmConfig {
    #[serde(flatten)]
    pub metric: Metric,
    pub statistic: Statistic,
    /// Seconds.
    pub period: u32,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: u32,
    pub threshold: f64,
    pub comparison: Comparison,
    pub missing_data: MissingData,
    pub actions_enabled: bool,
    /// What it notifies when it goes to ALARM.
    pub actions: Vec<Arn>,
    pub ok_actions: Vec<Arn>,
    pub insufficient_data_actions: Vec<Arn>,
    pub description: String,
    /// Only datapoints with this unit count; `None`: all do.
    pub unit: Option<String>,
    /// It watches the metric with exactly these dimensions, which is another metric than the one without.
    pub dimensions: BTreeMap<String, String>,
    /// `ignore` or `evaluate`: what to do with a percentile of few datapoints.
    pub low_sample_count_percentile: Option<String>,
    pub warm_up: Option<WarmUp>,
    /// It evaluates whole periods of the clock; `None`: a sliding window.
    pub wall_clock_window: Option<WallClockWindow>,
    /// Which of its tags are in its notifications; `None`: not configured.
    pub tags_in_notifications: Option<TagsInNotifications>,
}

impl AlarmConfig {
    /// Whether its period is shorter than a minute. The metric of a filter has one datapoint a minute.
    ///
    /// Source: CloudWatch API, PutMetricAlarm, `Period`: with 10 or 30 seconds, the alarm receives no data for the attempts that
    /// don't correspond to a one-minute resolution.
    #[must_use]
    pub fn is_high_resolution(&self) -> bool {
        self.period < 60
    }
}

/// How long an alarm that was just written waits before its first evaluation.
///
/// Source: CloudWatch API, WarmUpConfiguration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarmUp {
    pub minutes: u32,
    /// It waits the whole time even if there is enough data earlier.
    pub whole: bool,
}

/// Source: CloudWatch API, WallClockWindow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WallClockWindow {
    /// Such as `Europe/Berlin`; `None`: UTC.
    pub timezone: Option<String>,
}

/// Source: CloudWatch API, AlarmTagsPropagation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TagsInNotifications {
    pub enabled: bool,
    /// If it is not empty: only these tags.
    pub included: Vec<String>,
    /// If it is not empty: all tags but these.
    pub excluded: Vec<String>,
}

impl AlarmConfig {
    /// Whether it notifies one of these.
    #[must_use]
    pub fn notifies_any(&self, destinations: &[Arn]) -> bool {
        self.actions_enabled && self.actions.iter().any(|arn| destinations.contains(arn))
    }
}

impl Default for AlarmConfig {
    fn default() -> Self {
        Self {
            metric: Metric::default(),
            statistic: Statistic::Sum,
            period: 300,
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqualToThreshold,
            missing_data: MissingData::NotBreaching,
            actions_enabled: true,
            actions: Vec::new(),
            ok_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            description: String::new(),
            unit: None,
            dimensions: BTreeMap::new(),
            low_sample_count_percentile: None,
            warm_up: None,
            wall_clock_window: None,
            tags_in_notifications: None,
        }
    }
}

/// Defines an enum of values that AWS names, with one variant for any other name, which is kept as it is.
macro_rules! named_by_aws {
    ($(#[$about:meta])* $type:ident { $($(#[$about_variant:meta])* $variant:ident = $name:literal,)+ } $(#[$about_other:meta])* $other:ident) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $type {
            $($(#[$about_variant])* $variant,)+
            $(#[$about_other])*
            $other(String),
        }

        impl $type {
            /// AWS's name for it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::$other(name) => name,
                }
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)+
                    _ => Self::$other(name.to_owned()),
                }
            }
        }

        impl From<String> for $type {
            fn from(name: String) -> Self {
                Self::from(name.as_str())
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.as_str().to_owned()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

named_by_aws! {
    /// How an alarm combines the datapoints of a period.
    ///
    /// Source: CloudWatch API, PutMetricAlarm, `Statistic` and `ExtendedStatistic`.
    Statistic {
        Sum = "Sum",
        Average = "Average",
        Minimum = "Minimum",
        Maximum = "Maximum",
        SampleCount = "SampleCount",
    }
    /// A percentile or another extended statistic, such as `p99` or `TM(10%:90%)`.
    Extended
}

named_by_aws! {
    /// How an alarm compares its statistic with the threshold.
    ///
    /// Source: CloudWatch API, PutMetricAlarm, `ComparisonOperator`. The last three are for anomaly detection.
    Comparison {
        GreaterThanOrEqualToThreshold = "GreaterThanOrEqualToThreshold",
        GreaterThanThreshold = "GreaterThanThreshold",
        LessThanThreshold = "LessThanThreshold",
        LessThanOrEqualToThreshold = "LessThanOrEqualToThreshold",
        LessThanLowerOrGreaterThanUpperThreshold = "LessThanLowerOrGreaterThanUpperThreshold",
        LessThanLowerThreshold = "LessThanLowerThreshold",
        GreaterThanUpperThreshold = "GreaterThanUpperThreshold",
    }
    /// A comparison that this version does not know.
    Other
}

named_by_aws! {
    /// How an alarm treats periods without data.
    ///
    /// Source: CloudWatch API, PutMetricAlarm, `TreatMissingData`.
    MissingData {
        NotBreaching = "notBreaching",
        Breaching = "breaching",
        Ignore = "ignore",
        Missing = "missing",
    }
    /// A treatment that this version does not know.
    Other
}

named_by_aws! {
    /// Whether CloudWatch can evaluate an alarm.
    ///
    /// Source: CloudWatch User Guide, "Alarm evaluation state".
    EvaluationState {
        /// Some of the data was not read because of a quota; only alarms on Metrics Insights queries have this.
        PartialData = "PARTIAL_DATA",
        /// The alarm's configuration is wrong; its reason says how.
        Error = "EVALUATION_ERROR",
        /// CloudWatch has a temporary problem.
        Failure = "EVALUATION_FAILURE",
    }
    /// A state that this version does not know.
    Other
}

impl Comparison {
    /// As a sign, such as `>=`; AWS's name if there is none for it.
    #[must_use]
    pub fn sign(&self) -> &str {
        match self {
            Self::GreaterThanOrEqualToThreshold => ">=",
            Self::GreaterThanThreshold => ">",
            Self::LessThanThreshold => "<",
            Self::LessThanOrEqualToThreshold => "<=",
            Self::LessThanLowerOrGreaterThanUpperThreshold
            | Self::LessThanLowerThreshold
            | Self::GreaterThanUpperThreshold
            | Self::Other(_) => self.as_str(),
        }
    }
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

impl AlarmState {
    /// AWS's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// Parses AWS's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_aws_is_kept_unchanged_even_if_it_is_unknown() {
        for name in ["Sum", "SampleCount", "p99", "TM(10%:90%)", ""] {
            assert_eq!(Statistic::from(name).as_str(), name);
        }
        for name in ["GreaterThanThreshold", "GreaterThanUpperThreshold", "SomethingNew"] {
            assert_eq!(Comparison::from(name).to_string(), name);
        }
        for name in ["notBreaching", "breaching", "ignore", "missing", "somethingNew"] {
            assert_eq!(String::from(MissingData::from(name)), name);
        }
        assert_eq!(Statistic::from("p99"), Statistic::Extended("p99".into()));
        assert_eq!(MissingData::from("ignore"), MissingData::Ignore);
    }

    #[test]
    fn a_configuration_is_written_with_the_names_of_aws_in_one_table() {
        let config = AlarmConfig {
            metric: Metric::new("LogMetrics", "RootUse"),
            statistic: Statistic::Extended("p90".into()),
            ..AlarmConfig::default()
        };
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!(written["namespace"], "LogMetrics");
        assert_eq!(written["metric"], "RootUse");
        assert_eq!(written["statistic"], "p90");
        assert_eq!(written["missing_data"], "notBreaching");
        assert_eq!(serde_json::from_value::<AlarmConfig>(written).unwrap(), config);
    }
}
