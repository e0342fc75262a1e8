//! The table of passive health: what the end of an attempt tells of its server. It stands beside the table of further
//! attempts.

/// How one attempt at a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer came, whatever its status.
    Answered,
    /// The connection was refused, or was not made within `connect`.
    ConnectFailed,
    /// The balancer had no resource left to connect with.
    Exhausted,
    /// The connection broke after the request was sent and before the answer was complete.
    Reset,
    /// The server was silent: no answer within `first_byte` and none to a question for its health, or silence in the
    /// middle of the answer.
    TimedOut,
    /// The end of `total` came while the server was at work.
    Expired,
    /// Neither side has sent anything for too long.
    Idle,
    /// The answer is not HTTP, or is ambiguous.
    Invalid,
    /// A reused connection had been closed meanwhile.
    Stale,
    /// The client left first.
    ClientLeft,
    /// The request broke off, or was longer than allowed.
    RequestFailed,
    /// An error of the balancer's own.
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

    /// The outcome in words, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ConnectFailed => "no connection",
            Self::Exhausted => "the load balancer had no descriptor, port or memory left to connect with",
            Self::Reset => "the connection broke before the answer was complete",
            Self::TimedOut => "no answer in time, and none to a question for its health",
            Self::Expired => "the time for the whole request ran out while the server was at work",
            Self::Idle => "neither side sent anything for long",
            Self::Invalid => "what came back is not HTTP",
            Self::Stale => "the kept connection had been closed meanwhile",
            Self::ClientLeft => "the client left before",
            Self::RequestFailed => "the client's request broke off, or was too long",
            Self::Internal => "an error of the load balancer's own; its log says which",
        }
    }
}

/// The verdict of an attempt on its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The server is well: earlier failures are forgotten.
    Well,
    /// The server cannot be reached: nobody listens.
    Unreachable,
    /// The server takes connections and gives no answer.
    Unresponsive,
    /// The attempt counts neither for the server nor against it.
    Nothing,
}

/// The table. `begun` says that the head of an answer had come. Then the server has shown that it is there. A broken or
/// malformed rest of the answer concerns that request alone, but a silence is the server's own.
#[inline]
pub(crate) const fn verdict(outcome: Outcome, begun: bool) -> Verdict {
    match outcome {
        Outcome::Answered => Verdict::Well,
        Outcome::ConnectFailed => Verdict::Unreachable,
        Outcome::TimedOut => Verdict::Unresponsive,
        Outcome::Reset if !begun => Verdict::Unresponsive,
        Outcome::Reset
        | Outcome::Exhausted
        | Outcome::Expired
        | Outcome::Idle
        | Outcome::Invalid
        | Outcome::Stale
        | Outcome::ClientLeft
        | Outcome::RequestFailed
        | Outcome::Internal => Verdict::Nothing,
    }
}
