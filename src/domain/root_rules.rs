//! What rootbell's event rules match, and the emails that they send.

use serde_json::{Value, json};

use super::account_region::AccountRegion;
use super::event::DRILL_BUS_SOURCE;
use super::event_scope::EventScope;
use super::input_transformer::InputTransformer;
use super::own_rules::OwnRule;

/// Sign-ins to the console, and recoveries of a forgotten password.
///
/// Source: AWS Sign-In User Guide, "Logging AWS Sign-In events with AWS CloudTrail"; CloudTrail User Guide, "AWS Management
/// Console sign-in events", root user.
const SIGN_INS: [&str; 3] = ["ConsoleLogin", "PasswordRecoveryCompleted", "PasswordRecoveryRequested"];

/// Changes to root's credentials and email address, to the contacts, and to the account as a whole.
///
/// Source: CloudTrail User Guide, "AWS Management Console sign-in events", root user; Service Authorization Reference,
/// actions of IAM, Account Management, and Organizations.
const CHANGES: [&str; 35] = [
    "AcceptHandshake",
    "AcceptPrimaryEmailUpdate",
    "ChangePassword",
    "CloseAccount",
    "CreateAccessKey",
    "CreateLoginProfile",
    "CreateOrganization",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteAlternateContact",
    "DeleteLoginProfile",
    "DeleteOrganization",
    "DeleteSigningCertificate",
    "DeleteVirtualMFADevice",
    "DisableOrganizationsRootCredentialsManagement",
    "DisableOrganizationsRootSessions",
    "DisableRegion",
    "EmailUpdated",
    "EnableMFADevice",
    "EnableOrganizationsRootCredentialsManagement",
    "EnableOrganizationsRootSessions",
    "EnableRegion",
    "InviteAccountToOrganization",
    "LeaveOrganization",
    "PasswordUpdated",
    "PutAccountName",
    "PutAlternateContact",
    "PutContactInformation",
    "ResyncMFADevice",
    "StartPrimaryEmailUpdate",
    "UpdateAccessKey",
    "UpdateLoginProfile",
    "UpdateSigningCertificate",
    "UploadSigningCertificate",
];

/// The maximum length of an event pattern.
///
/// Source: EventBridge User Guide, "Amazon EventBridge quotas", event pattern size.
pub const MAX_PATTERN_LENGTH: usize = 2048;

/// The event pattern of a rule, as JSON. It doesn't depend on the detail type, because AWS's pages disagree on those of
/// sign-ins; and not on the Region, because the home Region's rules also match what is forwarded to it.
#[must_use]
pub fn pattern(rule: OwnRule, home: &AccountRegion, scope: EventScope) -> String {
    let mut detail = json!({
        // What a service does on root's behalf isn't somebody's use of root.
        "userIdentity": { "type": ["Root"], "invokedBy": [{ "exists": false }] },
        "eventType": [{ "anything-but": "AwsServiceEvent" }],
    });
    let names = |names: &mut dyn Iterator<Item = &'static str>| Value::from(names.collect::<Vec<_>>());
    match (rule, scope) {
        (OwnRule::SignIns, _) => detail["eventName"] = names(&mut SIGN_INS.into_iter()),
        (OwnRule::Changes, EventScope::No | EventScope::Changes) => {
            detail["eventName"] = names(&mut CHANGES.into_iter());
        }
        (OwnRule::Changes, EventScope::Writes) => {
            let others: Vec<&str> = SIGN_INS.into_iter().chain(["CheckMfa"]).collect();
            detail["eventName"] = json!([{ "anything-but": others }]);
            // AWS's example of `PasswordUpdated` has no `readOnly`.
            detail["readOnly"] = json!([false, { "exists": false }]);
        }
        (OwnRule::Forward, EventScope::No | EventScope::Changes) => {
            detail["eventName"] = names(&mut SIGN_INS.into_iter().chain(CHANGES));
        }
        // The rules at home choose.
        (OwnRule::Forward, EventScope::Writes) => {}
    }
    let pattern = json!({
        "source": [{ "prefix": "aws." }, DRILL_BUS_SOURCE],
        "account": [home.account],
        "detail": detail,
    });
    pattern.to_string()
}

