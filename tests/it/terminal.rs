//! The wizard in a terminal: real keys, a real screen, real signals; and the terminal is restored afterwards.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use rootbell::cloud::diagnosis::{Origins, Reached};
use rootbell::cloud::{Answer, Connector, Session, Target};
use rootbell::domain::SetupOptions;
use rootbell::domain::profile::Profile;
use rootbell::runtime::{self, Options};
use rootbell::ui::Theme;

use crate::support::EmulatedAws;
use crate::support::program::Program;
use crate::support::pty::{Pty, key};
use crate::support::read::Names;
use crate::wire::wanted;

/// Completes all four steps on the emulator, and reads the account back with the SDK.
fn the_wizard_sets_up(region: &str) {
    let aws = EmulatedAws::new(region);
    aws.proxy.set_pending(true);
    let mut wizard = aws.rootbell(&[]).pty(80, 24);
    wizard.wait_for("Root-use alert");
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 10");
    wizard.press(key::ENTER);
    wizard.wait_for("10 of 10 done");
    wizard.wait_for("Enter continue");
    wizard.press(key::ENTER);
    wizard.wait_for("Step 2 of 4");
    wizard.press("e");
    wizard.press("a@example.com, b@example.com");
    // Two subscriptions and the topic, and the event rules.
    wizard.wait_for(if region == "us-east-1" { "apply 7" } else { "apply 11" });
    wizard.press(key::ENTER);
    wizard.wait_for(if region == "us-east-1" { "7 of 7 done" } else { "11 of 11 done" });
    wizard.wait_for("waiting");
    wizard.wait_for("Enter continue");
    wizard.press(key::ENTER);
    // The emulator cannot test patterns: the wizard says so and continues.
    wizard.wait_for("could not be tested");
    wizard.press(key::ENTER);
    wizard.wait_for("1 of 1 done");
    wizard.wait_for("waiting for a@example.com and 1 more to confirm");
    wizard.wait_for("Enter continue");
    wizard.press(key::ENTER);
    wizard.wait_for("Step 4 of 4");
    wizard.press(key::ENTER);
    wizard.wait_for("1 of 1 done");
    aws.proxy.set_pending(false);
    aws.proxy.set_delivery_time(i64::MAX / 1_000_000_000);
    wizard.wait_for("2 Notify ok");
    wizard.wait_for("Enter continue");
    wizard.press(key::ENTER);
    wizard.wait_for("Sends email to a@example.com, b@example.com");
    wizard.press("q");
    wizard.wait_for("root use is monitored");
    wizard.press("c");
    wizard.wait_for("Subscription confirmed");
    wizard.press("q");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
    wizard.assert_restored();
    assert_eq!(aws.account(&Names::default_in(region)), wanted(region));
}

#[test]
fn the_wizard_sets_up_a_fresh_account_in_us_east_1() {
    the_wizard_sets_up("us-east-1");
}

#[test]
fn the_wizard_sets_up_a_fresh_account_in_eu_west_1() {
    the_wizard_sets_up("eu-west-1");
}

/// The wizard while every call hangs.
fn hanging_wizard() -> (EmulatedAws, Pty) {
    let aws = EmulatedAws::new("eu-west-1");
    aws.proxy.hang_all();
    let wizard = aws.rootbell(&[]).pty(80, 24);
    wizard.wait_for("asking AWS who you are");
    (aws, wizard)
}

#[test]
fn keys_work_while_every_call_hangs() {
    let (_world, mut wizard) = hanging_wizard();
    wizard.press("g");
    wizard.wait_for("Type to filter");
    wizard.press("eu-c");
    wizard.wait_for("> eu-central-1");
    wizard.press(key::ESC);
    wizard.wait_for("asking AWS who you are");
    wizard.press("?");
    wizard.wait_for("Quit, from any screen");
    wizard.press("q");
    wizard.wait_until_gone("Quit, from any screen");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
    wizard.assert_restored();
}

#[test]
fn ctrl_c_quits_within_a_tenth_of_a_second_while_every_call_hangs() {
    let took = || {
        let (_world, mut wizard) = hanging_wizard();
        let pressed = Instant::now();
        wizard.press(key::CTRL_C);
        assert_eq!(wizard.wait_exit().code, 1);
        let took = pressed.elapsed();
        wizard.assert_restored();
        took
    };
    // The machine may be busy with other tests a few times.
    assert!((0..20).any(|_| took() <= Duration::from_millis(100)));
}

#[test]
fn ctrl_c_quits_while_a_run_hangs() {
    let aws = EmulatedAws::new("eu-west-1");
    aws.proxy.hang("CreateTrail");
    let mut wizard = aws.rootbell(&[]).pty(80, 24);
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 10");
    wizard.press(key::ENTER);
    wizard.wait_for("8 of 10 done");
    wizard.press(key::ESC);
    wizard.wait_for("Stop?");
    wizard.press("n");
    wizard.wait_until_gone("Stop?");
    wizard.press(key::CTRL_C);
    assert_eq!(wizard.wait_exit().code, 1);
    wizard.assert_restored();
}

