//! Reads what could belong to the path, until there is one that works or nothing more to read.

use futures::future::join_all;
use futures::join;
use jiff::Timestamp;

use super::alarms::{add_new, mute_rules_of, set_mute_rules};
use super::filter_output::{SilentFilter, arrived, published};
use super::prefetch::{Prefetch, SharedQuery};
use super::read::{group, to_read_result};
use super::start::Start;
use super::subscriptions::{Attributes, assume_delivery, read_attributes, set_attributes, unread};
use crate::cloud::Cloud;
use crate::domain::alert::default_metrics;
use crate::domain::arn::Arn;
use crate::domain::filter_output::{FilterOutput, must_publish};
use crate::domain::health::is_aws_sns_key;
use crate::domain::observed::{Alarm, Found, KmsKey, MetricFilter, ReadResult, TopicDetails, Trail, TrailDetails};
use crate::domain::path::{Candidates, PathChoice};
use crate::domain::settings::delivers_here;
use crate::domain::{Identity, Observed, Region, SetupOptions};

/// What is read only if it is needed.
pub(super) struct Unread<'a> {
    pub(super) trails: Vec<Trail>,
    /// The attributes of the default topic's subscriptions, if they are being read.
    pub(super) attributes: Option<SharedQuery<'a, Vec<Attributes>>>,
    /// A filter of which it isn't known whether it had anything to publish.
    pub(super) silent: Option<SilentFilter>,
}

impl Unread<'_> {
    pub(super) fn add_output(
        &mut self,
        observed: &mut Observed,
        published: Option<Result<FilterOutput, SilentFilter>>,
    ) {
        match published {
            Some(Ok(output)) => observed.filter_outputs.push(output),
            Some(Err(silent)) => self.silent = Some(silent),
            None => {}
        }
    }
}

/// Reads what could belong to the path.
pub(super) struct Reader<'a, 'c> {
    pub(super) cloud: &'a dyn Cloud,
    pub(super) identity: &'a Identity,
    pub(super) region: &'a Region,
    pub(super) setup: &'a SetupOptions,
    pub(super) now: Option<Timestamp>,
    pub(super) prefetch: &'a Prefetch<'c>,
    pub(super) default_group: &'a str,
    /// The topic that the user named, or the one with rootbell's name.
    pub(super) default_topic: Arn,
}

impl Reader<'_, '_> {
    fn candidates<'o>(&'o self, observed: &'o Observed) -> Candidates<'o> {
        Candidates { identity: self.identity, region: self.region, setup: self.setup, observed }
    }

