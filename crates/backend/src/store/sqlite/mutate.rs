//! Mutations as SQL. All of it runs inside a savepoint of the writer.

use rusqlite::{Connection, Error, ffi, params};
use uuid::Uuid;

use super::audit;
use super::connection::store_error;
use super::outbox;
use super::read::{kept_answer, millis};
use crate::domain::onboarding::{Onboarding, Step, StepRecord};
use crate::domain::session::{NewSession, NewToken, TokenHash};
use crate::domain::{Language, NewUser, Timestamp};
use crate::store::{Effect, IdempotencyRecord, Mutation, Outcome, StoreError};

/// Does the mutation. What it did before an outcome other than `Committed` is undone by the caller.
pub(super) fn apply(connection: &Connection, mutation: &Mutation) -> Result<Outcome, StoreError> {
    let failed = |error| store_error(mutation.effect.name(), error);
    if let Some(record) = &mutation.idempotency
        && !keep_record(connection, record, mutation.at).map_err(failed)?
        && let Some(kept) = kept_answer(connection, &record.scope, mutation.at)?
    {
        return Ok(Outcome::Kept(kept));
    }
    let outcome = apply_effect(connection, &mutation.effect, mutation.at).map_err(failed)?;
    if outcome == Outcome::Committed {
        outbox::insert(connection, &mutation.messages, mutation.at).map_err(failed)?;
    }
    if let (Outcome::Committed, Some(entry)) = (&outcome, &mutation.audit) {
        audit::write(connection, entry, mutation.at).map_err(failed)?;
    }
    Ok(outcome)
}

/// False where a live record of the scope is there. An expired one is replaced.
fn keep_record(connection: &Connection, record: &IdempotencyRecord, at: Timestamp) -> Result<bool, Error> {
    let IdempotencyRecord { scope, kept, expires_at } = record;
    let rows = connection
        .prepare_cached(
            "INSERT INTO idempotency_records (scope, kid, body_hash, answer, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (scope) DO UPDATE
             SET kid = ?2, body_hash = ?3, answer = ?4, created_at = ?5, expires_at = ?6
             WHERE expires_at <= ?5",
        )?
        .execute(params![scope, kept.kid, kept.body_hash, kept.answer, millis(at), millis(*expires_at)])?;
    Ok(rows == 1)
}

fn apply_effect(connection: &Connection, effect: &Effect, at: Timestamp) -> Result<Outcome, Error> {
    match effect {
        Effect::None => Ok(Outcome::Committed),
        Effect::Register { user, session } => register(connection, user, session, at),
        Effect::StartSession(session) => start_session(connection, session, at),
        Effect::RotateToken { session_id, expected_version, replaced, replacement } => {
            rotate_token(connection, *session_id, *expected_version, *replaced, replacement, at)
        }
        Effect::RevokeSession { session_id } => revoke_session(connection, *session_id, at),
        Effect::SaveStep { user_id, expected_version, step, record } => {
            save_step(connection, *user_id, *expected_version, (*step, record), at)
        }
        Effect::CompleteOnboarding { user_id, expected_version } => {
            complete_onboarding(connection, *user_id, *expected_version, at)
        }
    }
}

fn register(
    connection: &Connection,
    NewUser { user, password_hash }: &NewUser,
    session: &NewSession,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO users (id, email, email_key, full_name, role, password_hash, created_at, updated_at,
                                name_key, email_verified_at, language, theme)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11)",
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
        ]);
    match inserted {
        Err(error) if is_unique_violation(&error, "users.email_key") => return Ok(Outcome::EmailTaken),
        other => other?,
    };
    let begun = Onboarding::begun(at);
    connection
        .prepare_cached(
            "INSERT INTO onboarding (user_id, version, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
        )?
        .execute(params![user.id.to_string(), begun.version, millis(at)])?;
    for (step, record) in &begun.steps {
        upsert_step(connection, user.id, *step, record, at)?;
    }
    start_session(connection, session, at)
}

