//! The link in the demo account's confirmation emails.

/// The link in the email to this address, for the topic with the default name in eu-west-1.
pub fn link(email: &str) -> String {
    let topic = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";
    format!(
        "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={topic}&Token=demo-{email}&Endpoint={email}\n"
    )
}
