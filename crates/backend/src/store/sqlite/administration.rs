//! Changes of accounts by somebody else, as SQL. SQLite has one writer at a time, so facts that were read stay true
//! until the commit.

use rusqlite::{Connection, Error, OptionalExtension as _, Params, params};
use uuid::Uuid;

use super::directory::OTHER_ADMIN;
use super::read::millis;
use super::{codes, factors, guesses, remembered};
use crate::domain::Timestamp;
use crate::store::{AccountChange, Actor, Administration, Outcome};

/// A query for an account that can act as an admin.
const ACTIVE_ADMIN: &str = "SELECT 1 FROM users WHERE id = ? AND role = 'admin' AND suspended_at IS NULL";

/// Does the change, or nothing where it is not allowed.
pub(super) fn apply(
    connection: &Connection,
    Administration { user_id, by, change }: &Administration,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let id = user_id.to_string();
    if let Actor::Admin(admin) = by
        && !exists(connection, ACTIVE_ADMIN, [admin.to_string()])?
    {
        return Ok(Outcome::Stale);
    }
    if change.takes_admin_away()
        && exists(connection, ACTIVE_ADMIN, [&id])?
        && !exists(connection, OTHER_ADMIN, [&id])?
    {
        return Ok(Outcome::Stale);
    }
    if !change_account(connection, *user_id, change, at)? {
        return Ok(Outcome::Stale);
    }
    if change.ends_sessions() {
        remembered::forget(connection, *user_id)?;
        connection
            .prepare_cached("UPDATE sessions SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL")?
            .execute(params![id, millis(at)])?;
    }
    if change.ends_codes() {
        codes::supersede_takeovers(connection, *user_id, at)?;
    }
    Ok(Outcome::Committed)
}

/// Changes the account. False where there is no such account.
fn change_account(
    connection: &Connection,
    user_id: Uuid,
    change: &AccountChange,
    at: Timestamp,
) -> Result<bool, Error> {
    let (id, at) = (user_id.to_string(), millis(at));
    let update = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
        Ok::<_, Error>(connection.prepare_cached(sql)?.execute(params)? == 1)
    };
    match change {
        AccountChange::Suspend => update(
            "UPDATE users SET suspended_at = COALESCE(suspended_at, ?2), updated_at = ?2 WHERE id = ?1",
            params![id, at],
        ),
        AccountChange::Restore => {
            update("UPDATE users SET suspended_at = NULL, updated_at = ?2 WHERE id = ?1", params![id, at])
        }
        AccountChange::EndSessions => exists(connection, "SELECT 1 FROM users WHERE id = ?", [id]),
        AccountChange::IssueReset(code) => {
            let known = codes::is_as_read(connection, code, None)?;
            if known {
                codes::add(connection, code)?;
            }
            Ok(known)
        }
        AccountChange::ForgiveGuesses(keys) => {
            keys.iter().try_for_each(|key| guesses::forgive(connection, *key))?;
            exists(connection, "SELECT 1 FROM users WHERE id = ?", [id])
        }
        AccountChange::RemoveSecondFactors => {
            factors::remove_all(connection, user_id)?;
            exists(connection, "SELECT 1 FROM users WHERE id = ?", [id])
        }
        AccountChange::SetRole(role) => {
            let set = "UPDATE users SET role = ?3, updated_at = ?2 WHERE id = ?1";
            update(set, params![id, at, role.as_str()])
        }
        AccountChange::SetPassword(hash) => {
            let set = "UPDATE users SET password_hash = ?3, updated_at = ?2 WHERE id = ?1";
            update(set, params![id, at, hash.as_phc()])
        }
    }
}

fn exists(connection: &Connection, sql: &str, params: impl Params) -> Result<bool, Error> {
    Ok(connection.prepare_cached(sql)?.query_row(params, |_| Ok(())).optional()?.is_some())
}
