//! How the dashboard reads root activity: the last week once, in the background, and newer events repeatedly.

use jiff::{SignedDuration, Timestamp};

use crate::domain::activity::EventPage;
use crate::domain::event_search::{EventSearch, Piece};

/// How many events are read by default, and how many more each time the user asks for older ones.
const EVENTS_AT_ONCE: usize = 100;
/// The most events to show; older ones can be read in the log group.
pub(in crate::app) const MOST_EVENTS: usize = 500;
/// How many requests reading the week may take by default, and how many more each time the user asks for older events:
/// about eight minutes at one a second.
const REQUESTS_AT_ONCE: usize = 500;
/// How much of the previous reading the next one covers again, because CloudTrail delivers late.
///
/// Source: CloudTrail User Guide, "How CloudTrail works": "typically delivers logs within an average of about 5 minutes
/// of an API call. This time is not guaranteed".
const OVERLAP: SignedDuration = SignedDuration::from_mins(30);

/// How much of the week has been searched. A timestamp says how far back; none if nothing has been searched yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    All,
    /// The rest is being read.
    Reading(Option<Timestamp>),
    /// The rest is read when the user asks for it.
    Paused(Option<Timestamp>),
    /// [`MOST_EVENTS`] have been read.
    Full,
}

/// What has been read, and what to read next.
#[derive(Debug)]
pub(in crate::app) struct Activity {
    /// The log group and the pattern that were searched.
    source: (String, String),
    /// The search of the week before the first request.
    week: Option<EventSearch>,
    /// The search for newer events, and its end.
    recent: Option<(Timestamp, EventSearch)>,
    recent_due: Option<Timestamp>,
    /// Everything up to this time has been read, apart from the rest of the week.
    up_to: Option<Timestamp>,
    started: Option<Timestamp>,
    /// Whether the running request belongs to the search for newer events, and its piece.
    request: Option<(bool, Piece)>,
    recent_was_last: bool,
    requests_left: usize,
    events_wanted: usize,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            source: (String::new(), String::new()),
            week: None,
            recent: None,
            recent_due: None,
            up_to: None,
            started: None,
            request: None,
            recent_was_last: false,
            requests_left: REQUESTS_AT_ONCE,
            events_wanted: EVENTS_AT_ONCE,
        }
    }
}

impl Activity {
    /// The next piece to request: newer events if they are due, otherwise the rest of the week. If both take several
    /// requests, they alternate. `known` is the number of events read so far, `span` how far back the week goes, and
    /// `every` the interval between searches for newer events.
    pub(in crate::app) fn next(
        &mut self,
        source: (String, String),
        now: Timestamp,
        known: usize,
        span: SignedDuration,
        every: SignedDuration,
    ) -> Option<Piece> {
        if self.source != source {
            *self = Self { source, ..Self::default() };
        }
        let due = now.saturating_add(every).ok();
        if self.week.is_none() {
            self.week = Some(EventSearch::new(now.saturating_sub(span).unwrap_or(now), now));
            (self.started, self.up_to, self.recent_due) = (Some(now), Some(now), due);
        }
        let reading_week = self.is_reading_week(known);
        if self.recent.is_none() && (!reading_week || self.recent_due.is_none_or(|at| at <= now)) {
            let from = self.up_to.unwrap_or(now).saturating_sub(OVERLAP).unwrap_or(now);
            self.recent = Some((now, EventSearch::new(from, now)));
            self.recent_due = due;
        }
        let recent = self.recent.is_some() && !(reading_week && self.recent_was_last);
        let search = if recent { self.recent.as_mut().map(|(_, search)| search) } else { self.week.as_mut() };
        let piece = search?.take_next()?;
        if !recent {
            self.requests_left = self.requests_left.saturating_sub(1);
        }
        self.recent_was_last = recent;
        self.request = Some((recent, piece.clone()));
        Some(piece)
    }

    /// Records the answer to the last request: a page, or the request failed. `Err(true)` means that AWS rejected the
    /// request as invalid, as it does if the page token has expired. Returns whether the page's events are the newest of
    /// its range, so that they can be shown.
    pub(in crate::app) fn answered(&mut self, answer: Result<&EventPage, bool>) -> bool {
        let Some((recent, piece)) = self.request.take() else { return false };
        let search = if recent { self.recent.as_mut().map(|(_, search)| search) } else { self.week.as_mut() };
        let Some(search) = search else { return false };
        let are_newest = match answer {
            Ok(page) => search.answered(&piece, page),
            Err(is_invalid) => {
                search.put_back(&piece, is_invalid);
                false
            }
        };
        if let Some((to, _)) = self.recent.take_if(|(_, search)| search.is_complete()) {
            self.up_to = Some(to);
        }
        are_newest
    }

