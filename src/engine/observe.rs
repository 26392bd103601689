//! Reads the account, resource by resource along the chain. Independent queries run concurrently: resources with default
//! names are read at the same time as the trails, and only those that turn out to have other names are read again.

use crate::domain::role_purpose::RolePurpose;
use std::collections::BTreeMap;

use futures::future::join_all;
use futures::join;
use jiff::Timestamp;

use crate::cloud::Cloud;
use crate::domain::added::TagRecord;
use crate::domain::alert::default_metrics;
use crate::domain::arn::Arn;
use crate::domain::event_rule::EventRules;
use crate::domain::filter_output::{FilterOutput, must_publish};
use crate::domain::health::{is_aws_sns_key, what_fails};
use crate::domain::observed::{
    Alarm, BucketLookup, Elsewhere, ElsewhereState, Found, FoundPath, KmsKey, Metric, MetricFilter, ReadResult, Role,
    SessionTimes, TopicDetails, Trail, TrailDetails,
};
use crate::domain::path::{Candidates, PathChoice, other_regions};
use crate::domain::plan::unmanaged_resources;
use crate::domain::settings::delivers_here;
use crate::domain::{Identity, Observed, Region, Settings, SetupOptions};

mod alarms;
mod event_rules;
mod filter_output;
mod prefetch;
mod read;
mod root_user;
mod subscriptions;

pub(super) use alarms::add_new;
use alarms::{mute_rules_of, observe_alarms, set_mute_rules};
pub(super) use event_rules::event_rules;
use filter_output::filter_output;
pub use prefetch::Prefetch;
pub use subscriptions::subscriptions;

use read::group;
pub(super) use read::to_read_result;

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

/// Reads the account's current state, and unless only the chain is read, the root user. If a query fails, its field holds
/// the error, and the rest is still returned. `now` is the time; `None`: what only the verdict needs is not read, such as
/// the datapoints of filters.
pub async fn observe(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
    now: Option<Timestamp>,
) -> Observed {
    let prefetch = Prefetch::new(&cloud, region, setup);
    let prefetch = match scope {
        ObserveScope::Chain => prefetch,
        ObserveScope::Everything | ObserveScope::Plan => prefetch.with_root_user(&cloud),
    };
    observe_with(cloud, identity, region, setup, scope, now, prefetch).await
}

/// Like [`observe`], but uses the queries in `prefetch`, which may have started already. It decides on the root user.
pub async fn observe_with(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
    now: Option<Timestamp>,
    prefetch: Prefetch<'_>,
) -> Observed {
    let trails = prefetch.trails.clone();
    // Without a trail that can be used here, nothing can work here.
    let elsewhere_at_once = async {
        let trails = trails.await.ok()?;
        let nothing = Observed::nothing();
        let (first, _) = Candidates { identity, region, setup, observed: &nothing }.trails_to_read(&trails);
        if first.is_empty() {
            Some(Box::pin(find_elsewhere(cloud, identity, region, setup, now, &trails, true)).await)
        } else {
            None
        }
    };
    let ((mut observed, choice), elsewhere) =
        join!(observe_region(cloud, identity, region, setup, scope, now, prefetch), elsewhere_at_once);
    observed.elsewhere = match elsewhere {
        Some(elsewhere) => elsewhere,
        None if choice.is_good() => None,
        None => {
            let trails = observed.trails.as_deref().unwrap_or_default();
            Box::pin(find_elsewhere(cloud, identity, region, setup, now, trails, observed.trail.is_none())).await
        }
    };
    observed
}

/// Looks for a path in the Regions that the trails name: one that works or, if this Region needs a trail, one that exists.
async fn find_elsewhere(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    now: Option<Timestamp>,
    trails: &[Trail],
    needs_trail: bool,
) -> Option<Elsewhere> {
    let regions = other_regions(trails, setup, &identity.in_region(region));
    let queries = regions.iter().map(async |region| {
        let prefetch = Prefetch::new(&cloud, region, setup);
        let (observed, choice) =
            observe_region(cloud, identity, region, setup, ObserveScope::Chain, now, prefetch).await;
        let settings = Settings::resolve(identity, region, setup, &observed);
        let state = match choice.is_good() {
            true if choice.is_pending() => ElsewhereState::Pending,
            true => ElsewhereState::Works,
            false => ElsewhereState::Lacking(what_fails(&settings, &observed)?),
        };
        let trail = observed.trail?.trail.name;
        let alarm = choice.path.alarm.map(|found| found.value);
        Some(Elsewhere { region: region.clone(), trail, alarm, state })
    });
    let found = join_all(queries).await.into_iter().flatten();
    let is_worth_it = |elsewhere: &Elsewhere| elsewhere.lacks().is_none() || needs_trail;
    found.filter(is_worth_it).min_by(|a, b| a.state.cmp(&b.state))
}

