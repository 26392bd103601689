//! The state machine behind the screens: [`update`] takes a message and answers with effects; nothing here draws,
//! waits, or reads a clock.

use crate::cloud::{CloudError, Target};
use crate::domain::observed::Subscription;
use crate::domain::plan::teardown::Chain;
use crate::domain::{Change, Health, Identity, Observed, Plan, Settings, SetupOptions, Step};
use crate::engine::poll::{PollQuery, PollResult};
use crate::engine::{Progress, Report};

mod activity;
pub mod alarm_test;
pub mod dashboard;
pub mod form;
mod interruption;
pub mod keys;
mod model;
mod notice;
pub mod overlay;
pub mod polled;
pub mod progress;
mod screens;
pub mod teardown;
mod update;

pub use dashboard::Dashboard;
pub use form::{FieldId, Form};
pub use keys::Key;
pub use model::Model;
pub use notice::Notice;
pub use overlay::Overlay;
pub use progress::StepRun;
pub use update::update;

use alarm_test::{AlarmTest, Drill, TestError, TestRun};

/// A place in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Account,
    Step(Step),
    /// Would it ring, and did it?
    Dashboard,
}

/// Names one piece of work. An answer with another ticket than the one waited for is late, and dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Work for the runtime. Each answers with a message that carries its ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make a session and ask who is signed in. A look for these wishes comes next.
    Connect {
        ticket: Ticket,
        target: Target,
        setup: Box<SetupOptions>,
    },
    ListProfiles,
    Observe {
        ticket: Ticket,
        identity: Identity,
        region: String,
        setup: Box<SetupOptions>,
    },
    /// Apply one step of a plan that was on the screen.
    Apply {
        ticket: Ticket,
        plan: Box<Plan>,
        step: Step,
    },
    /// What is rootbell's in the account: the chains, and what hangs on each of these names. The contents of the bucket
    /// are counted where they are to go.
    FindManaged {
        ticket: Ticket,
        identity: Identity,
        region: String,
        named: Vec<SetupOptions>,
        contents: bool,
    },
    /// Take away what was on the screen.
    Teardown {
        ticket: Ticket,
        plan: Box<Plan>,
    },
    TestPattern {
        ticket: Ticket,
        pattern: String,
    },
    PollSubscriptions {
        ticket: Ticket,
        topic_arn: String,
    },
    /// One call outside of a plan.
    Change {
        ticket: Ticket,
        change: Box<Change>,
    },
    /// A part of the dashboard.
    Poll {
        ticket: Ticket,
        question: PollQuery,
    },
    /// A test alarm; with a line, a drill.
    Test {
        ticket: Ticket,
        test: Box<AlarmTest>,
        drill: Option<Box<Drill>>,
    },
    /// Demo accounts only: open the links in the e-mails.
    OpenLinks,
    /// Stop what runs on the account.
    Cancel,
    /// Into the terminal's clipboard.
    Copy(String),
    /// The terminal's own.
    Bell,
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
    FindManaged(Ticket, Vec<Chain>),
    Progress(Ticket, Progress),
    Applied(Ticket, Report),
    PatternTested(Ticket, Result<Vec<bool>, CloudError>),
    Subscriptions(Ticket, Result<Vec<Subscription>, CloudError>),
    Changed(Ticket, Result<(), CloudError>),
    Polled(Ticket, Result<PollResult, CloudError>),
    TestProgress(Ticket, TestRun),
    TestEnded(Ticket, Result<TestRun, TestError>),
    /// Whether somebody looks at the terminal.
    Focus(bool),
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
