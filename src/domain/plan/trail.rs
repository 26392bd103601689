//! The trail and what it needs: a bucket, a log group, a role.

use std::fmt::Write;

use super::{Action, Plan};
use crate::domain::change::{Change, Delivery, Step};
use crate::domain::observed::{Bucket, BucketLookup, Observed, Trail};
use crate::domain::policy;
use crate::domain::settings::{self, Choice, Origin, Settings, TAG, TRAIL, trail_candidates};

pub(super) fn bucket(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let bucket = wanted.bucket.value.clone();
    let Ok(found) = &observed.bucket else { return };
    let existing = match found {
        BucketLookup::NotManaged => {
            return plan.keep(Step::Trail, "bucket", "S3 bucket", &bucket, "of a trail that is not rootbell's");
        }
        BucketLookup::Forbidden => {
            return plan.blocked.push((
                Step::Trail,
                format!(
                    "The bucket name `{bucket}` is taken: by somebody else, or by this account without \
                     s3:ListBucket for you. Choose another, such as `{bucket}-logs` (--bucket)."
                ),
            ));
        }
        BucketLookup::NotFound => {
            plan.put(
                Action::Create,
                Change::CreateBucket { bucket: bucket.clone() },
                "keeps the trail's log files; no ACLs",
            );
            // A new bucket has no ACLs by the very call that makes it.
            Bucket { name: bucket.clone(), owner_enforced: true, ..Bucket::default() }
        }
        BucketLookup::Owned(existing) => {
            plan.keep(Step::Trail, "bucket", "S3 bucket", &bucket, "already there");
            existing.clone()
        }
    };
    let action = if matches!(found, BucketLookup::NotFound) { Action::Create } else { Action::Update };
    if !existing.owner_enforced {
        plan.put(action, Change::PutBucketOwnershipControls { bucket: bucket.clone() }, "ACLs on → off");
    }
    if !existing.public_blocked {
        plan.put(action, Change::PutPublicAccessBlock { bucket: bucket.clone() }, "nothing in it can become public");
    }
    if !existing.versioned {
        plan.put(action, Change::PutBucketVersioning { bucket: bucket.clone() }, "a deleted log file can be had back");
    }
    // Only what rootbell made carries its tag, and is taken away again: a bucket of that name was, up to a point.
    let made = matches!(found, BucketLookup::NotFound) || wanted.bucket_has_our_name();
    if made && !existing.tags.iter().any(|(k, v)| (k.as_str(), v.as_str()) == TAG) {
        let others = existing.tags.iter().filter(|(k, _)| k != TAG.0).cloned();
        let tags = others.chain([(TAG.0.to_owned(), TAG.1.to_owned())]).collect();
        plan.put(action, Change::PutBucketTagging { bucket: bucket.clone(), tags }, format!("{} = {}", TAG.0, TAG.1));
    }
    let trail_arn = wanted.trail_arn(observed);
    let statements = policy::bucket_statements(&wanted.account_region, &bucket, &trail_arn);
    let ours = wanted.manages_bucket(&existing.tags);
    let existing = existing.policy.as_ref();
    let open = policy::bucket_open(existing);
    if open && !ours {
        plan.notes.push((
            Step::Trail,
            format!(
                "The policy of the bucket `{bucket}` lets everyone in. It is not rootbell's, so nothing is taken out of \
                 its policy: remove that statement yourself, or give it a condition."
            ),
        ));
    }
    if (open && ours) || !policy::has_all(existing, &statements) {
        let policy =
            if ours { policy::repair_bucket(existing, &statements) } else { policy::merge(existing, &statements) };
        let detail = if open && ours {
            "open to everyone → no longer; CloudTrail writes, for this trail"
        } else if existing.is_some() {
            "CloudTrail writes, for this trail; TLS only; other statements stay"
        } else {
            "only CloudTrail writes, for this trail; TLS only"
        };
        plan.put(action, Change::PutBucketPolicy { bucket, policy }, detail);
    }
}

pub(super) fn log_group(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let log_group = wanted.log_group.value.clone();
    let Ok(found) = &observed.log_group else { return };
    let days = |d: Option<u32>| d.map_or("for ever".to_owned(), |d| format!("{d} days"));
    match found {
        None => {
            plan.put(
                Action::Create,
                Change::CreateLogGroup { log_group: log_group.clone() },
                "where CloudWatch can read events",
            );
            if let Some(days) = wanted.retention_days.value {
                plan.put(
                    Action::Create,
                    Change::PutRetentionPolicy { log_group, days },
                    format!("events are kept {days} days"),
                );
            }
        }
        Some(group) => {
            plan.keep(Step::Trail, "log_group", "log group", &log_group, "already there");
            if let Some(want) =
                wanted.retention_days.value.filter(|_| wanted.retention_days.value != group.retention_days)
            {
                let detail = format!("{} → {}", days(group.retention_days), days(Some(want)));
                plan.put(Action::Update, Change::PutRetentionPolicy { log_group, days: want }, detail);
            }
        }
    }
}

