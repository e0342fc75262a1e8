//! What admins do to accounts of others.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use super::dto::ReasonRequest;
use super::users::known;
use crate::api::administrator::Administrator;
use crate::api::attempt::{Attempt, Commit};
use crate::api::error::{ApiError, Problem};
use crate::api::fields::Checked;
use crate::api::handlers::mails;
use crate::api::{client, request_id};
use crate::app::{App, AppState};
use crate::domain::one_time_code::CodePurpose;
use crate::domain::{Reason, Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{
    AccountChange, Actor, Administration, AuditAction, AuditEntry, Effect, IdentityChange, Mutation,
    StoreError,
};

/// How often a change starts anew when what it was decided on has changed.
const MAX_TRIES: u32 = 3;

/// Suspend an account
///
/// Nobody may log in until it is restored, and all its sessions end. The last admin who may act cannot be suspended.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/suspend", tag = "admin", operation_id = "suspend_user", security(("access_token" = [])),
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The account is suspended"),
        (status = 403, description = "`forbidden`: only for admins", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_user`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`last_admin`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn suspend(
    State(app): State<App>,
    Administrator(admin): Administrator,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(ReasonRequest { reason }): Checked<ReasonRequest>,
) -> Result<Answer, ApiError> {
    let act = Act { admin, action: AuditAction::UserSuspended, reason };
    act.commit(&app, &attempt, id, AccountChange::Suspend).await
}

/// Restore a suspended account
///
/// Its sessions stay ended. To restore one that is not suspended changes nothing.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/restore", tag = "admin", operation_id = "restore_user", security(("access_token" = [])),
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The account may be used"),
        (status = 403, description = "`forbidden`: only for admins", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_user`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn restore(
    State(app): State<App>,
    Administrator(admin): Administrator,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(ReasonRequest { reason }): Checked<ReasonRequest>,
) -> Result<Answer, ApiError> {
    let act = Act { admin, action: AuditAction::UserRestored, reason };
    act.commit(&app, &attempt, id, AccountChange::Restore).await
}

/// End all sessions of an account
///
/// Its refresh tokens stop to work at once, and its access tokens as they do after a log-out.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/end-sessions", tag = "admin", operation_id = "end_sessions", security(("access_token" = [])),
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "No session is left"),
        (status = 403, description = "`forbidden`: only for admins", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_user`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn end_sessions(
    State(app): State<App>,
    Administrator(admin): Administrator,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(ReasonRequest { reason }): Checked<ReasonRequest>,
) -> Result<Answer, ApiError> {
    let act = Act { admin, action: AuditAction::SessionsEnded, reason };
    act.commit(&app, &attempt, id, AccountChange::EndSessions).await
}

/// Send a link for a new password
///
/// The owner of the account gets the mail that `POST /api/auth/password/forgot` sends, whenever the last one was sent. The
/// password stays as it is until the link is used; nobody but the owner learns the new one.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/send-reset", tag = "admin", operation_id = "send_reset", security(("access_token" = [])),
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The mail is on its way"),
        (status = 403, description = "`forbidden`: only for admins", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_user`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests`: another link was sent at this very moment", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    )
)]
pub(in crate::api) async fn send_reset(
    State(app): State<App>,
    Administrator(admin): Administrator,
    attempt: Attempt,
    id: Result<Path<Uuid>, PathRejection>,
    Checked(ReasonRequest { reason }): Checked<ReasonRequest>,
) -> Result<Answer, ApiError> {
    let user = known(&app, id).await?;
    let at = app.now();
    let code = app.codes.issue(user.id, CodePurpose::ResetPassword, user.email.clone(), at);
    let mail = mails::with_code(&user, &code);
    // Those that were sent before do not count.
    let change =
        IdentityChange::IssueCode { code: code.stored, seen: None, quiet_since: at, window_since: at };
    let effect = Effect::Identity(Box::new(change));
    let audit = Some(entry(&app, &admin, AuditAction::ResetSent, user.id, Some(&reason)));
    let answer = Answer::empty(StatusCode::NO_CONTENT);
    match attempt.commit_entry(&app, at, effect, audit, &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        // The account has just gone.
        Commit::Stale => Err(ApiError::UnknownUser),
    }
}

/// Who does what, and why.
struct Act {
    admin: User,
    action: AuditAction,
    reason: Reason,
}

impl Act {
    async fn commit(
        self,
        app: &AppState,
        attempt: &Attempt,
        id: Result<Path<Uuid>, PathRejection>,
        change: AccountChange,
    ) -> Result<Answer, ApiError> {
        let user = known(app, id).await?;
        for _ in 0..MAX_TRIES {
            let at = app.now();
            let (user_id, by) = (user.id, Actor::Admin(self.admin.id));
            let effect = Effect::Administer(Administration { user_id, by, change: change.clone() });
            let answer = Answer::empty(StatusCode::NO_CONTENT);
            let audit = Some(entry(app, &self.admin, self.action, user_id, Some(&self.reason)));
            if let Commit::Done(answer) = attempt.commit_entry(app, at, effect, audit, &[], answer).await? {
                return Ok(answer);
            }
            self.explain(app, user_id).await?;
        }
        Err(StoreError::exhausted("accounts that stand still").into())
    }

    /// Why the change could not be done; nothing where it can be by now.
    async fn explain(&self, app: &AppState, user_id: Uuid) -> Result<(), ApiError> {
        let user = app.store.user(user_id).await?.ok_or(ApiError::UnknownUser)?;
        let admin = app.store.user(self.admin.id).await?;
        if !admin.as_ref().is_some_and(User::may_administrate) {
            return Err(ApiError::Forbidden);
        }
        if user.may_administrate() && !app.store.has_other_admin(user_id).await? {
            return Err(ApiError::LastAdmin);
        }
        Ok(())
    }
}

/// Notes what an admin does that changes nothing.
pub(super) async fn note(
    app: &AppState,
    at: Timestamp,
    admin: &User,
    action: AuditAction,
) -> Result<(), ApiError> {
    let audit = Some(entry(app, admin, action, admin.id, None));
    app.store
        .commit(Mutation {
            at,
            idempotency: None,
            session: None,
            effect: Effect::None,
            messages: Vec::new(),
            audit,
        })
        .await?;
    Ok(())
}

fn entry(
    app: &AppState,
    admin: &User,
    action: AuditAction,
    user_id: Uuid,
    reason: Option<&Reason>,
) -> AuditEntry {
    AuditEntry {
        action,
        user_id,
        actor: Actor::Admin(admin.id),
        subject: None,
        reason: reason.map(|reason| reason.as_str().to_owned()),
        address: client::current_address(),
        request_id: request_id::current(),
        instance_id: app.instance_id.clone(),
    }
}
