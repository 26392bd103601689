//! The pictures in assets/screens: real screens of real flows on demo accounts. `just screens` writes them.

use std::time::Duration;

use rootbell::ui::Theme;

use crate::support::kept::{keep, path};
use crate::support::svg::render;
use crate::support::tester::Tester;

/// A picture: the file, what it shows (for those who cannot see it), the demo account, how large, which theme, and the
/// way there.
type Picture = (&'static str, &'static str, &'static str, (u16, u16), fn() -> Theme, fn(&mut Tester));

const WIDE: (u16, u16) = (80, 24);
const NARROW: (u16, u16) = (60, 20);

/// One more picture is one more line.
const PICTURES: &[Picture] = &[
    ("account", "Who is signed in, and what is already there", "fresh", WIDE, Theme::dark, |_| {}),
    ("trail", "Step 1, under way: each call with its state", "fresh", WIDE, Theme::dark, run_trail),
    ("topic", "Step 2: whom to tell", "fresh", WIDE, Theme::dark, to_topic),
    ("filter", "Step 3: the pattern, tried on sample events", "fresh", WIDE, Theme::dark, to_filter),
    ("alarm", "Step 4: when to ring", "fresh", WIDE, Theme::dark, to_alarm),
    ("waiting", "The e-mail waits to be confirmed", "fresh", WIDE, Theme::dark, wait_for_the_email),
    ("failed", "A call that was denied: why, and what to do", "denied", WIDE, Theme::dark, run_all_of_trail),
    ("ringing", "It rings: who it was, when, and from where", "ringing", WIDE, Theme::dark, look_on),
    ("event", "Somebody used root: the whole event", "ringing", WIDE, Theme::dark, open_an_event),
    ("test", "A test: the notification went out", "ringing", WIDE, Theme::dark, ring_it),
    ("drill", "A drill, before it begins", "ringing", WIDE, Theme::dark, ask_for_a_drill),
    ("narrow", "Step 1 in a terminal of 60 by 20", "fresh", NARROW, Theme::dark, run_trail),
    ("light", "Step 3 on a light background", "drifted", WIDE, Theme::light, to_filter),
];

fn run_trail(tester: &mut Tester) {
    tester.press("enter enter").pass(Duration::from_millis(2600));
}

fn run_all_of_trail(tester: &mut Tester) {
    tester.press("enter enter").settle();
}

fn to_topic(tester: &mut Tester) {
    run_all_of_trail(tester);
    tester.press("enter").settle();
}

fn wait_for_the_email(tester: &mut Tester) {
    to_topic(tester);
    tester.press("enter").settle().pass(Duration::from_secs(14));
}

fn to_filter(tester: &mut Tester) {
    to_topic(tester);
    tester.press("enter").settle().press("enter").settle();
}

fn to_alarm(tester: &mut Tester) {
    to_filter(tester);
    tester.press("enter").settle().press("enter").settle();
}

fn look_on(tester: &mut Tester) {
    tester.pass(Duration::from_secs(3));
}

fn open_an_event(tester: &mut Tester) {
    look_on(tester);
    tester.press("down enter");
}

fn ring_it(tester: &mut Tester) {
    // The account tells whole seconds: so late in one that the next comes while the call is under way.
    tester.pass(Duration::from_millis(600_200));
    tester.on_account(|cloud| cloud.meddle(|account| account.timing.latency_ms = 150));
    tester.press("t enter").pass(Duration::from_secs(4));
}

fn ask_for_a_drill(tester: &mut Tester) {
    look_on(tester);
    tester.press("d");
}

#[test]
fn the_pictures_show_what_the_program_shows() {
    for (name, title, account, (width, height), theme, flow) in PICTURES {
        let mut tester = Tester::on_demo(account, *width, *height);
        tester.theme = theme();
        flow(&mut tester);
        let light = theme() == Theme::light();
        keep(&format!("assets/screens/{name}.svg"), &render(tester.redrawn(), light, title));
    }
}

#[test]
fn each_picture_is_in_the_readme_and_none_is_left_over() {
    let readme = std::fs::read_to_string(path("README.md")).unwrap();
    for (name, ..) in PICTURES {
        assert!(readme.contains(&format!("assets/screens/{name}.svg")), "{name}");
    }
    for file in std::fs::read_dir(path("assets/screens")).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(PICTURES.iter().any(|(name, ..)| file == format!("{name}.svg")), "{file} is made by nothing");
    }
}
