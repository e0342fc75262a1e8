//! Accounts as SQL.

use async_trait::async_trait;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::sessions::revoke_all_of;
use super::stale::OR_STALE;
use super::{SqlServerStore, codes, guesses, oidc, passkeys, personal, read, reminders};
use crate::domain::one_time_code::CodeState;
use crate::domain::{Credentials, Email, FullName, Language, PasswordHash, Theme, Timestamp, User};
use crate::store::{CodeUse, Identities, IdentityChange, PersonalRecords, StoreError};

/// Adds the change. The account's row comes first, so that changes of one account wait for each other.
pub(super) fn add(batch: &mut Batch, change: &IdentityChange, at: Timestamp) {
    match change {
        IdentityChange::IssueCode { code, seen, quiet_since, window_since } => {
            codes::issue(batch, code, seen.as_ref(), (*quiet_since, *window_since));
        }
        IdentityChange::CountWrongDigits { user_id, limits } => {
            batch.add(
                "UPDATE dbo.one_time_codes SET attempts = attempts + 1
                 WHERE user_id = ? AND code_hash IS NOT NULL AND used_at IS NULL AND superseded_at IS NULL",
                values![*user_id],
            );
            guesses::count(batch, limits, at);
        }
        IdentityChange::VerifyEmail { code, user_id, email } => {
            batch.add(
                "UPDATE dbo.users SET email_verified_at = COALESCE(email_verified_at, CAST(? AS DATETIME2(3))),
                     updated_at = ? WHERE id = ? AND email_key = ?",
                values![at, at, *user_id, email.key()],
            );
            batch.add(OR_STALE, values![]);
            codes::use_one(batch, *code, at);
        }
        IdentityChange::ChangeEmail { code, user_id, email } => {
            change_email(batch, *code, *user_id, email, at);
        }
        IdentityChange::ResetPassword { code, user_id, password_hash } => {
            reset_password(batch, *code, *user_id, password_hash, at);
        }
        IdentityChange::ChangePassword { user_id, session_id, seen, password_hash } => {
            batch.add(
                "UPDATE dbo.users SET password_hash = ?, updated_at = ? WHERE id = ? AND password_hash = ?",
                values![password_hash.as_phc(), at, *user_id, seen.as_phc()],
            );
            batch.add(OR_STALE, values![]);
            codes::supersede_takeovers(batch, *user_id, at);
            revoke_all_of(batch, *user_id, Some(*session_id), at);
        }
        IdentityChange::Update { seen, full_name, language, theme, reminders_off_at } => {
            update(batch, seen, full_name, (language.as_ref(), *theme, *reminders_off_at), at);
        }
        IdentityChange::StopReminders { user_id } => reminders::stop(batch, *user_id, at),
        IdentityChange::Close { user_id, seen, closing_at } => {
            batch.add(
                "UPDATE dbo.users SET closing_at = ?, updated_at = ?
                 WHERE id = ? AND password_hash = ? AND closing_at IS NULL",
                values![*closing_at, at, *user_id, seen.as_phc()],
            );
            batch.add(OR_STALE, values![]);
            revoke_all_of(batch, *user_id, None, at);
        }
        IdentityChange::Reopen { user_id } => {
            batch.add(
                "UPDATE dbo.users SET closing_at = NULL, updated_at = ? WHERE id = ? AND closing_at > ?",
                values![at, *user_id, at],
            );
            batch.add(OR_STALE, values![]);
        }
    }
}

fn reset_password(
    batch: &mut Batch,
    code: CodeUse,
    user_id: Uuid,
    password_hash: &PasswordHash,
    at: Timestamp,
) {
    // First the account's row, so that changes of one account wait for each other.
    batch.add("UPDATE dbo.users SET updated_at = ? WHERE id = ?", values![at, user_id]);
    oidc::forget_unproved(batch, user_id);
    passkeys::forget_unproved(batch, user_id);
    batch.add(
        "UPDATE dbo.users SET password_hash = ?, updated_at = ?,
             email_verified_at = COALESCE(email_verified_at, CAST(? AS DATETIME2(3))) WHERE id = ?",
        values![password_hash.as_phc(), at, at, user_id],
    );
    batch.add(OR_STALE, values![]);
    codes::use_one(batch, code, at);
    codes::supersede_all(batch, user_id, at);
    revoke_all_of(batch, user_id, None, at);
}

fn change_email(batch: &mut Batch, code: CodeUse, user_id: Uuid, email: &Email, at: Timestamp) {
    batch.add(
        "UPDATE dbo.users SET email = ?, email_key = ?, email_canonical = ?, email_verified_at = ?, updated_at = ?
         WHERE id = ?",
        values![email.as_str(), email.key(), email.canonical(), at, at, user_id],
    );
    batch.add(OR_STALE, values![]);
    codes::use_one(batch, code, at);
    codes::supersede_all(batch, user_id, at);
}

fn update(
    batch: &mut Batch,
    seen: &User,
    full_name: &FullName,
    (language, theme, reminders_off_at): (Option<&Language>, Theme, Option<Timestamp>),
    at: Timestamp,
) {
    let seen_language = seen.language.as_ref().map(Language::as_str);
    batch.add(
        "UPDATE dbo.users SET full_name = ?, name_key = ?, language = ?, theme = ?, updated_at = ?, reminders_off_at = ?
         WHERE id = ? AND full_name COLLATE Latin1_General_BIN2 = ? AND COALESCE(language, N'') = COALESCE(?, N'')
             AND theme = ? AND COALESCE(reminders_off_at, CAST(N'1900-01-01' AS DATETIME2(3)))
                             = COALESCE(?, CAST(N'1900-01-01' AS DATETIME2(3)))",
        values![
            full_name.as_str(),
            full_name.key(),
            language.map(Language::as_str),
            theme.as_str(),
            at,
            reminders_off_at,
            seen.id,
            seen.full_name.as_str(),
            seen_language,
            seen.theme.as_str(),
            seen.reminders_off_at,
        ],
    );
    batch.add(OR_STALE, values![]);
}

#[async_trait]
impl Identities for SqlServerStore {
    async fn credentials_of(&self, user_id: Uuid) -> Result<Option<Credentials>, StoreError> {
        read::credentials_of(&self.pool, user_id).await
    }

    async fn code(&self, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError> {
        codes::by_token(&self.pool, token_hash).await
    }

    async fn codes(&self, user_id: Uuid, since: Timestamp) -> Result<Vec<CodeState>, StoreError> {
        codes::of_user(&self.pool, user_id, since).await
    }

    async fn personal_records(&self, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError> {
        personal::records(&self.pool, user_id, limit).await
    }

    async fn delete_closed(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        personal::delete_closed(&self.pool, now, limit).await
    }
}
