//! An HTTP load balancer.
//!
//! A request meets the modules in this order: accept, parse, route, pick, forward, record.
//!
//! `workers` accepts connections; `downstream` serves a client, in HTTP/1 with the codec `http1` or in HTTP/2;
//! `exchange` conducts one request. `route` finds its pool; `limit` and `cache` may answer early; `pool`
//! knows the servers, whether they are well and which one is next; `forward` goes there and back, over a connection
//! of `upstreams`; `retry` decides what follows a failed attempt; `record` counts and logs each request once, and
//! `respond` is the only place that turns an error into an answer.
//!
//! Beside the traffic, `control` reloads and changes, `probing` asks servers for their health, `admin` shows and
//! takes orders; `cli`, `app` and `config` are how it starts.
//!
//! Each module imports only from modules on floors below its own (`docs/architecture.md` has the floors), and
//! `.ci/module_circles.py` proves that no two import each other, directly or by a way round.
//!
//! Deliberately absent: `pool::pick` and `retry::decide` do no I/O; nothing but `respond` chooses a status;
//! a plain request takes no lock that another worker takes. What workers share are one immutable
//! `snapshot::Snapshot`, the atomics of a `pool::Server`, and, behind locks, what a route's cache and rate limit know
//! and a pool's budget of retries.

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
mod upkeep;
mod upstreams;
mod worker;
mod workers;

/// What this crate's own tests, benchmarks and fuzz targets use. It is no interface for other crates: all other modules
/// are private, so that the compiler finds what nothing uses.
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
    pub mod pool {
        pub use crate::pool::{
            Algorithm, Health, Lease, Outcome, PickState, Pool, PoolSettings, PoolState, RequestPolicy,
            Server, Timeouts, Tried, pick,
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
