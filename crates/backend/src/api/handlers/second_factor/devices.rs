//! Remembered devices: lists and forgets them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::device::Devices;
use crate::api::dto::{DeviceBody, DevicesBody};
use crate::api::error::ApiError;
use crate::api::handlers::account::done;
use crate::app::{App, AppState};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, FactorChange};

/// The largest number of devices in the answer.
const MOST_SHOWN: u32 = 100;

/// My remembered devices
///
/// The password alone logs in on these devices, although the account has a second factor.
#[utoipa::path(
    get, path = "/api/auth/factors/devices", tag = "auth", operation_id = "list_devices", security(("access_token" = [])),
    params(("X-Device-Token" = Option<String>, Header, description = "From an answer to a log-in with this header: which device is `current`. Browsers have it as a cookie")),
    responses(
        (status = 200, description = "The remembered devices", body = DevicesBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    devices: Devices,
) -> Result<Json<DevicesBody>, ApiError> {
    let own = devices.known_to(current.id).map(|device| device.id);
    Ok(Json(DevicesBody { items: remembered(&app, current.id, own).await? }))
}

/// The remembered devices of a person. `current` is the id of the device that asks, where it is known.
pub(in crate::api::handlers) async fn remembered(
    app: &AppState,
    user_id: Uuid,
    current: Option<Uuid>,
) -> Result<Vec<DeviceBody>, ApiError> {
    let found = app.store.remembered_devices(user_id, app.now(), MOST_SHOWN).await?;
    Ok(found.iter().map(|device| DeviceBody::new(device, current)).collect())
}

/// Forget one remembered device
///
/// A log-in on the device needs the second factor from now on, even a log-in that runs at this moment. Sessions on the
/// device go on.
#[utoipa::path(
    delete, path = "/api/auth/factors/devices/{id}", tag = "auth", operation_id = "forget_device", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "Which device")),
    responses(
        (status = 204, description = "The device is not remembered"),
        (status = 400, description = "`invalid_idempotency_key`, `malformed_path`"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 404, description = "`device_not_found`: no such device of mine is remembered (any more)"),
        (status = 422, description = "`idempotency_key_reused`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn forget_one(
    State(app): State<App>,
    id: Result<Path<Uuid>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
) -> Result<Answer, ApiError> {
    let device_id = id.map_err(|_| ApiError::DeviceNotFound)?.0;
    let effect = Effect::Factor(FactorChange::ForgetDevice { user_id: current.id, device_id });
    let subject = Some(device_id.to_string());
    let audit = Some(Audit { action: AuditAction::DeviceForgotten, user_id: current.id, subject });
    match attempt.commit(&app, app.now(), effect, audit, Answer::empty(StatusCode::NO_CONTENT)).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(ApiError::DeviceNotFound),
    }
}

/// Forget all remembered devices
///
/// A log-in needs the second factor on every device from now on, until a device is remembered again. Sessions on the
/// devices go on. A changed or reset password also forgets the devices, and so does the end of all (other) sessions.
#[utoipa::path(
    delete, path = "/api/auth/factors/devices", tag = "auth", operation_id = "forget_devices", security(("access_token" = [])),
    responses(
        (status = 204, description = "No device is remembered"),
        (status = 400, description = "`invalid_idempotency_key`"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 503, description = "`database_unavailable`"),
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
