//! Reads one Region, resource by resource along the chain.

use std::collections::BTreeMap;

use futures::future::{Either, FutureExt, join_all, select};
use futures::join;
use jiff::Timestamp;

use super::alarms::{mute_rules_of, observe_alarms, set_mute_rules};
use super::filter_output::published;
use super::prefetch::Prefetch;
use super::read::to_read_result;
use super::reader::{Reader, Unread, if_true, use_topic};
use super::start::Start;
use super::subscriptions::{read_attributes, unread};
use crate::cloud::Cloud;
use crate::domain::added::TagRecord;
use crate::domain::arn::Arn;
use crate::domain::observed::{BucketLookup, FoundPath, KmsKey, ReadResult, Role, SessionTimes};
use crate::domain::path::PathChoice;
use crate::domain::plan::unmanaged_resources;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::{Identity, Observed, Region, Settings, SetupOptions};

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

/// What to read, and how much of it.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) cloud: &'a dyn Cloud,
    pub(super) identity: &'a Identity,
    pub(super) region: &'a Region,
    pub(super) setup: &'a SetupOptions,
    pub(super) scope: ObserveScope,
    pub(super) now: Option<Timestamp>,
}

/// Reads one Region, and chooses the path in it. Once it is known that nothing works in it, starts the look at others.
pub(super) async fn observe_region(
    request: Request<'_>,
    prefetch: Prefetch<'_>,
    start: &mut Start,
) -> (Observed, PathChoice) {
    let Request { cloud, identity, region, setup, scope, now } = request;
    let guess = Settings::resolve(identity, region, setup, &Observed::nothing());
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
    let topic = reader.topic(guess.topic_arn()).boxed().shared();
    // They are read alongside, but what is known without them decides what to read next.
    let attributes = async {
        let topic = topic.clone().await;
        read_attributes(cloud, region, unread(topic.subscriptions.as_deref().unwrap_or_default())).await
    };
    let attributes = attributes.boxed().shared();
    let others = Box::pin(async {
        join!(
            prefetch.root_user.clone(),
            reader.first_trails(start),
            observe_bucket(cloud, &guess, scope),
            observe_role(cloud, &guess, scope),
            async {
                let group = prefetch.group.clone().await;
                let filters = group.filters.as_deref().unwrap_or_default();
                let filter = filters.iter().find(|filter| filter.name == guess.root_use().filter.value);
                let output = match filter {
                    Some(filter) => published(cloud, region, &guess.log_group.value, filter, now).await,
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
            topic.clone(),
            requested_key(cloud, region, setup),
        )
    });
    let first = match select(others, attributes.clone()).await {
        Either::Left((first, _)) => first,
        Either::Right((_, others)) => others.await,
    };
    let (
        root_user,
        (trails, others, more_trails),
        bucket,
        role,
        (group, filter_published),
        alarms,
        topic,
        requested_key,
    ) = first;
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
        topics: vec![topic],
        key: requested_key.clone(),
        filter_outputs: Vec::new(),
        log_group_keys: Vec::new(),
        indirect_alarms: None,
        records: BTreeMap::new(),
        path: FoundPath::default(),
        elsewhere: None,
        left_out: Vec::new(),
        session: SessionTimes::default(),
    };
    let mut unread = Unread { trails: more_trails, attributes: Some(attributes), silent: None };
    unread.add_output(&mut observed, filter_published);
    let choice = reader.read_until_good(&mut observed, unread, requested_key.as_ref(), start).await;
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
