//! The effect of each change on the account, and the errors that AWS would give.

use super::event_rules;
use std::collections::BTreeMap;

use super::account::{
    Account, Alarm, Bucket, Event, HistoryEntry, LogGroup, Region, Role, Subscription, Topic, Trail, tag,
};
use super::activity;
use super::bus;
use super::error::DemoError;
use super::queries::{self, bucket_allows_delivery, last_logs_delivery, require_valid, role_allows_delivery};
use super::view::AccountView;
use crate::cloud::{ErrorKind, KeyProblem};
use crate::domain::added::{ADDED, Additions, Recorded};
use crate::domain::alarm::{AlarmConfig, AlarmState};
use crate::domain::arn::Arn;
use crate::domain::change::{Delivery, TrailUpdate};
use crate::domain::confirmation::ConfirmationToken;
use crate::domain::event::{DRILL_BUS_SOURCE, DRILL_DETAIL_TYPE};
use crate::domain::event_pattern::coverage::envelope;
use crate::domain::filter_pattern::Pattern;
use crate::domain::observed::{self, Confirmation, ManagementEvents, MetricFilter};
use crate::domain::policy::{LogFileLocation, PolicyDocument, is_well_formed, same};
use crate::domain::{Change, Email, RetentionDays, names};

mod delete;
mod existing;

use existing::{
    ChangeResult, existing_log_group, existing_role, modifiable_trail, modify_bucket, not_found, not_propagated,
};

/// Source: CloudTrail User Guide, "Quotas in AWS CloudTrail": trails per Region.
const MAX_TRAILS: usize = 5;
/// Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas": metric filters per log group.
const MAX_FILTERS: usize = 100;

fn require_well_formed(policy: &PolicyDocument, on_resource: bool) -> ChangeResult {
    if is_well_formed(policy, on_resource) {
        return Ok(());
    }
    let message = "The policy is malformed: a statement lacks an effect, action or principal";
    Err(DemoError::new(ErrorKind::Invalid, message))
}

