//! Taking away, and what AWS refuses to take away.

use super::{Done, alterable, gone, in_bucket, refused, standing_group, standing_role};
use crate::cloud::ErrorKind;
use crate::cloud::demo::Refusal;
use crate::cloud::demo::account::{Account, Link};
use crate::cloud::demo::queries::AccountView;

pub(super) fn alarm(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    let removed = account.region_mut(&scene.account_region.region).alarms.remove(name);
    removed.map(drop).ok_or_else(|| gone(format!("Alarm {name} does not exist")))
}

pub(super) fn filter(account: &mut Account, scene: &AccountView, group: &str, name: &str) -> Done {
    let removed = standing_group(account, scene, group)?.filters.remove(name);
    removed.map(drop).ok_or_else(|| gone("The specified metric filter does not exist."))
}

/// Source: SNS API, Unsubscribe: a pending subscription has no ARN to name it by.
pub(super) fn subscription(account: &mut Account, scene: &AccountView, arn: &str, endpoint: &str) -> Done {
    let topics = &mut account.region_mut(&scene.account_region.region).topics;
    let prefix = scene.account_region.topic_arn("");
    let topic = arn.strip_prefix(&prefix).and_then(|rest| rest.split(':').next()).and_then(|name| topics.get_mut(name));
    let topic = topic.ok_or_else(|| gone("Subscription does not exist"))?;
    let at = topic.subscriptions.iter().position(|s| s.state == Link::Confirmed && s.endpoint == endpoint);
    let at = at.ok_or_else(|| gone("Subscription does not exist"))?;
    topic.subscriptions.remove(at);
    Ok(())
}

/// What nobody unsubscribed outlives the topic. One that is gone already is no error.
///
/// Source: SNS API, DeleteTopic; SNS Developer Guide, "Deleting an Amazon SNS topic and subscription".
pub(super) fn topic(account: &mut Account, scene: &AccountView, arn: &str) -> Done {
    let name = arn.strip_prefix(&scene.account_region.topic_arn("")).ok_or_else(|| gone("Topic does not exist"))?;
    let region = account.region_mut(&scene.account_region.region);
    if let Some(topic) = region.topics.remove(name) {
        region.orphans.extend(topic.subscriptions.into_iter().filter(|s| s.state != Link::Deleted));
    }
    Ok(())
}

pub(super) fn stop(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    let trail = alterable(account, scene, name)?;
    if trail.logging {
        (trail.logging, trail.stopped) = (false, Some(scene.now));
    }
    Ok(())
}

/// Source: CloudTrail User Guide, "Stopping CloudTrail from sending events to CloudWatch Logs".
pub(super) fn detach(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    let trail = alterable(account, scene, name)?;
    (trail.log_group_arn, trail.role_arn, trail.attached) = (None, None, None);
    Ok(())
}

pub(super) fn trail(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    alterable(account, scene, name)?;
    let bare = name.rsplit('/').next().unwrap_or(name);
    account.region_mut(&scene.account_region.region).trails.remove(bare);
    Ok(())
}

pub(super) fn role_policy(account: &mut Account, name: &str) -> Done {
    let policy = standing_role(account, name).map_err(away)?.policy.take();
    policy.map(drop).ok_or_else(|| gone("The role policy cannot be found."))
}

/// Source: IAM API, DeleteRole, `DeleteConflict`.
pub(super) fn role(account: &mut Account, name: &str) -> Done {
    let role = standing_role(account, name).map_err(away)?;
    if role.policy.is_some() || !role.other_policies.is_empty() {
        return Err(refused(ErrorKind::Other, "Cannot delete entity, must delete policies first."));
    }
    account.roles.remove(name);
    Ok(())
}

/// Filters, streams and events go with it.
///
/// Source: CloudWatch Logs API, DeleteLogGroup.
pub(super) fn log_group(account: &mut Account, scene: &AccountView, name: &str) -> Done {
    standing_group(account, scene, name)?;
    account.region_mut(&scene.account_region.region).log_groups.remove(name);
    Ok(())
}

/// What is to go and is not there is gone, not on its way.
fn away(no: Refusal) -> Refusal {
    if no.kind == ErrorKind::EventualConsistency { gone(no.message) } else { no }
}

/// Source: S3 API, DeleteBucket, `BucketNotEmpty`: versions and delete markers count.
pub(super) fn bucket(account: &mut Account, name: &str) -> Done {
    let mut objects = 0;
    in_bucket(account, name, |bucket| objects = bucket.objects).map_err(away)?;
    if objects > 0 {
        let message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
        return Err(refused(ErrorKind::Other, message));
    }
    account.buckets.remove(name);
    Ok(())
}

/// Source: S3 API, DeleteObjects.
pub(super) fn contents(account: &mut Account, name: &str) -> Done {
    in_bucket(account, name, |bucket| (bucket.objects, bucket.bytes) = (0, 0)).map_err(away)
}
