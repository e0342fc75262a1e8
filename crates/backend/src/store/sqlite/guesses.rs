//! Debts of wrong guesses, as SQL.

use rusqlite::{Connection, Error, params};

use super::read::{millis, moment, one};
use crate::domain::Timestamp;
use crate::domain::guessing::{Debt, GuessKey, Limit};
use crate::store::{Outcome, StoreError};

/// Counts one guess for each limit.
pub(super) fn count(connection: &Connection, limits: &[Limit], at: Timestamp) -> Result<Outcome, Error> {
    for Limit { key, policy } in limits {
        connection
            .prepare_cached(
                "INSERT INTO guesses (guess_key, owed_until, failed_at) VALUES (?1, ?3, ?2)
                 ON CONFLICT (guess_key) DO UPDATE
                 SET owed_until = min(max(owed_until, ?2) + (?3 - ?2), ?4), failed_at = max(failed_at, ?2)",
            )?
            .execute(params![
                key.0,
                millis(at),
                millis(at + policy.forgiven_after),
                millis(at + policy.most()),
            ])?;
    }
    Ok(Outcome::Committed)
}

pub(super) fn forgive(connection: &Connection, key: GuessKey) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM guesses WHERE guess_key = ?")?.execute([key.0])?;
    Ok(())
}

/// Takes back one guess for each limit. The guesses were counted in advance and proved right.
pub(super) fn refund(connection: &Connection, limits: &[Limit]) -> Result<(), Error> {
    for Limit { key, policy } in limits {
        let once = i64::try_from(policy.forgiven_after.as_millis()).unwrap_or(i64::MAX);
        connection
            .prepare_cached("UPDATE guesses SET owed_until = owed_until - ?2 WHERE guess_key = ?1")?
            .execute(params![key.0, once])?;
    }
    Ok(())
}

pub(super) fn debts(connection: &Connection, keys: &[GuessKey]) -> Result<Vec<(GuessKey, Debt)>, StoreError> {
    let debt = |key: &GuessKey| {
        let sql = "SELECT owed_until, failed_at FROM guesses WHERE guess_key = ?";
        let row = one(connection, "read wrong guesses", sql, [key.0], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        row.map(|(owed_until, failed_at)| {
            Ok((*key, Debt { owed_until: moment(owed_until)?, failed_at: moment(failed_at)? }))
        })
        .transpose()
    };
    keys.iter().filter_map(|key| debt(key).transpose()).collect()
}
