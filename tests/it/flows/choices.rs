//! What the user can choose on a step, how unmanaged resources are shown, and what keeps a step from being applied.

use insta::assert_snapshot;
use rootbell::app::Overlay;
use rootbell::cloud::demo::account::{KmsKey, Trail};
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::Region;
use rootbell::domain::observed;
use rootbell::domain::settings::SettingId;
use rootbell::ui::Theme;
use serde_json::{Value, json};

use crate::support::keys::statements_for_key;
use crate::support::tester::{Tester, scenario};

const REGION: &str = "eu-west-1";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn trail() -> Trail {
    Trail {
        config: observed::Trail {
            multi_region: true,
            log_file_validation: true,
            bucket: "audit".into(),
            ..observed::Trail::default()
        },
        logging: true,
        ..Trail::default()
    }
}

fn with_trails(trails: &[(&str, Trail)]) -> Account {
    let mut account = scenario("fresh");
    let region = account.regions.entry(REGION.into()).or_default();
    region.trails.extend(trails.iter().map(|(name, trail)| ((*name).to_owned(), trail.clone())));
    account
}

/// The statements that the key policy needs for a first setup.
fn statements() -> Vec<Value> {
    let account_region = Account::default().in_region(&Region::new(REGION));
    statements_for_key(&account_region, KEY)
}

fn with_key(statements: &[Value]) -> Account {
    let mut account = scenario("fresh");
    account.keys.insert(KEY.into(), KmsKey { policy: json!({ "Statement": statements }).into(), ..KmsKey::default() });
    account
}

fn trails(tester: &Tester) -> Vec<(String, Option<String>)> {
    tester.on_account(|cloud| {
        let region = cloud.snapshot().regions[REGION].clone();
        region.trails.into_iter().map(|(name, trail)| (name, trail.config.log_group_arn.map(String::from))).collect()
    })
}

fn focus_on(tester: &mut Tester, field: SettingId) {
    for _ in 0..12 {
        if tester.model.account().form.focus() == Some(field) {
            return;
        }
        tester.press("tab");
    }
    panic!("{field:?} is not on the screen:\n{}", tester.screen());
}

fn last_line(tester: &Tester) -> String {
    tester.screen().lines().last().unwrap().to_owned()
}

#[test]
fn another_trail_can_be_picked_and_the_plan_follows() {
    let mut narrow = trail();
    narrow.config.multi_region = false;
    for (width, height) in [(60, 20), (80, 24)] {
        let account = with_trails(&[("audit", trail()), ("narrow", narrow.clone())]);
        let mut tester = Tester::on(account, width, height);
        tester.press("enter").sees("[audit").press("f4");
        tester
            .sees("> audit")
            .sees("attach")
            .sees("repair")
            .sees("it covers eu-west-1 only")
            .sees("create")
            .sees("2 USD");
        assert_snapshot!(format!("trails-{width}x{height}"), tester.screen());
        tester.press("down enter").settle().sees("[narrow").sees("set by you").sees("~ trail");
        tester.press("enter").settle().does_not_see("failed");
        let all = trails(&tester);
        assert_eq!(all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["audit", "narrow"]);
        assert_eq!(all[0].1, None, "the other trail does not change");
        assert!(all[1].1.as_deref().is_some_and(|arn| arn.contains("rootbell/cloudtrail")), "{all:?}");
    }
}

#[test]
fn a_new_trail_can_be_picked_although_an_existing_one_would_do() {
    let mut tester = Tester::on(with_trails(&[("audit", trail())]), 80, 24);
    tester.press("enter f4").write("rootb").press("enter").settle().sees("[rootbell").sees("+ trail");
    tester.press("f5").settle().sees("[audit");
}

#[test]
fn an_organization_trail_is_listed_with_the_reason_it_cannot_be_used() {
    let mut tester = Tester::on(scenario("organization"), 80, 24);
    tester.press("enter f4").sees("org-trail  unavailable").sees("only that account").sees("can change it");
    assert_snapshot!("trails-organization-80x24", tester.screen());
    tester.write("org").press("enter").sees("`org-trail` cannot be used");
    assert!(matches!(tester.model.overlay, Some(Overlay::Picker(_))), "another one can be picked");
    tester.press("esc").sees("[rootbell");
}

#[test]
fn without_another_trail_the_picker_is_not_offered() {
    let mut tester = Tester::on(Account::default(), 120, 40);
    tester.press("enter").does_not_see("F4").press("f4").sees("no other trail");
    assert!(tester.model.overlay.is_none());
}

#[test]
fn unmanaged_resources_are_marked_in_the_plan_before_and_during_changes() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut tester = Tester::on(with_trails(&[("audit", trail())]), width, height);
        tester.press("enter").settle();
        assert_snapshot!(format!("unmanaged-{width}x{height}"), tester.screen());
        tester.sees("unmanaged ~ trail");
        assert_eq!(tester.style_of("unmanaged ~").fg, Theme::dark().warn.fg);
        let screen = tester.screen();
        let is_marked =
            |line: &str| ["unmanaged +", "unmanaged ~", "unmanaged ="].iter().any(|mark| line.contains(mark));
        let marked = screen.lines().filter(|line| is_marked(line)).count();
        assert_eq!(marked, 1, "new resources are not marked:\n{screen}");
    }
    let mut tester = Tester::on(with_trails(&[("audit", trail())]), 120, 40);
    tester.press("enter").settle().press("enter").settle().sees("unmanaged: ");
}

