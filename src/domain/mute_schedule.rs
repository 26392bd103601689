//! When an alarm mute rule mutes.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

/// When a mute rule mutes.
///
/// Source: CloudWatch API, Schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MuteSchedule {
    /// `at(2026-12-23T00:00)` or `cron(0 18 * * FRI)`.
    pub expression: String,
    /// In ISO 8601, such as `P2DT12H`.
    pub duration: String,
    /// Such as `Europe/Berlin`; `None`: UTC.
    pub timezone: Option<String>,
}

impl MuteSchedule {
    /// From when to when, as in "from 2026-12-23 00:00 to 2026-12-30 00:00 UTC" or "for 2d 12h at cron(0 18 * * FRI),
    /// Europe/Berlin".
    #[must_use]
    pub fn describe(&self) -> String {
        let zone = self.timezone.as_deref().unwrap_or("UTC");
        let span = self.duration.parse::<Span>().ok();
        if let Some((start, end)) =
            self.start().zip(span).and_then(|(start, span)| Some((start, start.checked_add(span).ok()?)))
        {
            let text = |at: DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
            return format!("from {} to {} {zone}", text(start), text(end));
        }
        let duration = span.map_or_else(|| self.duration.clone(), |span| format!("{span:#}"));
        format!("for {duration} at {}, {zone}", self.expression)
    }

    /// When it starts if it mutes only once, in its time zone.
    fn start(&self) -> Option<DateTime> {
        self.expression.strip_prefix("at(")?.strip_suffix(')')?.parse().ok()
    }

    /// When the window that `now` is in ends; `None` if it is in none, or if that can't be told. `zone` is the time zone of
    /// the schedule.
    #[must_use]
    pub fn window_end(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let span: Span = self.duration.parse().ok()?;
        let end = |start: DateTime| {
            let end = start.to_zoned_datetime(zone.clone()).ok()?.checked_add(span).ok()?.timestamp();
            (end > now).then_some(end)
        };
        if let Some(start) = self.start() {
            return end(start)
                .filter(|_| start.to_zoned_datetime(zone.clone()).is_ok_and(|start| start.timestamp() <= now));
        }
        let cron = Cron::parse(&self.expression)?;
        let minute = now.to_zoned_datetime(zone.clone()).datetime();
        let minute = minute.with().second(0).subsec_nanosecond(0).build().ok()?;
        let mut starts = (0..LONGEST_WINDOW).filter_map(|ago| minute.checked_sub(SignedDuration::from_mins(ago)).ok());
        starts.find(|at| cron.matches(*at)).and_then(end)
    }
}

/// The length of the longest window, in minutes.
///
/// Source: CloudWatch API, Schedule, `Duration`: at most 15 days.
const LONGEST_WINDOW: i64 = 15 * 24 * 60;

/// The minutes at which a recurring schedule starts.
///
/// Source: CloudWatch API, Schedule, `Expression`: `cron(Minutes Hours Day-of-month Month Day-of-week)`, with `*`, `-`, and
/// `,` in all fields. How it numbers the days of the week is not documented.
#[derive(Debug)]
struct Cron {
    /// The values of each field that match; empty: all do.
    fields: [Vec<i8>; 5],
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

impl Cron {
    /// `None` if it can't be told what the expression means.
    fn parse(expression: &str) -> Option<Self> {
        let fields = expression.strip_prefix("cron(")?.strip_suffix(')')?.split_whitespace().collect::<Vec<_>>();
        let [minute, hour, day, month, weekday] = fields[..] else { return None };
        let number = |text: &str| text.parse().ok();
        let position = |names: &[&str], text: &str| {
            let index = names.iter().position(|name| text.eq_ignore_ascii_case(name))?;
            i8::try_from(index + 1).ok()
        };
        let month = values(month, &|text| position(&MONTHS, text).or_else(|| number(text)), 12)?;
        let weekday = values(weekday, &|text| position(&DAYS, text), 7)?;
        let day = values(day, &number, 31)?;
        // Whether both have to match, or one of them, is not documented.
        if !day.is_empty() && !weekday.is_empty() {
            return None;
        }
        Some(Self { fields: [values(minute, &number, 59)?, values(hour, &number, 23)?, day, month, weekday] })
    }

    fn matches(&self, at: DateTime) -> bool {
        let parts = [at.minute(), at.hour(), at.day(), at.month(), at.weekday().to_monday_one_offset()];
        self.fields.iter().zip(parts).all(|(values, part)| values.is_empty() || values.contains(&part))
    }
}

/// The values of one field, such as `1,3-5`; empty: every value. A range of days may go past the last one, as in
/// `FRI-MON`.
fn values(field: &str, value: &dyn Fn(&str) -> Option<i8>, last: i8) -> Option<Vec<i8>> {
    let mut all = Vec::new();
    if field == "*" {
        return Some(all);
    }
    for part in field.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (value(from)?, value(to)?);
        if from <= to {
            all.extend(from..=to);
        } else {
            all.extend((from..=last).chain(1..=to));
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(expression: &str, duration: &str, now: &str) -> Option<String> {
        let schedule = MuteSchedule { expression: expression.into(), duration: duration.into(), timezone: None };
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        schedule.window_end(now.parse().unwrap(), &zone).map(|at| at.to_string())
    }

    #[test]
    fn the_window_of_a_recurring_rule_ends_after_its_duration_in_its_time_zone() {
        // 2026-11-27 is a Friday; the zone is UTC plus one hour.
        let weekend = "cron(0 18 * * FRI)";
        let monday = Some("2026-11-30T05:00:00Z".to_owned());
        assert_eq!(end(weekend, "P2DT12H", "2026-11-27T17:00:00Z"), monday);
        assert_eq!(end(weekend, "P2DT12H", "2026-11-29T12:34:56Z"), monday);
        assert_eq!(end(weekend, "P2DT12H", "2026-11-30T05:00:00Z"), None);
        assert_eq!(end(weekend, "P2DT12H", "2026-11-27T16:59:59Z"), None);
        let nightly = "cron(30 22,23 * NOV-JAN *)";
        assert_eq!(end(nightly, "PT45M", "2026-11-27T21:40:00Z"), Some("2026-11-27T22:15:00Z".to_owned()));
        assert_eq!(end(nightly, "PT45M", "2026-10-27T21:40:00Z"), None);
        let long_weekend = "cron(0 0 * * SAT-MON)";
        assert_eq!(end(long_weekend, "PT24H", "2026-11-30T12:00:00Z"), Some("2026-11-30T23:00:00Z".to_owned()));
    }

    #[test]
    fn the_window_of_a_rule_that_mutes_once_is_the_one_that_it_names() {
        let (once, week) = ("at(2026-12-23T00:00)", "P7D");
        assert_eq!(end(once, week, "2026-12-24T00:00:00Z"), Some("2026-12-29T23:00:00Z".to_owned()));
        assert_eq!(end(once, week, "2026-12-22T00:00:00Z"), None);
        assert_eq!(end(once, week, "2026-12-30T00:00:00Z"), None);
    }

    #[test]
    fn an_expression_whose_meaning_is_not_documented_has_no_known_end() {
        for expression in ["cron(0 0 * * 1)", "cron(0 0 1 * MON)", "cron(0 0 * *)", "cron(0/5 * * * *)", "rate(1 day)"]
        {
            assert_eq!(end(expression, "P15D", "2026-11-27T12:00:00Z"), None, "{expression}");
        }
        assert_eq!(end("cron(0 0 * * *)", "a day", "2026-11-27T12:00:00Z"), None);
    }
}
