//! The table of the setup options: everything about an option that isn't its effect is in its row. The command line, the
//! form, the checks of names, and the names to read the account for are all derived from it.

use super::{Origin, Settings, SetupOptions};
use crate::domain::arn::Arn;
use crate::domain::change::{Resource, Step};
use crate::domain::email::Email;
use crate::domain::event_scope::EventScope;
use crate::domain::setting_id::SettingId;
use crate::domain::{RetentionDays, names, pattern};

/// What a setting's text may be.
#[derive(Clone, Copy, Debug)]
pub enum SettingKind {
    /// A name that has to follow AWS's rules.
    Name(fn(&str) -> names::Validity),
    /// The same, but an empty text stands for no value.
    OptionalName(fn(&str) -> names::Validity),
    /// A number of days, or `never`.
    Retention,
    /// Email addresses, separated by commas, semicolons, or spaces.
    Addresses,
    YesOrNo,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An address of a web page; an empty text stands for no value.
    OptionalUrl,
    FilterPattern,
    /// ARNs, separated by commas, semicolons, or spaces.
    Arns,
}

impl SettingKind {
    /// Checks the text of a field.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn check(self, text: &str) -> names::Validity {
        match self {
            Self::Name(rule) => rule(text),
            Self::OptionalName(_) | Self::OptionalUrl if text.trim().is_empty() => Ok(()),
            Self::OptionalName(rule) => rule(text.trim()),
            Self::Retention => text.trim().parse().and_then(RetentionDays::check),
            Self::Addresses => {
                let all = addresses(text);
                if all.is_empty() {
                    return Email::default().check();
                }
                let several = all.len() > 1;
                all.iter().try_for_each(|email| {
                    email.check().map_err(|why| if several { format!("`{email}`: {why}") } else { why })
                })
            }
            Self::YesOrNo => Ok(()),
            Self::Choice(names) if names.contains(&text) => Ok(()),
            Self::Choice(names) => Err(format!("`{text}` is not one of {}.", names.join(", "))),
            Self::OptionalUrl => names::web_page(text.trim()),
            Self::FilterPattern => pattern::check(text),
            Self::Arns => split_list(text).try_for_each(|arn| Arn::parse(arn).map(|_| ())),
        }
    }
}

/// The resource that a setting names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedResource {
    /// A resource that rootbell creates if it doesn't exist, and what AWS calls it.
    Created(Resource, &'static str),
    /// A resource that has to exist.
    Existing,
}

/// The row of a setting.
pub struct SettingSpec {
    /// Its flag, as in `--email`.
    pub flag: &'static str,
    /// The help of its flag.
    pub help: &'static str,
    /// The label of its field.
    pub label: &'static str,
    /// The step whose form shows it.
    pub step: Step,
    /// Whether it is shown only with the details.
    pub is_detail: bool,
    pub kind: SettingKind,
    /// The resource that it names, if any. If it changes, the account has to be read again.
    pub names: Option<NamedResource>,
    get: fn(&SetupOptions) -> Option<String>,
    set: fn(&mut SetupOptions, &str),
    resolved: fn(&Settings) -> (String, Origin),
}

