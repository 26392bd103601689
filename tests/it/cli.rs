//! The command line as scripts and people use it: help, invalid options, and errors before the first change.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::CommandFactory;
use rootbell::cli::Cli;
use rootbell::domain::change::quote;
use rootbell::domain::text::escape_controls_in_lines;

use crate::support::EmulatedAws;
use crate::support::program::{Program, SOON};
use crate::support::pty::key;
use crate::support::stand_in::closed_port;

const EMAIL: [&str; 2] = ["--email", "a@example.com"];

/// Signed in, with a Region, and with an endpoint that nothing is listening on.
fn unreachable_endpoint(args: &[&str]) -> Program {
    let url = format!("http://127.0.0.1:{}", closed_port());
    Program::new(args).signed_in().env("AWS_REGION", "eu-west-1").env("AWS_ENDPOINT_URL", url)
}

#[test]
fn the_help_has_examples_and_matches_its_snapshots() {
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help_test", &["test", "--help"]),
        ("help_events", &["events", "--help"]),
        ("help_plan", &["plan", "--help"]),
        ("help_apply", &["apply", "--help"]),
        ("help_status", &["status", "--help"]),
        ("help_completions", &["completions", "--help"]),
        ("help_man", &["man", "--help"]),
        ("help_destroy", &["destroy", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
        ("help_policy", &["policy", "--help"]),
    ] {
        let output = Program::new(args).env("COLUMNS", "100").output().exits(0);
        assert_eq!(output.stderr, "");
        assert!(output.stdout.contains("Examples:"), "{output:#?}");
        insta::assert_snapshot!(name, output.stdout);
    }
}

#[test]
fn a_retention_of_never_deletes_the_retention_of_an_existing_log_group() {
    let plan = |retention: &[&str]| {
        let args = [&["plan", "--demo=ringing", "--format", "aws-cli"], retention].concat();
        Program::new(&args).output().stdout
    };
    let command = "aws logs delete-retention-policy --log-group-name rootbell/cloudtrail";
    assert!(plan(&["--retention-days", "never"]).contains(command), "{}", plan(&["--retention-days", "never"]));
    assert!(!plan(&[]).contains("retention"));
}

#[test]
fn every_command_shows_how_it_is_used() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let output = Program::new(&[name, "--help"]).output().exits(0);
        assert!(output.stdout.contains(&format!("Examples:\n  rootbell {name}")), "{output:#?}");
    }
}

#[test]
fn the_version_includes_the_commit_where_it_is_known() {
    let output = Program::new(&["--version"]).output().exits(0).stdout;
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "rev-parse", "--show-cdup", "HEAD"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let git = git.output().map(|out| String::from_utf8(out.stdout).unwrap()).unwrap_or_default();
    let bare = format!("rootbell {}", env!("CARGO_PKG_VERSION"));
    // The first line is empty if this directory is the root of the repository.
    match git.split_once('\n') {
        Some(("", head)) => assert_eq!(output, format!("{bare} ({})\n", &head[..9])),
        // Without git, or without a repository: see version.rs.
        _ => assert!(output.starts_with(&bare), "{output}"),
    }
}

#[test]
fn every_shell_gets_completions_with_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Program::new(&["completions", shell]).output().exits(0);
        for word in ["rootbell", "apply", "retention-days"] {
            assert!(output.stdout.contains(word), "{shell}: no {word}");
        }
        assert_eq!(output.stderr, "");
    }
    let output = Program::new(&["completions", "bash"]).output().exits(0);
    let script =
        format!("{}\nCOMP_WORDS=(rootbell st) COMP_CWORD=1; _rootbell rootbell st; echo \"$COMPREPLY\"", output.stdout);
    assert_eq!(Program::other("bash", &["-c", &script]).output().exits(0).stdout, "status\n");
    Program::new(&["completions", "cmd"]).output().exits(2).stderr_contains("[possible values: bash,");
}

