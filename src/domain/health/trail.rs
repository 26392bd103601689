//! The trail's checks: does it see everything, is what it records safe, and does it reach the log group?

use jiff::{SignedDuration, Timestamp};

use super::{APPLY, Found, age, ok, unknown, wrong};
use crate::domain::Verdict;
use crate::domain::observed::{Bucket, BucketLookup, Observed, Role, WatchedTrail};
use crate::domain::policy;
use crate::domain::settings::Settings;

/// What to do about a fault of the trail itself: it can be altered by its own account, and at home, only.
fn mended(t: &WatchedTrail, settings: &Settings) -> String {
    let owner = t.trail.arn.split(':').nth(4).unwrap_or_default();
    if owner != settings.account_region.account {
        return format!(
            "Only account {owner}, where it lives, can change it: ask there, or make a trail of this account's own \
             (`rootbell apply --trail rootbell`)."
        );
    }
    if t.trail.home_region != settings.account_region.region {
        return format!("It is changed in its home region: `rootbell apply --region {}`.", t.trail.home_region);
    }
    APPLY.to_owned()
}

pub(super) fn multi_region(t: &WatchedTrail, settings: &Settings) -> Found {
    if t.trail.multi_region {
        return ok("every region");
    }
    let said = format!("`{}` sees {} only: a root sign-in elsewhere goes unseen.", t.trail.name, t.trail.home_region);
    wrong(said, mended(t, settings))
}

/// It records, and what it records arrives in its bucket and is safe there.
pub(super) fn logging(t: &WatchedTrail, settings: &Settings, observed: &Observed) -> Found {
    let name = &t.trail.name;
    let status = match &t.status {
        Err(unreadable) => return unknown(unreadable),
        Ok(status) => status,
    };
    if !status.logging {
        return wrong(format!("The trail `{name}` is stopped: it records nothing."), mended(t, settings));
    }
    if let Some((fault, fix)) = bucket_fault(settings, observed) {
        return wrong(format!("`{name}` records, but {fault}."), fix);
    }
    if let Some(error) = &status.bucket_error {
        return wrong(
            format!("`{name}` cannot write to its bucket `{}`: {error}.", t.trail.bucket),
            format!("Look at the policy of the bucket: CloudTrail must be let in for {}.", t.trail.arn),
        );
    }
    if t.trail.log_file_validation {
        return ok("on");
    }
    if settings.trail_is_ours() {
        return wrong(format!("`{name}` does not sign its log files: nobody could prove them unaltered."), APPLY);
    }
    // It rings all the same, and is not altered for that alone.
    ok("on; its log files are not signed")
}

/// What is wrong with a bucket of ours, where it was looked at, and what to do. Where it was not, CloudTrail's own word
/// on its deliveries has to do.
fn bucket_fault(settings: &Settings, observed: &Observed) -> Option<(String, &'static str)> {
    if !settings.bucket_is_ours() {
        return None;
    }
    let name = &settings.bucket.value;
    let trail = observed.trail.as_ref()?;
    match observed.bucket.as_ref().ok()? {
        BucketLookup::NotFound => Some((format!("its bucket `{name}` is not there"), APPLY)),
        BucketLookup::Owned(bucket) => open_or_shut(bucket, settings, &trail.trail.arn),
        BucketLookup::Forbidden | BucketLookup::NotManaged => None,
    }
}

fn open_or_shut(bucket: &Bucket, settings: &Settings, trail_arn: &str) -> Option<(String, &'static str)> {
    let name = &bucket.name;
    if policy::bucket_open(bucket.policy.as_ref()) {
        let fix = if settings.manages_bucket(&bucket.tags) {
            APPLY
        } else {
            "Remove the statement that allows everyone from the bucket's policy, or give it a condition: the bucket is \
             not rootbell's, which takes nothing out of its policy."
        };
        return Some((format!("the policy of its bucket `{name}` lets everyone in"), fix));
    }
    if !bucket.public_blocked {
        return Some((format!("nothing keeps its bucket `{name}` from becoming public"), APPLY));
    }
    let statements = policy::bucket_statements(&settings.account_region, name, trail_arn);
    if policy::has_all(bucket.policy.as_ref(), &statements) {
        return None;
    }
    let fault = match &bucket.policy {
        None => format!("its bucket `{name}` has no policy that lets CloudTrail in"),
        Some(_) => format!("the policy of its bucket `{name}` is not the one for this trail"),
    };
    Some((fault, APPLY))
}