#[test]
fn a_customer_managed_key_can_be_typed_checked_and_used() {
    let mut tester = Tester::on(with_key(&statements()), 80, 24);
    tester.press("enter f3").sees("KMS key").sees("encryption unchanged");
    focus_on(&mut tester, SettingId::KmsKey);
    tester.write("alias/mine").sees("an alias is not accepted").sees("Fix the marked field");
    tester.fill(KEY).settle().sees("set by you").sees("Enter apply 12").does_not_see("Correct");
    tester.press("enter").settle().does_not_see("failed");
    let key = tester.on_account(|c| c.snapshot().regions[REGION].trails["rootbell"].config.kms_key.clone());
    assert_eq!(key.as_deref(), Some(KEY));
    let mut tester = Tester::on(with_key(&statements()), 80, 24);
    tester.press("enter f3");
    focus_on(&mut tester, SettingId::KmsKey);
    tester.write(KEY).settle().press("f5").settle().does_not_see("your key").sees("encryption unchanged");
}

#[test]
fn an_insufficient_key_policy_is_reported_once_and_reread_with_enter() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(with_key(&[]), width, height);
        tester.press("enter f3");
        focus_on(&mut tester, SettingId::KmsKey);
        tester.write(KEY).settle().sees("does not allow every AWS service");
        assert!(last_line(&tester).contains("Enter check again"), "{}", tester.screen());
        tester.press("enter").settle();
        assert_eq!(tester.screen().matches("does not allow every AWS service").count(), 1, "{}", tester.screen());
        tester.on_account(|cloud| {
            cloud.modify(|a| a.keys.get_mut(KEY).unwrap().policy = json!({ "Statement": statements() }).into());
        });
        tester.press("enter").settle().does_not_see("does not allow every AWS service");
        assert!(last_line(&tester).contains("Enter apply"), "{}", tester.screen());
    }
}

#[test]
fn the_role_can_be_restricted_to_its_trail() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.press("enter f3");
    focus_on(&mut tester, SettingId::RestrictRole);
    tester.sees("[no").sees("any trail of this account").write("x").sees("[no");
    tester.write(" ").sees("[yes").sees("only this trail").write("n").sees("[no").write("y").sees("[yes").settle();
    tester.press("pgdn").sees("aws:SourceArn");
    tester.press("enter").settle().does_not_see("failed");
    let trust = tester.on_account(|c| c.snapshot().roles.values().next().unwrap().config.trust.to_string());
    assert!(trust.contains("trail/rootbell"), "{trust}");
}

#[test]
fn every_field_can_be_reached_at_sixty_by_twenty() {
    let mut tester = Tester::on(scenario("fresh"), 60, 20);
    tester.press("enter f3");
    assert_snapshot!("details-60x20", tester.screen());
    tester.press("tab");
    for _ in 0..7 {
        let focus = tester.model.account().form.focus();
        let label = focus.map(|id| id.spec().label).unwrap();
        assert!(tester.screen().contains(&format!(" > {label}")), "{label}:\n{}", tester.screen());
        tester.sees(" Plan");
        tester.press("tab");
    }
    focus_on(&mut tester, SettingId::KmsKey);
    tester.write("nonsense").sees(" > KMS key").sees("Enter the key's ARN").sees(" Plan");
    assert!(last_line(&tester).contains("Enter fix the error"), "{}", tester.screen());
}

#[test]
fn a_step_without_an_email_address_asks_for_one_and_does_not_offer_to_apply() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter enter").settle().press("enter").settle();
    assert!(last_line(&tester).contains("Enter enter an email address"), "{}", tester.screen());
    tester.press("enter");
    assert_eq!(tester.model.account().form.focus(), Some(SettingId::Emails));
    tester.press("backtab");
    assert!(last_line(&tester).contains("Enter enter an email address"), "{}", tester.screen());
    tester.press("enter");
    assert_eq!(tester.model.account().form.focus(), Some(SettingId::Emails));
    assert_eq!(tester.screen().matches("No one would be alerted").count(), 1, "{}", tester.screen());
    tester.write("alice@example.com").settle();
    assert!(last_line(&tester).contains("Enter apply"), "{}", tester.screen());
}

#[test]
fn a_step_that_could_not_be_read_is_reread_with_enter() {
    let mut tester = Tester::before_any_answer(scenario("fresh"), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("DescribeTrails", InjectedFault::Deny));
    tester.settle().press("enter").settle().sees("cloudtrail:DescribeTrails");
    assert!(last_line(&tester).contains("Enter check again"), "{}", tester.screen());
    tester.press("enter").settle();
    assert_eq!(tester.screen().matches("Grant ").count(), 1, "{}", tester.screen());
    tester.on_account(|cloud| cloud.clear_fault("DescribeTrails"));
    tester.press("enter").settle().sees("Enter apply 10").does_not_see("DescribeTrails");
}
