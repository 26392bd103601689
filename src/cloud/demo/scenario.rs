//! Accounts to look around in: the ones that come along, and a person's own file.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use toml::{Table, Value};

use super::account::{Account, Seconds};
use super::queries::AccountView;
use super::{Clock, DemoCloud, change};
use crate::cloud::{Answer, CloudError, Connector, ErrorKind, Session, Target};
use crate::domain::plan::plan;
use crate::domain::{Change, Observed, Settings, SetupOptions, names};

macro_rules! scenarios {
    ($($name:literal),+) => {
        /// The scenarios that come along, by name, each as its file reads.
        pub const SCENARIOS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../assets/demo/", $name, ".toml")))),+];
    };
}

scenarios!("fresh", "half-done", "organization", "denied", "expired", "drifted", "ringing");

/// What rootbell has set up before the demo starts, with its defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SetUp {
    emails: Vec<String>,
    /// The beginnings of the ids of the changes to make, such as `bucket`; left out: all of them.
    only: Vec<String>,
    /// When it was, in seconds from when the demo starts.
    at: Seconds,
}

impl Account {
    /// Reads a scenario. What it says of a thing that `[set_up]` made is laid over it.
    ///
    /// # Errors
    /// What is wrong with the text, for the person who wrote it.
    pub fn read(text: &str) -> Result<Self, String> {
        let said = |error: toml::de::Error| error.to_string().trim().to_owned();
        let mut file: Table = text.parse().map_err(said)?;
        let set_up = file.remove("set_up").map(Value::try_into::<SetUp>).transpose().map_err(said)?;
        let Some(set_up) = set_up else { return file.try_into().map_err(said) };
        // Who and where it is decides the names of what is set up; the rest is laid over it.
        let bare: Table = file.iter().filter(|(_, v)| !v.is_table()).map(|(k, v)| (k.clone(), v.clone())).collect();
        let made = bare.try_into::<Self>().map_err(said)?.set_up(&set_up)?;
        let mut made = Table::try_from(made).map_err(|error| error.to_string())?;
        lay_over(&mut made, file);
        made.try_into().map_err(said)
    }

    /// The account after rootbell has set everything up in the account's region, with its defaults, long ago. The
    /// e-mails are still to be confirmed.
    ///
    /// # Errors
    /// An account that has things of the same names already, but others.
    pub fn set_up_for(self, emails: &[&str]) -> Result<Self, String> {
        let emails = emails.iter().map(|&email| email.to_owned()).collect();
        self.set_up(&SetUp { emails, ..SetUp::default() }).map(Self::timeless)
    }

    fn set_up(mut self, set_up: &SetUp) -> Result<Self, String> {
        let setup = SetupOptions { emails: set_up.emails.clone(), ..SetupOptions::default() };
        let nothing = Observed::nothing();
        let settings = Settings::resolve(&self.identity(), &self.region, &setup, &nothing);
        let scene = AccountView {
            account_region: settings.account_region.clone(),
            start: Timestamp::UNIX_EPOCH,
            now: set_up.at,
        };
        let timing = std::mem::take(&mut self.timing);
        let wanted = |change: &&Change| {
            let id = change.id();
            set_up.only.is_empty() || set_up.only.iter().any(|start| id.starts_with(start.as_str()))
        };
        for change in plan(&settings, &nothing).changes().filter(wanted) {
            change::apply(&mut self, &scene, change)
                .map_err(|no| format!("set_up cannot do `{}`: {}", change.id(), no.message))?;
        }
        self.timing = timing;
        Ok(self)
    }
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            // A policy is one thing: two of them are not mixed.
            (Some(Value::Table(below)), Value::Table(above)) if !matches!(key.as_str(), "policy" | "trust") => {
                lay_over(below, above);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// What makes sessions on one account in memory.
#[derive(Clone, Debug)]
pub struct DemoConnector {
    cloud: DemoCloud,
    region: String,
    profiles: Vec<String>,
}

impl DemoConnector {
    /// A scenario by name, or by the path of a file (with a `/` in it, or ending in `.toml`).
    ///
    /// # Errors
    /// No such scenario or file, or what is wrong in it.
    pub fn new(scenario: &str, clock: Clock) -> Result<Self, String> {
        let is_file = scenario.contains('/')
            || Path::new(scenario).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        let account = if is_file {
            let text = std::fs::read_to_string(scenario).map_err(|e| format!("Cannot read `{scenario}`: {e}."))?;
            Account::read(&text).map_err(|said| format!("`{scenario}` is no demo account: {said}"))?
        } else {
            let known = SCENARIOS.iter().find(|(name, _)| *name == scenario);
            let Some((_, text)) = known else {
                let names: Vec<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
                return Err(format!(
                    "There is no demo account `{scenario}`; there are {}, or the path of a file of your own.",
                    names.join(", ")
                ));
            };
            Account::read(text)?
        };
        Ok(Self::of(account, clock))
    }

    /// On an account made elsewhere.
    #[must_use]
    pub fn of(account: Account, clock: Clock) -> Self {
        let (region, mut profiles) = (account.region.clone(), account.profiles.clone());
        profiles.sort();
        Self { cloud: DemoCloud::new(account, clock), region, profiles }
    }

    /// The account that all sessions share.
    #[must_use]
    pub fn cloud(&self) -> &DemoCloud {
        &self.cloud
    }
}

#[async_trait]
impl Connector for DemoConnector {
    async fn connect(&self, target: &Target) -> Answer<Session> {
        if let Some(profile) = target.profile.as_ref().filter(|profile| !self.profiles.contains(profile)) {
            let message = format!("the demo account has no profile `{profile}`");
            return Err(CloudError::local(ErrorKind::NoProfile, message));
        }
        let (region, region_from) = match &target.region {
            Some(region) => (region.clone(), "your choice"),
            None => (self.region.clone(), "the demo account"),
        };
        if region.is_empty() {
            return Err(CloudError::local(ErrorKind::NoRegion, "the demo account names no region"));
        }
        names::region(&region).map_err(|said| CloudError::local(ErrorKind::Invalid, said))?;
        let profile = target.profile.clone().filter(|profile| profile != "default");
        let cloud = self.cloud.in_region(&region).through_profile(profile.as_deref());
        Ok(Session { cloud: std::sync::Arc::new(cloud), region, region_from: region_from.to_owned(), profile })
    }

    async fn profiles(&self) -> Vec<String> {
        self.profiles.clone()
    }

    fn open_links(&self) {
        for email in self.cloud.unconfirmed() {
            self.cloud.confirm(&email);
        }
    }
}
