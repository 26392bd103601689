//! How the dashboard reads the uses of root: the last week once, in the background, and again and again what has come
//! since.

use jiff::{SignedDuration, Timestamp};

use crate::domain::activity::EventPage;
use crate::domain::event_search::{EventSearch, Piece};

/// How many events are read without being asked for, and how many more each time.
const EVENTS_AT_ONCE: usize = 100;
/// More than anybody reads; older ones are in the log group.
pub(super) const MOST_EVENTS: usize = 500;
/// How many requests the week may take without being asked for, and how many more each time: at one a second, about eight
/// minutes.
const REQUESTS_AT_ONCE: usize = 500;
/// How far behind the last reading the next one begins, since CloudTrail delivers late.
///
/// Source: CloudTrail User Guide, "How CloudTrail works": "typically delivers logs within an average of about 5 minutes
/// of an API call. This time is not guaranteed".
const OVERLAP: SignedDuration = SignedDuration::from_mins(30);

/// How much of the week is searched. A moment is how far back it is, where anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    All,
    /// The rest is being read.
    Reading(Option<Timestamp>),
    /// The rest is read when somebody asks for it.
    Paused(Option<Timestamp>),
    /// As many events are known as are shown at most.
    Full,
}

/// What is read, and what is to be read next.
#[derive(Debug)]
pub(super) struct Activity {
    /// The log group and the pattern that all of this is about.
    about: (String, String),
    /// The week, from when it was first asked for.
    week: Option<EventSearch>,
    /// What has come since, and up to when it is being read.
    recent: Option<(Timestamp, EventSearch)>,
    recent_due: Option<Timestamp>,
    /// Up to when everything recent is read, once it was.
    up_to: Option<Timestamp>,
    began: Option<Timestamp>,
    /// The piece that is being asked for, and whether it is one of the recent ones.
    asked: Option<(bool, Piece)>,
    recent_was_last: bool,
    requests_left: usize,
    events_wanted: usize,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            about: (String::new(), String::new()),
            week: None,
            recent: None,
            recent_due: None,
            up_to: None,
            began: None,
            asked: None,
            recent_was_last: false,
            requests_left: REQUESTS_AT_ONCE,
            events_wanted: EVENTS_AT_ONCE,
        }
    }
}

impl Activity {
    /// What to ask for now: what has come since the last time, where that is due, and what is left of the week. Where
    /// there is much of both, they take turns. `known` events are there; `span` is how far back the week goes, `every`
    /// how long what is recent stays good.
    pub(super) fn next(
        &mut self,
        about: (String, String),
        now: Timestamp,
        known: usize,
        span: SignedDuration,
        every: SignedDuration,
    ) -> Option<Piece> {
        if self.about != about {
            *self = Self { about, ..Self::default() };
        }
        let due = now.saturating_add(every).ok();
        if self.week.is_none() {
            self.week = Some(EventSearch::new(now.saturating_sub(span).unwrap_or(now), now));
            (self.began, self.up_to, self.recent_due) = (Some(now), Some(now), due);
        }
        let reads_on = self.reads_on(known);
        if self.recent.is_none() && (!reads_on || self.recent_due.is_none_or(|at| at <= now)) {
            let from = self.up_to.unwrap_or(now).saturating_sub(OVERLAP).unwrap_or(now);
            self.recent = Some((now, EventSearch::new(from, now)));
            self.recent_due = due;
        }
        let recent = self.recent.is_some() && !(reads_on && self.recent_was_last);
        let search = if recent { self.recent.as_mut().map(|(_, search)| search) } else { self.week.as_mut() };
        let piece = search?.take_next()?;
        if !recent {
            self.requests_left = self.requests_left.saturating_sub(1);
        }
        self.recent_was_last = recent;
        self.asked = Some((recent, piece.clone()));
        Some(piece)
    }

    /// The page that was asked for, or none came; `refused`: AWS calls the question wrong, as it does with an old token.
    pub(super) fn answered(&mut self, answer: Result<&EventPage, bool>) {
        let Some((recent, piece)) = self.asked.take() else { return };
        let search = if recent { self.recent.as_mut().map(|(_, search)| search) } else { self.week.as_mut() };
        let Some(search) = search else { return };
        match answer {
            Ok(page) => search.answered(&piece, page),
            Err(refused) => search.put_back(&piece, refused),
        }
        if let Some((to, _)) = self.recent.take_if(|(_, search)| search.is_complete()) {
            self.up_to = Some(to);
        }
    }

