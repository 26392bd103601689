//! How wrong this computer's clock is, as far as AWS's message tells.

use jiff::{SignedDuration, Timestamp};

/// What is wrong with the clock, as part of a sentence.
pub(super) fn reason(message: &str) -> String {
    let how = clock_error(message).map_or_else(|| "wrong".to_owned(), in_words);
    format!("this computer's clock is {how}")
}

/// How fast this computer's clock is, compared with AWS's; negative if it is slow. `None` if the message doesn't tell.
///
/// The messages are "Signature expired: TIME is now earlier than LIMIT (AWS'S TIME - 5 min.)", "Signature not yet
/// current: TIME is still later than LIMIT (AWS'S TIME + 5 min.)", and for S3 one that the adapter adds both times to.
///
/// Source: IAM User Guide, "Troubleshoot signed requests for AWS APIs", expired signatures. BOSH's documentation of the
/// AWS CPI, the README of awslabs/amazon-kinesis-video-streams-webrtc-sdk-c, and versity/versitygw issue 1514 quote them.
fn clock_error(message: &str) -> Option<SignedDuration> {
    let words = message.split([' ', '(', ')', '.', ',', ';']);
    let times: Vec<Timestamp> = words.filter_map(|word| word.parse().ok()).collect();
    match times.as_slice() {
        [here, aws] if !message.contains("is now earlier than") && !message.contains("is still later than") => {
            Some(here.duration_since(*aws))
        }
        [here, _, aws] => Some(here.duration_since(*aws)),
        _ => None,
    }
}

/// How wrong a clock is, such as "about 55 minutes slow": the largest unit only, because the time of the request's way is part of it.
pub fn in_words(error: SignedDuration) -> String {
    let minutes = error.as_secs().unsigned_abs().div_ceil(60);
    let (number, unit) = match minutes {
        0..120 => (minutes, "minute"),
        120..2880 => ((minutes + 30) / 60, "hour"),
        _ => ((minutes + 720) / 1440, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    let direction = if error.is_negative() { "slow" } else { "fast" };
    format!("about {number} {unit}{plural} {direction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_said_in_the_largest_unit_that_fits() {
        for (seconds, words) in [
            (60, "about 1 minute fast"),
            (-400, "about 7 minutes slow"),
            (7200, "about 2 hours fast"),
            (-50 * 3600, "about 2 days slow"),
        ] {
            assert_eq!(in_words(SignedDuration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_message_without_awss_time_does_not_tell() {
        for message in [
            "Request has expired.",
            "",
            "Signature not yet current: 20141106T020406Z is still later than 20141106T011752Z (current time + 15 min.)",
            "20141106T020406Z",
        ] {
            assert_eq!(clock_error(message), None, "{message}");
        }
    }
}
