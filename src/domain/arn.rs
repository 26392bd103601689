//! Amazon Resource Names (ARNs), and what rootbell needs to know from them.
//!
//! Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::account_id::AccountId;
use super::region::{Partition, Region};
use super::text_type::text_type;

/// The text of an ARN: `arn:{partition}:{service}:{region}:{account}:{resource}`.
///
/// Any text is accepted: an alarm may have an action that rootbell can't parse, and the account must stay readable. Each
/// accessor returns `None` if the text isn't an ARN, or if that part is empty (a role's ARN has no Region, and a bucket's
/// has neither a Region nor an account).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arn(String);

text_type!(Arn, str::eq);

impl Arn {
    /// Parses the ARN of something that is named in full.
    ///
    /// # Errors
    /// A sentence, if it isn't one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let arn = Self(text.trim().to_owned());
        if arn.partition().is_some() && arn.service().is_some() && arn.resource().is_some() {
            return Ok(arn);
        }
        Err(format!("`{text}` is not an ARN such as arn:aws:sns:eu-west-1:123456789012:alerts."))
    }

    /// The six parts. The last one, the resource, may contain more colons.
    fn parts(&self) -> Option<[&str; 6]> {
        let parts: Vec<&str> = self.0.splitn(6, ':').collect();
        let parts: [&str; 6] = parts.try_into().ok()?;
        (parts[0] == "arn").then_some(parts)
    }

    fn part(&self, index: usize) -> Option<&str> {
        Some(self.parts()?[index]).filter(|part| !part.is_empty())
    }

    #[must_use]
    pub fn partition(&self) -> Option<Partition> {
        self.part(1).map(Partition::from_arn_name)
    }

    /// As in `sns`.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.part(2)
    }

    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.part(3)
    }

    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.part(4)
    }

    /// Everything after the account: `trail/main`, `log-group:g:*`, …
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.part(5)
    }

    fn resource_of(&self, service: &str) -> Option<&str> {
        self.resource().filter(|_| self.service() == Some(service))
    }

    /// Whether it is known to belong to this account.
    #[must_use]
    pub fn belongs_to(&self, account: &AccountId) -> bool {
        self.account() == Some(account.as_str())
    }

    /// Whether it is the ARN of a topic in another Region than this one, which an alarm here can't notify.
    ///
    /// Source: CloudWatch API, PutMetricAlarm, `AlarmActions`.
    #[must_use]
    pub fn is_topic_outside(&self, region: &Region) -> bool {
        self.service() == Some("sns") && self.region() != Some(region.as_str())
    }

    /// The name of the topic, from its ARN or from a subscription's (`{topic}:{id}`).
    #[must_use]
    pub fn topic_name(&self) -> Option<&str> {
        self.resource_of("sns")?.split(':').next()
    }

    /// The name of the role, without its path.
    #[must_use]
    pub fn role_name(&self) -> Option<&str> {
        self.role_path_and_name()?.rsplit('/').next()
    }

    /// As in `service-role/name`.
    #[must_use]
    pub fn role_path_and_name(&self) -> Option<&str> {
        self.resource_of("iam")?.strip_prefix("role/")
    }

    #[must_use]
    pub fn trail_name(&self) -> Option<&str> {
        self.resource_of("cloudtrail")?.strip_prefix("trail/")
    }

    /// The name of the rule on the default event bus.
    #[must_use]
    pub fn rule_name(&self) -> Option<&str> {
        self.resource_of("events")?.strip_prefix("rule/")
    }

    /// The ID of the KMS key; `None` for an alias.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.resource_of("kms")?.strip_prefix("key/")
    }

    /// The name of the bucket, also from the ARN of an object in it.
    #[must_use]
    pub fn bucket_name(&self) -> Option<&str> {
        self.resource_of("s3")?.split('/').next()
    }

    /// The name of the user (`user/{path}/{name}`), or of the session of an assumed role (`assumed-role/{role}/{name}`).
    #[must_use]
    pub fn user_name(&self) -> Option<&str> {
        self.resource()?.rsplit_once('/').map(|(_, name)| name)
    }

    /// Whether it is the account's root user.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.resource_of("iam") == Some("root")
    }

    /// The last part of the resource: the name of a topic, a Lambda function, …
    #[must_use]
    pub fn last_part(&self) -> Option<&str> {
        self.resource()?.rsplit(':').next()
    }
}

impl From<&Arn> for String {
    fn from(arn: &Arn) -> Self {
        arn.0.clone()
    }
}

