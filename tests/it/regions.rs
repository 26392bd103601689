//! One account in several Regions: each change is made where its resource is.

use rootbell::cloud::demo::{Account, DemoCloud, ManualClock};
use rootbell::domain::plan::plan;
use rootbell::domain::{Region, Settings, SetupOptions};
use rootbell::engine::{self, ObserveScope};

#[cfg(unix)]
use crate::support::program::Program;

const BUCKET: &str = "rootbell-123456789012-eu-west-1";

/// A complete setup in eu-west-1, whose bucket is in us-west-2 and isn't versioned. The alarm is missing.
fn account() -> Account {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    let bucket = account.buckets.get_mut(BUCKET).unwrap();
    bucket.region = "us-west-2".into();
    bucket.config.versioned = false;
    account.regions.get_mut("eu-west-1").unwrap().alarms.clear();
    account
}

#[tokio::test]
async fn each_change_of_a_plan_is_made_in_the_region_of_its_row() {
    let clock = ManualClock::at("2026-11-23T12:00:00Z".parse().unwrap());
    let cloud = DemoCloud::new(account(), clock.clock());
    let (home, identity, setup) = (Region::new("eu-west-1"), account().identity(), SetupOptions::default());
    let observed =
        engine::observe(&cloud, &identity, &home, &setup, ObserveScope::Plan, crate::properties::now()).await;
    let plan = plan(&Settings::resolve(&identity, &home, &setup, &observed), &observed);
    assert!(engine::run(&cloud, &plan, None, &|_| {}).await.succeeded());
    assert_eq!(cloud.regions_of("PutBucketVersioning"), [Region::new("us-west-2")]);
    assert_eq!(cloud.regions_of("PutMetricAlarm"), std::slice::from_ref(&home));
    assert!(cloud.snapshot().buckets[BUCKET].config.versioned);
    assert!(cloud.regions_of("DescribeTrails").iter().all(|region| *region == home));
}

#[cfg(unix)]
#[test]
fn the_script_and_the_json_of_a_plan_name_the_region_of_each_change() {
    let file = format!(
        "[set_up]\nemails = ['alice@example.com']\n[buckets.{BUCKET}]\nregion = 'us-west-2'\nversioned = false\n\
         [regions.eu-west-1.log_groups.'rootbell/cloudtrail']\nretention_days = 30\n\
         [roles.rootbell-cloudtrail-to-logs-eu-west-1]\npolicy = {{ Statement = [] }}\n"
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("account.toml");
    std::fs::write(&path, file).unwrap();
    let demo = format!("--demo={}", path.display());
    let options = |format| ["plan", demo.as_str(), "--retention-days", "365", "--format", format];
    let script = Program::new(&options("aws-cli")).output().exits(3).stdout;
    for command in ["put-bucket-versioning --bucket", "put-retention-policy --log-group-name"] {
        let line = script.lines().find(|line| line.contains(command)).unwrap();
        let region = if command.contains("bucket") { "--region us-west-2 " } else { "--region eu-west-1 " };
        assert!(line.contains(region), "{line}");
    }
    let json = Program::new(&options("json")).output().exits(3).json();
    let region =
        |id: &str| json["changes"].as_array().unwrap().iter().find(|c| c["id"] == id).unwrap()["region"].clone();
    assert_eq!(region("bucket.versioning"), "us-west-2");
    assert_eq!(region("log_group.retention"), "eu-west-1");
    assert!(region("role.policy").is_null(), "IAM has no Regions");
    assert!(region("trail").is_null(), "it is kept");
}
