//! Accounts with a working setup in which one thing is broken: which check reports it, in which words, with which exit
//! status, and what `apply` does about it.

use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cli::fix::{fix_text, problem_text};
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::DemoCloud;
use rootbell::cloud::demo::account::{
    Account, Alarm, Bucket, CompositeAlarm, KmsKey, LogAlarm, LogGroup, MuteRule, Region, Role, Topic, Trail,
};
use rootbell::domain::alarm::{AlarmState, EvaluationState, WarmUp};
use rootbell::domain::health::{Counts, health};
use rootbell::domain::mute_rule::{MuteSchedule, MuteStatus};
use rootbell::domain::observed::{Confirmation, MetricFilter, Subscription, SubscriptionAttributes};
use rootbell::domain::pattern::CIS_PATTERN;
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::policy::{LogFileLocation, PolicyDocument, bucket_statements, merge};
use rootbell::domain::root_user::RootMfa;
use rootbell::domain::{self, Health, Settings, SetupOptions, Verdict};
use rootbell::engine::{self, ObserveScope};
use serde_json::{Value, json};

const EMAIL: &str = "alice@example.com";
const REGION: &str = "eu-west-1";

fn home() -> domain::Region {
    domain::Region::new(REGION)
}
const NOW: &str = "2026-11-23T12:00:00Z";

