//! `rootbell events`: who used root, when, from where.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use tokio::time::Instant;

use super::args::EventsOptions;
use super::{AccountSession, CommandError, Console, Exit, Global, count, local};
use crate::cloud::{Connector, Search};
use crate::domain::activity::gap;
use crate::domain::event::{Outcome, RootEvent};
use crate::domain::{SetupOptions, pattern};
use crate::engine::search::{Found, filter_log_events};

/// How often a search that takes long says how far it has come.
const NEWS: Duration = Duration::from_secs(3);

pub(super) async fn run(
    options: &EventsOptions,
    global: &Global,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, CommandError> {
    let here = TimeZone::system();
    let from = options.since.moment(now(), &here).map_err(|said| CommandError::usage(format!("--since: {said}.")))?;
    let setup = SetupOptions::default();
    let (scene, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let (observed, settings, health) = scene.look(&setup, prefetch, now).await;
    let log_group = &settings.log_group.value;
    let filter = observed.root_filter(Some(&settings.filter.value));
    let pattern = pattern::search_pattern(filter.map(|f| f.pattern.as_str()));
    let search = Search { log_group, pattern: &pattern, from, to: now(), page: None };
    let gap = gap(&health);
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let found = if let Ok(None) = observed.log_group {
        let why = format!("There is no log group `{log_group}`: uses of root are recorded nowhere that could be read.");
        Err((why, "Run `rootbell apply`, or the wizard.".to_owned()))
    } else {
        let teller = Teller { console, here: &here, last: Mutex::new(Instant::now()) };
        let found = filter_log_events(scene.session.cloud.as_ref(), search, limit, &|found| teller.hear(found)).await;
        found.map_err(|error| (error.why(), error.fix()))
    };
    if options.json {
        scene.emit(&document(&scene, log_group, from, gap, &found), console);
    }
    let found = match found {
        Ok(found) => found,
        Err((why, fix)) => return Err(CommandError::failed(format!("{why} {fix}"))),
    };
    match filter {
        None => {
            console
                .tell(format_args!("No filter on `{log_group}` counts root use; looked with the auditors' pattern."));
        }
        Some(filter) if filter.pattern != pattern => console
            .tell(format_args!("The pattern of `{}` is not the auditors'; looked with theirs as well.", filter.name)),
        Some(_) => {}
    }
    if let Some(why) = gap {
        console.tell(format_args!("Not all is recorded: {why} `rootbell status` says what to do."));
    }
    if !options.json {
        let since = local(from, &here, "%Y-%m-%d %H:%M %Z");
        console.say(format_args!("Account {}, {}, log group {log_group}", scene.account(), scene.region()));
        console.say(text(&found, &since, gap, &here));
    }
    Ok(Exit::Done)
}

/// Says how far the search has come, on standard error, every few seconds.
struct Teller<'a> {
    console: &'a Console,
    here: &'a TimeZone,
    last: Mutex<Instant>,
}

impl Teller<'_> {
    fn hear(&self, found: &Found) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= NEWS {
            *last = Instant::now();
            let back_to = local(found.back_to, self.here, "%Y-%m-%d %H:%M");
            let requests = count(found.requests, "request");
            self.console.tell(format_args!("Searched back to {back_to}, {} found ({requests})", found.events.len()));
        }
    }
}

/// What a search that ended early leaves open, and what to do about it.
fn unsearched(found: &Found, since: &str, here: &TimeZone) -> String {
    let back_to = local(found.back_to, here, "%Y-%m-%d %H:%M %Z");
    format!(
        "The search stopped after {}. Not searched: {since} to {back_to}. For that, query the log group with CloudWatch \
         Logs Insights.",
        count(found.requests, "request")
    )
}

