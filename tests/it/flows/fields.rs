//! Fields with characters two columns wide, and the timeout of a test.

use rootbell::app::keymap::{Code, Key};
use rootbell::app::{Effect, Msg, SessionEffect, update};
use rootbell::cloud::demo::Account;
use rootbell::engine::alarm_test::AlarmTest;

use crate::support::tester::{Tester, scenario};

/// The wizard at the step with the email field, which has the focus.
fn at_the_email(width: u16) -> Tester {
    let mut tester = Tester::on(Account::default(), width, 24);
    tester.press("enter enter").settle().press("enter").settle().press("tab");
    tester.sees("Email");
    tester
}

/// The position of the email field's text: column and row.
fn field(tester: &Tester) -> (u16, u16) {
    let screen = tester.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains("Email")).unwrap();
    let x = line.split('[').next().unwrap().chars().count() + 1;
    (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
}

#[test]
fn the_cursor_is_placed_after_wide_characters() {
    let mut tester = at_the_email(80);
    tester.fill("漢字@例え.jp");
    let (x, y) = field(&tester);
    assert_eq!(tester.cursor(), Some((x + 12, y)));
    tester.press("left left left left");
    assert_eq!(tester.cursor(), Some((x + 7, y)));
    tester.press("home");
    assert_eq!(tester.cursor(), Some((x, y)));
}

#[test]
fn a_full_field_of_wide_characters_scrolls_by_columns() {
    let mut tester = at_the_email(80);
    // The field has 40 columns: one is for the cursor, and half a character is not shown.
    tester.fill(&"漢".repeat(30));
    let (x, y) = field(&tester);
    assert_eq!(tester.cursor(), Some((x + 38, y)));
    let closing = &tester.buffer()[(x + 40, y)];
    assert_eq!(closing.symbol(), "]", "{}", tester.screen());
    assert_eq!(tester.buffer()[(x + 36, y)].symbol(), "漢");
    tester.fill("x").write(&"📧".repeat(19));
    assert_eq!(tester.cursor(), Some((x + 39, y)));
    assert_eq!(tester.buffer()[(x, y)].symbol(), "x");
    tester.write("📧");
    assert_eq!(tester.cursor(), Some((x + 38, y)));
    assert_eq!(tester.buffer()[(x, y)].symbol(), "📧");
}

#[test]
fn an_address_with_wide_characters_is_shown_in_full_in_the_plan() {
    let mut tester = at_the_email(80);
    tester.fill("📧@x.com").settle();
    let row = |tester: &Tester| {
        let screen = tester.screen();
        screen.lines().find(|line| line.contains("subscription")).unwrap_or_default().to_owned()
    };
    assert!(row(&tester).contains("📧") && row(&tester).contains("@x.com"), "{}", tester.screen());
}

#[test]
fn a_test_has_the_same_timeout_in_the_wizard_and_on_the_command_line() {
    for (key, drill) in [('t', false), ('d', true)] {
        let mut tester = Tester::on(scenario("ringing"), 80, 24);
        tester.pass(std::time::Duration::from_secs(400));
        let now = tester.model.now;
        for code in [Code::Char(key), Code::Enter] {
            let effects = update(&mut tester.model, Msg::Key(Key::plain(code)), now);
            for effect in effects {
                let Effect::InSession(_, SessionEffect::Test { test, .. }) = effect else { continue };
                assert_eq!(test.timeout, AlarmTest::default_timeout(drill));
            }
        }
        assert!(tester.model.is_busy(), "the test is running");
    }
    // The same values as in `test --help`.
    assert_eq!([false, true].map(|drill| AlarmTest::default_timeout(drill).as_secs()), [120, 300]);
}
