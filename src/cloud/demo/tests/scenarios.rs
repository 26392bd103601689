//! The built-in scenarios, users' own files, and the connector.

use super::*;
use crate::cloud::{Connector, Target};
use crate::domain::Region;
use crate::domain::profile::Profile;

#[test]
fn each_scenario_is_valid_and_contains_what_its_description_says() {
    run(async {
        for (name, _) in SCENARIOS {
            let connector = DemoConnector::new(name, clock().clock()).unwrap_or_else(|e| panic!("{name}: {e}"));
            connector.cloud().modify(|account| account.timing.latency_ms = 0);
            let session = connector.connect(&Target::default()).await.unwrap();
            assert_eq!((session.region.as_str(), session.region_from.as_str()), ("eu-west-1", "the demo account"));
            let cloud = session.cloud;
            let identity = cloud.identity().await;
            assert_eq!(identity.is_err(), *name == "expired", "{name}");
            let Ok(identity) = identity else { continue };
            assert_eq!(identity.email(), Some(EMAIL.into()));
            let trails = cloud.trails(&home()).await.unwrap();
            let subscriptions = cloud.subscriptions(&home(), &topic_arn()).await.unwrap();
            let alarm = cloud.alarm(&home(), "rootbell-root-use").await.unwrap();
            match *name {
                "fresh" | "denied" => assert!(trails.is_empty() && alarm.is_none()),
                "half-done" => {
                    assert!(trails.is_empty() && alarm.is_none());
                    assert_eq!(subscriptions[0].state, Confirmation::Pending);
                    assert!(cloud.log_group(&home(), "rootbell/cloudtrail").await.unwrap().is_some());
                }
                "organization" => {
                    assert!(trails[0].organization && trails[0].home_region == "us-east-1");
                    assert!(trails[0].log_group_arn.as_ref().is_some_and(|arn| arn.belongs_to(&"210987654321".into())));
                    assert!(cloud.trail_status(&home(), &trails[0].arn).await.unwrap().logs_delivery.is_some());
                }
                "other-region" => {
                    assert!(trails[0].multi_region && trails[0].home_region == "us-east-1" && alarm.is_none());
                    let there = cloud.alarm(&Region::new("us-east-1"), "root-use").await.unwrap();
                    assert!(there.is_some_and(|alarm| alarm.config.actions_enabled));
                }
                "drifted" => {
                    assert!(!cloud.trail_status(&home(), &trails[0].arn).await.unwrap().logging);
                    assert!(alarm.is_some_and(|alarm| alarm.config.threshold > 99.0 && alarm.state == AlarmState::Ok));
                    let policy = cloud.topic(&home(), &topic_arn()).await.unwrap().and_then(|topic| topic.policy);
                    let alarm = Account::default().in_region(&Region::new("eu-west-1")).alarm_arn("rootbell-root-use");
                    let access = crate::domain::policy::topic_access(policy.as_ref(), &topic_arn(), &alarm);
                    assert_eq!(access, crate::domain::policy::TopicAccess::NoAlarms);
                    assert!(
                        cloud.metric_filters(&home(), "rootbell/cloudtrail").await.unwrap()[0]
                            .pattern
                            .contains("IAMUser")
                    );
                }
                _ => {
                    assert_eq!(alarm.unwrap().state, AlarmState::Alarm);
                    assert_eq!(subscriptions[0].state, Confirmation::Confirmed);
                    assert!(cloud.trail_status(&home(), &trails[0].arn).await.unwrap().logs_delivery.is_some());
                }
            }
        }
    });
}

