//! Claims of mail domains, which an admin approves or refuses.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::dto::ReasonRequest;
use super::order::entry;
use super::request::AdminRequest;
use crate::api::administrator::Administrator;
use crate::api::attempt::Commit;
use crate::api::dto::organizations::DomainClaimBody;
use crate::api::error::ApiError;
use crate::app::App;
use crate::domain::organization::{MailDomain, Refusal};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OrganizationChange, StoreError};

/// The largest number of claims in the answer.
const MOST: u32 = 100;

/// The claims that an admin has to decide.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DomainClaimsBody {
    items: Vec<DomainClaimBody>,
}

/// List claims of mail domains
///
/// The pending claims, the oldest first; at most 100. The owner who claims a domain has a verified address there.
#[utoipa::path(
    get, path = "/api/admin/domain-claims", tag = "admin", operation_id = "list_domain_claims", security(("access_token" = [])),
    responses(
        (status = 200, description = "The oldest claims that wait", body = DomainClaimsBody),
        (status = 403, description = "`forbidden`: only for admins"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<DomainClaimsBody>, ApiError> {
    let claims = app.store.waiting_claims(MOST).await?;
    Ok(Json(DomainClaimsBody { items: claims.iter().map(DomainClaimBody::from).collect() }))
}

/// Approve the claim of a mail domain
///
/// People with a verified address at the domain may join the organization from then on. The person who claimed the
/// domain must still be an owner with a verified address there.
#[utoipa::path(
    post, path = "/api/admin/organizations/{id}/domains/{domain}/approve", tag = "admin", operation_id = "approve_domain", security(("access_token" = [])),
    params(
        ("id" = Uuid, Path, description = "The organization"),
        ("domain" = String, Path, description = "The domain", example = "acme.example"),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The domain is the organization's"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`; `domain_not_proved`: the owner is none any more, or has no verified address there"),
        (status = 404, description = "`unknown_domain`: no such claim waits"),
        (status = 409, description = "`domain_taken`: it is another organization's"),
    )
)]
pub(in crate::api) async fn approve(request: AdminRequest<(Uuid, String)>) -> Result<Answer, ApiError> {
    decide(request, true).await
}

/// Refuse the claim of a mail domain
///
/// A claim that was approved before is removed. People who have joined by the domain stay.
#[utoipa::path(
    post, path = "/api/admin/organizations/{id}/domains/{domain}/refuse", tag = "admin", operation_id = "refuse_domain", security(("access_token" = [])),
    params(
        ("id" = Uuid, Path, description = "The organization"),
        ("domain" = String, Path, description = "The domain", example = "acme.example"),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The domain is not the organization's"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_domain`"),
    )
)]
pub(in crate::api) async fn refuse(request: AdminRequest<(Uuid, String)>) -> Result<Answer, ApiError> {
    decide(request, false).await
}

async fn decide(request: AdminRequest<(Uuid, String)>, approve: bool) -> Result<Answer, ApiError> {
    let AdminRequest { app, admin, attempt, path, reason } = request;
    let Path((organization_id, domain)) =
        path.map_err(|_| ApiError::MalformedPath { reason: "names no domain of an organization" })?;
    let domain = MailDomain::stored(domain.to_lowercase());
    let claims = app.store.domains(organization_id).await?;
    let claim = claims.into_iter().find(|claim| claim.domain == domain).ok_or(Refusal::UnknownDomain)?;
    let action = if approve { AuditAction::DomainApproved } else { AuditAction::DomainRefused };
    let mut audit = entry(&app, &admin, action, claim.claimed_by, Some(&reason));
    // As long as the audit log takes.
    audit.subject = Some(domain.as_str().chars().take(100).collect());
    let change = OrganizationChange::DecideDomain { organization_id, domain, approve };
    let (effect, answer) = (Effect::Organize(Box::new(change)), Answer::empty(StatusCode::NO_CONTENT));
    match attempt.commit_entry(&app, app.now(), effect, Some(audit), &[], answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(StoreError::exhausted("a claim that stands still").into()),
    }
}
