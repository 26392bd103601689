//! What AWS says about a denied call: which action on which resource, and which kind of policy denies it. What to do
//! depends on the policy: only where an identity's own policies lack an Allow does it help to add one.
//!
//! Source: IAM User Guide, "Troubleshoot access denied error messages"; AWS Security Blog, "Enhanced access denied error
//! messages with policy ARNs".

use std::borrow::Cow;

use crate::domain::problem::Fix;

/// The kinds of policies that AWS names in a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    IdentityBased,
    ResourceBased,
    PermissionsBoundary,
    Session,
    ServiceControl,
    ResourceControl,
    VpcEndpoint,
    RoleTrust,
}

/// Each kind, as AWS writes it in messages.
const PHRASES: [(&str, PolicyKind); 9] = [
    ("identity-based policy", PolicyKind::IdentityBased),
    ("resource-based policy", PolicyKind::ResourceBased),
    ("permissions boundary", PolicyKind::PermissionsBoundary),
    ("session policy", PolicyKind::Session),
    // This is how the guide's example of an explicit deny spells it.
    ("sessions policy", PolicyKind::Session),
    ("service control policy", PolicyKind::ServiceControl),
    ("resource control policy", PolicyKind::ResourceControl),
    ("VPC endpoint policy", PolicyKind::VpcEndpoint),
    ("role trust policy", PolicyKind::RoleTrust),
];

impl DenialCause<'_> {
    /// Whether a policy of the organization is the cause, which nobody in the account can change.
    pub(super) fn is_of_organization(&self) -> bool {
        let kind = match self {
            Self::NotAllowed(kind) | Self::Denied { by: Some(kind), .. } => *kind,
            Self::Unstated | Self::Denied { by: None, .. } | Self::Other(_) => return false,
        };
        matches!(kind, PolicyKind::ServiceControl | PolicyKind::ResourceControl)
    }
}

impl PolicyKind {
    /// The kind that a phrase starts with, possibly after an article.
    fn at_start_of(phrase: &str) -> Option<Self> {
        let articles = ["a ", "an ", "the ", "no "];
        let phrase = articles.iter().find_map(|article| phrase.strip_prefix(article)).unwrap_or(phrase);
        PHRASES.iter().find(|(words, _)| phrase.starts_with(words)).map(|(_, kind)| *kind)
    }

    /// Where to allow an action, after [`Denial::manager_of`] has been named.
    fn as_place(self) -> &'static str {
        match self {
            Self::ServiceControl => "in a service control policy of this account",
            Self::ResourceControl => "in a resource control policy of this account",
            Self::VpcEndpoint => "in the endpoint's policy",
            Self::IdentityBased | Self::ResourceBased | Self::PermissionsBoundary | Self::Session | Self::RoleTrust => {
                "there"
            }
        }
    }

    /// With its article.
    fn name(self) -> &'static str {
        match self {
            Self::IdentityBased => "an identity-based policy",
            Self::ResourceBased => "the resource-based policy",
            Self::PermissionsBoundary => "the permissions boundary",
            Self::Session => "the session policy",
            Self::ServiceControl => "a service control policy",
            Self::ResourceControl => "a resource control policy",
            Self::VpcEndpoint => "the VPC endpoint policy",
            Self::RoleTrust => "the role's trust policy",
        }
    }
}

/// Why a call was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenialCause<'a> {
    /// The message doesn't say.
    Unstated,
    /// No policy of this kind allows the action.
    NotAllowed(PolicyKind),
    /// A policy denies the action, which no Allow overrides: of this kind, and with this ARN, if the message says so.
    Denied { by: Option<PolicyKind>, arn: Option<&'a str> },
    /// Something else, in AWS's words.
    Other(&'a str),
}

/// A denied call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial<'a> {
    /// The denied action, which can be another one than that of the call: `iam:PassRole`, for example.
    pub action: Cow<'a, str>,
    /// The ARN of the resource, if the message has it.
    pub resource: Option<&'a str>,
    pub cause: DenialCause<'a>,
    /// The account of the caller, if the message has it.
    caller: Option<&'a str>,
}

/// Follows "with", and sometimes "because of".
const DENIED: &str = "an explicit deny";

