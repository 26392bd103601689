//! Checks the printed policies against an extract of AWS's Service Authorization Reference: every action exists, its
//! resources are of a type that it supports, its condition keys are supported, and the actions it depends on are granted.

use std::collections::{BTreeMap, BTreeSet};

use rootbell::cloud::demo::account::{Account, Trail};
use rootbell::domain::iam_policy::{UseCase, policy};
use rootbell::domain::policy::PolicyDocument;
use rootbell::domain::{Observed, Region, RetentionDays, Settings, SetupOptions, observed};
use rootbell::engine::{self, ObserveScope};
use serde::Deserialize;
use serde_json::Value;

use crate::properties::{cloud, in_virtual_time, region_mut, setup_options};

#[derive(Deserialize)]
struct Reference {
    /// The format of a type's ARNs, by service and type.
    resource_types: BTreeMap<String, String>,
    actions: BTreeMap<String, Action>,
}

#[derive(Deserialize)]
struct Action {
    /// None: only `*`.
    resource_types: Vec<String>,
    condition_keys: Vec<String>,
    dependent_actions: Vec<String>,
}

/// Dependent actions that the calls don't need as rootbell makes them.
///
/// Source: CloudTrail User Guide, "Prepare for creating a trail for your organization"; SNS Developer Guide, "Amazon SNS
/// message delivery status", role for logging.
const CONDITIONAL: [(&str, &str, &str); 8] = [
    ("cloudtrail:CreateTrail", "iam:CreateServiceLinkedRole", "rootbell creates no organization trail"),
    ("cloudtrail:CreateTrail", "iam:GetRole", "rootbell creates no organization trail"),
    (
        "cloudtrail:CreateTrail",
        "organizations:ListAWSServiceAccessForOrganization",
        "rootbell creates no organization trail",
    ),
    ("cloudtrail:UpdateTrail", "iam:CreateServiceLinkedRole", "only for an organization's trail"),
    ("cloudtrail:UpdateTrail", "iam:GetRole", "only for an organization's trail"),
    ("cloudtrail:UpdateTrail", "organizations:ListAWSServiceAccessForOrganization", "only for an organization's trail"),
    ("sns:CreateTopic", "iam:PassRole", "only with a role that logs deliveries"),
    ("sns:SetTopicAttributes", "iam:PassRole", "only with a role that logs deliveries"),
];

const USE_CASES: [UseCase; 5] = [
    UseCase::Setup,
    UseCase::Watch,
    UseCase::Test,
    UseCase::Teardown { with_logs: false },
    UseCase::Teardown { with_logs: true },
];

fn reference() -> Reference {
    serde_json::from_str(include_str!("../data/service-authorization-2026-11.json")).unwrap()
}

/// Whether an ARN, which may contain `*`, can be of a type with this format.
fn has_format(arn: &str, format: &str) -> bool {
    // A log group's ARN may end in `:*`, for its streams.
    let arn = if format.contains(":log-group:") && !format.contains("log-stream") {
        arn.strip_suffix(":*").unwrap_or(arn)
    } else {
        arn
    };
    let (mut rest, mut is_first) = (arn, true);
    for piece in format.split("${") {
        let fixed = piece.split_once('}').map_or(piece, |(_, fixed)| fixed);
        let found = if is_first { rest.starts_with(fixed).then_some(0) } else { rest.find(fixed) };
        let Some(at) = found else { return false };
        rest = if fixed.is_empty() { rest } else { &rest[at + fixed.len()..] };
        is_first = false;
    }
    // A name contains no further fields.
    format.ends_with('}') && !rest.is_empty() && !rest.contains(":log-stream:")
}

fn resolved(setup: &SetupOptions, observed: &Observed) -> Settings {
    Settings::resolve(&Account::default().identity(), &Region::new("eu-west-1"), setup, observed)
}

/// An account whose own trail is the organization's.
fn organization() -> Observed {
    let mut account = Account::default();
    let trail = Trail {
        config: observed::Trail {
            multi_region: true,
            organization: true,
            bucket: "org-logs".into(),
            ..observed::Trail::default()
        },
        logging: true,
        ..Trail::default()
    };
    region_mut(&mut account).trails.insert("org".into(), trail);
    let identity = account.identity();
    let cloud = cloud(account);
    let setup = SetupOptions { trail: Some("org".into()), ..setup_options() };
    in_virtual_time(async {
        engine::observe(
            &cloud,
            &identity,
            &Region::new("eu-west-1"),
            &setup,
            ObserveScope::Everything,
            crate::properties::now(),
        )
        .await
    })
}