    /// Searches for newer events with the next request.
    pub(in crate::app) fn refresh_now(&mut self) {
        self.recent_due = None;
        self.recent = None;
    }

    /// Allows more events and more requests after the user asked for older events.
    pub(in crate::app) fn read_older(&mut self, known: usize) {
        self.requests_left = REQUESTS_AT_ONCE;
        self.events_wanted = known + EVENTS_AT_ONCE;
    }

    fn is_reading_week(&self, known: usize) -> bool {
        matches!(self.searched(known), Searched::Reading(_))
    }

    /// Whether more is to be read without a request from the user.
    pub(in crate::app) fn is_reading(&self, known: usize) -> bool {
        self.recent.is_some() || self.recent_due.is_none() || self.is_reading_week(known)
    }

    /// The end of the last completed search.
    pub(in crate::app) fn up_to(&self) -> Option<Timestamp> {
        self.up_to
    }

    /// How much of the week has been searched, given the number of events read so far.
    pub(in crate::app) fn searched(&self, known: usize) -> Searched {
        let Some(week) = &self.week else { return Searched::Reading(None) };
        let back_to = Some(week.back_to()).filter(|back_to| self.started.is_none_or(|started| *back_to < started));
        if week.is_complete() {
            Searched::All
        } else if known >= MOST_EVENTS {
            Searched::Full
        } else if known >= self.events_wanted || self.requests_left == 0 {
            Searched::Paused(back_to)
        } else {
            Searched::Reading(back_to)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
    const EVERY: SignedDuration = SignedDuration::from_secs(30);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn next_piece(activity: &mut Activity, second: i64) -> Piece {
        activity.next(("g".into(), "p".into()), at(second), 0, WEEK, EVERY).unwrap()
    }

    fn page_with_a_successor() -> EventPage {
        EventPage { next: Some("more".into()), ..EventPage::default() }
    }

    #[test]
    fn a_week_on_one_page_takes_one_request_and_then_only_newer_events_are_read() {
        let mut activity = Activity::default();
        let week = next_piece(&mut activity, 0);
        assert_eq!((week.from, week.to), (at(-7 * 86_400), at(0)));
        activity.answered(Ok(&EventPage::default()));
        assert_eq!((activity.searched(0), activity.is_reading(0)), (Searched::All, false));
        let recent = next_piece(&mut activity, 30);
        assert_eq!((recent.from, recent.to), (at(-1800), at(30)));
        activity.answered(Ok(&EventPage::default()));
        assert_eq!(activity.up_to(), Some(at(30)));
    }

    #[test]
    fn reading_newer_events_and_the_rest_of_the_week_alternate() {
        let mut activity = Activity::default();
        next_piece(&mut activity, 0);
        activity.answered(Ok(&page_with_a_successor()));
        assert_eq!(activity.searched(0), Searched::Reading(None));
        let mut recent = 0;
        for second in 31..41 {
            if next_piece(&mut activity, second).to == at(31) {
                recent += 1;
            }
            activity.answered(Ok(&page_with_a_successor()));
        }
        assert_eq!(recent, 5);
        // After a refresh, the search begins at the present, not with the rest of the previous search.
        activity.refresh_now();
        assert_eq!(next_piece(&mut activity, 41).to, at(41));
    }

    #[test]
    fn reading_a_long_week_pauses_after_500_requests_and_continues_on_demand() {
        let mut activity = Activity::default();
        let mut requests = 0;
        while activity.is_reading(0) && requests < 5000 {
            next_piece(&mut activity, 0);
            activity.answered(Ok(&page_with_a_successor()));
            requests += 1;
        }
        assert_eq!((requests, activity.searched(0)), (500, Searched::Paused(None)));
        activity.read_older(0);
        assert_eq!(activity.searched(0), Searched::Reading(None));
    }

    #[test]
    fn another_log_group_or_pattern_is_searched_from_the_beginning() {
        let mut activity = Activity::default();
        next_piece(&mut activity, 0);
        activity.answered(Ok(&EventPage::default()));
        let piece = activity.next(("g".into(), "other".into()), at(60), 0, WEEK, EVERY).unwrap();
        assert_eq!((piece.from, piece.to), (at(60 - 7 * 86_400), at(60)));
        assert_eq!(activity.searched(0), Searched::Reading(None));
    }

    #[test]
    fn a_failed_request_is_repeated() {
        let mut activity = Activity::default();
        let first = next_piece(&mut activity, 0);
        activity.answered(Err(false));
        assert_eq!(next_piece(&mut activity, 1), first);
    }
}
