//! What a log-in changes.

use rusqlite::{Connection, Error, params};

use super::guesses;
use super::read::millis;
use super::sessions;
use crate::domain::Timestamp;
use crate::store::{LogIn, Outcome};

pub(super) fn apply(connection: &Connection, log_in: &LogIn, at: Timestamp) -> Result<Outcome, Error> {
    if let Some(rehash) = &log_in.rehash {
        connection
            .prepare_cached(
                "UPDATE users SET password_hash = ?3, updated_at = ?4 WHERE id = ?1 AND password_hash = ?2",
            )?
            .execute(params![
                log_in.session.user_id.to_string(),
                rehash.old.as_phc(),
                rehash.new.as_phc(),
                millis(at),
            ])?;
    }
    if let Some(key) = log_in.forgiven {
        guesses::forgive(connection, key)?;
    }
    sessions::start(connection, &log_in.session, at)
}
