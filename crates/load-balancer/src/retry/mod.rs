//! Retries: a table decides whether a failed attempt is followed by another one, within a budget.

mod budget;
mod verdict;

use std::time::Instant;

pub(crate) use self::budget::Budget;
pub use self::verdict::Outcome;
pub(crate) use self::verdict::{Verdict, verdict};

/// Why an attempt gave no answer that can go to the client unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection was made; the server has seen nothing.
    Connect,
    /// No connection was made, because the balancer lacks a resource; another server may have an idle connection. The
    /// server has seen nothing.
    Exhausted,
    /// A reused connection was closed before a byte of the answer: most likely the server's idle time-out.
    Stale,
    /// A fresh connection broke before a byte of the answer.
    Reset,
    /// The server was silent: it neither began its answer in time nor answered for its health.
    TimedOut,
    /// The answer is not HTTP.
    Invalid,
    /// A 503; with `nothing_done`, the server vouches that the request has had no effect (`X-Retry-Safe: 1`).
    Unavailable {
        /// Whether the server vouches that the request has had no effect.
        nothing_done: bool,
    },
    /// A 503 for want of something that all servers of the pool share (`X-Unavailable: database`). Another server is
    /// asked as long as that server has not lately said the same: this one may be cut off alone.
    SharedWant {
        /// The server vouches that the request has had no effect.
        nothing_done: bool,
    },
}

impl Failure {
    /// The number of reasons, for tables by [`index`](Self::index).
    pub const COUNT: usize = 8;
    /// The names in the order of [`index`](Self::index): label `reason` of `lb_retries_total`.
    pub const NAMES: [&'static str; Self::COUNT] =
        ["connect", "stale", "reset", "timeout", "invalid", "unavailable", "exhausted", "shared_want"];

    /// A number below [`COUNT`](Self::COUNT) for each reason.
    pub const fn index(self) -> usize {
        match self {
            Self::Connect => 0,
            Self::Stale => 1,
            Self::Reset => 2,
            Self::TimedOut => 3,
            Self::Invalid => 4,
            Self::Unavailable { .. } => 5,
            Self::Exhausted => 6,
            Self::SharedWant { .. } => 7,
        }
    }
}

/// The facts that decide whether a request may be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replay {
    /// Whether the method is GET, HEAD, OPTIONS, TRACE, PUT or DELETE (RFC 9110 section 9.2.2).
    pub idempotent: bool,
    /// Whether the request bears an `Idempotency-Key`, from the client or from the balancer.
    pub has_key: bool,
    /// Whether the whole body read so far is still at hand, or there is none.
    pub body_replayable: bool,
}

impl Replay {
    /// Whether a second effect is impossible or harmless.
    const fn safe_twice(self) -> bool {
        self.idempotent || self.has_key
    }
}

/// Whether a method is idempotent by RFC 9110 section 9.2.2. Methods are case-sensitive.
pub(crate) fn is_idempotent(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE")
}

/// The retry settings of a pool or route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts after the first.
    pub max_retries: u32,
    /// Retries as a share of the last 10 s' requests, in percent.
    pub budget_percent: u32,
    /// Whether a POST, PUT, PATCH or DELETE without an `Idempotency-Key` gets a fresh one, for backends that honour it.
    pub assign_idempotency_key: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 3, budget_percent: 20, assign_idempotency_key: false }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Another attempt, on a server that has not been tried if there is one.
    OtherServer,
    /// Another attempt on the same server, on a fresh connection.
    FreshConnection,
    /// No further attempt: the last real answer goes through, or an error of the balancer's own.
    GiveUp,
}

/// The table's decision, before tries and budget are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Never,
    Free(Decision),
    Budgeted,
}

/// The table.
fn rule(failure: Failure, request: Replay) -> Rule {
    match failure {
        _ if !request.body_replayable => Rule::Never,
        Failure::Connect | Failure::Exhausted => Rule::Free(Decision::OtherServer),
        Failure::Stale if request.safe_twice() => Rule::Free(Decision::FreshConnection),
        Failure::Unavailable { nothing_done: true } | Failure::SharedWant { nothing_done: true } => {
            Rule::Budgeted
        }
        Failure::Reset
        | Failure::TimedOut
        | Failure::Unavailable { nothing_done: false }
        | Failure::SharedWant { nothing_done: false }
            if request.safe_twice() =>
        {
            Rule::Budgeted
        }
        // Something has answered, if not in HTTP; or a second effect cannot be ruled out.
        Failure::Stale
        | Failure::Reset
        | Failure::TimedOut
        | Failure::Invalid
        | Failure::Unavailable { nothing_done: false }
        | Failure::SharedWant { nothing_done: false } => Rule::Never,
    }
}

