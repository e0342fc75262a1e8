//! Passive health: what traffic says about a server. Pure rules; the counters hang on the server.

/// How one attempt at a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer came, whatever its status: the server is there.
    Answered,
    /// No connection within the connect time-out, or it was refused.
    ConnectFailed,
    /// The balancer itself had nothing left to connect with: says nothing about the server.
    Exhausted,
    /// The connection broke after the request was sent and before the answer was complete.
    Reset,
    /// The server was silent: no answer within `first_byte` and none to a question for its health, or silence in the
    /// middle of the answer.
    TimedOut,
    /// The time for the whole request ran out while the server was at work: says nothing about the server.
    Expired,
    /// Neither side has sent anything for long: says nothing about the server.
    Idle,
    /// What came back is not HTTP.
    Invalid,
    /// A reused connection had been closed meanwhile: says nothing about the server.
    Stale,
    /// The client left first: says nothing about the server.
    ClientLeft,
    /// The request broke off, or was longer than allowed: says nothing about the server.
    RequestFailed,
    /// An error of the balancer's own: says nothing about the server.
    Internal,
}

impl Outcome {
    /// The name in logs: `answered`, `connect_failed`, `exhausted`, `reset`, `timed_out`, `expired`, `idle`, `invalid`,
    /// `stale`, `client_left`, `request_failed`, `internal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ConnectFailed => "connect_failed",
            Self::Exhausted => "exhausted",
            Self::Reset => "reset",
            Self::TimedOut => "timed_out",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::Invalid => "invalid",
            Self::Stale => "stale",
            Self::ClientLeft => "client_left",
            Self::RequestFailed => "request_failed",
            Self::Internal => "internal",
        }
    }
}

/// How many failures in a row put a server out until a check finds it well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Attempts in a row that could not connect. One is enough by default: nobody listens.
    pub connect_failures: u32,
    /// Other failed attempts in a row (reset, time-out, not HTTP): three by default.
    pub failures: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { connect_failures: 1, failures: 3 }
    }
}
