//! The state of the files that a sign-in with the AWS CLI changes. Nothing is read but their sizes and times.

use std::path::{Path, PathBuf};

use aws_runtime::fs_util::{Os, home_dir};
use aws_types::os_shim_internal::Env;

use crate::cloud::SignInFiles;

/// The configuration, the credentials, and the cached tokens of IAM Identity Center and `aws login`.
///
/// Source: AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files", "IAM Identity Center
/// credential provider", and "Login credentials provider".
pub(super) fn state(env: &Env) -> SignInFiles {
    let variable = |name: &str| env.get(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = home_dir(env, Os::real()).map(|home| Path::new(&home).join(".aws"));
    let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let config = variable("AWS_CONFIG_FILE").or_else(|| in_home("config"));
    let credentials = variable("AWS_SHARED_CREDENTIALS_FILE").or_else(|| in_home("credentials"));
    let login = variable("AWS_LOGIN_CACHE_DIRECTORY").or_else(|| in_home("login/cache"));
    let mut files: Vec<PathBuf> =
        [config, credentials, variable("AWS_WEB_IDENTITY_TOKEN_FILE")].into_iter().flatten().collect();
    for directory in [in_home("sso/cache"), login].into_iter().flatten() {
        let Ok(entries) = std::fs::read_dir(directory) else { continue };
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files.sort();
    let states = files.into_iter().filter_map(|path| {
        let metadata = std::fs::metadata(&path).ok()?;
        Some((path, metadata.modified().ok(), metadata.len()))
    });
    SignInFiles(states.collect())
}
