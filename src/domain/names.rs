//! AWS's naming rules, each as a function that returns an error message for the user.

use super::account_id::AccountId;
use super::arn::Arn;

/// `Ok`, or a message that says what is wrong with the value and what is allowed.
pub type Validity = Result<(), String>;

/// Puts "A" or "An" in front of a noun.
fn with_article(what: &str) -> String {
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "An" } else { "A" };
    format!("{article} {what}")
}

fn length(what: &str, value: &str, min: usize, max: usize) -> Validity {
    let n = value.chars().count();
    if n == 0 {
        return Err(format!("{} is required.", with_article(what)));
    }
    if n < min || n > max {
        return Err(format!("{} must have {min} to {max} characters; this one has {n}.", with_article(what)));
    }
    Ok(())
}

fn alphabet(what: &str, value: &str, allowed: impl Fn(char) -> bool, allowed_text: &str) -> Validity {
    match value.chars().find(|c| !allowed(*c)) {
        Some(' ') => Err(format!("{} cannot have spaces; use {allowed_text}.", with_article(what))),
        Some(c) => Err(format!("{} cannot have {c:?}; use {allowed_text}.", with_article(what))),
        None => Ok(()),
    }
}

fn is_ipv4_address(value: &str) -> bool {
    value.parse::<std::net::Ipv4Addr>().is_ok()
}

/// Source: CloudTrail User Guide, "Naming requirements for CloudTrail resources".
///
/// # Errors
/// What is wrong, as a sentence.
pub fn trail(value: &str) -> Validity {
    length("trail name", value, 3, 128)?;
    alphabet(
        "trail name",
        value,
        |c| c.is_ascii_alphanumeric() || "._-".contains(c),
        "letters, digits, period, underscore, dash",
    )?;
    let is_alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !is_alphanumeric(value.chars().next()) || !is_alphanumeric(value.chars().last()) {
        return Err("A trail name must start and end with a letter or a digit.".into());
    }
    let is_separator = |c: &u8| b"._-".contains(c);
    if value.as_bytes().windows(2).any(|pair| pair.iter().all(is_separator)) {
        return Err("A trail name cannot have two of . _ - in a row.".into());
    }
    if is_ipv4_address(value) {
        return Err("A trail name cannot be an IP address.".into());
    }
    Ok(())
}

/// Source: S3 User Guide, "General purpose bucket naming rules".
///
/// # Errors
/// What is wrong, as a sentence.
pub fn bucket(value: &str) -> Validity {
    length("bucket name", value, 3, 63)?;
    alphabet(
        "bucket name",
        value,
        |c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c),
        "lowercase letters, digits, period, dash",
    )?;
    let is_alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !is_alphanumeric(value.chars().next()) || !is_alphanumeric(value.chars().last()) {
        return Err("A bucket name must start and end with a letter or a digit.".into());
    }
    if value.contains("..") || is_ipv4_address(value) {
        return Err("A bucket name cannot have two periods in a row or be an IP address.".into());
    }
    let is_reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|p| value.starts_with(p))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"].iter().any(|s| value.ends_with(s));
    if is_reserved {
        return Err("AWS reserves this prefix or suffix of bucket names; choose another name.".into());
    }
    Ok(())
}

/// Source: CloudWatch Logs API, CreateLogGroup, `logGroupName`.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn log_group(value: &str) -> Validity {
    length("log group name", value, 1, 512)?;
    alphabet(
        "log group name",
        value,
        |c| c.is_ascii_alphanumeric() || "._-/#".contains(c),
        "letters, digits and . _ - / #",
    )?;
    if value.starts_with("aws/") {
        return Err("A log group name cannot start with aws/.".into());
    }
    Ok(())
}

/// Source: IAM API, CreateRole, `RoleName`.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn role(value: &str) -> Validity {
    length("role name", value, 1, 64)?;
    alphabet(
        "role name",
        value,
        |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c),
        "letters, digits and _ + = , . @ -",
    )
}

