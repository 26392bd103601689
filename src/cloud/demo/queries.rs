//! What the look-ups find in the account, and what time alone changes in it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::account::{self, Account, Link, Seconds};
use super::{Refusal, activity};
use crate::cloud::ErrorKind;
use crate::domain::filter_pattern::Pattern;
use crate::domain::observed::{
    Alarm, Bucket, BucketLookup, Contents, Key, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription,
    Topic, Trail, TrailStatus,
};
use crate::domain::policy::{AccessRequest, allows};
use crate::domain::query::Tagged;
use crate::domain::{AccountRegion, names};

/// From where and when one looks.
pub(super) struct AccountView {
    pub account_region: AccountRegion,
    pub start: Timestamp,
    pub now: Seconds,
}

impl AccountView {
    pub fn moment(&self, at: Seconds) -> Timestamp {
        self.start.checked_add(SignedDuration::from_secs(at)).unwrap_or(self.start)
    }

    /// Whether what was done at that moment has come through.
    pub fn through(&self, done: Option<Seconds>, takes: Seconds) -> bool {
        done.is_none_or(|done| self.now >= done.saturating_add(takes))
    }
}

/// An unconfirmed subscription goes by itself after 48 hours.
///
/// Source: SNS Developer Guide, "Confirming an Amazon SNS subscription".
const PENDING_FOR: Seconds = 48 * 3600;

/// Seconds since the last delivery of a trail that delivers.
const FRESH: Seconds = 180;

/// Lets happen what has become due: e-mails are opened, subscriptions lapse, alarms are evaluated.
pub(super) fn settle(account: &mut Account, now: Seconds) {
    let identity = account.identity();
    let Account { timing, regions, keys, .. } = account;
    for (name, region) in regions {
        for topic in region.topics.values_mut() {
            for subscription in topic.subscriptions.iter_mut().filter(|s| s.state == Link::Pending) {
                // Mail sent before the demo is opened while somebody watches.
                let read_from = subscription.sent.unwrap_or(0).max(0);
                if timing.confirm_after.is_some_and(|takes| now >= read_from.saturating_add(takes)) {
                    subscription.state = Link::Confirmed;
                }
            }
            topic.subscriptions.retain(|s| s.state != Link::Pending || now < s.sent.unwrap_or(0) + PENDING_FOR);
        }
        region.orphans.retain(|s| s.state != Link::Pending || now < s.sent.unwrap_or(0) + PENDING_FOR);
        activity::evaluate(region, keys, &identity.in_region(name), timing.evaluated_after, now);
    }
}

pub(super) fn trail_arn(account_region: &AccountRegion, home: &str, name: &str, trail: &account::Trail) -> String {
    let account = trail.owner.clone().unwrap_or_else(|| account_region.account.clone());
    AccountRegion { account, region: home.to_owned(), ..account_region.clone() }.trail_arn(name)
}

/// Every trail that the region shows: its own, and the multi-region ones of others as shadows.
///
/// Source: CloudTrail API, DescribeTrails, `includeShadowTrails`.
pub(super) fn trails(account: &Account, scene: &AccountView) -> Vec<Trail> {
    visible(account, scene)
        .map(|(home, name, trail)| Trail {
            name: name.clone(),
            arn: trail_arn(&scene.account_region, home, name, trail),
            home_region: home.clone(),
            multi_region: trail.multi_region,
            organization: trail.organization,
            log_file_validation: trail.log_file_validation,
            bucket: trail.bucket.clone(),
            log_group_arn: trail.log_group_arn.clone(),
            role_arn: trail.role_arn.clone(),
            kms_key: trail.kms_key.clone(),
        })
        .collect()
}

fn visible<'a>(
    account: &'a Account,
    scene: &'a AccountView,
) -> impl Iterator<Item = (&'a String, &'a String, &'a account::Trail)> {
    account
        .regions
        .iter()
        .flat_map(|(home, region)| region.trails.iter().map(move |(name, trail)| (home, name, trail)))
        .filter(|(home, _, trail)| **home == scene.account_region.region || trail.multi_region)
}

