//! The results of commands as JSON.

use serde_json::{Map, Value};

use crate::domain::text::escape_controls_in_lines;

/// The result as text. For a demo account, its first field is `demo`. JSON allows some control characters unescaped that
/// a terminal would interpret, so these are escaped here.
pub(in crate::cli) fn render(demo: bool, result: &Value) -> String {
    let mut fields = Map::new();
    if demo {
        fields.insert("demo".to_owned(), true.into());
    }
    fields.extend(result.as_object().cloned().unwrap_or_default());
    escape_controls_in_lines(&format!("{:#}", Value::Object(fields)))
}
