//! Changes of onboardings. Each change leads from the version that was read to the next, or ends the batch.

use uuid::Uuid;

use super::batch::{Batch, Value, values};
use super::kept::keep_version;
use super::stale::OR_STALE;
use crate::domain::Timestamp;
use crate::domain::onboarding::template::TemplateId;
use crate::domain::onboarding::{Onboarding, StepKey, StepRecord};
use crate::store::Reshape;

/// Makes the onboarding of a new account.
pub(super) fn begin(batch: &mut Batch, user_id: Uuid, template: &TemplateId, at: Timestamp) {
    let begun = Onboarding::begun(template.clone(), at);
    batch.add(
        "INSERT INTO dbo.onboarding (user_id, version, created_at, updated_at, template, template_version)
         VALUES (?, ?, ?, ?, ?, ?)",
        values![user_id, begun.version, at, at, template.key.as_str(), i64::from(template.version)],
    );
    for (step, record) in &begun.steps {
        insert_step(batch, "", user_id, begun.version, (step, record), at);
    }
}

/// Saves one step and its other changes. `version` has the id of the account and the version that was read.
pub(super) fn save_step(
    batch: &mut Batch,
    (user_id, expected_version): (Uuid, i64),
    (step, record): (&StepKey, &StepRecord),
    reshape: Option<&Reshape>,
    at: Timestamp,
) {
    next_version(batch, user_id, expected_version, at);
    keep_version(batch, user_id, step, at);
    put_step(batch, user_id, expected_version + 1, (step, record), at);
    if let Some(reshape) = reshape {
        add(batch, user_id, expected_version + 1, reshape, at);
    }
}

/// Makes the onboarding an instance of another template.
pub(super) fn reshape(
    batch: &mut Batch,
    user_id: Uuid,
    expected_version: i64,
    reshape: &Reshape,
    at: Timestamp,
) {
    next_version(batch, user_id, expected_version, at);
    add(batch, user_id, expected_version + 1, reshape, at);
}

/// Completes the onboarding, with its other changes.
pub(super) fn complete(
    batch: &mut Batch,
    user_id: Uuid,
    expected_version: i64,
    reshape: Option<&Reshape>,
    at: Timestamp,
) {
    batch.add(
        "UPDATE dbo.onboarding SET version = version + 1, updated_at = ?, completed_at = ?,
             activated_at = COALESCE(activated_at, CAST(? AS DATETIME2(3)))
         WHERE user_id = ? AND version = ?",
        values![at, at, at, user_id, expected_version],
    );
    batch.add(OR_STALE, values![]);
    if let Some(reshape) = reshape {
        add(batch, user_id, expected_version + 1, reshape, at);
    }
}

fn next_version(batch: &mut Batch, user_id: Uuid, expected_version: i64, at: Timestamp) {
    batch.add(
        "UPDATE dbo.onboarding SET version = version + 1, updated_at = ? WHERE user_id = ? AND version = ?",
        values![at, user_id, expected_version],
    );
    batch.add(OR_STALE, values![]);
}

/// Sets a step. The onboarding's row is locked by its guard, so nobody changes the step in between.
fn put_step(
    batch: &mut Batch,
    user_id: Uuid,
    version: i64,
    (step, record): (&StepKey, &StepRecord),
    at: Timestamp,
) {
    batch.add(
        "UPDATE dbo.onboarding_steps
         SET status = ?, data = ?, completed_at = ?, updated_at = ?, version = ?, set_aside = ?
         WHERE user_id = ? AND step = ?",
        values![
            record.status.as_str(),
            json(&record.data),
            record.completed_at,
            at,
            version,
            set_aside(record),
            user_id,
            step.as_str()
        ],
    );
    insert_step(batch, "IF @@ROWCOUNT = 0 ", user_id, version, (step, record), at);
}

fn insert_step(
    batch: &mut Batch,
    condition: &str,
    user_id: Uuid,
    version: i64,
    (step, record): (&StepKey, &StepRecord),
    at: Timestamp,
) {
    let insert =
        "INSERT INTO dbo.onboarding_steps (user_id, step, status, data, completed_at, updated_at, version, set_aside)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    batch.add(
        &format!("{condition}{insert}"),
        values![
            user_id,
            step.as_str(),
            record.status.as_str(),
            json(&record.data),
            record.completed_at,
            at,
            version,
            set_aside(record)
        ],
    );
}

fn json(object: &serde_json::Map<String, serde_json::Value>) -> Value {
    serde_json::Value::Object(object.clone()).to_string().into()
}

fn set_aside(record: &StepRecord) -> Value {
    if record.set_aside.is_empty() { Value::Null } else { json(&record.set_aside) }
}

/// Adds the other changes of an onboarding, whose version after the change is `version`.
fn add(batch: &mut Batch, user_id: Uuid, version: i64, reshape: &Reshape, at: Timestamp) {
    let Reshape { template, progress_floor, saved, removed } = reshape;
    batch.add(
        "UPDATE dbo.onboarding SET template = ?, template_version = ?, progress_floor = ? WHERE user_id = ?",
        values![template.key.as_str(), i64::from(template.version), progress_floor.map(i64::from), user_id],
    );
    for step in removed {
        keep_version(batch, user_id, step, at);
        batch.add(
            "DELETE FROM dbo.onboarding_steps WHERE user_id = ? AND step = ?",
            values![user_id, step.as_str()],
        );
    }
    for (step, record) in saved {
        keep_version(batch, user_id, step, at);
        put_step(batch, user_id, version, (step, record), at);
    }
}
