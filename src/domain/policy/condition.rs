//! Whether the conditions of a statement hold for a call that an AWS service makes, where that can be known.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Single-valued vs. multivalued context keys"
//! and "AWS global condition context keys".

use serde_json::Value;

use super::document::values;
use super::evaluation::AccessRequest;

/// Yes, no, or what it depends on that is not known here.
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

    /// One no settles it, whatever else is unknown.
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

    /// One yes settles it, whatever else is unknown.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::not)).not()
    }
}

/// What a request has under a condition key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Held<'a> {
    Known(&'a str),
    Absent,
    /// Either absent or something of AWS's own, such as the account or the address from which the service calls: no
    /// customer's value equals it.
    AwsOwn,
    Unknown,
}

/// Keys that a service principal has nothing for: it is neither in an organization nor an IAM user, and has no tags.
///
/// Source: IAM User Guide, "AWS global condition context keys", the availability of each, and the note that a condition
/// on `aws:PrincipalOrgID` shuts AWS services out.
const NOT_OF_SERVICES: [&str; 3] = ["aws:principalorgid", "aws:principalorgpaths", "aws:username"];

/// Keys that describe the caller itself, or the network it calls from. `aws:PrincipalAccount` and `aws:userid` are in
/// every request; what a service principal has there, and whether it has the others, is not documented.
///
/// Source: as [`NOT_OF_SERVICES`].
const OF_AWS_ITSELF: [&str; 7] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
];

/// Names of keys are the same in any case. What the ask says goes before what is known of every service's call.
fn held<'a>(key: &str, ask: &AccessRequest<'a>) -> Held<'a> {
    if let Some((_, value)) = ask.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
        return Held::Known(value);
    }
    let key = key.to_lowercase();
    if key == "aws:securetransport" {
        return Held::Known("true");
    }
    // A role's session is no service principal.
    let Some(service) = ask.service else { return Held::Unknown };
    match key.as_str() {
        "aws:principalisawsservice" => Held::Known("true"),
        "aws:principalservicename" => Held::Known(service),
        key if NOT_OF_SERVICES.contains(&key) || key.starts_with("aws:principaltag/") => Held::Absent,
        key if OF_AWS_ITSELF.contains(&key) => Held::AwsOwn,
        // Others depend on what is not looked at: `aws:SourceOrgID`, dates, the encryption context of another use.
        _ => Held::Unknown,
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
    /// A number, a date, an address or bytes: not compared here.
    Uncompared,
}

/// Over the values of a key that may have several.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Set {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Null,
    Compare { comparison: Comparison, negated: bool, if_exists: bool, set: Set },
}

impl Operator {
    /// `None` for a name that IAM's guide does not have.
    fn read(name: &str) -> Option<Self> {
        if name == "Null" {
            return Some(Self::Null);
        }
        let (set, name) = match name.split_once(':') {
            None => (Set::None, name),
            Some(("ForAllValues", name)) => (Set::ForAllValues, name),
            Some(("ForAnyValue", name)) => (Set::ForAnyValue, name),
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
            "NumericNotEquals" | "DateNotEquals" | "NotIpAddress" => (Comparison::Uncompared, true),
            "BinaryEquals" | "IpAddress" => (Comparison::Uncompared, false),
            _ => {
                let kind = name.strip_prefix("Numeric").or_else(|| name.strip_prefix("Date"))?;
                ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
                    .contains(&kind)
                    .then_some((Comparison::Uncompared, false))?
            }
        };
        Some(Self::Compare { comparison, negated, if_exists, set })
    }
}

/// Whether all conditions of a statement hold.
pub(super) fn hold(condition: Option<&Value>, ask: &AccessRequest) -> Truth {
    let operators = match condition {
        None | Some(Value::Null) => return Truth::Yes,
        Some(Value::Object(operators)) => operators,
        Some(other) => return Truth::Unknown(format!("the condition {other}")),
    };
    Truth::all(operators.iter().flat_map(|(operator, keys)| {
        let Some(keys) = keys.as_object() else {
            return vec![Truth::Unknown(format!("the condition `{operator}`"))];
        };
        keys.iter().map(|(key, wanted)| holds(operator, key, values(Some(wanted)), ask)).collect()
    }))
}