    /// What has come since is wanted at once, up to this moment.
    pub(super) fn refresh_now(&mut self) {
        self.recent_due = None;
        self.recent = None;
    }

    /// The next events, or the next part of the week.
    pub(super) fn read_on(&mut self, known: usize) {
        self.requests_left = REQUESTS_AT_ONCE;
        self.events_wanted = known + EVENTS_AT_ONCE;
    }

    fn reads_on(&self, known: usize) -> bool {
        matches!(self.searched(known), Searched::Reading(_))
    }

    /// Whether something is left that is read without being asked for.
    pub(super) fn is_reading(&self, known: usize) -> bool {
        self.recent.is_some() || self.recent_due.is_none() || self.reads_on(known)
    }

    /// Up to when what is recent is known.
    pub(super) fn up_to(&self) -> Option<Timestamp> {
        self.up_to
    }

    /// How far back the week is searched, with so many events known.
    pub(super) fn searched(&self, known: usize) -> Searched {
        let Some(week) = &self.week else { return Searched::Reading(None) };
        let back_to = Some(week.back_to()).filter(|back_to| self.began.is_none_or(|began| *back_to < began));
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

    fn ask(activity: &mut Activity, second: i64) -> Piece {
        activity.next(("g".into(), "p".into()), at(second), 0, WEEK, EVERY).unwrap()
    }

    fn leads_on() -> EventPage {
        EventPage { next: Some("more".into()), ..EventPage::default() }
    }

    #[test]
    fn a_week_on_one_page_takes_one_request_and_then_only_what_has_come_since_is_read() {
        let mut activity = Activity::default();
        let week = ask(&mut activity, 0);
        assert_eq!((week.from, week.to), (at(-7 * 86_400), at(0)));
        activity.answered(Ok(&EventPage::default()));
        assert_eq!((activity.searched(0), activity.is_reading(0)), (Searched::All, false));
        let recent = ask(&mut activity, 30);
        assert_eq!((recent.from, recent.to), (at(-1800), at(30)));
        activity.answered(Ok(&EventPage::default()));
        assert_eq!(activity.up_to(), Some(at(30)));
    }

    #[test]
    fn what_has_come_since_and_the_rest_of_the_week_take_turns() {
        let mut activity = Activity::default();
        ask(&mut activity, 0);
        activity.answered(Ok(&leads_on()));
        assert_eq!(activity.searched(0), Searched::Reading(None));
        let mut recent = 0;
        for second in 31..41 {
            if ask(&mut activity, second).to == at(31) {
                recent += 1;
            }
            activity.answered(Ok(&leads_on()));
        }
        assert_eq!(recent, 5);
        // Root is in use: it begins with this moment, not with what was left.
        activity.refresh_now();
        assert_eq!(ask(&mut activity, 41).to, at(41));
    }

    #[test]
    fn a_week_without_an_end_is_left_after_500_requests_and_gone_on_with_on_demand() {
        let mut activity = Activity::default();
        let mut second = 0;
        while activity.is_reading(0) && second < 5000 {
            ask(&mut activity, 0);
            activity.answered(Ok(&leads_on()));
            second += 1;
        }
        assert_eq!((second, activity.searched(0)), (500, Searched::Paused(None)));
        activity.read_on(0);
        assert_eq!(activity.searched(0), Searched::Reading(None));
    }

    #[test]
    fn another_log_group_or_pattern_is_searched_from_the_beginning() {
        let mut activity = Activity::default();
        ask(&mut activity, 0);
        activity.answered(Ok(&EventPage::default()));
        let piece = activity.next(("g".into(), "other".into()), at(60), 0, WEEK, EVERY).unwrap();
        assert_eq!((piece.from, piece.to), (at(60 - 7 * 86_400), at(60)));
        assert_eq!(activity.searched(0), Searched::Reading(None));
    }

    #[test]
    fn a_request_that_failed_is_made_again() {
        let mut activity = Activity::default();
        let first = ask(&mut activity, 0);
        activity.answered(Err(false));
        assert_eq!(ask(&mut activity, 1), first);
    }
}
