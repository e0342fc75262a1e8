//! The status: everything at a glance.

mod circuits;
mod pools;
mod recently;
mod routes;

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;

use self::pools::PoolStatus;
use self::recently::Recently;
use self::routes::{CertificateStatus, RouteStatus};
use super::Admin;
use crate::pool::{Overall, now_rfc3339};
use crate::record::Shard;
use crate::stats::{Codes, Tally, WorkerStats};

#[derive(Debug, Serialize)]
pub(super) struct Status {
    #[serde(rename = "status")]
    overall: Overall,
    /// When the status was taken, RFC 3339.
    now: Option<String>,
    version: &'static str,
    /// The process that answers; after an upgrade it is another one.
    pid: u32,
    uptime_seconds: u64,
    draining: bool,
    configuration_version: u64,
    workers: usize,
    client_connections: u64,
    upstream_connections: u64,
    limits: Limits,
    /// Whether changes need a token, so that the page can ask for it.
    token_required: bool,
    /// The number of events so far; when it has grown, `/api/events` has news.
    events_total: u64,
    /// All pools together over the last 1, 5 and 15 minutes.
    recently: Vec<Recently>,
    /// Answers to requests that have no pool (health, unknown paths, bad requests), by status.
    unrouted: BTreeMap<u16, u64>,
    pools: Vec<PoolStatus>,
    routes: Vec<RouteStatus>,
    certificates: Vec<CertificateStatus>,
}

/// What is refused because there are too many connections.
#[derive(Debug, Serialize)]
struct Limits {
    max_connections: usize,
    max_connections_per_address: usize,
    refused_connections_total: u64,
    refused_by_address_total: u64,
    http2_floods_total: u64,
    dropped_log_lines_total: u64,
}

/// `GET /api/status`
pub(super) async fn status(State(admin): State<Arc<Admin>>) -> Json<Status> {
    let control = &admin.control;
    let snapshot = control.published().load();
    let shards = control.shards();
    let events_total = control.events().noted();
    Json(Status {
        overall: snapshot.view().0,
        now: now_rfc3339(),
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        uptime_seconds: control.uptime().seconds(),
        draining: admin.shutdown.is_draining(),
        configuration_version: snapshot.version,
        workers: shards.len(),
        client_connections: sum(shards, |stats| &stats.client_connections),
        upstream_connections: sum(shards, |stats| &stats.upstream_connections),
        limits: limits(&admin),
        token_required: admin.token.is_some(),
        events_total,
        recently: recently::of_all(&snapshot, control),
        unrouted: by_code(shards.iter().map(|shard| &shard.stats.codes)),
        pools: snapshot.pools.iter().map(|pool| pools::status(pool, &snapshot, control)).collect(),
        routes: snapshot.routes.iter().map(routes::route).collect(),
        certificates: routes::certificates(&admin),
    })
}

fn limits(admin: &Admin) -> Limits {
    let shards = admin.control.shards();
    Limits {
        max_connections: admin.facts.max_connections,
        max_connections_per_address: admin.facts.max_connections_per_address,
        refused_connections_total: sum(shards, |stats| &stats.refused_connections),
        refused_by_address_total: sum(shards, |stats| &stats.refused_by_address),
        http2_floods_total: sum(shards, |stats| &stats.flooded_connections),
        dropped_log_lines_total: sum(shards, |stats| &stats.dropped_log_lines),
    }
}

fn sum(shards: &[Arc<Shard>], of: fn(&WorkerStats) -> &Tally) -> u64 {
    shards.iter().map(|shard| of(&shard.stats).get()).sum()
}

fn by_code<'a>(codes: impl Iterator<Item = &'a Codes>) -> BTreeMap<u16, u64> {
    let mut sums = BTreeMap::new();
    for (code, count) in codes.flat_map(Codes::iter) {
        *sums.entry(code).or_insert(0) += count;
    }
    sums
}
