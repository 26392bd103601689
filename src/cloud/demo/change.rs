//! What each change does to the account, and when AWS would refuse it.

use std::collections::BTreeMap;

use super::account::{
    Account, Alarm, Bucket, Entry, Event, Filter, Link, LogGroup, Region, Role, State, Subscription, Topic, Trail,
};
use super::queries::{self, AccountView, bucket_lets_in, role_may_deliver, valid};
use super::{Refusal, activity};
use crate::cloud::ErrorKind;
use crate::domain::change::Delivery;
use crate::domain::filter_pattern::Pattern;
use crate::domain::observed::{self, AlarmState, MetricFilter};
use crate::domain::policy::{is_well_formed, same};
use crate::domain::settings::TAG;
use crate::domain::{Change, names};

mod delete;

type Done = Result<(), Refusal>;

/// The tag that whoever makes something puts on it.
fn tag() -> BTreeMap<String, String> {
    BTreeMap::from([(TAG.0.to_owned(), TAG.1.to_owned())])
}

/// Source: CloudTrail User Guide, "Quotas in AWS CloudTrail": trails a region.
const MAX_TRAILS: usize = 5;
/// Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas": metric filters a log group.
const MAX_FILTERS: usize = 100;

fn refused(kind: ErrorKind, message: impl Into<String>) -> Refusal {
    Refusal::new(kind, message)
}

fn gone(message: impl Into<String>) -> Refusal {
    refused(ErrorKind::NotFound, message)
}

/// What the call leans on is not there. It may have been made a moment ago: nobody can tell the two apart.
fn not_yet(message: impl Into<String>) -> Refusal {
    refused(ErrorKind::EventualConsistency, message)
}

fn well_formed(policy: &serde_json::Value, on_resource: bool) -> Done {
    if is_well_formed(policy, on_resource) {
        return Ok(());
    }
    let said = "The policy is malformed: a statement lacks its effect, action or principal";
    Err(refused(ErrorKind::Invalid, said))
}

