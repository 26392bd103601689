//! Least privilege: the printed policies allow exactly the permissions that real runs use.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rootbell::app::Msg;
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::DemoCloud;
use rootbell::cloud::demo::account::{Account, Bucket, EventRule, LogGroup, Role, Topic, Trail};
use rootbell::domain::alarm::{AlarmConfig, Metric};
use rootbell::domain::iam_policy::{UseCase, policy};
use rootbell::domain::observed::{self, ManagementEvents};
use rootbell::domain::plan::teardown::teardown;
use rootbell::domain::policy::PolicyDocument;
use rootbell::domain::{Observed, Region, RetentionDays, Settings, SetupOptions};
use rootbell::engine::alarm_test::{AlarmTest, Drill, EventDrill, Observer, existing_rules, run_drill, run_test};
use rootbell::engine::poll::{PollQuery, ask};
use rootbell::engine::{self, ObserveScope};
use serde_json::json;

use crate::properties::{DRIFTS, EMAIL, cloud, in_virtual_time, region_mut, set_up, setup_options};
use crate::support::confirmation::link;
use crate::support::tester::{START, Tester};

type Permissions = BTreeSet<String>;

/// The permissions that an API call needs.
///
/// Source: Service Authorization Reference (one page per service) for the action and its dependent actions; each API's
/// reference for tags passed on creation.
#[expect(clippy::too_many_lines, reason = "one arm per operation")]
pub(crate) fn permissions(service: &str, operation: &str) -> Vec<&'static str> {
    match operation {
        // STS API: no permissions are required.
        "GetCallerIdentity" => vec![],
        "ListAccountAliases" => vec!["iam:ListAccountAliases"],
        "ListAccounts" => vec!["organizations:ListAccounts"],
        "GetAccountSummary" => vec!["iam:GetAccountSummary"],
        "ListVirtualMFADevices" => vec!["iam:ListVirtualMFADevices"],
        "ListOrganizationsFeatures" => vec!["iam:ListOrganizationsFeatures"],
        "GenerateCredentialReport" => vec!["iam:GenerateCredentialReport"],
        "GetCredentialReport" => vec!["iam:GetCredentialReport"],
        "DescribeTrails" => vec!["cloudtrail:DescribeTrails"],
        "GetTrailStatus" => vec!["cloudtrail:GetTrailStatus"],
        "GetEventSelectors" => vec!["cloudtrail:GetEventSelectors"],
        "ListTags" => vec!["cloudtrail:ListTags"],
        "CreateTrail" => vec!["cloudtrail:CreateTrail", "cloudtrail:AddTags", "iam:PassRole"],
        "UpdateTrail" => vec!["cloudtrail:UpdateTrail"],
        "PutEventSelectors" => vec!["cloudtrail:PutEventSelectors"],
        "StartLogging" => vec!["cloudtrail:StartLogging"],
        "StopLogging" => vec!["cloudtrail:StopLogging"],
        "DeleteTrail" => vec!["cloudtrail:DeleteTrail"],
        "AddTags" => vec!["cloudtrail:AddTags"],
        "RemoveTags" => vec!["cloudtrail:RemoveTags"],
        "HeadBucket" => vec!["s3:ListBucket"],
        "GetBucketPolicy" => vec!["s3:GetBucketPolicy"],
        "GetBucketVersioning" => vec!["s3:GetBucketVersioning"],
        "GetPublicAccessBlock" => vec!["s3:GetBucketPublicAccessBlock"],
        "GetBucketOwnershipControls" => vec!["s3:GetBucketOwnershipControls"],
        "GetBucketTagging" => vec!["s3:GetBucketTagging"],
        "ListObjectVersions" => vec!["s3:ListBucketVersions"],
        // With the header that disables ACLs.
        "CreateBucket" => vec!["s3:CreateBucket", "s3:PutBucketOwnershipControls"],
        "PutBucketOwnershipControls" => vec!["s3:PutBucketOwnershipControls"],
        "PutPublicAccessBlock" => vec!["s3:PutBucketPublicAccessBlock"],
        "PutBucketVersioning" => vec!["s3:PutBucketVersioning"],
        "PutBucketTagging" => vec!["s3:PutBucketTagging"],
        "PutBucketPolicy" => vec!["s3:PutBucketPolicy"],
        "DeleteBucketPolicy" => vec!["s3:DeleteBucketPolicy"],
        // Deleting specific versions needs both.
        "DeleteObjects" => vec!["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "DeleteBucket" => vec!["s3:DeleteBucket"],
        "DescribeLogGroups" => vec!["logs:DescribeLogGroups"],
        "DescribeMetricFilters" => vec!["logs:DescribeMetricFilters"],
        "TestMetricFilter" => vec!["logs:TestMetricFilter"],
        "FilterLogEvents" => vec!["logs:FilterLogEvents"],
        "CreateLogGroup" => vec!["logs:CreateLogGroup", "logs:TagResource"],
        "PutRetentionPolicy" => vec!["logs:PutRetentionPolicy"],
        "DeleteRetentionPolicy" => vec!["logs:DeleteRetentionPolicy"],
        "PutMetricFilter" => vec!["logs:PutMetricFilter"],
        "DeleteMetricFilter" => vec!["logs:DeleteMetricFilter"],
        "DeleteLogGroup" => vec!["logs:DeleteLogGroup"],
        "CreateLogStream" => vec!["logs:CreateLogStream"],
        "PutLogEvents" => vec!["logs:PutLogEvents"],
        "GetRole" => vec!["iam:GetRole"],
        "GetRolePolicy" => vec!["iam:GetRolePolicy"],
        "CreateRole" => vec!["iam:CreateRole", "iam:TagRole"],
        "UpdateAssumeRolePolicy" => vec!["iam:UpdateAssumeRolePolicy"],
        "PutRolePolicy" => vec!["iam:PutRolePolicy"],
        "DeleteRolePolicy" => vec!["iam:DeleteRolePolicy"],
        "DeleteRole" => vec!["iam:DeleteRole"],
        "GetTopicAttributes" => vec!["sns:GetTopicAttributes"],
        "ListSubscriptionsByTopic" => vec!["sns:ListSubscriptionsByTopic"],
        "ListAlarmMuteRules" => vec!["cloudwatch:ListAlarmMuteRules"],
        "GetAlarmMuteRule" => vec!["cloudwatch:GetAlarmMuteRule"],
        "GetSubscriptionAttributes" => vec!["sns:GetSubscriptionAttributes"],
        "CreateTopic" => vec!["sns:CreateTopic", "sns:TagResource"],
        "SetTopicAttributes" => vec!["sns:SetTopicAttributes"],
        "Subscribe" => vec!["sns:Subscribe"],
        "ConfirmSubscription" => vec!["sns:ConfirmSubscription"],
        "Unsubscribe" => vec!["sns:Unsubscribe"],
        "DeleteTopic" => vec!["sns:DeleteTopic"],
        "DescribeAlarms" => vec!["cloudwatch:DescribeAlarms"],
        "DescribeAlarmsForMetric" => vec!["cloudwatch:DescribeAlarmsForMetric"],
        "DescribeAlarmHistory" => vec!["cloudwatch:DescribeAlarmHistory"],
        "GetMetricStatistics" => vec!["cloudwatch:GetMetricStatistics"],
        "PutMetricAlarm" => vec!["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"],
        "SetAlarmState" => vec!["cloudwatch:SetAlarmState"],
        "DeleteAlarms" => vec!["cloudwatch:DeleteAlarms"],
        "ListRules" => vec!["events:ListRules"],
        "ListTargetsByRule" => vec!["events:ListTargetsByRule"],
        "PutRule" => vec!["events:PutRule", "events:TagResource"],
        "PutTargets" => vec!["events:PutTargets"],
        "RemoveTargets" => vec!["events:RemoveTargets"],
        "DeleteRule" => vec!["events:DeleteRule"],
        "PutEvents" => vec!["events:PutEvents"],
        "TestEventPattern" => vec!["events:TestEventPattern"],
        "TagResource" | "UntagResource" => {
            let action = |service: &str| match (service, operation) {
                ("logs", "TagResource") => "logs:TagResource",
                ("logs", _) => "logs:UntagResource",
                (_, "TagResource") => "sns:TagResource",
                (_, _) => "sns:UntagResource",
            };
            if service.is_empty() { vec![action("logs"), action("sns")] } else { vec![action(service)] }
        }
        "ListTagsForResource" => match service {
            "logs" => vec!["logs:ListTagsForResource"],
            "sns" => vec!["sns:ListTagsForResource"],
            "monitoring" => vec!["cloudwatch:ListTagsForResource"],
            "events" => vec!["events:ListTagsForResource"],
            _ => vec![
                "logs:ListTagsForResource",
                "sns:ListTagsForResource",
                "cloudwatch:ListTagsForResource",
                "events:ListTagsForResource",
            ],
        },
        other => panic!("no permission is known for {other}"),
    }
}

