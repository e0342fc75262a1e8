//! The onboarding: its state, its steps, its completion.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{Nothing, OnboardingBody, StepRequest, under};
use crate::api::error::{ApiError, Problem};
use crate::api::etag;
use crate::api::fields::Checked;
use crate::app::{App, AppState};
use crate::auth::{AccessError, CurrentUser};
use crate::domain::now;
use crate::domain::onboarding::{Onboarding, Step, StepChange, StepData, UnknownStep};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, StoreError};

/// How often a change starts anew when another one of the same person was faster.
const MAX_TRIES: u32 = 30;

/// The state of my onboarding
#[utoipa::path(
    get, path = "/api/onboarding", tag = "onboarding", operation_id = "get_onboarding", security(("access_token" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the state that the client has")),
    responses(
        (status = 200, description = "The whole state", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 304, description = "The client has this state already"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let state = load(&app, current).await?;
    let tag = etag::of_version(state.version);
    if etag::has_already(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    // A client may keep it, but must ask each time whether it still holds.
    let caching = [(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    Ok((caching, whole_state(&state)?).into_response())
}

/// Change a step
///
/// With `If-Match`, the change is done only where the state still has that version.
#[utoipa::path(
    put, path = "/api/onboarding/steps/{key}", tag = "onboarding", operation_id = "put_step", security(("access_token" = [])),
    params(
        ("key" = String, Path, description = "`account`, `profile`, `organization`, `preferences` or `review`"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours"),
    ),
    request_body = StepRequest,
    responses(
        (status = 200, description = "The whole state after the change", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_step`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`step_is_automatic`, `onboarding_completed`", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "`version_mismatch`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn put_step(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    key: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    request: Result<Checked<StepRequest>, ApiError>,
) -> Result<Answer, ApiError> {
    let step = named(key)?;
    let change = check(step, request?.0)?;
    let audit =
        Audit { action: AuditAction::StepSaved, user_id: current.id, subject: Some(step.key().into()) };
    for _ in 0..MAX_TRIES {
        let (at, state) = (now(), load(&app, current).await?);
        check_version(&headers, &state)?;
        let record = state.change_step(step, change.clone(), at)?;
        let (user_id, expected_version) = (current.id, state.version);
        let answer = whole_state(&state.with_step(step, record.clone()))?;
        let effect = Effect::SaveStep { user_id, expected_version, step, record };
        if let Commit::Done(answer) = attempt.commit(&app, at, effect, Some(audit.clone()), answer).await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("an onboarding that stands still").into())
}

/// Complete my onboarding
///
/// Again is no harm: a completed onboarding stays as it is.
#[utoipa::path(
    post, path = "/api/onboarding/complete", tag = "onboarding", operation_id = "complete_onboarding", security(("access_token" = [])),
    params(
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours"),
    ),
    responses(
        (status = 200, description = "The whole state, completed", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`onboarding_incomplete`: `open_steps` names the required steps that are open", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "`version_mismatch`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn complete(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    headers: HeaderMap,
    Checked(Nothing): Checked<Nothing>,
) -> Result<Answer, ApiError> {
    let audit = Audit { action: AuditAction::OnboardingCompleted, user_id: current.id, subject: None };
    for _ in 0..MAX_TRIES {
        let (at, state) = (now(), load(&app, current).await?);
        check_version(&headers, &state)?;
        if !state.may_complete()? {
            return whole_state(&state);
        }
        let effect = Effect::CompleteOnboarding { user_id: current.id, expected_version: state.version };
        let answer = whole_state(&state.with_completion(at))?;
        if let Commit::Done(answer) = attempt.commit(&app, at, effect, Some(audit.clone()), answer).await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("an onboarding that stands still").into())
}

/// A path that is no UTF-8 names no step.
fn named(key: Result<Path<String>, PathRejection>) -> Result<Step, UnknownStep> {
    key.map_or_else(|rejection| Err(UnknownStep(rejection.body_text())), |Path(key)| key.parse())
}

async fn load(app: &AppState, current: CurrentUser) -> Result<Onboarding, ApiError> {
    // The account may be gone while its token still is good.
    Ok(app.store.onboarding(current.id).await?.ok_or(AccessError::UnknownUser)?)
}

fn check(step: Step, request: StepRequest) -> Result<StepChange, ApiError> {
    let StepRequest { status, data } = request;
    let data = data.map(|object| StepData::check(step, object, status)).transpose();
    let data = data.map_err(|errors| ApiError::Validation(under("data", errors)))?;
    Ok(StepChange { status, data })
}

fn check_version(headers: &HeaderMap, state: &Onboarding) -> Result<(), ApiError> {
    if etag::if_match(headers, &etag::of_version(state.version))? {
        Ok(())
    } else {
        Err(ApiError::VersionMismatch { current: state.version })
    }
}

fn whole_state(state: &Onboarding) -> Result<Answer, ApiError> {
    let answer = Answer::json(StatusCode::OK, &OnboardingBody::from(state))?;
    Ok(answer.with(ETAG, etag::of_version(state.version)))
}
