//! The files of the shared configuration, and names of profiles and of sessions of IAM Identity Center that the SDK doesn't
//! accept. It ignores those whose names have characters other than ASCII letters, digits, and `_-/.%@:+`, and those in
//! quotes, while the AWS CLI uses them. For the SDK, such a name is percent-encoded in the text of the files; everywhere
//! else it is as written.
//!
//! Source: boto/botocore, `configloader.py`: the sections of the configuration are split like words of a shell, those of the
//! credentials file are names as they are.

use std::borrow::Cow;
use std::io;

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::fs_util::{Os, home_dir};
use aws_types::os_shim_internal::{Env, Fs};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::causes::cause;

/// What is encoded: everything that the SDK doesn't accept.
const NOT_ACCEPTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'/')
    .remove(b'.')
    .remove(b'%')
    .remove(b'@')
    .remove(b':')
    .remove(b'+');

/// The name for the SDK.
pub(super) fn for_sdk(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, NOT_ACCEPTED).into()
}

/// The name as written in the files. A name that the SDK accepts is never an encoded one.
pub(super) fn as_written(name: &str) -> Cow<'_, str> {
    match percent_decode_str(name).decode_utf8() {
        Ok(decoded) if for_sdk(&decoded) != decoded => decoded,
        _ => Cow::Borrowed(name),
    }
}

/// The shared configuration.
pub(super) struct SharedFiles {
    /// The usual files, or their text with other names if any name has to be encoded.
    pub(super) for_sdk: EnvConfigFiles,
    /// The file that exists but can't be read, and why; the SDK would ignore it.
    pub(super) unreadable: Option<[String; 2]>,
    /// The sections of the configuration that aren't those of profiles, because they lack that word.
    unprefixed: Vec<String>,
}

impl SharedFiles {
    /// Whether the configuration has the section `[name]` instead of `[profile name]`.
    pub(super) fn lacks_prefix(&self, name: &str) -> bool {
        self.unprefixed.iter().any(|section| section == name)
    }
}