/// Makes the change, or returns AWS's error and changes nothing.
#[expect(clippy::too_many_lines, reason = "one arm per kind of change")]
pub(super) fn apply(account: &mut Account, view: &AccountView, change: &Change) -> ChangeResult {
    match change {
        Change::CreateBucket { bucket } => create_bucket(account, view, bucket),
        Change::PutBucketOwnershipControls { bucket } => {
            modify_bucket(account, bucket, |b| b.config.owner_enforced = true)
        }
        Change::PutPublicAccessBlock { bucket } => modify_bucket(account, bucket, |b| b.config.public_blocked = true),
        Change::PutBucketVersioning { bucket } => modify_bucket(account, bucket, |b| b.config.versioned = true),
        Change::PutBucketTagging { bucket, tags } => {
            modify_bucket(account, bucket, |b| b.tags = tags.iter().cloned().collect())
        }
        Change::PutBucketPolicy { bucket, policy } => {
            modify_bucket(account, bucket, |_| {})?;
            require_well_formed(policy, true)?;
            modify_bucket(account, bucket, |b| (b.config.policy, b.policy_set) = (Some(policy.clone()), Some(view.now)))
        }
        Change::CreateLogGroup { log_group, added } => create_log_group(account, view, log_group, added),
        Change::PutRetentionPolicy { log_group, days } => {
            let group = existing_log_group(account, view, log_group)?;
            let retention = RetentionDays::Days(*days);
            require_valid(retention.check())?;
            group.config.retention_days = retention;
            Ok(())
        }
        Change::DeleteRetentionPolicy { log_group } => {
            existing_log_group(account, view, log_group)?.config.retention_days = RetentionDays::Never;
            Ok(())
        }
        Change::SetLogGroupKey { log_group, key } => {
            require_enabled_key(account, key)?;
            existing_log_group(account, view, log_group)?.config.kms_key = Some(key.clone());
            Ok(())
        }
        Change::CreateRole { role, purpose: _, trust } => {
            require_valid(names::role(role))?;
            if account.roles.contains_key(role) {
                return Err(DemoError::new(ErrorKind::AlreadyExists, format!("Role with name {role} already exists.")));
            }
            require_well_formed(trust, true)?;
            let config = observed::Role { trust: trust.clone(), ..observed::Role::default() };
            let new_role = Role { config, created: Some(view.now), tags: tag(), ..Role::default() };
            account.roles.insert(role.clone(), new_role);
            Ok(())
        }
        Change::UpdateAssumeRolePolicy { role, purpose: _, trust } => {
            let existing = existing_role(account, role)?;
            require_well_formed(trust, true)?;
            existing.config.trust = trust.clone();
            Ok(())
        }
        Change::PutRolePolicy { role, purpose: _, policy } => {
            let existing = existing_role(account, role)?;
            require_well_formed(policy, false)?;
            existing.config.policy = Some(policy.clone());
            Ok(())
        }
        Change::CreateTrail { trail, bucket, delivery } => create_trail(account, view, trail, bucket, delivery),
        Change::UpdateTrail { trail, update } => update_trail(account, view, trail, update),
        Change::PutEventSelectors { trail, read, write } => {
            let events = ManagementEvents { read: *read, write: *write, ..ManagementEvents::ALL };
            modifiable_trail(account, view, trail)?.events = events;
            Ok(())
        }
        Change::RecordAdded { kind, arn, added } => {
            tags_mut(account, view, *kind, arn)?.insert(ADDED.to_owned(), added.to_string());
            Ok(())
        }
        Change::RemoveAdded { kind, arn } => {
            tags_mut(account, view, *kind, arn)?.remove(ADDED);
            Ok(())
        }
        Change::SetTrailKey { trail, key } => {
            require_enabled_key(account, key)?;
            modifiable_trail(account, view, trail)?.config.kms_key = Some(key.clone());
            Ok(())
        }
        Change::StartLogging { trail } => {
            let may_be_new = |error: DemoError| match error.kind {
                ErrorKind::NotFound => not_propagated(error.message),
                _ => error,
            };
            let delivers_after = account.timing.delivers_after;
            let trail = modifiable_trail(account, view, trail).map_err(may_be_new)?;
            if !trail.logging {
                trail.delivered_before = last_logs_delivery(trail, delivers_after, view.now);
                (trail.logging, trail.started, trail.stopped) = (true, Some(view.now), None);
            }
            Ok(())
        }
        Change::CreateTopic { topic, policy } => create_topic(account, view, topic, policy),
        Change::SetTopicPolicy { topic_arn, policy } => {
            let existing = existing_topic(account, view, topic_arn)?;
            require_well_formed(policy, true)?;
            let is_default = *policy == queries::default_topic_policy(&view.account_region, topic_arn);
            existing.config.policy = (!is_default).then(|| policy.clone());
            Ok(())
        }
        Change::SetTopicKey { topic_arn, key } => {
            existing_topic(account, view, topic_arn)?.config.kms_key = key.as_ref().map(Arn::to_string);
            Ok(())
        }
        Change::Subscribe { topic_arn, email } => subscribe(account, view, topic_arn, email),
        Change::PutRule { rule, pattern, description } => {
            event_rules::put_rule(account, view, rule.rule_name().unwrap_or(rule), pattern, description)
        }
        Change::PutTarget { rule, target } => {
            event_rules::put_target(account, view, rule.rule_name().unwrap_or(rule), target)
        }
        Change::RemoveTarget { rule, target } => {
            event_rules::remove_target(account, view, rule.rule_name().unwrap_or(rule), target)
        }
        Change::DeleteRule { rule } => event_rules::delete_rule(account, view, rule.rule_name().unwrap_or(rule)),
        Change::PutEvents { bus: _, at: _, detail } => {
            let mut event = envelope(detail, DRILL_DETAIL_TYPE, &view.account_region);
            event["source"] = DRILL_BUS_SOURCE.into();
            bus::put_event(account, view, &event, false);
            Ok(())
        }
        Change::PutMetricFilter { log_group, filter } => put_metric_filter(account, view, log_group, filter),
        Change::PutMetricAlarm { alert: _, alarm, config } => put_metric_alarm(account, view, alarm, config),
        Change::SetAlarmState { alarm, state, reason } => set_alarm_state(account, view, alarm, *state, reason),
        Change::CreateLogStream { log_group, stream } => {
            if existing_log_group(account, view, log_group)?.streams.insert(stream.clone()) {
                Ok(())
            } else {
                Err(DemoError::new(ErrorKind::AlreadyExists, "The specified log stream already exists"))
            }
        }
        Change::PutLogEvents { log_group, stream, message, .. } => {
            let group = existing_log_group(account, view, log_group)?;
            if !group.streams.contains(stream) {
                return Err(not_found("The specified log stream does not exist."));
            }
            let event = serde_json::from_str(message).map_err(|e| DemoError::new(ErrorKind::Invalid, e.to_string()))?;
            group.events.push(Event { at: view.now, event });
            Ok(())
        }
        Change::DeleteAlarm { alarm } => delete::alarm(account, view, alarm),
        Change::DeleteMetricFilter { log_group, filter } => delete::filter(account, view, log_group, filter),
        Change::ConfirmSubscription { topic_arn, token } => confirm_subscription(account, view, topic_arn, token),
        Change::Unsubscribe { arn, endpoint } => delete::subscription(account, view, arn, endpoint),
        Change::DeleteTopic { topic_arn } => delete::topic(account, view, topic_arn),
        Change::StopLogging { trail } => delete::stop(account, view, trail),
        Change::DeleteTrail { trail } => delete::trail(account, view, trail),
        Change::DetachLogs { trail } => delete::detach(account, view, trail),
        Change::DeleteRolePolicy { role, purpose: _ } => delete::role_policy(account, role),
        Change::DeleteRole { role, purpose: _ } => delete::role(account, role),
        Change::DeleteLogGroup { log_group } => delete::log_group(account, view, log_group),
        Change::DeleteBucketPolicy { bucket } => {
            modify_bucket(account, bucket, |b| (b.config.policy, b.policy_set) = (None, None))
        }
        Change::EmptyBucket { bucket } => delete::contents(account, bucket),
        Change::DeleteBucket { bucket } => delete::bucket(account, bucket),
    }
}

