//! What the end of an attempt tells of its server: the table of passive health, beside that of further attempts.

/// How one attempt at a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer came, whatever its status.
    Answered,
    /// No connection within the connect time-out, or it was refused.
    ConnectFailed,
    /// The balancer itself had nothing left to connect with.
    Exhausted,
    /// The connection broke after the request was sent and before the answer was complete.
    Reset,
    /// The server was silent: no answer within `first_byte` and none to a question for its health, or silence in the
    /// middle of the answer.
    TimedOut,
    /// The time for the whole request ran out while the server was at work.
    Expired,
    /// Neither side has sent anything for long.
    Idle,
    /// What came back is not HTTP, or not unambiguous.
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

    /// The same in words, for people.
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

/// What an attempt tells of its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is there: failures before this one are forgotten.
    Well,
    /// Nobody listens.
    Unreachable,
    /// It takes connections and gives no answer.
    Unresponsive,
    /// Nothing: it counts neither for the server nor against it.
    Nothing,
}

/// The table. `begun` says that the head of an answer had come: then the server has shown that it is there, and that the
/// answer breaks off is the matter of that request, as is what is wrong with an answer. A silence is the server's own.
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
