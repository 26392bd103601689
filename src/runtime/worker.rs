//! Runs the app's effects on tokio and sends the results back as messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use color_eyre::eyre::{self, eyre};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinSet};

use crate::app::{Caller, Effect, Msg, Ticket};
use crate::cloud::{Cloud, CloudError, Connector, Target};
use crate::domain::samples::SAMPLES;
use crate::domain::{Region, SetupOptions};
use crate::engine::alarm_test::{self, Observer};
use crate::engine::teardown::managed_chains_of;
use crate::engine::{self, ObserveScope, Prefetch};

/// Returns the current time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The current session.
struct CurrentSession {
    /// The ticket of its [`Effect::Connect`]; the latest one wins.
    ticket: Ticket,
    cloud: Arc<dyn Cloud>,
    /// Where the app's queries and single changes happen.
    region: Region,
    /// The queries started early for the first observation, and the setup options that they are for.
    prefetch: Option<(SetupOptions, Prefetch<'static>)>,
}

type Current = Arc<Mutex<Option<CurrentSession>>>;

/// Runs effects concurrently.
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

    /// Starts an effect; its result is sent as a message. Effects on the terminal are ignored: [`super::run`] performs
    /// them.
    pub fn start(&mut self, effect: Effect) {
        let send = self.sender.clone();
        // Sending fails only when the program is ending; then the result is not needed.
        let respond = move |msg| {
            let _ = send.send(msg);
        };
        match effect {
            Effect::Connect { ticket, target, setup } => {
                // Results of the previous session are not needed any more.
                self.tasks.abort_all();
                let (connector, current) = (self.connector.clone(), self.current.clone());
                self.tasks.spawn(async move {
                    respond(Msg::Connected(ticket, connect(&*connector, &target, *setup, ticket, &current).await));
                });
            }
            Effect::ListProfiles => {
                let connector = self.connector.clone();
                self.tasks.spawn(async move { respond(Msg::Profiles(connector.profiles().await)) });
            }
            Effect::Observe { ticket, identity, region, setup } => {
                let prefetch = self.take_prefetch(&setup);
                self.on_cloud(move |cloud, _| async move {
                    let prefetch = prefetch.unwrap_or_else(|| Prefetch::new(&cloud, &region, &setup));
                    let scope = ObserveScope::Everything;
                    let observed = engine::observe_with(&*cloud, &identity, &region, &setup, scope, prefetch).await;
                    respond(Msg::Observed(ticket, Box::new(observed)));
                });
            }
            Effect::Run { ticket, plan, only } => {
                self.run = self.on_cloud(move |cloud, _| async move {
                    let report =
                        engine::run(&*cloud, &plan, only, &|progress| respond(Msg::Progress(ticket, progress))).await;
                    respond(Msg::Applied(ticket, report));
                });
            }
            Effect::FindManaged { ticket, identity, region, named, contents } => {
                self.on_cloud(move |cloud, _| async move {
                    let chains = managed_chains_of(&*cloud, &identity, &region, &named, contents).await;
                    respond(Msg::FindManaged(ticket, chains));
                });
            }
            Effect::TestPattern { ticket, pattern } => {
                self.on_cloud(move |cloud, region| async move {
                    let events = SAMPLES.map(|s| s.json.trim());
                    respond(Msg::PatternTested(ticket, cloud.test_metric_filter(&region, &pattern, &events).await));
                });
            }
            Effect::PollSubscriptions { ticket, topic_arn } => {
                self.on_cloud(move |cloud, region| async move {
                    respond(Msg::Subscriptions(ticket, cloud.subscriptions(&region, &topic_arn).await));
                });
            }
            Effect::Change { ticket, change } => {
                self.on_cloud(move |cloud, region| async move {
                    respond(Msg::Changed(ticket, cloud.apply(&region, &change).await));
                });
            }
            Effect::Poll { ticket, query } => {
                self.on_cloud(move |cloud, region| async move {
                    respond(Msg::Polled(ticket, engine::poll::ask(&*cloud, &region, &query).await));
                });
            }
            Effect::Test { ticket, test, drill } => {
                let clock = self.clock.clone();
                self.on_cloud(move |cloud, _| async move {
                    let observer = Observer { clock: &*clock, news: &|run| respond(Msg::TestProgress(ticket, run)) };
                    let result = match drill {
                        Some(drill) => alarm_test::run_drill(&*cloud, &test, &drill, &observer).await,
                        None => alarm_test::run_test(&*cloud, &test, &observer).await,
                    };
                    respond(Msg::TestEnded(ticket, result));
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

    /// Spawns work on the current session; without a session, does nothing.
    fn on_cloud<F>(&mut self, work: impl FnOnce(Arc<dyn Cloud>, Region) -> F) -> Option<AbortHandle>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let session = locked(&self.current).as_ref().map(|session| (session.cloud.clone(), session.region.clone()));
        session.map(|(cloud, region)| self.tasks.spawn(work(cloud, region)))
    }

    /// The queries already started for the session's first observation, if they are for the same setup options.
    fn take_prefetch(&self, setup: &SetupOptions) -> Option<Prefetch<'static>> {
        let (prefetched_for, prefetch) = locked(&self.current).as_mut()?.prefetch.take()?;
        (prefetched_for == *setup).then_some(prefetch)
    }

    /// Returns only when a task has panicked; the panic has been reported by then.
    pub async fn failure(&mut self) {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) if error.is_panic() => {
                    self.panicked = true;
                    return;
                }
                Some(_) => {}
                // No task is running, so there is nothing to wait for until the next effect.
                None => std::future::pending().await,
            }
        }
    }

    /// Aborts all tasks.
    ///
    /// # Errors
    /// A task had panicked.
    pub fn stop(mut self) -> eyre::Result<()> {
        self.tasks.abort_all();
        if self.panicked { Err(eyre!("stopped by a bug in rootbell; see above")) } else { Ok(()) }
    }
}

fn locked(current: &Current) -> MutexGuard<'_, Option<CurrentSession>> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a session and asks who is signed in. Meanwhile, the queries that the first observation needs are started.
async fn connect(
    connector: &dyn Connector,
    target: &Target,
    setup: SetupOptions,
    ticket: Ticket,
    current: &Current,
) -> Result<Caller, CloudError> {
    let session = connector.connect(target).await?;
    let prefetch = Prefetch::new(&session.cloud, &session.region, &setup);
    {
        let mut current = locked(current);
        if current.as_ref().is_none_or(|latest| latest.ticket < ticket) {
            let (cloud, prefetch) = (session.cloud.clone(), Some((setup, prefetch.clone())));
            *current = Some(CurrentSession { ticket, cloud, region: session.region.clone(), prefetch });
        }
    }
    let identity = prefetch.alongside(session.cloud.identity()).await?;
    Ok(Caller { identity, region: session.region, region_from: session.region_from, profile: session.profile })
}
