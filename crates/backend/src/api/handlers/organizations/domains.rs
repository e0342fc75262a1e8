//! The mail domains of an organization.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use super::{audit, commit, membership};
use crate::api::attempt::Attempt;
use crate::api::authenticated::Authenticated;
use crate::api::dto::NoFields;
use crate::api::dto::organizations::{DomainBody, DomainRequest, DomainsBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::app::{App, AppState};
use crate::domain::organization::{DomainClaim, MailDomain};
use crate::idempotency::Answer;
use crate::store::{AuditAction, DomainTarget, OrganizationChange};

/// List the domains of my organization
#[utoipa::path(
    get, path = "/api/organization/domains", tag = "organizations", operation_id = "list_domains", security(("access_token" = [])),
    responses(
        (status = 200, description = "Claimed and verified ones", body = DomainsBody),
        (status = 404, description = "`no_organization`: you belong to none"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<DomainsBody>, ApiError> {
    let organization_id = membership(&app, current.id).await?.organization.id;
    let claims = app.store.domains(organization_id).await?;
    Ok(Json(DomainsBody { items: claims.iter().map(DomainBody::from).collect() }))
}

/// Claim a domain for my organization
///
/// The owner who claims the domain must have a verified address there. After an admin's approval, people with a
/// verified address at the domain may join the organization. Claiming a claimed domain again changes nothing.
#[utoipa::path(
    post, path = "/api/organization/domains", tag = "organizations", operation_id = "claim_domain", security(("access_token" = [])),
    request_body = DomainRequest,
    responses(
        (status = 201, description = "It waits for an admin, or is verified already", body = DomainBody),
        (status = 403, description = "`owner_required`; `domain_not_proved`: you have no verified address there"),
        (status = 404, description = "`no_organization`: you belong to none"),
        (status = 409, description = "`domain_taken`: it is another organization's; `too_many_domains`: there are 10 already"),
    )
)]
pub(in crate::api) async fn claim(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(DomainRequest { domain }): Checked<DomainRequest>,
) -> Result<Answer, ApiError> {
    let organization = membership(&app, current.id).await?.organization;
    let known = app.store.domains(organization.id).await?.into_iter().find(|claim| claim.domain == domain);
    let at = app.now();
    let claim = known.unwrap_or_else(|| DomainClaim {
        organization_id: organization.id,
        organization_name: organization.name,
        domain: domain.clone(),
        claimed_by: current.id,
        claimed_at: at,
        verified_at: None,
    });
    let answer = Answer::json(StatusCode::CREATED, &DomainBody::from(&claim))?;
    let audit = audit(AuditAction::DomainClaimed, current.id, &domain);
    let change = OrganizationChange::ClaimDomain(target(organization.id, domain, current.id));
    commit(&app, &attempt, at, change, audit, answer).await
}

/// Give a domain of my organization up
///
/// Nobody can join by the domain any more, and people who have joined stay. Giving up a domain that the organization
/// does not have changes nothing.
#[utoipa::path(
    delete, path = "/api/organization/domains/{domain}", tag = "organizations", operation_id = "drop_domain", security(("access_token" = [])),
    params(("domain" = String, Path, description = "The domain", example = "acme.example")),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 204, description = "The organization has the domain no more"),
        (status = 403, description = "`owner_required`"),
        (status = 404, description = "`no_organization`: you belong to none"),
    )
)]
pub(in crate::api) async fn drop_one(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    domain: Result<Path<String>, PathRejection>,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let Path(domain) = domain.map_err(|_| ApiError::MalformedPath { reason: "names no domain" })?;
    let organization_id = membership(&app, current.id).await?.organization.id;
    let domain = stored(&app, organization_id, &domain).await?;
    let audit = audit(AuditAction::DomainDropped, current.id, &domain);
    let change = OrganizationChange::DropDomain(target(organization_id, domain, current.id));
    commit(&app, &attempt, app.now(), change, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}

/// The domain of a path, which may be on the list of public domains by now. A text that is no domain is a domain of
/// no organization.
async fn stored(app: &AppState, organization_id: Uuid, text: &str) -> Result<MailDomain, ApiError> {
    let known = app.store.domains(organization_id).await?.into_iter().map(|claim| claim.domain);
    let lower = text.to_lowercase();
    let same =
        |domain: &MailDomain| domain.as_str() == lower || text.parse::<MailDomain>().as_ref() == Ok(domain);
    Ok(known.into_iter().find(same).unwrap_or_else(|| MailDomain::stored(lower)))
}

fn target(organization_id: Uuid, domain: MailDomain, by: Uuid) -> DomainTarget {
    DomainTarget { organization_id, domain, by }
}
