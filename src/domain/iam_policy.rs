//! Least-privilege IAM policies: exactly the permissions that one use of rootbell requires, on exactly the named
//! resources, derived from the tables of changes and queries.

use super::arn::Arn;
use super::change::{Change, Permission, Resource};
use super::observed::{Observed, Trail, TrailOwnership};
use super::plan::unmanaged_kinds;
use super::policy::{Effect, PolicyDocument, Statement};
use super::query::{Query, Tagged};
use super::settings::Settings;

mod changes;

use changes::{changes_of, drill_changes, records, reverts, test_changes};

/// What the policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseCase {
    /// The wizard, `plan`, `apply` and `status`.
    Setup,
    /// The dashboard, `status` and `events`.
    Watch,
    /// `test`, with the drill.
    Test,
    /// `destroy`.
    Teardown { with_logs: bool },
}

/// The maximum length of a managed policy, in characters without white space.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas", managed policy size.
pub const MAX_POLICY_LENGTH: usize = 6144;

/// What CloudTrail requires of a caller who changes an organization's trail, besides the permission for the trail.
///
/// Source: CloudTrail User Guide, "Prepare for creating a trail for your organization"; Service Authorization Reference,
/// CloudTrail, dependent actions of UpdateTrail.
pub const ORGANIZATION_TRAIL_ACTIONS: [&str; 4] = [
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "iam:GetRole",
    "iam:CreateServiceLinkedRole",
];
/// What a test alarm reads.
const TEST: [Query; 2] = [Query::Alarm, Query::History];
/// What a drill reads.
const DRILL: [Query; 5] = [Query::RootEvents, Query::MetricStatistics, Query::Alarm, Query::History, Query::EventRules];

/// The policy document.
#[must_use]
pub fn policy(use_case: UseCase, settings: &Settings, observed: &Observed) -> PolicyDocument {
    // Permissions on the same resources share a statement, unless they have a condition.
    let mut statements: Vec<(Vec<String>, Option<&str>, Vec<&str>)> = Vec::new();
    for Permission { action, on, passed_to } in permissions(use_case, settings, observed) {
        match statements.iter_mut().find(|(resources, service, _)| *resources == on && *service == passed_to) {
            Some((_, _, actions)) if actions.contains(&action) => {}
            Some((_, _, actions)) => actions.push(action),
            None => statements.push((on, passed_to, vec![action])),
        }
    }
    let for_organization = match use_case {
        UseCase::Setup | UseCase::Teardown { .. } if changes_organization_trail(settings, observed) => {
            organization_trail_statements(settings)
        }
        UseCase::Setup | UseCase::Teardown { .. } | UseCase::Watch | UseCase::Test => Vec::new(),
    };
    let statement = |(resources, passed_to, mut actions): (Vec<String>, Option<&str>, Vec<&str>)| {
        actions.sort_unstable();
        let statement = Statement::new(Effect::Allow).action(actions.as_slice()).resource(resources.as_slice());
        match passed_to {
            Some(service) => statement.condition("StringEquals", "iam:PassedToService", service),
            None => statement,
        }
    };
    let statements = statements.into_iter().map(statement);
    PolicyDocument::new(&statements.chain(for_organization).collect::<Vec<_>>())
}

/// Whether the trail is an organization's, and this account may change it.
fn changes_organization_trail(settings: &Settings, observed: &Observed) -> bool {
    let trail = observed.trail.as_ref().map(|watched| &watched.trail);
    let is_own = |trail: &Trail| !matches!(trail.ownership(&settings.account_region), TrailOwnership::OtherAccount(_));
    trail.is_some_and(|trail| trail.organization && is_own(trail))
}

/// The statements for [`ORGANIZATION_TRAIL_ACTIONS`], with a Sid that says what they are for.
///
/// Source: IAM User Guide, "Create a service-linked role", permissions; CloudTrail User Guide, "Using service-linked roles
/// for CloudTrail", name of the role.
fn organization_trail_statements(settings: &Settings) -> Vec<Statement> {
    let role =
        settings.account_region.role_arn("aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail");
    let [describe, list, get_role, create_role] = ORGANIZATION_TRAIL_ACTIONS;
    let allow = |sid| Statement::with_sid(sid, Effect::Allow);
    vec![
        allow("OrganizationTrailNeedsOrganization").action([describe, list]).resource("*"),
        allow("OrganizationTrailNeedsServiceRole").action([get_role]).resource([role.as_str()]),
        allow("OrganizationTrailMayCreateServiceRole").action([create_role]).resource([role.as_str()]).condition(
            "StringEquals",
            "iam:AWSServiceName",
            "cloudtrail.amazonaws.com",
        ),
    ]
}

