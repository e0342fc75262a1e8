//! The audit log as SQL.

use rusqlite::{Connection, Error, params};

use super::read::millis;
use crate::domain::Timestamp;
use crate::store::AuditEntry;

pub(super) fn write(connection: &Connection, entry: &AuditEntry, at: Timestamp) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO audit_log
                 (at, action, user_id, actor_id, subject, reason, address, request_id, instance_id)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            millis(at),
            entry.action.as_str(),
            entry.user_id.to_string(),
            entry.actor.stored().map(|id| id.to_string()),
            entry.subject,
            entry.reason,
            entry.address.map(|address| address.to_string()),
            entry.request_id,
            entry.instance_id,
        ])?;
    Ok(())
}
