//! What the user wants: everything they said, and a sound default for everything they didn't.

use super::account_region::{AccountRegion, Identity};
use super::names;
use super::observed::{Confirmation, Metric, Observed, Trail};
use super::pattern;
use super::policy;

mod trails;

pub use trails::{Candidate, Choice, choose_trail, contenders, trail_candidates};

/// The name of the trail, and the stem of all other names.
pub const TRAIL: &str = "rootbell";
/// What auditors want: a year.
///
/// Source: Prowler, check `cloudwatch_log_group_retention_policy_specific_days_enabled`.
pub const RETENTION: u32 = 365;
/// Seconds that one datapoint of the alarm covers.
pub const PERIOD: u32 = 300;
/// The tag that everything made here carries.
pub const TAG: (&str, &str) = ("rootbell", "managed");

/// What the user said; `None` and empty leave it to rootbell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupOptions {
    pub trail: Option<String>,
    pub bucket: Option<String>,
    pub log_group: Option<String>,
    pub role: Option<String>,
    pub retention_days: Option<u32>,
    pub topic: Option<String>,
    pub emails: Vec<String>,
    pub filter: Option<String>,
    pub pattern: Option<String>,
    pub alarm: Option<String>,
    /// The ARN of a key of the user's own for trail, log group and topic.
    pub kms_key: Option<String>,
    /// Whether the role may be taken for this trail only.
    pub role_source_arn: Option<bool>,
}

impl SetupOptions {
    /// Every wish that AWS would refuse, with what is wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<InvalidSetting> {
        let text = |field, value: &Option<String>, rule: fn(&str) -> names::Validity| {
            value.as_deref().and_then(|v| rule(v).err().map(|said| InvalidSetting { field, said }))
        };
        let mut faults: Vec<InvalidSetting> = [
            text("--trail", &self.trail, names::trail),
            text("--bucket", &self.bucket, names::bucket),
            text("--log-group", &self.log_group, names::log_group),
            text("--role", &self.role, names::role),
            text("--topic", &self.topic, names::topic),
            text("--filter", &self.filter, names::filter),
            text("--pattern", &self.pattern, pattern::check),
            text("--alarm", &self.alarm, names::alarm),
            text("--kms-key", &self.kms_key, names::kms_key),
        ]
        .into_iter()
        .flatten()
        .collect();
        for email in &self.emails {
            if let Err(said) = names::email(email) {
                faults.push(InvalidSetting { field: "--email", said: format!("`{email}`: {said}") });
            }
        }
        if let Some(Err(said)) = self.retention_days.map(names::retention) {
            faults.push(InvalidSetting { field: "--retention-days", said });
        }
        faults
    }
}

/// A wish that cannot be, under the name of its flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    pub field: &'static str,
    pub said: String,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user said so.
    Given,
    /// It stands in the account like this.
    Found,
    /// Proposed, and what it is derived from.
    Default(&'static str),
}

impl Origin {
    /// The words beside a field.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Given => "yours",
            Self::Found => "already there",
            Self::Default(from) => from,
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Field<T> {
    fn pick(wish: Option<T>, found: Option<T>, default: impl FnOnce() -> T, from: &'static str) -> Self {
        match (wish, found) {
            (Some(value), _) => Self { value, origin: Origin::Given },
            (None, Some(value)) => Self { value, origin: Origin::Found },
            (None, None) => Self { value: default(), origin: Origin::Default(from) },
        }
    }
}

/// The whole of what is wanted, complete: what [`super::plan::plan`] compares the account with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub account_region: AccountRegion,
    pub trail: Field<String>,
    pub bucket: Field<String>,
    pub log_group: Field<String>,
    pub role: Field<String>,
    /// `None`: keep what a log group that is not ours has.
    pub retention_days: Field<Option<u32>>,
    pub topic: Field<String>,
    pub emails: Field<Vec<String>>,
    pub filter: Field<String>,
    pub pattern: Field<String>,
    pub metric: Metric,
    pub alarm: Field<String>,
    /// `None`: encryption stays as it is.
    pub kms_key: Option<String>,
    /// Whether the role may be taken for this trail only.
    pub role_source_arn: Field<bool>,
}

