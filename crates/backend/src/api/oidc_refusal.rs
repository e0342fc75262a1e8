//! The errors of a log-in at a provider.

use http::StatusCode;

use crate::auth::oidc::OidcError;

/// A refusal about a provider of OpenID Connect.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcRefusal {
    #[error("there is no provider of this name")]
    UnknownProvider,
    #[error(transparent)]
    Provider(#[from] OidcError),
    #[error("this log-in was begun by another browser, at another provider or for another purpose")]
    Foreign,
    #[error("this log-in was finished or refused before; begin a new one")]
    Used,
    #[error("this log-in has taken too long, or was never begun; begin a new one")]
    Expired,
    #[error("the provider did not let you in: {0}")]
    Denied(String),
    #[error("the provider tells no e-mail address that an account could have")]
    NoAddress,
    #[error("there is an account with this e-mail address; log in to it, and add the provider there")]
    AddressTaken,
    #[error("this identity opens another account already")]
    IdentityTaken,
    #[error("you have no such identity")]
    UnknownIdentity,
    #[error(
        "there is no other way into the account; choose a password first, by the link for a forgotten one"
    )]
    LastWayIn,
    #[error("log in again first: this session is older than 10 minutes")]
    SessionTooOld,
}

impl OidcRefusal {
    /// The status and stable code.
    pub(super) fn outline(&self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::UnknownProvider => (S::NOT_FOUND, "unknown_provider"),
            Self::Provider(OidcError::Unavailable(_) | OidcError::BadDescription(_)) => {
                (S::SERVICE_UNAVAILABLE, "provider_unavailable")
            }
            Self::Provider(OidcError::CodeRefused(_)) => (S::UNAUTHORIZED, "oidc_code_refused"),
            Self::Provider(OidcError::Lie(_)) => (S::UNAUTHORIZED, "oidc_token_refused"),
            Self::Foreign => (S::FORBIDDEN, "oidc_flow_foreign"),
            Self::Used => (S::GONE, "oidc_flow_used"),
            Self::Expired => (S::GONE, "oidc_flow_expired"),
            Self::Denied(_) => (S::FORBIDDEN, "oidc_denied"),
            Self::NoAddress => (S::FORBIDDEN, "oidc_email_missing"),
            Self::AddressTaken => (S::CONFLICT, "account_exists"),
            Self::IdentityTaken => (S::CONFLICT, "identity_taken"),
            Self::UnknownIdentity => (S::NOT_FOUND, "identity_not_found"),
            Self::LastWayIn => (S::CONFLICT, "last_way_in"),
            Self::SessionTooOld => (S::FORBIDDEN, "session_too_old"),
        }
    }

    /// Whether the same request may have another answer later. Such a refusal is not stored for the request's key.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::UnknownProvider | Self::Foreign | Self::SessionTooOld)
    }
}
