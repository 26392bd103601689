//! KMS: a customer-managed key and its policy.

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::Builder;

use super::empty::RejectEmptyAnswers;
use super::errors::Call;
use crate::cloud::{Answer, ErrorKind, KeyProblem};
use crate::domain::key_state::KeyState;
use crate::domain::observed::KmsKey;
use crate::domain::policy::PolicyDocument;
use crate::domain::query::Query;

pub(super) struct Kms {
    pub(super) client: Client,
}

impl Kms {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let settings = Builder::from(config).interceptor(RejectEmptyAnswers);
        Self { client: Client::from_conf(settings.build()) }
    }

    /// Source: KMS API: DescribeKey accepts an alias, GetKeyPolicy doesn't.
    pub(super) async fn describe_key(&self, id: &str) -> Answer<Option<KmsKey>> {
        let describe = Call::query(Query::KmsKey, id);
        let get_policy = Call::query(Query::KeyPolicy, id);
        let described = async {
            let found = describe.found(self.client.describe_key().key_id(id).send().await, "NotFoundException")?;
            Ok(found.and_then(|found| found.key_metadata))
        };
        let read_policy = async |id: &str| {
            let found = self.client.get_key_policy().key_id(id).policy_name("default").send().await;
            let found = get_policy.found(found, "NotFoundException")?;
            Ok(found.and_then(|found| found.policy).map(|text| PolicyDocument::parse(&text)))
        };
        let (described, policy) = if id.contains("alias/") {
            let described = described.await?;
            let arn = described.as_ref().and_then(|key| key.arn.clone());
            let policy = match &arn {
                Some(arn) => read_policy(arn).await?,
                None => None,
            };
            (described, policy)
        } else {
            tokio::try_join!(described, read_policy(id))?
        };
        let Some(described) = described else { return Ok(None) };
        let Some(policy) = policy else {
            // A key of one's own account always has a policy.
            let why = "the key's policy cannot be read from this account";
            return Err(get_policy.error(ErrorKind::Key(KeyProblem::OfAnotherAccount), why));
        };
        let arn = described.arn.unwrap_or_else(|| id.to_owned());
        let by_flag = if described.enabled { KeyState::Enabled } else { KeyState::Disabled };
        let state = described.key_state.map_or(by_flag, |state| KeyState::from_api(state.as_str()));
        Ok(Some(KmsKey { arn: arn.into(), state, policy }))
    }
}
