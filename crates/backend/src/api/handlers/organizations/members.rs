//! Lists, promotes and removes members.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use super::{audit, commit, id_of, membership};
use crate::api::attempt::Attempt;
use crate::api::authenticated::Authenticated;
use crate::api::dto::NoFields;
use crate::api::dto::organizations::{MemberBody, MemberRoleRequest, MembersBody, OwnershipRequest, Page};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::query::CheckedQuery;
use crate::app::{App, AppState};
use crate::idempotency::Answer;
use crate::store::{AuditAction, MemberTarget, OrganizationChange};

/// List members
#[utoipa::path(
    get, path = "/api/organization/members", tag = "organizations", operation_id = "list_members", security(("access_token" = [])),
    params(
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before", min_length = 1, pattern = "^[A-Za-z0-9_-]+$"),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 where it is left out", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "Some members of my organization", body = MembersBody),
        (status = 404, description = "`no_organization`: you belong to none"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    CheckedQuery(page): CheckedQuery<Page>,
) -> Result<Json<MembersBody>, ApiError> {
    let organization_id = membership(&app, current.id).await?.organization.id;
    let found = app.store.members(organization_id, page.after, page.wanted()).await?;
    let (members, next_cursor) = page.cut(found, |member| member.user_id)?;
    Ok(Json(MembersBody { items: members.iter().map(MemberBody::from).collect(), next_cursor }))
}

/// The member of a path, with the person who asks.
async fn target(app: &AppState, by: Uuid, user_id: Uuid) -> Result<MemberTarget, ApiError> {
    let organization_id = membership(app, by).await?.organization.id;
    Ok(MemberTarget { organization_id, user_id, by })
}

/// Give a member a role
#[utoipa::path(
    patch, path = "/api/organization/members/{user_id}", tag = "organizations", operation_id = "set_member_role", security(("access_token" = [])),
    params(("user_id" = Uuid, Path, description = "The account of the member")),
    request_body = MemberRoleRequest,
    responses(
        (status = 204, description = "The member has the role"),
        (status = 403, description = "`owner_required`"),
        (status = 404, description = "`unknown_member`; `no_organization`: you belong to none"),
        (status = 409, description = "`last_owner`"),
    )
)]
pub(in crate::api) async fn set_role(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(request): Checked<MemberRoleRequest>,
) -> Result<Answer, ApiError> {
    let target = target(&app, current.id, id_of(id)?).await?;
    let audit =
        audit(AuditAction::MemberRoleSet, current.id, &format!("{} {}", target.user_id, request.role));
    let change = OrganizationChange::SetRole { target, role: request.role };
    commit(&app, &attempt, app.now(), change, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}

/// Remove a member
///
/// The removal counts at once: no session of the member sees or changes anything of the organization from then on.
/// The member's invitations are revoked.
#[utoipa::path(
    delete, path = "/api/organization/members/{user_id}", tag = "organizations", operation_id = "remove_member", security(("access_token" = [])),
    params(("user_id" = Uuid, Path, description = "The account of the member")),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 204, description = "They belong to the organization no more"),
        (status = 403, description = "`owner_required`"),
        (status = 404, description = "`unknown_member`; `no_organization`: you belong to none"),
        (status = 409, description = "`last_owner`"),
    )
)]
pub(in crate::api) async fn remove(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let target = target(&app, current.id, id_of(id)?).await?;
    let audit = audit(AuditAction::MemberRemoved, current.id, &target.user_id);
    let change = OrganizationChange::Remove(target);
    commit(&app, &attempt, app.now(), change, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}

/// Pass my ownership
///
/// The other member becomes an owner, and I become a plain member, in one transaction.
#[utoipa::path(
    post, path = "/api/organization/ownership", tag = "organizations", operation_id = "pass_ownership", security(("access_token" = [])),
    request_body = OwnershipRequest,
    responses(
        (status = 204, description = "The other member is an owner"),
        (status = 403, description = "`owner_required`"),
        (status = 404, description = "`unknown_member`; `no_organization`: you belong to none"),
    )
)]
pub(in crate::api) async fn pass_ownership(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<OwnershipRequest>,
) -> Result<Answer, ApiError> {
    let target = target(&app, current.id, request.user_id).await?;
    let audit = audit(AuditAction::OwnershipPassed, current.id, &target.user_id);
    let change = OrganizationChange::PassOwnership(target);
    commit(&app, &attempt, app.now(), change, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}
