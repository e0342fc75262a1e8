//! A call to the database, as the thread that does it sees it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::{Outcome, StoreError};

/// Whether what was done is to stay.
pub(super) trait Keep {
    /// False undoes all of it.
    fn keep(&self) -> bool;
}

impl Keep for Outcome {
    fn keep(&self) -> bool {
        *self == Self::Committed
    }
}

/// What waits in a queue.
pub(super) struct Job {
    /// Since when it waits.
    pub(super) queued: Instant,
    call: Box<dyn Call>,
}

impl Job {
    /// A job that does `work`, and where its result will be found.
    pub(super) fn new<T, W>(work: W) -> (Self, oneshot::Receiver<Result<T, StoreError>>)
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Self::with_keep(work, |_| true)
    }

    /// The same where the result says whether what was done is to stay.
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

    /// Does the work. False: what it did is to be undone.
    pub(super) fn run(&mut self, connection: &Connection) -> bool {
        self.call.run(connection)
    }

    /// Tells the caller the result, or the error of the transaction around it.
    pub(super) fn finish(self, committed: Result<(), StoreError>) {
        self.call.finish(committed);
    }
}

trait Call: Send {
    fn run(&mut self, connection: &Connection) -> bool;
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, W> {
    /// None once it was begun.
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