/// One operator on one key.
fn holds(operator: &str, key: &str, wanted: &[Value], ask: &AccessRequest) -> Truth {
    let unknown = || Truth::Unknown(format!("the condition `{operator}` on `{key}`"));
    let Some(read) = Operator::read(operator) else { return unknown() };
    let wanted: Vec<String> = wanted.iter().map(text).collect();
    let held = held(key, ask);
    match held {
        Held::Unknown => unknown(),
        Held::Known(_) | Held::Absent => answer(read, &wanted, held).map_or_else(unknown, Truth::from),
        // Certain where it makes no difference which of the two it is.
        Held::AwsOwn => match (answer(read, &wanted, Held::Absent), answer(read, &wanted, held)) {
            (Some(absent), Some(own)) if absent == own => absent.into(),
            _ => unknown(),
        },
    }
}

/// `None`: it cannot be told.
///
/// A key that the request does not carry fails its condition, but for one that is negated, that ends in `IfExists`, or
/// that speaks of all its values.
fn answer(operator: Operator, wanted: &[String], held: Held) -> Option<bool> {
    let Operator::Compare { comparison, negated, if_exists, set } = operator else {
        let null = match held {
            Held::Absent => true,
            Held::Known(_) => false,
            Held::AwsOwn | Held::Unknown => return None,
        };
        let known = wanted.iter().all(|w| w == "true" || w == "false");
        return known.then(|| wanted.iter().any(|w| (w == "true") == null));
    };
    if held == Held::Absent {
        return match set {
            Set::ForAllValues => Some(true),
            // What `IfExists` adds to it is not documented.
            Set::ForAnyValue => (!if_exists).then_some(false),
            Set::None => Some(negated || if_exists),
        };
    }
    let mut told = true;
    for wanted in wanted {
        match matches(comparison, wanted, held) {
            Some(true) => return Some(!negated),
            Some(false) => {}
            None => told = false,
        }
    }
    told.then_some(negated)
}

/// Whether the value is as a condition wants it. A policy variable (`${…}`) is not put in.
fn matches(comparison: Comparison, wanted: &str, held: Held) -> Option<bool> {
    if wanted.contains("${") || comparison == Comparison::Uncompared {
        return None;
    }
    let Held::Known(held) = held else {
        // AWS's own may well fit a wildcard; no account, user or network of a customer's is it.
        let wild = matches!(comparison, Comparison::Like | Comparison::Arn) && wanted.contains(['*', '?']);
        return (!wild && comparison != Comparison::Bool).then_some(false);
    };
    match comparison {
        Comparison::Equal { any_case: false } => Some(wanted == held),
        Comparison::Equal { any_case: true } | Comparison::Bool => Some(wanted.eq_ignore_ascii_case(held)),
        Comparison::Like => Some(like(wanted, held)),
        Comparison::Arn => arn_like(wanted, held),
        Comparison::Uncompared => None,
    }
}

/// A value as policies compare it: `true` and "true" are the same.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether the text is of the form, where `*` stands for any number of characters and `?` for one.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Resource", wildcards.
pub(super) fn like(form: &str, text: &str) -> bool {
    let (form, text): (Vec<char>, Vec<char>) = (form.chars().collect(), text.chars().collect());
    let (mut f, mut t) = (0, 0);
    // Where the last `*` stood, and how much of the text it has taken.
    let mut star = None;
    while t < text.len() {
        match form.get(f) {
            Some('*') => {
                star = Some((f, t));
                f += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (f, t) = (f + 1, t + 1),
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (f, t) = (at + 1, taken + 1);
            }
        }
    }
    form[f..].iter().all(|c| *c == '*')
}

