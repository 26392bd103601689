//! A row of a plan: a change, or a resource that is kept.

use crate::domain::account_region::AccountRegion;
use crate::domain::change::{Change, ChangeId, ResourceKind, Step};
use crate::domain::region::Region;

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
    /// Whether it is left out once everything is set up: a later version that adds such a row leaves a finished setup
    /// alone.
    pub optional: bool,
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

impl Row {
    /// The change as an AWS CLI command for its Region, quoted for `sh`; `None` if the resource is kept.
    #[must_use]
    pub fn aws_cli(&self, account_region: &AccountRegion) -> Option<String> {
        let (change, region) = self.change.as_ref().zip(self.region.as_ref())?;
        Some(change.aws_cli(&account_region.in_region(region)))
    }
}
