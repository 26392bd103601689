//! The fields of the four steps. A field that the user has not edited shows the proposed value.

use tui_input::{Input, InputRequest};

use crate::app::keymap::{Code, Key};
use crate::domain::event_scope::EventScope;
use crate::domain::settings::{Origin, SettingId, SettingKind, Settings, addresses};
use crate::domain::{SetupOptions, Step, pattern};

/// The words that a setting offers, if it is a choice.
fn choices(id: SettingId) -> Option<&'static [&'static str]> {
    match id.spec().kind {
        SettingKind::YesOrNo => Some(&["no", "yes"]),
        SettingKind::Choice(names) => Some(names),
        SettingKind::Name(_)
        | SettingKind::OptionalName(_)
        | SettingKind::OptionalUrl
        | SettingKind::Retention
        | SettingKind::Addresses
        | SettingKind::FilterPattern
        | SettingKind::Arns => None,
    }
}

/// The edit that a key makes in a text field, if any.
pub(in crate::app) fn edit_request(key: Key) -> Option<InputRequest> {
    Some(match (key.code, key.ctrl) {
        (Code::Char(c), false) => InputRequest::InsertChar(c),
        (Code::Backspace, false) => InputRequest::DeletePrevChar,
        (Code::Backspace | Code::Char('w'), true) => InputRequest::DeletePrevWord,
        (Code::Delete, _) => InputRequest::DeleteNextChar,
        (Code::Left, false) => InputRequest::GoToPrevChar,
        (Code::Right, false) => InputRequest::GoToNextChar,
        (Code::Left, true) => InputRequest::GoToPrevWord,
        (Code::Right, true) => InputRequest::GoToNextWord,
        (Code::Home, _) | (Code::Char('a'), true) => InputRequest::GoToStart,
        (Code::End, _) | (Code::Char('e'), true) => InputRequest::GoToEnd,
        (Code::Char('u'), true) => InputRequest::DeleteLine,
        (Code::Char('k'), true) => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}

/// What is said next to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark<'a> {
    /// What is wrong with the value.
    Wrong(&'a str),
    /// How the text was changed automatically.
    Note(&'static str),
    /// The pattern may work, but audits accept only the CIS pattern.
    NotTheCisPattern,
    /// Whether only this trail can assume the role.
    RoleIsRestricted(bool),
    /// Whether what auditors ask for is made as well.
    ForAuditors(bool),
    /// Which events are emailed one by one.
    Events(EventScope, &'a str),
    /// Where the value came from.
    Origin(&'a str),
}

/// A text field and the remark next to it.
#[derive(Clone, Debug)]
pub struct TextField {
    pub id: SettingId,
    input: Input,
    /// The user has changed it.
    pub edited: bool,
    pub error: Option<String>,
    /// Says how the text was changed automatically.
    pub note: Option<&'static str>,
    pub origin: Origin,
}

impl TextField {
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The text with the cursor in it.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// The remark next to the field: what is wrong with it, or a note, or where the value came from.
    #[must_use]
    pub fn remark(&self) -> Remark<'_> {
        match (&self.error, self.note) {
            (Some(error), _) => Remark::Wrong(error),
            (None, Some(note)) => Remark::Note(note),
            (None, None) if self.id == SettingId::Pattern && self.edited && !pattern::is_cis_pattern(self.text()) => {
                Remark::NotTheCisPattern
            }
            (None, None) if self.id == SettingId::RestrictRole => Remark::RoleIsRestricted(self.text() == "yes"),
            (None, None) if self.id == SettingId::Audit => Remark::ForAuditors(self.text() == "yes"),
            (None, None) if self.id == SettingId::Events => {
                Remark::Events(self.text().parse().unwrap_or(EventScope::No), self.origin.label())
            }
            (None, None) => Remark::Origin(self.origin.label()),
        }
    }

    /// Handles a key in a choice: the first letter of a word chooses it. Returns whether the value changed.
    fn change_choice(&mut self, names: &[&'static str], key: Key) -> bool {
        let current = names.iter().position(|name| *name == self.text()).unwrap_or_default();
        let new = match key.code {
            Code::Char(' ') | Code::Right => (current + 1) % names.len(),
            Code::Left => (current + names.len() - 1) % names.len(),
            Code::Char(letter) => names.iter().position(|name| name.starts_with(letter)).unwrap_or(current),
            _ => current,
        };
        if new != current {
            self.set(names[new].to_owned());
            self.on_edit();
        }
        new != current
    }

    fn set(&mut self, text: String) {
        self.input = Input::new(text);
    }

    fn on_edit(&mut self) {
        self.edited = true;
        self.note = None;
        if self.id == SettingId::Pattern {
            let normalized = pattern::normalize_quotes(self.text());
            if normalized != self.text() {
                let cursor = self.input.cursor();
                self.input = Input::new(normalized).with_cursor(cursor);
                self.note = Some("curly quotes were replaced: CloudWatch rejects them");
            }
        }
        self.error = self.id.spec().kind.check(self.text()).err();
    }
}

/// The fields of all steps, and which of them has the focus, if any.
#[derive(Clone, Debug)]
pub struct Form {
    fields: Vec<TextField>,
    /// The field that has the focus, or gets it when the user starts editing.
    current: SettingId,
    focused: bool,
    pub details: bool,
}

impl Form {
    /// A form in which the given options are set, as if the user had typed them.
    #[must_use]
    pub fn new(setup: &SetupOptions) -> Self {
        let field = |id| TextField {
            id,
            input: Input::default(),
            edited: false,
            error: None,
            note: None,
            origin: Origin::Default(""),
        };
        let fields = SettingId::ALL.into_iter().map(field).collect();
        let mut form = Self { fields, current: SettingId::Trail, focused: false, details: false };
        for id in SettingId::ALL {
            if let Some(text) = setup.text(id) {
                form.choose(id, text);
            }
        }
        form
    }

    /// The fields that a step shows now.
    pub fn shown(&self, step: Step) -> impl Iterator<Item = &TextField> {
        self.fields.iter().filter(move |f| self.is_shown(f, step))
    }

    fn is_shown(&self, field: &TextField, step: Step) -> bool {
        field.id.spec().step == step && (self.details || !field.id.spec().is_detail || field.error.is_some())
    }

    /// The field that has the focus; none while letters are commands.
    #[must_use]
    pub fn focus(&self) -> Option<SettingId> {
        self.focused.then_some(self.current)
    }

    /// Opens a step. No field has the focus; the email field or else the first one gets it next.
    pub fn enter(&mut self, step: Step) {
        self.focused = false;
        let emails = self.shown(step).find(|f| f.id == SettingId::Emails).map(|f| f.id);
        if let Some(id) = emails.or_else(|| self.shown(step).next().map(|f| f.id)) {
            self.current = id;
        }
    }

    /// Focuses the field that last had the focus in this step, or else the email field or the step's first one.
    pub fn focus_current(&mut self) {
        self.focused = true;
    }

    pub fn focus_on(&mut self, id: SettingId) {
        self.current = id;
        self.focused = true;
    }

    /// Removes the focus.
    pub fn leave_field(&mut self) {
        self.focused = false;
    }

    /// Moves the focus to the next or previous field, wrapping around. Without a focus, to the first or last field.
    pub fn move_focus(&mut self, forward: bool) {
        let shown: Vec<SettingId> = self.shown(self.current.spec().step).map(|f| f.id).collect();
        let position = self.focus().and_then(|focus| shown.iter().position(|id| *id == focus));
        let last = shown.len().saturating_sub(1);
        let next = match (position, forward) {
            (None, true) => 0,
            (Some(at), true) if at >= last => 0,
            (Some(at), true) => at + 1,
            (None | Some(0), false) => last,
            (Some(at), false) => at - 1,
        };
        if let Some(id) = shown.get(next) {
            self.focus_on(*id);
        }
    }

    pub fn toggle_details(&mut self) {
        self.details = !self.details;
        let step = self.current.spec().step;
        if !self.shown(step).any(|f| f.id == self.current) {
            let focused = self.focused;
            self.enter(step);
            self.focused = focused;
        }
    }

    /// What is wrong with each invalid field.
    #[must_use]
    pub fn errors(&self) -> Vec<(SettingId, &str)> {
        self.fields.iter().filter_map(|f| f.error.as_deref().map(|why| (f.id, why))).collect()
    }

    /// Focuses a step's first invalid field. Returns whether there is one.
    pub fn focus_invalid(&mut self, step: Step) -> bool {
        let invalid = self.fields.iter().find(|f| f.id.spec().step == step && f.error.is_some()).map(|f| f.id);
        if let Some(id) = invalid {
            self.focus_on(id);
        }
        invalid.is_some()
    }

    fn focused(&mut self) -> Option<&mut TextField> {
        let focus = self.focus()?;
        self.fields.iter_mut().find(|f| f.id == focus)
    }

    /// Handles a key in the focused field. Returns whether the text changed.
    pub fn edit(&mut self, key: Key) -> bool {
        let Some(request) = edit_request(key) else { return false };
        let Some(field) = self.focused() else { return false };
        if let Some(names) = choices(field.id) {
            return field.change_choice(names, key);
        }
        let before = field.text().to_owned();
        field.input.handle(request);
        let changed = field.text() != before;
        if changed {
            field.on_edit();
        }
        changed
    }

    /// Pastes while no field has the focus: focuses the step's main field, and replaces the proposed value or appends to
    /// what the user typed. Returns whether the step has such a field and its text changed.
    pub fn paste_unfocused(&mut self, step: Step, text: &str) -> bool {
        let id = match step {
            Step::Topic => SettingId::Emails,
            Step::Filter => SettingId::Pattern,
            // A paste by mistake would change a resource name.
            Step::Trail | Step::Alarm => return false,
        };
        if text.trim().is_empty() {
            return false;
        }
        self.focus_on(id);
        if let Some(field) = self.focused() {
            if !field.edited {
                field.set(String::new());
            }
            field.input.handle(InputRequest::GoToEnd);
            if id == SettingId::Emails && !addresses(field.text()).is_empty() {
                let separated = format!("{}, ", field.text().trim_end_matches([',', ';', ' ']));
                field.set(separated);
            }
        }
        self.paste(text)
    }

    /// Pastes at the cursor, as a single line. Returns whether the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        let Some(field) = self.focused().filter(|field| choices(field.id).is_none()) else { return false };
        let one_line: Vec<char> = text.trim().chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        for c in one_line.iter().filter(|c| !c.is_control()) {
            field.input.handle(InputRequest::InsertChar(*c));
        }
        if !one_line.is_empty() {
            field.on_edit();
        }
        !one_line.is_empty()
    }

    /// Sets a value that was not typed, such as one from a picker, as if the user had typed it.
    pub fn choose(&mut self, id: SettingId, text: String) {
        if let Some(field) = self.fields.iter_mut().find(|f| f.id == id) {
            field.set(text);
            field.on_edit();
        }
    }

    /// Resets the focused field to the proposed value or, without a focus, every field of the step.
    pub fn reset_to_proposal(&mut self) {
        let (step, focus) = (self.current.spec().step, self.focus());
        for field in self.fields.iter_mut().filter(|f| focus.map_or(f.id.spec().step == step, |focus| f.id == focus)) {
            field.edited = false;
            field.error = None;
            field.note = None;
        }
    }

    /// Whether [`Self::reset_to_proposal`] would change something.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        let (step, focus) = (self.current.spec().step, self.focus());
        self.fields.iter().any(|f| f.edited && focus.map_or(f.id.spec().step == step, |focus| f.id == focus))
    }

    /// Updates the fields that the user has not edited.
    pub fn follow(&mut self, settings: &Settings) {
        for field in &mut self.fields {
            let (proposal, origin) = settings.text(field.id);
            field.origin = origin;
            if !field.edited && field.text() != proposal {
                field.set(proposal);
            }
        }
    }

    /// The values set by the user, without invalid ones.
    #[must_use]
    pub fn setup_options(&self) -> SetupOptions {
        let mut setup = SetupOptions::default();
        for field in self.fields.iter().filter(|field| field.edited && field.error.is_none()) {
            let text = field.text().trim();
            // An empty field stands for no value.
            if !(text.is_empty()
                && matches!(field.id.spec().kind, SettingKind::OptionalName(_) | SettingKind::OptionalUrl))
            {
                setup.set_text(field.id, text);
            }
        }
        setup
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new(&SetupOptions::default())
    }
}

#[cfg(test)]
mod tests;
