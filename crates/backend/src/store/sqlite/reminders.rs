//! Reminders as SQL.

use async_trait::async_trait;
use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::SqliteStore;
use super::job::Job;
use super::read::{AFTER_USER, UserRow, all, millis, moment, one, user_columns};
use super::rows::changed;
use crate::domain::mail::REFUSED;
use crate::domain::onboarding::{LifeFacts, ReminderWindow};
use crate::domain::{Timestamp, User};
use crate::store::reminders::{DueReminder, Reminder, Reminders};
use crate::store::{Outcome, StoreError};

/// The people with a due reminder: one range of the index for each number of reminders below the window's.
const DUE: &str = concat!(
    "SELECT ",
    user_columns!(),
    ", o.updated_at FROM onboarding o CROSS JOIN users u ON u.id = o.user_id
     WHERE o.completed_at IS NULL AND o.reminded IS ?1 AND o.updated_at > ?2 AND o.updated_at <= ?3
     AND o.activated_at IS NULL AND u.suspended_at IS NULL AND u.closing_at IS NULL AND u.reminders_off_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM outbox m WHERE m.user_id = u.id AND m.dead_at IS NOT NULL
                     AND substr(m.last_error, 1, length(?4)) = ?4)
     ORDER BY o.updated_at LIMIT ?5"
);

const PERSON: &str = concat!(
    "SELECT ",
    user_columns!(),
    ", o.version, o.updated_at, COALESCE(o.activated_at, o.completed_at), o.completed_at
     FROM users u JOIN onboarding o ON o.user_id = u.id WHERE u.id = ?"
);

/// Opens a completed onboarding again.
pub(super) fn reopen(
    connection: &Connection,
    user_id: Uuid,
    expected_version: i64,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let sql = "UPDATE onboarding SET version = version + 1, updated_at = ?3,
               activated_at = COALESCE(activated_at, completed_at), completed_at = NULL
               WHERE user_id = ?1 AND version = ?2 AND completed_at IS NOT NULL";
    let found = changed(connection, sql, params![user_id.to_string(), expected_version, millis(at)])?;
    Ok(if found { Outcome::Committed } else { Outcome::Stale })
}

/// Records a reminder, where it is still due.
pub(super) fn remind(connection: &Connection, reminder: &Reminder, at: Timestamp) -> Result<Outcome, Error> {
    let sql = "UPDATE onboarding SET reminded = ?2, reminded_at = ?3
               WHERE user_id = ?1 AND completed_at IS NULL AND activated_at IS NULL AND updated_at = ?4
               AND COALESCE(reminded, 0) < ?2
               AND EXISTS (SELECT 1 FROM users u WHERE u.id = ?1 AND u.email_key = ?5 AND u.suspended_at IS NULL
                           AND u.closing_at IS NULL AND u.reminders_off_at IS NULL)";
    let Reminder { user_id, email_key, number, changed_at } = reminder;
    let values = params![user_id.to_string(), number, millis(at), millis(*changed_at), email_key];
    Ok(if changed(connection, sql, values)? { Outcome::Committed } else { Outcome::Stale })
}

/// Sets the time when a person refused reminders.
pub(super) fn stop(connection: &Connection, user_id: Uuid, at: Timestamp) -> Result<Outcome, Error> {
    let sql =
        "UPDATE users SET reminders_off_at = ?2, updated_at = ?2 WHERE id = ?1 AND reminders_off_at IS NULL";
    let found = changed(connection, sql, params![user_id.to_string(), millis(at)])?;
    Ok(if found { Outcome::Committed } else { Outcome::Stale })
}

fn due(connection: &Connection, window: ReminderWindow, limit: u32) -> Result<Vec<DueReminder>, StoreError> {
    let mut people = Vec::new();
    for reminded in 0..window.number {
        let left = limit.saturating_sub(u32::try_from(people.len()).unwrap_or(limit));
        // Nobody has had a reminder of the number 0.
        let reminded = (reminded > 0).then_some(reminded);
        let (after, until) = (millis(window.changed_after), millis(window.changed_until));
        let values = params![reminded, after, until, REFUSED, left];
        let read = |row: &Row<'_>| Ok((UserRow::read(row)?, row.get::<_, i64>(AFTER_USER)?));
        for (user, changed_at) in all(connection, "look for due reminders", DUE, values, read)? {
            people.push(DueReminder { user: user.into_user()?, changed_at: moment(changed_at)? });
        }
    }
    Ok(people)
}

fn person(connection: &Connection, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError> {
    type Times = (i64, i64, Option<i64>, Option<i64>);
    let found = one(connection, "read a person to be reminded", PERSON, [user_id.to_string()], |row| {
        let times: Times = (
            row.get(AFTER_USER)?,
            row.get(AFTER_USER + 1)?,
            row.get(AFTER_USER + 2)?,
            row.get(AFTER_USER + 3)?,
        );
        Ok((UserRow::read(row)?, times))
    })?;
    let Some((user, (version, changed_at, activated_at, completed_at))) = found else { return Ok(None) };
    let facts = LifeFacts {
        version,
        changed_at: moment(changed_at)?,
        activated_at: activated_at.map(moment).transpose()?,
        completed_at: completed_at.map(moment).transpose()?,
    };
    Ok(Some((user.into_user()?, facts)))
}

#[async_trait]
impl Reminders for SqliteStore {
    async fn due_reminders(
        &self,
        window: ReminderWindow,
        limit: u32,
    ) -> Result<Vec<DueReminder>, StoreError> {
        self.readers.submit(Job::new(move |connection| due(connection, window, limit))).await
    }

    async fn reminded_person(&self, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError> {
        self.readers.submit(Job::new(move |connection| person(connection, user_id))).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn whom_to_remind_is_found_by_an_index() {
        let database = Migrated::new();
        let steps = database.plan(DUE);
        assert!(
            steps[0].starts_with("SEARCH o USING") && steps[0].contains("ix_onboarding_reminded"),
            "{steps:?}"
        );
        assert!(steps.iter().any(|step| step.contains("ix_outbox_user_id")), "{steps:?}");
        let bad = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(!steps.iter().any(bad), "{steps:?}");
    }
}
