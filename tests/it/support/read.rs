//! Reads an account with the AWS SDK, without any of rootbell's own code, into plain values for comparison.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_cloudtrail::types::Tag as TrailTag;
use serde_json::Value;

pub type Tags = BTreeMap<String, String>;

/// The names of the resources to read.
#[derive(Clone, Debug)]
pub struct Names {
    pub bucket: String,
    pub log_group: String,
    pub role: String,
    pub trail: String,
    pub topic: String,
    pub alarm: String,
}

impl Names {
    /// The default names in a region.
    pub fn default_in(region: &str) -> Self {
        Self {
            bucket: format!("rootbell-000000000000-{region}"),
            log_group: "rootbell/cloudtrail".into(),
            role: format!("rootbell-cloudtrail-to-logs-{region}"),
            trail: "rootbell".into(),
            topic: "rootbell-alerts".into(),
            alarm: "rootbell-root-use".into(),
        }
    }
}

/// Every attribute that rootbell sets; `None` for resources that do not exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    pub bucket: Option<Bucket>,
    pub log_group: Option<LogGroup>,
    pub role: Option<Role>,
    pub trail: Option<Trail>,
    pub topic: Option<Topic>,
    /// Sorted by address.
    pub subscriptions: Vec<Subscription>,
    /// All filters of the log group.
    pub filters: Vec<Filter>,
    /// All alarms whose name starts with the given one.
    pub alarms: Vec<Alarm>,
    /// The names of all trails in the region, to detect duplicates.
    pub trails: Vec<String>,
    /// The role that forwards events.
    pub event_role: Option<Role>,
    /// The event rules of this Region and of us-east-1, by their ARNs.
    pub rules: BTreeMap<String, Rule>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub state: String,
    pub pattern: Value,
    /// What each target is, whether it has a role, and the first line of its text.
    pub targets: Vec<(String, bool, Option<String>)>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    pub location: Option<String>,
    pub ownership: Option<String>,
    pub public_access_block: Option<[bool; 4]>,
    pub versioning: Option<String>,
    pub policy: Option<Value>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogGroup {
    pub retention_days: Option<i32>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub trust: Value,
    /// By name.
    pub policies: BTreeMap<String, Value>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    pub home_region: Option<String>,
    pub multi_region: bool,
    pub validation: bool,
    pub global_events: bool,
    pub organization: bool,
    pub bucket: Option<String>,
    pub log_group_arn: Option<String>,
    pub role_arn: Option<String>,
    pub logging: bool,
    pub tags: Tags,
    /// The read-write type of each event selector, and whether it includes management events.
    pub selectors: Vec<(String, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub policy: Value,
    pub key: Option<String>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub endpoint: String,
    pub protocol: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub name: String,
    pub pattern: String,
    pub metric: String,
    pub namespace: String,
    pub value: String,
    pub default: Option<f64>,
    pub unit: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub name: String,
    pub description: Option<String>,
    pub namespace: Option<String>,
    pub metric: Option<String>,
    pub statistic: Option<String>,
    pub period: Option<i32>,
    pub evaluation_periods: Option<i32>,
    pub datapoints_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison: Option<String>,
    pub missing_data: Option<String>,
    pub actions_enabled: bool,
    pub actions: Vec<String>,
    pub ok_actions: Vec<String>,
    pub insufficient_data_actions: Vec<String>,
    pub dimensions: usize,
    pub tags: Tags,
}

/// Reads the account at this endpoint.
pub fn account(endpoint: &str, region: &str, names: &Names) -> Account {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = config(endpoint, region);
        let (trail, trails) = trail(&config, &names.trail).await;
        let (topic, subscriptions) =
            topic(&config, &format!("arn:aws:sns:{region}:000000000000:{}", names.topic)).await;
        let (log_group, filters) = logs(&config, &names.log_group).await;
        Account {
            bucket: bucket(&config, &names.bucket).await,
            log_group,
            role: role(&config, &names.role).await,
            trail,
            topic,
            subscriptions,
            filters,
            alarms: alarms(&config, &names.alarm).await,
            trails,
            event_role: role(&config, &format!("rootbell-events-to-{region}")).await,
            rules: {
                let mut rules = rules(&config).await;
                rules.extend(rules_in(endpoint, "us-east-1").await);
                rules
            },
        }
    })
}

