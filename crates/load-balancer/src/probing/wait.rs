//! Waiting for a point in time.

use std::future::pending;
use std::time::Instant;
use tokio::time::sleep_until;

/// Waits for a point in time; `None` never comes.
pub(super) async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => pending().await,
    }
}
