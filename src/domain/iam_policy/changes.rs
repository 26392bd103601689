//! One of each change that may be planned. Only the operation and the resource matter here, so the rest is left empty.

use crate::domain::added::{Additions, Recorded};
use crate::domain::arn::Arn;
use crate::domain::change::{Change, Delivery, Resource, TrailUpdate};
use crate::domain::confirmation::ConfirmationToken;
use crate::domain::email::Email;
use crate::domain::event::DRILL_STREAM;
use crate::domain::event_rule::RuleTarget;
use crate::domain::observed::AlarmState;
use crate::domain::own_rules::{OwnRule, forwarding_role, own_rules};
use crate::domain::plan::unmanaged_kinds;
use crate::domain::policy::PolicyDocument;
use crate::domain::retention::RetentionDays;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::settings::{AlertSettings, Field, Origin, Settings};

/// The changes of a resource.
#[derive(Default)]
pub(super) struct ResourceChanges {
    pub setup: Vec<Change>,
    /// Deletes it, or removes from it what rootbell added without a record.
    pub teardown: Vec<Change>,
    /// Deletes what it holds.
    pub logs: Vec<Change>,
}

#[expect(clippy::too_many_lines, reason = "one arm per resource")]
pub(super) fn changes_of(resource: Resource, settings: &Settings, role_arn: &Arn) -> ResourceChanges {
    let (key, policy) = (settings.kms_key.as_ref(), PolicyDocument::default);
    let log_group = || settings.log_group.value.clone();
    match resource {
        Resource::Bucket => {
            let bucket = || settings.bucket.value.clone();
            let put_policy = Change::PutBucketPolicy { bucket: bucket(), policy: policy() };
            ResourceChanges {
                setup: vec![
                    Change::CreateBucket { bucket: bucket() },
                    Change::PutBucketOwnershipControls { bucket: bucket() },
                    Change::PutPublicAccessBlock { bucket: bucket() },
                    Change::PutBucketVersioning { bucket: bucket() },
                    Change::PutBucketTagging { bucket: bucket(), tags: Vec::new() },
                    put_policy.clone(),
                ],
                teardown: vec![put_policy, Change::DeleteBucketPolicy { bucket: bucket() }],
                logs: vec![Change::EmptyBucket { bucket: bucket() }, Change::DeleteBucket { bucket: bucket() }],
            }
        }
        Resource::LogGroup => {
            let mut setup = vec![
                Change::CreateLogGroup { log_group: log_group(), added: Additions::default() },
                Change::PutRetentionPolicy { log_group: log_group(), days: 0 },
            ];
            if settings.retention_days == (Field { value: RetentionDays::Never, origin: Origin::Given }) {
                setup.push(Change::DeleteRetentionPolicy { log_group: log_group() });
            }
            setup.extend(key.map(|key| Change::SetLogGroupKey { log_group: log_group(), key: key.clone() }));
            let logs = vec![Change::DeleteLogGroup { log_group: log_group() }];
            ResourceChanges { setup, logs, ..ResourceChanges::default() }
        }
        Resource::Role => {
            // With its path, which is part of the ARN.
            let role = role_arn.role_path_and_name().unwrap_or(&settings.role.value);
            role_changes(role, RolePurpose::Delivery)
        }
        Resource::EventRole => forwarding_role(&settings.account_region)
            .map_or_else(ResourceChanges::default, |role| role_changes(&role, RolePurpose::Forwarding)),
        Resource::EventRule => {
            let rules = || own_rules(&settings.account_region);
            let role = forwarding_role(&settings.account_region).map(|role| settings.account_region.role_arn(&role));
            let target = |which| RuleTarget {
                role_arn: role.clone().filter(|_| which == OwnRule::Forward),
                ..RuleTarget::default()
            };
            let put = |(which, rule): (OwnRule, Arn)| {
                let put_rule =
                    Change::PutRule { rule: rule.clone(), pattern: String::new(), description: String::new() };
                [put_rule, Change::PutTarget { rule, target: target(which) }]
            };
            let delete = |(_, rule): (OwnRule, Arn)| {
                [Change::RemoveTarget { rule: rule.clone(), target: String::new() }, Change::DeleteRule { rule }]
            };
            ResourceChanges {
                setup: rules().flat_map(put).collect(),
                teardown: rules().flat_map(delete).collect(),
                logs: Vec::new(),
            }
        }
        Resource::Trail => {
            let trail = || settings.trail.value.clone();
            let log_group_arn = settings.account_region.log_group_arn(&settings.log_group.value);
            let delivery = Delivery { log_group_arn, role_arn: role_arn.clone() };
            let update = TrailUpdate { delivery: Some(delivery.clone()), ..TrailUpdate::default() };
            let mut setup = vec![
                Change::CreateTrail { trail: trail(), bucket: settings.bucket.value.clone(), delivery },
                Change::UpdateTrail { trail: trail(), update },
                Change::PutEventSelectors { trail: trail(), read: true, write: true },
                Change::StartLogging { trail: trail() },
            ];
            setup.extend(key.map(|key| Change::SetTrailKey { trail: trail(), key: key.clone() }));
            let teardown = vec![
                Change::StopLogging { trail: trail() },
                Change::DeleteTrail { trail: trail() },
                Change::DetachLogs { trail: trail() },
            ];
            ResourceChanges { setup, teardown, logs: Vec::new() }
        }
        Resource::Topic => {
            let topic_arn = || settings.topic_arn();
            let set_policy = Change::SetTopicPolicy { topic_arn: topic_arn(), policy: policy() };
            let mut setup = vec![
                set_policy.clone(),
                Change::CreateTopic { topic: settings.topic.value.clone(), policy: policy() },
                Change::Subscribe { topic_arn: topic_arn(), email: Email::default() },
                Change::ConfirmSubscription { topic_arn: topic_arn(), token: ConfirmationToken::default() },
            ];
            setup.extend(key.map(|key| Change::SetTopicKey { topic_arn: topic_arn(), key: Some(key.clone()) }));
            let teardown = vec![
                set_policy,
                Change::Unsubscribe { arn: Arn::default(), endpoint: String::new() },
                Change::DeleteTopic { topic_arn: topic_arn() },
            ];
            ResourceChanges { setup, teardown, logs: Vec::new() }
        }
        Resource::MetricFilter => {
            let put = |alert: &AlertSettings| Change::PutMetricFilter {
                log_group: log_group(),
                filter: alert.wanted_filter(),
            };
            let delete = |alert: &AlertSettings| Change::DeleteMetricFilter {
                log_group: log_group(),
                filter: alert.filter.value.clone(),
            };
            let alerts = || settings.alerts.values();
            ResourceChanges {
                setup: alerts().map(put).collect(),
                teardown: alerts().map(delete).collect(),
                logs: Vec::new(),
            }
        }
        Resource::Alarm => {
            let name = |alert: &AlertSettings| alert.alarm.value.clone();
            let put = |alert: &AlertSettings| Change::PutMetricAlarm {
                alert: alert.alert,
                alarm: name(alert),
                config: Box::default(),
            };
            let alerts = || settings.alerts.values();
            ResourceChanges {
                setup: alerts().map(put).collect(),
                teardown: alerts().flat_map(|alert| [put(alert), Change::DeleteAlarm { alarm: name(alert) }]).collect(),
                logs: Vec::new(),
            }
        }
    }
}

