//! Streams: the order of messages about one account; see [`crate::store::outbox`].
//!
//! A change locks the stream's row before it changes a waiting message of the stream. So changes of one stream are
//! done one after the other, and each sees the effect of the one before. Leasing needs no such lock, because a leased
//! message was due and stays the stream's only one.

use uuid::Uuid;

use super::batch::{Batch, values};
use crate::domain::Timestamp;
use crate::store::messages::Replay;

/// The constraint that two instances meet when they begin a stream at the same time. The second one goes on with the
/// stream.
pub(super) const CONSTRAINT: &str = "pk_outbox_streams";

/// Makes the earliest waiting message due, unless a message of the stream is due or leased.
const WAKE: &str = "UPDATE dbo.outbox SET next_attempt_at = ?
    WHERE id = (SELECT TOP (1) id FROM dbo.outbox WHERE user_id = @stream_user AND channel = @stream_channel
                AND stream_position > 0 AND purge_at IS NULL ORDER BY stream_position)
    AND next_attempt_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM dbo.outbox WHERE user_id = @stream_user AND channel = @stream_channel
                    AND stream_position > 0 AND next_attempt_at IS NOT NULL)";

/// Declares the variables of the other statements of this file, once for each batch.
pub(super) fn declare(batch: &mut Batch) {
    batch.add("DECLARE @stream_user UNIQUEIDENTIFIER, @stream_channel NVARCHAR(20)", values![]);
}

/// Takes the next place in a stream and locks the stream. A missing stream is begun.
pub(super) fn take_place(batch: &mut Batch, channel: &str, user_id: Uuid) {
    batch.add("SET @stream_user = ?", values![user_id]);
    batch.add("SET @stream_channel = ?", values![channel]);
    batch.add(
        "UPDATE dbo.outbox_streams SET last_position = last_position + 1
         WHERE channel = @stream_channel AND user_id = @stream_user",
        values![],
    );
    batch.add(
        "IF @@ROWCOUNT = 0 INSERT INTO dbo.outbox_streams (channel, user_id, last_position)
         VALUES (@stream_channel, @stream_user, 1)",
        values![],
    );
}

/// Locks the stream of a message that is in one.
pub(super) fn lock_stream_of(batch: &mut Batch, id: Uuid) {
    // A variable keeps its value where no row is found.
    batch.add("SET @stream_user = NULL", values![]);
    batch.add(
        "SELECT @stream_user = user_id, @stream_channel = channel FROM dbo.outbox WHERE id = ? AND stream_position > 0",
        values![id],
    );
    batch.add(
        "UPDATE dbo.outbox_streams SET last_position = last_position
         WHERE channel = @stream_channel AND user_id = @stream_user",
        values![],
    );
}

/// Makes a message of the stream that was locked last due, where one waits and none is due.
pub(super) fn wake(batch: &mut Batch, at: Timestamp) {
    batch.add(WAKE, values![at]);
}

/// Queues messages again.
pub(super) fn replay(batch: &mut Batch, Replay { channel, ids }: &Replay, at: Timestamp) {
    declare(batch);
    // In one order, so that nobody waits in a circle.
    let mut ids = ids.clone();
    ids.sort_unstable();
    for id in &ids {
        lock_stream_of(batch, *id);
        batch.add(
            "UPDATE dbo.outbox SET next_attempt_at = ?
             WHERE id = ? AND channel = ? AND purge_at IS NULL AND lease_id IS NULL AND next_attempt_at > ?",
            values![at, *id, channel.as_str(), at],
        );
        batch.add(
            "UPDATE dbo.outbox SET sent_at = NULL, dead_at = NULL, purge_at = NULL, last_error = NULL, attempts = 0,
                queued_at = ?, next_attempt_at = CASE WHEN stream_position IS NULL THEN CAST(? AS DATETIME2(3)) END
             WHERE id = ? AND channel = ? AND purge_at IS NOT NULL AND parameters IS NOT NULL",
            values![at, at, *id, channel.as_str()],
        );
    }
    // All of a stream are back before one of it is due, so that the earliest is.
    for id in &ids {
        lock_stream_of(batch, *id);
        wake(batch, at);
    }
}

/// Deletes the streams of an account that is gone.
pub(super) fn forget(batch: &mut Batch, user_id: Uuid) {
    batch.add("DELETE FROM dbo.outbox_streams WHERE user_id = ?", values![user_id]);
    batch.add("DELETE FROM dbo.outbox WHERE user_id = ? AND stream_position > 0", values![user_id]);
}
