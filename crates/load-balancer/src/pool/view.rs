//! The view of pools and servers for people and programs: `/health`, `/api/status` and the live page.

use std::time::SystemTime;

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{AdminState, Algorithm, Health, Member, Pool, Server, Source};
use crate::events::About;

/// The state of all servers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Overall {
    /// Every server that should serve can serve.
    Healthy,
    /// Some servers can serve.
    Degraded,
    /// No server can serve.
    Down,
}

/// A pool.
#[derive(Debug, Clone, Serialize)]
pub struct PoolView {
    /// The pool's name.
    pub name: String,
    /// The pool's algorithm.
    pub algorithm: Algorithm,
    /// The pool's servers.
    pub servers: Vec<ServerView>,
}

/// A server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerView {
    /// The pool's name.
    pub pool: String,
    /// The server's name.
    pub name: String,
    /// The name that the server gives itself, where it was found by discovery.
    pub instance: Option<String>,
    /// The address, as configured or as found.
    pub address: String,
    /// The source that has named the server.
    pub source: Source,
    /// The address that connections go to.
    pub resolved: Option<String>,
    /// `up`, `starting`, `ejected`, `down`, `drain`, `disabled` or `leaving`.
    pub state: &'static str,
    /// The health by checks and traffic.
    pub health: Health,
    /// The operator's wish.
    pub admin_state: AdminState,
    /// The weight.
    pub weight: u32,
    /// The requests that are with the server now.
    pub in_flight: u32,
    /// When the last check ended, RFC 3339.
    pub last_check: Option<String>,
    /// The status of the last check.
    pub last_check_status: Option<u16>,
    /// How long the last check took, in milliseconds.
    pub last_check_ms: f64,
    /// Why the last check failed, if it did.
    pub last_check_error: Option<String>,
    /// When the next check is due, RFC 3339.
    pub next_check: Option<String>,
    /// Failed checks in a row.
    pub consecutive_failures: u32,
    /// The failed attempts in a row, by traffic.
    pub traffic_failures: u32,
}

impl Pool {
    /// The view of a server.
    pub fn view(&self) -> PoolView {
        PoolView {
            name: self.name().to_owned(),
            algorithm: self.settings().algorithm,
            servers: self.members().iter().map(ServerView::of).collect(),
        }
    }
}

impl Server {
    /// The server as an event names it.
    pub(crate) fn about(&self) -> About {
        About { id: self.id(), pool: self.pool().to_owned(), server: self.name().to_owned() }
    }
}

impl PoolView {
    /// The server of that name.
    pub fn server(self, name: &str) -> Option<ServerView> {
        self.servers.into_iter().find(|server| server.name == name)
    }
}

impl ServerView {
    pub(crate) fn of(member: &Member) -> Self {
        let server = member.server();
        let state = server.state();
        let report = server.report();
        Self {
            pool: server.pool().to_owned(),
            name: server.name().to_owned(),
            instance: server.instance(),
            address: server.address().to_owned(),
            source: server.source(),
            resolved: server.resolved().map(|address| address.to_string()),
            state: state.name(),
            health: state.health,
            admin_state: state.admin,
            weight: member.weight(),
            in_flight: server.in_flight(),
            last_check: rfc3339(report.last_check),
            next_check: rfc3339(report.next_check),
            last_check_ms: report.latency.as_secs_f64() * 1000.0,
            consecutive_failures: report.consecutive_failures,
            traffic_failures: server.traffic_failures(),
            last_check_status: report.status,
            last_check_error: report.error,
        }
    }
}

/// This moment as RFC 3339 in UTC.
pub(crate) fn now_rfc3339() -> Option<String> {
    rfc3339(Some(SystemTime::now()))
}

/// A time as RFC 3339 in UTC.
pub(crate) fn rfc3339(at: Option<SystemTime>) -> Option<String> {
    OffsetDateTime::from(at?).format(&Rfc3339).ok()
}
