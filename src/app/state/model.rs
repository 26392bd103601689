//! Everything the screens show, and the state derived from it.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::app::alarm_test::TestUnderWay;
use crate::app::notice::{EarlyKey, Notice};
use crate::app::polled::Polled;
use crate::app::teardown::TeardownPhase;
use crate::app::{Caller, Connection, Dashboard, Derived, Effect, Form, Overlay, Samples, Screen, StepRun, Ticket};
use crate::cloud::Target;
use crate::domain::interruption::RunCount;
use crate::domain::observed::{AlarmState, Confirmation};
use crate::domain::settings::{Candidate, trail_candidates};
use crate::domain::{ByStep, Change, Observed, Settings, SetupOptions, Step, Verdict, health, pattern, plan};

/// Everything the screens show.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not the states of one machine")]
pub struct Model {
    pub now: Timestamp,
    pub demo: Option<String>,
    pub target: Target,
    pub connection: Connection,
    pub screen: Screen,
    pub overlay: Option<Overlay>,
    pub form: Form,
    pub observed: Option<Observed>,
    /// The names that `observed` was read for.
    pub(in crate::app) observed_for: SetupOptions,
    pub derived: Option<Derived>,
    pub(in crate::app) observing: Option<Ticket>,
    pub(in crate::app) observe_due: Option<Timestamp>,
    /// The run of each step, shown on its screen until the form changes.
    pub runs: ByStep<Option<StepRun>>,
    pub(in crate::app) running: Option<(Ticket, Step)>,
    pub samples: Samples,
    pub(in crate::app) tested_pattern: String,
    pub(in crate::app) pattern_test_due: Option<Timestamp>,
    /// Checks for confirmed subscriptions.
    pub(in crate::app) confirmation: Polled<()>,
    /// When each confirmation email was sent in this session.
    pub sent: Vec<(String, Timestamp)>,
    /// The single calls outside of a plan that are running.
    pub(in crate::app) single_changes: Vec<(Ticket, Change)>,
    pub dashboard: Dashboard,
    /// The test or drill that is running.
    pub(in crate::app) test_running: Option<TestUnderWay>,
    /// The names that the next teardown must look for because the last one did not finish.
    pub(in crate::app) unfinished_teardown: Vec<SetupOptions>,
    /// The time zone of the times on the screen.
    pub zone: TimeZone,
    /// Don't ring the terminal bell.
    pub quiet: bool,
    /// The line above the footer.
    pub notice: Option<Notice>,
    pub(in crate::app) early_key: Option<EarlyKey>,
    /// The last run, as long as the account has not been read since.
    pub(in crate::app) unobserved_run: Option<RunCount>,
    /// The scroll position of the plan, list, or text.
    pub scroll: u16,
    pub(in crate::app) profiles: Vec<String>,
    pub(in crate::app) next_ticket: u64,
    /// The account was read once in this session; only then may the dashboard open by itself.
    pub(in crate::app) account_was_read: bool,
    pub quit: bool,
    /// The program quits because of Ctrl+C or a signal.
    pub interrupted: bool,
}

/// Time between the last key and reading the account for the names just typed.
const DEBOUNCE: SignedDuration = SignedDuration::from_millis(350);
/// Time between two checks for confirmed subscriptions.
const CONFIRMATION_INTERVAL: SignedDuration = SignedDuration::from_secs(3);
/// Time between two frames of the spinner.
const FRAME: SignedDuration = SignedDuration::from_millis(120);

impl Model {
    /// The initial model and the first effects.
    #[must_use]
    pub fn start(target: Target, demo: Option<String>, now: Timestamp) -> (Self, Vec<Effect>) {
        let mut model = Self {
            now,
            demo,
            target,
            connection: Connection::Connecting(Ticket(0)),
            screen: Screen::Account,
            overlay: None,
            form: Form::new(),
            observed: None,
            observed_for: SetupOptions::default(),
            derived: None,
            observing: None,
            observe_due: None,
            runs: ByStep::default(),
            running: None,
            samples: Samples::NotTested,
            tested_pattern: String::new(),
            pattern_test_due: None,
            confirmation: Polled::new(CONFIRMATION_INTERVAL),
            sent: Vec::new(),
            single_changes: Vec::new(),
            dashboard: Dashboard::default(),
            test_running: None,
            unfinished_teardown: Vec::new(),
            zone: TimeZone::UTC,
            quiet: false,
            notice: None,
            early_key: None,
            unobserved_run: None,
            scroll: 0,
            profiles: Vec::new(),
            next_ticket: 0,
            account_was_read: false,
            quit: false,
            interrupted: false,
        };
        let effects = model.connect();
        (model, effects)
    }

