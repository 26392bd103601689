//! The drill of the second path.

use super::*;
use crate::cloud::CloudError;

const FORWARD: &str = "rootbell-root-use-to-eu-west-1";
const SIGN_INS: &str = "rootbell-root-sign-ins";

fn with_rules(alter: impl FnOnce(&mut Account)) -> TestSetup {
    let mut account = Account::default().set_up_with_events_for(&["alice@example.com"]).unwrap();
    alter(&mut account);
    TestSetup::of(account)
}

fn on_rules(run: &TestRun) -> Vec<TestStage> {
    run.events.as_ref().unwrap().path.seen.iter().map(|seen| seen.stage).collect()
}

const ALL: [TestStage; 4] = [TestStage::Put, TestStage::Forwarded, TestStage::Triggered, TestStage::PassedOn];

#[test]
fn the_event_is_followed_from_us_east_1_over_both_rules_and_its_email_begins_with_drill() {
    run(async {
        let setup = with_rules(|_| {});
        let run = setup.drill("d").await.unwrap();
        assert!(run.passed());
        assert_eq!(on_rules(&run), ALL);
        let messages = &setup.region().topics[TOPIC].messages;
        assert_eq!(messages.len(), 1, "{messages:?}");
        let lines: Vec<&str> = messages[0].lines().collect();
        assert_eq!(lines[0], "\"DRILL, nobody used root: AWS account 123456789012, root user: ConsoleLogin\"");
        assert!(lines[1].contains("nobody signed in, this is a drill"), "{lines:#?}");
        assert!(messages[0].contains("Event: d ") && messages[0].contains("Source: rootbell.drill"), "{lines:#?}");
    });
}

#[test]
fn with_us_east_1_as_home_nothing_is_forwarded() {
    run(async {
        let account = Account { region: "us-east-1".into(), ..Account::default() };
        let account = account.set_up_with_events_for(&["alice@example.com"]).unwrap();
        let home = account.identity().in_region(&crate::domain::Region::new("us-east-1"));
        let cloud = DemoCloud::new(account, Arc::new(|| Timestamp::UNIX_EPOCH));
        let drill = EventDrill::of(&home, &existing_rules(&cloud, &home).await, "d").unwrap();
        assert_eq!((drill.forward, drill.bus), (None, home.event_bus_arn()));
        assert_eq!(cloud.calls(), ["ListRules"]);
    });
}

#[test]
fn without_all_of_the_rules_no_event_is_put() {
    for (region, rule) in [("us-east-1", FORWARD), ("eu-west-1", SIGN_INS)] {
        run(async {
            let setup = with_rules(|account| {
                account.regions.get_mut(region).unwrap().event_rules.remove(rule);
            });
            assert_eq!(setup.drill("d").await.unwrap().events, None);
            assert!(!setup.writes().contains(&"PutEvents".to_owned()));
        });
    }
}

#[test]
fn a_rule_that_can_not_invoke_its_target_is_named_and_the_alarms_path_passes_all_the_same() {
    let no_role: fn(&mut Account) = |account| account.roles.remove("rootbell-events-to-eu-west-1").map(drop).unwrap();
    let no_policy: fn(&mut Account) = |account| {
        let policy = &mut topic(account.regions.get_mut("eu-west-1").unwrap()).config.policy;
        let statements = policy.as_ref().unwrap().statements().iter();
        let of_alarms: Vec<_> = statements.filter(|s| s.sid() != Some("RootbellEventRules")).cloned().collect();
        *policy = Some(crate::domain::policy::PolicyDocument::new(&of_alarms));
    };
    for (alter, rule, seen) in [(no_role, FORWARD, &ALL[..1]), (no_policy, SIGN_INS, &ALL[..1])] {
        run(async {
            let mut setup = with_rules(alter);
            setup.timeout = 120;
            let run = setup.drill("d").await;
            let run = run.unwrap_or_else(|error| panic!("{rule}: {error:?}"));
            assert!(run.dispatched() && run.is_complete() && !run.passed());
            assert_eq!(run.events_error(), Some(&TestError::NotPassedOn { rule: rule.into() }));
            assert_eq!(on_rules(&run)[..1], *seen);
        });
    }
}

#[test]
fn a_disabled_rule_times_out_at_its_stage_and_the_advice_is_to_look_at_the_inbox() {
    run(async {
        let setup = with_rules(|account| {
            let rules = &mut account.regions.get_mut("eu-west-1").unwrap().event_rules;
            rules.get_mut(SIGN_INS).unwrap().state = crate::domain::event_rule::RuleState::Disabled;
        });
        let run = setup.drill("d").await.unwrap();
        let error = run.events_error().unwrap();
        assert!(matches!(error, TestError::TimedOut { stage: TestStage::Triggered, .. }), "{error:?}");
        assert!(error.fix().content().contains("whether the email arrived"), "{error:?}");
        assert_eq!(on_rules(&run), ALL[..2]);
    });
}

#[test]
fn an_event_of_somebody_else_before_the_drill_does_not_count() {
    run(async {
        let setup = with_rules(|account| {
            let at = -40;
            for (region, rule) in [("us-east-1", FORWARD), ("eu-west-1", SIGN_INS)] {
                let run = account::RuleRun { at, rule: rule.into(), invoked: 1, failed: 0 };
                account.regions.get_mut(region).unwrap().rule_runs.push(run);
            }
        });
        let run = setup.drill("d").await.unwrap();
        let passed_on = run.events.unwrap().path.seen[3].after.as_secs();
        assert!(passed_on >= 20, "{passed_on}");
    });
}

#[test]
fn a_denied_event_bus_fails_only_the_second_path() {
    run(async {
        let setup = with_rules(|_| {});
        setup.cloud.inject_fault("PutEvents", InjectedFault::Deny);
        let run = setup.drill("d").await.unwrap();
        assert!(run.dispatched());
        let Some(TestError::Call(CloudError { operation, .. })) = run.events_error() else { panic!("{run:?}") };
        assert_eq!(*operation, "PutEvents");
    });
}