/// A log group's ARN: `arn:{partition}:logs:{region}:{account}:log-group:{name}`, with `:*` after it in some of AWS's
/// answers and requests. Both forms are equal.
///
/// Source: CloudWatch Logs API, `LogGroup`, `arn` and `logGroupArn`.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogGroupArn(Arn);

impl LogGroupArn {
    /// The log group's name, which never contains a colon.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.resource_of("logs")?.strip_prefix("log-group:")?.split(':').next()
    }

    /// As the tagging calls require it.
    ///
    /// Source: CloudWatch Logs User Guide, "Overview of managing access permissions", ARNs.
    #[must_use]
    pub fn without_suffix(&self) -> &str {
        self.0.strip_suffix(":*").unwrap_or(&self.0)
    }
}

impl AsRef<str> for LogGroupArn {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq for LogGroupArn {
    fn eq(&self, other: &Self) -> bool {
        self.without_suffix() == other.without_suffix()
    }
}

impl Hash for LogGroupArn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.without_suffix().hash(state);
    }
}

impl Deref for LogGroupArn {
    type Target = Arn;

    fn deref(&self) -> &Arn {
        &self.0
    }
}

impl fmt::Display for LogGroupArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Arn> for LogGroupArn {
    fn from(arn: Arn) -> Self {
        Self(arn)
    }
}

