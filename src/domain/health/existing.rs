//! The checks judge the path that exists. The settings may want another one: next to an unmanaged resource that doesn't do its
//! job, rootbell creates its own.

use std::borrow::Cow;

use crate::domain::alert::AlertId;
use crate::domain::observed::{Elsewhere, Observed};
use crate::domain::problem::{Fix, Input};
use crate::domain::settings::{Field, Origin, SettingId, Settings, TRAIL};

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
    let root_use = settings.root_use();
    let filter = other_name(&root_use.filter, path.filter.as_ref().map(|found| found.value.as_str()));
    let alarm = other_name(&root_use.alarm, path.alarm.as_ref().map(|found| found.value.as_str()));
    if filter.is_some() || alarm.is_some() {
        let root_use = &mut named.to_mut().alerts[AlertId::RootUse];
        root_use.filter = filter.unwrap_or_else(|| root_use.filter.clone());
        root_use.alarm = alarm.unwrap_or_else(|| root_use.alarm.clone());
    }
    let topic = path.topic.as_ref().map(|found| &found.value);
    let Some(topic_field) = other_name(&settings.topic, topic.and_then(|arn| arn.topic_name())) else {
        return (named, Cow::Borrowed(observed));
    };
    named.to_mut().topic = topic_field;
    let mut with_topic = Cow::Borrowed(observed);
    if let Some(details) = observed.topics.iter().find(|details| Some(&details.arn) == topic) {
        let observed = with_topic.to_mut();
        observed.topic.clone_from(&details.topic);
        observed.subscriptions.clone_from(&details.subscriptions);
        observed.key.clone_from(&details.key);
    }
    (named, with_topic)
}

fn existing(name: &str) -> Field<String> {
    Field { value: name.to_owned(), origin: Origin::Found }
}

/// What to do where a path works in another Region: use that one. A second trail costs money, so it comes last, and only if
/// the user insists.
#[must_use]
pub fn use_other_region(elsewhere: &Elsewhere, needs_trail: bool) -> Fix {
    let switch = Fix::choose_value("Use that Region", Input::Region, elsewhere.region.as_str());
    if !needs_trail {
        return switch;
    }
    let advice = "Or set up this Region as well, with a second trail";
    Fix::Each(vec![switch, Fix::choose_value(advice, Input::Setting(SettingId::Trail), TRAIL)])
}
