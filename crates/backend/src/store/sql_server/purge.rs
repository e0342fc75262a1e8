//! Deleting what is out of date.

use std::sync::Arc;

use super::batch::{Batch, Value, values};
use super::failure::Failure;
use super::pool::Pool;
use super::row;
use crate::domain::Timestamp;
use crate::store::StoreError;

/// Few rows for each statement, each a transaction of its own, so that nobody waits long. Under
/// 5000 row locks, SQL Server would not turn them into a lock of the table.
const MAX_ROWS: u32 = 1000;

/// Deletes at most `limit` rows of each kind; gives how many there were.
pub(super) async fn purge(pool: &Pool, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let rows = i64::from(limit.min(MAX_ROWS));
    let records = "DELETE FROM dbo.idempotency_records WHERE seq IN
        (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.idempotency_records WHERE expires_at <= ? ORDER BY expires_at)";
    let tokens = "DELETE FROM dbo.refresh_tokens WHERE seq IN
        (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.refresh_tokens WHERE expires_at <= ? ORDER BY expires_at)";
    let sessions = "DELETE FROM dbo.sessions WHERE seq IN
        (SELECT TOP (CAST(? AS BIGINT)) s.seq FROM dbo.sessions s
         WHERE NOT EXISTS (SELECT 1 FROM dbo.refresh_tokens t WHERE t.session_id = s.id) ORDER BY s.seq)";
    let mut deleted = delete(pool, records, values![rows, now]).await?;
    deleted += delete(pool, tokens, values![rows, now]).await?;
    deleted += delete(pool, sessions, values![rows]).await?;
    Ok(deleted)
}

/// Where instances meet in the same rows, one goes on and the others leave it to that one.
async fn delete(pool: &Pool, statement: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    let mut batch = Batch::of(statement, values);
    batch.add("SELECT CAST(@@ROWCOUNT AS BIGINT) AS deleted", vec![]);
    let answer = pool.run(&Arc::new(batch), super::retry::CALL_LIMIT / 3).await;
    let rows = match answer {
        Err(Failure::Transient(_)) => return Ok(0),
        answer => answer.map_err(|failure| failure.of_change("purge"))?,
    };
    let deleted = rows.first().map_or(Ok(0), |row| row::required::<i64>(row, "deleted"))?;
    Ok(deleted.unsigned_abs())
}
