//! What an account has, as far as the chain from trail to inbox goes.

use jiff::Timestamp;
use serde_json::Value;

use super::pattern;

/// A part that could not be read: why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// One sentence: which call, on what, why not.
    pub why: String,
    /// One sentence: what to do now.
    pub fix: String,
}

/// A part of the account as it was read, or why it could not be.
pub type ReadResult<T> = Result<T, ReadError>;

/// A trail, as `cloudtrail:DescribeTrails` lists it (shadow and organization trails too).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    pub name: String,
    pub arn: String,
    pub home_region: String,
    pub multi_region: bool,
    pub organization: bool,
    pub log_file_validation: bool,
    pub bucket: String,
    pub log_group_arn: Option<String>,
    pub role_arn: Option<String>,
    /// The ARN of the key that its log files are encrypted with.
    pub kms_key: Option<String>,
}

impl Trail {
    /// The name in the log group's ARN, `arn:{p}:logs:{region}:{account}:log-group:{name}:*`.
    #[must_use]
    pub fn log_group(&self) -> Option<&str> {
        let name = self.log_group_arn.as_deref()?.splitn(7, ':').nth(6)?;
        Some(name.strip_suffix(":*").unwrap_or(name))
    }

    /// The account that the log group lives in.
    #[must_use]
    pub fn log_group_account(&self) -> Option<&str> {
        self.log_group_arn.as_deref()?.split(':').nth(4)
    }

    /// What it sees and where that goes, for somebody of that account.
    #[must_use]
    pub fn in_words(&self, account: &str) -> String {
        let kind = if self.organization { "organization trail" } else { "trail" };
        let reach = if self.multi_region { "sees every region" } else { "sees one region" };
        let delivery = match (self.log_group(), self.log_group_account() == Some(account)) {
            (Some(group), true) => format!("delivers to `{group}` in {}", self.home_region),
            _ => "delivers to no log group of this account".to_owned(),
        };
        format!("{kind} `{}` {reach}, {delivery}", self.name)
    }
}

/// `cloudtrail:GetTrailStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailStatus {
    pub logging: bool,
    pub bucket_error: Option<String>,
    pub logs_delivery: Option<Timestamp>,
    pub logs_error: Option<String>,
}

/// Which management events a trail records, from `cloudtrail:GetEventSelectors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementEvents {
    pub read: bool,
    pub write: bool,
    /// Data events, advanced selectors or exclusions stand beside: replacing the selectors would lose them.
    pub others: bool,
}

impl ManagementEvents {
    /// What a trail records from the start.
    pub const ALL: Self = Self { read: true, write: true, others: false };
}

/// An S3 bucket of this account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    pub name: String,
    pub policy: Option<Value>,
    /// `BucketOwnerEnforced`: ACLs are off.
    pub owner_enforced: bool,
    /// All four of the public access block.
    pub public_blocked: bool,
    pub versioned: bool,
    pub tags: Vec<(String, String)>,
}

/// What a look at a bucket's name finds.
#[derive(Clone, Debug, PartialEq)]
pub enum BucketLookup {
    NotFound,
    Owned(Bucket),
    /// It is there, and we are not let in: somebody else's, or ours without the permission to look.
    Forbidden,
    /// The bucket of a trail that is not ours: left alone, and not looked at.
    NotManaged,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    pub name: String,
    /// `None`: kept for ever.
    pub retention_days: Option<u32>,
    /// The ARN of the key that it is encrypted with.
    pub kms_key: Option<String>,
    /// What its events take, in bytes; CloudWatch Logs counts them now and then.
    pub stored_bytes: u64,
}

/// A KMS key, as far as others are to use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub arn: String,
    pub enabled: bool,
    pub policy: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub name: String,
    /// With its path, where it has one.
    pub arn: String,
    pub trust: Value,
    /// The inline policy of our name ([`super::policy::ROLE_POLICY`]).
    pub policy: Option<Value>,
    pub tags: Vec<(String, String)>,
}

/// What is in a bucket: every version of every object, and the marks of deleted ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub objects: u64,
    pub bytes: u64,
}

/// A metric filter with its one transformation.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFilter {
    pub name: String,
    pub pattern: String,
    pub metric: Metric,
    pub value: String,
    pub default: Option<f64>,
}

/// A CloudWatch metric without dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
}

/// A metric alarm, the parts that decide whether it rings.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub name: String,
    pub metric: Metric,
    pub statistic: String,
    /// Seconds.
    pub period: u32,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: u32,
    pub threshold: f64,
    pub comparison: String,
    pub missing_data: String,
    pub actions_enabled: bool,
    /// ARNs of what is told on ALARM.
    pub actions: Vec<String>,
    pub ok_actions: Vec<String>,
    pub insufficient_data_actions: Vec<String>,
    pub description: String,
    pub state: AlarmState,
    pub reason: String,
    pub since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

impl AlarmState {
    /// AWS's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// Reads AWS's word back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.as_str() == word)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub arn: String,
    pub policy: Option<Value>,
    /// Key id, ARN or alias of the key it is encrypted with.
    pub kms_key: Option<String>,
}

