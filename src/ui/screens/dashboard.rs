//! The dashboard: the chain from sign-in to inbox, its first problem, root activity, and the alarm history.

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::Model;
use crate::app::state::activity::Searched;
use crate::app::state::dashboard::{BAR, WEEK};
use crate::app::state::polled::Polled;
use crate::domain::activity::{HistoryItem, HistoryKind, Trigger, alarm_trigger, gap};
use crate::domain::arn::Arn;
use crate::domain::event::{Outcome, RootEvent};
use crate::domain::health::age;
use crate::domain::observed::{Alarm, AlarmState, Confirmation};
use crate::domain::{CheckId, Health, Verdict};
use crate::ui::checks;
use crate::ui::plan::{clock, spinner};
use crate::ui::text::{cut, pad, wrap};
use crate::ui::theme::Theme;

pub(in crate::ui) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(derived) = &model.account().derived else {
        let line = Line::styled(format!(" {} reading the account", spinner(model.now)), theme.text);
        return frame.render_widget(line, area);
    };
    let width = area.width;
    let mut lines = Vec::new();
    stale_data(model, theme, width, &mut lines);
    in_alarm(model, &derived.health, theme, width, &mut lines);
    chain(model, &derived.health, theme, usize::from(width), &mut lines);
    summary(&derived.health, theme, width, &mut lines);
    if area.height > 20 {
        lines.push(Line::default());
    }
    let room = usize::from(area.height).saturating_sub(lines.len());
    // The alarm history gets at most a third of the remaining height, root activity the rest.
    let history = model.account().dashboard.history.value.as_ref().map_or(1, Vec::len).clamp(1, (room / 3).max(2));
    let mut events = Vec::new();
    activity(model, theme, usize::from(width), room.saturating_sub(history + 1), &mut events);
    lines.append(&mut events);
    let left = usize::from(area.height).saturating_sub(lines.len() + 1);
    alarm_history(model, theme, usize::from(width), left, &mut lines);
    frame.render_widget(Paragraph::new(lines), area);
}

fn paragraph(text: &str, style: Style, width: u16, lines: &mut Vec<Line<'static>>) {
    lines.extend(wrap(text, width.saturating_sub(2)).into_iter().map(|l| Line::styled(format!(" {l}"), style)));
}

/// Why the alarm cannot be read, at the top, so that old data does not look current.
fn stale_data(model: &Model, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let part = &model.account().dashboard.alarm;
    let Some(error) = &part.error else { return };
    let shown = match part.read_at {
        Some(seen) => {
            format!("Showing data from {} ago; retrying.", age(model.now.duration_since(seen)))
        }
        None => String::new(),
    };
    paragraph(&format!("{} {} {shown}", error.why(), error.fix()), theme.bad, width, lines);
}

/// While the alarm is in ALARM: who did what, when, and from where, before anything else.
fn in_alarm(model: &Model, health: &Health, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let Some(alarm) = health.in_alarm() else { return };
    let events = model.account().dashboard.events.value.as_deref().unwrap_or_default();
    let cause = match alarm_trigger(alarm, events) {
        Trigger::Drill(event) => {
            format!("ALARM: a drill at {}; nobody used root.", local(model, event.time, false))
        }
        Trigger::Root(event) => format!(
            "ALARM: {} by {} at {}, {} from {} ({}), MFA {}.",
            event.name,
            event.not_root.as_deref().unwrap_or("root"),
            local(model, event.time, false),
            event.outcome.as_str(),
            or_dash(&event.address),
            or_dash(&event.client),
            event.mfa.as_str(),
        ),
        Trigger::Test => format!("ALARM: {}", alarm.reason),
        Trigger::Unknown => {
            let since = local(model, alarm.since, false);
            format!("ALARM since {since}: {} It is not known yet who used root.", alarm.reason)
        }
    };
    paragraph(&cause, theme.bad, width, lines);
    lines.push(Line::default());
}

