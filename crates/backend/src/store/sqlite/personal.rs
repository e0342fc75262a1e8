//! Exports and deletes all that is stored of a person.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::connection::store_error;
use super::organizations;
use super::read::{millis, moment, parse};
use super::rows::changed;
use super::streams;
use crate::domain::Timestamp;
use crate::store::{AuditEntry, AuditRecord, PersonalRecords, SessionRecord, StoreError};

const SESSIONS: &str = "SELECT id, created_at, last_used_at, revoked_at FROM sessions WHERE user_id = ?
    ORDER BY created_at DESC";
const AUDIT: &str =
    "SELECT at, action, subject, address FROM audit_log WHERE user_id = ? ORDER BY id DESC LIMIT ?";

type SessionRow = (String, i64, i64, Option<i64>);
type AuditRow = (i64, String, Option<String>, Option<String>);

const CLOSED: &str = "SELECT id FROM users WHERE closing_at <= ?1 LIMIT ?2";

/// Deletes closed accounts; see [`crate::store::Identities::delete_closed`].
pub(super) fn delete_closed(connection: &Connection, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let delete = || -> Result<u64, Error> {
        let mut closed = connection.prepare_cached(CLOSED)?;
        let ids = closed.query_map(params![millis(now), limit], |row| row.get(0))?;
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        for id in &ids {
            // Few are admins, and nothing finds rows by who acted.
            let acted = "UPDATE audit_log SET address = NULL WHERE actor_id = ?1
                         AND EXISTS (SELECT 1 FROM users WHERE id = ?1 AND role = 'admin')";
            changed(connection, acted, [id])?;
            let organization = organizations::before_deletion(connection, id, now)?;
            changed(connection, "DELETE FROM users WHERE id = ?", [id])?;
            streams::forget(connection, id)?;
            if let Some(organization) = organization {
                organizations::after_deletion(connection, &organization)?;
            }
            let gone = "INSERT INTO funnel_gone (user_id) VALUES (?) ON CONFLICT (user_id) DO NOTHING";
            changed(connection, gone, [id])?;
            let concerned = "UPDATE audit_log SET user_id = ?2, subject = NULL, reason = NULL, address = NULL
                             WHERE user_id = ?1";
            changed(connection, concerned, params![id, AuditEntry::NOBODY.to_string()])?;
        }
        Ok(ids.len() as u64)
    };
    delete().map_err(|error| store_error("delete closed accounts", error))
}

/// Reads a person's records; see [`crate::store::Identities::personal_records`].
pub(super) fn records(
    connection: &Connection,
    user_id: Uuid,
    limit: u32,
) -> Result<PersonalRecords, StoreError> {
    let id = user_id.to_string();
    let read = || -> Result<(Vec<SessionRow>, Vec<AuditRow>), Error> {
        let mut sessions = connection.prepare_cached(SESSIONS)?;
        let sessions = sessions.query_map([&id], |row| row.try_into())?.collect::<Result<_, _>>()?;
        let mut audit = connection.prepare_cached(AUDIT)?;
        let audit = audit.query_map(params![id, limit], |row| row.try_into())?.collect::<Result<_, _>>()?;
        Ok((sessions, audit))
    };
    let (sessions, audit) = read().map_err(|error| store_error("read personal records", error))?;
    Ok(PersonalRecords {
        sessions: sessions.into_iter().map(session).collect::<Result<_, _>>()?,
        audit: audit.into_iter().map(audited).collect::<Result<_, _>>()?,
    })
}

fn session((id, created_at, last_used_at, revoked_at): SessionRow) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        id: parse("session id", &id)?,
        created_at: moment(created_at)?,
        last_used_at: moment(last_used_at)?,
        revoked_at: revoked_at.map(moment).transpose()?,
    })
}

fn audited((at, action, subject, address): AuditRow) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord { at: moment(at)?, action, subject, address })
}
