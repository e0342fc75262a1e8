//! Step-up: authenticates the person of a session again.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;

use super::prove;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{PasskeyProof, StepUpRequest, SteppedUpBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::guard::{Guard, Reserved};
use crate::api::handlers::opening::{MAX_TRIES, never_still};
use crate::api::handlers::passkeys::prove::{Proven, Signed};
use crate::api::handlers::{current_password, mails};
use crate::api::step_up::needed;
use crate::app::{App, AppState};
use crate::auth::{AccessError, CurrentUser};
use crate::domain::mail::Mail;
use crate::domain::second_factor::{FactorKind, FactorUse};
use crate::domain::{AuthLevel, Authentication, Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, FactorChange, PasskeyChange, SessionsQuery, StepUp};

/// The given proof.
struct Proof {
    level: AuthLevel,
    /// The proof's name in the audit log.
    by: &'static str,
    used: Option<FactorUse>,
    reserved: Option<Reserved>,
    mail: Option<Mail>,
}

/// Prove once more that it is me
///
/// Sensitive calls answer 403 `step_up_required` where the last authentication is older than `STEP_UP_MAX_AGE`, or
/// was by password alone although the person has a second factor. This call takes a proof and gives an access token
/// with the new authentication; later tokens of the session have it, too. People with a second factor give a code,
/// and all others the password. A signature by a passkey is two factors in one and serves everybody.
#[utoipa::path(
    post, path = "/api/auth/step-up", tag = "auth", operation_id = "step_up", security(("access_token" = [])),
    request_body = StepUpRequest,
    responses(
        (status = 200, description = "An access token in the place of the one of before", body = SteppedUpBody),
        (status = 401, description = "`invalid_credentials`, `invalid_second_factor`; `unknown_passkey`, `passkey_challenge_mismatch`, `passkey_refused`, `passkey_counter_regressed`, `passkey_disabled`; `token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`step_up_required`: a second factor is switched on, so that the password is not enough; `passkey_wrong_origin`, `passkey_wrong_rp`, `passkey_user_not_verified`"),
        (status = 409, description = "`no_second_factor`: give the password"),
        (status = 404, description = "`passkeys_unavailable`"),
        (status = 410, description = "`passkey_challenge_expired`, `passkey_challenge_used`: begin again"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 500, description = "`second_factor_unreadable`: give a recovery code; `internal_error`"),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn step_up(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<StepUpRequest>,
) -> Result<Answer, ApiError> {
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let (user, at) = (credentials.user, app.now());
    if let Some(proof) = &request.passkey {
        return by_passkey(&app, current, &attempt, proof).await;
    }
    let proof = match request.password {
        Some(password) => {
            let factors = app.store.second_factors(user.id).await?;
            if factors.is_on() {
                return Err(needed(&app, current, &factors).await?);
            }
            current_password::prove(&app, current, password, credentials.password_hash).await?;
            Proof { level: AuthLevel::One, by: "password", used: None, reserved: None, mail: None }
        }
        None => by_factor(&app, current, &user, &request, at).await?,
    };
    let (body, session_id) = (stepped_up(&app, current, &user, proof.level, at).await?, current.session_id);
    let answer = Answer::json(StatusCode::OK, &body)?;
    let refunded = proof.reserved.as_ref().map(|reserved| reserved.limits.clone()).unwrap_or_default();
    let change = StepUp { session_id, level: proof.level, used: proof.used, refunded };
    let subject = Some(format!("{session_id} {}", proof.by));
    let audit = Some(Audit { action: AuditAction::SteppedUp, user_id: user.id, subject });
    let effect = Effect::Factor(FactorChange::StepUp(change));
    match (
        attempt.commit_and_mail(&app, at, effect, audit, proof.mail.as_slice(), answer).await?,
        proof.reserved,
    ) {
        (Commit::Done(answer), _) => Ok(answer),
        // The code was used before, or there is no such recovery code.
        (Commit::Stale, Some(reserved)) => Err(prove::wrong(&app, &user, &reserved).await?),
        (Commit::Stale, None) => Err(ApiError::Bug("a password was used up")),
    }
}

/// Proves a passkey, which is two factors in one, whatever other factors the person has.
async fn by_passkey(
    app: &AppState,
    current: CurrentUser,
    attempt: &Attempt,
    proof: &PasskeyProof,
) -> Result<Answer, ApiError> {
    let (level, guard) = (AuthLevel::Two, Guard::passkey_in_session(current));
    let mut signed = Signed::new(app, proof)?;
    for _ in 0..MAX_TRIES {
        // Somebody else's is as good as unknown.
        let found = signed.passkey().await?.filter(|(_, user)| user.id == current.id);
        let Proven { user, used } = signed.prove(&guard, found).await?;
        let (at, session_id) = (app.now(), current.session_id);
        let body = stepped_up(app, current, &user, level, at).await?;
        let answer = Answer::json(StatusCode::OK, &body)?;
        let subject = Some(format!("{session_id} passkey"));
        let audit = Some(Audit { action: AuditAction::SteppedUp, user_id: user.id, subject });
        let effect = Effect::Passkey(Box::new(PasskeyChange::StepUp { used, session_id }));
        if let Commit::Done(answer) = attempt.commit(app, at, effect, audit, answer).await? {
            return Ok(answer);
        }
    }
    Err(never_still())
}

async fn by_factor(
    app: &AppState,
    current: CurrentUser,
    user: &User,
    request: &StepUpRequest,
    at: Timestamp,
) -> Result<Proof, ApiError> {
    let given = request.given().ok_or(ApiError::Bug("a request without a proof was accepted"))?;
    let factors = app.store.second_factors(user.id).await?;
    if !factors.is_on() {
        return Err(ApiError::NoSecondFactor);
    }
    let reserved = Guard::in_session(current).reserve(app).await?;
    let Some(factor) = prove::used(app, user, &factors, &given)? else {
        return Err(prove::wrong(app, user, &reserved).await?);
    };
    let left = factors.recovery_codes_left.saturating_sub(1);
    let mail = (factor.kind() == FactorKind::RecoveryCode).then(|| mails::recovery_code_used(user, left, at));
    let (by, reserved) = (factor.kind().as_str(), Some(reserved));
    Ok(Proof { level: AuthLevel::Two, by, used: Some(factor), reserved, mail })
}

/// The answer with a new access token, which does not outlive its session.
async fn stepped_up(
    app: &AppState,
    current: CurrentUser,
    user: &User,
    level: AuthLevel,
    at: Timestamp,
) -> Result<SteppedUpBody, ApiError> {
    let begun_after = at - app.lifetimes.whole;
    let query = SessionsQuery { user_id: user.id, first: current.session_id, now: at, begun_after, limit: 1 };
    let session = app.store.sessions(query).await?.pop().filter(|session| session.id == current.session_id);
    let begun = session.ok_or(AccessError::Revoked)?.created_at;
    let left = Duration::try_from(app.lifetimes.end(begun) - at).unwrap_or_default();
    let ttl = app.issuer.ttl().min(left);
    let access_token = app.issuer.issue(user, current.session_id, Authentication { level, at }, (at, ttl));
    Ok(SteppedUpBody { access_token, token_type: "Bearer", expires_in: ttl.as_secs(), acr: level.as_str() })
}
