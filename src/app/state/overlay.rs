//! Windows over a screen: help, the commands, a picker, a question.

use tui_input::{Input, InputRequest};

use crate::app::keymap::{Code, Key};
use crate::domain::region::{Partition, REGIONS, Region};
use crate::domain::settings::{Candidate, TrailChoice};

/// The AWS CLI commands of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandList {
    /// The account is still being read.
    Reading,
    /// What will be done; none if everything exists.
    Planned(Vec<String>),
    Done(Vec<String>),
}

impl CommandList {
    #[must_use]
    pub fn commands(&self) -> &[String] {
        match self {
            Self::Reading => &[],
            Self::Planned(commands) | Self::Done(commands) => commands,
        }
    }
}

/// A window over the screen; it gets the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        scroll: u16,
    },
    /// A step as AWS CLI commands.
    Commands {
        list: CommandList,
        scroll: u16,
    },
    Picker(Picker),
    /// Asks whether to leave the screen, or to quit, while calls are running.
    ConfirmQuit {
        quit: bool,
    },
    /// Asks whether to set an alarm that has fired back to OK.
    SetOk,
    /// All checks, with how to fix what is wrong.
    Checks {
        scroll: u16,
    },
    /// The details of the selected event.
    Event {
        scroll: u16,
    },
    /// The account's test alarm or drill.
    Test,
    /// The account's teardown.
    Teardown,
}

/// What a picker lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerKind {
    Profile,
    Region,
    /// The trail to use for the setup.
    Trail,
}

/// A list to choose from; typing filters it.
#[derive(Clone, Debug)]
pub struct Picker {
    pub what: PickerKind,
    items: Vec<String>,
    /// Details of the trails.
    candidates: Vec<Candidate>,
    input: Input,
    selected: usize,
    /// Whether the items have been read.
    pub ready: bool,
}

impl Picker {
    /// The Regions of the partition, or all Regions if the partition is unknown. `proposed` is selected.
    #[must_use]
    pub fn regions(proposed: &str, partition: Option<&Partition>) -> Self {
        let is_reachable = |region: &&&str| partition.is_none_or(|p| Region::new(**region).partition() == *p);
        let items: Vec<String> = REGIONS.iter().filter(is_reachable).map(|r| (*r).to_owned()).collect();
        let selected = items.iter().position(|r| r == proposed).unwrap_or(0);
        Self { what: PickerKind::Region, items, candidates: Vec::new(), input: Input::default(), selected, ready: true }
    }

    /// The profiles known so far; [`Self::offer_profiles`] replaces them once they have been read.
    #[must_use]
    pub fn profiles(known: &[String]) -> Self {
        Self {
            what: PickerKind::Profile,
            items: known.to_vec(),
            candidates: Vec::new(),
            input: Input::default(),
            selected: 0,
            ready: !known.is_empty(),
        }
    }

    /// The account's trails and a new one. The one in use is selected.
    #[must_use]
    pub fn trails(candidates: Vec<Candidate>, used: &str) -> Self {
        let items: Vec<String> = candidates.iter().map(|c| c.name.clone()).collect();
        let selected = items.iter().position(|name| name == used).unwrap_or(0);
        Self { what: PickerKind::Trail, items, candidates, input: Input::default(), selected, ready: true }
    }

    /// The details of an item that is a trail.
    #[must_use]
    pub fn candidate(&self, item: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|c| c.name == item)
    }

    pub fn offer_profiles(&mut self, profiles: &[String]) {
        if self.what == PickerKind::Profile {
            self.items = profiles.to_vec();
            self.ready = true;
            self.selected = self.selected.min(self.items.len().saturating_sub(1));
        }
    }

    #[must_use]
    pub fn typed(&self) -> &str {
        self.input.value()
    }

    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The items that contain the typed text.
    #[must_use]
    pub fn matches(&self) -> Vec<&str> {
        let typed = self.typed().to_lowercase();
        self.items.iter().map(String::as_str).filter(|i| i.to_lowercase().contains(&typed)).collect()
    }

    pub fn step(&mut self, forward: bool) {
        let n = self.matches().len().max(1);
        self.selected = if forward { self.selected + 1 } else { self.selected + n - 1 } % n;
    }

    /// Edits the typed text, which filters the list.
    pub fn edit(&mut self, key: Key) {
        let request = match (key.code, key.ctrl) {
            (Code::Char(c), false) => InputRequest::InsertChar(c),
            (Code::Backspace, _) => InputRequest::DeletePrevChar,
            (Code::Char('u'), true) => InputRequest::DeleteLine,
            _ => return,
        };
        self.input.handle(request);
        self.selected = 0;
    }

    /// The selected item, or a Region that isn't in the list if its full name was typed.
    ///
    /// # Errors
    /// What is wrong with the typed text or the selected trail.
    pub fn choice(&self) -> Result<String, String> {
        if let Some(item) = self.matches().get(self.selected) {
            if let Some(trail) = self.candidate(item).filter(|c| c.choice == TrailChoice::Unavailable) {
                return Err(format!("`{}` cannot be used: {}.", trail.name, trail.why));
            }
            return Ok((*item).to_owned());
        }
        match self.what {
            PickerKind::Region => Region::parse(self.typed()).map(|region| region.to_string()),
            PickerKind::Trail => {
                Err(format!("No trail `{}` was found here; you can type its name into the field.", self.typed()))
            }
            PickerKind::Profile => Err(format!("There is no profile `{}` in your AWS configuration.", self.typed())),
        }
    }
}
