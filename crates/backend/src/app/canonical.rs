//! Brings the addresses of accounts that an earlier version has made to one form for all spellings.

use crate::store::{Store, StoreError};

/// Accounts in one transaction: few, since others wait for it.
const BATCH: u32 = 500;

/// Fills in what is missing, and gives how many accounts that were. A collision is told once: a person has to decide
/// which of the two accounts is to go on.
pub(super) async fn fill(store: &dyn Store) -> Result<u64, StoreError> {
    let mut filled = 0;
    loop {
        let done = store.canonicalize(store.now(), BATCH).await?;
        for user_id in &done.collisions {
            tracing::warn!(%user_id, "the address of an account is another spelling of one that another account has");
        }
        if done.is_nothing() {
            return Ok(filled);
        }
        filled += done.filled;
    }
}
