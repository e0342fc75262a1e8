//! Requests that may be repeated: the same key and body get the first answer again, from any
//! instance (IETF draft-ietf-httpapi-idempotency-key-header).
//!
//! Stored records reveal nothing. The scope is a hash, the request's body a keyed hash, and the answer is encrypted,
//! because an answer may have tokens. Both keys are derived from the secret of the access tokens. A record names its
//! secret, so that a change of secrets loses no record.

mod answer;
mod key;
mod reference;
mod unreadable;
mod vault;

pub use answer::{Answer, Kept};
pub use key::{IdempotencyKey, InvalidKey};
pub use reference::{Completion, StateReference};
pub use vault::{OpenError, Request, Vault};

pub use crate::store::KEPT_FOR;

/// The number of live records of one person, beyond which changes are done without a record.
pub const MAX_LIVE_CHANGES: u32 = 1000;

/// The number of live refusals of one asker, beyond which refusals are not stored.
pub const MAX_LIVE_REFUSALS: u32 = 20;

/// The largest refusal that is stored, in encrypted bytes.
pub const MAX_REFUSAL_BYTES: usize = 4 * 1024;
