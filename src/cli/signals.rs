//! Being told to stop.

/// Comes back at Ctrl+C, or when the system asks the program to end. Before it is first waited for, these end the
/// program by themselves.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let one = |kind| async move {
            match signal(kind) {
                Ok(mut signals) => {
                    signals.recv().await;
                }
                // Without a handler the signal still ends the process by itself.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = one(SignalKind::interrupt()) => {}
            () = one(SignalKind::terminate()) => {}
            () = one(SignalKind::hangup()) => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
