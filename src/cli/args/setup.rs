//! The options that name resources and settings.

use clap::Args;

use crate::domain::arn::Arn;
use crate::domain::settings::SettingId;
use crate::domain::{Email, RetentionDays, SetupOptions};

/// The setup options of `plan` and `apply`. Each has a default, or its value is found in the account.
#[derive(Args, Debug)]
#[command(next_help_heading = "Setup options")]
pub struct SetupArgs {
    #[arg(long = SettingId::Emails.long(), help = SettingId::Emails.spec().help, value_name = "ADDRESS", value_delimiter = ',')]
    pub emails: Vec<Email>,
    #[arg(long = SettingId::Trail.long(), help = SettingId::Trail.spec().help, value_name = "NAME")]
    pub trail: Option<String>,
    #[arg(long = SettingId::Bucket.long(), help = SettingId::Bucket.spec().help, value_name = "NAME")]
    pub bucket: Option<String>,
    #[arg(long = SettingId::LogGroup.long(), help = SettingId::LogGroup.spec().help, value_name = "NAME")]
    pub log_group: Option<String>,
    #[arg(long = SettingId::Role.long(), help = SettingId::Role.spec().help, value_name = "NAME")]
    pub role: Option<String>,
    #[arg(long = SettingId::Retention.long(), help = SettingId::Retention.spec().help, value_name = "DAYS")]
    pub retention_days: Option<RetentionDays>,
    #[arg(long = SettingId::Topic.long(), help = SettingId::Topic.spec().help, value_name = "NAME")]
    pub topic: Option<String>,
    #[arg(long = SettingId::Filter.long(), help = SettingId::Filter.spec().help, value_name = "NAME")]
    pub filter: Option<String>,
    #[arg(long = SettingId::Pattern.long(), help = SettingId::Pattern.spec().help, value_name = "PATTERN")]
    pub pattern: Option<String>,
    #[arg(long = SettingId::Alarm.long(), help = SettingId::Alarm.spec().help, value_name = "NAME")]
    pub alarm: Option<String>,
    #[arg(long = SettingId::KmsKey.long(), help = SettingId::KmsKey.spec().help, value_name = "ARN")]
    pub kms_key: Option<String>,
    #[arg(
        long = SettingId::RestrictRole.long(),
        help = SettingId::RestrictRole.spec().help,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub role_source_arn: Option<bool>,
    #[arg(
        long = SettingId::Audit.long(),
        help = SettingId::Audit.spec().help,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub audit: Option<bool>,
}

impl SetupArgs {
    pub fn setup_options(&self) -> SetupOptions {
        SetupOptions {
            trail: self.trail.clone(),
            bucket: self.bucket.clone(),
            log_group: self.log_group.clone(),
            role: self.role.clone(),
            retention_days: self.retention_days,
            topic: self.topic.clone(),
            emails: self.emails.clone(),
            filter: self.filter.clone(),
            pattern: self.pattern.clone(),
            alarm: self.alarm.clone(),
            kms_key: self.kms_key.as_deref().map(Arn::from),
            role_source_arn: self.role_source_arn,
            audit: self.audit,
        }
    }
}

/// Names of resources that can't be found by following the chain.
#[derive(Args, Debug)]
#[command(next_help_heading = "Names of resources that rootbell does not find by itself")]
pub struct NameArgs {
    #[arg(long = SettingId::Trail.long(), help = SettingId::Trail.resource_name(), value_name = "NAME")]
    pub trail: Option<String>,
    #[arg(long = SettingId::Bucket.long(), help = SettingId::Bucket.resource_name(), value_name = "NAME")]
    pub bucket: Option<String>,
    #[arg(long = SettingId::LogGroup.long(), help = SettingId::LogGroup.resource_name(), value_name = "NAME")]
    pub log_group: Option<String>,
    #[arg(long = SettingId::Role.long(), help = SettingId::Role.resource_name(), value_name = "NAME")]
    pub role: Option<String>,
    #[arg(long = SettingId::Topic.long(), help = SettingId::Topic.resource_name(), value_name = "NAME")]
    pub topic: Option<String>,
    #[arg(long = SettingId::Filter.long(), help = SettingId::Filter.resource_name(), value_name = "NAME")]
    pub filter: Option<String>,
    #[arg(long = SettingId::Alarm.long(), help = SettingId::Alarm.resource_name(), value_name = "NAME")]
    pub alarm: Option<String>,
}

impl NameArgs {
    pub fn setup_options(&self) -> SetupOptions {
        SetupOptions {
            trail: self.trail.clone(),
            bucket: self.bucket.clone(),
            log_group: self.log_group.clone(),
            role: self.role.clone(),
            topic: self.topic.clone(),
            filter: self.filter.clone(),
            alarm: self.alarm.clone(),
            ..SetupOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::domain::settings::SettingKind;

    #[derive(Parser)]
    struct SetupOnly {
        #[command(flatten)]
        setup: SetupArgs,
    }

    #[derive(Parser)]
    struct NamesOnly {
        #[command(flatten)]
        names: NameArgs,
    }

    fn flags<P: CommandFactory>() -> BTreeSet<String> {
        P::command().get_arguments().filter_map(|arg| arg.get_long().map(|long| format!("--{long}"))).collect()
    }

    /// A value on the command line, and the text of the option that it sets.
    fn example(id: SettingId) -> (&'static str, &'static str) {
        match id.spec().kind {
            SettingKind::Name(_) | SettingKind::OptionalName(_) => ("mine", "mine"),
            SettingKind::Retention => ("731", "731"),
            SettingKind::Addresses => ("a@b.de,c@d.de", "a@b.de, c@d.de"),
            SettingKind::YesOrNo => ("true", "yes"),
            SettingKind::FilterPattern => ("{ $.a = b }", "{ $.a = b }"),
        }
    }

    fn only(id: SettingId) -> SetupOptions {
        let mut setup = SetupOptions::default();
        setup.set_text(id, example(id).1);
        setup
    }

    #[test]
    fn each_setting_has_its_flag_and_each_flag_its_setting() {
        assert_eq!(flags::<SetupOnly>(), SettingId::ALL.iter().map(|id| id.flag().to_owned()).collect());
        for id in SettingId::ALL.iter().copied() {
            let flag = format!("{}={}", id.flag(), example(id).0);
            assert_eq!(SetupOnly::parse_from(["x", flag.as_str()]).setup.setup_options(), only(id), "{flag}");
        }
    }

    #[test]
    fn each_name_of_a_resource_that_rootbell_creates_can_be_given_to_destroy_and_policy() {
        let named: Vec<SettingId> =
            SettingId::ALL.iter().copied().filter(|id| id.created_resource().is_some()).collect();
        assert_eq!(flags::<NamesOnly>(), named.iter().map(|id| id.flag().to_owned()).collect());
        for id in named {
            let flag = format!("{}={}", id.flag(), example(id).0);
            assert_eq!(NamesOnly::parse_from(["x", flag.as_str()]).names.setup_options(), only(id), "{flag}");
        }
    }
}