/// The state after `apply`.
enum AfterApply {
    /// The account is healthy.
    Fixed,
    /// The account is healthy once the link in the email has been opened.
    Confirmed,
    /// rootbell cannot fix it, and the check's fix contains these words.
    NotFixable(&'static str),
    /// Nothing can be applied, for a reason with these words.
    Blocked(&'static str),
}
use AfterApply::{Blocked, Confirmed, Fixed, NotFixable};

struct BrokenAccount {
    name: &'static str,
    damage: fn(&mut Account),
    check: &'static str,
    verdict: Verdict,
    /// Words that the check's detail contains.
    says: &'static str,
    after: AfterApply,
}

const fn case(
    name: &'static str,
    damage: fn(&mut Account),
    check: &'static str,
    verdict: Verdict,
    says: &'static str,
    after: AfterApply,
) -> BrokenAccount {
    BrokenAccount { name, damage, check, verdict, says, after }
}

use Verdict::{Missing, Pending, Unknown, Wrong};

/// Every way of breaking a setup that the checks have to detect.
const CASES: [BrokenAccount; 71] = [
    case(
        "root user without MFA",
        |a| a.root_user.mfa = RootMfa::None,
        "root.mfa",
        Missing,
        "its password is enough to take over the account",
        NotFixable("Sign in as the root user"),
    ),
    case(
        "root user with access keys",
        |a| a.root_user.access_keys = 1,
        "root.access_keys",
        Wrong,
        "The root user has access keys",
        NotFixable("deactivate its access keys"),
    ),
    case("no filter", |a| group(a).clear(), "filter.pattern", Missing, "No filter on", Fixed),
    case(
        "invokedBy clause missing",
        |a| filter(a).pattern = CIS_PATTERN.replace("$.userIdentity.invokedBy NOT EXISTS && ", ""),
        "filter.cis_pattern",
        Wrong,
        "services do on root's behalf",
        Fixed,
    ),
    case(
        "IAMUser for Root",
        |a| filter(a).pattern = CIS_PATTERN.replace("Root", "IAMUser"),
        "filter.pattern",
        Wrong,
        "IAMUser instead of Root",
        Fixed,
    ),
    case(
        "|| for &&",
        |a| filter(a).pattern = CIS_PATTERN.replace("&&", "||"),
        "filter.pattern",
        Wrong,
        "nearly every event",
        Fixed,
    ),
    case(
        "unquoted pattern",
        |a| filter(a).pattern = CIS_PATTERN.replace('"', ""),
        "filter.cis_pattern",
        Wrong,
        "counts root use, but not with the exact CIS pattern",
        Fixed,
    ),
    case(
        "reordered pattern",
        |a| {
            filter(a).pattern = "{ $.eventType != \"AwsServiceEvent\" && $.userIdentity.type = \"Root\" && \
                                 $.userIdentity.invokedBy NOT EXISTS }"
                .into();
        },
        "filter.cis_pattern",
        Wrong,
        "counts root use, but not with the exact CIS pattern",
        Fixed,
    ),
    case(
        "filter with dimensions",
        |a| drop(filter(a).dimensions.insert("Account".into(), "$.recipientAccountId".into())),
        "filter.pattern",
        Wrong,
        "splits the metric by Account",
        Fixed,
    ),
    case(
        "filter for another account's events",
        |a| filter(a).field_selection_criteria = Some(r#"@aws.account = "111122223333""#.into()),
        "filter.pattern",
        Wrong,
        "leaves out this account's events",
        Fixed,
    ),
    case(
        "filter on transformed events",
        |a| filter(a).apply_on_transformed_logs = true,
        "filter.pattern",
        Unknown,
        "transformed events, whose fields may differ",
        Fixed,
    ),
    case(
        "alarm with another unit than the filter's",
        |a| alarm(a).config.unit = Some("Percent".into()),
        "alarm.exists",
        Wrong,
        "unit Percent, but the filter's have Count",
        Fixed,
    ),
    case(
        "alarm with dimensions",
        |a| drop(alarm(a).config.dimensions.insert("Account".into(), "123456789012".into())),
        "alarm.exists",
        Wrong,
        "with Account=123456789012, which the filter doesn't publish",
        Fixed,
    ),
    case(
        "alarm that can't be evaluated",
        |a| {
            alarm(a).evaluation_state = Some(EvaluationState::Error);
            alarm(a).reason = "The metric has too many parts".into();
        },
        "alarm.exists",
        Wrong,
        "CloudWatch can't evaluate it: The metric has too many parts",
        Fixed,
    ),
    case(
        "alarm that warms up",
        |a| {
            alarm(a).config.warm_up = Some(WarmUp { minutes: 10, whole: true });
            (alarm(a).state, alarm(a).configured) = (AlarmState::InsufficientData, Some(-60));
        },
        "alarm.exists",
        Pending,
        "warming up: it notifies nobody for another",
        NotFixable("by itself"),
    ),
    case(
        "filter that publishes nothing",
        |a| log_group(a).silent_filters = ["rootbell-root-use".to_owned()].into(),
        "filter.publishes",
        Wrong,
        "published nothing in the last 24 hours, although 4140 events arrived",
        NotFixable("A drill"),
    ),
    case(
        "composite alarm instead of an action",
        |a| {
            alarm(a).config.actions.clear();
            let (rule, actions) = ("ALARM(\"rootbell-root-use\")".into(), vec![TOPIC.into()]);
            let composite = CompositeAlarm { rule, actions, ..CompositeAlarm::default() };
            region_mut(a).composite_alarms.insert("security".into(), composite);
        },
        "alarm.actions",
        Unknown,
        "The composite alarm `security` above it notifies arn:aws:sns:eu-west-1:123456789012:rootbell-alerts",
        Fixed,
    ),
    case(
        "alarm on metric math",
        |a| {
            let metrics = vec![filter(a).metric.clone()];
            let mut on_expression = Alarm { expression: Some("FILL(m1, 0)".into()), metrics, ..Alarm::default() };
            on_expression.config.actions = vec![TOPIC.into()];
            region_mut(a).alarms = [("rate".to_owned(), on_expression)].into();
        },
        "alarm.exists",
        Unknown,
        "`rate` watches an expression over the filter's metric and notifies arn:aws:sns:",
        Fixed,
    ),
    case(
        "log alarm",
        |a| {
            region_mut(a).alarms.clear();
            let (query, log_groups) = ("filter userIdentity.type = 'Root'".into(), vec!["rootbell/cloudtrail".into()]);
            let on_logs = LogAlarm { query, log_groups, actions: vec![TOPIC.into()], ..LogAlarm::default() };
            region_mut(a).log_alarms.insert("root-queries".into(), on_logs);
        },
        "alarm.exists",
        Unknown,
        "The log alarm `root-queries` queries the log group and notifies arn:aws:sns:",
        Fixed,
    ),
    case(
        "log group with a disabled key",
        |a| encrypt_log_group(a, &LOGS, true),
        "trail.delivers",
        Wrong,
        "which is disabled: no event can be stored",
        NotFixable("aws kms enable-key"),
    ),
    case(
        "log group with a key that does not exist",
        |a| log_group(a).config.kms_key = Some(KEY.into()),
        "trail.delivers",
        Wrong,
        "which does not exist: no event can be stored",
        NotFixable("disassociate-kms-key"),
    ),
    case(
        "log group with a key for other services",
        |a| encrypt_log_group(a, &["cloudwatch.amazonaws.com"], false),
        "trail.delivers",
        Wrong,
        "which logs.eu-west-1.amazonaws.com cannot use: no event can be stored",
        NotFixable("Add to the policy"),
    ),
    case("no alarm", |a| region_mut(a).alarms.clear(), "alarm.exists", Missing, "There is no alarm", Fixed),
    case(
        "alarm on another metric name",
        |a| alarm(a).config.metric.name = "Else".into(),
        "alarm.exists",
        Wrong,
        "watches rootbell/Else",
        Fixed,
    ),
    case(
        "alarm on another namespace",
        |a| alarm(a).config.metric.namespace = "Else".into(),
        "alarm.exists",
        Wrong,
        "watches Else/RootUse",
        Fixed,
    ),
    case(
        "no action",
        |a| alarm(a).config.actions.clear(),
        "alarm.actions",
        Wrong,
        "no action, so no alert is sent",
        Fixed,
    ),
    case(
        "actions disabled",
        |a| alarm(a).config.actions_enabled = false,
        "alarm.actions",
        Wrong,
        "are disabled",
        Fixed,
    ),
    case(
        "action = missing topic",
        |a| alarm(a).config.actions = vec!["arn:aws:sns:eu-west-1:123456789012:gone".into()],
        "alarm.actions",
        Wrong,
        "which does not exist",
        Fixed,
    ),
    case("threshold 100", |a| alarm(a).config.threshold = 100.0, "alarm.exists", Wrong, "first use", Fixed),
    case(
        "LessThan",
        |a| alarm(a).config.comparison = "LessThanThreshold".into(),
        "alarm.exists",
        Wrong,
        "a count < 1",
        Fixed,
    ),
    case(
        "GreaterThan 1",
        |a| alarm(a).config.comparison = "GreaterThanThreshold".into(),
        "alarm.exists",
        Wrong,
        "a count > 1",
        Fixed,
    ),
    case("Average", |a| alarm(a).config.statistic = "Average".into(), "alarm.exists", Wrong, "instead of Sum", Fixed),
    case(
        "missing data breaching",
        |a| alarm(a).config.missing_data = "breaching".into(),
        "alarm.exists",
        Unknown,
        "goes to ALARM while no events arrive",
        Fixed,
    ),
    case(
        "missing data ignored",
        |a| {
            filter(a).default = None;
            alarm(a).config.missing_data = "ignore".into();
            alarm(a).state = AlarmState::Alarm;
        },
        "alarm.exists",
        Wrong,
        "never returns to OK",
        Fixed,
    ),
    case(
        "no subscription",
        |a| topic(a).subscriptions.clear(),
        "subscription.confirmed",
        Missing,
        "There is no subscription",
        Confirmed,
    ),
    case(
        "pending subscription",
        |a| topic(a).subscriptions[0].config.state = Confirmation::Pending,
        "subscription.confirmed",
        Pending,
        "No alert reaches anyone until",
        NotFixable("Open the link"),
    ),
    case(
        "subscription confirmed by opening the link",
        |a| topic(a).subscriptions[0].attributes.signed = Some(false),
        "subscription.signed",
        Missing,
        "alice@example.com was confirmed by opening the link.",
        NotFixable("Subscribe another address first"),
    ),
    case(
        "deleted subscription",
        |a| topic(a).subscriptions[0].config.state = Confirmation::Deleted,
        "subscription.confirmed",
        Missing,
        "There is no subscription",
        Confirmed,
    ),
    case(
        "single-region trail",
        |a| trail(a).config.multi_region = false,
        "trail.multi_region",
        Wrong,
        "covers eu-west-1 only",
        Fixed,
    ),
    case("stopped trail", |a| trail(a).logging = false, "trail.logging", Wrong, "is stopped", Fixed),
    case(
        "trail without log group",
        |a| (trail(a).config.log_group_arn, trail(a).config.role_arn) = (None, None),
        "trail.delivers",
        Wrong,
        "delivers to no log group",
        Fixed,
    ),
    case("log group deleted", |a| region_mut(a).log_groups.clear(), "log_group.exists", Missing, "no log group", Fixed),
    case(
        "log group deleted, as the trail sees it",
        |a| region_mut(a).log_groups.clear(),
        "trail.delivers",
        Wrong,
        "which does not exist",
        Fixed,
    ),
    case(
        "log group for infrequent access",
        |a| {
            group(a).clear();
            log_group(a).config.class = Some("INFREQUENT_ACCESS".into());
        },
        "log_group.exists",
        Wrong,
        "class INFREQUENT_ACCESS, which has no metric filters",
        Blocked("Use another log group, to which the trail then delivers instead (--log-group rootbell/cloudtrail)."),
    ),
    case(
        "log group for delivery",
        |a| {
            group(a).clear();
            log_group(a).config.class = Some("DELIVERY".into());
        },
        "log_group.exists",
        Wrong,
        "class DELIVERY, which has no metric filters",
        Blocked("Use another log group, to which the trail then delivers instead (--log-group rootbell/cloudtrail)."),
    ),
    case(
        "management events excluded",
        |a| (trail(a).events.read, trail(a).events.write) = (false, false),
        "trail.management_events",
        Wrong,
        "does not record management events",
        Fixed,
    ),
    case("write-only", |a| trail(a).events.read = false, "trail.all_regions", Wrong, "doesn't record reads", Fixed),
    case(
        "delivery error",
        |a| trail(a).logs_error = Some("KMSKeyDisabled".into()),
        "trail.delivers",
        Wrong,
        "could not deliver: KMSKeyDisabled",
        NotFixable("Check the role and its policy"),
    ),
    case(
        "delivery stale",
        |a| trail(a).delivered = Some(-3 * 86_400),
        "trail.delivers",
        Wrong,
        "The last delivery was 3 d ago",
        NotFixable("trail's status in CloudTrail"),
    ),
    case(
        "filter on another log group",
        |a| {
            let filters = std::mem::take(group(a));
            region_mut(a).log_groups.entry("elsewhere".into()).or_default().filters = filters;
        },
        "filter.pattern",
        Missing,
        "No filter on `rootbell/cloudtrail`",
        Fixed,
    ),
    case(
        "no file validation",
        |a| trail(a).config.log_file_validation = false,
        "trail.validation",
        Wrong,
        "has log file validation off",
        Fixed,
    ),
    case(
        "bucket without policy",
        |a| bucket(a).config.policy = None,
        "bucket.private",
        Wrong,
        "no policy that allows CloudTrail",
        Fixed,
    ),
    case(
        "bucket open by its policy",
        |a| {
            let open = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
            let policy = merge(bucket(a).config.policy.as_ref(), &[open.into()]);
            bucket(a).config.policy = Some(policy);
        },
        "bucket.private",
        Wrong,
        "allows everyone",
        Fixed,
    ),
    case(
        "bucket not closed to the public",
        |a| bucket(a).config.public_blocked = false,
        "bucket.private",
        Wrong,
        "does not block public access",
        Fixed,
    ),
    case(
        "bucket with the policy of another trail",
        |a| {
            let account_region = a.in_region(&home());
            let name = a.buckets.keys().next().unwrap().clone();
            bucket(a).config.policy = Some(merge(
                None,
                &bucket_statements(&LogFileLocation::new(&account_region, &name, &account_region.trail_arn("other"))),
            ));
        },
        "bucket.private",
        Wrong,
        "not the one for this trail",
        Fixed,
    ),
    case("role without policy", |a| role(a).config.policy = None, "trail.delivers", Wrong, "can't write to", Fixed),
    case(
        "role too wide",
        |a| {
            let wide = json!({ "Sid": "Wide", "Effect": "Allow", "Action": "*", "Resource": "*" });
            let policy = merge(role(a).config.policy.as_ref(), &[wide.into()]);
            role(a).config.policy = Some(policy);
        },
        "role.scope",
        Wrong,
        "allows more than delivering",
        Fixed,
    ),
    case(
        "role trusts another service",
        |a| role(a).config.trust = trust("lambda.amazonaws.com"),
        "trail.delivers",
        Wrong,
        "CloudTrail can't assume",
        Fixed,
    ),
    case(
        "topic open to all",
        |a| {
            let open = json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*" });
            let policy = merge(topic(a).config.policy.as_ref(), &[open.into()]);
            topic(a).config.policy = Some(policy);
        },
        "topic.public",
        Wrong,
        "Anyone can publish",
        Fixed,
    ),
    case(
        "topic policy without CloudWatch",
        |a| topic(a).config.policy = Some(json!({ "Statement": [] }).into()),
        "topic.policy",
        Wrong,
        "CloudWatch can't publish",
        Fixed,
    ),
    case(
        "topic policy for another account's alarms",
        |a| {
            let theirs = json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
                "Action": "sns:Publish", "Resource": "*",
                "Condition": { "StringEquals": { "aws:SourceAccount": "210987654321" } } });
            topic(a).config.policy = Some(json!({ "Statement": [theirs] }).into());
        },
        "topic.policy",
        Wrong,
        "CloudWatch can't publish",
        Fixed,
    ),
    case(
        "topic of another account instead of ours",
        |a| {
            let theirs = "arn:aws:sns:eu-west-1:210987654321:security";
            alarm(a).config.actions = vec![theirs.into()];
            a.foreign_topics.push(theirs.into());
            region_mut(a).topics.clear();
        },
        "alarm.actions",
        Unknown,
        "notifies arn:aws:sns:eu-west-1:210987654321:security, which can't be checked from here",
        Confirmed,
    ),
    case(
        "alarm muted every Monday by a recurring rule",
        |a| {
            let alarms = vec!["rootbell-root-use".to_owned()];
            let (expression, duration) = ("cron(0 6 * * MON)".into(), "PT12H".into());
            let schedule = Some(MuteSchedule { expression, duration, timezone: Some("Europe/Berlin".into()) });
            let rule = MuteRule { alarms, status: MuteStatus::Active, recurring: true, schedule, expires: None };
            region_mut(a).mute_rules.insert("mondays".into(), rule);
        },
        "alarm.actions",
        Wrong,
        "Europe/Berlin) mutes `rootbell-root-use`",
        NotFixable("delete-alarm-mute-rule --alarm-mute-rule-name mondays"),
    ),
    case(
        "alarm muted by a rule",
        |a| {
            let (alarms, status) = (vec!["rootbell-root-use".into()], MuteStatus::Active);
            let rule = MuteRule { alarms, status, expires: Some(86_400), ..MuteRule::default() };
            region_mut(a).mute_rules.insert("holiday".into(), rule);
        },
        "alarm.actions",
        Wrong,
        "The mute rule `holiday` (until ",
        NotFixable("delete-alarm-mute-rule --alarm-mute-rule-name holiday"),
    ),
    case(
        "subscription with a filter policy",
        |a| topic(a).subscriptions[0].attributes.filter_policy = Some(r#"{ "severity": ["high"] }"#.into()),
        "subscription.confirmed",
        Wrong,
        "filter policy of alice@example.com drops",
        NotFixable("--attribute-name FilterPolicy --attribute-value '{}'"),
    ),
    case(
        "subscription with a filter policy that can't be evaluated",
        |a| {
            topic(a).subscriptions[0].attributes = SubscriptionAttributes {
                filter_policy: Some(r#"{ "Region": ["EU (Ireland)"] }"#.into()),
                filter_policy_scope: Some("MessageBody".into()),
                signed: None,
            };
        },
        "subscription.confirmed",
        Unknown,
        "filter policy that rootbell can't evaluate",
        NotFixable("rootbell test"),
    ),
    case(
        "queue instead of a person",
        |a| {
            let config = Subscription {
                endpoint: "arn:aws:sqs:eu-west-1:123456789012:alerts".into(),
                protocol: "sqs".into(),
                state: Confirmation::Confirmed,
                ..Subscription::default()
            };
            topic(a).subscriptions = vec![config.into()];
        },
        "subscription.confirmed",
        Unknown,
        "arn:aws:sqs:eu-west-1:123456789012:alerts, which can't be checked from here",
        Confirmed,
    ),
    case(
        "queue next to a pending email",
        |a| {
            topic(a).subscriptions[0].config.state = Confirmation::Pending;
            let config = Subscription {
                endpoint: "arn:aws:sqs:eu-west-1:123456789012:alerts".into(),
                protocol: "sqs".into(),
                state: Confirmation::Confirmed,
                ..Subscription::default()
            };
            topic(a).subscriptions.push(config.into());
        },
        "subscription.confirmed",
        Pending,
        "until alice@example.com confirms",
        Confirmed,
    ),
    case(
        "topic with alias/aws/sns",
        |a| topic(a).config.kms_key = Some("alias/aws/sns".into()),
        "topic.encryption",
        Wrong,
        "no alert would arrive",
        Fixed,
    ),
    case(
        "alarm in another region",
        |a| {
            let alarms = std::mem::take(&mut region_mut(a).alarms);
            a.regions.entry("us-east-1".into()).or_default().alarms = alarms;
        },
        "alarm.exists",
        Missing,
        "an alarm in another Region can't watch this metric",
        Fixed,
    ),
    case(
        "topic in another region",
        |a| {
            let topics = std::mem::take(&mut region_mut(a).topics);
            a.regions.entry("us-east-1".into()).or_default().topics = topics;
            alarm(a).config.actions = vec!["arn:aws:sns:us-east-1:123456789012:rootbell-alerts".into()];
        },
        "alarm.actions",
        Wrong,
        "can only notify topics in its own Region",
        Confirmed,
    ),
];

fn region_mut(account: &mut Account) -> &mut Region {
    account.regions.get_mut(REGION).unwrap()
}

fn trail(account: &mut Account) -> &mut Trail {
    region_mut(account).trails.get_mut("rootbell").unwrap()
}

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/logs";
const LOGS: [&str; 1] = ["logs.eu-west-1.amazonaws.com"];

fn log_group(account: &mut Account) -> &mut LogGroup {
    region_mut(account).log_groups.get_mut("rootbell/cloudtrail").unwrap()
}

/// Encrypts the log group with a key that these services may use.
fn encrypt_log_group(account: &mut Account, services: &[&str], disabled: bool) {
    let policy = json!({ "Statement": [
        { "Effect": "Allow", "Principal": { "Service": services }, "Action": "kms:*", "Resource": "*" }
    ] });
    account.keys.insert(KEY.into(), KmsKey { disabled, policy: policy.into(), ..KmsKey::default() });
    log_group(account).config.kms_key = Some(KEY.into());
}

fn group(account: &mut Account) -> &mut std::collections::BTreeMap<String, MetricFilter> {
    &mut log_group(account).filters
}

fn filter(account: &mut Account) -> &mut MetricFilter {
    group(account).values_mut().next().unwrap()
}

fn alarm(account: &mut Account) -> &mut Alarm {
    region_mut(account).alarms.values_mut().next().unwrap()
}

fn topic(account: &mut Account) -> &mut Topic {
    region_mut(account).topics.values_mut().next().unwrap()
}

fn bucket(account: &mut Account) -> &mut Bucket {
    account.buckets.values_mut().next().unwrap()
}

fn role(account: &mut Account) -> &mut Role {
    account.roles.values_mut().next().unwrap()
}

fn trust(service: &str) -> PolicyDocument {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Theirs", "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }
    ] })
    .into()
}

