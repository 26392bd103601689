//! The wizard in a terminal: real keys, real screen, real signals; the terminal is as before afterwards.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rootbell::cloud::{Answer, Connector, Session, Target};
use rootbell::runtime::{self, Options};
use rootbell::ui::Theme;

use crate::support::World;
use crate::support::program::Program;
use crate::support::pty::{Pty, key};
use crate::support::read::Names;
use crate::wire::wanted;

/// Through all four screens on the emulator; the account is read back with the SDK.
fn the_wizard_sets_up(region: &str) {
    let world = World::new(region);
    world.proxy.nobody_confirms(true);
    let mut wizard = world.rootbell(&[]).pty(80, 24);
    wizard.wait_for("Already here");
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 11");
    wizard.press(key::ENTER);
    wizard.wait_for("11 of 11 done");
    wizard.wait_for("Enter go on");
    wizard.press(key::ENTER);
    wizard.wait_for("Whom to tell");
    wizard.press("e");
    wizard.press("a@example.com, b@example.com");
    wizard.wait_for("apply 3");
    wizard.press(key::ENTER);
    wizard.wait_for("3 of 3 done");
    wizard.wait_for("waiting");
    wizard.wait_for("Enter go on");
    wizard.press(key::ENTER);
    // The emulator cannot try a pattern: the wizard says so and goes on.
    wizard.wait_for("not checked");
    wizard.press(key::ENTER);
    wizard.wait_for("1 of 1 done");
    wizard.wait_for("waiting for a@example.com and 1 more to confirm");
    wizard.wait_for("Enter go on");
    wizard.press(key::ENTER);
    wizard.wait_for("When to ring");
    wizard.press(key::ENTER);
    wizard.wait_for("1 of 1 done");
    world.proxy.nobody_confirms(false);
    world.proxy.delivers(i64::MAX / 1_000_000_000);
    wizard.wait_for("2 ok");
    wizard.wait_for("Enter go on");
    wizard.press(key::ENTER);
    wizard.wait_for("Mail goes to a@example.com, b@example.com");
    wizard.press("q");
    wizard.wait_for("the bell is armed");
    wizard.press("c");
    wizard.wait_for("Somebody has confirmed");
    wizard.press("q");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
    wizard.assert_restored();
    assert_eq!(world.account(&Names::default_in(region)), wanted(region));
}

#[test]
fn the_wizard_sets_up_a_fresh_account_in_us_east_1() {
    the_wizard_sets_up("us-east-1");
}

#[test]
fn the_wizard_sets_up_a_fresh_account_in_eu_west_1() {
    the_wizard_sets_up("eu-west-1");
}

/// The wizard before an AWS that never answers.
fn hanging() -> (World, Pty) {
    let world = World::new("eu-west-1");
    world.proxy.hang_all();
    let wizard = world.rootbell(&[]).pty(80, 24);
    wizard.wait_for("asking AWS who you are");
    (world, wizard)
}

#[test]
fn keys_are_answered_while_every_call_hangs() {
    let (_world, mut wizard) = hanging();
    wizard.press("g");
    wizard.wait_for("type to narrow");
    wizard.press("eu-c");
    wizard.wait_for("> eu-central-1");
    wizard.press(key::ESC);
    wizard.wait_for("asking AWS who you are");
    wizard.press("?");
    wizard.wait_for("Quit, from everywhere");
    wizard.press("q");
    wizard.wait_gone("Quit, from everywhere");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
    wizard.assert_restored();
}

#[test]
fn ctrl_c_leaves_within_a_tenth_of_a_second_while_every_call_hangs() {
    // The machine may be busy with other tests for a moment, but not three times.
    let times: Vec<Duration> = (0..3)
        .map(|_| {
            let (_world, mut wizard) = hanging();
            let pressed = Instant::now();
            wizard.press(key::CTRL_C);
            assert_eq!(wizard.wait_exit().code, 1);
            let took = pressed.elapsed();
            wizard.assert_restored();
            took
        })
        .collect();
    assert!(times.iter().any(|took| *took <= Duration::from_millis(100)), "{times:?}");
}

