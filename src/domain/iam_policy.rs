//! The least privilege: an IAM policy with exactly the permissions that one use of rootbell takes, on exactly the things
//! that are named, read off the tables of changes and of look-ups.

use serde_json::{Value, json};

use super::change::{Change, Delivery, Permission};
use super::event::DRILL_STREAM;
use super::observed::{Alarm, AlarmState, MetricFilter, Observed};
use super::query::Query;
use super::settings::Settings;

/// What the policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseCase {
    /// The wizard, `plan`, `apply` and `status`.
    SetUp,
    /// The dashboard, `status` and `events`.
    Watch,
    /// `test`, with the drill.
    Test,
    /// `destroy`.
    Leave { with_logs: bool },
}

/// How long a managed policy may be, white space not counted.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas", managed policy size.
pub const LONGEST: usize = 6144;

/// What the chain is read by.
const CHAIN: [Query; 11] = [
    Query::Identity,
    Query::Alias,
    Query::Trails,
    Query::TrailStatus,
    Query::Events,
    Query::LogGroup,
    Query::Filters,
    Query::Alarm,
    Query::AlarmsOn,
    Query::Topic,
    Query::Subscriptions,
];
/// What a plan and the whole verdict have to know besides.
const BESIDE: [Query; 8] = [
    Query::Bucket,
    Query::BucketPolicy,
    Query::BucketVersioning,
    Query::BucketPublicAccess,
    Query::BucketOwnership,
    Query::BucketTags,
    Query::Role,
    Query::RolePolicy,
];
const DASHBOARD: [Query; 3] = [Query::RootEvents, Query::History, Query::Sums];
const WHOSE: [Query; 4] = [Query::TrailTags, Query::LogGroupTags, Query::TopicTags, Query::AlarmTags];

/// The policy document.
#[must_use]
pub fn policy(of: UseCase, wanted: &Settings, observed: &Observed) -> Value {
    let mut statements: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
    for Permission { action, on } in permissions(of, wanted, observed) {
        // Handing over a role has a condition of its own.
        let same = |(resources, actions): &&mut (Vec<String>, Vec<&str>)| {
            *resources == on && (action == PASS_ROLE) == actions.contains(&PASS_ROLE)
        };
        match statements.iter_mut().find(same) {
            Some((_, actions)) if actions.contains(&action) => {}
            Some((_, actions)) => actions.push(action),
            None => statements.push((on, vec![action])),
        }
    }
    let statement = |(resources, mut actions): (Vec<String>, Vec<&str>)| {
        actions.sort_unstable();
        let mut statement = json!({
            "Effect": "Allow",
            "Action": one_or_all(&actions),
            "Resource": one_or_all(&resources.iter().map(String::as_str).collect::<Vec<_>>()),
        });
        if actions == [PASS_ROLE] {
            statement["Condition"] = json!({ "StringEquals": { "iam:PassedToService": "cloudtrail.amazonaws.com" } });
        }
        statement
    };
    json!({ "Version": "2012-10-17", "Statement": statements.into_iter().map(statement).collect::<Vec<_>>() })
}

const PASS_ROLE: &str = "iam:PassRole";

fn one_or_all(words: &[&str]) -> Value {
    match words {
        [one] => json!(one),
        all => json!(all),
    }
}

