//! The outbox as SQL.

use std::sync::Arc;
use std::time::Duration;

use tiberius::Row;
use tokio::time::sleep;
use uuid::Uuid;

use super::batch::{Batch, Value, values};
use super::pool::Pool;
use super::retry::Tries;
use super::{read, row, streams};
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::outbox::{
    Claim, ClaimedMessage, Fate, KEPT_DEAD, KEPT_SENT, KEPT_SENT_IN_ORDER, NewMessage, OutboxStatus,
    SealedParameters, Settlement, cut,
};

/// The number of looks for messages that other instances do not take at the same moment.
const COLLISIONS: u32 = 4;
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_millis(40);

/// Deletes messages that were settled long ago. [`super::purge`] runs the statement.
pub(super) const PURGE: &str = "DELETE FROM dbo.outbox WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.outbox WHERE purge_at <= ? ORDER BY purge_at)";
/// The statement that leases messages. Of two instances that meet in one row, the second waits for the update and
/// then finds, by the outer condition, that the message is leased.
const CLAIM: &str = "UPDATE dbo.outbox SET lease_id = ?, next_attempt_at = ?, attempts = attempts + 1
    WHERE seq IN (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.outbox
                  WHERE channel = ? AND next_attempt_at <= ? ORDER BY next_attempt_at)
    AND channel = ? AND next_attempt_at <= ?";
const CLAIMED: &str =
    "SELECT id, channel, topic, user_id, recipient, language, kid, parameters, expires_at, created_at,
    attempts, COALESCE(queued_at, created_at) AS queued_at, stream_position
    FROM dbo.outbox WHERE channel = ? AND next_attempt_at = ? AND lease_id = ? ORDER BY created_at, seq";
const DUE: &str = "SELECT TOP 1 seq FROM dbo.outbox WHERE channel = ? AND next_attempt_at <= ?";
const STATUS: &str = "SELECT
    (SELECT COUNT_BIG(*) FROM dbo.outbox
     WHERE channel = ? AND purge_at IS NULL AND lease_id IS NULL) AS waiting,
    (SELECT COUNT_BIG(*) FROM dbo.outbox
     WHERE channel = ? AND purge_at IS NULL AND lease_id IS NOT NULL) AS leased,
    (SELECT COUNT_BIG(*) FROM dbo.outbox WHERE channel = ? AND dead_at IS NOT NULL) AS dead,
    (SELECT MIN(COALESCE(queued_at, created_at)) FROM dbo.outbox WHERE channel = ? AND purge_at IS NULL) AS oldest";

/// Writes the messages of a mutation. They are due at once, unless they wait for earlier ones.
pub(super) fn add(batch: &mut Batch, messages: &[NewMessage], at: Timestamp) {
    if messages.iter().any(|message| stream(message).is_some()) {
        streams::declare(batch);
    }
    for message in messages {
        match stream(message) {
            Some(user_id) => add_in_order(batch, message, user_id, at),
            None => add_at_once(batch, message, at),
        }
    }
}

/// The account whose stream the message is in; none for a message in no stream.
fn stream(message: &NewMessage) -> Option<Uuid> {
    message.user_id.filter(|_| message.in_order)
}

fn add_in_order(batch: &mut Batch, message: &NewMessage, user_id: Uuid, at: Timestamp) {
    streams::take_place(batch, &message.channel, user_id);
    batch.add(
        "INSERT INTO dbo.outbox (id, channel, topic, user_id, recipient, language, kid, parameters,
            created_at, expires_at, stream_position)
         SELECT ?, channel, ?, user_id, ?, ?, ?, ?, ?, CAST(? AS DATETIME2(3)), last_position
         FROM dbo.outbox_streams WHERE channel = @stream_channel AND user_id = @stream_user",
        values![
            message.id,
            message.topic.as_str(),
            message.recipient.as_str(),
            message.language.as_str(),
            message.parameters.kid.as_str(),
            message.parameters.sealed.as_slice(),
            at,
            message.expires_at,
        ],
    );
    streams::wake(batch, at);
}

fn add_at_once(batch: &mut Batch, message: &NewMessage, at: Timestamp) {
    batch.add(
        "INSERT INTO dbo.outbox (id, channel, topic, user_id, recipient, language, kid, parameters,
                created_at, expires_at, next_attempt_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values![
            message.id,
            message.channel.as_str(),
            message.topic.as_str(),
            message.user_id,
            message.recipient.as_str(),
            message.language.as_str(),
            message.parameters.kid.as_str(),
            message.parameters.sealed.as_slice(),
            at,
            message.expires_at,
            at,
        ],
    );
}

/// Leases messages; see [`crate::store::Store::claim_messages`].
pub(super) async fn claim(pool: &Pool, claim: &Claim) -> Result<Vec<ClaimedMessage>, StoreError> {
    let Claim { channel, lease, now, until, limit } = claim;
    let channel = channel.as_str();
    // A reading first, so that whoever looks in vain takes no lock.
    let due = Batch::of(DUE, values![channel, *now]);
    if read::rows(pool, "look for due messages", due).await?.is_empty() {
        return Ok(Vec::new());
    }
    let values = values![*lease, *until, i64::from(*limit), channel, *now, channel, *now];
    let mut batch = Batch::of(CLAIM, values);
    batch.add(CLAIMED, values![channel, *until, *lease]);
    // To repeat it is harmless: what is told in the end is all that has this lease.
    let batch = Arc::new(batch);
    let mut rows = Vec::new();
    for _ in 0..COLLISIONS {
        rows = change(pool, "claim messages", &batch).await?;
        if !rows.is_empty() {
            break;
        }
        // Others were at the same messages. A random pause parts those who collided.
        sleep(LONGEST_PAUSE.mul_f64(rand::random())).await;
    }
    rows.iter().map(claimed).collect()
}

