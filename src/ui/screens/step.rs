//! A step: what it creates and why, its fields, and the plan.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::app::state::account::Samples;
use crate::app::state::form::{Remark, TextField};
use crate::app::state::progress::StepRun;
use crate::domain::alarm::{AlarmConfig, MissingData, STAYS_IN_ALARM, USUAL_DELAY};
use crate::domain::event_scope::EventScope;
use crate::domain::samples::Sample;
use crate::domain::settings::{SettingId, SettingKind};
use crate::domain::{AlertId, Step};
use crate::ui::widgets::plan;
use crate::ui::widgets::text::{cut, field as text_field, field_rows, pad};
use crate::ui::widgets::view::View;

/// What the step creates and why, for readers who don't know these AWS services.
fn purpose(step: Step) -> &'static str {
    match step {
        Step::Trail => {
            "A CloudTrail trail records API calls and sign-ins in every Region and sends them to CloudWatch Logs, where they \
             can be searched."
        }
        Step::Topic => {
            "Alerts go to an SNS topic that emails every confirmed address. To confirm, open the link in the email."
        }
        Step::Filter => "A metric filter counts the events in the log group that show root use.",
        Step::Alarm => "A CloudWatch alarm fires when that count is at least 1, and notifies the topic.",
    }
}

/// The name of what the step sets up.
fn heading(step: Step) -> &'static str {
    match step {
        Step::Trail => "CloudTrail trail",
        Step::Topic => "Notifications",
        Step::Filter => "Root-use filter",
        Step::Alarm => "Alarm",
    }
}

pub(in crate::ui) fn draw(mut view: View<'_>, step: Step, frame: &mut Frame<'_>, area: Rect) {
    let (account, theme) = (view.account, view.theme);
    let part = || View::new(view.model, theme, area.width);
    let (mut purpose_lines, mut fields, mut tail, mut plan_rows) = (part(), part(), part(), part());
    view.spans([(format!(" Step {} of 4   ", step.number()), theme.dim), (heading(step).into(), theme.title)]);
    purpose_lines.paragraph(purpose(step), theme.dim);
    if area.height > 20 {
        purpose_lines.blank();
    }
    let mut cursor = None;
    for field in account.form.shown(step) {
        if let Some((x, y)) = field_lines(&mut fields, field, area) {
            cursor = Some((x, usize::from(y)));
        }
    }
    match step {
        Step::Filter => samples(&mut tail, area),
        Step::Alarm => alarm(&mut tail),
        Step::Trail | Step::Topic => {}
    }
    tail.line(plan_title(&tail, step), theme.title);
    // The plan gets at least three lines. If space is short, the explanation is left out, then the fields far from the cursor.
    let most = usize::from(area.height.saturating_sub(3));
    let mut head = view.lines;
    let (fields, mut tail) = (fields.lines, tail.lines);
    if head.len() + purpose_lines.lines.len() + fields.len() + tail.len() <= most {
        head.append(&mut purpose_lines.lines);
    }
    let room = most.saturating_sub(head.len() + tail.len()).max(1);
    let hidden = cursor.map_or(0, |(_, y)| (y + 2).saturating_sub(room)).min(fields.len().saturating_sub(room));
    let above = head.len();
    head.extend(fields.into_iter().skip(hidden).take(room));
    head.append(&mut tail);
    let cursor = cursor.and_then(|(x, y)| Some((x, u16::try_from((above + y).checked_sub(hidden)?).ok()?)));
    let height = u16::try_from(head.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(3));
    let [top, low] = area.layout(&Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]));
    frame.render_widget(Paragraph::new(head), top);
    if let Some((x, y)) = cursor.filter(|_| view.model.overlay.is_none() && !account.is_running())
        && y < top.height
    {
        frame.set_cursor_position(Position::new(top.x + x, top.y + y));
    }
    // The plan scrolls by itself to the row that is running or has failed; the keys scroll from there.
    let (scroll, focus) = (view.model.scroll, plan::rows(&mut plan_rows, step));
    if step == Step::Topic && !account.waiting().is_empty() {
        plan_rows.blank();
        plan_rows.indented(PASTE_LINK, theme.text);
    }
    frame.render_widget(Paragraph::new(plan::in_view(plan_rows, &focus, scroll, low.height)), low);
}

