//! Making an account.

use rusqlite::{Connection, Error, params};

use super::onboarding;
use super::read::millis;
use super::rows::is_taken;
use crate::domain::{Language, NewUser, Timestamp};
use crate::store::Outcome;

/// Inserts the rows of the account and its onboarding.
pub(super) fn add(
    connection: &Connection,
    NewUser { user, password_hash, template }: &NewUser,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO users (id, email, email_key, full_name, role, password_hash, created_at, updated_at,
                                name_key, email_verified_at, language, theme, email_canonical)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            user.id.to_string(),
            user.email.as_str(),
            user.email.key(),
            user.full_name.as_str(),
            user.role.as_str(),
            password_hash.as_phc(),
            millis(user.created_at),
            user.full_name.key(),
            user.email_verified_at.map(millis),
            user.language.as_ref().map(Language::as_str),
            user.theme.as_str(),
            user.email.canonical(),
        ]);
    match inserted {
        Err(error) if is_taken(&error) => return Ok(Outcome::EmailTaken),
        other => other?,
    };
    onboarding::begin(connection, user.id, template, at)?;
    Ok(Outcome::Committed)
}