/// Source: SNS API, CreateTopic, `Name` (standard topics only); SNS Developer Guide, "Amazon SNS FIFO topics":
/// CloudWatch can publish to them, but an email address can't be subscribed.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn topic(value: &str) -> Validity {
    length("topic name", value, 1, 256)?;
    if value.strip_suffix(".fifo").is_some() {
        return Err("A FIFO topic cannot have email subscriptions; choose a name without .fifo.".into());
    }
    alphabet(
        "topic name",
        value,
        |c| c.is_ascii_alphanumeric() || "_-".contains(c),
        "letters, digits, underscore, dash",
    )
}

/// Source: CloudWatch Logs API, PutMetricFilter, `filterName`, which also allows control characters; rootbell does not,
/// because they would break tables and commands.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn filter(value: &str) -> Validity {
    length("filter name", value.trim(), 1, 512)?;
    length("filter name", value, 1, 512)?;
    alphabet("filter name", value, |c| !c.is_control(), "printable characters")?;
    if value.contains([':', '*']) {
        return Err("A filter name cannot have : or *.".into());
    }
    Ok(())
}

/// Source: CloudWatch API, PutMetricAlarm, `AlarmName`.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn alarm(value: &str) -> Validity {
    length("alarm name", value.trim(), 1, 255)?;
    length("alarm name", value, 1, 255)?;
    alphabet("alarm name", value, |c| !c.is_control() && c.is_ascii(), "printable ASCII characters")
}

/// A KMS key's ARN, not an alias: CloudWatch Logs does not accept aliases.
///
/// Source: CloudWatch Logs API, AssociateKmsKey, `kmsKeyId`.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn kms_key(value: &str) -> Validity {
    let arn = Arn::from(value);
    let is_key_id = |id: &str| !id.is_empty() && !id.contains(|c: char| c.is_whitespace() || c == ':');
    if arn.region().is_some()
        && arn.account().is_some_and(|id| AccountId::parse(id).is_ok())
        && arn.key_id().is_some_and(is_key_id)
    {
        return Ok(());
    }
    Err("Enter the key's ARN, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-… (an alias is not accepted)."
        .into())
}

/// The address of a web page, as it can stand in an email: every line of it is in double quotes, and `<` would begin a
/// variable.
///
/// Source: EventBridge User Guide, "Amazon EventBridge input transformation".
///
/// # Errors
/// What is wrong, as a sentence.
pub fn web_page(value: &str) -> Validity {
    if !value.starts_with("https://") && !value.starts_with("http://") {
        return Err("The address of a page starts with https://.".to_owned());
    }
    length("address", value, 10, 500)?;
    let is_allowed = |c: char| c.is_ascii_graphic() && !"<>\"\\".contains(c);
    alphabet("address", value, is_allowed, "the characters of a URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trail_names_follow_cloudtrails_rules() {
        for good in ["abc", "rootbell", "a.b-c_d9", &"x".repeat(128)] {
            assert!(trail(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "a b", "-abc", "abc-", "a--b", "a._b", "192.168.5.4", "é-trail", &"x".repeat(129)] {
            assert!(trail(bad).is_err(), "{bad}");
        }
        assert!(trail("my trail").unwrap_err().contains("cannot have spaces"));
    }

    #[test]
    fn bucket_names_follow_s3s_rules() {
        for good in ["abc", "rootbell-123456789012-eu-west-1", "a.b"] {
            assert!(bucket(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "A-bucket", "a_b", ".ab", "ab-", "a..b", "10.0.0.1", "xn--abc", "a-s3alias"] {
            assert!(bucket(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn log_group_role_topic_filter_and_alarm_names_follow_their_rules() {
        assert!(log_group("rootbell/cloudtrail").is_ok());
        assert!(log_group("aws/mine").is_err());
        assert!(log_group("a b").is_err());
        assert!(role("rootbell-x@y").is_ok());
        assert!(role("a/b").is_err());
        assert!(topic("rootbell-alerts").is_ok());
        assert!(topic("alerts.fifo").unwrap_err().contains("FIFO"));
        assert!(topic("root bell").is_err());
        assert!(filter("root use").is_ok());
        for bad in ["a:b", "", " ", "a\nb", "\u{1b}[31m"] {
            assert!(filter(bad).is_err(), "{bad:?}");
        }
        assert!(alarm(" ").is_err());
        assert!(alarm("Root use!").is_ok());
        assert!(alarm("bell\u{7}").is_err());
    }
}
