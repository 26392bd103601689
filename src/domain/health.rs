//! The health checks: would a root sign-in be reported? The dashboard, `status`, the exit statuses, and the wizard's
//! marks for finished steps all use this one list.

use jiff::{SignedDuration, Timestamp};

use super::alarm::{Alarm, AlarmState};
use super::arn::Arn;
use super::change::Step;
use super::observed::{Elsewhere, Observed, Subscription, Trail};
use super::problem::{Fix, Goal, Problem};
use super::settings::{SettingId, Settings};
use super::three_valued::{self, Holds};

mod action;
mod audit;
mod chain;
mod events;
mod evidence;
mod existing;
mod filter;
mod log_group_key;
mod outcome;
mod recipients;
mod registry;
mod root_user;
mod topic;
mod trail;
mod trust;

pub use action::action_fault;
use evidence::Evidence;
use existing::existing_path;
pub use existing::use_other_region;
pub use filter::{FilterFaults, filter_faults};
pub use outcome::Verdict;
pub use registry::{AlertPath, CheckId, Counts, Part};
pub use topic::is_aws_sns_key;

/// The verdict on the whole setup in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headline {
    /// All root use is reported.
    Monitored,
    /// Sign-ins are reported, but not all API use.
    SignInsReported,
    Pending,
    NotWorking,
    Unknown,
    NotSetUp,
}

impl Headline {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Monitored | Self::SignInsReported => "OK",
            Self::Pending => "PENDING",
            Self::NotWorking => "NOT WORKING",
            Self::Unknown => "UNKNOWN",
            Self::NotSetUp => "NOT SET UP",
        }
    }

    /// What it means, as a sentence without its full stop.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Monitored => "root use is monitored",
            Self::SignInsReported => "root sign-ins are reported",
            Self::Pending => "waiting for confirmation or the first delivery",
            Self::NotWorking | Self::NotSetUp => "root use would go unreported",
            Self::Unknown => "some resources could not be read",
        }
    }
}

/// One check: its verdict, the reason, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub id: CheckId,
    pub verdict: Verdict,
    pub detail: String,
    pub fix: Fix,
    /// If it is ok only because the user vouches for a destination: that destination.
    pub trusted: Option<Arn>,
}

/// A destination that the user vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    pub arn: Arn,
    /// Whether the alarm or the topic notifies it.
    pub notified: bool,
}

/// Which root use is reported to someone; `None` if that isn't known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Sign-ins to the console, successful and failed.
    pub sign_in: Holds,
    /// Calls of APIs, with access keys or from the console.
    pub api: Holds,
}

/// Which of the two paths carries a sign-in to someone; `None` if that isn't known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paths {
    pub alarm: Holds,
    pub events: Holds,
}

/// The verdict on the whole chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// Each check of the registry, in its order.
    pub checks: Vec<Check>,
    pub reports: Reports,
    pub paths: Paths,
    pub alarm: Option<Alarm>,
    pub subscriptions: Vec<Subscription>,
    /// What the user vouches for, in the order in which it was given.
    pub trusted: Vec<Trusted>,
    /// The age of the trail's last delivery to the log group when the checks were made; `None`: none is known.
    pub last_delivery: Option<SignedDuration>,
    /// An event rule may report sign-ins, although it can't be checked whom: then it isn't proven that nobody is alerted.
    rule_may_report: bool,
}

impl Health {
    /// The result of one check.
    #[must_use]
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// Would a root sign-in reach someone, over either path? *Missing* only if nothing would count root use.
    #[must_use]
    pub fn alerting(&self) -> Verdict {
        if self.paths.events == Some(true) {
            return Verdict::Ok;
        }
        let is_missing = |id| self.check(id).is_some_and(|check| check.verdict == Verdict::Missing);
        match self.weakest_of_alarm_path().map_or(Verdict::Ok, |check| check.verdict) {
            Verdict::Missing | Verdict::Wrong if self.rule_may_report => Verdict::Unknown,
            Verdict::Missing if !(is_missing(CheckId::FilterPattern) && is_missing(CheckId::AlarmExists)) => {
                Verdict::Wrong
            }
            verdict => verdict,
        }
    }

    #[must_use]
    pub fn headline(&self) -> Headline {
        match self.alerting() {
            Verdict::Ok if self.reports.api == Some(true) => Headline::Monitored,
            Verdict::Ok => Headline::SignInsReported,
            Verdict::Pending => Headline::Pending,
            Verdict::Wrong => Headline::NotWorking,
            Verdict::Unknown => Headline::Unknown,
            Verdict::Missing => Headline::NotSetUp,
        }
    }

