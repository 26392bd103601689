//! `rootbell doctor`: what a bug report needs, and what to do if the sign-in fails.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::args::{DoctorOptions, GlobalOptions};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::fix_text;
use crate::cli::output::console::Console;
use crate::cli::output::json;
use crate::cloud::diagnosis::{Reached, Sourced};
use crate::cloud::{Answer, CloudError, Connector, ErrorKind, clock_error_in_words};
use crate::domain::profile::{SsoSession, SsoState};
use crate::domain::text::escape_controls;
use crate::domain::{Identity, Verdict};
use crate::engine::doctor::{ClockError, Examination, examine};
use terminal::Terminal;

mod terminal;

/// One line of the report.
struct Part {
    id: &'static str,
    title: &'static str,
    verdict: Verdict,
    detail: String,
    /// What to do; empty if there is nothing to do.
    fix: String,
}

impl Part {
    fn new(id: &'static str, title: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { id, title, verdict, detail: detail.into(), fix: String::new() }
    }

    fn ok(id: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(id, title, Verdict::Ok, detail)
    }

    fn failed(id: &'static str, title: &'static str, error: &CloudError) -> Self {
        let verdict = match error.kind {
            ErrorKind::NoCredentials | ErrorKind::NoProfile | ErrorKind::NoRegion => Verdict::Missing,
            ErrorKind::Timeout | ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Other => Verdict::Unknown,
            _ => Verdict::Wrong,
        };
        Self { fix: fix(error), ..Self::new(id, title, verdict, why(error)) }
    }

    /// A setting with where it came from; `flag` is the option for it.
    fn setting(id: &'static str, title: &'static str, flag: &str, setting: &Answer<Sourced>) -> Self {
        match setting {
            Ok(setting) => Self::ok(id, title, with_origin(setting, flag)),
            Err(error) => Self::failed(id, title, error),
        }
    }

    fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: fix.into(), ..self }
    }
}

/// Why something failed, without what may be secret.
fn why(error: &CloudError) -> String {
    match error.kind {
        ErrorKind::ProcessFailed => {
            "The credential_process of the profile failed; what it printed is left out here, because it may be secret."
                .to_owned()
        }
        // It says how long.
        ErrorKind::Timeout if error.operation.is_empty() => format!("{}.", error.message),
        _ => error.why(),
    }
}

fn fix(error: &CloudError) -> String {
    match error.kind {
        // The usual advice is about changes.
        ErrorKind::Timeout => fix_text(&CloudError::local(ErrorKind::Offline, "").fix()),
        _ => fix_text(&error.fix()),
    }
}

pub(in crate::cli) async fn run(
    options: &DoctorOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, CommandError> {
    if global.demo.is_some() {
        console.eprint("Demo: a simulated account. Nothing here is real, and nothing is kept.");
    }
    let size = terminal_size::terminal_size().map(|(columns, rows)| (columns.0, rows.0));
    let terminal = Terminal::read(&|name| std::env::var(name).ok(), size);
    let found = examine(connector, &global.target(), now).await;
    let parts = parts(&found, &terminal, now());
    if options.json {
        console.print_raw(&json::render(global.demo.is_some(), &document(&found, &terminal, &parts)));
    } else {
        console.print(text(&parts));
    }
    Ok(if found.is_empty() { Exit::Failed } else { Exit::Done })
}

/// All lines of the report, in this order.
fn parts(found: &Examination, terminal: &Terminal, now: Timestamp) -> Vec<Part> {
    let origins = &found.origins;
    let mut parts = vec![
        Part::ok("version", "Version", format!("{} with {}", env!("ROOTBELL_VERSION"), features().join(", "))),
        Part::ok("os", "System", operating_system()),
        match terminal.problem() {
            None => Part::ok("terminal", "Terminal", terminal.describe()),
            Some(problem) => Part::new("terminal", "Terminal", Verdict::Wrong, terminal.describe()).with_fix(problem),
        },
        match &origins.files {
            Ok(files) => {
                let files: Vec<&str> = files.iter().map(|file| file.value.as_str()).collect();
                Part::ok("files", "Configuration", files.join(", "))
            }
            Err(error) => Part::failed("files", "Configuration", error),
        },
        Part::setting("profile", "Profile", "--profile", &origins.profile),
        Part::setting("region", "Region", "--region", &origins.region),
        Part::setting("credentials", "Credentials", "", &origins.credentials),
        match &origins.endpoint {
            Ok(Some(endpoint)) => Part::ok("endpoint", "Endpoint", with_origin(endpoint, "--endpoint-url")),
            Ok(None) => Part::ok("endpoint", "Endpoint", "AWS's own"),
            Err(error) => Part::failed("endpoint", "Endpoint", error),
        },
        proxy(origins.proxy.as_ref(), origins.no_proxy.as_ref()),
        Part::setting("certificates", "Certificates", "", &origins.certificates),
        endpoints(&found.endpoints),
        clock(found.clock()),
        caller(&found.caller),
    ];
    if let Some(session) = &origins.sso {
        let credentials = parts.iter().position(|part| part.id == "credentials").map_or(parts.len(), |i| i + 1);
        parts.insert(credentials, sso_session(session, now));
    }
    // The same advice is given only once, at the last of the lines that need it.
    for i in 0..parts.len() {
        if parts[i + 1..].iter().any(|later| later.fix == parts[i].fix) {
            parts[i].fix.clear();
        }
    }
    parts
}

fn features() -> Vec<&'static str> {
    if cfg!(feature = "aws") { vec!["aws"] } else { vec!["no features"] }
}

