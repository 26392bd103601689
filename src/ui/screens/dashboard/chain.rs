//! The chain from the trail to the inbox, with the verdict on each link.

use jiff::Timestamp;
use ratatui::text::Span;

use crate::domain::health::Counts;
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

/// The link that a check is about; `None`: the root user itself.
fn link_of(check: CheckId) -> Option<Link> {
    let link = match check {
        CheckId::TrailExists
        | CheckId::TrailMultiRegion
        | CheckId::TrailLogging
        | CheckId::TrailManagementEvents
        | CheckId::TrailDelivers
        | CheckId::TrailAllRegions
        | CheckId::TrailValidation
        | CheckId::BucketPrivate
        | CheckId::RoleScope => Link::Trail,
        CheckId::LogGroupExists | CheckId::LogGroupRetention => Link::LogGroup,
        CheckId::FilterPattern | CheckId::FilterPublishes | CheckId::FilterCisPattern => Link::Filter,
        CheckId::AlarmExists | CheckId::AlarmActions | CheckId::AlarmMuteRules => Link::Alarm,
        CheckId::TopicExists | CheckId::TopicPolicy | CheckId::TopicPublic | CheckId::TopicEncryption => Link::Topic,
        CheckId::SubscriptionConfirmed | CheckId::SubscriptionSigned => Link::Inbox,
        CheckId::RootMfa | CheckId::RootHardwareMfa | CheckId::RootAccessKeys | CheckId::RootCertificates => {
            return None;
        }
    };
    Some(link)
}

/// A link of the chain as the dashboard shows it.
struct ChainLink {
    name: &'static str,
    verdict: Verdict,
    word: String,
    detail: String,
}

fn links(view: &View<'_>, health: &Health) -> Vec<ChainLink> {
    let link = |link: Link, detail: String| {
        let verdict = health.worst(|id| link_of(id) == Some(link) && id.counts() == Counts::Alerting);
        ChainLink { name: link.name(), verdict, word: verdict.as_str().to_owned(), detail }
    };
    let is_ok = |id| health.check(id).is_some_and(|check| check.verdict == Verdict::Ok);
    let delivered = health.last_delivery.filter(|_| is_ok(CheckId::TrailDelivers));
    let delivered = delivered.map(|ago| format!("{} ago", age(ago))).unwrap_or_default();
    let retention = health.check(CheckId::LogGroupRetention).map(|check| check.detail.clone()).unwrap_or_default();
    let pattern = if is_ok(CheckId::FilterCisPattern) { "CIS pattern" } else { "" };
    let mut alarm = link(Link::Alarm, String::new());
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
        link(Link::Trail, delivered),
        link(Link::LogGroup, retention),
        link(Link::Filter, pattern.into()),
        alarm,
        link(Link::Topic, String::new()),
        inbox(view, health, link(Link::Inbox, String::new())),
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
