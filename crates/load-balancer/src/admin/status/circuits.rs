//! Circuits of servers, and what their breakers go by.

use std::time::Instant;

use serde::Serialize;

use crate::pool::{Breaker, BreakerPolicy, CircuitState, Pool, Server, rfc3339};
use crate::route::Route;
use crate::snapshot::Snapshot;

/// What a breaker goes by.
#[derive(Debug, Serialize)]
pub(super) struct BreakerStatus {
    consecutive_failures: u32,
    failure_percent: u32,
    min_requests: u32,
    window_ms: u128,
    open_for_ms: u128,
    open_for_max_ms: u128,
    trials: u32,
    statuses: Vec<u16>,
}

/// A server's circuit.
#[derive(Debug, Serialize)]
pub(super) struct CircuitStatus {
    /// The route that it is for; `null`: all of the pool that have none of their own.
    route: Option<String>,
    state: CircuitState,
    /// When it has come there, RFC 3339; `null` where it has always been closed.
    since: Option<String>,
    /// Why.
    reason: Option<String>,
    /// How long until a trial; `null` where it is closed.
    trial_in_ms: Option<u128>,
    failures_in_row: u32,
    /// Requests of the window, and those of them that failed.
    requests: u32,
    failures: u32,
}

pub(super) fn breaker(breaker: &Breaker) -> BreakerStatus {
    let BreakerPolicy {
        consecutive_failures,
        failure_percent,
        min_requests,
        window,
        open_for,
        open_for_max,
        trials,
        statuses,
    } = breaker.policy();
    BreakerStatus {
        consecutive_failures,
        failure_percent,
        min_requests,
        window_ms: window.as_millis(),
        open_for_ms: open_for.as_millis(),
        open_for_max_ms: open_for_max.as_millis(),
        trials,
        statuses: statuses.iter().collect(),
    }
}

/// All circuits of a server: the pool's, and those of routes that have their own.
pub(super) fn of(server: &Server, pool: &Pool, snapshot: &Snapshot) -> Vec<CircuitStatus> {
    let routes = snapshot.routes.iter().filter(|route| route.pool.name() == pool.name());
    let own = routes.filter_map(Route::own_breaker).map(|(_, breaker)| breaker);
    let breakers = pool.breaker().map(AsRef::as_ref).into_iter().chain(own);
    breakers.filter_map(|breaker| circuit(breaker, server)).collect()
}

fn circuit(breaker: &Breaker, server: &Server) -> Option<CircuitStatus> {
    let circuit = breaker.view(server, Instant::now())?;
    let (since, change) = circuit.changed.unzip();
    Some(CircuitStatus {
        route: breaker.route().map(str::to_owned),
        state: circuit.state,
        since: rfc3339(since),
        reason: change.map(|change| change.why.to_string()),
        trial_in_ms: circuit.trial_in.map(|span| span.as_millis()),
        failures_in_row: circuit.in_row,
        requests: circuit.requests,
        failures: circuit.failures,
    })
}
