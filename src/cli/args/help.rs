//! The end of each command's help: examples, JSON fields, exit statuses.

use crate::domain::iam_policy::{drill_actions, test_actions};
use crate::domain::text::and;

pub(super) const EXAMPLES: &str = "\
Examples:
  rootbell                                        the wizard: four steps, then the dashboard
  rootbell --profile prod --region eu-west-1      the wizard, for that account and Region
  rootbell --demo                                 the wizard, on a simulated account
  rootbell plan --email alice@example.com         show what would be set up
  rootbell apply --email alice@example.com        set it up, after a confirmation
  rootbell status                                 check whether an alert would reach you
  rootbell test                                   send a test alarm
  rootbell events --since 30d                     show who used root, when, and from where

Exit status: 0 done, working, or nothing to change; 1 failed; 2 invalid command line; 3 for
`status`: not working, for `plan` and `destroy --format`: there are changes to make.";

pub(super) const PLAN_EXAMPLES: &str = "\
Examples:
  rootbell plan --email alice@example.com
  rootbell plan --email alice@example.com --format json | jq '.changes[].iam_action'
  rootbell plan --email alice@example.com --format aws-cli > setup.sh

JSON: {account, region, changes: [{id, step, action: create|update|keep|delete, resource, name, detail, aws_cli, \
iam_action, region, needs: [id], foreign}], notes: [], cost: {usd_per_month, text} or null}

Exit status: 0 nothing to change; 3 there are changes to make; 1 failed; 2 invalid command line.";

pub(super) const APPLY_EXAMPLES: &str = "\
Examples:
  rootbell apply --email alice@example.com
  rootbell apply --yes --email alice@example.com --email bob@example.com --wait
  rootbell apply --yes --trail main --log-group security/cloudtrail --retention-days 731 --email a@example.com

Running it twice changes nothing the second time; after a failure, run it again to continue.

JSON: {account, region, applied: [id], failed: [{id, why, fix}], skipped: [id], unknown: [id of each change in \
progress at an interrupt], open: []}

Exit status: 0 set up, or nothing to change; 1 failed, in whole or in part; 2 invalid command line, or no terminal \
to ask on.";

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  rootbell status
  rootbell status --alarm security-root-use       judge this alarm
  rootbell status --trust arn:aws:sns:eu-west-1:210987654321:security
  rootbell status --json | jq -r '.checks[] | select(.verdict != \"ok\") | .fix'

JSON: {account, region, healthy, checks: [{id, title, verdict: ok|missing|wrong|pending|unknown, detail, fix}], alarm: \
{name, state, reason, since} or null, subscriptions: [{endpoint, state: confirmed|pending|deleted}]}

Exit status: 0 an alert would reach you; 3 it would not, or that is not certain; 1 failed; 2 invalid command line.";

/// The permissions are those that the printed policy has.
pub(super) fn test_examples() -> String {
    format!(
        "\
Examples:
  rootbell test
  rootbell test --json | jq '.hops[] | {{hop, after_seconds}}'
  rootbell test --drill

A test sets the alarm to ALARM, with a reason that says who started the test and that nobody used root. It then reads \
the alarm's history until the notification has been sent; the alarm returns to OK by itself. Every confirmed \
subscriber gets the message. This verifies the alarm and the topic. In addition to the permissions of `status`, it \
needs {}; `rootbell policy test` prints all of them.

A drill verifies the filter and the metric as well. It writes one marked event to the log group, after asking for \
confirmation. Where rootbell's event rules exist, it also puts a marked sign-in on the event bus and follows it to the \
topic, which sends a second email. It needs {}; and events:PutEvents if there are event rules.

JSON: {{account, region, alarm, kind: test|drill, dispatched, recipients: [], concerns: [], hops: [{{hop: \
stored|matched|counted|alarm|action|back|put|forwarded|triggered|passed_on, path: alarm|events, after_seconds, said}}], \
events: {{passed_on, error}} or null, error: {{why, fix}} or null}}

Exit status: 0 the notification was sent, in a drill over both paths; 1 it was not; 2 invalid command line.",
        and(&test_actions()),
        and(&drill_actions(None))
    )
}

