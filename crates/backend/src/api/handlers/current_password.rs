//! Checks the current password of a user who is logged in and wants a change.

use uuid::Uuid;

use crate::api::attempt::Audit;
use crate::api::error::ApiError;
use crate::api::guard::Guard;
use crate::app::AppState;
use crate::auth::{CurrentUser, Verified};
use crate::domain::guessing::Limit;
use crate::domain::{PasswordHash, PresentedPassword};
use crate::store::AuditAction;

/// Refuses unless `password` is that of `hash`. Wrong passwords are audited and counted by session. So a thief of one
/// session cannot guess on, and cannot stop the owner's other sessions.
pub(super) async fn prove(
    app: &AppState,
    CurrentUser { id, session_id, .. }: CurrentUser,
    password: PresentedPassword,
    hash: PasswordHash,
) -> Result<(), ApiError> {
    if hash.is_of_nobody() {
        return Err(ApiError::PasswordMissing);
    }
    let guard = Guard::of([limit(id, session_id)]);
    guard.admit(app).await?;
    let admit = async { guard.admit(app).await.map(drop) };
    match app.hasher.verify_any_form(password, Some(hash), admit).await? {
        Verified::Right | Verified::RightBefore(_) => Ok(()),
        Verified::Wrong => {
            let subject = Some(session_id.to_string());
            let audit = Audit { action: AuditAction::PasswordCheckFailed, user_id: id, subject };
            guard.count(app, Some(audit)).await?;
            Err(ApiError::InvalidCredentials)
        }
    }
}

fn limit(user_id: Uuid, session_id: Uuid) -> Limit {
    Limit::by_device("current password", user_id, session_id)
}
