//! The first screen: who is signed in, which account and Region, and what already exists.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Paragraph;

use crate::app::{CALL_LIMIT, Caller, Connection, SLOW};
use crate::domain::observed::ElsewhereState;
use crate::domain::plan::cost::monthly;
use crate::domain::problem::{Problem, combined};
use crate::domain::{Health, Step, Verdict};
use crate::ui::fix::fix_text;
use crate::ui::widgets::plan::in_view;
use crate::ui::widgets::root_user;
use crate::ui::widgets::text::{cut, cut_middle, wrap};
use crate::ui::widgets::view::View;

pub(in crate::ui) fn draw(mut view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    view.width = area.width.saturating_sub(1);
    let theme = view.theme;
    view.line(" Account", theme.title);
    match &view.account.connection {
        Connection::Connecting => {
            let profile = view.account.target.profile.as_ref().map(|p| format!(" as `{p}`")).unwrap_or_default();
            view.line(format!("   {} asking AWS who you are{profile}{}", view.spinner(), waited(&view)), theme.text);
            view.blank();
            if is_slow(&view) {
                // Which one it is, only its end tells.
                let calls = "GetCallerIdentity (sts), or to what provides your credentials";
                no_answer(&mut view, &format!("No answer yet to {calls}."));
            }
            purpose(&mut view);
        }
        Connection::Failed(error) => {
            view.indented(&error.why(), theme.bad);
            view.indented(&fix_text(&error.fix()), theme.text);
            view.blank();
            if error.awaits_sign_in() && view.model.demo.is_none() {
                view.indented(
                    "Waiting for you to sign in in another terminal; then it continues by itself.",
                    theme.text,
                );
                view.blank();
            }
            let next = "Press r to try again, p for another profile, or g for another Region.";
            view.indented(next, theme.dim);
        }
        Connection::Ready(caller) => ready(&mut view, caller),
    }
    let scroll = view.model.scroll;
    frame.render_widget(Paragraph::new(in_view(view, &(0..0), scroll, area.height)), area);
}

/// Whether the wait is long enough to say how long it is.
fn is_slow(view: &View<'_>) -> bool {
    view.model.waited() >= SLOW
}

/// How long AWS has not answered, if that is long; empty otherwise.
fn waited(view: &View<'_>) -> String {
    if is_slow(view) { format!(", {} s", view.model.waited().as_secs()) } else { String::new() }
}

/// Says that something isn't answered, and when that ends by itself.
fn no_answer(view: &mut View<'_>, what: &str) {
    let limit = CALL_LIMIT.as_secs();
    let ends = format!("{what} A call is tried up to three times, and given up after {limit} s at most.");
    view.indented(&ends, view.theme.warn);
    view.blank();
}

fn purpose(view: &mut View<'_>) {
    let sentences = "Four steps set up this account to email you whenever anyone uses its root user: a CloudTrail trail, \
                     notifications, a filter that counts root use, and an alarm. You see each change before it is made.";
    view.indented(sentences, view.theme.dim);
}

fn ready(view: &mut View<'_>, caller: &Caller) {
    let theme = view.theme;
    let alias = caller.identity.alias.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
    let room = view.columns().saturating_sub(19);
    let root_user = root_user::lines(view, room);
    let mut fact = |label: &str, value: &str, aside: &str| {
        view.spans([
            (format!("   {label:<14} "), theme.dim),
            (cut(value, room), theme.text),
            (format!("   {aside}"), theme.dim),
        ]);
    };
    fact("Signed in as", &cut_middle(&caller.identity.arn, room), "");
    fact("Account", &format!("{}{alias}", caller.identity.account), "");
    fact("Region", caller.region.as_str(), &format!("from {}", caller.region_from));
    if let Some(profile) = &caller.profile {
        fact("Profile", profile, "");
    }
    for (index, line) in root_user.into_iter().enumerate() {
        fact(if index == 0 { "Root user" } else { "" }, &line, "");
    }
    view.blank();
    if let Some(why) = caller.identity.refusal() {
        return view.indented(why, theme.bad);
    }
    for warning in caller.identity.warnings() {
        view.indented(warning, theme.warn);
        view.blank();
    }
    view.line(" Root-use alert", theme.title);
    existing_resources(view);
    view.blank();
    purpose(view);
}