impl<'a> Denial<'a> {
    /// Reads a message about a call that needs `own_action`. Many services word their messages differently: what isn't
    /// recognized is left out.
    #[must_use]
    pub fn parse(message: &'a str, own_action: &'a str) -> Self {
        let caller = message.strip_prefix("User: ").and_then(|text| text.split_whitespace().next()).and_then(account);
        let (before_reason, cause) = match (message.find(DENIED), message.find(" because ")) {
            (Some(at), _) => (&message[..at], denied(&message[at + DENIED.len()..])),
            (None, Some(at)) => (&message[..at], because(&message[at + " because ".len()..])),
            (None, None) => (message, DenialCause::Unstated),
        };
        let before_reason = [" with ", " because of "]
            .iter()
            .find_map(|link| before_reason.strip_suffix(link))
            .unwrap_or(before_reason);
        let is_whole = cause == DenialCause::Unstated;
        let resource = before_reason.split_once(" on resource: ").and_then(|(_, text)| {
            // IAM writes "policy arn:…", or "role NAME" without an ARN.
            let text = &text[text.find("arn:").filter(|at| *at < 10)?..];
            // Some names contain spaces. If no reason follows, another sentence may.
            let end = if is_whole { text.find(char::is_whitespace) } else { None };
            Some(trimmed(&text[..end.unwrap_or(text.len())]))
        });
        let action = action(message, own_action);
        // STS calls the trust policy of a role by either name.
        let cause = match cause {
            DenialCause::NotAllowed(PolicyKind::ResourceBased) if action.starts_with("sts:AssumeRole") => {
                DenialCause::NotAllowed(PolicyKind::RoleTrust)
            }
            cause => cause,
        };
        Self { action, resource, cause, caller }
    }

    /// Whether to add an Allow to the identity's own policies.
    #[must_use]
    pub fn lacks_an_allow(&self) -> bool {
        matches!(self.cause, DenialCause::Unstated | DenialCause::NotAllowed(PolicyKind::IdentityBased))
    }

    /// The reason, as part of a sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        let action = &self.action;
        match self.cause {
            DenialCause::Unstated => format!("permission denied for {action}"),
            DenialCause::NotAllowed(kind) => {
                let (_, name) = kind.name().split_once(' ').unwrap_or_default();
                format!("permission denied, because no {name} allows {action}")
            }
            DenialCause::Denied { by, arn } => {
                let name = by.map_or("a policy", PolicyKind::name);
                let arn = arn.map(|arn| format!(" ({arn})")).unwrap_or_default();
                format!("permission denied: {name}{arn} explicitly denies {action}")
            }
            DenialCause::Other(why) => format!("permission denied, because {why}"),
        }
    }

    /// A few words.
    #[must_use]
    pub fn brief(&self) -> String {
        match self.cause {
            _ if self.lacks_an_allow() => format!("unknown, needs {}", self.action),
            DenialCause::Denied { by: Some(kind), .. } => format!("unknown, denied by {}", kind.name()),
            DenialCause::NotAllowed(kind) => format!("unknown, not allowed by {}", kind.name()),
            DenialCause::Denied { by: None, .. } => "unknown, explicitly denied".to_owned(),
            DenialCause::Unstated | DenialCause::Other(_) => "unknown, permission denied".to_owned(),
        }
    }

    /// What to do; `None` if adding an Allow to the identity's policies is what helps.
    #[must_use]
    pub fn fix(&self) -> Option<Fix> {
        if let Some(owner) = self.key_owner() {
            return Some(key_of_another_account(Some(owner)));
        }
        let advice = match self.cause {
            DenialCause::Unstated | DenialCause::NotAllowed(PolicyKind::IdentityBased) => return None,
            DenialCause::Denied { by: Some(PolicyKind::IdentityBased), .. } => {
                "Remove that policy's Deny, or use credentials without it: an Allow does not override a Deny.".to_owned()
            }
            DenialCause::Denied { by: None, .. } => {
                "Find the policy that denies it, and have its Deny removed, or use credentials without it: an Allow does \
                 not override a Deny."
                    .to_owned()
            }
            DenialCause::Denied { by: Some(kind), .. } => format!(
                "{} has to remove that policy's Deny, or make an exception: an Allow for this identity does \
                 not override a Deny.{}",
                self.manager_of(kind),
                alternative(kind)
            ),
            DenialCause::NotAllowed(kind) => format!(
                "{} has to allow it {}: an Allow in this identity's own policies is not enough.{}",
                self.manager_of(kind),
                kind.as_place(),
                alternative(kind)
            ),
            DenialCause::Other(_) => "Resolve that reason, then try again: another permission may not help.".to_owned(),
        };
        Some(Fix::Advice(advice))
    }

    /// Who can change such a policy, as the subject of a sentence.
    fn manager_of(&self, kind: PolicyKind) -> String {
        match kind {
            PolicyKind::ServiceControl | PolicyKind::ResourceControl => {
                "An administrator of the organization, in its management account,".to_owned()
            }
            PolicyKind::PermissionsBoundary => "Whoever manages this identity's permissions boundary".to_owned(),
            PolicyKind::Session => "Whoever sets the policy with which this session is started".to_owned(),
            PolicyKind::VpcEndpoint => "Whoever manages the VPC endpoint".to_owned(),
            PolicyKind::RoleTrust => "Whoever manages the role's trust policy".to_owned(),
            PolicyKind::IdentityBased => "Whoever manages this identity's policies".to_owned(),
            PolicyKind::ResourceBased => match self.other_account() {
                Some(account) => format!("Whoever manages the resource's policy, in account {account},"),
                None => "Whoever manages the resource's policy".to_owned(),
            },
        }
    }

    /// The account of the resource, if it isn't the caller's.
    fn other_account(&self) -> Option<&'a str> {
        let owner = account(self.resource?)?;
        (owner != self.caller?).then_some(owner)
    }

    /// The account that owns the key, if the call is about a KMS key of another account.
    fn key_owner(&self) -> Option<&'a str> {
        self.other_account().filter(|_| self.action.starts_with("kms:"))
    }
}

