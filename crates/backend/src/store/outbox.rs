//! Messages that wait to be sent: rows of the table `outbox`.
//!
//! A message is written in one transaction with what it tells of ([`super::Mutation::messages`]). Every instance takes
//! messages that are due ([`Claim`]), tries to send them and says how that ended ([`Settlement`]). To take a message is
//! a guarded update that moves its `next_attempt_at` to the end of the lease: the message of an instance that dies is
//! due again by itself. Whoever settles a message names the lease; where another instance has it by then, nothing
//! changes.
//!
//! # In order
//!
//! Messages that are told in order ([`NewMessage::in_order`]) make a stream for each person in each channel, in the order
//! of their commits. Of a stream one message at a time is due or taken, the earliest that is neither sent nor given up; it
//! makes way when it is sent or given up, so that a dead letter holds nothing up. Whatever adds to a stream or takes from
//! it locks the stream's row first.

use time::Duration;
use uuid::Uuid;

use crate::domain::Timestamp;

/// How long the row of a message that was sent is kept, without what it said.
pub const KEPT_SENT: Duration = Duration::days(7);
/// The same for one that is told in order: with what it said, so that it can be sent again.
pub const KEPT_SENT_IN_ORDER: Duration = Duration::days(30);
/// How long a message that was given up is kept.
pub const KEPT_DEAD: Duration = Duration::days(30);
/// The longest text that is kept of an error, in characters.
pub const MAX_ERROR: usize = 500;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The same for all attempts. A `UUIDv7` of whoever writes it.
    pub id: Uuid,
    /// How it goes, such as `mail` (at most 20 characters).
    pub channel: String,
    /// What it is, such as `verify_email` (at most 64 characters).
    pub topic: String,
    /// Whom it concerns.
    pub user_id: Option<Uuid>,
    /// Where it goes, such as an e-mail address (at most 400 characters).
    pub recipient: String,
    /// In which language, as a BCP 47 tag (at most 35 characters).
    pub language: String,
    /// What it says. To the store, these are mere bytes.
    pub parameters: SealedParameters,
    /// From when on it is not worth sending any more.
    pub expires_at: Option<Timestamp>,
    /// Whether it waits for the earlier ones of its channel that concern the same person. Where it concerns nobody, it
    /// waits for none.
    pub in_order: bool,
}

/// What a message says, encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedParameters {
    /// Which secret's key did it (at most 64 characters).
    pub kid: String,
    /// Nonce, ciphertext and tag (at most 64 KiB).
    pub sealed: Vec<u8>,
}

/// Takes messages that are due.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which channel's.
    pub channel: String,
    /// An id that nobody has used before.
    pub lease: Uuid,
    /// The time now.
    pub now: Timestamp,
    /// When another instance may take them.
    pub until: Timestamp,
    /// How many at most.
    pub limit: u32,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    /// As it was written.
    pub message: NewMessage,
    /// When it was written.
    pub created_at: Timestamp,
    /// Since when it waits: when it was written, or when somebody asked to send it again.
    pub queued_at: Timestamp,
    /// Its place in its stream, from 1 on and without gaps; none where it is not told in order.
    pub position: Option<i64>,
    /// How often it was taken, this time included.
    pub attempts: i64,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which message.
    pub id: Uuid,
    /// The lease that it was taken with.
    pub lease: Uuid,
    /// The time now.
    pub at: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// What becomes of a message after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was sent. What it said is deleted, unless it is told in order.
    Sent,
    /// It is tried again.
    Again {
        /// From when on.
        next_attempt_at: Timestamp,
        /// Why it failed.
        error: String,
    },
    /// It is not tried again.
    Dead {
        /// Why.
        error: String,
    },
    /// It has lost its sense, and is not sent. Nothing is left of it.
    Withdrawn,
    /// It was not tried at all: due at once, and the attempt does not count.
    Returned,
}

/// How the messages of a channel stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxStatus {
    /// Wait for their first attempt, for the next, or for earlier ones of their stream.
    pub waiting: u64,
    /// Are with an instance now (or with one that has died).
    pub leased: u64,
    /// Were given up, and not yet deleted.
    pub dead: u64,
    /// Since when the oldest message waits that is neither sent nor given up.
    pub oldest: Option<Timestamp>,
}

/// `error` cut to [`MAX_ERROR`] characters.
pub(super) fn cut(error: &str) -> &str {
    error.char_indices().nth(MAX_ERROR).map_or(error, |(end, _)| &error[..end])
}
