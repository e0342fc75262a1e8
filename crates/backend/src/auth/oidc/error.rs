//! The errors of a provider.

use super::http::ClientError;

/// Why there is no assertion.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// It cannot be reached, does not answer in time or says that it is sick.
    #[error("the provider does not answer")]
    Unavailable(#[source] ClientError),
    /// What it says of itself cannot be used.
    #[error("the provider's description of itself cannot be used: {0}")]
    BadDescription(String),
    /// It does not take the code: it was used, is too old, or was never given. The text is its own (`error`).
    #[error("the provider does not take the code: {0}")]
    CodeRefused(String),
    /// It says something that must not be believed.
    #[error("{0}")]
    Lie(Lie),
}

/// Why a provider's token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// It bears another `iss`, or the way back did (RFC 9207).
    #[error("the token is of another issuer")]
    Issuer,
    /// It is for somebody else, too, or only.
    #[error("the token is for another audience")]
    Audience,
    /// It was made for another log-in.
    #[error("the token was made for another log-in: its nonce is another")]
    Nonce,
    /// None of its keys has signed it, or by an algorithm that is not accepted.
    #[error("the signature of the token is not the provider's")]
    Signature,
    /// Its time is over, has not come yet, or was long ago.
    #[error("the token is not of this time")]
    Time,
    /// Its `at_hash` is of another access token.
    #[error("the access token does not belong to the token")]
    AccessToken,
    /// There is no subject of 1 to 255 characters, or the user info is of another one.
    #[error("the subject is missing, too long or another one")]
    Subject,
    /// There is no ID token, or what there is cannot be read.
    #[error("there is no token that can be read")]
    Malformed,
}

impl Lie {
    /// The name in the audit log and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Nonce => "nonce",
            Self::Signature => "signature",
            Self::Time => "time",
            Self::AccessToken => "access_token",
            Self::Subject => "subject",
            Self::Malformed => "malformed",
        }
    }
}
