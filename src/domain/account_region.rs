//! The partition, account and Region that rootbell works in, and the caller's identity.

use super::account_id::AccountId;
use super::arn::{Arn, LogGroupArn};
use super::email::Email;
use super::region::{Partition, Region};

/// One account in one Region: everything an ARN needs apart from the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRegion {
    pub partition: Partition,
    pub account: AccountId,
    pub region: Region,
}

impl AccountRegion {
    /// The same account in another Region.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> Self {
        Self { region: region.clone(), ..self.clone() }
    }

    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> Arn {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account).into()
    }

    /// See [`Partition::sign_in_region`].
    #[must_use]
    pub fn sign_in_region(&self) -> Option<Region> {
        self.partition.sign_in_region()
    }

    /// Where sign-ins of root are recorded: in this Region, if that isn't known.
    #[must_use]
    pub fn where_sign_ins_are(&self) -> Self {
        self.sign_in_region().map_or_else(|| self.clone(), |region| self.in_region(&region))
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

    /// A log group's ARN as the tagging calls require it: without the `:*`.
    ///
    /// Source: CloudWatch Logs User Guide, "Overview of managing access permissions", ARNs.
    #[must_use]
    pub fn log_group_tagging_arn(&self, name: &str) -> Arn {
        self.arn("logs", &format!("log-group:{name}"))
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

    /// A rule on the default event bus.
    ///
    /// Source: Service Authorization Reference, EventBridge, resource type `rule-on-default-event-bus`.
    #[must_use]
    pub fn rule_arn(&self, name: &str) -> Arn {
        self.arn("events", &format!("rule/{name}"))
    }

    /// The default event bus, which receives what AWS services report.
    #[must_use]
    pub fn event_bus_arn(&self) -> Arn {
        self.arn("events", "event-bus/default")
    }

    #[must_use]
    pub fn alarm_arn(&self, name: &str) -> Arn {
        self.arn("cloudwatch", &format!("alarm:{name}"))
    }
}

/// Who is signed in, from `sts:GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account: AccountId,
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
    pub fn in_region(&self, region: &Region) -> AccountRegion {
        AccountRegion { partition: self.partition(), account: self.account.clone(), region: region.clone() }
    }

    /// The sign-in name, if it is an email address: IAM Identity Center uses the user's name as the role's session name
    /// (`assumed-role/AWSReservedSSO_…/alice@example.com`).
    ///
    /// Source: IAM Identity Center User Guide, "Session name".
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        Email::parse(self.arn.user_name()?).ok()
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
        let account_region =
            identity("arn:aws-us-gov:iam::123456789012:user/alice").in_region(&Region::new("us-gov-west-1"));
        assert_eq!(account_region.topic_arn("t"), "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t");
        assert_eq!(account_region.role_arn("r"), "arn:aws-us-gov:iam::123456789012:role/r");
        assert_eq!(
            account_region.log_group_arn("g").as_str(),
            "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:g:*"
        );
    }

    #[test]
    fn a_session_name_that_is_an_email_address_is_suggested_as_the_email() {
        let sso = identity("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1a2b/alice@example.com");
        assert_eq!(sso.email(), Some("alice@example.com".into()));
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