/// A setup with the default names and a confirmed email address.
fn working_account() -> Account {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    let subscription = &mut topic(&mut account).subscriptions[0];
    subscription.config.state = Confirmation::Confirmed;
    subscription.attributes.signed = Some(true);
    account
}

async fn observe_and_plan(cloud: &DemoCloud) -> (Health, Plan) {
    let identity = cloud.identity().await.unwrap();
    let setup = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let observed =
        engine::observe(cloud, &identity, &home(), &setup, ObserveScope::Everything, crate::properties::now()).await;
    let settings = Settings::resolve(&identity, &home(), &setup, &observed);
    (health(&settings, &observed, NOW.parse().unwrap()), plan(&settings, &observed))
}

fn in_virtual_time<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn a_working_account_is_healthy_and_read_in_three_round_trips() {
    let mut account = working_account();
    account.timing.latency_ms = 100;
    in_virtual_time(async {
        let cloud = DemoCloud::new(account, Arc::new(|| NOW.parse::<Timestamp>().unwrap()));
        let began = tokio::time::Instant::now();
        let (health, plan) = observe_and_plan(&cloud).await;
        assert!(health.healthy() && plan.is_empty(), "{health:#?} {plan:#?}");
        assert!(began.elapsed().as_millis() <= 300, "{:?}", began.elapsed());
        let calls = cloud.calls();
        let unique: std::collections::BTreeSet<&String> = calls.iter().collect();
        // The event rules of two Regions, and two roles.
        assert_eq!(unique.len(), calls.len() - 2, "no call is repeated: {calls:?}");
    });
}

