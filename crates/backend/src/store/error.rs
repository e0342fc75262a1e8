//! The errors of a database.

/// A cause from below: of rusqlite, tiberius, bb8.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a call to the store failed, by what that means for the request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, no connection came free, or a queue is full. Surely nothing
    /// was done, so that any request may be tried on another instance.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// What was waited for, for the log.
        reason: &'static str,
        /// What was heard from below.
        source: Option<BoxError>,
    },
    /// The connection was lost while a mutation was on its way: it was done or it was not. A
    /// repetition with the same idempotency key finds out.
    #[error("the connection to the database was lost in the middle of a change")]
    Interrupted {
        /// What was heard from below.
        source: BoxError,
    },
    /// A stored value does not fit the domain.
    #[error("the database holds a bad {what}")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// Why it does not fit.
        source: BoxError,
    },
    /// The database refused a statement, which no repetition will help: an error of ours.
    #[error("the database refused to {action}")]
    Refused {
        /// What was asked, for the log.
        action: &'static str,
        /// What was heard from below.
        source: BoxError,
    },
}

impl StoreError {
    /// A name for traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Interrupted { .. } => "interrupted",
            Self::Corrupt { .. } => "corrupt",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether it is the database that fails, which all instances share, and not a limit of this
    /// instance alone. This instance may still be the only one that is cut off from it.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Unavailable { source: Some(_), .. } | Self::Interrupted { .. })
    }

    /// [`StoreError::Unavailable`] with a cause.
    pub fn unavailable(reason: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Unavailable { reason, source: Some(source.into()) }
    }

    /// [`StoreError::Unavailable`] because a limit of ours was reached.
    pub fn exhausted(reason: &'static str) -> Self {
        Self::Unavailable { reason, source: None }
    }

    /// [`StoreError::Corrupt`] for the column `what`.
    pub fn corrupt(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Corrupt { what, source: source.into() }
    }
}
