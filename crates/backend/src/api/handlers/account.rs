//! Registering, logging in, and who am I.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use http::header::SET_COOKIE;

use super::mails;
use super::organizations::joining;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::client::ClientInfo;
use crate::api::cookie::SessionCookie;
use crate::api::device::Devices;
use crate::api::dto::{LoginRequest, RegisterRequest, SessionBody, SessionMode, UserBody};
use crate::api::error::{ApiError, Problem};
use crate::api::fields::Checked;
use crate::api::freshness::Asked;
use crate::api::guard::Guard;
use crate::api::presented::TokenPlace;
use crate::app::{App, AppState};
use crate::auth::{AccessError, Grant, OpenedSession, Verified};
use crate::domain::guessing::Limit;
use crate::domain::one_time_code::CodePurpose;
use crate::domain::{Credentials, NewUser, PasswordHash, PresentedPassword, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, AuditEntry, Effect, LogIn, SeenAccount, StoreError};
use uuid::Uuid;

/// How often a log-in starts anew when the account was changed meanwhile.
const MAX_TRIES: u32 = 3;

/// Make an account
///
/// Makes the account, its first session and its onboarding, whose step `account` is done by that. A mail with a code and
/// a link goes to the address. With `invitation` there is no such mail: the account joins the organization, and its step
/// `organization` is done, too. From one address of a client, 300 accounts may follow each other, then one comes every 12
/// seconds; 30 attempts may meet an account that is there already, then each has to wait longer.
#[utoipa::path(
    post, path = "/api/auth/register", tag = "auth", operation_id = "register",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$")),
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "The account and its first session", body = SessionBody),
        (status = 403, description = "With `invitation`: `other_address`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`email_taken`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "With `invitation`: `invitation_used`; `invitation_expired`: too old, revoked, replaced by a newer mail, or unknown", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`overloaded`, `database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn register(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    Checked(request): Checked<RegisterRequest>,
) -> Result<Answer, ApiError> {
    let RegisterRequest { email, password, full_name, session: mode, invitation: token } = request;
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
    // The link has come by mail to the address.
    user.email_verified_at = invitation.as_ref().map(|_| at);
    let session = OpenedSession::begin(&user, client.client.clone(), &app.issuer, app.lifetimes, at);
    let place = place(&app, mode, &client);
    let answer = session_answer(StatusCode::CREATED, &user, &session.grant, place)?;
    let answer = devices.introduce(&app, user.id, (mode, &client), answer);
    let audit = Some(Audit { action: AuditAction::UserRegistered, user_id: user.id, subject: None });
    let (session, template) = (session.stored, app.templates.current());
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

/// Log in
///
/// A wrong password and an unknown address get the same answer in the same time. Wrong attempts are counted by account
/// and by address of the client: 5 and 30 may follow each other, then each has to wait longer, up to 15 minutes. A device
/// that has logged in to the account before has 10 of its own.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "auth", operation_id = "login",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
        ("X-Device-Token" = Option<String>, Header, description = "From an earlier answer with this header: an allowance of wrong attempts apart from strangers'. With `session` `cookie` it is a cookie"),
    ),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "A new session", body = SessionBody),
        (status = 401, description = "`invalid_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`account_suspended`: the password is right", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`overloaded`, `database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn login(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    Checked(request): Checked<LoginRequest>,
) -> Result<Answer, ApiError> {
    for _ in 0..MAX_TRIES {
        if let Commit::Done(answer) = log_in(&app, &attempt, (&client, &devices), &request).await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("an account that stands still").into())
}

/// Judges the password and begins the session. Stale where the account was changed in between, so that the password has
/// to be judged again: it may be wrong by now.
async fn log_in(
    app: &AppState,
    attempt: &Attempt,
    (client, devices): (&ClientInfo, &Devices),
    request: &LoginRequest,
) -> Result<Commit, ApiError> {
    let found = app.store.credentials(&request.email).await?;
    let device = found.as_ref().and_then(|found| devices.known_to(found.user.id));
    let guard = Guard::log_in(&request.email, &client.client, device);
    let debts = guard.admit(app).await?;
    let Proven { user, seen, rehash } = prove(app, &guard, found, request.password.clone()).await?;
    // Told to nobody but the owner.
    refuse_suspended(&user)?;
    let at = app.now();
    let session = OpenedSession::begin(&user, client.client.clone(), &app.issuer, app.lifetimes, at);
    let place = place(app, request.session, client);
    let answer = session_answer(StatusCode::OK, &user, &session.grant, place)?;
    let answer = devices.introduce(app, user.id, (request.session, client), answer);
    let subject = Some(session.stored.id.to_string());
    let audit = Some(Audit { action: AuditAction::UserLoggedIn, user_id: user.id, subject });
    // Only what a device of their own has typed wrong: strangers' guesses stay counted.
    let forgiven = device.and(debts.first().copied());
    let seen = SeenAccount { password_hash: Some(seen), closing_at: user.closing_at };
    let effect = Effect::LogIn(Box::new(LogIn { session: session.stored, seen, rehash, forgiven }));
    attempt.commit(app, at, effect, audit, answer).await
}

/// Somebody who knows the password of an account.
struct Proven {
    user: User,
    /// What the password was checked against.
    seen: PasswordHash,
    /// What takes the place of that, where there is to be another.
    rehash: Option<PasswordHash>,
}

/// The owner of `password`. Whatever is wrong is counted, for an address without an account, too.
async fn prove(
    app: &AppState,
    guard: &Guard,
    found: Option<Credentials>,
    password: PresentedPassword,
) -> Result<Proven, ApiError> {
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    // Asked again when it is this one's turn: others may have guessed wrong while it waited.
    let admit = async { guard.admit(app).await.map(drop) };
    match (app.hasher.verify_any_form(password, hash, admit).await?, found) {
        (Verified::Right, Some(Credentials { user, password_hash: seen })) => {
            Ok(Proven { user, seen, rehash: None })
        }
        (Verified::RightBefore(new), Some(Credentials { user, password_hash: seen })) => {
            Ok(Proven { user, seen, rehash: Some(new) })
        }
        (_, found) => {
            let user_id = found.map_or(AuditEntry::NOBODY, |found| found.user.id);
            let audit = Audit { action: AuditAction::UserLoginFailed, user_id, subject: None };
            guard.count(app, Some(audit)).await?;
            Err(ApiError::InvalidCredentials)
        }
    }
}

/// An administrator lets nobody into a suspended account.
pub(super) fn refuse_suspended(user: &User) -> Result<(), ApiError> {
    if user.suspended_at.is_some() { Err(ApiError::AccountSuspended) } else { Ok(()) }
}

/// Who am I
#[utoipa::path(
    get, path = "/api/auth/me", tag = "auth", operation_id = "me", security(("access_token" = [])),
    responses(
        (status = 200, description = "The account of the access token", body = UserBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`", body = Problem, content_type = "application/problem+json"),
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

/// Where the refresh token of a new session goes.
pub(super) fn place(app: &AppState, mode: SessionMode, client: &ClientInfo) -> TokenPlace {
    match mode {
        SessionMode::Token => TokenPlace::Body,
        SessionMode::Cookie => TokenPlace::Cookie(SessionCookie::new(app, client)),
    }
}

/// The answer of all calls that give tokens.
pub(super) fn session_answer(
    status: StatusCode,
    user: &User,
    grant: &Grant,
    place: TokenPlace,
) -> Result<Answer, ApiError> {
    let body = SessionBody {
        user: UserBody::from(user),
        access_token: grant.access_token.clone(),
        token_type: "Bearer",
        expires_in: grant.access_ttl.as_secs(),
        refresh_token: (place == TokenPlace::Body).then(|| grant.refresh_token.expose().to_owned()),
    };
    let answer = Answer::json(status, &body)?;
    Ok(match place {
        TokenPlace::Body => answer,
        TokenPlace::Cookie(cookie) => {
            answer.with(SET_COOKIE, cookie.set(&grant.refresh_token, grant.refresh_ttl))
        }
    })
}

/// The answer of a commit that has no version to be stale.
pub(super) fn done(commit: Commit) -> Result<Answer, ApiError> {
    match commit {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(StoreError::exhausted("a state that stands still").into()),
    }
}
