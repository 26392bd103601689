//! What arrives in log groups, and what their filters publish: enough of it to tell whether there is anything.

use super::account::{Account, LogGroup, Seconds, Trail};
use super::bus;
use super::queries::{filter_created, last_logs_delivery, logs_delivery_error, trail_arn};
use super::view::AccountView;
use crate::cloud::MetricTotal;
use crate::domain::AccountRegion;
use crate::domain::Region;
use crate::domain::filter_output::incoming_events;

/// How many events a minute reach the log group of a trail that delivers. The demo's account is always in use.
const PER_MINUTE: Seconds = 3;

/// The number of events that arrived, or of the datapoints of a filter's metric: one a minute while events arrive, if it has
/// a default value.
#[expect(clippy::cast_precision_loss, reason = "a day has few minutes")]
pub(super) fn metric_total(account: &Account, view: &AccountView, total: &MetricTotal<'_>) -> f64 {
    let Some(region) = account.regions.get(view.account_region.region.as_str()) else { return 0.0 };
    let second = |at: jiff::Timestamp| at.duration_since(view.start).as_secs();
    let (from, to) = (second(total.from), second(total.to));
    let minutes = |name: &str, since: Seconds| minutes_with_events(account, view, name, from.max(since), to);
    let count: Seconds = match total.dimension {
        Some(("LogGroupName", name)) if *total.metric == incoming_events() => {
            region.log_groups.get_key_value(name).map_or(0, |(name, _)| PER_MINUTE * minutes(name, Seconds::MIN))
        }
        Some(("RuleName", rule)) if total.metric.namespace == "AWS/Events" => {
            return bus::rule_total(account, view, rule, total);
        }
        Some(_) => 0,
        None => region
            .log_groups
            .iter()
            .flat_map(|(name, group)| published_since(group, total).map(move |at| (name, at)))
            .map(|(name, since)| minutes(name, since))
            .sum(),
    };
    count as f64
}

/// Since when each filter of the group publishes to the metric.
fn published_since<'a>(group: &'a LogGroup, total: &'a MetricTotal<'_>) -> impl Iterator<Item = Seconds> + 'a {
    let publishes = |(name, filter): &(&String, &crate::domain::observed::MetricFilter)| {
        filter.metric == *total.metric
            && filter.default.is_some()
            && filter.has_no_dimensions()
            && !group.silent_filters.contains(*name)
    };
    group.filters.iter().filter(publishes).map(|(name, _)| filter_created(group, name))
}

/// The minutes in which events arrive in the log group: those in which some trail delivers to it.
fn minutes_with_events(account: &Account, view: &AccountView, group: &str, from: Seconds, to: Seconds) -> Seconds {
    let here = &view.account_region;
    let all = account.regions.iter().flat_map(|(home, region)| region.trails.iter().map(move |trail| (home, trail)));
    let minutes = |(home, (name, trail)): (&String, (&String, &Trail))| {
        if trail.config.log_group_arn.as_ref() != Some(&here.log_group_arn(group)) {
            return 0;
        }
        let home_region = AccountRegion { region: Region::new(home.as_str()), ..here.clone() };
        if logs_delivery_error(account, &home_region, trail, &trail_arn(here, home, name, trail)).is_some() {
            return 0;
        }
        let begin = trail.started.max(trail.attached).map_or(from, |at| at + account.timing.delivers_after).max(from);
        let end = last_logs_delivery(trail, account.timing.delivers_after, view.now).unwrap_or(begin).min(to);
        (end - begin).max(0) / 60
    };
    all.map(minutes).max().unwrap_or(0)
}
