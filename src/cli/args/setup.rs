//! The options that name resources and settings: one for each row of the table of settings.

use std::marker::PhantomData;

use clap::builder::{BoolValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::domain::arn::Arn;
use crate::domain::event_scope::EventScope;
use crate::domain::settings::{SettingId, SettingKind, yes_or_no};
use crate::domain::{RetentionDays, SetupOptions};

/// The setup options of `plan` and `apply`. Each has a default, or its value is found in the account.
pub(super) type SetupArgs = SettingArgs<AllSettings>;

/// Names of resources, instead of those that are found by following the chain.
pub(super) type NameArgs = SettingArgs<Names>;

/// The same, and what the user vouches for.
pub(super) type CheckArgs = SettingArgs<NamesAndTrust>;

/// Which settings are options, and how their help is worded.
pub trait SettingSet {
    const HEADING: &'static str;
    fn contains(id: SettingId) -> bool;
    fn help(id: SettingId) -> &'static str;
}

#[derive(Debug)]
pub struct AllSettings;

#[derive(Debug)]
pub struct Names;

#[derive(Debug)]
pub struct NamesAndTrust;

impl SettingSet for AllSettings {
    const HEADING: &'static str = "Setup options";

    fn contains(_: SettingId) -> bool {
        true
    }

    fn help(id: SettingId) -> &'static str {
        id.spec().help
    }
}

impl SettingSet for Names {
    const HEADING: &'static str = "Names of resources, instead of those that rootbell finds";

    fn contains(id: SettingId) -> bool {
        id.created_resource().is_some()
    }

    fn help(id: SettingId) -> &'static str {
        id.resource_name()
    }
}

impl SettingSet for NamesAndTrust {
    const HEADING: &'static str = Names::HEADING;

    fn contains(id: SettingId) -> bool {
        Names::contains(id) || id == SettingId::Trust
    }

    fn help(id: SettingId) -> &'static str {
        if id == SettingId::Trust { AllSettings::help(id) } else { Names::help(id) }
    }
}

/// The options of a set of settings.
#[derive(Debug)]
pub struct SettingArgs<S>(SetupOptions, PhantomData<S>);

impl<S: SettingSet> SettingArgs<S> {
    pub fn setup_options(&self) -> SetupOptions {
        self.0.clone()
    }

    /// The first setting that was given.
    pub fn first(&self) -> Option<SettingId> {
        Self::settings().into_iter().find(|id| self.0.text(*id).is_some())
    }

    /// In the order of the help: the address, which has no default, comes first.
    fn settings() -> Vec<SettingId> {
        let mut all: Vec<SettingId> = SettingId::ALL.into_iter().filter(|id| S::contains(*id)).collect();
        all.sort_by_key(|id| *id != SettingId::Emails);
        all
    }
}

impl<S: SettingSet> Args for SettingArgs<S> {
    fn augment_args(command: Command) -> Command {
        let with_help =
            |id| args(id).map(move |arg| if arg.get_help().is_some() { arg } else { arg.help(S::help(id)) });
        command.args(Self::settings().into_iter().flat_map(with_help).map(|arg| arg.help_heading(S::HEADING)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: SettingSet> FromArgMatches for SettingArgs<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut options = Self(SetupOptions::default(), PhantomData);
        options.update_from_arg_matches(matches).map(|()| options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for id in Self::settings() {
            for text in matches.get_many::<String>(id.long()).unwrap_or_default() {
                match id.spec().kind {
                    // Taken as it is, so that an address with a space is reported.
                    SettingKind::Addresses => self.0.emails.push(text.as_str().into()),
                    SettingKind::Arns => self.0.trust.push(text.as_str().into()),
                    SettingKind::Name(_)
                    | SettingKind::OptionalName(_)
                    | SettingKind::Retention
                    | SettingKind::YesOrNo
                    | SettingKind::Choice(_)
                    | SettingKind::OptionalUrl
                    | SettingKind::FilterPattern => self.0.set_text(id, text),
                }
            }
            if let Some((flag, value)) = opposite(id)
                && matches.get_flag(flag)
            {
                self.0.set_text(id, value);
            }
        }
        Ok(())
    }
}

/// A second flag that sets a setting to this value.
fn opposite(id: SettingId) -> Option<(&'static str, &'static str)> {
    (id == SettingId::Events).then_some(("no-events", EventScope::No.as_str()))
}

/// The options of a setting.
fn args(id: SettingId) -> impl Iterator<Item = Arg> {
    let opposite = opposite(id).map(|(flag, _)| {
        Arg::new(flag).long(flag).action(ArgAction::SetTrue).conflicts_with(id.long()).help("Don't create event rules")
    });
    [arg(id)].into_iter().chain(opposite)
}

/// The option of a setting. Its value is the setting's text.
fn arg(id: SettingId) -> Arg {
    let text = |value_name| Arg::new(id.long()).long(id.long()).value_name(value_name);
    match id.spec().kind {
        SettingKind::Name(_) => text("NAME"),
        SettingKind::OptionalName(_) => text("ARN"),
        SettingKind::FilterPattern => text("PATTERN"),
        SettingKind::Arns => text("ARN")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(|text: &str| Arn::parse(text).map(|arn| arn.to_string())),
        SettingKind::Addresses => text("ADDRESS").action(ArgAction::Append).value_delimiter(','),
        SettingKind::Retention => {
            text("DAYS").value_parser(|text: &str| text.parse().map(|days: RetentionDays| days.to_string()))
        }
        SettingKind::OptionalUrl => text("URL"),
        SettingKind::Choice(names) => text("WHICH")
            .value_parser(PossibleValuesParser::new(names))
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value(names[1]),
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
            SettingKind::Choice(names) => (names[2], names[2]),
            SettingKind::OptionalUrl => ("https://a.example.com", "https://a.example.com"),
            SettingKind::FilterPattern => ("{ $.a = b }", "{ $.a = b }"),
            SettingKind::Arns => ("arn:aws:sns:a:1:x,arn:aws:sns:a:1:y", "arn:aws:sns:a:1:x, arn:aws:sns:a:1:y"),
        }
    }

    fn only(id: SettingId) -> SetupOptions {
        let mut setup = SetupOptions::default();
        setup.set_text(id, example(id).1);
        setup
    }

    #[test]
    fn each_setting_has_its_flag_and_each_flag_its_setting() {
        let all = SettingId::ALL.into_iter().map(|id| id.flag().to_owned()).chain(["--no-events".to_owned()]);
        assert_eq!(flags::<SetupOnly>(), all.collect());
        for id in SettingId::ALL {
            let flag = format!("{}={}", id.flag(), example(id).0);
            assert_eq!(SetupOnly::parse_from(["x", flag.as_str()]).setup.setup_options(), only(id), "{flag}");
        }
    }

    #[test]
    fn each_name_of_a_resource_that_rootbell_creates_is_an_option_of_the_other_commands() {
        let named: Vec<SettingId> = SettingId::ALL.into_iter().filter(|id| id.created_resource().is_some()).collect();
        assert_eq!(flags::<NamesOnly>(), named.iter().map(|id| id.flag().to_owned()).collect());
        for id in named {
            let flag = format!("{}={}", id.flag(), example(id).0);
            assert_eq!(NamesOnly::parse_from(["x", flag.as_str()]).names.setup_options(), only(id), "{flag}");
        }
    }
}
