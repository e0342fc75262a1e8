//! Logs people in by passkey.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use super::prove::{Proven, Signed};
use crate::api::attempt::{Attempt, Commit};
use crate::api::client::ClientInfo;
use crate::api::device::Devices;
use crate::api::dto::{PasskeyLoginRequest, PasskeyOptionsBody, SessionBody};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::guard::Guard;
use crate::api::handlers::opening::{MAX_TRIES, Visitor, never_still, refuse_suspended};
use crate::api::passkey_refusal::PasskeyRefusal;
use crate::app::App;
use crate::auth::passkeys::{Begun, told};
use crate::domain::LogInMethod;
use crate::idempotency::Answer;
use crate::store::{Effect, PasskeyChange};

/// Begin to log in by a passkey
///
/// The request names no account. The browser offers all passkeys of this service that the person has, in a dialog or,
/// with `mediation: "conditional"`, among the suggestions of an input field. Nothing is stored, so a log-in page may
/// call this whenever it is opened. The answer is good for one log-in or one step-up.
#[utoipa::path(
    get, path = "/api/auth/login/passkey", tag = "auth", operation_id = "begin_passkey_login",
    responses(
        (status = 200, description = "What the browser is to ask for", body = PasskeyOptionsBody, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 404, description = "`passkeys_unavailable`: the service's address has no domain"),
    )
)]
pub(in crate::api) async fn begin(State(app): State<App>) -> Result<Response, ApiError> {
    let Begun { options, token } = app.passkeys.begin_assertion(app.now()).map_err(PasskeyRefusal::from)?;
    Ok(unstored(&PasskeyOptionsBody::new(token, told(&options)?)))
}

/// The response without caching, because the options are good for one use.
pub(super) fn unstored(body: &PasskeyOptionsBody) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
}

/// Log in by a passkey
///
/// A passkey is two factors in one: the device, and the recognition of its owner, which is demanded. So no second
/// factor is asked for, and the session has the level `aal2`. Wrong signatures are counted as wrong passwords are: by
/// address of the client, or by the device where it has logged in to the account before.
#[utoipa::path(
    post, path = "/api/auth/login/passkey", tag = "auth", operation_id = "login_passkey",
    params(
        ("X-Device-Token" = Option<String>, Header, description = "From an earlier answer with this header: an allowance of wrong attempts apart from strangers'. With `session` `cookie` it is a cookie"),
    ),
    request_body = PasskeyLoginRequest,
    responses(
        (status = 200, description = "A new session", body = SessionBody),
        (status = 401, description = "`unknown_passkey`: no account has it; `passkey_challenge_mismatch`; `passkey_refused`: its signature is wrong, or it is of another account; `passkey_counter_regressed`: there may be a copy of it, so that it was switched off; `passkey_disabled`: that has happened before"),
        (status = 403, description = "`passkey_wrong_origin`: used at another address; `passkey_wrong_rp`: of another service; `passkey_user_not_verified`: the device has not recognized its owner; `account_suspended`"),
        (status = 404, description = "`passkeys_unavailable`"),
        (status = 410, description = "`passkey_challenge_expired`, `passkey_challenge_used`: begin again"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn finish(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    Checked(request): Checked<PasskeyLoginRequest>,
) -> Result<Answer, ApiError> {
    let (proof, mode) = request.into_parts();
    let mut signed = Signed::new(&app, &proof)?;
    for _ in 0..MAX_TRIES {
        let found = signed.passkey().await?;
        let device = found.as_ref().and_then(|(_, user)| devices.known_to(user.id));
        let guard = Guard::passkey(&client.client, device);
        let Proven { user, used } = signed.prove(&guard, found).await?;
        // Told to nobody but the owner.
        refuse_suspended(&user)?;
        let (at, visitor) = (app.now(), Visitor { client: &client, devices: &devices, mode });
        let opened = visitor.open(&app, &user, LogInMethod::Passkey, (StatusCode::OK, at))?;
        let audit = Some(opened.audit());
        // No password was checked.
        let (log_in, answer) = opened.log_in(&user, None, None);
        let change = PasskeyChange::LogIn { used, log_in: Box::new(log_in) };
        let effect = Effect::Passkey(Box::new(change));
        if let Commit::Done(answer) = attempt.commit(&app, at, effect, audit, answer).await? {
            return Ok(answer);
        }
    }
    Err(never_still())
}