    /// Whether it is proven that a root sign-in would reach someone.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.alerting() == Verdict::Ok
    }

    /// What auditors would object to.
    pub fn audit_findings(&self) -> impl Iterator<Item = &Check> {
        let is_finding = |c: &&Check| matches!(c.verdict, Verdict::Missing | Verdict::Wrong);
        self.checks.iter().filter(|c| c.id.counts() == Counts::Audit).filter(is_finding)
    }

    /// How many audit findings there are, as in "2 audit findings"; `None` if there are none.
    #[must_use]
    pub fn audit_summary(&self) -> Option<String> {
        match self.audit_findings().count() {
            0 => None,
            1 => Some("1 audit finding".to_owned()),
            several => Some(format!("{several} audit findings")),
        }
    }

    /// Whether auditors would accept the setup; `None` if that isn't known. They don't if its alarm alerts nobody: event rules
    /// don't count for them.
    ///
    /// Source: Security Hub User Guide, CloudWatch.1.
    #[must_use]
    pub fn audit_ok(&self) -> Option<bool> {
        if self.audit_findings().next().is_some() {
            return Some(false);
        }
        three_valued::all([self.paths.alarm, self.worst(|id| id.counts() == Counts::Audit).holds()])
    }

    /// The checks to list in this section: of the recommendations, only those that the account doesn't follow.
    #[must_use]
    pub fn section(&self, counts: Counts) -> Vec<&Check> {
        let is_listed = |c: &&Check| c.id.counts() == counts && (counts != Counts::Advice || c.verdict != Verdict::Ok);
        // Of a path that breaks off, the rest says nothing more.
        let mut breaks_off = false;
        let goes_on = |c: &&Check| c.id.part() != Part::Events || !std::mem::replace(&mut breaks_off, true);
        self.checks.iter().filter(is_listed).filter(goes_on).collect()
    }

    /// The alarm, if it is in ALARM.
    #[must_use]
    pub fn in_alarm(&self) -> Option<&Alarm> {
        self.alarm.as_ref().filter(|alarm| alarm.state == AlarmState::Alarm)
    }

    /// The checks that keep a root sign-in from reaching someone, or may do so.
    pub fn alerting_problems(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|c| c.id.counts() == Counts::Alerting && c.verdict != Verdict::Ok)
    }

    /// The check that most needs attention for the sake of alerting; `None` if all on the alarm's path are ok. If an event rule
    /// may report what the alarm doesn't, it is the reason why that can't be told.
    #[must_use]
    pub fn weakest(&self) -> Option<&Check> {
        let is_unknown = |c: &&Check| c.id.part() == Part::Events && c.verdict == Verdict::Unknown;
        let of_rule = self.checks.iter().find(is_unknown).filter(|_| self.rule_may_report && !self.healthy());
        let of_alarm = self.weakest_of_alarm_path()?;
        Some(of_rule.filter(|_| self.alerting() == Verdict::Unknown).unwrap_or(of_alarm))
    }

    fn weakest_of_alarm_path(&self) -> Option<&Check> {
        self.checks.get(weakest(&self.checks)?)
    }

    /// The worst verdict of some of the checks.
    #[must_use]
    pub fn worst(&self, is_included: impl Fn(CheckId) -> bool) -> Verdict {
        let order = [Verdict::Missing, Verdict::Wrong, Verdict::Unknown, Verdict::Pending];
        let occurs = |v: &Verdict| self.checks.iter().any(|c| is_included(c.id) && c.verdict == *v);
        order.into_iter().find(occurs).unwrap_or(Verdict::Ok)
    }

    /// The worst verdict on alerting of a step's checks.
    #[must_use]
    pub fn step(&self, step: Step) -> Verdict {
        self.worst(|id| id.step() == Some(step) && id.counts() == Counts::Alerting)
    }

    /// Whether a step needs nothing more from the wizard. A pending step counts as done.
    #[must_use]
    pub fn done(&self, step: Step) -> bool {
        matches!(self.step(step), Verdict::Ok | Verdict::Pending)
    }
}

