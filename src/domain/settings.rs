//! The complete settings: the user's setup options, existing values, and a default for everything else.

use super::account_region::{AccountRegion, Identity};
use super::alert::{AlertId, ByAlert};
use super::arn::Arn;
use super::change::Resource;
use super::email::Email;
use super::event_scope::EventScope;
use super::observed::{Alarm, Confirmation, Observed, Subscription, Trail};
use super::policy::{self, LogFileLocation, PolicyDocument};
use super::region::Region;
use super::retention::RetentionDays;

mod absent;
mod alert;
mod events;
mod field;
mod table;
mod trails;

pub use super::added::TAG;
pub use super::setting_id::SettingId;
pub use alert::{AlertOptions, AlertSettings};
pub use field::{Field, Origin};
pub use table::{InvalidSetting, NamedResource, SettingKind, SettingSpec, addresses, yes_or_no};
pub(crate) use trails::obstacle;
pub use trails::{Candidate, TRAIL, TrailChoice, can_be_used, default_trail, delivers_here, trail_candidates};

/// The audit baseline: 1 year.
///
/// Source: Prowler, check `cloudwatch_log_group_retention_policy_specific_days_enabled`.
pub const RETENTION: RetentionDays = RetentionDays::Days(365);

/// What the user asked for; for `None` or an empty list, rootbell chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupOptions {
    pub trail: Option<String>,
    pub bucket: Option<String>,
    pub log_group: Option<String>,
    pub role: Option<String>,
    pub retention_days: Option<RetentionDays>,
    pub topic: Option<String>,
    pub emails: Vec<Email>,
    pub filter: Option<String>,
    pub pattern: Option<String>,
    pub alarm: Option<String>,
    /// The ARN of a customer managed KMS key for the trail, log group and topic.
    pub kms_key: Option<Arn>,
    /// Whether CloudTrail may assume the role for this trail only.
    pub role_source_arn: Option<bool>,
    /// Whether to make what auditors ask for as well. Without it, a plan holds only what alerting needs.
    pub audit: Option<bool>,
    /// Which of root's events are emailed one by one.
    pub events: Option<EventScope>,
    /// The address of a page that says what to do.
    pub runbook: Option<String>,
    /// Destinations that the user vouches for, because they can't be checked.
    pub trust: Vec<Arn>,
}

impl SetupOptions {
    /// The destinations that a setup can rely on instead of a topic: none if the user names a topic or an address.
    fn trust_instead_of_topic(&self) -> &[Arn] {
        if self.emails.is_empty() && self.topic.is_none() { &self.trust } else { &[] }
    }

    /// What the user chose for an alert.
    #[must_use]
    pub fn alert(&self, alert: AlertId) -> AlertOptions<'_> {
        match alert {
            AlertId::RootUse => AlertOptions {
                filter: self.filter.as_deref(),
                pattern: self.pattern.as_deref(),
                alarm: self.alarm.as_deref(),
                audit: self.audit == Some(true),
                trust: self.trust_instead_of_topic(),
            },
        }
    }
}

/// The complete settings, which [`super::plan::plan`] compares with the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub account_region: AccountRegion,
    pub trail: Field<String>,
    pub bucket: Field<String>,
    pub log_group: Field<String>,
    pub role: Field<String>,
    pub retention_days: Field<RetentionDays>,
    pub topic: Field<String>,
    pub emails: Field<Vec<Email>>,
    pub alerts: ByAlert<AlertSettings>,
    /// `None`: leave encryption unchanged.
    pub kms_key: Option<Arn>,
    /// Whether CloudTrail may assume the role for this trail only.
    pub role_source_arn: Field<bool>,
    /// Whether unmanaged resources, retention, and patterns that work should meet the audit baseline.
    pub audit: Field<bool>,
    /// Which of root's events are emailed one by one.
    pub events: Field<EventScope>,
    /// The address of a page that says what to do.
    pub runbook: Option<String>,
    /// The account's alias, if it is known.
    pub alias: Option<String>,
    /// Destinations that the user vouches for, because they can't be checked.
    pub trust: Vec<Arn>,
}

