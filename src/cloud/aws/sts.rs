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

    /// Without the alias, which comes from IAM.
    ///
    /// Source: STS API, GetCallerIdentity: needs no permission.
    pub(super) async fn get_caller_identity(&self) -> Answer<Identity> {
        let call = Call::query(Query::Identity, "");
        let found = call.answered(self.client.get_caller_identity().send().await)?;
        match (found.account, found.arn) {
            (Some(account), Some(arn)) => Ok(Identity { account: account.into(), arn: arn.into(), alias: None }),
            _ => Err(call.unexpected_answer("the response names no account")),
        }
    }
}
