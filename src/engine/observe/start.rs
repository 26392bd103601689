//! When to look at other Regions.

use futures::channel::oneshot;

use crate::domain::observed::Trail;

/// Starts the look at other Regions, at most once.
pub(super) struct Start(Option<oneshot::Sender<Vec<Trail>>>);

impl Start {
    /// With what receives the trails once it is known that this Region doesn't work.
    pub(super) fn new() -> (Self, oneshot::Receiver<Vec<Trail>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }

    /// What is read from another Region starts no further look.
    pub(super) fn never() -> Self {
        Self(None)
    }

    /// Starts it with the trails that are seen from this Region.
    pub(super) fn now(&mut self, trails: &[Trail]) {
        if let Some(sender) = self.0.take() {
            // Without a receiver, nobody wants to know.
            let _ = sender.send(trails.to_vec());
        }
    }
}
