//! One-time codes as SQL.

use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::read::{all, millis, moment, one, parse};
use super::rows::changed;
use crate::domain::one_time_code::{CodePurpose, CodeState, MAX_ATTEMPTS, MAX_RESENDS, NewCode};
use crate::domain::{PasswordHash, Timestamp};
use crate::store::{CodeUse, Outcome, StoreError};

/// See [`IdentityChange::IssueCode`](crate::store::IdentityChange::IssueCode).
pub(super) fn issue(
    connection: &Connection,
    code: &NewCode,
    seen: Option<&PasswordHash>,
    (quiet_since, window_since): (Timestamp, Timestamp),
) -> Result<Outcome, Error> {
    let (user_id, purpose) = (code.user_id.to_string(), code.purpose.as_str());
    if !is_as_read(connection, code, seen)? {
        return Ok(Outcome::Stale);
    }
    let recent = "SELECT count(*), COALESCE(MAX(created_at), ?4) FROM one_time_codes
                  WHERE user_id = ?1 AND purpose = ?2 AND created_at > ?3";
    let long_ago = i64::MIN;
    let (count, newest): (i64, i64) = connection
        .prepare_cached(recent)?
        .query_row(params![user_id, purpose, millis(window_since), long_ago], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if count >= MAX_RESENDS || newest > millis(quiet_since) {
        return Ok(Outcome::Throttled);
    }
    add(connection, code)?;
    Ok(Outcome::Committed)
}

/// Whether the account still is as the code needs it.
pub(super) fn is_as_read(
    connection: &Connection,
    code: &NewCode,
    seen: Option<&PasswordHash>,
) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1 AND email_key = COALESCE(?2, email_key)
                   AND password_hash = COALESCE(?3, password_hash))";
    let own_address = code.purpose.is_for_own_address().then(|| code.email.key());
    let account = params![code.user_id.to_string(), own_address, seen.map(PasswordHash::as_phc)];
    connection.prepare_cached(sql)?.query_row(account, |row| row.get(0))
}

/// Stores the code, which supersedes the earlier ones.
pub(super) fn add(connection: &Connection, code: &NewCode) -> Result<(), Error> {
    supersede(connection, code.user_id, code.purpose, code.created_at)?;
    connection
        .prepare_cached(
            "INSERT INTO one_time_codes
                (id, user_id, purpose, email, kid, code_hash, token_hash, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            code.id.to_string(),
            code.user_id.to_string(),
            code.purpose.as_str(),
            code.email.as_str(),
            code.kid,
            code.code_hash,
            code.token_hash,
            millis(code.created_at),
            millis(code.expires_at),
        ])?;
    Ok(())
}

/// Ends the unused codes for `purpose`.
pub(super) fn supersede(
    connection: &Connection,
    user_id: Uuid,
    purpose: CodePurpose,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE one_time_codes SET superseded_at = ?3
               WHERE user_id = ?1 AND purpose = ?2 AND used_at IS NULL AND superseded_at IS NULL";
    changed(connection, sql, params![user_id.to_string(), purpose.as_str(), millis(at)]).map(drop)
}

/// Ends the unused codes by which somebody else could take the account over.
pub(super) fn supersede_takeovers(
    connection: &Connection,
    user_id: Uuid,
    at: Timestamp,
) -> Result<(), Error> {
    for purpose in CodePurpose::TAKEOVERS {
        supersede(connection, user_id, purpose, at)?;
    }
    Ok(())
}

/// Ends all unused codes.
pub(super) fn supersede_all(connection: &Connection, user_id: Uuid, at: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE one_time_codes SET superseded_at = ?2
               WHERE user_id = ?1 AND used_at IS NULL AND superseded_at IS NULL";
    changed(connection, sql, params![user_id.to_string(), millis(at)]).map(drop)
}

/// Uses a code. Gives whether the code could be used.
pub(super) fn use_one(connection: &Connection, code: CodeUse, at: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE one_time_codes SET used_at = ?2
               WHERE id = ?1 AND used_at IS NULL AND superseded_at IS NULL AND expires_at > ?2 AND attempts < ?3";
    let attempts = if code.by_digits { MAX_ATTEMPTS } else { i64::MAX };
    changed(connection, sql, params![code.id.to_string(), millis(at), attempts])
}

/// The columns of a code, in the order of [`CodeRow::read`].
macro_rules! code_columns {
    () => {
        "id, user_id, purpose, email, kid, code_hash, created_at, expires_at, attempts, used_at, superseded_at"
    };
}

struct CodeRow {
    texts: [String; 5],
    code_hash: Option<[u8; 32]>,
    times: [i64; 2],
    attempts: i64,
    used_at: Option<i64>,
    superseded_at: Option<i64>,
}

impl CodeRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            texts: [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?],
            code_hash: row.get(5)?,
            times: [row.get(6)?, row.get(7)?],
            attempts: row.get(8)?,
            used_at: row.get(9)?,
            superseded_at: row.get(10)?,
        })
    }

    fn into_state(self) -> Result<CodeState, StoreError> {
        let ([id, user_id, purpose, email, kid], [created_at, expires_at]) = (self.texts, self.times);
        Ok(CodeState {
            id: parse("code id", &id)?,
            user_id: parse("user id", &user_id)?,
            purpose: parse("purpose", &purpose)?,
            email: parse("e-mail address", &email)?,
            kid,
            code_hash: self.code_hash,
            created_at: moment(created_at)?,
            expires_at: moment(expires_at)?,
            attempts: self.attempts,
            used_at: self.used_at.map(moment).transpose()?,
            superseded_at: self.superseded_at.map(moment).transpose()?,
        })
    }
}

/// See [`crate::store::Identities::code`].
pub(super) fn by_token(
    connection: &Connection,
    token_hash: [u8; 32],
) -> Result<Option<CodeState>, StoreError> {
    let sql = concat!("SELECT ", code_columns!(), " FROM one_time_codes WHERE token_hash = ?");
    let row = one(connection, "read a code", sql, [token_hash], CodeRow::read)?;
    row.map(CodeRow::into_state).transpose()
}

/// See [`crate::store::Identities::codes`].
pub(super) fn of_user(
    connection: &Connection,
    user_id: Uuid,
    since: Timestamp,
) -> Result<Vec<CodeState>, StoreError> {
    let sql = concat!(
        "SELECT ",
        code_columns!(),
        " FROM one_time_codes WHERE user_id = ? AND created_at > ? ORDER BY created_at DESC LIMIT 100"
    );
    let rows =
        all(connection, "read codes", sql, params![user_id.to_string(), millis(since)], CodeRow::read)?;
    rows.into_iter().map(CodeRow::into_state).collect()
}
