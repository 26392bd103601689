//! The alerts: what each of them reports, the metric filter that counts it, and the alarm that fires.
//!
//! All of them share the trail, the log group, and the topic. A new alert is an entry of the table [`alerts!`] here; the
//! compiler then names the other places.

use super::alarm::{Alarm, AlarmConfig, EvaluationState, Metric};
use super::datapoints::{Condition, Datapoints, condition, fires_only_once, missing_data};
use super::enum_map::{EnumMap, Variants};
use super::metric_filter::MetricFilter;
use super::pattern::CIS_PATTERN;
use super::samples::{SAMPLES, Sample};

/// A metric filter. Several alarms can watch its metric.
#[derive(Clone, Copy, Debug)]
pub struct FilterSpec {
    /// The default name.
    pub name: &'static str,
    pub pattern: &'static str,
    /// What it counts, as in "every use of root".
    pub counts: &'static str,
    /// Events on which the wizard tries the pattern.
    pub samples: &'static [Sample],
    pub namespace: &'static str,
    /// The name of the metric.
    pub metric: &'static str,
}

impl FilterSpec {
    /// The metric that it counts into.
    #[must_use]
    pub fn metric(&self) -> Metric {
        Metric::new(self.namespace, self.metric)
    }
}

/// Counts root use, as CIS 4.3 and Security Hub CloudWatch.1 require.
pub const ROOT_USE_FILTER: FilterSpec = FilterSpec {
    name: "rootbell-root-use",
    pattern: CIS_PATTERN,
    counts: "every use of root",
    samples: &SAMPLES,
    namespace: "rootbell",
    metric: "RootUse",
};

/// The entry of an alert.
#[derive(Clone, Copy, Debug)]
pub struct AlertSpec {
    /// What it reports, as in "root use".
    pub reports: &'static str,
    pub filter: FilterSpec,
    /// The default name of its alarm.
    pub alarm: &'static str,
    /// The alarm's description.
    pub description: &'static str,
    /// When the alarm fires, as in "at least 1 root event in 5 minutes".
    pub fires: &'static str,
    /// The alarm's configuration without metric, actions, and description.
    pub config: fn() -> AlarmConfig,
    /// What keeps an alarm from firing whenever it should, each as part of a sentence; empty if nothing does.
    pub faults: fn(&Alarm, &MetricFilter) -> Vec<String>,
    /// Why it can't be told whether an alarm without faults fires, each as part of a sentence.
    pub doubts: fn(&Alarm, &MetricFilter) -> Vec<String>,
    /// What an alarm that fires could do better, as part of a sentence.
    pub remark: fn(&Alarm, &MetricFilter) -> Option<String>,
}

