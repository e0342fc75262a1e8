//! Queries about the messages of the outbox, and the replay of messages.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use crate::domain::Timestamp;

/// Queues messages of one channel again. Messages that were sent or given up become as if they had just been written,
/// with the same id and place in their stream. A waiting message between two attempts becomes due at once. Nothing
/// happens to a message that is gone or whose content is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The channel.
    pub channel: String,
    /// The ids of the messages; at most [`MAX_REPLAYED`].
    pub ids: Vec<Uuid>,
}

/// The largest number of messages in one replay.
pub const MAX_REPLAYED: u32 = 100;

/// The queries of a [`super::Store`] about messages of the outbox.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// At most `limit` messages that match `filter`, in the filter's order, after the position `after`.
    async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<MessagePosition>,
        limit: u32,
    ) -> Result<MessagePage, StoreError>;

    /// The message `id` of `channel`; none where there is none.
    async fn message(&self, channel: &str, id: Uuid) -> Result<Option<MessageRecord>, StoreError>;
}

/// The state of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// The message is neither sent nor given up.
    Waiting,
    /// The message was sent.
    Sent,
    /// The message was given up: a dead letter.
    Dead,
}

/// A filter of messages. A message matches where it meets all given conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// The channel.
    pub channel: String,
    /// The state.
    pub state: Option<MessageState>,
    /// The topic, such as `user.registered`.
    pub topic: Option<String>,
    /// The id of the account that the message is about.
    pub user_id: Option<Uuid>,
    /// The earliest time of writing.
    pub from: Option<Timestamp>,
    /// The time that all messages were written before.
    pub before: Option<Timestamp>,
    /// Whether the oldest come first, instead of the newest.
    pub oldest_first: bool,
}

/// The end of a page of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePosition {
    /// The time when the last message was written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    /// The key of the last message. Only the store reads the key.
    pub key: String,
}

/// A message without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// The id of the message, which is the same for all attempts.
    pub id: Uuid,
    /// The topic.
    pub topic: String,
    /// The id of the account that the message is about.
    pub user_id: Option<Uuid>,
    /// The recipient; empty where the channel has only one.
    pub recipient: String,
    /// The place in the message's stream; none where the message is in no stream.
    pub position: Option<i64>,
    /// The time when the message was written.
    pub created_at: Timestamp,
    /// The state.
    pub state: MessageState,
    /// The number of attempts since the message was written or last queued again.
    pub attempts: i64,
    /// The time of the next attempt, or the end of the lease. None where the message is settled, or waits for an
    /// earlier one.
    pub next_attempt_at: Option<Timestamp>,
    /// The time when the message was sent.
    pub sent_at: Option<Timestamp>,
    /// The time when the message was given up.
    pub dead_at: Option<Timestamp>,
    /// The error of the last attempt.
    pub last_error: Option<String>,
    /// Whether the content is still stored.
    pub has_content: bool,
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// The messages, in order.
    pub items: Vec<MessageRecord>,
    /// The position after which the next page begins; none for the last page.
    pub next: Option<MessagePosition>,
}

impl MessageState {
    /// The state of a message with these times.
    pub(super) fn of(sent_at: Option<Timestamp>, dead_at: Option<Timestamp>) -> Self {
        match (sent_at, dead_at) {
            (Some(_), _) => Self::Sent,
            (None, Some(_)) => Self::Dead,
            (None, None) => Self::Waiting,
        }
    }
}
