//! What AWS would refuse is not planned.

use super::*;
use crate::domain::added::TagRecord;
use crate::domain::alarm::Alarm;
use crate::domain::observed::{Subscription, Topic, Trail};

fn planned(setup: &SetupOptions, observed: &Observed) -> Plan {
    plan(&settings(setup, observed), observed)
}

fn the_only_reason(plan: &Plan) -> String {
    let [(_, problem)] = plan.blocked.as_slice() else { panic!("{:?}", plan.blocked) };
    format!("{} {}", problem.why, problem.fix.content())
}

/// The alarm named so, which notifies five functions.
fn with_five_actions(name: &str) -> Observed {
    let mut observed = sound();
    edit(&mut observed.alarms, |alarms| {
        let function = |n| format!("arn:aws:lambda:eu-west-1:123456789012:function:f{n}").into();
        alarms[0].name = name.into();
        alarms[0].config.actions = (1..=5).map(function).collect();
    });
    observed
}

fn put_alarms(plan: &Plan) -> Vec<(&str, Action, &AlarmConfig)> {
    let rows = plan.rows.iter();
    rows.filter_map(|row| match row.change.as_ref()? {
        Change::PutMetricAlarm { alarm, config, .. } => Some((alarm.as_str(), row.action, &**config)),
        _ => None,
    })
    .collect()
}

#[test]
fn next_to_an_alarm_with_five_actions_rootbells_own_is_created() {
    let mut observed = with_five_actions("paging");
    let plan = planned(&with_email("a@b.de"), &observed);
    assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
    let [(name, Action::Create, config)] = put_alarms(&plan)[..] else { panic!("{:?}", plan.rows) };
    assert_eq!(name, "rootbell-root-use");
    assert_eq!(config.actions, ["arn:aws:sns:eu-west-1:123456789012:rootbell-alerts"]);
    // Once it exists, it is the chain's alarm, and nothing is left to do.
    let own = Alarm { name: name.into(), config: config.clone(), ..observed.alarms.as_ref().unwrap()[0].clone() };
    edit(&mut observed.alarms, |alarms| alarms.push(own));
    assert!(planned(&SetupOptions::default(), &observed).is_empty());
}

#[test]
fn a_sixth_action_on_an_alarm_that_must_be_used_blocks_the_plan() {
    for (name, given, another) in
        [("paging", Some("paging"), "rootbell-root-use"), ("rootbell-root-use", None, "rootbell-root-use-2")]
    {
        let observed = with_five_actions(name);
        let setup = SetupOptions { alarm: given.map(str::to_owned), ..with_email("a@b.de") };
        let plan = planned(&setup, &observed);
        let reason = the_only_reason(&plan);
        assert!(reason.contains("5 actions") && reason.contains(another), "{reason}");
        assert_eq!(put_alarms(&plan), []);
    }
}

#[test]
fn a_fifth_action_is_added_to_an_alarm_that_the_user_named() {
    let mut observed = with_five_actions("paging");
    edit(&mut observed.alarms, |alarms| alarms[0].config.actions.truncate(4));
    let named = SetupOptions { alarm: Some("paging".into()), ..with_email("a@b.de") };
    let plan = planned(&named, &observed);
    assert!(matches!(&put_alarms(&plan)[..], [("paging", Action::Update, config)] if config.actions.len() == 5));
}