fn by_arn<'a>(
    account: &'a Account,
    scene: &'a AccountView,
    arn: &str,
) -> Result<(&'a String, &'a String, &'a account::Trail), Refusal> {
    visible(account, scene)
        .find(|(home, name, trail)| trail_arn(&scene.account_region, home, name, trail) == arn || name.as_str() == arn)
        .ok_or_else(|| Refusal::new(ErrorKind::NotFound, format!("Unknown trail: {arn}")))
}

pub(super) fn trail_status(account: &Account, scene: &AccountView, arn: &str) -> Result<TrailStatus, Refusal> {
    let (home, name, trail) = by_arn(account, scene, arn)?;
    let account_region = AccountRegion { region: home.clone(), ..scene.account_region.clone() };
    // What lives in the organization's account cannot be looked into from here.
    let ours = trail.owner.is_none();
    let bucket_error = (ours
        && !bucket_lets_in(account, &account_region, &trail.bucket, &account_region.trail_arn(name)))
    .then(|| "AccessDenied".to_owned());
    let logs_error =
        if ours { logs_fault(account, &account_region, trail, &account_region.trail_arn(name)) } else { None };
    let logs_error = logs_error.or_else(|| trail.logs_error.clone());
    let last = || {
        let end = if trail.logging { scene.now } else { trail.stopped? };
        let first = trail.started.max(trail.attached).unwrap_or(Seconds::MIN / 2);
        let first = first.saturating_add(account.timing.delivers_after);
        (end >= first).then(|| scene.moment(first.max(end - FRESH)))
    };
    Ok(TrailStatus {
        logging: trail.logging,
        bucket_error,
        logs_delivery: trail
            .delivered
            .map_or_else(last, |at| Some(scene.moment(at)))
            .filter(|_| trail.log_group_arn.is_some() && logs_error.is_none()),
        logs_error,
    })
}

/// Why events do not reach the log group, in a word; `None` where they do, or where there is none to reach.
fn logs_fault(
    account: &Account,
    account_region: &AccountRegion,
    trail: &account::Trail,
    trail_arn: &str,
) -> Option<String> {
    let arn = trail.log_group_arn.as_deref()?;
    let group = account
        .regions
        .get(&account_region.region)?
        .log_groups
        .keys()
        .find(|name| account_region.log_group_arn(name) == arn);
    let Some(group) = group else { return Some("ResourceNotFoundException".into()) };
    let ready =
        trail.role_arn.as_deref().is_some_and(|role| role_may_deliver(account, account_region, role, group, trail_arn));
    (!ready).then(|| "AccessDenied".into())
}

/// Whether CloudTrail can take the role, and write to the log group as it.
///
/// Source: CloudTrail User Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring".
pub(super) fn role_may_deliver(
    account: &Account,
    account_region: &AccountRegion,
    arn: &str,
    group: &str,
    trail_arn: &str,
) -> bool {
    let Some((_, role)) = account.roles.iter().find(|(name, role)| role_arn(account_region, name, role) == arn) else {
        return false;
    };
    let stream =
        format!("log-group:{group}:log-stream:{}_CloudTrail_{}_1", account_region.account, account_region.region);
    let stream = account_region.arn("logs", &stream);
    let said = [("aws:SourceArn", trail_arn), ("aws:SourceAccount", account_region.account.as_str())];
    let context = if account.source_arn_unsaid { &[] } else { &said[..] };
    let may = |policy, service, action, resource| allows(policy, &AccessRequest { service, action, resource, context });
    may(Some(&role.trust), Some("cloudtrail.amazonaws.com"), "sts:AssumeRole", None)
        && ["logs:CreateLogStream", "logs:PutLogEvents"]
            .iter()
            .all(|action| may(role.policy.as_ref(), None, action, Some(stream.as_str())))
}