/// The permissions for the calls that demo accounts received. One call of a demo account may stand for several of AWS.
fn used(clouds: &[DemoCloud]) -> Permissions {
    let pieces = |operation: &str| match operation {
        "GetCallerIdentity" => vec!["GetCallerIdentity", "ListAccountAliases"],
        "GetRole" => vec!["GetRole", "GetRolePolicy"],
        "ListAlarmMuteRules" => vec!["ListAlarmMuteRules", "GetAlarmMuteRule"],
        "HeadBucket" => vec![
            "HeadBucket",
            "GetBucketPolicy",
            "GetBucketVersioning",
            "GetPublicAccessBlock",
            "GetBucketOwnershipControls",
            "GetBucketTagging",
        ],
        _ => vec![],
    };
    let mut permissions_used = Permissions::new();
    for call in clouds.iter().flat_map(DemoCloud::calls) {
        let all = pieces(&call);
        let all = if all.is_empty() { vec![call.as_str()] } else { all };
        permissions_used.extend(all.into_iter().flat_map(|operation| permissions("", operation)).map(str::to_owned));
    }
    permissions_used
}

fn granted(of: UseCase) -> Permissions {
    granted_for(of, &setup_options())
}

fn granted_for(of: UseCase, setup: &SetupOptions) -> Permissions {
    let observed = Observed::nothing();
    let settings = Settings::resolve(&Account::default().identity(), &Region::new("eu-west-1"), setup, &observed);
    policy(of, &settings, &observed).actions().into_iter().map(str::to_owned).collect()
}

