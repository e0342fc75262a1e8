//! The providers that people can log in by, and the start of a log-in at one.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::HeaderMap;

use super::dto::{ProvidersBody, StartBody};
use super::flow;
use crate::api::attempt::Attempt;
use crate::api::client::ClientInfo;
use crate::api::dto::NoFields;
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::handlers::account::done;
use crate::api::same_site;
use crate::app::App;
use crate::idempotency::Answer;
use crate::store::{Effect, OidcChange};

/// Whom I can log in by
#[utoipa::path(
    get, path = "/api/auth/oidc/providers", tag = "auth", operation_id = "list_oidc_providers",
    responses((status = 200, description = "The configured providers; perhaps none", body = ProvidersBody))
)]
pub(in crate::api) async fn providers(State(app): State<App>) -> Json<ProvidersBody> {
    Json(ProvidersBody::from(&app.oidc))
}

/// Log in by a provider
///
/// Begins a log-in, which the same browser must finish within 10 minutes; a cookie recognizes the browser. The
/// provider sends the person back to the page `PUBLIC_URL/oidc/{provider}`. The page hands the parameters of its
/// query to `/api/auth/oidc/{provider}/callback`.
#[utoipa::path(
    post, path = "/api/auth/oidc/{provider}/start", tag = "auth", operation_id = "start_oidc",
    params(("provider" = String, Path, description = "Which provider")),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "Where the browser is to go", body = StartBody),
        (status = 403, description = "`cross_site_request`"),
        (status = 404, description = "`unknown_provider`"),
        (status = 429, description = "`too_many_attempts`: too many log-ins were begun", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`provider_unavailable`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn start(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    attempt: Attempt,
    client: ClientInfo,
    headers: HeaderMap,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let (provider, at) = (flow::provider(&app, name)?, app.now());
    if !same_site::is_own(&headers, &client) {
        return Err(ApiError::CrossSite);
    }
    let (flow, answer) = flow::begin(&app, provider, &client, None, at).await?;
    let effect = Effect::Oidc(Box::new(OidcChange::Begin(flow)));
    done(attempt.commit(&app, at, effect, None, answer).await?)
}
