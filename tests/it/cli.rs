//! The command line as scripts and people meet it: help, bad input, and every kind of trouble before the first change.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::CommandFactory;
use rootbell::cli::Cli;
use rootbell::domain::change::quote;
use rootbell::domain::text::escape_controls_in_lines;

use crate::support::World;
use crate::support::emulator::free_port;
use crate::support::program::Program;
use crate::support::pty::key;

const EMAIL: [&str; 2] = ["--email", "a@example.com"];

/// Signed in, for a region, and with nobody at the other end.
fn nowhere(args: &[&str]) -> Program {
    let url = format!("http://127.0.0.1:{}", free_port());
    Program::new(args).signed_in().env("AWS_REGION", "eu-west-1").env("AWS_ENDPOINT_URL", url)
}

#[test]
fn the_help_has_examples_and_stays_as_it_is() {
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
        ("help_policy", &["policy", "--help"]),
    ] {
        let said = Program::new(args).env("COLUMNS", "100").output().exits(0);
        assert_eq!(said.stderr, "");
        assert!(said.stdout.contains("Examples:"), "{said:#?}");
        insta::assert_snapshot!(name, said.stdout);
    }
}

#[test]
fn every_command_shows_how_it_is_used() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let said = Program::new(&[name, "--help"]).output().exits(0);
        assert!(said.stdout.contains(&format!("Examples:\n  rootbell {name}")), "{said:#?}");
    }
}

#[test]
fn the_version_is_said_with_the_commit_where_it_is_known() {
    let said = Program::new(&["--version"]).output().exits(0).stdout;
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "rev-parse", "--show-cdup", "HEAD"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let git = git.output().map(|out| String::from_utf8(out.stdout).unwrap()).unwrap_or_default();
    let bare = format!("rootbell {}", env!("CARGO_PKG_VERSION"));
    // The first line is empty where the repository begins here, and not around it.
    match git.split_once('\n') {
        Some(("", head)) => assert_eq!(said, format!("{bare} ({})\n", &head[..9])),
        // Without git, or without a repository: see version.rs.
        _ => assert!(said.starts_with(&bare), "{said}"),
    }
}

#[test]
fn every_shell_gets_completions_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = Program::new(&["completions", shell]).output().exits(0);
        for word in ["rootbell", "apply", "retention-days"] {
            assert!(said.stdout.contains(word), "{shell}: no {word}");
        }
        assert_eq!(said.stderr, "");
    }
    let said = Program::new(&["completions", "bash"]).output().exits(0);
    let script =
        format!("{}\nCOMP_WORDS=(rootbell st) COMP_CWORD=1; _rootbell rootbell st; echo \"$COMPREPLY\"", said.stdout);
    assert_eq!(Program::other("bash", &["-c", &script]).output().exits(0).stdout, "status\n");
    Program::new(&["completions", "cmd"]).output().exits(2).says("[possible values: bash,");
}

#[test]
fn the_manual_has_a_page_for_the_program_and_one_for_each_command() {
    let said = Program::new(&["man"]).output().exits(0);
    assert!(said.stdout.contains(".TH rootbell 1") && said.stdout.contains("Exit status"), "{said:#?}");
    let said = Program::new(&["man", "apply"]).output().exits(0);
    assert!(said.stdout.contains(r"\-\-retention\-days") && said.stdout.contains("Applying twice"), "{said:#?}");
    Program::new(&["man", "aply"]).output().exits(2).without_result().says("`aply`").says("apply, status");
}

