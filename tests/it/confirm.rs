//! Confirming a subscription with the link from the email, on the command line.

use crate::support::confirmation::link;
use crate::support::program::Program;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";

/// A demo account with these subscriptions.
fn account(subscriptions: &str) -> String {
    format!("id = \"123456789012\"\n[regions.eu-west-1.topics.rootbell-alerts]\nsubscriptions = [{subscriptions}]\n")
}

const ALICE_PENDING: &str = r#"{ endpoint = "alice@example.com" }"#;
const ALICE_BY_CLICK: &str = r#"{ endpoint = "alice@example.com", state = "confirmed" }"#;
const BOB_SIGNED: &str = r#"{ endpoint = "bob@example.com", state = "confirmed", signed = true }"#;

fn confirm(subscriptions: &str, args: &[&str]) -> Program {
    let args = [&["confirm", "--demo=account.toml"], args].concat();
    Program::new(&args).file("account.toml", &account(subscriptions))
}

/// The command with these options, on an account with a pending subscription, with its link on standard input.
pub fn with_link(args: &[&str]) -> Program {
    confirm(ALICE_PENDING, args).stdin(&link("alice@example.com"))
}

#[test]
fn the_link_is_read_from_standard_input_and_the_subscription_is_confirmed() {
    let both = format!("{ALICE_PENDING}, {BOB_SIGNED}");
    let ended = confirm(&both, &[]).stdin(&link("alice@example.com")).output().exits(0);
    assert!(ended.stdout.starts_with("alice@example.com is confirmed for the topic `rootbell-alerts`."), "{ended:#?}");
    let ended = confirm(&both, &["--json"]).stdin(&link("alice@example.com")).output().exits(0);
    let json = ended.json();
    assert_eq!((&json["confirmed"], &json["topic"]), (&serde_json::json!(["alice@example.com"]), &TOPIC.into()));
    assert_eq!(json["demo"], true);
}

#[test]
fn a_link_that_is_not_for_this_topic_or_not_valid_confirms_nothing() {
    let refused = |link: &str| {
        let ended = confirm(ALICE_PENDING, &[]).stdin(link).output().exits(1).with_empty_stdout();
        ended.stderr
    };
    let link = link("alice@example.com");
    let other = refused(&link.replace("rootbell-alerts", "billing"));
    assert!(other.contains("for the topic arn:aws:sns:eu-west-1:123456789012:billing, but alerts go to"), "{other}");
    assert!(other.contains("--topic billing"), "{other}");
    let other = refused(&link.replace("eu-west-1:", "us-east-1:"));
    assert!(other.contains("--region us-east-1"), "{other}");
    let other = refused(&link.replace("123456789012", "210987654321"));
    assert!(other.contains("sign in to the other account"), "{other}");
    let other = refused("https://sns.eu-west-1.amazonaws.com/unsubscribe.html?SubscriptionArn=arn:1");
    assert!(other.contains("This link ends a subscription."), "{other}");
    let other = refused("");
    assert!(other.contains("This is not a confirmation link."), "{other}");
    let other = refused(&link.replace("demo-", "old-"));
    assert!(other.contains("Invalid token"), "{other}");
    assert!(!other.contains("old-alice"), "the token is a secret: {other}");
}

#[test]
fn without_a_pending_subscription_it_says_so_before_it_asks_for_a_link() {
    let none = confirm(BOB_SIGNED, &[]).output().exits(1);
    assert!(none.stderr.contains("No subscription of the topic `rootbell-alerts` is waiting"), "{none:#?}");
    let by_click = confirm(ALICE_BY_CLICK, &[]).output().exits(1);
    assert!(by_click.stderr.contains("Run `rootbell confirm --again alice@example.com`."), "{by_click:#?}");
    let nothing = Program::new(&["confirm", "--demo"]).output().exits(1);
    assert!(nothing.stderr.contains("There is no topic `rootbell-alerts`"), "{nothing:#?}");
}

#[test]
fn an_address_is_subscribed_again_only_while_somebody_else_is_alerted_and_after_a_question() {
    let again = ["--again", "alice@example.com"];
    let alone = confirm(ALICE_BY_CLICK, &[&again[..], &["--yes"]].concat()).output().exits(1);
    assert!(alone.stderr.contains("Nobody but alice@example.com is alerted"), "{alone:#?}");
    assert!(alone.stderr.contains("Subscribe another address first (--email)."), "{alone:#?}");
    let both = format!("{ALICE_BY_CLICK}, {BOB_SIGNED}");
    confirm(&both, &again).output().exits(2).stderr_contains("no terminal to ask for confirmation on");
    let ended = confirm(&both, &[&again[..], &["--yes"]].concat()).output().exits(0);
    assert!(ended.stdout.contains("alice@example.com is subscribed again."), "{ended:#?}");
    assert!(ended.stderr.contains("- subscription  alice@example.com  confirmed by opening the link"), "{ended:#?}");
    assert!(ended.stderr.contains("+ subscription  alice@example.com  AWS emails a confirmation link"), "{ended:#?}");
}

#[test]
fn on_a_terminal_it_asks_for_the_link_and_says_why_not_to_open_it() {
    let mut terminal = confirm(ALICE_PENDING, &[]).pty(100, 24);
    terminal.wait_for("Don't open it");
    terminal.wait_for("Link:");
    terminal.press(&link("alice@example.com"));
    terminal.wait_for("alice@example.com is confirmed");
}

#[test]
fn an_address_that_is_subscribed_again_is_named_once_its_new_link_is_entered() {
    let both = format!("{ALICE_BY_CLICK}, {BOB_SIGNED}");
    let mut terminal = confirm(&both, &["--again", "alice@example.com"]).pty(140, 30);
    terminal.wait_for("Subscribe it again? [y/N]");
    terminal.press("y\n");
    terminal.wait_for("Link:");
    terminal.press(&link("alice@example.com"));
    terminal.wait_for("alice@example.com is confirmed for the topic");
}
