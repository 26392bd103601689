//! Tests of which path is chosen.

use super::*;
use crate::domain::fixtures::{REGION, identity, sound};
use crate::domain::observed::{Confirmation, GroupDetails, Subscription, Topic, TopicDetails};
use crate::domain::pattern::CIS_PATTERN;
use crate::domain::policy;
use crate::domain::problem::Problem;

/// How to alter a part of an account.
type Alter<T> = fn(&mut T);

fn here() -> AccountRegion {
    identity().in_region(&Region::new(REGION))
}

fn filter(name: &str, metric: &str) -> MetricFilter {
    MetricFilter {
        name: name.into(),
        pattern: CIS_PATTERN.into(),
        metric: Metric::new("Theirs", metric),
        ..MetricFilter::default()
    }
}

fn alarm(name: &str, metric: &str, topics: &[&str]) -> Alarm {
    let mut alarm = sound().alarms.unwrap().remove(0);
    alarm.name = name.into();
    alarm.config.metric = Metric::new("Theirs", metric);
    alarm.config.actions = topics.iter().map(|topic| here().topic_arn(topic)).collect();
    alarm
}

/// A topic with one confirmed subscriber.
fn topic(name: &str) -> TopicDetails {
    let (account, arn) = (sound(), here().topic_arn(name));
    let policy = Some(policy::merge(None, &policy::topic_statements(&here(), &arn)));
    TopicDetails {
        topic: Ok(Some(Topic { arn: arn.clone(), policy, kms_key: None })),
        arn,
        subscriptions: account.subscriptions,
        key: None,
    }
}

/// A trail that delivers to a log group of its own, with these filters.
fn trail(name: &str, filters: Vec<MetricFilter>) -> TrailDetails {
    let account = sound();
    let (mut details, mut group) = (account.trail.unwrap(), account.log_group.unwrap().unwrap());
    details.trail.name = name.into();
    details.trail.arn = here().trail_arn(name);
    details.trail.log_group_arn = Some(here().log_group_arn(name));
    // Not ours, so they aren't judged.
    (details.trail.bucket, details.trail.role_arn) = ("theirs".into(), Some(here().role_arn("theirs")));
    group.name = name.into();
    details.group = Some(GroupDetails { log_group: Ok(Some(group)), filters: Ok(filters) });
    details
}

fn account(trails: Vec<TrailDetails>, alarms: Vec<Alarm>, topics: Vec<TopicDetails>) -> Observed {
    Observed {
        trails: Ok(trails.iter().map(|details| details.trail.clone()).collect()),
        others: trails,
        alarms: Ok(alarms),
        topics,
        ..Observed::nothing()
    }
}

/// An account in which `main`, `root-use`, `root-alarm`, and `alerts` make up a working path.
fn working() -> Observed {
    let filters = vec![filter("root-use", "Root")];
    account(vec![trail("main", filters)], vec![alarm("root-alarm", "Root", &["alerts"])], vec![topic("alerts")])
}

fn choose_for(setup: &SetupOptions, observed: &Observed) -> PathChoice {
    Candidates { identity: &identity(), region: &Region::new(REGION), setup, observed }.choose()
}

fn choose(observed: &Observed) -> PathChoice {
    choose_for(&SetupOptions::default(), observed)
}

/// The names of the chosen trail, filter, alarm, and topic; `-`: none.
fn names(choice: &PathChoice) -> String {
    let or_none = |name: Option<&str>| name.unwrap_or("-").to_owned();
    [
        or_none(choice.trail.as_ref().and_then(|arn| arn.trail_name())),
        or_none(Found::any(choice.path.filter.as_ref()).map(String::as_str)),
        or_none(Found::any(choice.path.alarm.as_ref()).map(String::as_str)),
        or_none(Found::any(choice.path.topic.as_ref()).and_then(|arn| arn.topic_name())),
    ]
    .join(" ")
}

fn filters(observed: &mut Observed, trail: usize) -> &mut Vec<MetricFilter> {
    observed.others[trail].group.as_mut().unwrap().filters.as_mut().unwrap()
}

