//! EventBridge: the rules on the default event bus, and their targets.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::Builder;
use aws_sdk_eventbridge::types::{InputTransformer as SdkTransformer, PutEventsRequestEntry, Rule, Tag, Target};
use jiff::Timestamp;

use super::convert::{sdk_time, text};
use super::empty::RejectEmptyAnswers;
use super::errors::Call;
use super::pages::Tokens;
use crate::cloud::{Answer, ErrorKind};
use crate::domain::Query;
use crate::domain::arn::Arn;
use crate::domain::event::{DRILL_BUS_SOURCE, DRILL_DETAIL_TYPE};
use crate::domain::event_rule::{EventRule, RuleState, RuleTarget, TargetInput};
use crate::domain::input_transformer::InputTransformer;
use crate::domain::settings::TAG;

pub(super) struct EventBridge {
    client: Client,
}

impl EventBridge {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let settings = Builder::from(config).interceptor(RejectEmptyAnswers);
        Self { client: Client::from_conf(settings.build()) }
    }

    /// Source: EventBridge API, ListRules: without a bus, it lists the rules of the default one.
    pub(super) async fn list_rules(&self) -> Answer<Vec<EventRule>> {
        let call = Call::query(Query::EventRules, "");
        let (mut all, mut tokens) = (Vec::new(), Tokens::default());
        loop {
            let page = call.answered(self.client.list_rules().set_next_token(tokens.next()).send().await)?;
            all.extend(page.rules().iter().filter_map(rule));
            if !tokens.follow(page.next_token()) {
                return Ok(all);
            }
        }
    }

    /// Source: EventBridge API, ListTargetsByRule.
    pub(super) async fn list_targets_by_rule(&self, rule: &str) -> Answer<Vec<RuleTarget>> {
        let call = Call::query(Query::RuleTargets, rule);
        let (mut all, mut tokens) = (Vec::new(), Tokens::default());
        loop {
            let request = self.client.list_targets_by_rule().rule(rule).set_next_token(tokens.next());
            let page = call.answered(request.send().await)?;
            all.extend(page.targets().iter().map(target));
            if !tokens.follow(page.next_token()) {
                return Ok(all);
            }
        }
    }

    /// Source: EventBridge API, TestEventPattern.
    pub(super) async fn test_event_pattern(&self, pattern: &str, event: &str) -> Answer<bool> {
        let call = Call::query(Query::TestPattern, "");
        let request = self.client.test_event_pattern().event_pattern(pattern).event(event);
        Ok(call.answered(request.send().await)?.result())
    }

    pub(super) async fn list_tags_for_resource(&self, arn: &str) -> Answer<Vec<(String, String)>> {
        let call = Call::query(Query::RuleTags, arn);
        let request = self.client.list_tags_for_resource().resource_arn(arn);
        let Some(found) = call.found(request.send().await, "ResourceNotFoundException")? else { return Ok(Vec::new()) };
        Ok(found.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect())
    }

    /// Source: EventBridge API, PutRule: tags are ignored if the rule exists.
    pub(super) async fn put_rule(&self, call: &Call<'_>, rule: &Arn, pattern: &str, description: &str) -> Answer<()> {
        let tag = Tag::builder().key(TAG.0).value(TAG.1).build().map_err(|e| call.invalid_request(&e))?;
        let request = self.client.put_rule().name(name(rule)).event_pattern(pattern).description(description);
        let request = request.state(RuleState::Enabled.as_str().into()).tags(tag);
        call.answered(request.send().await).map(drop)
    }

    /// Source: EventBridge API, PutTargets: the call succeeds even if it could not add the target.
    pub(super) async fn put_target(&self, call: &Call<'_>, rule: &Arn, target: &RuleTarget) -> Answer<()> {
        let RuleTarget { id, arn, role_arn, input } = target;
        let builder = Target::builder().id(id).arn(arn.to_string()).set_role_arn(role_arn.as_ref().map(Arn::to_string));
        let builder = match input {
            TargetInput::Event => builder,
            TargetInput::Path(path) => builder.input_path(path),
            TargetInput::Constant(constant) => builder.input(constant),
            TargetInput::Transformer(InputTransformer { paths, template }) => {
                let paths = paths.iter().map(|(name, path)| (name.clone(), path.clone())).collect();
                let transformer = SdkTransformer::builder().set_input_paths_map(Some(paths)).input_template(template);
                builder.input_transformer(transformer.build().map_err(|e| call.invalid_request(&e))?)
            }
        };
        let target = builder.build().map_err(|e| call.invalid_request(&e))?;
        let answer = call.answered(self.client.put_targets().rule(name(rule)).targets(target).send().await)?;
        let failed = answer.failed_entries().first().map(|entry| (entry.error_code(), entry.error_message()));
        require_success(call, failed)
    }

    /// Source: EventBridge API, RemoveTargets: the call succeeds even if it could not remove the target.
    pub(super) async fn remove_target(&self, call: &Call<'_>, rule: &Arn, target: &str) -> Answer<()> {
        let request = self.client.remove_targets().rule(name(rule)).ids(target);
        let answer = call.answered(request.send().await)?;
        let failed = answer.failed_entries().first().map(|entry| (entry.error_code(), entry.error_message()));
        require_success(call, failed)
    }

    pub(super) async fn delete_rule(&self, call: &Call<'_>, rule: &Arn) -> Answer<()> {
        call.answered(self.client.delete_rule().name(name(rule)).send().await).map(drop)
    }

    /// Source: EventBridge API, PutEvents: the call succeeds even if the bus did not accept the event.
    pub(super) async fn put_events(&self, call: &Call<'_>, bus: &Arn, at: Timestamp, detail: &str) -> Answer<()> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(bus.to_string())
            .time(sdk_time(at))
            .source(DRILL_BUS_SOURCE)
            .detail_type(DRILL_DETAIL_TYPE)
            .detail(detail);
        let answer = call.answered(self.client.put_events().entries(entry.build()).send().await)?;
        let failed = answer.entries().iter().find(|entry| entry.error_code().is_some());
        require_success(call, failed.map(|entry| (entry.error_code(), entry.error_message())))
    }
}

