//! The configuration file, checked.
//!
//! [`load`] reads the file and reports all its errors at once. Nothing here reaches the network.

mod breaker;
mod file;
mod listen;
mod pools;
mod requests;
mod routes;
mod timeouts;
mod values;

#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) use service_kit::toml_file::Problem;

pub(crate) use self::file::load;
pub use self::file::parse;
pub(crate) use self::pools::WEIGHTS;
pub(crate) use self::values::{HostPort, is_name};
use crate::{
    cache::CachePolicy,
    limit::LimitPolicy,
    pool::{AdminState, PoolSettings, RequestPolicy},
    record::access_log::Format,
    route::HostMatch,
    trust::TrustedProxy,
};

/// A whole configuration that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Sockets, and the limits of every client.
    pub listen: Listen,
    /// Pools, with different names.
    pub pools: Vec<PoolConfig>,
    /// Routes, each to one of the pools.
    pub routes: Vec<RouteConfig>,
    /// The access log.
    pub access_log: AccessLog,
    /// Notes about earlier names of keys that the file uses.
    pub notes: Vec<Problem>,
}

impl Config {
    /// Logs the notes.
    pub(crate) fn tell_notes(&self) {
        for note in &self.notes {
            tracing::warn!(%note, "the configuration uses an old name");
        }
    }
}

/// Sockets and what holds for every client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The address of plain HTTP.
    pub http: SocketAddr,
    /// The address of HTTPS.
    pub https: Option<SocketAddr>,
    /// Certificates to choose from by name (SNI); the first is for clients that name none.
    pub certificates: Vec<Certificate>,
    /// The address of the admin interface.
    pub admin: SocketAddr,
    /// Proxies whose `X-Forwarded-*` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Names, beside addresses and `localhost`, under which the admin interface may be asked.
    pub admin_hosts: Vec<HostMatch>,
    /// The number of data workers.
    pub workers: usize,
    /// The most client connections at a time, over all workers; further ones get a 503.
    pub max_connections: usize,
    /// The most client connections of one address; IPv6 by /64. Trusted proxies are exempt.
    pub max_connections_per_address: usize,
    /// The time from a request's first byte (or the connection's start) to its complete head.
    pub header_timeout: Duration,
    /// How long a client connection may be idle between requests.
    pub keepalive_timeout: Duration,
    /// How long `/lb-health` says 503 before the balancer stops accepting connections.
    pub drain_grace: Duration,
    /// How long open requests may take to end after that.
    pub drain_timeout: Duration,
    /// How long a new process may take to serve in this one's place; after that this one goes on.
    pub upgrade_timeout: Duration,
}

/// A certificate chain and its key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The chain, leaf first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A pool and its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    /// The name: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// The pool's settings.
    pub settings: PoolSettings,
    /// The servers, with different names.
    pub servers: Vec<ServerConfig>,
    /// How further servers are found.
    pub discover: Option<DiscoverConfig>,
}

/// A DNS name whose addresses are servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoverConfig {
    /// The name: `backend` in Compose, `tasks.backend` in Swarm, a headless service in Kubernetes.
    pub dns: String,
    /// The port of each server.
    pub port: u16,
    /// The time from one look-up to the next.
    pub every: Duration,
    /// The share of each server relative to the others', 1..=1000.
    pub weight: u32,
}

/// A server of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// The server's address.
    pub address: HostPort,
    /// The weight relative to the others', 1..=1000.
    pub weight: u32,
    /// The operator's wish; `None` keeps the wish that was given through the admin interface.
    pub state: Option<AdminState>,
}

/// A route and the name of its pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteConfig {
    /// The hosts of the route.
    pub host: HostMatch,
    /// The prefix of paths.
    pub path: String,
    /// The pool's name; there is such a pool.
    pub pool: String,
    /// The pool's time-outs, retries and sizes, but for those that the route has of its own.
    pub requests: RequestPolicy,
    /// Whether the route has circuits of its own, instead of those of its pool.
    pub own_breaker: bool,
    /// The rate limit of each client.
    pub rate_limit: Option<LimitPolicy>,
    /// The cache of answers.
    pub cache: Option<CachePolicy>,
}

impl RouteConfig {
    /// The name in metrics and logs: the host, if any, and the path as configured.
    pub fn name(&self) -> String {
        match &self.host {
            HostMatch::Any => self.path.clone(),
            HostMatch::Below(below) => format!("*{below}{}", self.path),
            HostMatch::Exact(host) => format!("{host}{}", self.path),
        }
    }
}

/// The access log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLog {
    /// Whether there is an access log.
    pub enabled: bool,
    /// The format of a line.
    pub format: Format,
    /// The file; `None` is standard output.
    pub path: Option<PathBuf>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Some of the file's settings cannot be used. Each problem is a line, in the order of the file.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// A path in the configuration is relative to the configuration's own folder.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}
