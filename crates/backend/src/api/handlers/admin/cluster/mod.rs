//! The balancers and instances, for admins.

mod dto;

use std::str::FromStr;

use axum::Json;
use axum::extract::State;

use crate::api::administrator::Administrator;
use crate::api::error::ApiError;
use crate::api::fields::{Fields, FromFields};
use crate::api::query::CheckedQuery;
use crate::app::App;
use crate::cluster::Report;
use dto::ClusterBody;

/// The longest history, in minutes, which is as long as balancers keep one.
const MOST_MINUTES: u32 = 360;

/// The wanted length of the histories.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct ClusterWanted {
    minutes: Minutes,
}

#[derive(Debug, Clone, Copy)]
struct Minutes(u32);

#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 1 to {MOST_MINUTES}")]
struct BadMinutes;

impl FromStr for Minutes {
    type Err = BadMinutes;

    fn from_str(text: &str) -> Result<Self, BadMinutes> {
        let minutes = text.parse().map_err(|_| BadMinutes)?;
        (1..=MOST_MINUTES).contains(&minutes).then_some(Self(minutes)).ok_or(BadMinutes)
    }
}

impl FromFields for ClusterWanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { minutes: fields.optional("minutes").unwrap_or(Minutes(15)) })
    }
}

/// Look at balancers and instances
///
/// The balancers of `LB_ADMIN_URLS` are asked for their state, the state of their servers and their counts. Each
/// server is asked for its own state. The answer names the reason where a balancer or server does not answer within 2
/// s. There is a value for every 5 s of the last 15 minutes, and one for each minute before.
#[utoipa::path(
    get, path = "/api/admin/cluster", tag = "admin", operation_id = "show_cluster", security(("access_token" = [])),
    params(("minutes" = Option<u32>, Query, description = "How far back the history goes; 15 where it is left out", minimum = 1, maximum = 360, example = 15)),
    responses(
        (status = 200, description = "What they say; `configured` is false where no balancer is known", body = ClusterBody),
        (status = 403, description = "`forbidden`: only for admins"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    _: Administrator,
    CheckedQuery(wanted): CheckedQuery<ClusterWanted>,
) -> Result<Json<ClusterBody>, ApiError> {
    let Minutes(minutes) = wanted.minutes;
    let configured = app.cluster.is_configured();
    let report = if configured { app.cluster.report(minutes).await } else { Report::default() };
    Ok(Json(ClusterBody::new(configured, minutes, app.now(), report)))
}