/// What the emails of an account say besides what is in the event.
#[derive(Clone, Copy, Debug)]
pub struct EmailContext<'a> {
    pub home: &'a AccountRegion,
    pub alias: Option<&'a str>,
    /// Where to find out what to do.
    pub runbook: Option<&'a str>,
}

/// Variables that both emails use, with their JSON paths. One that an event lacks leaves its place empty.
const VARIABLES: [(&str, &str); 10] = [
    ("drill", "$.detail.additionalEventData.drill"),
    ("event", "$.detail.eventName"),
    ("time", "$.detail.eventTime"),
    ("region", "$.detail.awsRegion"),
    ("address", "$.detail.sourceIPAddress"),
    ("client", "$.detail.userAgent"),
    ("id", "$.detail.eventID"),
    ("service", "$.detail.eventSource"),
    ("source", "$.source"),
    ("error", "$.detail.errorMessage"),
];

/// Those of sign-ins. Each kind of sign-in event has its result in a field of its own.
const OF_SIGN_INS: [(&str, &str); 4] = [
    ("mfa", "$.detail.additionalEventData.MFAUsed"),
    ("signin", "$.detail.responseElements.ConsoleLogin"),
    ("requested", "$.detail.responseElements.PasswordRecoveryRequested"),
    ("completed", "$.detail.responseElements.PasswordRecoveryCompleted"),
];

/// Those of API calls.
const OF_CALLS: [(&str, &str); 3] = [
    ("mfa", "$.detail.userIdentity.sessionContext.attributes.mfaAuthenticated"),
    ("key", "$.detail.userIdentity.accessKeyId"),
    ("code", "$.detail.errorCode"),
];

/// How the line with the runbook begins.
const RUNBOOK: &str = "\"What to do: ";

/// What AWS advises after unauthorized use of an account.
const WHAT_TO_DO: &str = "https://repost.aws/knowledge-center/potential-account-compromise";

/// The email of a rule at home; `None` for the one that forwards events.
#[must_use]
pub fn email(rule: OwnRule, context: &EmailContext<'_>) -> Option<InputTransformer> {
    let account = match context.alias {
        Some(alias) => format!("{} ({alias})", context.home.account),
        None => context.home.account.to_string(),
    };
    let (own, first): (&[(&str, &str)], Vec<String>) = match rule {
        OwnRule::Forward => return None,
        OwnRule::SignIns => (
            &OF_SIGN_INS,
            vec![
                format!("<drill>AWS account {account}, root user: <event>"),
                "Result: <signin><requested><completed> <error>".to_owned(),
                "A ConsoleLogin with Success is a sign-in. After PasswordRecoveryRequested and PasswordRecoveryCompleted, \
                 nobody has signed in yet."
                    .to_owned(),
                "MFA used: <mfa>".to_owned(),
            ],
        ),
        OwnRule::Changes => (
            &OF_CALLS,
            vec![
                format!("<drill>AWS account {account}, root user: <event> (<service>)"),
                "Error (empty if AWS did it): <code> <error>".to_owned(),
                "MFA used: <mfa>   Access key: <key>".to_owned(),
            ],
        ),
    };
    let runbook = context.runbook.map(|url| format!("{}{url}", RUNBOOK.trim_start_matches('"')));
    let rest = [
        "When: <time> (UTC)".to_owned(),
        "From: <address>".to_owned(),
        "Client: <client>".to_owned(),
        "Region: <region>   Event: <id>   Source: <source>".to_owned(),
        "If this wasn't you: sign in as root, change the password, check the MFA devices and access keys, and follow \
         the next link."
            .to_owned(),
        WHAT_TO_DO.to_owned(),
    ];
    // Each line of a text template is quoted, and arrives in its quotes.
    let lines = first.into_iter().chain(rest).chain(runbook).map(|line| Value::from(line).to_string());
    let variables = VARIABLES.iter().chain(own).map(|(name, path)| ((*name).to_owned(), (*path).to_owned()));
    Some(InputTransformer { paths: variables.collect(), template: lines.collect::<Vec<_>>().join("\n") })
}

