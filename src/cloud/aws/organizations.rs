//! Organizations: the names of accounts.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;

use super::errors::Call;
use super::pages::Tokens;
use crate::cloud::{Answer, ErrorKind};
use crate::domain::Query;

/// How long to wait for the names, which are optional.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Organizations {
    client: Client,
}

impl Organizations {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Source: Organizations API, ListAccounts: pages of at most 20; only from the management account or a delegated
    /// administrator.
    pub(super) async fn list_accounts(&self) -> Answer<BTreeMap<String, String>> {
        let call = Call::query(Query::OrganizationAccounts, "");
        let all = async {
            let (mut names, mut tokens) = (BTreeMap::new(), Tokens::default());
            loop {
                let request = self.client.list_accounts().set_next_token(tokens.next());
                let page = call.answered(request.send().await)?;
                let on_page = page.accounts().iter().filter_map(|account| Some((account.id()?, account.name()?)));
                names.extend(on_page.map(|(id, name)| (id.to_owned(), name.to_owned())));
                if !tokens.follow(page.next_token()) {
                    return Ok(names);
                }
            }
        };
        let answer = tokio::time::timeout(TIMEOUT, all).await;
        answer.unwrap_or_else(|_| Err(call.error(ErrorKind::Timeout, "the names of the accounts took too long")))
    }
}
