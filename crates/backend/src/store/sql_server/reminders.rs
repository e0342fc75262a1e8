//! Reminders as SQL.

use async_trait::async_trait;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::read::user_columns;
use super::stale::OR_STALE;
use super::{SqlServerStore, read, row};
use crate::domain::mail::REFUSED;
use crate::domain::onboarding::{LifeFacts, ReminderWindow};
use crate::domain::{Timestamp, User};
use crate::store::StoreError;
use crate::store::reminders::{DueReminder, Reminder, Reminders};

/// The people with a due reminder who have had the number of reminders in `{reminded}`.
const DUE: &str = concat!(
    "SELECT TOP (CAST(? AS BIGINT)) ",
    user_columns!(),
    ", o.updated_at AS onboarding_updated_at
     FROM dbo.onboarding o JOIN dbo.users u ON u.id = o.user_id
     WHERE o.completed_at IS NULL AND {reminded} AND o.updated_at > ? AND o.updated_at <= ?
     AND o.activated_at IS NULL AND u.suspended_at IS NULL AND u.closing_at IS NULL AND u.reminders_off_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM dbo.outbox m WHERE m.user_id = u.id AND m.dead_at IS NOT NULL
                     AND m.last_error LIKE ?)
     ORDER BY o.updated_at"
);

const PERSON: &str = concat!(
    "SELECT ",
    user_columns!(),
    ", o.version, o.updated_at AS onboarding_updated_at, COALESCE(o.activated_at, o.completed_at) AS activated_at,
       o.completed_at
     FROM dbo.users u JOIN dbo.onboarding o ON o.user_id = u.id WHERE u.id = ?"
);

/// Opens a completed onboarding again.
pub(super) fn reopen(batch: &mut Batch, user_id: Uuid, expected_version: i64, at: Timestamp) {
    batch.add(
        "UPDATE dbo.onboarding SET version = version + 1, updated_at = ?,
             activated_at = COALESCE(activated_at, completed_at), completed_at = NULL
         WHERE user_id = ? AND version = ? AND completed_at IS NOT NULL",
        values![at, user_id, expected_version],
    );
    batch.add(OR_STALE, values![]);
}

/// Records a reminder, where it is still due.
pub(super) fn remind(batch: &mut Batch, reminder: &Reminder, at: Timestamp) {
    let Reminder { user_id, email_key, number, changed_at } = reminder;
    let number = i64::from(*number);
    batch.add(
        "UPDATE dbo.onboarding SET reminded = ?, reminded_at = ?
         WHERE user_id = ? AND completed_at IS NULL AND activated_at IS NULL AND updated_at = ?
         AND COALESCE(reminded, 0) < ?
         AND EXISTS (SELECT 1 FROM dbo.users u WHERE u.id = ? AND u.email_key = ? AND u.suspended_at IS NULL
                     AND u.closing_at IS NULL AND u.reminders_off_at IS NULL)",
        values![number, at, *user_id, *changed_at, number, *user_id, email_key.as_str()],
    );
    batch.add(OR_STALE, values![]);
}

/// Sets the time when a person refused reminders.
pub(super) fn stop(batch: &mut Batch, user_id: Uuid, at: Timestamp) {
    batch.add(
        "UPDATE dbo.users SET reminders_off_at = ?, updated_at = ? WHERE id = ? AND reminders_off_at IS NULL",
        values![at, at, user_id],
    );
    batch.add(OR_STALE, values![]);
}

#[async_trait]
impl Reminders for SqlServerStore {
    async fn due_reminders(
        &self,
        window: ReminderWindow,
        limit: u32,
    ) -> Result<Vec<DueReminder>, StoreError> {
        let mut people = Vec::new();
        for reminded in 0..window.number {
            let left = i64::from(limit) - i64::try_from(people.len()).unwrap_or(i64::MAX);
            // Nobody has had a reminder of the number 0.
            let condition = if reminded == 0 {
                "o.reminded IS NULL".to_owned()
            } else {
                format!("o.reminded = {reminded}")
            };
            let refused = format!("{REFUSED}%");
            let values = values![left, window.changed_after, window.changed_until, refused];
            let batch = Batch::of(&DUE.replace("{reminded}", &condition), values);
            for row in &read::rows(&self.pool, "look for due reminders", batch).await? {
                let changed_at = row::moment(row, "onboarding_updated_at")?;
                people.push(DueReminder { user: row::user(row)?, changed_at });
            }
        }
        Ok(people)
    }

    async fn reminded_person(&self, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError> {
        let batch = Batch::of(PERSON, values![user_id]);
        let rows = read::rows(&self.pool, "read a person to be reminded", batch).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let facts = LifeFacts {
            version: row::required(row, "version")?,
            changed_at: row::moment(row, "onboarding_updated_at")?,
            activated_at: row::optional_moment(row, "activated_at")?,
            completed_at: row::optional_moment(row, "completed_at")?,
        };
        Ok(Some((row::user(row)?, facts)))
    }
}
