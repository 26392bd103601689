//! Alarm mute rules: while one is active, the alarm changes its state, but runs no action.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::mute_schedule::MuteSchedule;

/// An alarm mute rule that is active or will be.
///
/// Source: CloudWatch API, ListAlarmMuteRules, AlarmMuteRuleSummary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MuteRule {
    pub name: String,
    pub status: MuteStatus,
    /// It mutes the alarm again and again.
    pub recurring: bool,
    /// When the rule ends; `None`: it doesn't.
    pub expires: Option<Timestamp>,
    /// When it mutes, and for how long; `None`: that could not be read.
    pub schedule: Option<MuteSchedule>,
    /// When it stops muting the alarm, if it is active; `None`: that isn't known.
    pub mutes_until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MuteStatus {
    /// The alarm is muted now.
    Active,
    #[default]
    Scheduled,
    /// It mutes nothing any more.
    Expired,
}

impl MuteRule {
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == MuteStatus::Active
    }

    /// Its name and times, as in "the recurring mute rule `weekends` (for 2d 12h at cron(0 18 * * FRI), UTC; until
    /// 2026-12-31 00:00 UTC)".
    #[must_use]
    pub fn describe(&self) -> String {
        let kind = if self.recurring { "recurring mute rule" } else { "mute rule" };
        let until = self.expires.map(|at| format!("until {}", at.strftime("%Y-%m-%d %H:%M UTC")));
        let times: Vec<String> = self.schedule.as_ref().map(MuteSchedule::describe).into_iter().chain(until).collect();
        let times = if times.is_empty() { String::new() } else { format!(" ({})", times.join("; ")) };
        format!("the {kind} `{}`{times}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(expression: &str, duration: &str, timezone: Option<&str>, expires: Option<&str>) -> String {
        let schedule = MuteSchedule {
            expression: expression.into(),
            duration: duration.into(),
            timezone: timezone.map(str::to_owned),
        };
        let rule = MuteRule {
            name: "r".into(),
            status: MuteStatus::Scheduled,
            recurring: expression.starts_with("cron"),
            expires: expires.map(|at| at.parse().unwrap()),
            schedule: Some(schedule),
            mutes_until: None,
        };
        rule.describe()
    }

    #[test]
    fn a_rule_that_mutes_once_has_a_start_and_an_end_and_a_recurring_one_its_schedule() {
        assert_eq!(
            described("at(2026-12-23T00:00)", "P7D", None, None),
            "the mute rule `r` (from 2026-12-23 00:00 to 2026-12-30 00:00 UTC)"
        );
        assert_eq!(
            described("cron(0 18 * * FRI)", "P2DT12H", Some("Europe/Berlin"), Some("2027-01-01T00:00:00Z")),
            "the recurring mute rule `r` (for 2d 12h at cron(0 18 * * FRI), Europe/Berlin; until 2027-01-01 00:00 UTC)"
        );
        // What can't be parsed is shown as it is.
        assert_eq!(described("at(soon)", "long", None, None), "the mute rule `r` (for long at at(soon), UTC)");
    }
}