impl SettingId {
    /// Its row in the table.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one row per setting")]
    pub fn spec(self) -> SettingSpec {
        use NamedResource::{Created, Existing};
        match self {
            Self::Trail => SettingSpec {
                flag: "--trail",
                help: "CloudTrail trail; created if it doesn't exist [default: an existing one that can be used, or `rootbell`]",
                label: "Trail",
                step: Step::Trail,
                is_detail: false,
                kind: SettingKind::Name(names::trail),
                names: Some(Created(Resource::Trail, "CloudTrail trail")),
                get: |o| o.trail.clone(),
                set: |o, text| o.trail = Some(text.to_owned()),
                resolved: |s| (s.trail.value.clone(), s.trail.origin),
            },
            Self::Retention => SettingSpec {
                flag: "--retention-days",
                help: "Retention of the log group in days, or `never` to keep events forever [default: 365]",
                label: "Retention",
                step: Step::Trail,
                is_detail: false,
                kind: SettingKind::Retention,
                names: None,
                get: |o| o.retention_days.map(|days| days.to_string()),
                set: |o, text| o.retention_days = text.parse().ok(),
                resolved: |s| (s.retention_days.value.to_string(), s.retention_days.origin),
            },
            Self::Bucket => SettingSpec {
                flag: "--bucket",
                help: "S3 bucket for the trail's log files [default: rootbell-ACCOUNT-REGION]",
                label: "Bucket",
                step: Step::Trail,
                is_detail: true,
                kind: SettingKind::Name(names::bucket),
                names: Some(Created(Resource::Bucket, "S3 bucket")),
                get: |o| o.bucket.clone(),
                set: |o, text| o.bucket = Some(text.to_owned()),
                resolved: |s| (s.bucket.value.clone(), s.bucket.origin),
            },
            Self::LogGroup => SettingSpec {
                flag: "--log-group",
                help: "CloudWatch Logs log group that the trail delivers to [default: the trail's, or `rootbell/cloudtrail`]",
                label: "Log group",
                step: Step::Trail,
                is_detail: true,
                kind: SettingKind::Name(names::log_group),
                names: Some(Created(Resource::LogGroup, "CloudWatch Logs log group")),
                get: |o| o.log_group.clone(),
                set: |o, text| o.log_group = Some(text.to_owned()),
                resolved: |s| (s.log_group.value.clone(), s.log_group.origin),
            },
            Self::Role => SettingSpec {
                flag: "--role",
                help: "IAM role that CloudTrail assumes to deliver events [default: rootbell-cloudtrail-to-logs-REGION]",
                label: "Role",
                step: Step::Trail,
                is_detail: true,
                kind: SettingKind::Name(names::role),
                names: Some(Created(Resource::Role, "IAM role")),
                get: |o| o.role.clone(),
                set: |o, text| o.role = Some(text.to_owned()),
                resolved: |s| (s.role.value.clone(), s.role.origin),
            },
            Self::KmsKey => SettingSpec {
                flag: "--kms-key",
                help: "Customer managed KMS key for trail, log group and topic; its policy must allow them [default: no change]",
                label: "KMS key",
                step: Step::Trail,
                is_detail: true,
                kind: SettingKind::OptionalName(names::kms_key),
                names: Some(Existing),
                get: |o| o.kms_key.as_ref().map(Arn::to_string),
                set: |o, text| o.kms_key = Some(Arn::from(text)),
                resolved: |s| match &s.kms_key {
                    Some(key) => (key.to_string(), Origin::Given),
                    None => (String::new(), Origin::Default("encryption unchanged")),
                },
            },
            Self::RestrictRole => SettingSpec {
                flag: "--role-source-arn",
                help: "Restrict the role to this trail; check with `status` that deliveries continue [default: no change]",
                label: "Restrict role",
                step: Step::Trail,
                is_detail: true,
                kind: SettingKind::YesOrNo,
                names: None,
                get: |o| o.role_source_arn.map(|yes| yes_or_no(yes).to_owned()),
                set: |o, text| o.role_source_arn = Some(text == yes_or_no(true)),
                resolved: |s| (yes_or_no(s.role_source_arn.value).to_owned(), s.role_source_arn.origin),
            },
            Self::Topic => SettingSpec {
                flag: "--topic",
                help: "SNS topic that the alarm notifies [default: the alarm's, or `rootbell-alerts`]",
                label: "Topic",
                step: Step::Topic,
                is_detail: false,
                kind: SettingKind::Name(names::topic),
                names: Some(Created(Resource::Topic, "SNS topic")),
                get: |o| o.topic.clone(),
                set: |o, text| o.topic = Some(text.to_owned()),
                resolved: |s| (s.topic.value.clone(), s.topic.origin),
            },
            Self::Emails => SettingSpec {
                flag: "--email",
                help: "Email address to alert (an SNS email subscription); can be given several times",
                label: "Email",
                step: Step::Topic,
                is_detail: false,
                kind: SettingKind::Addresses,
                names: None,
                get: |o| (!o.emails.is_empty()).then(|| Email::join(&o.emails, ", ")),
                set: |o, text| o.emails = addresses(text),
                resolved: |s| {
                    let none = Origin::Default("who gets the alert");
                    (Email::join(&s.emails.value, ", "), if s.emails.value.is_empty() { none } else { s.emails.origin })
                },
            },
            Self::Events => SettingSpec {
                flag: "--events",
                help: "Also email each sign-in and change to the account, usually within a minute (EventBridge); `writes`: each \
                       call that changes something [default: in a first setup]",
                label: "Events",
                step: Step::Topic,
                is_detail: false,
                kind: SettingKind::Choice(&EventScope::NAMES),
                names: None,
                get: |o| o.events.map(|scope| scope.to_string()),
                set: |o, text| o.events = text.parse().ok(),
                resolved: |s| (s.events.value.to_string(), s.events.origin),
            },
            Self::Runbook => SettingSpec {
                flag: "--runbook",
                help: "Address of a page that says what to do; the emails name it [default: none]",
                label: "Runbook",
                step: Step::Topic,
                is_detail: true,
                kind: SettingKind::OptionalUrl,
                names: None,
                get: |o| o.runbook.clone(),
                set: |o, text| o.runbook = Some(text.to_owned()),
                resolved: |s| match &s.runbook {
                    Some(url) => (url.clone(), Origin::Given),
                    None => (String::new(), Origin::Default("none")),
                },
            },
            Self::Filter => SettingSpec {
                flag: "--filter",
                help: "CloudWatch Logs metric filter that counts root use [default: the log group's, or `rootbell-root-use`]",
                label: "Filter",
                step: Step::Filter,
                is_detail: false,
                kind: SettingKind::Name(names::filter),
                names: Some(Created(Resource::MetricFilter, "CloudWatch Logs metric filter")),
                get: |o| o.filter.clone(),
                set: |o, text| o.filter = Some(text.to_owned()),
                resolved: |s| (s.root_use().filter.value.clone(), s.root_use().filter.origin),
            },
            Self::Pattern => SettingSpec {
                flag: "--pattern",
                help: "Pattern of that filter [default: the pattern that CIS and Security Hub require]",
                label: "Pattern",
                step: Step::Filter,
                is_detail: false,
                kind: SettingKind::FilterPattern,
                names: None,
                get: |o| o.pattern.clone(),
                set: |o, text| o.pattern = Some(text.to_owned()),
                resolved: |s| (s.root_use().pattern.value.clone(), s.root_use().pattern.origin),
            },
            Self::Audit => SettingSpec {
                flag: "--audit",
                help: "Also make what CIS, Security Hub, and Prowler ask for, not only what alerting needs",
                label: "For auditors",
                step: Step::Filter,
                is_detail: false,
                kind: SettingKind::YesOrNo,
                names: None,
                get: |o| o.audit.map(|yes| yes_or_no(yes).to_owned()),
                set: |o, text| o.audit = Some(text == yes_or_no(true)),
                resolved: |s| (yes_or_no(s.audit.value).to_owned(), s.audit.origin),
            },
            Self::Alarm => SettingSpec {
                flag: "--alarm",
                help: "CloudWatch alarm [default: an existing one on that metric, or `rootbell-root-use`]",
                label: "Alarm",
                step: Step::Alarm,
                is_detail: false,
                kind: SettingKind::Name(names::alarm),
                names: Some(Created(Resource::Alarm, "CloudWatch alarm")),
                get: |o| o.alarm.clone(),
                set: |o, text| o.alarm = Some(text.to_owned()),
                resolved: |s| (s.root_use().alarm.value.clone(), s.root_use().alarm.origin),
            },
            Self::Trust => SettingSpec {
                flag: "--trust",
                help: "Destination that you vouch for because rootbell can't check it, such as a topic of another account or a Lambda function; pass it each time, because it isn't stored; can be given several times",
                label: "Trusted",
                step: Step::Alarm,
                is_detail: true,
                kind: SettingKind::Arns,
                names: Some(Existing),
                get: |o| (!o.trust.is_empty()).then(|| join_arns(&o.trust)),
                set: |o, text| o.trust = split_list(text).map(Arn::from).collect(),
                resolved: |s| {
                    let none = Origin::Default("only what can be checked");
                    (join_arns(&s.trust), if s.trust.is_empty() { none } else { Origin::Given })
                },
            },
        }
    }

