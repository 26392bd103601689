//! Looks at an account through the eyes of somebody who wants rootbell out of it: the chains, whose their parts are, and
//! what would be lost. Only the tear-down asks for tags and contents.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{OptionFuture, join_all};
use futures::join;

use super::observe::{ObserveScope, Prefetch, add_new, observe_with, seen};
use crate::cloud::{Answer, Cloud};
use crate::domain::observed::{BucketLookup, Contents, ReadResult, Trail};
use crate::domain::plan::teardown::{Chain, Managed, tagged};
use crate::domain::query::{Tagged, log_group};
use crate::domain::settings::{DEFAULT_LOG_GROUP, TRAIL, choose_trail, default_metric};
use crate::domain::{AccountRegion, Identity, Observed, Settings, SetupOptions};

/// Every chain that rootbell may have had a hand in: of the trail that is named, or of those that carry its tag, of the
/// one that its set-up would use now, and of its own default names, which an earlier tear-down may have left half done.
/// What could not be read says so in its place.
pub async fn managed_chains(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &str,
    setup: &SetupOptions,
    contents: bool,
) -> Vec<Chain> {
    managed_chains_of(cloud, identity, region, std::slice::from_ref(setup), contents).await
}

/// The same for several sets of names, side by side. A bucket that several chains share is counted once: that takes a
/// call for each thousand objects.
pub async fn managed_chains_of(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &str,
    named: &[SetupOptions],
    contents: bool,
) -> Vec<Chain> {
    let looks = named.iter().map(|setup| chains(cloud, identity, region, setup));
    let mut all: Vec<Chain> = join_all(looks).await.into_iter().flatten().collect();
    if contents {
        count(cloud, &mut all).await;
    }
    all
}

async fn chains(cloud: &dyn Cloud, identity: &Identity, region: &str, setup: &SetupOptions) -> Vec<Chain> {
    let account_region = identity.in_region(region);
    // The chains share what is asked by default names, and the trails.
    let prefetch = Prefetch::first(&cloud, setup);
    let names = match &setup.trail {
        Some(name) => vec![name.clone()],
        None => trail_names(cloud, &account_region, &prefetch).await,
    };
    let looks = names.into_iter().map(|name| {
        let setup = SetupOptions { trail: Some(name), ..setup.clone() };
        let prefetch = prefetch.clone();
        async move { chain(cloud, identity, region, &setup, prefetch).await }
    });
    join_all(looks).await
}

