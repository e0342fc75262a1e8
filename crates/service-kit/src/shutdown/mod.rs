//! Ending without dropping work: signal → unready → grace → stop accepting → finish → deadline.
//!
//! [`Shutdown`] is the flag that all parts of a process look at. [`Signals`] gives the signals that ask for the end.
//! [`Deadline`] bounds the wait. [`Drain::run`] is the whole order in one place.

mod drain;
mod signals;

pub use drain::{Drain, Drained};
pub use signals::{Signal, Signals, signal};

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, error::Elapsed},
};

/// The phases of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The process serves requests.
    Serving,
    /// Health says 503, so that balancers look elsewhere. Connections and requests are still accepted.
    Draining,
    /// Nothing new is accepted, and running work is finished.
    Closing,
}

/// The flag, shared by clones. It only ever moves forward.
#[derive(Debug, Clone)]
pub struct Shutdown {
    phase: Arc<watch::Sender<Phase>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// A flag of a process that serves.
    pub fn new() -> Self {
        Self { phase: Arc::new(watch::Sender::new(Phase::Serving)) }
    }

    /// Begins to drain. A second call does nothing.
    pub fn trigger(&self) {
        self.advance(Phase::Draining);
    }

    /// Stops accepting.
    pub fn close(&self) {
        self.advance(Phase::Closing);
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Whether health should say 503.
    pub fn is_draining(&self) -> bool {
        self.phase() >= Phase::Draining
    }

    /// Waits until the process drains; returns at once if it does.
    pub async fn draining(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until nothing new may be accepted.
    pub async fn closing(&self) {
        self.reached(Phase::Closing).await;
    }

    fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let forward = *phase < to;
            if forward {
                *phase = to;
            }
            forward
        });
    }

    async fn reached(&self, phase: Phase) {
        // The sender lives in `self`, so the channel cannot close while we wait.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }
}

/// A point in time by which something has to be done.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline after `duration` from now.
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// The time left; zero when the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Waits for the deadline.
    pub async fn passed(&self) {
        tokio::time::sleep_until(self.0).await;
    }

    /// Runs `work` until the deadline.
    pub async fn bound<F: Future>(&self, work: F) -> Result<F::Output, Elapsed> {
        tokio::time::timeout_at(self.0, work).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_only_moves_forward_and_all_clones_see_it() {
        let shutdown = Shutdown::new();
        let other = shutdown.clone();
        let waiting = tokio::spawn(async move {
            other.draining().await;
            other.phase()
        });
        assert!(!shutdown.is_draining());
        shutdown.trigger();
        assert_eq!(waiting.await.unwrap(), Phase::Draining);
        shutdown.close();
        shutdown.trigger();
        assert_eq!(shutdown.phase(), Phase::Closing);
        shutdown.draining().await;
        shutdown.closing().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_bounds_work() {
        let deadline = Deadline::after(Duration::from_secs(20));
        assert_eq!(deadline.bound(async { 7 }).await.unwrap(), 7);
        assert!(deadline.bound(std::future::pending::<()>()).await.is_err());
        assert_eq!(deadline.remaining(), Duration::ZERO);
        deadline.passed().await;
    }
}
