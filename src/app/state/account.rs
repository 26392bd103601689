//! Everything that belongs to one account: its session, what was read, what is planned, and what is running.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::alarm_test::{TestScreen, TestUnderWay};
use super::dashboard::Dashboard;
use super::form::Form;
use super::polled::Polled;
use super::progress::StepRun;
use super::screen::Screen;
use super::session::{Caller, Connection, SessionId, Ticket};
use super::teardown::{Teardown, TeardownPhase};
use crate::cloud::{CloudError, Target};
use crate::domain::interruption::RunCount;
use crate::domain::observed::{Confirmation, Elsewhere, SessionTimes};
use crate::domain::problem::Problem;
use crate::domain::settings::{Candidate, trail_candidates};
use crate::domain::{
    AccountNames, ByStep, Change, Email, Health, Observed, Plan, Region, Settings, SetupOptions, Step, Verdict, health,
    pattern, plan,
};

/// Computed from the form and the account, and recomputed whenever either changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    pub settings: Settings,
    pub plan: Plan,
    pub health: Health,
}

/// Whether the pattern matches the sample events.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    NotTested,
    Testing(Ticket),
    /// For each sample, whether the pattern matches it.
    Tested(Vec<bool>),
    /// AWS rejects the pattern, or the endpoint doesn't support the call.
    TestFailed(CloudError),
}

/// One account. Signing in again replaces it by a new one.
#[derive(Debug)]
pub struct AccountState {
    pub session: SessionId,
    pub target: Target,
    pub connection: Connection,
    pub form: Form,
    pub observed: Option<Observed>,
    /// What was done in this session and when, for judging what AWS says about the trail.
    pub(in crate::app) times: SessionTimes,
    /// The names of the organization's accounts by their IDs; empty until they are read; `None`: not requested.
    pub(in crate::app) organization: Option<BTreeMap<String, String>>,
    /// The names that `observed` was read for.
    pub(in crate::app) observed_for: SetupOptions,
    pub derived: Option<Derived>,
    pub(in crate::app) observing: Option<Ticket>,
    pub(in crate::app) observe_due: Option<Timestamp>,
    /// The account was read once in this session; only then may the dashboard open by itself.
    pub(in crate::app) was_read: bool,
    /// The run of each step, shown on its screen until the form changes.
    pub runs: ByStep<Option<StepRun>>,
    pub(in crate::app) running: Option<(Ticket, Step)>,
    /// The last run, as long as the account has not been read since.
    pub(in crate::app) unobserved_run: Option<RunCount>,
    pub samples: Samples,
    pub(in crate::app) tested_pattern: String,
    pub(in crate::app) pattern_test_due: Option<Timestamp>,
    /// Checks for confirmed subscriptions.
    pub(in crate::app) confirmation: Polled<()>,
    /// When each confirmation email was sent in this session.
    pub sent: Vec<(Email, Timestamp)>,
    /// The single calls outside of a plan that are running.
    pub(in crate::app) single_changes: Vec<(Ticket, Change)>,
    pub dashboard: Dashboard,
    /// The window of the test alarm or the drill, while it is open.
    pub test: Option<TestScreen>,
    /// The test or drill that is running.
    pub(in crate::app) test_running: Option<TestUnderWay>,
    /// The window of the teardown, while it is open.
    pub teardown: Option<Teardown>,
    /// The names that the next teardown must look for because the last one did not finish.
    pub(in crate::app) unfinished_teardown: Vec<SetupOptions>,
    last_ticket: u64,
}

/// Time between the last key and reading the account for the names just typed.
const DEBOUNCE: SignedDuration = SignedDuration::from_millis(350);
/// Time between two checks for confirmed subscriptions.
const CONFIRMATION_INTERVAL: SignedDuration = SignedDuration::from_secs(3);

impl AccountState {
    /// An account about which nothing is known yet; the form contains what the user asked for.
    #[must_use]
    pub fn new(session: SessionId, target: Target, setup: &SetupOptions) -> Self {
        Self {
            session,
            target,
            connection: Connection::Connecting,
            form: Form::new(setup),
            observed: None,
            times: SessionTimes::default(),
            organization: None,
            observed_for: SetupOptions::default(),
            derived: None,
            observing: None,
            observe_due: None,
            was_read: false,
            runs: ByStep::default(),
            running: None,
            unobserved_run: None,
            samples: Samples::NotTested,
            tested_pattern: String::new(),
            pattern_test_due: None,
            confirmation: Polled::new(CONFIRMATION_INTERVAL),
            sent: Vec::new(),
            single_changes: Vec::new(),
            dashboard: Dashboard::default(),
            test: None,
            test_running: None,
            teardown: None,
            unfinished_teardown: Vec::new(),
            last_ticket: 0,
        }
    }

