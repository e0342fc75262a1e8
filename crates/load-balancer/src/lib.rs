//! An HTTP load balancer.
//!
//! A request meets the modules in this order: accept, parse, route, pick, forward, record.
//!
//! `workers` accepts connections. `downstream` serves a client, in HTTP/1 with the codec `http1` or in HTTP/2.
//! `exchange` conducts one request. `route` finds the request's pool. `limit` and `cache` may answer early. `pool`
//! knows the servers, which of them are well, and which one is next. `forward` makes an attempt at a server, over a
//! connection of `upstreams`. `retry` decides what follows a failed attempt. `record` counts and logs each request
//! once. `respond` is the only module that turns an error into an answer.
//!
//! Beside the traffic, `control` reloads and changes, `probing` asks servers for their health, and `admin` shows and
//! takes orders. `cli`, `app` and `config` start the balancer.
//!
//! Each module imports only from modules on floors below its own (`docs/architecture.md` has the floors).
//! `.ci/module_circles.py` proves that no two modules import each other, directly or by a way round.
//!
//! Deliberately absent: `pool::pick` and `retry::decide` do no I/O; only `respond` chooses a status; a plain request
//! takes no lock that another worker takes. Workers share one immutable `snapshot::Snapshot`, the atomics of each
//! `pool::Server`, and, behind locks, the state of a route's cache and rate limit and of a pool's retry budget.

mod admin;
mod answer;
mod app;
mod cache;
pub mod cli;
mod client;
mod config;
mod control;
mod downstream;
mod events;
mod exchange;
mod forward;
mod history;
mod http1;
mod limit;
mod linger;
mod pool;
mod probing;
mod record;
mod resources;
mod respond;
mod retry;
mod route;
mod runtime;
mod snapshot;
mod stats;
mod supervise;
mod tls;
mod trust;
mod upgrade;
mod upkeep;
mod upstreams;
mod worker;
mod workers;

/// The items that this crate's own tests, benchmarks and fuzz targets use. They are no interface for other crates. All
/// other modules are private, so that the compiler finds unused code.
#[doc(hidden)]
pub mod internals {
    pub mod app {
        pub use crate::app::{App, Options};
    }
    pub mod config {
        pub use crate::config::{Certificate, Listen, parse};
    }
    pub mod http1 {
        pub use crate::http1::{chunked, fields, length, request, response, target, write};
    }
    pub mod limit {
        pub use crate::limit::{Exempt, LimitPolicy, Limiter, RateLimit};
    }
    pub mod pool {
        pub use crate::pool::{
            Algorithm, BreakerPolicy, Health, Lease, Outcome, PickState, Pool, PoolSettings, PoolState,
            RequestPolicy, Server, Statuses, Timeouts, Tried, pick,
        };
    }
    pub mod probing {
        pub use crate::probing::{Lookup, Resolve, SystemResolver};
    }
    pub mod record {
        pub use crate::record::{AttemptEnd, Entry, Protocol, RecentRequest, Recorder, Shard};
        pub mod access_log {
            pub use crate::record::access_log::{Format, LogBuffer, Writer};
        }
    }
    pub mod route {
        pub use crate::route::{HostMatch, Route, RoutePolicy, RouteTable};
    }
    pub mod snapshot {
        pub use crate::snapshot::{Published, Snapshot};
    }
    pub mod stats {
        pub use crate::stats::{Tally, WorkerStats};
    }
    pub mod supervise {
        pub use crate::supervise::ends;
    }
    pub mod tls {
        pub use crate::tls::{Certificates, TlsError, server_config};
    }
    pub mod trust {
        pub use crate::trust::TrustedProxy;
    }
    pub mod workers {
        pub use crate::workers::{Parts, Workers};
    }
}