#[test]
fn bad_input_is_refused_before_anything_is_asked_with_what_would_be_right() {
    let cases: [(&[&str], &str); 19] = [
        (&["--trail", "my trail"], "--trail: A trail name has no spaces"),
        (&["--trail", ""], "--trail: A trail name is needed"),
        (&["--bucket", "My-Bucket"], "--bucket: A bucket name has no 'M': small letters"),
        (&["--log-group", "a b"], "--log-group: A log group name has no spaces"),
        (&["--role", "a/b"], "--role: A role name has no '/'"),
        (&["--topic", "alerts.fifo"], "--topic: A FIFO topic takes no e-mail"),
        (&["--filter", "a:b"], "--filter: A filter name has no :"),
        (&["--pattern", ""], "--pattern: The pattern is empty. Without --pattern, the auditors' own is used."),
        (&["--filter", "a\nb"], "--filter: A filter name has no '\\n'"),
        (&["--filter", " "], "--filter: A filter name is needed."),
        (&["--pattern", "ERROR"], "--pattern: A pattern for JSON events stands in { braces }"),
        (&["--alarm", "ring\u{7}"], "--alarm: An alarm name has no"),
        (&["--email", "alice.example.com"], "an address looks like alice@example.com"),
        (&["--email", "a@example.com", "--email", "b"], "--email: `b`"),
        (&["--retention-days", "42"], "the nearest it takes: 30 or 60"),
        (&["--retention-days", "many"], "invalid value 'many' for '--retention-days <DAYS>'"),
        (&["--region", "eu-wst-1"], "There is no region `eu-wst-1`; did you mean `eu-west-1`?"),
        (&["--endpoint-url", "nonsense"], "`nonsense` isn't a URL"),
        (&["--nonsense"], "unexpected argument '--nonsense'"),
    ];
    for command in ["plan", "apply"] {
        for (args, said) in cases {
            let all = [&[command][..], if command == "apply" { &["--yes"] } else { &[] }, args].concat();
            nowhere(&all).output().exits(2).without_result().says(said);
        }
    }
}

#[test]
fn every_wrong_word_is_named_at_once() {
    nowhere(&["plan", "--trail", "a b", "--retention-days", "42", "--email", "x"])
        .output()
        .exits(2)
        .says("--trail:")
        .says("--retention-days:")
        .says("--email:");
}

#[test]
fn without_a_terminal_the_wizard_names_the_command_that_needs_none() {
    let said = Program::new(&[]).output().exits(2).without_result();
    said.says("`rootbell apply --yes --email you@example.com`").says("`rootbell --help`");
}

#[test]
fn without_a_terminal_nothing_is_applied_unless_yes_is_said() {
    let world = World::new("us-east-1");
    let said = world.rootbell(&["apply"]).args(EMAIL).stdin("y\n").output().exits(2).without_result();
    said.says("--yes").says("Nothing is changed");
    assert_eq!(world.proxy.operations(), Vec::<String>::new());
}

#[test]
fn leaving_the_demo_account_says_what_goes_and_what_stays() {
    let look = Program::new(&["destroy", "--demo=ringing", "--with-logs", "--format", "text"]).output().exits(3);
    insta::assert_snapshot!("destroy_text", look.stdout);
    let done = Program::new(&["destroy", "--demo=ringing", "--yes"]).output().exits(0);
    insta::assert_snapshot!("destroy_result", done.stdout);
    let nothing = Program::new(&["destroy", "--demo=fresh", "--yes"]).output().exits(0);
    assert!(nothing.stdout.starts_with("Nothing to take away"), "{nothing:#?}");
    let halfway = Program::new(&["destroy", "--demo=half-done", "--with-logs", "--yes"]).output().exits(0);
    assert!(halfway.stdout.contains("goes by itself within 48 hours"), "{halfway:#?}");
    let denied = Program::new(&["destroy", "--demo=expired", "--yes"]).output().exits(1).without_result();
    denied.says("expired");
}

#[test]
fn a_policy_is_a_document_of_its_use_and_of_the_names_given() {
    for of in ["setup", "watch", "test", "destroy"] {
        let said = Program::new(&["policy", of, "--demo"]).output().exits(0).json();
        assert_eq!(said["Version"], "2012-10-17");
        assert!(said["Statement"].as_array().unwrap().len() > 3, "{said}");
    }
    insta::assert_snapshot!("policy_watch", Program::new(&["policy", "watch", "--demo"]).output().exits(0).stdout);
    let named = Program::new(&["policy", "test", "--demo", "--alarm", "root rings"]).output().exits(0);
    assert!(named.stdout.contains(":alarm:root rings\""), "{named:#?}");
    assert!(!named.stdout.contains("Delete"), "{named:#?}");
    Program::new(&["policy", "watch", "--with-logs", "--demo"]).output().exits(2).says("`rootbell policy destroy`");
    Program::new(&["policy", "everything", "--demo"])
        .output()
        .exits(2)
        .says("possible values: setup, watch, test, destroy");
    Program::new(&["policy", "setup", "--topic", "a b", "--demo"]).output().exits(2).says("--topic:");
}