pub(super) const CONFIRM_EXAMPLES: &str = "\
Examples:
  rootbell confirm                                ask for the link, and confirm the subscription
  pbpaste | rootbell confirm                      the link is in the clipboard (macOS)
  rootbell confirm --again alice@example.com      for an address that was confirmed by opening the link

In the email from AWS, copy the address of the link instead of opening it. rootbell does not open it either: it \
confirms the subscription in a signed call, with AuthenticateOnUnsubscribe. After that, the link at the end of each \
email can't end the subscription, whether a person opens it or a mail scanner. The link is read from the terminal or \
from standard input, never from the command line, because other users can see command lines. A link for a topic that \
alerts don't go to is refused.

It needs sns:ConfirmSubscription, and with --again also sns:Unsubscribe and sns:Subscribe.

JSON: {account, region, topic, confirmed: [address]}

Exit status: 0 confirmed; 1 failed; 2 invalid command line, or no terminal to ask on.";

pub(super) const EVENTS_EXAMPLES: &str = "\
Examples:
  rootbell events
  rootbell events --since 12h
  rootbell events --log-group aws-controltower/CloudTrailLogs
  rootbell events --since 2026-11-01 --json | jq -r '.events[] | select(.drill | not) | .address'

Events are read from the trail's log group, where they appear a few minutes after they happen. The search uses the \
metric filter's pattern if that finds every use of root, and the CIS pattern otherwise. It needs logs:FilterLogEvents, \
in addition to the permissions of `status`.

JSON: {account, region, log_group, since, gap: why events may be missing, or null, events: [{id, time, event, source, \
outcome: success|failure, error, mfa, address, region, client, via: console|API, assumed_root, not_root: who it was \
instead, or null, drill, raw}], more, searched_back_to: time or null, error: {why, fix} or null}

Exit status: 0 the log group was read; 1 it could not be read; 2 invalid command line.";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  rootbell doctor
  rootbell doctor --profile prod --json > doctor.json

Reports the version, the terminal, where the credentials, the Region, the endpoint, the proxy, and the certificates come \
from, how wrong this computer's clock is, which of AWS's endpoints answer and how fast, and who is signed in. It sends \
one unsigned request to each service and reads who is signed in. It prints no keys, tokens, or passwords; it does print \
the account number, ARNs, profile names, and paths.

JSON: {version, commit, features: [], os, terminal: {}, account, arn, clock_error_seconds, parts: [{id, title, verdict: \
ok|missing|wrong|unknown, detail, fix}], endpoints: [{service, host, status, milliseconds, error}]}

Exit status: 0 the report was printed, whatever it says; 1 nothing could be determined; 2 invalid command line.";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  rootbell completions bash > ~/.local/share/bash-completion/completions/rootbell
  rootbell completions zsh > ~/.zfunc/_rootbell                  (with ~/.zfunc in $fpath, before compinit)
  rootbell completions fish > ~/.config/fish/completions/rootbell.fish
  rootbell completions powershell >> $PROFILE";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  rootbell man > ~/.local/share/man/man1/rootbell.1
  rootbell man apply > ~/.local/share/man/man1/rootbell-apply.1
  rootbell man apply | man -l -";

pub(super) const DESTROY_EXAMPLES: &str = "\
Examples:
  rootbell destroy --format text                  show what would be deleted
  rootbell destroy                                delete it, after a confirmation
  rootbell destroy --yes --with-logs              delete it without asking, with the logs

Deletes the resources with the tag rootbell = managed, and undoes what rootbell added to
unmanaged resources, as the tag rootbell:added on each of them says. After a failure, run it
again to continue.

Exit status: 0 deleted, or nothing to delete; 1 failed; 2 invalid command line, or no terminal
to ask on; 3 `--format`: there are resources to delete.";

pub(super) const POLICY_EXAMPLES: &str = "\
Examples:
  rootbell policy setup > setup.json
  rootbell policy watch --profile prod --region eu-west-1
  rootbell policy destroy --with-logs

  aws iam create-policy --policy-name rootbell-setup --policy-document file://setup.json

The policy is limited to this account and Region, and to the resource names in use.";
