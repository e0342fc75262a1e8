//! An HTTP load balancer.
//!
//! A request meets the rooms in this order: accept, parse, route, pick, forward, record.
//!
//! [`listener`], [`worker`] and [`serve`] bring connections to the protocols, [`tls`], [`http1`] and [`http2`];
//! [`exchange`] conducts one request. [`route`] finds its pool; [`limit`] and [`cache`] may answer early; [`pool`]
//! knows the servers, whether they are well and which one is next; [`forward`] goes there and back; [`retry`]
//! decides what follows a failed attempt; [`record`] counts and logs each request once, and [`respond`] is the only
//! place that turns an error into an answer.
//!
//! Beside the traffic, [`control`] probes, reloads and changes, [`admin`] shows and takes orders; [`cli`], [`app`]
//! and [`config`] are how it starts.
//!
//! Deliberately absent: `pool::pick` and `retry::decide` do no I/O; nothing but `respond` chooses a status;
//! a plain request takes no lock that another worker takes. What workers share are one immutable [`pool::Snapshot`], the
//! atomics of a [`pool::Server`], and, behind locks, what a route's cache and rate limit know and a pool's budget of
//! retries.

pub mod admin;
pub mod app;
pub mod cache;
pub mod cli;
pub mod config;
pub mod control;
mod exchange;
mod forward;
pub mod http1;
mod http2;
pub mod limit;
mod line;
mod linger;
mod listener;
pub mod pool;
pub mod record;
mod resources;
pub mod respond;
pub mod retry;
pub mod route;
mod serve;
mod stream;
pub mod tls;
pub mod trust;
mod upkeep;
pub mod worker;