fn start_session(connection: &Connection, session: &NewSession, at: Timestamp) -> Result<Outcome, Error> {
    connection
        .prepare_cached(
            "INSERT INTO sessions (id, user_id, version, created_at, last_used_at, expires_at)
             VALUES (?1, ?2, 1, ?3, ?3, ?4)",
        )?
        .execute(params![
            session.id.to_string(),
            session.user_id.to_string(),
            millis(at),
            millis(session.token.expires_at),
        ])?;
    insert_token(connection, session.id, &session.token, None)?;
    Ok(Outcome::Committed)
}

fn insert_token(
    connection: &Connection,
    session_id: Uuid,
    token: &NewToken,
    parent: Option<TokenHash>,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO refresh_tokens (hash, session_id, parent, issued_at, expires_at)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            token.hash.0,
            session_id.to_string(),
            parent.map(|hash| hash.0),
            millis(token.issued_at),
            millis(token.expires_at),
        ])?;
    Ok(())
}

fn rotate_token(
    connection: &Connection,
    session_id: Uuid,
    expected_version: i64,
    replaced: TokenHash,
    replacement: &NewToken,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE sessions SET version = version + 1, last_used_at = ?3, expires_at = ?4
             WHERE id = ?1 AND version = ?2 AND revoked_at IS NULL",
        )?
        .execute(params![
            session_id.to_string(),
            expected_version,
            millis(at),
            millis(replacement.expires_at),
        ])?;
    if rows == 0 {
        return Ok(Outcome::Stale);
    }
    connection
        .prepare_cached("UPDATE refresh_tokens SET replaced_at = ?2 WHERE hash = ?1 AND replaced_at IS NULL")?
        .execute(params![replaced.0, millis(at)])?;
    insert_token(connection, session_id, replacement, Some(replaced))?;
    Ok(Outcome::Committed)
}

fn revoke_session(connection: &Connection, session_id: Uuid, at: Timestamp) -> Result<Outcome, Error> {
    connection
        .prepare_cached("UPDATE sessions SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![session_id.to_string(), millis(at)])?;
    Ok(Outcome::Committed)
}

fn save_step(
    connection: &Connection,
    user_id: Uuid,
    expected_version: i64,
    (step, record): (Step, &StepRecord),
    at: Timestamp,
) -> Result<Outcome, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE onboarding SET version = version + 1, updated_at = ?3 WHERE user_id = ?1 AND version = ?2",
        )?
        .execute(params![user_id.to_string(), expected_version, millis(at)])?;
    if rows == 0 {
        return Ok(Outcome::Stale);
    }
    upsert_step(connection, user_id, step, record, at)?;
    Ok(Outcome::Committed)
}

fn upsert_step(
    connection: &Connection,
    user_id: Uuid,
    step: Step,
    record: &StepRecord,
    at: Timestamp,
) -> Result<(), Error> {
    let data = serde_json::Value::Object(record.data.clone()).to_string();
    connection
        .prepare_cached(
            "INSERT INTO onboarding_steps (user_id, step, status, data, completed_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (user_id, step) DO UPDATE
             SET status = ?3, data = ?4, completed_at = ?5, updated_at = ?6",
        )?
        .execute(params![
            user_id.to_string(),
            step.key(),
            record.status.as_str(),
            data,
            record.completed_at.map(millis),
            millis(at),
        ])?;
    Ok(())
}

fn complete_onboarding(
    connection: &Connection,
    user_id: Uuid,
    expected_version: i64,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let rows = connection
        .prepare_cached(
            "UPDATE onboarding SET version = version + 1, completed_at = ?3, updated_at = ?3
             WHERE user_id = ?1 AND version = ?2",
        )?
        .execute(params![user_id.to_string(), expected_version, millis(at)])?;
    Ok(if rows == 0 { Outcome::Stale } else { Outcome::Committed })
}

fn is_unique_violation(error: &Error, column: &str) -> bool {
    let Error::SqliteFailure(code, Some(message)) = error else { return false };
    code.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE && message.ends_with(column)
}
