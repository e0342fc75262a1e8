//! Exchanges a code for tokens and verifies them, with the checks of OpenID Connect Core 1.0, section 3.1.3.

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ErrorResponseType, OAuth2TokenResponse as _,
    RequestTokenError, StandardErrorResponse, TokenResponse as _,
};

use super::credentials::{Client, Credentials};
use super::error::{Lie, OidcError};
use super::flow_keys::FlowSecrets;
use super::http::{ClientError, Http};
use crate::domain::Timestamp;

/// The allowed difference between the provider's clock and this one.
const LEEWAY: time::Duration = time::Duration::minutes(1);

/// The largest age of an ID token. A flow does not last longer.
const OLDEST: time::Duration = time::Duration::minutes(15);

/// The accepted algorithms, which sign with a key of the provider's own. With a shared secret, whoever learns the
/// secret could sign for the provider.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Exchanges the code for tokens.
pub(super) async fn exchange(
    client: &Client,
    http: &Http,
    code: &str,
    secrets: &FlowSecrets,
) -> Result<CoreTokenResponse, OidcError> {
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    let request = request.map_err(|error| OidcError::BadDescription(error.to_string()))?;
    request.set_pkce_verifier(secrets.verifier()).request_async(http).await.map_err(refused)
}

fn refused<T>(error: RequestTokenError<ClientError, StandardErrorResponse<T>>) -> OidcError
where
    T: ErrorResponseType + std::fmt::Display + 'static,
{
    match error {
        RequestTokenError::ServerResponse(response) => OidcError::CodeRefused(response.error().to_string()),
        RequestTokenError::Request(error) => OidcError::Unavailable(error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => OidcError::Lie(Lie::Malformed),
    }
}

/// The claims of the ID token, after all checks.
pub(super) fn claims(
    client: &Client,
    credentials: &Credentials,
    tokens: &CoreTokenResponse,
    secrets: &FlowSecrets,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, Lie> {
    let token = tokens.id_token().ok_or(Lie::Malformed)?;
    let verifier = verifier(client, now);
    let claims = token.claims(&verifier, &secrets.nonce()).map_err(|error| lie(&error))?;
    // The library leaves this one to us.
    if claims.authorized_party().is_some_and(|party| **party != *credentials.client_id) {
        return Err(Lie::Audience);
    }
    if let Some(expected) = claims.access_token_hash() {
        let (algorithm, key) = (token.signing_alg(), token.signing_key(&verifier));
        let (Ok(algorithm), Ok(key)) = (algorithm, key) else { return Err(Lie::Signature) };
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if actual.ok().as_ref() != Some(expected) {
            return Err(Lie::AccessToken);
        }
    }
    Ok(claims.clone())
}

fn verifier(client: &Client, now: Timestamp) -> CoreIdTokenVerifier<'_> {
    let (latest, oldest) = (utc(now + LEEWAY), utc(now - OLDEST));
    let in_time = move |issued: DateTime<Utc>| {
        if (oldest..=latest).contains(&issued) { Ok(()) } else { Err(format!("issued at {issued}")) }
    };
    client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || utc(now - LEEWAY))
        .set_issue_time_verifier_fn(in_time)
}

fn utc(moment: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(moment.unix_timestamp(), moment.nanosecond()).unwrap_or_default()
}

/// The reason for an error of the library.
pub(super) fn lie(error: &ClaimsVerificationError) -> Lie {
    tracing::warn!(%error, "a provider's token is not believed");
    match error {
        ClaimsVerificationError::Expired(_) | ClaimsVerificationError::InvalidAuthTime(_) => Lie::Time,
        ClaimsVerificationError::InvalidAudience(_) => Lie::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Lie::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Lie::Nonce,
        ClaimsVerificationError::InvalidSubject(_) => Lie::Subject,
        ClaimsVerificationError::SignatureVerification(_) => Lie::Signature,
        _ => Lie::Malformed,
    }
}
