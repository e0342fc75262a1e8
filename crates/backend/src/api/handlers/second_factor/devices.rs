//! Remembered devices.

use axum::extract::State;
use http::StatusCode;

use crate::api::attempt::{Attempt, Audit};
use crate::api::authenticated::Authenticated;
use crate::api::error::{ApiError, Problem};
use crate::api::handlers::account::done;
use crate::app::App;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, FactorChange};

/// Forget all remembered devices
///
/// From now on a log-in asks for the second factor on every device, until one is remembered anew. Their sessions go on. A
/// changed or reset password, and the end of all (other) sessions, forget them, too.
#[utoipa::path(
    delete, path = "/api/auth/factors/devices", tag = "auth", operation_id = "forget_devices", security(("access_token" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$")),
    responses(
        (status = 204, description = "No device is remembered"),
        (status = 400, description = "`invalid_idempotency_key`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn forget(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
) -> Result<Answer, ApiError> {
    let effect = Effect::Factor(FactorChange::ForgetDevices { user_id: current.id });
    let audit = Some(Audit { action: AuditAction::DevicesForgotten, user_id: current.id, subject: None });
    done(attempt.commit(&app, app.now(), effect, audit, Answer::empty(StatusCode::NO_CONTENT)).await?)
}
