//! What goes into [`super::update`] and what comes out of it.

use std::collections::BTreeMap;

use super::keymap::Key;
use super::state::session::{Caller, SessionId, Ticket};
use crate::cloud::{CloudError, MfaCode, Target};
use crate::domain::arn::Arn;
use crate::domain::observed::Subscription;
use crate::domain::plan::teardown::Chain;
use crate::domain::profile::Profile;
use crate::domain::{Change, Identity, Observed, Plan, Region, SetupOptions, Step};
use crate::engine::alarm_test::{AlarmTest, Drill, TestError, TestRun};
use crate::engine::poll::{PollQuery, PollResult};
use crate::engine::{Progress, Report};

/// Work for the runtime.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Work in a session. Its answers are sent back with the session's id.
    InSession(SessionId, SessionEffect),
    /// End a session: abort its calls, and forget it.
    EndSession(SessionId),
    ListProfiles,
    /// Demo accounts only: open the links in the emails.
    OpenLinks,
    /// Copy to the clipboard through the terminal.
    Copy(String),
    /// Ring the terminal bell.
    Bell,
}

/// Work in a session. With a ticket, the answer has the same ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEffect {
    /// Begin the session and ask AWS who is signed in. [`SessionEffect::Observe`] with the same setup options comes next.
    /// With a code, the role that needs it is assumed first.
    Connect {
        target: Target,
        code: Option<MfaCode>,
        setup: Box<SetupOptions>,
    },
    Observe {
        ticket: Ticket,
        identity: Identity,
        region: Region,
        setup: Box<SetupOptions>,
    },
    /// Run a plan, or only one of its steps.
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
    /// Read the names of the organization's accounts.
    ListAccounts,
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
    /// Abort the running plan.
    Cancel,
}

impl SessionEffect {
    /// This work as an effect.
    #[must_use]
    pub fn within(self, session: SessionId) -> Effect {
        Effect::InSession(session, self)
    }
}

/// Input for [`super::update`]: from the keyboard, a session, or a timer.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(Key),
    Paste(String),
    /// The time that [`super::Model::deadline`] returned has come.
    Tick,
    Profiles(Vec<Profile>),
    /// Whether the terminal has the focus.
    Focus(bool),
    /// The answer to a [`SessionEffect`].
    FromSession(SessionId, SessionMsg),
}

/// The answers to [`SessionEffect`]s.
#[derive(Clone, Debug)]
pub enum SessionMsg {
    Connected(Result<Caller, CloudError>),
    /// After a failed sign-in: the user has signed in elsewhere, or has changed the configuration.
    SignInFilesChanged,
    Observed(Ticket, Box<Observed>),
    FindManaged(Ticket, Vec<Chain>),
    Progress(Ticket, Progress),
    Applied(Ticket, Report),
    PatternTested(Ticket, Result<Vec<bool>, CloudError>),
    Subscriptions(Ticket, Result<Vec<Subscription>, CloudError>),
    /// Empty if they can't be read.
    Accounts(BTreeMap<String, String>),
    Changed(Ticket, Result<(), CloudError>),
    Polled(Ticket, Result<PollResult, CloudError>),
    TestProgress(Ticket, TestRun),
    TestEnded(Ticket, Result<TestRun, TestError>),
}
