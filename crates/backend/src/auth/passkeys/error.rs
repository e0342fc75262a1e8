//! The errors of a ceremony.

use aws_lc_rs::error::Unspecified;
use webauthn_rs::prelude::WebauthnError;

/// The reason why a ceremony failed.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The page has no domain that passkeys could be bound to.
    #[error("there are no passkeys here: the service's address has no domain")]
    Unavailable,
    /// The token is too old, was never given, or its key is not known any more.
    #[error("this took too long, or was never begun; begin again")]
    Expired,
    /// The registration was begun in another session.
    #[error("this was begun by somebody else, or in another session; begin again")]
    Foreign,
    /// The answer is for another challenge.
    #[error("the passkey has answered another challenge")]
    OtherChallenge,
    /// The answer is from another page.
    #[error("the passkey was used at an address that is not this service's")]
    WrongOrigin,
    /// The passkey belongs to another relying party, or this one had another id when the passkey was made.
    #[error("the passkey is for another service")]
    WrongRelyingParty,
    /// The authenticator has not recognized its owner.
    #[error("the device has not checked who you are, by PIN, finger or face")]
    NotVerified,
    /// The passkey names another account than the one that has it.
    #[error("the passkey is of another account")]
    OtherUser,
    /// The authenticator does not store the passkey under an account, so the passkey could not be found without the
    /// account's name.
    #[error("the device cannot keep this passkey, so that nobody could log in with it")]
    NotDiscoverable,
    /// The signature counter went backwards.
    #[error("the passkey's counter went backwards: there may be a copy of it")]
    CountedBack,
    /// The answer is wrong in another way: its signature, for example.
    #[error("the passkey's answer is not accepted")]
    Refused(#[source] WebauthnError),
    /// The stored credential cannot be read.
    #[error("a stored passkey cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// The library failed for a reason on this side.
    #[error("a ceremony cannot be begun")]
    Broken(#[source] WebauthnError),
    /// A token cannot be encrypted.
    #[error("a ceremony cannot be sealed")]
    Unsealed(#[from] Unspecified),
}

impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::MismatchedChallenge => Self::OtherChallenge,
            WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => Self::WrongOrigin,
            WebauthnError::InvalidRPIDHash => Self::WrongRelyingParty,
            WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => Self::NotVerified,
            WebauthnError::InvalidUserUniqueId => Self::OtherUser,
            WebauthnError::CredentialPossibleCompromise => Self::CountedBack,
            WebauthnError::Configuration | WebauthnError::InvalidUsername => Self::Broken(error),
            other => Self::Refused(other),
        }
    }
}