/// What made the alarm fire, then the question whether to set it back to OK.
pub(in crate::ui) fn set_ok(model: &Model, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Some(alarm) = model.account().derived.as_ref().and_then(|derived| derived.health.alarm.as_ref()) else {
        return Vec::new();
    };
    let events = model.account().dashboard.events.value.as_deref();
    let at = |event: &RootEvent| local(model, event.time, false);
    let (trigger, style) = match (alarm.state, alarm_trigger(alarm, events.unwrap_or_default())) {
        (AlarmState::Ok, _) => ("The alarm is OK again.".to_owned(), theme.good),
        (AlarmState::InsufficientData, _) => ("The alarm has not fired: it has no data yet.".to_owned(), theme.text),
        (_, Trigger::Root(event)) => {
            let what = format!(
                "{} at {} from {} ({})",
                event.name,
                at(event),
                or_dash(&event.address),
                or_dash(&event.client)
            );
            let sentence = match (&event.not_root, &event.outcome) {
                (Some(who), _) => format!("It was {who}, not root: {what}."),
                (None, Outcome::Failure(_)) => format!("Someone tried to use root and failed: {what}."),
                (None, Outcome::Success) if event.assumed_root => {
                    format!("Root was used through central root management: {what}.")
                }
                (None, Outcome::Success) => format!("Root was used: {what}."),
            };
            (sentence, theme.bad)
        }
        (_, Trigger::Drill(event)) => (format!("It was a drill at {}: nobody used root.", at(event)), theme.text),
        (_, Trigger::Test) => (format!("It was a test: {}", alarm.reason), theme.text),
        (_, Trigger::Unknown) => {
            let since = local(model, alarm.since, false);
            let reason = match (events, &model.account().dashboard.events.error) {
                (Some(_), None) => "no root use from that time was found",
                _ => "the events could not be read",
            };
            let sentence = format!(
                "It is not known what made the alarm fire at {since}: {reason}. Root may have been used. \
                 CloudWatch's reason: {}",
                alarm.reason
            );
            (sentence, theme.warn)
        }
    };
    let mut lines: Vec<Line> = wrap(&trigger, width).into_iter().map(|l| Line::styled(l, style)).collect();
    lines.push(Line::default());
    let question = format!("Set the alarm `{}` back to OK? The next root use sends a new alert. [y/N]", alarm.name);
    lines.extend(wrap(&question, width).into_iter().map(|l| Line::styled(l, theme.text)));
    lines
}

/// The links of the chain with their verdicts, connected by lines; below each link its detail.
fn chain(model: &Model, health: &Health, theme: &Theme, width: usize, lines: &mut Vec<Line<'static>>) {
    let all = links(model, health);
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
        lines.push(Line::from(top));
        lines.push(Line::from(bottom));
    }
}

/// The links of the chain, from the trail to the inbox.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Trail,
    LogGroup,
    Filter,
    Alarm,
    Topic,
    Inbox,
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Self::Trail => "Trail",
            Self::LogGroup => "Log group",
            Self::Filter => "Filter",
            Self::Alarm => "Alarm",
            Self::Topic => "Topic",
            Self::Inbox => "Inbox",
        }
    }
}

/// The link that a check is about.
fn link_of(check: CheckId) -> Link {
    match check {
        CheckId::TrailExists
        | CheckId::TrailMultiRegion
        | CheckId::TrailLogging
        | CheckId::TrailManagementEvents
        | CheckId::TrailDelivers => Link::Trail,
        CheckId::LogGroupExists | CheckId::LogGroupRetention => Link::LogGroup,
        CheckId::FilterPattern => Link::Filter,
        CheckId::AlarmExists | CheckId::AlarmActions => Link::Alarm,
        CheckId::TopicExists | CheckId::TopicPolicy | CheckId::TopicEncryption => Link::Topic,
        CheckId::SubscriptionConfirmed => Link::Inbox,
    }
}

/// A link of the chain as the dashboard shows it.
struct ChainLink {
    name: &'static str,
    verdict: Verdict,
    word: String,
    detail: String,
}

