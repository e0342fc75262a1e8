//! The own identities at providers: listing and removing them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use super::dto::{IdentitiesBody, IdentityBody};
use crate::api::attempt::{Attempt, Audit};
use crate::api::authenticated::Authenticated;
use crate::api::error::ApiError;
use crate::api::handlers::mails;
use crate::api::handlers::opening::{MAX_TRIES, STANDS_STILL};
use crate::api::handlers::ways_in::WaysIn;
use crate::api::oidc_refusal::OidcRefusal;
use crate::api::retry::until_done;
use crate::api::step_up;
use crate::app::App;
use crate::auth::AccessError;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OidcChange};

/// My identities at providers
#[utoipa::path(
    get, path = "/api/auth/oidc/identities", tag = "auth", operation_id = "list_oidc_identities", security(("access_token" = [])),
    responses((status = 200, description = "What opens the account besides a password", body = IdentitiesBody))
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<IdentitiesBody>, ApiError> {
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let identities = app.store.oidc_identities_of(current.id).await?;
    let items = identities.iter().map(|identity| IdentityBody::new(identity, &app.oidc)).collect();
    Ok(Json(IdentitiesBody { items, has_password: !credentials.password_hash.is_of_nobody() }))
}

/// Take away one of my identities
///
/// Nobody logs in by the identity any more, and sessions go on. The call is refused where nothing else opens the
/// account.
#[utoipa::path(
    delete, path = "/api/auth/oidc/identities/{id}", tag = "auth", operation_id = "unlink_oidc_identity", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "Which identity")),
    responses(
        (status = 204, description = "It opens the account no more"),
        (status = 400, description = "`invalid_idempotency_key`, `malformed_path`"),
        (status = 403, description = "`step_up_required`"),
        (status = 404, description = "`identity_not_found`"),
        (status = 409, description = "`last_way_in`: choose a password first"),
        (status = 422, description = "`idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn unlink(
    State(app): State<App>,
    id: Result<Path<Uuid>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
) -> Result<Answer, ApiError> {
    let (identity_id, user_id) = (id.map_err(|_| OidcRefusal::UnknownIdentity)?.0, current.id);
    step_up::demand_beside_password(&app, current).await?;
    until_done(MAX_TRIES, STANDS_STILL, || async {
        let ways = WaysIn::of(&app, user_id).await?;
        let identity = ways.identities.iter().find(|identity| identity.id == identity_id);
        let identity = identity.ok_or(OidcRefusal::UnknownIdentity)?;
        let remains = ways.besides(&app, identity_id).ok_or(OidcRefusal::LastWayIn)?;
        let (at, provider) = (app.now(), app.oidc.of_issuer(&identity.issuer));
        let label = provider.map_or(identity.issuer.as_str(), |provider| &provider.label);
        let mail = mails::way_in_removed(&ways.credentials.user, label, at);
        let subject = provider.map(|provider| provider.name.to_string());
        let audit = Some(Audit { action: AuditAction::OidcUnlinked, user_id, subject });
        let effect = Effect::Oidc(Box::new(OidcChange::Unlink { user_id, identity_id, remains }));
        let answer = Answer::empty(StatusCode::NO_CONTENT);
        attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await
    })
    .await
}
