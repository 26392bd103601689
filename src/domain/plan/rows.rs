//! What a plan consists of.

use super::record::{Recording, record_additions};
use crate::domain::account_region::AccountRegion;
use crate::domain::added::{Addition, Recorded};
use crate::domain::change::{Change, ChangeId, ResourceKind, Step, Verb};
use crate::domain::observed::Observed;
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::region::Region;
use crate::domain::settings::{SettingId, Settings};

/// What happens to a resource. The words are part of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Keep,
    Delete,
}

impl Action {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Keep => "keep",
            Self::Delete => "delete",
        }
    }

    /// The mark in front of a row.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Keep => '=',
            Self::Delete => '-',
        }
    }
}

/// One row of the plan: a change, or a resource that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: ChangeId,
    pub step: Step,
    pub action: Action,
    pub resource: ResourceKind,
    pub name: String,
    /// A few words: its purpose, or old → new.
    pub detail: String,
    /// How to have it treated differently.
    pub hint: Option<Hint>,
    /// `None` if the resource is kept.
    pub change: Option<Change>,
    /// Where the change is made; `None` if the resource is kept.
    pub region: Option<Region>,
    /// Whether it changes a resource that rootbell did not create, as far as is known, so that others may rely on it.
    pub unmanaged: bool,
}

/// How the user can have a kept resource deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// By asking for the logs to be deleted as well.
    DeleteLogs,
    /// By naming the email address.
    NameEmail,
    /// By deleting in this Region.
    DeleteInRegion(Region),
}

/// All rows, in an order in which they could be applied one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub rows: Vec<Row>,
    /// What the user should know before confirming.
    pub notes: Vec<(Step, Problem)>,
    /// Why the plan cannot be applied as it is, each with what to do.
    pub blocked: Vec<(Step, Problem)>,
}

impl Row {
    /// The change as an AWS CLI command for its Region, quoted for `sh`; `None` if the resource is kept.
    #[must_use]
    pub fn aws_cli(&self, account_region: &AccountRegion) -> Option<String> {
        let (change, region) = self.change.as_ref().zip(self.region.as_ref())?;
        Some(change.aws_cli(&account_region.in_region(region)))
    }
}

impl Plan {
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.rows.iter().filter_map(|row| row.change.as_ref())
    }

    /// The changes, each with the Region in which it is made.
    pub fn changes_in_regions(&self) -> impl Iterator<Item = (&Change, &Region)> {
        self.rows.iter().filter_map(|row| row.change.as_ref().zip(row.region.as_ref()))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    pub fn step(&self, step: Step) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.step == step)
    }

    /// The ids of the changes in this plan that `change` depends on.
    #[must_use]
    pub fn needs(&self, change: &Change) -> Vec<ChangeId> {
        self.changes().filter(|other| change.needs(other)).map(Change::id).collect()
    }

    pub(super) fn note(&mut self, step: Step, note: Problem) {
        self.notes.push((step, note));
    }

    pub(super) fn block(&mut self, step: Step, reason: Problem) {
        self.blocked.push((step, reason));
    }

    pub(super) fn block_if(&mut self, step: Step, reason: Option<Problem>) {
        self.blocked.extend(reason.map(|reason| (step, reason)));
    }

    pub(super) fn put(&mut self, wanted: &Settings, action: Action, change: Change, detail: impl Into<String>) {
        self.rows.push(Row {
            id: change.id(),
            step: change.step(),
            action,
            resource: change.resource(),
            name: change.name().to_owned(),
            detail: detail.into(),
            hint: None,
            change: Some(change),
            region: Some(wanted.account_region.region.clone()),
            unmanaged: false,
        });
    }

    /// Records what the rows from `start` on add to a resource, in a row before them: an interruption leaves no addition
    /// without a record.
    pub(super) fn record(
        &mut self,
        start: usize,
        wanted: &Settings,
        observed: &Observed,
        kind: Recorded,
        added: Vec<Addition>,
    ) {
        let Recording { change, note } = record_additions(wanted, observed, kind, added);
        if let Some(note) = note {
            self.note(kind.step(), note);
        }
        if let Some((change, detail)) = change {
            let rest = self.rows.split_off(start);
            self.put(wanted, Action::Update, change, detail);
            self.rows.extend(rest);
        }
    }

    pub(super) fn keep(&mut self, step: Step, resource: ResourceKind, name: &str, detail: impl Into<String>) {
        self.keep_as(None, step, resource, name, detail);
    }

    /// Keeps one resource of a kind of which a plan can contain several: the name follows in the id.
    pub(super) fn keep_one(&mut self, step: Step, resource: ResourceKind, name: &str, detail: impl Into<String>) {
        self.keep_as(Some(name.to_owned()), step, resource, name, detail);
    }

    /// Adds a hint to the last row.
    pub(super) fn hint(&mut self, hint: Hint) {
        if let Some(row) = self.rows.last_mut() {
            row.hint = Some(hint);
        }
    }

    pub(super) fn keep_as(
        &mut self,
        name_in_id: Option<String>,
        step: Step,
        resource: ResourceKind,
        name: &str,
        detail: impl Into<String>,
    ) {
        self.rows.push(Row {
            id: ChangeId { kind: resource, verb: Verb::Keep, name: name_in_id },
            step,
            action: Action::Keep,
            resource,
            name: name.to_owned(),
            detail: detail.into(),
            hint: None,
            change: None,
            region: None,
            unmanaged: false,
        });
    }
}

/// Says that rootbell leaves a policy alone because it can't be read.
pub(super) fn policy_not_changed(what: &str, name: &str, setting: SettingId) -> Problem {
    let why = format!("The policy of the {what} `{name}` isn't in IAM's format, so rootbell doesn't change it.");
    let advice = format!("Check it yourself, or use another {what}");
    Problem::new(why, Fix::choose(advice, Input::Setting(setting)))
}
