//! Actions of admins on accounts of others.

use super::dto::ReasonRequest;
use super::order::Order;
use crate::api::error::ApiError;
use crate::api::handlers::mails;
use crate::app::AppState;
use crate::domain::mail::Mail;
use crate::domain::one_time_code::CodePurpose;
use crate::domain::{Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{AccountChange, AuditAction};

/// Suspend an account
///
/// Nobody may log in until the account is restored, and all sessions of the account end. The last admin who can act
/// cannot be suspended.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/suspend", tag = "admin", operation_id = "suspend_user", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The account is suspended"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_user`"),
        (status = 409, description = "`last_admin`"),
    )
)]
pub(in crate::api) async fn suspend(order: Order) -> Result<Answer, ApiError> {
    order.carry_out(AuditAction::UserSuspended, AccountChange::Suspend).await
}

/// Restore a suspended account
///
/// The account's sessions stay ended. Restoring an account that is not suspended changes nothing.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/restore", tag = "admin", operation_id = "restore_user", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The account may be used"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_user`"),
    )
)]
pub(in crate::api) async fn restore(order: Order) -> Result<Answer, ApiError> {
    order.carry_out(AuditAction::UserRestored, AccountChange::Restore).await
}

/// End all sessions of an account
///
/// The account's refresh tokens stop to work at once. The access tokens stop to work as after a log-out.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/end-sessions", tag = "admin", operation_id = "end_sessions", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "No session is left"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_user`"),
    )
)]
pub(in crate::api) async fn end_sessions(order: Order) -> Result<Answer, ApiError> {
    order.carry_out(AuditAction::SessionsEnded, AccountChange::EndSessions).await
}

/// Send a link for a new password
///
/// The owner gets the mail of `POST /api/auth/password/forgot`, even shortly after another one. The password stays
/// until the link is used, and only the owner learns the new one.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/send-reset", tag = "admin", operation_id = "send_reset", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The mail is on its way"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_user`"),
    )
)]
pub(in crate::api) async fn send_reset(order: Order) -> Result<Answer, ApiError> {
    order.carry_out_with(AuditAction::ResetSent, reset_mail).await
}

/// A reset mail of now, even shortly after another one.
fn reset_mail(app: &AppState, user: &User, at: Timestamp) -> (AccountChange, Vec<Mail>) {
    let code = app.codes.issue(user.id, CodePurpose::ResetPassword, user.email.clone(), at);
    let mail = mails::with_code(user, &code);
    (AccountChange::IssueReset(Box::new(code.stored)), vec![mail])
}