fn denied() -> Problem {
    Problem::from("denied".to_owned())
}

#[test]
fn a_path_that_works_is_good_and_all_its_parts_are_usable() {
    let choice = choose(&working());
    assert_eq!(names(&choice), "main root-use root-alarm alerts");
    assert!(choice.is_good() && !choice.is_pending());
    let PathChoice { path: FoundPath { filter, alarm, topic }, .. } = choice;
    assert!(filter.unwrap().usable && alarm.unwrap().usable && topic.unwrap().usable);
}

#[test]
fn an_account_without_trails_has_no_path() {
    let choice = choose(&Observed::nothing());
    assert_eq!(names(&choice), "- - - -");
    assert!(!choice.is_good());
}

#[test]
fn of_two_trails_the_one_over_which_a_sign_in_reaches_somebody_is_chosen_in_either_order() {
    let breaks: [Alter<TrailDetails>; 4] = [
        |details| details.status.as_mut().unwrap().logging = false,
        |details| details.trail.multi_region = false,
        |details| details.group.as_mut().unwrap().filters = Ok(Vec::new()),
        |details| details.status = Err(denied()),
    ];
    for (index, break_trail) in breaks.into_iter().enumerate() {
        let mut broken = trail("broken", vec![filter("root-use", "Root")]);
        break_trail(&mut broken);
        let sound = trail("sound", vec![filter("root-use", "Root")]);
        for trails in [vec![broken.clone(), sound.clone()], vec![sound, broken]] {
            let observed = Observed { others: trails, ..working() };
            let choice = choose(&observed);
            assert_eq!(names(&choice), "sound root-use root-alarm alerts", "{index}");
            assert!(choice.is_good(), "{index}");
        }
    }
}

#[test]
fn of_trails_that_do_not_work_the_one_closest_to_working_is_chosen() {
    let mut stopped = trail("stopped", vec![filter("root-use", "Root")]);
    stopped.status.as_mut().unwrap().logging = false;
    let empty = trail("empty", Vec::new());
    for trails in [vec![stopped.clone(), empty.clone()], vec![empty, stopped]] {
        let choice = choose(&Observed { others: trails, ..working() });
        assert_eq!(names(&choice), "stopped root-use root-alarm alerts");
        assert!(!choice.is_good());
    }
}

#[test]
fn among_trails_that_work_equally_well_the_one_that_needs_no_change_comes_first() {
    let mut narrow = trail("narrow", vec![filter("root-use", "Root")]);
    narrow.trail.multi_region = false;
    narrow.trail.home_region = Region::new("us-east-1");
    let complete = trail("complete", vec![filter("root-use", "Root")]);
    let observed = Observed { others: vec![narrow, complete], ..working() };
    assert_eq!(names(&choose(&observed)), "complete root-use root-alarm alerts");
    // Of two that are the same, the first listed.
    let (first, second) = (trail("b", vec![filter("root-use", "Root")]), trail("a", vec![filter("root-use", "Root")]));
    let observed = Observed { others: vec![first, second], ..working() };
    assert_eq!(names(&choose(&observed)), "b root-use root-alarm alerts");
}

#[test]
fn of_two_filters_the_one_whose_alarm_fires_is_chosen() {
    let mut observed = working();
    filters(&mut observed, 0).insert(0, filter("a-dashboard", "Dashboard"));
    assert_eq!(names(&choose(&observed)), "main root-use root-alarm alerts");
    // An alarm on the other metric that waits for two uses is no help.
    let mut slow = alarm("a-alarm", "Dashboard", &["alerts"]);
    slow.config.threshold = 2.0;
    observed.alarms.as_mut().unwrap().insert(0, slow);
    assert_eq!(names(&choose(&observed)), "main root-use root-alarm alerts");
}

