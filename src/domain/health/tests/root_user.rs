//! The root user itself.

use super::*;
use crate::domain::root_user::{RootCredentials, RootUser};

/// How to alter a root user with a password, MFA that isn't virtual, and nothing else.
type Alter = fn(&mut RootUser);

const CHECKS: [&str; 4] = ["root.mfa", "root.hardware_mfa", "root.access_keys", "root.certificates"];

fn credentials(root: &mut RootUser) -> &mut RootCredentials {
    root.credentials.as_mut().unwrap()
}

fn without_mfa(root: &mut RootUser) {
    credentials(root).mfa = false;
    root.has_virtual_mfa = None;
}

fn denied(call: &str) -> Problem {
    Problem::new(format!("{call}: permission denied."), Fix::advice("Ask for it."))
}

fn altered(alter: Alter) -> Observed {
    let mut observed = sound();
    alter(observed.root_user.as_mut().unwrap());
    observed
}

#[test]
fn the_root_user_is_judged_by_its_credentials() {
    use Verdict::{Missing, Ok, Unknown, Wrong};
    let cases: [(&str, Alter, [Verdict; 4]); 9] = [
        ("MFA that isn't virtual", |_| {}, [Ok; 4]),
        ("virtual MFA", |root| root.has_virtual_mfa = Some(Result::Ok(true)), [Ok, Missing, Ok, Ok]),
        (
            "MFA of an unknown kind",
            |root| root.has_virtual_mfa = Some(Err(denied("ListVirtualMFADevices"))),
            [Ok, Unknown, Ok, Ok],
        ),
        ("no MFA", without_mfa, [Missing, Missing, Ok, Ok]),
        (
            "no MFA, and nothing known about the password",
            |root| {
                without_mfa(root);
                credentials(root).password = None;
            },
            [Unknown, Unknown, Ok, Ok],
        ),
        (
            "no MFA and no password, but access keys",
            |root| {
                without_mfa(root);
                (credentials(root).password, credentials(root).access_keys) = (Some(false), 2);
            },
            [Missing, Missing, Wrong, Ok],
        ),
        ("signing certificates", |root| credentials(root).certificates = 1, [Ok, Ok, Ok, Wrong]),
        (
            "no credentials",
            |root| {
                without_mfa(root);
                credentials(root).password = Some(false);
            },
            [Ok; 4],
        ),
        ("denied", |root| root.credentials = Err(denied("GetAccountSummary")), [Unknown; 4]),
    ];
    for (name, alter, verdicts) in cases {
        let health = health_of(&altered(alter));
        let checks = CHECKS.map(|id| check(&health, id));
        assert_eq!(checks.map(|check| check.verdict), verdicts, "{name}");
        assert!(health.healthy() && health.headline() == Headline::Monitored, "{name}");
        for check in checks.into_iter().filter(|check| check.verdict != Ok) {
            assert!(!check.fix.is_nothing(), "{name}: {check:?}");
        }
        let audit = [0, 2].map(|index| verdicts[index]);
        let audit_ok = match audit {
            [Ok, Ok] => Some(true),
            _ if audit.contains(&Missing) || audit.contains(&Wrong) => Some(false),
            _ => None,
        };
        assert_eq!(health.audit_ok(), audit_ok, "{name}");
    }
}

#[test]
fn a_root_user_without_credentials_is_never_called_one_without_mfa() {
    let health = health_of(&altered(|root| {
        without_mfa(root);
        credentials(root).password = Some(false);
    }));
    for id in CHECKS {
        assert_eq!(check(&health, id).detail, "the root user has no credentials", "{id}");
    }
}

#[test]
fn what_to_do_about_the_root_user_names_the_page_for_it_and_that_only_root_can_do_it() {
    let health = health_of(&altered(|root| {
        without_mfa(root);
        (credentials(root).access_keys, credentials(root).certificates) = (1, 1);
    }));
    for id in CHECKS {
        let fix = check(&health, id).fix.content();
        assert!(fix.starts_with("Sign in as the root user, open Security credentials (https://console.aws."), "{fix}");
        assert_eq!(fix.matches(". ").count(), 0, "one sentence: {fix}");
    }
}

#[test]
fn where_nobody_can_sign_in_as_root_its_mfa_is_not_asked_for() {
    let observed = altered(without_mfa);
    for (caller, words) in [
        ("arn:aws-us-gov:iam::123456789012:user/alice", "nobody can sign in to the console as root"),
        ("arn:aws-cn:iam::123456789012:user/alice", "no root user"),
    ] {
        let identity = crate::domain::Identity { arn: caller.into(), ..crate::domain::fixtures::identity() };
        let region = Region::new("us-gov-west-1");
        let settings = Settings::resolve(&identity, &region, &SetupOptions::default(), &observed);
        let health = health(&settings, &observed, NOW.parse().unwrap());
        for id in ["root.mfa", "root.hardware_mfa"] {
            let check = check(&health, id);
            assert!(check.verdict == Verdict::Ok && check.detail.contains(words), "{check:?}");
        }
    }
}

#[test]
fn the_root_users_checks_belong_to_no_step_of_the_wizard() {
    for id in CheckId::ALL {
        assert_eq!(id.step().is_none(), CHECKS.contains(&id.as_str()), "{id}");
    }
}
