//! Short names for user agents.

/// Part of a program's user agent, and its usual name; the first match wins.
const PROGRAMS: &[(&str, &str)] = &[
    ("exec-env/CloudShell", "CloudShell"),
    ("Terraform", "Terraform"),
    ("OpenTofu", "OpenTofu"),
    ("Pulumi", "Pulumi"),
    ("ansible", "Ansible"),
    ("aws-cli/", "AWS CLI"),
    ("aws-sdk-rust/", "AWS SDK for Rust"),
    ("aws-sdk-go", "AWS SDK for Go"),
    ("aws-sdk-java", "AWS SDK for Java"),
    ("aws-sdk-js", "AWS SDK for JavaScript"),
    ("aws-sdk-nodejs", "AWS SDK for JavaScript"),
    ("aws-sdk-dotnet", "AWS SDK for .NET"),
    ("aws-sdk-php", "AWS SDK for PHP"),
    ("aws-sdk-ruby", "AWS SDK for Ruby"),
    ("aws-sdk-cpp", "AWS SDK for C++"),
    ("Boto3/", "boto3"),
    ("Botocore/", "botocore"),
    ("S3Console/", "S3 console"),
    ("AWSCloudTrail", "CloudTrail"),
    ("Coral/", "AWS console"),
    ("aws-internal/", "AWS console"),
    ("rootbell/", "rootbell"),
];

/// Browsers include the names of older browsers in their user agents, so the most specific name comes first.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "headless Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Such as "Firefox / macOS", "AWS CLI" or "boto3"; an unknown user agent is cut to its first word.
pub(super) fn short(agent: &str) -> String {
    let find =
        |table: &[(&str, &'static str)]| table.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    if agent.starts_with("Mozilla/") {
        let (browser, system) = (find(BROWSERS), find(SYSTEMS));
        let names: Vec<&str> = [browser, system].into_iter().flatten().collect();
        return if names.is_empty() { "a browser".into() } else { names.join(" / ") };
    }
    if let Some(name) = find(PROGRAMS) {
        return name.to_owned();
    }
    if agent.ends_with(".amazonaws.com") || agent == "AWS Internal" {
        return agent.to_owned();
    }
    let word = agent.trim_start_matches('[').split([' ', '/']).next().unwrap_or_default();
    word.chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn browsers_and_programs_have_short_names() {
        let cases = [
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox / macOS"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                "Chrome / Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
                "Edge / Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari / iOS",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox / Linux"),
            ("Mozilla/5.0", "a browser"),
            ("aws-cli/2.15.0 Python/3.11.6 Linux/5.10 exe/x86_64 prompt/off command/iam.list-users", "AWS CLI"),
            ("aws-cli/2.15.0 md/Botocore#2.4 exec-env/CloudShell", "CloudShell"),
            ("Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux", "boto3"),
            ("APN/1.0 HashiCorp/1.0 Terraform/1.9.0 aws-sdk-go-v2/1.30", "Terraform"),
            ("signin.amazonaws.com", "signin.amazonaws.com"),
            ("AWS Internal", "AWS Internal"),
            ("[S3Console/0.4, aws-internal/3]", "S3 console"),
            ("curl/8.4.0", "curl"),
            ("", ""),
        ];
        for (agent, name) in cases {
            assert_eq!(short(agent), name, "{agent}");
        }
    }
}
