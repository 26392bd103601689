//! What AWS charges for what rootbell sets up: one table of prices.

use std::fmt;

use super::observed::{Observed, TrailDetails};

/// Where the prices come from, as a sentence. None of them was read on AWS's own page of that day.
pub const BASIS: &str = "They were looked up on 2026-11-30, not on AWS's live pages, but in copies of them (CloudTrail, \
                         KMS, and CloudWatch's free tier) and in articles of 2026 that cite them (the others).";

/// A price in US dollars for the Region us-east-1, before tax and without discounts. See [`BASIS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What is charged for.
    pub item: &'static str,
    /// Millionths of a dollar for one `unit`.
    pub microdollars: u64,
    /// As in "per 1,000 requests", "a month".
    pub unit: &'static str,
    /// What is free, or what else to know; may be empty.
    pub note: &'static str,
    /// The page with the price: the service's name and the address.
    pub source: (&'static str, &'static str),
}

const CLOUDTRAIL: (&str, &str) = ("CloudTrail", "https://aws.amazon.com/cloudtrail/pricing/");
const CLOUDWATCH: (&str, &str) = ("CloudWatch", "https://aws.amazon.com/cloudwatch/pricing/");
const SNS: (&str, &str) = ("SNS", "https://aws.amazon.com/sns/pricing/");
const S3: (&str, &str) = ("S3", "https://aws.amazon.com/s3/pricing/");
const KMS: (&str, &str) = ("KMS", "https://aws.amazon.com/kms/pricing/");

const fn price(
    item: &'static str,
    microdollars: u64,
    unit: &'static str,
    note: &'static str,
    source: (&'static str, &'static str),
) -> Price {
    Price { item, microdollars, unit, note, source }
}

/// Source: the page that each price names; CloudTrail User Guide, "Managing CloudTrail trail costs": the first copy of
/// management events in each Region is free.
pub const MANAGEMENT_EVENTS: Price = price(
    "trail",
    2_000_000,
    "per 100,000 management events",
    "the first copy in each Region is free, so only a second trail costs this",
    CLOUDTRAIL,
);
pub const LOG_INGESTION: Price = price(
    "log group: events received",
    500_000,
    "per GB",
    "the first 5 GB a month are free, including storage",
    CLOUDWATCH,
);
pub const LOG_STORAGE: Price = price("log group: storage", 30_000, "per GB a month", "compressed", CLOUDWATCH);
pub const METRIC: Price = price("metric", 300_000, "a month", "the first 10 are free", CLOUDWATCH);
pub const ALARM: Price = price("alarm", 100_000, "a month", "the first 10 are free", CLOUDWATCH);
/// Source: CloudWatch User Guide, "CloudWatch billing and cost": the free tier includes GetMetricStatistics, but not
/// GetMetricData.
pub const REQUESTS: Price = price(
    "rootbell's requests to CloudWatch",
    10_000,
    "per 1,000 requests",
    "the first million a month are free; a dashboard that is always open sends fewer",
    CLOUDWATCH,
);
pub const EMAILS: Price = price("emails", 2_000_000, "per 100,000", "the first 1,000 a month are free", SNS);
pub const FILES: Price = price(
    "S3 bucket: files written",
    5_000,
    "per 1,000 PUT requests",
    "one digest file an hour for each Region, about 12,000 a month, plus the log files",
    S3,
);
pub const BUCKET_STORAGE: Price = price("S3 bucket: storage", 23_000, "per GB a month", "", S3);
pub const KEY: Price = price("encryption key, if you use `--kms-key`", 1_000_000, "a month", "plus requests", KMS);

/// Every price.
pub const ALL: [Price; 10] =
    [MANAGEMENT_EVENTS, LOG_INGESTION, LOG_STORAGE, METRIC, ALARM, REQUESTS, EMAILS, FILES, BUCKET_STORAGE, KEY];

/// An amount in US dollars, as in "2 USD", "0.46 USD".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars {
    pub microdollars: u64,
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} USD", self.digits(self.microdollars.is_multiple_of(1_000_000)))
    }
}

impl Dollars {
    /// With two decimals, or more if needed; a `whole` number of dollars without any.
    fn digits(self, whole: bool) -> String {
        let (dollars, rest) = (self.microdollars / 1_000_000, self.microdollars % 1_000_000);
        if whole {
            return dollars.to_string();
        }
        let decimals = format!("{rest:06}");
        let needed = decimals.trim_end_matches('0').len().max(2);
        format!("{dollars}.{}", &decimals[..needed])
    }