/// The policies of all use cases for various settings and accounts.
fn policies() -> Vec<(String, PolicyDocument)> {
    let nothing = Observed::nothing();
    let with_key = SetupOptions {
        kms_key: Some("arn:aws:kms:eu-west-1:123456789012:key/1".into()),
        retention_days: Some(RetentionDays::Never),
        ..setup_options()
    };
    let organization_trail = SetupOptions { trail: Some("org".into()), ..setup_options() };
    let mut all = Vec::new();
    for (name, setup, observed) in [
        ("fresh", setup_options(), nothing.clone()),
        ("with a key, and events kept forever", with_key, nothing),
        ("organization", organization_trail, organization()),
    ] {
        for use_case in USE_CASES {
            let document = policy(use_case, &resolved(&setup, &observed), &observed);
            all.push((format!("{name}, {use_case:?}"), document));
        }
    }
    all
}

fn condition_keys(statement: &Value) -> Vec<String> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten()).map(|(key, _)| key.clone()).collect()
}

#[test]
fn every_statement_agrees_with_awss_reference() {
    let reference = reference();
    for (name, document) in policies() {
        for statement in document.statements() {
            for action in statement.actions() {
                let found = reference.actions.get(action);
                let Action { resource_types, condition_keys: supported, .. } =
                    found.unwrap_or_else(|| panic!("{name}: no action {action}; add it to the extract"));
                let service = action.split(':').next().unwrap();
                for arn in statement.resources() {
                    let formats: Vec<&String> = resource_types
                        .iter()
                        .map(|kind| &reference.resource_types[&format!("{service}:{kind}")])
                        .collect();
                    let fits = if formats.is_empty() {
                        arn == "*"
                    } else {
                        formats.iter().any(|format| has_format(arn, format))
                    };
                    assert!(fits, "{name}: {action} on {arn}, but it supports {formats:?}");
                }
                for key in condition_keys(statement.as_json()) {
                    assert!(supported.contains(&key), "{name}: {action} does not support {key}");
                }
            }
        }
    }
}

#[test]
fn every_dependent_action_is_granted_or_not_needed() {
    let reference = reference();
    let mut unneeded = BTreeSet::new();
    for (name, document) in policies() {
        let granted = document.actions();
        for action in &granted {
            for dependent in &reference.actions[*action].dependent_actions {
                let is_excepted = |(of, excepted, _): &&(&str, &str, &str)| of == action && excepted == dependent;
                match CONDITIONAL.iter().find(is_excepted) {
                    Some(exception) => _ = unneeded.insert(*exception),
                    None => assert!(granted.contains(&dependent.as_str()), "{name}: {action} needs {dependent}"),
                }
            }
        }
    }
    assert_eq!(unneeded, CONDITIONAL.into_iter().collect(), "every exception is used");
}

#[test]
fn an_organizations_trail_needs_statements_of_their_own_and_no_other_trail_does() {
    for (name, document) in policies() {
        let sids: Vec<&str> = document.statements().iter().filter_map(|statement| statement.sid()).collect();
        let expected = name.starts_with("organization, Setup") || name.starts_with("organization, Teardown");
        let all = [
            "OrganizationTrailNeedsOrganization",
            "OrganizationTrailNeedsServiceRole",
            "OrganizationTrailMayCreateServiceRole",
        ];
        assert_eq!(sids, if expected { all.to_vec() } else { Vec::new() }, "{name}");
        let granted = document.actions();
        for dependent in &reference().actions["cloudtrail:UpdateTrail"].dependent_actions {
            let is_granted = granted.contains(&dependent.as_str());
            assert!(!expected || is_granted, "{name}: {dependent}");
            assert!(expected || dependent == "iam:GetRole" || !is_granted, "{name}: {dependent} is not needed");
        }
    }
}

#[test]
fn an_arn_is_compared_with_a_format_field_by_field() {
    let group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
    let stream = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:${LogStreamName}";
    for (arn, format, fits) in [
        ("arn:aws:logs:eu-west-1:1:log-group:g", group, true),
        ("arn:aws:logs:eu-west-1:1:log-group:g:*", group, true),
        ("arn:aws:logs:eu-west-1:1:log-group:g:log-stream:s", group, false),
        ("arn:aws:logs:eu-west-1:1:log-group:g:log-stream:s", stream, true),
        ("arn:aws:logs:eu-west-1:1:log-group:g", stream, false),
        ("arn:aws:sns:eu-west-1:1:t", "arn:${Partition}:sns:${Region}:${Account}:${TopicName}", true),
        ("arn:aws:s3:::b", "arn:${Partition}:s3:::${BucketName}", true),
        ("arn:aws:s3:::b", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", false),
        ("*", group, false),
    ] {
        assert_eq!(has_format(arn, format), fits, "{arn} as {format}");
    }
}
