//! The audit log, for admins.

use axum::Json;
use axum::extract::State;

use super::dto::{AuditLogBody, AuditRecordBody};
use super::queries::AuditLogPage;
use crate::api::administrator::Administrator;
use crate::api::error::ApiError;
use crate::api::query::CheckedQuery;
use crate::app::App;

/// Read the audit log
///
/// The newest row comes first. Rows that come meanwhile do not shift a page. Rows older than `AUDIT_RETENTION` are
/// gone.
#[utoipa::path(
    get, path = "/api/admin/audit", tag = "admin", operation_id = "list_audit_log", security(("access_token" = [])),
    params(
        ("user_id" = Option<uuid::Uuid>, Query, description = "What was done to this account, by whomever; `00000000-0000-0000-0000-000000000000` for what was done to none that is known, such as log-ins with unknown addresses"),
        ("actor_id" = Option<uuid::Uuid>, Query, description = "What this admin did; `00000000-0000-0000-0000-000000000000` for the command line"),
        ("action" = Option<String>, Query, description = "What was done", min_length = 1, max_length = 64, pattern = "^[a-z_.]+$", example = "user.logged_in"),
        ("from" = Option<String>, Query, description = "Not before this moment (RFC 3339)", format = DateTime),
        ("before" = Option<String>, Query, description = "Before this moment (RFC 3339)", format = DateTime),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters", min_length = 1, pattern = "^[A-Za-z0-9_-]+$"),
        ("limit" = Option<u32>, Query, description = "How many rows at most; 50 where it is left out", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "Some rows", body = AuditLogBody),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    _: Administrator,
    CheckedQuery(wanted): CheckedQuery<AuditLogPage>,
) -> Result<Json<AuditLogBody>, ApiError> {
    let page = app.store.audit_log(wanted.filter.clone(), wanted.after, wanted.limit).await?;
    let next_cursor = wanted.next(page.next)?;
    Ok(Json(AuditLogBody { items: page.items.into_iter().map(AuditRecordBody::from).collect(), next_cursor }))
}
