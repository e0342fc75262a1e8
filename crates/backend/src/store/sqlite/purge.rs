//! Deletes expired rows. Every statement finds its rows by an index on their time.

use rusqlite::{Connection, Error, params};

use super::connection::store_error;
use super::read::millis;
use super::{organizations, outbox};
use crate::domain::Timestamp;
use crate::domain::{one_time_code, organization};
use crate::store::StoreError;

const RECORDS: &str = "DELETE FROM idempotency_records WHERE scope IN
    (SELECT scope FROM idempotency_records WHERE expires_at <= ?1 LIMIT ?2)";
const STEP_VERSIONS: &str = "DELETE FROM onboarding_step_versions WHERE seq IN
    (SELECT seq FROM onboarding_step_versions WHERE expires_at <= ?1 LIMIT ?2)";
const TOKENS: &str = "DELETE FROM refresh_tokens WHERE hash IN
    (SELECT hash FROM refresh_tokens WHERE expires_at <= ?1 LIMIT ?2)";
/// Gives sessions of earlier versions an expiry.
const UNDATED_SESSIONS: &str = "UPDATE sessions SET expires_at =
    COALESCE((SELECT MAX(t.expires_at) FROM refresh_tokens t WHERE t.session_id = sessions.id), ?1)
    WHERE id IN (SELECT id FROM sessions WHERE expires_at IS NULL LIMIT ?2)";
/// Deletes expired sessions. An instance of an earlier version may have given a session a later token.
const SESSIONS: &str = "DELETE FROM sessions WHERE id IN
    (SELECT s.id FROM sessions s WHERE s.expires_at <= ?1
     AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = s.id) LIMIT ?2)";
const CODES: &str = "DELETE FROM one_time_codes WHERE id IN
    (SELECT id FROM one_time_codes WHERE expires_at <= ?1 LIMIT ?2)";
const OIDC_FLOWS: &str = "DELETE FROM oidc_flows WHERE state_hash IN
    (SELECT state_hash FROM oidc_flows WHERE expires_at <= ?1 LIMIT ?2)";
const CHALLENGES: &str = "DELETE FROM passkey_challenges WHERE challenge_hash IN
    (SELECT challenge_hash FROM passkey_challenges WHERE expires_at <= ?1 LIMIT ?2)";
const GUESSES: &str =
    "DELETE FROM guesses WHERE guess_key IN (SELECT guess_key FROM guesses WHERE owed_until <= ?1 LIMIT ?2)";
const REMEMBERED: &str = "DELETE FROM remembered_devices WHERE (user_id, device_id) IN
    (SELECT user_id, device_id FROM remembered_devices WHERE expires_at <= ?1 LIMIT ?2)";
const AUDIT: &str = "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < ?1 LIMIT ?2)";

/// The names without a search key, which earlier versions have stored.
const UNKEYED_NAMES: &str = "SELECT id, full_name FROM users WHERE name_key IS NULL LIMIT ?1";
const NAME_KEY: &str = "UPDATE users SET name_key = ?2 WHERE id = ?1";

/// Deletes expired rows; see [`crate::store::Store::purge`].
pub(super) fn expired(connection: &Connection, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let statements =
        [RECORDS, STEP_VERSIONS, TOKENS, UNDATED_SESSIONS, SESSIONS, GUESSES, REMEMBERED, outbox::PURGE];
    let each = statements.iter().map(|statement| run(connection, statement, now, limit));
    let others = || -> Result<u64, Error> {
        let codes = run(connection, CODES, now - one_time_code::KEPT_FOR, limit)?;
        let flows = run(connection, OIDC_FLOWS, now - one_time_code::KEPT_FOR, limit)?;
        let challenges = run(connection, CHALLENGES, now - one_time_code::KEPT_FOR, limit)?;
        let (long_past, window) = (now - organization::KEPT_AFTER, now - organization::QUOTA_WINDOW);
        let invitations = run(connection, organizations::PURGE_INVITATIONS, long_past, limit)?;
        let quotas = run(connection, organizations::PURGE_QUOTAS, window, limit)?;
        Ok(codes + flows + challenges + invitations + quotas + key_names(connection, limit)?)
    };
    let purged = each.sum::<Result<u64, Error>>().and_then(|rows| Ok(rows + others()?));
    purged.map_err(|error: Error| store_error("purge", error))
}

fn key_names(connection: &Connection, limit: u32) -> Result<u64, Error> {
    let mut unkeyed = connection.prepare_cached(UNKEYED_NAMES)?;
    let rows = unkeyed.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    let mut update = connection.prepare_cached(NAME_KEY)?;
    for (id, name) in &rows {
        update.execute((id, name.to_lowercase()))?;
    }
    Ok(rows.len() as u64)
}

/// Deletes old audit rows; see [`crate::store::Store::purge_audit`].
pub(super) fn audit(connection: &Connection, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    run(connection, AUDIT, before, limit).map_err(|error| store_error("purge the audit log", error))
}

fn run(connection: &Connection, statement: &str, time: Timestamp, limit: u32) -> Result<u64, Error> {
    Ok(connection.prepare_cached(statement)?.execute(params![millis(time), limit])? as u64)
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_a_whole_table() {
        let database = Migrated::new();
        for (statement, index) in [
            (RECORDS, "ix_idempotency_records_expires_at"),
            (STEP_VERSIONS, "ix_onboarding_step_versions_expires_at"),
            (TOKENS, "ix_refresh_tokens_expires_at"),
            (UNDATED_SESSIONS, "ix_sessions_expires_at"),
            (SESSIONS, "ix_sessions_expires_at"),
            (CODES, "ix_one_time_codes_expires_at"),
            (OIDC_FLOWS, "ix_oidc_flows_expires_at"),
            (CHALLENGES, "ix_passkey_challenges_expires_at"),
            (GUESSES, "ix_guesses_owed_until"),
            (REMEMBERED, "ix_remembered_devices_expires_at"),
            (AUDIT, "ix_audit_log_at"),
            (UNKEYED_NAMES, "ix_users_name_key"),
        ] {
            let steps = database.plan(statement);
            assert!(steps.iter().any(|step| step.contains(index)), "{statement}: {steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{statement}: {steps:?}");
        }
    }
}
