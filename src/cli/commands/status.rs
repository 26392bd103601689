//! `rootbell status`: would an alert reach somebody?

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::args::{GlobalOptions, StatusOptions, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::fix_text;
use crate::cli::output::console::Console;
use crate::cli::output::elsewhere;
use crate::cli::output::text::format_local;
use crate::cli::session::AccountSession;
use crate::cloud::Connector;
use crate::domain::health::{Check, Counts, health};
use crate::domain::observed::ReadResult;
use crate::domain::problem::{FailedCall, Fix, common_fix};
use crate::domain::root_user::RootUser;
use crate::domain::subscription::Subscription;
use crate::domain::text::escape_controls;
use crate::domain::{Health, Observed, Settings, Verdict};
use crate::engine::ObserveScope;

pub(in crate::cli) async fn run(
    options: &StatusOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = options.names.setup_options();
    check_options(&setup)?;
    let (session, prefetch) = AccountSession::open_prefetching_root_user(global, connector, console, &setup).await?;
    let observed = session.observe(&setup, ObserveScope::Everything, Some(now()), prefetch, console).await;
    let settings = Settings::resolve(&session.identity, session.region(), &setup, &observed);
    let health = health(&settings, &observed, now());
    if options.json {
        let mut document = document(&session, &observed, &health);
        document["elsewhere"] = elsewhere::document(&observed);
        session.print_json(&document, console);
    } else {
        let in_alarm = in_alarm(&health);
        // While the alarm is in ALARM and everything works, that line is enough.
        let headline = (in_alarm.is_none() || !health.healthy()).then(|| headline(&health));
        let findings = health.audit_summary().map(|findings| format!("{findings}, listed below."));
        for line in in_alarm.into_iter().chain(headline).chain(findings) {
            console.print(line);
        }
        console.print(format_args!("Account {}, {}", session.account(), session.region()));
        if let Some(root_user) = root_user(&session, &observed) {
            console.print(format_args!("Root user: {root_user}"));
        }
        console.print("");
        console.print(text(&health));
        for trusted in health.trusted.iter().filter(|trusted| !trusted.notified) {
            console.print(format_args!("\nNote: {}", escape_controls(&trusted.remark())));
        }
    }
    let is_accepted = !options.audit || health.audit_findings().next().is_none();
    Ok(if health.healthy() && is_accepted { Exit::Done } else { Exit::Differs })
}

/// The first line while the alarm is in ALARM.
fn in_alarm(health: &Health) -> Option<String> {
    let alarm = health.in_alarm()?;
    let since =
        alarm.since.map(|at| format!(" since {}", format_local(at, &TimeZone::system(), "%Y-%m-%d %H:%M:%S %Z")));
    let since = since.unwrap_or_default();
    let reason = if alarm.reason.is_empty() { String::new() } else { format!(" {}", escape_controls(&alarm.reason)) };
    Some(format!(
        "ALARM: the alarm `{}` is in ALARM{since}. `rootbell events` shows who used root.{reason}",
        alarm.name
    ))
}

/// The overall verdict, with the detail of the check that most needs attention.
fn headline(health: &Health) -> String {
    let headline = health.headline();
    let reason = health.weakest().map(|check| escape_controls(&check.detail));
    let text = match reason {
        // What is said of the alarm's path doesn't explain the word.
        Some(reason) if health.healthy() => format!("{}, but only by event rules. {reason}", headline.meaning()),
        Some(reason) => reason,
        None => format!("{}.", headline.meaning()),
    };
    format!("{}: {text}", headline.word())
}

/// The reasons given so far for what could not be read, so that each is given only once.
#[derive(Default)]
struct Reasons(Vec<FailedCall>);

impl Reasons {
    fn tell(&mut self, check: &Check) -> String {
        let Some(failed) = FailedCall::parse(&check.detail).filter(|_| check.verdict == Verdict::Unknown) else {
            return check.detail.clone();
        };
        let told = self.0.iter().any(|told| told.is_like(&failed));
        let text = if told { format!("{}: as above", failed.call) } else { check.detail.clone() };
        self.0.push(failed);
        text
    }
}

/// The checks by what they count toward: one line per check, with the fix below it.
fn text(health: &Health) -> String {
    let width = health.checks.iter().map(|c| c.id.title().chars().count()).max().unwrap_or(0);
    let (mut lines, mut reasons) = (Vec::new(), Reasons::default());
    for counts in Counts::ALL {
        let checks = health.section(counts);
        let title = match counts {
            // The headline is about these.
            Counts::Alerting => None,
            Counts::Audit => Some("Audit"),
            Counts::Advice => Some("Advice"),
        };
        if let Some(title) = title.filter(|_| !checks.is_empty()) {
            lines.extend([String::new(), title.to_owned()]);
        }
        let mut rows = checks.iter().peekable();
        let mut fix = Fix::Nothing;
        while let Some(check) = rows.next() {
            let detail = escape_controls(&reasons.tell(check));
            let line = format!("{:7}  {:width$}  {detail}", check.verdict.as_str(), check.id.title());
            lines.push(line.trim_end().to_owned());
            if health.audit_findings().any(|finding| finding.id == check.id) {
                lines.push(format!("{:7}     required by {}", "", check.id.required_by().join("; ")));
            }
            // If several checks in a row can be fixed together, only the last shows how.
            fix = common_fix(&fix, &check.fix).unwrap_or_else(|| check.fix.clone());
            let goes_on = rows.peek().is_some_and(|next| common_fix(&fix, &next.fix).is_some());
            if !fix.is_nothing() && !goes_on {
                lines.push(format!("{:7}  -> {}", "", escape_controls(&fix_text(&fix))));
            }
        }
    }
    lines.join("\n")
}

/// The root user in a line; `None` in partitions where nobody can sign in as root.
fn root_user(session: &AccountSession, observed: &Observed) -> Option<String> {
    if session.identity.partition().without_root_sign_in().is_some() {
        return None;
    }
    let described = observed.root_user.as_ref().map_err(Clone::clone).and_then(RootUser::describe);
    // Its checks say why.
    Some(described.unwrap_or_else(|_| "not read".to_owned()))
}

/// The root user; null if its credentials could not be read. The credential report, which says when it was last used, is
/// not read: it may take minutes.
fn root_user_json(root_user: &ReadResult<RootUser>) -> Option<Value> {
    let root_user = root_user.as_ref().ok()?;
    let credentials = root_user.credentials.as_ref().ok()?;
    Some(json!({
        "password": credentials.password,
        "mfa": root_user.mfa().ok(),
        "access_keys": credentials.access_keys,
        "password_last_used": null,
        "as_of": null,
        "centralized": root_user.centralized,
    }))
}

/// The output of `status --json`; its fields are stable.
fn document(session: &AccountSession, observed: &Observed, health: &Health) -> Value {
    let checks: Vec<Value> = health
        .checks
        .iter()
        .map(|c| {
            json!({
                "id": c.id, "title": c.id.title(), "counts": c.id.counts().as_str(), "path": c.id.path().as_str(),
                "verdict": c.verdict.as_str(), "detail": c.detail, "fix": fix_text(&c.fix),
                "required_by": c.id.required_by(), "trusted": c.trusted,
            })
        })
        .collect();
    let alarm = health.alarm.as_ref().map(|a| {
        json!({
            "name": a.name,
            "state": a.state.as_str(),
            "reason": a.reason,
            "since": a.since.map(|at| at.to_string()),
        })
    });
    // SNS returns them in no particular order.
    let mut sorted: Vec<_> = health.subscriptions.iter().collect();
    sorted.sort_unstable_by_key(|s| (&s.endpoint, s.state.as_str(), &s.protocol));
    let subscription = |s: &&Subscription| {
        let attributes = s.attributes.as_ref().and_then(|attributes| attributes.as_ref().ok());
        json!({
            "endpoint": s.endpoint,
            "protocol": s.protocol,
            "state": s.state.as_str(),
            "filter_policy": attributes.and_then(|attributes| attributes.filter_policy.as_ref()),
            "signed": s.signed(),
        })
    };
    let subscriptions: Vec<Value> = sorted.iter().map(subscription).collect();
    json!({
        "account": session.identity.account,
        "region": session.region(),
        "healthy": health.healthy(),
        "verdict": health.alerting().as_str(),
        "audit_ok": health.audit_ok(),
        "in_alarm": health.in_alarm().is_some(),
        "paths": { "alarm": health.paths.alarm, "events": health.paths.events },
        "reports": { "sign_in": health.reports.sign_in, "api": health.reports.api },
        "checks": checks,
        "alarm": alarm,
        "subscriptions": subscriptions,
        "trusted": health.trusted.iter().map(|t| json!({ "arn": t.arn, "notified": t.notified })).collect::<Vec<_>>(),
        "root_user": root_user_json(&observed.root_user),
    })
}
