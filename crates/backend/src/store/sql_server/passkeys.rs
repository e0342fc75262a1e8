//! Passkeys as SQL.

use async_trait::async_trait;
use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::factors::lift;
use super::stale::OR_STALE;
use super::{SqlServerStore, log_in, read, row, ways_in};
use crate::domain::passkey::{
    AnsweredChallenge, CredentialHash, MAX_PASSKEYS, Passkey, PasskeyName, PasskeyUse, StoredCredential,
};
use crate::domain::{AuthLevel, Timestamp, User};
use crate::store::{PasskeyChange, Passkeys, StoreError};

/// The constraints of answered challenges and of registered credentials.
pub(super) const CONSTRAINTS: [&str; 2] =
    ["uq_passkey_challenges_challenge_hash", "uq_passkeys_credential_hash"];

/// Adds the change. The account's row is locked first, so that changes of one account wait for each other.
pub(super) fn add(batch: &mut Batch, change: &PasskeyChange, at: Timestamp) {
    match change {
        PasskeyChange::Add { passkey, hash, challenge } => {
            lock(batch, passkey.user_id);
            answer(batch, challenge);
            insert(batch, passkey, *hash);
        }
        PasskeyChange::LogIn { used, log_in } => {
            log_in::add(batch, log_in, at);
            use_one(batch, used, at);
        }
        PasskeyChange::StepUp { used, session_id } => {
            use_one(batch, used, at);
            lift(batch, *session_id, AuthLevel::Two, at);
        }
        PasskeyChange::Disable { user_id, used } => {
            lock(batch, *user_id);
            batch.add(
                "UPDATE dbo.passkeys SET disabled_at = ? WHERE id = ? AND uses = ? AND disabled_at IS NULL",
                values![at, used.passkey_id, used.seen_uses],
            );
            batch.add(OR_STALE, values![]);
            answer(batch, &used.challenge);
        }
        PasskeyChange::Rename { user_id, passkey_id, name } => {
            batch.add(
                "UPDATE dbo.passkeys SET name = ? WHERE id = ? AND user_id = ?",
                values![name.as_str(), *passkey_id, *user_id],
            );
            batch.add(OR_STALE, values![]);
        }
        PasskeyChange::Remove { user_id, passkey_id, remains } => {
            lock(batch, *user_id);
            // Before the look at what remains: the passkey itself is none of it.
            batch
                .add("DELETE FROM dbo.passkeys WHERE id = ? AND user_id = ?", values![*passkey_id, *user_id]);
            batch.add(OR_STALE, values![]);
            ways_in::demand(batch, *user_id, *remains);
        }
    }
}

fn lock(batch: &mut Batch, user_id: Uuid) {
    batch.add("UPDATE dbo.users SET updated_at = updated_at WHERE id = ?", values![user_id]);
    batch.add(OR_STALE, values![]);
}

/// Stores an answered challenge. The second of two answers waits for the first, and then violates the constraint.
fn answer(batch: &mut Batch, AnsweredChallenge { hash, expires_at }: &AnsweredChallenge) {
    batch.add(
        "INSERT INTO dbo.passkey_challenges (challenge_hash, expires_at) VALUES (?, ?)",
        values![*hash, *expires_at],
    );
}

fn insert(batch: &mut Batch, passkey: &Passkey, hash: CredentialHash) {
    batch.add(
        "INSERT INTO dbo.passkeys (id, user_id, credential_hash, credential, name, created_at)
         SELECT ?, ?, ?, ?, ?, CAST(? AS DATETIME2(3))
         WHERE (SELECT COUNT_BIG(*) FROM dbo.passkeys WHERE user_id = ?) < ?",
        values![
            passkey.id,
            passkey.user_id,
            hash.0,
            passkey.credential.0.as_str(),
            passkey.name.as_str(),
            passkey.created_at,
            passkey.user_id,
            i64::from(MAX_PASSKEYS),
        ],
    );
    batch.add(OR_STALE, values![]);
}

