//! Effects that change or use second factors.

mod queries;

use uuid::Uuid;

use super::{LogIn, SeenAccount};
use crate::domain::guessing::{GuessKey, Limit};
use crate::domain::second_factor::{FactorUse, RecoveryCodeHash, SealedSecret};
use crate::domain::{AuthLevel, PasswordHash, Timestamp};

pub use queries::Factors;

/// A change of second factors, or a use of one. What changes a person's factors locks the account's row first, so that
/// such changes are done one after the other.
#[derive(Debug, Clone)]
pub enum FactorChange {
    /// A secret for an authenticator app, in the place of one that was never confirmed. Where the account is gone:
    /// [`Outcome::Stale`](super::Outcome::Stale).
    Enrol {
        /// The factor, `UUIDv7`.
        factor_id: Uuid,
        /// Whose it is.
        user_id: Uuid,
        /// What codes are made of.
        secret: SealedSecret,
    },
    /// The first code was given: the app is the person's from now on, in the place of another one. There are new recovery
    /// codes, no device is remembered any more, and the session is of [`AuthLevel::Two`]. Where the factor is gone or
    /// confirmed already: [`Outcome::Stale`](super::Outcome::Stale).
    Confirm {
        /// The factor.
        factor_id: Uuid,
        /// Whose it is.
        user_id: Uuid,
        /// The session that asks.
        session_id: Uuid,
        /// The time step of the code.
        step: i64,
        /// The recovery codes.
        codes: Vec<RecoveryCodeHash>,
    },
    /// All second factors, recovery codes and remembered devices go. Where there is no confirmed factor:
    /// [`Outcome::Stale`](super::Outcome::Stale).
    Remove {
        /// Whose.
        user_id: Uuid,
    },
    /// Other recovery codes, in the place of all of before. Where there is no confirmed factor:
    /// [`Outcome::Stale`](super::Outcome::Stale).
    RenewCodes {
        /// Whose.
        user_id: Uuid,
        /// The recovery codes.
        codes: Vec<RecoveryCodeHash>,
    },
    /// No device is remembered any more.
    ForgetDevices {
        /// Whose.
        user_id: Uuid,
    },
    /// One device is not remembered any more. Where it was not (or only until before the change):
    /// [`Outcome::Stale`](super::Outcome::Stale).
    ForgetDevice {
        /// Whose.
        user_id: Uuid,
        /// The device, as its token names it.
        device_id: Uuid,
    },
    /// The password was right, and a second factor is asked for. Where the account is not as it was read:
    /// [`Outcome::Stale`](super::Outcome::Stale).
    Ask(RightPassword),
    /// A log-in with a second factor. Where the factor cannot be used (any more), or the account is not as it was read:
    /// [`Outcome::Stale`](super::Outcome::Stale).
    LogIn(Box<FactorLogIn>),
    /// A session whose person has proved once more to be the one. Where the factor cannot be used (any more):
    /// [`Outcome::Stale`](super::Outcome::Stale).
    StepUp(StepUp),
    /// The same secret under another key, where it still is `seen`; otherwise nothing.
    Reseal {
        /// The factor.
        factor_id: Uuid,
        /// What was read.
        seen: SealedSecret,
        /// What takes its place.
        secret: SealedSecret,
    },
}

/// A right password of somebody who has a second factor.
#[derive(Debug, Clone)]
pub struct RightPassword {
    /// Whose password.
    pub user_id: Uuid,
    /// What was read of the account, which must not be suspended.
    pub seen: SeenAccount,
    /// A hash in the place of `seen.password_hash`, which was made by an earlier rule.
    pub rehash: Option<PasswordHash>,
    /// A debt of wrong passwords that is forgiven.
    pub forgiven: Option<GuessKey>,
}

/// A log-in with a second factor.
#[derive(Debug, Clone)]
pub struct FactorLogIn {
    /// The session that begins.
    pub log_in: LogIn,
    /// What is used up by it.
    pub used: FactorUse,
    /// Guesses that were counted before they proved right.
    pub refunded: Vec<Limit>,
    /// The device, where it is to be remembered.
    pub remembered: Option<RememberedDevice>,
}

/// A device where the password alone logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RememberedDevice {
    /// The device, as its token names it.
    pub id: Uuid,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A proof in a session that goes on.
#[derive(Debug, Clone)]
pub struct StepUp {
    /// The session.
    pub session_id: Uuid,
    /// How surely the person is known from now on.
    pub level: AuthLevel,
    /// What is used up by it; none for a password.
    pub used: Option<FactorUse>,
    /// Guesses that were counted before they proved right.
    pub refunded: Vec<Limit>,
}

impl FactorChange {
    /// A name for metrics and logs.
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