/// A policy's length without white space, to compare with [`MAX_POLICY_LENGTH`].
#[must_use]
pub fn length(policy: &PolicyDocument) -> usize {
    policy.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// All required permissions, possibly with duplicates.
fn permissions(use_case: UseCase, settings: &Settings, observed: &Observed) -> Vec<Permission> {
    let account_region = &settings.account_region;
    let existing = observed.trail.as_ref().map(|watched| &watched.trail);
    let trail_arn = existing.map_or_else(|| account_region.trail_arn(&settings.trail.value), |trail| trail.arn.clone());
    // An existing role may have a path.
    let path = format!("/{}", settings.role.value);
    let role_arn = existing.and_then(|trail| trail.role_arn.clone()).filter(|arn| arn.ends_with(&path));
    let role_arn = role_arn.unwrap_or_else(|| account_region.role_arn(&settings.role.value));
    let queries = Query::ALL.into_iter().filter(|query| needs(use_case, *query, settings, observed));
    let reads = queries.filter_map(|query| query.permission(settings, &trail_arn, &role_arn));
    let changes = changes(use_case, settings, &trail_arn, &role_arn);
    reads.chain(changes.iter().flat_map(|change| change.permissions(account_region))).collect()
}

/// Whether a use case needs the query. A new query must be sorted in here.
fn needs(use_case: UseCase, query: Query, settings: &Settings, observed: &Observed) -> bool {
    let UsedBy { setup, watch, test, teardown, logs } = used_by(query, settings, observed);
    match use_case {
        UseCase::Setup => setup,
        UseCase::Watch => watch,
        UseCase::Test => test,
        UseCase::Teardown { with_logs } => teardown || (with_logs && logs),
    }
}

/// The use cases that need a query.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each use case")]
struct UsedBy {
    setup: bool,
    watch: bool,
    test: bool,
    teardown: bool,
    /// The teardown that also deletes the logs.
    logs: bool,
}

impl UsedBy {
    const NOBODY: Self = Self { setup: false, watch: false, test: false, teardown: false, logs: false };
    const SETUP: Self = Self { setup: true, ..Self::NOBODY };
    const WATCH: Self = Self { watch: true, ..Self::NOBODY };
    /// What is deleted must have been read, and so must what is judged.
    const ALL_BUT_TEST: Self = Self { setup: true, watch: true, teardown: true, ..Self::NOBODY };
    const ALL: Self = Self { test: true, ..Self::ALL_BUT_TEST };
}

fn used_by(query: Query, settings: &Settings, observed: &Observed) -> UsedBy {
    match query {
        // The chain.
        Query::Identity
        | Query::Alias
        | Query::Trails
        | Query::TrailStatus
        | Query::Events
        | Query::LogGroup
        | Query::Filters
        | Query::Alarm
        | Query::AlarmsForMetric
        | Query::MuteRules
        | Query::MuteRule
        | Query::Topic
        | Query::Subscriptions
        | Query::SubscriptionAttributes
        // A drill puts an event on the event bus only where rootbell's rules exist.
        | Query::EventRules => UsedBy::ALL,
        Query::Bucket
        | Query::BucketPolicy
        | Query::BucketVersioning
        | Query::BucketPublicAccess
        | Query::BucketOwnership
        | Query::BucketTags
        | Query::Role
        | Query::RolePolicy
        | Query::RuleTargets
        | Query::TestPattern => UsedBy::ALL_BUT_TEST,
        Query::RootCredentials | Query::VirtualMfaDevices | Query::OrganizationsFeatures => {
            UsedBy { setup: true, ..UsedBy::WATCH }
        }
        Query::TestFilter => UsedBy::SETUP,
        Query::RootEvents | Query::History => UsedBy { test: true, ..UsedBy::WATCH },
        Query::MetricStatistics => UsedBy { setup: true, test: true, ..UsedBy::WATCH },
        Query::GenerateCredentialReport | Query::CredentialReport => UsedBy::WATCH,
        Query::OrganizationAccounts => UsedBy { watch: observed.has_organization_trail(), ..UsedBy::NOBODY },
        Query::KmsKey | Query::KeyPolicy if reads_keys(settings, observed) => UsedBy::ALL,
        Query::KmsKey | Query::KeyPolicy => UsedBy::NOBODY,
        // Only for rules that rootbell may delete.
        Query::RuleTags => UsedBy { teardown: true, ..UsedBy::NOBODY },
        Query::TrailTags | Query::LogGroupTags | Query::TopicTags | Query::AlarmTags => {
            // A plan reads those of unmanaged resources, to which it may add something.
            let setup = unmanaged_kinds(settings).any(|kind| Tagged::from(kind).query() == query);
            UsedBy { setup, teardown: true, ..UsedBy::NOBODY }
        }
        Query::BucketContents => UsedBy { logs: true, ..UsedBy::NOBODY },
    }
}

/// Whether a key encrypts something or is about to.
fn reads_keys(settings: &Settings, observed: &Observed) -> bool {
    let topic = observed.topic.as_ref().ok().and_then(Option::as_ref);
    let group = observed.log_group.as_ref().ok().and_then(Option::as_ref);
    let is_encrypted = topic.is_some_and(|t| t.kms_key.is_some()) || group.is_some_and(|g| g.kms_key.is_some());
    settings.kms_key.is_some() || is_encrypted
}

/// One of each change that may be planned.
fn changes(use_case: UseCase, settings: &Settings, trail_arn: &Arn, role_arn: &Arn) -> Vec<Change> {
    let all = Resource::ALL.into_iter().map(|resource| changes_of(resource, settings, role_arn));
    match use_case {
        UseCase::Watch => Vec::new(),
        UseCase::Test => {
            let test = test_changes(&settings.root_use().alarm.value);
            test.into_iter()
                .chain(drill_changes(
                    &settings.log_group.value,
                    Some(settings.account_region.where_sign_ins_are().event_bus_arn()),
                ))
                .collect()
        }
        UseCase::Setup => all.flat_map(|changes| changes.setup).chain(records(settings, trail_arn)).collect(),
        UseCase::Teardown { with_logs } => all
            .flat_map(|changes| [changes.teardown, if with_logs { changes.logs } else { Vec::new() }])
            .flatten()
            .chain(reverts(settings, trail_arn))
            .collect(),
    }
}

/// The actions that a test alarm needs: part of the policy for [`UseCase::Test`].
#[must_use]
pub fn test_actions() -> Vec<&'static str> {
    actions(&test_changes(""), &TEST)
}

