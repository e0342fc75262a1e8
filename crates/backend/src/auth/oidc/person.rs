//! Reads a person from a token's claims.

use openidconnect::core::{CoreIdTokenClaims, CoreTokenResponse, CoreUserInfoClaims};
use openidconnect::{OAuth2TokenResponse as _, SubjectIdentifier, UserInfoError};

use super::credentials::Client;
use super::error::{Lie, OidcError};
use super::http::{ClientError, Http};
use super::tokens::lie;
use crate::domain::oidc::Assertion;
use crate::domain::{Email, FullName};

const MAX_SUBJECT: usize = 255;

/// The assertion of the ID token, completed by the user info where the token has no address. Many providers tell the
/// address only in the user info.
pub(super) async fn assertion(
    client: &Client,
    http: &Http,
    tokens: &CoreTokenResponse,
    claims: &CoreIdTokenClaims,
) -> Result<Assertion, OidcError> {
    let (issuer, subject) = (claims.issuer().to_string(), checked(claims.subject())?);
    let told = Told::from(claims);
    let told = if told.email.is_some() {
        told
    } else {
        match user_info(client, http, tokens, claims.subject()).await? {
            Some(info) => Told::from(&info),
            None => told,
        }
    };
    let Told { email, email_verified, full_name } = told;
    Ok(Assertion { issuer, subject, email, email_verified, full_name })
}

fn checked(subject: &SubjectIdentifier) -> Result<String, OidcError> {
    let length = subject.chars().count();
    if (1..=MAX_SUBJECT).contains(&length) {
        Ok(subject.to_string())
    } else {
        Err(OidcError::Lie(Lie::Subject))
    }
}

/// The user info of `subject`; none where the provider has no such address.
async fn user_info(
    client: &Client,
    http: &Http,
    tokens: &CoreTokenResponse,
    subject: &SubjectIdentifier,
) -> Result<Option<CoreUserInfoClaims>, OidcError> {
    let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject.clone())) else {
        return Ok(None);
    };
    let answer: Result<CoreUserInfoClaims, UserInfoError<ClientError>> = request.request_async(http).await;
    answer.map(Some).map_err(|error| match error {
        UserInfoError::Request(error) => OidcError::Unavailable(error),
        UserInfoError::ClaimsVerification(error) => OidcError::Lie(lie(&error)),
        _ => OidcError::Lie(Lie::Malformed),
    })
}

/// The facts about a person that both kinds of claims can tell.
struct Told {
    email: Option<Email>,
    email_verified: bool,
    full_name: Option<FullName>,
}

/// Reads the facts of one kind of claims. The library has two types with the same method names and no common trait.
macro_rules! told_by {
    ($claims:ty) => {
        impl From<&$claims> for Told {
            fn from(claims: &$claims) -> Self {
                let email = claims.email().and_then(|email| email.parse::<Email>().ok());
                let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
                let given = claims.given_name().and_then(|name| name.get(None)).map(|name| name.to_string());
                let family =
                    claims.family_name().and_then(|name| name.get(None)).map(|name| name.to_string());
                let both = [given, family].into_iter().flatten().collect::<Vec<_>>().join(" ");
                let full_name = [name, Some(both)].into_iter().flatten().find_map(|name| name.parse().ok());
                let email_verified = email.is_some() && claims.email_verified() == Some(true);
                Self { email, email_verified, full_name }
            }
        }
    };
}
told_by!(CoreIdTokenClaims);
told_by!(CoreUserInfoClaims);
