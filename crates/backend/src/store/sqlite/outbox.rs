//! The outbox as SQL.

use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::connection::store_error;
use super::read::{millis, moment, parse};
use super::streams;
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::outbox::{
    Claim, ClaimedMessage, Fate, KEPT_DEAD, KEPT_SENT, KEPT_SENT_IN_ORDER, NewMessage, OutboxStatus,
    SealedParameters, Settlement, cut,
};

/// Deletes messages that were settled long ago. [`super::purge`] runs the statement.
pub(super) const PURGE: &str =
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE purge_at <= ?1 LIMIT ?2)";
const DUE: &str = "SELECT EXISTS (SELECT 1 FROM outbox WHERE channel = ?1 AND next_attempt_at <= ?2)";
const CLAIM: &str = "UPDATE outbox SET lease_id = ?1, next_attempt_at = ?2, attempts = attempts + 1
    WHERE id IN (SELECT id FROM outbox WHERE channel = ?3 AND next_attempt_at <= ?4 ORDER BY next_attempt_at LIMIT ?5)
    RETURNING id, channel, topic, user_id, recipient, language, kid, parameters, expires_at, created_at, attempts,
        COALESCE(queued_at, created_at), stream_position";
const STATUS: &str = "SELECT
    (SELECT COUNT(*) FROM outbox WHERE channel = ?1 AND purge_at IS NULL AND lease_id IS NULL),
    (SELECT COUNT(*) FROM outbox WHERE channel = ?1 AND purge_at IS NULL AND lease_id IS NOT NULL),
    (SELECT COUNT(*) FROM outbox WHERE channel = ?1 AND dead_at IS NOT NULL),
    (SELECT MIN(COALESCE(queued_at, created_at)) FROM outbox WHERE channel = ?1 AND purge_at IS NULL)";

/// Writes the messages of a mutation. They are due at once, unless they wait for earlier ones.
pub(super) fn insert(connection: &Connection, messages: &[NewMessage], at: Timestamp) -> Result<(), Error> {
    for message in messages {
        let user_id = message.user_id.map(|id| id.to_string());
        let stream = user_id.as_deref().filter(|_| message.in_order);
        let position =
            stream.map(|id| streams::next_position(connection, &message.channel, id)).transpose()?;
        connection
            .prepare_cached(
                "INSERT INTO outbox (id, channel, topic, user_id, recipient, language, kid, parameters,
                    created_at, expires_at, stream_position, next_attempt_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, CASE WHEN ?11 IS NULL THEN ?9 END)",
            )?
            .execute(params![
                message.id.to_string(),
                message.channel,
                message.topic,
                user_id,
                message.recipient,
                message.language,
                message.parameters.kid,
                message.parameters.sealed,
                millis(at),
                message.expires_at.map(millis),
                position,
            ])?;
        if let Some(user_id) = stream {
            streams::wake(connection, &message.channel, user_id, at)?;
        }
    }
    Ok(())
}

/// Whether a message is due. The look only reads, so that a look in vain writes nothing.
pub(super) fn is_due(connection: &Connection, channel: &str, now: Timestamp) -> Result<bool, StoreError> {
    let due = connection
        .prepare_cached(DUE)
        .and_then(|mut query| query.query_row(params![channel, millis(now)], |row| row.get(0)));
    due.map_err(|error| store_error("look for due messages", error))
}

/// Leases messages; see [`crate::store::Store::claim_messages`].
pub(super) fn claim(connection: &Connection, claim: &Claim) -> Result<Vec<ClaimedMessage>, StoreError> {
    let rows = || -> Result<Vec<MessageRow>, Error> {
        let mut update = connection.prepare_cached(CLAIM)?;
        let Claim { channel, lease, now, until, limit } = claim;
        let values = params![lease.to_string(), millis(*until), channel, millis(*now), limit];
        update.query_map(values, MessageRow::read)?.collect()
    };
    let rows = rows().map_err(|error| store_error("claim messages", error))?;
    let mut messages = rows.into_iter().map(MessageRow::into_message).collect::<Result<Vec<_>, _>>()?;
    messages.sort_by_key(|claimed| (claimed.created_at, claimed.message.id));
    Ok(messages)
}

