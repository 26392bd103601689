//! Credentials as secret stores and copying leave them.

use aws_credential_types::Credentials;

/// The credentials without line breaks, spaces, and invisible characters, which secret stores and copying add: no key has
/// any, and the SDK panics at a line break.
pub(super) fn cleaned(credentials: Credentials) -> Credentials {
    let clean = |text: &str| text.chars().filter(char::is_ascii_graphic).collect::<String>();
    let [id, secret] = [credentials.access_key_id(), credentials.secret_access_key()].map(clean);
    let token = credentials.session_token().map(clean);
    let is_clean = id == credentials.access_key_id()
        && secret == credentials.secret_access_key()
        && token.as_deref() == credentials.session_token();
    if is_clean {
        return credentials;
    }
    tracing::info!("left out spaces or line breaks in the credentials");
    Credentials::new(id, secret, token, credentials.expiry(), "Cleaned")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_spaces_and_invisible_characters_are_left_out_of_keys() {
        let keys = cleaned(Credentials::new(" AKIA1\n", "se/cr+et=\r\n", Some("to\u{200b}ken".into()), None, "x"));
        assert_eq!((keys.access_key_id(), keys.secret_access_key()), ("AKIA1", "se/cr+et="));
        assert_eq!(keys.session_token(), Some("token"));
        let clean = cleaned(Credentials::new("AKIA1", "s", None, None, "x"));
        assert_eq!((clean.access_key_id(), clean.session_token()), ("AKIA1", None));
    }
}