    pub(in crate::app) fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    /// The caller, once signed in.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match &self.connection {
            Connection::Ready(caller) => Some(caller),
            _ => None,
        }
    }

    /// Whether a plan or a teardown is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some() || self.teardown_phase_is(|phase| matches!(phase, TeardownPhase::Running(_)))
    }

    pub(in crate::app) fn teardown_phase_is(&self, is_phase: impl Fn(TeardownPhase) -> bool) -> bool {
        matches!(&self.overlay, Some(Overlay::Teardown(screen)) if is_phase(screen.phase))
    }

    /// Whether the account is being read, or is about to be.
    #[must_use]
    pub fn is_observing(&self) -> bool {
        self.observing.is_some() || self.observe_due.is_some()
    }

    /// Whether something on the screen is animated.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_running()
            || self.observing.is_some()
            || self.teardown_phase_is(|phase| matches!(phase, TeardownPhase::Finding(_)))
            || !self.single_changes.is_empty()
            || self.test_running.is_some()
            || matches!(&self.overlay, Some(Overlay::Picker(picker)) if !picker.ready)
            || matches!(self.connection, Connection::Connecting(_))
            || matches!(self.samples, Samples::Testing(_))
    }

    /// When the next [`Msg::Tick`] is due; none if nothing is scheduled.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let frame = self.is_busy().then(|| self.now.saturating_add(FRAME).unwrap_or(self.now));
        let countdown = (!self.waiting().is_empty() && !self.sent.is_empty())
            .then(|| self.now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(self.now));
        let confirmation = self.polls_confirmation().then(|| self.confirmation.deadline(self.now)).flatten();
        let dashboard =
            self.shows_dashboard().then(|| self.dashboard.deadline(self.now, self.is_observing())).flatten();
        let in_alarm = self.is_in_alarm();
        let alarm = self.polls_alarm_only().then(|| self.dashboard.alarm_deadline(self.now, in_alarm)).flatten();
        [frame, countdown, self.observe_due, self.pattern_test_due, confirmation, dashboard, alarm]
            .into_iter()
            .flatten()
            .min()
    }

    /// The unconfirmed addresses, each with the time its confirmation email was sent, if known.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&str, Option<Timestamp>)> {
        let Some(Ok(all)) = self.observed.as_ref().map(|o| &o.subscriptions) else { return Vec::new() };
        all.iter()
            .filter(|s| s.state == Confirmation::Pending)
            .map(|s| (s.endpoint.as_str(), self.sent.iter().find(|(e, _)| *e == s.endpoint).map(|(_, at)| *at)))
            .collect()
    }

    /// Whether the topic has unconfirmed subscriptions, so that they are checked regularly.
    pub(in crate::app) fn polls_confirmation(&self) -> bool {
        self.observed.as_ref().is_some_and(|o| matches!(o.topic, Ok(Some(_)))) && !self.waiting().is_empty()
    }

    /// The pattern that finds root activity in the log group.
    pub(in crate::app) fn search_pattern(&self) -> Option<Cow<'_, str>> {
        let settings = &self.derived.as_ref()?.settings;
        let filter = self.observed.as_ref().and_then(|o| o.root_filter(Some(&settings.filter.value)));
        Some(pattern::search_pattern(filter.map(|f| f.pattern.as_str())))
    }

    pub(in crate::app) fn shows_dashboard(&self) -> bool {
        // While resources are being deleted, they are not polled.
        self.screen == Screen::Dashboard && self.derived.is_some() && !self.is_running()
    }

    /// Whether the alarm was in ALARM when last read.
    #[must_use]
    pub fn is_in_alarm(&self) -> bool {
        self.derived.as_ref().is_some_and(|derived| derived.health.in_alarm().is_some())
    }

    /// Whether the alarm is polled while another screen than the dashboard is shown: once everything is set up.
    pub(in crate::app) fn polls_alarm_only(&self) -> bool {
        let set_up = self.derived.as_ref().is_some_and(|derived| derived.health.healthy());
        set_up && self.screen != Screen::Dashboard && !self.is_running()
    }

    /// Why a step can't be applied: its own reasons or, if nothing could be planned, those of every step.
    #[must_use]
    pub fn blocked(&self, step: Step) -> Vec<&str> {
        let Some(Derived { plan, .. }) = &self.derived else { return Vec::new() };
        let nothing_planned = plan.rows.is_empty();
        plan.blocked.iter().filter(|(s, _)| *s == step || nothing_planned).map(|(_, why)| why.as_str()).collect()
    }

    /// Whether the only thing a step needs is an email address.
    #[must_use]
    pub fn needs_email(&self, step: Step) -> bool {
        let no_emails = self.derived.as_ref().is_some_and(|d| d.settings.emails.value.is_empty());
        step == Step::Topic && no_emails && self.derived.as_ref().is_some_and(|d| !d.plan.rows.is_empty())
    }

    /// The trails of the account as last read, both those that can be used and those that can't.
    #[must_use]
    pub fn trails(&self) -> Vec<Candidate> {
        match (&self.observed, &self.derived) {
            (Some(observed), Some(derived)) => trail_candidates(observed, &derived.settings.account_region),
            _ => Vec::new(),
        }
    }

    /// The terminal title: the alarm's state and the account.
    #[must_use]
    pub fn title(&self) -> String {
        let alarm = self.derived.as_ref().and_then(|d| d.health.alarm.as_ref());
        let word = match alarm.map(|a| a.state) {
            Some(AlarmState::Alarm) => "ALARM",
            _ if self.screen != Screen::Dashboard => return "rootbell".into(),
            _ => match self.derived.as_ref().map(|d| d.health.alerting()) {
                Some(Verdict::Ok) => "OK",
                Some(Verdict::Pending) => "PENDING",
                None | Some(Verdict::Unknown) => "UNKNOWN",
                Some(Verdict::Missing | Verdict::Wrong) => "NOT WORKING",
            },
        };
        let account = self.caller().map(|c| format!(" · {}", c.identity.account)).unwrap_or_default();
        format!("rootbell: {word}{account}")
    }

    pub(in crate::app) fn connect(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        self.connection = Connection::Connecting(ticket);
        self.observed = None;
        self.derived = None;
        self.observing = None;
        self.observe_due = None;
        self.pattern_test_due = None;
        self.confirmation = Polled::new(CONFIRMATION_INTERVAL);
        self.single_changes.clear();
        self.test_running = None;
        self.early_key = None;
        self.unobserved_run = None;
        self.unfinished_teardown.clear();
        self.dashboard = self.dashboard.reset();
        self.runs = ByStep::default();
        self.samples = Samples::NotTested;
        self.tested_pattern.clear();
        self.sent.clear();
        self.form = Form::new();
        self.account_was_read = false;
        self.screen = Screen::Account;
        self.scroll = 0;
        let setup = Box::new(self.form.setup_options());
        vec![Effect::Connect { ticket, target: self.target.clone(), setup }]
    }

    /// Reads the account now, for the names in the form.
    pub(in crate::app) fn observe(&mut self) -> Vec<Effect> {
        self.observe_due = None;
        let Some(caller) = self.caller().cloned() else { return Vec::new() };
        if caller.identity.refusal().is_some() {
            return Vec::new();
        }
        let ticket = self.ticket();
        self.observing = Some(ticket);
        let setup = self.form.setup_options();
        self.observed_for = names_to_query(&setup);
        vec![Effect::Observe { ticket, identity: caller.identity, region: caller.region, setup: Box::new(setup) }]
    }

    /// Recomputes settings, plan, and health from the form and the account, and schedules another read if the names in the
    /// form have changed.
    pub(in crate::app) fn derive(&mut self) {
        let Some(caller) = self.caller().cloned() else { return };
        let Some(observed) = &self.observed else { return };
        let setup = self.form.setup_options();
        let settings = Settings::resolve(&caller.identity, &caller.region, &setup, observed);
        let plan = plan::plan(&settings, observed);
        let health = health::health(&settings, observed, self.now);
        self.form.follow(&settings);
        self.derived = Some(Derived { settings, plan, health });
        if names_to_query(&setup) != self.observed_for {
            self.observe_due = Some(self.now.saturating_add(DEBOUNCE).unwrap_or(self.now));
        }
        self.schedule_pattern_test();
    }

    /// Schedules a test of the pattern on the sample events if its screen is open and the pattern has changed.
    pub(in crate::app) fn schedule_pattern_test(&mut self) {
        let Some(derived) = &self.derived else { return };
        let pattern = &derived.settings.pattern.value;
        if self.screen == Screen::Step(Step::Filter)
            && *pattern != self.tested_pattern
            && self.pattern_test_due.is_none()
        {
            let wait = if self.tested_pattern.is_empty() { SignedDuration::ZERO } else { DEBOUNCE };
            self.pattern_test_due = self.now.saturating_add(wait).ok();
            // The earlier result was for another pattern.
            self.samples = Samples::NotTested;
        }
    }

    pub(in crate::app) fn go(&mut self, screen: Screen) {
        self.screen = screen;
        self.scroll = 0;
        self.notice = None;
        self.early_key = None;
        if screen == Screen::Dashboard {
            // Other screens poll it less often.
            self.dashboard.alarm.refresh_now();
        }
        if let Screen::Step(step) = screen {
            self.form.enter(step);
        }
        self.schedule_pattern_test();
    }

    /// The first unfinished step, or the dashboard.
    pub(in crate::app) fn first_unfinished(&self) -> Screen {
        let Some(derived) = &self.derived else { return Screen::Account };
        let is_unfinished =
            |step: &Step| !derived.health.done(*step) || derived.plan.step(*step).any(|r| r.change.is_some());
        Step::ALL.into_iter().find(is_unfinished).map_or(Screen::Dashboard, Screen::Step)
    }
}

/// The setup options that require reading the account again when they change.
pub(in crate::app) fn names_to_query(setup: &SetupOptions) -> SetupOptions {
    SetupOptions { emails: Vec::new(), pattern: None, retention_days: None, role_source_arn: None, ..setup.clone() }
}
