//! Does the app's effects on tokio, and sends the answers back as messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use color_eyre::eyre::{self, eyre};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinSet};

use crate::app::{Caller, Effect, Msg, Ticket};
use crate::cloud::{Cloud, CloudError, Connector, Target};
use crate::domain::Wishes;
use crate::domain::samples::SAMPLES;
use crate::engine::leave::belongings_of;
use crate::engine::ring::{self, Watcher};
use crate::engine::{self, Ahead, Look};

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The session in use.
struct Standing {
    /// It was asked for under this one: the latest wins.
    ticket: Ticket,
    cloud: Arc<dyn Cloud>,
    /// What its first look need not wait for, and the wishes which that look is for.
    ahead: Option<(Wishes, Ahead<'static>)>,
}

type Current = Arc<Mutex<Option<Standing>>>;

/// Runs effects side by side.
pub struct Worker {
    connector: Arc<dyn Connector>,
    clock: Clock,
    current: Current,
    sender: UnboundedSender<Msg>,
    tasks: JoinSet<()>,
    run: Option<AbortHandle>,
    panicked: bool,
}

impl Worker {
    #[must_use]
    pub fn new(connector: Arc<dyn Connector>, clock: Clock, sender: UnboundedSender<Msg>) -> Self {
        Self { connector, clock, current: Arc::default(), sender, tasks: JoinSet::new(), run: None, panicked: false }
    }

    /// Starts an effect; its answer comes as a message. What concerns the terminal is not the worker's.
    pub fn start(&mut self, effect: Effect) {
        let send = self.sender.clone();
        // Nobody listens any more when the program ends; then the answer is not needed.
        let tell = move |msg| {
            let _ = send.send(msg);
        };
        match effect {
            Effect::Connect { ticket, target, wishes } => {
                // What was asked of another session concerns nobody now.
                self.tasks.abort_all();
                let (connector, current) = (self.connector.clone(), self.current.clone());
                self.tasks.spawn(async move {
                    tell(Msg::Connected(ticket, connect(&*connector, &target, *wishes, ticket, &current).await));
                });
            }
            Effect::ListProfiles => {
                let connector = self.connector.clone();
                self.tasks.spawn(async move { tell(Msg::Profiles(connector.profiles().await)) });
            }
            Effect::Observe { ticket, identity, region, wishes } => {
                let begun = self.begun(&wishes);
                self.on_cloud(move |cloud| async move {
                    let ahead = begun.unwrap_or_else(|| Ahead::first(&cloud, &wishes));
                    let look = Look::Everything;
                    let observed = engine::observe_on(&*cloud, &identity, &region, &wishes, look, ahead).await;
                    tell(Msg::Observed(ticket, Box::new(observed)));
                });
            }
            Effect::Apply { ticket, plan, step } => {
                self.run = self.on_cloud(move |cloud| async move {
                    let report =
                        engine::run(&*cloud, &plan, Some(step), &|news| tell(Msg::Progress(ticket, news))).await;
                    tell(Msg::Applied(ticket, report));
                });
            }
            Effect::Belongings { ticket, identity, region, named, contents } => {
                self.on_cloud(move |cloud| async move {
                    let chains = belongings_of(&*cloud, &identity, &region, &named, contents).await;
                    tell(Msg::Belongings(ticket, chains));
                });
            }
            Effect::TearDown { ticket, plan } => {
                self.run = self.on_cloud(move |cloud| async move {
                    let report = engine::run(&*cloud, &plan, None, &|news| tell(Msg::Progress(ticket, news))).await;
                    tell(Msg::Applied(ticket, report));
                });
            }
            Effect::TestPattern { ticket, pattern } => {
                self.on_cloud(move |cloud| async move {
                    let events = SAMPLES.map(|s| s.json.trim());
                    tell(Msg::PatternTested(ticket, cloud.test_filter(&pattern, &events).await));
                });
            }
            Effect::AskSubscriptions { ticket, topic_arn } => {
                self.on_cloud(move |cloud| async move {
                    tell(Msg::Subscriptions(ticket, cloud.subscriptions(&topic_arn).await));
                });
            }
            Effect::Change { ticket, change } => {
                self.on_cloud(move |cloud| async move {
                    tell(Msg::Changed(ticket, cloud.apply(&change).await));
                });
            }
            Effect::Ask { ticket, question } => {
                self.on_cloud(move |cloud| async move {
                    tell(Msg::Answered(ticket, engine::watch::ask(&*cloud, &question).await));
                });
            }
            Effect::Ring { ticket, bell, line } => {
                let clock = self.clock.clone();
                self.on_cloud(move |cloud| async move {
                    let watcher = Watcher { clock: &*clock, news: &|ring| tell(Msg::Rings(ticket, ring)) };
                    let rang = match line {
                        Some(line) => ring::run_drill(&*cloud, &bell, &line, &watcher).await,
                        None => ring::test(&*cloud, &bell, &watcher).await,
                    };
                    tell(Msg::Rang(ticket, rang));
                });
            }
            Effect::OpenLinks => self.connector.open_links(),
            Effect::Cancel => {
                if let Some(run) = self.run.take() {
                    run.abort();
                }
            }
            Effect::Copy(_) | Effect::Bell => {}
        }
    }

    /// Work on the session in use; without one there is nothing to work on.
    fn on_cloud<F>(&mut self, work: impl FnOnce(Arc<dyn Cloud>) -> F) -> Option<AbortHandle>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let cloud = locked(&self.current).as_ref().map(|standing| standing.cloud.clone());
        cloud.map(|cloud| self.tasks.spawn(work(cloud)))
    }

    /// What is under way already for the session's first look, where the wishes are still those.
    fn begun(&self, wishes: &Wishes) -> Option<Ahead<'static>> {
        let (of, ahead) = locked(&self.current).as_mut()?.ahead.take()?;
        (of == *wishes).then_some(ahead)
    }

    /// Returns only when a task has panicked; the report is out by then.
    pub async fn failure(&mut self) {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) if error.is_panic() => {
                    self.panicked = true;
                    return;
                }
                Some(_) => {}
                // Nothing under way, so nothing to wait for until the next effect.
                None => std::future::pending().await,
            }
        }
    }

    /// Gives up what is under way.
    ///
    /// # Errors
    /// Where a task had panicked.
    pub fn stop(mut self) -> eyre::Result<()> {
        self.tasks.abort_all();
        if self.panicked { Err(eyre!("a fault of rootbell ended it; see above")) } else { Ok(()) }
    }
}

fn locked(current: &Current) -> MutexGuard<'_, Option<Standing>> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session, and who is there; what the first look asks anyway is asked meanwhile.
async fn connect(
    connector: &dyn Connector,
    target: &Target,
    wishes: Wishes,
    ticket: Ticket,
    current: &Current,
) -> Result<Caller, CloudError> {
    let session = connector.connect(target).await?;
    let ahead = Ahead::first(&session.cloud, &wishes);
    {
        let mut current = locked(current);
        if current.as_ref().is_none_or(|standing| standing.ticket < ticket) {
            let (cloud, ahead) = (session.cloud.clone(), Some((wishes, ahead.clone())));
            *current = Some(Standing { ticket, cloud, ahead });
        }
    }
    let identity = ahead.beside(session.cloud.identity()).await?;
    Ok(Caller { identity, region: session.region, region_from: session.region_from, profile: session.profile })
}
