//! A search of the log group through a range of time: what is still to be read, newest first, and how far back it got.
//!
//! A page of `FilterLogEvents` may be empty and lead on to another one, and does not say which times it has covered. So
//! the whole range is asked for first, which is all it takes on most log groups. Where an empty page leads on, the rest
//! is cut into pieces with a start and an end of their own: a piece is searched when its last page is read.
//!
//! Source: CloudWatch Logs API, FilterLogEvents: "Partially full or empty pages don't necessarily mean that pagination
//! is finished".

use jiff::{SignedDuration, Timestamp};

use super::activity::EventPage;

/// The lengths that a range is cut into, longest first. The last is read to its end however many pages it has.
const LENGTHS: [SignedDuration; 4] = [
    SignedDuration::from_hours(7 * 24),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(1),
];

/// One question of a search: a range, both ends included, and the page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    id: u64,
    pub from: Timestamp,
    pub to: Timestamp,
    pub page: Option<String>,
    /// Down to when it is read already.
    reached: Timestamp,
    /// It has been handed out, and no answer has come back.
    asked: bool,
}

/// How far a search has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSearch {
    from: Timestamp,
    /// What is still to be read, newest first.
    open: Vec<Piece>,
    next_id: u64,
}

impl EventSearch {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        let mut search = Self { from, open: Vec::new(), next_id: 0 };
        let whole = search.piece(from, to);
        search.open.push(whole);
        search
    }

    fn piece(&mut self, from: Timestamp, to: Timestamp) -> Piece {
        self.next_id += 1;
        Piece { id: self.next_id, from, to, page: None, reached: to, asked: false }
    }

    /// The newest piece that is not being asked for; it is from now on.
    pub fn take_next(&mut self) -> Option<Piece> {
        let piece = self.open.iter_mut().find(|piece| !piece.asked)?;
        piece.asked = true;
        Some(piece.clone())
    }

    /// An answer to a piece. One that this search did not hand out changes nothing.
    pub fn answered(&mut self, asked: &Piece, answer: &EventPage) {
        let Some(index) = self.position(asked) else { return };
        let piece = &mut self.open[index];
        piece.asked = false;
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
            let pieces = self.cut(from, to, length);
            self.open.splice(index..=index, pieces);
        }
    }

    /// Pieces of that length, newest first. Each begins at the moment at which the older one ends, so that no event
    /// falls between them.
    fn cut(&mut self, from: Timestamp, to: Timestamp, length: SignedDuration) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut end = to;
        while end > from {
            let start = end.saturating_sub(length).map_or(from, |start| start.max(from));
            pieces.push(self.piece(start, end));
            end = start;
        }
        pieces
    }

    /// No answer came: the piece is asked for again. `without_token`: what is left of it, from a first page on, since
    /// its token is refused; tokens are good for 24 hours.
    pub fn put_back(&mut self, asked: &Piece, without_token: bool) {
        let Some(index) = self.position(asked) else { return };
        let piece = &mut self.open[index];
        piece.asked = false;
        if without_token {
            (piece.page, piece.to) = (None, piece.reached);
        }
    }

    fn position(&self, asked: &Piece) -> Option<usize> {
        self.open.iter().position(|piece| piece.id == asked.id && piece.asked)
    }

    /// Everything from this moment on is searched.
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

    /// Asks until all is read; each page covers that many hours, as on a log group that is busy all the time. How many
    /// questions that took.
    fn read(search: &mut EventSearch, covers: i64) -> usize {
        let mut asked = 0;
        let mut back_to = search.back_to();
        while let Some(piece) = search.take_next() {
            asked += 1;
            let pages: i64 = piece.page.as_ref().map_or(0, |page| page.parse().unwrap());
            let left = piece.to.duration_since(piece.from).as_hours() - (pages + 1) * covers;
            let next = (left > 0).then(|| (pages + 1).to_string());
            search.answered(&piece, &page(next.as_deref(), None));
            assert!(search.back_to() <= back_to, "it never says less than before");
            back_to = search.back_to();
        }
        asked
    }

    #[test]
    fn a_range_that_one_page_covers_takes_one_question() {
        let mut search = search(WEEK);
        assert_eq!((search.back_to(), search.is_complete()), (at(WEEK), false));
        assert_eq!(read(&mut search, WEEK), 1);
        assert_eq!((search.back_to(), search.is_complete()), (at(0), true));
    }

    #[test]
    fn an_empty_page_that_leads_on_is_searched_day_by_day_and_then_in_shorter_pieces() {
        assert_eq!(read(&mut search(WEEK), 24), 1 + 7);
        assert_eq!(read(&mut search(WEEK), 6), 1 + 7 + 28);
        assert_eq!(read(&mut search(WEEK), 1), 1 + 7 + 28 + 168);
        // What is longer than a week goes by weeks first.
        assert_eq!(read(&mut search(10 * WEEK), WEEK), 1 + 10);
    }

    #[test]
    fn what_is_searched_is_known_to_the_piece_however_the_answers_come() {
        let mut search = search(48);
        let whole = search.take_next().unwrap();
        assert_eq!(search.take_next(), None, "the whole range is being asked for");
        search.answered(&whole, &page(Some("t"), None));
        let (newer, older) = (search.take_next().unwrap(), search.take_next().unwrap());
        assert_eq!((newer.from, newer.to, older.from, older.to), (at(24), at(48), at(0), at(24)));
        assert_eq!(newer.page, None, "a token belongs to the range that it came with");
        search.answered(&older, &page(None, None));
        assert_eq!(search.back_to(), at(48), "the newer day may hold something");
        search.answered(&newer, &page(None, None));
        assert_eq!((search.back_to(), search.is_complete()), (at(0), true));
    }

    #[test]
    fn pages_with_events_go_on_by_their_token_and_tell_how_far_they_got() {
        let mut search = search(48);
        let first = search.take_next().unwrap();
        search.answered(&first, &page(Some("a"), Some(at(40))));
        assert_eq!(search.back_to(), at(40));
        let second = search.take_next().unwrap();
        assert_eq!((second.from, second.to, second.page.as_deref()), (at(0), at(48), Some("a")));
        // Then an empty one: what is left is cut up.
        search.answered(&second, &page(Some("b"), None));
        let rest = search.take_next().unwrap();
        assert_eq!((rest.from, rest.to, search.back_to()), (at(16), at(40), at(40)));
    }

    #[test]
    fn a_question_without_an_answer_is_asked_again_and_an_answer_to_nothing_changes_nothing() {
        let mut search = search(48);
        let first = search.take_next().unwrap();
        search.answered(&first, &page(Some("a"), Some(at(40))));
        let second = search.take_next().unwrap();
        search.put_back(&second, false);
        assert_eq!(search.take_next(), Some(second.clone()));
        search.put_back(&second, true);
        let third = search.take_next().unwrap();
        assert_eq!((third.page.as_deref(), third.to, search.back_to()), (None, at(40), at(40)));
        search.answered(&third, &page(None, None));
        let done = search.clone();
        search.answered(&third, &page(Some("late"), None));
        search.put_back(&third, false);
        assert_eq!(search, done);
    }
}