fn role_changes(role: &str, purpose: RolePurpose) -> ResourceChanges {
    let (role, policy) = (|| role.to_owned(), PolicyDocument::default);
    let shared = [
        Change::UpdateAssumeRolePolicy { role: role(), purpose, trust: policy() },
        Change::PutRolePolicy { role: role(), purpose, policy: policy() },
    ];
    let create = [Change::CreateRole { role: role(), purpose, trust: policy() }];
    let delete = [Change::DeleteRolePolicy { role: role(), purpose }, Change::DeleteRole { role: role(), purpose }];
    ResourceChanges {
        setup: create.into_iter().chain(shared.clone()).collect(),
        teardown: shared.into_iter().chain(delete).collect(),
        logs: Vec::new(),
    }
}

pub(super) fn test_changes(alarm: &str) -> Vec<Change> {
    vec![Change::SetAlarmState { alarm: alarm.to_owned(), state: AlarmState::Alarm, reason: String::new() }]
}

/// With the event bus of the second path, if there is one.
pub(super) fn drill_changes(log_group: &str, bus: Option<Arn>) -> Vec<Change> {
    let (log_group, stream) = (log_group.to_owned(), DRILL_STREAM.to_owned());
    let at = jiff::Timestamp::UNIX_EPOCH;
    let put_event = bus.map(|bus| Change::PutEvents { bus, at, detail: String::new() });
    let put_log = [
        Change::CreateLogStream { log_group: log_group.clone(), stream: stream.clone() },
        Change::PutLogEvents { log_group, stream, at, message: String::new() },
    ];
    put_log.into_iter().chain(put_event).collect()
}

fn recorded_arn(kind: Recorded, settings: &Settings, trail_arn: &Arn) -> Arn {
    match kind {
        Recorded::Trail => trail_arn.clone(),
        Recorded::LogGroup => settings.account_region.log_group_tagging_arn(&settings.log_group.value),
        Recorded::Topic => settings.topic_arn(),
    }
}

/// The changes that record what is added to unmanaged resources.
pub(super) fn records(settings: &Settings, trail_arn: &Arn) -> impl Iterator<Item = Change> {
    unmanaged_kinds(settings).map(|kind| Change::RecordAdded {
        kind,
        arn: recorded_arn(kind, settings, trail_arn),
        added: Additions::default(),
    })
}

/// The changes that revert that.
pub(super) fn reverts(settings: &Settings, trail_arn: &Arn) -> impl Iterator<Item = Change> {
    unmanaged_kinds(settings).flat_map(|kind| {
        let trail = || settings.trail.value.clone();
        let log_group = || settings.log_group.value.clone();
        let reverts = match kind {
            Recorded::Trail => vec![
                Change::UpdateTrail { trail: trail(), update: TrailUpdate::default() },
                Change::PutEventSelectors { trail: trail(), read: true, write: true },
            ],
            Recorded::LogGroup => vec![
                Change::PutRetentionPolicy { log_group: log_group(), days: 0 },
                Change::DeleteRetentionPolicy { log_group: log_group() },
            ],
            Recorded::Topic => Vec::new(),
        };
        reverts.into_iter().chain([Change::RemoveAdded { kind, arn: recorded_arn(kind, settings, trail_arn) }])
    })
}
