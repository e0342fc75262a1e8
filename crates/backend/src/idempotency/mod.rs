//! Requests that may be repeated: the same key and body get the first answer again, from any
//! instance (IETF draft-ietf-httpapi-idempotency-key-header).
//!
//! What is kept tells nothing: the scope is a hash, the request's body a keyed hash, and the
//! answer is encrypted, since it may bear tokens. Both keys are derived from the secret of the
//! access tokens; records name the secret that was used, so that a change of it loses none.

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

/// Beyond so many live records of one person, what they change is done without a record.
pub const MAX_LIVE_CHANGES: u32 = 1000;

/// Beyond so many live refusals of one asker, they are not kept.
pub const MAX_LIVE_REFUSALS: u32 = 20;

/// The largest refusal that is kept, encrypted.
pub const MAX_REFUSAL_BYTES: usize = 4 * 1024;
