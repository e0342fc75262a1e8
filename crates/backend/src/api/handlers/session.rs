//! Refreshing and ending a session.

use axum::extract::State;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::account::{done, refuse_suspended, session_answer};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::cookie;
use crate::api::dto::{SessionBody, SessionMode, TokenRequest};
use crate::api::error::{ApiError, Problem};
use crate::api::fields::Checked;
use crate::app::{App, AppState};
use crate::auth::new_token;
use crate::domain::session::{RefreshToken, TokenHash, TokenState, Verdict};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, StoreError};

/// How often a rotation starts anew when another one of the same session was faster.
const MAX_TRIES: u32 = 10;

/// Get new tokens
///
/// Each refresh token is good for one refresh. One that was replaced still works for 10 seconds,
/// as long as its successor has not been used; after that, its use ends the session.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "auth", operation_id = "refresh",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$")),
    request_body(content = Option<TokenRequest>, description = "Not needed where the token is sent as a cookie"),
    responses(
        (status = 200, description = "A new pair of tokens", body = SessionBody),
        (status = 401, description = "`refresh_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`account_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn refresh(
    State(app): State<App>,
    attempt: Attempt,
    headers: HeaderMap,
    Checked(request): Checked<TokenRequest>,
) -> Result<Answer, ApiError> {
    let (token, mode) = presented(request, &headers).ok_or(ApiError::RefreshTokenInvalid)?;
    let hash = token.hash();
    for _ in 0..MAX_TRIES {
        let state = app.store.token_state(hash).await?.ok_or(ApiError::RefreshTokenInvalid)?;
        match state.verdict(app.now()) {
            Verdict::Rotate => {
                refuse_suspended(&state.user)?;
                if let Commit::Done(answer) = rotate(&app, &attempt, &state, hash, mode).await? {
                    return Ok(answer);
                }
            }
            Verdict::Reused => {
                end_family(&app, &state).await?;
                return Err(ApiError::RefreshTokenInvalid);
            }
            Verdict::Expired | Verdict::Revoked => return Err(ApiError::RefreshTokenInvalid),
        }
    }
    Err(StoreError::exhausted("a session that stands still").into())
}

/// The token in the body counts before the one in the cookie.
fn presented(request: TokenRequest, headers: &HeaderMap) -> Option<(RefreshToken, SessionMode)> {
    let in_body = request.refresh_token.map(|token| (token.0, SessionMode::Token));
    in_body.or_else(|| cookie::read(headers).map(|token| (token, SessionMode::Cookie)))
}

async fn rotate(
    app: &AppState,
    attempt: &Attempt,
    state: &TokenState,
    replaced: TokenHash,
    mode: SessionMode,
) -> Result<Commit, ApiError> {
    let at = app.now();
    let (token, replacement) = new_token(app.refresh_token_ttl, at);
    let access_token = app.issuer.issue(&state.user, state.session_id, at);
    let answer = session_answer(app, StatusCode::OK, &state.user, (access_token, &token), mode)?;
    let (session_id, expected_version) = (state.session_id, state.session_version);
    let effect = Effect::RotateToken { session_id, expected_version, replaced, replacement };
    // Not audited: it happens every few minutes and tells nothing.
    attempt.commit(app, at, effect, None, answer).await
}

/// Two parties hold the family's tokens, and we cannot know which is the thief. The refusal is
/// not kept for the request's key, and need not be: ending a session twice changes nothing.
async fn end_family(app: &AppState, state: &TokenState) -> Result<(), ApiError> {
    tracing::warn!(session_id = %state.session_id, "a refresh token was used again; its session is ended");
    let audit = Some(about(AuditAction::TokenReused, state));
    end(app, &Attempt::new(None), state.session_id, audit, Answer::empty(StatusCode::UNAUTHORIZED)).await?;
    Ok(())
}

fn about(action: AuditAction, state: &TokenState) -> Audit {
    Audit { action, user_id: state.user.id, subject: Some(state.session_id.to_string()) }
}

/// End the session
///
/// Ends the session of the access token or, where it is missing or has expired, of the refresh
/// token. Its refresh tokens stop to work at once, its last access token when it expires.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "auth", operation_id = "logout", security(("access_token" = []), ()),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours", min_length = 1, max_length = 255, pattern = r"^[\x21-\x7E]+$")),
    request_body(content = Option<TokenRequest>, description = "Not needed with an access token or a cookie"),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn logout(
    State(app): State<App>,
    attempt: Attempt,
    headers: HeaderMap,
    Checked(request): Checked<TokenRequest>,
) -> Result<Answer, ApiError> {
    let mut answer = Answer::empty(StatusCode::NO_CONTENT);
    if cookie::read(&headers).is_some() {
        answer = answer.with(SET_COOKIE, cookie::clear(app.cookie_secure));
    }
    match leaving(&app, request, &headers).await? {
        Some((session_id, user_id)) => {
            let subject = Some(session_id.to_string());
            let audit = Audit { action: AuditAction::UserLoggedOut, user_id, subject };
            end(&app, &attempt, session_id, Some(audit), answer).await
        }
        None => Ok(answer),
    }
}

/// The session that is to end and its user. None where the refresh token is unknown, which is as
/// good as ended (RFC 7009 section 2.2).
async fn leaving(
    app: &AppState,
    request: TokenRequest,
    headers: &HeaderMap,
) -> Result<Option<(Uuid, Uuid)>, ApiError> {
    match (app.issuer.authenticate(headers, app.now()), presented(request, headers)) {
        (Ok(user), _) => Ok(Some((user.session_id, user.id))),
        (Err(_), Some((token, _))) => {
            let state = app.store.token_state(token.hash()).await?;
            Ok(state.map(|state| (state.session_id, state.user.id)))
        }
        (Err(error), None) => Err(error.into()),
    }
}

async fn end(
    app: &AppState,
    attempt: &Attempt,
    session_id: Uuid,
    audit: Option<Audit>,
    answer: Answer,
) -> Result<Answer, ApiError> {
    done(attempt.commit(app, app.now(), Effect::RevokeSession { session_id }, audit, answer).await?)
}
