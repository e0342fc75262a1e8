//! Mutations as SQL. All of it runs inside a savepoint of the writer.

use rusqlite::{Connection, Error, ffi, params};
use uuid::Uuid;

use super::connection::store_error;
use super::kept::keep_version;
use super::outbox;
use super::read::{kept_answer, millis};
use super::{administration, audit, codes, guesses, identity, log_in, organizations, sessions, streams};
use crate::domain::onboarding::{Onboarding, Step, StepRecord};
use crate::domain::session::NewSession;
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
    if let Some(session_id) = mutation.session
        && !sessions::may_write(connection, session_id).map_err(failed)?
    {
        return Ok(Outcome::SessionRevoked);
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
    let IdempotencyRecord { scope, asker, kept, expires_at } = record;
    let rows = connection
        .prepare_cached(
            "INSERT INTO idempotency_records (scope, kid, body_hash, answer, created_at, expires_at, asker)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (scope) DO UPDATE
             SET kid = ?2, body_hash = ?3, answer = ?4, created_at = ?5, expires_at = ?6, asker = ?7
             WHERE expires_at <= ?5",
        )?
        .execute(params![
            scope,
            kept.kid,
            kept.body_hash,
            kept.answer,
            millis(at),
            millis(*expires_at),
            asker
        ])?;
    Ok(rows == 1)
}

fn apply_effect(connection: &Connection, effect: &Effect, at: Timestamp) -> Result<Outcome, Error> {
    match effect {
        Effect::None => Ok(Outcome::Committed),
        Effect::Register { user, session, code, counted } => {
            let outcome = register(connection, user, session, at)?;
            if outcome != Outcome::Committed {
                return Ok(outcome);
            }
            if let Some(code) = code {
                codes::add(connection, code)?;
            }
            guesses::count(connection, counted.as_slice(), at)
        }
        Effect::AddAccount(user) => add_account(connection, user, at),
        Effect::Administer(administration) => administration::apply(connection, administration, at),
        Effect::Identity(change) => identity::apply(connection, change, at),
        Effect::Organize(change) => organizations::apply(connection, change, at),
        Effect::Sequence(effects) => apply_all(connection, effects, at),
        Effect::StartSession(session) => sessions::start(connection, session, at),
        Effect::CountGuesses(limits) => guesses::count(connection, limits, at),
        Effect::LogIn(log_in) => log_in::apply(connection, log_in, at),
        Effect::RotateToken(rotation) => sessions::rotate(connection, rotation, at),
        Effect::RevokeSession { session_id } => sessions::revoke(connection, *session_id, at),
        Effect::RevokeOwnSession { user_id, session_id } => {
            sessions::revoke_one_of(connection, *user_id, *session_id, at)
        }
        Effect::RevokeSessions { user_id, except } => {
            sessions::revoke_all_of(connection, *user_id, *except, at)
        }
        Effect::SaveStep { user_id, expected_version, step, record } => {
            save_step(connection, *user_id, *expected_version, (*step, record), at)
        }
        Effect::CompleteOnboarding { user_id, expected_version } => {
            complete_onboarding(connection, *user_id, *expected_version, at)
        }
        Effect::Replay(replay) => streams::replay(connection, replay, at).map(|()| Outcome::Committed),
    }
}

/// What those before one that fails did is undone by the caller.
fn apply_all(connection: &Connection, effects: &[Effect], at: Timestamp) -> Result<Outcome, Error> {
    for effect in effects {
        let outcome = apply_effect(connection, effect, at)?;
        if outcome != Outcome::Committed {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Committed)
}

fn register(
    connection: &Connection,
    user: &NewUser,
    session: &NewSession,
    at: Timestamp,
) -> Result<Outcome, Error> {
    match add_account(connection, user, at)? {
        Outcome::Committed => sessions::start(connection, session, at),
        other => Ok(other),
    }
}

/// The account and its onboarding.
fn add_account(
    connection: &Connection,
    NewUser { user, password_hash }: &NewUser,
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
    let begun = Onboarding::begun(at);
    connection
        .prepare_cached(
            "INSERT INTO onboarding (user_id, version, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
        )?
        .execute(params![user.id.to_string(), begun.version, millis(at)])?;
    for (step, record) in &begun.steps {
        upsert_step(connection, user.id, begun.version, (*step, record), at)?;
    }
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
    keep_version(connection, user_id, step, at)?;
    upsert_step(connection, user_id, expected_version + 1, (step, record), at)?;
    Ok(Outcome::Committed)
}

fn upsert_step(
    connection: &Connection,
    user_id: Uuid,
    version: i64,
    (step, record): (Step, &StepRecord),
    at: Timestamp,
) -> Result<(), Error> {
    let data = serde_json::Value::Object(record.data.clone()).to_string();
    connection
        .prepare_cached(
            "INSERT INTO onboarding_steps (user_id, step, status, data, completed_at, updated_at, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (user_id, step) DO UPDATE
             SET status = ?3, data = ?4, completed_at = ?5, updated_at = ?6, version = ?7",
        )?
        .execute(params![
            user_id.to_string(),
            step.key(),
            record.status.as_str(),
            data,
            record.completed_at.map(millis),
            millis(at),
            version,
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

/// Whether another account has the address.
pub(super) fn is_taken(error: &Error) -> bool {
    is_unique_violation(error, "users.email_key") || is_unique_violation(error, "users.email_canonical")
}

pub(super) fn is_unique_violation(error: &Error, column: &str) -> bool {
    let Error::SqliteFailure(code, Some(message)) = error else { return false };
    code.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE && message.ends_with(column)
}