/// What else can be done with the link in the email.
const PASTE_LINK: &str = "Better: instead of opening the link, copy it and paste it here. Then nobody can unsubscribe \
    you with the link in an alert's email, and neither can a mail scanner that opens links.";

fn plan_title(view: &View<'_>, step: Step) -> String {
    match view.account.runs[step].as_ref().map(StepRun::count) {
        Some((done, all)) if all > 0 => format!(" Plan   {done} of {all} done"),
        _ => " Plan".to_owned(),
    }
}

/// Adds the field's lines. Returns the position of the cursor if the field has the focus.
fn field_lines(view: &mut View<'_>, field: &TextField, area: Rect) -> Option<(u16, u16)> {
    let (theme, width) = (view.theme, area.width);
    let focused = view.account.form.focus() == Some(field.id);
    let label_width = 14;
    let left = 3 + label_width;
    let setting = field.id.spec();
    let room = usize::from(width).saturating_sub(left + 3);
    let (box_width, is_pattern) = match setting.kind {
        SettingKind::FilterPattern => (room, true),
        SettingKind::Retention | SettingKind::YesOrNo => (6, false),
        SettingKind::Choice(_) => (8, false),
        SettingKind::Name(_)
        | SettingKind::OptionalName(_)
        | SettingKind::OptionalUrl
        | SettingKind::Addresses
        | SettingKind::Arns => (room.min(40), false),
    };
    let marker = if focused { ">" } else { " " };
    let style = if focused { theme.selected } else { theme.text };
    let top = view.lines.len();
    let (rows, cursor) = visible_text(field, box_width, is_pattern);
    for (i, row) in rows.iter().enumerate() {
        let (mark, label) = if i == 0 { (marker, setting.label) } else { (" ", "") };
        view.spans([
            (format!(" {mark} "), theme.accent),
            (pad(label, label_width), style),
            ("[".into(), theme.dim),
            (pad(row, box_width), style),
            ("]".into(), theme.dim),
        ]);
    }
    let aside = aside(field);
    let aside_style = if field.error.is_some() { theme.bad } else { theme.dim };
    let alongside = usize::from(width).saturating_sub(left + box_width + 5);
    if !is_pattern && aside.width() <= alongside {
        if let Some(line) = view.lines.last_mut() {
            line.spans.push(Span::styled(format!("  {aside}"), aside_style));
        }
    } else if focused
        || field.error.is_some()
        || field.edited
        || area.height > 20 && view.account.form.focus().is_none()
    {
        let room = width.saturating_sub(u16::try_from(left).unwrap_or(14) + 3);
        view.wrapped(left + 1, room, &aside, aside_style);
    }
    let x = u16::try_from(left + 1 + cursor.0).ok()?;
    let y = u16::try_from(top + cursor.1).ok()?;
    focused.then_some((x, y))
}

/// The text next to the field, with the keys that help.
fn aside(field: &TextField) -> Cow<'_, str> {
    let is_empty_pattern = field.id == SettingId::Pattern && field.text().trim().is_empty();
    match field.remark() {
        Remark::Wrong(why) if is_empty_pattern => format!("{why} F5 restores the default.").into(),
        Remark::Wrong(text) | Remark::Origin(text) | Remark::Note(text) => text.into(),
        Remark::NotTheCisPattern => "works if the samples below match, but audits accept only the default (F5)".into(),
        Remark::RoleIsRestricted(true) => "only this trail can assume it; Space changes it".into(),
        Remark::RoleIsRestricted(false) => "any trail of this account can assume it; Space changes it".into(),
        Remark::Events(EventScope::No, why) => format!("{why}; Space changes it").into(),
        Remark::Events(EventScope::Changes, _) => {
            "emails each sign-in and change to the account; Space changes it".into()
        }
        Remark::Events(EventScope::Writes, _) => "emails each call that changes something; Space changes it".into(),
        Remark::ForAuditors(true) => "all steps make what auditors ask for; Space changes it".into(),
        Remark::ForAuditors(false) => "only what alerting needs; Space changes it".into(),
    }
}

/// The part of the text that the box shows, and the cursor's position in it. The pattern is shown in full over several
/// lines; any other text scrolls with the cursor.
fn visible_text(field: &TextField, width: usize, in_full: bool) -> (Vec<String>, (usize, usize)) {
    if in_full {
        return field_rows(field.input(), width);
    }
    let (text, column) = text_field(field.input(), width);
    (vec![text], (column, 0))
}

