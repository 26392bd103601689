//! Profiles in columns, as many as there is room for; the rest is said about the selected one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::ListItem;
use unicode_width::UnicodeWidthStr;

use crate::app::state::picker::{Picker, PickerItem};
use crate::domain::profile::{Profile, ProfileKind, SsoState};
use crate::ui::widgets::text::{cut_middle, pad};
use crate::ui::widgets::view::View;

/// What a column shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Kind,
    Account,
    Region,
    Session,
    Role,
}

impl Column {
    /// The most important first.
    const ALL: [Self; 5] = [Self::Kind, Self::Session, Self::Account, Self::Region, Self::Role];
    /// From left to right.
    const IN_ORDER: [Self; 5] = [Self::Kind, Self::Account, Self::Role, Self::Region, Self::Session];

    fn text(self, profile: &Profile, now: Timestamp) -> &str {
        match self {
            Self::Kind => kind(profile.kind),
            Self::Account => profile.account.as_deref().unwrap_or_default(),
            Self::Role => profile.role.as_deref().unwrap_or_default(),
            Self::Region => profile.region.as_deref().unwrap_or_default(),
            Self::Session if profile.fault.is_some() => "unusable",
            Self::Session => profile.sso.as_ref().map_or("", |sso| sso.state(now).as_str()),
        }
    }
}

/// The columns that there is room for, with their widths.
pub(super) struct Columns {
    name: usize,
    others: Vec<(Column, usize)>,
    /// Whether there is room for the words "in use".
    in_use: bool,
}

/// Two spaces between columns.
const GAP: usize = 2;
/// The columns that a name has in any case.
const SHORTEST_NAME: usize = 20;
/// The columns of "in use" at the end of a row.
const IN_USE: usize = 8;

impl Columns {
    /// Long names are cut only where there would be no room for the kind and the state of the session.
    pub(super) fn fitting(items: &[&PickerItem], picker: &Picker, room: u16) -> Self {
        let profiles = || {
            items.iter().filter_map(|item| match item {
                PickerItem::Profile(profile) => Some(profile.as_ref()),
                PickerItem::Region(_) | PickerItem::Trail(_) => None,
            })
        };
        let room = usize::from(room);
        let width =
            |column: Column| profiles().map(|profile| column.text(profile, picker.now).width()).max().unwrap_or(0);
        let always: usize = [Column::Kind, Column::Session].map(|column| width(column) + GAP).iter().sum();
        let longest = profiles().map(|profile| profile.name.width()).max().unwrap_or(0);
        let name = longest.min(room.saturating_sub(always).max(SHORTEST_NAME)).min(room);
        let mut left = room.saturating_sub(name);
        let mut others = Vec::new();
        for column in Column::ALL {
            let width = width(column);
            if width > 0 && width + GAP <= left {
                left -= width + GAP;
                others.push((column, width));
            }
        }
        others.sort_by_key(|(column, _)| Column::IN_ORDER.iter().position(|other| other == column));
        Self { name, others, in_use: left >= IN_USE }
    }

    pub(super) fn row(&self, view: &View<'_>, profile: &Profile, picker: &Picker, style: Style) -> ListItem<'static> {
        let theme = view.theme;
        let name = pad(&cut_middle(&profile.name, self.name), self.name);
        let mut spans = vec![Span::styled(name, style)];
        for (column, width) in &self.others {
            let style = match (column, profile.sso.as_ref().map(|sso| sso.state(picker.now))) {
                (Column::Session, _) if profile.fault.is_some() => theme.warn,
                (Column::Session, Some(SsoState::SignedInUntil(_) | SsoState::Renewable)) => theme.good,
                (Column::Session, Some(SsoState::ExpiredAt(_) | SsoState::SignedOut)) => theme.warn,
                _ => theme.text,
            };
            spans.push(Span::raw(" ".repeat(GAP)));
            spans.push(Span::styled(pad(column.text(profile, picker.now), *width), style));
        }
        if self.in_use && profile.name == picker.current() {
            spans.push(Span::styled("  in use", theme.dim));
        }
        ListItem::new(Line::from(spans))
    }
}

/// Everything about a profile, in one line.
pub(super) fn about(view: &View<'_>, profile: &Profile, picker: &Picker) -> String {
    let now = picker.now;
    if let Some(fault) = &profile.fault {
        return format!("unusable: {fault}");
    }
    let mut facts: Vec<String> = Vec::new();
    facts.extend((profile.name == picker.current()).then(|| "in use".to_owned()));
    if let Some(sso) = &profile.sso {
        facts.push(match sso.state(now) {
            SsoState::SignedOut => "not signed in".to_owned(),
            SsoState::SignedInUntil(until) => format!("signed in until {}", moment(until, now, &view.model.zone)),
            SsoState::Renewable => "signed in; renewed when it is used".to_owned(),
            SsoState::ExpiredAt(at) => format!("expired {}", moment(at, now, &view.model.zone)),
        });
    }
    facts.extend(profile.account.as_ref().map(|account| format!("account {account}")));
    facts.extend(profile.role.as_ref().map(|role| format!("role {role}")));
    facts.extend(profile.region.clone());
    facts.extend(Some(kind(profile.kind)).filter(|kind| !kind.is_empty()).map(str::to_owned));
    facts.join(", ")
}

fn kind(kind: ProfileKind) -> &'static str {
    if kind == ProfileKind::Unknown { "" } else { kind.as_str() }
}

/// The time of day, with the date if it is another day.
fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let format = if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    at.strftime(format).to_string()
}
