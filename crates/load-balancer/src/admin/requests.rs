//! One request explained.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;

use super::{Admin, problem::Problem};
use crate::{
    pool::rfc3339,
    record::{Attempt, RecentRequest, Shard},
};

/// What there is to say.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    request_id: String,
    began: Option<String>,
    client: String,
    method: String,
    path: String,
    protocol: &'static str,
    status: u16,
    bytes_in: u64,
    bytes_out: u64,
    duration_ms: f64,
    server: Option<String>,
    attempts: Vec<AttemptView>,
}

#[derive(Debug, Serialize)]
struct AttemptView {
    pool: String,
    server: String,
    address: String,
    outcome: &'static str,
    status: Option<u16>,
    began_ms: f64,
    duration_ms: f64,
}

/// `GET /api/requests/{request_id}`
pub(super) async fn explain(
    State(admin): State<Arc<Admin>>,
    Path(request_id): Path<String>,
) -> Result<Json<Explanation>, Problem> {
    let shards = admin.control.shards().iter();
    let newest =
        shards.filter_map(|shard: &Arc<Shard>| shard.find(&request_id)).max_by_key(|found| found.began);
    let found = newest.ok_or_else(|| {
        let detail = "No such request is known; each worker keeps its last 1024, and its last 1024 that failed or \
                      were retried.";
        Problem::new(404, "request_unknown", detail)
    })?;
    Ok(Json(explanation(request_id, found)))
}

fn explanation(request_id: String, found: RecentRequest) -> Explanation {
    let answered = found.attempts.last().filter(|attempt| attempt.status != 0);
    Explanation {
        request_id,
        began: rfc3339(Some(found.began)),
        client: found.client.to_canonical().to_string(),
        method: found.method,
        path: found.path,
        protocol: found.protocol.name(),
        status: found.status,
        bytes_in: found.bytes_in,
        bytes_out: found.bytes_out,
        duration_ms: found.duration.as_secs_f64() * 1000.0,
        server: answered.map(|attempt| attempt.server.name().to_owned()),
        attempts: found.attempts.iter().map(view).collect(),
    }
}

fn view(attempt: &Attempt) -> AttemptView {
    AttemptView {
        pool: attempt.server.pool().to_owned(),
        server: attempt.server.name().to_owned(),
        address: attempt.server.address().to_owned(),
        outcome: attempt.outcome.name(),
        status: (attempt.status != 0).then_some(attempt.status),
        began_ms: f64::from(attempt.began_micros) / 1000.0,
        duration_ms: f64::from(attempt.took_micros) / 1000.0,
    }
}
