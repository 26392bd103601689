//! Interrupts: Ctrl+C, SIGTERM and SIGHUP end a command at any time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// How long a command has to report how far it got. After that the process exits, because the command may be blocked in
/// a write to a pipe that nobody reads.
const GRACE: Duration = Duration::from_secs(1);

/// Whether the user or the system has asked the program to end. There is only one, created at the start.
pub(super) struct Interrupt {
    was_interrupted: watch::Receiver<bool>,
    /// The command handles interrupts itself: it stops and reports how far it got.
    handled: AtomicBool,
}

impl Interrupt {
    /// Starts listening, in a separate thread because the command's thread may be busy or blocked.
    pub(super) fn listen() -> Self {
        let (sender, was_interrupted) = watch::channel(false);
        let (ready_sender, ready) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let signal = signal();
                // Sending fails only once the command has ended.
                let _ = ready_sender.send(());
                signal.await;
                let _ = sender.send(true);
                tokio::time::sleep(GRACE).await;
            });
            std::process::exit(1);
        });
        // If the thread could not listen, a signal ends the process as usual.
        let _ = ready.recv();
        Self { was_interrupted, handled: AtomicBool::new(false) }
    }

    /// From now on, the command handles interrupts itself.
    pub(super) fn handle(&self) {
        self.handled.store(true, Ordering::SeqCst);
    }

    /// Returns after an interrupt, unless the command handles interrupts itself.
    pub(super) async fn unhandled(&self) {
        self.interrupted().await;
        if self.handled.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// Returns after an interrupt, or immediately if there already was one.
    pub(super) async fn interrupted(&self) {
        if self.was_interrupted.clone().wait_for(|interrupted| *interrupted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Installs the signal handlers; the future that it returns completes at the first signal.
#[cfg(unix)]
fn signal() -> impl Future<Output = ()> {
    use futures::future::select_all;
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    // A signal whose handler can't be installed still ends the process.
    let streams: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        if streams.is_empty() {
            return std::future::pending().await;
        }
        let signals = streams.into_iter().map(|mut signals| Box::pin(async move { signals.recv().await }));
        select_all(signals).await;
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
