//! The funnel for admins.

mod dto;
mod shape;

use axum::Json;
use axum::extract::State;
use time::format_description::well_known::Rfc3339;

use super::queries::FunnelWanted;
use crate::api::administrator::Administrator;
use crate::api::error::ApiError;
use crate::api::query::CheckedQuery;
use crate::app::App;
use crate::app::funnel::up_to_date;
use crate::domain::funnel::Dimension;
use dto::FunnelBody;

/// Count how far all accounts are
///
/// The counts are by the steps of the template for new people, for everybody and, with `by`, for each group. Deleted
/// accounts are not counted. The counts are stored, and only changes since the last count are counted anew.
#[utoipa::path(
    get, path = "/api/admin/funnel", tag = "admin", operation_id = "funnel", security(("access_token" = [])),
    params(
        ("by" = Option<String>, Query, description = "Tell groups apart: by the version of the template, the week of the registration, or the country", pattern = "^(version|week|country)$", example = "week"),
    ),
    responses(
        (status = 200, description = "The counts", body = FunnelBody),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    _: Administrator,
    CheckedQuery(FunnelWanted { by }): CheckedQuery<FunnelWanted>,
) -> Result<Json<FunnelBody>, ApiError> {
    let as_of =
        up_to_date(&app).await?.format(&Rfc3339).map_err(|_| ApiError::Bug("a moment has no text"))?;
    let everybody = shape::by_group(app.store.funnel(Dimension::All).await?);
    let counts =
        shape::counts(app.templates.current(), everybody.get("").unwrap_or(&shape::GroupCells::new()));
    let groups = match by {
        Some(dimension) => {
            Some(shape::groups(app.templates.current(), dimension, app.store.funnel(dimension).await?))
        }
        None => None,
    };
    Ok(Json(FunnelBody { as_of, counts, groups }))
}