#[test]
fn no_credentials_is_a_sentence_that_names_the_way_out() {
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
        let url = format!("http://127.0.0.1:{}", free_port());
        let program = Program::new(command).env("AWS_REGION", "eu-west-1").env("AWS_ENDPOINT_URL", url);
        program.output().exits(1).without_result().says("no credentials").says("`aws login`").says("--demo");
    }
}

#[test]
fn no_region_says_how_to_name_one() {
    let said = Program::new(&["status"]).signed_in().output().exits(2).without_result();
    said.says("--region us-east-1");
}

#[test]
fn a_profile_that_is_not_there_is_named_beside_those_that_are() {
    let program = Program::new(&["status", "--profile", "prodd", "--region", "eu-west-1"]);
    let program = program.file(".aws/config", "[profile prod]\nregion = eu-west-1\n");
    program.output().exits(1).without_result().says("`prodd`").says("`prod`");
}

#[test]
fn expired_credentials_name_the_command_that_mends_them() {
    let world = World::new("us-east-1");
    world.proxy.expire();
    for command in [&["plan"][..], &["apply", "--yes", "--json"], &["status", "--json"]] {
        let said = world.rootbell(command).output().exits(1).without_result();
        said.says("expired").says("Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN together");
    }
    assert_eq!(world.proxy.writes(), Vec::<String>::new());
}

#[test]
fn credentials_that_expire_on_the_way_leave_no_half_result() {
    let world = World::new("us-east-1");
    world.proxy.refuse("CreateTrail", 99, 400, "ExpiredTokenException", "The security token included is expired");
    let said = world.rootbell(&["apply", "--yes", "--json"]).args(EMAIL).output().exits(1);
    assert_eq!(said.json()["failed"][0]["id"], "trail.create", "{said:#?}");
    assert!(said.json()["failed"][0]["fix"].as_str().unwrap().contains("AWS_SESSION_TOKEN"), "{said:#?}");
}

#[test]
fn somebody_elses_bucket_proposes_another_name() {
    let world = World::new("us-east-1");
    world.proxy.deny("HeadBucket");
    let said = world.rootbell(&["apply", "--yes", "--bucket", "taken"]).args(EMAIL).output().exits(1).without_result();
    said.says("The bucket name `taken` is taken").says("`taken-logs` (--bucket)");
    assert_eq!(world.proxy.writes(), Vec::<String>::new());

    // It may as well turn out only when the bucket is made.
    world.proxy.clear();
    world.proxy.refuse("CreateBucket", 9, 409, "BucketAlreadyExists", "The requested bucket name is not available.");
    let said = world.rootbell(&["apply", "--yes", "--bucket", "taken"]).args(EMAIL).output().exits(1);
    said.says("`taken-logs` (--bucket)");
}

#[test]
fn an_endpoint_that_refuses_is_a_sentence_about_the_connection() {
    let commands: [&[&str]; 5] =
        [&["plan"], &["apply", "--yes", "--json"], &["status", "--json"], &["test", "--json"], &["events", "--json"]];
    for command in commands {
        nowhere(command).output().exits(1).without_result().says("no connection").says("AWS_ENDPOINT_URL");
    }
}

#[test]
fn an_endpoint_that_is_no_aws_is_a_sentence_too() {
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
    let said = nowhere(&["status", "--json", "--endpoint-url", &url]).output().exits(1).without_result();
    said.says("GetCallerIdentity");
}

#[test]
fn while_an_endpoint_never_answers_ctrl_c_leaves_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for command in [&["plan"][..], &["apply", "--yes"], &["status"], &["test"], &["events"]] {
        let running = nowhere(command).arg("--endpoint-url").arg(&url).start();
        let _silent = listener.accept().unwrap();
        let asked = Instant::now();
        running.signal("INT");
        running.wait_for_signal(Duration::from_secs(2));
        // The limit is 100 ms on a machine that has nothing else to do.
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
}

