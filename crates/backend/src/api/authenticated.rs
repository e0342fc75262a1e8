//! Authentication as an argument of the handler.

use std::time::Instant;

use axum::extract::FromRequestParts;
use http::request::Parts;
use uuid::Uuid;

use super::error::ApiError;
use crate::app::App;
use crate::auth::{AccessError, CurrentUser, Standing};

/// The user of the request's access token. The handler is not called without a valid token, or where the token's
/// session has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authenticated(pub(super) CurrentUser);

impl FromRequestParts<App> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // `idempotent` has opened the token of a change, whose session is asked for by the change itself; or another argument
        // of the same handler has asked already.
        if let Some(user) = parts.extensions.get() {
            return Ok(Self(*user));
        }
        let user = app.issuer.authenticate(&parts.headers, app.now())?;
        goes_on(app, user.session_id).await?;
        parts.extensions.insert(user);
        Ok(Self(user))
    }
}

/// Refuses a session that has ended, by this instance's list, or by the database where the list does not tell.
async fn goes_on(app: &App, session_id: Uuid) -> Result<(), ApiError> {
    let ended = match app.revocations.standing(session_id, Instant::now()) {
        Standing::Live => false,
        Standing::Ended => true,
        Standing::Unknown => app.store.is_revoked(session_id).await?,
    };
    if ended { Err(AccessError::Revoked.into()) } else { Ok(()) }
}