#[test]
fn the_manual_has_a_page_for_the_program_and_one_for_each_command() {
    let output = Program::new(&["man"]).output().exits(0);
    assert!(output.stdout.contains(".TH rootbell 1") && output.stdout.contains("Exit status"), "{output:#?}");
    let output = Program::new(&["man", "apply"]).output().exits(0);
    assert!(
        output.stdout.contains(r"\-\-retention\-days") && output.stdout.contains("Running it twice"),
        "{output:#?}"
    );
    Program::new(&["man", "aply"])
        .output()
        .exits(2)
        .with_empty_stdout()
        .stderr_contains("`aply`")
        .stderr_contains("apply, status");
}

#[test]
fn invalid_options_are_rejected_before_any_call_with_a_suggestion() {
    let cases: [(&[&str], &str); 20] = [
        (&["--trail", "my trail"], "--trail: A trail name cannot have spaces"),
        (&["--trail", ""], "--trail: A trail name is required"),
        (&["--bucket", "My-Bucket"], "--bucket: A bucket name cannot have 'M'; use lowercase letters"),
        (&["--log-group", "a b"], "--log-group: A log group name cannot have spaces"),
        (&["--role", "a/b"], "--role: A role name cannot have '/'"),
        (&["--topic", "alerts.fifo"], "--topic: A FIFO topic cannot have email"),
        (&["--filter", "a:b"], "--filter: A filter name cannot have :"),
        (&["--pattern", ""], "--pattern: The pattern is empty. Without --pattern, the CIS pattern is used."),
        (&["--filter", "a\nb"], "--filter: A filter name cannot have '\\n'"),
        (&["--filter", " "], "--filter: A filter name is required."),
        (&["--pattern", "ERROR"], "--pattern: A pattern for JSON events must be enclosed in { braces }"),
        (&["--alarm", "ring\u{7}"], "--alarm: An alarm name cannot have"),
        (&["--email", "alice.example.com"], "an address looks like alice@example.com"),
        (&["--email", "a@example.com", "--email", "b"], "--email: `b`"),
        (&["--retention-days", "42"], "the closest it allows: 30 or 60"),
        (&["--retention-days", "many"], "invalid value 'many' for '--retention-days <DAYS>'"),
        (&["--retention-days", "forever"], "Enter a number of days, such as 365, or `never`."),
        (&["--region", "eu-wst-1"], "There is no Region `eu-wst-1`; did you mean `eu-west-1`?"),
        (&["--endpoint-url", "nonsense"], "`nonsense` isn't a URL"),
        (&["--nonsense"], "unexpected argument '--nonsense'"),
    ];
    for command in ["plan", "apply"] {
        for (args, expected) in cases {
            let all = [&[command][..], if command == "apply" { &["--yes"] } else { &[] }, args].concat();
            unreachable_endpoint(&all).output().exits(2).with_empty_stdout().stderr_contains(expected);
        }
    }
}

#[test]
fn all_invalid_options_are_reported_together() {
    unreachable_endpoint(&["plan", "--trail", "a b", "--retention-days", "42", "--email", "x"])
        .output()
        .exits(2)
        .stderr_contains("--trail:")
        .stderr_contains("--retention-days:")
        .stderr_contains("--email:");
}

#[test]
fn without_a_terminal_the_wizard_names_the_command_to_use_instead() {
    let output = Program::new(&[]).output().exits(2).with_empty_stdout();
    output.stderr_contains("`rootbell apply --yes --email you@example.com`").stderr_contains("`rootbell --help`");
}

#[test]
fn without_a_terminal_apply_needs_yes() {
    let aws = EmulatedAws::new("us-east-1");
    let output = aws.rootbell(&["apply"]).args(EMAIL).stdin("y\n").output().exits(2).with_empty_stdout();
    output.stderr_contains("--yes").stderr_contains("Nothing was changed");
    assert_eq!(aws.proxy.operations(), Vec::<String>::new());
}

