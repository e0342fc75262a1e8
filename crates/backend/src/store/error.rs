//! The errors of a database.

/// A cause from a lower library: rusqlite, tiberius or bb8.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The reason why a call to the store failed, by the consequence for the request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, no connection came free, or a queue is full. Nothing was done, so the request may
    /// be tried on another instance.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// What the call waited for, for the log.
        reason: &'static str,
        /// The cause, where there is one.
        source: Option<BoxError>,
    },
    /// The connection was lost while a mutation was on its way. The mutation was done whole or not at all. A
    /// repetition with the same idempotency key finds out.
    #[error("the connection to the database was lost in the middle of a change")]
    Interrupted {
        /// The cause.
        source: BoxError,
    },
    /// A stored value does not fit the domain.
    #[error("the database holds a bad {what}")]
    Corrupt {
        /// The column.
        what: &'static str,
        /// The cause.
        source: BoxError,
    },
    /// The database refused a statement. The cause is a fault of this program, which no repetition mends.
    #[error("the database refused to {action}")]
    Refused {
        /// The action of the call, for the log.
        action: &'static str,
        /// The cause.
        source: BoxError,
    },
}

impl StoreError {
    /// The error's name in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Interrupted { .. } => "interrupted",
            Self::Corrupt { .. } => "corrupt",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether the database fails, which all instances share, and not a limit of this instance. This instance may
    /// still be the only one without a connection to the database.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Unavailable { source: Some(_), .. } | Self::Interrupted { .. })
    }

    /// A [`StoreError::Unavailable`] with a cause.
    pub fn unavailable(reason: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Unavailable { reason, source: Some(source.into()) }
    }

    /// A [`StoreError::Unavailable`] for a limit of this instance that was reached.
    pub fn exhausted(reason: &'static str) -> Self {
        Self::Unavailable { reason, source: None }
    }

    /// A [`StoreError::Corrupt`] for the column `what`.
    pub fn corrupt(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Corrupt { what, source: source.into() }
    }
}
