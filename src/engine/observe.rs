//! Reads the account, resource by resource along the chain. Independent queries run concurrently: resources with default
//! names are read at the same time as the trails, and only those that turn out to have other names are read again.

use std::collections::BTreeMap;

use futures::future::{OptionFuture, join_all};
use futures::join;

use crate::cloud::Cloud;
use crate::domain::added::TagRecord;
use crate::domain::alert::default_metrics;
use crate::domain::arn::Arn;
use crate::domain::health::is_aws_sns_key;
use crate::domain::metric_filter::counts_root;
use crate::domain::observed::{
    Alarm, BucketLookup, KmsKey, Metric, ReadResult, Role, SessionTimes, Subscription, Topic, Trail, TrailDetails,
};
use crate::domain::plan::unmanaged_resources;
use crate::domain::settings::{AlertSettings, choose_trail, trails_to_examine};
use crate::domain::{Identity, Observed, Region, Settings, SetupOptions};

mod prefetch;
mod read;
mod subscriptions;

pub use prefetch::Prefetch;
pub use subscriptions::subscriptions;

pub(super) use read::to_read_result;
use read::{Group, group};

/// How much of the account to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObserveScope {
    /// From the trail to the subscriptions: enough to tell whether an alert would be sent.
    Chain,
    /// The bucket and the role too, which the full set of checks needs.
    Everything,
    /// Also what rootbell's tags say about the resources that don't have its names, which only a plan needs.
    Plan,
}

/// Reads the account's current state. If a query fails, its field holds the error, and the rest is still returned.
pub async fn observe(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
) -> Observed {
    observe_with(cloud, identity, region, setup, scope, Prefetch::new(&cloud, region, setup)).await
}

/// Like [`observe`], but uses the queries in `prefetch`, which may have started already.
pub async fn observe_with(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
    prefetch: Prefetch<'_>,
) -> Observed {
    let resolve = |observed: &Observed| Settings::resolve(identity, region, setup, observed);
    let guess = resolve(&Observed::nothing());
    let guessed_topic = guess.topic_arn();
    let (trail_and_dependents, bucket, role, group, alarms, (topic, subscriptions), requested_key) = join!(
        trail_and_dependents(cloud, &guess, &prefetch, &resolve, setup, scope),
        observe_bucket(cloud, &guess, scope),
        observe_role(cloud, &guess, scope),
        prefetch.group.clone(),
        async {
            let mut alarms = observe_alarms(&prefetch).await;
            read_mute_rules(cloud, &guess, &mut alarms).await;
            alarms
        },
        topic_and_subscriptions(cloud, region, &guessed_topic),
        requested_key(cloud, region, setup),
    );
    let (log_group, filters) = trail_and_dependents.group.unwrap_or(group);
    let mut observed = Observed {
        trails: trail_and_dependents.trails,
        trail: trail_and_dependents.watched,
        others: trail_and_dependents.others,
        bucket: trail_and_dependents.bucket.unwrap_or(bucket),
        log_group,
        filters,
        role: trail_and_dependents.role.unwrap_or(role),
        alarms,
        topic,
        subscriptions,
        gone: Vec::new(),
        records: BTreeMap::new(),
        key: None,
        session: SessionTimes::default(),
    };

    // The filter names the metric, the metric leads to its alarms, and the alarm names the topic.
    let mut queried = default_metrics();
    for alert in resolve(&observed).alerts.values() {
        if let Some(metric) = metric_without_alarm(&observed, setup, alert).filter(|metric| !queried.contains(metric)) {
            add_new(&mut observed.alarms, to_read_result(cloud.describe_alarms_for_metric(region, &metric).await));
            queried.push(metric);
        }
    }
    let settings = resolve(&observed);
    read_mute_rules(cloud, &settings, &mut observed.alarms).await;
    find_topic(cloud, region, &resolve, setup, guessed_topic, &mut observed).await;
    let settings = resolve(&observed);
    let (key, records) = join!(
        async {
            match requested_key {
                Some(key) => Some(key),
                None => topic_key(cloud, region, &observed).await,
            }
        },
        observe_records(cloud, &settings, &observed, scope),
    );
    (observed.key, observed.records) = (key, records);
    observed
}

/// What the tags of unmanaged resources say about rootbell.
async fn observe_records(
    cloud: &dyn Cloud,
    settings: &Settings,
    observed: &Observed,
    scope: ObserveScope,
) -> BTreeMap<Arn, ReadResult<TagRecord>> {
    let resources = match scope {
        ObserveScope::Chain | ObserveScope::Everything => Vec::new(),
        ObserveScope::Plan => unmanaged_resources(settings, observed),
    };
    let region = &settings.account_region.region;
    let queries = resources.into_iter().map(async |(kind, arn)| {
        let tags = cloud.tags(region, kind.into(), &arn).await;
        (arn, to_read_result(tags.map(|tags| TagRecord::of(&tags))))
    });
    join_all(queries).await.into_iter().collect()
}

