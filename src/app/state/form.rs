//! The fields of the four steps. A field that the user has not edited shows the proposed value.

use tui_input::{Input, InputRequest};

use crate::app::keymap::{Code, Key};
use crate::domain::arn::Arn;
use crate::domain::settings::{Origin, Settings};
use crate::domain::{RetentionDays, SetupOptions, Step, names, pattern};

/// The fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldId {
    Trail,
    Retention,
    Bucket,
    LogGroup,
    Role,
    KmsKey,
    RestrictRole,
    Topic,
    Emails,
    Filter,
    Pattern,
    Alarm,
}

impl FieldId {
    const ALL: [Self; 12] = [
        Self::Trail,
        Self::Retention,
        Self::Bucket,
        Self::LogGroup,
        Self::Role,
        Self::KmsKey,
        Self::RestrictRole,
        Self::Topic,
        Self::Emails,
        Self::Filter,
        Self::Pattern,
        Self::Alarm,
    ];

    #[must_use]
    pub fn step(self) -> Step {
        match self {
            Self::Trail
            | Self::Retention
            | Self::Bucket
            | Self::LogGroup
            | Self::Role
            | Self::KmsKey
            | Self::RestrictRole => Step::Trail,
            Self::Topic | Self::Emails => Step::Topic,
            Self::Filter | Self::Pattern => Step::Filter,
            Self::Alarm => Step::Alarm,
        }
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Trail => "Trail",
            Self::Retention => "Retention",
            Self::Bucket => "Bucket",
            Self::LogGroup => "Log group",
            Self::Role => "Role",
            Self::KmsKey => "KMS key",
            Self::RestrictRole => "Restrict role",
            Self::Topic => "Topic",
            Self::Emails => "Email",
            Self::Filter => "Filter",
            Self::Pattern => "Pattern",
            Self::Alarm => "Alarm",
        }
    }

    /// Whether it is shown only with the details.
    #[must_use]
    pub fn is_detail(self) -> bool {
        matches!(self, Self::Bucket | Self::LogGroup | Self::Role | Self::KmsKey | Self::RestrictRole)
    }

    /// Whether it is a choice between yes and no.
    #[must_use]
    pub fn is_yes_or_no(self) -> bool {
        self == Self::RestrictRole
    }

    fn proposal(self, settings: &Settings) -> String {
        match self {
            Self::Trail => settings.trail.value.clone(),
            Self::Retention => settings.retention_days.value.to_string(),
            Self::Bucket => settings.bucket.value.clone(),
            Self::LogGroup => settings.log_group.value.clone(),
            Self::Role => settings.role.value.clone(),
            Self::KmsKey => settings.kms_key.as_deref().unwrap_or_default().to_owned(),
            Self::RestrictRole => yes_or_no(settings.role_source_arn.value).into(),
            Self::Topic => settings.topic.value.clone(),
            Self::Emails => settings.emails.value.join(", "),
            Self::Filter => settings.filter.value.clone(),
            Self::Pattern => settings.pattern.value.clone(),
            Self::Alarm => settings.alarm.value.clone(),
        }
    }

    fn origin(self, settings: &Settings) -> Origin {
        match self {
            Self::Trail => settings.trail.origin,
            Self::Retention => settings.retention_days.origin,
            Self::Bucket => settings.bucket.origin,
            Self::LogGroup => settings.log_group.origin,
            Self::Role => settings.role.origin,
            Self::KmsKey if settings.kms_key.is_none() => Origin::Default("encryption unchanged"),
            Self::KmsKey => Origin::Given,
            Self::RestrictRole => settings.role_source_arn.origin,
            Self::Topic => settings.topic.origin,
            Self::Emails if settings.emails.value.is_empty() => Origin::Default("who gets the alert"),
            Self::Emails => settings.emails.origin,
            Self::Filter => settings.filter.origin,
            Self::Pattern => settings.pattern.origin,
            Self::Alarm => settings.alarm.origin,
        }
    }

    fn check(self, text: &str) -> names::Validity {
        match self {
            Self::Trail => names::trail(text),
            Self::Retention => text.trim().parse().and_then(RetentionDays::check),
            Self::Bucket => names::bucket(text),
            Self::LogGroup => names::log_group(text),
            Self::Role => names::role(text),
            // The key is optional.
            Self::KmsKey if text.trim().is_empty() => Ok(()),
            Self::KmsKey => names::kms_key(text.trim()),
            Self::RestrictRole => Ok(()),
            Self::Topic => names::topic(text),
            Self::Emails => {
                let all = addresses(text);
                if all.is_empty() {
                    return names::email("");
                }
                let several = all.len() > 1;
                all.iter().try_for_each(|a| {
                    names::email(a).map_err(|why| if several { format!("`{a}`: {why}") } else { why })
                })
            }
            Self::Filter => names::filter(text),
            Self::Pattern => pattern::check(text),
            Self::Alarm => names::alarm(text),
        }
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

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The addresses in a text, separated by commas, semicolons, or spaces.
fn addresses(text: &str) -> Vec<String> {
    text.split([',', ';', ' ']).map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect()
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
    /// Where the value came from.
    Origin(&'a str),
}

/// A text field and the remark next to it.
#[derive(Clone, Debug)]
pub struct TextField {
    pub id: FieldId,
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
            (None, None) if self.id == FieldId::Pattern && self.edited && !pattern::is_cis_pattern(self.text()) => {
                Remark::NotTheCisPattern
            }
            (None, None) if self.id.is_yes_or_no() => Remark::RoleIsRestricted(self.text() == "yes"),
            (None, None) => Remark::Origin(self.origin.label()),
        }
    }

    /// Handles a key in a choice between yes and no. Returns whether the value changed.
    fn change_choice(&mut self, key: Key) -> bool {
        let current = self.text() == "yes";
        let new = match key.code {
            Code::Char('y') => true,
            Code::Char('n') => false,
            Code::Char(' ') | Code::Left | Code::Right => !current,
            _ => current,
        };
        if new != current {
            self.set(yes_or_no(new).into());
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
        if self.id == FieldId::Pattern {
            let normalized = pattern::normalize_quotes(self.text());
            if normalized != self.text() {
                let cursor = self.input.cursor();
                self.input = Input::new(normalized).with_cursor(cursor);
                self.note = Some("curly quotes were replaced: CloudWatch rejects them");
            }
        }
        self.error = self.id.check(self.text()).err();
    }
}

/// The fields of all steps, and which of them has the focus, if any.
#[derive(Clone, Debug)]
pub struct Form {
    fields: Vec<TextField>,
    /// The field that has the focus, or gets it when the user starts editing.
    current: FieldId,
    focused: bool,
    pub details: bool,
}

impl Form {
    #[must_use]
    pub fn new() -> Self {
        let field = |id| TextField {
            id,
            input: Input::default(),
            edited: false,
            error: None,
            note: None,
            origin: Origin::Default(""),
        };
        let fields = FieldId::ALL.into_iter().map(field).collect();
        Self { fields, current: FieldId::Trail, focused: false, details: false }
    }

    /// The fields that a step shows now.
    pub fn shown(&self, step: Step) -> impl Iterator<Item = &TextField> {
        self.fields.iter().filter(move |f| self.is_shown(f, step))
    }

    fn is_shown(&self, field: &TextField, step: Step) -> bool {
        field.id.step() == step && (self.details || !field.id.is_detail() || field.error.is_some())
    }

    /// The field that has the focus; none while letters are commands.
    #[must_use]
    pub fn focus(&self) -> Option<FieldId> {
        self.focused.then_some(self.current)
    }

    /// Opens a step. No field has the focus; the email field or else the first one gets it next.
    pub fn enter(&mut self, step: Step) {
        self.focused = false;
        let emails = self.shown(step).find(|f| f.id == FieldId::Emails).map(|f| f.id);
        if let Some(id) = emails.or_else(|| self.shown(step).next().map(|f| f.id)) {
            self.current = id;
        }
    }

    /// Focuses the field that last had the focus in this step, or else the email field or the step's first one.
    pub fn focus_current(&mut self) {
        self.focused = true;
    }

    pub fn focus_on(&mut self, id: FieldId) {
        self.current = id;
        self.focused = true;
    }

    /// Removes the focus.
    pub fn leave_field(&mut self) {
        self.focused = false;
    }

    /// Moves the focus to the next or previous field, wrapping around. Without a focus, to the first or last field.
    pub fn move_focus(&mut self, forward: bool) {
        let shown: Vec<FieldId> = self.shown(self.current.step()).map(|f| f.id).collect();
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
        let step = self.current.step();
        if !self.shown(step).any(|f| f.id == self.current) {
            let focused = self.focused;
            self.enter(step);
            self.focused = focused;
        }
    }

    /// What is wrong with each invalid field.
    #[must_use]
    pub fn errors(&self) -> Vec<(FieldId, &str)> {
        self.fields.iter().filter_map(|f| f.error.as_deref().map(|why| (f.id, why))).collect()
    }

    /// Focuses a step's first invalid field. Returns whether there is one.
    pub fn focus_invalid(&mut self, step: Step) -> bool {
        let invalid = self.fields.iter().find(|f| f.id.step() == step && f.error.is_some()).map(|f| f.id);
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
        if field.id.is_yes_or_no() {
            return field.change_choice(key);
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
            Step::Topic => FieldId::Emails,
            Step::Filter => FieldId::Pattern,
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
            if id == FieldId::Emails && !addresses(field.text()).is_empty() {
                let separated = format!("{}, ", field.text().trim_end_matches([',', ';', ' ']));
                field.set(separated);
            }
        }
        self.paste(text)
    }

    /// Pastes at the cursor, as a single line. Returns whether the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        let Some(field) = self.focused().filter(|field| !field.id.is_yes_or_no()) else { return false };
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
    pub fn choose(&mut self, id: FieldId, text: String) {
        if let Some(field) = self.fields.iter_mut().find(|f| f.id == id && f.text() != text) {
            field.set(text);
            field.on_edit();
        }
    }

    /// Resets the focused field to the proposed value or, without a focus, every field of the step.
    pub fn reset_to_proposal(&mut self) {
        let (step, focus) = (self.current.step(), self.focus());
        for field in self.fields.iter_mut().filter(|f| focus.map_or(f.id.step() == step, |focus| f.id == focus)) {
            field.edited = false;
            field.error = None;
            field.note = None;
        }
    }

    /// Whether [`Self::reset_to_proposal`] would change something.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        let (step, focus) = (self.current.step(), self.focus());
        self.fields.iter().any(|f| f.edited && focus.map_or(f.id.step() == step, |focus| f.id == focus))
    }

    /// Updates the fields that the user has not edited.
    pub fn follow(&mut self, settings: &Settings) {
        for field in &mut self.fields {
            field.origin = field.id.origin(settings);
            if !field.edited {
                let proposal = field.id.proposal(settings);
                if field.text() != proposal {
                    field.set(proposal);
                }
            }
        }
    }

    /// The values set by the user, without invalid ones.
    #[must_use]
    pub fn setup_options(&self) -> SetupOptions {
        let edited = |id: FieldId| {
            self.fields.iter().find(|f| f.id == id && f.edited && f.error.is_none()).map(|f| f.text().trim().to_owned())
        };
        SetupOptions {
            trail: edited(FieldId::Trail),
            bucket: edited(FieldId::Bucket),
            log_group: edited(FieldId::LogGroup),
            role: edited(FieldId::Role),
            kms_key: edited(FieldId::KmsKey).filter(|key| !key.is_empty()).map(Arn::from),
            role_source_arn: edited(FieldId::RestrictRole).map(|word| word == "yes"),
            retention_days: edited(FieldId::Retention).and_then(|t| t.parse().ok()),
            topic: edited(FieldId::Topic),
            emails: edited(FieldId::Emails).map(|t| addresses(&t)).unwrap_or_default(),
            filter: edited(FieldId::Filter),
            pattern: edited(FieldId::Pattern),
            alarm: edited(FieldId::Alarm),
        }
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
