//! Everything at a glance.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::Admin;
use crate::config::DiscoverConfig;
use crate::control::Control;
use crate::pool::{LookupReport, Overall, Pool, Server, ServerView, rfc3339};
use crate::retry::Failure;
use crate::stats::{BOUNDS, Histogram};

#[derive(Debug, Serialize)]
pub(super) struct Status {
    #[serde(rename = "status")]
    overall: Overall,
    version: &'static str,
    uptime_seconds: u64,
    draining: bool,
    configuration_version: u64,
    workers: usize,
    client_connections: u64,
    upstream_connections: u64,
    /// Whether changes need a token, so that the page can ask for it.
    token_required: bool,
    pools: Vec<PoolStatus>,
    routes: Vec<RouteStatus>,
}

#[derive(Debug, Serialize)]
struct PoolStatus {
    name: String,
    algorithm: crate::pool::Algorithm,
    requests_total: u64,
    retries_total: u64,
    /// How more servers are found; `null` when the file lists them all.
    discovery: Option<Discovery>,
    servers: Vec<ServerStatus>,
}

#[derive(Debug, Serialize)]
struct Discovery {
    dns: String,
    port: u16,
    every_ms: u128,
    /// Addresses in the last good answer.
    addresses: usize,
    /// When that came, RFC 3339.
    last_answer: Option<String>,
    /// Why there has been none since.
    error: Option<String>,
    lookups_total: u64,
    failed_lookups_total: u64,
}

#[derive(Debug, Serialize)]
struct ServerStatus {
    #[serde(flatten)]
    view: ServerView,
    requests_total: u64,
    errors_total: u64,
    /// Upper bounds of the histogram's buckets, from all requests so far.
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    checks_total: u64,
    failed_checks_total: u64,
}

#[derive(Debug, Serialize)]
struct RouteStatus {
    name: String,
    pool: String,
}

/// `GET /api/status`
pub(super) async fn status(State(admin): State<Arc<Admin>>) -> Json<Status> {
    let control = &admin.control;
    let snapshot = control.published().load();
    let shards = || control.shards().iter().map(|shard| &shard.stats);
    let routes = snapshot.routes.iter();
    Json(Status {
        overall: snapshot.view().0,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: control.uptime().seconds(),
        draining: admin.shutdown.is_draining(),
        configuration_version: snapshot.version,
        workers: control.shards().len(),
        client_connections: shards().map(|stats| stats.client_connections.get()).sum(),
        upstream_connections: shards().map(|stats| stats.upstream_connections.get()).sum(),
        token_required: admin.token.is_some(),
        pools: snapshot.pools.iter().map(|pool| pool_status(pool, control)).collect(),
        routes: routes
            .map(|route| RouteStatus { name: route.name.to_string(), pool: route.pool.name().to_owned() })
            .collect(),
    })
}

fn pool_status(pool: &Pool, control: &Control) -> PoolStatus {
    let stats = pool.state().all_stats();
    let retries = |stats: &crate::stats::PoolStats| -> u64 {
        (0..Failure::COUNT).map(|reason| stats.retries[reason].get()).sum()
    };
    let servers = pool.view().servers.into_iter().zip(pool.members());
    PoolStatus {
        name: pool.name().to_owned(),
        algorithm: pool.settings().algorithm,
        requests_total: stats.iter().map(|stats| stats.requests.get()).sum(),
        retries_total: stats.iter().map(retries).sum(),
        discovery: control.discovery(pool.name()).map(discovery),
        servers: servers.map(|(view, member)| server_status(view, member.server())).collect(),
    }
}

fn discovery((config, report): (DiscoverConfig, LookupReport)) -> Discovery {
    Discovery {
        dns: config.dns,
        port: config.port,
        every_ms: config.every.as_millis(),
        addresses: report.addresses,
        last_answer: rfc3339(report.last_answer),
        error: report.error,
        lookups_total: report.successes + report.failures,
        failed_lookups_total: report.failures,
    }
}

fn server_status(view: ServerView, server: &Server) -> ServerStatus {
    let stats = server.all_stats();
    let codes = || stats.iter().flat_map(|stats| stats.codes.iter());
    let (good, failed) = server.checks();
    let quantile = |share| quantile(stats.iter().map(|stats| &stats.requests), share);
    ServerStatus {
        view,
        requests_total: codes().map(|(_, count)| count).sum(),
        errors_total: codes().filter(|(code, _)| *code >= 500).map(|(_, count)| count).sum(),
        p50_ms: quantile(50),
        p99_ms: quantile(99),
        checks_total: good + failed,
        failed_checks_total: failed,
    }
}

/// The upper bound of the bucket that holds the request at `percent`, in milliseconds.
fn quantile<'a>(histograms: impl Iterator<Item = &'a Histogram>, percent: u64) -> Option<f64> {
    let mut buckets = [0_u64; BOUNDS.len() + 1];
    for histogram in histograms {
        for (sum, count) in buckets.iter_mut().zip(histogram.buckets()) {
            *sum += count;
        }
    }
    let rank = (buckets.iter().sum::<u64>() * percent).div_ceil(100);
    let mut below = 0;
    let bucket = buckets.iter().position(|count| {
        below += count;
        rank > 0 && below >= rank
    })?;
    let micros = u32::try_from(*BOUNDS.get(bucket)?).ok()?;
    Some(f64::from(micros) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_bucket() {
        let histogram = Histogram::default();
        assert_eq!(quantile([&histogram].into_iter(), 50), None);
        for _ in 0..98 {
            histogram.observe(900);
        }
        histogram.observe(40_000);
        histogram.observe(400_000);
        assert_eq!(quantile([&histogram].into_iter(), 50), Some(1.0));
        assert_eq!(quantile([&histogram].into_iter(), 99), Some(50.0));
    }
}
