//! A search of the log group over a time range: what is still to be read, newest first, and how far back it has got.
//!
//! A page of `FilterLogEvents` can be empty even though another page follows, and does not say which times it covered.
//! So the search requests the whole range first, which is enough for most log groups. If an empty page is followed by
//! another, the rest of the range is split into pieces: a piece is complete once its last page has been read.
//!
//! Source: CloudWatch Logs API, FilterLogEvents: "Partially full or empty pages don't necessarily mean that pagination
//! is finished".

use jiff::{SignedDuration, Timestamp};

use super::activity::EventPage;

/// The lengths of the pieces, longest first. A piece of the last length is not split again, however many pages it has.
const LENGTHS: [SignedDuration; 4] = [
    SignedDuration::from_hours(7 * 24),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(1),
];

/// One request of a search: a time range, including both ends, and the page to request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    id: u64,
    pub from: Timestamp,
    pub to: Timestamp,
    pub page: Option<String>,
    /// Everything from this time on has been read.
    reached: Timestamp,
    /// Whether the request is in progress.
    in_progress: bool,
}

/// The progress of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSearch {
    from: Timestamp,
    /// What is still to be read, newest first.
    open: Vec<Piece>,
    next_id: u64,
}

impl EventSearch {
    /// A new search, with nothing read yet.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        let mut search = Self { from, open: Vec::new(), next_id: 0 };
        let whole = search.piece(from, to);
        search.open.push(whole);
        search
    }

    fn piece(&mut self, from: Timestamp, to: Timestamp) -> Piece {
        self.next_id += 1;
        Piece { id: self.next_id, from, to, page: None, reached: to, in_progress: false }
    }

    /// Takes the newest piece that is not in progress, and marks it as in progress.
    pub fn take_next(&mut self) -> Option<Piece> {
        let piece = self.open.iter_mut().find(|piece| !piece.in_progress)?;
        piece.in_progress = true;
        Some(piece.clone())
    }

    /// Records the page that was read for a piece. A piece that is not in progress is ignored. Returns whether its events
    /// are the newest of the range. They may not be if the page did not begin with the newest event: then its range is
    /// split, and they are found again.
    ///
    /// Source: CloudWatch Logs API, FilterLogEvents, `startFromHead`, which was added in 2026: an endpoint that does not
    /// know it yet returns the oldest events first.
    #[must_use]
    pub fn answered(&mut self, requested: &Piece, answer: &EventPage) -> bool {
        let Some(index) = self.position(requested) else { return false };
        let piece = &mut self.open[index];
        piece.in_progress = false;
        piece.page.clone_from(&answer.next);
        if let Some(reached) = answer.reached {
            piece.reached = reached.clamp(piece.from, piece.reached);
        }
        let (from, to) = (piece.from, piece.reached);
        if answer.next.is_none() {
            self.open.remove(index);
        } else if answer.reached.is_none()
            && let Some(length) = LENGTHS.into_iter().find(|length| *length < to.duration_since(from))
        {
            let pieces = self.split(from, to, length);
            self.open.splice(index..=index, pieces);
            return answer.events.len() < 2;
        }
        true
    }

    /// Pieces of that length, newest first. Each starts at the moment when the next older one ends, so that no event is
    /// missed.
    fn split(&mut self, from: Timestamp, to: Timestamp, length: SignedDuration) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut end = to;
        while end > from {
            let start = end.saturating_sub(length).map_or(from, |start| start.max(from));
            pieces.push(self.piece(start, end));
            end = start;
        }
        pieces
    }

    /// The request failed, so the piece will be requested again. `without_token`: its page token was rejected (tokens
    /// are valid for 24 hours), so the rest of it starts with a first page.
    pub fn put_back(&mut self, requested: &Piece, without_token: bool) {
        let Some(index) = self.position(requested) else { return };
        let piece = &mut self.open[index];
        piece.in_progress = false;
        if without_token {
            (piece.page, piece.to) = (None, piece.reached);
        }
    }

    fn position(&self, requested: &Piece) -> Option<usize> {
        self.open.iter().position(|piece| piece.id == requested.id && piece.in_progress)
    }

    /// Everything from this time on has been searched.
    #[must_use]
    pub fn back_to(&self) -> Timestamp {
        self.open.first().map_or(self.from, |newest| newest.reached)
    }

    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::RootEvent;

    const WEEK: i64 = 7 * 24;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + hour * 3600).unwrap()
    }

    fn search(hours: i64) -> EventSearch {
        EventSearch::new(at(0), at(hours))
    }

    fn page(next: Option<&str>, reached: Option<Timestamp>) -> EventPage {
        EventPage { events: Vec::new(), next: next.map(str::to_owned), reached }
    }

    /// Runs the search to its end and counts the requests. Each page covers `covers` hours, as in a busy log group.
    fn requests_needed(search: &mut EventSearch, covers: i64) -> usize {
        let mut requests = 0;
        let mut back_to = search.back_to();
        while let Some(piece) = search.take_next() {
            requests += 1;
            let pages: i64 = piece.page.as_ref().map_or(0, |page| page.parse().unwrap());
            let left = piece.to.duration_since(piece.from).as_hours() - (pages + 1) * covers;
            let next = (left > 0).then(|| (pages + 1).to_string());
            let _ = search.answered(&piece, &page(next.as_deref(), None));
            assert!(search.back_to() <= back_to, "it never moves forward");
            back_to = search.back_to();
        }
        requests
    }

    #[test]
    fn a_range_that_one_page_covers_takes_one_request() {
        let mut search = search(WEEK);
        assert_eq!((search.back_to(), search.is_complete()), (at(WEEK), false));
        assert_eq!(requests_needed(&mut search, WEEK), 1);
        assert_eq!((search.back_to(), search.is_complete()), (at(0), true));
    }

    #[test]
    fn after_an_empty_page_with_a_successor_the_range_is_split_into_days_then_shorter_pieces() {
        assert_eq!(requests_needed(&mut search(WEEK), 24), 1 + 7);
        assert_eq!(requests_needed(&mut search(WEEK), 6), 1 + 7 + 28);
        assert_eq!(requests_needed(&mut search(WEEK), 1), 1 + 7 + 28 + 168);
        // A range longer than a week is split into weeks first.
        assert_eq!(requests_needed(&mut search(10 * WEEK), WEEK), 1 + 10);
    }

    #[test]
    fn the_searched_range_is_exact_whatever_order_the_answers_come_in() {
        let mut search = search(48);
        let first = search.take_next().unwrap();
        assert_eq!(search.take_next(), None, "the whole range is in progress");
        let _ = search.answered(&first, &page(Some("t"), None));
        let (newer, older) = (search.take_next().unwrap(), search.take_next().unwrap());
        assert_eq!((newer.from, newer.to, older.from, older.to), (at(24), at(48), at(0), at(24)));
        assert_eq!(newer.page, None, "a token is only valid for the range that it came with");
        let _ = search.answered(&older, &page(None, None));
        assert_eq!(search.back_to(), at(48), "the newer day may contain events");
        let _ = search.answered(&newer, &page(None, None));
        assert_eq!((search.back_to(), search.is_complete()), (at(0), true));
    }

    #[test]
    fn a_page_with_events_is_continued_by_its_token_and_says_how_far_it_got() {
        let mut search = search(48);
        let first = search.take_next().unwrap();
        let _ = search.answered(&first, &page(Some("a"), Some(at(40))));
        assert_eq!(search.back_to(), at(40));
        let second = search.take_next().unwrap();
        assert_eq!((second.from, second.to, second.page.as_deref()), (at(0), at(48), Some("a")));
        // Then an empty page: the rest is split.
        let _ = search.answered(&second, &page(Some("b"), None));
        let rest = search.take_next().unwrap();
        assert_eq!((rest.from, rest.to, search.back_to()), (at(16), at(40), at(40)));
    }

    #[test]
    fn events_that_came_oldest_first_are_not_taken_for_the_newest() {
        let event = |hour| RootEvent::decode("{}", "e", Some(at(hour)));
        let full = EventPage { events: vec![event(2), event(1)], next: Some("t".into()), reached: None };
        let mut search = search(48);
        let whole = search.take_next().unwrap();
        assert!(!search.answered(&whole, &full), "they are found again in the pieces");
        assert_eq!(search.take_next().unwrap().from, at(24), "the newest day is read first");
        // In the right order, the page says how far it got.
        let mut search = EventSearch::new(at(0), at(48));
        let whole = search.take_next().unwrap();
        assert!(search.answered(&whole, &EventPage { reached: Some(at(1)), ..full.clone() }));
        // An hour is not split: all its pages are read.
        let mut search = EventSearch::new(at(0), at(1));
        let whole = search.take_next().unwrap();
        assert!(search.answered(&whole, &full));
    }

    #[test]
    fn a_failed_request_is_repeated_and_an_unexpected_answer_is_ignored() {
        let mut search = search(48);
        let first = search.take_next().unwrap();
        let _ = search.answered(&first, &page(Some("a"), Some(at(40))));
        let second = search.take_next().unwrap();
        search.put_back(&second, false);
        assert_eq!(search.take_next(), Some(second.clone()));
        search.put_back(&second, true);
        let third = search.take_next().unwrap();
        assert_eq!((third.page.as_deref(), third.to, search.back_to()), (None, at(40), at(40)));
        let _ = search.answered(&third, &page(None, None));
        let done = search.clone();
        let _ = search.answered(&third, &page(Some("late"), None));
        search.put_back(&third, false);
        assert_eq!(search, done);
    }
}