    /// Rounded to cents.
    #[must_use]
    pub fn to_cents(self) -> Self {
        Self { microdollars: (self.microdollars + 5_000) / 10_000 * 10_000 }
    }
}

impl Price {
    /// The price of one unit.
    #[must_use]
    pub fn dollars(self) -> Dollars {
        Dollars { microdollars: self.microdollars }
    }

    /// The price without its currency, as in "2.00 per 100,000", for a table of prices.
    #[must_use]
    pub fn in_table(self) -> String {
        format!("{} {}", self.dollars().digits(false), self.unit)
    }

    /// The price in a sentence, as in "2 USD per 100,000 management events".
    #[must_use]
    pub fn in_words(self) -> String {
        format!("{} {}", self.dollars(), self.unit)
    }
}

/// What the management events of a new trail for all Regions cost, as a phrase. It records a second copy only where
/// another trail records them already.
#[must_use]
pub fn new_trail(observed: &Observed) -> String {
    let details = |arn: &str| {
        observed.trail.iter().chain(&observed.others).find(|details: &&TrailDetails| details.trail.arn == arn)
    };
    // A trail that could not be examined may record them.
    let records = |details: &TrailDetails| {
        details.status.as_ref().map_or(true, |status| status.logging)
            && details.events.as_ref().map_or(true, |events| events.read || events.write)
    };
    let trails = observed.trails.as_deref().unwrap_or_default();
    let recording: Vec<_> = trails.iter().filter(|t| details(&t.arn).is_none_or(records)).collect();
    let price = MANAGEMENT_EVENTS.in_words();
    if let Some(everywhere) = recording.iter().find(|trail| trail.multi_region) {
        let is_known = details(&everywhere.arn).is_some_and(|d| d.status.is_ok() && d.events.is_ok());
        let condition = if is_known { String::new() } else { format!(" if `{}` records them", everywhere.name) };
        return format!("{price}, as a second copy{condition}");
    }
    let mut regions: Vec<&str> = recording.iter().map(|trail| trail.home_region.as_str()).collect();
    regions.sort_unstable();
    regions.dedup();
    if regions.is_empty() {
        return "nothing: the first copy of management events is free".to_owned();
    }
    format!("{price} in {}, as a second copy there", regions.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::sound;

    #[test]
    fn a_new_trail_is_a_second_copy_only_where_another_one_records_management_events() {
        let with = |alter: fn(&mut TrailDetails)| {
            let mut details = sound().trail.unwrap();
            details.trail.name = "theirs".into();
            alter(&mut details);
            Observed { trails: Ok(vec![details.trail.clone()]), others: vec![details], ..Observed::nothing() }
        };
        let price = "2 USD per 100,000 management events";
        assert_eq!(new_trail(&Observed::nothing()), "nothing: the first copy of management events is free");
        assert_eq!(new_trail(&with(|_| ())), format!("{price}, as a second copy"));
        let one_region = new_trail(&with(|d| d.trail.multi_region = false));
        assert_eq!(one_region, format!("{price} in eu-west-1, as a second copy there"));
        let free = [
            with(|d| d.status.as_mut().unwrap().logging = false),
            with(|d| {
                let events = d.events.as_mut().unwrap();
                (events.read, events.write) = (false, false);
            }),
        ];
        for observed in free {
            assert_eq!(new_trail(&observed), "nothing: the first copy of management events is free");
        }
        let unexamined = Observed { others: Vec::new(), ..with(|_| ()) };
        assert_eq!(new_trail(&unexamined), format!("{price}, as a second copy if `theirs` records them"));
    }

    #[test]
    fn amounts_have_the_digits_that_they_need() {
        let text = |microdollars| Dollars { microdollars }.to_string();
        assert_eq!([2_000_000, 500_000, 5_000, 62_050].map(text), ["2 USD", "0.50 USD", "0.005 USD", "0.06205 USD"]);
        assert_eq!(MANAGEMENT_EVENTS.in_table(), "2.00 per 100,000 management events");
        assert_eq!(FILES.in_table(), "0.005 per 1,000 PUT requests");
    }
}
