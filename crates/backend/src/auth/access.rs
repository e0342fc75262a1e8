//! Access tokens, and the users whom access tokens name.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use service_kit::jwt::{Claims, Keyring, TokenError};
use uuid::Uuid;

use crate::domain::{Authentication, Timestamp, User};

/// Issues and verifies access tokens.
#[derive(Debug)]
pub struct TokenIssuer {
    keyring: Keyring,
    ttl: Duration,
}

/// The user of a request, as the access token says. The database was not asked. The token's role is not here, because
/// calls of admins read the role from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentUser {
    /// The id of the account.
    pub id: Uuid,
    /// The id of the token's session.
    pub session_id: Uuid,
    /// The last authentication of the session. None in tokens of earlier versions.
    pub authentication: Option<Authentication>,
}

/// The reason why a request has no user.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The request has no `Authorization` header.
    #[error("an access token is needed: Authorization: Bearer …")]
    Missing,
    /// The header is not of the form `Bearer TOKEN`, or the request has several of them.
    #[error("the Authorization header is not of the form: Bearer TOKEN")]
    Malformed,
    /// The token is not one of this service, or is not valid yet.
    #[error("the access token is not valid")]
    Invalid(#[source] TokenError),
    /// The token has expired.
    #[error("the access token has expired")]
    Expired,
    /// The token's session was ended.
    #[error("the session has ended; log in again")]
    Revoked,
    /// The account of the token does not exist any more.
    #[error("the account of the access token does not exist any more")]
    UnknownUser,
}

impl TokenIssuer {
    /// An issuer with the keys of `keyring`, whose tokens are valid for `ttl`.
    pub fn new(keyring: Keyring, ttl: Duration) -> Self {
        Self { keyring, ttl }
    }

    /// The lifetime of a token.
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// A token for `user` in the session `session_id`, valid for `ttl`. `authentication` is the last authentication
    /// of the session.
    pub fn issue(
        &self,
        user: &User,
        session_id: Uuid,
        authentication: Authentication,
        (now, ttl): (Timestamp, Duration),
    ) -> String {
        let iat = now.unix_timestamp();
        self.keyring.seal(&Claims {
            sub: user.id,
            sid: session_id,
            role: user.role.as_str().to_owned(),
            iat,
            nbf: iat,
            exp: iat.saturating_add_unsigned(ttl.as_secs()),
            jti: Uuid::new_v4(),
            acr: Some(authentication.level.as_str().to_owned()),
            auth_time: Some(authentication.at.unix_timestamp()),
        })
    }

    /// The user whom the `Authorization` header names (RFC 6750 section 2.1).
    ///
    /// # Errors
    ///
    /// An [`AccessError`] by cause.
    pub fn authenticate(&self, headers: &HeaderMap, now: Timestamp) -> Result<CurrentUser, AccessError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(AccessError::Missing)?;
        if values.next().is_some() {
            return Err(AccessError::Malformed);
        }
        let token = bearer(value).ok_or(AccessError::Malformed)?;
        let claims = self.keyring.open(token, now.unix_timestamp()).map_err(|error| match error {
            TokenError::Expired => AccessError::Expired,
            other => AccessError::Invalid(other),
        })?;
        let authentication = authentication(&claims);
        Ok(CurrentUser { id: claims.sub, session_id: claims.sid, authentication })
    }
}

/// The authentication in the claims. A level that this version does not know counts as none, so the person has to
/// authenticate again.
fn authentication(claims: &Claims) -> Option<Authentication> {
    let level = claims.acr.as_deref()?.parse().ok()?;
    Some(Authentication { level, at: Timestamp::from_unix_timestamp(claims.auth_time?).ok()? })
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AuthLevel, Role, now};
    use service_kit::config::Secret;

    fn issuer(secret: &str) -> TokenIssuer {
        TokenIssuer::new(Keyring::new(&Secret::new(secret), &[]).unwrap(), Duration::from_mins(10))
    }

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let issuer = issuer("0123456789abcdef0123456789abcdef");
        let (email, name) = ("ada@example.com".parse().unwrap(), "Ada".parse().unwrap());
        let user = User { role: Role::Admin, ..User::registered(Uuid::now_v7(), email, name, now()) };
        let (session_id, at) = (Uuid::now_v7(), now());
        let at = at - Duration::from_nanos(at.nanosecond().into());
        let authentication = Authentication { level: AuthLevel::Two, at: at - Duration::from_mins(3) };
        let token = issuer.issue(&user, session_id, authentication, (at, issuer.ttl()));
        let authentication = Some(authentication);
        let named = CurrentUser { id: user.id, session_id, authentication };
        for header in [format!("Bearer {token}"), format!("bearer  {token}")] {
            assert_eq!(issuer.authenticate(&headers(&[&header]), at).unwrap(), named);
        }
        let header = format!("Bearer {token}");
        let late = issuer.authenticate(&headers(&[&header]), at + Duration::from_mins(10));
        assert!(matches!(late, Err(AccessError::Expired)));
        let twice = issuer.authenticate(&headers(&[&header, &header]), at);
        assert!(matches!(twice, Err(AccessError::Malformed)));
        let stranger =
            self::issuer("another secret of sufficient length").authenticate(&headers(&[&header]), at);
        assert!(matches!(stranger, Err(AccessError::Invalid(_))));
    }

    #[test]
    fn what_is_no_bearer_token_is_told_apart() {
        let issuer = issuer("0123456789abcdef0123456789abcdef");
        assert!(matches!(issuer.authenticate(&HeaderMap::new(), now()), Err(AccessError::Missing)));
        for value in ["", "Bearer", "Basic dTpw", "token"] {
            let outcome = issuer.authenticate(&headers(&[value]), now());
            assert!(matches!(outcome, Err(AccessError::Malformed)), "{value}");
        }
        let nonsense = issuer.authenticate(&headers(&["Bearer nonsense"]), now());
        assert!(matches!(nonsense, Err(AccessError::Invalid(_))));
    }
}