/// Reads one Region, and chooses the path in it.
async fn observe_region(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
    now: Option<Timestamp>,
    prefetch: Prefetch<'_>,
) -> (Observed, PathChoice) {
    let guess = Settings::resolve(identity, region, setup, &Observed::nothing());
    let default_topic = guess.topic_arn();
    let reader = Reader {
        cloud,
        identity,
        region,
        setup,
        now,
        prefetch: &prefetch,
        default_group: &guess.log_group.value,
        default_topic: guess.topic_arn(),
    };
    let (
        root_user,
        (trails, others, mut more_trails),
        bucket,
        role,
        (group, filter_output),
        alarms,
        topic,
        requested_key,
        (events, event_topics),
    ) = join!(
        prefetch.root_user.clone(),
        reader.first_trails(),
        observe_bucket(cloud, &guess, scope),
        observe_role(cloud, &guess, scope),
        async {
            let group = prefetch.group.clone().await;
            let filters = group.filters.as_deref().unwrap_or_default();
            let filter = filters.iter().find(|filter| filter.name == guess.root_use().filter.value);
            let output = match filter {
                Some(filter) => filter_output(cloud, region, &guess.log_group.value, filter, now).await,
                None => None,
            };
            (group, output)
        },
        async {
            let (mut alarms, name) = (observe_alarms(&prefetch).await, &guess.root_use().alarm.value);
            if alarms.iter().flatten().any(|alarm| alarm.name == *name) {
                set_mute_rules(&mut alarms, name, mute_rules_of(cloud, region, name, now).await);
            }
            alarms
        },
        reader.topic(guess.topic_arn()),
        requested_key(cloud, region, setup),
        reads_events(scope, Box::pin(event_rules(cloud, identity, region, now, &default_topic))),
    );
    // Without `..`, so that a new part is read here.
    let mut observed = Observed {
        root_user,
        trails,
        trail: None,
        others,
        bucket,
        log_group: group.log_group,
        filters: group.filters,
        role,
        alarms,
        topic: topic.topic.clone(),
        subscriptions: topic.subscriptions.clone(),
        topics: [topic].into_iter().chain(event_topics).collect(),
        events,
        key: requested_key.clone(),
        filter_outputs: filter_output.into_iter().collect(),
        log_group_keys: Vec::new(),
        indirect_alarms: None,
        records: BTreeMap::new(),
        path: FoundPath::default(),
        elsewhere: None,
        left_out: Vec::new(),
        session: SessionTimes::default(),
    };
    let choice = reader.read_until_good(&mut observed, &mut more_trails, requested_key.as_ref()).await;
    use_path(&mut observed, &choice);
    let settings = Settings::resolve(identity, region, setup, &observed);
    use_topic(&mut observed, &settings.topic_arn(), requested_key);
    let (bucket, role, records) = join!(
        if_true(settings.bucket.value != guess.bucket.value, observe_bucket(cloud, &settings, scope)),
        if_true(settings.role.value != guess.role.value, observe_role(cloud, &settings, scope)),
        observe_records(cloud, &settings, &observed, scope),
    );
    observed.bucket = bucket.unwrap_or(observed.bucket);
    observed.role = role.unwrap_or(observed.role);
    observed.records = records;
    (observed, choice)
}

/// The event rules, unless only the chain is read.
async fn reads_events(
    scope: ObserveScope,
    query: impl Future<Output = (EventRules, Vec<TopicDetails>)>,
) -> (EventRules, Vec<TopicDetails>) {
    match scope {
        ObserveScope::Chain => {
            (EventRules { at_sign_ins: None, at_home: not_read(), role: None, ..EventRules::default() }, Vec::new())
        }
        ObserveScope::Everything | ObserveScope::Plan => query.await,
    }
}

