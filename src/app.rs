//! The state machine behind the screens: [`update`] takes a message and returns effects. Nothing here draws, waits, or
//! reads a clock.

use crate::cloud::{CloudError, Target};
use crate::domain::arn::Arn;
use crate::domain::observed::Subscription;
use crate::domain::plan::teardown::Chain;
use crate::domain::{Change, Health, Identity, Observed, Plan, Region, Settings, SetupOptions, Step};
use crate::engine::poll::{PollQuery, PollResult};
use crate::engine::{Progress, Report};

pub mod keymap;
mod state;
mod update;

use state::{activity, interruption, model, notice};
pub use state::{alarm_test, dashboard, form, overlay, polled, progress, teardown};
use update::keys as screens;

pub use dashboard::Dashboard;
pub use form::{FieldId, Form};
pub use keymap::Key;
pub use model::Model;
pub use notice::Notice;
pub use overlay::Overlay;
pub use progress::StepRun;
pub use update::update;

use alarm_test::{AlarmTest, Drill, TestError, TestRun};

/// The screens of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Account,
    Step(Step),
    /// Whether an alert would arrive, and whether root was used.
    Dashboard,
}

/// Identifies one piece of work. A message whose ticket is not the expected one is late and is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Work for the runtime. Each effect with a ticket sends back a message with the same ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Create a session and ask AWS who is signed in. [`Effect::Observe`] with the same setup options comes next.
    Connect {
        ticket: Ticket,
        target: Target,
        setup: Box<SetupOptions>,
    },
    ListProfiles,
    Observe {
        ticket: Ticket,
        identity: Identity,
        region: Region,
        setup: Box<SetupOptions>,
    },
    /// Run the plan on the screen, or only one of its steps.
    Run {
        ticket: Ticket,
        plan: Box<Plan>,
        only: Option<Step>,
    },
    /// Find what rootbell manages in the account: the chains, and the resources with the names in `named`. With
    /// `contents`, the objects in the bucket are counted, because they would be deleted.
    FindManaged {
        ticket: Ticket,
        identity: Identity,
        region: Region,
        named: Vec<SetupOptions>,
        contents: bool,
    },
    TestPattern {
        ticket: Ticket,
        pattern: String,
    },
    PollSubscriptions {
        ticket: Ticket,
        topic_arn: Arn,
    },
    /// A single call that is not part of a plan.
    Change {
        ticket: Ticket,
        change: Box<Change>,
    },
    /// Read one part of the dashboard.
    Poll {
        ticket: Ticket,
        query: PollQuery,
    },
    /// Run a test alarm or, if `drill` is given, a drill.
    Test {
        ticket: Ticket,
        test: Box<AlarmTest>,
        drill: Option<Box<Drill>>,
    },
    /// Demo accounts only: open the links in the emails.
    OpenLinks,
    /// Abort the running plan.
    Cancel,
    /// Copy to the clipboard through the terminal.
    Copy(String),
    /// Ring the terminal bell.
    Bell,
}

/// Input for [`update`]: from the keyboard, the worker, or a timer.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(Key),
    Paste(String),
    /// The time that [`Model::deadline`] returned has come.
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
    /// Whether the terminal has the focus.
    Focus(bool),
}

/// Who is signed in, in which Region, and where the Region came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub identity: Identity,
    pub region: Region,
    pub region_from: String,
    pub profile: Option<String>,
}

/// The state of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    Connecting(Ticket),
    Failed(CloudError),
    Ready(Caller),
}

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
