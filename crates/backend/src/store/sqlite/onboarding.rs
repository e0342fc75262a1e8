//! Changes of onboardings. Each change leads from the version that was read to the next, or does nothing.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::kept::keep_version;
use super::read::millis;
use crate::domain::Timestamp;
use crate::domain::onboarding::template::TemplateId;
use crate::domain::onboarding::{Onboarding, StepKey, StepRecord};
use crate::store::{Outcome, Reshape};

/// Makes the onboarding of a new account.
pub(super) fn begin(
    connection: &Connection,
    user_id: Uuid,
    template: &TemplateId,
    at: Timestamp,
) -> Result<(), Error> {
    let begun = Onboarding::begun(template.clone(), at);
    connection
        .prepare_cached(
            "INSERT INTO onboarding (user_id, version, created_at, updated_at, template, template_version)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        )?
        .execute(params![user_id.to_string(), begun.version, millis(at), template.key, template.version])?;
    for (step, record) in &begun.steps {
        upsert_step(connection, user_id, begun.version, (step, record), at)?;
    }
    Ok(())
}

/// Saves one step and its other changes. `version` has the id of the account and the version that was read.
pub(super) fn save_step(
    connection: &Connection,
    (user_id, expected_version): (Uuid, i64),
    (step, record): (&StepKey, &StepRecord),
    reshape: Option<&Reshape>,
    at: Timestamp,
) -> Result<Outcome, Error> {
    if !next_version(connection, user_id, expected_version, at)? {
        return Ok(Outcome::Stale);
    }
    keep_version(connection, user_id, step, at)?;
    upsert_step(connection, user_id, expected_version + 1, (step, record), at)?;
    if let Some(reshape) = reshape {
        apply(connection, user_id, expected_version + 1, reshape, at)?;
    }
    Ok(Outcome::Committed)
}

/// Makes the onboarding an instance of another template.
pub(super) fn reshape(
    connection: &Connection,
    user_id: Uuid,
    expected_version: i64,
    reshape: &Reshape,
    at: Timestamp,
) -> Result<Outcome, Error> {
    if !next_version(connection, user_id, expected_version, at)? {
        return Ok(Outcome::Stale);
    }
    apply(connection, user_id, expected_version + 1, reshape, at)?;
    Ok(Outcome::Committed)
}

/// Completes the onboarding, with its other changes.
pub(super) fn complete(
    connection: &Connection,
    user_id: Uuid,
    expected_version: i64,
    reshape: Option<&Reshape>,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE onboarding SET version = version + 1, completed_at = ?3, updated_at = ?3,
                activated_at = COALESCE(activated_at, ?3)
             WHERE user_id = ?1 AND version = ?2",
        )?
        .execute(params![user_id.to_string(), expected_version, millis(at)])?;
    if rows == 0 {
        return Ok(Outcome::Stale);
    }
    if let Some(reshape) = reshape {
        apply(connection, user_id, expected_version + 1, reshape, at)?;
    }
    Ok(Outcome::Committed)
}

fn next_version(
    connection: &Connection,
    user_id: Uuid,
    expected_version: i64,
    at: Timestamp,
) -> Result<bool, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE onboarding SET version = version + 1, updated_at = ?3 WHERE user_id = ?1 AND version = ?2",
        )?
        .execute(params![user_id.to_string(), expected_version, millis(at)])?;
    Ok(rows == 1)
}

fn upsert_step(
    connection: &Connection,
    user_id: Uuid,
    version: i64,
    (step, record): (&StepKey, &StepRecord),
    at: Timestamp,
) -> Result<(), Error> {
    let json = |object| serde_json::Value::Object(object).to_string();
    let data = json(record.data.clone());
    let set_aside = (!record.set_aside.is_empty()).then(|| json(record.set_aside.clone()));
    connection
        .prepare_cached(
            "INSERT INTO onboarding_steps (user_id, step, status, data, completed_at, updated_at, version, set_aside)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (user_id, step) DO UPDATE
             SET status = ?3, data = ?4, completed_at = ?5, updated_at = ?6, version = ?7, set_aside = ?8",
        )?
        .execute(params![
            user_id.to_string(),
            step.as_str(),
            record.status.as_str(),
            data,
            record.completed_at.map(millis),
            millis(at),
            version,
            set_aside,
        ])?;
    Ok(())
}

/// Does the other changes of an onboarding, whose version after the change is `version`.
fn apply(
    connection: &Connection,
    user_id: Uuid,
    version: i64,
    reshape: &Reshape,
    at: Timestamp,
) -> Result<(), Error> {
    let Reshape { template, progress_floor, saved, removed } = reshape;
    connection
        .prepare_cached(
            "UPDATE onboarding SET template = ?2, template_version = ?3, progress_floor = ?4 WHERE user_id = ?1",
        )?
        .execute(params![user_id.to_string(), template.key, template.version, progress_floor])?;
    for step in removed {
        keep_version(connection, user_id, step, at)?;
        connection
            .prepare_cached("DELETE FROM onboarding_steps WHERE user_id = ?1 AND step = ?2")?
            .execute(params![user_id.to_string(), step.as_str()])?;
    }
    for (step, record) in saved {
        keep_version(connection, user_id, step, at)?;
        upsert_step(connection, user_id, version, (step, record), at)?;
    }
    Ok(())
}
