//! The answers to queries, and the changes in the account that only depend on time.

use std::collections::BTreeMap;

use serde_json::json;

use super::account::{self, Account, Seconds, find_key};
use super::activity;
use super::error::DemoError;
use super::view::AccountView;
use crate::cloud::ErrorKind;
use crate::domain::arn::Arn;
use crate::domain::filter_pattern::Pattern;
use crate::domain::key_state::KeyState;
use crate::domain::mute_rule::{MuteRule, MuteStatus};
use crate::domain::observed::{
    Alarm, Bucket, BucketLookup, Confirmation, Contents, KmsKey, LogGroup, ManagementEvents, MetricFilter, Role,
    Subscription, SubscriptionAttributes, Topic, Trail, TrailStatus,
};
use crate::domain::policy::{
    AccessRequest, Decision, LogFileLocation, PolicyDocument, allows, bucket_access, key_serves_logs,
};
use crate::domain::query::Tagged;
use crate::domain::{AccountRegion, Region, names};

/// SNS deletes a subscription that is not confirmed within a few days: the demo after two, as long as the link is valid.
///
/// Source: SNS API, Subscribe: "Confirmation tokens are valid for two days".
const PENDING_EXPIRES_AFTER: Seconds = 48 * 3600;

/// How long ago a working trail made its last delivery.
const LAST_DELIVERY_AGE: Seconds = 180;

/// Applies the changes that are due by now: subscriptions are confirmed or expire, and alarms are evaluated.
pub(super) fn apply_due_changes(account: &mut Account, now: Seconds) {
    let identity = account.identity();
    let Account { timing, regions, keys, foreign_topics, .. } = account;
    for (name, region) in regions {
        for topic in region.topics.values_mut() {
            for subscription in topic.subscriptions.iter_mut().filter(|s| s.config.state == Confirmation::Pending) {
                // An email sent before the demo started is opened during the demo.
                let received = subscription.sent.unwrap_or(0).max(0);
                if timing.confirm_after.is_some_and(|delay| now >= received.saturating_add(delay)) {
                    subscription.config.state = Confirmation::Confirmed;
                }
            }
            topic.subscriptions.retain(|s| {
                s.config.state != Confirmation::Pending || now < s.sent.unwrap_or(0) + PENDING_EXPIRES_AFTER
            });
        }
        region
            .orphans
            .retain(|s| s.config.state != Confirmation::Pending || now < s.sent.unwrap_or(0) + PENDING_EXPIRES_AFTER);
        activity::evaluate(
            region,
            keys,
            foreign_topics,
            &identity.in_region(&Region::new(name.as_str())),
            timing.evaluated_after,
            now,
        );
    }
}

/// Source: Organizations API, ListAccounts: only from the management account or a delegated administrator.
pub(super) fn organization_accounts(account: &Account) -> Result<BTreeMap<String, String>, DemoError> {
    if account.organization_accounts.is_empty() {
        let why = "You don't have permissions to access this resource.";
        return Err(DemoError::new(ErrorKind::AccessDenied, why));
    }
    Ok(account.organization_accounts.clone())
}

pub(super) fn trail_arn(account_region: &AccountRegion, home: &str, name: &str, trail: &account::Trail) -> Arn {
    let account = trail.owner.clone().unwrap_or_else(|| account_region.account.clone());
    AccountRegion { account, region: Region::new(home), ..account_region.clone() }.trail_arn(name)
}

/// The trails that the Region lists: its own, and the multi-Region trails of other Regions (shadow trails).
///
/// Source: CloudTrail API, DescribeTrails, `includeShadowTrails`.
pub(super) fn trails(account: &Account, view: &AccountView) -> Vec<Trail> {
    visible_trails(account, view)
        .map(|(home, name, trail)| Trail {
            name: name.clone(),
            arn: trail_arn(&view.account_region, home, name, trail),
            home_region: Region::new(home.as_str()),
            ..trail.config.clone()
        })
        .collect()
}

