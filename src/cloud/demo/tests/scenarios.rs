//! The built-in scenarios, users' own files, and the connector.

use super::*;
use crate::cloud::{Connector, Target};
use crate::domain::Region;

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
            assert_eq!(identity.email(), Some(EMAIL));
            let trails = cloud.trails().await.unwrap();
            let subscriptions = cloud.subscriptions(&topic_arn()).await.unwrap();
            let alarm = cloud.alarm("rootbell-root-use").await.unwrap();
            match *name {
                "fresh" | "denied" => assert!(trails.is_empty() && alarm.is_none()),
                "half-done" => {
                    assert!(trails.is_empty() && alarm.is_none());
                    assert_eq!(subscriptions[0].state, Confirmation::Pending);
                    assert!(cloud.log_group("rootbell/cloudtrail").await.unwrap().is_some());
                }
                "organization" => {
                    assert!(trails[0].organization && trails[0].home_region == "us-east-1");
                    assert!(trails[0].log_group_arn.as_ref().is_some_and(|arn| arn.belongs_to("210987654321")));
                    assert!(cloud.trail_status(&trails[0].arn).await.unwrap().logs_delivery.is_some());
                }
                "drifted" => {
                    assert!(!cloud.trail_status(&trails[0].arn).await.unwrap().logging);
                    assert!(alarm.is_some_and(|alarm| alarm.config.threshold > 99.0 && alarm.state == AlarmState::Ok));
                    let policy = cloud.topic(&topic_arn()).await.unwrap().and_then(|topic| topic.policy);
                    let alarm = Account::default().in_region(&Region::new("eu-west-1")).alarm_arn("rootbell-root-use");
                    let access = crate::domain::policy::topic_access(policy.as_ref(), &topic_arn(), &alarm);
                    assert_eq!(access, crate::domain::policy::TopicAccess::NoAlarms);
                    assert!(cloud.metric_filters("rootbell/cloudtrail").await.unwrap()[0].pattern.contains("IAMUser"));
                }
                _ => {
                    assert_eq!(alarm.unwrap().state, AlarmState::Alarm);
                    assert_eq!(subscriptions[0].state, Confirmation::Confirmed);
                    assert!(cloud.trail_status(&trails[0].arn).await.unwrap().logs_delivery.is_some());
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
        assert_eq!(connector.profiles().await, ["default", "prod"]);
        let target = |profile: &str, region: &str| Target {
            profile: Some(profile.into()),
            region: Some(region.into()),
            endpoint_url: None,
        };
        let session = connector.connect(&target("prod", "us-east-1")).await.unwrap();
        assert_eq!((session.region.as_str(), session.profile.as_deref()), ("us-east-1", Some("prod")));
        connector.cloud().inject_fault("*", InjectedFault::Expired(1));
        assert!(session.cloud.trails().await.unwrap_err().fix().contains("--profile prod"));
        assert_eq!(kind(connector.connect(&target("nobody", "us-east-1")).await), ErrorKind::NoProfile);
        assert_eq!(kind(connector.connect(&target("prod", "nowhere")).await), ErrorKind::Invalid);
        let no_region =
            DemoConnector::for_account(Account { region: String::new(), ..Account::default() }, clock().clock());
        assert_eq!(kind(no_region.connect(&Target::default()).await), ErrorKind::NoRegion);
    });
}
