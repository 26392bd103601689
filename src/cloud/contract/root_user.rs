//! What the queries about the root user return.

use super::queries::ago;
use super::*;
use crate::domain::root_user::{RootCredentials, RootLastUse, RootMfa};

fn summary(entries: &[(&str, u32)]) -> AwsReply {
    let entry = |(key, value): &(&str, u32)| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let entries: Vec<String> = entries.iter().map(entry).collect();
    AwsReply::Xml(format!("<SummaryMap>{}</SummaryMap>", entries.join("")))
}

fn devices(owners: &[&str]) -> AwsReply {
    let device = |owner: &&str| {
        format!(
            "<member><SerialNumber>arn:aws:iam::123456789012:mfa/x</SerialNumber><User><Path>/</Path>\
             <UserName>x</UserName><UserId>X</UserId><Arn>arn:aws:iam::123456789012:{owner}</Arn>\
             <CreateDate>{START}</CreateDate></User></member>"
        )
    };
    let devices: Vec<String> = owners.iter().map(device).collect();
    let devices = devices.join("");
    AwsReply::Xml(format!("<IsTruncated>false</IsTruncated><VirtualMFADevices>{devices}</VirtualMFADevices>"))
}

fn features(names: &[&str]) -> AwsReply {
    let names: Vec<String> = names.iter().map(|name| format!("<member>{name}</member>")).collect();
    AwsReply::Xml(format!("<EnabledFeatures>{}</EnabledFeatures>", names.join("")))
}

pub(super) fn cases() -> Vec<ContractCase> {
    [credentials(), organization(), report()].into_iter().flatten().collect()
}

fn credentials() -> Vec<ContractCase> {
    let usual = RootCredentials { password: Some(true), mfa: true, access_keys: 0, certificates: 0 };
    let exposed = RootCredentials { password: Some(true), mfa: false, access_keys: 1, certificates: 1 };
    let absent = RootCredentials { password: Some(false), mfa: false, access_keys: 0, certificates: 0 };
    let all = |password: u32, mfa: u32, keys: u32, certificates: u32| {
        summary(&[
            ("Users", 7),
            ("AccountPasswordPresent", password),
            ("AccountMFAEnabled", mfa),
            ("AccountAccessKeysPresent", keys),
            ("AccountSigningCertificatesPresent", certificates),
        ])
    };
    vec![
        ContractCase::new("a root user with MFA", CloudCall::RootCredentials)
            .aws("GetAccountSummary", all(1, 1, 0, 0))
            .returns(&usual),
        ContractCase::new("a root user with access keys and without MFA", CloudCall::RootCredentials)
            .demo(|account| {
                let root = &mut account.root_user;
                (root.mfa, root.access_keys, root.certificates) = (RootMfa::None, 1, 1);
            })
            .aws("GetAccountSummary", all(1, 0, 1, 1))
            .returns(&exposed),
        ContractCase::new("a root user without credentials", CloudCall::RootCredentials)
            .demo(|account| (account.root_user.password, account.root_user.mfa) = (false, RootMfa::None))
            .aws("GetAccountSummary", all(0, 0, 0, 0))
            .returns(&absent),
        ContractCase::new("a virtual MFA device of the root user", CloudCall::VirtualRootMfa)
            .demo(|account| account.root_user.mfa = RootMfa::Virtual)
            .aws("ListVirtualMFADevices", devices(&["user/alice", "root"]))
            .returns(&true),
        ContractCase::new("virtual MFA devices of others only, one of them named root", CloudCall::VirtualRootMfa)
            .aws("ListVirtualMFADevices", devices(&["user/alice", "user/root"]))
            .returns(&false),
    ]
}

fn organization() -> Vec<ContractCase> {
    let unknown = None::<bool>;
    let case = |name, reply, centralized: Option<bool>| {
        ContractCase::new(name, CloudCall::CentralizedRootAccess)
            .demo(|account| account.root_user.centralized = centralized)
            .aws("ListOrganizationsFeatures", reply)
            .returns(&centralized)
    };
    let refused = |code| AwsReply::Error(400, code, "no");
    vec![
        case("central root access", features(&["RootSessions", "RootCredentialsManagement"]), Some(true)),
        case("central root sessions only", features(&["RootSessions"]), Some(false)),
        case("an account without an organization", refused("OrganizationNotFoundException"), Some(false)),
        case("no trusted access for IAM", refused("ServiceAccessNotEnabledException"), Some(false)),
        case("a member account", refused("AccountNotManagementOrDelegatedAdministratorException"), unknown),
        case(
            "the same, as the API reference names it",
            refused("AccountNotManagementOrDelegatedAdministrator"),
            unknown,
        ),
    ]
}

fn report() -> Vec<ContractCase> {
    let state = |state| AwsReply::Xml(format!("<State>{state}</State>"));
    let csv = format!(
        "user,password_last_used,access_key_1_last_used_date,access_key_2_last_used_date\n\
         <root_account>,{},N/A,{}\n",
        ago(9000),
        ago(8000)
    );
    let content = base64(&csv);
    let report = AwsReply::Xml(format!(
        "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{}</GeneratedTime>",
        ago(7200)
    ));
    let found = RootLastUse { as_of: ago(7200), password: Some(ago(9000)), access_key: Some(ago(8000)) };
    let refused = |code| AwsReply::Error(410, code, "no");
    vec![
        ContractCase::new("the first credential report is started", CloudCall::GenerateCredentialReport)
            .aws("GenerateCredentialReport", state("STARTED"))
            .returns(&false),
        ContractCase::new("a credential report is being generated", CloudCall::GenerateCredentialReport)
            .demo(|account| account.root_user.report = Some(0))
            .aws("GenerateCredentialReport", state("INPROGRESS"))
            .returns(&false),
        ContractCase::new("a recent credential report is kept", CloudCall::GenerateCredentialReport)
            .demo(|account| account.root_user.report = Some(-7200))
            .aws("GenerateCredentialReport", state("COMPLETE"))
            .returns(&true),
        ContractCase::new("a credential report", CloudCall::RootLastUse)
            .demo(|account| {
                let root = &mut account.root_user;
                (root.report, root.password_last_used, root.access_key_last_used) =
                    (Some(-7200), Some(-9000), Some(-8000));
            })
            .aws("GetCredentialReport", report)
            .returns(&Some(found)),
        ContractCase::new("no credential report", CloudCall::RootLastUse)
            .aws("GetCredentialReport", refused("ReportNotPresent"))
            .returns(&None::<RootLastUse>),
        ContractCase::new("a credential report that isn't ready", CloudCall::RootLastUse)
            .demo(|account| account.root_user.report = Some(0))
            .aws("GetCredentialReport", refused("ReportInProgress"))
            .returns(&None::<RootLastUse>),
    ]
}
