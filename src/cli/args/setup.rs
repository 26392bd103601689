//! The options that name resources and settings.

use clap::Args;

use crate::domain::arn::Arn;
use crate::domain::{RetentionDays, SetupOptions};

/// The setup options of `plan` and `apply`. Each has a default, or its value is found in the account.
#[derive(Args, Debug)]
#[command(next_help_heading = "Setup options")]
pub struct SetupArgs {
    /// Email address to alert (an SNS email subscription); can be given several times
    #[arg(long = "email", value_name = "ADDRESS", value_delimiter = ',')]
    pub emails: Vec<String>,
    /// CloudTrail trail; created if it doesn't exist [default: an existing one that can be used, or `rootbell`]
    #[arg(long, value_name = "NAME")]
    pub trail: Option<String>,
    /// S3 bucket for the trail's log files [default: rootbell-ACCOUNT-REGION]
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// CloudWatch Logs log group that the trail delivers to [default: the trail's, or `rootbell/cloudtrail`]
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// IAM role that CloudTrail assumes to deliver events [default: rootbell-cloudtrail-to-logs-REGION]
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// Retention of the log group in days, or `never` to keep events forever [default: 365]
    #[arg(long, value_name = "DAYS")]
    pub retention_days: Option<RetentionDays>,
    /// SNS topic that the alarm notifies [default: the alarm's, or `rootbell-alerts`]
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// CloudWatch Logs metric filter that counts root use [default: the log group's, or `rootbell-root-use`]
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// Pattern of that filter [default: the pattern that CIS and Security Hub require]
    #[arg(long, value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// CloudWatch alarm [default: an existing one on that metric, or `rootbell-root-use`]
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
    /// Customer managed KMS key for trail, log group and topic; its policy must allow them [default: no change]
    #[arg(long, value_name = "ARN")]
    pub kms_key: Option<String>,
    /// Restrict the role to this trail; check with `status` that deliveries continue [default: no change]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub role_source_arn: Option<bool>,
}

impl SetupArgs {
    #[must_use]
    pub fn setup_options(&self) -> SetupOptions {
        SetupOptions {
            trail: self.trail.clone(),
            bucket: self.bucket.clone(),
            log_group: self.log_group.clone(),
            role: self.role.clone(),
            retention_days: self.retention_days,
            topic: self.topic.clone(),
            emails: self.emails.clone(),
            filter: self.filter.clone(),
            pattern: self.pattern.clone(),
            alarm: self.alarm.clone(),
            kms_key: self.kms_key.as_deref().map(Arn::from),
            role_source_arn: self.role_source_arn,
        }
    }
}

/// Names of resources that can't be found by following the chain.
#[derive(Args, Debug)]
#[command(next_help_heading = "Names of resources that rootbell does not find by itself")]
pub struct NameArgs {
    /// CloudTrail trail
    #[arg(long, value_name = "NAME")]
    pub trail: Option<String>,
    /// S3 bucket
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// CloudWatch Logs log group
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// IAM role
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// SNS topic
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// CloudWatch Logs metric filter
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// CloudWatch alarm
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
}

impl NameArgs {
    #[must_use]
    pub fn setup_options(&self) -> SetupOptions {
        SetupOptions {
            trail: self.trail.clone(),
            bucket: self.bucket.clone(),
            log_group: self.log_group.clone(),
            role: self.role.clone(),
            topic: self.topic.clone(),
            filter: self.filter.clone(),
            alarm: self.alarm.clone(),
            ..SetupOptions::default()
        }
    }
}
