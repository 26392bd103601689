//! Everything the screens show, and what follows from it.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::alarm_test::TestUnderWay;
use super::notice::{EarlyKey, Notice};
use super::polled::Polled;
use super::teardown::TeardownPhase;
use super::{Caller, Connection, Dashboard, Derived, Effect, Form, Overlay, Samples, Screen, StepRun, Ticket};
use crate::cloud::Target;
use crate::domain::interruption::RunCount;
use crate::domain::observed::{AlarmState, Confirmation};
use crate::domain::settings::{Candidate, trail_candidates};
use crate::domain::{Change, Observed, Settings, SetupOptions, Step, health, pattern, plan};

/// Everything the screens show.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
pub struct Model {
    pub now: Timestamp,
    pub demo: Option<String>,
    pub target: Target,
    pub connection: Connection,
    pub screen: Screen,
    pub overlay: Option<Overlay>,
    pub form: Form,
    pub observed: Option<Observed>,
    /// The names that `observed` was looked up for.
    pub(super) observed_for: SetupOptions,
    pub derived: Option<Derived>,
    pub(super) looking: Option<Ticket>,
    pub(super) look_due: Option<Timestamp>,
    /// The run of each step, kept on its screen until the form changes.
    pub runs: [Option<StepRun>; 4],
    pub(super) running: Option<(Ticket, Step)>,
    pub samples: Samples,
    pub(super) tested_pattern: String,
    pub(super) test_due: Option<Timestamp>,
    /// Whether somebody has confirmed.
    pub(super) confirmation: Polled<()>,
    /// When the confirmation e-mail was sent, as far as it was in this session.
    pub sent: Vec<(String, Timestamp)>,
    /// The calls outside of a plan that are under way.
    pub(super) single: Vec<(Ticket, Change)>,
    pub dashboard: Dashboard,
    /// The test or drill that is under way.
    pub(super) test_running: Option<TestUnderWay>,
    /// The names that a tear-down which did not come to its end has to go on with.
    pub(super) unfinished: Vec<SetupOptions>,
    /// Whose wall clock times are shown by.
    pub zone: TimeZone,
    /// The terminal's bell stays still.
    pub quiet: bool,
    /// The line above the footer.
    pub notice: Option<Notice>,
    pub(super) early_key: Option<EarlyKey>,
    /// The run after which the account has not been read yet.
    pub(super) unread: Option<RunCount>,
    /// How far the plan, the list or the text is scrolled.
    pub scroll: u16,
    pub(super) profiles: Vec<String>,
    pub(super) next_ticket: u64,
    /// The health list opens by itself once, when a session starts.
    pub(super) opened: bool,
    pub quit: bool,
    /// By Ctrl+C, which is a key here.
    pub interrupted: bool,
}

/// Time between the last key and the look at names just typed.
const DEBOUNCE: SignedDuration = SignedDuration::from_millis(350);
/// Time between two questions whether somebody has confirmed.
const ASK_EVERY: SignedDuration = SignedDuration::from_secs(3);
/// The spinner's pace.
const FRAME: SignedDuration = SignedDuration::from_millis(120);