fn visible_trails<'a>(
    account: &'a Account,
    view: &'a AccountView,
) -> impl Iterator<Item = (&'a String, &'a String, &'a account::Trail)> {
    account
        .regions
        .iter()
        .flat_map(|(home, region)| region.trails.iter().map(move |(name, trail)| (home, name, trail)))
        .filter(|(home, _, trail)| view.account_region.region == home.as_str() || trail.config.multi_region)
}

fn trail_by_arn<'a>(
    account: &'a Account,
    view: &'a AccountView,
    arn: &str,
) -> Result<(&'a String, &'a String, &'a account::Trail), DemoError> {
    visible_trails(account, view)
        .find(|(home, name, trail)| trail_arn(&view.account_region, home, name, trail) == arn || name.as_str() == arn)
        .ok_or_else(|| DemoError::new(ErrorKind::NotFound, format!("Unknown trail: {arn}")))
}

pub(super) fn trail_status(account: &Account, view: &AccountView, arn: &str) -> Result<TrailStatus, DemoError> {
    let (home, name, trail) = trail_by_arn(account, view, arn)?;
    let account_region = AccountRegion { region: Region::new(home.as_str()), ..view.account_region.clone() };
    let trail_arn = trail_arn(&view.account_region, home, name, trail);
    // The demo does not simulate what is in other accounts: there, every delivery succeeds.
    let is_own_bucket = trail.owner.is_none() && !account.foreign_buckets.contains(&trail.config.bucket);
    let location = LogFileLocation {
        account_region: &account_region,
        bucket: &trail.config.bucket,
        key_prefix: trail.config.key_prefix.as_deref(),
        trail_arn: &trail_arn,
    };
    let bucket_error = (is_own_bucket && !bucket_allows_delivery(account, &location))
        .then(|| "AccessDenied".to_owned())
        .or_else(|| trail.bucket_error.clone());
    let is_own_log_group = trail.config.log_group_arn.as_ref().is_some_and(|arn| arn.belongs_to(&account.id));
    let logs_error = is_own_log_group
        .then(|| logs_delivery_error(account, &account_region, trail, &trail_arn))
        .flatten()
        .or_else(|| trail.logs_error.clone());
    let delivers_after = account.timing.delivers_after;
    let logs_delivery = last_logs_delivery(trail, delivers_after, view.now)
        .filter(|_| logs_error.is_none() || trail.delivered.is_some());
    let bucket_delivery = last_bucket_delivery(trail, delivers_after, view.now)
        .filter(|_| bucket_error.is_none() || trail.bucket_delivered.is_some());
    Ok(TrailStatus {
        logging: trail.logging,
        started: trail.started.map(|at| view.time_at(at)),
        bucket_delivery: bucket_delivery.map(|at| view.time_at(at)),
        bucket_error,
        logs_delivery: logs_delivery.map(|at| view.time_at(at)),
        logs_error,
    })
}

/// When the trail last delivered to its log group, if nothing prevents that. A restart does not clear it.
///
/// Source: CloudTrail API, GetTrailStatus, `LatestCloudWatchLogsDeliveryTime`.
pub(super) fn last_logs_delivery(trail: &account::Trail, delivers_after: Seconds, now: Seconds) -> Option<Seconds> {
    trail.config.log_group_arn.as_ref()?;
    let since_started = || last_since(trail, trail.started.max(trail.attached), delivers_after, now);
    trail.delivered.or_else(since_started).or(trail.delivered_before)
}

/// When the trail last delivered to its bucket, if nothing prevents that.
///
/// Source: CloudTrail API, GetTrailStatus, `LatestDeliveryTime`.
fn last_bucket_delivery(trail: &account::Trail, delivers_after: Seconds, now: Seconds) -> Option<Seconds> {
    let since_started = || last_since(trail, trail.started, delivers_after, now);
    trail.bucket_delivered.or_else(since_started).or(trail.delivered_before)
}

/// The last delivery of a trail that delivers since then; `None`: the first one is still to come.
fn last_since(
    trail: &account::Trail,
    since: Option<Seconds>,
    delivers_after: Seconds,
    now: Seconds,
) -> Option<Seconds> {
    let end = if trail.logging { now } else { trail.stopped? };
    let first = since.unwrap_or(Seconds::MIN / 2).saturating_add(delivers_after);
    (end >= first).then(|| first.max(end - LAST_DELIVERY_AGE))
}

