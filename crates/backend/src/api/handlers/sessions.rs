//! The own sessions: lists and ends them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::done;
use super::session::without_cookies;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::client::ClientInfo;
use crate::api::error::ApiError;
use crate::app::{App, AppState};
use crate::domain::session::SessionSummary;
use crate::domain::{LogInMethod, Timestamp, device};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, SessionsQuery};

/// The largest number of sessions in the answer.
const MOST_SHOWN: u32 = 100;

/// A session of the person.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SessionInfoBody {
    /// The session's id, which names the session in paths.
    id: Uuid,
    /// The client of the last use, by the client's own name, such as `Firefox on Windows`.
    #[schema(example = "Firefox on Windows")]
    device: String,
    /// The client's address at the last use; `null` where it is not known.
    #[schema(required = true, example = "203.0.113.7")]
    address: Option<String>,
    /// The time of the log-in.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The time of the last log-in or refresh. The use of an access token leaves no trace.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// The last step of the log-in: `password`, `totp` (a code of an authenticator app), `recovery_code`, `oidc` (a
    /// provider) or `passkey`. `null` where an earlier version began the session.
    #[schema(required = true, example = "passkey")]
    method: Option<&'static str>,
    /// Whether the session is the one that asks.
    current: bool,
}

/// The person's own sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SessionsBody {
    /// The session that asks, and then the others, the last used ones first. At most 100.
    items: Vec<SessionInfoBody>,
}

impl SessionInfoBody {
    fn new(session: &SessionSummary, current: Uuid) -> Self {
        Self {
            current: session.id == current,
            id: session.id,
            device: device::describe(session.user_agent.as_ref()),
            address: session.address.map(|address| address.to_string()),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            method: session.method.map(LogInMethod::as_str),
        }
    }
}

/// My sessions
///
/// Everywhere I am logged in.
#[utoipa::path(
    get, path = "/api/auth/sessions", tag = "auth", operation_id = "list_sessions", security(("access_token" = [])),
    responses(
        (status = 200, description = "The live sessions", body = SessionsBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<SessionsBody>, ApiError> {
    Ok(Json(SessionsBody { items: live(&app, current.id, current.session_id).await? }))
}

/// The live sessions of a person. The session `current` comes first and is marked.
pub(super) async fn live(
    app: &AppState,
    user_id: Uuid,
    current: Uuid,
) -> Result<Vec<SessionInfoBody>, ApiError> {
    let now = app.now();
    let sessions = app.store.sessions(SessionsQuery {
        user_id,
        first: current,
        now,
        begun_after: now - app.lifetimes.whole,
        limit: MOST_SHOWN,
    });
    Ok(sessions.await?.iter().map(|session| SessionInfoBody::new(session, current)).collect())
}

/// End one of my sessions
///
/// The session's refresh tokens stop to work at once. Its last access token stops to work at once for changes, and
/// within 10 seconds for reads. The session may be the one that asks.
#[utoipa::path(
    delete, path = "/api/auth/sessions/{id}", tag = "auth", operation_id = "end_session", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "Which session")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 400, description = "`invalid_idempotency_key`, `malformed_path`"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 404, description = "`session_not_found`: I have no such session, or it has ended"),
        (status = 422, description = "`idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn end_one(
    State(app): State<App>,
    id: Result<Path<Uuid>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    client: ClientInfo,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    let session_id = id.map_err(|_| ApiError::SessionNotFound)?.0;
    let mut answer = Answer::empty(StatusCode::NO_CONTENT);
    if session_id == current.session_id {
        answer = without_cookies(&app, &client, &headers, answer);
    }
    let subject = Some(session_id.to_string());
    let audit = Audit { action: AuditAction::SessionRevoked, user_id: current.id, subject };
    let effect = Effect::RevokeOwnSession { user_id: current.id, session_id };
    match commit(&app, &attempt, effect, audit, answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(ApiError::SessionNotFound),
    }
}

/// End all my other sessions
#[utoipa::path(
    delete, path = "/api/auth/sessions/others", tag = "auth", operation_id = "end_other_sessions", security(("access_token" = [])),
    responses(
        (status = 204, description = "Only the session that asks is left"),
        (status = 400, description = "`invalid_idempotency_key`"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 422, description = "`idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn end_others(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
) -> Result<Answer, ApiError> {
    let subject = Some(current.session_id.to_string());
    let audit = Audit { action: AuditAction::OtherSessionsRevoked, user_id: current.id, subject };
    let effect = Effect::RevokeSessions { user_id: current.id, except: Some(current.session_id) };
    done(commit(&app, &attempt, effect, audit, Answer::empty(StatusCode::NO_CONTENT)).await?)
}

/// End all my sessions
///
/// The session that asks ends, too.
#[utoipa::path(
    delete, path = "/api/auth/sessions", tag = "auth", operation_id = "end_all_sessions", security(("access_token" = [])),
    responses(
        (status = 204, description = "No session is left"),
        (status = 400, description = "`invalid_idempotency_key`"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 422, description = "`idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn end_all(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    client: ClientInfo,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    let answer = without_cookies(&app, &client, &headers, Answer::empty(StatusCode::NO_CONTENT));
    let audit = Audit { action: AuditAction::AllSessionsRevoked, user_id: current.id, subject: None };
    let effect = Effect::RevokeSessions { user_id: current.id, except: None };
    done(commit(&app, &attempt, effect, audit, answer).await?)
}

async fn commit(
    app: &AppState,
    attempt: &Attempt,
    effect: Effect,
    audit: Audit,
    answer: Answer,
) -> Result<Commit, ApiError> {
    let commit = attempt.commit(app, app.now(), effect, Some(audit), answer).await?;
    app.revocations.want();
    Ok(commit)
}
