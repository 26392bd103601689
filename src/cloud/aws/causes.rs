//! The causes of an error, and its text for people.

use std::borrow::Cow;
use std::error::Error;
use std::io;
use std::sync::OnceLock;

use aws_smithy_types::error::ErrorMetadata;
use regex_lite::Regex;

/// The error and its causes. The `source` of an I/O error skips the error that it wraps.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

const BEFORE_RESPONSE: &str = "the connection was closed before a response arrived";

/// The innermost cause, in plain words.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let Some(inner) = causes(error).last() else { return String::new() };
    if let Some(text) = inner.downcast_ref::<ErrorMetadata>() {
        return text.message().or(text.code()).unwrap_or("refused without an explanation").to_owned();
    }
    let words = match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
            "the connection was reset".to_owned()
        }
        Some(io::ErrorKind::UnexpectedEof) => BEFORE_RESPONSE.to_owned(),
        Some(io::ErrorKind::NotFound) => "not found".to_owned(),
        Some(io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
        // Without the error number, which means nothing to users.
        _ => inner.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    };
    // hyper's errors for a response that breaks off, whose types are private.
    if words.contains("connection closed before message completed") {
        return BEFORE_RESPONSE.to_owned();
    }
    if words.contains("end of file before message length reached") {
        return "the connection was closed in the middle of the response".to_owned();
    }
    if words.contains("InvalidContentType") {
        return "the endpoint doesn't use TLS; should it be http:// instead of https://?".to_owned();
    }
    if causes(error).any(|e| e.to_string().contains("dns error")) {
        return format!("dns error: {words}");
    }
    words
}

/// A single line without control characters, cut to a length that fits on a screen.
pub(super) fn short_line(text: &str) -> String {
    line(text, 300)
}

/// A single line without control characters, long enough for three ARNs: a denial names the caller, the resource, and the
/// policy, and what matters most comes last.
pub(super) fn long_line(text: &str) -> String {
    line(text, 3000)
}

fn line(text: &str, length: usize) -> String {
    // Other invisible characters are escaped where the message is shown.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The text before any Rust debug output, which users shouldn't have to read: a capitalized name followed by a brace or
/// parenthesis.
pub(super) fn without_debug_output(text: &str) -> Cow<'_, str> {
    let notation = NOTATION.get_or_init(|| Regex::new(r"\b[A-Z][A-Za-z]*(\(| \{)").ok());
    let Some(found) = notation.as_ref().and_then(|notation| notation.find(text)) else { return text.into() };
    tracing::debug!(text, "shortened");
    let start = text[..found.start()].trim_end_matches([' ', ':', ',', '(', '"']);
    if start.is_empty() { "the AWS SDK failed without a readable reason".into() } else { start.into() }
}

static NOTATION: OnceLock<Option<Regex>> = OnceLock::new();
