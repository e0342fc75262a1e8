//! The onboarding: its state, its steps, its completion.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{NoFields, OnboardingBody, StepRequest, under};
use crate::api::error::ApiError;
use crate::api::etag;
use crate::api::fields::Checked;
use crate::api::freshness::Asked;
use crate::api::retry::until_done;
use crate::api::whole_state::whole_state;
use crate::app::{App, AppState, Way};
use crate::auth::{AccessError, CurrentUser};
use crate::domain::Timestamp;
use crate::domain::onboarding::template::Template;
use crate::domain::onboarding::{Onboarding, StepChange, StepKey, StepStatus, Understood};
use crate::domain::organization::Organization;
use crate::idempotency::{Answer, Completion};
use crate::store::{AuditAction, Effect, Mutation, OrganizationChange, Outcome, Reshape, StoreError};

/// The key of the step whose answers describe an organization, in a template with such a step.
const ORGANIZATION: &str = "organization";

/// The number of times that a change is decided anew, where another change of the same person was faster.
const MAX_TRIES: u32 = 30;

/// The state of my onboarding
///
/// The answer has the template, so that a page can draw any step. The call also moves a person under way to a new
/// version of the template, where that is due.
#[utoipa::path(
    get, path = "/api/onboarding", tag = "onboarding", operation_id = "get_onboarding", security(("access_token" = [])),
    params(
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the state that the client has"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the state must have", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
    ),
    responses(
        (status = 200, description = "The whole state", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 304, description = "The client has this state already"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
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
    let way = settled(&app, current, state).await?;
    let tag = etag::of_version(way.state.version);
    check_if_match(&headers, &way.state)?;
    if etag::has_already(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    // A client may keep it, but must ask each time whether it still holds.
    let caching = [(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    let body = OnboardingBody::with_template(&way.template, &way.state);
    let answer = Answer::json(StatusCode::OK, &body)?.with(ETAG, tag);
    Ok((caching, answer).into_response())
}

/// The onboarding as it is to be. A person who is to be moved to the current template is moved first.
async fn settled(app: &AppState, current: CurrentUser, mut state: Onboarding) -> Result<Way, ApiError> {
    for _ in 0..MAX_TRIES {
        let mut way = app.templates.way(&*app.store, state).await?;
        let reshape = if way.is_moved() { Reshape::between(&way.stored, &way.state, None) } else { None };
        let Some(reshape) = reshape else { return Ok(way) };
        let subject = Some(format!("{} to {}", way.stored.template, way.state.template));
        let audit = Audit { action: AuditAction::OnboardingMoved, user_id: current.id, subject };
        let (user_id, expected_version) = (current.id, way.stored.version);
        let effect = Effect::ReshapeOnboarding { user_id, expected_version, reshape };
        if done_unasked(app, effect, audit).await? {
            way.stored = way.state.clone();
            return Ok(way);
        }
        // The replica was behind, or another instance was faster.
        state = load(app, current).await?;
    }
    Err(StoreError::exhausted("an onboarding that stands still").into())
}

/// Commits a change that nobody has asked for. False where the state has changed since it was read.
async fn done_unasked(app: &AppState, effect: Effect, audit: Audit) -> Result<bool, ApiError> {
    let (at, audit) = (app.now(), Some(audit.into_entry(app)));
    let mutation = Mutation { at, idempotency: None, session: None, effect, messages: Vec::new(), audit };
    Ok(app.store.commit(mutation).await? == Outcome::Committed)
}

/// Change a step
///
/// With `If-Match`, the change is done only where the state still has that version. The person's template, which `GET
/// /api/onboarding` gives, says what data is valid.
#[utoipa::path(
    put, path = "/api/onboarding/steps/{key}", tag = "onboarding", operation_id = "put_step", security(("access_token" = [])),
    params(
        ("key" = String, Path, description = "Which step of the person's template; a name that an earlier version had for it is understood, too", max_length = 32, pattern = "^[a-z][a-z0-9_]*$", example = "profile"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on; `*` for any", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("If-None-Match" = Option<String>, Header, description = "Refuses the change where the state has this `ETag`; `*` refuses any, since the state is always there", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
    ),
    request_body = StepRequest,
    responses(
        (status = 200, description = "The whole state after the change", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 404, description = "`unknown_step`"),
        (status = 409, description = "`step_is_automatic`, `onboarding_completed`"),
        (status = 412, description = "`version_mismatch`, `precondition_failed`"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 503, description = "`database_unavailable`"),
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
    let key: StepKey = key.map_err(|_| ApiError::MalformedPath { reason: "names no step" })?.0.parse()?;
    let StepRequest { status, data } = request?.0;
    until_done(MAX_TRIES, "an onboarding that stands still", || async {
        let (at, stored) = (app.now(), load(&app, current).await?);
        let way = app.templates.way(&*app.store, stored).await?;
        let change = StepChange { status, data: data.clone() };
        let change = Understood::of(&way.lineage, &key, change)?;
        let base = Onboarding { version: way.stored.version, ..way.state.clone() };
        change.check(&base, &way.template).map_err(|errors| ApiError::Validation(under("data", errors)))?;
        check_preconditions(&headers, &way.stored)?;
        let step = change.step().clone();
        let changed = change.apply(&base, &way.template, at)?;
        let answer = telling(current, &way.template, &changed)?;
        let (user_id, expected_version) = (current.id, way.stored.version);
        let reshape = Reshape::between(&way.stored, &changed, Some(&step));
        let subject = Some(step.to_string());
        // A change leaves the step there.
        let record = changed.steps.get(&step).cloned().ok_or(ApiError::Bug("a changed step is gone"))?;
        let effect = Effect::SaveStep { user_id, expected_version, step, record, reshape };
        let audit = Audit { action: AuditAction::StepSaved, user_id, subject };
        attempt.commit(&app, at, effect, Some(audit), answer).await
    })
    .await
}

/// Complete my onboarding
///
/// Makes the organization that the answers of the step `organization` describe, where I belong to none. A completed
/// onboarding stays as it is.
#[utoipa::path(
    post, path = "/api/onboarding/complete", tag = "onboarding", operation_id = "complete_onboarding", security(("access_token" = [])),
    params(
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on; `*` for any", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("If-None-Match" = Option<String>, Header, description = "Refuses the change where the state has this `ETag`; `*` refuses any, since the state is always there", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
    ),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The whole state, completed", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 409, description = "`onboarding_incomplete`: `open_steps` names the required steps that are open"),
        (status = 412, description = "`version_mismatch`, `precondition_failed`"),
        (status = 503, description = "`database_unavailable`"),
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
    until_done(MAX_TRIES, "an onboarding that stands still", || async {
        let (at, stored) = (app.now(), load(&app, current).await?);
        let Way { stored, state, before, template, .. } = app.templates.way(&*app.store, stored).await?;
        check_preconditions(&headers, &stored)?;
        // Whoever is done by what they were asked is not asked for more.
        let (template, base) = match stored.may_complete(&before) {
            Ok(false) => return whole_state(&before, &stored).map(Commit::Done),
            Ok(true) => (before, stored.clone()),
            Err(_) => (template, Onboarding { version: stored.version, ..state }),
        };
        base.may_complete(&template)?;
        let completed = base.with_completion(at);
        let effect = completing(&stored, (&template, &completed), current.id, at);
        let answer = telling(current, &template, &completed)?;
        attempt.commit(&app, at, effect, Some(audit.clone()), answer).await
    })
    .await
}

/// The completion, and the organization that the answers describe, where the template asks for one. The person
/// becomes its owner. A person who belongs to an organization gets no other one.
fn completing(
    stored: &Onboarding,
    (template, completed): (&Template, &Onboarding),
    owner: Uuid,
    at: Timestamp,
) -> Effect {
    let (expected_version, reshape) = (stored.version, Reshape::between(stored, completed, None));
    let completion = Effect::CompleteOnboarding { user_id: owner, expected_version, reshape };
    let asked = template.steps.iter().find(|step| step.key.as_str() == ORGANIZATION);
    let asked = asked.filter(|step| completed.answers(template).applies(step));
    let answers = asked.and_then(|step| completed.steps.get(&step.key));
    let answers = answers.filter(|step| step.status == StepStatus::Completed);
    let organization = answers.and_then(|step| Organization::described(Uuid::now_v7(), &step.data, at));
    match organization {
        Some(organization) => {
            let founding = OrganizationChange::Found { organization, owner, unless_member: true };
            Effect::Sequence(vec![completion, Effect::Organize(Box::new(founding))])
        }
        None => completion,
    }
}

/// Open my completed onboarding again
///
/// The steps may be worked on again. The answers and `activated_at` stay. An open onboarding stays as it is.
#[utoipa::path(
    post, path = "/api/onboarding/reopen", tag = "onboarding", operation_id = "reopen_onboarding", security(("access_token" = [])),
    params(
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the state that the change is based on; `*` for any", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
        ("If-None-Match" = Option<String>, Header, description = "Refuses the change where the state has this `ETag`; `*` refuses any, since the state is always there", example = "\"7\"", pattern = r"^(\*|[ \t,]*((W/)?\x22[^\x22\x00-\x20\x7F]*\x22([ \t]*,[ \t,]*(W/)?\x22[^\x22\x00-\x20\x7F]*\x22)*[ \t,]*)?)$"),
    ),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The whole state, open", body = OnboardingBody, headers(("ETag" = String, description = "The version in quotes"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 412, description = "`version_mismatch`, `precondition_failed`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn reopen(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    headers: HeaderMap,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let audit = Audit { action: AuditAction::OnboardingReopened, user_id: current.id, subject: None };
    until_done(MAX_TRIES, "an onboarding that stands still", || async {
        let (at, state) = (app.now(), load(&app, current).await?);
        check_preconditions(&headers, &state)?;
        let template = app.templates.find(&*app.store, &state.template).await?;
        if !state.may_reopen() {
            return whole_state(&template, &state).map(Commit::Done);
        }
        let effect = Effect::ReopenOnboarding { user_id: current.id, expected_version: state.version };
        let answer = telling(current, &template, &state.reopened())?;
        attempt.commit(&app, at, effect, Some(audit.clone()), answer).await
    })
    .await
}

async fn load(app: &AppState, current: CurrentUser) -> Result<Onboarding, ApiError> {
    // The account may be gone while its token still is good.
    Ok(app.store.onboarding(current.id).await?.ok_or(AccessError::UnknownUser)?)
}

/// Checks the conditions of the request in the order of RFC 9110 section 13.2.2.
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

/// The answer of a change, which is stored as a reference to the state that it shows.
fn telling(current: CurrentUser, template: &Template, state: &Onboarding) -> Result<Answer, ApiError> {
    let answer = whole_state(template, state)?;
    Ok(answer.telling(current.id, state.version, completion(state)))
}

fn completion(state: &Onboarding) -> Completion {
    match (state.activated_at, state.completed_at) {
        (_, Some(_)) => Completion::Completed,
        (Some(_), None) => Completion::Reopened,
        (None, None) => Completion::Never,
    }
}