/// AWS rejects a key that does not exist or can't be used. The key's policy only matters when the key is used.
///
/// Source: CloudTrail API, UpdateTrail errors; CloudWatch Logs API, AssociateKmsKey errors.
fn require_enabled_key(account: &Account, key: &str) -> ChangeResult {
    match queries::key(account, key) {
        Some(key) => match key.state.fault() {
            None => Ok(()),
            Some(fault) => {
                let why = format!("The key {} {fault}", key.arn);
                Err(DemoError::new(ErrorKind::Key(KeyProblem::State(key.state)), why))
            }
        },
        None => Err(not_found("The KMS key does not exist")),
    }
}

/// A new bucket has ACLs disabled and public access blocked.
///
/// Source: S3 User Guide, "Default settings for new S3 buckets FAQ"; S3 API, CreateBucket errors.
fn create_bucket(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    require_valid(names::bucket(name))?;
    if account.foreign_buckets.iter().any(|foreign| foreign == name) {
        return Err(DemoError::new(ErrorKind::AlreadyExists, "The requested bucket name is not available."));
    }
    // rootbell treats the error BucketAlreadyOwnedByYou as success.
    account.buckets.entry(name.to_owned()).or_insert_with(|| Bucket {
        region: view.account_region.region.to_string(),
        config: observed::Bucket { owner_enforced: true, public_blocked: true, ..observed::Bucket::default() },
        ..Bucket::default()
    });
    Ok(())
}

fn create_log_group(account: &mut Account, view: &AccountView, name: &str, added: &Additions) -> ChangeResult {
    require_valid(names::log_group(name))?;
    let groups = &mut account.region_mut(&view.account_region.region).log_groups;
    if groups.contains_key(name) {
        return Err(DemoError::new(ErrorKind::AlreadyExists, "The specified log group already exists"));
    }
    let mut tags = tag();
    if !added.is_empty() {
        tags.insert(ADDED.to_owned(), added.to_string());
    }
    groups.insert(name.to_owned(), LogGroup { tags, ..LogGroup::default() });
    Ok(())
}

