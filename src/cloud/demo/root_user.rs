//! The demo account's root user.

use super::account::{RootUser, Seconds};
use super::view::AccountView;
use crate::domain::root_user::{RootCredentials, RootLastUse, RootMfa};

/// A report as old as this is replaced.
///
/// Source: IAM API, GenerateCredentialReport; IAM User Guide, "Generate credential reports for your AWS account": a report
/// can be generated every four hours.
const REPORT_VALID_FOR: Seconds = 4 * 3600;

/// How long it takes to generate a report.
const REPORT_TAKES: Seconds = 1;

impl RootUser {
    pub(super) fn credentials(&self) -> RootCredentials {
        RootCredentials {
            password: Some(self.password),
            mfa: self.mfa != RootMfa::None,
            access_keys: self.access_keys,
            certificates: self.certificates,
        }
    }

    /// Whether a report can be read now.
    pub(super) fn generate_report(&mut self, now: Seconds) -> bool {
        match self.report {
            Some(at) if now < at.saturating_add(REPORT_VALID_FOR) => self.has_report(now),
            Some(_) | None => {
                self.report = Some(now);
                false
            }
        }
    }

    fn has_report(&self, now: Seconds) -> bool {
        self.report.is_some_and(|at| now >= at.saturating_add(REPORT_TAKES))
    }

    /// What the report says.
    pub(super) fn last_use(&self, view: &AccountView) -> Option<RootLastUse> {
        let as_of = self.report.filter(|_| self.has_report(view.now))?;
        // Only what had happened by then is in it.
        let time = |used: Option<Seconds>| used.filter(|at| *at <= as_of).map(|at| view.time_at(at));
        Some(RootLastUse {
            as_of: view.time_at(as_of),
            password: time(self.password_last_used),
            access_key: time(self.access_key_last_used),
        })
    }
}