impl Model {
    /// The program as it starts, and the first work it asks for.
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
            looking: None,
            look_due: None,
            runs: [None, None, None, None],
            running: None,
            samples: Samples::NotAsked,
            tested_pattern: String::new(),
            test_due: None,
            confirmation: Polled::new(ASK_EVERY),
            sent: Vec::new(),
            single: Vec::new(),
            dashboard: Dashboard::default(),
            test_running: None,
            unfinished: Vec::new(),
            zone: TimeZone::UTC,
            quiet: false,
            notice: None,
            early_key: None,
            unread: None,
            scroll: 0,
            profiles: Vec::new(),
            next_ticket: 0,
            opened: false,
            quit: false,
            interrupted: false,
        };
        let effects = model.connect();
        (model, effects)
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    /// The caller, once there is one.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match &self.connection {
            Connection::Ready(caller) => Some(caller),
            _ => None,
        }
    }

    /// Whether a run on the account is under way.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some() || self.tears_down(|stage| matches!(stage, TeardownPhase::Running(_)))
    }

    pub(super) fn tears_down(&self, at: impl Fn(TeardownPhase) -> bool) -> bool {
        matches!(&self.overlay, Some(Overlay::Teardown(screen)) if at(screen.stage))
    }

    /// Whether the account is being looked at, or about to be.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        self.looking.is_some() || self.look_due.is_some()
    }

    /// Whether something moves on the screen by itself.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_running()
            || self.looking.is_some()
            || self.tears_down(|stage| matches!(stage, TeardownPhase::Looking(_)))
            || !self.single.is_empty()
            || self.test_running.is_some()
            || matches!(&self.overlay, Some(Overlay::Picker(picker)) if !picker.ready)
            || matches!(self.connection, Connection::Connecting(_))
            || matches!(self.samples, Samples::Asking(_))
    }

    /// When [`Msg::Tick`] is wanted next; never, when nothing moves.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let frame = self.is_busy().then(|| self.now.saturating_add(FRAME).unwrap_or(self.now));
        let second = (!self.waiting().is_empty() && !self.sent.is_empty())
            .then(|| self.now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(self.now));
        let confirmation = self.asks_for_confirmation().then(|| self.confirmation.deadline(self.now)).flatten();
        let dashboard = self.shows_dashboard().then(|| self.dashboard.deadline(self.now, self.is_looking())).flatten();
        let rings = self.rings();
        let alarm = self.watches_alarm().then(|| self.dashboard.alarm_deadline(self.now, rings)).flatten();
        [frame, second, self.look_due, self.test_due, confirmation, dashboard, alarm].into_iter().flatten().min()
    }

    /// The addresses that have not confirmed, with when the e-mail went out, where that is known.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&str, Option<Timestamp>)> {
        let Some(Ok(all)) = self.observed.as_ref().map(|o| &o.subscriptions) else { return Vec::new() };
        all.iter()
            .filter(|s| s.state == Confirmation::Pending)
            .map(|s| (s.endpoint.as_str(), self.sent.iter().find(|(e, _)| *e == s.endpoint).map(|(_, at)| *at)))
            .collect()
    }

    /// Whether there is a topic that somebody has still to confirm.
    pub(super) fn asks_for_confirmation(&self) -> bool {
        self.observed.as_ref().is_some_and(|o| matches!(o.topic, Ok(Some(_)))) && !self.waiting().is_empty()
    }

    /// What finds the uses of root among the events.
    pub(super) fn search_pattern(&self) -> Option<Cow<'_, str>> {
        let settings = &self.derived.as_ref()?.settings;
        let filter = self.observed.as_ref().and_then(|o| o.root_filter(Some(&settings.filter.value)));
        Some(pattern::search_pattern(filter.map(|f| f.pattern.as_str())))
    }

    pub(super) fn shows_dashboard(&self) -> bool {
        // What is being taken away is not asked after.
        self.screen == Screen::Dashboard && self.derived.is_some() && !self.is_running()
    }

    /// Whether the alarm is in ALARM, as far as is known.
    #[must_use]
    pub fn rings(&self) -> bool {
        self.derived.as_ref().is_some_and(|derived| derived.health.in_alarm().is_some())
    }

    /// Whether the alarm is asked for away from the dashboard, too: once everything is set up.
    pub(super) fn watches_alarm(&self) -> bool {
        let set_up = self.derived.as_ref().is_some_and(|derived| derived.health.healthy());
        set_up && self.screen != Screen::Dashboard && !self.is_running()
    }

    /// Why a step cannot be applied as it is: its own reasons, and those that keep the whole from being planned.
    #[must_use]
    pub fn blocked(&self, step: Step) -> Vec<&str> {
        let Some(Derived { plan, .. }) = &self.derived else { return Vec::new() };
        let whole = plan.rows.is_empty();
        plan.blocked.iter().filter(|(s, _)| *s == step || whole).map(|(_, why)| why.as_str()).collect()
    }

    /// Whether all that a step waits for is an address.
    #[must_use]
    pub fn wants_an_address(&self, step: Step) -> bool {
        let nobody = self.derived.as_ref().is_some_and(|d| d.settings.emails.value.is_empty());
        step == Step::Topic && nobody && self.derived.as_ref().is_some_and(|d| !d.plan.rows.is_empty())
    }

    /// The trails that the chain could hang on, and those that it cannot; as of the last look.
    #[must_use]
    pub fn trails(&self) -> Vec<Candidate> {
        match (&self.observed, &self.derived) {
            (Some(observed), Some(derived)) => trail_candidates(observed, &derived.settings.account_region),
            _ => Vec::new(),
        }
    }

    /// How the alarm stands, for the title of the terminal.
    #[must_use]
    pub fn title(&self) -> String {
        let alarm = self.derived.as_ref().and_then(|d| d.health.alarm.as_ref());
        let word = match alarm.map(|a| a.state) {
            Some(AlarmState::Alarm) => "RINGING",
            _ if self.screen != Screen::Dashboard => return "rootbell".into(),
            _ if self.derived.as_ref().is_some_and(|d| d.health.healthy()) => "armed",
            _ => "not armed",
        };
        let account = self.caller().map(|c| format!(" · {}", c.identity.account)).unwrap_or_default();
        format!("rootbell: {word}{account}")
    }

    pub(super) fn connect(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        self.connection = Connection::Connecting(ticket);
        self.observed = None;
        self.derived = None;
        self.looking = None;
        self.look_due = None;
        self.test_due = None;
        self.confirmation = Polled::new(ASK_EVERY);
        self.single.clear();
        self.test_running = None;
        self.early_key = None;
        self.unread = None;
        self.unfinished.clear();
        self.dashboard = self.dashboard.reset();
        self.runs = [None, None, None, None];
        self.samples = Samples::NotAsked;
        self.tested_pattern.clear();
        self.sent.clear();
        self.form = Form::new();
        self.opened = false;
        self.screen = Screen::Account;
        self.scroll = 0;
        let setup = Box::new(self.form.setup_options());
        vec![Effect::Connect { ticket, target: self.target.clone(), setup }]
    }

    /// Looks at the account now, for the names in the form.
    pub(super) fn look(&mut self) -> Vec<Effect> {
        self.look_due = None;
        let Some(caller) = self.caller().cloned() else { return Vec::new() };
        if caller.identity.refusal().is_some() {
            return Vec::new();
        }
        let ticket = self.ticket();
        self.looking = Some(ticket);
        let setup = self.form.setup_options();
        self.observed_for = query_names(&setup);
        vec![Effect::Observe { ticket, identity: caller.identity, region: caller.region, setup: Box::new(setup) }]
    }

    /// Recomputes settings, plan and health from form and account; looks again where the names have changed.
    pub(super) fn derive(&mut self) {
        let Some(caller) = self.caller().cloned() else { return };
        let Some(observed) = &self.observed else { return };
        let setup = self.form.setup_options();
        let settings = Settings::resolve(&caller.identity, &caller.region, &setup, observed);
        let plan = plan::plan(&settings, observed);
        let health = health::health(&settings, observed, self.now);
        self.form.follow(&settings);
        self.derived = Some(Derived { settings, plan, health });
        if query_names(&setup) != self.observed_for {
            self.look_due = Some(self.now.saturating_add(DEBOUNCE).unwrap_or(self.now));
        }
        self.test_when_shown();
    }

    /// Tries the pattern on the samples where its screen is open and the pattern is another than last time.
    pub(super) fn test_when_shown(&mut self) {
        let Some(derived) = &self.derived else { return };
        let pattern = &derived.settings.pattern.value;
        if self.screen == Screen::Step(Step::Filter) && *pattern != self.tested_pattern && self.test_due.is_none() {
            let wait = if self.tested_pattern.is_empty() { SignedDuration::ZERO } else { DEBOUNCE };
            self.test_due = self.now.saturating_add(wait).ok();
            // What was found of another pattern says nothing of this one.
            self.samples = Samples::NotAsked;
        }
    }

    pub(super) fn go(&mut self, screen: Screen) {
        self.screen = screen;
        self.scroll = 0;
        self.notice = None;
        self.early_key = None;
        if screen == Screen::Dashboard {
            // Elsewhere it is asked for seldom.
            self.dashboard.alarm.refresh_now();
        }
        if let Screen::Step(step) = screen {
            self.form.enter(step);
        }
        self.test_when_shown();
    }

    /// The first step that needs something, or the dashboard.
    pub(super) fn first_open(&self) -> Screen {
        let Some(derived) = &self.derived else { return Screen::Account };
        let open = |step: &Step| !derived.health.done(*step) || derived.plan.step(*step).any(|r| r.change.is_some());
        Step::ALL.into_iter().find(open).map_or(Screen::Dashboard, Screen::Step)
    }
}

/// The wishes whose change wants another look at the account.
pub(super) fn query_names(setup: &SetupOptions) -> SetupOptions {
    SetupOptions { emails: Vec::new(), pattern: None, retention_days: None, role_source_arn: None, ..setup.clone() }
}