/// Reads the topic that the alarm notifies, unless that was read already.
async fn find_topic(
    cloud: &dyn Cloud,
    region: &Region,
    resolve: &(dyn Fn(&Observed) -> Settings + Sync),
    setup: &SetupOptions,
    guess: Arn,
    observed: &mut Observed,
) {
    loop {
        let topic = resolve(observed).topic_arn();
        if topic == guess {
            return;
        }
        let (found, subscriptions) = topic_and_subscriptions(cloud, region, &topic).await;
        // If the topic doesn't exist, try the next one that the alarm names, or the default one.
        if found == Ok(None) && setup.topic.is_none() {
            observed.gone.push(topic);
            continue;
        }
        (observed.topic, observed.subscriptions) = (found, subscriptions);
        return;
    }
}

/// The trail, and the resources that depend on it where they differ from the guess.
struct TrailAndDependents {
    trails: ReadResult<Vec<Trail>>,
    watched: Option<TrailDetails>,
    others: Vec<TrailDetails>,
    bucket: Option<ReadResult<BucketLookup>>,
    role: Option<ReadResult<Option<Role>>>,
    group: Option<Group>,
}

/// A topic and its subscriptions.
type TopicAndSubscriptions = (ReadResult<Option<Topic>>, ReadResult<Vec<Subscription>>);

/// Reads all candidate trails and their log groups at once, so choosing among several takes no longer than reading one.
async fn trail_and_dependents(
    cloud: &dyn Cloud,
    guess: &Settings,
    prefetch: &Prefetch<'_>,
    resolve: &(dyn Fn(&Observed) -> Settings + Sync),
    setup: &SetupOptions,
    scope: ObserveScope,
) -> TrailAndDependents {
    let region = &guess.account_region.region;
    let mut observed = Observed { trails: prefetch.trails.clone().await, ..Observed::nothing() };
    let all = observed.trails.as_deref().unwrap_or_default();
    let requested_trail = setup.trail.as_deref();
    let mut candidates: Vec<Trail> =
        trails_to_examine(all, requested_trail, &guess.account_region).into_iter().cloned().collect();
    let likely_trail = choose_trail(&observed, requested_trail, &guess.account_region);
    candidates.extend(likely_trail.filter(|t| !candidates.contains(t)).cloned());
    let resolved = resolve(&observed);
    let trail_queries = candidates.into_iter().map(|trail| async {
        let name = trail.log_group().filter(|_| setup.log_group.is_none()).map(str::to_owned);
        let log_group_query = async {
            match name.as_deref() {
                Some(name) if name == guess.log_group.value => Some(prefetch.group.clone().await),
                Some(name) => Some(group(cloud, region, name).await),
                None => None,
            }
        };
        let (status, events, group) =
            join!(cloud.trail_status(region, &trail.arn), cloud.management_events(region, &trail.arn), log_group_query);
        let (status, events) = (to_read_result(status), to_read_result(events));
        (TrailDetails { trail, status, events, counted: false }, group)
    });
    let (trails_with_groups, bucket, role) = join!(
        join_all(trail_queries),
        OptionFuture::from(
            (resolved.bucket.value != guess.bucket.value).then(|| observe_bucket(cloud, &resolved, scope))
        ),
        OptionFuture::from((resolved.role.value != guess.role.value).then(|| observe_role(cloud, &resolved, scope))),
    );
    let mut groups = Vec::new();
    for (mut watched, group) in trails_with_groups {
        if let Some((_, Ok(filters))) = &group {
            watched.counted = counts_root(filters).is_some();
        }
        groups.push((watched.trail.arn.clone(), group));
        observed.others.push(watched);
    }
    let chosen = choose_trail(&observed, requested_trail, &guess.account_region).map(|t| t.arn.clone());
    let index = observed.others.iter().position(|w| Some(&w.trail.arn) == chosen.as_ref());
    let watched = index.map(|index| observed.others.remove(index));
    let group = index.and_then(|index| groups.remove(index).1);
    // The chosen trail may not be the likely one above.
    let resolved_again = resolve(&with_trail(&observed, watched.clone()));
    let (bucket_again, role_again) = join!(
        OptionFuture::from((resolved_again.bucket.value != resolved.bucket.value).then(|| observe_bucket(
            cloud,
            &resolved_again,
            scope
        ))),
        OptionFuture::from((resolved_again.role.value != resolved.role.value).then(|| observe_role(
            cloud,
            &resolved_again,
            scope
        ))),
    );
    TrailAndDependents {
        trails: observed.trails,
        watched,
        others: observed.others,
        bucket: bucket_again.or(bucket),
        role: role_again.or(role),
        group,
    }
}

