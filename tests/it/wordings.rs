//! AWS's own words for errors, as people see them: the sentence, and what to do, on the command line and on the screen.
//! `src/cloud/aws/tests/wordings.rs` checks what the adapter makes of them.

use std::sync::Arc;

use rootbell::cli::fix::fix_text as in_commands;
use rootbell::cloud::{CloudError, ErrorKind, KeyProblem, OrganizationProblem, SignIn};
use rootbell::domain::Region;
use rootbell::domain::key_state::KeyState;
use rootbell::domain::query::Query;
use rootbell::ui::fix::fix_text as on_screen;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    error: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    title: String,
    call: String,
    region: Option<String>,
    message: String,
    kind: String,
    cli: String,
    /// If it differs.
    ui: Option<String>,
}

/// The kind by its name in the table.
fn kind(name: &str) -> ErrorKind {
    match name {
        "AccessDenied" => ErrorKind::AccessDenied,
        "InvalidCredentials" => ErrorKind::InvalidCredentials,
        "RegionDisabled" => ErrorKind::RegionDisabled,
        "WrongClock" => ErrorKind::WrongClock,
        "DeletionProtected" => ErrorKind::DeletionProtected,
        "Key(NotAllowed)" => ErrorKind::Key(KeyProblem::NotAllowed),
        "Key(NotFound)" => ErrorKind::Key(KeyProblem::NotFound),
        "Key(State(PendingDeletion))" => ErrorKind::Key(KeyProblem::State(KeyState::PendingDeletion)),
        "Key(State(Disabled))" => ErrorKind::Key(KeyProblem::State(KeyState::Disabled)),
        "Organization(TrustedAccessDisabled)" => ErrorKind::Organization(OrganizationProblem::TrustedAccessDisabled),
        "Organization(MissingPermission)" => ErrorKind::Organization(OrganizationProblem::MissingPermission),
        "Organization(RoleNotPermitted)" => ErrorKind::Organization(OrganizationProblem::RoleNotPermitted),
        "Organization(NoServiceLinkedRole)" => ErrorKind::Organization(OrganizationProblem::NoServiceLinkedRole),
        "Organization(NotManagementAccount)" => ErrorKind::Organization(OrganizationProblem::NotManagementAccount),
        "Organization(FeaturesDisabled)" => ErrorKind::Organization(OrganizationProblem::FeaturesDisabled),
        "Organization(NoOrganization)" => ErrorKind::Organization(OrganizationProblem::NoOrganization),
        other => panic!("no kind {other}"),
    }
}

/// The resource and the IAM action of the row's call.
fn call(name: &str) -> (&'static str, &'static str) {
    match name {
        "GetCallerIdentity" => ("", Query::Identity.operation().iam_action),
        "DescribeTrails" => ("", Query::Trails.operation().iam_action),
        "GetTopicAttributes" => ("arn:aws:sns:eu-west-1:123456789012:rootbell", Query::Topic.operation().iam_action),
        "DescribeKey" => ("arn:aws:kms:eu-west-1:123456789012:key/1", Query::KmsKey.operation().iam_action),
        "trail.create" => ("rootbell", "cloudtrail:CreateTrail"),
        "trail.update" | "trail.key" => ("rootbell", "cloudtrail:UpdateTrail"),
        "trail.start" => ("rootbell", "cloudtrail:StartLogging"),
        "trail.stop" => ("rootbell", "cloudtrail:StopLogging"),
        "bucket.policy" => ("b", "s3:PutBucketPolicy"),
        "log_group.create" => ("g", "logs:CreateLogGroup"),
        "log_group.delete" => ("g", "logs:DeleteLogGroup"),
        "log_group.key" => ("g", "logs:AssociateKmsKey"),
        "filter.put" => ("f", "logs:PutMetricFilter"),
        "role.create" => ("r", "iam:CreateRole"),
        "topic.create" | "topic.key" => ("rootbell", "sns:SetTopicAttributes"),
        "alarm.put" => ("root", "cloudwatch:PutMetricAlarm"),
        other => panic!("no call {other}"),
    }
}

#[test]
fn each_of_awss_wordings_leads_to_advice_that_can_be_followed() {
    let table: Table = toml::from_str(include_str!("../data/aws-errors.toml")).unwrap();
    let mut wrong = Vec::new();
    for row in table.error {
        let (resource, iam_action) = call(&row.call);
        let region = Region::new(row.region.as_deref().unwrap_or("eu-west-1"));
        let error = CloudError {
            iam_action,
            resource: resource.to_owned(),
            sign_in: Some(Arc::new(SignIn::sso(Some("prod"), &region))),
            ..CloudError::local(kind(&row.kind), row.message)
        };
        let (cli, ui) = (in_commands(&error.fix()), on_screen(&error.fix()));
        if (&cli, &ui) != (&row.cli, row.ui.as_ref().unwrap_or(&row.cli)) {
            wrong.push(format!("{}\t{cli}\t{ui}", row.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
