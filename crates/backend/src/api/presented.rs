//! The refresh tokens of a request, and the choice of the one that counts.

use std::time::Instant;

use http::HeaderMap;

use super::client::ClientInfo;
use super::cookie::{self, SessionCookie};
use super::dto::TokenRequest;
use super::error::ApiError;
use super::same_site;
use crate::app::AppState;
use crate::domain::session::{RefreshToken, TokenState, Verdict};

/// The place of the next refresh token, which is that of the presented one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenPlace {
    /// Into the answer's body.
    Body,
    /// Into a cookie.
    Cookie(SessionCookie),
}

/// A refresh token of a request.
#[derive(Clone)]
pub(super) struct Presented {
    pub(super) token: RefreshToken,
    pub(super) place: TokenPlace,
}

/// The token in the body, or those in cookies: several, where several cookies have these names. A request that only
/// cookies authorize is refused from other sites.
pub(super) fn presented(
    request: TokenRequest,
    headers: &HeaderMap,
    client: &ClientInfo,
) -> Result<Vec<Presented>, ApiError> {
    if let Some(token) = request.refresh_token {
        return Ok(vec![Presented { token: token.0, place: TokenPlace::Body }]);
    }
    let cookies = cookie::read(headers);
    if !cookies.is_empty() && !same_site::is_own(headers, client) {
        return Err(ApiError::CrossSite);
    }
    let cookies = cookies.into_iter();
    Ok(cookies.map(|(token, cookie)| Presented { token, place: TokenPlace::Cookie(cookie) }).collect())
}

/// The result of looking the tokens up.
pub(super) enum Choice {
    /// This token can be refreshed.
    Good(Presented, Box<TokenState>, Verdict),
    /// No token can be refreshed, and one of them shows that two parties hold its family.
    Reused(Box<TokenState>),
    /// No token can be refreshed.
    None,
}

/// Looks the tokens up until one can be refreshed. An old cookie beside a good one ends nothing.
///
/// Each token is judged as of the moment when the request `arrived`. A request that came within the grace and had to
/// wait for the database is not late. The wait is subtracted after the look-up, because the look-up reads the
/// database's clock.
pub(super) async fn choose(
    app: &AppState,
    presented: &[Presented],
    arrived: Instant,
) -> Result<Choice, ApiError> {
    let mut reused = None;
    for candidate in presented {
        let Some(state) = app.store.token_state(candidate.token.hash()).await? else { continue };
        let as_of = app.now() - arrived.elapsed();
        match state.verdict(as_of, app.lifetimes) {
            verdict @ (Verdict::Rotate | Verdict::Repeat) => {
                return Ok(Choice::Good(candidate.clone(), Box::new(state), verdict));
            }
            Verdict::Reused => reused = reused.or(Some(Box::new(state))),
            Verdict::Expired | Verdict::Revoked => {}
        }
    }
    Ok(reused.map_or(Choice::None, Choice::Reused))
}
