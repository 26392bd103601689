//! The trail's checks: does it record root's sign-ins, and do its events reach the log group?

use jiff::{SignedDuration, Timestamp};

use super::evidence::Evidence;
use super::log_group_key::log_group_key;
use super::outcome::{Outcome, REPAIR, Verdict, for_auditors, ok, unknown, unreadable_policy, wrong};
use crate::domain::observed::{
    Bucket, BucketLookup, ManagementEvents, Observed, Role, TrailDetails, TrailOwnership, TrailStatus,
};
use crate::domain::policy::{self, Decision, LogFileLocation};
use crate::domain::problem::{Fix, Goal, Input};
use crate::domain::settings::{Origin, SettingId, Settings, TRAIL};
use crate::domain::text::age;

/// How to fix the trail itself, which only its own account can change, in its home Region.
pub(super) fn trail_fix(t: &TrailDetails, settings: &Settings) -> Fix {
    match t.trail.ownership(&settings.account_region) {
        TrailOwnership::OtherAccount(owner) => {
            let advice = format!(
                "Only account {owner}, which owns the trail, can change it: have it changed there, or create a trail in \
                 this account"
            );
            Fix::choose_value(advice, Input::Setting(SettingId::Trail), TRAIL)
        }
        TrailOwnership::OtherRegion(home) => {
            let advice = "The trail can only be changed in its home Region: use that Region";
            Fix::choose_value(advice, Input::Region, home.as_str())
        }
        TrailOwnership::Here => REPAIR,
    }
}

/// How to fix the trail: one that others made is changed only on request, unless alerting needs it.
pub(super) fn unless_unmanaged(fix: Fix, settings: &Settings) -> Fix {
    if fix == REPAIR && !settings.trail_is_managed() { for_auditors() } else { fix }
}

fn on_trail(evidence: &Evidence<'_>, judge: impl FnOnce(&TrailDetails) -> Outcome) -> Outcome {
    let settings = evidence.settings;
    match (&evidence.observed.trails, &evidence.observed.trail) {
        (Err(unreadable), _) => unknown(unreadable),
        (Ok(others), None) => {
            let name = &settings.trail.value;
            evidence.absent(SettingId::Trail, || match others.first() {
                Some(other) => {
                    format!("There is no trail `{name}`; {}.", other.describe(&settings.account_region.account))
                }
                None => format!("There is no trail `{name}`."),
            })
        }
        (Ok(_), Some(watched)) => judge(watched),
    }
}

pub(super) fn exists(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| ok(format!("`{}`", t.trail.name)))
}

pub(super) fn multi_region(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| check_regions(t, evidence.settings))
}

pub(super) fn logging(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| check_logging(t, evidence))
}

pub(super) fn management_events(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| check_management_events(t, evidence.settings))
}

pub(super) fn delivers(evidence: &Evidence<'_>) -> Outcome {
    on_trail(evidence, |t| check_delivery(t, evidence))
}

/// Checks that the trail records root's sign-ins, which CloudTrail records in one Region, such as us-east-1. Where nobody can
/// sign in as root, what root calls in other Regions matters.
///
/// Source: CloudTrail User Guide, "AWS Management Console sign-in events", Region information for root users. AWS counts
/// sign-in among the global services (its notice of November 2021, SummitRoute/aws_breaking_changes 51), whose events a trail of
/// one Region can leave out (CloudTrail API, CreateTrail, `IncludeGlobalServiceEvents`).
fn check_regions(t: &TrailDetails, settings: &Settings) -> Outcome {
    let (name, home, here) = (&t.trail.name, &t.trail.home_region, &settings.account_region);
    if t.trail.multi_region {
        return ok("all Regions");
    }
    let fix = || trail_fix(t, settings);
    if here.partition.without_root_sign_in().is_some() {
        let detail = format!("`{name}` covers {home} only: what root does in other Regions goes unreported.");
        return wrong(detail, fix());
    }
    match here.sign_in_region() {
        Some(region) if region == *home && t.trail.global_events => {
            ok(format!("{home}, where root sign-ins are recorded"))
        }
        Some(region) if region == *home => {
            let detail = format!(
                "`{name}` covers {home} only and leaves out the events of global services; AWS doesn't say whether sign-ins are \
                 among them."
            );
            (Verdict::Unknown, detail, unless_unmanaged(fix(), settings))
        }
        Some(_) => wrong(format!("`{name}` covers {home} only: root sign-ins in other Regions go unreported."), fix()),
        None => {
            let detail =
                format!("`{name}` covers {home} only; in which Region root sign-ins are recorded isn't known.");
            (Verdict::Unknown, detail, unless_unmanaged(fix(), settings))
        }
    }
}

