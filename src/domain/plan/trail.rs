//! The trail and what it needs: a bucket, a log group, a role.

use crate::domain::role_purpose::RolePurpose;
use std::fmt::Write;

use super::rows::{Action, Plan, policy_not_changed};
use super::{record, refused};
use crate::domain::added::{Addition, Additions, Recorded};
use crate::domain::arn::Arn;
use crate::domain::change::{Change, Delivery, ResourceKind, Step, TrailUpdate};
use crate::domain::cost;
use crate::domain::health::{CheckId, is_broken};
use crate::domain::observed::{Bucket, BucketLookup, Observed, Trail, TrailOwnership};
use crate::domain::policy::{self, Decision};
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::retention::RetentionDays;
use crate::domain::settings::{
    DEFAULT_LOG_GROUP, Origin, SettingId, Settings, TAG, TRAIL, TrailChoice, trail_candidates,
};

/// The existing trail, if rootbell did not create it. Its bucket and role serve its owner, even if the user names them.
fn unmanaged_trail<'a>(wanted: &Settings, observed: &'a Observed) -> Option<&'a Trail> {
    let trail = observed.trail.as_ref().map(|watched| &watched.trail);
    trail.filter(|_| !record::is_managed(wanted, observed, Recorded::Trail))
}

pub(super) fn bucket(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let bucket = wanted.bucket.value.clone();
    let Ok(found) = &observed.bucket else { return };
    let existing = match found {
        _ if unmanaged_trail(wanted, observed).is_some_and(|trail| trail.bucket == bucket) => {
            return plan.keep(Step::Trail, ResourceKind::Bucket, &bucket, "belongs to an unmanaged trail");
        }
        BucketLookup::NotManaged => {
            return plan.keep(Step::Trail, ResourceKind::Bucket, &bucket, "belongs to an unmanaged trail");
        }
        BucketLookup::Forbidden => {
            let why = format!(
                "The bucket name `{bucket}` is taken, by another account or by this one (you may lack s3:ListBucket)."
            );
            let fix =
                Fix::choose(format!("Choose another, such as `{bucket}-logs`"), Input::Setting(SettingId::Bucket));
            return plan.block(Step::Trail, Problem::new(why, fix));
        }
        BucketLookup::NotFound => {
            plan.put(
                wanted,
                Action::Create,
                Change::CreateBucket { bucket: bucket.clone() },
                "stores the trail's log files; no ACLs",
            );
            // S3 turns ACLs off and blocks public access for a new bucket. If it does not, the checks say so afterwards.
            // Source: S3 User Guide, "Default settings for new S3 buckets FAQ".
            Bucket { name: bucket.clone(), owner_enforced: true, public_blocked: true, ..Bucket::default() }
        }
        BucketLookup::Owned(existing) => {
            plan.keep(Step::Trail, ResourceKind::Bucket, &bucket, "existing");
            existing.clone()
        }
    };
    let action = if matches!(found, BucketLookup::NotFound) { Action::Create } else { Action::Update };
    // Only a bucket that rootbell created gets its tag, because `destroy` deletes what has the tag. One with rootbell's
    // name counts as created by it: an earlier run may have stopped before tagging.
    let created_by_us = matches!(found, BucketLookup::NotFound) || wanted.bucket_has_default_name();
    let is_managed = created_by_us || wanted.may_edit_bucket_policy(&existing.tags);
    if !is_managed {
        note_bucket_settings(plan, &existing);
    }
    if is_managed && !existing.owner_enforced {
        plan.put(wanted, action, Change::PutBucketOwnershipControls { bucket: bucket.clone() }, "ACLs on → off");
    }
    if is_managed && !existing.public_blocked {
        plan.put(wanted, action, Change::PutPublicAccessBlock { bucket: bucket.clone() }, "blocks public access");
    }
    if is_managed && !existing.versioned {
        plan.put(
            wanted,
            action,
            Change::PutBucketVersioning { bucket: bucket.clone() },
            "deleted log files are recoverable",
        );
    }
    if created_by_us && !existing.tags.iter().any(|(k, v)| (k.as_str(), v.as_str()) == TAG) {
        let others = existing.tags.iter().filter(|(k, _)| k != TAG.0).cloned();
        let tags = others.chain([(TAG.0.to_owned(), TAG.1.to_owned())]).collect();
        plan.put(
            wanted,
            action,
            Change::PutBucketTagging { bucket: bucket.clone(), tags },
            format!("{} = {}", TAG.0, TAG.1),
        );
    }
    let trail_arn = wanted.trail_arn(observed);
    let location = wanted.log_file_location(observed, &trail_arn);
    let statements = policy::bucket_statements(&location);
    let existing = existing.policy.as_ref();
    if existing.is_some_and(|policy| !policy.is_readable()) {
        return plan.note(Step::Trail, policy_not_changed("bucket", &bucket, SettingId::Bucket));
    }
    let open = policy::bucket_open(existing);
    if open && !is_managed {
        let advice = "rootbell doesn't manage this bucket, so it removes nothing from its policy: remove that statement \
                      yourself, or add a condition to it.";
        let why = format!("The policy of the bucket `{bucket}` allows everyone.");
        plan.note(Step::Trail, Problem::new(why, Fix::advice(advice)));
    }
    // What others wrote for this trail is as good as rootbell's own statements.
    let is_complete = policy::has_all(existing, &statements)
        || (!is_managed && policy::bucket_access(existing, &location) == Decision::Allowed);
    if (open && is_managed) || !is_complete {
        let policy = if is_managed {
            policy::repair_bucket(existing, &statements)
        } else {
            policy::merge(existing, &statements)
        };
        let detail = if open && is_managed {
            "open to everyone → closed; this trail can write"
        } else if existing.is_some() {
            "this trail can write; TLS required; rest unchanged"
        } else {
            "only this trail can write; TLS required"
        };
        plan.put(wanted, action, Change::PutBucketPolicy { bucket, policy }, detail);
    }
}

