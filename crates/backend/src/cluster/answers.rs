//! The answers of balancers and instances, as far as the API passes them on. Other members of the answers are left
//! out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of a balancer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerStatus {
    /// `healthy`, `degraded` (some of its servers can serve) or `down` (none can).
    #[schema(example = "healthy")]
    pub status: String,
    /// The version of the program.
    pub version: String,
    /// The time since the balancer's start, in whole seconds.
    pub uptime_seconds: u64,
    /// Whether the balancer drains.
    pub draining: bool,
    /// The number of open connections from clients, idle ones included.
    pub client_connections: u64,
    /// The number of open connections to servers, idle ones included.
    pub upstream_connections: u64,
    /// The pools.
    pub pools: Vec<BalancerPool>,
}

/// A pool of a balancer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerPool {
    /// The name of the pool.
    pub name: String,
    /// The servers.
    pub servers: Vec<BalancerServer>,
}

/// A server, as a balancer sees it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerServer {
    /// The name that the balancer gives the server.
    pub name: String,
    /// The name that a discovered server gives itself.
    #[schema(required = true)]
    pub instance: Option<String>,
    /// The address, as configured or discovered.
    pub address: String,
    /// The address of connections.
    #[schema(required = true)]
    pub resolved: Option<String>,
    /// `up`, `starting`, `ejected`, `down`, `drain`, `disabled` or `leaving`.
    #[schema(example = "up")]
    pub state: String,
    /// The weight relative to other servers.
    pub weight: u32,
    /// The number of requests in flight at the server.
    pub in_flight: u32,
    /// The end of the last check (RFC 3339).
    #[schema(required = true, format = DateTime)]
    pub last_check: Option<String>,
    /// The duration of the last check, in milliseconds.
    pub last_check_ms: f64,
    /// The reason why the last check failed; `null` where it succeeded.
    #[schema(required = true)]
    pub last_check_error: Option<String>,
    /// The number of failed checks in a row.
    pub consecutive_failures: u32,
}

/// The counts of a balancer in the wanted minutes. All lists have one value for each slot, the oldest first. A value
/// is `null` where nothing is known of that time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancerHistory {
    /// The length of a slot, in seconds.
    pub step_seconds: u64,
    /// The beginning of the first slot (RFC 3339); `null` where the balancer has just begun.
    #[schema(required = true, format = DateTime)]
    pub from: Option<String>,
    /// The end of the last slot (RFC 3339).
    #[schema(required = true, format = DateTime)]
    pub to: Option<String>,
    /// The pools.
    pub pools: Vec<PoolHistory>,
}

/// The counts of all requests to a pool.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PoolHistory {
    /// The name of the pool.
    pub name: String,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its members stand beside those here")]
    pub lines: HistoryLines,
    /// The number of 5xx answers of the balancer itself.
    pub own_errors: Vec<Option<u64>>,
    /// The number of attempts after the first.
    pub retries: Vec<Option<u64>>,
    /// The servers.
    pub servers: Vec<ServerHistory>,
}

/// The counts of a server.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServerHistory {
    /// The name that the balancer gives the server.
    pub name: String,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its members stand beside those here")]
    pub lines: HistoryLines,
}

/// The counts by slot.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HistoryLines {
    /// The number of answers to clients.
    pub requests: Vec<Option<u64>>,
    /// The number of 5xx answers.
    pub errors: Vec<Option<u64>>,
    /// The largest number of requests in flight at the end of a second.
    pub in_flight: Vec<Option<u64>>,
    /// The duration that half of the requests did not exceed, in milliseconds.
    pub p50_ms: Vec<Option<f64>>,
    /// The duration that 95 of 100 requests did not exceed, in milliseconds.
    pub p95_ms: Vec<Option<f64>>,
    /// The duration that 99 of 100 requests did not exceed, in milliseconds.
    pub p99_ms: Vec<Option<f64>>,
}

/// The state of an instance, as the instance gives it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceHealth {
    /// `healthy`, `degraded` (the database does not answer) or `draining`.
    #[schema(example = "healthy")]
    pub status: String,
    /// The name of the instance.
    pub instance: String,
    /// The version of the program.
    pub version: String,
    /// The time since the instance's start, in whole seconds.
    pub uptime_seconds: u64,
    /// The state of the database.
    pub database: InstanceDatabase,
}

/// The state of the database, seen from an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceDatabase {
    /// `up` or `down`.
    #[schema(example = "up")]
    pub status: String,
    /// The duration of a ping, in milliseconds.
    pub latency_ms: f64,
    /// The connections of the instance.
    pub pool: InstancePool,
}

/// The connections of an instance to its database.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstancePool {
    /// The largest number of connections.
    pub max: u32,
    /// The number of open connections.
    pub open: u32,
    /// The number of idle connections.
    pub idle: u32,
    /// The number of connections in use.
    pub in_use: u32,
    /// The number of requests that wait for a connection.
    pub waiting: u32,
}
