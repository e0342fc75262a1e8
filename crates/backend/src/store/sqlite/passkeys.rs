//! Passkeys as SQL.

use async_trait::async_trait;
use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::factors::lift;
use super::job::Job;
use super::read::{AFTER_USER, UserRow, all, millis, moment, one, parse, user_columns};
use super::rows::{changed, is_unique_violation};
use super::{SqliteStore, log_in, ways_in};
use crate::domain::passkey::{
    AnsweredChallenge, CredentialHash, MAX_PASSKEYS, Passkey, PasskeyName, PasskeyUse, StoredCredential,
};
use crate::domain::{AuthLevel, Timestamp, User};
use crate::store::{Outcome, PasskeyChange, Passkeys, StoreError, WayIn};

/// Does the change. The caller undoes it for an outcome other than `Committed`.
pub(super) fn apply(
    connection: &Connection,
    change: &PasskeyChange,
    at: Timestamp,
) -> Result<Outcome, Error> {
    match change {
        PasskeyChange::Add { passkey, hash, challenge } => {
            let is_done = answer(connection, challenge)? && add(connection, passkey, *hash)?;
            Ok(or_stale(is_done))
        }
        PasskeyChange::LogIn { used, log_in } => {
            if !use_one(connection, used, at)? {
                return Ok(Outcome::Stale);
            }
            log_in::apply(connection, log_in, at)
        }
        PasskeyChange::StepUp { used, session_id } => {
            if !use_one(connection, used, at)? {
                return Ok(Outcome::Stale);
            }
            lift(connection, *session_id, AuthLevel::Two, at)?;
            Ok(Outcome::Committed)
        }
        PasskeyChange::Disable { used, .. } => {
            let sql =
                "UPDATE passkeys SET disabled_at = ?3 WHERE id = ?1 AND uses = ?2 AND disabled_at IS NULL";
            let passkey = params![used.passkey_id.to_string(), used.seen_uses, millis(at)];
            Ok(or_stale(answer(connection, &used.challenge)? && changed(connection, sql, passkey)?))
        }
        PasskeyChange::Rename { user_id, passkey_id, name } => {
            let sql = "UPDATE passkeys SET name = ?3 WHERE id = ?1 AND user_id = ?2";
            let passkey = params![passkey_id.to_string(), user_id.to_string(), name.as_str()];
            changed(connection, sql, passkey).map(or_stale)
        }
        PasskeyChange::Remove { user_id, passkey_id, remains } => {
            remove(connection, *user_id, *passkey_id, *remains).map(or_stale)
        }
    }
}

fn or_stale(found: bool) -> Outcome {
    if found { Outcome::Committed } else { Outcome::Stale }
}

/// Stores an answered challenge. False where it was answered before.
fn answer(
    connection: &Connection,
    AnsweredChallenge { hash, expires_at }: &AnsweredChallenge,
) -> Result<bool, Error> {
    let sql = "INSERT INTO passkey_challenges (challenge_hash, expires_at) VALUES (?, ?)
               ON CONFLICT (challenge_hash) DO NOTHING";
    changed(connection, sql, params![hash, millis(*expires_at)])
}

fn add(connection: &Connection, passkey: &Passkey, hash: CredentialHash) -> Result<bool, Error> {
    let sql = "INSERT INTO passkeys (id, user_id, credential_hash, credential, name, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?2)
               AND (SELECT count(*) FROM passkeys WHERE user_id = ?2) < ?7";
    let added = changed(
        connection,
        sql,
        params![
            passkey.id.to_string(),
            passkey.user_id.to_string(),
            hash.0,
            passkey.credential.0,
            passkey.name.as_str(),
            millis(passkey.created_at),
            MAX_PASSKEYS,
        ],
    );
    match added {
        Err(error) if is_unique_violation(&error, "passkeys.credential_hash") => Ok(false),
        other => other,
    }
}

fn use_one(connection: &Connection, used: &PasskeyUse, at: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE passkeys SET uses = uses + 1, last_used_at = max(COALESCE(last_used_at, 0), ?3),
                   credential = COALESCE(?4, credential)
               WHERE id = ?1 AND uses = ?2 AND disabled_at IS NULL";
    let credential = used.credential.as_ref().map(|StoredCredential(text)| text);
    let passkey = params![used.passkey_id.to_string(), used.seen_uses, millis(at), credential];
    Ok(answer(connection, &used.challenge)? && changed(connection, sql, passkey)?)
}

fn remove(connection: &Connection, user_id: Uuid, passkey_id: Uuid, remains: WayIn) -> Result<bool, Error> {
    let sql = "DELETE FROM passkeys WHERE id = ?1 AND user_id = ?2";
    Ok(remains != WayIn::Passkey(passkey_id)
        && ways_in::is_there(connection, user_id, remains)?
        && changed(connection, sql, params![passkey_id.to_string(), user_id.to_string()])?)
}

