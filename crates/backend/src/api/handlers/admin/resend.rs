//! Queues messages of the outbox again.

use axum::extract::Path;
use http::StatusCode;
use uuid::Uuid;

use super::order::entry;
use super::request::AdminRequest;
use crate::api::attempt::{Attempt, Commit};
use crate::api::error::ApiError;
use crate::app::AppState;
use crate::idempotency::Answer;
use crate::store::messages::Replay;
use crate::store::{AuditAction, AuditEntry, Effect};

/// Queues one message of `channel` again.
pub(super) async fn one(request: AdminRequest<Uuid>, channel: &str) -> Result<Answer, ApiError> {
    let AdminRequest { app, admin, attempt, path, reason } = request;
    let Path(id) = path.map_err(|_| ApiError::MalformedPath { reason: "bears no id of a message" })?;
    let record = app.store.message(channel, id).await?.ok_or(ApiError::UnknownMessage)?;
    if !record.has_content {
        return Err(ApiError::MessageWasSent);
    }
    let about = record.user_id.unwrap_or(AuditEntry::NOBODY);
    let audit = AuditEntry {
        subject: Some(id.to_string()),
        ..entry(&app, &admin, AuditAction::MessageReplayed, about, Some(&reason))
    };
    let replay = Replay { channel: channel.to_owned(), ids: vec![id] };
    commit(&app, &attempt, replay, audit, Answer::empty(StatusCode::NO_CONTENT)).await
}

/// Commits a replay with its audit row.
pub(super) async fn commit(
    app: &AppState,
    attempt: &Attempt,
    replay: Replay,
    audit: AuditEntry,
    answer: Answer,
) -> Result<Answer, ApiError> {
    match attempt.commit_entry(app, app.now(), Effect::Replay(replay), Some(audit), &[], answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(ApiError::Bug("a replay depends on no version")),
    }
}
