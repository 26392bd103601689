//! Assesses a pattern that is not the CIS pattern, by trying both on events.
//!
//! The events are the samples, events of other identities, and variants of these in which one of the fields that the
//! pattern tests has another value that occurs in CloudTrail. If the two patterns disagree on an event, the pattern is
//! wrong, and its tree shows which part. If they agree on all events, including all combinations of values, and the
//! pattern tests only fields whose values are known here, it is equivalent. Otherwise it cannot be judged.
//!
//! Source: CloudTrail User Guide, "CloudTrail userIdentity element" and "CloudTrail record contents for management,
//! data, and network activity events".

use serde_json::{Value, json};

use super::reading::Reading;
use crate::domain::filter_pattern::{Condition, FieldTest, Matcher, Pattern};
use crate::domain::samples::SAMPLES;

pub(super) use crate::domain::samples::ACCOUNT;

/// Source: CloudTrail User Guide, "CloudTrail userIdentity element", `type`, all values except `Root`.
pub(super) const OTHER_TYPES: [&str; 11] = [
    "IAMUser",
    "AssumedRole",
    "Role",
    "FederatedUser",
    "Directory",
    "AWSAccount",
    "AWSService",
    "IdentityCenterUser",
    "SAMLUser",
    "WebIdentityUser",
    "Unknown",
];

const TYPE: &str = "$.userIdentity.type";
const ARN: &str = "$.userIdentity.arn";
const INVOKED_BY: &str = "$.userIdentity.invokedBy";
const EVENT_TYPE: &str = "$.eventType";

/// The maximum number of events to try.
const MAX_EVENTS: usize = 4096;

const OTHERS: &str = "counts events of identities other than root";
/// How a fault ends that says what excludes some root use.
pub(super) const NARROWS: &str = "excludes some root use";

struct SampleEvent {
    title: &'static str,
    json: Value,
}

/// A field that the pattern tests, and the values to try.
struct Variable {
    selector: String,
    /// The event's property.
    key: String,
    /// `None`: the event does not have the field.
    values: Vec<Option<Value>>,
}

pub(super) fn judge(pattern: &Pattern, cis: &Pattern) -> Reading {
    let account = pattern.tests().into_iter().find_map(|(_, test)| account_named(test));
    let events = events(account.as_deref().unwrap_or(ACCOUNT));
    let variables = variables(pattern);
    let comparison = PatternComparison { pattern, cis, events, variables };
    let (mut faults, mut is_conclusive) = (comparison.faults(), true);
    comparison.vary_one_field(&mut faults, &mut is_conclusive);
    if !faults.is_empty() {
        return Reading::Other(faults);
    }
    // The values to try cannot be derived from a regular expression.
    let has_known_values = |selector: &str, test: &FieldTest| {
        let is_regex = matches!(test, FieldTest::Like { matcher: Matcher::Regex { .. }, .. });
        [TYPE, ARN, INVOKED_BY].contains(&selector)
            || (!is_regex && comparison.variables.iter().any(|v| v.selector == selector))
    };
    if let Some((selector, test)) =
        pattern.tests().into_iter().find(|(s, test)| !has_known_values(&s.to_string(), test))
    {
        return Reading::Unjudged(format!("no sample event shows what `{selector} {test}` excludes"));
    }
    if let Some(account) = account {
        return Reading::Unjudged(format!("it only counts events of account {account}"));
    }
    if !is_conclusive || !comparison.same_in_all_combinations() {
        return Reading::Unjudged("its conditions depend on each other".into());
    }
    Reading::Equivalent
}

/// The account ID that appears in a test.
pub(super) fn account_named(test: &FieldTest) -> Option<String> {
    test.to_string()
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| digits.len() == ACCOUNT.len())
        .map(str::to_owned)
}

/// The samples, then events of the other identity types, all in the given account.
fn events(account: &str) -> Vec<SampleEvent> {
    let read = |text: &str| serde_json::from_str::<Value>(&text.replace(ACCOUNT, account)).unwrap_or(Value::Null);
    let mut events: Vec<SampleEvent> =
        SAMPLES.iter().map(|s| SampleEvent { title: s.title, json: read(s.json) }).collect();
    let call = events.iter().find(|event| event.title == "root calls an API").map(|event| event.json.clone());
    for other in OTHER_TYPES {
        let mut json = call.clone().unwrap_or_default();
        json["userIdentity"] = match other {
            "IAMUser" => json!({ "type": other, "arn": format!("arn:aws:iam::{account}:user/alice") }),
            "AssumedRole" => json!({ "type": other, "arn": format!("arn:aws:sts::{account}:assumed-role/r/s") }),
            "FederatedUser" => json!({ "type": other, "arn": format!("arn:aws:sts::{account}:federated-user/bob") }),
            "AWSService" => json!({ "type": other, "invokedBy": "autoscaling.amazonaws.com" }),
            _ => json!({ "type": other }),
        };
        events.push(SampleEvent { title: "another identity calls an API", json });
    }
    events
}