/// Reads the files.
pub(super) async fn shared_files(env: &Env, fs: &Fs) -> SharedFiles {
    let home = home_dir(env, Os::real()).unwrap_or_else(|| "~".to_owned());
    let mut text = Vec::new();
    let (mut unreadable, mut unprefixed) = (None, Vec::new());
    for (kind, variable, default) in [
        (EnvConfigFileKind::Config, "AWS_CONFIG_FILE", "~/.aws/config"),
        (EnvConfigFileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ] {
        let named = env.get(variable).unwrap_or_else(|_| default.to_owned());
        let path = named.strip_prefix("~/").map_or(named.clone(), |rest| format!("{home}/{rest}"));
        let content = match fs.read_to_end(&path).await {
            Ok(content) => String::from_utf8(content).map_err(|_| "it is not text in UTF-8".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(cause(&error)),
        };
        let content = content.unwrap_or_else(|why| {
            unreadable.get_or_insert([named, why]);
            String::new()
        });
        if let EnvConfigFileKind::Config = kind {
            unprefixed.extend(content.lines().filter_map(section).filter(|name| !name.contains(char::is_whitespace)));
        }
        let encoded = encoded(kind, &content);
        text.push((kind, encoded.is_some(), encoded.unwrap_or(content)));
    }
    // The SDK's errors name the file only if it reads the file itself.
    let for_sdk = if text.iter().any(|(_, is_encoded, _)| *is_encoded) {
        let files = EnvConfigFiles::builder();
        text.into_iter().fold(files, |files, (kind, _, text)| files.with_contents(kind, text)).build()
    } else {
        EnvConfigFiles::default()
    };
    SharedFiles { for_sdk, unreadable, unprefixed }
}

/// The name of the section that begins with this line.
fn section(line: &str) -> Option<String> {
    let (section, _) = line.strip_prefix('[')?.split_once(']')?;
    Some(section.trim().to_owned())
}

/// The text with encoded names, and without the byte order mark that some editors write; none if it stays the same.
fn encoded(kind: EnvConfigFileKind, text: &str) -> Option<String> {
    let without_mark = text.trim_start_matches('\u{feff}');
    let lines: Vec<Cow<'_, str>> =
        without_mark.lines().map(|line| encoded_line(kind, line).map_or(line.into(), Cow::Owned)).collect();
    let has_changed = without_mark != text || lines.iter().any(|line| matches!(line, Cow::Owned(_)));
    has_changed.then(|| lines.join("\n") + "\n")
}

fn encoded_line(kind: EnvConfigFileKind, line: &str) -> Option<String> {
    if let Some((section, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let section = section.trim();
        let (prefix, written) = match kind {
            EnvConfigFileKind::Config => {
                let (prefix, name) = section.split_once([' ', '\t'])?;
                (format!("{prefix} "), name.trim())
            }
            EnvConfigFileKind::Credentials => (String::new(), section),
        };
        let name = match kind {
            EnvConfigFileKind::Config => unquoted(written)?,
            EnvConfigFileKind::Credentials => written,
        };
        let encoded = for_sdk(name);
        return (encoded != written).then(|| format!("[{prefix}{encoded}]"));
    }
    let (key, value) = line.split_once('=')?;
    let is_name = ["source_profile", "sso_session"].iter().any(|name| key.trim().eq_ignore_ascii_case(name));
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    let name = Some(value[..comment.unwrap_or(value.len())].trim()).filter(|_| is_name)?;
    let encoded = for_sdk(name);
    (encoded != name).then(|| format!("{key}= {encoded}"))
}

/// The only word of a section's name, without its quotes; none if there are several words.
fn unquoted(name: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(inner) = name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return (!inner.is_empty() && !inner.contains(quote)).then_some(inner);
        }
    }
    (!name.contains([' ', '\t', '"', '\''])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_for_the_sdk_and_decoded_for_people() {
        for name in ["prod", "a/b.c@d:e+f_g-h", "100%25", "ünïcode-émoji-🚀", "my prod", "名前"] {
            assert_eq!(as_written(&for_sdk(name)), name);
        }
        assert_eq!(for_sdk("prod-eu"), "prod-eu");
        assert!(for_sdk("🚀").is_ascii());
        assert_eq!(as_written("100%41"), "100%41");
    }

    #[test]
    fn only_names_that_the_sdk_does_not_accept_change_in_the_text() {
        let config = |line| encoded_line(EnvConfigFileKind::Config, line);
        assert_eq!(config("[profile ü] # x").as_deref(), Some("[profile %C3%BC]"));
        assert_eq!(config("[profile \"my prod\"]").as_deref(), Some("[profile my%20prod]"));
        assert_eq!(config("[profile 'prod']").as_deref(), Some("[profile prod]"));
        assert_eq!(config("[sso-session \"corp\"]").as_deref(), Some("[sso-session corp]"));
        assert_eq!(config("[sso-session ü]").as_deref(), Some("[sso-session %C3%BC]"));
        assert_eq!(config("sso_session = ü").as_deref(), Some("sso_session = %C3%BC"));
        assert_eq!(config("source_profile = ü").as_deref(), Some("source_profile = %C3%BC"));
        assert_eq!(config("source_profile=my prod # x").as_deref(), Some("source_profile= my%20prod"));
        for same in ["[profile prod]", "[default]", "[profile my prod]", "region = ü", "# [profile ü]", ""] {
            assert_eq!(config(same), None, "{same}");
        }
        assert_eq!(encoded_line(EnvConfigFileKind::Credentials, "[ü x]").as_deref(), Some("[%C3%BC%20x]"));
        assert_eq!(encoded_line(EnvConfigFileKind::Credentials, "[prod]"), None);
        assert_eq!(encoded(EnvConfigFileKind::Config, "[profile prod]\nregion = x\n"), None);
        assert_eq!(encoded(EnvConfigFileKind::Config, "\u{feff}[default]\n").as_deref(), Some("[default]\n"));
    }
}
