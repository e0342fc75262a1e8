//! Pools and their servers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::circuits::{self, BreakerStatus, CircuitStatus};
use super::{by_code, recently, recently::Recently};
use crate::admin::events::EventView;
use crate::config::DiscoverConfig;
use crate::control::Control;
use crate::pool::{Algorithm, LookupReport, Member, Pool, Server, ServerView, rfc3339};
use crate::retry::Failure;
use crate::snapshot::Snapshot;
use crate::stats::PoolStats;

#[derive(Debug, Serialize)]
pub(super) struct PoolStatus {
    name: String,
    algorithm: Algorithm,
    requests_total: u64,
    retries_total: u64,
    /// Answers with 5xx that the balancer gave itself, since the start, by status.
    own_errors: BTreeMap<u16, u64>,
    /// All answers over the last 1, 5 and 15 minutes.
    recently: Vec<Recently>,
    ejection: Ejection,
    /// What circuits of its servers go by; `null` where they have none.
    circuit_breaker: Option<BreakerStatus>,
    /// How further servers are found; `null` when the file lists them all.
    discovery: Option<Discovery>,
    servers: Vec<ServerStatus>,
}

/// Failed attempts in a row that put a server out.
#[derive(Debug, Serialize)]
struct Ejection {
    connect_failures: u32,
    failures: u32,
}

#[derive(Debug, Serialize)]
struct Discovery {
    dns: String,
    port: u16,
    every_ms: u128,
    /// Addresses in the last good answer.
    addresses: usize,
    /// When that answer came, RFC 3339.
    last_answer: Option<String>,
    /// Why there has been no answer since.
    error: Option<String>,
    lookups_total: u64,
    failed_lookups_total: u64,
}

#[derive(Debug, Serialize)]
struct ServerStatus {
    #[serde(flatten)]
    view: ServerView,
    /// The event that has brought the server to its state; `null` when there was none.
    since: Option<EventView>,
    requests_total: u64,
    errors_total: u64,
    /// The server's own answers over the last 1, 5 and 15 minutes.
    recently: Vec<Recently>,
    checks_total: u64,
    failed_checks_total: u64,
    /// Its circuits, for all routes of the pool and for those that have their own.
    circuits: Vec<CircuitStatus>,
}

pub(super) fn status(pool: &Pool, snapshot: &Snapshot, control: &Control) -> PoolStatus {
    let stats = pool.state().all_stats();
    let retries =
        |stats: &PoolStats| -> u64 { (0..Failure::COUNT).map(|reason| stats.retries[reason].get()).sum() };
    let mut own_errors = by_code(stats.iter().map(|stats| &stats.codes));
    own_errors.retain(|code, _| *code >= 500);
    let servers = pool.view().servers.into_iter().zip(pool.members());
    let settings = pool.settings();
    let server = |(view, member): (ServerView, &Member)| {
        let circuits = circuits::of(member.server(), pool, snapshot);
        server(view, member.server(), circuits, control)
    };
    PoolStatus {
        name: pool.name().to_owned(),
        algorithm: settings.algorithm,
        requests_total: stats.iter().map(|stats| stats.requests.get()).sum(),
        retries_total: stats.iter().map(retries).sum(),
        own_errors,
        recently: recently::of(pool.name(), None, control),
        ejection: Ejection {
            connect_failures: settings.passive.connect_failures,
            failures: settings.passive.failures,
        },
        circuit_breaker: pool.breaker().map(|breaker| circuits::breaker(breaker)),
        discovery: control.discovery(pool.name()).map(discovery),
        servers: servers.map(server).collect(),
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

fn server(
    view: ServerView,
    server: &Server,
    circuits: Vec<CircuitStatus>,
    control: &Control,
) -> ServerStatus {
    let stats = server.all_stats();
    let codes = || stats.iter().flat_map(|stats| stats.codes.iter());
    let (good, failed) = server.checks();
    let recently = recently::of(&view.pool, Some((&view.name, server.id())), control);
    ServerStatus {
        view,
        since: control.events().latest(server.id()).map(EventView::from),
        requests_total: codes().map(|(_, count)| count).sum(),
        errors_total: codes().filter(|(code, _)| *code >= 500).map(|(_, count)| count).sum(),
        recently,
        checks_total: good + failed,
        failed_checks_total: failed,
        circuits,
    }
}