/// Stores the outcome of an attempt; see [`crate::store::Store::settle_message`].
pub(super) fn settle(connection: &Connection, settlement: &Settlement) -> Result<bool, StoreError> {
    let Settlement { id, lease, at, fate } = settlement;
    let (id, lease, now) = (id.to_string(), lease.to_string(), millis(*at));
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(values);
    let rows = match fate {
        Fate::Sent => run(
            "UPDATE outbox SET sent_at = ?3, next_attempt_at = NULL, lease_id = NULL, last_error = NULL,
                purge_at = CASE WHEN stream_position IS NULL THEN ?4 ELSE ?5 END,
                kid = CASE WHEN stream_position IS NOT NULL THEN kid END,
                parameters = CASE WHEN stream_position IS NOT NULL THEN parameters END
             WHERE id = ?1 AND lease_id = ?2",
            &[&id, &lease, &now, &millis(*at + KEPT_SENT), &millis(*at + KEPT_SENT_IN_ORDER)],
        ),
        Fate::Again { next_attempt_at, error } => run(
            "UPDATE outbox SET next_attempt_at = ?3, last_error = ?4, lease_id = NULL
             WHERE id = ?1 AND lease_id = ?2",
            &[&id, &lease, &millis(*next_attempt_at), &cut(error)],
        ),
        Fate::Dead { error } => run(
            "UPDATE outbox SET dead_at = ?3, purge_at = ?4, last_error = ?5, next_attempt_at = NULL, lease_id = NULL
             WHERE id = ?1 AND lease_id = ?2",
            &[&id, &lease, &now, &millis(*at + KEPT_DEAD), &cut(error)],
        ),
        Fate::Withdrawn => run("DELETE FROM outbox WHERE id = ?1 AND lease_id = ?2", &[&id, &lease]),
        Fate::Returned => run(
            "UPDATE outbox SET next_attempt_at = ?3, attempts = attempts - 1, lease_id = NULL
             WHERE id = ?1 AND lease_id = ?2",
            &[&id, &lease, &now],
        ),
    };
    let settled = rows.and_then(|rows| {
        if rows == 1 && matches!(fate, Fate::Sent | Fate::Dead { .. }) {
            streams::wake_stream_of(connection, &id, *at)?;
        }
        Ok(rows == 1)
    });
    settled.map_err(|error| store_error("settle a message", error))
}

/// The numbers of messages of `channel`.
pub(super) fn status(connection: &Connection, channel: &str) -> Result<OutboxStatus, StoreError> {
    let count = i64::unsigned_abs;
    let counts = connection.prepare_cached(STATUS).and_then(|mut query| {
        query.query_row([channel], |row| {
            Ok((count(row.get(0)?), count(row.get(1)?), count(row.get(2)?), row.get(3)?))
        })
    });
    let (waiting, leased, dead, oldest) =
        counts.map_err(|error| store_error("count the messages of the outbox", error))?;
    let oldest: Option<i64> = oldest;
    Ok(OutboxStatus { waiting, leased, dead, oldest: oldest.map(moment).transpose()? })
}

struct MessageRow {
    id: String,
    channel: String,
    topic: String,
    user_id: Option<String>,
    recipient: String,
    language: String,
    kid: String,
    sealed: Vec<u8>,
    expires_at: Option<i64>,
    created_at: i64,
    attempts: i64,
    queued_at: i64,
    position: Option<i64>,
}

impl MessageRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            channel: row.get(1)?,
            topic: row.get(2)?,
            user_id: row.get(3)?,
            recipient: row.get(4)?,
            language: row.get(5)?,
            kid: row.get(6)?,
            sealed: row.get(7)?,
            expires_at: row.get(8)?,
            created_at: row.get(9)?,
            attempts: row.get(10)?,
            queued_at: row.get(11)?,
            position: row.get(12)?,
        })
    }

    fn into_message(self) -> Result<ClaimedMessage, StoreError> {
        let user_id = self.user_id.map(|id| parse::<Uuid>("user id", &id)).transpose()?;
        let message = NewMessage {
            id: parse("message id", &self.id)?,
            channel: self.channel,
            topic: self.topic,
            user_id,
            recipient: self.recipient,
            language: self.language,
            parameters: SealedParameters { kid: self.kid, sealed: self.sealed },
            expires_at: self.expires_at.map(moment).transpose()?,
            in_order: self.position.is_some(),
        };
        let (created_at, queued_at) = (moment(self.created_at)?, moment(self.queued_at)?);
        Ok(ClaimedMessage {
            message,
            created_at,
            queued_at,
            position: self.position,
            attempts: self.attempts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_the_whole_outbox() {
        let database = Migrated::new();
        for (statement, index) in [
            (PURGE, "ix_outbox_purge_at"),
            (DUE, "ix_outbox_next_attempt_at"),
            (CLAIM, "ix_outbox_next_attempt_at"),
            (STATUS, "COVERING INDEX ix_outbox_open"),
            (STATUS, "ix_outbox_dead_at"),
        ] {
            let steps = database.plan(statement);
            assert!(steps.iter().any(|step| step.contains(index)), "{statement}: {steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("SCAN outbox")), "{statement}: {steps:?}");
        }
    }
}
