//! What is read of topics and subscriptions.

use serde_json::json;

use super::*;
use crate::cloud::demo::account;
use crate::domain::arn::Arn;
use crate::domain::observed::{Confirmation, Subscription, SubscriptionAttributes, Topic};
use crate::domain::policy::PolicyDocument;

pub(super) fn cases() -> Vec<ContractCase> {
    let policy = PolicyDocument::from(json!({ "Version": "2012-10-17", "Statement": [] }));
    let add_topic_with_key = |account: &mut Account| {
        let topic = Topic {
            policy: Some(json!({ "Version": "2012-10-17", "Statement": [] }).into()),
            kms_key: Some("alias/aws/sns".into()),
            ..Topic::default()
        };
        account.region_mut("eu-west-1").topics.insert("rootbell-alerts".into(), topic.into());
    };
    let attributes = format!(
        "<Attributes><entry><key>Policy</key><value>{policy}</value></entry>\
         <entry><key>KmsMasterKeyId</key><value>alias/aws/sns</value></entry></Attributes>"
    );
    let subscriptions = [
        ("gone@example.com", Confirmation::Deleted, "Deleted".to_owned()),
        ("dora@example.com", Confirmation::Confirmed, format!("{TOPIC}:00000000-0000-4000-8000-000000000002")),
        ("alice@example.com", Confirmation::Pending, "PendingConfirmation".to_owned()),
    ];
    let in_demo = subscriptions.clone().map(|(endpoint, state, _)| account::Subscription {
        config: Subscription { endpoint: endpoint.into(), state, ..Subscription::default() },
        ..account::Subscription::default()
    });
    let member = |(endpoint, _, arn): &(&str, Confirmation, String)| {
        format!(
            "<member><Endpoint>{endpoint}</Endpoint><Protocol>email</Protocol>\
             <SubscriptionArn>{arn}</SubscriptionArn></member>"
        )
    };
    let members = subscriptions.each_ref().map(member).concat();
    let subscription = |endpoint: &str, state, arn: Option<&str>| Subscription {
        endpoint: endpoint.into(),
        state,
        arn: arn.map(Arn::from),
        ..Subscription::default()
    };
    let listed = vec![
        subscription("alice@example.com", Confirmation::Pending, None),
        subscription("dora@example.com", Confirmation::Confirmed, Some(&subscriptions[1].2)),
        subscription("gone@example.com", Confirmation::Deleted, None),
    ];
    let filter_policy = r#"{ "severity": ["high"] }"#;
    let filtered = SubscriptionAttributes {
        filter_policy: Some(filter_policy.into()),
        filter_policy_scope: Some("MessageBody".into()),
        signed: Some(true),
    };
    let unsigned = SubscriptionAttributes { signed: Some(false), ..SubscriptionAttributes::default() };
    let unsigned_attributes =
        "<Attributes><entry><key>ConfirmationWasAuthenticated</key><value>false</value></entry></Attributes>";
    let filter_attributes = format!(
        "<Attributes><entry><key>FilterPolicy</key><value>{filter_policy}</value></entry>\
         <entry><key>FilterPolicyScope</key><value>MessageBody</value></entry>\
         <entry><key>ConfirmationWasAuthenticated</key><value>true</value></entry></Attributes>"
    );
    let in_demo_too = filtered.clone();
    let confirm = |account: &mut Account| {
        let topic = account.region_mut("eu-west-1").topics.get_mut("rootbell-alerts").unwrap();
        topic.subscriptions[0].config.state = Confirmation::Confirmed;
    };
    vec![
        ContractCase::new("a subscription's attributes", CloudCall::SubscriptionAttributes(SUBSCRIPTION))
            .set_up()
            .demo(confirm)
            .aws("GetSubscriptionAttributes", AwsReply::Xml(unsigned_attributes.into()))
            .returns(&unsigned),
        ContractCase::new("a subscription with a filter policy", CloudCall::SubscriptionAttributes(SUBSCRIPTION))
            .set_up()
            .demo(confirm)
            .demo(|account| {
                let topic = account.region_mut("eu-west-1").topics.get_mut("rootbell-alerts").unwrap();
                topic.subscriptions[0].attributes = in_demo_too;
            })
            .aws("GetSubscriptionAttributes", AwsReply::Xml(filter_attributes))
            .returns(&filtered),
        ContractCase::new("a subscription that does not exist", CloudCall::SubscriptionAttributes(SUBSCRIPTION)).fails(
            "GetSubscriptionAttributes",
            "NotFound",
            ErrorKind::NotFound,
        ),
        ContractCase::new("a topic", CloudCall::Topic(TOPIC))
            .demo(add_topic_with_key)
            .aws("GetTopicAttributes", AwsReply::Xml(attributes))
            .returns(&Some(Topic { arn: TOPIC.into(), policy: Some(policy), kms_key: Some("alias/aws/sns".into()) })),
        ContractCase::new("a topic that does not exist", CloudCall::Topic(TOPIC))
            .aws("GetTopicAttributes", AwsReply::Error(404, "NotFound", "no"))
            .returns(&None::<Topic>),
        ContractCase::new("the subscriptions of a topic", CloudCall::Subscriptions(TOPIC))
            .demo(add_topic_with_key)
            .demo(|account| {
                let topic = account.region_mut("eu-west-1").topics.get_mut("rootbell-alerts").unwrap();
                topic.subscriptions = in_demo.into();
            })
            .aws("ListSubscriptionsByTopic", AwsReply::Xml(format!("<Subscriptions>{members}</Subscriptions>")))
            .returns(&listed),
        ContractCase::new("the subscriptions of a topic that does not exist", CloudCall::Subscriptions(TOPIC))
            .aws("ListSubscriptionsByTopic", AwsReply::Error(404, "NotFound", "no"))
            .returns(&Vec::<Subscription>::new()),
    ]
}
