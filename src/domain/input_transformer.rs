//! EventBridge's input transformers: a text made from parts of an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Source: EventBridge API, InputTransformer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputTransformer {
    /// The JSON path of each variable.
    pub paths: BTreeMap<String, String>,
    /// The text, in which `<name>` stands for a variable.
    pub template: String,
}