/// Names the other Region first: in what is said about the check `weakest`, and wherever a setup in this Region is advised.
fn point_elsewhere(checks: &mut [Check], weakest: usize, elsewhere: &Elsewhere, needs_trail: bool) {
    let fix = use_other_region(elsewhere, needs_trail);
    for (index, check) in checks.iter_mut().enumerate().filter(|(_, check)| check.verdict != Verdict::Ok) {
        let advises_setup = needs_trail && check.fix == Fix::Apply(Goal::SetUp);
        if index == weakest {
            check.detail = format!("{} Here: {}", elsewhere.describe(), check.detail);
            let here = if advises_setup { Fix::Nothing } else { check.fix.clone() };
            check.fix = if here.is_nothing() { fix.clone() } else { Fix::Each(vec![fix.clone(), here]) };
        } else if advises_setup {
            check.fix = fix.clone();
        }
    }
}

/// The index of the check on alerting that most needs attention; `None` if all are ok.
fn weakest(checks: &[Check]) -> Option<usize> {
    let rank = |check: &Check| match check.verdict {
        Verdict::Missing | Verdict::Wrong => 0,
        // The user has to confirm; a first delivery happens by itself.
        Verdict::Pending if check.id == CheckId::SubscriptionConfirmed => 1,
        Verdict::Pending => 2,
        Verdict::Unknown => 3,
        Verdict::Ok => 4,
    };
    let is_problem = |check: &Check| check.id.counts() == Counts::Alerting && check.verdict != Verdict::Ok;
    let problems = checks.iter().enumerate().filter(|(_, check)| is_problem(check));
    problems.min_by_key(|(_, check)| rank(check)).map(|(index, _)| index)
}

/// Checks `observed` as of `now` (a last delivery that is too old is a fault).
///
/// Source: CIS AWS Foundations Benchmark 4.3, audit procedure; Security Hub CloudWatch.1.
#[must_use]
pub fn health(settings: &Settings, observed: &Observed, now: Timestamp) -> Health {
    with_evidence(settings, observed, now, |evidence| {
        let judge = |&id: &CheckId| {
            let check = evidence.judge(id);
            if check.verdict != Verdict::Missing {
                return check;
            }
            match (unread_before(evidence, id), recorded_by_organization(evidence)) {
                (Some(unread), _) => {
                    let (detail, fix) = (unread.why.clone(), unread.fix.clone());
                    Check { verdict: Verdict::Unknown, detail, fix, ..check }
                }
                (None, Some(detail)) if id.counts() == Counts::Alerting => {
                    Check { verdict: Verdict::Unknown, detail, ..check }
                }
                (None, _) => check,
            }
        };
        let observed = evidence.observed;
        let status = observed.trail.as_ref().and_then(|watched| watched.status.as_ref().ok());
        let mut checks: Vec<Check> = CheckId::ALL.iter().map(judge).collect();
        if let (Some(elsewhere), Some(weakest)) = (&observed.elsewhere, weakest(&checks)) {
            point_elsewhere(&mut checks, weakest, elsewhere, observed.trail.is_none());
        }
        let by_alarm = reports(evidence, &checks);
        let paths = Paths { alarm: by_alarm.sign_in, events: events_reach_somebody(evidence, &checks) };
        Health {
            reports: either(by_alarm, paths),
            paths,
            checks,
            alarm: evidence.settings.root_use().existing_alarm(observed).cloned(),
            subscriptions: observed.subscriptions.as_deref().unwrap_or_default().to_vec(),
            trusted: evidence.trusted(),
            last_delivery: status.and_then(|status| status.logs_delivery).map(|at| now.duration_since(at)),
            rule_may_report: paths.events.is_none() && evidence.event_path().is_some(),
        }
    })
}

/// Who may alert somebody about this account, if it has no chain of its own: the account whose log group the trail of its
/// organization delivers to.
///
/// Source: CloudTrail User Guide, "Creating a trail for an organization": members see the trail, but not its log group.
fn recorded_by_organization(evidence: &Evidence<'_>) -> Option<String> {
    let (here, observed) = (&evidence.settings.account_region, evidence.observed);
    if observed.trail.is_some() || evidence.is_named(SettingId::Trail) {
        return None;
    }
    let is_of_organization = |trail: &&Trail| {
        let is_elsewhere = trail.log_group_arn.as_ref().is_some_and(|group| !group.belongs_to(&here.account));
        trail.organization && trail.multi_region && is_elsewhere
    };
    let trail = observed.trails.as_ref().ok()?.iter().find(is_of_organization)?;
    let account = trail.log_group_arn.as_ref()?.account()?;
    Some(format!(
        "Recorded by the organization's trail `{}`; whether account {account} alerts anyone can't be seen from here.",
        trail.name
    ))
}

