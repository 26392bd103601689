//! An IAM role.

use serde::{Deserialize, Serialize};

use super::arn::Arn;
use super::policy::PolicyDocument;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Role {
    #[serde(skip)]
    pub name: String,
    /// With its path, if it has one.
    #[serde(skip)]
    pub arn: Arn,
    pub trust: PolicyDocument,
    /// The inline policy named [`super::role_purpose::RolePurpose::policy_name`].
    pub policy: Option<PolicyDocument>,
    #[serde(skip)]
    pub tags: Vec<(String, String)>,
}
