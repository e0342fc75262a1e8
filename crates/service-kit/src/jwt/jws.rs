//! The signed token inside: JWS in compact form with HS256, RFC 7515.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Claims, ISSUER_AND_AUDIENCE, TokenError};

/// The type of access tokens (RFC 9068 section 2.1).
const TYPE: &str = "at+jwt";

pub(super) struct SigningKey {
    sign: EncodingKey,
    verify: DecodingKey,
    validation: Validation,
}

/// The header as it is written. Another field, or one of these fields twice, is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader<'a> {
    #[expect(dead_code, reason = "reading it is the check")]
    alg: Hs256,
    typ: &'a str,
    kid: &'a str,
}

#[derive(Deserialize)]
enum Hs256 {
    #[serde(rename = "HS256")]
    Hs256,
}

/// The claims of a token. Unknown claims are allowed, so that a newer version may add some. Each of these claims must
/// be there, once, and of its type. `acr` and `auth_time` may be missing, because earlier versions do not write them.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    role: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

impl From<&Claims> for WireClaims {
    fn from(claims: &Claims) -> Self {
        let Claims { sub, sid, role, iat, nbf, exp, jti, acr, auth_time } = claims.clone();
        let (iss, aud) = (ISSUER_AND_AUDIENCE.to_owned(), ISSUER_AND_AUDIENCE.to_owned());
        Self { iss, aud, sub, sid, role, iat, nbf, exp, jti, acr, auth_time }
    }
}

impl From<WireClaims> for Claims {
    fn from(wire: WireClaims) -> Self {
        let WireClaims { iss: _, aud: _, sub, sid, role, iat, nbf, exp, jti, acr, auth_time } = wire;
        Self { sub, sid, role, iat, nbf, exp, jti, acr, auth_time }
    }
}

impl SigningKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER_AND_AUDIENCE]);
        validation.set_audience(&[ISSUER_AND_AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        // Times are checked against the caller's clock, in `Claims::check_time`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { sign: EncodingKey::from_secret(key), verify: DecodingKey::from_secret(key), validation }
    }

    #[expect(clippy::expect_used, reason = "strings and numbers always serialise, and HMAC takes any key")]
    pub(super) fn sign(&self, claims: &Claims, kid: &str) -> String {
        let header =
            Header { typ: Some(TYPE.to_owned()), kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &WireClaims::from(claims), &self.sign).expect("claims can be signed")
    }

    pub(super) fn verify(&self, token: &str, kid: &str) -> Result<Claims, TokenError> {
        check_header(token, kid)?;
        let wire = jsonwebtoken::decode::<WireClaims>(token, &self.verify, &self.validation)?;
        Ok(wire.claims.into())
    }
}

fn check_header(token: &str, kid: &str) -> Result<(), TokenError> {
    let encoded = token.split('.').next().unwrap_or_default();
    let json = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| TokenError::Encoding("JWS header"))?;
    let header: StrictHeader<'_> =
        serde_json::from_slice(&json).map_err(|source| TokenError::Header { layer: "JWS", source })?;
    if header.kid != kid {
        return Err(TokenError::UnknownKey);
    }
    if header.typ != TYPE {
        let source = serde::de::Error::invalid_value(serde::de::Unexpected::Str(header.typ), &TYPE);
        return Err(TokenError::Header { layer: "JWS", source });
    }
    Ok(())
}
