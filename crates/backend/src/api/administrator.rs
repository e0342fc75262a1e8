//! The right of an admin as an argument of the handler.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::authenticated::Authenticated;
use super::error::ApiError;
use crate::app::App;
use crate::auth::AccessError;
use crate::domain::User;

/// The admin who asks. The handler is not called for a user without the role.
///
/// The role is read from the database and not from the access token, so that an admin who has lost the role can do
/// nothing from then on.
#[derive(Debug, Clone)]
pub(super) struct Administrator(pub(super) User);

impl FromRequestParts<App> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Authenticated(current) = Authenticated::from_request_parts(parts, app).await?;
        let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
        if user.may_administrate() { Ok(Self(user)) } else { Err(ApiError::Forbidden) }
    }
}
