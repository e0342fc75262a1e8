//! Inviting people by mail.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use super::{audit, check_onboarded, commit, id_of, membership};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::NoFields;
use crate::api::dto::organizations::{InvitationBody, InvitationsBody, InviteRequest, Page};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::handlers::mails;
use crate::api::query::CheckedQuery;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::domain::mail::Mail;
use crate::domain::one_time_code::LinkToken;
use crate::domain::organization::{LIFETIME, MemberRole, NewInvitation, Refusal};
use crate::domain::{Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, InvitationTarget, OrganizationChange, StoreError};

/// Invite somebody to my organization
///
/// A mail with a link goes to the address, in the language of the person who invites. The link works once, for 7
/// days, for an account with that address. The answer does not depend on whether there is such an account. An
/// organization may send 50 such mails a day, and so may a person.
#[utoipa::path(
    post, path = "/api/organization/invitations", tag = "organizations", operation_id = "invite", security(("access_token" = [])),
    request_body = InviteRequest,
    responses(
        (status = 201, description = "The mail will be sent", body = InvitationBody),
        (status = 403, description = "`owner_required`: only owners invite owners; `email_not_verified`: your own address is not verified"),
        (status = 404, description = "`no_organization`: you belong to none"),
        (status = 409, description = "`member_invited`: a member has this address; `already_invited`: an invitation waits; `onboarding_incomplete`"),
        (status = 429, description = "`invitation_limit`: as many mails as a day allows", headers(("Retry-After" = u64, description = "Seconds"))),
    )
)]
pub(in crate::api) async fn invite(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<InviteRequest>,
) -> Result<Answer, ApiError> {
    let membership = membership(&app, current.id).await?;
    check_onboarded(&app, current.id).await?;
    let inviter = proved(&app, current.id).await?;
    let (at, token) = (app.now(), LinkToken::generate());
    let invitation = NewInvitation {
        id: Uuid::now_v7(),
        organization_id: membership.organization.id,
        email: request.email,
        role: request.role.unwrap_or(MemberRole::Member),
        invited_by: current.id,
        token_hash: token.hash(),
        created_at: at,
        expires_at: at + LIFETIME,
    };
    let (name, expires_at) = (&membership.organization.name, invitation.expires_at);
    let mail = mails::invitation(&inviter, name, invitation.email.clone(), &token, expires_at);
    let body = InvitationBody {
        id: invitation.id,
        email: invitation.email.as_str().to_owned(),
        role: invitation.role.as_str(),
        state: "pending",
        invited_by: current.id,
        created_at: at,
        sent_at: at,
        expires_at,
    };
    let answer = Answer::json(StatusCode::CREATED, &body)?;
    let audit = audit(AuditAction::MemberInvited, current.id, &invitation.id);
    send(&app, &attempt, at, OrganizationChange::Invite(invitation), audit, mail, answer).await
}

/// The account of a person whose own address is verified. Only such a person sends mails to others.
async fn proved(app: &AppState, id: Uuid) -> Result<User, ApiError> {
    let user = app.store.user(id).await?.ok_or(AccessError::UnknownUser)?;
    if user.email_verified_at.is_some() { Ok(user) } else { Err(ApiError::EmailNotVerified) }
}

async fn send(
    app: &AppState,
    attempt: &Attempt,
    at: Timestamp,
    change: OrganizationChange,
    audit: Audit,
    mail: Mail,
    answer: Answer,
) -> Result<Answer, ApiError> {
    let effect = Effect::Organize(Box::new(change));
    match attempt.commit_and_mail(app, at, effect, Some(audit), &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(StoreError::exhausted("an organization that stands still").into()),
    }
}

/// List invitations
///
/// Owners see all invitations of the organization, and other members those that they sent. An invitation is listed
/// for 30 days after its end.
#[utoipa::path(
    get, path = "/api/organization/invitations", tag = "organizations", operation_id = "list_invitations", security(("access_token" = [])),
    params(
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before", min_length = 1, pattern = "^[A-Za-z0-9_-]+$"),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 where it is left out", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "Some invitations to my organization", body = InvitationsBody),
        (status = 404, description = "`no_organization`: you belong to none"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    CheckedQuery(page): CheckedQuery<Page>,
) -> Result<Json<InvitationsBody>, ApiError> {
    let membership = membership(&app, current.id).await?;
    let by = (membership.role == MemberRole::Member).then_some(current.id);
    let organization_id = membership.organization.id;
    let found = app.store.invitations(organization_id, by, page.after, page.wanted()).await?;
    let (found, next_cursor) = page.cut(found, |invitation| invitation.id)?;
    let now = app.now();
    let items = found.iter().map(|invitation| InvitationBody::of(invitation, now)).collect();
    Ok(Json(InvitationsBody { items, next_cursor }))
}

/// Send an invitation again
///
/// The link of the earlier mail stops to work. The person who invited and owners may send an invitation again, also
/// after its end: every 10 minutes, and for 5 mails in all.
#[utoipa::path(
    post, path = "/api/organization/invitations/{id}/resend", tag = "organizations", operation_id = "resend_invitation", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The invitation")),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The mail will be sent", body = InvitationBody),
        (status = 403, description = "`email_not_verified`: your own address is not verified"),
        (status = 404, description = "`unknown_invitation`; `no_organization`: you belong to none"),
        (status = 409, description = "`invitation_closed`: it was accepted or revoked"),
        (status = 429, description = "`resend_too_soon`; `invitation_limit`: as many mails as a day allows", headers(("Retry-After" = u64, description = "Seconds"))),
    )
)]
pub(in crate::api) async fn resend(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let target = target(&app, current.id, id_of(id)?).await?;
    let inviter = proved(&app, current.id).await?;
    let found = app.store.invitation(target.organization_id, target.id).await?;
    let mut invitation = found.ok_or(Refusal::UnknownInvitation)?;
    let (at, token) = (app.now(), LinkToken::generate());
    (invitation.sent_at, invitation.expires_at) = (at, at + LIFETIME);
    let expires_at = invitation.expires_at;
    let name = &invitation.organization.name;
    let mail = mails::invitation(&inviter, name, invitation.email.clone(), &token, expires_at);
    let answer = Answer::json(StatusCode::OK, &InvitationBody::of(&invitation, at))?;
    let audit = audit(AuditAction::InvitationResent, current.id, &target.id);
    let change = OrganizationChange::Resend { target, token_hash: token.hash(), expires_at };
    send(&app, &attempt, at, change, audit, mail, answer).await
}

/// Revoke an invitation
///
/// The person who invited and owners may revoke an invitation. Revoking a revoked invitation changes nothing.
#[utoipa::path(
    delete, path = "/api/organization/invitations/{id}", tag = "organizations", operation_id = "revoke_invitation", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The invitation")),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 204, description = "Its link does not work any more"),
        (status = 404, description = "`unknown_invitation`; `no_organization`: you belong to none"),
        (status = 409, description = "`invitation_closed`: it was accepted"),
    )
)]
pub(in crate::api) async fn revoke(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let target = target(&app, current.id, id_of(id)?).await?;
    let audit = audit(AuditAction::InvitationRevoked, current.id, &target.id);
    let change = OrganizationChange::Revoke(target);
    commit(&app, &attempt, app.now(), change, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}

async fn target(app: &AppState, by: Uuid, id: Uuid) -> Result<InvitationTarget, ApiError> {
    let organization_id = membership(app, by).await?.organization.id;
    Ok(InvitationTarget { organization_id, id, by })
}
