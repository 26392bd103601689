//! What errors say, and what they advise.

use super::*;
use crate::cloud::{CredentialSource, KeyKind};

fn error(kind: ErrorKind) -> CloudError {
    CloudError {
        kind,
        service: "cloudtrail",
        operation: "CreateTrail",
        iam_action: "cloudtrail:CreateTrail",
        resource: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell".into(),
        message: "not authorized".into(),
        request_id: Some("abc".into()),
        sign_in: Some(Arc::new(SignIn::sso(Some("prod"), &Region::new("eu-west-1")))),
    }
}

fn text(error: &CloudError) -> String {
    format!("{} {}", error.why(), error.fix().content())
}

#[test]
fn a_missing_permission_names_the_action_and_the_statement() {
    let text = text(&error(ErrorKind::AccessDenied));
    assert!(text.contains("CreateTrail (cloudtrail) on `arn:"), "{text}");
    assert!(text.contains(r#""Action":"cloudtrail:CreateTrail""#), "{text}");
}

#[test]
fn the_statement_names_the_permission_that_aws_says_is_missing() {
    let message = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: \
                   arn:aws:iam::1:role/r because no identity-based policy allows the iam:PassRole action";
    let text = CloudError { message: message.into(), ..error(ErrorKind::AccessDenied) }.fix().content();
    assert!(text.contains("Grant iam:PassRole to this identity"), "{text}");
    assert!(text.contains(r#""Resource":"arn:aws:iam::1:role/r""#), "{text}");
    let quoted = "User: x is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::b\"";
    let unqualified =
        CloudError { message: quoted.into(), resource: "b".into(), ..error(ErrorKind::AccessDenied) }.fix().content();
    assert!(unqualified.contains(r#""Resource":"arn:aws:s3:::b""#), "{unqualified}");
    let without_details =
        CloudError { message: "Access Denied".into(), resource: "b".into(), ..error(ErrorKind::AccessDenied) };
    assert!(without_details.fix().content().contains(r#""Action":"cloudtrail:CreateTrail","Resource":"*""#));
}

#[test]
fn the_reason_for_a_denial_is_kept_without_repeating_the_call() {
    let message = "User: arn:aws:iam::1:user/a is not authorized to perform: cloudtrail:CreateTrail on resource: x \
                   because no identity-based policy allows the cloudtrail:CreateTrail action";
    let text = CloudError { message: message.into(), ..error(ErrorKind::AccessDenied) }.why();
    assert!(text.ends_with("permission denied, because no identity-based policy allows cloudtrail:CreateTrail."));
}

#[test]
fn an_expired_session_names_the_sign_in_command_with_the_profile() {
    assert!(text(&error(ErrorKind::ExpiredCredentials)).contains("`aws sso login --profile prod`"));
}

#[test]
fn advice_in_a_message_is_not_repeated_by_the_fix() {
    let message = "We encountered an internal error. Please try again.";
    let text = text(&CloudError { message: message.into(), ..error(ErrorKind::Other) });
    assert!(text.contains("We encountered an internal error. Try again; if the error persists"), "{text}");
}

const KINDS: [ErrorKind; 39] = [
    ErrorKind::AccessDenied,
    ErrorKind::ExpiredCredentials,
    ErrorKind::InvalidCredentials,
    ErrorKind::NoCredentials,
    ErrorKind::RoleDenied,
    ErrorKind::MfaRequired,
    ErrorKind::MfaRejected,
    ErrorKind::ProcessFailed,
    ErrorKind::NoProfile,
    ErrorKind::BadProfile,
    ErrorKind::NoRegion,
    ErrorKind::RegionDisabled,
    ErrorKind::WrongClock,
    ErrorKind::Throttled,
    ErrorKind::Unavailable,
    ErrorKind::Proxy,
    ErrorKind::WebPage,
    ErrorKind::NotAws,
    ErrorKind::NotFound,
    ErrorKind::AlreadyExists,
    ErrorKind::Quota,
    ErrorKind::Invalid,
    ErrorKind::EventualConsistency,
    ErrorKind::Offline,
    ErrorKind::Timeout,
    ErrorKind::Unsupported,
    ErrorKind::DeletionProtected,
    ErrorKind::Key(KeyProblem::State(KeyState::PendingDeletion)),
    ErrorKind::Key(KeyProblem::NotFound),
    ErrorKind::Key(KeyProblem::NotAllowed),
    ErrorKind::Key(KeyProblem::OfAnotherAccount),
    ErrorKind::Organization(OrganizationProblem::TrustedAccessDisabled),
    ErrorKind::Organization(OrganizationProblem::MissingPermission),
    ErrorKind::Organization(OrganizationProblem::RoleNotPermitted),
    ErrorKind::Organization(OrganizationProblem::NoServiceLinkedRole),
    ErrorKind::Organization(OrganizationProblem::NotManagementAccount),
    ErrorKind::Organization(OrganizationProblem::FeaturesDisabled),
    ErrorKind::Organization(OrganizationProblem::NoOrganization),
    ErrorKind::Other,
];

fn sources() -> Vec<CredentialSource> {
    let kinds = [KeyKind::LongTerm, KeyKind::Temporary, KeyKind::WithoutToken];
    let mut all = vec![
        CredentialSource::Unknown,
        CredentialSource::Sso,
        CredentialSource::Login,
        CredentialSource::Process("awscreds".into()),
        CredentialSource::WebIdentity("/token".into()),
        CredentialSource::Container,
        CredentialSource::Instance,
    ];
    all.extend(kinds.map(CredentialSource::Environment));
    all.extend(kinds.map(CredentialSource::Keys));
    all
}

#[test]
fn every_reason_and_fix_is_a_full_sentence_for_every_kind_of_profile() {
    for kind in KINDS {
        for source in sources() {
            for message in ["no", "no.", "did you mean `x`?", "is that so (really)"] {
                let sso = source == CredentialSource::Sso;
                let sign_in = SignIn { source: source.clone(), ..SignIn::sso(Some("prod"), &Region::new("eu-west-1")) };
                let error = CloudError { message: message.into(), sign_in: Some(Arc::new(sign_in)), ..error(kind) };
                let text = text(&error);
                for wrong in ["?.", "..", "!.", " .", "()", "``", "  ", "Some(", "Error {"] {
                    assert!(!text.contains(wrong), "{wrong:?} in {text}");
                }
                assert!(error.why().ends_with(['.', '?']), "{text}");
                assert!(error.fix().content().ends_with(['.', '}']), "{text}");
                let missing = [
                    ErrorKind::ExpiredCredentials,
                    ErrorKind::InvalidCredentials,
                    ErrorKind::NoCredentials,
                    ErrorKind::ProcessFailed,
                ];
                let expected = sso && missing.contains(&kind);
                assert_eq!(text.contains("aws sso login"), expected, "{text}");
            }
        }
    }
}

#[test]
fn a_bucket_name_taken_by_another_account_suggests_another_name() {
    let taken = CloudError { operation: "CreateBucket", resource: "b".into(), ..error(ErrorKind::AlreadyExists) };
    assert!(taken.fix().content().contains("`b-logs`"));
}
