//! Decides which database answers a query: the primary, or a replica that may lag behind.

use std::pin::Pin;

use super::replica::Freshness;
use super::state::AppState;
use crate::store::{Store, StoreError};

/// The running query of one store.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

impl AppState {
    /// Runs a query on the replica where the answer may lag. The primary answers where it may not, where there is no
    /// replica, and where the replica cannot answer.
    pub async fn read<T>(
        &self,
        freshness: Freshness,
        ask: impl for<'a> Fn(&'a dyn Store) -> Answering<'a, T>,
    ) -> Result<T, StoreError> {
        if let (Freshness::MayLag, Some(replica)) = (freshness, &self.replica) {
            match ask(&*replica.store).await {
                Ok(answer) => {
                    self.metrics.replica_read(true);
                    return Ok(answer);
                }
                Err(error) => {
                    self.metrics.replica_read(false);
                    tracing::debug!(
                        error = service_kit::exit::chain(&error),
                        "the replica did not answer; asking the primary"
                    );
                }
            }
        }
        ask(&*self.store).await
    }
}