/// Checks in AWS's order: the name, the quota, the bucket and its policy, the log group, the role.
///
/// Source: CloudTrail API, CreateTrail errors.
fn create_trail(
    account: &mut Account,
    view: &AccountView,
    name: &str,
    bucket: &str,
    delivery: &Delivery,
) -> ChangeResult {
    require_valid(names::trail(name))?;
    let listed = queries::trails(account, view);
    if listed.iter().any(|trail| trail.name == name) {
        return Err(DemoError::new(ErrorKind::AlreadyExists, format!("Trail {name} already exists")));
    }
    // Shadow trails count towards the Region's quota.
    if listed.len() >= MAX_TRAILS {
        return Err(DemoError::new(ErrorKind::Quota, format!("The Region already has {MAX_TRAILS} trails")));
    }
    let Some(existing) = account.buckets.get(bucket) else {
        return Err(not_propagated(format!("S3 bucket {bucket} does not exist!")));
    };
    let policy_visible = view.has_propagated(existing.policy_set, account.timing.bucket_policy_ready_after);
    let trail_arn = view.account_region.trail_arn(name);
    let location = LogFileLocation::new(&view.account_region, bucket, &trail_arn);
    if !policy_visible || !bucket_allows_delivery(account, &location) {
        let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
        return Err(not_propagated(message));
    }
    check_delivery(account, view, delivery, &trail_arn)?;
    let config = observed::Trail {
        multi_region: true,
        log_file_validation: true,
        bucket: bucket.to_owned(),
        log_group_arn: Some(delivery.log_group_arn.clone()),
        role_arn: Some(delivery.role_arn.clone()),
        ..observed::Trail::default()
    };
    let trail = Trail { config, attached: Some(view.now), tags: tag(), ..Trail::default() };
    account.region_mut(&view.account_region.region).trails.insert(name.to_owned(), trail);
    Ok(())
}

/// AWS gives the same error for a log group or role that does not exist, is not visible yet, or lacks permissions.
///
/// Source: CloudTrail API, UpdateTrail errors `InvalidCloudWatchLogsLogGroupArnException` and
/// `InvalidCloudWatchLogsRoleArnException`.
fn check_delivery(account: &Account, view: &AccountView, delivery: &Delivery, trail_arn: &str) -> ChangeResult {
    let account_region = &view.account_region;
    let groups = account.regions.get(account_region.region.as_str()).map(|region| &region.log_groups);
    let group = groups.and_then(|all| {
        all.keys().find(|name| account_region.log_group_arn(name).as_str() == delivery.log_group_arn.as_str())
    });
    let access_denied = |what: &str| not_propagated(format!("Access denied. Check the {what}."));
    let group = group.ok_or_else(|| access_denied("log group's ARN"))?;
    let role = delivery.role_arn.role_name().and_then(|name| account.roles.get(name));
    let role_visible = role.is_some_and(|role| view.has_propagated(role.created, account.timing.role_ready_after));
    if !role_visible || !role_allows_delivery(account, account_region, &delivery.role_arn, group, trail_arn) {
        return Err(access_denied("role's trust and permissions"));
    }
    Ok(())
}

/// The tags of an existing resource.
fn tags_mut<'a>(
    account: &'a mut Account,
    view: &AccountView,
    kind: Recorded,
    arn: &Arn,
) -> Result<&'a mut BTreeMap<String, String>, DemoError> {
    Ok(match kind {
        Recorded::Trail => &mut modifiable_trail(account, view, arn)?.tags,
        Recorded::LogGroup => &mut existing_log_group(account, view, kind.name(arn))?.tags,
        Recorded::Topic => &mut existing_topic(account, view, arn)?.tags,
    })
}

