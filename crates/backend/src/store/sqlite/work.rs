//! Runs the jobs of the queue on the threads.

use std::sync::Arc;
use std::time::Instant;

use rusqlite::{Connection, Error};

use super::connection::{BUSY_TIMEOUT, wait_until};
use super::crew::Inbox;
use super::job::Job;
use super::place::{Lost, Place};
use crate::store::StoreError;

/// The largest number of mutations in one flush.
const MAX_BATCH: usize = 64;

/// The writer, which commits waiting mutations in one transaction with one flush.
pub(super) fn write(connection: &Connection, place: &Place, inbox: &Inbox) {
    while let Some(jobs) = inbox.take(MAX_BATCH) {
        match place.check() {
            Ok(()) => commit_together(connection, place, jobs),
            Err(lost) => refuse(jobs, &lost),
        }
        inbox.done();
    }
}

fn refuse(jobs: Vec<Job>, lost: &Lost) {
    for job in jobs {
        job.finish(Err(lost.clone().into()));
    }
}

/// The reader. Each job is one statement and sees one moment.
pub(super) fn read(connection: &Connection, place: &Place, inbox: &Inbox) {
    while let Some(jobs) = inbox.take(1) {
        match place.check() {
            Ok(()) => jobs.into_iter().for_each(|job| read_one(connection, job)),
            Err(lost) => refuse(jobs, &lost),
        }
        inbox.done();
    }
}

fn read_one(connection: &Connection, mut job: Job) {
    wait_until(job.queued + BUSY_TIMEOUT);
    job.run(connection);
    job.finish(Ok(()));
}

/// The reason why the shared transaction failed. Each mutation of the transaction gets the error, hence the `Arc`.
enum Broken {
    /// The transaction did not begin, or was undone. Nothing was done.
    Undone(Arc<Error>),
    /// The commit failed, or the file was lost meanwhile. The change may be in the database or not.
    Unsure(Arc<dyn std::error::Error + Send + Sync>),
}

impl Broken {
    fn undone(error: Error) -> Self {
        Self::Undone(Arc::new(error))
    }

    fn for_caller(&self) -> StoreError {
        match self {
            Self::Undone(error) => StoreError::unavailable("the file or its lock", Arc::clone(error)),
            Self::Unsure(error) => StoreError::Interrupted { source: Box::new(Arc::clone(error)) },
        }
    }
}

fn commit_together(connection: &Connection, place: &Place, mut jobs: Vec<Job>) {
    let oldest = jobs.iter().map(|job| job.queued).min().unwrap_or_else(Instant::now);
    wait_until(oldest + BUSY_TIMEOUT);
    let committed = run_all(connection, &mut jobs)
        .and_then(|()| place.check().map_err(|lost| Broken::Unsure(Arc::new(lost))));
    if committed.is_err()
        && !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
    for job in jobs {
        job.finish(committed.as_ref().map_err(Broken::for_caller).copied());
    }
}

fn run_all(connection: &Connection, jobs: &mut [Job]) -> Result<(), Broken> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(Broken::undone)?;
    for job in jobs {
        run_in_savepoint(connection, job).map_err(Broken::undone)?;
    }
    connection.execute_batch("COMMIT").map_err(|error| Broken::Unsure(Arc::new(error)))
}

fn run_in_savepoint(connection: &Connection, job: &mut Job) -> Result<(), Error> {
    connection.execute_batch("SAVEPOINT job")?;
    let keep = job.run(connection);
    // After some errors (no space, no memory) SQLite has rolled the whole transaction back;
    // then there is no savepoint either, and the next statement says so.
    connection.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })
}
