//! Deletes expired rows. Every statement finds its rows by an index on their time.

use std::sync::Arc;

use super::batch::{Batch, Value, values};
use super::failure::Failure;
use super::pool::Pool;
use super::{organizations, outbox, row};
use crate::domain::Timestamp;
use crate::domain::{one_time_code, organization};
use crate::store::StoreError;

/// The largest number of rows of one statement, which is a transaction of its own, so that nobody waits long. SQL
/// Server turns 5000 row locks into a lock of the table.
const MAX_ROWS: u32 = 1000;

const RECORDS: &str = "DELETE FROM dbo.idempotency_records WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.idempotency_records WHERE expires_at <= ? ORDER BY expires_at)";
const STEP_VERSIONS: &str = "DELETE FROM dbo.onboarding_step_versions WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.onboarding_step_versions WHERE expires_at <= ? ORDER BY expires_at)";
const TOKENS: &str = "DELETE FROM dbo.refresh_tokens WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.refresh_tokens WHERE expires_at <= ? ORDER BY expires_at)";
/// Gives sessions of earlier versions an expiry.
const UNDATED_SESSIONS: &str = "UPDATE dbo.sessions SET expires_at =
    COALESCE((SELECT MAX(t.expires_at) FROM dbo.refresh_tokens t WHERE t.session_id = dbo.sessions.id), CAST(? AS DATETIME2(3)))
    WHERE seq IN (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.sessions WHERE expires_at IS NULL)";
/// Deletes expired sessions. An instance of an earlier version may have given a session a later token.
const SESSIONS: &str = "DELETE FROM dbo.sessions WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) s.seq FROM dbo.sessions s WHERE s.expires_at <= ?
     AND NOT EXISTS (SELECT 1 FROM dbo.refresh_tokens t WHERE t.session_id = s.id) ORDER BY s.expires_at)";
const CODES: &str = "DELETE FROM dbo.one_time_codes WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.one_time_codes WHERE expires_at <= ? ORDER BY expires_at)";
const OIDC_FLOWS: &str = "DELETE FROM dbo.oidc_flows WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.oidc_flows WHERE expires_at <= ? ORDER BY expires_at)";
const CHALLENGES: &str = "DELETE FROM dbo.passkey_challenges WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.passkey_challenges WHERE expires_at <= ? ORDER BY expires_at)";
const GUESSES: &str = "DELETE FROM dbo.guesses WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.guesses WHERE owed_until <= ? ORDER BY owed_until)";
const REMEMBERED: &str = "DELETE FROM dbo.remembered_devices WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.remembered_devices WHERE expires_at <= ? ORDER BY expires_at)";
const AUDIT: &str = "DELETE FROM dbo.audit_log WHERE id IN
    (SELECT TOP (CAST(? AS BIGINT)) id FROM dbo.audit_log WHERE at < ? ORDER BY at)";

/// Fills in the search keys of names that earlier versions have stored.
const NAME_KEYS: &str = "UPDATE dbo.users SET name_key = LOWER(full_name) WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.users WHERE name_key IS NULL)";

/// Deletes at most `limit` rows of each kind. Gives the number of deleted rows.
pub(super) async fn expired(pool: &Pool, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let rows = i64::from(limit.min(MAX_ROWS));
    let mut changed = run(pool, RECORDS, values![rows, now]).await?;
    changed += run(pool, STEP_VERSIONS, values![rows, now]).await?;
    changed += run(pool, TOKENS, values![rows, now]).await?;
    changed += run(pool, UNDATED_SESSIONS, values![now, rows]).await?;
    changed += run(pool, SESSIONS, values![rows, now]).await?;
    changed += run(pool, CODES, values![rows, now - one_time_code::KEPT_FOR]).await?;
    changed += run(pool, OIDC_FLOWS, values![rows, now - one_time_code::KEPT_FOR]).await?;
    changed += run(pool, CHALLENGES, values![rows, now - one_time_code::KEPT_FOR]).await?;
    changed += run(pool, NAME_KEYS, values![rows]).await?;
    changed += run(pool, outbox::PURGE, values![rows, now]).await?;
    changed += run(pool, GUESSES, values![rows, now]).await?;
    let (long_past, window) = (now - organization::KEPT_AFTER, now - organization::QUOTA_WINDOW);
    changed += run(pool, organizations::PURGE_INVITATIONS, values![rows, long_past]).await?;
    changed += run(pool, organizations::PURGE_QUOTAS, values![rows, window]).await?;
    changed += run(pool, REMEMBERED, values![rows, now]).await?;
    Ok(changed)
}

/// Deletes at most `limit` audit rows from before `before`. Gives the number of deleted rows.
pub(super) async fn audit(pool: &Pool, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    run(pool, AUDIT, values![i64::from(limit.min(MAX_ROWS)), before]).await
}

/// Runs a statement. Of several instances that meet in the same rows, one goes on and the others leave the rows to
/// it.
async fn run(pool: &Pool, statement: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    let mut batch = Batch::of(statement, values);
    batch.add("SELECT CAST(@@ROWCOUNT AS BIGINT) AS changed", vec![]);
    let answer = pool.run(&Arc::new(batch), super::retry::CALL_LIMIT / 4).await;
    let rows = match answer {
        Err(Failure::Transient(_)) => return Ok(0),
        answer => answer.map_err(|failure| failure.of_change("purge"))?,
    };
    let changed = rows.first().map_or(Ok(0), |row| row::required::<i64>(row, "changed"))?;
    Ok(changed.unsigned_abs())
}