#[test]
fn a_run_that_hangs_is_left_at_once_too() {
    let world = World::new("eu-west-1");
    world.proxy.hang("CreateTrail");
    let mut wizard = world.rootbell(&[]).pty(80, 24);
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 11");
    wizard.press(key::ENTER);
    wizard.wait_for("9 of 11 done");
    wizard.press(key::ESC);
    wizard.wait_for("Leave?");
    wizard.press("n");
    wizard.wait_gone("Leave?");
    wizard.press(key::CTRL_C);
    assert_eq!(wizard.wait_exit().code, 1);
    wizard.assert_restored();
}

#[test]
fn every_signal_that_ends_it_gives_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let (_world, mut wizard) = hanging();
        wizard.signal(signal);
        assert_eq!(wizard.wait_exit().code, 1);
        wizard.assert_restored();
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let (_world, mut wizard) = hanging();
    wizard.hang_up();
    wizard.wait_exit();
}

#[test]
fn a_small_window_asks_for_more_and_a_larger_one_goes_on() {
    let (_world, mut wizard) = hanging();
    wizard.resize(30, 8);
    wizard.wait_for("Make me bigger");
    wizard.resize(1, 1);
    wizard.resize(100, 30);
    wizard.wait_for("asking AWS who you are");
    wizard.press(key::CTRL_C);
    assert_eq!(wizard.wait_exit().code, 1);
}

#[test]
fn pasted_text_goes_into_the_field_and_does_not_press_keys() {
    let world = World::new("eu-west-1");
    let mut wizard = world.rootbell(&[]).pty(80, 24);
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 11");
    wizard.press("e");
    wizard.press(key::CTRL_U);
    wizard.paste("pasted\n");
    wizard.wait_for("[pasted");
    assert!(!wizard.screen().contains("done"), "a pasted line end is no Enter");
    wizard.press(key::CTRL_C);
    wizard.wait_exit();
    wizard.assert_restored();
}

#[test]
fn without_colour_no_colour_is_sent() {
    let world = World::new("eu-west-1");
    let mut wizard = world.rootbell(&[]).env("NO_COLOR", "1").pty(80, 24);
    wizard.wait_for("missing");
    wizard.look(|screen| {
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
    let world = World::new("eu-west-1");
    let mut wizard = Program::new(&["--region", "eu-west-1"]).arg("--endpoint-url").arg(world.proxy.url()).pty(80, 24);
    wizard.wait_for("there are no credentials");
    wizard.wait_for("aws sso login");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
}

#[test]
fn without_a_region_one_is_asked_for_and_us_east_1_proposed() {
    let world = World::new("eu-west-1");
    let mut wizard = Program::new(&["--endpoint-url"]).arg(world.proxy.url()).signed_in().pty(80, 24);
    wizard.wait_for("> us-east-1");
    wizard.press(key::ENTER);
    wizard.wait_for("Already here");
    wizard.press("q");
    assert_eq!(wizard.wait_exit().code, 0);
}

struct Faulty;

#[async_trait]
impl Connector for Faulty {
    async fn connect(&self, _: &Target) -> Answer<Session> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        panic!("a fault on purpose");
    }

    async fn profiles(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Not a test by itself: [`a_panic_gives_the_terminal_back_and_reports`] runs it in a terminal.
#[test]
fn faulty_wizard() {
    if std::env::var_os("ROOTBELL_TEST_FAULT").is_none() {
        return;
    }
    let options = Options {
        connector: Arc::new(Faulty),
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
fn a_panic_gives_the_terminal_back_and_reports() {
    let itself = std::env::current_exe().unwrap();
    let mut wizard = Program::other(itself, &["--exact", "terminal::faulty_wizard", "--nocapture"])
        .env("ROOTBELL_TEST_FAULT", "1")
        .pty(80, 24);
    wizard.wait_for("a fault on purpose");
    assert_eq!(wizard.wait_exit().code, 7);
    wizard.assert_restored();
    assert!(wizard.screen().contains("This is a fault of rootbell"), "{}", wizard.screen());
}