/// The answer of a query that is needed only if the condition holds.
async fn if_true<T>(condition: bool, query: impl Future<Output = T>) -> Option<T> {
    if condition { Some(query.await) } else { None }
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

/// Makes the chosen path the chain.
fn use_path(observed: &mut Observed, choice: &PathChoice) {
    let index = observed.others.iter().position(|details| Some(&details.trail.arn) == choice.trail.as_ref());
    observed.trail = index.map(|index| observed.others.remove(index));
    if let Some(group) = observed.trail.as_ref().and_then(|details| details.group.clone()) {
        (observed.log_group, observed.filters) = (group.log_group, group.filters);
    }
    observed.path = choice.path.clone();
}

/// Makes this topic, which has been read, the one that the plan is about.
fn use_topic(observed: &mut Observed, arn: &Arn, requested_key: Option<ReadResult<Option<KmsKey>>>) {
    if let Some(details) = observed.topics.iter().find(|details| details.arn == *arn).cloned() {
        observed.topic = details.topic;
        observed.subscriptions = details.subscriptions;
        observed.key = requested_key.or(details.key);
    }
}

/// Reads what could belong to the path.
struct Reader<'a, 'c> {
    cloud: &'a dyn Cloud,
    identity: &'a Identity,
    region: &'a Region,
    setup: &'a SetupOptions,
    now: Option<Timestamp>,
    prefetch: &'a Prefetch<'c>,
    default_group: &'a str,
    /// The topic that the user named, or the one with rootbell's name.
    default_topic: Arn,
}

impl Reader<'_, '_> {
    fn candidates<'o>(&'o self, observed: &'o Observed) -> Candidates<'o> {
        Candidates { identity: self.identity, region: self.region, setup: self.setup, observed }
    }

    /// All trails, the details of those to read first, and those to read only if these aren't good enough.
    async fn first_trails(&self) -> (ReadResult<Vec<Trail>>, Vec<TrailDetails>, Vec<Trail>) {
        let trails = self.prefetch.trails.clone().await;
        let nothing = Observed::nothing();
        let (first, more) = self.candidates(&nothing).trails_to_read(trails.as_deref().unwrap_or_default());
        let more = more.into_iter().cloned().collect();
        let details = join_all(first.into_iter().cloned().map(|trail| self.trail(trail))).await;
        (trails, details, more)
    }

    async fn trail(&self, trail: Trail) -> TrailDetails {
        let name = trail.log_group().filter(|_| self.setup.log_group.is_none());
        let is_here = delivers_here(&trail, &self.identity.in_region(self.region));
        let group_query = async {
            match name {
                Some(name) if name == self.default_group => Some(self.prefetch.group.clone().await),
                Some(name) if is_here => Some(group(self.cloud, self.region, name).await),
                _ => None,
            }
        };
        let (status, events, group) = join!(
            self.cloud.trail_status(self.region, &trail.arn),
            self.cloud.management_events(self.region, &trail.arn),
            group_query
        );
        TrailDetails { trail, status: to_read_result(status), events: to_read_result(events), group }
    }

    async fn topic(&self, arn: Arn) -> TopicDetails {
        let (topic, subscriptions) =
            join!(self.cloud.topic(self.region, &arn), subscriptions(self.cloud, self.region, &arn));
        TopicDetails { arn, topic: to_read_result(topic), subscriptions: to_read_result(subscriptions), key: None }
    }

    /// What to read about the log group and the filter of the path that was chosen.
    fn unread_of_path(
        &self,
        observed: &Observed,
        choice: &PathChoice,
    ) -> (Option<(String, MetricFilter)>, Option<Arn>) {
        let details = observed.others.iter().find(|details| Some(&details.trail.arn) == choice.trail.as_ref());
        let group = details.and_then(|details| details.group.as_ref());
        let log_group = group.map_or(&observed.log_group, |group| &group.log_group);
        let Ok(Some(log_group)) = log_group else { return (None, None) };
        let filters = group.map_or(&observed.filters, |group| &group.filters).as_deref().unwrap_or_default();
        let is_chosen = |filter: &&MetricFilter| Found::any(choice.path.filter.as_ref()) == Some(&filter.name);
        let must_be_read = |filter: &&MetricFilter| {
            let is_read = |output: &FilterOutput| output.log_group == log_group.name && output.filter == filter.name;
            self.now.is_some_and(|now| must_publish(filter, now)) && !observed.filter_outputs.iter().any(is_read)
        };
        let filter = filters.iter().find(is_chosen).filter(must_be_read);
        let is_unread = |key: &&Arn| !observed.log_group_keys.iter().any(|(read, _)| read == *key);
        let key = log_group.kms_key.as_ref().filter(is_unread);
        (filter.map(|filter| (log_group.name.clone(), filter.clone())), key.cloned())
    }

    /// Reads candidates until there is a path that works or nothing more to read. Each round takes one round trip, so that a
    /// setup with rootbell's names needs none, and one with other names at most four.
    async fn read_until_good(
        &self,
        observed: &mut Observed,
        more_trails: &mut Vec<Trail>,
        requested_key: Option<&ReadResult<Option<KmsKey>>>,
    ) -> PathChoice {
        let mut known_metrics = default_metrics();
        loop {
            let candidates = self.candidates(observed);
            let choice = candidates.choose();
            let is_known = |arn: &Arn| observed.topics.iter().any(|details| details.arn == *arn);
            let metrics: Vec<Metric> =
                candidates.metrics().into_iter().filter(|metric| !known_metrics.contains(metric)).collect();
            let topics: Vec<Arn> = candidates.topic_arns().into_iter().filter(|arn| !is_known(arn)).collect();
            let keys: Vec<(usize, String)> =
                if requested_key.is_some() { Vec::new() } else { unread_keys(&observed.topics) };
            let trails = std::mem::take(more_trails);
            let is_everything = metrics.is_empty() && topics.is_empty() && keys.is_empty() && trails.is_empty();
            let is_unread = |alarm: &&Alarm| {
                alarm.mute_rules.is_none() && choice.path.alarm.as_ref().is_some_and(|found| found.value == alarm.name)
            };
            let unread: Option<String> =
                observed.alarms.iter().flatten().find(is_unread).map(|alarm| alarm.name.clone());
            let (unread_filter, unread_key) = self.unread_of_path(observed, &choice);
            let is_path_read = unread.is_none() && unread_filter.is_none() && unread_key.is_none();
            // Something else may notify somebody where the path does not.
            let may_be_indirect = self.now.is_some() && !choice.is_good() && choice.trail.is_some();
            let reads_indirect = may_be_indirect
                && observed.indirect_alarms.is_none()
                && metrics.is_empty()
                && topics.is_empty()
                && trails.is_empty();
            if (choice.is_good() || is_everything) && is_path_read && !reads_indirect {
                observed.left_out = candidates.left_out(&choice);
                return choice;
            }
            let filter_output = async {
                let (log_group, filter) = unread_filter?;
                filter_output(self.cloud, self.region, &log_group, &filter, self.now).await
            };
            let group_key = log_group_key(self.cloud, self.region, unread_key, requested_key);
            let (trails, alarms, topics, found_keys, filter_output, group_key, mute_rules, indirect) = join!(
                join_all(trails.into_iter().map(|trail| self.trail(trail))),
                join_all(metrics.iter().map(|metric| self.cloud.describe_alarms_for_metric(self.region, metric))),
                join_all(topics.into_iter().map(|arn| self.topic(arn))),
                join_all(keys.iter().map(async |(index, key)| (*index, self.cloud.key(self.region, key).await))),
                filter_output,
                group_key,
                join_all(unread.iter().map(|name| mute_rules_of(self.cloud, self.region, name, self.now))),
                if_true(reads_indirect, self.cloud.indirect_alarms(self.region)),
            );
            observed.indirect_alarms = indirect.map(to_read_result).or(observed.indirect_alarms.take());
            for (name, rules) in unread.iter().zip(mute_rules) {
                set_mute_rules(&mut observed.alarms, name, rules);
            }
            observed.filter_outputs.extend(filter_output);
            observed.log_group_keys.extend(group_key);
            observed.others.extend(trails);
            for found in alarms {
                add_new(&mut observed.alarms, to_read_result(found));
            }
            known_metrics.extend(metrics);
            for (index, key) in found_keys {
                observed.topics[index].key = Some(to_read_result(key));
            }
            observed.topics.extend(topics);
            use_topic(observed, &self.default_topic, requested_key.cloned());
        }
    }
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
        ObserveScope::Everything | ObserveScope::Plan => {
            to_read_result(cloud.role(&settings.role.value, RolePurpose::Delivery).await)
        }
    }
}

