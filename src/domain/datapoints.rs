//! What a filter publishes, and whether a single use of root makes an alarm fire on that.

use crate::domain::alarm::{AlarmConfig, Comparison, Statistic};
use crate::domain::observed::MetricFilter;

/// The datapoints of a filter's metric.
///
/// Source: CloudWatch Logs API, `MetricTransformation`: `metricValue` is published for each event that matches, and
/// `defaultValue` for each minute with events of which none does. Without it, such a minute has no datapoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datapoints {
    per_use: f64,
    idle: Option<f64>,
}

impl Datapoints {
    /// `None` if the value isn't a number but, for example, a field of the event.
    pub(super) fn of(filter: &MetricFilter) -> Option<Self> {
        Some(Self { per_use: filter.number()?, idle: filter.default })
    }

    /// The lowest value that the statistic can have in a period with one use; `None` if that isn't known.
    fn with_one_use(self, statistic: &Statistic) -> Option<f64> {
        let idle = self.idle.filter(|idle| *idle < self.per_use);
        Some(match statistic {
            Statistic::SampleCount => 1.0,
            Statistic::Sum | Statistic::Maximum => self.per_use,
            // Above the default value, but how far depends on the number of minutes.
            Statistic::Average => idle.map_or(self.per_use, f64::next_up),
            Statistic::Minimum => idle.unwrap_or(self.per_use),
            Statistic::Extended(name) if is_percentile(name) => idle.unwrap_or(self.per_use),
            Statistic::Extended(_) => return None,
        })
    }

    /// The highest value that the statistic can have in a period of so many seconds without any use; `None` if there are no
    /// datapoints then.
    fn without_use(self, statistic: &Statistic, period: u32) -> Option<f64> {
        let minutes = f64::from((period / 60).max(1));
        let idle = self.idle?;
        Some(match statistic {
            Statistic::SampleCount => minutes,
            Statistic::Sum => (idle * minutes).max(idle),
            Statistic::Average | Statistic::Minimum | Statistic::Maximum | Statistic::Extended(_) => idle,
        })
    }
}

/// Whether an extended statistic is a percentile, such as `p99`.
fn is_percentile(name: &str) -> bool {
    name.strip_prefix('p').is_some_and(|percent| percent.parse::<f64>().is_ok())
}

/// Whether the alarm's condition holds for this value; false for comparisons that need anomaly detection.
fn holds(config: &AlarmConfig, value: f64) -> bool {
    match config.comparison {
        Comparison::GreaterThanOrEqualToThreshold => value >= config.threshold,
        Comparison::GreaterThanThreshold => value > config.threshold,
        Comparison::LessThanThreshold => value < config.threshold,
        Comparison::LessThanOrEqualToThreshold => value <= config.threshold,
        Comparison::LessThanLowerOrGreaterThanUpperThreshold
        | Comparison::LessThanLowerThreshold
        | Comparison::GreaterThanUpperThreshold
        | Comparison::Other(_) => false,
    }
}

/// Why one use of root doesn't make the alarm fire, as part of a sentence; `None` if it does.
///
/// Source: CloudWatch User Guide, "Alarm actions": an alarm acts only when it changes its state, so one that is always in
/// ALARM sends nothing.
pub(super) fn condition_fault(config: &AlarmConfig, datapoints: Datapoints) -> Option<String> {
    let hidden = || format!("it uses {} instead of Sum, which can hide a single use", config.statistic);
    let Some(value) = datapoints.with_one_use(&config.statistic) else { return Some(hidden()) };
    if !holds(config, value) {
        return Some(if holds(config, datapoints.per_use) && value < datapoints.per_use {
            hidden()
        } else {
            format!("it fires at a count {} {}, not on the first use", config.comparison.sign(), config.threshold)
        });
    }
    let idle = datapoints.without_use(&config.statistic, config.period).filter(|idle| holds(config, *idle))?;
    Some(format!(
        "the filter also publishes {} when nothing matches, and at a {} of {idle} it stays in ALARM",
        datapoints.idle.unwrap_or_default(),
        config.statistic
    ))
}

/// What is wrong with the values that a filter publishes, as part of a sentence; `None` if an alarm can tell a use of root
/// from anything else.
#[must_use]
pub(super) fn value_fault(filter: &MetricFilter) -> Option<String> {
    let Some(Datapoints { per_use, idle }) = Datapoints::of(filter) else {
        return Some(format!("counts {} per event instead of 1", filter.value));
    };
    if per_use <= 0.0 {
        return Some(format!("counts {} per event instead of 1", filter.value));
    }
    let idle = idle.filter(|idle| *idle >= per_use)?;
    Some(format!("publishes {idle} when nothing matches too, so an alarm can't tell when root is used"))
}
