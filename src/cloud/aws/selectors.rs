//! Which management events the event selectors of a trail record.

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType};

use crate::domain::observed::{HIGH_VOLUME_SOURCES, ManagementEvents, NEEDED_SOURCES};

/// Stands for the services that no selector names.
const OTHER_SOURCE: &str = "other.amazonaws.com";

/// Whether events are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recorded<'a> {
    No,
    /// That depends on this field of the event.
    DependsOn(&'a str),
    Yes,
}

/// A kind of management event.
#[derive(Clone, Copy)]
struct EventKind {
    source: &'static str,
    read_only: bool,
}

/// A trail has basic or advanced selectors, and records the events that any of them selects.
///
/// Source: CloudTrail API, PutEventSelectors: a trail without selectors records all management events.
pub(super) fn recorded_events(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> ManagementEvents {
    if basic.is_empty() && advanced.is_empty() {
        return ManagementEvents::ALL;
    }
    let recorded = |source: &'static str, read_only| {
        let kind = EventKind { source, read_only };
        let each = basic.iter().map(|s| by_basic(s, kind)).chain(advanced.iter().map(|s| by_advanced(s, kind)));
        each.fold(Recorded::No, either)
    };
    let kinds = [true, false].map(|read_only| (read_only, recorded(OTHER_SOURCE, read_only)));
    let [read, write] = kinds.map(|(_, answer)| answer != Recorded::No);
    // A source is excluded if less of it is recorded than of the other services.
    let is_excluded = |source: &'static str| {
        let is_missing =
            |(read_only, of_others)| of_others != Recorded::No && recorded(source, read_only) == Recorded::No;
        kinds.into_iter().any(is_missing)
    };
    let unjudged = [OTHER_SOURCE].into_iter().chain(NEEDED_SOURCES).flat_map(|source| {
        [true, false].map(|read_only| match recorded(source, read_only) {
            Recorded::DependsOn(field) => Some(field.to_owned()),
            Recorded::Yes | Recorded::No => None,
        })
    });
    let events = ManagementEvents {
        read,
        write,
        excluded: NEEDED_SOURCES
            .into_iter()
            .chain(HIGH_VOLUME_SOURCES)
            .filter(|s| is_excluded(s))
            .map(str::to_owned)
            .collect(),
        unjudged: unjudged.flatten().next(),
        others: basic.iter().any(has_more) || advanced.iter().any(narrows),
    };
    // Only a single basic selector could be restored after it was replaced.
    let is_replaceable = events.missing().is_none() || (advanced.is_empty() && basic.len() == 1);
    ManagementEvents { others: events.others || !is_replaceable, ..events }
}

/// What two selectors record together.
fn either<'a>(one: Recorded<'a>, other: Recorded<'a>) -> Recorded<'a> {
    match (one, other) {
        (Recorded::Yes, _) | (_, Recorded::Yes) => Recorded::Yes,
        (Recorded::DependsOn(field), _) | (_, Recorded::DependsOn(field)) => Recorded::DependsOn(field),
        (Recorded::No, Recorded::No) => Recorded::No,
    }
}

/// Source: CloudTrail API, EventSelector: both fields default to all management events.
fn by_basic(selector: &EventSelector, kind: EventKind) -> Recorded<'_> {
    let not_selected = if kind.read_only { ReadWriteType::WriteOnly } else { ReadWriteType::ReadOnly };
    let is_recorded = selector.include_management_events.unwrap_or(true)
        && selector.read_write_type != Some(not_selected)
        && !selector.exclude_management_event_sources().iter().any(|source| source == kind.source);
    if is_recorded { Recorded::Yes } else { Recorded::No }
}

/// Whether it selects more, or less, than management events by reads and writes.
fn has_more(selector: &EventSelector) -> bool {
    !selector.data_resources().is_empty() || !selector.exclude_management_event_sources().is_empty()
}

/// All field selectors of an advanced selector must match at once. For management events, trails support these three fields
/// today; event data stores also others.
///
/// Source: CloudTrail API, AdvancedFieldSelector.
fn by_advanced(selector: &AdvancedEventSelector, kind: EventKind) -> Recorded<'_> {
    let by_field = |field| match AdvancedFieldSelector::field(field) {
        "eventCategory" => by_value(field, "Management"),
        "readOnly" => by_value(field, if kind.read_only { "true" } else { "false" }),
        "eventSource" => by_value(field, kind.source),
        other => Recorded::DependsOn(other),
    };
    let both = |one, other| match (one, other) {
        (Recorded::No, _) | (_, Recorded::No) => Recorded::No,
        (Recorded::DependsOn(field), _) | (_, Recorded::DependsOn(field)) => Recorded::DependsOn(field),
        (Recorded::Yes, Recorded::Yes) => Recorded::Yes,
    };
    // Without a category it isn't a valid selector, and selects nothing.
    let has_category = selector.field_selectors().iter().any(|field| field.field() == "eventCategory");
    let start = if has_category { Recorded::Yes } else { Recorded::No };
    selector.field_selectors().iter().map(by_field).fold(start, both)
}

/// Whether a field selector matches that value: one of its values is included, and none excludes it.
fn by_value(field: &AdvancedFieldSelector, value: &str) -> Recorded<'static> {
    let is_included = field.equals().iter().any(|v| v == value)
        || field.starts_with().iter().any(|v| value.starts_with(v))
        || field.ends_with().iter().any(|v| value.ends_with(v));
    let includes_all = field.equals().is_empty() && field.starts_with().is_empty() && field.ends_with().is_empty();
    let is_excluded = field.not_equals().iter().any(|v| v == value)
        || field.not_starts_with().iter().any(|v| value.starts_with(v))
        || field.not_ends_with().iter().any(|v| value.ends_with(v));
    if (is_included || includes_all) && !is_excluded { Recorded::Yes } else { Recorded::No }
}

/// Whether it selects anything but management events by reads and writes.
fn narrows(selector: &AdvancedEventSelector) -> bool {
    let is_plain = |field: &AdvancedFieldSelector| match field.field() {
        "eventCategory" => by_value(field, "Management") == Recorded::Yes,
        name => name == "readOnly",
    };
    !selector.field_selectors().iter().all(is_plain)
}
