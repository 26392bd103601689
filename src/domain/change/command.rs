//! A change as a command of the AWS CLI.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Change, Delivery};
use crate::domain::account_region::AccountRegion;
use crate::domain::settings::TAG;
use crate::domain::text::is_escaped;

/// A command line as it grows: words are quoted for `sh`.
struct Line(String);

impl Line {
    fn new(service: &str, command: &str) -> Self {
        Self(format!("aws {service} {command}"))
    }

    fn flag(mut self, name: &str) -> Self {
        let _ = write!(self.0, " --{name}");
        self
    }

    fn option(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let _ = write!(self.0, " --{name} {}", quote(value.as_ref()));
        self
    }

    fn json(self, name: &str, value: &Value) -> Self {
        self.option(name, value.to_string())
    }
}

/// The word as `sh` reads it back unchanged.
#[must_use]
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.chars().any(steers) { escaped(word) } else { single(word) }
}

fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Whether a terminal would obey the character instead of showing it.
fn steers(c: char) -> bool {
    // `sh` takes a line end in quotes as it is.
    is_escaped(c) && c != '\n'
}

/// What steers a terminal is written in octal, and `printf` makes it what it was. Ends of line at the end, which `$( )`
/// drops, stand behind it.
fn escaped(word: &str) -> String {
    let text = word.trim_end_matches('\n');
    let mut format = String::new();
    for c in text.chars() {
        match c {
            c if steers(c) => {
                for byte in c.to_string().bytes() {
                    let _ = write!(format, "\\{byte:03o}");
                }
            }
            '%' => format.push_str("%%"),
            '\\' => format.push_str("\\\\"),
            c => format.push(c),
        }
    }
    let tail = &word[text.len()..];
    let tail = if tail.is_empty() { String::new() } else { single(tail) };
    format!("\"$(printf {})\"{tail}", single(&format))
}

fn tag() -> String {
    format!("Key={},Value={}", TAG.0, TAG.1)
}

fn deliver(line: Line, delivery: &Delivery) -> Line {
    line.option("cloud-watch-logs-log-group-arn", &delivery.log_group_arn)
        .option("cloud-watch-logs-role-arn", &delivery.role_arn)
}