/// Says what rootbell would have set on a bucket of its own.
fn note_bucket_settings(plan: &mut Plan, bucket: &Bucket) {
    let all = [
        (bucket.owner_enforced, "turn off its ACLs"),
        (bucket.public_blocked, "block public access to it"),
        (bucket.versioned, "turn on versioning"),
    ];
    let missing: Vec<&str> = all.into_iter().filter(|(is_set, _)| !is_set).map(|(_, what)| what).collect();
    if !missing.is_empty() {
        let why = format!(
            "rootbell doesn't manage the bucket `{}`: it adds statements to its policy, but does not {}.",
            bucket.name,
            missing.join(", or ")
        );
        plan.note(Step::Trail, why.into());
    }
}

pub(super) fn log_group(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let log_group = wanted.log_group.value.clone();
    let Ok(found) = &observed.log_group else { return };
    match found {
        None => {
            // A trail whose log group was deleted still names it, and keeps naming it after a teardown.
            let arn = wanted.account_region.log_group_arn(&log_group);
            let named_by = unmanaged_trail(wanted, observed).filter(|trail| trail.delivers_to(&arn));
            let added = named_by.and_then(|trail| Additions::default().with(Addition::LogGroupOf(trail.name.clone())));
            plan.put(
                wanted,
                Action::Create,
                Change::CreateLogGroup { log_group: log_group.clone(), added: added.unwrap_or_default() },
                "receives the trail's events",
            );
            if let RetentionDays::Days(days) = wanted.retention_days.value {
                plan.put(
                    wanted,
                    Action::Create,
                    Change::PutRetentionPolicy { log_group, days },
                    format!("events expire after {days} days"),
                );
            }
        }
        Some(group) => {
            plan.keep(Step::Trail, ResourceKind::LogGroup, &log_group, "existing");
            let retention = wanted.retention_days.value;
            if retention != group.retention_days {
                let detail = format!("{} → {}", group.retention_days.describe(), retention.describe());
                let change = match retention {
                    RetentionDays::Days(days) => Change::PutRetentionPolicy { log_group, days },
                    RetentionDays::Never => Change::DeleteRetentionPolicy { log_group },
                };
                let start = plan.rows.len();
                plan.put(wanted, Action::Update, change, detail);
                let added = Addition::Retention { from: group.retention_days, to: retention };
                plan.record(start, wanted, observed, Recorded::LogGroup, vec![added]);
            }
        }
    }
}

