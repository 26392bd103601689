//! Why CloudTrail doesn't change an organization's trail, and what to do about it.

use crate::domain::iam_policy::ORGANIZATION_TRAIL_ACTIONS;
use crate::domain::problem::{Fix, Input};
use crate::domain::settings::SettingId;

/// Something about the organization or its accounts that keeps CloudTrail from changing an organization trail.
///
/// Source: CloudTrail API, errors of CreateTrail and UpdateTrail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationProblem {
    /// The organization does not trust CloudTrail.
    TrustedAccessDisabled,
    /// The caller lacks a permission that CloudTrail needs in another service.
    MissingPermission,
    /// The caller may not create CloudTrail's service-linked role.
    RoleNotPermitted,
    /// The management account lacks that role.
    NoServiceLinkedRole,
    /// The account is neither the management account nor a delegated administrator.
    NotManagementAccount,
    /// The organization has only consolidated billing.
    FeaturesDisabled,
    /// The account is in no organization.
    NoOrganization,
}

const ENABLE_ACCESS: &str = "aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com";
const CREATE_ROLE: &str = "aws iam create-service-linked-role --aws-service-name cloudtrail.amazonaws.com";

impl OrganizationProblem {
    /// The problem by CloudTrail's error code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "CloudTrailAccessNotEnabledException" => Self::TrustedAccessDisabled,
            "InsufficientDependencyServiceAccessPermissionException" => Self::MissingPermission,
            "InsufficientIAMAccessPermissionException" => Self::RoleNotPermitted,
            "NoManagementAccountSLRExistsException" => Self::NoServiceLinkedRole,
            "NotOrganizationMasterAccountException" | "NotOrganizationManagementAccountException" => {
                Self::NotManagementAccount
            }
            "OrganizationNotInAllFeaturesModeException" => Self::FeaturesDisabled,
            "OrganizationsNotInUseException" => Self::NoOrganization,
            _ => return None,
        })
    }

    /// What to do.
    ///
    /// Source: CloudTrail User Guide, "Prepare for creating a trail for your organization"; AWS Organizations User Guide,
    /// "AWS CloudTrail and AWS Organizations". That a missing role is reported as a missing permission:
    /// natsukium/dotfiles pull request 716.
    pub(super) fn fix(self) -> Fix {
        let other_trail =
            |why: &str| Fix::choose(format!("{why} a trail of this account"), Input::Setting(SettingId::Trail));
        match self {
            Self::TrustedAccessDisabled => {
                Fix::Advice(format!("In the organization's management account, run `{ENABLE_ACCESS}`, then try again."))
            }
            Self::MissingPermission => Fix::Each(vec![
                ask_for_permissions(),
                Fix::Advice(format!(
                    "If it has them, the organization's management account may lack CloudTrail's service-linked role: run \
                     `{CREATE_ROLE}` there."
                )),
            ]),
            Self::RoleNotPermitted => ask_for_permissions(),
            Self::NoServiceLinkedRole => {
                Fix::Advice(format!("In the organization's management account, run `{CREATE_ROLE}`, then try again."))
            }
            Self::NotManagementAccount => other_trail(
                "Sign in to the organization's management account or to CloudTrail's delegated administrator, or use",
            ),
            Self::FeaturesDisabled => other_trail(
                "In the management account, enable all features of the organization (Settings, in the console of AWS \
                 Organizations), or use",
            ),
            Self::NoOrganization => other_trail("Use"),
        }
    }
}

/// Asks for everything that CloudTrail needs, because its message doesn't say what is missing.
fn ask_for_permissions() -> Fix {
    let actions = ORGANIZATION_TRAIL_ACTIONS.map(str::to_owned).to_vec();
    Fix::AskFor { actions, resources: vec!["*".to_owned()] }
}
