//! The changes of a log-in.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::read::millis;
use super::rows::changed;
use super::{guesses, remembered, sessions};
use crate::domain::{PasswordHash, Timestamp};
use crate::store::{LogIn, Outcome, SeenAccount};

/// The query for an account as it was read. A change that ends sessions is committed before this writer or after it.
const SEEN: &str =
    "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1 AND suspended_at IS NULL AND closing_at IS ?2
    AND password_hash = COALESCE(?3, password_hash))";

pub(super) fn apply(connection: &Connection, log_in: &LogIn, at: Timestamp) -> Result<Outcome, Error> {
    if !is_as_seen(connection, log_in.session.user_id, &log_in.seen, log_in.rehash.as_ref(), at)? {
        return Ok(Outcome::Stale);
    }
    if let Some(key) = log_in.forgiven {
        guesses::forgive(connection, key)?;
    }
    if let Some(device) = log_in.remembered
        && !remembered::use_it(connection, &log_in.session, device, at)?
    {
        return Ok(Outcome::Stale);
    }
    sessions::start(connection, &log_in.session, at)
}

/// Whether the account is as it was read. Sets the hash `rehash`, where there is one.
pub(super) fn is_as_seen(
    connection: &Connection,
    user_id: Uuid,
    seen: &SeenAccount,
    rehash: Option<&PasswordHash>,
    at: Timestamp,
) -> Result<bool, Error> {
    let (user_id, hash) = (user_id.to_string(), seen.password_hash.as_ref().map(PasswordHash::as_phc));
    let account = params![user_id, seen.closing_at.map(millis), hash];
    if !connection.prepare_cached(SEEN)?.query_row(account, |row| row.get(0))? {
        return Ok(false);
    }
    if let Some(new) = rehash {
        let sql = "UPDATE users SET password_hash = ?2, updated_at = ?3 WHERE id = ?1";
        changed(connection, sql, params![user_id, new.as_phc(), millis(at)])?;
    }
    Ok(true)
}
