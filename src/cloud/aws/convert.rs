//! Conversions of the SDK's values.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// Converts an SDK time; `None` if it is out of range.
pub(super) fn time(sdk: &DateTime) -> Option<Timestamp> {
    Timestamp::new(sdk.secs(), i32::try_from(sdk.subsec_nanos()).ok()?).ok()
}

/// Converts our time to an SDK time.
pub(super) fn sdk_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// The text, unless it is empty: services return some missing fields as an empty string.
pub(super) fn text(sdk: Option<&str>) -> Option<String> {
    sdk.filter(|s| !s.is_empty()).map(str::to_owned)
}