/// The sample events, and whether the pattern matches each of them.
fn samples(view: &mut View<'_>, area: Rect) {
    let (account, theme) = (view.account, view.theme);
    let is_invalid =
        view.account.form.shown(Step::Filter).any(|field| field.id == SettingId::Pattern && field.error.is_some());
    let samples = if is_invalid { &Samples::NotTested } else { &account.samples };
    let title = match samples {
        _ if is_invalid => "Sample events: not tested".to_owned(),
        Samples::Tested(_) => "Sample events, tested by AWS".to_owned(),
        Samples::Testing(_) => format!("{} testing the sample events", view.spinner()),
        Samples::NotTested => "Sample events".to_owned(),
        Samples::TestFailed(error) => format!("Sample events: could not be tested. {}", error.why()),
    };
    view.paragraph(&title, theme.title);
    let events = AlertId::RootUse.spec().filter.samples;
    let result = |sample: &Sample, i: usize| match samples {
        Samples::Tested(matches) => match (matches.get(i).copied().unwrap_or(false), sample.should_match) {
            (true, true) => ("matches", theme.good),
            (false, false) => ("no match", theme.good),
            (true, false) => ("MATCHES, should not", theme.bad),
            (false, true) => ("NO MATCH, but should", theme.bad),
        },
        _ => (if sample.should_match { "(should match)" } else { "(should not match)" }, theme.dim),
    };
    let cells: Vec<[Span; 2]> = events
        .iter()
        .enumerate()
        .map(|(i, sample)| {
            let (word, style) = result(sample, i);
            [Span::styled(format!("   {}", pad(sample.title, 25)), theme.text), Span::styled(pad(word, 20), style)]
        })
        .collect();
    let half = events.len() / 2;
    if area.width >= 96 {
        view.lines.extend((0..half).map(|i| Line::from([cells[i].clone(), cells[i + half].clone()].concat())));
    } else if area.height > 19 {
        view.lines.extend(cells.into_iter().map(|cell| Line::from(cell.to_vec())));
    } else {
        let all = events.iter().enumerate().map(|(i, s)| format!("{}: {}", s.title, result(s, i).0));
        let text = all.collect::<Vec<_>>().join(" · ");
        view.indented(&text, theme.text);
    }
}

/// When an alarm with this configuration fires.
fn condition(config: &AlarmConfig) -> String {
    let missing_data = match &config.missing_data {
        MissingData::NotBreaching => "not breaching",
        MissingData::Breaching => "breaching",
        MissingData::Ignore => "ignored",
        MissingData::Missing => "missing",
        MissingData::Other(name) => name,
    };
    format!(
        "{} over {} minutes {} {}; missing data is {missing_data}",
        config.statistic.as_str().to_lowercase(),
        config.period * config.evaluation_periods / 60,
        config.comparison.sign(),
        config.threshold
    )
}

/// The alarms' properties, and how long an alert takes.
fn alarm(view: &mut View<'_>) {
    let theme = view.theme;
    let Some(derived) = &view.account.derived else { return };
    let (settings, observed) = (&derived.settings, view.account.observed.as_ref());
    let mut fact = |label: &str, value: &str| {
        let value = cut(value, view.columns().saturating_sub(16));
        view.spans([(format!("   {}", pad(label, 12)), theme.dim), (value, theme.text)]);
    };
    for alert in settings.alerts.values() {
        fact("Fires when", &condition(&(alert.alert.spec().config)()));
        fact("Counts", &format!("{}/{}", alert.metric.namespace, alert.metric.name));
        fact("Notifies", &settings.topic.value);
        if let Some(alarm) = observed.and_then(|observed| alert.existing_alarm(observed)) {
            fact("State", alarm.state.as_str());
        }
    }
    let sentence = format!(
        "CloudTrail delivers a root sign-in in about 5 minutes, and the alarm is evaluated every minute: the email to {} \
         usually arrives {USUAL_DELAY} after the sign-in. The alarm then stays in ALARM for {STAYS_IN_ALARM}, and further \
         uses in that time send no second email.",
        match settings.emails.value.as_slice() {
            [] => "you".to_owned(),
            [one] => one.to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        }
    );
    view.indented(&sentence, theme.dim);
}
