//! The resources that a change needs, and AWS's errors if they don't exist.

use crate::cloud::demo::account::{Account, Bucket, LogGroup, Role, Trail};
use crate::cloud::demo::error::DemoError;
use crate::cloud::demo::queries;
use crate::cloud::demo::view::AccountView;
use crate::cloud::{ErrorKind, OrganizationProblem};

pub(super) type ChangeResult = Result<(), DemoError>;

pub(super) fn not_found(message: impl Into<String>) -> DemoError {
    DemoError::new(ErrorKind::NotFound, message)
}

/// The error for a resource that the call needs and does not find. It may exist already without being visible yet: AWS
/// gives the same error in both cases.
pub(super) fn not_propagated(message: impl Into<String>) -> DemoError {
    DemoError::new(ErrorKind::EventualConsistency, message)
}

pub(super) fn modify_bucket(account: &mut Account, name: &str, edit: impl FnOnce(&mut Bucket)) -> ChangeResult {
    if account.foreign_buckets.iter().any(|foreign| foreign == name) {
        return Err(DemoError::new(ErrorKind::AccessDenied, "Access Denied"));
    }
    edit(account.buckets.get_mut(name).ok_or_else(|| not_propagated("The specified bucket does not exist"))?);
    Ok(())
}

pub(super) fn existing_log_group<'a>(
    account: &'a mut Account,
    view: &AccountView,
    name: &str,
) -> Result<&'a mut LogGroup, DemoError> {
    let group =
        account.regions.get_mut(view.account_region.region.as_str()).and_then(|region| region.log_groups.get_mut(name));
    group.ok_or_else(|| not_found("The specified log group does not exist."))
}

pub(super) fn existing_role<'a>(account: &'a mut Account, name: &str) -> Result<&'a mut Role, DemoError> {
    account.roles.get_mut(name).ok_or_else(|| not_propagated(format!("The role with name {name} cannot be found.")))
}

/// A trail can only be changed in its home Region, by the account that owns it.
///
/// Source: CloudTrail API, `InvalidHomeRegionException`; CloudTrail User Guide, "Creating a trail for an organization".
pub(super) fn modifiable_trail<'a>(
    account: &'a mut Account,
    view: &AccountView,
    name: &str,
) -> Result<&'a mut Trail, DemoError> {
    let found = queries::trails(account, view).into_iter().find(|t| t.name == name || t.arn == name);
    let Some(found) = found else { return Err(not_found(format!("Unknown trail: {name}"))) };
    if found.home_region != view.account_region.region {
        let message = format!("The home region of the trail {} is {}", found.name, found.home_region);
        return Err(DemoError::new(ErrorKind::Invalid, message));
    }
    let trail = account.region_mut(&view.account_region.region).trails.get_mut(&found.name);
    match trail {
        Some(trail) if trail.owner.is_none() => Ok(trail),
        Some(_) => Err(DemoError::new(
            ErrorKind::Organization(OrganizationProblem::NotManagementAccount),
            "You cannot configure or manage trails for an organization because this action requires being signed in with \
             the management account.",
        )),
        None => Err(not_found(format!("Unknown trail: {name}"))),
    }
}
