//! Organizations: the own one, its members, who is invited to it, and its mail domains.
//!
//! Nothing of it is in an access token: each call looks at the membership anew, so that whoever is removed can do
//! nothing from then on, in no session and at no instance.

pub(in crate::api) mod domains;
pub(in crate::api) mod invitations;
pub(in crate::api) mod joining;
pub(in crate::api) mod members;
pub(in crate::api) mod offers;
pub(in crate::api) mod own;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::error::ApiError;
use crate::app::AppState;
use crate::domain::Timestamp;
use crate::domain::organization::{Membership, Refusal};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OrganizationChange, StoreError};

/// What the person belongs to; without anything, the request ends here.
async fn membership(app: &AppState, user_id: Uuid) -> Result<Membership, ApiError> {
    Ok(app.store.membership(user_id).await?.ok_or(Refusal::NotMember)?)
}

/// Whoever has completed the onboarding may do it.
async fn check_onboarded(app: &AppState, user_id: Uuid) -> Result<(), ApiError> {
    let state = app.store.onboarding(user_id).await?;
    let completed = state.is_some_and(|state| state.completed_at.is_some());
    if completed { Ok(()) } else { Err(ApiError::OnboardingOpen) }
}

/// The id in a path.
fn id_of(id: Result<Path<Uuid>, PathRejection>) -> Result<Uuid, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::MalformedPath { reason: "bears no id" })?;
    Ok(id)
}

/// What is remembered of a change by a person, who is the one that it is found by.
fn audit(action: AuditAction, user_id: Uuid, subject: &impl ToString) -> Audit {
    // As long as the audit log takes.
    let subject: String = subject.to_string().chars().take(100).collect();
    Audit { action, user_id, subject: Some(subject) }
}

/// Commits a change that no version guards: the store decides whether it may be done.
async fn commit(
    app: &AppState,
    attempt: &Attempt,
    at: Timestamp,
    change: OrganizationChange,
    audit: Audit,
    answer: Answer,
) -> Result<Answer, ApiError> {
    let effect = Effect::Organize(Box::new(change));
    match attempt.commit(app, at, effect, Some(audit), answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(StoreError::exhausted("an organization that stands still").into()),
    }
}