/// The change, or why not. A refused change alters nothing.
#[expect(clippy::too_many_lines, reason = "one arm a change, side by side with the list of them")]
pub(super) fn apply(account: &mut Account, scene: &AccountView, change: &Change) -> Done {
    match change {
        Change::CreateBucket { bucket } => create_bucket(account, scene, bucket),
        Change::PutBucketOwnershipControls { bucket } => in_bucket(account, bucket, |b| b.owner_enforced = true),
        Change::PutPublicAccessBlock { bucket } => in_bucket(account, bucket, |b| b.public_blocked = true),
        Change::PutBucketVersioning { bucket } => in_bucket(account, bucket, |b| b.versioned = true),
        Change::PutBucketTagging { bucket, tags } => {
            in_bucket(account, bucket, |b| b.tags = tags.iter().cloned().collect())
        }
        Change::PutBucketPolicy { bucket, policy } => {
            in_bucket(account, bucket, |_| {})?;
            well_formed(policy, true)?;
            in_bucket(account, bucket, |b| (b.policy, b.policy_set) = (Some(policy.clone()), Some(scene.now)))
        }
        Change::CreateLogGroup { log_group } => create_log_group(account, scene, log_group),
        Change::PutRetentionPolicy { log_group, days } => {
            let group = standing_group(account, scene, log_group)?;
            valid(names::retention(*days))?;
            group.retention_days = Some(*days);
            Ok(())
        }
        Change::SetLogGroupKey { log_group, key } => {
            usable(account, key)?;
            standing_group(account, scene, log_group)?.kms_key = Some(key.clone());
            Ok(())
        }
        Change::CreateRole { role, trust } => {
            valid(names::role(role))?;
            if account.roles.contains_key(role) {
                return Err(refused(ErrorKind::AlreadyExists, format!("Role with name {role} already exists.")));
            }
            well_formed(trust, true)?;
            let made = Role { trust: trust.clone(), created: Some(scene.now), tags: tag(), ..Role::default() };
            account.roles.insert(role.clone(), made);
            Ok(())
        }
        Change::UpdateAssumeRolePolicy { role, trust } => {
            let existing = standing_role(account, role)?;
            well_formed(trust, true)?;
            existing.trust = trust.clone();
            Ok(())
        }
        Change::PutRolePolicy { role, policy } => {
            let existing = standing_role(account, role)?;
            well_formed(policy, false)?;
            existing.policy = Some(policy.clone());
            Ok(())
        }
        Change::CreateTrail { trail, bucket, delivery } => create_trail(account, scene, trail, bucket, delivery),
        Change::UpdateTrail { trail, delivery } => update_trail(account, scene, trail, delivery.as_ref()),
        Change::PutEventSelectors { trail } => {
            let trail = alterable(account, scene, trail)?;
            (trail.read, trail.write, trail.other_selectors) = (true, true, false);
            Ok(())
        }
        Change::SetTrailKey { trail, key } => {
            usable(account, key)?;
            alterable(account, scene, trail)?.kms_key = Some(key.clone());
            Ok(())
        }
        Change::StartLogging { trail } => {
            let new = |no: Refusal| if no.kind == ErrorKind::NotFound { not_yet(no.message) } else { no };
            let trail = alterable(account, scene, trail).map_err(new)?;
            if !trail.logging {
                (trail.logging, trail.started, trail.stopped) = (true, Some(scene.now), None);
            }
            Ok(())
        }
        Change::CreateTopic { topic, policy } => create_topic(account, scene, topic, policy),
        Change::SetTopicPolicy { topic_arn, policy } => {
            let existing = standing_topic(account, scene, topic_arn)?;
            well_formed(policy, true)?;
            existing.policy = Some(policy.clone());
            Ok(())
        }
        Change::SetTopicKey { topic_arn, key } => {
            standing_topic(account, scene, topic_arn)?.kms_key.clone_from(key);
            Ok(())
        }
        Change::Subscribe { topic_arn, email } => subscribe(account, scene, topic_arn, email),
        Change::PutMetricFilter { log_group, filter } => put_filter(account, scene, log_group, filter),
        Change::PutMetricAlarm { alarm } => put_alarm(account, scene, alarm),
        Change::SetAlarmState { alarm, state, reason } => set_state(account, scene, alarm, *state, reason),
        Change::CreateLogStream { log_group, stream } => {
            if standing_group(account, scene, log_group)?.streams.insert(stream.clone()) {
                Ok(())
            } else {
                Err(refused(ErrorKind::AlreadyExists, "The specified log stream already exists"))
            }
        }
        Change::PutLogEvents { log_group, stream, message, .. } => {
            let group = standing_group(account, scene, log_group)?;
            if !group.streams.contains(stream) {
                return Err(gone("The specified log stream does not exist."));
            }
            let event = serde_json::from_str(message).map_err(|e| refused(ErrorKind::Invalid, e.to_string()))?;
            group.events.push(Event { at: scene.now, event });
            Ok(())
        }
        Change::DeleteAlarm { alarm } => delete::alarm(account, scene, alarm),
        Change::DeleteMetricFilter { log_group, filter } => delete::filter(account, scene, log_group, filter),
        Change::Unsubscribe { arn, endpoint } => delete::subscription(account, scene, arn, endpoint),
        Change::DeleteTopic { topic_arn } => delete::topic(account, scene, topic_arn),
        Change::StopLogging { trail } => delete::stop(account, scene, trail),
        Change::DeleteTrail { trail } => delete::trail(account, scene, trail),
        Change::DetachLogs { trail } => delete::detach(account, scene, trail),
        Change::DeleteRolePolicy { role } => delete::role_policy(account, role),
        Change::DeleteRole { role } => delete::role(account, role),
        Change::DeleteLogGroup { log_group } => delete::log_group(account, scene, log_group),
        Change::DeleteBucketPolicy { bucket } => {
            in_bucket(account, bucket, |b| (b.policy, b.policy_set) = (None, None))
        }
        Change::EmptyBucket { bucket } => delete::contents(account, bucket),
        Change::DeleteBucket { bucket } => delete::bucket(account, bucket),
    }
}

/// A key that is not there or disabled is refused. Whom its policy serves shows when it is used.
///
/// Source: CloudTrail API, UpdateTrail errors; CloudWatch Logs API, AssociateKmsKey errors.
fn usable(account: &Account, key: &str) -> Done {
    match queries::key(account, key) {
        Some(key) if key.enabled => Ok(()),
        Some(_) => Err(refused(ErrorKind::Invalid, "The KMS key is disabled")),
        None => Err(gone("The KMS key does not exist")),
    }
}