/// Each of the six parts of an ARN on its own: no wildcard spans a colon, but for those within the last part. `None` for
/// a form without six parts: how IAM compares it is not documented.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Amazon Resource Name (ARN) condition
/// operators.
fn arn_like(form: &str, arn: &str) -> Option<bool> {
    let form: Vec<&str> = form.splitn(6, ':').collect();
    let arn: Vec<&str> = arn.splitn(6, ':').collect();
    (form.len() == 6).then(|| arn.len() == 6 && form.iter().zip(arn).all(|(form, part)| like(form, part)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CONTEXT: [(&str, &str); 2] =
        [("aws:SourceAccount", "1"), ("aws:SourceArn", "arn:aws:cloudwatch:eu-west-1:1:alarm:a")];

    fn told(condition: &Value) -> Truth {
        let ask = AccessRequest {
            service: Some("cloudwatch.amazonaws.com"),
            action: "sns:Publish",
            resource: None,
            context: &CONTEXT,
        };
        hold(Some(condition), &ask)
    }

    /// `None`: unknown.
    fn known(condition: &Value) -> Option<bool> {
        match told(condition) {
            Truth::Yes => Some(true),
            Truth::No => Some(false),
            Truth::Unknown(_) => None,
        }
    }

    #[test]
    fn a_star_stands_for_anything_and_nothing_and_a_question_mark_for_one_character() {
        for (form, text) in [
            ("*", "x"),
            ("a*", "a"),
            ("a*c", "abc"),
            ("*:b:*", "a:b:c"),
            ("abc", "abc"),
            ("a?c", "abc"),
            ("?*", "é"),
            ("*b?d*", "abababcdd"),
        ] {
            assert!(like(form, text), "{form} {text}");
        }
        for (form, text) in
            [("a", "ab"), ("a*c", "ab"), ("ab*bc", "abc"), ("", "x"), ("a?", "a"), ("a?c", "abbc"), ("?", "")]
        {
            assert!(!like(form, text), "{form} {text}");
        }
    }

    #[test]
    fn a_condition_is_read_as_iam_reads_it() {
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
            (json!({}), true),
        ] {
            assert_eq!(known(&condition), Some(holds), "{condition}");
        }
    }

    #[test]
    fn what_cannot_be_known_is_unknown_and_named() {
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
        ] {
            let Truth::Unknown(said) = told(&condition) else { panic!("{condition}: {:?}", told(&condition)) };
            let operator = condition.as_object().unwrap().keys().next().unwrap();
            assert!(said.contains(operator), "{said}");
        }
    }

    #[test]
    fn one_condition_that_fails_settles_it_whatever_else_is_unknown() {
        let unknown = json!({ "StringEquals": { "aws:SourceOrgID": "o-1", "aws:SourceAccount": "1" } });
        assert_eq!(known(&unknown), None);
        let failed = json!({ "StringEquals": { "aws:SourceOrgID": "o-1", "aws:SourceAccount": "2" } });
        assert_eq!(known(&failed), Some(false));
    }

    #[test]
    fn what_a_service_calls_with_is_never_a_customers_own() {
        for (condition, holds) in [
            (json!({ "StringEquals": { "aws:PrincipalAccount": "1" } }), Some(false)),
            (json!({ "StringNotEquals": { "aws:PrincipalAccount": "1" } }), Some(true)),
            (json!({ "StringNotEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), Some(true)),
            // Absent it holds, present it does not.
            (json!({ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), None),
            (json!({ "Null": { "aws:SourceVpc": "true" } }), None),
            (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/*" } }), None),
        ] {
            assert_eq!(known(&condition), holds, "{condition}");
        }
    }

    #[test]
    fn no_wildcard_spans_the_parts_of_an_arn() {
        let form = "arn:aws:someservice:*:111122223333:finance/*";
        let arn = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
        assert!(like(form, arn), "as a string it matches");
        assert_eq!(arn_like(form, arn), Some(false));
        assert_eq!(arn_like(form, "arn:aws:someservice:us-east-2:111122223333:finance/a:b"), Some(true));
        assert_eq!(arn_like("arn:aws:cloudwatch:eu-west-?:1:alarm:*", CONTEXT[1].1), Some(true));
    }

    #[test]
    fn a_role_session_is_no_service_principal() {
        let ask = AccessRequest { service: None, action: "logs:PutLogEvents", resource: None, context: &[] };
        let condition = json!({ "Bool": { "aws:PrincipalIsAWSService": "true" } });
        assert!(matches!(hold(Some(&condition), &ask), Truth::Unknown(_)));
    }
}
