//! Tests of what a teardown reverts on resources that rootbell did not create, as their tags record it.

use super::*;
use crate::domain::added::Additions;
use crate::domain::change::TrailUpdate;
use crate::domain::observed::ManagementEvents;
use crate::domain::region::Region;
use crate::domain::subscription::Confirmation;

/// How to alter a chain.
type Alter = fn(&mut Chain);

fn recorded(additions: &[Addition]) -> TagRecord {
    let added = additions.iter().cloned().fold(Additions::default(), |all, one| all.with(one).unwrap());
    TagRecord { managed: false, added }
}

/// A complete chain on the trail `main`, of which rootbell created nothing. The trail has its log group from somebody else.
fn unmanaged() -> Chain {
    let mut chain = created();
    chain.managed = Managed::nothing();
    let trail = &mut chain.observed.trail.as_mut().unwrap().trail;
    trail.name = "main".into();
    trail.arn = trail.arn.replace("/rootbell", "/main").into();
    chain.observed.trails = Ok(vec![trail.clone()]);
    if let Ok(Some(role)) = &mut chain.observed.role {
        role.tags.clear();
    }
    chain.settings = settings(&SetupOptions::default(), &chain.observed);
    chain
}

fn on_trail(additions: &[Addition], alter: impl FnOnce(&mut Chain)) -> Plan {
    let mut chain = unmanaged();
    chain.managed.trail = Ok(recorded(additions));
    alter(&mut chain);
    teardown(&[chain], false)
}

fn trail(chain: &mut Chain) -> &mut Trail {
    &mut chain.observed.trail.as_mut().unwrap().trail
}

/// The changes of the trail itself.
fn trail_changes(plan: &Plan) -> Vec<&Change> {
    let is_of_trail = |change: &&Change| {
        matches!(
            change,
            Change::UpdateTrail { .. }
                | Change::PutEventSelectors { .. }
                | Change::StopLogging { .. }
                | Change::DetachLogs { .. }
        )
    };
    plan.changes().filter(is_of_trail).collect()
}

/// Whether the plan removes the tag, after everything that it reverts.
fn removes_record(plan: &Plan) -> bool {
    let Some(remove) = plan.changes().find(|change| matches!(change, Change::RemoveAdded { .. })) else { return false };
    let reverts = |change: &&Change| {
        matches!(change, Change::Unsubscribe { .. } | Change::PutRetentionPolicy { .. })
            || matches!(change, Change::DeleteRetentionPolicy { .. })
    };
    let mut before = trail_changes(plan).into_iter().chain(plan.changes().filter(reverts));
    assert!(before.all(|change| remove.needs(change)), "{:?}", ids(plan));
    true
}

#[test]
fn each_addition_to_a_trail_is_reverted_unless_somebody_has_changed_it_since() {
    let name = || "main".to_owned();
    let update = |update| Change::UpdateTrail { trail: name(), update };
    let narrow = |global_events| TrailUpdate {
        multi_region: Some(false),
        global_events: Some(global_events),
        ..TrailUpdate::default()
    };
    let narrowed: Alter = |chain| trail(chain).multi_region = false;
    let cases: [(Addition, Change, Alter); 8] = [
        (Addition::Logging, Change::StopLogging { trail: name() }, |chain| {
            chain.observed.trail.as_mut().unwrap().status.as_mut().unwrap().logging = false;
        }),
        (Addition::Regions { global_events: true }, update(narrow(true)), narrowed),
        (Addition::Regions { global_events: false }, update(narrow(false)), narrowed),
        (Addition::Validation, update(TrailUpdate { validation: Some(false), ..TrailUpdate::default() }), |chain| {
            trail(chain).log_file_validation = false;
        }),
        (Addition::LogGroup(None), Change::DetachLogs { trail: name() }, |chain| {
            trail(chain).log_group_arn = Some("arn:aws:logs:eu-west-1:123456789012:log-group:other:*".into());
        }),
        (
            Addition::Events { read: false, write: true },
            Change::PutEventSelectors { trail: name(), read: false, write: true },
            |chain| chain.observed.trail.as_mut().unwrap().events.as_mut().unwrap().read = false,
        ),
        (
            Addition::Events { read: true, write: false },
            Change::PutEventSelectors { trail: name(), read: true, write: false },
            |chain| {
                let others = ManagementEvents { others: true, ..ManagementEvents::ALL };
                chain.observed.trail.as_mut().unwrap().events = Ok(others);
            },
        ),
        (
            Addition::Events { read: false, write: false },
            Change::PutEventSelectors { trail: name(), read: false, write: false },
            |chain| chain.observed.trail.as_mut().unwrap().events.as_mut().unwrap().write = false,
        ),
    ];
    for (addition, revert, changed_since) in cases {
        let plan = on_trail(std::slice::from_ref(&addition), |_| ());
        assert_eq!(trail_changes(&plan), [&revert], "{addition}");
        assert!(removes_record(&plan), "{addition}");
        let plan = on_trail(std::slice::from_ref(&addition), changed_since);
        assert_eq!(trail_changes(&plan), Vec::<&Change>::new(), "{addition}, changed since");
        assert!(removes_record(&plan), "{addition}, changed since");
    }
}

