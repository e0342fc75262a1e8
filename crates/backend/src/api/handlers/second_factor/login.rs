//! The second step of a log-in with a second factor.

use axum::extract::State;
use http::StatusCode;

use super::prove;
use crate::api::attempt::{Attempt, Commit};
use crate::api::client::ClientInfo;
use crate::api::device::Devices;
use crate::api::dto::{SecondFactorRequest, SessionBody, SessionMode};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::guard::{Guard, Reserved};
use crate::api::handlers::mails;
use crate::api::handlers::opening::{MAX_TRIES, Visitor, never_still, refuse_suspended};
use crate::app::{App, AppState};
use crate::auth::Challenge;
use crate::domain::second_factor::{FactorKind, FactorUse, REMEMBERED_FOR, SECOND_FACTOR, SecondFactors};
use crate::domain::{Credentials, User};
use crate::idempotency::Answer;
use crate::store::{Effect, FactorChange, FactorLogIn, RememberedDevice, SeenAccount};

/// Log in: the second factor
///
/// `POST /api/auth/login` answers 401 `second_factor_required` with a challenge for people with a second factor. This
/// call takes the challenge, with a code of the authenticator app or a recovery code. A code is good for one use.
/// Wrong codes are counted by account and by address of the client: 5 and 30 are free in a row, and then each one has
/// to wait longer, up to 15 minutes. A device that has logged in to the account before has 10 of its own.
#[utoipa::path(
    post, path = "/api/auth/login/second-factor", tag = "auth", operation_id = "login_second_factor",
    params(
        ("X-Device-Token" = Option<String>, Header, description = "From an earlier answer with this header: the device that is remembered or has an allowance of its own. With `session` `cookie` it is a cookie"),
    ),
    request_body = SecondFactorRequest,
    responses(
        (status = 200, description = "A new session", body = SessionBody),
        (status = 401, description = "`invalid_second_factor`: the code is wrong or was used before; `challenge_expired`: give the password again"),
        (status = 403, description = "`account_suspended`"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 500, description = "`second_factor_unreadable`: log in with a recovery code; `internal_error`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn second_factor(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    Checked(request): Checked<SecondFactorRequest>,
) -> Result<Answer, ApiError> {
    let challenge = app.challenges.open(&request.challenge, app.now()).ok_or(ApiError::ChallengeExpired)?;
    let device = devices.known_to(challenge.user_id);
    let mut reserved = None;
    for _ in 0..MAX_TRIES {
        let (user, seen) = whose(&app, &challenge).await?;
        let factors = app.store.second_factors(user.id).await?;
        // Switched off meanwhile: the password is enough, which is given anew.
        let given = request.given().filter(|_| factors.is_on()).ok_or(ApiError::ChallengeExpired)?;
        let reserved = match &reserved {
            Some(reserved) => reserved,
            None => {
                &*reserved.insert(Guard::second_factor(user.id, &client.client, device).reserve(&app).await?)
            }
        };
        let Some(factor) = prove::used(&app, &user, &factors, &given)? else {
            return Err(prove::wrong(&app, &user, reserved).await?);
        };
        let begun = Begun { user: &user, seen: seen.clone(), factors: &factors, factor, reserved };
        let commit = begin(&app, &attempt, (&client, &devices), (&request, challenge.cookie), begun).await?;
        match commit {
            Commit::Done(answer) => return Ok(answer),
            // No such recovery code, or the code was used before: perhaps on another instance at this very moment.
            Commit::Stale if whose(&app, &challenge).await?.1 == seen => {
                return Err(prove::wrong(&app, &user, reserved).await?);
            }
            Commit::Stale => {}
        }
    }
    Err(never_still())
}

/// The account of the challenge, whose password must not have changed since.
async fn whose(app: &AppState, challenge: &Challenge) -> Result<(User, SeenAccount), ApiError> {
    let found = app.store.credentials_of(challenge.user_id).await?;
    let found = found.filter(|found| challenge.is_for(&found.password_hash));
    let Credentials { user, password_hash } = found.ok_or(ApiError::ChallengeExpired)?;
    refuse_suspended(&user)?;
    let seen = SeenAccount { password_hash: Some(password_hash), closing_at: user.closing_at };
    Ok((user, seen))
}

/// The person who logs in, and the given factor.
struct Begun<'a> {
    user: &'a User,
    seen: SeenAccount,
    factors: &'a SecondFactors,
    factor: FactorUse,
    reserved: &'a Reserved,
}

async fn begin(
    app: &AppState,
    attempt: &Attempt,
    (client, devices): (&ClientInfo, &Devices),
    (request, cookie): (&SecondFactorRequest, bool),
    Begun { user, seen, factors, factor, reserved }: Begun<'_>,
) -> Result<Commit, ApiError> {
    let (kind, at) = (factor.kind(), app.now());
    let mode = if cookie { SessionMode::Cookie } else { SessionMode::Token };
    let opened = Visitor { client, devices, mode }.open(app, user, kind.method(), (StatusCode::OK, at))?;
    let (audit, own) = (Some(opened.audit()), opened.device);
    // As with passwords: what a device of their own has typed wrong is forgiven whole, strangers' guesses stay counted.
    let forgiven = Some(own.limit_for(SECOND_FACTOR).key);
    let (log_in, answer) = opened.log_in(user, seen.password_hash, forgiven);
    let remembered =
        request.remember_device.then_some(RememberedDevice { id: own.id, expires_at: at + REMEMBERED_FOR });
    let change = FactorLogIn { log_in, used: factor, refunded: reserved.limits.clone(), remembered };
    let left = factors.recovery_codes_left.saturating_sub(1);
    let mails = (kind == FactorKind::RecoveryCode).then(|| mails::recovery_code_used(user, left, at));
    let effect = Effect::Factor(FactorChange::LogIn(Box::new(change)));
    attempt.commit_and_mail(app, at, effect, audit, mails.as_slice(), answer).await
}