fn existing_resources(view: &mut View<'_>) {
    let (theme, account) = (view.theme, view.account);
    let (Some(derived), Some(observed)) = (&account.derived, &account.observed) else {
        view.line(format!("   {} reading the account{}", view.spinner(), waited(view)), theme.text);
        if is_slow(view) {
            view.blank();
            no_answer(view, "Not all calls are answered yet.");
        }
        return;
    };
    let health = &derived.health;
    let in_alarm_since = health.in_alarm().map(|alarm| view.local(alarm.since)).unwrap_or_default();
    let mut row = |word: &str, style: Style, text: &str| {
        let room = view.width.saturating_sub(15);
        for (i, line) in wrap(text, room).into_iter().enumerate() {
            let word = if i == 0 { word } else { "" };
            view.spans([(format!("   {word:<8} "), style), (line, theme.text)]);
        }
    };
    if let Some(elsewhere) = account.elsewhere() {
        let verdict = match elsewhere.state {
            ElsewhereState::Works => Verdict::Ok,
            ElsewhereState::Pending => Verdict::Pending,
            ElsewhereState::Lacking(_) => Verdict::Wrong,
        };
        let offer = format!("{} Press `s` to switch to {}.", elsewhere.describe(), elsewhere.region);
        row(verdict.as_str(), theme.verdict(verdict), &offer);
    }
    let chosen = observed.trail.as_ref().map(|t| t.trail.arn.as_str());
    if let Ok(trails) = &observed.trails {
        for trail in trails.iter().filter(|t| Some(t.arn.as_str()) != chosen).take(5) {
            row("existing", theme.good, &trail.describe(&derived.settings.account_region.account));
        }
    }
    for verdict in [Verdict::Ok, Verdict::Pending, Verdict::Wrong] {
        let style = theme.verdict(verdict);
        for step in Step::ALL.into_iter().filter(|s| health.step(*s) == verdict) {
            let problem = health
                .checks
                .iter()
                .find(|c| c.id.step() == Some(step) && c.verdict == verdict && verdict != Verdict::Ok);
            let alarm = health.in_alarm().filter(|_| step == Step::Alarm);
            if let Some(alarm) = alarm {
                row(alarm.state.as_str(), theme.bad, &format!("alarm: in ALARM since {in_alarm_since}"));
            }
            match problem {
                Some(check) => row(verdict.as_str(), style, &format!("{}: {}", resource(step), check.detail)),
                None if alarm.is_some() => {}
                None => row(verdict.as_str(), style, resource(step)),
            }
        }
    }
    for (steps, problem) in unreadable(health) {
        row(Verdict::Unknown.as_str(), theme.verdict(Verdict::Unknown), &format!("{steps}: {}", problem.why));
        if !problem.fix.is_nothing() {
            row("", theme.text, &fix_text(&problem.fix));
        }
    }
    let has_other_trails = observed.trails.as_ref().is_ok_and(|trails| !trails.is_empty());
    let is_missing = |step: &Step| health.step(*step) == Verdict::Missing;
    let missing: Vec<&str> = Step::ALL
        .into_iter()
        .filter(is_missing)
        .map(|step| if has_other_trails && step == Step::Trail { "usable trail" } else { resource(step) })
        .collect();
    if !missing.is_empty() {
        row(Verdict::Missing.as_str(), theme.bad, &missing.join(", "));
        if let Some(cost) = monthly(&derived.plan) {
            row("cost", theme.dim, &cost.to_string());
        }
    }
}

/// The steps that could not be judged, by the reason, which is given once for all that it applies to.
fn unreadable(health: &Health) -> Vec<(String, Problem)> {
    let is_unknown = |step: &Step| health.step(*step) == Verdict::Unknown;
    let first_unknown =
        |step| health.checks.iter().find(|check| check.id.step() == step && check.verdict == Verdict::Unknown);
    let mut groups: Vec<(Vec<Step>, Vec<Problem>)> = Vec::new();
    for step in Step::ALL.into_iter().filter(is_unknown) {
        let Some(check) = first_unknown(Some(step)) else { continue };
        let problem = Problem::new(check.detail.clone(), check.fix.clone());
        let joins = |group: &&mut (Vec<Step>, Vec<Problem>)| combined(group.1.iter().chain([&problem])).len() == 1;
        match groups.iter_mut().find(joins) {
            Some((steps, problems)) => {
                steps.push(step);
                problems.push(problem);
            }
            None => groups.push((vec![step], vec![problem])),
        }
    }
    let named = |steps: Vec<Step>| steps.into_iter().map(resource).collect::<Vec<_>>().join(", ");
    groups.into_iter().filter_map(|(steps, all)| Some((named(steps), combined(&all).pop()?))).collect()
}

fn resource(step: Step) -> &'static str {
    match step {
        Step::Trail => "trail",
        Step::Topic => "notifications",
        Step::Filter => "filter",
        Step::Alarm => "alarm",
    }
}
