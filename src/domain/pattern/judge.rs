//! What a pattern that is not the auditors' counts, found out by trying it on events.
//!
//! The events are the samples, those of other identities, and those of the samples with one of the fields that the
//! pattern tests changed to a value that occurs in CloudTrail. Where such an event is counted otherwise than by the
//! auditors' pattern, the pattern is at fault, and the tree tells which part of it. Where none is, and the pattern tests
//! nothing but fields whose values are known here, in every combination, it counts the same events. Anything else cannot
//! be judged.
//!
//! Source: CloudTrail User Guide, "CloudTrail userIdentity element" and "CloudTrail record contents for management,
//! data, and network activity events".

use serde_json::{Value, json};

use super::Reading;
use crate::domain::filter_pattern::{Condition, Form, Pattern, Test};
use crate::domain::samples::SAMPLES;

/// The account of the sample events.
pub(super) const ACCOUNT: &str = "123456789012";

/// Source: CloudTrail User Guide, "CloudTrail userIdentity element", `type`, all but `Root`.
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

/// More events than that are not tried.
const MOST_EVENTS: usize = 4096;

const OTHERS: &str = "counts what others than root do";
const NARROWS: &str = "narrows it, so that some uses of root go uncounted";

struct Event {
    title: &'static str,
    json: Value,
}

/// A field that the pattern tests and whose values are varied.
struct Variable {
    selector: String,
    /// The property of the event.
    key: String,
    /// `None`: the event has no such field.
    values: Vec<Option<Value>>,
}

pub(super) fn judge(pattern: &Pattern, cis: &Pattern) -> Reading {
    let account = pattern.tests().into_iter().find_map(|(_, test)| account_named(test));
    let events = events(account.as_deref().unwrap_or(ACCOUNT));
    let variables = variables(pattern);
    let trial = Trial { pattern, cis, events, variables };
    let (mut faults, mut sure) = (trial.faults(), true);
    trial.vary_one(&mut faults, &mut sure);
    if !faults.is_empty() {
        return Reading::Other(faults);
    }
    // Which values a regular expression tells apart cannot be seen from it.
    let known = |selector: &str, test: &Test| {
        let is_regex = matches!(test, Test::Like { form: Form::Regex { .. }, .. });
        [TYPE, ARN, INVOKED_BY].contains(&selector)
            || (!is_regex && trial.variables.iter().any(|v| v.selector == selector))
    };
    if let Some((selector, test)) = pattern.tests().into_iter().find(|(s, test)| !known(&s.to_string(), test)) {
        return Reading::Unjudged(format!("no sample event tells what `{selector} {test}` leaves out"));
    }
    if let Some(account) = account {
        return Reading::Unjudged(format!("it is for account {account} alone"));
    }
    if !sure || !trial.same_in_all_combinations() {
        return Reading::Unjudged("its conditions depend on each other".into());
    }
    Reading::Equivalent
}

/// The account that a test has the number of.
pub(super) fn account_named(test: &Test) -> Option<String> {
    let said = test.to_string();
    said.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == ACCOUNT.len()).map(str::to_owned)
}

/// The samples, then what identities of the other types do, all of them in an account.
fn events(account: &str) -> Vec<Event> {
    let read = |text: &str| serde_json::from_str::<Value>(&text.replace(ACCOUNT, account)).unwrap_or(Value::Null);
    let mut events: Vec<Event> = SAMPLES.iter().map(|s| Event { title: s.title, json: read(s.json) }).collect();
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
        events.push(Event { title: "another identity calls an API", json });
    }
    events
}

/// The fields that the pattern tests, with values that they have in CloudTrail, and those that the pattern names.
fn variables(pattern: &Pattern) -> Vec<Variable> {
    let mut found: Vec<Variable> = Vec::new();
    for (selector, test) in pattern.tests() {
        let selector = selector.to_string();
        let at = found.iter().position(|v| v.selector == selector).or_else(|| {
            let key = selector.strip_prefix("$.")?.to_owned();
            let values = known_values(&key)?;
            found.push(Variable { selector, key, values });
            Some(found.len() - 1)
        });
        let Some(variable) = at.and_then(|at| found.get_mut(at)) else { continue };
        if let Some(named) = named_value(test).map(Some).filter(|named| !variable.values.contains(named)) {
            variable.values.push(named);
        }
    }
    found
}

