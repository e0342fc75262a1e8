//! The configuration once it is checked.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

/// Sockets and what holds for every client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Traffic in plain HTTP.
    pub http: SocketAddr,
    /// Traffic over TLS.
    pub https: Option<SocketAddr>,
    /// Certificates to choose from by name (SNI); the first is for clients that name none.
    pub certificates: Vec<Certificate>,
    /// Status, metrics and changes.
    pub admin: SocketAddr,
    /// Proxies whose `X-Forwarded-*` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Data workers.
    pub workers: usize,
    /// Client connections open at a time, over all workers; further ones get a 503.
    pub max_connections: usize,
    /// From the first byte of a request (or the connection's start) to its complete head.
    pub header_timeout: Duration,
    /// How long a client connection may be idle between requests.
    pub keepalive_timeout: Duration,
    /// For how long `/lb-health` says 503 before the balancer stops accepting connections.
    pub drain_grace: Duration,
    /// How long open requests may take to end after that.
    pub drain_timeout: Duration,
}

/// A certificate chain and its key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The chain, leaf first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}
