//! The chain from the trail to the inbox, with the verdict on each link.

use jiff::Timestamp;
use ratatui::text::Span;

use crate::domain::health::{Counts, Part};
use crate::domain::observed::{Alarm, AlarmState, Confirmation};
use crate::domain::text::age;
use crate::domain::{CheckId, Health, Verdict};
use crate::ui::widgets::text::pad;
use crate::ui::widgets::time::clock;
use crate::ui::widgets::view::View;

/// The links of the chain with their verdicts, connected by lines; below each link its detail.
pub(super) fn draw(view: &mut View<'_>, health: &Health) {
    let (theme, width) = (view.theme, view.columns());
    let all = links(view, health);
    let link_width = |link: &ChainLink| link.name.chars().count() + 1 + link.word.chars().count();
    let fits_one_row = all.iter().map(link_width).sum::<usize>() + 4 * (all.len() - 1) + 2 <= width;
    for row in all.chunks(if fits_one_row { 6 } else { 3 }) {
        let used: usize = row.iter().map(link_width).sum();
        let joints = row.len() - 1;
        // The remaining width is shared evenly by the lines between the links.
        let joint = (width.saturating_sub(used + 2) / joints.max(1)).clamp(2, 9);
        let (mut top, mut bottom) = (vec![Span::raw(" ")], vec![Span::raw(" ")]);
        for (i, link) in row.iter().enumerate() {
            let is_last = i == joints;
            let line = if is_last { String::new() } else { format!(" {} ", "─".repeat(joint - 2)) };
            let cell = if is_last {
                width.saturating_sub(bottom.iter().map(Span::width).sum::<usize>() + 1)
            } else {
                link_width(link) + joint
            };
            top.push(Span::styled(format!("{} ", link.name), theme.text));
            top.push(Span::styled(link.word.clone(), theme.verdict(link.verdict)));
            top.push(Span::styled(line, theme.dim));
            bottom.push(Span::styled(format!("{} ", pad(&link.detail, cell.saturating_sub(1))), theme.dim));
        }
        view.push(top);
        view.push(bottom);
    }
    events(view, health);
}

/// The second path, check by check, in one line.
fn events(view: &mut View<'_>, health: &Health) {
    let theme = view.theme;
    let label = format!(" {}   ", name(Part::Events));
    if health.check(CheckId::EventsRule).is_none_or(|check| check.verdict == Verdict::Missing) {
        view.spans([(label, theme.text), ("none: only the alarm reports sign-ins".to_owned(), theme.dim)]);
        return;
    }
    let words = [
        (CheckId::EventsRule, "Rule"),
        (CheckId::EventsForwarded, "Forward"),
        (CheckId::EventsHomeRule, "Notify"),
        (CheckId::EventsTopic, "Topic"),
        (CheckId::EventsInbox, "Inbox"),
        (CheckId::EventsDeliveries, "24 h"),
    ];
    let mut spans = vec![(label, theme.text)];
    for (i, (id, word)) in words.into_iter().enumerate() {
        let Some(check) = health.check(id) else { continue };
        spans.push((format!("{}{word} ", if i == 0 { "" } else { " ─ " }), theme.text));
        spans.push((check.verdict.as_str().to_owned(), theme.verdict(check.verdict)));
    }
    view.push(spans.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>());
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Trail => "Trail",
        Part::LogGroup => "Log group",
        Part::Filter => "Filter",
        Part::Alarm => "Alarm",
        Part::Topic => "Topic",
        Part::Inbox => "Inbox",
        Part::RootUser => "Root user",
        Part::Events => "Events",
    }
}

/// A link of the chain as the dashboard shows it.
struct ChainLink {
    name: &'static str,
    verdict: Verdict,
    word: String,
    detail: String,
}

fn links(view: &View<'_>, health: &Health) -> Vec<ChainLink> {
    let link = |link: Part, detail: String| {
        let verdict = health.worst(|id| id.part() == link && id.counts() == Counts::Alerting);
        ChainLink { name: name(link), verdict, word: verdict.as_str().to_owned(), detail }
    };
    let is_ok = |id| health.check(id).is_some_and(|check| check.verdict == Verdict::Ok);
    let delivered = health.last_delivery.filter(|_| is_ok(CheckId::TrailDelivers));
    let delivered = delivered.map(|ago| format!("{} ago", age(ago))).unwrap_or_default();
    let retention = health.check(CheckId::LogGroupRetention).map(|check| check.detail.clone()).unwrap_or_default();
    let pattern = if is_ok(CheckId::FilterCisPattern) { "CIS pattern" } else { "" };
    let mut alarm = link(Part::Alarm, String::new());
    if let Some(current) = &health.alarm {
        if alarm.verdict == Verdict::Ok {
            alarm.word =
                if current.state == AlarmState::InsufficientData { "NO DATA" } else { current.state.as_str() }.into();
        }
        if current.state == AlarmState::Alarm {
            alarm.verdict = Verdict::Wrong;
        }
        alarm.detail = since(current, view.model.now);
    }
    vec![
        link(Part::Trail, delivered),
        link(Part::LogGroup, retention),
        link(Part::Filter, pattern.into()),
        alarm,
        link(Part::Topic, String::new()),
        inbox(view, health, link(Part::Inbox, String::new())),
    ]
}

/// How many addresses have confirmed, and the first one that has not.
fn inbox(view: &View<'_>, health: &Health, link: ChainLink) -> ChainLink {
    let confirmed = health.subscriptions.iter().filter(|s| s.state == Confirmation::Confirmed);
    let count = confirmed.clone().count();
    let waiting = view.account.waiting();
    let detail = match (waiting.first(), confirmed.clone().next()) {
        (Some((email, since)), _) => {
            let since = since.map(|at| format!(" {}", clock(view.model.now.duration_since(at)))).unwrap_or_default();
            format!("{email} pending{since}")
        }
        (None, Some(first)) => first.endpoint.clone(),
        (None, None) => String::new(),
    };
    let word = match (link.verdict, waiting.len()) {
        (Verdict::Ok, 0) => format!("{count} ok"),
        (Verdict::Ok, more) => format!("{count} of {} ok", count + more),
        _ => link.word,
    };
    ChainLink { word, detail, ..link }
}

fn since(alarm: &Alarm, now: Timestamp) -> String {
    alarm.since.map(|at| format!("for {}", age(now.duration_since(at)))).unwrap_or_default()
}
