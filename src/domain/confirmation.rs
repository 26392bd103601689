//! The link in the email with which SNS asks an address to confirm its subscription.
//!
//! rootbell never opens the link. It takes the token from it and confirms the subscription in a signed call, so that the
//! subscription can't be ended by the link in each email: a mail scanner that opens links would end it, and CloudTrail
//! doesn't record that.
//!
//! Source: SNS API, ConfirmSubscription, `AuthenticateOnUnsubscribe`; SNS Developer Guide, "Confirm the subscription".

use std::fmt;

use percent_encoding::percent_decode_str;

use super::arn::Arn;

/// What a confirmation link contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmationLink {
    pub topic_arn: Arn,
    pub token: ConfirmationToken,
}

/// Whoever has it can confirm the subscription, so it is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfirmationToken(String);

impl ConfirmationToken {
    /// The token itself, for the call.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ConfirmationToken {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for ConfirmationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationToken(hidden)")
    }
}

/// How often mail filters encode a link inside their own links, at most.
const MOST_WRAPPERS: usize = 3;

impl ConfirmationLink {
    /// Finds the link in a text: the link alone, with brackets or spaces around it, inside the link of a mail filter, or in
    /// the whole email.
    ///
    /// # Errors
    /// What the text is instead, and what to copy, in full sentences.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = || text.split(|c: char| c.is_whitespace() || "<>\"'".contains(c));
        if let Some(link) = words().find_map(Self::in_word) {
            return Ok(link);
        }
        let why = if text.contains("Action=Unsubscribe") || text.contains("unsubscribe.html") {
            "This link ends a subscription."
        } else {
            "This is not a confirmation link."
        };
        Err(format!(
            "{why} In the email with the subject \"AWS Notification - Subscription Confirmation\", copy the address of the \
             link \"Confirm subscription\"."
        ))
    }

    fn in_word(word: &str) -> Option<Self> {
        let mut word = word.replace("&amp;", "&");
        for _ in 0..=MOST_WRAPPERS {
            let parameter = |name: &str| {
                let mut parts = word.split(['?', '&', '#']);
                let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
                Some(percent_decode_str(value).decode_utf8_lossy().into_owned()).filter(|value| !value.is_empty())
            };
            if let (Some(topic_arn), Some(token)) = (parameter("TopicArn"), parameter("Token")) {
                let topic_arn = Arn::from(topic_arn);
                topic_arn.topic_name()?;
                return Some(Self { topic_arn, token: ConfirmationToken(token) });
            }
            word = percent_decode_str(&word).decode_utf8_lossy().into_owned();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";

    fn assert_found(text: &str) {
        let link = ConfirmationLink::parse(text);
        let expected = ConfirmationLink { topic_arn: TOPIC.into(), token: "2336412f37fb687f5d51".into() };
        assert_eq!(link.as_ref(), Ok(&expected), "{text}");
    }

    #[test]
    fn the_link_is_found_alone_in_an_email_and_inside_the_link_of_a_mail_filter() {
        let link = format!(
            "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}&Token=2336412f37fb687f5d51&Endpoint=a@b.de"
        );
        assert_found(&link);
        assert_found(&format!(
            "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb687f5d51"
        ));
        assert_found(&format!("\r\n  <{link}>\r\n"));
        assert_found(&format!("You have chosen to subscribe to the topic:\n{TOPIC}\n\n<a href=\"{link}\">Confirm</a>"));
        assert_found(&link.replace('&', "&amp;").replace(':', "%3A"));
        let encode = |text: &str| text.replace('%', "%25").replace(':', "%3A").replace('/', "%2F").replace('?', "%3F");
        let encode = |text: &str| encode(text).replace('=', "%3D").replace('&', "%26").replace('@', "%40");
        let wrapped = format!("https://eur05.safelinks.example/?url={}&data=05%7C02", encode(&link));
        assert_found(&wrapped);
        assert_found(&format!("https://filter.example/v2/url?u={}", encode(&wrapped)));
    }

    #[test]
    fn anything_else_is_refused_with_what_to_copy_instead() {
        let unsubscribe =
            "https://sns.eu-west-1.amazonaws.com/unsubscribe.html?SubscriptionArn=arn:aws:sns:eu-west-1:1:t:1";
        let refusal = |text: &str| ConfirmationLink::parse(text).unwrap_err();
        assert!(refusal(unsubscribe).starts_with("This link ends a subscription."));
        for text in [
            "",
            "https://example.com",
            "Token=1",
            "https://sns.eu-west-1.amazonaws.com/?TopicArn=nonsense&Token=1",
            &format!("https://sns.eu-west-1.amazonaws.com/?TopicArn={TOPIC}&Token="),
            "%%%%%",
        ] {
            assert!(refusal(text).contains("copy the address of the link"), "{text}");
        }
    }

    #[test]
    fn the_token_is_not_shown() {
        let link = ConfirmationLink { topic_arn: TOPIC.into(), token: "secret".into() };
        assert!(!format!("{link:?}").contains("secret"));
    }
}
