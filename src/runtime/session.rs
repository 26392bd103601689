//! One session: its connection and the tasks that use it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::app::{Caller, Msg, SessionEffect, SessionId, SessionMsg};
use crate::cloud::{Cloud, CloudError, Connector, MfaCode, SignInFiles, Target};
use crate::domain::{AlertId, Region, SetupOptions};
use crate::engine::alarm_test::{self, Observer};
use crate::engine::teardown::managed_chains_of;
use crate::engine::{self, ObserveScope, Prefetch};

/// Returns the current time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The first queries of an observation, which for the screens includes the root user.
fn prefetch_for(cloud: &Arc<dyn Cloud>, region: &Region, setup: &SetupOptions) -> Prefetch<'static> {
    Prefetch::new(cloud, region, setup).with_root_user(cloud)
}

/// What all sessions share.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub connector: Arc<dyn Connector>,
    pub clock: Clock,
    pub sender: UnboundedSender<Msg>,
}

/// The session once it is connected.
struct Connected {
    cloud: Arc<dyn Cloud>,
    /// Where the app's queries and single changes happen.
    region: Region,
    /// The queries started early for the first observation, and the setup options that they are for.
    prefetch: Option<(SetupOptions, Prefetch<'static>)>,
}

type Connection = Arc<Mutex<Option<Connected>>>;

/// Runs the effects of one session. Dropping it aborts its tasks.
pub(super) struct SessionWorker {
    session: SessionId,
    surroundings: Surroundings,
    connection: Connection,
    tasks: JoinSet<()>,
    run: Option<AbortHandle>,
}

impl SessionWorker {
    pub(super) fn new(session: SessionId, surroundings: Surroundings) -> Self {
        Self { session, surroundings, connection: Arc::default(), tasks: JoinSet::new(), run: None }
    }

    pub(super) fn tasks(&mut self) -> &mut JoinSet<()> {
        &mut self.tasks
    }

    /// Whether a task that has ended panicked.
    pub(super) fn has_panicked(&mut self) -> bool {
        std::iter::from_fn(|| self.tasks.try_join_next()).any(|ended| is_panic(&ended))
    }

    /// Starts an effect; its result is sent as a message.
    pub(super) fn start(&mut self, effect: SessionEffect) {
        let (session, sender) = (self.session, self.surroundings.sender.clone());
        // Sending fails only when the program is ending; then the result is not needed.
        let respond = move |msg| {
            let _ = sender.send(Msg::FromSession(session, msg));
        };
        match effect {
            SessionEffect::Connect { target, code, setup } => {
                let (connector, connection) = (self.surroundings.connector.clone(), self.connection.clone());
                self.tasks.spawn(async move {
                    let files = connector.sign_in_files().await;
                    let answer = connect(&*connector, &target, code, *setup, &connection).await;
                    let awaits_sign_in = answer.as_ref().is_err_and(CloudError::awaits_sign_in);
                    respond(SessionMsg::Connected(answer));
                    if let Some(files) = files.filter(|_| awaits_sign_in) {
                        changed(&*connector, &files).await;
                        respond(SessionMsg::SignInFilesChanged);
                    }
                });
            }
            SessionEffect::Observe { ticket, identity, region, setup } => {
                let now = Some((self.surroundings.clock)());
                let prefetch = self.take_prefetch(&setup);
                self.on_cloud(move |cloud, _| async move {
                    let prefetch = prefetch.unwrap_or_else(|| prefetch_for(&cloud, &region, &setup));
                    let scope = ObserveScope::Plan;
                    let observed =
                        engine::observe_with(&*cloud, &identity, &region, &setup, scope, now, prefetch).await;
                    respond(SessionMsg::Observed(ticket, Box::new(observed)));
                });
            }
            SessionEffect::Run { ticket, plan, only } => {
                self.run = self.on_cloud(move |cloud, _| async move {
                    let news = |progress| respond(SessionMsg::Progress(ticket, progress));
                    let report = engine::run(&*cloud, &plan, only, &news).await;
                    respond(SessionMsg::Applied(ticket, report));
                });
            }
            SessionEffect::FindManaged { ticket, identity, region, named, contents } => {
                self.on_cloud(move |cloud, _| async move {
                    let chains = managed_chains_of(&*cloud, &identity, &region, &named, contents).await;
                    respond(SessionMsg::FindManaged(ticket, chains));
                });
            }
            SessionEffect::TestPattern { ticket, pattern } => {
                self.on_cloud(move |cloud, region| async move {
                    let samples = AlertId::RootUse.spec().filter.samples;
                    let events: Vec<&str> = samples.iter().map(|sample| sample.json.trim()).collect();
                    respond(SessionMsg::PatternTested(
                        ticket,
                        cloud.test_metric_filter(&region, &pattern, &events).await,
                    ));
                });
            }
            SessionEffect::PollSubscriptions { ticket, topic_arn } => {
                self.on_cloud(move |cloud, region| async move {
                    let subscriptions = engine::observe::subscriptions(&*cloud, &region, &topic_arn).await;
                    respond(SessionMsg::Subscriptions(ticket, subscriptions));
                });
            }
            SessionEffect::ListAccounts => {
                self.on_cloud(move |cloud, _| async move {
                    // Without the names, the IDs are shown.
                    respond(SessionMsg::Accounts(cloud.organization_accounts().await.unwrap_or_default()));
                });
            }
            SessionEffect::Change { ticket, change } => {
                self.on_cloud(move |cloud, region| async move {
                    respond(SessionMsg::Changed(ticket, cloud.apply(&region, &change).await));
                });
            }
            SessionEffect::Poll { ticket, query } => {
                self.on_cloud(move |cloud, region| async move {
                    respond(SessionMsg::Polled(ticket, engine::poll::ask(&*cloud, &region, &query).await));
                });
            }
            SessionEffect::Test { ticket, test, drill } => {
                let clock = self.surroundings.clock.clone();
                self.on_cloud(move |cloud, _| async move {
                    let news = |run| respond(SessionMsg::TestProgress(ticket, run));
                    let observer = Observer { clock: &*clock, news: &news };
                    let result = match drill {
                        Some(drill) => alarm_test::run_drill(&*cloud, &test, &drill, &observer).await,
                        None => alarm_test::run_test(&*cloud, &test, &observer).await,
                    };
                    respond(SessionMsg::TestEnded(ticket, result));
                });
            }
            SessionEffect::Cancel => {
                if let Some(run) = self.run.take() {
                    run.abort();
                }
            }
        }
    }

