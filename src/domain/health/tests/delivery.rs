//! What proves that deliveries fail, and what only looks so; and what a trail leaves out.

use super::{Break, status, trail};
use crate::domain::Verdict;
use crate::domain::fixtures::NOW;
use jiff::{SignedDuration, Timestamp};

/// That long ago, such as "3h".
fn ago(span: &str) -> Option<Timestamp> {
    let span: SignedDuration = span.parse().unwrap();
    NOW.parse::<Timestamp>().unwrap().checked_sub(span).ok()
}

pub(super) const BREAKS: &[Break] = &[
    (
        "an error before a delivery",
        |o| status(o).logs_error = Some("AccessDenied".into()),
        "trail.delivers",
        Verdict::Ok,
        "delivered 3 min ago; an earlier delivery failed: AccessDenied",
    ),
    (
        "an error since a restart",
        |o| (status(o).logs_error, status(o).started) = (Some("AccessDenied".into()), ago("1m")),
        "trail.delivers",
        Verdict::Wrong,
        "AccessDenied",
    ),
    (
        "bucket error",
        |o| {
            (status(o).bucket_error, status(o).bucket_delivery) = (Some("NoSuchBucket".into()), ago("2h"));
            status(o).logs_delivery = ago("2h");
        },
        "trail.logging",
        Verdict::Wrong,
        "NoSuchBucket",
    ),
    (
        "bucket error, but events in the log group",
        |o| (status(o).bucket_error, status(o).bucket_delivery) = (Some("NoSuchBucket".into()), ago("2h")),
        "trail.logging",
        Verdict::Ok,
        "on; but it can't write to its bucket: NoSuchBucket",
    ),
    (
        "bucket error, for auditors",
        |o| (status(o).bucket_error, status(o).bucket_delivery) = (Some("NoSuchBucket".into()), ago("2h")),
        "bucket.private",
        Verdict::Wrong,
        "cannot write to its bucket",
    ),
    (
        "a bucket error before a delivery",
        |o| status(o).bucket_error = Some("NoSuchBucket".into()),
        "trail.logging",
        Verdict::Ok,
        "on; an earlier delivery to its bucket failed: NoSuchBucket",
    ),
    (
        "3 hours without a delivery, but log files",
        |o| status(o).logs_delivery = ago("3h"),
        "trail.delivers",
        Verdict::Wrong,
        "The last delivery was 3 h ago, but log files reached the bucket 3 min ago.",
    ),
    (
        "log files an hour after the last delivery",
        |o| (status(o).logs_delivery, status(o).bucket_delivery) = (ago("3h"), ago("2h")),
        "trail.delivers",
        Verdict::Ok,
        "delivered 3 h ago",
    ),
    (
        "an hour without a delivery, but log files",
        |o| status(o).logs_delivery = ago("2h"),
        "trail.delivers",
        Verdict::Ok,
        "delivered 2 h ago",
    ),
    (
        "a day without anything",
        |o| (status(o).logs_delivery, status(o).bucket_delivery) = (ago("24h"), ago("24h")),
        "trail.delivers",
        Verdict::Ok,
        "delivered 1 d ago",
    ),
    (
        "more than a day without anything",
        |o| (status(o).logs_delivery, status(o).bucket_delivery) = (ago("30h"), ago("30h")),
        "trail.delivers",
        Verdict::Unknown,
        "may not have been used since",
    ),
    (
        "restarted 10 minutes ago",
        |o| (status(o).logs_delivery, status(o).started) = (ago("50h"), ago("10m")),
        "trail.delivers",
        Verdict::Pending,
        "Nothing delivered since the trail was started; the last delivery was 2 d ago.",
    ),
    (
        "restarted 3 hours ago, and log files",
        |o| (status(o).logs_delivery, status(o).started) = (ago("50h"), ago("3h")),
        "trail.delivers",
        Verdict::Wrong,
        "log files reached the bucket 3 min ago",
    ),
    (
        "rootbell's own calls for 3 hours",
        |o| {
            (status(o).logs_delivery, status(o).bucket_delivery) = (ago("4h"), ago("4h"));
            o.session.first_read = ago("3h");
        },
        "trail.delivers",
        Verdict::Wrong,
        "rootbell's own calls, the first 3 h ago, are overdue",
    ),
    (
        "rootbell's own calls for an hour",
        |o| {
            (status(o).logs_delivery, status(o).bucket_delivery) = (ago("4h"), ago("4h"));
            o.session.first_read = ago("1h");
        },
        "trail.delivers",
        Verdict::Ok,
        "delivered 4 h ago",
    ),
    (
        "an error right after a repair",
        |o| {
            (status(o).logs_error, status(o).logs_delivery) = (Some("AccessDenied".into()), None);
            o.session.trail_changed = ago("5m");
        },
        "trail.delivers",
        Verdict::Pending,
        "last attempt failed (AccessDenied), possibly before the last change",
    ),
    (
        "an error long after a repair",
        |o| {
            (status(o).logs_error, status(o).logs_delivery) = (Some("AccessDenied".into()), None);
            o.session.trail_changed = ago("1h");
        },
        "trail.delivers",
        Verdict::Wrong,
        "AccessDenied",
    ),
    (
        "a bucket error right after a repair",
        |o| {
            (status(o).bucket_error, status(o).bucket_delivery) = (Some("NoSuchBucket".into()), None);
            status(o).logs_delivery = ago("2h");
            o.session.trail_changed = ago("5m");
        },
        "trail.logging",
        Verdict::Pending,
        "NoSuchBucket",
    ),
    (
        "sign-ins excluded",
        |o| trail(o).events.as_mut().unwrap().excluded = vec!["signin.amazonaws.com".into()],
        "trail.management_events",
        Verdict::Wrong,
        "does not record the events of signin.amazonaws.com",
    ),
    (
        "selectors that cannot be judged",
        |o| trail(o).events.as_mut().unwrap().unjudged = Some("userIdentity.arn".into()),
        "trail.management_events",
        Verdict::Unknown,
        "selects events by `userIdentity.arn`",
    ),
];