/// Why it isn't known that the resource of a check is missing: a part of the chain that may lead to another one could not be
/// read.
fn unread_before<'a>(evidence: &Evidence<'a>, check: CheckId) -> Option<&'a Problem> {
    match check.part() {
        Part::Trail | Part::RootUser | Part::Events => None,
        Part::LogGroup => evidence.unread_before_log_group(),
        Part::Filter => evidence.unread_before_filter(),
        Part::Alarm => evidence.unread_before_alarm(),
        Part::Topic | Part::Inbox => evidence.unread_before_topic(),
    }
}

/// The verdicts of the checks on alerting in one step, over the path that exists. They decide which path is used.
#[must_use]
pub fn alerting_verdicts(
    step: Step,
    settings: &Settings,
    observed: &Observed,
    now: Timestamp,
) -> Vec<(CheckId, Verdict)> {
    let is_included =
        |id: &&CheckId| id.step() == Some(step) && id.counts() == Counts::Alerting && id.path() != AlertPath::Events;
    with_evidence(settings, observed, now, |evidence| {
        CheckId::ALL.iter().filter(is_included).map(|id| (*id, evidence.judge(*id).verdict)).collect()
    })
}

/// Whether a check that doesn't depend on the time fails, so that something has to be changed for the sake of alerting.
#[must_use]
pub fn is_broken(id: CheckId, settings: &Settings, observed: &Observed) -> bool {
    let judge = |evidence: &Evidence<'_>| evidence.judge(id).verdict;
    matches!(with_evidence(settings, observed, Timestamp::UNIX_EPOCH, judge), Verdict::Missing | Verdict::Wrong)
}

/// The detail of the check on alerting that most needs attention, apart from those that depend on the time; `None` if all
/// are ok.
#[must_use]
pub fn what_fails(settings: &Settings, observed: &Observed) -> Option<String> {
    Some(health(settings, observed, Timestamp::UNIX_EPOCH).weakest()?.detail.clone())
}

/// The destinations that the user vouches for although nothing notifies them, a sentence each.
#[must_use]
pub fn trusted_in_vain(settings: &Settings, observed: &Observed) -> Vec<String> {
    with_evidence(settings, observed, Timestamp::UNIX_EPOCH, |evidence| {
        let all = evidence.trusted();
        all.iter().filter(|trusted| !trusted.notified).map(Trusted::remark).collect()
    })
}

fn with_evidence<T>(
    settings: &Settings,
    observed: &Observed,
    now: Timestamp,
    judge: impl FnOnce(&Evidence<'_>) -> T,
) -> T {
    let (settings, observed) = existing_path(settings, observed);
    judge(&Evidence { settings: settings.as_ref(), observed: observed.as_ref(), now })
}

/// Which root use is reported, according to the checks and, for API use, to what the filter's pattern counts.
fn reports(evidence: &Evidence<'_>, checks: &[Check]) -> Reports {
    let checked = |is_part: fn(CheckId) -> bool| {
        checks.iter().filter(move |check| is_part(check.id)).map(|check| check.verdict.holds())
    };
    let sign_in = checked(|id| id.counts() == Counts::Alerting);
    let api = checked(|id| match id {
        CheckId::FilterPattern => false,
        CheckId::TrailAllRegions => true,
        other => other.counts() == Counts::Alerting,
    });
    // What a filter in another account counts can't be seen.
    let counts_api_use = evidence.counts_api_use().filter(|_| recorded_by_organization(evidence).is_none());
    Reports { sign_in: three_valued::all(sign_in), api: three_valued::all(api.chain([counts_api_use])) }
}

/// What both paths report together. Over the second one, API use in most Regions isn't reported.
fn either(by_alarm: Reports, paths: Paths) -> Reports {
    Reports { sign_in: three_valued::any([paths.alarm, paths.events]), ..by_alarm }
}

/// Whether a sign-in reaches somebody over event rules. Besides the rules, that takes a trail that is logging, covers sign-ins,
/// and records calls that write: any one, also without a log group. GuardDuty needs none.
fn events_reach_somebody(evidence: &Evidence<'_>, checks: &[Check]) -> Holds {
    let path = evidence.event_path();
    let Some(path) = path else {
        let observed = &evidence.observed.events;
        return observed.unreadable().next().is_none().then_some(false);
    };
    let checked = checks.iter().filter(|check| check.id.part() == Part::Events).map(|check| check.verdict.holds());
    let recorded = if path.waits_for_finding() { None } else { events::recorded(evidence) };
    three_valued::all(checked.chain([recorded]))
}

#[cfg(test)]
mod tests;
