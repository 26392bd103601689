//! A filter's settings apart from its pattern: do its datapoints become the metric that the alarm watches?

use crate::domain::account_id::AccountId;
use crate::domain::account_region::AccountRegion;
use crate::domain::alarm::Alarm;
use crate::domain::datapoints::value_fault;
use crate::domain::observed::MetricFilter;
use crate::domain::pattern::{self, Matched};

/// What the settings of a filter do to the count, as parts of a sentence whose subject is the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterFaults {
    /// What keeps the count from the alarm.
    pub known: Vec<String>,
    /// What may do so, although that can't be told from the settings.
    pub possible: Vec<String>,
}

impl FilterFaults {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.possible.is_empty()
    }
}

/// Judges the settings of a filter whose metric `alarm` should watch.
///
/// Source: CloudWatch Logs API, PutMetricFilter and MetricTransformation; CloudWatch User Guide, "Dimension": each
/// combination of dimensions is a metric of its own.
#[must_use]
pub fn filter_faults(filter: &MetricFilter, alarm: Option<&Alarm>, account_region: &AccountRegion) -> FilterFaults {
    let mut faults = FilterFaults::default();
    faults.known.extend(value_fault(filter));
    let names = dimension_names(filter);
    if !names.is_empty() {
        let list = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        if alarm.is_some_and(|alarm| alarm.config.dimensions.keys().eq(names)) {
            faults.possible.push(format!("splits the metric by {list}, and the alarm watches one part of it"));
        } else {
            faults.known.push(format!("splits the metric by {list}, so an alarm on the whole metric gets no data"));
        }
    }
    if let Some(criteria) = &filter.field_selection_criteria {
        match selects(criteria, account_region) {
            Some(false) => faults.known.push(format!("selects {criteria}, which leaves out this account's events")),
            Some(true) | None => faults.possible.push(format!("selects {criteria}, which may leave out events")),
        }
    }
    if filter.apply_on_transformed_logs {
        faults.possible.push("is applied to transformed events, whose fields may differ".to_owned());
    }
    faults
}

/// Another filter that counts into the same metric what other identities commonly do, so that an alarm can't tell the two
/// apart.
pub(super) fn counts_others_along<'a>(
    filter: &MetricFilter,
    all: &'a [MetricFilter],
    account: &AccountId,
) -> Option<&'a MetricFilter> {
    let counts_others =
        |other: &MetricFilter| pattern::coverage(&other.pattern, account).is_ok_and(|c| c.others != Matched::None);
    all.iter().find(|other| {
        other.name != filter.name && other.metric == filter.metric && other.has_no_dimensions() && counts_others(other)
    })
}

/// The names of the dimensions that the filter's datapoints have, in alphabetical order.
fn dimension_names(filter: &MetricFilter) -> Vec<&String> {
    let mut names: Vec<&String> = filter.dimensions.keys().chain(&filter.emit_system_field_dimensions).collect();
    names.sort_unstable();
    names
}

/// Whether a selection of a single comparison includes what happens in this account and Region; `None` if that can't be
/// told.
///
/// Source: CloudWatch Logs API, PutMetricFilter, `fieldSelectionCriteria`.
fn selects(criteria: &str, account_region: &AccountRegion) -> Option<bool> {
    let (field, rest) = criteria.trim().split_once(char::is_whitespace)?;
    let own = match field {
        "@aws.account" => account_region.account.as_str(),
        "@aws.region" => account_region.region.as_str(),
        _ => return None,
    };
    let rest = rest.trim();
    let (is_included, values) = [("NOT IN", false), ("IN", true), ("!=", false), ("=", true)]
        .into_iter()
        .find_map(|(operator, is_included)| Some((is_included, rest.strip_prefix(operator)?.trim())))?;
    let list = values.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(values);
    let value = |text: &str| Some(text.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned());
    let values: Vec<String> = list.split(',').map(value).collect::<Option<_>>()?;
    let is_one_value = |text: &String| !text.contains('"');
    values.iter().all(is_one_value).then(|| values.iter().any(|v| v == own) == is_included)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;
    use crate::domain::fixtures::identity;

    #[test]
    fn a_selection_is_evaluated_if_it_is_a_single_comparison() {
        let here = identity().in_region(&Region::new("eu-west-1"));
        for (criteria, selected) in [
            (r#"@aws.account = "111122223333""#, Some(false)),
            (r#"@aws.account = "123456789012""#, Some(true)),
            (r#"@aws.account != "123456789012""#, Some(false)),
            (r#"@aws.account IN ["111122223333", "123456789012"]"#, Some(true)),
            (r#"@aws.account NOT IN ["111122223333", "123456789012"]"#, Some(false)),
            (r#"@aws.region IN ["us-east-1"]"#, Some(false)),
            (r#"@aws.region = "eu-west-1""#, Some(true)),
            (r#"@aws.account = "111122223333" OR @aws.account = "123456789012""#, None),
            (r#"(@aws.account = "111122223333")"#, None),
            (r#"@aws.service = "x""#, None),
            ("@aws.account = 111122223333", None),
            ("", None),
        ] {
            assert_eq!(selects(criteria, &here), selected, "{criteria}");
        }
    }
}
