//! The changes that delete resources, and the errors that AWS would give.

use super::existing::{ChangeResult, existing_log_group, existing_role, modifiable_trail, modify_bucket, not_found};
use crate::cloud::ErrorKind;
use crate::cloud::demo::account::Account;
use crate::cloud::demo::error::DemoError;
use crate::cloud::demo::view::AccountView;
use crate::domain::arn::Arn;
use crate::domain::observed::Confirmation;

pub(super) fn alarm(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    let removed = account.region_mut(&view.account_region.region).alarms.remove(name);
    removed.map(drop).ok_or_else(|| not_found(format!("Alarm {name} does not exist")))
}

pub(super) fn filter(account: &mut Account, view: &AccountView, group: &str, name: &str) -> ChangeResult {
    let group = existing_log_group(account, view, group)?;
    group.filters_created.remove(name);
    let removed = group.filters.remove(name);
    removed.map(drop).ok_or_else(|| not_found("The specified metric filter does not exist."))
}

/// Source: SNS API, Unsubscribe: a pending subscription has no ARN to name it by.
pub(super) fn subscription(account: &mut Account, view: &AccountView, arn: &str, endpoint: &str) -> ChangeResult {
    let topics = &mut account.region_mut(&view.account_region.region).topics;
    let arn = Arn::from(arn);
    let is_here = arn.starts_with(view.account_region.topic_arn("").as_str());
    let topic = arn.topic_name().filter(|_| is_here).and_then(|name| topics.get_mut(name));
    let topic = topic.ok_or_else(|| not_found("Subscription does not exist"))?;
    let index = topic
        .subscriptions
        .iter()
        .position(|s| s.config.state == Confirmation::Confirmed && s.config.endpoint == endpoint);
    let index = index.ok_or_else(|| not_found("Subscription does not exist"))?;
    topic.subscriptions.remove(index);
    Ok(())
}

/// The topic's subscriptions are not deleted with it. Deleting a topic that does not exist is not an error.
///
/// Source: SNS API, DeleteTopic; SNS Developer Guide, "Deleting an Amazon SNS topic and subscription".
pub(super) fn topic(account: &mut Account, view: &AccountView, arn: &str) -> ChangeResult {
    let name = arn
        .strip_prefix(view.account_region.topic_arn("").as_str())
        .ok_or_else(|| not_found("Topic does not exist"))?;
    let region = account.region_mut(&view.account_region.region);
    if let Some(topic) = region.topics.remove(name) {
        region.orphans.extend(topic.subscriptions.into_iter().filter(|s| s.config.state != Confirmation::Deleted));
    }
    Ok(())
}

pub(super) fn stop(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    let trail = modifiable_trail(account, view, name)?;
    if trail.logging {
        (trail.logging, trail.stopped) = (false, Some(view.now));
    }
    Ok(())
}

/// Source: CloudTrail User Guide, "Stopping CloudTrail from sending events to CloudWatch Logs".
pub(super) fn detach(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    let trail = modifiable_trail(account, view, name)?;
    (trail.config.log_group_arn, trail.config.role_arn, trail.attached) = (None, None, None);
    Ok(())
}

pub(super) fn trail(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    modifiable_trail(account, view, name)?;
    let arn = Arn::from(name);
    let short_name = arn.trail_name().unwrap_or(name);
    account.region_mut(&view.account_region.region).trails.remove(short_name);
    Ok(())
}

pub(super) fn role_policy(account: &mut Account, name: &str) -> ChangeResult {
    let policy = existing_role(account, name).map_err(into_not_found)?.config.policy.take();
    policy.map(drop).ok_or_else(|| not_found("The role policy cannot be found."))
}

/// Source: IAM API, DeleteRole, `DeleteConflict`.
pub(super) fn role(account: &mut Account, name: &str) -> ChangeResult {
    let role = existing_role(account, name).map_err(into_not_found)?;
    if role.config.policy.is_some() || !role.other_policies.is_empty() || !role.inline_policies.is_empty() {
        return Err(DemoError::new(ErrorKind::Other, "Cannot delete entity, must delete policies first."));
    }
    account.roles.remove(name);
    Ok(())
}

/// Deletes its filters, streams and events as well.
///
/// Source: CloudWatch Logs API, DeleteLogGroup.
pub(super) fn log_group(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    if existing_log_group(account, view, name)?.config.deletion_protection {
        let message = "Cannot delete log group with deletion protection enabled. Disable deletion protection first.";
        return Err(DemoError::new(ErrorKind::DeletionProtected, message));
    }
    account.region_mut(&view.account_region.region).log_groups.remove(name);
    Ok(())
}

/// What is to go and is not there is not_found, not on its way.
fn into_not_found(error: DemoError) -> DemoError {
    if error.kind == ErrorKind::EventualConsistency { not_found(error.message) } else { error }
}

/// Source: S3 API, DeleteBucket, `BucketNotEmpty`: versions and delete markers count.
pub(super) fn bucket(account: &mut Account, name: &str) -> ChangeResult {
    let mut objects = 0;
    modify_bucket(account, name, |bucket| objects = bucket.objects).map_err(into_not_found)?;
    if objects > 0 {
        let message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
        return Err(DemoError::new(ErrorKind::Other, message));
    }
    account.buckets.remove(name);
    Ok(())
}

/// Source: S3 API, DeleteObjects.
pub(super) fn contents(account: &mut Account, name: &str) -> ChangeResult {
    modify_bucket(account, name, |bucket| (bucket.objects, bucket.bytes) = (0, 0)).map_err(into_not_found)
}