#[test]
fn a_record_that_a_second_run_extended_is_reverted_as_a_whole() {
    let additions = [
        Addition::Logging,
        Addition::Regions { global_events: true },
        Addition::Validation,
        Addition::LogGroup(None),
        Addition::Events { read: false, write: true },
    ];
    let plan = on_trail(&additions, |_| ());
    let update = TrailUpdate {
        multi_region: Some(false),
        global_events: Some(true),
        validation: Some(false),
        ..TrailUpdate::default()
    };
    let name = || "main".to_owned();
    assert_eq!(
        trail_changes(&plan),
        [
            &Change::DetachLogs { trail: name() },
            &Change::UpdateTrail { trail: name(), update },
            &Change::PutEventSelectors { trail: name(), read: false, write: true },
            &Change::StopLogging { trail: name() },
        ]
    );
    assert!(removes_record(&plan));
    assert_eq!(plan.notes, Vec::new());
}

#[test]
fn a_trail_of_another_region_is_not_reverted_here() {
    let plan = on_trail(&[Addition::Logging], |chain| trail(chain).home_region = Region::new("us-east-1"));
    assert_eq!(trail_changes(&plan), Vec::<&Change>::new());
    assert!(!removes_record(&plan));
}

#[test]
fn the_retention_of_a_log_group_is_restored_unless_somebody_has_changed_it_since() {
    let days = RetentionDays::Days;
    for (from, to, now, days_after) in [
        (days(14), days(365), days(365), Some(Some(14))),
        (RetentionDays::Never, days(365), days(365), Some(None)),
        (days(14), RetentionDays::Never, RetentionDays::Never, Some(Some(14))),
        (days(14), days(365), days(731), None),
    ] {
        let mut chain = unmanaged();
        chain.managed.log_group = Ok(recorded(&[Addition::Retention { from, to }]));
        chain.observed.log_group.as_mut().unwrap().as_mut().unwrap().retention_days = now;
        let plan = teardown(&[chain], false);
        let restored = plan.changes().find_map(|change| match change {
            Change::PutRetentionPolicy { days, .. } => Some(Some(*days)),
            Change::DeleteRetentionPolicy { .. } => Some(None),
            _ => None,
        });
        assert_eq!(restored, days_after, "{from} → {to}, now {now}");
        assert!(removes_record(&plan));
    }
}

fn on_topic(addresses: &[&str], alter: impl FnOnce(&mut Chain)) -> Plan {
    let mut chain = unmanaged();
    let additions: Vec<Addition> = addresses.iter().map(|a| Addition::Subscription((*a).into())).collect();
    chain.managed.topic = Ok(recorded(&additions));
    alter(&mut chain);
    teardown(&[chain], false)
}

fn unsubscribed(plan: &Plan) -> Vec<&str> {
    let unsubscribes = plan.changes().filter_map(|change| match change {
        Change::Unsubscribe { endpoint, .. } => Some(endpoint.as_str()),
        _ => None,
    });
    unsubscribes.collect()
}

