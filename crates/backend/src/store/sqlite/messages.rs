//! The messages of the outbox, as lists show them.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use uuid::Uuid;

use super::SqliteStore;
use super::job::Job;
use super::read::{all, millis, moment, parse};
use crate::store::messages::{
    MessageFilter, MessagePage, MessagePosition, MessageRecord, MessageState, Messages,
};
use crate::store::{StoreError, directory};

const COLUMNS: &str =
    "SELECT id, topic, user_id, recipient, stream_position, created_at, attempts, next_attempt_at,
    sent_at, dead_at, last_error, parameters IS NOT NULL FROM outbox";

#[async_trait]
impl Messages for SqliteStore {
    async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<MessagePosition>,
        limit: u32,
    ) -> Result<MessagePage, StoreError> {
        let work = move |connection: &Connection| page(connection, &filter, after.as_ref(), limit);
        self.readers.submit(Job::new(work)).await
    }

    async fn message(&self, channel: &str, id: Uuid) -> Result<Option<MessageRecord>, StoreError> {
        let channel = channel.to_owned();
        let work = move |connection: &Connection| {
            let values = vec![id.to_string().into(), channel.into()];
            Ok(read(connection, &format!("{COLUMNS} WHERE id = ? AND channel = ?"), values)?.pop())
        };
        self.readers.submit(Job::new(work)).await
    }
}

fn page(
    connection: &Connection,
    filter: &MessageFilter,
    after: Option<&MessagePosition>,
    limit: u32,
) -> Result<MessagePage, StoreError> {
    let (sql, values) = query(filter, after, limit);
    let (items, next) = directory::page(read(connection, &sql, values)?, limit, |last| MessagePosition {
        at: last.created_at,
        key: last.id.to_string(),
    });
    Ok(MessagePage { items, next })
}

/// The query for a filter. A given state or person decides which index is read. Only dead letters and the messages of
/// one person are sorted, and there are few of them.
fn query(filter: &MessageFilter, after: Option<&MessagePosition>, limit: u32) -> (String, Vec<Value>) {
    let index = match (filter.user_id, filter.state) {
        (Some(_), _) => "ix_outbox_user_id",
        (None, Some(MessageState::Waiting)) => "ix_outbox_open",
        (None, Some(MessageState::Dead)) => "ix_outbox_dead_at",
        (None, Some(MessageState::Sent) | None) => "ix_outbox_created_at",
    };
    let (behind, order) =
        if filter.oldest_first { (">", "created_at, id") } else { ("<", "created_at DESC, id DESC") };
    let mut sql = format!("{COLUMNS} INDEXED BY {index} WHERE channel = ?");
    let mut values: Vec<Value> = vec![filter.channel.clone().into()];
    let mut and = |condition: &str, more: Vec<Value>| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.extend(more);
    };
    if let Some(id) = filter.user_id {
        and("user_id = ?", vec![id.to_string().into()]);
    }
    match filter.state {
        Some(MessageState::Waiting) => and("purge_at IS NULL", vec![]),
        Some(MessageState::Dead) => and("dead_at > 0", vec![]),
        Some(MessageState::Sent) => and("sent_at IS NOT NULL", vec![]),
        None => {}
    }
    if let Some(topic) = &filter.topic {
        and("topic = ?", vec![topic.clone().into()]);
    }
    if let Some(from) = filter.from {
        and("created_at >= ?", vec![millis(from).into()]);
    }
    if let Some(before) = filter.before {
        and("created_at < ?", vec![millis(before).into()]);
    }
    if let Some(MessagePosition { at, key }) = after {
        let at = millis(*at);
        and(
            &format!("created_at {behind}= ? AND (created_at {behind} ? OR id {behind} ?)"),
            vec![at.into(), at.into(), key.clone().into()],
        );
    }
    sql.push_str(" ORDER BY ");
    sql.push_str(order);
    sql.push_str(" LIMIT ?");
    values.push((i64::from(limit) + 1).into());
    (sql, values)
}

fn read(connection: &Connection, sql: &str, values: Vec<Value>) -> Result<Vec<MessageRecord>, StoreError> {
    let rows = all(connection, "read the outbox", sql, params_from_iter(values), MessageRow::read)?;
    rows.into_iter().map(MessageRow::into_record).collect()
}

struct MessageRow {
    id: String,
    topic: String,
    user_id: Option<String>,
    recipient: String,
    position: Option<i64>,
    created_at: i64,
    attempts: i64,
    next_attempt_at: Option<i64>,
    sent_at: Option<i64>,
    dead_at: Option<i64>,
    last_error: Option<String>,
    has_content: bool,
}

impl MessageRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            topic: row.get(1)?,
            user_id: row.get(2)?,
            recipient: row.get(3)?,
            position: row.get(4)?,
            created_at: row.get(5)?,
            attempts: row.get(6)?,
            next_attempt_at: row.get(7)?,
            sent_at: row.get(8)?,
            dead_at: row.get(9)?,
            last_error: row.get(10)?,
            has_content: row.get(11)?,
        })
    }

    fn into_record(self) -> Result<MessageRecord, StoreError> {
        let sent_at = self.sent_at.map(moment).transpose()?;
        let dead_at = self.dead_at.map(moment).transpose()?;
        Ok(MessageRecord {
            id: parse("message id", &self.id)?,
            topic: self.topic,
            user_id: self.user_id.map(|id| parse("user id", &id)).transpose()?,
            recipient: self.recipient,
            position: self.position,
            created_at: moment(self.created_at)?,
            state: MessageState::of(sent_at, dead_at),
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at.map(moment).transpose()?,
            sent_at,
            dead_at,
            last_error: self.last_error,
            has_content: self.has_content,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;
    use crate::domain::now;

    #[test]
    fn every_list_is_read_by_an_index_and_long_ones_are_not_sorted() {
        let database = Migrated::new();
        let after = MessagePosition { at: now(), key: "key".into() };
        for state in [None, Some(MessageState::Waiting), Some(MessageState::Sent), Some(MessageState::Dead)] {
            for user_id in [None, Some(Uuid::nil())] {
                let (topic, from) = (Some("user.registered".into()), Some(now()));
                let channel = "webhook".to_owned();
                let oldest_first = user_id.is_some();
                let filter =
                    MessageFilter { channel, state, topic, user_id, from, before: from, oldest_first };
                let (sql, _) = query(&filter, Some(&after), 50);
                let steps = database.plan(&sql);
                let few = user_id.is_some() || state == Some(MessageState::Dead);
                assert!(steps[0].starts_with("SEARCH"), "{sql}: {steps:?}");
                // Those of one moment may be, which the last term alone means.
                let sorted = steps.iter().any(|step| step == "USE TEMP B-TREE FOR ORDER BY");
                assert!(few || !sorted, "{sql}: {steps:?}");
            }
        }
    }
}