#[test]
fn a_broken_pipe_is_silent() {
    for command in [&["status"][..], &["plan", "--format", "json"], &["plan", "--format", "aws-cli"]] {
        let said = Program::new(command).arg("--demo").without_stdout().output();
        assert_eq!(said.stderr.lines().count(), 1, "only that it is a demo: {said:#?}");
        said.exits(3);
    }
    Program::new(&["events", "--demo=ringing"]).without_stdout().output().exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_not_silent() {
    let said = Program::new(&["status", "--json", "--demo"]).stdout_to("/dev/full").output().exits(1);
    said.says("The output could not be written");
}

#[test]
fn a_log_goes_to_its_file_without_secrets() {
    let world = World::new("us-east-1");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("rootbell.log");
    world.proxy.refuse("CreateTrail", 1, 400, "InvalidCloudWatchLogsRoleArnException", "Access denied.");
    let program = world.rootbell(&["apply", "--yes", "-vvv"]).arg("--log-file").arg(&path).args(EMAIL);
    program.env("AWS_SESSION_TOKEN", "secret-token").env("RUST_LOG", "trace").output().exits(0);
    let log = std::fs::read_to_string(path).unwrap();
    for said in [
        "started id=\"trail.create\"",
        "retrying id=\"trail.create\" attempt=2 because=\"Access denied.\"",
        "done id=\"trail.create\"",
        "answered operation=\"DescribeTrails\"",
        "failed operation=\"CreateTrail\" resource=\"rootbell\" kind=EventualConsistency why=\"Access denied.\"",
        "request method=\"POST\" host=\"127.0.0.1",
    ] {
        assert!(log.contains(said), "{said} not in {log}");
    }
    for secret in ["test-secret-key", "secret-token", "Signature", "authorization"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let said = Program::new(&["status", "--demo", "--log-file", "/nowhere/at/all"]).output().exits(2);
    said.without_result().says("--log-file: `/nowhere/at/all` cannot be written");
    Program::new(&["status", "-v"]).output().exits(2).says("--log-file");
}

#[test]
fn the_log_says_as_much_as_is_asked_for() {
    let world = World::new("us-east-1");
    let home = tempfile::tempdir().unwrap();
    let log = |name: &str, verbose: &[&str]| {
        world.reset();
        world.proxy.deny("CreateTopic");
        let path = home.path().join(name);
        let program = world.rootbell(&["apply", "--yes"]).arg("--log-file").arg(&path).args(EMAIL);
        verbose.iter().fold(program, Program::arg).output().exits(1);
        let log = std::fs::read_to_string(path).unwrap();
        assert!(log.contains("done id=\"bucket.create\""), "{log}");
        assert!(log.contains("failed id=\"topic.create\" why=\"CreateTopic (sns) on"), "{log}");
        assert!(log.contains("skipped id=\"alarm.put\" needs=\"topic.create\""), "{log}");
        assert!(log.contains("failed operation=\"CreateTopic\" resource="), "{log}");
        let levels =
            [("failed id=", "ERROR"), ("skipped id=", "WARN"), ("failed operation=", "WARN"), ("done id=", "INFO")];
        for (said, level) in levels {
            let line = log.lines().find(|line| line.contains(said)).unwrap();
            assert!(line.contains(&format!(" {level} ")), "{line}");
        }
        ["INFO", "DEBUG", "TRACE"].map(|level| log.contains(&format!(" {level} rootbell")))
    };
    assert_eq!(log("0", &[]), [true, false, false]);
    assert_eq!(log("1", &["-v"]), [true, true, false]);
    assert_eq!(log("2", &["-vv"]), [true, true, true]);
}

#[test]
fn an_account_in_china_has_no_root_user_to_ring_for() {
    let answer = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                  <GetCallerIdentityResult><Arn>arn:aws-cn:iam::123456789012:user/a</Arn><UserId>A</UserId>\
                  <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let world = World::new("cn-north-1");
    world.proxy.say("GetCallerIdentity", 200, answer);
    for command in [&["plan"][..], &["apply", "--yes"], &["status"]] {
        world.rootbell(command).output().exits(1).without_result().says("no root user");
    }
    assert_eq!(world.proxy.writes(), Vec::<String>::new());
}

#[test]
fn the_root_user_is_warned_that_this_very_use_would_ring() {
    let world = World::new("us-east-1");
    world.rootbell(&["status"]).output().exits(3).says("Warning: You are signed in as root");
}

#[test]
fn somebody_at_a_terminal_is_asked_and_no_is_no() {
    let world = World::new("us-east-1");
    let mut terminal = world.rootbell(&["apply"]).args(EMAIL).pty(160, 50);
    terminal.wait_for("Apply these 15 changes to account 000000000000 in us-east-1? [y/N]");
    terminal.press(key::ENTER);
    assert_eq!(terminal.wait_exit().code, 1);
    assert!(terminal.screen().contains("Nothing is changed."), "{}", terminal.screen());
    assert_eq!(world.proxy.writes(), Vec::<String>::new());

    let mut terminal = world.rootbell(&["apply"]).args(EMAIL).pty(160, 50);
    terminal.wait_for("[y/N]");
    terminal.press("y");
    terminal.press(key::ENTER);
    terminal.wait_for("Set up: 15 changes made");
    assert_eq!(terminal.wait_exit().code, 0);
    terminal.assert_restored();
}

#[test]
fn ctrl_c_at_the_question_changes_nothing() {
    let world = World::new("us-east-1");
    let mut terminal = world.rootbell(&["apply"]).args(EMAIL).pty(160, 50);
    terminal.wait_for("[y/N]");
    terminal.press(key::CTRL_C);
    assert_eq!(terminal.wait_exit().code, 1);
    assert_eq!(world.proxy.writes(), Vec::<String>::new());
    terminal.assert_restored();
}

#[test]
fn without_an_address_nobody_would_be_told_and_that_is_refused() {
    let world = World::new("us-east-1");
    for args in [&["plan"][..], &["plan", "--format", "json"], &["apply", "--yes", "--json"]] {
        world.rootbell(args).output().exits(1).without_result().says("give an e-mail address (--email)");
    }
}

#[test]
fn a_demo_is_said_to_be_one_and_an_unknown_one_is_refused() {
    Program::new(&["status", "--demo"]).output().exits(3).says("Demo");
    Program::new(&["apply", "--yes", "--demo"]).args(EMAIL).output().exits(0).says("retrying");
    let said = Program::new(&["status", "--demo=nonsense"]).output().exits(2).without_result();
    said.says("There is no demo account `nonsense`");
}

#[test]
fn every_json_of_a_demo_says_that_it_is_one() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let json: &[&str] = match command.get_arguments().find(|a| ["json", "format"].contains(&a.get_id().as_str())) {
            Some(argument) if argument.get_id() == "json" => &["--json"],
            Some(_) => &["--format", "json"],
            None => continue,
        };
        // What a command needs so that it comes to its result.
        let rest: &[&str] = match name {
            "apply" => &["--yes", "--email", "a@example.com"],
            _ => &[],
        };
        let said = Program::new(&[&[name, "--demo"], json, rest].concat()).output().decent();
        assert_eq!(said.json()["demo"], true, "{said:#?}");
    }
    let world = World::new("us-east-1");
    let said = world.rootbell(&["status", "--json"]).output().exits(3);
    assert_eq!(said.json().get("demo"), None, "a real account is none");
}

#[test]
fn a_bell_that_rings_is_not_said_to_be_armed() {
    let said = Program::new(&["status", "--demo=ringing"]).output().exits(0);
    let first = said.stdout.lines().next().unwrap();
    assert!(first.starts_with("RINGING: the alarm `rootbell-root-use` is in ALARM since 20"), "{said:#?}");
    assert!(!said.stdout.contains("armed"), "{said:#?}");
}

#[test]
fn nothing_in_a_command_steers_the_terminal_and_sh_reads_it_back_all_the_same() {
    for word in ["a\u{1b}[2Jb", "100%\\n'x'\u{9b}31m", "right\u{202e}left\n", "tab\there\n\n", "\u{7}"] {
        let quoted = quote(word);
        assert_eq!(escape_controls_in_lines(&quoted), quoted, "{word:?}");
        let read = Command::new("sh").arg("-c").arg(format!("printf %s {quoted}x")).output().unwrap();
        assert_eq!(String::from_utf8(read.stdout).unwrap(), format!("{word}x"), "{quoted}");
    }
}
