//! The fields of the four steps. A field that the user has not touched follows the proposal.

use tui_input::{Input, InputRequest};

use super::keys::{Code, Key};
use crate::domain::settings::{Origin, Settings};
use crate::domain::{Step, Wishes, names, pattern};

/// Which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldId {
    Trail,
    Retention,
    Bucket,
    LogGroup,
    Role,
    KmsKey,
    TieRole,
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
        Self::TieRole,
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
            | Self::TieRole => Step::Trail,
            Self::Topic | Self::Emails => Step::Topic,
            Self::Filter | Self::Pattern => Step::Filter,
            Self::Alarm => Step::Alarm,
        }
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Trail => "Trail",
            Self::Retention => "Keep days",
            Self::Bucket => "Bucket",
            Self::LogGroup => "Log group",
            Self::Role => "Role",
            Self::KmsKey => "KMS key",
            Self::TieRole => "Tie role",
            Self::Topic => "Topic",
            Self::Emails => "E-mail",
            Self::Filter => "Filter",
            Self::Pattern => "Pattern",
            Self::Alarm => "Alarm",
        }
    }

    /// Shown only with the details.
    #[must_use]
    pub fn is_detail(self) -> bool {
        matches!(self, Self::Bucket | Self::LogGroup | Self::Role | Self::KmsKey | Self::TieRole)
    }

    /// A choice between yes and no.
    #[must_use]
    pub fn is_choice(self) -> bool {
        self == Self::TieRole
    }

    fn proposal(self, settings: &Settings) -> String {
        match self {
            Self::Trail => settings.trail.value.clone(),
            Self::Retention => settings.retention_days.value.map_or("for ever".into(), |d| d.to_string()),
            Self::Bucket => settings.bucket.value.clone(),
            Self::LogGroup => settings.log_group.value.clone(),
            Self::Role => settings.role.value.clone(),
            Self::KmsKey => settings.kms_key.clone().unwrap_or_default(),
            Self::TieRole => yes_or_no(settings.role_source_arn.value).into(),
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
            Self::TieRole => settings.role_source_arn.origin,
            Self::Topic => settings.topic.origin,
            Self::Emails if settings.emails.value.is_empty() => Origin::Default("whom to tell"),
            Self::Emails => settings.emails.origin,
            Self::Filter => settings.filter.origin,
            Self::Pattern => settings.pattern.origin,
            Self::Alarm => settings.alarm.origin,
        }
    }

    fn check(self, text: &str) -> names::Verdict {
        match self {
            Self::Trail => names::trail(text),
            Self::Retention => match text.trim().parse() {
                Ok(days) => names::retention(days),
                Err(_) => Err("A number of days, such as 365.".into()),
            },
            Self::Bucket => names::bucket(text),
            Self::LogGroup => names::log_group(text),
            Self::Role => names::role(text),
            // None is as good as any.
            Self::KmsKey if text.trim().is_empty() => Ok(()),
            Self::KmsKey => names::kms_key(text.trim()),
            Self::TieRole => Ok(()),
            Self::Topic => names::topic(text),
            Self::Emails => {
                let all = addresses(text);
                if all.is_empty() {
                    return names::email("");
                }
                let several = all.len() > 1;
                all.iter().try_for_each(|a| {
                    names::email(a).map_err(|said| if several { format!("`{a}`: {said}") } else { said })
                })
            }
            Self::Filter => names::filter(text),
            Self::Pattern => pattern::check(text),
            Self::Alarm => names::alarm(text),
        }
    }
}