/// The actions that a drill needs, on that event bus too if there are event rules: part of the policy for [`UseCase::Test`].
#[must_use]
pub fn drill_actions(bus: Option<&Arn>) -> Vec<&'static str> {
    actions(&drill_changes("", bus.cloned()), &DRILL)
}

fn actions(changes: &[Change], queries: &[Query]) -> Vec<&'static str> {
    let changes = changes.iter().map(|change| change.operation().iam_action);
    changes.chain(queries.iter().map(|query| query.operation().iam_action)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{settings, sound};
    use super::*;
    use crate::domain::SetupOptions;

    const ALL: [UseCase; 5] = [
        UseCase::Setup,
        UseCase::Watch,
        UseCase::Test,
        UseCase::Teardown { with_logs: false },
        UseCase::Teardown { with_logs: true },
    ];

    fn policy_for(use_case: UseCase, setup: &SetupOptions) -> PolicyDocument {
        policy(use_case, &settings(setup, &Observed::nothing()), &Observed::nothing())
    }

    #[test]
    fn only_watching_an_organizations_trail_needs_the_names_of_its_accounts() {
        let mut observed = sound();
        let lists_accounts = |use_case: UseCase, observed: &Observed| {
            let document = policy(use_case, &settings(&SetupOptions::default(), observed), observed);
            document.actions().into_iter().any(|action| action == "organizations:ListAccounts")
        };
        assert!(ALL.iter().all(|use_case| !lists_accounts(*use_case, &observed)));
        if let Some(watched) = &mut observed.trail {
            watched.trail.organization = true;
        }
        assert_eq!(ALL.map(|use_case| lists_accounts(use_case, &observed)), [false, true, false, false, false]);
    }

    #[test]
    fn reading_the_key_of_the_log_group_needs_permissions_of_its_own() {
        let mut observed = sound();
        if let Ok(Some(group)) = &mut observed.log_group {
            group.kms_key = Some("arn:aws:kms:eu-west-1:123456789012:key/logs".into());
        }
        let document = policy(UseCase::Watch, &settings(&SetupOptions::default(), &observed), &observed);
        for action in ["kms:DescribeKey", "kms:GetKeyPolicy"] {
            assert!(document.actions().into_iter().any(|granted| granted == action), "{action}");
        }
    }

    #[test]
    fn every_policy_is_short_enough_for_a_managed_policy_even_with_the_longest_names() {
        let long = |n: usize| Some("a".repeat(n));
        let setup = SetupOptions {
            trail: long(128),
            bucket: long(63),
            log_group: long(512),
            role: long(64),
            topic: long(256),
            alarm: long(255),
            ..SetupOptions::default()
        };
        for each in ALL {
            let usual = length(&policy_for(each, &SetupOptions::default()));
            assert!(usual < 3800, "{each:?}: {usual}");
            let longest = length(&policy_for(each, &setup));
            assert!(longest <= MAX_POLICY_LENGTH, "{each:?}: {longest}");
        }
    }

    #[test]
    fn a_wildcard_resource_is_used_only_for_actions_without_resource_level_permissions() {
        // Service Authorization Reference: these actions have no resource types.
        let unscoped = [
            "cloudtrail:DescribeTrails",
            "cloudwatch:DescribeAlarmsForMetric",
            "cloudwatch:GetMetricStatistics",
            "events:ListRules",
            "events:TestEventPattern",
            "iam:GenerateCredentialReport",
            "iam:GetAccountSummary",
            "iam:GetCredentialReport",
            "iam:ListAccountAliases",
            "iam:ListOrganizationsFeatures",
            "iam:ListVirtualMFADevices",
            "logs:DescribeLogGroups",
            "logs:TestMetricFilter",
            "sns:GetSubscriptionAttributes",
            "sns:Unsubscribe",
        ];
        for each in ALL {
            let policy = policy_for(each, &SetupOptions::default());
            for statement in policy.statements() {
                let is_unscoped = |action: &str| unscoped.contains(&action);
                let resources: Vec<&str> = statement.resources().collect();
                // Each service has a role of its own.
                let roles = resources.iter().filter(|arn| arn.contains(":role/")).count();
                assert!(resources.len() == 1 || resources.len() == roles, "{statement}");
                if resources == ["*"] {
                    assert!(statement.actions().all(is_unscoped), "{statement}");
                } else {
                    assert!(!statement.actions().any(is_unscoped), "{statement}");
                    for arn in resources {
                        assert!(arn.starts_with("arn:aws:"), "{statement}");
                        assert!(arn.contains("123456789012"), "every ARN contains the account ID: {statement}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_role_can_be_passed_to_cloudtrail_only() {
        let policy = policy_for(UseCase::Setup, &SetupOptions::default());
        let pass = policy.statements().iter().find(|s| s.actions().eq(["iam:PassRole"])).unwrap().as_json();
        assert_eq!(pass["Condition"]["StringEquals"]["iam:PassedToService"], "cloudtrail.amazonaws.com");
        assert_eq!(pass["Resource"], "arn:aws:iam::123456789012:role/rootbell-cloudtrail-to-logs-eu-west-1");
        for each in [UseCase::Watch, UseCase::Test, UseCase::Teardown { with_logs: true }] {
            assert!(!policy_for(each, &SetupOptions::default()).to_string().contains("PassRole"), "{each:?}");
        }
    }

    #[test]
    fn the_actions_of_a_test_and_of_a_drill_are_in_their_policy() {
        let policy = policy_for(UseCase::Test, &SetupOptions::default());
        let granted = policy.actions();
        let bus = Arn::from("arn:aws:events:us-east-1:123456789012:event-bus/default");
        for actions in [test_actions(), drill_actions(None), drill_actions(Some(&bus))] {
            assert!(actions.iter().all(|action| granted.contains(action)), "{actions:?}");
        }
    }

    #[test]
    fn the_watch_policy_is_read_only() {
        for action in policy_for(UseCase::Watch, &SetupOptions::default()).actions() {
            let name = action.split(':').nth(1).unwrap();
            // Service Authorization Reference: the access level is Read, because no resource is changed.
            if ["iam:GenerateCredentialReport", "events:TestEventPattern"].contains(&action) {
                continue;
            }
            assert!(["Get", "List", "Describe", "Filter"].iter().any(|verb| name.starts_with(verb)), "{action}");
        }
    }

    #[test]
    fn the_policy_contains_the_configured_and_existing_names() {
        let mut observed = sound();
        let trail = &mut observed.trail.as_mut().unwrap().trail;
        trail.role_arn = Some("arn:aws:iam::123456789012:role/service-role/theirs".into());
        trail.name = "rootbell".into();
        observed.trails = Ok(vec![trail.clone()]);
        let settings = settings(&SetupOptions { topic: Some("ops".into()), ..SetupOptions::default() }, &observed);
        let text = policy(UseCase::Setup, &settings, &observed).to_string();
        assert!(text.contains("arn:aws:iam::123456789012:role/service-role/theirs"), "{text}");
        assert!(text.contains("arn:aws:sns:eu-west-1:123456789012:ops"), "{text}");
        assert!(!text.contains("rootbell-alerts"), "{text}");
    }
}