/// The fields that the pattern tests, with values that occur in CloudTrail and those that appear in the pattern.
fn variables(pattern: &Pattern) -> Vec<Variable> {
    let mut found: Vec<Variable> = Vec::new();
    for (selector, test) in pattern.tests() {
        let selector = selector.to_string();
        let index = found.iter().position(|v| v.selector == selector).or_else(|| {
            let key = selector.strip_prefix("$.")?.to_owned();
            let values = known_values(&key)?;
            found.push(Variable { selector, key, values });
            Some(found.len() - 1)
        });
        let Some(variable) = index.and_then(|index| found.get_mut(index)) else { continue };
        if let Some(value) = example_value(test).map(Some).filter(|value| !variable.values.contains(value)) {
            variable.values.push(value);
        }
    }
    found
}

/// A value that matches the test's text; wildcards are replaced with some text.
fn example_value(test: &FieldTest) -> Option<Value> {
    match test {
        FieldTest::Like { matcher: Matcher::Text { text, open_start, open_end }, .. } => {
            let filler = |open: bool| if open { "x" } else { "" };
            Some(json!(format!("{}{text}{}", filler(*open_start), filler(*open_end))))
        }
        FieldTest::Equals { word, .. } => Some(json!(word)),
        _ => None,
    }
}

fn known_values(key: &str) -> Option<Vec<Option<Value>>> {
    let required = |values: &[&str]| values.iter().map(|value| Some(json!(value))).collect();
    let optional = |values: &[&str]| std::iter::once(None).chain(values.iter().map(|v| Some(json!(v)))).collect();
    Some(match key {
        "eventType" => required(&["AwsApiCall", "AwsConsoleAction", "AwsConsoleSignIn", "AwsServiceEvent"]),
        "awsRegion" => required(&["us-east-1", "eu-west-1", "ap-southeast-2"]),
        "eventSource" => required(&["iam.amazonaws.com", "signin.amazonaws.com", "s3.amazonaws.com"]),
        "eventName" => required(&["ConsoleLogin", "CreateAccessKey", "GetAccountSummary", "PasswordUpdated"]),
        "sourceIPAddress" => required(&["203.0.113.7", "2001:db8::1", "AWS Internal"]),
        "userAgent" => required(&["aws-cli/2.31.0", "Mozilla/5.0 (X11; Linux x86_64)", "AWS Internal"]),
        "errorCode" => optional(&["AccessDenied"]),
        "errorMessage" => optional(&["Failed authentication"]),
        "readOnly" => vec![Some(json!(true)), Some(json!(false))],
        _ => return None,
    })
}

impl Variable {
    fn set(&self, event: &mut Value, value: Option<&Value>) {
        match (value, event.as_object_mut()) {
            (Some(value), Some(fields)) => {
                fields.insert(self.key.clone(), value.clone());
            }
            (None, Some(fields)) => {
                fields.remove(&self.key);
            }
            _ => {}
        }
    }
}

/// Compares a pattern with the CIS pattern on a set of events.
struct PatternComparison<'a> {
    pattern: &'a Pattern,
    cis: &'a Pattern,
    events: Vec<SampleEvent>,
    variables: Vec<Variable>,
}