/// The error code if events do not reach the log group; `None` if they do, or if the trail has no log group.
pub(super) fn logs_delivery_error(
    account: &Account,
    account_region: &AccountRegion,
    trail: &account::Trail,
    trail_arn: &str,
) -> Option<String> {
    let arn = trail.config.log_group_arn.as_ref()?;
    let group = account
        .regions
        .get(account_region.region.as_str())?
        .log_groups
        .keys()
        .find(|name| account_region.log_group_arn(name) == *arn);
    let Some(group) = group else { return Some("ResourceNotFoundException".into()) };
    if !key_allows_delivery(account, account_region, group) {
        return Some("AccessDenied".into());
    }
    let can_deliver = trail
        .config
        .role_arn
        .as_deref()
        .is_some_and(|role| role_allows_delivery(account, account_region, role, group, trail_arn));
    (!can_deliver).then(|| "AccessDenied".into())
}

/// Whether CloudWatch Logs can store events with the key of the log group, if it has one.
fn key_allows_delivery(account: &Account, account_region: &AccountRegion, name: &str) -> bool {
    let region = account.regions.get(account_region.region.as_str());
    let key = region.and_then(|region| region.log_groups.get(name)?.config.kms_key.as_deref());
    let Some((arn, key)) = key.and_then(|id| find_key(&account.keys, id)) else { return key.is_none() };
    key.state() == KeyState::Enabled && key_serves_logs(&key.policy, account_region, arn, name) != Decision::Denied
}

/// Whether CloudTrail can assume the role and write to the log group with it.
///
/// Source: CloudTrail User Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring".
pub(super) fn role_allows_delivery(
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
    let source = [("aws:SourceArn", trail_arn), ("aws:SourceAccount", account_region.account.as_str())];
    let context = if account.source_arn_unsaid { &[] } else { &source[..] };
    let service = Some("cloudtrail.amazonaws.com");
    let assume = AccessRequest { service, action: "sts:AssumeRole", resource: None, context };
    let may_write = |action: &&str| {
        let write = AccessRequest { service: None, action, resource: Some(&stream), context };
        role.config.policy.iter().chain(role.inline_policies.values()).any(|policy| allows(Some(policy), &write))
    };
    allows(Some(&role.config.trust), &assume) && ["logs:CreateLogStream", "logs:PutLogEvents"].iter().all(may_write)
}

/// Whether the bucket's policy allows CloudTrail to write for that trail.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
pub(super) fn bucket_allows_delivery(account: &Account, location: &LogFileLocation<'_>) -> bool {
    let policy = account.buckets.get(location.bucket).and_then(|bucket| bucket.config.policy.as_ref());
    bucket_access(policy, location) == Decision::Allowed
}

pub(super) fn management_events(
    account: &Account,
    view: &AccountView,
    arn: &str,
) -> Result<ManagementEvents, DemoError> {
    let (_, _, trail) = trail_by_arn(account, view, arn)?;
    Ok(trail.events.clone())
}

pub(super) fn bucket(account: &Account, name: &str) -> BucketLookup {
    if account.foreign_buckets.iter().any(|foreign| foreign == name) {
        return BucketLookup::Forbidden;
    }
    account.buckets.get(name).map_or(BucketLookup::NotFound, |bucket| {
        BucketLookup::Owned(Bucket {
            name: name.to_owned(),
            region: (!bucket.region.is_empty()).then(|| Region::new(bucket.region.as_str())),
            tags: tag_pairs(&bucket.tags),
            ..bucket.config.clone()
        })
    })
}

pub(super) fn log_group(account: &Account, view: &AccountView, name: &str) -> Option<LogGroup> {
    let group = account.regions.get(view.account_region.region.as_str())?.log_groups.get(name)?;
    let stored_bytes = group.events.iter().map(|event| json!(event.event).to_string().len() as u64).sum();
    Some(LogGroup { name: name.to_owned(), stored_bytes, ..group.config.clone() })
}

