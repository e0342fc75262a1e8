//! The errors of a ceremony with a passkey.

use http::StatusCode;

use crate::auth::passkeys::PasskeyError;
use crate::domain::passkey::MAX_PASSKEYS;

/// A refusal about passkeys.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasskeyRefusal {
    #[error(transparent)]
    Ceremony(#[from] PasskeyError),
    #[error("this was answered before; begin again")]
    Answered,
    #[error("no account has this passkey")]
    Unknown,
    #[error(
        "the passkey was switched off, since there may be a copy of it; log in in another way and take it away"
    )]
    Disabled,
    #[error("this passkey is registered already")]
    Registered,
    #[error("you have {MAX_PASSKEYS} passkeys, which is the most; take one away first")]
    TooMany,
    #[error("you have no such passkey")]
    NotFound,
    #[error(
        "there is no other way into the account; choose a password first, by the link for a forgotten one"
    )]
    LastWayIn,
}

impl PasskeyRefusal {
    /// The status and stable code.
    pub(super) fn outline(&self) -> (StatusCode, &'static str) {
        use PasskeyError as E;
        use StatusCode as S;
        match self {
            Self::Ceremony(E::Unavailable) => (S::NOT_FOUND, "passkeys_unavailable"),
            Self::Ceremony(E::Expired) => (S::GONE, "passkey_challenge_expired"),
            Self::Answered => (S::GONE, "passkey_challenge_used"),
            Self::Ceremony(E::Foreign) => (S::FORBIDDEN, "passkey_challenge_foreign"),
            Self::Ceremony(E::OtherChallenge) => (S::UNAUTHORIZED, "passkey_challenge_mismatch"),
            Self::Ceremony(E::WrongOrigin) => (S::FORBIDDEN, "passkey_wrong_origin"),
            Self::Ceremony(E::WrongRelyingParty) => (S::FORBIDDEN, "passkey_wrong_rp"),
            Self::Ceremony(E::NotVerified) => (S::FORBIDDEN, "passkey_user_not_verified"),
            Self::Ceremony(E::NotDiscoverable) => (S::CONFLICT, "passkey_not_discoverable"),
            Self::Ceremony(E::CountedBack) => (S::UNAUTHORIZED, "passkey_counter_regressed"),
            Self::Ceremony(E::Refused(_) | E::OtherUser) => (S::UNAUTHORIZED, "passkey_refused"),
            Self::Unknown => (S::UNAUTHORIZED, "unknown_passkey"),
            Self::Disabled => (S::UNAUTHORIZED, "passkey_disabled"),
            Self::Registered => (S::CONFLICT, "passkey_registered"),
            Self::TooMany => (S::CONFLICT, "too_many_passkeys"),
            Self::NotFound => (S::NOT_FOUND, "passkey_not_found"),
            Self::LastWayIn => (S::CONFLICT, "last_way_in"),
            Self::Ceremony(E::Unreadable(_) | E::Broken(_) | E::Unsealed(_)) => {
                (S::INTERNAL_SERVER_ERROR, "internal_error")
            }
        }
    }

    /// Whether the same request may have another answer later. Such a refusal is not stored for the request's key.
    pub(super) fn passes(&self) -> bool {
        use PasskeyError as E;
        matches!(
            self,
            Self::Ceremony(E::Unavailable | E::Expired | E::Foreign)
                | Self::Unknown
                | Self::Disabled
                | Self::TooMany
        )
    }
}