#[test]
fn every_terminating_signal_restores_the_terminal() {
    for signal in ["TERM", "HUP", "INT"] {
        let (_world, mut wizard) = hanging_wizard();
        wizard.signal(signal);
        assert_eq!(wizard.wait_exit().code, 1);
        wizard.assert_restored();
    }
}

#[test]
fn closing_the_terminal_ends_the_wizard() {
    let (_world, mut wizard) = hanging_wizard();
    wizard.hang_up();
    wizard.wait_exit();
}

#[test]
fn a_small_window_says_so_and_a_larger_one_continues() {
    let (_world, mut wizard) = hanging_wizard();
    wizard.resize(30, 8);
    wizard.wait_for("Terminal too small");
    wizard.resize(1, 1);
    wizard.resize(100, 30);
    wizard.wait_for("asking AWS who you are");
    wizard.press(key::CTRL_C);
    assert_eq!(wizard.wait_exit().code, 1);
}

#[test]
fn a_key_pressed_while_the_window_changes_its_size_is_not_lost() {
    let (_world, mut wizard) = hanging_wizard();
    for round in 0..40 {
        wizard.resize(90 + round, 30);
        wizard.press("?");
        wizard.wait_for("Quit, from any screen");
        wizard.resize(100 + round, 30);
        wizard.press("?");
        wizard.wait_until_gone("Quit, from any screen");
    }
    wizard.press(key::CTRL_C);
    assert_eq!(wizard.wait_exit().code, 1);
}

#[test]
fn pasted_text_goes_into_the_field_and_does_not_press_keys() {
    let aws = EmulatedAws::new("eu-west-1");
    let mut wizard = aws.rootbell(&[]).pty(80, 24);
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 10");
    wizard.press("e");
    wizard.press(key::CTRL_U);
    wizard.paste("pasted\n");
    wizard.wait_for("[pasted");
    assert!(!wizard.screen().contains("done"), "a pasted line break is not Enter");
    wizard.press(key::CTRL_C);
    wizard.wait_exit();
    wizard.assert_restored();
}

#[test]
fn no_color_sends_no_colors() {
    let aws = EmulatedAws::new("eu-west-1");
    let mut wizard = aws.rootbell(&[]).env("NO_COLOR", "1").pty(80, 24);
    wizard.wait_for("missing");
    wizard.with_screen(|screen| {
        for (row, column) in (0..24).flat_map(|r| (0..80).map(move |c| (r, c))) {
            let cell = screen.cell(row, column).unwrap();
            assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
        }
    });
    wizard.press(key::CTRL_C);
    wizard.wait_exit();
}

#[test]
fn without_credentials_the_screen_says_what_to_do() {
    let aws = EmulatedAws::new("eu-west-1");
    let mut wizard = Program::new(&["--region", "eu-west-1"]).arg("--endpoint-url").arg(aws.proxy.url()).pty(80, 24);
    wizard.wait_for("There are no credentials");
    wizard.wait_for("aws login");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
}

#[test]
fn without_a_region_the_wizard_asks_for_one_and_suggests_us_east_1() {
    let aws = EmulatedAws::new("eu-west-1");
    let mut wizard = Program::new(&["--endpoint-url"]).arg(aws.proxy.url()).signed_in().pty(80, 24);
    wizard.wait_for("> us-east-1");
    wizard.press(key::ENTER);
    wizard.wait_for("Root-use alert");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
}

struct PanickingConnector;

#[async_trait]
impl Connector for PanickingConnector {
    async fn connect(&self, _: &Target) -> Answer<Session> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        panic!("a fault on purpose");
    }

    async fn profiles(&self) -> Vec<Profile> {
        Vec::new()
    }

    async fn origins(&self, _: &Target) -> Origins {
        unreachable!("the wizard does not examine the connection")
    }

    async fn reach(&self, _: &Target, _: fn() -> Timestamp) -> Answer<Vec<Reached>> {
        unreachable!("the wizard does not examine the connection")
    }
}

/// Not a test on its own: [`a_panic_restores_the_terminal_and_is_reported`] runs it in a terminal.
#[test]
fn panicking_wizard() {
    if std::env::var_os("ROOTBELL_TEST_FAULT").is_none() {
        return;
    }
    let options = Options {
        connector: Arc::new(PanickingConnector),
        setup: SetupOptions::default(),
        target: Target::default(),
        theme: Theme::dark(),
        demo: None,
        quiet: true,
    };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let failed = tokio.block_on(runtime::run(options)).is_err();
    std::process::exit(if failed { 7 } else { 0 });
}

#[test]
fn a_panic_restores_the_terminal_and_is_reported() {
    let itself = std::env::current_exe().unwrap();
    let mut wizard = Program::other(itself, &["--exact", "terminal::panicking_wizard", "--nocapture"])
        .env("ROOTBELL_TEST_FAULT", "1")
        .pty(80, 24);
    wizard.wait_for("a fault on purpose");
    assert_eq!(wizard.wait_exit().code, 7);
    wizard.assert_restored();
    assert!(wizard.screen().contains("This is a bug in rootbell"), "{}", wizard.screen());
}
