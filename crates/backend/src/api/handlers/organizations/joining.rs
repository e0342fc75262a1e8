//! Joining by an invitation: while registering, or with an account that is there.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use uuid::Uuid;

use super::audit;
use crate::api::attempt::{Attempt, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::organizations::{InvitationTokenRequest, OrganizationBody, ReceivedInvitationBody};
use crate::api::error::{ApiError, Problem};
use crate::api::fields::Checked;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::domain::event::Event;
use crate::domain::onboarding::{Onboarding, Step, StepChange, StepData, StepStatus};
use crate::domain::one_time_code::LinkToken;
use crate::domain::organization::{Invitation, InvitationState, Membership, Organization, Refusal};
use crate::domain::{Email, Timestamp};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OrganizationChange, StoreError};

/// How often joining starts anew when another change of the same person was faster.
const MAX_TRIES: u32 = 10;

/// Look at an invitation
///
/// For whoever has its link: what it is to, and for which address. Nothing is used by that.
#[utoipa::path(
    post, path = "/api/invitations/lookup", tag = "organizations", operation_id = "look_at_invitation",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$")),
    request_body = InvitationTokenRequest,
    responses(
        (status = 200, description = "The invitation, which waits", body = ReceivedInvitationBody),
        (status = 410, description = "`invitation_used`; `invitation_expired`: too old, revoked, replaced by a newer mail, or unknown", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn look_up(
    State(app): State<App>,
    Checked(request): Checked<InvitationTokenRequest>,
) -> Result<Json<ReceivedInvitationBody>, ApiError> {
    let invitation = waiting(&app, &request.token, app.now()).await?;
    Ok(Json(ReceivedInvitationBody {
        organization: invitation.organization.name.as_str().to_owned(),
        email: invitation.email.as_str().to_owned(),
        role: invitation.role.as_str(),
        expires_at: invitation.expires_at,
    }))
}

/// Accept an invitation
///
/// The account must have the invited address, which is verified by that. The step `organization` of an onboarding that is
/// not completed is filled and done. Whoever has no account yet registers with `invitation`.
#[utoipa::path(
    post, path = "/api/invitations/accept", tag = "organizations", operation_id = "accept_invitation", security(("access_token" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$")),
    request_body = InvitationTokenRequest,
    responses(
        (status = 200, description = "The organization that I belong to now", body = OrganizationBody),
        (status = 403, description = "`other_address`: it is for another address than the account's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`already_member`: leave the other organization first", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`invitation_used`; `invitation_expired`: too old, revoked, replaced by a newer mail, or unknown", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn accept(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<InvitationTokenRequest>,
) -> Result<Answer, ApiError> {
    for _ in 0..MAX_TRIES {
        let at = app.now();
        let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
        let invitation = invited(&app, &request.token, &user.email, at).await?;
        let state = app.store.onboarding(current.id).await?.ok_or(AccessError::UnknownUser)?;
        let change = accepting(&invitation, &request.token, current.id);
        let effect = with_step(change, &invitation.organization, current.id, &state, at)?;
        let audit = audit(AuditAction::InvitationAccepted, current.id, &invitation.id);
        let Invitation { organization, role, .. } = invitation;
        let joined = Membership { organization, role, joined_at: at };
        let answer = Answer::json(StatusCode::OK, &OrganizationBody::from(&joined))?;
        let verified = user.email_verified_at.is_none().then(|| Event::email_verified(user.id, &user.email));
        let attempt = attempt.telling(verified);
        if let Commit::Done(answer) = attempt.commit(&app, at, effect, Some(audit), answer).await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("an onboarding that stands still").into())
}

async fn waiting(app: &AppState, token: &LinkToken, at: Timestamp) -> Result<Invitation, ApiError> {
    let found = app.store.invitation_of_token(token.hash()).await?.ok_or(Refusal::InvitationDead)?;
    match found.state(at) {
        InvitationState::Pending => Ok(found),
        InvitationState::Accepted => Err(Refusal::InvitationUsed.into()),
        InvitationState::Revoked | InvitationState::Expired => Err(Refusal::InvitationDead.into()),
    }
}

/// The invitation of a link, which waits and is for this address.
pub(in crate::api::handlers) async fn invited(
    app: &AppState,
    token: &LinkToken,
    email: &Email,
    at: Timestamp,
) -> Result<Invitation, ApiError> {
    let invitation = waiting(app, token, at).await?;
    if invitation.email == *email { Ok(invitation) } else { Err(Refusal::OtherAddress.into()) }
}

fn accepting(invitation: &Invitation, token: &LinkToken, user_id: Uuid) -> OrganizationChange {
    OrganizationChange::Accept {
        invitation_id: invitation.id,
        organization_id: invitation.organization.id,
        token_hash: token.hash(),
        user_id,
    }
}

/// A registration that joins by an invitation.
pub(in crate::api::handlers) fn registering(
    registration: Effect,
    invitation: &Invitation,
    token: &LinkToken,
    user_id: Uuid,
    at: Timestamp,
) -> Result<Effect, ApiError> {
    let change = accepting(invitation, token, user_id);
    let joining = with_step(change, &invitation.organization, user_id, &Onboarding::begun(at), at)?;
    Ok(Effect::Sequence(vec![registration, joining]))
}

/// A change by which a person joins, and their step `organization` filled and done where they are not through already.
pub(super) fn with_step(
    change: OrganizationChange,
    organization: &Organization,
    user_id: Uuid,
    state: &Onboarding,
    at: Timestamp,
) -> Result<Effect, ApiError> {
    let (joining, step) = (Effect::Organize(Box::new(change)), Step::Organization);
    if state.completed_at.is_some() {
        return Ok(joining);
    }
    let status = StepStatus::Completed;
    // Whatever the rules for the step are by now: what does not meet them is left out.
    let data = StepData::check(step, organization.answers(), status).ok();
    let record = state.change_step(step, StepChange { status, data }, at)?;
    let saving = Effect::SaveStep { user_id, expected_version: state.version, step, record };
    Ok(Effect::Sequence(vec![joining, saving]))
}
