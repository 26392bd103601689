//! The state machine behind the screens: [`update`] takes a message and answers with effects; nothing here draws,
//! waits, or reads a clock.

use crate::cloud::{CloudError, Target};
use crate::domain::observed::Subscription;
use crate::domain::plan::leave::Chain;
use crate::domain::{Change, Health, Identity, Observed, Plan, Settings, Step, Wishes};
use crate::engine::watch::{News, Question};
use crate::engine::{Progress, Report};

mod activity;
pub mod dashboard;
pub mod form;
mod interruption;
pub mod keys;
mod model;
mod notice;
pub mod overlay;
pub mod part;
pub mod progress;
pub mod ring;
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

use ring::{Bell, Line, Ring, RingError};

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
        wishes: Box<Wishes>,
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
    /// What is rootbell's in the account: the chains, and what hangs on each of these names. The contents of the bucket
    /// are counted where they are to go.
    Belongings {
        ticket: Ticket,
        identity: Identity,
        region: String,
        named: Vec<Wishes>,
        contents: bool,
    },
    /// Take away what was on the screen.
    TearDown {
        ticket: Ticket,
        plan: Box<Plan>,
    },
    TestPattern {
        ticket: Ticket,
        pattern: String,
    },
    AskSubscriptions {
        ticket: Ticket,
        topic_arn: String,
    },
    /// One call outside of a plan.
    Change {
        ticket: Ticket,
        change: Box<Change>,
    },
    /// A part of the dashboard.
    Ask {
        ticket: Ticket,
        question: Question,
    },
    /// A test alarm; with a line, a drill.
    Ring {
        ticket: Ticket,
        bell: Box<Bell>,
        line: Option<Box<Line>>,
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
    Belongings(Ticket, Vec<Chain>),
    Progress(Ticket, Progress),
    Applied(Ticket, Report),
    PatternTested(Ticket, Result<Vec<bool>, CloudError>),
    Subscriptions(Ticket, Result<Vec<Subscription>, CloudError>),
    Changed(Ticket, Result<(), CloudError>),
    Answered(Ticket, Result<News, CloudError>),
    Rings(Ticket, Ring),
    Rang(Ticket, Result<Ring, RingError>),
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
