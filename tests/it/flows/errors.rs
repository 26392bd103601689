//! What the wizard says and does when something fails, and other behavior of its keys and fields.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::keymap::{Code, Key};
use rootbell::app::{Msg, Screen, SessionMsg, Ticket};
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::{Observed, Step};
use rootbell::ui::Theme;

use crate::support::tester::{Tester, scenario};

#[test]
fn a_denied_call_names_the_permission_and_enter_retries_it() {
    let mut tester = Tester::on(scenario("denied"), 80, 24);
    tester.press("enter enter").settle();
    assert_snapshot!("denied-80x24", tester.screen());
    tester.sees("failed").sees("iam:CreateRole").sees("try again");
    let made = |tester: &Tester| tester.on_account(|c| c.calls().iter().filter(|c| *c == "CreateBucket").count());
    assert_eq!(made(&tester), 1);
    tester.on_account(|cloud| cloud.clear_fault("CreateRole"));
    tester.press("enter").settle();
    assert_eq!(made(&tester), 1, "completed changes are not repeated");
    tester.does_not_see("failed").sees("10 of 10 done");
}

#[test]
fn what_depends_on_a_failed_call_is_skipped_and_the_rest_is_done() {
    let mut tester = Tester::on(scenario("denied"), 120, 40);
    tester.press("enter enter").settle();
    let screen = tester.screen();
    let row = |what: &str| screen.lines().find(|l| l.contains(what)).unwrap().to_owned();
    assert!(row("role policy").contains("skipped") && row("role policy").contains("needs the IAM role"));
    assert!(row("+ trail  ").contains("skipped"));
    assert!(row("bucket policy").contains("done"));
    assert!(row("log retention").contains("done"));
}

#[test]
fn an_expired_session_names_the_command_to_sign_in_again() {
    let mut tester = Tester::on(scenario("expired"), 80, 24);
    tester.sees("expired").sees("aws sso login");
}

#[test]
fn a_session_that_expires_during_a_run_loses_nothing() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("CreateTrail", InjectedFault::Expired(1)));
    tester.press("enter enter").settle();
    tester.sees("aws sso login");
    tester.on_account(|cloud| cloud.clear_fault("CreateTrail"));
    tester.press("enter").settle().sees("10 of 10 done");
}

#[test]
fn the_wait_for_a_new_role_is_shown_with_its_reason() {
    let mut account = Account::default();
    account.timing.role_ready_after = 20;
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter enter").pass(Duration::from_secs(3));
    tester.sees("retrying").sees("reason: ");
    tester.settle().sees("10 of 10 done");
}

#[test]
fn keys_work_while_every_call_hangs() {
    let mut account = Account::default();
    account.faults.insert("*".into(), InjectedFault::Hang);
    let mut tester = Tester::before_any_answer(account, 80, 24);
    tester.pass(Duration::from_secs(5)).sees("asking AWS who you are");
    tester.press("g").sees("us-east-1").write("eu-c").sees("> eu-central-1").press("esc");
    tester.press("?").sees("Keys").press("esc");
    tester.press("ctrl+c");
    assert!(tester.model.quit);
}

#[test]
fn a_denial_by_the_organization_asks_for_no_permission() {
    let mut account = Account::default();
    account.faults.insert("CreateLogGroup".into(), InjectedFault::DenyByOrganization);
    let mut tester = Tester::on(account, 120, 40);
    tester.press("enter enter").settle();
    tester.sees("a service control policy").sees("An administrator of the organization");
    tester.does_not_see("Grant ").does_not_see("\"Effect\"");
}

#[test]
fn leaving_a_running_step_asks_first_and_returning_continues_it() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("CreateTrail", InjectedFault::Hang));
    tester.press("enter enter").pass(Duration::from_secs(2)).sees("running");
    tester.press("esc").sees("Stop?").press("n").sees("running");
    tester.press("esc enter").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    tester.on_account(|cloud| cloud.clear_fault("CreateTrail"));
    tester.press("enter").sees("Enter apply 2");
    tester.press("enter").settle().sees("2 of 2 done");
}

