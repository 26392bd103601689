//! The root user's credentials.

use futures::join;

use super::read::to_read_result;
use crate::cloud::Cloud;
use crate::domain::root_user::RootUser;

/// Reads them in two round trips: what kind of MFA it is takes another call.
pub(super) async fn root_user(cloud: &dyn Cloud) -> RootUser {
    let credentials = async {
        let credentials = to_read_result(cloud.root_credentials().await);
        let has_virtual_mfa = match &credentials {
            Ok(credentials) if credentials.mfa => Some(to_read_result(cloud.has_virtual_root_mfa().await)),
            Ok(_) | Err(_) => None,
        };
        (credentials, has_virtual_mfa)
    };
    let ((credentials, has_virtual_mfa), centralized) = join!(credentials, cloud.is_root_access_centralized());
    // Most accounts aren't told, so it doesn't matter why.
    RootUser { credentials, has_virtual_mfa, centralized: centralized.ok().flatten() }
}
