//! What the user may choose on a step, what is somebody else's, and what keeps a step from being applied.

use insta::assert_snapshot;
use rootbell::app::{FieldId, Overlay};
use rootbell::cloud::demo::account::{Key, Trail};
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::ui::Theme;
use serde_json::{Value, json};

use crate::support::keys::statements_for_key;
use crate::support::tester::{Tester, scenario};

const HERE: &str = "eu-west-1";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn trail() -> Trail {
    Trail { multi_region: true, log_file_validation: true, logging: true, bucket: "audit".into(), ..Trail::default() }
}

fn with_trails(trails: &[(&str, Trail)]) -> Account {
    let mut account = scenario("fresh");
    let region = account.regions.entry(HERE.into()).or_default();
    region.trails.extend(trails.iter().map(|(name, trail)| ((*name).to_owned(), trail.clone())));
    account
}

/// The statements that the key has to have for a first set-up.
fn statements() -> Vec<Value> {
    let account_region = Account::default().in_region(HERE);
    statements_for_key(&account_region, KEY)
}

fn with_key(statements: &[Value]) -> Account {
    let mut account = scenario("fresh");
    account.keys.insert(KEY.into(), Key { policy: json!({ "Statement": statements }), ..Key::default() });
    account
}

fn trails(tester: &Tester) -> Vec<(String, Option<String>)> {
    tester.on_account(|cloud| {
        let region = cloud.snapshot().regions[HERE].clone();
        region.trails.into_iter().map(|(name, trail)| (name, trail.log_group_arn)).collect()
    })
}

fn focus_on(tester: &mut Tester, field: FieldId) {
    for _ in 0..12 {
        if tester.model.form.focus() == Some(field) {
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
fn of_two_trails_the_other_one_can_be_picked_and_the_plan_follows() {
    let narrow = Trail { multi_region: false, ..trail() };
    for (width, height) in [(60, 20), (80, 24)] {
        let account = with_trails(&[("audit", trail()), ("narrow", narrow.clone())]);
        let mut tester = Tester::on(account, width, height);
        tester.press("enter").sees("[audit").press("f4");
        tester.sees("> audit").sees("attach").sees("mend").sees("it sees eu-west-1 only").sees("create").sees("2 USD");
        assert_snapshot!(format!("trails-{width}x{height}"), tester.screen());
        tester.press("down enter").settle().sees("[narrow").sees("yours").sees("~ trail");
        tester.press("enter").settle().does_not_see("failed");
        let all = trails(&tester);
        assert_eq!(all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["audit", "narrow"]);
        assert_eq!(all[0].1, None, "the one that was not picked stays as it is");
        assert!(all[1].1.as_deref().is_some_and(|arn| arn.contains("rootbell/cloudtrail")), "{all:?}");
    }
}

#[test]
fn a_trail_of_ones_own_can_be_picked_beside_one_that_would_do() {
    let mut tester = Tester::on(with_trails(&[("audit", trail())]), 80, 24);
    tester.press("enter f4").write("rootb").press("enter").settle().sees("[rootbell").sees("+ trail");
    tester.press("f5").settle().sees("[audit");
}

#[test]
fn an_organizations_trail_is_shown_with_why_it_cannot_be_used() {
    let mut tester = Tester::on(scenario("organization"), 80, 24);
    tester.press("enter f4").sees("org-trail  out of reach").sees("which").sees("alone can alter it");
    assert_snapshot!("trails-organization-80x24", tester.screen());
    tester.write("org").press("enter").sees("`org-trail` cannot be used");
    assert!(matches!(tester.model.overlay, Some(Overlay::Picker(_))), "another one can be picked");
    tester.press("esc").sees("[rootbell");
}

#[test]
fn where_there_is_one_trail_only_nothing_is_offered() {
    let mut tester = Tester::on(Account::default(), 120, 40);
    tester.press("enter").does_not_see("F4").press("f4").sees("no other trail");
    assert!(tester.model.overlay.is_none());
}

#[test]
fn what_is_not_ours_is_marked_in_the_plan_before_it_is_changed_and_while() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut tester = Tester::on(with_trails(&[("audit", trail())]), width, height);
        tester.press("enter").settle();
        assert_snapshot!(format!("not-ours-{width}x{height}"), tester.screen());
        tester.sees("not ours  ~ trail");
        assert_eq!(tester.style_of("not ours").fg, Theme::dark().warn.fg);
        let screen = tester.screen();
        let marked = screen.lines().filter(|line| line.contains("not ours")).count();
        assert_eq!(marked, 1, "what is made anew is ours:\n{screen}");
    }
    let mut tester = Tester::on(with_trails(&[("audit", trail())]), 120, 40);
    tester.press("enter").settle().press("enter").settle().sees("not ours: ");
}

#[test]
fn a_key_of_ones_own_is_typed_checked_and_used() {
    let mut tester = Tester::on(with_key(&statements()), 80, 24);
    tester.press("enter f3").sees("KMS key").sees("encryption unchanged");
    focus_on(&mut tester, FieldId::KmsKey);
    tester.write("alias/mine").sees("an alias will not do").sees("Correct the marked field");
    tester.fill(KEY).settle().sees("yours").sees("Enter apply 13").does_not_see("Correct");
    tester.press("enter").settle().does_not_see("failed");
    let key = tester.on_account(|c| c.snapshot().regions[HERE].trails["rootbell"].kms_key.clone());
    assert_eq!(key.as_deref(), Some(KEY));
    let mut tester = Tester::on(with_key(&statements()), 80, 24);
    tester.press("enter f3");
    focus_on(&mut tester, FieldId::KmsKey);
    tester.write(KEY).settle().press("f5").settle().does_not_see("your key").sees("encryption unchanged");
}

#[test]
fn a_key_that_does_not_serve_all_is_told_once_and_looked_at_again_with_enter() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(with_key(&[]), width, height);
        tester.press("enter f3");
        focus_on(&mut tester, FieldId::KmsKey);
        tester.write(KEY).settle().sees("does not serve all");
        assert!(last_line(&tester).contains("Enter look again"), "{}", tester.screen());
        tester.press("enter").settle();
        assert_eq!(tester.screen().matches("does not serve all").count(), 1, "{}", tester.screen());
        tester.on_account(|cloud| {
            cloud.meddle(|a| a.keys.get_mut(KEY).unwrap().policy = json!({ "Statement": statements() }));
        });
        tester.press("enter").settle().does_not_see("does not serve all");
        assert!(last_line(&tester).contains("Enter apply"), "{}", tester.screen());
    }
}

