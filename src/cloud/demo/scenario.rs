//! Demo accounts: the built-in scenarios, and files that users write.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use toml::{Table, Value};

use super::account::{Account, Seconds};
use super::view::AccountView;
use super::{DemoClock, DemoCloud, change};
use crate::cloud::diagnosis::{Answered, Origins, Reached, Sourced};
use crate::cloud::{Answer, CloudError, Connector, ErrorKind, Session, Target};
use crate::domain::event_scope::EventScope;
use crate::domain::plan::plan;
use crate::domain::profile::Profile;
use crate::domain::{Change, Email, Observed, Region, Settings, SetupOptions};

macro_rules! scenarios {
    ($($name:literal),+) => {
        /// The built-in scenarios: name, and contents of the file.
        pub const SCENARIOS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../assets/demo/", $name, ".toml")))),+];
    };
}

scenarios!("fresh", "half-done", "organization", "denied", "expired", "drifted", "other-region", "ringing");

/// The table `[set_up]`: what rootbell has set up, with its default settings, before the demo starts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SetUpSection {
    emails: Vec<Email>,
    /// Prefixes of the ids of the changes to make, such as `bucket`; left out: all changes.
    only: Vec<String>,
    /// Which of root's events are emailed one by one: `no`, `changes`, or `writes`; left out: `no`, because files that are
    /// older than event rules don't say.
    events: Option<String>,
    /// When it was set up.
    at: Seconds,
}

impl Account {
    /// Parses a scenario. Its other tables override what `[set_up]` created.
    ///
    /// # Errors
    /// A message for the author of the file.
    pub fn read(text: &str) -> Result<Self, String> {
        let message = |error: toml::de::Error| error.to_string().trim().to_owned();
        let mut file: Table = text.parse().map_err(message)?;
        let set_up = file.remove("set_up").map(Value::try_into::<SetUpSection>).transpose().map_err(message)?;
        let Some(set_up) = set_up else {
            let account: Self = file.clone().try_into().map_err(message)?;
            return account.with_known_keys(&file);
        };
        // The names of the resources depend on the account's id and Region. The tables are merged in afterwards.
        let top_level: Table =
            file.iter().filter(|(_, v)| !v.is_table()).map(|(k, v)| (k.clone(), v.clone())).collect();
        let account = top_level.try_into::<Self>().map_err(message)?.set_up(&set_up)?;
        let mut merged = Table::try_from(account).map_err(|error| error.to_string())?;
        merge(&mut merged, file.clone());
        let account: Self = merged.try_into().map_err(message)?;
        account.with_known_keys(&file)
    }

    /// Returns the account if each key of its file stands for something in it: serde ignores unknown keys in the tables
    /// that are made of two structs.
    fn with_known_keys(self, file: &Table) -> Result<Self, String> {
        let account = serde_json::to_value(&self).map_err(|error| error.to_string())?;
        check_keys(&Value::Table(file.clone()), &account, "the file")?;
        Ok(self)
    }

    /// The account after rootbell set everything up, long ago, in the account's Region and with the default settings.
    /// The email addresses are not confirmed yet.
    ///
    /// # Errors
    /// The account has other resources with the same names.
    pub fn set_up_for(self, emails: &[&str]) -> Result<Self, String> {
        let emails = emails.iter().map(|&email| email.into()).collect();
        self.set_up(&SetUpSection { emails, ..SetUpSection::default() }).map(Self::without_times)
    }

    /// The same with the event rules that a first setup creates.
    ///
    /// # Errors
    /// As [`Self::set_up_for`].
    pub fn set_up_with_events_for(self, emails: &[&str]) -> Result<Self, String> {
        let emails = emails.iter().map(|&email| email.into()).collect();
        let events = Some(EventScope::Changes.to_string());
        self.set_up(&SetUpSection { emails, events, ..SetUpSection::default() }).map(Self::without_times)
    }

    fn set_up(mut self, set_up: &SetUpSection) -> Result<Self, String> {
        let events = set_up.events.as_deref().map_or(Ok(EventScope::No), str::parse)?;
        let setup = SetupOptions { emails: set_up.emails.clone(), events: Some(events), ..SetupOptions::default() };
        let nothing = Observed::nothing();
        let settings = Settings::resolve(&self.identity(), &Region::new(self.region.as_str()), &setup, &nothing);
        let view = |region: &Region| AccountView {
            account_region: settings.account_region.in_region(region),
            start: Timestamp::UNIX_EPOCH,
            now: set_up.at,
        };
        let timing = std::mem::take(&mut self.timing);
        let is_selected = |(change, _): &(&Change, &Region)| {
            let id = change.id().to_string();
            set_up.only.is_empty() || set_up.only.iter().any(|prefix| id.starts_with(prefix.as_str()))
        };
        for (change, region) in plan(&settings, &nothing).changes_in_regions().filter(is_selected) {
            change::apply(&mut self, &view(region), change)
                .map_err(|error| format!("set_up: `{}` failed: {}", change.id(), error.message))?;
        }
        self.timing = timing;
        Ok(self)
    }
}