#[test]
fn destroying_the_demo_account_lists_what_is_deleted_and_what_is_kept() {
    let look = Program::new(&["destroy", "--demo=ringing", "--with-logs", "--format", "text"]).output().exits(3);
    insta::assert_snapshot!("destroy_text", look.stdout);
    let done = Program::new(&["destroy", "--demo=ringing", "--yes"]).output().exits(0);
    insta::assert_snapshot!("destroy_result", done.stdout);
    let nothing = Program::new(&["destroy", "--demo=fresh", "--yes"]).output().exits(0);
    assert!(nothing.stdout.starts_with("Nothing to delete"), "{nothing:#?}");
    let halfway = Program::new(&["destroy", "--demo=half-done", "--with-logs", "--yes"]).output().exits(0);
    assert!(halfway.stdout.contains("AWS removes it within a few days"), "{halfway:#?}");
    let denied = Program::new(&["destroy", "--demo=expired", "--yes"]).output().exits(1).with_empty_stdout();
    denied.stderr_contains("expired");
}

#[test]
fn policy_prints_a_document_for_the_use_case_and_names_given() {
    for use_case in ["setup", "watch", "test", "destroy"] {
        let output = Program::new(&["policy", use_case, "--demo"]).output().exits(0).json();
        assert_eq!(output["Version"], "2012-10-17");
        assert!(output["Statement"].as_array().unwrap().len() > 3, "{output}");
    }
    insta::assert_snapshot!("policy_watch", Program::new(&["policy", "watch", "--demo"]).output().exits(0).stdout);
    let named = Program::new(&["policy", "test", "--demo", "--alarm", "root rings"]).output().exits(0);
    assert!(named.stdout.contains(":alarm:root rings\""), "{named:#?}");
    assert!(!named.stdout.contains("Delete"), "{named:#?}");
    Program::new(&["policy", "watch", "--with-logs", "--demo"])
        .output()
        .exits(2)
        .stderr_contains("`rootbell policy destroy`");
    Program::new(&["policy", "everything", "--demo"])
        .output()
        .exits(2)
        .stderr_contains("possible values: setup, watch, test, destroy");
    Program::new(&["policy", "setup", "--topic", "a b", "--demo"]).output().exits(2).stderr_contains("--topic:");
}

#[test]
fn missing_credentials_are_explained_with_the_fix() {
    let commands: [&[&str]; 9] = [
        &["plan"],
        &["apply", "--yes"],
        &["status"],
        &["status", "--json"],
        &["test", "--json"],
        &["test", "--drill", "--yes"],
        &["events"],
        &["destroy", "--yes"],
        &["policy", "setup"],
    ];
    for command in commands {
        let url = format!("http://127.0.0.1:{}", closed_port());
        let program = Program::new(command).env("AWS_REGION", "eu-west-1").env("AWS_ENDPOINT_URL", url);
        program
            .output()
            .exits(1)
            .with_empty_stdout()
            .stderr_contains("no credentials")
            .stderr_contains("`aws login`")
            .stderr_contains("--demo");
    }
}

#[test]
fn a_missing_region_is_explained_with_the_option() {
    let output = Program::new(&["status"]).signed_in().output().exits(2).with_empty_stdout();
    output.stderr_contains("--region us-east-1");
}

#[test]
fn an_unknown_profile_is_named_along_with_the_existing_ones() {
    let program = Program::new(&["status", "--profile", "prodd", "--region", "eu-west-1"]);
    let program = program.file(".aws/config", "[profile prod]\nregion = eu-west-1\n");
    program.output().exits(1).with_empty_stdout().stderr_contains("`prodd`").stderr_contains("`prod`");
}

#[test]
fn expired_credentials_name_the_command_to_sign_in_again() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.expire();
    for command in [&["plan"][..], &["apply", "--yes", "--json"], &["status", "--json"]] {
        let output = aws.rootbell(command).output().exits(1).with_empty_stdout();
        output
            .stderr_contains("expired")
            .stderr_contains("Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN together");
    }
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
}

