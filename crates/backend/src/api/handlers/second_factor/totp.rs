//! Authenticator apps: switches one on, in two steps, and off.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use uuid::Uuid;

use super::prove;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{
    ConfirmTotpRequest, FactorsBody, NoFields, RecoveryCodesBody, TotpBody, TotpEnrolmentBody,
};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::guard::Guard;
use crate::api::handlers::mails;
use crate::api::step_up::demand;
use crate::app::App;
use crate::auth::AccessError;
use crate::domain::second_factor::{ENROLMENT_LIFETIME, FactorKind, RecoveryCode, SecondFactors, TotpSecret};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, FactorChange};

impl From<&SecondFactors> for FactorsBody {
    fn from(factors: &SecondFactors) -> Self {
        let totp = factors.totp.as_ref().map(|totp| TotpBody { confirmed_at: totp.confirmed_at });
        let recovery_codes_left = if factors.is_on() { factors.recovery_codes_left } else { 0 };
        Self { enabled: factors.is_on(), totp, recovery_codes_left }
    }
}

/// My second factors
#[utoipa::path(
    get, path = "/api/auth/factors", tag = "auth", operation_id = "list_factors", security(("access_token" = [])),
    responses(
        (status = 200, description = "What a log-in asks for beside the password", body = FactorsBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<FactorsBody>, ApiError> {
    Ok(Json(FactorsBody::from(&app.store.second_factors(current.id).await?)))
}

/// Begin with an authenticator app
///
/// The answer has a secret for the app. Nothing else changes until a code is given to
/// `/api/auth/factors/totp/confirm`, within 15 minutes. An app that is on stays in use until then, and the new app
/// replaces it then.
#[utoipa::path(
    post, path = "/api/auth/factors/totp", tag = "auth", operation_id = "enrol_totp", security(("access_token" = [])),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 201, description = "A secret that waits for its first code", body = TotpEnrolmentBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`step_up_required`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn enrol(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    demand(&app, current).await?;
    let (at, secret, factor_id, user_id) = (app.now(), TotpSecret::generate(), Uuid::now_v7(), user.id);
    let (uri, expires_at) = (secret.uri(&user.email), at + ENROLMENT_LIFETIME);
    let body = TotpEnrolmentBody { secret: secret.base32(), uri, expires_at };
    let answer = Answer::json(StatusCode::CREATED, &body)?;
    let secret = app.factor_secrets.seal(user_id, factor_id, &secret)?;
    let effect = Effect::Factor(FactorChange::Enrol { factor_id, user_id, secret });
    let subject = Some(FactorKind::Totp.as_str().to_owned());
    let audit = Some(Audit { action: AuditAction::SecondFactorEnrolled, user_id, subject });
    match attempt.commit(&app, at, effect, audit, answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(AccessError::UnknownUser.into()),
    }
}

/// Switch the authenticator app on
///
/// Takes the app's first code. A log-in needs a code beside the password from now on. The answer has ten recovery
/// codes, which are shown only once. Earlier recovery codes stop to work, and all remembered devices are forgotten.
/// This session counts as authenticated by both factors, and its next access token says so.
#[utoipa::path(
    post, path = "/api/auth/factors/totp/confirm", tag = "auth", operation_id = "confirm_totp", security(("access_token" = [])),
    request_body = ConfirmTotpRequest,
    responses(
        (status = 200, description = "The second factor is on", body = RecoveryCodesBody),
        (status = 401, description = "`invalid_second_factor`; `token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 409, description = "`not_enrolling`: there is no secret that waits for its first code, or it has waited for too long"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 500, description = "`second_factor_unreadable`: begin anew; `internal_error`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn confirm(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(ConfirmTotpRequest { code }): Checked<ConfirmTotpRequest>,
) -> Result<Answer, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let factors = app.store.second_factors(user.id).await?;
    let pending = factors.enrolling(app.now()).ok_or(ApiError::NotEnrolling)?;
    let reserved = Guard::in_session(current).reserve(&app).await?;
    let secret = app.factor_secrets.open(user.id, pending.id, &pending.secret)?;
    let (at, user_id, session_id) = (app.now(), user.id, current.session_id);
    let Some(step) = secret.step_of(code.expose(), at, pending.last_step) else {
        return Err(prove::wrong(&app, &user, &reserved).await?);
    };
    let codes = RecoveryCode::generate_all();
    let body = RecoveryCodesBody { recovery_codes: codes.iter().map(RecoveryCode::expose).collect() };
    let answer = Answer::json(StatusCode::OK, &body)?;
    let (factor_id, codes) = (pending.id, codes.iter().map(RecoveryCode::hash).collect());
    let effect = Effect::Factor(FactorChange::Confirm { factor_id, user_id, session_id, step, codes });
    let subject = Some(FactorKind::Totp.as_str().to_owned());
    let audit = Some(Audit { action: AuditAction::SecondFactorAdded, user_id, subject });
    let mail = mails::second_factor_on(&user, at);
    match attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        // Confirmed by a faster request, or replaced by a newer secret.
        Commit::Stale => Err(ApiError::NotEnrolling),
    }
}

/// Switch the second factor off
///
/// The authenticator app, the recovery codes and the remembered devices are deleted. The password logs in alone from
/// now on.
#[utoipa::path(
    delete, path = "/api/auth/factors/totp", tag = "auth", operation_id = "remove_totp", security(("access_token" = [])),
    responses(
        (status = 204, description = "It is off"),
        (status = 400, description = "`invalid_idempotency_key`"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`step_up_required`"),
        (status = 409, description = "`no_second_factor`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn remove(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
) -> Result<Answer, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    if !demand(&app, current).await?.is_on() {
        return Err(ApiError::NoSecondFactor);
    }
    let (at, user_id) = (app.now(), user.id);
    let effect = Effect::Factor(FactorChange::Remove { user_id });
    let subject = Some(FactorKind::Totp.as_str().to_owned());
    let audit = Some(Audit { action: AuditAction::SecondFactorRemoved, user_id, subject });
    let (mail, answer) = (mails::second_factor_off(&user, at), Answer::empty(StatusCode::NO_CONTENT));
    match attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(ApiError::NoSecondFactor),
    }
}