#[expect(clippy::too_many_lines, reason = "one arm a call, side by side with the API's own list")]
pub(super) fn render(change: &Change, account_region: &AccountRegion) -> String {
    let line = match change {
        Change::CreateBucket { bucket } => {
            let line = Line::new("s3api", "create-bucket")
                .option("bucket", bucket)
                .option("object-ownership", "BucketOwnerEnforced");
            // S3 refuses the constraint in us-east-1, and wants it everywhere else.
            if account_region.region == "us-east-1" {
                line
            } else {
                line.option("create-bucket-configuration", format!("LocationConstraint={}", account_region.region))
            }
        }
        Change::PutBucketOwnershipControls { bucket } => Line::new("s3api", "put-bucket-ownership-controls")
            .option("bucket", bucket)
            .option("ownership-controls", "Rules=[{ObjectOwnership=BucketOwnerEnforced}]"),
        Change::PutPublicAccessBlock { bucket } => {
            Line::new("s3api", "put-public-access-block").option("bucket", bucket).option(
                "public-access-block-configuration",
                "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            )
        }
        Change::PutBucketVersioning { bucket } => Line::new("s3api", "put-bucket-versioning")
            .option("bucket", bucket)
            .option("versioning-configuration", "Status=Enabled"),
        Change::PutBucketTagging { bucket, tags } => {
            let set: Vec<Value> = tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
            Line::new("s3api", "put-bucket-tagging").option("bucket", bucket).json("tagging", &json!({ "TagSet": set }))
        }
        Change::PutBucketPolicy { bucket, policy } => {
            Line::new("s3api", "put-bucket-policy").option("bucket", bucket).json("policy", policy)
        }
        Change::CreateLogGroup { log_group } => Line::new("logs", "create-log-group")
            .option("log-group-name", log_group)
            .option("tags", format!("{}={}", TAG.0, TAG.1)),
        Change::PutRetentionPolicy { log_group, days } => Line::new("logs", "put-retention-policy")
            .option("log-group-name", log_group)
            .option("retention-in-days", days.to_string()),
        Change::SetLogGroupKey { log_group, key } => {
            Line::new("logs", "associate-kms-key").option("log-group-name", log_group).option("kms-key-id", key)
        }
        Change::CreateRole { role, trust } => Line::new("iam", "create-role")
            .option("role-name", role)
            .json("assume-role-policy-document", trust)
            .option("tags", tag()),
        Change::UpdateAssumeRolePolicy { role, trust } => {
            Line::new("iam", "update-assume-role-policy").option("role-name", role).json("policy-document", trust)
        }
        Change::PutRolePolicy { role, policy } => Line::new("iam", "put-role-policy")
            .option("role-name", role)
            .option("policy-name", crate::domain::policy::ROLE_POLICY)
            .json("policy-document", policy),
        Change::CreateTrail { trail, bucket, delivery } => deliver(
            Line::new("cloudtrail", "create-trail")
                .option("name", trail)
                .option("s3-bucket-name", bucket)
                .flag("is-multi-region-trail")
                .flag("include-global-service-events")
                .flag("enable-log-file-validation")
                .option("tags-list", tag()),
            delivery,
        ),
        Change::UpdateTrail { trail, delivery } => {
            let line = Line::new("cloudtrail", "update-trail")
                .option("name", trail)
                .flag("is-multi-region-trail")
                .flag("include-global-service-events")
                .flag("enable-log-file-validation");
            match delivery {
                Some(delivery) => deliver(line, delivery),
                None => line,
            }
        }
        Change::PutEventSelectors { trail } => Line::new("cloudtrail", "put-event-selectors")
            .option("trail-name", trail)
            .json("event-selectors", &json!([{ "ReadWriteType": "All", "IncludeManagementEvents": true }])),
        Change::SetTrailKey { trail, key } => {
            Line::new("cloudtrail", "update-trail").option("name", trail).option("kms-key-id", key)
        }
        Change::StartLogging { trail } => Line::new("cloudtrail", "start-logging").option("name", trail),
        Change::CreateTopic { topic, policy } => Line::new("sns", "create-topic")
            .option("name", topic)
            .json("attributes", &json!({ "Policy": policy.to_string() }))
            .option("tags", tag()),
        Change::SetTopicPolicy { topic_arn, policy } => Line::new("sns", "set-topic-attributes")
            .option("topic-arn", topic_arn)
            .option("attribute-name", "Policy")
            .json("attribute-value", policy),
        Change::SetTopicKey { topic_arn, key } => Line::new("sns", "set-topic-attributes")
            .option("topic-arn", topic_arn)
            .option("attribute-name", "KmsMasterKeyId")
            .option("attribute-value", key.as_deref().unwrap_or_default()),
        Change::Subscribe { topic_arn, email } => Line::new("sns", "subscribe")
            .option("topic-arn", topic_arn)
            .option("protocol", "email")
            .option("notification-endpoint", email)
            .flag("return-subscription-arn"),
        Change::PutMetricFilter { log_group, filter } => {
            let mut transformation = json!({
                "metricName": filter.metric.name,
                "metricNamespace": filter.metric.namespace,
                "metricValue": filter.value,
                "unit": "Count"
            });
            if let Some(default) = filter.default {
                transformation["defaultValue"] = json!(default);
            }
            Line::new("logs", "put-metric-filter")
                .option("log-group-name", log_group)
                .option("filter-name", &filter.name)
                .option("filter-pattern", &filter.pattern)
                .json("metric-transformations", &json!([transformation]))
        }
        Change::PutMetricAlarm { alarm } => {
            let list = |line: Line, name: &str, arns: &[String]| {
                if arns.is_empty() { line } else { line.json(name, &json!(arns)) }
            };
            let mut line = Line::new("cloudwatch", "put-metric-alarm")
                .option("alarm-name", &alarm.name)
                .option("alarm-description", &alarm.description)
                .option("namespace", &alarm.metric.namespace)
                .option("metric-name", &alarm.metric.name)
                .option("statistic", &alarm.statistic)
                .option("period", alarm.period.to_string())
                .option("evaluation-periods", alarm.evaluation_periods.to_string())
                .option("datapoints-to-alarm", alarm.datapoints_to_alarm.to_string())
                .option("threshold", alarm.threshold.to_string())
                .option("comparison-operator", &alarm.comparison)
                .option("treat-missing-data", &alarm.missing_data)
                .flag(if alarm.actions_enabled { "actions-enabled" } else { "no-actions-enabled" });
            line = list(line, "alarm-actions", &alarm.actions);
            line = list(line, "ok-actions", &alarm.ok_actions);
            line = list(line, "insufficient-data-actions", &alarm.insufficient_data_actions);
            line.option("tags", tag())
        }
        Change::SetAlarmState { alarm, state, reason } => Line::new("cloudwatch", "set-alarm-state")
            .option("alarm-name", alarm)
            .option("state-value", state.as_str())
            .option("state-reason", reason),
        Change::CreateLogStream { log_group, stream } => {
            Line::new("logs", "create-log-stream").option("log-group-name", log_group).option("log-stream-name", stream)
        }
        Change::PutLogEvents { log_group, stream, at, message } => Line::new("logs", "put-log-events")
            .option("log-group-name", log_group)
            .option("log-stream-name", stream)
            .json("log-events", &json!([{ "timestamp": at.as_millisecond(), "message": message }])),
        Change::DeleteAlarm { alarm } => Line::new("cloudwatch", "delete-alarms").option("alarm-names", alarm),
        Change::DeleteMetricFilter { log_group, filter } => {
            Line::new("logs", "delete-metric-filter").option("log-group-name", log_group).option("filter-name", filter)
        }
        Change::Unsubscribe { arn, .. } => Line::new("sns", "unsubscribe").option("subscription-arn", arn),
        Change::DeleteTopic { topic_arn } => Line::new("sns", "delete-topic").option("topic-arn", topic_arn),
        Change::StopLogging { trail } => Line::new("cloudtrail", "stop-logging").option("name", trail),
        Change::DeleteTrail { trail } => Line::new("cloudtrail", "delete-trail").option("name", trail),
        Change::DetachLogs { trail } => Line::new("cloudtrail", "update-trail")
            .option("name", trail)
            .option("cloud-watch-logs-log-group-arn", "")
            .option("cloud-watch-logs-role-arn", ""),
        Change::DeleteRolePolicy { role } => Line::new("iam", "delete-role-policy")
            .option("role-name", role)
            .option("policy-name", crate::domain::policy::ROLE_POLICY),
        Change::DeleteRole { role } => Line::new("iam", "delete-role").option("role-name", role),
        Change::DeleteLogGroup { log_group } => {
            Line::new("logs", "delete-log-group").option("log-group-name", log_group)
        }
        Change::DeleteBucketPolicy { bucket } => Line::new("s3api", "delete-bucket-policy").option("bucket", bucket),
        Change::EmptyBucket { bucket } => return empty(bucket, &account_region.region),
        Change::DeleteBucket { bucket } => Line::new("s3api", "delete-bucket").option("bucket", bucket),
    };
    // For IAM too: the region tells the partition, and with an endpoint of its own the AWS CLI wants one.
    line.option("region", &account_region.region).0
}

/// A loop, since `aws s3 rm` leaves versions and delete markers behind: a page of both at a time until there is none.
fn empty(bucket: &str, region: &str) -> String {
    let at = format!("--bucket {} --region {}", quote(bucket), quote(region));
    let list = |what: &str| {
        format!(
            "aws s3api list-object-versions {at} --max-items 500 --output json --query '{{Objects: {what}[].{{Key: \
             Key, VersionId: VersionId}}, Quiet: `true`}}'"
        )
    };
    let rest = |what: &str| {
        format!(
            "while page=$({}) && printf '%s' \"$page\" | grep -q '\"Key\"'; do aws s3api delete-objects {at} \
             --delete \"$page\"; done",
            list(what)
        )
    };
    format!("{{ {}; {}; }}", rest("Versions"), rest("DeleteMarkers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_comes_back_from_sh_unchanged() {
        assert_eq!(quote("a-b_c.d/e:f"), "a-b_c.d/e:f");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("$(x) `y`"), "'$(x) `y`'");
        assert_eq!(quote(""), "''");
    }
}
