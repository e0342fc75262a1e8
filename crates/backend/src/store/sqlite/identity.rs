//! Accounts as SQL.

use async_trait::async_trait;
use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::job::Job;
use super::read::{self, millis};
use super::rows::{changed, is_taken};
use super::sessions::revoke_all_of;
use super::{SqliteStore, codes, guesses, oidc, passkeys, personal, reminders};
use crate::domain::one_time_code::CodeState;
use crate::domain::{Credentials, Email, FullName, Language, PasswordHash, Theme, Timestamp, User};
use crate::store::{CodeUse, Identities, IdentityChange, Outcome, PersonalRecords, StoreError};

/// The outcome for a guard: `Committed` where it found a row, `Stale` where it found none.
fn or_stale(found: bool) -> Outcome {
    if found { Outcome::Committed } else { Outcome::Stale }
}

/// Does the change. The caller undoes it for an outcome other than `Committed`.
pub(super) fn apply(
    connection: &Connection,
    change: &IdentityChange,
    at: Timestamp,
) -> Result<Outcome, Error> {
    match change {
        IdentityChange::IssueCode { code, seen, quiet_since, window_since } => {
            codes::issue(connection, code, seen.as_ref(), (*quiet_since, *window_since))
        }
        IdentityChange::CountWrongDigits { user_id, limits } => {
            let sql = "UPDATE one_time_codes SET attempts = attempts + 1
                       WHERE user_id = ? AND code_hash IS NOT NULL AND used_at IS NULL AND superseded_at IS NULL";
            changed(connection, sql, [user_id.to_string()])?;
            guesses::count(connection, limits, at)
        }
        IdentityChange::VerifyEmail { code, user_id, email } => {
            verify_email(connection, *code, *user_id, email, at)
        }
        IdentityChange::ChangeEmail { code, user_id, email } => {
            change_email(connection, *code, *user_id, email, at)
        }
        IdentityChange::ResetPassword { code, user_id, password_hash } => {
            reset_password(connection, *code, *user_id, password_hash, at)
        }
        IdentityChange::ChangePassword { user_id, session_id, seen, password_hash } => {
            change_password(connection, (*user_id, *session_id), seen, password_hash, at)
        }
        IdentityChange::Update { seen, full_name, language, theme, reminders_off_at } => {
            update(connection, seen, full_name, (language.as_ref(), *theme, *reminders_off_at), at)
        }
        IdentityChange::StopReminders { user_id } => reminders::stop(connection, *user_id, at),
        IdentityChange::Close { user_id, seen, closing_at } => {
            let sql = "UPDATE users SET closing_at = ?3, updated_at = ?4
                       WHERE id = ?1 AND password_hash = ?2 AND closing_at IS NULL";
            let user = params![user_id.to_string(), seen.as_phc(), millis(*closing_at), millis(at)];
            if !changed(connection, sql, user)? {
                return Ok(Outcome::Stale);
            }
            revoke_all_of(connection, *user_id, None, at)
        }
        IdentityChange::Reopen { user_id } => {
            let sql = "UPDATE users SET closing_at = NULL, updated_at = ?2 WHERE id = ?1 AND closing_at > ?2";
            changed(connection, sql, params![user_id.to_string(), millis(at)]).map(or_stale)
        }
    }
}

fn reset_password(
    connection: &Connection,
    code: CodeUse,
    user_id: Uuid,
    password_hash: &PasswordHash,
    at: Timestamp,
) -> Result<Outcome, Error> {
    oidc::forget_unproved(connection, user_id)?;
    passkeys::forget_unproved(connection, user_id)?;
    let sql = "UPDATE users SET password_hash = ?2, updated_at = ?3,
               email_verified_at = COALESCE(email_verified_at, ?3) WHERE id = ?1";
    let user = params![user_id.to_string(), password_hash.as_phc(), millis(at)];
    if !changed(connection, sql, user)? || !codes::use_one(connection, code, at)? {
        return Ok(Outcome::Stale);
    }
    codes::supersede_all(connection, user_id, at)?;
    revoke_all_of(connection, user_id, None, at)
}

