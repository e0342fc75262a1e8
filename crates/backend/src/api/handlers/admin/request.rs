//! The common parts of all changes by admins: the actor, the idempotency key, the target and the reason.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts as _, Path};
use http::Request;
use serde::de::DeserializeOwned;

use super::dto::ReasonRequest;
use crate::api::attempt::Attempt;
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::step_up::FreshAdministrator;
use crate::app::App;
use crate::domain::{Reason, User};

/// The request. The handler is not called without the admin's role, a recent authentication and a reason.
///
/// `P` is the type of the path's parameters.
pub(in crate::api) struct AdminRequest<P> {
    pub(super) app: App,
    pub(super) admin: User,
    pub(super) attempt: Attempt,
    /// The path's parameters, or their error, which the handler judges.
    pub(super) path: Result<Path<P>, PathRejection>,
    pub(super) reason: Reason,
}

impl<P: DeserializeOwned + Send> FromRequest<App> for AdminRequest<P> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let FreshAdministrator(admin) = FreshAdministrator::from_request_parts(&mut parts, app).await?;
        let attempt = Attempt::from_request_parts(&mut parts, app).await?;
        let path = Path::<P>::from_request_parts(&mut parts, app).await;
        let request = Request::from_parts(parts, body);
        let Checked(ReasonRequest { reason }) = Checked::from_request(request, app).await?;
        Ok(Self { app: App::clone(app), admin, attempt, path, reason })
    }
}
