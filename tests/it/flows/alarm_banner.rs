//! Every screen shows when the alarm is in ALARM, and keeps polling for it.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::Screen;
use rootbell::cloud::demo::account::Event;
use rootbell::ui::Theme;

use crate::support::tester::{Tester, scenario};

const SIZES: [(u16, u16); 2] = [(60, 20), (80, 24)];

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The third row of the screen, below the header and its line.
fn banner(tester: &Tester) -> String {
    tester.screen().lines().nth(2).unwrap_or_default().to_owned()
}

#[test]
fn every_screen_shows_a_banner_while_the_alarm_is_in_alarm() {
    for (width, height) in SIZES {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(seconds(2)).press("esc");
        assert_snapshot!(format!("alarm-on-account-{width}x{height}"), tester.screen());
        tester.sees("ALARM    alarm: in ALARM since");
        for text in ["ALARM    alarm", "ALARM  ListAccessKeys"] {
            assert_eq!(tester.style_of(text).fg, Theme::dark().bad.fg, "{text}");
        }
        tester.press("d w");
        for _ in 0..4 {
            tester.settle();
            assert!(banner(&tester).starts_with(" ALARM  ListAccessKeys by root at"), "{}", tester.screen());
            let header = tester.screen().lines().next().unwrap().to_owned();
            assert!(header.contains("4 ALARM") || header.contains("4 Alarm ALARM"), "{header}");
            tester.press("enter");
        }
        assert_eq!(tester.model.screen, Screen::Dashboard);
    }
}

#[test]
fn an_overlay_leaves_the_alarm_banner_visible() {
    for (width, height) in SIZES {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(seconds(2)).press("esc ?").sees(" Keys ");
        assert!(banner(&tester).starts_with(" ALARM  ListAccessKeys by root"), "{}", tester.screen());
        // On the dashboard, the header shows it.
        tester.press("esc d c").sees("ALARM  the alarm has fired").sees(" Checks ");
    }
}

#[test]
fn a_root_use_shows_within_a_minute_on_the_account_screen_too() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(460)).sees("root use is monitored").press("esc").does_not_see("ALARM");
    let bells = tester.bells;
    tester.on_account(|cloud| {
        cloud.modify(|account| {
            let region = account.regions.get_mut("eu-west-1").unwrap();
            let events = &mut region.log_groups.get_mut("rootbell/cloudtrail").unwrap().events;
            let again = events[1].event.clone();
            events.push(Event { at: 450, event: again });
        });
    });
    tester.pass(seconds(50)).sees("4 Alarm ALARM");
    assert!(banner(&tester).contains(" by root at "), "{}", tester.screen());
    assert_eq!(tester.bells, bells + 1);
    assert_eq!(tester.model.screen, Screen::Account);
}

#[test]
fn there_is_no_banner_unless_the_alarm_is_in_alarm() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.does_not_see("ALARM");
    assert!(banner(&tester).starts_with(" Account"), "{}", tester.screen());
    tester.press("enter").settle();
    assert!(banner(&tester).starts_with(" Step 1 of 4"), "{}", tester.screen());
}
