//! The pictures in assets/screens and the page that shows them, docs/screens.md: real screens of real flows on demo
//! accounts. `just screens` writes them.

use std::fmt::Write;
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
    ("account", "The account screen: who is signed in, and what already exists", "fresh", WIDE, Theme::dark, |_| {}),
    (
        "other-region",
        "Root use is monitored in another Region: an offer to switch",
        "other-region",
        WIDE,
        Theme::dark,
        |_| {},
    ),
    ("trail", "Step 1 in progress: the status of each call", "fresh", WIDE, Theme::dark, run_trail),
    ("topic", "Step 2: who gets the alert", "fresh", WIDE, Theme::dark, to_topic),
    ("filter", "Step 3: the pattern, tested on sample events", "fresh", WIDE, Theme::dark, to_filter),
    ("alarm", "Step 4: when the alarm fires", "fresh", WIDE, Theme::dark, to_alarm),
    ("waiting", "Waiting for the email address to be confirmed", "fresh", WIDE, Theme::dark, wait_for_the_email),
    ("failed", "A call that was denied: why, and what to do about it", "denied", WIDE, Theme::dark, run_all_of_trail),
    ("ringing", "The dashboard in ALARM: who used root, when, and from where", "ringing", WIDE, Theme::dark, look_on),
    ("event", "The details of one event", "ringing", WIDE, Theme::dark, open_an_event),
    ("test", "A test alarm: the notification was sent", "ringing", WIDE, Theme::dark, ring_it),
    ("drill", "A drill, before it starts", "ringing", WIDE, Theme::dark, ask_for_a_drill),
    ("narrow", "Step 1 in a terminal of 60×20 characters", "fresh", NARROW, Theme::dark, run_trail),
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
    tester.on_account(|cloud| cloud.modify(|account| account.timing.latency_ms = 150));
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
fn each_picture_is_in_the_docs_and_none_is_left_over() {
    let mut page = "# Screenshots\n\nAll of them are real screens of rootbell on demo accounts.\n".to_owned();
    for (name, title, ..) in PICTURES {
        let _ = write!(page, "\n## {title}\n\n![{title}](../assets/screens/{name}.svg)\n");
    }
    keep("docs/screens.md", &page);
    for file in std::fs::read_dir(path("assets/screens")).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(PICTURES.iter().any(|(name, ..)| file == format!("{name}.svg")), "nothing generates {file}");
    }
}

#[test]
fn the_readme_describes_each_picture_by_its_title() {
    let readme = std::fs::read_to_string(path("README.md")).unwrap();
    let shown: Vec<&str> = readme.lines().filter(|line| line.starts_with("![")).collect();
    assert!(shown.len() >= 3, "{shown:?}");
    for line in shown {
        let is_shown = |(name, title, ..): &&Picture| line == format!("![{title}](assets/screens/{name}.svg)");
        assert!(PICTURES.iter().any(|picture| is_shown(&picture)), "{line}");
    }
}