pub(super) fn role(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let role = wanted.role.value.clone();
    let uses_role = |trail: &Trail| trail.role_arn.as_ref().and_then(Arn::role_name) == Some(role.as_str());
    if !wanted.role_is_managed() || unmanaged_trail(wanted, observed).is_some_and(uses_role) {
        return plan.keep(Step::Trail, ResourceKind::Role, &role, "belongs to an unmanaged trail");
    }
    let Ok(found) = &observed.role else { return };
    let permissions =
        policy::role_permissions(&wanted.account_region, &wanted.log_group.value, observed.has_organization_trail());
    let trust = wanted.role_trust(observed);
    match found {
        None => {
            plan.put(
                wanted,
                Action::Create,
                Change::CreateRole { role: role.clone(), purpose: RolePurpose::Delivery, trust },
                "only CloudTrail can assume it",
            );
            plan.put(
                wanted,
                Action::Create,
                Change::PutRolePolicy { role, purpose: RolePurpose::Delivery, policy: permissions },
                "writes only this log group's streams",
            );
        }
        Some(existing) => {
            plan.keep(Step::Trail, ResourceKind::Role, &role, "existing");
            let policies = existing.policy.iter().chain([&existing.trust]);
            if policies.into_iter().any(|policy| !policy.is_readable()) {
                return plan.note(Step::Trail, policy_not_changed("role", &role, SettingId::Role));
            }
            let is_trusted = policy::has_all(Some(&existing.trust), trust.statements());
            // A role with rootbell's default name has no other users; any other role may have some.
            let shared = wanted.role_has_default_name() && policy::trusts_others(&existing.trust);
            if !is_trusted || shared {
                let merged = if wanted.role_has_default_name() {
                    trust
                } else {
                    policy::merge(Some(&existing.trust), trust.statements())
                };
                let restricted = policy::is_restricted_to_trail(&existing.trust);
                let detail = match wanted.role_source_arn.value {
                    _ if shared => "others can assume it → only CloudTrail can",
                    true if !restricted => "CloudTrail can assume it for any trail → for this trail only",
                    false if restricted => "CloudTrail can assume it for this trail only → for any trail",
                    _ => "CloudTrail can't assume it → can",
                };
                plan.put(
                    wanted,
                    Action::Update,
                    Change::UpdateAssumeRolePolicy {
                        role: role.clone(),
                        purpose: RolePurpose::Delivery,
                        trust: merged,
                    },
                    detail,
                );
            }
            let statements = permissions.statements();
            let too_broad = policy::too_wide(existing.policy.as_ref());
            if too_broad || !policy::has_all(existing.policy.as_ref(), statements) {
                let policy = policy::repair_role(existing.policy.as_ref(), statements);
                let detail = if too_broad {
                    "too broad → writes only this log group's streams"
                } else {
                    "writes only this log group's streams"
                };
                plan.put(
                    wanted,
                    Action::Update,
                    Change::PutRolePolicy { role, purpose: RolePurpose::Delivery, policy },
                    detail,
                );
            }
        }
    }
}

pub(super) fn trail(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let name = wanted.trail.value.clone();
    let delivery = delivery(wanted, observed);
    note_trail_choice(plan, wanted, observed);
    let Some(watched) = &observed.trail else {
        plan.block_if(Step::Trail, refused::sixth_trail(wanted, observed));
        plan.put(
            wanted,
            Action::Create,
            Change::CreateTrail { trail: name.clone(), bucket: wanted.bucket.value.clone(), delivery },
            "covers all Regions, delivers to the log group",
        );
        return plan.put(wanted, Action::Create, Change::StartLogging { trail: name }, "starts logging");
    };
    let existing = &watched.trail;
    plan.keep(Step::Trail, ResourceKind::Trail, &name, existing_trail_detail(existing));
    note_organization(plan, existing);
    // An unmanaged trail is changed only as far as alerts or the auditors need it.
    let is_needed = |check| wanted.trail_is_managed() || wanted.audit.value || is_broken(check, wanted, observed);
    let widen = !existing.multi_region && is_needed(CheckId::TrailMultiRegion);
    let start = plan.rows.len();
    let mut added = Vec::new();
    if let Some(update) = trail_update(wanted, existing, delivery, widen) {
        if update.delivery.is_some() && !record::is_managed(wanted, observed, Recorded::Trail) {
            block_if_delivery_would_be_replaced(plan, existing);
        }
        let detail = update_detail(wanted, existing, &update);
        added.extend(additions(existing, &update));
        plan.put(wanted, Action::Update, Change::UpdateTrail { trail: existing.name.clone(), update }, detail);
    }
    if let Ok(events) = &watched.events
        && (events.missing().is_some() && is_needed(CheckId::TrailManagementEvents)
            || events.missing_high_volume().is_some() && wanted.audit.value)
    {
        if events.others {
            let why = format!(
                "The trail `{name}` does not record all management events, and rootbell would lose its other event \
                 selectors by replacing them."
            );
            let advice = "Add read and write management events to it, or use another trail";
            plan.block(Step::Trail, Problem::new(why, Fix::choose(advice, Input::Setting(SettingId::Trail))));
        } else {
            plan.put(
                wanted,
                Action::Update,
                Change::PutEventSelectors { trail: name.clone(), read: true, write: true },
                "some management events → all, read and write",
            );
            added.push(Addition::Events { read: events.read, write: events.write });
        }
    }
    if watched.status.as_ref().is_ok_and(|s| !s.logging) {
        plan.put(wanted, Action::Update, Change::StartLogging { trail: name }, "stopped → logging");
        added.push(Addition::Logging);
    }
    plan.record(start, wanted, observed, Recorded::Trail, added);
    let changes_trail = plan.changes().any(|c| {
        matches!(c, Change::UpdateTrail { .. } | Change::PutEventSelectors { .. } | Change::StartLogging { .. })
    });
    if changes_trail {
        block_if_trail_cannot_be_changed(plan, wanted, existing);
    }
    if wanted.bucket.origin == Origin::Given && wanted.bucket.value != existing.bucket {
        let why = format!(
            "The trail `{}` delivers to the bucket `{}`; rootbell does not move a trail to another bucket.",
            existing.name, existing.bucket
        );
        plan.block(
            Step::Trail,
            Problem::new(why, Fix::choose("Keep that bucket, or use another trail", Input::Setting(SettingId::Trail))),
        );
    }
}