impl Settings {
    /// For each setting: the user's option, else the existing value, else a default from the account ID and Region.
    #[must_use]
    pub fn resolve(identity: &Identity, region: &Region, setup: &SetupOptions, observed: &Observed) -> Self {
        let account_region = identity.in_region(region);
        let existing = existing_trail(observed, setup.trail.as_deref());
        let trail = Field::pick(setup.trail.clone(), existing.map(|t| t.name.clone()), || TRAIL.to_owned(), "default");
        let bucket = Field::pick(
            setup.bucket.clone(),
            existing.map(|t| t.bucket.clone()).filter(|b| !b.is_empty()),
            || default_bucket(&account_region),
            "from your account ID and Region",
        );
        let log_group = Field::pick(
            setup.log_group.clone(),
            existing.and_then(Trail::log_group).map(str::to_owned),
            || DEFAULT_LOG_GROUP.to_owned(),
            "default",
        );
        let role = Field::pick(
            setup.role.clone(),
            existing.and_then(|t| t.role_arn.as_ref()?.role_name()).map(str::to_owned),
            || default_role(&account_region),
            "from your Region",
        );
        let audit = Field::pick(setup.audit, None, || false, "only what alerting needs");
        let retention_days = retention(setup.retention_days, audit.value, observed, &log_group.value);

        let on_path = observed.path.topic.as_ref();
        let topic_found = on_path
            .and_then(|found| Some((topic_here(&found.value, &account_region)?, found.usable)))
            .filter(|(name, usable)| *usable || *name == DEFAULT_TOPIC)
            .map(|(name, _)| name);
        let topic =
            Field::pick(setup.topic.clone(), topic_found.map(str::to_owned), || DEFAULT_TOPIC.to_owned(), "default");
        let topic_arn = account_region.topic_arn(&topic.value);
        let alerts = ByAlert::from_fn(|alert| AlertSettings::resolve(alert, setup.alert(alert), observed, &topic_arn));
        let emails = emails(identity, setup, observed);
        let trust = setup.trust_instead_of_topic();
        let is_own = topic.value == DEFAULT_TOPIC;
        let events = events::resolve(setup.events, observed, &account_region, is_own, trust, &alerts);
        let existing_role = observed.role.as_ref().ok().and_then(Option::as_ref);
        let restricted =
            existing_role.map(|role| policy::is_restricted_to_trail(&role.trust)).filter(|restricted| *restricted);
        let role_source_arn = Field::pick(setup.role_source_arn, restricted, || false, "any trail in this account");
        Self {
            account_region,
            trail,
            bucket,
            log_group,
            role,
            retention_days,
            topic,
            emails,
            alerts,
            kms_key: setup.kms_key.clone(),
            role_source_arn,
            audit,
            events,
            runbook: setup.runbook.clone().filter(|url| !url.is_empty()),
            alias: identity.alias.clone(),
            trust: setup.trust.clone(),
        }
    }

    /// The settings of the alert for root use.
    #[must_use]
    pub fn root_use(&self) -> &AlertSettings {
        &self.alerts[AlertId::RootUse]
    }

    /// The ARN of the existing trail, or of the one to be created.
    #[must_use]
    pub fn trail_arn(&self, observed: &Observed) -> Arn {
        let existing = observed.trail.as_ref().map(|t| t.trail.arn.clone());
        existing.unwrap_or_else(|| self.account_region.trail_arn(&self.trail.value))
    }

