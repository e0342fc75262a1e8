//! Effects that change or use second factors.

mod queries;

use uuid::Uuid;

use super::{LogIn, SeenAccount};
use crate::domain::guessing::{GuessKey, Limit};
use crate::domain::second_factor::{FactorUse, RecoveryCodeHash, SealedSecret};
use crate::domain::{AuthLevel, PasswordHash, Timestamp};

pub use queries::Factors;

/// A change or use of second factors. A change locks the account's row first, so that changes of one person's factors
/// are done one after the other.
#[derive(Debug, Clone)]
pub enum FactorChange {
    /// Stores a secret for an authenticator app, in place of one that was never confirmed. The outcome is
    /// [`Outcome::Stale`](super::Outcome::Stale) where the account is gone.
    Enrol {
        /// The id of the new factor (`UUIDv7`).
        factor_id: Uuid,
        /// The id of the account.
        user_id: Uuid,
        /// The encrypted secret.
        secret: SealedSecret,
    },
    /// Confirms an authenticator app by its first code. The app replaces an earlier one. The recovery codes are
    /// replaced, all remembered devices are forgotten, and the session gets [`AuthLevel::Two`]. The outcome is
    /// [`Outcome::Stale`](super::Outcome::Stale) where the factor is gone or confirmed already.
    Confirm {
        /// The id of the factor.
        factor_id: Uuid,
        /// The id of the account.
        user_id: Uuid,
        /// The id of the session that asks.
        session_id: Uuid,
        /// The time step of the code.
        step: i64,
        /// The hashes of the new recovery codes.
        codes: Vec<RecoveryCodeHash>,
    },
    /// Deletes all second factors, recovery codes and remembered devices. The outcome is
    /// [`Outcome::Stale`](super::Outcome::Stale) where there is no confirmed factor.
    Remove {
        /// The id of the account.
        user_id: Uuid,
    },
    /// Replaces all recovery codes. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where there is no
    /// confirmed factor.
    RenewCodes {
        /// The id of the account.
        user_id: Uuid,
        /// The hashes of the new recovery codes.
        codes: Vec<RecoveryCodeHash>,
    },
    /// Forgets all remembered devices.
    ForgetDevices {
        /// The id of the account.
        user_id: Uuid,
    },
    /// Forgets one remembered device. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where the device is not
    /// remembered at the mutation's time.
    ForgetDevice {
        /// The id of the account.
        user_id: Uuid,
        /// The id of the device, as the device's token names it.
        device_id: Uuid,
    },
    /// Records a right password, after which a second factor is asked for. The outcome is
    /// [`Outcome::Stale`](super::Outcome::Stale) where the account is not as it was read.
    Ask(RightPassword),
    /// A log-in with a second factor. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where the factor
    /// cannot be used (any more), or the account is not as it was read.
    LogIn(Box<FactorLogIn>),
    /// A new authentication in a session. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where the factor
    /// cannot be used (any more).
    StepUp(StepUp),
    /// Replaces an encrypted secret by the same secret under another key, where the stored one still is `seen`.
    /// Otherwise nothing is done.
    Reseal {
        /// The id of the factor.
        factor_id: Uuid,
        /// The encrypted secret that was read.
        seen: SealedSecret,
        /// The secret under the other key.
        secret: SealedSecret,
    },
}

/// A right password of a person with a second factor.
#[derive(Debug, Clone)]
pub struct RightPassword {
    /// The id of the account.
    pub user_id: Uuid,
    /// The account as it was read, which must not be suspended.
    pub seen: SeenAccount,
    /// A hash to replace `seen.password_hash`, which an earlier rule made.
    pub rehash: Option<PasswordHash>,
    /// The debt of wrong passwords to forgive.
    pub forgiven: Option<GuessKey>,
}

/// A log-in with a second factor.
#[derive(Debug, Clone)]
pub struct FactorLogIn {
    /// The log-in's session and account.
    pub log_in: LogIn,
    /// The factor that is used up.
    pub used: FactorUse,
    /// The guesses that were counted in advance and are taken back.
    pub refunded: Vec<Limit>,
    /// The device to remember; none where the person did not ask for that.
    pub remembered: Option<RememberedDevice>,
}

/// A device where the password alone logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RememberedDevice {
    /// The id of the device, as the device's token names it.
    pub id: Uuid,
    /// The end of the time that the device is remembered.
    pub expires_at: Timestamp,
}

/// A new authentication in a session.
#[derive(Debug, Clone)]
pub struct StepUp {
    /// The id of the session.
    pub session_id: Uuid,
    /// The assurance level from now on.
    pub level: AuthLevel,
    /// The factor that is used up; none for a password.
    pub used: Option<FactorUse>,
    /// The guesses that were counted in advance and are taken back.
    pub refunded: Vec<Limit>,
}

impl FactorChange {
    /// The change's name in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Enrol { .. } => "enrol_totp",
            Self::Confirm { .. } => "confirm_totp",
            Self::Remove { .. } => "remove_second_factors",
            Self::RenewCodes { .. } => "renew_recovery_codes",
            Self::ForgetDevices { .. } => "forget_devices",
            Self::ForgetDevice { .. } => "forget_device",
            Self::Ask(_) => "ask_second_factor",
            Self::LogIn(_) => "log_in_second_factor",
            Self::StepUp(_) => "step_up",
            Self::Reseal { .. } => "reseal_totp",
        }
    }
}