/// Checks that the trail is logging, and that its log files arrive in its bucket.
fn check_logging(t: &TrailDetails, evidence: &Evidence<'_>) -> Outcome {
    let (settings, now) = (evidence.settings, evidence.now);
    let name = &t.trail.name;
    let status = match &t.status {
        Err(unreadable) => return unknown(unreadable),
        Ok(status) => status,
    };
    if !status.logging {
        return wrong(format!("The trail `{name}` is stopped: it records nothing."), trail_fix(t, settings));
    }
    let is_fresh = |delivery| is_younger(delivery, FRESH, now) && delivery >= status.started;
    // The log group gets events whether or not the bucket does: the bucket is then the auditors' matter.
    if is_fresh(status.logs_delivery) {
        return match &status.bucket_error {
            Some(error) if is_fresh(status.bucket_delivery) => {
                ok(format!("on; an earlier delivery to its bucket failed: {error}"))
            }
            Some(error) => ok(format!("on; but it can't write to its bucket: {error}")),
            None => ok("on"),
        };
    }
    bucket_delivery(t, evidence).unwrap_or_else(|| ok("on"))
}

/// What is known or in doubt about the delivery of log files to the bucket; `None` if nothing is.
pub(super) fn bucket_delivery(t: &TrailDetails, evidence: &Evidence<'_>) -> Option<Outcome> {
    let (settings, observed, now) = (evidence.settings, evidence.observed, evidence.now);
    let (name, status) = (&t.trail.name, t.status.as_ref().ok()?);
    if let Some(outcome) =
        unreadable_bucket_policy(settings, observed).or_else(|| unknown_bucket_access(settings, observed, &t.trail.arn))
    {
        return Some(outcome);
    }
    if let Some(fault) = bucket_fault(settings, observed) {
        return Some(wrong(format!("`{name}` is logging, but {fault}."), REPAIR));
    }
    let is_fresh = is_younger(status.bucket_delivery, FRESH, now) && status.bucket_delivery >= status.started;
    let error = status.bucket_error.as_ref()?;
    Some(match is_younger(observed.session.trail_changed, RETRIED_WITHIN, now) {
        _ if is_fresh => ok(format!("on; an earlier delivery to its bucket failed: {error}")),
        true => retried(error),
        false => wrong(
            format!("`{name}` cannot write to its bucket `{}`: {error}.", t.trail.bucket),
            Fix::Advice(format!("Check the bucket's policy: it must allow CloudTrail to write for {}.", t.trail.arn)),
        ),
    })
}

/// Why CloudTrail can't deliver to a bucket that rootbell manages. `None` also if the bucket could not be read: then only
/// the delivery error that CloudTrail reports counts.
fn bucket_fault(settings: &Settings, observed: &Observed) -> Option<String> {
    if !settings.bucket_is_managed() {
        return None;
    }
    let name = &settings.bucket.value;
    let trail = observed.trail.as_ref()?;
    match observed.bucket.as_ref().ok()? {
        BucketLookup::NotFound => Some(format!("its bucket `{name}` does not exist")),
        BucketLookup::Owned(bucket) => {
            bucket_access_fault(bucket, settings, &settings.log_file_location(observed, &trail.trail.arn))
        }
        BucketLookup::Forbidden | BucketLookup::NotManaged => None,
    }
}

const WHAT_CLOUDTRAIL_MAY_DO: &str = "what CloudTrail may do";

/// The result for a managed bucket whose policy can't be read.
fn unreadable_bucket_policy(settings: &Settings, observed: &Observed) -> Option<Outcome> {
    let BucketLookup::Owned(bucket) = observed.bucket.as_ref().ok()? else { return None };
    let is_unreadable = bucket.policy.as_ref().is_some_and(|policy| !policy.is_readable());
    (settings.bucket_is_managed() && is_unreadable)
        .then(|| unreadable_policy("bucket", &bucket.name, WHAT_CLOUDTRAIL_MAY_DO))
}

