//! The checks that count for the audit: would CIS, Security Hub, and Prowler accept what is there? Whether it alerts anyone
//! is a matter of the other checks; what doesn't exist is theirs to report as missing.

use super::evidence::Evidence;
use super::outcome::{
    Outcome, REPAIR, Verdict, check_existing, for_auditors, missing, nothing_to_judge, ok, unknown, unreadable_policy,
    wrong,
};
use super::trail::{bucket_delivery, events_fix, trail_fix, unjudged_events, unless_unmanaged};
use crate::domain::observed::{Bucket, BucketLookup, ManagementEvents, Role, TrailDetails};
use crate::domain::pattern::{self, Reading};
use crate::domain::policy;
use crate::domain::problem::{Fix, Goal};
use crate::domain::retention::RetentionDays;
use crate::domain::settings::{RETENTION, Settings};

fn on_trail(evidence: &Evidence<'_>, judge: impl FnOnce(&TrailDetails) -> Outcome) -> Outcome {
    match (&evidence.observed.trails, &evidence.observed.trail) {
        (Err(unreadable), _) => unknown(unreadable),
        (Ok(_), None) => nothing_to_judge("trail"),
        (Ok(_), Some(trail)) => judge(trail),
    }
}

/// Whether the trail records reads and writes in all Regions.
///
/// Source: Security Hub User Guide, CloudTrail.1: a multi-Region trail that includes read and write management events; AWS
/// Config Developer Guide, "multi-region-cloudtrail-enabled", which it evaluates: not compliant if the trail excludes events
/// such as those of KMS or the RDS Data API.
pub(super) fn all_regions(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| {
        let name = &t.trail.name;
        let mut faults = Vec::new();
        if !t.trail.multi_region {
            faults.push(format!("covers {} only", t.trail.home_region));
        }
        let events = match &t.events {
            Err(unreadable) if faults.is_empty() => return unknown(unreadable),
            events => events.as_ref().ok(),
        };
        if let Some(missing) = events.and_then(ManagementEvents::missing) {
            faults.push(format!("doesn't record {missing}"));
        }
        if let Some(missing) = events.and_then(ManagementEvents::missing_high_volume) {
            faults.push(format!("doesn't record {missing}, which Security Hub requires"));
        }
        if faults.is_empty() {
            return match events.and_then(|events| events.unjudged.as_deref()) {
                None => ok("reads and writes in all Regions"),
                Some(field) => unjudged_events(t, field),
            };
        }
        let fix = match events {
            Some(events) if events.missing().is_some() || events.missing_high_volume().is_some() => {
                events_fix(t, events, evidence.settings)
            }
            _ => trail_fix(t, evidence.settings),
        };
        let detail = format!("`{name}` {}: some root use isn't recorded.", faults.join(" and "));
        wrong(detail, unless_unmanaged(fix, evidence.settings))
    })
}

/// Whether log file validation is on.
pub(super) fn validation(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| {
        if t.trail.log_file_validation {
            return ok("on");
        }
        let detail =
            format!("`{}` has log file validation off: altered log files could not be detected.", t.trail.name);
        wrong(detail, unless_unmanaged(trail_fix(t, evidence.settings), evidence.settings))
    })
}

/// Whether the log files reach the bucket, and whether it blocks public access, has no ACLs, requires TLS, and keeps versions.
pub(super) fn bucket_private(evidence: &Evidence<'_>) -> Outcome {
    let name = &evidence.settings.bucket.value;
    let delivery = evidence.observed.trail.as_ref().and_then(|t| bucket_delivery(t, evidence));
    if let Some(outcome) = delivery.filter(|(verdict, ..)| matches!(verdict, Verdict::Wrong | Verdict::Unknown)) {
        return outcome;
    }
    match &evidence.observed.bucket {
        Err(unreadable) => unknown(unreadable),
        Ok(BucketLookup::NotFound) => nothing_to_judge("bucket"),
        Ok(BucketLookup::Owned(bucket)) => check_bucket(bucket, evidence.settings),
        Ok(BucketLookup::Forbidden) => (
            Verdict::Unknown,
            format!("HeadBucket (s3) on `{name}`: access denied, so the bucket was not read."),
            Fix::advice("Grant s3:ListBucket on it, if it belongs to this account."),
        ),
        Ok(BucketLookup::NotManaged) => (
            Verdict::Unknown,
            format!("The bucket `{name}` was not read."),
            Fix::advice(
                "Check that it blocks public access, has ACLs off and versioning on, and denies requests without TLS.",
            ),
        ),
    }
}