pub(super) fn metric_filters(account: &Account, view: &AccountView, group: &str) -> Vec<MetricFilter> {
    let group =
        account.regions.get(view.account_region.region.as_str()).and_then(|region| region.log_groups.get(group));
    let Some(group) = group else { return Vec::new() };
    let created = |name: &String| Some(view.time_at(filter_created(group, name)));
    let filters = group.filters.iter();
    filters
        .map(|(name, filter)| MetricFilter { name: name.clone(), created: created(name), ..filter.clone() })
        .collect()
}

/// When the filter was created: a month before the start, if that was long ago.
pub(super) fn filter_created(group: &account::LogGroup, name: &str) -> Seconds {
    group.filters_created.get(name).copied().unwrap_or(-30 * 86_400)
}

fn role_arn(account_region: &AccountRegion, name: &str, role: &account::Role) -> Arn {
    account_region.role_arn(&format!("{}{name}", role.path.trim_start_matches('/')))
}

pub(super) fn role(account: &Account, view: &AccountView, name: &str) -> Option<Role> {
    let role = account.roles.get(name)?;
    Some(Role {
        name: name.to_owned(),
        arn: role_arn(&view.account_region, name, role),
        tags: tag_pairs(&role.tags),
        ..role.config.clone()
    })
}

fn tag_pairs(tags: &BTreeMap<String, String>) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The tags of the resource with that ARN in the caller's Region.
pub(super) fn tags(account: &Account, view: &AccountView, kind: Tagged, arn: &str) -> Vec<(String, String)> {
    let Some(region) = account.regions.get(view.account_region.region.as_str()) else { return Vec::new() };
    let name_after = |prefix: &str| arn.strip_prefix(prefix).unwrap_or_default();
    let account_region = &view.account_region;
    let tags = match kind {
        Tagged::Trail => trail_by_arn(account, view, arn).ok().map(|(_, _, trail)| &trail.tags),
        Tagged::LogGroup => {
            region.log_groups.get(name_after(&account_region.arn("logs", "log-group:"))).map(|group| &group.tags)
        }
        Tagged::Topic => region.topics.get(name_after(&account_region.topic_arn(""))).map(|topic| &topic.tags),
        Tagged::EventRule => region.event_rules.get(name_after(&account_region.rule_arn(""))).map(|rule| &rule.tags),
        Tagged::Alarm => region.alarms.get(name_after(&account_region.alarm_arn(""))).map(|alarm| &alarm.tags),
    };
    tags.map(tag_pairs).unwrap_or_default()
}

pub(super) fn contents(account: &Account, name: &str) -> Contents {
    let bucket = account.buckets.get(name);
    bucket.map_or_else(Contents::default, |b| Contents { objects: b.objects, bytes: b.bytes })
}

pub(super) fn alarms(account: &Account, view: &AccountView) -> Vec<Alarm> {
    let alarms = account
        .regions
        .get(view.account_region.region.as_str())
        .map(|region| region.alarms.iter())
        .into_iter()
        .flatten();
    alarms
        .map(|(name, alarm)| Alarm {
            name: name.clone(),
            config: alarm.config.clone(),
            state: alarm.state,
            reason: alarm.reason.clone(),
            since: alarm.since.map(|at| view.time_at(at)),
            configured: alarm.configured.map(|at| view.time_at(at)),
            evaluation: alarm.evaluation_state.clone(),
            mute_rules: None,
        })
        .collect()
}

/// Source: CloudWatch API, ListAlarmMuteRules.
pub(super) fn mute_rules(account: &Account, view: &AccountView, alarm: &str) -> Vec<MuteRule> {
    let region = account.regions.get(view.account_region.region.as_str());
    let rules = region.into_iter().flat_map(|region| &region.mute_rules);
    let is_current = |rule: &account::MuteRule| rule.status != MuteStatus::Expired;
    rules
        .filter(|(_, rule)| is_current(rule) && rule.alarms.iter().any(|name| name == alarm))
        .map(|(name, rule)| MuteRule {
            name: name.clone(),
            status: rule.status,
            recurring: rule.recurring,
            expires: rule.expires.map(|at| view.time_at(at)),
            schedule: rule.schedule.clone(),
            mutes_until: None,
        })
        .collect()
}

