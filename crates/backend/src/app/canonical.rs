//! Fills in the canonical addresses of accounts that an earlier version has made.

use crate::store::{Store, StoreError};

/// Accounts in one transaction: few, since others wait for it.
const BATCH: u32 = 500;

/// What became of all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Filled {
    /// How many accounts got their form.
    pub(super) accounts: u64,
    /// How many collide, whenever that was found.
    pub(super) unresolved: u64,
}

/// Fills in what is missing. A collision is told once: a person has to decide which of the two accounts is to go on.
pub(super) async fn fill(store: &dyn Store) -> Result<Filled, StoreError> {
    let mut filled = Filled::default();
    loop {
        let done = store.canonicalize(store.now(), BATCH).await?;
        for user_id in &done.collisions {
            tracing::warn!(%user_id, "the address of an account is another spelling of one that another account has");
        }
        filled.unresolved = done.unresolved;
        if done.is_nothing() {
            return Ok(filled);
        }
        filled.accounts += done.filled;
    }
}
