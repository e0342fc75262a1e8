//! Second factors: codes of an authenticator app, and recovery codes for when that app is lost.

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

/// How many recovery codes a person is given.
pub const RECOVERY_CODES: usize = 10;

/// How long after the password the second factor may come.
pub const CHALLENGE_LIFETIME: Duration = Duration::minutes(5);

/// How long an authenticator app may take from its secret to its first code.
pub const ENROLMENT_LIFETIME: Duration = Duration::minutes(15);

/// How long a device is remembered, so that the password alone logs in there.
pub const REMEMBERED_FOR: Duration = Duration::days(30);

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// A code of an authenticator app (RFC 6238).
    Totp,
    /// One of the codes that a person keeps for the day on which the other factors are lost.
    RecoveryCode,
}

impl FactorKind {
    /// The name in answers and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// What a log-in is finished with that ends with such a factor.
    pub fn method(self) -> LogInMethod {
        match self {
            Self::Totp => LogInMethod::Totp,
            Self::RecoveryCode => LogInMethod::RecoveryCode,
        }
    }
}

/// A secret as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Which secret's key sealed it (at most 64 characters).
    pub kid: String,
    /// Nonce and ciphertext, at most 256 bytes.
    pub sealed: Vec<u8>,
}

/// The secret of an authenticator app, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpFactor {
    /// `UUIDv7`.
    pub id: Uuid,
    /// What codes are made of.
    pub secret: SealedSecret,
    /// When the secret was made.
    pub created_at: Timestamp,
    /// When the first code of it was given; none until then.
    pub confirmed_at: Option<Timestamp>,
    /// The time step of the last code that was accepted: codes of it and of earlier ones are refused. 0 before the first.
    pub last_step: i64,
}

/// A stored secret whose owner is known, for whoever seals it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedSecret {
    /// The factor.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The secret.
    pub secret: SealedSecret,
}

/// The second factors of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// The authenticator app whose codes are accepted.
    pub totp: Option<TotpFactor>,
    /// One that has not given its first code yet.
    pub pending: Option<TotpFactor>,
    /// How many recovery codes were not used yet.
    pub recovery_codes_left: u32,
}

impl SecondFactors {
    /// Whether the person has switched a second factor on, so that the password alone is not enough.
    pub fn is_on(&self) -> bool {
        self.totp.is_some()
    }

    /// How surely a person with these factors can prove who they are, which is what sensitive calls ask for.
    pub fn level(&self) -> AuthLevel {
        if self.is_on() { AuthLevel::Two } else { AuthLevel::One }
    }

    /// What the person may prove beside the password.
    pub fn kinds(&self) -> Vec<FactorKind> {
        let totp = self.totp.is_some().then_some(FactorKind::Totp);
        let recovery = (self.is_on() && self.recovery_codes_left > 0).then_some(FactorKind::RecoveryCode);
        totp.into_iter().chain(recovery).collect()
    }

    /// The authenticator app that may still be confirmed at `now`.
    pub fn enrolling(&self, now: Timestamp) -> Option<&TotpFactor> {
        self.pending.as_ref().filter(|pending| now - pending.created_at < ENROLMENT_LIFETIME)
    }
}

/// A device where the password alone logs in, as its owner is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSummary {
    /// The device, as its token names it. The id alone opens nothing: the token is signed.
    pub id: Uuid,
    /// What the client called itself at the last log-in. None where an instance of an earlier version remembered it.
    pub user_agent: Option<UserAgent>,
    /// Where the last log-in came from. None as above.
    pub address: Option<IpAddr>,
    /// When it was first remembered.
    pub created_at: Timestamp,
    /// When somebody last logged in there: with the second factor, or without because it is remembered.
    pub last_used_at: Timestamp,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

/// What uses a factor up. The database does it by a guarded update, so that one code is good for one use, whichever
/// instances are given it at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorUse {
    /// A code of an authenticator app.
    Totp {
        /// The factor.
        factor_id: Uuid,
        /// The time step that the code is of.
        step: i64,
    },
    /// A recovery code.
    RecoveryCode {
        /// Whose it must be.
        user_id: Uuid,
        /// What is kept of it.
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
