//! Second factors: codes of an authenticator app, and recovery codes for the case that the app is lost.

mod recovery;
mod totp;

use std::net::IpAddr;

use time::Duration;
use uuid::Uuid;

use super::{AuthLevel, LogInMethod, Timestamp, UserAgent};

pub use recovery::{NoRecoveryCode, RecoveryCode, RecoveryCodeHash};
pub use totp::{NoTotpSecret, TotpSecret};

/// The purpose of guesses at a second factor.
pub const SECOND_FACTOR: &str = "second factor";

/// The number of recovery codes of one person.
pub const RECOVERY_CODES: usize = 10;

/// The longest time between the password and the second factor.
pub const CHALLENGE_LIFETIME: Duration = Duration::minutes(5);

/// The longest time between the secret of an authenticator app and its first code.
pub const ENROLMENT_LIFETIME: Duration = Duration::minutes(15);

/// The time that a device is remembered. The password alone logs in on a remembered device.
pub const REMEMBERED_FOR: Duration = Duration::days(30);

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// A code of an authenticator app (RFC 6238).
    Totp,
    /// One of the codes that a person keeps for the case that the other factors are lost.
    RecoveryCode,
}

impl FactorKind {
    /// The kind's name in answers and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// The method of a log-in whose last step is this factor.
    pub fn method(self) -> LogInMethod {
        match self {
            Self::Totp => LogInMethod::Totp,
            Self::RecoveryCode => LogInMethod::RecoveryCode,
        }
    }
}

/// A secret, encrypted for the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The name of the secret whose key encrypted this one (at most 64 characters).
    pub kid: String,
    /// Nonce and ciphertext, at most 256 bytes together.
    pub sealed: Vec<u8>,
}

/// A stored secret of an authenticator app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpFactor {
    /// The factor's id (`UUIDv7`).
    pub id: Uuid,
    /// The secret that codes are made of.
    pub secret: SealedSecret,
    /// The time when the secret was made.
    pub created_at: Timestamp,
    /// The time when the first code was given; none before.
    pub confirmed_at: Option<Timestamp>,
    /// The time step of the last accepted code, and 0 before the first. Codes of this step and of earlier steps are
    /// refused.
    pub last_step: i64,
}

/// A stored secret with its owner, for the task that encrypts secrets with a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedSecret {
    /// The id of the factor.
    pub id: Uuid,
    /// The id of the owner's account.
    pub user_id: Uuid,
    /// The encrypted secret.
    pub secret: SealedSecret,
}

/// The second factors of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// The authenticator app whose codes are accepted.
    pub totp: Option<TotpFactor>,
    /// The authenticator app that has not given its first code yet.
    pub pending: Option<TotpFactor>,
    /// The number of unused recovery codes.
    pub recovery_codes_left: u32,
}

impl SecondFactors {
    /// Whether the person has a confirmed second factor, so that the password alone is not enough.
    pub fn is_on(&self) -> bool {
        self.totp.is_some()
    }

    /// The highest assurance level that the person can prove with these factors. Sensitive calls ask for this level.
    pub fn level(&self) -> AuthLevel {
        if self.is_on() { AuthLevel::Two } else { AuthLevel::One }
    }

    /// The kinds of factors that the person may prove beside the password.
    pub fn kinds(&self) -> Vec<FactorKind> {
        let totp = self.totp.is_some().then_some(FactorKind::Totp);
        let recovery = (self.is_on() && self.recovery_codes_left > 0).then_some(FactorKind::RecoveryCode);
        totp.into_iter().chain(recovery).collect()
    }

    /// The authenticator app that can still be confirmed at `now`.
    pub fn enrolling(&self, now: Timestamp) -> Option<&TotpFactor> {
        self.pending.as_ref().filter(|pending| now - pending.created_at < ENROLMENT_LIFETIME)
    }
}

/// A device where the password alone logs in, for the list that its owner sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSummary {
    /// The device's id, as its token names it. The id alone opens nothing, because the token is signed.
    pub id: Uuid,
    /// The `User-Agent` header of the last log-in. None where an instance of an earlier version remembered the device.
    pub user_agent: Option<UserAgent>,
    /// The client's address at the last log-in. None where an instance of an earlier version remembered the device.
    pub address: Option<IpAddr>,
    /// The time when the device was first remembered.
    pub created_at: Timestamp,
    /// The time of the last log-in on the device, with the second factor or without.
    pub last_used_at: Timestamp,
    /// The end of the time that the device is remembered.
    pub expires_at: Timestamp,
}

/// The use of a factor, which uses the factor up. The database records the use by a guarded update. So one code is
/// good for one use, even where several instances get the code at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorUse {
    /// A code of an authenticator app.
    Totp {
        /// The id of the factor.
        factor_id: Uuid,
        /// The time step of the code.
        step: i64,
    },
    /// A recovery code.
    RecoveryCode {
        /// The id of the owner's account.
        user_id: Uuid,
        /// The hash of the code.
        hash: RecoveryCodeHash,
    },
}

impl FactorUse {
    /// The kind of the factor.
    pub fn kind(self) -> FactorKind {
        match self {
            Self::Totp { .. } => FactorKind::Totp,
            Self::RecoveryCode { .. } => FactorKind::RecoveryCode,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn totp() -> TotpFactor {
        let secret = SealedSecret { kid: "kid".into(), sealed: Vec::new() };
        TotpFactor { id: Uuid::nil(), secret, created_at: NOW, confirmed_at: Some(NOW), last_step: 0 }
    }

    #[test]
    fn only_a_confirmed_app_is_a_factor() {
        let pending = SecondFactors { pending: Some(totp()), ..SecondFactors::default() };
        assert_eq!((pending.is_on(), pending.level(), pending.kinds()), (false, AuthLevel::One, vec![]));
        assert!(pending.enrolling(NOW + ENROLMENT_LIFETIME - Duration::SECOND).is_some());
        assert!(pending.enrolling(NOW + ENROLMENT_LIFETIME).is_none());
        let on = SecondFactors { totp: Some(totp()), recovery_codes_left: 2, ..SecondFactors::default() };
        assert_eq!((on.is_on(), on.level()), (true, AuthLevel::Two));
        assert_eq!(on.kinds(), [FactorKind::Totp, FactorKind::RecoveryCode]);
        assert_eq!(SecondFactors { recovery_codes_left: 0, ..on }.kinds(), [FactorKind::Totp]);
    }
}
