//! Registering, and reading the own account.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::mails;
use super::opening::Visitor;
use super::organizations::joining;
use crate::api::accept_language::AcceptedLanguage;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::client::ClientInfo;
use crate::api::device::Devices;
use crate::api::dto::{RegisterRequest, SessionBody, UserBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::freshness::Asked;
use crate::api::guard::Guard;
use crate::app::App;
use crate::auth::AccessError;
use crate::domain::guessing::Limit;
use crate::domain::one_time_code::CodePurpose;
use crate::domain::{LogInMethod, NewUser, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, StoreError};
use uuid::Uuid;

/// Make an account
///
/// Makes the account, its first session and its onboarding, whose step `account` is completed. A mail with a code and
/// a link goes to the address, in the person's language. With `invitation` there is no such mail: the account joins
/// the organization, and the step `organization` is completed, too. One client address may make 300 accounts in a
/// row, and one every 12 seconds after that. One client address may meet 30 existing accounts in a row; each further
/// attempt has to wait longer.
#[utoipa::path(
    post, path = "/api/auth/register", tag = "auth", operation_id = "register",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "The account and its first session", body = SessionBody),
        (status = 403, description = "With `invitation`: `other_address`"),
        (status = 409, description = "`email_taken`"),
        (status = 410, description = "With `invitation`: `invitation_used`; `invitation_expired`: too old, revoked, replaced by a newer mail, or unknown"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn register(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    AcceptedLanguage(accepted): AcceptedLanguage,
    Checked(request): Checked<RegisterRequest>,
) -> Result<Answer, ApiError> {
    let RegisterRequest { email, password, full_name, session: mode, invitation: token, language } = request;
    let (guard, counted) = (Guard::registration(&client.client), Limit::registrations(client.client.address));
    guard.and(counted).admit(&app).await?;
    // Spares the hashing. Should an earlier try of this request have made the account, then its
    // answer is found when the refusal is about to be kept.
    if app.store.credentials(&email).await?.is_some() {
        guard.count(&app, None).await?;
        return Err(ApiError::EmailTaken);
    }
    let invitation = match &token {
        Some(token) => Some(joining::invited(&app, token, &email, app.now()).await?),
        None => None,
    };
    let password_hash = app.hasher.hash(password).await?;
    let at = app.now();
    let mut user = User::registered(Uuid::now_v7(), email, full_name, at);
    user.language = language.or(accepted);
    // The link has come by mail to the address.
    user.email_verified_at = invitation.as_ref().map(|_| at);
    let visitor = Visitor { client: &client, devices: &devices, mode };
    let opened = visitor.open(&app, &user, LogInMethod::Password, (StatusCode::CREATED, at))?;
    let (session, answer) = (opened.session, opened.answer);
    let audit = Some(Audit { action: AuditAction::UserRegistered, user_id: user.id, subject: None });
    let template = app.templates.current();
    if let Some((invitation, token)) = invitation.zip(token) {
        let (id, user) = (user.id, Box::new(NewUser { user, password_hash, template: template.id.clone() }));
        let registration = Effect::Register { user, session, code: None, counted };
        let effect = joining::registering(registration, &invitation, &token, id, (template, at))?;
        return done(attempt.commit(&app, at, effect, audit, answer).await?);
    }
    let code = app.codes.issue(user.id, CodePurpose::VerifyEmail, user.email.clone(), at);
    let mail = mails::with_code(&user, &code);
    let template = template.id.clone();
    let (user, code) = (Box::new(NewUser { user, password_hash, template }), Some(Box::new(code.stored)));
    let effect = Effect::Register { user, session, code, counted };
    done(attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await?)
}

/// Who am I
#[utoipa::path(
    get, path = "/api/auth/me", tag = "auth", operation_id = "me", security(("access_token" = [])),
    responses(
        (status = 200, description = "The account of the access token", body = UserBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
    )
)]
pub(in crate::api) async fn me(
    State(app): State<App>,
    Asked(freshness): Asked,
    Authenticated(current): Authenticated,
) -> Result<Json<UserBody>, ApiError> {
    // The account may be gone while its token still is good.
    let user = app.read(freshness, |store| store.user(current.id)).await?.ok_or(AccessError::UnknownUser)?;
    Ok(Json(UserBody::from(&user)))
}

/// The answer of a commit that cannot be stale.
pub(super) fn done(commit: Commit) -> Result<Answer, ApiError> {
    match commit {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(StoreError::exhausted("a state that stands still").into()),
    }
}
