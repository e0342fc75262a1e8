//! Sessions as SQL: changes, uses, ends and queries.

use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::connection::store_error;
use super::read::{all, millis, moment, parse};
use super::remembered;
use crate::domain::Timestamp;
use crate::domain::UserAgent;
use crate::domain::session::{NewSession, NewToken, SessionSummary, TokenHash};
use crate::store::{Outcome, Rotation, SessionsQuery, StoreError};

/// Whether a session exists and was not ended, so that its changes are allowed.
pub(super) fn may_write(connection: &Connection, session_id: Uuid) -> Result<bool, Error> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ? AND revoked_at IS NULL)")?
        .query_row([session_id.to_string()], |row| row.get(0))
}

pub(super) fn start(connection: &Connection, session: &NewSession, at: Timestamp) -> Result<Outcome, Error> {
    connection
        .prepare_cached(
            "INSERT INTO sessions (id, user_id, version, created_at, last_used_at, expires_at, user_agent, address,
                                   authenticated_at, acr, method)
             VALUES (?1, ?2, 1, ?3, ?3, ?4, ?5, ?6, ?3, ?7, ?8)",
        )?
        .execute(params![
            session.id.to_string(),
            session.user_id.to_string(),
            millis(at),
            millis(session.token.expires_at),
            session.client.user_agent.as_ref().map(UserAgent::as_str),
            session.client.address.to_string(),
            session.method.level().as_str(),
            session.method.as_str(),
        ])?;
    insert_token(connection, session.id, &session.token, None)?;
    Ok(Outcome::Committed)
}

fn insert_token(
    connection: &Connection,
    session_id: Uuid,
    token: &NewToken,
    parent: Option<TokenHash>,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO refresh_tokens (hash, session_id, parent, issued_at, expires_at)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            token.hash.0,
            session_id.to_string(),
            parent.map(|hash| hash.0),
            millis(token.issued_at),
            millis(token.expires_at),
        ])?;
    Ok(())
}

pub(super) fn rotate(connection: &Connection, rotation: &Rotation, at: Timestamp) -> Result<Outcome, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE sessions SET version = version + 1, last_used_at = ?3, expires_at = ?4, user_agent = ?5, address = ?6
             WHERE id = ?1 AND version = ?2 AND revoked_at IS NULL",
        )?
        .execute(params![
            rotation.session_id.to_string(),
            rotation.expected_version,
            millis(at),
            millis(rotation.replacement.expires_at),
            rotation.client.user_agent.as_ref().map(UserAgent::as_str),
            rotation.client.address.to_string(),
        ])?;
    if rows == 0 {
        return Ok(Outcome::Stale);
    }
    connection
        .prepare_cached(
            "UPDATE refresh_tokens SET replaced_at = COALESCE(replaced_at, ?2), successor_kid = ?3 WHERE hash = ?1",
        )?
        .execute(params![rotation.replaced.0, millis(at), rotation.successor_kid])?;
    insert_token(connection, rotation.session_id, &rotation.replacement, Some(rotation.replaced))?;
    Ok(Outcome::Committed)
}

pub(super) fn revoke(connection: &Connection, session_id: Uuid, at: Timestamp) -> Result<Outcome, Error> {
    connection
        .prepare_cached("UPDATE sessions SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![session_id.to_string(), millis(at)])?;
    Ok(Outcome::Committed)
}

pub(super) fn revoke_one_of(
    connection: &Connection,
    user_id: Uuid,
    session_id: Uuid,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE sessions SET revoked_at = ?3 WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL",
        )?
        .execute(params![session_id.to_string(), user_id.to_string(), millis(at)])?;
    Ok(if rows == 0 { Outcome::Stale } else { Outcome::Committed })
}

/// Ends all sessions of a person but `except`, and forgets all remembered devices.
pub(super) fn revoke_all_of(
    connection: &Connection,
    user_id: Uuid,
    except: Option<Uuid>,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    connection
        .prepare_cached(
            "UPDATE sessions SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL AND id <> ?3",
        )?
        .execute(params![user_id.to_string(), millis(at), except])?;
    remembered::forget(connection, user_id)?;
    Ok(Outcome::Committed)
}

const LIST: &str = "SELECT id, user_agent, address, created_at, last_used_at, method FROM sessions
     WHERE user_id = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2) AND created_at > ?3
     ORDER BY id = ?4 DESC, last_used_at DESC, id DESC LIMIT ?5";

pub(super) fn list(
    connection: &Connection,
    query: &SessionsQuery,
) -> Result<Vec<SessionSummary>, StoreError> {
    let params = params![
        query.user_id.to_string(),
        millis(query.now),
        millis(query.begun_after),
        query.first.to_string(),
        query.limit,
    ];
    let rows = all(connection, "list sessions", LIST, params, SummaryRow::read)?;
    rows.into_iter().map(SummaryRow::into_summary).collect()
}

struct SummaryRow {
    id: String,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: i64,
    last_used_at: i64,
    method: Option<String>,
}

impl SummaryRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_agent: row.get(1)?,
            address: row.get(2)?,
            created_at: row.get(3)?,
            last_used_at: row.get(4)?,
            method: row.get(5)?,
        })
    }

    fn into_summary(self) -> Result<SessionSummary, StoreError> {
        Ok(SessionSummary {
            id: parse("session id", &self.id)?,
            user_agent: self.user_agent.as_deref().and_then(UserAgent::cut),
            address: self.address.map(|text| parse("address", &text)).transpose()?,
            created_at: moment(self.created_at)?,
            last_used_at: moment(self.last_used_at)?,
            method: self.method.and_then(|method| method.parse().ok()),
        })
    }
}

const REVOKED: &str =
    "SELECT id, revoked_at FROM sessions WHERE revoked_at >= ?1 ORDER BY revoked_at DESC LIMIT ?2";

pub(super) fn revoked_since(
    connection: &Connection,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let params = params![millis(since), limit];
    let rows: Vec<(String, i64)> =
        all(connection, "read ended sessions", REVOKED, params, |row| row.try_into())?;
    rows.into_iter().map(|(id, at)| Ok((parse("session id", &id)?, moment(at)?))).collect()
}

pub(super) fn is_revoked(connection: &Connection, id: Uuid) -> Result<bool, StoreError> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ? AND revoked_at IS NOT NULL)")
        .and_then(|mut query| query.query_row([id.to_string()], |row| row.get(0)))
        .map_err(|error| store_error("read a session", error))
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_a_whole_table() {
        let database = Migrated::new();
        for (statement, index) in [(REVOKED, "ix_sessions_revoked_at"), (LIST, "ix_sessions_user_id")] {
            let steps = database.plan(statement);
            assert!(steps[0].starts_with("SEARCH") && steps[0].contains(index), "{steps:?}");
        }
    }
}