/// A table with a line an event.
fn text(found: &Found, since: &str, gap: Option<&str>, here: &TimeZone) -> String {
    if found.events.is_empty() {
        if found.cut_short {
            let back_to = local(found.back_to, here, "%Y-%m-%d %H:%M %Z");
            return format!("No use of root found back to {back_to}. {}", unsearched(found, since, here));
        }
        return match gap {
            Some(_) => format!("No use of root is recorded since {since}."),
            None => format!("No use of root since {since}. Events come about 5 minutes after they happened."),
        };
    }
    let head = ["Time here", "Event", "Outcome", "MFA", "Address", "Region", "Client", "By", ""].map(str::to_owned);
    let rows: Vec<[String; 9]> =
        std::iter::once(head).chain(found.events.iter().map(|event| row(event, here))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..9).map(width).collect();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    let total = count(found.events.len(), "use");
    lines.push(if found.cut_short {
        format!("\n{total} of root found. {}", unsearched(found, since, here))
    } else if found.complete {
        format!("\n{total} of root since {since}.")
    } else {
        format!("\nThe newest {total} of root since {since}; there are more (--limit).")
    });
    lines.join("\n")
}

fn row(event: &RootEvent, here: &TimeZone) -> [String; 9] {
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
    if let Outcome::Failure(why) = &event.outcome {
        marks.push(why);
    }
    let short = |text: &str, most: usize| match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let time = event.time.map_or_else(|| "-".to_owned(), |at| local(at, here, "%Y-%m-%d %H:%M:%S"));
    [
        time,
        short(&event.name, 32),
        event.outcome.as_str().to_owned(),
        event.mfa.as_str().to_owned(),
        short(&event.address, 39),
        short(&event.region, 16),
        short(&event.client, 24),
        event.via().to_owned(),
        short(&marks.join(", "), 60),
    ]
}

/// The contract of `events --json`.
fn document(
    scene: &AccountSession,
    log_group: &str,
    from: Timestamp,
    gap: Option<&str>,
    found: &Result<Found, (String, String)>,
) -> Value {
    let events: Vec<Value> =
        found.as_ref().map(|found| found.events.iter().map(RootEvent::to_json).collect()).unwrap_or_default();
    json!({
        "account": scene.identity.account,
        "region": scene.region(),
        "log_group": log_group,
        "since": stamp(from),
        "gap": gap,
        "events": events,
        "more": found.as_ref().is_ok_and(|found| !found.complete),
        "searched_back_to": found.as_ref().ok().map(|found| stamp(found.back_to)),
        "error": found.as_ref().err().map(|(why, fix)| json!({ "why": why, "fix": fix })),
    })
}

fn stamp(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(events: usize, cut_short: bool, complete: bool) -> Found {
        let event = |n| RootEvent::decode("{}", &format!("e{n}"), Timestamp::from_second(1_790_000_000).ok());
        let back_to = "2026-11-21T13:00:00Z".parse().unwrap();
        Found { events: (0..events).map(event).collect(), back_to, complete, cut_short, requests: 1000 }
    }

    #[test]
    fn a_search_that_was_cut_short_says_what_it_has_not_searched() {
        let since = "2026-11-16 13:00 UTC";
        let rest = "The search stopped after 1000 requests. Not searched: 2026-11-16 13:00 UTC to 2026-11-21 13:00 UTC. \
                    For that, query the log group with CloudWatch Logs Insights.";
        let none = text(&found(0, true, false), since, None, &TimeZone::UTC);
        assert_eq!(none, format!("No use of root found back to 2026-11-21 13:00 UTC. {rest}"));
        let one = text(&found(1, true, false), since, None, &TimeZone::UTC);
        assert!(one.ends_with(&format!("\n1 use of root found. {rest}")), "{one}");
        let limited = text(&found(1, false, false), since, None, &TimeZone::UTC);
        assert!(limited.contains("there are more (--limit)") && !limited.contains("stopped"), "{limited}");
        let whole = text(&found(0, false, true), since, None, &TimeZone::UTC);
        assert!(whole.starts_with("No use of root since 2026-11-16 13:00 UTC."), "{whole}");
    }
}