/// A new bucket has no ACLs and is closed to the public.
///
/// Source: S3 User Guide, "Default settings for new S3 buckets FAQ"; S3 API, CreateBucket errors.
fn create_bucket(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    valid(names::bucket(name))?;
    if account.foreign_buckets.iter().any(|foreign| foreign == name) {
        return Err(refused(ErrorKind::AlreadyExists, "The requested bucket name is not available."));
    }
    // BucketAlreadyOwnedByYou comes to the same.
    account.buckets.entry(name.to_owned()).or_insert_with(|| Bucket {
        region: scene.account_region.region.clone(),
        owner_enforced: true,
        public_blocked: true,
        ..Bucket::default()
    });
    Ok(())
}

fn in_bucket(account: &mut Account, name: &str, alter: impl FnOnce(&mut Bucket)) -> Done {
    if account.foreign_buckets.iter().any(|foreign| foreign == name) {
        return Err(refused(ErrorKind::AccessDenied, "Access Denied"));
    }
    alter(account.buckets.get_mut(name).ok_or_else(|| not_yet("The specified bucket does not exist"))?);
    Ok(())
}

fn create_log_group(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    valid(names::log_group(name))?;
    let groups = &mut account.region_mut(&scene.account_region.region).log_groups;
    if groups.contains_key(name) {
        return Err(refused(ErrorKind::AlreadyExists, "The specified log group already exists"));
    }
    groups.insert(name.to_owned(), LogGroup { tags: tag(), ..LogGroup::default() });
    Ok(())
}

fn standing_group<'a>(account: &'a mut Account, scene: &AccountView, name: &str) -> Result<&'a mut LogGroup, Refusal> {
    let group =
        account.regions.get_mut(&scene.account_region.region).and_then(|region| region.log_groups.get_mut(name));
    group.ok_or_else(|| gone("The specified log group does not exist."))
}

fn standing_role<'a>(account: &'a mut Account, name: &str) -> Result<&'a mut Role, Refusal> {
    account.roles.get_mut(name).ok_or_else(|| not_yet(format!("The role with name {name} cannot be found.")))
}

/// The checks in AWS's order: the name, the quota, the bucket and its policy, the log group, the role.
///
/// Source: CloudTrail API, CreateTrail errors.
fn create_trail(account: &mut Account, scene: &AccountView, name: &str, bucket: &str, delivery: &Delivery) -> Done {
    valid(names::trail(name))?;
    let here = queries::trails(account, scene);
    if here.iter().any(|trail| trail.name == name) {
        return Err(refused(ErrorKind::AlreadyExists, format!("Trail {name} already exists")));
    }
    // A shadow counts like a trail of the region's own.
    if here.len() >= MAX_TRAILS {
        return Err(refused(ErrorKind::Quota, format!("The region has {MAX_TRAILS} trails already")));
    }
    let existing = account.buckets.get(bucket);
    let Some(existing) = existing else {
        return Err(not_yet(format!("S3 bucket {bucket} does not exist!")));
    };
    let policy_seen = scene.through(existing.policy_set, account.timing.bucket_policy_ready_after);
    if !policy_seen || !bucket_lets_in(account, &scene.account_region, bucket, &scene.account_region.trail_arn(name)) {
        let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
        return Err(not_yet(message));
    }
    deliverable(account, scene, delivery, &scene.account_region.trail_arn(name))?;
    let trail = Trail {
        multi_region: true,
        log_file_validation: true,
        bucket: bucket.to_owned(),
        log_group_arn: Some(delivery.log_group_arn.clone()),
        role_arn: Some(delivery.role_arn.clone()),
        attached: Some(scene.now),
        tags: tag(),
        ..Trail::default()
    };
    account.region_mut(&scene.account_region.region).trails.insert(name.to_owned(), trail);
    Ok(())
}