#[test]
fn only_the_recorded_addresses_are_unsubscribed_from_an_unmanaged_topic() {
    let plan = on_topic(&["alice@example.com"], |chain| {
        let subscriptions = chain.observed.subscriptions.as_mut().unwrap();
        let mut other = subscriptions[0].clone();
        other.endpoint = "bob@example.com".into();
        other.arn = Some("arn:aws:sns:eu-west-1:123456789012:rootbell-alerts:2".into());
        subscriptions.push(other);
    });
    assert_eq!(unsubscribed(&plan), ["alice@example.com"]);
    assert!(removes_record(&plan));
}

#[test]
fn the_record_of_an_address_stays_while_it_can_still_be_confirmed() {
    let pending: Alter = |chain| {
        let subscription = &mut chain.observed.subscriptions.as_mut().unwrap()[0];
        (subscription.state, subscription.arn) = (Confirmation::Pending, None);
    };
    // It can't be deleted yet; without the record, nothing could delete it once it is confirmed.
    let plan = on_topic(&["alice@example.com"], pending);
    assert_eq!(unsubscribed(&plan), Vec::<&str>::new());
    assert!(!removes_record(&plan));
    let says_so = |(_, note): &(Step, Problem)| note.why.contains("alice@example.com") && note.why.contains("stays");
    assert!(plan.notes.iter().any(says_so), "{:?}", plan.notes);
    // Somebody else's pending address is no reason to keep it, and neither is one that AWS has removed.
    assert!(removes_record(&on_topic(&["carol@example.com"], pending)));
    assert!(removes_record(&on_topic(&["alice@example.com"], |chain| chain.observed.subscriptions = Ok(Vec::new()))));
}

#[test]
fn without_a_record_nothing_is_reverted_and_a_detached_trail_says_what_stays() {
    let chain = unmanaged();
    let plan = teardown(&[chain], false);
    assert_eq!(trail_changes(&plan), Vec::<&Change>::new());
    assert_eq!((unsubscribed(&plan), removes_record(&plan)), (Vec::new(), false));
    // The tag could not be written, but the log group shows who attached it.
    let mut chain = unmanaged();
    chain.managed.log_group = Ok(managed());
    let plan = teardown(&[chain], false);
    assert_eq!(trail_changes(&plan), [&Change::DetachLogs { trail: "main".into() }]);
    assert!(plan.notes.iter().any(|(_, note)| note.why.contains("the earlier settings were not saved")));
}

#[test]
fn a_tag_that_cannot_be_read_blocks_the_teardown_and_says_why() {
    let denied = || Problem::new("ListTags: permission denied.", Fix::advice("Ask."));
    let deny: [Alter; 4] = [
        |chain| chain.managed.trail = Err(Problem::new("ListTags: permission denied.", Fix::advice("Ask."))),
        |chain| chain.managed.log_group = Err(Problem::new("ListTags: permission denied.", Fix::advice("Ask."))),
        |chain| chain.managed.topic = Err(Problem::new("ListTags: permission denied.", Fix::advice("Ask."))),
        |chain| chain.managed.alarms = Err(Problem::new("ListTags: permission denied.", Fix::advice("Ask."))),
    ];
    for (index, deny) in deny.into_iter().enumerate() {
        let plan = on_trail(&[Addition::Logging], deny);
        assert_eq!((plan.rows.len(), plan.blocked), (0, vec![(Step::Trail, denied())]), "{index}");
    }
}

#[test]
fn a_word_of_a_later_version_stays_in_the_tag_and_the_rest_is_reverted() {
    let plan = on_trail(&[Addition::Logging, Addition::Unknown("later:thing".into())], |_| ());
    assert_eq!(trail_changes(&plan), [&Change::StopLogging { trail: "main".into() }]);
    assert!(!removes_record(&plan));
    assert!(plan.notes.iter().any(|(_, note)| note.why.contains("`later:thing`")), "{:?}", plan.notes);
}