pub(super) fn management_events(t: &WatchedTrail, settings: &Settings) -> Found {
    match &t.events {
        Err(unreadable) => unknown(unreadable),
        Ok(e) if e.read && e.write => ok("read and write"),
        Ok(e) => {
            let lacks = if e.read {
                "writes"
            } else if e.write {
                "reads"
            } else {
                "management events"
            };
            wrong(format!("`{}` leaves {lacks} out.", t.trail.name), mended(t, settings))
        }
    }
}

/// Delivery is late when a day old.
///
/// Source: Prowler, check `cloudtrail_cloudwatch_logging_enabled`.
const STALE: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn delivers(t: &WatchedTrail, settings: &Settings, observed: &Observed, now: Timestamp) -> Found {
    let name = &t.trail.name;
    let status = match &t.status {
        Err(unreadable) => return unknown(unreadable),
        Ok(status) => status,
    };
    if t.trail.log_group_arn.is_none() {
        return wrong(format!("`{name}` delivers to no log group."), mended(t, settings));
    }
    let account = t.trail.log_group_account().unwrap_or_default();
    if account != settings.account_region.account {
        return wrong(
            format!("`{name}` delivers to a log group of account {account}, out of reach from here."),
            "Make a trail of this account's own (`rootbell apply --trail rootbell`), or set up in that account.",
        );
    }
    let region = t.trail.log_group_arn.as_deref().and_then(|arn| arn.split(':').nth(3)).unwrap_or_default();
    if region != settings.account_region.region {
        return wrong(
            format!("`{name}` delivers to a log group in {region}, and filter and alarm live where the log group is."),
            format!("Look, and set up, there (--region {region})."),
        );
    }
    if observed.log_group == Ok(None) {
        let group = t.trail.log_group().unwrap_or_default();
        return wrong(format!("`{name}` delivers to the log group `{group}`, which is not there."), APPLY);
    }
    if let Some(fault) = role_fault(settings, observed) {
        return wrong(format!("{fault}."), APPLY);
    }
    if let Some(error) = &status.logs_error {
        if settings.role_source_arn.value {
            return wrong(
                format!("CloudTrail could not deliver: {error}. The role may be taken for this trail only."),
                "Some accounts report that deliveries stop over that: `rootbell apply --role-source-arn=false` takes \
                 the condition off.",
            );
        }
        return wrong(
            format!("CloudTrail could not deliver: {error}."),
            "Look at the role and its policy; `rootbell apply` puts rootbell's own right.",
        );
    }
    match status.logs_delivery {
        None => (
            Verdict::Pending,
            "Nothing delivered yet.".into(),
            "The first delivery takes about 5 minutes after an event.".into(),
        ),
        Some(at) if now.duration_since(at) > STALE => wrong(
            format!("The last delivery is {} old.", age(now.duration_since(at))),
            "Look at the trail's status in CloudTrail, and at the role.",
        ),
        Some(at) => ok(format!("delivered {} ago", age(now.duration_since(at)))),
    }
}

/// What is wrong with a role of ours, where it was looked at.
fn role_fault(settings: &Settings, observed: &Observed) -> Option<String> {
    if !settings.role_is_ours() {
        return None;
    }
    let name = &settings.role.value;
    match observed.role.as_ref().ok()? {
        None => Some(format!("The role `{name}`, as which CloudTrail delivers, is not there")),
        Some(role) => role_of_ours(role, settings, observed),
    }
}

fn role_of_ours(role: &Role, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, group) = (&role.name, &settings.log_group.value);
    if !policy::has_all(Some(&role.trust), &policy::statements(&settings.role_trust(observed))) {
        return Some(format!("CloudTrail may not act as the role `{name}`"));
    }
    if settings.role_is_default() && policy::trusts_others(&role.trust) {
        return Some(format!("Others than CloudTrail may act as the role `{name}`"));
    }
    let wanted = policy::role_permissions(&settings.account_region, group, observed.of_the_organization());
    if policy::too_wide(role.policy.as_ref()) {
        return Some(format!("The role `{name}` may do more than deliver to `{group}`"));
    }
    (!policy::has_all(role.policy.as_ref(), &policy::statements(&wanted)))
        .then(|| format!("The role `{name}` may not write to the log group `{group}`"))
}
