//! Reads an account along the chain. Whatever can be asked at once is asked at once: the default names are looked up
//! beside the trails, and only what turns out to be called otherwise is asked for again.

use futures::future::{OptionFuture, join_all};
use futures::join;

use crate::cloud::{Answer, Cloud};
use crate::domain::health::silenced_by_key;
use crate::domain::observed::{
    Alarm, BucketLookup, LogGroup, Metric, MetricFilter, ReadError, ReadResult, Role, Subscription, Topic, Trail,
    WatchedTrail, counts_root,
};
use crate::domain::settings::{choose_trail, contenders};
use crate::domain::{Identity, Observed, Settings, SetupOptions};

mod prefetch;

pub use prefetch::Prefetch;
use prefetch::TrailAnswers;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObserveScope {
    /// From the trail to the inbox: enough to see whether it rings.
    Chain,
    /// The bucket and the role as well, as a plan and the whole verdict need them.
    Everything,
}

/// The account as it is now. What could not be read says so in its place; nothing fails as a whole.
pub async fn observe(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &str,
    setup: &SetupOptions,
    look: ObserveScope,
) -> Observed {
    observe_with(cloud, identity, region, setup, look, Prefetch::first(&cloud, setup)).await
}

/// The same, going on from what is asked already.
pub async fn observe_with(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &str,
    setup: &SetupOptions,
    look: ObserveScope,
    prefetch: Prefetch<'_>,
) -> Observed {
    let resolve = |observed: &Observed| Settings::resolve(identity, region, setup, observed);
    let known = prefetch.known.as_ref();
    let guess = known.map_or_else(|| resolve(&Observed::nothing()), |known| known.settings.clone());
    let guessed_topic = guess.topic_arn();
    let wished_key = setup.kms_key.as_deref().map(|key| cloud.key(key));
    let (head, bucket, role, (log_group, filters), alarm, on_metric, (topic, subscriptions), wished_key) = join!(
        head(cloud, &guess, &prefetch, &resolve, setup, look),
        async {
            match known {
                Some(known) => known.bucket.clone().await,
                None => observe_bucket(cloud, &guess, look).await,
            }
        },
        async {
            match known {
                Some(known) => known.role.clone().await,
                None => observe_role(cloud, &guess, look).await,
            }
        },
        prefetch.group.clone(),
        prefetch.alarm.clone(),
        OptionFuture::from(prefetch.on_metric.clone()),
        async {
            match known {
                Some(known) => known.topic_and_subscriptions.clone().await,
                None => topic_and_subscriptions(cloud, &guessed_topic).await,
            }
        },
        OptionFuture::from(wished_key),
    );
    let (log_group, filters) = head.group.unwrap_or((log_group, filters));
    let mut observed = Observed {
        trails: head.trails,
        trail: head.watched,
        others: head.others,
        bucket: head.bucket.unwrap_or(bucket),
        log_group,
        filters,
        role: head.role.unwrap_or(role),
        alarms: alarm.map(Vec::from_iter),
        topic,
        subscriptions,
        gone: Vec::new(),
        key: None,
    };

    let named = observed.alarms.as_ref().is_ok_and(|all| !all.is_empty());
    match on_metric {
        // With an alarm of our own name there, nobody needs another.
        Some(Err(_)) if named => {}
        Some(more) => add_new(&mut observed.alarms, more),
        None => {}
    }

    // The filter tells its metric, the metric its alarms, the alarm its topic.
    if let Some(metric) = unwatched(&observed, setup, &resolve(&observed)).filter(|metric| *metric != guess.metric) {
        add_new(&mut observed.alarms, seen(cloud.describe_alarms_for_metric(&metric).await));
    }
    find_topic(cloud, &resolve, setup, guessed_topic, &mut observed).await;
    observed.key = match observed.topic.as_ref().ok().and_then(Option::as_ref).and_then(|t| t.kms_key.clone()) {
        _ if wished_key.is_some() => wished_key.map(seen),
        Some(key) if !silenced_by_key(Some(&key)) => Some(seen(cloud.key(&key).await)),
        _ => None,
    };
    observed
}

/// The topic that the alarm notifies, where that is not the one looked up already.
async fn find_topic(
    cloud: &dyn Cloud,
    resolve: &(dyn Fn(&Observed) -> Settings + Sync),
    setup: &SetupOptions,
    guess: String,
    observed: &mut Observed,
) {
    loop {
        let topic = resolve(observed).topic_arn();
        if topic == guess {
            return;
        }
        let (found, subscriptions) = topic_and_subscriptions(cloud, &topic).await;
        // An alarm may name a topic that is not there: then the next one it names, or our own.
        if found == Ok(None) && setup.topic.is_none() {
            observed.gone.push(topic);
            continue;
        }
        (observed.topic, observed.subscriptions) = (found, subscriptions);
        return;
    }
}

/// The trail, and what it says of the things that hang on it, where that is not what was guessed.
struct Head {
    trails: ReadResult<Vec<Trail>>,
    watched: Option<WatchedTrail>,
    others: Vec<WatchedTrail>,
    bucket: Option<ReadResult<BucketLookup>>,
    role: Option<ReadResult<Option<Role>>>,
    group: Option<Group>,
}

/// A log group, and the filters on it.
type Group = (ReadResult<Option<LogGroup>>, ReadResult<Vec<MetricFilter>>);

/// A topic, and who is subscribed to it.
type TopicAndSubscriptions = (ReadResult<Option<Topic>>, ReadResult<Vec<Subscription>>);