fn with_trail(observed: &Observed, trail: Option<TrailDetails>) -> Observed {
    Observed { trail, ..observed.clone() }
}

fn not_read<T>() -> ReadResult<T> {
    Err("Not read.".to_owned().into())
}

async fn observe_bucket(cloud: &dyn Cloud, settings: &Settings, scope: ObserveScope) -> ReadResult<BucketLookup> {
    match scope {
        ObserveScope::Chain => not_read(),
        ObserveScope::Everything | ObserveScope::Plan if !settings.bucket_is_managed() => Ok(BucketLookup::NotManaged),
        ObserveScope::Everything | ObserveScope::Plan => to_read_result(cloud.bucket(&settings.bucket.value).await),
    }
}

async fn observe_role(cloud: &dyn Cloud, settings: &Settings, scope: ObserveScope) -> ReadResult<Option<Role>> {
    match scope {
        ObserveScope::Chain => not_read(),
        ObserveScope::Everything | ObserveScope::Plan if !settings.role_is_managed() => Ok(None),
        ObserveScope::Everything | ObserveScope::Plan => to_read_result(cloud.role(&settings.role.value).await),
    }
}

async fn topic_and_subscriptions(cloud: &dyn Cloud, region: &Region, arn: &str) -> TopicAndSubscriptions {
    let (topic, subscriptions) = join!(cloud.topic(region, arn), subscriptions(cloud, region, arn));
    (to_read_result(topic), to_read_result(subscriptions))
}

/// The alarms with our names and the alarms on our metrics.
async fn observe_alarms(prefetch: &Prefetch<'_>) -> ReadResult<Vec<Alarm>> {
    let (named, on_metrics) =
        join!(join_all(prefetch.alarms.values().cloned()), join_all(prefetch.on_metrics.iter().cloned()));
    let all_exist = named.iter().all(|alarm| matches!(alarm, Ok(Some(_))));
    let named: ReadResult<Vec<Option<Alarm>>> = named.into_iter().collect();
    let mut alarms = named.map(|alarms| alarms.into_iter().flatten().collect());
    // If the alarms with our names exist, failing to find others doesn't matter.
    for others in on_metrics.into_iter().filter(|others| others.is_ok() || !all_exist) {
        add_new(&mut alarms, others);
    }
    alarms
}

/// Reads the mute rules of the alarm for root use, unless that was done already.
async fn read_mute_rules(cloud: &dyn Cloud, settings: &Settings, alarms: &mut ReadResult<Vec<Alarm>>) {
    let name = &settings.root_use().alarm.value;
    let Some(alarm) = alarms.iter_mut().flatten().find(|alarm| alarm.name == *name && alarm.mute_rules.is_none())
    else {
        return;
    };
    let rules = cloud.alarm_mute_rules(&settings.account_region.region, name).await;
    alarm.mute_rules = Some(to_read_result(rules));
}

/// The key that the user named.
async fn requested_key(cloud: &dyn Cloud, region: &Region, setup: &SetupOptions) -> Option<ReadResult<Option<KmsKey>>> {
    let key = setup.kms_key.as_deref()?;
    Some(to_read_result(cloud.key(region, key).await))
}

/// The key that encrypts the topic, unless AWS manages it.
async fn topic_key(cloud: &dyn Cloud, region: &Region, observed: &Observed) -> Option<ReadResult<Option<KmsKey>>> {
    let key = observed.topic.as_ref().ok()?.as_ref()?.kms_key.as_deref()?;
    if is_aws_sns_key(Some(key)) {
        return None;
    }
    Some(to_read_result(cloud.key(region, key).await))
}

/// The metric of an alert's filter, if none of the alarms read so far watches it.
fn metric_without_alarm(observed: &Observed, setup: &SetupOptions, alert: &AlertSettings) -> Option<Metric> {
    let metric = &alert.existing_filter(observed)?.metric;
    let watched = observed.alarms.as_ref().is_ok_and(|all| all.iter().any(|a| a.config.metric == *metric));
    (setup.alert(alert.alert).alarm.is_none() && !watched).then(|| metric.clone())
}

pub(super) fn add_new(known: &mut ReadResult<Vec<Alarm>>, others: ReadResult<Vec<Alarm>>) {
    match (known, others) {
        (Ok(known), Ok(others)) => {
            for alarm in others {
                if !known.iter().any(|a| a.name == alarm.name) {
                    known.push(alarm);
                }
            }
        }
        (known, Err(unreadable)) => *known = Err(unreadable),
        (Err(_), Ok(_)) => {}
    }
}
