//! Fills in the canonical addresses of accounts that an earlier version has made.

use crate::store::{Store, StoreError};

/// The number of accounts in one transaction. A transaction is short, because others wait for it.
const BATCH: u32 = 500;

/// The result of filling in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Filled {
    /// The number of accounts that got their canonical form.
    pub(super) accounts: u64,
    /// The number of accounts whose form another account has, whenever that was found.
    pub(super) unresolved: u64,
}

/// Fills in the missing canonical forms. A collision is logged once, because a person has to decide which of the two
/// accounts goes on.
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