pub(super) fn role(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let role = wanted.role.value.clone();
    if !wanted.role_is_ours() {
        return plan.keep(Step::Trail, "role", "IAM role", &role, "of a trail that is not rootbell's");
    }
    let Ok(found) = &observed.role else { return };
    let permissions =
        policy::role_permissions(&wanted.account_region, &wanted.log_group.value, observed.of_the_organization());
    let trust = wanted.role_trust(observed);
    match found {
        None => {
            plan.put(
                Action::Create,
                Change::CreateRole { role: role.clone(), trust },
                "CloudTrail acts as it, nobody else can",
            );
            plan.put(
                Action::Create,
                Change::PutRolePolicy { role, policy: permissions },
                "two actions, on this log group's streams",
            );
        }
        Some(existing) => {
            plan.keep(Step::Trail, "role", "IAM role", &role, "already there");
            let statements = policy::statements(&trust);
            let taken = policy::has_all(Some(&existing.trust), &statements);
            // Nobody else has a use for a role of rootbell's own name; any other may have other users.
            let shared = wanted.role_is_default() && policy::trusts_others(&existing.trust);
            if !taken || shared {
                let merged =
                    if wanted.role_is_default() { trust } else { policy::merge(Some(&existing.trust), &statements) };
                let tied = policy::names_its_trail(&existing.trust);
                let detail = match wanted.role_source_arn.value {
                    _ if shared => "others may act as it → CloudTrail alone",
                    true if !tied => "CloudTrail may act as it for any trail → for this trail only",
                    false if tied => "CloudTrail may act as it for this trail only → for any trail",
                    _ => "CloudTrail may not act as it → may",
                };
                plan.put(Action::Update, Change::UpdateAssumeRolePolicy { role: role.clone(), trust: merged }, detail);
            }
            let statements = policy::statements(&permissions);
            let wide = policy::too_wide(existing.policy.as_ref());
            if wide || !policy::has_all(existing.policy.as_ref(), &statements) {
                let policy = policy::repair_role(existing.policy.as_ref(), &statements);
                let detail = if wide {
                    "more than it needs → two actions, on this log group's streams"
                } else {
                    "two actions, on this log group's streams"
                };
                plan.put(Action::Update, Change::PutRolePolicy { role, policy }, detail);
            }
        }
    }
}

pub(super) fn trail(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let name = wanted.trail.value.clone();
    let delivery = delivery(wanted, observed);
    note_choice(plan, wanted, observed);
    let Some(watched) = &observed.trail else {
        plan.put(
            Action::Create,
            Change::CreateTrail { trail: name.clone(), bucket: wanted.bucket.value.clone(), delivery },
            "records every region, delivers to the log group",
        );
        return plan.put(Action::Create, Change::StartLogging { trail: name }, "a new trail does not record by itself");
    };
    let existing = &watched.trail;
    plan.keep(Step::Trail, "trail", "trail", &name, keeps(existing));
    note_organization(plan, existing);
    if let Some(change) = trail_update(wanted, existing, delivery) {
        let detail = what_becomes_what(wanted, existing);
        plan.put(Action::Update, change, detail);
    }
    if let Ok(events) = &watched.events
        && !(events.read && events.write)
    {
        if events.others {
            plan.blocked.push((
                Step::Trail,
                format!(
                    "The trail `{name}` leaves management events out, and has selectors of its own that replacing them \
                     would lose. Add read and write management events to it, or name another trail (--trail)."
                ),
            ));
        } else {
            plan.put(
                Action::Update,
                Change::PutEventSelectors { trail: name.clone() },
                "some management events → all, read and write",
            );
        }
    }
    if watched.status.as_ref().is_ok_and(|s| !s.logging) {
        plan.put(Action::Update, Change::StartLogging { trail: name }, "stopped → records");
    }
    let touched = plan.changes().any(|c| {
        matches!(c, Change::UpdateTrail { .. } | Change::PutEventSelectors { .. } | Change::StartLogging { .. })
    });
    if touched {
        refuse_what_cannot_be_altered(plan, wanted, existing);
    }
    if wanted.bucket.origin == Origin::Given && wanted.bucket.value != existing.bucket {
        plan.blocked.push((
            Step::Trail,
            format!(
                "The trail `{}` delivers to the bucket `{}`; rootbell does not move a trail to another bucket. \
                 Leave the bucket as it is, or name another trail (--trail).",
                existing.name, existing.bucket
            ),
        ));
    }
}

fn keeps(trail: &Trail) -> &'static str {
    match (trail.multi_region, trail.organization) {
        (true, true) => "already there, the organization's, sees every region",
        (true, false) => "already there, sees every region",
        (false, _) => "already there, sees one region",
    }
}

