//! What AWS would refuse is refused before anything is created, with what is allowed or an alternative that works.

use rootbell::cli::fix::problem_text;
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::account::{Account, LogGroup, Trail};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::{Region, Settings, SetupOptions};
use rootbell::engine::{self, ObserveScope};

use crate::properties::{cloud, in_virtual_time, region_mut, setup_options};
use crate::support::program::Program;
use crate::support::working;

/// An option, a value that AWS refuses, and words from the reason.
fn refused_values() -> Vec<(&'static str, String, &'static str)> {
    let long = |n: usize| "x".repeat(n);
    let text = str::to_owned;
    vec![
        ("--trail", text("ab"), "3 to 128 characters"),
        ("--trail", long(129), "3 to 128 characters"),
        ("--trail", text("a b"), "cannot have spaces"),
        ("--trail", text(".ab"), "start and end with a letter or a digit"),
        ("--trail", text("a._b"), "two of . _ - in a row"),
        ("--trail", text("192.168.5.4"), "cannot be an IP address"),
        ("--bucket", text("ab"), "3 to 63 characters"),
        ("--bucket", text("Abc"), "lowercase letters"),
        ("--bucket", text("a..b"), "two periods in a row"),
        ("--bucket", text("xn--abc"), "AWS reserves"),
        ("--log-group", text("aws/cloudtrail"), "cannot start with aws/"),
        ("--log-group", long(513), "1 to 512 characters"),
        ("--log-group", text("a:b"), "letters, digits and"),
        ("--role", long(65), "1 to 64 characters"),
        ("--role", text("a/b"), "letters, digits and"),
        ("--topic", text("alerts.fifo"), "choose a name without .fifo"),
        ("--topic", long(257), "1 to 256 characters"),
        ("--topic", text("a.b"), "letters, digits, underscore, dash"),
        ("--filter", long(513), "1 to 512 characters"),
        ("--filter", text("a:b"), "cannot have : or *"),
        ("--alarm", long(256), "1 to 255 characters"),
        ("--pattern", format!("{{ $.a = \"{}\" }}", long(1020)), "1024"),
        ("--retention-days", text("42"), "30 or 60"),
        ("--kms-key", text("alias/mine"), "Enter the key's ARN"),
    ]
}

#[test]
fn a_value_that_aws_refuses_is_refused_before_any_request() {
    for (option, value, reason) in refused_values() {
        for command in [&["plan"][..], &["apply", "--yes"]] {
            let program = Program::new(command).args(["--demo", "--email", "a@example.com", option]).arg(&value);
            program.output().exits(2).stderr_contains(reason).with_empty_stdout();
        }
    }
}

async fn plan_for(cloud: &DemoCloud, setup: &SetupOptions) -> (Settings, Plan) {
    let (identity, region) = (cloud.identity().await.unwrap(), Region::new("eu-west-1"));
    let observed =
        engine::observe(cloud, &identity, &region, setup, ObserveScope::Plan, crate::properties::now()).await;
    let settings = Settings::resolve(&identity, &region, setup, &observed);
    let plan = plan(&settings, &observed);
    (settings, plan)
}

fn reasons(plan: &Plan) -> Vec<String> {
    plan.blocked.iter().map(|(_, problem)| problem_text(problem)).collect()
}

/// Somebody else's trail whose log group has this class.
fn account_with_class(class: &str) -> Account {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/setups/infrequent-access-log-group.toml");
    let text = std::fs::read_to_string(file).unwrap();
    // The role may write to every log group.
    let mut account = Account::read(&text.replace("log-group:main:log-stream", "log-group:*:log-stream")).unwrap();
    region_mut(&mut account).log_groups.get_mut("main").unwrap().config.class = Some(class.into());
    account
}

#[test]
fn for_a_log_group_without_filters_of_an_unmanaged_trail_the_proposed_trail_works() {
    for class in ["INFREQUENT_ACCESS", "DELIVERY"] {
        in_virtual_time(async {
            let cloud = cloud(account_with_class(class));
            let (_, blocked) = plan_for(&cloud, &setup_options()).await;
            let [reason] = reasons(&blocked).try_into().unwrap();
            assert!(reason.contains(&format!("is of the class {class}")), "{reason}");
            assert!(reason.contains("a new one costs 2 USD") && reason.contains("(--trail rootbell)"), "{reason}");
            let (_, new) = plan_for(&cloud, &SetupOptions { trail: Some("rootbell".into()), ..setup_options() }).await;
            assert_eq!(reasons(&new), Vec::<String>::new());
            assert!(engine::run(&cloud, &new, None, &|_| {}).await.succeeded());
        });
    }
}

