//! Calls in another Region than the session's.

use serde_json::json;

use super::*;
use crate::cloud::demo::account;
use crate::domain::RetentionDays;
use crate::domain::observed::LogGroup;

const ELSEWHERE: &str = "us-east-1";

fn group(retention_days: u32) -> LogGroup {
    LogGroup { name: GROUP.into(), retention_days: RetentionDays::Days(retention_days), ..LogGroup::default() }
}

fn described(retention_days: u32) -> AwsReply {
    AwsReply::Json(json!({ "logGroups": [{ "logGroupName": GROUP, "retentionInDays": retention_days }] }))
}

/// A log group of the same name in both Regions.
fn in_both(account: &mut Account) {
    for (region, days) in [("eu-west-1", 365), (ELSEWHERE, 30)] {
        let group = account::LogGroup::from(group(days));
        account.region_mut(region).log_groups.insert(GROUP.into(), group);
    }
}

pub(super) fn cases() -> Vec<ContractCase> {
    let elsewhere = |name, call| ContractCase::new(name, call).set_up().in_region(ELSEWHERE);
    let change_elsewhere = |name, change| elsewhere(name, CloudCall::Apply(Box::new(change)));
    vec![
        elsewhere("a log group of another Region", CloudCall::LogGroup(GROUP))
            .demo(in_both)
            .aws("DescribeLogGroups", described(30))
            .returns(&Some(group(30))),
        elsewhere("a log group that only the session's Region has", CloudCall::LogGroup(GROUP))
            .aws("DescribeLogGroups", AwsReply::Json(json!({ "logGroups": [] })))
            .returns(&None::<LogGroup>),
        elsewhere("an alarm that only the session's Region has", CloudCall::Alarm(ALARM))
            .aws("DescribeAlarms", AwsReply::Json(json!({ "MetricAlarms": [] })))
            .returns(&None::<Alarm>),
        change_elsewhere("a log group is created in another Region", change("log_group.create"))
            .aws("CreateLogGroup", AwsReply::Json(json!({}))),
        change_elsewhere("a topic is created in another Region", change("topic.create"))
            .aws("CreateTopic", AwsReply::Xml(format!("<TopicArn>{TOPIC}</TopicArn>"))),
        change_elsewhere("a trail is started outside its home Region", change("trail.start")).fails(
            "StartLogging",
            "InvalidHomeRegionException",
            ErrorKind::Invalid,
        ),
        change_elsewhere("a role is created, whatever the Region", change("role.create"))
            .demo(|account| account.roles.clear())
            .aws("CreateRole", AwsReply::Xml(String::new())),
    ]
}

#[tokio::test]
async fn one_session_answers_for_two_regions() {
    let mut account = Account::default();
    in_both(&mut account);
    let demo = DemoCloud::new(account, ManualClock::at(START.parse().unwrap()).clock());
    let aws = wire(|asked| answer(asked, &described(if asked.region == ELSEWHERE { 30 } else { 365 })));
    for cloud in [&demo as &dyn Cloud, &aws] {
        for (region, days) in [("eu-west-1", 365), (ELSEWHERE, 30), ("eu-west-1", 365)] {
            assert_eq!(cloud.log_group(&Region::new(region), GROUP).await.unwrap(), Some(group(days)), "{region}");
        }
    }
    let asked: Vec<String> = demo.regions_of("DescribeLogGroups").iter().map(Region::to_string).collect();
    assert_eq!(asked, ["eu-west-1", ELSEWHERE, "eu-west-1"]);
}
