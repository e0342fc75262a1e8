//! Organizations: the own one, its members, invitations and mail domains.
//!
//! Access tokens say nothing of organizations. Each call reads the membership, so that a removed member can do
//! nothing from then on, in any session and at any instance.

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

/// The membership of the person; the request ends here without one.
async fn membership(app: &AppState, user_id: Uuid) -> Result<Membership, ApiError> {
    Ok(app.store.membership(user_id).await?.ok_or(Refusal::NotMember)?)
}

/// Refuses a person whose onboarding is not completed.
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

/// The audit row of a change by a person, with that person as the account.
fn audit(action: AuditAction, user_id: Uuid, subject: &impl ToString) -> Audit {
    // As long as the audit log takes.
    let subject: String = subject.to_string().chars().take(100).collect();
    Audit { action, user_id, subject: Some(subject) }
}

/// Commits a change without a version guard. The store decides whether the change is allowed.
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
