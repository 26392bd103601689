//! The questions that a dashboard asks again and again, one call each.

use jiff::Timestamp;

use crate::cloud::{Answer, Cloud, Search};
use crate::domain::observed::{Alarm, Metric};
use crate::domain::watch::{Datapoint, EventPage, HistoryItem};

/// One part of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    Alarm { name: String },
    History { alarm: String, since: Timestamp },
    Metric { metric: Metric, from: Timestamp, to: Timestamp },
    Events { log_group: String, pattern: String, from: Timestamp, to: Timestamp, page: Option<String> },
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Alarm(Box<Option<Alarm>>),
    History(Vec<HistoryItem>),
    Metric(Vec<Datapoint>),
    Events(EventPage),
}

/// Seconds that one bar of the metric covers: 28 of them are a week.
pub const BAR: u32 = 6 * 3600;

/// Asks one question.
///
/// # Errors
/// What the call met.
pub async fn ask(cloud: &dyn Cloud, question: &Question) -> Answer<News> {
    match question {
        Question::Alarm { name } => cloud.alarm(name).await.map(|alarm| News::Alarm(Box::new(alarm))),
        Question::History { alarm, since } => cloud.alarm_history(alarm, *since).await.map(News::History),
        Question::Metric { metric, from, to } => cloud.sums(metric, *from, *to, BAR).await.map(News::Metric),
        Question::Events { log_group, pattern, from, to, page } => {
            let search = Search { log_group, pattern, from: *from, to: *to, page: page.as_deref() };
            cloud.root_events(&search).await.map(News::Events)
        }
    }
}