fn use_one(batch: &mut Batch, used: &PasskeyUse, at: Timestamp) {
    let credential = used.credential.as_ref().map(|StoredCredential(text)| text.as_str());
    let keep = ("uses = uses + 1", "WHERE id = ? AND uses = ? AND disabled_at IS NULL");
    let last = "last_used_at = CASE WHEN last_used_at > ? THEN last_used_at ELSE CAST(? AS DATETIME2(3)) END";
    match credential {
        Some(text) => batch.add(
            &format!("UPDATE dbo.passkeys SET {}, {last}, credential = ? {}", keep.0, keep.1),
            values![at, at, text, used.passkey_id, used.seen_uses],
        ),
        None => batch.add(
            &format!("UPDATE dbo.passkeys SET {}, {last} {}", keep.0, keep.1),
            values![at, at, used.passkey_id, used.seen_uses],
        ),
    }
    batch.add(OR_STALE, values![]);
    answer(batch, &used.challenge);
}

/// Removes the passkeys of an account whose address was not verified. The person who resets the password may not be
/// the one who made the account and its passkeys.
pub(super) fn forget_unproved(batch: &mut Batch, user_id: Uuid) {
    batch.add(
        "DELETE FROM dbo.passkeys WHERE user_id = ? AND EXISTS
         (SELECT 1 FROM dbo.users WHERE id = ? AND email_verified_at IS NULL)",
        values![user_id, user_id],
    );
}

/// The columns that [`passkey`] reads, of a table with the alias `p`.
macro_rules! passkey_columns {
    () => {
        "p.id AS passkey_id, p.user_id, p.name AS passkey_name, p.credential, p.uses, p.created_at AS registered_at,
         p.last_used_at, p.disabled_at"
    };
}

fn passkey(row: &Row) -> Result<Passkey, StoreError> {
    let text = |column| row::required::<&str>(row, column).map(str::to_owned);
    Ok(Passkey {
        id: row::required(row, "passkey_id")?,
        user_id: row::required(row, "user_id")?,
        name: PasskeyName::stored(text("passkey_name")?),
        credential: StoredCredential(text("credential")?),
        uses: row::required(row, "uses")?,
        created_at: row::moment(row, "registered_at")?,
        last_used_at: row::optional_moment(row, "last_used_at")?,
        disabled_at: row::optional_moment(row, "disabled_at")?,
    })
}

#[async_trait]
impl Passkeys for SqlServerStore {
    async fn passkey(&self, hash: CredentialHash) -> Result<Option<(Passkey, User)>, StoreError> {
        let sql = concat!(
            "SELECT ",
            read::user_columns!(),
            ", ",
            passkey_columns!(),
            " FROM dbo.passkeys p JOIN dbo.users u ON u.id = p.user_id WHERE p.credential_hash = ?"
        );
        let rows = read::rows(&self.pool, "read a passkey", Batch::of(sql, values![hash.0])).await?;
        rows.first().map(|row| Ok((passkey(row)?, row::user(row)?))).transpose()
    }

    async fn passkeys_of(&self, user_id: Uuid) -> Result<Vec<Passkey>, StoreError> {
        let sql = concat!(
            "SELECT ",
            passkey_columns!(),
            " FROM dbo.passkeys p WHERE p.user_id = ? ORDER BY p.created_at, p.seq"
        );
        let rows = read::rows(&self.pool, "read passkeys", Batch::of(sql, values![user_id])).await?;
        rows.iter().map(passkey).collect()
    }

    async fn is_answered(&self, challenge: [u8; 32]) -> Result<bool, StoreError> {
        let batch =
            Batch::of("SELECT seq FROM dbo.passkey_challenges WHERE challenge_hash = ?", values![challenge]);
        Ok(!read::rows(&self.pool, "read a challenge", batch).await?.is_empty())
    }
}
