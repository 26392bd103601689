//! The queries that the dashboard polls, one call each; two for the root user's last use.

use jiff::Timestamp;

use crate::cloud::{Answer, Cloud, Search};
use crate::domain::Region;
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::observed::{Alarm, Metric};
use crate::domain::root_user::RootLastUse;

/// A query for one part of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollQuery {
    Alarm { name: String },
    History { alarm: String, since: Timestamp },
    Metric { metric: Metric, from: Timestamp, to: Timestamp },
    Events { log_group: String, pattern: String, from: Timestamp, to: Timestamp, page: Option<String> },
    RootLastUse,
}

/// The answer to a [`PollQuery`].
#[derive(Clone, Debug, PartialEq)]
pub enum PollResult {
    Alarm(Box<Option<Alarm>>),
    History(Vec<HistoryItem>),
    Metric(Vec<Datapoint>),
    Events(EventPage),
    /// `None`: AWS is still generating the report.
    RootLastUse(Option<RootLastUse>),
}

/// Seconds that one bar of the chart covers: 28 bars are a week.
pub const BAR: u32 = 6 * 3600;

/// Runs one query in the Region.
///
/// # Errors
/// The call's error.
pub async fn ask(cloud: &dyn Cloud, region: &Region, query: &PollQuery) -> Answer<PollResult> {
    match query {
        PollQuery::Alarm { name } => cloud.alarm(region, name).await.map(|alarm| PollResult::Alarm(Box::new(alarm))),
        PollQuery::History { alarm, since } => {
            cloud.describe_alarm_history(region, alarm, *since).await.map(PollResult::History)
        }
        PollQuery::Metric { metric, from, to } => {
            cloud.get_metric_statistics(region, metric, *from, *to, BAR).await.map(PollResult::Metric)
        }
        PollQuery::Events { log_group, pattern, from, to, page } => {
            let search = Search { log_group, pattern, from: *from, to: *to, page: page.as_deref() };
            cloud.filter_log_events(region, &search).await.map(PollResult::Events)
        }
        PollQuery::RootLastUse => {
            let is_ready = cloud.generate_credential_report().await?;
            let found = if is_ready { cloud.root_last_use().await? } else { None };
            Ok(PollResult::RootLastUse(found))
        }
    }
}