/// For resources without rootbell's names, which get a tag with what is added to them.
fn granted_with_names(of: UseCase) -> Permissions {
    granted_for(of, &unmanaged_names())
}

fn unmanaged_names() -> SetupOptions {
    SetupOptions {
        trail: Some("audit".into()),
        log_group: Some("central".into()),
        topic: Some("oncall".into()),
        ..setup_options()
    }
}

/// An account in which rootbell adds everything that it can to unmanaged resources.
fn account_to_add_to(retention_days: RetentionDays) -> Account {
    let mut account = Account::default();
    let trail = observed::Trail { bucket: "b".into(), ..observed::Trail::default() };
    let trail = Trail { events: ManagementEvents { read: false, ..ManagementEvents::ALL }, ..trail.into() };
    let region = region_mut(&mut account);
    region.trails.insert("audit".into(), trail);
    region.log_groups.insert("central".into(), observed::LogGroup { retention_days, ..Default::default() }.into());
    region.topics.insert("oncall".into(), Topic::default());
    account
}

#[track_caller]
fn assert_same(used: &Permissions, granted: &Permissions) {
    let unused: Vec<_> = granted.difference(used).collect();
    let missing: Vec<_> = used.difference(granted).collect();
    assert!(
        unused.is_empty() && missing.is_empty(),
        "granted but never used: {unused:?}; used but not granted: {missing:?}"
    );
}