    pub(in crate::app) fn ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }

    /// The caller, once signed in.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match &self.connection {
            Connection::Ready(caller) => Some(caller),
            _ => None,
        }
    }

    /// The profile in use: the one that is signed in, or else the one that was asked for.
    #[must_use]
    pub fn profile(&self) -> &str {
        let signed_in = match &self.connection {
            Connection::Ready(caller) => caller.profile.as_deref(),
            Connection::Failed(error) => error.sign_in.as_ref().and_then(|sign_in| sign_in.profile.as_deref()),
            Connection::Connecting => None,
        };
        signed_in.or(self.target.profile.as_deref()).unwrap_or("default")
    }

    /// The Region in use or, without a sign-in, the one that was tried, as far as it is known.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        match &self.connection {
            Connection::Ready(caller) => Some(&caller.region),
            Connection::Failed(error) => error.sign_in.as_ref().and_then(|sign_in| sign_in.region.as_ref()),
            Connection::Connecting => self.target.region.as_ref(),
        }
    }

    /// The verdict on the chain, once the account has been read.
    #[must_use]
    pub fn health(&self) -> Option<&Health> {
        self.derived.as_ref().map(|derived| &derived.health)
    }

    /// Whether a plan or a teardown is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some() || self.teardown_phase_is(|phase| matches!(phase, TeardownPhase::Running(_)))
    }

    pub(in crate::app) fn teardown_phase_is(&self, is_phase: impl Fn(TeardownPhase) -> bool) -> bool {
        self.teardown.as_ref().is_some_and(|teardown| is_phase(teardown.phase))
    }

    /// Whether the account is being read, or is about to be.
    #[must_use]
    pub fn is_observing(&self) -> bool {
        self.observing.is_some() || self.observe_due.is_some()
    }

    /// Whether something about the account is animated.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_running()
            || self.observing.is_some()
            || self.teardown_phase_is(|phase| matches!(phase, TeardownPhase::Finding(_)))
            || !self.single_changes.is_empty()
            || self.test_running.is_some()
            || matches!(self.connection, Connection::Connecting)
            || matches!(self.samples, Samples::Testing(_))
    }

    /// When something about the account is due next, apart from the spinner. `shown` is the screen on which the user sees
    /// the account; none if it is not the selected account.
    pub(in crate::app) fn deadline(&self, now: Timestamp, shown: Option<Screen>) -> Option<Timestamp> {
        let countdown = (!self.waiting().is_empty() && !self.sent.is_empty())
            .then(|| now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now));
        let confirmation = self.polls_confirmation().then(|| self.confirmation.deadline(now)).flatten();
        let dashboard =
            self.shows_dashboard(shown).then(|| self.dashboard.deadline(now, self.is_observing())).flatten();
        let in_alarm = self.is_in_alarm();
        let alarm = self.polls_alarm_only(shown).then(|| self.dashboard.alarm_deadline(now, in_alarm)).flatten();
        [countdown, self.observe_due, self.pattern_test_due, confirmation, dashboard, alarm].into_iter().flatten().min()
    }

    /// Whether the test with this ticket is running.
    pub(in crate::app) fn awaits_test(&self, ticket: Ticket) -> bool {
        self.test_running.as_ref().is_some_and(|test| test.ticket == ticket)
    }

    /// The unconfirmed addresses, each with the time its confirmation email was sent, if known.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&str, Option<Timestamp>)> {
        let Some(Ok(all)) = self.observed.as_ref().map(|o| &o.subscriptions) else { return Vec::new() };
        all.iter()
            .filter(|s| s.state == Confirmation::Pending)
            .map(|s| {
                (s.endpoint.as_str(), self.sent.iter().find(|(email, _)| *email == *s.endpoint).map(|(_, at)| *at))
            })
            .collect()
    }

    /// Records when the confirmation email to this address was sent.
    pub(in crate::app) fn record_sent(&mut self, email: Email, now: Timestamp) {
        self.sent.retain(|(other, _)| *other != email);
        self.sent.push((email, now));
    }

    /// Whether the topic has unconfirmed subscriptions, so that they are checked regularly.
    pub(in crate::app) fn polls_confirmation(&self) -> bool {
        self.observed.as_ref().is_some_and(|o| matches!(o.topic, Ok(Some(_)))) && !self.waiting().is_empty()
    }

    /// The pattern that finds root activity in the log group.
    pub(in crate::app) fn search_pattern(&self) -> Option<Cow<'_, str>> {
        let settings = &self.derived.as_ref()?.settings;
        let filter = self.observed.as_ref().and_then(|o| settings.root_use().existing_filter(o));
        Some(pattern::search_pattern(filter.map(|f| f.pattern.as_str())))
    }

    /// Whether the events can be of several accounts, so that each event's account is shown.
    #[must_use]
    pub fn has_events_of_several_accounts(&self) -> bool {
        let Some(caller) = self.caller() else { return false };
        let mut events = self.dashboard.events.value.iter().flatten();
        self.observed.as_ref().is_some_and(Observed::has_organization_trail)
            || events.any(|event| event.is_of_other_account(&caller.identity.account))
    }

    /// What the accounts are called, as far as that is known.
    #[must_use]
    pub fn account_names(&self) -> AccountNames {
        let organization = self.organization.as_ref();
        let nothing = BTreeMap::new();
        let names = |caller: &Caller| AccountNames::new(organization.unwrap_or(&nothing), &caller.identity);
        self.caller().map(names).unwrap_or_default()
    }

    pub(in crate::app) fn shows_dashboard(&self, shown: Option<Screen>) -> bool {
        // While resources are being deleted, they are not polled.
        shown == Some(Screen::Dashboard) && self.derived.is_some() && !self.is_running()
    }

    /// Whether the alarm was in ALARM when last read.
    #[must_use]
    pub fn is_in_alarm(&self) -> bool {
        self.health().is_some_and(|health| health.in_alarm().is_some())
    }

    /// Whether the alarm is polled while the account's dashboard is not shown: once everything is set up.
    pub(in crate::app) fn polls_alarm_only(&self, shown: Option<Screen>) -> bool {
        self.health().is_some_and(Health::healthy) && shown != Some(Screen::Dashboard) && !self.is_running()
    }

    /// Why a step can't be applied: its own reasons or, if nothing could be planned, those of every step.
    #[must_use]
    pub fn blocked(&self, step: Step) -> Vec<&Problem> {
        let Some(Derived { plan, .. }) = &self.derived else { return Vec::new() };
        let nothing_planned = plan.rows.is_empty();
        plan.blocked.iter().filter(|(s, _)| *s == step || nothing_planned).map(|(_, why)| why).collect()
    }

    /// Whether the only thing a step needs is an email address.
    #[must_use]
    pub fn needs_email(&self, step: Step) -> bool {
        let no_emails = self.derived.as_ref().is_some_and(|d| d.settings.emails.value.is_empty());
        step == Step::Topic && no_emails && self.derived.as_ref().is_some_and(|d| !d.plan.rows.is_empty())
    }

    /// Whether a field of the step is invalid.
    #[must_use]
    pub fn has_invalid_field(&self, step: Step) -> bool {
        self.form.shown(step).any(|field| field.error.is_some())
    }

    /// The setup in another Region, if there is none that works in this one.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&Elsewhere> {
        self.observed.as_ref()?.elsewhere.as_ref()
    }

    /// The same, if a setup in this Region would take a second trail, for which the user has not asked.
    pub(in crate::app) fn instead_of_second_trail(&self) -> Option<&Elsewhere> {
        plan::instead_of_second_trail(&self.derived.as_ref()?.settings, self.observed.as_ref()?)
    }

    /// The trails of the account as last read, both those that can be used and those that can't.
    #[must_use]
    pub fn trails(&self) -> Vec<Candidate> {
        match (&self.observed, &self.derived) {
            (Some(observed), Some(derived)) => trail_candidates(observed, &derived.settings.account_region),
            _ => Vec::new(),
        }
    }

    /// Whether something that the wizard sets up exists.
    #[must_use]
    pub fn has_something(&self) -> bool {
        self.health().is_some_and(|health| Step::ALL.into_iter().any(|step| health.step(step) != Verdict::Missing))
    }

    /// The first unfinished step, or the dashboard.
    pub(in crate::app) fn first_unfinished(&self) -> Screen {
        let Some(derived) = &self.derived else { return Screen::Account };
        let is_unfinished =
            |step: &Step| !derived.health.done(*step) || derived.plan.step(*step).any(|r| r.change.is_some());
        Step::ALL.into_iter().find(is_unfinished).map_or(Screen::Dashboard, Screen::Step)
    }

    /// Recomputes settings, plan, and health from the form and the account, and schedules another read if the names in the
    /// form have changed.
    pub(in crate::app) fn derive(&mut self, now: Timestamp) {
        let Some(caller) = self.caller().cloned() else { return };
        let Some(observed) = &self.observed else { return };
        let setup = self.form.setup_options();
        let settings = Settings::resolve(&caller.identity, &caller.region, &setup, observed);
        let plan = plan::plan(&settings, observed);
        let health = health::health(&settings, observed, now);
        self.form.follow(&settings);
        self.derived = Some(Derived { settings, plan, health });
        if setup.names_to_query() != self.observed_for {
            self.observe_due = Some(now.saturating_add(DEBOUNCE).unwrap_or(now));
        }
    }

    /// Schedules a test of the pattern on the sample events if the pattern has changed.
    pub(in crate::app) fn schedule_pattern_test(&mut self, now: Timestamp) {
        let Some(derived) = &self.derived else { return };
        if derived.settings.root_use().pattern.value != self.tested_pattern && self.pattern_test_due.is_none() {
            let wait = if self.tested_pattern.is_empty() { SignedDuration::ZERO } else { DEBOUNCE };
            self.pattern_test_due = now.saturating_add(wait).ok();
            // The earlier result was for another pattern.
            self.samples = Samples::NotTested;
        }
    }
}
