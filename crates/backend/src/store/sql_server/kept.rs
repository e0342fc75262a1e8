//! Queries about kept answers: the number of an asker's records, and steps as they were in earlier versions.

use uuid::Uuid;

use super::batch::{Batch, values};
use super::pool::Pool;
use super::read::rows;
use super::row;
use crate::domain::Timestamp;
use crate::domain::onboarding::{Onboarding, StepKey};
use crate::store::{Asker, KEPT_FOR, LookUp, MAX_COUNTED, MAX_STEP_VERSIONS, Scope, StoreError};

/// One row in any case, by one round trip: the number of records, and the record where there is one.
pub(super) async fn look_up(
    pool: &Pool,
    scope: Scope,
    asker: Asker,
    now: Timestamp,
) -> Result<LookUp, StoreError> {
    let question = format!(
        "SELECT n.live, r.kid, r.body_hash, r.answer
         FROM (SELECT CAST(COUNT(*) AS BIGINT) AS live FROM
                   (SELECT TOP ({MAX_COUNTED}) seq FROM dbo.idempotency_records WHERE asker = ? AND expires_at > ?) l) n
         LEFT JOIN dbo.idempotency_records r ON r.scope = ? AND r.expires_at > ?"
    );
    let rows =
        rows(pool, "look up a kept answer", Batch::of(&question, values![asker, now, scope, now])).await?;
    let Some(row) = rows.first() else { return Ok(LookUp::default()) };
    let kept = row::optional::<&str>(row, "kid")?.map(|_| row::kept_answer(row)).transpose()?;
    let live = u32::try_from(row::required::<i64>(row, "live")?).unwrap_or(MAX_COUNTED);
    Ok(LookUp { kept, live })
}

/// The steps in a version: the current ones that are not newer, and the kept earlier ones of the others.
pub(super) async fn onboarding_at(
    pool: &Pool,
    user_id: Uuid,
    version: i64,
) -> Result<Option<Onboarding>, StoreError> {
    let batch = Batch::of(
        "SELECT CAST(? AS BIGINT) AS version, o.completed_at AS onboarding_completed_at,
                COALESCE(o.activated_at, o.completed_at) AS activated_at,
                o.template, o.template_version, o.progress_floor,
                s.step, s.status, s.data, s.completed_at, s.set_aside
         FROM dbo.onboarding o
         JOIN (SELECT c.user_id, c.step, c.status, c.data, c.completed_at, c.set_aside FROM dbo.onboarding_steps c
               WHERE c.user_id = ? AND COALESCE(c.version, 0) <= ?
               UNION ALL
               SELECT h.user_id, h.step, h.status, h.data, h.completed_at, CAST(NULL AS NVARCHAR(MAX)) FROM dbo.onboarding_step_versions h
               WHERE h.user_id = ? AND h.version <= ?
               AND EXISTS (SELECT 1 FROM dbo.onboarding_steps c
                           WHERE c.user_id = h.user_id AND c.step = h.step AND COALESCE(c.version, 0) > ?)
               AND NOT EXISTS (SELECT 1 FROM dbo.onboarding_step_versions n
                               WHERE n.user_id = h.user_id AND n.step = h.step
                               AND n.version > h.version AND n.version <= ?)) s
           ON s.user_id = o.user_id
         WHERE o.user_id = ? AND o.version >= ?",
        values![version, user_id, version, user_id, version, version, version, user_id, version],
    );
    row::onboarding(&rows(pool, "read an earlier onboarding", batch).await?)
}

/// Keeps the present state of `step` before it changes.
pub(super) fn keep_version(batch: &mut Batch, user_id: Uuid, step: &StepKey, at: Timestamp) {
    batch.add(
        "INSERT INTO dbo.onboarding_step_versions (user_id, step, version, status, data, completed_at, expires_at)
         SELECT user_id, step, version, status, data, completed_at, ? FROM dbo.onboarding_steps
         WHERE user_id = ? AND step = ? AND version IS NOT NULL
         AND (SELECT COUNT(*) FROM dbo.onboarding_step_versions WHERE user_id = ?) < ?",
        values![at + KEPT_FOR, user_id, step.as_str(), user_id, i64::from(MAX_STEP_VERSIONS)],
    );
}