    /// Spawns work on the connection; without one, does nothing.
    fn on_cloud<F>(&mut self, work: impl FnOnce(Arc<dyn Cloud>, Region) -> F) -> Option<AbortHandle>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let connected = locked(&self.connection).as_ref().map(|to| (to.cloud.clone(), to.region.clone()));
        connected.map(|(cloud, region)| self.tasks.spawn(work(cloud, region)))
    }

    /// The queries already started for the first observation, if they are for the same setup options.
    fn take_prefetch(&self, setup: &SetupOptions) -> Option<Prefetch<'static>> {
        let (prefetched_for, prefetch) = locked(&self.connection).as_mut()?.prefetch.take()?;
        (prefetched_for == *setup).then_some(prefetch)
    }
}

fn locked(connection: &Connection) -> MutexGuard<'_, Option<Connected>> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects and asks who is signed in. Meanwhile, the queries that the first observation needs are started.
async fn connect(
    connector: &dyn Connector,
    target: &Target,
    code: Option<MfaCode>,
    setup: SetupOptions,
    connection: &Connection,
) -> Result<Caller, CloudError> {
    if let Some(code) = code {
        connector.enter_code(target, &code).await?;
    }
    let session = connector.connect(target).await?;
    let prefetch = prefetch_for(&session.cloud, &session.region, &setup);
    let (cloud, region) = (session.cloud.clone(), session.region.clone());
    *locked(connection) = Some(Connected { cloud, region, prefetch: Some((setup, prefetch.clone())) });
    let identity = prefetch.alongside(session.cloud.identity()).await?;
    Ok(Caller { identity, region: session.region, region_from: session.region_from, profile: session.profile })
}

/// Waits until the files that a sign-in changes are others than before. Ending the session ends the wait.
async fn changed(connector: &dyn Connector, before: &SignInFiles) {
    const INTERVAL: Duration = Duration::from_secs(1);
    loop {
        tokio::time::sleep(INTERVAL).await;
        if connector.sign_in_files().await.is_some_and(|now| now != *before) {
            return;
        }
    }
}

/// Whether a task that has ended panicked.
pub(super) fn is_panic(ended: &Result<(), JoinError>) -> bool {
    ended.as_ref().is_err_and(JoinError::is_panic)
}
