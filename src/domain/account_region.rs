//! The partition, account and Region that rootbell works in, and the caller's identity.

use std::fmt;

use super::arn::{Arn, LogGroupArn};

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

    /// The partition that a Region belongs to, from the Region's prefix.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        match region.split('-').next() {
            Some("cn") => Self::China,
            Some("us") if region.starts_with("us-gov-") => Self::GovCloud,
            Some("us") if region.starts_with("us-iso-") => Self::Other("aws-iso".into()),
            Some("us") if region.starts_with("us-isob-") => Self::Other("aws-iso-b".into()),
            Some("eu") if region.starts_with("eu-isoe-") => Self::Other("aws-iso-e".into()),
            Some("eusc") => Self::Other("aws-eusc".into()),
            _ => Self::Aws,
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

/// One account in one Region: everything an ARN needs apart from the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRegion {
    pub partition: Partition,
    /// Twelve digits.
    pub account: String,
    pub region: String,
}

impl AccountRegion {
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> Arn {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account).into()
    }

    #[must_use]
    pub fn trail_arn(&self, name: &str) -> Arn {
        self.arn("cloudtrail", &format!("trail/{name}"))
    }

    /// With the trailing `:*` that CreateTrail and UpdateTrail require.
    ///
    /// Source: CloudTrail User Guide, "Sending events to CloudWatch Logs".
    #[must_use]
    pub fn log_group_arn(&self, name: &str) -> LogGroupArn {
        self.arn("logs", &format!("log-group:{name}:*")).into()
    }

    /// The root user's ARN.
    #[must_use]
    pub fn root_arn(&self) -> Arn {
        self.iam_arn("root")
    }

    #[must_use]
    pub fn role_arn(&self, name: &str) -> Arn {
        self.iam_arn(&format!("role/{name}"))
    }

    /// IAM is global: its ARNs have no Region.
    fn iam_arn(&self, resource: &str) -> Arn {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account).into()
    }

    /// Bucket names are unique within a partition: their ARNs have neither a Region nor an account.
    #[must_use]
    pub fn bucket_arn(&self, name: &str) -> Arn {
        format!("arn:{}:s3:::{name}", self.partition).into()
    }

    #[must_use]
    pub fn topic_arn(&self, name: &str) -> Arn {
        self.arn("sns", name)
    }

    #[must_use]
    pub fn alarm_arn(&self, name: &str) -> Arn {
        self.arn("cloudwatch", &format!("alarm:{name}"))
    }
}

/// Who is signed in, from `sts:GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    pub arn: Arn,
    /// The account's alias, if the caller is allowed to read it.
    pub alias: Option<String>,
}

impl Identity {
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.arn.is_root()
    }

    #[must_use]
    pub fn partition(&self) -> Partition {
        self.arn.partition().unwrap_or(Partition::Aws)
    }

    #[must_use]
    pub fn in_region(&self, region: &str) -> AccountRegion {
        AccountRegion { partition: self.partition(), account: self.account.clone(), region: region.to_owned() }
    }

    /// The sign-in name, if it is an email address: IAM Identity Center uses the user's name as the role's session name
    /// (`assumed-role/AWSReservedSSO_…/alice@example.com`).
    ///
    /// Source: IAM Identity Center User Guide, "Session name".
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        let name = self.arn.user_name()?;
        super::names::email(name).is_ok().then_some(name)
    }

    /// Why rootbell cannot be set up here, if that is the case.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        (self.partition() == Partition::China).then_some(
            "Accounts in the AWS China Regions have no root user, so there is no root use to report. \
             Choose a profile in another partition.",
        )
    }

    /// What the caller should know before continuing.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.is_root() {
            warnings.push("You are signed in as root, which itself triggers the alert. Use an administrator instead.");
        }
        if self.partition() == Partition::GovCloud {
            warnings.push(
                "In GovCloud, root cannot sign in to the console but can have access keys: an alert means API use.",
            );
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(arn: &str) -> Identity {
        Identity { account: "123456789012".into(), arn: arn.into(), alias: None }
    }

    #[test]
    fn arns_have_the_callers_partition() {
        let account_region = identity("arn:aws-us-gov:iam::123456789012:user/alice").in_region("us-gov-west-1");
        assert_eq!(account_region.topic_arn("t"), "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t");
        assert_eq!(account_region.role_arn("r"), "arn:aws-us-gov:iam::123456789012:role/r");
        assert_eq!(
            account_region.log_group_arn("g").as_str(),
            "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:g:*"
        );
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
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(Partition::of_region(region).as_str(), partition, "{region}");
        }
    }

    #[test]
    fn a_session_name_that_is_an_email_address_is_suggested_as_the_email() {
        let sso = identity("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1a2b/alice@example.com");
        assert_eq!(sso.email(), Some("alice@example.com"));
        assert_eq!(identity("arn:aws:iam::123456789012:user/alice").email(), None);
    }

    #[test]
    fn root_and_govcloud_callers_get_a_warning_and_china_is_refused() {
        assert_eq!(identity("arn:aws:iam::123456789012:root").warnings().len(), 1);
        assert_eq!(identity("arn:aws-us-gov:iam::123456789012:user/a").warnings().len(), 1);
        assert!(identity("arn:aws:iam::123456789012:user/a").warnings().is_empty());
        assert!(identity("arn:aws-cn:iam::123456789012:user/a").refusal().is_some());
    }
}