fn existing_trail_detail(trail: &Trail) -> &'static str {
    match (trail.multi_region, trail.organization) {
        (true, true) => "existing organization trail, covers all Regions",
        (true, false) => "existing, covers all Regions",
        (false, _) => "existing, covers one Region",
    }
}

/// The log group and role that the trail should use. An unmanaged role keeps its ARN, including its path.
fn delivery(wanted: &Settings, observed: &Observed) -> Delivery {
    let unmanaged =
        observed.trail.as_ref().and_then(|t| t.trail.role_arn.clone()).filter(|_| !wanted.role_is_managed());
    let observed_arn = observed.role.as_ref().ok().and_then(Option::as_ref).map(|role| role.arn.clone());
    Delivery {
        log_group_arn: wanted.account_region.log_group_arn(&wanted.log_group.value),
        role_arn: unmanaged.or(observed_arn).unwrap_or_else(|| wanted.account_region.role_arn(&wanted.role.value)),
    }
}

/// What has to be changed; `None` if nothing has to be.
fn trail_update(wanted: &Settings, existing: &Trail, delivery: Delivery, widen: bool) -> Option<TrailUpdate> {
    let attached =
        existing.delivers_to(&delivery.log_group_arn) && existing.role_arn.as_ref() == Some(&delivery.role_arn);
    // Alerting does not need validation, so an unmanaged trail is changed for that alone only for auditors.
    let is_wanted = wanted.trail_is_managed() || wanted.audit.value;
    let update = TrailUpdate {
        multi_region: widen.then_some(true),
        global_events: widen.then_some(true),
        validation: (is_wanted && !existing.log_file_validation).then_some(true),
        delivery: (!attached).then_some(delivery),
    };
    (update != TrailUpdate::default()).then_some(update)
}

/// What the change adds to the trail.
fn additions(existing: &Trail, update: &TrailUpdate) -> Vec<Addition> {
    let regions = update.multi_region.map(|_| Addition::Regions { global_events: existing.global_events });
    let validation = update.validation.map(|_| Addition::Validation);
    let log_group = update.delivery.as_ref().filter(|_| existing.log_group_arn.is_none());
    let log_group = log_group.and_then(|delivery| delivery.log_group_arn.name());
    regions.into_iter().chain(validation).chain(log_group.map(log_group_addition)).collect()
}

fn log_group_addition(name: &str) -> Addition {
    Addition::LogGroup((name != DEFAULT_LOG_GROUP).then(|| name.to_owned()))
}