    /// Where the trail with this ARN writes its log files.
    #[must_use]
    pub fn log_file_location<'a>(&'a self, observed: &'a Observed, trail_arn: &'a str) -> LogFileLocation<'a> {
        let existing = observed.trail.as_ref().map(|watched| &watched.trail);
        LogFileLocation {
            account_region: &self.account_region,
            bucket: &self.bucket.value,
            key_prefix: existing
                .filter(|trail| trail.bucket == self.bucket.value)
                .and_then(|trail| trail.key_prefix.as_deref()),
            trail_arn,
        }
    }

    /// The role's trust policy according to the settings.
    #[must_use]
    pub fn role_trust(&self, observed: &Observed) -> PolicyDocument {
        let arn = self.trail_arn(observed);
        policy::role_trust(self.role_source_arn.value.then_some(arn.as_str()))
    }

    /// Whether the alarm notifies something that the user vouches for, and the user has named neither a topic nor an address.
    #[must_use]
    pub fn relies_on_trust(&self, alarm: &Alarm) -> bool {
        let names_recipient = self.emails.origin == Origin::Given || self.topic.origin == Origin::Given;
        !names_recipient && alarm.config.notifies_any(&self.trust)
    }

    #[must_use]
    pub fn topic_arn(&self) -> Arn {
        self.account_region.topic_arn(&self.topic.value)
    }

    /// Whether the trail has the default name, or the user named it.
    #[must_use]
    pub fn trail_is_managed(&self) -> bool {
        self.trail.value == TRAIL || self.trail.origin == Origin::Given
    }

    /// Whether the resource has its default name; of filters and alarms, whether all of them do.
    #[must_use]
    pub fn has_default_name(&self, resource: Resource) -> bool {
        match resource {
            Resource::Bucket => self.bucket_has_default_name(),
            Resource::LogGroup => self.log_group.value == DEFAULT_LOG_GROUP,
            Resource::Role => self.role_has_default_name(),
            Resource::Trail => self.trail.value == TRAIL,
            Resource::Topic => self.topic.value == DEFAULT_TOPIC,
            // Their names can't be chosen.
            Resource::EventRole | Resource::EventRule => true,
            Resource::MetricFilter => self.alerts.values().all(AlertSettings::filter_has_default_name),
            Resource::Alarm => self.alerts.values().all(AlertSettings::alarm_has_default_name),
        }
    }

    #[must_use]
    pub fn topic_is_managed(&self) -> bool {
        self.topic.value == DEFAULT_TOPIC || self.topic.origin == Origin::Given
    }

    /// Whether the role has the default name, so nothing else should be using it.
    #[must_use]
    pub fn role_has_default_name(&self) -> bool {
        self.role.value == default_role(&self.account_region)
    }

    #[must_use]
    pub fn bucket_is_managed(&self) -> bool {
        self.bucket.value == default_bucket(&self.account_region) || self.bucket.origin == Origin::Given
    }

    /// Whether the bucket has the default name, which nobody else would choose.
    #[must_use]
    pub fn bucket_has_default_name(&self) -> bool {
        self.bucket.value == default_bucket(&self.account_region)
    }

    /// Whether the bucket has rootbell's tag or the default name. Only then does rootbell remove statements from its
    /// policy.
    #[must_use]
    pub fn may_edit_bucket_policy(&self, tags: &[(String, String)]) -> bool {
        self.bucket_has_default_name() || tags.iter().any(|(k, v)| (k.as_str(), v.as_str()) == TAG)
    }

    #[must_use]
    pub fn role_is_managed(&self) -> bool {
        self.role_has_default_name() || self.role.origin == Origin::Given
    }
}

/// The default name of the log group.
pub const DEFAULT_LOG_GROUP: &str = "rootbell/cloudtrail";
/// The default name of the topic.
pub const DEFAULT_TOPIC: &str = "rootbell-alerts";
/// Bucket names are global: the account ID and Region make this one unique.
fn default_bucket(account_region: &AccountRegion) -> String {
    format!("rootbell-{}-{}", account_region.account, account_region.region)
}

/// Roles are global within an account, everything else is regional: the Region in the name keeps two setups apart.
fn default_role(account_region: &AccountRegion) -> String {
    format!("rootbell-cloudtrail-to-logs-{}", account_region.region)
}

/// The trail that the user named, else that of the chain.
fn existing_trail<'a>(observed: &'a Observed, name: Option<&str>) -> Option<&'a Trail> {
    let chosen = observed.trail.as_ref().map(|watched| &watched.trail);
    match name {
        Some(name) => observed.trails.as_deref().unwrap_or_default().iter().find(|t| t.name == name || t.arn == name),
        None => chosen,
    }
}

/// The name of a topic in this account and Region.
fn topic_here<'a>(arn: &'a Arn, account_region: &AccountRegion) -> Option<&'a str> {
    arn.topic_name().filter(|name| *arn == account_region.topic_arn(name))
}

fn retention(option: Option<RetentionDays>, audit: bool, observed: &Observed, log_group: &str) -> Field<RetentionDays> {
    let found = observed.log_group.as_ref().ok().and_then(Option::as_ref);
    let has_default_name = log_group == DEFAULT_LOG_GROUP;
    match (option, found.map(|group| group.retention_days)) {
        (Some(value), _) => Field { value, origin: Origin::Given },
        // Our own log group has no retention only if setup was interrupted, or if the user asks for it.
        (None, Some(days)) if (!audit || days >= RETENTION) && !(has_default_name && days == RetentionDays::Never) => {
            Field { value: days, origin: Origin::Found }
        }
        (None, _) => Field { value: RETENTION, origin: Origin::Default("1 year (audit baseline)") },
    }
}

