//! The stages of a test or a drill, how far it got, and why it ended early.

use jiff::SignedDuration;

use crate::cloud::CloudError;
use crate::domain::alarm::STAYS_IN_ALARM;
use crate::domain::enum_map::variants;
use crate::domain::health::AlertPath;
use crate::domain::problem::{Fix, Goal, Problem};

variants! {
/// A stage on the way from the event to the notification, in the order of each path.
pub enum TestStage {
    /// The drill's event is in the log group.
    Stored,
    /// The filter's pattern matches it.
    Matched,
    /// The metric counted it.
    Counted,
    /// The alarm is in ALARM.
    Alarm,
    /// The alarm's action was executed.
    Action,
    /// The alarm returned to OK.
    Back,
    /// The event bus accepted the drill's event.
    Put,
    /// A rule forwarded it to the topic's Region.
    Forwarded,
    /// The rule that sends emails matched it.
    Triggered,
    /// That rule passed it on to the topic.
    PassedOn,
}
}

impl TestStage {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Matched => "matched",
            Self::Counted => "counted",
            Self::Alarm => "alarm",
            Self::Action => "action",
            Self::Back => "back",
            Self::Put => "put",
            Self::Forwarded => "forwarded",
            Self::Triggered => "triggered",
            Self::PassedOn => "passed_on",
        }
    }

    /// What it means, in a few words for the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stored => "event stored in the log group",
            Self::Matched => "matched by the filter's pattern",
            Self::Counted => "counted by the metric",
            Self::Alarm => "alarm went to ALARM",
            Self::Action => "notification sent",
            Self::Back => "alarm returned to OK",
            Self::Put => "event accepted by the event bus",
            Self::Forwarded => "forwarded to the topic's Region",
            Self::Triggered => "matched by the event rule",
            Self::PassedOn => "passed on to the topic",
        }
    }

    /// The path that it is on.
    pub fn path(self) -> AlertPath {
        match self {
            Self::Stored | Self::Matched | Self::Counted | Self::Alarm | Self::Action | Self::Back => AlertPath::Alarm,
            Self::Put | Self::Forwarded | Self::Triggered | Self::PassedOn => AlertPath::Events,
        }
    }

    /// What to check if the stage isn't reached.
    fn advice(self) -> Fix {
        let advice = match self {
            Self::Stored => "Check that the log group exists and that you may write to it.",
            Self::Matched => "Check the filter's pattern. Events can be found a few seconds after they are stored.",
            Self::Counted => "Check the metric filter: it must be on this log group, with the value 1.",
            Self::Alarm => "Check the alarm: it must watch the filter's metric, with Sum, threshold 1, period 300.",
            Self::Action => return check("Check the alarm's actions and the topic's policy."),
            Self::Back => "It returns to OK at the next evaluation.",
            Self::Put => "Check that you may put events on the default event bus of that Region.",
            Self::Forwarded | Self::Triggered | Self::PassedOn => {
                return check("EventBridge's metrics may be late or missing: see whether the email arrived.");
            }
        };
        Fix::advice(advice)
    }
}

/// Advice on what to check, and where to see what is wrong.
fn check(advice: &str) -> Fix {
    Fix::Each(vec![Fix::advice(advice), Fix::SeeChecks("what is wrong")])
}

/// A stage that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageResult {
    pub stage: TestStage,
    /// Time since the start.
    pub after: SignedDuration,
    /// AWS's message, if there is one.
    pub said: String,
}

/// The progress along one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathRun {
    pub seen: Vec<StageResult>,
    /// The stage it is waiting for; at the end, the stage that wasn't reached.
    pub waiting_for: Option<TestStage>,
}

impl PathRun {
    /// The stage, if it was reached.
    pub fn reached(&self, stage: TestStage) -> Option<&StageResult> {
        self.seen.iter().find(|seen| seen.stage == stage)
    }
}

/// The progress of a drill over the event rules, and its result at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventRun {
    pub path: PathRun,
    /// `None`: it has not ended.
    pub ended: Option<Result<(), TestError>>,
}

