//! Refreshes and ends a session.

use std::time::Instant;

use axum::extract::State;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::account::done;
use super::opening::{refuse_suspended, session_answer};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::client::ClientInfo;
use crate::api::cookie;
use crate::api::dto::{SessionBody, TokenRequest};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::presented::{Choice, Presented, TokenPlace, choose, presented};
use crate::api::retry::until_done;
use crate::app::{App, AppState};
use crate::auth::Grant;
use crate::domain::session::{NewToken, TokenState, Verdict};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, Rotation};

/// The number of times that a rotation is decided anew, where another rotation of the same session was faster.
const MAX_TRIES: u32 = 10;

/// Get new tokens
///
/// Each refresh token is replaced by its successor at its first use. The replaced token gives the same successor for
/// 10 more seconds, as long as the successor was not used. A later use of the replaced token ends the session. A
/// session ends `SESSION_MAX_AGE` after log-in, however often it is used. A cookie is accepted from this site's own
/// pages only.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body(content = Option<TokenRequest>, description = "Not needed where the token is sent as a cookie"),
    responses(
        (status = 200, description = "A new pair of tokens", body = SessionBody),
        (status = 401, description = "`refresh_token_invalid`"),
        (status = 403, description = "`account_suspended`, `cross_site_request`"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn refresh(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    headers: HeaderMap,
    Checked(request): Checked<TokenRequest>,
) -> Result<Answer, ApiError> {
    let arrived = Instant::now();
    let tokens = presented(request, &headers, &client)?;
    until_done(MAX_TRIES, "a session that stands still", || async {
        match choose(&app, &tokens, arrived).await? {
            Choice::Good(token, state, verdict) => {
                refuse_suspended(&state.user)?;
                renew(&app, &attempt, &client, &token, &state, verdict).await
            }
            Choice::Reused(state) => {
                end_family(&app, &state).await?;
                Err(ApiError::RefreshTokenInvalid)
            }
            Choice::None => Err(ApiError::RefreshTokenInvalid),
        }
    })
    .await
}

/// Gives the token's successor, for the first time or once more. A client may have lost the answer, or two tabs have
/// asked at once.
async fn renew(
    app: &AppState,
    attempt: &Attempt,
    client: &ClientInfo,
    Presented { token, place }: &Presented,
    state: &TokenState,
    verdict: Verdict,
) -> Result<Commit, ApiError> {
    let (at, is_known) = (app.now(), verdict == Verdict::Repeat);
    let kid = state.successor_kid.as_deref().filter(|_| is_known);
    // None where the secret of a known one was taken away before its last token was replaced.
    let (successor_kid, successor) = app.successors.of(token, kid).ok_or(ApiError::RefreshTokenInvalid)?;
    let begun = state.session_created_at;
    let (expires_at, ends_at) = (app.lifetimes.token_expiry(begun, at), app.lifetimes.end(begun));
    let replacement = NewToken { hash: successor.hash(), issued_at: at, expires_at };
    let times = (at, expires_at, ends_at);
    let proved = state.authentication;
    let grant = Grant::new(&state.user, state.session_id, proved, &app.issuer, successor, times);
    let answer = session_answer(StatusCode::OK, &state.user, &grant, renewed(app, *place, client))?;
    let rotation = Rotation {
        session_id: state.session_id,
        expected_version: state.session_version,
        replaced: token.hash(),
        replacement,
        successor_kid,
        client: client.client.clone(),
    };
    let effect = if is_known { Effect::None } else { Effect::RotateToken(Box::new(rotation)) };
    // Not audited: it happens every few minutes and tells nothing.
    attempt.commit(app, at, effect, None, answer).await
}

fn renewed(app: &AppState, place: TokenPlace, client: &ClientInfo) -> TokenPlace {
    match place {
        TokenPlace::Body => TokenPlace::Body,
        TokenPlace::Cookie(cookie) => TokenPlace::Cookie(cookie.renewed(app, client)),
    }
}

/// Ends the session of a reused token. Two parties hold tokens of the family, and nothing tells which one is the
/// thief. The refusal is not stored for the request's key, because ending a session twice changes nothing.
async fn end_family(app: &AppState, state: &TokenState) -> Result<(), ApiError> {
    tracing::warn!(session_id = %state.session_id, "a refresh token was used again; its session is ended");
    let audit = Some(about(AuditAction::TokenReused, state));
    let attempt = Attempt::new(None, None);
    end(app, &attempt, state.session_id, audit, Answer::empty(StatusCode::UNAUTHORIZED)).await?;
    Ok(())
}

fn about(action: AuditAction, state: &TokenState) -> Audit {
    Audit { action, user_id: state.user.id, subject: Some(state.session_id.to_string()) }
}

/// End the session
///
/// Ends the session of the access token or, where that token is missing or has expired, of the refresh token. The
/// session's refresh tokens stop to work at once. Its last access token stops to work at once for changes, and within
/// 10 seconds for reads. A cookie is accepted from this site's own pages only.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "auth", operation_id = "logout", security(("access_token" = []), ()),
    request_body(content = Option<TokenRequest>, description = "Not needed with an access token or a cookie"),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`"),
        (status = 403, description = "`cross_site_request`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn logout(
    State(app): State<App>,
    attempt: Attempt,
    client: ClientInfo,
    headers: HeaderMap,
    Checked(request): Checked<TokenRequest>,
) -> Result<Answer, ApiError> {
    let answer = without_cookies(&app, &client, &headers, Answer::empty(StatusCode::NO_CONTENT));
    match leaving(&app, request, &headers, &client).await? {
        Some((session_id, user_id)) => {
            let subject = Some(session_id.to_string());
            let audit = Audit { action: AuditAction::UserLoggedOut, user_id, subject };
            end(&app, &attempt, session_id, Some(audit), answer).await
        }
        None => Ok(answer),
    }
}

/// Makes the browser forget every session cookie that it has sent.
pub(super) fn without_cookies(
    app: &AppState,
    client: &ClientInfo,
    headers: &HeaderMap,
    answer: Answer,
) -> Answer {
    let mut cleared = Vec::new();
    for (_, cookie) in cookie::read(headers) {
        let clear = cookie.renewed(app, client).clear();
        if !cleared.contains(&clear) {
            cleared.push(clear);
        }
    }
    cleared.into_iter().fold(answer, |answer, clear| answer.with(SET_COOKIE, clear))
}

/// The session to end, with its user. None where the refresh token is unknown, which counts as ended (RFC 7009
/// section 2.2).
async fn leaving(
    app: &AppState,
    request: TokenRequest,
    headers: &HeaderMap,
    client: &ClientInfo,
) -> Result<Option<(Uuid, Uuid)>, ApiError> {
    let error = match app.issuer.authenticate(headers, app.now()) {
        Ok(user) => return Ok(Some((user.session_id, user.id))),
        Err(error) => error,
    };
    let tokens = presented(request, headers, client)?;
    if tokens.is_empty() {
        return Err(error.into());
    }
    for Presented { token, .. } in tokens {
        if let Some(state) = app.store.token_state(token.hash()).await? {
            return Ok(Some((state.session_id, state.user.id)));
        }
    }
    Ok(None)
}

async fn end(
    app: &AppState,
    attempt: &Attempt,
    session_id: Uuid,
    audit: Option<Audit>,
    answer: Answer,
) -> Result<Answer, ApiError> {
    let commit = attempt.commit(app, app.now(), Effect::RevokeSession { session_id }, audit, answer).await?;
    app.revocations.want();
    done(commit)
}