#[test]
fn the_error_lists_the_scenarios_for_an_unknown_one_and_the_mistake_for_a_bad_file() {
    let message = DemoConnector::new("nope", clock().clock()).unwrap_err();
    assert!(message.contains("`nope`") && message.contains("half-done") && message.contains("ringing"), "{message}");
    assert!(DemoConnector::new("./nope.toml", clock().clock()).unwrap_err().contains("Cannot read"));
    let message = Account::read("[regions.eu-west-1.alarms.a]\ntreshold = 3").unwrap_err();
    assert!(message.contains("treshold") && message.contains("threshold"), "{message}");
    let message = Account::read("id = ").unwrap_err();
    assert!(message.contains("line 1"), "{message}");
}

#[test]
fn an_unknown_key_in_any_table_is_named_with_its_place_and_the_known_keys() {
    let tables = [
        ("buckets.b", "versioned"),
        ("roles.r", "trust"),
        ("keys.k", "policy"),
        ("regions.eu-west-1", "trails"),
        ("regions.eu-west-1.trails.t", "log_group_arn"),
        ("regions.eu-west-1.log_groups.g", "retention_days"),
        ("regions.eu-west-1.log_groups.g.filters.f", "namespace"),
        ("regions.eu-west-1.topics.t", "kms_key"),
        ("regions.eu-west-1.alarms.a", "missing_data"),
    ];
    for set_up in ["", "[set_up]\n"] {
        for (table, known) in tables {
            let message = Account::read(&format!("{set_up}[{table}]\nnonsense = 1\n")).unwrap_err();
            assert!(message.contains("nonsense") && message.contains(known), "{table}: {message}");
        }
    }
    let subscription = "[regions.eu-west-1.topics.t]\nsubscriptions = [{ endpoint = \"a\" }, { adress = \"b\" }]\n";
    let message = Account::read(subscription).unwrap_err();
    assert!(message.contains("`adress`") && message.contains("`endpoint`") && message.contains("`t`"), "{message}");
}

/// A member account that an organization has made its delegated administrator for CloudTrail, with a trail of its own.
const SEVERAL_CHAINS: &str = r#"
foreign_buckets = ["acme-org-trail", "acme-central-logs"]
foreign_topics = ["arn:aws:sns:eu-west-1:210987654321:security"]
[roles.trail]
trust = { Statement = [{ Effect = "Allow", Principal = { Service = "cloudtrail.amazonaws.com" }, Action = "sts:AssumeRole" }] }
[roles.trail.inline_policies.deliver]
Statement = [{ Effect = "Allow", Action = "logs:*", Resource = "*" }]
[regions.eu-west-1.trails.org]
owner = "210987654321"
organization = true
multi_region = true
logging = true
bucket = "acme-org-trail"
log_group_arn = "arn:aws:logs:eu-west-1:123456789012:log-group:org:*"
role_arn = "arn:aws:iam::123456789012:role/trail"
tags = { team = "security" }
[regions.us-east-1.trails.own]
multi_region = true
logging = true
bucket = "acme-central-logs"
log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:own:*"
role_arn = "arn:aws:iam::123456789012:role/missing"
[regions.us-east-1.log_groups.own]
[regions.eu-west-1.log_groups.org]
tags = { team = "security" }
[regions.eu-west-1.log_groups.org.filters.root]
pattern = "{ $.userIdentity.type = Root }"
namespace = "LogMetrics"
metric = "RootUse"
value = "1.0"
default = 0
[regions.eu-west-1.log_groups.org.filters.keys]
pattern = "{ $.eventName = CreateAccessKey }"
namespace = "LogMetrics"
metric = "Keys"
[regions.eu-west-1.topics.chat]
subscriptions = [{ endpoint = "https://example.com/hook", protocol = "https", state = "confirmed" }]
[regions.eu-west-1.alarms.root]
namespace = "LogMetrics"
metric = "RootUse"
statistic = "p90"
actions = ["arn:aws:sns:eu-west-1:123456789012:chat", "arn:aws:sns:eu-west-1:210987654321:security"]
[regions.eu-west-1.alarms.root-too]
namespace = "LogMetrics"
metric = "RootUse"
"#;

