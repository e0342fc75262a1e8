//! Forgotten and changed passwords.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use tokio::time::Instant;

use super::account::done;
use super::codes::{CodeMail, refuse};
use super::{current_password, mails};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::client::ClientInfo;
use crate::api::dto::{ChangePasswordRequest, ForgotPasswordRequest, ResetPasswordRequest};
use crate::api::error::{ApiError, FieldErrors};
use crate::api::fields::Checked;
use crate::api::guard::Guard;
use crate::api::step_up::demand_beside_password;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::domain::event::Event;
use crate::domain::guessing::Limit;
use crate::domain::one_time_code::CodePurpose;
use crate::domain::{Email, Password, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, CodeUse, Effect, IdentityChange, StoreError};

/// The time after which a request for a forgotten password is answered. Work for a known address takes a few more
/// writes, and must not be told from that for an unknown one.
const FORGOT_TAKES: Duration = Duration::from_millis(300);

/// The number of times that a change is decided anew, where the account has changed.
const MAX_TRIES: u32 = 3;

/// I have forgotten my password
///
/// Sends a link to the address of an account. The answer is the same, after the same time, for an address without an
/// account, and where a mail was sent within the last minute or five within the last hour.
#[utoipa::path(
    post, path = "/api/auth/password/forgot", tag = "auth", operation_id = "forgot_password",
    request_body = ForgotPasswordRequest,
    responses(
        (status = 202, description = "If there is an account, its owner gets a mail"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn forgot(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    Checked(ForgotPasswordRequest { email }): Checked<ForgotPasswordRequest>,
) -> Result<Answer, ApiError> {
    // Each is counted, whatever comes of it: nobody is to mail to many.
    let guard = Guard::of([Limit::by_address("forgotten password", client.client.address)]);
    guard.admit(&app).await?;
    guard.count(&app, None).await?;
    let answered_at = Instant::now() + FORGOT_TAKES;
    let answer = send_link(&app, &attempt, &email).await;
    tokio::time::sleep_until(answered_at).await;
    answer
}

async fn send_link(app: &AppState, attempt: &Attempt, email: &Email) -> Result<Answer, ApiError> {
    let (accepted, at) = (|| Answer::empty(StatusCode::ACCEPTED), app.now());
    let user = app.store.credentials(email).await?.map(|found| found.user);
    let Some(user) = user.filter(|user| user.suspended_at.is_none()) else { return Ok(accepted()) };
    let (purpose, email) = (CodePurpose::ResetPassword, user.email.clone());
    let mail = CodeMail { purpose, email, action: AuditAction::PasswordResetRequested, seen: None };
    match mail.send(app, attempt, &user, at).await {
        Ok(Commit::Done(answer)) => Ok(answer),
        // One was sent lately, or the account has just gone or has another address.
        Ok(Commit::Stale) | Err(ApiError::CodesThrottled { .. }) => Ok(accepted()),
        Err(error) => Err(error),
    }
}

/// Choose a new password by the link
///
/// All sessions of the account end. The address counts as verified, because the link came by mail.
#[utoipa::path(
    post, path = "/api/auth/password/reset", tag = "auth", operation_id = "reset_password",
    request_body = ResetPasswordRequest,
    responses(
        (status = 204, description = "The new password holds; log in with it"),
        (status = 410, description = "`token_used`; `token_expired`: too old, unknown, or replaced by a newer one"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn reset(
    State(app): State<App>,
    attempt: Attempt,
    Checked(request): Checked<ResetPasswordRequest>,
) -> Result<Answer, ApiError> {
    let ResetPasswordRequest { token, new_password } = request;
    let mut hash = None;
    for _ in 0..MAX_TRIES {
        let code = app.store.code(token.hash()).await?;
        let code =
            code.filter(|code| code.purpose == CodePurpose::ResetPassword).ok_or(ApiError::CodeExpired)?;
        refuse(code.of_token(app.now()))?;
        let user = app.store.user(code.user_id).await?.ok_or(ApiError::CodeExpired)?;
        check(&new_password, &user)?;
        // Hashed only once, and only for whoever has a good link.
        let password_hash = match &hash {
            Some(hash) => Clone::clone(hash),
            None => hash.insert(app.hasher.hash(new_password.clone()).await?).clone(),
        };
        let at = app.now();
        let (proof, user_id) = (CodeUse { id: code.id, by_digits: false }, user.id);
        let change = IdentityChange::ResetPassword { code: proof, user_id, password_hash };
        let audit = Some(Audit { action: AuditAction::PasswordReset, user_id, subject: None });
        let (effect, mail) = (Effect::Identity(Box::new(change)), mails::password_changed(&user, at));
        let answer = Answer::empty(StatusCode::NO_CONTENT);
        // The link came by the address.
        let proved = user.email_verified_at.is_none().then(|| Event::email_verified(user_id, &user.email));
        if let Commit::Done(answer) =
            attempt.telling(proved).commit_and_mail(&app, at, effect, audit, &[mail], answer).await?
        {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("a code that stands still").into())
}

/// Checks a password by the rules that need its owner.
fn check(password: &Password, user: &User) -> Result<(), ApiError> {
    let refused = |error: crate::domain::PasswordError| {
        ApiError::Validation(FieldErrors::from([("new_password".to_owned(), vec![error.to_string()])]))
    };
    password.check_personal(&user.email, &user.full_name).map_err(refused)
}

/// Change my password
///
/// All other sessions of the account end.
#[utoipa::path(
    post, path = "/api/auth/password/change", tag = "auth", operation_id = "change_password", security(("access_token" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 204, description = "The new password holds"),
        (status = 401, description = "`invalid_credentials`: the current password is wrong; `token_missing`, `token_expired`, `token_invalid`"),
        (status = 403, description = "`step_up_required`: only of people with a second factor"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn change(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<ChangePasswordRequest>,
) -> Result<Answer, ApiError> {
    let ChangePasswordRequest { current_password: given, new_password } = request;
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let (user, seen) = (credentials.user, credentials.password_hash);
    check(&new_password, &user)?;
    demand_beside_password(&app, current).await?;
    current_password::prove(&app, current, given, seen.clone()).await?;
    let password_hash = app.hasher.hash(new_password).await?;
    let (at, user_id, session_id) = (app.now(), user.id, current.session_id);
    let change = IdentityChange::ChangePassword { user_id, session_id, seen, password_hash };
    let audit = Some(Audit { action: AuditAction::PasswordChanged, user_id, subject: None });
    let (effect, mail) = (Effect::Identity(Box::new(change)), mails::password_changed(&user, at));
    let answer = Answer::empty(StatusCode::NO_CONTENT);
    match attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await? {
        // Another change was faster, so that the given password is the current one no more.
        Commit::Stale => Err(ApiError::InvalidCredentials),
        commit @ Commit::Done(_) => done(commit),
    }
}
