//! EventBridge's input transformers: a text made from parts of an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Source: EventBridge API, InputTransformer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputTransformer {
    /// The JSON path of each variable.
    pub paths: BTreeMap<String, String>,
    /// The text, in which `<name>` stands for a variable.
    pub template: String,
}

impl InputTransformer {
    /// The text that a target receives for an event, as EventBridge's guide describes it: a variable that the event lacks leaves
    /// its place empty, and each line of a text template stays in its quotes. Values in a quoted line are escaped as in JSON.
    ///
    /// Source: EventBridge User Guide, "Amazon EventBridge input transformation", examples.
    #[must_use]
    pub fn render(&self, event: &Value) -> String {
        let mut text = String::new();
        let mut rest = self.template.as_str();
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            let variable = after.split_once('>').filter(|(name, _)| self.paths.contains_key(*name));
            let Some((name, after)) = variable else {
                text.push('<');
                rest = after;
                continue;
            };
            text.push_str(&value_at(event, &self.paths[name]));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// The value at a path such as `$.detail.eventName`, as it stands in a quoted line.
fn value_at(event: &Value, path: &str) -> String {
    let mut names = path.trim_start_matches("$.").split('.');
    let value = names.try_fold(event, |value, name| value.get(name));
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => {
            let quoted = Value::from(text.as_str()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        Some(other) => other.to_string().replace('"', "\\\""),
    }
}
