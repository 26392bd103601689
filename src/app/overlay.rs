//! What lies over a screen: help, the commands, a picker, a question.

use tui_input::{Input, InputRequest};

use super::alarm_test::TestScreen;
use super::keys::{Code, Key};
use super::teardown::Teardown;
use crate::domain::account_region::Partition;
use crate::domain::names;
use crate::domain::settings::{Candidate, Choice};

/// What lies over the screen, and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        scroll: u16,
    },
    /// The plan as commands of the AWS CLI.
    Commands {
        text: String,
        scroll: u16,
    },
    Picker(Picker),
    /// Whether to leave the screen, or to quit, while something runs.
    ConfirmQuit {
        quit: bool,
    },
    /// Whether to set an alarm that has fired back to OK.
    SetOk,
    /// Every check, with what to do.
    Checks {
        scroll: u16,
    },
    /// The event under the cursor, whole.
    Event {
        scroll: u16,
    },
    /// The test alarm or the drill: asked for, under way, ended.
    Test(Box<TestScreen>),
    /// What is taken away: shown, agreed to, under way, ended.
    Teardown(Box<Teardown>),
}

/// What is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    Profile,
    Region,
    /// The trail that the chain hangs on.
    Trail,
}

/// A list to choose from, narrowed by typing.
#[derive(Clone, Debug)]
pub struct Picker {
    pub what: Picked,
    items: Vec<String>,
    /// What is known of the trails.
    candidates: Vec<Candidate>,
    input: Input,
    selected: usize,
    /// The profiles have been read.
    pub ready: bool,
}

impl Picker {
    /// The regions that an account of that partition can reach, the proposed one marked; all of them, where the account
    /// is not known.
    #[must_use]
    pub fn regions(proposed: &str, within: Option<&Partition>) -> Self {
        let reachable = |region: &&&str| within.is_none_or(|within| Partition::of_region(region) == *within);
        let items: Vec<String> = names::REGIONS.iter().filter(reachable).map(|r| (*r).to_owned()).collect();
        let selected = items.iter().position(|r| r == proposed).unwrap_or(0);
        Self { what: Picked::Region, items, candidates: Vec::new(), input: Input::default(), selected, ready: true }
    }

    /// The profiles known so far; [`Self::offer_profiles`] brings the rest.
    #[must_use]
    pub fn profiles(known: &[String]) -> Self {
        Self {
            what: Picked::Profile,
            items: known.to_vec(),
            candidates: Vec::new(),
            input: Input::default(),
            selected: 0,
            ready: !known.is_empty(),
        }
    }

    /// The trails in sight and a new one, the one in use marked.
    #[must_use]
    pub fn trails(candidates: Vec<Candidate>, used: &str) -> Self {
        let items: Vec<String> = candidates.iter().map(|c| c.name.clone()).collect();
        let selected = items.iter().position(|name| name == used).unwrap_or(0);
        Self { what: Picked::Trail, items, candidates, input: Input::default(), selected, ready: true }
    }

    /// What is known of the item, where it is a trail.
    #[must_use]
    pub fn candidate(&self, item: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|c| c.name == item)
    }

    pub fn offer_profiles(&mut self, profiles: &[String]) {
        if self.what == Picked::Profile {
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

    /// The items that hold what was typed.
    #[must_use]
    pub fn matches(&self) -> Vec<&str> {
        let typed = self.typed().to_lowercase();
        self.items.iter().map(String::as_str).filter(|i| i.to_lowercase().contains(&typed)).collect()
    }

    pub fn step(&mut self, forward: bool) {
        let n = self.matches().len().max(1);
        self.selected = if forward { self.selected + 1 } else { self.selected + n - 1 } % n;
    }

    /// Text and its deletion narrow the list.
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

    /// The marked item; or a region newer than our list, when it is typed out.
    ///
    /// # Errors
    /// What is wrong with what was typed.
    pub fn choice(&self) -> Result<String, String> {
        if let Some(item) = self.matches().get(self.selected) {
            if let Some(trail) = self.candidate(item).filter(|c| c.choice == Choice::OutOfReach) {
                return Err(format!("`{}` cannot be used: {}.", trail.name, trail.why));
            }
            return Ok((*item).to_owned());
        }
        match self.what {
            Picked::Region => names::region(self.typed()).map(|()| self.typed().to_owned()),
            Picked::Trail => {
                Err(format!("There is no trail `{}` in sight; its name may be typed into the field.", self.typed()))
            }
            Picked::Profile => Err(format!("There is no profile `{}` in your AWS configuration.", self.typed())),
        }
    }
}