    /// The flag, as in `--email`.
    #[must_use]
    pub fn flag(self) -> &'static str {
        self.spec().flag
    }

    /// The flag without its dashes.
    #[must_use]
    pub fn long(self) -> &'static str {
        self.flag().trim_start_matches('-')
    }

    /// What AWS calls the resource that it names.
    #[must_use]
    pub fn resource_name(self) -> &'static str {
        match self.spec().names {
            Some(NamedResource::Created(_, name)) => name,
            Some(NamedResource::Existing) | None => self.spec().label,
        }
    }

    /// The resource that it names, if rootbell creates it.
    #[must_use]
    pub fn created_resource(self) -> Option<Resource> {
        match self.spec().names {
            Some(NamedResource::Created(kind, _)) => Some(kind),
            Some(NamedResource::Existing) | None => None,
        }
    }
}

impl SetupOptions {
    /// An option as text, as in the form; `None` if rootbell chooses.
    #[must_use]
    pub fn text(&self, id: SettingId) -> Option<String> {
        (id.spec().get)(self)
    }

    /// Sets an option to a valid text.
    pub fn set_text(&mut self, id: SettingId, text: &str) {
        (id.spec().set)(self, text);
    }

    /// Only some of the options.
    #[must_use]
    pub fn only(&self, is_kept: impl Fn(SettingId) -> bool) -> Self {
        let mut kept = Self::default();
        for id in SettingId::ALL.into_iter().filter(|id| is_kept(*id)) {
            if let Some(text) = self.text(id) {
                kept.set_text(id, &text);
            }
        }
        kept
    }

