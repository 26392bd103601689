//! The setup options, each as a value. Their table is in [`super::settings`].

use super::enum_map::variants;

variants! {
    /// A setup option, in the order in which the form shows them.
    pub enum SettingId {
        Trail,
        Retention,
        Bucket,
        LogGroup,
        Role,
        KmsKey,
        /// Whether CloudTrail may assume the role for this trail only.
        RestrictRole,
        Topic,
        Emails,
        /// Which of root's events are emailed one by one.
        Events,
        /// Where the emails say to find out what to do.
        Runbook,
        Filter,
        Pattern,
        /// Whether to make what auditors ask for as well.
        Audit,
        Alarm,
        /// Destinations that the user vouches for, because they can't be checked.
        Trust,
    }
}
