//! The checks judge the path that exists. The settings may want another one: next to an unmanaged resource that doesn't do its
//! job, rootbell creates its own.

use std::borrow::Cow;

use crate::domain::observed::Observed;
use crate::domain::settings::{Field, Origin, Settings};

/// The settings with the names of the existing path, and the account with its topic.
pub(super) fn existing_path<'a>(
    settings: &'a Settings,
    observed: &'a Observed,
) -> (Cow<'a, Settings>, Cow<'a, Observed>) {
    let mut named = Cow::Borrowed(settings);
    let path = &observed.path;
    let other_name = |field: &Field<String>, found: Option<&str>| {
        found.filter(|name| field.origin != Origin::Given && field.value != *name).map(existing)
    };
    if let Some(filter) = other_name(&settings.filter, path.filter.as_ref().map(|found| found.value.as_str())) {
        named.to_mut().filter = filter;
    }
    if let Some(alarm) = other_name(&settings.alarm, path.alarm.as_ref().map(|found| found.value.as_str())) {
        named.to_mut().alarm = alarm;
    }
    let topic = path.topic.as_ref().map(|found| &found.value);
    let Some(topic_field) = other_name(&settings.topic, topic.and_then(|arn| arn.topic_name())) else {
        return (named, Cow::Borrowed(observed));
    };
    named.to_mut().topic = topic_field;
    let mut with_topic = Cow::Borrowed(observed);
    if let Some(details) = observed.topics.iter().find(|details| Some(&details.arn) == topic) {
        let observed = with_topic.to_mut();
        observed.topic = details.topic.clone();
        observed.subscriptions = details.subscriptions.clone();
        observed.key = details.key.clone();
    }
    (named, with_topic)
}

fn existing(name: &str) -> Field<String> {
    Field { value: name.to_owned(), origin: Origin::Found }
}
