//! A new process takes the place of this one, without a client seeing it.
//!
//! The new process (successor) asks the old one (predecessor) by a Unix socket, the [`Door`]. The predecessor sends its
//! listening sockets (`SCM_RIGHTS`) and what operators have changed. The successor checks its configuration, proves its
//! servers and serves; only then does the predecessor stop accepting. From then on the predecessor also sends client
//! connections that are idle. A listening socket is handed on and never closed, because the kernel resets what waits in
//! the queue of a closed `SO_REUSEPORT` socket, even when other sockets listen on the same port.
//!
//! | from | message |
//! | --- | --- |
//! | predecessor | [`Offer`], then each socket |
//! | successor | [`Reply`]: it serves, or why it cannot |
//! | predecessor | [`Verdict`]: its place is the successor's, or it waits no more |
//! | predecessor | each idle connection, until the predecessor ends |
//!
//! `starter` is who starts a successor. The module knows neither workers nor servers.

mod door;
mod listeners;
mod predecessor;
mod starter;
mod successor;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::{
    door::Door,
    listeners::{Listeners, Role},
    predecessor::{Arrivals, Predecessor, TakeOverError},
    starter::{SUPERVISOR, Starter},
    successor::{Departures, Estate, Leaving, Orders, UpgradeError, Upgrades},
};

/// The format of the messages. A process of another format is refused.
const FORMAT: u32 = 1;

/// What a predecessor hands on, before the sockets themselves.
#[derive(Debug, Serialize, Deserialize)]
struct Offer {
    format: u32,
    /// The version of the predecessor's program.
    version: String,
    /// How long the predecessor waits, in milliseconds.
    within_ms: u64,
    /// The use of each socket that follows.
    sockets: Vec<Role>,
    /// What operators have changed, as `control` has written it.
    state: Value,
}

/// The answer of a successor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Serving,
    Failed { reason: String },
}

/// The last word of a predecessor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Yours,
    Refused { reason: String },
}
