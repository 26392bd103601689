//! The state machine behind the screens: [`update`] takes a message and answers with effects; nothing here draws,
//! waits, or reads a clock.

use jiff::{SignedDuration, Timestamp};

use crate::cloud::{CloudError, Target};
use crate::domain::observed::{Confirmation, Subscription};
use crate::domain::{Health, Identity, Observed, Plan, Settings, Step, Wishes, health, plan};
use crate::engine::{Progress, Report};

pub mod form;
pub mod keys;
pub mod overlay;
pub mod progress;
mod screens;

pub use form::{FieldId, Form};
pub use keys::Key;
pub use overlay::Overlay;
pub use progress::StepRun;

/// A place in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Account,
    Step(Step),
    /// Would it ring? The list of checks.
    Health,
}

/// Names one piece of work. An answer with another ticket than the one waited for is late, and dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Work for the runtime. Each answers with a message that carries its ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make a session and ask who is signed in.
    Connect {
        ticket: Ticket,
        target: Target,
    },
    ListProfiles,
    Observe {
        ticket: Ticket,
        identity: Identity,
        region: String,
        wishes: Box<Wishes>,
    },
    /// Apply one step of a plan that was on the screen.
    Apply {
        ticket: Ticket,
        plan: Box<Plan>,
        step: Step,
    },
    TestPattern {
        ticket: Ticket,
        pattern: String,
    },
    AskSubscriptions {
        ticket: Ticket,
        topic_arn: String,
    },
    SendAgain {
        ticket: Ticket,
        topic_arn: String,
        email: String,
    },
    /// Stop what runs on the account.
    Cancel,
    /// Into the terminal's clipboard.
    Copy(String),
    Quit,
}

/// What comes in: from the keyboard, from work, from time.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(Key),
    Paste(String),
    /// A deadline that [`Model::deadline`] asked for has come.
    Tick,
    Connected(Ticket, Result<Caller, CloudError>),
    Profiles(Vec<String>),
    Observed(Ticket, Box<Observed>),
    Progress(Ticket, Progress),
    Applied(Ticket, Report),
    PatternTested(Ticket, Result<Vec<bool>, CloudError>),
    Subscriptions(Ticket, Result<Vec<Subscription>, CloudError>),
    SentAgain(Ticket, String, Result<(), CloudError>),
}

/// Who is signed in, where, and how that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub identity: Identity,
    pub region: String,
    pub region_from: String,
    pub profile: Option<String>,
}

/// How the session stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    Connecting(Ticket),
    Failed(CloudError),
    Ready(Caller),
}

/// What follows from form and account, recomputed with every change of either.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    pub settings: Settings,
    pub plan: Plan,
    pub health: Health,
}

/// What is known of the sample events.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    NotAsked,
    Asking(Ticket),
    /// For each sample whether it would ring.
    Known(Vec<bool>),
    /// The pattern is refused, or the endpoint has no such call.
    NotChecked(CloudError),
}

