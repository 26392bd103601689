//! Reads an account along the chain. Whatever can be asked at once is asked at once: the default names are looked up
//! beside the trails, and only what turns out to be called otherwise is asked for again.

use futures::future::OptionFuture;
use futures::join;

use crate::cloud::{Answer, Cloud};
use crate::domain::observed::{
    Alarm, BucketName, LogGroup, Metric, MetricFilter, Role, Seen, Subscription, Topic, Trail, Unseen, WatchedTrail,
};
use crate::domain::settings::choose_trail;
use crate::domain::{Identity, Observed, Settings, Wishes};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What health is judged by.
    Chain,
    /// The bucket and the role as well, as a plan needs them.
    Everything,
}

/// The account as it is now. What could not be read says so in its place; nothing fails as a whole.
pub async fn observe(cloud: &dyn Cloud, identity: &Identity, region: &str, wishes: &Wishes, look: Look) -> Observed {
    let resolve = |observed: &Observed| Settings::resolve(identity, region, wishes, observed);
    let guess = resolve(&Observed::nothing());
    let guessed_topic = guess.topic_arn();
    let (trails, bucket, role, (log_group, filters), alarm, (topic, subscriptions)) = join!(
        cloud.trails(),
        look_at_bucket(cloud, &guess, look),
        look_at_role(cloud, &guess, look),
        group(cloud, &guess.log_group.value),
        cloud.alarm(&guess.alarm.value),
        tellers(cloud, &guessed_topic),
    );
    let mut observed = Observed {
        trails: seen(trails),
        trail: None,
        bucket,
        log_group,
        filters,
        role,
        alarms: seen(alarm).map(Vec::from_iter),
        topic,
        subscriptions,
    };

    // The trail tells the names that hang on it.
    let found = resolve(&observed);
    let trail = observed.trails.as_deref().unwrap_or_default();
    let trail = choose_trail(trail, wishes.trail.as_deref(), &found.place).cloned();
    let (watched, bucket_again, role_again, group_again) = join!(
        OptionFuture::from(trail.map(|trail| watch(cloud, trail))),
        OptionFuture::from((found.bucket != guess.bucket).then(|| look_at_bucket(cloud, &found, look))),
        OptionFuture::from((found.role != guess.role).then(|| look_at_role(cloud, &found, look))),
        OptionFuture::from(
            (found.log_group.value != guess.log_group.value).then(|| group(cloud, &found.log_group.value))
        ),
    );
    observed.trail = watched;
    observed.bucket = bucket_again.unwrap_or(observed.bucket);
    observed.role = role_again.unwrap_or(observed.role);
    if let Some((log_group, filters)) = group_again {
        (observed.log_group, observed.filters) = (log_group, filters);
    }

    // The filter tells its metric, the metric its alarms, the alarm its topic.
    if let Some(metric) = unwatched(&observed, wishes, &resolve(&observed)) {
        match (seen(cloud.alarms_on(&metric).await), &mut observed.alarms) {
            (Ok(more), Ok(alarms)) => add_new(alarms, more),
            (Err(unseen), alarms) => *alarms = Err(unseen),
            (Ok(_), Err(_)) => {}
        }
    }
    let topic = resolve(&observed).topic_arn();
    if topic != guessed_topic {
        (observed.topic, observed.subscriptions) = tellers(cloud, &topic).await;
    }
    observed
}

pub(super) fn seen<T>(answer: Answer<T>) -> Seen<T> {
    answer.map_err(Unseen::from)
}

fn not_asked<T>() -> Seen<T> {
    Err(Unseen { why: "Not looked at.".into(), fix: String::new() })
}

async fn look_at_bucket(cloud: &dyn Cloud, settings: &Settings, look: Look) -> Seen<BucketName> {
    match look {
        Look::Chain => not_asked(),
        Look::Everything if !settings.bucket_is_ours() => Ok(BucketName::NotOurs),
        Look::Everything => seen(cloud.bucket(&settings.bucket.value).await),
    }
}

async fn look_at_role(cloud: &dyn Cloud, settings: &Settings, look: Look) -> Seen<Option<Role>> {
    match look {
        Look::Chain => not_asked(),
        Look::Everything if !settings.role_is_ours() => Ok(None),
        Look::Everything => seen(cloud.role(&settings.role.value).await),
    }
}

async fn group(cloud: &dyn Cloud, name: &str) -> (Seen<Option<LogGroup>>, Seen<Vec<MetricFilter>>) {
    let (group, filters) = join!(cloud.log_group(name), cloud.metric_filters(name));
    (seen(group), seen(filters))
}

async fn tellers(cloud: &dyn Cloud, arn: &str) -> (Seen<Option<Topic>>, Seen<Vec<Subscription>>) {
    let (topic, subscriptions) = join!(cloud.topic(arn), cloud.subscriptions(arn));
    (seen(topic), seen(subscriptions))
}

async fn watch(cloud: &dyn Cloud, trail: Trail) -> WatchedTrail {
    let (status, events) = join!(cloud.trail_status(&trail.arn), cloud.management_events(&trail.arn));
    WatchedTrail { status: seen(status), events: seen(events), trail }
}

/// The metric of a filter for root use that no known alarm watches.
fn unwatched(observed: &Observed, wishes: &Wishes, settings: &Settings) -> Option<Metric> {
    let metric = &observed.root_filter(Some(&settings.filter.value))?.metric;
    let watched = observed.alarms.as_ref().is_ok_and(|all| all.iter().any(|a| a.metric == *metric));
    (wishes.alarm.is_none() && !watched).then(|| metric.clone())
}

pub(super) fn add_new(alarms: &mut Vec<Alarm>, more: Vec<Alarm>) {
    for alarm in more {
        if !alarms.iter().any(|a| a.name == alarm.name) {
            alarms.push(alarm);
        }
    }
}
