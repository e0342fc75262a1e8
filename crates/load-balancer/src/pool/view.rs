//! Pools and servers as people and programs see them: `/health`, `/api/status` and the live page.

use std::time::SystemTime;

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{AdminState, Algorithm, Health, Member, Pool, Server, Source};
use crate::events::About;

/// How all servers together are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Overall {
    /// Every server that should serve can.
    Healthy,
    /// Some can.
    Degraded,
    /// None can.
    Down,
}

/// A pool.
#[derive(Debug, Clone, Serialize)]
pub struct PoolView {
    /// Its name.
    pub name: String,
    /// How it chooses.
    pub algorithm: Algorithm,
    /// Its servers.
    pub servers: Vec<ServerView>,
}

/// A server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerView {
    /// The pool's name.
    pub pool: String,
    /// Its name.
    pub name: String,
    /// What it says that its name is, where it was discovered.
    pub instance: Option<String>,
    /// As configured, or as discovered.
    pub address: String,
    /// Who has named it.
    pub source: Source,
    /// Where connections go.
    pub resolved: Option<String>,
    /// `up`, `starting`, `ejected`, `down`, `drain`, `disabled` or `leaving`.
    pub state: &'static str,
    /// What checks and traffic say.
    pub health: Health,
    /// What an operator says.
    pub admin_state: AdminState,
    /// Its share.
    pub weight: u32,
    /// Requests that are with it now.
    pub in_flight: u32,
    /// When the last check ended, RFC 3339.
    pub last_check: Option<String>,
    /// The status that it got.
    pub last_check_status: Option<u16>,
    /// How long it took, in milliseconds.
    pub last_check_ms: f64,
    /// Why it failed, if it did.
    pub last_check_error: Option<String>,
    /// When the next check is due, RFC 3339.
    pub next_check: Option<String>,
    /// Failed checks in a row.
    pub consecutive_failures: u32,
    /// Failed attempts in a row, as traffic has seen it.
    pub traffic_failures: u32,
}

impl Pool {
    /// As others see it.
    pub fn view(&self) -> PoolView {
        PoolView {
            name: self.name().to_owned(),
            algorithm: self.settings().algorithm,
            servers: self.members().iter().map(ServerView::of).collect(),
        }
    }
}

impl Server {
    /// As an event names it.
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
