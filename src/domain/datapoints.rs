//! What a filter publishes, and whether a single use of root makes an alarm fire on that.

use crate::domain::alarm::{AlarmConfig, AlarmState, Comparison, MissingData, Statistic};
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

/// The value of a statistic in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    /// At least this, with one use; at most this, without any.
    Bound(f64),
    /// Nothing is published, or everything is left out.
    None,
    /// CloudWatch's documentation doesn't settle it.
    Undocumented,
}

/// Whether a single use of root makes an alarm fire.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Fires,
    /// It doesn't, as part of a sentence.
    Fails(String),
    /// It can't be told, for this reason, as part of a sentence.
    Unknown(String),
}

impl Datapoints {
    /// `None` if the value isn't a number but, for example, a field of the event.
    pub(super) fn of(filter: &MetricFilter) -> Option<Self> {
        Some(Self { per_use: filter.number()?, idle: filter.default })
    }

    fn with_one_use(self, statistic: &Statistic) -> Value {
        let idle = self.idle.filter(|idle| *idle < self.per_use);
        Value::Bound(match statistic {
            Statistic::SampleCount => 1.0,
            Statistic::Sum | Statistic::Maximum => self.per_use,
            // Above the default value, but how far depends on the number of minutes.
            Statistic::Average => idle.map_or(self.per_use, f64::next_up),
            Statistic::Minimum => idle.unwrap_or(self.per_use),
            Statistic::Extended(name) => return self.extended(name, Self::with_one_use),
        })
    }

    /// For a period of so many seconds without any use.
    fn without_use(self, statistic: &Statistic, period: u32) -> Value {
        let minutes = f64::from((period / 60).max(1));
        let Some(idle) = self.idle else { return Value::None };
        Value::Bound(match statistic {
            Statistic::SampleCount => minutes,
            Statistic::Sum => (idle * minutes).max(idle),
            Statistic::Average | Statistic::Minimum | Statistic::Maximum => idle,
            Statistic::Extended(name) => {
                return self.extended(name, |points, same| points.without_use(same, period));
            }
        })
    }

    /// The value of an extended statistic. Between two values that are not percentages, the trimmed ones are the simple ones
    /// of the datapoints above the lower and up to the upper one. Of others, only what is the same for any datapoints is
    /// known: a percentile or a winsorized mean of equal values is that value.
    ///
    /// Source: CloudWatch User Guide, "CloudWatch statistics definitions".
    fn extended(self, name: &str, simple: impl Fn(Self, &Statistic) -> Value) -> Value {
        let same = match trimmed(name) {
            Some((kind, range)) => {
                if !range.contains(self.per_use) {
                    return if kind == Trimmed::Mean { Value::None } else { Value::Bound(0.0) };
                }
                let points = Self { idle: self.idle.filter(|idle| range.contains(*idle)), ..self };
                return match kind {
                    Trimmed::Mean => simple(points, &Statistic::Average),
                    Trimmed::Count => simple(points, &Statistic::SampleCount),
                    Trimmed::Sum => simple(points, &Statistic::Sum),
                };
            }
            None => is_percentile(name) || is_winsorized_mean(name),
        };
        match self.idle {
            None if same => simple(self, &Statistic::Average),
            None | Some(_) => Value::Undocumented,
        }
    }
}

/// A statistic of the datapoints between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trimmed {
    Mean,
    Count,
    Sum,
}

/// Values above the lower, and up to the upper one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    above: Option<f64>,
    up_to: Option<f64>,
}

impl Range {
    fn contains(self, value: f64) -> bool {
        self.above.is_none_or(|above| value > above) && self.up_to.is_none_or(|up_to| value <= up_to)
    }
}

/// What `TM(0:10)`, `TC(0:)` or `TS(:10)` are; `None` for anything else, such as `TM(10%:90%)`, `tm90` or `IQM`.
fn trimmed(name: &str) -> Option<(Trimmed, Range)> {
    let (kind, range) = name.strip_suffix(')')?.split_once('(')?;
    let kind = match kind {
        "TM" => Trimmed::Mean,
        "TC" => Trimmed::Count,
        "TS" => Trimmed::Sum,
        _ => return None,
    };
    let bound = |text: &str| match text {
        "" => Some(None),
        text => text.parse::<f64>().ok().map(Some),
    };
    let (above, up_to) = range.split_once(':')?;
    Some((kind, Range { above: bound(above)?, up_to: bound(up_to)? }))
}