/// The progress of a test or drill, and its result at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestRun {
    /// From the alarm, or from the log group, to the notification.
    pub alarm: PathRun,
    /// Only of a drill, and only where rootbell's event rules exist.
    pub events: Option<EventRun>,
}

impl TestRun {
    /// Whether the alarm's notification was sent, which is what a test is for.
    pub fn dispatched(&self) -> bool {
        self.alarm.reached(TestStage::Action).is_some()
    }

    /// Why the drill over the event rules failed, if it did.
    pub fn events_error(&self) -> Option<&TestError> {
        self.events.as_ref()?.ended.as_ref()?.as_ref().err()
    }

    /// Whether everything that there is to see of the notifications was seen.
    pub fn is_complete(&self) -> bool {
        self.dispatched() && self.events.as_ref().is_none_or(|events| events.ended.is_some())
    }

    /// Whether every notification was sent.
    pub fn passed(&self) -> bool {
        self.is_complete() && self.events_error().is_none()
    }

    /// The stages that were reached, path by path.
    pub fn seen(&self) -> impl Iterator<Item = &StageResult> {
        self.alarm.seen.iter().chain(self.events.iter().flat_map(|events| &events.path.seen))
    }

    /// The progress along one of the paths.
    pub fn on(&self, path: AlertPath) -> Option<&PathRun> {
        match path {
            AlertPath::Alarm => Some(&self.alarm),
            AlertPath::Events => self.events.as_ref().map(|events| &events.path),
            AlertPath::Both => None,
        }
    }
}

/// Why a test or drill ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestError {
    /// A call failed.
    Call(CloudError),
    /// CloudWatch couldn't publish to the topic; its message.
    NotSent(String),
    /// EventBridge couldn't pass the event on to a target of this rule.
    NotPassedOn { rule: String },
    /// The stage wasn't reached in time.
    TimedOut { stage: TestStage, waited: SignedDuration },
    /// The alarm is already in ALARM, so a drill would prove nothing.
    AlreadyInAlarm,
    /// The alarm doesn't exist.
    NoAlarm,
    /// The metric filters could not be read.
    Unreadable(Problem),
    /// No filter on the log group would count a drill's event.
    NotCounted { log_group: String },
}

impl TestError {
    /// Why, in one sentence.
    pub fn why(&self) -> String {
        match self {
            Self::Call(error) => error.why(),
            Self::NotSent(said) => format!("CloudWatch could not send the notification: {said}"),
            Self::NotPassedOn { rule } => format!("EventBridge could not pass the event on to the target of `{rule}`."),
            Self::TimedOut { stage, waited } => {
                format!("Timed out after {} s waiting for: {}.", waited.as_secs(), stage.words())
            }
            Self::AlreadyInAlarm => "The alarm is already in ALARM, so a drill would prove nothing.".into(),
            Self::NoAlarm => "There is no alarm to test.".into(),
            Self::Unreadable(unreadable) => unreadable.why.clone(),
            Self::NotCounted { log_group } => {
                format!("No filter on `{log_group}` counts root use, so a drill would prove nothing.")
            }
        }
    }

    /// What to do now.
    pub fn fix(&self) -> Fix {
        match self {
            Self::Call(error) => error.fix(),
            Self::NotSent(_) | Self::NotPassedOn { .. } => check("Check the topic's policy and its KMS key."),
            Self::TimedOut { stage, .. } => stage.advice(),
            Self::AlreadyInAlarm => Fix::advice(format!(
                "Wait until it returns to OK, {STAYS_IN_ALARM} after the last use, then try again."
            )),
            Self::Unreadable(unreadable) => unreadable.fix.clone(),
            Self::NoAlarm | Self::NotCounted { .. } => Fix::Apply(Goal::SetUp),
        }
    }
}

impl From<CloudError> for TestError {
    fn from(error: CloudError) -> Self {
        Self::Call(error)
    }
}