/// Defines [`AlertId`] and its entries.
macro_rules! alerts {
    ($($(#[$about:meta])* $alert:ident: $spec:expr;)+) => {
        /// An alert.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AlertId {
            $($(#[$about])* $alert),+
        }

        impl Variants for AlertId {
            const ALL: &'static [Self] = &[$(Self::$alert),+];

            fn index(self) -> usize {
                self as usize
            }
        }

        impl AlertId {
            /// Its entry in the table.
            #[must_use]
            pub const fn spec(self) -> AlertSpec {
                match self {
                    $(Self::$alert => $spec),+
                }
            }
        }
    };
}

alerts! {
    /// Somebody uses the root user.
    RootUse: AlertSpec {
        reports: "root use",
        filter: ROOT_USE_FILTER,
        alarm: "rootbell-root-use",
        description: "Somebody used the root user of this account (made by rootbell).",
        fires: "at least 1 root event in 5 minutes",
        config: AlarmConfig::default,
        faults: root_use_faults,
        doubts: root_use_doubts,
        remark: root_use_remark,
    };
}

/// The metrics that the alarms watch by default, each once.
#[must_use]
pub fn default_metrics() -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in AlertId::ALL.iter().map(|alert| alert.spec().filter.metric()) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics
}

/// One value for each alert.
pub type ByAlert<T> = EnumMap<AlertId, T>;

/// What keeps an alarm from firing when the filter counts a use of root, each as part of a sentence; empty if nothing does.
///
/// Source: CloudWatch API, PutMetricAlarm, `Unit`: an alarm whose unit is not published stays in `INSUFFICIENT_DATA`; and
/// MetricAlarm, `EvaluationState`.
fn root_use_faults(alarm: &Alarm, filter: &MetricFilter) -> Vec<String> {
    let (config, metric, mut faults) = (&alarm.config, &filter.metric, Vec::new());
    if config.metric != *metric {
        faults.push(format!(
            "it watches {}/{}, but the filter counts {}/{}",
            config.metric.namespace, config.metric.name, metric.namespace, metric.name
        ));
    }
    if !config.dimensions.is_empty() && filter.has_no_dimensions() {
        let dimensions: Vec<String> = config.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        faults.push(format!("it watches the metric with {}, which the filter doesn't publish", dimensions.join(", ")));
    }
    let published = filter.published_unit();
    if let Some(unit) = config.unit.as_deref().filter(|unit| *unit != published) {
        faults.push(format!("it only counts datapoints with the unit {unit}, but the filter's have {published}"));
    }
    if alarm.evaluation == Some(EvaluationState::Error) {
        let reason = if alarm.reason.is_empty() { String::new() } else { format!(": {}", alarm.reason) };
        faults.push(format!("CloudWatch can't evaluate it{reason}"));
    }
    faults.extend(conditions(alarm, filter).into_iter().filter_map(|condition| match condition {
        Condition::Fails(fault) => Some(fault),
        Condition::Fires | Condition::Unknown(_) => None,
    }));
    if config.datapoints_to_alarm > 1 {
        faults.push(format!("it waits for {} datapoints", config.datapoints_to_alarm));
    }
    faults
}

/// What the alarm does with the datapoints of the filter, and without any.
fn conditions(alarm: &Alarm, filter: &MetricFilter) -> Vec<Condition> {
    let conditions = |datapoints| {
        [condition(&alarm.config, datapoints), missing_data(&alarm.config.missing_data, alarm.state, datapoints)]
    };
    Datapoints::of(filter).into_iter().flat_map(conditions).collect()
}

fn root_use_doubts(alarm: &Alarm, filter: &MetricFilter) -> Vec<String> {
    let doubt = |condition| match condition {
        Condition::Unknown(doubt) => Some(doubt),
        Condition::Fires | Condition::Fails(_) => None,
    };
    conditions(alarm, filter).into_iter().filter_map(doubt).collect()
}

/// What an alarm that fires could do better, as part of a sentence.
///
/// Source: CloudWatch User Guide, "Alarm actions": further use sends nothing while the alarm is in ALARM.
fn root_use_remark(alarm: &Alarm, filter: &MetricFilter) -> Option<String> {
    if fires_only_once(&alarm.config, filter) {
        return Some(
            "the first use is its only alert: missing data is ignored and the filter has no default value, so it stays in \
             ALARM until somebody sets it to OK"
                .to_owned(),
        );
    }
    if alarm.config.is_high_resolution() {
        return Some(format!("its period of {} s is shorter than the metric's minute", alarm.config.period));
    }
    let seconds = alarm.config.period.saturating_mul(alarm.config.evaluation_periods);
    (seconds > 900).then(|| format!("it stays in ALARM for at least {} minutes and hides the next use", seconds / 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{NOW, settings, sound};
    use crate::domain::health::health;
    use crate::domain::plan::plan;
    use crate::domain::settings::SettingId;
    use crate::domain::{Observed, SetupOptions, Verdict};

    #[test]
    fn the_alarm_of_each_alert_is_planned_under_its_own_id_and_reported_if_it_is_missing() {
        let setup = SetupOptions::default();
        let mut ids: Vec<String> = plan(&settings(&setup, &Observed::nothing()), &Observed::nothing())
            .rows
            .iter()
            .map(|row| row.id.to_string())
            .collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "{ids:?}");
        for alert in AlertId::ALL {
            let mut observed = sound();
            let alarms = observed.alarms.as_mut().unwrap();
            alarms.retain(|alarm| alarm.name != alert.spec().alarm);
            assert_eq!(alarms.len(), AlertId::ALL.len() - 1, "{alert:?}");
            let settings = settings(&setup, &observed);
            assert_eq!(plan(&settings, &observed).changes().count(), 1, "{alert:?}");
            let health = health(&settings, &observed, NOW.parse().unwrap());
            assert!(health.checks.iter().any(|check| check.verdict == Verdict::Missing), "{alert:?}");
        }
    }

    #[test]
    fn each_alarm_is_right_as_it_is_configured() {
        for alert in AlertId::ALL {
            let (spec, settings) = (alert.spec(), settings(&SetupOptions::default(), &Observed::nothing()));
            let filter = settings.alerts[*alert].wanted_filter();
            let alarms = sound().alarms.unwrap();
            let alarm = alarms.iter().find(|alarm| alarm.name == spec.alarm).unwrap();
            assert_eq!((spec.faults)(alarm, &filter), Vec::<String>::new(), "{alert:?}");
            assert_eq!((spec.doubts)(alarm, &filter), Vec::<String>::new(), "{alert:?}");
            assert_eq!((spec.remark)(alarm, &filter), None, "{alert:?}");
        }
    }

    #[test]
    fn the_help_names_the_defaults_of_the_table() {
        let spec = AlertId::RootUse.spec();
        for (setting, name) in [(SettingId::Filter, spec.filter.name), (SettingId::Alarm, spec.alarm)] {
            assert!(setting.spec().help.contains(&format!("`{name}`")), "{setting:?}");
        }
    }
}
