//! Effects of passkeys.

mod queries;

use uuid::Uuid;

use super::{LogIn, WayIn};
use crate::domain::passkey::{AnsweredChallenge, CredentialHash, Passkey, PasskeyName, PasskeyUse};

pub use queries::Passkeys;

/// A change or use of passkeys. Changes that answer a challenge store the challenge. The outcome is
/// [`Outcome::Stale`](super::Outcome::Stale), and nothing is done, for a challenge that was answered before. A change
/// locks the account's row first, so that changes of one person's passkeys are done one after the other.
#[derive(Debug, Clone)]
pub enum PasskeyChange {
    /// Adds a passkey to an account. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where some account has
    /// the credential, the account is gone, or it has [`MAX_PASSKEYS`](crate::domain::passkey::MAX_PASSKEYS) already.
    Add {
        /// The passkey with the id of its account. It has no uses yet.
        passkey: Box<Passkey>,
        /// The hash of the credential's id.
        hash: CredentialHash,
        /// The challenge that the registration has answered.
        challenge: AnsweredChallenge,
    },
    /// A log-in. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where the passkey is gone, disabled or was
    /// used since it was read, or the account is not as it was read.
    LogIn {
        /// The use of the passkey, whose `last_used_at` becomes the mutation's time.
        used: PasskeyUse,
        /// The session, and the account as it was read.
        log_in: Box<LogIn>,
    },
    /// A new authentication in a session, guarded as `LogIn` is. The session gets
    /// [`AuthLevel::Two`](crate::domain::AuthLevel::Two).
    StepUp {
        /// The use of the passkey.
        used: PasskeyUse,
        /// The id of the session.
        session_id: Uuid,
    },
    /// Disables a passkey whose signature counter went backwards. The outcome is
    /// [`Outcome::Stale`](super::Outcome::Stale) where the passkey is gone, disabled already, or was used since it
    /// was read.
    Disable {
        /// The id of the account.
        user_id: Uuid,
        /// The use that showed the counter.
        used: PasskeyUse,
    },
    /// Renames a passkey. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where the person has no such
    /// passkey.
    Rename {
        /// The id of the account that the passkey must belong to.
        user_id: Uuid,
        /// The id of the passkey.
        passkey_id: Uuid,
        /// The new name.
        name: PasskeyName,
    },
    /// Removes a passkey from an account that keeps another way in. The outcome is
    /// [`Outcome::Stale`](super::Outcome::Stale) where the other way in is gone, or the person has no such passkey.
    Remove {
        /// The id of the account that the passkey must belong to.
        user_id: Uuid,
        /// The id of the passkey.
        passkey_id: Uuid,
        /// The way in that the account keeps.
        remains: WayIn,
    },
}

impl PasskeyChange {
    /// The change's name in metrics and logs.
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
