use super::*;

#[test]
fn curly_quotes_are_straightened() {
    let pasted = CIS_PATTERN.replacen('"', "“", 1).replacen('"', "”", 1);
    assert_ne!(pasted, CIS_PATTERN);
    assert_eq!(normalize_quotes(&pasted), CIS_PATTERN);
}

#[test]
fn auditors_accept_only_the_letter() {
    assert!(is_cis_pattern(CIS_PATTERN));
    assert!(!is_cis_pattern(&CIS_PATTERN.replace(" NOT", "  NOT")));
    assert!(!is_cis_pattern(&CIS_PATTERN.replace("\"Root\"", "Root")));
}

#[test]
fn uses_of_root_are_looked_for_so_that_no_filter_hides_one() {
    assert_eq!(search_pattern(None), CIS_PATTERN);
    assert_eq!(search_pattern(Some(CIS_PATTERN)), CIS_PATTERN);
    let same = CIS_PATTERN.replace('"', "");
    assert_eq!(search_pattern(Some(&same)), same);
    assert_eq!(search_pattern(Some("{ $.userIdentity.type = IAMUser }")), CIS_PATTERN);
    let more = r#"{ $.userIdentity.type = "Root" }"#;
    let both = search_pattern(Some(more));
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
fn blanks_quotes_and_order_do_not_change_what_a_pattern_means() {
    for same in [
        CIS_PATTERN.replace('"', ""),
        CIS_PATTERN.replace(" NOT", "   NOT"),
        "{($.eventType!=AwsServiceEvent)&&($.userIdentity.type=\"Root\")&&($.userIdentity.invokedBy NOT EXISTS)}"
            .into(),
    ] {
        assert_eq!(read(&same), Reading::Equivalent, "{same}");
    }
    assert_eq!(read(CIS_PATTERN), Reading::Audited);
}

#[test]
fn what_a_pattern_counts_wrongly_is_said() {
    let said = |pattern: &str| match read(pattern) {
        Reading::Other(faults) => faults.join("; "),
        other => panic!("{pattern}: {other:?}"),
    };
    assert!(said(&CIS_PATTERN.replace("&&", "||")).contains("nearly every event"));
    assert!(said(&CIS_PATTERN.replace("\"Root\"", "\"IAMUser\"")).contains("IAMUser instead of Root"));
    assert!(said(&CIS_PATTERN.replace("\"Root\"", "\" Root\"")).contains("instead of Root"), "the blank is in quotes");
    let both = CIS_PATTERN.replace(" }", " && $.userIdentity.type = IAMUser }");
    assert!(said(&both).contains("`$.userIdentity.type = \"IAMUser\"` narrows"), "nobody is both");
    assert!(said("{ $.userIdentity.type = \"Root\" }").contains("services do for root"));
    assert!(
        said(&CIS_PATTERN.replace(" }", " && $.awsRegion = \"us-east-1\" }"))
            .contains("`$.awsRegion = \"us-east-1\"` narrows")
    );
}

#[test]
fn a_filter_for_another_thing_is_no_candidate() {
    assert!(concerns_root(CIS_PATTERN));
    assert!(concerns_root("{ $.userIdentity.type=Root }"));
    assert!(!concerns_root("{ $.eventName = ConsoleLogin }"));
}

/// The auditors' pattern with another test in the place of the one for root.
fn with(root: &str) -> String {
    CIS_PATTERN.replace("$.userIdentity.type = \"Root\"", root)
}

#[test]
fn a_valid_pattern_that_counts_every_use_of_root_is_not_called_wrong() {
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
        let pattern = with(root);
        assert_eq!(read(&pattern), Reading::Equivalent, "{pattern}");
        assert!(concerns_root(&pattern), "{pattern}");
        assert_eq!(search_pattern(Some(&pattern)), pattern, "nothing has to be looked for besides");
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
        assert_eq!(read(same), Reading::Audited);
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
fn what_is_wrong_is_named_from_the_tree() {
    for (pattern, faults) in [
        (with("$.userIdentity.type = \"IAMUser\""), &["counts IAMUser instead of Root"][..]),
        (with("$.userIdentity.type = %^IAM%"), &["`$.userIdentity.type = %^IAM%` is not so for Root"]),
        (with("$.userIdentity.type != \"IAMUser\""), &["also counts what others than root do"]),
        (with("$.userIdentity.type = *"), &["also counts what others than root do"]),
        (with("$.eventName = *"), &["does not ask for `$.userIdentity.type = \"Root\"`"]),
        (with("$.userIdentity.arn = \"*:user/*\""), &["`$.userIdentity.arn = \"*:user/*\"` narrows it", "what others than root do"]),
        (
            with("$.userIdentity.type = \"Root\" && $.eventName = \"ConsoleLogin\""),
            &["`$.eventName = \"ConsoleLogin\"` narrows it"],
        ),
        (with("$.userIdentity.type = \"Root\" && $.errorCode NOT EXISTS"), &["`$.errorCode NOT EXISTS` narrows it"]),
        (with("$.userIdentity.type = \"Root\" && $.eventName != \"List*\""), &["`$.eventName != \"List*\"` narrows it"]),
        (
            with("$.userIdentity.type = \"Root\" && ($.awsRegion = \"us-east-1\" || $.awsRegion = \"eu-west-3\")"),
            &["`$.awsRegion = \"us-east-1\" || $.awsRegion = \"eu-west-3\"` narrows it"],
        ),
        (
            CIS_PATTERN.replace('{', "{ (").replace('}', ") || $.eventName = \"StopLogging\" }"),
            &["`$.eventName = \"StopLogging\"` counts what others than root do"],
        ),
        (
            r#"{ $.userIdentity.type = "Root" && ($.userIdentity.invokedBy NOT EXISTS || $.eventType != "AwsServiceEvent") }"#
                .into(),
            &["it also counts what services do for root", "it also counts service events"],
        ),
        (
            r#"{ $.userIdentity.type = "Root" && $.eventType = "AwsConsoleSignIn" }"#.into(),
            &["`$.eventType = \"AwsConsoleSignIn\"` narrows it"],
        ),
    ] {
        let Reading::Other(said) = read(&pattern) else { panic!("{pattern}: {:?}", read(&pattern)) };
        let text = said.join("; ");
        for fault in faults {
            assert!(text.contains(fault), "{pattern}: {text}");
        }
        assert_eq!(said.len(), faults.len(), "{pattern}: {text}");
    }
}

#[test]
fn what_cannot_be_judged_is_not_called_wrong() {
    for (pattern, why) in [
        (with("$.userIdentity.type = \"Root\" && $.managementEvent IS TRUE"), "`$.managementEvent IS TRUE` leaves out"),
        (with("$.userIdentity.type = \"Root\" && $.x NOT EXISTS"), "`$.x NOT EXISTS` leaves out"),
        (with("$.userIdentity.type = \"Root\" && $.eventName != %^List%"), "`$.eventName != %^List%` leaves out"),
        (with("$.userIdentity.arn = \"arn:aws:iam::999988887777:root\""), "account 999988887777 alone"),
        (
            with(
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
        let Reading::Unjudged(said) = read(&pattern) else { panic!("{pattern}: {:?}", read(&pattern)) };
        assert!(said.contains(why), "{pattern}: {said}");
    }
}

#[test]
fn a_filter_for_root_is_told_from_those_that_auditors_want_for_other_things() {
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
