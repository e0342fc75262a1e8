//! One-time codes as SQL.

use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::pool::Pool;
use super::stale::OR_STALE;
use super::{read, row};
use crate::domain::one_time_code::{CodePurpose, CodeState, MAX_ATTEMPTS, MAX_RESENDS, NewCode};
use crate::domain::{PasswordHash, Timestamp};
use crate::store::{CodeUse, StoreError};

/// The end of a batch that finds too many codes.
const THROTTLED: &str =
    "BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed, N'throttled' AS refusal; RETURN; END";

/// Stores a code. The account's row is locked first, so that the second of two requests sees the code of the first.
pub(super) fn issue(
    batch: &mut Batch,
    code: &NewCode,
    seen: Option<&PasswordHash>,
    (quiet_since, window_since): (Timestamp, Timestamp),
) {
    lock_as_read(batch, code, seen);
    let (user_id, purpose) = (code.user_id, code.purpose.as_str());
    let check = "IF EXISTS (SELECT 1 FROM dbo.one_time_codes WHERE user_id = ? AND purpose = ? AND created_at > ?)
            OR (SELECT COUNT(*) FROM dbo.one_time_codes WHERE user_id = ? AND purpose = ? AND created_at > ?) >= ? ";
    batch.add(
        &format!("{check}{THROTTLED}"),
        values![user_id, purpose, quiet_since, user_id, purpose, window_since, MAX_RESENDS],
    );
    add(batch, code);
}

/// Locks the account's row, or ends the batch where the account is not what the code was made for.
pub(super) fn lock_as_read(batch: &mut Batch, code: &NewCode, seen: Option<&PasswordHash>) {
    let mut lock = String::from("UPDATE dbo.users SET updated_at = updated_at WHERE id = ?");
    let mut values = values![code.user_id];
    if code.purpose.is_for_own_address() {
        lock.push_str(" AND email_key = ?");
        values.push(code.email.key().into());
    }
    if let Some(hash) = seen {
        lock.push_str(" AND password_hash = ?");
        values.push(hash.as_phc().into());
    }
    batch.add(&lock, values);
    batch.add(OR_STALE, values![]);
}

/// Stores the code, which supersedes the earlier ones.
pub(super) fn add(batch: &mut Batch, code: &NewCode) {
    supersede(batch, code.user_id, code.purpose, code.created_at);
    batch.add(
        "INSERT INTO dbo.one_time_codes
             (id, user_id, purpose, email, kid, code_hash, token_hash, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values![
            code.id,
            code.user_id,
            code.purpose.as_str(),
            code.email.as_str(),
            code.kid.as_str(),
            code.code_hash,
            code.token_hash,
            code.created_at,
            code.expires_at,
        ],
    );
}

/// Ends the unused codes for `purpose`.
pub(super) fn supersede(batch: &mut Batch, user_id: Uuid, purpose: CodePurpose, at: Timestamp) {
    batch.add(
        "UPDATE dbo.one_time_codes SET superseded_at = ?
         WHERE user_id = ? AND purpose = ? AND used_at IS NULL AND superseded_at IS NULL",
        values![at, user_id, purpose.as_str()],
    );
}

/// Ends the unused codes by which somebody else could take the account over.
pub(super) fn supersede_takeovers(batch: &mut Batch, user_id: Uuid, at: Timestamp) {
    for purpose in CodePurpose::TAKEOVERS {
        supersede(batch, user_id, purpose, at);
    }
}

/// Ends all unused codes.
pub(super) fn supersede_all(batch: &mut Batch, user_id: Uuid, at: Timestamp) {
    batch.add(
        "UPDATE dbo.one_time_codes SET superseded_at = ?
         WHERE user_id = ? AND used_at IS NULL AND superseded_at IS NULL",
        values![at, user_id],
    );
}

/// Uses a code, or ends the batch.
pub(super) fn use_one(batch: &mut Batch, code: CodeUse, at: Timestamp) {
    let attempts = if code.by_digits { MAX_ATTEMPTS } else { i64::MAX };
    batch.add(
        "UPDATE dbo.one_time_codes SET used_at = ?
         WHERE id = ? AND used_at IS NULL AND superseded_at IS NULL AND expires_at > ? AND attempts < ?",
        values![at, code.id, at, attempts],
    );
    batch.add(OR_STALE, values![]);
}

/// The columns that [`state`] reads.
macro_rules! code_columns {
    () => {
        "id, user_id, purpose, email, kid, code_hash, created_at, expires_at, CAST(attempts AS BIGINT) AS attempts,
         used_at, superseded_at"
    };
}

/// See [`crate::store::Identities::code`].
pub(super) async fn by_token(pool: &Pool, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError> {
    let sql = concat!("SELECT ", code_columns!(), " FROM dbo.one_time_codes WHERE token_hash = ?");
    let rows = read::rows(pool, "read a code", Batch::of(sql, values![token_hash])).await?;
    rows.first().map(state).transpose()
}

/// See [`crate::store::Identities::codes`].
pub(super) async fn of_user(
    pool: &Pool,
    user_id: Uuid,
    since: Timestamp,
) -> Result<Vec<CodeState>, StoreError> {
    let sql = concat!(
        "SELECT TOP (100) ",
        code_columns!(),
        " FROM dbo.one_time_codes WHERE user_id = ? AND created_at > ? ORDER BY created_at DESC"
    );
    let rows = read::rows(pool, "read codes", Batch::of(sql, values![user_id, since])).await?;
    rows.iter().map(state).collect()
}

fn state(row: &Row) -> Result<CodeState, StoreError> {
    let kid: &str = row::required(row, "kid")?;
    let hash: Option<&[u8]> = row::optional(row, "code_hash")?;
    let code_hash = hash.map(<[u8; 32]>::try_from).transpose();
    Ok(CodeState {
        id: row::required(row, "id")?,
        user_id: row::required(row, "user_id")?,
        purpose: row::parsed(row, "purpose")?,
        email: row::parsed(row, "email")?,
        kid: kid.to_owned(),
        code_hash: code_hash.map_err(|error| StoreError::corrupt("code_hash", error))?,
        created_at: row::moment(row, "created_at")?,
        expires_at: row::moment(row, "expires_at")?,
        attempts: row::required(row, "attempts")?,
        used_at: row::optional_moment(row, "used_at")?,
        superseded_at: row::optional_moment(row, "superseded_at")?,
    })
}
