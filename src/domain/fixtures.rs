//! A completely set up account, for tests to modify.

use std::collections::BTreeMap;

use super::alarm::AlarmConfig;
use super::arn::Arn;
use super::event_rule::{EventRule, EventRules, RuleState, RuleTarget, TargetInput};
use super::event_scope::EventScope;
use super::observed::{
    Alarm, AlarmState, Bucket, BucketLookup, Confirmation, Found, FoundPath, LogGroup, ManagementEvents, Observed,
    Role, SessionTimes, Subscription, SubscriptionAttributes, Topic, Trail, TrailDetails, TrailStatus,
};
use super::own_rules::{OwnRule, own_rules};
use super::region::Region;
use super::retention::RetentionDays;
use super::root_rules::EmailContext;
use super::root_user::{RootCredentials, RootUser};
use super::settings::AlertSettings;
use super::{Identity, Settings, SetupOptions, policy, root_rules};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

pub(crate) fn identity() -> Identity {
    Identity { account: "123456789012".into(), arn: "arn:aws:iam::123456789012:user/alice".into(), alias: None }
}

pub(crate) fn settings(setup: &SetupOptions, observed: &Observed) -> Settings {
    Settings::resolve(&identity(), &Region::new(REGION), setup, observed)
}

fn found<T>(value: T) -> Found<T> {
    Found { value, usable: true }
}

/// The same as [`sound`], with the event rules of a first setup.
pub(crate) fn sound_with_events() -> Observed {
    let mut observed = sound();
    let home = identity().in_region(&Region::new(REGION));
    let topic = home.topic_arn("rootbell-alerts");
    let context = EmailContext { home: &home, alias: None, runbook: None };
    let role_arn = home.role_arn("rootbell-events-to-eu-west-1");
    let rule = |(own, arn): (OwnRule, Arn)| {
        let target = match root_rules::email(own, &context) {
            Some(email) => {
                RuleTarget { arn: topic.clone(), input: TargetInput::Transformer(email), ..RuleTarget::default() }
            }
            None => RuleTarget { arn: home.event_bus_arn(), role_arn: Some(role_arn.clone()), ..RuleTarget::default() },
        };
        EventRule {
            name: arn.rule_name().unwrap_or_default().to_owned(),
            arn,
            state: RuleState::Enabled,
            pattern: Some(root_rules::pattern(own, &home, EventScope::Changes)),
            description: String::new(),
            managed_by: None,
            targets: Some(Ok(vec![RuleTarget { id: "rootbell".into(), ..target }])),
            coverage: None,
        }
        .judged(&home.in_region(&Region::new("us-east-1")))
    };
    let (at_home, at_sign_ins) = own_rules(&home).map(rule).partition(|rule| rule.arn.region() == Some(REGION));
    observed.events = EventRules {
        at_sign_ins: Some(Ok(at_sign_ins)),
        at_home: Ok(at_home),
        role: Some(Ok(Some(Role {
            name: "rootbell-events-to-eu-west-1".into(),
            arn: role_arn.clone(),
            trust: policy::forwarding_trust(),
            policy: Some(policy::forwarding_permissions(&home)),
            tags: vec![("rootbell".into(), "managed".into())],
        }))),
        ..EventRules::default()
    };
    let mut statements = policy::topic_statements(&home, &topic);
    statements.push(policy::topic_statement_for_rules(&topic));
    if let Ok(Some(found)) = &mut observed.topic {
        found.policy = Some(policy::merge(None, &statements));
    }
    observed
}

/// Everything as rootbell sets it up, with a confirmed email and the last deliveries three minutes ago.
pub(crate) fn sound() -> Observed {
    let settings = settings(&SetupOptions::default(), &Observed::nothing());
    let account_region = &settings.account_region;
    let trail = Trail {
        name: "rootbell".into(),
        arn: account_region.trail_arn("rootbell"),
        home_region: Region::new(REGION),
        multi_region: true,
        global_events: true,
        organization: false,
        log_file_validation: true,
        bucket: settings.bucket.value.clone(),
        key_prefix: None,
        log_group_arn: Some(account_region.log_group_arn(&settings.log_group.value)),
        role_arn: Some(account_region.role_arn(&settings.role.value)),
        kms_key: None,
    };
    let alarm = |alert: &AlertSettings| Alarm {
        name: alert.alarm.value.clone(),
        config: AlarmConfig {
            metric: alert.metric.clone(),
            actions: vec![settings.topic_arn()],
            ..(alert.alert.spec().config)()
        },
        state: AlarmState::Ok,
        reason: String::new(),
        since: None,
        configured: None,
        evaluation: None,
        mute_rules: Some(Ok(Vec::new())),
    };
    let bucket_policy = policy::bucket_statements(&settings.log_file_location(&Observed::nothing(), &trail.arn));
    let status = TrailStatus {
        logging: true,
        bucket_delivery: Some("2026-11-23T11:57:00Z".parse().unwrap()),
        logs_delivery: Some("2026-11-23T11:57:00Z".parse().unwrap()),
        ..TrailStatus::default()
    };
    Observed {
        root_user: Ok(RootUser {
            credentials: Ok(RootCredentials { password: Some(true), mfa: true, access_keys: 0, certificates: 0 }),
            has_virtual_mfa: Some(Ok(false)),
            centralized: None,
        }),
        trails: Ok(vec![trail.clone()]),
        trail: Some(TrailDetails { trail, status: Ok(status), events: Ok(ManagementEvents::ALL), group: None }),
        others: Vec::new(),
        bucket: Ok(BucketLookup::Owned(Bucket {
            name: settings.bucket.value.clone(),
            region: Some(Region::new(REGION)),
            policy: Some(policy::merge(None, &bucket_policy)),
            owner_enforced: true,
            public_blocked: true,
            versioned: true,
            tags: vec![("rootbell".into(), "managed".into())],
        })),
        log_group: Ok(Some(LogGroup {
            name: settings.log_group.value.clone(),
            retention_days: RetentionDays::Days(365),
            ..LogGroup::default()
        })),
        filters: Ok(vec![settings.root_use().wanted_filter()]),
        role: Ok(Some(Role {
            name: settings.role.value.clone(),
            arn: account_region.role_arn(&settings.role.value),
            trust: policy::role_trust(None),
            policy: Some(policy::role_permissions(account_region, &settings.log_group.value, false)),
            tags: vec![("rootbell".into(), "managed".into())],
        })),
        alarms: Ok(settings.alerts.values().map(alarm).collect()),
        topic: Ok(Some(Topic {
            arn: settings.topic_arn(),
            policy: Some(policy::merge(None, &policy::topic_statements(account_region, &settings.topic_arn()))),
            kms_key: None,
        })),
        subscriptions: Ok(vec![Subscription {
            endpoint: "alice@example.com".into(),
            protocol: "email".into(),
            state: Confirmation::Confirmed,
            arn: Some("arn:aws:sns:eu-west-1:123456789012:rootbell-alerts:1".into()),
            attributes: Some(Ok(SubscriptionAttributes { signed: Some(true), ..SubscriptionAttributes::default() })),
        }]),
        records: BTreeMap::new(),
        topics: Vec::new(),
        path: FoundPath {
            filter: Some(found(settings.root_use().filter.value.clone())),
            alarm: Some(found(settings.root_use().alarm.value.clone())),
            topic: Some(found(settings.topic_arn())),
        },
        filter_outputs: Vec::new(),
        log_group_keys: Vec::new(),
        indirect_alarms: None,
        elsewhere: None,
        left_out: Vec::new(),
        key: None,
        events: EventRules::default(),
        session: SessionTimes::default(),
    }
}
