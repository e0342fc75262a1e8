//! The onboarding: its state, its steps, its completion.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{NoFields, OnboardingBody, StepKey, StepRequest, under};
use crate::api::error::{ApiError, Problem};
use crate::api::etag;
use crate::api::fields::Checked;
use crate::api::freshness::Asked;
use crate::app::{App, AppState};
use crate::auth::{AccessError, CurrentUser};
use crate::domain::Timestamp;
use crate::domain::onboarding::{Onboarding, Step, StepChange, StepData, StepStatus};
use crate::domain::organization::Organization;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OrganizationChange, StoreError};

/// How often a change starts anew when another one of the same person was faster.
const MAX_TRIES: u32 = 30;

/// The state of my onboarding
#[utoipa::path(
    get, path = "/api/onboarding", tag = "onboarding", operation_id = "get_onboarding", security(("access_token" = [])),
    params(
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the state that the client has"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the state must have", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
    ),
    responses(
        (status = 200, description = "The whole state", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 304, description = "The client has this state already"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    Asked(freshness): Asked,
    Authenticated(current): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let state = app.read(freshness, |store| store.onboarding(current.id)).await?;
    // The account may be gone while its token still is good.
    let state = state.ok_or(AccessError::UnknownUser)?;
    let tag = etag::of_version(state.version);
    check_if_match(&headers, &state)?;
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
        ("key" = StepKey, Path, description = "Which step"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on; `*` for any", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("If-None-Match" = Option<String>, Header, description = "Refuses the change where the state has this `ETag`; `*` refuses any, since the state is always there", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
    ),
    request_body = StepRequest,
    responses(
        (status = 200, description = "The whole state after the change", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_step`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`step_is_automatic`, `onboarding_completed`", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "`version_mismatch`, `precondition_failed`", body = Problem, content_type = "application/problem+json"),
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
    let step: Step = key.map_err(|_| ApiError::MalformedPath { reason: "names no step" })?.0.parse()?;
    let change = check(step, request?.0)?;
    let audit =
        Audit { action: AuditAction::StepSaved, user_id: current.id, subject: Some(step.key().into()) };
    for _ in 0..MAX_TRIES {
        let (at, state) = (app.now(), load(&app, current).await?);
        check_preconditions(&headers, &state)?;
        let record = state.change_step(step, change.clone(), at)?;
        let (user_id, expected_version) = (current.id, state.version);
        let answer = telling(current, &state.with_step(step, record.clone()))?;
        let effect = Effect::SaveStep { user_id, expected_version, step, record };
        if let Commit::Done(answer) = attempt.commit(&app, at, effect, Some(audit.clone()), answer).await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("an onboarding that stands still").into())
}

/// Complete my onboarding
///
/// Makes the organization that the answers of the step `organization` describe, where I belong to none. Again is no harm:
/// a completed onboarding stays as it is.
#[utoipa::path(
    post, path = "/api/onboarding/complete", tag = "onboarding", operation_id = "complete_onboarding", security(("access_token" = [])),
    params(
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on; `*` for any", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("If-None-Match" = Option<String>, Header, description = "Refuses the change where the state has this `ETag`; `*` refuses any, since the state is always there", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$"),
    ),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The whole state, completed", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`onboarding_incomplete`: `open_steps` names the required steps that are open", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "`version_mismatch`, `precondition_failed`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn complete(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    headers: HeaderMap,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let audit = Audit { action: AuditAction::OnboardingCompleted, user_id: current.id, subject: None };
    for _ in 0..MAX_TRIES {
        let (at, state) = (app.now(), load(&app, current).await?);
        check_preconditions(&headers, &state)?;
        if !state.may_complete()? {
            return whole_state(&state);
        }
        let effect = completing(current, &state, at);
        let answer = telling(current, &state.with_completion(at))?;
        if let Commit::Done(answer) = attempt.commit(&app, at, effect, Some(audit.clone()), answer).await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted("an onboarding that stands still").into())
}

/// The completion, and the organization that the answers describe: the person is its owner. Whoever belongs to one already
/// gets no other.
fn completing(current: CurrentUser, state: &Onboarding, at: Timestamp) -> Effect {
    let owner = current.id;
    let completion = Effect::CompleteOnboarding { user_id: owner, expected_version: state.version };
    let answers = state.steps.get(&Step::Organization).filter(|step| step.status == StepStatus::Completed);
    let organization = answers.and_then(|step| Organization::described(Uuid::now_v7(), &step.data, at));
    match organization {
        Some(organization) => {
            let founding = OrganizationChange::Found { organization, owner, unless_member: true };
            Effect::Sequence(vec![completion, Effect::Organize(Box::new(founding))])
        }
        None => completion,
    }
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

/// In the order of RFC 9110 section 13.2.2.
fn check_preconditions(headers: &HeaderMap, state: &Onboarding) -> Result<(), ApiError> {
    check_if_match(headers, state)?;
    if etag::if_none_match(headers, &etag::of_version(state.version))? {
        Ok(())
    } else {
        Err(ApiError::AlreadyThere { current: state.version })
    }
}

fn check_if_match(headers: &HeaderMap, state: &Onboarding) -> Result<(), ApiError> {
    if etag::if_match(headers, &etag::of_version(state.version))? {
        Ok(())
    } else {
        Err(ApiError::VersionMismatch { current: state.version })
    }
}

/// The answer of a change: kept as the name of the state that it tells.
fn telling(current: CurrentUser, state: &Onboarding) -> Result<Answer, ApiError> {
    Ok(whole_state(state)?.telling(current.id, state.version, state.completed_at.is_some()))
}

pub(in crate::api) fn whole_state(state: &Onboarding) -> Result<Answer, ApiError> {
    let answer = Answer::json(StatusCode::OK, &OnboardingBody::from(state))?;
    Ok(answer.with(ETAG, etag::of_version(state.version)))
}