/// Every trail that could be the one is looked at, with its log group: so a choice takes no longer than none.
async fn head(
    cloud: &dyn Cloud,
    guess: &Settings,
    prefetch: &Prefetch<'_>,
    resolve: &(dyn Fn(&Observed) -> Settings + Sync),
    setup: &SetupOptions,
    look: ObserveScope,
) -> Head {
    let expected = prefetch.watched.as_ref();
    let (trails, _) = join!(prefetch.trails.clone(), OptionFuture::from(expected.map(|(_, watch)| watch.clone())));
    let mut observed = Observed { trails, ..Observed::nothing() };
    let all = observed.trails.as_deref().unwrap_or_default();
    let wish = setup.trail.as_deref();
    let mut near: Vec<Trail> = contenders(all, wish, &guess.account_region).into_iter().cloned().collect();
    let likely = choose_trail(&observed, wish, &guess.account_region);
    near.extend(likely.filter(|t| !near.contains(t)).cloned());
    let found = resolve(&observed);
    let looks = near.into_iter().map(|trail| async {
        let name = trail.log_group().filter(|_| setup.log_group.is_none()).map(str::to_owned);
        let its_group = async {
            match name.as_deref() {
                Some(name) if name == guess.log_group.value => Some(prefetch.group.clone().await),
                Some(name) => Some(group(cloud, name).await),
                None => None,
            }
        };
        let its_watch = async {
            match expected {
                Some((arn, watch)) if *arn == trail.arn => watch.clone().await,
                _ => watch(cloud, &trail.arn).await,
            }
        };
        let ((status, events), group) = join!(its_watch, its_group);
        (WatchedTrail { trail, status, events, counted: false }, group)
    });
    let (looked, bucket, role) = join!(
        join_all(looks),
        OptionFuture::from((found.bucket.value != guess.bucket.value).then(|| observe_bucket(cloud, &found, look))),
        OptionFuture::from((found.role.value != guess.role.value).then(|| observe_role(cloud, &found, look))),
    );
    let mut groups = Vec::new();
    for (mut watched, group) in looked {
        if let Some((_, Ok(filters))) = &group {
            watched.counted = counts_root(filters).is_some();
        }
        groups.push((watched.trail.arn.clone(), group));
        observed.others.push(watched);
    }
    let chosen = choose_trail(&observed, wish, &guess.account_region).map(|t| t.arn.clone());
    let at = observed.others.iter().position(|w| Some(&w.trail.arn) == chosen.as_ref());
    let watched = at.map(|at| observed.others.remove(at));
    let group = at.and_then(|at| groups.remove(at).1);
    // The choice may have fallen on another one than it first looked like.
    let again = resolve(&observed_with(&observed, watched.clone()));
    let (bucket_again, role_again) = join!(
        OptionFuture::from((again.bucket.value != found.bucket.value).then(|| observe_bucket(cloud, &again, look))),
        OptionFuture::from((again.role.value != found.role.value).then(|| observe_role(cloud, &again, look))),
    );
    Head {
        trails: observed.trails,
        watched,
        others: observed.others,
        bucket: bucket_again.or(bucket),
        role: role_again.or(role),
        group,
    }
}

fn observed_with(observed: &Observed, trail: Option<WatchedTrail>) -> Observed {
    Observed { trail, ..observed.clone() }
}

pub(super) fn seen<T>(answer: Answer<T>) -> ReadResult<T> {
    answer.map_err(ReadError::from)
}

fn not_asked<T>() -> ReadResult<T> {
    Err(ReadError { why: "Not looked at.".into(), fix: String::new() })
}

async fn observe_bucket(cloud: &dyn Cloud, settings: &Settings, look: ObserveScope) -> ReadResult<BucketLookup> {
    match look {
        ObserveScope::Chain => not_asked(),
        ObserveScope::Everything if !settings.bucket_is_ours() => Ok(BucketLookup::NotManaged),
        ObserveScope::Everything => seen(cloud.bucket(&settings.bucket.value).await),
    }
}

async fn observe_role(cloud: &dyn Cloud, settings: &Settings, look: ObserveScope) -> ReadResult<Option<Role>> {
    match look {
        ObserveScope::Chain => not_asked(),
        ObserveScope::Everything if !settings.role_is_ours() => Ok(None),
        ObserveScope::Everything => seen(cloud.role(&settings.role.value).await),
    }
}

async fn group(cloud: &dyn Cloud, name: &str) -> Group {
    let (group, filters) = join!(cloud.log_group(name), cloud.metric_filters(name));
    (seen(group), seen(filters))
}

async fn topic_and_subscriptions(cloud: &dyn Cloud, arn: &str) -> TopicAndSubscriptions {
    let (topic, subscriptions) = join!(cloud.topic(arn), cloud.subscriptions(arn));
    (seen(topic), seen(subscriptions))
}

async fn watch(cloud: &dyn Cloud, arn: &str) -> TrailAnswers {
    let (status, events) = join!(cloud.trail_status(arn), cloud.management_events(arn));
    (seen(status), seen(events))
}

/// The metric of a filter for root use that no known alarm watches.
fn unwatched(observed: &Observed, setup: &SetupOptions, settings: &Settings) -> Option<Metric> {
    let metric = &observed.root_filter(Some(&settings.filter.value))?.metric;
    let watched = observed.alarms.as_ref().is_ok_and(|all| all.iter().any(|a| a.metric == *metric));
    (setup.alarm.is_none() && !watched).then(|| metric.clone())
}

pub(super) fn add_new(known: &mut ReadResult<Vec<Alarm>>, more: ReadResult<Vec<Alarm>>) {
    match (known, more) {
        (Ok(known), Ok(more)) => {
            for alarm in more {
                if !known.iter().any(|a| a.name == alarm.name) {
                    known.push(alarm);
                }
            }
        }
        (known, Err(unreadable)) => *known = Err(unreadable),
        (Err(_), Ok(_)) => {}
    }
}
