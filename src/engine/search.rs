//! Searches the log group for uses of root, however many requests that takes, within bounds.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::cloud::{Cloud, CloudError, ErrorKind, Search};
use crate::domain::event::RootEvent;
use crate::domain::event_search::EventSearch;

/// How many requests one search takes at most: at this pace, a little more than four minutes.
pub const MOST_REQUESTS: usize = 1000;

/// Requests under way at once.
const AT_ONCE: usize = 4;

/// Time from the start of one request to that of the next, which stays below the quota of 5 a second that an account has
/// in a Region.
///
/// Source: AWS Knowledge Center, "How do I determine throttling in my CloudWatch logs?": FilterLogEvents has a hard limit
/// of 5 transactions per second per account and Region.
const PACE: Duration = Duration::from_millis(250);

/// How often in a row AWS may ask to slow down before the search fails. The wait doubles each time, up to 8 seconds.
const MOST_THROTTLED: u32 = 10;

/// What was found, and how far back it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Newest first, as many as were asked for at most. Below `back_to` some may be missing.
    pub events: Vec<RootEvent>,
    /// Everything from this moment on was searched.
    pub back_to: Timestamp,
    /// The whole range was searched, and no event left out.
    pub complete: bool,
    /// The search ended because it had taken [`MOST_REQUESTS`].
    pub cut_short: bool,
    pub requests: usize,
}

/// Searches a range for its newest events, `limit` of them at most. Where one page covers the range, that is one request.
/// `news` is told after each answer.
///
/// # Errors
/// What a request met. Being asked to slow down is one only where it does not stop.
pub async fn filter_log_events(
    cloud: &dyn Cloud,
    search: Search<'_>,
    limit: usize,
    news: &(dyn Fn(&Found) + Sync),
) -> Result<Found, CloudError> {
    let mut open = EventSearch::new(search.from, search.to);
    let (mut known, mut throttled) = (BTreeSet::new(), 0);
    let mut found = Found { events: Vec::new(), back_to: search.to, complete: false, cut_short: false, requests: 0 };
    let mut more = false;
    let mut next_start = Instant::now();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < AT_ONCE && found.requests < MOST_REQUESTS {
            let Some(piece) = open.take_next() else { break };
            found.requests += 1;
            let start = next_start.max(Instant::now());
            next_start = start + PACE;
            running.push(async move {
                tokio::time::sleep_until(start).await;
                let search = Search { from: piece.from, to: piece.to, page: piece.page.as_deref(), ..search };
                let answer = cloud.filter_log_events(&search).await;
                (piece, answer)
            });
        }
        let Some((piece, answer)) = running.next().await else { break };
        match answer {
            Ok(page) => {
                throttled = 0;
                open.answered(&piece, &page);
                let fresh = page.events.into_iter().filter(|e| e.id.is_empty() || known.insert(e.id.clone()));
                found.events.extend(fresh);
                found.events.sort_by_key(|event| Reverse(event.time));
                more |= found.events.len() > limit;
                found.events.truncate(limit);
            }
            Err(error) if error.kind == ErrorKind::Throttled && throttled < MOST_THROTTLED => {
                open.put_back(&piece, false);
                throttled += 1;
                next_start = Instant::now() + PACE * 2_u32.pow(throttled.min(5));
            }
            Err(error) => return Err(error),
        }
        found.back_to = open.back_to();
        found.complete = open.is_complete() && !more;
        news(&found);
        let oldest = found.events.last().and_then(|event| event.time);
        if found.events.len() >= limit && oldest.is_some_and(|oldest| oldest >= found.back_to) {
            return Ok(found);
        }
    }
    found.cut_short = !open.is_complete();
    Ok(found)
}