/// The result if it depends on something unknown whether CloudTrail can write to a managed bucket.
fn unknown_bucket_access(settings: &Settings, observed: &Observed, trail_arn: &str) -> Option<Outcome> {
    let BucketLookup::Owned(bucket) = observed.bucket.as_ref().ok()? else { return None };
    if !settings.bucket_is_managed() {
        return None;
    }
    let location = settings.log_file_location(observed, trail_arn);
    let Decision::Unknown(doubt) = policy::bucket_access(bucket.policy.as_ref(), &location) else { return None };
    let detail = format!(
        "Whether CloudTrail can write to the bucket `{}` depends on {}, which rootbell cannot evaluate.",
        bucket.name, doubt.depends_on
    );
    Some((Verdict::Unknown, detail, Fix::advice("Check the policy of the bucket.")))
}

fn bucket_access_fault(bucket: &Bucket, settings: &Settings, location: &LogFileLocation<'_>) -> Option<String> {
    let name = &bucket.name;
    if policy::bucket_access(bucket.policy.as_ref(), location) != Decision::Denied {
        return None;
    }
    Some(match &bucket.policy {
        None => format!("its bucket `{name}` has no policy that allows CloudTrail"),
        Some(_) if settings.may_edit_bucket_policy(&bucket.tags) => {
            format!("the policy of its bucket `{name}` is not the one for this trail")
        }
        Some(_) => format!("the policy of its bucket `{name}` does not allow CloudTrail to write for this trail"),
    })
}

/// Checks that the trail records write events, which sign-ins are.
///
/// Source: CloudTrail User Guide, "AWS Management Console sign-in events": the examples have `readOnly` false.
fn check_management_events(t: &TrailDetails, settings: &Settings) -> Outcome {
    let events = match &t.events {
        Err(unreadable) => return unknown(unreadable),
        Ok(events) => events,
    };
    if let Some(missing_events) = events.missing_sign_ins() {
        return wrong(format!("`{}` does not record {missing_events}.", t.trail.name), events_fix(t, events, settings));
    }
    match &events.unjudged {
        None => ok(if events.read { "read and write" } else { "write" }),
        Some(field) => unjudged_events(t, field),
    }
}

/// How to have the trail record all management events.
pub(super) fn events_fix(t: &TrailDetails, events: &ManagementEvents, settings: &Settings) -> Fix {
    match trail_fix(t, settings) {
        REPAIR if events.others => Fix::advice(
            "Change its event selectors in CloudTrail, so that they select all management events. rootbell doesn't replace \
             them, because other selectors would be lost.",
        ),
        fix => fix,
    }
}

/// The result if the trail's selectors depend on a field that rootbell can't judge.
pub(super) fn unjudged_events(t: &TrailDetails, field: &str) -> Outcome {
    (
        Verdict::Unknown,
        format!("`{}` selects events by `{field}`, so rootbell can't tell what it leaves out.", t.trail.name),
        Fix::advice("Check its event selectors in CloudTrail: they must select everything that root does."),
    )
}

/// The age at which the last delivery is overdue if there was something to deliver: in an account that is used,
/// deliveries are minutes apart.
///
/// Source: CloudTrail User Guide, "How CloudTrail works": about 5 minutes on average, not guaranteed.
const OVERDUE: SignedDuration = SignedDuration::from_hours(2);

/// The age at which the last delivery proves nothing any more, even in an account that may not have been used since.
///
/// Source: Prowler, check `cloudtrail_cloudwatch_logging_enabled`.
const PROVES_NOTHING: SignedDuration = SignedDuration::from_hours(24);

/// The age of a delivery next to which an error is an earlier one. AWS does not say when it clears an error.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// How far apart the same events can reach the bucket and the log group.
const MOST_LAG: SignedDuration = SignedDuration::from_hours(1);

/// How long after a change of the trail, its role or its bucket an error may still be from before it.
pub(super) const RETRIED_WITHIN: SignedDuration = SignedDuration::from_mins(30);

pub(super) fn is_younger(at: Option<Timestamp>, than: SignedDuration, now: Timestamp) -> bool {
    at.is_some_and(|at| now.duration_since(at) <= than)
}