/// AWS gives one answer for a log group or role that is not there, not right, and not there yet.
///
/// Source: CloudTrail API, UpdateTrail errors `InvalidCloudWatchLogsLogGroupArnException` and
/// `InvalidCloudWatchLogsRoleArnException`.
fn deliverable(account: &Account, scene: &AccountView, delivery: &Delivery, trail_arn: &str) -> Done {
    let account_region = &scene.account_region;
    let groups = account.regions.get(&account_region.region).map(|region| &region.log_groups);
    let group =
        groups.and_then(|all| all.keys().find(|name| account_region.log_group_arn(name) == delivery.log_group_arn));
    let unclear = |what: &str| not_yet(format!("Access denied. Check the {what}."));
    let group = group.ok_or_else(|| unclear("log group's ARN"))?;
    let role = delivery.role_arn.rsplit('/').next().and_then(|name| account.roles.get(name));
    let known = role.is_some_and(|role| scene.through(role.created, account.timing.role_ready_after));
    if !known || !role_may_deliver(account, account_region, &delivery.role_arn, group, trail_arn) {
        return Err(unclear("role's trust and permissions"));
    }
    Ok(())
}

fn update_trail(account: &mut Account, scene: &AccountView, name: &str, delivery: Option<&Delivery>) -> Done {
    alterable(account, scene, name)?;
    if let Some(delivery) = delivery {
        let name = name.rsplit('/').next().unwrap_or(name);
        deliverable(account, scene, delivery, &scene.account_region.trail_arn(name))?;
    }
    let trail = alterable(account, scene, name)?;
    (trail.multi_region, trail.log_file_validation) = (true, true);
    if let Some(delivery) = delivery {
        trail.log_group_arn = Some(delivery.log_group_arn.clone());
        trail.role_arn = Some(delivery.role_arn.clone());
        trail.attached = Some(scene.now);
    }
    Ok(())
}

/// A trail is altered in its home region, by the account it lives in.
///
/// Source: CloudTrail API, `InvalidHomeRegionException`; CloudTrail User Guide, "Creating a trail for an organization".
fn alterable<'a>(account: &'a mut Account, scene: &AccountView, name: &str) -> Result<&'a mut Trail, Refusal> {
    let found = queries::trails(account, scene).into_iter().find(|t| t.name == name || t.arn == name);
    let Some(found) = found else { return Err(gone(format!("Unknown trail: {name}"))) };
    if found.home_region != scene.account_region.region {
        let message = format!("The home region of the trail {} is {}", found.name, found.home_region);
        return Err(refused(ErrorKind::Invalid, message));
    }
    let trail = account.region_mut(&scene.account_region.region).trails.get_mut(&found.name);
    match trail {
        Some(trail) if trail.owner.is_none() => Ok(trail),
        Some(_) => {
            Err(refused(ErrorKind::AccessDenied, "The trail is the organization's: its account alone alters it"))
        }
        None => Err(gone(format!("Unknown trail: {name}"))),
    }
}

/// Source: SNS API, CreateTopic: the same attributes again are success, others are not.
fn create_topic(account: &mut Account, scene: &AccountView, name: &str, policy: &serde_json::Value) -> Done {
    valid(names::topic(name))?;
    well_formed(policy, true)?;
    let existing = queries::topic(account, scene, &scene.account_region.topic_arn(name));
    match existing.and_then(|topic| topic.policy) {
        Some(other) if !same(&other, policy) => {
            Err(refused(ErrorKind::Invalid, "Invalid parameter: Attributes Reason: Topic already exists with others"))
        }
        Some(_) => Ok(()),
        None => {
            let made = Topic { policy: Some(policy.clone()), tags: tag(), ..Topic::default() };
            account.region_mut(&scene.account_region.region).topics.insert(name.to_owned(), made);
            Ok(())
        }
    }
}

fn standing_topic<'a>(account: &'a mut Account, scene: &AccountView, arn: &str) -> Result<&'a mut Topic, Refusal> {
    let name = arn.strip_prefix(&scene.account_region.topic_arn(""));
    let topics = account.regions.get_mut(&scene.account_region.region).map(|region| &mut region.topics);
    topics.zip(name).and_then(|(topics, name)| topics.get_mut(name)).ok_or_else(|| gone("Topic does not exist"))
}