#[test]
fn a_late_response_changes_nothing() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter");
    let before = tester.screen();
    let late = Ticket(1);
    let session = tester.model.account().session;
    tester.send(Msg::FromSession(session, SessionMsg::Observed(late, Box::new(Observed::nothing()))));
    tester.send(Msg::FromSession(session, SessionMsg::Applied(late, rootbell::engine::Report::default())));
    tester.send(Msg::FromSession(session, SessionMsg::PatternTested(late, Ok(vec![true; 6]))));
    tester.send(Msg::FromSession(session, SessionMsg::Subscriptions(late, Ok(Vec::new()))));
    let error = rootbell::cloud::CloudError::local(rootbell::cloud::ErrorKind::Other, "late");
    tester.send(Msg::FromSession(session, SessionMsg::Connected(Err(error))));
    assert_eq!(tester.screen(), before);
}

#[test]
fn the_plan_follows_the_form_and_enter_applies_exactly_what_is_shown() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter e").fill("my trail").sees("cannot have spaces");
    tester.press("enter");
    assert!(!tester.model.is_running(), "nothing is applied while a field is invalid");
    tester.fill("mine").press("enter");
    assert!(!tester.model.is_running(), "a new name is looked up first");
    tester.settle().sees("mine");
    tester.press("enter").settle();
    let trails: Vec<String> = tester.on_account(|c| c.snapshot().regions["eu-west-1"].trails.keys().cloned().collect());
    assert_eq!(trails, ["mine"]);
}

#[test]
fn going_back_keeps_the_field_values() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter").press("tab tab").fill("731").settle();
    tester.press("esc esc").press("enter").sees("[731");
}

#[test]
fn invalid_values_are_reported_next_to_the_field_while_typing() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter tab tab").fill("42").sees("30 or 60");
    tester.fill("365").does_not_see("30 or 60");
    tester.press("enter").settle().press("enter e").write("alice").sees("no @");
}

#[test]
fn curly_quotes_in_a_pasted_pattern_are_replaced_and_it_is_tried_on_the_sample_events() {
    let mut tester = Tester::on(Account::default().set_up_for(&["a@b.de"]).unwrap(), 80, 24);
    tester.press("enter").settle();
    // A pending step counts as done, so go to the filter step from the list of checks.
    tester.press("w enter enter").settle();
    assert_eq!(tester.model.screen, Screen::Step(Step::Filter));
    tester.sees("matches").sees("no match");
    tester.press("tab tab ctrl+u");
    tester.send(Msg::Paste("{ $.userIdentity.type = “IAMUser” }".into()));
    tester.sees("curly quotes were replaced").settle();
    tester.sees("NO MATCH, but should").sees("MATCHES, should not");
    tester.press("f5").settle().does_not_see("should ring");
}

#[test]
fn a_nonstandard_pattern_is_noted_in_the_plan_and_an_invalid_one_is_not_tested() {
    let mut tester = Tester::on(Account::default().set_up_for(&["a@b.de"]).unwrap(), 80, 24);
    tester.press("d w enter enter").settle();
    assert_eq!(tester.model.screen, Screen::Step(Step::Filter));
    tester.press("tab tab ctrl+u");
    tester.send(Msg::Paste("{ $.userIdentity.type = \"IAMUser\" }".into()));
    tester.settle().sees("NO MATCH, but should").sees("The pattern is not the CIS pattern");
    tester
        .press("backspace")
        .settle()
        .sees("Sample events: not tested")
        .does_not_see("NO MATCH")
        .does_not_see("matches ");
}

#[test]
fn every_screen_shows_the_account_and_how_to_quit() {
    for (width, height) in [(80, 24), (60, 20)] {
        let mut tester = Tester::on(scenario("half-done"), width, height);
        tester.sees("q quit").sees("123456789012");
        tester.press("d").pass(Duration::from_secs(2)).sees("q quit").sees("123456789012");
        tester.press("w");
        for _ in 0..3 {
            tester.sees("123456789012").press("enter").settle();
        }
        tester.sees("123456789012");
    }
}