#[test]
fn the_role_is_tied_to_its_trail_by_a_choice() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.press("enter f3");
    focus_on(&mut tester, FieldId::TieRole);
    tester.sees("[no").sees("any trail of this account").write("x").sees("[no");
    tester.write(" ").sees("[yes").sees("only this trail").write("n").sees("[no").write("y").sees("[yes").settle();
    tester.press("pgdn").sees("aws:SourceArn");
    tester.press("enter").settle().does_not_see("failed");
    let trust = tester.on_account(|c| c.snapshot().roles.values().next().unwrap().trust.to_string());
    assert!(trust.contains("trail/rootbell"), "{trust}");
}

#[test]
fn every_field_can_be_reached_at_sixty_by_twenty() {
    let mut tester = Tester::on(scenario("fresh"), 60, 20);
    tester.press("enter f3");
    assert_snapshot!("details-60x20", tester.screen());
    tester.press("tab");
    for _ in 0..7 {
        let focus = tester.model.form.focus();
        let label = focus.map(FieldId::label).unwrap();
        assert!(tester.screen().contains(&format!(" > {label}")), "{label}:\n{}", tester.screen());
        tester.sees(" Plan");
        tester.press("tab");
    }
    focus_on(&mut tester, FieldId::KmsKey);
    tester.write("nonsense").sees(" > KMS key").sees("named by its ARN").sees(" Plan");
    assert!(last_line(&tester).contains("Enter to the fault"), "{}", tester.screen());
}

#[test]
fn a_step_that_lacks_an_address_asks_for_it_and_promises_nothing() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter enter").settle().press("enter").settle();
    assert!(last_line(&tester).contains("Enter e-mail first"), "{}", tester.screen());
    tester.press("enter");
    assert_eq!(tester.model.form.focus(), Some(FieldId::Emails));
    tester.press("backtab");
    assert!(last_line(&tester).contains("Enter e-mail first"), "{}", tester.screen());
    tester.press("enter");
    assert_eq!(tester.model.form.focus(), Some(FieldId::Emails));
    assert_eq!(tester.screen().matches("Nobody would be told").count(), 1, "{}", tester.screen());
    tester.write("alice@example.com").settle();
    assert!(last_line(&tester).contains("Enter apply"), "{}", tester.screen());
}

#[test]
fn a_step_that_could_not_be_read_is_looked_at_again_with_enter() {
    let mut tester = Tester::before_any_answer(scenario("fresh"), 80, 24);
    tester.on_account(|cloud| cloud.fault("DescribeTrails", InjectedFault::Deny));
    tester.settle().press("enter").settle().sees("cloudtrail:DescribeTrails");
    assert!(last_line(&tester).contains("Enter look again"), "{}", tester.screen());
    tester.press("enter").settle();
    assert_eq!(tester.screen().matches("Grant ").count(), 1, "{}", tester.screen());
    tester.on_account(|cloud| cloud.mend("DescribeTrails"));
    tester.press("enter").settle().sees("Enter apply 11").does_not_see("DescribeTrails");
}