/// The same address again gets the e-mail again.
fn subscribe(account: &mut Account, scene: &AccountView, topic_arn: &str, email: &str) -> Done {
    let topic = standing_topic(account, scene, topic_arn)?;
    valid(names::email(email))?;
    let same = |s: &&mut Subscription| {
        s.protocol == "email" && s.endpoint.eq_ignore_ascii_case(email) && s.state != Link::Deleted
    };
    match topic.subscriptions.iter_mut().find(same) {
        Some(existing) if existing.state == Link::Pending => existing.sent = Some(scene.now),
        Some(_) => {}
        None => topic.subscriptions.push(Subscription {
            endpoint: email.to_owned(),
            sent: Some(scene.now),
            ..Subscription::default()
        }),
    }
    Ok(())
}

fn put_filter(account: &mut Account, scene: &AccountView, group: &str, filter: &MetricFilter) -> Done {
    valid(names::filter(&filter.name))?;
    Pattern::parse(&filter.pattern)?;
    let filters: &mut BTreeMap<String, Filter> = &mut standing_group(account, scene, group)?.filters;
    if filters.len() >= MAX_FILTERS && !filters.contains_key(&filter.name) {
        return Err(refused(ErrorKind::Quota, format!("The log group has {MAX_FILTERS} metric filters already")));
    }
    let made = Filter {
        pattern: filter.pattern.clone(),
        namespace: filter.metric.namespace.clone(),
        metric: filter.metric.name.clone(),
        value: filter.value.clone(),
        default: filter.default,
    };
    filters.insert(filter.name.clone(), made);
    Ok(())
}

/// Source: CloudWatch API, SetAlarmState, `StateReason`: at most 1,023 characters.
fn set_state(account: &mut Account, scene: &AccountView, name: &str, to: AlarmState, reason: &str) -> Done {
    if reason.chars().count() > 1023 {
        return Err(refused(ErrorKind::Invalid, "StateReason must be at most 1023 characters"));
    }
    let Account { regions, keys, .. } = account;
    let region = regions.get_mut(&scene.account_region.region);
    let Some(Region { alarms, topics, .. }) = region else { return Err(gone(format!("Alarm {name} does not exist"))) };
    let alarm = alarms.get_mut(name).ok_or_else(|| gone(format!("Alarm {name} does not exist")))?;
    let told = activity::Recipients { alarm: name, topics, keys, account_region: &scene.account_region };
    activity::turn(alarm, &told, Some(scene.now), to.into(), reason);
    Ok(())
}

/// The state of a standing alarm stays, the rest is overwritten.
///
/// Source: CloudWatch API, PutMetricAlarm, `Period`; "If you are updating an existing alarm".
fn put_alarm(account: &mut Account, scene: &AccountView, alarm: &observed::Alarm) -> Done {
    valid(names::alarm(&alarm.name))?;
    if alarm.period == 0 || !(matches!(alarm.period, 10 | 20 | 30) || alarm.period.is_multiple_of(60)) {
        return Err(refused(ErrorKind::Invalid, "Period must be 10, 20, 30 or a multiple of 60"));
    }
    if alarm.datapoints_to_alarm == 0 || alarm.datapoints_to_alarm > alarm.evaluation_periods {
        return Err(refused(ErrorKind::Invalid, "DatapointsToAlarm must be 1 to EvaluationPeriods"));
    }
    let alarms = &mut account.region_mut(&scene.account_region.region).alarms;
    let existing = alarms.get(&alarm.name);
    let mut history = existing.map(|a| a.history.clone()).unwrap_or_default();
    let word = if existing.is_some() { "updated" } else { "created" };
    history.push(Entry {
        at: scene.now,
        kind: "ConfigurationUpdate".into(),
        summary: format!("Alarm \"{}\" {word}", alarm.name),
        data: None,
    });
    // A standing alarm's tags are not touched.
    let tags = existing.map_or_else(tag, |a| a.tags.clone());
    let (state, reason, since) = match existing {
        Some(existing) => (existing.state, existing.reason.clone(), existing.since),
        None => (State::InsufficientData, "Unchecked: Initial alarm creation".to_owned(), Some(scene.now)),
    };
    let made = Alarm {
        namespace: alarm.metric.namespace.clone(),
        metric: alarm.metric.name.clone(),
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
        state,
        reason,
        since,
        configured: Some(scene.now),
        history,
        tags,
    };
    alarms.insert(alarm.name.clone(), made);
    Ok(())
}
