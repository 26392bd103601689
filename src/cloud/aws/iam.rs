//! IAM: the account's alias, and the role that CloudTrail uses for delivery.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use percent_encoding::percent_decode_str;

use super::errors::Call;
use crate::cloud::{Answer, ErrorKind};
use crate::domain::Query;
use crate::domain::observed::Role;
use crate::domain::policy::PolicyDocument;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::settings::TAG;

/// How long to wait for what is optional: the alias, and what is said about the root user. Private networks with VPC
/// endpoints for other services often have none for IAM.
const OPTIONAL: Duration = Duration::from_secs(3);

/// The answer to a call for something optional.
///
/// # Errors
/// Those of the call, or a timeout.
pub(super) async fn optional<T>(call: &Call<'_>, answer: impl Future<Output = Answer<T>>) -> Answer<T> {
    let answer = tokio::time::timeout(OPTIONAL, Box::pin(answer)).await;
    let late = || call.error(ErrorKind::Timeout, &format!("no answer in {} s", OPTIONAL.as_secs()));
    answer.unwrap_or_else(|_| Err(late()))
}

pub(super) struct Iam {
    pub(super) client: Client,
}

impl Iam {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The account's alias; `None` if it can't be read or takes too long.
    ///
    /// Source: IAM API, ListAccountAliases: an account has at most one.
    pub(super) async fn list_account_aliases(&self) -> Answer<Option<String>> {
        let call = Call::query(Query::Alias, "");
        let answer = optional(&call, async { call.answered(self.client.list_account_aliases().send().await) }).await;
        Ok(answer.ok().and_then(|found| found.account_aliases.into_iter().next()))
    }

    /// Source: IAM API, GetRole and GetRolePolicy.
    pub(super) async fn get_role(&self, name: &str, purpose: RolePurpose) -> Answer<Option<Role>> {
        let get_role = Call::query(Query::Role, name);
        let get_policy = Call::query(Query::RolePolicy, name);
        let (role, policy) = tokio::join!(
            self.client.get_role().role_name(name).send(),
            self.client.get_role_policy().role_name(name).policy_name(purpose.policy_name()).send(),
        );
        // Check the role first: if it doesn't exist, an error for its policy doesn't matter.
        let Some(role) = get_role.found(role, "NoSuchEntity")?.and_then(|found| found.role) else { return Ok(None) };
        let trust = role.assume_role_policy_document.as_deref();
        let policy = get_policy.found(policy, "NoSuchEntity")?;
        Ok(Some(Role {
            name: role.role_name,
            arn: role.arn.into(),
            trust: document(trust.unwrap_or_default()),
            policy: policy.map(|found| document(&found.policy_document)),
            tags: role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
        }))
    }

    pub(super) async fn create_role(&self, call: &Call<'_>, role: &str, trust: &PolicyDocument) -> Answer<()> {
        let tag = Tag::builder().key(TAG.0).value(TAG.1).build().map_err(|e| call.invalid_request(&e))?;
        let request =
            self.client.create_role().role_name(role).assume_role_policy_document(trust.to_string()).tags(tag);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn update_assume_role_policy(
        &self,
        call: &Call<'_>,
        role: &str,
        trust: &PolicyDocument,
    ) -> Answer<()> {
        let request = self.client.update_assume_role_policy().role_name(role).policy_document(trust.to_string());
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_role_policy(
        &self,
        call: &Call<'_>,
        role: &str,
        purpose: RolePurpose,
        policy: &PolicyDocument,
    ) -> Answer<()> {
        let request = self.client.put_role_policy().role_name(role).policy_name(purpose.policy_name());
        let request = request.policy_document(policy.to_string());
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn delete_role_policy(&self, call: &Call<'_>, role: &str, purpose: RolePurpose) -> Answer<()> {
        let request = self.client.delete_role_policy().role_name(role).policy_name(purpose.policy_name());
        call.answered(request.send().await).map(drop)
    }

    /// Source: IAM API, DeleteRole: fails while the role has a policy.
    pub(super) async fn delete_role(&self, call: &Call<'_>, role: &str) -> Answer<()> {
        call.answered(self.client.delete_role().role_name(role).send().await).map(drop)
    }
}

/// Parses a policy document as IAM returns it: URL-encoded according to RFC 3986.
///
/// Source: IAM API, GetRolePolicy, `PolicyDocument`.
fn document(text: &str) -> PolicyDocument {
    // Emulators send it unencoded, and then a % in it is literal.
    if text.trim_start().starts_with('{') {
        return PolicyDocument::parse(text);
    }
    PolicyDocument::parse(&percent_decode_str(text).decode_utf8_lossy())
}
