//! The own organization: shows, makes, changes and leaves it.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use uuid::Uuid;

use super::{audit, check_onboarded, commit, membership};
use crate::api::attempt::Attempt;
use crate::api::authenticated::Authenticated;
use crate::api::dto::NoFields;
use crate::api::dto::organizations::{DescribeRequest, FoundRequest, OrganizationBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::app::App;
use crate::domain::organization::{MemberRole, Membership, Organization, Refusal};
use crate::idempotency::Answer;
use crate::store::{AuditAction, OrganizationChange};

/// My organization
#[utoipa::path(
    get, path = "/api/organization", tag = "organizations", operation_id = "get_organization", security(("access_token" = [])),
    responses(
        (status = 200, description = "What I belong to, and what I may do there", body = OrganizationBody),
        (status = 404, description = "`no_organization`: you belong to none"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<OrganizationBody>, ApiError> {
    Ok(Json(OrganizationBody::from(&membership(&app, current.id).await?)))
}

/// Make an organization
///
/// Completing the onboarding makes an organization of the answers of the step `organization`. This call is for people
/// who have none by that.
#[utoipa::path(
    post, path = "/api/organization", tag = "organizations", operation_id = "found_organization", security(("access_token" = [])),
    request_body = FoundRequest,
    responses(
        (status = 201, description = "The organization, of which I am the owner", body = OrganizationBody),
        (status = 409, description = "`already_member`: leave the other one first; `onboarding_incomplete`"),
    )
)]
pub(in crate::api) async fn found(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<FoundRequest>,
) -> Result<Answer, ApiError> {
    check_onboarded(&app, current.id).await?;
    let FoundRequest { name, size, website } = request;
    let at = app.now();
    let organization = Organization { id: Uuid::now_v7(), name, size, website, created_at: at };
    let role = MemberRole::Owner;
    let founded = Membership { organization: organization.clone(), role, joined_at: at };
    let answer = Answer::json(StatusCode::CREATED, &OrganizationBody::from(&founded))?;
    let audit = audit(AuditAction::OrganizationFounded, current.id, &organization.id);
    let change = OrganizationChange::Found { organization, owner: current.id, unless_member: false };
    commit(&app, &attempt, at, change, audit, answer).await
}

/// Change my organization
#[utoipa::path(
    patch, path = "/api/organization", tag = "organizations", operation_id = "describe_organization", security(("access_token" = [])),
    request_body = DescribeRequest,
    responses(
        (status = 200, description = "The organization after the change", body = OrganizationBody),
        (status = 403, description = "`owner_required`"),
        (status = 404, description = "`no_organization`: you belong to none"),
    )
)]
pub(in crate::api) async fn describe(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<DescribeRequest>,
) -> Result<Answer, ApiError> {
    let mut membership = membership(&app, current.id).await?;
    if membership.role != MemberRole::Owner {
        return Err(Refusal::NotOwner.into());
    }
    let organization = &mut membership.organization;
    organization.name = request.name.unwrap_or_else(|| organization.name.clone());
    organization.size = request.size.or_else(|| organization.size.clone());
    organization.website = request.website.or_else(|| organization.website.clone());
    let answer = Answer::json(StatusCode::OK, &OrganizationBody::from(&membership))?;
    let Organization { id, name, size, website, .. } = membership.organization;
    let audit = audit(AuditAction::OrganizationDescribed, current.id, &id);
    let by = current.id;
    let change = OrganizationChange::Describe { organization_id: id, by, name, size, website };
    commit(&app, &attempt, app.now(), change, audit, answer).await
}

/// Leave my organization
///
/// The organization ends with its last member. Invitations by the person who leaves are revoked.
#[utoipa::path(
    post, path = "/api/organization/leave", tag = "organizations", operation_id = "leave_organization", security(("access_token" = [])),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 204, description = "I belong to none"),
        (status = 404, description = "`no_organization`: you belong to none"),
        (status = 409, description = "`last_owner`: pass the ownership first"),
    )
)]
pub(in crate::api) async fn leave(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let organization_id = membership(&app, current.id).await?.organization.id;
    let audit = audit(AuditAction::OrganizationLeft, current.id, &organization_id);
    let change = OrganizationChange::Leave { organization_id, user_id: current.id };
    commit(&app, &attempt, app.now(), change, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}
