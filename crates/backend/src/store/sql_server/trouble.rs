//! What keeps the pool from connecting, for logs and for whoever waits in vain.

use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::ConnectError;

/// The last failure to connect, until a connection succeeds. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<Option<Arc<ConnectError>>>>);

impl Trouble {
    /// The failure, while it lasts.
    pub(super) fn current(&self) -> Option<Arc<ConnectError>> {
        self.lock().clone()
    }

    /// A connection succeeded.
    pub(super) fn is_over(&self) {
        if self.lock().take().is_some() {
            tracing::info!("the database answers again");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<ConnectError>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl bb8::ErrorSink<ConnectError> for Trouble {
    fn sink(&self, error: ConnectError) {
        // A pooled connection that went bad is replaced, which is no trouble yet.
        if matches!(error, ConnectError::Unfit(_) | ConnectError::InTransaction) {
            tracing::debug!(%error, "a pooled connection was replaced");
            return;
        }
        let cause = error.source().map(ToString::to_string);
        let last = self.lock().replace(Arc::new(error));
        let error = self.current();
        let known =
            last.zip(error.clone()).is_some_and(|(last, now)| format!("{last:?}") == format!("{now:?}"));
        if let (Some(error), false) = (error, known) {
            tracing::warn!(%error, cause, "no connection to the database");
        }
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<ConnectError>> {
        Box::new(self.clone())
    }
}
