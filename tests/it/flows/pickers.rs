//! The lists of profiles and Regions.

use insta::assert_snapshot;
use jiff::Timestamp;
use rootbell::app::Msg;
use rootbell::cloud::demo::Account;
use rootbell::domain::profile::{Profile, ProfileKind, SsoSession, SsoToken};
use rootbell::ui::Theme;

use crate::support::tester::{Tester, scenario};

/// The sizes at which every picker is looked at.
const SIZES: [(u16, u16); 3] = [(60, 20), (80, 24), (120, 40)];

/// Thirty profiles of every kind; the session of the SSO profiles is signed in, expired, or missing.
fn thirty_profiles() -> Vec<Profile> {
    let sso = |name: &str, token: Option<&str>| {
        let token = token.map(|at| SsoToken { expires: at.parse::<Timestamp>().unwrap(), renewable_until: None });
        Profile {
            kind: ProfileKind::Sso,
            account: Some("111122223333".into()),
            role: Some("AdministratorAccess".into()),
            region: Some("eu-central-1".into()),
            sso: Some(SsoSession { name: Some("corp".into()), token }),
            ..Profile::named(name)
        }
    };
    let mut all: Vec<Profile> = (1..=23).map(|n| Profile::named(format!("team-{n:02}"))).collect();
    for profile in &mut all {
        profile.kind = ProfileKind::Role { mfa: profile.name.ends_with('2') };
        profile.account = Some("444455556666".into());
        profile.role = Some("Audit".into());
    }
    all.extend([
        sso("acme-prod", Some("2026-11-23T19:30:00Z")),
        sso("acme-dev", Some("2026-11-22T08:00:00Z")),
        sso("acme-data", None),
        Profile { kind: ProfileKind::Keys, region: Some("us-east-1".into()), ..Profile::named("default") },
        Profile { kind: ProfileKind::Process, ..Profile::named("prod") },
        Profile {
            fault: Some("`lost` names the source_profile `gone`, which does not exist".into()),
            ..Profile::named("lost")
        },
        Profile { kind: ProfileKind::WebIdentity, ..Profile::named("ünïcode-émoji-🚀") },
    ]);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The wizard with the list of thirty profiles open.
fn with_thirty_profiles(width: u16, height: u16) -> Tester {
    let mut tester = Tester::on(Account::default(), width, height);
    tester.press("p").settle().send(Msg::Profiles(thirty_profiles()));
    tester
}

#[test]
fn profiles_show_where_their_credentials_come_from_and_whether_the_session_is_signed_in() {
    for (width, height) in SIZES {
        let mut tester = with_thirty_profiles(width, height);
        tester.sees("> default").sees("in use").sees("keys").sees(" 4 of 30 ").sees(" in use, us-east-1, keys ");
        assert_snapshot!(format!("profiles-{width}x{height}"), tester.screen());
        assert!(row(&tester, "acme-dev ").contains("expired"), "{}", tester.screen());
        assert!(row(&tester, "acme-data ").contains("not signed in"), "{}", tester.screen());
        tester.press("home").sees("> acme-data").press("end").sees("> ünïcode-émoji-🚀").sees(" 30 of 30 ");
        tester.write("acme-prod").sees("signed in until 19:30").sees("SSO");
        tester.press("ctrl+u").write("lost").sees("unusable: `lost` names");
        tester.press("ctrl+u").write("ünï").sees("> ünïcode").sees("web identity");
    }
}

#[test]
fn one_long_name_leaves_room_for_the_kind_and_the_state_of_the_session() {
    let mut tester = Tester::on(Account::default(), 60, 20);
    let mut profiles = thirty_profiles();
    profiles.push(Profile::named("acme-security-audit-and-logging-production"));
    tester.press("p").settle().send(Msg::Profiles(profiles));
    let expired = row(&tester, "acme-dev ");
    assert!(expired.contains("SSO") && expired.contains("expired"), "{expired}");
    tester.press("end").sees("acme-secur").sees("production");
}

#[test]
fn without_a_sign_in_no_region_is_in_use_but_the_one_that_was_tried() {
    let mut tester = Tester::on(scenario("expired"), 80, 24);
    tester.press("g").sees("> eu-west-1").press("ctrl+u");
    let mut account = Account { region: String::new(), ..Account::default() };
    account.profiles = vec!["default".into()];
    let mut tester = Tester::on(account, 80, 24);
    tester.press("esc g").sees("> us-east-1").does_not_see("in use");
}

#[test]
fn profiles_are_found_by_any_column() {
    let mut tester = with_thirty_profiles(120, 40);
    for (typed, found) in [
        ("expired", " 1 of 1, of 30 in all "),
        ("1111", " 1 of 3, of 30 in all "),
        ("us-east", " 1 of 1, of 30 in all "),
        ("MFA", " 1 of 3, of 30 in all "),
        ("audit", " 1 of 23, of 30 in all "),
        ("corp", " 1 of 3, of 30 in all "),
        ("process", " 1 of 1, of 30 in all "),
    ] {
        tester.press("ctrl+u").write(typed).sees(found);
    }
    tester.press("ctrl+u").sees("> default");
}

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
