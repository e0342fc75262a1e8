//! The order in which a process ends.

use std::{future::Future, time::Duration};

use super::{Deadline, Shutdown, Signals};

/// The times of an end.
#[derive(Debug, Clone, Copy)]
pub struct Drain {
    /// The time in which requests are still accepted after health has begun to say 503, so that balancers notice.
    pub grace: Duration,
    /// The time that running work may take after that.
    pub timeout: Duration,
}

/// The way that a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All work was finished.
    Finished,
    /// The deadline cut work off.
    DeadlinePassed,
    /// A second signal cut work off.
    Forced,
}

impl Drain {
    /// Serves until a signal comes (or `shutdown` is triggered by the process itself), then ends in order.
    ///
    /// `serve` is the server. It stops accepting at [`Shutdown::closing`] and is done when its last request is done. If
    /// `serve` ends early, the result is `Finished`. Its output is given whenever it came to an end.
    pub async fn run<F: Future>(
        self,
        shutdown: &Shutdown,
        signals: &mut Signals,
        serve: F,
    ) -> (Drained, Option<F::Output>) {
        tokio::pin!(serve);
        let by_signal = tokio::select! {
            output = &mut serve => return (Drained::Finished, Some(output)),
            _ = signals.next() => true,
            () = shutdown.draining() => false,
        };
        shutdown.trigger();
        let order = async {
            tokio::time::sleep(self.grace).await;
            shutdown.close();
            Deadline::after(self.timeout).passed().await;
        };
        let second_signal = async {
            if !by_signal {
                signals.next().await;
            }
            signals.next().await;
        };
        tokio::select! {
            output = &mut serve => (Drained::Finished, Some(output)),
            () = order => (Drained::DeadlinePassed, None),
            () = second_signal => (Drained::Forced, None),
        }
    }
}
