//! Messages that wait to be sent, which are rows of the table `outbox`.
//!
//! A message is written in one transaction with the change that it tells of ([`super::Mutation::messages`]). Every
//! instance leases due messages ([`Claim`]), tries to send them and stores the outcome ([`Settlement`]). A lease is a
//! guarded update that moves `next_attempt_at` to the end of the lease. So the message of an instance that dies
//! becomes due again by itself. A settlement names its lease, and changes nothing where another instance has leased
//! the message since.
//!
//! # In order
//!
//! Messages in order ([`NewMessage::in_order`]) form a stream for each person in each channel, in the order of their
//! commits. One message of a stream at a time is due or leased: the earliest one that is neither sent nor given up. A
//! message that is sent or given up makes way for the next, so a dead letter holds nothing up. Adding to a stream and
//! taking from it lock the stream's row first.

use time::Duration;
use uuid::Uuid;

use crate::domain::Timestamp;

/// The time that the row of a sent message is kept, without the message's content.
pub const KEPT_SENT: Duration = Duration::days(7);
/// The time that a sent message of a stream is kept, with its content, so that it can be sent again.
pub const KEPT_SENT_IN_ORDER: Duration = Duration::days(30);
/// The time that a message is kept after it was given up.
pub const KEPT_DEAD: Duration = Duration::days(30);
/// The longest stored error, in characters.
pub const MAX_ERROR: usize = 500;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The id (`UUIDv7`), which the writer of the message makes, and which is the same for all attempts.
    pub id: Uuid,
    /// The channel, such as `mail` (at most 20 characters).
    pub channel: String,
    /// The topic, such as `verify_email` (at most 64 characters).
    pub topic: String,
    /// The id of the account that the message is about; none where it is about no account.
    pub user_id: Option<Uuid>,
    /// The recipient, such as an e-mail address (at most 400 characters).
    pub recipient: String,
    /// The language as a BCP 47 tag (at most 35 characters).
    pub language: String,
    /// The content. The store takes the content as plain bytes.
    pub parameters: SealedParameters,
    /// The time after which the message is not sent any more.
    pub expires_at: Option<Timestamp>,
    /// Whether the message waits for earlier messages of its channel about the same account. A message about no
    /// account waits for none.
    pub in_order: bool,
}

/// The encrypted content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedParameters {
    /// The name of the secret whose key encrypted the content (at most 64 characters).
    pub kid: String,
    /// Nonce, ciphertext and tag (at most 64 KiB).
    pub sealed: Vec<u8>,
}

/// A lease of messages that are due.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The channel.
    pub channel: String,
    /// The id of the lease, which nobody has used before.
    pub lease: Uuid,
    /// The time now.
    pub now: Timestamp,
    /// The end of the lease, after which other instances may take the messages.
    pub until: Timestamp,
    /// The largest number of messages.
    pub limit: u32,
}

/// A leased message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    /// The message as it was written.
    pub message: NewMessage,
    /// The time when the message was written.
    pub created_at: Timestamp,
    /// The time since when the message waits: when it was written, or last queued again.
    pub queued_at: Timestamp,
    /// The place in the message's stream, from 1 on and without gaps; none where the message is in no stream.
    pub position: Option<i64>,
    /// The number of attempts, this one included.
    pub attempts: i64,
}

/// The outcome of an attempt.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The id of the message.
    pub id: Uuid,
    /// The id of the lease.
    pub lease: Uuid,
    /// The time now.
    pub at: Timestamp,
    /// The fate of the message.
    pub fate: Fate,
}

/// The fate of a message after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The message was sent. Its content is deleted, unless it belongs to a stream.
    Sent,
    /// The message is tried again.
    Again {
        /// The earliest time of the next attempt.
        next_attempt_at: Timestamp,
        /// The error of the attempt.
        error: String,
    },
    /// The message is given up.
    Dead {
        /// The error of the attempt.
        error: String,
    },
    /// The message makes no sense any more, is not sent and is deleted.
    Withdrawn,
    /// The message was not tried. It is due at once, and the attempt does not count.
    Returned,
}

/// The numbers of messages of a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxStatus {
    /// The number of messages that wait for an attempt, or for earlier messages of their stream.
    pub waiting: u64,
    /// The number of leased messages, those of dead instances included.
    pub leased: u64,
    /// The number of messages that were given up and not yet deleted.
    pub dead: u64,
    /// The time since when the oldest waiting message waits; none where no message waits.
    pub oldest: Option<Timestamp>,
}

/// `error` cut to [`MAX_ERROR`] characters.
pub(super) fn cut(error: &str) -> &str {
    error.char_indices().nth(MAX_ERROR).map_or(error, |(end, _)| &error[..end])
}