/// An error if the answer to a call on one entry lists that entry as failed.
fn require_success(call: &Call<'_>, failed: Option<(Option<&str>, Option<&str>)>) -> Answer<()> {
    match failed {
        None => Ok(()),
        Some((code, message)) => {
            let message = [code, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
            Err(call.error(ErrorKind::Other, &message))
        }
    }
}

/// The rule's name, which is what the calls take.
fn name(rule: &Arn) -> &str {
    rule.rule_name().unwrap_or(rule)
}

fn rule(rule: &Rule) -> Option<EventRule> {
    Some(EventRule {
        name: rule.name()?.to_owned(),
        arn: rule.arn()?.into(),
        state: match rule.state()?.as_str() {
            "ENABLED" => RuleState::Enabled,
            "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" => RuleState::EnabledWithReads,
            _ => RuleState::Disabled,
        },
        pattern: text(rule.event_pattern()),
        description: rule.description().unwrap_or_default().to_owned(),
        managed_by: text(rule.managed_by()),
        targets: None,
    })
}

fn target(target: &Target) -> RuleTarget {
    let transformer = target.input_transformer().map(|transformer| InputTransformer {
        paths: transformer.input_paths_map().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
        template: transformer.input_template().to_owned(),
    });
    let input = match (transformer, target.input_path(), target.input()) {
        (Some(transformer), _, _) => TargetInput::Transformer(transformer),
        (None, Some(path), _) => TargetInput::Path(path.to_owned()),
        (None, None, Some(constant)) => TargetInput::Constant(constant.to_owned()),
        (None, None, None) => TargetInput::Event,
    };
    RuleTarget {
        id: target.id().to_owned(),
        arn: target.arn().into(),
        role_arn: text(target.role_arn()).map(Arn::from),
        input,
    }
}