fn update_trail(account: &mut Account, view: &AccountView, name: &str, update: &TrailUpdate) -> ChangeResult {
    modifiable_trail(account, view, name)?;
    let TrailUpdate { multi_region, global_events, validation, delivery } = update;
    if let Some(delivery) = delivery {
        let arn = Arn::from(name);
        let name = arn.trail_name().unwrap_or(name);
        check_delivery(account, view, delivery, &view.account_region.trail_arn(name))?;
    }
    let trail = modifiable_trail(account, view, name)?;
    let config = &mut trail.config;
    let multi_region = multi_region.unwrap_or(config.multi_region);
    let global_events = global_events.unwrap_or(config.global_events);
    if multi_region && !global_events {
        let message = "Multi-Region trail must include global service events.";
        return Err(DemoError::new(ErrorKind::Invalid, message));
    }
    (config.multi_region, config.global_events) = (multi_region, global_events);
    config.log_file_validation = validation.unwrap_or(config.log_file_validation);
    if let Some(delivery) = delivery {
        trail.config.log_group_arn = Some(delivery.log_group_arn.clone());
        trail.config.role_arn = Some(delivery.role_arn.clone());
        trail.attached = Some(view.now);
    }
    Ok(())
}

/// Source: SNS API, CreateTopic: succeeds for an existing topic if its attributes are the same.
fn create_topic(account: &mut Account, view: &AccountView, name: &str, policy: &PolicyDocument) -> ChangeResult {
    require_valid(names::topic(name))?;
    require_well_formed(policy, true)?;
    let existing = queries::topic(account, view, &view.account_region.topic_arn(name));
    match existing.and_then(|topic| topic.policy) {
        Some(current) if !same(&current, policy) => Err(DemoError::new(
            ErrorKind::Invalid,
            "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
        )),
        Some(_) => Ok(()),
        None => {
            let config = observed::Topic { policy: Some(policy.clone()), ..observed::Topic::default() };
            let new_topic = Topic { config, tags: tag(), ..Topic::default() };
            account.region_mut(&view.account_region.region).topics.insert(name.to_owned(), new_topic);
            Ok(())
        }
    }
}

fn existing_topic<'a>(account: &'a mut Account, view: &AccountView, arn: &str) -> Result<&'a mut Topic, DemoError> {
    let name = arn.strip_prefix(view.account_region.topic_arn("").as_str());
    let topics = account.regions.get_mut(view.account_region.region.as_str()).map(|region| &mut region.topics);
    topics.zip(name).and_then(|(topics, name)| topics.get_mut(name)).ok_or_else(|| not_found("Topic does not exist"))
}

/// Subscribing a pending address again sends the email again.
fn subscribe(account: &mut Account, view: &AccountView, topic_arn: &str, email: &Email) -> ChangeResult {
    let topic = existing_topic(account, view, topic_arn)?;
    require_valid(email.check())?;
    let is_subscribed = |s: &&mut Subscription| {
        s.config.protocol == "email" && *email == *s.config.endpoint && s.config.state != Confirmation::Deleted
    };
    match topic.subscriptions.iter_mut().find(is_subscribed) {
        Some(existing) if existing.config.state == Confirmation::Pending => existing.sent = Some(view.now),
        Some(_) => {}
        None => topic.subscriptions.push(Subscription {
            config: observed::Subscription { endpoint: email.to_string(), ..observed::Subscription::default() },
            sent: Some(view.now),
            ..Subscription::default()
        }),
    }
    Ok(())
}

/// Source: SNS API, ConfirmSubscription: an unknown token is an invalid parameter.
fn confirm_subscription(
    account: &mut Account,
    view: &AccountView,
    topic_arn: &str,
    token: &ConfirmationToken,
) -> ChangeResult {
    let topic = existing_topic(account, view, topic_arn)?;
    let has_token = |s: &&mut Subscription| s.config.state == Confirmation::Pending && s.token() == *token;
    let found = topic.subscriptions.iter_mut().find(has_token);
    let subscription = found.ok_or_else(|| DemoError::new(ErrorKind::Invalid, "Invalid token"))?;
    subscription.config.state = Confirmation::Confirmed;
    subscription.attributes.signed = Some(true);
    Ok(())
}