/// Everything the screens show.
#[derive(Debug)]
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
    observed_for: Wishes,
    pub derived: Option<Derived>,
    looking: Option<Ticket>,
    look_due: Option<Timestamp>,
    /// The run of each step, kept on its screen until the form changes.
    pub runs: [Option<StepRun>; 4],
    running: Option<(Ticket, Step)>,
    pub samples: Samples,
    tested_pattern: String,
    test_due: Option<Timestamp>,
    asking: Option<Ticket>,
    ask_due: Option<Timestamp>,
    /// When the confirmation e-mail was sent, as far as it was in this session.
    pub sent: Vec<(String, Timestamp)>,
    sending: Vec<Ticket>,
    /// One line that the next key takes away.
    pub notice: Option<String>,
    /// How far the plan, the list or the text is scrolled.
    pub scroll: u16,
    profiles: Vec<String>,
    next_ticket: u64,
    /// The health list opens by itself once, when a session starts.
    opened: bool,
    pub quit: bool,
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
            observed_for: Wishes::default(),
            derived: None,
            looking: None,
            look_due: None,
            runs: [None, None, None, None],
            running: None,
            samples: Samples::NotAsked,
            tested_pattern: String::new(),
            test_due: None,
            asking: None,
            ask_due: None,
            sent: Vec::new(),
            sending: Vec::new(),
            notice: None,
            scroll: 0,
            profiles: Vec::new(),
            next_ticket: 0,
            opened: false,
            quit: false,
        };
        let effects = model.connect();
        (model, effects)
    }

    fn ticket(&mut self) -> Ticket {
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
        self.running.is_some()
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
            || !self.sending.is_empty()
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
        [frame, second, self.look_due, self.test_due, self.ask_due].into_iter().flatten().min()
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

    fn connect(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        self.connection = Connection::Connecting(ticket);
        self.observed = None;
        self.derived = None;
        self.looking = None;
        self.look_due = None;
        self.test_due = None;
        self.ask_due = None;
        self.sending.clear();
        self.runs = [None, None, None, None];
        self.samples = Samples::NotAsked;
        self.tested_pattern.clear();
        self.sent.clear();
        self.form = Form::new();
        self.opened = false;
        self.screen = Screen::Account;
        self.scroll = 0;
        vec![Effect::Connect { ticket, target: self.target.clone() }]
    }

    /// Looks at the account now, for the names in the form.
    fn look(&mut self) -> Vec<Effect> {
        self.look_due = None;
        let Some(caller) = self.caller().cloned() else { return Vec::new() };
        if caller.identity.refusal().is_some() {
            return Vec::new();
        }
        let ticket = self.ticket();
        self.looking = Some(ticket);
        let wishes = self.form.wishes();
        self.observed_for = lookup_names(&wishes);
        vec![Effect::Observe { ticket, identity: caller.identity, region: caller.region, wishes: Box::new(wishes) }]
    }

    /// Recomputes settings, plan and health from form and account; looks again where the names have changed.
    fn derive(&mut self) {
        let Some(caller) = self.caller().cloned() else { return };
        let Some(observed) = &self.observed else { return };
        let wishes = self.form.wishes();
        let settings = Settings::resolve(&caller.identity, &caller.region, &wishes, observed);
        let plan = plan::plan(&settings, observed);
        let health = health::health(&settings, observed, self.now);
        self.form.follow(&settings);
        self.derived = Some(Derived { settings, plan, health });
        if lookup_names(&wishes) != self.observed_for {
            self.look_due = Some(self.now.saturating_add(DEBOUNCE).unwrap_or(self.now));
        }
        let topic_there = self.observed.as_ref().is_some_and(|o| matches!(o.topic, Ok(Some(_))));
        if topic_there && !self.waiting().is_empty() {
            if self.ask_due.is_none() && self.asking.is_none() {
                self.ask_due = self.now.saturating_add(ASK_EVERY).ok();
            }
        } else {
            self.ask_due = None;
        }
        self.test_when_shown();
    }

    /// Tries the pattern on the samples where its screen is open and the pattern is another than last time.
    fn test_when_shown(&mut self) {
        let Some(derived) = &self.derived else { return };
        let pattern = &derived.settings.pattern.value;
        if self.screen == Screen::Step(Step::Filter) && *pattern != self.tested_pattern && self.test_due.is_none() {
            let wait = if self.tested_pattern.is_empty() { SignedDuration::ZERO } else { DEBOUNCE };
            self.test_due = self.now.saturating_add(wait).ok();
            // What was found of another pattern says nothing of this one.
            self.samples = Samples::NotAsked;
        }
    }

    fn go(&mut self, screen: Screen) {
        self.screen = screen;
        self.scroll = 0;
        self.notice = None;
        if let Screen::Step(step) = screen {
            self.form.enter(step);
        }
        self.test_when_shown();
    }

    /// The first step that needs something, or the list of checks.
    fn first_open(&self) -> Screen {
        let Some(derived) = &self.derived else { return Screen::Account };
        let open = |step: &Step| !derived.health.done(*step) || derived.plan.step(*step).any(|r| r.change.is_some());
        Step::ALL.into_iter().find(open).map_or(Screen::Health, Screen::Step)
    }
}

/// The wishes whose change wants another look at the account.
fn lookup_names(wishes: &Wishes) -> Wishes {
    Wishes { emails: Vec::new(), pattern: None, retention_days: None, ..wishes.clone() }
}

