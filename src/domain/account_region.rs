//! Where the work is done and who does it: partition, account, region, caller.

use std::fmt;

/// A separate cloud with accounts and endpoints of its own.
///
/// Source: IAM User Guide, "Amazon Resource Names", partition field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partition {
    Aws,
    /// `aws-cn`: accounts there have no root user to sign in as.
    China,
    /// `aws-us-gov`: no root sign-in at the console, but root access keys.
    GovCloud,
    /// The isolated and sovereign ones, by their name in an ARN.
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

    /// The partition that a region belongs to, told by its prefix.
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

/// One account in one region: everything an ARN needs beside the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRegion {
    pub partition: Partition,
    /// Twelve digits.
    pub account: String,
    pub region: String,
}

impl AccountRegion {
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    #[must_use]
    pub fn trail_arn(&self, name: &str) -> String {
        self.arn("cloudtrail", &format!("trail/{name}"))
    }

    /// With the trailing `:*` that CreateTrail and UpdateTrail want.
    ///
    /// Source: CloudTrail User Guide, "Sending events to CloudWatch Logs".
    #[must_use]
    pub fn log_group_arn(&self, name: &str) -> String {
        self.arn("logs", &format!("log-group:{name}:*"))
    }

    /// Root itself.
    #[must_use]
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }

    /// IAM is global: its ARNs have no region.
    #[must_use]
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account)
    }

    #[must_use]
    pub fn topic_arn(&self, name: &str) -> String {
        self.arn("sns", name)
    }

    #[must_use]
    pub fn alarm_arn(&self, name: &str) -> String {
        self.arn("cloudwatch", &format!("alarm:{name}"))
    }
}

/// Who is signed in, as `sts:GetCallerIdentity` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    pub arn: String,
    /// The account's alias, where the caller may read it.
    pub alias: Option<String>,
}

impl Identity {
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.arn.ends_with(":root")
    }

    #[must_use]
    pub fn partition(&self) -> Partition {
        Partition::from_arn_name(self.arn.split(':').nth(1).unwrap_or("aws"))
    }

    #[must_use]
    pub fn in_region(&self, region: &str) -> AccountRegion {
        AccountRegion { partition: self.partition(), account: self.account.clone(), region: region.to_owned() }
    }

    /// The sign-in name, where it is an e-mail address: IAM Identity Center puts the user's name into the role's
    /// session name (`assumed-role/AWSReservedSSO_…/alice@example.com`).
    ///
    /// Source: IAM Identity Center User Guide, "Session name".
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        let name = self.arn.rsplit('/').next()?;
        super::names::email(name).is_ok().then_some(name)
    }

    /// Why there is nothing to set up here, if that is so.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        (self.partition() == Partition::China).then_some(
            "Accounts in the AWS China regions have no root user, so there is no root sign-in to ring for. \
             Choose a profile of another partition.",
        )
    }

    /// What the caller should know before going on.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut said = Vec::new();
        if self.is_root() {
            said.push("You are signed in as root: this very use would ring the bell. Use an administrator instead.");
        }
        if self.partition() == Partition::GovCloud {
            said.push(
                "GovCloud has no root sign-in at the console, but root access keys: the alarm then means API use.",
            );
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(arn: &str) -> Identity {
        Identity { account: "123456789012".into(), arn: arn.into(), alias: None }
    }

    #[test]
    fn arns_carry_the_partition_of_the_caller() {
        let account_region = identity("arn:aws-us-gov:iam::123456789012:user/alice").in_region("us-gov-west-1");
        assert_eq!(account_region.topic_arn("t"), "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t");
        assert_eq!(account_region.role_arn("r"), "arn:aws-us-gov:iam::123456789012:role/r");
        assert_eq!(account_region.log_group_arn("g"), "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:g:*");
    }

    #[test]
    fn a_region_tells_its_partition() {
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
    fn a_session_name_that_is_an_address_is_proposed_as_the_email() {
        let sso = identity("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1a2b/alice@example.com");
        assert_eq!(sso.email(), Some("alice@example.com"));
        assert_eq!(identity("arn:aws:iam::123456789012:user/alice").email(), None);
    }

    #[test]
    fn root_and_govcloud_are_warned_and_china_is_refused() {
        assert_eq!(identity("arn:aws:iam::123456789012:root").warnings().len(), 1);
        assert_eq!(identity("arn:aws-us-gov:iam::123456789012:user/a").warnings().len(), 1);
        assert!(identity("arn:aws:iam::123456789012:user/a").warnings().is_empty());
        assert!(identity("arn:aws-cn:iam::123456789012:user/a").refusal().is_some());
    }
}