#[test]
fn each_broken_account_is_reported_in_its_own_words_and_fixed_by_one_run() {
    for BrokenAccount { name, damage, check, verdict, says, after } in &CASES {
        let mut account = working_account();
        damage(&mut account);
        let cloud = DemoCloud::new(account, Arc::new(|| NOW.parse::<Timestamp>().unwrap()));
        in_virtual_time(async {
            let (health, plan) = observe_and_plan(&cloud).await;
            let check_result = health.checks.iter().find(|c| c.id.as_str() == *check).unwrap();
            assert_eq!(check_result.verdict, *verdict, "{name}: {check_result:?}");
            assert!(check_result.detail.contains(says), "{name}: {check_result:?}");
            assert!(!check_result.fix.is_nothing(), "{name}: {check_result:?}");
            let counts = check_result.id.counts();
            assert_eq!(health.healthy(), counts != Counts::Alerting, "{name}: {health:#?}");
            assert_eq!(health.audit_ok() == Some(true), counts == Counts::Advice, "{name}: {health:#?}");
            if let Blocked(reason) = after {
                let reasons: Vec<String> = plan.blocked.iter().map(|(_, blocked)| problem_text(blocked)).collect();
                assert!(reasons.iter().any(|blocked| blocked.contains(reason)), "{name}: {reasons:?}");
                return;
            }
            assert!(plan.blocked.is_empty(), "{name}: {:?}", plan.blocked);
            let report = engine::run(&cloud, &plan, None, &|_| {}).await;
            assert!(report.succeeded(), "{name}: {report:?}");
            if matches!(after, Confirmed) {
                cloud.confirm(&EMAIL.into());
            }
            let (health, plan) = observe_and_plan(&cloud).await;
            assert!(plan.is_empty(), "{name}: {:?}", plan.changes().collect::<Vec<_>>());
            match after {
                Fixed | Confirmed => {
                    assert!(health.healthy() && health.audit_ok() == Some(true), "{name}: {health:#?}");
                }
                NotFixable(fix) => {
                    let check_result = health.checks.iter().find(|c| c.id.as_str() == *check).unwrap();
                    assert!(fix_text(&check_result.fix).contains(fix), "{name}: {check_result:?}");
                }
                Blocked(_) => unreachable!("{name}"),
            }
        });
    }
}