/// The system's name, as far as it tells.
///
/// Source: os-release(5), `PRETTY_NAME`.
fn operating_system() -> String {
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).map(|name| name.trim_matches('"'));
    name.map_or(system.clone(), |name| format!("{name} ({system})"))
}

fn with_origin(setting: &Sourced, flag: &str) -> String {
    match setting.from.as_str() {
        "default" => setting.value.clone(),
        "your selection" => format!("{} (from {flag})", setting.value),
        from => format!("{} (from {from})", setting.value),
    }
}

fn proxy(proxy: Option<&Sourced>, no_proxy: Option<&Sourced>) -> Part {
    let without = no_proxy.map(|hosts| format!(", but not for {} ({})", hosts.value, hosts.from));
    let detail = match proxy {
        Some(proxy) => format!("{}{}", with_origin(proxy, ""), without.unwrap_or_default()),
        None => "none".to_owned(),
    };
    Part::ok("proxy", "Proxy", detail)
}

/// How long the sign-in with IAM Identity Center is valid. What to do if it isn't is said about the caller.
fn sso_session(session: &SsoSession, now: Timestamp) -> Part {
    let name = session.name.as_ref().map(|name| format!("`{name}`: ")).unwrap_or_default();
    let (verdict, state) = match session.state(now) {
        SsoState::SignedOut => (Verdict::Missing, "not signed in".to_owned()),
        SsoState::SignedInUntil(until) => (Verdict::Ok, format!("signed in until {until}")),
        SsoState::Renewable => (Verdict::Ok, "signed in; it is renewed when it is used".to_owned()),
        SsoState::ExpiredAt(at) => (Verdict::Wrong, format!("expired at {at}")),
    };
    Part::new("sso", "SSO session", verdict, format!("{name}{state}"))
}

fn endpoints(reached: &Answer<Vec<Reached>>) -> Part {
    let (id, title) = ("endpoints", "AWS endpoints");
    let all = match reached {
        Ok(all) => all,
        Err(error) => return Part::failed(id, title, error),
    };
    let times = all.iter().filter_map(|reached| {
        let answer = reached.answer.as_ref().ok()?;
        Some(format!("{} {} ms", reached.service, answer.took.as_millis()))
    });
    let times: Vec<String> = times.collect();
    let failed: Vec<(&Reached, &CloudError)> =
        all.iter().filter_map(|reached| Some((reached, reached.answer.as_ref().err()?))).collect();
    let Some((_, first)) = failed.first() else {
        return Part::ok(id, title, format!("all {} answer: {}", all.len(), times.join(", ")));
    };
    // Often all fail for one reason, which may name the host of each.
    let mut reasons: Vec<(String, Vec<(&str, String)>)> = Vec::new();
    for (reached, error) in &failed {
        let why = lowercased(why(error).trim_end_matches('.'));
        let kind = if reached.host.is_empty() { why.clone() } else { why.replace(&reached.host, "") };
        match reasons.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, services)) => services.push((reached.service, why)),
            None => reasons.push((kind, vec![(reached.service, why)])),
        }
    }
    let why: Vec<String> = reasons.iter().map(|(_, services)| reason(services, services.len() == all.len())).collect();
    let detail = match times.as_slice() {
        [] => format!("none of {} answers: {}", all.len(), why.join("; ")),
        times => format!("{} of {} answer ({}), but not {}", times.len(), all.len(), times.join(", "), why.join("; ")),
    };
    Part::new(id, title, Verdict::Wrong, detail).with_fix(fix(first))
}

