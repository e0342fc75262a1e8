//! The common parts of the lists of mails and of events.

use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::cursor;
use crate::api::error::ApiError;
use crate::api::fields::{Fields, FromFields};
use crate::api::query::{Moment, PageSize, Text};
use crate::app::AppState;
use crate::domain::Timestamp;
use crate::store::messages::{MessageFilter, MessagePosition, MessageRecord, MessageState};

/// The state of a message, as a parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct State(pub(super) MessageState);

#[derive(Debug, thiserror::Error)]
#[error("must be one of waiting, sent, dead")]
pub(super) struct UnknownState;

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let all = [MessageState::Waiting, MessageState::Sent, MessageState::Dead];
        all.into_iter().find(|state| name_of(*state) == text).map(Self).ok_or(UnknownState)
    }
}

fn name_of(state: MessageState) -> &'static str {
    match state {
        MessageState::Waiting => "waiting",
        MessageState::Sent => "sent",
        MessageState::Dead => "dead",
    }
}

/// The topic of a message, as a parameter. An unknown topic gives an empty list.
#[derive(Debug)]
pub(super) struct Topic(pub(super) String);

#[derive(Debug, thiserror::Error)]
#[error("must be a name like onboarding.completed")]
pub(super) struct BadTopic;

impl FromStr for Topic {
    type Err = BadTopic;

    fn from_str(text: &str) -> Result<Self, BadTopic> {
        let plain = text.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
        (plain && (1..=64).contains(&text.len())).then(|| Self(text.to_owned())).ok_or(BadTopic)
    }
}

/// The wanted messages, and the position of the page.
#[derive(Debug)]
pub(in crate::api) struct MessagesPage {
    pub(super) filter: MessageFilter,
    pub(super) after: Option<MessagePosition>,
    pub(super) limit: u32,
}

impl FromFields for MessagesPage {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let limit = fields.optional::<PageSize>("limit").unwrap_or_default().0;
        let (filter, after) = filter_and_position(fields, false);
        Some(Self { filter, after, limit })
    }
}

/// The filter without its channel, and the position.
pub(super) fn filter_and_position(
    fields: &mut Fields,
    oldest_first: bool,
) -> (MessageFilter, Option<MessagePosition>) {
    let filter = MessageFilter {
        channel: String::new(),
        state: fields.optional::<State>("state").map(|state| state.0),
        topic: fields.optional::<Topic>("type").map(|topic| topic.0),
        user_id: fields.optional::<Uuid>("user_id"),
        from: fields.optional::<Moment>("from").map(|moment| moment.0),
        before: fields.optional::<Moment>("before").map(|moment| moment.0),
        oldest_first,
    };
    let after = fields.optional::<Text>("cursor").and_then(|text| {
        let position = cursor::read(&list_of(&filter), &text.0);
        position.map_err(|error| fields.reject("cursor", error)).ok()
    });
    (filter, after)
}

fn list_of(filter: &MessageFilter) -> String {
    format!("messages {filter:?}")
}

/// The cursor of the page after `position`. `filter` has no channel.
pub(super) fn next(
    filter: &MessageFilter,
    position: Option<&MessagePosition>,
) -> Result<Option<String>, serde_json::Error> {
    position.map(|position| cursor::write(&list_of(filter), position)).transpose()
}

/// A message of the outbox, without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MessageBody {
    /// The id, which is the same for all attempts: the `webhook-id` of an event, the local part of a mail's
    /// `Message-ID`.
    id: Uuid,
    /// The kind of the message.
    #[serde(rename = "type")]
    #[schema(example = "onboarding.completed")]
    kind: String,
    /// The id of the account that the message is about.
    #[schema(required = true)]
    user_id: Option<Uuid>,
    /// The address of a mail.
    #[schema(required = true)]
    recipient: Option<String>,
    /// The number of an event among those of its person, from 1 on.
    #[schema(required = true)]
    sequence: Option<i64>,
    /// `waiting` (for an attempt, or for earlier events of the same person), `sent`, or `dead` (given up).
    #[schema(pattern = "^(waiting|sent|dead)$", example = "dead")]
    state: &'static str,
    /// The time when the message was written.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The number of attempts since the message was written or last queued again.
    attempts: i64,
    /// The time of the next attempt; `null` where there is none, or where an earlier event of the same person comes
    /// first.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    next_attempt_at: Option<Timestamp>,
    /// The time when the message was sent.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    sent_at: Option<Timestamp>,
    /// The time when the message was given up.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    dead_at: Option<Timestamp>,
    /// The error of the last attempt.
    #[schema(required = true)]
    last_error: Option<String>,
}

impl From<MessageRecord> for MessageBody {
    fn from(record: MessageRecord) -> Self {
        Self {
            id: record.id,
            kind: record.topic,
            user_id: record.user_id,
            recipient: Some(record.recipient).filter(|recipient| !recipient.is_empty()),
            sequence: record.position,
            state: name_of(record.state),
            created_at: record.created_at,
            attempts: record.attempts,
            next_attempt_at: record.next_attempt_at,
            sent_at: record.sent_at,
            dead_at: record.dead_at,
            last_error: record.last_error,
        }
    }
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MessagesBody {
    items: Vec<MessageBody>,
    /// The `cursor` of the next page; `null` after the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A page of the messages of `channel`.
pub(super) async fn page(
    app: &AppState,
    channel: &str,
    MessagesPage { filter, after, limit }: MessagesPage,
) -> Result<MessagesBody, ApiError> {
    let wanted = MessageFilter { channel: channel.to_owned(), ..filter.clone() };
    let page = app.store.messages(wanted, after, limit).await?;
    let next_cursor = next(&filter, page.next.as_ref())?;
    Ok(MessagesBody { items: page.items.into_iter().map(MessageBody::from).collect(), next_cursor })
}
