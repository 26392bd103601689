use super::*;

#[test]
fn curly_quotes_are_replaced_with_straight_ones() {
    let pasted = CIS_PATTERN.replacen('"', "“", 1).replacen('"', "”", 1);
    assert_ne!(pasted, CIS_PATTERN);
    assert_eq!(normalize_quotes(&pasted), CIS_PATTERN);
}

#[test]
fn auditors_accept_only_the_exact_pattern() {
    assert!(is_cis_pattern(CIS_PATTERN));
    assert!(!is_cis_pattern(&CIS_PATTERN.replace(" NOT", "  NOT")));
    assert!(!is_cis_pattern(&CIS_PATTERN.replace("\"Root\"", "Root")));
}

#[test]
fn the_search_finds_all_root_use_whatever_the_filters_pattern_is() {
    assert_eq!(search_pattern(None), CIS_PATTERN);
    assert_eq!(search_pattern(Some(CIS_PATTERN)), CIS_PATTERN);
    let equivalent = CIS_PATTERN.replace('"', "");
    assert_eq!(search_pattern(Some(&equivalent)), equivalent);
    assert_eq!(search_pattern(Some("{ $.userIdentity.type = IAMUser }")), CIS_PATTERN);
    let broader = r#"{ $.userIdentity.type = "Root" }"#;
    let both = search_pattern(Some(broader));
    assert!(both.starts_with(r#"{ ($.userIdentity.type = "Root") || ($.userIdentity.type = "Root" && "#), "{both}");
    assert_eq!(check(&both), Ok(()));
    assert_eq!(
        search_pattern(Some(&format!("{{ $.userIdentity.type = \"Root\" && $.x = \"{}\" }}", "y".repeat(980)))),
        CIS_PATTERN
    );
}

#[test]
fn a_pattern_without_braces_is_refused_with_a_reason() {
    assert!(check("ERROR").unwrap_err().contains("braces"));
    assert!(check(" ").unwrap_err().contains("empty"));
    assert!(check(CIS_PATTERN).is_ok());
}

#[test]
fn white_space_quotes_and_order_do_not_change_what_a_pattern_means() {
    for same in [
        CIS_PATTERN.replace('"', ""),
        CIS_PATTERN.replace(" NOT", "   NOT"),
        "{($.eventType!=AwsServiceEvent)&&($.userIdentity.type=\"Root\")&&($.userIdentity.invokedBy NOT EXISTS)}"
            .into(),
    ] {
        assert_eq!(read(&same), Reading::Equivalent, "{same}");
    }
    assert_eq!(read(CIS_PATTERN), Reading::CisPattern);
}

#[test]
fn the_faults_of_a_pattern_are_named() {
    let faults_of = |pattern: &str| match read(pattern) {
        Reading::Other(faults) => faults.join("; "),
        other => panic!("{pattern}: {other:?}"),
    };
    assert!(faults_of(&CIS_PATTERN.replace("&&", "||")).contains("nearly every event"));
    assert!(faults_of(&CIS_PATTERN.replace("\"Root\"", "\"IAMUser\"")).contains("IAMUser instead of Root"));
    assert!(
        faults_of(&CIS_PATTERN.replace("\"Root\"", "\" Root\"")).contains("instead of Root"),
        "the space is inside the quotes"
    );
    let both = CIS_PATTERN.replace(" }", " && $.userIdentity.type = IAMUser }");
    assert!(faults_of(&both).contains("`$.userIdentity.type = \"IAMUser\"` excludes"), "no identity is both");
    assert!(faults_of("{ $.userIdentity.type = \"Root\" }").contains("services do on root's behalf"));
    assert!(
        faults_of(&CIS_PATTERN.replace(" }", " && $.awsRegion = \"us-east-1\" }"))
            .contains("`$.awsRegion = \"us-east-1\"` excludes")
    );
}

#[test]
fn a_filter_for_something_else_is_not_a_candidate() {
    assert!(concerns_root(CIS_PATTERN));
    assert!(concerns_root("{ $.userIdentity.type=Root }"));
    assert!(!concerns_root("{ $.eventName = ConsoleLogin }"));
}

/// The CIS pattern with another test instead of the one for root.
fn cis_with_root_test(root: &str) -> String {
    CIS_PATTERN.replace("$.userIdentity.type = \"Root\"", root)
}

#[test]
fn a_valid_pattern_that_counts_all_root_use_is_not_called_wrong() {
    for root in [
        "$.userIdentity.type = %^Root$%",
        "$.userIdentity.type = %Root%",
        "$.userIdentity.type = Root",
        "$.userIdentity.type = \"Root*\"",
        "($.userIdentity.type = \"Root\" || $.userIdentity.type = %^Root$%)",
        "($.userIdentity.type = \"Root\" || $.userIdentity.arn = \"*:root\")",
        "((($.userIdentity.type = \"Root\")))",
        "$.userIdentity.arn = \"*:root\"",
        "$.userIdentity.type = \"Root\" && $.userIdentity.type = \"Root\"",
        "$.userIdentity.type = \"Root\" && $.eventName = *",
        "$.userIdentity.type = \"Root\" && $.eventSource = *.amazonaws.com",
        "$.userIdentity.type = \"Root\" && ($.errorCode NOT EXISTS || $.errorCode = *)",
    ] {
        let pattern = cis_with_root_test(root);
        assert_eq!(read(&pattern), Reading::Equivalent, "{pattern}");
        assert!(concerns_root(&pattern), "{pattern}");
        assert_eq!(search_pattern(Some(&pattern)), pattern, "the filter's pattern is enough for the search");
    }
    for pattern in [
        CIS_PATTERN.replace(" && ", "\n\t&&\n\t").replace("$.eventType", "($.eventType").replace(" }", ") }"),
        format!("\t{}\r\n", CIS_PATTERN.replace('{', "{ (").replace('}', ") }")),
    ] {
        assert_eq!(read(&pattern), Reading::Equivalent, "{pattern}");
    }
}

#[test]
fn white_space_outside_quotes_makes_no_difference_to_auditors() {
    for same in [
        r#"{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}"#,
        "{\t$.userIdentity.type =\n\"Root\"&&$.userIdentity.invokedBy NOT EXISTS&&  $.eventType!= \"AwsServiceEvent\" }\n",
    ] {
        assert!(is_cis_pattern(same), "{same}");
        assert_eq!(read(same), Reading::CisPattern);
    }
    for other in [
        CIS_PATTERN.replace("\"Root\"", "\"Root \""),
        CIS_PATTERN.replace('{', "{ (").replace('}', ") }"),
        CIS_PATTERN.replace("NOT EXISTS", "NOT\tEXISTS"),
        CIS_PATTERN.replace("NOT EXISTS", "NOTEXISTS"),
        CIS_PATTERN.replace("&&", "& &"),
    ] {
        assert!(!is_cis_pattern(&other), "{other}");
    }
}

#[test]
fn each_wrong_part_of_a_pattern_is_named() {
    for (pattern, faults) in [
        (cis_with_root_test("$.userIdentity.type = \"IAMUser\""), &["counts IAMUser instead of Root"][..]),
        (cis_with_root_test("$.userIdentity.type = %^IAM%"), &["`$.userIdentity.type = %^IAM%` excludes Root"]),
        (cis_with_root_test("$.userIdentity.type != \"IAMUser\""), &["also counts events of identities other than root"]),
        (cis_with_root_test("$.userIdentity.type = *"), &["also counts events of identities other than root"]),
        (cis_with_root_test("$.eventName = *"), &["does not test for `$.userIdentity.type = \"Root\"`"]),
        (cis_with_root_test("$.userIdentity.arn = \"*:user/*\""), &["`$.userIdentity.arn = \"*:user/*\"` excludes some root use", "events of identities other than root"]),
        (
            cis_with_root_test("$.userIdentity.type = \"Root\" && $.eventName = \"ConsoleLogin\""),
            &["`$.eventName = \"ConsoleLogin\"` excludes some root use"],
        ),
        (cis_with_root_test("$.userIdentity.type = \"Root\" && $.errorCode NOT EXISTS"), &["`$.errorCode NOT EXISTS` excludes some root use"]),
        (cis_with_root_test("$.userIdentity.type = \"Root\" && $.eventName != \"List*\""), &["`$.eventName != \"List*\"` excludes some root use"]),
        (
            cis_with_root_test("$.userIdentity.type = \"Root\" && ($.awsRegion = \"us-east-1\" || $.awsRegion = \"eu-west-3\")"),
            &["`$.awsRegion = \"us-east-1\" || $.awsRegion = \"eu-west-3\"` excludes some root use"],
        ),
        (
            CIS_PATTERN.replace('{', "{ (").replace('}', ") || $.eventName = \"StopLogging\" }"),
            &["`$.eventName = \"StopLogging\"` counts events of identities other than root"],
        ),
        (
            r#"{ $.userIdentity.type = "Root" && ($.userIdentity.invokedBy NOT EXISTS || $.eventType != "AwsServiceEvent") }"#
                .into(),
            &["it also counts what services do on root's behalf", "it also counts service events"],
        ),
        (
            r#"{ $.userIdentity.type = "Root" && $.eventType = "AwsConsoleSignIn" }"#.into(),
            &["`$.eventType = \"AwsConsoleSignIn\"` excludes some root use"],
        ),
    ] {
        let Reading::Other(found) = read(&pattern) else { panic!("{pattern}: {:?}", read(&pattern)) };
        let text = found.join("; ");
        for fault in faults {
            assert!(text.contains(fault), "{pattern}: {text}");
        }
        assert_eq!(found.len(), faults.len(), "{pattern}: {text}");
    }
}

#[test]
fn a_pattern_that_cannot_be_judged_is_not_called_wrong() {
    for (pattern, why) in [
        (
            cis_with_root_test("$.userIdentity.type = \"Root\" && $.managementEvent IS TRUE"),
            "`$.managementEvent IS TRUE` excludes",
        ),
        (cis_with_root_test("$.userIdentity.type = \"Root\" && $.x NOT EXISTS"), "`$.x NOT EXISTS` excludes"),
        (
            cis_with_root_test("$.userIdentity.type = \"Root\" && $.eventName != %^List%"),
            "`$.eventName != %^List%` excludes",
        ),
        (
            cis_with_root_test("$.userIdentity.arn = \"arn:aws:iam::999988887777:root\""),
            "only counts events of account 999988887777",
        ),
        (
            cis_with_root_test(
                "$.userIdentity.type = \"Root\" && ($.eventName != \"ConsoleLogin\" || $.eventSource = \"signin.amazonaws.com\")",
            ),
            "depend on each other",
        ),
        ("{ $.userIdentity.type = Ro-ot }".into(), "character 27"),
        ("\"Root\"".into(), "character 1: "),
        ("[ip, user=Root]".into(), "character 1: "),
        ("ERROR".into(), "character 1: "),
        (String::new(), "character 1: "),
    ] {
        let Reading::Unjudged(reason) = read(&pattern) else { panic!("{pattern}: {:?}", read(&pattern)) };
        assert!(reason.contains(why), "{pattern}: {reason}");
    }
}

#[test]
fn the_filters_of_other_cis_controls_are_not_taken_for_a_root_use_filter() {
    for other in [
        "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }",
        "{ $.eventName = \"ConsoleLogin\" && $.errorMessage = \"Failed authentication\" }",
        "{ $.userIdentity.type != \"Root\" && $.eventName = \"StopLogging\" }",
        "{ $.userIdentity.type = \"IAMUser\" && $.userIdentity.userName = \"Root\" }",
        "{ $.userIdentity.type != \"IAMUser\" && $.eventName = \"ConsoleLogin\" }",
        "ERROR",
    ] {
        assert!(!concerns_root(other), "{other}");
        assert_eq!(search_pattern(Some(other)), CIS_PATTERN);
    }
}