fn emails(identity: &Identity, setup: &SetupOptions, observed: &Observed) -> Field<Vec<Email>> {
    if !setup.emails.is_empty() {
        let mut unique: Vec<Email> = Vec::new();
        for email in &setup.emails {
            if !unique.contains(email) {
                unique.push(email.clone());
            }
        }
        return Field { value: unique, origin: Origin::Given };
    }
    let existing: Vec<Email> = observed
        .subscriptions
        .as_deref()
        .unwrap_or_default()
        .iter()
        .filter(|s| s.protocol == "email" && s.state != Confirmation::Deleted)
        .map(|s| s.endpoint.as_str().into())
        .collect();
    if !existing.is_empty() {
        return Field { value: existing, origin: Origin::Found };
    }
    let is_trusted =
        |s: &Subscription| s.state == Confirmation::Confirmed && setup.trust.contains(&s.endpoint.as_str().into());
    if observed.subscriptions.iter().flatten().any(is_trusted) {
        return Field { value: Vec::new(), origin: Origin::Default("somebody is notified by what you trust") };
    }
    Field { value: identity.email().into_iter().collect(), origin: Origin::Default("from your sign-in name") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observed::{ManagementEvents, TrailDetails, TrailStatus};
    use crate::domain::region::KNOWN;
    use crate::domain::{names, pattern};

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
            arn: format!("arn:aws:cloudtrail:eu-west-1:123456789012:trail/{name}").into(),
            home_region: Region::new("eu-west-1"),
            multi_region: true,
            global_events: true,
            organization: false,
            log_file_validation: true,
            bucket: "their-bucket".into(),
            key_prefix: None,
            log_group_arn: Some("arn:aws:logs:eu-west-1:123456789012:log-group:theirs:*".into()),
            role_arn: Some("arn:aws:iam::123456789012:role/service-role/their-role".into()),
            kms_key: None,
        }
    }

    #[test]
    fn defaults_are_derived_from_the_account_id_and_region() {
        let s =
            Settings::resolve(&identity(), &Region::new("eu-west-1"), &SetupOptions::default(), &Observed::nothing());
        assert_eq!(s.bucket.value, "rootbell-123456789012-eu-west-1");
        assert_eq!(s.role.value, "rootbell-cloudtrail-to-logs-eu-west-1");
        assert_eq!(s.emails.value, ["alice@example.com"]);
        assert_eq!(s.emails.origin.label(), "from your sign-in name");
        assert_eq!(s.retention_days.value, RetentionDays::Days(365));
    }

    #[test]
    fn the_default_names_are_valid_in_every_region() {
        for region in KNOWN.map(|known| known.code) {
            let s =
                Settings::resolve(&identity(), &Region::new(region), &SetupOptions::default(), &Observed::nothing());
            names::trail(&s.trail.value).unwrap();
            names::bucket(&s.bucket.value).unwrap();
            names::log_group(&s.log_group.value).unwrap();
            names::role(&s.role.value).unwrap();
            names::topic(&s.topic.value).unwrap();
            names::filter(&s.root_use().filter.value).unwrap();
            names::alarm(&s.root_use().alarm.value).unwrap();
            pattern::check(&s.root_use().pattern.value).unwrap();
        }
    }

    #[test]
    fn a_trail_that_already_delivers_here_is_reused() {
        let trail = TrailDetails {
            trail: trail("main"),
            status: Ok(TrailStatus::default()),
            events: Ok(ManagementEvents::ALL),
            group: None,
        };
        let observed = Observed { trail: Some(trail), ..Observed::nothing() };
        let s = Settings::resolve(&identity(), &Region::new("eu-west-1"), &SetupOptions::default(), &observed);
        assert_eq!(s.trail, Field { value: "main".into(), origin: Origin::Found });
        assert_eq!(s.log_group.value, "theirs");
        assert_eq!(s.role.value, "their-role");
    }

    #[test]
    fn the_users_options_take_precedence_and_a_repeated_address_counts_once_in_any_case() {
        let setup = SetupOptions {
            trail: Some("mine".into()),
            emails: vec!["a@b.de".into(), "a@b.de".into(), "A@B.de".into()],
            ..SetupOptions::default()
        };
        let s = Settings::resolve(&identity(), &Region::new("eu-west-1"), &setup, &Observed::nothing());
        assert_eq!(s.trail.origin, Origin::Given);
        assert_eq!(s.emails.value, ["a@b.de"]);
    }
}
