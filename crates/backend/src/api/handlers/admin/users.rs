//! The accounts for admins: the list, and one of them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use uuid::Uuid;

use super::dto::{AccountBody, AccountsBody, AuditRecordBody, WholeAccountBody};
use super::queries::AccountsPage;
use crate::api::administrator::Administrator;
use crate::api::authenticated::Authenticated;
use crate::api::dto::OnboardingBody;
use crate::api::error::ApiError;
use crate::api::handlers::sessions;
use crate::api::query::CheckedQuery;
use crate::app::{App, AppState};
use crate::domain::User;
use crate::store::directory::AuditFilter;

/// The number of audit rows in the answer about an account.
const NEWEST_AUDIT_ROWS: u32 = 50;

/// List accounts
///
/// Without `q` the newest come first. With `q`, accounts whose address begins so come first, ordered by address, and
/// then accounts of which only the name does. Accounts that come meanwhile do not shift a page.
#[utoipa::path(
    get, path = "/api/admin/users", tag = "admin", operation_id = "list_users", security(("access_token" = [])),
    params(
        ("q" = Option<String>, Query, description = "How the address or the name begins, regardless of case; blanks around it do not count", max_length = 254, example = "ada"),
        ("status" = Option<String>, Query, description = "The state of the account", pattern = "^(active|suspended|closing)$", example = "active"),
        ("email_verified" = Option<bool>, Query, description = "Whether the address was verified"),
        ("role" = Option<String>, Query, description = "The role", pattern = "^(user|admin)$", example = "user"),
        ("stuck_since" = Option<String>, Query, description = "Who is stuck since this moment (RFC 3339): whose onboarding was never completed, and was last changed by then", format = DateTime),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters", min_length = 1, pattern = "^[A-Za-z0-9_-]+$"),
        ("limit" = Option<u32>, Query, description = "How many accounts at most; 50 where it is left out", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "Some accounts", body = AccountsBody),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    _: Administrator,
    CheckedQuery(wanted): CheckedQuery<AccountsPage>,
) -> Result<Json<AccountsBody>, ApiError> {
    let page = app.store.accounts(wanted.filter.clone(), wanted.after.clone(), wanted.limit).await?;
    let next_cursor = wanted.next(page.next.as_ref())?;
    let items = page.items.iter().map(|account| AccountBody::of(account, &app)).collect();
    Ok(Json(AccountsBody { items, next_cursor }))
}

/// Look at an account
#[utoipa::path(
    get, path = "/api/admin/users/{id}", tag = "admin", operation_id = "show_user", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The account")),
    responses(
        (status = 200, description = "The account with all that belongs to it", body = WholeAccountBody),
        (status = 400, description = "`malformed_path`"),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 404, description = "`unknown_user`"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    _: Administrator,
    Authenticated(current): Authenticated,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<WholeAccountBody>, ApiError> {
    let user = known(&app, id).await?;
    // None of them is the one that asks, unless admins look at themselves.
    let sessions = sessions::live(&app, user.id, current.session_id).await?;
    let onboarding = match app.store.onboarding(user.id).await? {
        None => None,
        Some(state) => {
            let template = app.templates.find(&*app.store, &state.template).await?;
            Some(OnboardingBody::of(&template, &state))
        }
    };
    let about = AuditFilter { user_id: Some(user.id), ..AuditFilter::default() };
    let audit = app.store.audit_log(about, None, NEWEST_AUDIT_ROWS).await?;
    Ok(Json(WholeAccountBody {
        suspended_at: user.suspended_at,
        user: (&user).into(),
        sessions,
        onboarding,
        audit: audit.items.into_iter().map(AuditRecordBody::from).collect(),
    }))
}

/// The account of a path.
pub(super) async fn known(app: &AppState, id: Result<Path<Uuid>, PathRejection>) -> Result<User, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::MalformedPath { reason: "bears no id of an account" })?;
    app.store.user(id).await?.ok_or(ApiError::UnknownUser)
}