fn update_detail(wanted: &Settings, existing: &Trail, update: &TrailUpdate) -> String {
    let mut parts = Vec::new();
    if update.multi_region.is_some() {
        parts.push("one Region → all Regions".to_owned());
    }
    if update.validation.is_some() {
        parts.push("log file validation off → on".to_owned());
    }
    match existing.log_group() {
        Some(group) if group == wanted.log_group.value => {}
        Some(group) => parts.push(format!("delivers to `{group}` → `{}`", wanted.log_group.value)),
        None => parts.push(format!("no log group → `{}`", wanted.log_group.value)),
    }
    if existing.log_group().is_some() && parts.is_empty() {
        parts.push(format!("delivers with the role `{}`", wanted.role.value));
    }
    parts.join("; ")
}

/// A trail has one log group and one role. Those of an unmanaged trail serve its owner.
fn block_if_delivery_would_be_replaced(plan: &mut Plan, existing: &Trail) {
    let (Some(log_group), Some(role)) = (&existing.log_group_arn, &existing.role_arn) else { return };
    let why = format!(
        "The unmanaged trail `{}` delivers to the log group `{}` with the role `{}`; rootbell does not replace them.",
        existing.name,
        log_group.name().unwrap_or(log_group),
        role.role_name().unwrap_or(role)
    );
    let fix = Fix::choose("Keep both, or use another trail", Input::Setting(SettingId::Trail));
    plan.block(Step::Trail, Problem::new(why, fix));
}

fn block_if_trail_cannot_be_changed(plan: &mut Plan, wanted: &Settings, existing: &Trail) {
    let name = &existing.name;
    let problem = match existing.ownership(&wanted.account_region) {
        TrailOwnership::OtherAccount(owner) => {
            let why =
                format!("This account cannot change the organization trail `{name}`, which account {owner} owns.");
            let advice = "Set up rootbell in that account, or use another trail";
            Problem::new(why, Fix::choose_value(advice, Input::Setting(SettingId::Trail), TRAIL))
        }
        TrailOwnership::OtherRegion(home) => {
            let why = format!("The trail `{name}` can only be changed in its home Region.");
            let fix = Fix::Each(vec![
                Fix::choose_value("Use that Region", Input::Region, home.as_str()),
                Fix::choose("Or use another trail", Input::Setting(SettingId::Trail)),
            ]);
            Problem::new(why, fix)
        }
        TrailOwnership::Here => return,
    };
    plan.block(Step::Trail, problem);
}

/// If there was a choice, notes which trail is used and what the alternatives would cost.
fn note_trail_choice(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let is_given = wanted.trail.origin == Origin::Given;
    if is_given && observed.trail.is_none() && observed.trails.as_ref().is_ok_and(|trails| !trails.is_empty()) {
        let note = format!("A new trail is created, which costs {}.", cost::new_trail(observed));
        plan.note(Step::Trail, note.into());
    }
    if is_given || wanted.trail.value == TRAIL && observed.trail.is_some() {
        return;
    }
    let all = trail_candidates(observed, &wanted.account_region);
    let Some(used) = all.iter().find(|c| c.name == wanted.trail.value) else { return };
    let mut note = match used.choice {
        TrailChoice::Create if all.len() == 1 => return,
        TrailChoice::Create => format!("A new trail is created, which costs {}.", used.cost),
        // No other trail could be used, and this one needs no change.
        TrailChoice::Reuse if !all.iter().any(|c| c.choice <= TrailChoice::Repair && c.name != used.name) => return,
        _ => format!("The trail `{}` is used: {} ({}).", used.name, used.why, used.cost),
    };
    let mut alternatives = Vec::new();
    for other in all.iter().filter(|c| c.name != used.name && c.choice != TrailChoice::Create) {
        let _ = write!(note, " Not used: `{}`: {}.", other.name, other.why);
        if other.choice != TrailChoice::Unavailable {
            alternatives.push(other.name.clone());
        }
    }
    if used.choice != TrailChoice::Create
        && let Some(new) = all.iter().find(|c| c.choice == TrailChoice::Create)
    {
        let _ = write!(note, " A new trail would cost {}.", new.cost);
        alternatives.push(new.name.clone());
    }
    let fix = if alternatives.is_empty() {
        Fix::Nothing
    } else {
        Fix::Choose {
            advice: "You can choose another".into(),
            input: Input::Setting(SettingId::Trail),
            values: alternatives,
        }
    };
    plan.note(Step::Trail, Problem::new(note, fix));
}

fn note_organization(plan: &mut Plan, existing: &Trail) {
    if existing.organization {
        let note = format!(
            "`{}` records every account in the organization: the alarm fires for the root user of each.",
            existing.name
        );
        plan.note(Step::Trail, note.into());
    }
}
