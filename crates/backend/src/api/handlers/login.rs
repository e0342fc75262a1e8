//! Logs people in by password.

use axum::extract::State;
use http::StatusCode;

use super::opening::{MAX_TRIES, STANDS_STILL, Visitor, refuse_suspended};
use super::second_factor::challenge::{self, Asked, Owed, Proven};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::client::ClientInfo;
use crate::api::device::Devices;
use crate::api::dto::{LoginRequest, SessionBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::guard::Guard;
use crate::api::retry::until_done;
use crate::app::{App, AppState};
use crate::auth::Verified;
use crate::domain::{Credentials, LogInMethod, PresentedPassword};
use crate::idempotency::Answer;
use crate::store::{AuditAction, AuditEntry, Effect, LogIn};

/// Log in
///
/// A wrong password and an unknown address get the same answer in the same time. Wrong attempts are counted by
/// account and by address of the client: 5 and 30 are free in a row, and then each one has to wait longer, up to 15
/// minutes. A device that has logged in to the account before has 10 of its own.
///
/// People with a second factor get 401 `second_factor_required` for the right password, unless the device is
/// remembered. The field `second_factor` has a challenge for `POST /api/auth/login/second-factor`, and the kinds of
/// factors.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "auth", operation_id = "login",
    params(
        ("X-Device-Token" = Option<String>, Header, description = "From an earlier answer with this header: an allowance of wrong attempts apart from strangers'. With `session` `cookie` it is a cookie"),
    ),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "A new session", body = SessionBody),
        (status = 401, description = "`invalid_credentials`; `second_factor_required`: the password is right, and `second_factor` says how the log-in goes on"),
        (status = 403, description = "`account_suspended`: the password is right"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn login(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    Checked(request): Checked<LoginRequest>,
) -> Result<Answer, ApiError> {
    until_done(MAX_TRIES, STANDS_STILL, || async {
        log_in(&app, &attempt, (&client, &devices), &request).await
    })
    .await
}

/// Judges the password, and begins the session or asks for a second factor. The commit is stale where the account has
/// changed since it was read, or the device was forgotten. The password is judged again then, because it may be wrong by
/// now.
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
    let proven = prove(app, &guard, found, request.password.clone()).await?;
    // Told to nobody but the owner.
    refuse_suspended(&proven.user)?;
    // Only what a device of their own has typed wrong: strangers' guesses stay counted.
    let forgiven = device.and(debts.first().copied());
    let remembered = match challenge::owed(app, proven.user.id, device).await? {
        Owed::Nothing => None,
        Owed::Remembered(device) => Some(device),
        Owed::Factor(factors) => {
            let asked = Asked { factors, mode: request.session, forgiven };
            return challenge::ask(app, attempt, proven, asked).await;
        }
    };
    let (Proven { user, seen, rehash }, at) = (proven, app.now());
    let visitor = Visitor { client, devices, mode: request.session };
    let opened = visitor.open(app, &user, LogInMethod::Password, (StatusCode::OK, at))?;
    let audit = Some(opened.audit());
    let (log_in, answer) = opened.log_in(&user, Some(seen), forgiven);
    let effect = Effect::LogIn(Box::new(LogIn { rehash, remembered, ..log_in }));
    attempt.commit(app, at, effect, audit, answer).await
}

/// The owner of `password`. Wrong guesses are counted, even for an address without an account.
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
