//! The events, for operators.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};

use super::{Admin, problem::Problem};
use crate::events::{Event, KEPT, Kind};
use crate::pool::rfc3339;

/// The number of events where the call gives none.
const SOME: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    limit: Option<usize>,
}

/// The events, the newest first.
#[derive(Debug, Serialize)]
pub(super) struct EventList {
    /// The number of events so far; the last 500 are kept.
    events_total: u64,
    events: Vec<EventView>,
}

/// An event.
#[derive(Debug, Serialize)]
pub(super) struct EventView {
    number: u64,
    /// When the event happened, RFC 3339.
    at: Option<String>,
    kind: Kind,
    pool: Option<String>,
    server: Option<String>,
    /// Who or what caused the event.
    by: String,
    reason: Option<String>,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            number: event.number,
            at: rfc3339(Some(event.at)),
            kind: event.kind,
            pool: event.pool,
            server: event.server,
            by: event.cause.by.to_string(),
            reason: event.cause.reason,
        }
    }
}

/// `GET /api/events`
pub(super) async fn events(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<EventList>, Problem> {
    let limit = wanted?.0.limit.unwrap_or(SOME);
    if !(1..=KEPT).contains(&limit) {
        return Err(Problem::new(422, "invalid", format!("limit must be from 1 to {KEPT}")));
    }
    let events = admin.control.events();
    let list = events.newest(limit).into_iter().map(EventView::from).collect();
    Ok(Json(EventList { events_total: events.noted(), events: list }))
}
