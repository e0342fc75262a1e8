//! Joins an organization by an invitation, at registration or with an existing account.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use uuid::Uuid;

use super::audit;
use crate::api::attempt::Attempt;
use crate::api::authenticated::Authenticated;
use crate::api::dto::organizations::{InvitationTokenRequest, OrganizationBody, ReceivedInvitationBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::retry::until_done;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::domain::event::Event;
use crate::domain::onboarding::template::Template;
use crate::domain::onboarding::{Onboarding, StepChange, StepKey, StepStatus};
use crate::domain::one_time_code::LinkToken;
use crate::domain::organization::{Invitation, InvitationState, Membership, Organization, Refusal};
use crate::domain::{Email, Timestamp};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OrganizationChange, Reshape};

/// The key of the step whose answers describe an organization.
const ORGANIZATION: &str = "organization";

/// The number of times that joining is decided anew, where another change of the same person was faster.
const MAX_TRIES: u32 = 10;

/// Look at an invitation
///
/// The answer for a person with the link: the organization and the invited address. The invitation is not used up.
#[utoipa::path(
    post, path = "/api/invitations/lookup", tag = "organizations", operation_id = "look_at_invitation",
    request_body = InvitationTokenRequest,
    responses(
        (status = 200, description = "The invitation, which waits", body = ReceivedInvitationBody),
        (status = 410, description = "`invitation_used`; `invitation_expired`: too old, revoked, replaced by a newer mail, or unknown"),
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
/// The account must have the invited address, which counts as verified from then on. The step `organization` of an
/// onboarding that is not completed is filled in and completed. A person without an account registers with
/// `invitation`.
#[utoipa::path(
    post, path = "/api/invitations/accept", tag = "organizations", operation_id = "accept_invitation", security(("access_token" = [])),
    request_body = InvitationTokenRequest,
    responses(
        (status = 200, description = "The organization that I belong to now", body = OrganizationBody),
        (status = 403, description = "`other_address`: it is for another address than the account's"),
        (status = 409, description = "`already_member`: leave the other organization first"),
        (status = 410, description = "`invitation_used`; `invitation_expired`: too old, revoked, replaced by a newer mail, or unknown"),
    )
)]
pub(in crate::api) async fn accept(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<InvitationTokenRequest>,
) -> Result<Answer, ApiError> {
    until_done(MAX_TRIES, "an onboarding that stands still", || async {
        let at = app.now();
        let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
        let invitation = invited(&app, &request.token, &user.email, at).await?;
        let state = app.store.onboarding(current.id).await?.ok_or(AccessError::UnknownUser)?;
        let change = accepting(&invitation, &request.token, current.id);
        let template = app.templates.find(&*app.store, &state.template).await?;
        let effect = with_step(change, &invitation.organization, current.id, (&template, &state), at)?;
        let audit = audit(AuditAction::InvitationAccepted, current.id, &invitation.id);
        let Invitation { organization, role, .. } = invitation;
        let joined = Membership { organization, role, joined_at: at };
        let answer = Answer::json(StatusCode::OK, &OrganizationBody::from(&joined))?;
        let verified = user.email_verified_at.is_none().then(|| Event::email_verified(user.id, &user.email));
        let attempt = attempt.telling(verified);
        attempt.commit(&app, at, effect, Some(audit), answer).await
    })
    .await
}

async fn waiting(app: &AppState, token: &LinkToken, at: Timestamp) -> Result<Invitation, ApiError> {
    let found = app.store.invitation_of_token(token.hash()).await?.ok_or(Refusal::InvitationDead)?;
    match found.state(at) {
        InvitationState::Pending => Ok(found),
        InvitationState::Accepted => Err(Refusal::InvitationUsed.into()),
        InvitationState::Revoked | InvitationState::Expired => Err(Refusal::InvitationDead.into()),
    }
}

/// The pending invitation of a link, for this address.
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
    (template, at): (&Template, Timestamp),
) -> Result<Effect, ApiError> {
    let change = accepting(invitation, token, user_id);
    let begun = Onboarding::begun(template.id.clone(), at);
    let joining = with_step(change, &invitation.organization, user_id, (template, &begun), at)?;
    Ok(Effect::Sequence(vec![registration, joining]))
}

/// A change by which a person joins. The person's step `organization` is filled in and completed, where the template
/// has the step and the onboarding is open.
pub(super) fn with_step(
    change: OrganizationChange,
    organization: &Organization,
    user_id: Uuid,
    (template, state): (&Template, &Onboarding),
    at: Timestamp,
) -> Result<Effect, ApiError> {
    let joining = Effect::Organize(Box::new(change));
    let asked = template.steps.iter().find(|step| step.key.as_str() == ORGANIZATION);
    let Some(step) = asked.map(|step| step.key.clone()).filter(|_| state.completed_at.is_none()) else {
        return Ok(joining);
    };
    let Some(change) = filled(organization, &step, template, state) else { return Ok(joining) };
    let changed = state.change_step(template, &step, change, at)?;
    let reshape = Reshape::between(state, &changed, Some(&step));
    let Some(record) = changed.steps.get(&step).cloned() else { return Ok(joining) };
    let saving = Effect::SaveStep { user_id, expected_version: state.version, step, record, reshape };
    Ok(Effect::Sequence(vec![joining, saving]))
}

/// The step as far as the template takes it: completed with the organization's details, or what is nearest to that.
fn filled(
    organization: &Organization,
    step: &StepKey,
    template: &Template,
    state: &Onboarding,
) -> Option<StepChange> {
    let answers = organization.answers();
    let nearest = [
        StepChange { status: StepStatus::Completed, data: Some(answers.clone()) },
        StepChange { status: StepStatus::Completed, data: None },
        StepChange { status: StepStatus::InProgress, data: Some(answers) },
    ];
    nearest.into_iter().find(|change| state.check_data(template, step, change).is_ok())
}
