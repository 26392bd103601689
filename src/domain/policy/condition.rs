//! Evaluates whether the conditions of a statement hold for a request from an AWS service, as far as that can be known.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Single-valued vs. multivalued context keys"
//! and "AWS global condition context keys".

use super::elements::{Condition, ConditionTest};
use super::request::AccessRequest;

/// Yes, no, or unknown, with what it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Unknown(String),
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Truth {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    /// Whether all parts are true. A single no decides it, even if others are unknown.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for part in parts {
            match part {
                Self::No => return Self::No,
                Self::Unknown(_) if all == Self::Yes => all = part,
                Self::Yes | Self::Unknown(_) => {}
            }
        }
        all
    }

    /// Whether any part is true. A single yes decides it, even if others are unknown.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::not)).not()
    }
}

/// The value that a request has for a condition key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum KeyValue<'a> {
    Known(&'a str),
    Absent,
    /// Either absent or this value.
    AbsentOr(&'a str),
    /// Either absent or AWS's own value, such as the account or the address that the service calls from. No customer's
    /// value equals it.
    AwsOwn,
    /// A list that contains this value, and possibly others.
    Includes(&'a str),
    Unknown,
}

/// Keys that requests from a service principal never have: it is neither in an organization nor an IAM user, has no tags,
/// no session, and no MFA device, and acts with its own credentials.
///
/// Source: IAM User Guide, "AWS global condition context keys", the availability of each, and the note that a condition
/// on `aws:PrincipalOrgID` excludes AWS services.
const ABSENT_FOR_SERVICES: [&str; 13] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:username",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:multifactorauthage",
    "aws:sourceidentity",
    "aws:federatedprovider",
    "aws:assumedroot",
    "aws:ec2instancesourcevpc",
    "aws:ec2instancesourceprivateipv4",
    "aws:chatbotsourcearn",
];

/// Keys that describe the caller or the network it calls from. `aws:PrincipalAccount`, `aws:userid`, and
/// `kms:CallerAccount` are in every request. Their values for a service principal, and whether it has the other keys, are
/// not documented.
///
/// Source: as [`ABSENT_FOR_SERVICES`]; KMS Developer Guide, "AWS KMS condition keys", `kms:CallerAccount`.
const AWS_OWN_VALUE: [&str; 12] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "kms:calleraccount",
];

/// The request's value for a key. Names of keys are case-insensitive. The request's context takes precedence over what
/// is known about every service's requests.
fn key_value<'a>(key: &str, request: &AccessRequest<'a>) -> KeyValue<'a> {
    let given = |key: &str| request.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
    if let Some((_, value)) = given(key) {
        return KeyValue::Known(value);
    }
    let key = key.to_lowercase();
    match key.as_str() {
        "aws:securetransport" => return KeyValue::Known("true"),
        // The account of the resource, which the ARNs of buckets don't contain.
        "aws:resourceaccount" => {
            let account = request.resource.and_then(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
            return account.map_or(KeyValue::Unknown, KeyValue::Known);
        }
        _ => {}
    }
    // A role session is not a service principal.
    let Some(service) = request.service else { return KeyValue::Unknown };
    match key.as_str() {
        "aws:principalisawsservice" => KeyValue::Known("true"),
        "aws:principalservicename" => KeyValue::Known(service),
        "aws:principalservicenameslist" => KeyValue::Includes(service),
        // It is true where a service uses the credentials of an IAM principal. What it is where one service calls another
        // through a third, AWS does not document.
        "aws:viaawsservice" if given("kms:ViaService").is_none() => KeyValue::Known("false"),
        "aws:multifactorauthpresent" => KeyValue::AbsentOr("false"),
        key if ABSENT_FOR_SERVICES.contains(&key) || key.starts_with("aws:principaltag/") => KeyValue::Absent,
        key if AWS_OWN_VALUE.contains(&key) => KeyValue::AwsOwn,
        // Others depend on what rootbell does not read: `aws:SourceOrgID`, tags, dates, another encryption context.
        _ => KeyValue::Unknown,
    }
}