fn links(model: &Model, health: &Health) -> Vec<ChainLink> {
    let link = |link: Link, detail: String| {
        let verdict = health.worst(|id| link_of(id) == link);
        ChainLink { name: link.name(), verdict, word: verdict.as_str().to_owned(), detail }
    };
    let is_ok = |id| health.check(id).is_some_and(|check| check.verdict == Verdict::Ok);
    let delivered = health.last_delivery.filter(|_| is_ok(CheckId::TrailDelivers));
    let delivered = delivered.map(|ago| format!("{} ago", age(ago))).unwrap_or_default();
    let retention = health.check(CheckId::LogGroupRetention).map(|check| check.detail.clone()).unwrap_or_default();
    let pattern = if is_ok(CheckId::FilterPattern) { "CIS pattern" } else { "" };
    let mut alarm = link(Link::Alarm, String::new());
    if let Some(current) = &health.alarm {
        if alarm.verdict == Verdict::Ok {
            alarm.word =
                if current.state == AlarmState::InsufficientData { "NO DATA" } else { current.state.as_str() }.into();
        }
        if current.state == AlarmState::Alarm {
            alarm.verdict = Verdict::Wrong;
        }
        alarm.detail = since(current, model.now);
    }
    vec![
        link(Link::Trail, delivered),
        link(Link::LogGroup, retention),
        link(Link::Filter, pattern.into()),
        alarm,
        link(Link::Topic, String::new()),
        inbox(model, health, link(Link::Inbox, String::new())),
    ]
}