#[test]
fn the_wizard_continues_when_the_pattern_cannot_be_tested() {
    let mut account = Account::default().set_up_for(&["a@b.de"]).unwrap();
    account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap().filters.clear();
    account.faults.insert("TestMetricFilter".into(), InjectedFault::Deny);
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter").settle().sees("could not be tested");
    tester.press("enter").settle().sees("done");
}

#[test]
fn the_profile_and_the_region_can_be_changed_without_a_restart() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("p").settle().sees("default").write("pr").sees("> prod").press("enter").settle();
    tester.sees("Profile").sees("prod");
    tester.press("g").write("us-east-2").press("enter").settle();
    tester.sees("us-east-2").sees("your choice");
    assert_eq!(tester.model.account().target.profile.as_deref(), Some("prod"));
}

#[test]
fn a_mistyped_region_is_rejected_with_a_suggestion() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("g").write("eu-wst-1").sees("did you mean").press("enter").sees("no Region");
    tester.press("esc").sees("Root-use alert");
}

#[test]
fn the_commands_of_a_plan_can_be_shown_and_copied() {
    let mut tester = Tester::on(Account::default(), 120, 40);
    tester.press("enter f2").sees("aws s3api create-bucket").press("y");
    assert!(tester.copied[0].contains("aws cloudtrail create-trail --name rootbell"));
    tester.press("esc").sees("Step 1 of 4");
}

#[test]
fn china_is_refused_and_root_is_warned() {
    let china = Account { caller: "arn:aws-cn:iam::123456789012:user/a".into(), ..Account::default() };
    let mut tester = Tester::on(Account { region: "cn-north-1".into(), ..china }, 80, 24);
    tester.sees("no root user").press("enter");
    assert_eq!(tester.model.screen, Screen::Account);
    let root = Account { caller: "arn:aws:iam::123456789012:root".into(), ..Account::default() };
    Tester::on(root, 80, 24).sees("signed in as root");
}

#[test]
fn a_taken_bucket_name_is_reported_and_can_be_replaced() {
    let account = Account { foreign_buckets: vec!["rootbell-123456789012-eu-west-1".into()], ..Account::default() };
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter").sees("is taken");
    tester.press("f3 tab tab tab").fill("rootbell-123456789012-logs").settle().does_not_see("is taken");
    tester.press("enter").settle().sees("10 of 10 done");
}

#[test]
fn no_terminal_size_panics_and_a_small_one_says_so() {
    for overlay in ["", "f1", "f2"] {
        let mut tester = Tester::on(scenario("denied"), 80, 24);
        for _ in 0..3 {
            tester.press(overlay);
            for (width, height) in [(1, 1), (2, 1), (1, 9), (20, 5), (59, 20), (60, 19), (60, 20), (200, 3), (250, 80)]
            {
                tester.resize(width, height);
            }
            tester.resize(40, 10).sees("Terminal too small");
            tester.resize(80, 24).press("esc").press("enter enter").settle();
        }
    }
}

#[test]
fn every_label_fits_at_sixty_by_twenty() {
    let mut tester = Tester::on(scenario("fresh"), 60, 20);
    tester.press("enter f3 tab");
    for label in ["Trail", "Retention", "Bucket", "Log group", "Role", "Plan", "F1 help"] {
        tester.sees(label);
    }
    tester.press("esc").press("enter").sees("? help").sees("q quit");
}

#[test]
fn without_color_every_cell_is_plain_and_the_focus_has_a_mark() {
    let mut tester = Tester::on(scenario("denied"), 80, 24);
    tester.theme = Theme::mono();
    tester.press("enter enter").settle();
    for cell in &tester.buffer().content {
        assert_eq!(cell.fg, ratatui::style::Color::Reset);
        assert_eq!(cell.bg, ratatui::style::Color::Reset);
    }
    tester.does_not_see("\n > ").press("tab").sees("\n > Trail");
}

#[test]
fn failed_and_done_rows_have_their_colors() {
    let mut tester = Tester::on(scenario("denied"), 80, 24);
    tester.press("enter enter").settle();
    assert_eq!(tester.style_of("failed").fg, Theme::dark().bad.fg);
    assert_eq!(tester.style_of("done ").fg, Theme::dark().good.fg);
}

