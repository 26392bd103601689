//! Alarm mute rules: while one is active, the alarm changes its state, but runs no action.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

    /// Its name and times, as in "the recurring mute rule `weekends` (until 2026-12-31 00:00 UTC)".
    #[must_use]
    pub fn describe(&self) -> String {
        let kind = if self.recurring { "recurring mute rule" } else { "mute rule" };
        let until =
            self.expires.map_or_else(String::new, |at| format!(" (until {})", at.strftime("%Y-%m-%d %H:%M UTC")));
        format!("the {kind} `{}`{until}", self.name)
    }
}