/// Set up, next to somebody else's rule whose pattern only AWS can evaluate.
fn set_up_account() -> Account {
    with_undecided_rule(Account::default().set_up_with_events_for(&[EMAIL]).unwrap())
}

fn with_undecided_rule(mut account: Account) -> Account {
    let pattern = Some(r#"{"detail":{"userIdentity":{"type":[{"resembles":"Root"}]}}}"#.to_owned());
    region_mut(&mut account).event_rules.insert("theirs".into(), EventRule { pattern, ..EventRule::default() });
    account
}

#[test]
fn setup_uses_exactly_the_permissions_of_its_policy() {
    // On a fresh account, after each drift, and through the wizard, which tests the filter's pattern.
    let mut clouds = vec![cloud(Account::default())];
    for (_, drift) in DRIFTS {
        let mut account = set_up_account();
        drift(&mut account);
        clouds.push(cloud(account));
    }
    for cloud in &clouds {
        in_virtual_time(set_up(cloud, &setup_options()));
    }
    let mut wizard = Tester::on(Account::default(), 80, 24);
    wizard.press("enter enter").settle().press("enter e").fill(EMAIL).settle();
    wizard.press("enter").settle();
    wizard.send(Msg::Paste(link(EMAIL)));
    wizard.settle().press("enter").settle().press("enter").settle();
    wizard.press("enter").settle().press("enter").settle();
    clouds.push(wizard.on_account(Clone::clone));
    let mut used = used(&clouds);
    // Updating an existing trail also passes the role.
    assert!(used.contains("cloudtrail:UpdateTrail"));
    used.insert("iam:PassRole".into());
    assert_same(&used, &granted(UseCase::Setup));
}

#[test]
fn setup_with_unmanaged_resources_also_reads_and_sets_their_tags() {
    let cloud = cloud(account_to_add_to(RetentionDays::Never));
    in_virtual_time(set_up(&cloud, &unmanaged_names()));
    let calls = cloud.calls();
    for operation in ["ListTags", "ListTagsForResource", "AddTags", "TagResource"] {
        assert!(calls.iter().any(|call| call == operation), "{operation}: {calls:?}");
    }
    let (own, all) = (granted(UseCase::Setup), granted_with_names(UseCase::Setup));
    let more: Vec<&str> = all.difference(&own).map(String::as_str).collect();
    assert_eq!(more, ["cloudtrail:ListTags", "logs:ListTagsForResource", "sns:ListTagsForResource"]);
}

#[test]
fn setup_without_a_retention_uses_a_permission_that_its_policy_grants_only_then() {
    let setup = SetupOptions { retention_days: Some(RetentionDays::Never), ..setup_options() };
    let cloud = cloud(set_up_account());
    in_virtual_time(set_up(&cloud, &setup));
    let extra = "logs:DeleteRetentionPolicy";
    assert!(used(&[cloud]).contains(extra));
    assert!(!granted(UseCase::Setup).contains(extra));
    let identity = Account::default().identity();
    let settings = Settings::resolve(&identity, &Region::new("eu-west-1"), &setup, &Observed::nothing());
    let document = policy(UseCase::Setup, &settings, &Observed::nothing());
    assert!(document.actions().into_iter().any(|action| action == extra));
}

/// Reads a chain whose alarm has another name and whose subscription is confirmed, so that every read is made.
async fn read(cloud: &DemoCloud, scope: ObserveScope) -> Settings {
    cloud.modify(|account| {
        let alarms = std::mem::take(&mut region_mut(account).alarms);
        region_mut(account).alarms = alarms.into_values().map(|alarm| ("theirs".to_owned(), alarm)).collect();
    });
    cloud.confirm(&EMAIL.into());
    let identity = cloud.identity().await.unwrap();
    let observed = engine::observe(
        cloud,
        &identity,
        &Region::new("eu-west-1"),
        &SetupOptions::default(),
        scope,
        crate::properties::now(),
    )
    .await;
    Settings::resolve(&identity, &Region::new("eu-west-1"), &SetupOptions::default(), &observed)
}

#[test]
fn monitoring_uses_exactly_the_permissions_of_its_policy() {
    let cloud = cloud(set_up_account());
    in_virtual_time(async {
        let settings = read(&cloud, ObserveScope::Everything).await;
        let (from, to) = (START.parse().unwrap(), START.parse().unwrap());
        let alarm = settings.root_use().alarm.value.clone();
        for question in [
            PollQuery::Alarm { name: alarm.clone() },
            PollQuery::History { alarm, since: from },
            PollQuery::Metric { metric: settings.root_use().metric.clone(), from, to },
            PollQuery::Events {
                log_group: settings.log_group.value.clone(),
                pattern: settings.root_use().pattern.value.clone(),
                from,
                to,
                page: None,
            },
        ] {
            ask(&cloud, &Region::new("eu-west-1"), &question).await.unwrap();
        }
        // AWS has generated the report by then.
        cloud.modify(|account| account.root_user.report = Some(-60));
        ask(&cloud, &Region::new("eu-west-1"), &PollQuery::RootLastUse).await.unwrap();
    });
    assert_same(&used(&[cloud]), &granted(UseCase::Watch));
}

#[test]
fn test_and_drill_use_exactly_the_permissions_of_their_policy() {
    let cloud = in_virtual_time(async {
        let began = tokio::time::Instant::now();
        let clock = move || {
            let passed = SignedDuration::try_from(began.elapsed()).unwrap();
            START.parse::<Timestamp>().unwrap() + passed
        };
        let cloud = DemoCloud::new(set_up_account(), Arc::new(clock));
        let settings = read(&cloud, ObserveScope::Chain).await;
        let caller = cloud.identity().await.unwrap();
        let test = AlarmTest {
            alarm: settings.root_use().alarm.value.clone(),
            caller,
            region: Region::new("eu-west-1"),
            timeout: SignedDuration::from_mins(10),
        };
        let observer = Observer { clock: &clock, news: &|_| {} };
        assert!(run_test(&cloud, &test, &observer).await.unwrap().dispatched());
        tokio::time::sleep(std::time::Duration::from_mins(10)).await;
        let rules = existing_rules(&cloud, &settings.account_region).await;
        let drill = Drill {
            log_group: settings.log_group.value.clone(),
            pattern: settings.root_use().pattern.value.clone(),
            metric: Metric { ..settings.root_use().metric.clone() },
            id: "drill-1".into(),
            events: EventDrill::of(&settings.account_region, &rules, "drill-1"),
        };
        assert!(run_drill(&cloud, &test, &drill, &observer).await.unwrap().passed());
        cloud
    });
    assert_same(&used(&[cloud]), &granted(UseCase::Test));
}

/// The accounts that a teardown can find: everything managed, and various resources unmanaged.
fn accounts_to_tear_down() -> Vec<(DemoCloud, SetupOptions)> {
    let mut adopted = Account::default();
    let closed = Bucket::from(observed::Bucket {
        owner_enforced: true,
        public_blocked: true,
        versioned: true,
        ..observed::Bucket::default()
    });
    let statement = json!({ "Sid": "Theirs", "Effect": "Deny", "Action": "x", "Resource": "*" });
    let inline: PolicyDocument = json!({ "Statement": [statement] }).into();
    let mut for_everyone = statement;
    for_everyone["Principal"] = json!("*");
    let theirs = || PolicyDocument::from(json!({ "Statement": [for_everyone] }));
    adopted.buckets.insert("bare".into(), closed.clone());
    adopted.buckets.insert("theirs".into(), Bucket::from(observed::Bucket { policy: Some(theirs()), ..closed.config }));
    adopted.roles.insert(
        "theirs".into(),
        Role::from(observed::Role { trust: theirs(), policy: Some(inline.clone()), ..observed::Role::default() }),
    );
    let region = region_mut(&mut adopted);
    region
        .topics
        .insert("oncall".into(), Topic::from(observed::Topic { policy: Some(theirs()), ..observed::Topic::default() }));
    region.log_groups.insert(
        "central".into(),
        LogGroup::from(observed::LogGroup {
            retention_days: RetentionDays::Days(400),
            ..observed::LogGroup::default()
        }),
    );
    region.alarms.insert(
        "pager".into(),
        AlarmConfig { metric: Metric::new("rootbell", "RootUse"), ..AlarmConfig::default() }.into(),
    );
    let trail = Trail {
        config: observed::Trail {
            multi_region: true,
            log_file_validation: true,
            bucket: "b".into(),
            ..observed::Trail::default()
        },
        logging: true,
        ..Trail::default()
    };
    let mut attached = Account::default();
    region_mut(&mut attached).trails.insert("audit".into(), trail);
    let named = |bucket: &str| SetupOptions {
        bucket: Some(bucket.into()),
        role: Some("theirs".into()),
        topic: Some("oncall".into()),
        log_group: Some("central".into()),
        ..setup_options()
    };
    vec![
        (cloud(with_undecided_rule(Account::default())), setup_options()),
        (cloud(adopted.clone()), named("bare")),
        (cloud(adopted.clone()), named("theirs")),
        (cloud(adopted), SetupOptions { alarm: Some("pager".into()), ..setup_options() }),
        (cloud(attached), SetupOptions { trail: Some("audit".into()), ..setup_options() }),
        (
            cloud(account_to_add_to(RetentionDays::Days(400))),
            SetupOptions { retention_days: Some(RetentionDays::Never), ..unmanaged_names() },
        ),
        (
            cloud(account_to_add_to(RetentionDays::Never)),
            SetupOptions { retention_days: Some(RetentionDays::Days(400)), ..unmanaged_names() },
        ),
    ]
}

#[test]
fn teardown_uses_exactly_the_permissions_of_its_policy() {
    for with_logs in [false, true] {
        let all = accounts_to_tear_down();
        let mut operations = Permissions::new();
        for (cloud, setup) in &all {
            in_virtual_time(async {
                set_up(cloud, setup).await;
                cloud.confirm(&EMAIL.into());
                cloud.modify(|account| account.buckets.values_mut().for_each(|bucket| bucket.objects = 1));
                let before = cloud.calls().len();
                let identity = cloud.identity().await.unwrap();
                let chains =
                    engine::teardown::managed_chains(cloud, &identity, &Region::new("eu-west-1"), setup, with_logs)
                        .await;
                let plan = teardown(&chains, with_logs);
                let report = engine::run(cloud, &plan, None, &|_| {}).await;
                assert!(plan.blocked.is_empty() && report.succeeded(), "{:?} {report:?}", plan.blocked);
                operations.extend(cloud.calls().into_iter().skip(before));
            });
        }
        // Only the calls of the teardown count.
        let pieces =
            ["GetAlarmMuteRule", "GetRolePolicy", "ListAccountAliases", "GetBucketPolicy", "GetBucketVersioning"];
        let more_pieces = ["GetPublicAccessBlock", "GetBucketOwnershipControls", "GetBucketTagging"];
        let calls = operations.iter().map(String::as_str).chain(pieces).chain(more_pieces);
        let used: Permissions = calls.flat_map(|call| permissions("", call)).map(str::to_owned).collect();
        let (own, all) =
            (granted(UseCase::Teardown { with_logs }), granted_with_names(UseCase::Teardown { with_logs }));
        assert!(!own.contains("cloudtrail:RemoveTags") && own.is_subset(&all));
        assert_same(&used, &all);
    }
}
