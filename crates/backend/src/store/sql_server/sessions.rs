//! Sessions as SQL: changes, uses, ends and queries.

use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::pool::Pool;
use super::read::rows;
use super::remembered;
use super::row::{moment, optional, required};
use super::stale::OR_STALE;
use crate::domain::session::{NewSession, NewToken, SessionSummary};
use crate::domain::{Timestamp, UserAgent};
use crate::store::{Rotation, SessionsQuery, StoreError};

/// Ends a batch where the asking session is gone or was ended.
pub(super) fn guard(batch: &mut Batch, session_id: Uuid) {
    batch.add(
        "IF NOT EXISTS (SELECT 1 FROM dbo.sessions WHERE id = ? AND revoked_at IS NULL)
         BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed, N'session_revoked' AS refusal; RETURN; END",
        values![session_id],
    );
}

pub(super) fn start(batch: &mut Batch, session: &NewSession, at: Timestamp) {
    batch.add(
        "INSERT INTO dbo.sessions (id, user_id, version, created_at, last_used_at, expires_at, user_agent, address,
                                   authenticated_at, acr, method)
         VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
        values![
            session.id,
            session.user_id,
            at,
            at,
            session.token.expires_at,
            session.client.user_agent.as_ref().map(UserAgent::as_str),
            session.client.address.to_string(),
            at,
            session.method.level().as_str(),
            session.method.as_str(),
        ],
    );
    add_token(batch, session.id, &session.token, None);
}

fn add_token(batch: &mut Batch, session_id: Uuid, token: &NewToken, parent: Option<[u8; 32]>) {
    batch.add(
        "INSERT INTO dbo.refresh_tokens (hash, session_id, parent, issued_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        values![token.hash.0, session_id, parent, token.issued_at, token.expires_at],
    );
}

pub(super) fn rotate(batch: &mut Batch, rotation: &Rotation, at: Timestamp) {
    batch.add(
        "UPDATE dbo.sessions SET version = version + 1, last_used_at = ?, expires_at = ?, user_agent = ?, address = ?
         WHERE id = ? AND version = ? AND revoked_at IS NULL",
        values![
            at,
            rotation.replacement.expires_at,
            rotation.client.user_agent.as_ref().map(UserAgent::as_str),
            rotation.client.address.to_string(),
            rotation.session_id,
            rotation.expected_version,
        ],
    );
    batch.add(OR_STALE, values![]);
    batch.add(
        "UPDATE dbo.refresh_tokens SET replaced_at = COALESCE(replaced_at, CAST(? AS DATETIME2(3))), successor_kid = ?
         WHERE hash = ?",
        values![at, rotation.successor_kid.as_str(), rotation.replaced.0],
    );
    add_token(batch, rotation.session_id, &rotation.replacement, Some(rotation.replaced.0));
}

pub(super) fn revoke(batch: &mut Batch, session_id: Uuid, at: Timestamp) {
    batch.add(
        "UPDATE dbo.sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
        values![at, session_id],
    );
}

pub(super) fn revoke_one_of(batch: &mut Batch, user_id: Uuid, session_id: Uuid, at: Timestamp) {
    batch.add(
        "UPDATE dbo.sessions SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL",
        values![at, session_id, user_id],
    );
    batch.add(OR_STALE, values![]);
}

/// Ends all sessions of a person but `except`, and forgets all remembered devices.
pub(super) fn revoke_all_of(batch: &mut Batch, user_id: Uuid, except: Option<Uuid>, at: Timestamp) {
    // No session has this id.
    let except = except.unwrap_or_default();
    batch.add(
        "UPDATE dbo.sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL AND id <> ?",
        values![at, user_id, except],
    );
    remembered::forget(batch, user_id);
}

pub(super) async fn list(pool: &Pool, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError> {
    let batch = Batch::of(
        "SELECT TOP (CAST(? AS BIGINT)) id, user_agent, address, created_at, last_used_at, method FROM dbo.sessions
         WHERE user_id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) AND created_at > ?
         ORDER BY CASE WHEN id = ? THEN 0 ELSE 1 END, last_used_at DESC, seq DESC",
        values![i64::from(query.limit), query.user_id, query.now, query.begun_after, query.first],
    );
    rows(pool, "list sessions", batch).await?.iter().map(summary).collect()
}

fn summary(row: &Row) -> Result<SessionSummary, StoreError> {
    let address = optional::<&str>(row, "address")?.map(str::parse).transpose();
    Ok(SessionSummary {
        id: required(row, "id")?,
        user_agent: optional::<&str>(row, "user_agent")?.and_then(UserAgent::cut),
        address: address.map_err(|error| StoreError::corrupt("address", error))?,
        created_at: moment(row, "created_at")?,
        last_used_at: moment(row, "last_used_at")?,
        method: optional::<&str>(row, "method")?.and_then(|method| method.parse().ok()),
    })
}

pub(super) async fn revoked_since(
    pool: &Pool,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let batch = Batch::of(
        "SELECT TOP (CAST(? AS BIGINT)) id, revoked_at FROM dbo.sessions
         WHERE revoked_at >= ? ORDER BY revoked_at DESC",
        values![i64::from(limit), since],
    );
    let found = rows(pool, "read ended sessions", batch).await?;
    found.iter().map(|row| Ok((required(row, "id")?, moment(row, "revoked_at")?))).collect()
}

pub(super) async fn is_revoked(pool: &Pool, id: Uuid) -> Result<bool, StoreError> {
    let batch = Batch::of("SELECT id FROM dbo.sessions WHERE id = ? AND revoked_at IS NOT NULL", values![id]);
    Ok(!rows(pool, "read a session", batch).await?.is_empty())
}
