//! Effects of passkeys.

mod queries;

use uuid::Uuid;

use super::{LogIn, WayIn};
use crate::domain::passkey::{AnsweredChallenge, CredentialHash, Passkey, PasskeyName, PasskeyUse};

pub use queries::Passkeys;

/// A change of passkeys, or a use of one. All that answer a challenge note it: one that was answered before is
/// [`Outcome::Stale`](super::Outcome::Stale), and nothing is done. What changes a person's passkeys locks the account's row
/// first, so that such changes are done one after the other.
#[derive(Debug, Clone)]
pub enum PasskeyChange {
    /// Adds a passkey to an account. A credential that is there already, for anybody, an account that is gone, or one that has
    /// [`MAX_PASSKEYS`](crate::domain::passkey::MAX_PASSKEYS) is [`Outcome::Stale`](super::Outcome::Stale).
    Add {
        /// The passkey, with the account that it is to open. It was not used yet.
        passkey: Box<Passkey>,
        /// What it is found by.
        hash: CredentialHash,
        /// The challenge that its first signature answers.
        challenge: AnsweredChallenge,
    },
    /// A log-in. A passkey that is gone, disabled, or was used since it was read, and an account that is not as it was read, are
    /// [`Outcome::Stale`](super::Outcome::Stale).
    LogIn {
        /// The use of the passkey; its `last_used_at` becomes the mutation's time.
        used: PasskeyUse,
        /// The session, and the account as it was read.
        log_in: Box<LogIn>,
    },
    /// A session whose person has proved once more to be the one, guarded as `LogIn` is. It is of
    /// [`AuthLevel::Two`](crate::domain::AuthLevel::Two) from now on.
    StepUp {
        /// The use of the passkey.
        used: PasskeyUse,
        /// The session.
        session_id: Uuid,
    },
    /// The signature counter went backwards: it opens nothing any more. One that is gone, disabled already, or was used since
    /// it was read is [`Outcome::Stale`](super::Outcome::Stale).
    Disable {
        /// Whose passkey it is.
        user_id: Uuid,
        /// The use that showed it.
        used: PasskeyUse,
    },
    /// Another name. Where that person has no such passkey: [`Outcome::Stale`](super::Outcome::Stale).
    Rename {
        /// Whose passkey it must be.
        user_id: Uuid,
        /// The passkey.
        passkey_id: Uuid,
        /// What it is called from now on.
        name: PasskeyName,
    },
    /// Takes a passkey away, where the other way into the account is still there; else, and where that person has no such
    /// passkey: [`Outcome::Stale`](super::Outcome::Stale).
    Remove {
        /// Whose passkey it must be.
        user_id: Uuid,
        /// The passkey.
        passkey_id: Uuid,
        /// What remains.
        remains: WayIn,
    },
}

impl PasskeyChange {
    /// A name for metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_passkey",
            Self::LogIn { .. } => "log_in_by_passkey",
            Self::StepUp { .. } => "step_up_by_passkey",
            Self::Disable { .. } => "disable_passkey",
            Self::Rename { .. } => "rename_passkey",
            Self::Remove { .. } => "remove_passkey",
        }
    }
}