/// How many addresses have confirmed, and the first one that has not.
fn inbox(model: &Model, health: &Health, link: ChainLink) -> ChainLink {
    let confirmed = health.subscriptions.iter().filter(|s| s.state == Confirmation::Confirmed);
    let count = confirmed.clone().count();
    let waiting = model.account().waiting();
    let detail = match (waiting.first(), confirmed.clone().next()) {
        (Some((email, since)), _) => {
            let since = since.map(|at| format!(" {}", clock(model.now.duration_since(at)))).unwrap_or_default();
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

/// The first problem and its fix, or that everything works.
fn summary(health: &Health, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let style = health.weakest().map_or(theme.dim, |check| theme.verdict(check.verdict));
    let problems = health.alerting_problems().count();
    let more = match problems.saturating_sub(1) {
        0 => String::new(),
        1 => " 1 more problem: press `c`.".to_owned(),
        more => format!(" {more} more problems: press `c`."),
    };
    paragraph(&format!("{}{more}", checks::summary(health)), style, width, lines);
}

/// A section's title, the age of its data, and why it could not be read.
fn title<T>(model: &Model, theme: &Theme, name: &str, part: &Polled<T>, width: usize) -> Line<'static> {
    let mut spans = vec![Span::styled(format!(" {name}"), theme.title)];
    if let Some(seen) = part.read_at {
        let age_of_data = model.now.duration_since(seen);
        if age_of_data >= SignedDuration::from_secs(20) {
            spans.push(Span::styled(format!("   {} ago", age(age_of_data)), theme.dim));
        }
    }
    if let Some(error) = &part.error {
        let used: usize = spans.iter().map(Span::width).sum();
        let why = format!("   {}", error.brief());
        spans.push(Span::styled(cut(&why, width.saturating_sub(used + 1)), theme.warn));
    }
    Line::from(spans)
}

fn activity(model: &Model, theme: &Theme, width: usize, room: usize, lines: &mut Vec<Line<'static>>) {
    let part = &model.account().dashboard.events;
    let mut head = title(model, theme, "Root activity, last 7 days", part, width);
    let gap = model.account().derived.as_ref().and_then(|derived| gap(&derived.health));
    let unreadable = gap.filter(|_| part.value.as_ref().is_none_or(Vec::is_empty));
    // Empty bars would suggest that nothing happened.
    let bars = if unreadable.is_some() { String::new() } else { bars(model) };
    if let Some(error) = model.account().dashboard.metric.error.as_ref().filter(|_| part.error.is_none()) {
        let room = width.saturating_sub(head.width() + 4);
        head.push_span(Span::styled(format!("   {}", cut(&format!("chart {}", error.brief()), room)), theme.warn));
    } else if part.error.is_none() && !bars.is_empty() && head.width() + bars.chars().count() + 4 <= width {
        head.push_span(Span::styled(format!("   {bars}"), theme.accent));
    }
    lines.push(head);
    let room = room.saturating_sub(1);
    let Some(events) = &part.value else {
        if part.error.is_none() {
            lines.push(Line::styled(format!("   {} reading the log group", spinner(model.now)), theme.dim));
        }
        return;
    };
    if events.is_empty() {
        let none = match unreadable {
            Some(why) => format!("None found, but not everything is recorded. {why}"),
            None => no_use(model),
        };
        let room = u16::try_from(width.saturating_sub(4)).unwrap_or(u16::MAX);
        lines.extend(wrap(&none, room).into_iter().map(|line| Line::styled(format!("   {line}"), theme.dim)));
        return;
    }
    let unsearched = unsearched(model);
    let room = room.saturating_sub(usize::from(unsearched.is_some()));
    let from = (model.account().dashboard.selected + 1).saturating_sub(room.max(1));
    let shown = events.iter().enumerate().skip(from).take(room);
    lines.extend(shown.map(|(i, event)| row(model, event, i == model.account().dashboard.selected, theme, width)));
    lines.extend(unsearched.map(|text| Line::styled(cut(&format!("   {text}"), width), theme.dim)));
}

/// A sentence saying that no root use was found, and how far back the search went.
fn no_use(model: &Model) -> String {
    match model.account().dashboard.searched() {
        Searched::All | Searched::Full => "No root use in the last 7 days.".to_owned(),
        Searched::Reading(None) => "No root use found so far; still reading.".to_owned(),
        Searched::Reading(Some(at)) => {
            format!("No root use found so far; searched back to {}, still reading.", weekday(model, at))
        }
        Searched::Paused(None) => "No root use found so far; press `m` to search further.".to_owned(),
        Searched::Paused(Some(at)) => {
            format!("No root use found since {}; press `m` to search further.", weekday(model, at))
        }
    }
}

/// A line below the events, if older events have not been searched yet.
fn unsearched(model: &Model) -> Option<String> {
    match model.account().dashboard.searched() {
        Searched::All | Searched::Full => None,
        Searched::Reading(None) => Some("Still reading.".to_owned()),
        Searched::Reading(Some(at)) => Some(format!("Searched back to {}, still reading.", weekday(model, at))),
        Searched::Paused(None) => Some("Press `m` for older events.".to_owned()),
        Searched::Paused(Some(at)) => {
            Some(format!("Searched back to {}; press `m` for older events.", weekday(model, at)))
        }
    }
}

/// Local time with the weekday, such as "Tue 11-24 13:00".
fn weekday(model: &Model, at: Timestamp) -> String {
    at.to_zoned_datetime(model.zone.clone()).strftime("%a %m-%d %H:%M").to_string()
}

/// The metric of the last 7 days, one bar per 6 hours.
fn bars(model: &Model) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let Some(points) = &model.account().dashboard.metric.value else { return String::new() };
    let start = model.now.saturating_sub(WEEK).unwrap_or(model.now);
    let width = i64::from(BAR);
    let mut sums = [0.0_f64; 28];
    for point in points {
        let slot = point.at.duration_since(start).as_secs() / width;
        if let Some(sum) = usize::try_from(slot.max(0)).ok().and_then(|slot| sums.get_mut(slot.min(27))) {
            *sum += point.value;
        }
    }
    let most = sums.iter().copied().fold(1.0, f64::max);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of seven is a small number")]
    let level = |sum: &f64| LEVELS[((sum / most) * 7.0).round().clamp(0.0, 7.0) as usize];
    sums.iter().map(level).collect()
}

fn row(model: &Model, event: &RootEvent, selected: bool, theme: &Theme, width: usize) -> Line<'static> {
    let mark = if selected { ">" } else { " " };
    let style = if selected { theme.selected } else { theme.text };
    let what = match (event.drill, event.assumed_root) {
        (true, _) => "DRILL, not root".to_owned(),
        (_, true) => format!("{} (central)", event.name),
        _ if event.not_root.is_some() => format!("NOT ROOT: {}", event.name),
        _ => event.name.clone(),
    };
    let is_wide = width >= 76;
    let what = pad(&what, if is_wide { 16 } else { 13 });
    let (outcome, address) = (pad(event.outcome.as_str(), 8), pad(or_dash(&event.address), 16));
    let mfa = if is_wide { format!("MFA {} ", pad(event.mfa.as_str(), 4)) } else { String::new() };
    let client = if is_wide { or_dash(&event.client) } else { "" };
    let text = format!(" {mark} {}  {what} {outcome} {mfa}{address} {client}", local(model, event.time, false));
    Line::styled(cut(&text, width), style)
}

