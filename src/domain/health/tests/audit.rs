//! What counts for the audit, and which root use is reported.

use super::*;

/// How to alter a complete setup.
type Alter = fn(&mut Observed);

#[test]
fn audit_findings_leave_a_setup_healthy() {
    let audit: [Alter; 6] = [
        |o| trail(o).trail.log_file_validation = false,
        |o| trail(o).events.as_mut().unwrap().read = false,
        |o| bucket(o).public_blocked = false,
        |o| o.role.as_mut().unwrap().as_mut().unwrap().policy = Some(everything()),
        |o| o.log_group.as_mut().unwrap().as_mut().unwrap().retention_days = RetentionDays::Days(14),
        |o| topic(o).policy = Some(open_topic()),
    ];
    for (index, break_setup) in audit.into_iter().enumerate() {
        let mut observed = sound();
        assert_eq!(health_of(&observed).audit_ok(), Some(true));
        break_setup(&mut observed);
        let health = health_of(&observed);
        let of_alarm = health.checks.iter().filter(|c| c.id.path() != AlertPath::Events);
        let wrong: Vec<_> = of_alarm.filter(|c| c.verdict != Verdict::Ok).map(|c| c.id).collect();
        assert!(health.healthy() && health.audit_ok() == Some(false) && wrong.len() == 1, "{index}: {wrong:?}");
        assert!(!wrong[0].required_by().is_empty() && !health.checks.is_empty());
    }
}

#[test]
fn auditors_do_not_accept_a_setup_that_alerts_nobody() {
    let mut observed = sound();
    alarm(&mut observed).config.actions.clear();
    let health = health_of(&observed);
    assert!(health.audit_findings().next().is_none() && health.audit_ok() == Some(false));
    assert_eq!(health.headline(), Headline::NotWorking);
}

#[test]
fn a_log_group_without_a_filter_of_the_cis_pattern_is_an_audit_finding() {
    let mut observed = sound();
    observed.filters = Ok(Vec::new());
    let health = health_of(&observed);
    let finding = check(&health, "filter.cis_pattern");
    assert_eq!(finding.verdict, Verdict::Missing);
    assert_eq!(finding.detail, "No filter on `rootbell/cloudtrail` has the CIS pattern.");
    assert!(health.audit_findings().any(|check| check.id == CheckId::FilterCisPattern));
    // What doesn't exist either is reported as missing itself.
    observed.log_group = Ok(None);
    assert_eq!(check(&health_of(&observed), "filter.cis_pattern").verdict, Verdict::Unknown);
}

#[test]
fn exactly_the_checks_that_count_for_the_audit_name_who_objects() {
    for id in CheckId::ALL {
        assert_eq!(!id.required_by().is_empty(), id.counts() == Counts::Audit, "{id}");
    }
}

#[test]
fn a_single_region_trail_sees_root_sign_ins_only_in_us_east_1() {
    let mut observed = sound();
    trail(&mut observed).trail.multi_region = false;
    trail(&mut observed).trail.home_region = Region::new("us-east-1");
    let health = health_of(&observed);
    assert_eq!(check(&health, "trail.multi_region").verdict, Verdict::Ok);
    assert_eq!(check(&health, "trail.all_regions").verdict, Verdict::Wrong);
    assert_eq!((health.reports.sign_in, health.reports.api), (Some(true), Some(false)));
    assert_eq!(health.headline(), Headline::SignInsReported);
}

#[test]
fn api_use_is_reported_only_if_the_trail_records_and_the_filter_counts_all_of_it() {
    let all = Reports { sign_in: Some(true), api: Some(true) };
    assert_eq!(health_of(&sound()).reports, all);
    let cases: [(Alter, Reports); 5] = [
        (|o| trail(o).events.as_mut().unwrap().read = false, Reports { api: Some(false), ..all }),
        (
            |o| {
                o.filters.as_mut().unwrap()[0].pattern =
                    "{ $.userIdentity.type = Root && $.eventName = ConsoleLogin }".into();
            },
            Reports { api: Some(false), ..all },
        ),
        (
            |o| {
                o.filters.as_mut().unwrap()[0].pattern =
                    "{ $.userIdentity.type = Root && $.eventName != ConsoleLogin }".into();
            },
            Reports { sign_in: Some(false), ..all },
        ),
        (|o| o.topic = Err("denied".to_owned().into()), Reports { sign_in: None, api: None }),
        (
            |o| o.subscriptions.as_mut().unwrap()[0].state = Confirmation::Pending,
            Reports { sign_in: Some(false), api: Some(false) },
        ),
    ];
    for (break_setup, reports) in cases {
        let mut observed = sound();
        break_setup(&mut observed);
        assert_eq!(health_of(&observed).reports, reports);
    }
}

fn everything() -> PolicyDocument {
    serde_json::json!({ "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        role_permissions()
    ] })
    .into()
}

fn role_permissions() -> serde_json::Value {
    let Some(role) = sound().role.unwrap() else { panic!() };
    role.policy.unwrap().as_json()["Statement"][0].clone()
}

fn open_topic() -> PolicyDocument {
    serde_json::json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "SNS:*", "Resource": "*" } })
        .into()
}
