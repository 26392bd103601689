//! What a plan changes only for auditors.

use super::*;
use crate::domain::fixtures::NOW;
use crate::domain::health::health;

const FIRES: &str = "{ ($.userIdentity.type = \"Root\") && ($.userIdentity.invokedBy NOT EXISTS) }";

fn for_auditors() -> SetupOptions {
    SetupOptions { audit: Some(true), ..SetupOptions::default() }
}

/// A complete setup whose filter and alarm were made by others, on a metric without default value.
fn adopted() -> Observed {
    let mut observed = sound();
    edit(&mut observed.filters, |filters| {
        let filter = &mut filters[0];
        (filter.name, filter.pattern) = ("RootUsage".into(), FIRES.into());
        (filter.metric.namespace, filter.metric.name) = ("LogMetrics".into(), "RootUsage".into());
        (filter.default, filter.unit) = (None, None);
    });
    let metric = observed.filters.as_ref().unwrap()[0].metric.clone();
    edit(&mut observed.alarms, |alarms| {
        alarms[0].name = "RootUsage".into();
        alarms[0].config.metric = metric;
    });
    let found = |name: &str| Some(crate::domain::observed::Found { value: name.to_owned(), usable: true });
    (observed.path.filter, observed.path.alarm) = (found("RootUsage"), found("RootUsage"));
    observed
}

#[test]
fn auditors_get_a_filter_of_ours_that_publishes_to_the_existing_metric() {
    let mut observed = adopted();
    let plan = plan(&settings(&for_auditors(), &observed), &observed);
    let [Change::PutMetricFilter { filter, .. }] = plan.changes().collect::<Vec<_>>()[..] else { panic!("{plan:#?}") };
    let theirs = observed.filters.as_ref().unwrap()[0].clone();
    assert_eq!((filter.name.as_str(), filter.pattern.as_str()), ("rootbell-root-use", pattern::CIS_PATTERN));
    assert_eq!((&filter.metric, filter.default, &filter.unit), (&theirs.metric, theirs.default, &theirs.unit));
    let created = filter.clone();
    edit(&mut observed.filters, |filters| filters.push(created));
    // Of two filters that count the same, ours is chosen.
    observed.path.filter = Some(crate::domain::observed::Found { value: "rootbell-root-use".into(), usable: true });
    assert_eq!(ids(&for_auditors(), &observed), Vec::<String>::new());
    assert_eq!(ids(&SetupOptions::default(), &observed), Vec::<String>::new());
    let health = health(&settings(&SetupOptions::default(), &observed), &observed, NOW.parse().unwrap());
    assert!(health.healthy() && health.audit_findings().next().is_none(), "{health:#?}");
}

#[test]
fn the_retention_of_an_existing_log_group_changes_only_on_request() {
    for name in ["rootbell/cloudtrail", "theirs"] {
        let mut observed = sound();
        edit(&mut observed.log_group, |group| {
            let group = group.as_mut().unwrap();
            (group.name, group.retention_days) = (name.into(), RetentionDays::Days(14));
        });
        if let Some(watched) = &mut observed.trail {
            let arn = settings(&SetupOptions::default(), &Observed::nothing()).account_region.log_group_arn(name);
            watched.trail.log_group_arn = Some(arn);
            observed.trails = Ok(vec![watched.trail.clone()]);
        }
        let changes_retention =
            |setup: &SetupOptions| ids(setup, &observed).contains(&"log_group.retention".to_owned());
        assert!(!changes_retention(&SetupOptions::default()), "{name}");
        assert!(changes_retention(&for_auditors()), "{name}");
        let requested = SetupOptions { retention_days: Some(RetentionDays::Days(30)), ..SetupOptions::default() };
        assert!(changes_retention(&requested), "{name}");
    }
    // Setup stopped between creating the log group and setting its retention.
    let mut observed = sound();
    edit(&mut observed.log_group, |group| group.as_mut().unwrap().retention_days = RetentionDays::Never);
    assert_eq!(ids(&SetupOptions::default(), &observed), ["log_group.retention"]);
}

#[test]
fn an_unmanaged_trail_gets_log_file_validation_only_on_request() {
    let mut observed = sound();
    if let Some(watched) = &mut observed.trail {
        (watched.trail.name, watched.trail.log_file_validation) = ("theirs".into(), false);
        watched.trail.arn = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/theirs".into();
        observed.trails = Ok(vec![watched.trail.clone()]);
    }
    let updates = |setup: &SetupOptions| ids(setup, &observed).contains(&"trail.update".to_owned());
    assert!(!updates(&SetupOptions::default()) && updates(&for_auditors()));
}
