//! SNS: the topic and its subscriptions.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::Tag;

use super::convert::text;
use super::errors::Call;
use super::pages::Tokens;
use crate::cloud::Answer;
use crate::domain::Query;
use crate::domain::observed::{Confirmation, Subscription, SubscriptionAttributes, Topic};
use crate::domain::policy::PolicyDocument;
use crate::domain::settings::TAG;

pub(super) struct Sns {
    pub(super) client: Client,
}

impl Sns {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Source: SNS API, GetTopicAttributes.
    pub(super) async fn get_topic_attributes(&self, arn: &str) -> Answer<Option<Topic>> {
        let call = Call::query(Query::Topic, arn);
        let found = call.found(self.client.get_topic_attributes().topic_arn(arn).send().await, "NotFound")?;
        let Some(found) = found else { return Ok(None) };
        let attributes = found.attributes.unwrap_or_default();
        let attribute = |name: &str| text(attributes.get(name).map(String::as_str));
        Ok(Some(Topic {
            arn: arn.into(),
            policy: attribute("Policy").map(|policy| PolicyDocument::parse(&policy)),
            kms_key: attribute("KmsMasterKeyId"),
        }))
    }

    /// Sorted by address, because SNS returns them in no defined order.
    ///
    /// Source: SNS API, ListSubscriptionsByTopic: pages of 100.
    pub(super) async fn list_subscriptions_by_topic(&self, topic_arn: &str) -> Answer<Vec<Subscription>> {
        let call = Call::query(Query::Subscriptions, topic_arn);
        let mut all = Vec::new();
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.list_subscriptions_by_topic().topic_arn(topic_arn).set_next_token(tokens.next());
            let Some(page) = call.found(request.send().await, "NotFound")? else { return Ok(all) };
            all.extend(page.subscriptions().iter().map(subscription));
            if !tokens.follow(page.next_token()) {
                all.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
                return Ok(all);
            }
        }
    }

    /// Source: SNS API, GetSubscriptionAttributes.
    pub(super) async fn get_subscription_attributes(&self, arn: &str) -> Answer<SubscriptionAttributes> {
        let call = Call::query(Query::SubscriptionAttributes, arn);
        let found = call.answered(self.client.get_subscription_attributes().subscription_arn(arn).send().await)?;
        let attributes = found.attributes.unwrap_or_default();
        let attribute = |name: &str| text(attributes.get(name).map(String::as_str));
        let (filter_policy, filter_policy_scope) = (attribute("FilterPolicy"), attribute("FilterPolicyScope"));
        let signed = attribute("ConfirmationWasAuthenticated").and_then(|text| text.parse().ok());
        Ok(SubscriptionAttributes { filter_policy, filter_policy_scope, signed })
    }

    pub(super) async fn create_topic(&self, call: &Call<'_>, topic: &str, policy: &PolicyDocument) -> Answer<()> {
        let tag = Tag::builder().key(TAG.0).value(TAG.1).build().map_err(|e| call.invalid_request(&e))?;
        let request = self.client.create_topic().name(topic).attributes("Policy", policy.to_string()).tags(tag);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn set_topic_policy(
        &self,
        call: &Call<'_>,
        topic_arn: &str,
        policy: &PolicyDocument,
    ) -> Answer<()> {
        let request = self.client.set_topic_attributes().topic_arn(topic_arn).attribute_name("Policy");
        call.answered(request.attribute_value(policy.to_string()).send().await).map(drop)
    }

    /// Source: SNS API, SetTopicAttributes, `KmsMasterKeyId`: an empty value removes the encryption.
    pub(super) async fn set_topic_key(&self, call: &Call<'_>, topic_arn: &str, key: Option<&str>) -> Answer<()> {
        let request = self.client.set_topic_attributes().topic_arn(topic_arn).attribute_name("KmsMasterKeyId");
        let request = request.attribute_value(key.unwrap_or_default());
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn subscribe(&self, call: &Call<'_>, topic_arn: &str, email: &str) -> Answer<()> {
        let request = self.client.subscribe().topic_arn(topic_arn).protocol("email").endpoint(email);
        call.answered(request.return_subscription_arn(true).send().await).map(drop)
    }

    /// Source: SNS API, ConfirmSubscription, `AuthenticateOnUnsubscribe`: if it is true, only a signed call can end the
    /// subscription.
    pub(super) async fn confirm_subscription(&self, call: &Call<'_>, topic_arn: &str, token: &str) -> Answer<()> {
        let request = self.client.confirm_subscription().topic_arn(topic_arn).token(token);
        call.answered(request.authenticate_on_unsubscribe("true").send().await).map(drop)
    }

    /// Source: SNS API, ListTagsForResource.
    pub(super) async fn list_tags_for_resource(&self, arn: &str) -> Answer<Vec<(String, String)>> {
        let call = Call::query(Query::TopicTags, arn);
        let found =
            call.found(self.client.list_tags_for_resource().resource_arn(arn).send().await, "ResourceNotFound")?;
        let tags = found.and_then(|found| found.tags).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Source: SNS API, TagResource: an existing tag with the key gets the new value.
    pub(super) async fn tag_resource(&self, call: &Call<'_>, arn: &str, (key, value): (&str, &str)) -> Answer<()> {
        let tag = Tag::builder().key(key).value(value).build().map_err(|e| call.invalid_request(&e))?;
        call.answered(self.client.tag_resource().resource_arn(arn).tags(tag).send().await).map(drop)
    }

    pub(super) async fn untag_resource(&self, call: &Call<'_>, arn: &str, key: &str) -> Answer<()> {
        call.answered(self.client.untag_resource().resource_arn(arn).tag_keys(key).send().await).map(drop)
    }

    pub(super) async fn unsubscribe(&self, call: &Call<'_>, arn: &str) -> Answer<()> {
        call.answered(self.client.unsubscribe().subscription_arn(arn).send().await).map(drop)
    }

    /// Source: SNS API, DeleteTopic: deleting a missing topic isn't an error.
    pub(super) async fn delete_topic(&self, call: &Call<'_>, arn: &str) -> Answer<()> {
        call.answered(self.client.delete_topic().topic_arn(arn).send().await).map(drop)
    }
}

/// SNS may return one of two words in place of the ARN.
///
/// Source: SNS API, ListSubscriptionsByTopic, `SubscriptionArn`.
fn subscription(sdk: &aws_sdk_sns::types::Subscription) -> Subscription {
    let (state, arn) = match sdk.subscription_arn() {
        Some("Deleted") => (Confirmation::Deleted, None),
        Some(arn) if arn.starts_with("arn:") => (Confirmation::Confirmed, Some(arn.into())),
        _ => (Confirmation::Pending, None),
    };
    Subscription {
        endpoint: sdk.endpoint().unwrap_or_default().to_owned(),
        protocol: sdk.protocol().unwrap_or_default().to_owned(),
        state,
        arn,
        attributes: None,
    }
}
