//! The options that name resources and settings: one for each row of the table of settings.

use clap::builder::{BoolValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::domain::settings::{SettingId, SettingKind, yes_or_no};
use crate::domain::{RetentionDays, SetupOptions};

/// The setup options of `plan` and `apply`. Each has a default, or its value is found in the account.
pub(super) type SetupArgs = SettingArgs<false>;

/// Names of resources, instead of those that are found by following the chain.
pub(super) type NameArgs = SettingArgs<true>;

/// The options of all settings, or only of those that name a resource that rootbell creates.
#[derive(Debug)]
pub struct SettingArgs<const ONLY_NAMES: bool>(SetupOptions);

impl<const ONLY_NAMES: bool> SettingArgs<ONLY_NAMES> {
    pub fn setup_options(&self) -> SetupOptions {
        self.0.clone()
    }

    /// The first setting that was given.
    pub fn first(&self) -> Option<SettingId> {
        Self::settings().into_iter().find(|id| self.0.text(*id).is_some())
    }

    /// In the order of the help: the address, which has no default, comes first.
    fn settings() -> Vec<SettingId> {
        let is_option = |id: &SettingId| !ONLY_NAMES || id.created_resource().is_some();
        let mut all: Vec<SettingId> = SettingId::ALL.iter().copied().filter(is_option).collect();
        all.sort_by_key(|id| *id != SettingId::Emails);
        all
    }
}

impl<const ONLY_NAMES: bool> Args for SettingArgs<ONLY_NAMES> {
    fn augment_args(command: Command) -> Command {
        let heading =
            if ONLY_NAMES { "Names of resources, instead of those that rootbell finds" } else { "Setup options" };
        let help = |id: SettingId| if ONLY_NAMES { id.resource_name() } else { id.spec().help };
        command.args(Self::settings().into_iter().map(|id| arg(id).help(help(id)).help_heading(heading)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const ONLY_NAMES: bool> FromArgMatches for SettingArgs<ONLY_NAMES> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut options = Self(SetupOptions::default());
        options.update_from_arg_matches(matches).map(|()| options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for id in Self::settings() {
            for text in matches.get_many::<String>(id.long()).unwrap_or_default() {
                match id.spec().kind {
                    // Taken as it is, so that an address with a space is reported.
                    SettingKind::Addresses => self.0.emails.push(text.as_str().into()),
                    SettingKind::Name(_)
                    | SettingKind::OptionalName(_)
                    | SettingKind::Retention
                    | SettingKind::YesOrNo
                    | SettingKind::FilterPattern => self.0.set_text(id, text),
                }
            }
        }
        Ok(())
    }
}

/// The option of a setting. Its value is the setting's text.
fn arg(id: SettingId) -> Arg {
    let text = |value_name| Arg::new(id.long()).long(id.long()).value_name(value_name);
    match id.spec().kind {
        SettingKind::Name(_) => text("NAME"),
        SettingKind::OptionalName(_) => text("ARN"),
        SettingKind::FilterPattern => text("PATTERN"),
        SettingKind::Addresses => text("ADDRESS").action(ArgAction::Append).value_delimiter(','),
        SettingKind::Retention => {
            text("DAYS").value_parser(|text: &str| text.parse().map(|days: RetentionDays| days.to_string()))
        }
        SettingKind::YesOrNo => text("BOOL")
            .value_parser(BoolValueParser::new().map(|yes| yes_or_no(yes).to_owned()))
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{CommandFactory, Parser};

    use super::*;

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
    fn each_name_of_a_resource_that_rootbell_creates_is_an_option_of_the_other_commands() {
        let named: Vec<SettingId> =
            SettingId::ALL.iter().copied().filter(|id| id.created_resource().is_some()).collect();
        assert_eq!(flags::<NamesOnly>(), named.iter().map(|id| id.flag().to_owned()).collect());
        for id in named {
            let flag = format!("{}={}", id.flag(), example(id).0);
            assert_eq!(NamesOnly::parse_from(["x", flag.as_str()]).names.setup_options(), only(id), "{flag}");
        }
    }
}