/// Decides what follows attempt number `attempt` (the first is 1). Takes a retry that is not free from `budget`.
pub(crate) fn decide(
    failure: Failure,
    request: Replay,
    attempt: u32,
    policy: RetryPolicy,
    budget: &Budget,
    now: Instant,
) -> Decision {
    if attempt > policy.max_retries {
        return Decision::GiveUp;
    }
    match rule(failure, request) {
        Rule::Free(decision) => decision,
        Rule::Budgeted if budget.withdraw(policy.budget_percent, now) => Decision::OtherServer,
        Rule::Budgeted | Rule::Never => Decision::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Replay = Replay { idempotent: true, has_key: false, body_replayable: true };
    const POST: Replay = Replay { idempotent: false, has_key: false, body_replayable: true };
    const KEYED: Replay = Replay { idempotent: false, has_key: true, body_replayable: true };
    const STREAMED_PUT: Replay = Replay { idempotent: true, has_key: true, body_replayable: false };

    #[test]
    fn the_table() {
        use Decision::{FreshConnection, GiveUp, OtherServer};
        let unavailable = Failure::Unavailable { nothing_done: false };
        let refused = Failure::Unavailable { nothing_done: true };
        let rows = [
            // failure, GET, POST, POST with a key, PUT whose body is gone
            (Failure::Connect, OtherServer, OtherServer, OtherServer, GiveUp),
            (Failure::Exhausted, OtherServer, OtherServer, OtherServer, GiveUp),
            (Failure::Stale, FreshConnection, GiveUp, FreshConnection, GiveUp),
            (Failure::Reset, OtherServer, GiveUp, OtherServer, GiveUp),
            (Failure::TimedOut, OtherServer, GiveUp, OtherServer, GiveUp),
            (Failure::Invalid, GiveUp, GiveUp, GiveUp, GiveUp),
            (unavailable, OtherServer, GiveUp, OtherServer, GiveUp),
            (refused, OtherServer, OtherServer, OtherServer, GiveUp),
            (Failure::SharedWant { nothing_done: false }, OtherServer, GiveUp, OtherServer, GiveUp),
            (Failure::SharedWant { nothing_done: true }, OtherServer, OtherServer, OtherServer, GiveUp),
        ];
        let now = Instant::now();
        for (failure, get, post, keyed, streamed) in rows {
            let cells = [(GET, get), (POST, post), (KEYED, keyed), (STREAMED_PUT, streamed)];
            for (request, expected) in cells {
                let policy = RetryPolicy::default();
                let decision = decide(failure, request, 1, policy, &Budget::default(), now);
                assert_eq!(decision, expected, "{failure:?} {request:?}");
            }
        }
    }

    #[test]
    fn the_table_of_passive_health() {
        use Verdict::{Nothing, Unreachable, Unresponsive, Well};
        let rows = [
            // outcome, before the head of an answer, after it
            (Outcome::Answered, Well, Well),
            (Outcome::ConnectFailed, Unreachable, Unreachable),
            (Outcome::Reset, Unresponsive, Nothing),
            (Outcome::TimedOut, Unresponsive, Unresponsive),
            (Outcome::Exhausted, Nothing, Nothing),
            (Outcome::Expired, Nothing, Nothing),
            (Outcome::Idle, Nothing, Nothing),
            (Outcome::Invalid, Nothing, Nothing),
            (Outcome::Stale, Nothing, Nothing),
            (Outcome::ClientLeft, Nothing, Nothing),
            (Outcome::RequestFailed, Nothing, Nothing),
            (Outcome::Internal, Nothing, Nothing),
        ];
        for (outcome, before, after) in rows {
            assert_eq!(
                (verdict(outcome, false), verdict(outcome, true)),
                (before, after),
                "{}",
                outcome.name()
            );
        }
    }

    #[test]
    fn no_more_than_max_retries() {
        let (budget, now) = (Budget::default(), Instant::now());
        let policy = RetryPolicy { max_retries: 2, ..RetryPolicy::default() };
        let decisions: Vec<_> =
            (1..=3).map(|attempt| decide(Failure::Connect, GET, attempt, policy, &budget, now)).collect();
        assert_eq!(decisions, [Decision::OtherServer, Decision::OtherServer, Decision::GiveUp]);
    }

    #[test]
    fn failed_connects_are_free_and_others_are_not() {
        let (budget, now) = (Budget::default(), Instant::now());
        let policy = RetryPolicy::default();
        let granted = |failure| {
            (0..50).filter(|_| decide(failure, GET, 1, policy, &budget, now) != Decision::GiveUp).count()
        };
        assert_eq!(granted(Failure::Connect), 50);
        assert_eq!(granted(Failure::Reset), 10);
    }

    #[test]
    fn idempotent_methods() {
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
            assert!(is_idempotent(method.as_bytes()), "{method}");
        }
        for method in ["POST", "PATCH", "CONNECT", "get", "PURGE", ""] {
            assert!(!is_idempotent(method.as_bytes()), "{method}");
        }
    }
}
