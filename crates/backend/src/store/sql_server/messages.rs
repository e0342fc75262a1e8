//! The messages of the outbox, as lists show them.

use async_trait::async_trait;
use tiberius::Row;
use uuid::Uuid;

use super::SqlServerStore;
use super::batch::{Batch, Value, values};
use super::{read, row};
use crate::store::messages::{
    MessageFilter, MessagePage, MessagePosition, MessageRecord, MessageState, Messages,
};
use crate::store::{StoreError, directory};

const COLUMNS: &str =
    "seq, id, topic, user_id, recipient, stream_position, created_at, attempts, next_attempt_at,
    sent_at, dead_at, last_error, CASE WHEN parameters IS NULL THEN 0 ELSE 1 END AS has_content";

#[async_trait]
impl Messages for SqlServerStore {
    async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<MessagePosition>,
        limit: u32,
    ) -> Result<MessagePage, StoreError> {
        let batch = page(&filter, after.as_ref(), limit)?;
        let rows = read::rows(&self.pool, "read the outbox", batch).await?;
        let records = rows.iter().map(numbered).collect::<Result<Vec<_>, _>>()?;
        let (records, next) = directory::page(records, limit, |(seq, last)| MessagePosition {
            at: last.created_at,
            key: seq.to_string(),
        });
        Ok(MessagePage { items: records.into_iter().map(|(_, record)| record).collect(), next })
    }

    async fn message(&self, channel: &str, id: Uuid) -> Result<Option<MessageRecord>, StoreError> {
        let statement = format!("SELECT {COLUMNS} FROM dbo.outbox WHERE id = ? AND channel = ?");
        let batch = Batch::of(&statement, values![id, channel]);
        let rows = read::rows(&self.pool, "read a message", batch).await?;
        rows.first().map(|row| numbered(row).map(|(_, record)| record)).transpose()
    }
}

fn page(filter: &MessageFilter, after: Option<&MessagePosition>, limit: u32) -> Result<Batch, StoreError> {
    let (behind, order) =
        if filter.oldest_first { (">", "created_at, seq") } else { ("<", "created_at DESC, seq DESC") };
    let mut sql = format!("SELECT TOP (CAST(? AS BIGINT)) {COLUMNS} FROM dbo.outbox WHERE channel = ?");
    let mut all: Vec<Value> = values![i64::from(limit) + 1, filter.channel.as_str()];
    let mut and = |condition: &str, more: Vec<Value>| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        all.extend(more);
    };
    if let Some(id) = filter.user_id {
        and("user_id = ?", values![id]);
    }
    match filter.state {
        Some(MessageState::Waiting) => and("purge_at IS NULL", values![]),
        Some(MessageState::Dead) => and("dead_at IS NOT NULL", values![]),
        Some(MessageState::Sent) => and("sent_at IS NOT NULL", values![]),
        None => {}
    }
    if let Some(topic) = &filter.topic {
        and("topic = ?", values![topic.as_str()]);
    }
    if let Some(from) = filter.from {
        and("created_at >= ?", values![from]);
    }
    if let Some(before) = filter.before {
        and("created_at < ?", values![before]);
    }
    if let Some(MessagePosition { at, key }) = after {
        let seq: i64 = key.parse().map_err(|error| StoreError::corrupt("key of a cursor", error))?;
        and(
            &format!("created_at {behind}= ? AND (created_at {behind} ? OR seq {behind} ?)"),
            values![*at, *at, seq],
        );
    }
    sql.push_str(" ORDER BY ");
    sql.push_str(order);
    Ok(Batch::of(&sql, all))
}

fn numbered(row: &Row) -> Result<(i64, MessageRecord), StoreError> {
    let text = |column| row::required::<&str>(row, column).map(str::to_owned);
    let sent_at = row::optional_moment(row, "sent_at")?;
    let dead_at = row::optional_moment(row, "dead_at")?;
    let record = MessageRecord {
        id: row::required(row, "id")?,
        topic: text("topic")?,
        user_id: row::optional(row, "user_id")?,
        recipient: text("recipient")?,
        position: row::optional(row, "stream_position")?,
        created_at: row::moment(row, "created_at")?,
        state: MessageState::of(sent_at, dead_at),
        attempts: row::required(row, "attempts")?,
        next_attempt_at: row::optional_moment(row, "next_attempt_at")?,
        sent_at,
        dead_at,
        last_error: row::optional::<&str>(row, "last_error")?.map(str::to_owned),
        has_content: row::required::<i32>(row, "has_content")? == 1,
    };
    Ok((row::required(row, "seq")?, record))
}