fn change_password(
    connection: &Connection,
    (user_id, session_id): (Uuid, Uuid),
    seen: &PasswordHash,
    password_hash: &PasswordHash,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let sql = "UPDATE users SET password_hash = ?3, updated_at = ?4 WHERE id = ?1 AND password_hash = ?2";
    let user = params![user_id.to_string(), seen.as_phc(), password_hash.as_phc(), millis(at)];
    if !changed(connection, sql, user)? {
        return Ok(Outcome::Stale);
    }
    codes::supersede_takeovers(connection, user_id, at)?;
    revoke_all_of(connection, user_id, Some(session_id), at)
}

fn update(
    connection: &Connection,
    seen: &User,
    full_name: &FullName,
    (language, theme, reminders_off_at): (Option<&Language>, Theme, Option<Timestamp>),
    at: Timestamp,
) -> Result<Outcome, Error> {
    let sql = "UPDATE users SET full_name = ?5, name_key = ?6, language = ?7, theme = ?8, updated_at = ?9,
               reminders_off_at = ?10
               WHERE id = ?1 AND full_name = ?2 AND language IS ?3 AND theme = ?4 AND reminders_off_at IS ?11";
    let user = params![
        seen.id.to_string(),
        seen.full_name.as_str(),
        seen.language.as_ref().map(Language::as_str),
        seen.theme.as_str(),
        full_name.as_str(),
        full_name.key(),
        language.map(Language::as_str),
        theme.as_str(),
        millis(at),
        reminders_off_at.map(millis),
        seen.reminders_off_at.map(millis),
    ];
    changed(connection, sql, user).map(or_stale)
}

fn verify_email(
    connection: &Connection,
    code: CodeUse,
    user_id: Uuid,
    email: &Email,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let sql = "UPDATE users SET email_verified_at = COALESCE(email_verified_at, ?3), updated_at = ?3
               WHERE id = ?1 AND email_key = ?2";
    let found = changed(connection, sql, params![user_id.to_string(), email.key(), millis(at)])?;
    Ok(or_stale(found && codes::use_one(connection, code, at)?))
}

fn change_email(
    connection: &Connection,
    code: CodeUse,
    user_id: Uuid,
    email: &Email,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let sql =
        "UPDATE users SET email = ?2, email_key = ?3, email_verified_at = ?4, updated_at = ?4, email_canonical = ?5
         WHERE id = ?1";
    let user = params![user_id.to_string(), email.as_str(), email.key(), millis(at), email.canonical()];
    let found = match changed(connection, sql, user) {
        Err(error) if is_taken(&error) => return Ok(Outcome::EmailTaken),
        other => other?,
    };
    if !found || !codes::use_one(connection, code, at)? {
        return Ok(Outcome::Stale);
    }
    codes::supersede_all(connection, user_id, at)?;
    Ok(Outcome::Committed)
}

#[async_trait]
impl Identities for SqliteStore {
    async fn credentials_of(&self, user_id: Uuid) -> Result<Option<Credentials>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::credentials_of(connection, user_id))).await
    }

    async fn code(&self, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError> {
        self.readers.submit(Job::new(move |connection| codes::by_token(connection, token_hash))).await
    }

    async fn codes(&self, user_id: Uuid, since: Timestamp) -> Result<Vec<CodeState>, StoreError> {
        self.readers.submit(Job::new(move |connection| codes::of_user(connection, user_id, since))).await
    }

    async fn personal_records(&self, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError> {
        self.readers.submit(Job::new(move |connection| personal::records(connection, user_id, limit))).await
    }

    async fn delete_closed(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.submit(Job::new(move |connection| personal::delete_closed(connection, now, limit))).await
    }
}
