//! Runs the app's effects on tokio and sends the results back as messages.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use color_eyre::eyre::{self, eyre};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::app::{Effect, Msg, SessionId};
use crate::cloud::Connector;

pub use super::session::Clock;
use super::session::{SessionWorker, Surroundings, is_panic};

/// Runs effects concurrently: those of each session on a worker of its own.
pub struct Worker {
    surroundings: Surroundings,
    sessions: BTreeMap<SessionId, SessionWorker>,
    /// Work outside of any session.
    tasks: JoinSet<()>,
    panicked: bool,
}

impl Worker {
    #[must_use]
    pub fn new(connector: Arc<dyn Connector>, clock: Clock, sender: UnboundedSender<Msg>) -> Self {
        let surroundings = Surroundings { connector, clock, sender };
        Self { surroundings, sessions: BTreeMap::new(), tasks: JoinSet::new(), panicked: false }
    }

    /// Starts an effect; its result is sent as a message. Effects on the terminal are ignored: [`super::run`] performs
    /// them.
    pub fn start(&mut self, effect: Effect) {
        match effect {
            Effect::InSession(session, effect) => {
                let surroundings = &self.surroundings;
                let worker = self.sessions.entry(session);
                worker.or_insert_with(|| SessionWorker::new(session, surroundings.clone())).start(effect);
            }
            Effect::EndSession(session) => {
                // Dropping its worker aborts its calls.
                if let Some(mut worker) = self.sessions.remove(&session) {
                    self.panicked |= worker.has_panicked();
                }
            }
            Effect::ListProfiles => {
                let (connector, sender) = (self.surroundings.connector.clone(), self.surroundings.sender.clone());
                self.tasks.spawn(async move {
                    // Sending fails only when the program is ending; then the result is not needed.
                    let _ = sender.send(Msg::Profiles(connector.profiles().await));
                });
            }
            Effect::OpenLinks => self.surroundings.connector.open_links(),
            Effect::Copy(_) | Effect::Bell => {}
        }
    }

    /// Returns only when a task has panicked; the panic has been reported by then.
    pub async fn failure(&mut self) {
        if !self.panicked {
            poll_fn(|context| self.poll_failure(context)).await;
            self.panicked = true;
        }
    }

    /// Ready as soon as a task has panicked. If no task is running, there is nothing to wait for until the next effect.
    fn poll_failure(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let sessions = self.sessions.values_mut().map(SessionWorker::tasks);
        for tasks in std::iter::once(&mut self.tasks).chain(sessions) {
            while let Poll::Ready(Some(ended)) = tasks.poll_join_next(context) {
                if is_panic(&ended) {
                    return Poll::Ready(());
                }
            }
        }
        Poll::Pending
    }

    /// Aborts all tasks.
    ///
    /// # Errors
    /// A task had panicked.
    pub fn stop(self) -> eyre::Result<()> {
        if self.panicked { Err(eyre!("stopped by a bug in rootbell; see above")) } else { Ok(()) }
    }
}
