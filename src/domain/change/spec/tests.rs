use super::super::TrailUpdate;
use super::*;

fn id(kind: ResourceKind, verb: Verb, name: Option<&str>) -> String {
    ChangeId { kind, verb, name: name.map(str::to_owned) }.to_string()
}

#[test]
fn an_id_says_what_is_done_to_which_resource() {
    assert_eq!(id(Bucket, Create, None), "bucket.create");
    assert_eq!(id(RolePolicy, Set, None), "role.policy");
    assert_eq!(id(RolePolicy, Delete, Some("r")), "role.policy.delete:r");
    assert_eq!(id(Subscription, Create, Some("a@b.de")), "subscription.create:a@b.de");
    let filter = |log_group: &str| {
        let change = Change::DeleteMetricFilter { log_group: log_group.into(), filter: "f".into() };
        (change.id().to_string(), change.name().to_owned())
    };
    assert_eq!(id(RolePolicy, Verb::Keep, None), "role.policy");
    assert_eq!(filter("g"), ("filter.delete:g:f".to_owned(), "f".to_owned()));
}

#[test]
fn only_calls_to_iam_have_no_region_and_only_those_to_s3_go_to_the_buckets() {
    let scope = |change: Change| change.spec().scope;
    assert_eq!(scope(Change::DeleteRole { role: "r".into(), purpose: RolePurpose::Delivery }), Scope::Global);
    assert_eq!(scope(Change::DeleteBucket { bucket: "b".into() }), Scope::Bucket);
    assert_eq!(scope(Change::DeleteAlarm { alarm: "a".into() }), Scope::Regional);
    assert_eq!(scope(Change::StopLogging { trail: "t".into() }), Scope::Regional);
}

#[test]
fn a_change_needs_every_change_of_that_kind_and_verb_and_no_other() {
    let delete_bucket = Change::DeleteBucket { bucket: "b".into() };
    for trail in ["a", "b.c"] {
        assert!(delete_bucket.needs(&Change::DeleteTrail { trail: trail.into() }), "{trail}");
    }
    assert!(!delete_bucket.needs(&Change::StopLogging { trail: "a".into() }));
    let update_trail = Change::UpdateTrail { trail: "a".into(), update: TrailUpdate::default() };
    let put = Change::PutRolePolicy {
        role: "r".into(),
        purpose: RolePurpose::Delivery,
        policy: crate::domain::policy::PolicyDocument::default(),
    };
    assert!(
        update_trail.needs(&put)
            && !update_trail.needs(&Change::DeleteRolePolicy { role: "r".into(), purpose: RolePurpose::Delivery })
    );
}