/// Why these services don't answer; each reason may name the service's host.
fn reason(services: &[(&str, String)], are_all: bool) -> String {
    let Some(((first, why), others)) = services.split_first() else { return String::new() };
    let names = |services: &[(&str, String)]| services.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    match (others.iter().all(|(_, other)| other == why), are_all) {
        (true, true) => why.clone(),
        (true, false) => format!("{}: {why}", names(services)),
        (false, true) => format!("{why}, and the others likewise"),
        (false, false) => format!("{first}: {why}, and likewise {}", names(others)),
    }
}

/// The text as part of a sentence.
fn lowercased(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn clock(error: Option<ClockError>) -> Part {
    let (id, title) = ("clock", "Clock");
    let Some(clock) = error else {
        return Part::new(id, title, Verdict::Unknown, "no answer told the time, so the clock could not be checked");
    };
    let seconds = clock.error.as_secs();
    let how = match seconds {
        0 => format!("agrees with {}", clock.host),
        1..120 => format!("{seconds} s fast, compared with {}", clock.host),
        -119..0 => format!("{} s slow, compared with {}", -seconds, clock.host),
        _ => format!("{}, compared with {}", clock_error_in_words(clock.error), clock.host),
    };
    if clock.is_tolerated() {
        return Part::ok(id, title, how);
    }
    let fix = fix_text(&CloudError::local(ErrorKind::WrongClock, "").fix());
    Part::new(id, title, Verdict::Wrong, format!("{how}: AWS refuses requests that are off by more than 5 minutes"))
        .with_fix(fix)
}

fn caller(caller: &Answer<Identity>) -> Part {
    let (id, title) = ("caller", "Signed in as");
    match caller {
        Ok(identity) => {
            let alias = identity.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
            let detail = format!("{} in account {}{alias}", identity.arn, identity.account);
            match identity.refusal() {
                Some(refusal) => Part::new(id, title, Verdict::Wrong, detail).with_fix(refusal),
                None => Part::ok(id, title, detail),
            }
        }
        Err(error) => Part::failed(id, title, error),
    }
}

/// One line per part, with the fix below it.
fn text(parts: &[Part]) -> String {
    let width = parts.iter().map(|part| part.title.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for part in parts {
        let detail = escape_controls(&part.detail);
        lines.push(format!("{:7}  {:width$}  {detail}", part.verdict.as_str(), part.title));
        if !part.fix.is_empty() {
            lines.push(format!("{:7}  -> {}", "", escape_controls(&part.fix)));
        }
    }
    lines.join("\n")
}

/// The output of `doctor --json`; its fields are stable.
fn document(found: &Examination, terminal: &Terminal, parts: &[Part]) -> Value {
    let commit = env!("ROOTBELL_VERSION").split_once(" (").map(|(_, commit)| commit.trim_end_matches(')'));
    let caller = found.caller.as_ref().ok();
    let parts: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "id": part.id,
                "title": part.title,
                "verdict": part.verdict.as_str(),
                "detail": part.detail,
                "fix": part.fix,
            })
        })
        .collect();
    let endpoints: Vec<Value> = found
        .endpoints
        .iter()
        .flatten()
        .map(|reached| {
            let answer = reached.answer.as_ref();
            json!({
                "service": reached.service,
                "host": reached.host,
                "status": answer.ok().map(|answer| answer.status),
                "milliseconds": answer.ok().map(|answer| u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX)),
                "error": answer.err().map(CloudError::why),
            })
        })
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": commit,
        "features": if cfg!(feature = "aws") { vec!["aws"] } else { Vec::new() },
        "os": operating_system(),
        "terminal": terminal.document(),
        "account": caller.map(|identity| &identity.account),
        "arn": caller.map(|identity| identity.arn.as_str()),
        "clock_error_seconds": found.clock().map(|clock| clock.error.as_secs()),
        "parts": parts,
        "endpoints": endpoints,
    })
}
