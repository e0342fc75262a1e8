//! Fills in the canonical addresses of accounts that an earlier version has made.

use rusqlite::{Connection, Error, params};

use super::connection::store_error;
use super::read::millis;
use super::rows::changed;
use super::rows::is_unique_violation;
use crate::domain::{Email, Timestamp};
use crate::store::{Canonicalized, StoreError};

/// The accounts without a form that are not noted as collisions.
const MISSING: &str = "SELECT id, email FROM users WHERE email_canonical IS NULL
    AND NOT EXISTS (SELECT 1 FROM address_collisions c WHERE c.user_id = users.id) LIMIT ?";

/// The statement that deletes collisions whose other account is gone or has another address.
const RESOLVED: &str = "DELETE FROM address_collisions WHERE NOT EXISTS
    (SELECT 1 FROM users o WHERE o.email_canonical = address_collisions.email_canonical)
    OR EXISTS (SELECT 1 FROM users u WHERE u.id = address_collisions.user_id AND u.email_canonical IS NOT NULL)";

pub(super) fn fill(connection: &Connection, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError> {
    let failed = |error| store_error("fill in canonical addresses", error);
    let mut done = Canonicalized::default();
    changed(connection, RESOLVED, []).map_err(failed)?;
    for (id, email) in missing(connection, limit).map_err(failed)? {
        let canonical = Email::stored(email).canonical().to_owned();
        if set(connection, &id, &canonical).map_err(failed)? {
            done.filled += 1;
        } else {
            note_collision(connection, &id, &canonical, now).map_err(failed)?;
            done.collisions.extend(id.parse::<uuid::Uuid>());
        }
    }
    let unresolved = "SELECT count(*) FROM address_collisions";
    let count = |connection: &Connection| -> Result<i64, Error> {
        connection.prepare_cached(unresolved)?.query_row([], |row| row.get(0))
    };
    done.unresolved = count(connection).map_err(failed)?.unsigned_abs();
    Ok(done)
}

fn missing(connection: &Connection, limit: u32) -> Result<Vec<(String, String)>, Error> {
    let mut query = connection.prepare_cached(MISSING)?;
    query.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Sets the form of an account. False where another account has this form.
fn set(connection: &Connection, id: &str, canonical: &str) -> Result<bool, Error> {
    let updated = connection
        .prepare_cached("UPDATE users SET email_canonical = ?2 WHERE id = ?1 AND email_canonical IS NULL")?
        .execute([id, canonical]);
    match updated {
        Err(error) if is_unique_violation(&error, "users.email_canonical") => Ok(false),
        other => other.map(|_| true),
    }
}

fn note_collision(connection: &Connection, id: &str, canonical: &str, now: Timestamp) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO address_collisions (user_id, email_canonical, found_at) VALUES (?, ?, ?)
             ON CONFLICT (user_id) DO NOTHING",
        )?
        .execute(params![id, canonical, millis(now)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn what_is_missing_is_found_by_an_index() {
        let database = Migrated::new();
        let steps = database.plan(MISSING);
        assert!(steps.iter().any(|step| step.contains("uq_users_email_canonical")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