impl Settings {
    /// The user's word first, then what stands in the account, then a default from account id and region.
    #[must_use]
    pub fn resolve(identity: &Identity, region: &str, setup: &SetupOptions, observed: &Observed) -> Self {
        let account_region = identity.in_region(region);
        let existing = choose_trail(observed, setup.trail.as_deref(), &account_region);
        let trail =
            Field::pick(setup.trail.clone(), existing.map(|t| t.name.clone()), || TRAIL.to_owned(), "rootbell's own");
        let bucket = Field::pick(
            setup.bucket.clone(),
            existing.map(|t| t.bucket.clone()).filter(|b| !b.is_empty()),
            || default_bucket(&account_region),
            "from your account id and region",
        );
        let log_group = Field::pick(
            setup.log_group.clone(),
            existing.and_then(Trail::log_group).map(str::to_owned),
            || DEFAULT_LOG_GROUP.to_owned(),
            "rootbell's own",
        );
        let role = Field::pick(
            setup.role.clone(),
            existing.and_then(|t| t.role_arn.as_deref()).and_then(|arn| arn.rsplit('/').next()).map(str::to_owned),
            || default_role(&account_region),
            "from your region",
        );
        let retention_days = retention(setup.retention_days, observed, &log_group.value);

        let filter_found = observed.root_filter(Some(setup.filter.as_deref().unwrap_or(DEFAULT_FILTER)));
        // A filter named by the user wins over one that merely has the pattern.
        let filter_found = filter_found.filter(|f| setup.filter.as_ref().is_none_or(|wish| *wish == f.name));
        let filter = Field::pick(
            setup.filter.clone(),
            filter_found.map(|f| f.name.clone()),
            || DEFAULT_FILTER.to_owned(),
            "rootbell's own",
        );
        let pattern = Field::pick(
            setup.pattern.as_deref().map(pattern::normalize_quotes),
            None,
            || pattern::CIS_PATTERN.to_owned(),
            "as CIS 4.3 and Security Hub want it",
        );
        let metric = filter_found.map_or_else(default_metric, |f| f.metric.clone());

        let alarm_found = observed.alarm_on(&metric, Some(setup.alarm.as_deref().unwrap_or(DEFAULT_ALARM)));
        let alarm_found = alarm_found.filter(|a| setup.alarm.as_ref().is_none_or(|wish| *wish == a.name));
        let alarm = Field::pick(
            setup.alarm.clone(),
            alarm_found.map(|a| a.name.clone()),
            || DEFAULT_ALARM.to_owned(),
            "rootbell's own",
        );
        let topics_here = account_region.topic_arn("");
        let told = alarm_found.map(|a| a.actions.as_slice()).unwrap_or_default();
        let there = |arn: &&String| !observed.gone.contains(arn);
        let topic_found = told.iter().filter(there).find_map(|arn| arn.strip_prefix(&topics_here));
        let topic = Field::pick(
            setup.topic.clone(),
            topic_found.map(str::to_owned),
            || DEFAULT_TOPIC.to_owned(),
            "rootbell's own",
        );
        let emails = emails(identity, setup, observed);
        let standing_role = observed.role.as_ref().ok().and_then(Option::as_ref);
        let tied = standing_role.map(|role| policy::names_its_trail(&role.trust)).filter(|tied| *tied);
        let role_source_arn = Field::pick(setup.role_source_arn, tied, || false, "any trail of this account");
        Self {
            account_region,
            trail,
            bucket,
            log_group,
            role,
            retention_days,
            topic,
            emails,
            filter,
            pattern,
            metric,
            alarm,
            kms_key: setup.kms_key.clone(),
            role_source_arn,
        }
    }

    /// The trail's ARN: as it stands, or as it will be.
    #[must_use]
    pub fn trail_arn(&self, observed: &Observed) -> String {
        let existing = observed.trail.as_ref().map(|t| t.trail.arn.clone());
        existing.unwrap_or_else(|| self.account_region.trail_arn(&self.trail.value))
    }

    /// Who may take the role, as wanted.
    #[must_use]
    pub fn role_trust(&self, observed: &Observed) -> serde_json::Value {
        let arn = self.trail_arn(observed);
        policy::role_trust(self.role_source_arn.value.then_some(arn.as_str()))
    }

