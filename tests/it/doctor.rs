//! `rootbell doctor`: what it reports, that one part that fails leaves the others, and that it prints no secrets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::program::{Ended, PATIENCE, Program};
use crate::support::stand_in::closed_port;

/// Something on this machine that answers as AWS does: each unsigned request is refused, and each answer has a date.
struct Aws(u16);

impl Aws {
    /// `late` is how far its clock is behind. A path of a request that begins with `hangs` is never answered.
    fn start(late: SignedDuration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || serve(stream, late));
            }
        });
        Self(port)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0)
    }
}

fn serve(mut stream: TcpStream, late: SignedDuration) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let answer = if body.contains("Action=GetCallerIdentity") {
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/alice</Arn>\
             <UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        } else if body.contains("Action=ListAccountAliases") {
            "<ListAccountAliasesResponse><ListAccountAliasesResult><IsTruncated>false</IsTruncated><AccountAliases>\
             <member>acme</member></AccountAliases></ListAccountAliasesResult></ListAccountAliasesResponse>"
        } else {
            ""
        };
        let status = if answer.is_empty() { "403 Forbidden" } else { "200 OK" };
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&(Timestamp::now() - late)).ok()?;
        let length = answer.len();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ndate: {date}\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{answer}").as_bytes()).ok()?;
    }
}

fn doctor(args: &[&str]) -> Program {
    args.iter().fold(Program::new(&["doctor"]), Program::arg)
}

/// The part of a report with this id.
#[track_caller]
fn part(report: &Value, id: &str) -> [String; 3] {
    let parts = report["parts"].as_array().unwrap();
    let part = parts.iter().find(|part| part["id"] == id).unwrap_or_else(|| panic!("no {id} in {report:#}"));
    ["verdict", "detail", "fix"].map(|field| part[field].as_str().unwrap().to_owned())
}

#[test]
fn everything_is_reported_with_where_it_came_from() {
    let aws = Aws::start(SignedDuration::ZERO);
    let program = doctor(&["--json"]).signed_in().env("AWS_ENDPOINT_URL", aws.url()).env("AWS_PROFILE", "prod");
    let config = "[profile prod]\nregion = eu-west-1\n";
    let report =
        program.file(".aws/config", config).env("HTTPS_PROXY", "http://proxy.example:3128").output().exits(0).json();
    for (id, detail) in [
        ("files", "~/.aws/config, ~/.aws/credentials (not found), 1 profile"),
        ("profile", "prod (from AWS_PROFILE)"),
        ("region", "eu-west-1 (from profile `prod`)"),
        ("credentials", "a long-term access key (from AWS_ACCESS_KEY_ID)"),
        ("proxy", "http://proxy.example:3128 (from HTTPS_PROXY), but not for 127.0.0.1 (NO_PROXY)"),
        ("caller", "arn:aws:iam::123456789012:user/alice in account 123456789012 (acme)"),
    ] {
        assert_eq!(part(&report, id), ["ok", detail, ""], "{id}");
    }
    assert_eq!(part(&report, "endpoint")[1], format!("{} (from AWS_ENDPOINT_URL)", aws.url()));
    assert!(part(&report, "endpoints")[1].starts_with("all 8 answer: sts "), "{report:#}");
    assert!(part(&report, "clock")[1].starts_with("agrees with 127.0.0.1:"), "{report:#}");
    assert_eq!((&report["account"], &report["clock_error_seconds"]), (&"123456789012".into(), &0.into()));
    assert!(report["endpoints"].as_array().unwrap().iter().all(|e| e["status"] == 403 && e["error"].is_null()));
    assert_eq!(report["terminal"]["utf8"], true);
}

#[test]
fn a_profile_whose_name_is_not_ascii_signs_in() {
    let aws = Aws::start(SignedDuration::ZERO);
    let config =
        "[profile ünïcode-émoji-🚀]\nregion = eu-west-1\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    for options in [&["--profile", "ünïcode-émoji-🚀"][..], &[]] {
        let program = doctor(options).arg("--json").env("AWS_ENDPOINT_URL", aws.url()).file(".aws/config", config);
        let program = if options.is_empty() { program.env("AWS_PROFILE", "ünïcode-émoji-🚀") } else { program };
        let report = program.output().exits(0).json();
        assert_eq!(part(&report, "region")[1], "eu-west-1 (from profile `ünïcode-émoji-🚀`)");
        let credentials = "a long-term access key (from profile `ünïcode-émoji-🚀`)";
        assert_eq!(part(&report, "credentials")[1], credentials);
        assert_eq!(part(&report, "caller")[0], "ok", "{report:#}");
    }
}