/// One message in, the model changed, effects out. A late answer changes nothing.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    model.now = now;
    match msg {
        Msg::Key(key) => screens::key(model, key),
        Msg::Paste(text) => screens::paste(model, &text),
        Msg::Tick => tick(model),
        Msg::Profiles(profiles) => {
            model.profiles = profiles;
            if let Some(Overlay::Picker(picker)) = &mut model.overlay {
                picker.offer_profiles(&model.profiles);
            }
            Vec::new()
        }
        Msg::Connected(ticket, answer) => connected(model, ticket, answer),
        Msg::Observed(ticket, observed) => {
            if model.looking != Some(ticket) {
                return Vec::new();
            }
            model.looking = None;
            model.observed = Some(*observed);
            model.derive();
            let healthy = model.derived.as_ref().is_some_and(|d| d.health.healthy());
            if !std::mem::replace(&mut model.opened, true) && healthy && model.screen == Screen::Account {
                model.go(Screen::Health);
            }
            Vec::new()
        }
        Msg::Progress(ticket, progress) => {
            if let Some((current, step)) = model.running
                && current == ticket
                && let Some(run) = &mut model.runs[step as usize]
            {
                run.tell(progress, now);
            }
            Vec::new()
        }
        Msg::Applied(ticket, report) => applied(model, ticket, &report),
        Msg::PatternTested(ticket, answer) => {
            if model.samples == Samples::Asking(ticket) {
                model.samples = answer.map_or_else(Samples::NotChecked, Samples::Known);
            }
            Vec::new()
        }
        Msg::Subscriptions(ticket, answer) => {
            if model.asking == Some(ticket) {
                model.asking = None;
                // Not to know for once is no news; the next answer may tell.
                if let (Ok(all), Some(observed)) = (answer, &mut model.observed) {
                    observed.subscriptions = Ok(all);
                }
                model.derive();
            }
            Vec::new()
        }
        Msg::SentAgain(ticket, email, answer) => sent_again(model, ticket, email, answer),
    }
}

fn connected(model: &mut Model, ticket: Ticket, answer: Result<Caller, CloudError>) -> Vec<Effect> {
    if model.connection != Connection::Connecting(ticket) {
        return Vec::new();
    }
    match answer {
        Ok(caller) => {
            model.connection = Connection::Ready(caller);
            model.look()
        }
        Err(error) => {
            // Without a region there is only one thing to do.
            if error.kind == crate::cloud::ErrorKind::NoRegion {
                model.overlay = Some(Overlay::Picker(overlay::Picker::regions("us-east-1")));
            }
            model.connection = Connection::Failed(error);
            Vec::new()
        }
    }
}

fn applied(model: &mut Model, ticket: Ticket, report: &Report) -> Vec<Effect> {
    let Some((current, step)) = model.running else { return Vec::new() };
    if current != ticket {
        return Vec::new();
    }
    model.running = None;
    for email in report.done.iter().filter_map(|id| id.strip_prefix("subscription.create:")) {
        model.sent.retain(|(e, _)| e != email);
        model.sent.push((email.to_owned(), model.now));
    }
    if report.succeeded() {
        tracing::info!(step = step.title(), "applied");
    }
    // The account is what counts, not our idea of it.
    model.look()
}

fn sent_again(model: &mut Model, ticket: Ticket, email: String, answer: Result<(), CloudError>) -> Vec<Effect> {
    if !model.sending.contains(&ticket) {
        return Vec::new();
    }
    model.sending.retain(|t| *t != ticket);
    match answer {
        Ok(()) => {
            model.notice = Some(format!("The confirmation e-mail to {email} is on its way again."));
            model.sent.retain(|(e, _)| *e != email);
            model.sent.push((email, model.now));
        }
        Err(error) => model.notice = Some(error.to_string()),
    }
    Vec::new()
}

fn tick(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= model.now);
    let (look, test, ask) = (due(model.look_due), due(model.test_due), due(model.ask_due));
    if look && !model.is_running() {
        effects.extend(model.look());
    }
    if test {
        model.test_due = None;
        if let Some(pattern) = model.derived.as_ref().map(|d| d.settings.pattern.value.clone()) {
            let ticket = model.ticket();
            model.samples = Samples::Asking(ticket);
            model.tested_pattern.clone_from(&pattern);
            effects.push(Effect::TestPattern { ticket, pattern });
        }
    }
    if ask {
        model.ask_due = None;
        if let Some(topic_arn) = model.derived.as_ref().map(|d| d.settings.topic_arn()) {
            let ticket = model.ticket();
            model.asking = Some(ticket);
            effects.push(Effect::AskSubscriptions { ticket, topic_arn });
        }
    }
    effects
}
