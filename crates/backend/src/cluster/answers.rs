//! The answers of balancers and instances, as far as they are passed on. Members that are not named here are left out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a balancer is now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerStatus {
    /// `healthy`, `degraded` (some of its servers can serve) or `down` (none can).
    #[schema(example = "healthy")]
    pub status: String,
    /// The version of the program.
    pub version: String,
    /// Whole seconds since its start.
    pub uptime_seconds: u64,
    /// Whether it is about to end.
    pub draining: bool,
    /// Connections from clients that are open, idle ones included.
    pub client_connections: u64,
    /// Connections to servers that are open, idle ones included.
    pub upstream_connections: u64,
    /// Its pools.
    pub pools: Vec<BalancerPool>,
}

/// A pool of a balancer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerPool {
    /// Its name.
    pub name: String,
    /// Its servers.
    pub servers: Vec<BalancerServer>,
}

/// A server, as a balancer sees it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerServer {
    /// What the balancer calls it.
    pub name: String,
    /// What it calls itself, where it was discovered.
    #[schema(required = true)]
    pub instance: Option<String>,
    /// As configured, or as discovered.
    pub address: String,
    /// Where connections go.
    #[schema(required = true)]
    pub resolved: Option<String>,
    /// `up`, `starting`, `ejected`, `down`, `drain`, `disabled` or `leaving`.
    #[schema(example = "up")]
    pub state: String,
    /// Its share relative to the others'.
    pub weight: u32,
    /// Requests that are with it now.
    pub in_flight: u32,
    /// When the last check ended (RFC 3339).
    #[schema(required = true, format = DateTime)]
    pub last_check: Option<String>,
    /// How long it took, in milliseconds.
    pub last_check_ms: f64,
    /// Why it failed, if it did.
    #[schema(required = true)]
    pub last_check_error: Option<String>,
    /// Failed checks in a row.
    pub consecutive_failures: u32,
}

/// What a balancer has counted in the minutes that were asked for. All lists are as long as there are slots, the oldest
/// first; a value is `null` where nothing is known of that time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerHistory {
    /// How long each slot is.
    pub step_seconds: u64,
    /// When the first slot began (RFC 3339); `null` where the balancer has just begun.
    #[schema(required = true, format = DateTime)]
    pub from: Option<String>,
    /// When the last one was over (RFC 3339).
    #[schema(required = true, format = DateTime)]
    pub to: Option<String>,
    /// Its pools.
    pub pools: Vec<PoolHistory>,
}

/// All answers to requests for a pool.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PoolHistory {
    /// Its name.
    pub name: String,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its members stand beside those here")]
    pub lines: HistoryLines,
    /// Answers with 5xx that the balancer gave itself.
    pub own_errors: Vec<Option<u64>>,
    /// Attempts after the first.
    pub retries: Vec<Option<u64>>,
    /// Its servers.
    pub servers: Vec<ServerHistory>,
}

/// The answers of a server.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServerHistory {
    /// What the balancer calls it.
    pub name: String,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its members stand beside those here")]
    pub lines: HistoryLines,
}

/// What was counted, slot by slot.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HistoryLines {
    /// Answers to clients.
    pub requests: Vec<Option<u64>>,
    /// Answers with 5xx.
    pub errors: Vec<Option<u64>>,
    /// The most requests in flight at the end of a second.
    pub in_flight: Vec<Option<u64>>,
    /// The duration that half of the requests did not exceed, in milliseconds.
    pub p50_ms: Vec<Option<f64>>,
    /// The duration that 95 of 100 did not exceed, in milliseconds.
    pub p95_ms: Vec<Option<f64>>,
    /// The duration that 99 of 100 did not exceed, in milliseconds.
    pub p99_ms: Vec<Option<f64>>,
}

/// What an instance says of itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceHealth {
    /// `healthy`, `degraded` (its database does not answer) or `draining`.
    #[schema(example = "healthy")]
    pub status: String,
    /// The name of the instance.
    pub instance: String,
    /// The version of the program.
    pub version: String,
    /// Whole seconds since its start.
    pub uptime_seconds: u64,
    /// Its database.
    pub database: InstanceDatabase,
}

/// The database, seen from an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceDatabase {
    /// `up` or `down`.
    #[schema(example = "up")]
    pub status: String,
    /// How long a sign of life took, in milliseconds.
    pub latency_ms: f64,
    /// The connections of the instance.
    pub pool: InstancePool,
}

/// Connections of an instance to its database.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstancePool {
    /// How many it may have.
    pub max: u32,
    /// How many it has.
    pub open: u32,
    /// How many of these are free.
    pub idle: u32,
    /// How many of these are in use.
    pub in_use: u32,
    /// Requests that wait for one.
    pub waiting: u32,
}
