//! Interrupts: Ctrl+C, SIGTERM and SIGHUP end a command at any moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// How long a command has to say how far it got before the process ends without it: it can be stuck in a write that
/// nobody reads.
const GRACE: Duration = Duration::from_secs(1);

/// Whether the user or the system wants the program to end. There is one, listened to from the start.
pub(super) struct Interrupt {
    came: watch::Receiver<bool>,
    /// The command ends by itself at an interrupt, and says how far it got.
    handled: AtomicBool,
}

impl Interrupt {
    /// Listens from now on, in a thread of its own: the command's own thread may be busy or blocked.
    pub(super) fn listen() -> Self {
        let (sender, came) = watch::channel(false);
        let (listening, ready) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let signal = signal();
                // Where nobody waits for this any more, the command is over.
                let _ = listening.send(());
                signal.await;
                let _ = sender.send(true);
                tokio::time::sleep(GRACE).await;
            });
            std::process::exit(1);
        });
        // Without a listener, a signal ends the process by itself, as it does any other.
        let _ = ready.recv();
        Self { came, handled: AtomicBool::new(false) }
    }

    /// From now on the command itself waits for an interrupt wherever it waits for anything.
    pub(super) fn handle(&self) {
        self.handled.store(true, Ordering::SeqCst);
    }

    /// Comes back once there was an interrupt that the command does not see to itself.
    pub(super) async fn unhandled(&self) {
        self.came().await;
        if self.handled.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// Comes back once there was an interrupt, and at once from then on.
    pub(super) async fn came(&self) {
        if self.came.clone().wait_for(|came| *came).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The handlers are in place when this returns; what it returns comes back at the first signal.
#[cfg(unix)]
fn signal() -> impl Future<Output = ()> {
    use futures::future::select_all;
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    // Without a handler the signal still ends the process by itself.
    let streams: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        if streams.is_empty() {
            return std::future::pending().await;
        }
        let each = streams.into_iter().map(|mut signals| Box::pin(async move { signals.recv().await }));
        select_all(each).await;
    }
}

#[cfg(not(unix))]
fn signal() -> impl Future<Output = ()> {
    let signal = tokio::signal::windows::ctrl_c();
    async move {
        match signal {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}
