//! Reads what a teardown needs to know: the chains, which of their resources rootbell manages, and what would be lost.
//! Only the teardown reads tags and bucket contents.

use crate::domain::role_purpose::RolePurpose;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::{OptionFuture, join_all};
use futures::join;

use super::observe::{ObserveScope, Prefetch, add_new, observe_with, to_read_result};
use crate::cloud::{Answer, Cloud};
use crate::domain::added::{TagRecord, tagged};
use crate::domain::alert::default_metrics;
use crate::domain::arn::Arn;
use crate::domain::observed::{BucketLookup, Contents, Metric, ReadResult, Trail};
use crate::domain::plan::teardown::{Chain, Managed};
use crate::domain::query::Tagged;
use crate::domain::settings::{DEFAULT_LOG_GROUP, TRAIL, default_trail};
use crate::domain::{AccountRegion, Identity, Observed, Region, Settings, SetupOptions};

/// Every chain that rootbell may have created or changed: that of the trail the user named, or else those of the trails
/// with rootbell's tags or log group, of the trail that a setup would use now, and of the default names, which an
/// unfinished teardown may have left behind. If a query fails, its field holds the error.
pub async fn managed_chains(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    contents: bool,
) -> Vec<Chain> {
    managed_chains_of(cloud, identity, region, std::slice::from_ref(setup), contents).await
}

/// Like [`managed_chains`], for several sets of names at once. A bucket that several chains share is counted once, because
/// that takes one call per thousand objects.
pub async fn managed_chains_of(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    named: &[SetupOptions],
    contents: bool,
) -> Vec<Chain> {
    let queries = named.iter().map(|setup| chains(cloud, identity, region, setup));
    let mut all: Vec<Chain> = join_all(queries).await.into_iter().flatten().collect();
    if contents {
        count_contents(cloud, &mut all).await;
    }
    all
}

async fn chains(cloud: &dyn Cloud, identity: &Identity, region: &Region, setup: &SetupOptions) -> Vec<Chain> {
    let account_region = identity.in_region(region);
    // The chains share the queries for the trails and for the default names.
    let prefetch = Prefetch::new(&cloud, &account_region.region, setup);
    let names = match &setup.trail {
        Some(name) => vec![name.clone()],
        None => trail_names(cloud, &account_region, &prefetch).await,
    };
    // Without a trail of rootbell's name, also the one that a setup would use now.
    let all = prefetch.trails.clone().await.unwrap_or_default();
    let chosen = (setup.trail.is_none() && default_trail(&all).is_none()).then_some(None);
    let queries = names.iter().cloned().map(Some).chain(chosen).map(|name| {
        let setup = SetupOptions { trail: name, ..setup.clone() };
        let prefetch = prefetch.clone();
        async move { chain(cloud, identity, region, &setup, prefetch).await }
    });
    let mut found = join_all(queries).await;
    if found.len() > names.len() {
        let is_known = found.last().is_some_and(|chosen| names.contains(&chosen.settings.trail.value));
        found.truncate(if is_known { names.len() } else { found.len() });
    }
    found
}