/// What to do about a key whose policy can't be read because it belongs to another account.
///
/// Source: KMS API, GetKeyPolicy, "Cross-account use: No".
pub(super) fn key_of_another_account(owner: Option<&str>) -> Fix {
    let owner = owner.map_or_else(|| "another account".to_owned(), |owner| format!("account {owner}"));
    Fix::Advice(format!(
        "The key belongs to {owner}, and its policy can only be read there: have someone there check that the policy lets \
         this account's alarms and trails use the key, or use a key of this account."
    ))
}

/// Another way out, as a further sentence.
fn alternative(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Session => " Or start a session without that policy.",
        PolicyKind::VpcEndpoint => " Or run rootbell from a network that does not use that endpoint.",
        PolicyKind::IdentityBased
        | PolicyKind::ResourceBased
        | PolicyKind::PermissionsBoundary
        | PolicyKind::ServiceControl
        | PolicyKind::ResourceControl
        | PolicyKind::RoleTrust => "",
    }
}

/// What follows "an explicit deny".
fn denied(text: &str) -> DenialCause<'_> {
    let policy = text.strip_prefix(" in ").unwrap_or_default();
    // A request of an endpoint can be denied by a policy behind it, which is the one to change.
    let policy = policy.split_once(" transitively through ").map_or(policy, |(_, behind)| behind);
    let arn = policy.split_whitespace().map(trimmed).find(|word| word.starts_with("arn:"));
    DenialCause::Denied { by: PolicyKind::at_start_of(policy), arn }
}

/// What follows "because".
fn because(text: &str) -> DenialCause<'_> {
    // The guide's example for a role's trust policy lacks the "no".
    let kind = PolicyKind::at_start_of(text).filter(|_| text.contains(" allows "));
    kind.map_or(DenialCause::Other(text.trim_end_matches('.')), DenialCause::NotAllowed)
}

/// The denied action, which the message may or may not name.
fn action<'a>(message: &'a str, own_action: &'a str) -> Cow<'a, str> {
    // CloudWatch Logs: 'not authorized to perform CreateLogGroup with Tags. An additional permission "logs:TagResource" is
    // required.'
    let additional = message.split_once("additional permission \"").and_then(|(_, text)| text.split('"').next());
    let performed =
        message.split_once("not authorized to perform").map(|(_, text)| text.trim_start_matches([':', ' ']));
    let named = additional.or_else(|| performed.and_then(|text| text.split_whitespace().next()).map(trimmed));
    if let Some((service, name)) = named.and_then(|action| action.split_once(':'))
        && !service.is_empty()
        && !name.is_empty()
    {
        // SNS writes its own name in capitals.
        return format!("{}:{name}", service.to_lowercase()).into();
    }
    let service = own_action.split(':').next().unwrap_or_default();
    let with_tags =
        performed.and_then(|text| text.split_once(" with Tags")).is_some_and(|(name, _)| !name.contains(' '));
    if with_tags { format!("{service}:TagResource").into() } else { own_action.into() }
}

/// The account in an ARN.
fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// Without the punctuation around it.
fn trimmed(word: &str) -> &str {
    word.trim().trim_matches(['"', '\'']).trim_end_matches(['.', ',', ';', ')', '"'])
}