/// A value that the test is about: with something in the place of its stars.
fn named_value(test: &Test) -> Option<Value> {
    match test {
        Test::Like { form: Form::Text { text, open_start, open_end }, .. } => {
            let some = |open: bool| if open { "x" } else { "" };
            Some(json!(format!("{}{text}{}", some(*open_start), some(*open_end))))
        }
        Test::Equals { word, .. } => Some(json!(word)),
        _ => None,
    }
}

fn known_values(key: &str) -> Option<Vec<Option<Value>>> {
    let always = |values: &[&str]| values.iter().map(|value| Some(json!(value))).collect();
    let at_times = |values: &[&str]| std::iter::once(None).chain(values.iter().map(|v| Some(json!(v)))).collect();
    Some(match key {
        "eventType" => always(&["AwsApiCall", "AwsConsoleAction", "AwsConsoleSignIn", "AwsServiceEvent"]),
        "awsRegion" => always(&["us-east-1", "eu-west-1", "ap-southeast-2"]),
        "eventSource" => always(&["iam.amazonaws.com", "signin.amazonaws.com", "s3.amazonaws.com"]),
        "eventName" => always(&["ConsoleLogin", "CreateAccessKey", "GetAccountSummary", "PasswordUpdated"]),
        "sourceIPAddress" => always(&["203.0.113.7", "2001:db8::1", "AWS Internal"]),
        "userAgent" => always(&["aws-cli/2.31.0", "Mozilla/5.0 (X11; Linux x86_64)", "AWS Internal"]),
        "errorCode" => at_times(&["AccessDenied"]),
        "errorMessage" => at_times(&["Failed authentication"]),
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

/// A pattern and what it is tried on.
struct Trial<'a> {
    pattern: &'a Pattern,
    cis: &'a Pattern,
    events: Vec<Event>,
    variables: Vec<Variable>,
}

impl Trial<'_> {
    /// Root's use that goes uncounted.
    fn misses(&self, event: &Value) -> bool {
        self.cis.fits(event) && !self.pattern.fits(event)
    }

    /// What is counted and is no use of root.
    fn adds(&self, event: &Value) -> bool {
        self.pattern.fits(event) && !self.cis.fits(event)
    }

    /// What the events as they are show to be wrong.
    fn faults(&self) -> Vec<String> {
        let missed: Vec<&Event> = self.events.iter().filter(|event| self.misses(&event.json)).collect();
        let added: Vec<&Event> = self.events.iter().filter(|event| self.adds(&event.json)).collect();
        let is_root = |event: &&&Event| event.json["userIdentity"]["type"] == "Root";
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
                    (INVOKED_BY, "NOT EXISTS", "what services do for root")
                };
                let without =
                    if self.tests(selector) { String::new() } else { format!("without `{selector} {test}` ") };
                faults.push(format!("{without}it also counts {counted}"));
            }
        }
        faults
    }

    /// Where one of the clauses that are to leave services out is enough by itself.
    fn counts_nearly_everything(&self, added: &[&Event]) -> Option<String> {
        let alternatives = self.pattern.alternatives();
        let leaves_services_out = |part: &&Condition| {
            let tests = part.tests();
            tests.iter().all(|(selector, _)| [INVOKED_BY, EVENT_TYPE].contains(&selector.to_string().as_str()))
                && added.iter().any(|event| event.title == "an IAM user signs in" && part.holds(&event.json))
        };
        (alternatives.len() > 1 && alternatives.iter().any(leaves_services_out))
            .then(|| "`||` where `&&` belongs counts nearly every event".to_owned())
    }

    fn explain_missed(&self, missed: &[&Event], faults: &mut Vec<String>) {
        if missed.is_empty() {
            return;
        }
        if let Some(instead) = self.instead_of_root() {
            return faults.push(instead);
        }
        if self.pattern.alternatives().len() > 1 {
            let titles: Vec<&str> = missed.iter().map(|event| event.title).collect();
            return faults.push(format!("it does not count every use of root ({})", titles.join(", ")));
        }
        let narrows = |part: &&Condition| missed.iter().any(|event| !part.holds(&event.json));
        for part in self.pattern.conjuncts().into_iter().filter(narrows) {
            faults.push(format!("`{part}` {NARROWS}"));
        }
    }

    /// Where no test of the type lets root through.
    fn instead_of_root(&self) -> Option<String> {
        let on_type = |part: &&Condition| part.tests().iter().all(|(selector, _)| selector.to_string() == TYPE);
        let tests: Vec<&Condition> = self.pattern.conjuncts().into_iter().filter(on_type).collect();
        let root = json!({ "userIdentity": { "type": "Root" } });
        if tests.is_empty() || tests.iter().any(|part| part.holds(&root)) {
            return None;
        }
        Some(match tests.as_slice() {
            [Condition::Holds(_, Test::Like { form: Form::Text { text, open_start, open_end }, unlike: false })] => {
                let star = |open: &bool| if *open { "*" } else { "" };
                let other = format!("{}{text}{}", star(open_start), star(open_end));
                format!("it counts {other} instead of Root, so root goes unnoticed")
            }
            others => {
                let others: Vec<String> = others.iter().map(ToString::to_string).collect();
                format!("`{}` is not so for Root, so root goes unnoticed", others.join(" && "))
            }
        })
    }

    fn explain_others(&self, other: &Event, faults: &mut Vec<String>) {
        let alternatives = self.pattern.alternatives();
        if alternatives.len() > 1 {
            let counts = |part: &&Condition| part.holds(&other.json);
            faults.extend(alternatives.into_iter().filter(counts).map(|part| format!("`{part}` {OTHERS}")));
        } else if !self.tests(TYPE) && !self.tests(ARN) {
            faults.push("it does not ask for `$.userIdentity.type = \"Root\"`".to_owned());
        } else if self.instead_of_root().is_none() {
            faults.push(format!("it also {OTHERS}"));
        }
    }

    fn tests(&self, selector: &str) -> bool {
        self.pattern.tests().iter().any(|(tested, _)| tested.to_string() == selector)
    }

    /// Changes one field at a time. What that shows is a fault where no other field can have to do with it; otherwise
    /// nothing is sure any more, as the event may be one that does not occur.
    fn vary_one(&self, faults: &mut Vec<String>, sure: &mut bool) {
        for variable in &self.variables {
            for event in &self.events {
                for value in &variable.values {
                    let mut json = event.json.clone();
                    variable.set(&mut json, value.as_ref());
                    let (parts, does, at_fault) = if self.misses(&json) {
                        (self.pattern.conjuncts(), NARROWS, false)
                    } else if self.adds(&json) {
                        (self.pattern.alternatives(), OTHERS, true)
                    } else {
                        continue;
                    };
                    let mut part = parts.into_iter().filter(|part| part.holds(&json) == at_fault);
                    let only = part.next().filter(|_| part.next().is_none());
                    let alone = |part: &&Condition| {
                        part.tests().iter().all(|(selector, _)| selector.to_string() == variable.selector)
                    };
                    match only.filter(alone) {
                        Some(part) => {
                            let fault = format!("`{part}` {does}");
                            if !faults.contains(&fault) {
                                faults.push(fault);
                            }
                        }
                        None => *sure = false,
                    }
                }
            }
        }
    }

    /// Whether every event that can be made of the known values is counted as by the auditors' pattern.
    fn same_in_all_combinations(&self) -> bool {
        let count = self.variables.iter().try_fold(self.events.len(), |all, v| all.checked_mul(v.values.len()));
        if count.is_none_or(|count| count > MOST_EVENTS) {
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
        events.iter().all(|event| self.pattern.fits(event) == self.cis.fits(event))
    }
}
