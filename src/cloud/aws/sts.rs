//! Security Token Service: who is signed in.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;

use super::errors::Call;
use crate::cloud::Answer;
use crate::domain::{Identity, Query};

pub(super) struct Sts {
    pub(super) client: Client,
}

impl Sts {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Without the alias, which is IAM's to tell.
    ///
    /// Source: STS API, GetCallerIdentity: takes no permission.
    pub(super) async fn caller(&self) -> Answer<Identity> {
        let call = Call::look(Query::Identity, "");
        let found = call.answered(self.client.get_caller_identity().send().await)?;
        match (found.account, found.arn) {
            (Some(account), Some(arn)) => Ok(Identity { account, arn, alias: None }),
            _ => Err(call.misunderstood("the answer names no account")),
        }
    }
}
