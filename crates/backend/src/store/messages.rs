//! Queries about the messages of the outbox, and their replay.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use crate::domain::Timestamp;

/// Sends messages of one channel again: those that were sent or given up become as if they had just been written, by the
/// same id and at the same place in their stream; of those that wait, one that is between two attempts is due at once. One
/// that is gone, or of which is kept no longer what it said, stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Which channel's.
    pub channel: String,
    /// Which ones; at most [`MAX_REPLAYED`].
    pub ids: Vec<Uuid>,
}

/// So many messages at most are sent again by one change.
pub const MAX_REPLAYED: u32 = 100;

/// The part of a [`super::Store`] that shows the messages of the outbox.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// At most `limit` messages that `filter` lets through, in its order, from `after` on.
    async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<MessagePosition>,
        limit: u32,
    ) -> Result<MessagePage, StoreError>;

    /// The message `id` of `channel`.
    async fn message(&self, channel: &str, id: Uuid) -> Result<Option<MessageRecord>, StoreError>;
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// It is neither sent nor given up.
    Waiting,
    /// It was sent.
    Sent,
    /// It was given up: a dead letter.
    Dead,
}

/// Which messages are wanted: those that meet all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Which channel's.
    pub channel: String,
    /// How far they are.
    pub state: Option<MessageState>,
    /// What they are, such as `user.registered`.
    pub topic: Option<String>,
    /// Whom they concern.
    pub user_id: Option<Uuid>,
    /// Not written before this moment.
    pub from: Option<Timestamp>,
    /// Written before this moment.
    pub before: Option<Timestamp>,
    /// The oldest first instead of the newest.
    pub oldest_first: bool,
}

/// Where in a list of messages a page has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePosition {
    /// When its last message was written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    /// The key of that message, which is the store's own.
    pub key: String,
}

/// A message without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// The same for all attempts.
    pub id: Uuid,
    /// What it is.
    pub topic: String,
    /// Whom it concerns.
    pub user_id: Option<Uuid>,
    /// Where it goes; empty where its channel has one place.
    pub recipient: String,
    /// Its place in its stream.
    pub position: Option<i64>,
    /// When it was written.
    pub created_at: Timestamp,
    /// How far it is.
    pub state: MessageState,
    /// How often it was taken, since it was written or last sent again.
    pub attempts: i64,
    /// When it is due, or when its lease ends; none where it is settled or waits for an earlier one.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Whether it is still kept what it says.
    pub has_content: bool,
}

/// Some messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// In order.
    pub items: Vec<MessageRecord>,
    /// Where the next page goes on; none after the last one.
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