#[test]
fn a_file_can_describe_an_account_with_several_trails_filters_alarms_and_owners() {
    run(async {
        let (cloud, _) = demo(Account::read(SEVERAL_CHAINS).unwrap());
        let region = crate::domain::Region::new("eu-west-1");
        let trails = cloud.trails(&region).await.unwrap();
        let arns: Vec<&str> = trails.iter().map(|trail| trail.arn.as_str()).collect();
        let org = "arn:aws:cloudtrail:eu-west-1:210987654321:trail/org";
        assert_eq!(arns, [org, "arn:aws:cloudtrail:us-east-1:123456789012:trail/own"]);
        let delegated = cloud.trail_status(&region, org).await.unwrap();
        assert_eq!((delegated.bucket_error, delegated.logs_error), (None, None));
        assert!(delegated.logs_delivery.is_some());
        // The bucket in another account accepts deliveries; the role for the log group does not exist.
        let own = cloud.trail_status(&region, arns[1]).await.unwrap();
        assert_eq!((own.bucket_error, own.logs_error.as_deref()), (None, Some("AccessDenied")));
        let filters = cloud.metric_filters(&region, "org").await.unwrap();
        let root = filters.iter().find(|filter| filter.name == "root").unwrap();
        assert_eq!((filters.len(), root.value.as_str(), root.default), (2, "1.0", Some(0.0)));
        let alarms = cloud.describe_alarms_for_metric(&region, &root.metric).await.unwrap();
        assert_eq!(alarms.len(), 2);
        assert_eq!(alarms[0].config.statistic.as_str(), "p90");
        let [chat, foreign] = alarms[0].config.actions.as_slice() else { panic!("{alarms:?}") };
        assert_eq!(cloud.subscriptions(&region, chat).await.unwrap()[0].protocol, "https");
        assert_eq!(kind(cloud.topic(&region, foreign).await), ErrorKind::AccessDenied);
        let group = "arn:aws:logs:eu-west-1:123456789012:log-group:org";
        let tags = [cloud.tags(&region, Tagged::Trail, org).await, cloud.tags(&region, Tagged::LogGroup, group).await];
        assert!(tags.into_iter().all(|tags| tags.unwrap() == [("team".to_owned(), "security".to_owned())]));
    });
}

#[test]
fn a_user_can_load_their_own_file() {
    run(async {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), "id = \"999999999999\"\nregion = \"ap-south-1\"\n").unwrap();
        let connector = DemoConnector::new(file.path().to_str().unwrap(), clock().clock()).unwrap();
        let session = connector.connect(&Target::default()).await.unwrap();
        assert_eq!(session.region, "ap-south-1");
        assert_eq!(session.cloud.identity().await.unwrap().account, "999999999999");
    });
}

#[test]
fn a_session_uses_the_requested_region_and_profile() {
    run(async {
        let connector = DemoConnector::for_account(Account::default(), clock().clock());
        assert_eq!(connector.profiles().await, ["default", "prod"].map(Profile::named));
        let target = |profile: &str, region: &str| Target {
            profile: Some(profile.into()),
            region: Some(Region::new(region)),
            endpoint_url: None,
        };
        let session = connector.connect(&target("prod", "us-east-1")).await.unwrap();
        assert_eq!((session.region.as_str(), session.profile.as_deref()), ("us-east-1", Some("prod")));
        connector.cloud().inject_fault("*", InjectedFault::Expired(1));
        assert!(session.cloud.trails(&home()).await.unwrap_err().fix().content().contains("--profile prod"));
        assert_eq!(kind(connector.connect(&target("nobody", "us-east-1")).await), ErrorKind::NoProfile);
        assert_eq!(kind(connector.connect(&target("prod", "nowhere")).await), ErrorKind::Invalid);
        let no_region =
            DemoConnector::for_account(Account { region: String::new(), ..Account::default() }, clock().clock());
        assert_eq!(kind(no_region.connect(&Target::default()).await), ErrorKind::NoRegion);
    });
}