#[test]
fn a_filter_for_another_purpose_is_never_chosen() {
    let mut observed = working();
    *filters(&mut observed, 0) =
        vec![MetricFilter { pattern: r#"{ $.eventName = "StopLogging" }"#.into(), ..filter("trail-changes", "Root") }];
    let choice = choose(&observed);
    assert_eq!(names(&choice), "main - - -");
    assert!(!choice.is_good());
}

#[test]
fn of_filters_that_work_the_one_that_reports_the_most_and_satisfies_auditors_is_chosen() {
    let sign_ins = r#"{ $.userIdentity.type = "Root" && $.eventName = "ConsoleLogin" }"#;
    let all_use = r#"{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent") }"#;
    let with = |name: &str, pattern: &str| MetricFilter { pattern: pattern.into(), ..filter(name, "Root") };
    let mut observed = working();
    *filters(&mut observed, 0) = vec![with("a-sign-ins", sign_ins), with("b-all", all_use)];
    assert_eq!(names(&choose(&observed)), "main b-all root-alarm alerts");
    filters(&mut observed, 0).push(with("c-cis", CIS_PATTERN));
    assert_eq!(names(&choose(&observed)), "main c-cis root-alarm alerts");
    // That is no reason to choose one that doesn't work.
    filters(&mut observed, 0)[2].metric = Metric::new("Theirs", "Unwatched");
    assert_eq!(names(&choose(&observed)), "main b-all root-alarm alerts");
}

#[test]
fn of_two_alarms_the_one_that_fires_and_tells_somebody_is_chosen_in_either_order() {
    let breaks: [Alter<Alarm>; 4] = [
        |alarm| alarm.config.threshold = 5.0,
        |alarm| alarm.config.actions.clear(),
        |alarm| alarm.config.actions_enabled = false,
        |alarm| alarm.config.datapoints_to_alarm = 3,
    ];
    for (index, break_alarm) in breaks.into_iter().enumerate() {
        let mut broken = alarm("a-broken", "Root", &["alerts"]);
        break_alarm(&mut broken);
        let sound = alarm("root-alarm", "Root", &["alerts"]);
        for alarms in [vec![broken.clone(), sound.clone()], vec![sound, broken]] {
            let observed = Observed { alarms: Ok(alarms), ..working() };
            assert_eq!(names(&choose(&observed)), "main root-use root-alarm alerts", "{index}");
        }
    }
}

#[test]
fn an_alarm_beyond_the_limit_is_found_if_it_is_the_one_that_works() {
    let mut alarms: Vec<Alarm> =
        (0..MAX_CANDIDATES).map(|n| alarm(&format!("broken-{n}"), "Root", &["alerts"])).collect();
    for alarm in &mut alarms {
        alarm.config.threshold = 5.0;
    }
    alarms.push(alarm("root-alarm", "Root", &["alerts"]));
    let choice = choose(&Observed { alarms: Ok(alarms), ..working() });
    assert_eq!(names(&choice), "main root-use root-alarm alerts");
    assert!(choice.is_good());
}

#[test]
fn of_an_alarms_topics_the_one_with_a_confirmed_person_is_chosen() {
    let breaks: [Alter<TopicDetails>; 5] = [
        |details| details.subscriptions = Ok(Vec::new()),
        |details| details.subscriptions.as_mut().unwrap()[0].state = Confirmation::Pending,
        |details| details.topic.as_mut().unwrap().as_mut().unwrap().kms_key = Some("alias/aws/sns".into()),
        |details| details.topic = Err(denied()),
        |details| details.topic = Ok(None),
    ];
    for (index, break_topic) in breaks.into_iter().enumerate() {
        let mut broken = topic("broken");
        break_topic(&mut broken);
        for order in [["broken", "alerts"], ["alerts", "broken"]] {
            let observed = Observed {
                alarms: Ok(vec![alarm("root-alarm", "Root", &order)]),
                topics: vec![broken.clone(), topic("alerts")],
                ..working()
            };
            let choice = choose(&observed);
            assert_eq!(names(&choice), "main root-use root-alarm alerts", "{index}");
            assert!(choice.is_good() && !choice.is_pending(), "{index}");
        }
    }
}

#[test]
fn a_pending_confirmation_is_better_than_an_unknown_part_and_that_is_better_than_a_broken_one() {
    let with_state = |name: &str, state| {
        let mut details = topic(name);
        let pending = Subscription { state, arn: None, ..details.subscriptions.as_ref().unwrap()[0].clone() };
        details.subscriptions = Ok(vec![pending]);
        details
    };
    let pending = with_state("pending", Confirmation::Pending);
    let unknown = TopicDetails { subscriptions: Err(denied()), ..topic("unknown") };
    let broken = with_state("broken", Confirmation::Deleted);
    let with = |topics: &[&str]| Observed {
        alarms: Ok(vec![alarm("root-alarm", "Root", topics)]),
        topics: vec![pending.clone(), unknown.clone(), broken.clone()],
        ..working()
    };
    let choice = choose(&with(&["broken", "unknown", "pending"]));
    assert_eq!(names(&choice), "main root-use root-alarm pending");
    assert!(choice.is_good() && choice.is_pending());
    let choice = choose(&with(&["broken", "unknown"]));
    assert_eq!(names(&choice), "main root-use root-alarm unknown");
    assert!(!choice.is_good());
}

#[test]
fn what_the_user_named_is_chosen_even_if_another_path_works() {
    let mut observed = working();
    filters(&mut observed, 0).push(filter("second", "Second"));
    observed.alarms.as_mut().unwrap().push(alarm("second-alarm", "Second", &[]));
    observed.others.push(trail("other", Vec::new()));
    let named = |alter: Alter<SetupOptions>| {
        let mut setup = SetupOptions::default();
        alter(&mut setup);
        names(&choose_for(&setup, &observed))
    };
    assert_eq!(named(|setup| setup.filter = Some("second".into())), "main second second-alarm -");
    assert_eq!(named(|setup| setup.alarm = Some("second-alarm".into())), "main second second-alarm -");
    assert_eq!(named(|setup| setup.trail = Some("other".into())), "other - - -");
    assert_eq!(named(|setup| setup.log_group = Some("other".into())), "other - - -");
    assert_eq!(named(|setup| setup.topic = Some("ops".into())), "main root-use root-alarm ops");
}

#[test]
fn our_own_complete_path_is_preferred_to_others_that_work_as_well() {
    let mut observed = sound();
    let mut own = observed.trail.take().unwrap();
    let mut filters = observed.filters.clone().unwrap();
    filters.insert(0, filter("a-theirs", "Root"));
    own.group = Some(GroupDetails { log_group: observed.log_group.clone(), filters: Ok(filters) });
    observed.others = vec![own];
    observed.alarms.as_mut().unwrap().insert(0, alarm("a-alarm", "Root", &["rootbell-alerts"]));
    observed.topics = vec![topic("rootbell-alerts")];
    assert_eq!(names(&choose(&observed)), "rootbell rootbell-root-use rootbell-root-use rootbell-alerts");
}

#[test]
fn other_regions_are_those_of_own_log_groups_and_none_if_the_user_named_something() {
    let delivering_to = |group: &str| {
        let mut trail = trail("main", Vec::new()).trail;
        trail.log_group_arn = Some(group.into());
        trail
    };
    let trails = [
        delivering_to("arn:aws:logs:eu-west-1:123456789012:log-group:here:*"),
        delivering_to("arn:aws:logs:us-east-1:123456789012:log-group:there:*"),
        delivering_to("arn:aws:logs:us-east-1:123456789012:log-group:there-too:*"),
        delivering_to("arn:aws:logs:us-west-2:210987654321:log-group:another-accounts:*"),
    ];
    assert_eq!(other_regions(&trails, &SetupOptions::default(), &here()), [Region::new("us-east-1")]);
    let named = SetupOptions { alarm: Some("root-alarm".into()), ..SetupOptions::default() };
    assert_eq!(other_regions(&trails, &named, &here()), Vec::<Region>::new());
}
