//! `rootbell events`: who used root, when, and from where.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::join;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::args::{EventsOptions, GlobalOptions, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::{fix_text, no_such_name, problem_text};
use crate::cli::output::console::Console;
use crate::cli::output::text::{format_local, pluralize};
use crate::cli::session::AccountSession;
use crate::cloud::{Cloud, Connector, ErrorKind, Search};
use crate::domain::activity::gap;
use crate::domain::event::{Outcome, RootEvent};
use crate::domain::problem::{Fix, Goal, Problem};
use crate::domain::{AccountNames, Identity, Observed, pattern};
use crate::engine::search::{SearchResult, filter_log_events};

/// How often a long search reports its progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(3);

pub(in crate::cli) async fn run(
    options: &EventsOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, CommandError> {
    let zone = TimeZone::system();
    let since = options.since.timestamp(now(), &zone);
    let from = since.map_err(|reason| CommandError::usage(format!("--since: {reason}.")))?;
    let setup = options.names.setup_options();
    check_options(&setup)?;
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let (observed, settings, health) = session.observe_chain(&setup, prefetch, now, console).await;
    let log_group = &settings.log_group.value;
    let filter = settings.root_use().existing_filter(&observed);
    let pattern = pattern::search_pattern(filter.map(|f| f.pattern.as_str()));
    let search = Search { log_group, pattern: &pattern, from, to: now(), page: None };
    let gap = gap(&health);
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let mut organization_accounts = BTreeMap::new();
    let result = if let Some(problem) = no_such_name(&settings, &observed) {
        Err(problem)
    } else if let (Ok(None), Err(unread)) = (&observed.log_group, &observed.trails) {
        // The trails would tell which log group it is.
        Err(unread.clone())
    } else if let Ok(None) = observed.log_group {
        let why = format!("There is no log group `{log_group}`, so there are no recorded events to search.");
        Err(Problem::new(why, Fix::Apply(Goal::SetUp)))
    } else {
        let printer = SearchProgressPrinter { console, zone: &zone, last_printed: Mutex::new(Instant::now()) };
        let cloud = session.connection.cloud.as_ref();
        let update = |found: &SearchResult| printer.update(found);
        let found = filter_log_events(cloud, session.region(), search, limit, &update);
        let (found, accounts) = join!(found, organization(cloud, &observed));
        organization_accounts = accounts;
        found.map_err(|error| match &observed.trails {
            Err(unread) if error.kind == ErrorKind::NotFound => unread.clone(),
            _ => error.into(),
        })
    };
    let names = AccountNames::new(&organization_accounts, &session.identity);
    if options.json {
        session.print_json(&document(&session, log_group, from, gap, &result, &names), console);
    }
    let found = match result {
        Ok(found) => found,
        Err(problem) => return Err(CommandError::failed(problem_text(&problem))),
    };
    match filter {
        None => {
            console.eprint(format_args!("No filter on `{log_group}` counts root use; searched with the CIS pattern."));
        }
        Some(filter) if filter.pattern != pattern => {
            console
                .eprint(format_args!("The pattern of `{}` is not the CIS pattern; searched with both.", filter.name));
        }
        Some(_) => {}
    }
    if let Some(why) = gap {
        console.eprint(format_args!("Some events may be missing: {why} `rootbell status` shows how to fix this."));
    }
    if !options.json {
        let since = format_local(from, &zone, "%Y-%m-%d %H:%M %Z");
        console.print(format_args!("Account {}, {}, log group {log_group}", session.account(), session.region()));
        let in_organization = observed.has_organization_trail();
        console.print(text(&found, &since, gap, &zone, (&session.identity, &names), in_organization));
    }
    Ok(Exit::Done)
}

/// Prints the progress of a search on standard error, every few seconds.
struct SearchProgressPrinter<'a> {
    console: &'a Console,
    zone: &'a TimeZone,
    last_printed: Mutex<Instant>,
}

