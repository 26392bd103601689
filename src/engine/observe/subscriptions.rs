//! The subscriptions of a topic, and the attributes of as many as it takes to find one that receives alerts.

use futures::future::join_all;

use super::read::to_read_result;
use crate::cloud::{Answer, Cloud};
use crate::domain::Region;
use crate::domain::subscription::{Confirmation, Subscription};

/// The number of subscriptions whose attributes are read at most.
const MOST_READ: usize = 8;

/// Reads all subscriptions of a topic; empty if it doesn't exist. The attributes of the first person's are read, and those
/// of further people, then of queues and functions, only if it has a filter policy.
///
/// # Errors
/// Only if the subscriptions can't be listed.
pub async fn subscriptions(cloud: &dyn Cloud, region: &Region, topic_arn: &str) -> Answer<Vec<Subscription>> {
    let mut all = cloud.subscriptions(region, topic_arn).await?;
    let mut confirmed: Vec<&mut Subscription> = all.iter_mut().filter(|s| s.state == Confirmation::Confirmed).collect();
    confirmed.sort_by_key(|s| !s.notifies_people());
    confirmed.truncate(MOST_READ);
    if let Some((first, others)) = confirmed.split_first_mut() {
        read_attributes(cloud, region, first).await;
        let receives_everything = first.notifies_people()
            && matches!(&first.attributes, Some(Ok(attributes)) if attributes.filter_policy.is_none());
        if !receives_everything {
            join_all(others.iter_mut().map(|other| read_attributes(cloud, region, other))).await;
        }
    }
    Ok(all)
}

async fn read_attributes(cloud: &dyn Cloud, region: &Region, subscription: &mut Subscription) {
    let Some(arn) = &subscription.arn else { return };
    subscription.attributes = Some(to_read_result(cloud.subscription_attributes(region, arn).await));
}