pub(super) fn key(account: &Account, id: &str) -> Option<KmsKey> {
    let (arn, key) = find_key(&account.keys, id)?;
    Some(KmsKey { arn: arn.as_str().into(), state: key.state(), policy: key.policy.clone() })
}

fn existing_topic<'a>(account: &'a Account, view: &AccountView, arn: &str) -> Option<&'a account::Topic> {
    let name = arn.strip_prefix(view.account_region.topic_arn("").as_str())?;
    account.regions.get(view.account_region.region.as_str())?.topics.get(name)
}

/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control": by default, only the topic's owner may
/// read its attributes and subscriptions.
pub(super) fn require_own_topic(account: &Account, arn: &str, action: &str) -> Result<(), DemoError> {
    if !account.foreign_topics.iter().any(|foreign| foreign == arn) {
        return Ok(());
    }
    let message = format!("User: {} is not authorized to perform: {action} on resource: {arn}", account.caller);
    Err(DemoError::new(ErrorKind::AccessDenied, message))
}

pub(super) fn topic(account: &Account, view: &AccountView, arn: &str) -> Option<Topic> {
    let topic = existing_topic(account, view, arn)?;
    let mut topic = Topic { arn: arn.into(), ..topic.config.clone() };
    topic.policy.get_or_insert_with(|| default_topic_policy(&view.account_region, arn));
    Some(topic)
}

/// The policy of a topic that is created without one.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control".
pub(super) fn default_topic_policy(account_region: &AccountRegion, arn: &str) -> PolicyDocument {
    json!({ "Version": "2008-10-17", "Statement": [{
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
        "Resource": arn,
        "Condition": { "StringEquals": { "AWS:SourceOwner": account_region.account } }
    }] })
    .into()
}

/// The topic's subscriptions, each with its ARN if it is confirmed.
fn subscriptions_with_arns<'a>(
    account: &'a Account,
    view: &AccountView,
    topic_arn: &str,
) -> Vec<(Option<Arn>, &'a account::Subscription)> {
    let topic = existing_topic(account, view, topic_arn);
    let all = topic.map(|topic| topic.subscriptions.iter()).into_iter().flatten();
    let arn = |index: usize| format!("{topic_arn}:00000000-0000-4000-8000-{:012}", index + 1).into();
    let with_arn = |(index, s): (usize, &'a account::Subscription)| {
        ((s.config.state == Confirmation::Confirmed).then(|| arn(index)), s)
    };
    all.enumerate().map(with_arn).collect()
}

pub(super) fn subscriptions(account: &Account, view: &AccountView, arn: &str) -> Vec<Subscription> {
    let all = subscriptions_with_arns(account, view, arn).into_iter();
    let mut found: Vec<Subscription> = all.map(|(arn, s)| Subscription { arn, ..s.config.clone() }).collect();
    found.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    found
}

/// Source: SNS API, GetSubscriptionAttributes.
pub(super) fn subscription_attributes(
    account: &Account,
    view: &AccountView,
    arn: &str,
) -> Result<SubscriptionAttributes, DemoError> {
    let (topic_arn, _) = arn.rsplit_once(':').unwrap_or_default();
    let found = subscriptions_with_arns(account, view, topic_arn)
        .into_iter()
        .find(|(found, _)| found.as_ref().is_some_and(|found| *found == arn));
    let missing = || DemoError::new(ErrorKind::NotFound, "Subscription does not exist");
    let attributes = |(_, subscription): (_, &account::Subscription)| {
        let attributes = subscription.attributes.clone();
        // Opening the link is no signed call.
        SubscriptionAttributes { signed: attributes.signed.or(Some(false)), ..attributes }
    };
    found.map(attributes).ok_or_else(missing)
}

/// Takes any number of events. AWS's limit of 50 a call is handled by the AWS adapter.
pub(super) fn test_metric_filter(pattern: &str, events: &[&str]) -> Result<Vec<bool>, DemoError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let pattern = Pattern::parse(pattern)?;
    Ok(events.iter().map(|event| pattern.matches(event)).collect())
}

/// Turns a failed name check into an error.
pub(super) fn require_valid(validity: names::Validity) -> Result<(), DemoError> {
    validity.map_err(|message| DemoError::new(ErrorKind::Invalid, message))
}
