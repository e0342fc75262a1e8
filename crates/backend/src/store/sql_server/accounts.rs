//! Making an account.

use super::batch::{Batch, values};
use super::onboarding;
use crate::domain::{Language, NewUser, Timestamp};

/// Adds the rows of the account and its onboarding.
pub(super) fn add(batch: &mut Batch, new: &NewUser, at: Timestamp) {
    let user = &new.user;
    batch.add(
        "INSERT INTO dbo.users (id, email, email_key, full_name, role, password_hash, created_at, updated_at,
                                name_key, email_verified_at, language, theme, email_canonical)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values![
            user.id,
            user.email.as_str(),
            user.email.key(),
            user.full_name.as_str(),
            user.role.as_str(),
            new.password_hash.as_phc(),
            user.created_at,
            at,
            user.full_name.key(),
            user.email_verified_at,
            user.language.as_ref().map(Language::as_str),
            user.theme.as_str(),
            user.email.canonical(),
        ],
    );
    onboarding::begin(batch, user.id, &new.template, at);
}