/// Whether CloudTrail may write to the bucket for that trail.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
pub(super) fn bucket_lets_in(account: &Account, account_region: &AccountRegion, bucket: &str, trail_arn: &str) -> bool {
    let Some(existing) = account.buckets.get(bucket) else { return false };
    let arn = format!("arn:{}:s3:::{bucket}", account_region.partition);
    let objects = format!("{arn}/AWSLogs/{}/x", account_region.account);
    let context = [
        ("aws:SourceArn", trail_arn),
        ("aws:SourceAccount", account_region.account.as_str()),
        ("s3:x-amz-acl", "bucket-owner-full-control"),
        ("aws:SecureTransport", "true"),
    ];
    [("s3:GetBucketAcl", arn.as_str()), ("s3:PutObject", objects.as_str())].into_iter().all(|(action, resource)| {
        let service = Some("cloudtrail.amazonaws.com");
        allows(
            existing.policy.as_ref(),
            &AccessRequest { service, action, resource: Some(resource), context: &context },
        )
    })
}

pub(super) fn management_events(
    account: &Account,
    scene: &AccountView,
    arn: &str,
) -> Result<ManagementEvents, Refusal> {
    let (_, _, trail) = by_arn(account, scene, arn)?;
    Ok(ManagementEvents { read: trail.read, write: trail.write, others: trail.other_selectors })
}

pub(super) fn bucket(account: &Account, name: &str) -> BucketLookup {
    if account.foreign_buckets.iter().any(|foreign| foreign == name) {
        return BucketLookup::Forbidden;
    }
    account.buckets.get(name).map_or(BucketLookup::NotFound, |bucket| {
        BucketLookup::Owned(Bucket {
            name: name.to_owned(),
            policy: bucket.policy.clone(),
            owner_enforced: bucket.owner_enforced,
            public_blocked: bucket.public_blocked,
            versioned: bucket.versioned,
            tags: pairs(&bucket.tags),
        })
    })
}

pub(super) fn log_group(account: &Account, scene: &AccountView, name: &str) -> Option<LogGroup> {
    let group = account.regions.get(&scene.account_region.region)?.log_groups.get(name)?;
    let stored_bytes = group.events.iter().map(|event| json!(event.event).to_string().len() as u64).sum();
    let kms_key = group.kms_key.clone();
    Some(LogGroup { name: name.to_owned(), retention_days: group.retention_days, kms_key, stored_bytes })
}

pub(super) fn metric_filters(account: &Account, scene: &AccountView, group: &str) -> Vec<MetricFilter> {
    let group = account.regions.get(&scene.account_region.region).and_then(|region| region.log_groups.get(group));
    let filters = group.map(|group| group.filters.iter()).into_iter().flatten();
    filters
        .map(|(name, filter)| MetricFilter {
            name: name.clone(),
            pattern: filter.pattern.clone(),
            metric: Metric { namespace: filter.namespace.clone(), name: filter.metric.clone() },
            value: filter.value.clone(),
            default: filter.default,
        })
        .collect()
}

fn role_arn(account_region: &AccountRegion, name: &str, role: &account::Role) -> String {
    account_region.role_arn(&format!("{}{name}", role.path.trim_start_matches('/')))
}

pub(super) fn role(account: &Account, scene: &AccountView, name: &str) -> Option<Role> {
    let role = account.roles.get(name)?;
    Some(Role {
        name: name.to_owned(),
        arn: role_arn(&scene.account_region, name, role),
        trust: role.trust.clone(),
        policy: role.policy.clone(),
        tags: pairs(&role.tags),
    })
}

fn pairs(tags: &BTreeMap<String, String>) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The tags of what has that ARN, in the region one looks at.
pub(super) fn tags(account: &Account, scene: &AccountView, of: Tagged, arn: &str) -> Vec<(String, String)> {
    let Some(region) = account.regions.get(&scene.account_region.region) else { return Vec::new() };
    let name = |start: &str| arn.strip_prefix(start).unwrap_or_default();
    let account_region = &scene.account_region;
    let tags = match of {
        Tagged::Trail => by_arn(account, scene, arn).ok().map(|(_, _, trail)| &trail.tags),
        Tagged::LogGroup => {
            region.log_groups.get(name(&account_region.arn("logs", "log-group:"))).map(|group| &group.tags)
        }
        Tagged::Topic => region.topics.get(name(&account_region.topic_arn(""))).map(|topic| &topic.tags),
        Tagged::Alarm => region.alarms.get(name(&account_region.alarm_arn(""))).map(|alarm| &alarm.tags),
    };
    tags.map(pairs).unwrap_or_default()
}

