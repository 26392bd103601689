//! The subscriptions of a topic, and the attributes of as many as it takes to find one that receives alerts.

use futures::future::join_all;

use super::read::to_read_result;
use crate::cloud::{Answer, Cloud};
use crate::domain::Region;
use crate::domain::arn::Arn;
use crate::domain::observed::ReadResult;
use crate::domain::subscription::{Confirmation, Subscription, SubscriptionAttributes};

/// The number of subscriptions whose attributes are read at most.
const MOST_READ: usize = 8;

/// Reads all subscriptions of a topic; empty if it doesn't exist. The attributes of the first person's are read, and those
/// of further people, then of queues and functions, only if it has a filter policy.
///
/// # Errors
/// Only if the subscriptions can't be listed.
pub async fn subscriptions(cloud: &dyn Cloud, region: &Region, topic_arn: &str) -> Answer<Vec<Subscription>> {
    let mut all = cloud.subscriptions(region, topic_arn).await?;
    loop {
        let unread = unread(&all);
        if unread.is_empty() {
            return Ok(all);
        }
        set_attributes(&mut all, &read_attributes(cloud, region, unread).await);
    }
}

/// The places of those whose attributes may be read, in the order in which to read them.
fn candidates(all: &[Subscription]) -> Vec<usize> {
    let mut confirmed: Vec<usize> = (0..all.len()).filter(|i| all[*i].state == Confirmation::Confirmed).collect();
    confirmed.sort_by_key(|i| !all[*i].notifies_people());
    confirmed.truncate(MOST_READ);
    confirmed
}

/// The subscriptions whose attributes to read next.
pub(super) fn unread(all: &[Subscription]) -> Vec<Arn> {
    let candidates = candidates(all);
    let Some((first, others)) = candidates.split_first() else { return Vec::new() };
    let next = match &all[*first].attributes {
        None => &candidates[..1],
        Some(Ok(attributes)) if attributes.filter_policy.is_none() && all[*first].notifies_people() => &[],
        Some(_) => others,
    };
    next.iter().filter(|i| all[**i].attributes.is_none()).filter_map(|i| all[*i].arn.clone()).collect()
}

/// Assumes that the first subscription receives everything if its attributes haven't been read, as almost all do.
pub(super) fn assume_delivery(all: &mut [Subscription]) {
    let first = candidates(all).first().and_then(|i| all.get_mut(*i));
    if let Some(first) = first.filter(|first| first.attributes.is_none()) {
        first.attributes = Some(Ok(SubscriptionAttributes::default()));
    }
}

/// The attributes of a subscription, as they were read.
pub(super) type Attributes = (Arn, ReadResult<SubscriptionAttributes>);

pub(super) async fn read_attributes(cloud: &dyn Cloud, region: &Region, unread: Vec<Arn>) -> Vec<Attributes> {
    let queries = unread.into_iter().map(async |arn| {
        let answer = cloud.subscription_attributes(region, &arn).await;
        (arn, to_read_result(answer))
    });
    join_all(queries).await
}

pub(super) fn set_attributes(all: &mut [Subscription], read: &[Attributes]) {
    for subscription in all {
        if let Some((_, attributes)) = read.iter().find(|(arn, _)| subscription.arn.as_ref() == Some(arn)) {
            subscription.attributes = Some(attributes.clone());
        }
    }
}
