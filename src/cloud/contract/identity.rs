//! What the query for the caller's identity returns.

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
