//! What an alarm makes of the datapoints of its filter.

use super::alarm;
use crate::domain::AlertId;
use crate::domain::alarm::{AlarmState, Statistic};
use crate::domain::alert::AlertSpec;
use crate::domain::datapoints::value_fault;
use crate::domain::fixtures::sound;
use crate::domain::observed::MetricFilter;

#[test]
fn an_alarm_is_judged_by_the_datapoints_that_its_filter_publishes() {
    let AlertSpec { faults, doubts, .. } = AlertId::RootUse.spec();
    // The filter's value and default value, the alarm's statistic and threshold (at least), and what is wrong.
    for (value, default, statistic, threshold, fault) in [
        ("1", Some(0.0), "Sum", 1.0, None),
        ("1.0", None, "Sum", 1.0, None),
        ("5", Some(0.0), "Sum", 5.0, None),
        ("1", None, "Sum", 2.0, Some("not on the first use")),
        ("1", None, "Average", 1.0, None),
        ("1", None, "Minimum", 1.0, None),
        ("1", None, "p99", 1.0, None),
        ("1", None, "p99.9", 0.5, None),
        ("1", None, "SampleCount", 1.0, None),
        ("1", Some(0.0), "Maximum", 1.0, None),
        ("1", Some(0.0), "Average", 1.0, Some("instead of Sum")),
        ("1", Some(0.0), "Minimum", 1.0, Some("instead of Sum")),
        ("1", Some(0.0), "TM(:10)", 1.0, Some("instead of Sum")),
        ("1", Some(0.0), "TM(0:10)", 1.0, None),
        ("1", None, "TM(0:10)", 1.0, None),
        ("1", None, "TM(1:10)", 1.0, Some("instead of Sum")),
        ("1", Some(0.0), "TC(0:10)", 1.0, None),
        ("1", None, "TC(0:)", 1.0, None),
        ("1", Some(0.0), "TC(:10)", 1.0, Some("stays in ALARM")),
        ("1", Some(0.0), "TC(1:10)", 1.0, Some("instead of Sum")),
        ("1", Some(0.0), "TS(0:10)", 1.0, None),
        ("1", Some(0.0), "TS(:10)", 1.0, None),
        ("1", None, "wm98", 1.0, None),
        ("1", None, "WM(10%:90%)", 1.0, None),
        ("1", None, "WM(10%:90%)", 2.0, Some("not on the first use")),
        ("1", Some(0.0), "SampleCount", 1.0, Some("stays in ALARM")),
        ("1", Some(0.5), "Sum", 1.0, Some("stays in ALARM")),
        ("1", Some(1.0), "Sum", 1.0, Some("stays in ALARM")),
    ] {
        let filter = MetricFilter { value: value.into(), default, ..MetricFilter::default() };
        let mut observed = sound();
        let alarm = alarm(&mut observed);
        alarm.config.metric = filter.metric.clone();
        (alarm.config.statistic, alarm.config.threshold) = (Statistic::from(statistic), threshold);
        let found = faults(alarm, &filter).join("; ");
        assert_eq!(found.is_empty(), fault.is_none(), "{value} {default:?} {statistic}: {found}");
        assert!(fault.is_none_or(|fault| found.contains(fault)), "{value} {default:?} {statistic}: {found}");
        assert_eq!(doubts(alarm, &filter), [""; 0], "{value} {default:?} {statistic}");
        assert_eq!(value_fault(&filter).is_some(), default == Some(1.0), "{value} {default:?}");
    }
    // An average above 0 is enough if the alarm fires above 0, and below a threshold there may be nothing to fire at.
    let filter = MetricFilter { default: Some(0.0), ..MetricFilter::default() };
    let mut observed = sound();
    let alarm = alarm(&mut observed);
    alarm.config.metric = filter.metric.clone();
    alarm.config.statistic = Statistic::Average;
    (alarm.config.threshold, alarm.config.comparison) = (0.0, "GreaterThanThreshold".into());
    assert_eq!(faults(alarm, &filter), [""; 0]);
    (alarm.config.threshold, alarm.config.comparison) = (5.0, "LessThanThreshold".into());
    assert!(faults(alarm, &filter)[0].contains("stays in ALARM"));
    assert_eq!(faults(alarm, &MetricFilter { default: None, ..filter }), [""; 0]);
    let field = MetricFilter { value: "$.sourceIPAddress".into(), ..MetricFilter::default() };
    assert!(value_fault(&field).is_some_and(|fault| fault.contains("counts $.sourceIPAddress per event")));
}

/// Source: CloudWatch User Guide, "CloudWatch statistics definitions".
#[test]
fn what_cloudwatch_does_not_document_of_a_statistic_is_unknown() {
    let AlertSpec { faults, doubts, .. } = AlertId::RootUse.spec();
    for (default, statistic) in [
        // Whether the percentile of so few datapoints is the one or a zero.
        (Some(0.0), "p99"),
        (Some(0.0), "p100"),
        // Whether the only datapoint is within the percentages.
        (None, "TM(10%:90%)"),
        (None, "tm90"),
        (None, "IQM"),
        (None, "TC(10%:90%)"),
        (None, "ts90"),
        (Some(0.0), "IQM"),
        (Some(0.0), "wm98"),
        (Some(0.0), "WM(10%:90%)"),
        (None, "PR(0:10)"),
        (Some(0.0), "PR(:300)"),
        (None, "SomethingNew"),
    ] {
        let filter = MetricFilter { default, ..MetricFilter::default() };
        let mut observed = sound();
        let alarm = alarm(&mut observed);
        alarm.config.metric = filter.metric.clone();
        alarm.config.statistic = Statistic::from(statistic);
        assert_eq!(faults(alarm, &filter), [""; 0], "{default:?} {statistic}");
        assert!(doubts(alarm, &filter).concat().contains(statistic), "{default:?} {statistic}");
    }
}

/// Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
#[test]
fn missing_data_matters_only_where_the_filter_publishes_nothing() {
    use AlarmState::{Alarm as InAlarm, Ok as InOk};

    let AlertSpec { faults, doubts, remark, .. } = AlertId::RootUse.spec();
    let cases: [(&str, Option<f64>, AlarmState, [&str; 3]); 11] = [
        ("notBreaching", None, InOk, [""; 3]),
        ("notBreaching", Some(0.0), InAlarm, [""; 3]),
        ("missing", None, InOk, [""; 3]),
        ("missing", Some(0.0), InOk, [""; 3]),
        ("ignore", Some(0.0), InOk, [""; 3]),
        ("ignore", Some(0.0), InAlarm, [""; 3]),
        ("ignore", None, InOk, ["", "", "the first use is its only alert"]),
        ("ignore", None, InAlarm, ["never returns to OK", "", "the first use is its only alert"]),
        ("breaching", None, InOk, ["always in ALARM", "", ""]),
        ("breaching", Some(0.0), InOk, ["", "goes to ALARM while no events arrive", ""]),
        ("somethingNew", Some(0.0), InOk, ["", "somethingNew", ""]),
    ];
    for (treated, default, state, wanted) in cases {
        let filter = MetricFilter { default, ..MetricFilter::default() };
        let mut observed = sound();
        let alarm = alarm(&mut observed);
        (alarm.config.metric, alarm.config.missing_data) = (filter.metric.clone(), treated.into());
        alarm.state = state;
        let found = [
            faults(alarm, &filter).concat(),
            doubts(alarm, &filter).concat(),
            remark(alarm, &filter).unwrap_or_default(),
        ];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(found.contains(wanted) && found.is_empty() == wanted.is_empty(), "{treated} {default:?}: {found}");
        }
    }
}
