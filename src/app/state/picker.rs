//! A list to choose from, which typing filters: profiles, Regions, or trails.

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::app::keymap::{Code, Intent, Key};
use crate::domain::profile::Profile;
use crate::domain::region::{KNOWN, KnownRegion, Partition, Region};
use crate::domain::settings::{Candidate, TrailChoice};
use crate::domain::text;

/// What a picker lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerKind {
    Profile,
    Region,
    /// The trail to use for the setup.
    Trail,
}

/// One entry of the list.
#[derive(Clone, Debug)]
pub enum PickerItem {
    Profile(Box<Profile>),
    Region(KnownRegion),
    Trail(Box<Candidate>),
}

impl PickerItem {
    /// What identifies it, and what choosing it returns.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Profile(profile) => &profile.name,
            Self::Region(known) => known.code,
            Self::Trail(trail) => &trail.name,
        }
    }

    /// Whether any of its columns contains the text.
    fn matches(&self, typed: &str, now: Timestamp) -> bool {
        match self {
            Self::Profile(profile) => profile.matches(typed, now),
            Self::Region(known) => known.matches(typed),
            Self::Trail(trail) => trail.name.to_lowercase().contains(&typed.to_lowercase()),
        }
    }
}

/// A list to choose from; typing filters it.
#[derive(Clone, Debug)]
pub struct Picker {
    pub what: PickerKind,
    items: Vec<PickerItem>,
    /// The name of the entry in use.
    current: String,
    input: Input,
    selected: usize,
    /// Whether the items have been read.
    pub ready: bool,
    /// When it opened: the state of a session depends on the time.
    pub now: Timestamp,
    /// It opened because there is no Region.
    pub without_region: bool,
}

impl Picker {
    fn new(what: PickerKind, items: Vec<PickerItem>, current: &str) -> Self {
        let mut picker = Self {
            what,
            items,
            current: current.to_owned(),
            input: Input::default(),
            selected: 0,
            ready: true,
            now: Timestamp::UNIX_EPOCH,
            without_region: false,
        };
        picker.select(current);
        picker
    }

    /// The Regions of the partition, or all Regions if the partition is unknown. The one in use is selected, or else the
    /// proposed one.
    #[must_use]
    pub fn regions(current: Option<&Region>, partition: Option<&Partition>) -> Self {
        let is_reachable = |known: &&KnownRegion| partition.is_none_or(|p| Region::new(known.code).partition() == *p);
        let items = KNOWN.iter().filter(is_reachable).copied().map(PickerItem::Region).collect();
        let mut picker = Self::new(PickerKind::Region, items, current.map_or("us-east-1", Region::as_str));
        if current.is_none() {
            picker.current.clear();
        }
        picker
    }

    /// All Regions, for an account without one.
    #[must_use]
    pub fn first_region() -> Self {
        Self { without_region: true, ..Self::regions(None, None) }
    }

    /// The profiles known so far; [`Self::offer_profiles`] replaces them once they have been read.
    #[must_use]
    pub fn profiles(known: &[Profile], current: &str, now: Timestamp) -> Self {
        let items = known.iter().map(|profile| PickerItem::Profile(Box::new(profile.clone()))).collect();
        Self { ready: !known.is_empty(), now, ..Self::new(PickerKind::Profile, items, current) }
    }

    /// The account's trails and a new one. The one in use is selected.
    #[must_use]
    pub fn trails(candidates: Vec<Candidate>, current: &str) -> Self {
        let items = candidates.into_iter().map(|trail| PickerItem::Trail(Box::new(trail))).collect();
        Self::new(PickerKind::Trail, items, current)
    }

    /// The profiles have been read. The selected one stays selected.
    pub fn offer_profiles(&mut self, profiles: &[Profile]) {
        if self.what == PickerKind::Profile {
            let selected =
                self.matches().get(self.selected).map_or(self.current.clone(), |item| item.name().to_owned());
            self.items = profiles.iter().map(|profile| PickerItem::Profile(Box::new(profile.clone()))).collect();
            self.ready = true;
            self.select(&selected);
        }
    }

    fn select(&mut self, name: &str) {
        self.selected = self.matches().iter().position(|item| item.name() == name).unwrap_or(0);
    }

    #[must_use]
    pub fn typed(&self) -> &str {
        self.input.value()
    }

    /// The position of the selected entry among [`Self::matches`].
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The name of the entry in use; empty if there is none.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// How many entries there are, whatever is typed.
    #[must_use]
    pub fn total(&self) -> usize {
        self.items.len()
    }

    /// The entries in which the typed text occurs, in any column.
    #[must_use]
    pub fn matches(&self) -> Vec<&PickerItem> {
        self.items.iter().filter(|item| item.matches(self.typed(), self.now)).collect()
    }

    /// Moves the selection. Up and down wrap around.
    pub fn step(&mut self, intent: Intent) {
        const PAGE: usize = 10;
        let last = self.matches().len().saturating_sub(1);
        self.selected = match intent {
            Intent::Up if self.selected == 0 => last,
            Intent::Up => self.selected - 1,
            Intent::Down if self.selected >= last => 0,
            Intent::Down => self.selected + 1,
            Intent::PageUp => self.selected.saturating_sub(PAGE),
            Intent::PageDown => self.selected.saturating_add(PAGE).min(last),
            Intent::First => 0,
            Intent::Last => last,
            _ => self.selected,
        };
    }

    /// Edits the typed text, which filters the list.
    pub fn edit(&mut self, key: Key) {
        let request = match (key.code, key.ctrl) {
            (Code::Char(c), false) => InputRequest::InsertChar(c),
            (Code::Backspace, _) => InputRequest::DeletePrevChar,
            (Code::Char('u'), true) => InputRequest::DeleteLine,
            (Code::Char('w'), true) => InputRequest::DeletePrevWord,
            _ => return,
        };
        self.input.handle(request);
        // Without a filter, the entry in use is selected again.
        let current = if self.typed().is_empty() { self.current.clone() } else { String::new() };
        self.select(&current);
    }

    /// The selected item, or a Region that isn't in the list if its full name was typed.
    ///
    /// # Errors
    /// What is wrong with the typed text or the selected trail.
    pub fn choice(&self) -> Result<String, String> {
        let typed = self.typed();
        match (self.matches().get(self.selected), self.what) {
            (Some(PickerItem::Trail(trail)), _) if trail.choice == TrailChoice::Unavailable => {
                Err(format!("`{}` cannot be used: {}.", trail.name, trail.why))
            }
            (Some(item), _) => Ok(item.name().to_owned()),
            (None, PickerKind::Region) => Region::parse(typed).map(|region| region.to_string()),
            (None, PickerKind::Trail) => {
                Err(format!("No trail `{typed}` was found here; you can type its name into the field."))
            }
            (None, PickerKind::Profile) => {
                let names: Vec<&str> = self.items.iter().map(PickerItem::name).collect();
                let missing = match names.len() {
                    0 => return Err("Your AWS configuration has no profiles.".to_owned()),
                    1 => format!("There is no profile `{typed}` in your AWS configuration"),
                    n => format!("There is no profile `{typed}` among the {n} of your AWS configuration"),
                };
                match text::closest(typed, names, 3).as_slice() {
                    [] => Err(format!("{missing}.")),
                    similar => Err(format!("{missing}; did you mean {}?", text::alternatives(similar))),
                }
            }
        }
    }
}
