//! Mutations as SQL, within a savepoint of the writer.

use rusqlite::{Connection, Error, params};

use super::connection::store_error;
use super::outbox;
use super::read::{kept_answer, millis};
use super::{
    accounts, administration, audit, codes, factors, guesses, identity, log_in, oidc, onboarding,
    organizations, passkeys, reminders, sessions, streams,
};
use crate::domain::session::NewSession;
use crate::domain::{NewUser, Timestamp};
use crate::store::{Effect, IdempotencyRecord, Mutation, Outcome, StoreError};

/// Does the mutation. The caller undoes it for an outcome other than `Committed`.
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

/// Inserts the record, in place of an expired one. False where a live record of the scope is there.
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
        Effect::AddAccount(user) => accounts::add(connection, user, at),
        Effect::Administer(administration) => administration::apply(connection, administration, at),
        Effect::Identity(change) => identity::apply(connection, change, at),
        Effect::Organize(change) => organizations::apply(connection, change, at),
        Effect::Sequence(effects) => apply_all(connection, effects, at),
        Effect::Factor(change) => factors::apply(connection, change, at),
        Effect::Oidc(change) => oidc::apply(connection, change, at),
        Effect::Passkey(change) => passkeys::apply(connection, change, at),
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
        Effect::SaveStep { user_id, expected_version, step, record, reshape } => {
            let version = (*user_id, *expected_version);
            onboarding::save_step(connection, version, (step, record), reshape.as_deref(), at)
        }
        Effect::ReshapeOnboarding { user_id, expected_version, reshape } => {
            onboarding::reshape(connection, *user_id, *expected_version, reshape, at)
        }
        Effect::CompleteOnboarding { user_id, expected_version, reshape } => {
            onboarding::complete(connection, *user_id, *expected_version, reshape.as_deref(), at)
        }
        Effect::Replay(replay) => streams::replay(connection, replay, at).map(|()| Outcome::Committed),
        Effect::ReopenOnboarding { user_id, expected_version } => {
            reminders::reopen(connection, *user_id, *expected_version, at)
        }
        Effect::Remind(reminder) => reminders::remind(connection, reminder, at),
    }
}

/// Does the effects in order. The caller undoes the effects before one that fails.
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
    match accounts::add(connection, user, at)? {
        Outcome::Committed => sessions::start(connection, session, at),
        other => Ok(other),
    }
}