/// # Errors
/// The first key in the file that the account does not have.
fn check_keys(file: &Value, account: &serde_json::Value, place: &str) -> Result<(), String> {
    match (file, account) {
        (Value::Table(file), serde_json::Value::Object(account)) => file.iter().try_for_each(|(key, value)| {
            let Some(known) = account.get(key) else {
                let keys: Vec<String> = account.keys().map(|key| format!("`{key}`")).collect();
                return Err(format!("unknown field `{key}` in {place}, expected one of {}", keys.join(", ")));
            };
            check_keys(value, known, &format!("`{key}` of {place}"))
        }),
        (Value::Array(file), serde_json::Value::Array(account)) => {
            file.iter().zip(account).try_for_each(|(value, known)| check_keys(value, known, place))
        }
        _ => Ok(()),
    }
}

fn merge(base: &mut Table, overrides: Table) {
    for (key, value) in overrides {
        match (base.get_mut(&key), value) {
            // A policy is replaced as a whole.
            (Some(Value::Table(base)), Value::Table(overrides)) if !matches!(key.as_str(), "policy" | "trust") => {
                merge(base, overrides);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Connects to a demo account. All sessions share it.
#[derive(Clone, Debug)]
pub struct DemoConnector {
    cloud: DemoCloud,
    region: String,
    profiles: Vec<String>,
}

impl DemoConnector {
    /// Opens a scenario by its name, or by the path of a file (contains `/` or ends in `.toml`).
    ///
    /// # Errors
    /// The scenario or file does not exist or is invalid.
    pub fn new(scenario: &str, clock: DemoClock) -> Result<Self, String> {
        let is_file = scenario.contains('/')
            || Path::new(scenario).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        let account = if is_file {
            let text = std::fs::read_to_string(scenario).map_err(|e| format!("Cannot read `{scenario}`: {e}."))?;
            Account::read(&text).map_err(|message| format!("`{scenario}` is not a valid demo account: {message}"))?
        } else {
            let known = SCENARIOS.iter().find(|(name, _)| *name == scenario);
            let Some((_, text)) = known else {
                let names: Vec<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
                return Err(format!(
                    "There is no demo account `{scenario}`. Use one of {}, or the path of your own file.",
                    names.join(", ")
                ));
            };
            Account::read(text)?
        };
        Ok(Self::for_account(account, clock))
    }

    /// Connects to the given account.
    #[must_use]
    pub fn for_account(account: Account, clock: DemoClock) -> Self {
        let (region, mut profiles) = (account.region.clone(), account.profiles.clone());
        profiles.sort();
        Self { cloud: DemoCloud::new(account, clock), region, profiles }
    }

    /// The account that the sessions share.
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
            Some(region) => (region.as_str(), "your selection"),
            None => (self.region.as_str(), "the demo account"),
        };
        if region.is_empty() {
            return Err(CloudError::local(ErrorKind::NoRegion, "the demo account has no default Region"));
        }
        let region = Region::parse(region).map_err(|message| CloudError::local(ErrorKind::Invalid, message))?;
        let profile = target.profile.clone().filter(|profile| profile != "default");
        let cloud = self.cloud.in_region(&region).through_profile(profile.as_deref());
        Ok(Session { cloud: std::sync::Arc::new(cloud), region, region_from: region_from.to_owned(), profile })
    }

    async fn profiles(&self) -> Vec<Profile> {
        self.profiles.iter().map(Profile::named).collect()
    }

    async fn origins(&self, target: &Target) -> Origins {
        let from_demo = |value: &str| Sourced::new(value, "the demo account");
        let session = self.connect(target).await;
        let region = session.clone().map(|session| Sourced::new(session.region.as_str(), session.region_from));
        let profile = match session {
            Err(error) if error.kind == ErrorKind::NoProfile => Err(error),
            _ => Ok(from_demo(target.profile.as_deref().unwrap_or("default"))),
        };
        Origins {
            sso: None,
            files: Ok(vec![from_demo(&format!("{} profiles", self.profiles.len()))]),
            credentials: profile.clone().map(|_| from_demo("simulated")),
            profile,
            region,
            endpoint: Ok(None),
            proxy: None,
            no_proxy: None,
            certificates: Ok(Sourced::new("none needed", "the demo account")),
        }
    }

    async fn reach(&self, target: &Target, now: fn() -> Timestamp) -> Answer<Vec<Reached>> {
        let region = target.region.as_ref().map_or(self.region.as_str(), Region::as_str);
        let reached = |(service, milliseconds)| {
            let answer = Answered {
                status: 403,
                took: std::time::Duration::from_millis(milliseconds),
                at: now(),
                date: Timestamp::from_second(now().as_second()).ok(),
            };
            let host =
                if service == "iam" { "iam (simulated)".to_owned() } else { format!("{service}.{region} (simulated)") };
            Reached { service, host, answer: Ok(answer) }
        };
        let services = ["sts", "iam", "cloudtrail", "logs", "cloudwatch", "sns", "kms", "s3"];
        Ok(services.into_iter().zip(21..).map(reached).collect())
    }

    fn open_links(&self) {
        for email in self.cloud.unconfirmed() {
            self.cloud.confirm(&email);
        }
    }
}