/// The names of the trails whose chains are worth a look.
async fn trail_names(cloud: &dyn Cloud, account_region: &AccountRegion, prefetch: &Prefetch<'_>) -> Vec<String> {
    // Where this fails, the look at the chain says so.
    let trails = prefetch.trails.clone().await.unwrap_or_default();
    let seen = Observed { trails: Ok(trails.clone()), ..Observed::nothing() };
    let own: Vec<&Trail> = trails.iter().filter(|trail| lives_here(trail, account_region)).collect();
    let tags = join_all(own.iter().map(|trail| cloud.tags(Tagged::Trail, &trail.arn))).await;
    // One whose tags may not be read may be ours: the look at its chain says so again, where it is heard.
    let carries = |tags: &Answer<Vec<(String, String)>>| tags.as_ref().map_or(true, |tags| tagged(tags));
    let tagged = own.iter().zip(&tags).filter(|(_, tags)| carries(tags)).map(|(trail, _)| trail.name.clone());
    let attached = own.iter().filter(|trail| trail.log_group() == Some(DEFAULT_LOG_GROUP)).map(|t| t.name.clone());
    let used = choose_trail(&seen, None, account_region).map(|trail| trail.name.clone());
    let mut names: Vec<String> = Vec::new();
    for name in tagged.chain(attached).chain(used).chain([TRAIL.to_owned()]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A shadow's tags are asked for where it lives.
fn lives_here(trail: &Trail, account_region: &AccountRegion) -> bool {
    trail.home_region == account_region.region && trail.arn.split(':').nth(4) == Some(account_region.account.as_str())
}

async fn chain(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &str,
    setup: &SetupOptions,
    prefetch: Prefetch<'_>,
) -> Chain {
    let on_own = prefetch.on_metric.clone();
    let mut observed = observe_with(cloud, identity, region, setup, ObserveScope::Chain, prefetch).await;
    let settings = Settings::resolve(identity, region, setup, &observed);
    // Alarms of other names on the metric, and on the one rootbell counts into, come to light whatever is in between.
    let own = default_metric();
    let on_own = async {
        match on_own {
            Some(asked) => asked.await,
            None => seen(cloud.describe_alarms_for_metric(&own).await),
        }
    };
    let other =
        OptionFuture::from((settings.metric != own).then(|| cloud.describe_alarms_for_metric(&settings.metric)));
    let (on_own, other) = join!(on_own, other);
    for found in other.map(seen).into_iter().chain([on_own]) {
        add_new(&mut observed.alarms, found);
    }
    let managed = managed_parts(cloud, &settings, &observed).await;
    let own_trail = managed.trail == Ok(true);
    let attached = managed.log_group == Ok(true) && observed.trail.is_some();
    let (role, bucket) = join!(
        OptionFuture::from(
            (own_trail || attached || settings.role_is_ours()).then(|| cloud.role(&settings.role.value))
        ),
        OptionFuture::from((own_trail || settings.bucket_is_ours()).then(|| cloud.bucket(&settings.bucket.value))),
    );
    observed.role = seen(role.unwrap_or(Ok(None)));
    observed.bucket = seen(bucket.unwrap_or(Ok(BucketLookup::NotManaged)));
    Chain { settings, observed, managed }
}

async fn managed_parts(cloud: &dyn Cloud, settings: &Settings, observed: &Observed) -> Managed {
    let account_region = &settings.account_region;
    let carries = async |of: Tagged, arn: String| seen(cloud.tags(of, &arn).await.map(|tags| tagged(&tags)));
    let trail = observed.trail.as_ref().map(|watched| &watched.trail).filter(|trail| lives_here(trail, account_region));
    let group = observed.log_group.as_ref().ok().and_then(Option::as_ref);
    let topic = observed.topic.as_ref().ok().and_then(Option::as_ref);
    let names = observed.alarms.as_deref().unwrap_or_default().iter().map(|alarm| alarm.name.clone());
    let names: Vec<String> = names.collect();
    let (trail, group, topic, alarms) = join!(
        OptionFuture::from(trail.map(|trail| carries(Tagged::Trail, trail.arn.clone()))),
        OptionFuture::from(group.map(|group| carries(Tagged::LogGroup, log_group(account_region, &group.name)))),
        OptionFuture::from(topic.map(|topic| carries(Tagged::Topic, topic.arn.clone()))),
        join_all(names.iter().map(|name| carries(Tagged::Alarm, account_region.alarm_arn(name)))),
    );
    let alarms: ReadResult<Vec<bool>> = alarms.into_iter().collect();
    Managed {
        trail: trail.unwrap_or(Ok(false)),
        log_group: group.unwrap_or(Ok(false)),
        topic: topic.unwrap_or(Ok(false)),
        alarms: alarms
            .map(|carry| names.into_iter().zip(carry).filter(|(_, managed)| *managed).map(|(n, _)| n).collect()),
        contents: Ok(None),
    }
}

async fn count(cloud: &dyn Cloud, chains: &mut [Chain]) {
    let buckets: BTreeSet<String> = chains.iter().filter_map(|c| counted(&c.observed)).map(str::to_owned).collect();
    let counts = join_all(buckets.iter().map(|bucket| cloud.bucket_contents(bucket))).await;
    let counts: BTreeMap<&str, ReadResult<Option<Contents>>> =
        buckets.iter().map(String::as_str).zip(counts.into_iter().map(|count| seen(count.map(Some)))).collect();
    for chain in chains {
        if let Some(count) = counted(&chain.observed).and_then(|bucket| counts.get(bucket)) {
            chain.managed.contents = count.clone();
        }
    }
}

/// The bucket that would go with the logs.
fn counted(observed: &Observed) -> Option<&str> {
    match &observed.bucket {
        Ok(BucketLookup::Owned(bucket)) if tagged(&bucket.tags) => Some(&bucket.name),
        _ => None,
    }
}