    #[must_use]
    pub fn topic_arn(&self) -> String {
        self.account_region.topic_arn(&self.topic.value)
    }

    /// Whether the trail carries rootbell's own name, or the user named it.
    #[must_use]
    pub fn trail_is_ours(&self) -> bool {
        self.trail.value == TRAIL || self.trail.origin == Origin::Given
    }

    /// Whether the thing that a row's id begins with (`trail`, `bucket`, …) carries the name that rootbell gives.
    #[must_use]
    pub fn has_our_name(&self, thing: &str) -> bool {
        match thing {
            "trail" => self.trail.value == TRAIL,
            "bucket" => self.bucket.value == default_bucket(&self.account_region),
            "log_group" => self.log_group.value == DEFAULT_LOG_GROUP,
            "role" => self.role_is_default(),
            "topic" => self.topic.value == DEFAULT_TOPIC,
            "filter" => self.filter.value == DEFAULT_FILTER,
            "alarm" => self.alarm.value == DEFAULT_ALARM,
            _ => true,
        }
    }

    #[must_use]
    pub fn topic_is_ours(&self) -> bool {
        self.topic.value == DEFAULT_TOPIC || self.topic.origin == Origin::Given
    }

    /// Whether the role carries rootbell's own name, so that nobody else has a use for it.
    #[must_use]
    pub fn role_is_default(&self) -> bool {
        self.role.value == default_role(&self.account_region)
    }

    #[must_use]
    pub fn bucket_is_ours(&self) -> bool {
        self.bucket.value == default_bucket(&self.account_region) || self.bucket.origin == Origin::Given
    }

    /// Whether nobody else would call a bucket like this.
    #[must_use]
    pub fn bucket_has_our_name(&self) -> bool {
        self.bucket.value == default_bucket(&self.account_region)
    }

    /// Whether rootbell made a bucket with these tags, or would make one of that name: only then is anything taken out of
    /// its policy.
    #[must_use]
    pub fn manages_bucket(&self, tags: &[(String, String)]) -> bool {
        self.bucket_has_our_name() || tags.iter().any(|(k, v)| (k.as_str(), v.as_str()) == TAG)
    }

    #[must_use]
    pub fn role_is_ours(&self) -> bool {
        self.role_is_default() || self.role.origin == Origin::Given
    }
}

/// The log group of a trail of our own.
pub const DEFAULT_LOG_GROUP: &str = "rootbell/cloudtrail";
/// The topic of our own.
pub const DEFAULT_TOPIC: &str = "rootbell-alerts";
/// The metric filter of our own.
pub const DEFAULT_FILTER: &str = "rootbell-root-use";
/// The alarm of our own.
pub const DEFAULT_ALARM: &str = "rootbell-root-use";

/// The metric of our own.
#[must_use]
pub fn default_metric() -> Metric {
    Metric { namespace: "rootbell".into(), name: "RootUse".into() }
}

/// Bucket names are global: account and region make ours unlike anyone else's.
fn default_bucket(account_region: &AccountRegion) -> String {
    format!("rootbell-{}-{}", account_region.account, account_region.region)
}

/// Role names are global in an account, the rest is regional: the region keeps two set-ups apart.
fn default_role(account_region: &AccountRegion) -> String {
    format!("rootbell-cloudtrail-to-logs-{}", account_region.region)
}

fn retention(wish: Option<u32>, observed: &Observed, log_group: &str) -> Field<Option<u32>> {
    let found = observed.log_group.as_ref().ok().and_then(Option::as_ref);
    let ours = log_group == DEFAULT_LOG_GROUP;
    match (wish, found) {
        (Some(days), _) => Field { value: Some(days), origin: Origin::Given },
        // What is kept at least as long as auditors want stays so; what is not ours stays anyhow.
        (None, Some(group)) if !ours || group.retention_days.is_some_and(|d| d >= RETENTION) => {
            Field { value: group.retention_days, origin: Origin::Found }
        }
        (None, _) => Field { value: Some(RETENTION), origin: Origin::Default("a year, as auditors want") },
    }
}

