//! Queries about kept answers: the number of an asker's records, and steps as they were in earlier versions.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::connection::store_error;
use super::read::{kept_answer, millis, onboarding_of};
use crate::domain::Timestamp;
use crate::domain::onboarding::{Onboarding, StepKey};
use crate::store::{Asker, KEPT_FOR, LookUp, MAX_COUNTED, MAX_STEP_VERSIONS, Scope, StoreError};

const LIVE: &str = "SELECT count(*) FROM
    (SELECT 1 FROM idempotency_records WHERE asker = ?1 AND expires_at > ?2 LIMIT ?3)";

/// The steps in a version: the current ones that are not newer, and the kept earlier ones of the others.
const AT_VERSION: &str = "SELECT ?2, o.completed_at, o.template, o.template_version, o.progress_floor,
        s.step, s.status, s.data, s.completed_at, s.set_aside, COALESCE(o.activated_at, o.completed_at)
    FROM onboarding o JOIN (
        SELECT user_id, step, status, data, completed_at, set_aside FROM onboarding_steps
        WHERE user_id = ?1 AND COALESCE(version, 0) <= ?2
        UNION ALL
        SELECT h.user_id, h.step, h.status, h.data, h.completed_at, NULL FROM onboarding_step_versions h
        WHERE h.user_id = ?1 AND h.version <= ?2
        AND EXISTS (SELECT 1 FROM onboarding_steps c
                    WHERE c.user_id = h.user_id AND c.step = h.step AND COALESCE(c.version, 0) > ?2)
        AND NOT EXISTS (SELECT 1 FROM onboarding_step_versions n
                        WHERE n.user_id = h.user_id AND n.step = h.step AND n.version > h.version AND n.version <= ?2)
    ) s ON s.user_id = o.user_id
    WHERE o.user_id = ?1 AND o.version >= ?2";

const KEEP_VERSION: &str = "INSERT INTO onboarding_step_versions
    (user_id, step, version, status, data, completed_at, expires_at)
    SELECT user_id, step, version, status, data, completed_at, ?3 FROM onboarding_steps
    WHERE user_id = ?1 AND step = ?2 AND version IS NOT NULL
    AND (SELECT count(*) FROM onboarding_step_versions WHERE user_id = ?1) < ?4";

pub(super) fn look_up(
    connection: &Connection,
    scope: &Scope,
    asker: &Asker,
    now: Timestamp,
) -> Result<LookUp, StoreError> {
    let live = connection
        .prepare_cached(LIVE)
        .and_then(|mut query| query.query_row(params![asker, millis(now), MAX_COUNTED], |row| row.get(0)));
    let live = live.map_err(|error| store_error("count idempotency records", error))?;
    Ok(LookUp { kept: kept_answer(connection, scope, now)?, live })
}

pub(super) fn onboarding_at(
    connection: &Connection,
    user_id: Uuid,
    version: i64,
) -> Result<Option<Onboarding>, StoreError> {
    onboarding_of(connection, AT_VERSION, params![user_id.to_string(), version])
}

/// Keeps the present state of `step` before it changes.
pub(super) fn keep_version(
    connection: &Connection,
    user_id: Uuid,
    step: &StepKey,
    at: Timestamp,
) -> Result<(), Error> {
    connection.prepare_cached(KEEP_VERSION)?.execute(params![
        user_id.to_string(),
        step.as_str(),
        millis(at + KEPT_FOR),
        MAX_STEP_VERSIONS
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_a_whole_table() {
        let database = Migrated::new();
        for statement in [LIVE, AT_VERSION, KEEP_VERSION] {
            let steps = database.plan(statement);
            // The steps that were found, and what was counted, are read in whole, and nothing else.
            let found = |step: &String| step.starts_with("SCAN s") || step.starts_with("SCAN (");
            let scan = steps.iter().find(|step| step.starts_with("SCAN") && !found(step));
            assert!(!steps.is_empty() && scan.is_none(), "{statement}: {steps:?}");
        }
    }
}