/// Stores the outcome of an attempt; see [`crate::store::Store::settle_message`].
pub(super) async fn settle(pool: &Pool, settlement: &Settlement) -> Result<bool, StoreError> {
    let Settlement { id, lease, at, fate } = settlement;
    let (id, lease, at) = (*id, *lease, *at);
    let (statement, values): (&str, Vec<Value>) = match fate {
        Fate::Sent => (
            "UPDATE dbo.outbox SET sent_at = ?, next_attempt_at = NULL, lease_id = NULL, last_error = NULL,
                purge_at = CASE WHEN stream_position IS NULL THEN CAST(? AS DATETIME2(3))
                                ELSE CAST(? AS DATETIME2(3)) END,
                kid = CASE WHEN stream_position IS NOT NULL THEN kid END,
                parameters = CASE WHEN stream_position IS NOT NULL THEN parameters END
             WHERE id = ? AND lease_id = ?",
            values![at, at + KEPT_SENT, at + KEPT_SENT_IN_ORDER, id, lease],
        ),
        Fate::Again { next_attempt_at, error } => (
            "UPDATE dbo.outbox SET next_attempt_at = ?, last_error = ?, lease_id = NULL WHERE id = ? AND lease_id = ?",
            values![*next_attempt_at, cut(error), id, lease],
        ),
        Fate::Dead { error } => (
            "UPDATE dbo.outbox SET dead_at = ?, purge_at = ?, last_error = ?, next_attempt_at = NULL, lease_id = NULL
             WHERE id = ? AND lease_id = ?",
            values![at, at + KEPT_DEAD, cut(error), id, lease],
        ),
        Fate::Withdrawn => ("DELETE FROM dbo.outbox WHERE id = ? AND lease_id = ?", values![id, lease]),
        Fate::Returned => (
            "UPDATE dbo.outbox SET next_attempt_at = ?, attempts = attempts - 1, lease_id = NULL
             WHERE id = ? AND lease_id = ?",
            values![at, id, lease],
        ),
    };
    let batch = match fate {
        Fate::Sent | Fate::Dead { .. } => making_way(id, statement, values, at),
        Fate::Again { .. } | Fate::Withdrawn | Fate::Returned => {
            let mut batch = Batch::of(statement, values);
            batch.add("SELECT CAST(@@ROWCOUNT AS BIGINT) AS changed", vec![]);
            batch
        }
    };
    // A second time changes nothing more, but counts no row: the first one may have been done.
    let rows = change(pool, "settle a message", &Arc::new(batch)).await?;
    Ok(rows.first().map_or(Ok(0), |row| row::required::<i64>(row, "changed"))? == 1)
}

/// Ends a message and makes the next one of its stream due.
fn making_way(id: Uuid, statement: &str, values: Vec<Value>, at: Timestamp) -> Batch {
    let mut batch = Batch::of("SET XACT_ABORT ON", vec![]);
    batch.add("SET NOCOUNT ON", vec![]);
    streams::declare(&mut batch);
    batch.add("DECLARE @settled BIGINT", vec![]);
    batch.add("BEGIN TRANSACTION", vec![]);
    streams::lock_stream_of(&mut batch, id);
    batch.add(statement, values);
    batch.add("SET @settled = @@ROWCOUNT", vec![]);
    streams::wake(&mut batch, at);
    batch.add("COMMIT TRANSACTION", vec![]);
    batch.add("SELECT @settled AS changed", vec![]);
    batch
}

/// The numbers of messages of `channel`.
pub(super) async fn status(pool: &Pool, channel: &str) -> Result<OutboxStatus, StoreError> {
    let batch = Batch::of(STATUS, values![channel, channel, channel, channel]);
    let rows = read::rows(pool, "count the messages of the outbox", batch).await?;
    let Some(row) = rows.first() else { return Ok(OutboxStatus::default()) };
    let count = |column| row::required::<i64>(row, column).map(i64::unsigned_abs);
    Ok(OutboxStatus {
        waiting: count("waiting")?,
        leased: count("leased")?,
        dead: count("dead")?,
        oldest: row::optional_moment(row, "oldest")?,
    })
}

fn claimed(row: &Row) -> Result<ClaimedMessage, StoreError> {
    let text = |column| row::required::<&str>(row, column).map(str::to_owned);
    let sealed: &[u8] = row::required(row, "parameters")?;
    let position: Option<i64> = row::optional(row, "stream_position")?;
    let message = NewMessage {
        id: row::required(row, "id")?,
        channel: text("channel")?,
        topic: text("topic")?,
        user_id: row::optional(row, "user_id")?,
        recipient: text("recipient")?,
        language: text("language")?,
        parameters: SealedParameters { kid: text("kid")?, sealed: sealed.to_vec() },
        expires_at: row::optional_moment(row, "expires_at")?,
        in_order: position.is_some(),
    };
    Ok(ClaimedMessage {
        message,
        created_at: row::moment(row, "created_at")?,
        queued_at: row::moment(row, "queued_at")?,
        position,
        attempts: row::required(row, "attempts")?,
    })
}

/// Runs a change that may be repeated without harm.
async fn change(pool: &Pool, action: &'static str, batch: &Arc<Batch>) -> Result<Vec<Row>, StoreError> {
    let mut tries = Tries::new(true);
    loop {
        let failure = match pool.run(batch, tries.left()).await {
            Ok(rows) => return Ok(rows),
            Err(failure) => failure,
        };
        match tries.pause_after(&failure) {
            Some(pause) => sleep(pause).await,
            None => return Err(failure.of_change(action)),
        }
    }
}