#[test]
fn credentials_that_expire_during_apply_still_give_a_complete_result() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.refuse("CreateTrail", 99, 400, "ExpiredTokenException", "The security token included is expired");
    let output = aws.rootbell(&["apply", "--yes", "--json"]).args(EMAIL).output().exits(1);
    assert_eq!(output.json()["failed"][0]["id"], "trail.create", "{output:#?}");
    assert!(output.json()["failed"][0]["fix"].as_str().unwrap().contains("AWS_SESSION_TOKEN"), "{output:#?}");
}

#[test]
fn a_bucket_name_taken_by_another_account_gets_a_suggestion() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.deny("HeadBucket");
    let output =
        aws.rootbell(&["apply", "--yes", "--bucket", "taken"]).args(EMAIL).output().exits(1).with_empty_stdout();
    output.stderr_contains("The bucket name `taken` is taken").stderr_contains("`taken-logs` (--bucket)");
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());

    // It may also turn out only when the bucket is created.
    aws.proxy.clear_faults();
    aws.proxy.refuse("CreateBucket", 9, 409, "BucketAlreadyExists", "The requested bucket name is not available.");
    let output = aws.rootbell(&["apply", "--yes", "--bucket", "taken"]).args(EMAIL).output().exits(1);
    output.stderr_contains("`taken-logs` (--bucket)");
}

#[test]
fn a_refused_connection_is_explained() {
    let commands: [&[&str]; 5] =
        [&["plan"], &["apply", "--yes", "--json"], &["status", "--json"], &["test", "--json"], &["events", "--json"]];
    for command in commands {
        unreachable_endpoint(command)
            .output()
            .exits(1)
            .with_empty_stdout()
            .stderr_contains("no connection")
            .stderr_contains("AWS_ENDPOINT_URL");
    }
}

#[test]
fn an_endpoint_that_is_not_aws_is_explained() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = std::io::Write::write_all(
                &mut stream,
                b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>hi</html>",
            );
        }
    });
    let output =
        unreachable_endpoint(&["status", "--json", "--endpoint-url", &url]).output().exits(1).with_empty_stdout();
    output.stderr_contains("GetCallerIdentity");
}

#[test]
fn ctrl_c_ends_a_command_while_the_endpoint_never_responds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let took = [&["plan"][..], &["apply", "--yes"], &["status"], &["test"], &["events"]].map(|command| {
        let running = unreachable_endpoint(command).arg("--endpoint-url").arg(&url).start();
        let _silent = listener.accept().unwrap();
        let signaled_at = Instant::now();
        running.signal("INT");
        running.wait_for_signal(SOON);
        signaled_at.elapsed()
    });
    // The actual limit is 100 ms, but the machine may be busy.
    assert!(took.iter().any(|took| *took < Duration::from_secs(1)), "{took:?}");
}

