//! The errors of a provider.

use super::http::ClientError;

/// The reason why a provider's answer gives no assertion.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider cannot be reached, does not answer in time, or answers 5xx.
    #[error("the provider does not answer")]
    Unavailable(#[source] ClientError),
    /// The provider's metadata cannot be used.
    #[error("the provider's description of itself cannot be used: {0}")]
    BadDescription(String),
    /// The provider refuses the code, because it was used, is too old, or was never given. The text is the provider's
    /// `error`.
    #[error("the provider does not take the code: {0}")]
    CodeRefused(String),
    /// The provider's token must not be believed.
    #[error("{0}")]
    Lie(Lie),
}

/// The reason why a provider's token must not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// The token or the callback names another issuer (`iss`; RFC 9207).
    #[error("the token is of another issuer")]
    Issuer,
    /// The token is for another audience, or for others as well.
    #[error("the token is for another audience")]
    Audience,
    /// The token has the nonce of another log-in.
    #[error("the token was made for another log-in: its nonce is another")]
    Nonce,
    /// No key of the provider has signed the token, or the algorithm is not accepted.
    #[error("the signature of the token is not the provider's")]
    Signature,
    /// The token has expired, is not valid yet, or was issued long ago.
    #[error("the token is not of this time")]
    Time,
    /// The token's `at_hash` is that of another access token.
    #[error("the access token does not belong to the token")]
    AccessToken,
    /// The token has no subject of 1 to 255 characters, or the user info has another subject.
    #[error("the subject is missing, too long or another one")]
    Subject,
    /// The answer has no ID token, or one that cannot be read.
    #[error("there is no token that can be read")]
    Malformed,
}

impl Lie {
    /// The reason's name in the audit log and in logs.
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
