//! Jobs: calls to the database, as the threads run them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::{Outcome, StoreError};

/// Whether the changes of a job are kept.
pub(super) trait Keep {
    /// False undoes all changes of the job.
    fn keep(&self) -> bool;
}

impl Keep for Outcome {
    fn keep(&self) -> bool {
        *self == Self::Committed
    }
}

/// A job in the queue.
pub(super) struct Job {
    /// The time when the job was queued.
    pub(super) queued: Instant,
    call: Box<dyn Call>,
}

impl Job {
    /// A job for `work`, and the channel of its result.
    pub(super) fn new<T, W>(work: W) -> (Self, oneshot::Receiver<Result<T, StoreError>>)
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Self::with_keep(work, |_| true)
    }

    /// A job whose result says whether its changes are kept.
    pub(super) fn keeping<T, W>(work: W) -> (Self, oneshot::Receiver<Result<T, StoreError>>)
    where
        T: Keep + Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Self::with_keep(work, T::keep)
    }

    fn with_keep<T, W>(work: W, keep: fn(&T) -> bool) -> (Self, oneshot::Receiver<Result<T, StoreError>>)
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, receiver) = oneshot::channel();
        let call = Box::new(Pending { work: Some(work), keep, result: None, reply });
        (Self { queued: Instant::now(), call }, receiver)
    }

    /// Runs the job. False where its changes are to be undone.
    pub(super) fn run(&mut self, connection: &Connection) -> bool {
        self.call.run(connection)
    }

    /// Sends the caller the result, or the error of the surrounding transaction.
    pub(super) fn finish(self, committed: Result<(), StoreError>) {
        self.call.finish(committed);
    }
}

trait Call: Send {
    fn run(&mut self, connection: &Connection) -> bool;
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, W> {
    /// The work; none once it has begun.
    work: Option<W>,
    keep: fn(&T) -> bool,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, W> Call for Pending<T, W>
where
    T: Send,
    W: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        // A panic must not take the thread, and with it the database, away from all others.
        let result = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or_else(|_| {
            let source = "a panic in the database thread".into();
            Err(StoreError::Refused { action: "do what was asked", source })
        });
        let keep = result.as_ref().is_ok_and(self.keep);
        self.result = Some(result);
        keep
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        let never_run = || Err(StoreError::exhausted("its turn"));
        let result = committed.and_then(|()| result.unwrap_or_else(never_run));
        // Where the client has hung up, nobody is there to hear it, which is fine.
        drop(reply.send(result));
    }
}