#[test]
fn letters_including_q_are_text_in_a_field() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter e").fill("q?pgr").sees("[q?pgr");
    assert!(!tester.model.quit);
    tester.press("esc q");
    assert!(tester.model.quit);
}

#[test]
fn letters_are_commands_in_a_step_until_a_field_has_the_focus() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter").does_not_see("\n > ").sees("e edit");
    let before = tester.screen();
    for letter in ["a", "Z", "1", "ctrl+u", "backspace", "left"] {
        tester.press(letter);
        assert_eq!(tester.screen(), before, "{letter}");
    }
    tester.press("?").sees(" Keys ").press("esc v").sees("aws s3api create-bucket").press("esc");
    assert_eq!(tester.screen(), before);
    tester.press("q");
    assert!(tester.model.quit);
}

#[test]
fn esc_leaves_the_field_and_then_the_step() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter tab tab").sees("\n > Retention").sees("Esc leave field");
    tester.press("esc").does_not_see("\n > ").sees("Esc back");
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    tester
        .press("e")
        .sees("\n > Retention")
        .press("esc down")
        .sees("\n > Trail")
        .press("esc up")
        .sees("\n > Retention");
    tester.press("esc esc");
    assert_eq!(tester.model.screen, Screen::Account);
}

#[test]
fn the_cursor_is_shown_only_in_a_field() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter");
    assert_eq!(tester.cursor(), None);
    tester.press("e");
    assert!(tester.cursor().is_some());
    tester.press("esc");
    assert_eq!(tester.cursor(), None);
}

#[test]
fn enter_in_a_field_applies_the_plan_and_the_next_letters_are_commands() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter e").fill("mine").settle().press("enter tab").sees("once the calls have finished").settle();
    tester.sees("10 of 10 done").does_not_see("\n > ").press("q");
    assert!(tester.model.quit);
}

#[test]
fn q_in_a_step_asks_while_calls_run_and_then_quits() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("CreateTrail", InjectedFault::Hang));
    tester.press("enter enter").pass(Duration::from_secs(2)).press("q").sees("Quit?").press("n").sees("running");
    assert!(!tester.model.quit);
    tester.press("q y");
    assert!(tester.model.quit);
}

#[test]
fn an_address_pasted_without_focus_goes_into_the_email_field() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.press("enter");
    tester.send(Msg::Paste("a name".into()));
    tester.sees("Choose a field").does_not_see("a name");
    tester.press("enter").settle().press("enter");
    let before = tester.model.account().form.setup_options();
    tester.send(Msg::Paste("bob@example.com\n".into()));
    tester.sees("[bob@example.com ").sees("\n > Email").settle();
    assert_ne!(tester.model.account().form.setup_options(), before);
    tester.press("esc");
    tester.send(Msg::Paste("carol@example.com".into()));
    tester.sees("[bob@example.com, carol@example.com ");
}

#[test]
fn f5_without_focus_resets_every_field_of_the_step() {
    let mut tester = Tester::on(Account::default(), 120, 40);
    tester.press("enter").does_not_see("F5 reset");
    tester.press("e").fill("mine").press("tab").fill("731").settle().press("esc").sees("F5 reset");
    tester.press("f5").settle().sees("[rootbell ").does_not_see("[731");
}

#[test]
fn an_empty_pattern_names_the_key_that_resets_it() {
    let mut tester = Tester::on(Account::default().set_up_for(&["a@b.de"]).unwrap(), 80, 24);
    tester.press("d w enter enter").settle().press("tab tab ctrl+u");
    tester.sees("The pattern is empty.").sees("F5").press("f5").settle().does_not_see("is empty");
}

#[test]
fn one_key_draws_once() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    let before = tester.draws;
    tester.send(Msg::Key(Key::plain(Code::Char('g'))));
    assert_eq!(tester.draws, before + 1);
}

#[test]
fn an_idle_screen_schedules_no_tick() {
    let tester = Tester::on(Account::default(), 80, 24);
    assert_eq!(tester.model.deadline(), None);
}