fn put_metric_filter(account: &mut Account, view: &AccountView, group: &str, filter: &MetricFilter) -> ChangeResult {
    require_valid(names::filter(&filter.name))?;
    Pattern::parse(&filter.pattern)?;
    let group = existing_log_group(account, view, group)?;
    if group.config.without_filters().is_some() {
        return Err(DemoError::new(ErrorKind::Invalid, "The log group's class has no metric filters"));
    }
    let filters: &mut BTreeMap<String, MetricFilter> = &mut group.filters;
    if filters.len() >= MAX_FILTERS && !filters.contains_key(&filter.name) {
        return Err(DemoError::new(
            ErrorKind::Quota,
            format!("The log group already has {MAX_FILTERS} metric filters"),
        ));
    }
    let (name, created) = (String::new(), None);
    if filters.insert(filter.name.clone(), MetricFilter { name, created, ..filter.clone() }).is_none() {
        group.filters_created.insert(filter.name.clone(), view.now);
    }
    Ok(())
}

/// Source: CloudWatch API, SetAlarmState, `StateReason`: at most 1,023 characters.
fn set_alarm_state(
    account: &mut Account,
    view: &AccountView,
    name: &str,
    to: AlarmState,
    reason: &str,
) -> ChangeResult {
    if reason.chars().count() > 1023 {
        return Err(DemoError::new(ErrorKind::Invalid, "StateReason must be at most 1023 characters"));
    }
    let Account { regions, keys, foreign_topics, .. } = account;
    let region = regions.get_mut(view.account_region.region.as_str());
    let Some(Region { alarms, topics, mute_rules, .. }) = region else {
        return Err(not_found(format!("Alarm {name} does not exist")));
    };
    let alarm = alarms.get_mut(name).ok_or_else(|| not_found(format!("Alarm {name} does not exist")))?;
    let context = activity::ActionContext {
        alarm: name,
        topics,
        mute_rules,
        keys,
        foreign_topics,
        account_region: &view.account_region,
    };
    activity::set_state(alarm, &context, Some(view.now), to, reason);
    Ok(())
}

/// Updating an existing alarm keeps its state and replaces everything else.
///
/// Source: CloudWatch API, PutMetricAlarm, `Period`; "If you are updating an existing alarm".
fn put_metric_alarm(account: &mut Account, view: &AccountView, name: &str, config: &AlarmConfig) -> ChangeResult {
    require_valid(names::alarm(name))?;
    if config.period == 0 || !(matches!(config.period, 10 | 20 | 30) || config.period.is_multiple_of(60)) {
        return Err(DemoError::new(ErrorKind::Invalid, "Period must be 10, 20, 30 or a multiple of 60"));
    }
    if config.datapoints_to_alarm == 0 || config.datapoints_to_alarm > config.evaluation_periods {
        return Err(DemoError::new(ErrorKind::Invalid, "DatapointsToAlarm must be 1 to EvaluationPeriods"));
    }
    let alarms = &mut account.region_mut(&view.account_region.region).alarms;
    let existing = alarms.get(name);
    let mut history = existing.map(|a| a.history.clone()).unwrap_or_default();
    let verb = if existing.is_some() { "updated" } else { "created" };
    history.push(HistoryEntry {
        at: view.now,
        kind: "ConfigurationUpdate".into(),
        summary: format!("Alarm \"{name}\" {verb}"),
        data: None,
    });
    // PutMetricAlarm does not change the tags of an existing alarm.
    let tags = existing.map_or_else(tag, |a| a.tags.clone());
    let (state, reason, since) = match existing {
        Some(existing) => (existing.state, existing.reason.clone(), existing.since),
        None => (AlarmState::InsufficientData, "Unchecked: Initial alarm creation".to_owned(), Some(view.now)),
    };
    let config = config.clone();
    // With a new configuration, the old error is gone.
    let (configured, evaluation_state) = (Some(view.now), None);
    let new_alarm =
        Alarm { config, state, reason, since, configured, evaluation_state, history, tags, ..Alarm::default() };
    alarms.insert(name.to_owned(), new_alarm);
    Ok(())
}
