//! Injected faults, latency, and calls that are dropped.

use crate::domain::role_purpose::RolePurpose;
use futures::future::join_all;

use super::*;

#[test]
fn each_fault_gives_the_expected_error_kind() {
    run(async {
        for (fault, expected) in [
            (InjectedFault::Deny, ErrorKind::AccessDenied),
            (InjectedFault::Throttle, ErrorKind::Throttled),
            (InjectedFault::Timeout, ErrorKind::Timeout),
            (InjectedFault::Offline, ErrorKind::Offline),
            (InjectedFault::Expired(1), ErrorKind::ExpiredCredentials),
            (InjectedFault::Error500, ErrorKind::Other),
            (InjectedFault::Refused, ErrorKind::Offline),
            (InjectedFault::Tls, ErrorKind::Offline),
            (InjectedFault::Malformed, ErrorKind::NotAws),
        ] {
            let (cloud, _) = demo(Account::default());
            cloud.inject_fault("GetRole", fault);
            for _ in 0..2 {
                let error = cloud.role("r", RolePurpose::Delivery).await.unwrap_err();
                assert_eq!((error.kind, error.iam_action), (expected, "iam:GetRole"));
            }
            cloud.clear_fault("GetRole");
            cloud.role("r", RolePurpose::Delivery).await.unwrap();
        }
    });
}

#[test]
fn throttle_once_fails_only_the_first_call_and_credentials_can_expire_midway() {
    run(async {
        let (cloud, _) = demo(Account::default());
        cloud.inject_fault("CreateRole", InjectedFault::ThrottleOnce);
        assert_eq!(kind(cloud.apply(&home(), &change("role.create")).await), ErrorKind::Throttled);
        cloud.apply(&home(), &change("role.create")).await.unwrap();
        cloud.inject_fault("*", InjectedFault::Expired(3));
        cloud.identity().await.unwrap();
        cloud.trails(&home()).await.unwrap();
        assert_eq!(kind(cloud.identity().await), ErrorKind::ExpiredCredentials);
        assert_eq!(
            cloud.calls(),
            ["CreateRole", "CreateRole", "GetCallerIdentity", "DescribeTrails", "GetCallerIdentity"]
        );
    });
}

#[test]
fn a_hanging_call_that_is_dropped_no_longer_counts_as_in_flight() {
    run(async {
        let (cloud, _) = demo(Account::default());
        cloud.inject_fault("GetRole", InjectedFault::Hang);
        let result = tokio::time::timeout(Duration::from_millis(5), cloud.role("r", RolePurpose::Delivery)).await;
        assert!(result.is_err());
        cloud.trails(&home()).await.unwrap();
        assert_eq!(cloud.max_in_flight(), 1);
        join_all([cloud.trails(&home()), cloud.trails(&home()), cloud.trails(&home())]).await;
        assert_eq!(cloud.max_in_flight(), 3);
    });
}

#[test]
fn a_call_takes_as_long_as_its_latency_and_changes_nothing_if_dropped_before() {
    run(async {
        let with_latency = |latency_ms| {
            let timing = account::Timing { latency_ms, ..Default::default() };
            demo(Account { timing, ..Account::default() }).0
        };
        let create = change("role.create");
        let slow = with_latency(3_600_000);
        assert!(tokio::time::timeout(Duration::from_millis(5), slow.apply(&home(), &create)).await.is_err());
        assert_eq!(slow.snapshot(), Account { timing: slow.snapshot().timing, ..Account::default() });
        let quick = with_latency(1);
        quick.apply(&home(), &create).await.unwrap();
        assert_eq!(quick.snapshot().roles.len(), 1);
    });
}