#[test]
fn status_with_audit_exits_with_3_for_each_broken_account_and_says_so_in_json() {
    let dir = tempfile::tempdir().unwrap();
    for BrokenAccount { name, damage, check, verdict, says, .. } in &CASES {
        let mut account = working_account();
        damage(&mut account);
        let file = dir.path().join("broken.toml");
        std::fs::write(&file, toml::to_string(&account).unwrap()).unwrap();
        let demo = format!("--demo={}", file.display());
        let output =
            Command::new(env!("CARGO_BIN_EXE_rootbell")).args(["status", "--audit", "--json", &demo]).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let check_result = document["checks"].as_array().unwrap().iter().find(|c| c["id"] == *check).unwrap();
        let is_advice = check_result["counts"] == "advice";
        assert_eq!(output.status.code(), Some(if is_advice { 0 } else { 3 }), "{name}: {output:?}");
        let audit_ok = match verdict {
            _ if is_advice => true.into(),
            Verdict::Unknown => Value::Null,
            _ => false.into(),
        };
        assert_eq!(document["audit_ok"], audit_ok, "{name}");
        assert_eq!(check_result["verdict"], verdict.as_str(), "{name}: {check_result}");
        assert!(check_result["detail"].as_str().unwrap().contains(says), "{name}: {check_result}");
        let is_healthy = check_result["counts"] != "alerting";
        assert_eq!(document["healthy"], is_healthy, "{name}");
        assert_eq!(document["verdict"] == "ok", is_healthy, "{name}");
    }
}