/// Log group and role as the trail is to have them: a role that is not ours keeps its ARN, path and all.
fn delivery(wanted: &Settings, observed: &Observed) -> Delivery {
    let existing = observed.trail.as_ref().and_then(|t| t.trail.role_arn.clone()).filter(|_| !wanted.role_is_ours());
    let looked_up = observed.role.as_ref().ok().and_then(Option::as_ref).map(|role| role.arn.clone());
    Delivery {
        log_group_arn: wanted.account_region.log_group_arn(&wanted.log_group.value),
        role_arn: existing.or(looked_up).unwrap_or_else(|| wanted.account_region.role_arn(&wanted.role.value)),
    }
}

fn trail_update(wanted: &Settings, existing: &Trail, delivery: Delivery) -> Option<Change> {
    let attached = delivers_to(existing, &delivery) && existing.role_arn.as_ref() == Some(&delivery.role_arn);
    // Validation is a nicety: a trail that is not ours is not altered for it alone.
    let sound = existing.multi_region && (existing.log_file_validation || !wanted.trail_is_ours());
    (!attached || !sound)
        .then(|| Change::UpdateTrail { trail: existing.name.clone(), delivery: (!attached).then_some(delivery) })
}

/// By ARN: a log group of that name in another region is another one.
fn delivers_to(trail: &Trail, delivery: &Delivery) -> bool {
    let bare = |arn: &str| arn.trim_end_matches(":*").to_owned();
    trail.log_group_arn.as_deref().map(bare) == Some(bare(&delivery.log_group_arn))
}

fn what_becomes_what(wanted: &Settings, existing: &Trail) -> String {
    let mut parts = Vec::new();
    if !existing.multi_region {
        parts.push("one region → every region".to_owned());
    }
    if !existing.log_file_validation {
        parts.push("log files unsigned → validated".to_owned());
    }
    match existing.log_group() {
        Some(group) if group == wanted.log_group.value => {}
        Some(group) => parts.push(format!("delivers to `{group}` → `{}`", wanted.log_group.value)),
        None => parts.push(format!("no log group → `{}`", wanted.log_group.value)),
    }
    if existing.log_group().is_some() && parts.is_empty() {
        parts.push(format!("delivers as the role `{}`", wanted.role.value));
    }
    parts.join("; ")
}

fn refuse_what_cannot_be_altered(plan: &mut Plan, wanted: &Settings, existing: &Trail) {
    let owner = existing.arn.split(':').nth(4).unwrap_or_default();
    if owner != wanted.account_region.account {
        plan.blocked.push((
            Step::Trail,
            format!(
                "The trail `{}` is the organization's and lives in account {owner}: this account cannot alter it. \
                 Name another trail (--trail {}) or set up in that account.",
                existing.name,
                settings::TRAIL
            ),
        ));
    } else if existing.home_region != wanted.account_region.region {
        plan.blocked.push((
            Step::Trail,
            format!(
                "The trail `{}` can only be altered in its home region. Go there (--region {}), or name another trail \
                 (--trail).",
                existing.name, existing.home_region
            ),
        ));
    }
}

/// Which trail is used, where there was a choice, and what it would cost to have it otherwise.
fn note_choice(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    if wanted.trail.origin == Origin::Given || wanted.trail.value == TRAIL && observed.trail.is_some() {
        return;
    }
    let all = trail_candidates(observed, &wanted.account_region);
    let Some(used) = all.iter().find(|c| c.name == wanted.trail.value) else { return };
    let mut said = match used.choice {
        Choice::Create if all.len() == 1 => return,
        Choice::Create => format!("A trail of its own is made, which costs {}.", used.cost),
        // Nothing but this one, and as it should be.
        Choice::Reuse if !all.iter().any(|c| c.choice <= Choice::Mend && c.name != used.name) => return,
        _ => format!("The trail `{}` is used: {} ({}).", used.name, used.why, used.cost),
    };
    for other in all.iter().filter(|c| c.name != used.name && c.choice != Choice::Create) {
        let how = if other.choice == Choice::OutOfReach { String::new() } else { format!(" (--trail {})", other.name) };
        let _ = write!(said, " Not `{}`{how}: {}.", other.name, other.why);
    }
    if used.choice != Choice::Create
        && let Some(new) = all.iter().find(|c| c.choice == Choice::Create)
    {
        let _ = write!(said, " One of its own (--trail {}) would cost {}.", new.name, new.cost);
    }
    plan.notes.push((Step::Trail, said));
}

fn note_organization(plan: &mut Plan, existing: &Trail) {
    if existing.organization {
        plan.notes.push((
            Step::Trail,
            format!("`{}` records every account of the organization: it rings for the root of each.", existing.name),
        ));
    }
}