#[test]
fn an_email_subscription_to_a_fifo_topic_blocks_the_plan_and_another_topic_is_proposed() {
    let mut observed = sound();
    let fifo = "arn:aws:sns:eu-west-1:123456789012:alerts.fifo";
    let policy = observed.topic.as_ref().unwrap().as_ref().unwrap().policy.clone();
    observed.topic = Ok(Some(Topic { arn: fifo.into(), policy, ..Topic::default() }));
    edit(&mut observed.alarms, |alarms| alarms[0].config.actions = vec![fifo.into()]);
    observed.path.topic = Some(crate::domain::observed::Found { value: fifo.into(), usable: true });
    let queue = "arn:aws:sqs:eu-west-1:123456789012:q.fifo".to_owned();
    observed.subscriptions = Ok(vec![Subscription {
        endpoint: queue,
        protocol: "sqs".into(),
        state: Confirmation::Confirmed,
        ..Subscription::default()
    }]);
    let plan = planned(&with_email("a@b.de"), &observed);
    let reason = the_only_reason(&plan);
    assert!(reason.contains("`alerts.fifo` is a FIFO topic") && reason.contains("rootbell-alerts"), "{reason}");
    assert!(!plan.changes().any(|change| matches!(change, Change::Subscribe { .. })));
}

#[test]
fn a_sixth_trail_blocks_the_plan_and_the_usable_ones_are_proposed() {
    let trails = |count: usize, account: &str| {
        let trail = sound().trail.unwrap().trail;
        let named = |n| Trail {
            name: format!("t{n}"),
            arn: format!("arn:aws:cloudtrail:eu-west-1:{account}:trail/t{n}").into(),
            multi_region: false,
            log_group_arn: None,
            role_arn: None,
            ..trail.clone()
        };
        (1..=count).map(named).collect::<Vec<_>>()
    };
    let with = |trails| Observed { trails: Ok(trails), ..Observed::nothing() };
    let five = planned(&with_email("a@b.de"), &with(trails(5, "123456789012")));
    let reason = the_only_reason(&five);
    assert!(reason.contains("eu-west-1 already has 5 trails") && reason.contains("t1 t2 t3 t4 t5"), "{reason}");
    let fewer = [trails(4, "123456789012"), trails(5, "210987654321")];
    for trails in fewer {
        assert_eq!(planned(&with_email("a@b.de"), &with(trails)).blocked, []);
    }
}

#[test]
fn one_metric_filter_more_than_the_maximum_blocks_the_plan() {
    let filters = |count| {
        let filter = |n| MetricFilter { name: format!("f{n}"), pattern: "ERROR".into(), ..MetricFilter::default() };
        (0..count).map(filter).collect::<Vec<_>>()
    };
    let mut observed = Observed { filters: Ok(filters(100)), ..sound() };
    let reason = the_only_reason(&planned(&SetupOptions::default(), &observed));
    assert!(reason.contains("100 metric filters"), "{reason}");
    observed.filters = Ok(filters(99));
    assert_eq!(planned(&SetupOptions::default(), &observed).blocked, []);
}

#[test]
fn a_filter_on_a_log_group_of_a_class_without_filters_blocks_the_plan_and_another_group_is_proposed() {
    let mut observed = Observed { filters: Ok(Vec::new()), ..sound() };
    edit(&mut observed.log_group, |group| group.as_mut().unwrap().class = Some("INFREQUENT_ACCESS".into()));
    let reason = the_only_reason(&planned(&SetupOptions::default(), &observed));
    assert!(reason.contains("of the class INFREQUENT_ACCESS") && reason.contains("Use another log group"), "{reason}");
}

#[test]
fn the_deletion_of_a_protected_log_group_blocks_the_teardown_before_anything_is_deleted() {
    use crate::domain::plan::teardown::{Chain, Managed, teardown};
    let mut observed = sound();
    edit(&mut observed.log_group, |group| group.as_mut().unwrap().deletion_protection = true);
    let record = || Ok(TagRecord { managed: true, ..TagRecord::default() });
    let managed = Managed { log_group: record(), trail: record(), ..Managed::nothing() };
    let chain = [Chain { settings: settings(&SetupOptions::default(), &observed), observed, managed }];
    let reason = the_only_reason(&teardown(&chain, true));
    assert!(reason.contains("deletion protection") && reason.contains("--no-deletion-protection-enabled"), "{reason}");
    assert_eq!(teardown(&chain, false).blocked, [], "it is kept");
}