#[test]
fn a_wrong_clock_is_measured_and_the_way_to_set_it_is_named() {
    for (late, verdict, says) in [
        (7200, "wrong", "about 2 hours fast, compared with 127.0.0.1"),
        (100, "ok", " s fast, compared with 127.0.0.1"),
        (-3000, "wrong", "about 50 minutes slow"),
    ] {
        let aws = Aws::start(SignedDuration::from_secs(late));
        let program = doctor(&["--json", "--region", "eu-west-1", "--endpoint-url", &aws.url()]).signed_in();
        let report = program.output().exits(0).json();
        let [found, detail, fix] = part(&report, "clock");
        assert_eq!(found, verdict, "{detail}");
        assert!(detail.contains(says), "{detail}");
        assert_eq!(fix.contains("Set the clock"), verdict == "wrong", "{fix}");
        let measured = report["clock_error_seconds"].as_i64().unwrap();
        assert!((measured - late).abs() <= 2, "{measured} instead of {late}");
    }
}

#[test]
fn one_part_that_fails_leaves_the_others() {
    // Nothing listens there, there is no Region, and the profile does not exist.
    let closed = closed_port();
    let program = doctor(&["--json", "--profile", "prd", "--endpoint-url", &format!("http://127.0.0.1:{closed}")]);
    let report = program.file(".aws/config", "[profile prod]\n").output().exits(0).json();
    let [verdict, detail, fix] = part(&report, "profile");
    assert_eq!(verdict, "missing");
    assert!(detail.contains("did you mean `prod`?"), "{detail}");
    assert!(fix.is_empty() && part(&report, "caller")[2].contains("--profile"), "{report:#}");
    assert_eq!(part(&report, "region")[0], "missing");
    let [verdict, detail, fix] = part(&report, "endpoints");
    assert_eq!(verdict, "wrong");
    assert_eq!(detail, "none of 8 answers: no connection (connection refused)");
    assert!(fix.contains("HTTPS_PROXY"), "{fix}");
    assert_eq!(part(&report, "clock")[0], "unknown");
    assert_eq!(report["account"], Value::Null);
    assert_eq!(part(&report, "version")[0], "ok");
}

#[test]
fn endpoints_that_fail_alike_share_one_reason() {
    // A proxy that refuses to connect, and says so for each host.
    let closed = closed_port();
    let program = doctor(&["--json", "--region", "eu-west-1"]).signed_in();
    let report = program.env("HTTPS_PROXY", format!("http://127.0.0.1:{closed}")).output().exits(0).json();
    let detail = part(&report, "endpoints")[1].clone();
    assert_eq!(detail.matches("127.0.0.1").count(), 1, "{detail}");
}

#[test]
fn the_session_of_iam_identity_center_is_reported_with_its_end() {
    let aws = Aws::start(SignedDuration::ZERO);
    let config = "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n\
                  [profile sso]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\n\
                  sso_role_name = Admin\n[profile keys]\nregion = eu-west-1\naws_access_key_id = AKIA1\n\
                  aws_secret_access_key = s\n";
    let to_renew =
        r#""refreshToken":"r","clientId":"i","clientSecret":"s","registrationExpiresAt":"2999-01-01T00:00:00Z""#;
    let token = |expires: &str, more: &str| {
        format!(r#"{{"accessToken":"t","startUrl":"https://corp.awsapps.com/start","expiresAt":"{expires}"{more}}}"#)
    };
    for (cached, verdict, detail) in [
        (None, "missing", "`corp`: not signed in"),
        (Some(token("2999-01-01T00:00:00Z", "")), "ok", "`corp`: signed in until 2999-01-01T00:00:00Z"),
        (Some(token("2020-01-01T00:00:00Z", "")), "wrong", "`corp`: expired at 2020-01-01T00:00:00Z"),
        (
            Some(token("2020-01-01T00:00:00Z", &format!(",{to_renew}"))),
            "ok",
            "`corp`: signed in; it is renewed when it is used",
        ),
    ] {
        let program = doctor(&["--json", "--profile", "sso", "--endpoint-url", &aws.url()]).file(".aws/config", config);
        let program = match &cached {
            Some(token) => program.file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", token),
            None => program,
        };
        let report = program.output().exits(0).json();
        assert_eq!(part(&report, "sso")[..2], [verdict, detail], "{report:#}");
    }
    let keys = doctor(&["--json", "--profile", "keys", "--endpoint-url", &aws.url()]).file(".aws/config", config);
    let report = keys.output().exits(0).json();
    assert!(report["parts"].as_array().unwrap().iter().all(|part| part["id"] != "sso"), "{report:#}");
}

#[test]
fn without_a_region_no_sentence_names_an_empty_one() {
    let report = doctor(&["--json"]).output().exits(0).json();
    let [verdict, detail, _] = part(&report, "credentials");
    assert_eq!(verdict, "missing");
    assert!(
        detail.ends_with("(none in the environment and none in the profile `default`; profile `default`)."),
        "{detail}"
    );
}

#[test]
fn an_endpoint_that_hangs_is_given_up_after_a_few_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let began = Instant::now();
    let program = doctor(&["--json", "--region", "eu-west-1", "--endpoint-url", &url]).signed_in();
    let report = program.start().wait_within(PATIENCE).exits(0).json();
    let [verdict, detail, fix] = part(&report, "endpoints");
    assert_eq!((verdict.as_str(), detail.as_str()), ("wrong", "none of 8 answers: no answer within 5 s"));
    assert_eq!(part(&report, "caller")[1], "The sign-in did not end within 15 s.");
    assert!(fix.is_empty() && part(&report, "caller")[2].contains("HTTPS_PROXY"), "{report:#}");
    // 15 s, unless the machine is busy. Without its own limits, each call would take 45 s.
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}

