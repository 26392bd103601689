//! The setup options, each as a value. Their table is in [`super::settings`].

/// Defines the settings, in the order in which the form shows them.
macro_rules! settings {
    ($($(#[$doc:meta])* $variant:ident,)*) => {
        /// A setup option.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SettingId {
            $($(#[$doc])* $variant,)*
        }

        impl SettingId {
            /// All settings, in the order in which the form shows them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }
    };
}

settings! {
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
    Filter,
    Pattern,
    /// Whether to make what auditors ask for as well.
    Audit,
    Alarm,
    /// Destinations that the user vouches for, because they can't be checked.
    Trust,
}
