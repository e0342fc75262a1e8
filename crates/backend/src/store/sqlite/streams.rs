//! Streams: the order of messages about one account; see [`crate::store::outbox`]. SQLite has one writer at a time,
//! so nothing is locked.

use rusqlite::{Connection, Error, OptionalExtension as _, params};

use super::read::millis;
use crate::domain::Timestamp;
use crate::store::messages::Replay;

/// Makes the earliest waiting message due, unless a message of the stream is due or leased.
const WAKE: &str = "UPDATE outbox SET next_attempt_at = ?3
    WHERE id = (SELECT id FROM outbox WHERE user_id = ?2 AND channel = ?1 AND stream_position > 0
                AND purge_at IS NULL ORDER BY stream_position LIMIT 1)
    AND next_attempt_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE user_id = ?2 AND channel = ?1 AND stream_position > 0
                    AND next_attempt_at IS NOT NULL)";
const NEXT_POSITION: &str = "INSERT INTO outbox_streams (channel, user_id, last_position) VALUES (?1, ?2, 1)
    ON CONFLICT (channel, user_id) DO UPDATE SET last_position = last_position + 1
    RETURNING last_position";
const STREAM: &str = "SELECT channel, user_id FROM outbox WHERE id = ?1 AND stream_position > 0";
const AGAIN: &str =
    "UPDATE outbox SET sent_at = NULL, dead_at = NULL, purge_at = NULL, last_error = NULL, attempts = 0,
        queued_at = ?3, next_attempt_at = CASE WHEN stream_position IS NULL THEN ?3 END
    WHERE id = ?1 AND channel = ?2 AND purge_at IS NOT NULL AND parameters IS NOT NULL";
const AT_ONCE: &str = "UPDATE outbox SET next_attempt_at = ?3
    WHERE id = ?1 AND channel = ?2 AND purge_at IS NULL AND lease_id IS NULL AND next_attempt_at > ?3";

/// Takes the next place in a stream. A missing stream is begun.
pub(super) fn next_position(connection: &Connection, channel: &str, user_id: &str) -> Result<i64, Error> {
    connection.prepare_cached(NEXT_POSITION)?.query_row(params![channel, user_id], |row| row.get(0))
}

/// Makes a message of a stream due, where one waits and none is due.
pub(super) fn wake(
    connection: &Connection,
    channel: &str,
    user_id: &str,
    at: Timestamp,
) -> Result<(), Error> {
    connection.prepare_cached(WAKE)?.execute(params![channel, user_id, millis(at)]).map(drop)
}

/// Makes a message of the stream of `id` due, where `id` is in a stream.
pub(super) fn wake_stream_of(connection: &Connection, id: &str, at: Timestamp) -> Result<(), Error> {
    let stream = connection.prepare_cached(STREAM)?.query_row([id], |row| {
        let stream: (String, String) = (row.get(0)?, row.get(1)?);
        Ok(stream)
    });
    match stream.optional()? {
        Some((channel, user_id)) => wake(connection, &channel, &user_id, at),
        None => Ok(()),
    }
}

/// Queues messages again.
pub(super) fn replay(
    connection: &Connection,
    Replay { channel, ids }: &Replay,
    at: Timestamp,
) -> Result<(), Error> {
    for id in ids {
        let id = id.to_string();
        connection.prepare_cached(AT_ONCE)?.execute(params![id, channel, millis(at)])?;
        connection.prepare_cached(AGAIN)?.execute(params![id, channel, millis(at)])?;
    }
    // All of a stream are back before one of it is due, so that the earliest is.
    for id in ids {
        wake_stream_of(connection, &id.to_string(), at)?;
    }
    Ok(())
}

/// Deletes the streams of an account that is gone.
pub(super) fn forget(connection: &Connection, user_id: &str) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM outbox WHERE user_id = ? AND stream_position > 0")?
        .execute([user_id])?;
    connection.prepare_cached("DELETE FROM outbox_streams WHERE user_id = ?")?.execute([user_id]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_the_whole_outbox() {
        let database = Migrated::new();
        for statement in [WAKE, STREAM, AGAIN, AT_ONCE] {
            let steps = database.plan(statement);
            assert!(steps.iter().all(|step: &String| !step.starts_with("SCAN")), "{statement}: {steps:?}");
            assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{statement}: {steps:?}");
        }
    }
}