pub(super) fn contents(account: &Account, name: &str) -> Contents {
    let bucket = account.buckets.get(name);
    bucket.map_or_else(Contents::default, |b| Contents { objects: b.objects, bytes: b.bytes })
}

pub(super) fn alarms(account: &Account, scene: &AccountView) -> Vec<Alarm> {
    let alarms =
        account.regions.get(&scene.account_region.region).map(|region| region.alarms.iter()).into_iter().flatten();
    alarms
        .map(|(name, alarm)| Alarm {
            name: name.clone(),
            metric: Metric { namespace: alarm.namespace.clone(), name: alarm.metric.clone() },
            statistic: alarm.statistic.clone(),
            period: alarm.period,
            evaluation_periods: alarm.evaluation_periods,
            datapoints_to_alarm: alarm.datapoints_to_alarm,
            threshold: alarm.threshold,
            comparison: alarm.comparison.clone(),
            missing_data: alarm.missing_data.clone(),
            actions_enabled: alarm.actions_enabled,
            actions: alarm.actions.clone(),
            ok_actions: alarm.ok_actions.clone(),
            insufficient_data_actions: alarm.insufficient_data_actions.clone(),
            description: alarm.description.clone(),
            state: alarm.state.into(),
            reason: alarm.reason.clone(),
            since: alarm.since.map(|at| scene.moment(at)),
        })
        .collect()
}

/// By its ARN, its id, or its alias.
pub(super) fn named_key<'a>(
    keys: &'a BTreeMap<String, account::Key>,
    id: &str,
) -> Option<(&'a String, &'a account::Key)> {
    keys.iter().find(|(arn, key)| {
        arn.as_str() == id || arn.ends_with(&format!("key/{id}")) || key.alias.as_deref() == Some(id)
    })
}

pub(super) fn key(account: &Account, id: &str) -> Option<Key> {
    let (arn, key) = named_key(&account.keys, id)?;
    Some(Key { arn: arn.clone(), enabled: !key.disabled, policy: key.policy.clone() })
}

fn standing_topic<'a>(account: &'a Account, scene: &AccountView, arn: &str) -> Option<&'a account::Topic> {
    let name = arn.strip_prefix(&scene.account_region.topic_arn(""))?;
    account.regions.get(&scene.account_region.region)?.topics.get(name)
}

pub(super) fn topic(account: &Account, scene: &AccountView, arn: &str) -> Option<Topic> {
    let topic = standing_topic(account, scene, arn)?;
    let policy = topic.policy.clone().unwrap_or_else(|| given_policy(&scene.account_region, arn));
    Some(Topic { arn: arn.to_owned(), policy: Some(policy), kms_key: topic.kms_key.clone() })
}

/// What SNS gives a topic that is made without a policy.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control".
fn given_policy(account_region: &AccountRegion, arn: &str) -> Value {
    json!({ "Version": "2008-10-17", "Statement": [{
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
        "Resource": arn,
        "Condition": { "StringEquals": { "AWS:SourceOwner": account_region.account } }
    }] })
}

pub(super) fn subscriptions(account: &Account, scene: &AccountView, arn: &str) -> Vec<Subscription> {
    let topic = standing_topic(account, scene, arn);
    let all = topic.map(|topic| topic.subscriptions.iter()).into_iter().flatten();
    let mut found: Vec<Subscription> = all
        .enumerate()
        .map(|(i, s)| Subscription {
            endpoint: s.endpoint.clone(),
            protocol: s.protocol.clone(),
            state: s.state.into(),
            arn: (s.state == Link::Confirmed).then(|| format!("{arn}:00000000-0000-4000-8000-{:012}", i + 1)),
        })
        .collect();
    found.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    found
}

/// As many events as one likes: AWS takes 50 at a time, which is the adapter's business.
pub(super) fn test_metric_filter(form: &str, events: &[&str]) -> Result<Vec<bool>, Refusal> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let form = Pattern::parse(form)?;
    Ok(events.iter().map(|event| form.matches(event)).collect())
}

/// The names' rules as refusals.
pub(super) fn valid(verdict: names::Validity) -> Result<(), Refusal> {
    verdict.map_err(|said| Refusal::new(ErrorKind::Invalid, said))
}
