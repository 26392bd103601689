//! What the queries for the caller's identity and organization return.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::domain::Identity;

pub(super) fn identities() -> Vec<ContractCase> {
    let arn = "arn:aws:iam::123456789012:user/alice";
    let caller = || AwsReply::Xml(format!("<Account>123456789012</Account><Arn>{arn}</Arn>"));
    let identity = |alias: Option<&str>| Identity {
        account: "123456789012".into(),
        arn: arn.into(),
        alias: alias.map(str::to_owned),
    };
    let aliases = AwsReply::Xml("<AccountAliases><member>acme</member></AccountAliases>".into());
    vec![
        ContractCase::new("the caller's identity", CloudCall::Identity)
            .aws("GetCallerIdentity", caller())
            .returns(&identity(None)),
        ContractCase::new("the caller's identity with an account alias", CloudCall::Identity)
            .demo(|account| account.alias = Some("acme".into()))
            .aws("GetCallerIdentity", caller())
            .aws("ListAccountAliases", aliases)
            .returns(&identity(Some("acme"))),
    ]
}

pub(super) fn organization() -> Vec<ContractCase> {
    let names: BTreeMap<String, String> = [("555566667777".to_owned(), "workloads".to_owned())].into();
    let in_demo = names.clone();
    let listed = json!({ "Accounts": [{ "Id": "555566667777", "Name": "workloads", "State": "ACTIVE" }] });
    vec![
        ContractCase::new("the names of an organization's accounts", CloudCall::OrganizationAccounts)
            .demo(|account| account.organization_accounts = in_demo)
            .aws("ListAccounts", AwsReply::Json(listed))
            .returns(&names),
        ContractCase::new("the names of accounts, from a member account", CloudCall::OrganizationAccounts).fails(
            "ListAccounts",
            "AccessDeniedException",
            ErrorKind::AccessDenied,
        ),
    ]
}
