//! Alarms that may tell somebody about root use in a way that can't be checked from here: composite alarms, alarms on metric
//! math, and log alarms. `DescribeAlarmsForMetric` lists none of them.

use super::alarm::Metric;
use super::arn::Arn;

/// Such an alarm, as far as it matters whom it notifies of what.
///
/// Source: CloudWatch API, CompositeAlarm, MetricAlarm, and LogAlarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndirectAlarm {
    pub name: String,
    pub kind: IndirectKind,
    pub actions_enabled: bool,
    /// What it notifies when it goes to ALARM.
    pub actions: Vec<Arn>,
}

/// What decides the state of an [`IndirectAlarm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndirectKind {
    /// The states of other alarms.
    Composite {
        /// Such as `ALARM("root-use") AND NOT ALARM("maintenance")`.
        rule: String,
        /// The alarm that can suppress its actions, by name or ARN.
        suppressor: Option<String>,
    },
    /// Expressions, such as `FILL(m1, 0)` over these metrics, or a Metrics Insights query, which names its metrics itself.
    Expression { metrics: Vec<Metric>, expressions: Vec<String> },
    /// A scheduled query of log groups, each by name or ARN.
    Log { query: String, log_groups: Vec<String> },
}

impl IndirectAlarm {
    /// What it notifies; `None`: nothing.
    #[must_use]
    pub fn destination(&self) -> Option<&Arn> {
        self.actions.first().filter(|_| self.actions_enabled)
    }

    /// Whether it is a composite alarm whose rule names that alarm, by its name or its ARN.
    ///
    /// Source: CloudWatch API, PutCompositeAlarm, `AlarmRule`: names may be in quotation marks.
    #[must_use]
    pub fn is_above(&self, alarm: &str, arn: &Arn) -> bool {
        let IndirectKind::Composite { rule, .. } = &self.kind else { return false };
        let operands = rule.split(['(', ')']).map(|part| part.trim().trim_matches('"'));
        operands.into_iter().any(|operand| operand == alarm || *arn == operand)
    }

    /// Whether it watches an expression over the metric.
    ///
    /// Source: CloudWatch User Guide, "Query components and syntax in CloudWatch Metrics Insights": `SELECT SUM(metric) FROM
    /// namespace`.
    #[must_use]
    pub fn watches(&self, metric: &Metric) -> bool {
        let IndirectKind::Expression { metrics, expressions } = &self.kind else { return false };
        let is_query = |text: &str| text.trim_start().to_uppercase().starts_with("SELECT");
        let names_it = |text: &String| text.contains(&metric.name) && text.contains(&metric.namespace);
        metrics.contains(metric) || expressions.iter().any(|text| is_query(text) && names_it(text))
    }

    /// Whether it queries that log group for something about root.
    #[must_use]
    pub fn asks_for_root(&self, log_group: &str, arn: &str) -> bool {
        let IndirectKind::Log { query, log_groups } = &self.kind else { return false };
        let is_here = |group: &String| group == log_group || group.trim_end_matches(":*") == arn;
        query.to_lowercase().contains("root") && log_groups.iter().any(is_here)
    }

    /// What it does and whom it notifies, as a sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        let (name, to) = (&self.name, self.destination().map_or("nothing", |arn| arn.as_str()));
        let what = match &self.kind {
            IndirectKind::Composite { suppressor: None, .. } => format!("The composite alarm `{name}` above it"),
            IndirectKind::Composite { suppressor: Some(other), .. } => {
                format!("The composite alarm `{name}` above it, whose actions `{other}` can suppress,")
            }
            IndirectKind::Expression { .. } => format!("`{name}` watches an expression over the filter's metric and"),
            IndirectKind::Log { .. } => format!("The log alarm `{name}` queries the log group and"),
        };
        format!("{what} notifies {to}, which can't be checked from here.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(kind: IndirectKind) -> IndirectAlarm {
        let actions = vec!["arn:aws:sns:eu-west-1:123456789012:security".into()];
        IndirectAlarm { name: "x".into(), kind, actions_enabled: true, actions }
    }

    #[test]
    fn a_composite_alarm_is_above_the_alarms_that_its_rule_names() {
        let arn: Arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:root-use".into();
        let is_above = |rule: &str| {
            alarm(IndirectKind::Composite { rule: rule.into(), suppressor: None }).is_above("root-use", &arn)
        };
        for rule in [
            "ALARM(root-use)",
            "ALARM(\"root-use\") AND NOT ALARM(\"maintenance\")",
            "(OK(other) OR ALARM( \"root-use\" ))",
            "ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:root-use)",
        ] {
            assert!(is_above(rule), "{rule}");
        }
        for rule in ["ALARM(root-use-2)", "ALARM(\"other\")", "TRUE", ""] {
            assert!(!is_above(rule), "{rule}");
        }
    }

    #[test]
    fn a_log_alarm_counts_only_if_it_queries_the_log_group_for_root() {
        let asks = |query: &str, group: &str| {
            let kind = IndirectKind::Log { query: query.into(), log_groups: vec![group.into()] };
            alarm(kind).asks_for_root("g", "arn:aws:logs:eu-west-1:123456789012:log-group:g")
        };
        assert!(asks("filter userIdentity.type = \"Root\"", "g"));
        assert!(asks("filter userIdentity.type = \"Root\"", "arn:aws:logs:eu-west-1:123456789012:log-group:g:*"));
        assert!(!asks("filter errorCode = \"AccessDenied\"", "g"));
        assert!(!asks("filter userIdentity.type = \"Root\"", "other"));
    }

    #[test]
    fn a_metrics_insights_query_watches_the_metric_that_it_names() {
        let watches = |text: &str| {
            let kind = IndirectKind::Expression { metrics: Vec::new(), expressions: vec![text.into()] };
            alarm(kind).watches(&Metric::new("LogMetrics", "RootUse"))
        };
        assert!(watches("SELECT SUM(RootUse) FROM LogMetrics"));
        assert!(watches("select max(\"RootUse\") from SCHEMA(\"LogMetrics\")"));
        assert!(!watches("SELECT SUM(RootUse) FROM Other"));
        assert!(!watches("SELECT SUM(Errors) FROM LogMetrics"));
        assert!(!watches("FILL(m1, 0)"));
    }

    #[test]
    fn an_alarm_without_actions_notifies_nothing() {
        let kind = IndirectKind::Expression { metrics: vec![Metric::new("n", "m")], expressions: Vec::new() };
        assert!(alarm(kind.clone()).destination().is_some());
        assert_eq!(IndirectAlarm { actions_enabled: false, ..alarm(kind.clone()) }.destination(), None);
        assert_eq!(IndirectAlarm { actions: Vec::new(), ..alarm(kind) }.destination(), None);
    }
}