#[test]
fn only_if_nothing_can_be_determined_does_it_exit_with_1() {
    let closed = closed_port();
    let program = doctor(&["--endpoint-url", &format!("http://127.0.0.1:{closed}")]).file(".aws/config", "[broken\n");
    let ended = program.output().exits(1);
    assert!(ended.stdout.contains("Version") && ended.stdout.contains("none of 8 answers"), "{ended:#?}");
    doctor(&["--no-such-option"]).output().exits(2);
}

#[test]
fn a_report_for_people_has_one_line_per_part_and_what_to_do_below() {
    let ended = doctor(&["--demo=expired"]).output().exits(0);
    for title in ["Version", "System", "Terminal", "Profile", "Region", "AWS endpoints", "Clock", "Signed in as"] {
        assert!(ended.stdout.lines().any(|line| line[9..].starts_with(title)), "{title} in {ended:#?}");
    }
    assert!(ended.stdout.contains("\n         -> Sign in again with `aws sso login"), "{ended:#?}");
    let json = doctor(&["--demo", "--json"]).output().exits(0).json();
    assert_eq!((&json["demo"], &json["account"]), (&true.into(), &"123456789012".into()));
    assert!(
        json["parts"].as_array().unwrap().iter().all(|part| part["id"] == "terminal" || part["verdict"] == "ok"),
        "{json:#}"
    );
}

/// A word that occurs in every secret below.
const SECRET: &str = "hush";

#[track_caller]
fn has_no_secret(ended: &Ended) {
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!all.to_lowercase().contains(SECRET), "{ended:#?}");
}

#[test]
fn no_secret_is_printed_wherever_it_is() {
    let aws = Aws::start(SignedDuration::ZERO);
    let secret_url = |host: &str| format!("http://hush-user:hush-password@{host}/hush?token=hush");
    let config = "[default]\nregion = eu-west-1\naws_secret_access_key = hush1\naws_access_key_id = AKIAHUSH\n\
                  aws_session_token = hush2\n[profile process]\nregion = eu-west-1\n\
                  credential_process = sh -c 'echo hush >&2; exit 3' hush\n\
                  [profile web]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Ci\n\
                  web_identity_token_file = token\n\
                  [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n\
                  [profile sso]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\n\
                  sso_role_name = Admin\n";
    let token = r#"{"accessToken":"hush","refreshToken":"hush","clientSecret":"hush",
                    "expiresAt":"2999-01-01T00:00:00Z","startUrl":"https://corp.awsapps.com/start"}"#;
    let program = |args: &[&str]| {
        doctor(args)
            .file(".aws/config", config)
            .file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", token)
            .file("token", "hush.hush.hush")
            .env("HTTPS_PROXY", secret_url("proxy.example:3128"))
            .env("HTTP_PROXY", secret_url("proxy.example:3128"))
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush")
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", secret_url("127.0.0.1:1"))
    };
    for args in
        [&[][..], &["--json"], &["--profile", "process"], &["--profile", "web"], &["--profile", "sso", "--json"]]
    {
        for url in [secret_url(&format!("127.0.0.1:{}", aws.0)), "hush:hush@:hush".to_owned()] {
            let of_files = program(args).env("AWS_ENDPOINT_URL", &url).output();
            has_no_secret(&of_files);
            let option = program(args).env("AWS_ENDPOINT_URL", aws.url()).arg("--endpoint-url").arg(&url);
            has_no_secret(&option.output());
            let keys = program(args).env("AWS_ENDPOINT_URL", &url);
            let keys = keys.env("AWS_ACCESS_KEY_ID", "ASIAHUSH").env("AWS_SECRET_ACCESS_KEY", "hush");
            has_no_secret(&keys.env("AWS_SESSION_TOKEN", "hush").output());
        }
    }
}
