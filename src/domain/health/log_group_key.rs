//! The KMS key of the log group: can CloudWatch Logs store CloudTrail's events with it?

use super::evidence::Evidence;
use super::outcome::{Outcome, Verdict, unknown, wrong};
use crate::domain::change::quote;
use crate::domain::observed::{KmsKey, LogGroup};
use crate::domain::policy::{Decision, key_serves_logs, key_statement_for_logs};
use crate::domain::problem::Fix;

/// What is wrong with the key that encrypts the log group, or not known of it; `None`: nothing. A recent delivery shows that
/// the key can be used, whatever can't be told from its policy.
///
/// Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
pub(super) fn log_group_key(evidence: &Evidence<'_>, delivered_recently: bool) -> Option<Outcome> {
    let group = evidence.observed.log_group.as_ref().ok()?.as_ref()?;
    let arn = group.kms_key.as_ref()?;
    let (_, read) = evidence.observed.log_group_keys.iter().find(|(read, _)| read == arn)?;
    let encrypted = format!("The log group `{}` is encrypted with {arn}", group.name);
    match read {
        Err(unreadable) => (!delivered_recently).then(|| unknown(unreadable)),
        Ok(None) => {
            let remove = format!("aws logs disassociate-kms-key --log-group-name {}", quote(&group.name));
            let fix = Fix::Advice(format!("Use another key for the log group, or remove this one: {remove}"));
            Some(wrong(format!("{encrypted}, which does not exist: no event can be stored."), fix))
        }
        Ok(Some(key)) => match key.state.fault() {
            Some(fault) => {
                Some(wrong(format!("{encrypted}, which {fault}: no event can be stored."), key.state.fix(&key.arn)))
            }
            None => check_policy(&encrypted, key, group, evidence, delivered_recently),
        },
    }
}

fn check_policy(
    encrypted: &str,
    key: &KmsKey,
    group: &LogGroup,
    evidence: &Evidence<'_>,
    delivered_recently: bool,
) -> Option<Outcome> {
    let here = &evidence.settings.account_region;
    let service = format!("logs.{}.amazonaws.com", here.region);
    let add = Fix::Advice(format!("Add to the policy of {}: {}", key.arn, key_statement_for_logs(here, &group.name)));
    let uncertain = |why: String| (Verdict::Unknown, format!("{encrypted}; {why}."), add.clone());
    match key_serves_logs(&key.policy, here, &key.arn, &group.name) {
        Decision::Allowed => None,
        Decision::Denied if delivered_recently => {
            Some(uncertain(format!("its policy does not let {service} use it, although events were stored recently")))
        }
        Decision::Denied => {
            Some(wrong(format!("{encrypted}, which {service} cannot use: no event can be stored."), add))
        }
        Decision::Unknown(_) if delivered_recently => None,
        Decision::Unknown(doubt) => Some(uncertain(format!(
            "whether {service} can use it depends on {}, which rootbell cannot evaluate",
            doubt.depends_on
        ))),
    }
}