/// What CloudTrail says of its deliveries to the log group.
fn delivery_status(status: &TrailStatus, t: &TrailDetails, settings: &Settings, evidence: &Evidence<'_>) -> Outcome {
    let (now, session) = (evidence.now, evidence.observed.session);
    let is_fresh = is_younger(status.logs_delivery, FRESH, now) && status.logs_delivery >= status.started;
    match &status.logs_error {
        Some(error) if !is_fresh && is_younger(session.trail_changed, RETRIED_WITHIN, now) => return retried(error),
        Some(error) if !is_fresh => return delivery_error(error, settings),
        Some(_) | None => {}
    }
    let first = || Fix::advice("The first delivery arrives about 5 minutes after an event.");
    let Some(at) = status.logs_delivery else { return (Verdict::Pending, "Nothing delivered yet.".into(), first()) };
    let ago = age(now.duration_since(at));
    let restarted = status.started.filter(|started| *started > at);
    // Nothing can have been delivered before that.
    let due_from = restarted.unwrap_or(at);
    let silent_for = now.duration_since(due_from);
    if silent_for > OVERDUE {
        if !status.logging {
            return wrong(format!("The last delivery was {ago} ago."), trail_fix(t, settings));
        }
        if let Some(proof) = proof_of_activity(status, due_from, evidence) {
            return wrong(
                format!("The last delivery was {ago} ago, but {proof}."),
                Fix::advice("Check the trail's status in CloudTrail, and the role."),
            );
        }
    }
    if silent_for > PROVES_NOTHING {
        return (
            Verdict::Unknown,
            format!("The last delivery was {ago} ago; the account may not have been used since."),
            // The calls that read the account are management events themselves.
            Fix::advice("CloudTrail records rootbell's own calls: check again in 15 minutes."),
        );
    }
    match (restarted, &status.logs_error) {
        (Some(_), _) => {
            let detail = format!("Nothing delivered since the trail was started; the last delivery was {ago} ago.");
            (Verdict::Pending, detail, first())
        }
        (None, Some(error)) => ok(format!("delivered {ago} ago; an earlier delivery failed: {error}")),
        (None, None) => ok(format!("delivered {ago} ago")),
    }
}

/// What shows that the trail recorded something after `since` that has not reached the log group, as part of a sentence;
/// `None` if nothing shows that. An account may be quiet, and a trail of one Region sees only that Region, so the time
/// alone proves nothing. Two things do:
///
/// * The trail delivered log files to its bucket since. The same events go to both.
/// * rootbell has been reading the account for so long that its first calls are overdue themselves. Calls such as
///   `DescribeTrails` are management events of this Region, which is the trail's home Region, because that is where the
///   log group is. They are recorded if the trail records reads.
///
/// Source: CloudTrail API, GetTrailStatus, `LatestDeliveryTime`; CloudTrail User Guide, "Logging management events".
fn proof_of_activity(status: &TrailStatus, since: Timestamp, evidence: &Evidence<'_>) -> Option<String> {
    let now = evidence.now;
    if let Some(at) = status.bucket_delivery.filter(|at| at.duration_since(since) > MOST_LAG) {
        return Some(format!("log files reached the bucket {} ago", age(now.duration_since(at))));
    }
    let events = evidence.observed.trail.as_ref()?.events.as_ref().ok()?;
    let first_read = evidence.observed.session.first_read?;
    let is_overdue = first_read > since && now.duration_since(first_read) > OVERDUE;
    (is_overdue && events.read && events.unjudged.is_none())
        .then(|| format!("rootbell's own calls, the first {} ago, are overdue", age(now.duration_since(first_read))))
}

/// The error of an attempt from before a change in this session that may have removed its cause.
fn retried(error: &str) -> Outcome {
    (
        Verdict::Pending,
        format!("CloudTrail's last attempt failed ({error}), possibly before the last change."),
        Fix::advice("CloudTrail tries again with the next events, usually within 5 minutes."),
    )
}

