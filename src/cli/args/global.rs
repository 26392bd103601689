//! The options that apply to every command.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::cloud::Target;
use crate::domain::Region;
use crate::domain::change::quote;

/// The account and Region to use, and options that apply to every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Profile in the AWS configuration [default: AWS_PROFILE, or `default`]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS Region of the alarm [default: AWS_REGION, or the profile's]
    #[arg(long, global = true, value_name = "REGION", value_parser = Region::parse)]
    pub region: Option<Region>,
    /// Send all requests to this URL instead of AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Use a simulated account: no credentials, no network, nothing is kept
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true,
          default_missing_value = "fresh")]
    pub demo: Option<String>,
    /// Colors of the wizard
    #[arg(long, global = true, value_name = "THEME", default_value = "auto")]
    pub theme: ThemeOption,
    /// Don't ring the terminal bell when the alarm fires
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Write a log to this file; it contains no credentials
    #[arg(long, global = true, value_name = "PATH")]
    pub log_file: Option<PathBuf>,
    /// Log more details (twice: even more)
    #[arg(short, long, global = true, action = ArgAction::Count, requires = "log_file")]
    pub verbose: u8,
}

impl GlobalOptions {
    /// The options that select the account, for a command to run on the same account. Each is preceded by a space.
    pub fn flags(&self) -> String {
        let region = self.region.as_ref().map(Region::as_str);
        let options =
            [("profile", self.profile.as_deref()), ("region", region), ("endpoint-url", self.endpoint_url.as_deref())];
        let mut flags = String::new();
        for (name, value) in options {
            if let Some(value) = value {
                let _ = write!(flags, " --{name} {}", quote(value));
            }
        }
        if let Some(scenario) = &self.demo {
            let _ = write!(flags, " --demo={}", quote(scenario));
        }
        flags
    }

    pub fn target(&self) -> Target {
        Target { profile: self.profile.clone(), region: self.region.clone(), endpoint_url: self.endpoint_url.clone() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ThemeOption {
    /// `mono` if NO_COLOR is set, otherwise the terminal's colors
    #[default]
    Auto,
    Dark,
    Light,
    /// No colors
    Mono,
}

impl ThemeOption {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }
}
