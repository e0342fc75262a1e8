//! Recovery codes.

use axum::extract::State;
use http::StatusCode;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{NoFields, RecoveryCodesBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::handlers::mails;
use crate::api::step_up::demand;
use crate::app::App;
use crate::auth::AccessError;
use crate::domain::second_factor::RecoveryCode;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, FactorChange};

/// Give me other recovery codes
///
/// The answer has ten new codes, which are shown only once. The earlier codes stop to work.
#[utoipa::path(
    post, path = "/api/auth/factors/recovery-codes", tag = "auth", operation_id = "renew_recovery_codes", security(("access_token" = [])),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The new codes", body = RecoveryCodesBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`step_up_required`"),
        (status = 409, description = "`no_second_factor`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn renew(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    if !demand(&app, current).await?.is_on() {
        return Err(ApiError::NoSecondFactor);
    }
    let (at, user_id, codes) = (app.now(), user.id, RecoveryCode::generate_all());
    let body = RecoveryCodesBody { recovery_codes: codes.iter().map(RecoveryCode::expose).collect() };
    let answer = Answer::json(StatusCode::OK, &body)?;
    let codes = codes.iter().map(RecoveryCode::hash).collect();
    let effect = Effect::Factor(FactorChange::RenewCodes { user_id, codes });
    let audit = Some(Audit { action: AuditAction::RecoveryCodesRenewed, user_id, subject: None });
    let mail = mails::recovery_codes_renewed(&user, at);
    match attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(ApiError::NoSecondFactor),
    }
}