/// What a key does to a line of text; nothing, where it is no key for text.
pub(super) fn request(key: Key) -> Option<InputRequest> {
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

/// The addresses in a line: commas, semicolons and spaces part them.
fn addresses(text: &str) -> Vec<String> {
    text.split([',', ';', ' ']).map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect()
}

/// One line of text, and what is said beside it.
#[derive(Clone, Debug)]
pub struct TextField {
    pub id: FieldId,
    input: Input,
    edited: bool,
    pub fault: Option<String>,
    /// A word about what was done to the text.
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

    /// What stands beside the field: what is wrong with it, else a note, else where it came from.
    #[must_use]
    pub fn aside(&self) -> &str {
        match (&self.fault, self.note) {
            (Some(fault), _) => fault,
            (None, Some(note)) => note,
            (None, None) if self.id == FieldId::Pattern && self.edited && !pattern::audited(self.text()) => {
                "works if the events below say so, but auditors accept only the proposal (F5)"
            }
            (None, None) if self.id.is_choice() && self.text() == "yes" => {
                "only this trail may take it; Space changes it"
            }
            (None, None) if self.id.is_choice() => "any trail of this account may take it; Space changes it",
            (None, None) => self.origin.words(),
        }
    }

    /// A key for a choice between yes and no; whether it changed.
    fn turn(&mut self, key: Key) -> bool {
        let yes = self.text() == "yes";
        let wanted = match key.code {
            Code::Char('y') => true,
            Code::Char('n') => false,
            Code::Char(' ') | Code::Left | Code::Right => !yes,
            _ => yes,
        };
        if wanted != yes {
            self.set(yes_or_no(wanted).into());
            self.touched();
        }
        wanted != yes
    }

    fn set(&mut self, text: String) {
        self.input = Input::new(text);
    }

    fn touched(&mut self) {
        self.edited = true;
        self.note = None;
        if self.id == FieldId::Pattern {
            let straight = pattern::straighten(self.text());
            if straight != self.text() {
                let cursor = self.input.cursor();
                self.input = Input::new(straight).with_cursor(cursor);
                self.note = Some("curly quotes were straightened: CloudWatch rejects them");
            }
        }
        self.fault = self.id.check(self.text()).err();
    }
}

/// All fields of all steps, and which of them has the focus.
#[derive(Clone, Debug)]
pub struct Form {
    fields: Vec<TextField>,
    focus: FieldId,
    pub details: bool,
}

impl Form {
    #[must_use]
    pub fn new() -> Self {
        let field = |id| TextField {
            id,
            input: Input::default(),
            edited: false,
            fault: None,
            note: None,
            origin: Origin::Default(""),
        };
        Self { fields: FieldId::ALL.into_iter().map(field).collect(), focus: FieldId::Trail, details: false }
    }

    /// The fields that a step shows now.
    pub fn shown(&self, step: Step) -> impl Iterator<Item = &TextField> {
        self.fields.iter().filter(move |f| self.is_shown(f, step))
    }

    fn is_shown(&self, field: &TextField, step: Step) -> bool {
        field.id.step() == step && (self.details || !field.id.is_detail() || field.fault.is_some())
    }

    #[must_use]
    pub fn focus(&self) -> FieldId {
        self.focus
    }

    /// Puts the focus on a step's first field, or on the one that only the user can know.
    pub fn enter(&mut self, step: Step) {
        let asked = self.shown(step).find(|f| f.id == FieldId::Emails).map(|f| f.id);
        if let Some(id) = asked.or_else(|| self.shown(step).next().map(|f| f.id)) {
            self.focus = id;
        }
    }

    /// Moves the focus by one, around the end.
    pub fn move_focus(&mut self, forward: bool) {
        let shown: Vec<FieldId> = self.shown(self.focus.step()).map(|f| f.id).collect();
        let here = shown.iter().position(|id| *id == self.focus).unwrap_or(0);
        let next = if forward { here + 1 } else { here + shown.len().max(1) - 1 };
        if let Some(id) = shown.get(next % shown.len().max(1)) {
            self.focus = *id;
        }
    }

    pub fn toggle_details(&mut self) {
        self.details = !self.details;
        let step = self.focus.step();
        if !self.shown(step).any(|f| f.id == self.focus) {
            self.enter(step);
        }
    }

    /// What is wrong, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<(FieldId, &str)> {
        self.fields.iter().filter_map(|f| f.fault.as_deref().map(|said| (f.id, said))).collect()
    }

    /// Puts the focus on a step's first faulty field; whether there is one.
    pub fn focus_fault(&mut self, step: Step) -> bool {
        let faulty = self.fields.iter().find(|f| f.id.step() == step && f.fault.is_some()).map(|f| f.id);
        if let Some(id) = faulty {
            self.focus = id;
        }
        faulty.is_some()
    }

    fn focused(&mut self) -> Option<&mut TextField> {
        let focus = self.focus;
        self.fields.iter_mut().find(|f| f.id == focus)
    }

    /// A key for the focused field; whether it changed the text.
    pub fn edit(&mut self, key: Key) -> bool {
        let Some(request) = request(key) else { return false };
        let Some(field) = self.focused() else { return false };
        if field.id.is_choice() {
            return field.turn(key);
        }
        let before = field.text().to_owned();
        field.input.handle(request);
        let changed = field.text() != before;
        if changed {
            field.touched();
        }
        changed
    }

    /// Pasted text goes where the cursor is, on one line.
    pub fn paste(&mut self, text: &str) -> bool {
        let Some(field) = self.focused().filter(|field| !field.id.is_choice()) else { return false };
        let clean: Vec<char> = text.trim().chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        for c in clean.iter().filter(|c| !c.is_control()) {
            field.input.handle(InputRequest::InsertChar(*c));
        }
        if !clean.is_empty() {
            field.touched();
        }
        !clean.is_empty()
    }

    /// A value from elsewhere than the keyboard, as if it had been typed.
    pub fn choose(&mut self, id: FieldId, text: String) {
        if let Some(field) = self.fields.iter_mut().find(|f| f.id == id && f.text() != text) {
            field.set(text);
            field.touched();
        }
    }

    /// The focused field goes back to what rootbell proposes.
    pub fn back_to_proposal(&mut self) {
        if let Some(field) = self.focused() {
            field.edited = false;
            field.fault = None;
            field.note = None;
        }
    }

    /// Untouched fields take the values of the settings.
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

    /// What the user said: the fields that were touched and hold something AWS would take.
    #[must_use]
    pub fn wishes(&self) -> Wishes {
        let said = |id: FieldId| {
            self.fields.iter().find(|f| f.id == id && f.edited && f.fault.is_none()).map(|f| f.text().trim().to_owned())
        };
        Wishes {
            trail: said(FieldId::Trail),
            bucket: said(FieldId::Bucket),
            log_group: said(FieldId::LogGroup),
            role: said(FieldId::Role),
            kms_key: said(FieldId::KmsKey).filter(|key| !key.is_empty()),
            role_source_arn: said(FieldId::TieRole).map(|word| word == "yes"),
            retention_days: said(FieldId::Retention).and_then(|t| t.parse().ok()),
            topic: said(FieldId::Topic),
            emails: said(FieldId::Emails).map(|t| addresses(&t)).unwrap_or_default(),
            filter: said(FieldId::Filter),
            pattern: said(FieldId::Pattern),
            alarm: said(FieldId::Alarm),
        }
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(form: &mut Form, text: &str) {
        for c in text.chars() {
            form.edit(Key::plain(Code::Char(c)));
        }
    }

    #[test]
    fn several_addresses_are_parted_by_commas_semicolons_or_spaces() {
        let mut form = Form::new();
        form.focus = FieldId::Emails;
        typed(&mut form, "a@b.de, c@d.de;e@f.de g@h.de");
        assert_eq!(form.wishes().emails, ["a@b.de", "c@d.de", "e@f.de", "g@h.de"]);
    }

    #[test]
    fn a_faulty_field_is_no_wish_and_says_why() {
        let mut form = Form::new();
        typed(&mut form, "my trail");
        assert_eq!(form.wishes().trail, None);
        assert!(form.faults()[0].1.contains("no spaces"));
    }

    #[test]
    fn a_pasted_pattern_with_curly_quotes_is_straightened_with_a_word_about_it() {
        let mut form = Form::new();
        form.focus = FieldId::Pattern;
        form.paste("{ $.userIdentity.type = “Root” }\n");
        assert_eq!(form.wishes().pattern.as_deref(), Some(r#"{ $.userIdentity.type = "Root" }"#));
        let field = form.shown(Step::Filter).find(|f| f.id == FieldId::Pattern).unwrap();
        assert!(field.aside().contains("straightened"));
    }

    #[test]
    fn the_focus_goes_around_and_skips_hidden_details() {
        let mut form = Form::new();
        form.enter(Step::Trail);
        form.move_focus(true);
        assert_eq!(form.focus(), FieldId::Retention);
        form.move_focus(true);
        assert_eq!(form.focus(), FieldId::Trail);
        form.toggle_details();
        form.move_focus(false);
        assert_eq!(form.focus(), FieldId::TieRole);
        form.toggle_details();
        assert_eq!(form.focus(), FieldId::Trail);
    }
}