#[test]
fn a_trail_with_a_log_group_that_can_have_filters_is_preferred() {
    for first in [true, false] {
        let mut account = account_with_class("INFREQUENT_ACCESS");
        let region = region_mut(&mut account);
        let main = region.trails["main"].clone();
        // Trails are listed by name.
        let name = if first { "a-standard" } else { "z-standard" };
        let mut standard = Trail { ..main.clone() };
        standard.config.log_group_arn =
            main.config.log_group_arn.as_ref().map(|arn| arn.replace(":main:", ":other:").into());
        region.trails.insert(name.into(), standard);
        region.log_groups.insert(
            "other".into(),
            LogGroup { config: region.log_groups["main"].config.clone(), ..LogGroup::default() },
        );
        region.log_groups.get_mut("other").unwrap().config.class = None;
        in_virtual_time(async {
            let (settings, plan) = plan_for(&cloud(account), &setup_options()).await;
            assert_eq!(settings.trail.value, name);
            assert_eq!(reasons(&plan), Vec::<String>::new());
        });
    }
}

#[test]
fn destroy_says_who_can_lift_a_denial_and_what_turns_off_a_protection() {
    for (fault, words) in [
        ("DeleteLogGroup = \"deletion_protected\"", "aws logs put-log-group-deletion-protection"),
        ("DeleteRole = \"deny_by_boundary\"", "Whoever manages this identity's permissions boundary"),
        ("DeleteTopic = \"deny_by_organization\"", "An administrator of the organization"),
    ] {
        let program = working::demo(&format!("[faults]\n{fault}\n")).args(["destroy", "--yes", "--with-logs"]);
        let ended = program.output().exits(1).stderr_contains(words);
        assert!(!ended.stderr.contains("Grant ") && !ended.stderr.contains("\"Effect\""), "{ended:#?}");
        assert!(ended.stdout.contains("Not completely deleted: "), "{ended:#?}");
        assert!(ended.stdout.contains("Run `rootbell destroy"), "{ended:#?}");
    }
}

#[test]
fn where_tags_are_denied_the_plan_and_the_run_say_that_what_is_added_cannot_be_undone() {
    let dir = tempfile::tempdir().unwrap();
    let trail = include_str!("../setups/stopped-trail.toml");
    let demo = |operation: &str| {
        let path = dir.path().join(format!("{operation}.toml"));
        std::fs::write(&path, format!("{trail}\n[faults]\n{operation} = \"deny\"\n")).unwrap();
        format!("--demo={}", path.display())
    };
    let said = "can't be undone later";
    let unreadable = demo("ListTags");
    for args in [&["plan", &unreadable][..], &["plan", "--format", "json", &unreadable]] {
        let output = Program::new(args).output().exits(3);
        assert!(output.stdout.contains(said), "{}", output.stdout);
    }
    // The record is written first, but everything works without it.
    Program::new(&["apply", "--yes", &demo("AddTags")]).output().exits(1).stderr_contains(said);
}

#[test]
fn an_organization_that_denies_event_rules_keeps_nothing_else_from_being_set_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("account.toml");
    let faults = [("PutRule".to_owned(), InjectedFault::DenyByOrganization)].into();
    std::fs::write(&file, toml::to_string(&Account { faults, ..Account::default() }).unwrap()).unwrap();
    let demo = format!("--demo={}", file.display());
    let ended = Program::new(&["apply", "--yes", "--email", "a@example.com", &demo]).output().exits(0);
    assert!(ended.stdout.starts_with("Set up without event rules: "), "{ended:#?}");
    assert!(ended.stdout.contains("Event rules are not possible here: PutRule (events)"), "{ended:#?}");
    assert!(ended.stdout.contains("service control policy"), "{ended:#?}");
    // A denial of anything else fails.
    let faults = [("PutMetricAlarm".to_owned(), InjectedFault::DenyByOrganization)].into();
    std::fs::write(&file, toml::to_string(&Account { faults, ..Account::default() }).unwrap()).unwrap();
    Program::new(&["apply", "--yes", "--email", "a@example.com", &demo]).output().exits(1);
}