async fn rules_in(endpoint: &str, region: &str) -> BTreeMap<String, Rule> {
    rules(&config(endpoint, region)).await
}

async fn rules(config: &SdkConfig) -> BTreeMap<String, Rule> {
    let client = aws_sdk_eventbridge::Client::new(config);
    let mut all = BTreeMap::new();
    for rule in client.list_rules().send().await.unwrap().rules() {
        let (name, arn) = (rule.name().unwrap(), rule.arn().unwrap());
        let targets = client.list_targets_by_rule().rule(name).send().await.unwrap();
        let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
        let first_line = |target: &aws_sdk_eventbridge::types::Target| {
            let template = target.input_transformer()?.input_template();
            template.lines().next().map(str::to_owned)
        };
        let found = Rule {
            state: rule.state().unwrap().as_str().to_owned(),
            pattern: serde_json::from_str(rule.event_pattern().unwrap()).unwrap(),
            targets: targets
                .targets()
                .iter()
                .map(|target| (target.arn().to_owned(), target.role_arn().is_some(), first_line(target)))
                .collect(),
            tags: tags.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        };
        all.insert(arn.to_owned(), found);
    }
    all
}

/// The changes of an alarm's state, newest first: summary and reason.
pub fn changes_of_state(endpoint: &str, region: &str, alarm: &str) -> Vec<(String, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = aws_sdk_cloudwatch::Client::new(&config(endpoint, region));
        let found = client.describe_alarm_history().alarm_name(alarm).send().await.unwrap();
        let items = found.alarm_history_items().iter();
        let changes = items.filter(|item| item.history_item_type().unwrap().as_str() == "StateUpdate");
        changes
            .map(|item| {
                let data: Value = serde_json::from_str(item.history_data().unwrap()).unwrap();
                let reason = data["newState"]["stateReason"].as_str().unwrap();
                (item.history_summary().unwrap().to_owned(), reason.to_owned())
            })
            .collect()
    })
}

/// The events of a log group: stream and message.
pub fn log_events(endpoint: &str, region: &str, log_group: &str) -> Vec<(String, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = aws_sdk_cloudwatchlogs::Client::new(&config(endpoint, region));
        let found = client.filter_log_events().log_group_name(log_group).send().await.unwrap();
        let event = |e: &aws_sdk_cloudwatchlogs::types::FilteredLogEvent| {
            (e.log_stream_name().unwrap().to_owned(), e.message().unwrap().to_owned())
        };
        found.events().iter().map(event).collect()
    })
}

/// Puts small objects into a bucket, as a trail would. The first one is overwritten and then deleted, which leaves two
/// versions and a delete marker.
pub fn put_objects(endpoint: &str, region: &str, bucket: &str, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let settings = aws_sdk_s3::config::Builder::from(&config(endpoint, region)).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(settings);
        let put = |key: String| s3.put_object().bucket(bucket).key(key).body(vec![b'x'; 100].into()).send();
        for start in (0..count).step_by(20) {
            let some = (start..count.min(start + 20)).map(|n| put(format!("AWSLogs/{n:05}.json.gz")));
            futures::future::join_all(some).await.into_iter().for_each(|done| drop(done.unwrap()));
        }
        put("AWSLogs/00000.json.gz".into()).await.unwrap();
        s3.delete_object().bucket(bucket).key("AWSLogs/00000.json.gz").send().await.unwrap();
    });
}

/// Creates a trail that rootbell does not manage, without a log group.
pub fn make_trail(endpoint: &str, region: &str, name: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let cloudtrail = aws_sdk_cloudtrail::Client::new(&config(endpoint, region));
        let made = cloudtrail.create_trail().name(name).s3_bucket_name("theirs").is_multi_region_trail(true);
        made.enable_log_file_validation(true).send().await.unwrap();
        cloudtrail.start_logging().name(name).send().await.unwrap();
    });
}