pub(in crate::ui) fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// Local time without the year, or `full` with year, seconds and time zone.
pub(in crate::ui) fn local(model: &Model, at: Option<Timestamp>, full: bool) -> String {
    let Some(at) = at else { return "-".into() };
    let zoned = at.to_zoned_datetime(model.zone.clone());
    zoned.strftime(if full { "%Y-%m-%d %H:%M:%S %Z" } else { "%m-%d %H:%M" }).to_string()
}

fn alarm_history(model: &Model, theme: &Theme, width: usize, room: usize, lines: &mut Vec<Line<'static>>) {
    let part = &model.account().dashboard.history;
    lines.push(title(model, theme, "Alarm history", part, width));
    let Some(items) = &part.value else { return };
    if items.is_empty() {
        lines.push(Line::styled("   Nothing yet.", theme.dim));
    }
    lines.extend(items.iter().take(room).map(|item| history_row(model, item, theme, width)));
}

fn history_row(model: &Model, item: &HistoryItem, theme: &Theme, width: usize) -> Line<'static> {
    let (word, text, style) = match &item.kind {
        HistoryKind::StateUpdate { from, to, reason } => {
            let from = from.map_or("?", short);
            (format!("{from} → {}", short(*to)), reason.clone(), theme.text)
        }
        HistoryKind::Action { ok: true } => ("action".into(), action_text(&item.summary), theme.good),
        HistoryKind::Action { ok: false } => ("action failed".into(), action_text(&item.summary), theme.bad),
        HistoryKind::Configuration => ("changed".into(), item.summary.clone(), theme.dim),
    };
    let head = format!("   {}  {}", local(model, Some(item.at), false), pad(&word, 16));
    let rest = width.saturating_sub(head.chars().count() + 2);
    Line::from(vec![Span::styled(head, style), Span::styled(format!(" {}", cut(&text, rest)), theme.dim)])
}

/// AWS's summary of an action, with the topic's name in place of its ARN, so that it fits.
fn action_text(summary: &str) -> String {
    let without_arn = |word: &str| Arn::from(word).last_part().unwrap_or(word).to_owned();
    summary.split(' ').map(without_arn).collect::<Vec<_>>().join(" ")
}

/// AWS's name of the state, short enough for a column.
fn short(state: AlarmState) -> &'static str {
    match state {
        AlarmState::InsufficientData => "NO DATA",
        other => other.as_str(),
    }
}

/// The selected event: its main fields, then its JSON.
pub(in crate::ui) fn event(model: &Model, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Some(event) = model.account().dashboard.event() else { return Vec::new() };
    let mut lines = Vec::new();
    let utc = event.time.map(|t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
    let local_time = local(model, event.time, true);
    let outcome = match &event.outcome {
        Outcome::Success => "Success".to_owned(),
        Outcome::Failure(why) => format!("Failure: {why}"),
    };
    let kind = match (event.drill, event.assumed_root, &event.not_root) {
        (true, ..) => "a drill: nobody used root".to_owned(),
        (_, true, _) => "central root management (sts:AssumeRoot)".to_owned(),
        (.., Some(who)) => format!("not root: {who}"),
        _ => "root itself".to_owned(),
    };
    let rows = [
        ("When", if local_time == utc { utc } else { format!("{local_time} ({utc})") }),
        ("What", format!("{} ({}), through the {}", event.name, or_dash(&event.source), event.via())),
        ("Outcome", outcome),
        ("Who", kind),
        ("MFA", event.mfa.as_str().to_owned()),
        ("From", format!("{}, {}", or_dash(&event.address), or_dash(&event.client))),
        ("Region", or_dash(&event.region).to_owned()),
    ];
    for (name, value) in rows {
        lines.push(Line::from(vec![
            Span::styled(pad(name, 9), theme.dim),
            Span::styled(cut(&value, usize::from(width).saturating_sub(9)), theme.text),
        ]));
    }
    lines.push(Line::default());
    // Wrapped lines keep the indentation.
    for line in event.json.lines() {
        let text = line.trim_start();
        let indent = (line.len() - text.len()).min(usize::from(width) / 3);
        let room = width.saturating_sub(u16::try_from(indent).unwrap_or(0));
        lines.extend(
            wrap(text, room).into_iter().map(|l| Line::styled(format!("{}{l}", " ".repeat(indent)), theme.text)),
        );
    }
    lines
}