/// The key that the user named.
async fn requested_key(cloud: &dyn Cloud, region: &Region, setup: &SetupOptions) -> Option<ReadResult<Option<KmsKey>>> {
    let key = setup.kms_key.as_deref()?;
    Some(to_read_result(cloud.key(region, key).await))
}

/// The key that encrypts a log group, with its ARN; the same as the requested one if that has this ARN.
async fn log_group_key(
    cloud: &dyn Cloud,
    region: &Region,
    key: Option<Arn>,
    requested: Option<&ReadResult<Option<KmsKey>>>,
) -> Option<(Arn, ReadResult<Option<KmsKey>>)> {
    let arn = key?;
    let is_requested = |read: &&ReadResult<Option<KmsKey>>| matches!(read, Ok(Some(key)) if key.arn == arn);
    match requested.filter(is_requested) {
        Some(read) => Some((arn, read.clone())),
        None => Some((arn.clone(), to_read_result(cloud.key(region, &arn).await))),
    }
}

/// The keys that encrypt topics, apart from the one that AWS manages and those already read.
fn unread_keys(topics: &[TopicDetails]) -> Vec<(usize, String)> {
    let key = |details: &TopicDetails| details.topic.as_ref().ok()?.as_ref()?.kms_key.clone();
    let unread = topics.iter().enumerate().filter(|(_, details)| details.key.is_none());
    unread
        .filter_map(|(index, details)| Some((index, key(details).filter(|key| !is_aws_sns_key(Some(key)))?)))
        .collect()
}