/// The names of the trails whose chains to read.
async fn trail_names(cloud: &dyn Cloud, account_region: &AccountRegion, prefetch: &Prefetch<'_>) -> Vec<String> {
    // If this fails, reading the chain reports the error.
    let trails = prefetch.trails.clone().await.unwrap_or_default();
    // A shadow trail's tags can't be read here.
    let home_trails: Vec<&Trail> = trails.iter().filter(|trail| trail.can_be_changed_from(account_region)).collect();
    let tags =
        join_all(home_trails.iter().map(|trail| cloud.tags(&account_region.region, Tagged::Trail, &trail.arn))).await;
    // A trail whose tags can't be read may be ours; reading its chain reports the error.
    let may_be_tagged = |tags: &Answer<Vec<(String, String)>>| {
        tags.as_ref().map_or(true, |tags| TagRecord::of(tags) != TagRecord::default())
    };
    let tagged =
        home_trails.iter().zip(&tags).filter(|(_, tags)| may_be_tagged(tags)).map(|(trail, _)| trail.name.clone());
    let delivering =
        home_trails.iter().filter(|trail| trail.log_group() == Some(DEFAULT_LOG_GROUP)).map(|t| t.name.clone());
    let mut names: Vec<String> = Vec::new();
    for name in tagged.chain(delivering).chain([TRAIL.to_owned()]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

async fn chain(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    prefetch: Prefetch<'_>,
) -> Chain {
    let on_default_metrics = prefetch.on_metrics.clone();
    let mut observed = observe_with(cloud, identity, region, setup, ObserveScope::Chain, None, prefetch).await;
    let settings = Settings::resolve(identity, region, setup, &observed);
    // Also find alarms with other names on the filters' metrics and on the default ones, even if the filters are missing.
    let mut metrics: Vec<Metric> = Vec::new();
    let of_filters = settings.alerts.values().map(|alert| alert.metric.clone());
    for metric in of_filters.chain(default_metrics()) {
        let is_prefetched = !on_default_metrics.is_empty() && default_metrics().contains(&metric);
        if !is_prefetched && !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let on_metrics = metrics.iter().map(|metric| cloud.describe_alarms_for_metric(region, metric));
    let (on_metrics, on_default_metrics) = join!(join_all(on_metrics), join_all(on_default_metrics));
    for found in on_metrics.into_iter().map(to_read_result).chain(on_default_metrics) {
        add_new(&mut observed.alarms, found);
    }
    let managed = managed_parts(cloud, &settings, &observed).await;
    // An unmanaged role or bucket may have rootbell's statements, whoever's trail uses it.
    let (role, bucket) =
        join!(cloud.role(&settings.role.value, RolePurpose::Delivery), cloud.bucket(&settings.bucket.value));
    let is_ours = settings.bucket_is_managed() || managed.trail.as_ref().is_ok_and(|record| record.managed);
    observed.role = to_read_result(role);
    observed.bucket = match to_read_result(bucket) {
        // Another account's, or one that this caller may not read.
        Ok(BucketLookup::Forbidden) if !is_ours => Ok(BucketLookup::NotManaged),
        bucket => bucket,
    };
    Chain { settings, observed, managed }
}

async fn managed_parts(cloud: &dyn Cloud, settings: &Settings, observed: &Observed) -> Managed {
    let account_region = &settings.account_region;
    let tags = async |kind: Tagged, arn: Arn| cloud.tags(&account_region.region, kind, &arn).await;
    let record = async |kind, arn| to_read_result(tags(kind, arn).await.map(|tags| TagRecord::of(&tags)));
    let is_tagged = async |kind, arn| to_read_result(tags(kind, arn).await.map(|tags| tagged(&tags)));
    let trail =
        observed.trail.as_ref().map(|watched| &watched.trail).filter(|trail| trail.can_be_changed_from(account_region));
    let group = observed.log_group.as_ref().ok().and_then(Option::as_ref);
    let topic = observed.topic.as_ref().ok().and_then(Option::as_ref);
    let names = observed.alarms.as_deref().unwrap_or_default().iter().map(|alarm| alarm.name.clone());
    let names: Vec<String> = names.collect();
    let (trail, group, topic, alarms) = join!(
        OptionFuture::from(trail.map(|trail| record(Tagged::Trail, trail.arn.clone()))),
        OptionFuture::from(
            group.map(|group| record(Tagged::LogGroup, account_region.log_group_tagging_arn(&group.name)))
        ),
        OptionFuture::from(topic.map(|topic| record(Tagged::Topic, topic.arn.clone()))),
        join_all(names.iter().map(|name| is_tagged(Tagged::Alarm, account_region.alarm_arn(name)))),
    );
    let alarms: ReadResult<Vec<bool>> = alarms.into_iter().collect();
    let none = || Ok(TagRecord::default());
    Managed {
        trail: trail.unwrap_or(none()),
        log_group: group.unwrap_or(none()),
        topic: topic.unwrap_or(none()),
        alarms: alarms
            .map(|flags| names.into_iter().zip(flags).filter(|(_, managed)| *managed).map(|(n, _)| n).collect()),
        contents: Ok(None),
    }
}

async fn count_contents(cloud: &dyn Cloud, chains: &mut [Chain]) {
    let buckets: BTreeSet<String> =
        chains.iter().filter_map(|c| deletable_bucket(&c.observed)).map(str::to_owned).collect();
    let counts = join_all(buckets.iter().map(|bucket| cloud.bucket_contents(bucket))).await;
    let counts: BTreeMap<&str, ReadResult<Option<Contents>>> = buckets
        .iter()
        .map(String::as_str)
        .zip(counts.into_iter().map(|count| to_read_result(count.map(Some))))
        .collect();
    for chain in chains {
        if let Some(count) = deletable_bucket(&chain.observed).and_then(|bucket| counts.get(bucket)) {
            chain.managed.contents = count.clone();
        }
    }
}

/// The bucket that would be deleted along with the logs.
fn deletable_bucket(observed: &Observed) -> Option<&str> {
    match &observed.bucket {
        Ok(BucketLookup::Owned(bucket)) if tagged(&bucket.tags) => Some(&bucket.name),
        _ => None,
    }
}