fn delivery_error(error: &str, settings: &Settings) -> Outcome {
    if settings.role_source_arn.value {
        return wrong(
            format!("CloudTrail could not deliver: {error}. The role is restricted to this trail."),
            Fix::choose_value(
                "In some accounts this restriction reportedly stops deliveries: turn it off",
                Input::Setting(SettingId::RestrictRole),
                "false",
            ),
        );
    }
    wrong(
        format!("CloudTrail could not deliver: {error}."),
        Fix::Each(vec![Fix::advice("Check the role and its policy."), Fix::Apply(Goal::RepairRole)]),
    )
}

fn check_delivery(t: &TrailDetails, evidence: &Evidence<'_>) -> Outcome {
    let (settings, observed) = (evidence.settings, evidence.observed);
    let name = &t.trail.name;
    let status = match &t.status {
        Err(unreadable) => return unknown(unreadable),
        Ok(status) => status,
    };
    let Some(log_group_arn) = &t.trail.log_group_arn else {
        return wrong(format!("`{name}` delivers to no log group."), trail_fix(t, settings));
    };
    if !log_group_arn.belongs_to(&settings.account_region.account) {
        let account = log_group_arn.account().unwrap_or("unknown");
        return wrong(
            format!(
                "`{name}` delivers to a log group in account {account}, which rootbell cannot use from this account."
            ),
            Fix::choose_value(
                "Set up rootbell in that account, or create a trail in this account",
                Input::Setting(SettingId::Trail),
                TRAIL,
            ),
        );
    }
    let region = log_group_arn.region().unwrap_or_default();
    if settings.account_region.region != region {
        return wrong(
            format!("`{name}` delivers to a log group in {region}; the filter and alarm must be in that Region too."),
            Fix::choose_value("Use that Region", Input::Region, region),
        );
    }
    let delivers_to = t.trail.log_group().unwrap_or_default();
    if settings.log_group.origin == Origin::Given && settings.log_group.value != delivers_to {
        return wrong(
            format!("`{name}` delivers to the log group `{delivers_to}`, not to `{}`.", settings.log_group.value),
            Fix::choose_value("Use that log group", Input::Setting(SettingId::LogGroup), delivers_to),
        );
    }
    if observed.log_group == Ok(None) {
        let group = t.trail.log_group().unwrap_or_default();
        return wrong(format!("`{name}` delivers to the log group `{group}`, which does not exist."), REPAIR);
    }
    if let Some(unreadable) = unreadable_role_policy(settings, observed) {
        return unreadable;
    }
    if let Some(fault) = role_fault(settings, observed) {
        return wrong(format!("{fault}."), REPAIR);
    }
    let delivered_recently = status.logs_error.is_none()
        && is_younger(status.logs_delivery, FRESH, evidence.now)
        && status.logs_delivery >= status.started;
    if let Some(outcome) = log_group_key(evidence, delivered_recently) {
        return outcome;
    }
    delivery_status(status, t, settings, evidence)
}

/// What is wrong with a role that rootbell manages. `None` also if the role could not be read.
fn role_fault(settings: &Settings, observed: &Observed) -> Option<String> {
    if !settings.role_is_managed() {
        return None;
    }
    let name = &settings.role.value;
    match observed.role.as_ref().ok()? {
        None => Some(format!("The role `{name}`, which CloudTrail delivers with, does not exist")),
        Some(role) => managed_role_fault(role, settings, observed),
    }
}

/// The result for a managed role whose trust policy or inline policy can't be read.
fn unreadable_role_policy(settings: &Settings, observed: &Observed) -> Option<Outcome> {
    let role = observed.role.as_ref().ok()?.as_ref()?;
    let is_unreadable = role.policy.iter().chain([&role.trust]).any(|policy| !policy.is_readable());
    (settings.role_is_managed() && is_unreadable).then(|| unreadable_policy("role", &role.name, WHAT_CLOUDTRAIL_MAY_DO))
}

fn managed_role_fault(role: &Role, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, group) = (&role.name, &settings.log_group.value);
    if !policy::has_all(Some(&role.trust), settings.role_trust(observed).statements()) {
        return Some(format!("CloudTrail can't assume the role `{name}`"));
    }
    let wanted = policy::role_permissions(&settings.account_region, group, observed.has_organization_trail());
    (policy::role_access(role.policy.as_ref(), &wanted) == Decision::Denied)
        .then(|| format!("The role `{name}` can't write to the log group `{group}`"))
}