fn check_bucket(bucket: &Bucket, settings: &Settings) -> Outcome {
    let name = &bucket.name;
    if bucket.policy.as_ref().is_some_and(|policy| !policy.is_readable()) {
        return unreadable_policy("bucket", name, "whether it requires TLS");
    }
    let open = policy::bucket_open(bucket.policy.as_ref());
    let arn = format!("arn:{}:s3:::{name}", settings.account_region.partition);
    let faults: Vec<&str> = [
        (open, "its policy allows everyone"),
        (!bucket.public_blocked, "it does not block public access"),
        (!bucket.owner_enforced, "it has ACLs on"),
        (!policy::requires_tls(bucket.policy.as_ref(), &arn), "it allows requests without TLS"),
        (!bucket.versioned, "it has versioning off"),
    ]
    .into_iter()
    .filter_map(|(is_fault, fault)| is_fault.then_some(fault))
    .collect();
    if faults.is_empty() {
        return ok(format!("`{name}`"));
    }
    let fix = if open && !settings.may_edit_bucket_policy(&bucket.tags) {
        Fix::advice(
            "rootbell doesn't manage this bucket, so it removes nothing from its policy. Remove the statement that allows \
             everyone, or add a condition to it.",
        )
    } else {
        REPAIR
    };
    wrong(format!("The bucket `{name}` isn't private: {}.", faults.join("; ")), fix)
}

/// Whether only CloudTrail can assume the role, and all that the role can do is deliver to the log group.
pub(super) fn role_scope(evidence: &Evidence<'_>) -> Outcome {
    let (settings, name) = (evidence.settings, &evidence.settings.role.value);
    match &evidence.observed.role {
        Err(unreadable) => unknown(unreadable),
        Ok(None) if settings.role_is_managed() => nothing_to_judge("role"),
        Ok(None) => (
            Verdict::Unknown,
            format!("The role `{name}` was not read."),
            Fix::advice("Check that only CloudTrail can assume it, and that it can only deliver to the log group."),
        ),
        Ok(Some(role)) => check_role(role, settings),
    }
}

fn check_role(role: &Role, settings: &Settings) -> Outcome {
    let name = &role.name;
    if role.policy.iter().chain([&role.trust]).any(|policy| !policy.is_readable()) {
        return unreadable_policy("role", name, "what it may do");
    }
    let group = &settings.log_group.value;
    if policy::trusts_others(&role.trust) {
        let fix = if settings.role_has_default_name() {
            REPAIR
        } else {
            Fix::advice("rootbell doesn't manage this role, so it removes nothing from its trust policy.")
        };
        return wrong(format!("Others besides CloudTrail can assume the role `{name}`."), fix);
    }
    if policy::too_wide(role.policy.as_ref()) {
        return wrong(format!("The role `{name}` allows more than delivering to `{group}`."), REPAIR);
    }
    ok(format!("`{name}`"))
}

/// Whether events are kept as long as auditors ask for.
pub(super) fn retention(evidence: &Evidence<'_>) -> Outcome {
    match &evidence.observed.log_group {
        Err(unreadable) => unknown(unreadable),
        Ok(None) => nothing_to_judge("log group"),
        Ok(Some(group)) => match group.retention_days {
            RetentionDays::Never => ok("events never expire"),
            days if days >= RETENTION => ok(days.describe()),
            RetentionDays::Days(days) => {
                wrong(format!("Events are kept for {days} days; the audit baseline is {RETENTION}."), for_auditors())
            }
        },
    }
}

/// Whether the filter has the pattern that auditors look for. A log group without such a filter fails their controls; if
/// there is no log group, its own check says so.
///
/// Source: Security Hub User Guide, CloudWatch.1: "fails if the exact metric filters prescribed by CIS are not used"; Prowler,
/// check `cloudwatch_log_metric_filter_root_usage`, which fails unless it finds one.
pub(super) fn cis_pattern(evidence: &Evidence<'_>) -> Outcome {
    if let Err(unreadable) = &evidence.observed.filters {
        return unknown(unreadable);
    }
    let Some(filter) = evidence.filter() else {
        return check_existing(
            &evidence.observed.log_group,
            || nothing_to_judge("log group"),
            |group| missing(format!("No filter on `{}` has the CIS pattern.", group.name)),
        );
    };
    let name = &filter.name;
    let detail = match pattern::read(&filter.pattern) {
        Reading::CisPattern => return ok(format!("`{name}`")),
        Reading::Equivalent => {
            format!("`{name}` counts root use, but not with the exact CIS pattern that audit tools accept.")
        }
        Reading::Other(faults) => format!("The pattern of `{name}` is not the CIS pattern: {}.", faults.join("; ")),
        Reading::Unjudged(why) => {
            format!("The pattern of `{name}` is not the CIS pattern; rootbell can't tell how they differ: {why}.")
        }
    };
    let is_managed = evidence.settings.root_use().filter_has_default_name();
    wrong(detail, if is_managed { Fix::Apply(Goal::ReplacePattern) } else { for_auditors() })
}
