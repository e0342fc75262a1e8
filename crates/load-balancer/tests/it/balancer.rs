//! A balancer's data path on a free port, in front of scripted upstreams, without probers: servers are well unless a
//! test says otherwise.

use load_balancer::internals::config::Listen;
use load_balancer::internals::pool::{Health, Pool, PoolSettings, PoolState, RequestPolicy, Server};
use load_balancer::internals::record::{RecentRequest, Shard};
use load_balancer::internals::route::{HostMatch, Route, RoutePolicy, RouteTable};
use load_balancer::internals::snapshot::{Published, Snapshot};
use load_balancer::internals::stats::{Tally, WorkerStats};
use load_balancer::internals::workers::{Parts, Workers};
use service_kit::telemetry::traces::Traces;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use testkit::{RawClient, RawResponse, Upstream, eventually};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Balancer {
    pub(crate) workers: Workers,
    pub(crate) servers: Vec<Arc<Server>>,
    shards: Vec<Arc<Shard>>,
}

/// What a test may change before the start.
pub(crate) struct Setup {
    pub(crate) listen: Listen,
    pub(crate) pool: PoolSettings,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) traces: Option<Traces>,
    /// For how many workers servers count; otherwise for those that there are.
    pub(crate) server_counters: Option<usize>,
}

/// The settings of a pool, with limits short enough to wait for.
pub(crate) fn settings() -> PoolSettings {
    PoolSettings {
        keepalive: 8,
        requests: RequestPolicy {
            wait_for_server: Duration::from_millis(300),
            replay_body_max: 64 * 1024,
            ..RequestPolicy::default()
        },
        ..PoolSettings::default()
    }
}

fn listen() -> Listen {
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    Listen {
        http: free,
        https: None,
        certificates: Vec::new(),
        admin: free,
        trusted_proxies: Vec::new(),
        admin_hosts: Vec::new(),
        workers: 1,
        max_connections: 1000,
        max_connections_per_address: 1000,
        header_timeout: Duration::from_secs(10),
        keepalive_timeout: Duration::from_secs(75),
        drain_grace: Duration::ZERO,
        drain_timeout: Duration::from_secs(10),
        upgrade_timeout: Duration::from_secs(10),
    }
}

impl Balancer {
    /// One pool of these servers for every path under `/`.
    pub(crate) fn start(addresses: &[SocketAddr]) -> Self {
        Self::start_with(addresses, |_| {})
    }

    /// The same with other settings.
    pub(crate) fn start_with(addresses: &[SocketAddr], change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup =
            Setup { listen: listen(), pool: settings(), tls: None, traces: None, server_counters: None };
        change(&mut setup);
        let count = setup.listen.workers;
        let counters = setup.server_counters.unwrap_or(count);
        let state = Arc::new(PoolState::new(count));
        let server = |(number, address): (usize, &SocketAddr)| {
            let name = format!("backend-{}", number + 1);
            let server =
                Server::new("backend", &name, &address.to_string(), counters, Arc::clone(state.wake()));
            server.set_health(Health::Up);
            Arc::new(server)
        };
        let servers: Vec<_> = addresses.iter().enumerate().map(server).collect();
        let weighted = servers.iter().map(|server| (Arc::clone(server), 1)).collect();
        let pool = Arc::new(Pool::new("backend", setup.pool, weighted, Arc::clone(&state)));
        let route = Route {
            name: "/".into(),
            host: HostMatch::Any,
            path: "/".into(),
            pool: Arc::clone(&pool),
            policy: RoutePolicy {
                requests: pool.settings().requests,
                breaker: pool.breaker().cloned(),
                ..RoutePolicy::default()
            },
        };
        let snapshot = Snapshot { version: 1, pools: [pool].into(), routes: RouteTable::new(vec![route]) };
        let shards: Vec<_> = (0..count).map(|_| Arc::new(Shard::default())).collect();
        let records = shards.iter().map(|shard| (Arc::clone(shard), None)).collect();
        let published = Arc::new(Published::new(snapshot));
        let parts = Parts { listen: setup.listen, published, records, tls: setup.tls, traces: setup.traces };
        Self { workers: Workers::start(parts).expect("it starts"), servers, shards }
    }

    /// In front of one upstream.
    pub(crate) fn before(upstream: &Upstream) -> Self {
        Self::start(&[upstream.address()])
    }

    pub(crate) async fn client(&self) -> RawClient {
        RawClient::connect(self.workers.http()).await.expect("it listens")
    }

    /// One request on a connection of its own, and its answer.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> RawResponse {
        let mut client = self.client().await;
        client.send(request).await.expect("it reads");
        client.read_response().await.expect("it answers")
    }

    /// What was recorded of a request.
    pub(crate) async fn recorded(&self, request_id: &str) -> RecentRequest {
        eventually(PATIENCE, || async { self.shards.iter().find_map(|shard| shard.find(request_id)) }).await
    }

    /// Open client connections of each worker.
    pub(crate) fn client_connections(&self) -> Vec<u64> {
        self.shards.iter().map(|shard| shard.stats.client_connections.get()).collect()
    }

    /// A counter, over all workers.
    pub(crate) fn stats(&self, of: fn(&WorkerStats) -> &Tally) -> u64 {
        self.shards.iter().map(|shard| of(&shard.stats).get()).sum()
    }

    /// Open connections to servers.
    pub(crate) fn upstream_connections(&self) -> u64 {
        self.shards.iter().map(|shard| shard.stats.upstream_connections.get()).sum()
    }

    /// Requests in flight at all servers.
    pub(crate) fn in_flight(&self) -> u32 {
        self.servers.iter().map(|server| server.in_flight()).sum()
    }
}

/// A GET of `path`.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: example.com\r\n\r\n")
}
