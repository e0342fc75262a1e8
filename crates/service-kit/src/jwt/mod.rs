//! Access tokens: JWTs that are signed and then encrypted (nested, RFC 7519 section 5.2).
//!
//! Inside is a JWS (HS256, `typ: at+jwt` as in RFC 9068), outside a JWE in compact form (`dir`, `A256GCM`, `cty: JWT`,
//! RFC 7516). Both keys come from one secret by HKDF-SHA256 with a label each. So does `kid`, which tells nothing of
//! the secret. Any instance that knows the secret opens a token with no look-up.
//!
//! Headers are read strictly: the fields that [`Keyring::seal`] writes, each once, with the values that it writes.
//! Anything else (`zip`, `crit`, another `alg`, an unknown field) is refused. A token is at most [`MAX_TOKEN_BYTES`]
//! long. `nbf` has a leeway of [`NBF_LEEWAY_SECONDS`], for clocks that differ. `exp` has none, because a slightly early
//! end costs no more than a refresh.

mod jwe;
mod jws;
mod keyring;

pub use keyring::{KeyError, Keyring, MIN_SECRET_BYTES};

use uuid::Uuid;

/// The longest token, in bytes; longer ones are refused unread.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// How far the clock of the instance that opens a token may be behind that of the one that made it, in seconds.
pub const NBF_LEEWAY_SECONDS: i64 = 30;

/// The issuer and the audience of every token.
const ISSUER_AND_AUDIENCE: &str = "user-onboarding";

/// The claims of a token. The [`Keyring`] adds and checks `iss` and `aud`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The session that the token belongs to.
    pub sid: Uuid,
    /// The role of the user.
    pub role: String,
    /// The time when the token was issued, in Unix seconds.
    pub iat: i64,
    /// The time from which the token is valid, in Unix seconds.
    pub nbf: i64,
    /// The time from which the token is not valid any more, in Unix seconds.
    pub exp: i64,
    /// The id of this token.
    pub jti: Uuid,
    /// The level of the user's authentication (`OpenID` Connect Core section 2), such as `aal1`. None in tokens of
    /// earlier versions.
    pub acr: Option<String>,
    /// The time of the user's last authentication, in Unix seconds. None in tokens of earlier versions.
    pub auth_time: Option<i64>,
}

/// The reason why a token is not accepted, for logs. Clients are told no more than "expired" or "invalid".
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token is longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// The token does not have the five parts of a compact JWE. A token that is only signed has three.
    #[error("the token is not encrypted")]
    NotEncrypted,
    /// A part is not base64url without padding, or has a wrong length.
    #[error("the {0} of the token cannot be decoded")]
    Encoding(&'static str),
    /// The outer or inner header is not what [`Keyring::seal`] writes.
    #[error("the header of the {layer} is not acceptable")]
    Header {
        /// `JWE` or `JWS`.
        layer: &'static str,
        /// The error of the header.
        source: serde_json::Error,
    },
    /// No secret of the keyring has this `kid`.
    #[error("the token was made with an unknown key")]
    UnknownKey,
    /// The token was changed on its way, or encrypted with another key.
    #[error("the token cannot be decrypted")]
    Decryption,
    /// The JWS has another key's signature, another issuer or audience, or claims that cannot be read.
    #[error("the signed token inside is not acceptable")]
    Signed(#[from] jsonwebtoken::errors::Error),
    /// `nbf` lies in the future by more than the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
}

impl Claims {
    /// Whether `now` (Unix seconds) lies between `nbf`, less the leeway, and `exp`.
    fn check_time(&self, now: i64) -> Result<(), TokenError> {
        if now >= self.exp {
            return Err(TokenError::Expired);
        }
        if now.saturating_add(NBF_LEEWAY_SECONDS) < self.nbf {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_from_nbf_to_exp() {
        let claims = Claims {
            sub: Uuid::nil(),
            sid: Uuid::nil(),
            role: "user".into(),
            iat: 1000,
            nbf: 1000,
            exp: 1600,
            jti: Uuid::nil(),
            acr: None,
            auth_time: None,
        };
        assert!(matches!(claims.check_time(969), Err(TokenError::NotYetValid)));
        claims.check_time(970).unwrap();
        claims.check_time(1599).unwrap();
        assert!(matches!(claims.check_time(1600), Err(TokenError::Expired)));
        assert!(matches!(claims.check_time(i64::MAX), Err(TokenError::Expired)));
    }
}
