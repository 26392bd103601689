//! A setup in another Region, as text and as JSON.

use serde_json::{Value, json};

use crate::cli::args::GlobalOptions;
use crate::domain::observed::{Elsewhere, Observed};
use crate::domain::text::escape_controls;

/// That nothing has to be set up in this Region, and the command that shows the setup in the other one.
pub(in crate::cli) fn nothing_to_change(elsewhere: &Elsewhere, global: &GlobalOptions) -> String {
    let there = GlobalOptions { region: Some(elsewhere.region.clone()), ..global.clone() };
    let described = escape_controls(&elsewhere.describe());
    format!("Nothing to change: {described} Run `rootbell status{}` to check it.", there.flags())
}

/// The field `elsewhere` of the JSON output.
pub(in crate::cli) fn document(observed: &Observed) -> Value {
    let field = |elsewhere: &Elsewhere| {
        json!({
            "region": elsewhere.region,
            "trail": elsewhere.trail,
            "alarm": elsewhere.alarm,
            "state": elsewhere.state.as_str(),
            "lacks": elsewhere.lacks(),
        })
    };
    observed.elsewhere.as_ref().map_or(Value::Null, field)
}
