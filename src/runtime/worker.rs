//! Does the app's effects on tokio, and sends the answers back as messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use color_eyre::eyre::{self, eyre};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinSet};

use crate::app::{Caller, Effect, Msg, Ticket};
use crate::cloud::{Cloud, CloudError, Connector, Target};
use crate::domain::SetupOptions;
use crate::domain::samples::SAMPLES;
use crate::engine::alarm_test::{self, Observer};
use crate::engine::teardown::managed_chains_of;
use crate::engine::{self, ObserveScope, Prefetch};

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The session in use.
struct CurrentSession {
    /// It was asked for under this one: the latest wins.
    ticket: Ticket,
    cloud: Arc<dyn Cloud>,
    /// What its first look need not wait for, and the wishes which that look is for.
    prefetch: Option<(SetupOptions, Prefetch<'static>)>,
}

type Current = Arc<Mutex<Option<CurrentSession>>>;

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
            Effect::Connect { ticket, target, setup } => {
                // What was asked of another session concerns nobody now.
                self.tasks.abort_all();
                let (connector, current) = (self.connector.clone(), self.current.clone());
                self.tasks.spawn(async move {
                    tell(Msg::Connected(ticket, connect(&*connector, &target, *setup, ticket, &current).await));
                });
            }
            Effect::ListProfiles => {
                let connector = self.connector.clone();
                self.tasks.spawn(async move { tell(Msg::Profiles(connector.profiles().await)) });
            }
            Effect::Observe { ticket, identity, region, setup } => {
                let begun = self.begun(&setup);
                self.on_cloud(move |cloud| async move {
                    let prefetch = begun.unwrap_or_else(|| Prefetch::first(&cloud, &setup));
                    let look = ObserveScope::Everything;
                    let observed = engine::observe_with(&*cloud, &identity, &region, &setup, look, prefetch).await;
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
            Effect::FindManaged { ticket, identity, region, named, contents } => {
                self.on_cloud(move |cloud| async move {
                    let chains = managed_chains_of(&*cloud, &identity, &region, &named, contents).await;
                    tell(Msg::FindManaged(ticket, chains));
                });
            }
            Effect::Teardown { ticket, plan } => {
                self.run = self.on_cloud(move |cloud| async move {
                    let report = engine::run(&*cloud, &plan, None, &|news| tell(Msg::Progress(ticket, news))).await;
                    tell(Msg::Applied(ticket, report));
                });
            }
            Effect::TestPattern { ticket, pattern } => {
                self.on_cloud(move |cloud| async move {
                    let events = SAMPLES.map(|s| s.json.trim());
                    tell(Msg::PatternTested(ticket, cloud.test_metric_filter(&pattern, &events).await));
                });
            }
            Effect::PollSubscriptions { ticket, topic_arn } => {
                self.on_cloud(move |cloud| async move {
                    tell(Msg::Subscriptions(ticket, cloud.subscriptions(&topic_arn).await));
                });
            }
            Effect::Change { ticket, change } => {
                self.on_cloud(move |cloud| async move {
                    tell(Msg::Changed(ticket, cloud.apply(&change).await));
                });
            }
            Effect::Poll { ticket, question } => {
                self.on_cloud(move |cloud| async move {
                    tell(Msg::Polled(ticket, engine::poll::ask(&*cloud, &question).await));
                });
            }
            Effect::Test { ticket, test, drill } => {
                let clock = self.clock.clone();
                self.on_cloud(move |cloud| async move {
                    let observer = Observer { clock: &*clock, news: &|ring| tell(Msg::TestProgress(ticket, ring)) };
                    let rang = match drill {
                        Some(drill) => alarm_test::run_drill(&*cloud, &test, &drill, &observer).await,
                        None => alarm_test::run_test(&*cloud, &test, &observer).await,
                    };
                    tell(Msg::TestEnded(ticket, rang));
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
        let cloud = locked(&self.current).as_ref().map(|existing| existing.cloud.clone());
        cloud.map(|cloud| self.tasks.spawn(work(cloud)))
    }

    /// What is under way already for the session's first look, where the wishes are still those.
    fn begun(&self, setup: &SetupOptions) -> Option<Prefetch<'static>> {
        let (of, prefetch) = locked(&self.current).as_mut()?.prefetch.take()?;
        (of == *setup).then_some(prefetch)
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

fn locked(current: &Current) -> MutexGuard<'_, Option<CurrentSession>> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session, and who is there; what the first look asks anyway is asked meanwhile.
async fn connect(
    connector: &dyn Connector,
    target: &Target,
    setup: SetupOptions,
    ticket: Ticket,
    current: &Current,
) -> Result<Caller, CloudError> {
    let session = connector.connect(target).await?;
    let prefetch = Prefetch::first(&session.cloud, &setup);
    {
        let mut current = locked(current);
        if current.as_ref().is_none_or(|existing| existing.ticket < ticket) {
            let (cloud, prefetch) = (session.cloud.clone(), Some((setup, prefetch.clone())));
            *current = Some(CurrentSession { ticket, cloud, prefetch });
        }
    }
    let identity = prefetch.alongside(session.cloud.identity()).await?;
    Ok(Caller { identity, region: session.region, region_from: session.region_from, profile: session.profile })
}