impl From<&str> for LogGroupArn {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for LogGroupArn {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<LogGroupArn> for Arn {
    fn from(arn: LogGroupArn) -> Self {
        arn.0
    }
}

impl From<LogGroupArn> for String {
    fn from(arn: LogGroupArn) -> Self {
        arn.0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_arn_is_taken_apart() {
        let arn = Arn::from("arn:aws-cn:lambda:cn-north-1:123456789012:function:f:1");
        assert_eq!(arn.partition(), Some(Partition::China));
        assert_eq!(
            (arn.service(), arn.region(), arn.account()),
            (Some("lambda"), Some("cn-north-1"), Some("123456789012"))
        );
        assert_eq!((arn.resource(), arn.last_part()), (Some("function:f:1"), Some("1")));
    }

    #[test]
    fn the_name_of_the_resource_is_found_behind_paths_and_ids() {
        let arn = |text: &str| Arn::from(text);
        assert_eq!(arn("arn:aws:iam::123456789012:role/r").role_name(), Some("r"));
        assert_eq!(arn("arn:aws:iam::123456789012:role/service-role/a/r").role_name(), Some("r"));
        assert_eq!(arn("arn:aws:iam::123456789012:user/r").role_name(), None);
        assert_eq!(arn("arn:aws:sns:eu-west-1:123456789012:t").topic_name(), Some("t"));
        assert_eq!(arn("arn:aws:sns:eu-west-1:123456789012:t:6b0e71bd").topic_name(), Some("t"));
        assert_eq!(arn("arn:aws:sqs:eu-west-1:123456789012:q").topic_name(), None);
        assert_eq!(arn("arn:aws:cloudtrail:eu-west-1:123456789012:trail/main").trail_name(), Some("main"));
        assert_eq!(arn("arn:aws:kms:eu-west-1:123456789012:key/1-a").key_id(), Some("1-a"));
        assert_eq!(arn("arn:aws:kms:eu-west-1:123456789012:alias/1-a").key_id(), None);
        assert_eq!(arn("arn:aws:s3:::b").bucket_name(), Some("b"));
        assert_eq!(arn("arn:aws:s3:::b/AWSLogs/x").bucket_name(), Some("b"));
        assert_eq!(arn("arn:aws:sts::123456789012:assumed-role/r/a@b.de").user_name(), Some("a@b.de"));
        assert_eq!(arn("arn:aws:iam::123456789012:user/team/alice").user_name(), Some("alice"));
        assert_eq!(arn("arn:aws:iam::123456789012:root").user_name(), None);
        assert!(arn("arn:aws:iam::123456789012:root").is_root());
        assert!(!arn("arn:aws:iam::123456789012:user/root").is_root());
    }

    #[test]
    fn a_part_that_is_empty_or_a_text_that_is_no_arn_has_none() {
        let role = Arn::from("arn:aws:iam::123456789012:role/r");
        assert_eq!((role.region(), role.account()), (None, Some("123456789012")));
        let bucket = Arn::from("arn:aws:s3:::b");
        assert_eq!((bucket.region(), bucket.account()), (None, None));
        assert!(!bucket.belongs_to(&AccountId::default()), "no account is not the account with an empty ID");
        for text in ["", "alias/aws/sns", "arn:aws:sns", "urn:aws:sns:eu-west-1:123456789012:t"] {
            let arn = Arn::from(text);
            assert_eq!((arn.service(), arn.account(), arn.resource()), (None, None, None), "{text}");
            assert!(!arn.is_topic_outside(&Region::new("eu-west-1")), "{text}");
            assert_eq!(arn, text);
        }
    }

    #[test]
    fn only_a_topic_can_be_a_topic_in_another_region() {
        let is_outside = |text: &str| Arn::from(text).is_topic_outside(&Region::new("eu-west-1"));
        assert!(is_outside("arn:aws:sns:us-east-1:123456789012:t"));
        assert!(!is_outside("arn:aws:sns:eu-west-1:123456789012:t"));
        assert!(!is_outside("arn:aws:lambda:us-east-1:123456789012:function:f"));
    }

    #[test]
    fn a_log_group_arn_is_the_same_with_and_without_the_star() {
        let plain = LogGroupArn::from("arn:aws:logs:eu-west-1:123456789012:log-group:a/b#c");
        let starred = LogGroupArn::from("arn:aws:logs:eu-west-1:123456789012:log-group:a/b#c:*");
        assert_eq!(plain, starred);
        assert_eq!((plain.name(), starred.name()), (Some("a/b#c"), Some("a/b#c")));
        assert_eq!((starred.account(), starred.region()), (Some("123456789012"), Some("eu-west-1")));
        assert_eq!(starred.without_suffix(), plain.as_str());
        for other in [
            "arn:aws:logs:eu-west-1:123456789012:log-group:a/b",
            "arn:aws:logs:eu-west-1:210987654321:log-group:a/b#c:*",
            "arn:aws:logs:us-east-1:123456789012:log-group:a/b#c:*",
        ] {
            assert_ne!(starred, LogGroupArn::from(other), "{other}");
        }
        assert_eq!(LogGroupArn::from("arn:aws:sns:eu-west-1:123456789012:t").name(), None);
    }

    proptest! {
        #[test]
        fn the_parts_of_an_arn_are_those_it_was_put_together_from(
            partition in prop_oneof![Just("aws"), Just("aws-cn"), Just("aws-us-gov"), Just("aws-iso-b")],
            service in "[a-z][a-z0-9-]{0,12}",
            region in "([a-z]{2}-[a-z]{4,9}-[1-9])?",
            account in "([0-9]{12})?",
            resource in "[a-zA-Z0-9_./:@*#+=-]{1,60}",
        ) {
            let text = format!("arn:{partition}:{service}:{region}:{account}:{resource}");
            let arn = Arn::from(text.as_str());
            prop_assert_eq!(arn.to_string(), text.clone());
            prop_assert_eq!(arn.partition().map(|p| p.to_string()), Some(partition.to_owned()));
            prop_assert_eq!(arn.service(), Some(service.as_str()));
            prop_assert_eq!(arn.region().unwrap_or_default(), region);
            prop_assert_eq!(arn.account().unwrap_or_default(), account);
            prop_assert_eq!(arn.resource(), Some(resource.as_str()));
            prop_assert_eq!(serde_json::from_value::<Arn>(serde_json::to_value(&arn).unwrap()).unwrap(), arn);
        }

        #[test]
        fn a_log_group_arn_keeps_the_name_of_the_log_group(
            partition in prop_oneof![Just("aws"), Just("aws-cn"), Just("aws-us-gov")],
            name in "[a-zA-Z0-9_./#-]{1,60}",
            starred in any::<bool>(),
        ) {
            let suffix = if starred { ":*" } else { "" };
            let text = format!("arn:{partition}:logs:eu-west-1:123456789012:log-group:{name}{suffix}");
            let arn = LogGroupArn::from(text.as_str());
            prop_assert_eq!(arn.to_string(), text);
            prop_assert_eq!(arn.name(), Some(name.as_str()));
            prop_assert_eq!(&arn, &LogGroupArn::from(arn.without_suffix()));
        }

        #[test]
        fn any_text_is_an_arn_that_may_lack_parts(text in "\\PC{0,40}|arn:[a-z:/*]{0,40}") {
            let arn = Arn::from(text.as_str());
            let _ = (arn.partition(), arn.topic_name(), arn.role_name(), arn.user_name(), arn.last_part());
            let log_group = LogGroupArn::from(text.as_str());
            let _ = log_group.name();
            prop_assert_eq!(arn.to_string(), text);
        }
    }
}
