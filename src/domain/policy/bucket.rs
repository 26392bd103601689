//! The policy of the bucket that a trail writes its log files to.

use super::document::PolicyDocument;
use super::elements::{Effect, Principal};
use super::evaluation::{Decision, evaluate_all};
use super::request::AccessRequest;
use super::statement::Statement;
use super::{CLOUDTRAIL, sid};
use crate::domain::account_region::AccountRegion;

/// Where a trail writes its log files.
#[derive(Clone, Copy, Debug)]
pub struct LogFileLocation<'a> {
    pub account_region: &'a AccountRegion,
    pub bucket: &'a str,
    /// What precedes `AWSLogs/` in the names of the log files; `None`: nothing.
    pub key_prefix: Option<&'a str>,
    pub trail_arn: &'a str,
}

impl<'a> LogFileLocation<'a> {
    /// Without a prefix, as for a trail that rootbell creates.
    #[must_use]
    pub fn new(account_region: &'a AccountRegion, bucket: &'a str, trail_arn: &'a str) -> Self {
        Self { account_region, bucket, key_prefix: None, trail_arn }
    }

    fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.account_region.partition, self.bucket)
    }

    /// The ARN of an object below the folder of this account's log files.
    ///
    /// Source: CloudTrail User Guide, "Finding your CloudTrail log files".
    fn object_arn(&self, name: &str) -> String {
        let folder = self.key_prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
        format!("{}/{folder}AWSLogs/{}/{name}", self.bucket_arn(), self.account_region.account)
    }
}

/// CloudTrail may read the bucket's ACL and write this account's logs, for this trail only; TLS is required.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
#[must_use]
pub fn bucket_statements(location: &LogFileLocation<'_>) -> Vec<Statement> {
    let LogFileLocation { trail_arn, .. } = *location;
    let bucket_arn = location.bucket_arn();
    let trail = trail_arn.rsplit('/').next().unwrap_or_default();
    let allow = |prefix: &str, action: &str| {
        Statement::with_sid(&sid(prefix, trail), Effect::Allow)
            .principal(&Principal::service(CLOUDTRAIL))
            .action(action)
    };
    vec![
        allow("RootbellAclCheck", "s3:GetBucketAcl").resource(bucket_arn.as_str()).condition(
            "StringEquals",
            "aws:SourceArn",
            trail_arn,
        ),
        allow("RootbellWrite", "s3:PutObject")
            .resource(location.object_arn("*"))
            .condition("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")
            .condition("StringEquals", "aws:SourceArn", trail_arn),
        Statement::with_sid("RootbellTlsOnly", Effect::Deny)
            .principal(&Principal::everyone())
            .action("s3:*")
            .resource([bucket_arn.clone(), format!("{bucket_arn}/*")])
            .condition("Bool", "aws:SecureTransport", "false"),
    ]
}

/// Whether CloudTrail can read the bucket's ACL and write the trail's log files.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
#[must_use]
pub fn bucket_access(policy: Option<&PolicyDocument>, location: &LogFileLocation<'_>) -> Decision {
    let account_region = location.account_region;
    let (bucket, object) = (location.bucket_arn(), location.object_arn("CloudTrail/x.json.gz"));
    let context = [
        ("aws:SourceArn", location.trail_arn),
        ("aws:SourceAccount", account_region.account.as_str()),
        ("s3:x-amz-acl", "bucket-owner-full-control"),
    ];
    let request = |action, resource| AccessRequest {
        service: Some(CLOUDTRAIL),
        action,
        resource: Some(resource),
        context: &context,
    };
    evaluate_all(policy, &[request("s3:GetBucketAcl", &bucket), request("s3:PutObject", &object)])
}

#[cfg(test)]
mod tests {
    use super::super::merge;
    use super::*;
    use crate::domain::Region;
    use crate::domain::fixtures::identity;

    const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main-1";

    #[test]
    fn the_bucket_policy_lets_cloudtrail_write_this_accounts_logs_for_one_trail() {
        let account_region = identity().in_region(&Region::new("eu-west-1"));
        let statements = bucket_statements(&LogFileLocation::new(&account_region, "b", TRAIL));
        assert_eq!(
            statements[1].to_string(),
            concat!(
                r#"{"Sid":"RootbellWritemain1","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"#,
                r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::b/AWSLogs/123456789012/*","Condition":{"StringEquals":"#,
                r#"{"s3:x-amz-acl":"bucket-owner-full-control","#,
                r#""aws:SourceArn":"arn:aws:cloudtrail:eu-west-1:123456789012:trail/main-1"}}}"#
            )
        );
    }

    #[test]
    fn the_statements_let_cloudtrail_write_below_the_trails_prefix_only() {
        let account_region = identity().in_region(&Region::new("eu-west-1"));
        let at =
            |key_prefix| LogFileLocation { account_region: &account_region, bucket: "b", key_prefix, trail_arn: TRAIL };
        let prefixed = merge(None, &bucket_statements(&at(Some("audit/trails"))));
        assert!(prefixed.to_string().contains("arn:aws:s3:::b/audit/trails/AWSLogs/123456789012/*"));
        assert_eq!(bucket_access(Some(&prefixed), &at(Some("audit/trails"))), Decision::Allowed);
        assert_eq!(bucket_access(Some(&prefixed), &at(None)), Decision::Denied);
        assert_eq!(bucket_access(Some(&merge(None, &bucket_statements(&at(None)))), &at(None)), Decision::Allowed);
        assert_eq!(bucket_access(None, &at(None)), Decision::Denied);
    }
}
