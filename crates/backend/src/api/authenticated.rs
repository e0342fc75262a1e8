//! Authentication as an argument of the handler.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::error::ApiError;
use crate::app::App;
use crate::auth::CurrentUser;

/// The user of the request's access token; without a good one the handler is not called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authenticated(pub(super) CurrentUser);

impl FromRequestParts<App> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // `idempotent` may have opened the token already.
        match parts.extensions.get() {
            Some(user) => Ok(Self(*user)),
            None => Ok(Self(app.issuer.authenticate(&parts.headers, app.now())?)),
        }
    }
}