/// Removes the passkeys of an account whose address was not verified. The person who resets the password may not be
/// the one who made the account and its passkeys.
pub(super) fn forget_unproved(connection: &Connection, user_id: Uuid) -> Result<(), Error> {
    let sql = "DELETE FROM passkeys WHERE user_id = ?1 AND EXISTS
               (SELECT 1 FROM users WHERE id = ?1 AND email_verified_at IS NULL)";
    changed(connection, sql, [user_id.to_string()]).map(drop)
}

/// The columns of a passkey, in the order of [`PasskeyRow::read`].
macro_rules! passkey_columns {
    () => {
        "p.id, p.user_id, p.name, p.credential, p.uses, p.created_at, p.last_used_at, p.disabled_at"
    };
}

const BY_CREDENTIAL: &str = concat!(
    "SELECT ",
    user_columns!(),
    ", ",
    passkey_columns!(),
    " FROM passkeys p JOIN users u ON u.id = p.user_id WHERE p.credential_hash = ?"
);

const OF_USER: &str = concat!(
    "SELECT ",
    passkey_columns!(),
    " FROM passkeys p WHERE p.user_id = ? ORDER BY p.created_at, p.id"
);

const ANSWERED: &str = "SELECT 1 FROM passkey_challenges WHERE challenge_hash = ?";

struct PasskeyRow {
    ids: [String; 2],
    name: String,
    credential: String,
    uses: i64,
    created_at: i64,
    last_used_at: Option<i64>,
    disabled_at: Option<i64>,
}

impl PasskeyRow {
    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            ids: [row.get(first)?, row.get(first + 1)?],
            name: row.get(first + 2)?,
            credential: row.get(first + 3)?,
            uses: row.get(first + 4)?,
            created_at: row.get(first + 5)?,
            last_used_at: row.get(first + 6)?,
            disabled_at: row.get(first + 7)?,
        })
    }

    fn into_passkey(self) -> Result<Passkey, StoreError> {
        let [id, user_id] = self.ids;
        Ok(Passkey {
            id: parse("passkey id", &id)?,
            user_id: parse("user id", &user_id)?,
            name: PasskeyName::stored(self.name),
            credential: StoredCredential(self.credential),
            uses: self.uses,
            created_at: moment(self.created_at)?,
            last_used_at: self.last_used_at.map(moment).transpose()?,
            disabled_at: self.disabled_at.map(moment).transpose()?,
        })
    }
}

fn passkey(connection: &Connection, hash: CredentialHash) -> Result<Option<(Passkey, User)>, StoreError> {
    let row = one(connection, "read a passkey", BY_CREDENTIAL, [hash.0], |row| {
        Ok((UserRow::read(row)?, PasskeyRow::read(row, AFTER_USER)?))
    })?;
    row.map(|(user, passkey)| Ok((passkey.into_passkey()?, user.into_user()?))).transpose()
}

fn passkeys_of(connection: &Connection, user_id: Uuid) -> Result<Vec<Passkey>, StoreError> {
    let read = |row: &Row<'_>| PasskeyRow::read(row, 0);
    let rows = all(connection, "read passkeys", OF_USER, [user_id.to_string()], read)?;
    rows.into_iter().map(PasskeyRow::into_passkey).collect()
}

fn is_answered(connection: &Connection, challenge: [u8; 32]) -> Result<bool, StoreError> {
    Ok(one(connection, "read a challenge", ANSWERED, [challenge], |_| Ok(()))?.is_some())
}

#[async_trait]
impl Passkeys for SqliteStore {
    async fn passkey(&self, hash: CredentialHash) -> Result<Option<(Passkey, User)>, StoreError> {
        self.readers.submit(Job::new(move |connection| passkey(connection, hash))).await
    }

    async fn passkeys_of(&self, user_id: Uuid) -> Result<Vec<Passkey>, StoreError> {
        self.readers.submit(Job::new(move |connection| passkeys_of(connection, user_id))).await
    }

    async fn is_answered(&self, challenge: [u8; 32]) -> Result<bool, StoreError> {
        self.readers.submit(Job::new(move |connection| is_answered(connection, challenge))).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_a_whole_table() {
        let database = Migrated::new();
        for (statement, index) in [
            (BY_CREDENTIAL, "uq_passkeys_credential_hash"),
            (OF_USER, "ix_passkeys_user_id"),
            (ANSWERED, "PRIMARY KEY"),
        ] {
            let steps = database.plan(statement);
            assert!(steps[0].starts_with("SEARCH") && steps[0].contains(index), "{steps:?}");
        }
    }
}
