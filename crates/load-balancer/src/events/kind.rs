//! Kinds of events, their causes, and the servers that they are about.

use std::{fmt, net::IpAddr};

use serde::Serialize;

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The balancer has started.
    Started,
    /// A check has found the server well.
    ServerUp,
    /// Checks have taken the server out.
    ServerDown,
    /// Failing traffic has put the server out.
    ServerEjected,
    /// The server gets no more requests of a pool or route: its answers fail.
    CircuitOpened,
    /// The server gets a few of them as trials.
    CircuitHalfOpened,
    /// The server gets all of them again.
    CircuitClosed,
    /// The server may take traffic again, as far as an operator is concerned.
    ServerActive,
    /// An operator or the file has it drained.
    ServerDrained,
    /// An operator or the file has it taken out.
    ServerDisabled,
    /// The server's weight has changed.
    WeightChanged,
    /// The pool has one server more.
    ServerAdded,
    /// The pool has one server less.
    ServerRemoved,
    /// Discovery does not find the server any more.
    ServerLeft,
    /// Discovery finds the server again.
    ServerBack,
    /// The server's name has changed.
    ServerRenamed,
    /// A configuration has come into force.
    ConfigurationReloaded,
    /// A configuration was refused; the old one stays.
    ConfigurationRefused,
    /// Certificates were read again.
    CertificatesRenewed,
    /// Certificates cannot be used or are gone; the old ones stay.
    CertificatesRefused,
    /// A new process has taken over; this one drains.
    HandedOn,
    /// A new process could not take over; this one goes on.
    UpgradeFailed,
    /// The resolver has no answer for a pool.
    LookupFailed,
    /// The resolver answers again.
    LookupRecovered,
}

impl Kind {
    /// Whether the event decides the server's state from then on.
    pub(super) const fn moves_a_server(self) -> bool {
        matches!(
            self,
            Self::ServerUp
                | Self::ServerDown
                | Self::ServerEjected
                | Self::ServerActive
                | Self::ServerDrained
                | Self::ServerDisabled
                | Self::ServerAdded
                | Self::ServerLeft
                | Self::ServerBack
        )
    }
}

/// Who or what caused an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    /// An operator who called the admin interface from this address.
    Operator(IpAddr),
    /// The configuration file.
    File,
    /// The resolver's answers.
    Discovery,
    /// The balancer's health checks.
    Checks,
    /// The balancer's own traffic.
    Traffic,
    /// A signal, by its name.
    Signal(&'static str),
    /// The process itself.
    Itself,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(address) => write!(f, "operator at {}", address.to_canonical()),
            Self::File => f.write_str("configuration file"),
            Self::Discovery => f.write_str("discovery"),
            Self::Checks => f.write_str("health checks"),
            Self::Traffic => f.write_str("traffic"),
            Self::Signal(name) => f.write_str(name),
            Self::Itself => f.write_str("load balancer"),
        }
    }
}

/// The cause of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Who or what caused the event.
    pub by: By,
    /// The reason, where one was given.
    pub reason: Option<String>,
}

impl From<By> for Cause {
    fn from(by: By) -> Self {
        Self { by, reason: None }
    }
}

/// The server that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    /// Unique in this process.
    pub id: u64,
    /// The pool's name.
    pub pool: String,
    /// The server's name at that time.
    pub server: String,
}