fn emails(identity: &Identity, setup: &SetupOptions, observed: &Observed) -> Field<Vec<String>> {
    if !setup.emails.is_empty() {
        let mut unique: Vec<String> = Vec::new();
        for email in &setup.emails {
            if !unique.contains(email) {
                unique.push(email.clone());
            }
        }
        return Field { value: unique, origin: Origin::Given };
    }
    let existing: Vec<String> = observed
        .subscriptions
        .as_deref()
        .unwrap_or_default()
        .iter()
        .filter(|s| s.protocol == "email" && s.state != Confirmation::Deleted)
        .map(|s| s.endpoint.clone())
        .collect();
    if !existing.is_empty() {
        return Field { value: existing, origin: Origin::Found };
    }
    let own: Vec<String> = identity.email().map(str::to_owned).into_iter().collect();
    Field { value: own, origin: Origin::Default("from your sign-in name") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            account: "123456789012".into(),
            arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_A/alice@example.com".into(),
            alias: None,
        }
    }

    fn trail(name: &str) -> Trail {
        Trail {
            name: name.into(),
            arn: format!("arn:aws:cloudtrail:eu-west-1:123456789012:trail/{name}"),
            home_region: "eu-west-1".into(),
            multi_region: true,
            organization: false,
            log_file_validation: true,
            bucket: "their-bucket".into(),
            log_group_arn: Some("arn:aws:logs:eu-west-1:123456789012:log-group:theirs:*".into()),
            role_arn: Some("arn:aws:iam::123456789012:role/service-role/their-role".into()),
            kms_key: None,
        }
    }

    #[test]
    fn every_default_comes_from_account_and_region() {
        let s = Settings::resolve(&identity(), "eu-west-1", &SetupOptions::default(), &Observed::nothing());
        assert_eq!(s.bucket.value, "rootbell-123456789012-eu-west-1");
        assert_eq!(s.role.value, "rootbell-cloudtrail-to-logs-eu-west-1");
        assert_eq!(s.emails.value, ["alice@example.com"]);
        assert_eq!(s.emails.origin.words(), "from your sign-in name");
        assert_eq!(s.retention_days.value, Some(365));
    }

    #[test]
    fn the_defaults_of_every_region_pass_awss_own_rules() {
        for region in names::REGIONS {
            let s = Settings::resolve(&identity(), region, &SetupOptions::default(), &Observed::nothing());
            names::trail(&s.trail.value).unwrap();
            names::bucket(&s.bucket.value).unwrap();
            names::log_group(&s.log_group.value).unwrap();
            names::role(&s.role.value).unwrap();
            names::topic(&s.topic.value).unwrap();
            names::filter(&s.filter.value).unwrap();
            names::alarm(&s.alarm.value).unwrap();
            pattern::check(&s.pattern.value).unwrap();
        }
    }

    #[test]
    fn a_trail_that_already_delivers_here_is_used_rather_than_a_second_one() {
        let observed = Observed { trails: Ok(vec![trail("main")]), ..Observed::nothing() };
        let s = Settings::resolve(&identity(), "eu-west-1", &SetupOptions::default(), &observed);
        assert_eq!(s.trail, Field { value: "main".into(), origin: Origin::Found });
        assert_eq!(s.log_group.value, "theirs");
        assert_eq!(s.role.value, "their-role");
        let elsewhere = Settings::resolve(&identity(), "us-east-1", &SetupOptions::default(), &observed);
        assert_eq!(elsewhere.trail.value, "rootbell");
    }

    #[test]
    fn the_users_word_comes_first_and_twice_the_same_address_counts_once() {
        let setup = SetupOptions {
            trail: Some("mine".into()),
            emails: vec!["a@b.de".into(), "a@b.de".into()],
            ..SetupOptions::default()
        };
        let s = Settings::resolve(&identity(), "eu-west-1", &setup, &Observed::nothing());
        assert_eq!(s.trail.origin, Origin::Given);
        assert_eq!(s.emails.value, ["a@b.de"]);
    }

    #[test]
    fn every_bad_wish_is_named_by_its_flag() {
        let setup = SetupOptions {
            trail: Some("my trail".into()),
            emails: vec!["nobody".into()],
            retention_days: Some(42),
            ..SetupOptions::default()
        };
        let fields: Vec<_> = setup.faults().into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["--trail", "--email", "--retention-days"]);
    }
}
