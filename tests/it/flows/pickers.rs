//! The lists of profiles and Regions.

use insta::assert_snapshot;
use rootbell::cloud::demo::Account;
use rootbell::ui::Theme;

use crate::support::tester::Tester;

/// The sizes at which every picker is looked at.
const SIZES: [(u16, u16); 3] = [(60, 20), (80, 24), (120, 40)];

/// The row of the list with this text.
#[track_caller]
fn row(tester: &Tester, text: &str) -> String {
    let screen = tester.screen();
    let row = screen.lines().find(|line| line.contains(text));
    row.unwrap_or_else(|| panic!("no row with `{text}`:\n{screen}")).to_owned()
}

#[test]
fn a_region_is_found_by_its_city_and_the_one_in_use_is_selected() {
    for (width, height) in SIZES {
        let mut tester = Tester::on(Account::default(), width, height);
        tester.press("g").sees("> eu-west-1").sees(" 27 of 34 ");
        assert!(row(&tester, "eu-west-1  ").contains("Europe (Ireland)"), "{}", tester.screen());
        assert!(row(&tester, "eu-west-1  ").contains("in use"), "{}", tester.screen());
        assert_snapshot!(format!("regions-{width}x{height}"), tester.screen());
        tester.write("frank").sees("> eu-central-1").sees("Europe (Frankfurt)").sees(" 1 of 1, of 34 in all ");
        tester.press("ctrl+u").sees("> eu-west-1").write("germany").press("enter").settle().sees("eu-central-1");
    }
}

#[test]
fn the_regions_that_an_account_must_enable_first_are_marked() {
    let mut tester = Tester::on(Account::default(), 60, 20);
    tester.press("g").write("south-1").sees("opt-in: the account must enable this Region first");
    assert!(row(&tester, "af-south-1").contains("opt-in"));
    assert!(!row(&tester, "ap-south-1").contains("opt-in"));
    tester.press("down").sees("> ap-south-1").does_not_see("opt-in: ");
}

#[test]
fn without_a_region_the_list_opens_and_says_that_one_is_enough() {
    for (width, height) in SIZES {
        let account = Account { region: String::new(), ..Account::default() };
        let mut tester = Tester::on(account, width, height);
        tester.sees("No Region is set").sees("One Region is enough").sees("> us-east-1").does_not_see("in use");
        assert_snapshot!(format!("no-region-{width}x{height}"), tester.screen());
        tester.write("ireland").press("enter").settle().sees("eu-west-1").sees("Root-use alert");
    }
}

#[test]
fn long_lists_have_keys_for_pages_and_for_both_ends() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("g home").sees("> us-east-1").sees(" 1 of 34 ");
    tester.press("pgdn").sees(" 11 of 34 ").press("end").sees("> sa-east-1").sees(" 34 of 34 ");
    tester.press("pgdn").sees(" 34 of 34 ").press("pgup").sees(" 24 of 34 ").press("home pgup").sees(" 1 of 34 ");
    tester.press("up").sees(" 34 of 34 ").press("down").sees(" 1 of 34 ");
}

#[test]
fn a_region_in_capitals_or_without_a_hyphen_is_understood() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("g").write("EU-WEST-2").sees("> eu-west-2").press("ctrl+u");
    tester.write("eu-west2").sees("did you mean `eu-west-2`?").press("enter").sees("no Region `eu-west2`");
}

#[test]
fn the_lists_can_be_read_in_every_theme() {
    for theme in [Theme::dark(), Theme::light(), Theme::mono()] {
        let mut tester = Tester::on(Account::default(), 80, 24);
        tester.theme = theme.clone();
        tester.press("g");
        assert_eq!(tester.style_of("eu-west-1  ").add_modifier, theme.selected.add_modifier);
        tester.sees("> eu-west-1");
    }
}

#[test]
fn a_profile_that_does_not_exist_is_answered_with_similar_ones() {
    let names = (1..=29).map(|n| format!("team-{n:02}-admin"));
    let mut tester = Tester::on(Account { profiles: names.collect(), ..Account::default() }, 80, 24);
    tester.press("p").settle().sees(" 1 of 29 ").write("team-17-admn");
    tester.sees("There is no profile `team-17-admn` among the 29").sees("did you mean `team-17-admin`");
    tester.press("ctrl+u").write("17").sees("> team-17-admin").sees(" 1 of 1, of 29 in all ");
}