/// Whether an existing email says the same as the wanted one. If the alias isn't known, one that was known when the email was
/// set up is accepted; if no runbook is asked for, one that was asked for earlier.
#[must_use]
pub fn is_same_email(existing: &InputTransformer, wanted: &InputTransformer, context: &EmailContext<'_>) -> bool {
    let without_alias = |template: &str| {
        let account = context.home.account.as_str();
        let start = template.find(account).map(|start| start + account.len())?;
        let rest = template[start..].strip_prefix(" (")?;
        let (_, rest) = rest.split_once(')')?;
        Some(format!("{}{rest}", &template[..start]))
    };
    let without_runbook = |template: &str| match template.rsplit_once('\n') {
        Some((rest, last)) if last.starts_with(RUNBOOK) => rest.to_owned(),
        Some(_) | None => template.to_owned(),
    };
    let mut template = existing.template.clone();
    if context.runbook.is_none() {
        template = without_runbook(&template);
    }
    if context.alias.is_none() {
        template = without_alias(&template).unwrap_or(template);
    }
    existing.paths == wanted.paths && template == wanted.template
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;
    use crate::domain::event::drill_bus_event;
    use crate::domain::event_pattern::EventPattern;
    use crate::domain::event_pattern::coverage::envelope;
    use crate::domain::fixtures::identity;
    use crate::domain::samples::SAMPLES;

    const SCOPES: [EventScope; 2] = [EventScope::Changes, EventScope::Writes];

    fn home() -> AccountRegion {
        identity().in_region(&Region::new("eu-west-1"))
    }

    #[test]
    fn patterns_and_emails_are_short_enough() {
        for (rule, scope) in OwnRule::ALL.into_iter().flat_map(|rule| SCOPES.map(|scope| (rule, scope))) {
            let length = pattern(rule, &home(), scope).len();
            assert!(length <= MAX_PATTERN_LENGTH, "{rule:?} {scope}: {length}");
        }
        let (alias, url) = ("a".repeat(63), format!("https://{}", "u".repeat(500)));
        let home = home();
        let context = EmailContext { home: &home, alias: Some(&alias), runbook: Some(&url) };
        for rule in [OwnRule::SignIns, OwnRule::Changes] {
            let email = email(rule, &context).unwrap();
            // EventBridge API, InputTransformer.
            assert!(email.template.len() <= 8192 && email.paths.len() <= 100);
            for name in email.template.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
                assert!(email.paths.contains_key(name), "<{name}> has no path");
            }
        }
    }

    #[test]
    fn every_change_of_the_list_is_emailed_in_both_scopes_also_without_a_read_only_field() {
        for (name, scope) in CHANGES.into_iter().flat_map(|name| SCOPES.map(|scope| (name, scope))) {
            let mut record: Value = serde_json::from_str(SAMPLES[2].json).unwrap();
            record["eventName"] = json!(name);
            record.as_object_mut().unwrap().remove("readOnly");
            let event = envelope(&record.to_string(), "any type", &home());
            let matches = |rule| EventPattern::parse(&pattern(rule, &home(), scope)).unwrap().matches(&event);
            assert_eq!([OwnRule::Changes, OwnRule::Forward].map(matches), [Some(true); 2], "{name} {scope}");
            assert_eq!(matches(OwnRule::SignIns), Some(false), "{name} {scope}");
        }
    }

    #[test]
    fn an_alias_that_can_not_be_read_now_is_no_reason_to_change_the_email() {
        let home = home();
        let with = EmailContext { home: &home, alias: Some("acme"), runbook: None };
        let without = EmailContext { alias: None, ..with };
        let [named, unnamed] = [&with, &without].map(|context| email(OwnRule::SignIns, context).unwrap());
        assert!(is_same_email(&named, &unnamed, &without));
        assert!(!is_same_email(&unnamed, &named, &with));
        let other = email(OwnRule::Changes, &without).unwrap();
        assert!(!is_same_email(&other, &unnamed, &without));
    }

    /// The email that rootbell's rules at home send for an event; `None` if no rule matches it.
    fn email_for(record: &Value, account: &str, source: &str) -> Option<String> {
        let home = home();
        let mut event =
            envelope(&record.to_string(), "any type", &AccountRegion { account: account.into(), ..home.clone() });
        event["source"] = json!(source);
        let context =
            EmailContext { home: &home, alias: Some("acme-prod"), runbook: Some("https://wiki.example.com/root") };
        let sent = [OwnRule::SignIns, OwnRule::Changes].into_iter().filter_map(|rule| {
            let pattern = EventPattern::parse(&pattern(rule, &home, EventScope::Changes)).unwrap();
            (pattern.matches(&event) == Some(true)).then(|| email(rule, &context).unwrap().render(&event))
        });
        let sent: Vec<String> = sent.collect();
        assert!(sent.len() <= 1, "two emails for one event: {sent:#?}");
        sent.into_iter().next()
    }

    #[test]
    fn the_emails_can_be_understood_at_a_glance_and_look_alikes_send_none() {
        let sample = |index: usize| serde_json::from_str::<Value>(SAMPLES[index].json).unwrap();
        let change = |name: &str, source: &str| {
            let mut record = sample(2);
            (record["eventName"], record["eventSource"]) = (json!(name), json!(source));
            record
        };
        let with = |mut record: Value, edit: fn(&mut Value)| {
            edit(&mut record);
            record
        };
        let recovery = |name: &str| {
            let mut record = sample(0);
            record["eventName"] = json!(name);
            record["responseElements"] = json!({ name: "Success" });
            record["additionalEventData"] = Value::Null;
            record
        };
        let own = "123456789012";
        let drill = || -> Value {
            let at = "2026-11-23T08:14:06Z".parse().unwrap();
            let caller = identity();
            serde_json::from_str(&drill_bus_event("rootbell-drill-1", &caller, &Region::new("us-east-1"), at)).unwrap()
        };
        let events = [
            ("sign-in with MFA", sample(0), own, "aws.signin"),
            (
                "sign-in without MFA",
                with(sample(0), |r| r["additionalEventData"]["MFAUsed"] = json!("No")),
                own,
                "aws.signin",
            ),
            ("failed sign-in", sample(1), own, "aws.signin"),
            ("password recovery requested", recovery("PasswordRecoveryRequested"), own, "aws.signin"),
            ("password recovery completed", recovery("PasswordRecoveryCompleted"), own, "aws.signin"),
            ("access key created", change("CreateAccessKey", "iam.amazonaws.com"), own, "aws.iam"),
            ("MFA turned off", change("DeactivateMFADevice", "iam.amazonaws.com"), own, "aws.iam"),
            ("contact changed", change("PutAlternateContact", "account.amazonaws.com"), own, "aws.account"),
            (
                "leaves the organization",
                change("LeaveOrganization", "organizations.amazonaws.com"),
                own,
                "aws.organizations",
            ),
            (
                "a refused change",
                with(change("CloseAccount", "organizations.amazonaws.com"), |r| {
                    (r["errorCode"], r["errorMessage"]) = (json!("AccessDenied"), json!("You \"can't\" do that."));
                }),
                own,
                "aws.organizations",
            ),
            (
                "missing fields",
                json!({ "userIdentity": { "type": "Root" }, "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn" }),
                own,
                "aws.signin",
            ),
            (
                "hostile user agent",
                with(sample(0), |r| r["userAgent"] = json!("evil\"\n\"MFA used: Yes\u{1b}[2J<event>")),
                own,
                "aws.signin",
            ),
            ("a drill", drill(), own, "rootbell.drill"),
            ("a forged source", sample(0), own, "my.application"),
            ("another account", sample(0), "210987654321", "aws.signin"),
            ("an IAM user signs in", sample(3), own, "aws.signin"),
            ("a service event", sample(4), own, "aws.signin"),
            ("a service acts for root", sample(5), own, "aws.signin"),
            ("a call that isn't listed", change("RunInstances", "ec2.amazonaws.com"), own, "aws.ec2"),
        ];
        let text: Vec<String> = events
            .iter()
            .map(|(name, record, account, source)| {
                let email = email_for(record, account, source).unwrap_or_else(|| "no email".to_owned());
                format!("== {name}\n{email}\n")
            })
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