impl PatternComparison<'_> {
    /// Whether the pattern misses this root use.
    fn misses(&self, event: &Value) -> bool {
        self.cis.matches_value(event) && !self.pattern.matches_value(event)
    }

    /// Whether the pattern counts this event although it is not root use.
    fn adds(&self, event: &Value) -> bool {
        self.pattern.matches_value(event) && !self.cis.matches_value(event)
    }

    /// The faults that the unmodified events show.
    fn faults(&self) -> Vec<String> {
        let missed: Vec<&SampleEvent> = self.events.iter().filter(|event| self.misses(&event.json)).collect();
        let added: Vec<&SampleEvent> = self.events.iter().filter(|event| self.adds(&event.json)).collect();
        let is_root = |event: &&&SampleEvent| event.json["userIdentity"]["type"] == "Root";
        let mut faults = self.counts_nearly_everything(&added).map_or_else(Vec::new, |fault| vec![fault]);
        if faults.is_empty() {
            self.explain_missed(&missed, &mut faults);
            if let Some(other) = added.iter().find(|event| !is_root(event)) {
                self.explain_others(other, &mut faults);
            }
            for event in added.iter().filter(is_root) {
                let (selector, test, counted) = if event.json["userIdentity"]["invokedBy"].is_null() {
                    (EVENT_TYPE, "!= \"AwsServiceEvent\"", "service events")
                } else {
                    (INVOKED_BY, "NOT EXISTS", "what services do on root's behalf")
                };
                let without =
                    if self.tests(selector) { String::new() } else { format!("without `{selector} {test}` ") };
                faults.push(format!("{without}it also counts {counted}"));
            }
        }
        faults
    }

    /// Whether one of the tests that should exclude services is an alternative on its own.
    fn counts_nearly_everything(&self, added: &[&SampleEvent]) -> Option<String> {
        let alternatives = self.pattern.alternatives();
        let is_service_test = |part: &&Condition| {
            let tests = part.tests();
            tests.iter().all(|(selector, _)| [INVOKED_BY, EVENT_TYPE].contains(&selector.to_string().as_str()))
                && added.iter().any(|event| event.title == "an IAM user signs in" && part.holds(&event.json))
        };
        (alternatives.len() > 1 && alternatives.iter().any(is_service_test))
            .then(|| "`||` instead of `&&` makes it count nearly every event".to_owned())
    }

    fn explain_missed(&self, missed: &[&SampleEvent], faults: &mut Vec<String>) {
        if missed.is_empty() {
            return;
        }
        if let Some(fault) = self.fault_if_root_is_excluded() {
            return faults.push(fault);
        }
        if self.pattern.alternatives().len() > 1 {
            let titles: Vec<&str> = missed.iter().map(|event| event.title).collect();
            return faults.push(format!("it does not count all root use ({})", titles.join(", ")));
        }
        let excludes_root_use = |part: &&Condition| missed.iter().any(|event| !part.holds(&event.json));
        for part in self.pattern.conjuncts().into_iter().filter(excludes_root_use) {
            faults.push(format!("`{part}` {NARROWS}"));
        }
    }

    /// The fault if the tests of the identity type exclude root.
    fn fault_if_root_is_excluded(&self) -> Option<String> {
        let tests_only_type = |part: &&Condition| part.tests().iter().all(|(selector, _)| selector.to_string() == TYPE);
        let tests: Vec<&Condition> = self.pattern.conjuncts().into_iter().filter(tests_only_type).collect();
        let root = json!({ "userIdentity": { "type": "Root" } });
        if tests.is_empty() || tests.iter().any(|part| part.holds(&root)) {
            return None;
        }
        Some(match tests.as_slice() {
            [
                Condition::Holds(
                    _,
                    FieldTest::Like { matcher: Matcher::Text { text, open_start, open_end }, negated: false },
                ),
            ] => {
                let star = |open: &bool| if *open { "*" } else { "" };
                let other = format!("{}{text}{}", star(open_start), star(open_end));
                format!("it counts {other} instead of Root, so it misses all root use")
            }
            others => {
                let others: Vec<String> = others.iter().map(ToString::to_string).collect();
                format!("`{}` excludes Root, so it misses all root use", others.join(" && "))
            }
        })
    }

    fn explain_others(&self, other: &SampleEvent, faults: &mut Vec<String>) {
        let alternatives = self.pattern.alternatives();
        if alternatives.len() > 1 {
            let matches_other = |part: &&Condition| part.holds(&other.json);
            faults.extend(alternatives.into_iter().filter(matches_other).map(|part| format!("`{part}` {OTHERS}")));
        } else if !self.tests(TYPE) && !self.tests(ARN) {
            faults.push("it does not test for `$.userIdentity.type = \"Root\"`".to_owned());
        } else if self.fault_if_root_is_excluded().is_none() {
            faults.push(format!("it also {OTHERS}"));
        }
    }

    fn tests(&self, selector: &str) -> bool {
        self.pattern.tests().iter().any(|(tested, _)| tested.to_string() == selector)
    }

    /// Changes one field at a time. A disagreement is a fault if only this field can be the cause; otherwise the result
    /// is inconclusive, because such an event may never occur.
    fn vary_one_field(&self, faults: &mut Vec<String>, is_conclusive: &mut bool) {
        for variable in &self.variables {
            for event in &self.events {
                for value in &variable.values {
                    let mut json = event.json.clone();
                    variable.set(&mut json, value.as_ref());
                    let (parts, effect, faulty_result) = if self.misses(&json) {
                        (self.pattern.conjuncts(), NARROWS, false)
                    } else if self.adds(&json) {
                        (self.pattern.alternatives(), OTHERS, true)
                    } else {
                        continue;
                    };
                    let mut part = parts.into_iter().filter(|part| part.holds(&json) == faulty_result);
                    let only = part.next().filter(|_| part.next().is_none());
                    let tests_only_this_field = |part: &&Condition| {
                        part.tests().iter().all(|(selector, _)| selector.to_string() == variable.selector)
                    };
                    match only.filter(tests_only_this_field) {
                        Some(part) => {
                            let fault = format!("`{part}` {effect}");
                            if !faults.contains(&fault) {
                                faults.push(fault);
                            }
                        }
                        None => *is_conclusive = false,
                    }
                }
            }
        }
    }

    /// Whether both patterns agree on every combination of known values.
    fn same_in_all_combinations(&self) -> bool {
        let count = self.variables.iter().try_fold(self.events.len(), |all, v| all.checked_mul(v.values.len()));
        if count.is_none_or(|count| count > MAX_EVENTS) {
            return false;
        }
        let mut events: Vec<Value> = self.events.iter().map(|event| event.json.clone()).collect();
        for variable in &self.variables {
            let with_each = |event: Value| {
                variable.values.iter().map(move |value| {
                    let mut event = event.clone();
                    variable.set(&mut event, value.as_ref());
                    event
                })
            };
            events = events.into_iter().flat_map(with_each).collect();
        }
        events.iter().all(|event| self.pattern.matches_value(event) == self.cis.matches_value(event))
    }
}
