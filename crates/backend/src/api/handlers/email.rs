//! Verifies and changes the address of an account.

use axum::extract::State;
use http::StatusCode;

use super::account::done;
use super::codes::{CodeMail, refuse};
use super::{current_password, mails};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{ChangeEmailRequest, NoFields, VerifyEmailRequest};
use crate::api::error::{ApiError, FieldErrors};
use crate::api::fields::Checked;
use crate::api::guard::Guard;
use crate::api::retry::until_done;
use crate::api::step_up::demand_beside_password;
use crate::app::{App, AppState};
use crate::auth::{AccessError, CurrentUser};
use crate::domain::Timestamp;
use crate::domain::one_time_code::{
    CodePurpose, CodeState, CodeVerdict, Digits, KEPT_FOR, LinkToken, MAX_ATTEMPTS,
};
use crate::idempotency::Answer;
use crate::store::{AuditAction, CodeUse, Effect, IdentityChange};

/// The number of times that a use is decided anew, where the code or the account has changed.
const MAX_TRIES: u32 = 5;

/// Prove that I read my mail
///
/// Takes the secret of a mail to the account's present or next address: either the six digits, with an access token,
/// or the token of the link. Five wrong digits end a code, and a new mail is needed; the link still works. Wrong
/// digits are also counted by account: after five, each further one has to wait longer, up to 15 minutes.
#[utoipa::path(
    post, path = "/api/auth/email/verify", tag = "auth", operation_id = "verify_email", security(("access_token" = []), ()),
    request_body = VerifyEmailRequest,
    responses(
        (status = 204, description = "The address is the account's, and verified"),
        (status = 401, description = "With `code`: `token_missing`, `token_expired`, `token_invalid` (the access token)"),
        (status = 409, description = "`email_taken`: another account has the new address by now"),
        (status = 410, description = "`token_used`; `token_expired`: too old, unknown, replaced by a newer one, or too many wrong digits"),
        (status = 422, description = "`invalid_code`: other digits; `validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`: too many wrong digits over several mails", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn verify(
    State(app): State<App>,
    user: Result<Authenticated, ApiError>,
    attempt: Attempt,
    Checked(request): Checked<VerifyEmailRequest>,
) -> Result<Answer, ApiError> {
    match (request.code, request.token) {
        (_, Some(token)) => by_token(&app, &attempt, &token).await,
        (Some(digits), None) => by_digits(&app, &attempt, user?.0, &digits).await,
        (None, None) => Err(ApiError::Bug("a request without a code was accepted")),
    }
}

async fn by_token(app: &AppState, attempt: &Attempt, token: &LinkToken) -> Result<Answer, ApiError> {
    until_done(MAX_TRIES, "a code that stands still", || async {
        let at = app.now();
        let code = app.store.code(token.hash()).await?.filter(|code| is_of_mail(code.purpose));
        let code = code.ok_or(ApiError::CodeExpired)?;
        refuse(code.of_token(at))?;
        accept(app, attempt, &code, false, at).await
    })
    .await
}

async fn by_digits(
    app: &AppState,
    attempt: &Attempt,
    current: CurrentUser,
    digits: &Digits,
) -> Result<Answer, ApiError> {
    until_done(MAX_TRIES, "a code that stands still", || async {
        let at = app.now();
        let mut codes = app.store.codes(current.id, at - KEPT_FOR).await?;
        codes.retain(|code| is_of_mail(code.purpose));
        let is_good = |code: &&CodeState| code.of_digits(at) == CodeVerdict::Good;
        if codes.iter().any(|code| is_good(&code)) {
            Guard::digits(current.id).admit(app).await?;
        }
        match codes.iter().filter(is_good).find(|code| app.codes.fits(code, digits)) {
            Some(code) => accept(app, attempt, code, true, at).await,
            None => reject(app, attempt, current, &codes, digits, at).await.map(Commit::Done),
        }
    })
    .await
}

/// Whether the code is one of this call. Codes for a forgotten password have calls of their own.
fn is_of_mail(purpose: CodePurpose) -> bool {
    matches!(purpose, CodePurpose::VerifyEmail | CodePurpose::ChangeEmail)
}

async fn accept(
    app: &AppState,
    attempt: &Attempt,
    code: &CodeState,
    by_digits: bool,
    at: Timestamp,
) -> Result<Commit, ApiError> {
    let (user_id, email) = (code.user_id, code.email.clone());
    let proof = CodeUse { id: code.id, by_digits };
    let (change, action, mails) = match code.purpose {
        CodePurpose::ChangeEmail => {
            // Read first: the notice goes to the address of before.
            let user = app.store.user(user_id).await?.ok_or(ApiError::CodeExpired)?;
            let notice = mails::email_changed(&user, &email);
            (
                IdentityChange::ChangeEmail { code: proof, user_id, email },
                AuditAction::EmailChanged,
                vec![notice],
            )
        }
        CodePurpose::VerifyEmail | CodePurpose::ResetPassword => (
            IdentityChange::VerifyEmail { code: proof, user_id, email },
            AuditAction::EmailVerified,
            Vec::new(),
        ),
    };
    let audit = Some(Audit { action, user_id, subject: None });
    let answer = Answer::empty(StatusCode::NO_CONTENT);
    attempt.commit_and_mail(app, at, Effect::Identity(Box::new(change)), audit, &mails, answer).await
}

/// Counts digits that fit no usable code, against every code that they were guessed for.
async fn reject(
    app: &AppState,
    attempt: &Attempt,
    current: CurrentUser,
    codes: &[CodeState],
    digits: &Digits,
    at: Timestamp,
) -> Result<Answer, ApiError> {
    let known = codes.iter().find(|code| app.codes.fits(code, digits));
    if let Some(code) = known {
        refuse(code.of_digits(at))?;
    }
    let left = codes.iter().filter(|code| code.of_digits(at) == CodeVerdict::Good);
    let Some(left) = left.map(|code| MAX_ATTEMPTS - code.attempts - 1).max() else {
        return Err(ApiError::CodeExpired);
    };
    let (user_id, limits) = (current.id, Guard::digits(current.id).limits());
    let effect = Effect::Identity(Box::new(IdentityChange::CountWrongDigits { user_id, limits }));
    let answer = ApiError::InvalidCode { left }.into_answer().await?;
    done(attempt.commit(app, at, effect, None, answer).await?)
}

/// Send me the mail again
///
/// Nothing is sent where the address is verified.
#[utoipa::path(
    post, path = "/api/auth/email/resend", tag = "auth", operation_id = "resend_email", security(("access_token" = [])),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 202, description = "The mail will be sent"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`"),
        (status = 429, description = "`too_many_requests`: at most one mail a minute, and five an hour", headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn resend(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    until_done(MAX_TRIES, "an account that stands still", || async {
        let (at, user) = (app.now(), app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?);
        if user.email_verified_at.is_some() {
            return Ok(Commit::Done(Answer::empty(StatusCode::ACCEPTED)));
        }
        let (purpose, email) = (CodePurpose::VerifyEmail, user.email.clone());
        let mail = CodeMail { purpose, email, action: AuditAction::VerificationSent, seen: None };
        mail.send(&app, &attempt, &user, at).await
    })
    .await
}

/// Move my account to another address
///
/// A code goes to the new address, which becomes the account's when the code is given to `/api/auth/email/verify`.
/// Only the owner of the new address learns whether another account has it.
#[utoipa::path(
    post, path = "/api/auth/email/change", tag = "auth", operation_id = "change_email", security(("access_token" = [])),
    request_body = ChangeEmailRequest,
    responses(
        (status = 202, description = "The mail to the new address will be sent"),
        (status = 401, description = "`invalid_credentials`: the password is wrong; `token_missing`, `token_expired`, `token_invalid`"),
        (status = 403, description = "`step_up_required`: only of people with a second factor"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_requests`: at most one mail a minute, and five an hour; `too_many_attempts`: too many wrong passwords", headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn change(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<ChangeEmailRequest>,
) -> Result<Answer, ApiError> {
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let (user, seen) = (credentials.user, credentials.password_hash);
    demand_beside_password(&app, current).await?;
    current_password::prove(&app, current, request.current_password, seen.clone()).await?;
    let (email, at) = (request.new_email, app.now());
    if email == user.email {
        let reason = vec!["is the address of the account already".to_owned()];
        return Err(ApiError::Validation(FieldErrors::from([("new_email".to_owned(), reason)])));
    }
    let (purpose, action) = (CodePurpose::ChangeEmail, AuditAction::EmailChangeRequested);
    match (CodeMail { purpose, email, action, seen: Some(seen) }).send(&app, &attempt, &user, at).await? {
        Commit::Done(answer) => Ok(answer),
        // The password has just been changed.
        Commit::Stale => Err(ApiError::InvalidCredentials),
    }
}