impl SearchProgressPrinter<'_> {
    fn update(&self, found: &SearchResult) {
        let mut last_printed = self.last_printed.lock().unwrap_or_else(PoisonError::into_inner);
        if last_printed.elapsed() >= PROGRESS_INTERVAL {
            *last_printed = Instant::now();
            let back_to = format_local(found.back_to, self.zone, "%Y-%m-%d %H:%M");
            let requests = pluralize(found.requests, "request");
            self.console.eprint(format_args!("Searched back to {back_to}, {} found ({requests})", found.events.len()));
        }
    }
}

/// The time range that a search didn't cover because it stopped early, and what to do about it.
fn unsearched(found: &SearchResult, since: &str, zone: &TimeZone) -> String {
    let back_to = format_local(found.back_to, zone, "%Y-%m-%d %H:%M %Z");
    format!(
        "The search stopped after {}. Not searched: {since} to {back_to}. For that, query the log group with CloudWatch \
         Logs Insights.",
        pluralize(found.requests, "request")
    )
}

/// A table with one line per event, and a summary.
///
/// If the trail is an organization's, or an event is of another account, each event's account is a column.
fn text(
    found: &SearchResult,
    since: &str,
    gap: Option<&str>,
    zone: &TimeZone,
    (own, names): (&Identity, &AccountNames),
    in_organization: bool,
) -> String {
    if found.events.is_empty() {
        if found.cut_short {
            let back_to = format_local(found.back_to, zone, "%Y-%m-%d %H:%M %Z");
            return format!("No use of root found back to {back_to}. {}", unsearched(found, since, zone));
        }
        return match gap {
            Some(_) => format!("No use of root is recorded since {since}."),
            None => format!("No use of root since {since}. Events appear about 5 minutes after they happen."),
        };
    }
    let header = ["Local time", "Event", "Outcome", "MFA", "Address", "Region", "Client", "By", ""].map(str::to_owned);
    let mut rows: Vec<Vec<String>> =
        std::iter::once(header).chain(found.events.iter().map(|event| row(event, zone))).map(Vec::from).collect();
    if in_organization || found.events.iter().any(|event| event.is_of_other_account(&own.account)) {
        let accounts = found.events.iter().map(|event| names.label(event.account.as_deref()));
        for (row, account) in rows.iter_mut().zip(std::iter::once("Account".to_owned()).chain(accounts)) {
            row.insert(1, account);
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    let total = pluralize(found.events.len(), "use");
    lines.push(if found.cut_short {
        format!("\n{total} of root found. {}", unsearched(found, since, zone))
    } else if found.complete {
        format!("\n{total} of root since {since}.")
    } else {
        format!("\nThe newest {total} of root since {since}; there are more (--limit).")
    });
    lines.join("\n")
}

/// The names of the organization's accounts, if its trail is used; empty if they can't be read.
async fn organization(cloud: &dyn Cloud, observed: &Observed) -> BTreeMap<String, String> {
    if !observed.has_organization_trail() {
        return BTreeMap::new();
    }
    cloud.organization_accounts().await.unwrap_or_default()
}

fn row(event: &RootEvent, zone: &TimeZone) -> [String; 9] {
    let mut marks = Vec::new();
    if event.drill {
        marks.push("drill");
    }
    if event.assumed_root {
        marks.push("central root management");
    }
    if event.not_root.is_some() {
        marks.push("not root");
    }
    if let Outcome::Failure(reason) = &event.outcome {
        marks.push(reason);
    }
    let truncate = |text: &str, max_chars: usize| match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let time = event.time.map_or_else(|| "-".to_owned(), |at| format_local(at, zone, "%Y-%m-%d %H:%M:%S"));
    [
        time,
        truncate(&event.name, 32),
        event.outcome.as_str().to_owned(),
        event.mfa.as_str().to_owned(),
        truncate(&event.address, 39),
        truncate(&event.region, 16),
        truncate(&event.client, 24),
        event.via().to_owned(),
        truncate(&marks.join(", "), 60),
    ]
}

/// The contract of `events --json`.
fn document(
    session: &AccountSession,
    log_group: &str,
    from: Timestamp,
    gap: Option<&str>,
    result: &Result<SearchResult, Problem>,
    names: &AccountNames,
) -> Value {
    let events: Vec<Value> =
        result.as_ref().map(|found| found.events.iter().map(|e| e.to_json(names)).collect()).unwrap_or_default();
    json!({
        "account": session.identity.account,
        "region": session.region(),
        "log_group": log_group,
        "since": to_rfc3339(from),
        "gap": gap,
        "events": events,
        "more": result.as_ref().is_ok_and(|found| !found.complete),
        "searched_back_to": result.as_ref().ok().map(|found| to_rfc3339(found.back_to)),
        "error": result.as_ref().err().map(|p| json!({ "why": p.why, "fix": fix_text(&p.fix) })),
    })
}

fn to_rfc3339(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::arn::Arn;

    fn found(events: usize, cut_short: bool, complete: bool) -> SearchResult {
        let event = |n| RootEvent::decode("{}", &format!("e{n}"), Timestamp::from_second(1_790_000_000).ok());
        let back_to = "2026-11-21T13:00:00Z".parse().unwrap();
        SearchResult { events: (0..events).map(event).collect(), back_to, complete, cut_short, requests: 1000 }
    }

    fn own() -> Identity {
        Identity { account: "123456789012".into(), arn: Arn::default(), alias: Some("acme".into()) }
    }

    fn names() -> AccountNames {
        let organization = [("555566667777".to_owned(), "workloads".to_owned())].into();
        AccountNames::new(&organization, &own())
    }

    #[test]
    fn the_account_is_a_column_only_if_events_can_be_of_several_accounts() {
        let of = |account: &str| {
            let line = format!(r#"{{ "eventName": "X", "userIdentity": {{ "accountId": "{account}" }} }}"#);
            RootEvent::decode(&line, account, Timestamp::from_second(1_790_000_000).ok())
        };
        let table = |accounts: &[&str], in_organization| {
            let events = accounts.iter().map(|account| of(account)).collect();
            let found = SearchResult { events, ..found(0, false, true) };
            text(&found, "then", None, &TimeZone::UTC, (&own(), &names()), in_organization)
        };
        assert!(!table(&["123456789012"], false).contains("Account"));
        assert!(table(&["123456789012"], true).contains("123456789012 (acme)  X"));
        let mixed = table(&["123456789012", "555566667777"], false);
        assert!(mixed.contains("Account") && mixed.contains("555566667777 (workloads)  X"), "{mixed}");
        assert!(table(&[""], true).contains("  -        X"), "{}", table(&[""], true));
    }

    #[test]
    fn a_search_that_stopped_early_names_the_range_it_did_not_cover() {
        let since = "2026-11-16 13:00 UTC";
        let rest = "The search stopped after 1000 requests. Not searched: 2026-11-16 13:00 UTC to 2026-11-21 13:00 UTC. \
                    For that, query the log group with CloudWatch Logs Insights.";
        let none = text(&found(0, true, false), since, None, &TimeZone::UTC, (&own(), &names()), false);
        assert_eq!(none, format!("No use of root found back to 2026-11-21 13:00 UTC. {rest}"));
        let one = text(&found(1, true, false), since, None, &TimeZone::UTC, (&own(), &names()), false);
        assert!(one.ends_with(&format!("\n1 use of root found. {rest}")), "{one}");
        let limited = text(&found(1, false, false), since, None, &TimeZone::UTC, (&own(), &names()), false);
        assert!(limited.contains("there are more (--limit)") && !limited.contains("stopped"), "{limited}");
        let complete = text(&found(0, false, true), since, None, &TimeZone::UTC, (&own(), &names()), false);
        assert!(complete.starts_with("No use of root since 2026-11-16 13:00 UTC."), "{complete}");
    }
}
