//! AWS Regions, and the partitions that they belong to.

use std::fmt;

use serde::Serialize;

use super::text;
use super::text_type::text_type;

mod known;

pub use known::{KNOWN, KnownRegion};

/// A group of AWS Regions with its own accounts and endpoints.
///
/// Source: IAM User Guide, "Amazon Resource Names", partition field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partition {
    Aws,
    /// `aws-cn`: accounts there have no root user.
    China,
    /// `aws-us-gov`: root cannot sign in to the console, but can have access keys.
    GovCloud,
    /// The isolated and sovereign partitions, by their name in an ARN.
    Other(String),
}

impl Partition {
    /// The partition by its name in an ARN (`aws`, `aws-cn`, …).
    #[must_use]
    pub fn from_arn_name(name: &str) -> Self {
        match name {
            "aws" => Self::Aws,
            "aws-cn" => Self::China,
            "aws-us-gov" => Self::GovCloud,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Why nobody can sign in to the console as the root user, so that its MFA doesn't matter; `None` if one can.
    ///
    /// Source: AWS GovCloud (US) User Guide, "AWS GovCloud (US) compared to standard AWS Regions"; AWS China, "Accounts and
    /// credentials". Security Hub has no IAM.9 in these partitions.
    #[must_use]
    pub fn without_root_sign_in(&self) -> Option<&'static str> {
        match self {
            Self::GovCloud => Some("nobody can sign in to the console as root in AWS GovCloud (US)"),
            Self::China => Some("accounts in the AWS China Regions have no root user"),
            Self::Aws | Self::Other(_) => None,
        }
    }

    /// The Region whose event bus receives root's sign-ins and the calls of services without Regions, such as IAM; `None`
    /// if it isn't known.
    ///
    /// Source: EventBridge User Guide, "AWS service events delivered via CloudTrail", global services; AWS GovCloud (US) User
    /// Guide, "AWS CloudTrail" and "IAM"; AWS China User Guide, "IAM".
    #[must_use]
    pub fn sign_in_region(&self) -> Option<Region> {
        let code = match self {
            Self::Aws => "us-east-1",
            Self::GovCloud => "us-gov-west-1",
            Self::China => "cn-north-1",
            Self::Other(_) => {
                let mut regions = KNOWN.iter().filter(|known| Region::new(known.code).partition() == *self);
                // If it has only one Region, there is no other.
                return regions.next().filter(|_| regions.next().is_none()).map(|only| Region::new(only.code));
            }
        };
        Some(Region::new(code))
    }

    /// Whether EventBridge can forward events from one Region to another.
    ///
    /// Source: EventBridge User Guide, "Sending and receiving events between AWS Regions": not in GovCloud and China.
    #[must_use]
    pub fn forwards_events(&self) -> bool {
        match self {
            Self::Aws => true,
            Self::GovCloud | Self::China | Self::Other(_) => false,
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a Region, such as `eu-west-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Region(String);

text_type!(Region, str::eq);

impl Region {
    /// A Region by a name that comes from AWS or from an ARN, which is not checked. Use [`Region::parse`] for a name that
    /// a person typed or configured.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// A Region that is known, or whose name at least looks like that of a Region: a mistyped one leads to a host that
    /// does not exist.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn parse(name: &str) -> Result<Self, String> {
        if known::find(name).is_some() || looks_like_a_region(name) {
            return Ok(Self::new(name));
        }
        let by_code = text::closest(name, KNOWN.iter().map(|known| known.code), 1);
        let mut suggested: Vec<&str> = known::in_place(name).map(|known| known.code).take(3).collect();
        if suggested.is_empty() {
            suggested = by_code;
        }
        Err(match text::alternatives(&suggested) {
            none if none.is_empty() => format!("There is no Region `{name}`; Region names look like `eu-west-1`."),
            suggested => format!("There is no Region `{name}`; did you mean {suggested}?"),
        })
    }

    /// AWS's name of the Region, such as `Europe (Ireland)`; none for one that is newer than this program.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        known::find(&self.0).map(|known| known.name)
    }

    /// The partition that it belongs to, from the prefix of its name.
    #[must_use]
    pub fn partition(&self) -> Partition {
        match self.0.split('-').next() {
            Some("cn") => Partition::China,
            Some("us") if self.0.starts_with("us-gov-") => Partition::GovCloud,
            Some("us") if self.0.starts_with("us-iso-") => Partition::Other("aws-iso".into()),
            Some("us") if self.0.starts_with("us-isob-") => Partition::Other("aws-iso-b".into()),
            Some("us") if self.0.starts_with("us-isof-") => Partition::Other("aws-iso-f".into()),
            Some("eu") if self.0.starts_with("eu-isoe-") => Partition::Other("aws-iso-e".into()),
            Some("eusc") => Partition::Other("aws-eusc".into()),
            _ => Partition::Aws,
        }
    }

    /// Whether an account has to enable it before anything works in it.
    ///
    /// Source: AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account": all others in the
    /// standard partition are enabled and stay so.
    #[must_use]
    pub fn is_opt_in(&self) -> bool {
        !self.0.is_empty()
            && self.partition() == Partition::Aws
            && known::find(&self.0).is_none_or(|known| known.opt_in)
    }
}

fn looks_like_a_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let has_the_form = parts.len() >= 3
        && parts.last().is_some_and(|n| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit()))
        && parts[..parts.len() - 1].iter().all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase()));
    let has_known_words =
        matches!(parts.first(), Some(&("us" | "eu" | "ap" | "sa" | "ca" | "me" | "af" | "il" | "mx" | "cn" | "eusc")))
            && parts
                .get(1..parts.len().saturating_sub(1))
                .is_some_and(|middle| middle.iter().all(|m| DIRECTIONS.contains(m)));
    has_the_form && has_known_words
}

const DIRECTIONS: [&str; 15] = [
    "north",
    "south",
    "east",
    "west",
    "central",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
    "gov",
    "iso",
    "isob",
    "isoe",
    "isof",
    "de",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_region_is_refused_and_a_similar_one_suggested() {
        assert!(Region::parse("eu-west-1").is_ok());
        assert!(Region::parse("eu-west-9").is_ok(), "newer than our list, but looks like a Region");
        assert!(Region::parse("us-isof-east-1").is_ok() && Region::parse("us-isof-south-1").is_ok());
        assert!(Region::parse("eu-wst-1").unwrap_err().contains("`eu-west-1`"));
        for (typed, meant) in [
            ("EU-WEST-1", "did you mean `eu-west-1`?"),
            ("eu-west1", "did you mean `eu-west-1`?"),
            ("eu_west_1", "did you mean `eu-west-1`?"),
            ("us-east-1a", "did you mean `us-east-1`?"),
            ("Frankfurt", "did you mean `eu-central-1`?"),
            ("sao paulo", "did you mean `sa-east-1`?"),
            ("Japan", "did you mean `ap-northeast-1` or `ap-northeast-3`?"),
        ] {
            let why = Region::parse(typed).unwrap_err();
            assert!(why.ends_with(meant), "{typed}: {why}");
        }
        assert!(Region::parse("nowhere").is_err());
        assert!(Region::parse("").is_err());
        assert!(Region::parse("x.example.com/").is_err());
    }

    #[test]
    fn the_partition_follows_from_the_region() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(Region::new(region).partition().as_str(), partition, "{region}");
        }
    }

    #[test]
    fn a_region_that_must_be_enabled_first_is_told_from_the_others() {
        for (region, is_opt_in) in
            [("eu-west-1", false), ("eu-south-1", true), ("us-gov-west-1", false), ("cn-north-1", false), ("", false)]
        {
            assert_eq!(Region::new(region).is_opt_in(), is_opt_in, "{region}");
        }
    }
}
