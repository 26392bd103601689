//! IAM: the root user's credentials, and when they were last used.

use aws_sdk_iam::types::{AssignmentStatusType, FeatureType, ReportStateType, SummaryKeyType};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::convert::time;
use super::errors::Call;
use super::iam::{Iam, optional};
use super::pages::Tokens;
use crate::cloud::Answer;
use crate::domain::Query;
use crate::domain::arn::Arn;
use crate::domain::root_user::{RootCredentials, RootLastUse};

/// The most devices that a page can have.
///
/// Source: IAM API, ListVirtualMFADevices, `MaxItems`.
const PAGE: i32 = 1000;

/// The error codes that say that no organization manages root access centrally.
///
/// Source: IAM API, ListOrganizationsFeatures, errors.
const NOT_CENTRALIZED: [&str; 3] =
    ["OrganizationNotFound", "OrganizationNotInAllFeaturesMode", "ServiceAccessNotEnabled"];

/// The error code in an account that isn't told.
///
/// Source: IAM API, ListOrganizationsFeatures, errors.
const NOT_TOLD: &str = "AccountNotManagementOrDelegatedAdministrator";

/// The error codes that say that there is no report now.
///
/// Source: IAM API, GetCredentialReport, errors.
const NO_REPORT: [&str; 3] = ["ReportNotPresent", "ReportInProgress", "ReportExpired"];

impl Iam {
    /// Source: IAM API, GetAccountSummary, `SummaryMap`: the numbers whose names begin with `Account` are about the root
    /// user.
    pub(super) async fn get_account_summary(&self) -> Answer<RootCredentials> {
        let call = Call::query(Query::RootCredentials, "");
        let summary = async { call.answered(self.client.get_account_summary().send().await) };
        let found = optional(&call, summary).await?;
        let summary = found.summary_map.unwrap_or_default();
        let number = |key: &SummaryKeyType| summary.get(key).map(|number| u32::try_from(*number).unwrap_or(0));
        let mfa = number(&SummaryKeyType::AccountMfaEnabled);
        let access_keys = number(&SummaryKeyType::AccountAccessKeysPresent);
        let (Some(mfa), Some(access_keys)) = (mfa, access_keys) else {
            return Err(call.unexpected_answer("the response says nothing about the root user"));
        };
        Ok(RootCredentials {
            password: number(&SummaryKeyType::AccountPasswordPresent).map(|number| number > 0),
            mfa: mfa > 0,
            access_keys,
            certificates: number(&SummaryKeyType::AccountSigningCertificatesPresent).unwrap_or(0),
        })
    }

    /// Whether one of the devices that are in use is the root user's.
    ///
    /// Source: IAM API, ListVirtualMFADevices, `AssignmentStatus`; VirtualMFADevice, `User`.
    pub(super) async fn list_virtual_mfa_devices(&self) -> Answer<bool> {
        let call = Call::query(Query::VirtualMfaDevices, "");
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.list_virtual_mfa_devices().assignment_status(AssignmentStatusType::Assigned);
            let request = request.max_items(PAGE).set_marker(tokens.next());
            let page = optional(&call, async { call.answered(request.send().await) }).await?;
            let mut users = page.virtual_mfa_devices.iter().filter_map(|device| device.user.as_ref());
            if users.any(|user| Arn::from(user.arn.as_str()).is_root()) {
                return Ok(true);
            }
            if !tokens.follow(page.marker.as_deref()) {
                return Ok(false);
            }
        }
    }

    /// Source: IAM API, ListOrganizationsFeatures.
    pub(super) async fn list_organizations_features(&self) -> Answer<Option<bool>> {
        let call = Call::query(Query::OrganizationsFeatures, "");
        optional(&call, self.enabled_features(&call)).await
    }

    async fn enabled_features(&self, call: &Call<'_>) -> Answer<Option<bool>> {
        let answer = self.client.list_organizations_features().send().await;
        // The reference names the errors without "Exception", the SDK's model with it.
        let code = answer.as_ref().err().and_then(|error| Some(error.code()?.trim_end_matches("Exception")));
        match code {
            Some(code) if code == NOT_TOLD => {
                call.log_answered();
                Ok(None)
            }
            Some(code) if NOT_CENTRALIZED.contains(&code) => {
                call.log_answered();
                Ok(Some(false))
            }
            Some(_) | None => {
                let found = call.answered(answer)?;
                Ok(Some(found.enabled_features().contains(&FeatureType::RootCredentialsManagement)))
            }
        }
    }

    /// Source: IAM API, GenerateCredentialReport, `State`.
    pub(super) async fn generate_credential_report(&self) -> Answer<bool> {
        let call = Call::query(Query::GenerateCredentialReport, "");
        let found = call.answered(self.client.generate_credential_report().send().await)?;
        Ok(found.state == Some(ReportStateType::Complete))
    }

    /// Source: IAM API, GetCredentialReport.
    pub(super) async fn get_credential_report(&self) -> Answer<Option<RootLastUse>> {
        let call = Call::query(Query::CredentialReport, "");
        let answer = match self.client.get_credential_report().send().await {
            Err(error) if error.code().is_some_and(|code| NO_REPORT.contains(&code)) => {
                call.log_answered();
                return Ok(None);
            }
            answer => call.answered(answer)?,
        };
        let as_of = answer.generated_time.as_ref().and_then(time);
        let report = answer.content.map(|content| String::from_utf8_lossy(content.as_ref()).into_owned());
        let found = as_of.zip(report).and_then(|(as_of, report)| RootLastUse::from_report(&report, as_of));
        found.map(Some).ok_or_else(|| call.unexpected_answer("the report has no row of the root user"))
    }
}
