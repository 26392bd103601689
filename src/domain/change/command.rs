//! Formats a change as an AWS CLI command.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Change, Delivery, TrailUpdate};
use crate::domain::account_region::AccountRegion;
use crate::domain::added::{ADDED, Additions, Recorded};
use crate::domain::alarm::{AlarmConfig, Statistic, TagsInNotifications, WallClockWindow, WarmUp};
use crate::domain::arn::Arn;
use crate::domain::event::{DRILL_BUS_SOURCE, DRILL_DETAIL_TYPE};
use crate::domain::event_rule::{RuleState, RuleTarget, TargetInput};
use crate::domain::input_transformer::InputTransformer;
use crate::domain::observed::{MetricFilter, read_write_type};
use crate::domain::settings::TAG;
use crate::domain::text::is_escaped;

/// Builds a command line, quoting words for `sh`.
struct CommandLine(String);

impl CommandLine {
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

impl Change {
    /// The same call as an AWS CLI command, quoted for `sh`.
    #[must_use]
    pub fn aws_cli(&self, account_region: &AccountRegion) -> String {
        render(self, account_region)
    }
}

/// Quotes a word for `sh`.
#[must_use]
pub fn quote(word: &str) -> String {
    let needs_no_quotes = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(needs_no_quotes) {
        return word.to_owned();
    }
    if word.chars().any(is_unsafe) { printf_quoted(word) } else { single_quoted(word) }
}

fn single_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Whether a terminal might interpret the character instead of showing it.
fn is_unsafe(c: char) -> bool {
    // A line break in quotes is fine in `sh`.
    is_escaped(c) && c != '\n'
}

/// Writes unsafe characters in octal for `printf`, which restores them. Trailing line breaks, which `$( )` would
/// remove, are appended after it.
fn printf_quoted(word: &str) -> String {
    let text = word.trim_end_matches('\n');
    let mut format = String::new();
    for c in text.chars() {
        match c {
            c if is_unsafe(c) => {
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
    let tail = if tail.is_empty() { String::new() } else { single_quoted(tail) };
    format!("\"$(printf {})\"{tail}", single_quoted(&format))
}

fn tag() -> String {
    format!("Key={},Value={}", TAG.0, TAG.1)
}

fn deliver(line: CommandLine, delivery: &Delivery) -> CommandLine {
    line.option("cloud-watch-logs-log-group-arn", &delivery.log_group_arn)
        .option("cloud-watch-logs-role-arn", &delivery.role_arn)
}

#[expect(clippy::too_many_lines, reason = "one arm per call, in the same order as the enum")]
fn render(change: &Change, account_region: &AccountRegion) -> String {
    let line = match change {
        Change::CreateBucket { bucket } => {
            let line = CommandLine::new("s3api", "create-bucket")
                .option("bucket", bucket)
                .option("object-ownership", "BucketOwnerEnforced");
            // S3 rejects the constraint in us-east-1 and requires it everywhere else.
            if account_region.region == "us-east-1" {
                line
            } else {
                line.option("create-bucket-configuration", format!("LocationConstraint={}", account_region.region))
            }
        }
        Change::PutBucketOwnershipControls { bucket } => CommandLine::new("s3api", "put-bucket-ownership-controls")
            .option("bucket", bucket)
            .option("ownership-controls", "Rules=[{ObjectOwnership=BucketOwnerEnforced}]"),
        Change::PutPublicAccessBlock { bucket } => {
            CommandLine::new("s3api", "put-public-access-block").option("bucket", bucket).option(
                "public-access-block-configuration",
                "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            )
        }
        Change::PutBucketVersioning { bucket } => CommandLine::new("s3api", "put-bucket-versioning")
            .option("bucket", bucket)
            .option("versioning-configuration", "Status=Enabled"),
        Change::PutBucketTagging { bucket, tags } => {
            let set: Vec<Value> = tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
            CommandLine::new("s3api", "put-bucket-tagging")
                .option("bucket", bucket)
                .json("tagging", &json!({ "TagSet": set }))
        }
        Change::PutBucketPolicy { bucket, policy } => {
            CommandLine::new("s3api", "put-bucket-policy").option("bucket", bucket).json("policy", policy.as_json())
        }
        Change::CreateLogGroup { log_group, added } => {
            let line = CommandLine::new("logs", "create-log-group").option("log-group-name", log_group);
            if added.is_empty() {
                line.option("tags", format!("{}={}", TAG.0, TAG.1))
            } else {
                line.json("tags", &json!({ TAG.0: TAG.1, ADDED: added.to_string() }))
            }
        }
        Change::PutRetentionPolicy { log_group, days } => CommandLine::new("logs", "put-retention-policy")
            .option("log-group-name", log_group)
            .option("retention-in-days", days.to_string()),
        Change::DeleteRetentionPolicy { log_group } => {
            CommandLine::new("logs", "delete-retention-policy").option("log-group-name", log_group)
        }
        Change::SetLogGroupKey { log_group, key } => {
            CommandLine::new("logs", "associate-kms-key").option("log-group-name", log_group).option("kms-key-id", key)
        }
        Change::CreateRole { role, purpose: _, trust } => CommandLine::new("iam", "create-role")
            .option("role-name", role)
            .json("assume-role-policy-document", trust.as_json())
            .option("tags", tag()),
        Change::UpdateAssumeRolePolicy { role, purpose: _, trust } => {
            CommandLine::new("iam", "update-assume-role-policy")
                .option("role-name", role)
                .json("policy-document", trust.as_json())
        }
        Change::PutRolePolicy { role, purpose, policy } => CommandLine::new("iam", "put-role-policy")
            .option("role-name", role)
            .option("policy-name", purpose.policy_name())
            .json("policy-document", policy.as_json()),
        Change::CreateTrail { trail, bucket, delivery } => deliver(
            CommandLine::new("cloudtrail", "create-trail")
                .option("name", trail)
                .option("s3-bucket-name", bucket)
                .flag("is-multi-region-trail")
                .flag("include-global-service-events")
                .flag("enable-log-file-validation")
                .option("tags-list", tag()),
            delivery,
        ),
        Change::UpdateTrail { trail, update } => update_trail(trail, update),
        Change::PutEventSelectors { trail, read, write } => {
            let kind = read_write_type(*read, *write);
            let selector = json!({ "ReadWriteType": kind, "IncludeManagementEvents": *read || *write });
            CommandLine::new("cloudtrail", "put-event-selectors")
                .option("trail-name", trail)
                .json("event-selectors", &json!([selector]))
        }
        Change::SetTrailKey { trail, key } => {
            CommandLine::new("cloudtrail", "update-trail").option("name", trail).option("kms-key-id", key)
        }
        Change::StartLogging { trail } => CommandLine::new("cloudtrail", "start-logging").option("name", trail),
        Change::CreateTopic { topic, policy } => CommandLine::new("sns", "create-topic")
            .option("name", topic)
            .json("attributes", &json!({ "Policy": policy.to_string() }))
            .option("tags", tag()),
        Change::SetTopicPolicy { topic_arn, policy } => CommandLine::new("sns", "set-topic-attributes")
            .option("topic-arn", topic_arn)
            .option("attribute-name", "Policy")
            .json("attribute-value", policy.as_json()),
        Change::SetTopicKey { topic_arn, key } => CommandLine::new("sns", "set-topic-attributes")
            .option("topic-arn", topic_arn)
            .option("attribute-name", "KmsMasterKeyId")
            .option("attribute-value", key.as_deref().unwrap_or_default()),
        Change::Subscribe { topic_arn, email } => CommandLine::new("sns", "subscribe")
            .option("topic-arn", topic_arn)
            .option("protocol", "email")
            .option("notification-endpoint", email)
            .flag("return-subscription-arn"),
        // The token is a secret, so the command has a word in its place.
        Change::ConfirmSubscription { topic_arn, token: _ } => CommandLine::new("sns", "confirm-subscription")
            .option("topic-arn", topic_arn)
            .option("token", "TOKEN_FROM_THE_EMAIL")
            .option("authenticate-on-unsubscribe", "true"),
        Change::PutRule { rule, pattern, description } => CommandLine::new("events", "put-rule")
            .option("name", rule.rule_name().unwrap_or(rule))
            .option("event-pattern", pattern)
            .option("description", description)
            .option("state", RuleState::Enabled.as_str())
            .option("tags", tag()),
        Change::PutTarget { rule, target } => put_target(rule, target),
        Change::PutMetricFilter { log_group, filter } => put_metric_filter(log_group, filter),
        Change::PutMetricAlarm { alert: _, alarm, config } => put_metric_alarm(alarm, config),
        Change::SetAlarmState { alarm, state, reason } => CommandLine::new("cloudwatch", "set-alarm-state")
            .option("alarm-name", alarm)
            .option("state-value", state.as_str())
            .option("state-reason", reason),
        Change::CreateLogStream { log_group, stream } => CommandLine::new("logs", "create-log-stream")
            .option("log-group-name", log_group)
            .option("log-stream-name", stream),
        Change::PutLogEvents { log_group, stream, at, message } => CommandLine::new("logs", "put-log-events")
            .option("log-group-name", log_group)
            .option("log-stream-name", stream)
            .json("log-events", &json!([{ "timestamp": at.as_millisecond(), "message": message }])),
        Change::PutEvents { bus, at, detail } => {
            let entry = json!({
                "EventBusName": bus,
                "Time": at.to_string(),
                "Source": DRILL_BUS_SOURCE,
                "DetailType": DRILL_DETAIL_TYPE,
                "Detail": detail,
            });
            CommandLine::new("events", "put-events").json("entries", &json!([entry]))
        }
        Change::DeleteAlarm { alarm } => CommandLine::new("cloudwatch", "delete-alarms").option("alarm-names", alarm),
        Change::DeleteMetricFilter { log_group, filter } => CommandLine::new("logs", "delete-metric-filter")
            .option("log-group-name", log_group)
            .option("filter-name", filter),
        Change::RemoveTarget { rule, target } => CommandLine::new("events", "remove-targets")
            .option("rule", rule.rule_name().unwrap_or(rule))
            .option("ids", target),
        Change::DeleteRule { rule } => {
            CommandLine::new("events", "delete-rule").option("name", rule.rule_name().unwrap_or(rule))
        }
        Change::Unsubscribe { arn, .. } => CommandLine::new("sns", "unsubscribe").option("subscription-arn", arn),
        Change::DeleteTopic { topic_arn } => CommandLine::new("sns", "delete-topic").option("topic-arn", topic_arn),
        Change::RecordAdded { kind, arn, added } => record_added(*kind, arn, added),
        Change::RemoveAdded { kind, arn } => remove_added(*kind, arn),
        Change::StopLogging { trail } => CommandLine::new("cloudtrail", "stop-logging").option("name", trail),
        Change::DeleteTrail { trail } => CommandLine::new("cloudtrail", "delete-trail").option("name", trail),
        Change::DetachLogs { trail } => CommandLine::new("cloudtrail", "update-trail")
            .option("name", trail)
            .option("cloud-watch-logs-log-group-arn", "")
            .option("cloud-watch-logs-role-arn", ""),
        Change::DeleteRolePolicy { role, purpose } => CommandLine::new("iam", "delete-role-policy")
            .option("role-name", role)
            .option("policy-name", purpose.policy_name()),
        Change::DeleteRole { role, purpose: _ } => CommandLine::new("iam", "delete-role").option("role-name", role),
        Change::DeleteLogGroup { log_group } => {
            CommandLine::new("logs", "delete-log-group").option("log-group-name", log_group)
        }
        Change::DeleteBucketPolicy { bucket } => {
            CommandLine::new("s3api", "delete-bucket-policy").option("bucket", bucket)
        }
        Change::EmptyBucket { bucket } => return empty_bucket(bucket, account_region.region.as_str()),
        Change::DeleteBucket { bucket } => CommandLine::new("s3api", "delete-bucket").option("bucket", bucket),
    };
    // IAM calls get a Region too: it determines the partition, and the AWS CLI requires one with a custom endpoint.
    line.option("region", &account_region.region).0
}

fn update_trail(trail: &str, update: &TrailUpdate) -> CommandLine {
    let TrailUpdate { multi_region, global_events, validation, delivery } = update;
    let switches = [
        (multi_region, "is-multi-region-trail", "no-is-multi-region-trail"),
        (global_events, "include-global-service-events", "no-include-global-service-events"),
        (validation, "enable-log-file-validation", "no-enable-log-file-validation"),
    ];
    let mut line = CommandLine::new("cloudtrail", "update-trail").option("name", trail);
    for (setting, on, off) in switches {
        line = match setting {
            Some(true) => line.flag(on),
            Some(false) => line.flag(off),
            None => line,
        };
    }
    match delivery {
        Some(delivery) => deliver(line, delivery),
        None => line,
    }
}

fn put_metric_filter(log_group: &str, filter: &MetricFilter) -> CommandLine {
    // Every field is named, so that the compiler points here when one is added.
    let MetricFilter {
        name,
        pattern,
        metric,
        value,
        default,
        unit,
        dimensions,
        emit_system_field_dimensions,
        apply_on_transformed_logs,
        field_selection_criteria,
        created: _,
    } = filter;
    let mut transformation =
        json!({ "metricName": metric.name, "metricNamespace": metric.namespace, "metricValue": value });
    if let Some(unit) = unit {
        transformation["unit"] = json!(unit);
    }
    if let Some(default) = default {
        transformation["defaultValue"] = json!(default);
    }
    if !dimensions.is_empty() {
        transformation["dimensions"] = json!(dimensions);
    }
    let mut line = CommandLine::new("logs", "put-metric-filter")
        .option("log-group-name", log_group)
        .option("filter-name", name)
        .option("filter-pattern", pattern)
        .json("metric-transformations", &json!([transformation]));
    if !emit_system_field_dimensions.is_empty() {
        line = line.json("emit-system-field-dimensions", &json!(emit_system_field_dimensions));
    }
    if *apply_on_transformed_logs {
        line = line.flag("apply-on-transformed-logs");
    }
    match field_selection_criteria {
        Some(criteria) => line.option("field-selection-criteria", criteria),
        None => line,
    }
}

fn record_added(kind: Recorded, arn: &Arn, added: &Additions) -> CommandLine {
    let value = added.to_string();
    let list = json!([{ "Key": ADDED, "Value": value }]);
    match kind {
        Recorded::Trail => {
            CommandLine::new("cloudtrail", "add-tags").option("resource-id", arn).json("tags-list", &list)
        }
        Recorded::LogGroup => {
            CommandLine::new("logs", "tag-resource").option("resource-arn", arn).json("tags", &json!({ ADDED: value }))
        }
        Recorded::Topic => CommandLine::new("sns", "tag-resource").option("resource-arn", arn).json("tags", &list),
    }
}

fn remove_added(kind: Recorded, arn: &Arn) -> CommandLine {
    match kind {
        Recorded::Trail => CommandLine::new("cloudtrail", "remove-tags")
            .option("resource-id", arn)
            .option("tags-list", format!("Key={ADDED}")),
        Recorded::LogGroup => {
            CommandLine::new("logs", "untag-resource").option("resource-arn", arn).option("tag-keys", ADDED)
        }
        Recorded::Topic => {
            CommandLine::new("sns", "untag-resource").option("resource-arn", arn).option("tag-keys", ADDED)
        }
    }
}

fn put_target(rule: &Arn, target: &RuleTarget) -> CommandLine {
    let RuleTarget { id, arn, role_arn, input } = target;
    let mut json = json!({ "Id": id, "Arn": arn });
    if let Some(role) = role_arn {
        json["RoleArn"] = json!(role);
    }
    match input {
        TargetInput::Event => {}
        TargetInput::Path(path) => json["InputPath"] = json!(path),
        TargetInput::Constant(constant) => json["Input"] = json!(constant),
        TargetInput::Transformer(InputTransformer { paths, template }) => {
            json["InputTransformer"] = json!({ "InputPathsMap": paths, "InputTemplate": template });
        }
    }
    let name = rule.rule_name().unwrap_or(rule);
    CommandLine::new("events", "put-targets").option("rule", name).json("targets", &json!([json]))
}

fn put_metric_alarm(alarm: &str, config: &AlarmConfig) -> CommandLine {
    // Every field is named, so that the compiler points here when one is added.
    let AlarmConfig {
        metric,
        statistic,
        period,
        evaluation_periods,
        datapoints_to_alarm,
        threshold,
        comparison,
        missing_data,
        actions_enabled,
        actions,
        ok_actions,
        insufficient_data_actions,
        description,
        unit,
        dimensions,
        low_sample_count_percentile,
        warm_up,
        wall_clock_window,
        tags_in_notifications,
    } = config;
    let list = |line: CommandLine, name: &str, arns: &[Arn]| {
        if arns.is_empty() { line } else { line.json(name, &json!(arns)) }
    };
    let statistic_option = if matches!(statistic, Statistic::Extended(_)) { "extended-statistic" } else { "statistic" };
    let mut line = CommandLine::new("cloudwatch", "put-metric-alarm")
        .option("alarm-name", alarm)
        .option("alarm-description", description)
        .option("namespace", &metric.namespace)
        .option("metric-name", &metric.name)
        .option(statistic_option, statistic.as_str())
        .option("period", period.to_string())
        .option("evaluation-periods", evaluation_periods.to_string())
        .option("datapoints-to-alarm", datapoints_to_alarm.to_string())
        .option("threshold", threshold.to_string())
        .option("comparison-operator", comparison.as_str())
        .option("treat-missing-data", missing_data.as_str())
        .flag(if *actions_enabled { "actions-enabled" } else { "no-actions-enabled" });
    line = list(line, "alarm-actions", actions);
    line = list(line, "ok-actions", ok_actions);
    line = list(line, "insufficient-data-actions", insufficient_data_actions);
    if !dimensions.is_empty() {
        let pairs = dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
        line = line.json("dimensions", &pairs.collect());
    }
    for (name, value) in [("unit", unit), ("evaluate-low-sample-count-percentile", low_sample_count_percentile)] {
        if let Some(value) = value {
            line = line.option(name, value);
        }
    }
    if let Some(WarmUp { minutes, whole }) = warm_up {
        let warm_up =
            json!({ "WarmUpPeriodDurationInMinutes": minutes, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": whole });
        line = line.json("warm-up-configuration", &warm_up);
    }
    if let Some(WallClockWindow { timezone }) = wall_clock_window {
        let window = timezone.as_ref().map_or_else(|| json!({}), |timezone| json!({ "Timezone": timezone }));
        line = line.json("evaluation-window", &json!({ "WallClockWindow": window }));
    }
    if let Some(TagsInNotifications { enabled, included, excluded }) = tags_in_notifications {
        let mut propagation = json!({ "Enabled": enabled });
        for (name, keys) in [("IncludedTagKeys", included), ("ExcludedTagKeys", excluded)] {
            if !keys.is_empty() {
                propagation[name] = json!(keys);
            }
        }
        line = line.json("action-configuration", &json!({ "AlarmTagsPropagation": propagation }));
    }
    line.option("tags", tag())
}

/// A loop that deletes one page of versions or delete markers at a time, because `aws s3 rm` leaves both behind.
fn empty_bucket(bucket: &str, region: &str) -> String {
    let target = format!("--bucket {} --region {}", quote(bucket), quote(region));
    let list = |kind: &str| {
        format!(
            "aws s3api list-object-versions {target} --max-items 500 --output json --query '{{Objects: {kind}[].{{Key: \
             Key, VersionId: VersionId}}, Quiet: `true`}}'"
        )
    };
    let delete_all = |kind: &str| {
        format!(
            "while page=$({}) && printf '%s' \"$page\" | grep -q '\"Key\"'; do aws s3api delete-objects {target} \
             --delete \"$page\"; done",
            list(kind)
        )
    };
    format!("{{ {}; {}; }}", delete_all("Versions"), delete_all("DeleteMarkers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sh_reads_a_quoted_word_unchanged() {
        assert_eq!(quote("a-b_c.d/e:f"), "a-b_c.d/e:f");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("$(x) `y`"), "'$(x) `y`'");
        assert_eq!(quote(""), "''");
    }
}