    /// The options that require reading the account again when they change.
    #[must_use]
    pub fn names_to_query(&self) -> Self {
        self.only(|id| id.spec().names.is_some())
    }

    /// Every option that AWS would reject, with what is wrong.
    #[must_use]
    pub fn invalid_settings(&self) -> Vec<InvalidSetting> {
        SettingId::ALL.into_iter().flat_map(|id| self.problems(id)).collect()
    }

    fn problems(&self, id: SettingId) -> Vec<InvalidSetting> {
        let kind = id.spec().kind;
        let check = || self.text(id).and_then(|text| kind.check(&text).err()).into_iter().collect();
        let problems: Vec<String> = match kind {
            // Given an empty value, it has one.
            SettingKind::OptionalName(rule) => self.text(id).and_then(|text| rule(&text).err()).into_iter().collect(),
            SettingKind::Addresses => {
                let problem = |email: &Email| email.check().err().map(|why| format!("`{email}`: {why}"));
                self.emails.iter().filter_map(problem).collect()
            }
            SettingKind::Name(_)
            | SettingKind::Retention
            | SettingKind::YesOrNo
            | SettingKind::Choice(_)
            | SettingKind::OptionalUrl
            | SettingKind::FilterPattern
            | SettingKind::Arns => check(),
        };
        problems.into_iter().map(|said| InvalidSetting { id, said }).collect()
    }
}

/// An option that AWS would reject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    pub id: SettingId,
    /// What is wrong with it.
    pub said: String,
}

impl Settings {
    /// A setting as text, as in the form, and where it came from.
    #[must_use]
    pub fn text(&self, id: SettingId) -> (String, Origin) {
        (id.spec().resolved)(self)
    }

    /// The names of resources that rootbell creates, without the default ones.
    #[must_use]
    pub fn custom_names(&self) -> Vec<(SettingId, String)> {
        let is_custom = |id: &SettingId| id.created_resource().is_some_and(|kind| !self.has_default_name(kind));
        SettingId::ALL.into_iter().filter(is_custom).map(|id| (id, self.text(id).0)).collect()
    }
}

/// How the form shows a choice.
#[must_use]
pub fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The addresses in a text, separated by commas, semicolons, or spaces.
#[must_use]
pub fn addresses(text: &str) -> Vec<Email> {
    split_list(text).map(Email::from).collect()
}

fn split_list(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ']).map(str::trim).filter(|item| !item.is_empty())
}

fn join_arns(arns: &[Arn]) -> String {
    arns.iter().map(Arn::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
