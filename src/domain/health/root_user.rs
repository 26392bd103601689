//! The root user itself: is it protected, and does it have credentials that it shouldn't have? What alerting needs is a
//! matter of the other checks.

use super::evidence::Evidence;
use super::outcome::{Outcome, Verdict, ok, unknown, wrong};
use crate::domain::problem::Fix;
use crate::domain::root_user::{RootCredentials, RootMfa, RootUser};

/// The page of the console where the root user manages its own credentials. Nobody else can do that in this account.
///
/// Source: IAM User Guide, "Enable a passkey or security key for the root user", "Delete access keys for the root user".
const PAGE: &str = "https://console.aws.amazon.com/iam/home#/security_credentials";

/// What a root user without credentials has: the best state, in which there is nothing to protect.
const NO_CREDENTIALS: &str = "the root user has no credentials";

const ASSIGN_MFA: &str = "assign an MFA device, preferably a passkey or a security key";

fn as_root(what: &str) -> Fix {
    Fix::advice(format!("Sign in as the root user, open Security credentials ({PAGE}), and {what}."))
}

fn on_credentials(evidence: &Evidence<'_>, judge: impl FnOnce(&RootUser, &RootCredentials) -> Outcome) -> Outcome {
    let root = evidence.observed.root_user.as_ref();
    match root.and_then(|root| root.credentials.as_ref().map(|credentials| (root, credentials))) {
        Err(unreadable) => unknown(unreadable),
        Ok((_, credentials)) if credentials.are_absent() == Some(true) => ok(NO_CREDENTIALS),
        Ok((root, credentials)) => judge(root, credentials),
    }
}

/// Whether the root user has MFA.
pub(super) fn mfa(evidence: &Evidence<'_>) -> Outcome {
    if let Some(why) = evidence.settings.account_region.partition.without_root_sign_in() {
        return ok(why);
    }
    on_credentials(evidence, |root, credentials| match (credentials.mfa, credentials.password) {
        (true, _) => ok(match root.mfa() {
            Ok(RootMfa::Virtual) => "on (virtual)",
            Ok(RootMfa::Other) => "on (passkey or hardware)",
            Ok(RootMfa::None) | Err(_) => "on",
        }),
        (false, None) if credentials.access_keys == 0 => (
            Verdict::Unknown,
            "MFA is off, but AWS doesn't say whether the root user has a password.".to_owned(),
            as_root(ASSIGN_MFA),
        ),
        (false, password) => {
            let what = if password == Some(true) {
                "The root user has no MFA: its password is enough to take over the account."
            } else {
                "The root user has no MFA."
            };
            (Verdict::Missing, what.to_owned(), as_root(ASSIGN_MFA))
        }
    })
}

/// Whether the root user has no access keys.
pub(super) fn access_keys(evidence: &Evidence<'_>) -> Outcome {
    on_credentials(evidence, |_, credentials| match credentials.access_keys {
        0 => ok("none"),
        _ => wrong(
            "The root user has access keys: whoever has one can do everything, without MFA.",
            as_root("deactivate its access keys, and delete them once nothing needs them"),
        ),
    })
}

/// Whether the root user has no signing certificates.
pub(super) fn certificates(evidence: &Evidence<'_>) -> Outcome {
    on_credentials(evidence, |_, credentials| match credentials.certificates {
        0 => ok("none"),
        _ => wrong(
            "The root user has X.509 signing certificates: whoever has one can sign requests as the root user.",
            as_root("delete its X.509 certificates"),
        ),
    })
}

/// Whether the root user's MFA isn't an authenticator app.
///
/// Source: CIS AWS Foundations, "Ensure hardware MFA is enabled for the 'root' user account": Level 2, not fulfilled by a
/// virtual device; Security Hub User Guide, IAM.6.
pub(super) fn hardware_mfa(evidence: &Evidence<'_>) -> Outcome {
    if let Some(why) = evidence.settings.account_region.partition.without_root_sign_in() {
        return ok(why);
    }
    on_credentials(evidence, |root, _| {
        match root.mfa() {
        Err(unreadable) => unknown(&unreadable),
        Ok(RootMfa::None) => mfa(evidence),
        Ok(RootMfa::Other) => ok("passkey or hardware"),
        Ok(RootMfa::Virtual) => (
            Verdict::Missing,
            "The root user's MFA device is virtual. CIS asks for a hardware device at Level 2: 1.14 (v1.2), 1.6 (v1.3–v4.0), \
             1.5 (v5.0), 2.5 (v6.0), 2.6 (v7.0); so do Security Hub IAM.6 and Prowler iam_root_hardware_mfa_enabled."
                .to_owned(),
            as_root("assign a passkey or a security key, then remove the virtual device"),
        ),
    }
    })
}