#[test]
fn a_broken_pipe_is_silent() {
    for command in [&["status"][..], &["plan", "--format", "json"], &["plan", "--format", "aws-cli"]] {
        let output = Program::new(command).arg("--demo").without_stdout().output();
        assert_eq!(output.stderr.lines().count(), 1, "only the note that it is a demo: {output:#?}");
        output.exits(3);
    }
    Program::new(&["events", "--demo=ringing"]).without_stdout().output().exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported() {
    let output = Program::new(&["status", "--json", "--demo"]).stdout_to("/dev/full").output().exits(1);
    output.stderr_contains("The output could not be written");
}

#[test]
fn the_log_file_contains_no_secrets() {
    let aws = EmulatedAws::new("us-east-1");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("rootbell.log");
    aws.proxy.refuse("CreateTrail", 1, 400, "InvalidCloudWatchLogsRoleArnException", "Access denied.");
    let program = aws.rootbell(&["apply", "--yes", "-vvv"]).arg("--log-file").arg(&path).args(EMAIL);
    program.env("AWS_SESSION_TOKEN", "secret-token").env("RUST_LOG", "trace").output().exits(0);
    let log = std::fs::read_to_string(path).unwrap();
    for expected in [
        "started id=\"trail.create\"",
        "retrying id=\"trail.create\" attempt=2 because=\"Access denied.\"",
        "done id=\"trail.create\"",
        "answered operation=\"DescribeTrails\"",
        "failed operation=\"CreateTrail\" resource=\"rootbell\" kind=EventualConsistency why=\"Access denied.\"",
        "request method=\"POST\" host=\"127.0.0.1",
    ] {
        assert!(log.contains(expected), "{expected} not in {log}");
    }
    for secret in ["test-secret-key", "secret-token", "Signature", "authorization"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let output = Program::new(&["status", "--demo", "--log-file", "/nowhere/at/all"]).output().exits(2);
    output.with_empty_stdout().stderr_contains("--log-file: `/nowhere/at/all` cannot be written");
    Program::new(&["status", "-v"]).output().exits(2).stderr_contains("--log-file");
}

#[test]
fn the_log_level_follows_the_verbosity() {
    let aws = EmulatedAws::new("us-east-1");
    let home = tempfile::tempdir().unwrap();
    let log = |name: &str, verbose: &[&str]| {
        aws.reset();
        aws.proxy.deny("CreateTopic");
        let path = home.path().join(name);
        let program = aws.rootbell(&["apply", "--yes"]).arg("--log-file").arg(&path).args(EMAIL);
        verbose.iter().fold(program, Program::arg).output().exits(1);
        let log = std::fs::read_to_string(path).unwrap();
        assert!(log.contains("done id=\"bucket.create\""), "{log}");
        assert!(log.contains("failed id=\"topic.create\" why=\"CreateTopic (sns) on"), "{log}");
        assert!(log.contains("skipped id=\"alarm.put\" needs=\"topic.create\""), "{log}");
        assert!(log.contains("failed operation=\"CreateTopic\" resource="), "{log}");
        let levels =
            [("failed id=", "ERROR"), ("skipped id=", "WARN"), ("failed operation=", "WARN"), ("done id=", "INFO")];
        for (output, level) in levels {
            let line = log.lines().find(|line| line.contains(output)).unwrap();
            assert!(line.contains(&format!(" {level} ")), "{line}");
        }
        ["INFO", "DEBUG", "TRACE"].map(|level| log.contains(&format!(" {level} rootbell")))
    };
    assert_eq!(log("0", &[]), [true, false, false]);
    assert_eq!(log("1", &["-v"]), [true, true, false]);
    assert_eq!(log("2", &["-vv"]), [true, true, true]);
}

#[test]
fn an_account_in_china_is_refused_because_it_has_no_root_user() {
    let answer = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                  <GetCallerIdentityResult><Arn>arn:aws-cn:iam::123456789012:user/a</Arn><UserId>A</UserId>\
                  <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let aws = EmulatedAws::new("cn-north-1");
    aws.proxy.answer_with("GetCallerIdentity", 200, answer);
    for command in [&["plan"][..], &["apply", "--yes"], &["status"]] {
        aws.rootbell(command).output().exits(1).with_empty_stdout().stderr_contains("no root user");
    }
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
}

#[test]
fn a_caller_signed_in_as_root_is_warned() {
    let aws = EmulatedAws::new("us-east-1");
    aws.rootbell(&["status"]).output().exits(3).stderr_contains("Warning: You are signed in as root");
}

#[test]
fn apply_at_a_terminal_asks_for_confirmation_and_accepts_no() {
    let aws = EmulatedAws::new("us-east-1");
    let mut terminal = aws.rootbell(&["apply"]).args(EMAIL).pty(160, 50);
    terminal.wait_for("Apply these 18 changes to account 000000000000 in us-east-1? [y/N]");
    terminal.press(key::ENTER);
    assert_eq!(terminal.wait_exit().code, 1);
    assert!(terminal.screen().contains("Nothing was changed."), "{}", terminal.screen());
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());

    let mut terminal = aws.rootbell(&["apply"]).args(EMAIL).pty(160, 50);
    terminal.wait_for("[y/N]");
    terminal.press("y");
    terminal.press(key::ENTER);
    terminal.wait_for("Set up: 18 changes made");
    assert_eq!(terminal.wait_exit().code, 0);
    terminal.assert_restored();
}

#[test]
fn ctrl_c_at_the_confirmation_changes_nothing() {
    let aws = EmulatedAws::new("us-east-1");
    let mut terminal = aws.rootbell(&["apply"]).args(EMAIL).pty(160, 50);
    terminal.wait_for("[y/N]");
    terminal.press(key::CTRL_C);
    assert_eq!(terminal.wait_exit().code, 1);
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
    terminal.assert_restored();
}

#[test]
fn a_setup_without_an_email_address_is_refused() {
    let aws = EmulatedAws::new("us-east-1");
    for args in [&["plan"][..], &["plan", "--format", "json"], &["apply", "--yes", "--json"]] {
        aws.rootbell(args).output().exits(1).with_empty_stdout().stderr_contains("Enter an email address (--email)");
    }
}

#[test]
fn a_demo_is_labeled_and_an_unknown_scenario_is_refused() {
    Program::new(&["status", "--demo"]).output().exits(3).stderr_contains("Demo");
    Program::new(&["apply", "--yes", "--demo"]).args(EMAIL).output().exits(0).stderr_contains("retrying");
    let output = Program::new(&["status", "--demo=nonsense"]).output().exits(2).with_empty_stdout();
    output.stderr_contains("There is no demo account `nonsense`");
}

#[test]
fn json_output_of_a_demo_is_marked() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        // It needs the link of an email; the tests of `confirm` check its output.
        if name == "confirm" {
            continue;
        }
        let json: &[&str] = match command.get_arguments().find(|a| ["json", "format"].contains(&a.get_id().as_str())) {
            Some(argument) if argument.get_id() == "json" => &["--json"],
            Some(_) => &["--format", "json"],
            None => continue,
        };
        // The options that a command needs to give a result.
        let rest: &[&str] = match name {
            "apply" => &["--yes", "--email", "a@example.com"],
            _ => &[],
        };
        let output = Program::new(&[&[name, "--demo"], json, rest].concat()).output().well_behaved();
        assert_eq!(output.json()["demo"], true, "{output:#?}");
    }
    let aws = EmulatedAws::new("us-east-1");
    let output = aws.rootbell(&["status", "--json"]).output().exits(3);
    assert_eq!(output.json().get("demo"), None, "a real account is not a demo");
}

#[test]
fn status_of_an_account_in_alarm_says_so_first() {
    let output = Program::new(&["status", "--demo=ringing"]).output().exits(0);
    let first = output.stdout.lines().next().unwrap();
    assert!(first.starts_with("ALARM: the alarm `rootbell-root-use` is in ALARM since 20"), "{output:#?}");
    assert!(!output.stdout.contains("monitored"), "{output:#?}");
}

#[test]
fn quoted_words_contain_no_control_characters_and_sh_reads_them_back() {
    for word in ["a\u{1b}[2Jb", "100%\\n'x'\u{9b}31m", "right\u{202e}left\n", "tab\there\n\n", "\u{7}"] {
        let quoted = quote(word);
        assert_eq!(escape_controls_in_lines(&quoted), quoted, "{word:?}");
        let read = Command::new("sh").arg("-c").arg(format!("printf %s {quoted}x")).output().unwrap();
        assert_eq!(String::from_utf8(read.stdout).unwrap(), format!("{word}x"), "{quoted}");
    }
}
