//! Exports and deletes all that is stored of a person.

use std::sync::Arc;

use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::failure::Failure;
use super::pool::Pool;
use super::stale::OR_STALE;
use super::{organizations, read, row, streams};
use crate::domain::Timestamp;
use crate::store::{AuditEntry, AuditRecord, Outcome, PersonalRecords, SessionRecord, StoreError};

/// Deletes closed accounts, each in a transaction of its own; see [`crate::store::Identities::delete_closed`].
pub(super) async fn delete_closed(pool: &Pool, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let closed = Batch::of(
        "SELECT TOP (CAST(? AS BIGINT)) id FROM dbo.users WHERE closing_at <= ? ORDER BY closing_at",
        values![i64::from(limit), now],
    );
    let mut deleted = 0;
    for row in &read::rows(pool, "read closed accounts", closed).await? {
        deleted += u64::from(delete(pool, row::required(row, "id")?, now).await?);
    }
    Ok(deleted)
}

/// Deletes one account. Gives whether this call deleted it. Of several instances that meet in one account, the first
/// deletes it.
async fn delete(pool: &Pool, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let mut batch = Batch::of("SET XACT_ABORT ON", values![]);
    batch.add("SET NOCOUNT ON", values![]);
    batch.add("BEGIN TRANSACTION", values![]);
    // Few are admins, and nothing finds rows by who acted.
    batch.add(
        "IF EXISTS (SELECT 1 FROM dbo.users WHERE id = ? AND role = N'admin')
             UPDATE dbo.audit_log SET address = NULL WHERE actor_id = ?",
        values![id, id],
    );
    organizations::before_deletion(&mut batch, id, now);
    batch.add("DELETE FROM dbo.users WHERE id = ? AND closing_at <= ?", values![id, now]);
    batch.add(OR_STALE, values![]);
    streams::forget(&mut batch, id);
    organizations::after_deletion(&mut batch);
    batch.add("INSERT INTO dbo.funnel_gone (user_id) VALUES (?)", values![id]);
    batch.add(
        "UPDATE dbo.audit_log SET user_id = ?, subject = NULL, reason = NULL, address = NULL WHERE user_id = ?",
        values![AuditEntry::NOBODY, id],
    );
    batch.add("COMMIT TRANSACTION", values![]);
    batch.add("SELECT CAST(1 AS BIT) AS committed", values![]);
    match pool.run(&Arc::new(batch), super::retry::CALL_LIMIT / 4).await {
        Err(Failure::Transient(_)) => Ok(false),
        answer => {
            let rows = answer.map_err(|failure| failure.of_change("delete a closed account"))?;
            Ok(row::outcome(&rows)? == Outcome::Committed)
        }
    }
}

/// Reads a person's records; see [`crate::store::Identities::personal_records`].
pub(super) async fn records(pool: &Pool, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError> {
    let sessions = Batch::of(
        "SELECT id, created_at, last_used_at, revoked_at FROM dbo.sessions WHERE user_id = ?
         ORDER BY created_at DESC",
        values![user_id],
    );
    let audit = Batch::of(
        "SELECT TOP (CAST(? AS BIGINT)) at, action, subject, address FROM dbo.audit_log WHERE user_id = ?
         ORDER BY id DESC",
        values![i64::from(limit), user_id],
    );
    let sessions = read::rows(pool, "read sessions", sessions).await?;
    let audit = read::rows(pool, "read the audit log", audit).await?;
    Ok(PersonalRecords {
        sessions: sessions.iter().map(session).collect::<Result<_, _>>()?,
        audit: audit.iter().map(audited).collect::<Result<_, _>>()?,
    })
}

fn session(row: &Row) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        id: row::required(row, "id")?,
        created_at: row::moment(row, "created_at")?,
        last_used_at: row::moment(row, "last_used_at")?,
        revoked_at: row::optional_moment(row, "revoked_at")?,
    })
}

fn audited(row: &Row) -> Result<AuditRecord, StoreError> {
    let text = |column| row::optional::<&str>(row, column).map(|text| text.map(str::to_owned));
    let action: &str = row::required(row, "action")?;
    Ok(AuditRecord {
        at: row::moment(row, "at")?,
        action: action.to_owned(),
        subject: text("subject")?,
        address: text("address")?,
    })
}