impl Topic {
    #[must_use]
    pub fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or(&self.arn)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The address, for e-mail.
    pub endpoint: String,
    /// `email`, `sqs`, …
    pub protocol: String,
    pub state: Confirmation,
    /// Only a confirmed subscription shows one.
    pub arn: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    Confirmed,
    /// The link in the e-mail has not been opened yet.
    Pending,
    Deleted,
}

impl Confirmation {
    /// The word of the JSON contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Deleted => "deleted",
        }
    }
}

/// The trail at the head of the chain, with what has to be asked for apart.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedTrail {
    pub trail: Trail,
    pub status: ReadResult<TrailStatus>,
    pub events: ReadResult<ManagementEvents>,
    /// Whether a filter for root use stands on the log group that it delivers to.
    pub counted: bool,
}

/// The account along the chain an auditor follows: trail → log group → filters → alarms → topic → subscriptions, and the
/// bucket and the role that the trail needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// All trails that this region shows, shadows included.
    pub trails: ReadResult<Vec<Trail>>,
    /// The one of them that the chain hangs on.
    pub trail: Option<WatchedTrail>,
    /// Those that it could hang on as well.
    pub others: Vec<WatchedTrail>,
    pub bucket: ReadResult<BucketLookup>,
    pub log_group: ReadResult<Option<LogGroup>>,
    pub filters: ReadResult<Vec<MetricFilter>>,
    pub role: ReadResult<Option<Role>>,
    /// The alarm of the wanted name, and those on the metrics of the filters for root use.
    pub alarms: ReadResult<Vec<Alarm>>,
    pub topic: ReadResult<Option<Topic>>,
    pub subscriptions: ReadResult<Vec<Subscription>>,
    /// ARNs of topics that an alarm notifies and that are not there.
    pub gone: Vec<String>,
    /// The key that is wished for, or else the one that the topic is encrypted with; `None`: there is none to look at.
    pub key: Option<ReadResult<Option<Key>>>,
}

/// The filter for root use: the auditors' pattern first, then one that means the same, then one that comes near.
#[must_use]
pub fn counts_root(filters: &[MetricFilter]) -> Option<&MetricFilter> {
    let like = |fits: fn(&str) -> bool| filters.iter().find(|f| fits(&f.pattern));
    like(pattern::is_cis_pattern)
        .or_else(|| like(|p| pattern::read(p) == pattern::Reading::Equivalent))
        .or_else(|| like(pattern::concerns_root))
}

impl Observed {
    /// An account that has nothing of all this.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            trails: Ok(Vec::new()),
            trail: None,
            others: Vec::new(),
            bucket: Ok(BucketLookup::NotFound),
            log_group: Ok(None),
            filters: Ok(Vec::new()),
            role: Ok(None),
            alarms: Ok(Vec::new()),
            topic: Ok(None),
            subscriptions: Ok(Vec::new()),
            gone: Vec::new(),
            key: None,
        }
    }

    /// The filter for root use on the chain's log group: the wanted name first, then the auditors' pattern.
    #[must_use]
    pub fn root_filter(&self, wanted: Option<&str>) -> Option<&MetricFilter> {
        let filters = self.filters.as_ref().ok()?;
        filters.iter().find(|f| Some(f.name.as_str()) == wanted).or_else(|| counts_root(filters))
    }

    /// The alarm on a metric: the wanted name first.
    #[must_use]
    pub fn alarm_on(&self, metric: &Metric, wanted: Option<&str>) -> Option<&Alarm> {
        let alarms = self.alarms.as_ref().ok()?;
        let named = alarms.iter().find(|a| Some(a.name.as_str()) == wanted);
        named.or_else(|| alarms.iter().find(|a| a.metric == *metric))
    }

    /// Nothing of the chain could be read.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.trails.is_err() && self.log_group.is_err() && self.alarms.is_err() && self.topic.is_err()
    }

    /// Whether the chain hangs on a trail that records a whole organization.
    #[must_use]
    pub fn of_the_organization(&self) -> bool {
        self.trail.as_ref().is_some_and(|t| t.trail.organization)
    }

    /// Everything that could not be read, and that a plan would have to guess.
    #[must_use]
    pub fn unreadable(&self) -> Vec<&ReadError> {
        let trail = self.trail.as_ref();
        let mut all = vec![
            self.trails.as_ref().err(),
            trail.and_then(|t| t.status.as_ref().err()),
            trail.and_then(|t| t.events.as_ref().err()),
            self.bucket.as_ref().err(),
            self.log_group.as_ref().err(),
            self.filters.as_ref().err(),
            self.role.as_ref().err(),
            self.alarms.as_ref().err(),
            self.topic.as_ref().err(),
            self.subscriptions.as_ref().err(),
        ];
        let mut found: Vec<&ReadError> = Vec::new();
        for unreadable in all.drain(..).flatten() {
            if !found.contains(&unreadable) {
                found.push(unreadable);
            }
        }
        found
    }
}