/// What a condition operator compares, without its set prefix and `IfExists`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal {
        any_case: bool,
    },
    Like,
    Arn,
    Bool,
    /// A number, a date, an address, or bytes: not implemented.
    Unsupported,
}

/// The set operator for a multivalued key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SetOperator {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Null,
    Compare { comparison: Comparison, negated: bool, if_exists: bool, set: SetOperator },
}

impl Operator {
    /// `None` for a name that is not in the IAM User Guide.
    fn parse(name: &str) -> Option<Self> {
        if name == "Null" {
            return Some(Self::Null);
        }
        let (set, name) = match name.split_once(':') {
            None => (SetOperator::None, name),
            Some(("ForAllValues", name)) => (SetOperator::ForAllValues, name),
            Some(("ForAnyValue", name)) => (SetOperator::ForAnyValue, name),
            Some(_) => return None,
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (comparison, negated) = match name {
            "StringEquals" => (Comparison::Equal { any_case: false }, false),
            "StringNotEquals" => (Comparison::Equal { any_case: false }, true),
            "StringEqualsIgnoreCase" => (Comparison::Equal { any_case: true }, false),
            "StringNotEqualsIgnoreCase" => (Comparison::Equal { any_case: true }, true),
            "StringLike" => (Comparison::Like, false),
            "StringNotLike" => (Comparison::Like, true),
            "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
            "Bool" => (Comparison::Bool, false),
            "NumericNotEquals" | "DateNotEquals" | "NotIpAddress" => (Comparison::Unsupported, true),
            "BinaryEquals" | "IpAddress" => (Comparison::Unsupported, false),
            _ => {
                let kind = name.strip_prefix("Numeric").or_else(|| name.strip_prefix("Date"))?;
                ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
                    .contains(&kind)
                    .then_some((Comparison::Unsupported, false))?
            }
        };
        Some(Self::Compare { comparison, negated, if_exists, set })
    }
}

/// Whether all conditions of a statement hold.
pub(super) fn hold(condition: &Condition, request: &AccessRequest) -> Truth {
    Truth::all(condition.0.iter().map(|test| match test {
        ConditionTest::Compare { operator, key, values } => holds(operator, key, values, request),
        ConditionTest::Unreadable(what) => Truth::Unknown(what.clone()),
    }))
}

/// One operator on one key.
fn holds(operator: &str, key: &str, wanted: &[String], request: &AccessRequest) -> Truth {
    let unknown = || Truth::Unknown(format!("the condition `{operator}` on `{key}`"));
    let Some(parsed) = Operator::parse(operator) else { return unknown() };
    let value = key_value(key, request);
    match value {
        KeyValue::Unknown => unknown(),
        KeyValue::Known(_) | KeyValue::Absent | KeyValue::Includes(_) => {
            compare(parsed, wanted, value).map_or_else(unknown, Truth::from)
        }
        // Certain if both possible values give the same result.
        KeyValue::AwsOwn | KeyValue::AbsentOr(_) => {
            let present = if let KeyValue::AbsentOr(text) = value { KeyValue::Known(text) } else { value };
            match (compare(parsed, wanted, KeyValue::Absent), compare(parsed, wanted, present)) {
                (Some(absent), Some(present)) if absent == present => absent.into(),
                _ => unknown(),
            }
        }
    }
}

/// Whether the value satisfies the operator; `None`: unknown.
///
/// An absent key fails the condition, unless the operator is negated, ends in `IfExists`, or starts with `ForAllValues`.
fn compare(operator: Operator, wanted: &[String], value: KeyValue) -> Option<bool> {
    let Operator::Compare { comparison, negated, if_exists, set } = operator else {
        let is_absent = match value {
            KeyValue::Absent => true,
            KeyValue::Known(_) | KeyValue::Includes(_) => false,
            KeyValue::AwsOwn | KeyValue::AbsentOr(_) | KeyValue::Unknown => return None,
        };
        let is_valid = wanted.iter().all(|w| w == "true" || w == "false");
        return is_valid.then(|| wanted.iter().any(|w| (w == "true") == is_absent));
    };
    if value == KeyValue::Absent {
        return match set {
            SetOperator::ForAllValues => Some(true),
            // AWS does not document what `IfExists` changes here.
            SetOperator::ForAnyValue => (!if_exists).then_some(false),
            SetOperator::None => Some(negated || if_exists),
        };
    }
    if let KeyValue::Includes(member) = value {
        let member = compare(operator, wanted, KeyValue::Known(member))?;
        // One member decides for any value if it satisfies the operator, and for all values if it doesn't.
        return match set {
            SetOperator::ForAnyValue => member.then_some(true),
            SetOperator::ForAllValues => (!member).then_some(false),
            SetOperator::None => None,
        };
    }
    let mut certain = true;
    for wanted in wanted {
        match matches(comparison, wanted, value) {
            Some(true) => return Some(!negated),
            Some(false) => {}
            None => certain = false,
        }
    }
    certain.then_some(negated)
}

/// Whether the value matches one wanted value; `None`: unknown. Policy variables (`${…}`) are not substituted.
fn matches(comparison: Comparison, wanted: &str, value: KeyValue) -> Option<bool> {
    if wanted.contains("${") || comparison == Comparison::Unsupported {
        return None;
    }
    let KeyValue::Known(value) = value else {
        // AWS's own value may match a wildcard, but never a customer's account, user, or network.
        let has_wildcard = matches!(comparison, Comparison::Like | Comparison::Arn) && wanted.contains(['*', '?']);
        return (!has_wildcard && comparison != Comparison::Bool).then_some(false);
    };
    match comparison {
        Comparison::Equal { any_case: false } => Some(wanted == value),
        Comparison::Equal { any_case: true } | Comparison::Bool => Some(wanted.eq_ignore_ascii_case(value)),
        Comparison::Like => Some(like(wanted, value)),
        Comparison::Arn => arn_like(wanted, value),
        Comparison::Unsupported => None,
    }
}

/// Whether the text matches the pattern, in which `*` matches any number of characters and `?` exactly one.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Resource", wildcards.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The position of the last `*`, and where in the text its match ends.
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, end)) = star else { return false };
                star = Some((at, end + 1));
                (p, t) = (at + 1, end + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Matches each of the six parts of an ARN separately: no wildcard matches across parts. `None` if the pattern does not
/// have six parts: how IAM compares it is not documented.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Amazon Resource Name (ARN) condition
/// operators.
fn arn_like(pattern: &str, arn: &str) -> Option<bool> {
    let pattern: Vec<&str> = pattern.splitn(6, ':').collect();
    let arn: Vec<&str> = arn.splitn(6, ':').collect();
    (pattern.len() == 6).then(|| arn.len() == 6 && pattern.iter().zip(arn).all(|(pattern, part)| like(pattern, part)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SERVICE: &str = "cloudwatch.amazonaws.com";
    const CONTEXT: [(&str, &str); 2] =
        [("aws:SourceAccount", "1"), ("aws:SourceArn", "arn:aws:cloudwatch:eu-west-1:1:alarm:a")];

    fn evaluate(condition: &Value) -> Truth {
        let request =
            AccessRequest { service: Some(SERVICE), action: "sns:Publish", resource: None, context: &CONTEXT };
        hold(&condition.clone().into(), &request)
    }

    /// `None`: unknown.
    fn known(condition: &Value) -> Option<bool> {
        match evaluate(condition) {
            Truth::Yes => Some(true),
            Truth::No => Some(false),
            Truth::Unknown(_) => None,
        }
    }

    #[test]
    fn a_star_matches_any_text_and_a_question_mark_one_character() {
        for (pattern, text) in [
            ("*", "x"),
            ("a*", "a"),
            ("a*c", "abc"),
            ("*:b:*", "a:b:c"),
            ("abc", "abc"),
            ("a?c", "abc"),
            ("?*", "é"),
            ("*b?d*", "abababcdd"),
        ] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a", "ab"), ("a*c", "ab"), ("ab*bc", "abc"), ("", "x"), ("a?", "a"), ("a?c", "abbc"), ("?", "")]
        {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn conditions_are_evaluated_as_iam_does() {
        for (condition, holds) in [
            (json!({ "StringEquals": { "AWS:SourceAccount": "1" } }), true),
            (json!({ "StringEquals": { "aws:SourceAccount": ["2", "1"] } }), true),
            (json!({ "StringNotEquals": { "aws:SourceAccount": "1" } }), false),
            (json!({ "StringNotEquals": { "aws:SourceAccount": ["2", "3"] } }), true),
            (json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }), true),
            (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), false),
            (json!({ "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } }), true),
            (json!({ "StringEqualsIfExists": { "aws:SourceAccount": "2" } }), false),
            (json!({ "ArnNotLike": { "aws:SourceArn": "arn:aws:cloudwatch:*:1:alarm:*" } }), false),
            (json!({ "ForAnyValue:ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:*:1:alarm:*" } }), true),
            (json!({ "Null": { "aws:SourceAccount": "false" } }), true),
            (json!({ "Null": { "aws:SourceAccount": true } }), false),
            (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
            (json!({ "Bool": { "aws:SecureTransport": true } }), true),
            (json!({ "StringEqualsIgnoreCase": { "aws:PrincipalServiceName": "CloudWatch.amazonaws.com" } }), true),
            (json!({ "StringNotEqualsIgnoreCase": { "aws:PrincipalServiceName": "CloudWatch.amazonaws.com" } }), false),
            (json!({ "StringEquals": { "aws:PrincipalServiceName": "CloudWatch.amazonaws.com" } }), false),
            (json!({ "StringLike": { "aws:SourceAccount": "?" } }), true),
            (json!({ "StringLike": { "aws:SourceAccount": "??" } }), false),
            (json!({ "StringNotLike": { "aws:SourceAccount": "?" } }), false),
            (json!({ "ForAllValues:StringEquals": { "aws:PrincipalOrgPaths": "o-1/*" } }), true),
            (json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-1/*" } }), false),
            (json!({ "ForAnyValue:StringNotLike": { "aws:PrincipalOrgPaths": "o-1/*" } }), false),
            (json!({ "StringEquals": { "aws:PrincipalTag/team": "x" } }), false),
            (json!({ "NumericLessThan": { "aws:PrincipalTag/level": "3" } }), false),
            (json!({ "NumericNotEquals": { "aws:PrincipalTag/level": "3" } }), true),
            (json!({ "ForAnyValue:StringEquals": { "aws:PrincipalServiceNamesList": SERVICE } }), true),
            (json!({ "ForAllValues:StringNotEquals": { "aws:PrincipalServiceNamesList": SERVICE } }), false),
            (json!({ "ForAnyValue:StringNotEquals": { "aws:PrincipalServiceNamesList": "x.amazonaws.com" } }), true),
            (json!({ "Null": { "aws:PrincipalServiceNamesList": "false" } }), true),
            (json!({ "Bool": { "aws:ViaAWSService": "false" } }), true),
            (json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": "athena.amazonaws.com" } }), false),
            (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), false),
            (json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } }), true),
            (json!({ "Null": { "aws:MultiFactorAuthAge": "true" } }), true),
            (json!({ "StringEquals": { "kms:CallerAccount": "1" } }), false),
            (json!({}), true),
        ] {
            assert_eq!(known(&condition), Some(holds), "{condition}");
        }
    }

    #[test]
    fn an_undecidable_condition_is_unknown_and_named() {
        for condition in [
            json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } }),
            json!({ "Null": { "aws:SourceOrgID": "true" } }),
            json!({ "DateGreaterThan": { "aws:CurrentTime": "2026-01-01T00:00:00Z" } }),
            json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
            json!({ "NumericEquals": { "aws:SourceAccount": "1" } }),
            json!({ "StringEquals": { "aws:SourceAccount": "${aws:PrincipalAccount}" } }),
            json!({ "StringSounds": { "aws:SourceAccount": "1" } }),
            json!({ "ForSomeValues:StringEquals": { "aws:SourceAccount": "1" } }),
            json!({ "NullIfExists": { "aws:SourceAccount": "true" } }),
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:*" } }),
            json!({ "ForAnyValue:StringEquals": { "aws:PrincipalServiceNamesList": "x.amazonaws.com" } }),
            json!({ "StringEquals": { "aws:PrincipalServiceNamesList": SERVICE } }),
            json!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } }),
            json!({ "StringEquals": { "aws:ResourceTag/x": "1" } }),
        ] {
            let Truth::Unknown(reason) = evaluate(&condition) else {
                panic!("{condition}: {:?}", evaluate(&condition))
            };
            let operator = condition.as_object().unwrap().keys().next().unwrap();
            assert!(reason.contains(operator), "{reason}");
        }
    }

    #[test]
    fn one_failed_condition_decides_even_if_others_are_unknown() {
        let unknown = json!({ "StringEquals": { "aws:SourceOrgID": "o-1", "aws:SourceAccount": "1" } });
        assert_eq!(known(&unknown), None);
        let failed = json!({ "StringEquals": { "aws:SourceOrgID": "o-1", "aws:SourceAccount": "2" } });
        assert_eq!(known(&failed), Some(false));
    }

    #[test]
    fn a_services_own_values_never_equal_a_customers() {
        for (condition, holds) in [
            (json!({ "StringEquals": { "aws:PrincipalAccount": "1" } }), Some(false)),
            (json!({ "StringNotEquals": { "aws:PrincipalAccount": "1" } }), Some(true)),
            (json!({ "StringNotEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), Some(true)),
            // It holds if the key is absent, and fails if it is present.
            (json!({ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), None),
            (json!({ "Null": { "aws:SourceVpc": "true" } }), None),
            (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/*" } }), None),
        ] {
            assert_eq!(known(&condition), holds, "{condition}");
        }
    }

    #[test]
    fn wildcards_do_not_match_across_the_parts_of_an_arn() {
        let pattern = "arn:aws:someservice:*:111122223333:finance/*";
        let arn = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
        assert!(like(pattern, arn), "as a string it matches");
        assert_eq!(arn_like(pattern, arn), Some(false));
        assert_eq!(arn_like(pattern, "arn:aws:someservice:us-east-2:111122223333:finance/a:b"), Some(true));
        assert_eq!(arn_like("arn:aws:cloudwatch:eu-west-?:1:alarm:*", CONTEXT[1].1), Some(true));
    }

    #[test]
    fn the_resources_account_is_the_one_in_its_arn() {
        let condition: Condition = json!({ "StringEquals": { "aws:ResourceAccount": "1" } }).into();
        for (resource, holds) in [("arn:aws:sns:eu-west-1:1:t", Truth::Yes), ("arn:aws:sns:eu-west-1:2:t", Truth::No)] {
            let request =
                AccessRequest { service: Some(SERVICE), action: "sns:Publish", resource: Some(resource), context: &[] };
            assert_eq!(hold(&condition, &request), holds, "{resource}");
        }
        let (action, resource) = ("s3:PutObject", Some("arn:aws:s3:::b/k"));
        let request = AccessRequest { service: Some(SERVICE), action, resource, context: &[] };
        assert!(matches!(hold(&condition, &request), Truth::Unknown(_)), "a bucket's ARN has no account");
    }

    #[test]
    fn a_role_session_is_not_a_service_principal() {
        let request = AccessRequest { service: None, action: "logs:PutLogEvents", resource: None, context: &[] };
        let condition = json!({ "Bool": { "aws:PrincipalIsAWSService": "true" } });
        assert!(matches!(hold(&condition.into(), &request), Truth::Unknown(_)));
    }
}