/// The SDK's configuration for the emulator, independent of the environment.
fn config(endpoint: &str, region: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::new(
            "test", "test", None, None, "tests",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .sleep_impl(aws_smithy_async())
        .build()
}

fn aws_smithy_async() -> aws_sdk_sts::config::SharedAsyncSleep {
    aws_sdk_sts::config::SharedAsyncSleep::new(Sleep)
}

#[derive(Debug)]
struct Sleep;

impl aws_sdk_sts::config::AsyncSleep for Sleep {
    fn sleep(&self, duration: std::time::Duration) -> aws_sdk_sts::config::Sleep {
        aws_sdk_sts::config::Sleep::new(tokio::time::sleep(duration))
    }
}

async fn bucket(config: &SdkConfig, name: &str) -> Option<Bucket> {
    let settings = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(settings);
    s3.head_bucket().bucket(name).send().await.ok()?;
    let location = s3.get_bucket_location().bucket(name).send().await.ok()?;
    let ownership = s3.get_bucket_ownership_controls().bucket(name).send().await.ok();
    let block = s3.get_public_access_block().bucket(name).send().await.ok();
    let versioning = s3.get_bucket_versioning().bucket(name).send().await.ok();
    let policy = s3.get_bucket_policy().bucket(name).send().await.ok();
    let tags = s3.get_bucket_tagging().bucket(name).send().await.ok();
    Some(Bucket {
        location: location.location_constraint.map(|l| l.as_str().to_owned()).filter(|l| !l.is_empty()),
        ownership: ownership
            .and_then(|o| o.ownership_controls)
            .and_then(|o| o.rules.first().map(|r| r.object_ownership.as_str().to_owned())),
        public_access_block: block.and_then(|b| b.public_access_block_configuration).map(|b| {
            [b.block_public_acls, b.ignore_public_acls, b.block_public_policy, b.restrict_public_buckets]
                .map(Option::unwrap_or_default)
        }),
        versioning: versioning.and_then(|v| v.status).map(|s| s.as_str().to_owned()),
        policy: policy.and_then(|p| p.policy).map(|p| serde_json::from_str(&p).unwrap()),
        tags: tags.map(|t| t.tag_set.into_iter().map(|t| (t.key, t.value)).collect()).unwrap_or_default(),
    })
}

async fn logs(config: &SdkConfig, name: &str) -> (Option<LogGroup>, Vec<Filter>) {
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    let found = logs.describe_log_groups().log_group_name_prefix(name).send().await.unwrap();
    let Some(group) = found.log_groups().iter().find(|g| g.log_group_name() == Some(name)) else {
        return (None, Vec::new());
    };
    let arn = group.arn().unwrap_or_default().trim_end_matches(":*");
    let tags = logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    let filters = logs.describe_metric_filters().log_group_name(name).send().await.unwrap();
    let filters = filters.metric_filters().iter().map(|f| {
        let t = &f.metric_transformations()[0];
        Filter {
            name: f.filter_name().unwrap_or_default().to_owned(),
            pattern: f.filter_pattern().unwrap_or_default().to_owned(),
            metric: t.metric_name().to_owned(),
            namespace: t.metric_namespace().to_owned(),
            value: t.metric_value().to_owned(),
            default: t.default_value(),
            unit: t.unit().map(|u| u.as_str().to_owned()),
        }
    });
    let group = LogGroup {
        retention_days: group.retention_in_days(),
        tags: tags.tags().cloned().unwrap_or_default().into_iter().collect(),
    };
    (Some(group), filters.collect())
}

async fn role(config: &SdkConfig, name: &str) -> Option<Role> {
    let iam = aws_sdk_iam::Client::new(config);
    let role = iam.get_role().role_name(name).send().await.ok()?.role?;
    let mut policies = BTreeMap::new();
    for policy in iam.list_role_policies().role_name(name).send().await.unwrap().policy_names() {
        let found = iam.get_role_policy().role_name(name).policy_name(policy).send().await.unwrap();
        policies.insert(policy.to_owned(), document(&found.policy_document));
    }
    let tags = iam.list_role_tags().role_name(name).send().await.unwrap();
    Some(Role {
        trust: document(role.assume_role_policy_document.as_deref().unwrap_or_default()),
        policies,
        tags: tags.tags.into_iter().map(|t| (t.key, t.value)).collect(),
    })
}

/// IAM returns policies percent-encoded (RFC 3986).
fn document(text: &str) -> Value {
    let plain = percent_encoding::percent_decode_str(text).decode_utf8().unwrap();
    serde_json::from_str(&plain).unwrap()
}

async fn trail(config: &SdkConfig, name: &str) -> (Option<Trail>, Vec<String>) {
    let cloudtrail = aws_sdk_cloudtrail::Client::new(config);
    let all = cloudtrail.describe_trails().send().await.unwrap();
    let names = all.trail_list().iter().map(|t| t.name().unwrap_or_default().to_owned()).collect();
    let Some(trail) = all.trail_list().iter().find(|t| t.name() == Some(name)) else { return (None, names) };
    let arn = trail.trail_arn().unwrap_or_default();
    let status = cloudtrail.get_trail_status().name(arn).send().await.unwrap();
    let selectors = cloudtrail.get_event_selectors().trail_name(arn).send().await.unwrap();
    let tags = cloudtrail.list_tags().resource_id_list(arn).send().await.unwrap();
    let tags: Vec<TrailTag> = tags.resource_tag_list().iter().flat_map(|r| r.tags_list().to_vec()).collect();
    let found = Trail {
        home_region: trail.home_region.clone(),
        multi_region: trail.is_multi_region_trail.unwrap_or_default(),
        validation: trail.log_file_validation_enabled.unwrap_or_default(),
        global_events: trail.include_global_service_events.unwrap_or_default(),
        organization: trail.is_organization_trail.unwrap_or_default(),
        bucket: trail.s3_bucket_name.clone(),
        log_group_arn: trail.cloud_watch_logs_log_group_arn.clone(),
        role_arn: trail.cloud_watch_logs_role_arn.clone(),
        logging: status.is_logging.unwrap_or_default(),
        tags: tags.into_iter().map(|t| (t.key, t.value.unwrap_or_default())).collect(),
        selectors: selectors
            .event_selectors()
            .iter()
            .map(|s| {
                let kind = s.read_write_type().map(|t| t.as_str().to_owned()).unwrap_or_default();
                (kind, s.include_management_events().unwrap_or_default())
            })
            .collect(),
    };
    (Some(found), names)
}

async fn topic(config: &SdkConfig, arn: &str) -> (Option<Topic>, Vec<Subscription>) {
    let sns = aws_sdk_sns::Client::new(config);
    let Ok(found) = sns.get_topic_attributes().topic_arn(arn).send().await else { return (None, Vec::new()) };
    let attribute = |name: &str| found.attributes().and_then(|a| a.get(name)).filter(|v| !v.is_empty()).cloned();
    let tags = sns.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    let listed = sns.list_subscriptions_by_topic().topic_arn(arn).send().await.unwrap();
    let mut subscriptions: Vec<Subscription> = listed
        .subscriptions()
        .iter()
        .map(|s| Subscription {
            endpoint: s.endpoint().unwrap_or_default().to_owned(),
            protocol: s.protocol().unwrap_or_default().to_owned(),
        })
        .collect();
    subscriptions.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    let topic = Topic {
        policy: attribute("Policy").map(|p| serde_json::from_str(&p).unwrap()).unwrap_or_default(),
        key: attribute("KmsMasterKeyId"),
        tags: tags.tags().iter().map(|t| (t.key.clone(), t.value.clone())).collect(),
    };
    (Some(topic), subscriptions)
}

async fn alarms(config: &SdkConfig, prefix: &str) -> Vec<Alarm> {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(config);
    let found = cloudwatch.describe_alarms().alarm_name_prefix(prefix).send().await.unwrap();
    let mut alarms = Vec::new();
    for a in found.metric_alarms() {
        let arn = a.alarm_arn().unwrap_or_default();
        let tags = cloudwatch.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
        let tags = tags
            .tags()
            .iter()
            .map(|t| (t.key().unwrap_or_default().to_owned(), t.value().unwrap_or_default().to_owned()));
        alarms.push(Alarm {
            name: a.alarm_name().unwrap_or_default().to_owned(),
            description: a.alarm_description.clone(),
            namespace: a.namespace.clone(),
            metric: a.metric_name.clone(),
            statistic: a.statistic.as_ref().map(|s| s.as_str().to_owned()),
            period: a.period,
            evaluation_periods: a.evaluation_periods,
            datapoints_to_alarm: a.datapoints_to_alarm,
            threshold: a.threshold,
            comparison: a.comparison_operator.as_ref().map(|c| c.as_str().to_owned()),
            missing_data: a.treat_missing_data.clone(),
            actions_enabled: a.actions_enabled.unwrap_or_default(),
            actions: a.alarm_actions().to_vec(),
            ok_actions: a.ok_actions().to_vec(),
            insufficient_data_actions: a.insufficient_data_actions().to_vec(),
            dimensions: a.dimensions().len(),
            tags: tags.collect(),
        });
    }
    alarms
}
