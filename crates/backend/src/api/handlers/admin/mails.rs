//! Mails that wait, were sent or were given up, for admins.

use axum::Json;
use axum::extract::State;
use uuid::Uuid;

use super::dto::ReasonRequest;
use super::messages::{self, MessagesBody, MessagesPage};
use super::request::AdminRequest;
use super::resend;
use crate::api::administrator::Administrator;
use crate::api::error::ApiError;
use crate::api::query::CheckedQuery;
use crate::app::App;
use crate::idempotency::Answer;
use crate::outbox::MAIL;

/// List mails
///
/// The newest come first. A sent mail is shown for 7 days, and one that was given up for 30. Nobody sees the content
/// of a mail.
#[utoipa::path(
    get, path = "/api/admin/outbox", tag = "admin", operation_id = "list_mails", security(("access_token" = [])),
    params(
        ("state" = Option<String>, Query, description = "How far it is; `dead` for those that were given up", pattern = "^(waiting|sent|dead)$", example = "dead"),
        ("type" = Option<String>, Query, description = "What it is", min_length = 1, max_length = 64, pattern = "^[a-z_.]+$", example = "verify_email"),
        ("user_id" = Option<Uuid>, Query, description = "Whose account it concerns"),
        ("from" = Option<String>, Query, description = "Not written before this moment (RFC 3339)", format = DateTime),
        ("before" = Option<String>, Query, description = "Written before this moment (RFC 3339)", format = DateTime),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters", min_length = 1, pattern = "^[A-Za-z0-9_-]+$"),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 where it is left out", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "Some mails", body = MessagesBody),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    _: Administrator,
    CheckedQuery(wanted): CheckedQuery<MessagesPage>,
) -> Result<Json<MessagesBody>, ApiError> {
    Ok(Json(messages::page(&app, MAIL, wanted).await?))
}

/// Send a mail again
///
/// A mail that was given up is tried from the beginning. A mail between two attempts is tried at once. A mail whose
/// code has expired is given up again.
#[utoipa::path(
    post, path = "/api/admin/outbox/{id}/replay", tag = "admin", operation_id = "replay_mail", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The mail")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "The mail is on its way"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 404, description = "`unknown_message`"),
        (status = 409, description = "`message_was_sent`: what it said is not kept"),
    )
)]
pub(in crate::api) async fn replay(request: AdminRequest<Uuid>) -> Result<Answer, ApiError> {
    resend::one(request, MAIL).await
}