/// How much of [`LONGEST`] a policy takes.
#[must_use]
pub fn length(policy: &Value) -> usize {
    policy.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// Every permission, some of them more than once.
fn permissions(of: UseCase, wanted: &Settings, observed: &Observed) -> Vec<Permission> {
    let account_region = &wanted.account_region;
    let existing = observed.trail.as_ref().map(|watched| &watched.trail);
    let trail_arn = existing.map_or_else(|| account_region.trail_arn(&wanted.trail.value), |trail| trail.arn.clone());
    // A standing role may have a path.
    let path = format!("/{}", wanted.role.value);
    let role_arn = existing.and_then(|trail| trail.role_arn.clone()).filter(|arn| arn.ends_with(&path));
    let role_arn = role_arn.unwrap_or_else(|| account_region.role_arn(&wanted.role.value));
    let looks =
        queries(of, wanted, observed).into_iter().filter_map(|query| query.permission(wanted, &trail_arn, &role_arn));
    let changes = changes(of, wanted, &role_arn);
    looks.chain(changes.iter().flat_map(|change| change.permissions(account_region))).collect()
}

fn queries(of: UseCase, wanted: &Settings, observed: &Observed) -> Vec<Query> {
    let mut all = CHAIN.to_vec();
    let topic = observed.topic.as_ref().ok().and_then(Option::as_ref);
    if wanted.kms_key.is_some() || topic.is_some_and(|topic| topic.kms_key.is_some()) {
        all.extend([Query::Key, Query::KeyPolicy]);
    }
    match of {
        UseCase::SetUp => {
            all.extend(BESIDE);
            all.push(Query::TestFilter);
        }
        UseCase::Watch => {
            all.extend(BESIDE);
            all.extend(DASHBOARD);
        }
        UseCase::Test => all.extend(DASHBOARD),
        UseCase::Leave { with_logs } => {
            all.extend(BESIDE);
            all.extend(WHOSE);
            if with_logs {
                all.push(Query::BucketContents);
            }
        }
    }
    all
}

/// One of each change that may be planned; only what it is and what it is about counts here.
fn changes(of: UseCase, wanted: &Settings, role_arn: &str) -> Vec<Change> {
    let Settings { account_region, .. } = wanted;
    let trail = || wanted.trail.value.clone();
    let bucket = || wanted.bucket.value.clone();
    let log_group = || wanted.log_group.value.clone();
    // With its path, as IAM wants it in an ARN.
    let role = || role_arn.split_once(":role/").map_or_else(|| wanted.role.value.clone(), |(_, name)| name.to_owned());
    let topic_arn = || wanted.topic_arn();
    let delivery = || Delivery {
        log_group_arn: account_region.log_group_arn(&wanted.log_group.value),
        role_arn: role_arn.to_owned(),
    };
    let shared = [
        Change::PutBucketPolicy { bucket: bucket(), policy: Value::Null },
        Change::UpdateAssumeRolePolicy { role: role(), trust: Value::Null },
        Change::PutRolePolicy { role: role(), policy: Value::Null },
        Change::SetTopicPolicy { topic_arn: topic_arn(), policy: Value::Null },
        Change::PutMetricAlarm { alarm: Box::new(alarm(wanted)) },
    ];
    match of {
        UseCase::Watch => Vec::new(),
        UseCase::Test => {
            let (log_group, stream) = (log_group(), DRILL_STREAM.to_owned());
            vec![
                Change::SetAlarmState {
                    alarm: wanted.alarm.value.clone(),
                    state: AlarmState::Alarm,
                    reason: String::new(),
                },
                Change::CreateLogStream { log_group: log_group.clone(), stream: stream.clone() },
                Change::PutLogEvents { log_group, stream, at: jiff::Timestamp::UNIX_EPOCH, message: String::new() },
            ]
        }
        UseCase::SetUp => shared
            .into_iter()
            .chain([
                Change::CreateBucket { bucket: bucket() },
                Change::PutBucketOwnershipControls { bucket: bucket() },
                Change::PutPublicAccessBlock { bucket: bucket() },
                Change::PutBucketVersioning { bucket: bucket() },
                Change::PutBucketTagging { bucket: bucket(), tags: Vec::new() },
                Change::CreateLogGroup { log_group: log_group() },
                Change::PutRetentionPolicy { log_group: log_group(), days: 0 },
                Change::CreateRole { role: role(), trust: Value::Null },
                Change::CreateTrail { trail: trail(), bucket: bucket(), delivery: delivery() },
                Change::UpdateTrail { trail: trail(), delivery: Some(delivery()) },
                Change::PutEventSelectors { trail: trail() },
                Change::StartLogging { trail: trail() },
                Change::CreateTopic { topic: wanted.topic.value.clone(), policy: Value::Null },
                Change::Subscribe { topic_arn: topic_arn(), email: String::new() },
                Change::PutMetricFilter { log_group: log_group(), filter: filter(wanted) },
            ])
            .chain(wanted.kms_key.iter().flat_map(|key| {
                [
                    Change::SetTrailKey { trail: trail(), key: key.clone() },
                    Change::SetLogGroupKey { log_group: log_group(), key: key.clone() },
                    Change::SetTopicKey { topic_arn: topic_arn(), key: Some(key.clone()) },
                ]
            }))
            .collect(),
        UseCase::Leave { with_logs } => {
            let logs = [
                Change::DeleteLogGroup { log_group: log_group() },
                Change::EmptyBucket { bucket: bucket() },
                Change::DeleteBucket { bucket: bucket() },
            ];
            shared
                .into_iter()
                .chain([
                    Change::DeleteAlarm { alarm: wanted.alarm.value.clone() },
                    Change::DeleteMetricFilter { log_group: log_group(), filter: wanted.filter.value.clone() },
                    Change::Unsubscribe { arn: String::new(), endpoint: String::new() },
                    Change::DeleteTopic { topic_arn: topic_arn() },
                    Change::StopLogging { trail: trail() },
                    Change::DeleteTrail { trail: trail() },
                    Change::DetachLogs { trail: trail() },
                    Change::DeleteRolePolicy { role: role() },
                    Change::DeleteRole { role: role() },
                    Change::DeleteBucketPolicy { bucket: bucket() },
                ])
                .chain(logs.into_iter().filter(|_| with_logs))
                .collect()
        }
    }
}

fn alarm(wanted: &Settings) -> Alarm {
    Alarm {
        name: wanted.alarm.value.clone(),
        metric: wanted.metric.clone(),
        statistic: String::new(),
        period: 0,
        evaluation_periods: 0,
        datapoints_to_alarm: 0,
        threshold: 0.0,
        comparison: String::new(),
        missing_data: String::new(),
        actions_enabled: true,
        actions: Vec::new(),
        ok_actions: Vec::new(),
        insufficient_data_actions: Vec::new(),
        description: String::new(),
        state: AlarmState::Ok,
        reason: String::new(),
        since: None,
    }
}

fn filter(wanted: &Settings) -> MetricFilter {
    MetricFilter {
        name: wanted.filter.value.clone(),
        pattern: String::new(),
        metric: wanted.metric.clone(),
        value: String::new(),
        default: None,
    }
}

/// Every action that a policy allows, in alphabetical order.
#[must_use]
pub fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let mut all: Vec<String> = statements
        .iter()
        .flat_map(|statement| listed(&statement["Action"]))
        .filter_map(|action| action.as_str().map(str::to_owned))
        .collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{settings, sound};
    use super::*;
    use crate::domain::SetupOptions;

    const ALL: [UseCase; 5] = [
        UseCase::SetUp,
        UseCase::Watch,
        UseCase::Test,
        UseCase::Leave { with_logs: false },
        UseCase::Leave { with_logs: true },
    ];

    fn of(of: UseCase, setup: &SetupOptions) -> Value {
        policy(of, &settings(setup, &Observed::nothing()), &Observed::nothing())
    }

    #[test]
    fn every_policy_fits_into_a_managed_one_with_the_longest_names_too() {
        let long = |n: usize| Some("a".repeat(n));
        let setup = SetupOptions {
            trail: long(128),
            bucket: long(63),
            log_group: long(512),
            role: long(64),
            topic: long(256),
            alarm: long(255),
            ..SetupOptions::default()
        };
        for each in ALL {
            let usual = length(&of(each, &SetupOptions::default()));
            assert!(usual < 3800, "{each:?}: {usual}");
            let longest = length(&of(each, &setup));
            assert!(longest <= LONGEST, "{each:?}: {longest}");
        }
    }

    #[test]
    fn a_star_stands_only_where_the_service_knows_no_resource() {
        // Service Authorization Reference: no resource type beside these actions.
        let unscoped = [
            "cloudtrail:DescribeTrails",
            "cloudwatch:DescribeAlarmsForMetric",
            "cloudwatch:GetMetricData",
            "iam:ListAccountAliases",
            "logs:TestMetricFilter",
            "sns:Unsubscribe",
        ];
        for each in ALL {
            let policy = of(each, &SetupOptions::default());
            for statement in policy["Statement"].as_array().unwrap() {
                let actions = actions(&json!({ "Statement": [statement] }));
                let known = |action: &String| unscoped.contains(&action.as_str());
                if statement["Resource"] == "*" {
                    assert!(actions.iter().all(known), "{statement}");
                } else {
                    assert!(!actions.iter().any(known), "{statement}");
                    let arn = statement["Resource"].as_str().unwrap();
                    assert!(arn.starts_with("arn:aws:"), "{statement}");
                    assert!(arn.contains("123456789012"), "every name has the account in it: {statement}");
                }
            }
        }
    }

    #[test]
    fn only_cloudtrail_is_handed_the_role() {
        let policy = of(UseCase::SetUp, &SetupOptions::default());
        let pass = policy["Statement"].as_array().unwrap().iter().find(|s| s["Action"] == "iam:PassRole").unwrap();
        assert_eq!(pass["Condition"]["StringEquals"]["iam:PassedToService"], "cloudtrail.amazonaws.com");
        assert_eq!(pass["Resource"], "arn:aws:iam::123456789012:role/rootbell-cloudtrail-to-logs-eu-west-1");
        for each in [UseCase::Watch, UseCase::Test, UseCase::Leave { with_logs: true }] {
            assert!(!of(each, &SetupOptions::default()).to_string().contains("PassRole"), "{each:?}");
        }
    }

    #[test]
    fn who_only_watches_may_change_nothing() {
        for action in actions(&of(UseCase::Watch, &SetupOptions::default())) {
            let name = action.split(':').nth(1).unwrap();
            assert!(["Get", "List", "Describe", "Filter"].iter().any(|verb| name.starts_with(verb)), "{action}");
        }
    }

    #[test]
    fn the_names_in_use_are_the_ones_in_the_policy() {
        let mut observed = sound();
        let trail = &mut observed.trail.as_mut().unwrap().trail;
        trail.role_arn = Some("arn:aws:iam::123456789012:role/service-role/theirs".into());
        trail.name = "rootbell".into();
        observed.trails = Ok(vec![trail.clone()]);
        let wanted = settings(&SetupOptions { topic: Some("ops".into()), ..SetupOptions::default() }, &observed);
        let said = policy(UseCase::SetUp, &wanted, &observed).to_string();
        assert!(said.contains("arn:aws:iam::123456789012:role/service-role/theirs"), "{said}");
        assert!(said.contains("arn:aws:sns:eu-west-1:123456789012:ops"), "{said}");
        assert!(!said.contains("rootbell-alerts"), "{said}");
    }
}