/// Whether an extended statistic is a percentile, such as `p99`.
fn is_percentile(name: &str) -> bool {
    is_percentage(name, "p")
}

/// Whether it is a winsorized mean by percentages, such as `wm98` or `WM(10%:90%)`.
fn is_winsorized_mean(name: &str) -> bool {
    let is_bound = |bound: &str| bound.is_empty() || bound.strip_suffix('%').is_some_and(is_number);
    let range = name.strip_prefix("WM(").and_then(|rest| rest.strip_suffix(')')?.split_once(':'));
    is_percentage(name, "wm") || range.is_some_and(|(low, high)| is_bound(low) && is_bound(high))
}

fn is_percentage(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(is_number)
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
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

/// Whether one use of root makes the alarm fire, if no data is missing.
///
/// Source: CloudWatch User Guide, "Alarm actions": an alarm acts only when it changes its state, so one that is always in
/// ALARM sends nothing.
pub(super) fn condition(config: &AlarmConfig, datapoints: Datapoints) -> Condition {
    let statistic = &config.statistic;
    let hidden = || Condition::Fails(format!("it uses {statistic} instead of Sum, which can hide a single use"));
    let value = match datapoints.with_one_use(statistic) {
        Value::Bound(value) => value,
        Value::None => return hidden(),
        Value::Undocumented => {
            return Condition::Unknown(format!("CloudWatch doesn't document what {statistic} is for a single use"));
        }
    };
    if !holds(config, value) {
        let may_hold = holds(config, datapoints.per_use) && value < datapoints.per_use;
        let (sign, threshold) = (config.comparison.sign(), config.threshold);
        return if may_hold {
            hidden()
        } else {
            Condition::Fails(format!("it fires at a count {sign} {threshold}, not on the first use"))
        };
    }
    match datapoints.without_use(statistic, config.period) {
        Value::Bound(idle) if holds(config, idle) => Condition::Fails(format!(
            "the filter also publishes {} when nothing matches, and at a {statistic} of {idle} it stays in ALARM",
            datapoints.idle.unwrap_or_default(),
        )),
        Value::Bound(_) | Value::None | Value::Undocumented => Condition::Fires,
    }
}

/// Whether an alarm that fires on a use also does so if there is no data in between. What it says about periods without
/// data depends on whether events arrive that don't match, because only then there is a datapoint, and only with a default
/// value.
///
/// Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": `ignore` keeps the state,
/// `breaching` counts as over the threshold, and with `missing` the alarm goes to `INSUFFICIENT_DATA`.
pub(super) fn missing_data(treated: &MissingData, state: AlarmState, datapoints: Datapoints) -> Condition {
    match (treated, datapoints.idle) {
        (MissingData::Breaching, None) => {
            Condition::Fails("missing data is treated as breaching, so it is always in ALARM".to_owned())
        }
        (MissingData::Breaching, Some(_)) => Condition::Unknown(
            "missing data is treated as breaching, so it goes to ALARM while no events arrive, and then a use of root \
             changes nothing"
                .to_owned(),
        ),
        (MissingData::Ignore, None) if state == AlarmState::Alarm => Condition::Fails(
            "missing data is ignored and the filter has no default value, so it never returns to OK".to_owned(),
        ),
        (MissingData::Ignore | MissingData::Missing | MissingData::NotBreaching, _) => Condition::Fires,
        (MissingData::Other(other), _) => {
            Condition::Unknown(format!("rootbell doesn't know what treating missing data as {other} means"))
        }
    }
}

/// Whether the alarm stays in ALARM after the first use, because the filter publishes nothing that ends it.
pub(super) fn fires_only_once(config: &AlarmConfig, filter: &MetricFilter) -> bool {
    config.missing_data == MissingData::Ignore && filter.default.is_none()
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
