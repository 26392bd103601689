//! Does the app's effects on tokio, and sends the answers back as messages.

use std::sync::{Arc, Mutex, PoisonError};

use color_eyre::eyre::{self, eyre};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinSet};

use crate::app::{Caller, Effect, Msg, Ticket};
use crate::cloud::{Cloud, CloudError, Connector, Target};
use crate::domain::samples::SAMPLES;
use crate::engine::leave::belongings;
use crate::engine::ring::{self, Watcher};
use crate::engine::{self, Look};

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The session in use, with the ticket it was asked for under: the latest one wins.
type Current = Arc<Mutex<Option<(Ticket, Arc<dyn Cloud>)>>>;

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
            Effect::Connect { ticket, target } => {
                // What was asked of another session concerns nobody now.
                self.tasks.abort_all();
                let (connector, current) = (self.connector.clone(), self.current.clone());
                self.tasks.spawn(async move {
                    tell(Msg::Connected(ticket, connect(&*connector, &target, ticket, &current).await));
                });
            }
            Effect::ListProfiles => {
                let connector = self.connector.clone();
                self.tasks.spawn(async move { tell(Msg::Profiles(connector.profiles().await)) });
            }
            Effect::Observe { ticket, identity, region, wishes } => {
                self.on_cloud(move |cloud| async move {
                    let observed = engine::observe(&*cloud, &identity, &region, &wishes, Look::Everything).await;
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
                    let mut chains = Vec::new();
                    for wishes in &named {
                        chains.extend(belongings(&*cloud, &identity, &region, wishes, contents).await);
                    }
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
            Effect::Copy(_) | Effect::Bell | Effect::Quit => {}
        }
    }

    /// Work on the session in use; without one there is nothing to work on.
    fn on_cloud<F>(&mut self, work: impl FnOnce(Arc<dyn Cloud>) -> F) -> Option<AbortHandle>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let cloud = self.current.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, c)| c.clone());
        cloud.map(|cloud| self.tasks.spawn(work(cloud)))
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

async fn connect(
    connector: &dyn Connector,
    target: &Target,
    ticket: Ticket,
    current: &Current,
) -> Result<Caller, CloudError> {
    let session = connector.connect(target).await?;
    {
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_none_or(|(standing, _)| *standing < ticket) {
            *current = Some((ticket, session.cloud.clone()));
        }
    }
    let identity = session.cloud.identity().await?;
    Ok(Caller { identity, region: session.region, region_from: session.region_from, profile: session.profile })
}
