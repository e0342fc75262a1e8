//! The order in which a process ends.

use std::{future::Future, time::Duration};

use super::{Deadline, Shutdown, Signals};

/// How much time an end may take.
#[derive(Debug, Clone, Copy)]
pub struct Drain {
    /// How long requests are still accepted after health began to say no, so that balancers notice.
    pub grace: Duration,
    /// How long running work may take after that.
    pub timeout: Duration,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All work was finished.
    Finished,
    /// Some was cut off by the deadline.
    DeadlinePassed,
    /// Some was cut off by a second signal.
    Forced,
}

impl Drain {
    /// Serves until a signal comes (or `shutdown` is triggered by the process itself), then ends in order.
    ///
    /// `serve` is the server: it stops accepting at [`Shutdown::closing`] and is done when its last request is.
    /// If it ends by itself, that is `Finished`, with its output either way where it came to an end.
    pub async fn run<F: Future>(
        self,
        shutdown: &Shutdown,
        signals: &mut Signals,
        serve: F,
    ) -> (Drained, Option<F::Output>) {
        tokio::pin!(serve);
        tokio::select! {
            output = &mut serve => return (Drained::Finished, Some(output)),
            _ = signals.next() => {}
            () = shutdown.draining() => {}
        }
        shutdown.trigger();
        let order = async {
            tokio::time::sleep(self.grace).await;
            shutdown.close();
            Deadline::after(self.timeout).passed().await;
        };
        tokio::select! {
            output = &mut serve => (Drained::Finished, Some(output)),
            () = order => (Drained::DeadlinePassed, None),
            _ = signals.next() => (Drained::Forced, None),
        }
    }
}
