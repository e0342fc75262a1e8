//! Classifies failed round trips: was anything done, and may the call be tried again?

use std::time::Duration;

use tiberius::error::Error as DriverError;

use crate::store::{BoxError, StoreError};

/// A failed round trip.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There was no connection, so nothing was sent.
    #[error("{0}")]
    NotConnected(&'static str, #[source] Option<BoxError>),
    /// The connection was lost, or no answer came in time. The batch was done or not done.
    #[error("the connection was lost")]
    Lost(#[source] BoxError),
    /// The server rolled back for a passing reason, such as a deadlock.
    #[error("the server rolled back for now")]
    Transient(#[source] BoxError),
    /// A unique constraint failed, and everything was rolled back.
    #[error("a unique constraint failed")]
    Duplicate(#[source] DriverError),
    /// The server cannot write or is out of memory, and everything was rolled back.
    #[error("the server is out of order")]
    Exhausted(#[source] BoxError),
    /// The server refused a statement, and everything was rolled back.
    #[error("the server refused a statement")]
    Refused(#[source] BoxError),
}

/// No answer came within this time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(super) struct TimedOut(pub(super) Duration);

/// The driver has panicked, as it does where a server breaks the protocol.
#[derive(Debug, thiserror::Error)]
#[error("the driver gave up: {0}")]
pub(super) struct Panicked(pub(super) String);

/// The error numbers of passing failures, after which whole transactions are repeated.
const TRANSIENT: [u32; 17] = [
    // Deadlock victim; snapshot conflict; lock time-out; no lock to be had for want of memory.
    1205, 3960, 1222, 1204,
    // The database is being started or recovered; it is in transition; it is not open yet.
    921, 922, 952,
    // A replica that is not (or not yet) the primary: not accessible; only for reading by intent.
    976, 978,
    // Azure SQL: an error while processing; busy; database not available now; limits of workers
    // and sessions; not enough resources; too many operations; the subscription's operations.
    40_197, 40_501, 40_613, 10_928, 10_929, 49_918, 49_919, 49_920,
];
/// The error numbers of unique indexes and constraints.
const DUPLICATE: [u32; 2] = [2601, 2627];
/// The error numbers of a server out of memory, log or disk, and of a read-only, paused or unavailable database.
const EXHAUSTED: [u32; 8] = [701, 802, 1105, 3906, 8645, 8651, 9002, 983];
/// The severity from which on the server closes the connection, so that the fate of the batch is unknown.
const FATAL_CLASS: u8 = 20;

impl Failure {
    /// Classifies an error of a batch that was sent.
    pub(super) fn of_batch(error: DriverError) -> Self {
        match &error {
            DriverError::Server(token) if token.class() >= FATAL_CLASS => Self::Lost(error.into()),
            DriverError::Server(token) => match token.code() {
                code if DUPLICATE.contains(&code) => Self::Duplicate(error),
                code if TRANSIENT.contains(&code) => Self::Transient(error.into()),
                code if EXHAUSTED.contains(&code) => Self::Exhausted(error.into()),
                _ => Self::Refused(error.into()),
            },
            _ => Self::Lost(error.into()),
        }
    }

    /// Whether the whole answer was read, so that the connection can be used again.
    pub(super) fn was_answered(&self) -> bool {
        match self {
            Self::NotConnected(..) | Self::Lost(_) => false,
            Self::Transient(_) | Self::Duplicate(_) | Self::Exhausted(_) | Self::Refused(_) => true,
        }
    }

    /// Whether the constraint `name` has failed. The server's text names the constraint in every language.
    pub(super) fn violates(&self, name: &str) -> bool {
        match self {
            Self::Duplicate(DriverError::Server(token)) => token.message().contains(name),
            _ => false,
        }
    }

    /// This failure as a transient one.
    pub(super) fn has_passed(self) -> Self {
        match self {
            Self::Duplicate(source) => Self::Transient(source.into()),
            other => other,
        }
    }

    /// Whether waiting may help.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::NotConnected(..) | Self::Lost(_) | Self::Transient(_) | Self::Exhausted(_) => true,
            Self::Duplicate(_) | Self::Refused(_) => false,
        }
    }

    /// The number of the server's error; none for other failures.
    pub(super) fn code(&self) -> Option<u32> {
        let source: &(dyn std::error::Error + 'static) = match self {
            Self::Duplicate(error) => error,
            other => std::error::Error::source(other)?,
        };
        source.downcast_ref::<DriverError>()?.code()
    }

    /// The error of a call that only reads, so that nothing was done.
    pub(super) fn of_read(self, action: &'static str) -> StoreError {
        match self {
            Self::Lost(source) => StoreError::unavailable("the connection was lost", source),
            other => other.of_change(action),
        }
    }

    /// The error of a call that changes something.
    pub(super) fn of_change(self, action: &'static str) -> StoreError {
        match self {
            Self::NotConnected(reason, source) => StoreError::Unavailable { reason, source },
            Self::Lost(source) => StoreError::Interrupted { source },
            Self::Transient(source) => StoreError::unavailable("the database is too busy", source),
            Self::Exhausted(source) => StoreError::unavailable("the database is out of order", source),
            Self::Duplicate(source) => StoreError::Refused { action, source: source.into() },
            Self::Refused(source) => StoreError::Refused { action, source },
        }
    }
}
