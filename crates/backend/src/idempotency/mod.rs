//! Requests that may be repeated: the same key and body get the first answer again, from any
//! instance (IETF draft-ietf-httpapi-idempotency-key-header).
//!
//! What is kept tells nothing: the scope is a hash, the request's body a keyed hash, and the
//! answer is encrypted, since it may bear tokens. Both keys are derived from the secret of the
//! access tokens; records name the secret that was used, so that a change of it loses none.

mod answer;
mod key;
mod vault;

pub use answer::Answer;
pub use key::{IdempotencyKey, InvalidKey};
pub use vault::{OpenError, Request, Vault};

use time::Duration;

/// How long a record counts.
pub const KEPT_FOR: Duration = Duration::DAY;
