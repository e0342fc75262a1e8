//! A mutation as one batch.

use std::sync::Arc;

use tokio::time::sleep;

use super::batch::{Batch, values};
use super::failure::Failure;
use super::pool::Pool;
use super::retry::Tries;
use super::{
    accounts, administration, audit, codes, factors, guesses, identity, log_in, oidc, onboarding,
    organizations, outbox, passkeys, read, reminders, row, sessions, streams,
};
use crate::domain::Timestamp;
use crate::store::{Effect, IdempotencyRecord, Mutation, Outcome, StoreError};

const RECORD_CONSTRAINT: &str = "uq_idempotency_records_scope";
const EMAIL_CONSTRAINTS: [&str; 2] = ["uq_users_email_key", "uq_users_email_canonical"];

/// Does `mutation` whole or not at all.
///
/// A mutation with an idempotency record is sent again where the connection was lost on the way. The record tells
/// whether the mutation was done, and keeps the same answer.
pub(super) async fn commit(pool: &Pool, mutation: &Mutation) -> Result<Outcome, StoreError> {
    let action = mutation.effect.name();
    let batch = Arc::new(batch(mutation));
    let mut tries = Tries::new(mutation.idempotency.is_some());
    loop {
        let failure = match pool.run(&batch, tries.left()).await {
            Ok(rows) => return row::outcome(&rows),
            Err(failure) => failure,
        };
        let failure = match failure {
            duplicate @ Failure::Duplicate(_) => match told_apart(pool, mutation, &duplicate).await? {
                Some(outcome) => return Ok(outcome),
                None if has_passed(&duplicate) => duplicate.has_passed(),
                None => duplicate,
            },
            other => other,
        };
        match tries.pause_after(&failure) {
            Some(pause) => sleep(pause).await,
            None => return Err(failure.of_change(action)),
        }
    }
}

/// The meaning of a violated constraint; none where the cause is gone by now, or has no meaning.
async fn told_apart(
    pool: &Pool,
    mutation: &Mutation,
    duplicate: &Failure,
) -> Result<Option<Outcome>, StoreError> {
    if let Some(record) = &mutation.idempotency
        && let Some(kept) = read::kept_answer(pool, record.scope, mutation.at).await?
    {
        return Ok(Some(Outcome::Kept(kept)));
    }
    if let Some(refusal) = organizations::refusal(duplicate) {
        return Ok(Some(Outcome::Organization(refusal)));
    }
    let mut stale = passkeys::CONSTRAINTS.into_iter().chain([oidc::CONSTRAINT]);
    if stale.any(|constraint| duplicate.violates(constraint)) {
        return Ok(Some(Outcome::Stale));
    }
    let is_taken = EMAIL_CONSTRAINTS.into_iter().any(|constraint| duplicate.violates(constraint));
    Ok(is_taken.then_some(Outcome::EmailTaken))
}

/// Whether the mutation can be tried again: the violated constraint was that of an expired record, or of a row that
/// another instance has made at the same time (a first guess, a new stream).
fn has_passed(duplicate: &Failure) -> bool {
    [RECORD_CONSTRAINT, guesses::CONSTRAINT, streams::CONSTRAINT]
        .into_iter()
        .any(|constraint| duplicate.violates(constraint))
        || organizations::has_passed(duplicate)
}

fn batch(mutation: &Mutation) -> Batch {
    let mut batch = Batch::of("SET XACT_ABORT ON", values![]);
    batch.add("SET NOCOUNT ON", values![]);
    batch.add("BEGIN TRANSACTION", values![]);
    if let Some(record) = &mutation.idempotency {
        add_record(&mut batch, record, mutation.at);
    }
    if let Some(session_id) = mutation.session {
        sessions::guard(&mut batch, session_id);
    }
    add_effect(&mut batch, &mutation.effect, mutation.at);
    if let (Some(session_id), Effect::Identity(_) | Effect::Passkey(_)) = (mutation.session, &mutation.effect)
    {
        // The account's row is locked by now, and whoever has ended the session held it.
        sessions::guard(&mut batch, session_id);
    }
    outbox::add(&mut batch, &mutation.messages, mutation.at);
    if let Some(entry) = &mutation.audit {
        audit::add(&mut batch, entry, mutation.at);
    }
    batch.add("COMMIT TRANSACTION", values![]);
    batch.add("SELECT CAST(1 AS BIT) AS committed", values![]);
    batch
}

/// Inserts the record before everything else, so that a repetition meets the unique constraint first.
fn add_record(batch: &mut Batch, record: &IdempotencyRecord, at: Timestamp) {
    batch.add(
        "DELETE FROM dbo.idempotency_records WHERE scope = ? AND expires_at <= ?",
        values![record.scope, at],
    );
    batch.add(
        "INSERT INTO dbo.idempotency_records (scope, kid, body_hash, answer, created_at, expires_at, asker)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        values![
            record.scope,
            record.kept.kid.as_str(),
            record.kept.body_hash,
            record.kept.answer.as_slice(),
            at,
            record.expires_at,
            record.asker,
        ],
    );
}

fn add_effect(batch: &mut Batch, effect: &Effect, at: Timestamp) {
    match effect {
        Effect::None => {}
        Effect::Register { user, session, code, counted } => {
            accounts::add(batch, user, at);
            sessions::start(batch, session, at);
            if let Some(code) = code {
                codes::add(batch, code);
            }
            guesses::count(batch, counted.as_slice(), at);
        }
        Effect::AddAccount(user) => {
            accounts::add(batch, user, at);
        }
        Effect::Administer(administration) => administration::add(batch, administration, at),
        Effect::Identity(change) => identity::add(batch, change, at),
        Effect::Organize(change) => organizations::add(batch, change, at),
        Effect::Sequence(effects) => effects.iter().for_each(|effect| add_effect(batch, effect, at)),
        Effect::Factor(change) => factors::add(batch, change, at),
        Effect::Oidc(change) => oidc::add(batch, change, at),
        Effect::Passkey(change) => passkeys::add(batch, change, at),
        Effect::StartSession(session) => sessions::start(batch, session, at),
        Effect::CountGuesses(limits) => guesses::count(batch, limits, at),
        Effect::LogIn(log_in) => log_in::add(batch, log_in, at),
        Effect::RotateToken(rotation) => sessions::rotate(batch, rotation, at),
        Effect::RevokeSession { session_id } => sessions::revoke(batch, *session_id, at),
        Effect::RevokeOwnSession { user_id, session_id } => {
            sessions::revoke_one_of(batch, *user_id, *session_id, at);
        }
        Effect::RevokeSessions { user_id, except } => {
            sessions::revoke_all_of(batch, *user_id, *except, at);
        }
        Effect::SaveStep { user_id, expected_version, step, record, reshape } => {
            let version = (*user_id, *expected_version);
            onboarding::save_step(batch, version, (step, record), reshape.as_deref(), at);
        }
        Effect::ReshapeOnboarding { user_id, expected_version, reshape } => {
            onboarding::reshape(batch, *user_id, *expected_version, reshape, at);
        }
        Effect::CompleteOnboarding { user_id, expected_version, reshape } => {
            onboarding::complete(batch, *user_id, *expected_version, reshape.as_deref(), at);
        }
        Effect::Replay(replay) => streams::replay(batch, replay, at),
        Effect::ReopenOnboarding { user_id, expected_version } => {
            reminders::reopen(batch, *user_id, *expected_version, at);
        }
        Effect::Remind(reminder) => reminders::remind(batch, reminder, at),
    }
}
