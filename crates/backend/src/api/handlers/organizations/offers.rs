//! Organizations that people may join by the domain of their address.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use super::joining::with_step;
use super::{audit, id_of};
use crate::api::attempt::Attempt;
use crate::api::authenticated::Authenticated;
use crate::api::dto::NoFields;
use crate::api::dto::organizations::{OfferBody, OffersBody, OrganizationBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::retry::until_done;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::domain::User;
use crate::domain::organization::{MailDomain, MemberRole, Membership, Offer, Refusal};
use crate::idempotency::Answer;
use crate::store::{AuditAction, OrganizationChange};

/// The number of times that joining is decided anew, where another change of the same person was faster.
const MAX_TRIES: u32 = 10;

/// Organizations that I may join
///
/// The organizations that have verified the domain of my address, where my address is verified. The list is empty
/// while I belong to an organization.
#[utoipa::path(
    get, path = "/api/organizations/offers", tag = "organizations", operation_id = "list_offers", security(("access_token" = [])),
    responses(
        (status = 200, description = "At most one, since a domain is of one organization", body = OffersBody),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<OffersBody>, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let offer = match app.store.membership(user.id).await? {
        Some(_) => None,
        None => offer_to(&app, &user).await?,
    };
    Ok(Json(OffersBody { items: offer.iter().map(OfferBody::from).collect() }))
}

async fn offer_to(app: &AppState, user: &User) -> Result<Option<Offer>, ApiError> {
    if user.email_verified_at.is_none() {
        return Ok(None);
    }
    Ok(app.store.offer(&MailDomain::of(&user.email)).await?)
}

/// Join an organization that offers itself
///
/// The person becomes a member. The step `organization` of an onboarding that is not completed is filled in and
/// completed.
#[utoipa::path(
    post, path = "/api/organizations/{id}/join", tag = "organizations", operation_id = "join_organization", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The organization")),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The organization that I belong to now", body = OrganizationBody),
        (status = 404, description = "`no_offer`: there is no such organization, or it does not offer itself to you"),
        (status = 409, description = "`already_member`: leave the other organization first"),
    )
)]
pub(in crate::api) async fn join(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let id = id_of(id)?;
    until_done(MAX_TRIES, "an onboarding that stands still", || async {
        let at = app.now();
        let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
        let offer = offer_to(&app, &user).await?.filter(|offer| offer.organization.id == id);
        let organization = offer.ok_or(Refusal::NoOffer)?.organization;
        let state = app.store.onboarding(user.id).await?.ok_or(AccessError::UnknownUser)?;
        let (user_id, email) = (user.id, user.email);
        let change = OrganizationChange::JoinByDomain { organization_id: id, user_id, email };
        let template = app.templates.find(&*app.store, &state.template).await?;
        let effect = with_step(change, &organization, user_id, (&template, &state), at)?;
        let joined = Membership { organization, role: MemberRole::Member, joined_at: at };
        let answer = Answer::json(StatusCode::OK, &OrganizationBody::from(&joined))?;
        let audit = audit(AuditAction::JoinedByDomain, user_id, &id);
        attempt.commit(&app, at, effect, Some(audit), answer).await
    })
    .await
}
