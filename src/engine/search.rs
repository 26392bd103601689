//! Searches the log group for root use, with as many requests as needed, up to a limit.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::cloud::{Cloud, CloudError, ErrorKind, Search};
use crate::domain::Region;
use crate::domain::event::RootEvent;
use crate::domain::event_search::EventSearch;

/// How many requests a search makes at most: at this pace, a little over four minutes.
pub const MAX_REQUESTS: usize = 1000;

/// How many requests run at once.
const CONCURRENCY: usize = 4;

/// Time between the starts of two requests, to stay below the quota of 5 requests per second per account and Region.
///
/// Source: AWS Knowledge Center, "How do I determine throttling in my CloudWatch logs?": FilterLogEvents has a hard limit
/// of 5 transactions per second per account and Region.
const INTERVAL: Duration = Duration::from_millis(250);

/// How many times in a row a request may be throttled before the search fails. The wait doubles each time, up to 8 seconds.
const MAX_THROTTLED: u32 = 10;

/// The events found, and how far back the search got.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchResult {
    /// Newest first, at most as many as requested. Events before `back_to` may be missing.
    pub events: Vec<RootEvent>,
    /// Everything since this time was searched.
    pub back_to: Timestamp,
    /// The whole range was searched, and every event is included.
    pub complete: bool,
    /// The search stopped after [`MAX_REQUESTS`] requests.
    pub cut_short: bool,
    pub requests: usize,
}

/// Finds the newest events in a time range, at most `limit` of them. If one page covers the range, that takes one request.
/// `on_progress` is called after each answer.
///
/// # Errors
/// The first error of a request. Throttling counts as an error only if it doesn't stop.
pub async fn filter_log_events(
    cloud: &dyn Cloud,
    region: &Region,
    search: Search<'_>,
    limit: usize,
    on_progress: &(dyn Fn(&SearchResult) + Sync),
) -> Result<SearchResult, CloudError> {
    let mut ranges = EventSearch::new(search.from, search.to);
    let (mut seen_ids, mut throttled) = (BTreeSet::new(), 0);
    let mut found =
        SearchResult { events: Vec::new(), back_to: search.to, complete: false, cut_short: false, requests: 0 };
    let mut omitted = false;
    let mut next_start = Instant::now();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < CONCURRENCY && found.requests < MAX_REQUESTS {
            let Some(piece) = ranges.take_next() else { break };
            found.requests += 1;
            let start = next_start.max(Instant::now());
            next_start = start + INTERVAL;
            running.push(async move {
                tokio::time::sleep_until(start).await;
                let search = Search { from: piece.from, to: piece.to, page: piece.page.as_deref(), ..search };
                let answer = cloud.filter_log_events(region, &search).await;
                (piece, answer)
            });
        }
        let Some((piece, answer)) = running.next().await else { break };
        match answer {
            Ok(page) => {
                throttled = 0;
                // Events that came oldest first are kept too: those before `back_to` don't end the search.
                let _ = ranges.answered(&piece, &page);
                let new_events = page.events.into_iter().filter(|e| e.id.is_empty() || seen_ids.insert(e.id.clone()));
                found.events.extend(new_events);
                found.events.sort_by_key(|event| Reverse(event.time));
                omitted |= found.events.len() > limit;
                found.events.truncate(limit);
            }
            Err(error) if error.kind == ErrorKind::Throttled && throttled < MAX_THROTTLED => {
                ranges.put_back(&piece, false);
                throttled += 1;
                next_start = Instant::now() + INTERVAL * 2_u32.pow(throttled.min(5));
            }
            Err(error) => return Err(error),
        }
        found.back_to = ranges.back_to();
        found.complete = ranges.is_complete() && !omitted;
        on_progress(&found);
        let oldest = found.events.last().and_then(|event| event.time);
        if found.events.len() >= limit && oldest.is_some_and(|oldest| oldest >= found.back_to) {
            return Ok(found);
        }
    }
    found.cut_short = !ranges.is_complete();
    Ok(found)
}
