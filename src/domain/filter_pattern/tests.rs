use super::*;
use crate::domain::pattern::{CIS_PATTERN, normalize_quotes};
use crate::domain::samples::SAMPLES;

/// "Using filter patterns to match terms in JSON log events", its first event.
const EVENT: &str = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
    "objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c"}"#;
/// The same page, the event in the section on compound expressions.
const USERS: &str = r#"{"user":{"id":1,"email":"John.Stiles@example.com"},
    "users":[{"id":2,"email":"John.Doe@example.com"},{"id":3,"email":"Jane.Doe@example.com"}],
    "actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}"#;

/// The page of the CloudWatch Logs User Guide that a case is based on.
const JSON: &str = "Using filter patterns to match terms in JSON log events";
const SYNTAX: &str = "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail";
const REGEX: &str = "Supported regular expressions (regex) syntax";
/// An earlier version of the guide, from GitHub: awsdocs/amazon-cloudwatch-logs-user-guide.
const EARLIER: &str = "Filter and Pattern Syntax";

fn check(cases: &[(&str, &str, &str, bool)]) {
    for (page, pattern, event, expected) in cases {
        let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error:?} ({page})"));
        assert_eq!(parsed.matches(event), *expected, "{pattern} on {event} ({page})");
    }
}

#[test]
fn strings_and_selectors_match_as_documented() {
    check(&[
        (JSON, r#"{ $.eventType = "UpdateTrail" }"#, EVENT, true),
        (JSON, r#"{ $.eventType = "UpdateTrail" }"#, r#"{"eventType":"UserLogin","userId":"123"}"#, false),
        (JSON, r#"{ $.eventType = "UpdateTrail" }"#, r#"{"eventType":"UpdateTrail","source":"cloudtrail"}"#, true),
        (JSON, r"{ $.sourceIPAddress != 123.123.* }", EVENT, true),
        (JSON, r"{ $.sourceIPAddress != 111.111.* }", EVENT, false),
        (JSON, r#"{ $.arrayKey[0] = "value" }"#, EVENT, true),
        (JSON, r#"{ $.arrayKey[1] = "value" }"#, EVENT, false),
        (JSON, r"{ $.eventType = %Trail% }", EVENT, true),
        (JSON, r"{ $.arrayKey[*] = %val.{2}% }", EVENT, true),
        (JSON, r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }", EVENT, true),
        (JSON, r"{ $.* = %222\.111\.111\.1[0-9]{1,2}% }", EVENT, false),
        (JSON, r#"{ $.['cluster.name'] = "c" }"#, EVENT, true),
        (JSON, r"{ $.SomeObject IS NULL }", EVENT, true),
        (JSON, r"{ $.eventType IS NULL }", EVENT, false),
        (JSON, r"{ $.SomeOtherObject IS NULL }", EVENT, false),
        (JSON, r"{ $.SomeOtherObject NOT EXISTS }", EVENT, true),
        (JSON, r"{ $.eventType NOT EXISTS }", EVENT, false),
        (SYNTAX, r"{ $.SomeObject NOT EXISTS }", EVENT, false),
        (SYNTAX, r"{ $.flag IS TRUE }", r#"{"flag":true}"#, true),
        (SYNTAX, r"{ $.flag IS FALSE }", r#"{"flag":true}"#, false),
        (EARLIER, r"{ $.ThisFlag IS FALSE }", r#"{"ThisFlag":false}"#, true),
        (EARLIER, r"{ $.objectList[1].id = 2 }", EVENT, true),
        (EARLIER, r"{ $.objectList[1].number = 2 }", EVENT, false),
        (EARLIER, r"{ $.eventType[0] = UpdateTrail }", EVENT, false),
        (EARLIER, r"{$.foo = bar}", r#"{"foo":"bar"}"#, true),
        (EARLIER, r"{$.foo = baz }", r#"{"foo":"bar"}"#, false),
        (EARLIER, r"{$.foo = bar || $.foo = baz }", r#"{"foo":"baz"}"#, true),
        (EARLIER, r"{ $.name = *Event }", r#"{"name":"PutEvent"}"#, true),
        (EARLIER, r"{ $.name = *Event }", r#"{"name":"EventId"}"#, false),
        (EARLIER, r"{ $.name = Event* }", r#"{"name":"EventName"}"#, true),
        (EARLIER, r"{ $.name = Ev*ent }", r#"{"name":"Ev*ent"}"#, true),
        (EARLIER, r"{ $.name = Ev*ent }", r#"{"name":"Evident"}"#, false),
        // For a selector that leads to an array, neither comparison is true.
        (EARLIER, r"{ $.users = 1 }", r#"{"users":[1,2,3]}"#, false),
        (EARLIER, r"{ $.users != 1 }", r#"{"users":[1,2,3]}"#, false),
    ]);
}

#[test]
fn numbers_compare_as_documented() {
    check(&[
        (SYNTAX, "{ $.bandwidth > 75 }", r#"{"bandwidth":75.5}"#, true),
        (SYNTAX, "{ $.bandwidth > 75 }", r#"{"bandwidth":75}"#, false),
        (SYNTAX, "{ $.latency < 50 }", r#"{"latency":49}"#, true),
        (SYNTAX, "{ $.refreshRate >= 60 }", r#"{"refreshRate":60}"#, true),
        (SYNTAX, "{ $.responseTime <= 5 }", r#"{"responseTime":6}"#, false),
        (SYNTAX, "{ $.errorCode = 400}", r#"{"errorCode":400}"#, true),
        (SYNTAX, "{ $.errorCode != 500 }", r#"{"errorCode":400}"#, true),
        (SYNTAX, "{ $.errorCode != 500 }", r#"{"errorCode":500.0}"#, false),
        (SYNTAX, "{ $.number[0] = 1e+3 }", r#"{"number":[1000]}"#, true),
        (SYNTAX, "{ $.number[0] != 1e-3 }", r#"{"number":[0.001]}"#, false),
        (SYNTAX, "{ $.errorCode = 4* }", r#"{"errorCode":404}"#, true),
        (EARLIER, "{ $.latency >= 500 }", r#"{"latency":500}"#, true),
        (EARLIER, "{ $.numbers[0] < 10e3 }", r#"{"numbers":[9999]}"#, true),
        (EARLIER, "{ $.numbers[0] < 10e-3 }", r#"{"numbers":[1]}"#, false),
        (
            EARLIER,
            "{ $.processes[4].averageRuntime <= 55.5 }",
            r#"{"processes":[0,0,0,0,{"averageRuntime":55.5}]}"#,
            true,
        ),
        (EARLIER, "{ $.latency > +1000 }", r#"{"latency":1001}"#, true),
        (EARLIER, "{ $.latency = * }", r#"{"latency":12}"#, true),
        (EARLIER, "{ $.recipientAccountId = 123456789012 }", r#"{"recipientAccountId":"123456789012"}"#, true),
    ]);
}

#[test]
fn parentheses_take_precedence_over_and_and_and_over_or() {
    check(&[
        (JSON, r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, USERS, true),
        (
            JSON,
            r#"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }"#,
            USERS,
            true,
        ),
        (
            JSON,
            r#"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }"#,
            USERS,
            false,
        ),
        (JSON, r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#, USERS, false),
        (EARLIER, "{ $.coordinates[1][2] = 6 }", USERS, true),
        (SYNTAX, r#"{$.users[*].id = 3&&$.actions[*]="PUT"}"#, USERS, true),
    ]);
}

#[test]
fn regular_expressions_match_as_documented() {
    for (regex, matching, not_matching) in [
        ("^[hc]at", vec!["hat", "cat"], vec!["that"]),
        ("[hc]at$", vec!["that"], vec!["hats"]),
        ("colou?r", vec!["color", "colour"], vec!["colouur"]),
        ("^[abcx-z]$", vec!["b", "y"], vec!["d"]),
        ("^a{3,5}$", vec!["aaa", "aaaaa"], vec!["aa", "aaaaaa"]),
        ("^a{,2}$", vec!["", "aa"], vec!["aaa"]),
        ("^a{2,}$", vec!["aa", "aaaa"], vec!["a"]),
        ("gra|ey", vec!["gray", "grey"], vec!["gr"]),
        (
            "^starting|^initializing|^shutting down",
            vec!["starting up", "shutting down now"],
            vec!["skipping initializing"],
        ),
        ("abcc|ab[^c]$", vec!["abcc!", "aba"], vec!["aac"]),
        (r"\[.\]", vec!["[a]", "[7]", "[ ]"], vec!["[]"]),
        (r"10\.10\.0\.1", vec!["10.10.0.1"], vec!["10010,051"]),
        ("10.10.0.1", vec!["10010,051"], vec!["10.10"]),
        ("^ab*c$", vec!["ac", "abbbc"], vec!["abd"]),
        ("ab+c", vec!["abc", "abbc"], vec!["ac"]),
        (".at", vec!["hat", "4at", " at"], vec!["at"]),
        (r"^\d$", vec!["7"], vec!["x"]),
        (r"^\D\w\W\s\S$", vec!["x_- y"], vec!["1_- y"]),
        (r"\x3A", vec!["a:b"], vec!["ab"]),
    ] {
        let pattern = Pattern::parse(&format!("{{ $.a = %{regex}% }}")).unwrap_or_else(|w| panic!("{regex}: {w:?}"));
        let negated = Pattern::parse(&format!("{{ $.a != %{regex}% }}")).unwrap();
        for (texts, expected) in [(matching, true), (not_matching, false)] {
            for text in texts {
                let event = serde_json::json!({ "a": text }).to_string();
                assert_eq!(pattern.matches(&event), expected, "{regex} on {text} ({REGEX})");
                assert_eq!(negated.matches(&event), !expected, "not {regex} on {text} ({REGEX})");
            }
        }
    }
}

#[test]
fn the_cis_pattern_matches_root_use_only() {
    let cis = Pattern::parse(CIS_PATTERN).unwrap();
    for sample in SAMPLES {
        assert_eq!(cis.matches(sample.json), sample.should_match, "{}", sample.title);
    }
}

#[test]
fn text_that_is_not_a_json_object_never_matches() {
    let missing = Pattern::parse("{ $.a NOT EXISTS }").unwrap();
    assert!(missing.matches("{}"));
    for event in ["", "a = 1", "[1]", "null", "2026-11-23 {\"b\":1}"] {
        assert!(!missing.matches(event), "{event}");
    }
}

#[test]
fn a_missing_field_fails_every_comparison() {
    check(&[
        (SYNTAX, "{ $.a = x }", "{}", false),
        (SYNTAX, "{ $.a != x }", "{}", false),
        (SYNTAX, "{ $.a < 1 }", r#"{"a":"many"}"#, false),
        (SYNTAX, "{ $.a = true }", r#"{"a":true}"#, false),
        (SYNTAX, "{ $.a = \"*\" }", r#"{"a":null}"#, false),
    ]);
}

#[test]
fn a_syntax_error_is_reported_with_its_position() {
    for (pattern, at, message) in [
        ("ERROR", 1, "starts with {"),
        ("{ $.a = x", 10, "closing }"),
        ("{ $.a = x } y", 13, "unexpected text after"),
        ("{ a = x }", 3, "selector"),
        ("{ $a = x }", 4, "expected ."),
        ("{ $.a == x }", 8, "expected a value"),
        ("{ $.a = }", 9, "expected a value"),
        ("{ $.a }", 7, "expected =, !="),
        ("{ $.a = x && }", 14, "selector"),
        ("{ ($.a = x }", 12, "closing )"),
        ("{ $.a = x & $.b = y }", 11, "&&"),
        ("{ $.a EXISTS }", 7, "EXISTS is not supported"),
        ("{ $.a IS NOT NULL }", 7, "IS NOT is not supported"),
        ("{ $.a IS MAYBE }", 7, "NULL, TRUE or FALSE"),
        ("{ $.a[x] = 1 }", 7, "array index"),
        ("{ $.a[0 = 1 }", 8, "expected ]"),
        ("{ $.a = \"x }", 13, "unterminated string"),
        ("{ $.a < many }", 9, "needs a number"),
        ("{ $.a = us-east-1 }", 11, "double quotes"),
        ("{ $.a = 10.0.0.0/8 }", 17, "double quotes"),
        ("{ $.a = 'x' }", 9, "straight double quotes"),
        ("{ $.*[*] = x }", 9, "at most one *"),
        ("{ $.* = a || $.* = b || $.* = c || $.* = d }", 39, "3 selectors"),
        ("{ $.a = %x% || $.a = %y% || $.a = %z% }", 36, "2 regular expressions"),
        ("{ $.a = %some!thing% }", 14, "cannot contain '!'"),
        ("{ $.a = %(a)% }", 10, "cannot contain '('"),
        ("{ $.a = %[% }", 10, "not a valid regular expression"),
    ] {
        let error = Pattern::parse(pattern).expect_err(pattern);
        assert!(error.message.contains(message), "{pattern}: {error:?}");
        assert_eq!(error.at, at, "{pattern}: {error:?}");
    }
}

#[test]
fn curly_quotes_are_refused_and_accepted_once_normalized() {
    let pasted = CIS_PATTERN.replacen('"', "“", 1).replacen('"', "”", 1);
    let error = Pattern::parse(&pasted).unwrap_err();
    assert!(error.message.contains("straight"), "{error:?}");
    assert_eq!(pasted.chars().nth(error.at - 1), Some('“'));
    assert!(Pattern::parse(&normalize_quotes(&pasted)).is_ok());
}

#[test]
fn deep_nesting_is_accepted_and_too_long_a_pattern_is_refused() {
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(500), ")".repeat(500));
    assert!(Pattern::parse(&deep).is_ok());
    assert!(Pattern::parse(&format!("{{ $.a = \"{}\" }}", "x".repeat(2000))).unwrap_err().message.contains("1024"));
}

proptest::proptest! {
    #[test]
    fn no_pattern_and_no_event_causes_a_panic(
        pattern in r#"\{ ?(\(|\$\.[a*]|\[[0-9*]\]|=|!=|<|%[a-c*+{},|]{0,4}%|"|\\|&&|\|\||IS|NOT| |NULL|“|\)|[a-z0-9.*e+-]{1,3}){0,12} ?\}?"#,
        event in r#"\{"a":("[a-c]{0,3}"|[0-9]{1,3}|null|\[1,"x"\])\}?"#,
    ) {
        match Pattern::parse(&pattern) {
            Ok(parsed) => { let _ = parsed.matches(&event); }
            Err(error) => proptest::prop_assert!((1..=pattern.chars().count() + 1).contains(&error.at), "{error:?}"),
        }
    }
}

#[test]
fn white_space_of_any_kind_is_allowed_between_words() {
    let pattern = Pattern::parse("\n{\t$.a\r\n=\tx\n&&\t(\n$.b\tNOT\n EXISTS\t)\n}\n").unwrap();
    assert!(pattern.matches(r#"{"a":"x"}"#));
    assert_eq!(pattern, Pattern::parse("{ $.a = x && $.b NOT EXISTS }").unwrap());
}

#[test]
fn order_repetition_and_redundant_parentheses_do_not_change_the_meaning() {
    let same = |a: &str, b: &str| Pattern::parse(a).unwrap().is_equivalent_to(&Pattern::parse(b).unwrap());
    assert!(same("{ $.a = x && $.b = y && $.c = z }", "{ $.c = \"z\" && (($.b = y) && $.a = \"x\") }"));
    assert!(same("{ $.a = x || $.b = y }", "{ (($.b = y) || $.a = x) || $.b = \"y\" }"));
    assert!(same("{ $.a = x }", "{ ((($.a = x && $.a = x))) }"));
    for (a, b) in [
        ("{ $.a = x && $.b = y }", "{ $.a = x || $.b = y }"),
        ("{ $.a = x && ($.b = y || $.c = z) }", "{ $.a = x && $.b = y || $.c = z }"),
        ("{ $.a = x }", "{ $.a != x }"),
        ("{ $.a = x }", "{ $.a = *x }"),
        ("{ $.a = x }", "{ $.a = %x% }"),
        ("{ $.a = 1 }", "{ $.a = \"1\" }"),
    ] {
        assert!(!same(a, b), "{a} is not {b}");
    }
}

#[test]
fn a_formatted_condition_parses_as_the_same_condition() {
    for text in [
        CIS_PATTERN,
        r"{ ($.a = *x* || $.b = y) && $.['c.d'] IS NULL && $.e[0].f IS TRUE && $.g[*] IS FALSE }",
        r#"{ $.a != "say \"x\\y\"" && $.b = %^a|b$% && $.c >= 1.5 && $.d != 400 && $.e < 1e3 }"#,
    ] {
        let pattern = Pattern::parse(text).unwrap();
        let written: Vec<String> = pattern.conjuncts().into_iter().map(|part| format!("({part})")).collect();
        let reparsed = Pattern::parse(&format!("{{ {} }}", written.join(" && "))).unwrap();
        assert!(reparsed.is_equivalent_to(&pattern), "{written:?}");
    }
}
