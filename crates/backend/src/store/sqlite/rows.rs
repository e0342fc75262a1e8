//! The outcome of a statement: the rows that it has changed, and the constraints that it has met.

use rusqlite::{Connection, Error, ffi};

/// Runs a statement. Gives whether it has changed at least one row.
pub(super) fn changed(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<bool, Error> {
    Ok(connection.prepare_cached(sql)?.execute(params)? > 0)
}

/// Whether another account has the address.
pub(super) fn is_taken(error: &Error) -> bool {
    is_unique_violation(error, "users.email_key") || is_unique_violation(error, "users.email_canonical")
}

pub(super) fn is_unique_violation(error: &Error, column: &str) -> bool {
    let Error::SqliteFailure(code, Some(message)) = error else { return false };
    code.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE && message.ends_with(column)
}
