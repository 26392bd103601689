//! Single calls outside of a plan.

use jiff::SignedDuration;

use crate::app::message::{Effect, SessionEffect};
use crate::app::state::account::AccountState;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::session::{SessionId, Ticket};
use crate::cloud::CloudError;
use crate::domain::confirmation::ConfirmationLink;
use crate::domain::observed::Confirmation;
use crate::domain::{Change, Email};

/// Confirmation emails sent within this time are reported in one notice.
const SENT_TOGETHER: SignedDuration = SignedDuration::from_secs(3);

/// Makes a single call.
pub(super) fn single_change(account: &mut AccountState, change: Change) -> Effect {
    let ticket = account.ticket();
    account.single_changes.push((ticket, change.clone()));
    SessionEffect::Change { ticket, change: Box::new(change) }.within(account.session)
}

/// Sends the confirmation email again to every unconfirmed address.
pub(super) fn send_again(model: &mut Model) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    let Some(derived) = &account.derived else { return Vec::new() };
    let topic_arn = derived.settings.topic_arn();
    let pending = derived.health.subscriptions.iter().filter(|s| s.state == Confirmation::Pending);
    let emails: Vec<Email> = pending.map(|s| s.endpoint.as_str().into()).collect();
    if emails.is_empty() {
        model.notice = Some(Notice::NothingToConfirm);
    }
    let resend = |email: Email| single_change(account, Change::Subscribe { topic_arn: topic_arn.clone(), email });
    emails.into_iter().map(resend).collect()
}

/// Confirms a subscription with the link from the email, if the link is for the topic that alerts go to.
pub(super) fn confirm(model: &mut Model, link: ConfirmationLink) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    let Some(derived) = &account.derived else { return Vec::new() };
    let ConfirmationLink { topic_arn, token } = link;
    if topic_arn != derived.settings.topic_arn() {
        model.notice = Some(Notice::LinkOfOtherTopic(topic_arn));
        return Vec::new();
    }
    vec![single_change(account, Change::ConfirmSubscription { topic_arn, token })]
}

/// A single call has succeeded or failed.
pub(super) fn changed(model: &mut Model, session: SessionId, ticket: Ticket, answer: Result<(), CloudError>) {
    let now = model.now;
    let Some(account) = model.accounts.get_mut(session) else { return };
    let Some(index) = account.single_changes.iter().position(|(t, _)| *t == ticket) else { return };
    let (_, change) = account.single_changes.remove(index);
    let notice = match (answer, change) {
        (Err(error), _) => Notice::CallFailed(error),
        (Ok(()), Change::Subscribe { email, .. }) => {
            account.record_sent(email, now);
            // If several emails were requested together, one notice names all of them.
            let sent_together = account.sent.iter().filter(|(_, at)| now.duration_since(*at) < SENT_TOGETHER);
            Notice::SentAgain(sent_together.map(|(email, _)| email.clone()).collect())
        }
        (Ok(()), Change::ConfirmSubscription { .. }) => {
            account.confirmation.refresh_now();
            Notice::ConfirmedBySignedCall
        }
        (Ok(()), Change::SetAlarmState { alarm, state, .. }) => {
            account.dashboard.refresh_now();
            Notice::AlarmSet { alarm, state }
        }
        (Ok(()), _) => return,
    };
    model.notice = Some(notice);
}