    /// All trails, the details of those to read first, and those to read only if these aren't good enough. The trails that
    /// are known already are read at the same time as the list.
    pub(super) async fn first_trails(
        &self,
        start: &mut Start,
    ) -> (ReadResult<Vec<Trail>>, Vec<TrailDetails>, Vec<Trail>) {
        let nothing = Observed::nothing();
        let candidates = self.candidates(&nothing);
        let details = async |trails: Vec<&Trail>| join_all(trails.into_iter().cloned().map(|t| self.trail(t))).await;
        let known = &self.prefetch.known_trails;
        let (trails, mut read) = join!(self.prefetch.trails.clone(), details(candidates.trails_to_read(known).0));
        let (first, more) = candidates.trails_to_read(trails.as_deref().unwrap_or_default());
        if first.is_empty() {
            // Without a trail that can be used here, nothing can work here.
            start.now(trails.as_deref().unwrap_or_default());
        }
        if known.is_empty() {
            read = details(first.clone()).await;
        }
        let is_unread = |trail: &&Trail| !read.iter().any(|details| details.trail.arn == trail.arn);
        let more = first.into_iter().chain(more).filter(is_unread).cloned().collect();
        (trails, read, more)
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

    pub(super) async fn topic(&self, arn: Arn) -> TopicDetails {
        let (topic, subscriptions) =
            join!(self.cloud.topic(self.region, &arn), self.cloud.subscriptions(self.region, &arn));
        TopicDetails { arn, topic: to_read_result(topic), subscriptions: to_read_result(subscriptions), key: None }
    }

    /// What to read about the log group and the filter of the path that was chosen.
    fn unread_of_path(
        &self,
        observed: &Observed,
        choice: &PathChoice,
        silent: Option<&SilentFilter>,
    ) -> (Option<(String, MetricFilter)>, Option<Arn>) {
        let details = observed.others.iter().find(|details| Some(&details.trail.arn) == choice.trail.as_ref());
        let group = details.and_then(|details| details.group.as_ref());
        let log_group = group.map_or(&observed.log_group, |group| &group.log_group);
        let Ok(Some(log_group)) = log_group else { return (None, None) };
        let filters = group.map_or(&observed.filters, |group| &group.filters).as_deref().unwrap_or_default();
        let is_chosen = |filter: &&MetricFilter| Found::any(choice.path.filter.as_ref()) == Some(&filter.name);
        let must_be_read = |filter: &&MetricFilter| {
            let is_read = |output: &FilterOutput| output.log_group == log_group.name && output.filter == filter.name;
            let is_silent =
                silent.is_some_and(|silent| silent.log_group == log_group.name && silent.filter == filter.name);
            let is_known = is_silent || observed.filter_outputs.iter().any(is_read);
            self.now.is_some_and(|now| must_publish(filter, now)) && !is_known
        };
        let filter = filters.iter().find(is_chosen).filter(must_be_read);
        let is_unread = |key: &&Arn| !observed.log_group_keys.iter().any(|(read, _)| read == *key);
        let key = log_group.kms_key.as_ref().filter(is_unread);
        (filter.map(|filter| (log_group.name.clone(), filter.clone())), key.cloned())
    }

    fn add_attributes(
        &self,
        observed: &mut Observed,
        attributes: &[Attributes],
        requested_key: Option<&ReadResult<Option<KmsKey>>>,
    ) {
        for details in &mut observed.topics {
            details.subscriptions.iter_mut().for_each(|all| set_attributes(all, attributes));
        }
        use_topic(observed, &self.default_topic, requested_key.cloned());
    }

    /// What has been read, with subscriptions that receive alerts unless their attributes say otherwise.
    fn assuming_delivery(&self, observed: &Observed) -> Observed {
        let mut assumed = observed.clone();
        for details in &mut assumed.topics {
            details.subscriptions.iter_mut().for_each(|all| assume_delivery(all));
        }
        use_topic(&mut assumed, &self.default_topic, observed.key.clone());
        assumed
    }

    /// Reads candidates until there is a path that works or nothing more to read. Each round takes one round trip: one for a
    /// setup with rootbell's names, and at most four for one with other names. Once it is known that nothing works here, the
    /// look at other Regions starts.
    pub(super) async fn read_until_good(
        &self,
        observed: &mut Observed,
        mut left: Unread<'_>,
        requested_key: Option<&ReadResult<Option<KmsKey>>>,
        start: &mut Start,
    ) -> PathChoice {
        let mut known_metrics = default_metrics();
        if let Some(attributes) = left.attributes.as_ref().and_then(SharedQuery::peek).cloned() {
            left.attributes = None;
            self.add_attributes(observed, &attributes, requested_key);
        }
        loop {
            let assumed = self.assuming_delivery(observed);
            let candidates = self.candidates(&assumed);
            let choice = candidates.choose();
            let is_known = |arn: &Arn| observed.topics.iter().any(|details| details.arn == *arn);
            let (mut metrics, mut topics, mut keys, mut trails) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            if !choice.is_good() {
                metrics = candidates.metrics();
                metrics.retain(|metric| !known_metrics.contains(metric));
                topics = candidates.topic_arns();
                topics.retain(|arn| !is_known(arn));
                if requested_key.is_none() {
                    keys = unread_keys(&observed.topics);
                }
                trails = std::mem::take(&mut left.trails);
            }
            let attributes: Vec<Arn> = observed
                .topics
                .iter()
                .flat_map(|details| details.subscriptions.iter().flat_map(|all| unread(all)))
                .collect();
            let is_everything = metrics.is_empty() && topics.is_empty() && keys.is_empty() && trails.is_empty();
            if !choice.is_good() && (is_everything || !candidates.may_work()) {
                start.now(observed.trails.as_deref().unwrap_or_default());
            }
            let is_unread = |alarm: &&Alarm| {
                alarm.mute_rules.is_none() && choice.path.alarm.as_ref().is_some_and(|found| found.value == alarm.name)
            };
            let without_rules: Option<String> =
                observed.alarms.iter().flatten().find(is_unread).map(|alarm| alarm.name.clone());
            let (unread_filter, unread_key) = self.unread_of_path(observed, &choice, left.silent.as_ref());
            let silent = left.silent.take();
            let is_path_read = without_rules.is_none()
                && unread_filter.is_none()
                && unread_key.is_none()
                && attributes.is_empty()
                && silent.is_none();
            // Something else may notify somebody where the path does not.
            let may_be_indirect =
                self.now.is_some() && !(choice.is_good() && silent.is_none()) && choice.trail.is_some();
            let reads_indirect = may_be_indirect
                && observed.indirect_alarms.is_none()
                && metrics.is_empty()
                && topics.is_empty()
                && trails.is_empty();
            if (choice.is_good() || is_everything) && is_path_read && !reads_indirect {
                observed.left_out = candidates.left_out(&choice);
                return choice;
            }
            let filter_published = async {
                let (log_group, filter) = unread_filter?;
                published(self.cloud, self.region, &log_group, &filter, self.now).await
            };
            let arrived = async { Some(arrived(self.cloud, self.region, silent?, self.now?).await) };
            let group_key = log_group_key(self.cloud, self.region, unread_key, requested_key);
            let being_read = left.attributes.take();
            let read = async {
                match being_read {
                    Some(attributes) => attributes.await,
                    None => read_attributes(self.cloud, self.region, attributes).await,
                }
            };
            let (trails, alarms, topics, attributes, found_keys, output, arrived, group_key, mute_rules, indirect) = join!(
                join_all(trails.into_iter().map(|trail| self.trail(trail))),
                join_all(metrics.iter().map(|metric| self.cloud.describe_alarms_for_metric(self.region, metric))),
                join_all(topics.into_iter().map(|arn| self.topic(arn))),
                read,
                join_all(keys.iter().map(async |(index, key)| (*index, self.cloud.key(self.region, key).await))),
                filter_published,
                arrived,
                group_key,
                join_all(without_rules.iter().map(|name| mute_rules_of(self.cloud, self.region, name, self.now))),
                if_true(reads_indirect, self.cloud.indirect_alarms(self.region)),
            );
            observed.indirect_alarms = indirect.map(to_read_result).or(observed.indirect_alarms.take());
            for (name, rules) in without_rules.iter().zip(mute_rules) {
                set_mute_rules(&mut observed.alarms, name, rules);
            }
            observed.filter_outputs.extend(arrived);
            left.add_output(observed, output);
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
            self.add_attributes(observed, &attributes, requested_key);
        }
    }
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

/// Makes this topic, which has been read, the one that the plan is about.
pub(super) fn use_topic(observed: &mut Observed, arn: &Arn, requested_key: Option<ReadResult<Option<KmsKey>>>) {
    if let Some(details) = observed.topics.iter().find(|details| details.arn == *arn).cloned() {
        observed.topic = details.topic;
        observed.subscriptions = details.subscriptions;
        observed.key = requested_key.or(details.key);
    }
}

/// The answer of a query that is needed only if the condition holds.
pub(super) async fn if_true<T>(condition: bool, query: impl Future<Output = T>) -> Option<T> {
    if condition { Some(query.await) } else { None }
}