#[test]
fn an_alarm_that_a_recurring_rule_mutes_now_is_reported_with_the_end_of_that() {
    let mut account = working_account();
    let (expression, duration) = ("cron(0 6 * * MON)".into(), "PT12H".into());
    let rule = MuteRule {
        alarms: vec!["rootbell-root-use".to_owned()],
        status: MuteStatus::Active,
        recurring: true,
        schedule: Some(MuteSchedule { expression, duration, timezone: None }),
        expires: None,
    };
    region_mut(&mut account).mute_rules.insert("mondays".into(), rule);
    let cloud = DemoCloud::new(account, Arc::new(|| NOW.parse::<Timestamp>().unwrap()));
    let (health, _) = in_virtual_time(observe_and_plan(&cloud));
    let detail = &health.weakest().unwrap().detail;
    assert!(detail.ends_with("mutes `rootbell-root-use` until 2026-11-23 18:00 UTC: no alert is sent."), "{detail}");
}

#[test]
fn status_exits_with_0_if_there_are_only_audit_findings() {
    let mut account = working_account();
    trail(&mut account).config.log_file_validation = false;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("finding.toml");
    std::fs::write(&file, toml::to_string(&account).unwrap()).unwrap();
    let demo = format!("--demo={}", file.display());
    let output = Command::new(env!("CARGO_BIN_EXE_rootbell")).args(["status", &demo]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("OK: root use is monitored.\n1 audit finding, listed below.\n"), "{text}");
    assert!(text.contains("required by CIS AWS Foundations 3.2 (v1.4–v5.0)"), "{text}");
}

#[test]
fn no_two_problems_share_a_message() {
    let mut messages: Vec<(&str, &str)> = CASES.iter().map(|c| (c.check, c.says)).collect();
    let all = messages.len();
    messages.sort_unstable();
    messages.dedup();
    // Three pairs share a message because they share a fix: unquoted and reordered patterns, no subscription and a deleted
    // one, a policy without CloudWatch and one for another account's alarms.
    assert_eq!(all - messages.len(), 3);
}
