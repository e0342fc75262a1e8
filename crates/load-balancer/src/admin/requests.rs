//! Requests of the last moments: listed to choose from, and one of them explained.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};

use super::{Admin, paths, problem::Problem};
use crate::{
    pool::{Outcome, rfc3339},
    record::{Attempt, Listed, RecentRequest, Shard, Which},
};

/// How many requests are listed where the call does not say, and at most.
const SOME: usize = 50;
const MOST: usize = 200;

/// The explanation of one request.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    request_id: Option<String>,
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
    /// The outcome of the request, in a sentence.
    summary: String,
    attempts: Vec<AttemptView>,
}

#[derive(Debug, Serialize)]
struct AttemptView {
    pool: String,
    server: String,
    address: String,
    outcome: &'static str,
    /// The outcome in words.
    words: &'static str,
    status: Option<u16>,
    began_ms: f64,
    duration_ms: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    show: Show,
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Show {
    /// Requests that were answered with 5xx.
    #[default]
    Failed,
    /// Requests that needed more than one attempt.
    Retried,
    /// All requests.
    Recent,
}

/// The requests, the newest first.
#[derive(Debug, Serialize)]
pub(super) struct RequestList {
    requests: Vec<ListedView>,
}

/// A request to choose; it has no client and no query.
#[derive(Debug, Serialize)]
struct ListedView {
    /// The reference for `GET /api/requests/ref/{reference}`.
    reference: String,
    /// `X-Request-Id`, which is kept of requests that failed or were retried.
    request_id: Option<String>,
    began: Option<String>,
    method: String,
    path: String,
    status: u16,
    duration_ms: f64,
    attempts: usize,
    server: Option<String>,
    summary: String,
}

/// `GET /api/requests`
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<RequestList>, Problem> {
    let Wanted { show, limit } = wanted?.0;
    let limit = limit.unwrap_or(SOME);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(422, "invalid", format!("limit must be from 1 to {MOST}")));
    }
    let which = match show {
        Show::Failed => Which::Failed,
        Show::Retried => Which::Retried,
        Show::Recent => Which::All,
    };
    let shards = admin.control.shards().iter();
    let mut requests: Vec<Listed> = shards.flat_map(|shard| shard.list(which, limit)).collect();
    requests.sort_by_key(|listed| std::cmp::Reverse(listed.request.began));
    requests.truncate(limit);
    Ok(Json(RequestList { requests: requests.into_iter().map(listed).collect() }))
}

/// `GET /api/requests/{request_id}`
pub(super) async fn explain(
    State(admin): State<Arc<Admin>>,
    Path(request_id): Path<String>,
) -> Result<Json<Explanation>, Problem> {
    let found = newest(&admin, |shard| shard.find(&request_id))?;
    Ok(Json(explanation(Some(request_id), &found)))
}

/// `GET /api/requests/ref/{reference}`
pub(super) async fn explain_listed(
    State(admin): State<Arc<Admin>>,
    Path(reference): Path<String>,
) -> Result<Json<Explanation>, Problem> {
    let reference = u64::from_str_radix(&reference, 16).map_err(|_| unknown())?;
    let found = newest(&admin, |shard| shard.find_listed(reference))?;
    Ok(Json(explanation(None, &found)))
}

fn newest(admin: &Admin, find: impl Fn(&Shard) -> Option<RecentRequest>) -> Result<RecentRequest, Problem> {
    let shards = admin.control.shards().iter();
    shards.filter_map(|shard| find(shard)).max_by_key(|found| found.began).ok_or_else(unknown)
}

fn unknown() -> Problem {
    let detail = "No such request is known; each worker keeps its last 1024, and its last 1024 that failed or \
                  were retried.";
    Problem::new(404, "request_unknown", detail)
}

fn listed(Listed { reference, request_id, request }: Listed) -> ListedView {
    ListedView {
        reference: format!("{reference:016x}"),
        request_id,
        began: rfc3339(Some(request.began)),
        path: paths::shown(&request.path).into_owned(),
        status: request.status,
        duration_ms: request.duration.as_secs_f64() * 1000.0,
        attempts: request.attempts.len(),
        server: server(&request),
        summary: summary(&request),
        method: request.method,
    }
}

fn explanation(request_id: Option<String>, found: &RecentRequest) -> Explanation {
    Explanation {
        request_id,
        began: rfc3339(Some(found.began)),
        client: found.client.to_canonical().to_string(),
        method: found.method.clone(),
        path: paths::shown(&found.path).into_owned(),
        protocol: found.protocol.name(),
        status: found.status,
        bytes_in: found.bytes_in,
        bytes_out: found.bytes_out,
        duration_ms: found.duration.as_secs_f64() * 1000.0,
        server: server(found),
        summary: summary(found),
        attempts: found.attempts.iter().map(view).collect(),
    }
}

/// The server whose answer the client got.
fn server(request: &RecentRequest) -> Option<String> {
    let last =
        request.attempts.last().filter(|attempt| attempt.status != 0 && attempt.status == request.status);
    last.map(|attempt| attempt.server.name().to_owned())
}

/// The outcome of the request, in a sentence.
fn summary(request: &RecentRequest) -> String {
    let status = request.status;
    if status == 499 {
        return "The client left before its answer was complete.".to_owned();
    }
    let others = request.attempts.len().saturating_sub(1);
    match (server(request), request.attempts.last()) {
        (Some(server), Some(last)) if last.outcome == Outcome::Answered && others > 0 => {
            format!("{server} answered with {status}; {} before it had failed.", attempts(others))
        }
        (Some(server), Some(last)) if last.outcome == Outcome::Answered => {
            format!("{server} answered with {status}.")
        }
        (Some(server), Some(last)) => {
            format!("{server} began an answer with {status}, but: {}.", last.outcome.words())
        }
        (None, Some(last)) => {
            let (server, words) = (last.server.name(), last.outcome.words());
            format!(
                "The balancer answered {status} itself after {}; the last, at {server}: {words}.",
                attempts(others + 1)
            )
        }
        (_, None) => own(status).to_owned(),
    }
}

fn attempts(count: usize) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}

/// Why the balancer has answered itself and has asked no server.
fn own(status: u16) -> &'static str {
    match status {
        200..=399 => "Answered by the balancer itself: from its cache, or of its own health.",
        400 => "Refused by the balancer: the request is not valid HTTP.",
        404 => "No route leads from this host and path to a server.",
        408 => "The request was not complete in time.",
        413 | 414 | 431 => "Refused by the balancer: the request is longer than allowed.",
        429 => "Refused by the balancer: the client has used up its rate.",
        500 => "The balancer has failed; its log says how.",
        503 => "No server could be asked: none was usable, or the balancer was at a limit.",
        504 => "No server became usable in time, or only a cached answer was wanted and there was none.",
        _ => "Answered by the balancer itself; no server was asked.",
    }
}

fn view(attempt: &Attempt) -> AttemptView {
    AttemptView {
        pool: attempt.server.pool().to_owned(),
        server: attempt.server.name().to_owned(),
        address: attempt.server.address().to_owned(),
        outcome: attempt.outcome.name(),
        words: attempt.outcome.words(),
        status: (attempt.status != 0).then_some(attempt.status),
        began_ms: f64::from(attempt.began_micros) / 1000.0,
        duration_ms: f64::from(attempt.took_micros) / 1000.0,
    }
}
