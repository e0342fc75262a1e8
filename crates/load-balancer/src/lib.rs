//! An HTTP load balancer.
//!
//! A request meets the modules in this order: accept, parse, route, pick, forward, record.
//!
//! [`workers`] accepts connections; [`downstream`] serves a client, in HTTP/1 with the codec [`http1`] or in HTTP/2;
//! [`exchange`] conducts one request. [`route`] finds its pool; [`limit`] and [`cache`] may answer early; [`pool`]
//! knows the servers, whether they are well and which one is next; [`forward`] goes there and back, over a connection
//! of [`upstreams`]; [`retry`] decides what follows a failed attempt; [`record`] counts and logs each request once, and
//! [`respond`] is the only place that turns an error into an answer.
//!
//! Beside the traffic, [`control`] reloads and changes, [`probing`] asks servers for their health, [`admin`] shows and
//! takes orders; [`cli`], [`app`] and [`config`] are how it starts.
//!
//! Each module imports only from modules on floors below its own (`docs/architecture.md` has the floors), and
//! `.ci/module_circles.py` proves that no two import each other, directly or by a way round.
//!
//! Deliberately absent: `pool::pick` and `retry::decide` do no I/O; nothing but `respond` chooses a status;
//! a plain request takes no lock that another worker takes. What workers share are one immutable
//! [`snapshot::Snapshot`], the atomics of a [`pool::Server`], and, behind locks, what a route's cache and rate limit know
//! and a pool's budget of retries.

pub mod admin;
pub mod answer;
pub mod app;
pub mod cache;
pub mod cli;
mod client;
pub mod config;
pub mod control;
mod downstream;
mod exchange;
mod forward;
pub mod http1;
pub mod limit;
mod linger;
pub mod pool;
pub mod probing;
pub mod record;
mod resources;
pub mod respond;
pub mod retry;
pub mod route;
mod runtime;
pub mod snapshot;
pub mod stats;
pub mod tls;
pub mod trust;
mod upkeep;
mod upstreams;
mod worker;
pub mod workers;
