//! Events that wait for the webhook, were sent or were given up, for admins.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::dto::ReasonRequest;
use super::messages::{self, MessagesBody, MessagesPage, State as Reached, Topic};
use super::order::entry;
use super::request::AdminRequest;
use super::resend;
use crate::api::administrator::Administrator;
use crate::api::attempt::Attempt;
use crate::api::error::ApiError;
use crate::api::fields::{Checked, Fields, FromFields};
use crate::api::query::{CheckedQuery, Moment};
use crate::api::step_up::FreshAdministrator;
use crate::app::App;
use crate::domain::Reason;
use crate::idempotency::Answer;
use crate::outbox::WEBHOOK;
use crate::store::messages::{MAX_REPLAYED, MessageFilter, MessagePosition, Replay};
use crate::store::{AuditAction, AuditEntry};

/// The events to be sent again, and the reason. An event must meet all given conditions.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ReplayRequest {
    /// The reason for the audit log: at most 500 UTF-16 units, in one line.
    #[schema(value_type = String, min_length = 1, max_length = 500, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?\s*$", example = "the receiver lost a day")]
    reason: Reason,
    /// The state of the events.
    #[schema(value_type = Option<String>, pattern = "^(waiting|sent|dead)$", example = "dead")]
    state: Option<Reached>,
    /// The type of the events.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z_.]+$", example = "onboarding.completed")]
    r#type: Option<Topic>,
    /// The id of the account that the events are about.
    user_id: Option<Uuid>,
    /// The earliest time of writing (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// The time that all events were written before (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime)]
    before: Option<Moment>,
    /// The `next_cursor` of the last answer, with the same filters.
    #[schema(value_type = Option<String>, min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<MessagePosition>,
}

impl FromFields for ReplayRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let reason = fields.required("reason");
        let (filter, cursor) = messages::filter_and_position(fields, true);
        let MessageFilter { state, topic, user_id, from, before, .. } = filter;
        let (state, r#type) = (state.map(Reached), topic.map(Topic));
        let (from, before) = (from.map(Moment), before.map(Moment));
        Some(Self { reason: reason?, state, r#type, user_id, from, before, cursor })
    }
}

impl ReplayRequest {
    /// The filter without its channel.
    fn filter(&self) -> MessageFilter {
        MessageFilter {
            channel: String::new(),
            state: self.state.map(|state| state.0),
            topic: self.r#type.as_ref().map(|topic| topic.0.clone()),
            user_id: self.user_id,
            from: self.from.map(|moment| moment.0),
            before: self.before.map(|moment| moment.0),
            oldest_first: true,
        }
    }
}

/// The events that are sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReplayedBody {
    /// The number of events, at most 100 for one call.
    replayed: usize,
    /// The `cursor` of the next call, which goes on with newer events; `null` after the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// List events
///
/// The newest come first. An event is shown for 30 days after it was sent or given up. Only the receiver sees its
/// content.
#[utoipa::path(
    get, path = "/api/admin/webhooks", tag = "admin", operation_id = "list_webhooks", security(("access_token" = [])),
    params(
        ("state" = Option<String>, Query, description = "How far it is; `dead` for those that were given up", pattern = "^(waiting|sent|dead)$", example = "dead"),
        ("type" = Option<String>, Query, description = "What it is", min_length = 1, max_length = 64, pattern = "^[a-z_.]+$", example = "onboarding.completed"),
        ("user_id" = Option<Uuid>, Query, description = "Whom it concerns"),
        ("from" = Option<String>, Query, description = "Not written before this moment (RFC 3339)", format = DateTime),
        ("before" = Option<String>, Query, description = "Written before this moment (RFC 3339)", format = DateTime),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters", min_length = 1, pattern = "^[A-Za-z0-9_-]+$"),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 where it is left out", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "Some events", body = MessagesBody),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    _: Administrator,
    CheckedQuery(wanted): CheckedQuery<MessagesPage>,
) -> Result<Json<MessagesBody>, ApiError> {
    Ok(Json(messages::page(&app, WEBHOOK, wanted).await?))
}

/// Tell an event again
///
/// The event keeps its id and content. An event between two attempts is tried at once.
#[utoipa::path(
    post, path = "/api/admin/webhooks/{id}/replay", tag = "admin", operation_id = "replay_webhook", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The event: its `webhook-id`")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The event is on its way"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_message`"),
    )
)]
pub(in crate::api) async fn replay(request: AdminRequest<Uuid>) -> Result<Answer, ApiError> {
    resend::one(request, WEBHOOK).await
}

/// Tell some events again
///
/// The call takes the oldest 100 events that meet the filters, and the next call goes on with newer ones. The events
/// of one person are sent in their order.
#[utoipa::path(
    post, path = "/api/admin/webhooks/replay", tag = "admin", operation_id = "replay_webhooks", security(("access_token" = [])),
    request_body = ReplayRequest,
    responses(
        (status = 200, description = "The events are on their way", body = ReplayedBody),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn replay_some(
    State(app): State<App>,
    FreshAdministrator(admin): FreshAdministrator,
    attempt: Attempt,
    Checked(request): Checked<ReplayRequest>,
) -> Result<Answer, ApiError> {
    let filter = request.filter();
    let wanted = MessageFilter { channel: WEBHOOK.to_owned(), ..filter.clone() };
    let page = app.store.messages(wanted, request.cursor, MAX_REPLAYED).await?;
    let next_cursor = messages::next(&filter, page.next.as_ref())?;
    let ids: Vec<Uuid> = page.items.iter().map(|event| event.id).collect();
    let body = ReplayedBody { replayed: ids.len(), next_cursor };
    // One row tells of all, so it is of nobody in particular.
    let subject = Some(format!("{} events", ids.len()));
    let about = filter.user_id.unwrap_or(AuditEntry::NOBODY);
    let audit = entry(&app, &admin, AuditAction::MessagesReplayed, about, Some(&request.reason));
    let replay = Replay { channel: WEBHOOK.to_owned(), ids };
    let answer = Answer::json(StatusCode::OK, &body)?;
    resend::commit(&app, &attempt, replay, AuditEntry { subject, ..audit }, answer).await
}
