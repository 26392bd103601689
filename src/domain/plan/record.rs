//! Records in a tag what a plan adds to a resource that rootbell did not create.

use crate::domain::added::{ADDED, Addition, Recorded, TagRecord};
use crate::domain::arn::Arn;
use crate::domain::change::{Change, Resource, ResourceKind, Step};
use crate::domain::observed::{Observed, ReadResult};
use crate::domain::problem::{Fix, Problem};
use crate::domain::settings::Settings;

impl Recorded {
    /// The resource as a row of the plan.
    pub(super) fn resource(self) -> ResourceKind {
        match self {
            Self::Trail => ResourceKind::Trail,
            Self::LogGroup => ResourceKind::LogGroup,
            Self::Topic => ResourceKind::Topic,
        }
    }

    /// The step that it belongs to.
    pub(super) fn step(self) -> Step {
        match self {
            Self::Trail | Self::LogGroup => Step::Trail,
            Self::Topic => Step::Topic,
        }
    }

    /// The kind that a resource is, if what is added to it can be recorded in a tag.
    pub(super) fn of(resource: Resource) -> Option<Self> {
        match resource {
            Resource::Trail => Some(Self::Trail),
            Resource::LogGroup => Some(Self::LogGroup),
            Resource::Topic => Some(Self::Topic),
            // Only ones with rootbell's names are changed, or only in ways that are recognized without a tag.
            Resource::Bucket
            | Resource::Role
            | Resource::EventRole
            | Resource::EventRule
            | Resource::MetricFilter
            | Resource::Alarm => None,
        }
    }
}

/// The kinds of which the resource doesn't have rootbell's name: what is added to it is recorded in a tag.
pub fn unmanaged_kinds(wanted: &Settings) -> impl Iterator<Item = Recorded> {
    let without_default_name = Resource::ALL.into_iter().filter(|resource| !wanted.has_default_name(*resource));
    without_default_name.filter_map(Recorded::of)
}

/// The ARN of the existing resource of the chain; `None` if there is none, or if it can't be changed from here.
fn existing_arn(wanted: &Settings, observed: &Observed, kind: Recorded) -> Option<Arn> {
    match kind {
        Recorded::Trail => {
            let trail = observed.trail.as_ref().map(|watched| &watched.trail);
            trail.filter(|trail| trail.can_be_changed_from(&wanted.account_region)).map(|trail| trail.arn.clone())
        }
        Recorded::LogGroup => {
            let group = observed.log_group.as_ref().ok()?.as_ref()?;
            Some(wanted.account_region.log_group_tagging_arn(&group.name))
        }
        Recorded::Topic => observed.topic.as_ref().ok()?.as_ref().map(|topic| topic.arn.clone()),
    }
}

/// The existing resources of the chain that don't have rootbell's names. A plan needs to know what their tags say.
#[must_use]
pub fn unmanaged_resources(wanted: &Settings, observed: &Observed) -> Vec<(Recorded, Arn)> {
    unmanaged_kinds(wanted).filter_map(|kind| Some((kind, existing_arn(wanted, observed, kind)?))).collect()
}

fn record<'a>(wanted: &Settings, observed: &'a Observed, kind: Recorded) -> Option<&'a ReadResult<TagRecord>> {
    observed.records.get(&existing_arn(wanted, observed, kind)?)
}

/// Whether rootbell created the resource, or is about to: it doesn't exist, or has rootbell's name or tag.
pub(super) fn is_managed(wanted: &Settings, observed: &Observed, kind: Recorded) -> bool {
    wanted.has_default_name(kind.resource().part_of())
        || existing_arn(wanted, observed, kind).is_none()
        || matches!(record(wanted, observed, kind), Some(Ok(record)) if record.managed)
}

/// The record of what a plan adds to a resource.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// The change that sets the tag, and its detail; `None` if there is nothing new to record.
    pub change: Option<(Change, String)>,
    /// Why something can't be recorded.
    pub note: Option<Problem>,
}

impl Recording {
    fn note(why: String, fix: Fix) -> Self {
        Self { change: None, note: Some(Problem::new(why, fix)) }
    }
}

/// Records additions to a resource that rootbell did not create. If its tags are unknown, the record is left out, because
/// an earlier one could be lost.
pub(super) fn record_additions(
    wanted: &Settings,
    observed: &Observed,
    kind: Recorded,
    added: Vec<Addition>,
) -> Recording {
    let Some(arn) = existing_arn(wanted, observed, kind) else { return Recording::default() };
    if added.is_empty() || is_managed(wanted, observed, kind) {
        return Recording::default();
    }
    let name = kind.name(&arn).to_owned();
    let earlier = match observed.records.get(&arn) {
        Some(Ok(record)) => record.added.clone(),
        Some(Err(unreadable)) => {
            let why = format!(
                "The tags of `{name}` can't be read, so what is added to it is not recorded and can't be undone later: {}",
                unreadable.why
            );
            return Recording::note(why, unreadable.fix.clone());
        }
        None => {
            let why = format!("The tags of `{name}` have not been read, so what is added to it can't be undone later.");
            return Recording::note(why, Fix::Nothing);
        }
    };
    let mut all = earlier.clone();
    let mut without_room = Vec::new();
    for addition in added {
        match all.with(addition.clone()) {
            Some(longer) => all = longer,
            None => without_room.push(format!("`{addition}`")),
        }
    }
    let mut recording = Recording::default();
    if !without_room.is_empty() {
        let why = format!(
            "The tag `{ADDED}` of `{name}` has no room for {}, which can't be undone later.",
            without_room.join(", ")
        );
        recording.note = Some(why.into());
    }
    if all != earlier {
        let detail = format!("records what is added, so that it can be undone: {ADDED} = {all}");
        recording.change = Some((Change::RecordAdded { kind, arn, added: all }, detail));
    }
    recording
}
